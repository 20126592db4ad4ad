"""空白是「沒有」還是「不知道」：Ames 照資料說明判對，隨機的空白一欄也不冤枉，證據各有一個種下的例子。"""

import json

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch.housing import absence
from vae_from_scratch.housing.data import load_ames
from vae_from_scratch.tables import gaps
from vae_from_scratch.tables.likeness import Kinds
from vae_from_scratch.tables.missing import NONE


@pytest.fixture(scope="module")
def houses():
    return load_ames()


@pytest.fixture(scope="module")
def table(houses):
    return pd.concat([houses.categories, houses.details], axis=1)


@pytest.fixture(scope="module")
def kinds(houses):
    return Kinds(list(houses.categories), list(houses.details))


@pytest.fixture(scope="module")
def verdicts(table, kinds):
    return gaps.examine(table, kinds)


def confusion(verdicts):
    """類別欄：{(真的是「沒有」, 判成「沒有」): 欄數}。"""
    pairs = [(one.column in absence.MEANS_NONE, one.is_level) for one in verdicts if one.kind == "類別"]
    return {pair: pairs.count(pair) for pair in set(pairs)}


# ---- Ames ----------------------------------------


def test_every_column_of_ames_is_judged_as_its_documentation_says(verdicts):
    assert confusion(verdicts) == {(True, True): 15, (False, False): 1}


def test_every_cell_of_ames_too(houses, table, verdicts):
    named = gaps.name_gaps(table, verdicts)[list(houses.categories)]
    pd.testing.assert_frame_equal(named.isna(), absence.true_gaps(houses))
    assert (named == NONE).to_numpy().sum() == 15_026


def test_without_the_numbers_one_column_is_lost_and_none_is_wronged(houses):
    found = gaps.examine(houses.categories, Kinds(list(houses.categories)))
    assert confusion(found) == {(True, True): 14, (True, False): 1, (False, False): 1}
    assert [one.column for one in found if one.column in absence.MEANS_NONE and not one.is_level] == [
        "FireplaceQu"
    ]


def test_the_numbers_of_ames(verdicts, table):
    """沒有車庫就沒有車庫的年份；臨街的寬度是真的不知道。"""
    found = {one.column: one for one in verdicts if one.kind == "數字"}
    assert [name for name, one in found.items() if one.is_level] == ["GarageYrBlt"]
    absent = gaps.absent_numbers(table, verdicts)
    assert absent["GarageYrBlt"].sum() == (table["GarageArea"] == 0).sum() == 157
    assert found["GarageYrBlt"].n_kept == 2


def test_the_evidence_is_said_with_its_numbers(verdicts):
    said = {one.column: one.sentence() for one in verdicts}
    assert "Fireplaces 是 0 的 1,422 列有 1,422 列空白" in said["FireplaceQu"]
    assert "其中 30 格" in said["MasVnrType"] and "證據不強" in said["Alley"]
    assert all(one.unless in one.sentence() for one in verdicts)


# ---- 隨機的空白 ----------------------------------------


@pytest.mark.parametrize("share", [0.01, 0.05, 0.1, 0.2, 0.3])
@pytest.mark.parametrize("n_rows", [60, 600, 2930])
def test_random_gaps_are_never_a_level(houses, kinds, share, n_rows):
    """Ames 沒有空白的 28 個類別欄與 9 個數字欄，隨機挖洞。"""
    full = [name for name in kinds.names if table_without_gaps(houses)[name].notna().all()]
    chosen = Kinds([n for n in full if n in kinds.categories], [n for n in full if n in kinds.numbers][:9])
    rng = np.random.default_rng(int(1000 * share) + n_rows)
    frame = table_without_gaps(houses)[chosen.names].iloc[rng.permutation(len(houses))[:n_rows]]
    holed = frame.mask(rng.random(frame.shape) < share)
    found = gaps.examine(holed, chosen)
    assert found and not [one.sentence() for one in found if one.is_level]


