/* 探索器的平面：每棟房子一點（畫布），上面是把手、鄰居、選中的房子的編碼橢圓（SVG），下面是房價的色階。 */
(function () {
  "use strict";
  const { keep } = Interactive;

  const MARGIN = { left: 30, right: 6, top: 8, bottom: 26 };
  const STEP = { small: 0.05, large: 0.5 };
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
  const TOUCH = 14; // 離點這麼多像素以內，就算指到那棟房子

  class Plane {
    /** actions：moveTo(z)、hover(row 或 null)、pick(row)。 */
    constructor(stage, houses, actions) {
      Object.assign(this, { stage, houses, actions });
      this.canvas = stage.plots.append("canvas").attr("aria-hidden", "true").node();
      this.plot = stage.plot({ label: "潛在平面", height: 400 });
      this.legend = stage.plot({ label: "色階，與這一點的值", height: 74 });
      this.tip = stage.plots.append("p").attr("class", "explorer-tip").attr("hidden", "");
      this.usePlane({ gaussian: true, axes: ["z₁", "z₂"] });
      this.addHandle();
      this.listen();
    }

    /** 換一張平面：房子的位置變了。gaussian 是先驗是不是標準常態，axes 是兩軸的名字。 */
    usePlane({ gaussian, axes }) {
      const { houses, stage } = this;
      Object.assign(this, { gaussian, axes, drawnWidth: null });
      this.rows = houses.rows.filter((row) => !houses.beyond(row, stage.data.limit)); // 畫得出來的
    }

    /** colours 一棟一個；scale 是 { range, ticks, title }，或只有兩種顏色的 { colour, title }。 */
    paintWith(colours, scale) {
      Object.assign(this, { colours, scale, drawnWidth: null });
      this.order = d3.sort(this.rows, (row) => colours[row] !== Interactive.OTHERS, (row) => this.houses.heldOut[row]); // 灰色的先畫
      this.plot.svg.attr("aria-label", `潛在平面：每一點是一棟房子，顏色是${scale.title}`);
    }

    addHandle() {
      const { limit } = this.stage.data;
      const handle = this.plot.handles.append("g").attr("class", "handle").attr("tabindex", 0).attr("role", "slider");
      handle.attr("aria-label", "平面上的把手，方向鍵移動，加 Shift 一次走十步").attr("aria-roledescription", "二維滑桿");
      handle.attr("aria-valuemin", -limit).attr("aria-valuemax", limit);
      handle.append("circle").attr("class", "reach").attr("r", 22);
      handle.append("circle").attr("class", "rim").attr("r", 11);
      handle.append("circle").attr("class", "knob").attr("r", 11);
      handle.append("path").attr("class", "cross").attr("d", "M-4,0H4M0,-4V4");
      const container = this.plot.svg.node();
      handle.call(d3.drag().container(container).on("drag", (event) => this.actions.moveTo(this.at(event.x, event.y))));
      handle.on("keydown", (event) => {
        const to = this.keyed(event);
        if (to) { event.preventDefault(); this.actions.moveTo(to); }
      });
      this.handle = handle;
    }

    keyed({ key, shiftKey }) {
      if (key === "Home") return [0, 0];
      const step = shiftKey ? STEP.large : STEP.small;
      return key in ARROWS ? this.z.map((value, k) => value + step * ARROWS[key][k]) : null;
    }

    /** 滑鼠指著房子就預覽；按一下（或手指點一下）走到那裡，並選出那棟房子。 */
    listen() {
      const svg = this.plot.svg;
      svg.on("pointermove", (event) => event.pointerType === "mouse" && this.actions.hover(this.houseAt(event)));
      svg.on("pointerleave", () => this.actions.hover(null));
      svg.on("click", (event) => {
        if (event.target.closest(".handle")) return;
        const row = this.houseAt(event);
        this.actions.moveTo(this.at(...d3.pointer(event)));
        if (row !== null) this.actions.pick(row);
      });
    }

    at(x, y) { return [this.x.invert(x), this.y.invert(y)]; }

    houseAt(event) {
      const [x, y] = d3.pointer(event, this.plot.svg.node());
      return this.tree.find(x, y, TOUCH) ?? null;
    }

    resize() {
      const { width } = this.plot;
      if (width === this.drawnWidth && this.theme === this.stage.theme) return;
      Object.assign(this, { drawnWidth: width, theme: this.stage.theme });
      const { limit } = this.stage.data;
      const side = Math.min(width, 520) - MARGIN.left - MARGIN.right;
      const left = MARGIN.left + Math.max(0, (width - 520) / 2);
      this.x = d3.scaleLinear([-limit, limit], [left, left + side]);
      this.y = d3.scaleLinear([-limit, limit], [MARGIN.top + side, MARGIN.top]);
      this.height = MARGIN.top + side + MARGIN.bottom;
      this.plot.svg.attr("height", this.height);
      const { mean } = this.houses;
      this.tree = d3.quadtree(this.rows, (row) => this.x(mean[2 * row]), (row) => this.y(mean[2 * row + 1]));
      this.paintHouses(width);
      this.drawFrame();
    }

    /** 幾千點畫在畫布上，拖動時不必重畫。實心是訓練過的，空心是留下的；深色的底上太暗的，描一圈邊。 */
    paintHouses(width) {
      const ratio = window.devicePixelRatio || 1;
      Object.assign(this.canvas, { width: width * ratio, height: this.height * ratio });
      Object.assign(this.canvas.style, { width: `${width}px`, height: `${this.height}px` });
      const pen = this.canvas.getContext("2d");
      pen.scale(ratio, ratio);
      const { houses: { mean, heldOut }, stage } = this, ground = stage.resolve("var(--ground)");
      for (const row of this.order) {
        const colour = stage.resolve(this.colours[row]), edge = stage.edge(this.colours[row]);
        pen.beginPath();
        pen.arc(this.x(mean[2 * row]), this.y(mean[2 * row + 1]), 2.4, 0, 2 * Math.PI);
        pen.fillStyle = heldOut[row] ? ground : colour;
        pen.strokeStyle = edge ?? colour;
        pen.fill();
        if (heldOut[row] || edge) pen.stroke();
      }
    }

    drawFrame() {
      const { stage, plot, x, y } = this;
      const inside = keep(keep(plot.svg, "clipPath", "inside").attr("id", "explorer-inside"), "rect", "frame");
      inside.attr("x", x.range()[0]).attr("y", y.range()[1])
        .attr("width", x.range()[1] - x.range()[0]).attr("height", y.range()[0] - y.range()[1]);
      const bottom = y.range()[0];
      stage.axis(plot, x, { at: bottom, ticks: 7 });
      stage.axis(plot, y, { side: "left", at: x.range()[0], ticks: 7 });
      const name = (kind, text, at) => keep(plot.g, "text", kind).text(text).attr("x", at[0]).attr("y", at[1]);
      name("name-1", this.axes[0], [x.range()[1] - 4, bottom - 6]).attr("text-anchor", "end");
      name("name-2", this.axes[1], [x.range()[0] + 6, y.range()[1] + 10]);
      const priors = keep(plot.g, "g", "priors");
      const radii = this.gaussian ? stage.data.prior_radii : [];
      priors.selectAll("circle").data(radii).join("circle").attr("class", "prior")
        .attr("cx", x(0)).attr("cy", y(0)).attr("r", ([, radius]) => x(radius) - x(0));
      priors.selectAll("text").data(radii).join("text").attr("class", "halo prior-name")
        .text(([share]) => `先驗 ${d3.format(".0%")(share)}`).attr("text-anchor", "middle")
        .attr("x", x(0)).attr("y", ([, radius]) => y(-radius) + 14);
    }

    draw({ z, start, near, price, far, shown, preview, ends, beside, pointer, described }) {
      this.z = z;
      this.resize();
      const { plot, x, y, houses: { mean }, stage: { data: { limit } } } = this;
      const inside = keep(plot.g, "g", "inside").attr("clip-path", "url(#explorer-inside)");
      const place = (name, list) => keep(inside, "g", name).selectAll("circle").data(list).join("circle")
        .attr("cx", (row) => x(mean[2 * row])).attr("cy", (row) => y(mean[2 * row + 1]));
      keep(inside, "circle", "borrow").classed("far", far).attr("cx", x(z[0])).attr("cy", y(z[1]))
        .attr("r", x(price.reach) - x(0));
      place("near", near.map(({ row }) => row)).attr("r", 4);
      keep(inside, "path", "walk").attr("d", `M${x(start[0])},${y(start[1])}L${x(z[0])},${y(z[1])}`);
      keep(inside, "path", "start").attr("d", d3.symbol(d3.symbolDiamond2, 60)())
        .attr("transform", `translate(${x(start[0])},${y(start[1])})`);
      this.drawWay(inside, ends, beside);
      const encoding = (row) => (row === null ? null : this.houses.encoding(row));
      this.drawEllipses("described", described);
      this.drawEllipses("shown", encoding(shown));
      this.drawEllipses("preview", encoding(preview === shown ? null : preview));
      const [shownX, shownY] = z.map((value) => Math.min(limit, Math.max(-limit, value))); // 平面外的，停在邊上
      this.handle.attr("transform", `translate(${x(shownX)},${y(shownY)})`);
      this.drawLegend(pointer);
    }

    /** A 到 B 的路，與路旁的房子。 */
    drawWay(inside, ends, beside) {
      const { x, y, houses } = this;
      const places = ends.map((row) => (row === null ? null : houses.encoding(row).mean));
      const whole = !places.includes(null);
      const at = (z) => [x(z[0]), y(z[1])];
      keep(inside, "path", "way-line").attr("d", whole ? d3.line()(places.map(at)) : "");
      keep(inside, "g", "beside").selectAll("rect").data(beside).join("rect").attr("width", 8).attr("height", 8)
        .attr("transform", ({ row }) => `translate(${at(houses.encoding(row).mean).map((v) => v - 4)})`);
      const named = places.map((z, k) => ({ z, name: "AB"[k] })).filter(({ z }) => z);
      const marks = keep(inside, "g", "ends").selectAll("g").data(named, ({ name }) => name).join((enter) => {
        const mark = enter.append("g");
        mark.append("circle").attr("r", 10);
        mark.append("text").attr("text-anchor", "middle").attr("dy", "0.35em").text(({ name }) => name);
        return mark;
      });
      marks.attr("transform", ({ z }) => `translate(${at(z)})`);
    }

    /** 一棟房子的編碼：中心 μ，橢圓是 1 與 2 個標準差。 */
    drawEllipses(name, encoding) {
      const { x, y } = this, { mean, sd } = encoding ?? {};
      const rings = encoding === null ? [] : sd ? [1, 2, 0] : [0];
      const spread = (k, size) => (size ? size * sd[k] * (x(1) - x(0)) : 0);
      keep(this.plot.g.select(".inside"), "g", name).selectAll("ellipse").data(rings).join("ellipse")
        .attr("cx", () => x(mean[0])).attr("cy", () => y(mean[1]))
        .attr("rx", (size) => spread(0, size) || 4).attr("ry", (size) => spread(1, size) || 4);
    }

    /** 把手念出來的字。 */
    describe(text, z) {
      const { limit } = this.stage.data;
      this.handle.attr("aria-valuenow", Math.min(limit, Math.max(-limit, z[0]))).attr("aria-valuetext", text);
    }

    /** 預覽的文字放在平面底下那一條沒有房子的地方，不蓋住點。 */
    showTip(text) {
      const [left, right] = this.x.range();
      this.tip.attr("hidden", text ? null : "").text(text)
        .style("left", `${left + 4}px`).style("width", `${right - left - 8}px`)
        .style("top", `${this.y.range()[0] - 4}px`);
    }

    /** 色階也是量尺：三角形是這一點的值，橫線是上下一個標準差；只有兩種顏色的時候寫成字。
     *  pointer 是 { mean, sd, text }。 */
    drawLegend({ mean, sd, text }) {
      const { legend, scale } = this;
      const [left, right] = this.x.range(), ruled = Boolean(scale.range);
      const at = d3.scaleLinear(scale.range ?? [0, 1], [left, right]).clamp(true);
      const pieces = d3.range(64);
      const width = (right - left) / pieces.length;
      keep(legend.g, "g", "shades").selectAll("rect").data(ruled ? pieces : []).join("rect").attr("y", 28).attr("height", 10)
        .attr("x", (k) => left + k * width).attr("width", width + 0.6).attr("fill", (k) => d3.interpolateViridis((k + 0.5) / 64));
      keep(legend.g, "g", "ticks").selectAll("text").data(ruled ? scale.ticks : []).join("text").attr("y", 54)
        .attr("text-anchor", ([value]) => (at(value) > right - 12 ? "end" : at(value) < left + 12 ? "start" : "middle"))
        .attr("x", ([value]) => at(value)).text(([, name]) => name);
      keep(legend.g, "circle", "sample").attr("display", ruled ? "none" : null).attr("cx", left + 6).attr("cy", 32).attr("r", 5).attr("fill", scale.colour ?? "none");
      keep(legend.g, "text", "unit").attr("x", ruled ? left : left + 18).attr("y", ruled ? 71 : 37).text(scale.title);
      const shown = ruled ? null : "none", x = ruled ? Math.min(right - 44, Math.max(left + 44, at(mean))) : left;
      keep(legend.g, "line", "band").attr("display", shown).attr("x1", at(mean - sd)).attr("x2", at(mean + sd)).attr("y1", 20).attr("y2", 20);
      keep(legend.g, "path", "pointer").attr("display", shown).attr("d", "M0,27l-6,-11h12z").attr("transform", `translate(${at(mean)},0)`);
      keep(legend.g, "text", "expected").attr("x", x).attr("y", 11).attr("text-anchor", ruled ? "middle" : "start").text(text);
    }
  }

  window.Explorer = { ...window.Explorer, Plane };
})();
