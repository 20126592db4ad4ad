"""由幾次切分的分數，說平均的區間：切分彼此重疊，所以比獨立的樣本寬（第 11、13、14 章）。

同一批列重切十次，兩次切分的訓練資料有八成相同，十個分數不是十個獨立的證據；照獨立的樣本算標準誤，區間就太窄。
"""

import numpy as np
from numpy.typing import ArrayLike

from .held_out import HELD_OUT

LEVEL = 0.95


def split_error(scores: ArrayLike, held_out: float = HELD_OUT) -> float:
    r"""平均的標準誤，校正過切分的重疊：

    .. math:: \sqrt{\Bigl(\frac1k+\frac{n_2}{n_1}\Bigr)s^2}

    k 是切分的次數，s² 是 k 個分數（k,）的變異數，n₂ / n₁ 是驗證與訓練的列數之比，``held_out`` 是驗證的比例。
    獨立的樣本只有 1 / k 那一項。切分再多次，這個誤差也不會趨近 0：列只有這麼多。

    出處：Nadeau & Bengio (2003)，*Inference for the Generalization Error*。它仍是近似：假設兩次切分的分數的
    相關係數是 n₂ / (n₁ + n₂)。
    """
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 1 or len(scores) < 2:
        raise ValueError(f"引數 scores（各次切分的分數）的形狀是 {scores.shape}；請給 (k,)，k 至少是 2。")
    if not 0 < held_out < 1:
        raise ValueError(f"引數 held_out（驗證的比例）是 {held_out!r}；請給 0 與 1 之間的數，例如 0.2。")
    return float(np.sqrt((1 / len(scores) + held_out / (1 - held_out)) * scores.var(ddof=1)))


def half_width(scores: ArrayLike, held_out: float = HELD_OUT, level: float = LEVEL) -> float:
    """平均的信賴區間的半寬：自由度 k − 1 的 t 分位數乘 ``split_error``。

    說的是「同一個來源再抽這麼多列，重做一次，平均差多少」；換一個來源（另一個城市）的差別不在裡面。
    """
    from scipy import stats

    return float(stats.t.ppf(0.5 + level / 2, np.size(scores) - 1) * split_error(scores, held_out))


def same_side_by_luck(n_splits: int, held_out: float = HELD_OUT) -> float:
    r"""兩邊一樣好，``n_splits`` 次切分的差卻碰巧都同號的機率；一次也沒得比就是 1。

    差當作平均 0 的常態，兩兩相關 ρ ＝ ``held_out``（與 ``split_error`` 的假設相同）。共同的部分取 t 時，
    每一次是正的機率都是 :math:`a=\Phi\bigl(t\sqrt{\rho/(1-\rho)}\bigr)`，
    所以是 :math:`\mathbb E_t[a^n+(1-a)^n]`。
    獨立的話只有 :math:`2\cdot0.5^n`；切分重疊，碰巧的機會比較大。

    >>> [round(same_side_by_luck(n), 2) for n in (1, 2, 5, 10)]
    [1.0, 0.56, 0.15, 0.04]
    """
    from scipy.special import ndtr

    if n_splits < 1:
        return 1.0
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    above = ndtr(nodes * np.sqrt(held_out / (1 - held_out)))
    return float(weights @ (above**n_splits + (1 - above) ** n_splits) / weights.sum())
