"""ex05 的檢查。"""

import math
from typing import Any

import numpy as np

from vae_from_scratch.course.testing import (
    DIFFERENCES,
    FAR,
    LARGE,
    PRINTED,
    QUADRATURE,
    RELATIVE,
    SMALL,
    WHOLE,
    check,
    expectation,
    numerical_gradient,
    points,
)

CHAPTER = "第 5 章"

# 3 列，欄數 5、維度 2 都與列數不同：加總錯了方向，形狀就會不同。
X = np.array([[1.0, 2.0, -0.5, 0.3, 1.2], [0.4, -1.1, 2.2, 0.0, 0.9], [-2.0, 0.7, 0.1, 1.5, -0.3]])
RECONSTRUCTION = np.array(
    [[0.5, 2.5, -0.1, 0.0, 1.0], [0.1, -0.9, 1.5, 0.6, 1.4], [-1.2, 0.2, 0.4, 1.0, 0.5]]
)
BITS = np.array([[1.0, 0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0, 1.0], [1.0, 1.0, 0.0, 0.0, 0.0]])
COINS = np.array([[0.9, 0.2, 0.6, 0.3, 0.75], [0.1, 0.45, 0.8, 0.7, 0.05], [0.55, 0.35, 0.15, 0.95, 0.4]])
GROUPS = (3, 2)
ONE_HOT = np.array([[0.0, 1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0, 0.0]])
LEVELS = np.array([[0.2, 0.5, 0.3, 0.9, 0.1], [0.6, 0.3, 0.1, 0.25, 0.75], [0.15, 0.05, 0.8, 0.4, 0.6]])
# softmax 只看差：同一組加上同一個數，機率不變。每一列、每一組加的都不同。
SHIFT = np.repeat([[1.5, -0.7], [-2.0, 0.4], [0.3, 3.0]], GROUPS, axis=1)
MEAN = np.array([[1.0, -0.5], [0.3, 2.0], [-1.2, 0.4]])
LOG_VAR = np.log([[4.0, 0.25], [0.5, 1.7], [0.09, 2.25]])


@points(
    1,
    hint=(
        "先寫一欄：log N(x; x̂, s²) = −½[log 2π + log s² + (x − x̂)²/s²]，再對 D 欄加總。",
        "加總之後是 −½[SSE/s² + D·log(2πs²)]；D 是 x.shape[-1]。",
        "沿 axis=-1 加總，傳回 (N,)。variance 已經是 s²，不要再平方。",
    ),
    chapter=CHAPTER,
)
def test_gaussian_log_likelihood(target, draw):
    """常態概似：平方誤差與常數"""
    wrong = _wrong_gaussian()
    example = {"x": np.array([[1.0, 2.0]]), "reconstruction": np.array([[0.5, 2.5]]), "variance": 0.5}
    check(target.gaussian_log_likelihood, example, [-0.5 - math.log(math.pi)], wrong=wrong)
    whole = {"x": np.array([[1, 4], [2, -3]]), "reconstruction": np.array([[0.5, 3.25], [2.5, -2.0]])}
    ones = [-0.8125 / 2 - math.log(2 * math.pi), -1.25 / 2 - math.log(2 * math.pi)]  # 誤差 .5、.75；.5、1
    check(target.gaussian_log_likelihood, whole | {"variance": 1.0}, ones, wrong=wrong, only=WHOLE)
    # 換單位：誤差與標準差都縮成 s 倍，平方項不變，只有 D 個 −log s。最遠的有 25 個標準差。
    power, gap = draw.whole(6, 9), np.array([[1.0, -2.0, 20.0], [25.0, 3.0, 0.0]])
    narrow = {"x": 10.0**-power * gap, "reconstruction": 0 * gap, "variance": 10.0 ** (-2 * power)}
    expected = [
        -sum(g * g for g in row) / 2 - 1.5 * math.log(2 * math.pi) + 3 * power * math.log(10) for row in gap
    ]
    check(target.gaussian_log_likelihood, narrow, expected, wrong=wrong, only=SMALL)
    apart = {"x": 10 * gap, "reconstruction": 0 * gap, "variance": 100.0}
    expected = [value - 3 * (power + 1) * math.log(10) for value in expected]
    check(target.gaussian_log_likelihood, apart, expected, wrong=wrong, only=LARGE)
    x, std = draw.normal(4, 2), draw.std()
    drawn = (x, x + std * draw.normal(4, 2), std * std)
    for x, reconstruction, variance in (*((X, RECONSTRUCTION, v) for v in (0.6, 2.0, 0.09)), drawn):
        std = math.sqrt(variance)
        expected = [
            sum(math.log(_density(a, b, std)) for a, b in zip(*rows, strict=True))
            for rows in zip(x, reconstruction, strict=True)
        ]
        inputs = {"x": x, "reconstruction": reconstruction, "variance": variance}
        check(
            target.gaussian_log_likelihood, inputs, expected, wrong=_wrong_gaussian(), tolerance=DIFFERENCES
        )


