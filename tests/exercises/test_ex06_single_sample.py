"""ex06 的檢查。"""

import math
from functools import partial
from typing import Any

import numpy as np

from vae_from_scratch.course.testing import (
    DIFFERENCES,
    FAR,
    LARGE,
    PRINTED,
    QUADRATURE,
    RELATIVE,
    Tolerance,
    check,
    expectation,
    normal_nodes,
    numerical_gradient,
    points,
)

CHAPTER = "第 6 章"

# 4 列 3 維。σ 都不是 1，有寬有窄；第一列與第三列的估計是負的。
MEAN = np.array([[1.0, -0.5, 0.4], [2.0, 0.3, -1.5], [0.2, -0.1, 0.6], [-0.8, 1.1, 0.9]])
STD = np.array([[2.0, 1.5, 1.2], [0.5, 3.0, 0.2], [1.8, 2.5, 1.4], [0.7, 0.4, 2.2]])
LOG_VAR = 2 * np.log(STD)
NOISE = np.array([[-0.4, 0.3, -0.2], [0.6, -1.2, 0.9], [0.1, 0.2, -0.5], [1.3, -0.7, 0.5]])
Z = MEAN + STD * NOISE


def _shown_and_drawn(draw):
    """（mean, std, noise）：固定的，與抽出來的（2 列 3 維）。"""
    yield MEAN, STD, NOISE
    yield draw.normal(2, 3), draw.std(2, 3), draw.normal(2, 3)


def _far_problems(draw):
    """σ 很大或很小、μ 也很大的輸入，d = 1：梯度有幾千到 10¹⁵ 那麼大。"""
    yield {"mean": 0 * draw.normal(4, 1), "log_var": draw.far(4, 1), "noise": draw.normal(4, 1)}
    yield {"mean": 90 * draw.normal(3, 1), "log_var": 2 * np.log(draw.std(3, 1)), "noise": draw.normal(3, 1)}


def _log_ratio_by_cdf(z, mean, std):
    """log q(z) − log p(z)，密度由分布函數的差分得到，不用密度公式。"""

    def density(centre, scale):
        side = 1 if z > centre else -1  # 由近的那一邊的尾巴算起，很遠的 z 也不損失位數

        def tail(t):
            return -side * 0.5 * math.erfc(side * (t - centre) / (scale * math.sqrt(2)))

        return float(numerical_gradient(tail, z, scale * 1e-3))

    return math.log(density(mean, std)) - math.log(density(0.0, 1.0))


ROUNDED = Tolerance(1e-5, 0.0)  # 先平均再相減，幾億的平均只剩七位
CLOSE = "平常的數字都對，兩組很大而相差很小時不對：先逐個種子相減，再算標準差；不要用平方和去減"


def _single(z, m, v):
    return 0.5 * (z**2 - (z - m) ** 2 * np.exp(-v) - v)


