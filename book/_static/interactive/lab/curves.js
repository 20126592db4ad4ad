/* 實驗室的兩張曲線：ELBO（訓練的、留下的，與不看編碼的線），每個單元的 KL。前一次訓練是淡的虛線。線的名字寫在線尾。 */
(function () {
  "use strict";
  const { keep, number, rewrite } = Interactive;

  const MARGIN = { left: 38, right: 96, top: 24, bottom: 36 };
  const BELOW = 0.35; // ELBO 的縱軸往「不看編碼」的下面再留它的這麼多
  const LOWEST = -4; // 再低（「不看編碼」的這麼多倍）就不跟了，線尾寫在圖外
  const EARLY = 3; // 頭幾個週期的 KL 常常很大，不讓它把後面壓扁
  const SPACE = 15; // 線尾的字至少隔這麼多像素

  /** 由上往下排，太近的往下推；再由下往上推回來，不超出框。 */
  function spread(labels, bottom) {
    const sorted = labels.toSorted((a, b) => a.y - b.y);
    sorted.forEach((one, k) => { if (k) one.y = Math.max(one.y, sorted[k - 1].y + SPACE); });
    sorted.toReversed().forEach((one, k, all) => { one.y = Math.min(one.y, (k ? all[k - 1].y : bottom + SPACE) - SPACE); });
    return sorted;
  }

  class Chart {
    constructor(stage, label, title, height) {
      Object.assign(this, { stage, title, height });
      this.plot = Interactive.steady(stage.plot({ label, height }));
      this.clip = `lab-clip-${++Chart.count}`;
    }

    /** lines：{points: [[週期, 值], …], colour, name, dash, faint}；level：{value, name} 一條橫線。 */
    draw({ lines, epochs, domain, level }) {
      const { plot, height } = this, { width } = plot;
      const x = d3.scaleLinear([0, Math.max(epochs, 2)], [MARGIN.left, Math.max(MARGIN.left + 60, width - MARGIN.right)]);
      const y = d3.scaleLinear(domain, [height - MARGIN.bottom, MARGIN.top]).nice(5);
      const framed = [x.domain(), x.range(), y.domain()].join();
      if (framed !== this.framed) this.drawFrame(x, y);
      this.framed = framed;
      const inside = keep(plot.g, "g", "inside").attr("clip-path", `url(#${this.clip})`);
      keep(inside, "line", "level").attr("display", level ? null : "none").attr("x1", x.range()[0]).attr("x2", x.range()[1])
        .attr("y1", y(level?.value ?? 0)).attr("y2", y(level?.value ?? 0));
      const path = d3.line(([epoch]) => x(epoch), ([, value]) => y(value)).defined(([, value]) => Number.isFinite(value));
      keep(inside, "g", "lines").selectAll("path").data(lines).join("path").attr("class", ({ faint }) => (faint ? "faint" : "line"))
        .attr("d", ({ points }) => path(points)).attr("stroke", ({ colour }) => colour).attr("stroke-dasharray", ({ dash }) => dash ?? null);
      this.label(lines, level, x, y);
    }

    /** 軸與框：範圍換了才重畫。 */
    drawFrame(x, y) {
      const { plot, stage } = this;
      const frame = keep(keep(plot.g, "clipPath", "clip").attr("id", this.clip), "rect", "frame");
      frame.attr("x", x.range()[0]).attr("y", y.range()[1]).attr("width", x.range()[1] - x.range()[0] + 4).attr("height", y.range()[0] - y.range()[1]);
      stage.axis(plot, x, { at: y.range()[0], title: "訓練週期", ticks: 6 });
      stage.axis(plot, y, { side: "left", at: x.range()[0], title: this.title, ticks: 5 });
    }

    label(lines, level, x, y) {
      const ends = lines.filter(({ points, name }) => name && points.length).map(({ points, colour, name }) => {
        const [, value] = points.at(-1);
        const [low, high] = y.domain(), off = value < low ? " ↓圖外" : value > high ? " ↑圖外" : "";
        return { y: y(value), colour, text: name(value) + off };
      });
      if (level) ends.push({ y: y(level.value), colour: this.stage.colours.muted, text: level.name });
      ends.forEach((one) => { one.y = Math.min(y.range()[0], Math.max(y.range()[1], one.y)); });
      keep(this.plot.g, "g", "ends").selectAll("text").data(spread(ends, y.range()[0])).join("text")
        .attr("x", x.range()[1] + 7).attr("y", (one) => one.y + 4).style("fill", ({ colour }) => colour).call(rewrite, ({ text }) => text);
    }
  }
  Chart.count = 0;

  class Curves {
    /** what 是一列是什麼。 */
    constructor(stage, what = "房子") {
      this.stage = stage;
      this.elbo = new Chart(stage, `ELBO 對訓練週期：訓練的${what}、留下的${what}，與不看編碼的線`, "ELBO（nats，越高越好）", 210);
      this.kl = new Chart(stage, "每個單元的 KL 對訓練週期", "每個單元的 KL（nats）", 180);
    }

    /** 圖在哪裡。 */
    get node() { return this.elbo.plot.svg.node().parentNode; }

    /** 換了才要重畫：多了一個週期、換了一次訓練、換了寬度。 */
    key(run, ghost) {
      return [run.number, run.rows.length, run.settings.epochs, ghost?.number, this.elbo.plot.width].join();
    }

    draw(run, ghost) {
      const noCode = -this.stage.data.no_code[run.settings.likelihood];
      const old = ghost?.settings.likelihood === run.settings.likelihood ? ghost : null; // 換了概似，ELBO 不能疊著比
      const epochs = Math.max(run.settings.epochs, run.rows.length, ghost?.rows.length ?? 0);
      this.drawElbo(run, old, noCode, epochs);
      this.drawKl(run, ghost, epochs);
    }

    drawElbo(run, ghost, noCode, epochs) {
      const { q, ink, muted } = this.stage.colours;
      const held = (one) => one.rows.map((row) => [row.epoch, -(row.valReconstruction + row.valKl)]);
      const train = (one) => one.rows.map((row) => [row.epoch, -(row.reconstruction + row.kl)]);
      const lines = [
        ...(ghost ? [{ points: held(ghost), colour: q, faint: true, dash: "4 3" }] : []),
        { points: train(run), colour: muted, name: (value) => `訓練 ${number(value, 1)}` },
        { points: held(run), colour: q, name: (value) => `留下 ${number(value, 1)}` },
      ];
      const ends = [train(run), held(run)].filter((points) => points.length > EARLY).map((points) => points.at(-1)[1]);
      const low = Math.max(LOWEST * -noCode, Math.min(noCode * (1 + BELOW), ...ends.filter(Number.isFinite).map((value) => value - 1))); // 跟著最後的值走
      const best = d3.max(lines.flatMap(({ points }) => points), ([, value]) => value) ?? noCode;
      this.elbo.draw({ lines, epochs, domain: [low, Math.max(best, noCode * 0.8)], level: { value: noCode, name: `不看編碼 ${number(noCode, 1)}` } });
    }

    drawKl(run, ghost, epochs) {
      const units = (one) => d3.range(one.settings.latent);
      const points = (one, k) => one.rows.map((row) => [row.epoch, row.valKlPerUnit[k]]);
      const lines = [
        ...(ghost ? units(ghost).map((k) => ({ points: points(ghost, k), colour: this.colour(k), faint: true, dash: "4 3" })) : []),
        ...units(run).map((k) => ({ points: points(run, k), colour: this.colour(k), name: (value) => `單元${"一二三"[k]} ${number(value, 2)}` })),
      ];
      const settled = lines.flatMap((line) => line.points.filter(([epoch]) => epoch > EARLY || line.points.length <= EARLY));
      const most = d3.max(settled, ([, value]) => value) ?? 0;
      this.kl.draw({ lines, epochs, domain: [0, Math.max(1, most)] });
    }

    colour(k) {
      const { good, p, noise } = this.stage.colours;
      return [good, p, noise][k];
    }
  }

  globalThis.Lab = { ...globalThis.Lab, Curves };
})();
