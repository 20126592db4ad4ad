/* 探索器的解碼器：Python 存下來的權重，在瀏覽器裡做同樣的前向計算（vae_from_scratch/network.py、likelihood.py）。 */
(function () {
  "use strict";

  const TYPES = { float32: Float32Array, uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array };

  /** explorer.packed 的反函數；資料是小端序，今天的瀏覽器都是。 */
  function unpack({ dtype, shape, base64 }) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    if (dtype === "float16") return { shape, values: Float32Array.from(new Uint16Array(bytes.buffer), half) };
    return { shape, values: new TYPES[dtype](bytes.buffer) };
  }

  /** 半精度的 16 個位元 → 數：符號 1、指數 5、尾數 10（IEEE 754）；多數的瀏覽器還沒有 Float16Array。 */
  function half(bits) {
    const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
  }

  /** 全連接層 a W + b；矩陣的最後一列是 b。 */
  function dense(a, { shape: [rows, columns], values }) {
    const out = Float64Array.from(values.subarray((rows - 1) * columns));
    for (let i = 0; i < rows - 1; i++)
      for (let j = 0; j < columns; j++) out[j] += a[i] * values[i * columns + j];
    return out;
  }

  /** 一層一層，隱藏層用 ReLU；最後一層不套。 */
  function forward(layers, a) {
    const hidden = layers.slice(0, -1).reduce((h, layer) => dense(h, layer).map((x) => Math.max(x, 0)), a);
    return dense(hidden, layers.at(-1));
  }

  /** e^a / Σ e^a，先減去最大的，不會溢位。 */
  function softmax(a) {
    const largest = Math.max(...a);
    const weights = a.map((x) => Math.exp(x - largest));
    const total = weights.reduce((sum, x) => sum + x, 0);
    return weights.map((x) => x / total);
  }

  /** 熵 −Σ p log p，單位 nats；p = 0 的項是 0。 */
  function entropy(p) {
    return p.reduce((sum, x) => sum - (x > 0 ? x * Math.log(x) : 0), 0);
  }

  /** 標準常態的累積機率 Φ(x)；級數各項同號，|x| < 7 時準到 1e-15。 */
  function normalCdf(x) {
    if (Math.abs(x) > 7) return x > 0 ? 1 : 0;
    let sum = 0;
    for (let n = 1, term = x; Math.abs(term) > 1e-18; term *= (x * x) / (n += 2)) sum += term;
    return 0.5 + (sum * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
  }

  class Decoder {
    /** variables：類別（有 levels）在前，數字在後；有 shares 的數字有旗標，旗標的 logit 排在類別之後。 */
    constructor(layers, variables) {
      this.layers = layers.map(unpack);
      this.variables = variables;
      const flags = variables.filter(({ levels, shares }) => !levels && shares);
      this.groups = [...variables.filter(({ levels }) => levels).map(({ levels }) => levels.length), ...flags.map(() => 2)];
    }

    /** z → 各類別與旗標的機率，以及各數字的平均值（資料的單位）。 */
    outputs(z) {
      const output = forward(this.layers, z);
      let start = 0;
      const probabilities = this.groups.map((size) => softmax(output.subarray(start, (start += size))));
      const numbers = this.variables.filter(({ levels }) => !levels);
      return { probabilities, means: numbers.map(({ centre, spread }, j) => centre + spread * output[start + j]) };
    }

    /** z → 一欄一個：類別是 { p }，數字是 { mean, chance, flag }；chance 是不是 0 的機率，沒有旗標就是 1。 */
    decode(z) {
      const { probabilities, means } = this.outputs(z);
      const count = this.variables.length - means.length;
      let flag = count;
      return this.variables.map(({ levels, shares }, v) => {
        if (levels) return { p: probabilities[v] };
        const p = shares ? probabilities[flag++] : null;
        return { mean: means[v - count], chance: p ? p[1] : 1, flag: p };
      });
    }
  }

  window.Explorer = { ...window.Explorer, unpack, forward, entropy, normalCdf, Decoder };
})();
