/* 探索器：在真房子的潛在平面上拖一個點，看解碼出來的房子、附近的房價，以及模型有多少把握。
 * 解碼、鄰居、平面、房子、文字各在 explorer/ 的一個檔案；這裡只管讀者現在在哪裡、看哪一棟，一變就全部重畫。 */
Interactive.register("explorer", (stage) => {
  "use strict";
  const { number } = Interactive;
  const { words } = Explorer;
  const { variables, limit, far: FAR } = stage.data;
  const houses = new Explorer.Houses(stage.data.houses, variables);
  const fields = variables.map(Explorer.fieldOf);
  const decoder = new Explorer.Decoder(stage.data.layers, variables);
  const map = new Explorer.PriceMap(houses.mean, houses.logPrice, houses.rows.filter((row) => !houses.heldOut[row]));

  const STEP = 0.01;
  let shown = null; // 選中的房子
  let preview = null; // 滑鼠或焦點指著的房子
  let start = [0, 0]; // 記住的點，與它的解碼
  let before = decoder.decode(start);
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
  const changes = new Explorer.Changes(side, fields);
  const confidence = new Explorer.Confidence(side, fields);
  const card = new Explorer.HouseCard(side, houses, limit, actions);
  const house = new Explorer.Decoded(side, fields, stage.data.themes, houses);
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
  /** 走到一棟房子的編碼時，比滑桿的一格還細。 */
  function moveExactly(z) {
    [first, second].forEach((slider, k) => slider.setExact(z[k]));
  }

  function position() {
    return [first.value, second.value];
  }

  function remember(z) {
    start = z;
    before = decoder.decode(z);
  }

  /** 解碼一棟房子的編碼：類別與數字各知道幾欄、對幾欄，以及不算它自己的期望房價。 */
  function report(row) {
    const { mean } = houses.encoding(row);
    const decoded = decoder.decode(mean);
    const verdicts = fields.map((field, v) => field.right(decoded[v], houses.value(row, v)));
    const count = (some) => ({ known: some.filter((right) => right !== null).length, right: some.filter(Boolean).length });
    const [categories, numbers] = [verdicts.slice(0, houses.categories), verdicts.slice(houses.categories)].map(count);
    return { categories, numbers, price: map.price(map.nearest(mean, row)) };
  }

  function look() {
    const z = position();
    const decoded = decoder.decode(z);
    const near = map.nearest(z);
    const price = map.price(near);
    const still = z.every((value, k) => value === start[k]);
    return { z, start, still, near, price, decoded, far: price.reach > FAR, changed: changes.between(before, decoded) };
  }

  /** 解碼出來的房子，一句話。 */
  function headline(decoded) {
    const said = (code) => fields[houses.index.get(code)].best(decoded[houses.index.get(code)]).text;
    return `解碼出來是 ${said("GrLivArea")}、${said("YearBuilt")}建、房間 ${said("TotRmsAbvGrd")}、` +
      `車位 ${said("GarageCars")}、廚房${said("KitchenQual")}的房子。`;
  }

  /** 這一點的一句話，與沒有房子可以佐證時的警告。 */
  function summary({ z, price, decoded, far }) {
    const [low, middle, high] = [-1, 0, 1].map((k) => words.price(Math.exp(price.mean + k * price.sd)));
    return {
      where: `z = ${words.point(z)}：${headline(decoded)}最近 15 棟的期望房價 ${middle}美元（一個標準差：${low}到 ${high}），` +
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
    confidence.show(confidence.measure(here.decoded));
    neighbours.show(here.near, shown);
    if (shown !== card.row) card.show(shown, shown === null ? null : report(shown));
    house.show(here.decoded, shown);
    stage.say(where + (here.changed.length ? `變得最多的是${changes.words(here.changed[0])}。` : ""));
  });
});
