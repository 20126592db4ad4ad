"""分數：看得出來的目標贏過打亂的；類別量準確率；整列缺失與只剩一類都不會壞。"""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from vae_from_scratch.groups import Groups
from vae_from_scratch.rows import CategoryCodes
from vae_from_scratch.tables import baselines
from vae_from_scratch.tables.baselines import (
    CEILINGS,
    CLASSIFIERS,
    NAMES,
    REPRESENTATIONS,
    ceiling,
    represent,
    supervised,
)
from vae_from_scratch.tables.coded import CodedTable, from_one_hot
from vae_from_scratch.tables.schema import OneHotSchema
from vae_from_scratch.tables.seeds import Split, target_scores
from vae_from_scratch.tables.target import Target

GROUPS = (2, 2, 2)


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    group = rng.integers(2, size=300)
    bits = np.where(rng.random((300, 3)) < 0.1, 1 - group[:, None], group[:, None])
    x = np.stack([1 - bits, bits], axis=2).reshape(300, 6).astype(float)
    held_out = np.arange(300) % 5 == 0
    return x, group, held_out


def scores(target, rows, codes):
    x, _, held_out = rows
    schema = OneHotSchema().fit(np.tile([["0"], ["1"]], (1, 3)))
    coded = CategoryCodes(Groups(schema.groups).codes(x), schema.groups)
    return target_scores(target, codes, Split(held_out, ~held_out, schema, coded), seed=0)


def test_classes_are_scored_by_accuracy(rows):
    x, group, held_out = rows
    codes = x[:, 1::2].sum(axis=1, keepdims=True) + np.random.default_rng(1).normal(0, 0.01, (300, 1))
    found = scores(Target("y", group.astype(float), ("a", "b")), rows, codes)
    knn = KNeighborsClassifier(15).fit(codes[~held_out], group[~held_out])
    assert found["vae"] == knn.score(codes[held_out], group[held_out]) > 0.9
    assert found["shuffled"] < 0.75 and found["majority"] == (group[held_out] == 1).mean()
    assert min(found["logistic"], found["boosting"]) > 0.9
    assert set(found) <= set(NAMES)


def test_numbers_are_scored_by_r2_and_unknown_ones_are_not_used(rows):
    x, group, _ = rows
    values = group + np.random.default_rng(1).normal(0, 0.1, 300)
    gaps = np.where(np.arange(300) % 7 == 0, np.nan, values)
    for y in (values, gaps):
        found = scores(Target("y", y), rows, x[:, 1::2])
        assert found["vae"] > 0.6 and found["shuffled"] < 0.2 and min(found["ridge"], found["boosting"]) > 0.7


def test_useless_codes_do_not_score(rows):
    _, group, _ = rows
    noise = np.random.default_rng(2).normal(size=(300, 2))
    assert scores(Target("y", group + 0.0), rows, noise)["vae"] < 0.2
    assert scores(Target("y", group + 0.0, ("a", "b")), rows, noise)["vae"] < 0.7


def test_a_class_that_is_only_held_out_leaves_nothing_to_learn(rows):
    x, *_ = rows
    y = np.where(np.arange(300) == 0, 1.0, 0.0)
    found = scores(Target("y", y, ("a", "b")), rows, x[:, :2])
    assert {found[name] for name in CLASSIFIERS} == {found["majority"]} == {59 / 60}


def test_rows_without_any_known_cell_do_not_break_the_representations(rows):
    x, _, held_out = rows
    empty = x.copy()
    empty[[0, 1, 5]] = 0
    made = {name: represent(name, empty, held_out, 2, seed=0) for name in REPRESENTATIONS}
    assert all(np.isfinite(codes).all() and len(codes) == 300 for codes in made.values())
    assert not made["mca"][[0, 1, 5]].any()


# ---- 編好碼的表 ----------------------------------------


def test_models_that_see_the_target_are_not_called_a_ceiling():
    names = {name for name, label in NAMES.items() if label.startswith("直接用目標訓練")}
    assert names == {"neighbours", *CEILINGS, *CLASSIFIERS}
    assert not any("上限" in label for label in NAMES.values())


def test_codes_and_the_one_hot_matrix_give_the_same_scores(rows):
    x, group, held_out = rows
    values = group + np.random.default_rng(1).normal(0, 0.1, 300)
    for classes, y in ((False, values), (True, group.astype(float))):
        for name in CLASSIFIERS if classes else CEILINGS:
            expected = ceiling(name, x, GROUPS, y, held_out, 0, classes)
            found = supervised(name, from_one_hot(x, GROUPS), y, held_out, 0, classes)
            assert found == pytest.approx(expected, abs=1e-12)


def test_numbers_count_and_fifteen_neighbours_use_every_column(rows):
    x, group, held_out = rows
    number = np.random.default_rng(3).normal(size=(300, 1))
    with_number = CodedTable(from_one_hot(x, GROUPS).codes, GROUPS, number)
    for name in ("neighbours", "ridge", "boosting"):
        blind = supervised(name, from_one_hot(x, GROUPS), number[:, 0] + 0.0, held_out, 0)
        assert supervised(name, with_number, number[:, 0], held_out, 0) > 0.8 > 0.3 > blind
    knn = KNeighborsClassifier(15).fit(x[~held_out], group[~held_out])
    found = supervised("neighbours", from_one_hot(x, GROUPS), group + 0.0, held_out, 0, classes=True)
    assert found == knn.score(x[held_out], group[held_out])


def test_large_tables_are_thinned_evenly_and_the_same_way_every_time(rows, monkeypatch):
    _, _, held_out = rows
    values = np.where(np.arange(300) % 7 == 0, np.nan, 1.0)
    monkeypatch.setattr(baselines, "MOST_TRAINED", 50)
    monkeypatch.setattr(baselines, "MOST_SCORED", 20)
    chosen = baselines.scored_rows(values, held_out)
    assert (~held_out[chosen]).sum() == 50 and held_out[chosen].sum() == 20
    assert np.isfinite(values[chosen]).all() and (np.diff(chosen) > 0).all()
    assert chosen[0] < 10 and chosen[-1] > 290
