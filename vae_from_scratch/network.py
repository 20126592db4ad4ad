"""多層感知器，全部參數放在一條平坦的向量裡（第 8 章）。

每一層是一個矩陣 ``(n_in + 1, n_out)``：上面 n_in 列是權重，最後一列是偏置。這些矩陣只是平坦向量的檢視
（view），所以最佳化器只看到一條向量，而網路看到的是一層一層的矩陣。
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Parameters(NamedTuple):
    """平坦向量的檢視：編碼器與解碼器的各層矩陣，以及概似自己的參數。"""

    encoder: list[NDArray]
    decoder: list[NDArray]
    noise_log_var: NDArray


@dataclass(frozen=True)
class Network:
    """D 欄 → ``hidden`` → (μ, log σ²) → 反過來的 ``hidden`` → 輸出；隱藏層用 ReLU。

    網路自己不存參數：參數是一條 (size,) 的向量，``views`` 把它看成各層的矩陣。

    參數
        n_columns、latent_dim：D 與 d。
        hidden：編碼器各隱藏層的寬度，解碼器反過來用。
        n_outputs：解碼器輸出的個數，由概似決定（``likelihood.n_outputs(D)``）。
        n_noise：概似自己要學的參數個數（``likelihood.n_parameters``）。

    例子
        >>> network = Network(n_columns=5, latent_dim=2, hidden=(4,), n_outputs=5)
        >>> network.size
        81
        >>> theta = network.views(network.initialize(np.random.default_rng(0)))
        >>> mean, log_var = network.encode(theta, np.eye(5))
        >>> mean.shape, network.decode(theta, mean).shape
        ((5, 2), (5, 5))
    """

    n_columns: int
    latent_dim: int
    hidden: tuple[int, ...]
    n_outputs: int
    n_noise: int = 0

    @property
    def encoder_shapes(self) -> list[tuple[int, int]]:
        """編碼器各層的形狀 (n_in + 1, n_out)。"""
        return _shapes((self.n_columns, *self.hidden, 2 * self.latent_dim))

    @property
    def decoder_shapes(self) -> list[tuple[int, int]]:
        """解碼器各層的形狀 (n_in + 1, n_out)。"""
        return _shapes((self.latent_dim, *reversed(self.hidden), self.n_outputs))

    @property
    def size(self) -> int:
        """參數的總數。"""
        shapes = self.encoder_shapes + self.decoder_shapes
        return sum(rows * columns for rows, columns in shapes) + self.n_noise

    def views(self, flat: NDArray) -> Parameters:
        """把平坦向量切成各層的矩陣；不複製，改檢視就是改向量。"""
        shapes = self.encoder_shapes + self.decoder_shapes
        ends = np.cumsum([rows * columns for rows, columns in shapes])
        parts = np.split(flat, ends)
        layers = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=False)]
        depth = len(self.encoder_shapes)
        return Parameters(layers[:depth], layers[depth:], parts[-1])

    def initialize(self, rng: np.random.Generator, dtype: str = "float64") -> NDArray:
        """Glorot 均勻初始值：U(−r, r)，r = √(6 / (n_in + n_out))；偏置為 0。出處：Glorot & Bengio (2010)。"""
        flat = np.zeros(self.size)
        views = self.views(flat)
        for layer in views.encoder + views.decoder:
            n_in, n_out = layer.shape[0] - 1, layer.shape[1]
            limit = np.sqrt(6 / (n_in + n_out))
            layer[:-1] = rng.uniform(-limit, limit, (n_in, n_out))
        return flat.astype(dtype)

    def encode(self, parameters: Parameters, x: NDArray) -> tuple[NDArray, NDArray]:
        """x (N, D) → 平均值與對數變異數，各 (N, d)。"""
        code = multilayer_perceptron(parameters.encoder, x)
        return code[:, : self.latent_dim], code[:, self.latent_dim :]

    def decode(self, parameters: Parameters, z: NDArray) -> NDArray:
        """z (N, d) → 概似的輸出 (N, n_outputs)。"""
        return multilayer_perceptron(parameters.decoder, z)


def multilayer_perceptron(layers: list[NDArray], a: NDArray) -> NDArray:
    """一層一層：a ← relu(a W + b)，最後一層不套 ReLU。"""
    for layer in layers[:-1]:
        a = np.maximum(dense(a, layer), 0)
    return dense(a, layers[-1])


def dense(a: NDArray, layer: NDArray) -> NDArray:
    """全連接層 a W + b；``layer`` 的最後一列是 b。"""
    return a @ layer[:-1] + layer[-1]


def _shapes(sizes: tuple[int, ...]) -> list[tuple[int, int]]:
    return [(n_in + 1, n_out) for n_in, n_out in pairwise(sizes)]
