"""拿生成的列訓練，在真的列上考試：比得上拿真的列訓練嗎？（第 13 章）

做法叫 train on synthetic, test on real（TSTR）；對照是同樣多的真的列（train on real, test on real）。
出處：Esteban, Hyland & Rätsch (2017)。
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .baselines import CEILINGS, CLASSIFIERS
from .coded import CodedTable, take
from .generation import random_halves
from .likeness import Kinds

#: 拿來訓練的列的上限；梯度提升樹的類別欄最多 255 個水準，多的當缺失。
MOST_TRAINED, MOST_TREE_LEVELS = 10_000, 254
#: 自動挑的目標：類別最多這麼多個水準，至少這麼多的列有值，最常見的水準不到這麼多。
MOST_CLASSES, LEAST_KNOWN, MOST_COMMON = 20, 0.5, 0.9


def good_targets(pairs: pd.DataFrame, table: CodedTable, kinds: Kinds) -> list[str]:
    """與別的欄關聯最強（平均的絕對值）的一個類別（2 到 20 個水準）、一個數字；都沒有就是空的。"""
    both = pd.concat([pairs[["欄", "真的"]], pairs[["另一欄", "真的"]].rename(columns={"另一欄": "欄"})])
    strength = both.assign(真的=both["真的"].abs()).groupby("欄")["真的"].mean().to_dict()
    good = [_is_good_target(codes) for codes in table.codes.T] + [
        np.isfinite(values).mean() > LEAST_KNOWN and len(np.unique(values)) > MOST_CLASSES
        for values in table.numbers.T
    ]
    usable = [name for name, is_good in zip(kinds.names, good, strict=True) if is_good and name in strength]
    groups = [[name for name in usable if name in group] for group in (kinds.categories, kinds.numbers)]
    return [max(group, key=lambda name: strength[name]) for group in groups if group]


def _is_good_target(codes: NDArray) -> bool:
    """多半有值、水準不太多、最常見的水準不到九成：只猜它就滿分的欄看不出差別。"""
    counts = np.bincount(codes[codes >= 0], minlength=1)
    few = 2 <= (counts > 0).sum() <= MOST_CLASSES
    return bool(few and counts.sum() > LEAST_KNOWN * len(codes) and counts.max() < MOST_COMMON * counts.sum())


def trained_on_each(
    train: CodedTable,
    generated: CodedTable,
    held_out: CodedTable,
    kinds: Kinds,
    target: int,
    rng: np.random.Generator,
    seed: int,
) -> dict[str, object]:
    """用真的、生成的、另一批真的列各訓練一次（列數相同），在沒有訓練過的真的列上打分數。"""
    size = min(len(train) // 2, len(generated), MOST_TRAINED)
    one, other = random_halves(len(train), rng)
    made = rng.permutation(len(generated))
    sources = [take(train, one[:size]), take(generated, made[:size]), take(train, other[:size])]
    is_class = target < len(kinds.categories)
    scores = [_tree_score(source, held_out, train, target, seed) for source in sources]
    return {
        "目標": kinds.names[target],
        "量法": "準確率" if is_class else "R²",
        **dict(zip(("真的", "生成", "另一批"), scores, strict=True)),
        "基準": _baseline(train, held_out, target),
        "列數": size,
    }


def use_table(uses: list[dict[str, object]]) -> pd.DataFrame:
    """``trained_on_each`` 的結果排成一張表，一列一個目標；沒有目標是空的表。"""
    return pd.DataFrame(uses, columns=["目標", "量法", "真的", "生成", "另一批", "基準", "列數"])


def _tree_score(source: CodedTable, held_out: CodedTable, train: CodedTable, target: int, seed: int) -> float:
    """梯度提升樹的 R² 或準確率；沒有兩種值可學、沒有別的欄可看，就只猜一個值。沒有列可以打分數是 NaN。"""
    (x, y), (x_test, y_test) = (_features(table, train, target) for table in (source, held_out))
    is_class = target < len(train.groups)
    if not len(y_test) or not len(y):
        return np.nan
    usable = ~np.isnan(x).all(axis=0)  # 整欄是缺失的，樹不收
    if len(np.unique(y)) < 2 or not usable.any():
        guess = np.full(len(y_test), _constant(y, is_class))
    else:
        is_category = np.arange(x.shape[1]) < len(train.groups) - is_class
        tree = (CLASSIFIERS if is_class else CEILINGS)["boosting"](seed)
        tree.set_params(categorical_features=is_category[usable])
        guess = tree.fit(x[:, usable], y).predict(x_test[:, usable])
    return float((guess == y_test).mean()) if is_class else _r2(y_test, guess)


def _constant(y: NDArray, is_class: bool) -> float:
    """什麼都不看的猜法：最常見的水準，或平均值。"""
    return float(np.bincount(y).argmax() if is_class else y.mean())


def _r2(values: NDArray, guess: NDArray) -> float:
    total = np.square(values - values.mean()).sum()
    return float(1 - np.square(values - guess).sum() / total) if total > 0 else np.nan


def _features(table: CodedTable, train: CodedTable, target: int) -> tuple[NDArray, NDArray]:
    """目標以外的欄（類別照訓練的列最常見的水準，寫成代碼；缺失是 NaN），與知道目標的列的目標。"""
    n_categories = len(train.groups)
    columns = [
        _tree_categories(table.codes[:, column], train.codes[:, column], size)
        for column, size in enumerate(train.groups)
    ]
    y = table.codes[:, target] if target < n_categories else table.numbers[:, target - n_categories]
    known = y >= 0 if target < n_categories else np.isfinite(y)
    x = np.column_stack([*columns, table.numbers])
    return np.delete(x, target, axis=1)[known], y[known]


def _tree_categories(codes: NDArray, seen: NDArray, size: int) -> NDArray:
    """樹看的類別欄：訓練的列最常見的 254 個水準，其餘當缺失。"""
    counts = np.bincount(seen[seen >= 0], minlength=size)
    kept = np.argsort(-counts, kind="stable")[:MOST_TREE_LEVELS]
    place = np.full(size + 1, np.nan)  # 最後一格給代碼 −1（缺失）
    place[kept] = np.arange(len(kept))
    return place[codes]


def _baseline(train: CodedTable, held_out: CodedTable, target: int) -> float:
    """什麼都不看：訓練的列最常見的水準的準確率，或平均值的 R²（就是 0 附近）。"""
    _, y = _features(train, train, target)
    _, y_test = _features(held_out, train, target)
    if not len(y) or not len(y_test):
        return np.nan
    is_class = target < len(train.groups)
    guess = np.full(len(y_test), _constant(y, is_class))
    return float((guess == y_test).mean()) if is_class else _r2(y_test, guess)
