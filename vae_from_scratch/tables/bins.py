"""一個數字的分箱密度：依分位數切成幾箱，每一箱裡有一個積分為 1 的密度（Chow–Liu 樹用）。"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..gaussian import LOG_2PI

#: 箱數是列數的立方根，在這兩個數之間：兩欄的箱數相乘，每一格平均還有幾列。
FEWEST_BINS, MOST_BINS = 3, 32
#: 一箱至少這麼寬（標準差的倍數）；不設的話，反覆出現的值會被切成無限窄的箱，密度要多高有多高。
#: 均勻分布寬 √(2πe) s 時，熵與標準差 s 的常態一樣；s = 0.01 是混合的概似的下限，兩邊就一樣不准更尖。
LEAST_WIDTH = 0.01 * float(np.sqrt(2 * np.pi * np.e))


@dataclass(frozen=True, eq=False)
class Bins:
    r"""B 箱，由 B − 1 個切點 ``edges`` 隔開，各有一個位置 ``mean`` 與尺度 ``scale`` (B,)。

    裡面的箱是均勻的，密度是 1 / 寬；最外面的兩箱由切點往外是指數分布
    :math:`\lambda e^{-\lambda|x - \text{edge}|}`，訓練時沒見過的大數、小數也有密度。
    訓練時不到兩種值的欄只有一箱，裡面是常態 N(mean, scale²)。
    """

    edges: NDArray
    mean: NDArray
    scale: NDArray

    @classmethod
    def fit(cls, values: NDArray, n_bins: int | None = None, pseudo_count: float = 0.5) -> "Bins":
        """由訓練的值學，NaN 不用；``n_bins`` 是 None 就由列數決定。"""
        values = np.sort(values[~np.isnan(values)])
        n_bins = n_bins or int(np.clip(np.cbrt(len(values)), FEWEST_BINS, MOST_BINS))
        edges = _edges(values, n_bins)
        if not len(edges):
            # 只有一種值（或沒有值）：變異數先加 pseudo_count 次「變異數是 1」，同 Independent。
            variance = pseudo_count / (len(values) + pseudo_count)
            return cls(edges, values[:1] if len(values) else np.zeros(1), np.sqrt([variance]))
        low, high = values[values < edges[0]], values[values >= edges[-1]]
        below, above = max(edges[0] - low.mean(), LEAST_WIDTH), max(high.mean() - edges[-1], LEAST_WIDTH)
        middle = (edges[:-1] + edges[1:]) / 2
        mean = np.concatenate([[edges[0] - below], middle, [edges[-1] + above]])
        return cls(edges, mean, np.concatenate([[below], np.diff(edges), [above]]))

    def __len__(self) -> int:
        return len(self.mean)

    def states(self, values: NDArray) -> NDArray:
        """每個值在第幾箱，NaN 是 −1；(N,) → (N,)。"""
        return np.where(np.isnan(values), -1, np.searchsorted(self.edges, values, side="right"))

    def log_density(self, values: NDArray) -> NDArray:
        """log p(x|x 所在的箱) (N,)，單位 nats；NaN 是 0。"""
        if not len(self.edges):
            z = (values - self.mean[0]) / self.scale[0]
            return np.nan_to_num(-0.5 * (LOG_2PI + z**2) - np.log(self.scale[0]))
        states = self.states(values)
        outside = np.maximum(np.maximum(self.edges[0] - values, values - self.edges[-1]), 0)
        return np.nan_to_num(-np.log(self.scale[states]) - outside / self.scale[states])

    def sample(self, states: NDArray, rng: np.random.Generator) -> NDArray:
        """每一箱裡抽一個值：(n,) → (n,)。"""
        if not len(self.edges):
            return self.mean[0] + self.scale[0] * rng.standard_normal(len(states))
        last = len(self.edges)
        inner = self.mean[states] + self.scale[states] * (rng.random(len(states)) - 0.5)
        away = self.scale[states] * rng.exponential(size=len(states))
        outer = np.where(states == 0, np.nextafter(self.edges[0], -np.inf) - away, self.edges[-1] + away)
        return np.where((states == 0) | (states == last), outer, inner)


def _edges(values: NDArray, n_bins: int) -> NDArray:
    """切點取在相鄰的兩種值的正中間，所以格子狀的數字（年、間數）一箱的寬就是格子的寬。"""
    distinct, first = np.unique(values, return_index=True)
    if len(distinct) < 2:
        return np.empty(0)
    edges = (distinct[:-1] + distinct[1:]) / 2
    if len(distinct) > n_bins:
        wanted = np.arange(1, n_bins) * len(values) / n_bins  # 切點左邊該有幾個值
        right = np.searchsorted(first[1:-1], wanted)
        closer = first[1:][right] - wanted < wanted - first[right]  # 最接近的切點在右邊，還是左邊
        edges = edges[np.unique(np.maximum(np.where(closer, right, right - 1), 0))]
    kept = [edges[0]]
    for edge in edges[1:]:
        if edge - kept[-1] >= LEAST_WIDTH:
            kept.append(edge)
    return np.array(kept)