def table_without_gaps(houses):
    return pd.concat([houses.categories, houses.details], axis=1)


def test_gaps_that_only_lean_on_another_column_stay_unknown():
    """收入高的人比較不說：與別的欄有關，卻不是別的欄決定的。"""
    rng = np.random.default_rng(0)
    rich = rng.random(2000) < 0.4
    job = np.where(rich, "經理", "職員").astype(object)
    answer = rng.choice(["甲", "乙", "丙"], size=2000).astype(object)
    answer[rng.random(2000) < np.where(rich, 0.5, 0.1)] = None
    [verdict] = gaps.examine(pd.DataFrame({"職業": job, "答": answer}), Kinds(["職業", "答"]))
    assert not verdict.is_level and "看不出關係" in verdict.reason


# ---- 種下的例子 ----------------------------------------


def planted(n=600, seed=0, **columns):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"甲": rng.choice(["a", "b", "c"], size=n).astype(object), "乙": rng.normal(size=n)})
    return frame.assign(**columns)


def blank(lost, values):
    """``lost`` 的格子是空白的一欄文字。"""
    cells = np.broadcast_to(np.asarray(values, dtype=object), lost.shape).copy()
    cells[lost] = None
    return cells


def judge(frame, column, numbers=("乙",)):
    categories = [name for name in frame if name not in numbers]
    return {one.column: one for one in gaps.examine(frame, Kinds(categories, list(numbers)))}[column]


def test_a_level_that_decides_the_gap():
    rng = np.random.default_rng(1)
    pool = rng.random(600) < 0.3
    frame = planted(有泳池=np.where(pool, "有", "沒有").astype(object), 泳池=blank(~pool, "好"))
    frame.loc[0, ["有泳池", "泳池"]] = "有", None
    verdict = judge(frame, "泳池")
    assert (
        verdict.evidence == "決定"
        and verdict.rule.determinant == "有泳池"
        and verdict.rule.values == ("沒有",)
    )
    assert verdict.n_kept == 1
    assert gaps.name_gaps(frame, [verdict])["泳池"].isna().sum() == 1


@pytest.mark.parametrize(("value", "reason"), [("不詳", "本身就是不知道"), ("unknown", "本身就是不知道")])
def test_a_level_that_says_unknown_decides_nothing(value, reason):
    lost = np.random.default_rng(1).random(600) < 0.3
    frame = planted(來源=np.where(lost, value, "登記").astype(object), 品質=blank(lost, "好"))
    verdict = judge(frame, "品質")
    assert not verdict.is_level and reason in verdict.reason


def test_a_year_in_which_nobody_asked_is_unknown():
    rng = np.random.default_rng(1)
    year = rng.integers(2018, 2024, size=600).astype(float)
    answer = blank(year == 2020, rng.choice(["是", "非"], size=600))
    verdict = judge(planted(年=year, 答=answer), "答", numbers=("乙", "年"))
    assert not verdict.is_level and "沒有記錄" in verdict.reason


def test_an_identifier_decides_nothing():
    lost = np.random.default_rng(1).random(600) < 0.3
    frame = planted(編號=[f"n{n}" for n in range(600)], 品質=blank(lost, "好"))
    assert not judge(frame, "品質").is_level


def test_gaps_that_go_together_and_the_row_that_breaks_ranks():
    rng = np.random.default_rng(2)
    lost = rng.random(600) < 0.1
    parts = {name: blank(lost, rng.choice(["好", "壞"], size=600)) for name in "子丑寅"}
    parts["子"][np.flatnonzero(~lost)[0]] = None
    frame = planted(丁="x", **parts)
    verdict = judge(frame, "子")
    assert verdict.evidence == "一起" and verdict.rule.partners == ("丑", "寅") and verdict.n_kept == 1


