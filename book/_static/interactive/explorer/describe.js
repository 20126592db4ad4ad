/* 探索器的「描述一棟房子」：讀者寫幾欄，其餘不知道，編碼器當場說它放在哪裡。 */
(function () {
  "use strict";

  const MOST = 1e6;

  /** 一欄怎麼讀讀者寫的字：類別是水準的代碼，數字用畫面上的單位（坪）；寫壞了是 null。 */
  function read({ levels, unit }, text) {
    if (levels) { const k = levels.indexOf(text); return k < 0 ? null : k; }
    const value = text.trim() === "" ? NaN : Number(text);
    return value >= 0 && value <= MOST ? Explorer.words.toData(value, unit) : null;
  }

  /** read 的反函數：值 → 讀者會寫的字。 */
  function write({ levels, unit }, value) {
    return levels ? levels[value] : String(+Explorer.words.fromData(value, unit).toFixed(1));
  }

  class Describe {
    /** asked 是問哪幾欄。actions：describe({代碼: 文字})、goToDescribed()；place(描述) 給 { encoding, price }。 */
    constructor(parent, houses, asked, place, actions) {
      Object.assign(this, { houses, place, actions, text: null });
      this.variables = asked.map((code) => houses.variables[houses.index.get(code)]);
      const box = parent.append("section").attr("class", "describe needs-decoder").attr("aria-label", "描述一棟房子");
      box.append("h4").text("描述一棟房子，看編碼器把它放在哪裡");
      this.addForm(box);
      this.problem = box.append("p").attr("class", "problem").attr("role", "alert");
      this.answer = box.append("p").attr("aria-live", "polite");
    }

    addForm(box) {
      const form = box.append("form").attr("class", "fields").on("submit", (event) => event.preventDefault());
      this.inputs = this.variables.map((variable) => {
        const label = form.append("label");
        const unit = variable.levels ? "" : `（${Explorer.words.unit(variable.unit)}）`;
        label.append("span").text(variable.name + unit);
        return (variable.levels ? this.addSelect(label, variable) : label.append("input").attr("type", "text").attr("inputmode", "decimal").attr("autocomplete", "off").attr("placeholder", "不知道"))
          .attr("aria-label", `${variable.name}${unit}，描述的房子`).on("change", () => this.changed());
      });
      const row = box.append("div").attr("class", "find");
      const button = (text, action) => row.append("button").attr("type", "button").text(text).on("click", action);
      this.go = button("把手走到那裡", () => this.actions.goToDescribed());
      this.copy = button("照選中的房子寫", () => this.actions.describe(this.own(this.shown)));
      this.clear = button("清掉描述", () => this.actions.describe({}));
    }

    addSelect(label, { levels, labels }) {
      const select = label.append("select");
      select.append("option").attr("value", "").text("不知道");
      select.selectAll("option.level").data(levels).join("option").attr("class", "level").attr("value", String).text((_, k) => labels[k]);
      return select;
    }

    /** 一棟房子自己的這幾欄。 */
    own(row) {
      const pairs = this.variables.map((variable) => [variable.code, this.houses.value(row, this.houses.index.get(variable.code)), variable]);
      return Object.fromEntries(pairs.filter(([, value]) => value !== null).map(([code, value, variable]) => [code, write(variable, value)]));
    }

    changed() {
      const found = {}, wrong = [];
      this.inputs.forEach((input, k) => {
        const text = input.property("value"), variable = this.variables[k], bad = text.trim() !== "" && read(variable, text) === null;
        input.attr("aria-invalid", bad ? "true" : null);
        if (bad) wrong.push(`「${variable.name}」寫的是「${text}」`);
        else if (text.trim() !== "") found[variable.code] = text.trim();
      });
      if (!wrong.length) this.actions.describe(found);
      this.problem.text(wrong.length ? `${wrong.join("；")}；請給 0 到 100 萬的數，不知道就空著。` : "");
    }

    /** text 是 {代碼: 文字}；一欄也沒有就不放。shown 是選中的房子。 */
    show(text, shown) {
      this.shown = shown;
      this.copy.attr("hidden", shown === null ? "" : null);
      if (text === this.text) return;
      this.text = text;
      const known = Object.keys(text).length;
      this.variables.forEach(({ code }, k) => this.inputs[k].property("value", text[code] ?? "").attr("aria-invalid", null));
      this.problem.text("");
      for (const button of [this.go, this.clear]) button.attr("hidden", known ? null : "");
      this.answer.text(known ? this.sentence(known) : "寫幾欄都可以，其餘當作不知道；平面上綠色的圈是它的編碼。");
    }

    sentence(known) {
      const { words } = Explorer, { encoding, price } = this.place(this.text), rest = this.houses.variables.length - known;
      const strange = this.variables.filter(({ code, levels, low, high, unit }) => !levels && code in this.text && this.outside(code, low, high, unit));
      return `知道 ${known} 欄，${rest} 欄不知道：編碼在 ${words.point(encoding.mean)}，標準差 ${words.point(encoding.sd)}，` +
        `那裡最近 15 棟的期望房價 ${words.price(Math.exp(price.mean))}美元。` +
        (strange.length ? `⚠ ${strange.map(({ name }) => name).join("、")}超出訓練的範圍，這是外推。` : "") +
        "編碼器訓練時看的房子幾乎每一欄都知道；這麼多不知道，它就放得靠近中間，圈也大，只能當作大概。";
    }

    outside(code, low, high, unit) {
      const value = Explorer.words.toData(Number(this.text[code]), unit), slack = Explorer.words.toData(0.05, unit); // 坪寫到一位小數
      return value !== 0 && (value < low - slack || value > high + slack);
    }
  }

  window.Explorer = { ...window.Explorer, Describe, describing: { read, write } };
})();
