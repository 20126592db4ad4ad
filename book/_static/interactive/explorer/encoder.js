/* 探索器的編碼器：知道的幾欄編成一列，不知道的整組是 0（第 13 章的遮罩），前向算出 μ 與標準差。
 * 讀者永遠寫不出來的欄，連權重都不必裝進來。 */
(function () {
  "use strict";

  class Encoder {
    /** variables 是寫得出來的欄，類別在前，數字在後；輸入是 [獨熱 | 旗標 | 數字 | 有沒有觀察到]，與 tables/table_schema.py 相同。 */
    constructor(layers, variables) {
      this.layers = layers.map(Explorer.unpack);
      this.variables = variables;
      const numbers = variables.filter(({ levels }) => !levels);
      let place = 0;
      const take = (size) => (place += size) - size;
      this.levels = new Map(variables.filter(({ levels }) => levels).map(({ code, levels }) => [code, take(levels.length)]));
      this.flags = new Map(numbers.filter(({ shares }) => shares).map(({ code }) => [code, take(2)]));
      this.numbers = new Map(numbers.map(({ code }) => [code, take(1)]));
      this.observed = new Map(numbers.map(({ code }) => [code, take(1)]));
      this.width = place;
    }

    /** 一欄一個值（第幾個水準，或數字；不知道是 null）→ 一列。 */
    row(values) {
      const x = new Float64Array(this.width);
      this.variables.forEach((variable, v) => {
        if (values[v] !== null) this.write(x, variable, values[v]);
      });
      return x;
    }

    /** 有旗標的數字是 0，只寫旗標，數字當作沒有觀察到。 */
    write(x, { code, levels, shares, centre, spread }, value) {
      if (levels) { x[this.levels.get(code) + value] = 1; return; }
      if (shares) x[this.flags.get(code) + Number(value !== 0)] = 1;
      if (shares && value === 0) return;
      x[this.numbers.get(code)] = (value - centre) / spread;
      x[this.observed.get(code)] = 1;
    }

    /** q(z|x) 的平均值與標準差。 */
    encode(values) {
      const [a, b, u, v] = Explorer.forward(this.layers, this.row(values));
      return { mean: [a, b], sd: [Math.exp(0.5 * u), Math.exp(0.5 * v)] };
    }
  }

  window.Explorer = { ...window.Explorer, Encoder };
})();
