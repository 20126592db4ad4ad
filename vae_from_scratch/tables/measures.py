"""在留下的列上量：目標看不看得出來、哪些單元在用、不看編碼要幾個 nats（第 7、11 章）。"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import gaussian
from ..likelihood import Bernoulli, Categorical
from .chow_liu import ChowLiu
from .coded import Coded, is_coded
from .independent import Independent

N_NEIGHBOURS = 15
ACTIVE_VARIANCE = 0.01
#: 不用神經網路的密度，由弱到強；"unlinked" 與 "tree" 的差是邊的功勞，與 "independent" 的差是密度的形狀。
DENSITIES = {
    "independent": "各欄獨立（數字是常態）",
    "unlinked": "各欄獨立（數字分箱）",
    "tree": "Chow–Liu 樹（數字分箱）",
}


def read_out(
    codes: ArrayLike,
    values: ArrayLike,
    held_out: NDArray,
    seed: int = 0,
    classes: bool = False,
    reader: str = "knn",
) -> tuple[float, float]:
    """由編碼 (N, d) 猜目標 (N,)，在 ``held_out`` 的列上打分數；第二個數是打亂目標再做一遍的基準。

    ``reader``："knn" 是 15 個最近的鄰居；"linear" 是嶺迴歸（類別的目標是邏輯斯迴歸），看是不是一次式。
    分數是 R²；``classes`` 為真時目標是類別的代碼，分數是準確率。不知道目標（NaN）的列不用。
    R² 不看尺度：單元崩塌到 10⁻³ 時它也可能不是 0，所以要與每個單元的 KL、活躍單元一起讀。
    """
    score = read_score(codes, values, held_out, classes, reader)
    values = np.asarray(values, dtype=float)
    shuffled, both = values.copy(), np.concatenate(_rows_to_read(values, held_out))
    shuffled[both] = np.random.default_rng(seed).permutation(values[both])
    return score, read_score(codes, shuffled, held_out, classes, reader)


def read_score(
    codes: ArrayLike, values: ArrayLike, held_out: NDArray, classes: bool = False, reader: str = "knn"
) -> float:
    """``read_out`` 的第一個數；用不到打亂的基準時，只要一半的時間。"""
    codes, values = np.asarray(codes, dtype=float), np.asarray(values, dtype=float)
    if codes.ndim != 2 or values.shape != (len(codes),):
        raise ValueError(
            f"引數 codes 的形狀是 {codes.shape}、values 是 {values.shape}；應是 (N, d) 與 (N,)。"
        )
    train, test = _rows_to_read(values, held_out)
    _check_rows(len(train), len(test))
    model = _reader(reader, values[train], classes).fit(codes[train], values[train])
    return float(model.score(codes[test], values[test]))


def _rows_to_read(values: NDArray, held_out: NDArray) -> tuple[NDArray, NDArray]:
    """知道目標的列：當鄰居的，與打分數的。"""
    known = np.isfinite(values)
    return np.flatnonzero(known & ~held_out), np.flatnonzero(known & held_out)


def _reader(name: str, known: NDArray, classes: bool) -> Any:
    """還沒訓練的讀法；``known`` 是訓練的列的目標。"""
    from sklearn.dummy import DummyClassifier
    from sklearn.linear_model import LogisticRegression, RidgeCV
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if name == "knn":
        return (KNeighborsClassifier if classes else KNeighborsRegressor)(N_NEIGHBOURS)
    if name != "linear":
        raise ValueError(f"引數 reader（怎麼由編碼讀出目標）是 {name!r}；可用的是 knn、linear。")
    if classes and len(np.unique(known)) < 2:  # 少見的那一類全在驗證的列裡，沒有東西可以學
        return DummyClassifier()
    model = LogisticRegression(max_iter=300) if classes else RidgeCV(alphas=np.logspace(-3, 3, 13))
    return make_pipeline(StandardScaler(), model)


def _check_rows(n_neighbours: int, n_scored: int) -> None:
    if n_neighbours < N_NEIGHBOURS or n_scored < 2:
        raise ValueError(
            f"知道目標的列太少：當鄰居的 {n_neighbours} 列、打分數的 {n_scored} 列；"
            f"至少要 {N_NEIGHBOURS} 列與 2 列。"
        )


def kl_per_unit(mean: ArrayLike, log_var: ArrayLike) -> NDArray:
    """每個單元的平均 KL (d,)，單位 nats；``mean``、``log_var`` 是 ``VAE.encode`` 的結果 (N, d)。"""
    return gaussian.kl_per_unit(mean, log_var).mean(axis=0)


def active_units(mean: ArrayLike, threshold: float = ACTIVE_VARIANCE) -> NDArray:
    """活躍單元（active unit）：平均編碼在資料上的變異數 Var_x(E_q[z_j]) 大於門檻；布林 (d,)。

    出處：Burda et al. (2016)。
    """
    return np.var(np.asarray(mean, dtype=float), axis=0) > threshold


def marginal_log_prob(
    train: ArrayLike | Coded,
    x: ArrayLike | Coded,
    groups: Sequence[int] | None = None,
    pseudo_count: float = 0.5,
) -> NDArray:
    """不看編碼、各欄獨立、照訓練資料的比例，每列的對數機率 (N,)，單位 nats。

    兩者都是編好碼的表時是 ``independent.Independent``：一個類別一個分布，一個數字一個常態。
    獨熱矩陣看 ``groups``：None 是各欄獨立的伯努利；給各變數的水準個數，就是一個變數一個類別分布。
    ``pseudo_count`` 是每一欄（每個水準）先加的次數，訓練時沒出現的水準才不會是負無限大。
    """
    if is_coded(train) and is_coded(x):
        return Independent.fit(train, pseudo_count).log_prob(x)
    train, x = np.asarray(train, dtype=float), np.asarray(x, dtype=float)
    with np.errstate(divide="ignore"):
        ones = np.log(train.sum(axis=0) + pseudo_count)
        if groups is not None:
            return Categorical(groups).log_prob(x, _finite(ones))
        zeros = np.log((1 - train).sum(axis=0) + pseudo_count)
    return Bernoulli().log_prob(x, _finite(ones - zeros))


def marginal_nats(
    train: ArrayLike | Coded,
    held_out: ArrayLike | Coded,
    groups: Sequence[int] | None = None,
    pseudo_count: float = 0.5,
) -> float:
    """不看編碼的基準：只用訓練資料各欄的比例，平均一列要幾個 nats（``marginal_log_prob`` 的平均，變號）。"""
    return float(-marginal_log_prob(train, held_out, groups, pseudo_count).mean())


def peer_nats(train: Coded, held_out: Coded, spiked: Sequence[int] = ()) -> dict[str, float]:
    """不用神經網路的密度，在留下的列上平均一列要幾個 nats；名字見 ``DENSITIES``，單位與模型的相同。"""
    tree = ChowLiu.fit(train, spiked)
    models: dict[str, Independent | ChowLiu] = {
        "independent": Independent.fit(train),
        "unlinked": tree.unlinked(train),
        "tree": tree,
    }
    return {name: float(-model.log_prob(held_out).mean()) for name, model in models.items()}


def _finite(logits: NDArray) -> NDArray:
    # pseudo_count = 0 時，訓練資料裡全是 0 的欄 logit 是 −∞；1e6 已經與它無異，又不會算出 NaN。
    return np.clip(logits, -1e6, 1e6)
