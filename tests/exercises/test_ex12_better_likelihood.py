"""ex12 的檢查。"""

import math
from itertools import product

import numpy as np

from vae_from_scratch.course.testing import EXACT, Tolerance, WrongAnswer, check, named_cause, points

CHAPTER = "第 12 章"
CLOSE = Tolerance(1e-9, 1e-11)


def blocks(array, groups):
    """一個變數一塊。"""
    return np.split(array, np.cumsum(groups)[:-1], axis=1)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


# ---- 合法的機率 ----------------------------------------


def by_counting(logits, groups):
    """把每一種 0 與 1 的組合都列出來，合法的機率加起來。"""
    found = []
    for row in logits:
        total, start = 0.0, 0
        for size in groups:
            p = [1 / (1 + math.exp(-a)) for a in row[start : start + size]]
            ways = [bits for bits in product((0, 1), repeat=size) if sum(bits) == 1]
            chance = sum(
                math.prod(q if bit else 1 - q for q, bit in zip(p, bits, strict=True)) for bits in ways
            )
            total, start = total + math.log(chance), start + size
        found.append(total)
    return np.array(found)


def straight(logits, groups):
    p = sigmoid(logits)
    return sum(
        np.log(np.sum(part / (1 - part), axis=1)) + np.log(1 - part).sum(axis=1) for part in blocks(p, groups)
    )


WRONG_VALID = {
    "這是浪費的 nats；要的是機率的對數，是負的": lambda a, g: -straight(a, g),
    "各變數的機率相加了；獨立的要相乘（對數相加）": lambda a, g: np.log(
        sum(np.sum(part / (1 - part), axis=1) * np.prod(1 - part, axis=1) for part in blocks(sigmoid(a), g))
    ),
    "還沒有取對數": lambda a, g: np.exp(straight(a, g)),
    "少了 Π(1 − p) 那一段：這只是 log Σ e^a": lambda a, g: sum(
        np.log(np.exp(part).sum(axis=1)) for part in blocks(a, g)
    ),
    "少了 Σ e^a 那一段：這是全部是 0 的機率": lambda a, g: -np.logaddexp(0, a).sum(axis=1),
    "整列當成一個變數了；要照 groups 分開": lambda a, g: (
        np.log(np.exp(a).sum(axis=1)) - np.logaddexp(0, a).sum(axis=1)
    ),
    "各變數取了平均；要相加": lambda a, g: straight(a, g) / len(g),
}


def far_row(row, groups):
    """很大的 logit，一格一格：先提出最大的一個。"""
    total, start = 0.0, 0
    for size in groups:
        part = row[start : start + size]
        total += max(part) + math.log(math.fsum(math.exp(a - max(part)) for a in part))
        total, start = (
            total - math.fsum(max(a, 0) + math.log1p(math.exp(-abs(a))) for a in part),
            start + size,
        )
    return total


@points(
    0.5,
    hint=(
        "先只看一個變數：取對數以後，乘積變成兩段相加。",
        "log(1 − p) = −log(1 + e^a)；另一段是 log Σ e^a，只在同一組裡加。",
        "a 到 1000 時 e^a 會溢位：先提出最大的一個。",
    ),
    chapter=CHAPTER,
)
def test_log_valid_probability(target, draw):
    """合法的機率"""
    for groups in ((3,), (2, 4), (1, 3, 2)):
        logits = draw.normal(4, sum(groups), scale=1.5)
        inputs = {"logits": logits, "groups": groups}
        check(
            target.log_valid_probability,
            inputs,
            by_counting(logits, groups),
            wrong=WRONG_VALID,
            tolerance=CLOSE,
        )
    groups, gap = (2, 3), draw.normal(3, 5)
    gap[:, [1, 4]] -= 30  # 一組裡只有一個不小：log(1 + e⁻³⁰) 也要準
    expected = [far_row(list(map(float, row)), groups) for row in gap]
    check(target.log_valid_probability, {"logits": gap, "groups": groups}, expected, tolerance=CLOSE)
    groups, far = (3, 2), draw.between(700, 990, 2, 5)
    far *= np.where(draw.uniform(2, 5) < 0.5, -1, 1)
    far[0, 0], far[1, 4] = 999.0, -998.0
    expected = [far_row(list(map(float, row)), groups) for row in far]
    check(target.log_valid_probability, {"logits": far, "groups": groups}, expected, tolerance=CLOSE)


# ---- 拆開平均的 KL ----------------------------------------


def plogp(weights, ratios):
    return math.fsum(float(w) * math.log(float(r)) for w, r in zip(weights, ratios, strict=True) if w > 0)


