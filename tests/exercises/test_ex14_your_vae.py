"""ex14 的檢查。"""

import math
from functools import partial
from itertools import pairwise

import numpy as np

from vae_from_scratch.course.testing import (
    QUADRATURE,
    Tolerance,
    WrongAnswer,
    check,
    expectation,
    named_cause,
    points,
)

CHAPTER = "第 14 章"
CLOSE = Tolerance(1e-9, 1e-11)  # 正解的梯度由複數差分得到，準到最後幾位
PARTS = {
    "reparameterize": "ex02",
    "gradient_wrt_mean_and_log_var": "ex02",
    "kl_to_standard_normal": "ex03",
    "kl_gradient": "ex03",
    "bernoulli_log_likelihood": "ex05",
    "warmup_weight": "ex07",
    "vae_gradient": "ex08",
    "adam_step": "ex08",
    "train_epoch": "ex11",
}


class Mine(dict):
    """引數 ``mine``；失敗訊息裡不必把九個函式印出來。"""

    def __repr__(self):
        return "以前各組的函式（檢查用課程的版本，錯在前幾組的不會帶過來）"


def mine_of(earlier, *names):
    """檢查的是組裝，所以一律給課程的版本；``exercises capstone`` 才用讀者自己的。"""
    return Mine({name: earlier.course(PARTS[name], name) for name in names or PARTS})


# ---- 對照：照定義寫，梯度用複數差分 ----------------------------------------


def run_network(layers, a):
    """網路的輸出，權重與偏置分開寫；複數也行。"""
    for number, layer in enumerate(layers):
        a = sum(a[:, i : i + 1] * layer[i] for i in range(len(layer) - 1)) + layer[-1]
        if number < len(layers) - 1:
            a = np.where(a.real > 0, a, 0 * a)
    return a


def both_parts(encoder, decoder, x, noise):
    """（每一列的重建誤差 (N,)，每一列每個單元的 KL (N, d)）。"""
    code = run_network(encoder, x)
    size = noise.shape[1]
    mean, log_var = code[:, :size], code[:, size:]
    logits = run_network(decoder, mean + np.exp(log_var / 2) * noise)
    cost = np.sum(np.log(1 + np.exp(logits)) - x * logits, axis=1)
    return cost, (mean**2 + np.exp(log_var) - 1 - log_var) / 2


def whole_loss(encoder, decoder, x, noise, beta):
    cost, kl = both_parts(encoder, decoder, x, noise)
    return np.mean(cost + beta * kl.sum(axis=1))


def slopes(encoder, decoder, x, noise, beta):
    """每一層的梯度：把一格加上 i·10⁻³⁰，看損失的虛部。"""
    layers, found = [*encoder, *decoder], []
    for k, layer in enumerate(layers):
        slope = np.empty_like(layer)
        for place in np.ndindex(layer.shape):
            moved = layer.astype(complex)
            moved[place] += 1e-30j
            changed = [*layers[:k], moved, *layers[k + 1 :]]
            two = changed[: len(encoder)], changed[len(encoder) :]
            slope[place] = whole_loss(*two, x, noise, beta).imag / 1e-30
        found.append(slope)
    return found


def adam(theta, g, m, v, t, rate):
    m, v = m + 0.1 * (g - m), v + 0.001 * (g * g - v)
    left, scale = 1 - np.float64(0.9) ** t, np.sqrt(1 - np.float64(0.999) ** t)
    return theta - rate * scale / left * m / (np.sqrt(v) + 1e-7 * scale), m, v


def one_step(state, x, noise, beta, rate, gradient=slopes):
    encoder, decoder, first, second, step = state
    found = gradient(encoder, decoder, x, noise, beta)
    new = [
        adam(*each, step + 1, rate) for each in zip([*encoder, *decoder], found, first, second, strict=True)
    ]
    layers, first, second = (list(column) for column in zip(*new, strict=True))
    return layers[: len(encoder)], layers[len(encoder) :], first, second, step + 1


# ---- 抽題目 ----------------------------------------


