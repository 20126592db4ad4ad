/* Papa Parse 也要在 worker 裡用，file:// 卻拿不到它的檔案：緊接著載入它之前，先接住它交出來的工廠函式，
 * 函式的文字就是程式碼。接到一次就還原。 */
(function () {
  "use strict";
  const before = globalThis.define;
  globalThis.define = (names, factory) => {
    globalThis.define = before;
    globalThis.LabPapa = { source: `globalThis.Papa = (${factory})();` };
  };
  globalThis.define.amd = true;
})();
