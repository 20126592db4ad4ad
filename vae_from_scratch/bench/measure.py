"""怎麼計時：全部參賽者同時活著，一個訓練週期一個訓練週期輪流走；報中位數與四分位距。

輪流走，機器忽快忽慢時大家一起忽快忽慢，比值才穩。第一個訓練週期含編譯與暖機，不計。少於八個訓練週期的量測
看不到非正規數（float32 的動差從第七個左右開始變得太小），所以預設走 16 個。
"""

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import numpy as np

from ..training import one_thread
from .contestants import BOUND, Contestant, Entry
from .problem import Problem

EPOCHS = 16
LEAST_EPOCHS = 12
EARLY, LATE = slice(1, 6), slice(8, None)


@dataclass
class Timing:
    """一位參賽者每個訓練週期的時間（秒）與損失。"""

    entry: Entry
    n_steps: int
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    @property
    def milliseconds(self) -> float:
        """一步的中位數。"""
        return self._per_step(self.wall[1:], 50)

    @property
    def spread(self) -> tuple[float, float]:
        """一步的四分位數：25% 與 75%。"""
        return self._per_step(self.wall[1:], 25), self._per_step(self.wall[1:], 75)

    @property
    def cpu_milliseconds(self) -> float:
        return self._per_step(self.cpu[1:], 50)

    @property
    def early(self) -> float:
        """第 2 到第 6 個訓練週期：非正規數還沒出現。"""
        return self._per_step(self.wall[EARLY], 50)

    @property
    def late(self) -> float:
        """第 9 個訓練週期起；沒走那麼久就是 NaN。"""
        return self._per_step(self.wall[LATE], 50)

    def _per_step(self, seconds: list[float], percentile: float) -> float:
        return float(np.percentile(seconds, percentile)) / self.n_steps * 1e3 if seconds else np.nan


def race(
    problem: Problem,
    entries: list[Entry],
    epochs: int = EPOCHS,
    progress: Callable[[str], None] = lambda message: None,
) -> list[Timing]:
    """輪流走 ``epochs`` 個訓練週期；每一輪的起跑順序輪替，沒有人總是跟在同一個人後面。"""
    if epochs < 2:
        raise ValueError(f"引數 epochs 是 {epochs}；第一個訓練週期是暖機，所以至少要 2。")
    with one_core(), ExitStack() as stack:
        pairs = [(Timing(entry, problem.n_steps), _ready(entry, problem, progress)) for entry in entries]
        stack.enter_context(_settled_garbage())
        for epoch in range(epochs):
            start = epoch % len(pairs)
            for timing, contestant in pairs[start:] + pairs[:start]:
                progress(f"第 {epoch + 1}/{epochs} 個訓練週期：{timing.entry.name}")
                _time(timing, contestant)
    return [timing for timing, _ in pairs]


def _ready(entry: Entry, problem: Problem, progress: Callable[[str], None]) -> Contestant:
    progress(f"準備：{entry.name}")
    return entry.make(problem)


def _time(timing: Timing, contestant: Contestant) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    loss = contestant.epoch()
    timing.wall.append(time.perf_counter() - wall)
    timing.cpu.append(time.process_time() - cpu)
    timing.losses.append(loss)


def ratio(timing: Timing, reference: Timing) -> float:
    """同一輪的兩個時間相除，再取中位數：機器忽快忽慢的影響在同一輪裡約掉。"""
    pairs = zip(timing.wall[1:], reference.wall[1:], strict=True)
    return float(np.median([one / other for one, other in pairs]))


def bound_of(timings: list[Timing]) -> Timing:
    return next(timing for timing in timings if timing.entry.key == BOUND)


@contextmanager
def _settled_garbage() -> Iterator[None]:
    """各家框架載入的幾十萬個物件，不該在別人的訓練裡一再被垃圾回收掃過。"""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


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
