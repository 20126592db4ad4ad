"""ex08 的檢查。"""

import math
from functools import partial
from itertools import pairwise

import numpy as np

from vae_from_scratch.course.testing import (
    DIFFERENCES,
    EXACT,
    LARGE,
    PRINTED,
    WHOLE,
    Tolerance,
    WrongAnswer,
    check,
    numerical_gradient,
    points,
)

CHAPTER = "第 8 章"
RNG = np.random.default_rng(8)

# 5 列、3 進、2 出，都不相等：轉置或加總錯了方向，形狀就會不同。
A = RNG.normal(size=(5, 3)).round(2)
LAYER = RNG.normal(size=(4, 2)).round(2)
D_Y = RNG.normal(size=(5, 2)).round(2)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def with_one(a):
    return np.hstack([a, np.ones((len(a), 1))])


def network(*sizes):
    """幾層的權重；小數點後兩位，失敗時才看得清楚。"""
    shapes = pairwise(sizes)
    return [RNG.normal(size=(n_in + 1, n_out)).round(2) for n_in, n_out in shapes]


def drawn_network(draw, a, *sizes):
    """抽幾層的權重，直到每個 ReLU 的輸入都離 0 夠遠：差分不可以跨過折點。"""
    while True:
        layers = [draw.normal(n_in + 1, n_out) for n_in, n_out in pairwise(sizes)]
        y, clear = a, True
        for layer in layers[:-1]:
            y = y @ layer[:-1] + layer[-1]
            clear &= bool(np.all(np.abs(y) > 0.03))
            y = np.maximum(y, 0)
        if clear:
            return layers


def output(layers, a):
    """網路的輸出，權重與偏置分開寫。"""
    for layer in layers[:-1]:
        a = a @ layer[:-1] + layer[-1]
        a = np.where(a > 0, a, 0)
    return a @ layers[-1][:-1] + layers[-1][-1]


def differences(loss, arrays):
    """純量 loss 對 arrays 裡每一個陣列的差分。"""

    def slope(i):
        def moved(array):
            return loss([*arrays[:i], array, *arrays[i + 1 :]])

        return numerical_gradient(moved, arrays[i])

    return [slope(i) for i in range(len(arrays))]


def one_of(function, index, names):
    """只看第 ``index`` 個傳回值；另一個寫錯，不影響這一項的分數。"""

    def call(*given):
        answer = function(*given)
        if answer is None:
            return None
        if not isinstance(answer, tuple | list) or len(answer) != 2:
            raise WrongAnswer(f"這個函式要傳回 2 個值 ({'、'.join(names)})；寫成 return a, b")
        return answer[index]

    return call


@points(
    1,
    hint=(
        "y > 0 時 a = y，y < 0 時 a 固定是 0；斜率各是多少？",
        "斜率是 1 或 0；∂L/∂y = d_a × 斜率。",
        "y > 0 是布林陣列，乘上去就是 1 或 0。",
    ),
    chapter=CHAPTER,
)
def test_relu_gradient(target, draw):
    """梯度穿過 ReLU"""
    shown = (
        np.array([[3.0, 0.5, -2.0], [-1.0, 4.0, 2.5]]),
        np.array([[-1.5, 2.0, 0.3], [0.7, -0.2, 0.0]]),
    )
    y = draw.normal(3, 4)
    y[1, 2] = 0.0
    wrong = {
        "你看的是 d_a 的正負；要看 y（ReLU 以前的值）的正負": lambda d_a, y: d_a * (d_a > 0),
        "你把 ReLU 套在梯度上了；梯度可以是負的，要看的是 y 的正負": lambda d_a, y: np.maximum(d_a, 0),
        "梯度原封不動傳回去了：y < 0 的地方，輸出固定是 0，梯度也是 0": lambda d_a, y: d_a,
        "y 剛好是 0 的那一格，本書取 0；你取了 1（用了 y >= 0）": lambda d_a, y: d_a * (y >= 0),
        "y 剛好是 0 的那一格，本書取 0；你取了 ½": lambda d_a, y: d_a * (np.sign(y) + 1) / 2,
        "這是前向的 max(y, 0)，還沒有乘 d_a 的份": lambda d_a, y: np.maximum(y, 0),
        "你乘的是 a = max(y, 0)；要乘的是斜率，0 或 1": lambda d_a, y: d_a * np.maximum(y, 0),
        "正負號反了：y > 0 才放行": lambda d_a, y: d_a * (y < 0),
        "正負號反了：y > 0 才放行，其餘是 0": lambda d_a, y: d_a * (y <= 0),
        "只有斜率，忘了乘傳回來的 d_a": lambda d_a, y: (y > 0) * 1.0,
    }
    example = {"d_a": np.array([[3.0, 3.0]]), "y": np.array([[-1.0, 2.0]])}
    check(target.relu_gradient, example, [[0.0, 3.0]], wrong=wrong)
    large = np.array([[40.0, -700.0, 300.0, -20.0]])
    for size, kind in ((50.0, LARGE), (10.0 ** -draw.whole(8, 200), TINY)):
        inputs = {"d_a": large, "y": size * np.array([[1.0, 2.0, -1.0, -3.0]])}
        check(target.relu_gradient, inputs, [[40.0, -700.0, 0.0, 0.0]], wrong=wrong, only=kind)
    for d_a, y in (shown, (draw.normal(3, 4), y)):  # noqa: B020
        away = np.where(y == 0, -1.0, y)  # 折點沒有導數；那一格本書取 0，與左邊的斜率相同
        expected = numerical_gradient(partial(_after_relu, d_a), away)
        check(target.relu_gradient, {"d_a": d_a, "y": y}, expected, wrong=wrong, tolerance=DIFFERENCES)


