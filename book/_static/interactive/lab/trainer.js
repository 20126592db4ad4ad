/* 實驗室的 worker：叫引擎訓練，並量出畫面要的數字。整個檔案的程式碼是 LabTrainer.source，拼進 Blob 就是 worker；
 * 在 Node 裡（測試）直接用 Trainer。單位都是每棟的 nats，在留下的房子上量。 */
globalThis.LabTrainer = (function factory() {
  "use strict";

  const NEIGHBOURS = 15; // 與書裡的研究相同
  const ACTIVE_VARIANCE = 0.01;
  const SLICE = 25; // 毫秒：訓練這麼久就看一次有沒有新的指令
  const BETWEEN = 110; // 毫秒：一秒最多九張快照
  const SHARE = 7; // 量一次花 t 毫秒，就隔 7 t 再量：量最多占八分之一的時間

  class Trainer {
    /** data：{groups, codes (N × V，−1 缺失), heldOut, logPrice, shuffled（打亂的順序）}。 */
    constructor(engine, data) {
      Object.assign(this, { engine, data });
      const all = [...data.heldOut.keys()];
      this.training = all.filter((row) => !data.heldOut[row]);
      this.held = all.filter((row) => data.heldOut[row]);
      const mixed = Float64Array.from(data.shuffled, (row) => data.logPrice[row]);
      this.prices = [data.logPrice, mixed];
    }

    configure(settings) {
      const found = this.engine.configure({ ...settings, groups: this.data.groups });
      this.engine.setData(this.take(this.training), this.take(this.held));
      return found;
    }

    take(rows) {
      const width = this.data.groups.length, codes = new Int16Array(rows.length * width);
      rows.forEach((row, k) => codes.set(this.data.codes.subarray(row * width, (row + 1) * width), k * width));
      return { codes, rows: rows.length };
    }

    get epochs() {
      return this.engine.history.length;
    }

    /** 一張快照：每一棟的編碼（照原來的順序），與留下的房子的 ELBO、KL、R²。 */
    measure() {
      const { engine } = this, { latent } = engine.settings, { elbo, reconstruction, kl, klPerUnit } = engine.evaluate();
      const codes = { mean: new Float32Array(this.data.heldOut.length * latent), logVar: new Float32Array(this.data.heldOut.length * latent) };
      for (const [name, rows] of [["training", this.training], ["validation", this.held]]) {
        const found = engine.encode(name);
        for (const part of ["mean", "logVar"])
          rows.forEach((row, k) => codes[part].set(found[part].subarray(k * latent, (k + 1) * latent), row * latent));
      }
      const [r2, shuffled] = this.readPrice(codes.mean, latent);
      const active = activeUnits(codes.mean, this.held, latent);
      return { ...codes, latent, elbo, reconstruction, kl, klPerUnit, r2, shuffled, active, ...this.position };
    }

    /** 在第幾個週期、做了幾步，一個週期幾步。 */
    get position() {
      const { engine } = this, { epoch, step } = engine.position;
      return { epoch, step, steps: engine.steps };
    }

    /** 最近的 15 棟訓練過的房子猜留下的房子的對數房價：R²，與打亂房價的 R²。 */
    readPrice(mean, latent) {
      const guesses = this.prices.map(() => new Float64Array(this.held.length));
      this.held.forEach((row, k) => {
        const near = nearest(mean, row, this.training, latent);
        this.prices.forEach((price, which) => {
          guesses[which][k] = near.reduce((sum, house) => sum + price[house], 0) / near.length;
        });
      });
      return this.prices.map((price, which) => rSquared(this.held.map((row) => price[row]), guesses[which]));
    }
  }

  /** 離 row 最近的 15 棟；一樣遠的，編號小的在前。 */
  function nearest(mean, row, candidates, latent) {
    const houses = new Array(NEIGHBOURS).fill(-1), distances = new Float64Array(NEIGHBOURS).fill(Infinity);
    for (const house of candidates) {
      let distance = 0;
      for (let k = 0; k < latent; k++) distance += (mean[house * latent + k] - mean[row * latent + k]) ** 2;
      if (distance >= distances[NEIGHBOURS - 1]) continue;
      let place = NEIGHBOURS - 1;
      for (; place > 0 && distances[place - 1] > distance; place--) {
        distances[place] = distances[place - 1];
        houses[place] = houses[place - 1];
      }
      distances[place] = distance;
      houses[place] = house;
    }
    return houses;
  }

  function rSquared(values, guesses) {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const off = (other) => values.reduce((sum, value, k) => sum + (value - other(k)) ** 2, 0);
    return 1 - off((k) => guesses[k]) / off(() => mean);
  }

  /** 平均編碼在房子之間的變異數大於 0.01 的單元。 */
  function activeUnits(mean, rows, latent) {
    return Array.from({ length: latent }, (_, unit) => {
      const values = rows.map((row) => mean[row * latent + unit]);
      const centre = values.reduce((a, b) => a + b, 0) / values.length;
      return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / values.length > ACTIVE_VARIANCE;
    });
  }

  // ── worker：收指令，一小段一小段地訓練 ──

  /** post(message, 整塊交出去的記憶體) 送出去；turn(ms) 等一下，讓瀏覽器有機會把新的指令交進來；now() 是毫秒。 */
  class Session {
    constructor(trainer, post, turn, now) {
      Object.assign(this, { trainer, post, turn, now, loop: null, until: 0, rate: null, next: 0, cost: 0 });
    }

    /** plan：走到第 at 步要改的設定 [{at, settings}]，由先到後；讀者自己改了，剩下的就不算。 */
    configure({ settings, run, plan = [] }) {
      Object.assign(this, { run, reported: 0, loop: null, plan: [...plan] });
      const found = this.trainer.configure(settings);
      this.post({ kind: "configured", run, ...found });
      this.report();
    }

    change({ settings }) {
      this.plan = [];
      this.apply(settings, false);
    }

    /** 改設定，回報是走了幾步以後改的：同樣的步數再改一次，結果逐位元相同。 */
    apply(settings, planned) {
      const { engine } = this.trainer, { epoch, step } = engine.position;
      engine.change(settings);
      this.post({ kind: "changed", run: this.run, at: (epoch - 1) * engine.steps + step, settings, planned });
    }

    /** 走一步；到了計畫要改的那一步就先改。 */
    advance() {
      const { engine } = this.trainer, { epoch, step } = engine.position, made = (epoch - 1) * engine.steps + step;
      while (this.plan.length && this.plan[0].at <= made) this.apply(this.plan.shift().settings, true);
      engine.step();
    }

    /** 一秒走幾步；null 是能多快就多快。只改等多久，不改算什麼。 */
    speed({ rate }) {
      Object.assign(this, { rate, next: this.now() });
    }

    /** 走一小段：不超過 SLICE 毫秒；有定速度的，只走到這一刻該走的步數。傳回走了沒有。 */
    slice() {
      const began = this.now();
      let moved = false;
      while (this.unfinished && this.now() - began < SLICE && !(this.rate && this.now() < this.next)) {
        this.advance();
        moved = true;
        if (this.rate) this.next = Math.max(this.next, began - SLICE) + 1000 / this.rate; // 落後太多就不追了
      }
      return moved;
    }

    /** 訓練到第 until 個週期做完；正在訓練就只改終點。中途換了設定（configure），這一圈安靜地結束。 */
    async train({ until }) {
      this.until = until;
      if (this.loop) return;
      const loop = (this.loop = Symbol());
      this.next = this.now();
      let tick = this.next + BETWEEN, due = this.next + Math.max(BETWEEN, this.cost); // 先走，再量：頭幾步的快慢才準
      while (this.loop === loop && this.unfinished) {
        const moved = this.slice(), now = this.now();
        if (moved && (now >= due || this.leisurely)) {
          this.report();
          due = this.now() + Math.max(BETWEEN, SHARE * this.cost);
        } else if (moved && now >= tick) {
          this.post({ kind: "progress", run: this.run, at: this.trainer.position });
          tick = now + BETWEEN;
        }
        await this.turn(this.rate ? Math.max(0, this.next - this.now()) : 0);
      }
      if (this.loop === loop) this.stop();
    }

    /** 慢到每一步都來得及量、來得及看。 */
    get leisurely() {
      return this.rate !== null && 1000 / this.rate > BETWEEN;
    }

    get unfinished() {
      return this.trainer.epochs < this.until;
    }

    /** 停下來，送出最後的快照。 */
    stop() {
      this.loop = null;
      this.report();
      this.post({ kind: "stopped", run: this.run, done: !this.unfinished });
    }

    pause() {
      if (this.loop) this.stop();
    }

    step() {
      this.advance();
      this.report();
    }

    epoch() {
      const { epochs } = this.trainer;
      while (this.trainer.epochs === epochs) this.advance();
      this.report();
    }

    /** 送出一張快照；cost 是花了幾毫秒。 */
    report() {
      const began = this.now(), { trainer, run, reported } = this;
      const rows = trainer.engine.history.slice(reported);
      this.reported += rows.length;
      const measured = trainer.measure();
      this.post({ kind: "snapshot", run, rows, ...measured }, [measured.mean.buffer, measured.logVar.buffer]);
      this.cost = this.now() - began;
    }

    /** 解碼幾個點：各水準的機率（一律讀成 softmax）。 */
    decode({ z, tag }) {
      const found = this.trainer.engine.decode(z, { as: "softmax" });
      this.post({ kind: "decoded", tag, run: this.run, p: found, width: this.trainer.engine.outputs });
    }

    draw({ n }) {
      this.post({ kind: "drawn", run: this.run, z: this.trainer.engine.sample(n).z });
    }

    async handle(message) {
      try {
        await this[message.order](message);
      } catch (error) {
        this.loop = null;
        this.post({ kind: "problem", run: this.run, text: error.message });
      }
    }
  }

  /** 在 worker 裡叫一次：等第一個訊息（編譯好的模組與資料），之後每個訊息是一個指令。 */
  function serve(scope) {
    const channel = new MessageChannel();
    const turn = (wait) => new Promise((go) => {
      if (wait > 0) { setTimeout(go, wait); return; }
      channel.port1.onmessage = go;
      channel.port2.postMessage(0);
    });
    const post = (message, transfer = []) => scope.postMessage(message, transfer);
    let session = null;
    scope.onmessage = async ({ data }) => {
      if (session) return session.handle(data);
      try {
        const engine = await globalThis.LabEngine.create(data.wasm);
        session = new Session(new Trainer(engine, data.data), post, turn, () => performance.now());
        post({ kind: "ready" });
      } catch (error) {
        post({ kind: "problem", run: 0, text: error.message });
      }
    };
  }

  return { Trainer, Session, serve, rSquared, ACTIVE_VARIANCE, source: `globalThis.LabTrainer = (${factory})();` };
})();
