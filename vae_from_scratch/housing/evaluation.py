"""評估潛在空間：房價看不看得出來、哪些單元在用、比不看編碼好多少（第 11 章）。"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import gaussian
from ..likelihood import Bernoulli, Categorical

ACTIVE_VARIANCE = 0.01
Split = tuple[NDArray, NDArray]


@dataclass(frozen=True)
class PriceR2:
    """各次切分的 R²，與打亂房價之後的 R²（基準）。"""

    values: NDArray
    shuffled: NDArray

    @property
    def mean(self) -> float:
        return float(self.values.mean())

    @property
    def spread(self) -> float:
        """各次切分的標準差。"""
        return _spread(self.values)

    @property
    def shuffled_mean(self) -> float:
        return float(self.shuffled.mean())

    @property
    def shuffled_spread(self) -> float:
        return _spread(self.shuffled)


def _spread(values: NDArray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0


def held_out_splits(held_out: ArrayLike, n_splits: int = 10, seed: int = 0) -> list[Split]:
    """反覆切分：每次從留下的房子裡隨機拿一半打分數，其餘所有的房子當鄰居。

    ``held_out`` 是布林遮罩 (N,)。打分數的房子，表示法與 kNN 訓練時都沒看過。
    全部是 True（表示法不需要訓練，或事先說明它看過全部的房子）就是一半對一半。
    """
    held_out = np.asarray(held_out, dtype=bool)
    candidates, rng = np.flatnonzero(held_out), np.random.default_rng(seed)
    if len(candidates) < 4:
        raise ValueError(
            f"引數 held_out（留下的房子）只有 {len(candidates)} 個 True；至少要 4 棟才能切分，請多留一些。"
        )
    splits = []
    for _ in range(n_splits):
        scored = rng.permutation(candidates)[: len(candidates) // 2]
        splits.append((np.setdiff1d(np.arange(len(held_out)), scored), np.sort(scored)))
    return splits


def price_r2(
    codes: ArrayLike,
    log_price: ArrayLike,
    splits: Iterable[Split],
    n_neighbours: int = 15,
    seed: int = 0,
) -> PriceR2:
    """由編碼 (N, d) 用 kNN 預測對數房價 (N,)，在每次切分的後半打 R²；基準是打亂房價再做一遍。

    不知道房價（NaN）的房子不用。R² 不看尺度：單元崩塌到 10⁻³ 時它也可能不是 0，
    所以要與每個單元的 KL、活躍單元一起讀。
    """
    codes, log_price = np.asarray(codes, dtype=float), np.asarray(log_price, dtype=float)
    if codes.ndim != 2 or log_price.shape != (len(codes),):
        raise ValueError(
            f"引數 codes 的形狀是 {codes.shape}、log_price 是 {log_price.shape}；應是 (N, d) 與 (N,)。"
        )
    rng, priced = np.random.default_rng(seed), np.isfinite(log_price)
    scores, baselines = [], []
    for neighbours, scored in splits:
        neighbours, scored = neighbours[priced[neighbours]], scored[priced[scored]]
        _check_split(neighbours, scored, n_neighbours)
        scores.append(_knn_r2(codes, log_price, neighbours, scored, n_neighbours))
        both = np.concatenate([neighbours, scored])
        shuffled = log_price.copy()
        shuffled[both] = rng.permutation(log_price[both])
        baselines.append(_knn_r2(codes, shuffled, neighbours, scored, n_neighbours))
    return PriceR2(np.array(scores), np.array(baselines))


def _knn_r2(codes: NDArray, target: NDArray, train: NDArray, test: NDArray, n_neighbours: int) -> float:
    from sklearn.neighbors import KNeighborsRegressor

    model = KNeighborsRegressor(n_neighbours).fit(codes[train], target[train])
    return float(model.score(codes[test], target[test]))


def _check_split(neighbours: NDArray, scored: NDArray, n_neighbours: int) -> None:
    if len(neighbours) < n_neighbours or len(scored) < 2:
        raise ValueError(
            f"切分後知道房價的房子太少：鄰居 {len(neighbours)} 棟、打分數 {len(scored)} 棟；"
            f"至少要 n_neighbours = {n_neighbours} 棟與 2 棟。"
        )


def kl_per_unit(mean: ArrayLike, log_var: ArrayLike) -> NDArray:
    """每個單元的平均 KL (d,)，單位 nats；``mean``、``log_var`` 是 ``VAE.encode`` 的結果 (N, d)。"""
    return gaussian.kl_per_unit(mean, log_var).mean(axis=0)


def active_units(mean: ArrayLike, threshold: float = ACTIVE_VARIANCE) -> NDArray:
    """活躍單元（active unit）：平均編碼在資料上的變異數 Var_x(E_q[z_j]) 大於門檻；布林 (d,)。

    出處：Burda et al. (2016)。
    """
    return np.var(np.asarray(mean, dtype=float), axis=0) > threshold


def marginal_nats(
    train: ArrayLike, held_out: ArrayLike, groups: tuple[int, ...] | None = None, pseudo_count: float = 0.5
) -> float:
    """不看編碼的基準：只用訓練資料各欄的比例，平均一棟要幾個 nats。

    ``groups`` 是 None 就是各欄獨立的伯努利；給各變數的水準個數，就是一個變數一個類別分布。
    ``pseudo_count`` 是每一欄（每個水準）先加的次數，訓練時沒出現的水準才不會是無限大。
    """
    train, held_out = np.asarray(train, dtype=float), np.asarray(held_out, dtype=float)
    with np.errstate(divide="ignore"):
        ones = np.log(train.sum(axis=0) + pseudo_count)
        if groups is not None:
            return float(-Categorical(groups).log_prob(held_out, _finite(ones)).mean())
        zeros = np.log((1 - train).sum(axis=0) + pseudo_count)
    return float(-Bernoulli().log_prob(held_out, _finite(ones - zeros)).mean())


def _finite(logits: NDArray) -> NDArray:
    # pseudo_count = 0 時，訓練資料裡全是 0 的欄 logit 是 −∞；1e6 已經與它無異，又不會算出 NaN。
    return np.clip(logits, -1e6, 1e6)
