"""反例：檢查器碰到錯的梯度必須失敗。每一個錯法都是真的會寫錯的樣子。"""

import numpy as np
import pytest

from tests.core.gradient_check import ENGINES_AGREE, assert_same_gradient, relative_error
from tests.core.problems import Problem, evaluate, make_problem
from vae_from_scratch.likelihood import Gaussian

BETA = 0.6


def gradient(problem: Problem, kl: str = "closed_form", beta: float = BETA):
    return evaluate(problem.engine("numpy", kl), problem, beta)[1]


def without_one_term(problem: Problem):
    """漏掉 KL。"""
    return gradient(problem, beta=0.0)


def wrong_sign(problem: Problem):
    """KL 的正負號寫反。"""
    return gradient(problem, beta=-BETA)


def beta_off(problem: Problem):
    """beta 差百萬分之一。"""
    return gradient(problem, beta=BETA * (1 + 1e-6))


def z_in_place_of_mean(problem: Problem):
    """∂KL/∂μ 寫成 z：封閉形式的損失配上單點抽樣的梯度。"""
    return gradient(problem, kl="single_sample")


def noise_detached(problem: Problem):
    """重參數化時忘了 σε 也是 log σ² 的函數：z = μ。"""
    return gradient(problem._replace(noise=np.zeros_like(problem.noise)))


def one_row_counted_twice(problem: Problem):
    """對列取平均時多除少除：重複第一列。"""
    again = [0, *range(len(problem.x))]
    return gradient(problem._replace(x=problem.x[again], noise=problem.noise[again]))


def half_the_variance(problem: Problem):
    """概似的變異數弄錯。"""
    return gradient(problem._replace(likelihood=Gaussian(0.35)))


@pytest.mark.parametrize(
    "mistake",
    [
        without_one_term,
        wrong_sign,
        beta_off,
        z_in_place_of_mean,
        noise_detached,
        one_row_counted_twice,
        half_the_variance,
    ],
)
def test_the_check_catches(mistake) -> None:
    problem = make_problem("gaussian_fixed")
    with pytest.raises(AssertionError, match="相對誤差超過"):
        assert_same_gradient(problem.network, mistake(problem), gradient(problem), ENGINES_AGREE)


def test_a_single_wrong_entry_is_named() -> None:
    """只錯一個偏置的一個數，也要失敗，並說出是哪一塊。"""
    problem = make_problem("bernoulli")
    right = gradient(problem)
    wrong = right.copy()
    problem.network.views(wrong).decoder[-1][-1, 2] *= 1 + 1e-9
    with pytest.raises(AssertionError, match=r"decoder2\.bias"):
        assert_same_gradient(problem.network, wrong, right, ENGINES_AGREE)


def test_nan_or_a_missing_zero_is_an_error() -> None:
    assert relative_error(np.array([1e-300]), np.zeros(1)) == 1
    assert not relative_error(np.array([np.nan]), np.ones(1)) <= ENGINES_AGREE