def _density(x, mean, std):
    """N(mean, std²) 在 x 的密度，由分布函數的差分得到，不用密度公式。"""
    cdf = lambda t: 0.5 * math.erf((t - mean) / (std * math.sqrt(2)))  # noqa: E731
    return float(numerical_gradient(cdf, x, std * 1e-3))


def _wrong_gaussian():
    def terms(error=1.0, constant=1.0, power=1):
        def value(x, r, s2):
            squared = np.sum((x - r) ** 2, axis=-1)
            return -0.5 * (error * squared / s2**power + constant * x.shape[-1] * np.log(2 * np.pi * s2))

        return value

    return {
        "少了常數 −(D/2) log(2πs²)：比較不同的 s² 時不能省": terms(constant=0.0),
        "平方誤差前面少了 1/2：要除以 2s²": terms(error=2.0),
        "你把 s² 又平方了：variance 已經是變異數": terms(power=2),
        "平方誤差沒有除以 s²": terms(power=0),
        "平方誤差要除以 s²，你除的是 s": terms(power=0.5),
        "常數只算了一次；D 欄，每一欄都有一份": lambda x, r, s2: (
            -0.5 * (np.sum((x - r) ** 2, axis=-1) / s2 + np.log(2 * np.pi * s2))
        ),
        "常數裡少了 s²：要 log(2πs²)，不是 log 2π": lambda x, r, s2: (
            -0.5 * (np.sum((x - r) ** 2, axis=-1) / s2 + x.shape[-1] * np.log(2 * np.pi))
        ),
        "少了 2π：常數是 log(2πs²)": lambda x, r, s2: (
            -0.5 * (np.sum((x - r) ** 2, axis=-1) / s2 + x.shape[-1] * np.log(s2))
        ),
        "常數的 log 裡放的是標準差 s；應該是 s²": lambda x, r, s2: (
            -0.5 * (np.sum((x - r) ** 2, axis=-1) / s2 + x.shape[-1] * np.log(2 * np.pi * np.sqrt(s2)))
        ),
        "你對欄取平均了；各欄獨立，對數密度要相加": lambda x, r, s2: (
            -0.5 * (np.mean((x - r) ** 2, axis=-1) / s2 + np.log(2 * np.pi * s2))
        ),
        "誤差沒有平方": lambda x, r, s2: (
            -0.5 * (np.sum(x - r, axis=-1) / s2 + x.shape[-1] * np.log(2 * np.pi * s2))
        ),
        "這是負的對數概似（損失）；這一題要 log p，好的重建比較大": lambda x, r, s2: -terms()(x, r, s2),
    }


@points(
    1,
    hint=(
        "把 a·SSE + w·KL 除以 w，KL 的係數就變成 1，和 −ELBO 一樣。",
        "SSE 的係數要相等：a/w = 1/(2s²)。",
        "除以 KL 的係數之後，SSE 前面的係數和 1/(2s²) 相等。",
    ),
    chapter=CHAPTER,
)
def test_implied_variance(target, draw):
    """a·SSE + w·KL 假設的雜訊變異數"""
    drawn = (draw.between(0.2, 4), draw.between(0.1, 2))
    for sse_weight, kl_weight in [(3.0, 0.2), (1.0, 1.0), (0.5, 1.0), (1 / 252, 1.0), drawn]:
        wrong = {
            "上下顛倒了：KL 的權重越大，等於假設雜訊越大": lambda a, w: 2 * a / w,
            "少了 2：SSE 前面是 1/(2s²)，不是 1/s²": lambda a, w: w / a,
            "2 放錯邊了：s² = w/(2a)": lambda a, w: 2 * w / a,
            "這是標準差 s；要變異數 s²": lambda a, w: np.sqrt(w / (2 * a)),
            "這是 1/(2s²) = a/w；還要解出 s²": lambda a, w: a / w,
            "沒有用到 KL 的權重": lambda a, w: 1 / (2 * a),
            "沒有用到 SSE 的權重": lambda a, w: w / 2,
        }
        expected = _variance_with_this_minimum(sse_weight, kl_weight)
        inputs = {"sse_weight": sse_weight, "kl_weight": kl_weight}
        check(target.implied_variance, inputs, expected, wrong=wrong, tolerance=RELATIVE)


