/* 讀讀者自己的表：與套件的 vae_from_scratch/tables/reading/ 同樣的判斷、同樣的話；兩邊由同一張案例表檢查。
 *
 * 這個資料夾的每個檔案是 LabTable 的一部分；LabTable.sources 是它們的程式碼，拼進 Blob 就能在 worker 裡讀。
 * 這個檔案是字與數的寫法：照 Python 的規矩，訊息才一字不差。 */
globalThis.LabTable ??= { sources: [] };
(function part(T) {
  "use strict";

  const WHITE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
  const ENDS = new RegExp(`^[${WHITE}]+|[${WHITE}]+$`, "g");

  /** Python 的 str.strip()。 */
  const strip = (text) => text.replace(ENDS, "");
  const length = (text) => [...text].length;
  const total = (values) => values.reduce((a, b) => a + b, 0);

  /** Python 的字典順序：照碼位比，不照 UTF-16 的一半一半。 */
  function byCodePoint(one, other) {
    const shortest = Math.min(one.length, other.length);
    for (let k = 0; k < shortest; k++) {
      if (one[k] !== other[k]) return order(one.charCodeAt(k)) - order(other.charCodeAt(k));
    }
    return one.length - other.length;
  }

  /** 代理對（U+10000 以上）排在 U+E000 到 U+FFFF 的後面。 */
  const order = (unit) => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

  /** 四捨五入，剛好一半的取偶數。 */
  function roundHalfEven(value) {
    const below = Math.floor(value), rest = value - below;
    return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
  }

  /** Python 的 f"{value:.{digits}f}"：剛好一半的取偶數（toFixed 取大的）。 */
  function fixed(value, digits) {
    const scaled = value * 10 ** digits;
    const tie = Number.isInteger(value * 2 ** (digits + 1)) && Math.abs(scaled % 1) === 0.5;
    return tie ? (roundHalfEven(scaled) / 10 ** digits).toFixed(digits) : value.toFixed(digits);
  }

  const percent = (share, digits = 0) => `${fixed(share * 100, digits)}%`;
  const grouped = (count) => String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");

  /** 讀回來不變的最短寫法的數字與十的次方：456.3 是 ["4563", 2]。 */
  function digitsOf(value, exponential) {
    const [digits, exponent] = exponential.split("e");
    return [digits.replace(/[-.]/g, ""), Number(exponent), value < 0 ? "-" : ""];
  }

  function plainly(digits, exponent) {
    if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
    const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0"), rest = digits.slice(exponent + 1);
    return rest ? `${whole}.${rest}` : whole;
  }

  function scientific(digits, exponent) {
    const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }

  /** 一個數的標準寫法：整數不帶小數點，其餘是 Python 的 repr。 */
  function numberText(value) {
    if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value + 0);
    const [digits, exponent, sign] = digitsOf(value, value.toExponential());
    if (exponent < -4 || exponent >= 16) return sign + scientific(digits, exponent);
    const text = plainly(digits, exponent);
    return sign + (text.includes(".") ? text : `${text}.0`);
  }

  /** Python 的 f"{value:.{precision}g}"。 */
  function general(value, precision) {
    const size = Math.abs(value); // 多半的格子：四捨五入以後，JavaScript 的寫法就是
    if (size >= 1e-3 && size < 10 ** (precision - 1)) return String(Number(value.toPrecision(precision)));
    const [padded, exponent, sign] = digitsOf(value, value.toExponential(precision - 1));
    const digits = padded.replace(/0+$/, "") || "0";
    return sign + (exponent < -4 || exponent >= precision ? scientific(digits, exponent) : plainly(digits, exponent));
  }

  Object.assign(T, { strip, length, total, byCodePoint, roundHalfEven, fixed, percent, grouped, numberText, general });
  T.sources.push(`(${part})(globalThis.LabTable ??= { sources: [] });`);
})(globalThis.LabTable);
