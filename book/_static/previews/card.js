/* 預覽的卡片。指標或鍵盤：說明（tooltip），移進卡片不會關；手指：對話框，裡面有「前往」。Escape 都關得掉。 */
(function () {
  "use strict";

  const OPEN_AFTER = 300, CLOSE_AFTER = 300; // 毫秒：經過的不算；離開連結到走進卡片之間不關
  const GAP = 8;
  const WIDE = new Set(["公式", "程式", "定理"]);

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const html = (text) => document.createRange().createContextualFragment(text);

  class Previews {
    constructor({ root, keyOf, touched, entries }) {
      Object.assign(this, { root, keyOf, touched, entries, card: null, link: null, dismissed: null, timer: 0, x: null });
      addEventListener("pointerover", (event) => this.hear(event));
      addEventListener("pointerout", (event) => this.leave(event));
      addEventListener("focusin", (event) => this.hear(event));
      addEventListener("focusout", (event) => this.blur(event));
      addEventListener("click", (event) => this.click(event));
      addEventListener("keydown", (event) => this.press(event), true);
      addEventListener("pointerdown", (event) => { if (!this.inside(event.target)) this.close(); });
      addEventListener("resize", () => { if (this.card?.getAttribute("role") === "tooltip") this.close(); });
      addEventListener("pagehide", () => this.close());
    }

    inside(node) {
      return node instanceof Node && [this.card, this.link].some((one) => one?.contains(node));
    }

    // ── 什麼時候開、什麼時候關 ──

    /** 指標移到連結上，或鍵盤走到連結：等一下再開。移進卡片：不關。 */
    hear(event, found = this.keyOf(event.target)) {
      if (event.type === "pointerover" && event.pointerType === "touch") return;
      if (this.inside(event.target)) return this.wait(null);
      if (!found || !this.entries[found.key] || found.link === this.dismissed) return;
      if (event.type === "focusin" && !found.link.matches(":focus-visible")) return;
      this.x = event.type === "pointerover" ? event.clientX : null;
      this.wait(() => { if (found.link.matches(":hover, :focus")) this.open(found, "tooltip"); }, OPEN_AFTER);
    }

    leave(event) {
      if (this.dismissed && !this.dismissed.contains(event.relatedTarget)) this.dismissed = null;
      if (event.pointerType === "touch" || this.inside(event.relatedTarget)) return;
      if (!this.card) this.close();
      else if (this.card.getAttribute("role") === "tooltip" && !this.link.matches(":focus-visible")) this.wait(() => this.close(), CLOSE_AFTER);
    }

    blur(event) {
      if (event.target === this.dismissed) this.dismissed = null;
      if (!this.card) return this.close();
      if (!this.inside(event.target) || this.inside(event.relatedTarget) || this.card.matches(":hover")) return;
      if (event.relatedTarget || this.card.getAttribute("role") === "tooltip") this.close();
    }

    wait(work, after = 0) {
      clearTimeout(this.timer);
      if (work) this.timer = setTimeout(work, after);
    }

    click(event) {
      if (this.card?.contains(event.target)) return;
      const found = this.keyOf(event.target);
      if (!found || !this.touched(event) || this.link === found.link) return this.close();
      if (this.entries[found.key] && !this.inView(found)) {
        event.preventDefault();
        this.tap(found);
      }
    }

    /** 手指點了一下；沒有可看的傳回 false，讓連結照常走。 */
    tap(found) {
      if (!this.entries[found.key] || this.inView(found)) return false;
      this.x = null;
      this.open(found, "dialog");
      return true;
    }

    press(event) {
      if (event.key !== "Escape") return;
      this.wait(null);
      if (!this.card) return;
      event.stopPropagation();
      this.dismissed = this.link; // 指標還在連結上，不要又開起來
      this.close(true);
    }

    close(back = false) {
      this.wait(null);
      if (!this.card) return;
      const { card, link } = this;
      Object.assign(this, { card: null, link: null });
      const held = card.contains(document.activeElement);
      card.remove();
      link.removeAttribute("aria-describedby");
      if (link.dataset.title) link.title = link.dataset.title;
      if (back && held) link.focus({ preventScroll: true });
    }

    // ── 卡片 ──

    /** 指到的東西就在畫面上，不必再說一次。 */
    inView({ link, key }) {
      const id = new URL(link.href).pathname === location.pathname ? decodeURIComponent(key.split("#")[1] ?? "") : "";
      let target = id && document.getElementById(id);
      if (!target) return false;
      if (target.matches("span")) target = target.closest("section");
      if (target.matches("section")) target = target.querySelector("h1, h2, h3, h4, h5, h6") ?? target;
      if (!target.checkVisibility()) return false;
      const box = target.getBoundingClientRect();
      const seen = Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
      return seen >= Math.min(box.height, innerHeight / 2) - 1;
    }

    open(found, role) {
      if (this.link === found.link || this.inView(found)) return;
      this.close();
      const card = this.build(this.entries[found.key], role, found.link);
      document.body.append(card);
      this.show(card, found.link, role);
    }

    build([kind, title, text, image, alt], role, link) {
      const label = title.startsWith(kind) ? [] : [make("span", { class: "preview-kind" }, kind)]; // 「圖 5.1」已經說了是圖
      const name = make("p", { class: "preview-title" }, ...label, html(title));
      const card = make("div", { class: "preview-card", id: "link-preview", role, hidden: "", "data-kind": kind }, name);
      if (image) card.append(make("img", { src: this.root + image, alt }));
      if (text) card.append(make("div", { class: "preview-text" }, html(text)));
      card.classList.toggle("preview-wide", WIDE.has(kind));
      if (role === "dialog") {
        card.tabIndex = -1;
        card.setAttribute("aria-label", `預覽：${kind}`);
        card.append(make("a", { class: "preview-go", href: link.href }, "前往"));
      }
      return card;
    }

    show(card, link, role) {
      Object.assign(this, { card, link });
      card.hidden = false;
      if (link.title) {
        link.dataset.title = link.title; // 卡片說得更清楚；瀏覽器自己的提示不要疊上來
        link.removeAttribute("title");
      }
      this.place();
      card.querySelector("img")?.addEventListener("load", () => { if (this.card === card) this.place(); });
      if (role === "dialog") card.focus({ preventScroll: true });
      else link.setAttribute("aria-describedby", card.id);
    }

    /** 在連結的下面；下面放不下、上面比較寬就在上面。連結本身不蓋住。 */
    place() {
      const { card, link } = this;
      card.style.maxHeight = "";
      const boxes = [...link.getClientRects()];
      const near = boxes.find((box) => this.x !== null && box.left - 2 <= this.x && this.x <= box.right + 2) ?? boxes[0];
      const below = innerHeight - near.bottom - 2 * GAP, above = near.top - 2 * GAP;
      const under = card.offsetHeight <= below || below >= above;
      card.style.maxHeight = `${Math.max(under ? below : above, 80)}px`;
      const top = under ? near.bottom + GAP : near.top - GAP - card.offsetHeight;
      const widest = document.documentElement.clientWidth - card.offsetWidth - GAP;
      const left = Math.max(GAP, Math.min((this.x ?? near.left) - 24, widest));
      card.style.top = `${top + scrollY}px`;
      card.style.left = `${left + scrollX}px`;
    }
  }

  let previews = null;
  window.BookPreviews = { start: (given) => (previews ??= new Previews(given)) };
})();