def parts_of_kl(q, prior):
    average = [math.fsum(column) / len(q) for column in q.T]
    information = math.fsum(
        plogp(row, [value / (a or 1) for value, a in zip(row, average, strict=True)]) for row in q
    ) / len(q)
    return information, plogp(average, [a / p for a, p in zip(average, prior, strict=True)])


def mean_kl(q, prior):
    return math.fsum(plogp(row, [value / p for value, p in zip(row, prior, strict=True)]) for row in q) / len(
        q
    )


WRONG_SPLIT = {
    "兩份對調了：先是互資訊，再是聚合後驗的 KL": lambda q, p: parts_of_kl(q, p)[::-1],
    "互資訊的分母用了先驗；要用各列的平均 q̄": lambda q, p: (mean_kl(q, p), parts_of_kl(q, p)[1]),
    "第二份是平均的 KL，不是平均的分布的 KL": lambda q, p: (parts_of_kl(q, p)[0], mean_kl(q, p)),
    "互資訊對列加總了；要對列平均": lambda q, p: (len(q) * parts_of_kl(q, p)[0], parts_of_kl(q, p)[1]),
    "聚合後驗的 KL 方向反了：照 q̄ 平均，不是照先驗": lambda q, p: (
        parts_of_kl(q, p)[0],
        np.sum(p * np.log(p / q.mean(axis=0))),
    ),
    "0 log 0 變成 nan：權重是 0 的那一項不要算": lambda q, p: (
        np.sum(q * np.log(q / q.mean(axis=0))) / len(q),
        np.sum(q.mean(axis=0) * np.log(q.mean(axis=0) / p)),
    ),
    "加了小常數避開 log 0；有效位數也跟著少了": lambda q, p: (
        np.sum(q * np.log((q + 1e-8) / (q.mean(axis=0) + 1e-8))) / len(q),
        np.sum(q.mean(axis=0) * np.log((q.mean(axis=0) + 1e-8) / p)),
    ),
}


def chances(draw, rows, size, zeros):
    """每一列的和是 1；有的是 0。"""
    raw = draw.between(0.05, 1, rows, size)
    if zeros:
        raw[np.arange(rows), draw.order(rows) % (size - 1)] = 0.0
        raw[:, -1] = 0.0 if zeros == "column" else raw[:, -1]
    return raw / raw.sum(axis=1, keepdims=True)


@points(
    0.5,
    hint=(
        "先算各列的平均 q̄；兩份各拿誰和誰相比？",
        "權重是 0 的項，不管比值是多少都是 0。",
        "兩份加起來，應該等於每一列對先驗的 KL 的平均：自己先核對一次。",
    ),
    chapter=CHAPTER,
)
def test_split_kl(target, draw):
    """拆開平均的 KL"""
    for rows, size, zeros in ((3, 4, ""), (5, 3, "cells"), (4, 5, "column")):
        q, prior = chances(draw, rows, size, zeros), chances(draw, 1, size, "")[0]
        information, aggregate = parts_of_kl(q, prior)
        if abs(information + aggregate - mean_kl(q, prior)) > 1e-12:
            raise AssertionError("對照自己就不相等")
        expected = {"互資訊": information, "聚合後驗的 KL": aggregate}
        check(target.split_kl, {"q": q, "prior": prior}, expected, wrong=WRONG_SPLIT, tolerance=EXACT)
    q, prior = chances(draw, 200, 200, ""), np.full(200, 1 / 200)
    q = 1e-9 * q + (1 - 1e-9) * np.eye(200)  # 一列一種編碼，互資訊接近 log 200；其餘的機率很小，不是 0
    expected = dict(zip(("互資訊", "聚合後驗的 KL"), parts_of_kl(q, prior), strict=True))
    check(target.split_kl, {"q": q, "prior": prior}, expected, wrong=WRONG_SPLIT, tolerance=EXACT)


# ---- 重要性權重 ----------------------------------------


def weighing(log_weight):
    """一列一列，用 math.fsum。"""
    normalized, bound, effective = np.empty(log_weight.shape), [], []
    for n, column in enumerate(log_weight.T):
        top = max(column)
        total = math.fsum(math.exp(value - top) for value in column)
        normalized[:, n] = [math.exp(value - top) / total for value in column]
        bound.append(top + math.log(total / len(column)))
        effective.append(1 / math.fsum(value**2 for value in normalized[:, n]))
    return normalized, np.array(bound), np.array(effective)


