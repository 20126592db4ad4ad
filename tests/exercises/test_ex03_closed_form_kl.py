"""ex03 的檢查。"""

import math
from decimal import Decimal, localcontext

import numpy as np

from vae_from_scratch.course.testing import (
    DIFFERENCES,
    FAR,
    LARGE,
    PRINTED,
    QUADRATURE,
    RELATIVE,
    WHOLE,
    Tolerance,
    check,
    expectation,
    normal_nodes,
    numerical_gradient,
    points,
)

CHAPTER = "第 3 章"

# 3 列 2 行，不是方陣；沒有一格的 σ 是 1，因為 σ = 1 時兩個方向的 KL 相同，分不出來。
VARIANCE = np.array([[4.0, 0.25], [0.5, 9.0], [0.04, 2.25]])
LOG_VAR = np.log(VARIANCE)
MEAN = np.array([[1.0, -2.0], [0.5, 0.0], [3.0, -0.5]])
TINY = Tolerance(1e-6, 0.0)  # 比的是相對誤差：正解本身只有 1e-17


def log_normal(z, mean, variance):
    """log N(z; mean, variance)，照密度的定義寫。"""
    return -0.5 * np.log(2 * np.pi * variance) - (z - mean) ** 2 / (2 * variance)


def kl_by_quadrature(q, p=(0.0, 1.0)):
    """一維 D(N(q) ‖ N(p))，照定義積分；q、p 是 (平均, 變異數)。"""
    return expectation(lambda z: log_normal(z, *q) - log_normal(z, *p), q[0], math.sqrt(q[1]))


def kl_in_the_plane(q, p):
    """二維 D(q ‖ p)：在整個平面上積聯合密度的對數比。q、p 是 (平均, 變異數)，各有兩個元素。"""
    mean, variance = q
    nodes, weights = normal_nodes(every=100)  # 間隔 0.7；對「多項式 × 常態」已經準到捨入誤差
    z = mean + np.sqrt(variance) * np.stack(np.meshgrid(nodes, nodes, indexing="ij"), axis=-1)
    ratio = log_normal(z, *q).sum(axis=-1) - log_normal(z, *p).sum(axis=-1)
    return float(weights @ ratio @ weights)


def differences_of_kl(moved, means, log_vars):
    """KL（積分）沿 ``moved(mean, log_var, t)`` 的差分，每一格一個值。"""

    def slope(mean, log_var):
        return numerical_gradient(lambda t: kl_by_quadrature(moved(mean, log_var, float(t))), 0.0).item()

    return np.vectorize(slope)(means, log_vars)


PRIOR = (np.zeros(2), np.ones(2))


def drawn_rows(draw, rows, columns):
    """抽出來的 (mean, variance)。"""
    return draw.normal(rows, columns, scale=1.5), draw.std(rows, columns) ** 2


def in_one_dimension(mean, variance, between):
    """d = 1 的輸入與答案；``between`` 算一列。"""
    expected = [between((m, v)) for m, v in zip(mean[:, 0], variance[:, 0], strict=True)]
    return {"mean": mean, "log_var": np.log(variance)}, expected


