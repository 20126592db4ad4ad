"""在另一個行程裡跑讀者的作答，由這一邊的時鐘管：停不了就殺掉它，換一個新的，從下一個函式繼續。

每一種系統都一樣（Windows 也是），吞掉例外的迴圈也停得下來。一個停不了的函式只等一次：它其餘的檢查不再跑，
呼叫它的函式也不會再真的呼叫它。行程一直開著，``watch`` 每次存檔不必重新匯入 NumPy；這一邊也不必匯入。
"""

import contextlib
import io
import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from .grading.sandbox import Process
from .outcomes import (
    TIME_LIMIT,
    TOO_LONG,
    WRONG,
    Case,
    Failure,
    Outcome,
    case_from_json,
    from_json,
    not_again,
)
from .sets import CourseError, ExerciseSet, find_set

START_SECONDS = 60.0  # 第一次匯入 NumPy、磁碟又忙的時候
SLOW = 2.0  # 秒；這麼久還沒有下一聲，就告訴讀者還在算
GRACE = 0.5  # 秒；到時候先讓那一邊記下停在哪一行，再殺掉
PACKAGE = Path(__file__).resolve().parents[2]
PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from vae_from_scratch.course.serving import main; main()"
)
#: 行程結束的樣子 → 為什麼；負的是 POSIX 的訊號，大的是 Windows 的結束碼。
DEATHS = {
    -9: "被系統結束了，多半是用完了記憶體",
    -11: "當掉了（記憶體區段錯誤）；多半是遞迴太深，或陣列大到放不下",
    -7: "當掉了（讀不到記憶體）",
    0xC0000005: "當掉了（記憶體存取錯誤）；多半是遞迴太深，或陣列大到放不下",
    0xC00000FD: "當掉了（堆疊溢位）；函式一直呼叫自己",
}


class Lost(Exception):
    """那一個行程沒有好好做完：時間到了，或自己結束了。"""

    def __init__(self, failure: Failure):
        super().__init__(failure.symptom)
        self.failure = failure


class Worker:
    """一個跑檢查的行程；用到才開，用完要 ``close``（或寫成 ``with``）。"""

    def __init__(self, seconds: float = TIME_LIMIT, slow: Callable[[str], None] = lambda text: None):
        self.seconds, self.slow = seconds, slow  # ``slow`` 收下「還在算」那句話
        self.cpu = 0.0  # 現在這一個行程用了幾 CPU 秒
        self._process: Process | None = None
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._known: dict[tuple[str, str], bytes | None] = {}  # 停不下來的（組, 函式）→ 那時候檔案的內容

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """收掉那一個行程。"""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def run(
        self,
        chosen: ExerciseSet,
        target: str | Path = "exercises",
        *,
        only: str | None = None,
        tests: Sequence[str] | None = None,
    ) -> list[Outcome]:
        """跑一組；``only`` 只跑一個函式，``tests`` 指名跑哪幾項。順序與檢查檔相同，沒有跑的也在裡面。"""
        job = Job(chosen, target, only, tests)
        while not self._finished(job):
            pass
        return job.outcomes()

    def _finished(self, job: "Job") -> bool:
        """做到完，或做到那一個行程不見了為止。"""
        try:
            self._ask(job)
            return True
        except Lost as lost:
            doing = job.doing
            self._forget_process()
            if doing[0] == "earlier":
                self._remember(job, doing[1], doing[2])
            elif doing[0] == "begin":
                function = job.blame(doing[1], lost)
                self._remember(job, job.chosen.name, function)
            else:
                job.give_up(lost)
                self._remember(job, job.chosen.name, "")
            return job.over

    def _remember(self, job: "Job", set_name: str, function: str) -> None:
        self._known[set_name, function] = job.content(set_name)

    def _ask(self, job: "Job") -> None:
        """送出要求，一則一則收，直到做完；行程不見了引發 ``Lost``。"""
        job.doing = ("starting",)
        process = self._started()
        known = [key for key, content in self._known.items() if job.content(key[0]) == content]
        request = job.request() | {"seconds": self.seconds, "earlier": known}
        try:
            assert process.stdin
            process.stdin.write(json.dumps(request).encode() + b"\n")
        except OSError:
            raise self._lost(job, stopped=False) from None
        while (message := self._next(job))["kind"] != "end":
            job.take(message)
        self.cpu = message["seconds"]

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.popen.poll() is None:
            return self._process.popen
        self._forget_process()
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        popen = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(PACKAGE)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            env=environment, start_new_session=True,
        )  # fmt: skip
        self._process, self._lines = Process(popen), queue.Queue()
        assert popen.stdout
        threading.Thread(target=_read, args=(popen.stdout, self._lines), daemon=True).start()
        return popen

    def _forget_process(self) -> None:
        self.close()
        self.cpu = 0.0

    def _next(self, job: "Job") -> dict[str, Any]:
        seconds = START_SECONDS if job.doing[0] == "starting" else self.seconds + GRACE
        try:
            message = self._lines.get(timeout=min(SLOW, seconds))
        except queue.Empty:
            self.slow(f"{job.where()} 還在算，最多等 {seconds:.0f} 秒 …")
            try:
                message = self._lines.get(timeout=max(seconds - SLOW, 0.01))
            except queue.Empty:
                raise self._lost(job, stopped=True) from None
        if message is None:
            raise self._lost(job, stopped=False)
        return message

    def _lost(self, job: "Job", stopped: bool) -> Lost:
        """殺掉它，看它最後停在讀者的哪一行、怎麼結束的。"""
        assert self._process
        popen = self._process.popen
        code = None if stopped else popen.wait()
        popen.kill()
        assert popen.stderr
        details = job.place(popen.stderr.read().decode(errors="replace"))
        return Lost(Failure(TOO_LONG.symptom if stopped else died(code), details, hint=False))


