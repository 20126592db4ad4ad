"""與 VAE 對照的表示法：PCA（與它標準化的版本）、MCA、FAMD 與隨機投影，都由同樣編好碼的列學（第 11 章）。

都是線性的：把一列展開成獨熱編碼與數字，減去中心，乘上 d 根軸。軸只需要 Gram 矩陣 XᵀX（全是類別時叫
Burt 矩陣），(D, D)；它一段一段的列加出來，所以沒有 N × D 的矩陣，一百萬列也學得動。
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..groups import Groups
from .coded import BLOCK_ROWS, Coded, features, known_rows, take

#: 變異數不到這麼大的欄當作不變：浮點相減剩下的捨入，不拿來當除數。
CONSTANT = 1e-9
#: 訓練的列、種子 → 學好的表示法：要幾維，給幾根軸。
Fitted = Callable[["Rows", int], Callable[[int], "Axes"]]


@dataclass(frozen=True, eq=False)
class Rows:
    """要展開的列：編好碼的表，或現成的獨熱矩陣 (N, D)；``index`` 是用哪幾列的位置。"""

    source: Any
    index: NDArray

    @property
    def dense(self) -> bool:
        """是現成的獨熱矩陣，不知道一個變數有哪幾欄。"""
        return isinstance(self.source, np.ndarray)

    @property
    def n_one_hot(self) -> int:
        """展開以後，前面幾欄是獨熱編碼；後面的是數字。"""
        return self.source.shape[1] if self.dense else sum(self.source.groups)

    def __len__(self) -> int:
        return len(self.index)

    def blocks(self) -> Iterator[NDArray]:
        """一段一段展開的列 (n, D + M)。"""
        for start in range(0, len(self.index), BLOCK_ROWS):
            index = self.index[start : start + BLOCK_ROWS]
            yield self.source[index].astype(float) if self.dense else features(take(self.source, index))


@dataclass(frozen=True, eq=False)
class Axes:
    """(x − center) @ weights；``profile`` 為真時 x 的獨熱編碼先除以它的總和（列剖面，MCA）。

    ``center`` 比展開的欄少，就只用前面那幾欄。
    """

    center: NDArray
    weights: NDArray
    profile: bool = False

    def project(self, rows: Rows) -> NDArray:
        """每列的編碼 (N, d)；整列缺失的，列剖面沒有定義，放在中心。"""
        return np.concatenate([self._project(x[:, : len(self.center)]) for x in rows.blocks()])

    def _project(self, x: NDArray) -> NDArray:
        if not self.profile:
            return (x - self.center) @ self.weights
        total = x.sum(axis=1, keepdims=True)
        return np.where(total > 0, (x / np.maximum(total, 1) - self.center) @ self.weights, 0.0)


# ---- 各種 ----------------------------------------


def pca(train: Rows, seed: int) -> Callable[[int], Axes]:
    """主成分分析：獨熱編碼與標準化的數字放在一起，共變異數矩陣的前幾個特徵向量。"""
    gram, total = moments(train)
    mean = total / len(train)
    axes = eigenvectors(gram - len(train) * np.outer(mean, mean))
    return lambda size: Axes(mean, first(axes, size))


def pca_standard(train: Rows, seed: int) -> Callable[[int], Axes]:
    """標準化的主成分分析：每一欄先除以它的標準差，所以軸是相關係數矩陣的特徵向量；整欄不變的不用。

    比例是 p 的水準除以 √(p(1 − p))，少見的水準份量因此加重。
    """
    gram, total = moments(train)
    mean = total / len(train)
    cov = gram / len(train) - np.outer(mean, mean)
    scale = _inverse_root(np.where(np.diag(cov) > CONSTANT, np.diag(cov), 0))
    axes = eigenvectors(scale[:, None] * cov * scale)
    return lambda size: Axes(mean, scale[:, None] * first(axes, size))


def mca(train: Rows, seed: int) -> Callable[[int], Axes]:
    r"""多重對應分析（multiple correspondence analysis, MCA）：類別資料的主成分分析；數字不用。

    P = X / n，r 與 c 是它的列和與欄和。:math:`S = D_r^{-1/2}(P - rc^\top)D_c^{-1/2}` 的右奇異向量是
    :math:`S^\top S = D_c^{-1/2}\bigl(\sum_i p_i p_i^\top / r_i - cc^\top\bigr)D_c^{-1/2}` 的特徵向量，
    括號裡的第一項就是每列除以自己的列和的 Burt 矩陣。新的列用列剖面投影到同樣的軸。
    出處：Greenacre (2017)。訓練時整欄是 0 的欄不用。
    """
    size = train.n_one_hot
    burt, total = moments(train, slice(size), weigh=True)
    n_cells = total.sum()
    mass = total / n_cells
    scale = _inverse_root(mass)
    axes = eigenvectors(scale[:, None] * (burt / n_cells - np.outer(mass, mass)) * scale)
    return lambda size: Axes(mass, scale[:, None] * first(axes, size), profile=True)


def famd(train: Rows, seed: int) -> Callable[[int], Axes]:
    r"""混合資料的因素分析（factor analysis of mixed data, FAMD）：類別與數字份量相當的主成分分析。

    比例是 p 的水準，獨熱編碼減去 p、除以 :math:`\sqrt p`；數字已經標準化，照原樣。缺失的格子放在平均。
    全是數字時就是 PCA；全是類別、沒有缺失時，與 MCA 只差每根軸的倍數。出處：Pagès (2004)。
    """
    gram, total = moments(train)
    transform = np.eye(len(total))
    for span in spans(train.source.groups):
        share = total[span] / max(total[span].sum(), 1)
        # x_k − p_k Σ_j x_j：有值的格子 Σ_j x_j = 1，缺失的整格是 0，中心化之後還是 0。
        transform[span, span] -= share
        transform[span, span] *= _inverse_root(share)
    center = total / len(train) * (np.arange(len(total)) >= train.n_one_hot)  # 類別已經由 transform 中心化
    gram = gram - len(train) * np.outer(center, center)
    axes = eigenvectors(transform.T @ gram @ transform)
    return lambda size: Axes(center, transform @ first(axes, size))


def random_projection(train: Rows, seed: int) -> Callable[[int], Axes]:
    """隨機投影：什麼也不學，只抽一個 D × d 的常態矩陣；每種維數各抽一次。"""
    width = next(train.blocks()).shape[1]
    return lambda size: Axes(np.zeros(width), np.random.default_rng(seed).standard_normal((width, size)))


FITTERS: dict[str, Fitted] = {
    "pca": pca,
    "pca_standard": pca_standard,
    "mca": mca,
    "famd": famd,
    "random": random_projection,
}
#: ``fit`` 的報告裡，獨熱矩陣可以用的三種；編好碼的表看 ``names_for``。
REPRESENTATIONS = ("pca", "mca", "random")


def names_for(table: Coded) -> tuple[str, ...]:
    """這張表可以用哪幾種：全是類別用 MCA，混合的用 FAMD；全是數字時 FAMD 就是 PCA，不必再算。"""
    if not table.numbers.shape[1]:
        return ("pca", "mca", "random")
    return ("pca", "famd", "random") if len(table.groups) else ("pca", "random")


def represent(name: str, x: Any, held_out: NDArray, n_components: int, seed: int) -> NDArray:
    """一種對照的表示法 (N, d)。``x`` 是編好碼的表，或獨熱矩陣 (N, D)（不知道各變數的欄，不能用 FAMD）。

    只由沒有留下、不是整列缺失的列學，再套到每一列；維數超過展開的欄數，多的那幾維是 0。
    """
    return represent_sizes(name, x, held_out, (n_components,), seed)[n_components]


def represent_sizes(
    name: str, x: Any, held_out: NDArray, sizes: Sequence[int], seed: int
) -> dict[int, NDArray]:
    """幾種維數的 ``represent``，只學一次：少的那幾維就是前幾根軸。每種維數的編碼與單獨算的逐位元相同。"""
    known = x.any(axis=1) if isinstance(x, np.ndarray) else known_rows(x)
    axes = FITTERS[name](Rows(x, np.flatnonzero(~held_out & known)), seed)
    return {size: axes(size).project(Rows(x, np.arange(len(held_out)))) for size in sizes}


# ---- Gram 矩陣與它的軸 ----------------------------------------


def moments(rows: Rows, part: slice = slice(None), weigh: bool = False) -> tuple[NDArray, NDArray]:
    """展開的列的 XᵀX (D, D) 與欄和 (D,)，一段一段加；``weigh`` 為真時，XᵀX 裡每列除以它自己的和。"""
    gram: Any = 0.0
    total: Any = 0.0
    for x in rows.blocks():
        x = x[:, part]
        scaled = x / np.maximum(x.sum(axis=1, keepdims=True), 1) if weigh else x
        gram, total = gram + x.T @ scaled, total + x.sum(axis=0)
    return gram, total


def eigenvectors(matrix: NDArray) -> NDArray:
    """對稱矩陣 (D, D) 的特徵向量，由大到小，一欄一個；符號取到絕對值最大的那一格是正的。"""
    _, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    axes = vectors[:, ::-1]
    return axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])


def first(axes: NDArray, size: int) -> NDArray:
    """前 ``size`` 根軸 (D, size)，不夠的補 0；另存一份，與只算這幾根時在記憶體裡的排法相同。"""
    return np.pad(axes[:, :size], ((0, 0), (0, max(size - axes.shape[1], 0))))


def spans(groups: Sequence[int]) -> list[slice]:
    """每個變數在展開以後的那幾欄；沒有類別是空的。"""
    return [Groups(groups).span(variable) for variable in range(len(groups))]


def _inverse_root(values: NDArray) -> NDArray:
    """1 / √x，x 是 0 的（訓練時沒出現的水準）是 0。"""
    return np.divide(1, np.sqrt(values), out=np.zeros(len(values)), where=values > 0)
