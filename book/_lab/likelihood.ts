/**
 * 概似：解碼器的輸出怎樣變成 log p(x|z)，梯度寫在旁邊（第 5、13 章；Python 是 likelihood.py）。
 *
 * 一列 x 是 [獨熱 K | 數字 M | 有沒有觀察到 M]，輸出 a 是 [logit K | 平均值 M]。獨熱的部分有兩種讀法：
 * 每一欄是獨立的伯努利，或每個變數一個 softmax。
 */

import { stride, zeros } from "./memory";
import { exp4, log1p4, log4, sigmoid4, sum4 } from "./vectors";

const LOG_2PI: f64 = 1.8378770664093453;

export class Likelihood {
  /** 概似自己要學的 ℓ（一個數字一個）與它的梯度。 */
  noiseLogVar: usize = 0;
  dNoiseLogVar: usize = 0;
  private nLevels: i32 = 0;
  private width: i32 = 0;
  /** 真的欄是 1，補齊的是 0。 */
  private real: usize;
  private weights: usize;
  private totals: usize;
  /** 每個數字的 s² 與 Σ m[(v − a)²/s² − 1]，雙精度。 */
  private variance: usize;
  private excess: usize;

  constructor(private groups: i32[], public nNumbers: i32, private independent: bool, private floor: f64) {
    for (let g = 0; g < groups.length; g++) this.nLevels += groups[g];
    this.width = stride(this.nLevels);
    this.real = zeros(this.width);
    for (let column = 0; column < this.nLevels; column++) store<f32>(this.real + (column << 2), 1);
    this.weights = zeros(this.width);
    this.totals = zeros(stride(groups.length));
    this.variance = zeros(nNumbers << 3);
    this.excess = zeros(nNumbers << 3);
  }

  get nColumns(): i32 {
    return this.nLevels + 2 * this.nNumbers;
  }

  get nOutputs(): i32 {
    return this.nLevels + this.nNumbers;
  }

  /** 一批開始：由 ℓ 算出每個數字的 s² = s₀² + e^ℓ。 */
  begin(): void {
    for (let j = 0; j < this.nNumbers; j++) {
      store<f64>(this.variance + (j << 3), this.floor + Math.exp(<f64>load<f32>(this.noiseLogVar + (j << 2))));
      store<f64>(this.excess + (j << 3), 0);
    }
  }

  /** 第 j 個數字的 s（begin 之後）。 */
  spread(j: i32): f64 {
    return Math.sqrt(load<f64>(this.variance + (j << 3)));
  }

  /** 一列的 log p(x|z)，nats。 */
  logProb(x: usize, a: usize): f64 {
    return (this.independent ? this.bernoulliLogProb(x, a) : this.softmaxLogProb(x, a)) + this.normalLogProb(x, a);
  }

  /** 一列的 ∂ log p(x|z)/∂a，寫進 dA；ℓ 的那一份先累積起來。 */
  gradient(x: usize, a: usize, dA: usize): void {
    if (this.independent) this.bernoulliGradient(x, a, dA);
    else this.softmaxGradient(x, a, dA);
    this.normalGradient(x, a, dA);
  }

  /** E[x|z]，寫進 out (K + M)：各水準的機率（softmax 為真就一律讀成 softmax）與數字的平均值。 */
  mean(a: usize, out: usize, softmax: bool): void {
    if (this.independent && !softmax) this.bernoulliMean(a, out);
    else this.softmaxMean(a, out);
    memory.copy(out + (this.nLevels << 2), a + (this.nLevels << 2), this.nNumbers << 2);
  }

  // ---- 伯努利：log p = Σ [x a − log(1 + eᵃ)]，∂/∂a = x − sigmoid(a) ----

  private bernoulliLogProb(x: usize, a: usize): f64 {
    let sum = f32x4.splat(0);
    for (let column = 0; column < this.width; column += 16) {
      const logit = v128.load(a + column);
      const rest = f32x4.add(f32x4.max(logit, f32x4.splat(0)), log1p4(exp4(f32x4.neg(f32x4.abs(logit)))));
      const one = f32x4.sub(f32x4.mul(v128.load(x + column), logit), rest);
      sum = f32x4.add(sum, f32x4.mul(v128.load(this.real + column), one));
    }
    return sum4(sum);
  }

  private bernoulliGradient(x: usize, a: usize, dA: usize): void {
    for (let column = 0; column < this.width; column += 16) {
      const slope = f32x4.sub(v128.load(x + column), sigmoid4(v128.load(a + column)));
      v128.store(dA + column, f32x4.mul(v128.load(this.real + column), slope));
    }
  }

  private bernoulliMean(a: usize, out: usize): void {
    for (let column = 0; column < this.width; column += 16)
      v128.store(out + column, f32x4.mul(v128.load(this.real + column), sigmoid4(v128.load(a + column))));
  }

  // ---- softmax：log p = Σ_g m_g [a_{g,k} − log Σ_j e^(a_{g,j})]，∂/∂a = x − m_g softmax_g(a) ----

  /** 每個變數減去自己最大的 logit，寫進 weights：e 的次方不會溢位。 */
  private shift(a: usize): void {
    for (let k = this.nLevels << 2; k < this.width; k += 4) store<f32>(this.weights + k, 0); // 補齊的：上一次的 e^0 不能再取一次
    for (let g = 0, start = 0; g < this.groups.length; g++) {
      const end = start + (unchecked(this.groups[g]) << 2);
      let largest = load<f32>(a + start);
      for (let k = start + 4; k < end; k += 4) largest = max(largest, load<f32>(a + k));
      for (let k = start; k < end; k += 4) store<f32>(this.weights + k, load<f32>(a + k) - largest);
      start = end;
    }
  }

