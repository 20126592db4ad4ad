"""第 3 章正文裡直接寫出來的數字，各用與書頁不同的路重算一次：高斯求積、最佳化、求根、差分、十進位運算。"""

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, optimize, stats

from vae_from_scratch import gaussian

# 高斯－厄米特求積：對「多項式 × 常態」準到機器精度。書頁用的是 scipy.integrate.quad。
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def log_ratio(z: NDArray, q: tuple[float, float], p: tuple[float, float]) -> NDArray:
    """log q(z) − log p(z)，兩邊是 (平均, 標準差)。"""
    return stats.norm.logpdf(z, *q) - stats.norm.logpdf(z, *p)


def kl(q: tuple[float, float], p: tuple[float, float] = (0.0, 1.0)) -> float:
    """D(N(q) ‖ N(p))：照 q 平均對數比。"""
    return float(WEIGHTS @ log_ratio(q[0] + q[1] * NODES, q, p))


def slope(f: Callable[[float], float], x: float, h: float = 1e-5) -> float:
    return (f(x + h) - f(x - h)) / (2 * h)


def noisy_error(decoder: Callable[[NDArray], NDArray], x: float, mean: float, std: float) -> float:
    """E[(x − D(μ + σε))²]。"""
    return float(WEIGHTS @ (x - decoder(mean + std * NODES)) ** 2)


def test_reconstruction_error_grows_by_the_variance():
    """D(z) = z、μ = x = 1.5：σ = 1、0.5、0.1 的誤差是 1、0.25、0.01，斜率 2σ；D(z) = z/100 時只有 0.0001。"""
    for std, error in [(1.0, 1.0), (0.5, 0.25), (0.1, 0.01)]:
        assert noisy_error(lambda z: z, 1.5, 1.5, std) == pytest.approx(error)
        assert slope(lambda s: noisy_error(lambda z: z, 1.5, 1.5, s), std) == pytest.approx(2 * std)
    assert noisy_error(lambda z: z / 100, 1.5, 150.0, 1.0) == pytest.approx(0.0001)


@pytest.mark.parametrize("mean", [-0.8, 0.3, 1.1])
def test_small_noise_costs_the_squared_slope_of_a_curved_decoder(mean: float):
    """μ 對準以後，多出來的誤差約是 σ² D′(μ)²：σ 縮小十倍，相對誤差縮小約百倍。"""
    derivative = 1 / math.cosh(mean) ** 2
    gaps = [
        abs(noisy_error(np.tanh, math.tanh(mean), mean, std) / (std * derivative) ** 2 - 1)
        for std in (0.1, 0.01)
    ]
    assert gaps[0] < 0.1
    assert gaps[1] < gaps[0] / 50


def test_log_ratios_at_two_points():
    """z = 3：0.1210 對 0.00443，27.3 倍，對數 3.307；z = 0：0.1760 對 0.3989，對數 −0.818。"""
    q, p = stats.norm(1, 2), stats.norm(0, 1)
    assert [round(f, 4) for f in (q.pdf(3), q.pdf(0), p.pdf(0))] == [0.1210, 0.1760, 0.3989]
    assert round(p.pdf(3), 5) == 0.00443
    assert round(q.pdf(3) / p.pdf(3), 1) == 27.3
    assert round(math.log(q.pdf(3) / p.pdf(3)), 3) == 3.307
    assert round(math.log(q.pdf(0) / p.pdf(0)), 3) == -0.818
    assert stats.norm.logpdf(40) == pytest.approx(-800.9, abs=0.05)
    assert stats.norm.pdf(40) == 0


def test_the_wide_code_often_goes_where_the_prior_hardly_ever_goes():
    """z > 3 的機率：q = N(1, 4) 是 16%，p = N(0, 1) 是 0.13%。"""
    assert round(stats.norm.sf(3, 1, 2), 2) == 0.16
    assert round(stats.norm.sf(3), 4) == 0.0013


def test_two_directions():
    """μ = 1、σ² = 4：照 q 平均 1.3069，照 p 平均 0.4431；(0.5, 0.25) 正好對調。"""
    assert round(kl((1, 2)), 4) == 1.3069
    assert round(kl((0, 1), (1, 2)), 4) == 0.4431
    assert round(kl((0.5, 0.5)), 4) == 0.4431
    assert round(kl((0, 1), (0.5, 0.5)), 4) == 1.3069


