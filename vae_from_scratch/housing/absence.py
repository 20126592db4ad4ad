"""NA 的兩種意思：「這棟房子沒有」與「不知道有沒有」（第 10、13 章）。

資料說明寫明，十五個欄的 NA 是「沒有」：沒有地下室、沒有車庫。它是一個實在的類別值，應該編碼成「無」。
可是同一欄裡也藏著少數真的缺失：車庫有坪數，車庫的品質卻是 NA。別的欄說得出東西在，那一格就是真缺失。
"""

from collections.abc import Callable

import pandas as pd

from ..tables.missing import NONE, check_rule
from .data import Houses

Present = Callable[[pd.DataFrame, pd.DataFrame], pd.Series]


def _positive(detail: str) -> Present:
    return lambda categories, details: details[detail] > 0


def _unknowable(categories: pd.DataFrame, details: pd.DataFrame) -> pd.Series:
    return pd.Series(False, index=categories.index)


def _garage(categories: pd.DataFrame, details: pd.DataFrame) -> pd.Series:
    return categories["GarageType"].notna() | (details["GarageArea"] > 0)


def _veneer(categories: pd.DataFrame, details: pd.DataFrame) -> pd.Series:
    # 面積也缺的房子，無從說它沒有貼面；其他的欄沒有這種情形。
    return ~(details["MasVnrArea"] == 0)


#: NA 表示「沒有」的欄，以及「其實有」的證據；出處是兩份資料共用的 data_description.txt。
MEANS_NONE: dict[str, Present] = {
    "Alley": _unknowable,
    "MasVnrType": _veneer,
    **dict.fromkeys(
        ("BsmtQual", "BsmtCond", "BsmtExposure", "BsmtFinType1", "BsmtFinType2"), _positive("TotalBsmtSF")
    ),
    "FireplaceQu": _positive("Fireplaces"),
    **dict.fromkeys(("GarageType", "GarageFinish", "GarageQual", "GarageCond"), _garage),
    "PoolQC": _positive("PoolArea"),
    "Fence": _unknowable,
    "MiscFeature": _positive("MiscVal"),
}


def true_gaps(houses: Houses) -> pd.DataFrame:
    """真的缺失：是 NA，而且不是「沒有」。布林的表，形狀同 ``houses.categories``。"""
    gaps = houses.categories.isna()
    for name, present in MEANS_NONE.items():
        gaps[name] &= present(houses.categories, houses.details)
    return gaps


def categories(houses: Houses, missing: str) -> pd.DataFrame:
    """照缺失的處理方式準備類別欄的表："zeros" 不動，"level" 把「沒有」寫成水準「無」。"""
    check_rule(missing)
    return name_absence(houses) if missing == "level" else houses.categories


def name_absence(houses: Houses) -> pd.DataFrame:
    """把表示「沒有」的 NA 寫成「無」，真的缺失仍是 NaN；傳回新的表，原來的不動。

    Kaggle 的 ``MasVnrType`` 用文字 "None" 表示沒有貼面，這裡也寫成「無」，兩份資料才一致。
    """
    categories = houses.categories
    named = categories.where(categories.notna() | true_gaps(houses), NONE)
    named["MasVnrType"] = named["MasVnrType"].replace("None", NONE)
    return named.astype(object)


def all_columns(houses: Houses) -> pd.DataFrame:
    """79 欄，一欄也不丟：「沒有」寫成「無」的類別欄，接上數字的欄（第 13 章）。

    ``MSSubClass`` 是房型的代碼，大小沒有意義，寫成文字，當作類別。
    """
    kinds = houses.details["MSSubClass"].astype(int).astype(str)
    return name_absence(houses).join(houses.details.assign(MSSubClass=kinds))
