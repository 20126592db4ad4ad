"""自動微分的引擎：把損失照式子寫下來，梯度交給 autograd（第 8 章）。

autograd 每遇到一個運算就記一筆帳，網路小的時候記帳比計算還貴。所以每一種層寫成一個基本運算（primitive），
導數（vjp）寫在它的下面；``_negative_elbo`` 仍然只是損失的定義，沒有一行反向的程式。
"""

from itertools import starmap
from typing import NamedTuple

import autograd.numpy as anp
import numpy as np
from autograd import value_and_grad
from autograd.extend import defvjp, defvjp_argnums, primitive
from autograd.tracer import getval
from numpy.typing import NDArray

from .. import gaussian, objective
from ..gaussian import LOG_2PI
from ..likelihood import Gaussian, Likelihood
from ..network import Network
from ..objective import Loss
from . import layers


class Layer(NamedTuple):
    """一層的矩陣 [W; b] 與它的梯度，都是平坦向量的檢視。"""

    matrix: NDArray
    gradient: NDArray


class Engine:
    """autograd 引擎：``_negative_elbo`` 就是損失的定義。

    autograd 從 ``noise_log_var``（概似自己的參數，可以是空的）開始記帳；各層的梯度由 ``dense`` 的 vjp
    直接寫進同一條平坦的向量，下一次呼叫就會蓋掉。
    """

    def __init__(self, network: Network, likelihood: Likelihood, kl: str, free_bits: float = 0.0) -> None:
        self.network, self.likelihood, self.kl, self.free_bits = network, likelihood, kl, free_bits
        self.parameters = self.gradient = np.empty(0)
        self.value_and_gradient = value_and_grad(self._negative_elbo)

    def loss_and_gradient(
        self, parameters: NDArray, x: NDArray, noise: NDArray, beta: float
    ) -> tuple[Loss, NDArray]:
        """一批資料的損失與梯度；x 是 (N, D)，noise 是 (N, d)。"""
        if parameters is not self.parameters:
            self._attach(parameters)
        losses: list[Loss] = []
        _, d_noise_log_var = self.value_and_gradient(self.noise_log_var, _append_one(x), noise, beta, losses)
        self.d_noise_log_var[:] = d_noise_log_var
        return losses[0], self.gradient

    def _attach(self, parameters: NDArray) -> None:
        """各層指向這一條參數向量，梯度另有一條。"""
        self.parameters, self.gradient = parameters, np.zeros_like(parameters)
        theta, d_theta = self.network.views(parameters), self.network.views(self.gradient)
        self.encoder = list(starmap(Layer, zip(theta.encoder, d_theta.encoder, strict=True)))
        self.decoder = list(starmap(Layer, zip(theta.decoder, d_theta.decoder, strict=True)))
        self.noise_log_var, self.d_noise_log_var = theta.noise_log_var, d_theta.noise_log_var

    def _negative_elbo(self, noise_log_var, x_and_one, noise, beta, losses):
        code = _perceptron(x_and_one, self.encoder, start=noise_log_var)  # [μ, log σ²]
        z = sample(code, noise)
        output = _perceptron(z, self.decoder)
        log_likelihood = self._log_prob(x_and_one[:, :-1], output, noise_log_var)
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

    def _log_prob(self, x, output, noise_log_var):
        """log p(x|z)，每列一個值。"""
        if not isinstance(self.likelihood, Gaussian):
            return log_prob(output, x, self.likelihood)
        log_var = self.likelihood.log_var(noise_log_var)
        return -0.5 * anp.sum(LOG_2PI + log_var + (x - output) ** 2 * anp.exp(-log_var), axis=1)


def _perceptron(a, layers, start=None):
    """一層一層：隱藏層套 ReLU，最後一層不套。

    autograd 只記「由自變數算出來的」運算，資料 x 不是；所以第一層掛上一個自變數 ``start``，由它開始記。
    """
    for layer in layers[:-1]:
        a, start = dense(a, start, layer, relu=True), None
    return dense(a, start, layers[-1], relu=False)


@primitive
def dense(a, start, layer, relu):
    """全連接層 y = a W + b = [a 1][W; b]；隱藏層再套 ReLU，並替下一層補好那一欄 1：傳回 [max(y, 0) 1]。

    偏置跟著矩陣乘法一起算，做法與記憶體的排法（``order="F"``）都和 ``layers.Dense`` 相同。
    """
    y = np.matmul(_with_one(a, layer), layer.matrix, order="F")
    return _append_one(np.maximum(y, 0, out=y)) if relu else y


def _dense_vjp(argnums, y, args, kwargs):
    """∂L/∂[W; b] = [a 1]ᵀ d_y，寫進 ``layer.gradient``；∂L/∂a = d_y Wᵀ。隱藏層的 d_y 先乘上 1[y > 0]。"""
    a, start, layer = args

    def vjp(d_y):
        if kwargs["relu"]:
            d_y = d_y[:, :-1] * (y[:, :-1] > 0)
        # 每一層在損失裡只用一次，所以直接寫進去；同一層若用兩次，這裡要改成累加。
        np.matmul(_with_one(a, layer).T, d_y, out=layer.gradient)
        if argnums[0] == 0:
            return (np.matmul(d_y, layer.matrix[: a.shape[1]].T, order="F"),)
        return (np.zeros_like(start),)

    return vjp


defvjp_argnums(dense, _dense_vjp)


def _with_one(a, layer):
    """[a 1]；前一層已經補好就不必再補。"""
    return a if a.shape[1] == len(layer.matrix) else _append_one(a)


def _append_one(a):
    a_and_one = np.empty((len(a), a.shape[1] + 1), a.dtype, order="F")
    a_and_one[:, :-1], a_and_one[:, -1] = a, 1
    return a_and_one


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


def _negative_elbo_vjp_kl(loss, log_likelihood, kl, beta, free_bits, losses):
    """每個維度 β/N；沒有超過 free bits 的維度是 0。"""
    counted = kl.mean(axis=0) > free_bits if free_bits else 1
    return lambda d: np.full_like(kl, d * beta / len(kl) * counted)


defvjp(
    negative_elbo,
    lambda loss, log_likelihood, *_: lambda d: np.full_like(log_likelihood, -d / len(log_likelihood)),
    _negative_elbo_vjp_kl,
)
