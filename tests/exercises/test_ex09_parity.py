"""ex09 的檢查。"""

import math
from decimal import Decimal, localcontext

import numpy as np

from vae_from_scratch.course.testing import EXACT, Tolerance, check, named_cause, points

CHAPTER = "第 9 章"

# ---- 梯度檢查 ----------------------------------------


def cubic(cubes, squares, mixed):
    """Σ a θ³ + Σ b θ² + c θ₀ θ末：三次多項式的中央差分，誤差恰好是 a h²，所以可以算到最後一位。"""

    def loss(theta):
        """三次多項式"""
        flat = np.asarray(theta).ravel()
        return float(np.sum(cubes.ravel() * flat**3 + squares.ravel() * flat**2) + mixed * flat[0] * flat[-1])

    return loss


def cross_terms(theta, mixed):
    found = np.zeros(theta.size)
    flat = theta.ravel()
    found[0] += mixed * flat[-1]
    found[-1] += mixed * flat[0]
    return found.reshape(theta.shape)


def moving(make):
    """逐格差分；``make(loss, theta, 那一格, h)`` 是那一格的斜率。只給診斷用。"""

    def run(loss, theta, step):
        found = np.zeros(theta.shape)
        for place in np.ndindex(*theta.shape):
            found[place] = make(loss, theta, place, step)
        return found

    return run


def at(theta, place, by):
    moved = theta.astype(float)
    moved[place] += by
    return moved


def all_at_once(loss, theta, step):
    return np.full(theta.shape, (loss(theta + step) - loss(theta - step)) / (2 * step))


def never_put_back(loss, theta, step):
    moved, found = theta.astype(float), np.zeros(theta.shape)
    for place in np.ndindex(*theta.shape):
        moved[place] += step
        up = loss(moved)
        moved[place] -= 2 * step
        found[place] = (up - loss(moved)) / (2 * step)
    return found


WRONG_SLOPE = {
    "這是往前的差分，只動了一邊；中央差分兩邊都動，誤差小得多": moving(
        lambda loss, theta, place, h: (loss(at(theta, place, h)) - loss(theta)) / h
    ),
    "這是往後的差分，只動了一邊": moving(
        lambda loss, theta, place, h: (loss(theta) - loss(at(theta, place, -h))) / h
    ),
    "除以了 h：兩邊相距 2h": moving(
        lambda loss, theta, place, h: (loss(at(theta, place, h)) - loss(at(theta, place, -h))) / h
    ),
    "忘了除以 2h": moving(
        lambda loss, theta, place, h: loss(at(theta, place, h)) - loss(at(theta, place, -h))
    ),
    "正負號反了：往前減往後": moving(
        lambda loss, theta, place, h: (loss(at(theta, place, -h)) - loss(at(theta, place, h))) / (2 * h)
    ),
    "所有的參數一起動了；一次只動一個": all_at_once,
    "動過的參數沒有放回原位，後面的斜率是別的點的": never_put_back,
}


@points(
    0.5,
    hint=(
        "先只看一個參數：把它往上、往下各推一點，其餘不動，損失各是多少？",
        "兩個損失相減，除以兩個點的距離。",
        "每換一個參數，都要從原來的 theta 重新出發。",
    ),
    chapter=CHAPTER,
)
def test_numerical_gradient(target, draw):
    """中央差分"""
    for shape in ((3,), (2, 3), (4, 1)):
        theta, step = draw.normal(*shape), draw.between(0.05, 0.2)
        cubes, squares, mixed = draw.normal(*shape), draw.normal(*shape), draw.normal()
        expected = 3 * cubes * theta**2 + cubes * step**2 + 2 * squares * theta + cross_terms(theta, mixed)
        inputs = {"loss": cubic(cubes, squares, mixed), "theta": theta, "step": step}
        check(target.numerical_gradient, inputs, expected, wrong=WRONG_SLOPE)


# ---- 相對差 ----------------------------------------