def test_nearly_half_of_the_draws_from_q_look_like_p():
    """z ~ N(1, 4) 時，對數比小於 0 的機率是 45.88%：由對數比的兩個根算出。"""
    roots = [
        optimize.brentq(lambda z: log_ratio(z, (1, 2), (0, 1)), *bracket) for bracket in [(-9, 0), (0, 9)]
    ]
    negative = float(np.diff(stats.norm.cdf(roots, 1, 2))[0])
    assert negative == pytest.approx(0.4588, abs=5e-5)


def test_units():
    """1 nat 是 1.443 位元；1.3069 nats 是每點 3.69 倍、三點 50 倍；σ 減半多付 log 2，正好 1 位元。"""
    assert 1 / math.log(2) == pytest.approx(1.443, abs=5e-4)
    assert math.exp(kl((1, 2))) == pytest.approx(3.69, abs=5e-3)
    assert round(math.exp(3 * kl((1, 2)))) == 50
    for std in (1e-3, 1e-5):
        assert kl((0, std / 2)) - kl((0, std)) == pytest.approx(math.log(2), abs=1e-5)


def test_the_tangent_lies_above_the_logarithm():
    """log t ≤ t − 1，只有 t = 1 時相等。"""
    t = np.geomspace(1e-6, 1e6, 2001)
    gap = t - 1 - np.log(t)
    assert gap.min() == pytest.approx(0, abs=1e-12)
    assert t[gap.argmin()] == pytest.approx(1)


def test_closed_form_at_the_points_of_the_page():
    """封閉形式等於求積；(1, 1)、(0, 2)、(0, ½) 是 0.5、0.807、0.318；σ = 10 是 47.2。"""
    for q in [(1, 2), (0.5, 0.5), (-2, 0.1), (0, 10), (1, 1)]:
        closed = gaussian.kl_to_standard_normal([q[0]], [2 * math.log(q[1])])
        assert closed == pytest.approx(kl(q), rel=1e-10)
    assert [round(kl(q), 3) for q in [(1, 1), (0, 2), (0, 0.5)]] == [0.5, 0.807, 0.318]
    assert [round(kl((0, s)), 2) for s in (0.1, 10)] == [1.81, 47.2]
    assert [round(kl((0, 1), (0, s)), 2) for s in (0.1, 10)] == [47.2, 1.81]


def test_halving_sigma_costs_more_and_more():
    """σ 由 1 減半付 0.318；越窄越貴，最後將近 log 2 = 0.693，從不到。"""
    prices = [kl((0, s / 2)) - kl((0, s)) for s in (1, 0.5, 0.25, 0.125, 0.01)]
    assert round(prices[0], 3) == 0.318
    assert prices == sorted(prices) and prices[-1] < math.log(2)
    assert round(prices[-1], 3) == round(math.log(2), 3) == 0.693


def test_both_directions_agree_when_sigma_is_one():
    """σ = 1 時兩個方向都是 μ²/2，寫反了也測不出來。"""
    for mean in (0.0, 1.0, 3.0):
        assert kl((mean, 1)) == pytest.approx(mean**2 / 2)
        assert kl((0, 1), (mean, 1)) == pytest.approx(mean**2 / 2)


def test_wide_codes_cost_more_forwards_and_narrow_codes_backwards():
    """照編碼器平均，太寬才貴；照先驗平均，太窄才貴（任何 μ）。"""
    for mean in (0.0, 0.7, -2.0):
        for std in (1.2, 2.0, 4.0):
            assert kl((mean, std)) > kl((0, 1), (mean, std))
            assert kl((mean, 1 / std)) < kl((0, 1), (mean, 1 / std))


def test_kl_survives_a_nonlinear_change_of_variable():
    """u = e^z：兩個對數常態之間的 KL，等於原來兩個常態之間的 KL。"""
    q, p = stats.lognorm(s=2, scale=math.e), stats.lognorm(s=1)

    def integrand(u: float) -> float:
        return float(q.pdf(u) * (q.logpdf(u) - p.logpdf(u)))

    edges = np.exp(np.arange(-20, 25, 3))
    value = sum(integrate.quad(integrand, a, b, limit=200)[0] for a, b in pairwise(edges))
    assert value == pytest.approx(kl((1, 2)), rel=1e-7)


