"""整張表的編碼規則：來回不失真、缺失與尖峰各有各的樣子、極端的尺度、存與讀、錯誤訊息。"""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vae_from_scratch import VAE
from vae_from_scratch.tables.gaps import Rule
from vae_from_scratch.tables.scaling import Scale
from vae_from_scratch.tables.table_schema import TableSchema


def table(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    pool = np.where(rng.random(n) < 0.6, 0.0, rng.uniform(10, 90, n).round(1))
    frame = pd.DataFrame(
        {
            "區": rng.choice(["甲", "乙", "丙"], n),
            "坪數": rng.normal(30, 8, n).round(2),
            "泳池": pool,
            "交易日": pd.Timestamp("2024-05-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D"),
        }
    )
    frame.loc[:5, "坪數"], frame.loc[3:8, "區"], frame.loc[9, "泳池"] = np.nan, None, np.nan
    return frame.astype({"區": object})


@pytest.mark.parametrize("scaling", ["standard", "quantile"])
def test_encoding_and_decoding_give_the_table_back(scaling) -> None:
    frame = table()
    schema = TableSchema(scaling=scaling).fit(frame)
    back = schema.inverse_transform(schema.transform(frame))
    assert list(back.columns) == list(frame.columns) and schema.spiked_ == ("泳池",)
    pd.testing.assert_frame_equal(back[["區"]], frame[["區"]])
    assert (back.isna() == frame.isna()).all(axis=None)
    assert np.array_equal(back["泳池"] == 0, frame["泳池"] == 0)
    tolerance = 0 if scaling == "standard" else 3  # 分位數變換的兩端收進來一點
    for name in ("坪數", "泳池"):
        assert np.nanmax(np.abs(back[name] - frame[name])) <= tolerance + 1e-9
    assert back["交易日"].dtype.kind == "M"
    assert (back["交易日"] - frame["交易日"]).abs().max() <= pd.Timedelta(days=tolerance)


def test_a_zero_spike_is_a_flag_and_a_number_of_the_rest() -> None:
    frame = table()
    schema = TableSchema().fit(frame)
    rows = schema.transform(frame)
    place = list(schema.scales_).index("泳池")
    zero, missing = frame["泳池"] == 0, frame["泳池"].isna()
    assert np.isnan(rows.numbers[zero | missing, place]).all() and rows.spiked == (place,)
    flag = rows.codes[:, -1]
    assert np.array_equal(flag == 0, zero) and np.array_equal(flag == -1, missing)
    known = rows.numbers[~zero & ~missing, place]
    assert known.mean() == pytest.approx(0, abs=1e-12) and known.std() == pytest.approx(1)
    without = TableSchema(spike=2).fit(frame)
    assert (
        without.spiked_ == () and not np.isnan(without.transform(frame).numbers[zero.to_numpy(), place]).any()
    )


@given(
    scale=st.floats(-12, 12).map(lambda power: 10.0**power),
    kind=st.sampled_from(["常態", "常數", "兩個值", "差一點點", "整數"]),
    scaling=st.sampled_from(["standard", "quantile"]),
)
def test_every_scale_is_coded_finitely_and_comes_back(scale, kind, scaling) -> None:
    rng = np.random.default_rng(0)
    values = {
        "常態": scale * rng.normal(size=40),
        "常數": np.full(40, scale),
        "兩個值": scale * rng.integers(0, 2, 40).astype(float),
        "差一點點": scale * (1 + 1e-9 * rng.normal(size=40)),
        "整數": np.round(scale * rng.integers(-5, 6, 40).astype(float)),
    }[kind]
    schema = TableSchema(scaling=scaling).fit(pd.DataFrame({"值": values}))
    numbers = schema.transform(pd.DataFrame({"值": values})).numbers
    assert np.isfinite(numbers).all() and np.abs(numbers).max() < 10
    back = schema.scales_["值"].backward(schema.scales_["值"].forward(values))
    if scaling == "standard":
        np.testing.assert_allclose(back, values, rtol=1e-9, atol=1e-9 * scale)
    else:
        assert ((back >= values.min()) & (back <= values.max())).all()


def test_even_1e200_has_a_finite_spread() -> None:
    scale = Scale.fit(np.array([1e200, -1e200, 3e200]))
    assert np.isfinite(scale.spread) and np.isfinite(scale.forward(np.array([2e200]))).all()


def test_blanks_that_mean_none_are_a_level_and_come_back_as_blanks() -> None:
    frame = table()
    schema = TableSchema(absent=["區", "坪數"]).fit(frame)
    assert list(schema.absent_) == ["區", "坪數"] and schema.written_ == ()
    assert schema.levels("區")[-1] == "無"
    assert (schema.transform(frame).codes[:, 0] >= 0).all()
    assert schema.unknown(frame).sum() == 1  # 只剩泳池的那一格
    back = schema.inverse_transform(schema.transform(frame))
    pd.testing.assert_series_equal(back["區"], frame["區"])
    written = frame.fillna({"區": "無"})
    both = TableSchema(absent=["區"]).fit(pd.concat([frame, written.head(20)]))  # 有的寫「無」，有的空白
    assert both.written_ == ("區",)
    assert (both.inverse_transform(both.transform(frame))["區"] == "無").sum() == frame["區"].isna().sum()


def test_generated_numbers_stay_in_the_range_and_keep_the_decimals() -> None:
    scale = Scale.fit(np.array([1.25, 3.5, 2.75]))
    back = scale.backward(np.array([-50.0, 0.123, 50.0]))
    assert back[0] == 1.25 and back[2] == 3.5 and round(back[1], 2) == back[1] and scale.decimals == 2


def test_quantile_scaling_makes_a_skewed_column_normal() -> None:
    from scipy import stats

    values = np.random.default_rng(0).lognormal(0, 1.5, 2000)
    assert stats.skew(Scale.fit(values).forward(values)) > 3
    assert abs(stats.skew(Scale.fit(values, "quantile").forward(values))) < 0.1


def test_a_json_file_keeps_the_rules_bit_for_bit(tmp_path) -> None:
    for scaling in ("standard", "quantile"):
        frame, path = table(), tmp_path / f"{scaling}.json"
        schema = TableSchema(["區"], scaling).fit(frame)
        schema.save(path)
        same = TableSchema.load(path)
        assert same.absent == {"區": Rule()} and same.scaling == scaling
        assert np.array_equal(np.asarray(same.transform(frame)), np.asarray(schema.transform(frame)))
        assert same.layout == schema.layout and same.to_json() == schema.to_json()


@pytest.mark.parametrize("broken", ["{", "{}", '{"kind": "別的"}', "[]"])
def test_a_broken_file_is_refused(broken, tmp_path) -> None:
    (tmp_path / "規則.json").write_text(broken, encoding="utf-8")
    with pytest.raises(ValueError, match=r"編碼規則的內容不對.*請重新訓練"):
        TableSchema.load(tmp_path / "規則.json")
    with pytest.raises(ValueError, match="讀不到編碼規則的檔案"):
        TableSchema.load(tmp_path / "沒有.json")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s, t: TableSchema().fit(t.to_numpy()), "資料 X 是 ndarray；.*請先 pd.DataFrame"),
        (
            lambda s, t: TableSchema(scaling="log").fit(t),
            "引數 scaling 是 'log'；可用的是 standard",
        ),
        (lambda s, t: TableSchema().fit(t * np.nan), "每一欄都是空的"),
        (lambda s, t: s.transform(t.drop(columns="坪數")), "資料 X 缺少編碼規則要的欄：坪數"),
        (lambda s, t: s.transform(t.assign(坪數="三十")), "「坪數」欄訓練時是數字，這裡卻有不是數字的值"),
        (lambda s, t: s.transform(t.assign(坪數=np.inf)), "「坪數」欄第 0 列是 inf"),
        (lambda s, t: s.inverse_transform(np.zeros((2, 3))), r"引數 X 的形狀是 \(2, 3\)；.*\(N, "),
        (lambda s, t: TableSchema().fit(pd.concat([t, t], axis=1)), "重複的欄名「坪數」"),
    ],
)
def test_bad_input_names_the_argument_and_the_cure(call, message) -> None:
    frame = table().drop(columns=["交易日", "區"])
    with pytest.raises(ValueError, match=message):
        call(TableSchema().fit(frame), frame)


