/* 第 4 章：拖動相關係數 ρ，影子（邊際分布）不動，點雲變扁；各維的 KL 相加不變，真正的 KL 多出總相關。 */
Interactive.register("covariance", (stage) => {
  "use strict";
  const { keep, number, normalDensity } = Interactive;
  const { noise, rho: rho0, choices } = stage.data; // choices：[{ name, mean: [2], variance: [2] }, …]
  const { q: blue, p: orange, bad, muted } = stage.colours;
  const LIMIT = 0.995;
  const RADIUS = Math.sqrt(-2 * Math.log(0.05)); // 二維標準常態 95% 的半徑

  stage.predict({
    question: "ρ 由 0 拉到 0.9，兩個影子會變窄嗎？",
    options: ["會", "不會"],
    reveal: (chose) => {
      rho.set(0.9);
      return `${chose === "不會" ? "對，不會" : "不會"}：點雲變扁，影子不動，各維相加也不動；真正的 KL 卻多出 ${number(totalCorrelation(0.9), 4)} nats。`;
    },
  });
  const plane = stage.plot({ label: "q 的點雲、95% 等高線與兩個影子", height: 380 });
  const prices = stage.plot({ label: "各維相加與真正的 KL，隨 ρ 變化", height: 230 });
  stage.sideBySide();
  const rho = stage.slider({ label: "相關係數 ρ", key: "rho", min: -LIMIT, max: LIMIT, step: 0.005, value: rho0, digits: 3 });
  const place = stage.handle(prices, rho, { colour: blue });
  let chosen = choices[Math.round(stage.remembered("shape", [0, choices.length - 1]) ?? 0)];
  stage.remember("shape", () => choices.indexOf(chosen), 0);
  for (const choice of choices) stage.button(choice.name, () => { chosen = choice; });
  stage.button("ρ = 0", () => rho.set(0));

  const totalCorrelation = (r) => -0.5 * Math.log(1 - r * r);
  const summed = () => d3.sum(chosen.mean, (m, i) => 0.5 * (m * m + chosen.variance[i] - 1 - Math.log(chosen.variance[i])));

  /** z = μ + Lε，L 是 Σ 的下三角分解：同一批雜訊，ρ 只改變搭配。 */
  function move([e1, e2]) {
    const [s1, s2] = chosen.variance.map(Math.sqrt);
    const second = rho.value * e1 + Math.sqrt(1 - rho.value ** 2) * e2;
    return [chosen.mean[0] + s1 * e1, chosen.mean[1] + s2 * second];
  }

  function circle(radius) {
    return d3.range(0, 2 * Math.PI + 0.01, Math.PI / 60).map((t) => [radius * Math.cos(t), radius * Math.sin(t)]);
  }

  function label(plot, name, words, x, y, fill, anchor = "start") {
    keep(plot.g, "text", name).text(words).attr("x", x).attr("y", y).attr("text-anchor", anchor).style("fill", fill);
  }

  function drawPlane() {
    const side = Math.min(plane.width - 90, 300);
    const [left, top, range] = [(plane.width - side) / 2, 40, 6];
    plane.svg.attr("height", top + side + 44);
    const x = d3.scaleLinear([-range, range], [left, left + side]);
    const y = d3.scaleLinear([-range, range], [top + side, top]);
    const outline = d3.line().x(([a]) => x(a)).y(([, b]) => y(b));
    const path = (name, points, stroke, dash) => keep(plane.g, "path", name).attr("d", outline(points))
      .attr("fill", "none").attr("stroke", stroke).attr("stroke-width", 1.8).attr("stroke-dasharray", dash);
    keep(plane.g, "g", "dots").selectAll("circle").data(noise.map(move)).join("circle")
      .attr("cx", ([a]) => x(a)).attr("cy", ([, b]) => y(b)).attr("r", 2).attr("fill", blue).attr("fill-opacity", 0.5);
    path("prior", circle(RADIUS), orange, "5 4");
    path("ellipse", circle(RADIUS).map(move), blue, null);
    const grid = d3.range(-range, range + 0.01, 0.1);
    const [m, s] = [chosen.mean, chosen.variance.map(Math.sqrt)];
    const shadow = (name, line, values) => keep(plane.g, "path", name).attr("d", line(values))
      .attr("fill", blue).attr("fill-opacity", 0.25).attr("stroke", blue);
    shadow("shadow-1", d3.area().x(x).y0(top).y1((t) => top - 42 * normalDensity(t, m[0], s[0])), grid);
    shadow("shadow-2", d3.area().y(y).x0(left + side).x1((t) => left + side + 42 * normalDensity(t, m[1], s[1])), grid);
    stage.axis(plane, x, { at: top + side, title: "z₁", ticks: 5 });
    stage.axis(plane, y, { side: "left", at: left, ticks: 5 });
    label(plane, "second", "z₂", left + 6, top + 14, muted);
    label(plane, "prior-name", "先驗 95%", left + 6, top + side - 8, orange);
    label(plane, "q-name", "q 95%", left + side - 6, top + side - 8, blue, "end");
  }

  function drawPrices() {
    const x = d3.scaleLinear([-1, 1], [40, prices.width - 16]);
    const base = summed();
    const y = d3.scaleLinear([-0.5, base + 2.6], [180, 34]); // 虛線下面留給它的名字
    const grid = d3.range(-LIMIT, LIMIT + 0.001, 0.005);
    const line = d3.line().x(x).y((r) => y(base + totalCorrelation(r)));
    keep(prices.g, "path", "truth").attr("d", line(grid)).attr("fill", "none").attr("stroke", blue).attr("stroke-width", 2);
    keep(prices.g, "line", "sum").attr("x1", x(-1)).attr("x2", x(1)).attr("y1", y(base)).attr("y2", y(base))
      .attr("stroke", bad).attr("stroke-width", 2).attr("stroke-dasharray", "5 4");
    keep(prices.g, "line", "missing").attr("x1", x(rho.value)).attr("x2", x(rho.value)).attr("y1", y(base))
      .attr("y2", y(base + totalCorrelation(rho.value))).attr("stroke", muted).attr("stroke-width", 2);
    stage.axis(prices, x, { at: 180, title: "ρ" });
    stage.axis(prices, y, { side: "left", at: 40, title: "nats", ticks: 5 });
    label(prices, "sum-name", "各維相加", x(0), y(base) + 17, bad, "middle");
    label(prices, "truth-name", "真正的 KL", x(rho.value > 0 ? -0.4 : 0.4), y(base + 0.9), blue, "middle");
    const [side, anchor] = rho.value > 0 ? [-8, "end"] : [8, "start"];
    const missing = totalCorrelation(rho.value);
    label(prices, "missing-name", missing > 0.3 ? `總相關 ${number(missing, 4)}` : "", x(rho.value) + side, y(base + missing / 2) + 4, muted, anchor);
    place(x(rho.value), y(base + totalCorrelation(rho.value)), x);
  }

  stage.draw(() => {
    drawPlane();
    drawPrices();
    const [sum, tc] = [summed(), totalCorrelation(rho.value)];
    stage.say(
      `${chosen.name}，ρ = ${number(rho.value, 3)}：各維的 KL 相加是 ${number(sum, 4)} nats，真正的 KL 是 ${number(sum + tc, 4)} nats，` +
      `相差的總相關 −½ log(1 − ρ²) 是 ${number(tc, 4)}。` +
      (Math.abs(rho.value) < 0.003 ? "兩維獨立，相加是對的。" : "兩個影子都沒有變，只看影子看不出差別。"),
    );
  });
});
