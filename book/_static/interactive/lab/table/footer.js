/* 檔案最後面的合計與註腳：它們不是資料，略過；說不準的就留著。與 tables/reading/footer.py 相同。 */
globalThis.LabTable ??= { sources: [] };
(function part(T) {
  "use strict";

  const MOST_FOOTER_ROWS = 10, FEWEST_ABOVE = 3;
  const TOTALS = new Set(["合計", "總計", "小計", "總和", "加總", "總數", "total", "grandtotal", "subtotal", "sum"]);
  const NOTE = new RegExp(
    String.raw`^(?:[※＊*]|(?:本表|以上資料|製表|更新(?:日期|時間))|[(（]?(?:註|附註|備註|說明|資料來源|來源|資料時間|單位|notes?|sources?)` +
      String.raw`\s*[\p{Nd}一二三四五]*\s*[)）]?\s*[：:．.、])`,
    "iu",
  );

  /** 檔案的最後幾列 {line, row}，由第幾列起看樣子都是合計、註腳或空白列；沒有就是 tail.length。 */
  function footerStart(tail, width) {
    let start = tail.length;
    for (let place = tail.length - 1; place >= 0; place--) {
      const cells = tail[place].row.map(T.clean);
      if (isNote(cells, width) || isTotal(cells, width)) start = place;
      else if (cells.some(Boolean)) break;
    }
    return start;
  }

  /** 找到的列裡，前面幾列其實是資料：上面的 nAbove 列（收在 encoders）不同意。 */
  function keptOfFooter(footer, encoders, nAbove) {
    if (nAbove < FEWEST_ABOVE) return footer.length;
    return footer.reduce((kept, { row }, place) => (agrees(row.map(T.clean), encoders) ? kept : place + 1), 0);
  }

  /** 「合計」在那一欄出現過，就是一個水準；數字一個也沒有上面的大，就不是總和。 */
  function agrees(cells, encoders) {
    const first = cells.findIndex(Boolean);
    if (first < 0 || isNote(cells, encoders.length)) return true;
    if (encoders[first].places.has(cells[first])) return false;
    return cells.some((cell, k) => T.readNumber(cell)?.value >= encoders[k].largest());
  }

  /** 一句說明：只有一格有字；欄數不足的，逗號是句子裡的。 */
  function isNote(cells, width) {
    const first = cells.findIndex(Boolean);
    return first >= 0 && NOTE.test(cells[first]) && (cells.length < width || cells.filter(Boolean).length === 1);
  }

  /** 第一個有字的格子是「合計」之類，其餘都是數字或空白，至少有一個數字。 */
  function isTotal(cells, width) {
    const first = cells.findIndex(Boolean);
    if (first < 0 || cells.length !== width) return false;
    const numbers = cells.slice(first + 1).filter((cell) => !T.isMissing(cell)).map((cell) => T.readNumber(cell));
    return TOTALS.has(cells[first].replace(/\s|[：:]$/g, "").toLowerCase()) && numbers.length > 0 && numbers.every(Boolean);
  }

  Object.assign(T, { MOST_FOOTER_ROWS, footerStart, keptOfFooter });
  T.sources.push(`(${part})(globalThis.LabTable ??= { sources: [] });`);
})(globalThis.LabTable);
