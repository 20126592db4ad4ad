"""Adam：與課本的式子、與 Keras 相同；兩種 epsilon 的慣例真的不同。"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vae_from_scratch.optimizer import CONVENTIONS, Adam

RATE, BETA1, BETA2 = 1e-3, 0.9, 0.999


def textbook(gradients: np.ndarray, epsilon: float, convention: str) -> np.ndarray:
    """論文的演算法 1，一個數一個數寫；Keras 的 ε 加在修正偏誤以前。"""
    theta = np.zeros(gradients.shape[1])
    m, v = theta.copy(), theta.copy()
    for t, g in enumerate(gradients, 1):
        m, v = BETA1 * m + (1 - BETA1) * g, BETA2 * v + (1 - BETA2) * g**2
        m_hat, v_hat = m / (1 - BETA1**t), v / (1 - BETA2**t)
        outside = epsilon / np.sqrt(1 - BETA2**t)  # √v̂ + ε/√(1−β₂ᵗ) = (√v + ε)/√(1−β₂ᵗ)
        theta = theta - RATE * m_hat / (np.sqrt(v_hat) + (epsilon if convention == "paper" else outside))
    return theta


def ours(gradients: np.ndarray, epsilon: float, convention: str, dtype: str = "float64") -> np.ndarray:
    theta = np.zeros(gradients.shape[1], dtype)
    adam = Adam(theta.size, RATE, BETA1, BETA2, epsilon, convention, dtype)
    for gradient in gradients.astype(dtype):
        adam.update(theta, gradient.copy())
    return theta


def sample_gradients(steps: int = 100, scale: float = 1.0) -> np.ndarray:
    """大小差一億倍、偶爾整步是 0 的梯度。"""
    rng = np.random.default_rng(0)
    gradients = scale * rng.standard_normal((steps, 12)) * 10.0 ** rng.uniform(-7, 1, 12)
    gradients[::7] = 0
    return gradients


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("epsilon", [1e-8, 1e-7, 1e-3])
def test_matches_the_paper_written_out(convention, epsilon) -> None:
    gradients = sample_gradients()
    np.testing.assert_allclose(
        ours(gradients, epsilon, convention), textbook(gradients, epsilon, convention), rtol=1e-12
    )


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_keras_follows_only_its_own_convention(convention) -> None:
    """Keras 的 Adam 與 ``"keras"`` 一致到 float32 的精度；``"paper"`` 就對不上（反例）。"""
    import keras

    gradients = sample_gradients(scale=1e-6)
    variable = keras.Variable(np.zeros(12, "float32"))
    optimizer = keras.optimizers.Adam(RATE, BETA1, BETA2, epsilon=1e-7)
    for gradient in gradients.astype("float32"):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    theirs = np.asarray(variable)
    error = np.max(np.abs(ours(gradients, 1e-7, convention, "float32") - theirs)) / np.max(np.abs(theirs))
    assert error < 1e-5 if convention == "keras" else error > 1e-2


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_tensorflow_adam_is_the_same_function(convention) -> None:
    import tensorflow as tf

    from vae_from_scratch.gradients import tensorflow_adam

    gradients = sample_gradients()
    variable = tf.Variable(np.zeros(12))
    adam = tensorflow_adam.Adam([variable], RATE, BETA1, BETA2, 1e-7, convention)
    for gradient in gradients:
        adam.apply([tf.constant(gradient)])
    np.testing.assert_allclose(variable.numpy(), textbook(gradients, 1e-7, convention), rtol=1e-12)


@given(st.floats(1e-12, 1e12), st.sampled_from(CONVENTIONS))
def test_first_step_is_the_learning_rate_whatever_the_scale(scale, convention) -> None:
    """梯度遠大於 ε 時，第一步的長度就是學習率。"""
    step = ours(np.array([[scale, -scale]]), 1e-30, convention)
    np.testing.assert_allclose(step, [-RATE, RATE], rtol=1e-9)


def test_flushing_denormals_zeroes_only_what_cannot_matter() -> None:
    adam = Adam(3, dtype="float32")
    adam.first_moment[:] = adam.second_moment[:] = [1e-38, -1e-31, 1e-20]
    adam.flush_denormals()
    np.testing.assert_array_equal(adam.first_moment, np.array([0, 0, 1e-20], "float32"))
    np.testing.assert_array_equal(adam.second_moment, np.array([0, 0, 1e-20], "float32"))


def test_unknown_convention_is_named_with_its_cure() -> None:
    with pytest.raises(ValueError, match=r"epsilon_convention.*'torch'.*paper、keras"):
        Adam(1, epsilon_convention="torch")
