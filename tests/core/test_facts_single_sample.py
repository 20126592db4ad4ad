"""事實 11–14：單點抽樣的 KL 與它的梯度。"""

import numpy as np
import pytest
from scipy import integrate, stats

from tests.core.problems import make_problem
from tests.core.quadrature import expectation, kl, normal, variance
from vae_from_scratch import gaussian


def sampled(mean: float, std: float):
    """log q(z) − log p(z)，由 scipy 的密度寫。"""
    log_q, log_p = normal(mean, std), normal()
    return lambda z: log_q(z) - log_p(z)


@pytest.mark.parametrize(
    ("mean", "std", "spread"), [(1, 2, 8.5), (0.5, 0.5, 0.34375), (2, 0.1, 0.53005), (0, 1, 0)]
)
def test_fact_11_unbiased_with_this_variance(mean, std, spread) -> None:
    f = sampled(mean, std)
    assert expectation(f, mean, std) == pytest.approx(kl((mean, std), (0, 1)), rel=1e-10, abs=1e-13)
    assert variance(f, mean, std) == pytest.approx(spread, rel=1e-9, abs=1e-12)
    assert spread == pytest.approx((std**2 - 1) ** 2 / 2 + mean**2 * std**2)
    z = np.linspace(-5, 5, 11)[:, None]
    np.testing.assert_allclose(
        gaussian.kl_single_sample(z, mean, 2 * np.log(std)), [f(v) for v in z[:, 0]], rtol=1e-12, atol=1e-12
    )


def test_fact_11_negative_draws_and_averaging() -> None:
    """(1, 2) 有 45.9% 的抽樣是負的；f(z) < 0 的區間由二次方程式的根給。平均 L 個，變異數除以 L。"""
    roots = np.sort(np.roots([1 - 1 / 4, 2 / 4, -1 / 4 - 2 * np.log(2)]))  # 2f(z) = z² − (z−1)²/4 − 2 ln 2
    negative = np.diff(stats.norm(1, 2).cdf(roots))[0]
    assert negative == pytest.approx(0.459, abs=5e-4)
    draws = sampled(1, 2)(np.random.default_rng(0).normal(1, 2, (200_000, 10)))
    assert abs((draws < 0).mean() - negative) < 5 * np.sqrt(0.25 / draws.size)
    assert draws.mean(axis=1).var() == pytest.approx(8.5 / 10, rel=0.05)


@pytest.mark.parametrize(("mean", "std"), [(1.0, 0.5), (0.3, 2.0)])
def test_fact_12_gradient_of_one_draw(mean, std) -> None:
    """d/dμ = z；d/dσ = zε − 1/σ，變異數 2σ² + μ²。"""

    def by_std(z: float) -> float:
        return z * (z - mean) / std - 1 / std

    h, noise = 1e-6, 0.8
    drawn = [sampled(mean, s)(mean + s * noise) for s in (std + h, std - h)]
    assert (drawn[0] - drawn[1]) / (2 * h) == pytest.approx(by_std(mean + std * noise), abs=1e-8)
    moved = [sampled(m, std)(m + std * noise) for m in (mean + h, mean - h)]
    assert (moved[0] - moved[1]) / (2 * h) == pytest.approx(mean + std * noise, abs=1e-8)
    assert expectation(by_std, mean, std) == pytest.approx(std - 1 / std, abs=1e-10)
    assert variance(by_std, mean, std) == pytest.approx(2 * std**2 + mean**2, rel=1e-10)


def test_fact_13_path_only_can_be_noisier() -> None:
    """只看 KL 這一項，在 (1, ½)：只走路徑的 d/dμ 變異數 2.25，完整的只有 0.25。"""
    path = variance(lambda z: z - (z - 1) / 0.25, 1, 0.5)
    total = variance(lambda z: z, 1, 0.5)
    assert (path, total) == (pytest.approx(2.25, rel=1e-10), pytest.approx(0.25, rel=1e-10))


def at_the_true_posterior():
    """線性高斯模型：p(x|z) = N(Wz, s²)，編碼器正好輸出 p(z|x)（W 的兩欄正交，後驗才是對角的）。"""
    problem = make_problem("gaussian_fixed", hidden=(), latent_dim=2, n_rows=5)
    rng = np.random.default_rng(0)
    weight = np.linalg.qr(rng.normal(size=(10, 2)))[0] * [2.0, 0.8]
    precision = 1 + np.diag(weight.T @ weight) / 0.7
    views = problem.network.views(problem.parameters)
    problem.parameters[:] = 0
    views.decoder[0][:2] = weight.T
    views.encoder[0][:10, :2] = weight / 0.7 / precision
    views.encoder[0][10, 2:] = -np.log(precision)
    return problem


@pytest.mark.parametrize("engine", ["numpy", "autograd", "tensorflow"])
def test_fact_13_sticking_the_landing(engine) -> None:
    """q 就是真的後驗時，整個 ELBO 只走路徑的編碼器梯度，每一次抽樣都是 0；完整的單點抽樣不是。"""
    problem = at_the_true_posterior()
    size = {}
    for kl_form in ("path_derivative", "single_sample"):
        arguments = (problem.parameters, problem.x, problem.noise, 1.0)
        gradient = problem.engine(engine, kl_form).loss_and_gradient(*arguments)[1]
        size[kl_form] = np.abs(problem.network.views(gradient).encoder[0]).max()
    assert size["path_derivative"] < 1e-14 < 1e-2 < size["single_sample"]


def test_fact_14_k3_is_not_for_narrow_encoders() -> None:
    """r − 1 − ln r 不偏、非負，但 σ² ≤ ½ 時 E_q[r²] = ∫p²/q 發散；σ² > ½ 時收斂。"""

    def second_moment(std: float, reach: float) -> float:
        def integrand(z: float) -> float:
            return np.exp(2 * stats.norm.logpdf(z) - stats.norm.logpdf(z, 1, std))

        return integrate.quad(integrand, -reach, reach, limit=500, points=[0])[0]

    assert second_moment(0.5, 20) > 1e6 * second_moment(0.5, 5)
    assert second_moment(0.9, 40) == pytest.approx(second_moment(0.9, 20), rel=1e-9)
    log_r = np.linspace(-30, 30, 1001)
    assert (np.expm1(log_r) - log_r >= 0).all()
    assert kl((1, 0.5), (0, 1)) == pytest.approx(0.818147, abs=5e-7)


def test_fact_14_its_sample_variance_is_useless() -> None:
    """在 (1, ½)，二十組各十萬次抽樣，樣本變異數彼此差一百倍以上；普通的單點抽樣差不到 10%。"""
    z = np.random.default_rng(0).normal(1, 0.5, (20, 100_000))
    log_r = -sampled(1, 0.5)(z)
    k3 = (np.expm1(log_r) - log_r).var(axis=1)
    k1 = log_r.var(axis=1)
    assert k3.max() > 100 * k3.min() and k1.max() < 1.1 * k1.min()
