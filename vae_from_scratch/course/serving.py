"""跑檢查的那一個行程：照吩咐跑一組，每開始、每做完一項就說一聲。``worker`` 在另一邊數時間、收結果。

讀者的程式在這裡執行，停不了、當掉、用完記憶體，都只賠上這個行程。要求由標準輸入來，一列一個 JSON；回答由
標準輸出去；faulthandler 在算太久或當掉時，把停在第幾行寫到標準錯誤。這三條在載入讀者的檔案以前移到別的號碼，
所以讀者的 ``print`` 與 ``input()`` 碰不到它們。
"""

import faulthandler
import json
import os
import queue
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from .grading.worker import take_channel
from .outcomes import Case, Points, to_json
from .running import Earlier, Submission, load, load_tests, run_case
from .sets import ExerciseSet

MEMORY = 4 * 2**30  # 位元組；一組檢查用不到 0.2 GB，愈來愈長的串列不該讓整台電腦停下來


def main() -> None:
    """一個要求一個要求地做，直到另一邊走了。"""
    requests, answers, dump = take_channel(0, 1, 2)
    _limit_memory()
    report = os.fdopen(dump, "w")
    faulthandler.enable(report, all_threads=False)
    waiting: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_listen, args=(requests, waiting), daemon=True).start()
    while True:
        Server(answers, report, waiting.get()).run()


def _limit_memory() -> None:
    """Linux 上設得準；別的系統只靠另一邊的時鐘。"""
    if sys.platform == "linux":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        limit = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _listen(requests: int, waiting: "queue.Queue[dict[str, Any]]") -> None:
    """另一邊走了（讀到檔尾），這裡也結束，即使讀者的程式停不了。"""
    with os.fdopen(requests, "rb") as lines:
        for line in lines:
            waiting.put(json.loads(line))
    os._exit(0)


class Server:
    """一個要求：一組檢查。"""

    def __init__(self, answers: int, report: IO[str], request: dict[str, Any]):
        self.answers, self.dump, self.request = answers, report, request
        self.chosen = ExerciseSet(Path(request["root"]), request["stem"])

    def say(self, kind: str, *what: str, **content: Any) -> None:
        """說一聲現在在做什麼；到時候還沒有下一聲，就記下停在哪一行。"""
        faulthandler.cancel_dump_traceback_later()
        if kind in ("begin", "loading", "loaded", "earlier", "found"):
            faulthandler.dump_traceback_later(self.request["seconds"], file=self.dump)
        data = memoryview(json.dumps({"kind": kind, "what": what} | content).encode() + b"\n")
        while data:
            data = data[os.write(self.answers, data) :]

    def run(self) -> None:
        """說有哪些檢查，跑還沒有跑過的，一項一個結果。"""
        tests = self.tests()
        self.say("cases", cases=[asdict(case) for case, _ in tests])
        target, only, done = self.request["target"], self.request["only"], self.request["done"]
        submission = Submission(self.chosen.file_in(target), stuck=self.request["stuck"], announce=self.say)
        known = {(name, function) for name, function in self.request["earlier"]}
        earlier = Earlier(self.chosen.root, target, stuck=known, announce=self.say, time_limit=None)
        for case, test in tests:
            if case.test not in done and only in (None, case.function):
                self.say("begin", case.test)
                self.say("outcome", outcome=to_json(run_case(case, test, submission, earlier, None)))
        self.say("end", seconds=time.process_time())

    def tests(self) -> list[tuple[Case, Any]]:
        """有分數的檢查；pytest 指名要跑哪幾項的時候，配分由那一邊記。"""
        if self.request["tests"] is None:
            return load_tests(self.chosen)
        module = vars(load(self.chosen.tests))
        return [
            (Case(self.chosen.name, name, name, Points(0)), module[name]) for name in self.request["tests"]
        ]
