/** Adam（第 8 章；Python 是 optimizer.py）：ε 加在修正偏誤之後，與論文的式子相同。 */

import { zeros } from "./memory";

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-7;
/** 小到快成為非正規數的動差歸零，否則處理器要走慢路；一百步最多縮小 10⁴·⁶ 倍，所以一百步檢查一次就夠。 */
const DENORMAL_GUARD: f32 = 1e-30;
const FLUSH_EVERY = 100;

export class Adam {
  private step: i32 = 0;
  /** β₁ᵗ 與 β₂ᵗ。 */
  private power1: f64 = 1;
  private power2: f64 = 1;
  /** m/(1 − β₁) 與 v/(1 − β₂)：每一步省下兩趟全長的乘法。 */
  private first: usize;
  private second: usize;

  constructor(private bytes: i32) {
    this.first = zeros(bytes);
    this.second = zeros(bytes);
  }

  restart(): void {
    this.step = 0;
    this.power1 = this.power2 = 1;
    memory.fill(this.first, 0, this.bytes);
    memory.fill(this.second, 0, this.bytes);
  }

  /** m ← β₁ m + (1 − β₁) g，v ← β₂ v + (1 − β₂) g²，θ ← θ − α m̂/(√v̂ + ε)。 */
  update(parameters: usize, gradient: usize, learningRate: f64): void {
    this.step++;
    this.power1 *= BETA1;
    this.power2 *= BETA2;
    // 偏誤的修正與動差的縮放全收進兩個純量。
    const root = Math.sqrt(1 - this.power2), scale = Math.sqrt(1 - BETA2);
    const rate = (learningRate * root * (1 - BETA1)) / (1 - this.power1) / scale;
    descend(parameters, gradient, this.first, this.second, this.bytes, <f32>rate, <f32>((EPSILON * root) / scale));
    if (this.step % FLUSH_EVERY == 0) {
      flush(this.first, this.bytes);
      flush(this.second, this.bytes);
    }
  }
}

function descend(
  parameters: usize, gradient: usize, first: usize, second: usize, bytes: i32, rate: f32, epsilon: f32,
): void {
  const beta1 = f32x4.splat(<f32>BETA1), beta2 = f32x4.splat(<f32>BETA2);
  for (let k = 0; k < bytes; k += 16) {
    const g = v128.load(gradient + k);
    const m = f32x4.add(f32x4.mul(v128.load(first + k), beta1), g);
    const v = f32x4.add(f32x4.mul(v128.load(second + k), beta2), f32x4.mul(g, g));
    v128.store(first + k, m);
    v128.store(second + k, v);
    const change = f32x4.div(m, f32x4.add(f32x4.sqrt(v), f32x4.splat(epsilon)));
    v128.store(parameters + k, f32x4.sub(v128.load(parameters + k), f32x4.mul(change, f32x4.splat(rate))));
  }
}

function flush(moment: usize, bytes: i32): void {
  for (let k = 0; k < bytes; k += 16) {
    const m = v128.load(moment + k);
    v128.store(moment + k, v128.and(m, f32x4.ge(f32x4.abs(m), f32x4.splat(DENORMAL_GUARD))));
  }
}
