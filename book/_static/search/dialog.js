/* 搜尋的畫面：對話框與搜尋頁（search.html）是同一個。打字時就找，鍵盤走得完，找到幾節會念出來。 */
(function () {
  "use strict";

  const LISTED = 20;
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const later = () => new Promise((done) => setTimeout(done));
  const TITLE = "搜尋這本書";

  /** 一個輸入框與它下面的結果；id 讓同一頁可以有兩個（對話框與搜尋頁）。 */
  class Finder {
    constructor(id, root, searcher, { listed = LISTED, asked = () => {}, left = () => {} } = {}) {
      Object.assign(this, { id, root, searcher, listed, asked, left, turn: 0, options: [], chosen: -1 });
      this.input = make("input", {
        type: "text", role: "combobox", "aria-label": TITLE, "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-autocomplete": "list",
        autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "search", placeholder: "詞、符號、程式裡的名字、圖 7.3、0.005",
      });
      this.status = make("p", { role: "status", class: "finder-status" });
      this.list = make("div", { role: "listbox", id: `${id}-list`, "aria-label": "找到的節", class: "finder-list" });
      this.input.addEventListener("input", (event) => { if (!event.isComposing) this.look(); });
      this.input.addEventListener("compositionend", () => this.look());
      this.input.addEventListener("keydown", (event) => this.press(event));
    }

    /** 換了查詢就重找；前一次還沒找完的就不要了。 */
    async look() {
      const query = this.input.value.trim(), turn = ++this.turn;
      this.asked(query);
      if (!query) return this.say([], "");
      let searcher;
      try {
        if (!this.ready) this.status.textContent = "正在載入全書的索引…";
        searcher = await this.searcher;
        this.ready = true;
      } catch {
        return this.say([], "索引載入不了。請重新載入這一頁；書若不完整，重新執行 make book。");
      }
      if (turn !== this.turn) return;
      const found = await searcher.find(query, { limit: this.listed, pause: later, stopped: () => turn !== this.turn });
      if (!found || turn !== this.turn) return;
      const options = [], rest = window.BookSearch.resting(later);
      for (const hit of found.hits) {
        options.push(this.option(searcher, hit, options.length));
        await rest();
        if (turn !== this.turn) return;
      }
      this.say(options, this.count(query, found));
    }

    count(query, { hits, total }) {
      if (!total) return `找不到「${query}」。換一個說法，或少打幾個字。`;
      const some = hits.some((hit) => hit.complete) ? "" : "沒有一節有全部的詞；";
      return total > hits.length ? `${some}找到 ${total} 節，列出最相關的 ${hits.length} 節` : `${some}找到 ${total} 節`;
    }

    option(searcher, hit, at) {
      const { section } = hit, find = searcher.surfaces(hit);
      const asked = find.map((word) => `find=${encodeURIComponent(word)}`).join("&");
      const name = hit.label ? `${hit.label}　` : "";
      const option = make("a", { role: "option", id: `${this.id}-${at}`, "aria-selected": "false", tabindex: "-1", href: `${this.root}${section.page}${asked && `?${asked}`}#${hit.anchor}` });
      option.append(make("span", { class: "finder-title" }, name, ...this.marked(searcher.heading(hit))));
      if (section.path.length) option.append(make("span", { class: "finder-path" }, section.path.join(" › ")));
      const words = this.marked(searcher.excerpt(hit));
      if (words.length) option.append(make("span", { class: "finder-excerpt" }, ...words));
      option.addEventListener("pointermove", () => this.choose(at));
      option.addEventListener("click", (event) => this.go(event, hit, find));
      return option;
    }

    marked(pieces) {
      return pieces.map(([text, marked]) => (marked ? make("mark", {}, text) : text));
    }

    say(options, status) {
      this.options = options;
      this.list.replaceChildren(...options);
      this.list.scrollTop = 0;
      this.status.textContent = status;
      this.input.setAttribute("aria-expanded", String(options.length > 0));
      this.choose(options.length ? 0 : -1);
    }

    choose(at) {
      this.options[this.chosen]?.setAttribute("aria-selected", "false");
      this.chosen = at;
      const option = this.options[at];
      if (!option) return this.input.removeAttribute("aria-activedescendant");
      option.setAttribute("aria-selected", "true");
      this.input.setAttribute("aria-activedescendant", option.id);
    }

    press(event) {
      if (event.isComposing) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && this.options.length) {
        event.preventDefault();
        this.choose((this.chosen + step + this.options.length) % this.options.length);
        this.options[this.chosen].scrollIntoView({ block: "nearest" });
      } else if (event.key === "Enter" && this.options[this.chosen]) {
        event.preventDefault();
        this.options[this.chosen].click();
      }
    }

    /** 就在這一頁，不必重新載入；另開分頁的照瀏覽器的意思。 */
    go(event, hit, find) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      this.left();
      if (!new URL(event.currentTarget.href).pathname.endsWith(location.pathname)) return;
      event.preventDefault();
      location.hash = hit.anchor;
      window.BookFinder.show(find);
    }
  }

  let dialog = null, finder = null;

  function build(root, searcher) {
    finder = new Finder("finder", root, searcher, { left: () => dialog.close() });
    const close = make("button", { type: "button", class: "finder-close" }, "關閉");
    close.addEventListener("click", () => dialog.close());
    const help = make("p", { class: "finder-help" }, "↑↓ 選一節，Enter 前往，Esc 關閉");
    dialog = make("dialog", { class: "finder", "aria-label": TITLE },
      make("div", { class: "finder-box" }, make("div", { class: "finder-field" }, finder.input, close), finder.status, finder.list, help));
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    document.body.append(dialog);
  }

  function open(root, searcher) {
    if (!dialog) build(root, searcher);
    if (finder.searcher !== searcher) finder.searcher = searcher;
    if (!dialog.open) dialog.showModal();
    finder.input.focus();
    finder.input.select();
  }

  /** 搜尋頁：查詢寫在網址的 q，可以分享，也可以由瀏覽器的上一頁回來。 */
  function mount(place, root, searcher) {
    const keep = (query) => {
      const url = query ? `${location.pathname}?q=${encodeURIComponent(query)}` : location.pathname;
      try { history.replaceState(null, "", url); } catch { /* file:// 不准改網址的瀏覽器 */ }
    };
    const here = new Finder("finder-page-found", root, searcher, { listed: 200, asked: keep });
    place.append(make("div", { class: "finder-field" }, here.input), here.status, here.list);
    here.input.value = new URLSearchParams(location.search).get("q") ?? "";
    here.input.focus();
    if (here.input.value) here.look();
  }

  Object.assign(window.BookFinder, { open, mount });
})();
