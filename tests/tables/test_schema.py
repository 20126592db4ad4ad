"""獨熱編碼的規則：等於 get_dummies、欄永遠對齊、沒見過的數得出來、存了讀回一模一樣。"""

import json
import string

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from vae_from_scratch.housing.absence import NONE
from vae_from_scratch.likelihood import Bernoulli, Categorical
from vae_from_scratch.rows import CategoryCodes
from vae_from_scratch.tables.schema import OneHotSchema

TRAIN = pd.DataFrame({"色": ["紅", "藍", np.nan, "紅"], "形": ["圓", "方", "方", "圓"]}, dtype=object)


def test_encoding_by_hand():
    schema = OneHotSchema().fit(TRAIN)
    assert schema.column_names == ["色=紅", "色=藍", "形=圓", "形=方"]
    assert schema.groups == (2, 2)
    assert schema.encode(TRAIN).tolist() == [[1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 1], [1, 0, 1, 0]]
    assert schema.codes(TRAIN).tolist() == [[0, 0], [1, 1], [-1, 1], [0, 0]]
    assert schema.column_names == pd.get_dummies(TRAIN, prefix_sep="=").columns.tolist()


@pytest.mark.parametrize("source, columns", [("ames", 267), ("kaggle", 252)])
def test_the_original_rule_on_the_real_data(request, source, columns):
    houses = request.getfixturevalue(source)
    schema = OneHotSchema().fit(houses.categories)
    assert schema.n_columns == columns and len(schema.groups) == 43
    assert np.array_equal(schema.encode(houses.categories), pd.get_dummies(houses.categories).to_numpy())


def test_unseen_levels_become_zeros_and_are_counted():
    schema = OneHotSchema().fit(TRAIN)
    new = pd.DataFrame({"色": ["綠", "綠", "藍", np.nan], "形": ["圓"] * 4}, dtype=object)
    assert schema.encode(new)[:, :2].tolist() == [[0, 0], [0, 0], [0, 1], [0, 0]]
    assert schema.unseen(new) == {"色": {"綠": 2}}
    assert schema.unseen(TRAIN) == {}


def test_columns_are_aligned_whatever_their_order_and_extras_are_ignored():
    schema = OneHotSchema().fit(TRAIN)
    shuffled = TRAIN[["形", "色"]].assign(多="x")
    assert np.array_equal(schema.encode(shuffled), schema.encode(TRAIN))


def test_an_absent_column_is_named():
    with pytest.raises(ValueError, match="缺少編碼規則要的欄：形"):
        OneHotSchema().fit(TRAIN).encode(TRAIN[["色"]])


def test_missing_as_a_level():
    schema = OneHotSchema(missing="level").fit(TRAIN)
    assert schema.levels_ == (("紅", "藍", NONE), ("圓", "方"))
    assert schema.encode(TRAIN)[2, :3].tolist() == [0, 0, 1]
    # 訓練時沒有缺失的變數沒有「無」；缺失在那裡仍是整組 0，也不算沒見過的水準。
    gap = pd.DataFrame({"色": ["紅"], "形": [np.nan]}, dtype=object)
    assert schema.encode(gap)[0].tolist() == [1, 0, 0, 0, 0]
    assert schema.unseen(gap) == {}


def test_a_column_with_nothing_observed_is_dropped_and_listed():
    frame = TRAIN.assign(空=np.nan)
    schema = OneHotSchema().fit(frame)
    assert schema.dropped_ == ("空",) and schema.variables_ == ("色", "形")
    assert np.array_equal(schema.encode(frame), schema.encode(TRAIN))
    with pytest.raises(ValueError, match="全部缺失"):
        OneHotSchema().fit(frame[["空"]])


def test_numbers_and_arrays_are_treated_as_text():
    schema = OneHotSchema().fit(pd.DataFrame({"代碼": [20, 60, 20], 7: [True, False, True]}))
    assert schema.variables_ == ("代碼", "7") and schema.levels_[0] == ("20", "60")
    assert OneHotSchema().fit(np.array([["a", "b"], ["c", "b"]])).column_names == ["x0=a", "x0=c", "x1=b"]


@pytest.mark.parametrize("table", [np.zeros(3), pd.DataFrame([[1, 2]], columns=["a", "a"])])
def test_tables_that_are_not_tables_are_refused(table):
    with pytest.raises(ValueError, match="資料 X"):
        OneHotSchema().fit(table)