def _variance_with_this_minimum(sse_weight, kl_weight):
    """不用對照係數：先驗 N(0, 1)、x̂ = z、x = 1，找損失最小的 μ，再問哪個 s² 的後驗平均 1/(1+s²) 等於它。"""

    def loss(mean):
        return sse_weight * (1 - mean) ** 2 + kl_weight * mean**2 / 2

    slope_at_0, slope_at_1 = (float(numerical_gradient(loss, point)) for point in (0.0, 1.0))
    best = slope_at_0 / (slope_at_0 - slope_at_1)  # 斜率是一次函數，兩點決定它的零點
    return 1 / best - 1


@points(
    1,
    hint=(
        "一欄的對數機率：x = 1 時是 log π，x = 0 時是 log(1 − π)，π = 1/(1 + e^(−a))。",
        "log π = a − log(1 + e^a)，log(1 − π) = −log(1 + e^a)，合起來是 x·a − log(1 + e^a)。",
        "對 D 欄加總：np.sum(x * logits − …, axis=-1)。",
    ),
    chapter=CHAPTER,
)
def test_bernoulli_log_likelihood(target, draw):
    """伯努利概似：每欄一枚硬幣"""
    example = {"x": np.array([[1.0, 0.0]]), "logits": np.array([[2.0, -1.0]])}
    wrong = _wrong_bernoulli()
    check(target.bernoulli_log_likelihood, example, [-0.4401897], wrong=wrong, tolerance=PRINTED)
    # 3 到 27：一欄一列，猜對的只付 log(1 + e^(−a))，猜錯的另付 a；最後一列是整數的 x 與 logits。
    sure = np.concatenate([draw.between(3, 27, 6), draw.between(16, 20, 2)])
    bits = np.array([1.0, 0.0] * 4)
    for x, size, kind in ((bits, sure, LARGE), (np.array([1, 0, 1]), np.array([3, 16, 18]), WHOLE)):
        logits = size * (2 * x - 1)
        expected = [-math.log1p(math.exp(-a)) for a in size]
        for sign, payment in ((1, 0 * size), (-1, size)):
            inputs = {"x": x[:, None], "logits": sign * logits[:, None]}
            check(target.bernoulli_log_likelihood, inputs, expected - payment, wrong=wrong, only=kind)
    drawn = (draw.bits(4, 3), draw.between(0.05, 0.95, 4, 3))
    for bits, coins in ((BITS, COINS), drawn):
        # 由機率出發：每一欄是 π 或 1 − π，乘起來再取 log。logit = log[π/(1 − π)]。
        expected = [math.log(math.prod(row)) for row in np.where(bits == 1, coins, 1 - coins)]
        inputs = {"x": bits, "logits": np.log(coins / (1 - coins))}
        check(
            target.bernoulli_log_likelihood, inputs, expected, wrong=_wrong_bernoulli(), tolerance=QUADRATURE
        )


def _sigmoid(a):
    return 1 / (1 + np.exp(-a))


def _wrong_bernoulli():
    return {
        "只算了 x = 1 的欄；x = 0 的欄也有 log(1 − π)": lambda x, a: np.sum(x * np.log(_sigmoid(a)), axis=-1),
        "只算了 x = 0 的欄；x = 1 的欄也有 log π": lambda x, a: np.sum(
            (1 - x) * np.log(1 - _sigmoid(a)), axis=-1
        ),
        "0 與 1 反了，或 sigmoid 的正負號反了：x = 1 的欄加 log π，π = 1/(1 + e^(−a))": lambda x, a: np.sum(
            (1 - x) * a - np.logaddexp(0, a), axis=-1
        ),
        "你對欄取平均了：Keras 的 BinaryCrossentropy 就是這樣，這裡要加總": lambda x, a: np.mean(
            x * a - np.logaddexp(0, a), axis=-1
        ),
        "你把 logits 當成機率了；要先經過 sigmoid": lambda x, a: np.sum(
            x * np.log(np.abs(a)) + (1 - x) * np.log(np.abs(1 - a)), axis=-1
        ),
        "這是交叉熵（損失），要的是對數概似，差一個負號": lambda x, a: np.sum(
            np.logaddexp(0, a) - x * a, axis=-1
        ),
        "這是平方誤差，不是對數概似": lambda x, a: -np.sum((x - _sigmoid(a)) ** 2, axis=-1),
        "每一列只有一個 softmax；硬幣是各欄獨立的": lambda x, a: np.sum(
            x * (a - np.log(np.exp(a).sum(axis=-1, keepdims=True))), axis=-1
        ),
    }


