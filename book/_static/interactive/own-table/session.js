/* 讀者自己的表的 worker：收指令，讀檔、報告、一小段一小段地訓練。LabOwnSession.source 拼進 Blob 就是 worker。 */
globalThis.LabOwnSession = (function factory() {
  "use strict";

  const MOST_BYTES = 30e6; // 再大，文字與代碼就超過 200 MB
  const SLICE = 25; // 毫秒：訓練這麼久就看一次有沒有新的指令
  const BETWEEN = 120; // 毫秒：一秒最多八張快照；點多的少一點，畫面才不卡
  const SHARE = 7; // 畫一張快照花 t 毫秒，就隔 7 t 再畫
  const SHOWN = 10, MOST_GENERATED = 10_000;

  class Session {
    /** post(message, 整塊交出去的記憶體) 送出去；turn() 讓出時間；now() 是毫秒。 */
    constructor(engine, post, turn, now) {
      Object.assign(this, { engine, post, turn, now, table: null, model: null, loop: null, run: 0, orders: 0 });
      LabTable.say = (text) => this.say(text);
    }

    say(text) {
      this.post({ kind: "progress", text });
    }

    // ---- 讀檔與報告 ----

    /** file 是 File 或 {name, text}；kinds 是讀者指定的種類。 */
    async read({ file, kinds = {}, choices }) {
      const megabytes = Math.ceil(file.size / 1e6);
      if (file.size > MOST_BYTES) throw new Error(LabTable.tooLarge(file.name, `有 ${megabytes} MB`));
      this.say(`正在讀 ${file.name}`);
      const bytes = file.text && typeof file.text === "string" ? new TextEncoder().encode(file.text) : await fileBytes(file);
      const table = LabTable.readTable(bytes, file.name, { kinds });
      const { LEAST_ROWS } = LabOwn;
      if (table.rows < LEAST_ROWS)
        throw new Error(`${file.name} 只有 ${table.rows} 列資料；至少要 ${LEAST_ROWS} 列，訓練與驗證才分得開。請給多一點資料。`);
      this.table = table;
      this.choose({ choices });
    }

    /** choices：{drop, also}。 */
    choose({ choices = {} }) {
      this.loop = null;
      this.say("正在看每一欄要不要用，空白是什麼意思");
      this.model = null;
      this.prepared = LabTable.prepare(this.table, choices);
      const { report, verdicts, problem, table } = this.prepared;
      const columns = report.map((one) => ({ ...one, kindName: LabTable.KIND_NAMES[one.kind], example: example(table, one.name) }));
      this.post({
        kind: "report", name: table.name, rows: table.rows, columns, problem, width: LabTable.widthOf(report),
        repairs: table.repairs.map(LabTable.repairText), verdicts: verdicts.map(LabTable.verdictText),
      });
      if (!problem) this.model = new LabOwn.OwnModel(this.engine, this.prepared);
    }

    // ---- 訓練 ----

    configure({ settings = {}, run }) {
      Object.assign(this, { run, reported: 0, loop: null });
      this.say("正在編碼每一列");
      const facts = this.model.configure(settings), epochs = settings.epochs ?? this.model.defaultEpochs;
      this.post({ kind: "configured", run, epochs, paintable: this.model.paintable(), ...facts });
      this.report();
    }

    async train({ until }) {
      this.until = until;
      if (this.loop) return;
      const loop = (this.loop = Symbol());
      let due = this.now();
      while (this.loop === loop && this.unfinished) {
        const began = this.now();
        while (this.now() - began < SLICE && this.unfinished) this.engine.step();
        if (this.now() >= due) due = this.now() + Math.max(BETWEEN, this.model.drawn.length / 10, SHARE * this.report());
        await this.turn();
      }
      if (this.loop === loop) this.stop();
    }

    get unfinished() {
      return this.engine.history.length < this.until;
    }

    stop() {
      this.loop = null;
      this.report();
      this.post({ kind: "stopped", run: this.run, done: !this.unfinished, memory: this.engine.memory });
    }

    pause() {
      if (this.loop) this.stop();
    }

    /** 送出一張快照，傳回花了幾毫秒。 */
    report() {
      const began = this.now(), rows = this.engine.history.slice(this.reported), { epoch, step } = this.engine.position;
      this.reported += rows.length;
      const mean = this.model.snapshot(), { latent } = this.model;
      this.post({ kind: "snapshot", run: this.run, rows, mean, latent, epoch, step, steps: this.engine.steps }, [mean.buffer]);
      return this.now() - began;
    }

    // ---- 問答 ----

    colour({ name }) {
      this.post({ kind: "colour", run: this.run, ...this.model.colour(name) });
    }

    row({ row }) {
      this.post({ kind: "row", run: this.run, row, cells: this.model.row(row), heldOut: this.model.heldOut[row] });
    }

    decode({ z }) {
      this.post({ kind: "decoded", run: this.run, z, columns: this.model.decode(Float32Array.from(z)) });
    }

    generate() {
      this.post({ kind: "generated", run: this.run, names: this.model.schema.names, rows: this.model.generate(SHOWN) });
    }

    /** what："generated"（n 列）或 "codes"。 */
    save({ what, n = 0 }) {
      const text = what === "codes" ? this.model.codesCsv() : this.model.generatedCsv(Math.min(n, MOST_GENERATED));
      this.post({ kind: "csv", run: this.run, what, text });
    }

    async rank() {
      const asked = (this.asked = Symbol()), { run } = this;
      const found = await this.model.rank(this.turn, () => this.asked !== asked || this.run !== run || this.loop !== null, (text) => this.say(text));
      this.post({ kind: "ranked", run, ...(found ?? { rows: null }) });
    }

    async handle(message) {
      try {
        await this[message.order](message);
      } catch (error) {
        this.loop = null;
        this.post({ kind: "problem", order: message.order, text: error.message });
      }
    }
  }

  const fileBytes = async (file) => new Uint8Array(await file.arrayBuffer().catch(() => {
    throw new Error(`${file.name} 讀不到；它可能被移走了，或別的程式正在用。請再選一次。`);
  }));

  /** 這一欄第一個有值的格子。 */
  function example({ columns }, name) {
    const { values, levels, kind } = columns.find((one) => one.name === name);
    if (!values) return levels[0] ?? "";
    const value = values.find((one) => !Number.isNaN(one));
    return value === undefined ? "" : kind.kind === "date" ? LabTable.writeDate(value, kind.style) : LabTable.numberText(value);
  }

  /** 在 worker 裡叫一次：等第一個訊息（編譯好的模組），之後每個訊息是一個指令。 */
  function serve(scope) {
    const channel = new MessageChannel(), waiting = []; // 訓練與排名可能同時在等
    channel.port1.onmessage = () => waiting.shift()();
    const turn = () => new Promise((go) => { waiting.push(go); channel.port2.postMessage(0); });
    const post = (message, transfer = []) => scope.postMessage(message, transfer);
    let session = null;
    scope.onmessage = async ({ data }) => {
      if (session) return (await session).handle(data);
      session = globalThis.LabEngine.create(data.wasm).then((engine) => new Session(engine, post, turn, () => performance.now()));
      session.catch((error) => post({ kind: "problem", order: "start", text: error.message }));
    };
  }

  return { Session, serve, MOST_BYTES, source: `globalThis.LabOwnSession = (${factory})();` };
})();
