"""同樣的起點、批次與雜訊，用不同的引擎走同樣多步 Adam。"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.core.problems import Problem
from vae_from_scratch.optimizer import Adam

Walk = Callable[[NDArray, NDArray], None]
Parameters = Callable[[], NDArray]
Settings = dict[str, Any]
BETA = 1.0
BATCH = 32


def train(
    problem: Problem, engine: str, stops: tuple[int, ...], kl: str = "closed_form", **adam: Any
) -> dict[int, NDArray]:
    """走到 ``stops`` 的每一站，各留下一份參數；TensorFlow 連 Adam 也用 TensorFlow 寫的。"""
    start = _start_tensorflow if engine == "tensorflow" else _start_numpy
    walk, parameters = start(problem, engine, kl, adam)
    snapshots = {}
    for order, noise, step in stretches(len(problem.x), problem.network.latent_dim, stops):
        walk(order, noise)
        if step in stops:
            snapshots[step] = parameters().copy()
    return snapshots


def stretches(
    n_rows: int, latent_dim: int, stops: tuple[int, ...], seed: int = 5
) -> Iterator[tuple[NDArray, NDArray, int]]:
    """一段一段的列、它們的雜訊、走完是第幾步：一個訓練週期一段，遇到一站就切開；最後一批可以比較小。"""
    rng, done, each = np.random.default_rng(seed), 0, -(-n_rows // BATCH)
    while True:
        order, noise = rng.permutation(n_rows), rng.standard_normal((n_rows, latent_dim))
        ends = sorted({stop - done for stop in stops if 0 < stop - done < each} | {each})
        for first, last in zip([0, *ends], ends, strict=False):
            rows = slice(first * BATCH, last * BATCH)
            yield order[rows], noise[rows], done + last
            if done + last == max(stops):
                return
        done += each


def _start_numpy(problem: Problem, engine: str, kl: str, adam: Settings) -> tuple[Walk, Parameters]:
    parameters, optimizer = problem.parameters.copy(), Adam(problem.network.size, **adam)
    loss_and_gradient = problem.engine(engine, kl).loss_and_gradient

    def walk(order: NDArray, noise: NDArray) -> None:
        for start in range(0, len(order), BATCH):
            rows = slice(start, start + BATCH)
            gradient = loss_and_gradient(parameters, problem.x[order[rows]], noise[rows], BETA)[1]
            optimizer.update(parameters, gradient)

    return walk, lambda: parameters


def _start_tensorflow(problem: Problem, engine: str, kl: str, adam: Settings) -> tuple[Walk, Parameters]:
    """一段路是一張計算圖，只編譯一次；一步一步由 Python 呼叫，最後一批的大小不同，還要再編譯。"""
    from vae_from_scratch.gradients.tensorflow_adam import Trainer
    from vae_from_scratch.gradients.with_tensorflow import Engine, tf

    trainer = Trainer(Engine(problem.network, problem.likelihood, kl), problem.parameters, BETA, **adam)
    x, noise_shape = tf.constant(problem.x), (None, problem.network.latent_dim)

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.int64), tf.TensorSpec(noise_shape, x.dtype)])
    def walk(order: Any, noise: Any) -> None:
        for start in tf.range(0, tf.size(order), BATCH):
            rows = slice(start, start + BATCH)
            trainer._step(tf.gather(x, order[rows]), noise[rows])

    return walk, trainer.parameters
