"""突變測試：抽樣跑真的解答；並證明它看得出檢查太鬆。全部跑一遍用 ``make mutation``。"""

import random

import pytest

from vae_from_scratch.course import mutation
from vae_from_scratch.course.sets import ExerciseSet, all_sets, course_root

ROOT = course_root()
SAMPLE = {"operators": 12, "numerical": 5}  # 每一組抽幾個

SOLUTION = '''"""練習 ex01：試試看（第 1 章，1 分）"""
import numpy as np


def mean_of_squares(x, weight):
    """說明。"""
    return np.sum(weight * x**2, axis=-1) / 2
'''
STRICT = '''
import numpy as np
from vae_from_scratch.course.testing import check, points

X = np.array([[1.0, 2.0, 5.0], [0.5, -3.0, 4.0]])


@points(1)
def test_mean_of_squares(target):
    """平方和"""
    expected = [sum(3.0 * float(v) * float(v) for v in row) / 2 for row in X]
    check(target.mean_of_squares, {"x": X, "weight": 3.0}, expected)
'''
LENIENT = '''
from vae_from_scratch.course.testing import points


@points(1)
def test_mean_of_squares(target):
    """只看傳回了東西"""
    assert target.mean_of_squares(2.0, 1.0) is not None
'''


def write_set(root, tests):
    chosen = ExerciseSet(root, "ex01_squares")
    for path, text in ((chosen.solution, SOLUTION), (chosen.tests, tests)):
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")
    return chosen


@pytest.mark.parametrize("family", mutation.FAMILIES)
@pytest.mark.parametrize("chosen", all_sets(ROOT), ids=lambda chosen: chosen.name)
def test_a_sample_of_mutants_is_killed(chosen, family, capsys):
    mutants = list(mutation.mutants_of(chosen, family))
    sample = random.Random(chosen.number).sample(mutants, min(SAMPLE[family], len(mutants)))
    alive = [mutant.label for mutant in sample if mutation.survives(mutant)]
    explained = mutation.explanations(ROOT, family).get(chosen.name, {})
    assert [label for label in alive if label not in explained] == []


def test_mutants_cover_operators_numbers_names_and_calls(tmp_path):
    labels = [mutant.label for mutant in mutation.mutants_of(write_set(tmp_path, STRICT))]
    changed = [label.split(" → ")[1] for label in labels]
    assert "return np.sum(weight / x ** 2, axis=-1) / 2" in changed
    assert "return np.sum(weight * x ** 3, axis=-1) / 2" in changed
    assert "return np.sum(x * x ** 2, axis=-1) / 2" in changed
    assert "return np.mean(weight * x ** 2, axis=-1) / 2" in changed
    assert "return np.sum(weight * x ** 2) / 2" in changed
    assert len(labels) == len(set(labels)) and not any("說明" in label for label in labels)


HABITS = '''"""練習 ex01：試試看（第 1 章，1 分）"""
import numpy as np


def log_softmax_of(levels, x):
    """說明。"""
    total = np.log(np.sum(np.exp(x), axis=-1)) / np.log(2)
    return [total, levels]
'''


def test_the_numerical_family_has_the_bad_habits(tmp_path):
    chosen = write_set(tmp_path, STRICT)
    chosen.solution.write_text(HABITS, "utf-8")
    changed = [mutant.label.split(" → ")[1] for mutant in mutation.mutants_of(chosen, "numerical")]
    total = "total = np.log(np.sum(np.exp({}), axis={})) / np.log(2)"
    assert total.format("np.clip(x, -20, 20)", "-1") in changed
    assert total.format("x", "0") in changed
    assert "total = np.log(np.sum(np.exp(x), axis=-1) + 1e-08) / np.log(2)" in changed
    assert "total = np.log(_single(np.sum(np.exp(x), axis=-1))) / np.log(2)" in changed
    assert "return [total, sorted(levels)]" in changed
    assert not any("np.log(np.maximum(2" in text for text in changed)  # 常數的 log：截斷也一樣


def test_checks_on_ordinary_numbers_only_are_found_out(tmp_path, capsys):
    """輸入都是一般大小的，抓不到截斷：第二個家族就是為了這個。"""
    solution = HABITS.replace("levels, x", "x").replace("[total, levels]", "total")
    tests = STRICT.replace("mean_of_squares", "log_softmax_of").replace(', "weight": 3.0', "")
    tests = tests.replace(
        "sum(3.0 * float(v) * float(v) for v in row) / 2", "np.log2(sum(np.exp(v) for v in row))"
    )
    chosen = write_set(tmp_path, tests)
    chosen.solution.write_text(solution, "utf-8")
    alive = [mutant.label for mutant in mutation.mutants_of(chosen, "numerical") if mutation.survives(mutant)]
    assert any("np.clip(x, -20, 20)" in label for label in alive)
    assert not any("axis=0" in label for label in alive)


def test_strict_tests_kill_every_mutant_and_lenient_ones_are_found_out(tmp_path, capsys):
    strict = list(mutation.mutants_of(write_set(tmp_path / "strict", STRICT)))
    assert not any(map(mutation.survives, strict))
    assert mutation.judge(strict, {}, whole=True) == 0
    lenient = list(mutation.mutants_of(write_set(tmp_path / "lenient", LENIENT)))
    assert mutation.judge(lenient, {}, whole=True) == 1
    assert "還沒有說明" in capsys.readouterr().out


def test_an_explanation_that_no_longer_applies_is_reported(tmp_path, capsys):
    mutants = list(mutation.mutants_of(write_set(tmp_path, STRICT)))
    assert mutation.judge(mutants, {"ex01": {"mean_of_squares：舊的 → 說明": "因為"}}, whole=True) == 1
    assert "請刪掉" in capsys.readouterr().out


def test_an_endless_mutant_counts_as_killed(tmp_path):
    import ast

    chosen = write_set(tmp_path, STRICT)
    loop = ast.parse("def mean_of_squares(x, weight):\n    while True:\n        pass\n")
    assert not mutation.survives(mutation.Mutant(chosen, "", loop), time_limit=0.1)
