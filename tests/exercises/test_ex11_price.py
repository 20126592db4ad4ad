"""ex11 的檢查。"""

import math
from functools import partial
from typing import Any

import numpy as np

from vae_from_scratch.course.testing import (
    DIFFERENCES,
    LARGE,
    RELATIVE,
    WHOLE,
    WrongAnswer,
    check,
    numerical_gradient,
    points,
)

CHAPTER = "第 11 章"

# ---- 一步 ----------------------------------------

X = np.array([[2.0], [-0.5], [1.2], [-1.4]])
NOISE = np.array([[0.4], [1.3], [-0.7], [0.9]])
PARAMETERS = np.array([0.5, 1.2, -0.3])
RATE = 0.1


def small_vae_loss(parameters, x, noise):
    """損失，照定義寫：½(x − bz)² + ½(μ² + σ² − 1 − log σ²)，對列平均。"""
    a, b, c = parameters
    mean, variance = a * x, math.exp(c)
    z = mean + math.sqrt(variance) * noise
    return np.mean(0.5 * (x - b * z) ** 2 + 0.5 * (mean**2 + variance - 1 - c))


def step_without(*missing, per_row=True, sign=-1.0):
    """少了某一段的一步；用來認出錯在哪裡。"""

    def step(parameters, x, noise, rate, *functions):
        a, b, c = parameters
        std = math.exp(c / 2)
        z = a * x + std * noise
        residual = b * z - x
        kl_mean = 0 * x if "kl" in missing else a * x
        kl_log_var = 0 if "kl" in missing else (std**2 - 1) / 2
        d_z = 0 * x if "z" in missing else (residual if "b" in missing else b * residual)
        d_log_var = d_z * std * noise / 2 + kl_log_var
        d_mean = d_z + kl_mean
        d_a = d_mean if "x" in missing else d_mean * x
        scale = 1 if per_row else len(x)
        return parameters + sign * rate * scale * np.array(
            [np.mean(d_a), np.mean(residual * z), np.mean(d_log_var)]
        )

    return step


WRONG_STEP = {
    "KL 的梯度沒有加進去：這樣訓練的是加了雜訊的普通自編碼器": step_without("kl"),
    "編碼器只收到 KL 的梯度：重建誤差經過 z 傳回來的那一條路斷了": step_without("z"),
    "解碼器的 b 漏了：∂/∂z [½(x − bz)²] = b(bz − x)": step_without("b"),
    "μ = a x，對 a 的梯度還要乘 x（連鎖律）": step_without("x"),
    "梯度對列加總了；損失是各列的平均": step_without(per_row=False),
    "方向反了：下降要減去梯度": step_without(sign=1.0),
    "你傳回的是梯度（或更新量），要傳回新的參數": lambda p, x, e, rate, *f: (
        (p - step_without()(p, x, e, rate)) / rate
    ),
    "參數沒有改變": lambda p, *rest: p,
}


WIDE = "平常的數字都對，c = log σ² 很大或很小時不對：不要截斷（clip）"


def _functions(earlier):
    return {
        "reparameterize": earlier("ex02", "reparameterize"),
        "gradient_wrt_mean_and_log_var": earlier("ex02", "gradient_wrt_mean_and_log_var"),
        "kl_gradient": earlier("ex03", "kl_gradient"),
    }


