// 建書時把公式排成 CHTML，連同給報讀軟體的 MathML；MathJax 用它在 Node 裡的介面。
//   node typeset.cjs MathJax的資料夾 < {"formulas": [[TeX, 是不是單獨一行], …]}
// 標準輸出是 {"css", "made": [{html} 或 {error}, …]}，順序相同。
"use strict";

const { join } = require("path");
const { compact, styled, written } = require("./compact.cjs");
const { narrowed } = require("./narrow.cjs");

const NARROW = 15.5;   // 手機上一行有幾個 em：390 像素，扣掉兩邊與右邊的編號
const SCALE = 1.195;   // 數學的字型放大多少，x 才與內文一樣高；頁面上照讀者的字型算（base.css）
const METRICS = { em: 16, ex: 8, containerWidth: 1280, lineWidth: 1e6, scale: SCALE, family: "inherit" };

async function started(folder) {
  return require(join(folder, "node-main.js")).init({
    loader: { load: ["input/tex", "[tex]/boldsymbol", "output/chtml", "adaptors/liteDOM", "a11y/assistive-mml"], versionWarnings: false },
    // 打錯的命令要說出來，不要排成紅字；boldsymbol 以外的命令在基本的一份裡。
    tex: { packages: { "[+]": ["boldsymbol"], "[-]": ["noundefined"] }, formatError: (_, error) => { throw error; } },
    chtml: { mtextInheritFont: true, adaptiveCSS: false, fontURL: "." },
    startup: { typeset: false },
  });
}

// 一段 TeX 排出來有幾個 em 寬；同一段只量一次。
function measurer(MathJax) {
  const known = new Map(), { document, adaptor } = MathJax.startup, jax = document.outputJax;
  return (tex) => {
    if (!known.has(tex)) {
      const item = new document.options.MathItem(`\\displaystyle ${tex}`, document.inputJax[0], true);
      item.start.node = adaptor.body(document.document);
      item.setMetrics(METRICS.em, METRICS.ex, METRICS.containerWidth, METRICS.lineWidth, METRICS.scale);
      item.compile(document);
      item.outputData.mtextFamily = METRICS.family;
      jax.container = adaptor.node("mjx-container");
      known.set(tex, jax.getBBox(item, document).w);
    }
    return known.get(tex);
  };
}

// 窄的排法放在同一個容器裡，讀給報讀軟體的只有一份。
function typesetter(MathJax) {
  const { adaptor } = MathJax.startup, measure = measurer(MathJax);
  const drawn = (tex, display) => compact(adaptor, MathJax.tex2chtml(tex, { display, ...METRICS }));
  return ([tex, display]) => {
    try {
      const container = drawn(tex, display), other = display ? narrowed(tex, NARROW, measure) : null;
      if (other) {
        const math = adaptor.firstChild(drawn(other.tex, true));
        adaptor.setAttribute(math, "class", "narrow");
        adaptor.insert(math, adaptor.lastChild(container));
        adaptor.setAttribute(container, "class", other.reasons ? "two reasons" : "two");
      }
      return { html: written(adaptor, container) };
    } catch (error) {
      return { error: error.message };
    }
  };
}

async function main(folder) {
  const { formulas } = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const MathJax = await started(folder);
  const made = formulas.map(typesetter(MathJax));
  const css = styled(MathJax.startup.adaptor.textContent(MathJax.chtmlStylesheet()));
  process.stdout.write(JSON.stringify({ css, made }));
}

main(process.argv[2]).catch((error) => { console.error(error); process.exit(1); });
