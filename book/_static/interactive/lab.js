/* 實驗室：在網頁裡訓練一個真的 VAE。訓練在 worker 裡（lab/runner.js、lab/trainer.js），這裡只管現在訓練的是哪一次、
 * 前一次是什麼、讀者改了什麼；一變就全部重畫。 */
Interactive.register("lab", (stage) => {
  "use strict";
  const { settings: S } = Lab;
  const { colours, data } = stage;
  const { rewrite } = Interactive;
  const DRAWN = 10;
  const MEASURED = { seconds: 1, steps: 8 }; // 至少訓練這麼久、這麼多步，才說還要多久
  const LONG = 45; // 秒：一段訓練比這久，就說要等多久

  stage.root.classed("lab", true);
  if (!globalThis.LabEngine?.supported()) return explain("這個瀏覽器沒有 WebAssembly 的 SIMD 指令，不能在頁面裡訓練；更新瀏覽器（2021 年以後的 Chrome、Edge、Firefox，2023 年以後的 Safari）就可以");
  if (!globalThis.LAB_ENGINE_WASM) return explain("引擎的檔案 lab/engine.wasm.js 沒有載入，不能訓練；整本書的資料夾要放在一起，不能只拿這一頁");

  const houses = new Lab.Houses(data);
  const facts = { noCode: data.no_code, limit: data.limit };

  let run = fresh(S.fromAddress(location.hash)); // 這一次
  let ghost = null; // 前一次
  let state = "starting"; // starting、idle、training、broken
  let probe = [1, 1, 0]; // 把手；不放在原點，崩塌的一團才不會被蓋住
  let pointed = null; // 滑鼠指著的一點
  let decoded = null;
  let drawnZ = null;
  let drawn = null;
  let version = 0; // 數字與表是第幾版：變了才重畫
  let pace = null; // 這一段訓練從什麼時候、第幾步開始
  let guided = null; // 正在跑的引導實驗
  let kept = null; // 引導實驗以前，讀者的設定
  let view = { ...S.VIEW }; // 怎麼看：快慢、橢圓
  let colouring = "price";

  /** 一次訓練：開始的設定、現在的設定、途中改了什麼（changes）與還要改什麼（ahead），最後的快照（last）與走到哪裡（at）。 */
  function fresh({ settings, changes: ahead = [] }) {
    return { opening: settings, settings, changes: [], ahead, rows: [], last: null, at: null, number: 0, diverged: false };
  }

  // ── 版面：按鈕與設定，實驗，一句話；左邊平面，右邊曲線與數字；下面是房子 ──
  const panelBox = stage.root.append("div").attr("class", "lab-panel");
  const buttons = panelBox.append("div").attr("class", "interactive-controls lab-buttons");
  const play = button("訓練", () => (state === "training" ? pause() : train()), "play");
  const singles = [button("走一步", () => single("step")), button("走一個週期", () => single("epoch"))];
  const again = button("重來", () => { leaveGuide("你按了「重來」"); start(panel.values); });
  const defaults = button("回到預設", () => { leaveGuide("你按了「回到預設」"); kept = null; panel.clear(); start(S.DEFAULTS); });
  const speed = speedSelect();
  const clock = buttons.append("span").attr("class", "lab-clock");
  const bar = panelBox.append("div").attr("class", "lab-progress").attr("aria-hidden", "true").append("i");
  const panel = new Lab.Panel(panelBox, data.thresholds, changed);
  const wait = panelBox.append("p").attr("class", "lab-wait");
  const stale = panelBox.append("p").attr("class", "lab-stale");
  const notice = panelBox.append("p").attr("class", "lab-notice");
  const guide = new Lab.Guide(stage.root, facts, { run: runGuided, leave: leaveGuide, opened: saveAddress, used: usedSettings, restore });
  stage.root.append(() => stage.text.node());
  stage.text.attr("aria-hidden", null); // 一秒變好幾次的字不念，讀得到；該念的寫在 spoken
  const spoken = stage.root.append("p").attr("class", "lab-spoken").attr("role", "status");

  const columns = stage.root.append("div").attr("class", "lab-columns");
  const left = columns.append("div").attr("class", "lab-left");
  const right = columns.append("div").attr("class", "lab-right");
  left.append(() => stage.plots.node());
  const plane = new Lab.Plane(stage, houses, { move, hover });
  const paints = left.append("div").attr("class", "interactive-controls lab-paints");
  const ellipseNote = left.append("p").attr("class", "lab-ellipse-note");
  stage.plots = right.append("div").attr("class", "interactive-plots"); // 曲線在右邊
  const curves = new Lab.Curves(stage);
  const rate = new Lab.RatePlane(stage);
  const meters = new Lab.Meters(left, (k) => curves.colour(k));
  const compared = new Lab.Compared(stage.root);
  const lower = stage.root.append("div").attr("class", "lab-columns");
  const house = new Lab.Decoded(lower.append("div"), houses);
  const ten = new Lab.Drawn(lower.append("div"), houses, () => runner.order("draw", { n: DRAWN }));
  stage.controls.remove();

  function button(text, action, name = null) {
    return buttons.append("button").attr("type", "button").attr("class", name).text(text).on("click", action);
  }

  /** 快慢：只改等多久，結果逐位元相同；訓練到一半也能改。 */
  function speedSelect() {
    const label = buttons.append("label").attr("class", "lab-speed");
    label.append("span").text("速度");
    const select = label.append("select").attr("aria-label", "速度").on("change", (event) => setView({ speed: event.target.value }));
    select.selectAll("option").data(Object.entries(S.SPEEDS)).join("option").attr("value", ([name]) => name).text(([, { name }]) => name);
    return select;
  }

  /** 換一個看法，寫進網址；訓練照舊。 */
  function setView(changes) {
    look({ ...view, ...changes });
    saveAddress();
    redraw();
  }

  function look(next) {
    if (next.speed !== view.speed && state === "training") beginPace();
    view = next;
    speed.property("value", view.speed);
    runner.order("speed", { rate: S.SPEEDS[view.speed].rate });
    ellipses.property("checked", view.ellipses === 1);
    plane.showEllipses(view.ellipses === 1);
  }

  // ── 顏色、軸、存檔 ──
  Interactive.colourSelect(paints, houses.neighbourhoods, paint);
  const axesBox = paints.append("label").attr("class", "lab-axes");
  axesBox.append("span").text("看哪兩軸");
  const axesSelect = axesBox.append("select").attr("aria-label", "看哪兩軸").on("change", (event) => { chooseAxes(event.target.value); redraw(); });
  axesSelect.selectAll("option").data(["01", "02", "12"]).join("option").attr("value", String)
    .text((pair) => [...pair].map((k) => `z${"₁₂₃"[k]}`).join(" 與 "));
  const ellipseBox = paints.append("label").attr("class", "lab-ellipses");
  const ellipses = ellipseBox.append("input").attr("type", "checkbox").on("change", (event) => setView({ ellipses: Number(event.target.checked) }));
  ellipseBox.append("span").text("畫 ±1σ");
  paints.append("button").attr("type", "button").text("存圖（PNG）").on("click", savePicture);
  paints.append("button").attr("type", "button").text("編碼（CSV）").on("click", saveCodes);

  function paint(mode) {
    colouring = mode;
    const level = Number(mode), place = houses.neighbourhoods.find((one) => one.level === level);
    const list = mode === "price" || mode === "year" ? houses.colours(mode) : houses.colours(level, colours.bad);
    const scale = Interactive.scales(data)[mode];
    if (scale) scale.title += "；訓練時沒有看過";
    plane.paintWith(list, scale ?? { colour: colours.bad, title: `${place.name}；其餘的社區是灰色` });
    redraw();
  }

  function chooseAxes(pair) {
    plane.choose([...pair].map(Number));
  }

  /** 檔名帶著設定與週期，存幾次也分得出。 */
  function fileName(kind, extension) {
    const { beta, latent, seed } = run.settings;
    return `${kind}-beta${beta}-z${latent}-seed${seed}-epoch${run.rows.length}.${extension}`;
  }

  function caption() {
    const changes = changesFromDefault(run.opening);
    return [`第 ${run.rows.length} 個週期`, changes || "預設的設定", ...(run.last ? S.journey(run, run.last.steps) : [])].join("；");
  }

  function changesFromDefault(settings) {
    const names = Object.keys(S.DEFAULTS).filter((name) => name !== "epochs");
    return S.differences(S.DEFAULTS, settings, names).map(([name, , after]) => `${name} ${after}`).join("，");
  }

  function savePicture() {
    plane.picture(caption()).toBlob((blob) => Interactive.save(blob, fileName("latent-plane", "png")));
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
    Interactive.save(new Blob([`${[head.join(), ...lines].join("\n")}\n`], { type: "text/csv" }), fileName("codes", "csv"));
  }

  // ── 訓練 ──
  const runner = new Lab.Runner(houses.forTraining(), hear);

  function hear(message) {
    if (message.run !== undefined && message.run !== run.number && message.kind !== "problem") return; // 前一次遲到的
    ({ ready, configured, snapshot, progress, changed: recorded, stopped, decoded: gotDecoded, drawn: gotDrawn, problem })[message.kind]?.(message);
  }

  function ready() {
    const shared = location.hash.startsWith("#lab:"); // 別人給的網址：直接看到實驗室
    openAddress();
    if (shared) stage.root.node().scrollIntoView();
    addEventListener("hashchange", () => {
      const ours = location.hash === "" || location.hash.startsWith("#lab:"); // 別的錨點是往下捲，不是換設定
      if (!ours || state === "broken" || location.hash === writtenAddress()) return;
      leaveGuide("網址換了");
      openAddress();
      tellNotice("照網址換了設定，還沒有訓練。");
    });
  }

  /** 網址說的設定，與途中要改的。 */
  function openAddress() {
    const address = S.fromAddress(location.hash), { experiment } = address.extra, found = guide.find(experiment);
    const ignored = [...address.ignored, ...(experiment && !found ? [`實驗「${experiment}」`] : [])];
    kept = null;
    panel.clear();
    look(address.view);
    start(address.settings, address.changes);
    if (ignored.length) panel.complain(`網址裡的${ignored.join("、")}看不懂，用預設的。`);
    guide.open(found);
  }

  /** 從頭開始一次；有訓練過的那一次留作比較。changes 是走到那一步要改的（網址給的）。 */
  function start(settings, changes = []) {
    if (run.rows.length) ghost = run;
    run = fresh({ settings, changes });
    [decoded, drawn, drawnZ, pace] = [null, null, null, null];
    asker.reset();
    run.number = runner.configure(S.forEngine(settings), changes.map(({ at, name, value }) => ({ at, settings: { [name]: value } })));
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
    run.last = run.at = last;
    plane.show(last);
    announceUnits(before, last);
    ask();
    if (drawnZ) runner.order("decode", { z: drawnZ, tag: "drawn" });
    redraw();
  }

  /** 兩張快照之間走到哪裡：慢的電腦隔很久才有一張。 */
  function progress({ at }) {
    run.at = at;
    stage.update();
  }

  /** worker 真的改了：記下是第幾步。照網址改的，畫面上的設定跟著變；讀者改的，網址剩下的不再照做。 */
  function recorded({ at, settings, planned }) {
    S.record(run, at, settings);
    if (planned) {
      run.ahead = run.ahead.slice(1);
      run.settings = { ...run.settings, ...settings };
      panel.set(settings);
    } else {
      run.ahead = [];
    }
    saveAddress();
    redraw();
  }

  /** 訓練到設定的週期；已經到了就再加那麼多。 */
  function train() {
    if (state !== "idle") return;
    notice.text("");
    if (run.rows.length >= run.settings.epochs) {
      const epochs = Math.min(S.MOST_EPOCHS, run.rows.length + run.opening.epochs);
      if (epochs === run.rows.length) return panel.complain(`最多 ${S.MOST_EPOCHS} 個週期；按「重來」從頭開始。`);
      run.settings = { ...run.settings, epochs };
      panel.set({ epochs });
      saveAddress();
    }
    go(run.settings.epochs);
    say(`開始訓練，到第 ${run.settings.epochs} 個週期。`);
  }

  function go(until) {
    state = "training";
    beginPace();
    runner.order("train", { until });
    redraw();
  }

  function pause() {
    runner.order("pause");
    say("暫停。");
  }

  function single(order) {
    if (state === "idle") runner.order(order);
  }

  function stopped({ done }) {
    state = "idle";
    if (guided) return done ? nextPhase() : leaveGuide("你按了「暫停」");
    if (done) say(`訓練完了。${Lab.sentence(run, data.no_code[run.settings.likelihood])}`);
    redraw();
  }

  /** 損失不是有限的數，這一次就完了，要重來；別的毛病照引擎說的。 */
  function problem({ text }) {
    run.diverged = Boolean(run.last) && text.includes("不是有限的數");
    state = run.diverged ? "diverged" : run.last ? "idle" : "broken";
    leaveGuide("訓練出了問題");
    const why = run.diverged ? `${text.split("。")[0]}。多半是學習率 ${run.settings.learningRate} 太大：按「重來」，並調小。` : text;
    panel.complain(`訓練停下來了：${why}`);
    redraw();
  }

  /** 現在是第幾個週期（帶小數）。 */
  function fraction() {
    const { at } = run;
    return at ? at.epoch - 1 + at.step / at.steps : 0;
  }

  // ── 讀者改了設定 ──
  function changed(name) {
    leaveGuide(`你改了「${S.NAMES[name]}」`);
    kept = null;
    const { values } = panel, untouched = state !== "training" && !run.rows.length && !run.last?.step;
    if (S.LIVE.includes(name)) {
      run.settings = { ...run.settings, [name]: values[name] };
      if (untouched) run.opening = { ...run.opening, [name]: values[name] };
      runner.order("change", { settings: { [name]: values[name] } });
    } else if (name === "epochs") {
      const least = run.rows.length + (state === "training" ? 1 : 0), epochs = Math.max(values.epochs, least);
      run.settings = { ...run.settings, epochs };
      if (epochs !== values.epochs) {
        panel.set({ epochs });
        tellNotice(`已經訓練到第 ${epochs} 個週期，不能改成 ${values.epochs}；按「重來」才從頭。`);
      }
      if (state === "training") runner.order("train", { until: run.settings.epochs });
    } else if (untouched) {
      return start(values); // 還沒有訓練，換一個網路不必按「重來」
    }
    saveAddress();
    redraw();
  }

  function waiting() {
    const names = Object.keys(S.DEFAULTS).filter((name) => ![...S.LIVE, "epochs"].includes(name));
    return S.differences(run.settings, panel.values, names);
  }

  /** 網址寫的是正在跑的這一次：開始的設定、途中改的，與開著的實驗。 */
  function writtenAddress() {
    const settings = { ...run.opening, epochs: run.settings.epochs };
    return S.toAddress(settings, { ...view, ...(guide.current ? { experiment: guide.current.id } : {}) }, [...run.changes, ...run.ahead]);
  }

  function saveAddress() {
    Interactive.showAddress("lab", writtenAddress());
  }

  // ── 引導的實驗 ──
  function runGuided(experiment, another) {
    kept ??= panel.values;
    notice.text("");
    guided = { experiment, results: [], seed: panel.values.seed + (another ? 1 : 0) };
    left.select(".interactive-plots").node().scrollIntoView({ block: "nearest" }); // 跑的時候看得到點散開
    nextRun();
  }

  /** 實驗把讀者的設定換成了什麼；沒有換就是空字串。 */
  function usedSettings() {
    return kept && S.differences(kept, panel.values).length ? changesFromDefault(run.opening) || "預設的設定" : "";
  }

  function restore() {
    const settings = kept;
    kept = null;
    start(settings);
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
    const { experiment, results } = guided;
    guided = null;
    guide.finish(experiment, results);
    say(guide.words);
    redraw();
  }

  /** 讀者自己動手了：實驗不算，停在現在的樣子，並說一聲。 */
  function leaveGuide(why) {
    if (!guided) return;
    const { experiment } = guided;
    guided = null;
    if (state === "training") runner.order("pause");
    guide.stopped();
    tellNotice(`實驗「${experiment.title}」停了：${why}。從頭再跑才有結果。`);
  }

  /** 看得見的一句，也念出來。 */
  function tellNotice(text) {
    notice.text(text);
    say(text);
  }

  // ── 解碼指標下的一點 ──
  const asker = new Interactive.Asker(() => {
    const z = pointed ?? probe;
    runner.order("decode", { z: z.slice(0, run.settings.latent), tag: z });
  });

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
    if (run.last) asker.ask();
  }

  function gotDecoded({ tag, p, width }) {
    if (tag === "drawn") {
      drawn = { z: drawnZ, p, width };
      stage.update();
    } else {
      decoded = { p, z: tag };
      asker.answered();
      stage.update();
    }
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
    if (!before || before.latent !== active.length || guided || !run.rows.length) return; // 一開始是亂數，不報
    active.forEach((on, k) => {
      if (on !== before.active[k]) say(`第 ${run.rows.length} 個週期，單元${"一二三"[k]}${on ? "活了" : "沒在用了"}。`);
    });
  }

  function beginPace() {
    pace = { at: performance.now(), epochs: fraction(), told: false };
  }

  /** 照這一段到現在的快慢，還要幾秒（left）、這一段一共幾秒（total）、一個週期幾秒；頭幾步還量不準，是 null。 */
  function expected(until) {
    const made = fraction() - pace.epochs, spent = (performance.now() - pace.at) / 1000;
    if (state !== "training" || !run.at || spent < MEASURED.seconds || made * run.at.steps < MEASURED.steps) return null;
    const epoch = spent / made, left = epoch * (until - fraction());
    return { epoch, left, total: spent + left };
  }

  /** 要等很久的，說一次要多久、怎樣快一點。 */
  function drawWait(time, until) {
    const text = time && time.total > LONG ? Lab.waiting({ ...time, until, speed: view.speed }) : "";
    rewrite(wait, text);
    if (text && !pace.told) say(text);
    if (pace) pace.told ||= text !== "";
  }

  /** 第幾個週期；慢到看得見一步一步，也說第幾步。 */
  function position(epochs) {
    const { epoch, step, steps } = run.at ?? { epoch: 1 }, at = `第 ${Math.min(epochs, epoch)}／${epochs} 個週期`;
    return view.speed === "slow" && run.at && epoch <= epochs ? `${at}的第 ${step}／${steps} 步` : at;
  }

  function drawButtons() {
    const { epochs } = run.settings, now = run.rows.length, time = pace && expected(epochs);
    rewrite(play, state === "training" ? "暫停" : now && now < epochs ? "繼續訓練" : now ? "再訓練下去" : "訓練").property("disabled", !["idle", "training"].includes(state));
    singles.forEach((one) => one.property("disabled", state !== "idle"));
    rewrite(clock, state === "training" ? position(epochs) + (time ? `，約還要 ${Lab.duration(time.left)}` : "") : now ? `第 ${now}／${epochs} 個週期` : "");
    bar.style("width", `${Math.min(100, 100 * fraction() / epochs)}%`);
    drawWait(time, epochs);
    const list = waiting();
    rewrite(stale, list.length ? `按「重來」${guide.current ? "（做實驗是「再跑一次」）" : ""}才算數：${list.map(([name, before, after]) => `${name} ${before} → ${after}`).join("；")}。` : "");
    again.classed("wanted", list.length > 0 || state === "diverged").property("disabled", ["starting", "broken"].includes(state));
    defaults.property("disabled", ["starting", "broken"].includes(state));
    if (guided) guide.tell(`第 ${guided.results.length} 次訓練，共 ${guided.experiment.runs.length} 次${run.name ? `：${run.name}` : ""}。${clock.text()}。設定：${changesFromDefault(run.settings) || "預設"}。`);
  }

  /** 不只是指標動了：按鈕、數字、表也要重畫。 */
  function redraw() {
    version += 1;
    stage.update();
  }

  const pane = Interactive.panes(stage, () => state === "training");
  const drawControls = pane(() => [version, run.at?.epoch, run.at?.step].join(), drawButtons);
  const panes = [
    pane(() => curves.key(run, ghost), () => curves.draw(run, ghost), curves.node),
    pane(() => rate.key(run, ghost), () => rate.draw(run, ghost), rate.node),
    pane(() => decoded, () => plane.describe(`z = ${Lab.point(decoded.z, run.settings.latent)}。${house.words(decoded.p)}`)),
    pane(() => decoded, () => house.show(decoded.p, decoded.z, run.settings.latent), lower.node()),
    pane(() => drawn, () => ten.show(drawn.z, drawn.p, drawn.width, run.settings.latent), lower.node()),
    pane(() => version, () => meters.show(run.last, Lab.begun(run)), meters.list.node()),
    pane(() => version, drawWords),
  ];

  /** 拖把手的時候一秒重畫幾十次，只畫跟著指標動的。 */
  stage.draw(() => {
    drawControls();
    plane.draw(probe);
    if (run.last) panes.forEach((draw) => draw());
  });

  function drawWords() {
    compared.show(run, ghost);
    rewrite(ellipseNote, view.ellipses ? plane.told : "");
    rewrite(stage.text, Lab.sentence(run, data.no_code[run.settings.likelihood]));
  }

  paint(colouring);
  panel.set(run.settings);

  /** 不能訓練：一句話，結論的圖在後面。 */
  function explain(why) {
    stage.say(`${why}。結論在這一頁後面的圖。`);
  }
});
