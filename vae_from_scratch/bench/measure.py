"""怎麼計時：全部參賽者同時活著，一個訓練週期一個訓練週期輪流走；報中位數與四分位距。

輪流走，機器忽快忽慢時大家一起忽快忽慢，比值才穩。每一位住在自己的行程裡（``worker``），都在同一個核心上，
中途退出的記下原因，不影響別人。第一個訓練週期含編譯與暖機，不計。少於八個訓練週期的量測看不到非正規數
（float32 的動差從第七個左右開始變得太小），所以預設走 16 個。
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from .contestants import BOUND, Entry, how_to_install
from .problem import Problem
from .worker import PATIENCE, Epoch, Failed, Worker

EPOCHS = 16
LEAST_EPOCHS = 12
EARLY, LATE = slice(1, 6), slice(8, None)


@dataclass
class Timing:
    """一位參賽者每個訓練週期的時間（秒）與損失；中途退出的，``failure`` 是原因。"""

    entry: Entry
    n_steps: int
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    failure: str = ""

    def add(self, epoch: Epoch) -> None:
        """記下一個訓練週期。"""
        self.wall.append(epoch.wall)
        self.cpu.append(epoch.cpu)
        self.losses.append(epoch.loss)

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
        """一步的 CPU 時間的中位數（毫秒）。"""
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
    patience: float = PATIENCE,
) -> list[Timing]:
    """輪流走 ``epochs`` 個訓練週期；每一輪的起跑順序輪替，沒有人總是跟在同一個人後面。

    ``patience`` 秒沒有回應的就不等了。
    """
    if epochs < 2:
        raise ValueError(f"引數 epochs 是 {epochs}；第一個訓練週期是暖機，所以至少要 2。")
    timings = [Timing(entry, problem.n_steps) for entry in entries]
    workers: dict[str, Worker] = {}
    try:
        for timing in timings:
            _prepare(timing, problem, workers, progress, patience)
        started = time.monotonic()
        for epoch in range(epochs):
            left = f"，約剩 {(time.monotonic() - started) / epoch * (epochs - epoch):.0f} 秒" if epoch else ""
            start = epoch % len(timings)
            for timing in timings[start:] + timings[:start]:
                progress(f"第 {epoch + 1}/{epochs} 個訓練週期{left}：{timing.entry.name}")
                _time(timing, workers)
    finally:
        for worker in workers.values():
            worker.stop()
    return timings


def _prepare(
    timing: Timing,
    problem: Problem,
    workers: dict[str, Worker],
    progress: Callable[[str], None],
    patience: float,
) -> None:
    """起一個行程，等它準備好；沒有安裝或準備不好，就記下原因。"""
    entry = timing.entry
    progress(f"準備：{entry.name}")
    if not entry.installed:
        timing.failure = f"沒有安裝 {entry.package}（{how_to_install(entry.package)}）"
        return
    workers[entry.key] = Worker(entry, problem, patience)
    try:
        workers[entry.key].ready()
    except Failed as failed:
        timing.failure = str(failed)
        workers.pop(entry.key).stop()


def _time(timing: Timing, workers: dict[str, Worker]) -> None:
    """叫它走一個訓練週期；中途退出的，之後就不再叫。"""
    if timing.failure:
        return
    try:
        timing.add(workers[timing.entry.key].epoch())
    except Failed as failed:
        timing.failure = str(failed)
        workers.pop(timing.entry.key).stop()


def ratio(timing: Timing, reference: Timing) -> float:
    """同一輪的兩個時間相除，再取中位數：機器忽快忽慢的影響在同一輪裡約掉。"""
    pairs = zip(timing.wall[1:], reference.wall[1:], strict=True)
    return float(np.median([one / other for one, other in pairs]))


def reference(timings: Sequence[Timing], key: str = BOUND) -> Timing:
    """比值的分母，平常是下限；它若沒有量成，比值就無從算起。"""
    found = next(timing for timing in timings if timing.entry.key == key)
    if found.failure:
        raise RuntimeError(f"「{found.entry.name}」沒有量成，比值無從算起：{found.failure}。")
    return found
