"""事實 23–25：線性 VAE 的坍縮、補救的確切形式、小雜訊展開。"""

import numpy as np
import pytest

from tests.core.linear_gaussian import exact_log_prob, train
from tests.core.quadrature import expectation
from vae_from_scratch import objective
from vae_from_scratch.bounds import Bounds
from vae_from_scratch.likelihood import Gaussian
from vae_from_scratch.tables.measures import active_units

EIGENVALUES = np.array([3, 1, 0.3])
#: 六列資料，平均 0、共變異數正好是 diag(EIGENVALUES)。
X = np.vstack([np.diag(np.sqrt(3 * EIGENVALUES)), -np.diag(np.sqrt(3 * EIGENVALUES))])


@pytest.mark.parametrize(
    ("variance", "beta", "active", "kl"),
    [(0.5, 1, 2, 1.242453), (2, 1, 1, 0.202733), (3.5, 1, 0, 0), (0.5, 4, 1, 0.202733)],
)
@pytest.mark.parametrize("seed", range(3))
def test_fact_23_units_wake_when_the_eigenvalue_exceeds_beta_times_variance(
    variance, beta, active, kl, seed
) -> None:
    """三個起點都到同一個解：ELBO 沒有多出來的局部極大，坍縮是因為 s² 定得太大。"""
    network, parameters, _ = train(X, 3, Gaussian(variance), beta, seed)
    theta = network.views(parameters)
    bounds = Bounds(network, Gaussian(variance), theta)
    per_unit = bounds.loss(X, np.zeros((6, 3)), "closed_form", beta, 0.0).kl_per_unit
    alive = EIGENVALUES[beta * variance < EIGENVALUES]
    assert len(alive) == active
    assert per_unit.sum() == pytest.approx(kl, abs=2e-6)
    assert kl == pytest.approx(0.5 * np.log(alive / (beta * variance)).sum(), abs=5e-7)
    assert np.linalg.matrix_rank(theta.decoder[0][:-1], tol=0.05) == active


@pytest.mark.parametrize("variance", [0.5, 2.0])
def test_fact_23_at_the_optimum_the_elbo_is_the_log_likelihood(variance) -> None:
    network, parameters, negative_elbo = train(X, 3, Gaussian(variance))
    decoder = network.views(parameters).decoder[0]
    log_p = exact_log_prob(X, decoder[:-1], decoder[-1], variance).mean()
    assert -negative_elbo == pytest.approx(log_p, abs=1e-9)
    spectrum = np.maximum(EIGENVALUES, variance)  # 機率主成分分析：小於 s² 的方向用 s²
    closed = -0.5 * np.sum(np.log(2 * np.pi * spectrum) + EIGENVALUES / spectrum)
    assert log_p == pytest.approx(closed, abs=1e-9)


def test_fact_24_warm_up_rises_linearly_and_stays() -> None:
    assert [objective.warmup(epoch, 2.0, 4) for epoch in range(1, 7)] == [0.5, 1.0, 1.5, 2.0, 2.0, 2.0]
    assert objective.warmup(1, 2.0, 0) == 2.0


def test_fact_24_free_bits_apply_to_the_batch_mean_of_each_unit() -> None:
    """Σ_j max(λ, 該維度 KL 的批次平均)：不是逐列，也不是加總以後才比。"""
    kl = np.array([[0.0, 2.0, 0.1], [1.0, 0.0, 0.1]])
    expected = max(0.3, 0.5) + max(0.3, 1.0) + max(0.3, 0.1)
    assert objective.loss(np.zeros(2), kl, 2.0, 0.3).total == pytest.approx(2 * expected)
    by_row = np.maximum(kl, 0.3).mean(axis=0).sum()
    assert by_row != pytest.approx(expected) and kl.mean(axis=0).sum() != pytest.approx(expected)


def test_fact_24_a_unit_is_active_when_its_mean_code_varies_by_more_than_a_hundredth() -> None:
    """看的是平均編碼的變異數：±0.15 是 0.0225，±0.05 是 0.0025；離 0 再遠，不動就不活躍。"""
    sign = np.array([1.0, -1, 1, -1])[:, None]
    assert active_units(sign * [0.15, 0.05, 0.0] + [0.0, 0.0, 5.0]).tolist() == [True, False, False]


def decode(z: float) -> np.ndarray:
    return np.array([np.sin(z), z**2])


def test_fact_25_noise_penalises_the_slope_of_the_decoder() -> None:
    """E‖x − D(m + sε)‖² = ‖x − D‖² + s²(‖D′‖² − (x − D)·D″) + O(s⁴)：雜訊罰的是斜率，不是「取樣密」。"""
    m, x = 0.8, np.array([0.2, 1.4])
    slope, curvature = np.array([np.cos(m), 2 * m]), np.array([-np.sin(m), 2])
    residual = x - decode(m)
    errors = []
    for s in (0.1, 0.05):
        exact = expectation(lambda z: np.sum((x - decode(z)) ** 2), m, s)
        expansion = residual @ residual + s**2 * (slope @ slope - residual @ curvature)
        errors.append(abs(exact - expansion))
    assert errors[0] < 1e-3 and errors[0] / errors[1] == pytest.approx(16, rel=0.1)
