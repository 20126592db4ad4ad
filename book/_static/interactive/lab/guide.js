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
    /** actions：run(experiment, 換種子嗎) 開始跑，leave(為什麼) 不跑了，opened() 換了實驗，used() 實驗留下的設定（沒有是空字串），restore() 換回跑以前的。 */
    constructor(parent, facts, actions) {
      Object.assign(this, { facts, actions, guesses: remembered(), current: null, running: null, records: new Map() });
      const section = parent.append("section").attr("class", "lab-guide").attr("aria-label", "引導的實驗");
      const row = section.append("div").attr("class", "tabs").attr("role", "group").attr("aria-label", "選一個實驗");
      row.append("span").text("九個實驗，先猜再跑");
      this.tabs = row.selectAll("button").data(Lab.EXPERIMENTS).join("button").attr("type", "button").attr("aria-pressed", "false")
        .text(({ title }, k) => `${k + 1} ${title}`).on("click", (_, experiment) => this.open(experiment === this.current ? null : experiment));
      this.card = section.append("div").attr("class", "lab-card").attr("tabindex", -1).attr("hidden", "");
    }

    /** 換一題，或收起來（null）；正在跑的那一題先停。 */
    open(experiment) {
      if (this.running) this.actions.leave(experiment ? "你換了一題" : "你把它收起來了");
      this.current = experiment;
      this.tabs.attr("aria-pressed", (one) => String(one === experiment));
      this.draw();
      this.actions.opened();
    }

    find(id) {
      return Lab.EXPERIMENTS.find((one) => one.id === id) ?? null;
    }

    /** 這一題跑完的結果與那時的猜測：{results, guess}。 */
    get record() { return this.records.get(this.current.id); }

    draw() {
      const { card, current } = this;
      this.tabs.classed("done", ({ id }) => this.records.has(id)).attr("title", ({ id }) => (this.records.has(id) ? "跑過了" : null));
      card.attr("hidden", current ? null : "").html(null);
      if (!current) return;
      card.append("p").attr("class", "question").text(current.question);
      this.drawChoices();
      const running = this.running === current;
      const go = card.append("button").attr("type", "button").attr("class", "go").attr("disabled", this.guess === undefined || running ? "" : null);
      go.text(running ? "正在跑…" : this.record ? "再跑一次" : "跑跑看").on("click", () => this.start(false));
      if (this.record && !running) card.append("button").attr("type", "button").text("換一個種子再跑").on("click", () => this.start(true));
      if (this.guess === undefined) card.append("span").attr("class", "hint").text("先選一個答案。猜錯了才記得住。");
      else if (!running) this.drawForget();
      this.progress = card.append("p").attr("class", "lab-stage");
      if (this.record && !running) this.drawResults();
    }

    /** 猜測記在這台電腦；換一個人用，可以清掉。 */
    drawForget() {
      this.card.append("button").attr("type", "button").attr("class", "forget").text("清掉九題的猜測").on("click", () => {
        this.guesses = {};
        remember({});
        this.records.clear();
        this.draw();
        this.card.node().focus({ preventScroll: true });
      });
    }

    get guess() { return this.guesses[this.current.id]; }

    drawChoices() {
      const { card, current, record } = this, shown = record ? current.outcome(record.results, this.facts) : null;
      const set = card.append("fieldset");
      set.append("legend").text("你猜");
      const labels = set.selectAll("label").data(current.choices).join("label").classed("came-true", (_, k) => k === shown);
      labels.append("input").attr("type", "radio").attr("name", `lab-${current.id}`).attr("value", (_, k) => k)
        .property("checked", (_, k) => k === this.guess).property("disabled", this.running === current)
        .on("change", (event) => this.choose(Number(event.target.value)));
      labels.append("span").text((text) => text);
    }

    choose(k) {
      this.guesses = { ...this.guesses, [this.current.id]: k };
      remember(this.guesses);
      this.draw();
      this.card.select(`input[value="${k}"]`).node().focus();
    }

    start(another) {
      this.running = this.current;
      this.records.delete(this.current.id);
      this.draw();
      this.card.node().focus({ preventScroll: true }); // 按鈕不能按了，焦點留在這張卡片
      this.actions.run(this.current, another);
    }

    /** 跑到第幾次訓練。 */
    tell(text) {
      if (this.current && this.current === this.running) this.progress.text(text);
    }

    stopped() {
      this.running = null;
      this.draw();
    }

    /** 結果掛在跑的那一題上。 */
    finish(experiment, results) {
      this.running = null;
      this.records.set(experiment.id, { results, guess: this.guesses[experiment.id] });
      this.draw();
      this.card.select(".results").node()?.scrollIntoView({ block: "nearest" });
    }

    drawResults() {
      const { card, current, facts, record: { results, guess } } = this, outcome = current.outcome(results, facts);
      const right = outcome === guess;
      const box = card.append("div").attr("class", "results");
      const verdict = box.append("p").attr("class", right ? "verdict right" : "verdict");
      verdict.append("strong").text(right ? "猜對了。" : "和你猜的不一樣。");
      verdict.append("span").text(right ? `這一次：${current.choices[outcome]}。` : `你猜「${current.choices[guess]}」，這一次是「${current.choices[outcome]}」。`);
      box.append("p").text(current.tell(results, facts));
      const usual = outcome === current.expected;
      if (!usual) box.append("p").text(`試過的種子多半是「${current.choices[current.expected]}」，你的這一次不是；換一個種子再跑，看哪一種多。`);
      box.append("p").attr("class", "why").text(current.why);
      const [address, name] = current.chapter;
      box.append("p").append("a").attr("href", address).text(name);
      this.drawUsed(box);
      this.words = `${verdict.text()}${current.tell(results, facts)}`;
    }

    /** 實驗換掉的設定還在用：說是哪些，按一下換回來。 */
    drawUsed(box) {
      const used = this.actions.used();
      if (!used) return;
      const line = box.append("p").text(`實驗用的設定還留著：${used}。`);
      line.append("button").attr("type", "button").text("換回跑以前的設定").on("click", () => {
        this.actions.restore();
        this.draw();
        this.card.node().focus({ preventScroll: true });
      });
    }
  }

  globalThis.Lab = { ...globalThis.Lab, Guide };
})();
