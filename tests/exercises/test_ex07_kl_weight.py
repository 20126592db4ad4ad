"""ex07 的檢查。"""

import math
from typing import Any

import numpy as np

from vae_from_scratch.course.testing import (
    DIFFERENCES,
    FAR,
    PRINTED,
    QUADRATURE,
    RELATIVE,
    check,
    normal_nodes,
    numerical_gradient,
    points,
)

CHAPTER = "第 7 章"

RECONSTRUCTION = np.array([40.0, 36.5, 51.25])
KL = np.array([[0.0, 2.0, 0.1, 0.7], [0.9, 0.4, 0.2, 0.1], [0.3, 1.5, 0.0, 0.4]])
Z = np.array([[0.8, -0.3], [-1.1, 0.6], [0.2, 1.7]])
MEAN = np.array([[1.0, -0.5], [-1.3, 0.2], [0.4, 1.2]])
LOG_VAR = np.log([[0.5, 0.3], [0.2, 0.9], [0.6, 0.4]])


@points(
    1,
    hint=(
        "整個損失乘上一個正數，最小的位置不變。乘多少，重建那一項就變成加總？",
        "乘 D：重建變成 Σ_c，KL 前面變成 weight·D/n_units。",
        "整個損失乘上 D，重建就變成加總；KL 的平均再換成加總，前面是多少？",
    ),
    chapter=CHAPTER,
)
def test_implied_beta(target, draw):
    """別人的係數等於多大的 beta"""
    wrong = {
        "weight 本身不是 beta：重建被平均，小了 D 倍": lambda w, D, d: w,
        "方向反了：重建小了 D 倍，等於 KL 大了 D 倍，要乘 D": lambda w, D, d: w / D / d,
        "KL 也對維度取了平均，小了 n_units 倍，要除掉": lambda w, D, d: w * D,
        "KL 的平均讓它變小，beta 要除以 n_units，不是乘": lambda w, D, d: w * D * d,
        "兩個倍數顛倒了：乘 D、除以 n_units": lambda w, D, d: w * d / D,
        "少了 weight": lambda w, D, d: D / d,
    }
    drawn = (draw.between(0.02, 2), draw.whole(5, 300), draw.whole(2, 20))
    for weight, n_columns, n_units in [(0.05, 30, 4), (0.005, 252, 1), (1.0, 784, 20), (1.0, 5, 2), drawn]:
        inputs = {"weight": weight, "n_columns": n_columns, "n_units": n_units}
        expected = _beta_with_the_same_minimum(weight, n_columns, n_units)
        check(target.implied_beta, inputs, expected, wrong=wrong, tolerance=RELATIVE)


def _beta_with_the_same_minimum(weight, n_columns, n_units):
    """不用約分：設每欄的重建是 (1 − m)²、每個單元的 KL 是 m²，兩種寫法的最小點要相同。"""

    def averaged(m):
        return np.mean(np.full(n_columns, (1 - m) ** 2)) + weight * np.mean(np.full(n_units, m**2))

    slope_at_0, slope_at_1 = (float(numerical_gradient(averaged, point)) for point in (0.0, 1.0))
    best = slope_at_0 / (slope_at_0 - slope_at_1)  # 斜率是一次函數，兩點決定它的零點
    # D(1 − m)² + beta·d·m² 的斜率在 best 是 0
    return n_columns * (1 - best) / (n_units * best)


