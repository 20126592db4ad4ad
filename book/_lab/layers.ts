/**
 * 每一種層的前向與手推的梯度，兩兩並排（第 8 章；Python 是 gradients/layers.py）。
 *
 * 獨熱編碼的 x 八成以上是 0，ReLU 又讓其餘的輸入大約一半是 0。所以三個乘法都先列出不是 0 的格子，只算它們。
 */

import { Matrix, stride, zeros } from "./memory";
import { sums4 } from "./vectors";

// ---- 不是 0 的格子：一項八個位元組，先是位置（位元組），再是值（或要寫回的位置） ----

let entries: usize = 0;
let blank: usize = 0;

/** 備妥放得下 count 項的清單，與一列放得下 count 個的 0。 */
export function prepare(count: i32): void {
  entries = zeros((count + 4) << 3);
  blank = zeros(stride(count));
}

@inline function put<T>(k: i32, place: i32, value: T): void {
  store<i32>(entries + (k << 3), place);
  store<T>(entries + (k << 3), value, 4);
}

/**
 * 由 first 起每隔 step 個位元組的 count 個數，列出不是 0 的；place 是另一個矩陣每一列的位元組。
 * 先寫再決定算不算，沒有分支；最後多一項 0，湊成雙數時不改變和。
 */
function listNonzero(first: usize, step: i32, count: i32, place: i32): i32 {
  let found = 0;
  for (let i = 0; i < count; i++, first += step) {
    const value = load<f32>(first);
    put<f32>(found, i * place, value);
    found += i32(value != 0);
  }
  put<f32>(found, 0, 0);
  return found;
}

/** 全部的 count 列，值都是 1。 */
function listOnes(count: i32, place: i32): i32 {
  for (let i = 0; i < count; i++) put<f32>(i, i * place, 1);
  put<f32>(count, 0, 0);
  return count;
}

/** 由 first 起的 count 個數，列出要算梯度的：everything，或只有正的（ReLU 讓其餘的導數是 0）。補成四的倍數。 */
function listActive(first: usize, count: i32, place: i32, everything: bool): i32 {
  let found = 0;
  for (let i = 0; i < count; i++) {
    put<i32>(found, i * place, i << 2);
    found += i32(everything || load<f32>(first + (i << 2)) > 0);
  }
  if (found) while (found & 3) {
    store<u64>(entries + (found << 3), load<u64>(entries + ((found - 1) << 3)));
    found++;
  }
  return found;
}

/** out = start + Σₖ 值ₖ · B 的第 k 列。一次 16 欄；兩項各用四個累加器，加法不必互等。 */
function combine(out: usize, start: usize, b: usize, width: i32, found: i32): void {
  const end = entries + (found << 3);
  for (let column = 0; column < width; column += 64) {
    const here = b + column;
    let s0 = v128.load(start + column), s1 = v128.load(start + column, 16);
    let s2 = v128.load(start + column, 32), s3 = v128.load(start + column, 48);
    let t0 = f32x4.splat(0), t1 = t0, t2 = t0, t3 = t0;
    for (let k = entries; k < end; k += 16) {
      let row = here + load<i32>(k), value = v128.load_splat<f32>(k, 4);
      s0 = f32x4.add(s0, f32x4.mul(value, v128.load(row)));
      s1 = f32x4.add(s1, f32x4.mul(value, v128.load(row, 16)));
      s2 = f32x4.add(s2, f32x4.mul(value, v128.load(row, 32)));
      s3 = f32x4.add(s3, f32x4.mul(value, v128.load(row, 48)));
      row = here + load<i32>(k, 8); value = v128.load_splat<f32>(k, 12);
      t0 = f32x4.add(t0, f32x4.mul(value, v128.load(row)));
      t1 = f32x4.add(t1, f32x4.mul(value, v128.load(row, 16)));
      t2 = f32x4.add(t2, f32x4.mul(value, v128.load(row, 32)));
      t3 = f32x4.add(t3, f32x4.mul(value, v128.load(row, 48)));
    }
    v128.store(out + column, f32x4.add(s0, t0));
    v128.store(out + column, f32x4.add(s1, t1), 16);
    v128.store(out + column, f32x4.add(s2, t2), 32);
    v128.store(out + column, f32x4.add(s3, t3), 48);
  }
}

/** d 與 W 的四列（清單由 k 起的四項）各自的內積。 */
@inline function fourDots(d: usize, w: usize, width: i32, k: usize): v128 {
  const w0 = w + load<i32>(k), w1 = w + load<i32>(k, 8), w2 = w + load<i32>(k, 16), w3 = w + load<i32>(k, 24);
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
  for (let column = 0; column < width; column += 32) {
    let here = v128.load(d + column);
    s0 = f32x4.add(s0, f32x4.mul(here, v128.load(w0 + column)));
    s1 = f32x4.add(s1, f32x4.mul(here, v128.load(w1 + column)));
    s2 = f32x4.add(s2, f32x4.mul(here, v128.load(w2 + column)));
    s3 = f32x4.add(s3, f32x4.mul(here, v128.load(w3 + column)));
    here = v128.load(d + column, 16);
    t0 = f32x4.add(t0, f32x4.mul(here, v128.load(w0 + column, 16)));
    t1 = f32x4.add(t1, f32x4.mul(here, v128.load(w1 + column, 16)));
    t2 = f32x4.add(t2, f32x4.mul(here, v128.load(w2 + column, 16)));
    t3 = f32x4.add(t3, f32x4.mul(here, v128.load(w3 + column, 16)));
  }
  return sums4(f32x4.add(s0, t0), f32x4.add(s1, t1), f32x4.add(s2, t2), f32x4.add(s3, t3));
}

