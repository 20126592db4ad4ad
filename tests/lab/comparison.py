"""同樣的權重、批次與雜訊，引擎與 NumPy 各算一次；容差也在這裡。"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tests.lab.engine import Call
from tests.lab.problems import Problem
from vae_from_scratch.gradients import make_engine
from vae_from_scratch.optimizer import Adam

BETA, FREE_BITS = 0.6, 0.3
SAME = 1e-5  # 一批：兩邊都是 float32，加總的順序不同
AFTER_STEPS = 1e-3  # 走兩百步


def one_batch(problem: Problem, kl: str, free_bits: float) -> list[Call]:
    return [
        ["configure", problem.settings(kl=kl, freeBits=free_bits)],
        ["setParameters", problem.parameters],
        ["lossAndGradient", problem.data, problem.noise.ravel(), BETA],
        ["getGradient"],
    ]


def batches(problem: Problem, epochs: int) -> list[tuple[NDArray, NDArray]]:
    """每個訓練週期的次序與雜訊。"""
    rng, (n, d) = np.random.default_rng(5), problem.noise.shape
    return [
        (rng.permutation(n).astype("int32"), rng.standard_normal((n, d)).astype("float32"))
        for _ in range(epochs)
    ]


def walk_by_engine(problem: Problem, kl: str, epochs: int) -> list[Call]:
    calls: list[Call] = [
        ["configure", problem.settings(kl=kl, beta=BETA, warmup=0)],
        ["setData", problem.data],
        ["setParameters", problem.parameters],
    ]
    for order, noise in batches(problem, epochs):
        calls += [["inject", {"order": order, "noise": noise.ravel()}], ["epoch"]]
    return [*calls, ["getParameters"]]


def walk_by_numpy(problem: Problem, kl: str, epochs: int) -> tuple[NDArray, list[float]]:
    """最後的參數，與每個訓練週期的損失。"""
    parameters, x = problem.parameters.copy(), problem.x
    optimizer, losses = Adam(len(parameters), dtype="float32"), []
    engine = make_engine("numpy", problem.network, problem.likelihood, kl)
    for order, noise in batches(problem, epochs):
        total = 0.0
        for rows in pieces(len(x)):
            found = engine.loss_and_gradient(parameters, x[order[rows]], noise[rows], BETA)
            optimizer.update(parameters, found[1])
            total += found[0].total * len(order[rows])
        losses.append(total / len(x))
    return parameters, losses


def pieces(n: int) -> Iterator[slice]:
    for start in range(0, n, 32):
        yield slice(start, start + 32)
