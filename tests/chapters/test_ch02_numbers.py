"""第 2 章正文裡直接寫出來的數字，各用與書頁不同的路重算一次：數值積分、有限差分、求根、列舉。"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, optimize, stats

# 高斯－厄米特求積：80 個節點，對這一章的多項式與平滑函數準到機器精度。
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
WEIGHTS = WEIGHTS / WEIGHTS.sum()

Function = Callable[[NDArray], NDArray]


def expectation(f: Function) -> float:
    """E[f(ε)]，ε ~ N(0, 1)。"""
    return float(WEIGHTS @ f(NODES))


def variance(f: Function) -> float:
    return expectation(lambda e: f(e) ** 2) - expectation(f) ** 2


def slope(f: Callable[[float], float], x: float, h: float = 1e-5) -> float:
    return (f(x + h) - f(x - h)) / (2 * h)


def test_opening_draw_has_noise_0_189():
    """種子 2 的第一個樣本是 1.189，雜訊是 0.189；重抽的那一個讓斜率成為負的。"""
    rng = np.random.default_rng(2)
    z, z_again = rng.normal(1.0, 1.0), rng.normal(1.1, 1.0)
    assert round(z - 1, 3) == 0.189
    assert (z_again**2 - z**2) / 0.1 < 0 < ((z + 0.1) ** 2 - z**2) / 0.1


def test_mean_loss_is_mu_squared_plus_one():
    """E[z²] = μ² + 1，斜率 2μ；步長 0.1 的差商在 μ = 1 是 2.1。"""

    def mean_loss(mean):
        return expectation(lambda e: (mean + e) ** 2)

    assert mean_loss(1.0) == pytest.approx(2.0)
    assert slope(mean_loss, 1.0) == pytest.approx(2.0)
    assert (mean_loss(1.1) - mean_loss(1.0)) / 0.1 == pytest.approx(2.1)


def test_variance_of_z_squared_is_six():
    """Var[z²] = 4μ² + 2，μ = 1 時是 6；兩個獨立樣本相減，標準差約 3.5。"""
    for mean in (0.0, 1.0, 2.0):
        z = mean + NODES
        assert WEIGHTS @ z**4 - (WEIGHTS @ z**2) ** 2 == pytest.approx(4 * mean**2 + 2)
    assert round(math.sqrt(6 + 6), 1) == 3.5


def test_redrawing_inflates_the_slope():
    """重抽的差商，標準差隨步長的倒數放大；書頁說約 35.6 與 345，理論值 35.8 與 347。"""

    def spread(step: float) -> float:
        moved = variance(lambda e: (1 + step + e) ** 2)
        return math.sqrt(variance(lambda e: (1 + e) ** 2) + moved) / step

    assert spread(0.1) == pytest.approx(35.6, rel=0.02)
    assert spread(0.01) == pytest.approx(345, rel=0.02)


def test_densities_differ_by_sigma():
    """μ = 1、σ = 2、ε = 0.7：累積機率的差商給出密度 0.312254 與 0.156127。"""
    noise_density = slope(stats.norm.cdf, 0.7)
    code_density = slope(lambda z: stats.norm.cdf((z - 1) / 2), 2.4)
    assert noise_density == pytest.approx(0.312254, abs=5e-7)
    assert code_density == pytest.approx(0.156127, abs=5e-7)


@pytest.mark.parametrize(("low", "high", "quoted"), [(0.65, 0.75, 0.0312), (0.5, 0.9, 0.1245)])
def test_strips_carry_the_same_probability(low, high, quoted):
    """一段 ε 與搬過去的那一段 z，面積相同：0.0312（正文）、0.1245（圖）。"""
    noise = integrate.quad(stats.norm.pdf, low, high)[0]
    code = integrate.quad(lambda z: stats.norm.pdf(z, 1, 2), 1 + 2 * low, 1 + 2 * high)[0]
    assert round(noise, 4) == round(code, 4) == quoted


def test_equal_densities_do_not_give_the_map():
    """密度等於 φ(0.7) 的 z：σ = 2 沒有，σ = 0.5 是 0.3151 與 1.6849，σ = 1 是 0.3 與 1.7。"""
    target = stats.norm.pdf(0.7)
    assert round(stats.norm.pdf(1, 1, 2), 4) == 0.1995 < target
    for std, roots in [(0.5, (0.3151, 1.6849)), (1.0, (0.3, 1.7))]:

        def excess(z, s=std):
            return stats.norm.pdf(z, 1, s) - target

        found = optimize.brentq(excess, -5, 1), optimize.brentq(excess, 1, 5)
        assert [round(z, 4) for z in found] == list(roots)
        assert (pytest.approx(1 + std * 0.7) in found) == (std == 1)


def test_equal_cumulative_probability_gives_the_map():
    """累積機率相等的 z 只有一個，就是 μ + σε。"""
    for std in (0.5, 1.0, 2.0):

        def excess(z, s=std):
            return stats.norm.cdf(z, 1, s) - stats.norm.cdf(0.7)

        assert optimize.brentq(excess, -20, 20) == pytest.approx(1 + std * 0.7)


def test_parallelogram_has_area_two_and_covariance_llt():
    """圖裡的 L 把面積 1 變成 2（鞋帶公式），共變異數是 L Lᵀ（逐格對二維雜訊積分）。"""
    matrix = np.array([[2.0, 0.0], [1.0, 1.0]])
    x, y = (np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) @ matrix.T).T
    assert abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2 == pytest.approx(2.0)
    e1, e2 = np.meshgrid(NODES, NODES)
    z = np.stack([2 * e1, e1 + e2]).reshape(2, -1)
    covariance = (z * np.outer(WEIGHTS, WEIGHTS).ravel()) @ z.T
    np.testing.assert_allclose(covariance, matrix @ matrix.T, atol=1e-10)


@pytest.mark.parametrize(
    ("std", "wrt_variance", "wrt_log_var"), [(2, 0.175, 0.7), (0.1, 3.5, 0.035), (0.01, 35, 0.0035)]
)
def test_table_of_derivatives(std, wrt_variance, wrt_log_var):
    """ε = 0.7 時 ∂z/∂σ² 與 ∂z/∂log σ² 的表，用差分重算。"""
    by_variance = slope(lambda v: 0.7 * math.sqrt(v), std**2, h=1e-4 * std**2)
    by_log_var = slope(lambda v: 0.7 * math.exp(v / 2), 2 * math.log(std))
    assert by_variance == pytest.approx(wrt_variance, rel=1e-6)
    assert by_log_var == pytest.approx(wrt_log_var, rel=1e-6)


def test_one_step_on_the_variance_overshoots_350_times():
    """σ = 0.01、學習率 0.001：對 σ² 的一步是 0.035，是 0.0001 的 350 倍。"""
    step = 0.001 * slope(lambda v: 0.7 * math.sqrt(v), 1e-4, h=1e-8)
    assert step == pytest.approx(0.035, rel=1e-6)
    assert step / 1e-4 == pytest.approx(350, rel=1e-6)
    assert 1e-4 - step < 0


def test_common_mistakes_of_exercise_three_have_the_quoted_values():
    """σ = 2、ε = 0.7：三個常見的錯是 0.7、0.0875、0.7，都不等於正解 0.175。"""
    right = slope(lambda v: 0.7 * math.sqrt(v), 4.0)
    wrong = [
        slope(lambda s: 0.7 * s, 2.0),
        0.7 / (2 * 4),
        slope(lambda v: 0.7 * math.exp(v / 2), math.log(4)),
    ]
    assert right == pytest.approx(0.175)
    assert wrong == pytest.approx([0.7, 0.0875, 0.7])
    assert not any(w == pytest.approx(right) for w in wrong)


def test_overflow_limits_of_exercise_one():
    """float64 的上限約是 1.8×10³⁰⁸，約 e 的 709.8 次方；先除以 2，1400 得 1.014×10³⁰⁴。"""
    largest = np.finfo(float).max
    assert round(math.log(largest), 1) == 709.8
    assert f"{largest:.1e}" == "1.8e+308"
    assert f"{math.exp(700):.3e}" == "1.014e+304"


def test_density_at_1_7_rises_by_6_7_percent():
    """μ 從 1 移到 1.1，z = 1.7 的密度從 0.3123 升到 0.3332，多 6.7%。"""
    before, after = (math.exp(-((1.7 - m) ** 2) / 2) / math.sqrt(2 * math.pi) for m in (1.0, 1.1))
    assert (round(before, 4), round(after, 4)) == (0.3123, 0.3332)
    assert round(100 * (after / before - 1), 1) == 6.7


def test_even_moments_are_1_3_15():
    """E[ε²]、E[ε⁴]、E[ε⁶] = 1、3、15；奇數次為 0。"""
    moments = [integrate.quad(lambda e, n=n: e**n * stats.norm.pdf(e), -12, 12)[0] for n in range(1, 7)]
    assert moments == pytest.approx([0, 1, 0, 3, 0, 15], abs=1e-8)


@pytest.mark.parametrize(
    ("m", "score", "with_baseline"), [(0, 15, 10), (1, 30, 18), (2, 87, 42), (3, 222, 82)]
)
def test_variances_of_the_gradient_estimators(m, score, with_baseline):
    """f = z²：三種估計量平均都是 2m；變異數是 4、m⁴+14m²+15、8m²+10（數值積分）。"""
    estimators = [
        (lambda e: 2 * (m + e), 4),
        (lambda e: (m + e) ** 2 * e, score),
        (lambda e: ((m + e) ** 2 - m**2 - 1) * e, with_baseline),
    ]
    for estimator, spread in estimators:
        assert expectation(estimator) == pytest.approx(2 * m, abs=1e-9)
        assert variance(estimator) == pytest.approx(spread)
    assert (score, with_baseline) == (m**4 + 14 * m**2 + 15, 8 * m**2 + 10)


def test_sample_ratios_at_m_equal_3():
    """222/4 = 55.5，82/4 = 20.5。"""
    path = variance(lambda e: 2 * (3 + e))
    assert variance(lambda e: (3 + e) ** 2 * e) / path == pytest.approx(55.5)
    assert variance(lambda e: ((3 + e) ** 2 - 10) * e) / path == pytest.approx(20.5)


def test_pathwise_loses_on_a_fast_cosine():
    """f = cos 10z、m = 0.3：路徑的變異數 50，分數函數 0.5，相差一百倍（細網格積分）。"""
    e = np.linspace(-12, 12, 200_001)
    weight = stats.norm.pdf(e) * (e[1] - e[0])
    z = 0.3 + e
    path, score = (
        float(weight @ g**2 - (weight @ g) ** 2) for g in (-10 * np.sin(10 * z), np.cos(10 * z) * e)
    )
    assert path == pytest.approx(50, abs=1e-6)
    assert score == pytest.approx(0.5, abs=1e-6)


def test_bonnet_and_price_on_a_quartic():
    """f = z⁴：E[z⁴] = μ⁴+6μ²σ²+3σ⁴；對 μ、σ² 的導數等於 E f′ 與 ½E f″ = 6(μ²+σ²)。"""
    mean, var = 0.7, 1.3

    def mean_f(m, v):
        return expectation(lambda e: (m + math.sqrt(v) * e) ** 4)

    z = mean + math.sqrt(var) * NODES
    assert mean_f(mean, var) == pytest.approx(mean**4 + 6 * mean**2 * var + 3 * var**2)
    assert slope(lambda m: mean_f(m, var), mean) == pytest.approx(float(WEIGHTS @ (4 * z**3)))
    assert slope(lambda v: mean_f(mean, v), var) == pytest.approx(float(WEIGHTS @ (6 * z**2)))
    assert slope(lambda v: mean_f(mean, v), var) == pytest.approx(6 * (mean**2 + var))


@pytest.mark.parametrize("target", [math.sin(1.0), 0.2])
def test_small_noise_expansion(target):
    """公式 eq-02-smooth 的餘項是 σ⁴：σ 減半，差距縮成約十六分之一；重建得好或不好都成立。"""
    decode, first, second = math.sin(1.0), 2 * math.cos(1.0), -4 * math.sin(1.0)  # D(z) = sin 2z 在 0.5

    def gap(std: float) -> float:
        exact = expectation(lambda e: (target - np.sin(2 * (0.5 + std * e))) ** 2)
        residual = target - decode
        return abs(exact - residual**2 - std**2 * (first**2 - residual * second))

    assert gap(0.1) / gap(0.05) == pytest.approx(16, rel=0.1)


def test_discrete_code_has_zero_path_gradient_but_slope_two():
    """離散的 z：平均損失 1 + 2p 的斜率是 2（對 u 積分）；固定 u 的差商幾乎處處是 0；分數函數列舉得 2。"""
    uniforms = (np.arange(100_000) + 0.5) / 100_000

    def loss(p):
        return 1 + 2 * (uniforms < p)

    p, h = 0.3, 1e-3
    assert (loss(p + h).mean() - loss(p - h).mean()) / (2 * h) == pytest.approx(2.0)
    assert np.mean(loss(p + 1e-9) != loss(p - 1e-9)) == 0
    assert p * 3 * (1 / p) + (1 - p) * 1 * (-1 / (1 - p)) == pytest.approx(2.0)


def test_jumping_loss_has_slope_density_over_sigma():
    """f 在 0 跳：E f = P(z > 0)，對 μ 的差商等於 φ(μ/σ)/σ，路徑導數卻是 0。"""
    truth = slope(lambda mean: stats.norm.sf(0, mean, 1.2), 0.5)
    assert truth == pytest.approx(stats.norm.pdf(0.5 / 1.2) / 1.2)
    assert truth > 0.3


def test_implicit_derivative_matches_moving_quantiles():
    """−(∂F/∂θ)/q 等於固定 u 時分位數的差商：常態的 1 與 ε、指數的 −z/λ、沒有封閉形式的伽瑪。"""
    u = 0.8
    z = stats.norm.ppf(u, 1, 2)
    assert slope(lambda m: stats.norm.ppf(u, m, 2), 1.0) == pytest.approx(1.0)
    assert slope(lambda s: stats.norm.ppf(u, 1, s), 2.0) == pytest.approx((z - 1) / 2)
    rate = 1.5
    z = -math.log(1 - u) / rate
    assert slope(lambda r: stats.expon.ppf(u, scale=1 / r), rate) == pytest.approx(-z / rate)
    z = stats.gamma.ppf(u, 2.5)
    implicit = -slope(lambda a: stats.gamma.cdf(z, a), 2.5) / stats.gamma.pdf(z, 2.5)
    assert slope(lambda a: stats.gamma.ppf(u, a), 2.5) == pytest.approx(implicit, rel=1e-6)


def test_theorem_fails_without_its_condition():
    """反例：階梯函數幾乎處處可微分，定理的右邊是 0，左邊不是；ReLU 有尖角但不跳，兩邊相等。"""
    mean, std = 0.5, 1.2

    def mean_step(m):
        return stats.norm.sf(0, m, std)

    def mean_relu(m):
        return integrate.quad(lambda z: z * stats.norm.pdf(z, m, std), 0, 20)[0]

    assert abs(slope(mean_step, mean) - 0.0) > 0.3
    assert slope(mean_relu, mean) == pytest.approx(stats.norm.sf(0, mean, std), rel=1e-6)


def test_the_checks_would_notice_a_wrong_formula():
    """反向對照：少了 ½、忘了開根號、變異數少一項，上面用的工具都分得出來。"""
    right = slope(lambda v: 0.7 * math.sqrt(v), 4.0)
    assert right != pytest.approx(0.7 / 2, rel=1e-3)
    assert right != pytest.approx(0.7 / (2 * 4), rel=1e-3)
    assert variance(lambda e: (3 + e) ** 2 * e) != pytest.approx(3**4 + 18 * 3**2 + 15, rel=1e-3)
