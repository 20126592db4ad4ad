"""TensorFlow 的兩種寫法：一步一個 ``tf.function``，以及一個訓練週期編譯成一個 XLA 程式。"""

from typing import Any

import numpy as np
import tensorflow as tf

from ..problem import LATENT_DIM, LEARNING_RATE, Problem

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-7


class _Model:
    """權重、偏置與 Adam 的動差，都是 ``tf.Variable``。"""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.rng, self.x = problem, problem.rng(), tf.constant(problem.x)
        encoder, decoder = problem.initial_layers()
        self.encoder = [tf.Variable(array) for layer in encoder for array in layer]
        self.decoder = [tf.Variable(array) for layer in decoder for array in layer]
        self.variables = self.encoder + self.decoder
        self.m = [tf.Variable(tf.zeros_like(variable)) for variable in self.variables]
        self.v = [tf.Variable(tf.zeros_like(variable)) for variable in self.variables]
        self.step_count = tf.Variable(0.0)

    def negative_elbo(self, x: Any, noise: Any) -> Any:
        mean, log_var = tf.split(_perceptron(self.encoder, x), 2, axis=1)
        output = _perceptron(self.decoder, mean + tf.exp(0.5 * log_var) * noise)
        cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits(x, output)
        kl = 0.5 * tf.reduce_sum(mean**2 + tf.math.expm1(log_var) - log_var, axis=1)
        return tf.reduce_mean(tf.reduce_sum(cross_entropy, axis=1) + kl)

    def gradient(self, x: Any, noise: Any) -> tuple[Any, list[Any]]:
        with tf.GradientTape() as tape:
            loss = self.negative_elbo(x, noise)
        return loss, tape.gradient(loss, self.variables)


class Stepped(_Model):
    """每一步呼叫一次編譯好的圖；Adam 用 TensorFlow 自己的融合運算。"""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.step = tf.function(self._step, reduce_retracing=True)

    def epoch(self) -> float:
        """走一個訓練週期，傳回每列的平均損失。"""
        order, noise = self.problem.draw(self.rng)
        size, total = self.problem.batch_size, 0.0
        sizes = [size] * self.problem.n_full_steps + [len(order) % size] * (len(order) % size > 0)
        batches = zip(tf.split(tf.gather(self.x, order), sizes), tf.split(noise, sizes), strict=True)
        for x, epsilon in batches:
            total += float(self.step(x, epsilon)) * len(x)
        return total / len(order)

    def _step(self, x: Any, noise: Any) -> Any:
        loss, gradients = self.gradient(x, noise)
        self.step_count.assign_add(1.0)
        power1, power2 = BETA1**self.step_count, BETA2**self.step_count
        for variable, m, v, g in zip(self.variables, self.m, self.v, gradients, strict=True):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle, m=m.handle, v=v.handle, beta1_power=power1, beta2_power=power2,
                lr=LEARNING_RATE, beta1=BETA1, beta2=BETA2, epsilon=EPSILON, grad=g,
            )  # fmt: skip
        return loss


class WholeEpoch(_Model):
    """一個訓練週期的迴圈也在圖裡，整個交給 XLA 編譯；最後一批（列數不同）另走一步。"""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.loop = tf.function(self._loop, jit_compile=True)
        self.last = tf.function(self._step, jit_compile=True)

    def epoch(self) -> float:
        """走一個訓練週期，傳回每列的平均損失。"""
        order, noise = self.problem.draw(self.rng)
        full, size = self.problem.n_full_steps, self.problem.batch_size
        index = order[: full * size].reshape(full, size).astype(np.int32)
        epsilon = noise[: full * size].reshape(full, size, LATENT_DIM)
        total = float(self.loop(tf.constant(index), tf.constant(epsilon))) * size
        if full * size < len(order):
            rest = tf.gather(self.x, order[full * size :])
            total += float(self.last(rest, tf.constant(noise[full * size :]))) * len(rest)
        return total / len(order)

    def _loop(self, index: Any, noise: Any) -> Any:
        total = tf.constant(0.0)
        for i in tf.range(self.problem.n_full_steps):
            total += self._step(tf.gather(self.x, index[i]), noise[i])
        return total

    def _step(self, x: Any, noise: Any) -> Any:
        loss, gradients = self.gradient(x, noise)
        self.step_count.assign_add(1.0)
        correction1, correction2 = 1 - BETA1**self.step_count, 1 - BETA2**self.step_count
        for variable, m, v, g in zip(self.variables, self.m, self.v, gradients, strict=True):
            m.assign(BETA1 * m + (1 - BETA1) * g)
            v.assign(BETA2 * v + (1 - BETA2) * g * g)
            variable.assign_sub(LEARNING_RATE * (m / correction1) / (tf.sqrt(v / correction2) + EPSILON))
        return loss


def _perceptron(variables: list[Any], h: Any) -> Any:
    pairs = list(zip(variables[::2], variables[1::2], strict=True))
    for weight, bias in pairs[:-1]:
        h = tf.nn.relu(tf.matmul(h, weight) + bias)
    return tf.matmul(h, pairs[-1][0]) + pairs[-1][1]
