"""目標是不是已經寫在資料裡：幾乎就是某一個數字欄，或某兩欄的乘積、商（單價 × 面積 = 總價）。

那樣的欄留在表裡，分數再高也只說明模型看過答案。比的是等級相關，取不取對數、用什麼單位都一樣。
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .target import Target

#: 等級相關的絕對值超過這麼多，就說「幾乎就是」。
SAME = 0.98
#: 兩欄一起，剩下沒說到的（1 − |相關|）要比單獨一欄少這麼多倍；不然是那一欄自己的功勞。
BETTER = 4
#: 只看前面這麼多個數字欄、隨機的這麼多列；兩邊都有值的列至少占這麼多。
MOST_COLUMNS, MOST_ROWS, MOSTLY_KNOWN = 60, 2_000, 0.8
#: 少於這麼多列，碰巧就有這麼高的相關。
FEWEST_ROWS = 20


@dataclass(frozen=True)
class Leak:
    """``columns`` 是一欄或兩欄，``formula`` 是它們怎麼湊出目標，``correlation`` 是等級相關的絕對值。"""

    columns: tuple[str, ...]
    formula: str
    correlation: float

    def sentence(self, target: str) -> str:
        """給終端機與報告的一句。"""
        drop = " 或 ".join(f"--drop {name}" for name in self.columns)
        which = "它" if len(self.columns) == 1 else "其中一欄"
        return (
            f"{self.formula}幾乎就是目標「{target}」（等級相關 {self.correlation:.3f}），猜得準不算數；"
            f"猜的時候若還不知道{which}，請加 {drop}。"
        )


def find_leaks(frame: pd.DataFrame, target: Target | None) -> list[Leak]:
    """``frame`` 的浮點數欄裡的：單獨就是的每一欄，以及最像的一對；目標是類別或沒有目標，就是空的。

    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"單價": rng.uniform(10, 50, 100), "面積": rng.uniform(20, 80, 100)})
    >>> [leak.formula for leak in find_leaks(frame, Target("總價", np.array(frame["單價"] * frame["面積"])))]
    ['「單價」×「面積」']
    >>> find_leaks(frame, Target("屋齡", rng.uniform(0, 50, 100)))
    []
    """
    if target is None or target.classes:
        return []
    names = [name for name in frame.columns if frame[name].dtype.kind == "f"][:MOST_COLUMNS]
    rows = np.flatnonzero(target.known)
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(0).permutation(rows)[:MOST_ROWS])
    values, wanted = frame[names].to_numpy(dtype=float)[rows], target.values[rows]
    alone = [_correlation(column, wanted) for column in values.T]
    found = [Leak((name,), f"「{name}」", one) for name, one in zip(names, alone, strict=True) if one > SAME]
    pairs = _pairs(names, values, wanted, alone)
    return found + [best for best in [max(pairs, key=lambda leak: leak.correlation, default=None)] if best]


def _pairs(names: list[str], values: NDArray, wanted: NDArray, alone: list[float]) -> Iterator[Leak]:
    """兩欄都不是單獨就夠，湊起來卻夠的。"""
    logs = np.log(np.where(values > 0, values, np.nan))
    usable = [place for place in range(len(names)) if alone[place] <= SAME]
    for first, second in combinations(usable, 2):
        left_out = 1 - max(alone[first], alone[second])
        for sign, mark in ((1, "×"), (-1, "÷")):
            one = _correlation(logs[:, first] + sign * logs[:, second], wanted)
            if one > SAME and 1 - one < left_out / BETTER:
                columns = names[first], names[second]
                yield Leak(columns, f"「{columns[0]}」{mark}「{columns[1]}」", one)


def _correlation(column: NDArray, wanted: NDArray) -> float:
    """等級相關的絕對值；有值的列太少、只有一個值，就是 0。"""
    from scipy.stats import rankdata

    known = np.isfinite(column)
    if known.sum() < max(FEWEST_ROWS, MOSTLY_KNOWN * len(column)):
        return 0.0
    ranks = [rankdata(values[known]) for values in (column, wanted)]
    if any(np.ptp(rank) == 0 for rank in ranks):
        return 0.0
    return float(abs(np.corrcoef(*ranks)[0, 1]))
