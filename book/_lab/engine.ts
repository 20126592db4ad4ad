/**
 * 實驗室的引擎對 JavaScript 的一面：建立、資料、訓練、量。參數都是數字與指標，
 * 包裝在 book/_static/interactive/engine.js。
 */

import { Adam } from "./adam";
import { CLOSED_FORM } from "./gaussian";
import { Dense } from "./layers";
import { Likelihood } from "./likelihood";
import { stride, zeros } from "./memory";
import { Model } from "./model";
import { Generator } from "./random";
import { Rows } from "./rows";
import { Scores } from "./score";

/** 三條互不相干的亂數：訓練、量、抽樣；加不加驗證集，訓練的位元都一樣。 */
const TRAINING = 1;
const MEASURING = 2;
const SAMPLING = 3;

let model!: Model;
let adam!: Adam;
let data!: StaticArray<Rows>;
let batch: i32;
let noisy: bool = true;
let seed: u64;
const training = new Generator(0, TRAINING);
const measuring = new Generator(0, MEASURING);
const sampling = new Generator(0, SAMPLING);

// ---- 建立 ----

/** 借一塊記憶體給 JavaScript 寫。 */
export function allocate(bytes: i32): usize {
  return heap.alloc(bytes);
}

function integers(pointer: usize, count: i32): i32[] {
  const found: i32[] = [];
  for (let k = 0; k < count; k++) found.push(load<i32>(pointer + (k << 2)));
  return found;
}

/** 建立網路；groups、hidden 是 int32 的陣列。資料有三份：訓練、驗證、臨時的。 */
export function build(
  groups: usize, nGroups: i32, nNumbers: i32, independent: bool, floor: f64,
  hidden: usize, depth: i32, latent: i32, rowsAtOnce: i32,
): void {
  const sizes = integers(groups, nGroups);
  batch = rowsAtOnce;
  model = new Model(batch, latent, integers(hidden, depth), new Likelihood(sizes, nNumbers, independent, floor));
  adam = new Adam(model.bytes);
  data = [new Rows(sizes, nNumbers), new Rows(sizes, nNumbers), new Rows(sizes, nNumbers)];
  noiseOfBatch = zeros((batch * latent) << 2);
}

export function setObjective(kl: i32, freeBits: f64, withNoise: bool): void {
  model.kl = kl;
  model.freeBits = freeBits;
  noisy = withNoise;
}

/** 從頭開始：種子、Glorot 均勻初始值、動差歸零。 */
export function restart(newSeed: u32): void {
  seed = newSeed;
  training.restart(seed, TRAINING);
  sampling.restart(seed, SAMPLING);
  adam.restart();
  memory.fill(model.parameters, 0, model.bytes);
  initialize(model.encoder.dense);
  initialize(model.decoder.dense);
  cursor = data[0].count;
}

/** 每一層的 W ~ U(−r, r)，r = √(6/(n_in + n_out))；偏置是 0。出處：Glorot & Bengio (2010)。 */
function initialize(layers: Dense[]): void {
  for (let k = 0; k < layers.length; k++) {
    const layer = layers[k], limit = Math.sqrt(6.0 / (layer.nIn + layer.nOut));
    for (let i = 0; i < layer.nIn; i++)
      for (let j = 0; j < layer.nOut; j++)
        store<f32>(layer.layer + i * layer.stride + (j << 2), <f32>(limit * (2 * training.uniform() - 1)));
  }
}

// ---- 參數：與 Python 同樣的平坦向量（network.views），沒有補齊的 0 ----

export function parameterCount(): i32 {
  return model.likelihood.nNumbers + countOf(model.encoder.dense) + countOf(model.decoder.dense);
}

function countOf(layers: Dense[]): i32 {
  let count = 0;
  for (let k = 0; k < layers.length; k++) count += (layers[k].nIn + 1) * layers[k].nOut;
  return count;
}

let flatVector: usize = 0;

