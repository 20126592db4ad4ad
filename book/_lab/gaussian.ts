/**
 * 一個單元的重參數化與 KL 的三種形式，前向與梯度並排（第 2、3、6 章；Python 是 gaussian.py 與 gradients/layers.py）。
 *
 * 一批只有 n × d 個，所以用雙精度的純量。
 */

/** KL 的形式：封閉形式、單點抽樣、單點抽樣只走路徑導數。 */
export const CLOSED_FORM = 0;
export const SINGLE_SAMPLE = 1;
export const PATH_DERIVATIVE = 2;

/** σ ε，其中 σ = e^(log σ²/2)。 */
export function scaledNoise(logVar: f64, noise: f64): f64 {
  return Math.exp(0.5 * logVar) * noise;
}

/** z = μ + σ ε。 */
@inline export function sample(mean: f64, scaled: f64): f64 {
  return mean + scaled;
}

/** ∂z/∂μ = 1，∂z/∂log σ² = σ ε / 2。 */
@inline export function sampleToMean(dZ: f64): f64 {
  return dZ;
}
@inline export function sampleToLogVar(dZ: f64, scaled: f64): f64 {
  return 0.5 * dZ * scaled;
}

/** 封閉形式 ½(μ² + σ² − 1 − log σ²)；用 expm1，log σ² 接近 0 時才有有效位數。 */
export function klClosedForm(mean: f64, logVar: f64): f64 {
  return 0.5 * (mean * mean + (Math.expm1(logVar) - logVar));
}

/** ∂/∂μ = μ，∂/∂log σ² = (σ² − 1)/2。 */
@inline export function klClosedFormToMean(mean: f64): f64 {
  return mean;
}
export function klClosedFormToLogVar(logVar: f64): f64 {
  return 0.5 * Math.expm1(logVar);
}

/** 單點抽樣 log q(z) − log p(z) = ½(z² − ε² − log σ²)。 */
@inline export function klFromNoise(z: f64, logVar: f64, noise: f64): f64 {
  return 0.5 * (z * z - noise * noise - logVar);
}

/** ∂/∂μ = z，∂/∂log σ² = (z σ ε − 1)/2。 */
@inline export function klFromNoiseToMean(z: f64): f64 {
  return z;
}
@inline export function klFromNoiseToLogVar(z: f64, scaled: f64): f64 {
  return 0.5 * (z * scaled - 1);
}

/** 只留經過 z 的路徑：∂/∂z [log q(z) − log p(z)] = z − ε/σ。 */
export function pathDerivative(z: f64, logVar: f64, noise: f64): f64 {
  return z - noise * Math.exp(-0.5 * logVar);
}
