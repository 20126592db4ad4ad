"""ex13 的檢查。"""

import math
from functools import partial

import numpy as np

from vae_from_scratch.course.testing import (
    DIFFERENCES,
    FAR,
    Tolerance,
    check,
    named_cause,
    numerical_gradient,
    points,
)

CHAPTER = "第 13 章"
CLOSE = Tolerance(1e-10, 1e-11)
CELLS = Tolerance(1e-10, 0.0)  # s² 很大的欄，斜率極小：只看相對的誤差


def table(draw, rows, columns, gaps=True):
    """數字的表；每一欄至少有一格看得到，每一列至少缺一格（``gaps`` 為假就不缺）。"""
    v = draw.normal(rows, columns, scale=2)
    if gaps:
        v[np.arange(rows), (np.arange(rows) + draw.whole(0, columns - 1)) % columns] = np.nan
        v[0, np.isnan(v).all(axis=0)] = 1.5
    return v


def cell(v, mean, log_var):
    """一格的對數密度，純量；缺失是 0。"""
    if math.isnan(v):
        return 0.0
    std = math.exp(log_var / 2)
    return -(((v - mean) / std) ** 2) / 2 - math.log(std) - math.log(math.sqrt(2 * math.pi))


def rows_of(v, mean, log_var):
    return np.array([
        math.fsum(map(cell, map(float, a), map(float, b), map(float, log_var)))
        for a, b in zip(v, mean, strict=True)
    ])  # fmt: skip


# ---- 對數密度 ----------------------------------------


def density(constant=True, half=0.5, var=np.exp, mask=True, fill=False, log_part=True):
    """少了某一段的對數密度；只給診斷用。"""

    def run(v, mean, log_var):
        seen = ~np.isnan(v)
        filled = np.nan_to_num(v) if fill else v
        gap = np.where(seen | fill, filled - mean, 0)
        cells = gap**2 / var(log_var) + (log_var if log_part else 0) + (np.log(2 * np.pi) if constant else 0)
        return -half * np.sum(cells * (seen if mask and not fill else 1), axis=1)

    return run


WRONG_DENSITY = {
    "缺失的格子被當成 0 了": density(fill=True),
    "缺失的格子還在付 log s² 與常數；整格都不算": density(mask=False),
    "少了常數 log 2π": density(constant=False),
    "少了 ½": density(half=1.0),
    "殘差除以了 s，不是 s²": density(var=lambda log_var: np.exp(log_var / 2)),
    "log s² 被當成 s² 了；先取 exp": density(var=lambda log_var: log_var),
    "少了 log s² 那一項：變異數越大損失越小，學不到有限的值": density(log_part=False),
    "正負號反了：這是負的對數密度": lambda *given: -density()(*given),
    "看得到的格數除掉了：一列的各格要相加": lambda v, m, s: density()(v, m, s) / (~np.isnan(v)).sum(axis=1),
    "還沒有對欄相加": lambda v, m, s: np.where(
        np.isnan(v), 0, -0.5 * (np.log(2 * np.pi) + s + (v - m) ** 2 / np.exp(s))
    ),
}


def density_problems(draw, gaps):
    for rows, columns, spread in ((3, 4, 1.5), (5, 2, 3.0), (4, 3, 12.0)):
        yield {
            "v": table(draw, rows, columns, gaps),
            "mean": draw.normal(rows, columns),
            "log_var": draw.normal(columns, scale=spread),
        }
    log_var = draw.normal(4) + 45 * (-1.0) ** np.arange(4)  # s² 由 1e-20 到 1e20
    yield {"v": table(draw, 3, 4, gaps), "mean": draw.normal(3, 4), "log_var": log_var}


@points(
    0.5,
    hint=(
        "一格一格先算出來，再對欄相加：每一格有三項。",
        "log_var 是一欄一個，不隨列改變；NumPy 會自己對齊最後一軸。",
        "沒有缺失的先寫對，下一項再處理 NaN。",
    ),
    chapter=CHAPTER,
)
def test_normal_log_density(target, draw):
    """一欄一個變異數的常態"""
    for inputs in density_problems(draw, gaps=False):
        expected = rows_of(*inputs.values())
        check(target.normal_log_density, inputs, expected, wrong=WRONG_DENSITY, tolerance=CLOSE)


