"""TensorFlow 寫法的 Adam 與訓練步驟：參數、動差、常數全部是 float64 的 ``tf.Variable``（第 9 章）。

為什麼不用 ``keras.optimizers.Adam``：它的學習率與 β 是 float32，float64 的模型走 100 步就差出百分之一。
"""

import numpy as np
from numpy.typing import NDArray

from .with_tensorflow import Engine, tf


class Adam:
    """Adam；``epsilon_convention`` 與 NumPy 版同義：ε 在偏誤修正之後（``"paper"``）或之前（``"keras"``）。"""

    def __init__(
        self,
        variables: list[tf.Variable],
        learning_rate: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-7,
        epsilon_convention: str = "paper",
    ) -> None:
        self.variables, self.convention = variables, epsilon_convention
        dtype = variables[0].dtype
        constants = (learning_rate, beta1, beta2, epsilon)
        self.learning_rate, self.beta1, self.beta2, self.epsilon = (tf.constant(c, dtype) for c in constants)
        self.step = tf.Variable(0, dtype=dtype)
        self.first = [tf.Variable(tf.zeros_like(variable)) for variable in variables]
        self.second = [tf.Variable(tf.zeros_like(variable)) for variable in variables]

    def apply(self, gradients: list[tf.Tensor]) -> None:
        """走一步。"""
        self.step.assign_add(1)
        correction1, correction2 = 1 - self.beta1**self.step, 1 - self.beta2**self.step
        for variable, gradient, m, v in zip(self.variables, gradients, self.first, self.second, strict=True):
            m.assign(self.beta1 * m + (1 - self.beta1) * gradient)
            v.assign(self.beta2 * v + (1 - self.beta2) * tf.square(gradient))
            if self.convention == "paper":
                change = m / correction1 / (tf.sqrt(v / correction2) + self.epsilon)
            else:
                change = m * tf.sqrt(correction2) / correction1 / (tf.sqrt(v) + self.epsilon)
            variable.assign_sub(self.learning_rate * change)


class Trainer:
    """整個訓練都在 TensorFlow 裡：引擎的變數、梯度帶、上面的 Adam；NumPy 只送進批次與雜訊。"""

    def __init__(self, engine: Engine, parameters: NDArray, beta: float, **adam: float | str) -> None:
        engine.assign(parameters)
        self.engine, self.adam = engine, Adam(engine.variables, **adam)  # type: ignore[arg-type]
        self.beta = tf.constant(beta, parameters.dtype)
        self._compiled = tf.function(self._step, reduce_retracing=True)

    def step(self, x: NDArray, noise: NDArray) -> None:
        """走一步；x 是 (N, D)，noise 是 (N, d)。"""
        self._compiled(tf.constant(x), tf.constant(noise))

    def _step(self, x: tf.Tensor, noise: tf.Tensor) -> None:
        self.adam.apply(self.engine.step(x, noise, self.beta)[-1])

    def parameters(self) -> NDArray:
        """目前的參數，接回平坦的向量。"""
        return np.concatenate([np.ravel(variable.numpy()) for variable in self.engine.variables])