WRONG_GAP = {
    "分母用了 ours；基準是 theirs": lambda ours, theirs: np.max(np.abs(ours - theirs)) / np.max(np.abs(ours)),
    "逐格相除了：本來就接近 0 的格子，比值會大得嚇人": lambda ours, theirs: np.max(
        np.abs(ours - theirs) / np.abs(theirs)
    ),
    "差取了平均；要最大的": lambda ours, theirs: np.mean(np.abs(ours - theirs)) / np.max(np.abs(theirs)),
    "沒有取絕對值：負的差看不見": lambda ours, theirs: np.max(ours - theirs) / np.max(np.abs(theirs)),
    "分母沒有取絕對值：最大的可能是負的": lambda ours, theirs: np.max(np.abs(ours - theirs)) / np.max(theirs),
    "沒有除以 theirs 的大小": lambda ours, theirs: np.max(np.abs(ours - theirs)),
    "比的是長度（平方和開根號）；要的是最大的一格": lambda ours, theirs: (
        np.linalg.norm(ours - theirs) / np.linalg.norm(theirs)
    ),
}


@points(
    0.5,
    hint=(
        "分子與分母各是整塊裡的一個數，不是逐格的。",
        "負的差也是差；最大的 theirs 也可能是負的。",
        "theirs 全是 0 時不能除；那時候什麼情形算沒有差？",
    ),
    chapter=CHAPTER,
)
def test_relative_difference(target, draw):
    """相對差"""
    for shape in ((5,), (2, 3), (4, 2)):
        theirs, gaps = draw.normal(*shape), draw.normal(*shape, scale=0.1)
        theirs.flat[1], gaps.flat[2] = -5.0 - draw.between(0, 1), -0.9  # 最大的都是負的
        theirs.flat[0] = 0.05
        ours = theirs + gaps
        top = max(abs(float(a) - float(b)) for a, b in zip(ours.flat, theirs.flat, strict=True))
        expected = top / max(abs(float(value)) for value in theirs.flat)
        check(target.relative_difference, {"ours": ours, "theirs": theirs}, expected, wrong=WRONG_GAP)
        check(target.relative_difference, {"ours": -30 * theirs, "theirs": theirs}, 31.0, wrong=WRONG_GAP)
        check(target.relative_difference, {"ours": theirs, "theirs": theirs}, 0.0)
        zeros = np.zeros(shape)
        check(target.relative_difference, {"ours": zeros, "theirs": zeros}, 0.0)
        check(target.relative_difference, {"ours": ours, "theirs": zeros}, math.inf)


# ---- 兩種 ε ----------------------------------------


def exact_change(first, second, step, rate, epsilon, convention):
    """五十位的十進位算術。"""
    with localcontext() as context:
        context.prec = 50
        m, v, rate, epsilon = (Decimal(float(value)) for value in (first, second, rate, epsilon))
        left, right = 1 - Decimal("0.9") ** step, 1 - Decimal("0.999") ** step
        if convention == "paper":
            return float(rate * (m / left) / ((v / right).sqrt() + epsilon))
        return float(rate * right.sqrt() / left * m / (v.sqrt() + epsilon))


def changes(inside=None, left=True, right=True, swap=False):
    """錯的慣例；``inside`` 是「ε 在根號裡」。只給診斷用。"""

    def run(first, second, step, rate, epsilon, convention):
        m = first / (1 - 0.9**step) if left else first
        scale = 1 - 0.999**step if right else 1.0
        if inside:
            return rate * m / np.sqrt(second / scale + epsilon)
        paper = (convention == "paper") != swap
        return rate * m / (np.sqrt(second / scale) + (epsilon if paper else epsilon / np.sqrt(scale)))

    return run


WRONG_CHANGE = {
    "ε 加進根號裡面了；兩種慣例的 ε 都在根號外面": changes(inside=True),
    "這是另一種慣例的式子：論文的 ε 加在修正以後的根號之後，Keras 的加在修正以前": changes(swap=True),
    "convention 沒有用到：兩種慣例都照論文了": lambda *given: changes()(*given[:-1], "paper"),
    "convention 沒有用到：兩種慣例都照 Keras 了": lambda *given: changes()(*given[:-1], "keras"),
    "沒有修正 m（除以 1 − 0.9^t）": changes(left=False),
    "沒有修正 v（除以 1 − 0.999^t）": changes(right=False),
    "正負號反了；傳回的是要減掉的量，與 m 同號": lambda *given: -changes()(*given),
    "忘了乘學習率": lambda m, v, t, a, e, c: changes()(m, v, t, 1.0, e, c),
    "除以了 v，沒有開根號": lambda m, v, t, a, e, c: a * (m / (1 - 0.9**t)) / (v / (1 - 0.999**t) + e),
}


