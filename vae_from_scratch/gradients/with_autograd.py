"""自動微分的引擎：把損失照式子寫下來，梯度交給 autograd（第 8 章）。

autograd 每遇到一個運算就記一筆帳，網路小的時候記帳比計算還貴。所以每一種層寫成一個基本運算（primitive），
導數（vjp）寫在它的下面；``_negative_elbo`` 仍然只是損失的定義，沒有一行反向的程式。
"""

from functools import cache
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
        self.value_and_gradient = value_and_grad(self._negative_elbo)

    def loss_and_gradient(
        self, parameters: NDArray, x: NDArray, noise: NDArray, beta: float
    ) -> tuple[Loss, NDArray]:
        """一批資料的損失與梯度；x 是 (N, D)，noise 是 (N, d)。"""
        losses: list[Loss] = []
        _, gradient = self.value_and_gradient(parameters, np.asfortranarray(x), noise, beta, losses)
        return losses[0], gradient

    def _negative_elbo(self, theta, x, noise, beta, losses):
        depth = len(self.network.encoder_shapes)
        code = _perceptron(x, theta, self.places[:depth])  # [μ, log σ²]
        z = sample(code, noise)
        output = _perceptron(z, theta, self.places[depth:])
        log_likelihood = self._log_prob(x, output, theta)
        kl = self._kl(code, z, noise)
        return negative_elbo(log_likelihood, kl, beta, self.free_bits, losses)

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
    a_and_one = with_one(a)
    for place in places[:-1]:
        a_and_one = dense(a_and_one, theta, place, relu=True)
    return dense(a_and_one, theta, places[-1], relu=False)


@primitive
def with_one(a):
    """[a 1]：偏置跟著矩陣乘法一起算，做法與記憶體的排法都和 ``layers.Dense`` 相同。"""
    return _with_one(a)


defvjp(with_one, lambda a_and_one, a: lambda d: d[:, :-1])


def _with_one(a):
    a_and_one = np.empty((len(a), a.shape[1] + 1), a.dtype, order="F")
    a_and_one[:, :-1], a_and_one[:, -1] = a, 1
    return a_and_one


@primitive
def dense(a_and_one, theta, place, relu):
    """全連接層 y = a W + b = [a 1][W; b]；[W; b] 是平坦向量 theta 裡 ``place`` 那一段。

    隱藏層再套 ReLU，並且補上下一層要的那一欄 1：傳回 [max(y, 0) 1]。
    """
    y = np.matmul(a_and_one, place.of(theta), order="F")
    return _with_one(np.maximum(y, 0, out=y)) if relu else y


def _dense_vjp(argnums, y, args, kwargs):
    """∂L/∂[a 1] = d_y [W; b]ᵀ，∂L/∂[W; b] = [a 1]ᵀ d_y；隱藏層的 d_y 先乘上 1[y > 0]。"""
    a_and_one, theta, place = args

    def vjp(d_y):
        if kwargs["relu"]:
            d_y = d_y[:, :-1] * (y[:, :-1] > 0)

        def add_to(flat):
            d_layer = place.of(flat)
            d_layer += a_and_one.T @ d_y
            return flat

        # theta 的其他位置，導數都是 0：SparseObject 讓 autograd 只加到這一段。
        d_theta = SparseObject(_space(theta.size, theta.dtype), add_to)
        if 0 not in argnums:
            return (d_theta,)
        return np.matmul(d_y, place.of(theta).T, order="F"), d_theta

    return vjp


defvjp_argnums(dense, _dense_vjp)


@cache
def _space(size, dtype):
    """平坦向量的向量空間：autograd 從它拿一條全 0 的梯度開始加。"""
    return vspace(np.empty(size, dtype))


def _halves(code):
    """code = [μ, log σ²] 的兩半。"""
    d = code.shape[1] // 2
    return code[:, :d], code[:, d:]


@primitive
def sample(code, noise):
    """code = [μ, log σ²]，z = μ + σ ε；∂z/∂μ = 1，∂z/∂log σ² = σ ε / 2。"""
    mean, log_var = _halves(code)
    return gaussian.reparameterize(mean, log_var, noise)


def _sample_vjp(z, code, noise):
    _, log_var = _halves(code)
    return lambda d_z: np.hstack([d_z, d_z * (0.5 * np.exp(0.5 * log_var) * noise)])


defvjp(sample, _sample_vjp)


@primitive
def closed_form_kl(code):
    """code = [μ, log σ²]，½(μ² + σ² − 1 − log σ²)；∂/∂μ = μ，∂/∂log σ² = (σ² − 1)/2。"""
    return gaussian.kl_per_unit(*_halves(code))


def _closed_form_kl_vjp(kl, code):
    mean, log_var = _halves(code)
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
    lambda loss, log_likelihood, kl, beta, free_bits, _: (
        lambda d: np.full_like(kl, d * beta / len(kl)) * _counted(kl, free_bits)
    ),
)