TINY = "平常的數字都對，很小的 y 不對：y 只要大於 0，斜率就是 1；不要加小常數，也不要換成別的門檻"


def _after_relu(d_a, y):
    return np.sum(d_a * np.where(y > 0, y, 0))


X = np.array([[1.0, 0, 0, 1], [0, 1, 0, 1], [1, 1, 1, 0]])
LOGITS = np.array([[0.5, -1.2, 2.0, 0.3], [-0.4, 0.9, 1.5, -2.2], [0.1, 3.0, -0.7, 1.1]])
WRONG_LOGIT = {
    "正負號反了：損失是負的對數概似，梯度是 sigmoid(a) − x": lambda x, a: (x - sigmoid(a)) / len(x),
    "你沒有除以 N：損失對列取了平均": lambda x, a: sigmoid(a) - x,
    "正負號反了，也沒有除以 N": lambda x, a: x - sigmoid(a),
    "你除以了全部的格數；欄要加總，只有列取平均": lambda x, a: (sigmoid(a) - x) / x.size,
    "你除以了欄數 D；要除的是列數 N": lambda x, a: (sigmoid(a) - x) / x.shape[1],
    "你減的是 logit，不是機率；先套 sigmoid": lambda x, a: (a - x) / len(x),
    "多乘了 p(1 − p)：那是平方誤差的梯度，概似的會約掉": lambda x, a: (
        (sigmoid(a) - x) * sigmoid(a) * (1 - sigmoid(a)) / len(x)
    ),
    "這是對機率 p 的梯度；還要乘 dp/da = p(1 − p)": lambda x, a: (
        (sigmoid(a) - x) / (sigmoid(a) * (1 - sigmoid(a))) / len(x)
    ),
    "只有 −x 那一項；log(1 + e^a) 的導數不見了": lambda x, a: -x / len(x),
    "你把 sigmoid 寫成 1/(1 + e^a) 了；指數是 −a": lambda x, a: (sigmoid(-a) - x) / len(x),
    "你用的是整列一個 softmax；這裡每一欄各是一個 0/1 變數，用 sigmoid": lambda x, a: (
        (np.exp(a) / np.exp(a).sum(axis=1, keepdims=True) - x) / len(x)
    ),
}


@points(
    1,
    hint=(
        "先只看一格：ℓ = −[x log p + (1 − x) log(1 − p)]，p = sigmoid(a)。",
        "化簡成 log(1 + e^a) − x a，再對 a 微分。",
        "e^a/(1 + e^a) 就是 sigmoid(a)；最後別忘了對列取平均的 1/N。",
    ),
    chapter=CHAPTER,
)
def test_logit_gradient(target, draw):
    """重建損失對 logit 的梯度"""

    def loss(logits, x):
        p = sigmoid(logits)
        return -np.mean(np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=1))

    example = {"x": np.array([[1.0, 0.0]]), "logits": np.array([[0.0, math.log(3)]])}
    check(target.logit_gradient, example, [[-0.5, 0.75]], wrong=WRONG_LOGIT)
    # 11 到 22 的 logit（2 列 4 欄），與整數的 x：機率一格一格用 math 算。
    sure = draw.between(11, 22, 2, 4) * np.array([1.0, -1, 1, -1])
    for x, logits, kind in ((draw.bits(2, 4), sure, LARGE), (np.array([[1, 0, 1]]), LOGITS[:1, :3], WHOLE)):
        chances = np.reshape([1 / (1 + math.exp(-a)) for a in logits.flat], logits.shape)
        inputs = {"x": x, "logits": logits}
        check(target.logit_gradient, inputs, (chances - x) / len(x), wrong=WRONG_LOGIT, only=kind)
    for x, logits in ((X, LOGITS), (draw.bits(5, 2), draw.normal(5, 2, scale=2))):
        expected = numerical_gradient(partial(loss, x=x), logits)
        inputs = {"x": x, "logits": logits}
        check(target.logit_gradient, inputs, expected, wrong=WRONG_LOGIT, tolerance=DIFFERENCES)