@points(
    1,
    hint=(
        "先寫一維：log q(z) = −½[log 2π + log σ² + (z − μ)²/σ²]，log p(z) = −½[log 2π + z²]。",
        "相減，log 2π 相消：f = ½[z² − (z − μ)²/σ² − log σ²]。",
        "沿 axis=-1 加總。負的值就讓它是負的。",
    ),
    chapter=CHAPTER,
)
def test_kl_single_sample(target, draw):
    """log q(z) − log p(z)"""
    wrong = {
        "左右反了：這是 log p − log q；z 從 q 抽，要 log q − log p": lambda z, m, v: (
            -_single(z, m, v).sum(axis=-1)
        ),
        "負的值被截成 0 了；一次的估計可以是負的": lambda z, m, v: np.maximum(
            _single(z, m, v).sum(axis=-1), 0
        ),
        "每一維負的值被截成 0 了；一次的估計可以是負的": lambda z, m, v: np.maximum(_single(z, m, v), 0).sum(
            axis=-1
        ),
        "取了絕對值；一次的估計可以是負的": lambda z, m, v: np.abs(_single(z, m, v).sum(axis=-1)),
        "這是封閉形式的 KL；這一題要用手上的 z": lambda z, m, v: (
            0.5 * (m**2 + np.exp(v) - 1 - v).sum(axis=-1)
        ),
        "漏了 log σ²：log q 的常數裡有它": lambda z, m, v: (
            0.5 * (z**2 - (z - m) ** 2 * np.exp(-v)).sum(axis=-1)
        ),
        "log σ² 的正負號反了": lambda z, m, v: 0.5 * (z**2 - (z - m) ** 2 * np.exp(-v) + v).sum(axis=-1),
        "log σ² 前面少了 1/2": lambda z, m, v: (0.5 * z**2 - 0.5 * (z - m) ** 2 * np.exp(-v) - v).sum(
            axis=-1
        ),
        "(z − μ)² 要除以 σ²，你除的是 σ": lambda z, m, v: (
            0.5 * (z**2 - (z - m) ** 2 * np.exp(-v / 2) - v).sum(axis=-1)
        ),
        "(z − μ)² 沒有除以 σ²": lambda z, m, v: 0.5 * (z**2 - (z - m) ** 2 - v).sum(axis=-1),
        "先驗沒有用到：少了 −log p(z) = ½z² + ½log 2π": lambda z, m, v: (
            -0.5 * (np.log(2 * np.pi) + v + (z - m) ** 2 * np.exp(-v)).sum(axis=-1)
        ),
        "先驗的平均放成 μ 了；先驗是 N(0, I)": lambda z, m, v: (
            0.5 * ((z - m) ** 2 - (z - m) ** 2 * np.exp(-v) - v).sum(axis=-1)
        ),
        "你對維度取平均了；各維的對數比要相加": lambda z, m, v: _single(z, m, v).mean(axis=-1),
        "這是密度比 q/p；要取 log": lambda z, m, v: np.exp(_single(z, m, v).sum(axis=-1)),
    }
    example = {"z": np.array([[2.4]]), "mean": np.array([[1.0]]), "log_var": np.log([[4.0]])}
    check(target.kl_single_sample, example, [1.941853], wrong=wrong, tolerance=PRINTED)
    log_var, noise = draw.far(4, 1), draw.normal(4, 1)
    # z 離平均幾個 σ 由雜訊給，所以 (z − μ)²/σ² 就是 ε²。σ 很小時 μ = 0，減法不損失位數。
    away = noise * np.exp(log_var / 2)
    z = np.where(log_var > 0, draw.between(12, 15, 4, 1), away)
    far = {"z": z, "mean": np.where(log_var > 0, z - away, 0.0), "log_var": log_var}
    expected = ((z * z - noise * noise - log_var) / 2)[:, 0]
    check(target.kl_single_sample, far, expected, wrong=wrong, only=FAR)
    for mean, std, noise in _shown_and_drawn(draw):
        z = mean + std * noise
        expected = [
            sum(_log_ratio_by_cdf(*three) for three in zip(*row, strict=True))
            for row in zip(z, mean, std, strict=True)
        ]
        inputs = {"z": z, "mean": mean, "log_var": 2 * np.log(std)}
        check(target.kl_single_sample, inputs, expected, wrong=wrong, tolerance=DIFFERENCES)


@points(
    1,
    hint=(
        "這裡把求積點當作 ε，加權平均就是期望值，沒有抽樣誤差。",
        "期望值應該是 KL：μ = 1、σ = 2 時是 1.306853。",
        "截成 0、取絕對值都會讓平均偏高。",
    ),
    chapter=CHAPTER,
)
def test_kl_single_sample__average(target, draw):
    """平均起來等於 KL"""
    nodes, weights = normal_nodes()
    mean, std = draw.normal(), draw.std()
    drawn = (mean, std, (mean * mean + std * std - 1) / 2 - math.log(std))
    for mean, std, truth in [(1.0, 2.0, 1.3068528194400546), (0.5, 0.5, 0.4431471805599453), drawn]:
        ones = np.ones((len(nodes), 1))
        inputs = {
            "z": mean + std * nodes[:, None],
            "mean": mean * ones,
            "log_var": 2 * math.log(std) * ones,
        }
        clipped = float(np.sum(weights * np.maximum(_single(*inputs.values())[:, 0], 0)))
        absolute = float(np.sum(weights * np.abs(_single(*inputs.values())[:, 0])))
        check(
            lambda *given: np.sum(weights * target.kl_single_sample(*given)),
            inputs,
            {"平均": truth},
            wrong={"負的值被截成 0，平均就偏高": clipped, "取了絕對值，平均就偏高": absolute},
            tolerance=QUADRATURE,
        )


