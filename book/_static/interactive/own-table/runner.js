/* 讀者的表在一個 worker 裡讀、訓練：file:// 不能由網址開 worker，所以由 Blob 開，程式碼就是頁面載入的那些。 */
(function () {
  "use strict";

  class Runner {
    /** heard(message) 收 worker 的每一個訊息；開不起來也是一個 problem。 */
    constructor(heard) {
      this.run = 0;
      try {
        this.open(heard);
      } catch {
        queueMicrotask(() => heard({ kind: "problem", order: "start", text: "這個瀏覽器不准網頁開背景的程式（Worker），讀不了你的表；請換一個瀏覽器，或用命令 fit。" }));
      }
    }

    open(heard) {
      const parts = [LabPapa.source, ...LabTable.sources, LabEngine.source, LabOwn.source, LabOwnSession.source, "LabOwnSession.serve(self);"];
      this.worker = new Worker(URL.createObjectURL(new Blob([parts.join("\n")], { type: "text/javascript" })));
      this.worker.onmessage = ({ data }) => heard(data);
      this.worker.onerror = (event) => {
        event.preventDefault();
        heard({ kind: "problem", order: "start", text: `背景的程式停了：${event.message}。請重新載入這一頁。` });
      };
      this.worker.postMessage({ wasm: globalThis.LAB_ENGINE_WASM });
    }

    order(order, message = {}) {
      this.worker?.postMessage({ order, ...message });
    }

    /** 新的一次訓練；舊的訊息由號碼認得出來。 */
    configure(settings) {
      this.run += 1;
      this.order("configure", { settings, run: this.run });
    }
  }

  globalThis.Own = { ...globalThis.Own, Runner };
})();
