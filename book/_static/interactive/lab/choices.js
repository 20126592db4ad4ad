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
    hidden: "隱藏層", learningRate: "學習率", batch: "批次", seed: "種子", epochs: "週期數",
  };
  const MOST_EPOCHS = 400;
  const MOST_LAYERS = 6;
  const WIDEST = 512;

  const within = (low, high) => (text) => {
    const value = Number(text);
    return text !== "" && Number.isFinite(value) && value >= low && value <= high ? value : null;
  };
  const whole = (low, high) => (text) => {
    const value = within(low, high)(text);
    return Number.isInteger(value) ? value : null;
  };
  const oneOf = (choices) => (text) => (choices.map(String).includes(text) ? choices.find((one) => String(one) === text) : null);

  /** "200-100" → [200, 100]；空的是沒有隱藏層；寫壞了是 null。 */
  function readHidden(text) {
    const parts = text.trim() === "" ? [] : text.trim().split(/[-－–,，、\s]+/).map(whole(1, WIDEST));
    return parts.length > MOST_LAYERS || parts.includes(null) ? null : parts;
  }

  const READ = {
    likelihood: oneOf(Object.keys(LIKELIHOODS)), kl: oneOf(Object.keys(KL_FORMS)), beta: within(0, 1000),
    warmup: whole(0, 200), freeBits: within(0, 5), latent: whole(1, 3), hidden: readHidden,
    learningRate: within(1e-6, 1), batch: whole(1, 512), seed: whole(0, 2 ** 32 - 1), epochs: whole(1, MOST_EPOCHS),
  };
  const write = (value) => (Array.isArray(value) ? value.join("-") : String(value));

  /** 網址裡的 #lab:beta=4&latent=3；只寫與預設不同的。 */
  function toAddress(settings, extra = {}) {
    const changed = Object.keys(DEFAULTS).filter((name) => write(settings[name]) !== write(DEFAULTS[name]));
    const parts = [...changed.map((name) => [name, write(settings[name])]), ...Object.entries(extra)];
    return parts.length ? `#lab:${parts.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&")}` : "";
  }

  /** 讀網址；認不得的名字與寫壞的值不理，列在 ignored。 */
  function fromAddress(hash) {
    const found = { settings: { ...DEFAULTS }, extra: {}, ignored: [] };
    if (!hash.startsWith("#lab:")) return found;
    for (const [name, text] of new URLSearchParams(hash.slice(5))) {
      if (!(name in READ)) { found.extra[name] = text; continue; }
      const value = READ[name](text);
      if (value === null) found.ignored.push(`${NAMES[name]}「${text}」`);
      else found.settings[name] = value;
    }
    return found;
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
    settings: { DEFAULTS, LIVE, NAMES, LIKELIHOODS, KL_FORMS, RATES, BATCHES, READ, MOST_EPOCHS, write, toAddress, fromAddress, forEngine, differences, said },
  };
})();
