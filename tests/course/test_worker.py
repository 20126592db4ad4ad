"""跑檢查的另一個行程：停不了、當掉、印一堆字，都只賠上那一個函式；這一邊照樣說出每一項。"""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vae_from_scratch.course import worker as workers
from vae_from_scratch.course.outcomes import (
    NOT_RUN,
    PASSED,
    UNANSWERED,
    WRONG,
    Case,
    Failure,
    Outcome,
    Points,
    from_json,
    to_json,
)
from vae_from_scratch.course.running import TimeLimit, limited, run_set
from vae_from_scratch.course.sets import CourseError, ExerciseSet, course_root, find_set
from vae_from_scratch.course.worker import Worker, died

TESTS = '''
from vae_from_scratch.course.testing import check, points


@points(1)
def test_first(target):
    """甲"""
    check(target.first, {"x": 2.0}, 4.0)


@points(1, hint="題目的提示")
def test_first__again(target):
    """甲，再一次"""
    check(target.first, {"x": 3.0}, 6.0)


@points(1)
def test_second(target):
    """乙"""
    check(target.second, {"x": 2.0}, 8.0)


@points(1)
def test_third(target):
    """丙"""
    check(target.third, {"x": 2.0}, 6.0)
'''
GOOD = """\
def first(x):
    return 2 * x


def second(x):
    return 2 * first(x)


def third(x):
    return 3 * x
"""
LATER_TESTS = '''
from vae_from_scratch.course.testing import check, points


@points(1)
def test_apply(target, earlier):
    """用前一組的函式"""
    check(target.apply, {"f": earlier("ex01", "first"), "x": 3.0}, 6.0)
'''
# 停不下來，但是不佔處理器：測試的時候別的行程還要用
LOOP = "import time\n    while True:\n        time.sleep(0.01)"
SWALLOWS = "while True:\n        try:\n            x += 0\n        except BaseException:\n            pass"
PATIENCE = 2.0


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@pytest.fixture
def chosen(tmp_path):
    one, later = ExerciseSet(tmp_path, "ex01_a"), ExerciseSet(tmp_path, "ex02_b")
    for path in (one.solution, one.exercise):
        write(path, '"""練習"""\n\n\n' + GOOD)
    for path in (later.solution, later.exercise):
        write(path, '"""練習"""\n\n\ndef apply(f, x):\n    return f(x)\n')
    write(one.tests, TESTS)
    write(later.tests, LATER_TESTS)
    return one


@pytest.fixture(scope="module")
def shared():
    """一個耐心短的行程，每個測試都用它；停下來的自己換新的。"""
    with Worker(PATIENCE) as worker:
        yield worker


def answer(chosen, body, function="first"):
    text = chosen.solution.read_text("utf-8")
    before, after = text.split(f"def {function}(x):\n    ", 1)
    write(chosen.exercise, before + f"def {function}(x):\n    {body}\n" + after.partition("\n")[2])


def statuses(outcomes):
    return [outcome.status for outcome in outcomes]


def symptoms(outcomes):
    return [outcome.failure.symptom if outcome.failure else "" for outcome in outcomes]


def test_the_results_are_those_of_this_process(chosen, shared):
    for body in ("return 2 * x", "return 3 * x", "raise NotImplementedError", "return y", "print('看', x)"):
        answer(chosen, body)
        assert shared.run(chosen) == run_set(chosen), body
    assert shared.run(chosen, only="third") == run_set(chosen, only="third")


def test_the_process_stays_warm_between_runs(chosen, shared):
    answer(chosen, "import os; print(os.getpid()); return 0")
    first, second = (shared.run(chosen)[0].printed for _ in range(2))
    assert first == second != f"{os.getpid()}\n"


@pytest.mark.parametrize("body", [LOOP, SWALLOWS])
def test_a_loop_costs_its_time_once_and_the_rest_still_runs(chosen, shared, body):
    answer(chosen, body)
    outcomes = shared.run(chosen)
    assert statuses(outcomes) == [WRONG, WRONG, WRONG, PASSED]
    loop, again, caller, _ = symptoms(outcomes)
    assert "停不了的迴圈" in loop and "不再執行" in again and "first 在前面停不下來" in caller
    assert outcomes[0].failure.details[0][1].startswith("第 ") and not outcomes[0].failure.hint


