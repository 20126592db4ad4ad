// 在 Node 裡用建好的索引回答一串查詢：node search_driver.cjs 引擎 索引 < 查詢的 JSON，印出每個查詢的前幾個。
"use strict";
const fs = require("node:fs");
const vm = require("node:vm");

const page = { window: {} };
vm.createContext(page);
page.window = page;
for (const path of process.argv.slice(2, 4)) vm.runInContext(fs.readFileSync(path, "utf8"), page, { filename: path });

(async () => {
  const searcher = new page.BookSearch.Searcher(page.BOOK_INDEX);
  const answers = [];
  for (const query of JSON.parse(fs.readFileSync(0, "utf8"))) {
    let pauses = 0;
    const { hits, total } = await searcher.find(query, { pause: async () => { pauses++; } });
    const found = hits.map((hit) => ({
      page: hit.section.page, title: hit.section.title, anchor: hit.anchor, label: hit.label, complete: hit.complete,
      excerpt: searcher.excerpt(hit), heading: searcher.heading(hit), surfaces: searcher.surfaces(hit),
    }));
    answers.push({ query, total, pauses, found });
  }
  process.stdout.write(JSON.stringify(answers));
})();
