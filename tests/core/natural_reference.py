"""第三條獨立的路：照課本的式子、用 autograd.numpy 最自然的寫法寫一次負的 ELBO。

不共用套件的任何數學：權重與偏置分開，KL 由兩個常態的密度直接寫，類別概似由 softmax 的機率取對數。
"""

import autograd.numpy as np
from autograd import value_and_grad
from autograd.tracer import getval

from tests.core.problems import Problem


def loss_and_gradient(problem: Problem, kl: str, beta: float, free_bits: float = 0.0):
    def objective(flat):
        return negative_elbo(flat, problem, kl, beta, free_bits)

    return value_and_grad(objective)(problem.parameters)


def negative_elbo(flat, problem, kl, beta, free_bits):
    network, x, noise = problem.network, problem.x, problem.noise
    code, used = perceptron(flat, network.encoder_shapes, x, 0)
    mean, log_var = code[:, : network.latent_dim], code[:, network.latent_dim :]
    z = mean + np.exp(log_var / 2) * noise
    output, used = perceptron(flat, network.decoder_shapes, z, used)
    divergence = np.mean(KL[kl](z, mean, log_var), axis=0)
    if free_bits:
        divergence = np.where(divergence > free_bits, divergence, free_bits)
    likelihood = log_likelihood(problem.likelihood, x, output, flat[used:])
    return -np.mean(np.sum(likelihood, axis=1)) + beta * np.sum(divergence)


def perceptron(flat, shapes, a, used):
    for depth, (rows, columns) in enumerate(shapes):
        weight = np.reshape(flat[used : used + (rows - 1) * columns], (rows - 1, columns))
        bias = flat[used + (rows - 1) * columns : used + rows * columns]
        a, used = np.dot(a, weight) + bias, used + rows * columns
        if depth < len(shapes) - 1:
            a = a * (getval(a) > 0)
    return a, used


def log_normal(value, mean, variance):
    return -0.5 * np.log(2 * np.pi * variance) - (value - mean) ** 2 / (2 * variance)


def single_sample(z, mean, log_var):
    return log_normal(z, mean, np.exp(log_var)) - log_normal(z, 0.0, 1.0)


KL = {
    "closed_form": lambda z, mean, log_var: (mean**2 + np.exp(log_var) - 1 - log_var) / 2,
    "single_sample": single_sample,
    "path_derivative": lambda z, mean, log_var: single_sample(z, getval(mean), getval(log_var)),
}


def log_likelihood(likelihood, x, output, rest):
    name = type(likelihood).__name__
    if name == "Bernoulli":
        p = 1 / (1 + np.exp(-output))
        return x * np.log(p) + (1 - x) * np.log(1 - p)
    if name == "Categorical":
        return x * np.log(np.concatenate(list(softmaxes(likelihood.groups, output)), axis=1))
    return log_normal(x, output, np.exp(rest[0]) if len(rest) else likelihood.variance)


def softmaxes(groups, output):
    for end, size in zip(np.cumsum(groups), groups, strict=True):
        weights = np.exp(output[:, end - size : end])
        yield weights / np.sum(weights, axis=1, keepdims=True)
