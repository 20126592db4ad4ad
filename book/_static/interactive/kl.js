/* 第 3 章：拖動 μ 與 σ，看兩個方向的被積函數與淨面積；「鏡像」把兩個答案對調。 */
Interactive.register("kl", (stage) => {
  "use strict";
  const { keep, number, normalDensity } = Interactive;
  const { mean: mean0, std: std0 } = stage.data;
  const { q: blue, p: orange, muted, bad } = stage.colours;
  const grid = d3.range(-7.5, 7.501, 0.05);
  const RANGE = [grid[0], grid.at(-1)];
  const LEFT = 34; // 左邊留給縱軸的數字

  stage.predict({
    question: "q 比 p 窄的時候，照誰平均的 KL 比較大？",
    options: ["照 q", "照 p"],
    reveal: (chosen) => {
      mu.set(0);
      sigma.set(0.5);
      return `${chosen === "照 p" ? "對，照 p" : "照 p"}：σ = 0.50 時照 q 平均 ${number(klToStandardNormal(0, 0.5), 4)}，` +
        `照 p 平均 ${number(klToStandardNormal(0, 2), 4)}；p 常去的兩側，q 給的密度小得離譜。`;
    },
  });
  const densities = stage.plot({ label: "q 與 p 的密度", height: 190 });
  const forward = stage.plot({ label: "照 q 平均的被積函數 q log(q/p)", height: 165 });
  const reverse = stage.plot({ label: "照 p 平均的被積函數 p log(p/q)", height: 200 });
  const mu = stage.slider({ label: "q 的平均 μ", key: "mu", min: -2.5, max: 2.5, step: 0.05, value: mean0, beyond: [-6.25, 6.25] });
  const sigma = stage.slider({ label: "q 的標準差 σ", key: "sigma", min: 0.4, max: 2.5, step: 0.05, value: std0 });
  const placeMu = stage.handle(densities, mu, { colour: blue });
  const placeSigma = stage.handle(densities, sigma, { colour: bad, from: (x) => x - mu.value });
  stage.button("鏡像：換成 (−μ/σ, 1/σ)", () => {
    const mirrored = [-mu.value / sigma.value, 1 / sigma.value];
    mu.setExact(mirrored[0]); // 停在格子上，兩個答案就不會正好對調
    sigma.setExact(mirrored[1]);
  });
  stage.button("q = p", () => { mu.set(0); sigma.set(1); });
  stage.button("回到開始", () => { mu.set(mean0); sigma.set(std0); });

  const klToStandardNormal = (m, s) => 0.5 * (m * m + s * s - 1 - 2 * Math.log(s));
  const logDensity = (z, m, s) => -0.5 * ((z - m) / s) ** 2 - Math.log(s); // 少了 −½ log 2π，相減時消去

  function integrands() {
    const [m, s] = [mu.value, sigma.value];
    const ratio = (z) => logDensity(z, m, s) - logDensity(z, 0, 1);
    return [
      grid.map((z) => normalDensity(z, m, s) * ratio(z)),
      grid.map((z) => -normalDensity(z, 0, 1) * ratio(z)),
    ];
  }

  function text(plot, name, words, x, y, colour, anchor = "start") {
    keep(plot.g, "text", name).text(words).attr("x", x).attr("y", y).attr("text-anchor", anchor)
      .style("fill", colour);
  }

  function bell(name, m, s, x, y, colour) {
    const area = d3.area().x(x).y0(y(0)).y1((z) => y(normalDensity(z, m, s)));
    keep(densities.g, "path", name).attr("d", area(grid)).attr("fill", colour).attr("fill-opacity", 0.22)
      .attr("stroke", colour).attr("stroke-width", 1.5);
  }

  function drawDensities(x) {
    const peak = normalDensity(0, 0, Math.min(sigma.value, 1));
    const y = d3.scaleLinear([0, 1.1 * peak], [180, 34]);
    bell("p-curve", 0, 1, x, y, orange);
    bell("q-curve", mu.value, sigma.value, x, y, blue);
    text(densities, "q-name", `q = N(${number(mu.value)}, ${number(sigma.value)}²)`, 8, 16, blue);
    text(densities, "p-name", "p = N(0, 1)", 8, 34, orange);
    const top = y(normalDensity(mu.value, mu.value, sigma.value));
    const side = y(normalDensity(mu.value + sigma.value, mu.value, sigma.value));
    placeMu(x(mu.value), top, x);
    placeSigma(x(mu.value + sigma.value), side, x);
    text(densities, "mu-name", "μ", x(mu.value), top - 14, blue, "middle");
    text(densities, "sigma-name", "μ + σ", x(mu.value + sigma.value) + 14, side + 4, bad);
  }

  function drawIntegrand(plot, values, x, domain, colour, title, value) {
    const y = d3.scaleLinear(domain, [158, 26]);
    const shade = (keepSign) => d3.area().x((_, i) => x(grid[i])).y0(y(0)).y1((v) => y(keepSign(v, 0)))(values);
    keep(plot.g, "path", "plus").attr("d", shade(Math.max)).attr("fill", colour).attr("fill-opacity", 0.4);
    keep(plot.g, "path", "minus").attr("d", shade(Math.min)).attr("fill", muted).attr("fill-opacity", 0.45);
    keep(plot.g, "path", "curve").attr("d", d3.line().x((_, i) => x(grid[i])).y(y)(values))
      .attr("fill", "none").attr("stroke", colour).attr("stroke-width", 1.5);
    keep(plot.g, "line", "zero").attr("x1", x(RANGE[0])).attr("x2", x(RANGE[1])).attr("y1", y(0)).attr("y2", y(0))
      .attr("stroke", muted).attr("stroke-width", 0.8);
    stage.axis(plot, y, { side: "left", at: LEFT, ticks: 3 });
    text(plot, "title", `${title}，淨面積 ${number(value, 4)}`, 8, 16, colour);
  }

  stage.draw(() => {
    const x = d3.scaleLinear(RANGE, [LEFT, densities.width - 8]);
    const [byQ, byP] = integrands();
    // 兩張圖用同一個縱軸，面積才能互相比較。
    const domain = [Math.min(-0.2, ...byQ, ...byP), Math.max(0.45, ...byQ, ...byP)];
    const toPrior = klToStandardNormal(mu.value, sigma.value);
    const fromPrior = klToStandardNormal(-mu.value / sigma.value, 1 / sigma.value);
    drawDensities(x);
    drawIntegrand(forward, byQ, x, domain, blue, "照 q 平均 q log(q/p)", toPrior);
    drawIntegrand(reverse, byP, x, domain, orange, "照 p 平均 p log(p/q)", fromPrior);
    stage.axis(reverse, x, { at: 162, title: "z", ticks: reverse.width / 60 });
    const larger = Math.abs(toPrior - fromPrior) < 5e-5 ? "兩個方向相同"
      : `照 ${toPrior > fromPrior ? "q" : "p"} 平均的比較大`;
    stage.say(
      `q 的平均 μ = ${number(mu.value)}，標準差 σ = ${number(sigma.value)}；p 是 N(0, 1)。` +
      `照 q 平均，D(q‖p) = ${number(toPrior, 4)} nats；照 p 平均，D(p‖q) = ${number(fromPrior, 4)} nats。${larger}。`,
    );
  });
});
