"""第 9 章正文裡直接寫出來的數字，各用與書頁不同的路重算一次：手算的式子、逐步遞推、框架自己的回答。"""

import math
import os
from decimal import Decimal, getcontext

import numpy as np
import pytest

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}

FLOAT32_TINY, FLOAT64_TINY = float(np.finfo("float32").tiny), float(np.finfo("float64").tiny)


def first_step(gradient: float, epsilon_after_correction: bool) -> float:
    """Adam 第一步是學習率的幾倍：照兩種慣例逐項算。"""
    m, v, epsilon = 0.1 * gradient, 0.001 * gradient**2, 1e-7
    if epsilon_after_correction:
        return (m / 0.1) / (math.sqrt(v / 0.001) + epsilon)
    return math.sqrt(0.001) / 0.1 * m / (math.sqrt(v) + epsilon)


def test_epsilon_conventions_at_a_small_gradient():
    """g = 10⁻⁶：論文 0.91α，Keras 0.24α，差將近四倍；1/√(1 − β₂) = 31.6。"""
    paper, keras = first_step(1e-6, True), first_step(1e-6, False)
    assert (round(paper, 2), round(keras, 2)) == (0.91, 0.24)
    assert 3.5 < paper / keras < 4
    assert round(1 / math.sqrt(0.001), 1) == 31.6
    assert keras == pytest.approx(1e-6 / (1e-6 + 31.6228 * 1e-7), rel=1e-5)


def test_compound_interest_of_one_percent():
    """1.01 的 3000 次方約 9×10¹²，把 10⁻¹⁶ 放大到千分之一左右；用十進位連乘。"""
    getcontext().prec = 30
    grown = Decimal("1.01") ** 3000
    assert 8.5e12 < float(grown) < 9.5e12
    assert 5e-4 < float(grown) * 1e-16 < 2e-3


def steps_until(start: float, floor: float, decay: float) -> int:
    """真的一步一步乘，數到小於 ``floor`` 為止（用對數避免本身就變成非正規數）。"""
    log_value, steps = math.log(start), 0
    while log_value >= math.log(floor):
        log_value += math.log(decay)
        steps += 1
    return steps


@pytest.mark.parametrize(
    ("start", "floor", "decay", "quoted", "within"),
    [
        (1e-5, FLOAT32_TINY, 0.9, 720, 1),
        (1e-5, FLOAT64_TINY, 0.9, 6614, 1),
        (1e-10, FLOAT32_TINY, 0.999, 64_300, 100),
    ],
)
def test_steps_until_a_moment_is_denormal(start, floor, decay, quoted, within):
    assert abs(steps_until(start, floor, decay) - quoted) <= within


def test_steps_in_epochs():
    """2930 棟、批次 32 是一個週期 92 步：720 步約 8 個，6614 步七十幾個，64300 步約七百個。"""
    per_epoch = math.ceil(2930 / 32)
    assert per_epoch == 92
    assert 7 < 720 / per_epoch < 8.1 and 70 < 6614 / per_epoch < 80 and 690 < 64_300 / per_epoch < 710


def test_float32_really_becomes_denormal_when_the_sum_says():
    """NumPy 的 float32 真的在 720 步上下落到最小正規數以下，而且還不是 0。"""
    moment, steps = np.float32(1e-5), 0
    while moment >= np.finfo("float32").tiny:
        moment, steps = np.float32(moment * np.float32(0.9)), steps + 1
    assert abs(steps - 720) <= 5 and moment > 0


def test_addition_is_not_associative():
    assert (0.1 + 0.2) + 0.3 != 0.1 + (0.2 + 0.3)


def test_weight_of_the_friends_loss():
    """對 D 欄取平均、對 d 維取平均：β = D/d = 267/2 ≈ 134。"""
    reconstruction, kl = 50.0, 3.0  # 任意的正確值
    theirs = reconstruction / 267 + kl / 2
    assert theirs * 267 == pytest.approx(reconstruction + 133.5 * kl)


def test_float32_constants_of_beta2():
    """0.999 先成為 float32，1 − β₂ 的相對差約 10⁻⁵。"""
    rounded = float(np.float32(0.999))
    assert 1 - rounded == pytest.approx(0.000999987125, abs=1e-12)
    assert f"{0.001 / (1 - rounded) - 1:.0e}" == "1e-05"


def test_slopes_of_relu_at_zero():
    """tf.nn.relu 是 0，tf.maximum 是 1，autograd 的 maximum 是 ½。"""
    import tensorflow as tf
    from autograd import grad
    from autograd import numpy as anp

    def slope(f):
        y = tf.Variable(0.0)
        with tf.GradientTape() as tape:
            a = f(y)
        return float(tape.gradient(a, y))

    assert slope(tf.nn.relu) == 0 and slope(lambda y: tf.maximum(y, 0.0)) == 1
    assert grad(lambda y: anp.maximum(y, 0.0))(0.0) == 0.5


def test_keras_clips_at_sixteen_nats_and_stops_learning():
    """由機率算：logit −30 的損失是 −log 10⁻⁷ = 16.118，梯度 0；由 logit 算：30 與 −1。"""
    import keras
    import tensorflow as tf

    assert round(-math.log(1e-7), 3) == 16.118
    found = {}
    for from_logits in (False, True):
        a = tf.Variable([[-30.0]])
        with tf.GradientTape() as tape:
            given = a if from_logits else tf.sigmoid(a)
            loss = keras.losses.BinaryCrossentropy(from_logits=from_logits)(tf.constant([[1.0]]), given)
        found[from_logits] = float(loss), float(tape.gradient(loss, a)[0, 0])
    assert found[False] == (pytest.approx(16.118, abs=5e-4), 0.0)
    assert found[True] == (pytest.approx(30.0), pytest.approx(-1.0))


def test_softmax_cross_entropy_is_wrong_for_a_missing_variable():
    """標籤全是 0：損失恆等於 0（差分也是 0），內建的梯度卻是 softmax。"""
    import tensorflow as tf

    missing, logits = tf.zeros((1, 3), tf.float64), tf.Variable([[1.0, 2.0, 3.0]], dtype=tf.float64)
    with tf.GradientTape() as tape:
        loss = tf.nn.softmax_cross_entropy_with_logits(missing, logits)
    softmax = np.exp([1.0, 2, 3]) / np.exp([1.0, 2, 3]).sum()
    assert float(loss[0]) == 0
    np.testing.assert_allclose(tape.gradient(loss, logits).numpy()[0], softmax, rtol=1e-12)
    moved = tf.nn.softmax_cross_entropy_with_logits(missing, tf.add(logits, [[1e-3, 0, 0]]))
    assert float(moved[0]) == 0


def test_engines_stay_together_for_two_epochs():
    """習題：兩個週期約一百八十步，三個引擎的參數差在 10⁻¹² 以下。"""
    from vae_from_scratch import VAE

    x = (np.random.default_rng(0).random((2930, 40)) < 0.3).astype(float)
    fitted = {
        engine: VAE(hidden=(50, 20), epochs=2, engine=engine).fit(x).parameters_
        for engine in ("numpy", "autograd", "tensorflow")
    }
    for engine in ("autograd", "tensorflow"):
        difference = np.max(np.abs(fitted[engine] - fitted["numpy"])) / np.max(np.abs(fitted["numpy"]))
        assert difference < 1e-12, engine
