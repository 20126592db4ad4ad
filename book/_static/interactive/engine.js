/*
 * 實驗室的引擎：WebAssembly（原始碼在 book/_lab/）外面的一層 JavaScript。網頁、worker、Node 用的是同一個檔案。
 *
 *   LabEngine.supported()               這個瀏覽器有沒有 WebAssembly SIMD
 *   LabEngine.source                    這個檔案的程式碼；拼進 Blob 就是一個 worker（file:// 不能由網址開 worker）
 *   await LabEngine.create(bytes)       bytes 是 base64（LAB_ENGINE_WASM）或 Uint8Array
 *
 *   engine.configure(settings)          建立網路；settings 見下面的 DEFAULTS，名字與預設照套件的 VAE
 *   engine.setData(rows, validation)    rows = {codes, numbers, rows}：代碼 (N × V，−1 缺失)、標準化的數字 (N × M，NaN 缺失)
 *   engine.change({beta, ...})          訓練中途改 beta、warmup、freeBits、kl、learningRate、noise，下一步生效
 *   engine.step() / engine.epoch()      走一步／走完這個訓練週期；損失不是有限的數就引發 Error，說出原因
 *   engine.history                      每個訓練週期一列：epoch、beta、reconstruction、kl、klPerUnit、loss，有驗證集再加 val…
 *   engine.evaluate({on, samples})      {elbo, reconstruction, kl, klPerUnit, rows}：beta = 1、KL 封閉形式
 *   engine.score({on, samples})         {logLikelihood, cells}：每列的 log p(x) (N)、每一格的 log p(這一格|其餘) (N × C)，
 *                                       重要性加權；一格是一個類別（旗標不算）或一個數字（連同它的旗標），缺失的格子是 0
 *   engine.encode(on)                   {mean, logVar}，各 N × d；on 是 "training"、"validation" 或一份 rows
 *   engine.decode(z, {as})              期望值 n × (K + M)；as 是 "mean"、"softmax"（伯努利讀成 softmax）、"logits"
 *   engine.sample(n)                    {z, codes, numbers}：由先驗抽 z，再抽一列
 *   engine.spread()                     每個數字學到的標準差 s
 *   engine.getParameters()、setParameters(flat)、getGradient()   平坦的向量，與套件的 parameters_ 同樣的排法
 *   engine.restart(seed)                同樣的設定與資料，從頭開始
 *   engine.inject({order, noise})       下一個訓練週期用給定的次序與雜訊（測試用）
 *   engine.lossAndGradient(rows, noise, beta)、engine.update()   一批的損失與梯度、走一步 Adam（測試用）
 *
 * 單位都是每列的 nats。同樣的設定、資料與種子，每一台電腦、每一種瀏覽器都得到同樣的位元。
 */