@points(
    1,
    hint=(
        "兩個密度各自取 log，再相減。",
        "兩邊都有 −½ log 2π，消掉之後剩三項。",
        "兩個 log 密度相減，log 2π 消掉；剩下的三項各帶什麼正負號與 ½？",
    ),
    chapter=CHAPTER,
)
def test_log_ratio(target, draw):
    """單一個點的對數比"""

    def formula(first=1.0, second=1.0, log_term=1.0, power=-1.0):
        return lambda z, m, v: 0.5 * (first * z**2 - second * (z - m) ** 2 * np.exp(power * v) - log_term * v)

    wrong = {
        "減反了：你算的是 log p − log q，正負號相反": lambda z, m, v: -formula()(z, m, v),
        "你傳回的是密度的比 q/p，還要取 log": lambda z, m, v: np.exp(formula()(z, m, v)),
        "你只算了 log q(z)，還要減 log p(z)": lambda z, m, v: log_normal(z, m, np.exp(v)),
        "少了 −½ log σ²：密度前面的 1/σ 也要取 log": formula(log_term=0.0),
        "−½ log σ² 的正負號反了；1/σ 取 log 是 −log σ": formula(log_term=-1.0),
        "你減的是 log σ²；1/σ 取 log 只有它的一半": formula(log_term=2.0),
        "(z−μ)² 要除以變異數 σ²，你除的是標準差 σ": formula(power=-0.5),
        "(z−μ)² 要除以 σ²，你乘了": formula(power=1.0),
        "(z−μ)² 忘了除以 σ²": formula(power=0.0),
        "每一項都少了 1/2": lambda z, m, v: 2 * formula()(z, m, v),
        "先驗的那一項 ½z² 沒有算進去": formula(first=0.0),
    }
    example = {"z": 3.0, "mean": 1.0, "log_var": math.log(4)}  # 說明裡的例子：三個數
    check(target.log_ratio, example, 3.306853, wrong=wrong, tolerance=PRINTED)
    check(target.log_ratio, example | {"z": 0.0}, -0.818147, wrong=wrong, tolerance=PRINTED)
    shown = (np.array([3.0, 0.0, -1.5]), np.array([1.0, 1.0, 0.5]), np.array([4.0, 4.0, 0.25]))
    mean, std = draw.normal(5), draw.std(5)
    for z, m, variance in (shown, (mean + std * draw.normal(5), mean, std * std)):
        expected = log_normal(z, m, variance) - log_normal(z, 0.0, 1.0)
        check(target.log_ratio, {"z": z, "mean": m, "log_var": np.log(variance)}, expected, wrong=wrong)
    # z 離平均幾個 σ 由雜訊給，所以 (z − μ)²/σ² 就是 ε²。σ 很小時 μ = 0，減法不損失位數。
    log_var, noise, z = draw.far(6), draw.normal(6), draw.between(12, 15, 6)
    away = noise * np.exp(log_var / 2)
    z = np.where(log_var > 0, z, away)
    inputs = {"z": z, "mean": np.where(log_var > 0, z - away, 0.0), "log_var": log_var}
    expected = [(a * a - e * e - v) / 2 for a, v, e in zip(z, log_var, noise, strict=True)]
    check(target.log_ratio, inputs, expected, wrong=wrong, only=FAR)


def sum_of(formula):
    """把一個維度的公式沿最後一個軸加總。"""
    return lambda mean, log_var: formula(mean, np.exp(log_var), log_var).sum(axis=-1)


def _wrong_kl():
    per_dimension = sum_of(lambda m, s2, v: 0.5 * (m**2 + s2 - 1 - v))
    return {
        "方向反了：你算的是 D(N(0,1)‖N(μ,σ²))，照先驗平均；要照 N(μ,σ²) 平均": sum_of(
            lambda m, s2, v: 0.5 * (v + (1 + m**2) / s2 - 1)
        ),
        "你的 KL 是正解的兩倍：前面少了 1/2": sum_of(lambda m, s2, v: m**2 + s2 - 1 - v),
        "正負號相反：你算的是 −KL；KL 不會是負的": sum_of(lambda m, s2, v: -0.5 * (m**2 + s2 - 1 - v)),
        "log σ² 的正負號反了；σ 越小，−log σ² 越大，KL 才會變大": sum_of(
            lambda m, s2, v: 0.5 * (m**2 + s2 - 1 + v)
        ),
        "少了 −1：q = p 時 KL 應該是 0": sum_of(lambda m, s2, v: 0.5 * (m**2 + s2 - v)),
        "−1 寫成 +1 了": sum_of(lambda m, s2, v: 0.5 * (m**2 + s2 + 1 - v)),
        "μ 忘了平方": sum_of(lambda m, s2, v: 0.5 * (m + s2 - 1 - v)),
        "你把 log_var 當成變異數 σ²，沒有取 exp": sum_of(lambda m, s2, v: 0.5 * (m**2 + v - 1 - v)),
        "你把 log_var 當成 log σ 了；它是 log σ²": sum_of(lambda m, s2, v: 0.5 * (m**2 + s2**2 - 1 - 2 * v)),
        "σ² 用成 σ：exp(log_var / 2) 是標準差": sum_of(lambda m, s2, v: 0.5 * (m**2 + np.sqrt(s2) - 1 - v)),
        "−log σ² 只減了一半（那是 log σ）": sum_of(lambda m, s2, v: 0.5 * (m**2 + s2 - 1 - v / 2)),
        "這是 L2 的罰款 μ² + (σ²−1)²，不是 KL": sum_of(lambda m, s2, v: m**2 + (s2 - 1) ** 2),
        "對數以 2 為底，或單位換成了位元；這裡要 nats": sum_of(
            lambda m, s2, v: 0.5 * (m**2 + s2 - 1 - v) / math.log(2)
        ),
        "只有 μ 的部分，σ² 的三項不見了": sum_of(lambda m, s2, v: 0.5 * m**2),
        "只有 σ² 的部分，½μ² 不見了": sum_of(lambda m, s2, v: 0.5 * (s2 - 1 - v)),
        "你對維度取平均了；獨立的維度，KL 要相加": lambda m, v: per_dimension(m, v) / m.shape[-1],
        "你對列取平均了；平均是損失函數的事，這裡一列一個值": lambda m, v: per_dimension(m, v).mean(),
        "你把每一列也加起來了；這裡一列一個值": lambda m, v: per_dimension(m, v).sum(),
        "−1 只減了一次；每個維度都有一個": lambda m, v: 0.5 * ((m**2 + np.exp(v) - v).sum(axis=-1) - 1),
    }


