// 搜尋的入口：按鈕、「/」與 Ctrl+K 打開；打開以前不載入索引。也把由搜尋來的讀者帶到找到的地方。
"use strict";

(() => {
  const ROOT = document.documentElement.dataset.content_root ?? "./";
  const PARTS = ["_static/search/engine.js", "_static/search/dialog.js", "search-index.js"];
  const loading = new Map();

  function load(name) {
    if (!loading.has(name)) {
      loading.set(name, new Promise((done, failed) => {
        const script = Object.assign(document.createElement("script"), { src: ROOT + name, onload: done });
        script.onerror = () => { loading.delete(name); script.remove(); failed(new Error(name)); };
        document.head.append(script);
      }));
    }
    return loading.get(name);
  }

  function style() {
    if (document.getElementById("finder-style")) return;
    const link = { id: "finder-style", rel: "stylesheet", href: `${ROOT}_static/search/search.css` };
    document.head.append(Object.assign(document.createElement("link"), link));
  }

  // 樣子先來，才不必等索引；索引另外載入，好了再找。
  async function start() {
    style();
    const index = Promise.all([load(PARTS[0]), load(PARTS[2])]);
    index.catch(() => {}); // 由用到它的人說
    await load(PARTS[1]);
    return { root: ROOT, searcher: index.then(() => (window.BookFinder.searcher ??= new window.BookSearch.Searcher(window.BOOK_INDEX))) };
  }

  async function open() {
    const { root, searcher } = await start();
    window.BookFinder.open(root, searcher);
  }

  const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]:not([contenteditable='false'])");

  addEventListener("keydown", (event) => {
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target);
    const letter = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
    if (!slash && !letter) return;
    event.preventDefault();
    open();
  });

  // ── 落地 ──

  // 腳本、公式的排版與按鈕不算內文。
  function texts(area) {
    const walker = document.createTreeWalker(area, NodeFilter.SHOW_TEXT, (node) =>
      (node.parentElement.closest("script, style, mjx-container, .headerlink, button") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT));
    const found = [];
    while (walker.nextNode()) found.push(walker.currentNode);
    return found;
  }

  const whole = (text, at, word) =>
    !(/^[A-Za-z0-9]/.test(word) && /[A-Za-z0-9]/.test(text[at - 1] ?? "") && !/[a-z][A-Z]/.test(text.slice(at - 1, at + 1)))
    && !(/[0-9]$/.test(word) && /[0-9]/.test(text[at + word.length] ?? ""));

  function ranges(areas, words) {
    let original = "";
    const parts = areas.flatMap(texts).map((node) => {
      const at = original.length;
      original += node.data;
      return { node, at };
    });
    const text = original.toLowerCase();
    const place = (offset) => {
      const part = parts.findLast((one) => one.at <= offset);
      return [part.node, offset - part.at];
    };
    const found = [];
    for (const word of words.map((one) => one.toLowerCase()).filter(Boolean)) {
      for (let at = text.indexOf(word); at >= 0 && found.length < 300; at = text.indexOf(word, at + word.length)) {
        if (!whole(original, at, word)) continue;
        const range = new Range();
        range.setStart(...place(at));
        const [node, offset] = place(at + word.length - 1);
        range.setEnd(node, offset + 1);
        found.push(range);
      }
    }
    return found.sort((a, b) => a.compareBoundaryPoints(Range.START_TO_START, b));
  }

  function areasOf(target) {
    if (target.tagName === "DT") {
      const areas = [target];
      for (let next = target.nextElementSibling; next && areas.length < 2; next = next.nextElementSibling) if (next.tagName === "DD") areas.push(next);
      return areas;
    }
    if (target.tagName !== "SECTION") return [target];
    // 只看這一節自己的，不含裡面的節：它們各自是一筆。
    return [...target.childNodes].filter((node) => node.nodeType === 1 && node.tagName !== "SECTION");
  }

  function unfold(node) {
    for (let at = node.parentElement; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  }

  const folded = (range) => range.startContainer.parentElement.closest("details:not([open])");
  const inView = (box) => box.top >= 0 && box.bottom <= innerHeight;

  async function show(words) {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !words.length) return;
    unfold(target);
    const found = ranges(areasOf(target), words);
    const first = found.find((range) => !folded(range)) ?? found[0];
    if (first) unfold(first.startContainer);
    if (window.Highlight && CSS.highlights) {
      CSS.highlights.set("found", new Highlight(...found));
      style();
    }
    target.scrollIntoView();
    // 節很長，字可能在下面；圖、公式、習題就停在它的開頭。
    if (first && target.tagName === "SECTION" && !inView(first.getBoundingClientRect())) first.startContainer.parentElement.scrollIntoView({ block: "center" });
  }

  function forget(event) {
    if (event.key === "Escape") CSS.highlights?.delete("found");
  }

  function arrive() {
    const asked = new URLSearchParams(location.search), words = asked.getAll("find");
    if (!words.length) return;
    // 網址回到乾淨的；不准改的瀏覽器（有的在 file://）就留著。
    try { history.replaceState(history.state, "", location.pathname + location.hash); } catch { /* 留著 */ }
    show(words);
  }

  window.BookFinder = { ...window.BookFinder, show };

  async function begin() {
    for (const button of document.querySelectorAll(".search-button__button")) button.addEventListener("click", open);
    addEventListener("keydown", forget);
    const page = document.getElementById("finder-page");
    if (page) {
      const { root, searcher } = await start();
      window.BookFinder.mount(page, root, searcher);
    }
    arrive();
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();
})();
