"""引擎算的就是第 8 章的式子：同樣的權重、批次與雜訊，損失、每一個梯度、兩百步以後的參數都與 NumPy 相同。"""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.core.ames import Ames, load
from tests.core.gradient_check import assert_same_gradient, relative_error
from tests.lab.comparison import (
    AFTER_STEPS,
    BETA,
    FREE_BITS,
    SAME,
    one_batch,
    walk_by_engine,
    walk_by_numpy,
)
from tests.lab.engine import call
from tests.lab.problems import LIKELIHOODS, Problem, make_problem, on_ames
from vae_from_scratch import MixedRows
from vae_from_scratch.gradients import KL_FORMS

STEPS = 200
CASES = [(name, kl, free) for name in LIKELIHOODS for kl in KL_FORMS for free in (0.0, FREE_BITS)]
#: 每種資料配一種 KL。
WALKS = list(zip(LIKELIHOODS, (*KL_FORMS, KL_FORMS[0]), strict=True))
#: 網路的樣子：沒有隱藏層、很深、一到三維；寬度都不是 16 的倍數。
SHAPES = [((), 1), ((5,), 2), ((33, 17, 16), 3)]


@pytest.fixture(scope="module")
def ames() -> Ames:
    return load()


def assert_same(problem: Problem, kl: str, free_bits: float, loss: dict, gradient: NDArray) -> None:
    want, expected = problem.by_numpy(kl, free_bits, BETA)
    got = [loss["total"], loss["reconstruction"], *loss["klPerUnit"]]
    np.testing.assert_allclose(got, [want.total, want.reconstruction, *want.kl_per_unit], rtol=SAME)
    assert_same_gradient(problem.network, gradient, expected, SAME)


@pytest.fixture(scope="module")
def answers() -> dict[tuple[str, str, float], tuple[dict, NDArray]]:
    """全部的組合在一個 Node 行程裡算完。"""
    calls = [one for name, kl, free in CASES for one in one_batch(make_problem(name), kl, free)]
    found = call(*calls)
    return {case: (found[4 * k + 2], found[4 * k + 3]) for k, case in enumerate(CASES)}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_loss_and_every_gradient_agree_with_numpy(answers, case) -> None:
    """四種資料 × 三種 KL × 有沒有 free bits；缺失、旗標、只有一個水準的變數都在裡面。"""
    name, kl, free_bits = case
    assert_same(make_problem(name), kl, free_bits, *answers[case])


def test_free_bits_leave_one_unit_out_and_another_in() -> None:
    """上面的題目分得出 free bits：有的單元在門檻以下，有的在以上。"""
    kl = make_problem("mixed").by_numpy("closed_form", 0.0, BETA)[0].kl_per_unit
    assert kl.min() < FREE_BITS < kl.max()


@pytest.mark.parametrize(("hidden", "latent"), SHAPES)
def test_any_hidden_layers_and_latent_dimension(hidden, latent) -> None:
    problem = make_problem("mixed", n_rows=32, hidden=hidden, latent=latent)
    *_, loss, gradient = call(*one_batch(problem, "closed_form", 0.0))
    assert_same(problem, "closed_form", 0.0, loss, gradient)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_one_batch_of_real_houses_through_the_original_network(ames, name) -> None:
    problem = on_ames(ames, name, n_rows=32)
    *_, loss, gradient = call(*one_batch(problem, "closed_form", 0.0))
    assert_same(problem, "closed_form", 0.0, loss, gradient)


def test_far_numbers_next_to_the_levels_stay_finite_after_many_batches() -> None:
    """水準不到 16 的倍數，補齊的位置後面就是數字：看過幾百批以後，再遠的數字也不會變成 NaN。"""
    problem = make_problem("mixed")
    assert isinstance(problem.rows, MixedRows)
    far = problem._replace(rows=replace(problem.rows, numbers=8 * problem.rows.numbers))
    configure, parameters, loss, gradient = one_batch(far, "closed_form", 0.0)
    *_, found, slope = call(configure, parameters, *[loss] * 200, gradient)
    assert_same(far, "closed_form", 0.0, found, slope)


# ---- 走兩百步 ----


@pytest.mark.parametrize(("name", "kl"), WALKS)
def test_parameters_agree_after_two_hundred_steps(ames, name, kl) -> None:
    """最後一批比較小；走過一次歸零非正規數（第 100 步）。"""
    problem = on_ames(ames, name, n_rows=32 * 24 + 9, hidden=(50, 20))
    epochs = STEPS // 25
    *_, last, parameters = call(*walk_by_engine(problem, kl, epochs))
    expected, losses = walk_by_numpy(problem, kl, epochs)
    assert relative_error(expected, problem.parameters) > 0.05  # 真的走了很遠
    assert relative_error(parameters, expected) <= AFTER_STEPS
    assert last["loss"] == pytest.approx(losses[-1], rel=AFTER_STEPS)
    assert last["epoch"] == epochs
