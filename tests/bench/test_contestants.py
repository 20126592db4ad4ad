"""參賽者都在做同一件事：第一個訓練週期的平均損失相同。"""

from typing import Any, cast

import numpy as np
import pytest

from tests.bench.problems import small_problem
from vae_from_scratch.bench import contestants
from vae_from_scratch.bench.contestants import BOUND, ENTRIES, TABLES, Entry
from vae_from_scratch.bench.contestants.bound import Bound
from vae_from_scratch.bench.contestants.ours import NumPyEngine
from vae_from_scratch.rows import DenseRows
from vae_from_scratch.training import one_thread

#: ε 的位置不同（Keras 的慣例），頭幾步的步長差一點；fit 自己抽順序與雜訊，只能比大概。
TOLERANCE = {"tf_step": 5e-3, "keras_fit": 0.1}


def agrees(entry, loss, reference):
    return abs(loss / reference - 1) < TOLERANCE.get(entry.key, 2e-5)


@pytest.fixture(scope="module")
def reference():
    with one_thread():
        return NumPyEngine(small_problem()).epoch()


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.key != BOUND], ids=lambda entry: entry.key)
def test_same_work(entry, reference):
    """同樣的起點、順序與雜訊，float32：第一個訓練週期的損失與引擎 numpy 相同；之後損失下降。"""
    if not entry.installed:
        pytest.skip(f"沒有安裝 {entry.package}")
    contestant = entry.make(small_problem())
    losses = [contestant.epoch() for _ in range(3)]
    assert agrees(entry, losses[0], reference)
    assert losses[2] < losses[0]


def test_the_two_tables_are_the_same_houses():
    """混合的表多 36 個數字，類別的代碼與只有類別的那一種相同；兩邊的損失都下降。"""
    with one_thread():
        few, many = (cast(Any, entry.make(small_problem())) for entry in TABLES)
        assert (few.rows.codes == many.rows.codes[:, : few.rows.codes.shape[1]]).all()
        assert few.rows.codes.shape[1] == 43 and many.rows.numbers.shape[1] == 36
        for contestant in (few, many):
            losses = [contestant.epoch() for _ in range(3)]
            assert losses[2] < losses[0]


class Lazy(NumPyEngine):
    """只走一半的批次。"""

    def __init__(self, problem):
        super().__init__(problem)
        self.rows = DenseRows(problem.x[: len(problem.x) // 2])


class WithoutKL(NumPyEngine):
    """忘了 KL。"""

    def __init__(self, problem):
        super().__init__(problem)
        self.schedule.beta = 0.0


@pytest.mark.parametrize("cheat", [Lazy, WithoutKL])
def test_a_cheat_is_caught(cheat, reference):
    """負對照：少走批次、少算一項，損失就對不上。"""
    assert not agrees(Entry("cheat", "", ""), cheat(small_problem()).epoch(), reference)


def test_the_bound_does_every_product():
    """下限：十層網路有 29 個矩陣乘法（第一層不必對輸入求導），沒有損失。"""
    bound = Bound(small_problem())
    assert len(bound.products) == 3 * 6 - 1
    assert np.isnan(bound.epoch())


def test_unknown_names_are_refused():
    """打錯的名字：說出名單。"""
    with pytest.raises(ValueError, match="jax_scan"):
        contestants.chosen(["numpi"])
    assert [entry.key for entry in contestants.chosen(["numpy"])] == [BOUND, "numpy"]


@pytest.mark.parametrize(("platform", "warned"), [("linux", True), ("darwin", False), ("win32", False)])
def test_torch_on_linux_leads_to_the_cpu_build(platform, warned, monkeypatch):
    """Linux 上直接裝 torch 是好幾 GB 的 CUDA 版，所以說法多一句；別的套件、別的系統不必。"""
    monkeypatch.setattr("sys.platform", platform)
    assert ("CPU" in contestants.how_to_install("torch")) == warned
    assert contestants.how_to_install("torch").endswith('pip install -e ".[bench]"')
    assert contestants.how_to_install("jax") == 'pip install -e ".[bench]"'
