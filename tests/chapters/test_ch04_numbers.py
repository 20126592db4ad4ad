"""第 4 章正文裡直接寫出來的數字，各用與書頁不同的路重算一次：高斯求積、條件分布、最佳化、抽樣。"""

import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, optimize, stats

from vae_from_scratch import gaussian

# 高斯－厄米特求積：書頁用的是平面上的等距格點。
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(24)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
RHO = np.array([[1.0, 0.9], [0.9, 1.0]])
SHIFTED = np.array([[4.0, 0.9], [0.9, 0.25]])


def kl(mean_q: NDArray, cov_q: NDArray, mean_p: NDArray, cov_p: NDArray) -> float:
    """D(N(q) ‖ N(p))：把求積點搬成 q 的樣本，照定義平均對數比；到三維。"""
    d = len(cov_q)
    noise = np.array(list(itertools.product(NODES, repeat=d)))
    mass = np.prod(list(itertools.product(WEIGHTS, repeat=d)), axis=1)
    z = mean_q + noise @ np.linalg.cholesky(cov_q).T
    ratio = stats.multivariate_normal.logpdf(z, mean_q, cov_q) - stats.multivariate_normal.logpdf(
        z, mean_p, cov_p
    )
    return float(mass @ ratio)


def to_prior(mean: list[float], cov: NDArray) -> float:
    return kl(np.array(mean), cov, np.zeros(len(cov)), np.eye(len(cov)))


def test_the_opening_example_adds_up():
    """(1, 4) 與 (0.5, 0.25)：1.3069 + 0.4431 = 1.75；在 (3, 0) 的對數比是 3.307 + 0.193 = 3.500。"""
    one, two = to_prior([1.0], np.array([[4.0]])), to_prior([0.5], np.array([[0.25]]))
    assert [round(one, 4), round(two, 4)] == [1.3069, 0.4431]
    assert to_prior([1.0, 0.5], np.diag([4.0, 0.25])) == pytest.approx(1.75)
    ratios = [stats.norm.logpdf(z, m, s) - stats.norm.logpdf(z) for z, m, s in [(3, 1, 2), (0, 0.5, 0.5)]]
    assert [round(r, 3) for r in (*ratios, sum(ratios))] == [3.307, 0.193, 3.5]


def test_the_formula_without_the_index_gives_two_other_numbers():
    """漏了下標 i，字面上是 2 × 1.3069 = 2.6137 或 2 × 0.4431 = 0.8863。"""
    one, two = to_prior([1.0], np.array([[4.0]])), to_prior([0.5], np.array([[0.25]]))
    assert [round(2 * one, 4), round(2 * two, 4)] == [2.6137, 0.8863]


def test_together_the_dimensions_carry_evidence_that_none_carries_alone():
    """ρ = 0.9：(1, 1) 的密度 0.2157 對 0.0585，3.68 倍；(1, −1) 是 0.0000166，0.00028 倍。"""
    # z₂ 給定 z₁ 是 N(ρ z₁, 1 − ρ²)：條件分布的乘積，不用矩陣。
    prior = stats.norm.pdf(1) ** 2
    same, opposite = (stats.norm.pdf(1) * stats.norm.pdf(z2, 0.9, math.sqrt(0.19)) for z2 in (1, -1))
    assert [round(same, 4), round(prior, 4), round(same / prior, 2)] == [0.2157, 0.0585, 3.68]
    assert opposite == pytest.approx(1.66e-5, rel=5e-3)
    assert opposite / prior == pytest.approx(2.8e-4, rel=2e-2)


def test_full_covariance_against_the_sum():
    """ρ = 0.9：0.830366 對 0；位置與寬度改成開頭的例子：2.5804 對 1.75，差的又是 0.8304。"""
    assert to_prior([0, 0], RHO) == pytest.approx(0.830366, abs=5e-7)
    assert to_prior([1, 0.5], SHIFTED) == pytest.approx(2.580366, abs=5e-7)
    assert gaussian.kl_full_covariance([0, 0], RHO) == pytest.approx(to_prior([0, 0], RHO), rel=1e-10)
    assert gaussian.kl_full_covariance([1, 0.5], SHIFTED) == pytest.approx(to_prior([1, 0.5], SHIFTED))