@points(
    1,
    hint=(
        "KL 是對數比照 N(μ, σ²) 平均：三項各自的平均是什麼？",
        "E[z²] = μ² + σ²，E[(z−μ)²/σ²] = 1。",
        "z² 的平均是變異數加平均的平方；標準化的平方平均是 1；log σ² 不含 z。",
    ),
    chapter=CHAPTER,
)
def test_kl_to_standard_normal(target, draw):
    """一維的封閉形式"""
    example = {"mean": np.array([[1.0, 0.0]]), "log_var": np.log([[4.0, 1.0]])}
    check(target.kl_to_standard_normal, example, [1.306853], wrong=_wrong_kl(), tolerance=PRINTED)
    mean, log_var = draw.normal(4, 1, scale=40), np.abs(draw.far(4, 1))
    for m, v, kind in ((mean, log_var, FAR), (mean.astype(int), log_var.astype(int), WHOLE)):
        inputs = {"mean": m, "log_var": v if kind is FAR else v - 42}
        expected = [
            (a * a + math.expm1(b) - b) / 2
            for a, b in zip(map(float, m.flat), map(float, inputs["log_var"].flat), strict=True)
        ]
        check(
            target.kl_to_standard_normal, inputs, expected, wrong=_wrong_kl(), tolerance=RELATIVE, only=kind
        )
    for mean, variance in ((MEAN[:, :1], VARIANCE[:, :1]), drawn_rows(draw, 4, 1)):
        inputs, expected = in_one_dimension(mean, variance, kl_by_quadrature)
        check(target.kl_to_standard_normal, inputs, expected, wrong=_wrong_kl(), tolerance=QUADRATURE)


@points(
    1,
    hint=(
        "一列是一筆資料；哪個軸是維度？",
        "各維的 KL 相加，不是平均。",
        "沿最後一個軸（axis=-1）加總，列不動。",
    ),
    chapter=CHAPTER,
)
def test_kl_to_standard_normal__dimensions(target, draw):
    """d 維：各維相加，一列一個值"""
    wrong = _wrong_kl()
    for mean, variance in ((MEAN, VARIANCE), drawn_rows(draw, 3, 2)):
        expected = [kl_in_the_plane(pair, PRIOR) for pair in zip(mean, variance, strict=True)]
        inputs = {"mean": mean, "log_var": np.log(variance)}
        check(target.kl_to_standard_normal, inputs, expected, wrong=wrong, tolerance=QUADRATURE)
    mean, variance = drawn_rows(draw, 2, 5)  # 五維：一維一維地積分再相加
    expected = [
        sum(kl_by_quadrature(pair) for pair in zip(*row, strict=True))
        for row in zip(mean, variance, strict=True)
    ]
    inputs = {"mean": mean, "log_var": np.log(variance)}
    check(target.kl_to_standard_normal, inputs, expected, wrong=wrong, tolerance=QUADRATURE)


