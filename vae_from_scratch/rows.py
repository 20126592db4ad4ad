"""訓練資料的來源：密集的矩陣，或代碼與數字（逐批才展開成網路看的列）（第 8、10、13 章）。"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .groups import Groups
from .likelihood import Categorical, Mixed


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
    def layout(self) -> Categorical:
        """照各變數的水準個數排好的概似。"""
        return Categorical(self.groups)

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


@dataclass(frozen=True, eq=False)
class MixedRows:
    """類別與數字並存的列：整數代碼 (N, V)（−1 是缺失）與標準化的數字 (N, M)（NaN 是缺失）。

    逐批才展開成 ``likelihood.Mixed`` 的 ``[獨熱 | 數字 | 有沒有觀察到]``，(N, K + 2M)；``spiked`` 的意思也照
    那裡：``groups`` 的最後幾個變數是這些數字「零或不是零」的旗標。列數不同、有 inf、代碼超出範圍，引發
    ``ValueError``。

    >>> rows = MixedRows(np.array([[1], [-1]]), (2,), np.array([[0.5], [np.nan]]))
    >>> rows.take(np.array([0, 1]))
    array([[0. , 1. , 0.5, 1. ],
           [0. , 0. , 0. , 0. ]])
    """

    codes: NDArray
    groups: Sequence[int]
    numbers: NDArray
    spiked: Sequence[int] = ()
    dtype: DTypeLike = "float64"
    layout: Mixed = field(init=False, repr=False)

    def __post_init__(self) -> None:
        numbers = np.asarray(self.numbers, dtype=float)
        if numbers.ndim != 2 or len(numbers) != len(self.codes):
            raise ValueError(
                f"引數 numbers 的形狀是 {numbers.shape}，codes 有 {len(self.codes)} 列；"
                "應是列數相同的 (N, M)。"
            )
        if np.isinf(numbers).any():
            row, column = np.argwhere(np.isinf(numbers))[0]
            raise ValueError(f"引數 numbers 的第 {row} 列第 {column} 欄是 inf；請改成有限的數，缺失寫 NaN。")
        coded = CategoryCodes(self.codes, self.groups)
        object.__setattr__(self, "codes", coded.codes)
        object.__setattr__(self, "groups", coded.groups)
        object.__setattr__(self, "numbers", numbers)
        object.__setattr__(self, "layout", Mixed(coded.groups, numbers.shape[1], self.spiked))
        object.__setattr__(self, "dtype", np.dtype(self.dtype))

    @property
    def n_columns(self) -> int:
        """展開以後的寬度 K + 2M。"""
        return self.layout.n_columns

    @property
    def shape(self) -> tuple[int, int]:
        """展開以後的形狀 (N, K + 2M)。"""
        return len(self), self.n_columns

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, index: NDArray) -> NDArray:
        """展開幾列 (len(index), K + 2M)；缺失的變數整組為 0，缺失的數字寫 0、觀察到是 0。"""
        numbers = np.take(self.numbers, index, axis=0)
        observed = np.isfinite(numbers)
        n_levels, n_numbers = self.layout.n_levels, numbers.shape[1]
        x = np.empty((len(numbers), self.n_columns), self.dtype)
        x[:, :n_levels] = self.layout.blocks.one_hot(np.take(self.codes, index, axis=0), self.dtype)
        x[:, n_levels : n_levels + n_numbers] = np.where(observed, numbers, 0)
        x[:, n_levels + n_numbers :] = observed
        return x

    def __getitem__(self, rows: NDArray | slice) -> "MixedRows":
        """只留這幾列（切片、布林或整數的陣列），仍是代碼與數字。"""
        return replace(self, codes=self.codes[rows], numbers=self.numbers[rows])

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray:
        """展開成密集的矩陣 (N, K + 2M)；一定是新的陣列。"""
        if copy is False:
            raise ValueError("MixedRows 展開一定是新的陣列，不能用 copy=False；請改用 np.asarray。")
        dense = self.take(np.arange(len(self)))
        return dense if dtype is None else dense.astype(dtype)

    def digest(self) -> str:
        """內容的指紋。"""
        return f"{self.groups} {self.spiked} {_digest(self.codes)} {_digest(self.numbers)}"


#: 知道自己怎麼排的列：概似可以只寫名字。
CodedRows = CategoryCodes | MixedRows


def _digest(array: NDArray) -> str:
    """內容的指紋：接續檢查點時，用來確認資料沒有換。"""
    contents = hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
    return f"{array.dtype} {array.shape} {contents}"
