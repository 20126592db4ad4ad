/* 第 2 章：拖動 μ 與 σ，同一批雜訊 ε 變成的 z 跟著走；勾選「每次重抽」，點就到處跳，損失也不再平滑。 */
Interactive.register("reparameterization", (stage) => {
  "use strict";
  const { keep, number, normalDensity } = Interactive;
  const { noise: first, mean: mean0, std: std0 } = stage.data;
  const { q, p, noise: purple, bad, muted } = stage.colours;

  stage.predict({
    question: `每次都重抽雜訊，μ 由 ${number(mean0)} 挪到 ${number(mean0 + 0.05)}，平均損失的變化看得出斜率嗎？`,
    options: ["看得出", "看不出"],
    reveal: (chosen) => {
      const slope = 2 * mean0 * 0.05;
      const [before, fixed, redrawn] = [[mean0, 0], [mean0 + 0.05, 0], [mean0 + 0.05, 1]].map(([m, k]) => averageLoss(m, std0, drawn(k)));
      [batch, noise, trace] = [1, drawn(1), [[mean0, before], [mean0 + 0.05, redrawn]]];
      mu.set(mean0 + 0.05);
      sigma.set(std0);
      redraw.set(true);
      last = { mu: mu.value, sigma: sigma.value, redraw: true };
      const seen = Math.abs(redrawn - before - slope) < slope / 2;
      return `${(chosen === "看得出") === seen ? "對，" : ""}${seen ? "這一次看得出" : "看不出"}：斜率 2μ 說該多 ${number(slope)}，` +
        `雜訊固定的多了 ${number(fixed - before)}，重抽的卻變了 ${number(redrawn - before)}，全是換了一批樣本的緣故。`;
    },
  });
  const map = stage.plot({ label: "同一批雜訊從 N(0, 1) 搬到 N(μ, σ²)", height: 350 });
  const loss = stage.plot({ label: "損失 z² 的平均，隨 μ 變化", height: 210 });
  stage.sideBySide();
  const mu = stage.slider({ label: "平均 μ", key: "mu", min: -2, max: 3, step: 0.05, value: mean0 });
  const sigma = stage.slider({ label: "標準差 σ", key: "sigma", min: 0.5, max: 2.5, step: 0.05, value: std0 });
  const redraw = stage.checkbox({ label: "每次移動都重抽雜訊", key: "redraw" });
  const placeMu = stage.handle(map, mu, { colour: q });
  const placeSigma = stage.handle(map, sigma, { colour: p, from: (x) => x - mu.value });

  const marked = first.length - 1; // 紅點，最後才畫，不會被蓋住
  let batch = Math.round(stage.remembered("batch", [0, 1e6]) ?? 0); // 第幾批雜訊；第 0 批是 Python 交來的
  stage.remember("batch", () => batch, 0);
  let noise = drawn(batch);
  let trace = []; // 走過的 (μ, 平均損失)；σ 或雜訊換了就重來
  let last = {};
  stage.button("換一批雜訊", () => { renew(); trace = []; });
  stage.button("回到開始", () => { batch = 0; noise = first; trace = []; mu.set(mean0); sigma.set(std0); });

  /** 第 k 批雜訊：同樣的 k，同樣的數，連結才帶得回來。 */
  function drawn(k) {
    if (k === 0) return first;
    const random = d3.randomNormal.source(d3.randomLcg((0.618034 * k) % 1))(0, 1);
    return first.map(() => random());
  }

  function renew() {
    batch += 1;
    noise = drawn(batch);
  }

  function averageLoss(m, s, draws) {
    return d3.mean(draws, (e) => (m + s * e) ** 2);
  }

  function follow() {
    const moved = mu.value !== last.mu || sigma.value !== last.sigma;
    if (moved && redraw.checked && last.mu !== undefined) renew(); // 剛打開的那一次不算移動
    if (sigma.value !== last.sigma || redraw.checked !== last.redraw) trace = [];
    last = { mu: mu.value, sigma: sigma.value, redraw: redraw.checked };
    const codes = noise.map((e) => mu.value + sigma.value * e);
    const average = averageLoss(mu.value, sigma.value, noise);
    if (moved || !trace.length) trace.push([mu.value, average]);
    return { codes, average };
  }

  function curve(name, mean, std, x, y, colour) {
    const grid = d3.range(-8, 9.001, 0.05);
    const area = d3.area().x(x).y0(y(0)).y1((t) => y(normalDensity(t, mean, std)));
    keep(map.g, "path", name).attr("d", area(grid)).attr("fill", colour).attr("fill-opacity", 0.3);
  }

  function dots(name, values, x, y, colour) {
    keep(map.g, "g", name).selectAll("circle").data(values).join("circle")
      .attr("cx", x).attr("cy", y)
      .attr("r", (_, i) => (i === marked ? 5.5 : 3.5)).attr("fill", (_, i) => (i === marked ? bad : colour));
  }

  function label(plot, name, text, x, y, anchor = "start") {
    keep(plot.g, "text", name).text(text).attr("x", x).attr("y", y).attr("text-anchor", anchor);
  }

  function drawMap(codes) {
    const x = d3.scaleLinear([-8, 9], [8, map.width - 8]);
    const up = d3.scaleLinear([0, 0.8], [165, 20]);
    const down = d3.scaleLinear([0, 0.8], [230, 375]);
    curve("z-curve", mu.value, sigma.value, x, up, q);
    curve("e-curve", 0, 1, x, down, purple);
    keep(map.g, "g", "threads").selectAll("line").data(noise).join("line")
      .attr("x1", x).attr("y1", 230).attr("x2", (_, i) => x(codes[i])).attr("y2", 165)
      .attr("stroke", (_, i) => (i === marked ? bad : muted)).attr("stroke-width", (_, i) => (i === marked ? 2 : 0.8));
    dots("z-dots", codes, x, 165, q);
    dots("e-dots", noise, x, 230, purple);
    stage.axis(map, x, { at: 312, title: "數線上的位置", ticks: map.width / 60 });
    label(map, "z-name", "z = μ + σε", 8, 150);
    label(map, "e-name", "ε ~ N(0, 1)", 8, 252);
    const top = (t) => up(normalDensity(t, mu.value, sigma.value));
    placeMu(x(mu.value), top(mu.value), x);
    placeSigma(x(mu.value + sigma.value), top(mu.value + sigma.value), x);
    label(map, "mu-name", "μ", x(mu.value), top(mu.value) - 14, "middle");
    label(map, "sigma-name", "μ + σ", x(mu.value + sigma.value) + 14, top(mu.value + sigma.value) - 4);
  }

  function drawLoss() {
    const x = d3.scaleLinear([mu.min, mu.max], [36, loss.width - 12]);
    const y = d3.scaleLinear([0, 18], [165, 24]);
    const truth = d3.line().x(x).y((m) => y(m * m + sigma.value ** 2));
    const grid = d3.range(mu.min, mu.max + 0.01, 0.05);
    keep(loss.g, "path", "truth").attr("d", truth(grid)).attr("fill", "none")
      .attr("stroke", "currentColor").attr("stroke-dasharray", "5 4");
    keep(loss.g, "g", "trace").selectAll("circle").data(trace).join("circle")
      .attr("cx", ([m]) => x(m)).attr("cy", ([, value]) => y(Math.min(value, 18)))
      .attr("r", (_, i) => (i === trace.length - 1 ? 6 : 3)).attr("fill", q);
    stage.axis(loss, x, { at: 165, title: "μ" });
    stage.axis(loss, y, { side: "left", at: 36, title: "z² 的平均", ticks: 4 });
    label(loss, "truth-name", "期望值 μ² + σ²", x(mu.min) + 4, y(mu.min ** 2 + sigma.value ** 2) - 8);
  }

  stage.draw(() => {
    const { codes, average } = follow();
    drawMap(codes);
    drawLoss();
    stage.say(
      `μ = ${number(mu.value)}，σ = ${number(sigma.value)}。${codes.length} 個 z 的平均是 ${number(d3.mean(codes))}，` +
      `標準差 ${number(d3.deviation(codes))}；紅點 ε = ${number(noise[marked])} 走到 z = ${number(codes[marked])}。` +
      `損失 z² 的平均是 ${number(average)}（期望值 ${number(mu.value ** 2 + sigma.value ** 2)}），` +
      `對 μ 的路徑梯度平均是 ${number(2 * d3.mean(codes))}（真值 ${number(2 * mu.value)}）。` +
      (redraw.checked ? "每次移動都重抽雜訊。" : "雜訊固定不變。"),
    );
  });
});
