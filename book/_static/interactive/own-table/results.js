/* 訓練以後看的：一列的全部欄、把手解碼出來的一列、不尋常的列、生成的列。 */
(function () {
  "use strict";
  const { number, rewrite } = Interactive;

  const percent = (share) => (share > 0.995 ? "> 99%" : `${Math.round(100 * share)}%`);

  function scrollBox(parent, label) {
    return parent.append("div").attr("class", "scroll").attr("tabindex", 0).attr("role", "group").attr("aria-label", label);
  }

  /** 欄名與值，一行一欄。 */
  class Card {
    constructor(parent, label) {
      const section = parent.append("section").attr("class", "own-card").attr("aria-label", label);
      this.heading = section.append("h4").attr("tabindex", -1);
      this.list = scrollBox(section, label).append("dl");
    }

    show(title, cells) {
      rewrite(this.heading, title);
      const pairs = this.list.selectAll("div").data(cells).join((enter) => {
        const div = enter.append("div");
        div.append("dt");
        div.append("dd");
        return div;
      });
      rewrite(pairs.select("dt"), ([name]) => name);
      rewrite(pairs.select("dd"), ([, text]) => text || "（空白）");
    }
  }

  /** 讀者指的一列。 */
  class RowCard extends Card {
    constructor(parent) {
      super(parent, "一列的全部欄");
      this.show("一列的全部欄", []);
      this.hint = parent.select(".own-card").append("p").text("指著平面上的一點，看那一列的開頭幾欄；點一下，全部的欄列在這裡。");
    }

    tell({ row, cells, heldOut }) {
      this.hint.remove();
      this.show(`第 ${row + 1} 列（${heldOut ? "留下的，沒有訓練過" : "訓練過"}）`, cells);
    }
  }

  /** 把手那一點解碼出來的一列。 */
  class Decoded extends Card {
    constructor(parent) { super(parent, "把手那一點解碼出來的一列"); }

    tell({ z, columns }) {
      this.show(`z = (${z.map((value) => number(value, 2)).join(", ")}) 解碼成`, columns.map(({ name, text, share }) => [name, share === null ? text : `${text || "（空白）"}　${percent(share)}`]));
    }

    words({ columns }) {
      return columns.slice(0, 4).map(({ name, text }) => `${name} ${text}`).join("，");
    }
  }

  class Unusual {
    /** rank() 開始比，pick(列) 看一列。 */
    constructor(parent, rank, pick) {
      this.pick = pick;
      const section = parent.append("section").attr("class", "own-unusual").attr("aria-label", "不尋常的列");
      section.append("h4").text("不尋常的列");
      section.append("p").text("各欄單獨看都普通，湊在一起卻少見的列，排在前面。分數是「各欄獨立的 log p(x)」減「模型的 log p(x)」，單位 nats；" +
        "後者把 z 積分掉（重要性加權，z 由編碼器抽），不是 ELBO。分數高，只是說這樣的搭配在這張表裡少見：不是出錯的機率，也不是造假的證據。");
      this.button = section.append("div").attr("class", "interactive-controls").append("button").attr("type", "button").text("找出來").on("click", rank);
      this.note = section.append("p").attr("class", "note");
      this.table = scrollBox(section, "不尋常的列的表").attr("hidden", "");
      const table = this.table.append("table");
      table.append("thead").append("tr").selectAll("th").data(["列", "分數", "最意外的格子：寫的是（模型由這一列的編碼猜的是）"]).join("th").attr("scope", "col").text((name) => name);
      this.body = table.append("tbody");
    }

    clear() {
      this.table.attr("hidden", "");
      this.note.text("");
    }

    /** 卡片上是哪一列，表裡就標哪一列；不在表裡的，一列也不標。 */
    mark(shown) {
      this.shown = shown;
      this.body.selectAll("tr").attr("class", ({ row }) => (row === shown ? "shown" : null))
        .select("button").attr("aria-current", ({ row }) => (row === shown ? "true" : null));
    }

    show({ rows, compared }, count) {
      this.table.attr("hidden", null);
      this.note.text(compared < count ? `列太多，均勻取了 ${LabTable.grouped(compared)} 列來比。` : "");
      const lines = this.body.selectAll("tr").data(rows).join((enter) => {
        const tr = enter.append("tr");
        tr.append("td").append("button").attr("type", "button").on("click", (_, { row }) => this.pick(row));
        tr.append("td").attr("class", "odd");
        tr.append("td").attr("class", "why");
        return tr;
      });
      lines.select("button").text(({ row }) => `第 ${row + 1} 列`);
      lines.select(".odd").text(({ oddness }) => number(oddness, 1));
      lines.select(".why").text(({ cells }) => cells.map(({ name, text, expected }) => `${name} ${text || "空白"}（${expected || "空白"}）`).join("；") || "每一格都照模型猜的，只是分得散");
      this.mark(this.shown);
    }
  }

  class Generated {
    /** again() 另抽幾列，save(n) 存 n 列。 */
    constructor(parent, again, save) {
      const section = parent.append("section").attr("class", "own-generated").attr("aria-label", "生成的列");
      section.append("h4").text("生成的列");
      section.append("p").text("先由先驗抽 z，再照解碼的機率抽每一欄，不是只報最可能的；數字換回原來的單位，收在訓練資料的範圍裡。檔案裡當作「不知道」的空白，照編碼相近的列留下，一起缺的一起缺。" +
        "小的表，模型可能背下真的列，所以生成的列不等於匿名。");
      const row = section.append("div").attr("class", "interactive-controls");
      row.append("button").attr("type", "button").text("抽十列").on("click", again);
      const label = row.append("label");
      label.append("span").text("存幾列");
      const input = label.append("input").attr("type", "text").attr("inputmode", "numeric").attr("size", 6).property("value", "1000");
      row.append("button").attr("type", "button").text("生成的列（CSV）").on("click", () => this.check(input, save));
      this.problem = section.append("p").attr("class", "lab-problem").attr("role", "alert");
      this.box = scrollBox(section, "生成的列的表").attr("hidden", "");
      const table = this.box.append("table");
      this.head = table.append("thead").append("tr");
      this.body = table.append("tbody");
    }

    check(input, save) {
      const text = input.property("value").trim(), n = Number(text), good = /^\d+$/.test(text) && n >= 1 && n <= 10000;
      this.problem.text(good ? "" : `存幾列寫的是「${text}」；請給 1 到 10000 的整數，更多請用命令 generate。`);
      input.attr("aria-invalid", good ? null : "true");
      if (good) save(n);
    }

    clear() {
      this.box.attr("hidden", "");
    }

    show({ names, rows }) {
      this.box.attr("hidden", null);
      this.head.selectAll("th").data(names).join("th").attr("scope", "col").text((name) => name);
      this.body.selectAll("tr").data(rows).join("tr").selectAll("td").data((row) => row).join("td").text((text) => text);
    }
  }

  globalThis.Own = { ...globalThis.Own, RowCard, Decoded, Unusual, Generated };
})();
