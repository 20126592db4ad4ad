/* 空白是「沒有」，還是「不知道」？由資料裡的證據一欄一欄判斷；與 tables/gaps.py 相同。 */
globalThis.LabTable ??= { sources: [] };
(function part(T) {
  "use strict";

  const STRONG = 0.8, FEWEST_CELLS = 5, ALMOST_ALWAYS = 0.9, MOSTLY_KNOWN = 0.8, CHANCE = 1e-3, LARGE = 0.5, WHOLE_ROW = 0.5;
  const SAYS_NONE = ["無", "沒有", "none", "nil", "nothing"];
  const SAYS_NO = [...SAYS_NONE, "no", "n", "否", "false", "0"];
  const SAYS_UNKNOWN = ["不詳", "未知", "不明", "不知道", "未填", "拒答", "unknown", "unk", "?", "n/a", "not known"];
  const USE_LEVEL = "請用 --missing level", USE_ZEROS = "請用 --missing zeros", NOT_FILLED = "補出來的數就不要用";
  const DOCUMENTED = "資料的說明若寫明空白就是沒有，", NO_PATTERN = "，與別的欄看不出關係";
  const already = (word) => `；可是水準「${word}」已經在說沒有`;
  const listed = (names, most) => names.slice(0, most).join("、") + (names.length > most ? "……" : "");
  const folded = (level) => T.strip(level).toLowerCase();

  /** 每一格的文字，缺失是 null；整數值的數字不寫小數點。 */
  function cellTexts({ values, levels, codes }) {
    if (values) return Array.from(values, (value) => (Number.isNaN(value) ? null : T.general(value, 12)));
    return Array.from(codes, (code) => (code < 0 ? null : levels[code]));
  }

  /** 這一欄的哪些空白是「沒有」。rule 是 {determinant, values, partners}；columns 是名字 → 一欄。 */
  function meansNone(rule, columns, name) {
    const gaps = cellTexts(columns.get(name)).map((text) => text === null);
    const partners = rule.partners.filter((one) => columns.has(one)).map((one) => cellTexts(columns.get(one)));
    const together = (row) => partners.every((texts) => texts[row] === null);
    if (rule.determinant === null || !columns.has(rule.determinant)) return gaps.map((gap, row) => gap && together(row));
    const texts = cellTexts(columns.get(rule.determinant)), values = new Set(rule.values);
    return gaps.map((gap, row) => gap && (texts[row] === null ? partners.length > 0 && together(row) : values.has(texts[row])));
  }

  /** 每一個有空白的欄一個判決 {column, kind, nGaps, nRows, evidence, reason, unless, rule, nKept}；先類別、後數字。 */
  function examine(columns, categories, numbers) {
    return new Examination(columns, categories, numbers).verdicts();
  }

  const verdictText = ({ column, rule, nKept, reason, unless }) => {
    const kept = nKept ? `（其中 ${T.grouped(nKept)} 格別的欄說東西在，或說不準，仍是缺失）` : "";
    return `「${column}」${rule ? "空白是「沒有」" : "空白是不知道"}${kept}：${reason}。${unless}。`;
  };

  /** 第一次出現的順序的代碼與水準。 */
  function factorized(texts) {
    const places = new Map();
    const codes = Int32Array.from(texts, (text) => {
      if (text === null) return -1;
      if (!places.has(text)) places.set(text, places.size);
      return places.get(text);
    });
    return { codes, levels: [...places.keys()] };
  }

  /** 兩件事的 φ 相關：兩件一起 both 次，各 first、second 次，一共 n 次。 */
  function phiOf(both, first, second, n) {
    const spread = Math.sqrt(first * (n - first)) * Math.sqrt(second * (n - second));
    return spread ? (n * both - first * second) / spread : 0;
  }

  class Examination {
    constructor(columns, categories, numbers) {
      this.columns = columns;
      this.names = [...categories, ...numbers];
      this.nCategories = categories.length;
      this.coded = this.names.map((name) => factorized(cellTexts(columns.get(name))));
      // 每列都不同的欄（編號）怎麼湊都湊得出來，所以一個值至少要有 5 列；一個也沒有的不必看。
      this.repeats = this.coded.map(({ codes, levels }) => T.countCodes(codes, levels.length).some((count) => count >= FEWEST_CELLS));
      this.missing = this.coded.map(({ codes }) => codes.map((code) => Number(code < 0)));
      this.nGaps = this.missing.map(T.total);
      this.nRows = this.missing[0]?.length ?? 0;
      this.gappy = this.names.map((_, column) => column).filter((column) => this.nGaps[column]);
      // 每一個有空白的欄，與每一欄各比兩次（值、空白）。
      this.nCompared = Math.max(1, 2 * this.gappy.length * this.names.length);
      this.logFactorial = [0];
      for (let k = 1; k <= this.nRows; k++) this.logFactorial.push(this.logFactorial[k - 1] + Math.log(k));
    }

    verdicts() {
      return this.gappy.map((column) => this.verdict(column));
    }

    isNumber(column) {
      return column >= this.nCategories;
    }

    verdict(column) {
      const nGaps = this.nGaps[column];
      if (nGaps === this.nRows) return this.#unknown(column, "無", "整欄都是空白", "有值的列才說得出空白的意思");
      if (nGaps < FEWEST_CELLS) return this.#unknown(column, "少", `只有 ${nGaps} 格空白，看不出規律`, DOCUMENTED + this.#cure(column));
      const found = this.#determinant(column);
      if (found) return this.#byDeterminant(column, found);
      const partners = this.#partners(column);
      return partners.length && !this.isNumber(column) ? this.#byPartners(column, partners) : this.#byShare(column, partners);
    }

    // ---- 證據 ----

    /** φ 最大的一欄；一樣大時，取先出現的。 */
    #determinant(column) {
      const others = this.names.map((_, other) => other).filter((other) => other !== column && this.repeats[other]);
      return others.map((other) => this.#determinedBy(column, other)).reduce((best, one) => (one && (!best || one.phi > best.phi) ? one : best), null);
    }

    #determinedBy(column, other) {
      const { codes, levels } = this.coded[other], gaps = this.missing[column];
      const counts = levels.map(() => 0), empty = levels.map(() => 0);
      codes.forEach((code, row) => {
        if (code >= 0) { counts[code] += 1; empty[code] += gaps[row]; }
      });
      const nKnown = T.total(counts), nGaps = T.total(empty);
      if (nGaps < MOSTLY_KNOWN * this.nGaps[column]) return null;
      const chosen = levels.map((_, k) => k).filter((k) => counts[k] >= FEWEST_CELLS && empty[k] >= ALMOST_ALWAYS * counts[k]);
      const inside = T.total(chosen.map((k) => counts[k])), gapsInside = T.total(chosen.map((k) => empty[k]));
      if (!inside || inside === nKnown || nGaps === nKnown) return null;
      const phi = phiOf(gapsInside, inside, nGaps, nKnown);
      if (!(phi >= STRONG) || !this.#beyondChance(gapsInside, inside, nGaps, nKnown)) return null;
      const values = chosen.map((k) => levels[k]).sort(T.byCodePoint);
      return { other, values, phi, inside, gapsInside, outside: nKnown - inside, gapsOutside: nGaps - gapsInside };
    }

    /** 空白幾乎在同樣的列的其他欄。 */
    #partners(column) {
      return this.gappy.filter((other) => {
        if (other === column) return false;
        const both = this.#together([column, other]), [theirs, mine] = [this.nGaps[other], this.nGaps[column]];
        const strong = phiOf(both, theirs, mine, this.nRows) >= STRONG && both >= FEWEST_CELLS;
        return strong && this.#beyondChance(both, theirs, mine, this.nRows);
      });
    }

    /** 這幾欄都空白的列數。 */
    #together(columns) {
      return this.missing[columns[0]].reduce((n, _, row) => n + Number(columns.every((column) => this.missing[column][row])), 0);
    }

    /** 兩件事無關時，至少重疊這麼多的機率（超幾何分布），乘上比過的次數仍很小。 */
    #beyondChance(both, first, second, n) {
      const choose = (all, some) => this.logFactorial[all] - this.logFactorial[some] - this.logFactorial[all - some];
      let chance = 0;
      for (let k = Math.max(both, first + second - n); k <= Math.min(first, second); k++)
        chance += Math.exp(choose(first, k) + choose(n - first, second - k) - choose(n, second));
      return chance * this.nCompared < CHANCE;
    }

    // ---- 判決 ----

    #byDeterminant(column, { other, values, inside, gapsInside, outside, gapsOutside }) {
      const name = this.names[other], shown = listed(values, 3), [a, b, c, d] = [inside, gapsInside, outside, gapsOutside].map(T.grouped);
      const reason = `${name} 是 ${shown} 的 ${a} 列有 ${b} 列空白，其餘 ${c} 列有 ${d} 列`;
      if (values.every((value) => SAYS_UNKNOWN.includes(folded(value))))
        return this.#unknown(column, "決定", `${reason}；那個值本身就是不知道`, `那個值若另有意思，${this.#cure(column)}`);
      if (this.isNumber(other) && !values.includes("0"))
        return this.#unknown(column, "決定", `${reason}；那些數字不是 0，比較像那時沒有記錄`, `那些數字若表示不適用，${this.#cure(column)}`);
      const partners = this.#partners(column).filter((one) => one !== other).map((one) => this.names[one]);
      const unless = `若 ${name} 是 ${shown} 只表示沒有去記，空白就是不知道，${USE_ZEROS}`;
      return this.#level(column, "決定", reason, unless, { determinant: name, values, partners });
    }

    #byPartners(column, others) {
      const partners = others.map((other) => this.names[other]), both = this.#together([column, ...others]), all = this.names.length;
      const reason = `${T.grouped(this.nGaps[column])} 格空白裡，${T.grouped(both)} 格與 ${listed(partners, 4)} 同時空白`;
      if (all > 3 && partners.length + 1 > WHOLE_ROW * all)
        return this.#unknown(column, "一起", `${reason}；一半以上的欄一起空白，是整列沒有填`, "請刪掉那些列再看一次");
      const word = this.#levelSaying(column, SAYS_NONE);
      if (word !== undefined) return this.#unknown(column, "一起", reason + already(word), `兩者若是同一件事，${USE_LEVEL}`);
      const unless = `若那幾欄是同一次沒有問到（同一頁問卷、同一台儀器），空白就是不知道，${USE_ZEROS}`;
      return this.#level(column, "一起", reason, unless, { determinant: null, values: [], partners });
    }

    #byShare(column, partners) {
      const nGaps = this.nGaps[column], large = nGaps >= LARGE * this.nRows;
      const reason = `空白占 ${T.percent(nGaps / this.nRows, 1)}（${T.grouped(nGaps)} 格）`;
      if (this.isNumber(column)) {
        const why = large || partners.length ? "；數字要有別的欄決定得了它，才說是沒有" : NO_PATTERN;
        return this.#unknown(column, "無", reason + why, "若有一欄說得出那個東西在不在，請留在檔案裡");
      }
      if (!large) return this.#unknown(column, "無", reason + NO_PATTERN, DOCUMENTED + USE_LEVEL);
      const word = this.#levelSaying(column, SAYS_NO);
      if (word !== undefined) return this.#unknown(column, "無", reason + already(word), `兩者若是同一件事，${USE_LEVEL}`);
      const unless = `這只是空白多，證據不強；資料的說明若寫的是沒有記錄，${USE_ZEROS}`;
      return this.#level(column, "多", `${reason}，沒有一個水準在說沒有`, unless, { determinant: null, values: [], partners: [] });
    }

    #levelSaying(column, words) {
      return this.coded[column].levels.find((level) => words.includes(folded(level)));
    }

    /** 空白其實是「沒有」的話，怎麼辦。 */
    #cure(column) {
      return this.isNumber(column) ? NOT_FILLED : USE_LEVEL;
    }

    #unknown(column, evidence, reason, unless, rule = null, nKept = 0) {
      const kind = this.isNumber(column) ? "數字" : "類別";
      return { column: this.names[column], kind, nGaps: this.nGaps[column], nRows: this.nRows, evidence, reason, unless, rule, nKept };
    }

    #level(column, evidence, reason, unless, rule) {
      const nNone = meansNone(rule, this.columns, this.names[column]).filter(Boolean).length;
      return this.#unknown(column, evidence, reason, unless, rule, this.nGaps[column] - nNone);
    }
  }

  Object.assign(T, { cellTexts, meansNone, examine, verdictText });
  T.sources.push(`(${part})(globalThis.LabTable ??= { sources: [] });`);
})(globalThis.LabTable);
