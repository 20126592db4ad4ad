// 讀者的紀錄：答過的題、讀到哪裡。存在這個瀏覽器的一個鍵裡，帶著版本；不准存的瀏覽器，只記到離開這一頁。
"use strict";

(function (root) {
  const KEY = "reader", VERSION = 1, STEPS = 5;
  const empty = () => ({ version: VERSION, answers: {}, pages: {} });
  let kept = null; // 存不進去的時候，記在這裡
  let problem = null;

  const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const isDay = (value) => Number.isInteger(value) && value >= 0 && value < 1e6;
  const isAnswer = (one) => isRecord(one) && Number.isInteger(one.step) && one.step >= 0 && one.step < STEPS
    && isDay(one.due) && isDay(one.seen) && (one.missed === undefined || isDay(one.missed));
  const isPage = (one) => isRecord(one) && typeof one.far === "number" && one.far >= 0 && one.far <= 1
    && (one.place === undefined || /^[\w-]+$/.test(one.place)) && (one.when === undefined || Number.isFinite(one.when));

  /** 文字讀成紀錄；版本不同、不是這種檔案就說明白，認不得的項目丟掉。 */
  function parse(text) {
    let found;
    try { found = JSON.parse(text); } catch { throw new Error("這不是 JSON 檔案，或檔案壞了。"); }
    if (!isRecord(found) || !isRecord(found.answers)) throw new Error("這不是這本書匯出的紀錄。");
    if (found.version !== VERSION) throw new Error(`紀錄的版本是 ${found.version}，這本書只認得版本 ${VERSION}。`);
    const good = (entries, holds) => Object.fromEntries(Object.entries(isRecord(entries) ? entries : {}).filter(([, one]) => holds(one)));
    return { version: VERSION, answers: good(found.answers, isAnswer), pages: good(found.pages, isPage) };
  }

  function read() {
    if (kept) return kept;
    let text = null;
    try { text = root.localStorage.getItem(KEY); } catch { problem = "這個瀏覽器不准存資料，離開這一頁就忘了。"; }
    if (text === null) return empty();
    try { return parse(text); } catch (error) {
      problem = `以前的紀錄讀不出來（${error.message}）下一次作答會從頭記。`;
      return empty();
    }
  }

  function write(state) {
    try {
      root.localStorage.setItem(KEY, JSON.stringify(state));
      kept = null;
    } catch {
      kept = state;
      problem = "這個瀏覽器存不下，離開這一頁就忘了；可以先匯出。";
    }
  }

  /** 先讀再改再寫：另一個分頁剛寫的不會不見。 */
  function update(change) {
    const state = read();
    change(state);
    write(state);
    return state;
  }

  /** 同一題兩邊都有，留比較晚看過的；頁留讀得比較遠的。 */
  function merge(text) {
    const other = parse(text);
    return update((state) => {
      for (const [id, one] of Object.entries(other.answers)) if (!(state.answers[id]?.seen > one.seen)) state.answers[id] = one;
      for (const [name, one] of Object.entries(other.pages)) if (!(state.pages[name]?.far > one.far)) state.pages[name] = one;
    });
  }

  function erase() {
    kept = null;
    problem = null;
    try { root.localStorage.removeItem(KEY); } catch { /* 本來就沒有存 */ }
  }

  root.BookMemory = { KEY, parse, read, update, merge, erase, text: () => `${JSON.stringify(read(), null, 1)}\n`, problem: () => problem };
})(typeof window === "undefined" ? globalThis : window);
