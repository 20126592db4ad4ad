"""進度：估計站得住、聽得到別的行程、紀錄裡乾乾淨淨、安靜就什麼也沒有，而且一個位元也不動訓練。"""

import os
import socket
import sys
import time
from heapq import heapify, heappop, heappush

import numpy as np
import pytest

from vae_from_scratch import VAE, announce, arithmetic, progress
from vae_from_scratch.progress import Estimate, Work, follow, hear

SECRET = "abcd"
X = np.random.default_rng(0).integers(0, 2, (60, 6)).astype(float)


def train(seed: int, epochs: int = 4) -> bytes:
    return VAE(hidden=(5,), epochs=epochs, random_state=seed).fit(X).parameters_.tobytes()


# ---- 估計 ----------------------------------------


class Simulation:
    """``workers`` 個行程依序做 ``works``：每個週期、每件的其他事各要多少秒由亂數決定。"""

    def __init__(self, works: list[Work], workers: int, rest: float, rng: np.random.Generator) -> None:
        self.works, self.rest = works, rest
        self.events: list[tuple[float, str, tuple[int, ...]]] = []
        free = [0.0] * workers
        heapify(free)
        for number, work in enumerate(works):
            heappush(free, self._one(number, work, heappop(free), rng))
        self.end = max(free)
        self.events.sort(key=lambda event: event[0])

    def _one(self, number: int, work: Work, now: float, rng: np.random.Generator) -> float:
        self.events.append((now, "begin", (number,)))
        now += 0.2 * self.rest
        for done in range(work.epochs + 1):
            self.events.append((now, "epoch", (number, 0, done, work.epochs, work.rows)))
            if done < work.epochs:
                now += work.rows * 1e-3 * rng.uniform(0.8, 1.2)
        now += 0.8 * self.rest * rng.uniform(0.8, 1.2)
        self.events.append((now, "end", (number,)))
        return now

    def remaining_at(self, share: float, estimate: Estimate) -> tuple[float | None, float]:
        """走到全程的 ``share`` 時的（估計，真正的）剩餘秒數。"""
        now = share * self.end
        for when, kind, numbers in self.events:
            if when <= now:
                hear(" ".join(map(str, (SECRET, kind, *numbers))).encode(), SECRET, estimate, when)
        return estimate.remaining(now), self.end - now


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("rest_seconds", [0.0, 2.0, 12.0])
@pytest.mark.parametrize("uneven", [False, True])
def test_the_estimate_holds(workers, rest_seconds, uneven):
    """真正的剩餘時間：做完幾件以後差不到兩成；一件也還沒做完時，只差在還不知道的其他事。"""
    works = [Work((40, 80, 20)[n % 3] if uneven else 40, 200, rest=4_000) for n in range(9)]
    for seed in range(5):
        simulation = Simulation(works, workers, rest_seconds, np.random.default_rng(seed))
        for share in (0.5, 0.7, 0.9):
            found, true = simulation.remaining_at(share, Estimate(works, workers))
            assert found == pytest.approx(true, rel=0.2, abs=0.03 * simulation.end)


def test_the_check_of_the_estimate_can_fail():
    """反例：以為有九個行程，其實只有三個，就超出上面容許的範圍。"""
    works = [Work(40, 200, rest=0)] * 9
    simulation = Simulation(works, 3, 0.0, np.random.default_rng(0))
    found, true = simulation.remaining_at(0.5, Estimate(works, 9))
    assert found != pytest.approx(true, rel=0.2, abs=0.03 * simulation.end)


def test_nothing_is_promised_before_two_epochs_and_the_first_one_does_not_count():
    estimate = Estimate([Work(10, 100, rest=0)], 1)
    estimate.begin(0, now=0.0)
    estimate.epoch(0, 0, 0, 10, 100, now=3.0)
    estimate.epoch(0, 0, 1, 10, 100, now=13.0)
    assert estimate.remaining(13.0) is None
    estimate.epoch(0, 0, 2, 10, 100, now=14.0)
    assert estimate.remaining(14.0) == pytest.approx(8.0)


def test_several_models_in_one_item_and_a_plan_that_was_too_short():
    estimate = Estimate([Work(4, 100, rest=0)], 1)
    estimate.begin(0, now=0.0)
    for training in range(2):
        for done in range(5):
            estimate.epoch(0, training, done, 4, 100, now=10.0 * training + done)
    assert estimate.epochs == (8, 8) and estimate.fraction == 1.0
    estimate.epoch(0, 2, 0, 6, 50, now=20.0)
    assert estimate.remaining(20.0) == pytest.approx(3.0), "真正的訓練比說好的多，就照真正的"


def test_a_lost_packet_is_made_up_by_the_next():
    estimate = Estimate([Work(10, 100, rest=0)], 1)
    for done in (0, 1, 5, 6):
        estimate.epoch(0, 0, done, 10, 100, now=float(done))
    assert estimate.epochs == (6, 10) and estimate.remaining(6.0) == pytest.approx(4.0)


def test_only_finished_items_are_enough_for_an_estimate():
    """叢集上的工作聽不到週期：照做完的件數。"""
    estimate = Estimate([Work(10, 100)] * 4, 2)
    estimate.start = 0.0
    assert estimate.remaining(5.0) is None
    estimate.received(now=10.0)
    assert estimate.remaining(12.0) == pytest.approx(28.0)
    assert estimate.finished == 1 and estimate.fraction == 0.25


