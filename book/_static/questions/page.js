// 想一想：把作答的地方打開，對答案，說為什麼，記下來。沒有這個檔案時，題目與摺起來的答案照舊。
"use strict";

(() => {
  const { number, judged, misplaced, day, after } = window.BookRules;
  const make = (tag, text, attributes = {}) => Object.assign(document.createElement(tag), { textContent: text }, attributes);
  const itemsOf = (form) => [...form.querySelectorAll(".question-item")];

  // 理由排在項目裡藏著；說的時候複製一份，公式已經排好。
  const reasonOf = (item) => [...(item?.querySelector(".question-reason")?.childNodes ?? [])].map((node) => node.cloneNode(true));

  function say(form, verdict, ...details) {
    const place = form.querySelector(".question-says");
    place.dataset.verdict = verdict;
    place.replaceChildren(make("p", ""));
    place.firstChild.append(...details);
  }

  const strong = (text) => make("strong", text);

  // 每一種題：讀者的答案是什麼、對不對、要說什麼；還沒有答就給要他補什麼。
  const CHECKS = {
    choose(form) {
      const chosen = form.querySelector("input:checked")?.closest(".question-item");
      if (!chosen) return { missing: "先選一個。" };
      return { right: chosen.dataset.right === "yes", words: reasonOf(chosen) };
    },
    number(form) {
      const { key, within, unit } = form.dataset, text = form.querySelector(".question-number").value;
      if (!text.trim()) return { missing: "先寫一個數字。" };
      const items = itemsOf(form), wrong = items.map((item) => number(item.dataset.value));
      const { right, value, like } = judged(text, { key: Number(key), within: Number(within || 0), unit, wrong });
      if (value === null) return { missing: "這裡要一個數字，例如 0.5、1/2、50% 或 3e-4。" };
      if (like >= 0) return { right, words: reasonOf(items[like]) };
      return { right, words: right ? [] : [value > Number(key) ? "比答案大。" : "比答案小。", "再算一次，或看答案。"] };
    },
    order(form) {
      const items = itemsOf(form);
      const wrong = misplaced(items.map((item) => Number(item.dataset.at)));
      if (!wrong) return { right: true, words: [] };
      const early = items[wrong.place];
      const words = [`前 ${wrong.place} 步對了，第 ${wrong.place + 1} 步太早：`];
      return { right: false, words: [...(wrong.place ? words : ["第 1 步就太早："]), ...reasonOf(early)] };
    },
  };
  CHECKS.line = CHECKS.plot = CHECKS.choose;

  function remember(question, right) {
    const id = question.querySelector("form").dataset.question, today = day(new Date());
    window.BookMemory.update((state) => { state.answers[id] = after(state.answers[id], right, today); });
    question.dispatchEvent(new CustomEvent("question-answered", { bubbles: true, detail: { id, right } }));
  }

  function reveal(question) {
    question.querySelector(".question-answer").hidden = false;
  }

  function check(question, form) {
    const { missing, right, words } = CHECKS[form.dataset.kind](form);
    if (missing) return say(form, "", missing);
    say(form, right ? "right" : "wrong", strong(right ? "對。" : "不對。"), ...words);
    if (right) reveal(question);
    return remember(question, right);
  }

  // 只看答案的，當作還不會：隔天再問一次。
  function give(question, form) {
    const fresh = question.querySelector(".question-answer").hidden && form.querySelector(".question-says").dataset.verdict !== "wrong";
    reveal(question);
    if (fresh) remember(question, false);
    say(form, "", "答案在下面。", ...(fresh ? ["這一題明天會在「複習」再問一次。"] : []));
  }

  // ── 排順序 ──

  function name(items) {
    items.forEach((item, at) => {
      const [up, down] = item.querySelectorAll("button");
      up.setAttribute("aria-label", `第 ${at + 1} 步往上移`);
      down.setAttribute("aria-label", `第 ${at + 1} 步往下移`);
      up.ariaDisabled = String(at === 0);
      down.ariaDisabled = String(at === items.length - 1);
    });
  }

  function move(form, item, by) {
    const items = itemsOf(form), at = items.indexOf(item), to = at + by;
    if (to < 0 || to >= items.length) return;
    if (by < 0) items[to].before(item);
    else items[to].after(item);
    name(itemsOf(form));
    item.querySelectorAll("button")[by < 0 ? 0 : 1].focus(); // 搬動的時候焦點會掉
    say(form, "", `第 ${at + 1} 步移到第 ${to + 1} 步。`);
  }

  function orderable(form) {
    for (const item of itemsOf(form)) {
      const [up, down] = ["↑", "↓"].map((sign) => make("button", sign, { type: "button", className: "question-move" }));
      up.addEventListener("click", () => move(form, item, -1));
      down.addEventListener("click", () => move(form, item, 1));
      item.prepend(up, down);
    }
    name(itemsOf(form));
  }

  // ── 開始 ──

  function ready(question) {
    const form = question.querySelector(".question-form");
    if (!form?.hidden) return;
    form.hidden = false;
    question.querySelector(".question-answer").hidden = true;
    question.querySelector("summary .sd-summary-text").textContent = "作答";
    if (form.dataset.kind === "order") orderable(form);
    form.addEventListener("submit", (event) => { event.preventDefault(); check(question, form); });
    form.querySelector(".question-show").addEventListener("click", () => give(question, form));
  }

  // 印出來：開關在「主線」只印題目；在「全部」連答案一起印，印完回到原來的樣子。
  function forPaper(printing) {
    const all = (document.querySelector(".layer-switch input:checked")?.value ?? "main") !== "main";
    for (const question of document.querySelectorAll(".question")) {
      const fold = question.querySelector("details"), answer = question.querySelector(".question-answer");
      if (printing && all) {
        question.dataset.before = JSON.stringify([fold.open, answer.hidden]);
        [fold.open, answer.hidden] = [true, false];
      } else if (!printing && question.dataset.before) {
        [fold.open, answer.hidden] = JSON.parse(question.dataset.before);
        delete question.dataset.before;
      }
    }
  }

  function start() {
    for (const question of document.querySelectorAll(".question")) ready(question);
    const paper = matchMedia("print");
    paper.addEventListener("change", () => forPaper(paper.matches));
  }

  window.BookQuestions = { ready };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
