/* 探索器的解碼器：Python 存下來的權重，在瀏覽器裡做同樣的前向計算（vae_from_scratch/network.py、likelihood.py）。 */
(function () {
  "use strict";

  const TYPES = { float32: Float32Array, uint8: Uint8Array, uint16: Uint16Array };

  /** explorer.packed 的反函數；資料是小端序，今天的瀏覽器都是。 */
  function unpack({ dtype, shape, base64 }) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return { shape, values: new TYPES[dtype](bytes.buffer) };
  }

  /** 全連接層 a W + b；矩陣的最後一列是 b。 */
  function dense(a, { shape: [rows, columns], values }) {
    const out = Float64Array.from(values.subarray((rows - 1) * columns));
    for (let i = 0; i < rows - 1; i++)
      for (let j = 0; j < columns; j++) out[j] += a[i] * values[i * columns + j];
    return out;
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

  class Decoder {
    constructor(layers, groups) {
      this.layers = layers.map(unpack);
      this.groups = groups;
    }

    /** z → 各變數的水準機率，一個變數一個 Float64Array。 */
    probabilities(z) {
      const hidden = this.layers.slice(0, -1).reduce((a, layer) => dense(a, layer).map((x) => Math.max(x, 0)), z);
      const output = dense(hidden, this.layers.at(-1));
      let start = 0;
      return this.groups.map((size) => softmax(output.subarray(start, (start += size))));
    }
  }

  window.Explorer = { ...window.Explorer, unpack, entropy, Decoder };
})();