@points(
    1,
    hint=(
        "a = −800 時 π 已經捨入成 0，log 0 就毀了。不要先算 π。",
        "要算的是 log(1 + e^a)。a 很大時它就是 a，a 很小時它就是 e^a。",
        "np.logaddexp(0, a) 正是 log(e^0 + e^a)，而且不會溢位。",
    ),
    chapter=CHAPTER,
)
def test_bernoulli_log_likelihood__extremes(target, draw):
    """logit 到 ±1000 也有限而且準"""

    def clipped(low):
        def value(x, a):
            p = np.clip(_sigmoid(a), low, 1 - low)
            return np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=-1)

        return value

    def with_constant(x, a):
        p = _sigmoid(a)
        return np.sum(x * np.log(p + 1e-8) + (1 - x) * np.log(1 - p + 1e-8), axis=-1)

    wrong = {
        f"機率被夾在 {low:g} 與 1 − {low:g} 之間，錯得離譜的欄損失封頂了；改從 logits 算": clipped(low)
        for low in (1e-6, 1e-7, 1e-8, 1e-10, 1e-12, 1e-15)
    } | {
        "加了小常數 1e-8，損失封頂了；改從 logits 算": with_constant,
        "中途溢位：log(1 + e^a) 裡的 e^a 太大，改用 np.logaddexp(0, a)": lambda x, a: np.sum(
            x * a - np.log(1 + np.exp(a)), axis=-1
        ),
        "先算機率再取 log，遇到 log 0；改從 logits 算": lambda x, a: np.sum(
            x * np.log(_sigmoid(a)) + (1 - x) * np.log(1 - _sigmoid(a)), axis=-1
        ),
        "logits 被截斷（clip）了；用 np.logaddexp 就不需要": lambda x, a: np.sum(
            x * np.clip(a, -50, 50) - np.logaddexp(0, np.clip(a, -50, 50)), axis=-1
        ),
    }
    x = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    drawn = (draw.whole(750, 1200), draw.whole(750, 1200), draw.whole(25, 45), draw.whole(25, 45))
    for a, b, c, d in ((1000, 800, 30, 40), drawn):
        logits = np.array([[1000.0, -a, c], [-1000.0, b, -d]])
        expected = [-a - c - math.exp(-c), -b - d - math.exp(-d)]
        check(target.bernoulli_log_likelihood, {"x": x, "logits": logits}, expected, wrong=wrong, only=LARGE)
    ordinary = {"x": np.array([[1.0, 0.0]]), "logits": np.array([[2.0, -1.0]])}
    check(target.bernoulli_log_likelihood, ordinary, [-0.4401897], tolerance=PRINTED)


@points(
    1,
    hint=(
        "先只有一個變數：log softmax = a_k − log Σ_j e^(a_j)，乘上獨熱的 x 加總，就挑出 k。",
        "groups = (3, 2)：第 0 到 2 欄是第一個變數，第 3 到 4 欄是第二個，各自一個 softmax。",
        "用一個 start 記住走到第幾欄，每次取 logits[:, start:start + size]。",
    ),
    chapter=CHAPTER,
)
def test_categorical_log_likelihood(target, draw):
    """類別概似：每個變數一個 softmax"""
    chosen = np.where(ONE_HOT == 1, LEVELS, 1.0)
    expected = [math.log(math.prod(row)) for row in chosen]
    inputs = {"x": ONE_HOT, "logits": np.log(LEVELS) + SHIFT, "groups": GROUPS}
    check(
        target.categorical_log_likelihood, inputs, expected, wrong=_wrong_categorical(), tolerance=QUADRATURE
    )
    # 倒過來的分組、只有一個變數：不可以寫死 (3, 2)。
    other = {"x": ONE_HOT[:, ::-1], "logits": np.log(LEVELS[:, ::-1]) + SHIFT[:, ::-1], "groups": (2, 3)}
    check(target.categorical_log_likelihood, other, expected, tolerance=QUADRATURE)
    three = {
        "x": np.hstack([ONE_HOT, ONE_HOT[:, :3]]),
        "logits": np.log(np.hstack([LEVELS, LEVELS[::-1, :3]])),
        "groups": (*GROUPS, 3),
    }
    more = expected + np.log([0.05, 0.6, 0.3])  # 第三個變數抄第一個的水準，機率倒過來放
    check(target.categorical_log_likelihood, three, more, tolerance=QUADRATURE)
    inputs, chances = _drawn_categories(draw, rows=4)
    expected = [math.log(math.prod(row)) for row in chances]
    wrong = _wrong_categorical()
    check(target.categorical_log_likelihood, inputs, expected, wrong=wrong, tolerance=QUADRATURE)


