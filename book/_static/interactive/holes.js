/* 第 1 章：在自編碼器與 VAE 的編碼平面上挪一個點，看解碼出來的房子、離最近的真房子多遠、有沒有矛盾、挪一點多付多少。
 * 平面是一格一格事先解碼的（vae_from_scratch/housing/holes.py），點停在格點上，念的數就是那一點的。 */
Interactive.register("holes", (stage) => {
  "use strict";
  const { keep, number } = Interactive;
  const { limit, step, finest, ratio, columns } = stage.data;
  const coloured = Object.fromEntries(Object.entries(stage.data.coloured).map(([name, colour]) => [name, stage.themed(colour)]));
  const { q: blue, bad: red, muted, ink } = stage.colours;
  const LETTERS = 92, CODES = 882;
  const side = Math.round((2 * limit) / step) + 1;
  const NONE = "var(--undecided)";
  const models = stage.data.models.map(unpacked);

  // ── 一個整數一個字元 ──
  function numbers(text) {
    return Array.from(text, (letter) => {
      const code = letter.charCodeAt(0);
      return code < 0xc0 ? code - 35 : code - 0xc0 + LETTERS;
    });
  }

  function unrun(text) {
    const parts = numbers(text);
    return d3.range(0, parts.length, 2).flatMap((k) => Array(parts[k + 1] + 1).fill(parts[k]));
  }

  function unpacked(plane) {
    const digits = numbers(plane.codes);
    const codes = d3.range(0, digits.length, 3).map((k) => {
      const together = (digits[k] * LETTERS + digits[k + 1]) * LETTERS + digits[k + 2];
      return [together % CODES, Math.floor(together / CODES)].map((n) => (n / (CODES - 1)) * 2 * plane.reach - plane.reach);
    });
    const shaken = numbers(plane.shaken).map((mark) => finest * ratio ** mark);
    const model = {
      ...plane, codes, shaken, levels: plane.levels.map(unrun), chances: plane.chances.map((text) => numbers(text).map((k) => 100 - k)), odd: unrun(plane.odd),
    };
    const cells = codes.filter(([a, b]) => Math.abs(a) <= limit && Math.abs(b) <= limit).map(([a, b]) => cellOf(a, b));
    return { ...model, usual: d3.median(cells, (cell) => shaken[cell]), gap: widest(codes) };
  }

  function cellOf(a, b) {
    return side * Math.round((b + limit) / step) + Math.round((a + limit) / step);
  }

  function nearest(codes, a, b) {
    return codes[d3.minIndex(codes, ([c, d]) => (a - c) ** 2 + (b - d) ** 2)];
  }

  /** 四周都有房子的格點裡（離原點 1.5 以內），離房子最遠的。 */
  function widest(codes) {
    const around = (a, b) => new Set(codes.filter(([c, d]) => Math.hypot(c - a, d - b) < 1).map(([c, d]) => 2 * (c > a) + (d > b))).size === 4;
    const inside = d3.cross(d3.range(side), d3.range(side)).map(([i, j]) => [i * step - limit, j * step - limit]).filter(([a, b]) => Math.hypot(a, b) <= 1.5);
    const far = (a, b) => { const [c, d] = nearest(codes, a, b); return Math.hypot(c - a, d - b); };
    return d3.sort(inside.map(([a, b]) => ({ a, b, far: far(a, b) })), (one) => -one.far).find(({ a, b }) => around(a, b));
  }

  // ── 先猜，控制項 ──
  stage.predict({
    question: "在房子之間最空的一點，自編碼器解碼出來的會像什麼？",
    options: ["自相矛盾的大雜燴", "說得通的房子"],
    reveal: (chosen) => {
      pick(0);
      visit(models[0].gap);
      const odd = models[0].odd[here()] > 0;
      return `${(chosen === "說得通的房子") === !odd ? "對，" : ""}這一點${odd ? "有矛盾" : "沒有矛盾"}。離原點 2 以內的格點，${models[0].name}有 ${share(models[0])}% 有矛盾，` +
        `${models[1].name} ${share(models[1])}%；真的、沒訓練過的房子卻有 ${number(models[0].real, 0)}%，矛盾分不出好壞。兩個模型差在陡不陡，看「隨機移動 0.1」的尺。`;
    },
  });
  const plane = stage.plot({ label: "編碼平面：顏色是解碼出來的樓層形式，小點是真的房子", height: 380 });
  const house = stage.plot({ label: "解碼出來的房子：各欄最可能的值與機率", height: 190 });
  const ruler = stage.plot({ label: "隨機移動 0.1 多付的 nats", height: 150 });
  stage.sideBySide();
  const across = stage.slider({ label: "編碼 1", key: "x", min: -limit, max: limit, step, value: 0, digits: 1 });
  const up = stage.slider({ label: "編碼 2", key: "y", min: -limit, max: limit, step, value: 0, digits: 1 });
  const place = stage.handle(plane, across, { colour: red, up });
  let model = models[0];
  const start = Math.round(stage.remembered("model", [0, models.length - 1]) ?? 0);
  stage.remember("model", () => models.indexOf(model), 0);
  models.forEach(({ name }, i) => stage.button(name, () => pick(i)));
  stage.button("最空的一點", () => visit(model.gap));
  pick(start);

  function pick(i) {
    model = models[i];
    stage.controls.selectAll("button").filter((_, k) => k < models.length).attr("aria-pressed", (_, k) => String(k === i));
  }

  function visit({ a, b }) {
    across.set(a);
    up.set(b);
  }

  function here() {
    return cellOf(across.value, up.value);
  }

  /** 離原點 2 以內的格點，百分之幾有矛盾。 */
  function share({ odd }) {
    const inside = d3.range(side * side).filter((k) => Math.hypot((k % side) * step - limit, Math.floor(k / side) * step - limit) <= 2);
    return number(100 * d3.mean(inside, (k) => odd[k] > 0), 0);
  }

  function label(plot, name, words, x, y, fill, anchor = "start") {
    keep(plot.g, "text", name).text(words).attr("x", x).attr("y", y).attr("text-anchor", anchor).style("fill", fill);
  }

  // ── 畫 ──
  function colourOf(cell) {
    return model.chances[0][cell] > 50 ? coloured[columns[0].labels[model.levels[0][cell]]] ?? ink : NONE;
  }

  /** 同一列顏色相同的格子合成一條。 */
  function strips() {
    return d3.range(side).flatMap((row) => {
      const found = [];
      for (let k = 0; k < side; k++) {
        const fill = colourOf(side * row + k);
        if (found.at(-1)?.fill === fill) found.at(-1).end = k;
        else found.push({ row, start: k, end: k, fill });
      }
      return found;
    });
  }

  function drawPlane(close) {
    const size = Math.min(plane.width - 56, 330);
    plane.svg.attr("height", size + 78);
    const left = (plane.width - size) / 2 + 12;
    const x = d3.scaleLinear([-limit - step / 2, limit + step / 2], [left, left + size]);
    const y = d3.scaleLinear([-limit - step / 2, limit + step / 2], [size + 24, 24]);
    const cell = size / side;
    keep(plane.g, "g", "strips").attr("shape-rendering", "crispEdges").selectAll("rect").data(strips()).join("rect")
      .attr("x", ({ start: k }) => left + cell * k).attr("y", ({ row }) => y((row + 0.5) * step - limit))
      .attr("width", ({ start: k, end }) => cell * (end - k + 1)).attr("height", cell).attr("fill", ({ fill }) => fill).attr("fill-opacity", 0.45);
    const shown = model.codes.filter(([a, b]) => Math.abs(a) < limit && Math.abs(b) < limit);
    keep(plane.g, "path", "houses").attr("d", shown.map(([a, b]) => `M${x(a).toFixed(1)} ${y(b).toFixed(1)}h0`).join(""))
      .attr("stroke", ink).attr("stroke-width", 1.6).attr("stroke-linecap", "round").attr("stroke-opacity", 0.55);
    keep(plane.g, "line", "close").attr("x1", x(across.value)).attr("y1", y(up.value)).attr("x2", x(close[0])).attr("y2", y(close[1]))
      .attr("stroke", red).attr("stroke-width", 2);
    stage.axis(plane, x, { at: size + 24, title: "編碼 1（標準化）", ticks: 5 });
    stage.axis(plane, y, { side: "left", at: left, ticks: 5 });
    label(plane, "heading", `${model.name}，編碼 2 ↑`, left, 14, ink);
    const names = [...Object.entries(coloured), ["其餘", ink], ["不到一半", NONE]];
    const key = keep(plane.g, "g", "key");
    const words = names.map(([name]) => `■ ${name.split("，")[0]}`);
    const starts = d3.cumsum([0, ...words], (word) => (word ? 12 * word.length - 1 : 0));
    key.selectAll("text").data(names).join("text").text((_, i) => words[i]).style("fill", ([, fill]) => (fill === NONE ? muted : fill))
      .style("font-size", "12px").attr("x", (_, i) => Math.min(left, plane.width - starts[5]) + starts[i]).attr("y", size + 76);
    place(x(across.value), y(up.value), x, y);
  }

  function drawHouse(cell) {
    const x = d3.scaleLinear([0, 100], [8, house.width - 52]);
    columns.forEach(({ name, labels }, i) => {
      const chance = model.chances[i][cell];
      const fill = chance > 50 ? blue : muted;
      label(house, `name-${i}`, `${name}：${labels[model.levels[i][cell]]}${chance > 50 ? "" : "（不到一半）"}`, 8, 14 + 46 * i, ink);
      keep(house.g, "rect", `bar-${i}`).attr("x", 8).attr("y", 20 + 46 * i).attr("width", x(chance) - 8).attr("height", 16).attr("fill", fill);
      label(house, `chance-${i}`, `${chance}%`, x(chance) + 6, 33 + 46 * i, fill);
    });
    keep(house.g, "line", "half").attr("x1", x(50)).attr("x2", x(50)).attr("y1", 18).attr("y2", 176).attr("stroke", muted).attr("stroke-dasharray", "2 4");
  }

  function drawRuler(cell) {
    const x = d3.scaleLog([0.01, 40], [12, ruler.width - 16]).clamp(true);
    keep(ruler.g, "g", "axis bottom").attr("transform", "translate(0,96)").attr("aria-hidden", "true").call(d3.axisBottom(x).tickValues([0.01, 0.1, 1, 10]).tickFormat(d3.format("~g")).tickSizeOuter(0));
    label(ruler, "heading", "隨機移動 0.1，平均多付（nats）", 8, 14, ink);
    models.forEach(({ name, usual }, i) => {
      keep(ruler.g, "line", `usual-${i}`).attr("x1", x(usual)).attr("x2", x(usual)).attr("y1", 74).attr("y2", 96).attr("stroke", ink).attr("stroke-width", 2);
      label(ruler, `usual-name-${i}`, `${name} ${number(usual)}`, x(usual) + (i ? -4 : 4), 68, ink, i ? "end" : "start");
    });
    keep(ruler.g, "circle", "now").attr("cx", x(model.shaken[cell])).attr("cy", 96).attr("r", 7).attr("fill", red);
    const at = x(model.shaken[cell]);
    label(ruler, "now-name", `這一點 ${number(model.shaken[cell])}`, at, 38, red, at < 60 ? "start" : at > ruler.width - 70 ? "end" : "middle");
    label(ruler, "note", "直線：房子所在的格點，中位數", 8, 140, muted);
    keep(ruler.g, "line", "drop").attr("x1", at).attr("x2", at).attr("y1", 42).attr("y2", 90).attr("stroke", red).attr("stroke-dasharray", "2 3");
  }

  function words(cell) {
    return columns.map(({ name, labels }, i) => {
      const level = labels[model.levels[i][cell]];
      return model.chances[i][cell] > 50 ? `${name}${level}（${model.chances[i][cell]}%）` : `${name}說不準，最高的是${level}（${model.chances[i][cell]}%）`;
    }).join("，");
  }

  stage.draw(() => {
    const cell = here();
    const close = nearest(model.codes, across.value, up.value);
    const far = Math.hypot(close[0] - across.value, close[1] - up.value);
    const odd = model.odd[cell];
    drawPlane(close);
    drawHouse(cell);
    drawRuler(cell);
    stage.say(
      `${model.name}，編碼 (${number(across.value, 1)}, ${number(up.value, 1)})：最近的房子在 ${number(far)} 外。解碼：${words(cell)}。` +
      (odd ? `有矛盾：「${model.pairs[odd - 1].join("」與「")}」都過半，訓練的房子從未同時有。` : "過半的值沒有矛盾。") +
      `隨機移動 0.1，平均多付 ${number(model.shaken[cell])} nats；房子所在的格點，中位數${models.map(({ name, usual }) => `${name} ${number(usual)}`).join("，")}。`,
    );
  });
});
