"""幾個行程一起訓練的進度：走了幾個訓練週期、還要多久。

訓練的行程用 ``announce`` 說自己走到哪裡，``follow`` 在旁邊聽。終端機上是一條會動的進度列；
寫進紀錄（不是終端機）時，每前進一成印一行，沒有歸位字元，也沒有顏色。
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import heapify, heapreplace
from math import exp
from secrets import token_hex
from typing import Any, NamedTuple, TypeVar

from . import announce

Result = TypeVar("Result")

#: 還沒有一件做完以前，訓練以外的事（編碼、量測、基準）當成訓練的幾倍；做完一件，就改用量到的。
REST = 0.5
#: 速度看最近這麼多秒的訓練（半衰期）；預估的完成時刻用這麼多秒的指數平均，數字才不會跳。
RATE_HALF_LIFE, SMOOTHING = 60.0, 5.0
REDRAW = 0.5
#: 進度列的長度，與畫得下它的終端機最少要幾欄。
BAR, NARROWEST = 20, 30


class Work(NamedTuple):
    """一件工作：``epochs`` 個訓練週期、每個週期 ``rows`` 列，另有相當於 ``rest``（週期 × 列）的其他事。

    ``rest`` 是 None 就當成訓練的 ``REST`` 倍。一件工作訓練幾個模型，``epochs`` 就是總和。
    """

    epochs: int
    rows: int
    rest: float | None = None

    @property
    def training(self) -> float:
        """訓練的份量：週期 × 列。"""
        return float(self.epochs * self.rows)

    @property
    def other(self) -> float:
        """訓練以外的份量，單位相同。"""
        return REST * self.training if self.rest is None else self.rest


def follow(
    results: Iterable[Result], works: Sequence[Work], *, workers: int,
    label: str = "訓練", unit: str = "個種子", quiet: bool = False,
) -> Iterator[Result]:  # fmt: skip
    """原樣依序給出 ``results``，同時在 stderr 顯示進度；``quiet`` 什麼也不顯示。

    ``works`` 依工作的順序，一件一個；``workers`` 是同時有幾個行程在做。``results`` 要到取第一個才開始訓練
    （產生器），行程才知道要把進度送到哪裡。不論中途出了什麼事，聽的執行緒與環境變數都會收好。
    """
    if quiet or not works:
        yield from results
        return
    estimate = Estimate(works, workers)
    with _listening(estimate, _screen(label, unit)) as finished_one:
        for result in results:
            finished_one()
            yield result


# ---- 估計還要多久 ----------------------------------------


@dataclass
class _Item:
    """一件開始了的工作：``trainings`` 是每一次訓練的（走完的、全部的週期，列數）。"""

    started: float
    heard: float
    trainings: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    seconds: float = 0.0
    ended: float | None = None

    @property
    def epochs(self) -> int:
        return sum(done for done, _, _ in self.trainings.values())

    @property
    def done(self) -> float:
        return float(sum(done * rows for done, _, rows in self.trainings.values()))

    @property
    def planned(self) -> float:
        return float(sum(epochs * rows for _, epochs, rows in self.trainings.values()))


class Estimate:
    """由聽到的消息估計還要幾秒；時刻都由呼叫的人給，所以測得出來。

    速度是最近每（週期 × 列）幾秒，不算每次訓練的第一個週期（它還要準備）。還沒做的工作照順序排給先有空的
    行程，最後一個做完的時刻就是答案。

    >>> estimate = Estimate([Work(4, 100, rest=0)] * 2, workers=1)
    >>> estimate.begin(0, now=0.0)
    >>> for done in range(4):
    ...     estimate.epoch(0, 0, done, 4, 100, now=1.0 * done)
    >>> estimate.remaining(now=3.0)
    5.0
    """

    def __init__(self, works: Sequence[Work], workers: int) -> None:
        self.works, self.workers = list(works), max(1, min(workers, len(works)))
        self.items: dict[int, _Item] = {}
        self.returned, self.last_return = 0, 0.0
        self.start: float | None = None
        self._seconds = self._amount = 0.0

    # ---- 聽到的 ----------------------------------------

    def begin(self, number: int, now: float) -> None:
        """第 ``number`` 件開始了。"""
        self.items[number] = _Item(now, now)

    def epoch(self, number: int, training: int, done: int, epochs: int, rows: int, now: float) -> None:
        """第 ``number`` 件的第 ``training`` 次訓練走完 ``done`` 個週期。"""
        item = self.items.setdefault(number, _Item(now, now))
        before = item.trainings.get(training)
        if before is not None and done > before[0]:
            item.seconds += now - item.heard
            if before[0] > 0:
                self._learn(now - item.heard, (done - before[0]) * rows)
        item.trainings[training], item.heard = (done, epochs, rows), now

    def end(self, number: int, now: float) -> None:
        """第 ``number`` 件做完了。"""
        if number in self.items:
            self.items[number].ended = now

    def received(self, now: float) -> None:
        """收到一件的結果；封包都掉了，也還有這個。"""
        self.returned, self.last_return = self.returned + 1, now

    def _learn(self, seconds: float, amount: float) -> None:
        keep = 0.5 ** (seconds / RATE_HALF_LIFE / self.workers)
        self._seconds, self._amount = keep * self._seconds + seconds, keep * self._amount + amount

    # ---- 現在怎麼樣 ----------------------------------------

    @property
    def finished(self) -> int:
        """做完幾件。"""
        return max(self.returned, sum(item.ended is not None for item in self.items.values()))

    @property
    def epochs(self) -> tuple[int, int]:
        """走完的與全部的週期。"""
        done = sum(item.epochs for item in self.items.values())
        total = max(done, sum(work.epochs for work in self.works))
        all_back = self.returned == len(self.works)  # 結果都回來了，最後幾個封包卻也許還在路上
        return total if done and all_back else done, total

    @property
    def fraction(self) -> float:
        """份量做完了幾成：0 到 1。"""
        total = sum(work.training + work.other for work in self.works) or 1.0
        ended = [self.works[n] for n, item in self.items.items() if item.ended is not None]
        done = sum(work.training + work.other for work in ended)
        done += sum(min(i.done, self.works[n].training) for n, i in self.items.items() if i.ended is None)
        return min(1.0, max(done / total, self.returned / len(self.works) if not self.items else 0.0))

    def remaining(self, now: float) -> float | None:
        """還要幾秒；還沒聽到兩個週期、也還沒有做完一件，是 None。"""
        if not self._amount:
            return self._by_finished(now)
        rate = self._seconds / self._amount
        rest = rate * self._rest_factor(rate)
        free = [self._left(n, rate, rest, now) for n, item in self.items.items() if item.ended is None]
        free = [*free, *[0.0] * (self.workers - len(free))]
        heapify(free)
        for number, work in enumerate(self.works):
            if number not in self.items:
                heapreplace(free, free[0] + rate * work.training + rest * work.other)
        return max(free)

    def _left(self, number: int, rate: float, rest: float, now: float) -> float:
        """一件做到一半的，還要幾秒：沒走完的週期，加上還沒花完的其他時間。"""
        item, work = self.items[number], self.works[number]
        elsewhere = now - item.started - item.seconds
        training = max(0.0, max(work.training, item.planned) - item.done)
        return rate * training + max(0.0, rest * work.other - elsewhere)

    def _rest_factor(self, rate: float) -> float:
        """其他的事實際花的時間，是預先估計的幾倍；由做完的各件量出來。"""
        ended = [(self.works[n], i, i.ended) for n, i in self.items.items() if i.ended is not None]
        expected = rate * sum(work.other for work, _, _ in ended)
        spent = sum(when - item.started - item.seconds for _, item, when in ended)
        return spent / expected if expected else 1.0

    def _by_finished(self, now: float) -> float | None:
        """只知道做完幾件：照到目前為止的速度。"""
        if not self.returned or self.start is None:
            return None
        each = (self.last_return - self.start) / self.returned
        return max(0.0, each * (len(self.works) - self.returned) - (now - self.last_return))


# ---- 聽 ----------------------------------------


@contextmanager
def _listening(estimate: Estimate, screen: "_Screen") -> Iterator[Callable[[], None]]:
    """在旁邊的執行緒聽封包、更新畫面；給出「收到一件結果」要呼叫的函式。"""
    lock, stop, secret = threading.Lock(), threading.Event(), token_hex(8)
    estimate.start = time.monotonic()

    def received() -> None:
        with lock:
            estimate.received(time.monotonic())

    with _receiver() as receiver:
        arguments = (receiver, secret, estimate, screen, lock, stop)
        thread = threading.Thread(target=_listen, args=arguments, daemon=True)
        thread.start()
        succeeded = False
        try:
            with _told(receiver, secret):
                yield received
            succeeded = True
        finally:
            stop.set()
            thread.join()
            screen.close(estimate, time.monotonic() - estimate.start, succeeded)


@contextmanager
def _receiver() -> Iterator[socket.socket | None]:
    """只有本機送得進來的 UDP 埠；開不了（例如沒有網路的沙箱）就是 None，只顯示做完幾件。"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        try:
            receiver.bind(("127.0.0.1", 0))
        except OSError:
            yield None
            return
        receiver.settimeout(REDRAW)
        yield receiver