def test_only_one_process_is_killed_for_a_loop(chosen, monkeypatch):
    """反例的數法：一個函式停不了，殺掉一個行程、再開一個，不是每一項一個。"""
    started = []
    real = subprocess.Popen

    def counted(*command, **settings):
        started.append(command)
        return real(*command, **settings)

    monkeypatch.setattr(workers.subprocess, "Popen", counted)
    answer(chosen, LOOP)
    with Worker(PATIENCE) as worker:
        worker.run(chosen)
    assert len(started) == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("import os; os._exit(0)", "結束碼 0"),
        pytest.param(
            "import ctypes; ctypes.string_at(0)",
            "當掉了",
            marks=pytest.mark.skipif(os.name == "nt", reason="Windows 把它變成例外"),
        ),
    ],
)
def test_a_crash_is_said_in_words_and_the_rest_still_runs(chosen, shared, body, words):
    answer(chosen, body)
    outcomes = shared.run(chosen)
    assert words in outcomes[0].failure.symptom and statuses(outcomes)[-1] == PASSED
    assert sum(1 for symptom in symptoms(outcomes) if "整個行程" in symptom) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="別的系統設不準記憶體的上限")
def test_memory_has_a_limit(chosen, shared):
    """要 24 GB 的陣列：不管電腦多大，都在佔用以前說出來。"""
    answer(chosen, "import numpy as np\n    np.empty(3 * 2**30)\n    return 2 * x")
    outcome = shared.run(chosen)[0]
    assert "形狀 (3221225472,) 的陣列要 24.0 GiB" in outcome.failure.symptom


def test_a_file_that_never_finishes_loading_is_one_matter_for_the_whole_file(chosen, shared):
    write(chosen.exercise, GOOD + "\nimport time\nwhile True:\n    time.sleep(0.01)\n")
    outcomes = shared.run(chosen)
    (symptom,) = set(symptoms(outcomes))
    assert symptom.startswith("ex01_a.py 載入不了：算太久還沒有結果")
    assert all(outcome.failure.whole_file for outcome in outcomes)
    assert dict(outcomes[0].failure.details)["停在"].startswith("第 14 行")


def test_a_loop_in_an_earlier_set_does_not_stop_a_later_one(chosen, shared):
    answer(chosen, LOOP)
    later = find_set("2", chosen.root)
    (outcome,) = shared.run(later)
    assert outcome.status == PASSED and "課程的版本" in outcome.notes[0]
    process = shared._process
    assert shared.run(later)[0].status == PASSED
    assert shared._process is process  # 已經知道它停不下來，檔案沒有變就不再等
    answer(chosen, "return 2 * x")
    assert shared.run(later)[0].notes == ()


def test_input_and_print_do_not_touch_the_channel(chosen, shared):
    answer(chosen, "import os; os.write(1, b'{}\\n'); print('{}'); return 2 * x")
    assert statuses(shared.run(chosen)) == [PASSED] * 4
    answer(chosen, "return float(input('x = '))")
    outcome = shared.run(chosen)[0]
    assert "input()" in outcome.failure.symptom and outcome.printed == "x = "


def test_chosen_tests_alone_are_run(chosen, shared):
    (outcome,) = shared.run(chosen, tests=["test_third"])
    assert outcome.status == PASSED and outcome.case.test == "test_third"


def test_what_is_not_asked_is_not_run(chosen, shared):
    answer(chosen, LOOP)
    assert statuses(shared.run(chosen, only="third")) == [NOT_RUN, NOT_RUN, NOT_RUN, PASSED]


def test_an_unwritten_file_and_a_missing_one(chosen, shared):
    write(chosen.exercise, GOOD.replace("return 2 * x", "raise NotImplementedError"))
    assert statuses(shared.run(chosen)) == [UNANSWERED, UNANSWERED, UNANSWERED, PASSED]
    chosen.exercise.rename(chosen.exercise.with_name("ex01_a (1).py"))
    failure = shared.run(chosen)[0].failure
    assert failure.whole_file and "ex01_a (1).py" in failure.symptom and "搬過去" in failure.symptom


