"""網頁的引擎與 NumPy 引擎比的是同一件事：同樣的初始值、次序與雜訊，損失相同；沒有編譯就說怎麼辦。"""

from pathlib import Path
from typing import Any, cast

import pytest

from tests.bench.problems import small_problem
from tests.bench.test_measure import timing
from vae_from_scratch.bench import report
from vae_from_scratch.bench.contestants import NUMPY, PAGE, PAGES, page
from vae_from_scratch.bench.measure import race
from vae_from_scratch.training import one_thread


def test_every_epoch_has_the_same_loss_as_numpy():
    """三個訓練週期，每一個的損失都相同；時間是 Node 自己的 CPU 時間。"""
    with one_thread():
        numpy, lab = (cast(Any, entry.make(small_problem())) for entry in PAGES)
        losses = [(numpy.epoch(), lab.epoch()) for _ in range(3)]
    assert [ours for ours, _ in losses] == pytest.approx([other for _, other in losses], rel=1e-5)
    assert losses[2] < losses[0]
    assert lab.cpu_seconds() > 0.01


def test_the_cpu_time_of_the_other_process_is_counted():
    """參賽者的行程只是在等；算的是 Node 的時間。"""
    numpy, lab = race(small_problem(), list(PAGES), epochs=2)
    assert numpy.failure == lab.failure == ""
    assert all(seconds > 0 for seconds in lab.cpu)


def test_without_the_compiled_engine_the_cure_is_told(monkeypatch):
    monkeypatch.setattr(page, "ENGINE", Path("沒有"))
    with pytest.raises(FileNotFoundError, match="make book"):
        page.PageEngine(small_problem())


def test_the_ratio_is_of_the_whole_cpu_time():
    """第一個訓練週期（暖機）也算在內。"""
    numpy, lab = timing(NUMPY, [1.0, 1.0, 2.0]), timing(PAGE, [4.0, 1.0, 1.0])
    numpy.cpu, lab.cpu = numpy.wall, lab.wall
    first, second = report.pages([numpy, lab])
    assert (first.to_numpy, second.to_numpy, second.cpu_seconds, second.epochs) == (1.0, 1.5, 6.0, 3)
    assert "| 1.50 |" in report.pages_table([first, second])
