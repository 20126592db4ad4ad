"""TensorFlow 的對照：照 TensorFlow 使用者的寫法獨立寫成，不用本套件的任何數學函數（第 9 章）。"""

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..likelihood import Bernoulli, Categorical, Likelihood, Mixed
from ..network import Network
from ..objective import Loss
from .quiet import silent_stderr

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # 編譯計算圖時的紀錄：只留錯誤
with silent_stderr():
    import tensorflow as tf


class Engine:
    """TensorFlow 引擎：每層一個權重、一個偏置的 ``tf.Variable``，梯度來自 ``tf.GradientTape``。"""

    def __init__(self, network: Network, likelihood: Likelihood, kl: str, free_bits: float = 0.0) -> None:
        self.network, self.likelihood, self.kl, self.free_bits = network, likelihood, kl, free_bits
        self.variables: list[tf.Variable] = []
        self._compiled = tf.function(self.step, reduce_retracing=True)

    def loss_and_gradient(
        self, parameters: NDArray, x: NDArray, noise: NDArray, beta: float
    ) -> tuple[Loss, NDArray]:
        """一批資料的損失與梯度；參數由平坦向量注入變數，梯度再接回平坦向量。"""
        self.assign(parameters)
        dtype = parameters.dtype
        arrays = [tf.constant(a, dtype) for a in (x, noise, beta)]
        total, reconstruction, kl_per_unit, gradients = self._compiled(*arrays)
        flat = np.concatenate([np.ravel(g.numpy()) for g in gradients])
        return Loss(float(total), float(reconstruction), kl_per_unit.numpy()), flat

    def assign(self, parameters: NDArray) -> None:
        """平坦向量注入各個變數。"""
        pieces = self._split(parameters)
        if not self.variables:
            with silent_stderr():  # 第一個變數出現時，TensorFlow 才啟動，又印一次
                self.variables = [tf.Variable(piece) for piece in pieces]
        for variable, piece in zip(self.variables, pieces, strict=True):
            variable.assign(piece)

    def _split(self, parameters: NDArray) -> list[NDArray]:
        """平坦向量 → [W1, b1, W2, b2, …, log s²]。"""
        views = self.network.views(parameters)
        pieces = [piece for layer in views.encoder + views.decoder for piece in (layer[:-1], layer[-1])]
        return pieces + ([views.noise_log_var] if self.network.n_noise else [])

    def step(self, x: tf.Tensor, noise: tf.Tensor, beta: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """一步的計算圖：損失、重建、每個維度的 KL、每個變數的梯度。"""
        with tf.GradientTape() as tape:
            log_likelihood, kl = self._forward(x, noise)
            reconstruction = -tf.reduce_mean(log_likelihood)
            per_unit = tf.reduce_mean(kl, axis=0)
            penalty = self._with_free_bits(per_unit) if self.free_bits else per_unit
            total = reconstruction + beta * tf.reduce_sum(penalty)
        return total, reconstruction, per_unit, tape.gradient(total, self.variables)

    def _with_free_bits(self, per_unit: tf.Tensor) -> tf.Tensor:
        floor = tf.constant(self.free_bits, per_unit.dtype)  # tf.cast(0.2, tf.float64) 會先捨入成 float32
        return tf.where(per_unit > floor, per_unit, floor)

    def _forward(self, x: tf.Tensor, noise: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        n_encoder = 2 * len(self.network.encoder_shapes)
        n_all = n_encoder + 2 * len(self.network.decoder_shapes)
        mean, log_var = tf.split(self._perceptron(x, self.variables[:n_encoder]), 2, axis=1)
        z = mean + tf.exp(log_var / 2) * noise
        output = self._perceptron(z, self.variables[n_encoder:n_all])
        return self._log_likelihood(x, output), self._kl(z, noise, mean, log_var)

    @staticmethod
    def _perceptron(h: tf.Tensor, variables: list[tf.Variable]) -> tf.Tensor:
        pairs = list(zip(variables[::2], variables[1::2], strict=True))
        for weight, bias in pairs[:-1]:
            h = tf.nn.relu(tf.nn.bias_add(tf.matmul(h, weight), bias))
        return tf.nn.bias_add(tf.matmul(h, pairs[-1][0]), pairs[-1][1])

    def _kl(self, z: tf.Tensor, noise: tf.Tensor, mean: tf.Tensor, log_var: tf.Tensor) -> tf.Tensor:
        if self.kl == "closed_form":
            return (tf.square(mean) + tf.math.expm1(log_var) - log_var) / 2
        log_q = _normal_log_prob(noise, 0.0) - log_var / 2  # z 的密度：ε 的密度除以 σ
        if self.kl == "path_derivative":  # log q 只准經過 z 求導：它對 z 的斜率是 −ε/σ
            score = tf.stop_gradient(-noise / tf.exp(log_var / 2))
            log_q = tf.stop_gradient(log_q) + score * (z - tf.stop_gradient(z))
        return log_q - _normal_log_prob(z, 0.0)

    def _log_likelihood(self, x: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
        if isinstance(self.likelihood, Bernoulli):
            return -tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(x, output), axis=1)
        if isinstance(self.likelihood, Categorical):
            return _levels_log_prob(x, output, self.likelihood.groups)
        if isinstance(self.likelihood, Mixed):
            return self._mixed_log_likelihood(self.likelihood, x, output)
        if self.network.n_noise:
            log_var = self.variables[-1]
        else:
            log_var = tf.math.log(tf.constant(float(self.likelihood.variance), x.dtype))  # type: ignore[attr-defined]
        standardized = (x - output) / tf.exp(log_var / 2)
        return tf.reduce_sum(_normal_log_prob(standardized, log_var), axis=1)

    def _mixed_log_likelihood(self, mixed: Mixed, x: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
        n_levels, n_numbers = sum(mixed.groups), mixed.n_numbers
        levels, numbers, observed = tf.split(x, [n_levels, n_numbers, n_numbers], axis=1)
        logits, means = tf.split(output, [n_levels, n_numbers], axis=1)
        variance = tf.exp(self.variables[-1]) + tf.constant(mixed.floor, x.dtype)
        log_prob = _normal_log_prob((numbers - means) / tf.sqrt(variance), tf.math.log(variance))
        normal = tf.reduce_sum(observed * log_prob, axis=1)
        return _levels_log_prob(levels, logits, mixed.groups) + normal if mixed.groups else normal


def _levels_log_prob(x: tf.Tensor, output: tf.Tensor, groups: Sequence[int]) -> tf.Tensor:
    # softmax_cross_entropy_with_logits 的梯度假設標籤的和是 1，整組缺失時會錯，所以用 log_softmax
    parts = tf.split(output, list(groups), axis=1)
    return tf.reduce_sum(x * tf.concat([tf.nn.log_softmax(part) for part in parts], axis=1), axis=1)


def _normal_log_prob(standardized: tf.Tensor, log_var: tf.Tensor | float) -> tf.Tensor:
    log_2pi = tf.constant(1.8378770664093453, standardized.dtype)
    return -(log_2pi + log_var + tf.square(standardized)) / 2
