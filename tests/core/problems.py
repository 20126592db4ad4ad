"""小而齊全的問題：一個網路、一種概似、一批資料與雜訊，數值都避開 ReLU 的折點。"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.core.ames import Ames
from vae_from_scratch.gradients import Engine, make_engine
from vae_from_scratch.likelihood import Bernoulli, Categorical, Gaussian, Likelihood
from vae_from_scratch.network import Network
from vae_from_scratch.objective import Loss

GROUPS = (3, 2, 1, 4)
LIKELIHOODS: dict[str, Likelihood] = {
    "bernoulli": Bernoulli(),
    "categorical": Categorical(GROUPS),
    "gaussian_fixed": Gaussian(0.7),
    "gaussian_learned": Gaussian("learned"),
}


class Problem(NamedTuple):
    network: Network
    likelihood: Likelihood
    parameters: NDArray
    x: NDArray
    noise: NDArray

    def engine(self, name: str, kl: str = "closed_form", free_bits: float = 0.0) -> Engine:
        return make_engine(name, self.network, self.likelihood, kl, free_bits)


def make_problem(
    likelihood: str, n_rows: int = 7, hidden: tuple[int, ...] = (9, 6), latent_dim: int = 3, seed: int = 0
) -> Problem:
    rng = np.random.default_rng(seed)
    chosen, n_columns = LIKELIHOODS[likelihood], sum(GROUPS)
    network = Network(n_columns, latent_dim, hidden, n_columns, chosen.n_parameters)
    parameters = rng.normal(0, 0.5, network.size)
    return Problem(
        network, chosen, parameters, rows_for(chosen, n_rows, rng), rng.standard_normal((n_rows, latent_dim))
    )


def on_ames(
    ames: Ames, likelihood: str, n_rows: int, hidden: tuple[int, ...] = (200, 100, 50, 20), seed: int = 1
) -> Problem:
    """真實的房子、Glorot 初始值；預設是原來的網路。"""
    rng = np.random.default_rng(seed)
    chosen = Categorical(ames.groups) if likelihood == "categorical" else LIKELIHOODS[likelihood]
    n_columns = ames.x.shape[1]
    network = Network(n_columns, 2, hidden, n_columns, chosen.n_parameters)
    return Problem(
        network, chosen, network.initialize(rng), ames.x[:n_rows], rng.standard_normal((n_rows, 2))
    )


def rows_for(likelihood: Likelihood, n_rows: int, rng: np.random.Generator) -> NDArray:
    """這種概似的資料：獨熱編碼（四分之一的變數缺失）、0/1，或任意實數。"""
    if isinstance(likelihood, Categorical):
        sizes = likelihood.groups
        return np.hstack([one_hot(rng.integers(-size // 3, size, n_rows), size) for size in sizes])
    if isinstance(likelihood, Bernoulli):
        return rng.integers(0, 2, (n_rows, sum(GROUPS))).astype(float)
    return rng.normal(0.5, 1.5, (n_rows, sum(GROUPS)))


def one_hot(codes: NDArray, size: int) -> NDArray:
    """負的代碼表示缺失，整列是 0。"""
    return (codes[:, None] == np.arange(size)).astype(float)


def evaluate(engine: Engine, problem: Problem, beta: float = 0.6) -> tuple[Loss, NDArray]:
    """損失與梯度的複本（引擎會重用緩衝區）。"""
    loss, gradient = engine.loss_and_gradient(problem.parameters, problem.x, problem.noise, beta)
    return loss, gradient.copy()