def test_only_categories_or_only_numbers() -> None:
    frame = table()
    categories, numbers = TableSchema().fit(frame[["區"]]), TableSchema().fit(frame[["坪數"]])
    assert categories.layout.n_numbers == 0 and np.asarray(categories.transform(frame)).shape == (60, 3)
    assert numbers.groups == () and np.asarray(numbers.transform(frame)).shape == (60, 2)
    for schema in (categories, numbers):
        VAE(latent_dim=1, hidden=(), likelihood="mixed", epochs=1).fit(schema.transform(frame))


def test_names_and_dropped_columns_and_unseen_levels() -> None:
    frame = table().assign(空=np.nan)
    schema = TableSchema().fit(frame)
    assert schema.dropped_ == ("空",)
    names = schema.get_feature_names_out()
    assert len(names) == np.asarray(schema.transform(frame)).shape[1] and "區=甲" in names
    assert schema.unseen(frame.assign(區="丁").iloc[:3]) == {"區": {"丁": 3}}
    assert json.loads(schema.to_json())["dropped"] == ["空"]


def test_it_makes_a_pipeline_with_the_vae() -> None:
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(TableSchema(), VAE(latent_dim=1, hidden=(), likelihood="mixed", epochs=1))
    assert pipeline.fit_transform(table()).shape == (60, 1)
