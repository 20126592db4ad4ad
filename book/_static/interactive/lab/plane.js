/* 實驗室的平面：每棟房子一點（畫布），座標軸固定在 ±4，上面是可以拖的把手（SVG），下面是色階。
 * 一維畫成一條：上下只是錯開，沒有意義；三維畫三軸中的兩軸，由讀者選。 */
(function () {
  "use strict";
  const { keep, number, rewrite } = Interactive;

  const MARGIN = { left: 30, right: 8, top: 10, bottom: 26 };
  const WIDEST = 560;
  const STEP = { small: 0.05, large: 0.5 };
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
  const TOUCH = 14; // 離點這麼多像素以內，就算指到那棟房子
  const SHADES = 48; // 色階畫成這麼多格
  const SAMPLE = 40; // 橢圓畫這麼多棟：再多就看不清了
  const FAINT = 0.4; // 畫橢圓的時候，點淡一點
  const GATHERED = 0.3; // 每一個座標都比這小，就是縮成一團
  const BITS = 1e4;
  const RADIUS = 2.1; // 像素：一點的半徑
  const EDGE = 0.8; // 像素：深色的底上太暗的點，外面多這麼寬的一圈

  /** 固定的錯開：同一棟每次都在同樣的高度，點才不會跳。 */
  const scatter = (row) => (((row * 7919 + 3571) % BITS) / BITS - 0.5) * 5;

  /** 直線的比例尺，一次幾千個數也快。 */
  function straight(scale) {
    const zero = scale(0), slope = scale(1) - zero;
    return (value) => zero + slope * value;
  }

  const [LINE, LEGEND, SPACE] = [18, 32, 14]; // PNG 裡一行說明、色階的高度，顏色的名字前後的寬度

  /** 太長的說明折成幾行，不把字壓扁。 */
  function wrapped(text, font, width) {
    const pen = document.createElement("canvas").getContext("2d"), lines = [""];
    pen.font = font;
    for (const character of text) {
      if (pen.measureText(lines.at(-1) + character).width > width) lines.push("");
      lines[lines.length - 1] += character;
    }
    return lines;
  }

  /** 幾種顏色的名字排成幾行：每一個在第幾行、離左邊多遠。 */
  function arranged(entries, font, width) {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = font;
    let [x, row] = [0, 0];
    return entries.map(([colour, text]) => {
      const wide = 2 * SPACE + pen.measureText(text).width;
      if (x > 0 && x + wide > width) [x, row] = [0, row + 1];
      x += wide;
      return { colour, text, row, x: x - wide };
    });
  }

  const parts = (colour) => { const { r, g, b } = d3.rgb(colour); return [r, g, b]; };

  /** 把圓點蓋在圖上：點的中間整格蓋滿，邊上的格子照蓋到多少混進去（格子的中心離圓心多遠）。 */
  class Stamp {
    /** image 是 ImageData，opacity 是 1 就不透明。 */
    constructor(image, opacity) {
      Object.assign(this, { pixels: image.data, width: image.width, height: image.height, opacity });
    }

    /** radius 是 image 的像素。 */
    dot(x, y, radius, colour) {
      const { width, height } = this, reach = radius + 0.5;
      const [left, right] = [Math.max(0, Math.floor(x - reach)), Math.min(width - 1, Math.floor(x + reach))];
      const [top, bottom] = [Math.max(0, Math.floor(y - reach)), Math.min(height - 1, Math.floor(y + reach))];
      for (let row = top; row <= bottom; row++) {
        for (let at = left; at <= right; at++) {
          const cover = reach - Math.sqrt((at + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2);
          if (cover > 0) this.blend(4 * (row * width + at), colour, Math.min(1, cover) * this.opacity);
        }
      }
    }

    /** 新的顏色（不透明度 alpha）疊在原來的上面。 */
    blend(at, colour, alpha) {
      const { pixels } = this, under = (pixels[at + 3] / 255) * (1 - alpha), total = alpha + under;
      for (let k = 0; k < 3; k++) pixels[at + k] = (colour[k] * alpha + pixels[at + k] * under) / total;
      pixels[at + 3] = 255 * total;
    }
  }

  class Plane {
    /** actions：move(z) 把手走到哪裡，hover(z 或 null) 滑鼠指著哪裡。 */
    constructor(stage, houses, actions) {
      Object.assign(this, { stage, houses, actions, axes: [0, 1], latent: 2, codes: null, z: [0, 0, 0], ellipses: false, picked: null, passed: null, dragged: false, stale: true });
      this.sample = d3.range(SAMPLE).map((k) => Math.floor((k + 0.5) * houses.count / SAMPLE));
      this.limit = stage.data.limit;
      this.canvas = stage.plots.append("canvas").attr("aria-hidden", "true").node();
      this.plot = Interactive.steady(stage.plot({ label: `潛在平面：每一點是${houses.one ?? "一棟房子"}的平均編碼，座標軸固定在 ±4`, height: 400 }));
      this.tip = stage.plots.append("p").attr("class", "lab-tip").attr("hidden", "");
      this.legend = stage.plot({ label: "顏色的意思", height: 46 });
      this.addHandle();
      this.listen();
    }

    get unit() { return this.houses.unit ?? "棟"; }

    get flat() { return this.latent === 1; }

    /** 這兩軸是第幾個單元；一維的縱軸不是單元。 */
    choose(axes) {
      Object.assign(this, { axes, stale: true });
    }

    paintWith(colours, scale) {
      const grey = (row) => colours[row] === Interactive.OTHERS;
      this.order = d3.sort(d3.range(this.houses.count), (row) => !grey(row)); // 灰色的先畫，才不會蓋住要看的
      const kinds = [...new Set(colours)], places = new Map(kinds.map((colour, k) => [colour, k]));
      Object.assign(this, { kinds, scale, stale: true, kind: Uint16Array.from(colours, (colour) => places.get(colour)) });
    }

    addHandle() {
      const handle = this.plot.handles.append("g").attr("class", "handle").attr("tabindex", 0).attr("role", "slider");
      handle.attr("aria-label", "平面上的把手：解碼這一點。方向鍵移動，加 Shift 走得快").attr("aria-roledescription", "二維滑桿");
      handle.attr("aria-valuemin", -this.limit).attr("aria-valuemax", this.limit);
      handle.append("circle").attr("class", "reach").attr("r", 22);
      handle.append("circle").attr("class", "rim").attr("r", 10);
      handle.append("circle").attr("class", "knob").attr("r", 10);
      handle.append("path").attr("class", "cross").attr("d", "M-4,0H4M0,-4V4");
      const node = this.plot.svg.node();
      const drag = d3.drag().container(node).on("drag", ({ x, y }) => this.actions.move(this.at(x, y)));
      handle.call(drag.on("start", () => { this.dragged = true; }).on("end", () => { this.dragged = false; }));
      handle.on("keydown", (event) => {
        const next = this.keyed(event);
        if (!next) return;
        event.preventDefault();
        this.actions.move(next);
        this.pick(this.houseAt(...this.seen(next)));
      });
      this.handle = handle;
    }

    keyed({ key, shiftKey }) {
      if (key === "Home") return [0, 0, 0];
      if (!(key in ARROWS)) return null;
      const step = shiftKey ? STEP.large : STEP.small, next = [...this.z];
      this.axes.forEach((axis, k) => { if (!this.flat || k === 0) next[axis] = this.clamp(next[axis] + step * ARROWS[key][k]); });
      return next;
    }

    clamp(value) { return Math.round(100 * Math.min(this.limit, Math.max(-this.limit, value))) / 100; }

    listen() {
      const { svg } = this.plot;
      svg.on("pointermove", (event) => event.pointerType === "mouse" && this.pointed(event));
      svg.on("pointerleave", () => { this.passed = null; this.pick(null); this.actions.hover(null); });
      svg.on("click", (event) => {
        if (event.target.closest(".handle")) return;
        const at = d3.pointer(event, svg.node());
        this.actions.move(this.at(...at));
        this.pick(this.houseAt(...at));
      });
    }

    /** 拖著把手經過的房子，畫的時候才找：一格只找一次。 */
    pointed(event) {
      const [x, y] = d3.pointer(event, this.plot.svg.node());
      if (this.dragged) { this.passed = [x, y]; return; }
      this.pick(this.houseAt(x, y));
      this.actions.hover(this.at(x, y));
    }

    /** 指著這一棟（沒有是 null）：說它是誰，畫它的橢圓。 */
    pick(row) {
      if (row !== this.picked) Object.assign(this, { picked: row, stale: this.stale || this.ellipses });
      this.showTip(row);
    }

    /** 畫不畫編碼器的橢圓：中心 μ，半徑一個標準差。 */
    showEllipses(on) {
      Object.assign(this, { ellipses: on, stale: true });
    }

    /** 畫面上的一點 → 編碼；沒有畫出來的那一軸是 0。 */
    at(x, y) {
      const z = [0, 0, 0];
      z[this.axes[0]] = this.clamp(this.x.invert(x));
      if (!this.flat) z[this.axes[1]] = this.clamp(this.y.invert(y));
      return z;
    }

    /** at 的反函數。 */
    seen(z) {
      return [this.x(z[this.axes[0]]), this.y(this.flat ? 0 : z[this.axes[1]])];
    }

    houseAt(x, y) {
      const { xs, ys } = this;
      if (!xs) return null;
      let found = null, least = TOUCH ** 2;
      for (let row = 0; row < xs.length; row++) {
        const distance = (xs[row] - x) ** 2 + (ys[row] - y) ** 2;
        if (distance < least) { least = distance; found = row; }
      }
      return found;
    }

    /** 每一棟畫在哪一個像素。 */
    placeAll() {
      const { codes, latent, axes, flat, houses: { count } } = this, [x, y] = [straight(this.x), straight(this.y)];
      if (this.xs?.length !== count) Object.assign(this, { xs: new Float64Array(count), ys: new Float64Array(count) });
      for (let row = 0; row < count; row++) {
        this.xs[row] = x(codes[row * latent + axes[0]]);
        this.ys[row] = y(flat ? scatter(row) : codes[row * latent + axes[1]]);
      }
    }

    resize() {
      const { width } = this.plot;
      if (width === this.width) return;
      this.width = width;
      const side = Math.min(width, WIDEST) - MARGIN.left - MARGIN.right;
      const left = MARGIN.left + Math.max(0, (width - WIDEST) / 2);
      this.x = d3.scaleLinear([-this.limit, this.limit], [left, left + side]);
      this.y = d3.scaleLinear([-this.limit, this.limit], [MARGIN.top + side, MARGIN.top]);
      this.height = MARGIN.top + side + MARGIN.bottom;
      this.plot.svg.attr("height", this.height);
      const ratio = Math.min(2, window.devicePixelRatio || 1);
      Object.assign(this.canvas, { width: width * ratio, height: this.height * ratio });
      Object.assign(this.canvas.style, { width: `${width}px`, height: `${this.height}px` });
      Object.assign(this, { ratio, image: null, stale: true });
    }

    /** 換一張快照。 */
    show({ mean, logVar, latent }) {
      Object.assign(this, { codes: mean, logVar, latent, stale: true });
    }

    draw(z) {
      this.z = z;
      this.resize();
      if (this.passed) this.pick(this.houseAt(...this.passed));
      this.passed = null;
      if (this.stale || this.theme !== this.stage.theme) this.repaint();
      if (this.framed !== this.frameKey) this.drawFrame();
      this.handle.attr("transform", `translate(${this.seen(z)})`);
    }

    /** 點、橢圓或明暗變了才重畫；只拖把手，畫布不動。 */
    repaint() {
      const { stage } = this, resolve = (colour) => stage.resolve(colour);
      Object.assign(this, { stale: false, theme: stage.theme });
      const pen = this.canvas.getContext("2d");
      pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      this.image ??= pen.createImageData(this.canvas.width, this.canvas.height);
      this.image.data.fill(0);
      if (this.codes) {
        this.placeAll();
        this.stampHouses(this.image, this.ratio, this.kinds.map((colour) => ({ dot: parts(resolve(colour)), edge: stage.edge(colour) && parts(stage.edge(colour)) })));
      }
      pen.putImageData(this.image, 0, 0);
      if (this.codes) this.paintEllipses(pen, resolve);
      if (this.ellipses) this.showTip(this.picked); // σ 一路在變
      this.drawOutside();
    }

    /** 幾千個點一秒重畫好幾次也不卡：像素自己算，一次交給畫布。 */
    stampHouses(image, ratio, inks) {
      const [[left, right], [bottom, top]] = [this.x.range(), this.y.range()], { xs, ys, kind } = this;
      const stamp = new Stamp(image, this.ellipses ? FAINT : 1);
      this.outside = 0;
      for (const row of this.order) {
        const x = xs[row], y = ys[row];
        if (x < left || x > right || y < top || y > bottom) { this.outside += 1; continue; }
        const { dot, edge } = inks[kind[row]];
        if (edge) stamp.dot(x * ratio, y * ratio, (RADIUS + EDGE) * ratio, edge);
        stamp.dot(x * ratio, y * ratio, RADIUS * ratio, dot);
      }
    }

    /** 點貼到別的畫布上（存圖用）：scale 是一個像素變成幾個。 */
    pasteHouses(pen, scale) {
      const copy = document.createElement("canvas");
      Object.assign(copy, { width: this.width * scale, height: this.height * scale });
      const own = copy.getContext("2d"), image = own.createImageData(copy.width, copy.height);
      this.stampHouses(image, scale, this.kinds.map((colour) => ({ dot: parts(this.stage.onPaper(colour)), edge: null })));
      own.putImageData(image, 0, 0);
      pen.drawImage(copy, 0, 0, this.width, this.height);
    }

    /** 這一棟在各單元的標準差。 */
    deviations(row) {
      return d3.range(this.latent).map((k) => Math.exp(0.5 * this.logVar[row * this.latent + k]));
    }

    /** 抽樣的幾棟與指著的一棟，各畫 ±1 個標準差；不出框。read 把名字換成畫布讀得懂的顏色。 */
    paintEllipses(pen, read) {
      if (!this.ellipses) return;
      const { q, bad } = this.stage.colours, [[left, right], [bottom, top]] = [this.x.range(), this.y.range()];
      pen.save();
      pen.beginPath();
      pen.rect(left, top, right - left, bottom - top);
      pen.clip();
      Object.assign(pen, { strokeStyle: read(q), lineWidth: 1.5 });
      for (const row of this.sample) this.paintEllipse(pen, row);
      Object.assign(pen, { strokeStyle: read(bad), lineWidth: 3 });
      if (this.picked !== null) this.paintEllipse(pen, this.picked);
      pen.restore();
    }

    /** 一維是一段：左右各一個標準差。 */
    paintEllipse(pen, row) {
      const x = this.xs[row], y = this.ys[row], scale = this.x(1) - this.x(0), sigma = this.deviations(row), half = scale * sigma[this.axes[0]];
      pen.beginPath();
      if (this.flat) {
        pen.moveTo(x - half, y);
        pen.lineTo(x + half, y);
      } else {
        pen.ellipse(x, y, half, scale * sigma[this.axes[1]], 0, 0, 2 * Math.PI);
      }
      pen.stroke();
    }

    /** 橢圓是什麼，一句話。 */
    get told() {
      return `${this.flat ? "藍色的橫線" : "藍色的橢圓"}是編碼器給一棟房子的 q(z|x)：中心是 μ，${this.flat ? "左右" : "半徑"}各一個標準差 σ。畫了 ${SAMPLE} 棟，指著的那一棟是紅的。`;
    }

    /** 全部縮在原點附近的一句話；不是就是 null。 */
    get gathered() {
      const far = this.codes ? this.codes.reduce((most, value) => Math.max(most, Math.abs(value)), 0) : Infinity;
      return far < GATHERED ? `${this.houses.count} ${this.unit}都在原點附近，座標不超過 ${(Math.ceil(100 * far) / 100).toFixed(2)}` : null;
    }

    /** 看不見的房子：縮成一團，或在圖外。 */
    get remark() { return this.gathered ?? (this.outside ? `${this.outside} ${this.unit}在圖外` : ""); }

    axisName(k) { return this.flat && k === 1 ? "上下只是錯開，沒有意義" : `z${"₁₂₃"[this.axes[k]]}`; }

    /** 框與色階只在這些改變時才重畫。 */
    get frameKey() {
      return [this.width, this.latent, this.axes, this.scale.title].join("|");
    }

    drawOutside() {
      const { plot, x, y } = this;
      keep(plot.g, "text", "outside").call(rewrite, this.remark).attr("x", x.range()[1] - 4)
        .attr("y", y.range()[1] + 10).attr("text-anchor", "end");
    }

    drawFrame() {
      this.framed = this.frameKey;
      this.drawLegend();
      const { stage, plot, x, y } = this;
      const bottom = y.range()[0];
      stage.axis(plot, x, { at: bottom, ticks: 7 });
      keep(plot.g, "g", "axis left").attr("display", this.flat ? "none" : null);
      stage.axis(plot, y, { side: "left", at: x.range()[0], ticks: 7 });
      const name = (kind, text, px, py) => keep(plot.g, "text", kind).text(text).attr("x", px).attr("y", py);
      name("name-1", this.axisName(0), x.range()[1] - 16, bottom - 6);
      name("name-2", this.axisName(1), x.range()[0] + 6, y.range()[1] + 10);
      const radii = this.flat ? [] : stage.data.prior_radii;
      keep(plot.g, "g", "priors").selectAll("circle").data(radii).join("circle").attr("class", "prior")
        .attr("cx", x(0)).attr("cy", y(0)).attr("r", ([, radius]) => x(radius) - x(0));
      keep(plot.g, "g", "prior-names").selectAll("text").data(radii).join("text").attr("class", "prior-name")
        .text(([share]) => `先驗 ${d3.format(".0%")(share)}`).attr("text-anchor", "middle")
        .attr("x", x(0)).attr("y", ([, radius]) => y(-radius) + 14);
    }

    /** 色階；社區只有兩種顏色，名字就寫在旁邊。 */
    drawLegend() {
      const { legend, scale } = this, [left, right] = this.x.range(), pieces = d3.range(SHADES);
      const width = (right - left) / pieces.length;
      keep(legend.g, "g", "shades").selectAll("rect").data(scale.ticks ? pieces : []).join("rect").attr("y", 2).attr("height", 9)
        .attr("x", (k) => left + k * width).attr("width", width + 0.6).attr("fill", (k) => d3.interpolateViridis((k + 0.5) / pieces.length));
      const at = d3.scaleLinear(scale.range ?? [0, 1], [left, right]);
      keep(legend.g, "g", "ticks").selectAll("text").data(scale.ticks ?? []).join("text").attr("y", 25)
        .attr("text-anchor", ([value]) => (at(value) > right - 12 ? "end" : at(value) < left + 12 ? "start" : "middle"))
        .attr("x", ([value]) => at(value)).text(([, text]) => text);
      keep(legend.g, "circle", "sample").attr("display", scale.ticks ? "none" : null).attr("cx", left + 6).attr("cy", 8).attr("r", 5).attr("fill", scale.colour ?? "none");
      keep(legend.g, "text", "unit").attr("x", scale.ticks ? left : left + 18).attr("y", scale.ticks ? 42 : 13).text(scale.title);
    }

    showTip(row) {
      const sigma = row !== null && this.ellipses ? `；σ 是 ${this.deviations(row).map((one) => number(one)).join("、")}` : "";
      const text = row === null ? "" : this.houses.sentence(row) + sigma;
      if (text === this.tip.text()) return;
      const [left, right] = this.x.range();
      this.tip.attr("hidden", text ? null : "").text(text)
        .style("left", `${left + 4}px`).style("width", `${right - left - 8}px`).style("top", `${this.y.range()[0] - 4}px`);
    }

    describe(text) {
      this.handle.attr("aria-valuenow", this.z[this.axes[0]]).attr("aria-valuetext", text);
    }

    drawPriors(pen) {
      pen.strokeStyle = this.stage.data.colours.p;
      pen.setLineDash([4, 3]);
      for (const [, radius] of this.flat ? [] : this.stage.data.prior_radii) {
        pen.beginPath();
        pen.arc(this.x(0), this.y(0), this.x(radius) - this.x(0), 0, 2 * Math.PI);
        pen.stroke();
      }
      pen.setLineDash([]);
    }

    /** PNG 裡的幾種顏色，各一個圓點與名字。 */
    paintKeys(pen, top, keys) {
      const [left] = this.x.range();
      pen.textAlign = "left";
      for (const { colour, text, row, x } of keys) {
        pen.fillStyle = this.stage.onPaper(colour);
        pen.beginPath();
        pen.arc(left + x + 5, top + LINE * row + 4, 5, 0, 2 * Math.PI);
        pen.fill();
        pen.fillStyle = this.stage.data.colours.ink;
        pen.fillText(text, left + x + SPACE, top + LINE * row + 8);
      }
    }

    /** PNG 裡的色階與刻度；社區沒有色階。 */
    paintLegend(pen, top) {
      const { ticks, range } = this.scale, [left, right] = this.x.range(), width = (right - left) / SHADES;
      if (!ticks) return;
      for (let k = 0; k < SHADES; k++) {
        pen.fillStyle = d3.interpolateViridis((k + 0.5) / SHADES);
        pen.fillRect(left + k * width, top, width + 0.6, 9);
      }
      pen.fillStyle = this.stage.data.colours.ink;
      pen.textAlign = "center";
      const at = d3.scaleLinear(range, [left, right]);
      for (const [value, text] of ticks) pen.fillText(text, at(value), top + 23);
    }

    /** 存成 PNG 的畫布：點、框、色階、軸的名字，下面幾行說顏色的意思、這是怎麼訓練出來的。要放在紙上，永遠是淺色的。 */
    picture(caption) {
      const { ink, muted } = this.stage.data.colours;
      const scale = 2, canvas = document.createElement("canvas"), font = `12px ${getComputedStyle(this.plot.svg.select("text").node()).fontFamily}`;
      const lines = [`顏色：${this.scale.title}`, caption, this.remark, this.ellipses ? this.told : ""].filter(Boolean).flatMap((text) => wrapped(text, font, this.width - 2 * MARGIN.left));
      const keys = arranged(this.scale.entries ?? [], font, this.width - 2 * MARGIN.left);
      const legend = this.scale.ticks ? LEGEND : keys.length ? LINE * (keys.at(-1).row + 1) : 0, extra = legend + LINE * (lines.length - 1) + 20;
      Object.assign(canvas, { width: this.width * scale, height: (this.height + extra) * scale });
      const pen = canvas.getContext("2d"), [[left, right], [bottom, top]] = [this.x.range(), this.y.range()];
      pen.scale(scale, scale);
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, this.width, this.height + extra);
      if (this.codes) this.pasteHouses(pen, scale);
      if (this.codes) this.paintEllipses(pen, (colour) => this.stage.onPaper(colour));
      pen.strokeStyle = muted;
      pen.strokeRect(left, top, right - left, bottom - top);
      this.drawPriors(pen);
      pen.fillStyle = ink;
      pen.font = font;
      for (const value of [-4, -2, 0, 2, 4]) {
        const text = String(value).replace("-", "−");
        pen.textAlign = "center";
        pen.fillText(text, this.x(value), bottom + 15);
        pen.textAlign = "right";
        if (!this.flat) pen.fillText(text, left - 6, this.y(value) + 4);
      }
      pen.textAlign = "left";
      pen.fillText(this.axisName(1), left + 6, top + 16);
      pen.fillText(this.axisName(0), right - 18, bottom - 6);
      this.paintLegend(pen, this.height);
      this.paintKeys(pen, this.height, keys);
      pen.textAlign = "left";
      lines.forEach((line, k) => pen.fillText(line, left, this.height + legend + 12 + LINE * k));
      return canvas;
    }
  }

  globalThis.Lab = { ...globalThis.Lab, Plane };
})();
