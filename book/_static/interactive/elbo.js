/* 第 5 章：拖動 q 與解碼器的 θ，看 −ELBO 的兩種拆法一樣長，看 q 的下界在哪裡碰到 log p(x)。
 * 模型：z ~ N(0, 1)，x = z + θ + N(0, 1)，看到的 x 由 Python 給；q = N(m, σ²)。全部是封閉形式。 */
Interactive.register("elbo", (stage) => {
  "use strict";
  const { keep, number, normalDensity } = Interactive;
  const { x: seen } = stage.data;
  const { q: blue, p: orange, good: green, bad: red, data: sky, muted } = stage.colours;
  const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);
  const NARROW = Math.sqrt(0.5); // 後驗的標準差，與 θ 無關
  const LEFT = 40;

  stage.predict({
    question: "q 不動，只移 θ，讓 ELBO 變大。log p(x) 一定跟著變大嗎？",
    options: ["一定", "不一定"],
    reveal: (chosen) => {
      set(1, NARROW, 1);
      const before = parts();
      set(1, NARROW, 0);
      const after = parts();
      return `${chosen === "不一定" ? "對" : "不一定"}：把 q 放在 N(1, ½)，θ 由 1 移到 0，ELBO 由 ${number(before.elbo)} 升到 ${number(after.elbo)}，` +
        `log p(x) 卻由 ${number(before.evidence)} 降到 ${number(after.evidence)}。上升的全是差額縮短：後驗移過來，變得像 q。`;
    },
  });
  const bars = stage.plot({ label: "−ELBO 的兩種拆法", height: 124 });
  const densities = stage.plot({ label: "q 與後驗的密度", height: 210 });
  const bounds = stage.plot({ label: "log p(x) 與 q 的下界，隨 θ 變化", height: 250 });
  const mean = stage.slider({ label: "q 的平均 m", key: "m", min: -1, max: 2, step: 0.05, value: 0 });
  const std = stage.slider({ label: "q 的標準差 σ", key: "sd", min: 0.2, max: 1.6, step: 0.05, value: 1 });
  const shift = stage.slider({ label: "解碼器的 θ", key: "theta", min: -1, max: 2.5, step: 0.05, value: 0 });
  const placeMean = stage.handle(densities, mean, { colour: blue });
  const placeStd = stage.handle(densities, std, { colour: red, from: (z) => z - mean.value });
  const placeShift = stage.handle(bounds, shift, { colour: green });
  stage.button("q 換成後驗", () => step("q 換成後驗", () => { mean.setExact((seen - shift.value) / 2); std.setExact(NARROW); }));
  stage.button("θ 移到下界的最高點", () => step("θ 移到下界的最高點", () => shift.setExact(seen - mean.value)));
  stage.button("回到開始", () => { mean.set(0); std.set(1); shift.set(0); });

  let last = null; // 剛按的那一步：做了什麼、前後各是多少
  function step(name, move) {
    const before = parts();
    move();
    last = { name, before, after: parts() };
  }

  function set(m, s, theta) {
    mean.setExact(m);
    std.setExact(s);
    shift.setExact(theta);
  }

  function parts(theta = shift.value) {
    const [m, v] = [mean.value, std.value ** 2];
    const reconstruction = HALF_LOG_2PI + 0.5 * ((seen - theta - m) ** 2 + v);
    const toPrior = 0.5 * (m * m + v - 1 - Math.log(v));
    const elbo = -reconstruction - toPrior;
    const evidence = logEvidence(theta);
    return { reconstruction, toPrior, elbo, evidence, gap: Math.max(0, evidence - elbo) };
  }

  /** x ~ N(θ, 2)。 */
  function logEvidence(theta) {
    return -HALF_LOG_2PI - 0.5 * Math.log(2) - (seen - theta) ** 2 / 4;
  }

  function label(plot, name, words, x, y, fill, anchor = "start") {
    keep(plot.g, "text", name).text(words).attr("x", x).attr("y", y).attr("text-anchor", anchor).style("fill", fill);
  }

  /** 一列：上面一行字（每一段的名字與數字是那一段的顏色），下面是接起來的橫條。 */
  function row(name, top, scale, pieces) {
    const words = keep(bars.g, "text", `${name}-words`).attr("x", 8).attr("y", top + 12);
    words.selectAll("tspan").data(pieces).join("tspan").text(({ text }, i) => (i ? ` ＋ ${text}` : text)).style("fill", ({ fill }) => fill);
    let start = 0;
    for (const [i, { value, fill }] of pieces.entries()) {
      keep(bars.g, "rect", `${name}-${i}`).attr("x", scale(start)).attr("y", top + 18).attr("height", 22)
        .attr("width", Math.max(0, scale(start + value) - scale(start))).attr("fill", fill);
      start += value;
    }
  }

  function drawBars({ reconstruction, toPrior, evidence, gap, elbo }) {
    const scale = d3.scaleLinear([0, Math.max(3, -1.05 * elbo)], [8, bars.width - 8]);
    row("meaning", 0, scale, [
      { text: `−log p(x) ${number(-evidence, 3)}`, value: -evidence, fill: green },
      { text: `對後驗的 KL ${number(gap, 3)}（差額）`, value: gap, fill: red },
    ]);
    row("training", 50, scale, [
      { text: `重建 ${number(reconstruction, 3)}`, value: reconstruction, fill: sky },
      { text: `對先驗的 KL ${number(toPrior, 3)}`, value: toPrior, fill: orange },
    ]);
    keep(bars.g, "line", "total").attr("x1", scale(-elbo)).attr("x2", scale(-elbo)).attr("y1", 14).attr("y2", 98)
      .attr("stroke", blue).attr("stroke-width", 2);
    const words = `兩列都是 −ELBO ＝ ${number(-elbo, 3)}`;
    label(bars, "total-name", words, Math.min(scale(-elbo) + 4, bars.width - 4), 114, blue, "end");
  }

  function drawDensities() {
    const [m, s, centre] = [mean.value, std.value, (seen - shift.value) / 2];
    const x = d3.scaleLinear([-3.5, 4], [8, densities.width - 8]);
    const y = d3.scaleLinear([0, 1.12 * normalDensity(0, 0, Math.min(s, NARROW))], [160, 8]);
    const grid = d3.range(-3.5, 4.001, 0.03);
    const curve = (name, centred, spread, colour, dash, opacity) => keep(densities.g, "path", name)
      .attr("d", d3.area().x(x).y0(y(0)).y1((z) => y(normalDensity(z, centred, spread)))(grid))
      .attr("fill", colour).attr("fill-opacity", opacity).attr("stroke", colour).attr("stroke-width", 1.8).attr("stroke-dasharray", dash);
    curve("prior", 0, 1, orange, "5 4", 0);
    curve("posterior", centre, NARROW, green, null, 0);
    curve("q", m, s, blue, null, 0.2);
    const at = (z, centred, spread) => y(normalDensity(z, centred, spread));
    label(densities, "prior-name", "先驗", x(-1.35) - 4, at(-1.35, 0, 1), orange, "end");
    label(densities, "posterior-name", "後驗", x(centre + 0.5) + 6, at(centre + 0.5, centre, NARROW) - 4, green);
    label(densities, "q-name", "q", x(m - 0.8 * s) - 6, at(m - 0.8 * s, m, s) - 4, blue, "end");
    placeMean(x(m), at(m, m, s), x);
    placeStd(x(m + s), at(m + s, m, s), x);
    label(densities, "mean-name", "m", x(m), at(m, m, s) + 26, blue, "middle");
    label(densities, "std-name", "m + σ", x(m + s) + 14, at(m + s, m, s) + 14, red);
    stage.axis(densities, x, { at: 164, title: "等級 z", ticks: densities.width / 70 });
  }

  function drawBounds(now) {
    const floor = -3.4;
    const x = d3.scaleLinear([shift.min, shift.max], [LEFT, bounds.width - 12]);
    const y = d3.scaleLinear([floor, -1.1], [200, 24]);
    const grid = d3.range(shift.min, shift.max + 0.001, 0.02);
    const curve = (name, values, colour) => keep(bounds.g, "path", name).attr("d", d3.line().x(([t]) => x(t)).y(([, v]) => y(v))
      .defined(([, v]) => v >= floor)(grid.map((t) => [t, values(t)]))).attr("fill", "none").attr("stroke", colour).attr("stroke-width", 2);
    curve("evidence", logEvidence, green);
    curve("bound", (t) => parts(t).elbo, blue);
    const top = seen - mean.value; // 下界最高的 θ
    const highest = parts(top).elbo;
    keep(bounds.g, "circle", "highest").attr("cx", x(top)).attr("cy", y(Math.max(highest, floor))).attr("r", 4).attr("fill", blue);
    label(bounds, "bound-name", "這個 q 的下界", x(top), Math.min(y(highest), 178) + 20, blue, top < 0 ? "start" : top > 1.5 ? "end" : "middle");
    label(bounds, "evidence-name", "log p(x)", x(shift.max), y(logEvidence(shift.max)) - 24, green, "end");
    const bottom = Math.max(now.elbo, floor);
    keep(bounds.g, "line", "gap").attr("x1", x(shift.value)).attr("x2", x(shift.value)).attr("y1", y(now.evidence)).attr("y2", y(bottom))
      .attr("stroke", red).attr("stroke-width", 3);
    const edge = shift.value < -0.4 ? "start" : shift.value > 2 ? "end" : "middle";
    label(bounds, "gap-name", `差額 ${number(now.gap, 3)}`, x(shift.value), y(now.evidence) - (edge === "middle" ? 16 : 30), red, edge);
    placeShift(x(shift.value), y(now.evidence), x);
    stage.axis(bounds, x, { at: 204, title: "解碼器的 θ", ticks: bounds.width / 70 });
    stage.axis(bounds, y, { side: "left", at: LEFT, title: "nats", ticks: 5 });
    keep(bounds.g, "line", "best").attr("x1", x(seen)).attr("x2", x(seen)).attr("y1", 24).attr("y2", 204)
      .attr("stroke", muted).attr("stroke-dasharray", "2 4");
  }

  function lastStep(now) {
    if (!last || now.elbo !== last.after.elbo || now.evidence !== last.after.evidence) return "";
    const change = (name) => `${name === "elbo" ? "ELBO" : "log p(x)"} 由 ${number(last.before[name], 4)} 到 ${number(now[name], 4)}`;
    return `剛才這一步（${last.name}）：${change("elbo")}，${change("evidence")}。`;
  }

  stage.draw(() => {
    const now = parts();
    drawBars(now);
    drawDensities();
    drawBounds(now);
    stage.say(
      `q = N(${number(mean.value)}, ${number(std.value)}²)，θ = ${number(shift.value)}：log p(x) ${number(now.evidence, 4)} ＝ ELBO ${number(now.elbo, 4)} ＋ 差額 ${number(now.gap, 4)}；` +
      `−ELBO ＝ 重建 ${number(now.reconstruction, 4)} ＋ 對先驗的 KL ${number(now.toPrior, 4)}。` +
      (now.gap < 5e-5 ? "q 就是後驗，下界在這個 θ 碰到 log p(x)。" : "q 不是後驗，下界碰不到。") + lastStep(now),
    );
  });
});
