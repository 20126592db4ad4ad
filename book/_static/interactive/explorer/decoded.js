/* 探索器解碼出來的房子：79 欄分成幾個主題，類別說機率，數字說平均值與學到的標準差。 */
(function () {
  "use strict";
  /** 一欄類別：最可能的水準。 */
  class Category {
    constructor(variable) {
      Object.assign(this, { variable });
    }

    best({ p }) {
      const k = d3.maxIndex(p);
      return { text: this.variable.labels[k], side: Explorer.words.percent(p[k]), bar: [0, p[k]], line: this.variable.shares[k] };
    }

    /** 房子真正的水準對不對；不知道是 null。 */
    right({ p }, level) {
      return level === null ? null : level === d3.maxIndex(p);
    }

    own({ p }, level) {
      return `${this.variable.labels[level]}（${Explorer.words.percent(p[level])}）`;
    }

    details({ p }) {
      const { labels, levels, shares } = this.variable;
      return d3.sort(d3.range(labels.length), (k) => -p[k]).map((k) => ({
        text: labels[k], code: levels[k] === "無" ? "NA" : levels[k], bar: [0, p[k]], line: shares[k], side: Explorer.words.percent(p[k]),
      }));
    }

    /** 總變異距離 ½ Σ |p − q|。 */
    moved(before, after) {
      return 0.5 * d3.sum(after.p, (p, k) => Math.abs(p - before.p[k]));
    }

    change(before, after) {
      const [from, to] = [d3.maxIndex(before.p), d3.maxIndex(after.p)];
      const { labels } = this.variable;
      const level = (k, { p }) => `${labels[k]}${labels[k].endsWith("）") ? "" : " "}${Explorer.words.percent(p[k])}`;
      return `${level(from, before)} → ${from === to ? Explorer.words.percent(after.p[to]) : level(to, after)}`;
    }
  }

  /** 一欄數字：平均值 ± s；有旗標的，先說有沒有。 */
  class Quantity {
    constructor(variable) {
      const { low, high, middle, s } = variable;
      // 長條的兩端：中間九成再放寬一個標準差；只有一種值的欄也有寬度。
      const ends = [Math.max(low, middle[0] - s), Math.min(high, middle[1] + s)];
      Object.assign(this, { variable, at: d3.scaleLinear(ends, [0, 1]).clamp(true) });
    }

    none({ chance }) {
      return chance < 0.5;
    }

    best(decoded) {
      const { unit, s, centre, shares } = this.variable;
      if (this.none(decoded)) return { text: "沒有", side: Explorer.words.percent(1 - decoded.chance), bar: [0, 1 - decoded.chance], line: shares[0] };
      const { mean } = decoded;
      return {
        text: Explorer.words.amount(mean, unit), small: Explorer.words.original(mean, unit), side: Explorer.words.spread(s, unit), beyond: this.beyond(decoded),
        bar: [this.at(mean - s), this.at(mean + s)], dot: this.at(mean), line: this.at(centre),
      };
    }

    /** 超出訓練的範圍？四捨五入以後才比，0 間不算少於 0 間。 */
    beyond({ mean }) {
      const { low, high } = this.variable;
      return Math.round(mean) < low || Math.round(mean) > high;
    }

    /** 沒有的說對沒有、有的在一個標準差之內，才算對。 */
    right(decoded, value) {
      if (value === null) return null;
      const absent = this.variable.shares !== null && value === 0;
      if (absent || this.none(decoded)) return absent === this.none(decoded);
      return Math.abs(value - decoded.mean) <= this.variable.s;
    }

    own(decoded, value) {
      const { unit, s, shares } = this.variable;
      if (shares !== null && value === 0) return `沒有（給「沒有」${Explorer.words.percent(1 - decoded.chance)}）`;
      const text = Explorer.words.amount(value, unit);
      if (this.none(decoded)) return `${text}（給「有」${Explorer.words.percent(decoded.chance)}）`;
      return `${text}（差 ${d3.format("+.1f")((value - decoded.mean) / s)} 個標準差）`;
    }

    details(decoded) {
      const { unit, s, centre, low, high, middle, shares } = this.variable;
      const exact = (value) => Explorer.words.exact(value, unit, s);
      const metres = unit === "平方呎" ? `，也就是 ${Explorer.words.squareMetres(decoded.mean)} ± ${Explorer.words.squareMetres(s)} 平方公尺` : "";
      return [
        shares && `不是 0 的機率 ${Explorer.words.percent(decoded.chance)}（訓練的房子 ${Explorer.words.percent(shares[1])}）；以下只說不是 0 的時候。`,
        `解碼：${exact(decoded.mean)} ± ${Explorer.words.exact(s, "", s)} ${unit}${metres}。`,
        `訓練的房子：平均 ${exact(centre)}，中間九成 ${exact(middle[0])} 到 ${exact(middle[1])} ${unit}。`,
        this.beyond(decoded) && `⚠ 超出訓練的範圍（${exact(low)} 到 ${exact(high)}）：這是外推。`,
      ].filter(Boolean).map((text) => ({ text }));
    }

    /** 兩個「在 0 的一點加上一個常態」的總變異距離；s 相同，兩條密度只交叉一次。 */
    moved(before, after) {
      const { s } = this.variable;
      const [a, b] = before.mean <= after.mean ? [before, after] : [after, before];
      const gap = b.mean - a.mean;
      if (gap === 0) return Math.abs(b.chance - a.chance);
      const middle = (a.mean + b.mean) / 2 + (s * s * Math.log(a.chance / b.chance)) / gap;
      const side = ({ mean, chance }) => chance * (2 * Explorer.normalCdf((middle - mean) / s) - 1);
      return 0.5 * (Math.abs(a.chance - b.chance) + side(a) - side(b));
    }

    change(before, after) {
      return [before, after].map((one) => this.best(one)).map(({ text, side }) => (text === "沒有" ? `沒有 ${side}` : text)).join(" → ");
    }
  }

  const fieldOf = (variable) => (variable.levels ? new Category(variable) : new Quantity(variable));

  /** 解碼出來的房子：一欄一列，按一下看細節。 */
  class Decoded {
    constructor(parent, fields, themes, houses) {
      Object.assign(this, { fields, houses, open: new Set() });
      const box = parent.append("section").attr("class", "decoded needs-decoder").attr("aria-label", "解碼出來的房子");
      this.title = box.append("h4").text("解碼出來的房子");
      this.note = box.append("p").attr("class", "note");
      const groups = box.append("div").attr("class", "themes").selectAll("details").data(Object.entries(themes))
        .join("details").attr("open", (_, k) => (k < (window.innerWidth > 700 ? 3 : 1) ? "" : null));
      groups.append("summary").text(([theme, codes]) => `${theme}（${codes.length} 欄）`);
      const index = new Map(fields.map(({ variable }, v) => [variable.code, v]));
      const rows = groups.append("ul").selectAll("li").data(([, codes]) => codes.map((code) => index.get(code))).join("li");
      this.build(rows);
      this.rows = rows;
    }

    build(rows) {
      const button = rows.append("button").attr("type", "button").attr("aria-expanded", "false");
      button.append("span").attr("class", "name").text((v) => this.fields[v].variable.name);
      const best = button.append("span").attr("class", "best");
      best.append("span").attr("class", "value");
      best.append("small");
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
      for (const tag of ["i", "b", "em"]) bar.append(tag);
    }

    paintBar(parents, of) {
      const share = (x) => `${100 * x}%`;
      parents.classed("quantity", (d) => of(d).dot !== undefined);
      parents.select(".bar i").style("left", (d) => share(of(d).bar[0])).style("width", (d) => share(of(d).bar[1] - of(d).bar[0]));
      parents.select(".bar b").style("left", (d) => share(of(d).line));
      parents.select(".bar em").style("left", (d) => share(of(d).dot ?? 0));
      parents.select(".share").text((d) => of(d).side);
    }

    show(decoded, house) {
      Object.assign(this, { decoded, house });
      this.draw();
    }

    draw() {
      const { fields, decoded, house, open, houses } = this;
      const best = decoded.map((one, v) => fields[v].best(one));
      this.note.text(
        "類別：長條是這個水準的機率。數字：長條是平均 ± 學到的標準差，白點是平均。" +
        "細線是訓練的房子的比例或平均；按一列看細節。" +
        (house === null ? "" : `✓ 與 ✗ 是 ${houses.id[house]} 號房子真正的值：類別猜中、數字在一個標準差之內才是 ✓。`),
      );
      this.rows.classed("beyond", (v) => Boolean(best[v].beyond));
      this.rows.select(".value").text((v) => best[v].text + (best[v].beyond ? " ⚠" : ""));
      this.rows.select("small").text((v) => best[v].small ?? "");
      this.paintBar(this.rows, (v) => best[v]);
      this.rows.select(".own").attr("hidden", house === null ? "" : null).text((v) => this.own(v));
      this.rows.select(".levels").attr("hidden", (v) => (open.has(v) ? null : ""));
      this.rows.filter((v) => open.has(v)).each((v, i, nodes) => this.drawDetails(d3.select(nodes[i]).select(".levels"), v));
    }

    own(v) {
      if (this.house === null) return "";
      const [field, decoded, value] = [this.fields[v], this.decoded[v], this.houses.value(this.house, v)];
      if (value === null) return "？ 缺失，或訓練時沒見過";
      return `${field.right(decoded, value) ? "✓" : "✗"} ${field.own(decoded, value)}`;
    }

    drawDetails(list, v) {
      const lines = this.fields[v].details(this.decoded[v]);
      const items = list.selectAll("li").data(lines).join((enter) => {
        const item = enter.append("li").attr("class", ({ bar }) => (bar ? null : "sentence"));
        item.append("span").attr("class", "best");
        this.addBar(item.filter(({ bar }) => bar));
        item.filter(({ bar }) => bar).append("span").attr("class", "share");
        return item;
      });
      items.select(".best").text(({ text }) => text).filter(({ code }) => code).append("code").text(({ code }) => code);
      this.paintBar(items.filter(({ bar }) => bar), (line) => line);
    }
  }

  window.Explorer = { ...window.Explorer, fieldOf, Decoded };
})();
