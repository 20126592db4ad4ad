/* 測試用的一端：由標準輸入讀一串呼叫（JSON），照順序叫引擎，把結果寫到標準輸出。陣列用 base64 來回，逐位元相同。 */
"use strict";

const { readFileSync } = require("node:fs");
const [wrapper, wasm] = process.argv.slice(2);
const TYPES = { Float32Array, Float64Array, Int16Array, Int32Array };

require(wrapper);

/** 網頁載入的 .js 設 LAB_ENGINE_WASM；.wasm 是位元組。 */
function bytes() {
  if (!wasm.endsWith(".js")) return new Uint8Array(readFileSync(wasm));
  require(wasm);
  return globalThis.LAB_ENGINE_WASM;
}

/** {type, base64} → 型別陣列。 */
function decoded(key, value) {
  if (typeof value?.base64 !== "string") return value;
  return new TYPES[value.type](Uint8Array.from(Buffer.from(value.base64, "base64")).buffer);
}

/** 型別陣列 → {type, base64}；不是有限的數寫成字串。 */
function encoded(key, value) {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (!ArrayBuffer.isView(value)) return value;
  const base64 = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  return { type: value.constructor.name, base64 };
}

/** 一個呼叫 [名字, 引數…]；["get", 名字] 讀屬性。錯誤訊息當作結果。 */
function answer(engine, [name, ...values]) {
  try {
    return (name === "get" ? engine[values[0]] : engine[name](...values)) ?? null;
  } catch (error) {
    return { error: error.message };
  }
}

async function main() {
  const calls = JSON.parse(readFileSync(0, "utf8"), decoded);
  const engine = await globalThis.LabEngine.create(bytes());
  process.stdout.write(JSON.stringify(calls.map((call) => answer(engine, call)), encoded));
}

main();
