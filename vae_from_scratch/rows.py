"""訓練資料的兩種來源：密集的矩陣，或整數的水準代碼（逐批才展開成獨熱編碼）（第 8、10 章）。"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .groups import Groups


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
        """欄數 D。"""
        return self.values.shape[1]

    def __len__(self) -> int:
        return len(self.values)

    def take(self, index: NDArray) -> NDArray:
        """取出幾列 (len(index), D)。"""
        return np.take(self.values, index, axis=0)

    def digest(self) -> str:
        """內容的指紋。"""
        return _digest(self.values)


@dataclass(frozen=True, eq=False)
class CategoryCodes:
    """整數代碼 (N, V)：第 v 欄的值在 0 到 ``groups[v] − 1`` 之間，−1 表示缺失。

    一百萬棟房子的密集獨熱矩陣要兩 GB；代碼只要幾十 MB，每一批才展開。
    對 scikit-learn 而言，它就是那個獨熱矩陣 (N, D)：有 ``shape``，取列得到同樣的物件，
    別的用法（取欄、``np.asarray``）才展開成密集的。代碼超出範圍、不是整數，引發 ``ValueError``。

    >>> rows = CategoryCodes(np.array([[0, 2], [1, -1]]), groups=(2, 3))
    >>> np.asarray(rows)
    array([[1., 0., 0., 0., 1.],
           [0., 1., 0., 0., 0.]])
    >>> rows.shape, rows[[1]].codes
    ((2, 5), array([[ 1, -1]]))
    """

    codes: NDArray
    groups: Sequence[int]
    dtype: DTypeLike = "float64"
    blocks: Groups = field(init=False, repr=False)

    def __post_init__(self) -> None:
        codes, blocks = np.asarray(self.codes), Groups(self.groups)
        object.__setattr__(self, "codes", codes)
        object.__setattr__(self, "groups", blocks.sizes)
        object.__setattr__(self, "dtype", np.dtype(self.dtype))
        object.__setattr__(self, "blocks", blocks)
        integers = np.issubdtype(codes.dtype, np.integer)
        if codes.ndim != 2 or codes.shape[1] != len(blocks) or not integers:
            raise ValueError(
                f"引數 codes 是 {codes.dtype} 的 {codes.shape}；"
                f"應是整數陣列，欄數等於 groups 的長度 {len(blocks)}。"
            )
        if not len(codes):
            raise ValueError("引數 codes 沒有任何一列；請至少給一列。")
        bad = (codes < -1) | (codes >= np.asarray(blocks.sizes))
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise ValueError(
                f"引數 codes 的第 {row} 列第 {column} 欄是 {codes[row, column]}；"
                f"這個變數的代碼應在 −1（缺失）到 {blocks.sizes[column] - 1} 之間。"
            )

    @property
    def n_columns(self) -> int:
        """展開以後的欄數 D。"""
        return self.blocks.total

    @property
    def shape(self) -> tuple[int, int]:
        """展開以後的形狀 (N, D)。"""
        return len(self), self.n_columns

    @property
    def ndim(self) -> int:
        """展開以後是矩陣，2 維。"""
        return 2

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[NDArray]:
        """一列一列展開 (D,)；pandas 要它，才肯把這個物件當成表。"""
        return (self.blocks.one_hot(codes, self.dtype) for codes in self.codes)

    def take(self, index: NDArray) -> NDArray:
        """展開成獨熱編碼 (len(index), D)；缺失的變數整組為 0。"""
        return self.blocks.one_hot(np.take(self.codes, index, axis=0), self.dtype)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray:
        """展開成密集的獨熱矩陣 (N, D)；一定是新的陣列。"""
        if copy is False:
            raise ValueError("CategoryCodes 展開一定是新的陣列，不能用 copy=False；請改用 np.asarray。")
        return self.blocks.one_hot(self.codes, self.dtype if dtype is None else dtype)

    def __getitem__(self, key: Any) -> "CategoryCodes | NDArray":
        """取列（切片、布林或整數的陣列）得到 ``CategoryCodes``；取一列或取欄得到密集的陣列。"""
        rows = key[0] if isinstance(key, tuple) and len(key) == 2 and key[1] is Ellipsis else key
        if isinstance(rows, tuple):
            return np.asarray(self)[rows]
        chosen = self.codes[rows]
        return replace(self, codes=chosen) if chosen.ndim == 2 else self.blocks.one_hot(chosen, self.dtype)

    def digest(self) -> str:
        """內容的指紋。"""
        return f"{self.groups} {_digest(self.codes)}"


def _digest(array: NDArray) -> str:
    """內容的指紋：接續檢查點時，用來確認資料沒有換。"""
    contents = hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
    return f"{array.dtype} {array.shape} {contents}"
