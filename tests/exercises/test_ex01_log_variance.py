"""ex01 的檢查。"""

import math
from typing import Any

import numpy as np

from vae_from_scratch.course.testing import (
    ALONE,
    DIFFERENCES,
    FAR,
    LARGE,
    PRINTED,
    QUADRATURE,
    RELATIVE,
    SMALL,
    WHOLE,
    Tolerance,
    check,
    normal_nodes,
    points,
)

CHAPTER = "第 1 章"

# 3 列 2 行，σ 都不是 1、μ 都不是 0，漏掉哪一項都看得出來。
STD = np.array([[2.0, 0.5], [3.0, 0.7], [0.2, 1.5]])


def log_squares(std):
    """log σ²，一格一格用 math 算。"""
    return np.array([[math.log(s * s) for s in row] for row in std])


LOG_VAR = log_squares(STD)
MEAN = np.array([[1.0, -2.0], [0.5, 0.3], [3.0, -0.5]])
Z = np.array([[3.0, -1.2], [-2.0, 0.1], [2.7, 2.0]])


@points(
    1,
    hint=(
        "log_var 是 σ² 的自然對數。對數的反函數是什麼？",
        "指數函數；NumPy 的叫 np.exp。",
        "log 的反函數是什麼？整個函式只要把它套上去。",
    ),
    chapter=CHAPTER,
)
def test_variance(target, draw):
    """由 log σ² 得到 σ²"""
    wrong = {
        "這是標準差 σ；變異數 σ² 不要除以 2": lambda v: np.exp(v / 2),
        "你把 log_var 當成 log σ 了；它已經是 log σ²": lambda v: np.exp(2 * v),
        "正負號反了：這是 1/σ²": lambda v: np.exp(-v),
        "你直接傳回 log_var，還沒有取 exp": lambda v: 1.0 * v,
        "方向反了：你取的是 log，要取 exp": lambda v: np.log(np.abs(v)),
        "這是 log_var 的平方；要的是 exp(log_var)": np.square,
        "這是 softplus；log σ² 要用 exp 換回來": lambda v: np.log1p(np.exp(v)),
        "底數不是 2；log σ² 是自然對數": np.exp2,
        "底數不是 10；log σ² 是自然對數": lambda v: 10.0**v,
        "你用了 expm1，少了 1": np.expm1,
    }
    check(target.variance, {"log_var": np.array([0.0, math.log(4)])}, [1.0, 4.0], wrong=wrong)  # 說明裡的例子
    expected: Any = [[4.0, 0.25], [9.0, 0.49], [0.04, 2.25]]
    check(target.variance, {"log_var": LOG_VAR}, expected, wrong=wrong)
    std = draw.std(2, 3)
    check(target.variance, {"log_var": log_squares(std)}, std * std, wrong=wrong)
    for log_var, kind in ((draw.far(4), FAR), (np.array([-2, 0, 3]), WHOLE), (draw.between(-3, 3), ALONE)):
        expected = np.reshape([math.exp(v) for v in np.ravel(log_var)], np.shape(log_var))
        check(target.variance, {"log_var": log_var}, expected, wrong=wrong, tolerance=RELATIVE, only=kind)


TINY_OR_HUGE = "平常的數字都對，很小或很大的 σ（1e-200、1e150）不對：不要截斷（clip），也不要加小常數"


