"""JAX：一個訓練週期編譯成一個 ``lax.scan``，參數與動差就地更新（donate）。"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..problem import LATENT_DIM, LEARNING_RATE, Problem

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-7


class Scan:
    """前面滿的批次在 ``scan`` 裡走完，最後一批（列數不同）另走一步。"""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.rng, self.x = problem, problem.rng(), jnp.asarray(problem.x)
        parameters = jax.tree.map(jnp.asarray, problem.initial_layers())
        zeros = partial(jax.tree.map, jnp.zeros_like)
        self.state: Any = (parameters, zeros(parameters), zeros(parameters), jnp.float32(0))

    def epoch(self) -> float:
        """走一個訓練週期，傳回每列的平均損失。"""
        order, noise = self.problem.draw(self.rng)
        full = self.problem.n_full_steps * self.problem.batch_size
        batches = (self.problem.n_full_steps, self.problem.batch_size)
        index, epsilon = order[:full].reshape(batches), noise[:full].reshape(*batches, LATENT_DIM)
        self.state, losses = _scan(self.state, self.x, index, epsilon)
        total = float(losses.sum()) * self.problem.batch_size
        if full < len(order):
            self.state, loss = _one_step(self.state, self.x, order[full:], noise[full:])
            total += float(loss) * (len(order) - full)
        return total / len(order)


@partial(jax.jit, donate_argnums=0)
def _scan(state: Any, x: Any, index: np.ndarray, noise: np.ndarray) -> Any:
    return jax.lax.scan(lambda carry, batch: _step(carry, x[batch[0]], batch[1]), state, (index, noise))


@partial(jax.jit, donate_argnums=0)
def _one_step(state: Any, x: Any, index: np.ndarray, noise: np.ndarray) -> Any:
    return _step(state, x[index], noise)


def _step(state: Any, x: Any, noise: Any) -> Any:
    parameters, m, v, step = state
    step = step + 1
    loss, gradient = jax.value_and_grad(_negative_elbo)(parameters, x, noise)
    m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, gradient)
    v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, gradient)
    correction1, correction2 = 1 - BETA1**step, 1 - BETA2**step

    def moved(p: Any, m: Any, v: Any) -> Any:
        return p - LEARNING_RATE * (m / correction1) / (jnp.sqrt(v / correction2) + EPSILON)

    return (jax.tree.map(moved, parameters, m, v), m, v, step), loss


def _negative_elbo(parameters: Any, x: Any, noise: Any) -> Any:
    encoder, decoder = parameters
    mean, log_var = jnp.split(_perceptron(encoder, x), 2, axis=1)
    output = _perceptron(decoder, mean + jnp.exp(0.5 * log_var) * noise)
    log_likelihood = jnp.sum(x * output - jax.nn.softplus(output), axis=1)
    kl = 0.5 * jnp.sum(mean**2 + jnp.expm1(log_var) - log_var, axis=1)
    return jnp.mean(kl - log_likelihood)


def _perceptron(layers: Any, a: Any) -> Any:
    for weight, bias in layers[:-1]:
        a = jax.nn.relu(a @ weight + bias)
    return a @ layers[-1][0] + layers[-1][1]
