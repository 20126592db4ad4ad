"""直接用目標訓練的模型：它們看過答案，與表示法不是同一場比賽，只標出這些欄說得出多少（第 11 章）。

它們也不是天花板：換一種模型、多給幾欄，還可能更高。
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..groups import Groups
from .coded import Coded, CodedTable, evenly, features, take
from .measures import read_score
from .representations import REPRESENTATIONS, represent

__all__ = [
    "CEILINGS", "CLASSIFIERS", "LINEAR", "NAMES", "REPRESENTATIONS", "WITH_NUMBERS",
    "ceiling", "level_table", "majority", "represent", "supervised",
]  # fmt: skip

#: 名字加上這個字尾：除了類別欄，也用數字的欄。
WITH_NUMBERS = "+numbers"
#: 表示法的名字加上這個字尾：不用最近的鄰居，用線性的讀法。
LINEAR = "_linear"
#: 直接用目標訓練的模型最多學這麼多列、在這麼多列上打分數；更大的表平均取。
MOST_TRAINED, MOST_SCORED = 20_000, 5_000
#: 表上的順序與名字。
NAMES = {
    "vae": "VAE 的平均編碼",
    "pca": "PCA",
    "mca": "MCA",
    "famd": "FAMD",
    "random": "隨機投影",
    "vae_linear": "VAE 的平均編碼，線性",
    "pca_linear": "PCA，線性",
    "mca_linear": "MCA，線性",
    "famd_linear": "FAMD，線性",
    "random_linear": "隨機投影，線性",
    "shuffled": "打亂目標的 VAE",
    "majority": "只猜最常見的類別",
    "column": "最好的單獨一欄",
    "column+z": "最好的單獨一欄，加上 VAE 的平均編碼",
    "neighbours": "直接用目標訓練：全部的欄，最近的 15 列",
    "ridge": "直接用目標訓練：嶺迴歸",
    "logistic": "直接用目標訓練：邏輯斯迴歸",
    "boosting": "直接用目標訓練：梯度提升樹",
}


# ---- 直接用目標訓練 ----------------------------------------


def _ridge(seed: int) -> Any:
    from sklearn.linear_model import RidgeCV

    return RidgeCV(alphas=np.logspace(-1, 3, 13))  # 懲罰的強度由訓練資料內的交叉驗證決定


def _boosting(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        max_iter=200,
        learning_rate=0.06,
        max_leaf_nodes=15,
        categorical_features="from_dtype",
        random_state=seed,
    )


def _logistic(seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=300)


def _boosting_classes(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=100,
        max_leaf_nodes=15,
        categorical_features="from_dtype",
        early_stopping=False,
        random_state=seed,
    )


#: 目標是數字、是類別時，直接用目標訓練的線性模型與樹。
CEILINGS: dict[str, Callable[[int], Any]] = {"ridge": _ridge, "boosting": _boosting}
CLASSIFIERS: dict[str, Callable[[int], Any]] = {"logistic": _logistic, "boosting": _boosting_classes}


def ceiling(
    name: str,
    x: NDArray,
    groups: Sequence[int],
    values: NDArray,
    held_out: NDArray,
    seed: int,
    classes: bool = False,
    numbers: NDArray | None = None,
) -> float:
    """直接由類別欄預測目標，在留下的列上的 R²（``classes`` 為真時是準確率）；不知道目標（NaN）的列不用。

    給了數字的欄 ``numbers`` (N, M)（缺失是 NaN），就一起用。
    """
    known = np.isfinite(values)
    train, test = known & ~held_out, known & held_out
    if classes and len(np.unique(values[train])) < 2:  # 少見的那一類全在驗證的列裡，沒有東西可以學
        return majority(values, held_out)
    table = level_table(x, groups) if name == "boosting" else x.astype(float)
    if numbers is not None:
        table = _with_numbers(table, numbers, train)
    model = (CLASSIFIERS if classes else CEILINGS)[name](seed).fit(table[train], values[train])
    return float(model.score(table[test], values[test]))


def supervised(
    name: str, table: Coded, values: NDArray, held_out: NDArray, seed: int, classes: bool = False
) -> float:
    """同 ``ceiling``，但收編好碼的表：類別與數字都用，一百萬列也不展開成密集的矩陣（見 ``MOST_TRAINED``）。

    ``name`` 多一種 "neighbours"：由全部的欄（同樣的編碼）找 15 個最近的鄰居。
    """
    rows = scored_rows(values, held_out)
    table, values, held_out = take(table, rows), values[rows], held_out[rows]
    if name == "neighbours":
        return read_score(features(table), values, held_out, classes)
    models = CLASSIFIERS if classes else CEILINGS
    if classes and len(np.unique(values[~held_out])) < 2:
        return majority(values, held_out)
    design = code_table(learnable(table, ~held_out)) if name == "boosting" else features(table)
    model = models[name](seed).fit(design[~held_out], values[~held_out])
    return float(model.score(design[held_out], values[held_out]))


def scored_rows(values: NDArray, held_out: NDArray) -> NDArray:
    """知道目標的列的位置，由小到大：訓練的最多 ``MOST_TRAINED`` 列，打分數的最多 ``MOST_SCORED`` 列。"""
    known = np.isfinite(values)
    parts = (np.flatnonzero(known & ~held_out), MOST_TRAINED), (np.flatnonzero(known & held_out), MOST_SCORED)
    return np.sort(np.concatenate([rows[evenly(len(rows), most)] for rows, most in parts]))


def majority(values: NDArray, held_out: NDArray) -> float:
    """只猜訓練資料最常見的類別，在留下的列上的準確率。"""
    known = np.isfinite(values)
    most = np.bincount(values[known & ~held_out].astype(int)).argmax()
    return float((values[known & held_out] == most).mean())


def _with_numbers(table: Any, numbers: NDArray, train: NDArray) -> Any:
    """接上數字的欄。樹自己會處理缺失；線性模型用訓練資料的平均補上，再標準化。"""
    if not isinstance(table, np.ndarray):
        import pandas as pd

        names = range(table.shape[1], table.shape[1] + numbers.shape[1])
        return table.join(pd.DataFrame(numbers, columns=names))
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    scaled = make_pipeline(SimpleImputer(), StandardScaler()).fit(numbers[train]).transform(numbers)
    return np.hstack([table, scaled])


def level_table(x: NDArray, groups: Sequence[int]) -> Any:
    """獨熱矩陣 (N, D) 換回一個變數一欄的類別表；整組為 0 的是缺失。"""
    return _categories(Groups(groups).codes(x), groups)


def learnable(table: Coded, train: NDArray) -> CodedTable:
    """只留訓練的列裡有值的欄（樹不收整欄缺失的）；一欄也不剩，就是一欄 0。"""
    seen = (table.codes[train] >= 0).any(axis=0), ~np.isnan(table.numbers[train]).all(axis=0)
    groups = tuple(np.asarray(table.groups, dtype=int)[seen[0]].tolist())
    numbers = table.numbers[:, seen[1]] if any(map(np.any, seen)) else np.zeros((len(train), 1))
    return CodedTable(table.codes[:, seen[0]], groups, numbers)


def code_table(table: Coded) -> Any:
    """編好碼的表換成一個變數一欄：類別的欄後面接數字的欄，缺失的都是空的。"""
    import pandas as pd

    first = len(table.groups)
    names = range(first, first + table.numbers.shape[1])
    return _categories(table.codes, table.groups).join(pd.DataFrame(table.numbers, columns=names))


def _categories(codes: NDArray, groups: Sequence[int]) -> Any:
    import pandas as pd

    return pd.DataFrame(
        {
            position: pd.Categorical.from_codes(column, categories=range(size))
            for position, (column, size) in enumerate(zip(codes.T, groups, strict=True))
        },
        index=range(len(codes)),
    )