@points(
    1,
    hint=(
        "a = −10000 時，exp(−a) 是多少？",
        "sigmoid 可以改用不會溢位的函數寫；np.tanh 的值永遠在 −1 與 1 之間。",
        "把 tanh 壓扁一半、往上移一半，再比兩者的引數差幾倍。",
    ),
    chapter=CHAPTER,
)
def test_logit_gradient__extremes(target, draw):
    """logit 很大或很小也不溢位"""
    shown = (np.array([[1.0, 1], [0, 0]]), np.array([[10_000.0, -10_000.0], [-10_000.0, 800.0]]))
    signs = 2 * draw.bits(4, 3) - 1
    signs[0] = 1, 1, -1  # 一列有兩個 1：一列一個 softmax 的寫法，這裡看得出來
    drawn = (draw.bits(4, 3), signs * draw.between(750, 20_000, 4, 3))
    wrong = {
        "得到 nan：exp(a)/(1 + exp(a)) 在 a 很大時是 無限大/無限大": lambda x, a: (
            (np.exp(a) / (1 + np.exp(a)) - x) / len(x)
        ),
        "logit 被截斷（clip）了；換成 tanh 就不需要截斷": lambda x, a: (
            (sigmoid(np.clip(a, -10, 10)) - x) / len(x)
        ),
    }
    for x, logits in (shown, drawn):
        expected = ((logits > 0) - x) / len(x)  # 這麼大的 logit，機率就是 0 或 1
        check(target.logit_gradient, {"x": x, "logits": logits}, expected, wrong=wrong)


def dense_loss(d_y, a, layer):
    return np.sum(d_y * (a @ layer[:-1] + layer[-1]))


def dense_problems(draw):
    """固定的一題，與抽出來的一題：4 列、2 進、3 出。"""
    yield {"d_y": D_Y, "a": A, "layer": LAYER}
    yield {"d_y": draw.normal(4, 3), "a": draw.normal(4, 2), "layer": draw.normal(3, 3)}


def dense_by_hand(d_y, a, layer):
    """一格一格用 math.fsum 加：（d_a, d_layer）。"""
    weight, ones = layer[:-1], with_one(a)
    d_a = [[math.fsum(g * w for g, w in zip(row, unit, strict=True)) for unit in weight] for row in d_y]
    d_layer = [[math.fsum(x * g for x, g in zip(one, out, strict=True)) for out in d_y.T] for one in ones.T]
    return d_a, d_layer


DENSE_EXAMPLE = {
    "d_y": np.array([[2.0], [-1.0]]),
    "a": np.array([[1.0, 2.0], [3.0, -1.0]]),
    "layer": np.array([[0.5], [-1.0], [0.2]]),
}
DENSE_NAMES = ("d_a", "d_layer")


@points(
    1,
    hint=(
        "a 的一格影響同一列的每一個輸出：y_nk = Σ_j a_nj W_jk + b_k。",
        "∂L/∂a_nj = Σ_k d_y_nk W_jk，寫成矩陣乘法是什麼？",
        "看形狀就知道誰要轉置；偏置那一列不參與。",
    ),
    chapter=CHAPTER,
)
def test_dense_gradient__input(target, draw):
    """全連接層：傳給輸入的梯度"""
    wrong = {
        "連偏置那一列也乘進去了；輸入的梯度只用權重 layer[:-1]": lambda d_y, a, layer: d_y @ layer.T,
        "正負號反了": lambda d_y, a, layer: -d_y @ layer[:-1].T,
        "除以了 N；取平均是損失的事，1/N 已經在 d_y 裡": lambda d_y, a, layer: d_y @ layer[:-1].T / len(a),
        "去掉的是第一列；偏置是最後一列": lambda d_y, a, layer: d_y @ layer[1:].T,
    }
    function = one_of(target.dense_gradient, 0, DENSE_NAMES)
    check(function, DENSE_EXAMPLE, [[1.0, -2.0], [-0.5, 1.0]], wrong=wrong)
    # 不四捨五入的數：位數少的，單精度也算得剛好。
    large = {"d_y": 1e4 * draw.noise(1, 3), "a": draw.normal(1, 2), "layer": draw.noise(3, 3)}
    check(function, large, dense_by_hand(**large)[0], wrong=wrong, only=LARGE)
    for inputs in dense_problems(draw):
        d_y, a, layer = inputs.values()
        expected = numerical_gradient(partial(dense_loss, d_y, layer=layer), a)
        check(function, inputs, expected, wrong=wrong, tolerance=DIFFERENCES)


