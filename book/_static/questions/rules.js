// 想一想的規則：數字怎麼算相等、順序錯在哪裡、下一次什麼時候再問。不碰頁面。
"use strict";

(function (root) {
  const DAYS = [1, 3, 7, 16, 35];
  const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

  function plain(text) {
    const grouped = /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text) ? text.replaceAll(",", "") : text;
    return PLAIN.test(grouped) ? Number(grouped) : null;
  }

  /** 讀者寫的數字：全形、分數、百分比、科學記號與千分位都認得；認不得是 null。 */
  function number(text, unit = "") {
    let tidy = text.normalize("NFKC").replaceAll("−", "-").replaceAll("⁄", "/").replace(/\s+/g, "").replace(/^[≈~=約]+/, "");
    tidy = tidy.replace(/[×*x]10\^?\(?([+-]?\d+)\)?$/i, "e$1");
    const end = unit.normalize("NFKC").replace(/\s+/g, "");
    if (end && tidy.toLowerCase().endsWith(end.toLowerCase())) tidy = tidy.slice(0, -end.length);
    const share = tidy.endsWith("%") ? 100 : 1;
    const parts = (share === 100 ? tidy.slice(0, -1) : tidy).split("/").map(plain);
    if (parts.length > 2 || parts.includes(null) || parts[1] === 0) return null;
    return parts[0] / (parts[1] ?? 1) / share;
  }

  /** 差在容許的範圍內；容許 0 時，只讓浮點數的捨入過去。 */
  const near = (value, key, within = 0) => Math.abs(value - key) <= within + 1e-9 * Math.max(1, Math.abs(key));

  /** 寫的數字對不對；不對時 ``like`` 是第幾個常見的錯，沒有就是 −1。 */
  function judged(text, { key, within, unit, wrong }) {
    const value = number(text, unit);
    if (value === null) return { right: false, value, like: -1 };
    if (near(value, key, within)) return { right: true, value, like: -1 };
    const away = wrong.map((one) => (near(value, one, Math.max(within, Math.abs(one) * 0.005)) ? Math.abs(value - one) : Infinity));
    const least = Math.min(...away);
    return { right: false, value, like: least < Infinity ? away.indexOf(least) : -1 };
  }

  /** 第一個放太早的步驟：它前面還缺了誰；全對是 null。 */
  function misplaced(order) {
    const at = order.findIndex((step, place) => step !== place);
    return at < 0 ? null : { place: at, step: order[at], expected: at };
  }

  /** 今天是第幾天，照讀者的時區換日。 */
  const day = (now) => Math.floor((now.getTime() - now.getTimezoneOffset() * 60000) / 86400000);

  /** 到期了：日子到了，或差得比最長的間隔還久（電腦的日期改過）。 */
  const due = (record, today) => today >= record.due || record.due - today > DAYS.at(-1);

  /** 答過之後的紀錄：對了間隔加一級，錯了回到第一級；沒到期就答對的，或今天錯過的，不升級。 */
  function after(record, right, today) {
    if (!right) return { step: 0, due: today + DAYS[0], seen: today, missed: today };
    if (!record) return { step: 0, due: today + DAYS[0], seen: today };
    if (record.missed === today || !due(record, today)) return { ...record, seen: today };
    const step = Math.min(record.step + 1, DAYS.length - 1);
    return { step, due: today + DAYS[step], seen: today };
  }

  root.BookRules = { DAYS, number, near, judged, misplaced, day, due, after };
})(typeof window === "undefined" ? globalThis : window);
