"""編好碼的混合的表：水準的代碼與標準化的數字；各種對照只認得這個樣子。

``codes`` (N, V) 是水準的代碼，−1 是缺失；``groups`` 是各變數的水準個數；``numbers`` (N, M) 是標準化的數字，
NaN 是缺失。在零堆成一根尖峰的欄占兩個位置：``codes`` 最後面的一個旗標（0 是零、1 不是零），與一個只在不是零
時才有值的數字；``spiked`` 依旗標的順序，說是第幾個數字。
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from ..groups import Groups

#: 一次展開這麼多列；再大的表，密集的矩陣也只有這麼高。
BLOCK_ROWS = 4096


class Coded(Protocol):
    """編好碼的表要有的三個屬性。"""

    @property
    def codes(self) -> NDArray: ...
    @property
    def groups(self) -> Sequence[int]: ...
    @property
    def numbers(self) -> NDArray: ...


def is_coded(table: Any) -> TypeGuard[Coded]:
    """是編好碼的表，不是矩陣。"""
    return all(hasattr(table, name) for name in ("codes", "groups", "numbers"))


@dataclass(frozen=True, eq=False)
class CodedTable:
    """最簡單的一種；可以沒有類別，也可以沒有數字。形狀不合引發 ``ValueError``。

    >>> table = CodedTable(np.array([[1], [-1]]), (2,), np.array([[0.5], [np.nan]]))
    >>> features(table)  # 兩個水準一欄一個，後面接數字；缺失的都是 0
    array([[0. , 1. , 0.5],
           [0. , 0. , 0. ]])
    """

    codes: NDArray
    groups: Sequence[int]
    numbers: NDArray

    def __post_init__(self) -> None:
        shapes = self.codes.shape, self.numbers.shape
        agree = self.codes.ndim == self.numbers.ndim == 2 and len(self.codes) == len(self.numbers)
        if not agree or self.codes.shape[1] != len(self.groups):
            raise ValueError(
                f"引數 codes 的形狀是 {shapes[0]}、numbers 是 {shapes[1]}，groups 有 {len(self.groups)} 個；"
                "應是 (N, V)、(N, M) 與 V 個，列數相同（沒有數字就給 (N, 0)）。"
            )

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def missing(self) -> NDArray:
        """哪些格子缺失，布林 (N, V + M)。"""
        return np.hstack([self.codes < 0, np.isnan(self.numbers)])


class Slot(NamedTuple):
    """編碼裡的一個位置：第幾個類別變數，或第幾個數字。"""

    kind: Literal["category", "number"]
    position: int


def slots(table: Coded) -> list[Slot]:
    """全部的位置：先類別、後數字，各依序。"""
    categories = [Slot("category", v) for v in range(len(table.groups))]
    return categories + [Slot("number", m) for m in range(table.numbers.shape[1])]


def take(table: Coded, rows: NDArray | slice) -> CodedTable:
    """取出幾列；``rows`` 是布林、位置或切片。"""
    return CodedTable(table.codes[rows], tuple(table.groups), table.numbers[rows])


def known_rows(table: Coded) -> NDArray:
    """至少有一格不是缺失的列，布林 (N,)。"""
    return (table.codes >= 0).any(axis=1) | ~np.isnan(table.numbers).all(axis=1)


def from_rows(rows: Any) -> CodedTable:
    """``rows`` 模組的列（``MixedRows``，或沒有數字的 ``CategoryCodes``）換成編好碼的表。"""
    numbers = getattr(rows, "numbers", np.empty((len(rows), 0)))
    return CodedTable(rows.codes, tuple(rows.groups), numbers)


def from_one_hot(x: NDArray, groups: Sequence[int]) -> CodedTable:
    """獨熱矩陣 (N, D) 換成編好碼的表，沒有數字。"""
    return CodedTable(Groups(groups).codes(x), tuple(groups), np.empty((len(x), 0)))


# ---- 展開 ----------------------------------------


def one_hot(table: Coded) -> NDArray:
    """類別的獨熱編碼 (N, D)，缺失的整組為 0；沒有類別是 (N, 0)。"""
    if not len(table.groups):
        return np.empty((len(table.codes), 0))
    return Groups(table.groups).one_hot(table.codes)


def features(table: Coded) -> NDArray:
    """獨熱編碼後面接數字 (N, D + M)；缺失的類別整組為 0，缺失的數字是平均 0。只用在列不多的時候。"""
    return np.hstack([one_hot(table), np.where(np.isnan(table.numbers), 0.0, table.numbers)])


def blocks(table: Coded) -> Iterator[CodedTable]:
    """一段一段的列，每段最多 ``BLOCK_ROWS`` 列。"""
    for start in range(0, len(table.codes), BLOCK_ROWS):
        yield take(table, slice(start, start + BLOCK_ROWS))


def evenly(n_rows: int, most: int) -> NDArray:
    """由 ``n_rows`` 個位置平均取出最多 ``most`` 個；同樣的引數，同樣的位置。"""
    return np.unique(np.linspace(0, n_rows - 1, min(n_rows, most)).astype(int))


# ---- 蓋住一格 ----------------------------------------


def partners(table: Coded, slot: Slot, spiked: Sequence[int] = ()) -> list[Slot]:
    """表上的同一格占了哪些位置：有尖峰的數字與它的旗標是同一格，別的只有自己。"""
    first_flag = len(table.groups) - len(spiked)
    pairs = [
        (Slot("category", first_flag + flag), Slot("number", number)) for flag, number in enumerate(spiked)
    ]
    return next((list(pair) for pair in pairs if slot in pair), [slot])


def hide(table: Coded, slot: Slot, spiked: Sequence[int] = ()) -> CodedTable:
    """蓋住一欄的每一格（旗標與它的數字一起蓋）；傳回新的表，原來的不動。"""
    codes, numbers = table.codes.copy(), table.numbers.copy()
    for kind, position in partners(table, slot, spiked):
        if kind == "category":
            codes[:, position] = -1
        else:
            numbers[:, position] = np.nan
    return CodedTable(codes, tuple(table.groups), numbers)
