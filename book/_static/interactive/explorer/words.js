/* 探索器的字：機率、價格、平面上的一點怎麼寫。 */
(function () {
  "use strict";
  const { number } = Interactive;

  const words = {
    /** 不寫 0% 與 100%：softmax 從來不會真的給 0 或 1。 */
    percent: (share) => (share > 0.995 ? ">\u00a099%" : share < 0.005 ? "<\u00a01%" : d3.format(".0%")(share)),
    price: (price) => `${number(price / 1e4, 1)} 萬`,
    point: (z) => `(${number(z[0])}, ${number(z[1])})`,
  };

  window.Explorer = { ...window.Explorer, words };
})();