@pytest.mark.parametrize(
    "message",
    [b"", b"\xff\xfe", b"epoch", b"fedc epoch 0 0 1 4 60", b"abcd epoch 7 0 1 4 60", b"abcd epoch 0 0",
     b"abcd epoch -1 0 1 4 60", b"abcd jump 0"],
)  # fmt: skip
def test_packets_that_are_not_ours_are_ignored(message):
    estimate = Estimate([Work(4, 60)], 1)
    hear(message, SECRET, estimate, 1.0)
    assert not estimate.items and estimate.epochs == (0, 4)
    hear(b"abcd epoch 0 0 1 4 60", SECRET, estimate, 1.0)
    assert estimate.epochs == (1, 4), "我們的就算數"


# ---- 顯示 ----------------------------------------


def test_a_log_gets_a_few_plain_lines_with_epochs_of_every_worker(capsys):
    works = [Work(40, 60)] * 4
    results = arithmetic.run_in_workers(train, [(seed, 40) for seed in range(4)], 2)
    assert len(list(follow(results, works, workers=2))) == 4
    shown = capsys.readouterr().err
    lines = shown.splitlines()
    assert 1 <= len(lines) <= 11 and "\r" not in shown and "\x1b" not in shown
    assert lines[-1].startswith("訓練：4/4 個種子，160/160 個訓練週期，用了")
    assert announce.VARIABLE not in os.environ


def test_quiet_shows_nothing(capsys):
    results = (number for number in range(3))
    assert list(follow(results, [Work(4, 60)] * 3, workers=1, quiet=True)) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")


class Terminal:
    """有 ``columns`` 欄的終端機。"""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
        self.shown = ""
        monkeypatch.setattr(sys, "stderr", self)
        monkeypatch.setattr(os, "get_terminal_size", lambda number: os.terminal_size((columns, 24)))

    encoding = "utf-8"

    def write(self, text: str) -> int:
        self.shown += text
        return len(text)

    def flush(self) -> None: ...
    def fileno(self) -> int:
        return 2

    def isatty(self) -> bool:
        return True


def slow_jobs():
    for number in range(3):
        with announce.item(number):
            announce.training(0, 5, 100)
            for done in range(1, 6):
                time.sleep(0.15)
                announce.epoch(done, 5, 100)
        yield number


@pytest.mark.parametrize("columns", [100, 0])
def test_a_terminal_gets_a_moving_bar_and_one_without_a_width_gets_lines(monkeypatch, columns):
    terminal = Terminal(monkeypatch, columns)
    assert list(follow(slow_jobs(), [Work(5, 100, rest=0)] * 3, workers=1)) == [0, 1, 2]
    assert ("\r" in terminal.shown) is bool(columns)
    assert "還要約" in terminal.shown and "3/3 個種子，15/15 個訓練週期，用了" in terminal.shown


def test_an_error_leaves_the_last_line_to_the_message(capsys):
    def broken():
        yield 1
        raise FloatingPointError("發散")

    with pytest.raises(FloatingPointError):
        list(follow(broken(), [Work(4, 60)] * 2, workers=1))
    assert "用了" not in capsys.readouterr().err
    assert announce.VARIABLE not in os.environ


def test_without_a_network_only_finished_items_are_shown(monkeypatch, capsys):
    def refuse(*where):
        raise OSError("沒有網路")

    monkeypatch.setattr(progress.socket, "socket", lambda *kind: Refusing(refuse))
    assert list(follow(iter([1, 2]), [Work(4, 60)] * 2, workers=1)) == [1, 2]
    assert "2/2 個種子，用了" in capsys.readouterr().err


class Refusing:
    def __init__(self, refuse):
        self.bind = refuse

    def __enter__(self):
        return self

    def __exit__(self, *exception): ...


# ---- 訓練不受影響 ----------------------------------------


def test_not_a_bit_changes(monkeypatch):
    alone = [train(seed) for seed in range(2)]
    followed = arithmetic.run_in_workers(train, [(seed,) for seed in range(2)], 1)
    monkeypatch.setattr(arithmetic, "in_use", lambda: True)
    assert list(follow(followed, [Work(4, 60)] * 2, workers=1)) == alone


@pytest.mark.parametrize("where", ["9:沒有人在聽", "不是數字", "99999999:埠太大", ""])
def test_training_goes_on_when_nobody_listens(monkeypatch, where):
    expected = train(0)
    monkeypatch.setenv(announce.VARIABLE, where)
    with announce.item(0):
        assert train(0) == expected


def test_many_short_epochs_are_told_now_and_then_and_the_last_one_always(monkeypatch):
    said: list[tuple] = []
    monkeypatch.setattr(announce, "_say", lambda *words: said.append(words))
    with announce.item(0):
        announce.training(0, 500, 60)
        for done in range(1, 501):
            announce.epoch(done, 500, 60)
    told = [words[2] for words in said if words[0] == "epoch"]
    assert told[0] == 0 and told[-1] == 500 and len(told) < 100


def test_a_full_queue_neither_stops_nor_slows_the_training(monkeypatch):
    """聽的那一頭停了（例如被暫停）：一個週期只多花幾十微秒，最小的模型一個週期也要好幾毫秒。"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf, announce.item(0):
        deaf.bind(("127.0.0.1", 0))
        monkeypatch.setenv(announce.VARIABLE, f"{deaf.getsockname()[1]}:{SECRET}")
        monkeypatch.setattr(announce, "LEAST_SECONDS", 0.0)
        started = time.process_time()
        for done in range(5_000):
            announce.epoch(done, 5_000, 60)
        assert (time.process_time() - started) / 5_000 < 2e-4