def test_the_formula_in_the_other_dimensions():
    """公式對三維的任意 Σ 也成立。"""
    rng = np.random.default_rng(0)
    for _ in range(5):
        factor, mean = rng.normal(size=(3, 3)), rng.normal(size=3)
        cov = factor @ factor.T + 0.1 * np.eye(3)
        closed = 0.5 * (np.trace(cov) + mean @ mean - 3 - math.log(np.linalg.det(cov)))
        assert closed == pytest.approx(to_prior(list(mean), cov), rel=1e-9)


def test_price_of_the_two_axes():
    """轉正以後：變異數 1.9 付 0.1291，0.1 付 0.7013，合計 0.8304。"""
    along, across = (
        float(direction @ RHO @ direction) / 2 for direction in (np.array([1, 1]), np.array([1, -1]))
    )
    assert [along, across] == pytest.approx([1.9, 0.1])
    prices = [to_prior([0.0], np.array([[v]])) for v in (along, across)]
    assert [round(p, 4) for p in (*prices, sum(prices))] == [0.1291, 0.7013, 0.8304]


@pytest.mark.parametrize(("rho", "nats"), [(0.5, 0.144), (0.9, 0.830), (0.99, 1.959), (-0.9, 0.830)])
def test_total_correlation_of_two_dimensions(rho: float, nats: float):
    """−½ log(1 − ρ²)，等於 z₁ 與 z₂ 的互資訊：條件密度對邊際密度的對數比的平均。"""
    z1, z2 = np.meshgrid(NODES, NODES)
    mass = np.outer(WEIGHTS, WEIGHTS)
    spread = math.sqrt(1 - rho**2)
    second = rho * z1 + spread * z2
    information = np.sum(mass * (stats.norm.logpdf(second, rho * z1, spread) - stats.norm.logpdf(second)))
    assert information == pytest.approx(-0.5 * math.log(1 - rho**2), rel=1e-9)
    assert round(float(information), 3) == nats


def test_what_the_sum_misses_is_the_total_correlation_for_any_distribution():
    """離散的例子（不是常態）：D(q‖p) = Σ D(qᵢ‖pᵢ) + TC(q)，加總只會少算。"""
    rng = np.random.default_rng(1)
    for _ in range(200):
        q = rng.dirichlet(np.ones(12)).reshape(3, 4)
        p1, p2 = rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(4))
        q1, q2 = q.sum(axis=1), q.sum(axis=0)
        whole = np.sum(q * np.log(q / np.outer(p1, p2)))
        shadows = np.sum(q1 * np.log(q1 / p1)) + np.sum(q2 * np.log(q2 / p2))
        correlation = np.sum(q * np.log(q / np.outer(q1, q2)))
        assert whole == pytest.approx(shadows + correlation)
        assert whole > shadows


def test_ten_slightly_correlated_dimensions():
    """十維、兩兩 0.5：漏掉 2.267 nats；特徵值是九個 0.5 與一個 5.5。"""
    cov = np.full((10, 10), 0.5) + 0.5 * np.eye(10)
    values = np.linalg.eigvalsh(cov)
    assert values == pytest.approx([0.5] * 9 + [5.5])
    # 一維一維看：每一維剩下的變異數（給定前面各維）越來越小。
    left = [1.0] + [1 - cov[i, :i] @ np.linalg.solve(cov[:i, :i], cov[:i, i]) for i in range(1, 10)]
    assert -0.5 * sum(map(math.log, left)) == pytest.approx(2.267, abs=5e-4)


def test_an_independent_q_and_a_correlated_p_do_not_add_up_either():
    """q = N(0, I)、p 相關 0.9：真值 3.433，各維相加是 0；10.526 − 2 − 1.661。"""
    zero = np.zeros(2)
    assert kl(zero, np.eye(2), zero, RHO) == pytest.approx(3.433, abs=5e-4)
    assert np.trace(np.linalg.inv(RHO)) == pytest.approx(10.526, abs=5e-4)
    assert math.log(0.19) == pytest.approx(-1.661, abs=5e-4)