@points(
    1,
    hint=(
        "第 1 個週期是 beta/warmup_epochs，第 2 個是兩倍……升到 beta 就停。",
        "比例是 epoch / warmup_epochs，超過 1 就當作 1。",
        "用 min 擋住升過頭；除以 warmup_epochs 以前，先想它是 0 的時候。",
    ),
    chapter=CHAPTER,
)
def test_warmup_weight(target, draw):
    """暖身的權重"""
    wrong = {
        "第 1 個週期的權重應是 beta/warmup_epochs，不是 0：epoch 從 1 數起": lambda e, b, n: (
            b * min(1, (e - 1) / n)
        ),
        "升到 beta 之後要停住，你的還在往上": lambda e, b, n: b * e / n,
        "第 warmup_epochs 個週期就要到 beta，你慢了一個": lambda e, b, n: b * min(1, e / (n + 1)),
        "少乘 beta：這是比例，不是權重": lambda e, b, n: min(1, e / n),
        "你讓暖身期間的權重都是 0；應該線性升高": lambda e, b, n: b * (e >= n),
        "沒有暖身：權重一律是 beta": lambda e, b, n: b,
        "線性升高，不是平方": lambda e, b, n: b * min(1, e / n) ** 2,
        "方向反了：權重由小到大": lambda e, b, n: b * max(0, 1 - e / n),
    }
    drawn, n, early = draw.between(6, 9), draw.whole(6, 30), draw.whole(2, 5)
    for epoch, beta, warmup_epochs, expected in [
        (5, 4.0, 20, 1.0), (30, 4.0, 20, 4.0),  # 說明裡的例子
        (1, drawn, 1, drawn), (4 * n * draw.whole(10, 20) + 1, drawn, n, drawn),
        (3, 4.0, 20, 0.6), (1, 2.5, 10, 0.25), (20, 4.0, 20, 4.0), (31, 4.0, 20, 4.0), (7, 0.5, 8, 0.4375),
        (early, drawn, n, early * drawn / n), (n, drawn, n, drawn), (n + early, drawn, n, drawn),
    ]:  # fmt: skip
        inputs = {"epoch": epoch, "beta": beta, "warmup_epochs": warmup_epochs}
        check(target.warmup_weight, inputs, expected, wrong=wrong)
    for epoch, beta in ((3, 1.7), (early, drawn)):
        without = {"epoch": epoch, "beta": beta, "warmup_epochs": 0}
        check(target.warmup_weight, without, beta, wrong={"warmup_epochs = 0 是不暖身：權重一律是 beta": 0.0})


@points(
    1,
    hint=(
        "每個單元一個數：它的 μ 在 N 列之間變不變？",
        "沿 axis=0 取變異數，得到 (d,)，再和 threshold 比。",
        "變異數沿列算，一個單元一個；比門檻大的有幾個？最後轉成 int。",
    ),
    chapter=CHAPTER,
)
def test_count_active_units(target, draw):
    """活躍單元有幾個"""
    # 各單元在四列之間的變異數由手算：±a 交錯是 a²，全部一樣是 0。
    sign = np.array([[1.0], [-1.0], [1.0], [-1.0]])
    live = np.hstack([0.5 * sign, -2.0 + 0.3 * sign, 3.0 + 0.2 * sign])
    offset = np.hstack([live[:, :2], np.full((4, 3), 2.0)])  # 三個單元離 0 很遠，可是每列都一樣
    small = np.hstack([live, 0.05 * sign, 1.0 + 0.08 * sign])  # 標準差 0.05、0.08：變異數都不到 0.01
    edge = np.hstack([0.09 * sign, 0.11 * sign, 0.4 * sign])  # 0.0081、0.0121、0.16
    example = np.array([[2.0, 0.5], [2.0, -0.5], [2.0, 0.0]])
    twins = np.hstack([live, live, -3 * live, np.full((4, 1), -5.0)])  # 一樣的、成比例的、負的，都各算一個
    lone = np.array([[6.0, 0.0]] + 8 * [[0.0, -2.0]])  # 平均是 2/3，變異數 3.56；範圍的一半是 3，平方是 9
    cases = [
        (example, 0.01, 1), (twins, 0.01, 9), (lone, 5.0, 0), (lone, 3.0, 1), (offset, 0.01, 2),
        (small, 0.01, 3), (edge, 0.01, 2), (edge, 0.5, 0), (live, 0.06, 2),
        (np.hstack([0.5 * sign, sign]), 0.25, 1), _drawn_units(draw),
    ]  # fmt: skip
    for mean, threshold, expected in cases:
        inputs = {"mean": mean, "threshold": threshold}
        check(target.count_active_units, inputs, expected, wrong=WRONG_COUNTS)


def _drawn_units(draw):
    """幾個活的（±a 交錯，a² 大於門檻）與幾個死的（a² 小於門檻，離 0 很遠），次序打亂。"""
    sign, live, dead = np.tile([1.0, -1.0], 3), draw.whole(1, 3), draw.whole(1, 3)
    size = np.concatenate([draw.between(0.3, 0.9, live), draw.between(0.01, 0.2, dead)])
    mean = sign[:, None] * size + draw.between(1, 3, live + dead)
    return mean[:, draw.order(live + dead)], 0.06, live


