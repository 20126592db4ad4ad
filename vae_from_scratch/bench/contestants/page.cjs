/* 網頁的實驗室的引擎，住在 Node 裡：一行 JSON 進，一行 JSON 出。第一行是設定與資料，之後一行走一個訓練週期。 */
"use strict";

const { createInterface } = require("node:readline");

function array(Type, base64) {
  return new Type(Uint8Array.from(Buffer.from(base64, "base64")).buffer);
}

async function start({ wrapper, wasm, settings, codes, parameters }) {
  require(wrapper);
  require(wasm);
  const engine = await globalThis.LabEngine.create(globalThis.LAB_ENGINE_WASM);
  engine.configure(settings);
  engine.setData({ codes: array(Int16Array, codes) });
  engine.setParameters(array(Float32Array, parameters));
  return engine;
}

function epoch(engine, { order, noise }) {
  engine.inject({ order: array(Int32Array, order), noise: array(Float32Array, noise) });
  return engine.epoch().loss;
}

async function main() {
  let engine = null;
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line), loss = engine ? epoch(engine, message) : null;
    engine ??= await start(message);
    const { user, system } = process.cpuUsage();
    process.stdout.write(`${JSON.stringify({ loss, cpu: (user + system) / 1e6 })}\n`);
  }
}

main();
