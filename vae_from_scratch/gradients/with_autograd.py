"""自動微分的引擎：把損失照式子寫下來，梯度交給 autograd（第 8 章）。"""

import autograd.numpy as anp
from autograd import value_and_grad
from autograd.tracer import getval
from numpy.typing import NDArray

from .. import objective
from ..gaussian import LOG_2PI
from ..likelihood import Bernoulli, Categorical, Likelihood
from ..network import Network
from ..objective import Loss


class Engine:
    """autograd 引擎：``_negative_elbo`` 就是損失的定義，沒有一行反向的程式。"""

    def __init__(self, network: Network, likelihood: Likelihood, kl: str, free_bits: float = 0.0) -> None:
        self.network, self.likelihood, self.kl, self.free_bits = network, likelihood, kl, free_bits

    def loss_and_gradient(
        self, parameters: NDArray, x: NDArray, noise: NDArray, beta: float
    ) -> tuple[Loss, NDArray]:
        """一批資料的損失與梯度；x 是 (N, D)，noise 是 (N, d)。"""
        views = self.network.views(parameters)
        terms: list[NDArray] = []
        arguments = ([*views.encoder, *views.decoder], views.noise_log_var)
        _, (d_layers, d_noise) = value_and_grad(self._negative_elbo)(arguments, x, noise, beta, terms)
        gradient = anp.concatenate([*(d.ravel() for d in d_layers), d_noise])
        return objective.loss(terms[0], terms[1], beta, self.free_bits), gradient

    def _negative_elbo(self, arguments, x, noise, beta, terms):
        layers, noise_log_var = arguments
        depth, d = len(self.network.encoder_shapes), self.network.latent_dim
        code = _multilayer_perceptron(layers[:depth], x)
        mean, log_var = code[:, :d], code[:, d:]
        z = mean + anp.exp(0.5 * log_var) * noise
        output = _multilayer_perceptron(layers[depth:], z)
        log_likelihood = _log_prob(self.likelihood, x, output, noise_log_var)
        kl = _kl(self.kl, z, mean, log_var)
        terms += [getval(log_likelihood), getval(kl)]
        per_unit = anp.mean(kl, axis=0)
        if self.free_bits:
            per_unit = anp.where(per_unit > self.free_bits, per_unit, self.free_bits)
        return -anp.mean(log_likelihood) + beta * anp.sum(per_unit)


def _multilayer_perceptron(layers, a):
    for layer in layers[:-1]:
        y = anp.dot(a, layer[:-1]) + layer[-1]
        a = anp.where(y > 0, y, 0.0)  # autograd 的 maximum 在 0 的導數是 ½，where 才是 0
    return anp.dot(a, layers[-1][:-1]) + layers[-1][-1]


def _kl(form, z, mean, log_var):
    """三種形式的 KL，每個維度一個值。"""
    if form == "closed_form":
        return 0.5 * (mean**2 + (anp.expm1(log_var) - log_var))
    if form == "path_derivative":
        mean, log_var = getval(mean), getval(log_var)
    return 0.5 * (z**2 - (z - mean) ** 2 * anp.exp(-log_var) - log_var)


def _log_prob(likelihood, x, output, noise_log_var):
    """各種概似的 log p(x|z)，每列一個值；式子與 likelihood 模組相同，但用 autograd 的函數寫。"""
    if isinstance(likelihood, Bernoulli):
        return anp.sum(x * output - anp.logaddexp(0.0, output), axis=1)
    if isinstance(likelihood, Categorical):
        return _categorical_log_prob(likelihood, x, output)
    log_var = noise_log_var[0] if likelihood.n_parameters else anp.log(likelihood.variance)
    return -0.5 * anp.sum(LOG_2PI + log_var + (x - output) ** 2 * anp.exp(-log_var), axis=1)


def _categorical_log_prob(likelihood, x, output):
    total = 0.0
    for start, size in zip(likelihood.starts, likelihood.groups, strict=True):
        part, logits = x[:, start : start + size], output[:, start : start + size]
        shifted = logits - anp.max(getval(logits), axis=1, keepdims=True)
        log_partition = anp.log(anp.sum(anp.exp(shifted), axis=1))
        total = total + anp.sum(part * shifted, axis=1) - anp.sum(part, axis=1) * log_partition
    return total
