/* 整張表的編碼規則：類別的水準、標準化的數字、在 0 有尖峰的旗標；與 tables/table_schema.py、scaling.py 相同。
 *
 *   const schema = LabTable.learn(prepared, rows)   rows 是訓練的列（不給是全部）
 *   LabTable.encode(schema, prepared, rows)         引擎的 {codes, numbers, rows}；schema.settings 是 configure 的設定
 *   LabTable.decode(schema, {codes, numbers})       讀回文字，一列一個陣列，照 schema.names；缺失是空字串 */
globalThis.LabTable ??= { sources: [] };
(function part(T) {
  "use strict";

  const SPIKE_SHARE = 0.2, SPIKE_VALUES = 10;
  const FLAG_LEVELS = ["0", "≠0"];
  const known = (values) => values.filter((value) => !Number.isNaN(value));
  const withoutZeros = (values) => values.map((value) => (value === 0 ? NaN : value));

  const everyRow = ({ table }) => Int32Array.from({ length: table.rows }, (_, row) => row);

  function learn(prepared, rows = everyRow(prepared)) {
    const columns = new Map(prepared.table.columns.map((column) => [column.name, column]));
    const kept = prepared.report.filter((column) => column.kept), numbers = [], categories = [], names = [];
    for (const { name, isNumber, style, kind } of kept) {
      const learnt = isNumber ? numberOf(columns.get(name), rows) : categoryOf(name, columns, prepared.absent, rows);
      if (!learnt) continue; // 訓練的列裡整欄缺失
      names.push(name);
      if (isNumber) numbers.push({ name, style: kind === "date" ? style : null, ...learnt });
      else categories.push({ name, ...learnt });
    }
    const flags = numbers.filter(({ spiked }) => spiked).map(({ name }) => ({ name, levels: FLAG_LEVELS, flag: true }));
    const groups = [...categories, ...flags].map(({ levels }) => levels.length);
    const spiked = numbers.map((_, place) => place).filter((place) => numbers[place].spiked);
    return { names, categories, numbers, settings: { groups, numbers: numbers.length, spiked, likelihood: "mixed" } };
  }

  // ---- 類別 ----

  /** 每一格的文字：表示「沒有」的空白是「無」，其餘的空白是 null。 */
  function textsOf(name, columns, rule) {
    const column = columns.get(name);
    const texts = column.values ? Array.from(column.values, (value) => (Number.isNaN(value) ? null : T.numberText(value))) : T.cellTexts(column);
    const none = rule ? T.meansNone(rule, columns, name) : null;
    return none ? texts.map((text, row) => (none[row] ? T.NONE : text)) : texts;
  }

  /** 訓練的列裡出現過的水準，照字典順序，「無」排最後；原來沒有這個字的，讀回來是空白。 */
  function categoryOf(name, columns, absent, rows) {
    const texts = textsOf(name, columns, absent.get(name)), found = new Set(Array.from(rows, (row) => texts[row]));
    found.delete(null);
    const hasNone = found.delete(T.NONE), levels = [...found].sort(T.byCodePoint);
    if (hasNone) levels.push(T.NONE);
    const raw = T.cellTexts(columns.get(name)), isBlank = absent.has(name) && !Array.from(rows).some((row) => raw[row] === T.NONE);
    return levels.length ? { levels, blank: isBlank ? T.NONE : null } : null;
  }

  // ---- 數字 ----

  function numberOf({ values }, rows) {
    const all = known(Float64Array.from(rows, (row) => values[row]));
    const zeros = all.filter((value) => value === 0).length;
    const spiked = all.length > 0 && zeros / all.length >= SPIKE_SHARE && new Set(all).size > SPIKE_VALUES;
    const used = spiked ? known(withoutZeros(all)) : all;
    return used.length ? { spiked, ...scaleOf(used) } : null;
  }

  /** 平均、標準差、範圍、小數位數；先除以最大的，1e200 的平方才不會溢位。 */
  function scaleOf(values) {
    const n = values.length, low = values.reduce((a, b) => Math.min(a, b)), high = values.reduce((a, b) => Math.max(a, b));
    const largest = Math.max(Math.abs(low), Math.abs(high)) || 1, mean = (list) => T.total(list.map((value) => value / n));
    const shares = values.map((value) => value / largest), middle = mean(shares);
    const spread = high > low ? Math.sqrt(mean(shares.map((value) => (value - middle) ** 2))) * largest : 1;
    return { low, high, centre: mean(values), spread: spread || 1, decimals: decimalsOf(values, largest) };
  }

  const rounded = (value, decimals) => T.roundHalfEven(value * 10 ** decimals) / 10 ** decimals;

  /** 最多幾位小數（到 9 為止）；再多就是算出來的數，不捨入（null）。 */
  function decimalsOf(values, largest) {
    for (let decimals = 0; decimals < 10; decimals++)
      if (values.every((value) => Math.abs(rounded(value, decimals) - value) <= 1e-12 * largest)) return decimals;
    return null;
  }

  // ---- 編碼與讀回 ----

  function encode(schema, prepared, rows = everyRow(prepared)) {
    const columns = new Map(prepared.table.columns.map((column) => [column.name, column])), { groups, numbers: nNumbers } = schema.settings;
    const codes = new Int16Array(rows.length * groups.length), numbers = new Float64Array(rows.length * nNumbers);
    const flags = schema.numbers.filter(({ spiked }) => spiked), first = schema.categories.length;
    schema.categories.forEach(({ name, levels }, v) => {
      const places = new Map(levels.map((level, k) => [level, k])), texts = textsOf(name, columns, prepared.absent.get(name));
      rows.forEach((row, k) => (codes[k * groups.length + v] = places.get(texts[row]) ?? -1));
    });
    flags.forEach(({ name }, f) => {
      const { values } = columns.get(name), flag = (value) => (Number.isNaN(value) ? -1 : Number(value !== 0));
      rows.forEach((row, k) => (codes[k * groups.length + first + f] = flag(values[row])));
    });
    schema.numbers.forEach(({ name, spiked, centre, spread }, j) => {
      const { values } = columns.get(name), kept = spiked ? withoutZeros(values) : values;
      rows.forEach((row, k) => (numbers[k * nNumbers + j] = (kept[row] - centre) / spread));
    });
    return { codes, numbers, rows: rows.length };
  }

  function decode(schema, { codes, numbers }) {
    const { groups, numbers: nNumbers, spiked } = schema.settings, first = schema.categories.length;
    const n = groups.length ? codes.length / groups.length : numbers.length / nNumbers, places = new Map();
    schema.categories.forEach(({ name }, v) => places.set(name, (row) => levelText(schema.categories[v], codes[row * groups.length + v])));
    schema.numbers.forEach((one, j) => {
      const flag = spiked.indexOf(j);
      const isZero = (row) => flag >= 0 && codes[row * groups.length + first + flag] === 0;
      places.set(one.name, (row) => (isZero(row) ? "0" : valueText(one, numbers[row * nNumbers + j])));
    });
    return Array.from({ length: n }, (_, row) => schema.names.map((name) => places.get(name)(row)));
  }

  const levelText = ({ levels, blank }, code) => (code < 0 || levels[code] === blank ? "" : levels[code]);

  /** 標準化的數 → 文字：收在訓練的範圍裡，照訓練資料的小數位數；日期照原來的寫法。 */
  function valueText(scale, number) {
    if (Number.isNaN(number)) return "";
    const value = backward(scale, number);
    if (scale.style !== null) return T.writeDate(value, scale.style);
    return scale.decimals === null ? T.general(value, 6) : value.toFixed(scale.decimals);
  }

  function backward({ centre, spread, decimals, low, high }, number) {
    const value = centre + spread * number;
    return Math.min(Math.max(decimals === null ? value : rounded(value, decimals), low), high);
  }

  Object.assign(T, { learn, encode, decode, backward });
  T.sources.push(`(${part})(globalThis.LabTable ??= { sources: [] });`);
})(globalThis.LabTable);
