"""與 VAE 對照的表示法，以及「類別欄（再加上數字的欄）最多能說出多少房價」的上限（第 11 章）。

表示法只從訓練的列學，再套到每一列；上限直接用房價學，所以不是同一場比賽，只標出天花板。
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Representation = Callable[[NDArray, NDArray, int, int], NDArray]


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
    profiles = x[:, seen] / x[:, seen].sum(axis=1, keepdims=True)
    return (profiles - columns) / np.sqrt(columns) @ axes[:n_components].T


def random_projection(train: NDArray, x: NDArray, n_components: int, seed: int) -> NDArray:
    """隨機投影：什麼也不學，只抽一個 D × d 的常態矩陣。"""
    return x @ np.random.default_rng(seed).standard_normal((x.shape[1], n_components))


def ridge(seed: int) -> Any:
    """嶺迴歸：懲罰的強度由訓練資料內的交叉驗證決定。"""
    from sklearn.linear_model import RidgeCV

    return RidgeCV(alphas=np.logspace(-1, 3, 13))


def boosting(seed: int) -> Any:
    """梯度提升樹（gradient boosting），每一欄都是水準的代碼。"""
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        max_iter=200,
        learning_rate=0.06,
        max_leaf_nodes=15,
        categorical_features="from_dtype",
        random_state=seed,
    )


REPRESENTATIONS: dict[str, Representation] = {"pca": pca, "mca": mca, "random": random_projection}
CEILINGS: dict[str, Callable[[int], Any]] = {"ridge": ridge, "boosting": boosting}
#: 上限的名字加上這個字尾：除了類別欄，也用數字的欄。
WITH_NUMBERS = "+numbers"


def ceiling_r2(
    name: str,
    x: NDArray,
    groups: Sequence[int],
    log_price: NDArray,
    held_out: NDArray,
    seed: int,
    numbers: NDArray | None = None,
) -> float:
    """直接由類別欄預測對數房價，在留下的房子上的 R²；沒有房價（NaN）的列不用。

    給了數字的欄 ``numbers`` (N, M)（缺失是 NaN），就一起用。
    """
    known = np.isfinite(log_price) & ~held_out
    table = level_table(x, groups) if name == "boosting" else x
    if numbers is not None:
        table = _with_numbers(table, numbers, known)
    model = CEILINGS[name](seed).fit(table[known], log_price[known])
    return float(model.score(table[held_out], log_price[held_out]))


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

    parts = np.split(x, np.cumsum(groups)[:-1], axis=1)
    codes = [np.where(part.any(axis=1), part.argmax(axis=1), -1) for part in parts]
    return pd.DataFrame(
        {
            position: pd.Categorical.from_codes(column, categories=range(size))
            for position, (column, size) in enumerate(zip(codes, groups, strict=True))
        }
    )
