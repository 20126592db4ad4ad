"""兩批列像不像：一欄一欄、一對一對，以及空白在不在一起；類別與數字並存的表都能用（第 13 章）。

表先換成同一套代碼（``coded``）：類別是整數代碼 (N, V)，−1 是缺失；數字照原來的單位 (N, M)，NaN 是缺失。
欄的順序是類別在前、數字在後，共 V + M 欄。
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .coded import CodedTable
from .generation import association

#: 一對欄至少要有這麼多列兩邊都有值，關聯才算。
FEWEST_ROWS = 10
CRAMER, SPEARMAN, RATIO = "Cramér's V", "Spearman", "相關比"


@dataclass(frozen=True)
class Kinds:
    """哪些欄是類別、哪些是數字；同一欄不能寫兩次。"""

    categories: Sequence[str] = ()
    numbers: Sequence[str] = ()

    def __post_init__(self) -> None:
        names = self.names
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated or not names:
            found = f"「{repeated[0]}」寫了兩次" if repeated else "一欄也沒有"
            raise ValueError(f"引數 categories 與 numbers：{found}；每一欄要恰好寫一次。")

    @property
    def names(self) -> list[str]:
        """欄名：類別在前，數字在後。"""
        return [*self.categories, *self.numbers]


def coded(frames: Sequence[pd.DataFrame], kinds: Kinds) -> list[CodedTable]:
    """幾張表用同一套代碼；水準的順序是第一次出現的順序。缺欄、數字的欄讀不成數字，引發 ``ValueError``。

    >>> one, other = pd.DataFrame({"色": ["紅", None]}), pd.DataFrame({"色": ["藍", "紅"]})
    >>> [table.codes[:, 0].tolist() for table in coded([one, other], Kinds(["色"]))]
    [[0, -1], [1, 0]]
    """
    for frame in frames:
        _check(frame, kinds)
    ends = np.cumsum([len(frame) for frame in frames])
    codes, sizes = np.empty((ends[-1], len(kinds.categories)), dtype=np.int32), []
    for column, name in enumerate(kinds.categories):
        cells = np.concatenate([frame[name].to_numpy(dtype=object, na_value=np.nan) for frame in frames])
        codes[:, column], levels = pd.factorize(cells)
        sizes.append(len(levels))
    numbers = np.empty((ends[-1], len(kinds.numbers)))
    for column, name in enumerate(kinds.numbers):
        numbers[:, column] = np.concatenate([_floats(frame[name]) for frame in frames])
    parts = zip(np.split(codes, ends[:-1]), np.split(numbers, ends[:-1]), strict=True)
    return [CodedTable(part, tuple(sizes), values) for part, values in parts]


def _check(frame: pd.DataFrame, kinds: Kinds) -> None:
    absent = [name for name in kinds.names if name not in frame.columns]
    if absent:
        raise ValueError(f"表裡沒有「{absent[0]}」欄（共缺 {len(absent)} 欄）；兩張表要有相同的欄。")


def _floats(column: pd.Series) -> NDArray:
    try:
        values = column.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise ValueError(f"「{column.name}」說是數字，卻有讀不成數字的格子；請改列為類別。") from None
    return np.where(np.isfinite(values), values, np.nan)


# ---- 一欄一欄 ----------------------------------------


def column_distances(one: CodedTable, other: CodedTable) -> NDArray:
    r"""每一欄的分布差多少，(V + M,)，在 0 與 1 之間；只看有值的格子。

    類別是總變異距離 :math:`\tfrac12\sum_k|p_k-q_k|`；數字是 Kolmogorov–Smirnov 的
    :math:`\max_t|F(t)-G(t)|`。只有一邊有值，差距是 1；兩邊都沒有，是 NaN。
    """
    levels = [
        _total_variation(p, q, size)
        for p, q, size in zip(one.codes.T, other.codes.T, one.groups, strict=True)
    ]
    return np.array(levels + [_ks(p, q) for p, q in zip(one.numbers.T, other.numbers.T, strict=True)])


def _total_variation(one: NDArray, other: NDArray, size: int) -> float:
    counts = [np.bincount(codes[codes >= 0], minlength=size) for codes in (one, other)]
    known = [count.sum() for count in counts]
    if not all(known):
        return 1.0 if any(known) else np.nan
    return float(0.5 * np.abs(counts[0] / known[0] - counts[1] / known[1]).sum())


def _ks(one: NDArray, other: NDArray) -> float:
    from scipy.stats import ks_2samp

    one, other = one[~np.isnan(one)], other[~np.isnan(other)]
    if not len(one) or not len(other):
        return 1.0 if len(one) or len(other) else np.nan
    return float(ks_2samp(one, other, method="asymp").statistic)  # 只用統計量，不用 p 值


# ---- 一對一對 ----------------------------------------


def associations(table: CodedTable) -> NDArray:
    r"""每一對欄的關聯 (V + M, V + M)，對稱，對角線是 NaN。

    類別與類別是 Cramér's V；數字與數字是 Spearman 的等級相關（有正負）；類別與數字是等級的相關比 η。用等級，
    幾個極端的值才不會左右全部。常數的欄、同時有值的列不到 10 列的，是 NaN。

    .. math:: \eta^2 = SS_{\text{組間}} / SS_{\text{全部}} = H / (n - 1)

    H 是 Kruskal–Wallis 檢定的統計量。
    """
    n_categories, n_columns = table.codes.shape[1], len(table.groups) + table.numbers.shape[1]
    found = np.full((n_columns, n_columns), np.nan)
    found[:n_categories, :n_categories] = _cramers_v(table)
    found[n_categories:, n_categories:] = _spearman(table.numbers)
    ranks = _ranks(table.numbers)
    ratios = np.array([_ratios(codes, ranks) for codes in table.codes.T])
    found[:n_categories, n_categories:] = ratios.reshape(n_categories, table.numbers.shape[1])
    found[n_categories:, :n_categories] = found[:n_categories, n_categories:].T
    np.fill_diagonal(found, np.nan)
    return found


def _cramers_v(table: CodedTable) -> NDArray:
    n_columns = len(table.groups)
    found = np.full((n_columns, n_columns), np.nan)
    for a in range(n_columns):
        for b in range(a):
            counts = _crossed(table.codes[:, a], table.codes[:, b])
            if counts.sum() >= FEWEST_ROWS:
                found[a, b] = found[b, a] = association(counts)
    return found


def _crossed(one: NDArray, other: NDArray) -> NDArray:
    """兩欄都有值的列的列聯表，只留出現過的水準。"""
    known = (one >= 0) & (other >= 0)
    if not known.any():
        return np.zeros((1, 1), dtype=int)
    rows, columns = (np.unique(codes[known], return_inverse=True)[1] for codes in (one, other))
    shape = rows.max() + 1, columns.max() + 1
    return np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1]).reshape(shape)


def _spearman(numbers: NDArray) -> NDArray:
    """兩兩同時有值的列的等級相關；pandas 逐對略過缺失。"""
    return pd.DataFrame(numbers).corr(method="spearman", min_periods=FEWEST_ROWS).to_numpy()


def _ranks(numbers: NDArray) -> NDArray:
    """每個數字在自己有值的列裡的等級（平手取平均），減去平均；缺失仍是 NaN。"""
    ranks = pd.DataFrame(numbers).rank().to_numpy()
    return ranks - (np.sum(~np.isnan(ranks), axis=0) + 1) / 2


def _ratios(codes: NDArray, ranks: NDArray) -> NDArray:
    """一個類別與每個數字的相關比 (M,)。"""
    known = (codes >= 0)[:, None] & ~np.isnan(ranks)
    enough = known.sum(axis=0) >= FEWEST_ROWS
    return np.array(
        [_ratio(codes[rows], values[rows]) if is_enough else np.nan
         for rows, values, is_enough in zip(known.T, ranks.T, enough, strict=True)]
    )  # fmt: skip


def _ratio(codes: NDArray, ranks: NDArray) -> float:
    centred, counts = ranks - ranks.mean(), np.bincount(codes)
    total, several = np.square(centred).sum(), (counts > 0).sum() > 1
    if total == 0 or not several:
        return np.nan
    sums = np.bincount(codes, weights=centred)
    between = (np.square(sums) / np.maximum(counts, 1)).sum()
    return float(np.sqrt(min(between / total, 1.0)))


def measure_of(one: int, other: int, n_categories: int) -> str:
    """這一對欄用哪一種關聯。"""
    n_numbers = (one >= n_categories) + (other >= n_categories)
    return (CRAMER, RATIO, SPEARMAN)[n_numbers]


# ---- 空白 ----------------------------------------


def gaps_together(missing: NDArray) -> NDArray:
    """每兩欄的空白在不在同樣的列：布林 (N, C) → φ 相關 (C, C)，−1 到 1。

    φ 是兩個 0/1 的 Pearson 相關：1 是同進退，0 是無關。一格空白也沒有（或全空）的欄，當作 0。

    >>> gaps_together(np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0]], bool)).round(2)[0]
    array([ 1.  ,  1.  , -0.58])
    """
    centred = missing - missing.mean(axis=0)
    spread = np.sqrt(np.square(centred).sum(axis=0))
    products = centred.T @ centred
    scale = np.outer(spread, spread)
    return np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)
