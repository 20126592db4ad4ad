/* 檔案的位元組 → 文字 → 一列一列的格子。看內容認檔案，不看副檔名；與 tables/reading/sources.py 同樣的判斷與訊息，
 * 只有壓縮檔、活頁簿與 Parquet 這一頁不讀，請讀者用命令。引號與分隔由 Papa Parse 讀。 */
globalThis.LabTable ??= { sources: [] };
(function part(T) {
  "use strict";

  const SEPARATORS = { ",": "逗號", "\t": "Tab", ";": "分號", "|": "直線 |" };
  const HEAD = 4_000_000, SAMPLE_LETTERS = 5_000, LEAST_COMMON = 0.8;
  const NOT_TEXT = {
    "%PDF": "PDF；請找 CSV 或 Excel 的版本",
    "\x89PNG": "圖片；請給 CSV 檔案",
    "\xff\xd8\xff": "圖片；請給 CSV 檔案",
    "7z\xbc\xaf": "7z 壓縮檔；請先解壓縮",
    "Rar!": "RAR 壓縮檔；請先解壓縮",
    "SQLite format": "SQLite 資料庫；請先匯出成 CSV",
  };
  const NOT_A_TABLE = "不是文字檔；請給 CSV，或在試算表裡另存成「CSV UTF-8」。";

  /** 一個位元組一個字，訊息與樣子才比得了。 */
  const latin = (bytes, most = bytes.length) => new TextDecoder("latin1").decode(bytes.subarray(0, most));
  const startsWith = (bytes, text) => [...text].every((c, k) => bytes[k] === c.charCodeAt(0));
  const command = (name) => `python -m vae_from_scratch fit "${name}"`;

  /** 認出檔案；不是文字的表引發 Error。傳回 {name, text, notices}。 */
  function findSource(bytes, name) {
    refuseContainers(bytes, name);
    refuseOthers(bytes, name);
    const { encoding, notices, text = decoded(bytes, encoding) } = findEncoding(bytes, name);
    if (text === null) throw new Error(`${name} 的文字編碼壞了；請重新下載，或另存成「CSV UTF-8」。`);
    if (text.includes("\0")) throw new Error(`${name} ${NOT_A_TABLE}`);
    return { name, text, notices };
  }

  /** 壓縮檔與活頁簿：命令讀得了，這一頁讀不了。 */
  function refuseContainers(bytes, name) {
    const only = (what, cure) => `${name} 是 ${what}，這一頁讀不了；請${cure}，或用命令讀：${command(name)}`;
    if (startsWith(bytes, "PK")) throw new Error(insideZip(latin(bytes), name) ?? only("zip 壓縮檔", "先解壓縮"));
    if (startsWith(bytes, "\x1f\x8b")) throw new Error(only("gzip 壓縮檔", "先解壓縮"));
    if (startsWith(bytes, "PAR1")) throw new Error(only("Parquet 檔", "先轉成 CSV"));
    if (startsWith(bytes, "\xd0\xcf\x11\xe0")) throw new Error(oldExcel(bytes, name));
  }

  /** zip 的目錄裡有檔名：活頁簿與別的文件各有各的話，都不是就是 null。 */
  function insideZip(text, name) {
    if (text.includes("[Content_Types].xml")) {
      if (!text.includes("xl/")) return `${name} 是 Office 的檔案，但不是活頁簿；請給 .xlsx 或 CSV。`;
      return `${name} 是 Excel 活頁簿，這一頁讀不了；請在試算表裡另存成「CSV UTF-8」，或用命令讀：${command(name)}`;
    }
    return text.includes("content.xml") ? `${name} 是 OpenDocument 試算表；請打開它，另存成 .xlsx 或「CSV UTF-8」。` : null;
  }

  function oldExcel(bytes, name) {
    if (latin(bytes).includes([..."EncryptedPackage"].map((c) => `${c}\0`).join("")))
      return `${name} 是有密碼的 Excel 活頁簿；請在 Excel 裡移除密碼，另存一份再給。`;
    return `${name} 是舊的 Excel 格式（.xls）；請在試算表裡另存成 .xlsx 或「CSV UTF-8」。`;
  }

  function refuseOthers(bytes, name) {
    const magic = Object.keys(NOT_TEXT).find((start) => startsWith(bytes, start));
    if (magic) throw new Error(`${name} 是 ${NOT_TEXT[magic]}。`);
    const start = latin(bytes, 200).replace(/^[ï»¿ \r\n\t]+/, "").toLowerCase();
    if (/^(?:<!doctype|<html|<\?xml)/.test(start))
      throw new Error(`${name} 是網頁，不是表；多半是下載時存到了說明頁，請重新下載 CSV 檔案。`);
    if (/^(?:\{|\[\{)/.test(start)) throw new Error(`${name} 是 JSON；請先轉成 CSV，例如用 pandas 的 read_json 與 to_csv。`);
    if (bytes.subarray(0, HEAD).every((byte) => [0xef, 0xbb, 0xbf, 32, 13, 10, 9, 12, 11].includes(byte)))
      throw new Error(`${name} 是空的；請檢查檔案是否下載完整。`);
  }

  // ---- 編碼 ----

  /** UTF-8（有沒有 BOM 都好）、UTF-16、Big5；都不是就引發 Error。 */
  function findEncoding(bytes, name) {
    const said = (before) => [T.repair("encoding", { before, after: "UTF-8" })];
    const utf16 = findUtf16(bytes);
    if (utf16) return { encoding: utf16, notices: said("UTF-16") };
    if (bytes.subarray(0, HEAD).includes(0)) throw new Error(`${name} ${NOT_A_TABLE}`);
    const text = decoded(bytes, "utf-8");
    if (text !== null) return { encoding: "utf-8", notices: [], text }; // 大的檔案只解一次
    const encoding = isCp950(bytes) ? "cp950" : decoded(bytes, "big5hkscs") === null ? null : "big5hkscs";
    if (encoding && readsAsChinese(bytes)) {
      return { encoding, notices: said(`Big5（${encoding}）`) };
    }
    throw new Error(
      `${name} 不是 UTF-8，也不像 Big5 的文字檔（可能是別種編碼，或根本不是 CSV）；請在試算表裡另存成「CSV UTF-8」。`,
    );
  }

  function findUtf16(bytes) {
    if (startsWith(bytes, "\xff\xfe")) return "utf-16le";
    if (startsWith(bytes, "\xfe\xff")) return "utf-16be";
    const sample = bytes.subarray(0, 2000), zeros = (odd) => sample.filter((byte, k) => k % 2 === odd && byte === 0).length;
    const evens = zeros(0), odds = zeros(1);
    if (Math.max(evens, odds) <= Math.floor(sample.length / 8) || Math.min(evens, odds)) return "";
    return evens ? "utf-16be" : "utf-16le"; // 沒有 BOM：英數與標點的另一個位元組是 0
  }

  /** 解不開是 null。 */
  function decoded(bytes, encoding) {
    try {
      if (encoding === "cp950") return fromCp950(bytes);
      return new TextDecoder(encoding === "big5hkscs" ? "big5" : encoding, { fatal: true }).decode(bytes);
    } catch {
      return null;
    }
  }

  /** 每個不是 ASCII 的字的兩個位元組；最多看 most 個字。 */
  function* bigFive(bytes, most = Infinity) {
    for (let k = 0, n = 0; k < bytes.length && n < most; k++) {
      if (bytes[k] < 0x80) continue;
      yield [bytes[k], bytes[++k]];
      n += 1;
    }
  }

  /** 常用的中文字，首位元組在 A1 到 C6；隨便的位元組碰巧解得開，常用的字不會這麼多。 */
  function readsAsChinese(bytes) {
    const leads = [...bigFive(bytes, SAMPLE_LETTERS)].map(([lead]) => lead);
    return leads.length > 0 && leads.filter((lead) => lead >= 0xa1 && lead <= 0xc6).length >= LEAST_COMMON * leads.length;
  }

  /** cp950 沒有的字是香港增補字集的。 */
  function isCp950(bytes) {
    const ranges = [[0xa140, 0xa3bf], [0xa3e1, 0xa3e1], [0xa440, 0xc7fc], [0xc940, 0xf9fe]];
    for (const [lead, trail] of bigFive(bytes)) {
      const place = lead * 256 + trail;
      const isTrail = (trail >= 0x40 && trail <= 0x7e) || (trail >= 0xa1 && trail <= 0xfe);
      if (!isTrail || !ranges.some(([first, last]) => place >= first && place <= last)) return false;
    }
    return true;
  }

  const letters = (first, last) => Array.from({ length: last - first + 1 }, (_, k) => String.fromCharCode(first + k));
  /** C6A1 到 C7FC：假名、西里爾字母、①，各家放的位置不同，瀏覽器的不是 cp950 的；F9FE 也不是。 */
  const KANA = [
    ..."ヾゝゞ々", ...letters(0x3041, 0x3093), ...letters(0x30a1, 0x30f6), ..."ДЕЁЖЗИЙКЛМУФХЦЧШЩЪЫЬЭЮЯ",
    ..."абвгдеёжзийклмнопрстуфхцчшщъыьэюя", ...letters(0x2460, 0x2469), ...letters(0x2474, 0x247d),
  ];
  const kana = (lead, trail) => ((lead - 0xc6) * 157 + trail - (trail < 0x80 ? 0x40 : 0x62)) - 63;

  /** cp950 的文字；自己對照假名那一段，其餘由瀏覽器解。 */
  function fromCp950(bytes) {
    const parts = [], decoder = new TextDecoder("big5");
    let start = 0;
    for (let k = 0; k < bytes.length; k++) {
      if (bytes[k] < 0x80) continue;
      const lead = bytes[k], trail = bytes[++k], letter = lead === 0xf9 && trail === 0xfe ? "▓" : KANA[kana(lead, trail)];
      if (letter === undefined) continue;
      parts.push(decoder.decode(bytes.subarray(start, k - 1)), letter);
      start = k + 1;
    }
    return parts.join("") + decoder.decode(bytes.subarray(start));
  }

  // ---- 列 ----

  /** 引號裡的字原封不動，外面的換行（\r、\r\n）都寫成 \n，Papa Parse 才認得每一種。 */
  function sameNewlines(text, separator) {
    if (!text.includes("\r")) return text;
    return text.replace(quotedOr(separator, "\\r\\n?"), (found) => (found[0] === '"' ? found : "\n"));
  }

  const quotedOr = (separator, other) => new RegExp(`(?<=^|[\\n\\r${separator === "|" ? "\\|" : separator}])"[^"]*(?:""[^"]*)*"|${other}`, "g");

  /** 收尾的引號後面不是分隔也不是換行：Papa Parse 容許空白，命令不容許。傳回第一個的位置，沒有是 −1。 */
  function badQuote(text, separator) {
    for (const found of text.matchAll(quotedOr(separator, "(?!)"))) {
      const next = text[found.index + found[0].length];
      if (next !== undefined && next !== separator && next !== "\n") return found.index;
    }
    return -1;
  }

  /** 照 separator 一列一列給 visit(行號, 格子)；傳回 false 就停。引號不成對引發 Error，說從哪一行開始。 */
  function eachRow(source, separator, visit) {
    const text = sameNewlines(source.text, separator), bad = text.includes('"') ? badQuote(text, separator) : -1;
    let line = 1, start = 0, failed = false;
    Papa.parse(text, {
      delimiter: separator, newline: "\n", quoteChar: '"', escapeChar: '"',
      step({ data: row, errors, meta }, parser) {
        const isEmpty = row.length === 1 && row[0] === "" && text[start] !== '"'; // 只有換行的不是一列
        failed = errors.some(({ type }) => type === "Quotes") || (bad >= 0 && meta.cursor > bad);
        if (failed || (!isEmpty && visit(line, row) === false)) return parser.abort();
        start = meta.cursor;
        line += 1 + row.reduce((n, cell) => n + newlinesIn(cell), 0);
      },
    });
    if (failed) throw new Error(`${source.name} 的第 ${line} 行引號沒有成對；請改正那一行，或重新下載。`);
  }

  const newlinesIn = (cell) => (/[\r\n]/.test(cell) ? cell.match(/\r\n?|\n/g).length : 0);

  /** 開頭的 most 列，每列 {line, row}。先只看開頭的字；不夠，或引號剛好切斷，才看整個檔案。 */
  function firstRows(source, separator, most) {
    if (source.text.length > HEAD) {
      try {
        const found = rowsOf({ ...source, text: source.text.slice(0, HEAD) }, separator, most);
        if (found.length === most) return found;
      } catch { /* 切在引號中間 */ }
    }
    return rowsOf(source, separator, most);
  }

  function rowsOf(source, separator, most) {
    const found = [];
    eachRow(source, separator, (line, row) => found.push({ line, row }) < most);
    return found;
  }

  Object.assign(T, { SEPARATORS, command, findSource, eachRow, firstRows });
  T.sources.push(`(${part})(globalThis.LabTable ??= { sources: [] });`);
})(globalThis.LabTable);
