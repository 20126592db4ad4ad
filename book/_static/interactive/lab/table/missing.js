/* 哪些字就是空白；與 tables/missing.py 相同。 */
globalThis.LabTable ??= { sources: [] };
(function part(T) {
  "use strict";

  const NONE = "無";
  const MISSING_WORDS = [
    "", "NA", "N/A", "#N/A", "#N/A N/A", "<NA>", "NULL", "(null)", "nan", "-nan", "NaT", "?", "??",
    "-", "--", "---", "—", "——", ".", "…", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!",
    "不詳", "不明", "未知", "未填", "未填寫", "未提供", "無資料", "查無資料", "缺", "缺值", "缺失", "遺漏",
    "遺漏值",
  ];
  /** 只在其他格子都是數字的欄裡算缺失。 */
  const MISSING_AMONG_NUMBERS = ["None"];

  /** 比較缺失的字用的樣子：半形、小寫。 */
  const folded = (word) => T.strip(word.normalize("NFKC").toLowerCase());

  /** 這一次用的缺失的字；空白一定是缺失。 */
  function missingWords(also = [], keep = []) {
    const kept = new Set(keep.map(folded));
    return new Set([...[...MISSING_WORDS, ...also].map(folded).filter((word) => !kept.has(word)), ""]);
  }

  let usual = null;
  const isMissing = (text, words = (usual ??= missingWords())) => words.has(folded(text));

  Object.assign(T, { NONE, MISSING_WORDS, MISSING_AMONG_NUMBERS, folded, missingWords, isMissing });
  T.sources.push(`(${part})(globalThis.LabTable ??= { sources: [] });`);
})(globalThis.LabTable);