@points(
    1,
    hint=(
        "先往前：μ、log σ²、z、殘差 bz − x。再往回：損失對 z 的梯度是 b(bz − x)。",
        "μ 與 log σ² 各收到兩段梯度：經過 z 的，用 ex02 的函式；KL 的，用 ex03 的函式。相加。",
        "三個參數各走連鎖律：a 經過 μ，b 直接乘 z，c 就是 log σ²；最後都對列平均。",
    ),
    chapter=CHAPTER,
)
def test_vae_step(target, earlier, draw):
    """最小的 VAE 走一步"""
    example = {"parameters": np.array([0.5, 1.0, 0.0]), "x": np.array([[2.0]]), "noise": np.array([[0.4]])}
    example |= {"learning_rate": 0.1} | _functions(earlier)
    check(target.vae_step, example, [0.42, 1.084, 0.012], wrong=WRONG_STEP)
    drawn = (draw.normal(3), draw.normal(4, 1), draw.normal(4, 1), draw.between(0.02, 0.2))
    large = (draw.normal(3), 20 * draw.normal(4, 1), draw.normal(4, 1), draw.between(0.02, 0.2))
    problems = [(*large, LARGE), (PARAMETERS, X, NOISE, RATE, None), (*drawn, None)]
    for log_var in (draw.between(5, 7), -draw.between(6, 9)):
        parameters = np.array([*draw.normal(2), log_var])
        problems.append((parameters, draw.normal(3, 1), draw.normal(3, 1), draw.between(0.02, 0.2), WIDE))
    for parameters, x, noise, rate, kind in problems:
        gradient = numerical_gradient(partial(small_vae_loss, x=x, noise=noise), parameters, 1e-4)
        inputs = {"parameters": parameters, "x": x, "noise": noise, "learning_rate": rate}
        expected = parameters - rate * gradient
        inputs |= _functions(earlier)
        check(target.vae_step, inputs, expected, wrong=WRONG_STEP, tolerance=DIFFERENCES, only=kind)


@points(
    1,
    hint=(
        "這一題沒有新的函式：上一題的一步走 1000 次，損失要降到理論的最小值。",
        "降不到，多半是 KL 那一條路的係數或正負號不對。",
        "理論上最好的解碼器是 b² = λ − 1，λ 是資料的變異數（第 7 章）。",
    ),
    chapter=CHAPTER,
)
def test_vae_step__reaches_the_optimum(target, earlier, draw):
    """訓練到理論的最佳解"""
    functions = _functions(earlier).values()
    far, near = draw.between(2.2, 2.6), draw.between(0.9, 1.3)
    x = np.repeat([[-far], [-near], [near], [far]], 2, axis=0)
    noise = np.tile([[-1.0], [1.0]], (4, 1))  # 損失是雜訊的二次式，±1 各一次就是精確的期望值
    parameters = np.array([0.3, 0.6, 0.0])
    for _ in range(1000):
        parameters = np.asarray(target.vae_step(parameters, x, noise, 0.1, *functions), float)
        if parameters.shape != (3,) or not np.isfinite(parameters).all():
            raise WrongAnswer(f"走了幾步之後，參數變成 {parameters}；應該是三個有限的數")
    variance = float(np.mean(x**2))
    # log σ² = c 與 x 無關，μ = ax，所以 ELBO 的最佳解就是機率主成分分析：b² = λ − 1，σ² = 1/λ，a = b/λ。
    b = math.sqrt(variance - 1)
    check(
        lambda steps: parameters,
        {"steps": 1000},
        [b / variance, b, math.log(1 / variance)],
        tolerance=DIFFERENCES,
        wrong={"走了 1000 步，參數還在原地": [0.3, 0.6, 0.0]},
    )


# ---- 訓練週期 ----------------------------------------


def recording_step(parameters, rows):
    """(p, rows) ↦ (2p + Σ (i+1)·rows[i]，rows 的平均 + p/10)：新的參數記得誰在哪一批；損失隨參數變"""
    rows = np.asarray(rows)
    loss = float(np.mean(rows) + np.mean(parameters) / 10)
    return 2 * parameters + np.sum((np.arange(len(rows)) + 1) * rows), loss


def printed_step(parameters, rows):
    """(p, rows) ↦ (p，一列是 6，兩列是 3)"""
    return parameters, 6.0 if len(rows) == 1 else 3.0


def epoch(batches, average=None):
    def run(step, parameters, order, batch_size):
        losses, sizes = [], []
        for rows in batches(np.asarray(order), batch_size):
            parameters, loss = step(parameters, rows)
            losses.append(loss)
            sizes.append(len(rows))
        return parameters, (average or np.average)(losses, weights=sizes)

    return run


