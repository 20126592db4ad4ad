/* 測試用的一端：不用引擎，用假的時鐘跑 worker 的 Session，看一秒走幾步。
 * 用法：node paced.cjs trainer.js 一秒幾步（0 是最快）一步幾毫秒 跑幾毫秒；寫出走了幾步、最長一段不回頭、快照幾張。 */
"use strict";

require(require("node:path").resolve(process.argv[2]));
const [rate, cost, length] = process.argv.slice(3).map(Number);
let now = 0, turned = 0, longest = 0, snapshots = 0;

const engine = { history: [], steps: 74, position: { epoch: 1, step: 0 }, step() { this.position.step += 1; now += cost; } };
const trainer = { engine, epochs: 0, configure: () => ({}), position: {}, measure() { now += 2; return { mean: new Float32Array(2), logVar: new Float32Array(2) }; } };

/** 等一下：記下這一段多久沒有回頭看指令；時間到了就停。 */
async function turn(wait) {
  longest = Math.max(longest, now - turned);
  now += Math.max(wait, 0.01);
  turned = now;
  if (now >= length) session.pause();
}

const session = new LabTrainer.Session(trainer, ({ kind }) => { snapshots += kind === "snapshot"; }, turn, () => now);
session.configure({ settings: {}, run: 1 });
session.speed({ rate: rate || null });
session.train({ until: 1 }).then(() => process.stdout.write(JSON.stringify({ steps: engine.position.step, longest, snapshots })));
