/* 讀到了什麼：改了哪些格子、每一欄是什麼、用不用、為什麼。種類與用不用，讀者可以改。 */
(function () {
  "use strict";
  const { grouped } = LabTable;

  const { rewrite } = Interactive;
  const AT_ONCE = 12; // 欄很多的表，一格畫面多列這麼多欄：一次全列，網頁會停一下
  const SHORT = 6; // 修改不到這麼多行就攤開

  class Report {
    /** actions：kind(欄, 種類或 "")，use(欄, 用不用)。 */
    constructor(parent, actions) {
      this.actions = actions;
      this.section = parent.append("section").attr("class", "own-report").attr("aria-label", "讀到的欄").attr("hidden", "");
      this.section.append("h4").text("讀到了什麼");
      this.summary = this.section.append("p");
      this.repairs = this.fold();
      this.verdicts = this.fold();
      const box = this.section.append("div").attr("class", "scroll").attr("tabindex", 0).attr("role", "group").attr("aria-label", "每一欄的報告");
      const table = box.append("table");
      table.append("thead").append("tr").selectAll("th").data(["用", "欄", "種類", "例子", "水準", "空白", "為什麼"]).join("th").attr("scope", "col").text((name) => name);
      this.body = table.append("tbody");
      this.problem = this.section.append("p").attr("class", "lab-problem").attr("role", "alert");
    }

    fold() {
      const fold = this.section.append("details");
      fold.append("summary");
      fold.append("ul");
      return fold;
    }

    list(fold, title, lines) {
      fold.attr("hidden", lines.length ? null : "").property("open", lines.length > 0 && lines.length < SHORT);
      fold.select("summary").text(`${title}（${lines.length} 件）`);
      fold.select("ul").selectAll("li").data(lines).join("li").text((line) => line);
    }

    /** message 是 worker 的報告；kinds 是讀者指定過的種類。 */
    show({ rows, columns, repairs, verdicts, width, problem }, kinds) {
      const kept = columns.filter((one) => one.kept).length;
      this.section.attr("hidden", null);
      this.summary.text(`${grouped(rows)} 列、${columns.length} 欄；用 ${kept} 欄（展開成 ${width} 欄），不用 ${columns.length - kept} 欄。`);
      this.list(this.repairs, "讀的時候改了這些，檔案沒有動", repairs);
      this.list(this.verdicts, "空白是「沒有」還是「不知道」；--missing 是命令的選項，這一頁沒有", verdicts);
      const old = this.body.selectAll("tr").data(), same = old.length === columns.length && old.every(({ name }, k) => name === columns[k].name);
      this.fill(columns, kinds, 0, same ? columns.length : AT_ONCE);
      this.problem.text(problem);
    }

    /** 第 from 到 to 欄，其餘的下一格再列。 */
    fill(columns, kinds, from, to) {
      cancelAnimationFrame(this.frame);
      if (to < columns.length) this.frame = requestAnimationFrame(() => this.fill(columns, kinds, to, to + AT_ONCE));
      const rows = this.body.selectAll("tr").data(columns.slice(0, to), (one) => one.name).join((enter) => this.enter(enter)).order()
        .filter((_, k) => k >= from);
      rows.classed("unused", ({ kept }) => !kept);
      rows.select("input").property("checked", ({ kept }) => kept);
      rows.select("select").property("value", ({ name }) => kinds[name] ?? "");
      rewrite(rows.select(".auto"), ({ name, kindName }) => (kinds[name] ? "自動" : `自動：${kindName}`));
      rewrite(rows.select(".example"), ({ example }) => example).attr("title", ({ example }) => example);
      rewrite(rows.select(".levels"), ({ isNumber, nLevels }) => (isNumber ? "" : grouped(nLevels)));
      rewrite(rows.select(".missing"), ({ nMissing }) => (nMissing ? grouped(nMissing) : ""));
      rewrite(rows.select(".reason"), ({ reason }) => reason);
    }

    enter(enter) {
      const tr = enter.append("tr"), { use, kind } = this.actions;
      tr.append("td").append("input").attr("type", "checkbox").attr("aria-label", ({ name }) => `用「${name}」`)
        .on("change", (event, { name }) => use(name, event.target.checked));
      tr.append("th").attr("scope", "row").text(({ name }) => name);
      const select = tr.append("td").append("select").attr("aria-label", ({ name }) => `「${name}」的種類`).on("change", (event, { name }) => kind(name, event.target.value));
      select.append("option").attr("class", "auto").attr("value", "");
      select.selectAll(".told").data(LabTable.CHOOSABLE).join("option").attr("class", "told").attr("value", String).text((one) => LabTable.KIND_NAMES[one]);
      for (const name of ["example", "levels", "missing", "reason"]) tr.append("td").attr("class", name);
      return tr;
    }

    /** 種類沒有改成：選單退回來。 */
    reset(kinds) {
      this.body.selectAll("tr").select("select").property("value", ({ name }) => kinds[name] ?? "");
    }

    hide() {
      cancelAnimationFrame(this.frame);
      this.section.attr("hidden", "");
    }
  }

  globalThis.Own = { ...globalThis.Own, Report };
})();