def in_order(order, size):
    return [order[start : start + size] for start in range(0, len(order), size)]


WRONG_EPOCH = {
    "各批的損失直接平均了；最後一批比較短，要依列數加權": epoch(
        in_order, lambda losses, weights: np.mean(losses)
    ),
    "最後一批不滿就丟掉了；每一列都要用到": epoch(
        lambda order, size: [rows for rows in in_order(order, size) if len(rows) == size]
    ),
    "沒有照 order 的順序：你用的是 0、1、2……": epoch(
        lambda order, size: in_order(np.arange(len(order)), size)
    ),
    "損失只留下最後一批的": epoch(in_order, lambda losses, weights: losses[-1]),
    "損失是各批的總和，沒有除以列數": epoch(in_order, lambda losses, weights: np.dot(losses, weights)),
    "各批的損失相加了；要平均": epoch(in_order, lambda losses, weights: np.sum(losses)),
    "一次走完全部的列；要一批一批走": epoch(lambda order, size: [order]),
    "每一批都從最初的參數出發；要接著上一批的參數走": lambda step, p, order, size: (
        step(p, in_order(np.asarray(order), size)[-1])[0],
        None,
    ),
}


@points(
    1,
    hint=(
        "for start in range(0, N, batch_size)：這一批的列號是 order[start : start + batch_size]。",
        "step 傳回兩個值：新的參數要接著給下一批，損失要記下來。",
        "損失 × 這一批的列數，加起來，最後除以 N。",
    ),
    chapter=CHAPTER,
)
def test_train_epoch(target, draw):
    """一個訓練週期"""
    example = {
        "step": printed_step,
        "parameters": np.array([0.0]),
        "order": np.array([2, 0, 1]),
        "batch_size": 2,
    }
    check(target.train_epoch, example, {"參數": [0.0], "損失": 4.0}, wrong=WRONG_EPOCH)
    shown, drawn, start = np.array([3, 0, 4, 6, 1, 5, 2]), draw.order(10), draw.normal(2)
    first = np.array([1.5, -0.5])
    for order, size, parameters in (
        (shown, 3, first), (shown, 7, first), (shown, 9, first), (shown, 1, first), (drawn, 4, start)
    ):  # fmt: skip
        expected = epoch(in_order)(recording_step, parameters, order, size)
        inputs = {"step": recording_step, "parameters": parameters, "order": order, "batch_size": size}
        check(
            target.train_epoch,
            inputs,
            {"參數": expected[0], "損失": expected[1]},
            wrong=WRONG_EPOCH,
        )


# ---- 醒來 ----------------------------------------

KL = np.array([
    [2.0, 1.5, 0.9, 0.1],
    [0.1, 0.2, 0.8, 0.1],
    [0.4, 0.1, 0.7, 0.1],
    [0.5, 0.4, 0.3, 0.1],
    [0.6, 0.2, 0.6, 0.5],
])  # fmt: skip


def by_unit(epoch_of):
    """``epoch_of(各週期醒著嗎, 最後一個睡著的週期)``，一個單元一個值。"""

    def epochs(kl, threshold):
        awake = [[value >= threshold for value in unit] for unit in kl.T.tolist()]
        return [
            epoch_of(unit, max((t for t, up in enumerate(unit, 1) if not up), default=0)) for unit in awake
        ]

    return epochs


def _woken(awake, last):
    return last + 1 if last < len(awake) else 0


def _after_the_first_sleep(awake, last):
    start = awake.index(False) if last else 0
    return next((t for t, up in enumerate(awake, 1) if up and t > start), 0)