def test_one_who_waits_is_told_after_a_while(chosen, monkeypatch):
    monkeypatch.setattr(workers, "SLOW", 0.1)
    said: list[str] = []
    answer(chosen, LOOP)
    with Worker(PATIENCE, said.append) as worker:
        worker.run(chosen)
    assert any(line.startswith("first 還在算") for line in said)


def test_a_process_that_cannot_start_is_the_computers_matter(chosen, monkeypatch):
    monkeypatch.setattr(workers, "PROGRAM", "import sys; sys.exit(3)")
    with Worker() as worker, pytest.raises(CourseError, match=r"起不來.*結束碼 3"):
        worker.run(chosen)


def test_the_worker_ends_when_the_other_side_dies(chosen, tmp_path):
    """這一邊被殺掉：停不了的也跟著結束，不留下來佔處理器。"""
    answer(
        chosen, f"open({str(tmp_path / 'pid')!r}, 'w').write(str(__import__('os').getpid()))\n    {SWALLOWS}"
    )
    code = (
        "import sys; from pathlib import Path; from vae_from_scratch.course.worker import Worker;"
        "from vae_from_scratch.course.sets import ExerciseSet;"
        "Worker(60.0).run(ExerciseSet(Path(sys.argv[1]), 'ex01_a'))"
    )
    environment = os.environ | {"PYTHONPATH": str(course_root())}
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], env=environment)
    file = tmp_path / "pid"
    wait_until(lambda: file.exists() and file.read_text("utf-8"))
    parent.kill()
    parent.wait()
    number = int(file.read_text("utf-8"))
    wait_until(lambda: not alive(number))


def wait_until(true, seconds=60.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(number):
    """行程還在嗎；沒有人收的（zombie）不算。"""
    if not Path("/proc").is_dir():
        pytest.skip("沒有 /proc")
    stat = Path(f"/proc/{number}/stat")
    return stat.exists() and stat.read_text("utf-8").rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(
    ("code", "words"),
    [(-9, "用完了記憶體"), (0xC00000FD, "堆疊溢位"), (-6, "收到訊號 6"), (3, "結束碼 3"), (None, "")],
)
def test_how_a_process_died(code, words):
    assert words in died(code)


def test_a_result_survives_the_journey():
    failure = Failure("症狀", (("輸入", "x = 1"),), whole_file=True, hint=False)
    outcome = Outcome(
        Case("ex01", "test_f__b", "甲", Points(2, ("一", "二"), "第 1 章")), WRONG, failure, "印", ("注",)
    )
    assert from_json(to_json(outcome)) == outcome
    assert from_json(to_json(Outcome(outcome.case))) == Outcome(outcome.case)


def test_in_another_thread_a_loop_is_stopped_too():
    """沒有 SIGALRM 的地方（Windows、筆記本的別的執行緒），例外由另一條執行緒丟進來。"""
    from threading import Thread

    found = []

    def loop():
        try:
            with limited(0.1):
                while True:
                    with contextlib.suppress(Exception):
                        sum(range(100))
        except TimeLimit:
            found.append("停")

    thread = Thread(target=loop, daemon=True)
    thread.start()
    thread.join(30)
    assert found == ["停"]


@pytest.mark.skipif(os.name == "nt", reason="量的是 SIGALRM 的那一條路；Windows 的是下面那一條")
def test_in_this_process_a_loop_costs_its_time_once_too(chosen):
    """筆記本裡的函式沒有另一個行程可以跑：同一個函式仍然只等一次。"""
    answer(chosen, LOOP)
    first, again, *_ = symptoms(run_set(chosen, only="first", time_limit=0.3))
    assert "停不了的迴圈" in first and "不再執行" in again


def test_the_process_that_prints_does_not_import_numpy():
    """匯入要 0.1 秒，一組檢查的一半；多匯入一次，預算就超過。"""
    code = (
        "import sys; from vae_from_scratch.cli import main;"
        "end = main(['exercises', 'test', '2', '--target', 'solutions']);"
        "sys.exit(end or 10 * ('numpy' in sys.modules))"
    )
    environment = os.environ | {"PYTHONPATH": str(course_root())}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
