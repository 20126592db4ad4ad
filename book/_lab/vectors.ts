/**
 * 一次四個 float32 的數學。WebAssembly 的浮點數規定到每一個位元，這裡又不用瀏覽器的 Math，
 * 所以同一個種子在每一台電腦、每一種瀏覽器得到同樣的位元。
 */

@inline function poly(x: v128, higher: v128, coefficient: f32): v128 {
  return f32x4.add(f32x4.mul(higher, x), f32x4.splat(coefficient));
}

// log 2 拆成兩段：前一段只有九個有效位元，乘以整數沒有捨入。
const LOG2_HIGH: f32 = 0.693359375;
const LOG2_LOW: f32 = -2.12194440e-4;

/**
 * e^x，x 在 ±87 以外當作 ±87（float32 裝得下的範圍）。
 * x = n log 2 + r，|r| ≤ ½ log 2；e^r 用五次的多項式（Cephes 的 expf），2ⁿ 直接寫進指數的位元。
 */
@inline export function exp4(x: v128): v128 {
  x = f32x4.max(f32x4.min(x, f32x4.splat(87)), f32x4.splat(-87));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(LOG2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(LOG2_LOW)));
  let p = f32x4.splat(1.9875691500e-4);
  p = poly(r, p, 1.3981999507e-3);
  p = poly(r, p, 8.3334519073e-3);
  p = poly(r, p, 4.1665795894e-2);
  p = poly(r, p, 1.6666665459e-1);
  p = poly(r, p, 5.0000001201e-1);
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

/** log x，x 是正的正規數。x = 2ⁿ m，m 在 √½ 到 √2 之間；log m 用九次的多項式（Cephes 的 logf）。 */
@inline export function log4(x: v128): v128 {
  const half = i32x4.splat(0x3f3504f3); // √½ 的位元
  const n = i32x4.shr_s(i32x4.sub(x, half), 23);
  const m = f32x4.sub(i32x4.sub(x, i32x4.shl(n, 23)), f32x4.splat(1));
  const square = f32x4.mul(m, m), exponent = f32x4.convert_i32x4_s(n);
  let p = f32x4.splat(7.0376836292e-2);
  p = poly(m, p, -1.1514610310e-1);
  p = poly(m, p, 1.1676998740e-1);
  p = poly(m, p, -1.2420140846e-1);
  p = poly(m, p, 1.4249322787e-1);
  p = poly(m, p, -1.6668057665e-1);
  p = poly(m, p, 2.0000714765e-1);
  p = poly(m, p, -2.4999993993e-1);
  p = poly(m, p, 3.3333331174e-1);
  p = f32x4.mul(p, f32x4.mul(m, square));
  p = f32x4.add(p, f32x4.mul(exponent, f32x4.splat(LOG2_LOW)));
  p = f32x4.sub(p, f32x4.mul(square, f32x4.splat(0.5)));
  return f32x4.add(f32x4.add(m, p), f32x4.mul(exponent, f32x4.splat(LOG2_HIGH)));
}

/** log(1 + t)，t ≥ 0，再小也準：算 log u，u = 1 + t，再補回 u 捨入掉的那一點（與套件的 likelihood.log1p 同一個式子）。 */
@inline export function log1p4(t: v128): v128 {
  const one = f32x4.splat(1), u = f32x4.add(t, one);
  return f32x4.add(log4(u), f32x4.div(f32x4.sub(t, f32x4.sub(u, one)), u));
}

/** 1 / (1 + e^(−a))：用 e^(−|a|)，a 再大也不會溢位。 */
@inline export function sigmoid4(a: v128): v128 {
  const t = exp4(f32x4.neg(f32x4.abs(a))), one = f32x4.splat(1);
  const top = v128.bitselect(t, one, f32x4.lt(a, f32x4.splat(0)));
  return f32x4.div(top, f32x4.add(one, t));
}

/** 四個向量各自的和，排成一個向量。 */
@inline export function sums4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/** 四個數的和，雙精度。 */
@inline export function sum4(a: v128): f64 {
  const low = f64x2.promote_low_f32x4(a);
  const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(a, a, 2, 3, 2, 3));
  const both = f64x2.add(low, high);
  return f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
}
