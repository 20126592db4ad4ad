"""兩份房價資料讀成同一個樣子，房價與類別欄分開；壞的 Kaggle 資料夾說得出哪裡壞。"""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch.housing import data


def test_ames_has_2930_houses_and_267_one_hot_columns(ames):
    assert len(ames) == 2930
    assert pd.get_dummies(ames.categories).shape == (2930, 267)
    assert np.isfinite(ames.log_price).all()


def test_ames_has_lost_the_none_of_the_veneer_and_the_blank_of_the_sale(ames):
    assert ames.categories["MasVnrType"].isna().sum() == 1775
    assert "WD" in set(ames.categories["SaleType"]) and "WD " not in set(ames.categories["SaleType"])


def test_kaggle_has_2919_houses_252_columns_and_1460_prices(kaggle):
    assert len(kaggle) == 2919
    assert pd.get_dummies(kaggle.categories).shape == (2919, 252)
    assert kaggle.categories.isna().to_numpy().sum() == 13_287
    assert (kaggle.categories["MasVnrType"] == "None").sum() == 864 + 878
    known = kaggle.log_price[np.isfinite(kaggle.log_price)]
    assert len(known) == 1460
    assert known.mean() == pytest.approx(12.0241, abs=5e-5)
    assert known.std(ddof=1) == pytest.approx(0.3995, abs=5e-5)


def test_reading_with_the_defaults_of_pandas_would_lose_a_column(kaggle_folder):
    """反例：照預設讀，"None" 成了缺失，252 欄變 251。"""
    read = [pd.read_csv(kaggle_folder / name) for name in data.KAGGLE_FILES]
    assert pd.get_dummies(pd.concat(read)[list(data.CATEGORIES)]).shape[1] == 251


def test_both_sources_have_the_same_columns(ames, kaggle):
    assert ames.categories.columns.tolist() == kaggle.categories.columns.tolist() == list(data.CATEGORIES)
    assert ames.details.columns.tolist() == kaggle.details.columns.tolist() == list(data.DETAILS)
    assert len(data.CATEGORIES) == 43 and len(data.DETAILS) == 36


def test_the_price_is_in_neither_table(ames):
    for table in (ames.categories, ames.details):
        assert data.PRICE not in table.columns
        numbers = table.select_dtypes("number")
        assert not any(np.allclose(column, ames.price, equal_nan=True) for _, column in numbers.items())


def test_categories_are_text_or_missing(ames):
    kinds = {type(value) for value in ames.categories.to_numpy().ravel()}
    assert kinds == {str, float}
    assert not any(value != value.strip() for value in ames.categories.stack() if isinstance(value, str))


def test_take_keeps_rows_together(ames):
    some = ames.take(ames.log_price > 13)
    assert len(some) == len(some.categories) == len(some.details) == (ames.log_price > 13).sum()
    assert some.categories.index.equals(some.details.index)
    assert ames.take([5, 3]).log_price.tolist() == ames.log_price[[5, 3]].tolist()


def test_the_price_cannot_be_overwritten_by_accident(ames):
    with pytest.raises(ValueError):
        ames.log_price[0] = 0


def test_held_out_is_a_fixed_share_of_the_priced_and_of_the_others(kaggle):
    held_out = kaggle.held_out(0.2, seed=3)
    assert held_out[kaggle.priced].sum() == held_out[~kaggle.priced].sum() == 292
    assert (held_out == kaggle.held_out(0.2, seed=3)).all()
    assert (held_out != kaggle.held_out(0.2, seed=4)).any()
    with pytest.raises(ValueError, match="share"):
        kaggle.held_out(1.5)


def test_loading_imports_nothing_heavier_than_pandas():
    heavy = ("tensorflow", "sklearn", "matplotlib", "autograd", "scipy")
    code = (
        "import sys; from vae_from_scratch.housing import data, absence\n"
        "absence.name_absence(data.load_ames())\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---- 壞的 Kaggle 資料夾 ----------------------------------------


def row(**values):
    return dict.fromkeys(("Id", *data.DETAILS), "1") | dict.fromkeys(data.CATEGORIES, "x") | values


@pytest.fixture
def folder(tmp_path):
    """自己寫的兩個小檔案，格式同 Kaggle。"""
    pd.DataFrame([row(Id="1", SalePrice="100"), row(Id="2", SalePrice="200")]).to_csv(
        tmp_path / "train.csv", index=False
    )
    pd.DataFrame([row(Id="3", Alley="NA")]).to_csv(tmp_path / "test.csv", index=False)
    return tmp_path


def edit(path, change):
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(table).to_csv(path, index=False)


def test_a_small_folder_is_read_in_order(folder):
    houses = data.load_kaggle(folder)
    assert houses.categories.index.tolist() == [1, 2, 3]
    np.testing.assert_allclose(houses.price, [100, 200, np.nan])
    assert houses.categories["Alley"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    "spoil, reason",
    [
        (lambda folder: (folder / "test.csv").unlink(), "缺少 test.csv"),
        (lambda folder: [path.unlink() for path in folder.iterdir()], "缺少 train.csv、test.csv"),
        (lambda folder: (folder / "train.csv").write_text(""), "是空的"),
        (
            lambda folder: edit(folder / "test.csv", lambda t: t.drop(columns=["Alley", "Fence"])),
            "Alley、Fence",
        ),
        (lambda folder: edit(folder / "train.csv", lambda t: t.drop(columns="SalePrice")), "SalePrice"),
        (
            lambda folder: edit(folder / "train.csv", lambda t: t.assign(SalePrice=["5", "NA"])),
            "第 2 列資料是空白",
        ),
        (
            lambda folder: edit(folder / "train.csv", lambda t: t.assign(SalePrice=["5", "-3"])),
            "第 2 列資料是「-3」",
        ),
        (lambda folder: edit(folder / "test.csv", lambda t: t.assign(LotArea="大")), "LotArea.*大"),
        (lambda folder: edit(folder / "test.csv", lambda t: t.assign(Id="2")), "Id=2 出現不只一次"),
        (lambda folder: edit(folder / "test.csv", lambda t: t.assign(Id="")), "Id 欄有空格"),
    ],
)
def test_a_spoilt_folder_is_refused_with_the_reason(folder, spoil, reason):
    spoil(folder)
    with pytest.raises(ValueError, match=reason) as caught:
        data.load_kaggle(folder)
    assert str(folder) in str(caught.value)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="找不到資料夾"):
        data.load_kaggle(tmp_path / "沒有")