def test_whole_empty_rows_are_unknown():
    lost = np.random.default_rng(2).random(600) < 0.1
    frame = planted().assign(丙="x", 丁="y").mask(np.repeat(lost[:, None], 4, axis=1))
    verdict = judge(frame, "甲")
    assert not verdict.is_level and "整列沒有填" in verdict.reason


def test_a_column_that_already_says_none_needs_no_second_one():
    rng = np.random.default_rng(3)
    wall = blank(rng.random(600) < 0.6, rng.choice(["磚", "石", "None"], size=600))
    verdict = judge(planted(貼面=wall), "貼面")
    assert not verdict.is_level and "「None」已經在說沒有" in verdict.reason


def test_large_gaps_alone_are_a_weak_level_and_large_gaps_of_numbers_are_not():
    rng = np.random.default_rng(4)
    fence = blank(rng.random(600) < 0.8, "木")
    size = np.where(rng.random(600) < 0.8, np.nan, 3.0)
    frame = planted(圍籬=fence, 尺寸=size)
    one, other = judge(frame, "圍籬", ("乙", "尺寸")), judge(frame, "尺寸", ("乙", "尺寸"))
    assert one.is_level and one.evidence == "多" and not other.is_level


def test_a_handful_and_everything_are_unknown():
    few = planted()
    few.loc[:3, "甲"] = None
    assert "只有 4 格" in judge(few, "甲").reason
    assert "整欄都是空白" in judge(planted(空=None), "空").reason


def test_only_categories_are_told_to_use_the_level():
    """--missing level 不改數字的欄，叫人用它是白費工夫。"""
    few = planted()
    few.loc[:3, ["甲", "乙"]] = None
    category, number = judge(few, "甲").sentence(), judge(few, "乙").sentence()
    assert gaps.USE_LEVEL in category and gaps.USE_LEVEL not in number and gaps.NOT_FILLED in number


# ---- 規則 ----------------------------------------


def test_rules_survive_json_and_judge_new_rows(table, verdicts):
    saved = json.dumps(
        {one.column: one.rule.to_dict() for one in verdicts if one.rule and one.kind == "類別"}
    )
    rules = {name: gaps.Rule.from_dict(document) for name, document in json.loads(saved).items()}
    pd.testing.assert_frame_equal(gaps.apply_rules(table, rules), gaps.name_gaps(table, verdicts))
    new = pd.DataFrame({"車庫": [None, None, None, "獨立"], "面積": [0.0, 40.0, np.nan, 40.0]}, dtype=object)
    rule = gaps.Rule("面積", ("0",))
    assert gaps.apply_rules(new, {"車庫": rule})["車庫"].eq(NONE).tolist() == [True, False, False, False]
    alone = gaps.apply_rules(new[["車庫"]], {"車庫": rule})
    assert alone["車庫"].eq(NONE).tolist() == [True, True, True, False], "沒有那一欄，照判決"


def test_zero_is_zero_as_text_and_as_a_number():
    texts = gaps.as_text(pd.Series([0.0, 0, "0", 2.5, None], dtype=object))
    assert texts.tolist()[:4] == ["0", "0", "0", "2.5"] and texts.isna().tolist() == [False] * 4 + [True]


def test_a_large_table_is_judged_on_a_sample_and_alike(table, kinds, monkeypatch):
    monkeypatch.setattr(gaps, "MOST_ROWS", 1500)
    one, other = gaps.examine(table, kinds), gaps.examine(table, kinds)
    assert one == other and {found.n_rows for found in one} == {1500}
    assert confusion(one)[True, True] == 15


def test_the_summary_has_a_row_per_column(verdicts):
    table = gaps.summary(verdicts).set_index("欄")
    assert table.loc["GarageQual", ["判斷", "仍是缺失"]].tolist() == ["沒有", 2]
    assert table.loc["Electrical", ["判斷", "仍是缺失"]].tolist() == ["不知道", 1]
    assert list(gaps.summary([]).columns) == list(gaps.summary(verdicts).columns)
