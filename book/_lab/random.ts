/** 亂數：PCG32（O'Neill 2014，XSH RR 64/32）；常態用 Marsaglia 的極座標法。stream 不同的產生器互不相干。 */

export class Generator {
  private state: u64 = 0;
  private increment: u64 = 0;
  private spare: f64 = NaN;

  constructor(seed: u64, stream: u64) {
    this.restart(seed, stream);
  }

  restart(seed: u64, stream: u64): void {
    this.increment = (stream << 1) | 1;
    this.state = 0;
    this.spare = NaN;
    this.next();
    this.state += seed;
    this.next();
  }

  /** 下一個 32 位元的整數。 */
  next(): u32 {
    const old = this.state;
    this.state = old * 6364136223846793005 + this.increment;
    return rotr<u32>(<u32>(((old >> 18) ^ old) >> 27), <u32>(old >> 59));
  }

  /** [0, 1) 的均勻分布。 */
  uniform(): f64 {
    return <f64>this.next() * (1.0 / 4294967296.0);
  }

  /** 0 到 n − 1 的整數，機率完全相等：落在除不盡的零頭就重抽。 */
  below(n: u32): u32 {
    const remainder: u32 = (0 - n) % n;
    let drawn = this.next();
    while (drawn < remainder) drawn = this.next();
    return drawn % n;
  }

  /** 標準常態：單位圓裡均勻的一點換成兩個獨立的常態，用掉一個，留下一個。 */
  normal(): f64 {
    if (this.spare == this.spare) {
      const kept = this.spare;
      this.spare = NaN;
      return kept;
    }
    let x: f64, y: f64, square: f64;
    do {
      x = 2 * this.uniform() - 1;
      y = 2 * this.uniform() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square == 0);
    const scale = Math.sqrt((-2 * Math.log(square)) / square);
    this.spare = scale * y;
    return scale * x;
  }

  /** 打亂 count 個 int32（Fisher–Yates）。 */
  shuffle(items: usize, count: i32): void {
    for (let last = count - 1; last > 0; last--) {
      const one = items + (<usize>last << 2), other = items + (<usize>this.below(last + 1) << 2);
      const kept = load<i32>(one);
      store<i32>(one, load<i32>(other));
      store<i32>(other, kept);
    }
  }
}
