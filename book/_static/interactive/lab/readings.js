/* 實驗室右邊的數字：每個單元的 KL 與活不活著、房價的 R²、指標下的房子、先驗抽的十棟，以及兩次訓練的比較。 */
(function () {
  "use strict";
  const { number, rewrite } = Interactive;
  const UNITS = "一二三";
  const IN_TABLE = 4;
  const LOWEST = -0.2; // R² 的橫條由這裡開始，打亂的基準（常常是負的）才看得見

  const onBar = (value) => Math.min(1, Math.max(0, (value - LOWEST) / (1 - LOWEST)));

  const percent = (share) => (share > 0.995 ? "> 99%" : `${Math.round(100 * share)}%`);
  const point = (z, latent) => `(${z.slice(0, latent).map((value) => number(value, 2)).join(", ")})`;

  /** 每個單元一條、R² 一條；R² 的短線是打亂房價的基準。 */
  class Meters {
    constructor(parent, colour) {
      this.colour = colour;
      parent.append("p").attr("class", "lab-rule-of-life")
        .text(`活著：平均編碼在留下的房子之間，變異數大於 ${LabTrainer.ACTIVE_VARIANCE}（第 7 章的活躍單元）。看的不是 KL，所以 KL 0.01 也可能還活著。`);
      this.list = parent.append("ul").attr("class", "lab-meters").attr("aria-label", "每個單元的 KL 與房價的 R²");
    }

    /** 還沒有訓練（begun 是 false），編碼是亂數，不說活不活著。 */
    show({ klPerUnit, active, r2, shuffled, latent }, begun) {
      const most = Math.max(2, ...klPerUnit);
      const units = klPerUnit.map((kl, k) => ({
        name: `單元${UNITS[k]}`, share: kl / most, colour: this.colour(k), text: `${number(kl, 2)} nats`, note: !begun ? "" : active[k] ? "活著" : "沒在用",
      }));
      const alive = latent > 0 && active.some(Boolean);
      const price = { name: "房價 R²", share: onBar(r2), base: onBar(shuffled), colour: "var(--ink)", text: number(r2, 2), note: `打亂 ${number(shuffled, 2)}` };
      const rows = this.list.selectAll("li").data([...units, price]).join((enter) => {
        const li = enter.append("li");
        li.append("span").attr("class", "name");
        const bar = li.append("span").attr("class", "bar").attr("aria-hidden", "true");
        bar.append("i");
        bar.append("b");
        li.append("span").attr("class", "value");
        li.append("span").attr("class", "note");
        return li;
      });
      rows.classed("asleep", (d) => d.note === "沒在用" || (d.base !== undefined && !alive));
      rewrite(rows.select(".name"), ({ name }) => name);
      rows.select("i").style("width", ({ share }) => `${100 * Math.min(1, share)}%`).style("background", ({ colour }) => colour);
      rows.select("b").attr("hidden", ({ base }) => (base === undefined ? "" : null)).style("left", ({ base }) => `${100 * (base ?? 0)}%`);
      rewrite(rows.select(".value"), ({ text }) => text);
      rewrite(rows.select(".note"), ({ note }) => note);
    }
  }

  /** 指標下的一點解碼成什麼房子：幾欄各自最可能的水準與機率。 */
  class Decoded {
    constructor(parent, houses) {
      this.houses = houses;
      const section = parent.append("section").attr("class", "lab-decoded").attr("aria-label", "指標下的房子");
      this.heading = section.append("h4");
      this.list = section.append("ul");
    }

    show(p, z, latent) {
      rewrite(this.heading, `z = ${point(z, latent)} 解碼成這樣的房子${latent > 2 ? "（指著平面時，沒畫的那一軸當作 0）" : ""}`);
      const rows = this.list.selectAll("li").data(this.houses.read(p)).join((enter) => {
        const li = enter.append("li");
        li.append("span").attr("class", "name");
        li.append("span").attr("class", "level");
        li.append("span").attr("class", "bar").attr("aria-hidden", "true").append("i");
        li.append("span").attr("class", "share");
        return li;
      });
      rewrite(rows.select(".name"), ({ name }) => name);
      rewrite(rows.select(".level"), ({ level }) => level);
      rows.select("i").style("width", ({ share }) => `${100 * share}%`);
      rewrite(rows.select(".share"), ({ share }) => percent(share));
    }

    /** 念出來的一句。 */
    words(p) {
      return this.houses.read(p).slice(0, 4).map(({ name, level }) => `${name}：${level}`).join("，");
    }
  }

  /** 先驗抽十個 z，各解碼成最可能的樣子；z 不換，所以看得到同樣的十點一路變成什麼。 */
  class Drawn {
    constructor(parent, houses, redraw) {
      this.houses = houses;
      const section = parent.append("section").attr("class", "lab-drawn").attr("aria-label", "由先驗抽的十棟");
      const head = section.append("div").attr("class", "head");
      head.append("h4").text("由先驗抽十個 z，解碼出來的房子");
      head.append("button").attr("type", "button").text("另抽十個").on("click", redraw);
      this.kinds = section.append("p");
      const box = section.append("div").attr("class", "scroll").attr("tabindex", 0).attr("role", "group").attr("aria-label", "十棟房子的表");
      this.table = box.append("table");
      const names = houses.spoken.slice(0, IN_TABLE).map((v) => houses.variables[v].name);
      this.table.append("thead").append("tr").selectAll("th").data(["z", ...names]).join("th").attr("scope", "col").text((name) => name);
      this.body = this.table.append("tbody");
    }

    show(z, p, width, latent) {
      const rows = d3.range(z.length / latent).map((k) => [
        point([...z.subarray(k * latent, (k + 1) * latent)], latent),
        ...this.houses.read(p.subarray(k * width, (k + 1) * width)).slice(0, IN_TABLE).map(({ level }) => level),
      ]);
      rewrite(this.body.selectAll("tr").data(rows).join("tr").selectAll("td").data((row) => row).join("td"), (text) => text);
      const kinds = new Set(rows.map((row) => row.slice(1).join())).size;
      rewrite(this.kinds, kinds === 1 ? "十個 z 解碼成同一種房子：解碼器不看 z。" : `這 ${IN_TABLE} 欄合起來，十個 z 有 ${kinds} 種不同的房子。`);
    }
  }

  /** 開始的設定；訓練到第幾個週期照最後的。 */
  const opening = ({ opening: first, settings: { epochs } }) => ({ ...first, epochs });

  /** 前一次與這一次，一行一次。 */
  class Compared {
    constructor(parent) {
      this.section = parent.append("section").attr("class", "lab-compared").attr("aria-label", "與前一次比").attr("hidden", "");
      this.section.append("h4").text("與前一次比（曲線裡淡的虛線）");
      const box = this.section.append("div").attr("class", "scroll").attr("tabindex", 0).attr("role", "group").attr("aria-label", "兩次訓練的表");
      const table = box.append("table");
      const names = ["", "週期", "留下的 ELBO", "重建", "KL", "活著的單元", "房價 R²"];
      table.append("thead").append("tr").selectAll("th").data(names).join("th").attr("scope", "col").text((name) => name);
      this.body = table.append("tbody");
      this.note = this.section.append("p");
    }

    show(run, ghost) {
      this.section.attr("hidden", ghost ? null : "");
      if (!ghost) return;
      const cells = (name, { rows, last }) => [
        name, rows.length, number(last.elbo, 2), number(last.reconstruction, 2), number(last.kl, 2),
        `${d3.sum(last.active)}／${last.latent}`, number(last.r2, 2),
      ];
      const rows = [cells("這一次", run), cells("前一次", ghost)];
      rewrite(this.body.selectAll("tr").data(rows).join("tr").selectAll("td").data((row) => row).join("td"), (text) => text);
      const changed = Lab.settings.differences(opening(ghost), opening(run)).map(([name, before, after]) => `${name} ${before} → ${after}`);
      const midway = [["前一次", ghost], ["這一次", run]].map(([name, one]) => [name, Lab.settings.journey(one, one.last.steps)]).filter(([, list]) => list.length);
      const units = ghost.settings.likelihood === run.settings.likelihood ? "" : "兩種概似量的不是同一件事，ELBO 不能直接相比，要各自與「不看編碼」比。";
      rewrite(this.note, `${changed.length ? `前一次到這一次，開始的設定改了：${changed.join("；")}。` : `${midway.length ? "開始的" : ""}設定相同。`}` +
        `${midway.map(([name, list]) => `${name}途中改過：${list.join("；")}。`).join("")}${units}`);
    }
  }

  /** 這一刻，一句話。 */
  function sentence(run, noCode) {
    const { last, rows, settings } = run;
    if (run.diverged) return "這一次訓練發散了：參數不是有限的數，下面是發散以前的樣子。按「重來」，並調小學習率。";
    if (!begun(run)) return "還沒有訓練：編碼器的權重是亂數。按「訓練」。";
    const gain = last.elbo + noCode, alive = last.active.filter(Boolean).length;
    const units = last.klPerUnit.map((kl, k) => `單元${UNITS[k]} ${number(kl, 2)}`).join("、");
    const state = alive === 0 ? "沒有一個單元在用，R² 這時候沒有意義" : alive === settings.latent ? (alive === 1 ? "單元活著" : `${alive} 個單元都活著`) : `${settings.latent} 個單元只有 ${alive} 個活著`;
    const better = gain >= 0 ? `比不看編碼高 ${number(gain, 2)}` : `比不看編碼低 ${number(-gain, 2)}`;
    return `第 ${rows.length} 個週期：留下的房子，ELBO 是 ${number(last.elbo, 2)} nats，${better}；KL 是${units}，${state}。` +
      `由編碼猜房價，R² 是 ${number(last.r2, 2)}，打亂房價是 ${number(last.shuffled, 2)}。`;
  }

  /** 秒數說成一句：愈久愈粗。 */
  function duration(seconds) {
    if (seconds < 10) return `${Math.max(1, Math.ceil(seconds))} 秒`;
    if (seconds < 90) return `${5 * Math.ceil(seconds / 5)} 秒`;
    if (seconds < 5400) return `${Math.round(seconds / 60)} 分鐘`;
    return `${(seconds / 3600).toFixed(1)} 小時`;
  }

  /** 這一段要等很久：多久，為什麼，怎樣快一點。 */
  function waiting({ epoch, total, until, speed }) {
    const how = `照頭幾步的快慢，一個週期約 ${duration(epoch)}，這一段到第 ${until} 個週期一共約 ${duration(total)}。`;
    return speed === "full" ? `${how}這台電腦訓練這個網路要這麼久：可以放著跑，隨時能暫停；想快一點，隱藏層改窄、批次加大，或少訓練幾個週期。`
      : `${how}這是「速度」放慢的，結果不變；看夠了就調成「最快」。`;
  }

  const begun = ({ rows, last }) => rows.length > 0 || last.step > 0;

  globalThis.Lab = { ...globalThis.Lab, begun, Meters, Decoded, Drawn, Compared, sentence, point, duration, waiting };
})();
