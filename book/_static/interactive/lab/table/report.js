/* 用哪些欄：每一欄一行報告，留下或不用、為什麼；與 tables/columns.py、prepare.py 相同（概似能用數字的那一種）。
 *
 *   LabTable.prepare(table, {drop, also})
 *     → {table, report, absent, verdicts, problem}；problem 是不能訓練的原因（沒有是 ""）
 *
 * 命令說「用 --also 指定」的地方，這裡說「勾選它」。 */
globalThis.LabTable ??= { sources: [] };
(function part(T) {
  "use strict";

  /** 這一頁最多展開成這麼多欄：類別一個水準一欄，數字一欄。 */
  const MOST_WIDE = 300;
  const FEW_KNOWN = 30;
  const CHOOSE_IT = "要用的話，勾選它";

  function prepare(table, { drop = [], also = [] } = {}) {
    const choices = { drop, also }, columns = new Map(table.columns.map((column) => [column.name, column]));
    const isNumeric = (name) => T.NUMERIC.includes(columns.get(name).kind.kind);
    let names = [...columns.keys()].filter((name) => !drop.includes(name));
    for (;;) {
      const verdicts = names.length ? T.examine(columns, names.filter((name) => !isNumeric(name)), names.filter(isNumeric)) : [];
      const absent = new Map(verdicts.filter(({ rule }) => rule).map(({ column, rule }) => [column, rule]));
      const report = table.columns.map((column) => inspect(seen(column, columns, isNumeric(column.name) ? null : absent.get(column.name)), choices));
      const kept = new Set(report.filter((column) => column.kept).map(({ name }) => name));
      const needs = ({ determinant, partners }) => [...partners, ...(determinant === null ? [] : [determinant])];
      if ([...absent].every(([name, rule]) => !kept.has(name) || needs(rule).every((one) => kept.has(one))))
        return {
          table, report, problem: problemOf(table, report),
          absent: new Map([...absent].filter(([name]) => kept.has(name))), verdicts: verdicts.filter(({ column }) => kept.has(column)),
        };
      names = names.filter((name) => kept.has(name)); // 每一圈至少少一欄
    }
  }

  // ---- 一欄 ----

  /** 一欄裡看到的：nLevels 與 joins 算的是空白寫成「無」以後（joins：併入原有的「無」）。 */
  function seen({ kind, levels, codes, values }, columns, rule) {
    const nKnown = (values ?? codes).length - kind.nMissing;
    const filled = rule ? T.meansNone(rule, columns, kind.name).some(Boolean) : false;
    const joins = filled && Boolean(levels?.includes(T.NONE));
    return { kind, nLevels: kind.nLevels + Number(filled && !joins), nKnown, joins, isNumber: T.NUMERIC.includes(kind.kind) };
  }

  function inspect(one, choices) {
    const { kind } = one, [kept, reason] = decide(one, choices);
    const asCategory = kept && !one.isNumber && kind.kind !== "code"; // 指定的編號、多了「無」的常數，模型學的是類別
    return {
      name: kind.name, kept, reason: kept && one.joins ? `${reason}；缺失併入原有的水準「${T.NONE}」` : reason,
      kind: asCategory ? "category" : kind.kind, nLevels: kept ? one.nLevels : kind.nLevels, top: kind.top, topShare: kind.topShare,
      nMissing: kind.nMissing, zeroShare: kind.zeroShare, spiked: kind.spiked && one.isNumber, style: kind.style, isNumber: one.isNumber,
    };
  }

  function decide(one, { drop, also }) {
    const { kind, nLevels, nKnown } = one, named = also.includes(kind.name);
    if (drop.includes(kind.name)) return [false, "你選擇不用"];
    if (!nKnown) return [false, "整欄都是缺失，沒有水準可學"];
    if (nLevels < 2) return [false, "只有一個水準，沒有東西可學"];
    if (one.isNumber) return [true, (named ? "指定的欄" : kind.reason) + (nKnown < FEW_KNOWN ? `；只有 ${nKnown} 格有值` : "")];
    return decideCategory(one, named);
  }

  function decideCategory(one, named) {
    const { kind, nLevels } = one, almostUnique = kind.nLevels * T.LEAST_REPEATS > one.nKnown;
    if (kind.kind === "identifier" && !named) return [false, kind.reason + (nLevels <= T.MOST_LEVELS ? `；${CHOOSE_IT}` : "")];
    if (nLevels > T.MOST_LEVELS) return [false, tooMany(one, !named && almostUnique)];
    if (named) return [true, "指定的欄"];
    if (almostUnique) return [false, `${seldomRepeats(one)}；${CHOOSE_IT}`];
    if (!["category", "code", "constant"].includes(kind.kind))
      return [false, `${T.KIND_NAMES[kind.kind]}：${kind.reason}；${CHOOSE_IT}，或換一個種類`];
    return [true, kind.kind === "constant" ? `只有一個值，加上「${T.NONE}」是兩個水準` : kind.reason];
  }

  function tooMany(one, unique) {
    const { kind, nLevels } = one, why = kind.stoppedBy ? kind.reason : unique ? seldomRepeats(one) : "";
    const withNone = nLevels > kind.nLevels ? `連同「${T.NONE}」` : "", cure = kind.numeric ? "請先分組" : "請把少見的併成「其他」";
    return `${why && `${why}；`}${withNone}有 ${T.grouped(nLevels)} 個水準，上限是 ${T.MOST_LEVELS}；要用的話，${cure}`;
  }

  /** 幾乎不重複的欄的理由：讀檔時看過長短，就用它的。 */
  const seldomRepeats = ({ kind, nKnown }) => (kind.kind === "text" ? kind.reason : T.seldomRepeats(kind.nLevels, nKnown));

  // ---- 整張表 ----

  /** 展開以後幾欄。 */
  const widthOf = (report) => T.total(report.filter((column) => column.kept).map((column) => (column.isNumber ? 1 : column.nLevels)));

  function problemOf({ name, columns }, report) {
    const kept = report.filter((column) => column.kept), width = widthOf(report);
    if (width > MOST_WIDE)
      return (
        `留下的 ${kept.length} 欄展開後有 ${T.grouped(width)} 欄，這一頁最多 ${MOST_WIDE} 欄；` +
        `請拿掉水準最多的幾欄，或改用命令：${T.command(name)}`
      );
    if (kept.length) return "";
    const shown = report.slice(0, 4).map((column) => `「${column.name}」${column.reason}`).join("；");
    const more = columns.length > 4 ? `；……其餘 ${columns.length - 4} 欄也不能用` : "";
    return `檔案的 ${columns.length} 欄裡，沒有一欄可以學：${shown}${more}。請換一個有類別或數字的檔案，或換一個種類。`;
  }

  Object.assign(T, { MOST_WIDE, prepare, widthOf });
  T.sources.push(`(${part})(globalThis.LabTable ??= { sources: [] });`);
})(globalThis.LabTable);
