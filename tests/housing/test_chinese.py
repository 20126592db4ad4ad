"""每一欄、每個水準都有中文名字：沒有漏的、沒有多的，同一個變數裡不會有兩個水準同名。"""

import re
from collections import Counter

import pytest

from vae_from_scratch.housing.absence import name_absence
from vae_from_scratch.housing.chinese import HOUSE_TYPES, LEVELS, NUMBERS, THEMES, VARIABLES
from vae_from_scratch.housing.data import CATEGORIES, DETAILS

HAN = re.compile("[\u4e00-\u9fff]")


def levels(houses) -> dict[str, set[str]]:
    return {name: set(column.dropna()) for name, column in name_absence(houses).items()}


def unlabelled(found: dict[str, set[str]], labels: dict[str, dict[str, str]]) -> list[str]:
    """資料裡有、卻沒有名字的水準。"""
    return [f"{name}={level}" for name, seen in found.items() for level in sorted(seen - set(labels[name]))]


def orphans(found: dict[str, set[str]], labels: dict[str, dict[str, str]]) -> list[str]:
    """有名字、資料裡卻沒有的水準。"""
    return [f"{name}={level}" for name, named in labels.items() for level in sorted(set(named) - found[name])]


def repeated(labels: dict[str, dict[str, str]]) -> list[str]:
    """同一個變數裡用了兩次的名字，或兩個變數用了同一個名字。"""
    return [
        f"{name}：{label}"
        for name, named in [*labels.items(), ("變數", VARIABLES)]
        for label, count in Counter(named.values()).items()
        if count > 1
    ]


def test_every_variable_has_a_name_and_a_theme():
    assert set(VARIABLES) == set(LEVELS) == set(CATEGORIES)
    assert {*NUMBERS, "MSSubClass"} == set(DETAILS)
    assert sorted(name for theme in THEMES.values() for name in theme) == sorted(CATEGORIES + DETAILS)


def test_the_code_written_as_a_number_has_all_its_levels(ames):
    kinds = {str(int(kind)) for kind in ames.details["MSSubClass"]}
    assert unlabelled({"MSSubClass": kinds}, {"MSSubClass": HOUSE_TYPES}) == []
    assert orphans({"MSSubClass": kinds}, {"MSSubClass": HOUSE_TYPES}) == []
    assert unlabelled({"MSSubClass": {"61"}}, {"MSSubClass": HOUSE_TYPES}) == ["MSSubClass=61"]


def test_no_two_columns_of_the_explorer_share_a_name():
    names = [*VARIABLES.values(), *(name for name, _ in NUMBERS.values())]
    assert len(set(names)) == len(names) == 78


def test_every_level_in_ames_has_exactly_one_name(ames):
    found = levels(ames)
    assert unlabelled(found, LEVELS) == []
    assert orphans(found, LEVELS) == []
    assert sum(map(len, LEVELS.values())) == 282


def test_every_level_in_kaggle_has_a_name(kaggle):
    assert unlabelled(levels(kaggle), LEVELS) == []


def test_no_two_levels_of_a_variable_share_a_name():
    assert repeated(LEVELS | {"MSSubClass": HOUSE_TYPES}) == []


def test_names_are_chinese_and_short():
    """手機上一行放得下；只有代碼、忘了翻的，也在這裡抓到。"""
    labels = [
        *VARIABLES.values(),
        *HOUSE_TYPES.values(),
        *(text for pair in NUMBERS.values() for text in pair),
        *(label for named in LEVELS.values() for label in named.values()),
    ]
    assert [label for label in labels if not HAN.search(label) or len(label) > 14] == []


@pytest.mark.parametrize("level", ["RL", "I (all)"])
def test_a_missing_name_is_caught(ames, level):
    missing = LEVELS | {"MSZoning": {k: v for k, v in LEVELS["MSZoning"].items() if k != level}}
    assert unlabelled(levels(ames), missing) == [f"MSZoning={level}"]


def test_an_orphan_and_a_repetition_are_caught(ames):
    wrong = LEVELS | {"Street": {"Grvl": "碎石", "Pave": "碎石", "Mud": "泥土"}}
    assert orphans(levels(ames), wrong) == ["Street=Mud"]
    assert repeated(wrong) == ["Street：碎石"]
