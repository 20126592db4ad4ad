/* 一格文字怎麼讀：看不見的字元、數字的各種寫法、樓層。與 tables/reading/cells.py 相同。 */
globalThis.LabTable ??= { sources: [] };
(function part(T) {
  "use strict";

  const HIDDEN = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u2060\ufeff\u202a-\u202e\u2066-\u2069\x01-\x08\x0e-\x1f\x7f]/g;
  const SPACES = /[\u00a0\u2007\u202f]/g;
  const EDGE = "[\\t-\\r \\x85\\u1680\\u2000-\\u200a\\u200c\\u200d\\u2028\\u2029\\u205f\\u3000]";
  const EDGES = new RegExp(`^${EDGE}+|${EDGE}+$`, "g");
  const MINUS = /[\u2212\u2013\u2012\u2010\u2011]/g;

  const CURRENCY = String.raw`NT\$|NTD|TWD|US\$|USD|HK\$|HKD|JPY|EUR|CNY|RMB|GBP|新[台臺]幣|[台臺]幣|美[元金]|日[圓幣]|人民幣|[$¥€£]`;
  const UNITS =
    String.raw`坪|平方公尺|m2|m\^2|公尺|公里|公分|km|cm|mm|m|公斤|公克|kg|g|歲|年|個月|天|小時|分鐘|分|秒` +
    "|千元|萬元?|億元?|人|戶|間|房|廳|衛";
  const SIGNED = String.raw`[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?`;
  const GROUPED = String.raw`[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?`;
  const NUMBER = new RegExp(
    `^(?<minus>-)?(?<prefix>${CURRENCY})?[ \\t-\\r]?(?<number>${GROUPED}|${SIGNED})[ \\t-\\r]?(?<suffix>${CURRENCY}|元整?|圓整?|円|%|${UNITS})?$`,
  );
  const UNIT = new RegExp(`^(?:${UNITS})$`);
  const MAY_BE = /^\P{Nd}{0,8}\p{Nd}/u;
  const COMMA_DECIMAL = /^(?:[+-]?\d+,\d+|[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?|[+-]?\d+)$/;
  const BRACKETS = /^\(([^()+-]+)\)$/;
  const PLAIN = /^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?(?:[eE][+-]?\d{1,2})?$/;
  const NUMERALS = { "〇": 0, 零: 0, 一: 1, 二: 2, 兩: 2, 三: 3, 四: 4, 五: 5, 六: 6, 七: 7, 八: 8, 九: 9, 十: 10, 百: 100, 廿: 20, 卅: 30 };
  const DIGIT = "[一二兩三四五六七八九]";
  const CHINESE = new RegExp(`^(?:(?:${DIGIT}?百零?)?(?:${DIGIT}?十|廿|卅)?${DIGIT}?|零|〇)$`);
  const STOREY = /^(?<below>地下|B)?第?(?<number>\d{1,3}|[〇零一二兩三四五六七八九十百廿卅]+)(?<unit>層樓|層|樓|F)?$/;
  const SYNONYMS = { US$: "USD", 美元: "USD", 美金: "USD", "€": "EUR", "£": "GBP" };

  /** 去掉看不見的字元與兩端的空白。 */
  const clean = (text) => text.replace(HIDDEN, "").replace(SPACES, " ").replace(EDGES, "");

  /** 電腦自己寫的數字：沒有多餘的 0，整數部分不超過 15 位。 */
  const isPlain = (text) => PLAIN.test(text);

  /** 一格讀成 {value, rules, unit}；讀不成是 null，不猜。 */
  function readNumber(text, { brackets = false, decimalComma = false } = {}) {
    if (isPlain(text)) return finite(Number(text), [], "");
    if (!MAY_BE.test(text)) return null;
    let wide = T.strip(text.normalize("NFKC").replace(MINUS, "-"));
    const rules = wide === text ? [] : ["fullwidth"], inside = brackets ? BRACKETS.exec(wide) : null;
    if (inside) {
      rules.push("brackets");
      wide = T.strip(inside[1]);
    }
    const number = decimalComma ? withComma(wide, rules) : withPoint(wide, rules);
    return number && finite(inside ? -number[0] : number[0], rules, number[1]);
  }

  const finite = (value, rules, unit) => (Number.isFinite(value) ? { value: value + 0, rules, unit } : null);

  function withPoint(text, rules) {
    const { minus, prefix = "", number, suffix = "" } = NUMBER.exec(text)?.groups ?? {};
    if (number === undefined || (minus && "+-".includes(number[0]))) return null;
    if (prefix && suffix && !"元圓円".includes(suffix[0])) return null; // 「NT$ 5%」說不清楚是什麼
    const unit = suffix === "%" || UNIT.test(suffix) ? suffix : currency(prefix || suffix);
    if (unit) rules.push(unit === "%" ? "percent" : isCurrency(unit) ? "currency" : "unit");
    if (number.includes(",")) rules.push("thousands");
    const value = Number(number.replaceAll(",", ""));
    return [minus ? -value : value, unit];
  }

  /** 是幣別嗎？（不是 %、坪、公里這些單位，也不是沒有單位。） */
  const isCurrency = (unit) => unit !== "" && unit !== "%" && !UNIT.test(unit);

  /** 幣別的同義字收成一個；單寫「$」與「元」不知道是哪一國的，當作一樣。 */
  const currency = (word) => (/^(?:NT\$|NTD|TWD|新?[台臺]幣|\$|元整?|圓整?)$/.test(word) ? "$" : SYNONYMS[word] ?? word);

  function withComma(text, rules) {
    if (!COMMA_DECIMAL.test(text)) return null;
    if (/[,.]/.test(text)) rules.push("decimal_comma");
    return [Number(text.replaceAll(".", "").replaceAll(",", ".")), ""];
  }

  /** 樓層 [數, 有沒有寫「層」「樓」「F」]：十二層是 12，地下一層是 −1；讀不成是 null。 */
  function readStorey(text) {
    const found = STOREY.exec(text.normalize("NFKC").toUpperCase())?.groups;
    if (!found || !(found.unit || found.below)) return null;
    const number = /^\d/.test(found.number) ? Number(found.number) : readChinese(found.number);
    return number === null ? null : [(found.below ? -number : number) + 0, Boolean(found.unit)];
  }

  /** 小於一千的中文數字：二十一、廿三、一〇一；寫得不合規矩是 null。 */
  function readChinese(text) {
    const values = [...text].map((character) => NUMERALS[character]);
    if (values.length > 1 && values.every((value) => value < 10)) return Number(values.join(""));
    if (!text || !CHINESE.test(text)) return null;
    let sum = 0, digit = 0;
    for (const value of values) {
      if (value >= 10) sum += value === 10 || value === 100 ? value * (digit || 1) : value;
      digit = value < 10 ? value : 0;
    }
    return sum + digit;
  }

  /** 看不見的字元寫成 ‹U+200B›，兩端的空白寫成 ␣。 */
  function visible(text) {
    const inner = text.replace(/^ +| +$/g, ""), start = text.length - text.replace(/^ +/, "").length;
    const shown = [...inner].map((c) => (c === " " || !/[\p{C}\p{Z}]/u.test(c) ? c : `‹U+${code(c)}›`)).join("");
    return "␣".repeat(start) + shown + "␣".repeat(text.length - start - inner.length);
  }

  const code = (character) => character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");

  Object.assign(T, { clean, isPlain, readNumber, isCurrency, readStorey, readChinese, visible });
  T.sources.push(`(${part})(globalThis.LabTable ??= { sources: [] });`);
})(globalThis.LabTable);