def best_factorized(cov: NDArray, average_over_the_fit: bool) -> tuple[NDArray, float]:
    """數值最佳化求最好的獨立近似；照近似平均時用求積，照目標平均時也用求積。"""
    zero = np.zeros(len(cov))

    def loss(log_variance: NDArray) -> float:
        fit = np.diag(np.exp(log_variance))
        pair = (fit, cov) if average_over_the_fit else (cov, fit)
        return kl(zero, pair[0], zero, pair[1])

    best = optimize.minimize(loss, np.full(len(cov), -0.5))
    return np.exp(best.x), float(best.fun)


def test_best_factorized_fit_in_both_directions():
    """照近似平均：0.19 = 條件變異數；照目標平均：1。兩維的最小值都是 0.8304。"""
    narrow, cost = best_factorized(RHO, True)
    assert narrow == pytest.approx([0.19, 0.19], abs=1e-5)
    assert np.sqrt(narrow) == pytest.approx([0.436, 0.436], abs=5e-4)
    assert cost == pytest.approx(0.8304, abs=5e-5)
    wide, cost = best_factorized(RHO, False)
    assert wide == pytest.approx([1, 1], abs=1e-4)
    assert cost == pytest.approx(0.8304, abs=5e-5)


def test_in_three_dimensions_the_two_directions_cost_different_amounts():
    """三維、兩兩 0.9：照近似平均 1.084，照目標平均 1.788。"""
    cov = np.full((3, 3), 0.9) + 0.1 * np.eye(3)
    assert best_factorized(cov, True)[1] == pytest.approx(1.084, abs=5e-4)
    assert best_factorized(cov, False)[1] == pytest.approx(1.788, abs=5e-4)


def test_half_of_the_wide_fit_lies_outside_the_target():
    """N(0, I) 落在目標的 95% 橢圓以外的機率是 46%。"""
    limit = -2 * math.log(0.05)
    # z'Λz 在橢圓的軸上是 u²/1.9 + v²/0.1，u、v 獨立標準常態：對 u 積分 P(|v| 小於剩下的)。
    inside, _ = integrate.quad(
        lambda u: stats.norm.pdf(u) * (2 * stats.norm.cdf(math.sqrt(0.1 * (limit - u**2 / 1.9))) - 1),
        -math.sqrt(1.9 * limit),
        math.sqrt(1.9 * limit),
    )
    assert 1 - inside == pytest.approx(0.46, abs=5e-3)


def test_among_independent_fits_the_normal_is_best():
    """平均與變異數相同時，常態的負熵最小：均勻與拉普拉斯都比較大。"""
    normal = -stats.norm.entropy()
    assert -stats.uniform(scale=math.sqrt(12)).entropy() > normal
    assert -stats.laplace(scale=math.sqrt(0.5)).entropy() > normal


def test_posterior_of_two_causes_and_one_sum():
    """x = z₁ + z₂ + 雜訊(1/9)，x = 1：相關 −0.9、變異數 10/19 = 0.526、平均 0.474；對角最多 1/10。"""
    # 不用推導：(z₁, z₂, x) 的聯合共變異數，條件在 x 上。
    joint = np.array([[1, 0, 1], [0, 1, 1], [1, 1, 2 + 1 / 9]])
    gain = joint[:2, 2] / joint[2, 2]
    cov = joint[:2, :2] - np.outer(gain, joint[2, :2])
    assert cov[0, 0] == pytest.approx(10 / 19)
    assert round(cov[0, 0], 3) == 0.526
    assert cov[0, 1] / cov[0, 0] == pytest.approx(-0.9)
    assert gain == pytest.approx([0.474, 0.474], abs=5e-4)
    narrow, cost = best_factorized(cov, True)
    assert narrow == pytest.approx([0.1, 0.1], abs=1e-5)
    assert cost == pytest.approx(0.5 * math.log(100 / 19), abs=1e-6)
    assert stats.norm.logpdf(1, 0, math.sqrt(2 + 1 / 9)) == pytest.approx(-1.5294, abs=5e-5)