@points(
    1,
    hint=(
        "從後面往前看：最後一次低於門檻是第幾個週期？下一個就是答案。",
        "從來沒有低於門檻的單元，答案是 1；最後一個週期還低於門檻的，答案是 0。",
        "把「睡著」乘上週期的編號，沿週期取最大，就是最後一次睡著的是第幾個。",
    ),
    chapter=CHAPTER,
)
def test_wake_epochs(target, draw):
    """單元何時醒來"""
    wrong = {
        "第一次超過門檻就算醒了；訓練剛開始的 KL 很大，那時還沒有用到編碼": by_unit(
            lambda awake, last: awake.index(True) + 1 if any(awake) else 0
        ),
        "醒了又睡著不算醒：要從最後一次睡著算起，不是第一次": by_unit(_after_the_first_sleep),
        "週期從 0 數起了；第 0 列是第 1 個訓練週期": by_unit(lambda awake, last: _woken(awake, last) - 1),
        "到最後都沒醒的應該是 0": by_unit(lambda awake, last: last + 1),
        "這是最後一個睡著的週期；醒來是下一個": by_unit(lambda awake, last: last),
        "這是醒著的週期有幾個；要的是從哪一個起一直醒著": by_unit(lambda awake, last: sum(awake)),
    }
    example = {"kl_per_unit": np.array([[2.0], [0.1], [0.4], [0.5]]), "threshold": 0.3}
    check(target.wake_epochs, example, [3], wrong=wrong)
    check(target.wake_epochs, {"kl_per_unit": KL, "threshold": 0.3}, [3, 0, 1, 5], wrong=wrong)
    check(target.wake_epochs, {"kl_per_unit": KL[:, :1], "threshold": 0.45}, [4], wrong=wrong)
    # 醒了又睡、剛好等於門檻、睡一個週期、最後又睡著；整數的 KL。
    again = np.array([[2, 3, 5, 0], [0, 2, 5, 4], [4, 0, 5, 4], [4, 2, 1, 4], [0, 2, 5, 4], [3, 3, 5, 1]])
    check(target.wake_epochs, {"kl_per_unit": again, "threshold": 2}, [6, 4, 5, 0], wrong=wrong)
    check(target.wake_epochs, {"kl_per_unit": again[:1], "threshold": 2.5}, [0, 1, 1, 0], wrong=wrong)
    kl, threshold = draw.between(0, 1, 6, 4), draw.between(0.2, 0.6)
    kl[:, 0] += threshold  # 從來沒有睡過
    kl[-1, 1] = 0.0  # 到最後還睡著
    kl[0, 2], kl[1, 2], kl[2:, 2] = 2.0, 0.0, threshold + 0.1  # 一開始很大，掉到 0 又醒來
    expected = []
    for unit in kl.T:
        awake = [epoch for epoch in range(1, 7) if min(unit[epoch - 1 :]) >= threshold]
        expected.append(min(awake, default=0))
    check(target.wake_epochs, {"kl_per_unit": kl, "threshold": threshold}, expected, wrong=wrong)


# ---- 鄰居 ----------------------------------------

CODES = np.array([[0.0, 0.3], [1.0, -0.2], [5.0, 0.9], [-1.6, 2.0], [0.7, 1.4]])
VALUES = np.array([10.0, 20.0, 60.0, 15.0, 38.0])
QUERIES = np.array([[0.4, 0.0], [3.2, 0.1], [-1.5, 1.1]])


def neighbours(distance):
    def predict(codes, values, queries, k):
        return np.array([
            np.mean([values[i] for i in sorted(range(len(codes)), key=lambda i: distance(codes[i], q))[:k]])
            for q in queries
        ])  # fmt: skip

    return predict


def squared(one, other):
    return np.sum((one - other) ** 2)


