"""「沒有」與「不知道」：數目照 ames-facts 的計數，證據一變，判斷就跟著變。"""

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch.housing.absence import MEANS_NONE, NONE, name_absence, true_gaps
from vae_from_scratch.housing.data import CATEGORIES, DETAILS, Houses


def test_kaggle_true_gaps_by_column(kaggle):
    counts = true_gaps(kaggle).sum()
    inside = {"BsmtQual": 2, "BsmtCond": 3, "BsmtExposure": 3, "BsmtFinType2": 1, "PoolQC": 3,
              "MiscFeature": 1, "GarageFinish": 2, "GarageQual": 2, "GarageCond": 2}  # fmt: skip
    outside = {"MasVnrType": 24, "MSZoning": 4, "Utilities": 2, "Functional": 2, "Exterior1st": 1,
               "Exterior2nd": 1, "Electrical": 1, "KitchenQual": 1, "SaleType": 1}  # fmt: skip
    assert counts[counts > 0].to_dict() == inside | outside
    assert sum(outside.values()) == 37


def test_ames_true_gaps_by_column(ames):
    counts = true_gaps(ames).sum()
    expected = {"MasVnrType": 30, "BsmtExposure": 3, "BsmtFinType2": 1, "Electrical": 1, "GarageFinish": 2,
                "GarageQual": 2, "GarageCond": 2}  # fmt: skip
    assert counts[counts > 0].to_dict() == expected


def test_after_naming_only_true_gaps_are_missing(ames, kaggle):
    for houses in (ames, kaggle):
        named = name_absence(houses)
        assert named.isna().equals(true_gaps(houses))
        assert (named == NONE).sum()[lambda count: count > 0].index.isin(MEANS_NONE).all()
        kept = houses.categories.notna() & (houses.categories != "None")
        assert (named.where(kept) == houses.categories.where(kept)).to_numpy()[kept.to_numpy()].all()


def test_the_veneer_has_one_spelling_in_both_sources(ames, kaggle):
    assert (name_absence(ames)["MasVnrType"] == NONE).sum() == 1745
    assert (name_absence(kaggle)["MasVnrType"] == NONE).sum() == 864 + 878
    assert "None" not in set(name_absence(kaggle)["MasVnrType"])


def test_naming_leaves_the_input_alone(ames):
    before = ames.categories.copy()
    name_absence(ames)
    assert ames.categories.equals(before)


@pytest.mark.parametrize(
    "column, evidence",
    [("PoolQC", {"PoolArea": 5.0}), ("BsmtQual", {"TotalBsmtSF": 5.0}), ("FireplaceQu", {"Fireplaces": 1.0}),
     ("GarageFinish", {"GarageArea": 5.0}), ("MiscFeature", {"MiscVal": 5.0}), ("Alley", None),
     ("MasVnrType", {"MasVnrArea": 5.0}), ("MasVnrType", {"MasVnrArea": np.nan}), ("Fence", None)],
)  # fmt: skip
def test_the_evidence_decides(column, evidence):
    categories = pd.DataFrame(np.nan, index=[1], columns=list(CATEGORIES), dtype=object)
    nothing = pd.DataFrame(0.0, index=[1], columns=list(DETAILS))
    without = Houses(categories, nothing, np.array([12.0]), "自己寫的")
    assert name_absence(without)[column].tolist() == [NONE]
    if evidence:
        there = Houses(categories, nothing.assign(**evidence), np.array([12.0]), "自己寫的")
        assert name_absence(there)[column].isna().all()
