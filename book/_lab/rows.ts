/** 資料：代碼（int16，−1 是缺失）與標準化的數字（float32，NaN 是缺失），逐列才展開（Python 是 rows.py）。 */

import { Matrix } from "./memory";

export class Rows {
  count: i32 = 0;
  private codes: usize = 0;
  private numbers: usize = 0;
  private room: i32 = 0;

  constructor(private groups: i32[], private nNumbers: i32) {}

  /** 讓出 count 列的位置；放得下就沿用原來的記憶體。 */
  resize(count: i32): void {
    if (count > this.room) {
      this.codes = heap.alloc((count * this.groups.length) << 1);
      this.numbers = heap.alloc((count * this.nNumbers) << 2);
      this.room = count;
    }
    this.count = count;
  }

  get codesPointer(): usize {
    return this.codes;
  }

  get numbersPointer(): usize {
    return this.numbers;
  }

  /** 第 row 列展開成 [獨熱 | 數字 | 有沒有觀察到]，寫進 x 的第 n 列。 */
  expand(row: i32, x: Matrix, n: i32): void {
    memory.fill(x.row(n), 0, x.stride);
    const codes = this.codes + ((row * this.groups.length) << 1);
    let column = 0;
    for (let g = 0; g < this.groups.length; g++) {
      const code = <i32>load<i16>(codes + (g << 1));
      if (code >= 0) x.set(n, column + code, 1);
      column += unchecked(this.groups[g]);
    }
    this.expandNumbers(row, x, n, column);
  }

  private expandNumbers(row: i32, x: Matrix, n: i32, first: i32): void {
    const numbers = this.numbers + ((row * this.nNumbers) << 2);
    for (let j = 0; j < this.nNumbers; j++) {
      const value = load<f32>(numbers + (j << 2));
      if (value != value) continue; // NaN
      x.set(n, first + j, value);
      x.set(n, first + this.nNumbers + j, 1);
    }
  }
}
