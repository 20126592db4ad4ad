"""單獨一欄：挑得出最會說的那一欄；編碼添了多少，只在真的多說了什麼的時候是正的。"""

import numpy as np
import pytest

from vae_from_scratch.tables.coded import CodedTable, Slot, take
from vae_from_scratch.tables.single_column import best_column, column_errors, only, with_and_without

N = 400
HELD_OUT = np.arange(N) % 4 == 0


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(N, 3))
    numbers[rng.random((N, 3)) < 0.05] = np.nan
    return CodedTable(rng.integers(-1, 4, size=(N, 2)), (4, 4), numbers)


def test_the_errors_are_those_of_five_folds_by_hand(table):
    rng = np.random.default_rng(1)
    values = table.codes[:, 0] + rng.normal(size=N)
    train = np.flatnonzero(~HELD_OUT)
    y, states, fold = values[train], table.codes[train, 0], np.random.default_rng(0).permutation(300) % 5
    guess, constant = np.empty(300), np.empty(300)
    for row in range(300):
        other = fold != fold[row]
        same = other & (states == states[row])
        guess[row] = (y[same].sum() + y[other].mean()) / (same.sum() + 1)
        constant[row] = (y[other].sum() + y[other].mean()) / (other.sum() + 1)
    expected = np.mean((y - guess) ** 2) / np.mean((y - constant) ** 2)
    assert column_errors(table, values, HELD_OUT)[0] == pytest.approx(expected, rel=1e-12)


def test_the_best_column_is_found_whatever_its_kind_and_shape(table):
    rng, number = np.random.default_rng(1), np.nan_to_num(table.numbers)
    targets = {
        Slot("category", 1): np.array([5.0, -1.0, 2.0, 0.0, 9.0])[table.codes[:, 1]],
        Slot("number", 0): number[:, 0],
        Slot("number", 2): number[:, 2] ** 2,  # 彎的：相關係數是 0
    }
    for slot, signal in targets.items():
        assert best_column(table, signal + rng.normal(0, 0.3, N), HELD_OUT) == slot
    classes = (number[:, 1] > 0).astype(float)
    assert best_column(table, classes, HELD_OUT, classes=True) == Slot("number", 1)


def test_held_out_rows_and_unknown_targets_do_not_choose(table):
    values = np.nan_to_num(table.numbers[:, 0])
    spoiled = np.where(HELD_OUT, 100 * table.codes[:, 0], values)
    gaps = np.where(np.arange(N) % 3 == 0, np.nan, values)
    for y in (spoiled, gaps):
        assert best_column(table, y, HELD_OUT) == Slot("number", 0)


def test_codes_add_only_what_the_column_does_not_say(table):
    rng = np.random.default_rng(2)
    number, other = np.nan_to_num(table.numbers[:, 0]), rng.normal(size=N)
    values, slot = number + other, Slot("number", 0)
    alone, more = with_and_without(table, slot, other[:, None], values, HELD_OUT, 0)
    assert more > 0.8 > 0.6 > alone
    again, nothing = with_and_without(table, slot, number[:, None], values, HELD_OUT, 0)
    assert again == alone and nothing < alone + 0.02
    classes = (values > 0).astype(float)
    alone, more = with_and_without(table, slot, other[:, None], classes, HELD_OUT, 0, classes=True)
    assert more > alone + 0.1


def test_only_keeps_one_column(table):
    category, number = only(table, Slot("category", 1)), only(table, Slot("number", 2))
    assert category.groups == (4,) and category.numbers.shape == (N, 0)
    assert number.groups == () and np.array_equal(number.numbers[:, 0], table.numbers[:, 2], equal_nan=True)
    assert len(take(number, HELD_OUT).codes) == 100
