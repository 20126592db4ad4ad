/* 判斷一欄是什麼，連同理由；與 tables/reading/judge.py、kinds.py 相同。 */
globalThis.LabTable ??= { sources: [] };
(function part(T) {
  "use strict";

  const KIND_NAMES = {
    category: "類別", number: "數字", ordered: "等級", date: "日期", code: "代碼", text: "文字",
    constant: "常數", missing: "全缺", identifier: "編號",
  };
  /** 讀者可以指定的種類；後三種只由資料決定。 */
  const CHOOSABLE = ["category", "number", "ordered", "date", "code", "text"];
  const NUMERIC = ["number", "ordered", "date"];
  const MOST_LEVELS = 255, LEAST_REPEATS = 2, ALMOST_ALL = 0.8;
  const MOST_GRADES = 12, WIDEST_GRADES = 20, FEWEST_COUNTED = 10, LONG_TEXT = 20;
  const SPIKE_SHARE = 0.2, SPIKE_TIMES = 2, SPIKE_DISTINCT = 10, SPIKE_NEGATIVE = 0.01;
  const CODE_NAME = /代碼|代號|郵遞區號|區號|統編|統一編號|電話|手機|傳真|帳號|卡號|類碼|zip|postal|phone|(?:^|[_\s.])code$/i;
  const IDENTIFIER_NAME =
    /編號|序號|流水號|項次|列號|^[Nn][Oo]\.?$|(?:^|[_\s.])id$|^index$|[a-z]I[Dd]$|^[A-Z]{0,6}ID$|^row[_ .]?(?:names?|numbers?|id)$|^Unnamed: ?\p{Nd}+$/u;
  const ONE_VALUE = "只有一個值，沒有東西可學", ALL_MISSING = "整欄都是缺失";

  /** 一欄的原文 {texts, codes} → {kind, values 或 levels 與 codes, repairs}；指定的種類做不到，引發 Error。 */
  function interpret(name, cells, rules) {
    const column = new T.Column(name, cells, rules);
    if (rules.kind) return asTold(column);
    const reading = (rules.asIs ? null : column.asDate() ?? column.asStoreys()) ?? column.asNumbers();
    return reading ? numeric(column, reading) : textual(column);
  }

  const emptyKind = (name) => ({
    name, kind: "", reason: "", nLevels: 0, top: "", topShare: 0, nMissing: 0,
    numeric: false, zeroShare: 0, spiked: false, style: "", stoppedBy: "",
  });

  const named = (found, kind, reason) => ({ ...found, kind: { ...found.kind, kind, reason } });

  // ---- 指定的種類 ----

  function asTold(column) {
    const { kind } = column.rules, reason = "指定的種類";
    if (["category", "code", "text"].includes(kind)) return named(textual(column, kind === "text" ? null : column.asNumbers()), kind, reason);
    const reading = kind === "date" ? toldDate(column) : toldNumber(column), bad = reading.values.indexOf(null);
    if (bad >= 0)
      throw new Error(
        `「${column.name}」的種類指定為${KIND_NAMES[kind]}，第 ${column.firstRow(bad)} 列資料卻是「${column.texts[bad]}」；` +
          "請改正那一格、把它當缺失，或換一個種類。",
      );
    const values = column.values(reading.values), repairs = [...column.repairs, ...reading.repairs];
    return { values, kind: facts(column, kind, reason, values, reading.style), repairs };
  }

  /** 認得出的寫法，或讀得成最多值的寫法（訊息才指得出第一個讀不成的）。 */
  function toldDate(column) {
    const readable = (style) => column.texts.filter((text) => T.readDate(text, style) !== null).length;
    const most = () => T.DATE_STYLES.reduce((best, style) => (readable(style) > readable(best) ? style : best));
    return column.dated(T.findStyle(column.texts, column.name) ?? most());
  }

  /** 數字或樓層，讀得成的格子多的那一種。 */
  function toldNumber(column) {
    const numbers = column.readNumbers(), storeys = column.texts.map(T.readStorey);
    if (storeys.filter(Boolean).length > numbers.filter(Boolean).length) return column.storeyed(storeys.map((one) => one && one[0]));
    return column.numbered(numbers);
  }

  // ---- 讀成數的欄 ----

  /** 真的是數字，還是用數字寫的代碼、編號、兩種值的類別？ */
  function numeric(column, reading) {
    const values = column.values(reading.values), found = facts(column, reading.kind, "", values, reading.style);
    const [kind, reason] = numericKind(column, reading, values, found);
    if (["category", "code", "identifier"].includes(kind)) return named(textual(column, reading), kind, reason);
    const repairs = [...column.repairs, ...reading.repairs];
    return { values, kind: { ...found, kind, reason, spiked: found.spiked && kind === "number" }, repairs };
  }

  function numericKind(column, reading, values, { nLevels, zeroShare, spiked }) {
    if (nLevels === 1) return ["constant", ONE_VALUE];
    if (reading.kind === "date") return ["date", `日期，換成 1970-01-01 起的天數${reading.style.startsWith("roc") ? "（民國）" : ""}`];
    const padded = column.texts.find((text) => /^0\d+$/.test(text));
    if (padded !== undefined) return ["code", `開頭有 0（${padded}），是代碼`];
    if (column.texts.some((text) => /^\d{16,}$/.test(text))) return ["identifier", "16 位以上的數字，是編號"];
    const known = values.filter((value) => !Number.isNaN(value)), whole = known.every(Number.isInteger);
    const isNamed = IDENTIFIER_NAME.test(column.name);
    if (whole && isNamed && nLevels === known.length) return ["identifier", "欄名像編號，每一列都不同"];
    if (whole && (isNamed || CODE_NAME.test(column.name))) return ["code", "欄名像代碼，數字的大小沒有意思"];
    if (countsRows(column, known)) return ["identifier", "由上到下一列加一，是列的編號"];
    if (nLevels === 2) return ["category", "只有兩種值，當類別"];
    if (whole && nLevels <= MOST_GRADES && spanOf(known) <= WIDEST_GRADES) return ["ordered", `${nLevels} 種整數，有大小，仍當數字`];
    return ["number", `數字${spiked ? `；${T.percent(zeroShare, zeroShare > 0.99 ? 1 : 0)} 恰好是 0` : ""}`];
  }

  function spanOf(values) {
    const [low, high] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
    return high - low;
  }

  /** 整欄是 0 或 1 開始、一列加一的整數（寫著「樓」「元」的不是）。 */
  function countsRows(column, known) {
    const starts = T.isPlain(column.texts[0]) && known.length > FEWEST_COUNTED && [0, 1].includes(known[0]);
    return starts && known.every((value, k) => k === 0 || value - known[k - 1] === 1);
  }

  function facts(column, kind, reason, values, style) {
    const known = values.filter((value) => !Number.isNaN(value)).sort();
    if (!known.length) return { ...emptyKind(column.name), kind: "missing", reason: ALL_MISSING, nMissing: values.length };
    const levels = [], counts = [];
    for (const value of known) {
      if (levels.at(-1) !== value) { levels.push(value); counts.push(0); }
      counts[counts.length - 1] += 1;
    }
    const most = counts.reduce((a, b) => Math.max(a, b)), place = counts.indexOf(most); // 一樣多時是最小的數
    const isDate = kind === "date", zero = levels.indexOf(0);
    return {
      ...emptyKind(column.name), kind, reason, style,
      nLevels: levels.length, nMissing: values.length - known.length, topShare: most / known.length, numeric: !isDate,
      top: isDate ? T.writeDate(levels[place], style) : T.numberText(levels[place]),
      zeroShare: isDate || zero < 0 ? 0 : counts[zero] / known.length,
      spiked: !isDate && zero >= 0 && isSpiked(levels, counts.map((count) => count / known.length), zero),
    };
  }

  /** 0 占兩成以上，遠多於別的數；別的數有很多種，幾乎沒有負數。 */
  function isSpiked(levels, shares, zero) {
    if (levels.length - 1 < SPIKE_DISTINCT || shares[zero] < SPIKE_SHARE) return false;
    const others = shares.filter((_, k) => k !== zero).reduce((a, b) => Math.max(a, b));
    return shares[zero] >= SPIKE_TIMES * others && T.total(shares.slice(0, zero)) <= SPIKE_NEGATIVE;
  }

  // ---- 當文字的欄 ----

  /** 照字典順序的水準與代碼。reading 給了就用數字的標準寫法（1.0 是 1）。 */
  function textual(column, reading = null) {
    const { texts, codes, merged } = column.rules.asIs ? { ...column, merged: [] } : canonical(column);
    const counts = T.countCodes(codes, texts.length), [kind, reason, stoppedBy] = textualKind(column, texts, counts);
    const order = texts.map((_, k) => k).sort((a, b) => T.byCodePoint(texts[a], texts[b]));
    const ranks = new Int32Array(texts.length);
    order.forEach((place, rank) => (ranks[place] = rank));
    const top = order.reduce((best, place) => (best === null || counts[place] > counts[best] ? place : best), null);
    return {
      levels: order.map((place) => texts[place]),
      codes: codes.map((code) => (code < 0 ? -1 : ranks[code])),
      kind: {
        ...emptyKind(column.name), kind, reason, stoppedBy, numeric: reading !== null, nLevels: texts.length, nMissing: column.nMissing,
        top: top === null ? "" : texts[top], topShare: top === null ? 0 : counts[top] / column.nKnown,
      },
      repairs: [...column.repairs, ...merged],
    };
  }

  /** 整數寫成的小數（1.0）改回整數（1）；欄裡有真的小數（1.5）就都不動。 */
  function canonical({ name, texts, codes, counts }) {
    const decimals = texts.filter((text) => /^-?(?:0|[1-9]\d*)\.\d+$/.test(text));
    if (!decimals.length || decimals.some((text) => /[^0]/.test(text.split(".")[1]))) return { texts, codes, merged: [] };
    const whole = new Map(decimals.map((text) => [text, text.split(".")[0]])), places = new Map();
    const mapping = texts.map((text) => {
      const name = whole.get(text) ?? text;
      if (!places.has(name)) places.set(name, places.size);
      return places.get(name);
    });
    const cells = T.total(counts.filter((_, k) => whole.has(texts[k])));
    const merged = [T.repair("code", { column: name, before: decimals[0], after: whole.get(decimals[0]), cells })];
    return { texts: [...places.keys()], codes: codes.map((code) => (code < 0 ? -1 : mapping[code])), merged };
  }

  /** [種類, 理由, 差一點就是數字時擋路的格子]。 */
  function textualKind(column, texts, counts) {
    if (!texts.length) return ["missing", ALL_MISSING, ""];
    if (texts.length === 1) return ["constant", ONE_VALUE, ""];
    const [stoppedBy, why] = stopped(column);
    if (texts.length * LEAST_REPEATS > column.nKnown) {
      const letters = T.total(texts.map((text, k) => T.length(text) * counts[k]));
      const long = why !== "" || letters / column.nKnown > LONG_TEXT;
      const said = seldomRepeats(texts.length, column.nKnown, long ? "是文字" : "像是編號或名字");
      const kind = texts.length >= ALMOST_ALL * column.nKnown && !long ? "identifier" : "text";
      return [kind, why + said, stoppedBy];
    }
    if (texts.length > MOST_LEVELS) return ["text", `${why}有 ${T.grouped(texts.length)} 種不同的字，超過 ${MOST_LEVELS} 個水準`, stoppedBy];
    return ["category", `${why}文字`, stoppedBy];
  }

  /** 幾乎不重複的文字欄的理由。 */
  function seldomRepeats(nLevels, nKnown, like = "像是編號或文字") {
    if (nLevels >= ALMOST_ALL * nKnown) return `幾乎每一格都不同，${like}`;
    return `${T.grouped(nKnown)} 格有 ${T.grouped(nLevels)} 種，平均一種不到 ${LEAST_REPEATS} 格`;
  }

  /** 多半是數字的欄，是哪一格擋住了。 */
  function stopped(column) {
    const found = column.readNumbers(), share = column.numericShare(found);
    if (!(share >= 0.5 && share < 1)) return ["", ""];
    const place = found.indexOf(null), text = column.texts[place], shown = share > 0.999 ? "99.9% 以上" : T.percent(share);
    return [text, `${shown}的格子是數字，可是第 ${column.firstRow(place)} 列資料是「${text}」；`];
  }

  Object.assign(T, { KIND_NAMES, CHOOSABLE, NUMERIC, MOST_LEVELS, LEAST_REPEATS, interpret, seldomRepeats });
  T.sources.push(`(${part})(globalThis.LabTable ??= { sources: [] });`);
})(globalThis.LabTable);
