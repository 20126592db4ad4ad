"""背誦的檢查：背了的認得出來，沒背的不冤枉；距離照 Gower 的定義。"""

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch.tables.distances import Gower
from vae_from_scratch.tables.likeness import Kinds, coded
from vae_from_scratch.tables.memorised import check_memory, copied

KINDS = Kinds(["a", "b"], ["x", "y"])


def rows(n, seed):
    rng = np.random.default_rng(seed)
    group = rng.integers(4, size=n)
    return pd.DataFrame(
        {
            "a": group.astype(str),
            "b": rng.choice(list("pqr"), size=n),
            "x": group + rng.normal(size=n),
            "y": rng.normal(size=n),
        }
    ).astype({"a": object, "b": object})


def jittered(frame, seed=0):
    rng, moved = np.random.default_rng(seed), frame.copy()
    moved[["x", "y"]] += 0.002 * rng.normal(size=(len(frame), 2))
    return moved


def memory(made, seed=0, kinds=KINDS):
    train, unseen = rows(1200, 1), rows(400, 2)
    one, other, third = coded([train, unseen, made], kinds)
    return check_memory(train, (unseen, made), (one, other, third), kinds, np.random.default_rng(seed))


# ---- 距離 ----------------------------------------


def test_the_distance_by_hand():
    codes, numbers = np.array([[0, 1], [1, -1]]), np.array([[0.0], [10.0]])
    found = Gower(codes, numbers, widths=np.array([10.0])).distances(np.array([[0, -1]]), np.array([[5.0]]))
    np.testing.assert_allclose(found, [[(0 + 1 + 0.5) / 3, (1 + 0 + 0.5) / 3]])


def test_a_gap_is_a_value_of_its_own():
    numbers = np.array([[1.0], [np.nan]])
    reference = Gower(np.zeros((2, 1), int), numbers)
    np.testing.assert_allclose(reference.distances(np.zeros((2, 1), int), numbers), [[0, 0.5], [0.5, 0]])


def test_the_unit_does_not_matter_and_constants_are_no_trouble():
    frame = rows(60, 3)
    numbers, codes = frame[["x", "y"]].to_numpy(), np.zeros((60, 1), int)
    numbers = np.hstack([numbers, np.ones((60, 1)), np.full((60, 1), np.nan)])
    one = Gower(codes, numbers).distances(codes, numbers)
    other = Gower(codes, numbers * 1e9).distances(codes, numbers * 1e9)
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_code_too_large_for_the_reference_is_simply_different():
    reference = Gower(np.array([[0], [-1]]), np.empty((2, 0)))
    asked = np.array([[2**16 - 1], [2**16], [0]])  # 塞進 16 位元會變成 −1 與 0
    np.testing.assert_array_equal(reference.distances(asked, np.empty((3, 0))), [[1, 1], [1, 1], [0, 1]])


def test_the_nearest_are_sorted_and_the_pieces_do_not_matter(monkeypatch):
    frame = rows(50, 4)
    numbers, codes = frame[["x", "y"]].to_numpy(), np.zeros((50, 0), int)
    reference = Gower(codes, numbers)
    whole = reference.nearest(codes, numbers, 5)
    monkeypatch.setattr("vae_from_scratch.tables.distances.PAIRS_AT_ONCE", 120)
    np.testing.assert_array_equal(reference.nearest(codes, numbers, 5), whole)
    np.testing.assert_array_equal(whole, np.sort(reference.distances(codes, numbers), axis=1)[:, :5])


def test_an_empty_reference_is_refused():
    with pytest.raises(ValueError, match="至少一列"):
        Gower(np.zeros((0, 1), int), np.zeros((0, 1)))


# ---- 背誦 ----------------------------------------


def test_copies_are_counted_whatever_the_dtype():
    train = rows(20, 0)
    train.loc[3, ["a", "x"]] = None, np.nan
    made = train.iloc[[3, 5]].astype({"a": "category"})
    made["x"] += 0.0
    other = train.iloc[[3]].assign(b="沒見過")
    assert copied(train, [made, other], KINDS) == [1, 0]


def test_new_rows_of_the_same_kind_are_not_suspicious():
    for seed in range(5):
        found = memory(rows(1000, 10 + seed), seed)
        assert not found.suspicious
        assert 0.02 < found.nearer < 0.09 and abs(found.preference - 0.5) < 3 * found.preference_error


def test_copies_and_near_copies_are_caught():
    exact, near = memory(rows(1200, 1)), memory(jittered(rows(1200, 1)))
    assert exact.copies == 1 and exact.suspicious
    assert near.copies == 0 and near.nearer > 0.9 and near.preference > 0.9 and near.suspicious


def test_a_fifth_of_near_copies_among_new_rows_is_caught():
    made = pd.concat([rows(800, 9), jittered(rows(1200, 1).iloc[:200])])
    found = memory(made)
    assert found.suspicious and found.nearer > 2 * found.nearer_floor


def test_rows_that_are_only_too_typical_are_close_but_not_suspicious():
    """平均的列靠近每一個人：離訓練的列近，可是離沒有訓練過的也一樣近。"""
    made = rows(1000, 5)
    made[["x", "y"]] = (
        made.groupby("a")[["x", "y"]].transform("mean") + 0.2 * rows(1000, 6)[["y", "y"]].to_numpy()
    )
    found = memory(made)
    assert found.distance < 0.7 * found.distance_floor and not found.suspicious


def test_one_kind_alone_works():
    for kinds in (Kinds(["a", "b"]), Kinds([], ["x", "y"])):
        found = memory(rows(300, 5), kinds=kinds)
        assert 0 <= found.nearer <= 0.15 and not found.suspicious
