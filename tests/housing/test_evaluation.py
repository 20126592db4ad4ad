"""評估：kNN R² 在有關係時高、打亂後接近 0；無編碼的基準等於已知的數字；活躍單元的門檻。"""

import numpy as np
import pytest

from vae_from_scratch.housing import evaluation
from vae_from_scratch.housing.absence import name_absence
from vae_from_scratch.housing.schema import OneHotSchema


@pytest.fixture
def codes():
    return np.random.default_rng(0).standard_normal((600, 2))


def test_splits_score_only_held_out_houses_and_leave_the_rest_as_neighbours():
    held_out = np.arange(50) >= 40
    splits = evaluation.held_out_splits(held_out, n_splits=7, seed=1)
    assert len(splits) == 7
    for neighbours, scored in splits:
        assert held_out[scored].all() and len(scored) == 5
        assert sorted([*neighbours, *scored]) == list(range(50))
    assert len({tuple(scored) for _, scored in splits}) > 1
    again = evaluation.held_out_splits(held_out, n_splits=7, seed=1)
    assert all((one[1] == other[1]).all() for one, other in zip(splits, again, strict=True))


def test_r2_is_high_when_the_code_carries_the_price_and_the_baseline_is_not(codes):
    splits = evaluation.held_out_splits(np.ones(600, bool))
    r2 = evaluation.price_r2(codes, codes[:, 0] + codes[:, 1], splits)
    assert r2.mean > 0.9
    assert r2.shuffled_mean == pytest.approx(-1 / 15, abs=0.05)
    assert len(r2.values) == 10 and 0 < r2.spread < 0.1


def test_r2_is_about_zero_when_it_does_not(codes):
    noise = np.random.default_rng(1).standard_normal(600)
    r2 = evaluation.price_r2(codes, noise, evaluation.held_out_splits(np.ones(600, bool)))
    assert abs(r2.mean) < 0.15


def test_r2_ignores_scale_so_it_cannot_see_a_collapse(codes):
    """這是限制，不是優點：縮小一千倍，R² 一樣，活躍單元卻是零。"""
    price, splits = codes.sum(axis=1), evaluation.held_out_splits(np.ones(600, bool))
    small = 1e-3 * codes
    assert evaluation.price_r2(small, price, splits).mean == pytest.approx(
        evaluation.price_r2(codes, price, splits).mean, abs=1e-6
    )
    assert evaluation.active_units(codes).tolist() == [True, True]
    assert evaluation.active_units(small).tolist() == [False, False]


def test_houses_without_a_price_are_left_out(codes):
    price = codes.sum(axis=1)
    price[::3] = np.nan
    r2 = evaluation.price_r2(codes, price, evaluation.held_out_splits(np.ones(600, bool)))
    assert np.isfinite(r2.values).all() and r2.mean > 0.85


def test_too_few_houses_and_wrong_shapes_are_refused(codes):
    with pytest.raises(ValueError, match="至少要 4 棟"):
        evaluation.held_out_splits(np.arange(9) < 3)
    with pytest.raises(ValueError, match="n_neighbours = 15"):
        evaluation.price_r2(codes[:10], codes[:10, 0], evaluation.held_out_splits(np.ones(10, bool)))
    with pytest.raises(ValueError, match="log_price"):
        evaluation.price_r2(codes, codes, [])


def test_the_same_seed_gives_the_same_numbers(codes):
    def once(seed):
        splits = evaluation.held_out_splits(np.ones(600, bool), seed=seed)
        r2 = evaluation.price_r2(codes, codes[:, 0], splits, seed=seed)
        return [*r2.values, *r2.shuffled]

    assert once(0) == once(0) != once(1)


def test_kl_per_unit_is_zero_on_the_prior_and_averages_over_rows():
    assert evaluation.kl_per_unit(np.zeros((5, 3)), np.zeros((5, 3))).tolist() == [0, 0, 0]
    mean = np.array([[1.0, 0.0], [3.0, 0.0]])
    np.testing.assert_allclose(evaluation.kl_per_unit(mean, np.zeros((2, 2))), [(0.5 + 4.5) / 2, 0])


# ---- 不看編碼的基準 ----------------------------------------


def test_marginals_of_the_kaggle_pair_are_49_36_nats_and_31_89_with_a_softmax(kaggle):
    zeros = OneHotSchema().fit(kaggle.categories)
    x = zeros.encode(kaggle.categories)
    assert evaluation.marginal_nats(x, x, pseudo_count=0) == pytest.approx(49.36, abs=0.005)
    level = OneHotSchema(missing="level").fit(kaggle.categories)
    y = level.encode(kaggle.categories)
    assert evaluation.marginal_nats(y, y, level.groups, pseudo_count=0) == pytest.approx(31.89, abs=0.005)


def test_marginals_are_the_best_constants(ames):
    named = name_absence(ames)
    schema = OneHotSchema().fit(named)
    x = schema.encode(named)
    for groups in (None, schema.groups):
        best = evaluation.marginal_nats(x, x, groups, pseudo_count=0)
        assert best < evaluation.marginal_nats(x[:500], x, groups)
        assert best < evaluation.marginal_nats(x, x, groups, pseudo_count=50)


def test_a_level_absent_from_training_costs_a_lot_but_not_infinity():
    train, held_out = np.tile([1.0, 0.0], (9, 1)), np.array([[0.0, 1.0]])
    assert evaluation.marginal_nats(train, held_out, (2,)) == pytest.approx(-np.log(0.5 / 10))
    assert evaluation.marginal_nats(train, held_out) == pytest.approx(-2 * np.log(0.5 / 10))
    for groups in (None, (2,)):
        assert np.isfinite(evaluation.marginal_nats(train, held_out, groups, pseudo_count=0))
