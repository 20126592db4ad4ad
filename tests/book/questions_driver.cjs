// 在 Node 裡跑想一想的規則與紀錄：node questions_driver.cjs 檔案… < 程式，程式的 out(值) 印成 JSON。
"use strict";
const fs = require("node:fs");
const vm = require("node:vm");

const told = [];
const page = { console, out: (value) => told.push(value) };
vm.createContext(page);
page.window = page;
for (const path of process.argv.slice(2)) vm.runInContext(fs.readFileSync(path, "utf8"), page, { filename: path });
vm.runInContext(fs.readFileSync(0, "utf8"), page, { filename: "test" });
process.stdout.write(JSON.stringify(told));