def layers_of(draw, *sizes):
    return [draw.normal(n_in + 1, n_out, scale=0.7) for n_in, n_out in pairwise(sizes)]


def at_rest(encoder, decoder):
    """還沒有走過的狀態。"""
    zeros = [np.zeros_like(layer) for layer in [*encoder, *decoder]]
    return encoder, decoder, zeros, [np.zeros_like(layer) for layer in zeros], 0


def moving(draw, encoder, decoder):
    """走到一半的狀態：m 與 v 都不是 0，看得出有沒有接著用。"""
    layers = [*encoder, *decoder]
    first = [draw.normal(*layer.shape, scale=0.3) for layer in layers]
    second = [draw.between(0.05, 0.9, *layer.shape) for layer in layers]
    return encoder, decoder, first, second, draw.whole(2, 9)


# ---- 初始值 ----------------------------------------

WRONG_START = {
    "偏置也用了亂數，或少了偏置那一列；最後一列是 0": lambda uniform: [
        np.sqrt(6 / sum(u.shape)) * (2 * np.vstack([u, u[:1]]) - 1) for u in uniform
    ],
    "權重全是正的：u 在 0 與 1 之間，要先換成 −1 與 1 之間": lambda uniform: [
        with_bias(np.sqrt(6 / sum(u.shape)) * u) for u in uniform
    ],
    "只除以了 n_in；Glorot 的 r 是 √(6/(n_in + n_out))": lambda uniform: [
        with_bias(np.sqrt(6 / len(u)) * (2 * u - 1)) for u in uniform
    ],
    "r 忘了開根號": lambda uniform: [with_bias(6 / sum(u.shape) * (2 * u - 1)) for u in uniform],
    "沒有縮放：權重還在 −1 與 1 之間": lambda uniform: [with_bias(2 * u - 1) for u in uniform],
    "偏置放在第一列了；最後一列才是偏置": lambda uniform: [
        with_bias(np.sqrt(6 / sum(u.shape)) * (2 * u - 1))[::-1][
            [0, *range(len(u), 0, -1)]
        ] for u in uniform
    ],
    "偏置是 1；一開始應該是 0": lambda uniform: [
        with_bias(np.sqrt(6 / sum(u.shape)) * (2 * u - 1), 1.0) for u in uniform
    ],
    "全部是 0：每個隱藏單元都一樣，學不會不同的事": lambda uniform: [with_bias(0 * u) for u in uniform],
}  # fmt: skip


def with_bias(weight, bias=0.0):
    return np.vstack([weight, np.full((1, weight.shape[1]), bias)])


def as_tuple(function, what):
    """傳回 list 的函式：一層一層比，少一層也說得出來。"""

    def call(*given):
        answer = function(*given)
        if answer is not None and not isinstance(answer, list | tuple):
            raise WrongAnswer(f"{what}要是一個 list，一層一個陣列；你的是 {type(answer).__name__}")
        return None if answer is None else tuple(answer)

    return call


@points(
    0.5,
    hint=(
        "u 從 0 到 1；要的是從 −r 到 r。兩端各對到哪裡？",
        "每一層的 r 不同：看那一層的 n_in 與 n_out，也就是 u 的形狀。",
        "權重算好以後，下面還要接一列偏置。",
    ),
    chapter="第 8 章",
)
def test_initial_layers(target, draw):
    """初始參數"""
    for sizes in ((3, 5, 2), (draw.whole(4, 6), 2, 3, 7)):
        pairs = list(pairwise(sizes))
        uniform = [draw.uniform(*pair) for pair in pairs]
        expected = {}
        for number, u in enumerate(uniform):
            r = math.sqrt(6.0 / (len(u) + len(u[0])))
            rows = [[(value - 0.5) * 2 * r for value in row] for row in u]
            expected[f"第 {number} 層"] = np.array([*rows, [0.0] * len(u[0])])
        check(
            as_tuple(target.initial_layers, "傳回值"),
            {"uniform": uniform},
            expected,
            wrong={name: lambda u, f=f: tuple(f(u)) for name, f in WRONG_START.items()},
        )


# ---- 網路 ----------------------------------------


