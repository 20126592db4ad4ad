/* 平面的顏色：任何一欄。數字用色階；類別最多七種顏色，其餘與空白是灰的，圖例寫在下面。 */
(function () {
  "use strict";

  const MOST = 7;

  /** 數字的刻度；日期寫成年月日。 */
  function ticksOf([low, high], dates) {
    if (dates) return [low, (low + high) / 2, high].map((day) => [day, LabTable.writeDate(day)]);
    const format = (value) => (Math.abs(value) >= 1e4 ? d3.format(",")(value) : String(+value.toPrecision(6))).replace("-", "−");
    return d3.ticks(low, high, 4).map((value) => [value, format(value)]);
  }

  class Paints {
    /** choose(欄名)：讀者選了一欄。 */
    constructor(parent, choose) {
      this.palette = d3.range(1, MOST + 1).map((k) => `var(--kind-${k})`);
      const label = parent.append("div").attr("class", "interactive-controls lab-paints").append("label");
      label.append("span").text("顏色");
      this.select = label.append("select").attr("aria-label", "顏色").on("change", (event) => choose(event.target.value));
      this.legend = parent.append("ul").attr("class", "own-legend").attr("aria-label", "顏色的意思");
    }

    /** 可以選的欄；原來選的還在就留著。傳回現在選的。 */
    offer(list) {
      const before = this.select.property("value");
      this.unseen = new Set(list.filter(({ seen }) => !seen).map(({ name }) => name));
      this.select.selectAll("option").data(list).join("option").attr("value", ({ name }) => name)
        .text(({ name, seen }) => (seen ? name : `${name}（沒有拿來訓練）`));
      const name = list.some((one) => one.name === before) ? before : list.find(({ seen }) => seen)?.name ?? list[0]?.name;
      this.select.property("value", name);
      return name;
    }

    /** worker 給的一欄 → 平面的 [每列的顏色, 色階]。 */
    paint({ name, values, levels, counts, codes, dates, ends }) {
      const title = `${name}${this.unseen.has(name) ? "；訓練時沒有看過" : ""}`;
      if (!values) return this.byLevel(levels, counts, codes, title);
      this.legend.selectAll("li").remove();
      const range = ends[0] < ends[1] ? ends : [ends[0] - 1, ends[0] + 1], { shades, OTHERS } = Interactive;
      const painted = shades(values, range).map((colour, k) => (Number.isNaN(values[k]) ? OTHERS : colour));
      const blank = values.some(Number.isNaN) ? "；灰的是空白" : "";
      return [painted, { range, ticks: ticksOf(range, dates), title: `${title}（最大與最小的 1% 與兩端同色${blank}）` }];
    }

    byLevel(levels, counts, codes, title) {
      const { palette } = this, { OTHERS } = Interactive, shown = levels.slice(0, levels.length > MOST ? MOST - 1 : MOST);
      const rest = counts.slice(shown.length), entries = shown.map((level, k) => [palette[k], level, counts[k]]);
      if (rest.length) entries.push([OTHERS, `其餘 ${rest.length} 種`, d3.sum(rest)]);
      if (codes.includes(-1)) entries.push([OTHERS, "空白", null]);
      const items = this.legend.selectAll("li").data(entries).join((enter) => {
        const li = enter.append("li");
        li.append("i").attr("aria-hidden", "true");
        li.append("span");
        return li;
      });
      items.select("i").style("background", ([colour]) => colour);
      const told = entries.map(([colour, level, count]) => [colour, count === null ? level : `${level} ${LabTable.grouped(count)}`]);
      items.select("span").text((_, k) => told[k][1]);
      return [Array.from(codes, (code) => (code >= 0 && code < shown.length ? palette[code] : OTHERS)), { colour: "none", title, entries: told }];
    }
  }

  globalThis.Own = { ...globalThis.Own, Paints };
})();