def test_squared_distance_depends_on_the_unit_and_kl_does_not():
    """單位縮小一半：L2 由 10 變成 148，KL 都是 1.3069。"""

    def squared_distance(mean: float, variance: float, prior_variance: float) -> float:
        return mean**2 + (variance - prior_variance) ** 2

    assert squared_distance(1, 4, 1) == 10
    assert squared_distance(2, 16, 4) == 148
    assert kl((2, 4), (0, 2)) == pytest.approx(kl((1, 2)))


def log_two_peaks(z: NDArray, centre: float) -> NDArray:
    return np.logaddexp(stats.norm.logpdf(z, -centre, 0.6), stats.norm.logpdf(z, centre, 0.6)) - math.log(2)


def best_normal_averaging_over_q(centre: float) -> tuple[float, float, float]:
    """照 q 平均的最佳常態；q 的平均用高斯求積，整個平面先掃一遍再磨細。"""

    def loss(parameters: NDArray) -> float:
        mean, std = parameters[0], math.exp(parameters[1])
        z = mean + std * NODES
        return float(WEIGHTS @ (stats.norm.logpdf(z, mean, std) - log_two_peaks(z, centre)))

    best = optimize.brute(loss, [(-0.1, 2.5), (-1.2, 1.0)], Ns=45, finish=None)
    fit = optimize.minimize(loss, best, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12})
    return fit.x[0], math.exp(fit.x[1]), fit.fun


def test_mode_seeking_and_mode_covering():
    """兩峰在 ±2：照 q 平均挑一個峰（σ 約 0.605，付約 log 2）；照 p 平均蓋住兩峰（σ = √4.36 ≈ 2.088）。"""
    mean, std, value = best_normal_averaging_over_q(2.0)
    assert mean == pytest.approx(1.997, abs=1e-3)
    assert std == pytest.approx(0.605, abs=1e-3)
    assert value == pytest.approx(math.log(2), abs=2e-3)

    draws = np.concatenate([sign * 2 + 0.6 * NODES for sign in (-1, 1)])
    weights = np.concatenate([WEIGHTS, WEIGHTS]) / 2

    def cross_entropy(parameters: NDArray) -> float:
        return -float(weights @ stats.norm.logpdf(draws, parameters[0], math.exp(parameters[1])))

    fit = optimize.minimize(cross_entropy, [0.5, 0.0])
    assert fit.x[0] == pytest.approx(0, abs=1e-5)
    assert math.exp(fit.x[1]) == pytest.approx(math.sqrt(4.36), abs=1e-5)
    assert round(math.sqrt(4.36), 3) == 2.088


def test_close_peaks_are_covered_both_ways():
    """兩峰靠近到 ±0.8：照 q 平均的最佳解也在正中間，標準差 0.963；另一個方向是 √(0.64 + 0.36) = 1。"""
    mean, std, _ = best_normal_averaging_over_q(0.8)
    assert mean == pytest.approx(0, abs=1e-4)
    assert std == pytest.approx(0.963, abs=5e-4)


@pytest.mark.parametrize(("mean", "std"), [(1.0, 2.0), (-0.7, 3.0), (0.4, 0.3)])
def test_gradients(mean: float, std: float):
    """梯度是 μ、σ − 1/σ，對 log σ² 是 (σ² − 1)/2。"""
    assert slope(lambda t: kl((mean + t, std)), 0.0) == pytest.approx(mean, abs=1e-6)
    assert slope(lambda t: kl((mean, std + t)), 0.0) == pytest.approx(std - 1 / std, abs=1e-6)
    assert slope(lambda t: kl((mean, std * math.exp(t / 2))), 0.0) == pytest.approx(
        (std**2 - 1) / 2, abs=1e-6
    )


def test_size_of_the_pull():
    """對 log σ² 的力道：log σ² = 4 時 26.8，−4 時 −0.49，再小也不超過 ½。"""
    pull = [slope(lambda v: kl((0, math.exp(v / 2))), v) for v in (4, -4, -12, -20)]
    assert pull[0] == pytest.approx(26.8, abs=0.01)
    assert pull[1] == pytest.approx(-0.49, abs=0.001)
    assert all(-0.5 <= p < -0.4999 for p in pull[2:])