def forward(layers, a, hidden=lambda y: np.maximum(y, 0), last=lambda y: y, bias=1.0):
    for number, layer in enumerate(layers):
        y = a @ layer[:-1] + bias * layer[-1]
        a = hidden(y) if number < len(layers) - 1 else last(y)
    return a


WRONG_NETWORK = {
    "最後一層也套了 ReLU；μ、log σ² 與 logit 都可以是負的": lambda layers, a: forward(
        layers, a, last=lambda y: np.maximum(y, 0)
    ),
    "隱藏層沒有套 ReLU：好幾層線性疊起來，還是一層": lambda layers, a: forward(layers, a, hidden=lambda y: y),
    "偏置沒有加": lambda layers, a: forward(layers, a, bias=0.0),
    "隱藏層套的是 tanh；這裡用 ReLU": lambda layers, a: forward(layers, a, hidden=np.tanh),
    "最後套了 sigmoid；要傳回 logit，不是機率": lambda layers, a: forward(
        layers, a, last=lambda y: 1 / (1 + np.exp(-y))
    ),
    "少了最後一層": lambda layers, a: np.maximum(forward(layers[:-1], a), 0),
    "層的次序反了，或只走了第一層": lambda layers, a: forward(layers[:1], a),
    "ReLU 套在這一層的輸入上了：網路的輸入可以是負的": lambda layers, a: forward(layers, np.maximum(a, 0)),
}


@points(
    0.5,
    hint=(
        "先想一層：權重是去掉最後一列的部分，偏置是最後一列。",
        "兩層之間才有 ReLU；三層的網路要套幾次？",
        "最後一層分開寫，或記住現在是不是最後一層。",
    ),
    chapter="第 8 章",
)
def test_network(target, draw):
    """網路的輸出"""
    for sizes, rows in (((3, 4, 2), 5), ((2, 3, 5, 1), 4), ((4, 3), 2)):
        layers, a = layers_of(draw, *sizes), draw.normal(rows, sizes[0])
        inputs = {"layers": layers, "a": a}
        check(target.network, inputs, run_network(layers, a), wrong=WRONG_NETWORK)


# ---- 編碼 ----------------------------------------


def halves(code, order=(0, 1), step=None):
    size = code.shape[1] // 2
    parts = (code[:, ::2], code[:, 1::2]) if step else (code[:, :size], code[:, size:])
    return parts[order[0]], parts[order[1]]


WRONG_CODE = {
    "μ 與 log σ² 的次序反了：前 d 欄是 μ": lambda encoder, x: halves(forward(encoder, x), (1, 0)),
    "一欄隔一欄地分了；前 d 欄是 μ，後 d 欄是 log σ²": lambda encoder, x: halves(forward(encoder, x), step=2),
    "log σ² 取了 exp：傳回的應該是 log σ²，不是 σ²": lambda encoder, x: (
        halves(forward(encoder, x))[0],
        np.exp(halves(forward(encoder, x))[1]),
    ),
    "傳回了 σ；要的是 log σ²": lambda encoder, x: (
        halves(forward(encoder, x))[0],
        np.exp(halves(forward(encoder, x))[1] / 2),
    ),
    "編碼器的最後一層套了 ReLU；μ 與 log σ² 可以是負的": lambda encoder, x: halves(
        np.maximum(forward(encoder, x), 0)
    ),
}


@points(
    0.5,
    hint=(
        "編碼器是一個網路，你剛剛寫了怎麼走。",
        "它的輸出有 2d 欄；d 是多少，看輸出的形狀。",
        "從中間切開，左邊與右邊各是什麼？",
    ),
    chapter="第 8 章",
)
def test_encode(target, draw):
    """編碼：μ 與 log σ²"""
    for size, hidden in ((2, (3,)), (3, (4, 2)), (1, ())):
        encoder = layers_of(draw, 4, *hidden, 2 * size)
        x = draw.bits(5, 4)
        code = run_network(encoder, x)
        expected = {"mean": code[:, :size], "log_var": code[:, size:]}
        wrong = {} if size == 1 else WRONG_CODE
        check(target.encode, {"encoder": encoder, "x": x}, expected, wrong=wrong)


