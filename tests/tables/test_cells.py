"""補一格：每種猜法猜同樣的格子；分數與手算的一樣；有關聯才贏過最常見的；尖峰的兩半一起蓋。"""

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV

from vae_from_scratch.tables import cells
from vae_from_scratch.tables.cells import FILLERS, NAMES, fillers, score_cells, summary, winners
from vae_from_scratch.tables.coded import CodedTable, Slot, features, hide, partners, take


def make(n_rows, rng):
    hidden = rng.normal(size=n_rows)
    first = np.digitize(hidden + rng.normal(0, 0.3, n_rows), [-0.5, 0.5])
    second = np.where(rng.random(n_rows) < 0.85, first > 0, rng.integers(2, size=n_rows)).astype(int)
    flag = (hidden + rng.normal(0, 0.3, n_rows) > 0).astype(int)
    pool = np.where(flag, hidden + rng.normal(0, 0.3, n_rows), np.nan)
    numbers = np.stack([hidden + rng.normal(0, 0.2, n_rows), pool], axis=1)
    numbers[rng.random(n_rows) < 0.05, 0] = np.nan
    return CodedTable(np.stack([first, second, flag], axis=1), (3, 2, 2), numbers)


SPIKED = (1,)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    return make(1000, rng), make(400, rng)


def test_hiding_a_spike_hides_both_halves_and_nothing_else(data):
    table = take(data[1], slice(5))
    flag, pool = Slot("category", 2), Slot("number", 1)
    for slot in (flag, pool):
        assert partners(table, slot, SPIKED) == [flag, pool]
        hidden = hide(table, slot, SPIKED)
        assert (hidden.codes[:, 2] == -1).all() and np.isnan(hidden.numbers[:, 1]).all()
        assert np.array_equal(hidden.codes[:, :2], table.codes[:, :2])
        assert np.array_equal(hidden.numbers[:, 0], table.numbers[:, 0], equal_nan=True)
    assert (table.codes[:, 2] >= 0).all(), "原來的表不動"
    assert partners(table, Slot("number", 0), SPIKED) == [Slot("number", 0)]


def test_every_way_beats_the_mode_when_there_is_something_to_learn(data):
    train, test = data
    found = summary(score_cells(fillers(train, SPIKED), test, SPIKED))
    assert list(found.index) == list(FILLERS)
    others = found.drop(index="mode")
    assert (others["accuracy"] > found.loc["mode", "accuracy"] + 0.15).all()
    assert (others["nats"] < found.loc["mode", "nats"] - 0.2).all()
    assert (others["rmse"] < found.loc["mode", "rmse"] - 0.2).all()


def test_no_way_beats_the_mode_when_the_columns_are_shuffled(data):
    rng, (train, test) = np.random.default_rng(1), data
    shuffled = CodedTable(
        np.stack([rng.permutation(column) for column in test.codes.T], axis=1),
        test.groups,
        np.stack([rng.permutation(column) for column in test.numbers.T], axis=1),
    )
    found = summary(score_cells(fillers(train, SPIKED), shuffled, SPIKED))
    assert found["accuracy"].max() < found.loc["mode", "accuracy"] + 0.03
    for loss in ("nats", "rmse"):
        assert found.loc["mode", loss] == found[loss].min()


def test_the_scores_are_those_by_hand(data):
    train, test = data
    rows = test.codes[np.unique(np.linspace(0, 399, cells.MOST_HIDDEN[0]).astype(int)), 0]
    scores = score_cells({"mode": FILLERS["mode"](train, SPIKED)}, test, SPIKED)
    share = (np.bincount(train.codes[:, 0]) + 0.5) / (1000 + 1.5)
    first = scores[(scores["kind"] == "category") & (scores["position"] == 0)].iloc[0]
    assert first["n_cells"] == cells.MOST_HIDDEN[0]
    assert first["accuracy"] == (rows == share.argmax()).mean()
    assert first["nats"] == pytest.approx(-np.log(share[rows]).mean())
    pool = scores[(scores["kind"] == "number") & (scores["position"] == 1)].iloc[0]
    assert pool["n_cells"] < 200, "零不是這個數字的格子"


def test_any_function_is_scored_on_the_same_hidden_cells(data):
    """猜法只看得到蓋住的表；偷看得到的話，準確率會是 1。"""
    seen = []

    def spy(hidden, slot):
        seen.append(len(hidden.codes))
        if slot.kind == "number":
            assert np.isnan(hidden.numbers[:, slot.position]).all()
            return np.zeros(len(hidden.codes))
        assert (hidden.codes[:, slot.position] == -1).all()
        return np.full((len(hidden.codes), hidden.groups[slot.position]), 0.25)

    train, test = data
    with pytest.raises(AssertionError):
        spy(test, Slot("category", 0))
    seen.clear()
    scores = score_cells({"vae": spy, "mode": FILLERS["mode"](train, SPIKED)}, test, SPIKED)
    sizes = scores[scores["filler"] == "mode"]["n_cells"].tolist()
    assert seen == sizes and len(sizes) == 5
    assert set(scores["filler"]) <= set(NAMES)


def test_the_linear_model_is_the_ridge_on_the_other_columns(data):
    train, test = data
    slot = Slot("number", 0)
    known = ~np.isnan(train.numbers[:, 0])
    inputs = features(hide(take(train, known), slot))
    ridge = RidgeCV(alphas=np.logspace(-1, 3, 9)).fit(inputs, train.numbers[known, 0])
    found = FILLERS["linear"](train, SPIKED)(hide(test, slot), slot)
    np.testing.assert_allclose(found, ridge.predict(features(hide(test, slot))))


def test_winners_are_named_for_each_kind(data):
    train, test = data
    chosen = take(test, np.unique(np.linspace(0, 399, cells.MOST_HIDDEN[0]).astype(int)))

    def perfect(hidden, slot):
        if slot.kind == "category":
            return np.eye(test.groups[slot.position])[chosen.codes[:, slot.position]]
        column = chosen.numbers[:, slot.position]
        return column[~np.isnan(column)]

    candidates = {"mode": FILLERS["mode"](train, SPIKED), "vae": perfect}
    assert winners(score_cells(candidates, test, SPIKED)) == {"accuracy": "vae", "nats": "vae", "rmse": "vae"}
    only_numbers = CodedTable(test.codes[:, :0], (), test.numbers)
    scores = score_cells({"mode": FILLERS["mode"](only_numbers, ())}, only_numbers)
    assert winners(scores) == {"rmse": "mode"}


def test_the_number_of_rows_and_columns_is_limited(data):
    train, test = data
    scores = score_cells({"mode": FILLERS["mode"](train, SPIKED)}, test, SPIKED, most=(20, 3))
    assert len(scores) == 3 and scores["n_cells"].max() == 20
