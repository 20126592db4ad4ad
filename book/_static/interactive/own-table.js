/* 換你的表：讀者的 CSV 在這一頁裡讀、訓練、看。讀與訓練在 worker 裡（own-table/session.js、model.js），
 * 這裡只管現在到了哪一步；一變就全部重畫。 */
Interactive.register("own-table", (stage) => {
  "use strict";
  const { data } = stage;
  const { number, rewrite } = Interactive;
  const MOST_EPOCHS = 1000;

  stage.root.classed("lab own", true);
  if (!globalThis.LabEngine?.supported()) return stage.say("這個瀏覽器沒有 WebAssembly 的 SIMD 指令，讀了表也訓練不了；請更新瀏覽器，或用命令 fit。");
  if (!globalThis.LAB_ENGINE_WASM || !globalThis.LabPapa) return stage.say("引擎或讀檔的檔案（lab 資料夾）沒有載入；整本書的資料夾要放在一起，不能只拿這一頁。");

  let file = null; // 現在的檔案
  let asked = null; // 正在讀的：{file, kinds}
  let kinds = {}; // 讀者指定的種類
  let choices = { drop: [], also: [] };
  let state = "empty"; // empty、reading、refused、idle、training、broken
  let run = null; // {rows, facts, settings}
  let probe = [1, 1, 0];
  let decoded = null;
  const points = { count: 0, unit: "列", one: "一列", labels: [], sentence: (k) => points.labels[k] };

  // ── 版面 ──
  const intake = new Own.Intake(stage.root, data.sample, open);
  const status = stage.root.append("p").attr("class", "own-status").attr("role", "status");
  const problemBox = stage.root.append("p").attr("class", "lab-problem").attr("role", "alert");
  const report = new Own.Report(stage.root, { kind: setKind, use: setUse });
  const workshop = stage.root.append("section").attr("class", "own-workshop").attr("aria-label", "訓練").attr("hidden", "");
  const buttons = workshop.append("div").attr("class", "interactive-controls lab-buttons");
  const play = button("訓練", () => (state === "training" ? runner.order("pause") : train()), "play");
  const again = button("重來", () => start());
  const epochsBox = field("訓練週期", "epochs", { check: (value) => Number.isInteger(value) && value >= 1 && value <= MOST_EPOCHS, wanted: `1 到 ${MOST_EPOCHS} 的整數` });
  const betaBox = field("β（KL 的權重）", "beta", { check: (value) => value >= 0 && value <= 1000, wanted: "0 到 1000 的數", value: 1 });
  const seedBox = field("種子", "seed", { check: (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32, wanted: "0 以上的整數", value: 0 });
  const clock = buttons.append("span").attr("class", "lab-clock");
  const bar = workshop.append("div").attr("class", "lab-progress").attr("aria-hidden", "true").append("i");
  const wrong = workshop.append("p").attr("class", "lab-problem").attr("role", "alert");
  workshop.append(() => stage.text.node());
  const columns = workshop.append("div").attr("class", "lab-columns");
  const [left, right] = [columns.append("div").attr("class", "lab-left"), columns.append("div").attr("class", "lab-right")];
  left.append(() => stage.plots.node());
  const plane = new Lab.Plane(stage, points, { move, hover: () => {} });
  const paints = new Own.Paints(left, (name) => runner.order("colour", { name }));
  const partly = left.append("p").attr("class", "note");
  const saves = left.append("div").attr("class", "interactive-controls");
  saves.append("button").attr("type", "button").text("存圖（PNG）").on("click", savePicture);
  saves.append("button").attr("type", "button").text("編碼（CSV）").on("click", () => runner.order("save", { what: "codes" }));
  stage.plots = right.append("div").attr("class", "interactive-plots"); // 曲線在右邊
  const curves = new Lab.Curves(stage, "列");
  const card = new Own.RowCard(right);
  const lower = workshop.append("div").attr("class", "lab-columns");
  const unusual = new Own.Unusual(lower.append("div"), () => runner.order("rank"), (row) => { runner.order("row", { row }); card.heading.node().focus(); });
  const handleCard = new Own.Decoded(lower.append("div"));
  const generated = new Own.Generated(workshop, () => runner.order("generate"), (n) => runner.order("save", { what: "generated", n }));
  stage.controls.remove();

  plane.plot.svg.on("click.row", (event) => {
    const place = event.target.closest(".handle") ? null : plane.houseAt(...d3.pointer(event, plane.plot.svg.node()));
    if (place !== null) runner.order("row", { row: run.facts.drawn[place] });
  });

  function button(text, action, name = null) {
    return buttons.append("button").attr("type", "button").attr("class", name).text(text).on("click", action);
  }

  function field(text, name, { check, wanted, value = "" }) {
    const label = buttons.append("label");
    label.append("span").text(text);
    const input = label.append("input").attr("type", "text").attr("inputmode", "decimal").attr("autocomplete", "off").attr("size", 5).property("value", value);
    input.on("change", () => { if (read({ text, input, check, wanted }) !== null) changed(name); });
    return { name, text, input, check, wanted };
  }

  /** β 與種子要從頭算；訓練到一半改週期，只改終點。 */
  function changed(name) {
    if (name !== "epochs") return start();
    if (state !== "training") return;
    run.settings.epochs = Math.max(read(epochsBox), run.rows.length + 1);
    epochsBox.input.property("value", run.settings.epochs);
    runner.order("train", { until: run.settings.epochs });
  }

  /** 欄位裡的數；寫壞了是 null，並在下面說怎麼改。 */
  function read({ text, input, check, wanted }) {
    const written = input.property("value").trim(), value = written === "" ? NaN : Number(written), good = check(value);
    input.attr("aria-invalid", good ? null : "true");
    wrong.text(good ? "" : `${text}寫的是「${written}」；請給${wanted}。`);
    return good ? value : null;
  }

  // ── 檔案 ──
  const runner = new Own.Runner(hear);

  function open(chosen) {
    if (state === "broken") return;
    [kinds, choices] = [{}, { drop: [], also: [] }];
    ask(chosen, kinds);
    report.hide();
    workshop.attr("hidden", "");
  }

  function ask(chosen, wanted) {
    runner.order("pause");
    asked = { file: chosen, kinds: wanted };
    state = "reading";
    problemBox.text("");
    runner.order("read", { file: chosen, kinds: wanted, choices });
  }

  function setKind(name, kind) {
    const wanted = { ...kinds, [name]: kind };
    if (!kind) delete wanted[name];
    ask(file, wanted);
  }

  function setUse(name, on) {
    const without = (list) => list.filter((one) => one !== name);
    const { drop, also } = choices, dropped = drop.includes(name);
    choices = { drop: on ? without(drop) : [...without(drop), name], also: on && !dropped ? [...without(also), name] : without(also) };
    runner.order("choose", { choices });
  }

  function hear(message) {
    if (message.run !== undefined && message.run !== runner.run) return; // 前一次遲到的
    ({ progress, report: reported, configured, snapshot, stopped, colour, row, decoded: gotDecoded, ranked, generated: gotGenerated, csv, problem })[message.kind]?.(message);
  }

  function progress({ text }) {
    status.text(`${text}……`);
  }

  function reported(message) {
    if (asked) [file, kinds, asked] = [asked.file, asked.kinds, null];
    problemBox.text("");
    report.show(message, kinds);
    status.text(message.problem ? "讀完了，可是還不能訓練。" : `讀完了 ${message.name}。`);
    state = message.problem ? "refused" : "idle";
    workshop.attr("hidden", message.problem ? "" : null);
    if (!message.problem) start({ fresh: true });
  }

  // ── 訓練 ──
  /** 從頭開始一次；fresh：新的表，週期照預設。 */
  function start({ fresh = false } = {}) {
    if (fresh) epochsBox.input.property("value", "");
    const [epochs, beta, seed] = [fresh ? undefined : read(epochsBox), read(betaBox), read(seedBox)];
    if (epochs === null || beta === null || seed === null) return;
    [run, decoded] = [null, null];
    asker.reset();
    play.property("disabled", true); // 編碼好了才能按
    unusual.clear();
    generated.clear();
    runner.configure({ epochs, beta, seed });
  }

  function configured({ epochs, paintable, ...facts }) {
    epochsBox.input.property("value", epochs);
    run = { rows: [], facts, settings: { epochs, latent: facts.latent, likelihood: "mixed" }, number: runner.run, step: 0 };
    data.no_code = { mixed: facts.noCode };
    Object.assign(points, { count: facts.drawn.length, labels: facts.labels });
    probe = probe.map((value, k) => (k < facts.latent ? value : 0));
    state = "idle";
    plane.paintWith(new Array(points.count).fill(Interactive.OTHERS), { colour: "none", title: "" });
    runner.order("colour", { name: paints.offer(paintable) });
    partly.text(facts.drawn.length < facts.count ? `列太多，平面上只畫均勻取的 ${LabTable.grouped(facts.drawn.length)} 列；訓練用全部。` : "");
    status.text(`可以訓練了：${LabTable.grouped(facts.trained)} 列訓練，${LabTable.grouped(facts.held)} 列留下來打分數。`);
  }

  function train() {
    const epochs = read(epochsBox);
    if (state !== "idle" || !run || epochs === null) return;
    run.settings.epochs = Math.max(epochs, run.rows.length + (epochs > run.rows.length ? 0 : run.settings.epochs));
    epochsBox.input.property("value", run.settings.epochs);
    run.began = { at: performance.now(), epoch: fraction() };
    state = "training";
    status.text(`開始訓練，到第 ${run.settings.epochs} 個週期。`);
    runner.order("train", { until: run.settings.epochs });
    stage.update();
  }

  function snapshot({ rows, mean, latent, epoch, step, steps }) {
    run.rows.push(...rows);
    Object.assign(run, { epoch, step, steps });
    plane.show({ mean, latent });
    decode();
    stage.update();
  }

  function stopped({ done }) {
    state = "idle";
    status.text(done ? `訓練完了。${sentence()}` : "暫停。");
    if (done) runner.order("generate");
    stage.update();
  }

  const fraction = () => (run.epoch ? run.epoch - 1 + run.step / run.steps : 0);

  function timeLeft() {
    const made = fraction() - run.began.epoch, spent = (performance.now() - run.began.at) / 1000;
    if (made < 0.3) return "";
    const rest = (spent / made) * (run.settings.epochs - fraction());
    return `，約還要 ${rest < 10 ? Math.ceil(rest) : 5 * Math.ceil(rest / 5)} 秒`;
  }

  /** 這一刻，一句話。 */
  function sentence() {
    const row = run.rows.at(-1);
    if (!row) return "還沒有訓練：編碼器的權重是亂數。按「訓練」。";
    const elbo = -(row.valReconstruction + row.valKl), gain = elbo + run.facts.noCode;
    const better = `比不看編碼（${number(-run.facts.noCode, 1)}）${gain >= 0 ? "高" : "低"} ${number(Math.abs(gain), 1)}`;
    const units = row.valKlPerUnit.map((kl, k) => `單元${"一二三"[k]} ${number(kl, 2)}`).join("、");
    return `第 ${row.epoch} 個週期：留下的 ${LabTable.grouped(run.facts.held)} 列，ELBO 是 ${number(elbo, 1)} nats，${better}；KL 是${units}。${overfit(elbo)}`;
  }

  function overfit(last) {
    const best = run.rows.reduce((one, row) => (row.valReconstruction + row.valKl < one.valReconstruction + one.valKl ? row : one));
    const fall = -(best.valReconstruction + best.valKl) - last;
    return fall > 1 ? `最高的是第 ${best.epoch} 個週期，之後往下掉了 ${number(fall, 1)}：過度擬合，週期可以少一點。` : "";
  }

  // ── 問答 ──
  function move(z) {
    probe = z;
    decode();
    stage.update();
  }

  const asker = new Interactive.Asker(() => runner.order("decode", { z: probe.slice(0, run.facts.latent) }));

  function decode() {
    if (run) asker.ask();
  }

  function gotDecoded(message) {
    decoded = message;
    asker.answered();
    stage.update();
  }

  function colour(message) {
    plane.paintWith(...paints.paint(message));
    stage.update();
  }

  function row(message) {
    card.tell(message);
    unusual.mark(message.row);
  }

  function ranked(message) {
    if (!message.rows) return status.text("訓練又開始了，不尋常的列等停下來再找。");
    unusual.show(message, run.facts.count);
    status.text("不尋常的列找好了。");
  }

  function gotGenerated(message) {
    generated.show(message);
  }

  function savePicture() {
    if (!run) return;
    const caption = `${file.name}，第 ${run.rows.length} 個週期；${LabTable.grouped(run.facts.count)} 列畫了 ${LabTable.grouped(points.count)} 列`;
    plane.picture(caption).toBlob((blob) => Interactive.save(blob, `latent-plane-epoch${run.rows.length}.png`));
  }

  function csv({ what, text }) {
    Interactive.save(new Blob([text], { type: "text/csv" }), `${what}-epoch${run.rows.length}.csv`);
  }

  /** 讀不了的檔案、做不到的種類、發散的訓練、壞掉的 worker：原因與怎麼辦。 */
  function problem({ order, text }) {
    status.text("");
    if (order === "start") {
      state = "broken";
      return problemBox.text(text);
    }
    if (order === "read") return refused(text);
    state = "idle";
    wrong.text(text);
    stage.update();
  }

  /** 讀不了：新的檔案就等下一個；只是換種類，就留在原來的表。 */
  function refused(text) {
    const same = asked?.file === file;
    asked = null;
    problemBox.text(text);
    state = same ? "idle" : "empty";
    if (same) report.reset(kinds);
    else file = null;
  }

  // ── 畫 ──
  function drawButtons() {
    const { epochs } = run.settings, now = run.rows.length, training = state === "training";
    rewrite(play, training ? "暫停" : now && now < epochs ? "繼續訓練" : now ? "再訓練下去" : "訓練").property("disabled", !["idle", "training"].includes(state));
    again.property("disabled", training);
    unusual.button.property("disabled", training || !now);
    rewrite(clock, training ? `第 ${Math.min(epochs, now + 1)}／${epochs} 個週期${timeLeft()}` : now ? `第 ${now}／${epochs} 個週期` : "");
    bar.style("width", `${Math.min(100, (100 * fraction()) / epochs)}%`);
  }

  const pane = Interactive.panes(stage, () => state === "training");
  const panes = [
    pane(() => curves.key(run, null), () => curves.draw(run, null), curves.node),
    pane(() => decoded, () => plane.describe(`z = (${decoded.z.map((value) => number(value, 2)).join(", ")})。${handleCard.words(decoded)}`)),
    pane(() => decoded, () => handleCard.tell(decoded), handleCard.heading.node().parentNode),
  ];

  stage.draw(() => {
    if (!run || workshop.attr("hidden") !== null) return;
    drawButtons();
    plane.draw(probe);
    panes.forEach((draw) => draw());
    rewrite(stage.text, sentence());
  });
});