class Job:
    """要跑的一組：做到哪裡、已經有哪些結果。"""

    def __init__(
        self, chosen: ExerciseSet, target: str | Path, only: str | None, tests: Sequence[str] | None
    ):
        self.chosen, self.target, self.only, self.tests = chosen, target, only, tests
        self.cases: list[Case] = []
        self.found: dict[str, Outcome] = {}
        self.stuck: list[str] = []
        self.doing: tuple[str, ...] = ("starting",)
        self.over = False
        self._before: tuple[str, ...] = ()

    def request(self) -> dict[str, Any]:
        """要那一個行程做什麼：已經有結果的不再做。"""
        return {
            "root": str(self.chosen.root), "stem": self.chosen.stem, "target": str(self.target),
            "only": self.only, "tests": self.tests, "done": list(self.found), "stuck": self.stuck,
        }  # fmt: skip

    def take(self, message: dict[str, Any]) -> None:
        """收下一則：知道它在做什麼，或做完了什麼。"""
        kind, what = message["kind"], message["what"]
        if kind == "cases":
            self.cases = [case_from_json(case) for case in message["cases"]]
        elif kind == "outcome":
            outcome = from_json(message["outcome"])
            self.found[outcome.case.test] = outcome
        elif kind in ("loading", "earlier"):
            self._before, self.doing = self.doing, (kind, *what)
        elif kind in ("loaded", "found"):
            self.doing = self._before
        else:
            self.doing = (kind, *what)

    def where(self) -> str:
        """正在做什麼，給等著的人看。"""
        kind, *what = self.doing
        if kind == "begin":
            return next(case.function for case in self.cases if case.test == what[0])
        return ".".join(what) if kind == "earlier" else self.chosen.name

    def blame(self, test: str, lost: Lost) -> str:
        """這一項不對，同一個函式其餘的不再執行；傳回函式的名字。"""
        case = next(case for case in self.cases if case.test == test)
        self.found[test] = Outcome(case, WRONG, lost.failure)
        for other in self._waiting():
            if other.function == case.function:
                self.found[other.test] = not_again(other)
        self.stuck.append(case.function)
        return case.function

    def give_up(self, lost: Lost) -> None:
        """檔案載入不完，每一項都一樣；還沒有載入就不見了，是這台電腦的問題。"""
        if self.doing[0] != "loading":
            raise CourseError(f"檢查的行程起不來：{lost.failure.symptom}")
        symptom = f"{self.chosen.stem}.py 載入不了：{lost.failure.symptom}"
        failure = replace(lost.failure, symptom=symptom, whole_file=True)
        self.found |= {case.test: Outcome(case, WRONG, failure) for case in self._waiting()}
        self.over = True

    def _waiting(self) -> list[Case]:
        return [c for c in self.cases if c.test not in self.found and self.only in (None, c.function)]

    def outcomes(self) -> list[Outcome]:
        """每一項的結果，照檢查檔的順序。"""
        return [self.found.get(case.test, Outcome(case)) for case in self.cases]

    def content(self, set_name: str) -> bytes | None:
        """那一組的作答現在的內容。"""
        try:
            return find_set(set_name, self.chosen.root).file_in(self.target).read_bytes()
        except OSError:
            return None

    def place(self, dump: str) -> tuple[tuple[str, str], ...]:
        """faulthandler 寫的追蹤裡，讀者的檔案最裡面的那一行。"""
        name = re.escape(f"{self.chosen.stem}.py")
        found = re.search(rf'File "[^"]*[/\\]{name}", line (\d+)', dump)
        if not found:
            return ()
        lines = (self.content(self.chosen.name) or b"").decode("utf-8", "replace").splitlines()
        number = int(found[1])
        text = lines[number - 1].strip() if number <= len(lines) else ""
        return (("停在", f"第 {number} 行　{text}"),)


def died(code: int | None) -> str:
    """行程自己結束了：由結束碼說是怎麼回事。"""
    if code is not None and code in DEATHS:
        return f"執行到一半，整個行程{DEATHS[code]}"
    how = f"收到訊號 {-code}" if code is not None and code < 0 else f"結束碼 {code}"
    return f"執行到一半，整個行程結束了（{how}）；程式呼叫了 os._exit，或當掉了"


def _read(stream: IO[bytes], lines: "queue.Queue[dict[str, Any] | None]") -> None:
    """一列一則；讀到檔尾，或讀不懂（那一個行程寫壞了），就說沒有了。"""
    with contextlib.suppress(ValueError, OSError):  # 這一邊收掉了它，也在這裡知道
        for line in io.BufferedReader(stream):  # type: ignore[type-var]
            lines.put(json.loads(line))
    lines.put(None)