WRONG_KNN = {
    "找到的是最遠的鄰居；argsort 由小排到大": neighbours(lambda c, q: -np.sum((c - q) ** 2)),
    "只比了第一個維度；距離要對所有維度加總": neighbours(lambda c, q: (c[0] - q[0]) ** 2),
    "差沒有平方，正負互相抵消了": neighbours(lambda c, q: np.sum(c - q)),
    "距離是到原點的，不是到 query 的": neighbours(lambda c, q: np.sum(c**2)),
    "用了全部的列，不是最近的幾列": lambda c, v, q, k: np.full(len(q), np.mean(v)),
    "鄰居的值加總了；要平均": lambda c, v, q, k: k * neighbours(squared)(c, v, q, k),
    "只用了最近的一個": lambda c, v, q, k: neighbours(squared)(c, v, q, 1),
    "少了最近的那一個：你取的是第 2 到第 k + 1 個": lambda c, v, q, k: np.array([
        np.mean(v[np.argsort(np.sum((c - one) ** 2, axis=1))[1 : k + 1]]) for one in q
    ]),
}  # fmt: skip


@points(
    1,
    hint=(
        "queries[:, None, :] - codes[None, :, :] 的形狀是 (M, N, d)；平方，沿最後一軸加總，就是距離的平方。",
        "np.argsort(…, axis=1) 給出由近到遠的列號，取前 n_neighbours 個。",
        "values[那些列號] 的形狀是 (M, k)，沿 axis=1 平均。",
    ),
    chapter=CHAPTER,
)
def test_knn_predict(target, draw):
    """最近鄰居的平均"""
    example: Any = {"codes": np.array([[0.0], [1.0], [5.0]]), "values": np.array([10.0, 20.0, 60.0])}
    example |= {"queries": np.array([[0.4]]), "n_neighbours": 2}
    check(target.knn_predict, example, [15.0], wrong=WRONG_KNN)
    corner = example | {"codes": np.array([[3.0, 0.0], [2.5, 2.5], [9.0, 9.0]]), "queries": np.zeros((1, 2))}
    corner |= {"n_neighbours": 1}
    check(target.knn_predict, corner, [10.0], wrong=WRONG_KNN)  # 直線的距離，不是最大的一格
    prices = np.array([7, 7, 2, 7, 4])  # 整數的值，也有一樣的
    inputs = {"codes": CODES, "values": prices, "queries": QUERIES, "n_neighbours": 3}
    expected = neighbours(lambda c, q: math.dist(c, q))(*inputs.values())
    check(target.knn_predict, inputs, expected, wrong=WRONG_KNN, only=WHOLE)
    equal = np.array([10.0, 10.0, 3.0, 10.0, 3.0])
    drawn = (draw.normal(8, 3, decimals=6), draw.between(5, 80, 8), draw.normal(4, 3, decimals=6))
    for k, codes, values, queries in (
        (2, CODES, VALUES, QUERIES), (3, CODES, equal, QUERIES), (5, CODES, VALUES, QUERIES),
        (draw.whole(2, 5), *drawn),
    ):  # fmt: skip
        inputs = {"codes": codes, "values": values, "queries": queries, "n_neighbours": k}
        expected = neighbours(lambda c, q: math.dist(c, q))(codes, values, queries, k)
        check(target.knn_predict, inputs, expected, wrong=WRONG_KNN)


