"""事實 6–10：變數變換、重參數化梯度、分數函數、隱式重參數化、Bonnet 與 Price。"""

import numpy as np
import pytest
from scipy import stats

from tests.core.quadrature import derivative, expectation, variance
from vae_from_scratch import gaussian

MEAN, STD = 0.7, 1.3


def test_fact_6_density_of_z_is_that_of_noise_divided_by_sigma() -> None:
    mean, log_var = np.array([[1.0]]), np.log([[4.0]])
    z = gaussian.reparameterize(mean, log_var, np.array([[0.7]]))
    assert z == pytest.approx(2.4)
    assert stats.norm(1, 2).pdf(2.4) == pytest.approx(0.156127, abs=5e-7)
    assert stats.norm.pdf(0.7) == pytest.approx(0.312254, abs=5e-7)
    assert np.exp(gaussian.log_prob(z, mean, log_var)) == pytest.approx(0.156127, abs=5e-7)


def test_fact_6_vectors_divide_by_the_determinant() -> None:
    factor, mean, noise = np.array([[2.0, 0], [1.5, 0.5]]), np.array([1.0, -1]), np.array([0.3, -0.8])
    z = stats.multivariate_normal(mean, factor @ factor.T)
    log_base = stats.norm.logpdf(noise).sum()
    assert z.logpdf(mean + factor @ noise) == pytest.approx(log_base - np.log(abs(np.linalg.det(factor))))


@pytest.mark.parametrize("f", [np.sin, lambda z: max(z, 0.0), lambda z: z**3])
def test_fact_7_gradient_moves_inside_the_expectation(f) -> None:
    """期望值的導數 = 導數的期望值；ReLU 只在一點不可微，照樣成立。"""
    noise = np.linspace(-8, 8, 200_001)
    weight = stats.norm.pdf(noise) * (noise[1] - noise[0])
    z = MEAN + STD * noise
    slope = np.array([(f(v + 1e-6) - f(v - 1e-6)) / 2e-6 for v in z])
    by_mean = derivative(lambda m: expectation(f, m, STD), MEAN)
    by_std = derivative(lambda s: expectation(f, MEAN, s), STD)
    assert weight @ slope == pytest.approx(by_mean, abs=2e-5)
    assert weight @ (slope * noise) == pytest.approx(by_std, abs=2e-5)


def test_fact_7_slopes_of_z() -> None:
    """∂z/∂σ² = ε/(2σ)，∂z/∂ln σ² = σε/2。"""
    noise = 0.9

    def z(log_var: float) -> float:
        return float(gaussian.reparameterize(MEAN, log_var, noise))

    assert derivative(lambda v: z(np.log(v)), STD**2) == pytest.approx(noise / (2 * STD), rel=1e-9)
    assert derivative(z, 2 * np.log(STD)) == pytest.approx(STD * noise / 2, rel=1e-9)


def test_fact_7_not_for_discrete_z() -> None:
    """擲硬幣 z = 1[u < p]：每一條固定 u 的路徑斜率都是 0，期望值 E[z] = p 的斜率卻是 1。"""
    u = np.random.default_rng(0).random(10_000)
    moved = (u < 0.3 + 1e-9).mean() - (u < 0.3).mean()
    assert moved == 0 and abs((u < 0.4).mean() - (u < 0.3).mean() - 0.1) < 0.02


@pytest.mark.parametrize(("mean", "score_variance"), [(0, 15), (1, 30), (3, 222)])
def test_fact_8_pathwise_beats_the_score_function(mean, score_variance) -> None:
    """f = z²、q = N(m, 1)：路徑導數 2z 的變異數 4，分數函數 z²(z − m) 的是 m⁴ + 14m² + 15。"""

    def score(z: float) -> float:
        return z**2 * (z - mean)

    assert expectation(score, mean) == pytest.approx(2 * mean, abs=1e-9)
    assert expectation(lambda z: 2 * z, mean) == pytest.approx(2 * mean, abs=1e-9)
    assert variance(lambda z: 2 * z, mean) == pytest.approx(4, rel=1e-9)
    assert variance(score, mean) == pytest.approx(score_variance, rel=1e-9)
    assert score_variance == mean**4 + 14 * mean**2 + 15


@pytest.mark.parametrize("z", [-1.0, 0.2, 3.0])
def test_fact_9_implicit_reparameterisation(z) -> None:
    """dz/dφ = −(∂F/∂φ)/q(z)：對 μ 是 1，對 σ 是 (z − μ)/σ。"""
    density = stats.norm(MEAN, STD).pdf(z)
    by_mean = -derivative(lambda m: stats.norm(m, STD).cdf(z), MEAN) / density
    by_std = -derivative(lambda s: stats.norm(MEAN, s).cdf(z), STD) / density
    assert by_mean == pytest.approx(1, rel=1e-8)
    assert by_std == pytest.approx((z - MEAN) / STD, rel=1e-8)


def test_fact_10_bonnet_and_price() -> None:
    """∇_μ E f = E f′，∂E f/∂σ² = E f″/2；f = sin(2z) + z⁴。"""

    def f(z: float) -> float:
        return np.sin(2 * z) + z**4

    by_mean = derivative(lambda m: expectation(f, m, STD), MEAN)
    by_variance = derivative(lambda v: expectation(f, MEAN, np.sqrt(v)), STD**2)
    first = expectation(lambda z: 2 * np.cos(2 * z) + 4 * z**3, MEAN, STD)
    second = expectation(lambda z: -4 * np.sin(2 * z) + 12 * z**2, MEAN, STD)
    assert by_mean == pytest.approx(first, rel=1e-8)
    assert by_variance == pytest.approx(second / 2, rel=1e-8)