@points(
    0.5,
    hint=(
        "缺失的格子一項也不付：殘差、log s²、常數都不算。",
        "NaN 乘上 0 還是 NaN；要先換成別的數。",
        "先做遮罩 ~np.isnan(v)，殘差用它換掉，整格再用它拿掉。",
    ),
    chapter=CHAPTER,
)
def test_normal_log_density__missing(target, draw):
    """缺失的格子不算"""
    for inputs in density_problems(draw, gaps=True):
        expected = rows_of(*inputs.values())
        check(target.normal_log_density, inputs, expected, wrong=WRONG_DENSITY, tolerance=CLOSE)


# ---- 變異數 ----------------------------------------


def residual_squares(v, mean):
    """每一欄的殘差平方的平均，一格一格。"""
    found = []
    for column, middle in zip(v.T, mean.T, strict=True):
        gaps = [(float(a) - float(b)) ** 2 for a, b in zip(column, middle, strict=True) if not math.isnan(a)]
        found.append(math.fsum(gaps) / len(gaps))
    return np.array(found)


WRONG_VARIANCE = {
    "除以了 N；要除以看得到的格數": lambda v, m, f: np.log(
        np.maximum(np.nansum((v - m) ** 2, axis=0) / len(v), f)
    ),
    "除以了格數減 1；概似最大的是除以格數": lambda v, m, f: np.log(
        np.maximum(np.nansum((v - m) ** 2, axis=0) / np.maximum((~np.isnan(v)).sum(axis=0) - 1, 1e-300), f)
    ),
    "缺失的格子被當成 0 了": lambda v, m, f: np.log(
        np.maximum(np.mean((np.nan_to_num(v) - m) ** 2, axis=0), f)
    ),
    "下限加上去了：平均的殘差平方本來就夠大時，下限不該改變它": lambda v, m, f: np.log(
        residual_squares(v, m) + f
    ),
    "沒有下限": lambda v, m, f: np.log(residual_squares(v, m)),
    "殘差先平均再平方了；先平方再平均": lambda v, m, f: np.log(np.maximum(np.nanmean(v - m, axis=0) ** 2, f)),
    "這是 s，不是 s²：少乘了 2": lambda v, m, f: 0.5 * np.log(np.maximum(residual_squares(v, m), f)),
    "還沒有取對數": lambda v, m, f: np.maximum(residual_squares(v, m), f),
    "各欄共用了一個變異數；一欄一個": lambda v, m, f: np.full(
        v.shape[1], np.log(max(np.nanmean((v - m) ** 2), f))
    ),
    "減的是那一欄自己的平均；殘差是減 mean": lambda v, m, f: np.log(np.maximum(np.nanvar(v, axis=0), f)),
}


@points(
    0.5,
    hint=(
        "先不管下限：對 s² 微分，設為 0，最好的 s² 是什麼的平均？",
        "平均只看得到的格子；每一欄的個數可以不同。",
        "概似對 s² 先升後降。最高點在下限左邊時，能選的裡面誰最好？",
    ),
    chapter=CHAPTER,
)
def test_learned_log_var(target, draw):
    """學來的變異數與下限"""
    for rows, columns, floor in ((5, 4, 1e-4), (6, 3, 0.3), (4, 2, 1e-9)):
        v, mean = table(draw, rows, columns), draw.normal(rows, columns)
        mean[:, 0] = np.where(np.isnan(v[:, 0]), 7.0, v[:, 0])  # 常數的欄：殘差全是 0
        inputs = {"v": v, "mean": mean, "floor": floor}
        expected = [math.log(max(s, floor)) for s in residual_squares(v, mean)]
        check(target.learned_log_var, inputs, expected, wrong=WRONG_VARIANCE, tolerance=CLOSE)


# ---- 旗標 ----------------------------------------


def spike_cell(v, a, mean, log_var):
    zero = -(max(a, 0.0) + math.log1p(math.exp(-abs(a))))  # log(1 − π)
    return zero if v == 0 else zero + a + cell(v, mean, log_var)


