"""自動微分的引擎：把損失照式子寫下來，梯度交給 autograd（第 8 章）。

autograd 每遇到一個運算就記一筆帳，網路小的時候記帳比計算還貴。所以每一種層寫成一個基本運算（primitive），
導數（vjp）寫在它的下面；``_negative_elbo`` 仍然只是損失的定義，沒有一行反向的程式。
"""

from itertools import accumulate, pairwise
from typing import NamedTuple

import autograd.numpy as anp
import numpy as np
from autograd import value_and_grad
from autograd.extend import SparseObject, defvjp, defvjp_argnums, primitive, vspace
from autograd.tracer import getval
from numpy.typing import NDArray

from .. import gaussian, objective
from ..gaussian import LOG_2PI
from ..likelihood import Gaussian, Likelihood
from ..network import Network
from ..objective import Loss
from . import layers


class Engine:
    """autograd 引擎：``_negative_elbo`` 就是損失的定義。"""

    def __init__(self, network: Network, likelihood: Likelihood, kl: str, free_bits: float = 0.0) -> None:
        self.network, self.likelihood, self.kl, self.free_bits = network, likelihood, kl, free_bits
        self.places = _places(network.encoder_shapes + network.decoder_shapes)

    def loss_and_gradient(
        self, parameters: NDArray, x: NDArray, noise: NDArray, beta: float
    ) -> tuple[Loss, NDArray]:
        """一批資料的損失與梯度；x 是 (N, D)，noise 是 (N, d)。"""
        losses: list[Loss] = []
        _, gradient = value_and_grad(self._negative_elbo)(parameters, x, noise, beta, losses)
        return losses[0], gradient

    def _negative_elbo(self, theta, x, noise, beta, losses):
        x, depth = np.asfortranarray(x), len(self.network.encoder_shapes)
        code = _perceptron(x, theta, self.places[:depth])
        z = sample(code, noise)
        output = _perceptron(z, theta, self.places[depth:])
        log_likelihood = self._log_prob(x, output, theta)
        return negative_elbo(log_likelihood, self._kl(code, z, noise), beta, self.free_bits, losses)

    def _kl(self, code, z, noise):
        """三種形式的 KL，每個維度一個值。"""
        if self.kl == "closed_form":
            return closed_form_kl(code)
        log_var = code[:, self.network.latent_dim :]
        if self.kl == "path_derivative":
            return path_kl(z, getval(log_var), noise)
        return 0.5 * (z**2 - noise**2 - log_var)

    def _log_prob(self, x, output, theta):
        """log p(x|z)，每列一個值。"""
        if not isinstance(self.likelihood, Gaussian):
            return log_prob(output, x, self.likelihood)
        log_var = self.likelihood.log_var(theta[self.places[-1].stop :])
        return -0.5 * anp.sum(LOG_2PI + log_var + (x - output) ** 2 * anp.exp(-log_var), axis=1)


class Place(NamedTuple):
    """一層的矩陣 [W; b] 在平坦向量裡的位置。"""

    start: int
    stop: int
    shape: tuple[int, int]

    def of(self, flat: NDArray) -> NDArray:
        return flat[self.start : self.stop].reshape(self.shape)


def _places(shapes: list[tuple[int, int]]) -> list[Place]:
    ends = [0, *accumulate(rows * columns for rows, columns in shapes)]
    return [Place(start, stop, shape) for (start, stop), shape in zip(pairwise(ends), shapes, strict=True)]


def _perceptron(a, theta, places):
    """一層一層：隱藏層套 ReLU，最後一層不套。"""
    for place in places[:-1]:
        a = dense(a, theta, place, relu=True)
    return dense(a, theta, places[-1], relu=False)


@primitive
def dense(a, theta, place, relu):
    """全連接層 a W + b，隱藏層再套 max(·, 0)；[W; b] 是平坦向量 theta 裡 ``place`` 那一段。

    ``order="F"`` 只管記憶體怎麼排：照欄排，BLAS 就不必走慢的那一種轉置（見 ``layers.Dense``）。
    """
    layer = place.of(theta)
    y = np.matmul(a, layer[:-1], order="F")
    y += layer[-1]
    return np.maximum(y, 0, out=y) if relu else y


