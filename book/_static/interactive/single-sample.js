/* 第 6 章：一次抽一個 z，看對數比的平均怎樣收斂到 KL，樣本變異數怎樣靠近公式。
 * 前幾百個雜訊由 Python 給，重來一遍完全相同；用完了才由固定種子的產生器接著抽。 */
Interactive.register("single-sample", (stage) => {
  "use strict";
  const { keep, number, normalDensity } = Interactive;
  const { noise: given, mean: mean0, std: std0, most } = stage.data;
  const { q: blue, p: orange, good: green, bad: red, muted } = stage.colours;
  const random = d3.randomNormal.source(d3.randomLcg(0.6))(0, 1);
  const noise = [...given, ...d3.range(Math.max(0, most - given.length)).map(() => random())];
  const LEFT = 44;

  stage.predict({
    question: "q 就是先驗（μ = 0、σ = 1）。抽一百個，對數比的平均會怎麼晃？",
    options: ["和別的 q 一樣晃", "晃得少一點", "完全不晃"],
    reveal: (chosen) => {
      mean.set(0);
      std.set(1);
      count.set(100);
      return `${chosen === "完全不晃" ? "對" : "完全不晃"}：q 與 p 處處相同，一百個對數比都是 ${number(d3.max(ratios(), Math.abs))}。` +
        "變異數不是 KL 的通病，是 q 離 p 多遠決定的。";
    },
  });
  const densities = stage.plot({ label: "q 與 p 的密度，以及剛抽到的 z", height: 190 });
  const settling = stage.plot({ label: "對數比的平均，隨個數變化", height: 230 });
  const spread = stage.plot({ label: "單一樣本的變異數，隨 σ² 變化", height: 230 });
  const mean = stage.slider({ label: "q 的平均 μ", key: "mu", min: -2, max: 2, step: 0.05, value: mean0 });
  const std = stage.slider({ label: "q 的標準差 σ", key: "sd", min: 0.2, max: 2, step: 0.05, value: std0 });
  const count = stage.slider({ label: "抽了幾個", key: "n", min: 1, max: most, step: 1, value: 1, digits: 0 });
  const placeMean = stage.handle(densities, mean, { colour: blue });
  const placeStd = stage.handle(densities, std, { colour: red, from: (z) => z - mean.value });
  for (const more of [1, 10, 100]) stage.button(`再抽 ${more} 個`, () => count.set(count.value + more));
  stage.button("回到開始", () => { mean.set(mean0); std.set(std0); count.set(1); });

  /** log q(z) − log p(z)，z = μ + σε。 */
  function ratios() {
    const [m, s] = [mean.value, std.value];
    return noise.slice(0, count.value).map((e) => 0.5 * ((m + s * e) ** 2 - e * e) - Math.log(s));
  }

  const kl = () => 0.5 * (mean.value ** 2 + std.value ** 2 - 1) - Math.log(std.value);
  const variance = (m = mean.value, v = std.value ** 2) => 0.5 * (v - 1) ** 2 + m * m * v;

  function label(plot, name, words, x, y, fill, anchor = "start") {
    keep(plot.g, "text", name).text(words).attr("x", x).attr("y", y).attr("text-anchor", anchor).style("fill", fill);
  }

  function drawDensities(values) {
    const [m, s] = [mean.value, std.value];
    const x = d3.scaleLinear([-6, 6], [8, densities.width - 8]);
    const y = d3.scaleLinear([0, 1.15 * normalDensity(0, 0, Math.min(s, 1))], [146, 8]);
    const grid = d3.range(-6, 6.001, 0.04);
    const bell = (name, centre, width, colour, opacity) => keep(densities.g, "path", name)
      .attr("d", d3.area().x(x).y0(y(0)).y1((z) => y(normalDensity(z, centre, width)))(grid))
      .attr("fill", colour).attr("fill-opacity", opacity).attr("stroke", colour).attr("stroke-width", 1.8);
    bell("p-curve", 0, 1, orange, 0);
    bell("q-curve", m, s, blue, 0.15);
    const drawn = noise.slice(0, count.value).map((e) => m + s * e);
    const newest = drawn.length - 1;
    keep(densities.g, "g", "drawn").selectAll("line").data(drawn).join("line").attr("x1", (z) => x(z)).attr("x2", (z) => x(z))
      .attr("y1", (_, i) => (i === newest ? y(0) - 34 : y(0) - 10)).attr("y2", y(0))
      .attr("stroke", (_, i) => (values[i] < 0 ? red : blue)).attr("stroke-width", (_, i) => (i === newest ? 3 : 1))
      .attr("stroke-opacity", (_, i) => (i === newest ? 1 : 0.35));
    label(densities, "newest", `z = ${number(drawn[newest])}，對數比 ${number(values[newest])}`, 8, 16, values[newest] < 0 ? red : blue);
    label(densities, "p-name", "先驗 p", x(-1.1) - 4, y(normalDensity(1.1)) - 4, orange, "end");
    label(densities, "q-name", "q", x(m + 1.4 * s) + 6, y(normalDensity(1.4) / s) - 6, blue);
    placeMean(x(m), y(normalDensity(m, m, s)), x);
    placeStd(x(m + s), y(normalDensity(m + s, m, s)), x);
    stage.axis(densities, x, { at: 150, title: "z（短線是抽到的，紅色的對數比是負的）", ticks: densities.width / 70 });
  }

  function drawSettling(values) {
    const [n, truth, deviation] = [values.length, kl(), Math.sqrt(variance())];
    const far = 2.6 * Math.max(deviation, 0.2);
    const x = d3.scaleLog([1, Math.max(100, n)], [LEFT, settling.width - 12]);
    const y = d3.scaleLinear([truth - far, truth + far], [180, 26]).clamp(true);
    const places = d3.range(0, Math.log(Math.max(100, n)) + 0.01, 0.05).map((t) => Math.min(Math.exp(t), Math.max(100, n)));
    keep(settling.g, "path", "band").attr("fill", green).attr("fill-opacity", 0.15)
      .attr("d", d3.area().x(x).y0((k) => y(truth - 2 * deviation / Math.sqrt(k))).y1((k) => y(truth + 2 * deviation / Math.sqrt(k)))(places));
    keep(settling.g, "line", "truth").attr("x1", LEFT).attr("x2", settling.width - 12).attr("y1", y(truth)).attr("y2", y(truth))
      .attr("stroke", green).attr("stroke-width", 1.5).attr("stroke-dasharray", "5 4");
    const running = Array.from(d3.cumsum(values), (sum, i) => sum / (i + 1));
    keep(settling.g, "g", "singles").selectAll("circle").data(values).join("circle").attr("cx", (_, i) => x(i + 1)).attr("cy", (value) => y(value))
      .attr("r", 2).attr("fill", (value) => (value < 0 ? red : muted)).attr("fill-opacity", 0.45);
    keep(settling.g, "path", "running").attr("d", d3.line().x((_, i) => x(i + 1)).y((value) => y(value))(running))
      .attr("fill", "none").attr("stroke", blue).attr("stroke-width", 2);
    keep(settling.g, "circle", "now").attr("cx", x(n)).attr("cy", y(running.at(-1))).attr("r", 5).attr("fill", blue);
    label(settling, "truth-name", `KL ${number(truth, 4)}`, LEFT + 6, y(truth) - 6, green);
    label(settling, "band-name", "真值 ± 2√(變異數/n)", x(3), y(truth - (2 * deviation) / Math.sqrt(3)) + 16, green);
    const right = x(n) < settling.width - 110;
    label(settling, "now-name", `平均 ${number(running.at(-1), 3)}`, x(n) + (right ? 8 : 0), y(running.at(-1)) - 16, blue, right ? "start" : "end");
    keep(settling.g, "g", "axis bottom").attr("transform", "translate(0,184)").attr("aria-hidden", "true")
      .call(d3.axisBottom(x).ticks(4, "d").tickSizeOuter(0));
    label(settling, "axis-name", "抽了幾個 n", settling.width - 12, 218, "currentColor", "end");
    stage.axis(settling, y, { side: "left", at: LEFT, title: "對數比（點是單一個，線是平均）", ticks: 5 });
    return running.at(-1);
  }

  function drawSpread(measured) {
    const v = std.value ** 2;
    const x = d3.scaleLinear([0, 4], [LEFT, spread.width - 12]);
    const y = d3.scaleLinear([0, Math.max(2, 1.1 * variance(mean.value, 4))], [180, 26]).clamp(true);
    keep(spread.g, "path", "formula").attr("d", d3.line().x(x).y((t) => y(variance(mean.value, t)))(d3.range(0, 4.001, 0.04)))
      .attr("fill", "none").attr("stroke", green).attr("stroke-width", 2);
    keep(spread.g, "circle", "predicted").attr("cx", x(v)).attr("cy", y(variance())).attr("r", 5).attr("fill", green);
    keep(spread.g, "circle", "measured").attr("cx", x(v)).attr("cy", y(measured ?? 0)).attr("r", 6).attr("fill", "none")
      .attr("stroke", blue).attr("stroke-width", 2.5).attr("display", measured === null ? "none" : null);
    const [side, anchor] = v < 2 ? [10, "start"] : [-10, "end"];
    label(spread, "predicted-name", `公式 ${number(variance(), 3)}`, x(v) + side, y(variance()) + (v < 2 ? 16 : 34), green, anchor);
    const near = measured !== null && Math.abs(y(measured) - y(variance())) < 18;
    label(spread, "measured-name", measured === null ? "" : `樣本 ${number(measured, 3)}`, x(v) + side, y(measured ?? 0) - (near ? 8 : -4), blue, anchor);
    stage.axis(spread, x, { at: 184, title: "σ²", ticks: 5 });
    stage.axis(spread, y, { side: "left", at: LEFT, title: "單一樣本的變異數", ticks: 5 });
  }

  stage.draw(() => {
    const values = ratios();
    const n = values.length;
    const measured = n > 1 ? d3.variance(values) : null;
    drawDensities(values);
    const average = drawSettling(values);
    drawSpread(measured);
    stage.say(
      `q = N(${number(mean.value)}, ${number(std.value)}²)，抽了 ${n} 個：對數比的平均是 ${number(average, 4)}（KL 的真值 ${number(kl(), 4)}），` +
      `照公式，${n} 個的平均晃 ${number(Math.sqrt(variance() / n), 4)}（標準差）。單一樣本的變異數，公式 ${number(variance(), 4)}，` +
      (measured === null ? "一個樣本還量不出來。" : `這些樣本 ${number(measured, 4)}。`) +
      `負的有 ${values.filter((value) => value < 0).length} 個。`,
    );
  });
});
