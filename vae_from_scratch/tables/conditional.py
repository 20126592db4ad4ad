r"""給定一列已知的格子，其餘格子的機率；以及每一格在其他格子之下有多意外（第 12 章）。

兩件事都用重要性權重 :math:`w_k\propto p(x|z_k)\,p(z_k)/q(z_k|x)` 平均 z。伯努利的模型把同一組 logit
讀成每個變數一個 softmax：給定 z，那正是「每個變數恰有一個水準」之下的條件機率，缺失的變數才拿得掉。
"""

from collections.abc import Iterator, Sequence
from copy import copy

import numpy as np
from numpy.typing import NDArray

from .. import gaussian
from ..housing.imputation import Column, by_mode, by_vae, score
from ..likelihood import Categorical
from ..model import VAE

#: 一次算幾列；by_vae 要同時記住每個樣本的答案，記憶體是 樣本數 × 列數 × D。
ROWS_AT_ONCE = 256
#: 檢查補得準不準時，最多用幾列、幾個變數，每格抽幾個 z。
MOST_HIDDEN, HIDING_SAMPLES = (300, 50), 10


def as_softmax(vae: VAE, groups: Sequence[int]) -> VAE:
    """同一個模型，概似讀成每個變數一個 softmax；原來的不動。"""
    reading = copy(vae)
    reading.likelihood_ = Categorical(groups)
    return reading


class WholeRow(Column):
    """不另外蓋住任何變數，要每一欄的答案：整列缺失的格子一次補齊。"""

    @property
    def span(self) -> slice:
        return slice(0, sum(self.groups))

    def hide(self, x: NDArray) -> NDArray:
        return x


def fill(vae: VAE, x: NDArray, groups: Sequence[int], n_samples: int, rng: np.random.Generator) -> NDArray:
    r"""每個變數、每個水準的 :math:`p(x_v\mid x_{\text{已知}})`，(N, D)；整組為 0 的是未知的變數。"""
    reading, row = as_softmax(vae, groups), WholeRow(groups, 0)
    blocks = [by_vae(reading, block, row, n_samples, rng) for block in _blocks(x)]
    return np.concatenate(blocks)


def filling_accuracy(
    vae: VAE, train: NDArray, x: NDArray, groups: Sequence[int], rng: np.random.Generator
) -> tuple[float, float]:
    """蓋住 x 的一格，由同一列其餘的格子猜：猜對的比例，各變數平均；第二個數是只猜最常見的水準。

    列與變數太多時只抽一部分（``MOST_HIDDEN``），沒有已知格子的變數不算。
    """
    reading, rows = as_softmax(vae, groups), x[: MOST_HIDDEN[0]]
    chosen = np.unique(np.linspace(0, len(groups) - 1, MOST_HIDDEN[1]).astype(int))
    scores = []
    for column in (Column(groups, int(variable)) for variable in chosen):
        levels = column.levels(rows)
        if (levels >= 0).any():
            answers = by_vae(reading, rows, column, HIDING_SAMPLES, rng), by_mode(train, rows, column)
            scores.append([score(answer, levels)[0] for answer in answers])
    by_model, mode = np.mean(scores, axis=0) if scores else (np.nan, np.nan)
    return float(by_model), float(mode)


def surprise(
    vae: VAE, x: NDArray, groups: Sequence[int], n_samples: int, rng: np.random.Generator
) -> tuple[NDArray, NDArray]:
    r"""每列的 log p(x)（重要性加權），與每一格的 :math:`\log p(x_v\mid x_{\text{其餘}})`：(N,)、(N, V)。

    把一格拿掉，樣本的權重就除以 :math:`p(x_v|z_k)`，所以一次抽樣夠全部的格子用：

    .. math:: p(x_v\mid x_{\text{其餘}}) \approx \frac{\sum_k w_k}{\sum_k w_k / p(x_v|z_k)}

    缺失的格子是 NaN。出處：Gelfand, Dey & Chang (1992) 的條件預測座標（conditional predictive ordinate）。
    """
    parts = [_surprise(as_softmax(vae, groups), block, n_samples, rng) for block in _blocks(x)]
    return np.concatenate([total for total, _ in parts]), np.concatenate([cells for _, cells in parts])


def _surprise(vae: VAE, x: NDArray, n_samples: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    likelihood, theta = vae.likelihood_, vae.network_.views(vae.parameters_)
    assert isinstance(likelihood, Categorical)
    x = x.astype(vae.dtype)
    mean, log_var = vae.encode(x)
    total = np.full(len(x), -np.inf)
    without = np.full((len(x), len(likelihood.groups)), -np.inf)
    for _ in range(n_samples):
        noise = rng.standard_normal(mean.shape).astype(mean.dtype)
        z = gaussian.reparameterize(mean, log_var, noise)
        cells = cell_log_prob(x, vae.network_.decode(theta, z), likelihood)
        log_weight = cells.sum(axis=1) - gaussian.kl_from_noise(z, log_var, noise).sum(axis=1)
        total = np.logaddexp(total, log_weight)
        without = np.logaddexp(without, log_weight[:, None] - cells)
    known = np.add.reduceat(x, likelihood.starts, axis=1) > 0
    return total - np.log(n_samples), np.where(known, total[:, None] - without, np.nan)


def cell_log_prob(x: NDArray, output: NDArray, likelihood: Categorical) -> NDArray:
    """每一格的 log p(x_v|z)，(N, V)；缺失的格子是 0。加起來就是 ``Categorical.log_prob``。"""
    starts = likelihood.starts
    shifted = output - np.repeat(np.maximum.reduceat(output, starts, axis=1), likelihood.groups, axis=1)
    log_partition = np.log(np.add.reduceat(np.exp(shifted), starts, axis=1))
    chosen, known = np.add.reduceat(x * shifted, starts, axis=1), np.add.reduceat(x, starts, axis=1)
    return chosen - known * log_partition


def _blocks(x: NDArray) -> Iterator[NDArray]:
    for start in range(0, len(x), ROWS_AT_ONCE):
        yield x[start : start + ROWS_AT_ONCE]
