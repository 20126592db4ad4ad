"""``TableVAE``：生成的列像資料、缺失照資料的樣子、指定一部分、補缺失有區間、存與讀、scikit-learn 的慣例。"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from vae_from_scratch.tables.table_vae import CELL_COLUMNS, TableVAE

SETTINGS: dict[str, Any] = {"latent_dim": 2, "hidden": (32,), "epochs": 60, "learning_rate": 5e-3}


#: 每一格都在範圍裡，湊在一起卻幾乎不可能。
RARE = {"坪數": 7.5, "房數": "三房以上", "屋齡": 0, "電梯": "無"}


def houses(n: int = 1500, seed: int = 0) -> pd.DataFrame:
    """新舊決定電梯與屋齡，大小決定房數與坪數；車位的兩欄一起缺，而且老的多半缺。"""
    rng = np.random.default_rng(seed)
    age, size = rng.uniform(0, 40, n), rng.uniform(10, 60, n)
    frame = pd.DataFrame(
        {
            "屋齡": age.round(),
            "電梯": np.where(age + rng.normal(0, 4, n) < 20, "有", "無"),
            "坪數": (size + rng.normal(0, 2, n)).clip(5).round(1),
            "房數": np.select([size < 20, size < 40], ["一房", "兩房"], "三房以上"),
            "車位": rng.choice(["平面", "機械"], n),
            "車位坪數": rng.normal(9, 1, n).round(1),
        }
    ).astype({"電梯": object, "房數": object, "車位": object})
    frame.loc[rng.random(n) < age / 50, ["車位", "車位坪數"]] = np.nan
    return frame


@pytest.fixture(scope="module")
def model() -> TableVAE:
    return TableVAE(**SETTINGS).fit(houses())


@pytest.fixture(scope="module")
def generated(model: TableVAE) -> pd.DataFrame:
    return model.sample(4000, np.random.default_rng(1))


def test_generated_rows_have_the_columns_levels_and_ranges_of_the_table(generated) -> None:
    real = houses()
    assert list(generated.columns) == list(real.columns)
    for name in ("電梯", "房數", "車位"):
        assert set(generated[name].dropna()) == set(real[name].dropna())
        share = generated[name].value_counts(normalize=True) - real[name].value_counts(normalize=True)
        assert share.abs().max() < 0.12
    for name in ("屋齡", "坪數"):
        assert real[name].min() <= generated[name].min() and generated[name].max() <= real[name].max()
        assert generated[name].mean() == pytest.approx(real[name].mean(), rel=0.1)
    assert (generated["屋齡"] == generated["屋齡"].round()).all()


def test_generated_rows_hang_together(generated) -> None:
    assert generated.loc[generated["電梯"] == "有", "屋齡"].mean() < 15
    assert generated.loc[generated["電梯"] == "無", "屋齡"].mean() > 25
    assert generated.groupby("房數")["坪數"].mean().sort_values().index.tolist() == [
        "一房",
        "兩房",
        "三房以上",
    ]


def test_gaps_come_at_the_rate_of_the_data_together_and_where_the_data_has_them(generated, model) -> None:
    real = houses()
    assert generated["車位"].isna().mean() == pytest.approx(real["車位"].isna().mean(), abs=0.05)
    assert (generated["車位"].isna() == generated["車位坪數"].isna()).all()
    old, new = (
        generated.loc[chosen, "車位"].isna().mean()
        for chosen in (generated["屋齡"] > 30, generated["屋齡"] < 10)
    )
    assert old > new + 0.25
    assert not generated.drop(columns=["車位", "車位坪數"]).isna().any(axis=None)
    assert not model.sample(50, np.random.default_rng(0), gaps=False).isna().any(axis=None)


def flats_and_towers(n: int = 400) -> pd.DataFrame:
    """公寓小而舊，四成不知道坪數；大樓大而新，都知道。"""
    rng = np.random.default_rng(5)
    tall = rng.random(n) < 0.5
    size, age = np.where(tall, [[45.0], [8.0]], [[22.0], [35.0]]) + rng.normal(scale=3, size=(2, n))
    hidden = ~tall & (rng.random(n) < 0.4)
    kind, lift = np.where(tall, [["大樓"], ["有"]], [["公寓"], ["無"]])
    return pd.DataFrame({"型": kind, "電梯": lift, "坪": np.where(hidden, np.nan, size), "屋齡": age})


def off_by(model: TableVAE, real: pd.DataFrame) -> float:
    """公寓的坪數空白的比例，生成的減真的。"""
    made, flat = model.sample(1000, np.random.default_rng(0)), "型 == '公寓'"
    return made.query(flat)["坪"].isna().mean() - real.query(flat)["坪"].isna().mean()


def test_the_rate_of_gaps_needs_codes_drawn_from_the_posterior() -> None:
    """三個種子都準；同樣的模型改記平均的編碼，至少一個差了一倍的量級。"""
    real, drawn, averaged = flats_and_towers(), [], []
    for seed in range(3):
        model = TableVAE(epochs=40, random_state=seed).fit(real)
        drawn.append(abs(off_by(model, real)))
        model.gap_codes_ = model.transform(real).astype(np.float32)
        averaged.append(abs(off_by(model, real)))
    assert max(drawn) < 0.1 < 0.15 < max(averaged), (drawn, averaged)


def test_blanks_that_mean_none_are_generated_as_blanks() -> None:
    table = houses(400)
    model = TableVAE(**{**SETTINGS, "epochs": 10}, absent=["車位"]).fit(table)
    rows = model.sample(400, np.random.default_rng(0), gaps=False)
    assert 0.1 < rows["車位"].isna().mean() < 0.9 and not rows["車位坪數"].isna().any()
    assert (
        model.impute(table)["車位"].equals(table["車位"]) and not model.impute(table)["車位坪數"].isna().any()
    )


def test_given_cells_are_kept_and_shift_the_rest(model: TableVAE) -> None:
    rows, effective = model.sample_with(500, {"屋齡": 35, "房數": "一房"}, np.random.default_rng(0))
    assert (rows["屋齡"] == 35).all() and (rows["房數"] == "一房").all()
    assert (rows["電梯"] == "無").mean() > 0.8 and rows["坪數"].mean() < 25
    assert 10 < effective < 50_000


def test_a_condition_too_rare_to_trust_is_refused(model: TableVAE, monkeypatch) -> None:
    usual, rare = (
        model.sample_with(5, given, np.random.default_rng(0)).effective
        for given in ({"坪數": 10.0, "房數": "一房"}, RARE)
    )
    assert rare < usual
    monkeypatch.setattr("vae_from_scratch.tables.table_vae.LEAST_EFFECTIVE", (rare + usual) / 2)
    with pytest.raises(ValueError, match=r"引數 given 指定的格子湊在一起太少見：.*請少指定幾格"):
        model.sample_with(5, RARE, np.random.default_rng(0))


@pytest.mark.parametrize("value", [9000.0, -1, np.nan, np.inf, "很大"])
def test_a_number_outside_the_table_cannot_be_given(model: TableVAE, value) -> None:
    with pytest.raises(ValueError, match=r"引數 given 的「坪數」是.*請"):
        model.sample_with(5, {"坪數": value})


def test_filling_beats_the_mean_and_the_intervals_hold(model: TableVAE) -> None:
    truth = houses(400, seed=9)
    hidden = truth.copy()
    hidden[["電梯", "坪數"]] = None, np.nan
    hidden = hidden.astype({"坪數": float})
    filled, cells = model.impute(hidden), model.impute_cells(hidden)
    mode = truth["電梯"].value_counts(normalize=True).max()
    assert (filled["電梯"] == truth["電梯"]).mean() > 0.8 > mode + 0.1
    assert ((filled["坪數"] - truth["坪數"]) ** 2).mean() < 0.4 * truth["坪數"].var()
    spans = cells[cells["column"] == "坪數"].set_index("row")
    inside = (spans["low"] <= truth["坪數"].to_numpy()) & (truth["坪數"].to_numpy() <= spans["high"])
    assert 0.8 < inside.mean() < 0.99
    assert filled["屋齡"].equals(truth["屋齡"]) and not filled.isna().any(axis=None)


def test_probabilities_add_up_and_the_chosen_one_is_the_largest(model: TableVAE) -> None:
    hidden = houses(30, seed=3).assign(房數=None)
    cells = model.impute_cells(hidden).query("column == '房數'")
    assert tuple(cells.columns) == CELL_COLUMNS
    assert cells.groupby("row")["probability"].sum().to_numpy() == pytest.approx(1)
    best = cells.loc[cells.groupby("row")["probability"].idxmax()]
    assert (best["chosen"] == 1).all() and cells["chosen"].sum() == 30


def test_a_table_without_gaps_comes_back_untouched(model: TableVAE) -> None:
    whole = houses().dropna().head(10)
    pd.testing.assert_frame_equal(model.impute(whole), whole)
    assert len(model.impute_cells(whole)) == 0


def test_saved_and_loaded_bit_for_bit(model: TableVAE, tmp_path) -> None:
    model.save(tmp_path / "model.npz")
    same, table = TableVAE.load(tmp_path / "model.npz"), houses(50)
    assert same.get_params() == model.get_params()
    assert np.array_equal(same.transform(table), model.transform(table))
    pd.testing.assert_frame_equal(
        same.sample(20, np.random.default_rng(0)), model.sample(20, np.random.default_rng(0))
    )
    data = (tmp_path / "model.npz").read_bytes()
    (tmp_path / "model.npz").write_bytes(data[:-100])
    with pytest.raises(ValueError, match="不是本套件寫的，或者已經截斷"):
        TableVAE.load(tmp_path / "model.npz")


def test_the_same_seed_gives_the_same_bits() -> None:
    table = houses(200)
    first, second = (TableVAE(**{**SETTINGS, "epochs": 2}).fit(table) for _ in range(2))
    assert np.array_equal(first.vae_.parameters_, second.vae_.parameters_)
    assert first.sample(5).equals(second.sample(5))


def test_it_is_a_scikit_learn_estimator(model: TableVAE) -> None:
    table = houses(200)
    assert clone(model).get_params() == model.get_params()
    small = TableVAE(**{**SETTINGS, "epochs": 1}).set_output(transform="pandas")
    codes = make_pipeline(small).fit_transform(table)
    assert list(codes.columns) == ["tablevae0", "tablevae1"] and codes.index.equals(table.index)
    assert model.score(table) > TableVAE(**{**SETTINGS, "epochs": 1}).fit(table).score(table)
    assert model.score_samples(table).shape == (200,)


@pytest.mark.parametrize("likelihood", ["categorical", "bernoulli"])
def test_a_table_of_categories_takes_the_other_likelihoods(likelihood) -> None:
    table = houses(300)[["電梯", "房數", "車位"]]
    fitted = TableVAE(likelihood=likelihood, **{**SETTINGS, "epochs": 3}).fit(table)
    assert set(fitted.sample(50)["電梯"]) <= {"有", "無"} and fitted.impute(table).isna().sum().sum() == 0
    with pytest.raises(ValueError, match="表裡的「屋齡」卻是數字"):
        TableVAE(likelihood=likelihood).fit(houses(50))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.sample_with(3, {"車位平數": 3}), "「車位平數」不是模型的欄；是不是「車位坪數」"),
        (lambda m: m.sample_with(3, {"屋齡": "很老"}), "引數 given 的「屋齡」是數字，收到「很老」"),
        (lambda m: m.sample_with(3, {"電梯": "半"}), "沒有「半」這個水準；水準是 有、無"),
        (lambda m: m.sample(0), "引數 n 是 0"),
        (lambda m: m.transform(houses(5).drop(columns="坪數")), "缺少編碼規則要的欄：坪數"),
    ],
)
def test_bad_input_names_the_argument_and_the_cure(call, message, model) -> None:
    with pytest.raises(ValueError, match=message):
        call(model)
