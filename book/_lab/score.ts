/**
 * 一列有多不尋常：log p(x) 的重要性加權估計，與每一格在其餘的格子之下的機率（第 12 章；Python 是 bounds.py）。
 *
 * 權重 w = p(x|z) p(z)/q(z|x)，z 由 q 抽；log p(x) ≈ log 平均 w，
 * log p(x_v|其餘) ≈ log Σ w − log Σ w/p(x_v|z)。
 */

import { zeros } from "./memory";
import { Model } from "./model";

/** log(eᵃ + eᵇ)。 */
function logAdd(a: f64, b: f64): f64 {
  const high = max(a, b);
  return high == -Infinity ? high : high + Math.log1p(Math.exp(min(a, b) - high));
}

/** 一批的分數。概似的一個變數（旗標、數字）算在哪一格，由 cellOf（int32）指定。 */
export class Scores {
  private width: i32;
  private rows: usize;
  private parts: usize;
  private merged: usize;

  constructor(batch: i32, private nParts: i32, private cellOf: usize, private nCells: i32) {
    this.width = (nCells + 1) << 3;
    this.rows = zeros(batch * this.width);
    this.parts = zeros(nParts << 3);
    this.merged = zeros(nCells << 3);
  }

  /** 第 n 列 [log p(x), 每一格的 log p(x_v|其餘)]，雙精度；缺失的格子是 0。 */
  @inline row(n: i32): usize {
    return this.rows + n * this.width;
  }

  begin(n: i32): void {
    for (let place = this.rows; place < this.row(n); place += 8) store<f64>(place, -Infinity);
  }

  /** 每列加進一個 z：解碼器已經看過它。 */
  add(model: Model, n: i32): void {
    for (let row = 0; row < n; row++) {
      const weight = this.mergeCells(model, row) + model.logPriorOverPosterior(row), place = this.row(row);
      store<f64>(place, logAdd(load<f64>(place), weight));
      for (let cell = 0; cell < this.nCells; cell++) {
        const without = place + ((cell + 1) << 3);
        store<f64>(without, logAdd(load<f64>(without), weight - load<f64>(this.merged + (cell << 3))));
      }
    }
  }

  /** 一列各格的 log p(x_v|z)，寫進 merged；傳回總和 log p(x|z)。 */
  private mergeCells(model: Model, row: i32): f64 {
    model.likelihood.cellLogProb(model.encoder.input.row(row), model.decoder.output.row(row), this.parts);
    memory.fill(this.merged, 0, this.nCells << 3);
    let total: f64 = 0;
    for (let k = 0; k < this.nParts; k++) {
      const part = load<f64>(this.parts + (k << 3)), cell = this.merged + (load<i32>(this.cellOf + (k << 2)) << 3);
      store<f64>(cell, load<f64>(cell) + part);
      total += part;
    }
    return total;
  }

  /** 抽完了：總和換成估計。 */
  finish(n: i32, samples: i32): void {
    for (let row = 0; row < n; row++) {
      const place = this.row(row), total = load<f64>(place);
      for (let cell = 0; cell < this.nCells; cell++) {
        const without = place + ((cell + 1) << 3);
        store<f64>(without, total - load<f64>(without));
      }
      store<f64>(place, total - Math.log(samples));
    }
  }
}
