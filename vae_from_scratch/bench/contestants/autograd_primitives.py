"""autograd＋手寫的基本運算：一種層一個基本運算（primitive），導數（vjp）寫在它的下面。

autograd 每遇到一個運算就記一筆帳，網路小的時候記帳比計算還貴；一層併成一個基本運算，帳就少了。
代價是導數又成了人寫的，不能再拿來核對別人：本書的 autograd 引擎不這樣做，差多少由這位參賽者回答。
"""

from itertools import starmap
from typing import NamedTuple

import numpy as np
from autograd import value_and_grad
from autograd.extend import defvjp, defvjp_argnums, primitive
from numpy.typing import NDArray

from ...likelihood import Likelihood
from ...network import Network
from ...objective import Loss
from .ours import Trained


class Primitives(Trained):
    """同一個訓練迴圈與 Adam，換上這裡的引擎。"""

    def _engine(self, network: Network, likelihood: Likelihood) -> "Engine":
        return Engine(network)


class Layer(NamedTuple):
    """一層的矩陣 [W; b] 與它的梯度，都是平坦向量的檢視。"""

    matrix: NDArray
    gradient: NDArray


class Engine:
    """伯努利概似、封閉形式的 KL；各層的梯度由 ``dense`` 的 vjp 直接寫進同一條平坦的向量。"""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.parameters = self.gradient = np.empty(0)

    def loss_and_gradient(
        self, parameters: NDArray, x: NDArray, noise: NDArray, beta: float
    ) -> tuple[Loss, NDArray]:
        """一批資料的損失與梯度；x 是 (N, D)，noise 是 (N, d)。"""
        if parameters is not self.parameters:
            self._attach(parameters)
        parts: list[NDArray] = []
        # autograd 從自變數開始記帳，資料 x 不是；所以替第一層掛上一個空的自變數。
        total, _ = value_and_grad(self._negative_elbo)(np.empty(0, x.dtype), x, noise, beta, parts)
        return Loss(float(total), float(-parts[0].mean()), parts[1].mean(axis=0)), self.gradient

    def _attach(self, parameters: NDArray) -> None:
        """各層指向這一條參數向量，梯度另有一條。"""
        self.parameters, self.gradient = parameters, np.zeros_like(parameters)
        theta, d_theta = self.network.views(parameters), self.network.views(self.gradient)
        self.encoder = list(starmap(Layer, zip(theta.encoder, d_theta.encoder, strict=True)))
        self.decoder = list(starmap(Layer, zip(theta.decoder, d_theta.decoder, strict=True)))

    def _negative_elbo(self, start, x, noise, beta, parts):
        code = _perceptron(_append_one(x), self.encoder, start)  # [μ, log σ²]
        output = _perceptron(sample(code, noise), self.decoder)
        return negative_elbo(log_prob(output, x), kl(code), beta, parts)


def _perceptron(a, layers, start=None):
    for layer in layers[:-1]:
        a, start = dense(a, start, layer, relu=True), None
    return dense(a, start, layers[-1], relu=False)


@primitive
def dense(a, start, layer, relu):
    """全連接層 y = [a 1][W; b]；隱藏層再套 ReLU，並替下一層補好那一欄 1：傳回 [max(y, 0) 1]。"""
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


@primitive
def sample(code, noise):
    """code = [μ, log σ²]，z = μ + σ ε；∂z/∂μ = 1，∂z/∂log σ² = σ ε / 2。"""
    mean, log_var = np.split(code, 2, axis=1)
    return mean + np.exp(0.5 * log_var) * noise


def _sample_vjp(z, code, noise):
    log_var = np.split(code, 2, axis=1)[1]
    return lambda d_z: np.hstack([d_z, d_z * (0.5 * np.exp(0.5 * log_var) * noise)])


defvjp(sample, _sample_vjp)


@primitive
def kl(code):
    """code = [μ, log σ²]，½(μ² + σ² − 1 − log σ²)；∂/∂μ = μ，∂/∂log σ² = (σ² − 1)/2。"""
    mean, log_var = np.split(code, 2, axis=1)
    return 0.5 * (mean**2 + np.expm1(log_var) - log_var)


def _kl_vjp(value, code):
    mean, log_var = np.split(code, 2, axis=1)
    return lambda d_kl: np.hstack([d_kl * mean, d_kl * (0.5 * np.expm1(log_var))])


defvjp(kl, _kl_vjp)


@primitive
def log_prob(output, x):
    """log p(x|z) = Σ [x a − log(1 + eᵃ)]；∂/∂a = x − sigmoid(a)。"""
    return np.sum(x * output - np.maximum(output, 0) - np.log1p(np.exp(-np.abs(output))), axis=1)


def _log_prob_vjp(value, output, x):
    return lambda d: d[:, np.newaxis] * (x - (0.5 + 0.5 * np.tanh(0.5 * output)))


defvjp(log_prob, _log_prob_vjp, argnums=(0,))


@primitive
def negative_elbo(log_likelihood, kl_per_unit, beta, parts):
    """−(log p 的平均) + β (KL 的平均)；兩項的值順便記在 ``parts``。"""
    parts += [log_likelihood, kl_per_unit]
    return (beta * kl_per_unit.sum() - log_likelihood.sum()) / len(log_likelihood)


defvjp(
    negative_elbo,
    lambda loss, log_likelihood, *_: lambda d: np.full_like(log_likelihood, -d / len(log_likelihood)),
    lambda loss, _, kl_per_unit, beta, parts: (
        lambda d: np.full_like(kl_per_unit, d * beta / len(kl_per_unit))
    ),
)