globalThis.LabEngine = (function factory() {
  "use strict";

  const DEFAULTS = {
    groups: [], numbers: 0, spiked: [], likelihood: "bernoulli", floor: 1e-4,
    hidden: [200, 100, 50, 20], latent: 2,
    beta: 1, kl: "closed_form", warmup: 20, freeBits: 0, learningRate: 1e-3, batch: 32, seed: 0,
    noise: true, // 假的話 z = μ：普通的自編碼器
  };
  const LIKELIHOODS = ["bernoulli", "categorical", "mixed"];
  const KL_FORMS = ["closed_form", "single_sample", "path_derivative"];
  const CHANGEABLE = ["beta", "warmup", "freeBits", "kl", "learningRate", "noise"];
  const SETS = { training: 0, validation: 1 };
  const SCRATCH = 2;
  const PAGE = 65536;
  const MOST_MEGABYTES = 200;
  /** 最短的一個用到 SIMD 的模組：瀏覽器認得它，就有 SIMD。 */
  const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];

  function supported() {
    return typeof WebAssembly === "object" && WebAssembly.validate(Uint8Array.from(SIMD));
  }

  function fromBase64(text) {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  }

  async function create(bytes) {
    if (!supported())
      throw new Error("這個瀏覽器沒有 WebAssembly 的 SIMD 指令，實驗室跑不動；請更新瀏覽器，或換一個。");
    return new Engine(await WebAssembly.compile(typeof bytes === "string" ? fromBase64(bytes) : bytes));
  }

  const sum = (values) => values.reduce((total, value) => total + value, 0);

  // ---- 檢查設定：名字、收到的、接受什麼 ----

  function refuse(name, value, wanted) {
    throw new Error(`設定 ${name} 是 ${JSON.stringify(value)}；${wanted}。`);
  }

  function checkInteger(name, value, least, most = 1e6) {
    if (!Number.isInteger(value) || value < least || value > most) refuse(name, value, `請給 ${least} 到 ${most} 的整數`);
  }

  function checkNumber(name, value, allowed, wanted) {
    if (!Number.isFinite(value) || !allowed(value)) refuse(name, value, wanted);
  }

  function checkChoice(name, value, choices) {
    if (!choices.includes(value)) refuse(name, value, `可用的是 ${choices.join("、")}`);
  }

  function checkNames(given, known) {
    const unknown = Object.keys(given).find((name) => !known.includes(name));
    if (unknown !== undefined) throw new Error(`沒有 ${unknown} 這個設定；可用的是 ${known.join("、")}。`);
  }

  function checkNetwork({ groups, numbers, spiked, likelihood, floor, hidden, latent, batch, seed }) {
    checkChoice("likelihood", likelihood, LIKELIHOODS);
    groups.forEach((size) => checkInteger("groups", size, 1, 32767));
    hidden.forEach((width) => checkInteger("hidden", width, 1, 4096));
    checkInteger("numbers", numbers, 0);
    checkInteger("latent", latent, 1, 64);
    checkInteger("batch", batch, 1, 4096);
    checkInteger("seed", seed, 0, 2 ** 32 - 1);
    checkNumber("floor", floor, (value) => value >= 0, "請給 0 以上的有限實數");
    if (!groups.length && !numbers) refuse("groups", groups, "與 numbers 至少要有一個變數");
    if (likelihood !== "mixed" && numbers) refuse("likelihood", likelihood, `有 ${numbers} 個數字，請用 "mixed"`);
    spiked.forEach((place) => checkInteger("spiked", place, 0, numbers - 1));
    if (groups.slice(groups.length - spiked.length).some((size) => size !== 2))
      refuse("groups", groups, "最後幾個是 spiked 的旗標，各有 2 個水準");
  }

  function checkObjective({ beta, kl, warmup, freeBits, learningRate }) {
    checkNumber("beta", beta, (value) => value >= 0, "請給 0 以上的有限實數");
    checkNumber("freeBits", freeBits, (value) => value >= 0, "請給 0 以上的有限實數");
    checkNumber("learningRate", learningRate, (value) => value > 0, "請給正的有限實數");
    checkInteger("warmup", warmup, 0);
    checkChoice("kl", kl, KL_FORMS);
  }

  class Engine {
    #module;
    #wasm;
    #memory;
    #injected = null;
    #parts = [];
    #sizes = [];

    constructor(module) {
      this.#module = module;
    }

    // ---- 建立 ----

    configure(given = {}) {
      checkNames(given, Object.keys(DEFAULTS));
      const settings = { ...DEFAULTS, ...given };
      checkNetwork(settings);
      checkObjective(settings);
      this.settings = settings;
      this.#start();
      return { parameters: this.#wasm.parameterCount(), columns: this.columns };
    }

    /** 一塊新的記憶體與一個新的模組；舊的沒有人用，會被回收。 */
    #start() {
      const { groups, numbers, likelihood, floor, hidden, latent, batch } = this.settings;
      this.#memory = new WebAssembly.Memory({ initial: 2, maximum: (MOST_MEGABYTES * 2 ** 20) / PAGE });
      this.#wasm = new WebAssembly.Instance(this.#module, { env: { memory: this.#memory } }).exports;
      const levels = sum(groups);
      this.columns = levels + 2 * numbers;
      this.outputs = levels + numbers;
      this.rows = 0;
      this.scoring = null;
      this.history = [];
      this.#guarded("網路", () => {
        const [sizes, widths] = [groups, hidden].map((list) => this.#write(Int32Array, list));
        const independent = likelihood === "bernoulli";
        this.#wasm.build(sizes, groups.length, numbers, independent, floor, widths, hidden.length, latent, batch);
      });
      this.#applyObjective();
      this.restart();
    }

    restart(seed = this.settings.seed) {
      checkInteger("seed", seed, 0, 2 ** 32 - 1);
      this.#injected = null;
      this.settings = { ...this.settings, seed };
      this.#wasm.restart(seed);
      this.history = [];
      this.#beginCounting();
      this.position = { epoch: 1, step: 0 };
    }

    change(given) {
      checkNames(given, CHANGEABLE);
      const settings = { ...this.settings, ...given };
      checkObjective(settings);
      this.settings = settings;
      this.#applyObjective();
    }

    #applyObjective() {
      const { kl, freeBits, noise } = this.settings;
      this.#wasm.setObjective(KL_FORMS.indexOf(kl), freeBits, noise);
    }

    /** 已經用了多少記憶體（位元組）。 */
    get memory() {
      return this.#memory.buffer.byteLength;
    }

    // ---- 資料 ----

    setData(training, validation = null) {
      this.rows = this.#load(0, training, "資料");
      this.validationRows = validation ? this.#load(SETS.validation, validation, "驗證資料") : 0;
      this.restart();
    }

    /** 抄進第 which 份，傳回列數。 */
    #load(which, { codes = [], numbers = [], rows }, name) {
      const { groups, numbers: nNumbers } = this.settings;
      const count = rows ?? (groups.length ? codes.length / groups.length : numbers.length / nNumbers);
      checkInteger("rows", count, 1);
      this.#checkRows(codes, numbers, count, name);
      this.#guarded(name, () => this.#wasm.resizeRows(which, count));
      this.#view(Int16Array, this.#wasm.codesOf(which), codes.length).set(codes);
      this.#view(Float32Array, this.#wasm.numbersOf(which), numbers.length).set(numbers);
      return count;
    }

    #checkRows(codes, numbers, count, name) {
      const { groups, numbers: nNumbers } = this.settings;
      if (codes.length !== count * groups.length || numbers.length !== count * nNumbers)
        throw new Error(
          `${name}有 ${codes.length} 個代碼、${numbers.length} 個數字；${count} 列應有 ` +
            `${count * groups.length} 個代碼、${count * nNumbers} 個數字。`,
        );
      const bad = codes.findIndex((code, k) => !Number.isInteger(code) || code < -1 || code >= groups[k % groups.length]);
      if (bad >= 0) this.#refuseCell(name, bad, groups.length, codes[bad], `代碼應在 −1（缺失）到 ${groups[bad % groups.length] - 1} 之間`);
      const infinite = numbers.findIndex((value) => value === Infinity || value === -Infinity);
      if (infinite >= 0) this.#refuseCell(name, infinite, nNumbers, numbers[infinite], "請改成有限的數，缺失寫 NaN");
    }

    #refuseCell(name, place, width, value, wanted) {
      throw new Error(`${name}的第 ${Math.floor(place / width)} 列第 ${place % width} 欄是 ${value}；${wanted}。`);
    }

    /** on 是 "training"、"validation" 或一份 rows；傳回 [第幾份, 列數]。 */
    #chosen(on) {
      if (typeof on === "object") return [SCRATCH, this.#load(SCRATCH, on, "資料")];
      checkChoice("on", on, Object.keys(SETS));
      const count = on === "training" ? this.rows : this.validationRows;
      if (!count) throw new Error(`還沒有${on === "training" ? "訓練" : "驗證"}的資料；請先呼叫 setData。`);
      return [SETS[on], count];
    }

    // ---- 訓練 ----

    /** 一個訓練週期幾步。 */
    get steps() {
      return Math.ceil(this.rows / this.settings.batch);
    }

    /** 第 epoch 個訓練週期的 KL 權重：由第 1 個起線性升高，第 warmup 個到 beta。 */
    betaAt(epoch) {
      const { beta, warmup } = this.settings;
      return warmup ? beta * Math.min(1, epoch / warmup) : beta;
    }

    step() {
      this.#chosen("training");
      if (!this.position.step) this.#beginEpoch();
      const { epoch } = this.position, beta = this.betaAt(epoch), n = this.#wasm.nextBatch(beta);
      const step = ++this.position.step, loss = this.#loss(n, beta);
      if (!Number.isFinite(loss.total)) throw new Error(this.#diverged(epoch, step, loss));
      this.update();
      this.#parts.push(loss);
      this.#sizes.push(n);
      const epochEnded = step === this.steps;
      if (epochEnded) {
        // 損失在更新以前算：最後一步才壞掉的參數，這裡才看得到。
        if (!this.getParameters().every(Number.isFinite)) throw new Error(this.#diverged(epoch, step, loss));
        this.#endEpoch(epoch, beta);
      }
      return { epoch, step, steps: this.steps, epochEnded, beta, loss };
    }

    epoch() {
      while (!this.step().epochEnded);
      return this.history.at(-1);
    }

    update() {
      this.#wasm.update(this.settings.learningRate);
    }

    inject({ order, noise }) {
      const rows = this.rows, cells = rows * this.settings.latent;
      if (order.length !== rows || noise.length !== cells)
        throw new Error(`次序有 ${order.length} 個、雜訊有 ${noise.length} 個；應是 ${rows} 個與 ${cells} 個。`);
      this.#injected = { order, noise };
    }

    #beginCounting() {
      [this.#parts, this.#sizes] = [[], []];
    }

    #beginEpoch() {
      this.#beginCounting();
      this.#wasm.beginEpoch();
      if (!this.#injected) return;
      const { order, noise } = this.#injected;
      this.#view(Int32Array, this.#wasm.orderPointer(), this.rows).set(order);
      this.#view(Float32Array, this.#wasm.noisePointer(), this.rows * this.settings.latent).set(noise);
      this.#injected = null;
    }

    #endEpoch(epoch, beta) {
      const row = { epoch, beta, ...averaged(this.#parts, this.#sizes) };
      if (this.validationRows) Object.assign(row, this.#validationRow(beta));
      this.history.push(row);
      this.position = { epoch: epoch + 1, step: 0 };
    }

    /** 驗證的損失；每個訓練週期用同一份雜訊，曲線的起伏才只來自參數。 */
    #validationRow(beta) {
      const { reconstruction, klPerUnit } = this.#measured(SETS.validation, this.validationRows, 1, false);
      const loss = reconstruction + beta * this.#penalty(klPerUnit);
      return { valReconstruction: reconstruction, valKl: sum(klPerUnit), valKlPerUnit: klPerUnit, valLoss: loss };
    }

    /** 這一批 n 列的損失，每列的 nats。 */
    #loss(n, beta) {
      const { reconstruction, klPerUnit } = this.#sums(n);
      return { total: reconstruction + beta * this.#penalty(klPerUnit), reconstruction, kl: sum(klPerUnit), klPerUnit };
    }

    #sums(n) {
      const units = Array.from({ length: this.settings.latent }, (_, unit) => this.#wasm.klOfUnit(unit) / n);
      return { reconstruction: -this.#wasm.logLikelihood() / n, klPerUnit: units };
    }

    #penalty(klPerUnit) {
      return sum(klPerUnit.map((kl) => Math.max(kl, this.settings.freeBits || -Infinity)));
    }

    #diverged(epoch, step, { reconstruction, kl }) {
      return (
        `訓練在第 ${epoch} 個訓練週期（epoch）的第 ${step} 步停下：損失或參數不是有限的數` +
        `（重建 ${reconstruction}，KL ${kl}）。常見的原因：學習率 ${this.settings.learningRate} 太大、資料的尺度太大（請先標準化）。`
      );
    }

    lossAndGradient(rows, noise, beta) {
      const n = this.#load(SCRATCH, rows, "資料");
      checkInteger("rows", n, 1, this.settings.batch);
      this.#view(Float32Array, this.#wasm.noiseOfBatchPointer(), n * this.settings.latent).set(noise);
      this.#wasm.lossAndGradient(n, beta);
      return this.#loss(n, beta);
    }

    // ---- 量、編碼、解碼、抽樣 ----

    evaluate({ on = "validation", samples = 1 } = {}) {
      checkInteger("samples", samples, 1);
      const [which, rows] = this.#chosen(on);
      const { reconstruction, klPerUnit } = this.#measured(which, rows, samples, true), kl = sum(klPerUnit);
      return { elbo: -reconstruction - kl, reconstruction, kl, klPerUnit, rows };
    }

    #measured(which, rows, samples, closedForm) {
      const parts = [], sizes = [];
      this.#wasm.beginMeasuring();
      for (let first = 0; first < rows; first += this.settings.batch) {
        const n = this.#wasm.measure(which, first, samples, closedForm);
        parts.push(this.#sums(n));
        sizes.push(n);
      }
      return averaged(parts, sizes);
    }

    /** 每次呼叫都從頭抽同樣的雜訊：同一個模型、同樣的列，分數不變。 */
    score({ on = "training", samples = 20 } = {}) {
      checkInteger("samples", samples, 1);
      const { likelihood, batch } = this.settings;
      if (likelihood === "bernoulli") refuse("likelihood", likelihood, "一格一格的機率要 categorical 或 mixed");
      const [which, rows] = this.#chosen(on), width = this.#prepareScores() + 1;
      const found = { logLikelihood: new Float64Array(rows), cells: new Float64Array(rows * (width - 1)) };
      this.#wasm.beginMeasuring();
      for (let first = 0; first < rows; first += batch) {
        const n = this.#wasm.scoreRows(which, first, samples);
        for (let k = 0; k < n; k++) {
          const row = this.#view(Float64Array, this.#wasm.scoreRow(k), width);
          found.logLikelihood[first + k] = row[0];
          found.cells.set(row.subarray(1), (first + k) * (width - 1));
        }
      }
      return found;
    }

    /** 旗標算在它的數字那一格；傳回一列幾格。 */
    #prepareScores() {
      const { groups, numbers, spiked } = this.settings, categories = groups.length - spiked.length;
      const cellOf = groups.map((_, g) => (g < categories ? g : categories + spiked[g - categories]));
      for (let j = 0; j < numbers; j++) cellOf.push(categories + j);
      this.#guarded("分數", () => {
        this.scoring ??= this.#write(Int32Array, cellOf);
        this.#wasm.prepareScores(this.scoring, cellOf.length, categories + numbers);
      });
      return categories + numbers;
    }

    encode(on = "training") {
      const [which, rows] = this.#chosen(on), { latent, batch } = this.settings;
      const found = { mean: new Float32Array(rows * latent), logVar: new Float32Array(rows * latent) };
      for (let first = 0; first < rows; first += batch) {
        const n = this.#wasm.encodeRows(which, first);
        for (let k = 0; k < n; k++) {
          const code = this.#view(Float32Array, this.#wasm.codeRow(k), 2 * latent);
          found.mean.set(code.subarray(0, latent), (first + k) * latent);
          found.logVar.set(code.subarray(latent), (first + k) * latent);
        }
      }
      return found;
    }

    decode(z, { as = "mean" } = {}) {
      checkChoice("as", as, ["mean", "softmax", "logits"]);
      const { latent, batch } = this.settings, rows = z.length / latent;
      checkInteger("z 的列數", rows, 1);
      const found = new Float32Array(rows * this.outputs);
      for (let first = 0; first < rows; first += batch) {
        const n = Math.min(batch, rows - first);
        for (let k = 0; k < n; k++)
          this.#view(Float32Array, this.#wasm.latentRow(k), latent).set(z.slice((first + k) * latent, (first + k + 1) * latent));
        this.#wasm.decode(n, as !== "logits", as === "softmax");
        for (let k = 0; k < n; k++)
          found.set(this.#view(Float32Array, this.#wasm.outputRow(k), this.outputs), (first + k) * this.outputs);
      }
      return found;
    }

    /** 每次呼叫接著往下抽；旗標抽到零的數字是 NaN。 */
    sample(n) {
      checkInteger("n", n, 1);
      const { groups, numbers, latent, spiked } = this.settings, spread = this.spread(), levels = sum(groups);
      const z = Float32Array.from({ length: n * latent }, () => this.#wasm.normal());
      const output = this.decode(z, { as: "softmax" });
      const found = { z, codes: new Int16Array(n * groups.length), numbers: new Float32Array(n * numbers) };
      for (let row = 0; row < n; row++) {
        const p = output.subarray(row * this.outputs, (row + 1) * this.outputs);
        const codes = this.#drawCodes(p);
        found.codes.set(codes, row * groups.length);
        for (let j = 0; j < numbers; j++) {
          const flag = spiked.indexOf(j), value = p[levels + j] + spread[j] * this.#wasm.normal();
          const zero = flag >= 0 && codes[groups.length - spiked.length + flag] === 0;
          found.numbers[row * numbers + j] = zero ? NaN : value;
        }
      }
      return found;
    }

    /** 每個變數照機率抽一個水準。 */
    #drawCodes(p) {
      let start = 0;
      return this.settings.groups.map((size) => {
        let left = this.#wasm.uniform(), level = 0;
        while (level < size - 1 && left >= p[start + level]) left -= p[start + level++];
        start += size;
        return level;
      });
    }

    /** 每個數字學到的標準差 s = √(s₀² + e^ℓ)，標準化的尺度。 */
    spread() {
      return Float64Array.from({ length: this.settings.numbers }, (_, j) => this.#wasm.spreadOf(j));
    }

    // ---- 參數 ----

    getParameters() {
      return this.#flat((pointer) => this.#wasm.readFlat(pointer, false));
    }

    getGradient() {
      return this.#flat((pointer) => this.#wasm.readFlat(pointer, true));
    }

    setParameters(flat) {
      if (flat.length !== this.#wasm.parameterCount())
        throw new Error(`參數有 ${flat.length} 個；這個網路要 ${this.#wasm.parameterCount()} 個。`);
      this.#view(Float32Array, this.#flatPointer(), flat.length).set(flat);
      this.#wasm.writeFlat(this.#flatPointer());
    }

    #flat(copy) {
      const pointer = this.#flatPointer();
      copy(pointer);
      return this.#view(Float32Array, pointer, this.#wasm.parameterCount()).slice();
    }

    #flatPointer() {
      return this.#guarded("參數", () => this.#wasm.flatPointer());
    }

    // ---- 記憶體 ----

    #view(Type, pointer, length) {
      return new Type(this.#memory.buffer, pointer, length);
    }

    #write(Type, values) {
      const pointer = this.#wasm.allocate(values.length * Type.BYTES_PER_ELEMENT);
      this.#view(Type, pointer, values.length).set(values);
      return pointer;
    }

    /** 記憶體不夠時模組會停下；換成一句話。 */
    #guarded(name, work) {
      try {
        return work();
      } catch (error) {
        if (!(error instanceof WebAssembly.RuntimeError)) throw error;
        throw new Error(`${name}放不進 ${MOST_MEGABYTES} MB 的記憶體；請減少列數、欄數或網路的寬度，或改用命令 fit。`);
      }
    }
  }

  /** 各批依列數加權平均，成為一列。 */
  function averaged(parts, sizes) {
    const rows = sum(sizes), mean = (value) => sum(parts.map((part, k) => value(part) * (sizes[k] / rows)));
    const klPerUnit = parts[0].klPerUnit.map((_, unit) => mean((part) => part.klPerUnit[unit]));
    return {
      reconstruction: mean((part) => part.reconstruction), kl: sum(klPerUnit), klPerUnit, loss: mean((part) => part.total),
    };
  }

  return { create, supported, DEFAULTS, source: `globalThis.LabEngine = (${factory})();` };
})();