# ---- 量 ----------------------------------------


def measuring_problems(draw, earlier):
    mine = mine_of(earlier, "reparameterize", "bernoulli_log_likelihood", "kl_to_standard_normal")
    for rows, columns, size, hidden in ((4, 3, 2, (3,)), (5, 6, 3, (4, 2)), (3, 2, 1, ())):
        yield {
            "encoder": layers_of(draw, columns, *hidden, 2 * size),
            "decoder": layers_of(draw, size, *hidden[::-1], columns),
            "x": draw.bits(rows, columns),
            "noise": draw.normal(rows, size),
            "mine": mine,
        }


def one_of(function, index):
    """只看第 ``index`` 個傳回值；另一個寫錯，不影響這一項的分數。"""

    def call(*given):
        answer = function(*given)
        if answer is None:
            return None
        if not isinstance(answer, tuple | list) or len(answer) != 2:
            raise WrongAnswer("這個函式要傳回 2 個值 (重建誤差、每個單元的 KL)；寫成 return a, b")
        return answer[index]

    return call


def costs(make=lambda mean, log_var, noise: mean + np.exp(log_var / 2) * noise, average=np.mean, p=None):
    """只給診斷用：換一種抽樣、加總或概似的重建誤差。"""

    def cost(encoder, decoder, x, noise, mine):
        mean, log_var = halves(forward(encoder, x))
        logits = forward(decoder, make(mean, log_var, noise))
        cells = np.logaddexp(0, logits) - x * logits
        return average(cells.sum(axis=1)) if p is None else p(cells, logits, x)

    return cost


WRONG_COST = {
    "正負號反了：重建誤差是 −log p(x|z)": lambda *given: -costs()(*given),
    "對列加總了；要對列取平均": costs(average=np.sum),
    "對欄也取平均了；欄要加總，只有列取平均": costs(p=lambda cells, logits, x: np.mean(cells)),
    "沒有用雜訊：解碼的是 μ，不是抽出來的 z": costs(make=lambda mean, log_var, noise: mean),
    "乘的是變異數 σ²；用 reparameterize，它知道要乘 σ": costs(
        make=lambda mean, log_var, noise: mean + np.exp(log_var) * noise
    ),
    "log σ² 直接乘上雜訊了；用 reparameterize": costs(
        make=lambda mean, log_var, noise: mean + log_var * noise
    ),
    "解碼器的輸出沒有經過概似：那是平方誤差": costs(
        p=lambda cells, logits, x: np.mean(np.sum((x - logits) ** 2, axis=1))
    ),
    "機率被當成 logit 了：解碼器的輸出直接交給概似": costs(
        p=lambda cells, logits, x: np.mean(
            np.sum(np.logaddexp(0, sigmoid(logits)) - x * sigmoid(logits), axis=1)
        )
    ),
    "把 KL 也加進去了；這裡重建與 KL 要分開": lambda encoder, decoder, x, noise, mine: (
        costs()(encoder, decoder, x, noise, mine) + np.mean(unit_kl(encoder, x).sum(axis=1))
    ),
}


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def unit_kl(encoder, x):
    mean, log_var = halves(forward(encoder, x))
    return 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)


@points(
    0.5,
    hint=(
        "由 x 走到 logit，一共三段：編碼、抽樣、解碼；各是哪一個函式？",
        "mine 裡的概似傳回每一列的 log p(x|z)，形狀 (N,)。",
        "誤差是它的負值；各列再怎麼合成一個數？",
    ),
    chapter=CHAPTER,
)
def test_measure__reconstruction(target, earlier, draw):
    """重建誤差"""
    for inputs in measuring_problems(draw, earlier):
        encoder, decoder, x, noise, _ = inputs.values()
        expected = np.mean(both_parts(encoder, decoder, x, noise)[0])
        check(one_of(target.measure, 0), inputs, expected, wrong=WRONG_COST, tolerance=CLOSE)