@points(
    1,
    hint=(
        "f = ½(z² − ε² − log σ²)，把 z = μ + σε 代進去，依 ε 的次數整理。",
        "ε² 的係數 a = (σ² − 1)/2，ε 的係數 b = μσ。",
        "Var[ε²] = 2、Var[ε] = 1、兩者不相關，所以各帶自己係數的平方；各維再相加。",
    ),
    chapter=CHAPTER,
)
def test_kl_single_sample_variance(target, draw):
    """單點估計的變異數"""

    def variance(mean, std):
        def f(z):
            return 0.5 * z**2 - 0.5 * ((z - mean) / std) ** 2

        average = expectation(f, mean, std)
        return expectation(lambda z: (f(z) - average) ** 2, mean, std)

    def formula(square=0.5, linear=1.0):
        return lambda m, v: (square * (np.exp(v) - 1) ** 2 + linear * m**2 * np.exp(v)).sum(axis=-1)

    wrong = {
        "ε² 那一項差一倍：2a² = 2·[(σ² − 1)/2]² = ½(σ² − 1)²，Var[ε²] 是 2，不是 1": formula(square=0.25),
        "ε² 那一項差一倍：a 是 (σ² − 1)/2，前面的 1/2 忘了平方": formula(square=1.0),
        "ε² 那一項是四倍：a = (σ² − 1)/2，你漏了 1/2": formula(square=2.0),
        "漏了 μ²σ²：ε 的一次項也會晃": formula(linear=0.0),
        "一次項的係數是 μσ，不是 2μσ": formula(linear=4.0),
        "一次項的係數是 μσ，不是 μσ/2": formula(linear=0.25),
        "漏了 ε² 那一項": formula(square=0.0),
        "一次項乘的是 σ；變異數要平方，是 μ²σ²": lambda m, v: (
            0.5 * (np.exp(v) - 1) ** 2 + m**2 * np.exp(v / 2)
        ).sum(axis=-1),
        "σ² 的地方放了 σ": lambda m, v: (0.5 * (np.exp(v / 2) - 1) ** 2 + m**2 * np.exp(v / 2)).sum(axis=-1),
        "這是標準差；要變異數": lambda m, v: np.sqrt(formula()(m, v)),
        "你對維度取平均了；獨立的量，變異數相加": lambda m, v: (
            0.5 * (np.exp(v) - 1) ** 2 + m**2 * np.exp(v)
        ).mean(axis=-1),
        "這是 KL（平均），不是變異數": lambda m, v: 0.5 * (m**2 + np.exp(v) - 1 - v).sum(axis=-1),
    }
    example = {"mean": np.array([[1.0]]), "log_var": np.log([[4.0]])}
    check(target.kl_single_sample_variance, example, [8.5], wrong=wrong)
    mean, log_var = draw.normal(4, 1), draw.far(4, 1)
    squares = [(math.exp(v), m) for v, m in zip(log_var.flat, mean.flat, strict=True)]
    expected = [(s2 * s2 - 2 * s2 + 1) / 2 + m * m * s2 for s2, m in squares]
    far = {"mean": mean, "log_var": log_var}
    check(target.kl_single_sample_variance, far, expected, wrong=wrong, tolerance=RELATIVE, only=FAR)
    same = {"mean": mean, "log_var": 0 * log_var}  # σ = 1：只剩 μ²，KL 小，變異數也小
    expected = [m * m for m in (1e-3 * mean).flat]
    check(
        target.kl_single_sample_variance,
        same | {"mean": 1e-3 * mean},
        expected,
        wrong=wrong,
        tolerance=RELATIVE,
    )
    for mean, std, _ in _shown_and_drawn(draw):
        expected = [
            sum(variance(*two) for two in zip(*row, strict=True)) for row in zip(mean, std, strict=True)
        ]
        inputs = {"mean": mean, "log_var": 2 * np.log(std)}
        check(target.kl_single_sample_variance, inputs, expected, wrong=wrong, tolerance=QUADRATURE)


