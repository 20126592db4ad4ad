/* 探索器：在真房子的潛在平面上拖一個點，看解碼出來的房子、附近的房價，以及模型有多少把握。
 * 編碼、解碼、鄰居、平面、房子、一條路、描述、小圖、網址、文字各在 explorer/ 的一個檔案；
 * 這裡只管讀者現在在哪裡、看哪一棟、從哪裡走到哪裡，一變就全部重畫。 */
Interactive.register("explorer", (stage) => {
  "use strict";
  const { number } = Interactive;
  const { words } = Explorer;
  const { variables, limit, far: FAR } = stage.data;
  const houses = new Explorer.Houses(stage.data.houses, variables, stage.data.planes);
  const fields = variables.map(Explorer.fieldOf);
  const decoder = new Explorer.Decoder(stage.data.layers, variables);
  const askable = variables.filter(({ code }) => stage.data.asked.includes(code));
  const encoder = new Explorer.Encoder(stage.data.encoder, askable);
  const makeMap = () => new Explorer.PriceMap(houses.mean, houses.logPrice, houses.rows.filter((row) => !houses.heldOut[row]));
  let map = makeMap();

  const neighbourhood = variables[houses.index.get("Neighborhood")];
  const address = new Explorer.Address(houses.id, neighbourhood.levels, stage.data.asked.map((code) => variables[houses.index.get(code)]), stage.data.planes.map(({ key }) => key));

  const STEP = 0.01;
  const QUIET = 250; // 停手這麼多毫秒才寫網址；瀏覽器不讓人改得太快
  let shown = null; // 選中的房子
  let preview = null; // 滑鼠或焦點指著的房子
  let start = [0, 0]; // 記住的點，與它的解碼
  let before = decoder.decode(start);
  let ends = [null, null]; // 從哪一棟走到哪一棟
  let described = {}; // 讀者描述的房子：{代碼: 寫的字}
  let colouring = "price";
  let showing = 0; // 看哪一張平面；只有第 0 張有解碼器
  const actions = {
    moveTo: (z) => moveExactly(z.map((value) => Math.round(Math.min(limit, Math.max(-limit, value)) / STEP) * STEP)),
    hover: (row) => { preview = row; stage.update(); },
    pick: (row) => { shown = row; stage.update(); },
    goToShown: () => moveExactly(houses.encoding(shown).mean),
    setEnd: (k, row) => setEnds(ends.map((old, j) => (j === k ? row : old === row ? null : old))),
    setEnds,
    goAlong,
    describe: (text) => { described = text; stage.update(); },
    goToDescribed: () => moveExactly(placeOf(described).encoding.mean),
    example: stage.data.stops.length > 2 ? () => setEnds(stage.data.stops.slice(1, 3).map(({ z }) => map.nearest(z)[0].row)) : null,
  };

  // ── 版面：左邊平面與控制，右邊的字 ──
  stage.root.classed("explorer", true);
  const plane = new Explorer.Plane(stage, houses, actions);
  const columns = stage.root.append("div").attr("class", "explorer-columns");
  const left = columns.append("div").attr("class", "explorer-map");
  left.append(() => stage.plots.node());
  left.append(() => stage.controls.node());
  const side = columns.append("div").attr("class", "explorer-side");
  const warning = side.append("p").attr("class", "warning");
  side.append(() => stage.text.node());
  const about = side.append("p").attr("class", "about-plane");
  const drawings = new Explorer.Drawings(side, houses);
  const walk = new Explorer.Walk(side, stage, houses, measure, actions);
  const changes = new Explorer.Changes(side, fields);
  const confidence = new Explorer.Confidence(side, fields);
  const card = new Explorer.HouseCard(side, houses, limit, actions);
  const describe = new Explorer.Describe(side, houses, stage.data.asked, placeOf, actions);
  const house = new Explorer.Decoded(side, fields, stage.data.themes, houses);
  const neighbours = new Explorer.Neighbours(side, houses, actions);
  const first = stage.slider({ label: "z₁（左右）", min: -limit, max: limit, step: STEP, value: 0 });
  const second = stage.slider({ label: "z₂（上下）", min: -limit, max: limit, step: STEP, value: 0 });
  stage.button("記住這一點", () => remember(position()));
  stage.button("回到原點", () => { remember([0, 0]); shown = null; actions.moveTo([0, 0]); });
  foldSliders();
  addStops(stage.data.stops);
  const looks = left.append("div").attr("class", "interactive-controls looks");
  const planeSelect = addPlanes(stage.data.planes);
  const colourSelect = Interactive.colourSelect(looks, Interactive.counted(houses.places, neighbourhood.labels), paint);
  looks.append("button").attr("type", "button").text("複製連結").on("click", copyLink);
  const copied = looks.append("output").attr("class", "copied");

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

  /** 換方法或種子；沒有另外的平面就沒有選單。 */
  function addPlanes(planes) {
    const label = looks.append("label").attr("hidden", planes.length ? null : "");
    label.append("span").text("平面");
    const select = label.append("select").attr("aria-label", "平面").on("change", (event) => usePlane(Number(event.target.value)));
    select.selectAll("option").data([{ name: "VAE（可以解碼）" }, ...planes]).join("option").attr("value", (_, k) => k).text(({ name }) => name);
    return select;
  }

  /** 換一張平面；看著的那一棟、正在走的路都跟過去，沒有就回到原點。 */
  function usePlane(k) {
    const t = progress() ?? 0;
    showing = k;
    houses.use(k);
    map = makeMap();
    const { gaussian, note } = stage.data.planes[k - 1] ?? { gaussian: true };
    plane.usePlane({ gaussian, axes: gaussian ? ["z₁", "z₂"] : ["第 1 軸", "第 2 軸"] });
    planeSelect.property("value", k);
    stage.root.classed("no-decoder", k > 0);
    about.attr("hidden", k > 0 ? null : "").text(k > 0 ? `${note}這張平面的鄰居猜留下的房子的對數房價，R² 是 ${number(explained())}。` : "");
    walk.forget();
    card.row = undefined;
    preview = null;
    remember([0, 0]);
    paint(colouring);
    if (!ends.includes(null)) goAlong(t);
    else moveExactly(shown === null ? [0, 0] : houses.encoding(shown).mean);
  }

  /** 留下的房子的對數房價，最近 15 棟的平均解釋了多少。 */
  function explained() {
    const rows = houses.rows.filter((row) => houses.heldOut[row]), mean = d3.mean(rows, (row) => houses.logPrice[row]);
    const error = d3.sum(rows, (row) => (houses.logPrice[row] - map.price(map.nearest(houses.encoding(row).mean)).mean) ** 2);
    return 1 - error / d3.sum(rows, (row) => (houses.logPrice[row] - mean) ** 2);
  }

  const decode = (z) => (showing ? null : decoder.decode(z));

  // ── 讀者在哪裡，那裡有什麼 ──
  /** 走到一棟房子的編碼時，比滑桿的一格還細。 */
  function moveExactly(z) {
    [first, second].forEach((slider, k) => slider.setExact(z[k]));
  }

  /** 換走哪一條路；兩棟都選好了，就從 A 出發。 */
  function setEnds(next) {
    ends = next;
    if (!ends.includes(null)) goAlong(0);
    stage.update();
  }

  function endCodes() {
    return ends.map((row) => houses.encoding(row).mean);
  }

  function goAlong(t) {
    walk.slider.setExact(t);
    moveExactly(Explorer.way.along(...endCodes(), t));
  }

  /** 把手在路上，就是走到哪裡；不在路上（或沒有路）是 null。 */
  function progress() {
    if (ends.includes(null)) return null;
    const on = Explorer.way.along(...endCodes(), walk.slider.value), z = position();
    return on.every((value, k) => value === z[k]) ? walk.slider.value : null;
  }

  /** 讀者描述的房子：編碼，與那裡的期望房價。 */
  function placeOf(text) {
    const known = askable.map((variable) => (variable.code in text ? Explorer.describing.read(variable, text[variable.code]) : null));
    const encoding = encoder.encode(known);
    return { encoding, price: map.price(map.nearest(encoding.mean)) };
  }

  /** 換顏色：房價、建造年份，或一個社區（它的編號）。 */
  function paint(mode) {
    colouring = mode;
    const scale = Interactive.scales(stage.data)[mode], level = Number(mode);
    const colours = mode === "price" ? Interactive.shades(houses.logPrice, scale.range)
      : mode === "year" ? Interactive.shades(houses.rows.map((row) => houses.number(row, "YearBuilt")), scale.range)
      : Interactive.singledOut(houses.places, level, stage.colours.bad);
    plane.paintWith(colours, scale ?? { colour: stage.colours.bad, title: `${neighbourhood.labels[level]}；其餘的社區是灰色` });
    stage.update();
  }

  /** 色階上指著這一點的三角形，與寫在旁邊的字；沒有解碼器就問最近的 15 棟。 */
  function pointer({ price, decoded, near }) {
    if (colouring === "price") return { mean: price.mean, sd: price.sd, text: `期望 ${words.price(Math.exp(price.mean))}` };
    if (!decoded) return neighboursPointer(near.map(({ row }) => row));
    const year = houses.index.get("YearBuilt");
    if (colouring === "year") return { mean: decoded[year].mean, sd: variables[year].s, text: `解碼 ${words.amount(decoded[year].mean, "年")}` };
    return { mean: 0, sd: 0, text: `解碼的機率 ${words.percent(decoded[houses.index.get("Neighborhood")].p[Number(colouring)])}` };
  }

  function neighboursPointer(rows) {
    const years = rows.map((row) => houses.number(row, "YearBuilt"));
    if (colouring === "year") return { mean: d3.mean(years), sd: d3.deviation(years), text: `鄰居平均 ${words.amount(d3.mean(years), "年")}` };
    return { mean: 0, sd: 0, text: `最近 15 棟裡有 ${rows.filter((row) => houses.places[row] === Number(colouring)).length} 棟` };
  }

  // ── 網址：看到的寫進去，打開的照著擺 ──
  function state() {
    return { plane: showing, z: position(), from: start, house: shown, a: ends[0], b: ends[1], t: progress(), colour: colouring, described };
  }

  function restore(hash) {
    const wanted = address.read(hash);
    if (!wanted) return;
    shown = wanted.house;
    ends = [wanted.a, wanted.b];
    described = wanted.described;
    colouring = wanted.colour;
    usePlane(wanted.plane);
    remember(wanted.from);
    moveExactly(wanted.z);
    if (wanted.t !== null) goAlong(wanted.t);
    colourSelect.property("value", wanted.colour);
    copied.text(wanted.ignored.length ? `網址裡的${wanted.ignored.join("、")}看不懂，沒有照做。` : "");
  }

  let written = null;
  function saveAddress() {
    clearTimeout(written);
    written = setTimeout(() => Interactive.showAddress("explorer", address.write(state())), QUIET);
  }

  /** 這個畫面的連結放進剪貼簿；不准放的，寫出來讓人自己複製。 */
  async function copyLink() {
    const hash = address.write(state());
    const link = location.href.split("#")[0] + hash;
    Interactive.showAddress("explorer", hash);
    try {
      await navigator.clipboard.writeText(link);
      copied.text("複製好了；打開它，就是這個畫面。");
    } catch {
      copied.text(`瀏覽器不准寫剪貼簿，請自己複製：${link}`);
    }
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
    const price = map.price(map.nearest(mean, row));
    if (showing) return { price };
    const decoded = decoder.decode(mean);
    const verdicts = fields.map((field, v) => field.right(decoded[v], houses.value(row, v)));
    const count = (some) => ({ known: some.filter((right) => right !== null).length, right: some.filter(Boolean).length });
    const [categories, numbers] = [verdicts.slice(0, houses.categories), verdicts.slice(houses.categories)].map(count);
    return { categories, numbers, price };
  }

  /** 路上的一點有什麼：期望房價、解碼、熵、最近的房子有多遠（兩端不算）、是不是外推。 */
  function measure(z, skipped) {
    const decoded = decode(z), price = map.price(map.nearest(z));
    return { price, decoded, nats: decoded && confidence.measure(decoded).nats, gap: map.gap(z, skipped), far: price.reach > FAR };
  }

  function look() {
    const z = position();
    const decoded = decode(z);
    const near = map.nearest(z);
    const price = map.price(near);
    const still = z.every((value, k) => value === start[k]);
    return { z, start, still, near, price, decoded, far: price.reach > FAR, changed: decoded ? changes.between(before, decoded) : [] };
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
      where: `${decoded ? "z = " : ""}${words.point(z)}：${decoded ? headline(decoded) : ""}最近 15 棟的期望房價 ${middle}美元（一個標準差：${low}到 ${high}），` +
        `第 15 近的離 ${number(price.reach)}。`,
      alarm: far
        ? `附近沒有房子，這裡是外推：第 15 近的房子在 ${number(price.reach)} 之外。價格是從遠處借來的，把握也不算數。`
        : "",
    };
  }

  /** 有解碼器的平面才有的。 */
  function showDecoded(here) {
    changes.show(here);
    confidence.show(confidence.measure(here.decoded));
    describe.show(described, shown);
    drawings.show(here.decoded, shown);
    house.show(here.decoded, shown);
  }

  stage.draw(() => {
    const here = look();
    const { where, alarm } = summary(here);
    const named = preview ?? shown; // 手指沒有「指著」，點了就把它留在平面上
    walk.show(ends, progress());
    plane.draw({
      ...here, shown, preview, ends, beside: ends.includes(null) ? [] : walk.beside, pointer: pointer(here),
      described: here.decoded && Object.keys(described).length ? placeOf(described).encoding : null,
    });
    plane.describe(where + alarm, here.z);
    plane.showTip(named === null ? "" : houses.sentence(named));
    warning.attr("hidden", here.far ? null : "").text(`⚠ ${alarm}`);
    neighbours.show(here.near, shown);
    if (shown !== card.row) card.show(shown, shown === null ? null : report(shown));
    if (here.decoded) showDecoded(here);
    saveAddress();
    stage.say(where + (here.changed.length ? `變得最多的是${changes.words(here.changed[0])}。` : ""));
  });
  usePlane(0);
  restore(location.hash);
  window.addEventListener("hashchange", () => restore(location.hash));
});
