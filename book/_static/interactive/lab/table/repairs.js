/* 讀檔時做的每一種修改：一個名字與一行話；與 tables/reading/repairs.py 相同。 */
globalThis.LabTable ??= { sources: [] };
(function part(T) {
  "use strict";

  const REPAIRS = {
    container: "打開壓縮檔", sheet: "活頁簿有好幾張工作表，只讀第一張", encoding: "文字編碼", separator: "欄的分隔",
    title: "略過表頭以上的標題", header: "欄名裡看不見的字元與空白", second_header: "略過第二行表頭",
    footer: "略過最後面的合計與註腳", trailing: "去掉列尾多出的空欄", blank_rows: "去掉空白列",
    blank_columns: "去掉沒有名字的空白欄", index: "去掉索引欄", invisible: "去掉看不見的字元與前後的空白",
    missing: "當作缺失", fullwidth: "全形換半形", thousands: "千分位", currency: "幣別", percent: "百分比，單位是 %",
    unit: "整欄同一個單位", brackets: "括號是負數", decimal_comma: "逗號是小數點", storey: "樓層換成數字",
    date: "日期換成西元", code: "代碼的小數點", unreadable: "讀不成這一欄的種類，當作缺失",
  };
  /** 不是數格子的那幾種，數什麼。 */
  const REPAIR_UNITS = { footer: "列", blank_rows: "列", trailing: "列", title: "行", blank_columns: "欄", header: "欄" };

  const repair = (what, { column = "", before = "", after = "", cells = 0 } = {}) => ({ what, column, before, after, cells });

  /** 給人看的一行。 */
  function repairText({ what, column, before, after, cells }) {
    const change = (before && `：${before}`) + (after && ` → ${after}`);
    const count = cells ? `（${T.grouped(cells)} ${REPAIR_UNITS[what] ?? "格"}）` : "";
    return `${column && `「${column}」`}${REPAIRS[what]}${change}${count}`;
  }

  Object.assign(T, { REPAIRS, REPAIR_UNITS, repair, repairText });
  T.sources.push(`(${part})(globalThis.LabTable ??= { sources: [] });`);
})(globalThis.LabTable);
