/* 互動圖共用的舞台：圖框、座標軸、滑桿、可以拖的把手、先猜再看、給螢幕閱讀器的文字、寫在網址裡的狀態。畫線畫點交給 d3。
 *
 * 用法（每張圖一支程式）：
 *   Interactive.register("名字", (stage) => {
 *     const plot = stage.plot({ label: "…", height: 300 });
 *     const mu = stage.slider({ label: "平均 μ", min: -2, max: 3, step: 0.05, value: 1 });
 *     stage.draw(() => { …用 plot.width、mu.value 畫圖…; stage.say("μ 是 …"); });
 *   });
 * 滑桿、把手、按鈕、視窗大小一變，就重畫一次。stage.data 是 Python 交來的資料，stage.colours 是全書的顏色，
 * 寫成 var(--名字)：SVG 自己跟著明暗換；畫布讀不懂，用 stage.resolve 換成現在的那一個。換了明暗，也重畫一次。
 * 給了 key 的滑桿與勾選，值寫在網址裡（#圖的名字:鍵=值&…），連結打開就是同一個狀態。
 */
(function () {
  "use strict";

  const SEEN = 3; // 點與底的對比至少這麼多，才看得見
  const QUIET = 250; // 停手這麼多毫秒才念、才改網址：看得見的字馬上換，螢幕閱讀器才不會一直念

  class Stage {
    constructor(root) {
      this.data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
      this.colours = Object.fromEntries(Object.keys(this.data.colours).map((role) => [role, `var(--${role})`]));
      root.querySelector(".interactive-fallback").remove();
      this.root = d3.select(root);
      this.name = root.dataset.interactive;
      const written = Interactive.readAddress(this.name, location.hash); // shared.js：它比每張圖的程式先載入
      this.asked = new Map(written ?? []);
      this.kept = []; // 寫在網址裡的：{ key, now, first }
      if (this.asked.size) addEventListener("load", () => this.reveal()); // 等頁面收好摺起來的段落
      this.plots = this.root.append("div").attr("class", "interactive-plots");
      this.controls = this.root.append("div").attr("class", "interactive-controls");
      this.text = this.root.append("p").attr("class", "interactive-text").attr("aria-hidden", "true");
      this.spoken = this.root.append("p").attr("class", "interactive-spoken").attr("aria-live", "polite");
      this.paint = () => {};
      this.frame = null;
      Object.assign(this, { theme: 0, resolved: new Map(), edges: new Map() });
      this.watchTheme();
    }

    /** 換了明暗、要列印（永遠印成淺色）：顏色重新讀，馬上重畫，列印等不到下一格。theme 是換過幾次。 */
    watchTheme() {
      const again = () => {
        this.theme += 1;
        this.resolved.clear();
        this.edges.clear();
        this.paint();
      };
      new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
      matchMedia("print").addEventListener("change", again);
    }

    /** var(--名字) → 現在的顏色；不是那樣寫的原樣傳回。 */
    resolve(colour) {
      if (!this.resolved.has(colour)) this.resolved.set(colour, read(colour, this.root.node()));
      return this.resolved.get(colour);
    }

    /** 印在紙上的（淺色的）那一個。 */
    onPaper(colour) {
      const paper = this.root.append("i").attr("class", "on-paper").attr("hidden", ""), found = read(colour, paper.node());
      paper.remove();
      return found;
    }

    /** 資料裡寫的是全書的顏色：換成跟著明暗走的。 */
    themed(colour) {
      const role = Object.keys(this.colours).find((name) => this.data.colours[name] === colour);
      return this.colours[role] ?? colour;
    }

    /** 色階最暗的一段在深色的底上看不見：點外面一圈用它調亮的顏色；看得見的、淺色的底，是 null。 */
    edge(colour) {
      if (!this.edges.has(colour)) this.edges.set(colour, outlined(colour, this.resolve("var(--ground)")));
      return this.edges.get(colour);
    }

    /** 一個圖框；width 是目前的寬度（像素），字的大小因此不隨手機縮小。圖畫在 g 裡，把手在它上面一層。 */
    plot({ label, height }) {
      const svg = this.plots.append("svg").attr("role", "group").attr("aria-label", label).attr("height", height);
      const [g, handles] = [svg.append("g"), svg.append("g")];
      return { svg, g, handles, height, get width() { return svg.node().getBoundingClientRect().width; } };
    }

    /** 放得下就左右並排（第一個圖框占左邊一整欄），放不下照樣上下排；橫軸要對齊的圖不用它。 */
    sideBySide() {
      this.plots.classed("beside", true);
    }

    /** 水平或垂直的座標軸；side 是 "bottom" 或 "left"。 */
    axis(plot, scale, { side = "bottom", at, title = "", ticks = 6 }) {
      const group = keep(plot.g, "g", `axis ${side}`).attr("aria-hidden", "true");
      const [make, move] = side === "left" ? [d3.axisLeft, `translate(${at},0)`] : [d3.axisBottom, `translate(0,${at})`];
      group.attr("transform", move).call(make(scale).ticks(ticks).tickSizeOuter(0));
      const end = scale.range()[1];
      const name = keep(group, "text", "title").text(title);
      if (side === "left") name.attr("x", 0).attr("y", end - 10).attr("text-anchor", "start");
      else name.attr("x", end).attr("y", 34).attr("text-anchor", "end");
    }

    /** 滑桿：瀏覽器原生的 range，滑鼠、觸控、鍵盤都能用。format 把值換成看到、念到的文字。
     *  set 收在範圍裡、停在格子上；setExact 記住原來的值（算出來的數多半不在格子上），讀者一動滑桿就照滑桿。
     *  beyond 是算出來的值會到的範圍，比滑桿寬的時候才給。 */
    slider({ label, min, max, step, value, digits = 2, format = (x) => number(x, digits), key, beyond = [min, max] }) {
      const box = this.controls.append("label").attr("class", "slider");
      box.append("span").text(label);
      const input = box.append("input").attr("type", "range");
      input.attr("min", min).attr("max", max).attr("step", step).property("value", value);
      const output = box.append("output");
      let exact = this.remembered(key, beyond);
      if (exact !== null) input.property("value", exact);
      if (exact === input.property("valueAsNumber")) exact = null;
      const control = {
        min, max, step, digits, label,
        get value() { return exact ?? input.property("valueAsNumber"); },
        set: (next) => { input.property("value", next); settle(null); },
        setExact: (next) => { input.property("value", next); settle(next); },
      };
      const show = () => {
        output.text(format(control.value));
        input.attr("aria-valuetext", format(control.value));
      };
      const settle = (next) => { exact = next; show(); this.update(); };
      input.on("input", () => settle(null));
      show();
      this.remember(key, () => control.value, value);
      return control;
    }

    checkbox({ label, checked = false, key }) {
      const box = this.controls.append("label");
      const asked = this.remembered(key, [0, 1]);
      const input = box.append("input").attr("type", "checkbox").property("checked", asked === null ? checked : asked === 1);
      box.append("span").text(label);
      input.on("change", () => this.update());
      this.remember(key, () => Number(input.property("checked")), Number(checked));
      return {
        get checked() { return input.property("checked"); },
        set: (next) => { input.property("checked", next); this.update(); },
      };
    }

    button(label, action) {
      this.controls.append("button").attr("type", "button").text(label)
        .on("click", () => { action(); this.update(); });
    }

    /** 先猜再看：選了一個答案，才由 reveal(選了什麼) 擺出那個狀態、說出結果。 */
    predict({ question, options, reveal }) {
      const box = this.root.insert("fieldset", ".interactive-plots").attr("class", "interactive-controls interactive-predict");
      box.append("legend").text(`先猜：${question}`);
      const buttons = box.selectAll("button").data(options).join("button").attr("type", "button").attr("aria-pressed", "false").text((name) => name);
      const answer = box.append("p").attr("role", "status");
      buttons.on("click", (_, chosen) => {
        buttons.attr("aria-pressed", (name) => String(name === chosen));
        answer.text(reveal(chosen));
        this.update();
      });
    }

    /** 網址要的值；沒有要、讀不懂、超出範圍都是 null。 */
    remembered(key, [low, high]) {
      const text = key === undefined ? null : this.asked.get(key) ?? null;
      const value = text === null || text.trim() === "" ? NaN : Number(text);
      return value >= low && value <= high ? value : null;
    }

    remember(key, now, first) {
      if (key !== undefined) this.kept.push({ key, now, first });
    }

    /** 只寫與一開始不同的。 */
    get hash() {
      const changed = this.kept.filter(({ now, first }) => now() !== first);
      return Interactive.writeAddress(this.name, changed.map(({ key, now }) => [key, now()]));
    }

    /** 連結帶著狀態：打開圖所在的摺疊，捲到圖這裡。 */
    reveal() {
      for (let at = this.root.node(); at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
      this.root.node().scrollIntoView();
    }

    /** 圖上的把手，與一支滑桿連動；place(x, y, scale) 由畫圖的程式在每次重畫時呼叫。
     *  from 把橫座標換成滑桿的值（例如 σ 的把手在 μ＋σ，值是 x − μ）。
     *  給了 up（另一支滑桿）就兩個方向都拖得動，上下鍵走 up；place 另外給縱座標的 scale。 */
    handle(plot, control, { colour, from = (x) => x, up = null }) {
      const group = plot.handles.append("g").attr("class", up ? "handle free" : "handle").attr("tabindex", 0).attr("role", "slider");
      group.attr("aria-label", `${control.label}（圖上的把手）`);
      group.attr("aria-valuemin", control.min).attr("aria-valuemax", control.max);
      group.append("circle").attr("class", "reach").attr("r", 22);
      group.append("circle").attr("class", "knob").attr("r", 9).attr("fill", colour);
      let [scale, upward] = [null, null];
      group.call(d3.drag().container(plot.svg.node()).on("drag", (event) => {
        control.set(from(scale.invert(event.x)));
        if (up) up.set(upward.invert(event.y));
      }));
      group.on("keydown", (event) => {
        const moved = up && /^(Arrow|Page)(Up|Down)$/.test(event.key) ? up : control;
        const next = keyed(event.key, moved);
        if (next !== null) { event.preventDefault(); moved.set(next); }
      });
      return (x, y, current, currentUp) => {
        [scale, upward] = [current, currentUp];
        group.attr("transform", `translate(${x},${y})`);
        group.attr("aria-valuenow", Math.min(control.max, Math.max(control.min, control.value)))
          .attr("aria-valuetext", [control, ...(up ? [up] : [])].map(({ value, digits }) => number(value, digits)).join("、"));
      };
    }

    /** 圖的文字替代：看得見的馬上換，停手之後才念、才寫進網址。 */
    say(text) {
      const first = this.text.text() === "";
      this.text.text(text);
      clearTimeout(this.quiet);
      this.quiet = setTimeout(() => {
        this.spoken.text(text);
        // 自己管網址的圖（探索器、實驗室）沒有 key，不替它們寫。
        if (this.kept.length && !first && this.hash !== this.written) Interactive.showAddress(this.name, this.hash);
        this.written = this.hash;
      }, QUIET);
    }

    draw(paint) {
      this.paint = paint;
      new ResizeObserver(() => this.update()).observe(this.plots.node());
      this.update();
    }

    /** 下一格重畫；同一格要幾次都只畫一次。 */
    update() {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = null;
        this.paint();
      });
    }
  }

  function read(colour, node) {
    const name = /^var\((--[\w-]+)\)$/.exec(colour)?.[1];
    return name ? getComputedStyle(node).getPropertyValue(name).trim() : colour;
  }

  /** WCAG 的相對亮度。 */
  function luminance(colour) {
    const { r, g, b } = d3.rgb(colour);
    const [red, green, blue] = [r, g, b].map((part) => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  function outlined(colour, ground) {
    const dark = luminance(ground), lighter = d3.interpolateRgb(colour, "#fff");
    if (dark > 0.5 || colour.startsWith("var(")) return null; // 名字叫得出的顏色，兩套都挑過
    const share = d3.range(0, 1, 0.05).find((t) => (luminance(lighter(t)) + 0.05) / (dark + 0.05) >= SEEN);
    return share ? lighter(share) : null;
  }

  function keyed(key, { value, step, min, max }) {
    const moves = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
    if (key === "Home") return min;
    if (key === "End") return max;
    return key in moves ? value + moves[key] * step : null;
  }

  /** 第一次建立，之後沿用同一個元素：重畫時焦點與拖動才不會中斷。 */
  function keep(parent, tag, name) {
    const selector = tag + name.split(" ").map((part) => `.${part}`).join("");
    const found = parent.select(selector);
    return found.empty() ? parent.append(tag).attr("class", name) : found;
  }

  /** 固定小數位數，負號用 −。 */
  function number(value, digits = 2) {
    return d3.format(`.${digits}f`)(value);
  }

  /** 常態分布的密度。 */
  function normalDensity(x, mean = 0, std = 1) {
    return Math.exp(-0.5 * ((x - mean) / std) ** 2) / (std * Math.sqrt(2 * Math.PI));
  }

  function register(name, build) {
    for (const root of document.querySelectorAll(`[data-interactive="${name}"]`)) build(new Stage(root));
  }

  window.Interactive = { register, keep, number, normalDensity };
})();
