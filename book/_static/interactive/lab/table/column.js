/* 一欄清理過的不重複的值，與把它們讀成數的三種讀法：日期、樓層、數字；與 tables/reading/column.py 相同。 */
globalThis.LabTable ??= { sources: [] };
(function part(T) {
  "use strict";

  /** 一段一段收進一欄：每個不同的字一個代碼。 */
  class Encoder {
    places = new Map();
    codes = [];

    add(text) {
      let code = this.places.get(text);
      if (code === undefined) this.places.set(text, (code = this.places.size));
      this.codes.push(code);
    }

    get texts() {
      return [...this.places.keys()];
    }

    /** 收到的數裡最大的；一個數字也沒有是負無限大。 */
    largest() {
      return this.texts.reduce((most, text) => Math.max(most, T.readNumber(T.clean(text))?.value ?? -Infinity), -Infinity);
    }
  }

  /** texts 照第一次出現的順序；codes 是各格的位置，−1 是缺失。rules 是 {words, asIs, kind, decimalComma}。 */
  class Column {
    repairs = [];
    #found = null;

    constructor(name, { texts, codes }, rules) {
      Object.assign(this, { name, rules });
      const cleaned = rules.asIs ? texts : texts.map(T.clean), counts = countCodes(codes, texts.length);
      const changed = texts.map((_, k) => k).filter((k) => texts[k] !== cleaned[k] && cleaned[k]);
      this.#say("invisible", changed.map((k) => [T.visible(texts[k]), cleaned[k], counts[k]]));
      const longest = 2 * Math.max(...[...rules.words].map((word) => word.length)); // 換成半形只會變長：長的不必比
      const missing = cleaned.map((text) => text.length <= longest && T.isMissing(text, rules.words));
      this.#say("missing", cleaned.map((text, k) => [text, "", counts[k], missing[k]]).filter(([text, , , gone]) => gone && text));
      this.#index(codes, cleaned.map((text, k) => (missing[k] ? null : text)));
    }

    /** 一樣的字合成一個，缺失是 −1。 */
    #index(codes, texts) {
      const places = new Map();
      const mapping = texts.map((text) => (text === null ? -1 : (places.has(text) || places.set(text, places.size), places.get(text))));
      this.#found = null;
      this.texts = [...places.keys()];
      this.codes = Int32Array.from(codes, (code) => (code < 0 ? -1 : mapping[code]));
      this.counts = countCodes(this.codes, this.texts.length);
      this.nKnown = T.total(this.counts);
      this.nMissing = codes.length - this.nKnown;
    }

    /** 把這些字也當成缺失。 */
    forget(texts, what) {
      this.#say(what, this.texts.map((text, k) => [text, "", this.counts[k]]).filter(([text]) => texts.has(text)));
      this.#index(this.codes, this.texts.map((text) => (texts.has(text) ? null : text)));
    }

    /** 一種修改一行：第一格由什麼變成什麼，一共幾格。 */
    #say(what, cells) {
      if (!cells.length) return;
      const listed = what === "missing" || what === "unreadable";
      const before = listed ? [...new Set(cells.map(([text]) => text))].join("、") : cells[0][0];
      this.repairs.push(T.repair(what, { column: this.name, before, after: cells[0][1], cells: T.total(cells.map(([, , n]) => n)) }));
    }

    /** 各格的數：不重複的值各是 perText（null 是讀不成），缺失是 NaN。 */
    values(perText) {
      return Float64Array.from(this.codes, (code) => (code < 0 ? NaN : perText[code] ?? NaN));
    }

    /** 第一個是這個值的格子在第幾列資料（由 1 起）。 */
    firstRow(code) {
      return this.codes.indexOf(code) + 1;
    }

    // ---- 三種讀法：{kind, values, repairs, style}，values 一個不重複的值一個 ----

    asDate() {
      let style = T.findStyle(this.texts, this.name);
      const broken = style ? null : T.findBroken(this.texts, this.counts, this.name);
      if (broken) {
        this.forget(new Set(this.texts.filter((text) => T.readDate(text, broken) === null)), "unreadable");
        style = broken;
      }
      return style && this.dated(style);
    }

    dated(style) {
      const values = this.texts.map((text) => T.readDate(text, style));
      const repairs = style === "iso" ? [] : this.#changed("date", values, T.writeDate);
      return { kind: "date", values, repairs, style };
    }

    /** 有一格不是樓層，或沒有一格寫著「層」「樓」「F」，是 null。 */
    asStoreys() {
      if (!this.texts.length || !T.readStorey(this.texts[0])) return null;
      const found = this.texts.map(T.readStorey);
      return found.every(Boolean) && found.some(([, written]) => written) ? this.storeyed(found.map(([value]) => value)) : null;
    }

    storeyed(values) {
      return { kind: "number", values, repairs: this.#changed("storey", values, T.numberText), style: "" };
    }

    /** 有一格讀不成是 null。數字之間的 None 是缺失。 */
    asNumbers() {
      let found = this.readNumbers();
      const bad = new Set(this.texts.filter((_, k) => !found[k])), words = T.MISSING_AMONG_NUMBERS.map(T.folded);
      const few = bad.size > 0 && bad.size < 10 && !this.rules.asIs;
      if (few && [...bad].every((text) => words.includes(T.folded(text))) && this.numericShare(found) > 0.5) {
        this.forget(bad, "missing");
        found = found.filter(Boolean);
        bad.clear();
      }
      return bad.size || !this.nKnown ? null : this.numbered(found);
    }

    numbered(found) {
      const rules = [...new Set(found.flatMap((number) => number?.rules ?? []))];
      const repairs = rules.flatMap((rule) => this.#changed(rule, found.map((one) => (one?.rules.includes(rule) ? one.value : null)), T.numberText));
      return { kind: "number", values: found.map((number) => number?.value ?? null), repairs, style: "" };
    }

    /** 每個不重複的值讀成的數；單位不只一種，少的那幾種不算數字。 */
    readNumbers() {
      return (this.#found ??= this.#readNumbers());
    }

    #readNumbers() {
      if (this.rules.asIs) return this.texts.map((text) => T.readNumber(text)).map((number) => (number?.rules.length ? null : number));
      let found = this.texts.map((text) => T.readNumber(text));
      if (this.rules.decimalComma && found.includes(null)) {
        const european = this.texts.map((text) => T.readNumber(text, { decimalComma: true }));
        if (!european.includes(null)) found = european;
      }
      if (found.includes(null) && found.some(Boolean)) // 有不帶括號的數字作伴，括號才是負數
        found = found.map((number, k) => number ?? T.readNumber(this.texts[k], { brackets: true }));
      return this.#sameUnit(found);
    }

    /** % 與「坪」這類單位要整欄都是；幣別只能有一種（有的沒寫沒關係）。 */
    #sameUnit(found) {
      const cells = new Map();
      found.forEach((number, k) => number && cells.set(number.unit, (cells.get(number.unit) ?? 0) + this.counts[k]));
      const units = [...cells.keys()].sort(T.byCodePoint);
      const usual = units.reduce((best, unit) => (cells.get(unit) >= (cells.get(best) ?? 0) ? unit : best), "");
      const currencies = units.filter(T.isCurrency);
      const partner = usual ? (T.isCurrency(usual) ? "" : usual) : currencies.length === 1 ? currencies[0] : "";
      return found.map((number) => (number && [usual, partner].includes(number.unit) ? number : null));
    }

    /** 有值的格子裡，讀得成數字的比例。 */
    numericShare(found) {
      return this.nKnown ? T.total(this.counts.filter((_, k) => found[k])) / this.nKnown : 0;
    }

    /** 改過的格子（值不是 null 的）寫成一項修改。 */
    #changed(what, values, write) {
      const places = values.map((_, k) => k).filter((k) => values[k] !== null);
      if (!places.length) return [];
      const [first] = places, cells = T.total(places.map((k) => this.counts[k]));
      return [T.repair(what, { column: this.name, before: this.texts[first], after: write(values[first]), cells })];
    }
  }

  /** 每個代碼各有幾格；−1（缺失）不算。 */
  function countCodes(codes, n) {
    const counts = new Array(n).fill(0);
    for (const code of codes) if (code >= 0) counts[code] += 1;
    return counts;
  }

  Object.assign(T, { Encoder, Column, countCodes });
  T.sources.push(`(${part})(globalThis.LabTable ??= { sources: [] });`);
})(globalThis.LabTable);
