// MathJax 的標記寫成短的：畫面與讀出來的不變，位元組少一半，元素少三成。
//   <mjx-mi class="mjx-i" space="4"><mjx-c class="mjx-c1D465 TEX-I"></mjx-c></mjx-mi>
//   → <mjx-c class=x-I space=4></mjx-c>
// 樣式照同樣的規則改（``styled``），所以兩邊要一起看。
"use strict";

const ONE = new Set(["mjx-mi", "mjx-mo", "mjx-mn", "mjx-mtext"]);          // 裡面只有一個字時，這一層不必要
const ROWS = new Set([...ONE, "mjx-TeXAtom", "mjx-mstyle", "mjx-mrow"]);   // 沒有屬性時，只是一列
const PLAIN = new Set(["mrow", "mstyle"]);                                 // MathML 的；裡面只有一個時不必要
// 子元素有自己的樣式（「> *」），不可以少一層。
const COUNTED = new Set(["mjx-munder", "mjx-mover", "mjx-munderover", "mjx-row", "mjx-dtable", "mjx-stretchy-h", "mjx-stretchy-v"]);
const NEEDLESS = new Set(["unselectable", "xmlns", "texclass", "scriptlevel", "jax", "variant"]);
const STYLED = new Set(["mjx-container", "mjx-math", "mjx-utext", "mjx-mtext"]); // 樣式檔裡有，不必各自寫
const CLASSED = new Set(["mjx-stretchy-h", "mjx-stretchy-v", "mjx-sqrt"]);

/** 拉丁字母與數字用它自己當名字，字型接在後面；其餘用字碼。 */
function glyph(given) {
  const [, code, font] = given.trim().match(/^mjx-c([0-9A-F]+)(?: TEX-(\w+))?$/) ?? [];
  if (!code) return given;
  const point = parseInt(code, 16), letter = String.fromCodePoint(point).normalize("NFKC");
  const alike = point < 0x80 || point === 0x210E || point >= 0x1D400;   // ℎ 與數學的字母；ℓ、ℝ 自己有字型
  const name = alike && /^[A-Za-z]$/.test(letter) ? letter : alike && /^[0-9]$/.test(letter) ? `n${letter}` : `c${code}`;
  return font ? `${name}-${font}` : name;
}

/** 估計的寬度不留：瀏覽器照讀者的字型排。 */
const briefly = (style) => style.replace(/min-width:[^;]+;?/, "").replace(/([:;]) /g, "$1").replace(/;$/, "").trim();

function compact(adaptor, node) {
  const kind = adaptor.kind(node);
  if (kind === "#text") return node;
  for (const child of [...adaptor.childNodes(node)]) compact(adaptor, child);
  shorten(adaptor, node, kind);
  const inside = [...adaptor.childNodes(node)];
  if (kind === "mjx-mtd" && !inside.some((child) => adaptor.kind(child) === "mjx-tstrut")) adaptor.setAttribute(node, "low", "");   // 小矩陣
  for (const child of inside) {
    if (adaptor.kind(child) === "mjx-tstrut") adaptor.remove(child);   // 樣式的 ::after 撐一樣高
    else unwrap(adaptor, child, kind);
  }
  return node;
}

function shorten(adaptor, node, kind) {
  for (const { name, value } of [...adaptor.allAttributes(node)]) {
    if (NEEDLESS.has(name) || name.startsWith("data-mjx")) adaptor.removeAttribute(node, name);
    if (name === "display" && (kind === "mjx-math" || kind === "mjx-assistive-mml")) adaptor.removeAttribute(node, name);
    if (name === "class" && !CLASSED.has(kind)) replace(adaptor, node, name, kind === "mjx-c" ? glyph(value) : "");
    if (name === "style") replace(adaptor, node, name, STYLED.has(kind) ? "" : briefly(value));
  }
}

function replace(adaptor, node, name, value) {
  adaptor.removeAttribute(node, name);
  if (value) adaptor.setAttribute(node, name, value);
}

/** 這一層不必要，就換成它的內容。 */
function unwrap(adaptor, node, parent) {
  const kind = adaptor.kind(node);
  if (kind === "mjx-assistive-mml") return adaptor.replace(adaptor.firstChild(node), node);   // 藏起來的樣式由 <math> 自己帶
  if (kind === "#text" || (ONE.has(kind) && onlyChild(adaptor, node)) || adaptor.allAttributes(node).length) return;
  const inside = [...adaptor.childNodes(node)];
  if ((ROWS.has(kind) && !COUNTED.has(parent)) || (PLAIN.has(kind) && inside.length === 1)) {
    for (const one of inside) adaptor.insert(one, node);
    adaptor.remove(node);
  }
}

/** 裡面只有一個字、大小與寬度都不是這一層管的：屬性搬進去。 */
function onlyChild(adaptor, node) {
  const [only, ...others] = adaptor.childNodes(node), attributes = adaptor.allAttributes(node);
  if (!only || others.length || !["mjx-c", "mjx-utext"].includes(adaptor.kind(only))) return false;
  if (attributes.some(({ name }) => name === "style" || (name === "size" && adaptor.kind(only) === "mjx-utext"))) return false;
  for (const { name, value } of attributes) adaptor.setAttribute(only, name, value);
  adaptor.replace(only, node);
  return true;
}

/** 屬性的值不必引號的，不寫引號。 */
const written = (adaptor, node) => adaptor.outerHTML(node).replace(/<[^>]+>/g, (tag) => tag.replace(/="([\w.-]+)"/g, "=$1"));

/** MathJax 的樣式，照上面改過的標記；每個字自己說用哪一個字型。 */
function styled(css) {
  const glyphs = css.replace(/^mjx-c\.mjx-c([0-9A-F]+)(?:\.TEX-(\w+))?::before \{/gm, (_, code, font) =>
    `mjx-c.${glyph(`mjx-c${code}${font ? ` TEX-${font}` : ""}`)}::before {${font ? `\n  font-family: MJXZERO, MJXTEX-${font};` : ""}`);
  return glyphs.replace(/content: "([{}])"/g, (_, brace) => `content: "\\${brace.codePointAt(0).toString(16).toUpperCase()}"`)
    .replaceAll('[jax="CHTML"]', "").replaceAll(".MJX-TEX", "mjx-math")
    .replaceAll("mjx-assistive-mml {", "mjx-container > math {").replace(/mjx-assistive-mml\[display="block"\]/g, 'mjx-container[display="true"] > math')
    .replace(/mjx-tstrut \{/g, "mjx-mtd:not([low])::after {\n  content: \"\";");
}

module.exports = { compact, written, styled };