def _drawn_categories(draw, rows):
    """抽出來的 x、logits、groups，與每一格觀察到的水準的機率 (rows, 變數)。"""
    groups = draw.pick([(2, 4), (4, 2, 3), (3, 5)])
    x, logits, chances = [], [], []
    for size in groups:
        levels = draw.between(0.1, 1, rows, size)
        levels /= levels.sum(axis=1, keepdims=True)
        observed = np.array([draw.whole(0, size - 1) for _ in range(rows)])
        x.append(np.eye(size)[observed])
        logits.append(np.log(levels) + draw.normal(rows, 1))
        chances.append(levels[np.arange(rows), observed])
    inputs = {"x": np.hstack(x), "logits": np.hstack(logits), "groups": groups}
    return inputs, np.stack(chances, axis=1)


@points(
    1,
    hint=(
        "e^1000 溢位。softmax 只看差：同一組的 logits 同減一個數，機率不變。",
        "減哪一個數最安全？減完以後，每個 exp 的引數都不超過 0。",
        "每一組先減去自己的最大值：logits[:, columns].max(axis=-1, keepdims=True)。",
    ),
    chapter=CHAPTER,
)
def test_categorical_log_likelihood__extremes(target, draw):
    """logit 到 ±1000 也有限"""
    # 一個 1000，其餘 −1000：減平均不夠，要減最大值。
    one = np.eye(6)[[draw.whole(0, 5)]]
    alone = {"x": one, "logits": 2000 * one - 1000, "groups": (6,)}
    wrong = {
        "中途溢位：取 exp 之前，每一組要先減去自己的最大值": lambda x, a, g: _by_group(
            x, a, g, lambda b: b - _log_sum(b)
        ),
        "先算 softmax 再取 log，小的機率變成 log 0；直接算 log softmax": lambda x, a, g: _by_group(
            x, a, g, _log_softmax
        ),
        "加了小常數，損失封頂了；直接算 log softmax": lambda x, a, g: _by_group(
            x, a, g, lambda b: np.log(_softmax(b) + 1e-8)
        ),
    }
    for high, low, gap in ((1000, 995, 2), (draw.whole(800, 1200), draw.whole(800, 1200), draw.whole(1, 4))):
        # 只有一個變數：溢位與 log 0。
        inputs = {
            "x": np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
            "logits": np.array([[high, high - gap, -1000.0], [5.0, 5.0 - gap, 5.0 - low]]),
            "groups": (3,),
        }
        expected = [-gap - math.log1p(math.exp(-gap)), -low - math.log1p(math.exp(-gap))]
        check(target.categorical_log_likelihood, inputs, expected, wrong=wrong)
    check(target.categorical_log_likelihood, alone, [0.0], wrong=wrong)
    # 兩個變數的 logits 差很多：每一組要減自己的最大值。
    shared = {
        "全部的欄減了同一個最大值；要每一組各減各的": lambda x, a, g: _by_group(
            x, a - a.max(axis=-1, keepdims=True), g, lambda b: b - _log_sum(b)
        )
    }
    for less, more, away in ((1, 3, 800), (draw.whole(1, 4), draw.whole(1, 4), draw.whole(750, 1200))):
        inputs = {
            "x": np.array([[0.0, 1.0, 0.0, 0.0, 1.0]]),
            "logits": np.array([[1000.0, 1000.0 - less, 0.0, -away, -away - more]]),
            "groups": GROUPS,
        }
        expected = [-less - math.log1p(math.exp(-less)) - more - math.log1p(math.exp(-more))]
        check(target.categorical_log_likelihood, inputs, expected, wrong=shared)