def _exact_variance_part(log_var):
    """½(e^v − 1 − v)，五十位的十進位運算。"""
    with localcontext() as context:
        context.prec = 50
        v = Decimal(float(log_var))
        return float((v.exp() - 1 - v) / 2)


@points(
    1,
    hint=(
        "log_var = 1e-8 時，exp(log_var) 存成浮點數，還剩幾位？",
        "np.expm1(v) 直接算 e^v − 1，不經過接近 1 的數。",
        "σ² − 1 寫成 np.expm1(v)；log σ² 直接用 v，不要 log(exp(v))。",
    ),
    chapter=CHAPTER,
)
def test_kl_to_standard_normal__extremes(target, draw):
    """log σ² 接近 0、或非常小的時候"""
    wrong = {
        "加了一個小常數；用 expm1 就夠了，不需要 1e-8": lambda m, v: (
            0.5 * (np.expm1(v) - v + 1e-8).sum(axis=-1)
        ),
        "接近 0 時結果是 0：小的 KL 被捨掉或截斷了": lambda m, v: (
            0.5 * np.where(np.abs(v) < 0.01, 0, np.expm1(v) - v).sum(axis=-1)
        ),
    }
    shown = np.array([[1e-8], [-1e-6], [1e-4], [-1e-3]])
    for near in (shown, shown * draw.between(0.5, 2, 4, 1)):
        expected = [_exact_variance_part(v) for v in near[:, 0]]
        inputs = {"mean": np.zeros_like(near), "log_var": near}
        check(
            target.kl_to_standard_normal,
            inputs,
            expected,
            tolerance=TINY,
            lost="接近 0 時有效位數被減光了：exp(v) − 1 改用 np.expm1(v)，中間不要出現接近 1 的數",
            wrong=wrong,
        )

    wrong = {
        "log_var 很小時是無限大：先取 exp 再取 log，exp(−1400) 已經是 0": lambda m, v: (
            0.5 * (np.exp(v) - 1 - np.log(np.exp(v))).sum(axis=-1)
        ),
        "log_var 被截斷（clip）了；不需要截斷": lambda m, v: (
            0.5 * (np.expm1(np.clip(v, -20, 20)) - np.clip(v, -20, 20)).sum(axis=-1)
        ),
    }
    for size in ((1400, 60), (draw.whole(1000, 1400), draw.whole(60, 90))):
        far = -np.array([[float(number)] for number in size])
        inputs = {"mean": np.zeros_like(far), "log_var": far}
        expected = [(number - 1) / 2 for number in size]  # σ² 是 0（到 1e-26 為止），例如 ½(0 − 1 + 1400)
        check(target.kl_to_standard_normal, inputs, expected, wrong=wrong)


