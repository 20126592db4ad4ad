"""``VAE.log_likelihood``：線性高斯模型的精確值、隨 n_samples 不減、記憶體固定。"""

import tracemalloc

import numpy as np
import pytest

from tests.core.linear_gaussian import exact_log_prob, fitted_vae, posterior
from vae_from_scratch import VAE
from vae_from_scratch.likelihood import Categorical

VARIANCE = 0.3
RNG = np.random.default_rng(0)
#: W 的兩列正交，後驗的共變異數才是對角的，對角的編碼器才能完全正確。
WEIGHT = np.linalg.qr(RNG.normal(size=(6, 2)))[0].T * [[1.5], [0.7]]
BIAS = RNG.normal(size=6)
X = RNG.normal(size=(2000, 2)) @ WEIGHT + BIAS + np.sqrt(VARIANCE) * RNG.normal(size=(2000, 6))
TRUTH = exact_log_prob(X, WEIGHT, BIAS, VARIANCE)


def linear_vae(shift: float = 0.0, scale: float = 1.0) -> VAE:
    """編碼器輸出真的後驗；``shift``、``scale`` 故意讓它偏一點、寬一點。"""
    mean, cov = posterior(WEIGHT, VARIANCE)
    vae = fitted_vae(WEIGHT, BIAS, VARIANCE, mean, np.log(scale**2 * np.diag(cov)))
    vae.network_.views(vae.parameters_).encoder[0][-1, :2] += shift
    return vae


def test_one_sample_is_exact_when_the_encoder_is_the_posterior() -> None:
    np.testing.assert_allclose(linear_vae().log_likelihood(X, n_samples=1), TRUTH, rtol=1e-12)


def test_many_samples_reach_the_exact_value_with_a_wrong_encoder() -> None:
    estimate = linear_vae(shift=0.3, scale=1.4).log_likelihood(X, n_samples=4000)
    difference = estimate - TRUTH
    assert abs(difference.mean()) < 5 * difference.std() / np.sqrt(len(X)) + 1e-4
    assert np.abs(difference).max() < 0.5


def is_larger(tighter: np.ndarray, looser: np.ndarray) -> bool:
    gain = tighter - looser
    return bool(gain.mean() > 5 * gain.std() / np.sqrt(len(gain)))


def test_expectation_does_not_decrease_with_n_samples() -> None:
    """同一批列、獨立的抽樣：L_1 = ELBO < L_2 < L_8 < L_32 < log p，每一步都超過 5 個標準誤。"""
    vae, rng, rows = linear_vae(shift=0.3, scale=1.4), np.random.default_rng(1), np.tile(X, (10, 1))
    bounds = [vae.log_likelihood(rows, n_samples=k, rng=rng) for k in (1, 2, 8, 32)]
    elbo = vae.elbo(rows, n_samples=1, rng=rng)
    assert abs((bounds[0] - elbo).mean()) < 5 * (bounds[0] - elbo).std() / np.sqrt(len(rows))
    for looser, tighter in zip(bounds, [*bounds[1:], np.tile(TRUTH, 10)], strict=True):
        assert is_larger(tighter, looser)


def test_a_decreasing_sequence_would_be_caught() -> None:
    """反例：順序倒過來，同一個檢定就不會過。"""
    vae, rng = linear_vae(shift=0.3, scale=1.4), np.random.default_rng(1)
    loose, tight = (vae.log_likelihood(X, n_samples=k, rng=rng) for k in (1, 8))
    assert is_larger(tight, loose) and not is_larger(loose, tight)


def test_far_outliers_do_not_underflow() -> None:
    """p(x|z) 小到 e^(−10⁶) 以下，在對數空間照樣準。"""
    far = BIAS + 2000 * np.ones((3, 6))
    values = linear_vae().log_likelihood(far, n_samples=20)
    np.testing.assert_allclose(values, exact_log_prob(far, WEIGHT, BIAS, VARIANCE), rtol=1e-9)
    assert (values < -1e6).all()


def peak_memory(call) -> int:
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_n_samples_nor_with_rows_beyond_a_block() -> None:
    vae = linear_vae()
    few, many = (peak_memory(lambda k=k: vae.log_likelihood(X, n_samples=k)) for k in (2, 200))
    assert many < 1.1 * few
    stored_at_once = 200 * len(X) * 6 * 8
    assert many < stored_at_once / 4  # 反例：一次放 200 個樣本要的記憶體，檢查看得出來


@pytest.mark.parametrize("method", ["elbo", "log_likelihood"])
@pytest.mark.parametrize("n_samples", [0, -3, 2.5, None])
def test_bad_n_samples_is_named(method, n_samples) -> None:
    with pytest.raises(ValueError, match=r"n_samples.*1 以上的整數"):
        getattr(linear_vae(), method)(X, n_samples=n_samples)


def test_missing_groups_cost_nothing() -> None:
    """類別概似：整列缺失的房子，log p(x) 正好是 0（沒有觀察到任何東西）。"""
    houses = np.eye(5)[[0, 1]] + np.eye(5)[[2, 4]]
    vae = VAE(hidden=(4,), likelihood=Categorical((2, 3)), epochs=1).fit(houses)
    np.testing.assert_allclose(vae.log_likelihood(np.zeros((2, 5)), n_samples=3000), 0, atol=0.05)
    assert (vae.log_likelihood(houses, n_samples=3000) < -1).all()
