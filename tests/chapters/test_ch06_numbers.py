"""第 6 章正文與圖說裡直接寫出來的數字，各用與書頁不同的路重算一次：求積、求根、有限差分。"""

import math

import numpy as np
import pytest
from scipy import optimize, stats

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def log_ratio(z, mean, std):
    return stats.norm.logpdf(z, mean, std) - stats.norm.logpdf(z)


def moments(values):
    """在求積點上的 (平均, 變異數)。"""
    mean = float(WEIGHTS @ values)
    return mean, float(WEIGHTS @ (values - mean) ** 2)


def gradient(f, parameters, step=1e-5):
    """對每個參數的中央差分；f 傳回求積點上的陣列。"""
    slopes = []
    for i in range(len(parameters)):
        moved = np.array(parameters)
        moved[i] += step
        above = f(moved)
        moved[i] -= 2 * step
        slopes.append((above - f(moved)) / (2 * step))
    return slopes


def complete(parameters):
    mean, std = parameters
    return log_ratio(mean + std * NODES, mean, std)


def path_only(parameters, mean, std):
    """只有 z 隨參數動，密度裡的參數固定。"""
    return log_ratio(parameters[0] + parameters[1] * NODES, mean, std)


def test_kl_of_the_running_example():
    """(1, 2) 的 KL 是 1.3069；(1, 0.5) 是 0.818147。"""
    assert round(moments(complete((1.0, 2.0)))[0], 4) == 1.3069
    assert round(moments(complete((1.0, 0.5)))[0], 6) == 0.818147


def test_share_of_negative_estimates():
    """(1, 2)：45.9% 是負的；z 在 −1.85 與 1.18 之間，對數比最小 −0.86。"""
    root = lambda a, b: optimize.brentq(lambda z: log_ratio(z, 1, 2), a, b)  # noqa: E731
    low, high = root(-5, 0), root(0, 5)
    assert round(100 * (stats.norm.cdf(high, 1, 2) - stats.norm.cdf(low, 1, 2)), 1) == 45.9
    assert (round(low, 2), round(high, 2)) == (-1.85, 1.18)
    assert round(optimize.minimize_scalar(lambda z: log_ratio(z, 1, 2)).fun, 2) == -0.86


@pytest.mark.parametrize(
    ("mean", "std", "variance"),
    [(1, 2, 8.5), (0.5, 0.5, 0.34375), (2, 0.1, 0.53005), (0, 1, 0.0), (2, 2, 20.5), (1, 0.5, 0.53125)],
)
def test_variance_of_one_sample(mean, std, variance):
    """½(σ² − 1)² + μ²σ²：8.5、0.34375、0.53005、0、20.5、0.531。"""
    assert moments(complete((mean, std)))[1] == pytest.approx(variance, abs=1e-9)


def test_standard_deviation_of_one_and_of_a_batch():
    """√8.5 = 2.92；32 棟平均之後 0.52。"""
    assert round(math.sqrt(8.5), 2) == 2.92
    assert round(math.sqrt(8.5 / 32), 2) == 0.52


@pytest.mark.parametrize(("mean", "std"), [(1.0, 0.5), (1.0, 2.0), (-0.7, 1.3)])
def test_both_gradients_average_to_the_closed_form(mean, std):
    """完整與路徑的梯度，平均都是 μ 與 σ − 1/σ；變異數照公式。"""
    d_mean, d_std = gradient(complete, (mean, std))
    path_mean, path_std = gradient(lambda p: path_only(p, mean, std), (mean, std))
    reduced = (std - 1 / std) ** 2
    for values, average, variance in [
        (d_mean, mean, std**2),
        (d_std, std - 1 / std, mean**2 + 2 * std**2),
        (path_mean, mean, reduced),
        (path_std, std - 1 / std, mean**2 + 2 * reduced),
    ]:
        assert moments(values) == pytest.approx((average, variance), abs=1e-6)


def test_the_direct_path_averages_to_zero():
    """固定 z、只微分密度裡的參數：平均是 0。"""
    mean, std = 0.4, 0.6
    z = mean + std * NODES
    for slope in gradient(lambda p: stats.norm.logpdf(z, p[0], p[1]), (mean, std)):
        assert moments(slope)[0] == pytest.approx(0, abs=1e-7)


def test_path_helps_only_above_one_half():
    """(1, 0.5)：2.25 對 0.25，九倍；兩條線在 σ² = ½ 相交，σ² = 1 時路徑是 0，σ² = 2 時是 0.5。"""

    def variances(variance):
        std = math.sqrt(variance)
        path = gradient(lambda p: path_only(p, 1.0, std), (1.0, std))[0]
        return moments(gradient(complete, (1.0, std))[0])[1], moments(path)[1]

    assert variances(0.25) == pytest.approx((0.25, 2.25), abs=1e-6)
    crossing = optimize.brentq(lambda v: variances(v)[0] - variances(v)[1], 0.2, 0.9)
    assert crossing == pytest.approx(0.5, abs=1e-6)
    assert variances(1.0)[1] == pytest.approx(0, abs=1e-6)
    assert variances(2.0)[1] == pytest.approx(0.5, abs=1e-6)


