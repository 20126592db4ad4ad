"""普通的自編碼器：同一個網路、同一個訓練迴圈，只是不加雜訊、不算 KL（第 8 章；第 1、11、12 章的對照）。"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .gradients import Engine
from .model import VAE, blocks
from .objective import Loss
from .rows import CodedRows, Rows
from .training import State


class Autoencoder(VAE):
    """普通的自編碼器：z 就是 μ，損失只有重建誤差；log σ² 的那一半輸出不使用。

    引數與 ``VAE`` 相同；``beta``、``kl``、``free_bits`` 不起作用。歷程裡的 KL 只供對照，沒有拿來訓練。
    形狀也相同：X 是 (N, D)，編碼是 (N, d)。

    >>> x = np.eye(4)[np.arange(40) % 4]
    >>> autoencoder = Autoencoder(hidden=(8,), epochs=2).fit(x)
    >>> autoencoder.transform(x).shape, autoencoder.score(x) < 0
    ((40, 2), True)
    """

    def score(self, X: ArrayLike | CodedRows, y: Any = None) -> float:
        """負的重建誤差：log p(x|z = μ) 對列平均，單位 nats；它不是機率模型，沒有 ELBO。越大越好。"""
        bounds = self._bounds()
        found = [bounds.log_prob(x, bounds.network.encode(bounds.theta, x)[0]) for x in blocks(self._rows(X))]
        return float(np.concatenate(found).mean())

    def _make_engine(self) -> Engine:
        return WithoutNoise(super()._make_engine())

    def _draw_noise(self, n_rows: int, rng: np.random.Generator) -> NDArray:
        return np.zeros((n_rows, self.latent_dim), self.dtype)

    def _validation_row(self, rows: Rows, state: State, beta: float) -> dict[str, Any]:
        return super()._validation_row(rows, state, 0.0)


class WithoutNoise:
    """把引擎的雜訊換成 0、beta 換成 0；``keep_kl`` 留下 beta（第 1 章的消融）。"""

    def __init__(self, engine: Engine, keep_kl: bool = False) -> None:
        self.engine = engine
        self.keep_kl = keep_kl

    def loss_and_gradient(
        self, parameters: NDArray, x: NDArray, noise: NDArray, beta: float
    ) -> tuple[Loss, NDArray]:
        """沒有雜訊的損失與梯度；``noise`` 不使用，``beta`` 只在 ``keep_kl`` 時使用。"""
        return self.engine.loss_and_gradient(
            parameters, x, np.zeros_like(noise), beta if self.keep_kl else 0.0
        )
