"""生成的房子像不像：合不合法、每個變數的比例、變數之間的關聯，以及價格地圖（第 12 章）。

獨熱矩陣 ``x`` 是 (N, D)，``groups`` 是各變數的水準個數；整組不是恰有一個 1 的格子，不算進比例與關聯。
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def valid_groups(x: NDArray, groups: Sequence[int]) -> NDArray:
    """每一格（一棟房子的一個變數）是不是恰有一個水準；布林 (N, V)。"""
    return np.add.reduceat(x, _starts(groups), axis=1) == 1


def valid_share(x: NDArray, groups: Sequence[int]) -> float:
    """每個變數都恰有一個水準的房子占多少。"""
    return float(valid_groups(x, groups).all(axis=1).mean())


def marginals(x: NDArray, groups: Sequence[int]) -> list[NDArray]:
    """每個變數各水準的比例，只算合法的格子。"""
    valid = valid_groups(x, groups)
    parts = _parts(x, groups)
    return [part[ok].mean(axis=0) for part, ok in zip(parts, valid.T, strict=True)]


def total_variation(x: NDArray, y: NDArray, groups: Sequence[int]) -> NDArray:
    """兩批房子各變數的總變異距離（total variation）½ Σ_k |p_k − q_k|，(V,)，在 0 與 1 之間。"""
    pairs = zip(marginals(x, groups), marginals(y, groups), strict=True)
    return np.array([0.5 * np.abs(p - q).sum() for p, q in pairs])


def cramers_v(x: NDArray, groups: Sequence[int]) -> NDArray:
    r"""兩兩變數的 Cramér's V：:math:`\sqrt{\chi^2 / (n(\min(K_a, K_b) - 1))}`，(V, V)，在 0 與 1 之間。

    只有一個水準出現過的變數，與誰都談不上關聯，填 NaN。出處：Cramér (1946)。
    """
    valid = valid_groups(x, groups)
    kept = [np.where(ok[:, None], part, 0) for part, ok in zip(_parts(x, groups), valid.T, strict=True)]
    result = np.full((len(groups), len(groups)), np.nan)
    for a in range(len(groups)):
        for b in range(a + 1):
            result[a, b] = result[b, a] = _association(kept[a].T @ kept[b])
    return result


def _association(counts: NDArray) -> float:
    """列聯表 (K_a, K_b) 的 Cramér's V。"""
    counts = counts[counts.any(axis=1)][:, counts.any(axis=0)]
    if min(counts.shape) < 2:
        return np.nan
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    return float(np.sqrt(chi_squared / (counts.sum() * (min(counts.shape) - 1))))


def upper_triangle(matrix: NDArray) -> NDArray:
    """對稱矩陣對角線以上的各格，一對變數一個值。"""
    return matrix[np.triu_indices(len(matrix), 1)]


def random_halves(n_rows: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """把列隨機分成兩半；兩半的差距就是「完全照真的抽」也會有的雜訊。"""
    order = rng.permutation(n_rows)
    return order[: n_rows // 2], order[n_rows // 2 : 2 * (n_rows // 2)]


@dataclass(frozen=True)
class PriceMap:
    """潛在空間裡任一點的期望房價：最近 ``n_neighbours`` 棟真房子的對數房價。

    ``codes`` 是 (N, d)，``log_price`` 是 (N,)。
    """

    codes: NDArray
    log_price: NDArray
    n_neighbours: int = 15

    def __call__(self, z: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """z (M, d) → 鄰居對數房價的平均、標準差，與最遠那個鄰居的距離，各 (M,)。

        距離大表示附近沒有房子，平均就只是從遠處借來的。
        """
        from sklearn.neighbors import NearestNeighbors

        distance, index = NearestNeighbors(n_neighbors=self.n_neighbours).fit(self.codes).kneighbors(z)
        near = self.log_price[index]
        return near.mean(axis=1), near.std(axis=1, ddof=1), distance[:, -1]


def _starts(groups: Sequence[int]) -> NDArray:
    return np.cumsum((0, *groups[:-1]))


def _parts(x: NDArray, groups: Sequence[int]) -> list[NDArray]:
    return np.split(x, _starts(groups)[1:], axis=1)
