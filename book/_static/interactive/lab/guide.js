/* 引導實驗的那一塊：選一個、先猜、跑、看這一次發生什麼、為什麼、哪一章。猜過的記在這台電腦，跑完拿來對。 */
(function () {
  "use strict";

  const SHELF = "vae-lab-predictions";

  /** 這台電腦記得的猜測；不能存（無痕、file:// 的設定）就只記到離開這一頁。 */
  function remembered() {
    try { return JSON.parse(localStorage.getItem(SHELF)) ?? {}; } catch { return {}; }
  }

  function remember(all) {
    try { localStorage.setItem(SHELF, JSON.stringify(all)); } catch { /* 存不了就算了，這一頁裡還記得 */ }
  }

  class Guide {
    /** actions：run(experiment) 開始跑，opened() 換了實驗。 */
    constructor(parent, facts, actions) {
      Object.assign(this, { facts, actions, guesses: remembered(), current: null, results: null });
      const section = parent.append("section").attr("class", "lab-guide").attr("aria-label", "引導的實驗");
      const row = section.append("div").attr("class", "tabs").attr("role", "group").attr("aria-label", "選一個實驗");
      row.append("span").text("九個實驗，先猜再跑");
      this.tabs = row.selectAll("button").data(Lab.EXPERIMENTS).join("button").attr("type", "button").attr("aria-pressed", "false")
        .text(({ title }, k) => `${k + 1} ${title}`).on("click", (_, experiment) => this.open(experiment === this.current ? null : experiment));
      this.card = section.append("div").attr("class", "lab-card").attr("tabindex", -1).attr("hidden", "");
    }

    open(experiment) {
      Object.assign(this, { current: experiment, results: null, state: "asking" });
      this.tabs.attr("aria-pressed", (one) => String(one === experiment));
      this.draw();
      this.actions.opened();
    }

    find(id) {
      return Lab.EXPERIMENTS.find((one) => one.id === id) ?? null;
    }

    draw() {
      const { card, current } = this;
      card.attr("hidden", current ? null : "").html(null);
      if (!current) return;
      card.append("p").attr("class", "question").text(current.question);
      this.drawChoices();
      const running = this.state === "running";
      const go = card.append("button").attr("type", "button").attr("class", "go").attr("disabled", this.guess === undefined || running ? "" : null);
      go.text(running ? "正在跑…" : this.results ? "再跑一次" : "跑跑看").on("click", () => this.start());
      if (this.guess === undefined) card.append("span").attr("class", "hint").text("先選一個答案。猜錯了才記得住。");
      this.progress = card.append("p").attr("class", "lab-stage");
      if (this.results) this.drawResults();
    }

    get guess() { return this.guesses[this.current.id]; }

    drawChoices() {
      const { card, current } = this, shown = this.results ? current.outcome(this.results, this.facts) : null;
      const set = card.append("fieldset");
      set.append("legend").text("你猜");
      const labels = set.selectAll("label").data(current.choices).join("label").classed("came-true", (_, k) => k === shown);
      labels.append("input").attr("type", "radio").attr("name", `lab-${current.id}`).attr("value", (_, k) => k)
        .property("checked", (_, k) => k === this.guess).property("disabled", this.state !== "asking")
        .on("change", (event) => this.choose(Number(event.target.value)));
      labels.append("span").text((text) => text);
    }

    choose(k) {
      this.guesses = { ...this.guesses, [this.current.id]: k };
      remember(this.guesses);
      this.draw();
      this.card.select(`input[value="${k}"]`).node().focus();
    }

    start() {
      Object.assign(this, { state: "running", results: null });
      this.draw();
      this.card.node().focus({ preventScroll: true }); // 按鈕不能按了，焦點留在這張卡片
      this.actions.run(this.current);
    }

    /** 跑到第幾次訓練。 */
    tell(text) {
      this.progress?.text(text);
    }

    stopped() {
      if (this.state !== "running") return;
      this.state = "asking";
      this.draw();
    }

    finish(results) {
      Object.assign(this, { results, state: "done" });
      this.draw();
    }

    drawResults() {
      const { card, current, facts, results } = this, outcome = current.outcome(results, facts);
      const right = outcome === this.guess;
      const box = card.append("div").attr("class", "results");
      const verdict = box.append("p").attr("class", right ? "verdict right" : "verdict");
      verdict.append("strong").text(right ? "猜對了。" : "和你猜的不一樣。");
      verdict.append("span").text(right ? `這一次：${current.choices[outcome]}。` : `你猜「${current.choices[this.guess]}」，這一次是「${current.choices[outcome]}」。`);
      box.append("p").text(current.tell(results, facts));
      const usual = outcome === current.expected;
      if (!usual) box.append("p").text(`試過的種子多半是「${current.choices[current.expected]}」，你的這一次不是；換一個種子再跑，看哪一種多。`);
      box.append("p").attr("class", "why").text(current.why);
      const [address, name] = current.chapter;
      box.append("p").append("a").attr("href", address).text(name);
      this.words = `${verdict.text()}${current.tell(results, facts)}`;
    }
  }

  globalThis.Lab = { ...globalThis.Lab, Guide };
})();
