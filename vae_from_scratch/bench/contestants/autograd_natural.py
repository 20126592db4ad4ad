"""autograd 的自然寫法：一層一個 (W, b)，損失照式子寫，Adam 一個陣列一個陣列照論文寫。"""

from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import value_and_grad

from ..problem import LEARNING_RATE, Problem


class Natural:
    """沒有為速度做任何事；與本書的 autograd 引擎相比，就知道那幾個基本運算值多少。"""

    def __init__(self, problem: Problem) -> None:
        encoder, decoder = problem.initial_layers()
        self.problem, self.rng = problem, problem.rng()
        self.parameters: list[Any] = [list(map(list, encoder)), list(map(list, decoder))]
        self.moments = [[np.zeros_like(p), np.zeros_like(p)] for p in self._arrays()]
        self.step = 0

    def _arrays(self) -> list[Any]:
        return [array for part in self.parameters for layer in part for array in layer]

    def epoch(self) -> float:
        order, noise = self.problem.draw(self.rng)
        size, total = self.problem.batch_size, 0.0
        for start in range(0, len(order), size):
            x = self.problem.x[order[start : start + size]]
            loss, gradient = value_and_grad(_negative_elbo)(self.parameters, x, noise[start : start + size])
            self._adam([array for part in gradient for layer in part for array in layer])
            total += loss * len(x)
        return float(total / len(order))

    def _adam(self, gradient: list[Any]) -> None:
        self.step += 1
        for parameter, g, moment in zip(self._arrays(), gradient, self.moments, strict=True):
            moment[0] = 0.9 * moment[0] + (1 - 0.9) * g
            moment[1] = 0.999 * moment[1] + (1 - 0.999) * g**2
            m = moment[0] / (1 - 0.9**self.step)
            v = moment[1] / (1 - 0.999**self.step)
            parameter -= LEARNING_RATE * m / (np.sqrt(v) + 1e-7)


def _negative_elbo(parameters: Any, x: Any, noise: Any) -> Any:
    encoder, decoder = parameters
    code = _perceptron(encoder, x)
    mean, log_var = code[:, :2], code[:, 2:]
    output = _perceptron(decoder, mean + anp.exp(0.5 * log_var) * noise)
    log_likelihood = anp.sum(x * output - anp.logaddexp(0, output), axis=1)
    kl = 0.5 * anp.sum(mean**2 + anp.exp(log_var) - 1 - log_var, axis=1)
    return anp.mean(kl - log_likelihood)


def _perceptron(layers: Any, a: Any) -> Any:
    for weight, bias in layers[:-1]:
        a = anp.maximum(anp.dot(a, weight) + bias, 0)
    return anp.dot(a, layers[-1][0]) + layers[-1][1]
