"""同樣的起點、批次與雜訊，用不同的引擎走同樣多步 Adam。"""

from collections.abc import Callable, Iterator
from itertools import count, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.core.problems import Problem
from vae_from_scratch.optimizer import Adam

Step = Callable[[NDArray, NDArray], None]
Parameters = Callable[[], NDArray]
Settings = dict[str, Any]
BETA = 1.0
BATCH = 32


def batches(x: NDArray, latent_dim: int, seed: int = 5) -> Iterator[tuple[NDArray, NDArray]]:
    """一個訓練週期接一個訓練週期的小批次，永遠給不完；最後一批可以比較小。"""
    rng = np.random.default_rng(seed)
    for _ in count():
        order = rng.permutation(len(x))
        for start in range(0, len(x), BATCH):
            rows = x[order[start : start + BATCH]]
            yield rows, rng.standard_normal((len(rows), latent_dim))


def train(
    problem: Problem, engine: str, stops: tuple[int, ...], kl: str = "closed_form", **adam: Any
) -> dict[int, NDArray]:
    """走到 ``stops`` 的每一站，各留下一份參數；TensorFlow 連 Adam 也用 TensorFlow 寫的。"""
    start = _start_tensorflow if engine == "tensorflow" else _start_numpy
    step, parameters = start(problem, engine, kl, adam)
    pairs = islice(batches(problem.x, problem.network.latent_dim), max(stops))
    snapshots = {}
    for number, (x, noise) in enumerate(pairs, 1):
        step(x, noise)
        if number in stops:
            snapshots[number] = parameters().copy()
    return snapshots


def _start_numpy(problem: Problem, engine: str, kl: str, adam: Settings) -> tuple[Step, Parameters]:
    parameters, optimizer = problem.parameters.copy(), Adam(problem.network.size, **adam)
    loss_and_gradient = problem.engine(engine, kl).loss_and_gradient

    def step(x: NDArray, noise: NDArray) -> None:
        optimizer.update(parameters, loss_and_gradient(parameters, x, noise, BETA)[1])

    return step, lambda: parameters


def _start_tensorflow(problem: Problem, engine: str, kl: str, adam: Settings) -> tuple[Step, Parameters]:
    from vae_from_scratch.gradients.tensorflow_adam import Trainer
    from vae_from_scratch.gradients.with_tensorflow import Engine

    trainer = Trainer(Engine(problem.network, problem.likelihood, kl), problem.parameters, BETA, **adam)
    return trainer.step, trainer.parameters