@points(
    1,
    hint=(
        "W 的一格被每一列用到，所以各列的份要加起來。",
        "∂L/∂W_jk = Σ_n a_nj d_y_nk：寫成矩陣乘法，誰要轉置？",
        "偏置等於輸入恆為 1 的權重；兩塊疊起來，次序照 layer。",
    ),
    chapter=CHAPTER,
)
def test_dense_gradient__layer(target, draw):
    """全連接層：權重與偏置的梯度"""

    def stacked(weight, bias):
        return np.vstack([weight, bias])

    wrong = {
        "偏置的梯度對列取平均了；要加總": lambda d_y, a, layer: stacked(a.T @ d_y, d_y.mean(axis=0)),
        "權重與偏置都除以了 N；1/N 已經在 d_y 裡": lambda d_y, a, layer: with_one(a).T @ d_y / len(a),
        "偏置放在第一列了；layer 的最後一列才是偏置": lambda d_y, a, layer: stacked(
            d_y.sum(axis=0), a.T @ d_y
        ),
        "偏置那一列沒有算（是 0）": lambda d_y, a, layer: stacked(a.T @ d_y, 0 * d_y[0]),
        "偏置那一列是 1；它的梯度是 d_y 各列的和": lambda d_y, a, layer: stacked(a.T @ d_y, 0 * d_y[0] + 1),
        "少了偏置那一列：d_layer 要和 layer 同形狀": lambda d_y, a, layer: a.T @ d_y,
        "正負號反了": lambda d_y, a, layer: -with_one(a).T @ d_y,
        "傳回的是 layer 減掉梯度；這裡只要梯度，更新是 Adam 的事": lambda d_y, a, layer: (
            layer - with_one(a).T @ d_y
        ),
        "列與行對調了：a 要轉置，d_y 不用": lambda d_y, a, layer: d_y.T @ with_one(a),
    }
    function = one_of(target.dense_gradient, 1, DENSE_NAMES)
    check(function, DENSE_EXAMPLE, [[-1.0], [5.0], [1.0]], wrong=wrong)
    large = {"d_y": 1e4 * draw.normal(5, 3), "a": draw.normal(5, 2), "layer": draw.normal(3, 3)}
    large["a"][1], large["d_y"][1] = large["a"][0], large["d_y"][0]  # 兩列一樣，各算一份
    check(function, large, dense_by_hand(**large)[1], wrong=wrong, only=LARGE)
    for inputs in dense_problems(draw):
        d_y, a, layer = inputs.values()
        expected = numerical_gradient(partial(dense_loss, d_y, a), layer)
        check(function, inputs, expected, wrong=wrong, tolerance=DIFFERENCES)


def backward(layers, a, d_y, mask=lambda y: y > 0, last=False):
    """只給診斷用：mask 是 ReLU 的斜率，last 是「最後一層也套了 ReLU」。"""
    inputs, outputs = [], []
    for layer in layers:
        inputs.append(a)
        outputs.append(with_one(a) @ layer)
        a = np.maximum(outputs[-1], 0)
    d_layers: list[np.ndarray] = []
    if last:
        d_y = d_y * (outputs[-1] > 0)
    for i in reversed(range(len(layers))):
        d_layers.insert(0, with_one(inputs[i]).T @ d_y)
        d_a = d_y @ layers[i][:-1].T
        d_y = d_a * mask(outputs[i - 1]) if i else d_a
    return d_a, d_layers


def flatten(answer):
    """(d_a, d_layers) → (d_a, 第 1 層, 第 2 層, …)；形狀不對的答案原樣交給檢查去說。"""
    if isinstance(answer, tuple | list) and len(answer) == 2 and isinstance(answer[1], list | tuple):
        return (answer[0], *answer[1])
    return answer


def check_perceptron(target, layers, a, d_y, expected=None):
    def loss(arrays):
        return np.sum(d_y * output(arrays[1:], arrays[0]))

    slopes = expected or differences(loss, [a, *layers])
    names = ["d_a", *(f"d_layers[{i}]" for i in range(len(layers)))]
    wrong = {
        "梯度穿過隱藏層時沒有經過 ReLU": lambda layers, a, d_y: flatten(
            backward(layers, a, d_y, mask=lambda y: 1.0)
        ),
        "ReLU 的正負號反了：y > 0 才放行": lambda layers, a, d_y: flatten(
            backward(layers, a, d_y, mask=lambda y: y < 0)
        ),
        "最後一層也套了 ReLU；它沒有激勵函數，d_y 直接進全連接層": lambda layers, a, d_y: flatten(
            backward(layers, a, d_y, last=True)
        ),
        "d_layers 的次序反了；要與 layers 相同，第一層在前": lambda layers, a, d_y: (
            backward(layers, a, d_y)[0],
            *backward(layers, a, d_y)[1][::-1],
        ),
        "d_a 多穿過了一次 ReLU；網路的輸入前面沒有 ReLU": lambda layers, a, d_y: (
            backward(layers, a, d_y)[0] * (a > 0),
            *backward(layers, a, d_y)[1],
        ),
    }
    check(
        lambda *given: flatten(target.perceptron_gradient(*given)),
        {"layers": layers, "a": a, "d_y": d_y},
        dict(zip(names, slopes, strict=True)),
        wrong=wrong,
        tolerance=DIFFERENCES,
    )


