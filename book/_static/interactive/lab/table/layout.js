/* 表的樣子：欄用什麼分開、表頭在哪一行、下面是不是還有第二行表頭；與 tables/reading/layout.py 相同。 */
globalThis.LabTable ??= { sources: [] };
(function part(T) {
  "use strict";

  const SAMPLE = 300, MOST_TITLES = 10;
  const isNumber = (text) => T.readNumber(text) !== null;
  const isAscii = (text) => /^[\x00-\x7f]*$/.test(text);

  /** 看開頭認出 {separator, header, skip, repairs}；表頭不對引發 Error。asIs：第一列就是表頭。 */
  function findLayout(source, asIs = false) {
    const { separator, rows } = chooseSeparator(source), repairs = [];
    if (!rows.length) throw empty(source);
    if (separator !== ",") repairs.push(T.repair("separator", { before: T.SEPARATORS[separator] }));
    let title = asIs ? 0 : countTitles(rows);
    if (!asIs && isGrouped(rows.slice(title))) title += 1;
    if (title) repairs.push(T.repair("title", { before: shown(rows[0].row), cells: title }));
    const raw = rows[title].row, data = rows.slice(title + 1).map(({ row }) => row);
    const header = asIs ? raw : cleanedHeader(raw, repairs);
    const hasSecond = !asIs && data.length > 0 && isSecondHeader(header, data);
    if (hasSecond) repairs.push(T.repair("second_header", { before: shown(data[0]) }));
    return { separator, header, skip: title + 1 + Number(hasSecond), repairs };
  }

  const empty = ({ name }) => new Error(`${name} 是空的；請檢查檔案是否下載完整。`);

  /** 每一欄有名字、名字不重複；否則引發 Error。 */
  function checkHeader(header, name) {
    const unnamed = header.indexOf("");
    if (unnamed >= 0) throw new Error(`${name} 的表頭第 ${unnamed + 1} 欄沒有名字；請補上欄名。`);
    const repeated = [...new Set(header.filter((one, k) => header.indexOf(one) !== k))].sort(T.byCodePoint);
    if (repeated.length) throw new Error(`${name} 的表頭有重複的欄名：${repeated.join("、")}；請改成不同的名字。`);
  }

  // ---- 分隔 ----

  /** 讓最多列有一樣多欄（而且不只一欄）的分隔；平手照逗號、Tab、分號、直線的順序。 */
  function chooseSeparator(source) {
    let best = [-1, 0], chosen = null, problem = null;
    for (const separator of Object.keys(T.SEPARATORS)) {
      try {
        const rows = T.firstRows(source, separator, SAMPLE), score = regularity(rows);
        if (score[0] > best[0] || (score[0] === best[0] && score[1] > best[1])) [best, chosen] = [score, { separator, rows }];
      } catch (error) {
        problem ??= error; // 引號照別的分隔也許就成對了
      }
    }
    if (!chosen || (problem && best[1] < 2)) throw problem ?? empty(source);
    return chosen;
  }

  /** [最常見的欄數, 幾列]；一樣多時取欄多的。 */
  function usualWidth(rows) {
    const counts = new Map();
    for (const { row } of rows) counts.set(row.length, (counts.get(row.length) ?? 0) + 1);
    return [...counts].reduce((best, one) => (one[1] > best[1] || (one[1] === best[1] && one[0] > best[0]) ? one : best));
  }

  function regularity(rows) {
    if (!rows.length) return [0, 0];
    const [width, count] = usualWidth(rows);
    return width > 1 ? [count / rows.length, width] : [0, width];
  }

  // ---- 表頭 ----

  /** 表頭以上有幾行標題：只有一格有字，或欄數不足、連一半的欄都沒有。 */
  function countTitles(rows) {
    const [width] = usualWidth(rows);
    if (width < 2) return 0;
    for (let position = 0; position < Math.min(rows.length, MOST_TITLES + 1); position++) {
      const { row } = rows[position], nCells = row.filter(T.clean).length;
      if (isBareHeader(row, rows[position + 1]?.row)) return position;
      const limit = row.length < width ? Math.floor((width - 1) / 2) : Number(width > 2);
      if (nCells > Math.max(limit, Number(row.length === 1 || namesSeparator(row)))) return position;
    }
    return 0;
  }

  /** 只寫了一個欄名的表頭：名字不在第一格，下一列已經有數字，是資料。 */
  function isBareHeader(row, below) {
    const named = row.map((cell) => T.clean(cell) !== "");
    if (named[0] || named.filter(Boolean).length !== 1 || !below) return false;
    return below.length === row.length && below.some((cell) => isNumber(T.clean(cell)));
  }

  /** Excel 認得的第一行：sep=; 只說分隔是什麼。 */
  function namesSeparator(row) {
    return ["sep=", ...Object.keys(T.SEPARATORS).map((mark) => `sep=${mark}`)].includes(T.strip(row[0]).toLowerCase());
  }

  function cleanedHeader(raw, repairs) {
    const header = raw.map(T.clean), changed = raw.map((_, k) => k).filter((k) => T.strip(raw[k]) !== header[k]);
    if (changed.length)
      repairs.push(T.repair("header", { before: T.visible(raw[changed[0]]), after: header[changed[0]], cells: changed.length }));
    return header;
  }

  /** 第一列資料其實是另一種語言的表頭嗎？整列沒有一格是數字，字也不在下面再出現，下面卻是數字或中文。 */
  function isSecondHeader(header, data) {
    const first = data[0].map(T.clean).map((cell) => (T.isMissing(cell) ? "" : cell)), rest = data.slice(1);
    const words = first.filter(Boolean);
    if (first.length !== header.length || rest.length < 3 || words.length * 2 < header.length || header.length < 2) return false;
    if (words.some(isNumber)) return false;
    const below = header.map((_, place) => rest.filter((row) => row.length > place).map((row) => T.clean(row[place])));
    if (first.some((word, place) => word && below[place].includes(word))) return false;
    const numeric = first.filter((word, place) => word && allNumbers(below[place])).length;
    return numeric >= 2 || (isForeign(header, words) && (numeric === 1 || mostlyChinese(below)));
  }

  /** 兩層的表頭：上面一層是合併的大標題（有空格），下面一層才是每一欄的名字。 */
  function isGrouped(rows) {
    if (rows.length < 2) return false;
    const [upper, lower] = rows.slice(0, 2).map(({ row }) => row.map(T.clean));
    return !upper.every(Boolean) && lower.every(Boolean) && isSecondHeader(upper, rows.slice(1).map(({ row }) => row));
  }

  const isForeign = (header, words) => words.every(isAscii) && !header.every(isAscii);
  const mostlyChinese = (below) => below.filter((cells) => !cells.every(isAscii)).length * 2 >= below.length;

  function allNumbers(cells) {
    const known = cells.filter((cell) => !T.isMissing(cell));
    return known.length >= 3 && known.every(isNumber);
  }

  /** 一列的字，太長截短；放在修改的那一行裡。 */
  function shown(row) {
    const letters = [...row.map(T.clean).filter(Boolean).join("、")];
    return letters.length <= 40 ? letters.join("") : `${letters.slice(0, 39).join("")}…`;
  }

  Object.assign(T, { findLayout, checkHeader, shown });
  T.sources.push(`(${part})(globalThis.LabTable ??= { sources: [] });`);
})(globalThis.LabTable);
