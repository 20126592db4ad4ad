/* 首頁：在潛在平面上挪一個點，圈出最近的 15 棟房子，由它們的對數房價平均猜這一點的房價；顏色換成年份、面積，或都不上色。 */
Interactive.register("cover", (stage) => {
  "use strict";
  const { keep, number, shades } = Interactive;
  const { limit, scale, price_scale: priceScale, neighbours, price_range: priceRange, price_ticks: priceTicks, radii, year, area, place, places } = stage.data;
  const { p: orange, bad: red, ink, muted } = stage.colours;
  const x = stage.data.x.map((value) => value / scale);
  const y = stage.data.y.map((value) => value / scale);
  const price = stage.data.log_price.map((value) => value / priceScale);
  const houses = d3.range(x.length);
  const wan = (logPrice) => `${number(Math.exp(logPrice) / 1e4, 1)} 萬美元`;

  // 顏色：名字、每棟房子的值、色階的兩端、色條上的刻度。
  const COLOURINGS = [
    { name: "房價", values: price, range: priceRange, ticks: priceTicks.map((value) => [Math.log(value), value / 1e4]), title: "房價（萬美元，對數）" },
    { name: "建造年份", values: year, range: [1900, 2010], ticks: d3.range(1900, 2011, 22).map((value) => [value, value]), title: "建造年份" },
    { name: "居住面積", values: area.map(Math.log), range: [700, 3000].map(Math.log), ticks: [700, 1000, 1500, 2000, 3000].map((value) => [Math.log(value), value]), title: "居住面積（平方呎，對數）" },
    { name: "不上色", values: null },
  ];
  let chosen = Math.round(stage.remembered("colour", [0, COLOURINGS.length - 1]) ?? 0);
  stage.remember("colour", () => chosen, 0);

  const plane = stage.plot({ label: "潛在平面：每棟房子的平均編碼；圈起來的是離紅點最近的房子", height: 480 });
  const across = stage.slider({ label: "編碼 1", key: "x", min: -limit, max: limit, step: 0.05, value: 0.8 });
  const up = stage.slider({ label: "編碼 2", key: "y", min: -limit, max: limit, step: 0.05, value: 1.7 });
  const move = stage.handle(plane, across, { colour: red, up });
  COLOURINGS.forEach(({ name }, k) => stage.button(name === "不上色" ? name : `顏色：${name}`, () => choose(k)));
  stage.button("照先驗抽一點", () => { across.set(d3.randomNormal()()); up.set(d3.randomNormal()()); });
  const buttons = stage.controls.selectAll("button").filter((_, k) => k < COLOURINGS.length);
  choose(chosen);

  function choose(k) {
    chosen = k;
    buttons.attr("aria-pressed", (_, other) => String(other === k));
  }

  /** 由近到遠的 15 棟，以及最遠的那一棟有多遠。 */
  function around(a, b) {
    const squared = houses.map((row) => (x[row] - a) ** 2 + (y[row] - b) ** 2);
    const rows = d3.sort(houses, (row) => squared[row]).slice(0, neighbours);
    return { rows, nearest: Math.sqrt(squared[rows[0]]), reach: Math.sqrt(squared[rows.at(-1)]) };
  }

  /** 同一種顏色的點合成一條路徑：幾十個元素，不是幾千個。要描邊的，邊在下面。 */
  function drawHouses(toX, toY) {
    const { values, range } = COLOURINGS[chosen];
    const colours = values ? shades(values, range) : Array(x.length).fill(muted);
    const groups = [...d3.group(houses, (row) => colours[row])];
    const strokes = groups.flatMap(([colour, rows]) => [[stage.edge(colour), rows, 5], [colour, rows, 4]]).filter(([colour]) => colour);
    keep(plane.g, "g", "houses").selectAll("path").data(strokes).join("path")
      .attr("stroke", ([colour]) => colour).attr("stroke-width", ([, , width]) => width).attr("stroke-linecap", "round").attr("stroke-opacity", 0.85)
      .attr("d", ([, rows]) => rows.map((row) => `M${toX(x[row]).toFixed(1)} ${toY(y[row]).toFixed(1)}h0`).join(""));
  }

  function drawPrior(toX, toY) {
    for (const [share, radius] of radii) {
      const name = `prior-${Math.round(100 * share)}`;
      keep(plane.g, "circle", name).attr("cx", toX(0)).attr("cy", toY(0)).attr("r", toX(radius) - toX(0)).attr("fill", "none").attr("stroke", orange).attr("stroke-dasharray", "5 4");
      keep(plane.g, "text", `${name}-name`).text(`先驗 ${Math.round(100 * share)}%`).attr("x", toX(0)).attr("y", toY(-radius) + 14).attr("text-anchor", "middle")
        .style("fill", orange).style("font-size", "12px").attr("stroke", "var(--ground)").attr("stroke-width", 4).attr("paint-order", "stroke");
    }
  }

  function drawBar(left, width, top) {
    const { values, range, ticks, title } = COLOURINGS[chosen];
    const bar = keep(plane.g, "g", "bar").attr("display", values ? null : "none").attr("aria-hidden", "true");
    if (!values) return;
    const at = d3.scaleLinear(range, [left, left + width]);
    const parts = d3.range(60);
    bar.selectAll("rect").data(parts).join("rect").attr("x", (k) => left + (width * k) / 60).attr("y", top).attr("width", width / 60 + 0.5).attr("height", 10).attr("fill", (k) => d3.interpolateViridis(k / 59));
    bar.selectAll("text.tick").data(ticks).join("text").attr("class", "tick").text(([, words]) => words).attr("x", ([value]) => at(value)).attr("y", top + 25).attr("text-anchor", "middle").style("font-size", "12px").style("fill", muted);
    keep(bar, "text", "name").text(title).attr("x", left + width / 2).attr("y", top + 43).attr("text-anchor", "middle").style("fill", ink);
  }

  /** 不隨把手變的：房子、先驗的圓、色條與外框。 */
  function drawGround(toX, toY, left, side) {
    plane.svg.attr("height", side + 84);
    drawHouses(toX, toY);
    drawPrior(toX, toY);
    drawBar(left + side * 0.1, side * 0.8, side + 32);
    keep(plane.g, "rect", "frame").attr("x", left).attr("y", 0).attr("width", side).attr("height", side).attr("fill", "none").attr("stroke", muted).attr("stroke-opacity", 0.4);
  }

  function drawNear(rows, toX, toY) {
    keep(plane.g, "g", "near").selectAll("circle").data(rows).join("circle").attr("cx", (row) => toX(x[row])).attr("cy", (row) => toY(y[row]))
      .attr("r", 5.5).attr("fill", "none").attr("stroke", ink).attr("stroke-width", 1.5);
  }

  function words({ rows, nearest, reach }) {
    const first = rows[0];
    const guess = wan(d3.mean(rows, (row) => price[row]));
    return `編碼 (${number(across.value)}, ${number(up.value)})：最近的 ${neighbours} 棟都在 ${number(reach)} 以內，由它們猜房價 ${guess}` +
      `（最便宜 ${wan(d3.min(rows, (row) => price[row]))}，最貴 ${wan(d3.max(rows, (row) => price[row]))}）。` +
      `最近的一棟在 ${number(nearest)} 外：${year[first]} 年蓋，${d3.format(",")(area[first])} 平方呎，在${places[place[first]]}，成交 ${wan(price[first])}。` +
      (reach > 0.5 ? "附近沒有那麼多房子，這裡的猜測不可靠。" : "");
  }

  let drawn = null; // 拖動時只有把手與圈在動：幾千個點的顏色、大小或明暗變了才重畫
  stage.draw(() => {
    const side = Math.min(plane.width - 24, 520);
    const left = (plane.width - side) / 2;
    const toX = d3.scaleLinear([-limit, limit], [left, left + side]);
    const toY = d3.scaleLinear([-limit, limit], [side, 0]);
    const found = around(across.value, up.value);
    const now = `${chosen} ${left} ${side} ${stage.theme}`;
    if (now !== drawn) drawGround(toX, toY, left, side);
    drawn = now;
    drawNear(found.rows, toX, toY);
    move(toX(across.value), toY(up.value), toX, toY);
    stage.say(words(found));
  });
});