@points(
    1,
    hint=(
        "f = ½(z² − ε² − log σ²)。ε 固定，所以 −ε² 不含參數；z² 與 log σ² 都含。",
        "∂f/∂μ = z · ∂z/∂μ = z。∂f/∂log σ² = z · ∂z/∂log σ² − ½。",
        "∂z/∂log σ² 在第 2 章；log q 裡的 log σ² 自己也有一份。",
    ),
    chapter=CHAPTER,
)
def test_single_sample_gradient(target, draw):
    """完整的梯度"""

    def total(mean, log_var, noise):
        z = mean + np.exp(log_var / 2) * noise
        return np.sum(_single(z, mean, log_var))

    def z_of(m, v, e):
        return m + np.exp(v / 2) * e

    wrong = {
        "這是封閉形式的梯度；這一題要用這個 ε": lambda m, v, e: (m, None),
        "z 算錯了：ε 要乘標準差 σ，不是變異數": lambda m, v, e: (m + np.exp(v) * e, None),
        "這是只走路徑的梯度（下一題）；log q 裡直接寫著的 μ、σ 也要微分": lambda m, v, e: (
            z_of(m, v, e) - e * np.exp(-v / 2),
            None,
        ),
        "d_mean 少了 z 的另一半：½z² 微分是 z": lambda m, v, e: (z_of(m, v, e) / 2, None),
        "d_mean 多了 log q 的 ε/σ：ε 固定，(z − μ)/σ 不會變": lambda m, v, e: (
            z_of(m, v, e) + e * np.exp(-v / 2),
            None,
        ),
        "d_log_var 漏了 −½：log σ² 本身也要微分": lambda m, v, e: (
            None,
            0.5 * z_of(m, v, e) * np.exp(v / 2) * e,
        ),
        "d_log_var 是正解的兩倍：∂z/∂log σ² = σε/2": lambda m, v, e: (
            None,
            z_of(m, v, e) * np.exp(v / 2) * e - 1,
        ),
        "d_log_var 其實是對標準差 σ 的梯度 zε − 1/σ": lambda m, v, e: (
            None,
            z_of(m, v, e) * e - np.exp(-v / 2),
        ),
        "d_log_var 其實是對變異數 σ² 的梯度": lambda m, v, e: (
            None,
            0.5 * (z_of(m, v, e) * e * np.exp(-v / 2) - np.exp(-v)),
        ),
        "d_log_var 是封閉形式的 (σ² − 1)/2；這一題要用這個 ε": lambda m, v, e: (None, 0.5 * np.expm1(v)),
        "d_log_var 忘了乘 ε": lambda m, v, e: (None, 0.5 * (z_of(m, v, e) * np.exp(v / 2) - 1)),
        "d_log_var 乘的是 σ²；∂z/∂log σ² = σε/2": lambda m, v, e: (
            None,
            0.5 * (z_of(m, v, e) * np.exp(v) * e - 1),
        ),
        "梯度對維度加總了；每個 μ_j 各有自己的梯度": lambda m, v, e: (z_of(m, v, e).sum(axis=-1), None),
        "梯度對列平均了；平均是損失函數的事": lambda m, v, e: (z_of(m, v, e).mean(axis=0), None),
    }
    example = {"mean": np.array([[1.0]]), "log_var": np.log([[4.0]]), "noise": np.array([[0.7]])}
    check(target.single_sample_gradient, example, {"d_mean": [[2.4]], "d_log_var": [[1.18]]}, wrong=wrong)
    for far in _far_problems(draw):
        std = [math.exp(v / 2) for v in far["log_var"].flat]
        rows = [(m + s * e, s * e) for m, s, e in zip(far["mean"].flat, std, far["noise"].flat, strict=True)]
        expected: Any = {"d_mean": [[z] for z, _ in rows], "d_log_var": [[(z * s - 1) / 2] for z, s in rows]}
        check(target.single_sample_gradient, far, expected, wrong=wrong, tolerance=RELATIVE, only=LARGE)
    for mean, std, noise in _shown_and_drawn(draw):
        log_var = 2 * np.log(std)
        expected = {
            "d_mean": numerical_gradient(partial(total, log_var=log_var, noise=noise), mean),
            "d_log_var": numerical_gradient(partial(total, mean, noise=noise), log_var),
        }
        inputs = {"mean": mean, "log_var": log_var, "noise": noise}
        check(target.single_sample_gradient, inputs, expected, wrong=wrong, tolerance=DIFFERENCES)