def tug(weight: float, x: float, penalty: Callable[[float, float], float]) -> NDArray:
    """讓 weight·[(x−μ)² + σ²] + penalty(μ, σ) 最小的 (μ, σ)，不用任何導數公式。"""

    def loss(parameters: NDArray) -> float:
        mean, std = parameters[0], math.exp(parameters[1])
        return weight * noisy_error(lambda z: z, x, mean, std) + penalty(mean, std)

    options = {"xatol": 1e-10, "fatol": 1e-14, "maxiter": 4000}
    fit = optimize.minimize(loss, [0.0, 0.0], method="Nelder-Mead", options=options)
    return np.array([fit.x[0], math.exp(fit.x[1])])


def test_balance_of_the_tug_of_war():
    """a = 4：σ = 1/3、μ = 8x/9；a = 400：σ = 0.035；a = 0：(0, 1)。"""
    x = 1.6
    assert tug(4, x, lambda m, s: kl((m, s))) == pytest.approx([8 * x / 9, 1 / 3], abs=1e-5)
    assert tug(400, x, lambda m, s: kl((m, s)))[1] == pytest.approx(0.035, abs=5e-4)
    assert tug(0, x, lambda m, s: kl((m, s))) == pytest.approx([0, 1], abs=1e-5)


def squared_distance(mean: float, std: float) -> float:
    return mean**2 + (std**2 - 1) ** 2


def test_squared_distance_lets_sigma_vanish_above_a_threshold():
    """L2：a < 2 時 σ² = 1 − a/2，a ≥ 2 時沒有谷底，σ 一路縮到 0；σ → 0 的罰款停在 1，KL 沒有上限。"""
    for weight in (0.5, 1.5):
        assert tug(weight, 1.6, squared_distance)[1] ** 2 == pytest.approx(1 - weight / 2, abs=1e-5)
    for weight in (2.0, 4.0):
        losses = [weight * s**2 + squared_distance(0, s) for s in np.geomspace(1e-6, 1, 200)]
        assert np.all(np.diff(losses) > -1e-15)
    assert squared_distance(0, 1e-9) == pytest.approx(1)
    assert kl((0, 1e-9)) > 20


@pytest.mark.parametrize("scale", [1.0, 10.0, 1000.0])
def test_a_stretching_decoder_escapes_the_squared_distance_but_not_kl(scale: float):
    """D(z) = wz：KL 的帳單是 ½ log(1 + 2aw²)，隨 w 增加；L2 的總帳不超過 1 加上 (x/w)²。"""
    weight, x = 4.0, 1.6

    def total(log_std: float) -> float:
        return weight * scale**2 * math.exp(2 * log_std) + kl((0, math.exp(log_std)))

    best = optimize.minimize_scalar(total, bounds=(-15, 1), method="bounded", options={"xatol": 1e-10}).fun
    assert best == pytest.approx(0.5 * math.log(1 + 2 * weight * scale**2), rel=1e-8)
    std = 1e-6 / scale
    loss = weight * noisy_error(lambda z: scale * z, x, x / scale, std) + squared_distance(x / scale, std)
    assert loss <= 1 + (x / scale) ** 2 + 1e-9


def exact_variance_part(log_var: float) -> float:
    """½(e^v − 1 − v)，五十位的十進位運算。"""
    with localcontext() as context:
        context.prec = 50
        v = Decimal(log_var)
        return float((v.exp() - 1 - v) / 2)


def test_copying_the_formula_loses_digits():
    """log σ² = 1e-8：照抄公式得 −5.6e-17，真值 2.5e-17，套件對；單精度 0.001 偏 5%，套件的偏不到千分之一。"""
    naive = 0.5 * (np.exp(1e-8) - 1e-8 - 1)
    assert naive == pytest.approx(-5.55e-17, rel=1e-2)
    assert exact_variance_part(1e-8) == pytest.approx(2.5e-17, rel=1e-6)
    assert gaussian.kl_to_standard_normal([0.0], [1e-8]) == pytest.approx(2.5e-17, rel=1e-6)

    v = np.float32(1e-3)
    copied = np.float32(0.5) * (np.exp(v) - v - np.float32(1))
    exact = exact_variance_part(float(v))
    assert abs(copied / exact - 1) == pytest.approx(0.047, abs=0.002)
    ours = gaussian.kl_to_standard_normal(np.zeros(1, np.float32), np.full(1, v))
    assert abs(ours / exact - 1) < 1e-3


