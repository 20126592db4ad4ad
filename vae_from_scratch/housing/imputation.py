"""補缺失：蓋住一個變數，由其餘的變數猜它的水準（第 12 章）。

三種猜法給同樣的東西：每個水準的機率 (N, K)。``x`` 是獨熱矩陣 (N, D)，``variable`` 是變數的位置。
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..gaussian import kl_from_noise, reparameterize
from ..model import VAE


@dataclass(frozen=True)
class Column:
    """一個變數在獨熱矩陣裡的位置。"""

    groups: Sequence[int]
    variable: int

    @property
    def span(self) -> slice:
        start = sum(self.groups[: self.variable])
        return slice(start, start + self.groups[self.variable])

    def hide(self, x: NDArray) -> NDArray:
        """把這個變數整組改成 0；原來的不動。"""
        hidden = x.copy()
        hidden[:, self.span] = 0
        return hidden

    def levels(self, x: NDArray) -> NDArray:
        """水準的代碼 (N,)，缺失是 −1。"""
        part = x[:, self.span]
        return np.where(part.any(axis=1), part.argmax(axis=1), -1)


def by_mode(train: NDArray, x: NDArray, column: Column, pseudo_count: float = 0.5) -> NDArray:
    """最常見的水準：每棟都給訓練資料的比例。"""
    share = train[:, column.span].sum(axis=0) + pseudo_count
    return np.tile(share / share.sum(), (len(x), 1))


def by_logistic_regression(train: NDArray, x: NDArray, column: Column) -> NDArray:
    """對這個變數另外訓練一個邏輯斯迴歸（logistic regression），輸入是其餘的各欄。"""
    from sklearn.linear_model import LogisticRegression

    levels = column.levels(train)
    seen = levels >= 0
    probabilities = np.full((len(x), column.groups[column.variable]), 1e-12)
    if len(np.unique(levels[seen])) == 1:
        probabilities[:, levels[seen][0]] = 1
        return probabilities
    # float32 快一倍，機率的差別在小數第五位以後。
    hidden_train, hidden = (column.hide(rows).astype(np.float32) for rows in (train[seen], x))
    model = LogisticRegression(max_iter=300, tol=1e-3).fit(hidden_train, levels[seen])
    probabilities[:, model.classes_] = model.predict_proba(hidden)
    return probabilities


def by_vae(vae: VAE, x: NDArray, column: Column, n_samples: int, rng: np.random.Generator) -> NDArray:
    r"""VAE 的條件機率 :math:`p(x_v\mid x_{\text{其餘}})`，用重要性權重平均 ``n_samples`` 個 z：

    .. math:: \sum_k w_k\,p(x_v\mid z_k),\qquad
       w_k\propto p(x_{\text{其餘}}\mid z_k)\,p(z_k)/q(z_k\mid x_{\text{其餘}})

    q 是編碼器看蓋住之後的那一列；只在 ``Categorical`` 概似下成立，整組 0 才會從概似裡拿掉。
    出處：Mattei & Frellsen (2019)。
    """
    hidden = column.hide(x).astype(vae.dtype)
    mean, log_var = vae.encode(hidden)
    log_weights, answers = [], []
    for _ in range(n_samples):
        noise = rng.standard_normal(mean.shape).astype(mean.dtype)
        z = reparameterize(mean, log_var, noise)
        output = vae.network_.decode(vae.network_.views(vae.parameters_), z)
        log_weights.append(
            vae.likelihood_.log_prob(hidden, output) - kl_from_noise(z, log_var, noise).sum(axis=1)
        )
        answers.append(vae.likelihood_.mean(output)[:, column.span])
    weights = np.exp(np.stack(log_weights) - np.max(log_weights, axis=0))
    return np.einsum("kn,knl->nl", weights / weights.sum(axis=0), np.stack(answers))


def score(probabilities: NDArray, levels: NDArray) -> tuple[float, float]:
    """猜對的比例，與平均的對數損失（nats）；真的缺失（−1）的列不算。"""
    known = levels >= 0
    chosen = probabilities[known, levels[known]]
    right = probabilities[known].argmax(axis=1) == levels[known]
    return float(right.mean()), float(-np.log(np.maximum(chosen, 1e-300)).mean())
