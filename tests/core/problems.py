"""小而齊全的問題：一個網路、一種概似、一批資料與雜訊，數值都避開 ReLU 的折點。"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.core.ames import Ames
from vae_from_scratch.gradients import Engine, make_engine
from vae_from_scratch.likelihood import Bernoulli, Categorical, Gaussian, Likelihood, Mixed
from vae_from_scratch.network import Network
from vae_from_scratch.objective import Loss

GROUPS = (3, 2, 1, 4)
LIKELIHOODS: dict[str, Likelihood] = {
    "bernoulli": Bernoulli(),
    "categorical": Categorical(GROUPS),
    "gaussian_fixed": Gaussian(0.7),
    "gaussian_learned": Gaussian("learned"),
    "mixed": Mixed((3, 2, 2), n_numbers=4, spiked=(2,), floor=0.05),
    "mixed_numbers_only": Mixed((), n_numbers=3),
}


class Problem(NamedTuple):
    network: Network
    likelihood: Likelihood
    parameters: NDArray
    x: NDArray
    noise: NDArray

    def engine(self, name: str, kl: str = "closed_form", free_bits: float = 0.0) -> Engine:
        make: Callable[..., Engine] = _compiled_once if name == "tensorflow" else make_engine
        return make(name, self.network, self.likelihood, kl, free_bits)


#: 編譯一張計算圖比算一次梯度久一千倍；每次呼叫都重新注入參數，所以同樣的網路共用一個引擎。
_compiled_once = cache(make_engine)


def make_problem(
    likelihood: str, n_rows: int = 7, hidden: tuple[int, ...] = (9, 6), latent_dim: int = 3, seed: int = 0
) -> Problem:
    rng = np.random.default_rng(seed)
    chosen = LIKELIHOODS[likelihood]
    n_columns = getattr(chosen, "n_columns", sum(GROUPS))
    network = Network(n_columns, latent_dim, hidden, chosen.n_outputs(n_columns), chosen.n_parameters)
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
    x = ames.x[:n_rows]
    if isinstance(chosen, Mixed):  # 房子的類別，接上亂數的數字；只有數字的概似就只有數字
        chosen = Mixed(ames.groups if chosen.groups else (), chosen.n_numbers)
        x = np.hstack([x[:, : chosen.n_levels], mixed_rows(Mixed((), chosen.n_numbers), n_rows, rng)])
    network = Network(x.shape[1], 2, hidden, chosen.n_outputs(x.shape[1]), chosen.n_parameters)
    return Problem(network, chosen, network.initialize(rng), x, rng.standard_normal((n_rows, 2)))


def rows_for(likelihood: Likelihood, n_rows: int, rng: np.random.Generator) -> NDArray:
    """這種概似的資料：獨熱編碼（四分之一的變數缺失）、0/1，或任意實數。"""
    if isinstance(likelihood, Categorical):
        sizes = likelihood.groups
        return np.hstack([one_hot(rng.integers(-size // 3, size, n_rows), size) for size in sizes])
    if isinstance(likelihood, Mixed):
        return mixed_rows(likelihood, n_rows, rng)
    if isinstance(likelihood, Bernoulli):
        return rng.integers(0, 2, (n_rows, sum(GROUPS))).astype(float)
    return rng.normal(0.5, 1.5, (n_rows, sum(GROUPS)))


def mixed_rows(likelihood: Mixed, n_rows: int, rng: np.random.Generator) -> NDArray:
    """類別與數字各有四分之一缺失；旗標是零或缺失的，數字沒有值。"""
    codes = [rng.integers(-size // 3, size, n_rows) for size in likelihood.groups]
    numbers = rng.normal(0.5, 1.5, (n_rows, likelihood.n_numbers))
    observed = rng.random(numbers.shape) < 0.75
    for place, number in enumerate(likelihood.spiked, len(codes) - len(likelihood.spiked)):
        observed[:, number] = codes[place] == 1
    levels = [one_hot(code, size) for code, size in zip(codes, likelihood.groups, strict=True)]
    return np.hstack([*levels, np.where(observed, numbers, 0), observed])


def one_hot(codes: NDArray, size: int) -> NDArray:
    """負的代碼表示缺失，整列是 0。"""
    return (codes[:, None] == np.arange(size)).astype(float)


def evaluate(engine: Engine, problem: Problem, beta: float = 0.6) -> tuple[Loss, NDArray]:
    """損失與梯度的複本（引擎會重用緩衝區）。"""
    loss, gradient = engine.loss_and_gradient(problem.parameters, problem.x, problem.noise, beta)
    return loss, gradient.copy()