def test_a_wrong_missing_rule_is_refused():
    with pytest.raises(ValueError, match=r"missing.*zeros、level"):
        OneHotSchema(missing="mode").fit(TRAIN)


texts = st.one_of(st.none(), st.text(string.ascii_letters + "無é 、=_", min_size=1, max_size=3))
tables = st.integers(1, 8).flatmap(
    lambda n: st.lists(st.lists(texts, min_size=n, max_size=n), min_size=1, max_size=4)
)


@given(tables, st.sampled_from(["zeros", "level"]))
def test_any_table_survives_the_round_trips(columns, missing):
    frame = pd.DataFrame({f"v{i}": column for i, column in enumerate(columns)}, dtype=object)
    if frame.isna().to_numpy().all() and missing == "zeros":
        return
    schema = OneHotSchema(missing=missing).fit(frame)
    x = schema.encode(frame)
    assert OneHotSchema.from_json(schema.to_json()).encode(frame).tolist() == x.tolist()
    decoded = schema.decode(x)
    expected = (
        frame[list(schema.variables_)].fillna(NONE) if missing == "level" else frame[list(schema.variables_)]
    )
    assert decoded.fillna("缺").to_numpy().tolist() == expected.fillna("缺").to_numpy().tolist()
    assert (CategoryCodes(schema.codes(frame), schema.groups).take(np.arange(len(frame))) == x).all()
    for likelihood in (Bernoulli(), Categorical(schema.groups)):
        likelihood.check(x)


def test_decoding_takes_the_most_probable_level():
    schema = OneHotSchema().fit(TRAIN)
    decoded = schema.decode(np.array([[0.2, 0.7, 0.9, 0.8], [0, 0, 0, 1]]))
    assert decoded["色"].iloc[0] == schema.levels_[0][1] and pd.isna(decoded["色"].iloc[1])
    with pytest.raises(ValueError, match=r"\(N, 4\)"):
        schema.decode(np.zeros((2, 3)))


def test_it_works_as_a_step_of_a_pipeline(ames):
    frame = ames.categories[:200]
    pipeline = make_pipeline(OneHotSchema(), PCA(2, random_state=0)).fit(frame)
    assert pipeline.transform(frame).shape == (200, 2)
    assert clone(OneHotSchema(missing="level")).get_params() == {"missing": "level"}
    schema = OneHotSchema().set_output(transform="pandas").fit(frame)
    assert schema.transform(frame).columns.tolist() == schema.get_feature_names_out().tolist()


def test_the_step_before_a_model_tells_it_the_groups(ames):
    schema = OneHotSchema().fit(ames.categories)
    rows = schema.transform(ames.categories)
    assert isinstance(rows, CategoryCodes) and rows.groups == schema.groups
    assert np.array_equal(np.asarray(rows), schema.encode(ames.categories))
    reduced = make_pipeline(OneHotSchema(), PCA(2, random_state=0)).fit_transform(ames.categories)
    dense = PCA(2, random_state=0).fit_transform(schema.encode(ames.categories))
    np.testing.assert_allclose(reduced, dense, atol=1e-10)


# ---- 數字的水準 ----------------------------------------


@pytest.mark.parametrize(
    "column",
    [[20, 60, 20], [20.0, 60.0, 20.0], np.array([20, 60, 20], np.int8), np.array([20, 60, 20], np.float32),
     ["20", "60", "20"], [20, 60.0, "20"], pd.array([20, 60, 20], "Int64")],
)  # fmt: skip
def test_whole_numbers_are_one_level_whatever_their_type(column):
    schema = OneHotSchema().fit(pd.DataFrame({"代碼": column}))
    assert schema.levels_ == (("20", "60"),)
    with_a_gap = pd.DataFrame({"代碼": [20, None, 60]})
    assert with_a_gap["代碼"].dtype == "float64", "有缺失的整數欄，pandas 換成浮點數"
    assert schema.codes(with_a_gap).ravel().tolist() == [0, -1, 1] and schema.unseen(with_a_gap) == {}


@pytest.mark.parametrize("dtype", [object, "str", "category"])
def test_a_column_of_text_is_taken_as_it_is_and_every_gap_is_the_same(dtype):
    """都是文字的欄不一格一格換；反例：摻了一個數字的，那一格仍要換成文字。"""
    gaps = [None, np.nan, pd.NA]
    text = pd.DataFrame({"碼": pd.Series(["20", "x", *gaps], dtype=dtype)})
    schema = OneHotSchema().fit(text)
    assert schema.levels_ == (("20", "x"),) and schema.codes(text)[:, 0].tolist() == [0, 1, -1, -1, -1]
    mixed = pd.DataFrame({"碼": pd.Series(["x", 20.0, *gaps], dtype=object)})
    assert schema.codes(mixed)[:, 0].tolist() == [1, 0, -1, -1, -1]
    assert OneHotSchema("level").fit(text).levels_ == (("20", "x", NONE),)


