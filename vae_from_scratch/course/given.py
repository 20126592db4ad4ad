"""檢查交給學生的函式的小函式：``mean_gradient_estimates`` 的 ``f`` 與 ``df``。

評分時整個檔案送到學生的那一邊執行，學生逐點呼叫幾萬次也不必來回問；所以只匯入 NumPy，函式彼此不相干。
說明的第一行就是失敗時印出來的名字。
"""

from typing import Any

import numpy as np


def square(z: Any) -> Any:
    """z ↦ z²"""
    return z**2


def double(z: Any) -> Any:
    """z ↦ 2z"""
    return 2 * z


def step(z: Any) -> Any:
    """z ↦ 1（z > 0），否則 0"""
    return np.where(z > 0, 1.0, 0.0)


def zero(z: Any) -> Any:
    """z ↦ 0"""
    return np.zeros_like(z)
