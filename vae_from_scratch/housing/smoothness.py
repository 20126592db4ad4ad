"""編碼空間平不平滑：沿直線走，解碼出來的房子一步變多少（第 12 章）。"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..model import VAE


def changes_along_lines(
    vae: VAE, start: NDArray, end: NDArray, groups: Sequence[int], n_steps: int = 50
) -> NDArray:
    """由 ``start`` 走到 ``end``（各 (M, d)），每一步各變數總變異距離的和：(M, n_steps)。

    總變異距離由解碼出的機率算，所以一步最多是變數的個數。
    """
    shares = np.linspace(0, 1, n_steps + 1)[:, None, None]
    points = (1 - shares) * start + shares * end
    probabilities = vae.decode(points.reshape(-1, points.shape[-1]))
    probabilities = _normalised(probabilities, groups).reshape(*points.shape[:2], -1)
    return 0.5 * np.abs(np.diff(probabilities, axis=0)).sum(axis=-1).T


def _normalised(probabilities: NDArray, groups: Sequence[int]) -> NDArray:
    """伯努利的機率每組不一定加成 1，先除以總和，兩種概似才能比。"""
    starts = np.cumsum((0, *groups[:-1]))
    totals = np.add.reduceat(probabilities, starts, axis=1)
    return probabilities / np.repeat(np.maximum(totals, 1e-12), groups, axis=1)