@points(
    1,
    hint=(
        "先只對 z 微分：log q(z) = … − (z − μ)²/(2σ²)，−log p(z) = … + z²/2。",
        "∂f/∂z = z − (z − μ)/σ² = z − ε/σ。",
        "對 z 的導數，各乘上 z 對 μ 與對 log σ² 的導數（第 2 章）。",
    ),
    chapter=CHAPTER,
)
def test_path_gradient(target, draw):
    """只走 z 這條路的梯度"""

    def total(moved_mean, moved_log_var, mean, log_var, noise):
        """密度裡的 μ、log σ² 固定，只有 z 隨引數動。"""
        z = moved_mean + np.exp(moved_log_var / 2) * noise
        return np.sum(_single(z, mean, log_var))

    def path(m, v, e, power=0.5):
        return m + np.exp(v / 2) * e - e * np.exp(-power * v)

    wrong = {
        "這是完整的梯度（上一題）；log q 裡直接寫著的 μ、σ 要當作常數": lambda m, v, e: (
            m + np.exp(v / 2) * e,
            None,
        ),
        "這是封閉形式的梯度；這一題要用這個 ε": lambda m, v, e: (m, None),
        "z 算錯了：ε 要乘標準差 σ，不是變異數": lambda m, v, e: (
            m + np.exp(v) * e - e * np.exp(-v / 2),
            None,
        ),
        "ε/σ 的正負號反了：∂/∂z log q(z) = −(z − μ)/σ²": lambda m, v, e: (
            m + np.exp(v / 2) * e + e * np.exp(-v / 2),
            None,
        ),
        "(z − μ)/σ² 是 ε/σ，你多除了一次 σ": lambda m, v, e: (path(m, v, e, power=1.0), None),
        "(z − μ)/σ² 是 ε/σ，你忘了除以 σ": lambda m, v, e: (path(m, v, e, power=0.0), None),
        "漏了先驗的 z：f 裡還有 −log p(z) = ½z²": lambda m, v, e: (-e * np.exp(-v / 2), None),
        "d_log_var 多了 −½：那是 log q 裡直接寫著的 log σ²，這一題當作常數": lambda m, v, e: (
            None,
            0.5 * (path(m, v, e) * np.exp(v / 2) * e - 1),
        ),
        "d_log_var 是正解的兩倍：∂z/∂log σ² = σε/2": lambda m, v, e: (
            None,
            path(m, v, e) * np.exp(v / 2) * e,
        ),
        "d_log_var 其實是對標準差 σ 的梯度": lambda m, v, e: (None, path(m, v, e) * e),
        "d_log_var 忘了乘 ε": lambda m, v, e: (None, 0.5 * path(m, v, e) * np.exp(v / 2)),
        "d_log_var 其實是對變異數 σ² 的梯度": lambda m, v, e: (
            None,
            0.5 * path(m, v, e) * e * np.exp(-v / 2),
        ),
    }
    example = {"mean": np.array([[1.0]]), "log_var": np.log([[4.0]]), "noise": np.array([[0.7]])}
    check(target.path_gradient, example, {"d_mean": [[2.05]], "d_log_var": [[1.435]]}, wrong=wrong)
    for far in _far_problems(draw):
        std = [math.exp(v / 2) for v in far["log_var"].flat]
        slopes = [
            (m + s * e - e / s, s * e / 2)
            for m, s, e in zip(far["mean"].flat, std, far["noise"].flat, strict=True)
        ]
        expected: Any = {"d_mean": [[d] for d, _ in slopes], "d_log_var": [[d * half] for d, half in slopes]}
        check(target.path_gradient, far, expected, wrong=wrong, tolerance=RELATIVE, only=LARGE)
    for mean, std, noise in _shown_and_drawn(draw):
        log_var = 2 * np.log(std)
        fixed = {"mean": mean, "log_var": log_var, "noise": noise}
        expected = {
            "d_mean": numerical_gradient(partial(total, moved_log_var=log_var, **fixed), mean),
            "d_log_var": numerical_gradient(partial(total, mean, **fixed), log_var),
        }
        inputs = {"mean": mean, "log_var": log_var, "noise": noise}
        check(target.path_gradient, inputs, expected, wrong=wrong, tolerance=DIFFERENCES)
    _check_average(target, 1.5, 0.6)
    _check_average(target, draw.normal(), draw.std())


