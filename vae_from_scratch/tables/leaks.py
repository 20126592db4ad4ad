"""目標是不是已經寫在資料裡：幾乎就是某一個數字、某兩欄的乘積或商（單價 × 面積 = 總價），或由某一個類別決定。

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
    """一欄或兩欄 ``columns``，``formula`` 是怎麼湊出目標，``correlation`` 是 ``how`` 量的，1 是完全相同。"""

    columns: tuple[str, ...]
    formula: str
    correlation: float
    how: str = "等級相關"

    def sentence(self, target: str) -> str:
        """給終端機與報告的一句。"""
        drop = " 或 ".join(f"--drop {name}" for name in self.columns)
        which = "它" if len(self.columns) == 1 else "其中一欄"
        return (
            f"{self.formula}幾乎就是目標「{target}」（{self.how} {self.correlation:.3f}），猜得準不算數；"
            f"猜的時候若還不知道{which}，請加 {drop}。"
        )


def find_leaks(frame: pd.DataFrame, target: Target | None) -> list[Leak]:
    """單獨就是的每一欄（數字或類別），以及最像的一對數字；沒有目標是空的，類別的目標只看類別的欄。

    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"單價": rng.uniform(10, 50, 100), "面積": rng.uniform(20, 80, 100)})
    >>> [leak.formula for leak in find_leaks(frame, Target("總價", np.array(frame["單價"] * frame["面積"])))]
    ['「單價」×「面積」']
    >>> find_leaks(frame, Target("屋齡", rng.uniform(0, 50, 100)))
    []
    """
    if target is None:
        return []
    levels = _levels(frame, target)
    return levels if target.classes else [*_numbers(frame, target), *levels]


def _numbers(frame: pd.DataFrame, target: Target) -> list[Leak]:
    """數字的欄裡的。"""
    names = [name for name in frame.columns if frame[name].dtype.kind == "f"][:MOST_COLUMNS]
    rows = _rows(target)
    values, wanted = frame[names].to_numpy(dtype=float)[rows], target.values[rows]
    alone = [_correlation(column, wanted) for column in values.T]
    found = [Leak((name,), f"「{name}」", one) for name, one in zip(names, alone, strict=True) if one > SAME]
    pairs = _pairs(names, values, wanted, alone)
    return found + [best for best in [max(pairs, key=lambda leak: leak.correlation, default=None)] if best]


def _rows(target: Target) -> NDArray:
    """看哪些列：知道目標的，太多就隨機挑。"""
    rows = np.flatnonzero(target.known)
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(0).permutation(rows)[:MOST_ROWS])
    return rows


def _levels(frame: pd.DataFrame, target: Target) -> list[Leak]:
    """類別的欄裡，單獨就決定目標的：同一個水準的其他列猜得出這一列（等級分數決定利率，郵遞區號決定縣市）。"""
    rows, found = _rows(target), []
    if len(rows) < FEWEST_ROWS:
        return []
    names = [name for name in frame.columns if frame[name].dtype.kind not in "fM"][:MOST_COLUMNS]
    guess, how = (_classes, "少猜錯的比例") if target.classes else (_ranks, "等級相關")
    for name in names:
        codes = pd.factorize(frame[name].to_numpy(dtype=object)[rows], use_na_sentinel=False)[0]
        explained = guess(codes, target.values[rows])
        if explained > SAME:
            found.append(Leak((str(name),), f"「{name}」的水準", explained, how))
    return found


def _ranks(codes: NDArray, wanted: NDArray) -> float:
    """同一個水準其他列的平均等級，猜這一列的等級，相關（R² 的平方根）；只有自己一列的猜總平均。"""
    from scipy.stats import rankdata

    ranks = rankdata(wanted)
    ranks -= ranks.mean()
    others = np.bincount(codes)[codes] - 1
    guess = (np.bincount(codes, ranks)[codes] - ranks) / np.maximum(others, 1)
    total = float((ranks**2).sum())
    explained = 1 - float(((ranks - guess) ** 2).sum()) / total if total else 0.0
    return float(np.sqrt(max(explained, 0.0)))


def _classes(codes: NDArray, wanted: NDArray) -> float:
    """同一個水準其他列最多的類別，猜這一列的；比起只猜最常見的類別，少猜錯多少。"""
    classes = wanted.astype(int)
    counts = np.zeros((codes.max() + 1, classes.max() + 1))
    np.add.at(counts, (codes, classes), 1)
    others = counts[codes]
    others[np.arange(len(codes)), classes] -= 1
    known = others.sum(axis=1) > 0
    wrong = ((others.argmax(axis=1) != classes) | ~known).sum()
    floor = len(classes) - np.bincount(classes).max()
    return 1 - float(wrong) / float(floor) if floor else 0.0


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
