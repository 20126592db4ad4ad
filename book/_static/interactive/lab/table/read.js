/* 一個檔案 → 一張表：認樣子、一列一列讀進每一欄的字典、再一欄一欄判斷種類；與 tables/reading/table.py 相同。
 *
 *   LabTable.readTable(bytes, 檔名, {na, keepNa, asIs, kinds})
 *     → {name, rows, columns, repairs}；columns 的一欄是 {name, kind, values} 或 {name, kind, levels, codes}
 *
 * 讀不了、太大，引發 Error：一句話說出檔案、原因、怎麼辦。 */
globalThis.LabTable ??= { sources: [] };
(function part(T) {
  "use strict";

  /** 這一頁最多讀這麼多列；更大的請用命令。 */
  const MOST_ROWS = 50_000;
  /** 每讀這麼多列說一次（LabTable.say，有給才說）。 */
  const TOLD = 5_000;
  /** pandas 與 R 存索引時，第一欄的名字。 */
  const INDEX_NAMES = ["", "Unnamed: 0"];

  function readTable(bytes, name, { na = [], keepNa = [], asIs = false, kinds = {} } = {}) {
    const source = T.findSource(bytes, name), layout = T.findLayout(source, asIs);
    const words = asIs ? new Set(["", ...na.map(T.folded)]) : T.missingWords(na, keepNa);
    const { columns, tidy, repairs } = encode(source, layout, asIs);
    if (!tidy.nRows) {
      const found = tidy.nBlank ? "表頭以下每一列都是空白" : "只有表頭，沒有任何一列資料";
      throw new Error(`${name} ${found}；請檢查檔案是否完整。`);
    }
    const dropped = asIs ? [] : dropUnnamed(columns);
    T.checkHeader(columns.map((column) => column.name), name);
    T.say?.("正在判斷每一欄是什麼");
    const decimalComma = layout.separator === ";";
    const found = columns.map((column) => ({
      name: column.name,
      ...T.interpret(column.name, column, { words, asIs, decimalComma, kind: parseKind(kinds[column.name] ?? "") }),
    }));
    return {
      name, rows: tidy.nRows, columns: found.map(({ repairs: _, ...column }) => column),
      repairs: [...source.notices, ...layout.repairs, ...repairs, ...dropped, ...found.flatMap((column) => column.repairs)],
    };
  }

  /** 種類的中文或英文名字 → 英文名字。 */
  function parseKind(word) {
    const known = word === "" || T.CHOOSABLE.includes(word);
    const kind = known ? word : T.CHOOSABLE.find((one) => T.KIND_NAMES[one] === word);
    if (kind === undefined) throw new Error(`種類「${word}」認不得；可用的是 ${T.CHOOSABLE.map((one) => T.KIND_NAMES[one]).join("、")}。`);
    return kind;
  }

  // ---- 一列一列讀 ----

  function encode(source, layout, asIs) {
    const encoders = layout.header.map(() => new T.Encoder()), tidy = new Tidy(source.name, layout.header.length, asIs);
    const add = ({ line, row }) => tidy.fit(line, row)?.forEach((text, k) => encoders[k].add(text));
    const nHeld = asIs ? 0 : T.MOST_FOOTER_ROWS, tail = [];
    let skipped = 0;
    T.eachRow(source, layout.separator, (line, row) => {
      if (skipped++ < layout.skip) return;
      if (skipped % TOLD === 0) T.say?.(`讀了 ${T.grouped(skipped)} 列`);
      tail.push({ line, row });
      if (tail.length > nHeld) add(tail.shift()); // 最後幾列也許是頁尾，先留著
    });
    const start = T.footerStart(tail, encoders.length), footer = tail.slice(start);
    tail.slice(0, start).forEach(add);
    const kept = T.keptOfFooter(footer, encoders, tidy.nRows);
    footer.slice(0, kept).forEach(add);
    const dropped = footer.slice(kept).filter(({ row }) => !isBlank(row));
    const repairs = dropped.length ? [T.repair("footer", { before: T.shown(dropped[0].row), cells: dropped.length })] : [];
    const columns = layout.header.map((name, k) => ({ name, texts: encoders[k].texts, codes: encoders[k].codes }));
    return { columns, tidy, repairs: [...tidy.repairs(), ...repairs] };
  }

  /** 整理成一樣寬：空白列拿掉，列尾多出的空欄拿掉，其餘欄數不對的引發 Error。 */
  class Tidy {
    nRows = 0;
    nBlank = 0;
    nTrailing = 0;

    constructor(name, width, asIs) {
      Object.assign(this, { name, width, asIs });
    }

    /** 這一列的格子；空白列是 null。 */
    fit(line, row) {
      if (!this.asIs && isBlank(row)) return void (this.nBlank += 1);
      const cells = row.length === this.width ? row : this.#fitted(line, row);
      if (++this.nRows > MOST_ROWS) throw new Error(tooLarge(this.name, `超過 ${T.grouped(MOST_ROWS)} 列`));
      return cells;
    }

    #fitted(line, row) {
      if (row.length > this.width && !this.asIs && !T.strip(row.slice(this.width).join(""))) {
        this.nTrailing += 1;
        return row.slice(0, this.width);
      }
      throw new Error(
        `${this.name} 的第 ${line} 行有 ${row.length} 欄，表頭卻有 ${this.width} 欄；` +
          "請檢查那一行的分隔與引號；是頁尾的說明就刪掉，或重新下載。",
      );
    }

    repairs() {
      const counts = { blank_rows: this.nBlank, trailing: this.nTrailing };
      return Object.keys(counts).filter((what) => counts[what]).map((what) => T.repair(what, { cells: counts[what] }));
    }
  }

  const tooLarge = (name, what) => `${name} ${what}，這一頁放不下；請改用命令：${T.command(name)}`;
  const isBlank = (row) => T.strip(row.join("")) === "";

  /** 拿掉 pandas 與 R 的索引欄，以及沒有名字又沒有內容的欄。 */
  function dropUnnamed(columns) {
    const isEmpty = ({ name, texts }) => name === "" && !texts.some(T.strip), blank = columns.filter(isEmpty).length;
    const kept = columns.filter((column) => !isEmpty(column)), repairs = [];
    if (kept.length && INDEX_NAMES.includes(kept[0].name) && isIndex(kept[0])) {
      const { name, codes } = kept.shift();
      repairs.push(T.repair("index", { before: name || "沒有名字的第一欄", cells: codes.length }));
    }
    if (blank) repairs.push(T.repair("blank_columns", { cells: blank }));
    columns.splice(0, columns.length, ...kept);
    return repairs;
  }

  /** 每一列都不同的非負整數。 */
  const isIndex = ({ texts, codes }) => texts.length === codes.length && texts.every((text) => /^\d+$/.test(text) && T.isPlain(text));

  Object.assign(T, { MOST_ROWS, readTable, tooLarge });
  T.sources.push(`(${part})(globalThis.LabTable ??= { sources: [] });`);
})(globalThis.LabTable);
