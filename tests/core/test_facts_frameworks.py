"""事實 27–30：兩個框架互相比對時會踩到的預設。

用到才匯入：匯入兩個框架要 7 CPU 秒，只收集名單的行程不必等。
"""

import numpy as np
import pytest

from vae_from_scratch.likelihood import Bernoulli
from vae_from_scratch.network import Network
from vae_from_scratch.optimizer import Adam


def test_fact_27_relu_at_zero() -> None:
    """TensorFlow 與 Keras 的 ReLU 在 0 的導數是 0；autograd 的 maximum 是 ½（test_relu_at_zero.py）。"""
    import keras
    import tensorflow as tf

    zero = tf.Variable(0.0)
    for relu in (tf.nn.relu, keras.activations.relu):
        with tf.GradientTape() as tape:
            y = relu(zero)
        assert float(tape.gradient(y, zero)) == 0.0


def test_fact_28_adam_defaults() -> None:
    """autograd 的 adam：ε = 1e-8，加在修正偏誤之後；Keras 的預設是 1e-7。"""
    import keras
    from autograd.misc.optimizers import adam as autograd_adam

    start = np.array([1.0, -2.0, 0.5])
    theirs = autograd_adam(lambda x, i: x**3 + i, start.copy(), num_iters=50, step_size=1e-2)
    ours, optimizer = start.copy(), Adam(3, 1e-2, epsilon=1e-8, epsilon_convention="paper")
    for i in range(50):
        optimizer.update(ours, ours**3 + i)
    np.testing.assert_allclose(ours, theirs, rtol=1e-13)
    assert keras.optimizers.Adam().epsilon == 1e-7


def test_fact_28_keras_adam_is_not_float64() -> None:
    """就算變數是 float64，Keras 的 Adam 仍由 float32 的常數算：一步就差到 1e-8 以上。"""
    import keras
    import tensorflow as tf

    variable = keras.Variable(np.ones(1), dtype="float64")
    optimizer = keras.optimizers.Adam(1e-3)
    ours, mine = np.ones(1), Adam(1, 1e-3, epsilon_convention="keras")
    for gradient in (0.3, -0.2, 0.9, 0.4):
        optimizer.apply([tf.constant([gradient], tf.float64)], [variable])
        mine.update(ours, np.array([gradient]))
    assert 1e-9 < abs(float(variable[0]) - ours[0]) / abs(1 - ours[0]) < 1e-2


def test_fact_28_cast_rounds_through_float32() -> None:
    import tensorflow as tf

    assert float(tf.cast(0.999, tf.float64)) != 0.999
    assert float(tf.constant(0.999, tf.float64)) == 0.999


def test_fact_29_keras_clips_probabilities_but_logits_do_not() -> None:
    """一格最多 16.118 nats，再錯也一樣；由 logit 算就沒有上限。"""
    import keras

    clipped = float(keras.losses.binary_crossentropy(np.ones((1, 1)), np.zeros((1, 1)))[0])
    assert clipped == pytest.approx(16.118, abs=1e-3) == pytest.approx(-np.log(1e-7), abs=1e-3)
    from_logits = keras.losses.binary_crossentropy(np.ones((1, 1)), [[-500.0]], from_logits=True)
    assert float(from_logits[0]) == pytest.approx(500)
    assert float(-Bernoulli().log_prob(np.ones((1, 1)), np.array([[-500.0]]))[0]) == pytest.approx(500)


def test_fact_29_the_same_seed_draws_differently() -> None:
    import keras
    import tensorflow as tf

    draws = [
        np.random.default_rng(0).standard_normal(5),
        tf.random.stateless_normal([5], seed=[0, 0]).numpy(),
        np.asarray(keras.random.normal([5], seed=0)),
    ]
    for other in draws[1:]:
        assert np.abs(other - draws[0]).max() > 0.01


def test_fact_30_keras_defaults() -> None:
    """Dense 的預設：Glorot 均勻、偏置 0、float32；我們的初始值同一個分布，但預設 float64。"""
    import keras

    layer = keras.layers.Dense(300)
    layer.build((None, 200))
    weight, bias = (np.asarray(w) for w in layer.get_weights())
    ours = Network(200, 150, (), 1).initialize(np.random.default_rng(0))
    limit = np.sqrt(6 / 500)
    for sample in (weight.ravel(), ours[: 200 * 300]):
        assert np.abs(sample).max() == pytest.approx(limit, rel=1e-3)
        assert sample.var() == pytest.approx(limit**2 / 3, rel=0.02)
    assert weight.dtype == "float32" and ours.dtype == "float64"
    assert not bias.any() and not ours[200 * 300 : 201 * 300].any()