def test_text_and_fractions_and_truth_values_stay_what_they_are():
    """反例：文字的 "20.0" 不是數字 20；20.5 與 True 也不會變成整數。"""
    schema = OneHotSchema().fit(pd.DataFrame({"碼": [20, 20.5, True, float("inf")]}, dtype=object))
    assert schema.levels_ == (("20", "20.5", "True", "inf"),)
    assert schema.unseen(pd.DataFrame({"碼": ["20.0", "020", "1", "20"]})) == {
        "碼": {"20.0": 1, "020": 1, "1": 1}
    }
    assert OneHotSchema().fit(np.array([[10**20 + 1]])).levels_ == ((f"{10**20 + 1}",),), "很大的整數也不失真"


# ---- 拿錯了檔案 ----------------------------------------


def wrong_table(n_rows):
    return pd.DataFrame({"色": ["red", "blue"] * (n_rows // 2), "形": ["圓"] * n_rows}, dtype=object)


@pytest.mark.parametrize("method", ["transform", "encode", "codes"])
def test_a_whole_column_never_seen_is_refused(method):
    schema = OneHotSchema().fit(TRAIN)
    message = (
        "「色」欄有 10 格有值，沒有一格.*這裡是「red」、「blue」，訓練時是「紅」、「藍」。請檢查是不是拿錯"
    )
    with pytest.raises(ValueError, match=message):
        getattr(schema, method)(wrong_table(10))
    assert schema.unseen(wrong_table(10)) == {"色": {"red": 5, "blue": 5}}, "數還是數得出來"
    assert schema.encode(wrong_table(8))[:, :2].sum() == 0, "列太少，可能只是碰巧"
    one_right = wrong_table(10).replace({"色": {"red": "紅"}})
    assert schema.encode(one_right)[:, :2].sum() == 5, "有一格見過，就不是拿錯"


def test_a_column_of_gaps_is_not_a_wrong_file():
    for missing in ("zeros", "level"):
        schema = OneHotSchema(missing).fit(TRAIN)
        assert schema.encode(wrong_table(20).assign(色=np.nan)).shape[0] == 20
    with pytest.raises(ValueError, match="「色」欄有 20 格"):
        schema.encode(pd.concat([wrong_table(20), TRAIN.assign(色=np.nan)]))  # 缺失編成「無」，不算見過


# ---- 存與讀 ----------------------------------------


def test_saving_and_loading_gives_the_same_rule(tmp_path, ames):
    schema = OneHotSchema(missing="level").fit(ames.categories)
    schema.save(tmp_path / "schema.json")
    loaded = OneHotSchema.load(tmp_path / "schema.json")
    assert loaded.to_json() == schema.to_json() and loaded.get_params() == schema.get_params()
    assert np.array_equal(loaded.encode(ames.categories), schema.encode(ames.categories))
    assert [path.name for path in tmp_path.iterdir()] == ["schema.json"]


def spoil(**changes):
    return json.dumps(json.loads(OneHotSchema().fit(TRAIN).to_json()) | changes)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", OneHotSchema().fit(TRAIN).to_json()[:-20],
     spoil(kind="別的"), spoil(missing="mode"), spoil(variables=[]), spoil(variables={}),
     spoil(dropped="色"), spoil(dropped=["色"]), spoil(variables=[{"levels": ["紅"]}]),
     spoil(variables=[{"name": "色", "levels": []}]), spoil(variables=[{"name": "色", "levels": [1]}]),
     spoil(variables=[{"name": "色", "levels": ["紅", "紅"]}]),
     spoil(variables=[{"name": "色", "levels": ["紅"]}] * 2)],
)  # fmt: skip
def test_a_damaged_file_is_refused_with_its_name(tmp_path, text):
    path = tmp_path / "壞.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"壞\.json.*請"):
        OneHotSchema.load(path)


def test_a_missing_or_binary_file_is_refused(tmp_path):
    (tmp_path / "二進位.json").write_bytes(b"\xff\xfe\x00")
    for name in ("沒有.json", "二進位.json"):
        with pytest.raises(ValueError, match="讀不到"):
            OneHotSchema.load(tmp_path / name)
