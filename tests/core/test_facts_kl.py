"""事實 1–5：KL 散度與常態分布。每一項由積分、差商、精確算術或數值最佳化獨立算出。"""

from decimal import Decimal, getcontext

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from tests.core.quadrature import derivative, kl
from vae_from_scratch import gaussian

P = (0.0, 1.0)
SIGMA = np.array([[1, 0.9], [0.9, 1]])


def ours(mean: float, variance: float) -> float:
    return float(gaussian.kl_to_standard_normal(np.array([[mean]]), np.log([[variance]]))[0])


@pytest.mark.parametrize(
    ("mean", "variance", "forward", "reverse"),
    [(1, 4, 1.306853, 0.443147), (0.5, 0.25, 0.443147, 1.306853)],
)
def test_fact_1_kl_both_ways_and_the_mirror_pair(mean, variance, forward, reverse) -> None:
    q = (mean, np.sqrt(variance))
    assert kl(q, P) == pytest.approx(forward, abs=5e-7)
    assert kl(P, q) == pytest.approx(reverse, abs=5e-7)
    assert ours(mean, variance) == pytest.approx(kl(q, P), rel=1e-11)
    closed = (np.log(variance) + (1 + mean**2) / variance - 1) / 2
    assert kl(P, q) == pytest.approx(closed, rel=1e-11)


def test_fact_1_kl_is_never_negative() -> None:
    """Gibbs 不等式：任意兩個離散分布也一樣。"""
    q, p = np.random.default_rng(0).dirichlet(np.ones(6), (2, 1000))
    divergence = (q * np.log(q / p)).sum(axis=1)
    assert (divergence > 0).all()
    assert (q * np.log(q / q)).sum() == 0


@pytest.mark.parametrize(("mean", "std"), [(1.0, 2.0), (-0.5, 0.3), (0.0, 1.0)])
def test_fact_2_gradients(mean, std) -> None:
    assert derivative(lambda m: kl((m, std), P), mean) == pytest.approx(mean, abs=1e-8)
    assert derivative(lambda s: kl((mean, s), P), std) == pytest.approx(std - 1 / std, abs=1e-8)
    by_log_var = derivative(lambda lv: kl((mean, np.exp(lv / 2)), P), 2 * np.log(std))
    assert by_log_var == pytest.approx((std**2 - 1) / 2, abs=1e-8)


def test_fact_2_minimum_and_limit() -> None:
    best = optimize.minimize(lambda v: kl((v[0], np.exp(v[1])), P), [0.7, 0.4], method="BFGS")
    np.testing.assert_allclose(best.x, [0, 0], atol=1e-5)
    assert best.fun == pytest.approx(0, abs=1e-9)
    shrinking = [ours(0, 10.0**-k) for k in range(0, 300, 50)]
    assert np.all(np.diff(shrinking) > 50)  # σ² → 0 時以 −½ ln σ² 發散


def exact(log_var: float) -> Decimal:
    """μ = 0 的 KL，60 位精確算術。"""
    getcontext().prec = 60
    value = Decimal(log_var)
    return (value.exp() - 1 - value) / 2


def test_fact_3_expm1_keeps_the_digits_that_subtraction_loses() -> None:
    naive = 0.5 * (np.exp(1e-8) - 1e-8 - 1)
    assert naive == pytest.approx(-5.6e-17, rel=0.01) and naive < 0
    stable = gaussian.kl_per_unit(0.0, 1e-8)
    assert stable == pytest.approx(2.5e-17, rel=0.01)
    assert stable == pytest.approx(float(exact(1e-8)), rel=1e-6)


def test_fact_3_float32_is_five_percent_off_without_expm1() -> None:
    log_var = np.float32(1e-3)
    naive = np.float32(0.5) * (np.exp(log_var) - log_var - np.float32(1))
    truth = float(exact(float(log_var)))
    assert naive == pytest.approx(2.384e-7, rel=1e-3) and truth == pytest.approx(2.501e-7, rel=1e-3)
    assert abs(naive / truth - 1) == pytest.approx(0.05, abs=0.005)
    assert gaussian.kl_per_unit(np.float32(0), log_var) == pytest.approx(truth, rel=1e-3)


def test_fact_4_full_covariance() -> None:
    """ρ = 0.9：完整的 KL 是 0.830366，邊際的 KL 都是 0，差的是總相關 −½ ln(1 − ρ²)。"""
    q = stats.multivariate_normal([0, 0], SIGMA)
    p = stats.multivariate_normal([0, 0], np.eye(2))

    def integrand(y: float, x: float) -> float:
        return q.pdf([x, y]) * (q.logpdf([x, y]) - p.logpdf([x, y]))

    by_integral = integrate.dblquad(integrand, -6, 6, -6, 6, epsabs=1e-6, epsrel=1e-6)[0]
    assert by_integral == pytest.approx(0.830366, abs=5e-6)
    assert gaussian.kl_full_covariance(np.zeros(2), SIGMA) == pytest.approx(0.830366, abs=5e-7)
    assert gaussian.kl_full_covariance(np.zeros(2), SIGMA) == pytest.approx(-np.log(1 - 0.81) / 2, rel=1e-13)
    assert gaussian.kl_to_standard_normal(np.zeros((1, 2)), np.zeros((1, 2))) == 0


def test_fact_4_divergence_is_marginals_plus_total_correlation() -> None:
    rng = np.random.default_rng(1)
    root = rng.normal(size=(4, 4))
    mean, cov = rng.normal(size=4), root @ root.T + np.eye(4)
    marginals = sum(kl((m, np.sqrt(v)), P) for m, v in zip(mean, np.diag(cov), strict=True))
    scale = np.sqrt(np.diag(cov))
    correlation = cov / np.outer(scale, scale)
    total_correlation = -np.linalg.slogdet(correlation)[1] / 2
    assert total_correlation > 0.1
    assert gaussian.kl_full_covariance(mean, cov) == pytest.approx(marginals + total_correlation, rel=1e-10)


def test_fact_5_best_factorised_fit_is_narrower_than_the_marginals() -> None:
    """min over v of KL(N(0, diag v) ‖ N(0, Σ))：變異數是 1/Λᵢᵢ = 1 − ρ² = 0.19，不是 1。"""
    precision = np.linalg.inv(SIGMA)

    def divergence(log_v: np.ndarray) -> float:
        v = np.exp(log_v)
        log_det = np.linalg.slogdet(SIGMA)[1] - log_v.sum()
        return float(np.trace(precision * v) - 2 + log_det) / 2

    best = optimize.minimize(divergence, [0.0, 0.0], tol=1e-12)
    np.testing.assert_allclose(np.exp(best.x), 0.19, rtol=1e-5)
