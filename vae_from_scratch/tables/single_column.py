"""單獨一欄能說出多少目標，與「已經有這一欄，編碼還能添多少」。

降維的用處要過這一關：要是面積一欄就說得出房價，二維的編碼再好看，也要看它在面積之外還多說了什麼。
"""

import numpy as np
from numpy.typing import NDArray

from .baselines import CEILINGS, CLASSIFIERS, MOST_TRAINED, code_table, learnable, majority, scored_rows
from .bins import Bins
from .coded import Coded, CodedTable, Slot, evenly, slots, take

N_FOLDS = 5


def column_errors(table: Coded, values: NDArray, held_out: NDArray, classes: bool = False) -> NDArray:
    """只看一欄猜目標的平方誤差，除以「只猜平均」的：(V + M,)，順序同 ``coded.slots``。

    在訓練的列（最多 ``MOST_TRAINED`` 列）裡做五折交叉驗證。猜法是那個水準（數字先分箱；缺失自成一個）的平均，
    往總平均靠攏一列的份量；類別的目標先展開成獨熱編碼，平方誤差就是 Brier 分數。分箱的平均不管關係是直是彎，
    所以不會冤枉哪一欄。
    """
    rows = np.flatnonzero(np.isfinite(values) & ~held_out)
    rows = rows[evenly(len(rows), MOST_TRAINED)]
    table, wanted = take(table, rows), _wanted(values[rows], classes)
    fold = np.random.default_rng(0).permutation(len(rows)) % N_FOLDS
    baseline = _error(np.zeros(len(rows), dtype=int), wanted, fold)
    errors = [_error(_states(table, slot), wanted, fold) for slot in slots(table)]
    return np.array(errors) / max(baseline, 1e-300)


def best_column(table: Coded, values: NDArray, held_out: NDArray, classes: bool = False) -> Slot:
    """誤差最小的一欄；只用訓練的列挑，所以它的分數不是挑出來的。"""
    return slots(table)[int(column_errors(table, values, held_out, classes).argmin())]


def with_and_without(
    table: Coded,
    slot: Slot,
    codes: NDArray,
    values: NDArray,
    held_out: NDArray,
    seed: int,
    classes: bool = False,
) -> tuple[float, float]:
    """留下的列上，同一種梯度提升樹的兩個分數：只有這一欄，與這一欄加編碼 ``codes`` (N, d)。

    兩個分數用同樣的列、同樣的設定，只差編碼，所以差就是編碼添的。用樹，是因為一欄與編碼的關係可直可彎，
    而且多一個沒有用的輸入，樹不會像最近的鄰居那樣被拖累。分數是 R²，``classes`` 為真時是準確率。
    """
    rows = scored_rows(values, held_out)
    values, held_out = values[rows], held_out[rows]
    if classes and len(np.unique(values[~held_out])) < 2:
        return (majority(values, held_out),) * 2
    alone = only(take(table, rows), slot)
    both = CodedTable(alone.codes, alone.groups, np.hstack([alone.numbers, codes[rows]]))
    first, second = (boosted(part, values, held_out, seed, classes) for part in (alone, both))
    return first, second


def only(table: Coded, slot: Slot) -> CodedTable:
    """只留一欄的表。"""
    if slot.kind == "category":
        keep = slice(slot.position, slot.position + 1)
        return CodedTable(table.codes[:, keep], tuple(table.groups)[keep], table.numbers[:, :0])
    return CodedTable(table.codes[:, :0], (), table.numbers[:, slot.position : slot.position + 1])


def boosted(table: Coded, values: NDArray, held_out: NDArray, seed: int, classes: bool = False) -> float:
    """只給這張表的欄的梯度提升樹，在留下的列上的 R²（``classes`` 為真時是準確率）。"""
    design = code_table(learnable(table, ~held_out))
    model = (CLASSIFIERS if classes else CEILINGS)["boosting"](seed)
    return float(model.fit(design[~held_out], values[~held_out]).score(design[held_out], values[held_out]))


def _wanted(values: NDArray, classes: bool) -> NDArray:
    """要猜的數 (n, C)：數字一欄，類別一種一欄。"""
    return (values[:, None] == np.unique(values)).astype(float) if classes else values[:, None]


def _states(table: Coded, slot: Slot) -> NDArray:
    """每列在這一欄的哪一個狀態；缺失是 0，其餘由 1 起。"""
    if slot.kind == "category":
        return table.codes[:, slot.position] + 1
    values = table.numbers[:, slot.position]
    return Bins.fit(values).states(values) + 1


def _error(states: NDArray, wanted: NDArray, fold: NDArray) -> float:
    """由別的折的狀態平均猜，平均的平方誤差。"""
    cells, size = states * N_FOLDS + fold, (states.max() + 1) * N_FOLDS
    count = np.bincount(cells, minlength=size).reshape(-1, N_FOLDS)
    sums = np.stack([np.bincount(cells, y, size).reshape(-1, N_FOLDS) for y in wanted.T], axis=-1)
    others, others_sum = count.sum(axis=1, keepdims=True) - count, sums.sum(axis=1, keepdims=True) - sums
    mean = others_sum.sum(axis=0) / np.maximum(others.sum(axis=0), 1)[:, None]  # 別的折的總平均 (折, C)
    guess = (others_sum + mean) / (others + 1)[..., None]
    return float(((wanted - guess[states, fold]) ** 2).sum(axis=1).mean())
