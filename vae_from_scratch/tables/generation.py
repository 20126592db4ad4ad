"""生成的列像不像：合不合法、每個變數的比例、變數之間的關聯，以及走在編碼空間裡平不平滑（第 12 章）。

獨熱矩陣 ``x`` 是 (N, D)，``groups`` 是各變數的水準個數；整組不是恰有一個 1 的格子，不算進比例與關聯。
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..groups import Groups
from ..model import VAE


def valid_groups(x: NDArray, groups: Sequence[int]) -> NDArray:
    """每一格（一列的一個變數）是不是恰有一個水準；布林 (N, V)。"""
    return Groups(groups).sum(x) == 1


def valid_share(x: NDArray, groups: Sequence[int]) -> float:
    """每個變數都恰有一個水準的列占多少。"""
    return float(valid_groups(x, groups).all(axis=1).mean())


def marginals(x: NDArray, groups: Sequence[int]) -> list[NDArray]:
    """每個變數各水準的比例，只算合法的格子。"""
    cells = zip(Groups(groups).split(x), valid_groups(x, groups).T, strict=True)
    return [part[valid].mean(axis=0) for part, valid in cells]


def total_variation(x: NDArray, y: NDArray, groups: Sequence[int]) -> NDArray:
    """兩批列各變數的總變異距離（total variation）½ Σ_k |p_k − q_k|，(V,)，在 0 與 1 之間。"""
    pairs = zip(marginals(x, groups), marginals(y, groups), strict=True)
    return np.array([0.5 * np.abs(p - q).sum() for p, q in pairs])


def cramers_v(x: NDArray, groups: Sequence[int]) -> NDArray:
    r"""兩兩變數的 Cramér's V：:math:`\sqrt{\chi^2 / (n(\min(K_a, K_b) - 1))}`，(V, V)，在 0 與 1 之間。

    只有一個水準出現過的變數，與誰都談不上關聯，填 NaN。出處：Cramér (1946)。
    """
    cells = zip(Groups(groups).split(x), valid_groups(x, groups).T, strict=True)
    kept = [np.where(valid[:, None], part, 0) for part, valid in cells]
    result = np.full((len(kept), len(kept)), np.nan)
    for a in range(len(kept)):
        for b in range(a + 1):
            result[a, b] = result[b, a] = association(kept[a].T @ kept[b])
    return result


def association(counts: NDArray) -> float:
    r"""列聯表 (K_a, K_b) 的 Cramér's V；有一邊只有一個水準出現過，是 NaN。

    .. math:: \chi^2 / n = \sum_{ab} \frac{O_{ab}^2}{r_a c_b} - 1

    >>> association(np.array([[5, 0], [0, 5]])), association(np.array([[5, 5]]))
    (1.0, nan)
    """
    counts = counts[counts.any(axis=1)][:, counts.any(axis=0)].astype(float)
    if min(counts.shape) < 2:
        return np.nan
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0))
    chi_square_share = (np.square(counts) / expected).sum() - 1
    return float(np.sqrt(max(chi_square_share, 0.0) / (min(counts.shape) - 1)))


def upper_triangle(matrix: NDArray) -> NDArray:
    """對稱矩陣對角線以上的各格，一對變數一個值。"""
    return matrix[np.triu_indices(len(matrix), 1)]


def random_halves(n_rows: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """把列隨機分成兩半；兩半的差距就是「完全照真的抽」也會有的雜訊。"""
    order = rng.permutation(n_rows)
    return order[: n_rows // 2], order[n_rows // 2 : 2 * (n_rows // 2)]


def changes_along_lines(
    vae: VAE, start: NDArray, end: NDArray, groups: Sequence[int], n_steps: int = 50
) -> NDArray:
    """由 ``start`` 走到 ``end``（各 (M, d)），每一步各變數總變異距離的和：(M, n_steps)。

    總變異距離由解碼出的機率算，所以一步最多是變數的個數。
    """
    shares = np.linspace(0, 1, n_steps + 1)[:, None, None]
    points = start + shares * (end - start)
    probabilities = vae.decode(points.reshape(-1, points.shape[-1]))
    # 伯努利的機率每組不一定加成 1，先除以總和，兩種概似才能比。
    totals = np.maximum(Groups(groups).sum(probabilities), 1e-12)
    probabilities = (probabilities / Groups(groups).spread(totals)).reshape(*points.shape[:2], -1)
    return 0.5 * np.abs(np.diff(probabilities, axis=0)).sum(axis=-1).T
