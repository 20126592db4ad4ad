"""``fit ames``：同一個 ``fit``，只是資料與預設的設定是房價的（第 11 章）。"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from ..files import write_csv
from ..tables.columns import Choices, inspect
from ..tables.missing import NONE
from ..tables.prepare import Prepared, TargetOptions, prepare
from ..tables.reading import ReadOptions, read_table
from ..tables.target import read_target
from .absence import categories
from .data import CATEGORIES, PRICE, load_ames, load_kaggle

#: 房價的預設，就是書裡的研究用的（``study/plan.py`` 的 ``BASE``）；自動挑選的正好是 43 個類別欄。
DEFAULTS: dict[str, Any] = {"likelihood": "bernoulli", "missing": "zeros"}
TARGET = {"target": PRICE, "log_target": True, "skip_target_gaps": True}


def prepared(
    choices: Choices, wanted: TargetOptions, missing: str, kaggle: str | None = None, numbers: bool = False
) -> tuple[str, Prepared]:
    """``fit ames`` 訓練用的表：書裡的研究用 43 個類別欄；``numbers`` 為真時 36 個數字欄也用（第 13 章）。"""
    judged = numbers and missing == "auto"  # 由資料裡的證據判斷，不看資料的說明
    source, table, named = tables("zeros" if judged else missing, kaggle)
    if numbers:
        return source, _with_numbers(named, choices, wanted, missing if judged else "zeros")
    target = None
    if wanted.name is not None:
        target = read_target(table, wanted.name, log=wanted.log, skip_gaps=wanted.skip_gaps)
    columns = inspect(table, choices, wanted.name, named)
    frame = named[[column.name for column in columns if column.kept]].astype("category")
    return source, Prepared(columns, frame, target)


def _with_numbers(named: pd.DataFrame, choices: Choices, wanted: TargetOptions, missing: str) -> Prepared:
    """寫成 CSV 再照一般的檔案讀：欄的種類、尖峰都用同一套規則；``MSSubClass`` 是用數字寫的代碼。"""
    kinds = dict.fromkeys(CATEGORIES, "類別") | {"MSSubClass": "代碼"}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "houses.csv"
        write_csv(path, named)
        reading = read_table(path, ReadOptions(keep_na=("NA", "None", NONE), kinds=kinds))
    return prepare(reading, choices, wanted, missing)


def tables(missing: str, kaggle: str | None = None) -> tuple[str, pd.DataFrame, pd.DataFrame]:
    """資料的名字、一張表（43 個類別欄、36 個數字欄與房價），以及照 ``missing`` 寫好「無」的同一張表。

    資料是 Ames，或資料夾 ``kaggle`` 裡的 Kaggle 檔案。
    """
    houses = load_ames() if kaggle is None else load_kaggle(kaggle)
    numbers = houses.details.assign(**{PRICE: np.rint(houses.price)})
    whole = numbers.convert_dtypes().reset_index(drop=True)  # 整數就寫成整數，不是 20.0
    both = [categories(houses, rule).reset_index(drop=True).join(whole) for rule in ("zeros", missing)]
    return houses.source, both[0], both[1]
