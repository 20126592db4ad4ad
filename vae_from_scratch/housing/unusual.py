"""不尋常的房子：各欄單獨看都普通，湊在一起卻少見（第 12 章）。"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..likelihood import Categorical
from ..model import VAE


def marginal_log_prob(
    train: NDArray, x: NDArray, groups: Sequence[int], pseudo_count: float = 0.5
) -> NDArray:
    """假設各變數獨立、照訓練資料的比例，每棟房子的對數機率 (N,)，單位 nats。"""
    logits = np.log(train.sum(axis=0) + pseudo_count)
    return Categorical(groups).log_prob(x, np.broadcast_to(logits, x.shape))


def oddness(
    vae: VAE, train: NDArray, x: NDArray, groups: Sequence[int], n_samples: int, rng: np.random.Generator
) -> NDArray:
    """log p_獨立(x) − log p_VAE(x)，(N,)，單位 nats：越大，越不像這些欄平常湊在一起的樣子。

    只看 −log p(x) 會把「有一欄很少見」的房子排在前面；減去獨立的那一份，留下的是組合的怪。
    """
    return marginal_log_prob(train, x, groups) - vae.log_likelihood(x, n_samples, rng)


def tampered(x: NDArray, groups: Sequence[int], n_variables: int, rng: np.random.Generator) -> NDArray:
    """竄改：每棟房子隨機挑 ``n_variables`` 個變數，換成另一棟隨機房子的值。

    每個變數的比例大致不變，只有組合壞了；用來檢查怪的分數認不認得出來。
    """
    changed, starts = x.copy(), np.cumsum((0, *groups))
    donors = rng.integers(len(x), size=(len(x), n_variables))
    for row in range(len(x)):
        for variable, donor in zip(rng.permutation(len(groups))[:n_variables], donors[row], strict=True):
            span = slice(starts[variable], starts[variable + 1])
            changed[row, span] = x[donor, span]
    return changed


def area_under_curve(normal: NDArray, odd: NDArray) -> float:
    """隨機抽一個正常的、一個怪的，怪的分數比較高的機率（ROC 曲線下的面積）；0.5 是瞎猜。"""
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([normal, odd]))[len(normal) :]
    return float((ranks.sum() - len(odd) * (len(odd) + 1) / 2) / (len(normal) * len(odd)))
