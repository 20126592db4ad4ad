"""事實 15–18：ELBO、重要性加權下界、ELBO 手術、beta。"""

import numpy as np
import pytest
from scipy import integrate, stats

from tests.core.gradient_check import assert_same_gradient
from tests.core.linear_gaussian import fitted_vae
from tests.core.problems import evaluate, make_problem
from tests.core.quadrature import expectation, kl, normal
from vae_from_scratch.likelihood import Gaussian

X = 1.0
LOG_P = -1.515512
PRIOR, POSTERIOR = (0.0, 1.0), (0.5, np.sqrt(0.5))


def elbo(q: tuple[float, float], beta: float = 1.0) -> float:
    """p(z) = N(0, 1)、p(x|z) = N(z, 1)、x = 1 的 ELBO。"""
    return expectation(lambda z: normal(z)(X), *q) - beta * kl(q, PRIOR)


def toy():
    """同一個玩具，用套件的 VAE：編碼器輸出先驗。"""
    return fitted_vae(np.eye(1), np.zeros(1), 1.0, mean=np.zeros((1, 1)), log_var=np.zeros(1))


def test_fact_15_log_p_is_elbo_plus_the_gap() -> None:
    log_p = np.log(expectation(lambda z: np.exp(normal(z)(X))))
    assert log_p == pytest.approx(LOG_P, abs=5e-7)
    assert log_p == pytest.approx(stats.norm(0, np.sqrt(2)).logpdf(X), rel=1e-12)
    assert elbo(PRIOR) == pytest.approx(-1.918939, abs=5e-7)
    assert kl(PRIOR, POSTERIOR) == pytest.approx(0.403426, abs=5e-7)
    for q in (PRIOR, (0.3, 0.9), POSTERIOR):
        assert log_p == pytest.approx(elbo(q) + kl(q, POSTERIOR), rel=1e-10)


def test_fact_15_the_package_gives_this_elbo() -> None:
    values = toy().elbo(np.full((40_000, 1), X), n_samples=5, rng=np.random.default_rng(0))
    assert abs(values.mean() - elbo(PRIOR)) < 5 * values.std() / 200


@pytest.mark.parametrize(("k", "bound"), [(1, -1.918939), (5, -1.558), (50, -1.519), (500, -1.5157)])
def test_fact_16_importance_weighted_bounds(k, bound) -> None:
    draws = np.random.default_rng(k).standard_normal((2_000_000 // k, k))
    independent = np.log(np.exp(normal(X)(draws)).mean(axis=1))
    error = independent.std() / np.sqrt(len(independent))
    assert abs(independent.mean() - bound) < 5 * error + 5e-4
    rows = np.full((2_000_000 // k // 10, 1), X)
    ours = toy().log_likelihood(rows, n_samples=k, rng=np.random.default_rng(1))
    assert abs(ours.mean() - independent.mean()) < 5 * np.hypot(error, ours.std() / np.sqrt(len(ours)))
    assert ours.mean() < LOG_P + 5 * ours.std() / np.sqrt(len(ours))


def test_fact_17_elbo_surgery() -> None:
    """平均的 KL = 互資訊 I(n; z) + KL(q(z) ‖ p)，而且 I ≤ ln N。"""
    parts = [stats.norm(m, 0.5) for m in (-1.5, 1.5)]

    def aggregate(z: float) -> float:
        return sum(part.pdf(z) for part in parts) / 2

    def integral(f) -> float:
        return integrate.quad(f, -7, 7, limit=300, points=[-1.5, 1.5])[0]

    def information(z: float) -> float:
        return sum(part.pdf(z) * (part.logpdf(z) - np.log(aggregate(z))) for part in parts) / 2

    mutual = integral(information)
    marginal = integral(lambda z: aggregate(z) * (np.log(aggregate(z)) - stats.norm.logpdf(z)))
    average = (kl((-1.5, 0.5), PRIOR) + kl((1.5, 0.5), PRIOR)) / 2
    expected = [1.443147, 0.689298, 0.753849]
    np.testing.assert_allclose([average, mutual, marginal], expected, atol=5e-7)
    assert average == pytest.approx(mutual + marginal, rel=1e-8)
    assert mutual < np.log(2) == pytest.approx(0.693147, abs=5e-7)


def test_fact_18_a_larger_beta_is_a_smaller_bound_and_a_smaller_one_is_none() -> None:
    q = (0.9, 0.2)
    assert elbo(q, beta=4) < elbo(q, beta=1) < LOG_P
    assert elbo(q, beta=0) > LOG_P


@pytest.mark.parametrize("beta", [0.25, 3.0])
def test_fact_18_beta_is_a_decoder_variance(beta) -> None:
    """固定變異數 s² 時，beta 倍的 KL 與 s² → beta·s² 只差一個整體的倍數：梯度成比例。"""
    problem = make_problem("gaussian_fixed")
    weighted = evaluate(problem.engine("numpy"), problem, beta)[1]
    wider = problem._replace(likelihood=Gaussian(0.7 * beta))
    plain = evaluate(wider.engine("numpy"), wider, 1.0)[1]
    assert_same_gradient(problem.network, weighted, beta * plain, 1e-13)