@points(
    1,
    hint=(
        "這次照 N(0, 1) 平均；或者換一把尺，讓右邊變成 N(0, 1)。",
        "u = (z−μ)/σ：N(μ, σ²) 變成 N(0, 1)，N(0, 1) 變成 N(−μ/σ, 1/σ²)。",
        "換單位以後兩個分布對調了角色：N(0, 1) 變成的平均與 log 變異數，交給上一題的函式。",
    ),
    chapter=CHAPTER,
)
def test_kl_from_standard_normal(target, draw):
    """另一個方向：照先驗平均"""
    wrong = {
        "方向反了：這是上一題的 D(N(μ,σ²)‖N(0,1))；要照 N(0,1) 平均": sum_of(
            lambda m, s2, v: 0.5 * (m**2 + s2 - 1 - v)
        ),
        "μ² 也要除以 σ²：換尺以後平均是 −μ/σ": sum_of(lambda m, s2, v: 0.5 * (v + m**2 + 1 / s2 - 1)),
        "換尺以後的 log 變異數是 −log σ²，所以 log σ² 這一項是加": sum_of(
            lambda m, s2, v: 0.5 * ((1 + m**2) / s2 - 1 - v)
        ),
        "μ² 除的是 σ；(μ/σ)² 要除以 σ²": sum_of(lambda m, s2, v: 0.5 * (v + 1 / s2 + m**2 / np.sqrt(s2) - 1)),
        "少了 −1：兩個分布相同時應該是 0": sum_of(lambda m, s2, v: 0.5 * (v + (1 + m**2) / s2)),
        "你的值是正解的兩倍：前面少了 1/2": sum_of(lambda m, s2, v: v + (1 + m**2) / s2 - 1),
        "對調引數不是變號：D(p‖q) 不等於 −D(q‖p)": sum_of(lambda m, s2, v: -0.5 * (m**2 + s2 - 1 - v)),
        "(1 + μ²) 要除以 σ²，你除的是 σ": sum_of(lambda m, s2, v: 0.5 * (v + (1 + m**2) / np.sqrt(s2) - 1)),
        "你對維度取平均了；獨立的維度要相加": lambda m, v: (
            0.5 * (v + (1 + m**2) * np.exp(-v) - 1).mean(axis=-1)
        ),
    }
    example = {"mean": np.array([[1.0, 0.0]]), "log_var": np.log([[4.0, 1.0]])}
    check(target.kl_from_standard_normal, example, [0.443147], wrong=wrong, tolerance=PRINTED)
    mean, log_var = draw.normal(7, 1), np.concatenate([draw.far(4, 1), [[-8.0], [-3.0], [3.0]]])
    expected = [
        (b + (1 + a * a) * math.exp(-b) - 1) / 2 for a, b in zip(mean.flat, log_var.flat, strict=True)
    ]
    inputs = {"mean": mean, "log_var": log_var}
    check(target.kl_from_standard_normal, inputs, expected, wrong=wrong, tolerance=RELATIVE, only=FAR)
    for mean, variance in ((MEAN, VARIANCE), drawn_rows(draw, 3, 2)):
        expected = [kl_in_the_plane(PRIOR, pair) for pair in zip(mean, variance, strict=True)]
        inputs = {"mean": mean, "log_var": np.log(variance)}
        check(target.kl_from_standard_normal, inputs, expected, wrong=wrong, tolerance=QUADRATURE)


@points(
    2,
    hint=(
        "自變數是 v = log σ²，不是 σ，也不是 σ²。",
        "KL = ½(μ² + e^v − 1 − v)。",
        "e^v 對 v 微分還是 e^v，−v 微分是 −1。",
    ),
    chapter=CHAPTER,
)
def test_kl_gradient(target, draw):
    """對 μ 與 log σ² 的梯度"""
    wrong = {
        "這是 L2 罰款的梯度，不是 KL 的": lambda m, v: (2 * m, 2 * (np.exp(v) - 1) * np.exp(v)),
        "d_log_var 是對 σ 的導數 σ − 1/σ；自變數是 log σ²": lambda m, v: (
            None,
            np.exp(v / 2) - np.exp(-v / 2),
        ),
        "d_log_var 是對 σ² 的導數 ½(1 − 1/σ²)；再乘 dσ²/d(log σ²) = σ²": lambda m, v: (
            None,
            0.5 * (1 - np.exp(-v)),
        ),
        "d_log_var 是對 log σ 的導數，是正解的兩倍；自變數是 log σ²": lambda m, v: (None, np.exp(v) - 1),
        "d_log_var 忘了 −log σ² 那一項的導數 −1/2": lambda m, v: (None, 0.5 * np.exp(v)),
        "d_log_var 的正負號反了": lambda m, v: (None, 0.5 * (1 - np.exp(v))),
        "d_log_var 把 −v 的導數寫成 −v": lambda m, v: (None, 0.5 * (np.exp(v) - v)),
        "d_log_var 用到 σ，要 σ²": lambda m, v: (None, 0.5 * (np.exp(v / 2) - 1)),
        "d_mean 是正解的兩倍：½μ² 微分是 μ": lambda m, v: (2 * m, None),
        "d_mean 是正解的一半：μ² 的 2 與前面的 ½ 相消": lambda m, v: (m / 2, None),
        "d_mean 的正負號反了；μ 越大，KL 越大": lambda m, v: (-m, None),
        "d_mean 多除了 σ²；那是另一個方向的梯度": lambda m, v: (m * np.exp(-v), None),
        "梯度對列平均了；平均是損失函數的事": lambda m, v: (
            m.mean(axis=0),
            (0.5 * np.expm1(v)).mean(axis=0),
        ),
        "梯度對維度加總了；每個 μ 與 log σ² 各有自己的梯度": lambda m, v: (
            m.sum(axis=-1),
            (0.5 * np.expm1(v)).sum(axis=-1),
        ),
    }
    example = {"mean": np.array([[1.0]]), "log_var": np.log([[9.0]])}
    check(target.kl_gradient, example, {"d_mean": [[1.0]], "d_log_var": [[4.0]]}, wrong=wrong)
    mean, log_var = draw.normal(4, 1, scale=40), draw.far(4, 1)
    for m, v, kind in ((mean, log_var, LARGE), (np.array([[3], [-2]]), np.array([[2], [-1]]), WHOLE)):
        # 令 h = log σ² 的一小步：(e^v − 1)/2 是 (e^v − v)/2 的斜率，用 math 一格一格算。
        slopes = np.reshape([(math.exp(b) - 1) / 2 for b in v.flat], v.shape)
        expected = {"d_mean": m, "d_log_var": slopes}
        inputs = {"mean": m, "log_var": v}
        check(target.kl_gradient, inputs, expected, wrong=wrong, only=kind)
    drawn = (draw.normal(2, 3, scale=2), draw.log_var(2, 3))
    for mean, log_var in ((MEAN, LOG_VAR), drawn):
        expected = {
            "d_mean": differences_of_kl(lambda m, v, t: (m + t, math.exp(v)), mean, log_var),
            "d_log_var": differences_of_kl(lambda m, v, t: (m, math.exp(v + t)), mean, log_var),
        }
        inputs = {"mean": mean, "log_var": log_var}
        check(target.kl_gradient, inputs, expected, wrong=wrong, tolerance=DIFFERENCES)


