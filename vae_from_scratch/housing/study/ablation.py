"""第 1 章的消融：VAE 比自編碼器多了雜訊與 KL 兩樣，這裡拿掉雜訊，只留 KL。

反過來，只留雜訊的是 ``VAE(beta=0)``，不必另外寫。
"""

import numpy as np
from numpy.typing import NDArray

from ...autoencoder import WithoutNoise
from ...gradients import Engine
from ...model import VAE


class PenaltyOnly(VAE):
    """訓練時 z 就是 μ，損失是重建加 KL；σ 只受 KL 管，會停在 1。引數、形狀與 ``VAE`` 相同。"""

    def _make_engine(self) -> Engine:
        return WithoutNoise(super()._make_engine(), keep_kl=True)

    def _draw_noise(self, n_rows: int, rng: np.random.Generator) -> NDArray:
        return np.zeros((n_rows, self.latent_dim), self.dtype)
