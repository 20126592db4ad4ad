"""訓練資料的兩種來源：密集的矩陣，或整數的水準代碼（逐批才展開成獨熱編碼）（第 8、10 章）。"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Rows(Protocol):
    """可以依索引取出一批密集的列。"""

    @property
    def n_columns(self) -> int: ...
    def __len__(self) -> int: ...
    def take(self, index: NDArray) -> NDArray: ...


@dataclass(frozen=True)
class DenseRows:
    """現成的矩陣 (N, D)。"""

    values: NDArray

    @property
    def n_columns(self) -> int:
        return self.values.shape[1]

    def __len__(self) -> int:
        return len(self.values)

    def take(self, index: NDArray) -> NDArray:
        return np.take(self.values, index, axis=0)


@dataclass(frozen=True)
class CategoryCodes:
    """整數代碼 (N, V)：第 v 欄的值在 0 到 ``groups[v] − 1`` 之間，−1 表示缺失。

    一百萬棟房子的密集獨熱矩陣要兩 GB；代碼只要幾十 MB，每一批才展開。
    """

    codes: NDArray
    groups: Sequence[int]
    dtype: str = "float64"

    def __post_init__(self) -> None:
        codes = np.asarray(self.codes)
        integers = np.issubdtype(codes.dtype, np.integer)
        if codes.ndim != 2 or codes.shape[1] != len(self.groups) or not integers:
            raise ValueError(
                f"引數 codes 是 {codes.dtype} 的 {codes.shape}；"
                f"應是整數陣列，欄數等於 groups 的長度 {len(self.groups)}。"
            )
        bad = (codes < -1) | (codes >= np.asarray(self.groups))
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise ValueError(
                f"引數 codes 的第 {row} 列第 {column} 欄是 {codes[row, column]}；"
                f"這個變數的代碼應在 −1（缺失）到 {self.groups[column] - 1} 之間。"
            )

    @property
    def n_columns(self) -> int:
        return int(sum(self.groups))

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, index: NDArray) -> NDArray:
        """展開成獨熱編碼 (len(index), D)；缺失的變數整組為 0。"""
        codes = self.codes[index]
        starts = np.cumsum((0, *self.groups[:-1]))
        x = np.zeros((len(codes), self.n_columns), self.dtype)
        row, column = np.nonzero(codes >= 0)
        x[row, starts[column] + codes[row, column]] = 1
        return x