@pytest.mark.parametrize("x", [-2.0, 0.3, 1.0])
def test_the_bound_loses_the_same_amount_for_every_x(x: float):
    """log p(x) 減去最好的對角下界恆為 0.8304；下界用抽樣點的平均算，不用封閉形式的 KL。"""
    noise = np.array(list(itertools.product(NODES, NODES)))
    mass = np.prod(list(itertools.product(WEIGHTS, WEIGHTS)), axis=1)

    def bound(code: NDArray) -> float:
        z = code[:2] + np.exp(code[2:] / 2) * noise
        joint = stats.norm.logpdf(z).sum(axis=1) + stats.norm.logpdf(x, z.sum(axis=1), 1 / 3)
        log_q = stats.norm.logpdf(noise).sum(axis=1) - code[2:].sum() / 2
        return float(mass @ (joint - log_q))

    best = optimize.minimize(lambda code: -bound(code), np.zeros(4))
    assert stats.norm.logpdf(x, 0, math.sqrt(2 + 1 / 9)) + best.fun == pytest.approx(0.8304, abs=1e-4)


@pytest.mark.parametrize(("angle", "gap"), [(0, 0.0), (45, 0.8304), (90, 0.0)])
def test_turning_the_axes_changes_the_bound_but_not_the_data(angle: float, gap: float):
    """x 的分布與 α 無關；α = 0° 時後驗對角，下界不吃虧。"""
    w = math.sqrt(2) * np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
    assert w @ w + 1 / 9 == pytest.approx(2 + 1 / 9)
    cov = np.eye(2) - np.outer(w, w) / (w @ w + 1 / 9)
    assert best_factorized(cov, True)[1] == pytest.approx(gap, abs=5e-5)


def test_two_diagonal_codes_make_a_slanted_cloud():
    """±(1.5, 1.5)、σ = 0.5：混合的相關係數 0.9，總相關 0.685，不是常態的 0.830；接近 log 2 = 0.693。"""
    rng = np.random.default_rng(2)
    centre = rng.choice([-1.5, 1.5], 400_000)
    z = centre[:, None] + 0.5 * rng.standard_normal((400_000, 2))
    assert np.cov(z.T) == pytest.approx(np.array([[2.5, 2.25], [2.25, 2.5]]), abs=0.02)

    def log_two_peaks(z: NDArray) -> NDArray:
        return np.logaddexp(stats.norm.logpdf(z, -1.5, 0.5), stats.norm.logpdf(z, 1.5, 0.5)) - math.log(2)

    houses = [stats.norm.logpdf(z, sign * 1.5, 0.5).sum(axis=1) for sign in (-1, 1)]
    draws = np.logaddexp(*houses) - math.log(2) - log_two_peaks(z).sum(axis=1)
    error = draws.std() / math.sqrt(len(draws))
    assert abs(draws.mean() - 0.6855) < 4 * error < 0.002
    assert round(math.log(2), 3) == 0.693


def test_numbers_of_the_common_mistakes():
    """練習裡「常見錯誤」給的數字：錯的公式在那一點真的得到那個值。"""
    mean, variance = np.array([1.0, 0.5]), np.array([4.0, 0.25])
    terms = mean**2 + variance - np.log(variance)
    assert 0.5 * np.mean(terms - 1) == pytest.approx(0.875)
    assert 0.5 * (terms.sum() - 1) == pytest.approx(2.25)
    squared = 0.5 * np.sum(mean**2 + variance**2 - 1 - np.log(variance**2))
    assert round(float(squared), 3) == 7.656
    assert 0.5 * (4.25 + 1.25 - 2 + math.log(0.19)) == pytest.approx(0.9196, abs=5e-5)
    reverse = kl(np.zeros(2), np.eye(2), mean, SHIFTED)
    assert round(reverse, 4) == 10.2749
    assert -math.log(0.19) == pytest.approx(1.6607, abs=5e-5)
    assert -0.5 * math.log(1 - 0.9) == pytest.approx(1.1513, abs=5e-5)
    precision = np.linalg.inv(SHIFTED)
    assert precision[0, 0] == pytest.approx(1.3158, abs=5e-5)
    assert 1 / precision[0, 0] == pytest.approx(0.76)
    assert round(9 / 19, 4) == 0.4737
    assert np.linalg.pinv(9 * np.ones((2, 2))) @ np.array([9, 9]) == pytest.approx([0.5, 0.5])
    assert round(1 / 19, 4) == 0.0526
    assert kl(np.zeros(2), np.eye(2), np.zeros(2), RHO) == pytest.approx(3.4328, abs=5e-5)