def _count(statistic):
    return lambda mean, threshold: np.sum(statistic(mean) > threshold)


def _unique(mean, threshold):
    return len(np.unique(mean[:, mean.var(axis=0) > threshold], axis=1).T)


WRONG_COUNTS = {
    "離 0 很遠不算活躍：要減掉平均，看它隨資料變不變": _count(lambda m: np.mean(m**2, axis=0)),
    "門檻比的是變異數，你比的是標準差": _count(lambda m: m.std(axis=0)),
    "變異數除以 N，不是 N − 1": _count(lambda m: m.var(axis=0, ddof=1)),
    "這是不活躍的個數": lambda m, t: np.sum(m.var(axis=0) <= t),
    "這是不活躍的個數；要數大於 threshold 的": lambda m, t: np.sum(m.var(axis=0) < t),
    "剛好等於 threshold 不算；要大於": lambda m, t: np.sum(m.var(axis=0) >= t),
    "沒有用到引數 threshold": lambda m, t: np.sum(m.var(axis=0) > 0.01),
    "一樣的單元也各算一個，不要去掉重複的": _unique,
    "沿錯了軸：要比同一個單元、不同的列（axis=0）": _count(lambda m: m.var(axis=1)),
    "這是活躍的比例；要的是個數": lambda m, t: np.mean(m.var(axis=0) > t),
    "你算的是全部數字的變異數；每個單元要分開看": lambda m, t: float(m.var() > t),
}


@points(
    1,
    hint=(
        "三步有先後：對列平均 → 和 free_bits 比 → 對單元加總。",
        "kl.mean(axis=0) 是 (d,)；np.maximum(…, free_bits) 逐個單元比。",
        "依序三步：對列平均、和額度取大的、對單元加總；重建只要平均。",
    ),
    chapter=CHAPTER,
)
def test_free_bits_loss(target, draw):
    """自由位元的損失"""
    example: Any = {"reconstruction": np.array([10.0, 12.0]), "kl": np.array([[0.0, 2.0], [0.4, 1.0]])}
    example |= {"beta": 2.0, "free_bits": 0.5}
    check(target.free_bits_loss, example, 15.0, wrong=_wrong_free_bits())
    dense = np.array([-30.0, 2.0])  # 密度可以大於 1，重建誤差可以是負的；kl 是方陣
    inputs = {"reconstruction": dense, "kl": KL[:2, :2], "beta": 2.0, "free_bits": 0.01}
    check(target.free_bits_loss, inputs, -14.0 + 2 * (0.45 + 1.2), wrong=_wrong_free_bits())
    # 各單元的平均 KL 是 0.4、1.3、0.1、0.4，重建的平均是 42.583333…
    for beta, free_bits, kept in [(3.0, 0.6, 3.1), (0.5, 0.45, 2.65), (2.0, 0.0, 2.2)]:
        expected = 127.75 / 3 + beta * kept
        inputs = {"reconstruction": RECONSTRUCTION, "kl": KL, "beta": beta, "free_bits": free_bits}
        check(target.free_bits_loss, inputs, expected, wrong=_wrong_free_bits())
    reconstruction, kl = draw.between(20, 60, 4), draw.between(0, 2, 4, 5)
    beta, free_bits = draw.between(0.3, 4), draw.between(0.6, 1.4)
    per_unit = [max(free_bits, math.fsum(column) / 4) for column in kl.T]
    inputs = {"reconstruction": reconstruction, "kl": kl, "beta": beta, "free_bits": free_bits}
    expected = math.fsum(reconstruction) / 4 + beta * math.fsum(per_unit)
    check(target.free_bits_loss, inputs, expected, wrong=_wrong_free_bits())


