"""下限：一步至少要做的矩陣乘法與讀寫，什麼別的都不做。

- 二十九個矩陣乘法（十層，每層前向、對權重、對輸入各一個；第一層不必對輸入求導），每一個都先試幾種排法，
  用最快的那一種。
- 七趟 Adam：再怎麼合併，也要讀梯度、兩個動差與參數，再寫回兩個動差與參數。一趟用一次就地的加法來量。
"""

import math
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..problem import DTYPE, Problem

ADAM_PASSES = 7
TRIALS = 200


class Bound:
    """照著最快的排法，把矩陣乘法與七趟讀寫各做一遍。"""

    def __init__(self, problem: Problem) -> None:
        network, rows = problem.network, problem.batch_size
        shapes = network.encoder_shapes + network.decoder_shapes
        self.products = [
            _fastest(candidates)
            for first, shape in zip([True] + [False] * len(shapes), shapes, strict=False)
            for candidates in _products(*shape, rows)[: 2 if first else 3]
        ]
        self.vectors = [np.zeros(network.size, DTYPE) for _ in range(4)]
        self.n_steps = problem.n_steps

    def epoch(self) -> float:
        """做一個訓練週期份量的矩陣乘法與 Adam；沒有損失，傳回 NaN。"""
        for _ in range(self.n_steps):
            for product in self.products:
                product()
            for i in range(ADAM_PASSES):
                target = self.vectors[i % 3]
                np.add(target, self.vectors[3], out=target)
        return math.nan


def _products(n_in: int, n_out: int, rows: int) -> list[list[Callable[[], NDArray]]]:
    """一層的前向、對權重、對輸入；每一個有「列在前」與「欄在前」、權重轉置與否四種排法。"""
    a, w, d = _ones(rows, n_in), _ones(n_in, n_out), _ones(rows, n_out)
    forward = _layouts(a, w)
    to_weights = _layouts(a.T, d)
    to_input = _layouts(d, w[:-1].T)
    return [forward, to_weights, to_input]


def _layouts(left: NDArray, right: NDArray) -> list[Callable[[], NDArray]]:
    """左右各自可以照列或照欄排在記憶體裡；結果也是。"""
    candidates = []
    for p in (np.ascontiguousarray(left), np.asfortranarray(left)):
        for q in (np.ascontiguousarray(right), np.asfortranarray(right)):
            out, transposed = np.empty((len(p), q.shape[1]), DTYPE), np.empty((q.shape[1], len(p)), DTYPE)
            candidates += [_product(p, q, out), _product(q.T, p.T, transposed)]
    return candidates


def _product(left: NDArray, right: NDArray, out: NDArray) -> Callable[[], NDArray]:
    return lambda: np.dot(left, right, out=out)


def _fastest(candidates: list[Callable[[], NDArray]]) -> Callable[[], NDArray]:
    return min(candidates, key=_seconds)


def _seconds(work: Callable[[], NDArray]) -> float:
    """幾次裡最快的一次：量的是這種排法本身，不是當時的干擾。"""
    best = math.inf
    for _ in range(TRIALS):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def _ones(*shape: int) -> NDArray:
    return np.ones(shape, DTYPE)