@points(
    1,
    hint=(
        "分子是猜測的誤差平方和，分母是「每個都猜平均」的誤差平方和。",
        "分母的平均是 actual 的平均，不是 predicted 的。",
        "兩個平方和的比，用 1 去減；比 1 大的時候，結果就是負的。",
    ),
    chapter=CHAPTER,
)
def test_r_squared(target, draw):
    """決定係數 R²"""
    actual = np.array([1.0, 2.0, 4.0, 7.0])

    def ratio(y, guess):
        return np.sum((y - guess) ** 2) / np.sum((y - y.mean()) ** 2)

    wrong = {
        "這是相關係數的平方；猜測整個偏高時，它看不出來": lambda y, g: np.corrcoef(y, g)[0, 1] ** 2,
        "忘了用 1 去減": ratio,
        "分母用了 predicted 的平均；基準是猜 actual 的平均": lambda y, g: (
            1 - np.sum((y - g) ** 2) / np.sum((y - g.mean()) ** 2)
        ),
        "負的被截成 0 了；比猜平均還差，就該是負的": lambda y, g: max(0.0, 1 - ratio(y, g)),
        "分母忘了減平均": lambda y, g: 1 - np.sum((y - g) ** 2) / np.sum(y**2),
        "這是猜測解釋的變異；猜得不準時，兩種寫法不相等": lambda y, g: (
            np.sum((g - y.mean()) ** 2) / np.sum((y - y.mean()) ** 2)
        ),
        "分子用的是絕對值，要平方": lambda y, g: 1 - np.sum(np.abs(y - g)) / np.sum((y - y.mean()) ** 2),
    }
    example = {"actual": np.array([1.0, 2.0, 3.0]), "predicted": np.array([1.0, 2.0, 2.0])}
    check(target.r_squared, example, 0.5, wrong=wrong)
    # 平均很大（一萬），散布只有 1 到 4：先減平均再平方；猜得很差的，R² 是 −24。
    high = {"actual": 10_000 + np.array([1.0, 2.0, 4.0]), "predicted": 10_000 + np.array([1.5, 2.0, 3.0])}
    check(target.r_squared, high, 1 - 1.25 / (14 / 3), wrong=wrong, tolerance=RELATIVE)
    poor = {"actual": np.array([1.0, 2.0, 3.0]), "predicted": np.array([6.0, 2.0, -2.0])}
    check(target.r_squared, poor, 1 - 50 / 2, wrong=wrong)
    whole = {"actual": np.array([1, 2, 6]), "predicted": np.array([2, 2, 4])}
    check(target.r_squared, whole, 1 - 5 / 14, wrong=wrong, only=WHOLE)
    for guess, expected in [([1.5, 2.0, 3.0, 6.0], 1 - 2.25 / 21), ([6.0, 7.0, 9.0, 12.0], 1 - 100 / 21)]:
        check(target.r_squared, {"actual": actual, "predicted": np.array(guess)}, expected, wrong=wrong)
    actual, guess = draw.normal(6, scale=3), draw.normal(6, scale=3) + 1
    average = math.fsum(actual) / 6
    residual = math.fsum((y - g) ** 2 for y, g in zip(actual, guess, strict=True))
    expected = 1 - residual / math.fsum((y - average) ** 2 for y in actual)
    check(target.r_squared, {"actual": actual, "predicted": guess}, expected, wrong=wrong)


# ---- 分數與基準 ----------------------------------------

HELD_OUT = np.array([False, True, False, False, True, False, True, False])
LINE = np.array([[0.1], [0.9], [2.2], [3.1], [4.3], [5.0], [6.4], [7.1]])
HEIGHTS = np.array([1.0, 2.5, 2.0, 3.5, 4.0, 5.5, 6.5, 7.0])
SHUFFLES = np.array([[3, 6, 0, 7, 1, 2, 5, 4], [7, 0, 5, 2, 6, 1, 4, 3]])


def scores(score):
    """score(鄰居的值, 要猜的值, 鄰居的編碼, 要猜的編碼, k)，照打亂與不打亂各算一次。"""

    def run(codes, values, held_out, k, shuffles):
        rows = [values] + [values[order] for order in shuffles]
        found = [score(codes, row, held_out, k) for row in rows]
        return found[0], np.array(found[1:])

    return run


def by_hand(codes, values, held_out, k, neighbours=None, scored=None):
    near = ~held_out if neighbours is None else neighbours
    far = held_out if scored is None else scored
    guess = []
    for query in codes[far]:
        ranked = sorted(np.flatnonzero(near), key=lambda i: math.dist(codes[i], query))
        guess.append(np.mean(values[ranked[:k]]))
    y = values[far]
    return 1 - np.sum((y - guess) ** 2) / np.sum((y - y.mean()) ** 2)


