/* 實驗室：在網頁裡訓練一個真的 VAE。訓練在 worker 裡（lab/runner.js、lab/trainer.js），這裡只管現在訓練的是哪一次、
 * 前一次是什麼、讀者改了什麼；一變就全部重畫。 */
Interactive.register("lab", (stage) => {
  "use strict";
  const { settings: S } = Lab;
  const { colours, data } = stage;
  const DRAWN = 10;

  stage.root.classed("lab", true).style("--prior", colours.p).style("--bad", colours.bad).style("--good", colours.good);
  if (!globalThis.LabEngine?.supported()) return explain("這個瀏覽器沒有 WebAssembly 的 SIMD 指令，不能在頁面裡訓練；更新瀏覽器（2021 年以後的 Chrome、Edge、Firefox，2023 年以後的 Safari）就可以");
  if (!globalThis.LAB_ENGINE_WASM) return explain("引擎的檔案 lab/engine.wasm.js 沒有載入，不能訓練；整本書的資料夾要放在一起，不能只拿這一頁");

  const houses = new Lab.Houses(data);
  const facts = { noCode: data.no_code, limit: data.limit };
  const address = S.fromAddress(location.hash);

  let run = fresh(address.settings); // 這一次
  let ghost = null; // 前一次
  let state = "starting"; // starting、idle、training、broken
  let probe = [0, 0, 0]; // 把手
  let pointed = null; // 滑鼠指著的一點
  let asked = false; // 已經請 worker 解碼，還沒有回來
  let decoded = null;
  let drawnZ = null;
  let drawn = null;
  let pace = null; // 這一段訓練從什麼時候、第幾步開始
  let guided = null; // 正在跑的引導實驗
  let colouring = "price";

  function fresh(settings) {
    return { settings, rows: [], last: null, number: 0 };
  }

  // ── 版面：按鈕與設定，實驗，一句話；左邊平面，右邊曲線與數字；下面是房子 ──
  const panelBox = stage.root.append("div").attr("class", "lab-panel");
  const buttons = panelBox.append("div").attr("class", "interactive-controls lab-buttons");
  const play = button("訓練", () => (state === "training" ? pause() : train()), "play");
  const singles = [button("走一步", () => single("step")), button("走一個週期", () => single("epoch"))];
  const again = button("重來", () => { leaveGuide(); start(panel.values); });
  const clock = buttons.append("span").attr("class", "lab-clock");
  const bar = panelBox.append("div").attr("class", "lab-progress").attr("aria-hidden", "true").append("i");
  const panel = new Lab.Panel(panelBox, data.thresholds, changed);
  const stale = panelBox.append("p").attr("class", "lab-stale");
  const guide = new Lab.Guide(stage.root, facts, { run: runGuided, opened: saveAddress });
  stage.root.append(() => stage.text.node());
  stage.text.attr("aria-live", "off"); // 一秒變好幾次的字不念；該念的寫在 spoken
  const spoken = stage.root.append("p").attr("class", "lab-spoken").attr("role", "status");

  const columns = stage.root.append("div").attr("class", "lab-columns");
  const left = columns.append("div").attr("class", "lab-left");
  const right = columns.append("div").attr("class", "lab-right");
  left.append(() => stage.plots.node());
  const plane = new Lab.Plane(stage, houses, { move, hover });
  const paints = left.append("div").attr("class", "interactive-controls lab-paints");
  stage.plots = right.append("div").attr("class", "interactive-plots"); // 曲線在右邊
  const curves = new Lab.Curves(stage);
  const meters = new Lab.Meters(right, (k) => curves.colour(k));
  const compared = new Lab.Compared(stage.root);
  const lower = stage.root.append("div").attr("class", "lab-columns");
  const house = new Lab.Decoded(lower.append("div"), houses);
  const ten = new Lab.Drawn(lower.append("div"), houses, () => runner.order("draw", { n: DRAWN }));
  stage.controls.remove();

  function button(text, action, name = null) {
    return buttons.append("button").attr("type", "button").attr("class", name).text(text).on("click", action);
  }

  // ── 顏色、軸、存檔 ──
  const colourBox = paints.append("label");
  colourBox.append("span").text("顏色");
  const colourSelect = colourBox.append("select").attr("aria-label", "顏色").on("change", (event) => paint(event.target.value));
  colourSelect.append("option").attr("value", "price").text("房價");
  colourSelect.append("option").attr("value", "year").text("建造年份");
  colourSelect.append("optgroup").attr("label", "一個社區").selectAll("option").data(houses.neighbourhoods).join("option")
    .attr("value", ({ level }) => level).text(({ name, n }) => `${name}（${n} 棟）`);
  const axesBox = paints.append("label").attr("class", "lab-axes");
  axesBox.append("span").text("看哪兩軸");
  const axesSelect = axesBox.append("select").attr("aria-label", "看哪兩軸").on("change", (event) => { chooseAxes(event.target.value); stage.update(); });
  axesSelect.selectAll("option").data(["01", "02", "12"]).join("option").attr("value", String)
    .text((pair) => [...pair].map((k) => `z${"₁₂₃"[k]}`).join(" 與 "));
  paints.append("button").attr("type", "button").text("存圖（PNG）").on("click", savePicture);
  paints.append("button").attr("type", "button").text("編碼（CSV）").on("click", saveCodes);

  function paint(mode) {
    colouring = mode;
    const level = Number(mode), place = houses.neighbourhoods.find((one) => one.level === level);
    const list = mode === "price" || mode === "year" ? houses.colours(mode) : houses.colours(level, colours.bad);
    const scales = {
      price: { range: data.price_range, ticks: data.price_ticks.map((price) => [Math.log(price), price / 1e4]), title: "房價（萬美元，對數刻度）；訓練時沒有看過" },
      year: { range: Lab.YEARS, ticks: d3.range(1900, 2011, 20).map((year) => [year, year]), title: "建造年份；訓練時沒有看過" },
    };
    plane.paintWith(list, scales[mode] ?? { colour: colours.bad, title: `${place.name}；其餘的社區是灰色` });
    stage.update();
  }

  function chooseAxes(pair) {
    plane.choose([...pair].map(Number));
  }

  function save(blob, name) {
    const link = document.createElement("a"), url = URL.createObjectURL(blob);
    Object.assign(link, { href: url, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  function caption() {
    const changes = S.differences(S.DEFAULTS, run.settings).map(([name, , after]) => `${name} ${after}`);
    return `第 ${run.rows.length} 個週期；${changes.length ? changes.join("，") : "預設的設定"}`;
  }

  function savePicture() {
    plane.picture(caption(), colours).toBlob((blob) => save(blob, "latent-plane.png"));
  }

  /** 一棟一列：編號、有沒有留下、房價、年份、μ 與 σ。 */
  function saveCodes() {
    if (!run.last) return;
    const { mean, logVar, latent } = run.last, units = d3.range(latent);
    const head = ["Id", "held_out", "SalePrice", "YearBuilt", ...units.map((k) => `mu_${k + 1}`), ...units.map((k) => `sigma_${k + 1}`)];
    const lines = d3.range(houses.count).map((row) => [
      houses.id[row], houses.held_out[row], houses.price[row], houses.year[row],
      ...units.map((k) => mean[row * latent + k].toPrecision(7)), ...units.map((k) => Math.exp(0.5 * logVar[row * latent + k]).toPrecision(7)),
    ].join());
    save(new Blob([`${[head.join(), ...lines].join("\n")}\n`], { type: "text/csv" }), "codes.csv");
  }

  // ── 訓練 ──
  const runner = new Lab.Runner(houses.forTraining(), hear);

  function hear(message) {
    if (message.run !== undefined && message.run !== run.number && message.kind !== "problem") return; // 前一次遲到的
    ({ ready, configured, snapshot, stopped, decoded: gotDecoded, drawn: gotDrawn, problem })[message.kind]?.(message);
  }

  function ready() {
    start(address.settings);
    if (address.ignored.length) panel.complain(`網址裡的${address.ignored.join("、")}看不懂，用預設的。`);
    guide.open(guide.find(address.extra.experiment));
  }

  /** 從頭開始一次；有訓練過的那一次留作比較。 */
  function start(settings) {
    if (run.rows.length) ghost = run;
    run = fresh(settings);
    [decoded, drawn, drawnZ, pace, asked] = [null, null, null, null, false];
    run.number = runner.configure(S.forEngine(settings));
    state = "idle";
    probe = probe.map((value, k) => (k < settings.latent ? value : 0));
    pointed = null;
    panel.set(settings);
    axesSelect.property("value", "01");
    chooseAxes("01");
    axesBox.attr("hidden", settings.latent === 3 ? null : "");
    saveAddress();
  }

  function configured() {
    runner.order("draw", { n: DRAWN });
  }

  function snapshot({ rows, ...last }) {
    const before = run.last;
    run.rows.push(...rows);
    run.last = last;
    plane.show(last);
    announceUnits(before, last);
    ask();
    if (drawnZ) runner.order("decode", { z: drawnZ, tag: "drawn" });
    stage.update();
  }

  /** 訓練到設定的週期；已經到了就再加那麼多。 */
  function train() {
    if (state !== "idle") return;
    leaveGuide();
    if (run.rows.length >= run.settings.epochs) {
      const epochs = Math.min(S.MOST_EPOCHS, run.rows.length + panel.values.epochs);
      if (epochs === run.rows.length) return panel.complain(`最多 ${S.MOST_EPOCHS} 個週期；按「重來」從頭開始。`);
      run.settings = { ...run.settings, epochs };
    }
    go(run.settings.epochs);
    say(`開始訓練，到第 ${run.settings.epochs} 個週期。`);
  }

  function go(until) {
    state = "training";
    pace = { at: performance.now(), epochs: fraction() };
    runner.order("train", { until });
    stage.update();
  }

  function pause() {
    runner.order("pause");
    say("暫停。");
  }

  function single(order) {
    if (state !== "idle") return;
    leaveGuide();
    runner.order(order);
  }

  function stopped({ done }) {
    state = "idle";
    if (guided) return done ? nextPhase() : leaveGuide();
    if (done) say(`訓練完了。${Lab.sentence(run, data.no_code[run.settings.likelihood])}`);
    stage.update();
  }

  function problem({ text }) {
    state = run.last ? "idle" : "broken";
    leaveGuide();
    panel.complain(`訓練停下來了：${text}`);
    stage.update();
  }

  /** 現在是第幾個週期（帶小數）。 */
  function fraction() {
    const { last } = run;
    return last ? last.epoch - 1 + last.step / last.steps : 0;
  }

  // ── 讀者改了設定 ──
  function changed(name) {
    leaveGuide();
    const { values } = panel;
    if (S.LIVE.includes(name)) {
      run.settings = { ...run.settings, [name]: values[name] };
      runner.order("change", { settings: { [name]: values[name] } });
    } else if (name === "epochs") {
      run.settings = { ...run.settings, epochs: Math.max(values.epochs, run.rows.length) };
      if (state === "training") runner.order("train", { until: run.settings.epochs });
    } else if (!run.rows.length && state !== "training" && !run.last?.step) {
      return start(values); // 還沒有訓練，換一個網路不必按「重來」
    }
    saveAddress();
    stage.update();
  }

  function waiting() {
    const names = Object.keys(S.DEFAULTS).filter((name) => ![...S.LIVE, "epochs"].includes(name));
    return S.differences(run.settings, panel.values, names);
  }

  function saveAddress() {
    const hash = S.toAddress(panel.values, guide.current ? { experiment: guide.current.id } : {});
    if (hash === "" && !location.hash.startsWith("#lab:")) return; // 別的錨點不動
    try { history.replaceState(null, "", location.pathname + location.search + hash); } catch { /* 有的瀏覽器在 file:// 不准改網址 */ }
  }

  // ── 引導的實驗 ──
  function runGuided(experiment) {
    guided = { experiment, results: [], seed: panel.values.seed };
    nextRun();
  }

  function nextRun() {
    const { experiment, results, seed } = guided, next = experiment.runs[results.length];
    if (!next) return finishGuided();
    guided.phase = 0;
    results.push({ rows: null, marks: [] });
    start(Lab.settingsOf(next, houses.columns, seed));
    run.name = next.name;
    say(`實驗「${experiment.title}」：第 ${results.length} 次訓練，共 ${experiment.runs.length} 次。`);
    runPhase(next);
  }

  function runPhase({ phases }) {
    const { change } = phases[guided.phase];
    if (change) {
      run.settings = { ...run.settings, ...change };
      panel.set(run.settings);
      runner.order("change", { settings: change });
    }
    go(d3.sum(phases.slice(0, guided.phase + 1), ({ epochs }) => epochs));
  }

  function nextPhase() {
    const { experiment, results } = guided, now = experiment.runs[results.length - 1];
    results.at(-1).marks.push(run.last);
    results.at(-1).rows = run.rows;
    guided.phase += 1;
    if (guided.phase < now.phases.length) runPhase(now);
    else nextRun();
  }

  function finishGuided() {
    const { results } = guided;
    guided = null;
    guide.finish(results);
    say(guide.words);
    stage.update();
  }

  /** 讀者自己動手了：實驗不算，停在現在的樣子。 */
  function leaveGuide() {
    if (!guided) return;
    guided = null;
    if (state === "training") runner.order("pause");
    guide.stopped();
  }

  // ── 解碼指標下的一點：一次只問一個，答案回來再問最新的 ──
  function move(z) {
    probe = z;
    pointed = null;
    ask();
    stage.update();
  }

  function hover(z) {
    pointed = z;
    ask();
  }

  function ask() {
    if (!run.last) return;
    if (asked) { asked = "again"; return; }
    asked = true;
    const z = pointed ?? probe;
    runner.order("decode", { z: z.slice(0, run.settings.latent), tag: z });
  }

  function gotDecoded({ tag, p, width }) {
    if (tag === "drawn") {
      drawn = { z: drawnZ, p, width };
    } else {
      decoded = { p, z: tag };
      const again = asked === "again";
      asked = false;
      if (again) ask();
    }
    stage.update();
  }

  function gotDrawn({ z }) {
    drawnZ = z;
    runner.order("decode", { z, tag: "drawn" });
  }

  // ── 念出來的 ──
  function say(text) {
    spoken.text(text);
  }

  function announceUnits(before, { active }) {
    if (!before || before.latent !== active.length || guided) return;
    active.forEach((on, k) => {
      if (on !== before.active[k]) say(`第 ${run.rows.length} 個週期，單元${"一二三"[k]}${on ? "醒了" : "死了"}。`);
    });
  }

  /** 還要多久：照這一段到現在的快慢。 */
  function timeLeft(until) {
    const made = fraction() - pace.epochs, spent = (performance.now() - pace.at) / 1000;
    if (made < 0.3) return "";
    const left = spent / made * (until - fraction());
    return `，約還要 ${left < 10 ? Math.ceil(left) : 5 * Math.ceil(left / 5)} 秒`;
  }

  function drawButtons() {
    const { epochs } = run.settings, now = run.rows.length;
    play.text(state === "training" ? "暫停" : now && now < epochs ? "繼續訓練" : now ? "再訓練下去" : "訓練").property("disabled", state === "starting" || state === "broken");
    singles.forEach((one) => one.property("disabled", state !== "idle"));
    clock.text(state === "training" ? `第 ${Math.min(epochs, now + 1)}／${epochs} 個週期${timeLeft(epochs)}` : now ? `第 ${now}／${epochs} 個週期` : "");
    bar.style("width", `${Math.min(100, 100 * fraction() / epochs)}%`);
    const list = waiting();
    stale.text(list.length ? `按「重來」才算數：${list.map(([name, before, after]) => `${name} ${before} → ${after}`).join("；")}。` : "");
    again.classed("wanted", list.length > 0);
    if (guided) guide.tell(`第 ${guided.results.length} 次訓練，共 ${guided.experiment.runs.length} 次${run.name ? `：${run.name}` : ""}。${clock.text()}`);
  }

  stage.draw(() => {
    drawButtons();
    plane.draw(probe);
    if (!run.last) return;
    curves.draw(run, ghost);
    meters.show(run.last);
    compared.show(run, ghost);
    if (decoded) house.show(decoded.p, decoded.z, run.settings.latent);
    if (decoded) plane.describe(`z = ${Lab.point(decoded.z, run.settings.latent)}。${house.words(decoded.p)}`);
    if (drawn) ten.show(drawn.z, drawn.p, drawn.width, run.settings.latent);
    stage.text.text(Lab.sentence(run, data.no_code[run.settings.likelihood]));
  });
  paint(colouring);
  panel.set(address.settings);

  /** 不能訓練：一句話，結論的圖在後面。 */
  function explain(why) {
    stage.text.text(`${why}。結論在這一頁後面的圖。`);
  }
});
