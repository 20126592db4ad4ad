// 複習：到期的題一題一題問，隔多久再問照 rules.js；紀錄可以匯出、匯入、清掉。
"use strict";

(() => {
  const { day, due } = window.BookRules;
  const memory = window.BookMemory;
  const make = (tag, text = "", attributes = {}) => Object.assign(document.createElement(tag), { textContent: text }, attributes);
  const all = () => window.BOOK_QUESTIONS ?? [];
  let place, asked = new Set(); // 這一次問過的，先不再問

  const today = () => day(new Date());

  function waiting() {
    const { answers } = memory.read(), now = today();
    const answered = all().filter((one) => answers[one.id]);
    const late = answered.filter((one) => due(answers[one.id], now));
    late.sort((a, b) => answers[a.id].due - answers[b.id].due);
    const next = Math.min(...answered.filter((one) => !late.includes(one)).map((one) => answers[one.id].due));
    return { answers, answered, late, fresh: all().filter((one) => !answers[one.id]), next: next - now };
  }

  function button(text, act) {
    const made = make("button", text, { type: "button" });
    made.addEventListener("click", act);
    return made;
  }

  // ── 一題 ──

  function ask(one, rest) {
    const card = make("div"), box = make("template");
    box.innerHTML = one.html; // 這本書自己的頁面，建書時收進來的
    const link = make("a", one.title, { href: one.home === one.page ? `${one.page}#q-${one.id}` : one.home });
    const from = make("p", "", { className: "review-from" });
    from.append("出自 ", link, rest ? `，後面還有 ${rest} 題` : "");
    card.append(from, box.content);
    place.querySelector(".review-card").replaceChildren(card);
    const question = card.querySelector(".question");
    question.querySelector("details").open = true;
    window.BookQuestions.ready(question);
    card.querySelector("input, button").focus({ preventScroll: true });
    card.addEventListener("question-answered", () => {
      asked.add(one.id);
      if (!card.querySelector(".review-next")) card.append(Object.assign(button("下一題", step), { className: "review-next" }));
    });
  }

  // 到期的一輪，或還沒答過的一輪。
  function step() {
    const { late, fresh } = waiting();
    const queue = (mode === "late" ? late : fresh).filter((one) => !asked.has(one.id));
    if (queue.length) ask(queue[0], queue.length - 1);
    else finish();
  }

  let mode = "late";

  function begin(which) {
    mode = which;
    asked = new Set();
    step();
  }

  function finish() {
    const done = make("p", "這一輪問完了。");
    done.tabIndex = -1;
    place.querySelector(".review-card").replaceChildren(done);
    counts();
    done.focus({ preventScroll: true });
  }

  // ── 上面的數目與下面的表 ──

  function counts() {
    const { answered, late, fresh, next, answers } = waiting();
    const lines = [`全部 ${all().length} 題，答過 ${answered.length} 題，今天到期 ${late.length} 題。`];
    if (!late.length && Number.isFinite(next)) lines.push(next === 1 ? "下一題明天到期。" : `下一題 ${next} 天後到期。`);
    place.querySelector(".review-counts").textContent = lines.join("");
    const buttons = [];
    if (late.length) buttons.push(button(`複習到期的 ${late.length} 題`, () => begin("late")));
    if (fresh.length) buttons.push(button(late.length ? "先做還沒答過的" : `做還沒答過的 ${fresh.length} 題`, () => begin("fresh")));
    place.querySelector(".review-start").replaceChildren(...buttons);
    place.querySelector(".review-problem").textContent = memory.problem() ?? "";
    table(answers);
  }

  function table(answers) {
    const pages = [...new Set(all().map((one) => one.home))], now = today();
    const rows = pages.map((page) => {
      const mine = all().filter((one) => one.home === page), known = mine.filter((one) => answers[one.id]);
      const row = make("tr"), name = make("td");
      name.append(make("a", mine[0].title, { href: page }));
      row.append(name, ...[mine.length, known.length, known.filter((one) => due(answers[one.id], now)).length].map((n) => make("td", String(n), { className: "number" })));
      return row;
    });
    place.querySelector("tbody").replaceChildren(...rows);
  }

  // ── 紀錄 ──

  function save() {
    const link = make("a", "", { href: URL.createObjectURL(new Blob([memory.text()], { type: "application/json" })), download: "vae-reading.json" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    tell("已匯出 vae-reading.json。");
  }

  async function load(input) {
    const [file] = input.files;
    if (!file) return;
    try {
      const state = memory.merge(await file.text());
      tell(`匯入好了，現在記著 ${Object.keys(state.answers).length} 題。`);
    } catch (error) { tell(`沒有匯入：${error.message}`); }
    input.value = "";
    counts();
  }

  function erase(event) {
    if (event.target.dataset.sure !== "yes") {
      event.target.dataset.sure = "yes";
      event.target.textContent = "確定清掉？再按一次";
      return;
    }
    memory.erase();
    event.target.dataset.sure = "";
    event.target.textContent = "清掉紀錄";
    tell("清掉了。");
    place.querySelector(".review-card").replaceChildren();
    counts();
  }

  function tell(text) {
    place.querySelector(".review-told").textContent = text;
  }

  function build() {
    const row = (className, ...inside) => { const made = make("div", "", { className }); made.append(...inside); return made; };
    const file = make("input", "", { type: "file", accept: ".json,application/json", hidden: true });
    file.addEventListener("change", () => load(file));
    const head = make("tr");
    head.append(...["頁", "題數", "答過", "到期"].map((text) => make("th", text, { scope: "col" })));
    const list = make("table", "", { className: "table" });
    list.append(make("thead"), make("tbody"));
    list.tHead.append(head);
    const status = make("p", "", { className: "review-counts" });
    const told = make("p", "", { className: "review-told" });
    for (const one of [status, told]) one.setAttribute("role", "status");
    const keep = [button("匯出紀錄", save), button("匯入紀錄", () => file.click()), file, button("清掉紀錄", erase)];
    place.replaceChildren(status, make("p", "", { className: "review-problem" }), row("review-buttons review-start"), row("review-card"), list, row("review-buttons", ...keep), told);
  }

  function start() {
    place = document.getElementById("review");
    build();
    counts();
    document.addEventListener("question-answered", counts); // 下面摺著的題目也算
  }

  // 題目的清單也是 defer 的，排在後面：等它們都跑完。
  addEventListener("DOMContentLoaded", start);
})();