WRONG_SCORES = {
    "留下的房子混進了鄰居：最近的鄰居就是自己，分數會虛高": scores(
        lambda c, v, h, k: by_hand(c, v, h, k, neighbours=np.ones_like(h))
    ),
    "分數算在全部的房子上；要只算留下的": scores(
        lambda c, v, h, k: by_hand(c, v, h, k, scored=np.ones_like(h))
    ),
    "鄰居與打分數的房子對調了": scores(lambda c, v, h, k: by_hand(c, v, ~h, k)),
    "打亂之後的 R² 取平均了；要一個排列一個": lambda c, v, h, k, s: (
        None,
        np.mean(scores(by_hand)(c, v, h, k, s)[1]),
    ),
    "打亂沒有作用：房價與編碼一起換了位置，關係還在": lambda c, v, h, k, s: (
        by_hand(c, v, h, k),
        np.array([by_hand(c[order], v[order], h, k) for order in s]),
    ),
    "只打亂了鄰居的房價；整個 values 都要換": lambda c, v, h, k, s: (
        by_hand(c, v, h, k),
        np.array([by_hand(c, np.where(h, v, v[order]), h, k) for order in s]),
    ),
    "只打亂了留下的房價；整個 values 都要換": lambda c, v, h, k, s: (
        by_hand(c, v, h, k),
        np.array([by_hand(c, np.where(h, v[order], v), h, k) for order in s]),
    ),
    "排列用反了：要的是 values[排列]，不是把第 i 個放到排列[i]": lambda c, v, h, k, s: (
        by_hand(c, v, h, k),
        np.array([by_hand(c, v[np.argsort(order)], h, k) for order in s]),
    ),
    "基準沒有打亂：每一個都和真正的 R² 相同": lambda c, v, h, k, s: (
        None,
        np.full(len(s), by_hand(c, v, h, k)),
    ),
    "打亂時換了編碼的位置，連誰留下也跟著亂了": lambda c, v, h, k, s: (
        by_hand(c, v, h, k),
        np.array([by_hand(c, v[order], h[order], k) for order in s]),
    ),
}


@points(
    1,
    hint=(
        "先寫一個小函式：給 values，用 ~held_out 當鄰居、在 held_out 上算 r_squared。",
        "前兩題的 knn_predict 與 r_squared 就在同一個檔案裡。",
        "基準是對 shuffles 的每一列 order，用 values[order] 再呼叫一次那個小函式。",
    ),
    chapter=CHAPTER,
)
def test_price_scores(target, draw):
    """R² 與打亂的基準"""
    shown = {"codes": LINE, "values": HEIGHTS, "held_out": HELD_OUT}
    drawn = {
        "codes": draw.normal(12, 2, decimals=6),
        "values": draw.normal(12, scale=3),
        "held_out": draw.order(12) < 4,
    }
    shuffles = np.array([draw.order(12) for _ in range(3)])
    example = {
        "codes": np.array([[0.0], [1.0], [2.0], [0.1], [1.9]]), "values": np.array([1.0, 2.0, 3.0, 1.0, 3.0]),
        "held_out": np.array([False, False, False, True, True]), "n_neighbours": 1,
        "shuffles": np.array([[3, 4, 2, 0, 1]]),
    }  # fmt: skip
    check(target.price_scores, example, {"R²": 1.0, "打亂之後": [-1.0]}, wrong=WRONG_SCORES)
    far = example | {"values": np.array([9.0, 2.0, 3.0, 1.0, 2.0])}  # 猜 9 與 3，答案 1 與 2
    expected = {"R²": 1 - 65 / 0.5, "打亂之後": [1 - 65 / 24.5]}
    check(target.price_scores, far, expected, wrong=WRONG_SCORES)
    for problem, k, orders in ((shown, 1, SHUFFLES), (shown, 2, SHUFFLES), (drawn, 3, shuffles)):
        inputs = {**problem, "n_neighbours": k, "shuffles": orders}
        expected = scores(by_hand)(*inputs.values())
        check(target.price_scores, inputs, {"R²": expected[0], "打亂之後": expected[1]}, wrong=WRONG_SCORES)
