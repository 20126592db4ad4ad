/* 探索器的一條路：由一棟房子的編碼直直走到另一棟，經過哪裡、旁邊有哪些真的房子。這裡只有計算，畫在 walk.js。 */
(function () {
  "use strict";

  /** 路上的一點 a + t (b − a)，t 由 0 到 1。 */
  function along(a, b, t) {
    return t === 1 ? [...b] : a.map((value, k) => value + t * (b[k] - value));
  }

  /** 離一點最近的地方在路上的哪裡（t），與那一段距離；超出兩端的，算到那一端。 */
  function project(z, a, b) {
    const step = b.map((value, k) => value - a[k]);
    const squared = step[0] ** 2 + step[1] ** 2;
    const dot = step[0] * (z[0] - a[0]) + step[1] * (z[1] - a[1]);
    const t = squared === 0 ? 0 : Math.min(1, Math.max(0, dot / squared));
    const foot = along(a, b, t);
    return { t, distance: Math.hypot(z[0] - foot[0], z[1] - foot[1]) };
  }

  /** 路平分成幾段，一段挑離路最近的一棟，由起點到終點；離路超過 reach 的不算，那一段就沒有。
   *  rows 是可以挑的房子，encode(row) 是它的編碼。 */
  function beside({ a, b, rows, encode, reach, stretches = 8 }) {
    const best = Array(stretches).fill(null);
    for (const row of rows) {
      const { t, distance } = project(encode(row), a, b);
      const k = Math.floor(t * stretches);
      if (t === 0 || t === 1 || distance > reach) continue;
      if (!best[k] || distance < best[k].distance) best[k] = { row, t, distance };
    }
    return best.filter(Boolean);
  }

  window.Explorer = { ...window.Explorer, way: { along, project, beside } };
})();
