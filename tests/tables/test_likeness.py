"""兩批列像不像：與 SciPy 的答案相同，常數、全缺、只有一種欄都算得出來。"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from vae_from_scratch.tables import likeness
from vae_from_scratch.tables.likeness import Kinds, coded

KINDS = Kinds(["色"], ["重"])


def frame(n=400, seed=0):
    rng = np.random.default_rng(seed)
    colour = rng.choice(["紅", "藍", "綠"], size=n)
    weight = (colour == "紅") * 2.0 + rng.normal(size=n)
    return pd.DataFrame({"色": colour.astype(object), "重": weight})


def table(data, kinds=KINDS):
    return coded([data], kinds)[0]


# ---- 代碼 ----------------------------------------


def test_the_same_level_has_the_same_code_in_every_frame_and_every_dtype():
    one = pd.DataFrame({"色": pd.Categorical(["藍", "紅", None]), "重": [1.0, np.nan, 2.0]})
    other = pd.DataFrame({"色": ["紅", "綠"], "重": [3, 4]})
    first, second = coded([one, other], KINDS)
    assert first.codes[:, 0].tolist() == [0, 1, -1] and second.codes[:, 0].tolist() == [1, 2]
    assert first.groups == second.groups == (3,)
    assert first.missing.tolist() == [[False, False], [False, True], [True, False]]


@pytest.mark.parametrize(
    ("kinds", "data", "message"),
    [
        (KINDS, pd.DataFrame({"色": ["紅"]}), "沒有「重」欄"),
        (Kinds([], ["重"]), pd.DataFrame({"重": ["很重"]}), "讀不成數字"),
    ],
)
def test_a_wrong_frame_is_named(kinds, data, message):
    with pytest.raises(ValueError, match=message):
        coded([data], kinds)


@pytest.mark.parametrize("arguments", [([], []), (["色"], ["色"])])
def test_every_column_is_named_exactly_once(arguments):
    with pytest.raises(ValueError, match="categories 與 numbers"):
        Kinds(*arguments)


# ---- 一欄一欄 ----------------------------------------


def test_column_distances_agree_with_scipy_and_by_hand():
    one, other = coded([frame(seed=0), frame(300, seed=1)], KINDS)
    shares = [np.bincount(t.codes[:, 0], minlength=3) / len(t) for t in (one, other)]
    expected = [
        np.abs(shares[0] - shares[1]).sum() / 2,
        stats.ks_2samp(one.numbers[:, 0], other.numbers[:, 0])[0],
    ]
    np.testing.assert_allclose(likeness.column_distances(one, other), expected)
    assert (likeness.column_distances(one, one) == 0).all()


def test_a_column_without_values_is_apart_from_one_with_values_and_from_nothing_else():
    empty = pd.DataFrame({"色": [None, None], "重": [np.nan, np.nan]})
    full = pd.DataFrame({"色": ["紅", "紅"], "重": [1.0, 1.0]})
    one, other = coded([empty, full], KINDS)
    assert np.isnan(likeness.column_distances(one, one)).all()
    assert likeness.column_distances(one, other).tolist() == [1, 1]
    assert likeness.column_distances(other, other).tolist() == [0, 0]


# ---- 一對一對 ----------------------------------------


def test_associations_agree_with_scipy():
    rng, data = np.random.default_rng(2), frame()
    data["形"] = np.where(
        rng.random(len(data)) < 0.8, data["色"] == "紅", rng.random(len(data)) < 0.5
    ).astype(str)
    data["高"] = np.exp(data["重"] + rng.normal(size=len(data)))
    found = likeness.associations(table(data, Kinds(["色", "形"], ["重", "高"])))
    counts = pd.crosstab(data["色"], data["形"]).to_numpy()
    h = stats.kruskal(*[part["高"] for _, part in data.groupby("色")]).statistic
    assert found[0, 1] == pytest.approx(stats.contingency.association(counts, method="cramer"))
    assert found[2, 3] == pytest.approx(stats.spearmanr(data["重"], data["高"]).statistic)
    assert found[0, 3] == pytest.approx(np.sqrt(h / (len(data) - 1)))
    np.testing.assert_array_equal(found, found.T)
    assert np.isnan(np.diag(found)).all()


def test_gaps_are_left_out_pair_by_pair():
    data = frame()
    holes = data.copy()
    holes.loc[::3, "重"] = np.nan
    holes.loc[::4, "色"] = None
    kept = data.drop(index=[row for row in data.index if row % 3 == 0 or row % 4 == 0])
    with_gaps, without = (likeness.associations(table(part))[0, 1] for part in (holes, kept))
    assert with_gaps == pytest.approx(without, abs=0.02), "等級在有值的列裡排，差一點點"


def test_a_constant_and_an_empty_column_have_no_association():
    data = frame().assign(常="同", 零=0.0, 缺=np.nan)
    found = likeness.associations(table(data, Kinds(["色", "常"], ["重", "零", "缺"])))
    defined = np.isfinite(found)
    assert defined[0, 2] and defined.sum() == 2, "只有「色」與「重」"


@pytest.mark.parametrize("kinds", [Kinds(["色"]), Kinds([], ["重"])])
def test_one_kind_alone_works(kinds):
    assert likeness.associations(table(frame(), kinds)).shape == (1, 1)
    assert likeness.column_distances(table(frame(), kinds), table(frame(), kinds)).tolist() == [0]


def test_the_measure_depends_on_the_kinds():
    assert [likeness.measure_of(*pair, 2) for pair in ((0, 1), (0, 2), (2, 3))] == [
        likeness.CRAMER,
        likeness.RATIO,
        likeness.SPEARMAN,
    ]


# ---- 空白 ----------------------------------------


def test_gaps_together_is_the_correlation_of_the_masks():
    rng = np.random.default_rng(0)
    missing = rng.random((500, 3)) < [0.1, 0.3, 0.5]
    missing = np.hstack([missing, missing[:, :1], np.zeros((500, 1), bool)])
    found = likeness.gaps_together(missing)
    np.testing.assert_allclose(found[:3, :3], np.corrcoef(missing[:, :3].T), atol=1e-12)
    assert found[0, 3] == pytest.approx(1), "同進退"
    assert (found[4] == 0).all(), "沒有空白的欄"
