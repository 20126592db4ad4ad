"""第二個意見要真的獨立：在 numpy 引擎的每一塊導數裡埋一個錯，autograd 引擎都看得出來。

autograd 引擎若借用了 numpy 引擎的任何一塊，就會跟著一起錯，這裡的比較便抓不到。
"""

import inspect

import numpy as np
import pytest

from tests.core.gradient_check import ENGINES_AGREE, assert_same_gradient
from tests.core.problems import LIKELIHOODS, evaluate, make_problem
from vae_from_scratch import gaussian, likelihood, objective
from vae_from_scratch.gradients import KL_FORMS, layers

SLIGHTLY = 1 + 1e-6
KL_OF = {"kl_from_noise_backward": "single_sample", "path_derivative": "path_derivative"}


def slightly_wrong(function):
    """同一個函數，每個傳回的陣列都放大百萬分之一；就地的寫法（傳回緩衝區）一樣放大。"""

    def wrong(*args):
        answer = function(*args)
        return tuple(SLIGHTLY * part for part in answer) if isinstance(answer, tuple) else answer * SLIGHTLY

    return wrong


def assert_caught(problem, kl="closed_form") -> None:
    by_hand, automatic = (evaluate(problem.engine(name, kl), problem)[1] for name in ("numpy", "autograd"))
    with pytest.raises(AssertionError, match="相對誤差超過"):
        assert_same_gradient(problem.network, by_hand, automatic, ENGINES_AGREE)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_a_wrong_likelihood_gradient_is_caught(name, monkeypatch) -> None:
    kind = type(LIKELIHOODS[name])
    monkeypatch.setattr(kind, "gradient", slightly_wrong(kind.gradient))
    assert_caught(make_problem(name))


def test_a_wrong_gradient_of_the_learned_variance_alone_is_caught(monkeypatch) -> None:
    """只錯 ∂/∂log s² 這一個數。"""
    right = likelihood.Gaussian.gradient

    def wrong(*args):
        d_output, d_noise_log_var = right(*args)
        return d_output, SLIGHTLY * d_noise_log_var

    monkeypatch.setattr(likelihood.Gaussian, "gradient", wrong)
    assert_caught(make_problem("gaussian_learned"))


@pytest.mark.parametrize("place", ["Dense.backward_input", "ReLU.backward"])
def test_a_wrong_layer_is_caught(place, monkeypatch) -> None:
    kind, method = place.split(".")
    monkeypatch.setattr(getattr(layers, kind), method, slightly_wrong(getattr(getattr(layers, kind), method)))
    assert_caught(make_problem("bernoulli"))


def test_a_wrong_gradient_of_the_parameters_is_caught(monkeypatch) -> None:
    """全連接層的 [W; b] 就地寫進緩衝區：寫完再放大。"""
    right = layers.Dense.backward_layer

    def wrong(self, d_y):
        right(self, d_y)
        self.d_layer *= SLIGHTLY

    monkeypatch.setattr(layers.Dense, "backward_layer", wrong)
    assert_caught(make_problem("bernoulli"))


@pytest.mark.parametrize(
    "function", ["sample_backward", "kl_per_unit_backward", "kl_from_noise_backward", "path_derivative"]
)
def test_a_wrong_derivative_of_the_code_is_caught(function, monkeypatch) -> None:
    monkeypatch.setattr(layers, function, slightly_wrong(getattr(layers, function)))
    assert_caught(make_problem("bernoulli"), KL_OF.get(function, "closed_form"))


def broken(*args, **kwargs):
    raise AssertionError("autograd 引擎借用了 numpy 引擎的程式")


@pytest.mark.parametrize("kl", KL_FORMS)
@pytest.mark.parametrize("name", LIKELIHOODS)
def test_autograd_works_without_any_of_our_mathematics(name, kl, monkeypatch) -> None:
    """把手推的層、概似、常態分布與損失的每一個函數都換成會出錯的，autograd 引擎的答案一個位元也不變。"""
    problem = make_problem(name)
    before = evaluate(problem.engine("autograd", kl, free_bits=0.2), problem)
    for module in (layers, gaussian, objective):
        for function, _ in inspect.getmembers(module, inspect.isfunction):
            monkeypatch.setattr(module, function, broken)
    for method in ("log_prob", "gradient", "mean", "log_var"):
        monkeypatch.setattr(type(problem.likelihood), method, broken, raising=False)
    after = evaluate(problem.engine("autograd", kl, free_bits=0.2), problem)
    assert before[0].total == after[0].total and np.array_equal(before[1], after[1])
    with pytest.raises(AssertionError, match="借用"):  # 換掉的真的會出錯
        evaluate(problem.engine("numpy", kl), problem)
