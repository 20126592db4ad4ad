/* 探索器的價格地圖：最近 15 棟訓練過的房子（vae_from_scratch/housing/price_map.py 的 PriceMap）。 */
(function () {
  "use strict";

  class PriceMap {
    /** codes 是 (N, 2) 攤平的編碼，rows 是可以當鄰居的房子，由小到大。 */
    constructor(codes, logPrice, rows, size = 15) {
      Object.assign(this, { codes, logPrice, rows, size });
    }

    distance([x, y], row) {
      const [dx, dy] = [x - this.codes[2 * row], y - this.codes[2 * row + 1]];
      return Math.sqrt(dx * dx + dy * dy);
    }

    /** 由近到遠的鄰居 { row, distance }；一樣遠的，編號小的在前。except 是要跳過的房子。 */
    nearest(z, except = -1) {
      const best = [];
      for (const row of this.rows) {
        if (row === except) continue;
        const distance = this.distance(z, row);
        if (best.length === this.size && distance >= best.at(-1).distance) continue; // rows 由小到大，一樣遠的不必換
        let place = best.length;
        while (place > 0 && best[place - 1].distance > distance) place -= 1;
        best.splice(place, 0, { row, distance });
        if (best.length > this.size) best.pop();
      }
      return best;
    }

    /** 最近的一棟有多遠；skipped 的不算。 */
    gap(z, skipped) {
      return d3.min(this.rows.filter((row) => !skipped.includes(row)), (row) => this.distance(z, row));
    }

    /** 鄰居對數房價的平均與標準差（除以 n − 1），以及最遠那個鄰居的距離。 */
    price(near) {
      const values = near.map(({ row }) => this.logPrice[row]);
      return { mean: d3.mean(values), sd: d3.deviation(values), reach: near.at(-1).distance };
    }
  }

  window.Explorer = { ...window.Explorer, PriceMap };
})();
