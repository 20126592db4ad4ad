"""一位參賽者一個行程：一家當掉，別家照樣量。

TensorFlow、JAX 與 CUDA 版的 PyTorch 載進同一個行程，會被訊號 11 終止，一個字也不留。所以各住一個行程，
都釘在同一個核心；量的人一次叫一位，被叫到的走一個訓練週期，自己計時，其他人都在等。
"""

import gc
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from ..gradients.quiet import silent_stderr
from ..training import one_thread
from .contestants import Entry
from .problem import Problem

PATIENCE = 600.0
STOPPED = 10.0


class Epoch(NamedTuple):
    """一個訓練週期：經過的時間、用掉的 CPU 時間（秒），與損失。"""

    wall: float
    cpu: float
    loss: float


class Failed(Exception):
    """參賽者中途退出；訊息是原因。"""


class Worker:
    """在另一個行程裡的參賽者：先 ``ready``，之後每叫一次 ``epoch`` 走一個訓練週期。"""

    def __init__(self, entry: Entry, problem: Problem, patience: float = PATIENCE) -> None:
        self.patience = patience
        processes = get_context("spawn")  # fork 會把這個行程已經載入的框架與執行緒也帶過去
        self.connection, theirs = processes.Pipe()
        self.process = processes.Process(target=serve, args=(theirs, entry, problem), daemon=True)
        self.process.start()
        theirs.close()  # 只剩對方握著那一端，對方一死，這邊就讀到檔尾

    def ready(self) -> None:
        """等它準備好。"""
        self._answer()

    def epoch(self) -> Epoch:
        """請它走一個訓練週期，等它回報；當掉、出錯引發 ``Failed``，說出是怎麼結束的。"""
        try:
            self.connection.send("epoch")
        except OSError as error:
            raise Failed(self._how_it_ended()) from error
        return self._answer()

    def stop(self) -> None:
        """結束這個行程。"""
        self.connection.close()
        self.process.kill()
        self.process.join()

    def _answer(self) -> Any:
        try:
            if not self.connection.poll(self.patience):
                raise Failed(f"等了 {self.patience:g} 秒沒有回應")
            answer = self.connection.recv()
        except (EOFError, OSError) as error:
            raise Failed(self._how_it_ended()) from error
        if isinstance(answer, Failed):
            raise answer
        return answer

    def _how_it_ended(self) -> str:
        self.process.join(STOPPED)
        code = self.process.exitcode or 0
        if code >= 0:
            return f"行程自己結束了（結束碼 {code}）"
        return f"行程被訊號 {-code}（{signal.Signals(-code).name}）終止"


def serve(connection: Connection, entry: Entry, problem: Problem) -> None:
    """被量的行程：準備好就回報，之後叫一次走一個訓練週期；出了錯，回報一句話。"""
    with one_core(), silent_stderr():
        try:
            contestant = entry.make(problem)
            gc.collect()
            gc.freeze()  # 框架載入的幾十萬個物件，不該在訓練裡一再被垃圾回收掃過
            connection.send("ready")
            clock = getattr(contestant, "cpu_seconds", time.process_time)  # 住在別的行程裡的，自己報
            while connection.recv():
                wall, cpu = time.perf_counter(), clock()
                loss = contestant.epoch()
                connection.send(Epoch(time.perf_counter() - wall, clock() - cpu, loss))
        except EOFError:
            pass  # 量完了，對方先走
        except Exception as error:
            first_line = (str(error).strip() or "沒有訊息").splitlines()[0]
            connection.send(Failed(f"{type(error).__name__}：{first_line}"))


@contextmanager
def one_core() -> Iterator[None]:
    """只用一條執行緒；Linux 上再把整個行程釘在一個核心，框架自己開的執行緒也逃不掉。"""
    with ExitStack() as stack:
        stack.enter_context(one_thread())
        if sys.platform == "linux":
            allowed = os.sched_getaffinity(0)
            os.sched_setaffinity(0, {max(allowed)})
            stack.callback(os.sched_setaffinity, 0, allowed)
        yield