/** 平坦的向量用的那一塊；第一次用到才借。 */
export function flatPointer(): usize {
  if (!flatVector) flatVector = heap.alloc(parameterCount() << 2);
  return flatVector;
}

/** 參數（或梯度）抄成平坦的向量。 */
export function readFlat(flat: usize, ofGradient: bool): void {
  copyFlat(flat, ofGradient ? <i32>(model.gradient - model.parameters) : 0, false);
}

/** 平坦的向量抄進參數。 */
export function writeFlat(flat: usize): void {
  copyFlat(flat, 0, true);
}

function copyFlat(flat: usize, shift: i32, into: bool): void {
  flat = copyLayers(model.encoder.dense, flat, shift, into);
  flat = copyLayers(model.decoder.dense, flat, shift, into);
  copyRow(model.likelihood.noiseLogVar + shift, flat, model.likelihood.nNumbers, into);
}

function copyLayers(layers: Dense[], flat: usize, shift: i32, into: bool): usize {
  for (let k = 0; k < layers.length; k++) {
    const layer = layers[k];
    for (let i = 0; i <= layer.nIn; i++)
      flat = copyRow(layer.layer + shift + i * layer.stride, flat, layer.nOut, into);
  }
  return flat;
}

function copyRow(row: usize, flat: usize, count: i32, into: bool): usize {
  if (into) memory.copy(row, flat, count << 2);
  else memory.copy(flat, row, count << 2);
  return flat + (count << 2);
}

// ---- 資料 ----

/** 第 which 份資料改成 count 列；之後由 codes、numbers 的指標寫進去。 */
export function resizeRows(which: i32, count: i32): void {
  if (which == 0 && count > epochRoom) {
    order = heap.alloc(count << 2);
    noise = heap.alloc((count * model.latent) << 2);
    epochRoom = count;
  }
  data[which].resize(count);
}

export function codesOf(which: i32): usize {
  return data[which].codesPointer;
}

export function numbersOf(which: i32): usize {
  return data[which].numbersPointer;
}

// ---- 訓練 ----

/** 這個訓練週期的次序 (N,) 與雜訊 (N, d)，以及走到第幾列。 */
let order: usize;
let noise: usize;
let epochRoom: i32 = 0;
let cursor: i32 = 0;

export function orderPointer(): usize {
  return order;
}

export function noisePointer(): usize {
  return noise;
}

/** 打亂一次，整個訓練週期的雜訊一次抽好。 */
export function beginEpoch(): void {
  const count = data[0].count;
  for (let row = 0; row < count; row++) store<i32>(order + (row << 2), row);
  training.shuffle(order, count);
  drawNoise(training, noise, count);
  cursor = 0;
}

function drawNoise(generator: Generator, target: usize, rows: i32): void {
  for (let k = 0; k < rows * model.latent; k++)
    store<f32>(target + (k << 2), noisy ? <f32>generator.normal() : 0);
}

/** 下一批：損失與梯度。傳回這一批的列數；0 表示這個訓練週期走完了。 */
export function nextBatch(beta: f64): i32 {
  const n = min(batch, data[0].count - cursor);
  if (n <= 0) return 0;
  for (let k = 0; k < n; k++) data[0].expand(load<i32>(order + ((cursor + k) << 2)), model.encoder.input, k);
  model.noise = noise + ((cursor * model.latent) << 2);
  cursor += n;
  model.forward(n);
  model.backward(n, beta);
  return n;
}

/** 臨時那一份的前 n 列當作一批，ε 用 noiseOfBatch 裡的；n 不超過批次。 */
export function lossAndGradient(n: i32, beta: f64): void {
  for (let k = 0; k < n; k++) data[2].expand(k, model.encoder.input, k);
  model.noise = noiseOfBatch;
  model.forward(n);
  model.backward(n, beta);
}

/** 用目前的梯度走一步 Adam。 */
export function update(learningRate: f64): void {
  adam.update(model.parameters, model.gradient, learningRate);
}

