/**
 * 變分自編碼器的一步：前向走過去，反向走回來（第 8 章；Python 是 gradients/hand_derived.py）。
 */

import {
  CLOSED_FORM, SINGLE_SAMPLE, klClosedForm, klClosedFormToLogVar, klClosedFormToMean, klFromNoise, klFromNoiseToLogVar,
  klFromNoiseToMean, pathDerivative, sample, sampleToLogVar, sampleToMean, scaledNoise,
} from "./gaussian";
import { Perceptron, layersBytes, prepare } from "./layers";
import { Likelihood } from "./likelihood";
import { Matrix, stride, zeros } from "./memory";

export class Model {
  encoder!: Perceptron;
  decoder!: Perceptron;
  parameters: usize;
  gradient: usize;
  /** 參數連同補齊的 0 占幾個位元組。 */
  bytes: i32;
  kl: i32 = CLOSED_FORM;
  freeBits: f64 = 0;
  /** 這一批的 ε（第 n 列的 d 個數接在一起），由呼叫的人指定。 */
  noise: usize = 0;
  /** 這一批對列求和的 log p(x|z) 與各單元的 KL。 */
  logLikelihood: f64 = 0;
  klPerUnit!: StaticArray<f64>;
  private scaled!: Matrix;
  private dCode!: Matrix;
  private dOutput!: Matrix;

  constructor(batch: i32, public latent: i32, hidden: i32[], public likelihood: Likelihood) {
    const reversed = hidden.slice(0).reverse();
    const encoder = [likelihood.nColumns].concat(hidden).concat([2 * latent]);
    const decoder = [latent].concat(reversed).concat([likelihood.nOutputs]);
    const split = layersBytes(encoder), end = split + layersBytes(decoder);
    this.bytes = end + stride(likelihood.nNumbers);
    this.parameters = zeros(this.bytes);
    this.gradient = zeros(this.bytes);
    this.encoder = new Perceptron(batch, encoder, this.parameters, this.gradient);
    this.decoder = new Perceptron(batch, decoder, this.parameters + split, this.gradient + split);
    likelihood.noiseLogVar = this.parameters + end;
    likelihood.dNoiseLogVar = this.gradient + end;
    this.klPerUnit = new StaticArray<f64>(latent);
    this.scaled = new Matrix(batch, latent);
    this.dCode = new Matrix(batch, 2 * latent);
    this.dOutput = new Matrix(batch, likelihood.nOutputs);
    let widest = batch;
    for (let k = 0; k < encoder.length; k++) widest = max(widest, encoder[k]);
    prepare(max(widest, likelihood.nOutputs));
  }

  /** 一列是 [μ | log σ²]。 */
  @inline get code(): Matrix {
    return this.encoder.output;
  }

  @inline private mean(row: i32, unit: i32): f64 {
    return this.code.get(row, unit);
  }

  @inline private logVar(row: i32, unit: i32): f64 {
    return this.code.get(row, this.latent + unit);
  }

  @inline private epsilon(row: i32, unit: i32): f64 {
    return load<f32>(this.noise + ((row * this.latent + unit) << 2));
  }

  // ---- 前向 ----

  /** 前 n 列：x 已經寫在 encoder.input。 */
  forward(n: i32): void {
    this.encoder.forward(n);
    this.sampleForward(n);
    this.decoder.forward(n);
    this.likelihood.begin();
    this.logLikelihood = this.sumLogProb(n);
    for (let unit = 0; unit < this.latent; unit++) this.klPerUnit[unit] = this.sumKl(n, unit, this.kl);
  }

  /** z = μ + σ ε，寫進解碼器的輸入。 */
  sampleForward(n: i32): void {
    const z = this.decoder.input;
    for (let row = 0; row < n; row++) {
      for (let unit = 0; unit < this.latent; unit++) {
        const scaled = scaledNoise(this.logVar(row, unit), this.epsilon(row, unit));
        this.scaled.set(row, unit, <f32>scaled);
        z.set(row, unit, <f32>sample(this.mean(row, unit), scaled));
      }
    }
  }

  sumLogProb(n: i32): f64 {
    const x = this.encoder.input, output = this.decoder.output;
    let total: f64 = 0;
    for (let row = 0; row < n; row++) total += this.likelihood.logProb(x.row(row), output.row(row));
    return total;
  }

  /** 一個單元的 KL，對列求和；form 是 KL 的形式。 */
  sumKl(n: i32, unit: i32, form: i32): f64 {
    let total: f64 = 0;
    for (let row = 0; row < n; row++) {
      total += form == CLOSED_FORM
        ? klClosedForm(this.mean(row, unit), this.logVar(row, unit))
        : klFromNoise(this.decoder.input.get(row, unit), this.logVar(row, unit), this.epsilon(row, unit));
    }
    return total;
  }

  /** 一列的 log p(z) − log q(z|x)：½ Σ (ε² + log σ² − z²)。 */
  logPriorOverPosterior(row: i32): f64 {
    let total: f64 = 0;
    for (let unit = 0; unit < this.latent; unit++) {
      const z: f64 = this.decoder.input.get(row, unit), noise = this.epsilon(row, unit);
      total += 0.5 * (noise * noise + this.logVar(row, unit) - z * z);
    }
    return total;
  }

  // ---- 反向：損失是 −平均 log p(x|z) + β Σ max(λ, 平均 KL)，λ 是 free bits ----

  backward(n: i32, beta: f64): void {
    const x = this.encoder.input, output = this.decoder.output;
    for (let row = 0; row < n; row++)
      this.likelihood.gradient(x.row(row), output.row(row), this.dOutput.row(row));
    this.likelihood.finish(-1.0 / n);
    this.dOutput.scale(n, -1.0 / <f32>n);
    const dZ = this.decoder.backwardInput(n, this.decoder.backward(n, this.dOutput));
    for (let unit = 0; unit < this.latent; unit++) this.backwardUnit(n, unit, dZ, beta);
    this.encoder.backward(n, this.dCode);
  }

  /** 一個單元：重建經過 z 傳回來的，加上 KL 的。 */
  private backwardUnit(n: i32, unit: i32, dZ: Matrix, beta: f64): void {
    const counted = !this.freeBits || this.klPerUnit[unit] / n > this.freeBits;
    const weight = counted ? beta / n : 0;
    for (let row = 0; row < n; row++) {
      const d: f64 = dZ.get(row, unit), scaled: f64 = this.scaled.get(row, unit);
      this.dCode.set(row, unit, <f32>(sampleToMean(d) + weight * this.klToMean(row, unit)));
      const toLogVar = sampleToLogVar(d, scaled) + weight * this.klToLogVar(row, unit, scaled);
      this.dCode.set(row, this.latent + unit, <f32>toLogVar);
    }
  }

  private klToMean(row: i32, unit: i32): f64 {
    if (this.kl == CLOSED_FORM) return klClosedFormToMean(this.mean(row, unit));
    const z: f64 = this.decoder.input.get(row, unit);
    if (this.kl == SINGLE_SAMPLE) return klFromNoiseToMean(z);
    return sampleToMean(pathDerivative(z, this.logVar(row, unit), this.epsilon(row, unit)));
  }

  private klToLogVar(row: i32, unit: i32, scaled: f64): f64 {
    if (this.kl == CLOSED_FORM) return klClosedFormToLogVar(this.logVar(row, unit));
    const z: f64 = this.decoder.input.get(row, unit);
    if (this.kl == SINGLE_SAMPLE) return klFromNoiseToLogVar(z, scaled);
    return sampleToLogVar(pathDerivative(z, this.logVar(row, unit), this.epsilon(row, unit)), scaled);
  }
}
