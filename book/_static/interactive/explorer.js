/* 探索器：在真房子的潛在平面上拖一個點，看解碼出來的房子、附近的房價，以及模型有多少把握。
 * 解碼、鄰居、平面、房子、文字各在 explorer/ 的一個檔案；這裡只管讀者現在在哪裡、看哪一棟，一變就全部重畫。 */
Interactive.register("explorer", (stage) => {
  "use strict";
  const { number } = Interactive;
  const { words } = Explorer;
  const { variables, limit, far: FAR } = stage.data;
  const houses = new Explorer.Houses(stage.data.houses, variables);
  const decoder = new Explorer.Decoder(stage.data.layers, variables.map(({ levels }) => levels.length));
  const map = new Explorer.PriceMap(houses.mean, houses.logPrice, houses.rows.filter((row) => !houses.heldOut[row]));

  const STEP = 0.01;
  let place = [0, 0]; // 把手在哪裡；走到一棟房子的編碼時，比滑桿的一格還細
  let shown = null; // 選中的房子
  let preview = null; // 滑鼠或焦點指著的房子
  let start = [0, 0]; // 記住的點，與它的解碼
  let before = decoder.probabilities(start);
  const actions = {
    moveTo: (z) => moveExactly(z.map((value) => Math.round(Math.min(limit, Math.max(-limit, value)) / STEP) * STEP)),
    hover: (row) => { preview = row; stage.update(); },
    pick: (row) => { shown = row; stage.update(); },
    goToShown: () => moveExactly(houses.encoding(shown).mean),
  };

  // ── 版面：左邊平面與控制，右邊的字 ──
  stage.root.classed("explorer", true).style("--prior", stage.colours.p).style("--bad", stage.colours.bad);
  const plane = new Explorer.Plane(stage, houses, actions);
  const columns = stage.root.append("div").attr("class", "explorer-columns");
  const left = columns.append("div").attr("class", "explorer-map");
  left.append(() => stage.plots.node());
  left.append(() => stage.controls.node());
  const side = columns.append("div").attr("class", "explorer-side");
  const warning = side.append("p").attr("class", "warning");
  side.append(() => stage.text.node());
  const changes = new Explorer.Changes(side, variables);
  const confidence = new Explorer.Confidence(side, variables);
  const card = new Explorer.HouseCard(side, houses, actions);
  const decoded = new Explorer.Decoded(side, variables, stage.data.themes, houses);
  const neighbours = new Explorer.Neighbours(side, houses, actions);
  const first = stage.slider({ label: "z₁（左右）", min: -limit, max: limit, step: STEP, value: 0 });
  const second = stage.slider({ label: "z₂（上下）", min: -limit, max: limit, step: STEP, value: 0 });
  stage.button("記住這一點", () => remember(position()));
  stage.button("回到原點", () => { remember([0, 0]); shown = null; actions.moveTo([0, 0]); });
  foldSliders();
  addStops(stage.data.stops);

  /** 滑桿收起來，平面與字才放得進同一個畫面；拖不動把手的人打開它。 */
  function foldSliders() {
    const fold = stage.controls.append("details").attr("class", "sliders");
    fold.append("summary").text("滑桿");
    stage.controls.selectAll("label.slider").each(function () { fold.append(() => this); });
  }

  /** 內文要讀者去的幾站，一站一個按鈕。 */
  function addStops(stops) {
    if (!stops.length) return;
    const row = left.append("div").attr("class", "stops").attr("role", "group").attr("aria-label", "走到內文說的幾站");
    row.append("span").text("各站");
    row.selectAll("button").data(stops).join("button").attr("type", "button")
      .text(({ name }) => name).attr("aria-label", ({ name, z }) => `${name}（走到 ${words.point(z)}）`)
      .on("click", (_, { z }) => actions.moveTo(z));
  }

  // ── 讀者在哪裡，那裡有什麼 ──
  function moveExactly(z) {
    place = z;
    [first, second].forEach((slider, k) => slider.set(z[k]));
  }

  /** 滑桿動了（不再是 place 最近的一格），就照滑桿。 */
  function position() {
    place = [first, second].map(({ value }, k) => (Math.abs(value - place[k]) < 0.51 * STEP ? place[k] : value));
    return place;
  }

  function remember(z) {
    start = z;
    before = decoder.probabilities(z);
  }

  /** 解碼一棟房子的編碼猜中幾欄，以及不算它自己的期望房價。 */
  function report(row) {
    const { mean } = houses.encoding(row);
    const guess = decoder.probabilities(mean).map((p) => d3.maxIndex(p));
    const known = d3.range(variables.length).filter((v) => houses.level(row, v) !== null);
    const right = known.filter((v) => houses.level(row, v) === guess[v]);
    return { known: known.length, right: right.length, price: map.price(map.nearest(mean, row)) };
  }

  function look() {
    const z = position();
    const probabilities = decoder.probabilities(z);
    const near = map.nearest(z);
    const price = map.price(near);
    const still = z.every((value, k) => value === start[k]);
    return { z, start, still, near, price, probabilities, far: price.reach > FAR, changed: changes.between(before, probabilities) };
  }

  /** 這一點的一句話，與沒有房子可以佐證時的警告。 */
  function summary({ z, price, far }) {
    const [low, middle, high] = [-1, 0, 1].map((k) => words.price(Math.exp(price.mean + k * price.sd)));
    return {
      where: `z = ${words.point(z)}：最近 15 棟的期望房價 ${middle}美元（一個標準差：${low}到 ${high}），` +
        `第 15 近的離 ${number(price.reach)}。`,
      alarm: far
        ? `附近沒有房子，這裡是外推：第 15 近的房子在 ${number(price.reach)} 之外。價格是從遠處借來的，把握也不算數。`
        : "",
    };
  }

  stage.draw(() => {
    const here = look();
    const { where, alarm } = summary(here);
    const named = preview ?? shown; // 手指沒有「指著」，點了就把它留在平面上
    plane.draw({ ...here, shown, preview });
    plane.describe(where + alarm, here.z);
    plane.showTip(named === null ? "" : houses.sentence(named));
    warning.attr("hidden", here.far ? null : "").text(`⚠ ${alarm}`);
    changes.show(here);
    confidence.show(confidence.measure(here.probabilities));
    neighbours.show(here.near, shown);
    if (shown !== card.row) card.show(shown, shown === null ? null : report(shown));
    decoded.show(here.probabilities, shown);
    stage.say(where + (here.changed.length ? `變得最多的是${changes.words(here.changed[0])}。` : ""));
  });
});
