"""建書：設好核心與算術，執行 Jupyter Book，畫面上只留一行進度；完整的紀錄在 _build/book.log。

``make book`` 用 .venv 裡的 Python 執行這個檔案。警告與錯誤在最後全部列出，並說怎麼辦。
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from heapq import heapify, heapreplace
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
LOG = BUILD / "book.log"
MARK = "@@ "  # book/_ext/progress.py 的訊息由此開頭
COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
#: 訊息裡的字 → 怎麼辦。
CURES = (
    ("Executing notebook failed", "上面是那幾頁的錯誤；改好那一格，或它用到的程式。只有失敗的頁會重新執行。"),
    ("reads 卻沒有列出", "在那一頁的開頭加上 reads: [檔案的樣式]，相對於 book/。"),
    ("undefined label", "{ref}、{numref} 的標籤打錯了，或少了「(標籤)=」那一行。"),
    ("equation not found", "{eq} 的標籤打錯了，或公式沒有加標籤。"),
    ("reference target not found", "{py:func} 等指的名字不在 API 頁；看 book/api.md 有哪些名字。"),
    ("term not in glossary", "符號與術語（book/notation.md）裡沒有這個詞；加進去，或改用已經有的。"),
    ("could not find bibtex key", "把這篇文獻加進 book/references.bib，或改成裡面有的鍵。"),
    ("document isn't included in any toctree", "把這一頁加進 book/_toc.yml。"),
    ("替代文字", "在那一格的 mystnb: image: alt: 寫下圖的結論，不要重複圖說。"),
    ("stderr", "程式格印出了警告；把原因改掉，不要藏起來。"),
    ("No space left", "磁碟滿了；清出空間再執行一次。"),
)


STAGES = {"executing": "執行", "reading": "閱讀", "writing": "排版"}
Step = tuple[str, str]  # （哪一個階段, 哪一頁）


class Progress:
    """把工作與預估的秒數換成「還要多久」：做完的實際用了幾倍的時間，沒做完的就當作也要幾倍。

    執行時好幾頁同時做，所以不是把秒數加起來：沒開始的照順序排給先有空的，最後一個做完的時刻才是答案。
    """

    def __init__(self, clock=time.monotonic) -> None:
        self.clock = clock
        self.expected: dict[Step, float] = {}
        self.started: dict[Step, float] = {}
        self.spent: dict[Step, float] = {}  # 做完的
        self.workers = 1

    def hear(self, message: dict) -> None:
        self.workers = message.get("workers", self.workers)
        for stage in STAGES:
            self.expected |= {(stage, name): seconds for name, seconds in message.get(stage, {}).items()}
        if "begin" in message:
            self.started[("executing", message["begin"])] = self.clock()
        if "end" in message:
            self._finish(("executing", message["end"]))
        for word, stage in (("executed", "executing"), ("read", "reading"), ("write", "writing")):
            if word in message:
                self._move_to(stage, message[word])

    def _move_to(self, stage: str, name: Any) -> None:
        """閱讀與排版一次一頁：開始下一頁，就是做完了上一頁；沒有下一頁，就是這個階段結束了。"""
        for step in self.running():
            self._finish(step)
        if isinstance(name, str):
            self.started[(stage, name)] = self.clock()
        else:
            self.spent |= {step: 0.0 for step in self.expected if step[0] == stage and step not in self.spent}

    def _finish(self, step: Step) -> None:
        self.spent[step] = self.clock() - self.started.get(step, self.clock())

    def running(self) -> list[Step]:
        """正在做的，先開始的在前面。"""
        return [step for step in self.started if step not in self.spent]

    def remaining(self) -> float | None:
        """還要幾秒；還不知道要做什麼時是 None。"""
        if not self.expected:
            return None
        pace = self._pace()
        return max(sum(self._stage(stage, pace) for stage in STAGES), 1.0)

    def _stage(self, stage: str, pace: float) -> float:
        """一個階段還要幾秒：正在做的扣掉已經花的，沒開始的排在後面。"""
        left = {step: pace * weight for step, weight in self.expected.items() if step[0] == stage}
        running = [step for step in self.running() if step[0] == stage]
        now = [max(left.get(step, 0.0) - self._elapsed(step), 0.0) for step in running]
        count = self.workers if stage == "executing" else 1
        free = [*now, *[0.0] * (count - len(now))]
        heapify(free)
        for step, seconds in left.items():
            if step not in self.started and step not in self.spent:
                heapreplace(free, free[0] + seconds)
        return max(free)

    def _pace(self) -> float:
        """實際是預估的幾倍。正在做、已經超過預估的也算；一開始相信紀錄，愈後面愈相信這一次。"""
        timed = {step: seconds for step, seconds in self.spent.items() if step in self.started}
        timed |= {s: self._elapsed(s) for s in self.running() if self._elapsed(s) > self.expected.get(s, 0.0)}
        return (sum(timed.values()) + 5) / (sum(self.expected.get(step, 0.0) for step in timed) + 5)

    def _elapsed(self, step: Step) -> float:
        return self.clock() - self.started[step]

    def share(self) -> float:
        total = sum(self.expected.values()) or 1.0
        return sum(self.expected.get(step, 0.0) for step in self.spent) / total

    def line(self) -> str:
        running = self.running()
        names = "、".join(name for _, name in running)
        doing = f"{STAGES[running[0][0]]} {names}" if running else "準備"
        left = self.remaining()
        return f"{self.share():4.0%}  {doing}" + (f"，約還要{spoken(left)}" if left is not None else "")


def spoken(seconds: float) -> str:
    if seconds < 90:
        return f" {max(5 * round(seconds / 5), 5)} 秒"
    return f" {seconds / 60:.0f} 分鐘"


class Screen:
    """終端機上是同一行更新；不是終端機時，隔一陣子才印一行，沒有歸位字元，也沒有顏色。"""

    def __init__(self, stream: TextIO, every: float = 30.0, clock=time.monotonic) -> None:
        self.stream, self.live, self.clock = stream, stream.isatty(), clock
        self.every = 0.0 if self.live else every
        self.last = clock() if not self.live else float("-inf")

    def show(self, text: str) -> None:
        if self.clock() - self.last < self.every:
            return
        self.last = self.clock()
        self._write(f"\r\x1b[K  {text}" if self.live else f"  {text}\n")

    def clear(self) -> None:
        if self.live:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def follow(lines: Iterable[str], log: TextIO, progress: Progress, screen: Screen) -> None:
    """進度的訊息給畫面，其餘的進紀錄檔；紀錄檔沒有顏色碼。"""
    for line in lines:
        if line.startswith(MARK):
            progress.hear(json.loads(line.removeprefix(MARK)))
            screen.show(progress.line())
        else:
            log.write(COLOURS.sub("", line))
            log.flush()


def kernel_settings(project: Path = ROOT) -> dict[str, str]:
    """執行書頁用的 IPython 設定：不讀使用者自己的啟動檔，不印連線的警告，記下讀了哪些檔案，圖畫兩種寬度。"""
    profile = project / "_build" / "ipython" / "profile_default"
    (profile / "startup").mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.json").write_text('{"IPKernelApp": {"log_level": 40}}')
    shutil.copy(ROOT / "book" / "kernel_startup.py", profile / "startup" / "00-reads.py")
    return {
        "IPYTHONDIR": str(profile.parent),
        "PYTHONHASHSEED": "0",
        "VAE_PROJECT": str(project),
        "VAE_NARROW_FIGURES": "1",
    }


def arithmetic_settings() -> dict[str, str]:
    """執行書頁用參考的算術（見 vae_from_scratch/arithmetic.py），內文的每一句話才與執行的結果一致。

    做不到的電腦（例如 Apple 晶片）用自己的算術，書照樣建得成：首頁會說明，頁面裡的核對（assert）不擋建置。
    """
    from vae_from_scratch import arithmetic

    settings = arithmetic.environment()
    if arithmetic.available():
        return settings
    print("▸ 這台電腦不是有 AVX2 的 x86-64：訓練的結果會和參考的略有不同，個別的敘述以參考電腦為準。")
    return settings | {"PYTHONOPTIMIZE": "1"}


def jupyter_book(environment: dict[str, str]) -> tuple[int, str]:
    """執行 Jupyter Book；傳回結束碼與它印在 stderr 的一切（Sphinx 的警告與錯誤都在那裡）。"""
    program = "import sys; from jupyter_book.cli.main import main; sys.argv[0] = 'jupyter-book'; main()"
    command = [sys.executable, "-c", program, "build", "book", "-W", "-n", "--keep-going"]
    errors = LOG.with_suffix(".errors.log")
    with (
        LOG.open("w", encoding="utf-8") as log,
        errors.open("w", encoding="utf-8") as stderr,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=stderr,
            text=True, encoding="utf-8", errors="replace",
        ) as process,
    ):  # fmt: skip
        screen = Screen(sys.stdout)
        follow(process.stdout or (), log, Progress(), screen)
    screen.clear()
    return process.returncode, COLOURS.sub("", errors.read_text(encoding="utf-8", errors="replace"))


def cures(text: str) -> list[str]:
    """這些訊息各自怎麼辦；每一種只說一次。"""
    return [cure for word, cure in CURES if word in text]


def complain(text: str) -> None:
    print("✗ 建書失敗。完整的訊息：\n", file=sys.stderr)
    print(text.strip(), file=sys.stderr)
    for cure in cures(text) or ["由上往下，先改第一個 WARNING 或 ERROR；改好再執行一次。"]:
        print(f"\n  怎麼辦：{cure}", file=sys.stderr)
    print(f"\n  其餘的紀錄：{LOG}", file=sys.stderr)


def main() -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # 舊的 Windows 主控台印不出的字換成問號
    BUILD.mkdir(exist_ok=True)
    environment = os.environ | kernel_settings() | arithmetic_settings()
    code, text = jupyter_book(environment | {"PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"})
    if code:
        # 警告只在讀頁面時出現一次；清掉讀過的結果，下次才會再看到同樣的警告。
        shutil.rmtree(BUILD / ".doctrees", ignore_errors=True)
        complain(text)
    return 1 if code else 0


if __name__ == "__main__":
    sys.exit(main())
