"""三個引擎、自然寫法的參考與差商：每種概似 × 每種 KL × free bits，損失與每一塊梯度都相同。"""

import pytest

from tests.core import natural_reference
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


@every_case
def test_textbook_expression_gives_the_same_loss_and_gradient(likelihood, kl, free_bits) -> None:
    problem = make_problem(likelihood)
    loss, gradient = evaluate(problem.engine("numpy", kl, free_bits), problem)
    natural_loss, natural_gradient = natural_reference.loss_and_gradient(problem, kl, 0.6, free_bits)
    assert relative_error(loss.total, natural_loss) <= ENGINES_AGREE
    assert_same_gradient(problem.network, gradient, natural_gradient, ENGINES_AGREE)


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
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_engines_agree_on_the_original_network_and_real_houses(ames: Ames, likelihood, engine) -> None:
    problem = on_ames(ames, likelihood, n_rows=32)
    loss, gradient = evaluate(problem.engine("numpy"), problem)
    other_loss, other_gradient = evaluate(problem.engine(engine), problem)
    assert relative_error(other_loss.total, loss.total) <= ENGINES_AGREE
    assert_same_gradient(problem.network, other_gradient, gradient, ENGINES_AGREE)


def test_all_three_engines_are_covered() -> None:
    assert set(ENGINES) == {"numpy", "autograd", "tensorflow"}
