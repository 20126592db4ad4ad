/* 探索器解碼出來的房子：43 欄分成幾個主題。 */
(function () {
  "use strict";

  /** 解碼出來的房子：每個變數最可能的水準與機率，按一下看全部的水準。 */
  class Decoded {
    constructor(parent, variables, themes, houses) {
      Object.assign(this, { variables, houses, open: new Set() });
      const box = parent.append("section").attr("class", "decoded").attr("aria-label", "解碼出來的房子");
      this.title = box.append("h4").text("解碼出來的房子");
      this.note = box.append("p").attr("class", "note");
      const groups = box.append("div").attr("class", "themes").selectAll("details").data(Object.entries(themes))
        .join("details").attr("open", (_, k) => (k < (window.innerWidth > 700 ? 3 : 1) ? "" : null));
      groups.append("summary").text(([theme, codes]) => `${theme}（${codes.length} 欄）`);
      const index = new Map(variables.map(({ code }, v) => [code, v]));
      const rows = groups.append("ul").selectAll("li").data(([, codes]) => codes.map((code) => index.get(code))).join("li");
      this.build(rows);
      this.rows = rows;
    }

    build(rows) {
      const button = rows.append("button").attr("type", "button").attr("aria-expanded", "false");
      button.append("span").attr("class", "name").text((v) => this.variables[v].name);
      button.append("span").attr("class", "best");
      this.addBar(button);
      button.append("span").attr("class", "share");
      rows.append("p").attr("class", "own");
      rows.append("ul").attr("class", "levels").attr("hidden", "");
      button.on("click", (event, v) => {
        if (!this.open.delete(v)) this.open.add(v);
        d3.select(event.currentTarget).attr("aria-expanded", this.open.has(v));
        this.draw();
      });
    }

    addBar(parent) {
      const bar = parent.append("span").attr("class", "bar").attr("aria-hidden", "true");
      bar.append("i");
      bar.append("b");
    }

    show(probabilities, house) {
      Object.assign(this, { probabilities, house });
      this.draw();
    }

    draw() {
      const { probabilities: p, house, variables, open, houses } = this;
      this.note.text(
        "長條是這個水準的機率，細線是它在訓練的房子裡占的比例；按一列看全部的水準。" +
        (house === null ? "" : `✓ 與 ✗ 是 ${houses.id[house]} 號房子真正的值，括號是解碼器給它的機率。`),
      );
      const best = (v) => d3.maxIndex(p[v]);
      this.rows.select(".best").text((v) => variables[v].labels[best(v)]);
      this.rows.select(".share").text((v) => Explorer.words.percent(p[v][best(v)]));
      this.rows.select(".bar i").style("width", (v) => `${100 * p[v][best(v)]}%`);
      this.rows.select(".bar b").style("left", (v) => `${100 * variables[v].shares[best(v)]}%`);
      this.rows.select(".own").attr("hidden", house === null ? "" : null).text((v) => this.own(v));
      this.rows.select(".levels").attr("hidden", (v) => (open.has(v) ? null : ""));
      this.rows.filter((v) => open.has(v)).each((v, i, nodes) => this.drawLevels(d3.select(nodes[i]).select(".levels"), v));
    }

    own(v) {
      if (this.house === null) return "";
      const level = this.houses.level(this.house, v);
      if (level === null) return "？ 缺失，或訓練時沒見過";
      const right = level === d3.maxIndex(this.probabilities[v]);
      return `${right ? "✓" : "✗"} ${this.variables[v].labels[level]}（${Explorer.words.percent(this.probabilities[v][level])}）`;
    }

    drawLevels(list, v) {
      const { labels, levels, shares } = this.variables[v];
      const order = d3.sort(d3.range(labels.length), (k) => -this.probabilities[v][k]);
      const items = list.selectAll("li").data(order).join((enter) => {
        const item = enter.append("li");
        item.append("span").attr("class", "best");
        this.addBar(item);
        item.append("span").attr("class", "share");
        return item;
      });
      items.select(".best").text((k) => labels[k]).append("code").text((k) => (levels[k] === "無" ? "NA" : levels[k]));
      items.select(".bar i").style("width", (k) => `${100 * this.probabilities[v][k]}%`);
      items.select(".bar b").style("left", (k) => `${100 * shares[k]}%`);
      items.select(".share").text((k) => Explorer.words.percent(this.probabilities[v][k]));
    }
  }

  window.Explorer = { ...window.Explorer, Decoded };
})();
