"""目標：數字或類別、取對數、有空格；做不到就說哪一列、怎麼辦。"""

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch.tables.target import read_target


def frame(values):
    return pd.DataFrame({"y": pd.Series(values, dtype=object)})


NUMBERS = [str(n) for n in range(1, 31)]


def test_numbers_are_numbers_and_few_values_are_classes():
    target = read_target(frame(NUMBERS), "y")
    assert target.classes == () and target.values.tolist() == list(range(1, 31)) and target.measure == "R²"
    target = read_target(frame(["0", "1", "1"] * 10), "y")
    assert (
        target.classes == ("0", "1")
        and target.values[:3].tolist() == [0, 1, 1]
        and target.measure == "準確率"
    )


def test_the_logarithm_needs_positive_numbers():
    target = read_target(frame(NUMBERS), "y", log=True)
    np.testing.assert_allclose(target.values, np.log(np.arange(1, 31)))
    assert target.label == "log y"
    with pytest.raises(ValueError, match="第 2 列資料是「0」"):
        read_target(frame(["1", "0", *NUMBERS]), "y", log=True)
    with pytest.raises(ValueError, match="不是數字"):
        read_target(frame(["a", "b"] * 15), "y", log=True)


def test_gaps_are_refused_with_the_first_row_unless_skipped():
    values = [*NUMBERS[:4], np.nan, *NUMBERS]
    with pytest.raises(ValueError, match=r"有 1 列是空的（第一個在第 5 列資料）.*--skip-target-gaps"):
        read_target(frame(values), "y")
    target = read_target(frame(values), "y", skip_gaps=True)
    assert target.known.sum() == 34 and not target.known[4]
    words = read_target(frame(["a", np.nan, "b"] * 20), "y", skip_gaps=True)
    assert words.known.sum() == 40 and words.classes == ("a", "b")


@pytest.mark.parametrize(
    "values, message",
    [
        (["3"] * 30, "只有一個值「3」"),
        ([f"名字 {n}" for n in range(30)], "30 種不同的值"),
        (["1", "2", "3"] + [np.nan] * 40, "只有 3 列有值"),
        (["inf", *NUMBERS], "第 1 列資料是「inf」"),
    ],
)
def test_a_useless_target_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        read_target(frame(values), "y", skip_gaps=True)


def test_an_absent_target_gets_a_suggestion():
    with pytest.raises(ValueError, match="--target 的「price」不在檔案裡；是不是「Price」"):
        read_target(frame(NUMBERS).rename(columns={"y": "Price"}), "price")