@points(
    0.5,
    hint=(
        "兩個式子先把 ε 拿掉，一樣嗎？",
        "論文的上下同乘 √(1 − 0.999^t)，會變成 Keras 的樣子，只有一個地方不同。",
        "先寫好一種，另一種只改 ε 的大小。",
    ),
    chapter=CHAPTER,
)
def test_adam_change(target, draw):
    """Adam 的兩種 ε"""
    tiny = np.array([3e-9, -2e-8, 5e-7, 0.4])
    problems = [
        (1, tiny),
        (draw.whole(2, 9), draw.normal(5, scale=1e-6, decimals=9)),
        (draw.whole(20, 400), draw.normal(3)),
    ]
    for step, gradients in problems:
        first = gradients * draw.between(0.5, 1.0, len(gradients))
        second = gradients**2 * draw.between(0.0005, 0.002, len(gradients), decimals=5)
        rate = draw.between(0.01, 0.5) * (100 if step == 1 else 1)
        epsilon = draw.pick((1e-7, 1e-8, 3e-6))
        for convention in ("paper", "keras"):
            inputs = {
                "first": first, "second": second, "step": step,
                "learning_rate": rate, "epsilon": epsilon, "convention": convention,
            }  # fmt: skip
            expected = [
                exact_change(m, v, step, rate, epsilon, convention)
                for m, v in zip(first, second, strict=True)
            ]
            check(target.adam_change, inputs, expected, wrong=WRONG_CHANGE, tolerance=EXACT_CHANGE)


EXACT_CHANGE = Tolerance(1e-11, 1e-18)  # 步長可能小到 1e-9；只看相對的誤差


# ---- 三個引擎 ----------------------------------------


def by_majority(values, tolerance):
    """照定義，一格一格問。"""
    for q in range(len(values[0])):
        near = {}
        for i in range(3):
            for j in range(i + 1, 3):
                a, b = float(values[i][q]), float(values[j][q])
                top = max(abs(a), abs(b))
                near[i, j] = top == 0 or abs(a - b) / top <= tolerance
        if all(near.values()):
            continue
        if sum(near.values()) == 1:
            (pair,) = (pair for pair, close in near.items() if close)
            return ({0, 1, 2} - set(pair)).pop(), q
        return -1, q
    return -1, -1


def last_quantity(values, tolerance):
    who, where = -1, -1
    for q in range(values.shape[1]):
        found = by_majority(values[:, q : q + 1], tolerance)
        who, where = (found[0], q) if found != (-1, -1) else (who, where)
    return who, where


def skip_unclear(values, tolerance):
    for q in range(values.shape[1]):
        found = by_majority(values[:, q : q + 1], tolerance)
        if found[0] >= 0:
            return found[0], q
    return -1, -1


WRONG_ODD = {
    "這是最後一個不同的數；越早的離錯的地方越近": last_quantity,
    "三個互不相同的那個數跳過去了；那裡就該停下來，說不出是誰": skip_unclear,
    "從 1 數起了；引擎與數都從 0 數起": lambda v, t: tuple(k + 1 for k in by_majority(v, t)),
    "次序反了：先是哪個引擎，再是第幾個數": lambda v, t: by_majority(v, t)[::-1],
    "一律怪最後一個引擎；要看另外兩個同不同意": lambda v, t: (
        (2, by_majority(v, t)[1]) if by_majority(v, t)[1] >= 0 else (-1, -1)
    ),
    "差沒有除以大小：很大的數，捨入的差也很大": lambda v, t: by_majority(
        np.where(np.isfinite(v), v, 0) / np.max(np.abs(v)) + 1.0, t
    ),
}


