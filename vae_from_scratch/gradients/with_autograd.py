"""自動微分的引擎：照式子寫下損失，每一個導數都由 autograd 算；與 numpy 引擎不共用任何算式（第 8 章）。"""

import autograd.numpy as np
from autograd import grad
from autograd.misc import flatten
from autograd.tracer import getval
from numpy import maximum

from ..likelihood import Bernoulli, Categorical
from ..objective import Loss


class Engine:
    """autograd 引擎：``_negative_elbo`` 就是損失的定義，沒有一行反向的程式。"""

    def __init__(self, network, likelihood, kl, free_bits=0.0):
        self.network, self.likelihood, self.kl, self.free_bits = network, likelihood, kl, free_bits

    def loss_and_gradient(self, parameters, x, noise, beta):
        """一批資料的損失與平坦的梯度；x 是 (N, D)，noise 是 (N, d)。"""
        gradient = grad(self._negative_elbo)(list(self.network.views(parameters)), x, noise, beta)
        return self.loss, flatten(gradient)[0]

    def _negative_elbo(self, theta, x, noise, beta):
        encoder, decoder, noise_log_var = theta
        mean, log_var = np.split(_perceptron(encoder, x), 2, axis=1)
        z = mean + np.exp(log_var / 2) * noise
        reconstruction = -np.mean(np.sum(self._log_prob(x, _perceptron(decoder, z), noise_log_var), axis=1))
        kl, floor = np.mean(self._kl_per_unit(mean, log_var, z, noise), axis=0), self.free_bits
        counted = floor + (kl - floor) * (kl > floor) if floor else kl
        total = reconstruction + beta * np.sum(counted)
        self.loss = Loss(float(getval(total)), float(getval(reconstruction)), getval(kl))
        return total

    def _kl_per_unit(self, mean, log_var, z, noise):
        if self.kl == "closed_form":
            return (np.square(mean) + np.expm1(log_var) - log_var) / 2
        if self.kl == "path_derivative":  # log q 裡的 μ、σ 固定在目前的值，只有 z 會動
            noise, log_var = noise + (z - getval(z)) * np.exp(-getval(log_var) / 2), getval(log_var)
        return (np.square(z) - np.square(noise) - log_var) / 2  # log q(z) − log p(z)，ε = (z − μ)/σ

    def _log_prob(self, x, a, noise_log_var):
        if isinstance(self.likelihood, Bernoulli):
            return x * a - np.logaddexp(0, a)  # log(1 + eᵃ)
        if isinstance(self.likelihood, Categorical):
            return x * _log_softmax(a, self.likelihood.groups)
        s2 = np.exp(noise_log_var) if self.network.n_noise else np.full(1, self.likelihood.variance, x.dtype)
        return -(np.square(x - a) / s2 + np.log(2 * np.pi * s2)) / 2


def _perceptron(layers, a):
    for depth, layer in enumerate(layers):
        a = a * (a > 0) if depth else a  # ReLU，在 0 的導數是 0
        a = np.dot(np.hstack([a, np.ones((len(a), 1), a.dtype)]), layer)  # [a 1][W; b]
    return a


def _log_softmax(a, groups):
    member = np.repeat(np.eye(len(groups), dtype=a.dtype), groups, axis=0)  # 哪一欄屬於哪個變數
    a = a - np.dot(maximum.reduceat(getval(a), np.cumsum((0, *groups[:-1])), axis=1), member.T)  # eᵃ 不溢位
    return a - np.dot(np.log(np.dot(np.exp(a), member)), member.T)