@points(
    1,
    hint=(
        "先呼叫 inputs, outputs = _forward(layers, a)，再由最後一層往回走。",
        "每一層用 dense_gradient(d_y, inputs[i], layers[i])；得到的 d_a 穿過前一層的 ReLU，成為新的 d_y。",
        "穿過 ReLU 用 relu_gradient(d_a, outputs[i − 1])；第一層前面沒有 ReLU。",
    ),
    chapter=CHAPTER,
)
def test_perceptron_gradient(target, draw):
    """兩層的網路：一個隱藏層"""
    layers = [np.array([[1.0], [0.0]]), np.array([[2.0], [0.0]])]  # 說明裡的例子
    slopes = [np.array([[2.0], [0.0]]), np.array([[6.0], [2.0]]), np.array([[3.0], [2.0]])]
    check_perceptron(target, layers, np.array([[3.0], [-3.0]]), np.ones((2, 1)), slopes)
    check_perceptron(target, drawn_network(draw, A, 3, 4, 2), A, D_Y)
    a = draw.normal(3, 2)
    check_perceptron(target, drawn_network(draw, a, 2, 3, 2), a, draw.normal(3, 2))


@points(
    1,
    hint=(
        "層數不固定：用迴圈從 len(layers) − 1 走到 0。",
        "一層的網路沒有隱藏層，也就沒有 ReLU。",
        "由後往前走；走到第一層時，前面還有沒有 ReLU？",
    ),
    chapter=CHAPTER,
)
def test_perceptron_gradient__depth(target, draw):
    """一層與四層的網路"""
    check_perceptron(target, drawn_network(draw, A, 3, 2), A, D_Y)
    check_perceptron(target, drawn_network(draw, A, 3, 4, 3, 5, 2), A, D_Y)
    a = draw.normal(3, 2)
    for sizes in ((2, 2), (2, 3, 3, 2)):
        check_perceptron(target, drawn_network(draw, a, *sizes), a, draw.normal(3, 2))


ENCODER, DECODER = network(3, 4, 4), network(2, 3, 3)  # D = 3，d = 2
HOUSES = np.array([[1.0, 0, 1], [0, 1, 1], [1, 1, 0], [0, 0, 1], [1, 0, 0]])
NOISE = RNG.normal(size=(5, 2)).round(2)
BETA = 0.7


def vae_problems(draw):
    """說明裡的例子、固定的一題，與抽出來的一題：D = 2、d = 1，各有一個隱藏層。"""
    encoder, decoder = [np.array([[0.0, 0.0], [1.0, 0.0]])], [np.array([[2.0], [0.0]])]
    one = {"x": np.ones((1, 1)), "noise": np.zeros((1, 1)), "beta": 0.5}
    yield {"encoder": encoder, "decoder": decoder, **one}
    yield {"encoder": ENCODER, "decoder": DECODER, "x": HOUSES, "noise": NOISE, "beta": BETA}
    while True:
        x, noise = draw.bits(4, 2), draw.normal(4, 1)
        encoder = drawn_network(draw, x, 2, 3, 2)
        mean, log_var = np.split(output(encoder, x), 2, axis=1)
        decoder = [draw.normal(2, 3), draw.normal(4, 2)]
        hidden = (mean + np.exp(log_var / 2) * noise) @ decoder[0][:-1] + decoder[0][-1]
        logits = output(decoder, mean + np.exp(log_var / 2) * noise)
        if np.all(np.abs(hidden) > 0.1) and np.all(np.abs(log_var) < 3) and np.all(np.abs(logits) < 6):
            break
    beta = draw.between(1.3, 2.5)
    yield {"encoder": encoder, "decoder": decoder, "x": x, "noise": noise, "beta": beta}


def vae_loss(encoder, decoder, x, noise, beta):
    """負的 ELBO，照第 5 章的式子寫；σ、機率與 KL 都由定義來。"""
    mean, log_var = np.split(output(encoder, x), 2, axis=1)
    std = np.sqrt(np.exp(log_var))
    p = 1 / (1 + np.exp(-output(decoder, mean + std * noise)))
    reconstruction = -np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=1)
    kl = np.sum((mean**2 + std**2 - 1) / 2 - np.log(std), axis=1)
    return np.mean(reconstruction + beta * kl)


def reparameterize(mean, log_var, noise):
    return mean + np.exp(log_var / 2) * noise


def diagnose(
    encoder, decoder, x, noise, beta, *_, kl=1.0, path=1.0, halves=slice(None), per_row=True, kl_at_z=False
):
    """只給診斷用：各項的係數可以改錯的 VAE 梯度。"""
    mean, log_var = np.split(output(encoder, x), 2, axis=1)
    z = reparameterize(mean, log_var, noise)
    d_logits = (sigmoid(output(decoder, z)) - x) / len(x)
    d_z, d_decoder = backward(decoder, z, d_logits)
    weight = kl * (beta / len(x) if per_row else beta)
    d_mean = path * d_z + weight * (z if kl_at_z else mean)
    d_log_var = path * d_z * (z - mean) / 2 + weight * np.expm1(log_var) / 2
    d_code = np.hstack([d_mean, d_log_var][halves])
    return (*backward(encoder, x, d_code)[1], *d_decoder)