def _wrong_free_bits():
    return {
        "次序反了：先對列平均，再和 free_bits 比；你逐列比": lambda r, kl, b, f: (
            r.mean() + b * np.maximum(kl, f).mean(axis=0).sum()
        ),
        "free_bits 沒有起作用：每個單元各自和它比再加總，不是加總以後才比": lambda r, kl, b, f: (
            r.mean() + b * max(kl.sum(axis=1).mean(), f)
        ),
        "每個單元各有自己的額度，不能互相挪用": lambda r, kl, b, f: (
            r.mean() + b * max(kl.sum(axis=1).mean(), f * kl.shape[1])
        ),
        "低於 free_bits 的算成 free_bits，不是算成 0": lambda r, kl, b, f: (
            r.mean() + b * np.where(kl.mean(axis=0) > f, kl.mean(axis=0), 0).sum()
        ),
        "你減掉了 free_bits；公式是 max(free_bits, KL)": lambda r, kl, b, f: (
            r.mean() + b * np.maximum(kl.mean(axis=0) - f, 0).sum()
        ),
        "方向反了：是 max，不是 min": lambda r, kl, b, f: r.mean() + b * np.minimum(kl.mean(axis=0), f).sum(),
        "beta 要乘在 max 的外面": lambda r, kl, b, f: r.mean() + np.maximum(b * kl.mean(axis=0), f).sum(),
        "忘了乘 beta": lambda r, kl, b, f: r.mean() + np.maximum(kl.mean(axis=0), f).sum(),
        "重建要對列取平均，不是加總": lambda r, kl, b, f: r.sum() + b * np.maximum(kl.mean(axis=0), f).sum(),
        "單元要加總，不是平均": lambda r, kl, b, f: r.mean() + b * np.maximum(kl.mean(axis=0), f).mean(),
        "重建誤差是損失，要加，不是減": lambda r, kl, b, f: (
            -r.mean() + b * np.maximum(kl.mean(axis=0), f).sum()
        ),
        "少了重建": lambda r, kl, b, f: b * np.maximum(kl.mean(axis=0), f).sum(),
        "沿錯了軸：平均是對列（axis=0），max 是對單元": lambda r, kl, b, f: (
            r.mean() + b * np.maximum(kl.mean(axis=1), f).sum()
        ),
    }


@points(
    1,
    hint=(
        "拿掉 x.std(axis=0) == 0 的欄，再把每一欄減平均、除以標準差。",
        "標準化之後，相關矩陣就是 yᵀy/N；對稱矩陣的特徵值用 np.linalg.eigvalsh。",
        "eigvalsh 由小到大，最後加 [::-1]。",
    ),
    chapter=CHAPTER,
)
def test_collapse_thresholds(target, draw):
    """崩塌站不站得住：相關矩陣的特徵值"""
    wrong = _wrong_thresholds()
    example = {"x": np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 1.0], [0.0, 0.0]])}
    check(target.collapse_thresholds, example, [2.0, 0.0], wrong=wrong)
    # 一樣的欄、剛好相反的欄、很少是 1 的欄，抽出來的：奇異值的平方除以 N，與相關矩陣的特徵值相同。
    base = draw.bits(40, 3)
    base[0], base[1] = 0.0, 1.0
    rare = np.zeros((40, 1))
    rare[draw.whole(2, 39)] = 1.0
    x = np.hstack([base, *[base[:, :1]] * 5, 1 - base[:, 1:2], rare])
    expected: Any = np.linalg.svd((x - x.mean(axis=0)) / x.std(axis=0), compute_uv=False) ** 2 / len(x)
    check(target.collapse_thresholds, {"x": x}, expected, wrong=wrong, tolerance=QUADRATURE, only=TWINS)
    # 三欄兩兩相關，一個負的：取絕對值，特徵值就不同。
    signs = np.array(
        [[1.0, 1, 0], [1, 1, 1], [0, 0, 0], [0, 1, 1], [1, 0, 0], [0, 0, 1], [1, 1, 0], [0, 0, 1]]
    )
    expected = np.linalg.svd((signs - 0.5) / 0.5, compute_uv=False) ** 2 / 8
    check(target.collapse_thresholds, {"x": signs}, expected, wrong=wrong, tolerance=QUADRATURE)
    # 兩欄一組，組與組獨立（每種組合都出現）：一組的特徵值是 1 ± ρ，合起來就是全部。
    first = _pair(both=2, only_second=3, neither=5)  # ρ = 0.1/√(0.16·0.25) = ½
    second = _pair(both=3, only_first=2, only_second=1, neither=4)  # ρ = 0.1/√(0.25·0.24)
    x = np.array([np.r_[a, b] for a in first for b in second])
    rho = 0.1 / math.sqrt(0.25 * 0.24)
    expected = [1.5, 1 + rho, 1 - rho, 0.5]
    check(target.collapse_thresholds, {"x": x}, expected, wrong=_wrong_thresholds(), tolerance=QUADRATURE)
    counts = [[draw.whole(1, 5) for _ in range(4)] for _ in range(2)]
    x = np.array([np.r_[a, b] for a in _pair(*counts[0]) for b in _pair(*counts[1])])
    rhos = [_correlation(*numbers) for numbers in counts]
    expected = sorted([1 + rhos[0], 1 - rhos[0], 1 + rhos[1], 1 - rhos[1]], reverse=True)
    check(target.collapse_thresholds, {"x": x}, expected, wrong=_wrong_thresholds(), tolerance=QUADRATURE)
    # 三枚硬幣的七種同位元：兩兩不相關，門檻全是 1，即使更大的 beta 另有更低的解。門檻說的只是崩塌點的附近。
    bits = np.array([(a, b, c) for a in (0.0, 1.0) for b in (0.0, 1.0) for c in (0.0, 1.0)])
    parity = bits @ bits[1:].T % 2
    check(
        target.collapse_thresholds, {"x": parity}, np.ones(7), wrong=_wrong_thresholds(), tolerance=QUADRATURE
    )