@points(
    0.5,
    hint=(
        "只看一個數：三個值兩兩相比，一共三對；幾對相同，各表示什麼？",
        "恰好一對相同時，不在那一對裡的就是不同的引擎。",
        "由前往後，遇到第一個不是三對都相同的就停。",
    ),
    chapter=CHAPTER,
)
def test_odd_one_out(target, draw):
    """三個引擎裡是誰錯了"""
    names = ("引擎", "第幾個數")
    for size, tolerance in ((4, 1e-9), (5, 0.01), (6, 1e-6)):
        clean = np.tile(draw.normal(size, scale=100), (3, 1))
        clean[1] *= 1 + 0.1 * tolerance  # 捨入的差，在容差以內
        engine, place = draw.whole(0, 2), draw.whole(0, size - 3)
        planted = clean.copy()
        planted[engine, place:] *= 1 + 5 * tolerance
        planted[(engine + 1) % 3, -1] *= 1 - 9 * tolerance
        unclear = clean.copy()
        unclear[0, place] *= 1 + 6 * tolerance
        unclear[2, place] *= 1 - 6 * tolerance
        unclear[engine, place + 1] *= 2
        unclear[(engine + 1) % 3, -1] *= 3
        zero = clean.copy()
        zero[:, 0] = 0.0
        negative = planted.copy()
        negative[engine, place] = -negative[(engine + 1) % 3, place]
        for values in (planted, unclear, zero, clean, negative):
            expected = dict(zip(names, by_majority(values, tolerance), strict=True))
            inputs = {"values": values, "tolerance": tolerance}
            check(target.odd_one_out, inputs, expected, wrong=WRONG_ODD, tolerance=EXACT)


# ---- 找錯 ----------------------------------------

NOT_THIS = {
    "a": "對欄加總是對的：平均會讓 KL 的權重變成 D 倍",
    "c": "程式裡有 np.mean，列已經平均了",
    "d": "換成 float64 還是停在 16.1；16.1 等於 −log 多少？",
}


def one_cell(x, a):
    """一格的損失與斜率，用不會溢位的 log1p；純量。"""
    wrong_way = a if x == 0 else -a  # 往錯的方向走了多遠
    loss = max(wrong_way, 0.0) + math.log1p(math.exp(-abs(a)))
    chance = 1 / (1 + math.exp(-wrong_way)) if wrong_way > -700 else 0.0
    return loss, chance if x == 0 else -chance


def clipped(limit):
    def run(x, logits):
        p = np.clip(1 / (1 + np.exp(-logits)), limit, 1 - limit)
        loss = -np.mean(np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=1))
        return loss, smooth(x, logits) / len(x)

    return run


def smooth(x, logits):
    return 0.5 + 0.5 * np.tanh(0.5 * logits) - x


WRONG_CROSS = {
    "你傳回的還是壞的損失": clipped(1e-7),
    "只把截斷放寬了；由 logit 直接算，就不必截斷": clipped(1e-15),
    "對欄取平均了；欄要加總": lambda x, a: (np.mean(np.logaddexp(0, a) - x * a), None),
    "對列加總了；要對列平均": lambda x, a: (np.sum(np.logaddexp(0, a) - x * a), None),
    "梯度沒有除以 N": lambda x, a: (None, smooth(x, a)),
    "梯度的正負號反了": lambda x, a: (None, -smooth(x, a) / len(x)),
    "梯度除以了全部的格數": lambda x, a: (None, smooth(x, a) / x.size),
}


@points(
    1,
    hint=(
        "16.1 是哪一個機率的 −log？程式裡哪一行造出了那個機率？",
        "化簡成 logit 的式子：log(1 + e^a) − x a。",
        "a 很大時 e^a 會溢位；np.logaddexp 與 np.tanh 不會。",
    ),
    chapter=CHAPTER,
)
def test_mend_cross_entropy(target, draw):
    """找錯：損失停在 16.1"""
    for rows, columns, scale in ((3, 4, 2.0), (4, 2, 20.0), (2, 5, 400.0)):
        x, logits = draw.bits(rows, columns), draw.normal(rows, columns, scale=scale)
        logits[0, 0], x[0, 0] = -2 * scale - 17, 1.0  # 錯得離譜的兩格
        logits[1, 1], x[1, 1] = 2 * scale + 19, 0.0
        cells = [
            [one_cell(b, float(a)) for b, a in zip(*pair, strict=True)]
            for pair in zip(x, logits, strict=True)
        ]
        expected = {
            "對的損失": math.fsum(cell[0] for row in cells for cell in row) / rows,
            "梯度": np.array([[cell[1] / rows for cell in row] for row in cells]),
        }
        function = named_cause(target.mend_cross_entropy, "b", NOT_THIS, tuple(expected))
        check(function, {"x": x, "logits": logits}, expected, wrong=WRONG_CROSS)
