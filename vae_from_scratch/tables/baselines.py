"""與 VAE 對照的表示法，以及「這些欄最多能說出多少目標」的上限（第 11 章）。

表示法只從訓練的列學，再套到每一列；上限直接用目標學，所以不是同一場比賽，只標出天花板。
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..groups import Groups

Representation = Callable[[NDArray, NDArray, int, int], NDArray]
#: 上限的名字加上這個字尾：除了類別欄，也用數字的欄。
WITH_NUMBERS = "+numbers"
#: 表上的順序與名字。
NAMES = {
    "vae": "VAE 的平均編碼",
    "pca": "PCA",
    "mca": "MCA",
    "random": "隨機投影",
    "shuffled": "打亂目標的 VAE",
    "majority": "只猜最常見的類別",
    "ridge": "上限：嶺迴歸",
    "logistic": "上限：邏輯斯迴歸",
    "boosting": "上限：梯度提升樹",
}


def pca(train: NDArray, x: NDArray, n_components: int, seed: int) -> NDArray:
    """主成分分析：獨熱矩陣的前幾個主成分 (N, d)。"""
    from sklearn.decomposition import PCA

    return PCA(n_components, random_state=seed).fit(train).transform(x)


def mca(train: NDArray, x: NDArray, n_components: int, seed: int) -> NDArray:
    r"""多重對應分析（multiple correspondence analysis, MCA）：類別資料的主成分分析，(N, d)。

    對 P = X / n 做奇異值分解：:math:`D_r^{-1/2}(P - rc^\top)D_c^{-1/2}`；新的列用列剖面投影到同樣的軸。
    出處：Greenacre (2017)。訓練時整欄是 0 的欄不用。
    """
    seen = train.any(axis=0)
    proportions = train[:, seen] / train.sum()
    rows, columns = proportions.sum(axis=1), proportions.sum(axis=0)
    expected = np.outer(rows, columns)
    _, _, axes = np.linalg.svd((proportions - expected) / np.sqrt(expected), full_matrices=False)
    with np.errstate(invalid="ignore", divide="ignore"):  # 整列是 0 的，represent 放在中心
        profiles = x[:, seen] / x[:, seen].sum(axis=1, keepdims=True)
    return (profiles - columns) / np.sqrt(columns) @ axes[:n_components].T


def random_projection(train: NDArray, x: NDArray, n_components: int, seed: int) -> NDArray:
    """隨機投影：什麼也不學，只抽一個 D × d 的常態矩陣。"""
    return x @ np.random.default_rng(seed).standard_normal((x.shape[1], n_components))


REPRESENTATIONS: dict[str, Representation] = {"pca": pca, "mca": mca, "random": random_projection}


def represent(name: str, x: NDArray, held_out: NDArray, n_components: int, seed: int) -> NDArray:
    """一種對照的表示法 (N, d)。整列缺失的不拿來學；投影不了的（MCA）放在中心。"""
    x = x.astype(float)
    train = x[~held_out & x.any(axis=1)]
    return np.nan_to_num(REPRESENTATIONS[name](train, x, n_components, seed))


# ---- 上限 ----------------------------------------


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


#: 目標是數字、是類別時的上限。
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
    import pandas as pd

    columns = zip(Groups(groups).codes(x).T, groups, strict=True)
    return pd.DataFrame(
        {
            position: pd.Categorical.from_codes(codes, categories=range(size))
            for position, (codes, size) in enumerate(columns)
        }
    )