def spike(
    zero=lambda a: -np.logaddexp(0, a), other=lambda a: -np.logaddexp(0, -a), everywhere=False, extra=1.0
):
    def run(v, a, mean, log_var):
        normal = -0.5 * (np.log(2 * np.pi) + log_var + (v - mean) ** 2 / np.exp(log_var))
        return np.where(v == 0, zero(a) + (normal if everywhere else 0), other(a) + extra * normal)

    return run


WRONG_SPIKE = {
    "旗標反了：v = 0 的付 log(1 − π)，不是 0 的付 log π": spike(
        lambda a: -np.logaddexp(0, -a), lambda a: -np.logaddexp(0, a)
    ),
    "v = 0 的也付了常態的密度；是 0 就只有旗標": spike(everywhere=True),
    "v ≠ 0 的只付了密度，旗標沒有算": spike(other=lambda a: 0 * a),
    "v = 0 的不用付了：log(1 − π) 少了": spike(zero=lambda a: 0 * a),
    "v ≠ 0 的只付了旗標，密度沒有算": spike(extra=0.0),
    "logit 被當成機率了；先過 sigmoid": lambda v, a, m, s: spike(
        lambda p: np.log(1 - p), lambda p: np.log(p)
    )(v, a, m, s),
    "密度的正負號反了": spike(extra=-1.0),
    "先算機率再取對數：logit 很大時是 log 0": lambda v, a, m, s: spike(
        lambda b: np.log(1 - 1 / (1 + np.exp(-b))), lambda b: np.log(1 / (1 + np.exp(-b)))
    )(v, a, m, s),
}


