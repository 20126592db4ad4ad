/* 探索器的房子：打開 Python 裝好的資料、最近的 15 棟的表、選中的一棟。 */
(function () {
  "use strict";
  const { number } = Interactive;
  const UNKNOWN = 255; // 缺失，或訓練時沒見過的水準

  /** np.packbits 的反函數：一個位元一棟，高位在前。 */
  function bits(bytes, count) {
    return Uint8Array.from({ length: count }, (_, k) => (bytes[k >> 3] >> (7 - (k & 7))) & 1);
  }

  class Houses {
    /** planes 是可以換過去的平面；第 0 張是有解碼器的那一張。 */
    constructor({ id, price, held_out, codes, mean, log_var, numbers }, variables, planes = []) {
      const open = (array) => Explorer.unpack(array).values;
      Object.assign(this, { id, price, variables, rows: d3.range(id.length), logPrice: price.map(Math.log) });
      this.codes = open(codes);
      this.planes = [
        { mean: open(mean), logVar: open(log_var), heldOut: open(held_out) },
        ...planes.map((plane) => ({ mean: open(plane.mean), logVar: null, heldOut: bits(open(plane.held_out), id.length) })),
      ];
      this.use(0);
      this.numbers = Object.fromEntries(Object.entries(numbers).map(([name, array]) => [name, open(array)]));
      this.categories = variables.filter(({ levels }) => levels).length;
      this.index = new Map(variables.map(({ code }, v) => [code, v]));
    }

    /** 換一張平面：房子的位置與誰沒有訓練過都跟著換。 */
    use(k) {
      Object.assign(this, this.planes[k]);
    }

    /** 第 v 欄的值：第幾個水準，或數字；不知道是 null。 */
    value(row, v) {
      const { code, levels } = this.variables[v];
      return levels ? this.level(row, v) : this.number(row, code);
    }

    level(row, v) {
      const code = this.codes[row * this.categories + v];
      return code === UNKNOWN ? null : code;
    }

    /** 缺失的寫成那個型別最大的數。 */
    number(row, code) {
      const values = this.numbers[code];
      return values[row] === 2 ** (8 * values.BYTES_PER_ELEMENT) - 1 ? null : values[row];
    }

    /** 一個數字寫成字，例如「35.4 坪」。 */
    amount(row, code) {
      const value = this.number(row, code);
      return value === null ? "不明" : Explorer.words.amount(value, this.variables[this.index.get(code)].unit);
    }

    /** 每一棟的社區，第幾個水準；不知道是 −1。 */
    get places() {
      const v = this.index.get("Neighborhood");
      return this.rows.map((row) => this.level(row, v) ?? -1);
    }

    label(row, variable) {
      const v = this.index.get(variable);
      return this.variables[v].labels[this.level(row, v)] ?? "不明";
    }

    /** 編碼在平面 ±limit 之外。 */
    beyond(row, limit) {
      return this.encoding(row).mean.some((value) => Math.abs(value) > limit);
    }

    /** 編碼的平均值與標準差；沒有標準差的平面是 null。 */
    encoding(row) {
      const pair = [2 * row, 2 * row + 1];
      return { mean: pair.map((k) => this.mean[k]), sd: this.logVar && pair.map((k) => Math.exp(0.5 * this.logVar[k])) };
    }

    /** 預覽：一棟房子用一句話說。 */
    sentence(row) {
      return `${this.id[row]} 號${this.heldOut[row] ? "（留下的）" : ""}，${Explorer.words.price(this.price[row])}美元。` +
        `${this.label(row, "Neighborhood")}，${this.label(row, "HouseStyle")}，${this.amount(row, "GrLivArea")}，` +
        `${this.amount(row, "YearBuilt")}建，房間 ${this.amount(row, "TotRmsAbvGrd")}，廚房${this.label(row, "KitchenQual")}。`;
    }
  }

  /** 最近的 15 棟；每一列的按鈕指著（或用 Tab 走到）就在平面上看到它，按下去就選它。 */
  class Neighbours {
    constructor(parent, houses, actions) {
      Object.assign(this, { houses, actions });
      const box = parent.append("section").attr("aria-label", "最近的房子");
      box.append("h4").text("最近的 15 棟（都訓練過）");
      const table = box.append("div").attr("class", "scroll").attr("tabindex", 0).attr("role", "region")
        .attr("aria-label", "最近的 15 棟房子的表").append("table");
      table.append("thead").append("tr").selectAll("th").data(["房子", "成交價", "距離", "面積", "建造", "社區", "廚房"])
        .join("th").attr("scope", "col").text((name) => name);
      this.body = table.append("tbody");
    }

    show(near, shown) {
      const { houses, actions } = this;
      const rows = this.body.selectAll("tr").data(near).join((enter) => {
        const row = enter.append("tr");
        row.append("th").attr("scope", "row").append("button").attr("type", "button");
        return row;
      });
      rows.classed("chosen", ({ row }) => row === shown)
        .on("pointerenter", (_, { row }) => actions.hover(row)).on("pointerleave", () => actions.hover(null));
      rows.select("button").text(({ row }) => `${houses.id[row]} 號`)
        .on("focus", (_, { row }) => actions.hover(row)).on("blur", () => actions.hover(null))
        .on("click", (_, { row }) => actions.pick(row));
      rows.selectAll("td").data((one) => this.cells(one)).join("td").text((cell) => cell);
    }

    cells({ row, distance }) {
      const { houses } = this;
      const amounts = ["GrLivArea", "YearBuilt"].map((code) => houses.amount(row, code));
      const labels = ["Neighborhood", "KitchenQual"].map((code) => houses.label(row, code));
      return [Explorer.words.price(houses.price[row]), number(distance), ...amounts, ...labels];
    }
  }

  /** 選中的一棟：它自己的資料、編碼，以及解碼器說回來多少。 */
  class HouseCard {
    constructor(parent, houses, limit, actions) {
      Object.assign(this, { houses, limit, actions });
      const box = parent.append("section").attr("class", "house").attr("aria-label", "選中的房子");
      this.title = box.append("h4");
      this.lines = box.append("ul");
      this.addForm(box);
      this.problem = box.append("p").attr("class", "problem").attr("role", "alert");
    }

    addForm(box) {
      const [low, high] = d3.extent(this.houses.id);
      const form = box.append("form").attr("class", "find");
      form.on("submit", (event) => { event.preventDefault(); this.find(low, high); });
      const label = form.append("label");
      label.append("span").text("看幾號房子");
      this.input = label.append("input").attr("type", "number").attr("min", low).attr("max", high);
      form.append("button").attr("type", "submit").text("找出來");
      this.go = form.append("button").attr("type", "button").text("把手走到它的編碼").on("click", this.actions.goToShown);
      this.ends = ["A", "B"].map((name, k) => form.append("button").attr("type", "button").text(`當作 ${name}`).on("click", () => this.actions.setEnd(k, this.row)));
      this.leave = form.append("button").attr("type", "button").text("不看這棟").on("click", () => this.actions.pick(null));
    }

    find(low, high) {
      const row = this.houses.id.indexOf(this.input.property("valueAsNumber"));
      this.problem.text(row < 0 ? `沒有這一號；請輸入 ${low} 到 ${high} 的整數。` : "");
      if (row >= 0) this.actions.pick(row);
    }

    /** report：{ categories, numbers, price }，由解碼器與價格地圖算；前兩個是 { known, right }，沒有解碼器就沒有。 */
    show(row, report) {
      this.row = row;
      const none = row === null;
      this.go.attr("hidden", none ? "" : null);
      for (const button of [this.leave, ...this.ends]) button.attr("hidden", none ? "" : null);
      this.title.text(none ? "選一棟房子" : `${this.houses.id[row]} 號房子，成交價 ${Explorer.words.price(this.houses.price[row])}美元`);
      const lines = none ? ["點平面上的一個點，按最近 15 棟裡的編號，或在這裡輸入編號。"] : this.describe(row, report);
      this.lines.selectAll("li").data(lines).join("li").text((line) => line);
    }

    describe(row, { categories, numbers, price }) {
      const { houses } = this;
      const { mean, sd } = houses.encoding(row);
      const amounts = ["GrLivArea", "TotRmsAbvGrd", "GarageCars"].map((code) => houses.amount(row, code));
      const lines = [
        `${houses.label(row, "Neighborhood")}，${houses.label(row, "BldgType")}，${houses.label(row, "HouseStyle")}。` +
          `${houses.amount(row, "YearBuilt")}建，居住面積 ${amounts[0]}，房間 ${amounts[1]}，車位 ${amounts[2]}，` +
          `整體品質 ${houses.amount(row, "OverallQual")}（滿分 10）。`,
        `${sd ? "編碼器把它放在" : "這張平面把它放在"} ${Explorer.words.point(mean)}${sd ? `，標準差 ${Explorer.words.point(sd)}` : ""}` +
          `${houses.beyond(row, this.limit) ? `（在平面 ±${this.limit} 之外，畫不出來）` : sd ? "（平面上的兩圈是 1 與 2 個標準差）" : ""}。`,
        categories && `解碼它的編碼：${categories.known} 個類別猜中 ${categories.right} 個；` +
          `${numbers.known} 個數字有 ${numbers.right} 個在一個標準差之內（或說對了沒有）。`,
        `不算它自己，最近 15 棟的期望房價是 ${Explorer.words.price(Math.exp(price.mean))}。` +
          (houses.heldOut[row] ? "它是留下的房子，模型沒有看過。" : "模型訓練時看過它的 79 欄（沒看過價格）。"),
      ];
      return lines.filter(Boolean);
    }
  }

  window.Explorer = { ...window.Explorer, Houses, Neighbours, HouseCard };
})();
