/* 讀者自己的表：學編碼、切分、訓練、打分數、生成，都在 worker 裡。LabOwn.source 是這個檔案的程式碼，拼進 Blob 用；
 * 在 Node 裡（測試）直接用 OwnModel。預設照命令 fit：網路 200-100-50-20、兩維、五分之一的列留下不訓練。 */
globalThis.LabOwn = (function factory() {
  "use strict";

  const HELD_OUT = 0.2, BATCH = 32, LATENT = 2;
  const LEAST_ROWS = 20; // 與 tables/reading/checks.py 相同
  const EPOCHS = 60, FEWEST_EPOCHS = 20, MOST_EPOCHS = 200, LEAST_STEPS = 2000, MOST_STEPS = 30_000; // table_vae.py
  const MOST_DRAWN = 3000; // 平面上最多畫這麼多列
  const QUICK = 20, CAREFUL = 400, CANDIDATES = 50, MOST_RANKED = 20_000, LISTED = 10, NAMED = 3; // oddity.py
  const DONORS = 20; // table_vae.py
  const CHUNK = 512; // 一次打這麼多列的分數，中間看一次有沒有新的指令
  const PSEUDO_COUNT = 0.5, LOG_2PI = Math.log(2 * Math.PI); // independent.py
  const { LabTable: T } = globalThis;

  /** 一個週期 steps 步的表，訓練幾個週期。 */
  function defaultEpochs(steps) {
    const affordable = Math.max(FEWEST_EPOCHS, Math.floor(MOST_STEPS / steps));
    return Math.max(Math.min(EPOCHS, affordable), Math.min(MOST_EPOCHS, Math.ceil(LEAST_STEPS / steps)));
  }

  /** 0 到 1 的亂數（mulberry32），只用來切分：同一個種子，同樣的列留下。 */
  function generator(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  /** 留下五分之一：每列一個 0 或 1。 */
  function heldOutRows(count, seed) {
    const draw = generator(seed), order = Array.from({ length: count }, (_, row) => row), mask = new Uint8Array(count);
    for (let k = count - 1; k > 0; k--) {
      const other = Math.floor(draw() * (k + 1));
      [order[k], order[other]] = [order[other], order[k]];
    }
    for (const row of order.slice(0, Math.round(HELD_OUT * count))) mask[row] = 1;
    return mask;
  }

  /** 均勻取最多 most 列。 */
  function evenly(count, most) {
    const n = Math.min(count, most);
    return Int32Array.from({ length: n }, (_, k) => Math.floor((k * count) / n));
  }

  // ---- 各欄獨立的基準：與 tables/independent.py 相同 ----

  class Independent {
    constructor({ groups, numbers }, data) {
      Object.assign(this, { groups, numbers });
      this.logs = groups.map((size, g) => logShares(column(data.codes, groups.length, g), size));
      this.normals = Array.from({ length: numbers }, (_, j) => normal(column(data.numbers, numbers, j)));
    }

    /** 每列的 log p(x)，nats；缺失的格子不算。 */
    logProb({ codes, numbers, rows }) {
      const { groups, numbers: nNumbers } = this, found = new Float64Array(rows);
      for (let row = 0; row < rows; row++) {
        this.logs.forEach((log, g) => { const code = codes[row * groups.length + g]; if (code >= 0) found[row] += log[code]; });
        this.normals.forEach(([mean, variance], j) => {
          const value = numbers[row * nNumbers + j];
          if (!Number.isNaN(value)) found[row] -= 0.5 * (LOG_2PI + Math.log(variance) + (value - mean) ** 2 / variance);
        });
      }
      return found;
    }
  }

  function* column(cells, width, place) {
    for (let k = place; k < cells.length; k += width) yield cells[k];
  }

  function logShares(codes, size) {
    const counts = new Float64Array(size).fill(PSEUDO_COUNT);
    for (const code of codes) if (code >= 0) counts[code] += 1;
    const total = counts.reduce((a, b) => a + b);
    return counts.map((count) => Math.log(count / total));
  }

  /** [平均, 變異數]；變異數先加半次「變異數是 1」。 */
  function normal(cells) {
    const values = [...cells].filter((value) => !Number.isNaN(value)), n = values.length;
    if (!n) return [0, 1];
    const mean = values.reduce((a, b) => a + b) / n, squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return [mean, (squares + PSEUDO_COUNT) / (n + PSEUDO_COUNT)];
  }

  /** codes（N × d）裡離 z 最近的 DONORS 列，抽一列。 */
  function neighbour(codes, z, draw) {
    const near = [], count = codes.length / z.length;
    for (let row = 0; row < count; row++) {
      const away = z.reduce((sum, value, k) => sum + (value - codes[row * z.length + k]) ** 2, 0);
      if (near.length === DONORS && away >= near.at(-1).away) continue;
      const place = near.findIndex((one) => one.away > away);
      near.splice(place < 0 ? near.length : place, 0, { row, away });
      near.length = Math.min(near.length, DONORS);
    }
    return near[Math.floor(draw() * near.length)].row;
  }

  // ---- 一張表的模型 ----

  class OwnModel {
    constructor(engine, prepared) {
      Object.assign(this, { engine, prepared, count: prepared.table.rows });
      this.columns = new Map(prepared.table.columns.map((one) => [one.name, one]));
    }

    /** settings：{epochs, beta, seed}；不給的照預設。傳回畫面要知道的。 */
    configure({ epochs = this.defaultEpochs, beta = 1, seed = 0 } = {}) {
      this.heldOut = heldOutRows(this.count, seed);
      const rows = [...this.heldOut.keys()];
      this.training = rows.filter((row) => !this.heldOut[row]);
      this.held = rows.filter((row) => this.heldOut[row]);
      this.schema = T.learn(this.prepared, this.training);
      this.all = T.encode(this.schema, this.prepared);
      this.latent = Math.min(LATENT, T.widthOf(this.prepared.report));
      this.engine.configure({ ...this.schema.settings, latent: this.latent, beta, seed, batch: BATCH, warmup: Math.floor(epochs / 3) });
      this.engine.setData(this.take(this.training), this.take(this.held));
      this.baseline = new Independent(this.schema.settings, this.take(this.training));
      this.drawn = evenly(this.count, MOST_DRAWN);
      this.drawnData = this.take(this.drawn);
      this.givers = this.take(evenly(this.training.length, MOST_DRAWN).map((k) => this.training[k]));
      this.gaps = this.unknown(this.givers);
      this.pickGiver = generator(seed);
      return this.facts();
    }

    get defaultEpochs() {
      return defaultEpochs(Math.ceil((this.count - Math.round(HELD_OUT * this.count)) / BATCH));
    }

    facts() {
      const held = this.baseline.logProb(this.take(this.held));
      return {
        noCode: -held.reduce((a, b) => a + b, 0) / held.length, latent: this.latent, count: this.count,
        trained: this.training.length, held: this.held.length, drawn: this.drawn, names: this.schema.names,
        labels: Array.from(this.drawn, (row) => this.label(row)),
      };
    }

    /** 編好碼的幾列。 */
    take(rows) {
      const { groups, numbers: nNumbers } = this.schema.settings, width = groups.length;
      const found = { codes: new Int16Array(rows.length * width), numbers: new Float64Array(rows.length * nNumbers), rows: rows.length };
      rows.forEach((row, k) => {
        found.codes.set(this.all.codes.subarray(row * width, (row + 1) * width), k * width);
        found.numbers.set(this.all.numbers.subarray(row * nNumbers, (row + 1) * nNumbers), k * nNumbers);
      });
      return found;
    }

    /** 畫出來的列的平均編碼。 */
    snapshot() {
      return this.engine.encode(this.drawnData).mean;
    }

    // ---- 一格、一列的文字 ----

    /** 一格照原來的意思寫；空白是空字串。 */
    cell(name, row) {
      const { values, levels, codes, kind } = this.columns.get(name);
      if (!values) return codes[row] < 0 ? "" : levels[codes[row]];
      if (Number.isNaN(values[row])) return "";
      return kind.kind === "date" ? T.writeDate(values[row], kind.style) : T.numberText(values[row]);
    }

    row(row) {
      return [...this.columns.keys()].map((name) => [name, this.cell(name, row)]);
    }

    /** 指到一列時的一句話：開頭幾欄。 */
    label(row) {
      const cells = this.schema.names.slice(0, 4).map((name) => `${name} ${this.cell(name, row) || "空白"}`);
      return `第 ${row + 1} 列：${cells.join("，")}（${this.heldOut[row] ? "留下的，沒有訓練過" : "訓練過"}）`;
    }

    // ---- 顏色 ----

    /** 可以上色的欄：數字，或水準不太多的類別；模型沒看過的也可以。 */
    paintable() {
      const kept = new Set(this.schema.names), known = ({ kind, values, codes }) => (values ?? codes).length > kind.nMissing;
      return [...this.columns.values()].filter((one) => known(one) && (one.values || one.levels.length <= T.MOST_LEVELS))
        .map(({ name }) => ({ name, seen: kept.has(name) }));
    }

    /** 畫出來的列在這一欄的值：{values} 或 {levels, codes}；levels 由多到少。 */
    colour(name) {
      const { values, levels, codes, kind } = this.columns.get(name);
      if (values) return { name, values: Float64Array.from(this.drawn, (row) => values[row]), dates: kind.kind === "date", ends: ends(values) };
      const counts = T.countCodes(codes, levels.length), order = levels.map((_, k) => k).sort((a, b) => counts[b] - counts[a]);
      const places = new Map(order.map((code, place) => [code, place]));
      return {
        name, levels: order.map((code) => levels[code]), counts: order.map((code) => counts[code]),
        codes: Int16Array.from(this.drawn, (row) => places.get(codes[row]) ?? -1),
      };
    }

    // ---- 解碼、生成、編碼 ----

    /** 一點解碼出來的一列：每一欄的名字、最可能的水準或平均、機率（數字是 null）。 */
    decode(z) {
      const output = this.engine.decode(z, { as: "softmax" });
      return this.readOutput(output);
    }

    readOutput(output) {
      const { groups, numbers } = this.schema.settings, codes = new Int16Array(groups.length), shares = [];
      let start = 0;
      groups.forEach((size, g) => {
        const part = output.subarray(start, start + size), best = part.indexOf(part.reduce((a, b) => Math.max(a, b)));
        codes[g] = best;
        shares.push(part[best]);
        start += size;
      });
      const [texts] = T.decode(this.schema, { codes, numbers: Float64Array.from(output.subarray(start, start + numbers)) });
      const share = new Map(this.schema.categories.map(({ name }, g) => [name, shares[g]]));
      return this.schema.names.map((name, k) => ({ name, text: texts[k], share: share.get(name) ?? null }));
    }

    /** 由先驗抽 z，再照機率抽 n 列的文字；每次接著往下抽。「不知道」的空白照編碼相近的列留，一起缺的一起缺。 */
    generate(n) {
      const drawn = this.engine.sample(n), { codes, numbers } = this.gaps;
      if (codes.includes(1) || numbers.includes(1)) this.leaveGaps(drawn, n);
      return T.decode(this.schema, drawn);
    }

    /** 哪些格子不知道。有旗標的數字看旗標：0 的數值也是 NaN，那是知道的。 */
    unknown({ codes, numbers, rows }) {
      const { groups, numbers: width, spiked } = this.schema.settings, flags = groups.length - spiked.length;
      const found = { codes: Uint8Array.from(codes, (code) => code < 0), numbers: Uint8Array.from(numbers, Number.isNaN) };
      for (let row = 0; row < rows; row++)
        spiked.forEach((j, k) => { found.numbers[row * width + j] = found.codes[row * groups.length + flags + k]; });
      return found;
    }

    /** 由 q(z|x) 抽的編碼，不是平均：合起來像先驗，空白的比例才與資料相同（table_vae.py）。 */
    drawnCodes(rows) {
      const { mean, logVar } = this.engine.encode(rows), { pickGiver: draw } = this;
      const normal = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
      return mean.map((value, k) => value + Math.exp(0.5 * logVar[k]) * normal());
    }

    leaveGaps(drawn, n) {
      const { latent, gaps } = this, codes = this.drawnCodes(this.givers);
      for (let row = 0; row < n; row++) {
        const from = neighbour(codes, drawn.z.subarray(row * latent, (row + 1) * latent), this.pickGiver);
        copyGaps(gaps.codes, from, drawn.codes, row, this.schema.settings.groups.length, -1);
        copyGaps(gaps.numbers, from, drawn.numbers, row, this.schema.settings.numbers, NaN);
      }
    }

    generatedCsv(n) {
      return csv([this.schema.names, ...this.generate(n)]);
    }

    codesCsv() {
      const { mean, logVar } = this.engine.encode(this.all), units = Array.from({ length: this.latent }, (_, k) => k);
      const head = ["列", "held_out", ...units.map((k) => `mu_${k + 1}`), ...units.map((k) => `sigma_${k + 1}`)];
      const at = (part, row, k) => part[row * this.latent + k];
      const lines = Array.from({ length: this.count }, (_, row) => [
        row + 1, this.heldOut[row], ...units.map((k) => at(mean, row, k).toPrecision(7)),
        ...units.map((k) => Math.exp(0.5 * at(logVar, row, k)).toPrecision(7)),
      ]);
      return csv([head, ...lines]);
    }

    // ---- 不尋常的列：log p_獨立(x) − log p(x)，先粗後細，與 tables/oddity.py 相同 ----

    /** turn() 讓出時間；stopped() 為真就不算了（傳回 null）。 */
    async rank(turn, stopped, say) {
      const seen = evenly(this.count, MOST_RANKED), rough = new Float64Array(seen.length);
      for (let first = 0; first < seen.length; first += CHUNK) {
        const { oddness } = this.score(seen.slice(first, first + CHUNK), QUICK);
        rough.set(oddness, first);
        say(`正在比較每一列：${Math.min(seen.length, first + CHUNK)}／${seen.length} 列`);
        await turn();
        if (stopped()) return null;
      }
      const candidates = [...seen.keys()].sort((a, b) => rough[b] - rough[a]).slice(0, CANDIDATES).map((k) => seen[k]);
      const { oddness, cells } = this.score(candidates, CAREFUL), width = cells.length / candidates.length;
      const order = [...candidates.keys()].sort((a, b) => oddness[b] - oddness[a]).slice(0, LISTED);
      const rows = order.map((k) => this.oddRow(candidates[k], oddness[k], cells.subarray(k * width, (k + 1) * width)));
      return { rows, compared: seen.length };
    }

    score(rows, samples) {
      const data = this.take(rows), { logLikelihood, cells } = this.engine.score({ on: data, samples });
      return { oddness: this.baseline.logProb(data).map((value, k) => value - logLikelihood[k]), cells };
    }

    /** 最意外的幾格：寫了什麼、這一列的編碼解碼出來的是什麼；相同的不說。 */
    oddRow(row, oddness, cells) {
      const { mean } = this.engine.encode(this.take([row])), expected = new Map(this.decode(mean).map(({ name, text }) => [name, text]));
      const names = [...this.schema.categories, ...this.schema.numbers].map(({ name }) => name);
      const order = [...cells.keys()].filter((k) => cells[k] < 0).sort((a, b) => cells[a] - cells[b]).slice(0, NAMED);
      const told = order.map((k) => ({ name: names[k], text: this.cell(names[k], row), expected: expected.get(names[k]) }));
      return { row, oddness, cells: told.filter(({ text, expected: other }) => text !== other) };
    }
  }

  function copyGaps(unknown, from, cells, row, width, blank) {
    for (let k = 0; k < width; k++) if (unknown[from * width + k]) cells[row * width + k] = blank;
  }

  /** 色階的兩端：去掉最小與最大的各 1%。 */
  function ends(values) {
    const sorted = values.filter((value) => !Number.isNaN(value)).sort(), at = (share) => sorted[Math.round(share * (sorted.length - 1))];
    return at(0.01) < at(0.99) ? [at(0.01), at(0.99)] : [sorted[0], sorted.at(-1)];
  }

  /** 帶 BOM，中文的 Excel 才認得是 UTF-8。 */
  function csv(lines) {
    const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${String(cell).replaceAll('"', '""')}"` : cell);
    return `\ufeff${lines.map((line) => line.map(quoted).join()).join("\n")}\n`;
  }

  return { OwnModel, Independent, heldOutRows, defaultEpochs, csv, LEAST_ROWS, source: `globalThis.LabOwn = (${factory})();` };
})();
