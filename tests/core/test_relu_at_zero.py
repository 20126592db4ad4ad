"""ReLU 在 0 的導數取 0：整列是 0、偏置是 0 的房子正好踩在折點上。"""

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from tests.core.gradient_check import blocks
from tests.core.problems import evaluate, make_problem
from vae_from_scratch.gradients import ENGINES


def at_the_kink():
    """初始的網路（偏置為 0）看到全 0 的列：編碼器每個隱藏單元都正好是 0。"""
    problem = make_problem("categorical", n_rows=4)
    parameters = problem.network.initialize(np.random.default_rng(3))
    return problem._replace(parameters=parameters, x=np.zeros_like(problem.x))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kl", ["closed_form", "single_sample"])
def test_no_gradient_flows_through_a_unit_that_is_exactly_zero(engine, kl) -> None:
    problem = at_the_kink()
    named = blocks(problem.network, evaluate(problem.engine(engine, kl), problem)[1])
    assert not named["encoder0.bias"].any() and not named["encoder1.bias"].any()
    assert kl == "closed_form" or named["encoder2.bias"].any()  # 折點以後仍有梯度，所以上面的 0 不是湊巧


def test_autograd_maximum_would_have_given_one_half() -> None:
    """反例：直接用 maximum，折點的導數是 ½，上面的測試就會失敗。"""
    assert grad(lambda y: anp.maximum(y, 0.0))(0.0) == 0.5
    assert grad(lambda y: anp.where(y > 0, y, 0.0))(0.0) == 0.0
