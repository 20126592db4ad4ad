// 公式太寬時，讀者不必左右捲：換成建書時另外排好的窄的那一種（book/formulas/narrow.cjs），再放不下就縮小一點。
// 還是要捲的，鍵盤才停得住；其餘的公式不是停留點。手機上，有理由的一開始就是窄的（base.css）。轉向、改變視窗大小、打開摺起來的段落，就再看一次。
"use strict";

(() => {
  const SMALLEST = 0.78;          // 字最多縮到這個比例
  const SIZE = "1ex / 0.442";     // 與 base.css 相同
  const FORMULAS = 'article mjx-container[display="true"]';

  const overflows = (box) => box.clientWidth > 0 && box.scrollWidth > box.clientWidth + 1;   // 摺起來的，打開時再看

  // 先全部量，再全部改：一個一個來，瀏覽器每一個都要重新排整頁。
  function fitAll(inside) {
    const boxes = [...inside.querySelectorAll(FORMULAS)];
    for (const box of boxes) {
      box.classList.remove("narrowed");
      box.style.fontSize = "";
      box.removeAttribute("tabindex");
    }
    const wide = boxes.filter(overflows);
    for (const box of wide) if (box.classList.contains("two")) box.classList.add("narrowed");
    const ratios = wide.map((box) => box.clientWidth / box.scrollWidth);
    wide.forEach((box, at) => {
      if (ratios[at] < 1) box.style.fontSize = `calc(${Math.max(SMALLEST, Math.floor(ratios[at] * 98) / 100)} * ${SIZE})`;
    });
    for (const box of wide.filter(overflows)) box.tabIndex = 0;
  }

  function watch() {
    let width = innerWidth, waiting = 0;
    addEventListener("resize", () => {
      if (innerWidth === width) return;   // 手機捲動時收起網址列，只變高度
      width = innerWidth;
      clearTimeout(waiting);
      waiting = setTimeout(() => fitAll(document), 150);
    });
    document.addEventListener("toggle", ({ target }) => { if (target.open) fitAll(target); }, true);
  }

  async function begin() {
    await document.fonts.ready;     // 中文的寬度由字型決定
    fitAll(document);
    watch();
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();
})();