WRONG_KL = {
    "各單元加起來了；要一個單元一個": lambda e, d, x, n, m: np.mean(unit_kl(e, x).sum(axis=1)),
    "各單元又取了平均；要一個單元一個": lambda e, d, x, n, m: np.mean(unit_kl(e, x)),
    "對單元加總了、沒有對列平均：你給的是一列一個": lambda e, d, x, n, m: unit_kl(e, x).sum(axis=1),
    "對列加總了；每個單元的 KL 要對列平均": lambda e, d, x, n, m: unit_kl(e, x).sum(axis=0),
    "還沒有對列平均": lambda e, d, x, n, m: unit_kl(e, x),
    "每個單元都給了全部單元的和": lambda e, d, x, n, m: np.full(
        n.shape[1], np.mean(unit_kl(e, x).sum(axis=1))
    ),
    "先把編碼平均才算 KL；要先算每一列的 KL 再平均": lambda e, d, x, n, m: mean_first(e, x),
    "你的 KL 是正解的兩倍": lambda e, d, x, n, m: 2 * unit_kl(e, x).mean(axis=0),
}


def mean_first(encoder, x):
    mean, log_var = (part.mean(axis=0) for part in halves(forward(encoder, x)))
    return 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)


def log_ratio(mean, std, z):
    """log q(z) − log p(z)，一個單元。"""
    return (z**2 - ((z - mean) / std) ** 2) / 2 - math.log(std)


@points(
    0.5,
    hint=(
        "kl_to_standard_normal 收 (N, d)，傳回 (N,)：它把 d 維加起來了。",
        "只交給它一個單元的 μ 與 log σ²，形狀要留著兩個軸。",
        "d 個單元各做一次，每次對列平均。",
    ),
    chapter=CHAPTER,
)
def test_measure__kl(target, earlier, draw):
    """每個單元的 KL"""
    for inputs in measuring_problems(draw, earlier):
        encoder, x, noise = inputs["encoder"], inputs["x"], inputs["noise"]
        code, size = run_network(encoder, x), noise.shape[1]
        expected = np.zeros(size)
        for unit in range(size):
            for mean, log_var in zip(code[:, unit], code[:, size + unit], strict=True):
                std = math.exp(log_var / 2)
                expected[unit] += expectation(partial(log_ratio, mean, std), mean, std) / len(x)
        wrong = WRONG_KL if size > 1 else {}
        check(one_of(target.measure, 1), inputs, expected, wrong=wrong, tolerance=QUADRATURE)


# ---- 一步 ----------------------------------------


def flat(state):
    """狀態攤平成一串陣列；形狀不對就說該是什麼。"""
    if state is None:
        return None
    fine = isinstance(state, tuple | list) and len(state) == 5
    if not fine or not all(isinstance(part, tuple | list) for part in state[:4]):
        raise WrongAnswer("要傳回新的狀態 (encoder, decoder, first, second, step)：前四個是 list，最後是整數")
    return (*state[0], *state[1], *state[2], *state[3], state[4])


def named_state(state):
    """「名字 → 陣列」，名字說得出是哪一層。"""
    encoder, decoder, first, second, step = state
    names = [*(f"encoder[{i}]" for i in range(len(encoder))), *(f"decoder[{i}]" for i in range(len(decoder)))]
    names += [f"{kind}[{i}]" for kind in ("first", "second") for i in range(len(first))]
    return dict(zip([*names, "step"], [*encoder, *decoder, *first, *second, step], strict=True))


def flawed_step(gradient=None, count=1, moments=True, restart=False, sign=1.0, per_layer=False):
    """少了或錯了某一段的一步；只給診斷用。"""

    def step(state, x, noise, beta, rate, mine):
        encoder, decoder, first, second, t = state
        functions = [
            mine[name] for name in ("reparameterize", "gradient_wrt_mean_and_log_var", "kl_gradient")
        ]
        weight = beta if gradient is None else gradient(beta)
        d_encoder, d_decoder = mine["vae_gradient"](encoder, decoder, x, noise, weight, *functions)
        new, layers = [], [*encoder, *decoder]
        for k, (theta, g) in enumerate(zip(layers, [*d_encoder, *d_decoder], strict=True)):
            m, v = (0 * theta, 0 * theta) if restart else (first[k], second[k])
            at = t + count + (k if per_layer else 0)
            new.append(adam(theta, sign * g, m, v, at, rate))
        moved, m, v = (list(column) for column in zip(*new, strict=True))
        n = len(encoder)
        return moved[:n], moved[n:], m if moments else first, v if moments else second, t + 1

    return lambda *given: flat(step(*given))


