"""目標看不看得出來：由編碼用 kNN 猜，與 PCA、MCA、隨機投影、打亂的目標、直接預測的上限比（第 11 章）。"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..housing.baselines import REPRESENTATIONS, ceiling_r2, level_table
from ..housing.evaluation import price_r2
from .target import Target

N_NEIGHBOURS = 15
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


def representations(x: NDArray, held_out: NDArray, latent_dim: int, seed: int) -> dict[str, NDArray]:
    """對照的表示法 (N, d)，只從訓練的列學。整列缺失的不拿來學；投影不了的（MCA）放在中心。"""
    train = x[~held_out & x.any(axis=1)]
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            name: np.nan_to_num(make(train, x, latent_dim, seed)) for name, make in REPRESENTATIONS.items()
        }


def target_scores(
    target: Target, codes: dict[str, NDArray], x: NDArray, groups: Sequence[int], held_out: NDArray, seed: int
) -> dict[str, float]:
    """在沒有訓練過的列上的分數：``codes`` 的每一種表示法、打亂的目標、上限。不知道目標的列不用。"""
    from threadpoolctl import threadpool_limits

    known = target.known
    y, test = target.values[known], held_out[known]
    knn = _knn_accuracy if target.classes else _knn_r2
    # 一個種子一個行程，行程裡只用一條執行緒：提升樹的執行緒互相等待，忙的時候慢上十倍。
    with threadpool_limits(1), warnings.catch_warnings():
        # 上限只要大致：邏輯斯迴歸差一點沒收斂，或某一類只有一列，不值得打斷。
        warnings.simplefilter("ignore")
        found = {name: knn(code[known], y, test, seed) for name, code in codes.items()}
        scores = {name: score for name, (score, _) in found.items()} | {"shuffled": found["vae"][1]}
        return scores | _ceilings(target, x[known], groups, y, test, seed)


def _knn_r2(codes: NDArray, y: NDArray, test: NDArray, seed: int) -> tuple[float, float]:
    score = price_r2(codes, y, [(np.flatnonzero(~test), np.flatnonzero(test))], N_NEIGHBOURS, seed)
    return score.mean, score.shuffled_mean


def _knn_accuracy(codes: NDArray, y: NDArray, test: NDArray, seed: int) -> tuple[float, float]:
    """準確率，與打亂目標之後的準確率。"""
    from sklearn.neighbors import KNeighborsClassifier

    def accuracy(labels: NDArray) -> float:
        model = KNeighborsClassifier(N_NEIGHBOURS).fit(codes[~test], labels[~test])
        return float(model.score(codes[test], labels[test]))

    return accuracy(y), accuracy(np.random.default_rng(seed).permutation(y))


def _ceilings(
    target: Target, x: NDArray, groups: Sequence[int], y: NDArray, test: NDArray, seed: int
) -> dict[str, float]:
    if not target.classes:
        return {name: ceiling_r2(name, x, groups, y, test, seed) for name in ("ridge", "boosting")}
    majority = np.bincount(y[~test].astype(int)).argmax()
    scores = {"majority": float((y[test] == majority).mean())}
    if len(np.unique(y[~test])) < 2:  # 少見的那一類全在驗證的列裡，沒有東西可以學
        return scores | dict.fromkeys(CLASSIFIERS, scores["majority"])
    for name, make in CLASSIFIERS.items():
        table = level_table(x, groups) if name == "boosting" else x
        scores[name] = float(make(seed).fit(table[~test], y[~test]).score(table[test], y[test]))
    return scores


def _logistic(seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=300)


def _boosting(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=100,
        max_leaf_nodes=15,
        categorical_features="from_dtype",
        early_stopping=False,
        random_state=seed,
    )


CLASSIFIERS: dict[str, Callable[[int], Any]] = {"logistic": _logistic, "boosting": _boosting}
