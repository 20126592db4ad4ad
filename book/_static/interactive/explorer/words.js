/* 探索器的字：機率、價格、平面上的一點、一個數字與它的單位怎麼寫。 */
(function () {
  "use strict";
  const { number } = Interactive;

  /** 資料的單位 → 主要寫的單位：一個是幾個資料的單位、名字、小數位數。1 坪 = 400/121 平方公尺。 */
  const FEET = 1 / 0.3048;
  const SHOWN = {
    平方呎: { size: (400 / 121) * FEET ** 2, name: "坪", digits: 1 },
    呎: { size: FEET, name: "公尺", digits: 1 },
  };
  const shown = (unit) => SHOWN[unit] ?? { size: 1, name: unit, digits: 0 };

  /** 先四捨五入再寫，才不會有 −0；年份不加千分位。 */
  function rounded(value, digits, unit = "") {
    const kept = Number(value.toFixed(digits)) || 0;
    return d3.format(`${unit === "年" ? "" : ","}.${digits}f`)(kept);
  }

  const words = {
    /** 不寫 0% 與 100%：softmax 從來不會真的給 0 或 1。 */
    percent: (share) => (share > 0.995 ? ">\u00a099%" : share < 0.005 ? "<\u00a01%" : d3.format(".0%")(share)),
    price: (price) => `${number(price / 1e4, 1)} 萬`,
    point: (z) => `(${number(z[0])}, ${number(z[1])})`,
    /** 台灣讀者的單位：面積是坪，長度是公尺，其餘照資料的單位取整數。 */
    amount(value, unit) {
      const { size, name, digits } = shown(unit);
      return `${rounded(value / size, digits, unit)} ${name}`;
    },
    /** ± s，單位同 amount；s 不到 10 就多一位小數，「± 0」什麼也沒說。 */
    spread(s, unit) {
      const size = s / shown(unit).size;
      return `± ${rounded(size, size < 10 ? 1 : 0)}`;
    },
    /** 資料原來的單位；與 amount 相同就是空的。 */
    original: (value, unit) => (unit in SHOWN ? `${rounded(value, 0)} ${unit}` : ""),
    /** 資料的單位，一位小數到整數：展開來看的細節。 */
    exact: (value, unit, s = value) => rounded(value, Math.abs(s) < 10 ? 1 : 0, unit),
    /** 讀者寫的單位與它的名字：資料的 = 寫的 × size。 */
    unit: (unit) => shown(unit).name,
    toData: (value, unit) => value * shown(unit).size,
    fromData: (value, unit) => value / shown(unit).size,
    squareMetres: (value) => rounded(value / FEET ** 2, 0),
  };

  window.Explorer = { ...window.Explorer, words };
})();