def _check_average(target, mean, std):
    """平均要與封閉形式的梯度 μ、(σ² − 1)/2 相同；求積點當雜訊，沒有抽樣誤差。"""
    nodes, weights = normal_nodes()
    ones = np.ones((len(nodes), 1))
    inputs = {"mean": mean * ones, "log_var": 2 * math.log(std) * ones, "noise": nodes[:, None]}
    check(
        lambda *given: tuple(np.sum(weights * part[:, 0]) for part in target.path_gradient(*given)),
        inputs,
        {"d_mean 的平均": mean, "d_log_var 的平均": (std * std - 1) / 2},
        tolerance=QUADRATURE,
    )


@points(
    1,
    hint=(
        "log r = log p(z) − log q(z)，正好是第一題的負值。",
        "r = exp(log r)，k3 = r − 1 − log r。",
        "整列先加總 log r，再取 exp；不是每一維各算各的。",
    ),
    chapter=CHAPTER,
)
def test_k3_estimate(target, draw):
    """r − 1 − log r，不會是負的"""

    def log_r(z, m, v):
        return -_single(z, m, v).sum(axis=-1)

    def k3(log_ratio):
        return np.exp(log_ratio) - 1 - log_ratio

    wrong = {
        "r 上下顛倒了：r = p/q，不是 q/p": lambda z, m, v: k3(-log_r(z, m, v)),
        "逐維算 k3 再相加了；r 是整列的密度比，先加總 log 再取 exp": lambda z, m, v: k3(
            -_single(z, m, v)
        ).sum(axis=-1),
        "少了 −1": lambda z, m, v: k3(log_r(z, m, v)) + 1,
        "log r 的正負號反了：k3 = r − 1 − log r": lambda z, m, v: k3(log_r(z, m, v)) + 2 * log_r(z, m, v),
        "這只是 −log r，也就是上面的單點估計": lambda z, m, v: -log_r(z, m, v),
        "少了 −log r：r − 1 的平均是 0，不是 KL": lambda z, m, v: k3(log_r(z, m, v)) + log_r(z, m, v),
        "這是 k2 = ½(log r)²，有偏誤": lambda z, m, v: 0.5 * log_r(z, m, v) ** 2,
        "r 沒有取 exp": lambda z, m, v: np.full(len(z), -1.0),
    }
    example = {"z": np.array([[2.4]]), "mean": np.array([[1.0]]), "log_var": np.log([[4.0]])}
    check(target.k3_estimate, example, [1.085291], wrong=wrong, tolerance=PRINTED)
    # σ = 1 時 log r = ½(z − μ)² − ½z²：取 z = 0 或 z = μ，log r 就是 ±½μ²：很小的與 25 到 40 的。
    for size, kind in ((draw.between(0.01, 0.03, decimals=4), None), (draw.between(25, 40), LARGE)):
        place = np.array([[math.sqrt(2 * size)]])
        for z, log_ratio in ((0 * place, size), (place, -size)):
            far = {"z": z, "mean": place, "log_var": 0 * place}
            expected = [math.expm1(log_ratio) - log_ratio]
            check(target.k3_estimate, far, expected, wrong=wrong, tolerance=RELATIVE, only=kind)
    for mean, std, noise in _shown_and_drawn(draw):
        z = mean + std * noise
        # 由密度比直接算：r 是各維密度比的乘積。
        ratios = [
            math.exp(-sum(_log_ratio_by_cdf(*three) for three in zip(*row, strict=True)))
            for row in zip(z, mean, std, strict=True)
        ]
        expected = [r - 1 - math.log(r) for r in ratios]
        inputs = {"z": z, "mean": mean, "log_var": 2 * np.log(std)}
        check(target.k3_estimate, inputs, expected, wrong=wrong, tolerance=DIFFERENCES)