@points(
    1,
    hint=(
        "σ² 的對數，用 log σ 怎麼寫？",
        "log σ² = 2 log σ。先平方再取 log，σ 很小時會出事。",
        "把平方移到 log 的前面再算；先平方再取 log，很小的 σ 會先變成 0。",
    ),
    chapter=CHAPTER,
)
def test_log_variance(target, draw):
    """由 σ 得到 log σ²，σ 很小也行"""
    wrong = {
        "這是 log σ；log σ² 是它的兩倍": np.log,
        "這是 (log σ)²；要的是 log(σ²)": lambda s: np.log(s) ** 2,
        "你傳回的是 σ²，還要取 log": np.square,
        "正負號反了：這是 log(1/σ²)": lambda s: -2 * np.log(s),
        "你把標準差當成 log 了，取的是 exp": lambda s: np.exp(2 * s),
        "底數不是 2；要自然對數": lambda s: 2 * np.log2(s),
        "底數不是 10；要自然對數": lambda s: 2 * np.log10(s),
        "log 裡多加了 1（log1p）": lambda s: np.log1p(s**2),
        "加了一個小常數；寫成 2·log σ 就不需要它": lambda s: np.log(s**2 + 1e-8),
    }
    example = {"std": np.array([1.0, 2.0])}
    check(target.log_variance, example, [0.0, 1.386294], wrong=wrong, tolerance=PRINTED)
    expected: Any = [[1.3862943611198906, -1.3862943611198906], [2.1972245773362196, -0.7133498878774648],
                [-3.2188758248682006, 0.8109302162163288]]  # fmt: skip
    check(target.log_variance, {"std": STD}, expected, wrong=wrong)
    std = draw.std(2, 3)
    check(target.log_variance, {"std": std}, log_squares(std), wrong=wrong)
    whole = np.array([3, 1, 12])
    check(target.log_variance, {"std": whole}, [math.log(s * s) for s in (3, 1, 12)], wrong=wrong, only=WHOLE)
    alone = draw.std()
    check(target.log_variance, {"std": alone}, math.log(alone * alone), wrong=wrong, only=ALONE)
    wrong = {
        "σ 很小時是負無限大：先平方，σ² 已經變成 0 了；改寫成 2·log σ": lambda s: np.log(s**2),
        "σ 被截斷（clip）了；寫成 2·log σ 就不需要截斷": lambda s: 2 * np.log(np.maximum(s, 1e-8)),
    }
    for powers in ([-200, -3, 150], [-draw.whole(170, 300), -draw.whole(3, 9), draw.whole(160, 300)]):
        std = np.array([float(f"1e{power}") for power in powers])
        expected = [2 * power * math.log(10) for power in powers]
        check(target.log_variance, {"std": std}, expected, wrong=wrong, only=TINY_OR_HUGE)


@points(
    1,
    hint=(
        "先看一棟：267 個差，各自平方，相加。",
        "np.sum(…, axis=-1) 沿欄相加，一棟一個數。",
        "最後 np.mean 對房子平均。",
    ),
    chapter=CHAPTER,
)
def test_reconstruction_error(target, draw):
    """對欄相加、對房子平均"""
    x = np.array([[1.0, 0.0, 2.0], [0.5, -1.0, 0.0], [0.0, 1.0, 1.0], [2.0, 0.3, -0.4]])
    x_hat = np.array([[0.5, 0.2, 1.0], [0.0, -1.0, 0.7], [0.1, 0.4, 1.0], [1.0, 0.3, 0.6]])
    wrong = {
        "你對欄也取平均了（小了 D 倍）；對欄相加，對房子平均": lambda x, y: np.mean((x - y) ** 2),
        "你對房子也相加了；對房子要平均": lambda x, y: np.sum((x - y) ** 2),
        "軸反了：你對房子相加、對欄平均": lambda x, y: np.mean(np.sum((x - y) ** 2, axis=0)),
        "差沒有平方，用了絕對值": lambda x, y: np.mean(np.sum(np.abs(x - y), axis=-1)),
        "差沒有平方，正負會互相抵消": lambda x, y: np.mean(np.sum(x - y, axis=-1)),
        "多開了一次根號；這裡要平方和": lambda x, y: np.mean(np.sqrt(np.sum((x - y) ** 2, axis=-1))),
        "先相加才平方；每一欄要各自平方": lambda x, y: np.mean(np.sum(x - y, axis=-1) ** 2),
        "多乘了 1/2；這一題的定義沒有 1/2": lambda x, y: 0.5 * np.mean(np.sum((x - y) ** 2, axis=-1)),
        "一棟一個誤差已經有了，還要對房子平均成一個數": lambda x, y: np.sum((x - y) ** 2, axis=-1),
        "兩個平方相減不等於差的平方": lambda x, y: np.mean(np.sum(x**2 - y**2, axis=-1)),
    }
    example = {"x": np.eye(2), "x_hat": np.array([[0.5, 0.0], [0.0, 0.0]])}
    check(target.reconstruction_error, example, 0.625, wrong=wrong)
    # 手算每一棟：1.29、0.74、0.37、2.00，平均 1.1。
    check(target.reconstruction_error, {"x": x, "x_hat": x_hat}, 1.1, wrong=wrong)
    for rows, columns, scale, kind in ((5, 2, 1, None), (2, 5, 1, None), (4, 1, 1, None), (4, 3, 40, LARGE)):
        x, x_hat = draw.normal(rows, columns, scale=scale), draw.normal(rows, columns, scale=scale)
        x[-1], x_hat[-1] = x[0], x_hat[0]  # 兩棟一樣的房子算兩棟
        total = math.fsum((a - b) ** 2 for a, b in zip(x.ravel(), x_hat.ravel(), strict=True))
        check(target.reconstruction_error, {"x": x, "x_hat": x_hat}, total / rows, wrong=wrong, only=kind)