WRONG_WEIGHTS = {
    "exp 先變成 0 或無限大了：每一列先減去自己最大的一個": lambda a: (
        np.exp(a) / np.exp(a).sum(axis=0), np.log(np.exp(a).mean(axis=0)), weighing(a)[2]
    ),
    "沿錯軸正規化了：每一列的 K 個權重加起來是 1": lambda a: (
        np.exp(a) / np.exp(a).sum(axis=1, keepdims=True), None, None
    ),
    "權重還沒有除以總和": lambda a: (np.exp(a), None, None),
    "權重是 log 的；要的是正規化以後的機率": lambda a: (np.log(weighing(a)[0]), None, None),
    "下界先取了對數再平均：那是 K 個 ELBO 的平均，不會變緊": lambda a: (None, a.mean(axis=0), None),
    "下界忘了除以 K": lambda a: (None, weighing(a)[1] + np.log(len(a)), None),
    "下界取了最大的一個": lambda a: (None, a.max(axis=0), None),
    "有效的個數是 Σ w̃²；要取倒數": lambda a: (None, None, 1 / weighing(a)[2]),
    "有效的個數用了沒有正規化的權重": lambda a: (None, None, 1 / np.sum(np.exp(a) ** 2, axis=0)),
}  # fmt: skip


@points(
    0.5,
    hint=(
        "K 個 z 是哪一軸？三個答案都沿那一軸算。",
        "每一列先減去自己最大的 log w：比例不變，最大的變成 1。",
        "減掉的那個，下界要加回來；正規化的權重不必。",
    ),
    chapter=CHAPTER,
)
def test_importance_weights(target, draw):
    """重要性權重"""
    for shape, shift in (((4, 2), 0.0), ((5, 2), -1000.0), ((3, 4), 0.0), ((2, 3), 800.0), ((1, 3), -3.0)):
        log_weight = draw.normal(*shape, scale=2) + shift
        if shape[0] == 3:  # 各列差很遠，同一列裡也差很遠
            log_weight = np.vstack([log_weight, log_weight - 900]) + np.array([-1500, 0, 700, 3])
        expected = dict(zip(("權重", "下界", "有效的個數"), weighing(log_weight), strict=True))
        wrong = WRONG_WEIGHTS if shape[0] > 1 else {}
        check(target.importance_weights, {"log_weight": log_weight}, expected, wrong=wrong, tolerance=CLOSE)


# ---- 補缺失 ----------------------------------------


def mixed(log_weight, probabilities):
    weights = weighing(log_weight)[0]
    return np.array([
        [math.fsum(weights[:, n] * probabilities[:, n, level]) for level in range(probabilities.shape[2])]
        for n in range(probabilities.shape[1])
    ])  # fmt: skip


def observed_sum(cells, hidden):
    return np.delete(cells, hidden, axis=2).sum(axis=2)


WRONG_FILL = {
    "蓋住的那一格也算進權重了：那是偷看答案": lambda r, c, h, p: mixed(r + c.sum(axis=2), p),
    "只用了蓋住的那一格；要用的是看得到的": lambda r, c, h, p: mixed(r + c[:, :, h], p),
    "log p(z) − log q(z) 沒有加": lambda r, c, h, p: mixed(observed_sum(c, h), p),
    "log p(z) − log q(z) 的正負號反了": lambda r, c, h, p: mixed(observed_sum(c, h) - r, p),
    "K 個 z 直接平均了，沒有加權": lambda r, c, h, p: p.mean(axis=0),
    "只用了權重最大的那個 z": lambda r, c, h, p: np.take_along_axis(
        p, (r + observed_sum(c, h)).argmax(axis=0)[None, :, None], axis=0
    )[0],
    "平均的是對數機率；要平均機率": lambda r, c, h, p: np.exp(
        np.sum(weighing(r + observed_sum(c, h))[0][:, :, None] * np.log(p), axis=0)
    ),
}


@points(
    0.5,
    hint=(
        "權重由看得到的變數決定；蓋住的那個變數在哪一軸、第幾個？",
        "log w 一個 z 一個、一列一個：形狀 (K, N)。",
        "每個 z 的機率乘上自己的權重，再把 K 個加起來。",
    ),
    chapter=CHAPTER,
)
def test_impute(target, earlier, draw):
    """補一格"""
    for samples, rows, variables, levels, shift in ((3, 4, 2, 3, 0), (4, 2, 5, 2, -400), (2, 3, 3, 4, -30)):
        cells = -draw.between(0.1, 3, samples, rows, variables) + shift
        hidden = draw.whole(0, variables - 1)
        inputs = {
            "log_ratio": draw.normal(samples, rows),
            "cell_log_likelihood": cells,
            "hidden": hidden,
            "probabilities": chances(draw, samples * rows, levels, "").reshape(samples, rows, levels),
        }
        expected = mixed(inputs["log_ratio"] + observed_sum(cells, hidden), inputs["probabilities"])
        check(target.impute, inputs, expected, wrong=WRONG_FILL, tolerance=CLOSE)


