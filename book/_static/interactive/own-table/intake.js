/* 讀者的檔案從哪裡來：拖進來、選檔案、或拿虛構的小表試試看。檔案只交給這個分頁的 worker。 */
(function () {
  "use strict";

  class Intake {
    /** open(file) 收到 File，或小表的 {name, text}。 */
    constructor(parent, sample, open) {
      this.box = parent.append("div").attr("class", "own-drop");
      this.box.append("p").attr("class", "call").text("把 CSV 檔拖到這裡");
      const row = this.box.append("div").attr("class", "interactive-controls");
      const input = row.append("input").attr("type", "file").attr("hidden", "").attr("accept", ".csv,.tsv,.txt,text/csv,text/plain");
      row.append("button").attr("type", "button").attr("class", "go").text("選檔案").on("click", () => input.node().click());
      row.append("button").attr("type", "button").text(`試試看：${sample.name}`).on("click", () => open({ name: `${sample.name}.csv`, text: sample.text }));
      this.box.append("p").attr("class", "promise")
        .text(`檔案只在你的電腦裡讀，不送出去，也不存起來；關掉分頁就沒有了。${sample.note}`);
      input.on("change", () => {
        const [file] = input.node().files;
        if (file) open(file);
        input.property("value", ""); // 同一個檔案改過再選一次，也要讀
      });
      this.listen(open);
    }

    listen(open) {
      const over = (on) => (event) => { event.preventDefault(); this.box.classed("over", on); };
      this.box.on("dragenter dragover", over(true)).on("dragleave dragend", over(false));
      this.box.on("drop", (event) => {
        over(false)(event);
        const [file] = event.dataTransfer.files;
        if (file) open(file);
      });
    }
  }

  globalThis.Own = { ...globalThis.Own, Intake };
})();