def area_under_the_density(mean, std, low, high):
    """密度的面積，辛普森法；完全不用 erf。"""
    t = np.linspace(low, high, 2001)
    density = np.exp(-((t - mean) ** 2) / (2 * std**2)) / math.sqrt(2 * math.pi * std**2)
    weights = np.ones_like(t)
    weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
    return float(weights @ density * (t[1] - t[0]) / 3)


@points(
    1,
    hint=(
        "先寫一個小函式算 P(z ≤ t)，再代 high 與 low 相減。",
        "(t − μ) 要除以 σ√2，別漏了 √2：math.sqrt(2)。",
        "兩端各先標準化，代進累積機率再相減：½ 與 1 各怎麼了？別忘了 √2。",
    ),
    chapter=CHAPTER,
)
def test_interval_probability(target, draw):
    """z 落在一段區間的機率"""

    def below(t, mean, std):
        return 0.5 * (1 + math.erf((t - mean) / (std * math.sqrt(2))))

    def density(t, mean, std):
        return math.exp(-((t - mean) ** 2) / (2 * std**2)) / math.sqrt(2 * math.pi * std**2)

    wrong = {
        "這是 P(z ≤ high)，還要減掉 P(z ≤ low)": lambda m, s, a, b: below(b, m, s),
        "這是 P(z ≤ low)；要兩個相減": lambda m, s, a, b: below(a, m, s),
        "減反了：機率不會是負的，要 high 的減 low 的": lambda m, s, a, b: below(a, m, s) - below(b, m, s),
        "這是區間外的機率；要的是區間內": lambda m, s, a, b: 1 - below(b, m, s) + below(a, m, s),
        "兩個 P 相加了；要相減": lambda m, s, a, b: below(b, m, s) + below(a, m, s),
        "分母少了 √2": lambda m, s, a, b: 0.5 * (math.erf((b - m) / s) - math.erf((a - m) / s)),
        "少了 1/2：erf 相減還要乘 ½": lambda m, s, a, b: 2 * (below(b, m, s) - below(a, m, s)),
        "你除的是變異數 σ²；要除標準差 σ": lambda m, s, a, b: below(b, m, s * s) - below(a, m, s * s),
        "你把 std 當成變異數，多開了一次根號": lambda m, s, a, b: (
            below(b, m, math.sqrt(s)) - below(a, m, math.sqrt(s))
        ),
        "忘了減平均": lambda m, s, a, b: below(b, 0, s) - below(a, 0, s),
        "忘了除以標準差": lambda m, s, a, b: below(b, m, 1) - below(a, m, 1),
        "這是密度相減；密度不是機率，面積才是": lambda m, s, a, b: density(b, m, s) - density(a, m, s),
        "這是中點的密度乘寬度，只有區間很窄時才近似": lambda m, s, a, b: density((a + b) / 2, m, s) * (b - a),
    }
    example = {"mean": 1.0, "std": 2.0, "low": -1.0, "high": 3.0}
    check(target.interval_probability, example, 0.682689, wrong=wrong, tolerance=PRINTED)
    mean, std = draw.normal(), draw.std()
    tiny = std * 1e-9  # σ 很小：小常數與下限在這裡看得出來
    narrow = (0.0, tiny, -tiny * draw.between(0.2, 1.5), tiny * draw.between(0.3, 1.6))
    drawn = (mean, std, mean - std * draw.between(0.2, 1.5), mean + std * draw.between(0.3, 1.6))
    for values in ((1.0, 1.6, -0.5, 3.7), (-0.3, 0.4, -1.0, 0.2), drawn):
        inputs = dict(zip(("mean", "std", "low", "high"), values, strict=True))
        expected = area_under_the_density(*values)
        check(target.interval_probability, inputs, expected, wrong=wrong, tolerance=QUADRATURE)
    inputs = dict(zip(("mean", "std", "low", "high"), narrow, strict=True))
    expected = area_under_the_density(*narrow)
    check(target.interval_probability, inputs, expected, wrong=wrong, tolerance=QUADRATURE, only=SMALL)


