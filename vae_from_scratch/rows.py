"""訓練資料的兩種來源：密集的矩陣，或整數的水準代碼（逐批才展開成獨熱編碼）（第 8、10 章）。"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .likelihood import checked_groups


class Rows(Protocol):
    """可以依索引取出一批密集的列。"""

    @property
    def n_columns(self) -> int: ...
    def __len__(self) -> int: ...
    def take(self, index: NDArray) -> NDArray: ...
    def digest(self) -> str: ...


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

    def digest(self) -> str:
        return _digest(self.values)


@dataclass(frozen=True)
class CategoryCodes:
    """整數代碼 (N, V)：第 v 欄的值在 0 到 ``groups[v] − 1`` 之間，−1 表示缺失。

    一百萬棟房子的密集獨熱矩陣要兩 GB；代碼只要幾十 MB，每一批才展開。
    """

    codes: NDArray
    groups: Sequence[int]
    dtype: str = "float64"
    n_columns: int = field(init=False, repr=False, compare=False)
    starts: NDArray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        codes, groups = np.asarray(self.codes), checked_groups(self.groups)
        object.__setattr__(self, "codes", codes)
        object.__setattr__(self, "groups", groups)
        object.__setattr__(self, "n_columns", sum(groups))
        object.__setattr__(self, "starts", np.cumsum((0, *groups[:-1])))
        integers = np.issubdtype(codes.dtype, np.integer)
        if codes.ndim != 2 or codes.shape[1] != len(groups) or not integers:
            raise ValueError(
                f"引數 codes 是 {codes.dtype} 的 {codes.shape}；"
                f"應是整數陣列，欄數等於 groups 的長度 {len(groups)}。"
            )
        if not len(codes):
            raise ValueError("引數 codes 沒有任何一列；請至少給一列。")
        bad = (codes < -1) | (codes >= np.asarray(groups))
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise ValueError(
                f"引數 codes 的第 {row} 列第 {column} 欄是 {codes[row, column]}；"
                f"這個變數的代碼應在 −1（缺失）到 {groups[column] - 1} 之間。"
            )

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, index: NDArray) -> NDArray:
        """展開成獨熱編碼 (len(index), D)；缺失的變數整組為 0。"""
        codes = np.take(self.codes, index, axis=0)
        x = np.zeros((len(codes), self.n_columns), self.dtype)
        # 看成一條長的向量：第 n 列、第 v 個變數的 1，在 n D + starts[v] + 代碼。
        row_starts = np.arange(0, x.size, self.n_columns)[:, np.newaxis]
        x.reshape(-1)[(codes + self.starts + row_starts)[codes >= 0]] = 1
        return x

    def digest(self) -> str:
        return f"{self.groups} {_digest(self.codes)}"


def _digest(array: NDArray) -> str:
    """內容的指紋：接續檢查點時，用來確認資料沒有換。"""
    contents = hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
    return f"{array.dtype} {array.shape} {contents}"