TWINS = "平常的欄都對，有一樣的欄、相反的欄或很少是 1 的欄時不對：會變的欄都要留著，不要去掉重複的"


def _pair(both=0, only_first=0, only_second=0, neither=0):
    return (
        [(1.0, 1.0)] * both + [(1.0, 0.0)] * only_first + [(0.0, 1.0)] * only_second + [(0.0, 0.0)] * neither
    )


def _correlation(both, only_first, only_second, neither):
    """兩個 0/1 欄的相關係數，由四種組合的列數算。"""
    first, second = both + only_first, both + only_second
    others = (only_second + neither) * (only_first + neither)
    return (both * neither - only_first * only_second) / math.sqrt(first * second * others)


def _standardized(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)


def _wrong_thresholds():
    def eigenvalues(matrix):
        return np.linalg.eigvalsh(matrix)[::-1]

    return {
        "要由大到小；eigvalsh 給的是由小到大": lambda x: np.linalg.eigvalsh(np.corrcoef(x.T)),
        "你用的是共變異數矩陣；每欄還要除以自己的標準差": lambda x: eigenvalues(np.cov(x.T, bias=True)),
        "你用的是共變異數矩陣（還除以 N − 1）；要用相關矩陣": lambda x: eigenvalues(np.cov(x.T)),
        "除以 N，不是 N − 1：對角線要剛好是 1": lambda x: eigenvalues(
            _standardized(x).T @ _standardized(x) / (len(x) - 1)
        ),
        "忘了除以 N": lambda x: eigenvalues(_standardized(x).T @ _standardized(x)),
        "要先減掉每欄的平均": lambda x: eigenvalues((x / x.std(axis=0)).T @ (x / x.std(axis=0)) / len(x)),
        "每欄要除以標準差 √(p(1−p))，你除的是變異數 p(1−p)": lambda x: eigenvalues(
            ((x - x.mean(axis=0)) / x.var(axis=0)).T @ ((x - x.mean(axis=0)) / x.var(axis=0)) / len(x)
        ),
        "這是奇異值；特徵值是它的平方除以 N": lambda x: np.linalg.svd(_standardized(x), compute_uv=False),
        "這是特徵值的平方根": lambda x: np.sqrt(eigenvalues(np.corrcoef(x.T))),
        "這是各欄的變異數 p(1−p)，還不是特徵值": lambda x: np.sort(x.var(axis=0))[::-1],
    }


