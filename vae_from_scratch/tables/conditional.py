"""補缺失：蓋住一個變數，由其餘的變數猜它的水準（第 12 章）。

三種猜法給同樣的東西：每個水準的機率 (N, K)。``x`` 是獨熱矩陣 (N, D)，``variable`` 是變數的位置。
有數字的表（編好碼的）用 ``cells``。
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..groups import Groups
from ..model import VAE


def by_mode(
    train: NDArray, x: NDArray, groups: Sequence[int], variable: int, pseudo_count: float = 0.5
) -> NDArray:
    """最常見的水準：每列都給訓練資料的比例。"""
    share = train[:, Groups(groups).span(variable)].sum(axis=0) + pseudo_count
    return np.tile(share / share.sum(), (len(x), 1))


def by_logistic_regression(train: NDArray, x: NDArray, groups: Sequence[int], variable: int) -> NDArray:
    """對這個變數另外訓練一個邏輯斯迴歸（logistic regression），輸入是其餘的各欄。"""
    blocks = Groups(groups)
    levels = blocks.codes(train)[:, variable]
    seen = levels >= 0
    probabilities = np.full((len(x), blocks.sizes[variable]), 1e-12)
    if len(np.unique(levels[seen])) == 1:
        probabilities[:, levels[seen][0]] = 1
        return probabilities
    # float32 快一倍，機率的差別在小數第五位以後。
    hidden_train, hidden = (blocks.without(rows, variable).astype(np.float32) for rows in (train[seen], x))
    model = logistic_regression().fit(hidden_train, levels[seen])
    probabilities[:, model.classes_] = model.predict_proba(hidden)
    return probabilities


def logistic_regression() -> Any:
    """一欄一個的邏輯斯迴歸，還沒訓練。"""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=300, tol=1e-3)


def by_vae(
    vae: VAE, x: NDArray, groups: Sequence[int], variable: int, n_samples: int, rng: np.random.Generator
) -> NDArray:
    """VAE 的條件機率：蓋住這個變數，由 ``VAE.conditional`` 猜。"""
    blocks = Groups(groups)
    return vae.conditional(blocks.without(x, variable), n_samples, rng)[:, blocks.span(variable)]


def score(probabilities: NDArray, levels: NDArray) -> tuple[float, float]:
    """猜對的比例，與平均的對數損失（nats）；真的缺失（−1）的列不算。"""
    known = levels >= 0
    chosen = probabilities[known, levels[known]]
    right = probabilities[known].argmax(axis=1) == levels[known]
    return float(right.mean()), float(-np.log(np.maximum(chosen, 1e-300)).mean())
