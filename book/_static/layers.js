// 主線、全部、全部加程式：一次打開或收合整頁摺起來的段落，記住選擇；列印照畫面上的樣子。
"use strict";

(() => {
  const KEY = "layers";
  const OPENED = { main: [], all: ["deeper", "exercise"], code: ["deeper", "exercise", "code"] };

  const layerOf = (details) => details.dataset.layer ?? "code";
  const folds = () => document.querySelectorAll("article details.layer, article .cell > details.hide");

  function show(choice) {
    for (const details of folds()) details.open = OPENED[choice].includes(layerOf(details));
  }

  // 從磁碟打開、或不准存資料的瀏覽器：記不住，照樣能用。
  function remembered() {
    try { return localStorage.getItem(KEY); } catch { return null; }
  }

  function remember(choice) {
    try { localStorage.setItem(KEY, choice); } catch { /* 下一頁從主線開始 */ }
  }

  // 連結指到摺起來的地方，就打開它。
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const closed = [];
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS" && !at.open) closed.push(at);
    for (const details of closed) details.open = true;
    if (closed.length) target.scrollIntoView();
  }

  function start() {
    const choices = document.querySelectorAll(".layer-switch input");
    const before = remembered();
    for (const input of choices) {
      input.addEventListener("change", () => { show(input.value); remember(input.value); });
      if (input.value === before) { input.checked = true; show(before); }
    }
    for (const fieldset of document.querySelectorAll(".layer-switch")) fieldset.hidden = false;
    addEventListener("hashchange", reveal);
    reveal();
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
