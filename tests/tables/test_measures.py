"""量測：kNN 在有關係時高、打亂後接近 0；無編碼的基準等於已知的數字；活躍單元的門檻。"""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsRegressor

from vae_from_scratch.housing.absence import name_absence
from vae_from_scratch.tables import measures
from vae_from_scratch.tables.coded import CodedTable, take
from vae_from_scratch.tables.schema import OneHotSchema


@pytest.fixture
def codes():
    return np.random.default_rng(0).standard_normal((600, 2))


HELD_OUT = np.arange(600) % 5 == 0


def test_r2_is_high_when_the_code_carries_the_target_and_the_baseline_is_not(codes):
    r2, shuffled = measures.read_out(codes, codes[:, 0] + codes[:, 1], HELD_OUT)
    assert r2 > 0.9 and shuffled < 0.1


def test_r2_is_about_zero_when_it_does_not(codes):
    noise = np.random.default_rng(1).standard_normal(600)
    assert abs(measures.read_out(codes, noise, HELD_OUT)[0]) < 0.25


def test_only_held_out_rows_are_scored_and_the_rest_are_neighbours(codes):
    """留下的列的目標不影響任何人的鄰居：換掉一列的目標，其他列的預測都不變。"""
    target, knn = codes.sum(axis=1), KNeighborsRegressor(15)
    knn.fit(codes[~HELD_OUT], target[~HELD_OUT])
    expected = knn.score(codes[HELD_OUT], target[HELD_OUT])
    assert (
        measures.read_out(codes, target, HELD_OUT)[0]
        == expected
        == measures.read_score(codes, target, HELD_OUT)
    )


def test_classes_are_scored_by_accuracy(codes):
    classes = (codes[:, 0] > 0).astype(float)
    accuracy, shuffled = measures.read_out(codes, classes, HELD_OUT, classes=True)
    assert accuracy > 0.9 and 0.3 < shuffled < 0.7


def test_r2_ignores_scale_so_it_cannot_see_a_collapse(codes):
    """這是限制，不是優點：縮小一千倍，R² 一樣，活躍單元卻是零。"""
    target, small = codes.sum(axis=1), 1e-3 * codes
    one, other = (measures.read_out(code, target, HELD_OUT)[0] for code in (codes, small))
    assert one == pytest.approx(other, abs=1e-6)
    assert measures.active_units(codes).tolist() == [True, True]
    assert measures.active_units(small).tolist() == [False, False]


def test_rows_without_a_target_are_left_out(codes):
    target = codes.sum(axis=1)
    target[::3] = np.nan
    r2, shuffled = measures.read_out(codes, target, HELD_OUT)
    assert r2 > 0.85 and np.isfinite(shuffled)


def test_a_linear_reader_sees_straight_lines_only(codes):
    straight, bent = codes.sum(axis=1), codes[:, 0] ** 2
    assert measures.read_out(codes, straight, HELD_OUT, reader="linear")[0] == pytest.approx(1, abs=1e-4)
    assert measures.read_out(codes, bent, HELD_OUT, reader="linear")[0] < 0.1
    assert measures.read_out(codes, bent, HELD_OUT, reader="knn")[0] > 0.8
    classes = (straight > 0).astype(float)
    assert measures.read_out(codes, classes, HELD_OUT, classes=True, reader="linear")[0] > 0.95
    one_left = np.where(HELD_OUT, classes, 0.0)
    accuracy, _ = measures.read_out(codes, one_left, HELD_OUT, classes=True, reader="linear")
    assert accuracy == (classes[HELD_OUT] == 0).mean(), "只剩一類可學，就只猜那一類"
    with pytest.raises(ValueError, match="knn、linear"):
        measures.read_out(codes, straight, HELD_OUT, reader="svm")


def test_too_few_rows_and_wrong_shapes_are_refused(codes):
    with pytest.raises(ValueError, match="至少要 15 列與 2 列"):
        measures.read_out(codes[:10], codes[:10, 0], HELD_OUT[:10])
    with pytest.raises(ValueError, match="values"):
        measures.read_out(codes, codes, HELD_OUT)


def test_the_same_seed_gives_the_same_numbers(codes):
    def once(seed):
        return measures.read_out(codes, codes[:, 0], HELD_OUT, seed)

    assert once(0) == once(0)
    assert once(0)[1] != once(1)[1], "種子決定怎麼打亂"


def test_kl_per_unit_is_zero_on_the_prior_and_averages_over_rows():
    assert measures.kl_per_unit(np.zeros((5, 3)), np.zeros((5, 3))).tolist() == [0, 0, 0]
    mean = np.array([[1.0, 0.0], [3.0, 0.0]])
    np.testing.assert_allclose(measures.kl_per_unit(mean, np.zeros((2, 2))), [(0.5 + 4.5) / 2, 0])


# ---- 不看編碼的基準 ----------------------------------------


def test_marginals_of_the_kaggle_pair_are_49_36_nats_and_31_89_with_a_softmax(kaggle):
    zeros = OneHotSchema().fit(kaggle.categories)
    x = zeros.encode(kaggle.categories)
    assert measures.marginal_nats(x, x, pseudo_count=0) == pytest.approx(49.36, abs=0.005)
    level = OneHotSchema(missing="level").fit(kaggle.categories)
    y = level.encode(kaggle.categories)
    assert measures.marginal_nats(y, y, level.groups, pseudo_count=0) == pytest.approx(31.89, abs=0.005)


def test_marginals_are_the_best_constants(ames):
    named = name_absence(ames)
    schema = OneHotSchema().fit(named)
    x = schema.encode(named)
    for groups in (None, schema.groups):
        best = measures.marginal_nats(x, x, groups, pseudo_count=0)
        assert best < measures.marginal_nats(x[:500], x, groups)
        assert best < measures.marginal_nats(x, x, groups, pseudo_count=50)


def test_the_tree_saves_nats_where_columns_go_together_and_only_there():
    rng = np.random.default_rng(0)
    level = rng.integers(3, size=2000)
    for number, saved in ((level + rng.normal(0, 0.2, 2000), True), (rng.normal(0, 1, 2000), False)):
        table = CodedTable(level[:, None], (3,), number[:, None])
        nats = measures.peer_nats(take(table, slice(1500)), take(table, slice(1500, None)))
        assert list(nats) == list(measures.DENSITIES)
        assert (nats["tree"] < nats["unlinked"] - 0.8) == saved
    assert nats["tree"] == nats["unlinked"], "沒有關聯就沒有邊"
    assert nats["independent"] == pytest.approx(nats["unlinked"], abs=0.1), "常態的數字，分箱只差一點"


def test_a_level_absent_from_training_costs_a_lot_but_not_infinity():
    train, held_out = np.tile([1.0, 0.0], (9, 1)), np.array([[0.0, 1.0]])
    assert measures.marginal_nats(train, held_out, (2,)) == pytest.approx(-np.log(0.5 / 10))
    assert measures.marginal_nats(train, held_out) == pytest.approx(-2 * np.log(0.5 / 10))
    for groups in (None, (2,)):
        assert np.isfinite(measures.marginal_nats(train, held_out, groups, pseudo_count=0))