@points(
    0.5,
    hint=(
        "兩種格子各付什麼？先分開寫出來。",
        "log π 與 log(1 − π) 由 logit 直接算，不要先算 π。",
        "用 np.where 挑；兩邊都會先算，所以兩邊都要是有限的數。",
    ),
    chapter=CHAPTER,
)
def test_spike_log_density(target, draw):
    """一堆 0：旗標與密度"""
    for rows, scale in ((6, 1.5), (5, 6.0), (4, 400.0)):
        v = draw.normal(rows, scale=3)
        v[draw.order(rows)[: rows // 2]] = 0.0
        logits = draw.normal(rows, scale=scale)
        logits[0], logits[1] = 2 * scale, -2 * scale
        v[0], v[1] = 0.0, 1.7
        mean, log_var = draw.normal(rows), draw.normal() - (45 if rows == 5 else 0)
        inputs = {"v": v, "flag_logit": logits, "mean": mean, "log_var": log_var}
        expected = [
            spike_cell(float(a), float(b), float(c), log_var) for a, b, c in zip(v, logits, mean, strict=True)
        ]
        check(target.spike_log_density, inputs, expected, wrong=WRONG_SPIKE, tolerance=CLOSE)


# ---- 換單位 ----------------------------------------

WRONG_BILL = {
    "正負號反了：數字變大 c 倍，密度變小": lambda c, seen: seen @ np.log(c),
    "缺失的格子也付了": lambda c, seen: np.full(len(seen), -np.log(c).sum()),
    "缺失與看得到的弄反了": lambda c, seen: -((~seen) @ np.log(c)),
    "還沒有取對數：這是密度的倍數": lambda c, seen: np.exp(-(seen @ np.log(c))),
    "密度除以了 c²：那是變異數的倍數": lambda c, seen: -2 * (seen @ np.log(c)),
    "倍數相加了才取對數；每一格各付各的": lambda c, seen: -np.log(np.where(seen, c, 0).sum(axis=1)),
    "取了平均；一列的各格要相加": lambda c, seen: -(seen @ np.log(c)) / seen.shape[1],
}


@points(
    0.5,
    hint=(
        "一小段的機率不會因為換單位而變；那一小段的寬度變成幾倍？",
        "密度是機率除以寬度；取對數以後，每一格多一個常數。",
        "一列多的，是看得到的各格相加。",
    ),
    chapter=CHAPTER,
)
def test_unit_bill(target, draw):
    """換單位的帳"""
    for rows, columns in ((4, 3), (3, 5), (5, 2)):
        factors = draw.between(0.05, 20, columns) * 10.0 ** draw.pick((-9, 0, 9))
        factors[0], v = 1e-9 * draw.between(1, 9), table(draw, rows, columns)
        mean, log_var = draw.normal(rows, columns), draw.normal(columns)
        seen = ~np.isnan(v)
        # 直接算兩次對數密度相減：資料、平均、標準差都乘上 c。
        expected = rows_of(v * factors, mean * factors, log_var + 2 * np.log(factors)) - rows_of(
            v, mean, log_var
        )
        check(
            target.unit_bill,
            {"factors": factors, "seen": seen},
            expected,
            wrong=WRONG_BILL,
            tolerance=CLOSE,
        )


# ---- 找錯 ----------------------------------------

NOT_THIS = {
    "a": "沒有下限的話，變異數會縮到 0，不會變大",
    "b": "沒有標準化的欄，不管缺不缺都一樣；這裡只有缺的欄出錯",
    "d": "對欄取平均，每一欄都受影響；這裡沒有缺失的欄都正常",
}


def loss_of(mean, v, log_var):
    return -float(np.sum(rows_of(v, mean, log_var))) / len(v)


def slopes_of(mean, v, log_var):
    """損失對 mean 的斜率，一格一格。"""

    def slope(value, middle, one):
        return 0.0 if math.isnan(value) else (float(middle) - float(value)) / math.exp(float(one)) / len(v)

    return np.array([[*map(slope, *row, log_var)] for row in zip(v, mean, strict=True)])


def slope_with(fill=False, rows=True, sign=1.0, weight=lambda s: np.exp(-s)):
    def run(v, mean, log_var):
        seen = ~np.isnan(v)
        gap = mean - np.nan_to_num(v)
        gradient = sign * (gap if fill else np.where(seen, gap, 0)) * weight(log_var)
        return None, gradient / (len(v) if rows else 1)

    return run


WRONG_MENDING = {
    "你傳回的還是壞的損失": lambda v, m, s: (
        0.5 * np.mean(np.sum(np.log(2 * np.pi) + s + (np.nan_to_num(v) - m) ** 2 * np.exp(-s), axis=1)),
        None,
    ),
    "缺失的格子還在付 log s² 與常數": lambda v, m, s: (-np.mean(density(mask=False)(v, m, s)), None),
    "除以了看得到的格數；要除以 N": lambda v, m, s: (
        -np.sum(density()(v, m, s)) / np.sum(~np.isnan(v)),
        None,
    ),
    "正負號反了：損失是負的對數密度": lambda v, m, s: (np.mean(density()(v, m, s)), None),
    "缺失的格子還有梯度；那裡要是 0": slope_with(fill=True),
    "梯度的正負號反了": slope_with(sign=-1.0),
    "梯度沒有除以 N": slope_with(rows=False),
    "梯度沒有除以 s²": slope_with(weight=lambda s: np.ones_like(s)),
}


@points(
    0.5,
    hint=(
        "沒有缺失的欄都正常：程式裡哪一行只改變有缺失的欄？",
        "前面的 normal_log_density 已經會跳過缺失的格子。",
        "梯度一格一格看：−log N 對 mean 微分是 (mean − v)/s²，缺失的格子呢？",
    ),
    chapter=CHAPTER,
)
def test_mend_column_loss(target, draw):
    """找錯：缺得越多，補得越小"""
    names = ("對的損失", "梯度")
    for rows, columns in ((4, 3), (3, 4), (6, 2)):
        v, mean, log_var = table(draw, rows, columns), draw.normal(rows, columns), draw.normal(columns)
        slopes = slopes_of(mean, v, log_var)
        differences = numerical_gradient(partial(loss_of, v=v, log_var=log_var), mean)
        if not DIFFERENCES.accepts(slopes, differences):
            raise AssertionError("對照自己就不對")
        function = named_cause(target.mend_column_loss, "c", NOT_THIS, names)
        far = log_var + 45 * (-1.0) ** np.arange(columns)
        for spread, only in ((log_var, None), (far, FAR)):
            parts = loss_of(mean, v, spread), slopes_of(mean, v, spread)
            inputs = {"v": v, "mean": mean, "log_var": spread}
            expected, wrong = dict(zip(names, parts, strict=True)), None if only else WRONG_MENDING
            check(function, inputs, expected, wrong=wrong, tolerance=CELLS, only=only)