@points(
    1,
    hint=(
        "寫出 pull·σ² + ½(σ² − 1 − log σ²)，對 σ² 微分。",
        "pull + ½(1 − 1/σ²) = 0，解出 σ²。",
        "σ² 是一個倒數，取對數變成負號；1 加很小的數，要用哪個 log 才準？",
    ),
    chapter=CHAPTER,
)
def test_best_log_var(target, draw):
    """重建與 KL 的平衡點"""
    wrong = {
        "你傳回的是 σ²，還要取 log": lambda a: 1 / (1 + 2 * a),
        "你傳回的是標準差 σ，要 log σ²": lambda a: 1 / np.sqrt(1 + 2 * a),
        "你傳回的是 log σ，是正解的一半": lambda a: -0.5 * np.log1p(2 * a),
        "正負號反了：1/σ² = 1 + 2·pull，所以 log σ² 是負的": lambda a: np.log1p(2 * a),
        "少了 2：KL 前面有 1/2，pull 沒有": lambda a: -np.log1p(a),
        "2 跑到分母去了：把方程式乘 2，得到 2·pull + 1 = 1/σ²": lambda a: -np.log1p(a / 2),
        "忘了先驗的那個 1：沒有人拉（pull = 0）時要停在 σ² = 1": lambda a: -np.log(2 * a),
        "這是 L2 罰款的平衡點 σ² = 1 − pull/2": lambda a: np.log(1 - a / 2),
        "pull 多乘了 2：題目的重建誤差是 pull·σ²": lambda a: -np.log1p(4 * a),
    }
    example = {"pull": 4.0}  # 說明裡的例子：一個數
    check(target.best_log_var, example, -2.197225, wrong=wrong, tolerance=PRINTED)
    check(target.best_log_var, {"pull": 0.0}, 0.0, wrong=wrong)
    large = draw.between(3e4, 9e5, 3)
    expected = [-math.log(1 + 2 * a) for a in large]
    check(target.best_log_var, {"pull": large}, expected, wrong=wrong, tolerance=RELATIVE, only=LARGE)
    middle = 10.0 ** -np.array([4.0, 5.0, 6.0]) * draw.between(1, 3)  # −log(1 + x) 的級數，四項就夠
    series = [-(x - x**2 / 2 + x**3 / 3 - x**4 / 4) for x in 2 * middle]
    check(target.best_log_var, {"pull": middle}, series, wrong=wrong, tolerance=RELATIVE)
    for pull in (np.array([0.0, 0.3, 1.5, 4.0, 40.0]), draw.between(0.2, 9, 1)):
        expected = [round(_balance(a), 9) + 0.0 for a in pull]
        check(target.best_log_var, {"pull": pull}, expected, wrong=wrong, tolerance=DIFFERENCES)
    shown = np.array([1e-12, 1e-15])
    for small in (shown, shown * draw.between(0.3, 3, 2)):
        check(
            target.best_log_var,
            {"pull": small},
            -2 * small,
            tolerance=TINY,
            lost="pull 很小時有效位數不夠：log(1 + x) 改用 np.log1p(x)",
        )


