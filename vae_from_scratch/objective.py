"""目標函數：負的 ELBO、KL 的權重 beta、暖身與 free bits（第 5、7 章）。

只有這個模組對列取平均；別的模組都是每列傳回一個值。
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Loss(NamedTuple):
    """一批資料的損失，單位都是「每列的 nats」；``kl_per_unit`` 是 (d,)，別的是純量。"""

    total: float
    reconstruction: float
    kl_per_unit: NDArray

    @property
    def kl(self) -> float:
        return float(self.kl_per_unit.sum())


def loss(log_likelihood: NDArray, kl_per_unit: NDArray, beta: float = 1.0, free_bits: float = 0.0) -> Loss:
    r"""負的 ELBO，KL 乘上權重 beta：

    .. math:: -\overline{\log p(x|z)} + \beta\sum_j\max\bigl(\lambda, \overline{\mathrm{KL}}_j\bigr)

    橫線是對列的平均，λ 是 ``free_bits``（nats；0 表示不用）。形狀：(N,) 與 (N, d)。
    free bits 出處：Kingma et al. (2016)。
    """
    n_rows = len(log_likelihood)
    reconstruction, per_unit = -log_likelihood.sum() / n_rows, kl_per_unit.sum(axis=0) / n_rows
    penalty = np.maximum(per_unit, free_bits).sum() if free_bits else per_unit.sum()
    return Loss(float(reconstruction + beta * penalty), float(reconstruction), per_unit)


def warmup(epoch: int, beta: float, warmup_epochs: int) -> float:
    """KL 暖身（warm-up）：由第 1 個訓練週期起線性升高，第 ``warmup_epochs`` 個到 beta。

    出處：Bowman et al. (2016)。
    """
    return beta * min(1.0, epoch / warmup_epochs) if warmup_epochs else beta


def beta_from_mean_weight(weight: float, n_columns: int) -> float:
    """重建誤差若對 D 欄取平均、KL 乘 ``weight``，等於本書的 beta = weight × D（第 7 章）。"""
    return weight * n_columns
