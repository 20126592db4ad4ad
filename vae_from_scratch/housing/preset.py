"""``fit ames``：同一個 ``fit``，只是資料與預設的設定是房價的（第 11 章）。"""

from typing import Any

import numpy as np
import pandas as pd

from .absence import categories
from .data import PRICE, load_ames, load_kaggle

#: 房價的預設，就是書裡的研究用的（``study/plan.py`` 的 ``BASE``）；自動挑選的正好是 43 個類別欄。
DEFAULTS: dict[str, Any] = {"likelihood": "bernoulli", "missing": "zeros"}
TARGET = {"target": PRICE, "log_target": True, "skip_target_gaps": True}


def tables(missing: str, kaggle: str | None = None) -> tuple[str, pd.DataFrame, pd.DataFrame]:
    """資料的名字、一張表（43 個類別欄、36 個數字欄與房價），以及照 ``missing`` 寫好「無」的同一張表。

    資料是 Ames，或資料夾 ``kaggle`` 裡的 Kaggle 檔案。
    """
    houses = load_ames() if kaggle is None else load_kaggle(kaggle)
    numbers = houses.details.assign(**{PRICE: np.rint(houses.price)})
    whole = numbers.convert_dtypes().reset_index(drop=True)  # 整數就寫成整數，不是 20.0
    both = [categories(houses, rule).reset_index(drop=True).join(whole) for rule in ("zeros", missing)]
    return houses.source, both[0], both[1]