def log_density_from_the_area(z, mean, std):
    """密度 = 累積機率的斜率，用 erf 的中央差分；不用密度公式。"""
    h = 1e-3 * std
    rise = [math.erf((z + k * h - mean) / (std * math.sqrt(2))) for k in (-2, -1, 1, 2)]
    return math.log((rise[0] - 8 * rise[1] + 8 * rise[2] - rise[3]) / (24 * h))


def _log_density(constant=1.0, log_var_term=1.0, square=1.0, power=-1.0):
    def value(z, m, v):
        return -0.5 * (
            constant * math.log(2 * math.pi) + log_var_term * v + square * (z - m) ** 2 * np.exp(power * v)
        )

    return value


@points(
    1,
    hint=(
        "在紙上對密度取對數：乘除變加減，exp 消掉。",
        "log √(2πσ²) = ½(log 2π + log σ²)，而 log σ² 就是引數 log_var。",
        "取對數以後是三項：常數、log σ²、標準化的平方。1/σ² 由 log_var 怎麼直接算？",
    ),
    chapter=CHAPTER,
)
def test_normal_log_density(target, draw):
    """常態密度的對數"""
    wrong = {
        "你傳回的是密度，還要取 log": lambda z, m, v: np.exp(_log_density()(z, m, v)),
        "正負號反了": lambda z, m, v: -_log_density()(z, m, v),
        "少了常數 −½ log 2π": _log_density(constant=0.0),
        "常數要用 log 2π 的一半，你減了整個": _log_density(constant=2.0),
        "少了 −½ log σ²：分母的 σ 也要取 log": _log_density(log_var_term=0.0),
        "log σ² 的正負號反了：它在分母": _log_density(log_var_term=-1.0),
        "你減的是 log σ²；√ 讓它只剩一半": _log_density(log_var_term=2.0),
        "(z−μ)² 前面少了 1/2": _log_density(square=2.0),
        "(z−μ)² 除的是 σ；要除以 σ²": _log_density(power=-0.5),
        "(z−μ)² 要除以 σ²，你乘了": _log_density(power=1.0),
        "(z−μ)² 忘了除以 σ²": _log_density(power=0.0),
        "你把 log_var 當成 σ² 了，沒有取 exp": lambda z, m, v: (
            -0.5 * (math.log(2 * math.pi) + np.log(np.abs(v)) + (z - m) ** 2 / v)
        ),
        "你沿維度加總了；這一題逐元素，不加總": lambda z, m, v: _log_density()(z, m, v).sum(axis=-1),
        "忘了減平均": lambda z, m, v: _log_density()(z, 0 * m, v),
    }
    example = {"z": np.array([3.0]), "mean": np.array([1.0]), "log_var": np.array([math.log(4)])}
    check(target.normal_log_density, example, [-2.112086], wrong=wrong, tolerance=PRINTED)
    mean, std = draw.normal(2, 3), draw.std(2, 3)
    for z, m, s in ((Z, MEAN, STD), (mean + std * draw.normal(2, 3), mean, std)):
        expected = np.vectorize(log_density_from_the_area)(z, m, s)
        inputs = {"z": z, "mean": m, "log_var": log_squares(s)}
        check(target.normal_log_density, inputs, expected, wrong=wrong, tolerance=DIFFERENCES)
    # 換單位：σ 縮成 s 倍、離平均幾個 σ 不變，對數密度只多 −log s；不必再算一次密度。
    log_var, noise = draw.far(2, 3), draw.normal(2, 3)
    inputs = {"z": noise * np.exp(log_var / 2), "mean": np.zeros((2, 3)), "log_var": log_var}
    expected = -0.5 * math.log(2 * math.pi) - log_var / 2 - noise * noise / 2
    check(target.normal_log_density, inputs, expected, wrong=wrong, only=FAR)


