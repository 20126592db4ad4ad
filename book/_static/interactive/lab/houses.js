/* 實驗室的房子：解開 Python 裝好的陣列，交給 worker 的那一份，以及三種顏色。 */
(function () {
  "use strict";

  const TYPES = { uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array };
  const UNKNOWN = 255; // 代碼裡的「缺失」

  function unpack({ dtype, base64 }) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return new TYPES[dtype](bytes.buffer);
  }

  class Houses {
    constructor(data) {
      const { variables, spoken } = data;
      Object.assign(this, { variables, data, count: unpack(data.price).length });
      for (const name of ["held_out", "id", "price", "year", "shuffled"]) this[name] = unpack(data[name]);
      this.codes = Int16Array.from(unpack(data.codes), (code) => (code === UNKNOWN ? -1 : code));
      this.logPrice = Float64Array.from(this.price, Math.log);
      this.groups = variables.map(({ levels }) => levels);
      this.starts = this.groups.map((_, v) => d3.sum(this.groups.slice(0, v)));
      this.columns = d3.sum(this.groups);
      this.spoken = spoken.map((code) => variables.findIndex((variable) => variable.code === code));
      this.neighbourhood = variables.findIndex(({ code }) => code === "Neighborhood");
    }

    /** worker 要的：不含任何畫面上的東西。 */
    forTraining() {
      const { groups, codes, held_out: heldOut, logPrice, shuffled } = this;
      return { groups, codes, heldOut, logPrice, shuffled };
    }

    code(row, v) { return this.codes[row * this.groups.length + v]; }

    /** 社區的名字與棟數，由多到少。 */
    get neighbourhoods() {
      return Interactive.counted(this.places, this.variables[this.neighbourhood].labels);
    }

    get places() { return d3.range(this.count).map((row) => this.code(row, this.neighbourhood)); }

    /** 每一棟的顏色；mode 是 "price"、"year" 或社區的編號。 */
    colours(mode, accent) {
      const { price, year } = Interactive.scales(this.data);
      if (mode === "price") return Interactive.shades(this.logPrice, price.range);
      if (mode === "year") return Interactive.shades(this.year, year.range);
      return Interactive.singledOut(this.places, mode, accent);
    }

    /** 一棟真的房子，一句話。 */
    sentence(row) {
      const v = this.neighbourhood, level = this.code(row, v);
      const where = level < 0 ? "" : `${this.variables[v].labels[level]}，`;
      const seen = this.held_out[row] ? "留下的，沒有訓練過" : "訓練過";
      return `${this.id[row]} 號：${where}${this.year[row]} 年建，${(this.price[row] / 1e4).toFixed(1)} 萬美元（${seen}）`;
    }

    /** 解碼的機率 → 要說的幾欄各自最可能的水準與機率。 */
    read(p) {
      return this.spoken.map((v) => {
        const part = p.subarray(this.starts[v], this.starts[v] + this.groups[v]), best = d3.maxIndex(part);
        return { name: this.variables[v].name, level: this.variables[v].labels[best], share: part[best] };
      });
    }
  }

  globalThis.Lab = { ...globalThis.Lab, Houses };
})();
