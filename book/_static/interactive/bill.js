/* 第 13 章：換面積的單位，看兩個模型的帳單（負的對數概似）；變異數跟著單位走，差不變，固定為 1，差由單位決定。
 * c 是 1 平方公尺合幾個單位；滑桿走的是 log₁₀ c。 */
Interactive.register("bill", (stage) => {
  "use strict";
  const { keep, number } = Interactive;
  const { area, spread, models, units } = stage.data; // models：[{ name, roof: 機率, mean: 平方公尺 }]，units：[{ name, size: 平方公尺 }]
  const { q: blue, p: orange, good: green, bad: red, muted, ink } = stage.colours;
  const [first, second] = models;
  const LEFT = 44;

  stage.predict({
    question: `面積由${units[0].name}改用${units.at(-1).name}（${units.at(-1).size} 平方公尺），變異數跟著單位走。兩張帳單的差會怎樣？`,
    options: ["變成一百分之一", "不變", "變號"],
    reveal: (chosen) => {
      choose(units.at(-1));
      fixed.set(false);
      return `${chosen === "不變" ? "對，不變" : "不變"}：兩張都少了 log ${units.at(-1).size} ＝ ${number(Math.log(units.at(-1).size), 3)}，` +
        `差仍是 ${number(difference(), 3)}。勾選「固定為 1」再換一次單位看看。`;
    },
  });
  const bars = stage.plot({ label: "兩個模型的帳單：屋頂與面積", height: 216 });
  const gap = stage.plot({ label: "兩張帳單的差，隨單位變化", height: 240 });
  const scale = stage.slider({
    label: "單位", key: "log", min: -4, max: 0.5, step: 0.05, value: 0, digits: 2, format: (t) => `1 平方公尺 ＝ ${said(10 ** t)} 個`, beyond: [-6, 0.5],
  });
  const place = stage.handle(gap, scale, { colour: blue });
  const fixed = stage.checkbox({ label: "變異數固定為 1（不跟著單位走）", key: "fixed" });
  for (const unit of units) stage.button(unit.name, () => choose(unit));

  function choose({ size }) {
    scale.setExact(-Math.log10(size));
  }

  function said(c) {
    return d3.format(c < 0.01 ? ".2~e" : ".3~r")(c);
  }

  /** 一個模型的帳單；c 是 1 平方公尺合幾個單位。 */
  function bill({ roof, mean }, c = 10 ** scale.value) {
    const std = fixed.checked ? 1 : spread * c;
    const density = 0.5 * Math.log(2 * Math.PI) + Math.log(std) + 0.5 * ((c * (area - mean)) / std) ** 2;
    return { roof: -Math.log(roof), area: density, total: density - Math.log(roof) };
  }

  /** 甲減乙：正的是乙便宜。 */
  function difference(c) {
    return bill(first, c).total - bill(second, c).total;
  }

  function label(plot, name, words, x, y, fill, anchor = "start") {
    keep(plot.g, "text", name).text(words).attr("x", x).attr("y", y).attr("text-anchor", anchor).style("fill", fill);
  }

  function drawBars() {
    const bills = models.map((model) => bill(model));
    const ends = bills.flatMap((one) => [one.roof, one.area, one.total]);
    const x = d3.scaleLinear([Math.min(-4, ...ends), Math.max(8, ...ends)], [8, bars.width - 8]);
    const cheaper = bills[0].total < bills[1].total ? 0 : 1;
    bills.forEach((one, i) => {
      const top = 92 * i;
      label(bars, `name-${i}`, `${models[i].name}${i === cheaper ? "（便宜）" : ""}：屋頂 ${number(one.roof, 3)} ＋ 面積 ${number(one.area, 3)} ＝ ${number(one.total, 3)}`,
        8, top + 14, i === cheaper ? green : ink);
      [["屋頂", one.roof, orange], ["面積", one.area, blue], ["合計", one.total, muted]].forEach(([name, value, fill], k) => {
        keep(bars.g, "rect", `bar-${i}-${k}`).attr("x", Math.min(x(0), x(value))).attr("width", Math.abs(x(value) - x(0)))
          .attr("y", top + 22 + 20 * k).attr("height", 16).attr("fill", fill);
        const right = Math.max(x(0), x(value));
        const room = right < bars.width - 60;
        label(bars, `bar-name-${i}-${k}`, name, room ? right + 4 : Math.min(x(0), x(value)) - 4, top + 35 + 20 * k, fill, room ? "start" : "end");
      });
    });
    keep(bars.g, "line", "zero").attr("x1", x(0)).attr("x2", x(0)).attr("y1", 112).attr("y2", 180).attr("stroke", ink);
    stage.axis(bars, x, { at: 182, title: "nats（負的對數，愈低愈好）", ticks: bars.width / 90 });
  }

  function drawGap() {
    const x = d3.scaleLinear([scale.min, scale.max], [LEFT, gap.width - 12]);
    const y = d3.scaleLinear([-2, 2], [190, 26]).clamp(true);
    const grid = d3.range(scale.min, scale.max + 0.001, 0.01);
    keep(gap.g, "line", "zero").attr("x1", LEFT).attr("x2", gap.width - 12).attr("y1", y(0)).attr("y2", y(0)).attr("stroke", muted);
    keep(gap.g, "path", "curve").attr("d", d3.line().x(x).y((t) => y(difference(10 ** t)))(grid))
      .attr("fill", "none").attr("stroke", fixed.checked ? red : green).attr("stroke-width", 2);
    label(gap, "curve-name", fixed.checked ? "變異數固定為 1" : "變異數跟著單位走", x(-3.9), y(difference(10 ** scale.min)) - 10, fixed.checked ? red : green);
    label(gap, "above", `${second.name}便宜`, gap.width - 12, 38, muted, "end");
    label(gap, "below", `${first.name}便宜`, gap.width - 12, 184, muted, "end");
    const ticks = keep(gap.g, "g", "units").attr("aria-hidden", "true");
    ticks.selectAll("text").data(units).join("text").text(({ name }) => name).attr("x", ({ size }) => x(-Math.log10(size)))
      .attr("y", (_, i) => 206 + 15 * (i % 2)).attr("text-anchor", "middle").style("font-size", "12px");
    ticks.selectAll("line").data(units).join("line").attr("x1", ({ size }) => x(-Math.log10(size))).attr("x2", ({ size }) => x(-Math.log10(size)))
      .attr("y1", 26).attr("y2", 192).attr("stroke", muted).attr("stroke-dasharray", "2 4");
    stage.axis(gap, y, { side: "left", at: LEFT, title: `${first.name}的帳單 − ${second.name}的帳單`, ticks: 5 });
    label(gap, "sides", "← 單位大　　單位小 →", (LEFT + gap.width) / 2, 236, ink, "middle");
    place(x(Math.max(scale.min, scale.value)), y(difference()), x);
  }

  stage.draw(() => {
    const [one, two] = models.map((model) => bill(model));
    drawBars();
    drawGap();
    const winner = difference() > 0 ? second : first;
    const words = (model, paid) => `${model.name}付屋頂 ${number(paid.roof, 3)} ＋ 面積 ${number(paid.area, 3)} ＝ ${number(paid.total, 3)}`;
    stage.say(
      `1 平方公尺 ＝ ${said(10 ** scale.value)} 個單位，變異數${fixed.checked ? "固定為 1" : "跟著單位走"}：${words(first, one)}，${words(second, two)} nats。` +
      `${first.name}減${second.name} ${number(difference(), 3)}，${winner.name}便宜。` +
      (fixed.checked ? "換一個單位，誰便宜可能就變了。" : "換單位，兩張加同一個數，差不變。"),
    );
  });
});