def _dense_vjp(argnums, y, args, kwargs):
    """∂L/∂a = d_y Wᵀ，∂L/∂W = aᵀ d_y，∂L/∂b = Σ_列 d_y；有 ReLU 時，先把 d_y 乘上 1[y > 0]。"""
    a, theta, place = args

    def vjp(d_y):
        if kwargs["relu"]:
            d_y = d_y * (y > 0)

        def add_to(flat):
            d_layer = place.of(flat)
            d_layer[:-1] += a.T @ d_y
            d_layer[-1] += d_y.sum(axis=0)
            return flat

        # theta 的其他位置，導數都是 0：SparseObject 讓 autograd 只加到這一段。
        d_theta = SparseObject(vspace(theta), add_to)
        if 0 not in argnums:
            return (d_theta,)
        return np.matmul(d_y, place.of(theta)[:-1].T, order="F"), d_theta

    return vjp


defvjp_argnums(dense, _dense_vjp)


@primitive
def sample(code, noise):
    """code = [μ, log σ²]，z = μ + σ ε；∂z/∂μ = 1，∂z/∂log σ² = σ ε / 2。"""
    mean, log_var = np.split(code, 2, axis=1)
    return gaussian.reparameterize(mean, log_var, noise)


def _sample_vjp(z, code, noise):
    log_var = np.split(code, 2, axis=1)[1]
    return lambda d_z: np.hstack([d_z, d_z * (0.5 * np.exp(0.5 * log_var) * noise)])


defvjp(sample, _sample_vjp)


@primitive
def closed_form_kl(code):
    """code = [μ, log σ²]，½(μ² + σ² − 1 − log σ²)；∂/∂μ = μ，∂/∂log σ² = (σ² − 1)/2。"""
    return gaussian.kl_per_unit(*np.split(code, 2, axis=1))


def _closed_form_kl_vjp(kl, code):
    mean, log_var = np.split(code, 2, axis=1)
    return lambda d_kl: np.hstack([d_kl * mean, d_kl * (0.5 * np.expm1(log_var))])


defvjp(closed_form_kl, _closed_form_kl_vjp)


@primitive
def path_kl(z, log_var, noise):
    """單點抽樣的 KL，只對 z 求導：∂/∂z = z − ε/σ。"""
    return gaussian.kl_from_noise(z, log_var, noise)


defvjp(
    path_kl,
    lambda kl, z, log_var, noise: lambda d_kl: d_kl * layers.path_derivative(z, log_var, noise),
    argnums=(0,),
)


@primitive
def log_prob(output, x, likelihood):
    """log p(x|z)，每列一個值；導數就是概似自己的 ``gradient``。"""
    return likelihood.log_prob(x, output)


defvjp(
    log_prob,
    lambda value, output, x, likelihood: lambda d: d[:, np.newaxis] * likelihood.gradient(x, output)[0],
    argnums=(0,),
)


@primitive
def negative_elbo(log_likelihood, kl, beta, free_bits, losses):
    """−(log p 的平均) + β Σ_j max(λ, KL_j 的平均)；各項的值順便記在 ``losses``。"""
    losses.append(objective.loss(log_likelihood, kl, beta, free_bits))
    return losses[-1].total


def _counted(kl, free_bits):
    """超過 free bits 的維度才有梯度。"""
    return kl.mean(axis=0) > free_bits if free_bits else True


defvjp(
    negative_elbo,
    lambda loss, log_likelihood, *_: lambda d: np.full_like(log_likelihood, -d / len(log_likelihood)),
    lambda loss, log_likelihood, kl, beta, free_bits, _: lambda d: (
        np.full_like(kl, d * beta / len(kl)) * _counted(kl, free_bits)
    ),
)
