"""pytest 外掛：沒寫 0 分、寫對滿分、沒有跑的 0 分、載入不了每題 0 分，而且讀者看得懂。"""

import pytest

from tests.course.grading.courses import SOLUTION
from vae_from_scratch.course.generate import to_exercise
from vae_from_scratch.course.sets import course_root

pytest_plugins = ["pytester"]

TESTS = '''
from vae_from_scratch.course.testing import check, points


@points(2, hint="加自己一次", chapter="第 1 章")
def test_double(target):
    """兩倍"""
    check(target.double, {"x": 3.0}, 6.0, wrong={"你加了 2，不是乘 2": lambda x: x + 2})


@points(3, hint="乘自己")
def test_square(target):
    """平方"""
    check(target.square, {"x": 3.0}, 9.0)
'''


@pytest.fixture
def course(pytester, monkeypatch):
    """一個小課程：解答、由它產生的題目、檢查。"""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # 其他外掛每次重新載入，一次要一秒
    pytester.makeconftest('pytest_plugins = ["vae_from_scratch.course.pytest_plugin"]')
    for folder, text in (("solutions", SOLUTION), ("exercises", to_exercise(SOLUTION))):
        (pytester.mkdir(folder) / "ex01_two.py").write_text(text, "utf-8")
    (pytester.path / "tests" / "exercises").mkdir(parents=True)
    (pytester.path / "tests" / "exercises" / "test_ex01_two.py").write_text(TESTS, "utf-8")
    return pytester


def answer(course, text):
    (course.path / "exercises" / "ex01_two.py").write_text(text, "utf-8")


def write_tests(course, text):
    (course.path / "tests" / "exercises" / "test_ex01_two.py").write_text(text, "utf-8")


def run(course, *arguments, target="exercises"):
    """跑一次，傳回輸出的每一行。"""
    options = ["-p", "no:cacheprovider", *([f"--target={target}"] if target else [])]
    result = course.runpytest_inprocess(*options, *arguments)
    return [line for line in result.outlines if line.strip()]


def text_of(lines):
    return "\n".join(lines)


def test_untouched_exercises_score_zero_without_a_traceback(course):
    lines = run(course)
    assert lines[-1] == "總分 0/5"
    assert text_of(lines).count("尚未作答") == 2
    assert "Traceback" not in text_of(lines) and "NotImplementedError" not in text_of(lines)


def test_solutions_score_full_marks_and_are_the_default_target(course):
    assert "總分 5/5" in run(course, target=None)
    assert run(course, target="solutions")[-1].startswith("=")  # 維護者看到的還是 pytest 的統計
    answer(course, SOLUTION)
    assert run(course)[-1] == "總分 5/5"


def test_one_unfinished_function_does_not_hide_the_other(course):
    answer(course, "def double(x):\n    return 2 * x\n\n\ndef square(x):\n    raise NotImplementedError\n")
    lines = run(course)
    assert lines[-1] == "總分 2/5" and "尚未作答" in text_of(lines)


def test_a_wrong_answer_is_diagnosed_before_the_numbers(course):
    answer(course, "def double(x):\n    return x + 2\n\n\ndef square(x):\n    return x * x\n")
    text = text_of(run(course))
    order = [
        "你加了 2，不是乘 2",
        "輸入  x = 3",
        "你的  5",
        "正解  6",
        "加自己一次（見第 1 章）",
        "--target exercises -k double",
    ]
    assert [text.index(words) for words in order] == sorted(text.index(words) for words in order)
    assert text.endswith("總分 3/5")
    assert "Traceback" not in text and "AssertionError" not in text


def test_a_file_that_does_not_load_fails_every_case_and_says_where(course):
    answer(course, "import numpy\n\ndef double(x)\n    return 2 * x\n")
    text = text_of(run(course))
    assert "ex01_two.py 載入不了：第 3 行少了冒號" in text and "加自己一次" not in text
    assert text.count("少了冒號") == 1  # 只說一次
    assert text.endswith("總分 0/5")
    answer(course, "import no_such_module\n" + SOLUTION)
    assert text_of(run(course)).endswith("總分 0/5")


def test_a_missing_file_or_function_is_named(course):
    answer(course, "def double(x):\n    return 2 * x\n")
    text = text_of(run(course))
    assert "ex01_two.py 裡沒有 square 這個函式" in text and text.endswith("總分 2/5")
    (course.path / "exercises" / "ex01_two.py").unlink()
    text = text_of(run(course))
    assert "找不到" in text and text.endswith("總分 0/5")


def test_an_error_shows_the_learners_line_and_the_input(course):
    answer(course, "def double(x):\n    y = 2 * x\n    return yy\n\n\ndef square(x):\n    return x * x\n")
    text = text_of(run(course))
    assert "用到沒有定義的名稱" in text
    assert "第 3 行" in text and "return yy" in text and "x = 3" in text
    assert "check(" not in text  # 檢查檔的內部不出現


def test_skip_and_xfail_score_zero(course):
    answer(course, SOLUTION)
    write_tests(course, "import pytest\n" + TESTS.replace("@points(2", "@pytest.mark.skip\n@points(2"))
    assert run(course)[-1] == "總分 3/5"
    write_tests(
        course, "import pytest\n" + TESTS.replace("@points(2", "@pytest.mark.xfail(strict=False)\n@points(2")
    )
    assert run(course)[-1] == "總分 3/5"
    answer(course, SOLUTION.replace("2 * x", "3 * x"))
    assert run(course)[-1] == "總分 3/5"