def check_vae(target, earlier, part, problem):
    """part 是 0（編碼器）或 1（解碼器）；另一半寫錯不影響這一半的分數。"""
    encoder, decoder, *rest = problem.values()
    inputs = {
        **problem,
        "sample": earlier("ex02", "reparameterize"),
        "sample_gradient": earlier("ex02", "gradient_wrt_mean_and_log_var"),
        "kl_gradient": earlier("ex03", "kl_gradient"),
    }
    slopes = differences(
        lambda moved: vae_loss(moved, decoder, *rest) if part == 0 else vae_loss(encoder, moved, *rest),
        (encoder, decoder)[part],
    )
    name = ("d_encoder", "d_decoder")[part]
    place = slice(len(encoder), None) if part else slice(len(encoder))
    both = one_of(target.vae_gradient, part, ("d_encoder", "d_decoder"))
    check(
        lambda *given: tuple_of(both(*given)),
        inputs,
        {f"{name}[{i}]": slope for i, slope in enumerate(slopes)},
        wrong={
            text: lambda *given, k=knobs: tuple_of(diagnose(*given, **k)[place])
            for text, knobs in (wrong_encoder(problem["beta"]) if part == 0 else {}).items()
        },
        tolerance=DIFFERENCES,
    )


def tuple_of(answer):
    """只有一層的網路就是那一層的梯度，好幾層的排成 tuple。"""
    if isinstance(answer, list | tuple):
        return answer[0] if len(answer) == 1 else tuple(answer)
    return answer


def wrong_encoder(beta):
    return {
        "KL 的梯度沒有加進來": {"kl": 0.0},
        "KL 的梯度沒有乘 beta": {"kl": 1 / beta},
        "KL 的梯度沒有除以 N；損失對列取了平均，KL 也要": {"per_row": False},
        "KL 的梯度沒有乘 beta，也沒有除以 N": {"kl": 1 / beta, "per_row": False},
        "只有 KL 的梯度，穿過 z 的那一份沒有加進來": {"path": 0.0},
        "KL 的梯度減掉了；兩份梯度要相加": {"kl": -1.0},
        "KL 的梯度代入的是 z，不是 mean": {"kl_at_z": True},
        "mean 與 log_var 的梯度放反了；前 d 欄是 mean": {"halves": slice(None, None, -1)},
    }


@points(
    1,
    hint=(
        "先走前向：encoder 的輸出切兩半，抽 z，再走 decoder 得到 logits。",
        "解碼器的反向從 logit_gradient(x, logits) 開始。",
        "起點是 logit 的梯度；交給解碼器的 perceptron_gradient，兩個傳回值各往哪裡去？",
    ),
    chapter=CHAPTER,
)
def test_vae_gradient__decoder(target, earlier, draw):
    """VAE：解碼器的梯度"""
    for problem in vae_problems(draw):
        check_vae(target, earlier, 1, problem)


@points(
    1,
    hint=(
        "mean 與 log_var 各收到兩份梯度：一份由 d_z 來（sample_gradient），一份由 KL 來（kl_gradient）。",
        "兩份相加；KL 的那一份乘 beta / N，因為損失對列取平均。",
        "mean 與 log_var 的梯度各自合好，左右併回編碼器輸出的形狀，再往回走一次。",
    ),
    chapter=CHAPTER,
)
def test_vae_gradient__encoder(target, earlier, draw):
    """VAE：編碼器的梯度"""
    for problem in vae_problems(draw):
        check_vae(target, earlier, 0, problem)


