/* 實驗室的控制：按鈕、β 與其餘的設定。讀者一改，就叫 changed(名字)；寫壞的值不送出去，在旁邊說怎麼改。 */
(function () {
  "use strict";
  const { DEFAULTS, LIKELIHOODS, KL_FORMS, RATES, BATCHES, READ, MOST_EPOCHS, write } = Lab.settings;

  const LEAST_BETA = 0.05;
  const MOST_BETA = 300;
  const NOTCHES = 400;
  const MARKS = [0.1, 1, 10, 100];
  const THUMB = 8; // 滑桿的圓鈕的半徑：刻度要與圓鈕的中心對齊

  /** 滑桿的格 0…400 ↔ β；第 0 格是 0，其餘是對數。 */
  const notchOf = (beta) => (beta <= 0 ? 0 : Math.max(1, Math.min(NOTCHES, Math.round(1 + (NOTCHES - 1) * Math.log(beta / LEAST_BETA) / Math.log(MOST_BETA / LEAST_BETA)))));
  const betaOf = (notch) => (notch === 0 ? 0 : +(LEAST_BETA * (MOST_BETA / LEAST_BETA) ** ((notch - 1) / (NOTCHES - 1))).toPrecision(2));

  class Panel {
    constructor(parent, thresholds, changed) {
      Object.assign(this, { changed, values: { ...DEFAULTS }, inputs: {}, thresholds });
      this.main = parent.append("div").attr("class", "lab-main");
      this.addBeta();
      const fold = parent.append("details").attr("class", "lab-more");
      fold.append("summary").text("其餘的設定");
      this.fold = fold;
      this.grid = fold.append("div").attr("class", "lab-grid");
      this.addOthers();
      this.problem = parent.append("p").attr("class", "lab-problem").attr("role", "alert");
    }

    addBeta() {
      const box = this.main.append("div").attr("class", "lab-beta");
      const label = box.append("label");
      label.append("span").text("β（KL 的價錢）");
      const input = label.append("input").attr("type", "range").attr("min", 0).attr("max", NOTCHES).attr("step", 1).attr("aria-label", "β（KL 的價錢）");
      this.betaText = label.append("output");
      this.inputs.beta = input;
      input.on("input", () => this.accept("beta", betaOf(input.property("valueAsNumber"))));
      this.rule = box.append("svg").attr("class", "lab-rule").attr("height", 38).attr("aria-hidden", "true");
      new ResizeObserver(() => this.drawRule()).observe(input.node());
    }

    /** β 的刻度，與第 7 章預測的兩個門檻。 */
    drawRule() {
      const track = this.inputs.beta.node().getBoundingClientRect(), own = this.rule.node().getBoundingClientRect();
      const [left, width] = [track.left - own.left + THUMB, track.width - 2 * THUMB];
      if (!(width > 0)) return;
      const at = (beta) => left + width * notchOf(beta) / NOTCHES;
      const put = (name, list, draw) => draw(this.rule.selectAll(`g.${name}`).data(list).join((enter) => {
        const g = enter.append("g").attr("class", name);
        g.append("line");
        g.append("text");
        return g;
      }).attr("transform", (value) => `translate(${at(value)},0)`));
      put("mark", [0, ...MARKS], (g) => {
        g.select("line").attr("y2", 5);
        g.select("text").attr("y", 17).attr("text-anchor", "middle").text(String);
      });
      put("threshold", this.thresholds, (g) => {
        g.select("line").attr("y2", 24);
        g.select("text").attr("y", 34).attr("text-anchor", (_, k) => (k ? "end" : "start")).attr("dx", (_, k) => (k ? 3 : -3))
          .text((value, k) => (k ? `λ₂ ${value.toFixed(2)}` : `λ₁ ${value.toFixed(2)}`));
      });
    }

    addOthers() {
      this.select("likelihood", "概似", Object.entries(LIKELIHOODS));
      this.select("kl", "KL 的算法", Object.entries(KL_FORMS));
      this.select("latent", "潛在維度", [1, 2, 3].map((n) => [n, `${n} 維`]));
      this.field("hidden", "隱藏層", { inputmode: "text", placeholder: "沒有", size: 14 }, "寬度用 - 隔開，最多六層，每層 1 到 512；空白是沒有隱藏層");
      this.field("warmup", "暖身的週期", { inputmode: "numeric", size: 4 }, "0 到 200 的整數；0 是不暖身");
      this.field("freeBits", "自由位元（nats）", { inputmode: "decimal", size: 4 }, "0 到 5；0 是不用");
      this.select("learningRate", "學習率", RATES.map((rate) => [rate, String(rate)]));
      this.select("batch", "批次", BATCHES.map((n) => [n, String(n)]));
      this.field("seed", "隨機種子", { inputmode: "numeric", size: 6 }, "0 以上的整數");
      this.field("epochs", "訓練到第幾個週期", { inputmode: "numeric", size: 4 }, `1 到 ${MOST_EPOCHS} 的整數`);
    }

    select(name, text, choices) {
      const label = this.grid.append("label");
      label.append("span").text(text);
      const input = label.append("select");
      input.selectAll("option").data(choices).join("option").attr("value", ([value]) => value).text(([, said]) => said);
      this.listen(name, input, "");
    }

    field(name, text, attributes, wanted) {
      const label = this.grid.append("label");
      label.append("span").text(text);
      const input = label.append("input").attr("type", "text").attr("autocomplete", "off");
      Object.entries(attributes).forEach(([key, value]) => input.attr(key, value));
      this.listen(name, input, wanted);
    }

    listen(name, input, wanted) {
      this.inputs[name] = input;
      const label = input.node().labels[0].querySelector("span").textContent;
      input.attr("aria-label", label); // 外面的 label 連選單的每一項也算進名字
      input.on("change", () => {
        const value = READ[name](input.property("value"));
        input.attr("aria-invalid", value === null ? "true" : null);
        this.complain(value === null ? `「${label}」寫的是「${input.property("value")}」；請給${wanted}。` : "");
        if (value !== null) this.accept(name, value);
      });
    }

    accept(name, value) {
      this.values = { ...this.values, [name]: value };
      this.showOne(name);
      this.changed(name);
    }

    complain(text) { this.problem.text(text); }

    /** 全部換成這一組設定，不叫 changed。 */
    set(values) {
      this.values = { ...this.values, ...values };
      Object.keys(this.values).forEach((name) => this.showOne(name));
      this.complain("");
    }

    showOne(name) {
      const value = this.values[name], input = this.inputs[name];
      if (name === "beta") {
        input.property("value", notchOf(value)).attr("aria-valuetext", `β = ${value}`);
        this.betaText.text(String(+value.toPrecision(4)));
        return;
      }
      if (input.node().tagName === "SELECT" && ![...input.node().options].some((one) => one.value === String(value)))
        input.append("option").attr("value", value).text(String(value)); // 網址給的，清單裡沒有
      input.property("value", write(value)).attr("aria-invalid", null);
    }
  }

  globalThis.Lab = { ...globalThis.Lab, Panel };
})();
