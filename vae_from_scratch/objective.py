"""目標函數：負的 ELBO、KL 的權重 beta、暖身與 free bits（第 5、7 章）。

收進來的還沒有對列平均：對數概似每列一個值 (N,)，KL 每列每維一個 (N, d)。
訓練的損失對列取平均，由這個模組定義。
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Loss(NamedTuple):
    """一批資料的損失，單位都是「每列的 nats」；``kl_per_unit`` 是 (d,)，別的是純量。

    例子
        >>> found = Loss(total=101.5, reconstruction=100.0, kl_per_unit=np.array([1.25, 0.25]))
        >>> found.kl
        1.5
    """

    total: float
    reconstruction: float
    kl_per_unit: NDArray

    @property
    def kl(self) -> float:
        """各維度的 KL 加起來，還沒乘 beta。"""
        return float(self.kl_per_unit.sum())


def loss(log_likelihood: NDArray, kl_per_unit: NDArray, beta: float = 1.0, free_bits: float = 0.0) -> Loss:
    r"""負的 ELBO，KL 乘上權重 beta：

    .. math:: -\overline{\log p(x|z)} + \beta\sum_j\max\bigl(\lambda, \overline{\mathrm{KL}}_j\bigr)

    橫線是對列的平均，λ 是 ``free_bits``（nats；0 表示不用）。形狀：(N,) 與 (N, d)。
    free bits 出處：Kingma et al. (2016)。

    例子
        >>> log_likelihood, kl = np.array([-100.0, -102.0]), np.array([[1.0, 0.1], [2.0, 0.3]])
        >>> round(objective.loss(log_likelihood, kl, beta=0.5).total, 3)
        101.85
        >>> round(objective.loss(log_likelihood, kl, beta=0.5, free_bits=0.5).total, 3)
        102.0
    """
    n_rows = len(log_likelihood)
    reconstruction, per_unit = -log_likelihood.sum() / n_rows, kl_per_unit.sum(axis=0) / n_rows
    penalty = np.maximum(per_unit, free_bits).sum() if free_bits else per_unit.sum()
    return Loss(float(reconstruction + beta * penalty), float(reconstruction), per_unit)


def warmup(epoch: int, beta: float, warmup_epochs: int) -> float:
    r"""KL 暖身（warm-up）：由第 1 個訓練週期起線性升高，第 ``warmup_epochs`` 個到 beta。

    單位與 beta 相同；``warmup_epochs`` 是 0 就不暖身。出處：Bowman et al. (2016)。

    .. math:: \beta\,\min(1, \text{epoch}/\text{warmup\_epochs})

    例子
        >>> [objective.warmup(epoch, beta=1.0, warmup_epochs=4) for epoch in (1, 2, 4, 9)]
        [0.25, 0.5, 1.0, 1.0]
    """
    return beta * min(1.0, epoch / warmup_epochs) if warmup_epochs else beta


def beta_from_mean_weight(weight: float, n_columns: int) -> float:
    r"""重建誤差若對 D 欄取平均、KL 乘 ``weight``，等於本書的 :math:`\beta = wD`（第 7 章）。

    例子
        >>> objective.beta_from_mean_weight(0.005, n_columns=252)
        1.26
    """
    return weight * n_columns
