// 公式太寬時的另一種排法，給手機：推導的理由換到下一行，還放不下就在等號與加號的前面換行。
// 只改 TeX；寬度由 typeset.cjs 量，螢幕上用哪一種由 book/_static/narrow.js 與樣式決定。
"use strict";

const INDENT = 1;               // 接續的一行縮幾個 em
const RELATIONS = new Set(["=", "<", ">", ...("approx le ge ne leq geq neq equiv propto sim to mapsto Longrightarrow "
  + "Rightarrow Leftrightarrow Longleftrightarrow iff implies longrightarrow ll gg xrightarrow in").split(" ").map((s) => `\\${s}`)]);
const SIGNS = new Set(["+", "-", "−", "\\pm"]);
const SPACES = new Set(["\\quad", "\\qquad"]);
const PRODUCTS = new Set(["\\cdot", "\\times", "\\,"]);
const OPEN = new Set(["(", "[", "\\{", "\\lvert", "\\lVert"]);
const CLOSE = new Set([")", "]", "\\}", "\\rvert", "\\rVert"]);
const LINED = /^\\begin\{(split|aligned|align\*?|gathered|gather\*?)\}([\s\S]*)\\end\{\1\}\s*([.,，。；]?)$/;
const REASON = /^(?:\{\\small\s*)?\\text\{\s*（/;

// ── 拆開 TeX ───────────────────────────────────────────────────────

const tokens = (tex) => tex.match(/\\(?:begin|end)\{[^}]*\}|\\text\{[^{}]*\}|\\[A-Za-z]+\s*|\\[\s\S]|\s+|[\s\S]/g) ?? [];

// 每個記號外面有幾層大括號、環境或 \left（不能換行），又有幾層小括號（盡量不換行）。
function scanned(tex) {
  let hard = 0, soft = 0;
  return tokens(tex).map((raw) => {
    const token = raw.trim();
    if (token === "}" || token.startsWith("\\end{") || token === "\\right") hard -= 1;
    if (CLOSE.has(token)) soft = Math.max(0, soft - 1);
    const found = { raw, token, hard, soft };
    if (token === "{" || token.startsWith("\\begin{") || token === "\\left") hard += 1;
    if (OPEN.has(token)) soft += 1;
    return found;
  });
}

function splitAt(tex, separator) {
  const parts = [""];
  for (const { raw, token, hard } of scanned(tex)) {
    if (token === separator && hard === 0) parts.push("");
    else parts[parts.length - 1] += raw;
  }
  return parts;
}

// 外面包著的排列環境拿掉，剩下一列一列；不是排列環境的，整個是一列。
function rowsOf(tex) {
  let body = tex.trim(), mark = "";
  for (let found = body.match(LINED); found; found = body.match(LINED)) {
    body = found[2].trim();
    mark = found[3] + mark;
  }
  const rows = splitAt(body, "\\\\").map((row) => row.replace(/^\s*\[-?[\d.]+(?:em|ex|pt|px)\]/, "").trim()).filter(Boolean);
  if (mark && rows.length) rows[rows.length - 1] += mark;
  return rows.map(cellsOf);
}

// 一列：式子的左邊、右邊，以及它的理由。
function cellsOf(row) {
  const cells = splitAt(row, "&").map((cell) => cell.trim());
  const reasons = cells.filter((cell) => REASON.test(cell));
  const [left, ...right] = cells.filter((cell) => !REASON.test(cell));
  return { left, right: right.filter(Boolean).join("\\quad "), reason: reasons.join(" "), aligned: cells.length > 1 };
}

// ── 在哪裡換行 ─────────────────────────────────────────────────────

// 依序試：等號；加減號與 \quad；一層括號裡的加減號；兩層的與乘號。回傳切開的幾段，每一段以切的那個符號開頭。
function pieces(tex, level) {
  const parts = [""];
  let before = "";
  for (const { raw, token, hard, soft } of scanned(tex)) {
    const binary = before && !RELATIONS.has(before) && !SIGNS.has(before) && !OPEN.has(before)
      && !["^", "_", ",", "|", "\\|", "\\bigl", "\\Bigl"].includes(before);
    const here = hard === 0 && !["^", "_"].includes(before) && (
      (RELATIONS.has(token) && soft === 0)
      || (level >= 1 && soft === 0 && (SPACES.has(token) || (SIGNS.has(token) && binary)))
      || (level >= 2 && soft <= level - 1 && SIGNS.has(token) && binary)
      || (level >= 3 && soft === 0 && PRODUCTS.has(token)));
    if (here && parts[parts.length - 1].trim()) parts.push("");
    if (!(SPACES.has(token) && here)) parts[parts.length - 1] += raw;
    if (token) before = token;
  }
  return parts.filter((part) => part.trim());
}

// 理由太長，在句讀的後面、在字與式子之間換行。
function wordPieces(reason) {
  const cut = reason.replace(/\\text\{([^{}]*)\}/g, (_, words) =>
    (words.match(/[^，；、：=]*[，；、：=]|[^，；、：=]+/g) ?? []).map((part) => `\\text{${part}}`).join(""));
  const parts = [""];
  for (const { raw, token, hard } of scanned(cut)) {
    if (hard === 0 && token.startsWith("\\text{") && !/^\\text\{[），；、：]/.test(token)) parts.push("");
    parts[parts.length - 1] += raw;
  }
  return parts.filter(Boolean);
}

// 一段一段接，放不下就換行；第一行縮 first，之後縮 rest。
function filled(parts, width, measure, first, rest) {
  const lines = [{ tex: "", indent: first }];
  for (const part of parts) {
    const last = lines[lines.length - 1];
    if (last.tex && measure(last.tex + part) + last.indent > width) lines.push({ tex: part, indent: rest });
    else last.tex += part;
  }
  return lines;
}

const widest = (lines, measure) => Math.max(...lines.map(({ tex, indent }) => measure(tex) + indent));

// 由粗到細試著切，第一個放得下的就用；都放不下，用最窄的。
function broken(tex, width, measure, first, rest) {
  let best = [{ tex, indent: first }];
  for (let level = 0; level <= 3 && widest(best, measure) > width; level += 1) {
    const lines = filled(pieces(tex, level), width, measure, first, rest);
    if (widest(lines, measure) < widest(best, measure)) best = lines;
  }
  return best;
}

function reasonLines(reason, width, measure, indent) {
  const small = (tex) => `{\\small ${tex}}`;
  if (measure(small(reason)) + indent <= width) return [{ tex: small(reason), indent }];
  return filled(wordPieces(reason), width, (tex) => measure(small(tex)), indent, indent + 0.85)
    .map((line) => ({ tex: small(line.tex), indent: line.indent }));
}

// ── 三種排法 ───────────────────────────────────────────────────────

const environment = (lines) => `\\begin{aligned}${lines.join("\\\\ ")}\\end{aligned}`;

// 一、等號仍然對齊，理由換到下一行。
function below(rows) {
  return environment(rows.flatMap(({ left, right, reason, aligned }) => [
    aligned ? `${left}&${right ? "{}" : ""}${right}` : `&${left}`,
    ...(reason ? [`&\\quad{\\small ${reason}}`] : []),
  ]));
}

// 二、靠左排，太長的換行。
function flush(rows, width, measure) {
  const lines = rows.flatMap(({ left, right, reason }) => {
    const first = left ? 0 : INDENT;
    const math = broken(right ? `${left}{}${right}` : left, width, measure, first, INDENT);
    return reason ? [...math, ...reasonLines(reason, width, measure, 2 * INDENT)] : math;
  });
  return environment(lines.map(({ tex, indent }) => `&${indent ? `\\hspace{${indent}em}` : ""}{}${tex}`));
}

// ``width`` 個 em 放得下、又沒有理由的，不必另外排：傳回 null。
function narrowed(tex, width, measure) {
  const rows = rowsOf(tex), reasons = rows.some(({ reason }) => reason);
  if (!reasons && measure(tex) <= width) return null;
  const shorter = reasons ? below(rows) : tex;
  return { tex: reasons && measure(shorter) <= width ? shorter : flush(rows, width, measure), reasons };
}

module.exports = { narrowed };