// ---- 全連接層 ----

/** 全連接層 y = a W + b。layer 是 [W; b]：上面 nIn 列是 W，最後一列是 b。 */
export class Dense {
  a: Matrix;
  dA: Matrix;
  stride: i32;

  constructor(rows: i32, public nIn: i32, public nOut: i32, public layer: usize, public dLayer: usize, public y: Matrix) {
    this.a = new Matrix(rows, nIn);
    this.dA = new Matrix(rows, nIn);
    this.stride = stride(nOut);
  }

  /** y = a W + b；呼叫以前，輸入已經寫在 a。 */
  forward(n: i32): void {
    const bias = this.layer + this.nIn * this.stride;
    for (let row = 0; row < n; row++) {
      const found = listNonzero(this.a.row(row), 4, this.nIn, this.stride);
      combine(this.y.row(row), bias, this.layer, this.stride, found);
    }
  }

  /** ∂L/∂W = aᵀ d_y，∂L/∂b 是 d_y 對列求和。 */
  backwardLayer(n: i32, dY: Matrix): void {
    for (let i = 0; i < this.nIn; i++) {
      const found = listNonzero(this.a.data + (i << 2), this.a.stride, n, dY.stride);
      combine(this.dLayer + i * this.stride, blank, dY.data, this.stride, found);
    }
    combine(this.dLayer + this.nIn * this.stride, blank, dY.data, this.stride, listOnes(n, dY.stride));
  }

  /** ∂L/∂a = d_y Wᵀ；a 由 ReLU 來時一併乘上它的導數 1[a > 0]，導數是 0 的格子就不必算。 */
  backwardInput(n: i32, dY: Matrix, afterReLU: bool): void {
    for (let row = 0; row < n; row++) {
      const out = this.dA.row(row), d = dY.row(row);
      memory.fill(out, 0, this.dA.stride);
      const found = listActive(this.a.row(row), this.nIn, this.stride, !afterReLU);
      const end = entries + (found << 3);
      for (let k = entries; k < end; k += 32) {
        const four = fourDots(d, this.layer, this.stride, k);
        store<f32>(out + load<i32>(k, 4), f32x4.extract_lane(four, 0));
        store<f32>(out + load<i32>(k, 12), f32x4.extract_lane(four, 1));
        store<f32>(out + load<i32>(k, 20), f32x4.extract_lane(four, 2));
        store<f32>(out + load<i32>(k, 28), f32x4.extract_lane(four, 3));
      }
    }
  }
}

/** ReLU：a = max(y, 0)，就地；它的反向在 Dense.backwardInput，在 0 的導數取 0。 */
function relu(n: i32, a: Matrix): void {
  const end = a.row(n);
  for (let here = a.data; here < end; here += 16)
    v128.store(here, f32x4.max(v128.load(here), f32x4.splat(0)));
}

/** 多層感知器：每一層 a ← relu(a W + b)，最後一層不套 ReLU。 */
export class Perceptron {
  dense: Dense[] = [];

  /** sizes 是各層的寬度；parameters、gradient 是第一層的 [W; b] 與它的梯度。隱藏層的 y 直接寫在下一層的輸入，所以由後往前建立。 */
  constructor(rows: i32, sizes: i32[], parameters: usize, gradient: usize) {
    let offset = layersBytes(sizes), y = new Matrix(rows, sizes[sizes.length - 1]);
    for (let k = sizes.length - 2; k >= 0; k--) {
      offset -= layerBytes(sizes[k], sizes[k + 1]);
      this.dense.unshift(new Dense(rows, sizes[k], sizes[k + 1], parameters + offset, gradient + offset, y));
      y = this.dense[0].a;
    }
  }

  /** 第一層的輸入；前向以前寫在這裡。 */
  get input(): Matrix {
    return this.dense[0].a;
  }

  get output(): Matrix {
    return this.dense[this.dense.length - 1].y;
  }

  /** 從第一層走到最後一層。 */
  forward(n: i32): void {
    for (let k = 0; k < this.dense.length; k++) {
      if (k) relu(n, this.dense[k].a);
      this.dense[k].forward(n);
    }
  }

  /** 從最後一層走回第一層，寫好每一層的梯度；傳回損失對第一層的 y 的梯度。 */
  backward(n: i32, dY: Matrix): Matrix {
    for (let k = this.dense.length - 1; k > 0; k--) {
      const dense = this.dense[k];
      dense.backwardLayer(n, dY);
      dense.backwardInput(n, dY, true);
      dY = dense.dA;
    }
    this.dense[0].backwardLayer(n, dY);
    return dY;
  }

  /** backward 之後再走一步：損失對輸入的梯度。 */
  backwardInput(n: i32, dY: Matrix): Matrix {
    this.dense[0].backwardInput(n, dY, false);
    return this.dense[0].dA;
  }
}

/** 一層的 [W; b] 占幾個位元組。 */
export function layerBytes(nIn: i32, nOut: i32): i32 {
  return (nIn + 1) * stride(nOut);
}

/** 各層接在一起占幾個位元組。 */
export function layersBytes(sizes: i32[]): i32 {
  let bytes = 0;
  for (let k = 1; k < sizes.length; k++) bytes += layerBytes(sizes[k - 1], sizes[k]);
  return bytes;
}
