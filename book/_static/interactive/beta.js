/* 第 7 章：拖動 β，看潛在平面、每個單元的 KL 與 R²；每個 β 是一次事先做好的訓練。 */
Interactive.register("beta", (stage) => {
  "use strict";
  const { keep, number } = Interactive;
  const { runs, log_price: price, price_range: range } = stage.data;
  const { q: blue, good: green, p: orange, muted, ink } = stage.colours;
  const LIMIT = 4; // 座標軸固定；自動縮放會讓崩塌的編碼看起來也有意義
  const START = runs.findIndex((run) => run.beta === 1);
  const colour = d3.scaleSequential(d3.interpolateViridis).domain(range).clamp(true);
  const last = runs.length - 1;

  const plane = stage.plot({ label: "潛在平面：每棟房子的平均編碼，顏色是房價", height: 340 });
  const curves = stage.plot({ label: "每個單元的 KL，隨 β 變化", height: 190 });
  const scores = stage.plot({ label: "由編碼看房價的 R²，隨 β 變化", height: 190 });
  stage.sideBySide();
  const slider = stage.slider({
    label: "KL 權重 β", key: "run", min: 0, max: last, step: 1, value: START, format: (i) => `β = ${runs[i].beta}`,
  });
  stage.button("回到 β = 1", () => slider.set(START));

  function label(plot, name, words, x, y, fill, anchor = "start") {
    keep(plot.g, "text", name).text(words).attr("x", x).attr("y", y).attr("text-anchor", anchor).style("fill", fill);
  }

  function drawPlane(run) {
    const side = Math.min(plane.width - 60, 290);
    plane.svg.attr("height", side + 50);
    const left = (plane.width - side) / 2;
    const x = d3.scaleLinear([-LIMIT, LIMIT], [left, left + side]);
    const y = d3.scaleLinear([-LIMIT, LIMIT], [10 + side, 10]);
    for (const share of [0.5, 0.95]) {
      keep(plane.g, "circle", `prior-${share * 100}`).attr("cx", x(0)).attr("cy", y(0))
        .attr("r", x(Math.sqrt(-2 * Math.log(1 - share))) - x(0))
        .attr("fill", "none").attr("stroke", orange).attr("stroke-dasharray", "5 4");
    }
    keep(plane.g, "g", "dots").selectAll("circle").data(run.codes).join("circle")
      .attr("cx", ([a]) => x(a)).attr("cy", ([, b]) => y(b)).attr("r", 2.5)
      .attr("fill", (_, i) => colour(price[i])).attr("fill-opacity", 0.8).attr("stroke", (_, i) => stage.edge(colour(price[i])));
    stage.axis(plane, x, { at: 10 + side, title: "單元一", ticks: 5 });
    stage.axis(plane, y, { side: "left", at: left, ticks: 5 });
    label(plane, "second", "單元二", left + 6, 20, muted);
    label(plane, "prior", "先驗 50%、95%", left + side, 20, orange, "end");
  }

  function line(plot, name, values, x, y, stroke) {
    keep(plot.g, "path", name).attr("d", d3.line().x((_, i) => x(i)).y(y)(values)).attr("fill", "none")
      .attr("stroke", stroke).attr("stroke-width", 1.8);
    keep(plot.g, "circle", `${name}-now`).attr("cx", x(slider.value)).attr("cy", y(values[slider.value]))
      .attr("r", 6).attr("fill", stroke);
  }

  /** 名字寫在線的上面，第六個 β 的地方。 */
  function nameAt(plot, kind, name, values, x, y, fill) {
    const at = Math.min(5, last);
    label(plot, `name-${kind}`, name, x(at), y(values[at]) - 8, fill);
  }

  /** 橫軸是第幾個 β，間隔相等：β 由 0.25 到 20，照比例畫會擠成一團。 */
  function frame(plot, domain, title) {
    const x = d3.scaleLinear([0, last], [40, plot.width - 16]);
    const y = d3.scaleLinear(domain, [140, 30]);
    keep(plot.g, "line", "now").attr("x1", x(slider.value)).attr("x2", x(slider.value)).attr("y1", 30).attr("y2", 140)
      .attr("stroke", ink).attr("stroke-dasharray", "2 3");
    stage.axis(plot, y, { side: "left", at: 40, title, ticks: 4 });
    const group = keep(plot.g, "g", "betas").attr("aria-hidden", "true");
    group.selectAll("text").data(runs).join("text").text((run, i) => (plot.width < 480 && i % 2 ? "" : run.beta))
      .attr("x", (_, i) => x(i)).attr("y", 158).attr("text-anchor", "middle").style("font-size", "12px");
    label(plot, "axis-name", "β", plot.width - 4, 174, ink, "end");
    return [x, y];
  }

  function drawCurves() {
    const [x, y] = frame(curves, [0, 3.2], "每個單元的 KL（nats）");
    [blue, green].forEach((stroke, unit) => line(curves, `kl-${unit}`, runs.map((run) => run.kl[unit]), x, y, stroke));
    nameAt(curves, "one", "單元一", runs.map((run) => run.kl[0]), x, y, blue);
    const left = Math.min(3, last); // 這條線降得快，名字寫在左下
    label(curves, "name-two", "單元二", x(left) - 8, y(runs[left].kl[1]) + 12, green, "end");
  }

  function drawScores() {
    const [x, y] = frame(scores, [-0.6, 0.8], "由編碼看房價的 R²");
    line(scores, "r2", runs.map((run) => Math.max(run.r2, -0.6)), x, y, blue);
    line(scores, "shuffled", runs.map((run) => run.r2_shuffled), x, y, muted);
    nameAt(scores, "r2", "R²", runs.map((run) => Math.max(run.r2, -0.6)), x, y, blue);
    nameAt(scores, "shuffled", "打亂房價", runs.map((run) => run.r2_shuffled), x, y, muted);
  }

  stage.draw(() => {
    const run = runs[slider.value];
    drawPlane(run);
    drawCurves();
    drawScores();
    const state = ["全部崩塌：點都縮在原點", "只剩一個單元：點排成一條線", "兩個單元都活著"][run.active];
    stage.say(
      `β = ${run.beta}：${state}。兩個單元的 KL 是 ${number(run.kl[0], 3)} 與 ${number(run.kl[1], 3)} nats，` +
      `重建誤差 ${number(run.reconstruction, 1)} nats。R² 是 ${number(run.r2)}，打亂房價是 ${number(run.r2_shuffled)}。` +
      (run.active === 0 ? "這時的 R² 沒有意義：找鄰居不看尺度，解碼器讀到的只有雜訊。" : ""),
    );
  });
});
