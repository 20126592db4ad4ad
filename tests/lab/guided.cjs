/* 測試用的一端：在 Node 裡照網頁的程式跑引導實驗，結果（JSON）寫到標準輸出。
 * 用法：node guided.cjs 程式的資料夾 引擎 資料 種子 [實驗的名字…]；一行一個實驗。
 * 名字是 measure 就訓練兩個週期，寫出整張快照。環境變數 LAB_BETA、LAB_EPOCHS 把每一次訓練改成錯的（反向對照）。 */
"use strict";

const { readFileSync } = require("node:fs");
const path = require("node:path");
const [programs, wasm, document, seed, ...names] = process.argv.slice(2);
for (const file of ["engine.js", "lab/trainer.js", "lab/choices.js", "lab/experiments.js"]) require(path.resolve(programs, file));

const TYPES = { uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array };
const given = JSON.parse(readFileSync(document, "utf8"));
const unpack = ({ dtype, base64 }) => new TYPES[dtype](Uint8Array.from(Buffer.from(base64, "base64")).buffer);
const data = {
  groups: given.variables.map(({ levels }) => levels),
  codes: Int16Array.from(unpack(given.codes), (code) => (code === 255 ? -1 : code)),
  heldOut: unpack(given.held_out),
  logPrice: Float64Array.from(unpack(given.price), Math.log),
  shuffled: unpack(given.shuffled),
};
const columns = data.groups.reduce((a, b) => a + b, 0);
const facts = { noCode: given.no_code, limit: given.limit };
const { LAB_BETA, LAB_EPOCHS } = process.env;
const done = new Map();

/** 一次訓練：照 phases 一段一段，每段結束量一次；一樣的訓練只跑一次。 */
function trained(trainer, run) {
  const settings = { ...Lab.settingsOf(run, columns, Number(seed)), ...(LAB_BETA ? { beta: Number(LAB_BETA) } : {}) }, key = JSON.stringify([settings, run.phases]);
  if (done.has(key)) return done.get(key);
  trainer.configure(Lab.settings.forEngine(settings));
  const marks = run.phases.map(({ epochs, change }) => {
    if (change) trainer.engine.change(change);
    for (let k = 0; k < Math.min(epochs, LAB_EPOCHS ?? epochs); k++) trainer.engine.epoch();
    return trainer.measure();
  });
  done.set(key, { rows: trainer.engine.history, marks });
  return done.get(key);
}

function measure(trainer) {
  trainer.configure({ hidden: [100, 50], latent: 2, seed: Number(seed), warmup: 0 });
  trainer.engine.epoch();
  trainer.engine.epoch();
  const found = trainer.measure();
  process.stdout.write(JSON.stringify({ ...found, activeVariance: LabTrainer.ACTIVE_VARIANCE, mean: [...found.mean], logVar: [...found.logVar] }) + "\n");
}

async function main() {
  const text = readFileSync(wasm, "utf8"), base64 = text.match(/"([^"]+)"/)[1];
  const trainer = new LabTrainer.Trainer(await LabEngine.create(base64), data);
  if (names[0] === "measure") return measure(trainer);
  for (const experiment of Lab.EXPERIMENTS.filter(({ id }) => !names.length || names.includes(id))) {
    const results = experiment.runs.map((run) => trained(trainer, run));
    const { id, choices, expected, claims } = experiment;
    const report = {
      id, expected, choices, outcome: experiment.outcome(results, facts), claims: claims.map((claim) => claim(results, facts)),
      told: experiment.tell(results, facts), cpu: process.cpuUsage().user / 1e6,
    };
    process.stdout.write(JSON.stringify(report) + "\n");
  }
}

main();
