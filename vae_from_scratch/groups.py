"""一塊一塊的水準：獨熱矩陣的 D 欄分成 V 個變數，一個變數一塊（第 5 章）。

概似、資料列、編碼規則與各種量測都要「依變數切開、求和、攤回去」；這些事只在這裡做。
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from numbers import Integral

import numpy as np
from numpy.typing import DTypeLike, NDArray


@dataclass(frozen=True)
class Groups:
    """各變數的水準個數 ``sizes``，依欄的順序；D 是它們的總和，V 是變數的個數。

    最後一軸是欄：``x`` 的形狀 (..., D)，每個變數一個值的陣列是 (..., V)。
    個數不是正整數，引發 ``ValueError``；一個變數也沒有（只有數字的表），D 就是 0。

    >>> groups = Groups((2, 3))
    >>> x = groups.one_hot(np.array([[1, 0], [-1, 2]]))
    >>> x
    array([[0., 1., 1., 0., 0.],
           [0., 0., 0., 0., 1.]])
    >>> groups.sum(x)
    array([[1., 1.],
           [0., 1.]])
    >>> groups.codes(x)
    array([[ 1,  0],
           [-1,  2]])
    >>> groups.span(1), groups.total, len(groups)
    (slice(2, 5, None), 5, 2)
    """

    sizes: Sequence[int]
    total: int = field(init=False, repr=False, compare=False)
    starts: NDArray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        sizes = tuple(self.sizes)
        if not all(isinstance(size, Integral) and size > 0 for size in sizes):
            raise ValueError(
                f"引數 groups（各變數的水準個數）是 {self.sizes!r}；請給正整數，例如 (5, 2, 7)。"
            )
        object.__setattr__(self, "sizes", tuple(int(size) for size in sizes))
        object.__setattr__(self, "total", int(sum(sizes)))
        object.__setattr__(self, "starts", np.cumsum((0, *sizes))[:-1])

    def __len__(self) -> int:
        """變數的個數 V。"""
        return len(self.sizes)

    def __iter__(self) -> Iterator[int]:
        """依序給出 ``sizes``，所以要一串個數的地方也收 ``Groups``。"""
        return iter(self.sizes)

    # ---- 切開、合起來 ----------------------------------------

    def span(self, variable: int) -> slice:
        """第 ``variable`` 個變數的那幾欄。"""
        start = int(self.starts[variable])
        return slice(start, start + self.sizes[variable])

    def split(self, x: NDArray) -> list[NDArray]:
        """依變數切開：(..., D) → V 個 (..., K)，都是檢視。"""
        return np.split(x, self.starts[1:], axis=-1)[: len(self)]

    def sum(self, x: NDArray) -> NDArray:
        """每個變數各欄的和：(..., D) → (..., V)。"""
        return np.add.reduceat(x, self.starts, axis=-1)

    def max(self, x: NDArray) -> NDArray:
        """每個變數各欄的最大值：(..., D) → (..., V)。"""
        return np.maximum.reduceat(x, self.starts, axis=-1)

    def spread(self, values: NDArray) -> NDArray:
        """``sum`` 的反方向，把每個變數的值攤到它的各欄：(..., V) → (..., D)。"""
        return np.repeat(values, self.sizes, axis=-1)

    # ---- 水準 ----------------------------------------

    def known(self, x: NDArray) -> NDArray:
        """哪些變數不是整組 0（整組 0 是缺失）：(..., D) → 布林 (..., V)。"""
        return np.logical_or.reduceat(x != 0, self.starts, axis=-1)

    def codes(self, x: NDArray) -> NDArray:
        """每個變數最大的水準是第幾個，整組 0 的是 −1：獨熱編碼或機率 (..., D) → 整數 (..., V)。"""
        codes = np.full((*x.shape[:-1], len(self)), -1)
        for variable, part in enumerate(self.split(x)):
            codes[..., variable] = part.argmax(axis=-1)
        return np.where(self.known(x), codes, -1)

    def one_hot(self, codes: NDArray, dtype: DTypeLike = "float64") -> NDArray:
        """``codes`` 的反函數：整數代碼 (..., V) → 獨熱編碼 (..., D)，−1 的變數整組為 0。"""
        x = np.zeros((*codes.shape[:-1], self.total), dtype)
        # 看成一條長的向量：第 n 列、第 v 個變數的 1，在 n D + starts[v] + 代碼。
        row_starts = self.total * np.arange(prod(codes.shape[:-1])).reshape(*codes.shape[:-1], 1)
        x.reshape(-1)[(codes + self.starts + row_starts)[codes >= 0]] = 1
        return x

    def without(self, x: NDArray, variable: int) -> NDArray:
        """蓋住一個變數：那一組改成 0（缺失）；傳回新的陣列，原來的不動。"""
        hidden = x.copy()
        hidden[..., self.span(variable)] = 0
        return hidden
