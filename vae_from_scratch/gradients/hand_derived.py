"""手推的反向傳播：前向一層一層走過去，反向再一層一層走回來（第 8 章）。"""

import numpy as np
from numpy.typing import NDArray

from .. import objective
from ..likelihood import Likelihood
from ..network import Network
from ..objective import Loss
from . import layers


class Engine:
    """NumPy 引擎；梯度寫進同一條預先配置好的平坦向量。"""

    def __init__(self, network: Network, likelihood: Likelihood, kl: str, free_bits: float = 0.0) -> None:
        self.network, self.likelihood, self.kl, self.free_bits = network, likelihood, kl, free_bits

    def loss_and_gradient(
        self, parameters: NDArray, x: NDArray, noise: NDArray, beta: float
    ) -> tuple[Loss, NDArray]:
        """一批資料的損失與梯度；x 是 (N, D)，noise 是 (N, d)。"""
        theta, gradient = self.network.views(parameters), np.empty_like(parameters)
        d_theta = self.network.views(gradient)
        d = self.network.latent_dim

        inputs = _forward(theta.encoder, x)
        mean, log_var = inputs[-1][:, :d], inputs[-1][:, d:]
        z, scaled_noise = layers.sample_forward(mean, log_var, noise)
        activations = _forward(theta.decoder, z)
        output = activations[-1]
        log_likelihood = self.likelihood.log_prob(x, output, theta.noise_log_var)
        kl, kl_backward = self._kl(mean, log_var, z, noise, scaled_noise)
        loss = objective.loss(log_likelihood, kl, beta, self.free_bits)

        d_output, d_noise_log_var = self.likelihood.gradient(x, output, theta.noise_log_var)
        d_theta.noise_log_var[:] = d_noise_log_var / -len(x)
        d_z = _backward(theta.decoder, d_theta.decoder, activations, d_output / -len(x))
        d_mean, d_log_var = layers.sample_backward(d_z, scaled_noise)
        weight = beta / len(x) * (loss.kl_per_unit > self.free_bits if self.free_bits else 1.0)
        d_code = np.hstack([d_mean + weight * kl_backward[0], d_log_var + weight * kl_backward[1]])
        _backward(theta.encoder, d_theta.encoder, inputs, d_code.astype(x.dtype, copy=False))
        return loss, gradient

    def _kl(
        self, mean: NDArray, log_var: NDArray, z: NDArray, noise: NDArray, scaled_noise: NDArray
    ) -> tuple[NDArray, tuple[NDArray, NDArray]]:
        """KL 的值（每個維度一個）與它對 μ、log σ² 的梯度。"""
        if self.kl == "closed_form":
            return layers.closed_form_kl(mean, log_var), layers.closed_form_kl_backward(mean, log_var)
        value = layers.sampled_kl(z, log_var, noise)
        if self.kl == "single_sample":
            return value, layers.sampled_kl_backward(z, scaled_noise)
        return value, layers.path_kl_backward(z, log_var, noise, scaled_noise)


def _forward(weights: list[NDArray], a: NDArray) -> list[NDArray]:
    """每一層的輸入，最後再加上輸出：反向時全都要用。"""
    values = [a]
    for layer in weights[:-1]:
        values.append(layers.relu_forward(layers.dense_forward(values[-1], layer)))
    values.append(layers.dense_forward(values[-1], weights[-1]))
    return values


def _backward(
    weights: list[NDArray], d_weights: list[NDArray], values: list[NDArray], d_y: NDArray
) -> NDArray:
    """從最後一層走回第一層；傳回損失對輸入的梯度。"""
    for i in reversed(range(len(weights))):
        d_a = layers.dense_backward(values[i], weights[i], d_y, d_weights[i])
        d_y = layers.relu_backward(values[i], d_a) if i > 0 else d_a
    return d_y
