/* 第 7 章：三枚硬幣、七欄的小例子，拖動 β，看損失的地形怎樣由一個谷變成兩個，球怎樣留在原來的谷裡。
 * 八種結果的編碼等距排在一條線上，q = N(t·c, s²)：t 是拉開多遠（平均 0、變異數 1 的八個位置乘上 t），s 對每個 t、β 取最好的；
 * 解碼器是照 q 加權的平均（最好的）。重建用數值積分，打開時算一次。 */
Interactive.register("basins", (stage) => {
  "use strict";
  const { keep, number } = Interactive;
  const { rows } = stage.data; // 8 × 7 的 0 與 1
  const { q: blue, p: orange, good: green, bad: red, muted, ink } = stage.colours;
  const count = rows.length;
  const places = rows.map((_, i) => (2 * i - count + 1) / Math.sqrt((count * count - 1) / 3));
  const pulls = d3.range(41).map((i) => 0.05 * i); // t
  const widths = d3.range(48).map((i) => Math.exp((Math.log(0.06) * (47 - i)) / 47)); // s，最後一個是 1
  const APART = 24; // t = 1.2：拉開的編碼由這裡出發
  const LEFT = 42;

  const entropy = (p) => (p <= 0 || p >= 1 ? 0 : -p * Math.log(p) - (1 - p) * Math.log(1 - p));

  /** 最好的解碼器在 z 的輸出，以及 q 的總密度。 */
  function decode(z, t, s) {
    const density = places.map((c) => Math.exp(-0.5 * ((z - t * c) / s) ** 2));
    const total = d3.sum(density);
    return { total, pi: rows[0].map((_, j) => d3.sum(density, (d, i) => d * rows[i][j]) / total) };
  }

  /** 重建（nats，八種結果的平均）：對 z 積分每一欄的熵。 */
  function distortion(t, s) {
    const [step, reach] = [s / 4, t * places.at(-1) + 6 * s];
    let sum = 0;
    for (let z = -reach; z <= reach; z += step) {
      const { total, pi } = decode(z, t, s);
      if (total > 0) sum += total * d3.sum(pi, entropy);
    }
    return (sum * step) / (s * Math.sqrt(2 * Math.PI) * count);
  }

  const rate = (t, s) => 0.5 * (t * t + s * s - 1) - Math.log(s);
  const table = pulls.map((t) => widths.map((s) => ({ t, s, rate: rate(t, s), distortion: distortion(t, s) })));
  const collapsed = table[0].at(-1).distortion; // s = 1、t = 0：編碼什麼也不說

  /** 率失真的曲線：KL 剛好是 r 的 (t, s) 裡，重建最低的；與 β 無關。一列裡 s 愈小 KL 愈大，格子之間內插。 */
  const frontier = d3.range(0, 3.201, 0.04).map((r) => [r, d3.min(table, (row) => {
    const k = row.findIndex((one) => one.rate <= r);
    if (k <= 0) return k === 0 ? row[0].distortion : undefined;
    const [more, less] = [row[k - 1], row[k]];
    return less.distortion + ((r - less.rate) / (more.rate - less.rate)) * (more.distortion - less.distortion);
  })]);

  /** 每個 t 最好的 s；loss 是比崩塌高多少。 */
  function landscape(beta) {
    return table.map((row) => {
      const best = row[d3.minIndex(row, (one) => one.distortion + beta * one.rate)];
      return { ...best, loss: best.distortion + beta * best.rate - collapsed };
    });
  }

  /** 球由第 i 格往低的一邊滾，滾到谷底。 */
  function roll(i, terrain) {
    for (;;) {
      const next = [i - 1, i + 1].filter((k) => terrain[k]?.loss < terrain[i].loss);
      if (!next.length) return i;
      i = d3.least(next, (k) => terrain[k].loss);
    }
  }

  stage.predict({
    question: "β = 1.5，已經過了門檻 1，球在右邊的谷。它會滾回崩塌嗎？",
    options: ["會", "不會"],
    reveal: (chosen) => {
      beta.set(1.5);
      start(APART);
      const terrain = landscape(1.5);
      const hill = d3.max(terrain.slice(0, ball), ({ loss }) => loss);
      return `${chosen === "不會" ? "對，不會" : "不會"}：兩個谷之間隔著一道坡，由崩塌那邊看高 ${number(hill, 3)} nats；` +
        `右邊的谷比崩塌低 ${number(-terrain[ball].loss, 3)} nats。往上拖 β 找找看：右邊的谷到哪裡才消失？`;
    },
  });
  const hills = stage.plot({ label: "損失的地形：編碼拉開多遠", height: 330 });
  const plane = stage.plot({ label: "率失真平面：KL 與重建", height: 250 });
  const drawn = stage.plot({ label: "球所在的編碼，八種結果各解碼成什麼", height: 216 });
  stage.sideBySide();
  const beta = stage.slider({ label: "KL 權重 β", key: "beta", min: 0.5, max: 3.5, step: 0.05, value: 1.5 });
  let ball = stage.remembered("t", [0, pulls.length - 1]) ?? APART;
  stage.remember("t", () => ball, roll(APART, landscape(1.5)));
  stage.button("由崩塌出發", () => start(0));
  stage.button("由拉開的編碼出發", () => start(APART));

  function start(from) {
    ball = roll(from, landscape(beta.value));
  }

  function label(plot, name, words, x, y, fill, anchor = "start") {
    keep(plot.g, "text", name).text(words).attr("x", x).attr("y", y).attr("text-anchor", anchor).style("fill", fill);
  }

  function drawHills(terrain) {
    const x = d3.scaleLinear([0, pulls.at(-1)], [LEFT, hills.width - 12]);
    const y = d3.scaleLinear([-3.6, 1.4], [280, 26]).clamp(true);
    keep(hills.g, "line", "zero").attr("x1", LEFT).attr("x2", hills.width - 12).attr("y1", y(0)).attr("y2", y(0))
      .attr("stroke", muted).attr("stroke-dasharray", "2 4");
    keep(hills.g, "path", "terrain").attr("d", d3.line().x(({ t }) => x(t)).y(({ loss }) => y(loss))(terrain))
      .attr("fill", "none").attr("stroke", ink).attr("stroke-width", 2);
    const here = terrain[ball];
    keep(hills.g, "circle", "ball").attr("cx", x(here.t)).attr("cy", y(here.loss) - 9).attr("r", 8).attr("fill", ball ? blue : red);
    label(hills, "ball-name", ball ? `帶資訊 ${number(here.loss, 3)}` : "崩塌 0", ball ? x(here.t) : x(0) + 12, y(here.loss) - 26, ball ? blue : red, ball ? "middle" : "start");
    const other = ball ? 0 : roll(APART, terrain);
    const there = other === ball ? "" : other ? `另一個谷 ${number(terrain[other].loss, 3)}` : "崩塌 0";
    label(hills, "other-name", there, x(terrain[other].t) + 6, y(terrain[other].loss) + 18, muted);
    stage.axis(hills, x, { at: 284, title: "編碼拉開多遠 t", ticks: 5 });
    stage.axis(hills, y, { side: "left", at: LEFT, title: "損失 − 崩塌（nats）", ticks: 6 });
  }

  function drawPlane(terrain) {
    const x = d3.scaleLinear([0, 3.2], [LEFT, plane.width - 12]);
    const y = d3.scaleLinear([0, 5], [200, 26]);
    keep(plane.g, "path", "frontier").attr("d", d3.line().x(([r]) => x(r)).y(([, d]) => y(d))(frontier))
      .attr("fill", "none").attr("stroke", green).attr("stroke-width", 2);
    const { rate: r0, distortion: d0 } = terrain[ball];
    const level = [[0, d0 + beta.value * r0], [(d0 + beta.value * r0) / beta.value, 0]]
      .map(([r, d]) => (d > 5 ? [r0 - (5 - d0) / beta.value, 5] : r > 3.2 ? [3.2, d0 - beta.value * (3.2 - r0)] : [r, d]));
    keep(plane.g, "path", "level").attr("d", d3.line().x(([r]) => x(r)).y(([, d]) => y(d))(level)).attr("fill", "none")
      .attr("stroke", orange).attr("stroke-width", 1.5).attr("stroke-dasharray", "5 4");
    keep(plane.g, "circle", "now").attr("cx", x(r0)).attr("cy", y(d0)).attr("r", 7).attr("fill", ball ? blue : red);
    label(plane, "now-name", `KL ${number(r0, 2)}、重建 ${number(d0, 2)}`, r0 < 1.4 ? x(r0) + 12 : plane.width - 12, y(d0) - (r0 < 1.4 ? 12 : 26), ball ? blue : red, r0 < 1.4 ? "start" : "end");
    label(plane, "level-name", `斜率 −β ＝ ${number(-beta.value)}`, plane.width - 12, 40, orange, "end");
    label(plane, "frontier-name", "最低的重建", x(0.9) + 8, y(d3.least(frontier, ([r]) => Math.abs(r - 0.9))[1]) - 8, green);
    stage.axis(plane, x, { at: 204, title: "KL（nats）", ticks: 4 });
    stage.axis(plane, y, { side: "left", at: LEFT, title: "重建（nats）", ticks: 5 });
  }

  function drawDecoded({ t, s }) {
    const cell = Math.max(8, Math.min(26, (drawn.width - 110) / rows[0].length));
    const cells = rows.flatMap((row, i) => decode(t * places[i], t, s).pi.map((p, j) => ({ p, bit: row[j], i, j })));
    keep(drawn.g, "g", "cells").selectAll("rect").data(cells).join("rect").attr("x", ({ j }) => 84 + cell * j).attr("y", ({ i }) => 24 + 23 * i)
      .attr("width", cell - 2).attr("height", 21).attr("fill", blue).attr("fill-opacity", ({ p }) => 0.04 + 0.9 * p).attr("stroke", muted).attr("stroke-width", 0.5);
    keep(drawn.g, "g", "bits").selectAll("circle").data(cells.filter(({ bit }) => bit)).join("circle").attr("cx", ({ j }) => 84 + cell * j + (cell - 2) / 2)
      .attr("cy", ({ i }) => 24 + 23 * i + 10.5).attr("r", 4).attr("fill", "none").attr("stroke", orange).attr("stroke-width", 2);
    keep(drawn.g, "g", "names").selectAll("text").data(rows).join("text").text((row) => row.join("")).attr("x", 8).attr("y", (_, i) => 24 + 23 * i + 15);
    label(drawn, "title", "解碼的機率：愈藍愈接近 1，圈是真的 1", 8, 14, ink);
  }

  function words(terrain) {
    const other = roll(APART, terrain);
    const stays = roll(0, terrain) === 0;
    if (!other) return "只有崩塌一個谷。";
    if (!stays) return "崩塌是坡頂，站不住，只有帶資訊的谷。";
    return `兩個谷都站得住，${terrain[other].loss < 0 ? "帶資訊的" : "崩塌"}比較低；停在哪一個，看從哪裡來。`;
  }

  stage.draw(() => {
    const terrain = landscape(beta.value);
    ball = roll(ball, terrain);
    const here = terrain[ball];
    drawHills(terrain);
    drawPlane(terrain);
    drawDecoded(here);
    stage.say(
      `β = ${number(beta.value)}，球在${ball ? "帶資訊的谷" : "崩塌"}：t = ${number(here.t)}，s = ${number(here.s, 4)}，KL ${number(here.rate, 4)}，` +
      `重建 ${number(here.distortion, 4)}，損失減崩塌 ${number(here.loss, 4)} nats。${words(terrain)}`,
    );
  });
});
