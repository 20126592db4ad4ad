"""留下哪些列不訓練（第 10、11 章）；書裡的研究、``fit`` 與各頁都用這一個規則。"""

import numpy as np
from numpy.typing import NDArray

HELD_OUT = 0.2


def held_out_rows(known: NDArray, seed: int, share: float = HELD_OUT) -> NDArray:
    """留下 ``share``，布林 (N,)；知道目標的列與不知道的列各留這麼多，打分數的列才不會太少。"""
    if not 0 < share < 1:
        raise ValueError(f"引數 share（驗證的比例）是 {share!r}；請給 0 與 1 之間的數，例如 0.2。")
    rng, mask = np.random.default_rng(seed), np.zeros(len(known), dtype=bool)
    for rows in (np.flatnonzero(known), np.flatnonzero(~known)):
        mask[rng.permutation(rows)[: round(share * len(rows))]] = True
    return mask
