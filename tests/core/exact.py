"""八十位的十進位算術：小模型的損失照定義算，梯度由極小步長的差商得到，兩者都當作真值。"""

from collections.abc import Callable, Sequence
from decimal import Decimal, getcontext

import numpy as np
from numpy.typing import NDArray

DIGITS = 80
STEP = Decimal("1e-25")


def number(value: float) -> Decimal:
    getcontext().prec = DIGITS
    return Decimal(float(value))


def softplus(a: Decimal) -> Decimal:
    """log(1 + eᵃ)；a 很小時用展開 eᵃ − e²ᵃ/2，省得 1 + eᵃ 連八十位都裝不下。"""
    small = a.exp()
    return small - small**2 / 2 if a < -60 else (1 + small).ln()


def log_sum_exp(values: Sequence[Decimal]) -> Decimal:
    return sum((value.exp() for value in values), Decimal(0)).ln()


def normal_log_prob(x: Decimal, mean: Decimal, log_var: Decimal) -> Decimal:
    log_2pi = number(0) + Decimal("1.8378770664093454835606594728112352797227949472755668256343030809655274")
    return -(log_2pi + log_var + (x - mean) ** 2 * (-log_var).exp()) / 2


def kl(mean: Decimal, log_var: Decimal) -> Decimal:
    return (mean**2 + log_var.exp() - 1 - log_var) / 2


def gradient(f: Callable[[list[Decimal]], Decimal], at: NDArray) -> NDArray:
    """中央差商，截斷誤差約 1e-50。"""
    point = [number(value) for value in at]
    slopes = []
    for i in range(len(point)):
        up, down = list(point), list(point)
        up[i], down[i] = point[i] + STEP, point[i] - STEP
        slopes.append(float((f(up) - f(down)) / (2 * STEP)))
    return np.array(slopes)
