/* 探索器怎麼讀一點：解碼器有多少把握，以及與記住的點比，變了什麼。 */
(function () {
  "use strict";
  const { number } = Interactive;

  /** 有把握嗎：類別與旗標的熵合計、等效水準數、幾個的最大機率超過九成。數字的 s 到處一樣，不算。 */
  class Confidence {
    constructor(parent, fields) {
      const parts = fields.map(({ variable }) => variable.shares).filter(Boolean);
      this.count = parts.length;
      this.base = d3.sum(parts, Explorer.entropy);
      const box = parent.append("section").attr("class", "needs-decoder").attr("aria-label", "解碼器有多少把握");
      box.append("h4").text("解碼器有多少把握");
      const meter = box.append("div").attr("class", "meter").attr("aria-hidden", "true");
      this.bar = meter.append("i");
      this.text = box.append("p");
    }

    measure(decoded) {
      const parts = decoded.map(({ p, flag }) => p ?? flag).filter(Boolean);
      const nats = d3.sum(parts, Explorer.entropy);
      const sure = parts.filter((p) => Math.max(...p) > 0.9).length;
      return { nats, sure, levels: Math.exp(nats / this.count), base: this.base, count: this.count };
    }

    show({ nats, sure, levels, base, count }) {
      this.bar.style("width", `${Math.max(0, 100 * (1 - nats / base))}%`); // 越長越有把握
      this.text.text(
        `${count} 個類別（含數字「有沒有」）合計還有 ${number(nats, 1)} nats 說不準（不看編碼是 ${number(base, 1)}）：` +
        `平均一個像在 ${number(levels)} 個水準之間猜（不看編碼 ${number(Math.exp(base / count))} 個），` +
        `${sure} 個的最大機率超過九成。數字的 ± 在整個平面都一樣，說不出這裡特別準或特別不準。`,
      );
    }
  }

  /** 與記住的點相比，變得最多的幾欄（總變異距離，類別與數字同一個單位）。 */
  class Changes {
    constructor(parent, fields, size = 6) {
      Object.assign(this, { fields, size });
      const box = parent.append("section").attr("class", "needs-decoder").attr("aria-label", "變了什麼");
      this.title = box.append("h4");
      this.list = box.append("ul").attr("class", "changes");
    }

    between(before, after) {
      const all = this.fields.map((field, v) => ({
        field, was: before[v], now: after[v], moved: field.moved(before[v], after[v]),
      }));
      return all.filter(({ moved }) => moved > 0.1).sort((a, b) => b.moved - a.moved).slice(0, this.size);
    }

    words({ field, was, now }) {
      return `${field.variable.name}：${field.change(was, now)}`;
    }

    show({ changed, start, still }) {
      this.title.text(`和記住的點 ${Explorer.words.point(start)} 比，變得最多的`);
      const nothing = still ? "還沒有動：拖一下把手，這裡會列出跟著變的欄。" : "幾乎沒有變。";
      const lines = changed.length ? changed.map((change) => this.words(change)) : [nothing];
      this.list.selectAll("li").data(lines).join("li").text((line) => line);
    }
  }

  window.Explorer = { ...window.Explorer, Confidence, Changes };
})();
