/* 訓練在一個 worker 裡：主執行緒只收快照。file:// 不能由網址開 worker，所以由 Blob 開，程式碼就是頁面載入的那些。 */
(function () {
  "use strict";

  class Runner {
    /** heard(message) 收 worker 的每一個訊息；開不起來也是一個 problem。 */
    constructor(data, heard) {
      this.run = 0;
      try {
        this.open(data, heard);
      } catch {
        queueMicrotask(() => heard({ kind: "problem", text: "這個瀏覽器不准網頁開背景的程式（Worker），不能在頁面裡訓練；請換一個瀏覽器。" }));
      }
    }

    open(data, heard) {
      const program = [LabEngine.source, LabTrainer.source, "LabTrainer.serve(self);"].join("\n");
      const address = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
      this.worker = new Worker(address);
      this.worker.onmessage = ({ data: message }) => heard(message);
      this.worker.onerror = (event) => {
        event.preventDefault();
        heard({ kind: "problem", text: `${event.message}。請重新載入這一頁。` });
      };
      this.worker.postMessage({ wasm: globalThis.LAB_ENGINE_WASM, data });
    }

    order(order, message = {}) {
      this.worker?.postMessage({ order, ...message });
    }

    /** 新的一次訓練；傳回它的號碼，舊的訊息由號碼認得出來。 */
    configure(settings, plan) {
      this.run += 1;
      this.order("configure", { settings, plan, run: this.run });
      return this.run;
    }
  }

  globalThis.Lab = { ...globalThis.Lab, Runner };
})();