@points(
    1,
    hint=(
        "這一題拿你的梯度真的訓練一個小小的 VAE，前兩題對了就會對。",
        "損失降不下去，多半是編碼器的梯度少了一份，或是正負號。",
        "先讓「VAE：編碼器的梯度」通過。",
    ),
    chapter=CHAPTER,
)
def test_vae_gradient__training(target, earlier, draw):
    """用你的梯度訓練一個小 VAE"""
    functions = (
        earlier("ex02", "reparameterize"),
        earlier("ex02", "gradient_wrt_mean_and_log_var"),
        earlier("ex03", "kl_gradient"),
    )
    # 兩種房子，六欄全都不同：知道是哪一種，就知道每一欄。不看編碼要付 6 log 2 = 4.16 nats。
    x = np.repeat([[1.0, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]], 4, axis=0)
    rng = np.random.default_rng(0)
    layers = [rng.normal(0, 0.5, (n_in + 1, n_out)) for n_in, n_out in ((6, 2), (1, 6))]

    encoder, decoder = [layers[0]], [layers[1]]
    for noise in draw.noise(120, 8, 1):
        gradients = target.vae_gradient(encoder, decoder, x, noise, 0.5, *functions)
        if not isinstance(gradients, tuple | list) or len(gradients) != 2:
            raise WrongAnswer("這個函式要傳回 2 個值 (d_encoder、d_decoder)；寫成 return a, b")
        encoder, decoder = (
            [layer - 0.2 * step for layer, step in zip(part, steps, strict=True)]
            for part, steps in zip((encoder, decoder), gradients, strict=True)
        )
    logits = output(decoder, output(encoder, x)[:, :1])
    error = float(np.mean(np.sum(np.logaddexp(0, logits) - x * logits, axis=1)))
    if not error < 1:
        raise WrongAnswer(
            f"走了 120 步梯度下降，每棟的重建誤差還有 {error:.3g} nats；梯度對的話會降到 1 以下",
            ("你的", f"{error:.4g} nats"),
            ("正解", "小於 1 nat（不看編碼是 4.16 nats）"),
        )


def moments(gradients):
    """由定義：權重 (1 − β) β^(t − i) 的加總，不用遞推。"""
    t = len(gradients)

    def weighted(beta, values):
        return sum((1 - beta) * beta ** (t - i) * value for i, value in enumerate(values, 1))

    return weighted(0.9, gradients), weighted(0.999, [g**2 for g in gradients])


def stepped(theta, first, second, t, rate, epsilon=1e-7):
    """由修正過的平均走一步，一格一格用 math 算。"""

    def one(value, m, v):
        return value - rate * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + epsilon)

    return np.vectorize(one)(theta, first, second)


def variant(
    b1=0.9,
    b2=0.999,
    correct=(True, True),
    power=lambda v: np.sqrt(v) + 1e-7,
    shift=0,
    sign=-1.0,
    keep=False,
    square=np.square,
):
    """只給診斷用：可以改錯一處的 Adam。"""

    def step(theta, g, m, v, t, rate):
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * square(g)
        m_hat = m / (1 - b1 ** (t + shift)) if correct[0] else m
        v_hat = v / (1 - b2 ** (t + shift)) if correct[1] else v
        theta = theta + sign * rate * m_hat / power(v_hat)
        return (theta, m_hat, v_hat) if keep else (theta, m, v)

    return step


def keras(theta, g, m, v, t, rate):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    return theta - rate * math.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-7), m, v


WRONG_ADAM = {
    "沒有修正偏誤：m 與 v 要各除以 1 − β^t": variant(correct=(False, False)),
    "只修正了 v；m 也要除以 1 − β₁^t": variant(correct=(False, True)),
    "只修正了 m；v 也要除以 1 − β₂^t": variant(correct=(True, False)),
    "傳回的是修正過的 m̂、v̂；要留給下一步的是沒修正的": variant(keep=True),
    "β₁ 與 β₂ 對調了": variant(b1=0.999, b2=0.9),
    "正負號反了：要減，損失才會變小": variant(sign=1.0),
    "v̂ 忘了開根號": variant(power=lambda v: v + 1e-7),
    "步數差一：t 從 1 數起，次方是 t，不是 t + 1": variant(shift=1),
    "v 平均的是 g，不是 g²": variant(square=lambda g: g),
    "v 平均的是 |g|，不是 g²": variant(square=np.abs),
    "走的是 g，不是平均過的 m̂": lambda theta, g, m, v, t, rate: (
        theta - rate * g / (np.sqrt((0.999 * v + 0.001 * g**2) / (1 - 0.999**t)) + 1e-7),
        0.9 * m + 0.1 * g,
        0.999 * v + 0.001 * g**2,
    ),
    "m 與 v 的係數放反了：舊的乘 β，新的乘 1 − β": lambda theta, g, m, v, t, rate: (
        None,
        0.1 * m + 0.9 * g,
        0.001 * v + 0.999 * g**2,
    ),
}
WRONG_EPSILON = {
    "ε 加在修正以前（Keras 的慣例）；這裡加在 √v̂ 之後": keras,
    "ε 加在根號裡面了；要先開根號，再加 ε": variant(power=lambda v: np.sqrt(v + 1e-7)),
    "沒有加 ε：梯度一直是 0 的參數會除以 0": variant(power=np.sqrt),
    "ε 用了 1e-8；這裡是 1e-7": variant(power=lambda v: np.sqrt(v) + 1e-8),
    "只在 v̂ = 0 的時候才加 ε；每一格都要加": variant(power=lambda v: np.where(v > 0, np.sqrt(v), 1e-7)),
}
ADAM = Tolerance(1e-10, 1e-14)
NAMES = ("theta", "first", "second")


DEFAULT = "沒有給 learning_rate 時，要用預設的 1e-3；def 那一行不要改"
LATE = "前幾步都對，很後面的步數不對：每一步都要修正，次方就是 step"


