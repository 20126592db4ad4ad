/* 探索器的「從一棟走到另一棟」：選 A 與 B、走到哪裡的滑桿、路上的數字，以及路旁真的房子。 */
(function () {
  "use strict";
  const { keep, number } = Interactive;

  const SAMPLES = 41; // 路上量這麼多點，畫成線
  const SECONDS = 8; // 走完一趟
  const STEPS = 8; // 減少動態效果的讀者，一次走一段
  const STRIP = { height: 54, top: 18, left: 6, right: 6 };

  /** 一條線：名字、在一點的值、寫成字，以及真的房子的值（沒有就不畫點）；decodes 的要有解碼器。 */
  function strips(houses) {
    const unit = (code) => houses.variables[houses.index.get(code)].unit;
    const decoded = (code) => ({
      decodes: true, value: (here) => here.decoded[houses.index.get(code)].mean, write: (value) => Explorer.words.amount(value, unit(code)),
      own: (row) => houses.number(row, code),
    });
    return [
      { name: "期望房價", value: ({ price }) => price.mean, write: (value) => Explorer.words.price(Math.exp(value)), own: (row) => houses.logPrice[row] },
      { name: "居住面積", ...decoded("GrLivArea") },
      { name: "建造年份", ...decoded("YearBuilt") },
      { name: "說不準（nats）", decodes: true, value: ({ nats }) => nats, write: (value) => number(value, 1) },
      { name: "最近的房子有多遠", value: ({ gap }) => gap, write: (value) => number(value) },
    ];
  }

  class Walk {
    /** measure(z, 不算的房子) 給 { price, decoded, nats, gap, far }；actions：setEnds([A, B])、goAlong(t)、pick、hover、example。 */
    constructor(parent, stage, houses, measure, actions) {
      Object.assign(this, { stage, houses, measure, actions, every: strips(houses), key: null, playing: null });
      this.box = parent.append("section").attr("class", "two-houses").attr("aria-label", "從一棟走到另一棟");
      this.box.append("h4").text("從一棟走到另一棟");
      this.note = this.box.append("p");
      this.addForm();
      this.problem = this.box.append("p").attr("class", "problem").attr("role", "alert");
      this.path = this.box.append("div").attr("class", "way").attr("hidden", "");
      this.addSlider();
      this.lines = this.path.append("p");
      this.svg = this.path.append("svg").attr("aria-hidden", "true");
      this.addTable();
    }

    addForm() {
      const [low, high] = d3.extent(this.houses.id);
      const form = this.box.append("form").attr("class", "find");
      form.on("submit", (event) => { event.preventDefault(); this.choose(low, high); });
      this.inputs = ["A", "B"].map((name) => {
        const label = form.append("label");
        label.append("span").text(`${name}：`);
        return label.append("input").attr("type", "number").attr("min", low).attr("max", high).attr("aria-label", `${name} 是幾號房子`);
      });
      const button = (text, action, type = "button") => form.append("button").attr("type", type).text(text).on("click", action);
      button("走這兩棟", null, "submit");
      this.swap = button("對調", () => this.actions.setEnds([...this.ends].reverse()));
      this.example = button("例如：第 2 站到第 3 站", () => this.actions.example()).attr("class", "needs-decoder");
      this.leave = button("不走了", () => this.actions.setEnds([null, null]));
    }

    choose(low, high) {
      const rows = this.inputs.map((input) => this.houses.id.indexOf(input.property("valueAsNumber")));
      const wrong = rows.includes(-1) ? `沒有這一號；A 與 B 請輸入 ${low} 到 ${high} 的整數。`
        : rows[0] === rows[1] ? "A 與 B 是同一棟，沒有路可走；請換一棟。" : "";
      this.problem.text(wrong);
      if (!wrong) this.actions.setEnds(rows);
    }

    addSlider() {
      const { stage } = this;
      const slow = matchMedia("(prefers-reduced-motion: reduce)").matches;
      const row = this.path.append("div").attr("class", "interactive-controls");
      this.play = row.append("button").attr("type", "button").on("click", () => (slow ? this.step() : this.playing === null ? this.start() : this.stop()));
      this.words = slow ? ["往前一段", "往前一段"] : ["走過去", "停"];
      this.slider = stage.slider({ label: "A 到 B", min: 0, max: 1, step: 0.01, value: 0, format: (t) => d3.format(".0%")(t) });
      const label = stage.controls.select(":scope > label.slider");
      row.append(() => label.node());
      label.select("input").on("input.walk", () => { this.stop(); this.actions.goAlong(this.slider.value); });
    }

    /** 減少動態效果：按一次走一段，走到底再從頭。 */
    step() {
      const next = (Math.floor(this.slider.value * STEPS + 1e-9) + 1) / STEPS;
      this.actions.goAlong(next > 1 ? 0 : next);
    }

    start() {
      const from = this.slider.value >= 1 ? 0 : this.slider.value;
      let began = null;
      const walk = (now) => {
        began ??= now;
        const t = Math.min(1, from + (now - began) / (1000 * SECONDS));
        this.actions.goAlong(t);
        this.playing = t < 1 ? requestAnimationFrame(walk) : null;
      };
      this.playing = requestAnimationFrame(walk);
      this.namePlay();
    }

    stop() {
      if (this.playing !== null) cancelAnimationFrame(this.playing);
      this.playing = null;
      this.namePlay();
    }

    /** 按鈕馬上換名字，不等下一次重畫：停下來以後可能沒有下一次。 */
    namePlay() { this.play.text(this.words[Number(this.playing !== null)]); }

    addTable() {
      this.path.append("h4").text("路旁真的房子");
      this.path.append("p").text(`路分成八段，一段一棟，挑離路最近的；離路超過 ${this.stage.data.far} 的不算。圖上的圈是它們自己的值；底色變紅的一段，附近沒有房子。`);
      const table = this.path.append("div").attr("class", "scroll").attr("tabindex", 0).attr("role", "region").attr("aria-label", "路旁真的房子的表").append("table");
      table.append("thead").append("tr").selectAll("th").data(["房子", "走了", "離路", "成交價", "面積", "建造", "社區"]).join("th").attr("scope", "col").text(String);
      this.body = table.append("tbody");
    }

    /** 路旁的房子；沒有選好兩棟就是空的。A 與 B 不算。 */
    housesBeside([a, b] = this.ends) {
      const { houses, stage } = this, rows = houses.rows.filter((row) => row !== a && row !== b);
      const encode = (row) => houses.encoding(row).mean;
      return Explorer.way.beside({ a: encode(a), b: encode(b), rows, encode, reach: stage.data.far });
    }

    /** ends 是 [A, B]（沒有選的是 null），t 是走到哪裡，不在路上是 null。 */
    show(ends, t) {
      const ready = !ends.includes(null);
      this.ends = ends;
      if (!ready) this.stop();
      this.path.attr("hidden", ready ? null : "");
      for (const button of [this.swap, this.leave]) button.attr("hidden", ends.every((row) => row === null) ? "" : null);
      this.example.attr("hidden", ends.some((row) => row !== null) || !this.actions.example ? "" : null);
      if (ends.join() !== this.key) this.changeEnds(ready);
      if (!ready) return;
      this.namePlay();
      this.say(t);
      this.draw(t);
    }

    /** 平面換了：路要重新量。 */
    forget() { this.key = null; }

    changeEnds(ready) {
      const { houses, ends } = this;
      this.key = ends.join();
      this.inputs.forEach((input, k) => input.property("value", ends[k] === null ? "" : houses.id[ends[k]]));
      this.problem.text("");
      const name = (row) => (row === null ? "還沒有選" : `${houses.id[row]} 號（${Explorer.words.price(houses.price[row])}）`);
      this.note.text(ready || ends.some((row) => row !== null)
        ? `A 是 ${name(ends[0])}，B 是 ${name(ends[1])}。`
        : "點一棟房子，按「當作 A」，再點一棟，按「當作 B」；或在這裡輸入編號。");
      if (!ready) return;
      const [a, b] = ends.map((row) => houses.encoding(row).mean);
      this.samples = d3.range(SAMPLES).map((k) => this.measure(Explorer.way.along(a, b, k / (SAMPLES - 1)), ends));
      this.strips = this.every.filter(({ decodes }) => !decodes || this.samples[0].decoded);
      this.beside = this.housesBeside();
      this.fillTable();
    }

    fillTable() {
      const { houses, actions } = this;
      const rows = this.body.selectAll("tr").data(this.beside).join((enter) => {
        const row = enter.append("tr");
        row.append("th").attr("scope", "row").append("button").attr("type", "button");
        return row;
      });
      rows.on("pointerenter", (_, { row }) => actions.hover(row)).on("pointerleave", () => actions.hover(null));
      rows.select("button").text(({ row }) => `${houses.id[row]} 號`)
        .on("focus", (_, { row }) => actions.hover(row)).on("blur", () => actions.hover(null))
        .on("click", (_, { row }) => actions.pick(row));
      rows.selectAll("td").data(({ row, t, distance }) => [
        d3.format(".0%")(t), number(distance), Explorer.words.price(houses.price[row]),
        houses.amount(row, "GrLivArea"), houses.amount(row, "YearBuilt"), houses.label(row, "Neighborhood"),
      ]).join("td").text(String);
    }

    /** 在路上的一句話；離開了路，說怎麼回來。 */
    say(t) {
      if (t === null) {
        this.lines.text("把手離開了這條路；動一下滑桿就回到路上。");
        return;
      }
      const [a, b] = this.ends.map((row) => this.houses.encoding(row).mean);
      const here = this.measure(Explorer.way.along(a, b, t), this.ends);
      const said = this.strips.map(({ name, value, write }) => `${name} ${write(value(here))}`).join("，");
      this.lines.text(`走了 ${d3.format(".0%")(t)}：${said}（A 與 B 不算）。${here.far ? "附近沒有房子，這裡是外推。" : ""}`);
    }

    /** 一個數字一條線，由 A 到 B；空心圓是路旁真的房子自己的值，直線是走到哪裡。 */
    draw(t) {
      const width = this.svg.node().getBoundingClientRect().width;
      if (!(width > 0)) return;
      this.svg.attr("height", STRIP.height * this.strips.length);
      const x = d3.scaleLinear([0, 1], [STRIP.left, width - STRIP.right]);
      const groups = this.svg.selectAll("g.strip").data(this.strips).join("g").attr("class", "strip").attr("transform", (_, k) => `translate(0,${k * STRIP.height})`);
      groups.each((strip, k, nodes) => this.drawStrip(d3.select(nodes[k]), strip, x));
      const step = (x(1) - x(0)) / (SAMPLES - 1), far = d3.range(SAMPLES).filter((k) => this.samples[k].far);
      keep(this.svg, "g", "nobody").lower().selectAll("rect").data(far).join("rect").attr("y", STRIP.top).attr("height", STRIP.height * this.strips.length - STRIP.top)
        .attr("x", (k) => x(k / (SAMPLES - 1)) - step / 2).attr("width", step + 0.5);
      keep(this.svg, "line", "now").attr("x1", x(t ?? 0)).attr("x2", x(t ?? 0)).attr("y1", STRIP.top).attr("y2", STRIP.height * this.strips.length - 2)
        .attr("display", t === null ? "none" : null);
    }

    drawStrip(g, { name, value, write, own }, x) {
      const values = this.samples.map(value);
      const dots = own ? this.beside.map(({ row, t }) => ({ t, value: own(row) })).filter((dot) => dot.value !== null) : [];
      const y = d3.scaleLinear(d3.extent([...values, ...dots.map((dot) => dot.value)]), [STRIP.height - 6, STRIP.top + 3]);
      keep(g, "text", "name").attr("x", x(0.5)).attr("y", 12).attr("text-anchor", "middle").text(name);
      keep(g, "text", "from").attr("x", x(0)).attr("y", 12).text(`A ${write(values[0])}`);
      keep(g, "text", "to").attr("x", x(1)).attr("y", 12).attr("text-anchor", "end").text(`B ${write(values.at(-1))}`);
      keep(g, "path", "line").attr("d", d3.line((_, k) => x(k / (SAMPLES - 1)), (v) => y(v))(values));
      g.selectAll("circle").data(dots).join("circle").attr("r", 3.5).attr("cx", (dot) => x(dot.t)).attr("cy", (dot) => y(dot.value));
    }
  }

  window.Explorer = { ...window.Explorer, Walk };
})();