@points(
    1,
    hint=(
        "60 個標準差以外，密度是 10⁻⁷⁸² 左右，存成 0，log 0 是負無限大。",
        "不要先算密度。log_var 直接拿來加減，不要先 exp 再 log。",
        "標準化要乘 1/σ：在 log 裡先取負號與一半，再取 exp，就不會溢位。",
    ),
    chapter=CHAPTER,
)
def test_normal_log_density__extremes(target, draw):
    """很遠的 z、很大的 log σ²，也要有限"""
    inputs = {
        "z": np.array([42.35, 5.0, -38.0]),
        "mean": np.array([1.0, -3.0, 2.0]),
        "log_var": np.array([math.log(0.49), 1400.0, 0.0]),
    }
    half_log_2_pi = 0.9189385332046727
    expected = [  # 三個離平均 59、0、40 個標準差
        -half_log_2_pi - math.log(0.7) - 41.35**2 / 0.98,
        -half_log_2_pi - 700.0,
        -half_log_2_pi - 800.0,
    ]

    def through_the_density(z, m, v):
        return np.log(np.exp(-((z - m) ** 2) / (2 * np.exp(v))) / np.sqrt(2 * np.pi * np.exp(v)))

    wrong = {
        "遠處是負無限大：先算密度，密度已經變成 0 了；在紙上先取對數": through_the_density,
        "log_var 很大時是負無限大：先 exp 再 log；log σ² 就是引數，直接用": lambda z, m, v: (
            -0.5 * (math.log(2 * math.pi) + np.log(np.exp(v)) + (z - m) ** 2 / np.exp(v))
        ),
        "密度加了一個小常數再取 log；在紙上先取對數就不需要": lambda z, m, v: np.log(
            np.exp(through_the_density(z, m, v)) + 1e-8
        ),
        "log_var 被截斷（clip）了；不需要截斷": lambda z, m, v: _log_density()(z, m, np.clip(v, -20, 20)),
    }
    check(target.normal_log_density, inputs, expected, wrong=wrong)
    far, large, std = draw.whole(40, 70), draw.whole(1000, 1400), draw.std()
    inputs = {
        "z": np.array([2.0 - far * std, 5.0]),
        "mean": np.array([2.0, -3.0]),
        "log_var": np.array([math.log(std * std), float(large)]),
    }
    expected = [-half_log_2_pi - math.log(std) - far * far / 2, -half_log_2_pi - large / 2]
    check(target.normal_log_density, inputs, expected, wrong=wrong)


WEIGHT = np.array([[1.0, -0.5], [0.3, 2.0], [-1.5, 0.8]])
X = np.array([[1.0, 2.0, -1.0], [0.4, 0.0, 0.7], [-2.0, 1.5, 3.0], [0.2, -0.6, 1.1]])
CODE = np.array([[0.5, 1.0], [-1.0, 0.2], [0.7, -0.4], [1.2, 0.9]])
CODE_LOG_VAR = np.log([[0.04, 0.5], [0.3, 2.0], [1.5, 0.09], [0.7, 0.25]])


def averaged_over_the_noise(x, weight, mean, log_var):
    """把求積點當成雜訊，一棟一棟照定義平均。"""
    nodes, weights = normal_nodes(every=100)
    noise, mass = np.stack(np.meshgrid(nodes, nodes), axis=-1), np.outer(weights, weights)
    errors = [
        np.sum(mass * np.sum((row - (m + np.sqrt(np.exp(v)) * noise) @ weight.T) ** 2, axis=-1))
        for row, m, v in zip(x, mean, log_var, strict=True)
    ]
    return np.array(errors)