/** 上一批（或上一次量）對列求和的 log p(x|z)。 */
export function logLikelihood(): f64 {
  return model.logLikelihood;
}

export function klOfUnit(unit: i32): f64 {
  return model.klPerUnit[unit];
}

// ---- 量、編碼、解碼 ----

let noiseOfBatch: usize;

export function noiseOfBatchPointer(): usize {
  return noiseOfBatch;
}

/** 從頭抽量的雜訊：同一個模型永遠得到同一個數。 */
export function beginMeasuring(): void {
  measuring.restart(seed, MEASURING);
}

/**
 * 第 which 份資料由 first 起最多一批的列：每列抽 samples 個 z，log p(x|z) 取平均，對列求和；
 * KL 用封閉形式，或（closedForm 為假）訓練時的形式。傳回列數。
 */
export function measure(which: i32, first: i32, samples: i32, closedForm: bool): i32 {
  const n = encodeRows(which, first), form = closedForm ? CLOSED_FORM : model.kl;
  let total: f64 = 0;
  for (let k = 0; k < samples; k++) {
    drawNoise(measuring, noiseOfBatch, n);
    model.noise = noiseOfBatch;
    model.sampleForward(n);
    model.decoder.forward(n);
    model.likelihood.begin();
    total += model.sumLogProb(n) / samples;
  }
  model.logLikelihood = total;
  for (let unit = 0; unit < model.latent; unit++) model.klPerUnit[unit] = model.sumKl(n, unit, form);
  return n;
}

let scores: Scores | null = null;

/** 打分數以前：概似的 nParts 個變數（旗標與數字在後）各算在 nCells 格的哪一格（int32）。 */
export function prepareScores(cellOf: usize, nParts: i32, nCells: i32): void {
  if (!scores) scores = new Scores(batch, nParts, cellOf, nCells);
}

/** 第 which 份資料由 first 起最多一批的列，每列抽 samples 個 z 打分數；傳回列數，分數在 scoreRow。 */
export function scoreRows(which: i32, first: i32, samples: i32): i32 {
  const n = encodeRows(which, first), found = <Scores>scores;
  found.begin(n);
  for (let k = 0; k < samples; k++) {
    drawNoise(measuring, noiseOfBatch, n);
    model.noise = noiseOfBatch;
    model.sampleForward(n);
    model.decoder.forward(n);
    model.likelihood.begin();
    found.add(model, n);
  }
  found.finish(n, samples);
  return n;
}

export function scoreRow(n: i32): usize {
  return (<Scores>scores).row(n);
}

/** 編碼第 which 份資料由 first 起最多一批的列，傳回列數。 */
export function encodeRows(which: i32, first: i32): i32 {
  const n = min(batch, data[which].count - first);
  for (let k = 0; k < n; k++) data[which].expand(first + k, model.encoder.input, k);
  model.encoder.forward(n);
  return n;
}

/** 編碼的一列 [μ | log σ²]。 */
export function codeRow(n: i32): usize {
  return model.code.row(n);
}

/** 解碼器的輸入：z 的一列。 */
export function latentRow(n: i32): usize {
  return model.decoder.input.row(n);
}

/** 解碼前 n 列，mean 為真就把輸出換成期望值（softmax 為真，伯努利也讀成 softmax）。 */
export function decode(n: i32, mean: bool, softmax: bool): void {
  model.decoder.forward(n);
  const output = model.decoder.output;
  if (mean) for (let k = 0; k < n; k++) model.likelihood.mean(output.row(k), output.row(k), softmax);
}

export function outputRow(n: i32): usize {
  return model.decoder.output.row(n);
}

/** 第 j 個數字學到的標準差 s。 */
export function spreadOf(j: i32): f64 {
  model.likelihood.begin();
  return model.likelihood.spread(j);
}

/** 抽樣用的均勻與常態亂數。 */
export function uniform(): f64 {
  return sampling.uniform();
}

export function normal(): f64 {
  return sampling.normal();
}
