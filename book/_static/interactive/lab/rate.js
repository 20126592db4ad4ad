/* 實驗室的率失真平面：橫軸是率（KL），縱軸是失真（重建），都在留下的房子上量。
 * 灰點是書裡做完的訓練（stage.data.finished，每個 β 一次），方塊是不看編碼；這一次的點拖著走過的路，前一次是淡的虛線。 */
(function () {
  "use strict";
  const { keep, number } = Interactive;

  const MARGIN = { left: 38, right: 14, top: 24, bottom: 36 };
  const HEIGHT = 270;
  const [WIDEST, NARROWEST] = [1.1, 6]; // 橫軸比最大的率再寬一成，沒有做完的訓練就到 6
  const [ABOVE, BELOW] = [4, 2.5]; // nats：縱軸在不看編碼的上面、最好的重建的下面各留這麼多
  const WITHOUT = 0.6; // 沒有做完的訓練，縱軸到不看編碼的這麼多倍
  const CORNER = 90; // 像素：離左邊這麼近，算在左上角
  const TOGETHER = 16; // 點與點近到這麼多像素，β 寫在一起

  /** 由率小的到大的；太近的一群，β 寫在一起。寫在點的右上角；最左邊的一群上面有方塊的名字，寫在正右邊。「β＝」寫在右邊最空的那一個。 */
  function labels(points, x, y) {
    const found = [];
    for (const one of points) {
      const at = [x(one.rate), y(one.distortion)], last = found.at(-1);
      if (last && Math.hypot(at[0] - last.at[0], at[1] - last.at[1]) < TOGETHER) last.betas.push(one.beta);
      else found.push({ at, betas: [one.beta] });
    }
    const beside = (at) => (at[0] < x.range()[0] + TOGETHER ? [10, 5] : [6, -8]);
    const roomiest = d3.maxIndex(d3.pairs(found), ([a, b]) => b.at[0] - a.at[0]);
    return found.map(({ at, betas }, k) => ({ at, beside: beside(at), text: `${k === roomiest ? "β＝" : ""}${betas.toSorted((a, b) => a - b).join("、")}` }));
  }

  const ofRow = ({ valKl, valReconstruction }) => ({ rate: valKl, distortion: valReconstruction });
  const ofLast = ({ kl, reconstruction }) => ({ rate: kl, distortion: reconstruction });

  class RatePlane {
    constructor(stage) {
      this.stage = stage;
      this.finished = stage.data.finished;
      this.plot = Interactive.steady(stage.plot({ label: "率失真平面：這一次訓練的率（KL）與重建，和書裡做完的訓練比", height: HEIGHT }));
      this.note = stage.plots.append("p").attr("class", "lab-rate-note");
    }

    /** 做完的訓練用伯努利；換了概似，重建量的不是同一件事，就不畫。 */
    pointsFor({ settings }) {
      const { settings: theirs, points } = this.finished;
      return settings.likelihood === theirs.likelihood ? d3.sort(points, ({ rate }) => rate) : [];
    }

    get node() { return this.plot.svg.node(); }

    /** 換了才要重畫。 */
    key(run, ghost) {
      return [run.number, run.last.epoch, run.last.step, run.settings.beta, run.settings.epochs, ghost?.number, this.plot.width].join();
    }

    draw(run, ghost) {
      const corner = this.stage.data.no_code[run.settings.likelihood], points = this.pointsFor(run);
      const old = ghost?.settings.likelihood === run.settings.likelihood ? ghost : null;
      const [x, y] = this.scales(corner, points);
      const frame = [this.plot.width, corner, points.length].join();
      if (frame !== this.framed) this.drawStill(x, y, corner, points);
      this.framed = frame;
      this.drawTrail(keep(this.inside, "g", "before"), old, x, y);
      this.drawTrail(keep(this.inside, "g", "now"), run, x, y);
      this.drawHead(run, x, y);
      Interactive.rewrite(this.note, this.words(run, points));
    }

    scales(corner, points) {
      const most = d3.max(points, ({ rate }) => WIDEST * rate) ?? NARROWEST;
      const least = d3.min(points, ({ distortion }) => distortion - BELOW) ?? WITHOUT * corner;
      return [
        d3.scaleLinear([0, most], [MARGIN.left, this.plot.width - MARGIN.right]),
        d3.scaleLinear([least, corner + ABOVE], [HEIGHT - MARGIN.bottom, MARGIN.top]),
      ];
    }

    /** 不隨訓練動的：寬度或概似換了才重畫。 */
    drawStill(x, y, corner, points) {
      this.drawFrame(x, y, corner);
      this.drawFinished(points, x, y);
    }

    /** 框、不看編碼的方塊，與 ELBO 和它一樣的斜線。 */
    drawFrame(x, y, corner) {
      const { plot, stage } = this, [left, right] = x.range(), [bottom, top] = y.range();
      stage.axis(plot, x, { at: bottom, title: "率：KL 合計（nats）", ticks: 6 });
      stage.axis(plot, y, { side: "left", at: left, title: "失真：重建（nats，越低越好）", ticks: 5 });
      const clip = keep(keep(plot.g, "clipPath", "clip").attr("id", "lab-rate-clip"), "rect", "frame");
      clip.attr("x", left - 6).attr("y", top).attr("width", right - left + 6).attr("height", bottom - top);
      this.inside = keep(plot.g, "g", "inside").attr("clip-path", "url(#lab-rate-clip)");
      const end = x.domain()[1];
      keep(this.inside, "line", "level").attr("x1", left).attr("y1", y(corner)).attr("x2", right).attr("y2", y(corner - end));
      keep(this.inside, "rect", "corner").attr("x", left - 5).attr("y", y(corner) - 5).attr("width", 10).attr("height", 10);
      keep(plot.g, "text", "corner-name").text(`不看編碼 ${number(corner, 1)}`).attr("x", left + 9).attr("y", y(corner) - 8);
    }

    drawFinished(points, x, y) {
      const along = d3.line(({ rate }) => x(rate), ({ distortion }) => y(distortion));
      keep(this.inside, "path", "finished").attr("d", points.length ? along(points) : null);
      keep(this.inside, "g", "finished").selectAll("circle").data(points).join("circle").attr("r", 4)
        .attr("cx", ({ rate }) => x(rate)).attr("cy", ({ distortion }) => y(distortion));
      keep(this.plot.g, "g", "betas").selectAll("text").data(labels(points, x, y)).join("text").text(({ text }) => text)
        .attr("x", ({ at, beside }) => at[0] + beside[0]).attr("y", ({ at, beside }) => at[1] + beside[1]);
    }

    /** 一個週期一點連成的路，最後接到現在。 */
    drawTrail(group, run, x, y) {
      const points = run?.last ? [...run.rows.map(ofRow), ofLast(run.last)] : [];
      const along = d3.line(({ rate }) => x(rate), ({ distortion }) => y(distortion)).defined(({ rate, distortion }) => Number.isFinite(rate + distortion));
      keep(group, "path", "trail").attr("d", along(points));
      this.drawSteps(keep(group, "g", "steps"), points.slice(0, -1), [run?.number, x.range(), y.domain()].join(), x, y);
    }

    /** 一個週期一點，畫過就不動；換了一次訓練或換了比例，才全部重來。 */
    drawSteps(group, points, key, x, y) {
      if (group.property("key") !== key) group.property("key", key).selectAll("circle").remove();
      const drawn = group.node().childElementCount;
      group.selectAll(null).data(points.slice(drawn)).enter().append("circle").attr("r", 1.8)
        .attr("cx", ({ rate }) => x(rate)).attr("cy", ({ distortion }) => y(distortion));
    }

    /** 現在這一點；在框外就停在框邊，說在哪一邊。 */
    drawHead({ last, rows }, x, y) {
      const { rate, distortion } = ofLast(last), [left, right] = x.range(), [bottom, top] = y.range();
      const at = [Math.min(right, x(rate)), Math.min(bottom, Math.max(top, y(distortion)))];
      const off = `${x(rate) > right ? "→" : ""}${y(distortion) < top ? "↑" : ""}`;
      const cornered = at[0] < left + CORNER; // 左上角的字多，寫在右下；別處的路多半由右上進來，寫在左上
      const head = keep(this.plot.g, "g", "head").attr("display", Number.isFinite(rate + distortion) ? null : "none");
      keep(head, "circle", "dot").attr("r", 6).attr("cx", at[0]).attr("cy", at[1]);
      keep(head, "text", "head-name").text(`第 ${rows.length} 個週期${off ? `${off}圖外` : ""}`)
        .attr("text-anchor", cornered ? "start" : "end").attr("x", at[0] + (cornered ? 11 : -9)).attr("y", at[1] + (cornered ? 23 : at[1] < top + 20 ? 18 : -9));
    }

    /** 現在的兩個數，同樣的 β 做完的那一次，與兩邊設定的不同。 */
    words({ last, settings }, points) {
      const { rate, distortion } = ofLast(last), { settings: theirs } = this.finished;
      const now = `現在：率 ${number(rate)}，失真 ${number(distortion)} nats`;
      if (!points.length) return `${now}。換了概似，重建量的不是同一件事，第 7 章的訓練這裡不畫。`;
      const same = points.find(({ beta }) => beta === settings.beta);
      const names = Object.keys(theirs).filter((name) => name !== "likelihood");
      const other = Lab.settings.differences(theirs, settings, names).map(([name, book, here]) => `${name} ${here}（灰點是 ${book}）`);
      return `${now}${same ? `；第 7 章 β＝${same.beta} 做完是率 ${number(same.rate)}，失真 ${number(same.distortion)}` : ""}。` +
        `灰點是第 7 章做完的訓練，留下同樣的 ${this.finished.held} 棟，旁邊的數是 β。斜線以下才比不看編碼好。` +
        (other.length ? `這一次設定不同，不必落在灰點上：${other.join("；")}。` : "");
    }
  }

  globalThis.Lab = { ...globalThis.Lab, RatePlane };
})();