@points(
    2,
    hint=(
        "x − W(μ + σ⊙ε) = (x − Wμ) − Σ_j σ_j ε_j W_j，W_j 是 W 的第 j 行。展開平方，對 ε 取平均。",
        "一次項與交叉項平均為 0，剩 ‖x − Wμ‖² + Σ_j σ_j²‖W_j‖²。",
        "與雜訊無關的那一份，就是 z = μ 的誤差；雜訊的那一份，每一維是 σ² 乘上 W 那一行的長度平方。",
    ),
    chapter=CHAPTER,
)
def test_noisy_reconstruction_error(target, draw):
    """雜訊多罰了多少"""

    def at_the_mean(x, w, m):
        return np.sum((x - m @ w.T) ** 2, axis=-1)

    def formula(noise_term):
        return lambda x, w, m, v: at_the_mean(x, w, m) + noise_term(w, v)

    def norms(w):
        return np.sum(w**2, axis=0)

    wrong = {
        "少了雜訊多罰的部分：這是 σ = 0 的誤差": lambda x, w, m, v: at_the_mean(x, w, m),
        "只有雜訊的部分，‖x − Wμ‖² 不見了": lambda x, w, m, v: np.exp(v) @ norms(w),
        "你乘的是 σ；E[ε²] = 1 前面的係數是 σ²": formula(lambda w, v: np.exp(v / 2) @ norms(w)),
        "你乘的是 log σ²，沒有取 exp": formula(lambda w, v: v @ norms(w)),
        "正負號反了：雜訊讓誤差變大": formula(lambda w, v: -np.exp(v) @ norms(w)),
        "雜訊的部分多乘了 2": formula(lambda w, v: 2 * np.exp(v) @ norms(w)),
        "雜訊的部分多乘了 1/2": formula(lambda w, v: 0.5 * np.exp(v) @ norms(w)),
        "‖W_j‖² 忘了平方": formula(lambda w, v: np.exp(v) @ w.sum(axis=0)),
        "‖W_j‖² 多開了根號": formula(lambda w, v: np.exp(v) @ np.sqrt(norms(w))),
        "先把各維的貢獻相加才平方；交叉項平均是 0，要各自平方": formula(
            lambda w, v: np.sum((np.exp(v / 2) @ w.T) ** 2, axis=-1)
        ),
        "W 沒有用到：解碼器越陡，雜訊罰得越重": formula(lambda w, v: np.exp(v).sum(axis=-1)),
        "雜訊的部分對維度平均了；要相加": formula(lambda w, v: np.exp(v) @ norms(w) / w.shape[1]),
        "誤差對欄平均了；要相加": lambda x, w, m, v: (
            (at_the_mean(x, w, m) + np.exp(v) @ norms(w)) / x.shape[-1]
        ),
        "你對房子取平均了；這裡一棟一個值": lambda x, w, m, v: np.mean(
            at_the_mean(x, w, m) + np.exp(v) @ norms(w)
        ),
    }
    example = {
        "x": np.array([[1.0, 2.0]]), "weight": np.array([[1.0], [3.0]]),
        "mean": np.array([[0.5]]), "log_var": np.log([[0.04]]),
    }  # fmt: skip
    check(target.noisy_reconstruction_error, example, [0.9], wrong=wrong)
    drawn = (draw.normal(3, 4), draw.normal(4, 2), draw.normal(3, 2), draw.log_var(3, 2))
    for x, weight, mean, log_var in ((X, WEIGHT, CODE, CODE_LOG_VAR), drawn):
        inputs = {"x": x, "weight": weight, "mean": mean, "log_var": log_var}
        expected = averaged_over_the_noise(**inputs)
        check(target.noisy_reconstruction_error, inputs, expected, wrong=wrong, tolerance=QUADRATURE)
    # 重建得剛剛好：只剩雜訊的份。σ 很小的那幾棟，小常數與截斷就看得出來。
    weight, mean, log_var = draw.normal(3, 2), draw.normal(4, 2), draw.far(4, 1) + np.zeros(2)
    norms_ = [math.fsum(w * w for w in column) for column in weight.T]
    inputs = {"x": 0 * mean @ weight.T, "weight": weight, "mean": 0 * mean, "log_var": log_var}
    expected = [sum(math.exp(v) * n for v, n in zip(row, norms_, strict=True)) for row in log_var]
    tight = Tolerance(1e-12, 0.0)  # 只有乘與加，單精度的捨入也要看得出來
    check(target.noisy_reconstruction_error, inputs, expected, wrong=wrong, tolerance=tight, only=FAR)