def test_expm1_has_limits_too():
    """單精度 log σ² = 1e-6：expm1 的形式仍偏 9%；超過 709（單精度 88）溢位。"""
    v = np.float32(1e-6)
    ours = np.float32(0.5) * (np.expm1(v) - v)
    assert abs(ours / exact_variance_part(float(v)) - 1) == pytest.approx(0.09, abs=0.005)
    with np.errstate(over="ignore"):
        assert np.isfinite(np.exp(709.0))
        assert np.isinf(np.exp(710.0))
        assert np.isfinite(np.exp(np.float32(88)))
        assert np.isinf(np.exp(np.float32(89)))


@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 5e-4), (np.float64, 2e-8)])
def test_where_the_copied_formula_has_no_digit_left(dtype: type, size: float):
    """照抄公式的最大相對誤差：在圖說的位置達到約 100%，大十倍的位置不到 5%。"""

    def worst(centre: float) -> float:
        values: NDArray = (centre * np.geomspace(0.7, 1.4, 41)).astype(dtype)
        copied = dtype(0.5) * (np.exp(values) - values - dtype(1))
        exact = np.array([exact_variance_part(float(v)) for v in values])
        return float(np.abs(copied / exact - 1).max())

    assert 0.5 < worst(size) < 2.5
    assert worst(10 * size) < 0.05


def test_where_kl_says_little():
    """每棟房子都答 N(1, 1)：KL 0.5；均勻 [0,1] 對 [0,2] 是 log 2；兩段各 0.318，直接走 0.918。"""
    assert kl((1, 1)) == pytest.approx(0.5)
    short, long = stats.uniform(0, 1), stats.uniform(0, 2)
    value = integrate.quad(lambda z: short.pdf(z) * (short.logpdf(z) - long.logpdf(z)), 0, 1)[0]
    assert value == pytest.approx(math.log(2))
    assert long.logpdf(1.5) - short.logpdf(1.5) == math.inf
    steps = kl((0, 1), (0, 2)), kl((0, 2), (0, 4)), kl((0, 1), (0, 4))
    assert [round(step, 3) for step in steps] == [0.318, 0.318, 0.918]


def test_numbers_of_the_common_mistakes():
    """練習裡「常見錯誤」給的數字：錯的公式在那一點真的得到那個值。"""
    log4 = math.log(4)
    assert [round(v, 4) for v in (0.5 * (9 - 4 / 4), 4 - log4, 0.5 * (9 - 4 / 2 - log4))] == [
        4,
        2.6137,
        2.8069,
    ]
    kl_mistakes = [1 + 4 - 1 - log4, 0.5 * (1 + 4 - log4), 0.5 * (1 + 4 - 1 + log4)]
    assert [round(v, 4) for v in kl_mistakes] == [2.6137, 1.8069, 2.6931]
    assert 0.5 * (1 + log4 - 1 - log4) == pytest.approx(0)
    assert round(0.5 * (1 + 1 / 4 - 1 + log4), 4) == 0.8181
    assert [round(v, 4) for v in (3 - 1 / 3, 0.5 * (1 - 1 / 9), 9 - 1, 9 / 2)] == [2.6667, 0.4444, 8, 4.5]
    assert 2 - 1 / 2 == (2**2 - 1) / 2  # σ = 2 的巧合
    assert [round(v, 4) for v in (-math.log(9), -math.log(5), -math.log(3), 1 / 9)] == [
        -2.1972,
        -1.6094,
        -1.0986,
        0.1111,
    ]
    assert round(kl((1, 2), (3, 1)), 4) == 2.8069
    assert round(kl((3, 1), (1, 2)), 4) == 0.8181
    assert round(kl((1, 2)) - kl((3, 1)), 4) == -3.1931