WRONG_STEP = {
    "KL 的權重沒有用到：你一律用 1": flawed_step(lambda beta: 1.0),
    "KL 沒有加進去（權重是 0）": flawed_step(lambda beta: 0.0),
    "Adam 的步數少了 1：第一步的 step 是 1，不是 0": flawed_step(count=0),
    "Adam 的步數多了 1": flawed_step(count=2),
    "步數一層加了一次：整批只加一次": flawed_step(per_layer=True),
    "m 與 v 沒有更新：傳回的還是舊的": flawed_step(moments=False),
    "每一步都從 0 的 m 與 v 開始：state 裡的沒有用到": flawed_step(restart=True),
    "方向反了：損失會越來越大": flawed_step(sign=-1.0),
    "參數沒有改變": lambda state, *rest: flat(state),
}


@points(
    1,
    hint=(
        "一步有兩件事：一次算出每一層的梯度，再一層一層更新。",
        "first 與 second 的次序與 [*encoder, *decoder] 相同；更新完還要分回兩個 list。",
        "新的 step 先算好，整批的每一層都用同一個。",
    ),
    chapter="第 8 章",
)
def test_train_step(target, earlier, draw):
    """走一步"""
    needed = ("reparameterize", "gradient_wrt_mean_and_log_var", "kl_gradient", "vae_gradient", "adam_step")
    mine = mine_of(earlier, *needed)
    for rows, columns, size, hidden, start in (
        (3, 4, 2, (3,), at_rest),
        (4, 3, 1, (2,), lambda *layers: moving(draw, *layers)),
        (2, 3, 2, (), lambda *layers: moving(draw, *layers)),
    ):
        encoder = layers_of(draw, columns, *hidden, 2 * size)
        decoder = layers_of(draw, size, *hidden[::-1], columns)
        state, beta, rate = start(encoder, decoder), draw.between(0.2, 0.8), draw.between(0.02, 0.2)
        x, noise = draw.bits(rows, columns), draw.normal(rows, size)
        new = one_step(state, x, noise, beta, rate)
        inputs = {
            "state": state, "x": x, "noise": noise, "beta": beta, "learning_rate": rate, "mine": mine
        }  # fmt: skip
        check(
            lambda *given: flat(target.train_step(*given)),
            inputs,
            named_state(new),
            wrong=WRONG_STEP,
            tolerance=CLOSE,
        )


# ---- 訓練迴圈 ----------------------------------------


def watched(train, *given):
    """呼叫 train，記下每次 watch 收到什麼；與最後的狀態一起攤平。"""
    seen = []

    def watch(epoch, state, loss):
        """記下這個週期"""
        seen.append((float(epoch), float(loss), float(flat(state)[-1])))

    state = train(*given, watch)
    epochs, losses, steps = zip(*seen, strict=True) if seen else ((), (), ())
    return None if state is None else (np.array(epochs), np.array(losses), np.array(steps), *flat(state))


def by_definition(state, x, orders, noise, beta, warmup, size, rate, mine=None, change=()):
    """訓練迴圈，照定義寫；``change`` 是故意寫錯的地方，只給診斷用。"""
    seen, step_of = [], flawed_step() if mine else None
    for epoch in range(1, len(orders) + 1):
        level = epoch - 1 if "zero" in change else epoch
        weight = beta if "no warmup" in change else beta * min(1, level / warmup)
        order = orders[0] if "same order" in change else orders[epoch - 1]
        eps, total = noise[0] if "same noise" in change else noise[epoch - 1], 0.0
        for at in range(0, len(order), size):
            rows = order[at : at + size]
            pick = eps[: len(rows)] if "first noise" in change else eps[rows]
            old = state
            if step_of is None:
                state = one_step(state, x[rows], pick, weight, rate)
            else:
                pieces = step_of(state, x[rows], pick, weight, rate, mine)
                state = _state_like(state, pieces)
            judged = state if "after" in change else old
            bare = 1.0 if "bare loss" in change else weight
            total += float(whole_loss(judged[0], judged[1], x[rows], pick, bare)) * len(rows)
        if "restart" in change:
            state = (*state[:4], 0)
        seen.append((epoch - 1 if "epoch from zero" in change else epoch, total / len(order), state[4]))
    seen = seen[-1:] if "watch once" in change else seen
    epochs, losses, steps = zip(*seen, strict=True)
    return (np.array(epochs, float), np.array(losses), np.array(steps, float), *flat(state))