def test_a_case_that_was_deselected_or_never_reached_scores_zero(course):
    answer(course, SOLUTION)
    assert run(course, "-k", "double")[-1] == "總分 2/5"
    answer(course, SOLUTION.replace("2 * x", "3 * x"))
    lines = run(course, "-x")
    assert "總分 0/5" in lines and "沒有跑" in text_of(lines)


def test_a_test_that_breaks_during_setup_or_teardown_scores_zero(course):
    answer(course, SOLUTION)
    fixture = "import pytest\n@pytest.fixture(autouse=True)\ndef broken():\n    yield\n    assert False\n"
    write_tests(course, fixture + TESTS)
    assert run(course)[-1] == "總分 0/5"


def test_the_marker_of_pytest_works_too(course):
    answer(course, SOLUTION)
    write_tests(course, "import pytest\n" + TESTS.replace("@points(", "@pytest.mark.points("))
    assert run(course)[-1] == "總分 5/5"
    assert "總分 5/5" in run(course, "--strict-markers", target="solutions")


def test_tests_without_points_are_left_out_for_the_learner(course):
    write_tests(course, TESTS + "\n\ndef test_internal():\n    assert False\n")
    answer(course, SOLUTION)
    assert run(course)[-1] == "總分 5/5"
    assert any("1 failed" in line for line in run(course, target="solutions"))


def test_an_endless_loop_is_stopped(course, monkeypatch):
    monkeypatch.setattr("vae_from_scratch.course.pytest_plugin.TIME_LIMIT", 2.0)
    loop = "    while True:\n        try:\n            x += 0\n        except Exception:\n            pass\n"
    answer(course, "def double(x):\n" + loop + "\n\ndef square(x):\n    return x * x\n")
    text = text_of(run(course))
    assert "停不了的迴圈" in text and text.endswith("總分 3/5")


def test_exit_in_the_answer_does_not_end_the_run(course):
    answer(course, "def double(x):\n    raise SystemExit(0)\n\n\ndef square(x):\n    return x * x\n")
    assert run(course)[-1] == "總分 3/5"


def test_printing_is_shown_with_the_failure(course):
    answer(
        course, "def double(x):\n    print('看看', x)\n    return x\n\n\ndef square(x):\n    return x * x\n"
    )
    assert "印出  看看 3.0" in text_of(run(course))


def test_a_loop_that_swallows_everything_is_stopped_and_costs_once(course, monkeypatch):
    monkeypatch.setattr("vae_from_scratch.course.pytest_plugin.TIME_LIMIT", 2.0)
    loop = "while True:\n        try:\n            time.sleep(0.01)\n        except:\n            pass\n"
    loop = f"    import time\n    {loop}"
    answer(course, "def double(x):\n" + loop + "\n\ndef square(x):\n    return x * x\n")
    again = "@points(1)\ndef test_double__again(target):\n    check(target.double, {'x': 1.0}, 2.0)\n"
    write_tests(course, f"{TESTS}\n\n{again}")
    text = text_of(run(course))
    assert "停不了的迴圈" in text and "停在  第 5 行" in text and text.endswith("總分 3/6")


def test_a_crash_is_said_and_the_rest_still_counts(course):
    answer(course, "import os\n\ndef double(x):\n    os._exit(0)\n\n\ndef square(x):\n    return x * x\n")
    text = text_of(run(course))
    assert "整個行程結束了（結束碼 0）" in text and text.endswith("總分 3/5")


def test_a_check_that_needs_another_fixture_runs_here(course):
    """worker 給不出來的引數（``tmp_path``）：照 pytest 的方式在這個行程裡跑。"""
    answer(course, SOLUTION)
    write_tests(course, TESTS.replace("def test_double(target)", "def test_double(target, tmp_path)"))
    assert run(course)[-1] == "總分 5/5"


def test_the_command_to_rerun_works_as_printed(course):
    answer(course, SOLUTION.replace("2 * x", "3 * x"))
    lines = run(course)
    command = next(line.split("重跑  ")[1] for line in lines if "重跑  " in line).split()
    assert command[1:3] == ["-m", "pytest"] and command[-2:] == ["-k", "double"]
    again = run(course, *[word for word in command[3:] if word not in ("--target", "exercises")])
    assert again[-1] == "總分 0/5" and "沒有跑" in text_of(again)


def test_full_marks_lead_on(course):
    answer(course, SOLUTION)
    assert "每一組都滿分" in text_of(run(course))
    for folder, text in (("solutions", SOLUTION), ("exercises", to_exercise(SOLUTION))):
        (course.path / folder / "ex04_more.py").write_text(text, "utf-8")
    text = text_of(run(course))
    assert "滿分。下一組是" in text and "test_ex04_more.py --target exercises" in text


def test_the_report_survives_several_processes(course, monkeypatch):
    """pytest-xdist：結果由各個行程收回來，報告與一個行程的相同。"""
    answer(course, SOLUTION.replace("2 * x", "x + 2"))
    alone = run(course)
    monkeypatch.setenv("PYTHONPATH", str(course_root()))
    result = course.runpytest_subprocess("-p", "xdist", "-n", "2", "--target=exercises")
    lines = [line for line in result.outlines if line.strip() and "bringing up nodes" not in line]
    assert lines == alone and lines[-1] == "總分 3/5"