@contextmanager
def _told(receiver: socket.socket | None, secret: str) -> Iterator[None]:
    """在這個區塊裡啟動的行程知道要把進度送到哪裡；暗號讓別的程式送錯地方的封包不算數。"""
    before = os.environ.get(announce.VARIABLE)
    if receiver is not None:
        os.environ[announce.VARIABLE] = f"{receiver.getsockname()[1]}:{secret}"
    try:
        yield
    finally:
        os.environ.pop(announce.VARIABLE, None)
        if before is not None:
            os.environ[announce.VARIABLE] = before


def _listen(
    receiver: socket.socket | None, secret: str, estimate: Estimate, screen: "_Screen",
    lock: threading.Lock, stop: threading.Event,
) -> None:  # fmt: skip
    drawn = 0.0
    while not stop.is_set():
        message = _next(receiver, stop)
        now = time.monotonic()
        with lock:
            hear(message, secret, estimate, now)
            if now - drawn >= REDRAW:
                screen.show(estimate, now)
                drawn = now


def _next(receiver: socket.socket | None, stop: threading.Event) -> bytes:
    """下一個封包；``REDRAW`` 秒內沒有就是空的。"""
    if receiver is None:
        stop.wait(REDRAW)
        return b""
    try:
        return receiver.recv(256)
    except OSError:  # 逾時；Windows 還會把太長的（不是我們的）封包當成錯誤
        return b""


