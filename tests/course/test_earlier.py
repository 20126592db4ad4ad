"""``earlier``：讀者自己寫的函式通過了就用它，否則用課程的版本，而且會說出來。"""

import pytest

from vae_from_scratch.course.outcomes import PASSED
from vae_from_scratch.course.running import Earlier, run_set
from vae_from_scratch.course.sets import ExerciseSet

FIRST_TESTS = '''
from vae_from_scratch.course.testing import check, points


@points(1)
def test_double(target):
    """兩倍"""
    check(target.double, {"x": 3.0}, 6.0)
'''
SECOND_TESTS = '''
from vae_from_scratch.course.testing import check, points


@points(1)
def test_apply_twice(target, earlier):
    """用前一組的函式"""
    check(target.apply_twice, {"f": earlier("ex01", "double"), "x": 3.0}, 12.0)
'''


@pytest.fixture
def root(tmp_path):
    files = {
        "solutions/ex01_first.py": '"""練習"""\ndef double(x):\n    return 2 * x\n',
        "solutions/ex02_second.py": '"""練習"""\ndef apply_twice(f, x):\n    return f(f(x))\n',
        "exercises/ex02_second.py": '"""練習"""\ndef apply_twice(f, x):\n    return f(f(x))\n',
        "tests/exercises/test_ex01_first.py": FIRST_TESTS,
        "tests/exercises/test_ex02_second.py": SECOND_TESTS,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def learner(root, text):
    (root / "exercises" / "ex01_first.py").write_text(text, "utf-8")


def test_the_learners_own_function_is_used_when_it_passes(root):
    learner(root, "def double(x):\n    return x + x\n\n\ndouble.mine = True\n")
    earlier = Earlier(root, "exercises")
    assert hasattr(earlier("ex01", "double"), "mine") and earlier.notes == []


@pytest.mark.parametrize(
    "text",
    [
        "def double(x):\n    raise NotImplementedError\n",
        "def double(x):\n    return 3 * x\n",
        "def double(x)\n",
        "",
    ],
)
def test_otherwise_the_courses_version_is_used_and_said(root, text):
    learner(root, text)
    earlier = Earlier(root, "exercises")
    assert earlier("ex01", "double")(3.0) == 6.0
    assert earlier.notes == ["你在 ex01 寫的 double 還沒有全部通過，這裡先用課程的版本"]


def test_an_unfinished_function_does_not_block_the_next_set(root):
    learner(root, "def double(x):\n    raise NotImplementedError\n")
    outcomes = run_set(ExerciseSet(root, "ex02_second"), "exercises")
    assert [outcome.status for outcome in outcomes] == [PASSED]
    assert "課程的版本" in outcomes[0].notes[0]


def test_no_file_at_all_does_not_block_the_next_set(root):
    assert [outcome.status for outcome in run_set(ExerciseSet(root, "ex02_second"), "exercises")] == [PASSED]