@points(
    1,
    hint=(
        "標準差是 0 的欄，除下去是 nan。",
        "用布林遮罩留下會變的欄：x[:, x.std(axis=0) > 0]。",
        "剩幾欄，就傳回幾個特徵值。",
    ),
    chapter=CHAPTER,
)
def test_collapse_thresholds__constant_columns(target, draw):
    """整欄都一樣的欄要拿掉"""
    pair = np.array(_pair(both=3, only_first=1, only_second=1, neither=3))  # ρ = (6 − 2)/8
    x = np.hstack([np.zeros((8, 1)), pair, np.ones((8, 1))])
    wrong = {
        "整欄都一樣的欄要先拿掉，不是當成一個 0 或 1 的特徵值": [1.5, 1.0, 0.5],
        "整欄都一樣的欄沒有相關係數，要先拿掉；你把它們當成特徵值 0": [1.5, 0.5, 0.0, 0.0],
        "整欄都一樣的欄沒有相關係數，要先拿掉；你把它們當成特徵值 1": [1.5, 1.0, 1.0, 0.5],
    }
    check(target.collapse_thresholds, {"x": x}, [1.5, 0.5], wrong=wrong, tolerance=QUADRATURE)
    counts = [draw.whole(1, 5) for _ in range(4)]
    rho, zeros, ones = abs(_correlation(*counts)), np.zeros((sum(counts), 1)), np.ones((sum(counts), 1))
    x = np.hstack([ones, np.array(_pair(*counts)), zeros, ones][:: draw.pick([1, -1])])
    check(target.collapse_thresholds, {"x": x}, [1 + rho, 1 - rho], tolerance=QUADRATURE)


@points(
    1,
    hint=(
        "z_n 要對每一個成分 m 都算 log N(z_n; μ_m, σ²_m)：z[:, None, :] 減 mean，得到 (N, N, d)。",
        "log q(z_n) = log Σ_m exp(…) − log N；np.logaddexp.reduce(…, axis=1)。",
        "互資訊用對角線減 log q(z_n)，聚合後驗用 log q(z_n) 減 log p(z_n)，各取平均。",
    ),
    chapter=CHAPTER,
)
def test_split_average_kl(target, draw):
    """平均 KL = 互資訊 + 聚合後驗的 KL"""
    wrong = _wrong_splits()
    two = np.array([[1.0], [-1.0]])
    shown = {"互資訊": 0.5662192, "聚合後驗的 KL": -0.0662192}
    example = {"z": two, "mean": two, "log_var": np.zeros((2, 1))}
    check(target.split_average_kl, example, shown, wrong=wrong, tolerance=PRINTED)
    # 各個成分離得很遠、又很窄（或很寬）：q(z_n) 只剩自己的那一份，互資訊是 log N。
    log_var, noise = draw.far(4, 1), draw.normal(4, 1)
    log_var = np.where(log_var > 0, log_var / 4, log_var)
    place = np.arange(1, 5)[:, None] * 1e4
    z = place + np.exp(log_var / 2) * noise
    own = -0.5 * (np.log(2 * np.pi) + log_var + ((z - place) * np.exp(-log_var / 2)) ** 2)
    marginal = np.mean(own - np.log(4) + 0.5 * (np.log(2 * np.pi) + z**2))
    parts = {"互資訊": math.log(4), "聚合後驗的 KL": marginal}
    far = {"z": z, "mean": place, "log_var": log_var}
    check(target.split_average_kl, far, parts, wrong=wrong, only=FAR)
    mean, std = draw.normal(4, 2), draw.std(4, 2)
    drawn = (mean + std * draw.normal(4, 2), mean, 2 * np.log(std))
    for zs, means, log_vars in ((Z, MEAN, LOG_VAR), drawn):
        own = [_density(z, m, v) for z, m, v in zip(zs, means, log_vars, strict=True)]
        aggregate = [
            sum(_density(z, m, v) for m, v in zip(means, log_vars, strict=True)) / len(zs) for z in zs
        ]
        prior = [_density(z, (0, 0), (0, 0)) for z in zs]
        expected = {
            "互資訊": sum(math.log(a / b) for a, b in zip(own, aggregate, strict=True)) / len(zs),
            "聚合後驗的 KL": sum(math.log(b / c) for b, c in zip(aggregate, prior, strict=True)) / len(zs),
        }
        inputs = {"z": zs, "mean": means, "log_var": log_vars}
        check(target.split_average_kl, inputs, expected, wrong=_wrong_splits())
    _check_two_points(target)
    for shift, copies in ((0.0, 1000), (draw.normal(), draw.whole(800, 1200))):
        _check_many_dimensions(target, Z + shift, MEAN + shift, copies)


