/* 測試用的一端：由標準輸入讀一串呼叫（JSON）[名字, 引數…]，照順序叫 LabTable，把結果寫到標準輸出。
 * 用法：node tables.cjs 程式的資料夾 papaparse.min.js。位元組是 {base64}；不是有限的數寫成 null。 */
"use strict";

const { readFileSync, readdirSync } = require("node:fs");
const path = require("node:path");
const [programs, papa] = process.argv.slice(2);
globalThis.Papa = require(path.resolve(papa));
for (const file of readdirSync(programs).sort()) require(path.resolve(programs, file));

const decoded = (key, value) => (typeof value?.base64 === "string" ? new Uint8Array(Buffer.from(value.base64, "base64")) : value);

/** 型別陣列與集合寫成陣列。 */
function encoded(key, value) {
  if (ArrayBuffer.isView(value)) return Array.from(value);
  return value instanceof Set ? [...value] : value;
}

/** 讀一張表，再照它的報告編碼兩次：學全部的列、只學偶數列。 */
function coded([, ...given], choices) {
  const table = LabTable.readTable(...given), prepared = LabTable.prepare(table, choices ?? {});
  const { report, absent, verdicts, problem } = prepared, evens = Array.from({ length: Math.ceil(table.rows / 2) }, (_, k) => 2 * k);
  const learnt = (rows) => {
    const schema = LabTable.learn(prepared, rows), data = LabTable.encode(schema, prepared);
    return { schema, ...data, decoded: LabTable.decode(schema, data) };
  };
  const found = report.some((column) => column.kept) ? { whole: learnt(), half: learnt(evens) } : {};
  return { report, absent: [...absent], verdicts: verdicts.map(LabTable.verdictText), problem, ...found };
}

/** 屬性是常數就讀它；錯誤訊息當作結果。 */
function answer([name, ...values]) {
  try {
    if (name === "coded") return coded(...values);
    return typeof LabTable[name] === "function" ? LabTable[name](...values) : LabTable[name];
  } catch (error) {
    if (error.constructor !== Error) throw error; // 程式寫錯了，不是給讀者的訊息
    return { error: error.message };
  }
}

const calls = JSON.parse(readFileSync(0, "utf8"), decoded);
process.stdout.write(JSON.stringify(calls.map((call) => answer(call) ?? null), encoded));