def check_one_step(target, step, rate, wrong, kind):
    """m 與 v 已經有值（v 很大，這一步的梯度很小），照公式一格一格用 math 走一步；``rate`` 是 None 就不給。"""
    theta, g, m, v = [0.5, -2.0], [0.01, -0.3], [0.2, -0.1], [0.9, 0.04]
    first = [0.9 * a + 0.1 * b for a, b in zip(m, g, strict=True)]
    second = [0.999 * a + 0.001 * b * b for a, b in zip(v, g, strict=True)]
    new = stepped(np.array(theta), np.array(first), np.array(second), step, rate or 1e-3)
    values = dict(zip(("theta", "gradient", "first", "second"), map(np.array, (theta, g, m, v)), strict=True))
    inputs = {**values, "step": step} | ({"learning_rate": rate} if rate else {})
    expected = dict(zip(NAMES, (new, first, second), strict=True))
    check(target.adam_step, inputs, expected, wrong=wrong, only=kind)


def check_adam(target, theta, gradients, rate, wrong, tolerance=EXACT):
    """``gradients`` 的最後一個是這一步的，前面的已經在 first 與 second 裡。"""
    t, nothing_yet = len(gradients), (np.zeros_like(theta), np.zeros_like(theta))
    past = moments(gradients[:-1]) if t > 1 else nothing_yet
    inputs = {
        "theta": theta,
        "gradient": gradients[-1],
        "first": past[0],
        "second": past[1],
        "step": t,
        "learning_rate": rate,
    }
    first, second = moments(gradients)
    expected = dict(zip(NAMES, (stepped(theta, first, second, t, rate), first, second), strict=True))
    check(target.adam_step, inputs, expected, wrong=wrong, tolerance=tolerance)


@points(
    1,
    hint=(
        "第一步以前 m 與 v 都是 0；照公式更新它們。",
        "step = 1 時，m̂ = m/(1 − 0.9) = g，v̂ = v/(1 − 0.999) = g²。",
        "所以第一步的長度幾乎就是學習率，方向與梯度相反。",
    ),
    chapter=CHAPTER,
)
def test_adam_step(target, draw):
    """第一步：長度就是學習率"""
    check_adam(target, np.array([1.0]), [np.array([4.0])], 0.1, WRONG_ADAM, PRINTED)  # 說明裡的例子
    theta, gradient = np.array([1.0, -2.0, 0.5]), np.array([4.0, -0.3, 100.0])
    check_adam(target, theta, [gradient], 0.1, WRONG_ADAM)
    check_adam(target, draw.normal(4), [draw.normal(4, scale=5)], draw.between(0.02, 0.3), WRONG_ADAM)


@points(
    1,
    hint=(
        "m 與 v 是加權平均：舊的乘 β，新的乘 1 − β。",
        "修正只用在這一步；傳回去的是沒修正的。",
        "次方是步數 step：1 − 0.9**step 與 1 − 0.999**step。",
    ),
    chapter=CHAPTER,
)
def test_adam_step__later(target, draw):
    """第七步，參數是矩陣"""
    rng = np.random.default_rng(5)
    gradients = list(rng.normal(1.0, 2.0, (7, 2, 3)).round(2))
    check_adam(target, rng.normal(size=(2, 3)).round(2), gradients, 0.02, WRONG_ADAM)
    check_one_step(target, draw.whole(2, 9), 0.05, WRONG_ADAM, None)
    check_one_step(target, draw.whole(150, 400), 0.05, WRONG_ADAM, LATE)
    check_one_step(target, draw.whole(2000, 9000), 0.05, WRONG_ADAM, LATE)
    check_one_step(target, 3, None, None, DEFAULT)
    gradients = [draw.normal(3, 2, scale=2) for _ in range(draw.whole(4, 9))]
    check_adam(target, draw.normal(3, 2), gradients, draw.between(0.01, 0.2), WRONG_ADAM)


@points(
    1,
    hint=(
        "很小的梯度，才看得出 ε 加在哪裡。",
        "順序是：修正、開根號、加 ε、相除。",
        "次序是：修正 v、開根號、最後才加 ε；梯度是 0 的那一格，這一步走 0。",
    ),
    chapter=CHAPTER,
)
def test_adam_step__epsilon(target, draw):
    """梯度很小，或一直是 0"""
    gradients = [np.array([2e-7, 0.0, -5e-8]), np.array([-1e-7, 0.0, 3e-7]), np.array([3e-7, 0.0, -2e-7])]
    check_adam(target, np.zeros(3), gradients, 0.1, WRONG_EPSILON | WRONG_ADAM, ADAM)
    gradients = [1e-7 * draw.normal(4, scale=2) * [1, 1, 0, 1] for _ in range(draw.whole(2, 4))]
    check_adam(target, np.zeros(4), gradients, 0.1, WRONG_EPSILON | WRONG_ADAM, ADAM)