def _state_like(state, pieces):
    n, m = len(state[0]), len(state[2])
    return (
        list(pieces[:n]), list(pieces[n:m]), list(pieces[m : 2 * m]), list(pieces[2 * m : 3 * m]), pieces[-1]
    )  # fmt: skip


WRONG_LOOP = {
    "沒有暖身：每個週期都用 beta": ("no warmup",),
    "暖身的週期從 0 數起了；第一個週期是 1": ("zero",),
    "每個週期都用第一個排列": ("same order",),
    "每個週期都用第一份雜訊": ("same noise",),
    "雜訊照批次的位置拿了；要照列號 rows 拿": ("first noise",),
    "損失是走完這一步才量的；要在走以前量": ("after",),
    "損失裡的 KL 沒有乘這個週期的權重": ("bare loss",),
    "Adam 的步數每個週期都歸零了": ("restart",),
    "watch 的週期從 0 數起了": ("epoch from zero",),
    "watch 只叫了一次；每個週期走完都要叫": ("watch once",),
}


@points(
    1,
    hint=(
        "外面一圈是週期，裡面的批次交給 mine 裡的 train_epoch；你要寫的是它要的 step。",
        "step(state, rows) 傳回新的狀態與這一批的損失；它用得到這個週期的權重與雜訊。",
        "先量損失再走；一個週期走完，把編號、新的狀態與平均損失告訴 watch。",
    ),
    chapter="第 8 章",
)
def test_train(target, earlier, draw):
    """訓練迴圈"""
    for rows, columns, size, batch, epochs in ((5, 3, 1, 2, 3), (4, 2, 2, 3, 2)):
        encoder, decoder = layers_of(draw, columns, 2 * size), layers_of(draw, size, columns)
        inputs = {
            "state": at_rest(encoder, decoder) if batch == 2 else moving(draw, encoder, decoder),
            "x": draw.bits(rows, columns),
            "orders": [draw.order(rows) for _ in range(epochs)],
            "noise": [draw.normal(rows, size) for _ in range(epochs)],
            "beta": draw.between(1.5, 3.0),
            "warmup_epochs": 2,
            "batch_size": batch,
            "learning_rate": draw.between(0.05, 0.2),
        }
        found = by_definition(*inputs.values())
        state = _state_like(inputs["state"], found[3:])
        expected = {"watch 的週期": found[0], "watch 的損失": found[1], "watch 時的 step": found[2]}
        wrong = {name: partial(by_definition, change=change) for name, change in WRONG_LOOP.items()}
        check(
            lambda *given: watched(target.train, *given),
            inputs | {"mine": mine_of(earlier)},
            expected | named_state(state),
            wrong=wrong,
            tolerance=Tolerance(1e-7, 1e-9),
        )


