/* 全書的搜尋：把查詢拆成幾個詞，一節一節掃過去，給每一節一個分數。不碰畫面，在 Node 裡也能用。
 *
 * 比對以前，兩邊都換成同樣的寫法（fold）：一個字換一個字，所以在換過的字串裡找到的位置，就是原文的位置。
 * - 全形換半形，大寫換小寫，去掉重音（ü → u），上下標換平的（σ² → σ2），繁簡與異體換成同一個字（索引的 groups）。
 * 一個詞有幾種說法（alternatives），各有輕重：原樣、別的說法（aliases）、希臘字母的名字、錯一個字母的拼法。
 * - 中文：整段找；找不到整段的節，看相鄰兩字的組合有幾成。
 * - 英文與數字：要從詞的開頭比起，底線與大小寫的交界也算開頭；數字前後不能還是數字。
 */
(function (root) {
  "use strict";

  const HAN = /[\u3400-\u9fff]/;
  const TOKEN = /[\u3400-\u9fff]+|\d+(?:[.,]\d+)*|[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*|[\u0370-\u03ff]\d?|[^\s\w]/g;
  const IGNORED = /^[\s「」『』（）()[\]{}<>《》〈〉,.，。、；;：:？?！!"'“”‘’\-–—_/\\|&*^~`$#@…·]$/;
  const FILLER = /為什麼|是什麼|什麼是|什麼|怎麼樣|怎麼|如何|嗎|呢|的|了|與|和|及|或|跟/g;
  const GREEK = {
    alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", zeta: "ζ", eta: "η", theta: "θ", kappa: "κ", lambda: "λ",
    mu: "μ", nu: "ν", xi: "ξ", pi: "π", rho: "ρ", sigma: "σ", tau: "τ", phi: "φ", chi: "χ", psi: "ψ", omega: "ω",
    sum: "∑", prod: "∏", int: "∫", partial: "∂", nabla: "∇", infty: "∞",
  };
  const SAME = { "µ": "μ", "ϵ": "ε", "ϕ": "φ", "ϑ": "θ", "Σ": "σ", "ς": "σ", "−": "-", "～": "~", "‖": "|" };
  const KINDS = {
    圖: "圖", fig: "圖", figure: "圖", 表: "表", table: "表", 程式: "程式", 公式: "公式", 式: "公式", 方程式: "公式", 方程: "公式", eq: "公式",
    equation: "公式", 習題: "習題", 練習: "習題", exercise: "習題", ex: "習題", 題: "習題", 定理: "定理", theorem: "定理", 引理: "引理",
    命題: "命題", 推論: "推論", 例: "例",
  };
  const WEIGHT = { exact: 1, alias: 0.85, letter: 0.9, parts: 0.6, prefix: 0.5, typo: 0.6, pairs: 0.45, api: 0.6 };
  const SLICE = 12; // 掃這麼多毫秒就讓畫面動一下

  /** 65,536 個字碼各換成哪一個。 */
  function foldTable(groups) {
    const table = new Uint16Array(65536);
    for (let code = 0; code < 65536; code++) table[code] = code;
    for (const [from, to] of [[0x41, 0x17f], [0x370, 0x3ff], [0x1e00, 0x1eff], [0x2070, 0x214f]]) for (let code = from; code < to; code++) {
      const plain = String.fromCharCode(code).normalize("NFKD")[0].toLowerCase();
      if (plain.length === 1) table[code] = plain.charCodeAt(0);
    }
    for (let code = 0xff01; code < 0xff5f; code++) table[code] = String.fromCharCode(code - 0xfee0).toLowerCase().charCodeAt(0);
    for (const [from, to] of Object.entries(SAME)) table[from.charCodeAt(0)] = to.charCodeAt(0);
    for (const group of groups) for (const one of group) table[one.charCodeAt(0)] = group.charCodeAt(0);
    return table;
  }

  const isWord = (code) => (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
  const isDigit = (code) => code >= 48 && code <= 57;

  /** 與錯一個字母（多、少、換、相鄰兩個對調）的 word 相同嗎。 */
  function oneEdit(word, other) {
    const gap = other.length - word.length;
    if (gap > 1 || gap < -1 || word === other) return false;
    let at = 0;
    while (at < word.length && word[at] === other[at]) at++;
    if (gap === 1) return word.slice(at) === other.slice(at + 1);
    if (gap === -1) return word.slice(at + 1) === other.slice(at);
    return word.slice(at + 1) === other.slice(at + 1)
      || (word[at] === other[at + 1] && word[at + 1] === other[at] && word.slice(at + 2) === other.slice(at + 2));
  }

  /** 做了 SLICE 毫秒就讓出畫面；多半不必等，所以先看時間。 */
  function resting(pause) {
    let since = Date.now();
    return () => {
      if (Date.now() - since < SLICE) return undefined;
      return pause().then(() => { since = Date.now(); });
    };
  }

  class Searcher {
    constructor(index) {
      this.table = foldTable(index.groups);
      this.pages = index.pages;
      const path = [];
      this.sections = index.sections.map(([page, level, kind, anchor, title, text, code], at) => {
        if (!at || page !== index.sections[at - 1][0]) path.length = 0;
        while (path.length && path.at(-1).level >= level) path.pop();
        const section = { page: index.pages[page], level, kind, anchor, title, text, code, path: path.map((one) => one.title) };
        path.push(section);
        return section;
      });
      this.labels = index.labels.map(([name, section, anchor]) => ({ name, anchor, section: this.sections[section] }));
      this.aliases = new Map();
      for (const [said, ours] of index.aliases) {
        const key = this.fold(said).trim();
        this.aliases.set(key, [...(this.aliases.get(key) ?? []), this.fold(ours)]);
      }
      this.longest = Math.max(0, ...[...this.aliases.keys()].map((key) => key.length));
    }

    /** 換成比對用的寫法，長度不變。 */
    fold(text) {
      let folded = "";
      for (let at = 0; at < text.length; at += 8192) {
        const part = Uint16Array.from(text.slice(at, at + 8192), (one) => this.table[one.charCodeAt(0)]);
        folded += String.fromCharCode.apply(null, part);
      }
      return folded.length === text.length ? folded : [...text].map((one) => (one.length === 1 ? String.fromCharCode(this.table[one.charCodeAt(0)]) : one)).join("");
    }

    /** 比對用的各個部分，用到才換；之後留著。 */
    folded(section) {
      section.folded ??= {
        title: this.fold(section.title.replace(/^\d+ /, (number) => " ".repeat(number.length))),
        path: this.fold(section.path.join("\n")),
        text: this.fold(section.text),
        code: this.fold(section.code),
      };
      return section.folded;
    }

    // ── 查詢 ──

    /** 查詢裡的詞，每個詞有幾種說法。 */
    parse(query) {
      const said = this.fold(query.normalize("NFKC").replace(/[\^\\{}]/g, "")).trim(); // TeX 的寫法：\sigma^2
      const terms = [];
      for (const token of this.tokens(said)) {
        const alternatives = new Map([[token, WEIGHT.exact]]);
        const add = (text, weight) => { if (text && !(alternatives.get(text) >= weight)) alternatives.set(text, weight); };
        for (const ours of this.aliases.get(token) ?? []) add(ours, WEIGHT.alias);
        if (HAN.test(token)) for (const text of this.respelled(token)) add(text, WEIGHT.alias);
        else this.spell(token, add);
        terms.push({ token, alternatives: [...alternatives].map(([text, weight]) => ({ text, weight })) });
      }
      return { said, terms };
    }

    /** 別的說法裡有空格的（posterior collapse）當一個詞；其餘依文字的種類切開。 */
    tokens(said) {
      const phrases = [...this.aliases.keys()].filter((key) => /[\s-]/.test(key)).sort((a, b) => b.length - a.length);
      const found = [];
      let rest = said;
      for (const phrase of phrases) {
        const at = rest.indexOf(phrase);
        if (at < 0 || isWord(rest.charCodeAt(at - 1)) || isWord(rest.charCodeAt(at + phrase.length))) continue;
        found.push([said.indexOf(phrase), phrase]);
        rest = rest.slice(0, at) + " ".repeat(phrase.length) + rest.slice(at + phrase.length);
      }
      const spaced = this.withoutFiller(rest);
      for (const match of spaced.matchAll(TOKEN)) if (!IGNORED.test(match[0])) found.push([match.index, match[0].replace(/[._]+$/, "")]);
      return [...new Set(found.sort((a, b) => a[0] - b[0]).map(([, token]) => token).filter(Boolean))].slice(0, 12);
    }

    /** 拿掉「為什麼」「的」這類每一節都有的字；整個查詢只有它們就不拿。 */
    withoutFiller(said) {
      this.filler ??= new RegExp(FILLER.source.split("|").map((word) => this.fold(word)).join("|"), "g");
      const kept = said.replace(this.filler, (word) => " ".repeat(word.length));
      return kept.trim() ? kept : said;
    }

    /** 一段中文裡，別的說法換成本書的。 */
    respelled(run) {
      let text = "";
      for (let at = 0; at < run.length;) {
        let length = Math.min(this.longest, run.length - at);
        while (length > 1 && !this.aliases.has(run.slice(at, at + length))) length--;
        text += length > 1 ? this.aliases.get(run.slice(at, at + length))[0] : run[at];
        at += Math.max(1, length);
      }
      return text === run ? [] : [text];
    }

    /** 希臘字母的名字與符號互通。 */
    spell(token, add) {
      const [, name, digits] = /^([a-z]+?)(\d*)$/.exec(token) ?? [];
      if (GREEK[name]) add(GREEK[name] + digits, WEIGHT.letter);
      const letter = Object.keys(GREEK).find((key) => GREEK[key] === token[0]);
      if (letter && token.length === 1) add(letter, WEIGHT.letter * 0.8);
    }

    /** 全書的英文詞，打錯字時用來猜；第一次要讀全書，所以也分幾次做。 */
    async vocabulary(rest) {
      if (!this.words) {
        const all = new Set();
        for (const section of this.sections) {
          const { title, text, code } = this.folded(section);
          for (const [word] of `${title} ${text} ${code}`.matchAll(/[a-z][a-z0-9_]{3,}/g)) {
            all.add(word);
            if (word.includes("_")) for (const part of word.split("_")) if (part.length > 3) all.add(part);
          }
          await rest();
        }
        this.words = [...all];
      }
      return this.words;
    }

    /** 書裡沒有的英文詞：猜錯一個字母的拼法。數字打錯了就是別的數字，不猜。 */
    async repair(term, rest) {
      const { token } = term;
      if (!/^(?=.*[a-z]{4})[a-z][a-z_.]+$/.test(token)) return;
      const near = (await this.vocabulary(rest)).filter((word) => oneEdit(token, word)).slice(0, 6);
      for (const text of near) {
        term.alternatives.push({ text, weight: WEIGHT.typo });
        for (const ours of this.aliases.get(text) ?? []) term.alternatives.push({ text: ours, weight: WEIGHT.typo * WEIGHT.alias });
      }
    }

    // ── 一節的分數 ──

    /** text 在 folded 裡的位置（最多 limit 個）；英文與數字要從詞的開頭比起。original 是原文，用來看大小寫的交界。 */
    static places(folded, text, original, limit) {
      const found = [];
      const first = text.charCodeAt(0), last = text.charCodeAt(text.length - 1);
      for (let at = folded.indexOf(text); at >= 0 && found.length < limit; at = folded.indexOf(text, at + 1)) {
        const before = folded.charCodeAt(at - 1), after = folded.charCodeAt(at + text.length);
        let whole = true;
        if (isWord(first) && isWord(before)) {
          const hump = original && /[A-Z]/.test(original[at]) && /[a-z0-9]/.test(original[at - 1]);
          if (isDigit(first) || !hump) { if (isDigit(first) ? isDigit(before) : true) continue; }
        }
        if (isDigit(first) && (before === 46 && isDigit(folded.charCodeAt(at - 2)))) continue;
        if (isWord(last) && isWord(after)) {
          if (isDigit(last) && isDigit(after)) continue;
          if (!isDigit(last) && text.length < 3 && !isDigit(after)) continue;
          whole = isDigit(after) || /[A-Z]/.test(original?.[at + text.length] ?? "");
        }
        if (isDigit(last) && after === 46 && isDigit(folded.charCodeAt(at + text.length + 1))) continue;
        found.push({ at, length: text.length, whole });
      }
      return found;
    }

    /** 一個詞在一節裡值幾分；沒有是 0。marks 收集找到的說法。 */
    match(section, term, marks) {
      let best = 0;
      for (const { text, weight } of term.alternatives) {
        const score = this.matchOne(section, text);
        if (score > 0) marks.push(text);
        best = Math.max(best, weight * score);
      }
      return best;
    }

    matchOne(section, text) {
      const { title, path, text: body, code } = this.folded(section);
      const worth = (places) => places.reduce((sum, one) => sum + (one.whole ? 1 : WEIGHT.prefix), 0);
      const inTitle = Math.min(1, worth(Searcher.places(title, text, section.title, 2)));
      const inPath = Math.min(1, worth(Searcher.places(path, text, null, 2)));
      const inText = worth(Searcher.places(body, text, section.text, 12));
      const inCode = worth(Searcher.places(code, text, section.code, 4));
      if (!(inTitle || inPath || inText || inCode)) return 0;
      const often = inText + 0.5 * inCode;
      const long = 0.4 + 0.6 * (body.length / 900);
      const share = text.length / Math.max(title.trim().length, text.length);
      return inTitle * (3 + 4 * share) + inPath * 1.5 + (2.2 * often) / (often + long);
    }

    /** 一段中文整段找不到時：相鄰兩字的組合有幾成，六成以上才算。 */
    matchPairs(section, { alternatives }, marks) {
      let best = 0;
      for (const { text: run, weight } of alternatives) {
        if (weight < WEIGHT.alias || run.length < 3 || !HAN.test(run)) continue;
        const pairs = Array.from({ length: run.length - 1 }, (_, at) => run.slice(at, at + 2));
        const { title, text, path } = this.folded(section);
        const found = pairs.filter((pair) => text.includes(pair) || title.includes(pair) || path.includes(pair));
        const share = found.length / pairs.length;
        if (share < 0.6) continue;
        marks.push(...found);
        const inTitle = found.filter((pair) => title.includes(pair)).length / pairs.length;
        best = Math.max(best, WEIGHT.pairs * share * share * (1.5 + 4 * inTitle));
      }
      return best;
    }

    // ── 找 ──

    /** 依分數排的節與有編號的東西；pause 在掃的中途讓出畫面，stopped 說這次不必再找。 */
    async find(query, { limit = 20, pause = async () => {}, stopped = () => false } = {}) {
      const { said, terms } = this.parse(query);
      const { labelled, only } = this.numbered(said);
      if (only && !labelled.length) return { hits: [], total: 0 };
      if (!terms.length) return { hits: labelled.slice(0, limit), total: labelled.length };
      const rest = resting(pause);
      let table = await this.scan(terms, rest, stopped);
      const missing = table ? terms.filter((term, at) => !table.some((row) => row.scores[at] > 0)) : [];
      if (missing.length) {
        for (const term of missing) await this.repair(term, rest);
        table = await this.scan(terms, rest, stopped);
      }
      if (!table) return null;
      const hits = this.rank(table, terms, said, /[a-z]_|\w\.[a-z]|[a-z][A-Z]|[A-Z]{2}[a-z]/.test(query));
      const direct = new Set(labelled.map((hit) => hit.section));
      const all = [...labelled, ...hits.filter((hit) => !labelled.length || (hit.complete && !direct.has(hit.section)))];
      return { hits: all.slice(0, limit), total: all.length };
    }

    async scan(terms, rest, stopped) {
      const rows = [];
      for (const section of this.sections) {
        const marks = [];
        const scores = terms.map((term) => this.match(section, term, marks) || this.matchPairs(section, term, marks));
        if (scores.some((score) => score > 0)) rows.push({ section, scores, marks });
        await rest();
        if (stopped()) return null;
      }
      return rows;
    }

    /** 有全部的詞的在前；缺的詞愈少見，扣得愈多。少於一半的不算。 */
    rank(rows, terms, said, coded) {
      const n = this.sections.length;
      const rare = terms.map((_, at) => {
        const df = rows.filter((row) => row.scores[at] > 0).length;
        return Math.log(1 + (n - df + 0.5) / (df + 0.5));
      });
      const whole = rare.reduce((sum, one) => sum + one, 0);
      const tight = said.replace(/\s/g, "");
      const hits = [];
      for (const { section, scores, marks } of rows) {
        const have = scores.reduce((sum, score, at) => sum + (score > 0 ? rare[at] : 0), 0);
        const complete = scores.every((score) => score > 0);
        if (!complete && have < whole / 2) continue;
        let score = scores.reduce((sum, one, at) => sum + one * rare[at], 0);
        const title = this.folded(section).title.replace(/\s/g, "");
        if (section.kind === "a" && !coded) score *= WEIGHT.api; // 說的不像程式，多半不是在找 API
        if (title === tight) score *= 1.6;
        else if (tight.length > 1 && title.includes(tight)) score *= 1.25;
        hits.push({ section, anchor: section.anchor, label: null, score, complete, marks: [...new Set(marks)] });
      }
      return hits.sort((a, b) => b.complete - a.complete || b.score - a.score);
    }

    /** 「圖 7.3」「式 (2.4)」「ex03」「練習 3.2」：有編號的直接找到它。only 是查詢明說了種類。 */
    numbered(said) {
      const none = { labelled: [], only: false };
      const plain = said.normalize("NFKC").replace(/[()（）\s]/g, "").replace(/[-–]/g, ".");
      const [, kind, number] = /^(\D*?)[._]?0*(\d+(?:\.\d+)?)$/.exec(plain) ?? [];
      if (number === undefined) return none;
      this.kinds ??= new Map(Object.entries(KINDS).map(([name, target]) => [this.fold(name), target]));
      const wanted = kind ? this.kinds.get(kind) : "";
      if (wanted === undefined) return none;
      const chapter = !number.includes(".");
      if (chapter && wanted !== "習題") return none;
      const fits = (label) => {
        const [, name, digits] = /^(\D+?)\s*\(?([\d.]+)\)?$/.exec(label.name) ?? [];
        return digits && (!wanted || name.trim() === wanted) && (chapter ? digits.split(".")[0] === number : digits === number);
      };
      const found = this.labels.filter(fits);
      // 一組習題（ex03）：到那一組的開頭。
      const chosen = chapter ? found.slice(0, 1).map((label) => ({ ...label, anchor: label.section.anchor, name: "" })) : found;
      const labelled = chosen.map((label) => ({
        section: label.section, anchor: label.anchor, label: label.name || null, score: 100, complete: true, marks: label.name ? [this.fold(label.name)] : [],
      }));
      return { labelled, only: Boolean(kind) }; // 說了是哪一種，書裡沒有就是沒有
    }

    // ── 摘要 ──

    /** 一段原文，切成 [文字, 是不是找到的詞]；有最多種詞的那一段。 */
    excerpt(hit, length = 96) {
      const { section, label } = hit;
      const source = label ? this.caption(section, label) : section.text || section.code;
      const ready = this.folded(section);
      const foldOf = (from) => (from === section.text ? ready.text : from === section.code ? ready.code : this.fold(from));
      const places = (from) => hit.marks.flatMap((mark) => Searcher.places(foldOf(from), mark, from, 12).map((one) => ({ ...one, mark })));
      let text = source, found = places(text);
      if (!found.length && section.code && !label) {
        const inCode = places(section.code);
        if (inCode.length) [text, found] = [section.code, inCode];
      }
      found.sort((a, b) => a.at - b.at || b.length - a.length);
      let start = 0, best = 0;
      for (const { at } of found) {
        const near = new Set(found.filter((one) => one.at >= at && one.at + one.length <= at + length * 0.75).map((one) => one.mark));
        const worth = [...near].reduce((sum, mark) => sum + mark.length, 0);
        if (worth > best) [best, start] = [worth, at];
      }
      start = found.length ? this.beginning(text, start, length) : 0;
      const end = Math.min(text.length, start + length);
      const pieces = Searcher.pieces(text, found, start, end);
      if (start > 0) pieces.unshift(["…", false]);
      if (end < text.length) pieces.push(["…", false]);
      return pieces;
    }

    /** 標題，同樣切成 [文字, 是不是找到的詞]。 */
    heading({ section, marks }) {
      const found = marks.flatMap((mark) => Searcher.places(this.folded(section).title, mark, section.title, 9));
      return Searcher.pieces(section.title, found, 0, section.title.length);
    }

    static pieces(text, found, start, end) {
      const pieces = [];
      let done = start;
      const say = (from, to, marked) => { if (to > from) pieces.push([text.slice(from, to).replace(/\n/g, " "), marked]); };
      for (const { at, length } of found.sort((a, b) => a.at - b.at || b.length - a.length)) {
        if (at < done || at + length > end) continue;
        say(done, at, false);
        say(at, at + length, true);
        done = at + length;
      }
      say(done, end, false);
      return pieces;
    }

    /** 從句子的開頭開始；句子太長就從詞的前面一點。 */
    beginning(text, at, length) {
      const from = Math.max(0, at - Math.floor(length * 0.4));
      const before = text.slice(from, at);
      const stop = Math.max(before.lastIndexOf("。"), before.lastIndexOf("\n"), before.lastIndexOf("；"), before.lastIndexOf("？"));
      if (from === 0 && stop < 0) return 0;
      if (stop >= 0) return from + stop + 1;
      const comma = Math.max(before.indexOf("，"), before.indexOf("：")) + 1;
      return comma ? from + comma : Math.max(0, at - 16);
    }

    /** 「圖 7.3」的說明：那一節裡以它開頭的一行。 */
    caption(section, label) {
      const start = label.startsWith("公式") ? label.slice(2).trim() : label;
      return section.text.split("\n").find((line) => line.startsWith(start)) ?? section.text;
    }

    /** 找到的詞在頁面上的寫法（不分大小寫），落地以後標出來。 */
    surfaces(hit) {
      const ready = this.folded(hit.section), found = new Set();
      for (const part of ["title", "text", "code"]) {
        const source = hit.section[part];
        for (const mark of hit.marks) for (const { at, length } of Searcher.places(ready[part], mark, source, 8)) found.add(source.slice(at, at + length));
      }
      return [...found].filter((word) => !/\n/.test(word)).slice(0, 8);
    }
  }

  root.BookSearch = { Searcher, oneEdit, resting };
})(typeof window === "undefined" ? globalThis : window);