@points(
    1,
    hint=(
        "先逐個種子相減：second − first，得到 S 個差。",
        "平均是 mean()。標準誤是「差的標準差」除以 √S，標準差用 ddof=1。",
        "差的標準差，不是兩組標準差的差，也不是兩組變異數相加。",
    ),
    chapter=CHAPTER,
)
def test_paired_difference(target, draw):
    """同種子的差與它的標準誤"""
    first = np.array([-40.34, -40.61, -40.22, -40.48, -40.57])
    difference = np.array([0.10, -0.02, 0.06, 0.05, 0.01])  # 平均 0.04，離差 .06 −.06 .02 .01 −.03

    def paired(a, b, ddof=1, root=True):
        d = b - a
        return d.mean(), d.std(ddof=ddof) / (np.sqrt(len(d)) if root else 1)

    wrong = {
        "相減的方向反了：要 second − first": lambda a, b: (a.mean() - b.mean(), None),
        "標準差的分母要 S − 1（ddof=1）；np.std 預設是 S": lambda a, b: (None, paired(a, b, ddof=0)[1]),
        "這是差的標準差；平均的標準誤還要除以 √S": lambda a, b: (None, paired(a, b, root=False)[1]),
        "除以了 S；標準誤是除以 √S": lambda a, b: (None, (b - a).std(ddof=1) / len(a)),
        "沒有配對：兩組變異數相加，把種子之間的差也算進來了": lambda a, b: (
            None,
            np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a)),
        ),
        "這是變異數除以 S；標準誤要開根號": lambda a, b: (None, (b - a).var(ddof=1) / len(a)),
        "這是兩組標準差的差；要先逐個相減": lambda a, b: (
            None,
            abs(b.std(ddof=1) - a.std(ddof=1)) / np.sqrt(len(a)),
        ),
    }
    example = {"first": np.array([1.0, 2.0, 4.0]), "second": np.array([1.5, 2.0, 5.0])}
    shown = {"平均": 0.5, "標準誤": 0.288675}
    check(target.paired_difference, example, shown, wrong=wrong, tolerance=PRINTED)
    # 兩個種子、差相同的種子，與很大的數相減只差一點的（整數，減法不產生捨入）。
    two = {"first": np.array([3.0, -1.0]), "second": np.array([-4.0, 2.0])}
    check(target.paired_difference, two, {"平均": -2.0, "標準誤": 5.0}, wrong=wrong)
    base = draw.whole(4 * 10**8, 9 * 10**8) + np.array([0.0, 3.0, 1.0, 7.0])
    close = {"first": base, "second": base + np.array([1, 0, 1, 0])}
    expected = {"平均": 0.5, "標準誤": math.sqrt(1 / 12)}
    check(target.paired_difference, close, expected, wrong=wrong, tolerance=ROUNDED, only=CLOSE)
    inputs = {"first": first, "second": first + difference}
    expected = {"平均": 0.04, "標準誤": math.sqrt((36 + 36 + 4 + 1 + 9) * 1e-4 / 4 / 5)}
    check(target.paired_difference, inputs, expected, wrong=wrong, tolerance=QUADRATURE)
    first, difference = draw.normal(7, scale=3), draw.normal(7)
    average = math.fsum(difference) / 7
    spread = math.fsum((d - average) ** 2 for d in difference)
    inputs = {"first": first, "second": first + difference}
    expected = {"平均": average, "標準誤": math.sqrt(spread / 6 / 7)}
    check(target.paired_difference, inputs, expected, wrong=wrong, tolerance=QUADRATURE)
