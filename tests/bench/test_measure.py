"""計時的方法：輪流、暖機不計、比值是同一輪的比值，結束後一切復原。"""

import os
import sys

import numpy as np
import pytest

from tests.bench.problems import small_problem
from vae_from_scratch.bench import measure
from vae_from_scratch.bench.contestants import BOUND, ENTRIES, Entry
from vae_from_scratch.bench.measure import Timing


def timing(key, wall):
    return Timing(Entry(key, key, ""), n_steps=10, wall=wall, cpu=wall, losses=[1.0] * len(wall))


def test_warm_up_does_not_count():
    """第一個訓練週期（編譯）再久也不影響中位數。"""
    assert timing("a", [99, 0.01, 0.02, 0.03]).milliseconds == pytest.approx(2.0)


def test_ratio_cancels_a_slow_machine():
    """機器在某幾輪慢了五倍，兩邊一起慢：比值仍是 1.5；用各自的中位數相除就不是。"""
    slow = np.array([1, 1, 5, 5, 1, 5, 1])
    bound, racer = timing(BOUND, list(slow * 0.01)), timing("a", list(slow * 0.015))
    assert measure.ratio(racer, bound) == pytest.approx(1.5)


def test_early_and_late_are_separate():
    """後期從第 9 個訓練週期起；走得不夠久就是 NaN，不拿前期充數。"""
    long = timing("a", [9.0] + [0.01] * 7 + [0.02] * 8)
    assert (long.early, long.late) == (pytest.approx(1.0), pytest.approx(2.0))
    assert np.isnan(timing("a", [0.01] * 5).late)


def test_race_takes_turns_and_restores_the_process():
    """每人走同樣多個訓練週期，損失都記下；結束後可用的核心與原來相同。"""
    before = os.sched_getaffinity(0) if sys.platform == "linux" else None
    entries = [entry for entry in ENTRIES if entry.key in (BOUND, "numpy", "autograd")]
    timings = measure.race(small_problem(), entries, epochs=3)
    assert [len(t.wall) for t in timings] == [3, 3, 3]
    assert timings[1].losses == pytest.approx(timings[2].losses, rel=1e-4)
    if before is not None:
        assert os.sched_getaffinity(0) == before


def test_one_epoch_is_not_a_measurement():
    with pytest.raises(ValueError, match="epochs"):
        measure.race(small_problem(), [], epochs=1)


@pytest.mark.slow
def test_engines_stay_near_the_bound():
    """防退步：原文的網路，引擎 numpy 不超過下限的 2.5 倍（量測是 1.63），手寫的基本運算不超過 4 倍。

    測試時機器可能很忙，所以放寬；準確的數字由 ``python -m vae_from_scratch bench`` 量。
    """
    from vae_from_scratch.bench.problem import load

    entries = [entry for entry in ENTRIES if entry.key in (BOUND, "numpy", "autograd_primitives")]
    bound, numpy, primitives = measure.race(load(), entries, epochs=6)
    assert measure.ratio(numpy, bound) < 2.5
    assert measure.ratio(primitives, bound) < 4
