/* 把改錯的引擎一個一個編譯出來：標準輸入是 [{檔名: 內容}…]，引數是 asc 的路徑與輸出的資料夾。不最佳化，編譯得快。 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [asc, out] = process.argv.slice(2);
const { default: compiler } = await import(pathToFileURL(asc));
const options = ["-O0", "--noAssert", "--runtime", "stub", "--enable", "simd", "--importMemory", "--use", "abort="];

for (const [k, sources] of JSON.parse(readFileSync(0, "utf8")).entries()) {
  const { error, stderr } = await compiler.main(["engine.ts", "-o", `${k}.wasm`, ...options], {
    readFile: (name) => sources[name] ?? null,
    writeFile: (name, contents) => writeFileSync(join(out, name), contents),
  });
  if (error) throw new Error(`第 ${k} 個：${error}\n${stderr}`);
}
