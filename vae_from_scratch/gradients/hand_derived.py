"""手推的反向傳播：前向一層一層走過去，反向再一層一層走回來（第 8 章）。"""

import numpy as np
from numpy.typing import NDArray

from .. import gaussian, objective
from ..likelihood import Likelihood
from ..network import Network
from ..objective import Loss
from . import layers


class Engine:
    """NumPy 引擎；梯度寫進同一條預先配置好的平坦向量，下一次呼叫就會蓋掉。"""

    def __init__(self, network: Network, likelihood: Likelihood, kl: str, free_bits: float = 0.0) -> None:
        self.network, self.likelihood, self.kl, self.free_bits = network, likelihood, kl, free_bits
        self.buffers: dict[int, Buffers] = {}
        self.parameters = self.gradient = np.empty(0)

    def loss_and_gradient(
        self, parameters: NDArray, x: NDArray, noise: NDArray, beta: float
    ) -> tuple[Loss, NDArray]:
        """一批資料的損失與梯度；x 是 (N, D)，noise 是 (N, d)。"""
        net, n_rows = self._buffers_for(parameters, len(x)), len(x)

        net.x[:] = x
        net.encoder.forward()
        z, scaled_noise = layers.sample_forward(net.mean, net.log_var, noise)
        net.decoder.input[:] = z
        output = net.decoder.forward()
        log_likelihood = self.likelihood.log_prob(net.x, output, net.noise_log_var)
        kl, (d_mean_of_kl, d_log_var_of_kl) = self._kl(net.mean, net.log_var, z, noise, scaled_noise)
        loss = objective.loss(log_likelihood, kl, beta, self.free_bits)

        d_output, d_noise_log_var = self.likelihood.gradient(net.x, output, net.noise_log_var)
        np.divide(d_noise_log_var, -n_rows, out=net.d_noise_log_var)
        d_output *= -1 / n_rows
        d_z = net.decoder.backward_input(net.decoder.backward(d_output))
        d_mean, d_log_var = layers.sample_backward(d_z, scaled_noise)
        weight = beta / n_rows * (loss.kl_per_unit > self.free_bits if self.free_bits else 1.0)
        np.add(d_mean, weight * d_mean_of_kl, out=net.d_mean)
        np.add(d_log_var, weight * d_log_var_of_kl, out=net.d_log_var)
        net.encoder.backward(net.d_code)
        return loss, self.gradient

    def _kl(
        self, mean: NDArray, log_var: NDArray, z: NDArray, noise: NDArray, scaled_noise: NDArray
    ) -> tuple[NDArray, tuple[NDArray, NDArray]]:
        """KL 的值（每個維度一個）與它對 μ、log σ² 的梯度。"""
        if self.kl == "closed_form":
            return gaussian.kl_per_unit(mean, log_var), layers.kl_per_unit_backward(mean, log_var)
        value = gaussian.kl_from_noise(z, log_var, noise)
        if self.kl == "single_sample":
            return value, layers.kl_from_noise_backward(z, scaled_noise)
        return value, layers.sample_backward(layers.path_derivative(z, log_var, noise), scaled_noise)

    def _buffers_for(self, parameters: NDArray, n_rows: int) -> "Buffers":
        """同一條參數向量、同樣的列數用同一組緩衝區；最後一批比較小，所以通常有兩組。"""
        if parameters is not self.parameters:
            self.parameters, self.gradient = parameters, np.zeros_like(parameters)
            self.buffers.clear()
        if n_rows not in self.buffers:
            self.buffers[n_rows] = Buffers(self.network, self.parameters, self.gradient, n_rows)
        return self.buffers[n_rows]


class Buffers:
    """一批 ``n_rows`` 列在網路裡走一趟要用的層；各層的矩陣與梯度都是平坦向量的檢視。"""

    def __init__(self, network: Network, parameters: NDArray, gradient: NDArray, n_rows: int) -> None:
        theta, d_theta = network.views(parameters), network.views(gradient)
        self.encoder = layers.Perceptron(theta.encoder, d_theta.encoder, n_rows)
        self.decoder = layers.Perceptron(theta.decoder, d_theta.decoder, n_rows)
        self.noise_log_var, self.d_noise_log_var = theta.noise_log_var, d_theta.noise_log_var
        self.x, code = self.encoder.input, self.encoder.dense[-1].y
        self.mean, self.log_var = np.split(code, 2, axis=1)
        self.d_code = np.empty_like(code)
        self.d_mean, self.d_log_var = np.split(self.d_code, 2, axis=1)
