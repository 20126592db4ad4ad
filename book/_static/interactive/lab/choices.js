/* 實驗室的設定：預設、哪些訓練中途改得動、怎樣寫成網址、怎樣說成一句話。 */
(function () {
  "use strict";

  const LIKELIHOODS = { bernoulli: "伯努利", categorical: "softmax（一欄一個）" };
  const KL_FORMS = { closed_form: "封閉形式", single_sample: "一個樣本", path_derivative: "一個樣本，只留路徑導數" };
  const RATES = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2];
  const BATCHES = [16, 32, 64, 128, 256];
  const DEFAULTS = {
    likelihood: "bernoulli", kl: "closed_form", beta: 1, warmup: 20, freeBits: 0, latent: 2,
    hidden: [200, 100, 50, 20], learningRate: 1e-3, batch: 32, seed: 0, epochs: 60,
  };
  /** 訓練到一半也能改，下一步就生效；其餘的要從頭開始。 */
  const LIVE = ["beta", "warmup", "freeBits", "kl", "learningRate"];
  const NAMES = {
    likelihood: "概似", kl: "KL 的算法", beta: "β", warmup: "暖身", freeBits: "自由位元", latent: "潛在維度",
    hidden: "隱藏層", learningRate: "學習率", batch: "批次", seed: "種子", epochs: "週期數", speed: "速度", ellipses: "橢圓",
  };
  /** 怎麼看，不是怎麼訓練：不影響結果。speed 是一秒走幾步，null 是能多快就多快。 */
  const SPEEDS = { slow: { name: "慢：一秒 4 步", rate: 4 }, medium: { name: "中：一秒 100 步", rate: 100 }, full: { name: "最快", rate: null } };
  const VIEW = { speed: "full", ellipses: 0 };
  const MOST_EPOCHS = 400;
  const MOST_LAYERS = 6;
  const WIDEST = 512;

  /** 全形的數字與符號先換成半形，前後的空格去掉。 */
  const plain = (text) => text.normalize("NFKC").trim();
  const within = (low, high) => (given) => {
    const text = plain(given), value = Number(text);
    return text !== "" && Number.isFinite(value) && value >= low && value <= high ? value : null;
  };
  const whole = (low, high) => (text) => {
    const value = within(low, high)(text);
    return Number.isInteger(value) ? value : null;
  };
  const oneOf = (choices) => (text) => (choices.map(String).includes(text) ? choices.find((one) => String(one) === text) : null);

  /** "200-100" → [200, 100]；空的是沒有隱藏層；寫壞了是 null。 */
  function readHidden(given) {
    const text = plain(given), parts = text === "" ? [] : text.split(/[-–,、\s]+/).map(whole(1, WIDEST));
    return parts.length > MOST_LAYERS || parts.includes(null) ? null : parts;
  }

  const READ = {
    likelihood: oneOf(Object.keys(LIKELIHOODS)), kl: oneOf(Object.keys(KL_FORMS)), beta: within(0, 1000),
    warmup: whole(0, 200), freeBits: within(0, 5), latent: whole(1, 3), hidden: readHidden,
    learningRate: within(1e-6, 1), batch: whole(1, 512), seed: whole(0, 2 ** 32 - 1), epochs: whole(1, MOST_EPOCHS),
  };
  const READ_VIEW = { speed: oneOf(Object.keys(SPEEDS)), ellipses: whole(0, 1) };
  const write = (value) => (Array.isArray(value) ? value.join("-") : String(value));

  /** 網址裡的 #lab:beta=4&latent=3；只寫與預設不同的，extra 是怎麼看與開著的實驗。途中改的一次一個 then=步數~名字~值。 */
  function toAddress(settings, extra = {}, changes = []) {
    const changed = Object.keys(DEFAULTS).filter((name) => write(settings[name]) !== write(DEFAULTS[name]));
    return Interactive.writeAddress("lab", [...changed.map((name) => [name, write(settings[name])]), ...Object.entries(extra).filter(([name, value]) => value !== VIEW[name]), ...changes.map(({ at, name, value }) => ["then", [at, name, write(value)].join("~")])]);
  }

  /** 讀網址；認不得的名字與寫壞的值不理，列在 ignored。changes 是途中要改的，由先到後。 */
  function fromAddress(hash) {
    const found = { settings: { ...DEFAULTS }, view: { ...VIEW }, changes: [], extra: {}, ignored: [] };
    for (const [name, text] of Interactive.readAddress("lab", hash) ?? []) {
      const value = name === "then" ? readChange(text) : (READ[name] ?? READ_VIEW[name])?.(text);
      if (name === "experiment") found.extra[name] = text;
      else if (value === null || value === undefined) found.ignored.push(`${NAMES[name] ?? name}「${text}」`);
      else if (name === "then") found.changes.push(value);
      else (Object.hasOwn(VIEW, name) ? found.view : found.settings)[name] = value;
    }
    found.changes.sort((a, b) => a.at - b.at);
    return found;
  }

  /** "1110~beta~17" → 走了 1110 步以後 β 改成 17。 */
  function readChange(text) {
    const [steps, name, given = ""] = text.split("~"), at = whole(1, 1e7)(steps);
    const value = LIVE.includes(name) ? READ[name](given) : null;
    return at === null || value === null ? null : { at, name, value };
  }

  // ── 一次訓練的經過：開始的設定 opening，途中改的 changes [{at 走了幾步以後, name, value}] ──

  const settingAt = ({ opening, changes }, name) => (changes.findLast((one) => one.name === name) ?? { value: opening[name] }).value;

  /** 記下走了 at 步以後改的；還沒有走就是開始的設定，同一步改了又改只留最後的。 */
  function record(run, at, settings) {
    if (at === 0) { run.opening = { ...run.opening, ...settings }; return; }
    for (const [name, value] of Object.entries(settings)) {
      run.changes = run.changes.filter((one) => one.at !== at || one.name !== name);
      if (write(settingAt(run, name)) !== write(value)) run.changes.push({ at, name, value });
    }
  }

  const MOST_TOLD = 6;

  /** 途中改了什麼，一次一句：「第 15 個週期後 β 1 → 17」；一路拖過去的（隔不到一個週期）併成一句。steps 是一個週期的步數。 */
  function journey({ opening, changes }, steps) {
    const told = [], now = { ...opening };
    for (const { at, name, value } of changes) {
      const last = told.at(-1), dragged = last?.name === name && at - last.at <= steps;
      if (dragged) Object.assign(last, { at, after: value });
      else told.push({ from: at, at, name, before: now[name], after: value });
      now[name] = value;
    }
    const when = (at) => (at % steps ? `第 ${Math.ceil(at / steps)} 個週期途中` : `第 ${at / steps} 個週期後`);
    const lines = told.map(({ from, name, before, after }) => `${when(from)} ${NAMES[name]} ${said(name, before)} → ${said(name, after)}`);
    return lines.length > MOST_TOLD ? [...lines.slice(0, MOST_TOLD - 1), "……", lines.at(-1)] : lines;
  }

  /** 引擎的 configure 要的。 */
  function forEngine({ epochs, ...settings }) {
    return settings;
  }

  const said = (name, value) => {
    if (name === "likelihood") return LIKELIHOODS[value];
    if (name === "kl") return KL_FORMS[value];
    if (name === "hidden") return value.length ? value.join("-") : "沒有";
    return String(+(+value).toPrecision(3));
  };

  /** 兩組設定不同的地方：[[名字, 前, 後], …]。 */
  function differences(before, after, names = Object.keys(DEFAULTS)) {
    return names.filter((name) => write(before[name]) !== write(after[name]))
      .map((name) => [NAMES[name], said(name, before[name]), said(name, after[name])]);
  }

  globalThis.Lab = {
    ...globalThis.Lab,
    settings: { DEFAULTS, LIVE, NAMES, SPEEDS, VIEW, LIKELIHOODS, KL_FORMS, RATES, BATCHES, READ, MOST_EPOCHS, write, toAddress, fromAddress, forEngine, differences, said, record, journey },
  };
})();
