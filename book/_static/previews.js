// 連結的預覽：指標、鍵盤或手指第一次碰到內部的連結，才載入預覽的程式、樣式與資料。
"use strict";

(() => {
  const ROOT = document.documentElement.dataset.content_root ?? "./";
  const BASE = new URL(ROOT, location.href);
  let loading = null, previews = null, pressed = "";

  const arrived = (element) => new Promise((done, failed) => {
    element.onload = done;
    element.onerror = () => failed(new Error(element.src ?? element.href));
    document.head.append(element);
  });
  const script = (name) => arrived(Object.assign(document.createElement("script"), { src: ROOT + name }));
  const style = (name) => arrived(Object.assign(document.createElement("link"), { rel: "stylesheet", href: ROOT + name }));

  /** 內文裡、指到這本書裡的連結，在資料裡的鍵；別的連結是 null。導覽用的（nav）一按就走，不必預覽。 */
  function keyOf(target) {
    const link = target.closest?.("article a[href]");
    if (!link || link.matches(".headerlink, [role=doc-backlink], [download], nav *")) return null;
    const url = new URL(link.href);
    if (url.origin !== BASE.origin || !url.pathname.startsWith(BASE.pathname)) return null;
    const page = decodeURIComponent(url.pathname.slice(BASE.pathname.length)) || "index.html";
    return page.endsWith(".html") ? { link, key: page + decodeURIComponent(url.hash) } : null;
  }

  /** 手指點的；按鍵與另開分頁的不算。舊的 Safari 的 click 沒有 pointerType，看按下去的那一次。 */
  const touched = (event) => (event.pointerType ?? pressed) === "touch" && event.detail > 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;

  /** 載入不了（書不完整）就沒有預覽，連結照常能用。 */
  function begin() {
    loading ??= Promise.all([script("link-previews.js"), script("_static/previews/card.js"), style("_static/previews/card.css"), style("_static/formulas.css")])
      .then(() => { previews = window.BookPreviews.start({ root: ROOT, keyOf, touched, entries: window.BOOK_PREVIEWS }); })
      .catch(() => {});
    return loading;
  }

  async function first(event) {
    const found = previews ? null : keyOf(event.target);
    if (!found) return;
    await begin();
    previews?.hear(event, found);
  }

  addEventListener("pointerover", first);
  addEventListener("focusin", first);
  addEventListener("pointerdown", (event) => { pressed = event.pointerType; });

  // 還沒載入完，手指就放開了：第一下先攔住，看過再走。
  addEventListener("click", (event) => {
    const found = previews || !touched(event) ? null : keyOf(event.target);
    if (!found) return;
    event.preventDefault();
    begin().then(() => { if (!previews?.tap(found)) location.assign(found.link.href); });
  });
})();