def hear(message: bytes, secret: str, estimate: Estimate, now: float) -> None:
    """把一個封包記進估計；暗號不對、看不懂、不在清單上的工作，一律不理。"""
    said, kind, *numbers = [*message.decode("ascii", "replace").split(), "", ""][: 2 + 5]
    values = [int(number) for number in numbers if number.isdecimal()]
    if said != secret or not values or values[0] >= len(estimate.works):
        return
    if kind == "epoch" and len(values) == 5:
        number, training, done, epochs, rows = values
        estimate.epoch(number, training, done, epochs, rows, now)
    elif kind in ("begin", "end"):
        (estimate.begin if kind == "begin" else estimate.end)(values[0], now)


# ---- 顯示 ----------------------------------------


class _Screen:
    """寫進紀錄的樣子：每前進一成印一行。"""

    def __init__(self, label: str, unit: str) -> None:
        self.label, self.unit, self.tenths = label, unit, 0
        self.finish: float | None = None
        self.shown_at = 0.0

    def show(self, estimate: Estimate, now: float) -> None:
        """前進了一成就印一行。"""
        left = self._smoothed(estimate.remaining(now), now)
        tenths = int(estimate.fraction * 10)
        if 10 > tenths > self.tenths:
            self.tenths = tenths
            self._write(self._text(estimate, left))

    def close(self, estimate: Estimate, seconds: float, succeeded: bool) -> None:
        """最後一行；失敗了就不寫，讓錯誤訊息自己說。"""
        if succeeded:
            self._write(f"{self._counts(estimate)}，用了{duration(seconds)}")

    def _write(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def _text(self, estimate: Estimate, left: float | None) -> str:
        ahead = "" if left is None else f"，還要約{duration(left)}"
        return f"{self._counts(estimate)}{ahead}"

    def _counts(self, estimate: Estimate) -> str:
        done, total = estimate.epochs
        epochs = f"，{done:,}/{total:,} 個訓練週期" if done else ""
        return f"{self.label}：{estimate.finished}/{len(estimate.works)} {self.unit}{epochs}"

    def _smoothed(self, left: float | None, now: float) -> float | None:
        """完成的時刻取指數平均：時間照樣一秒一秒少，估計的改變慢慢反映。"""
        if left is None:
            return None
        if self.finish is None:
            self.finish = now + left
        else:
            self.finish += (now + left - self.finish) * (1 - exp(-(now - self.shown_at) / SMOOTHING))
        self.shown_at = now
        return max(0.0, self.finish - now)


class _Bar(_Screen):
    """終端機上的進度列，由 tqdm 畫。"""

    def __init__(self, label: str, unit: str, columns: int) -> None:
        super().__init__(label, unit)
        from tqdm import tqdm

        layout = "{percentage:3.0f}%|{bar:" + str(min(BAR, columns // 4)) + "}| {desc}"
        self.bar: Any = tqdm(total=1.0, bar_format=layout, ncols=columns - 1, desc=f"{label}：準備中")

    def show(self, estimate: Estimate, now: float) -> None:
        """重畫一次；不往回走。"""
        left = self._smoothed(estimate.remaining(now), now)
        self._draw(max(self.bar.n, estimate.fraction), self._text(estimate, left))

    def close(self, estimate: Estimate, seconds: float, succeeded: bool) -> None:
        """成功就畫滿；失敗就停在那裡，換到下一行。"""
        if succeeded:
            self._draw(1.0, f"{self._counts(estimate)}，用了{duration(seconds)}")
        self.bar.close()

    def _draw(self, fraction: float, text: str) -> None:
        self.bar.n = fraction
        self.bar.set_description_str(text, refresh=True)


def _screen(label: str, unit: str) -> _Screen:
    width = _columns()
    return _Bar(label, unit, width) if width >= NARROWEST else _Screen(label, unit)


def _columns() -> int:
    """終端機有幾欄；不是終端機，或不知道幾欄（有些容器說是 0，tqdm 會停不下來），就是 0。"""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns if sys.stderr.isatty() else 0
    except (OSError, ValueError):
        return 0


def duration(seconds: float) -> str:
    """讀得順的時間；越久寫得越粗。前面空一格，接在中文後面。

    >>> [duration(one) for one in (0.2, 42, 95, 1260, 7500)]
    ['不到 1 秒', ' 42 秒', ' 1 分 35 秒', ' 21 分', ' 2 小時 5 分']
    """
    if seconds < 1:
        return "不到 1 秒"
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f" {minutes // 60} 小時 {minutes % 60} 分"
    if minutes >= 10:
        return f" {minutes} 分"
    return f" {minutes} 分 {rest} 秒" if minutes else f" {rest} 秒"