@points(
    1,
    hint=(
        "整組都是 0，表示這個變數沒有填。它的對數概似應該加多少？",
        "什麼也不加。把 log softmax 乘上 x 再加總，整組 0 就自動是 0。",
        "若你寫成 Σ x·a 減 log Σ e^a，第二項也要乘上「這一組有沒有觀察到」。",
    ),
    chapter=CHAPTER,
)
def test_categorical_log_likelihood__missing(target, draw):
    """整組 0 是缺失，不進概似"""
    x = ONE_HOT.copy()
    x[0, :3] = 0.0  # 第一列缺第一個變數
    x[1, 3:] = 0.0  # 第二列缺第二個
    x[2] = 0.0  # 第三列全缺
    expected = [math.log(0.9), math.log(0.6), 0.0]
    inputs = {"x": x, "logits": np.log(LEVELS) + SHIFT, "groups": GROUPS}

    def penalized(x, a, groups):
        log_partition = _by_group(np.ones_like(x), a, groups, lambda b: _log_sum(b) / b.shape[-1])
        return np.sum(x * a, axis=-1) - log_partition

    def uniform(x, a, groups):
        starts = np.cumsum((0, *groups[:-1]))
        absent = np.add.reduceat(x, starts, axis=-1) == 0
        return _by_group(x, a, groups, _log_softmax) - absent @ np.log(np.array(groups, float))

    wrong = _wrong_categorical() | {
        "缺失的變數也扣了 log Σ e^a；整組 0 時這一項也不算": penalized,
        "缺失的變數當成均勻的猜測，扣了 log K；缺失什麼也不加": uniform,
        "缺失當成 nan 了；缺失的變數加 0 就好": lambda x, a, g: np.full(len(x), np.nan),
    }
    example = {
        "x": np.array([[1.0, 0, 0, 0, 0]]), "logits": np.array([[2.0, 0.5, -1, 0.3, 0.3]]), "groups": [3, 2]
    }  # fmt: skip
    check(target.categorical_log_likelihood, example, [-0.2413113], wrong=wrong, tolerance=PRINTED)
    check(target.categorical_log_likelihood, inputs, expected, wrong=wrong, tolerance=QUADRATURE)
    inputs, chances = _drawn_categories(draw, rows=5)
    absent = draw.bits(*chances.shape)
    absent[0, 0], absent[-1] = 1.0, 1.0  # 第一列缺第一個變數，最後一列全缺
    inputs["x"] = inputs["x"] * np.repeat(1 - absent, inputs["groups"], axis=1)
    expected = [math.log(math.prod(row)) for row in np.where(absent == 1, 1.0, chances)]
    check(target.categorical_log_likelihood, inputs, expected, wrong=wrong, tolerance=QUADRATURE)


def _log_sum(b):
    return np.log(np.sum(np.exp(b), axis=-1, keepdims=True))


