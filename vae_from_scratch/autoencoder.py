"""普通的自編碼器：同一個網路、同一個訓練迴圈，只是不加雜訊、不算 KL（第 1 章的對照，第 11 章的基準）。"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .gradients import Engine
from .model import VAE
from .objective import Loss
from .rows import Rows
from .training import State


class Autoencoder(VAE):
    """普通的自編碼器：z 就是 μ，損失只有重建誤差；log σ² 的那一半輸出不使用。

    引數與 ``VAE`` 相同；``beta``、``kl``、``free_bits`` 不起作用。歷程裡的 KL 只供對照，沒有拿來訓練。
    """

    def _make_engine(self) -> Engine:
        return WithoutNoise(super()._make_engine())

    def _draw_noise(self, n_rows: int, rng: np.random.Generator) -> NDArray:
        return np.zeros((n_rows, self.latent_dim), self.dtype)

    def _validation_row(self, rows: Rows, state: State, beta: float) -> dict[str, Any]:
        return super()._validation_row(rows, state, 0.0)


class WithoutNoise:
    """把引擎的雜訊換成 0、beta 換成 0。"""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def loss_and_gradient(
        self, parameters: NDArray, x: NDArray, noise: NDArray, beta: float
    ) -> tuple[Loss, NDArray]:
        """只有重建誤差的損失與梯度；``noise`` 與 ``beta`` 不使用。"""
        return self.engine.loss_and_gradient(parameters, x, np.zeros_like(noise), 0.0)
