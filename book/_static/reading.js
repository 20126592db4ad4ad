// 讀到哪裡：目錄裡讀完的頁打勾、讀到一半的寫百分比，目錄上面一個「接著讀」。
"use strict";

(() => {
  const DONE = 0.98, STARTED = 0.05;
  const make = (tag, text, className) => Object.assign(document.createElement(tag), { textContent: text, className });
  const fileOf = (url) => decodeURIComponent(new URL(url, location.href).pathname).split("/").pop() || "index.html";
  const links = () => [...document.querySelectorAll(".bd-sidebar-primary .bd-docs-nav a.reference.internal")];
  const HERE = fileOf(location.href);

  function mark(link, far) {
    link.querySelector(".reading-mark")?.remove();
    if (!(far >= STARTED)) return;
    const sign = make("span", far >= DONE ? "✓" : `${Math.round(far * 100)}%`, "reading-mark");
    sign.append(make("span", far >= DONE ? "（讀完了）" : "（讀到這裡）", "visually-hidden"));
    link.append(" ", sign);
  }

  function marks(pages) {
    for (const link of links()) mark(link, pages[fileOf(link.href)]?.far);
  }

  /** 上一次讀的那一頁；讀完了就是它的下一頁。沒有讀過別頁，或下一頁就是這裡，是 null。 */
  function following(pages) {
    const order = links(), names = order.map((link) => fileOf(link.href));
    const read = names.filter((name) => name !== HERE && pages[name]?.far >= STARTED);
    if (!read.length) return null;
    const last = read.reduce((a, b) => ((pages[a].when ?? 0) >= (pages[b].when ?? 0) ? a : b));
    const at = names.indexOf(last) + (pages[last].far >= DONE ? 1 : 0);
    return at < names.length && names[at] !== HERE ? { link: order[at], place: pages[names[at]]?.place } : null;
  }

  function offer(pages) {
    const next = following(pages), nav = document.querySelector(".bd-sidebar-primary .bd-docs-nav");
    document.querySelector(".continue-reading")?.remove();
    if (!next || !nav) return;
    const box = make("p", "", "continue-reading"), title = [...next.link.childNodes].filter((node) => !node.classList?.contains("reading-mark"));
    const link = make("a", `接著讀：${title.map((node) => node.textContent).join("").trim()}`, "");
    link.href = next.link.href.split("#")[0] + (next.place ? `#${next.place}` : "");
    box.append(link);
    nav.before(box);
  }

  // 內文的底邊過了畫面的底邊，就是讀完；讀到哪一節，看畫面上緣。
  function seen() {
    const box = document.querySelector("article").getBoundingClientRect();
    const far = Math.min(1, Math.max(0, (innerHeight - box.top) / Math.max(1, box.height)));
    const above = [...document.querySelectorAll("article section[id]")].filter((one) => one.getBoundingClientRect().top < innerHeight / 2);
    return { far: Number(far.toFixed(3)), place: above.at(-1)?.id };
  }

  function keep() {
    const { far, place } = seen();
    const { pages } = window.BookMemory.update((state) => {
      const before = state.pages[HERE]?.far ?? 0;
      state.pages[HERE] = { far: Math.max(before, far), place, when: Date.now() };
    });
    marks(pages);
  }

  function start() {
    const names = links().map((link) => fileOf(link.href));
    const { pages } = window.BookMemory.read();
    marks(pages);
    offer(pages);
    // 「複習」不是拿來讀完的；在那裡清掉紀錄，捲動也不會又寫一筆。
    if (!names.includes(HERE) || document.getElementById("review")) return;
    let waiting;
    addEventListener("scroll", () => {
      clearTimeout(waiting);
      waiting = setTimeout(keep, 400);
    }, { passive: true });
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