# ---- 找錯 ----------------------------------------

NOT_THIS = {
    "a": "說明裡說訓練多久都一樣；就算機率完全正確，硬幣照樣可能兩枚都是正面",
    "b": "取最大的話，每個變數恰好一個水準，不會有兩種地基",
    "d": "不管 z 在哪裡，一欄一枚硬幣都可能擲出兩個正面",
}


def walk_down(logits, uniform, groups):
    """照定義：一列一列、一個變數一個變數往下走。"""
    made = np.zeros(logits.shape)
    for n, row in enumerate(logits):
        start = 0
        for size in groups:
            scores = [float(a) for a in row[start : start + size]]
            chance = [math.exp(a - max(scores)) for a in scores]
            left = float(uniform[n, start]) * math.fsum(chance)
            level = 0
            while left >= chance[level]:
                left, level = left - chance[level], level + 1
            made[n, start + level] = 1
            start += size
    return made


def one_hot_of(pick):
    def run(logits, uniform, groups):
        parts = [
            np.eye(part.shape[1])[pick(part, u)]
            for part, u in zip(blocks(logits, groups), blocks(uniform, groups), strict=True)
        ]
        return np.hstack(parts)

    return run


WRONG_SAMPLE = {
    "還是一欄一枚硬幣": lambda a, u, g: (u < sigmoid(a)) * 1.0,
    "取了機率最大的水準；要照機率抽，少見的才出得來": one_hot_of(lambda part, u: part.argmax(axis=1)),
    "水準由後往前排了；依欄的順序": lambda a, u, g: np.hstack([
        walk_down(part[:, ::-1], chance, (part.shape[1],))[:, ::-1]
        for part, chance in zip(blocks(a, g), blocks(u, g), strict=True)
    ]),
    "整列當成一個變數了：每個變數都要有一個水準": lambda a, u, g: walk_down(a, u, (a.shape[1],)),
    "各組都用了第一欄的 uniform；每一組用自己的第一欄": lambda a, u, g: walk_down(
        a, np.repeat(u[:, :1], a.shape[1], axis=1), g
    ),
    "機率沒有過 softmax：sigmoid 的總和不是 1": lambda a, u, g: walk_down(np.log(sigmoid(a)), u, g),
}  # fmt: skip


@points(
    1,
    hint=(
        "兩枚硬幣知道彼此擲出什麼嗎？",
        "一個變數的機率加起來是 1，就能把 0 到 1 切成幾段；u 落在哪一段？",
        "累積機率小於或等於 u 的水準有幾個，答案就是第幾個（從 0 數起）。",
    ),
    chapter=CHAPTER,
)
def test_mend_sample(target, draw):
    """找錯：兩種地基"""
    for rows, groups in ((6, (3, 2)), (5, (4,)), (4, (1, 5, 2))):
        inputs = {
            "logits": draw.normal(rows, sum(groups), scale=1.2),
            "uniform": draw.uniform(rows, sum(groups)),
            "groups": groups,
        }
        if rows == 4:  # 差很遠的 logit，各列的大小也不同；u = 0 時，機率是 0 的水準不可以選
            inputs["logits"] = inputs["logits"] * 300 + np.array([[0.0], [900.0], [-900.0], [0.0]])
            inputs["logits"][0, 1], inputs["uniform"][0, 1] = -3000.0, 0.0
        expected = walk_down(*inputs.values())
        function = named_cause(target.mend_sample, "c", NOT_THIS, ("生成的",))
        check(function, inputs, expected, wrong=WRONG_SAMPLE)
    many, logits = 4000, np.log([[0.2, 0.5, 0.3]])
    uniform = np.tile((np.arange(many)[:, None] + 0.5) / many, (1, 3))
    made = named_cause(target.mend_sample, "c", NOT_THIS, ("生成的",))(
        np.repeat(logits, many, axis=0), uniform, (3,)
    )
    share = np.asarray(made, float).reshape(many, -1).mean(axis=0)
    if share.shape != (3,) or np.abs(share - [0.2, 0.5, 0.3]).max() > 1e-3:
        raise WrongAnswer(f"機率 0.2、0.5、0.3 的三個水準，生成出來的比例是 {np.round(share, 3)}")