def _balance(pull):
    """二分法找 pull·σ² + KL 的谷底；斜率用差分，KL 用積分。"""

    def slope(log_var):
        def loss(v):
            return pull * math.exp(v) + kl_by_quadrature((0.0, math.exp(v)))

        return numerical_gradient(loss, log_var).item()

    low, high = -8.0, 1.0
    for _ in range(36):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return (low + high) / 2


BETWEEN = ("mean_q", "log_var_q", "mean_p", "log_var_p")
SECOND_MEAN = np.array([[0.0, 1.0], [-1.0, 2.0], [2.5, 0.5]])
SECOND_VARIANCE = np.array([[2.0, 0.5], [4.0, 1.5], [0.09, 0.6]])


@points(
    1,
    hint=(
        "怎樣換尺，p 會變成 N(0, I)？",
        "u = (z − μ_p)/σ_p。q 的平均與變異數各變成什麼？",
        "用 p 的平均與標準差去標準化 q：平均變成什麼，log 變異數變成什麼？",
    ),
    chapter=CHAPTER,
)
def test_kl_between(target, draw):
    """任意兩個常態之間"""

    def formula(m1, v1, m2, v2):
        return 0.5 * ((m1 - m2) ** 2 * np.exp(-v2) + np.exp(v1 - v2) - 1 - (v1 - v2))

    wrong = {
        "方向反了：你算的是 D(p‖q)；左邊的 q 決定照誰平均": lambda *a: formula(*a[2:], *a[:2]).sum(axis=-1),
        "平均的差要除以 p 的標準差，你除的是 q 的": lambda m1, v1, m2, v2: (
            formula(m1, v1, m2, v2) + 0.5 * (m1 - m2) ** 2 * (np.exp(-v1) - np.exp(-v2))
        ).sum(axis=-1),
        "平均的差沒有換單位：還要除以 p 的標準差": lambda m1, v1, m2, v2: (
            formula(m1, v1, m2, v2) + 0.5 * (m1 - m2) ** 2 * (1 - np.exp(-v2))
        ).sum(axis=-1),
        "平均的差多除了一次：(μ_q − μ_p)/σ_p 平方後除的是 σ_p²": lambda m1, v1, m2, v2: (
            formula(m1, v1, m2, v2) + 0.5 * (m1 - m2) ** 2 * (np.exp(-2 * v2) - np.exp(-v2))
        ).sum(axis=-1),
        "兩個 KL 相減不等於兩個分布之間的 KL": lambda m1, v1, m2, v2: (
            formula(m1, v1, 0.0, 0.0) - formula(m2, v2, 0.0, 0.0)
        ).sum(axis=-1),
        "p 的參數沒有用到：這是對 N(0, I) 的 KL": lambda m1, v1, m2, v2: formula(m1, v1, 0.0, 0.0).sum(
            axis=-1
        ),
        "p 的變異數沒有用到：先驗不是單位變異數": lambda m1, v1, m2, v2: formula(m1, v1, m2, 0.0).sum(
            axis=-1
        ),
        "變異數是相除（log 相減），你把變異數相減了": lambda m1, v1, m2, v2: (
            0.5 * ((m1 - m2) ** 2 * np.exp(-v2) + np.exp(v1) - np.exp(v2) - (v1 - v2)).sum(axis=-1)
        ),
    }
    example = dict(
        zip(BETWEEN, (np.array([[1.0]]), np.log([[4.0]]), np.array([[3.0]]), np.zeros((1, 1))), strict=True)
    )
    check(target.kl_between, example, [2.806853], wrong=wrong, tolerance=PRINTED)
    example |= {"mean_p": example["mean_q"], "log_var_p": example["log_var_q"]}
    check(target.kl_between, example, [0.0], wrong=wrong)  # 兩邊相同
    # p 很窄或很寬，q 的變異數是它的幾倍、平均差幾個 σ_p，都是抽的：換尺之後是平常的數字。
    base, (shift, variance) = draw.far(4, 1), drawn_rows(draw, 4, 1)
    expected = [kl_by_quadrature(pair) for pair in zip(shift[:, 0], variance[:, 0], strict=True)]
    far = (shift * np.exp(base / 2), base + np.log(variance), 0 * base, base)
    inputs = dict(zip(BETWEEN, far, strict=True))
    check(target.kl_between, inputs, expected, wrong=wrong, tolerance=QUADRATURE, only=FAR)
    apart = np.array([[-43.0], [43.0]])  # 兩個變異數差很多
    inputs = dict(zip(BETWEEN, (0 * apart, apart, 0 * apart, 0 * apart), strict=True))
    expected = [(math.expm1(v) - v) / 2 for v in apart[:, 0]]
    check(target.kl_between, inputs, expected, wrong=wrong, only=FAR)
    drawn = (*drawn_rows(draw, 3, 2), *drawn_rows(draw, 3, 2))
    for rows in ((MEAN, VARIANCE, SECOND_MEAN, SECOND_VARIANCE), drawn):
        expected = [kl_in_the_plane((m1, s1), (m2, s2)) for m1, s1, m2, s2 in zip(*rows, strict=True)]
        inputs = {
            "mean_q": rows[0],
            "log_var_q": np.log(rows[1]),
            "mean_p": rows[2],
            "log_var_p": np.log(rows[3]),
        }
        check(target.kl_between, inputs, expected, wrong=wrong, tolerance=QUADRATURE)


