"""極端的參數與形狀：三個引擎的損失與梯度都有限，而且和八十位精確算術一致。"""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.core import exact
from tests.core.gradient_check import assert_same_gradient, relative_error
from tests.core.problems import LIKELIHOODS, Problem, evaluate, make_problem
from vae_from_scratch.gradients import ENGINES, KL_FORMS
from vae_from_scratch.likelihood import Bernoulli, Gaussian
from vae_from_scratch.network import Network

BETA = 0.6


def one_number(likelihood, mean, log_var, weight, bias) -> Problem:
    """一列、一欄、一個潛在維度、沒有隱藏層：x = 1，參數是 [w_μ, w_σ, b_μ, b_σ, w, b, (log s²)]。"""
    network = Network(1, 1, (), 1, likelihood.n_parameters)
    parameters = np.array([0.25, 0.0, mean - 0.25, log_var, weight, bias, *likelihood.n_parameters * [-0.5]])
    return Problem(network, likelihood, parameters, np.ones((1, 1)), np.array([[-0.7]]))


def exact_loss(problem: Problem, kl: str):
    """照定義寫的負 ELBO；路徑導數把 log q 裡的 μ、log σ² 固定在目前的值。"""
    fixed = [exact.number(value) for value in problem.parameters]

    def loss(p: list[Decimal]) -> Decimal:
        mean, log_var, noise = p[0] + p[2], p[1] + p[3], exact.number(-0.7)
        z = mean + (log_var / 2).exp() * noise
        a = p[4] * z + p[5]
        if isinstance(problem.likelihood, Bernoulli):
            log_p = a - exact.softplus(a)
        else:
            log_p = exact.normal_log_prob(Decimal(1), a, p[6] if len(p) > 6 else exact.number(0.7).ln())
        q = fixed if kl == "path_derivative" else p
        log_q = exact.normal_log_prob(z, q[0] + q[2], q[1] + q[3])
        sampled = log_q - exact.normal_log_prob(z, Decimal(0), Decimal(0))
        divergence = exact.kl(mean, log_var) if kl == "closed_form" else sampled
        return -log_p + exact.number(BETA) * divergence

    return loss


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kl", KL_FORMS)
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian_fixed", "gaussian_learned"])
@pytest.mark.parametrize(
    ("mean", "log_var", "weight", "bias"),
    [(1.5, -80.0, 2.0, 0.5), (0.3, 80.0, 1e-3, 0.0), (0.0, -2.0, 1.0, 1e4), (-3.0, 1.0, 1.0, -1e4)],
    ids=["log_var=-80", "log_var=80", "logit=1e4", "logit=-1e4"],
)
def test_loss_and_gradient_are_exact(mean, log_var, weight, bias, likelihood, kl, engine) -> None:
    problem = one_number(LIKELIHOODS[likelihood], mean, log_var, weight, bias)
    loss, gradient = evaluate(problem.engine(engine, kl), problem, BETA)
    wanted = exact_loss(problem, kl)
    assert relative_error(loss.total, float(wanted([exact.number(p) for p in problem.parameters]))) < 1e-13
    np.testing.assert_allclose(gradient, exact.gradient(wanted, problem.parameters), rtol=1e-12, atol=1e-16)


@given(
    likelihood=st.sampled_from(sorted(LIKELIHOODS)),
    kl=st.sampled_from(KL_FORMS),
    n_rows=st.integers(1, 5),
    hidden=st.lists(st.integers(1, 6), max_size=3).map(tuple),
    latent_dim=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_shape(likelihood, kl, n_rows, hidden, latent_dim, seed) -> None:
    """N = 1、d = 1、沒有隱藏層、寬度 1 的隱藏層，都和自動微分相同。"""
    problem = make_problem(likelihood, n_rows, hidden, latent_dim, seed)
    loss, gradient = evaluate(problem.engine("numpy", kl), problem)
    other_loss, other_gradient = evaluate(problem.engine("autograd", kl), problem)
    assume(np.abs(gradient).max() > 1e-3)
    assert gradient.shape == (problem.network.size,) and loss.kl_per_unit.shape == (latent_dim,)
    assert relative_error(other_loss.total, loss.total) < 1e-12
    assert relative_error(other_gradient, gradient) < 1e-12


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian_learned"])
@pytest.mark.parametrize("constant", [0.0, 1.0])
def test_constant_columns(engine, likelihood, constant) -> None:
    """每一欄都是常數的資料：梯度有限，所有的列貢獻相同。"""
    problem = make_problem(likelihood, n_rows=4)
    noise = np.repeat(problem.noise[:1], 4, axis=0)
    problem = problem._replace(x=np.full_like(problem.x, constant), noise=noise)
    first = problem._replace(x=problem.x[:1], noise=noise[:1])
    gradient, alone = (evaluate(p.engine(engine), p)[1] for p in (problem, first))
    assert_same_gradient(problem.network, gradient, alone, 1e-13)


def test_the_naive_density_of_z_loses_the_noise() -> None:
    """反例：從 z − μ 倒推 ε，在 log σ² = −80 得到 0，損失差了 ε²/2。"""
    mean, sigma, noise = 1.5, np.exp(-40.0), -0.7
    assert ((mean + sigma * noise) - mean) / sigma != pytest.approx(noise, abs=0.1)


def test_gaussian_with_a_tiny_variance_is_finite() -> None:
    problem = make_problem("gaussian_fixed")
    loss, gradient = evaluate(problem._replace(likelihood=Gaussian(1e-30)).engine("numpy"), problem)
    assert np.isfinite(loss.total) and np.isfinite(gradient).all()
