"""練習與說明頁答應的事：哪一組用到哪一組，沒寫完的檔案怎麼計分。"""

import re

from vae_from_scratch.course.outcomes import PASSED, UNANSWERED
from vae_from_scratch.course.running import run_set
from vae_from_scratch.course.sets import ExerciseSet, course_root

ROOT = course_root()
USES = re.compile(r"earlier\(\"(ex\d\d)\"")
HALF_WRITTEN = """\"\"\"練習\"\"\"
def inner(x):
    raise NotImplementedError


def outer(x):
    return 2 * inner(x)


def alone(x):
    return x
"""
TESTS = """
from vae_from_scratch.course.testing import check, points


@points(1)
def test_inner(target):
    \"\"\"裡面的\"\"\"
    check(target.inner, {"x": 3.0}, 3.0)


@points(1)
def test_outer(target):
    \"\"\"呼叫它的\"\"\"
    check(target.outer, {"x": 3.0}, 6.0)


@points(1)
def test_alone(target):
    \"\"\"不呼叫它的\"\"\"
    check(target.alone, {"x": 3.0}, 3.0)
"""


def test_set_10_uses_what_set_8_says_it_uses():
    used = set(USES.findall((ROOT / "tests" / "exercises" / "test_ex11_price.py").read_text("utf-8")))
    said = (ROOT / "solutions" / "ex08_backpropagation.py").read_text("utf-8").partition("怎麼做")[0]
    assert used == {"ex02", "ex03"}
    assert "第 11 組用 ex02 與 ex03 的函式" in said and "不必用到這一組" in said


def test_an_unwritten_function_also_costs_the_ones_that_call_it(tmp_path):
    """「呼叫它的函式算不下去，也寫尚未作答；其餘寫好的照樣得分。」"""
    for name, text in {
        "exercises/ex01_half.py": HALF_WRITTEN,
        "solutions/ex01_half.py": HALF_WRITTEN,
        "tests/exercises/test_ex01_half.py": TESTS,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    outcomes = run_set(ExerciseSet(tmp_path, "ex01_half"), "exercises")
    assert [outcome.status for outcome in outcomes] == [UNANSWERED, UNANSWERED, PASSED]