def test_the_best_mixture_is_the_closed_form():
    """直接的路乘 a = 1 − σ²，對 μ 的梯度不再晃，就是 μ。"""
    mean, std = 1.2, 0.6
    direct = gradient(lambda p: stats.norm.logpdf(mean + std * NODES, p[0], std), (mean,))[0]
    path = gradient(lambda p: path_only(p, mean, std), (mean, std))[0]

    def variance(a):
        return moments(path + a * direct)[1]

    best = optimize.minimize_scalar(variance)
    assert best.x == pytest.approx(1 - std**2, abs=1e-4)
    assert moments(path + (1 - std**2) * direct) == pytest.approx((mean, 0), abs=1e-6)


@pytest.mark.parametrize(("m", "v"), [(0.0, 1.0), (0.2, 0.7), (0.5, 0.5)])
def test_noise_of_the_whole_elbo(m, v):
    """小模型：兩種值與三種梯度的變異數，先驗處 1.5、1.5 與 1、4、1，後驗處 0.25、0 與 0.5、2、0。"""

    def values(sampled):
        def f(p):
            z = p[0] + math.sqrt(v) * NODES
            reconstruction = stats.norm.logpdf(1, loc=z)
            if sampled == "closed":
                return reconstruction - 0.5 * (p[0] ** 2 + v - 1 - math.log(v))
            density_mean = m if sampled == "path" else p[0]
            return reconstruction + stats.norm.logpdf(z) - stats.norm.logpdf(z, density_mean, math.sqrt(v))

        return f

    closed, sampled = (moments(values(kind)((m,)))[1] for kind in ("closed", "single"))
    assert closed == pytest.approx(v**2 / 2 + (1 - m) ** 2 * v)
    assert sampled == pytest.approx((1 - 2 * v) ** 2 / 2 + (1 - 2 * m) ** 2 * v)
    slopes = [moments(gradient(values(kind), (m,))[0])[1] for kind in ("closed", "single", "path")]
    assert slopes == pytest.approx([v, 4 * v, (1 - 2 * v) ** 2 / v], abs=1e-6)
    quoted = {0.0: (1.5, 1.5, 1, 4, 1), 0.5: (0.25, 0, 0.5, 2, 0)}
    if m in quoted:
        assert (closed, sampled, *slopes) == pytest.approx(quoted[m], abs=1e-6)


def test_a_narrow_code_turns_the_order_for_sigma():
    """對 σ 的梯度，m = ½：封閉形式 ¼ + 2v、完整的單點 8v，在 v = 1/24 交叉；對 m 的沒有這回事（v 對 4v）。"""

    def variances(v):
        def closed(p):
            kl = 0.5 * (0.25 + p[0] ** 2 - 1 - 2 * math.log(p[0]))
            return stats.norm.logpdf(1, loc=0.5 + p[0] * NODES) - kl

        def sampled(p):
            z = 0.5 + p[0] * NODES
            return stats.norm.logpdf(1, loc=z) + stats.norm.logpdf(z) - stats.norm.logpdf(z, 0.5, p[0])

        return [moments(gradient(f, (math.sqrt(v),))[0])[1] for f in (closed, sampled)]

    assert variances(0.3) == pytest.approx([0.25 + 0.6, 2.4], abs=1e-5)
    narrow, wide = variances(1 / 30), variances(1 / 20)
    assert narrow[1] < narrow[0] and wide[1] > wide[0]


def test_k3_is_unbiased_but_its_second_moment_diverges():
    """(1, 0.5)：∫ p²/q 截在 ±1、±2、±3 是 39、3.1 萬、2.0 億；σ² = 1.2 時有限。"""

    def partial(limit, std):
        z = np.linspace(-limit, limit, 400_001)
        log_integrand = 2 * stats.norm.logpdf(z) - stats.norm.logpdf(z, 1, std)
        return float(np.exp(log_integrand).sum() * (z[1] - z[0]))

    assert round(partial(1, 0.5)) == 39
    assert round(partial(2, 0.5) / 1e4, 1) == 3.1
    assert round(partial(3, 0.5) / 1e8, 1) == 2.0
    wide = math.sqrt(1.2)
    assert partial(30, wide) == pytest.approx(partial(40, wide))
    z = np.linspace(-12, 12, 200_001)
    q, f = stats.norm.pdf(z, 1, 0.5), log_ratio(z, 1, 0.5)
    average = float((q * (np.exp(-f) - 1 + f)).sum() * (z[1] - z[0]))
    assert average == pytest.approx(0.818147, abs=1e-6)
    assert (np.exp(-f) - 1 + f >= 0).all()


def test_k3_diverges_exactly_up_to_one_half():
    """指數裡 z² 的係數 1/(2σ²) − 1：σ² < ½ 為正、σ² = ½ 為 0、更大為負。"""

    def curvature(variance):
        def exponent(z):
            return 2 * stats.norm.logpdf(z) - stats.norm.logpdf(z, 1, math.sqrt(variance))

        return (exponent(2.0) - 2 * exponent(0.0) + exponent(-2.0)) / 8

    assert curvature(0.4) > 0
    assert curvature(0.5) == pytest.approx(0, abs=1e-12)
    assert curvature(0.6) < 0
    assert curvature(0.25) == pytest.approx(1 / (2 * 0.25) - 1)


def test_degrees_of_freedom_of_eight_seeds():
    """八個種子的配對比較，雙尾 5% 的門檻是 2.365。"""
    assert round(float(stats.t.ppf(0.975, 7)), 3) == 2.365
