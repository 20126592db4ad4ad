"""三個引擎與差商：每種概似 × 每種 KL × free bits，損失與每一塊梯度都相同。"""

import numpy as np
import pytest

from tests.core.ames import Ames
from tests.core.gradient_check import (
    ENGINES_AGREE,
    FINITE_DIFFERENCE,
    assert_same_gradient,
    finite_difference,
    relative_error,
)
from tests.core.problems import LIKELIHOODS, evaluate, make_problem, on_ames
from vae_from_scratch.gradients import ENGINES, KL_FORMS

every_case = pytest.mark.parametrize(
    ("likelihood", "kl", "free_bits"),
    [(name, kl, bits) for name in LIKELIHOODS for kl in KL_FORMS for bits in (0.0, 0.2)],
)


@every_case
@pytest.mark.parametrize("other", ["autograd", "tensorflow"])
def test_every_engine_gives_the_same_loss_and_gradient(likelihood, kl, free_bits, other) -> None:
    problem = make_problem(likelihood)
    loss, gradient = evaluate(problem.engine("numpy", kl, free_bits), problem)
    other_loss, other_gradient = evaluate(problem.engine(other, kl, free_bits), problem)
    assert relative_error(other_loss.total, loss.total) <= ENGINES_AGREE
    assert relative_error(other_loss.reconstruction, loss.reconstruction) <= ENGINES_AGREE
    assert relative_error(other_loss.kl_per_unit, loss.kl_per_unit) <= ENGINES_AGREE
    assert_same_gradient(problem.network, other_gradient, gradient, ENGINES_AGREE)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("kl", ["closed_form", "single_sample"])  # 路徑導數刻意不是損失的導數
def test_gradient_is_the_slope_of_the_loss(likelihood, kl) -> None:
    problem = make_problem(likelihood, n_rows=3, hidden=(5,), latent_dim=2)
    engine = problem.engine("numpy", kl)
    gradient = evaluate(engine, problem)[1]

    def loss(parameters):
        return evaluate(engine, problem._replace(parameters=parameters))[0].total

    slope = finite_difference(loss, problem.parameters)
    assert_same_gradient(problem.network, gradient, slope, FINITE_DIFFERENCE)


@pytest.mark.parametrize("kl", KL_FORMS)
def test_free_bits_are_in_force_in_these_cases(kl) -> None:
    """門檻 0.2 不是擺著好看：同一批資料裡，有的維度在它上面、有的在下面。"""
    problem = make_problem("bernoulli")
    kl_per_unit = evaluate(problem.engine("numpy", kl), problem)[0].kl_per_unit
    assert kl_per_unit.min() < 0.2 < kl_per_unit.max()


@pytest.mark.parametrize("engine", ["autograd", "tensorflow"])
def test_a_unit_exactly_at_the_free_bits_threshold_is_not_pushed(engine) -> None:
    """KL 正好等於門檻（μ = 1、σ = 1，KL = ½）：三個引擎都當作沒有超過，KL 不給梯度。"""
    problem = make_problem("bernoulli", hidden=())
    problem.network.views(problem.parameters).encoder[0][:] = [[0.0] * 6] * 10 + [[1.0, 1, 1, 0, 0, 0]]
    loss, gradient = evaluate(problem.engine("numpy", free_bits=0.5), problem)
    assert loss.kl_per_unit.tolist() == [0.5] * 3
    assert_same_gradient(
        problem.network, gradient, evaluate(problem.engine("numpy"), problem, beta=0.0)[1], ENGINES_AGREE
    )
    other = evaluate(problem.engine(engine, free_bits=0.5), problem)[1]
    assert_same_gradient(problem.network, other, gradient, ENGINES_AGREE)


@pytest.mark.parametrize("engine", ["autograd", "tensorflow"])
@pytest.mark.parametrize("likelihood", ["bernoulli", "categorical"])
@pytest.mark.parametrize("size", [40.0, 1e4])
def test_engines_agree_on_very_large_logits(engine, likelihood, size) -> None:
    """logit 大到 eᵃ 溢位，或小到 eᵃ 是 0；猜錯的格子與整組缺失的變數都在裡面。"""
    problem = make_problem(likelihood)
    bias = problem.network.views(problem.parameters).decoder[-1][-1]
    bias[:] = size * np.where(np.arange(bias.size) % 3 == 0, 1, -1)
    loss, gradient = evaluate(problem.engine("numpy"), problem)
    other_loss, other_gradient = evaluate(problem.engine(engine), problem)
    assert np.isfinite(gradient).all() and loss.reconstruction > size
    assert relative_error(other_loss.total, loss.total) <= ENGINES_AGREE
    assert_same_gradient(problem.network, other_gradient, gradient, ENGINES_AGREE)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_autograd_keeps_the_precision_it_was_given(likelihood, dtype) -> None:
    """float32 進、float32 出：沒有一個常數把計算悄悄升成 float64。"""
    problem = make_problem(likelihood)
    parameters, x, noise = (array.astype(dtype) for array in (problem.parameters, problem.x, problem.noise))
    problem = problem._replace(parameters=parameters, x=x, noise=noise)
    for kl in KL_FORMS:
        loss, gradient = evaluate(problem.engine("autograd", kl, free_bits=0.2), problem)
        assert gradient.dtype == loss.kl_per_unit.dtype == dtype


@pytest.mark.parametrize("engine", ["autograd", "tensorflow"])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_engines_agree_on_the_original_network_and_real_houses(ames: Ames, likelihood, engine) -> None:
    problem = on_ames(ames, likelihood, n_rows=32)
    loss, gradient = evaluate(problem.engine("numpy"), problem)
    other_loss, other_gradient = evaluate(problem.engine(engine), problem)
    assert relative_error(other_loss.total, loss.total) <= ENGINES_AGREE
    assert_same_gradient(problem.network, other_gradient, gradient, ENGINES_AGREE)


def test_all_three_engines_are_covered() -> None:
    assert set(ENGINES) == {"numpy", "autograd", "tensorflow"}
