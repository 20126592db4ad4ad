/* 測試用的一端：讀者的表在 Node 裡讀、訓練。由標準輸入讀 {text 或 file, choices, settings, epochs, calls}，
 * calls 是 [方法, 引數…]，結果寫到標準輸出。用法：node own.cjs 互動圖的資料夾 model.js papaparse.min.js engine.wasm.js。 */
"use strict";

const { readFileSync, readdirSync } = require("node:fs");
const path = require("node:path");
const [folder, model, papa, wasm] = process.argv.slice(2).map((name) => path.resolve(name));
globalThis.Papa = require(papa);
for (const file of readdirSync(path.join(folder, "lab", "table")).sort()) require(path.join(folder, "lab", "table", file));
for (const file of [path.join(folder, "engine.js"), wasm, model]) require(file);

/** 型別陣列寫成陣列；不是有限的數寫成字串。 */
function encoded(key, value) {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return ArrayBuffer.isView(value) ? Array.from(value) : value;
}

/** 堆積以外的記憶體（型別陣列、檔案），每一步量一次；堆積由 --max-old-space-size 管。 */
const megabytes = [];
const weigh = () => megabytes.push(process.memoryUsage().arrayBuffers / 1e6);

const turn = () => Promise.resolve();
const special = {
  rank: (own) => own.rank(turn, () => false, () => {}),
  data: (own) => ({ ...own.all, schema: own.schema, heldOut: own.heldOut, baseline: own.baseline.logProb(own.all) }),
  history: (own) => own.engine.history,
  memory: (own) => own.engine.memory,
};

async function main({ text, file, choices = {}, settings = {}, epochs = 0, calls = [] }) {
  const began = performance.now();
  const table = LabTable.readTable(file ? new Uint8Array(readFileSync(file)) : new TextEncoder().encode(text), "案例.csv");
  weigh();
  const prepared = LabTable.prepare(table, choices), read = performance.now();
  const own = new LabOwn.OwnModel(await LabEngine.create(globalThis.LAB_ENGINE_WASM), prepared);
  const found = [own.configure(settings)], coded = performance.now();
  for (let k = 0; k < epochs; k++) own.engine.epoch();
  weigh();
  const trained = performance.now();
  for (const [name, ...values] of calls) found.push(name in special ? await special[name](own) : own[name](...values));
  weigh();
  const times = { read: read - began, code: coded - read, train: trained - coded, calls: performance.now() - trained };
  return { found, times, problem: prepared.problem, megabytes: Math.max(...megabytes) };
}

main(JSON.parse(readFileSync(0, "utf8"))).then((found) => process.stdout.write(JSON.stringify(found, encoded)));
