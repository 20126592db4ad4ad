/**
 * 記憶體：每一列補齊到 16 個浮點數，補上的永遠是 0，所以四個一組的迴圈沒有零頭要另外處理。
 *
 * 模組只借不還（stub 執行環境）；換一組設定，JavaScript 就換一塊新的記憶體。
 */

/** 一列 16 個浮點數是 64 個位元組。 */
const BLOCK = 16;

/** count 個浮點數補齊以後占幾個位元組。 */
export function stride(count: i32): i32 {
  return ((count + BLOCK - 1) & -BLOCK) << 2;
}

/** 一塊全是 0 的記憶體，起點對齊 16 個位元組。 */
export function zeros(bytes: i32): usize {
  const start = heap.alloc(bytes);
  memory.fill(start, 0, bytes);
  return start;
}

/** 矩陣 (rows, columns)，float32，照列排。 */
export class Matrix {
  data: usize;
  stride: i32;

  constructor(rows: i32, public columns: i32) {
    this.stride = stride(columns);
    this.data = zeros(rows * this.stride);
  }

  /** 第 n 列的起點。 */
  @inline row(n: i32): usize {
    return this.data + n * this.stride;
  }

  @inline get(n: i32, column: i32): f32 {
    return load<f32>(this.row(n) + (column << 2));
  }

  @inline set(n: i32, column: i32, value: f32): void {
    store<f32>(this.row(n) + (column << 2), value);
  }

  /** 前 n 列都乘上 factor。 */
  scale(n: i32, factor: f32): void {
    const end = this.row(n), all = f32x4.splat(factor);
    for (let here = this.data; here < end; here += 16) v128.store(here, f32x4.mul(v128.load(here), all));
  }
}
