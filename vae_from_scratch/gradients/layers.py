"""每一種層的前向與手推的梯度，兩兩並排（第 8 章推導）。

前向寫在上、反向寫在下；``d_y`` 一律表示 ∂L/∂y，形狀與 y 相同。
"""

import numpy as np
from numpy.typing import NDArray

from ..gaussian import kl_per_unit


def dense_forward(a: NDArray, layer: NDArray) -> NDArray:
    """y = a W + b；``layer`` 的上面幾列是 W，最後一列是 b。"""
    return a @ layer[:-1] + layer[-1]


def dense_backward(a: NDArray, layer: NDArray, d_y: NDArray, d_layer: NDArray) -> NDArray:
    """∂L/∂W = aᵀ d_y，∂L/∂b = Σ_列 d_y（兩者寫進 ``d_layer``）；傳回 ∂L/∂a = d_y Wᵀ。"""
    np.matmul(a.T, d_y, out=d_layer[:-1])
    np.sum(d_y, axis=0, out=d_layer[-1])
    return d_y @ layer[:-1].T


def relu_forward(y: NDArray) -> NDArray:
    """a = max(y, 0)，就地。"""
    return np.maximum(y, 0, out=y)


def relu_backward(a: NDArray, d_a: NDArray) -> NDArray:
    """∂L/∂y = d_a · 1[a > 0]；在 0 的導數取 0，就地。"""
    return np.multiply(d_a, a > 0, out=d_a)


def sample_forward(mean: NDArray, log_var: NDArray, noise: NDArray) -> tuple[NDArray, NDArray]:
    """σ = e^(log σ²/2)，z = μ + σ ε；把 σ ε 一併傳回，反向時要用。"""
    scaled_noise = np.exp(0.5 * log_var) * noise
    return mean + scaled_noise, scaled_noise


def sample_backward(d_z: NDArray, scaled_noise: NDArray) -> tuple[NDArray, NDArray]:
    """∂z/∂μ = 1，∂z/∂log σ² = σ ε / 2。"""
    return d_z, 0.5 * d_z * scaled_noise


def closed_form_kl(mean: NDArray, log_var: NDArray) -> NDArray:
    """½(μ² + σ² − 1 − log σ²)，每個維度一個值。"""
    return kl_per_unit(mean, log_var)


def closed_form_kl_backward(mean: NDArray, log_var: NDArray) -> tuple[NDArray, NDArray]:
    """∂/∂μ = μ，∂/∂log σ² = (σ² − 1)/2。"""
    return mean, 0.5 * np.expm1(log_var)


def sampled_kl(z: NDArray, log_var: NDArray, noise: NDArray) -> NDArray:
    """log q(z) − log p(z) = ½(z² − ε² − log σ²)；因為 (z − μ)/σ 就是 ε。"""
    return 0.5 * (z**2 - noise**2 - log_var)


def sampled_kl_backward(z: NDArray, scaled_noise: NDArray) -> tuple[NDArray, NDArray]:
    """∂/∂μ = z，∂/∂log σ² = (z σ ε − 1)/2。"""
    return z, 0.5 * (z * scaled_noise - 1)


def path_kl_backward(
    z: NDArray, log_var: NDArray, noise: NDArray, scaled_noise: NDArray
) -> tuple[NDArray, NDArray]:
    """只留經過 z 的路徑：d_z = z − ε/σ，再走 sample_backward。出處：Roeder et al. (2017)。"""
    return sample_backward(z - noise * np.exp(-0.5 * log_var), scaled_noise)