def _softmax(b):
    weights = np.exp(b - b.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def _log_softmax(b):
    return np.log(_softmax(b))


def _by_group(x, a, groups, transform):
    edges = np.cumsum(groups)[:-1]
    parts = zip(np.split(x, edges, axis=-1), np.split(a, edges, axis=-1), strict=True)
    return sum(np.sum(rows * transform(logits), axis=-1) for rows, logits in parts)


def _wrong_categorical():
    return {
        "全部的欄用了同一個 softmax；每個變數要各自一個": lambda x, a, g: np.sum(
            x * (a - _log_sum(a)), axis=-1
        ),
        "這是獨立硬幣的概似；每個變數要一個 softmax": lambda x, a, g: np.sum(
            x * a - np.logaddexp(0, a), axis=-1
        ),
        "你對變數取平均了；獨立的變數，對數要相加": lambda x, a, g: _by_group(x, a, g, _log_softmax) / len(g),
        "沒有取 log：這是機率的和": lambda x, a, g: _by_group(x, a, g, _softmax),
        "沒有減 log Σ e^a：logits 還不是對數機率": lambda x, a, g: np.sum(x * a, axis=-1),
        "這是交叉熵（損失），要的是對數概似，差一個負號": lambda x, a, g: -_by_group(x, a, g, _log_softmax),
        "沒有挑出觀察到的水準：要乘上 x 再加總": lambda x, a, g: _by_group(
            np.ones_like(x), a, g, _log_softmax
        ),
    }


@points(
    1,
    hint=(
        "ELBO 是兩項相減：重建的對數概似，減去 KL。",
        "KL = ½ Σ_j (μ_j² + σ_j² − 1 − log σ_j²)，對維度加總。",
        "傳回 (N,)：不要對列平均，也不要加負號（那是損失）。",
    ),
    chapter=CHAPTER,
)
def test_elbo(target, draw):
    """ELBO＝對數概似減 KL"""

    def kl(mean, log_var):
        std = math.exp(log_var / 2)
        log_ratio = lambda z: -(((z - mean) / std) ** 2) / 2 - math.log(std) + z**2 / 2  # noqa: E731
        return expectation(log_ratio, mean, std)

    def half(mean, log_var):
        return 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)

    wrong = {
        "KL 的正負號反了：ELBO 是減 KL，損失才是加": lambda ll, m, v: ll + half(m, v).sum(axis=-1),
        "KL 少了 1/2": lambda ll, m, v: ll - 2 * half(m, v).sum(axis=-1),
        "KL 裡少了 −1": lambda ll, m, v: ll - 0.5 * (m**2 + np.exp(v) - v).sum(axis=-1),
        "KL 裡用了 log_var 當 σ²：要先取 exp": lambda ll, m, v: ll - 0.5 * (m**2 + v - 1 - v).sum(axis=-1),
        "KL 裡用的是標準差 σ，要變異數 σ²": lambda ll, m, v: (
            ll - 0.5 * (m**2 + np.exp(v / 2) - 1 - v).sum(axis=-1)
        ),
        "KL 的左右反了：這是 D_KL(先驗‖q)": lambda ll, m, v: (
            ll - 0.5 * ((1 + m**2) * np.exp(-v) - 1 + v).sum(axis=-1)
        ),
        "KL 對維度取了平均；要加總": lambda ll, m, v: ll - half(m, v).mean(axis=-1),
        "KL 連列一起加總了；只沿維度（axis=-1）加總": lambda ll, m, v: ll - half(m, v).sum(),
        "KL 連列一起加總了，而且是加不是減": lambda ll, m, v: ll + half(m, v).sum(),
        "KL 對列取了平均；每一列減自己的 KL": lambda ll, m, v: ll - half(m, v).sum(axis=-1).mean(),
        "整個結果加了負號：這是損失 −ELBO": lambda ll, m, v: half(m, v).sum(axis=-1) - ll,
        "沒有減 KL": lambda ll, m, v: ll,
        "對列取了平均；要每一列一個值": lambda ll, m, v: np.mean(ll - half(m, v).sum(axis=-1)),
    }
    example = {
        "log_likelihood": np.array([-1.293939]), "mean": np.array([[0.5]]), "log_var": np.log([[0.5]])
    }  # fmt: skip
    check(target.elbo, example, [-1.515513], wrong=wrong, tolerance=PRINTED)
    log_var = draw.far(4, 1)
    far = {"log_likelihood": np.zeros(4), "mean": np.zeros((4, 1)), "log_var": log_var}
    expected: Any = [-(math.expm1(v) - v) / 2 for v in log_var[:, 0]]
    check(target.elbo, far, expected, wrong=wrong, tolerance=RELATIVE, only=FAR)
    # 對數概似很大（密度可以大於 1）或很小，KL 幾乎是 0。
    likelihood = np.array([draw.between(200, 900), -draw.between(200, 900), draw.between(1, 5)])
    near = {"log_likelihood": likelihood, "mean": np.zeros((3, 2)), "log_var": np.full((3, 2), 0.01)}
    expected = likelihood - (math.expm1(0.01) - 0.01)
    check(target.elbo, near, expected, wrong=wrong, only=LARGE)
    shown = (np.array([-3.2, -0.7, -11.5]), MEAN, LOG_VAR)
    drawn = (draw.between(-20, -1, 4), draw.normal(4, 3), draw.log_var(4, 3))
    for log_likelihood, mean, log_var in (shown, drawn):
        expected = log_likelihood - [
            sum(kl(m, v) for m, v in zip(*rows, strict=True)) for rows in zip(mean, log_var, strict=True)
        ]
        inputs = {"log_likelihood": log_likelihood, "mean": mean, "log_var": log_var}
        check(target.elbo, inputs, expected, wrong=wrong, tolerance=QUADRATURE)


@points(
    1,
    hint=(
        "先寫一個樣本的 log w：重建加先驗，減 q。",
        "K 個權重先平均，再取對數：log[(1/K) Σ w]。順序反過來就只是 ELBO 的平均。",
        "樣本在 axis=0：先照定義寫，權重平均再取對數；下一個檢查再處理溢位。",
    ),
    chapter=CHAPTER,
)
def test_importance_weighted_bound(target, draw):
    """先平均權重，再取對數"""
    shown = (
        np.array([[1.0, 2.0], [3.0, 0.5], [0.25, 4.0]]),  # K = 3、N = 2，答案直接由權重算
        np.array([[-1.0, -2.5], [-0.4, -1.7], [-3.0, -0.2]]),
        np.array([[0.6, -0.9], [-1.3, -2.2], [0.1, -1.5]]),
    )
    drawn = (draw.between(0.2, 5, 5, 3), draw.between(-3, -0.2, 5, 3), draw.between(-2.5, 1, 5, 3))
    level = np.array([[-2.0], [-1.0]])
    example = {"log_likelihood": np.log([[1.0], [3.0]]), "log_prior": level, "log_q": level}
    check(target.importance_weighted_bound, example, [0.693147], wrong=_wrong_importance(), tolerance=PRINTED)
    for weights, log_prior, log_q in (shown, drawn):
        wrong, log_likelihood = _wrong_importance(), np.log(weights) - log_prior + log_q
        expected = [math.log(math.fsum(column) / len(column)) for column in weights.T]
        inputs = {"log_likelihood": log_likelihood, "log_prior": log_prior, "log_q": log_q}
        check(target.importance_weighted_bound, inputs, expected, wrong=wrong, tolerance=QUADRATURE)
        # K = 1 就是 log w 自己。
        one = {name: value[:1] for name, value in inputs.items()}
        check(target.importance_weighted_bound, one, np.log(weights[0]), wrong=wrong)


