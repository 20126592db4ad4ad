/* 實驗室的控制：按鈕、β 與其餘的設定。讀者一改，就叫 changed(名字)；寫壞的值不送出去，在旁邊說怎麼改。 */
(function () {
  "use strict";
  const { DEFAULTS, LIKELIHOODS, KL_FORMS, RATES, BATCHES, READ, MOST_EPOCHS, write } = Lab.settings;

  const LEAST_BETA = 0.05;
  const MOST_BETA = 300;
  /** 滑桿的每一格是哪一個 β：0，然後大致照對數；一格一個值，不重複，1、10、100 都在上面。 */
  const STEPS = [...d3.range(100, 200, 5), ...d3.range(200, 500, 10), ...d3.range(500, 1000, 20)];
  const BETAS = [0, ...[1e-4, 1e-3, 1e-2, 1e-1, 1].flatMap((scale) => STEPS.map((step) => +(step * scale).toPrecision(3)))
    .filter((beta) => beta >= LEAST_BETA && beta <= MOST_BETA)];
  const NOTCHES = BETAS.length - 1;
  const MARKS = [0.1, 1, 10, 100];
  const THUMB = 8; // 滑桿的圓鈕的半徑：刻度要與圓鈕的中心對齊

  /** β 在刻度上的位置，可以落在兩格中間；比最小的一格還小（不是 0）的放在第 1 格。 */
  function placeOf(beta) {
    if (beta <= 0) return 0;
    const above = BETAS.findIndex((one) => one >= beta);
    if (above === -1) return NOTCHES;
    if (above === 1) return 1;
    return above - Math.log(BETAS[above] / beta) / Math.log(BETAS[above] / BETAS[above - 1]);
  }

  /** 每個設定一句話。 */
  const WHAT = {
    beta: "訓練時 KL 乘上的數；橘線 λ₁、λ₂ 是第 7 章不訓練就算出來的兩個數",
    likelihood: "解碼的機率：一格一格各猜各的，或一欄選一個", kl: "用公式算，或用抽到的 z 估",
    latent: "z 有幾個座標（單元）", hidden: "編碼器與解碼器中間各層的寬度", warmup: "β 由小加到定值，用幾個週期",
    freeBits: "每個單元的 KL 低於它，不處罰", learningRate: "每一步走多遠", batch: "一步看幾棟房子", seed: "亂數由哪裡開始",
    epochs: "訓練的房子看過幾遍",
  };

  class Panel {
    constructor(parent, thresholds, changed) {
      Object.assign(this, { changed, values: { ...DEFAULTS }, inputs: {}, wrong: {}, thresholds });
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
      const row = box.append("div").attr("class", "row");
      row.append("span").text("β（KL 的權重）");
      const input = row.append("input").attr("type", "range").attr("min", 0).attr("max", NOTCHES).attr("step", 1).attr("aria-label", "β（KL 的權重）");
      this.inputs.beta = row.append("input").attr("type", "text").attr("inputmode", "decimal").attr("autocomplete", "off").attr("size", 6);
      this.rule = box.append("svg").attr("class", "lab-rule").attr("height", 38).attr("aria-hidden", "true");
      this.listen("beta", this.inputs.beta, "β 的數值", "請給 0 到 1000 的數", box);
      this.slider = input.on("input", () => this.accept("beta", BETAS[input.property("valueAsNumber")]));
      new ResizeObserver(() => this.drawRule()).observe(input.node());
    }

    /** β 的刻度，與第 7 章預測的兩個門檻。 */
    drawRule() {
      const track = this.slider.node().getBoundingClientRect(), own = this.rule.node().getBoundingClientRect();
      const [left, width] = [track.left - own.left + THUMB, track.width - 2 * THUMB];
      if (!(width > 0)) return;
      const at = (beta) => left + width * placeOf(beta) / NOTCHES;
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
      this.field("hidden", "隱藏層", { inputmode: "text", placeholder: "沒有", size: 14 }, "請把各層的寬度用 - 隔開，像 100-50；最多六層，每層 1 到 512，空白是沒有隱藏層");
      this.field("warmup", "暖身的週期", { inputmode: "numeric", size: 4 }, "請給 0 到 200 的整數；0 是不暖身");
      this.field("freeBits", "自由位元（nats）", { inputmode: "decimal", size: 4 }, "請給 0 到 5 的數；0 是不用");
      this.select("learningRate", "學習率", RATES.map((rate) => [rate, String(rate)]));
      this.select("batch", "批次", BATCHES.map((n) => [n, String(n)]));
      this.field("seed", "隨機種子", { inputmode: "numeric", size: 6 }, `請給 0 到 ${2 ** 32 - 1} 的整數`);
      this.field("epochs", "訓練到第幾個週期", { inputmode: "numeric", size: 4 }, `請給 1 到 ${MOST_EPOCHS} 的整數`);
    }

    select(name, text, choices) {
      const label = this.grid.append("label");
      label.append("span").text(text);
      const input = label.append("select");
      input.selectAll("option").data(choices).join("option").attr("value", ([value]) => value).text(([, said]) => said);
      this.listen(name, input, text, "", label);
    }

    field(name, text, attributes, wanted) {
      const label = this.grid.append("label");
      label.append("span").text(text);
      const input = label.append("input").attr("type", "text").attr("autocomplete", "off");
      Object.entries(attributes).forEach(([key, value]) => input.attr(key, value));
      this.listen(name, input, text, wanted, label);
    }

    /** 寫壞的話說在那一欄下面，一欄一則；改好了才收回。 */
    listen(name, input, label, wanted, box) {
      this.inputs[name] = input;
      box.append("small").attr("class", "lab-what").attr("id", `lab-what-${name}`).text(WHAT[name]);
      this.wrong[name] = box.append("small").attr("class", "lab-wrong").attr("role", "alert").attr("id", `lab-wrong-${name}`);
      input.attr("aria-label", label).attr("aria-describedby", `lab-what-${name} lab-wrong-${name}`); // 外面的 label 連選單的每一項也算進名字
      input.on("change", () => {
        const value = READ[name](input.property("value"));
        if (value !== null) return this.accept(name, value);
        input.attr("aria-invalid", "true");
        this.wrong[name].text(`「${label}」寫的是「${input.property("value")}」；${wanted}。`);
      });
    }

    accept(name, value) {
      this.values = { ...this.values, [name]: value };
      this.showOne(name);
      this.changed(name);
    }

    complain(text) { this.problem.text(text); }

    /** 全部換成這一組設定，不叫 changed；值沒有變、讀者正寫壞的欄，字與訊息留著。 */
    set(values) {
      const before = this.values;
      this.values = { ...before, ...values };
      Object.keys(this.values).filter((name) => !this.isWrong(name) || write(before[name]) !== write(this.values[name]))
        .forEach((name) => this.showOne(name));
      this.complain("");
    }

    /** 寫壞的字都不要了。 */
    clear() {
      Object.keys(this.inputs).forEach((name) => this.showOne(name));
    }

    isWrong(name) { return this.inputs[name].attr("aria-invalid") === "true"; }

    showOne(name) {
      const value = this.values[name], input = this.inputs[name];
      if (name === "beta") this.slider.property("value", Math.round(placeOf(value))).attr("aria-valuetext", `β = ${value}`);
      if (input.node().tagName === "SELECT" && ![...input.node().options].some((one) => one.value === String(value)))
        input.append("option").attr("value", value).text(String(value)); // 網址給的，清單裡沒有
      input.property("value", write(value)).attr("aria-invalid", null);
      this.wrong[name].text("");
    }
  }

  globalThis.Lab = { ...globalThis.Lab, Panel };
})();
