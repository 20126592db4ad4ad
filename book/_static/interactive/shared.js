/* 幾張圖共用的：畫面的狀態寫在網址裡、房子的三種顏色、存檔。 */
(function () {
  "use strict";

  const YEARS = [1900, 2010]; // 年份的色階；更早的與最早的同色
  const SHADES = 60; // 色階分成這麼多格
  const OTHERS = "var(--others)";

  // ── 網址：#名字:a=1&b=2 ──
  /** [[名字, 文字], …] → "#prefix:…"；一對也沒有就是空字串。 */
  function writeAddress(prefix, pairs) {
    return pairs.length ? `#${prefix}:${pairs.map(([name, text]) => `${name}=${encodeURIComponent(text)}`).join("&")}` : "";
  }

  /** writeAddress 的反函數；不是這張圖的網址就是 null。 */
  function readAddress(prefix, hash) {
    return hash.startsWith(`#${prefix}:`) ? [...new URLSearchParams(hash.slice(prefix.length + 2))] : null;
  }

  /** 換掉網址，不留在「上一頁」裡；沒有狀態可寫的時候，別的錨點不動。 */
  function showAddress(prefix, hash) {
    if (hash === location.hash || (hash === "" && !location.hash.startsWith(`#${prefix}:`))) return;
    try { history.replaceState(null, "", location.pathname + location.search + hash); } catch { /* 有的瀏覽器在 file:// 不准改網址 */ }
  }

  // ── 房子的顏色 ──
  /** 一個數一個顏色；range 以外的與兩端同色。 */
  function shades(values, [low, high]) {
    return Array.from(values, (value) => d3.interpolateViridis(Math.round(SHADES * Math.min(1, Math.max(0, (value - low) / (high - low)))) / SHADES));
  }

  /** 一個社區塗成 accent，其餘是灰的。 */
  function singledOut(levels, level, accent) {
    return Array.from(levels, (one) => (one === level ? accent : OTHERS));
  }

  /** 房價與年份的色階。 */
  function scales({ price_range, price_ticks }) {
    return {
      price: { range: price_range, ticks: price_ticks.map((price) => [Math.log(price), price / 1e4]), title: "房價（萬美元，對數刻度）" },
      year: { range: YEARS, ticks: d3.range(1900, 2011, 20).map((year) => [year, year]), title: "建造年份" },
    };
  }

  /** 由多到少：{ level, n, name }；levels 是每棟房子的社區，labels 是名字。 */
  function counted(levels, labels) {
    const counts = d3.rollup(levels.filter((level) => labels[level] !== undefined), (list) => list.length, (level) => level);
    return d3.sort([...counts], ([, n]) => -n).map(([level, n]) => ({ level, n, name: labels[level] }));
  }

  /** 選顏色的選單；change 收到 "price"、"year" 或社區的編號（文字）。 */
  function colourSelect(parent, neighbourhoods, change) {
    const label = parent.append("label");
    label.append("span").text("顏色");
    const select = label.append("select").attr("aria-label", "顏色").on("change", (event) => change(event.target.value));
    select.append("option").attr("value", "price").text("房價");
    select.append("option").attr("value", "year").text("建造年份");
    select.append("optgroup").attr("label", "一個社區").selectAll("option").data(neighbourhoods).join("option")
      .attr("value", ({ level }) => level).text(({ name, n }) => `${name}（${n} 棟）`);
    return select;
  }

  /** 存成讀者的檔案；不經過網路。 */
  function save(blob, name) {
    const link = document.createElement("a"), url = URL.createObjectURL(blob);
    Object.assign(link, { href: url, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  /** 圖框的寬度記下來，大小變了才重量：每次重畫都量，瀏覽器就得每次先排版。 */
  function steady(plot) {
    const node = plot.svg.node();
    let width = null;
    new ResizeObserver(() => { width = null; }).observe(node);
    return Object.defineProperty(plot, "width", { get: () => (width ??= node.getBoundingClientRect().width) });
  }

  /** 換字，字沒有變就不碰：碰了瀏覽器就要重排。text 是字，或由資料算出字的函式。 */
  function rewrite(selection, text) {
    selection.each(function (datum) {
      const next = String(typeof text === "function" ? text(datum) : text);
      if (this.textContent !== next) this.textContent = next;
    });
    return selection;
  }

  const NEAR = "200px"; // 離畫面這麼近就當作看得見，捲過來才不會先看到舊的

  /** 看不看得見：傳回一個函式；還不知道的時候當作看得見。捲到看得見了就叫 appear()。 */
  function sight(node, appear) {
    let seen = true;
    new IntersectionObserver((entries) => {
      const before = seen;
      seen = entries.at(-1).isIntersecting;
      if (seen && !before) appear();
    }, { rootMargin: NEAR }).observe(node);
    return () => seen;
  }

  /** panes(stage, busy)(key, draw, node)：一塊畫面，key() 換了才重畫，null 是還沒有東西可畫。
   *  給了 node，busy() 的時候看不見就先不畫，捲到了再畫；不忙了一定畫到最新。 */
  function panes(stage, busy) {
    return (key, draw, node = null) => {
      const seen = node ? sight(node, () => stage.update()) : () => true;
      let drawn = null;
      return () => {
        const now = key();
        if (now === null || now === drawn || (busy() && !seen())) return;
        drawn = now;
        draw();
      };
    };
  }

  const READABLE = 40; // 毫秒：解碼的字一秒最多換二十幾次，再快也讀不到

  /** 一次只問一個：答案回來（answered）、隔一下，再問最新的。send() 送出現在要問的；reset 以後，舊的答案不算。 */
  class Asker {
    constructor(send) {
      Object.assign(this, { send, state: "free", round: 0 });
    }

    ask() {
      if (this.state !== "free") { this.state = "again"; return; }
      this.state = "asked";
      this.send();
    }

    answered() {
      const { round } = this;
      setTimeout(() => {
        if (round !== this.round) return;
        const again = this.state === "again";
        this.state = "free";
        if (again) this.ask();
      }, READABLE);
    }

    reset() {
      Object.assign(this, { state: "free", round: this.round + 1 });
    }
  }

  Object.assign(Interactive, { OTHERS, Asker, panes, rewrite, steady, writeAddress, readAddress, showAddress, shades, singledOut, scales, counted, colourSelect, save });
})();