def _wrong_importance():
    def bound(log_weight):
        return np.log(np.mean(np.exp(log_weight), axis=0))

    return {
        "先取對數再平均了：那是 ELBO 的平均，不會變緊；要先平均權重": lambda ll, lp, lq: np.mean(
            ll + lp - lq, axis=0
        ),
        "忘了除以 K：要平均，不是總和": lambda ll, lp, lq: np.log(np.sum(np.exp(ll + lp - lq), axis=0)),
        "log q 的正負號反了：權重是除以 q": lambda ll, lp, lq: bound(ll + lp + lq),
        "漏了先驗 log p(z)": lambda ll, lp, lq: bound(ll - lq),
        "漏了 log q：樣本是從 q 抽的，要除以它": lambda ll, lp, lq: bound(ll + lp),
        "先驗的正負號反了": lambda ll, lp, lq: bound(ll - lp - lq),
        "漏了重建 log p(x|z)": lambda ll, lp, lq: bound(lp - lq),
        "沿錯了軸：樣本在 axis=0，列在 axis=1": lambda ll, lp, lq: np.log(
            np.mean(np.exp(ll + lp - lq), axis=-1)
        ),
        "少取了對數：這是平均權重": lambda ll, lp, lq: np.mean(np.exp(ll + lp - lq), axis=0),
        "取了最大的權重，不是平均": lambda ll, lp, lq: np.max(ll + lp - lq, axis=0),
        "減了最大值，忘了加回來": lambda ll, lp, lq: bound(ll + lp - lq - (ll + lp - lq).max(axis=0)),
    }


@points(
    1,
    hint=(
        "e^(−1000) 是 0，log 0 是負無限大。平均之前要先把數字搬回 0 附近。",
        "log Σ e^a = m + log Σ e^(a−m)，m 取 a 的最大值。",
        "每一列有自己的 m：log_weight.max(axis=0)。最後記得把 m 加回來。",
    ),
    chapter=CHAPTER,
)
def test_importance_weighted_bound__extremes(target, draw):
    """log 權重在 ±1000 也有限而且準"""
    wrong = {
        "exp 溢位或變成 0：先減去每一列最大的 log w，最後加回來": lambda ll, lp, lq: np.log(
            np.mean(np.exp(ll + lp - lq), axis=0)
        ),
        "減了最大值，忘了加回來": lambda ll, lp, lq: np.log(
            np.mean(np.exp(ll + lp - lq - (ll + lp - lq).max(axis=0)), axis=0)
        ),
        "全部的列減了同一個最大值；每一列要減自己的": lambda ll, lp, lq: (
            np.log(np.mean(np.exp(ll + lp - lq - (ll + lp - lq).max()), axis=0)) + (ll + lp - lq).max()
        ),
        "加了小常數；減去最大值就夠了": lambda ll, lp, lq: np.log(
            np.mean(np.exp(ll + lp - lq), axis=0) + 1e-8
        ),
        "只取了最大的權重；還要除以 K": lambda ll, lp, lq: (ll + lp - lq).max(axis=0),
    }
    for low, gap, high in ((1000, 1, 900), (draw.whole(800, 1200), draw.whole(1, 3), draw.whole(750, 1200))):
        log_weight = np.array([[-low, high, -2.0], [-low - gap, -900.0, -750.0]])
        expected = [-low + math.log((1 + math.exp(-gap)) / 2), high + math.log(0.5), -2 + math.log(0.5)]
        level = np.full_like(log_weight, -3.0)
        inputs = {"log_likelihood": log_weight, "log_prior": level, "log_q": level}
        check(target.importance_weighted_bound, inputs, expected, wrong=wrong)