@points(
    0.5,
    hint=(
        "這一題沒有新的函式：上一題的迴圈走三十個週期，損失要低於不看編碼的基準。",
        "降不下來，先看每個單元的 KL：全是 0，是解碼器沒有收到梯度，還是 KL 的權重太大？",
        "一直降卻很慢，看 Adam 的 m 與 v 有沒有留到下一步。",
    ),
    chapter=CHAPTER,
)
def test_train__learns(target, earlier, draw):
    """學得會：損失低於不看編碼的基準"""
    one, other = draw.order(32) % 2, draw.order(32) // 16
    x = np.column_stack([np.repeat(one[:, None], 4, axis=1), np.repeat(other[:, None], 4, axis=1)]) * 1.0
    encoder, decoder = layers_of(draw, 8, 4), layers_of(draw, 2, 8)
    orders, noise = [draw.order(32) for _ in range(30)], [draw.noise(32, 2) for _ in range(30)]
    given = (at_rest(encoder, decoder), x, orders, noise, 1.0, 10, 8, 0.1, mine_of(earlier))
    answer = watched(target.train, *given)
    if answer is None:
        raise WrongAnswer("train 傳回 None：函式沒有傳回東西，是不是忘了寫 return")
    state = _state_like(given[0], answer[3:])
    cost, kl = both_parts(state[0], state[1], x, noise[0])
    code = run_network(state[0], x)[:, :2]
    line = 8 * math.log(2)  # 每一欄一半是 1：不看編碼，一欄付 log 2
    loss, awake = float(np.mean(cost + kl.sum(axis=1))), int(np.sum(code.var(axis=0) > 0.01))
    if not loss < 0.8 * line or awake < 1:
        raise WrongAnswer(
            f"訓練三十個週期，損失是 {loss:.2f} nats，醒著 {awake} 個單元；不看編碼是 {line:.2f}，應該低很多",
            ("你的", f"重建 {np.mean(cost):.2f}，每個單元的 KL {np.round(kl.mean(axis=0), 2)}"),
        )


# ---- 找錯 ----------------------------------------

NOT_THIS = {
    "b": "KL 對單元取平均，β 變小，單元更容易醒；這裡一個也沒有醒",
    "c": "KL 少了 ½，β 變成兩倍或一半，離崩塌的門檻還很遠；看看重建那一項除以了什麼",
    "d": "暖身越久，單元越容易醒；這裡一個也沒有醒",
}


WRONG_MENDING = {
    "你傳回的還是壞的損失": lambda cost, kl, beta: (np.mean(cost) + beta * np.mean(kl.sum(axis=1)), None),
    "每一列也加總了；要對列平均": lambda cost, kl, beta: (np.sum(cost) + beta * np.sum(kl), None),
    "KL 對單元取平均了；單元要加總": lambda cost, kl, beta: (
        np.mean(cost.sum(axis=1)) + beta * np.mean(kl),
        None,
    ),
    "KL 沒有乘 beta": lambda cost, kl, beta: (np.mean(cost.sum(axis=1)) + np.mean(kl.sum(axis=1)), None),
    "β 的方向反了：重建被除以 D，等於 KL 被乘了 D": lambda cost, kl, beta: (None, beta / cost.shape[1]),
    "除以的是欄數 D，不是列數 N": lambda cost, kl, beta: (None, beta * len(cost)),
    "β 要算進原來的 beta": lambda cost, kl, beta: (None, cost.shape[1]),
    "除以的是欄數 D，不是全部的格數": lambda cost, kl, beta: (None, beta * cost.size),
}


@points(
    1,
    hint=(
        "比一比兩項：每一項各對哪個軸加總、對哪個軸平均？",
        "重建小了幾倍，等於 KL 大了幾倍。",
        "把 _broken_loss 整個乘上那個倍數，重建就恢復了；KL 前面變成多少？",
    ),
    chapter=CHAPTER,
)
def test_mend_loss(target, draw):
    """找錯：點全擠在中央"""
    names = ("對的損失", "β")
    for rows, columns, size in ((4, 7, 2), (draw.whole(5, 8), 3, 4), (3, 12, 1)):
        inputs = {
            "cost": draw.between(0.1, 3, rows, columns),
            "kl": draw.between(0, 2, rows, size),
            "beta": draw.between(0.3, 4),
        }
        total = math.fsum(inputs["cost"].ravel()) + inputs["beta"] * math.fsum(inputs["kl"].ravel())
        expected = {"對的損失": total / rows, "β": math.fsum([inputs["beta"]] * columns)}
        function = named_cause(target.mend_loss, "a", NOT_THIS, names)
        check(function, inputs, expected, wrong=WRONG_MENDING if size > 1 else {})
