"""題目由解答產生：去掉答案、其餘不變；讀者的檔案永遠先備份。"""

import pytest

from vae_from_scratch.course import generate
from vae_from_scratch.course.sets import CourseError, ExerciseSet

SOLUTION = '''"""練習 ex01：試試看（第 1 章，2 分）"""


def double(x):
    """兩倍。"""
    ### BEGIN SOLUTION
    # 秘密
    return 2 * x
    ### END SOLUTION


def half(x):
    if x:
        ### BEGIN SOLUTION
        return x / 2
        ### END SOLUTION
    return 0
'''


@pytest.fixture
def small_set(tmp_path):
    chosen = ExerciseSet(tmp_path, "ex01_double")
    chosen.solution.parent.mkdir()
    chosen.solution.write_text(SOLUTION, "utf-8")
    return chosen


def test_answers_disappear_and_the_rest_stays():
    exercise = generate.to_exercise(SOLUTION)
    assert "秘密" not in exercise and "2 * x" not in exercise and "SOLUTION" not in exercise
    assert f"    {generate.PLACEHOLDER}\n" in exercise
    assert f"        {generate.PLACEHOLDER}\n    return 0\n" in exercise
    assert '"""兩倍。"""' in exercise
    with pytest.raises(NotImplementedError):
        namespace: dict = {}
        exec(exercise, namespace)
        namespace["double"](1)


@pytest.mark.parametrize(
    "broken",
    [
        "def f():\n    return 1\n",
        "def f():\n    ### BEGIN SOLUTION\n    return 1\n",
        "def f():\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION\n    ### END SOLUTION\n",
    ],
)
def test_unbalanced_regions_are_refused(broken):
    with pytest.raises(CourseError, match="成對"):
        generate.to_exercise(broken)


def test_build_writes_once_and_then_leaves_the_file_alone(small_set):
    assert generate.build(small_set) == (True, None)
    assert generate.drift(small_set) == ""
    assert generate.build(small_set) == (False, None)
    assert sorted(path.name for path in small_set.exercise.parent.iterdir()) == ["ex01_double.py"]


def test_reset_keeps_every_version_of_the_learners_file(small_set):
    generate.build(small_set)
    saved = []
    for attempt in ("第一次", "第二次"):
        small_set.exercise.write_text(attempt, "utf-8")
        changed, backup = generate.build(small_set)
        assert changed and backup
        saved.append(backup)
    assert [path.read_text("utf-8") for path in saved] == ["第一次", "第二次"]
    assert generate.drift(small_set) == ""


def test_drift_shows_a_changed_docstring(small_set):
    generate.build(small_set)
    small_set.solution.write_text(SOLUTION.replace("兩倍。", "乘以二。"), "utf-8")
    assert "+" in generate.drift(small_set) and "乘以二" in generate.drift(small_set)
