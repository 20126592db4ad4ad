/* 日期：西元與民國的各種寫法 ↔ 1970-01-01 起的天數；與 tables/reading/dates.py 相同。 */
globalThis.LabTable ??= { sources: [] };
(function part(T) {
  "use strict";

  const ROC = 1911, DAY = 86400;
  const FIRST = -719162, LAST = 2932896; // 西元 1 年與 9999 年的兩端
  const LEAST_DIGIT_DATES = 8, LEAST_VALID = 0.9;
  const NAME = /日期|年月|時間|[日月]$|date|day|month|time/i;
  const MONTH_NAME = /年月|月份|month/i;
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const LONG_MONTHS = ["Jan(uary)", "Feb(ruary)", "Mar(ch)", "Apr(il)", "May", "Jun(e)", "Jul(y)", "Aug(ust)", "Sep(t)(ember)", "Oct(ober)", "Nov(ember)", "Dec(ember)"];
  const eitherCase = (word) => word.replace(/[A-Za-z]/g, (c) => `[${c.toUpperCase()}${c.toLowerCase()}]`);
  const B = `(?<b>${LONG_MONTHS.map((word) => eitherCase(word).replaceAll("(", "(?:").replaceAll(")", ")?")).join("|")})`;
  const TIME =
    String.raw`(?:[ T]+(?<half>上午|下午)? ?(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2}(?:\.\d+)?))?` +
    String.raw`(?: ?(?<HALF>[AP]M)|Z|[+-]\d\d:?\d\d)?)?`;
  const [Y4, M2, D2] = [String.raw`(?<y>\d{4})`, String.raw`(?<m>\d{1,2})`, String.raw`(?<d>\d{1,2})`];
  const [CUT, SAME] = ["(?<s>[-/.])", String.raw`\k<s>`];
  const CENTURY = String.raw`(?<y>(?:1[89]|20)\d\d)`, ROC_YEAR = String.raw`(?<y>[01]?\d\d)`;

  /** 寫法的名字 → 樣子；順序就是嘗試的順序。 */
  const STYLES = Object.fromEntries(
    Object.entries({
      iso: Y4 + CUT + M2 + SAME + D2 + TIME,
      chinese: `(?:西元)?${Y4} ?年 ?${M2} ?月 ?${D2} ?日${TIME}`,
      roc: String.raw`(?:民國|民)?(?<y>\d{2,3})` + CUT + M2 + SAME + D2 + TIME,
      roc_chinese: String.raw`(?:中華)?(?:民國|民)? ?(?<y>\d{1,3}) ?年 ?` + `${M2} ?月 ?${D2} ?日${TIME}`,
      month: Y4 + String.raw`(?:[-/](?<m>\d{1,2})| ?年 ?(?<M>\d{1,2}) ?月)`,
      roc_month: String.raw`(?:民國)?(?<y>\d{2,3}) ?年 ?` + `${M2} ?月`,
      compact: CENTURY + String.raw`(?<m>\d\d)(?<d>\d\d)`,
      month_compact: CENTURY + String.raw`(?<m>\d\d)`,
      roc_month_compact: ROC_YEAR + String.raw`(?<m>\d\d)`,
      roc_compact: ROC_YEAR + String.raw`(?<m>\d\d)(?<d>\d\d)`,
      dmy: D2 + CUT + M2 + SAME + Y4 + TIME,
      mdy: M2 + CUT + D2 + SAME + Y4 + TIME,
      english_month: String.raw`${B}\.?[- /]?${Y4}`,
      english_dmy: String.raw`${D2}[- /]?${B}\.?,?[- /]?${Y4}${TIME}`,
      english_mdy: String.raw`${B}\.? ${D2},? ${Y4}${TIME}`,
    }).map(([name, pattern]) => [name, new RegExp(`^(?:${pattern})$`)]),
  );
  const DIGITS_ONLY = ["compact", "roc_compact", "month_compact", "roc_month_compact"];

  const two = (value, width = 2) => String(value).padStart(width, "0");
  const WRITTEN = {
    chinese: ({ y, m, d }) => `${two(y, 4)}年${m}月${d}日`,
    roc: ({ r, m, d }) => `${r}/${two(m)}/${two(d)}`,
    roc_chinese: ({ r, m, d }) => `${r}年${m}月${d}日`,
    month: ({ y, m }) => `${two(y, 4)}-${two(m)}`,
    roc_month: ({ r, m }) => `${r}年${m}月`,
    compact: ({ y, m, d }) => two(y, 4) + two(m) + two(d),
    month_compact: ({ y, m }) => two(y, 4) + two(m),
    roc_month_compact: ({ r, m }) => two(r, 3) + two(m),
    roc_compact: ({ r, m, d }) => two(r, 3) + two(m) + two(d),
    dmy: ({ y, m, d }) => `${two(d)}/${two(m)}/${two(y, 4)}`,
    mdy: ({ y, m, d }) => `${two(m)}/${two(d)}/${two(y, 4)}`,
    english_month: ({ y, m }) => `${MONTHS[m - 1]}-${two(y, 4)}`,
    english_dmy: ({ y, m, d }) => `${two(d)}-${MONTHS[m - 1]}-${two(y, 4)}`,
    english_mdy: ({ y, m, d }) => `${MONTHS[m - 1]} ${d}, ${two(y, 4)}`,
  };
  const iso = ({ y, m, d }) => `${two(y, 4)}-${two(m)}-${two(d)}`;

  /** 照一種寫法讀成天數，時刻是一天的幾分之幾；讀不成，或沒有這一天，是 null。 */
  function readDate(text, style) {
    const found = STYLES[style].exec(text)?.groups;
    if (!found) return null;
    const year = Number(found.y) + (style.startsWith("roc") ? ROC : 0);
    const day = dayOf(year, monthOf(found), Number(found.d ?? 1)), seconds = secondsOf(found);
    return day === null || seconds >= DAY ? null : day + seconds / DAY;
  }

  function monthOf({ b, m, M }) {
    return b ? MONTHS.indexOf(b[0].toUpperCase() + b.slice(1, 3).toLowerCase()) + 1 : Number(m ?? M);
  }

  /** 沒有這一天是 null。 */
  function dayOf(year, month, day) {
    const date = new Date(0);
    date.setUTCFullYear(year, month - 1, day);
    const same = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
    return same && year >= 1 && year <= 9999 ? date.getTime() / (1000 * DAY) : null;
  }

  /** 這一天過了幾秒；下午的 1 點是 13 點，上午的 12 點是 0 點。 */
  function secondsOf({ hour = 0, minute = 0, second = 0, half, HALF }) {
    const part = half ?? HALF;
    const hours = part ? (hour % 12) + (part === "下午" || part === "PM" ? 12 : 0) : Number(hour);
    return 3600 * hours + 60 * Number(minute) + Number(second);
  }

  /** 天數寫回日期，四捨五入到一天。 */
  function writeDate(days, style = "iso") {
    const date = new Date(Math.min(Math.max(T.roundHalfEven(days), FIRST), LAST) * 1000 * DAY), y = date.getUTCFullYear();
    return (WRITTEN[style] ?? iso)({ y, r: Math.max(y - ROC, 1), m: date.getUTCMonth() + 1, d: date.getUTCDate() });
  }

  /** 每一個值都讀得成的寫法；一種也沒有，或日與月分不出來，是 null。 */
  function findStyle(texts, name) {
    if (!texts.length || !/\d/.test(texts[0])) return null;
    const fitting = Object.keys(STYLES).filter((style) => fits(texts, style));
    if (fitting.includes("dmy") && fitting.includes("mdy")) return null; // 5/1/2024 說不準就不猜
    return fitting.find((style) => isPlausible(style, texts.length, name)) ?? null;
  }

  /** 連寫的寫法，欄名像日期，九成的格子讀得成：其餘是寫錯的日期，整欄不是數字。 */
  function findBroken(texts, counts, name) {
    if (!NAME.test(T.clean(name))) return null;
    const cells = T.total(counts);
    const good = (style) => T.total(counts.filter((_, k) => readDate(texts[k], style) !== null));
    return ["compact", "roc_compact"].find((style) => cells > 0 && LEAST_VALID * cells <= good(style)) ?? null;
  }

  /** 只有數字的寫法，要欄名像日期，或有夠多種不同的值。 */
  function isPlausible(style, nTexts, name) {
    if (!DIGITS_ONLY.includes(style)) return true;
    if (style.includes("month")) return MONTH_NAME.test(T.clean(name));
    return NAME.test(T.clean(name)) || nTexts >= LEAST_DIGIT_DATES;
  }

  function fits(texts, style) {
    if (texts.some((text) => readDate(text, style) === null)) return false;
    // 12/5/24 也可能是月日年：民國的年至少有一個三位數，或寫明「民國」，才算數。
    return style !== "roc" || texts.some((text) => /^(?:民|\d{3})/.test(text));
  }

  Object.assign(T, { DATE_STYLES: Object.keys(STYLES), readDate, writeDate, findStyle, findBroken });
  T.sources.push(`(${part})(globalThis.LabTable ??= { sources: [] });`);
})(globalThis.LabTable);