@points(
    1,
    hint=(
        "exp(−1400) 存成 0。哪一個量還沒有變成 0？",
        "答案只用到變異數的比 σ_q²/σ_p²。",
        "先算 log_var_q − log_var_p，再取 exp；減 1 用 np.expm1。",
    ),
    chapter=CHAPTER,
)
def test_kl_between__extremes(target, draw):
    """兩個分布都極窄，或幾乎相同"""
    wrong = {
        "結果是 nan：兩個變異數各自取 exp 都是 0，變成 0/0；先把 log 相減": lambda m1, v1, m2, v2: (
            0.5 * (np.exp(v1) / np.exp(v2) - 1 - np.log(np.exp(v1) / np.exp(v2))).sum(axis=-1)
        ),
    }
    for exponent, ratio in ((-1400.0, 4.0), (-float(draw.whole(800, 1400)), draw.between(2, 6))):
        narrow = np.array([[exponent], [exponent + math.log(ratio)]])
        inputs = {
            "mean_q": np.zeros((2, 1)),
            "log_var_q": narrow,
            "mean_p": np.zeros((2, 1)),
            "log_var_p": narrow[::-1].copy(),
        }
        expected = [kl_by_quadrature((0.0, 1 / ratio)), kl_by_quadrature((0.0, ratio))]  # 換尺不變：只看比例
        check(target.kl_between, inputs, expected, wrong=wrong, tolerance=QUADRATURE)

    for powers in ((-27, -20), (-draw.whole(22, 27), -draw.whole(17, 21))):
        base = np.full((2, 1), 2.0)
        gap = np.array([[2.0 ** powers[0]], [-(2.0 ** powers[1])]])  # 2 的次方，加減都不產生捨入
        close = {"mean_q": base, "log_var_q": base + gap, "mean_p": base, "log_var_p": base}
        expected = [_exact_variance_part(g) for g in gap[:, 0]]
        lost = "兩個分布幾乎相同時有效位數被減光了：exp(·) − 1 改用 np.expm1"
        check(target.kl_between, close, expected, tolerance=TINY, lost=lost)