def _check_many_dimensions(target, z, mean, copies):
    wide = {"z": np.tile(z, copies), "mean": np.tile(mean, copies), "log_var": np.tile(LOG_VAR, copies)}
    # 兩千維：每個點只可能是自己的成分生的，所以互資訊就是上限 ln 3，其餘都是聚合後驗的份。
    total = np.sum(0.5 * (wide["z"] ** 2 - wide["log_var"] - (wide["z"] - wide["mean"]) ** 2
                          * np.exp(-wide["log_var"])), axis=1).mean()  # fmt: skip
    underflow = {"維度多的時候得到 log 0：密度先取對數，再用 np.logaddexp.reduce 相加": (np.inf, -np.inf)}
    underflow |= {"維度多的時候得到 log 0：密度先取對數再相加": (np.nan, -np.inf)}
    parts = {"互資訊": math.log(3), "聚合後驗的 KL": total - math.log(3)}
    check(target.split_average_kl, wide, parts, wrong=underflow, tolerance=QUADRATURE)


def _density(z, mean, log_var):
    """對角常態的密度，一維一維乘起來。"""
    factors = [
        math.exp(-((a - m) ** 2) / (2 * math.exp(v))) / math.sqrt(2 * math.pi * math.exp(v))
        for a, m, v in zip(z, mean, log_var, strict=True)
    ]
    return math.prod(factors)


def _check_two_points(target):
    """求積點當作雜訊，加權平均就是期望值：兩點 ±1.5、σ = ½，已知 0.689298 與 0.753849。"""
    nodes, weights = normal_nodes()
    mean, log_var = np.array([[1.5], [-1.5]]), np.full((2, 1), math.log(0.25))

    def averaged(mean, log_var):
        parts = [target.split_average_kl(mean + 0.5 * node, mean, log_var) for node in nodes]
        return tuple(weights @ np.array(parts))

    known = {"互資訊的期望值": 0.689298, "聚合後驗的 KL 的期望值": 0.753849}
    check(averaged, {"mean": mean, "log_var": log_var}, known, tolerance=DIFFERENCES)


def _log_densities(z, mean, log_var):
    squares = (z[:, None, :] - mean) ** 2 * np.exp(-log_var)
    return -0.5 * np.sum(np.log(2 * np.pi) + log_var + squares, axis=-1)


def _log_prior(z):
    return -0.5 * np.sum(np.log(2 * np.pi) + z**2, axis=-1)


def _split(own, aggregate, z):
    return np.mean(own - aggregate), np.mean(aggregate - _log_prior(z))


def _wrong_splits():
    def parts(z, m, v):
        table = _log_densities(z, m, v)
        return np.diagonal(table), table, np.log(len(z))

    def others_only(z, m, v):
        own, table, _ = parts(z, m, v)
        total = np.exp(table).sum(axis=1) - np.exp(own)
        return _split(own, np.log(total / (len(z) - 1)), z)

    def right(z, m, v):
        own, table, log_n = parts(z, m, v)
        return _split(own, np.logaddexp.reduce(table, axis=1) - log_n, z)

    def without_n(z, m, v):
        own, table, _ = parts(z, m, v)
        return _split(own, np.logaddexp.reduce(table, axis=1), z)

    def mean_of_logs(z, m, v):
        own, table, _ = parts(z, m, v)
        return _split(own, table.mean(axis=1), z)

    def along_points(z, m, v):
        own, table, log_n = parts(z, m, v)
        return _split(own, np.logaddexp.reduce(table, axis=0) - log_n, z)

    def unit_variance(z, m, v):
        return right(z, m, 0 * v)

    return {
        "少了 1/N：q(z) 是 N 個成分的平均，不是總和": without_n,
        "平均的是密度，不是對數密度": mean_of_logs,
        "沿錯了軸：固定一個 z，對各個成分 m 平均": along_points,
        "q(z) 要包含自己的那個成分": others_only,
        "兩個傳回值對調了：先互資訊": lambda z, m, v: right(z, m, v)[::-1],
        "互資訊的正負號反了": lambda z, m, v: (-right(z, m, v)[0], None),
        "聚合後驗的 KL 正負號反了：log q(z) 減 log p(z)": lambda z, m, v: (None, -right(z, m, v)[1]),
        "第二個值是整個 KL；還要減掉互資訊": lambda z, m, v: (None, sum(right(z, m, v))),
        "第一個值是整個 KL；要和 q(z) 比，不是和先驗比": lambda z, m, v: (sum(right(z, m, v)), None),
        "忘了用 log_var：每個成分有自己的變異數": unit_variance,
        "要對列取平均，不是加總": lambda z, m, v: tuple(len(z) * part for part in right(z, m, v)),
    }