  /** weights ← e^weights，totals 是每個變數的和。 */
  private exponentiate(): void {
    for (let column = 0; column < this.width; column += 16)
      v128.store(this.weights + column, exp4(v128.load(this.weights + column)));
    for (let g = 0, start = 0; g < this.groups.length; g++) {
      const end = start + (unchecked(this.groups[g]) << 2);
      store<f32>(this.totals + (g << 2), this.sum(this.weights, start, end));
      start = end;
    }
  }

  @inline private sum(row: usize, start: i32, end: i32): f32 {
    let total: f32 = 0;
    for (let k = start; k < end; k += 4) total += load<f32>(row + k);
    return total;
  }

  private softmaxLogProb(x: usize, a: usize): f64 {
    this.shift(a);
    let chosen = f32x4.splat(0);
    for (let column = 0; column < this.width; column += 16) {
      const picked = f32x4.mul(v128.load(x + column), v128.load(this.weights + column));
      chosen = f32x4.add(chosen, f32x4.mul(v128.load(this.real + column), picked));
    }
    this.exponentiate();
    return sum4(chosen) - this.logPartition(x);
  }

  /** Σ_g m_g log Σ_j e^(a_{g,j} − 最大)；m_g 是這個變數的 x 的和，缺失是 0。 */
  private logPartition(x: usize): f64 {
    let total: f64 = 0;
    for (let g = 0, start = 0; g < this.groups.length; g++) {
      const end = start + (unchecked(this.groups[g]) << 2);
      const known = this.sum(x, start, end);
      if (known) total += known * f32x4.extract_lane(log4(v128.load_splat<f32>(this.totals + (g << 2))), 0);
      start = end;
    }
    return total;
  }

  /** 每個變數的 log p(x_v|z)，寫進 out（雙精度）：類別一個變數一個 softmax，數字在後；缺失的是 0。 */
  cellLogProb(x: usize, a: usize, out: usize): void {
    const nGroups = this.groups.length;
    this.shift(a);
    for (let g = 0, start = 0; g < nGroups; g++) {
      const end = start + (unchecked(this.groups[g]) << 2);
      let chosen: f64 = 0;
      for (let k = start; k < end; k += 4) chosen += load<f32>(x + k) * load<f32>(this.weights + k);
      store<f64>(out + (g << 3), chosen);
      start = end;
    }
    this.exponentiate();
    for (let g = 0, start = 0; g < nGroups; g++) {
      const end = start + (unchecked(this.groups[g]) << 2), place = out + (g << 3);
      const known: f64 = this.sum(x, start, end);
      store<f64>(place, load<f64>(place) - known * Math.log(load<f32>(this.totals + (g << 2))));
      start = end;
    }
    for (let j = 0; j < this.nNumbers; j++) store<f64>(out + ((nGroups + j) << 3), this.numberLogProb(x, a, j));
  }

  private softmaxGradient(x: usize, a: usize, dA: usize): void {
    this.shift(a);
    this.exponentiate();
    for (let g = 0, start = 0; g < this.groups.length; g++) {
      const end = start + (unchecked(this.groups[g]) << 2);
      const scale = this.sum(x, start, end) / load<f32>(this.totals + (g << 2));
      for (let k = start; k < end; k += 4)
        store<f32>(dA + k, load<f32>(x + k) - scale * load<f32>(this.weights + k));
      start = end;
    }
  }

  private softmaxMean(a: usize, out: usize): void {
    this.shift(a);
    this.exponentiate();
    for (let g = 0, start = 0; g < this.groups.length; g++) {
      const end = start + (unchecked(this.groups[g]) << 2);
      const total = load<f32>(this.totals + (g << 2));
      for (let k = start; k < end; k += 4) store<f32>(out + k, load<f32>(this.weights + k) / total);
      start = end;
    }
  }

  // ---- 數字：log p = Σ_j m_j log N(v_j; a_j, s_j²)，∂/∂a = m (v − a)/s² ----

  @inline private number(row: usize, j: i32): f64 {
    return load<f32>(row + ((this.nLevels + j) << 2));
  }

  private normalLogProb(x: usize, a: usize): f64 {
    let total: f64 = 0;
    for (let j = 0; j < this.nNumbers; j++) total += this.numberLogProb(x, a, j);
    return total;
  }

  @inline private numberLogProb(x: usize, a: usize, j: i32): f64 {
    const observed = this.number(x, this.nNumbers + j), variance = load<f64>(this.variance + (j << 3));
    const difference = this.number(x, j) - this.number(a, j);
    return -0.5 * observed * (LOG_2PI + Math.log(variance) + (difference * difference) / variance);
  }

  private normalGradient(x: usize, a: usize, dA: usize): void {
    for (let j = 0; j < this.nNumbers; j++) {
      const observed = this.number(x, this.nNumbers + j), variance = load<f64>(this.variance + (j << 3));
      const difference = observed * (this.number(x, j) - this.number(a, j)), slope = difference / variance;
      store<f32>(dA + ((this.nLevels + j) << 2), <f32>slope);
      const sum = this.excess + (j << 3);
      store<f64>(sum, load<f64>(sum) + slope * difference - observed);
    }
  }

  /** 一批結束：∂/∂ℓ = e^ℓ/(2 s²) · Σ m[(v − a)²/s² − 1]，乘上 scale。 */
  finish(scale: f64): void {
    for (let j = 0; j < this.nNumbers; j++) {
      const variance = load<f64>(this.variance + (j << 3)), excess = load<f64>(this.excess + (j << 3));
      const inside = 0.5 * (variance - this.floor) / variance;
      store<f32>(this.dNoiseLogVar + (j << 2), <f32>(scale * inside * excess));
    }
  }
}
