"""全班的成績：誰先改完都一樣；評分的行程死了、主行程被殺掉，都接得下去；隱藏的檢查不說是什麼。"""

import contextlib
import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from tests.course.grading.courses import SOLUTION, TESTS, leftovers, small_course
from vae_from_scratch.course.grading import gradebook, levels
from vae_from_scratch.course.grading.gradebook import LOST, Run
from vae_from_scratch.course.grading.sandbox import Level
from vae_from_scratch.course.grading.scoring import Settings
from vae_from_scratch.course.grading.submissions import Student
from vae_from_scratch.course.sets import CourseError

HALF = b"def double(x): return 2 * x\ndef square(x): return x * x + 1e-3\n"
PACKAGE = Path(gradebook.__file__).parents[3]


@pytest.fixture
def course(tmp_path):
    return small_course(tmp_path / "course")


def settings(**options) -> Settings:
    return Settings(levels.best(), b"a secret of the test", **options)


def silent(*_):
    return None


def test_everybody_gets_a_report_in_the_order_given(course, tmp_path):
    students = [Student("甲", {"ex01": SOLUTION.encode()}), Student("乙"), Student("丙", {"ex01": HALF})]
    run = Run([course], settings(), jobs=2, folder=tmp_path / "out")
    reports = run.grade(students, silent)
    assert [(r["student"], r["score"], r["full"]) for r in reports] == [
        ("甲", 5, 5),
        ("乙", 0, 5),
        ("丙", 2, 5),
    ]
    assert [part["submitted"] for part in reports[1]["sets"]] == [False]
    written = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "out" / "students").glob("*.json")]
    assert all(one.pop("prints") is not None for one in written)  # 指紋只在檔案裡
    assert sorted(written, key=str) == sorted(reports, key=str)
    assert reports[0]["level"]["number"] == int(levels.best())


def test_the_same_secret_and_file_give_the_same_report(course):
    student = Student("甲", {"ex01": HALF})
    first, second = (Run([course], settings()).grade([student], silent) for _ in range(2))
    assert first == second


def test_another_secret_is_another_run(course, tmp_path):
    """接著改的時候，祕密、檢查、等級或檔案變了，舊的成績就不算。"""
    run = Run([course], settings(), folder=tmp_path / "out", resume=True)
    student = Student("甲", {"ex01": HALF})
    run.grade([student], silent)
    assert run._old_report(student) is not None
    assert run._old_report(Student("甲", {"ex01": HALF + b"#"})) is None
    assert run._old_report(Student("乙", {"ex01": HALF})) is None
    other = Settings(levels.best(), b"another secret")
    assert Run([course], other, folder=tmp_path / "out", resume=True)._old_report(student) is None
    course.tests.write_text(TESTS + "\n", "utf-8")
    assert Run([course], settings(), folder=tmp_path / "out", resume=True)._old_report(student) is None


def test_a_resumed_run_does_not_grade_again(course, tmp_path):
    students = [Student(str(i), {"ex01": HALF}) for i in range(3)]
    run = Run([course], settings(), folder=tmp_path / "out", resume=True)
    run.grade(students[:2], silent)
    steps = []
    run.grade(students, lambda *step: steps.append(step))
    assert steps == [(2, 3, 0), (3, 3, 1)]


def test_a_broken_report_is_graded_again(course, tmp_path):
    student = Student("甲", {"ex01": HALF})
    run = Run([course], settings(), folder=tmp_path / "out", resume=True)
    run.grade([student], silent)
    run._file(student).write_text('{"student": "甲", "sco', "utf-8")
    assert run.grade([student], silent)[0]["score"] == 2


def flaky_bwrap(folder: Path, good: int) -> Path:
    """前 ``good`` 次照常、之後起不來的 bwrap：老師的電腦改到一半出了問題。"""
    count, fake = folder / "count", folder / "bwrap"
    worker = Path(gradebook.__file__).with_name("worker.py")
    fake.write_text(
        f"""#!{sys.executable}
import json, os, sys
n = len(open({str(count)!r}).read()) if os.path.exists({str(count)!r}) else 0
open({str(count)!r}, "a").write("x")
if n >= {good}:
    sys.exit(1)
at = sys.argv.index("--")
command = sys.argv[at + 1 :]
settings = json.loads(command[-1]) | {{"packages": {str(Path(np.__file__).parents[1])!r}, "uid": None}}
os.execv(command[0], [*command[:-2], {str(worker)!r}, json.dumps(settings)])
""",
        "utf-8",
    )
    fake.chmod(0o755)
    return fake


def test_a_sandbox_that_fails_is_nobodys_zero(course, tmp_path, monkeypatch):
    """第三個 worker 起不來：停下來說是這台電腦的問題，不寫成績；修好了再接著改。"""
    good = Settings(Level.BUBBLEWRAP, b"a secret of the test")
    students = [Student(str(i), {"ex01": SOLUTION.encode()}) for i in range(4)]
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    flaky_bwrap(tmp_path, 2)
    run = Run([course], good, folder=tmp_path / "out", resume=True)
    with pytest.raises(CourseError, match=r"這台電腦的問題.*--resume"):
        run.grade(students, silent)
    written = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "out" / "students").glob("*.json")]
    assert 0 < len(written) <= 2 and {one["score"] for one in written} == {5}
    flaky_bwrap(tmp_path, 99)
    assert [report["score"] for report in run.grade(students, silent)] == [5] * 4


def test_an_endless_loop_costs_only_its_own_function(course):
    loop = b"def double(x):\n    while True: pass\ndef square(x): return x * x\n"
    hidden = course.root / "hidden_ex01.py"
    hidden.write_text(HIDDEN, "utf-8")
    (report,) = Run([course], settings(hidden=(hidden,), seconds=1.0)).grade(
        [Student("甲", {"ex01": loop})], silent
    )
    double, square, again = report["sets"][0]["checks"]
    assert (double["score"], square["score"], again["score"]) == (0, 3, 0)
    assert "算太久" in double["symptom"]


KILLER = (
    TESTS
    + '''

@points(1)
def test_square__killer(target):
    """評分的行程自己死掉（測試用）"""
    import os
    if target.square(1.0) == 666:
        os._exit(9)
'''
)


def test_a_dead_grader_costs_only_the_file_that_killed_it(tmp_path):
    course = small_course(tmp_path / "course", KILLER)
    evil = b"def double(x): return 2 * x\ndef square(x): return 666\n"
    students = [Student("甲", {"ex01": SOLUTION.encode()}), Student("乙", {"ex01": evil})]
    students += [Student(str(i), {"ex01": SOLUTION.encode()}) for i in range(3)]
    reports = Run([course], settings(), jobs=2).grade(students, silent)
    assert [report["score"] for report in reports] == [6, 0, 6, 6, 6]
    assert {check["symptom"] for check in reports[1]["sets"][0]["checks"]} == {LOST}


HIDDEN = '''
from vae_from_scratch.course.testing import check, points


@points(4)
def test_double__secret(target):
    """負的也要對"""
    check(target.double, {"x": -7.5}, -15.0)
'''


def test_hidden_checks_count_but_say_nothing(course, tmp_path):
    hidden = tmp_path / "hidden_ex01.py"
    hidden.write_text(HIDDEN, "utf-8")
    students = [
        Student("甲", {"ex01": b"def double(x): return abs(2 * x)"}),
        Student("乙", {"ex01": SOLUTION.encode()}),
    ]
    reports = Run([course], settings(hidden=(hidden,))).grade([*students, Student("丙")], silent)
    assert [(report["score"], report["full"]) for report in reports] == [(0, 9), (9, 9), (0, 9)]
    check = reports[0]["sets"][0]["checks"][-1]
    assert check["hidden"] and check["title"] == "隱藏的檢查" and check["symptom"] == check["function"] == ""
    assert "7.5" not in json.dumps(reports) and "負的" not in json.dumps(reports, ensure_ascii=False)


def test_a_hidden_check_that_fails_by_itself_is_told_to_the_teacher(course, tmp_path):
    hidden = tmp_path / "hidden_ex01.py"
    hidden.write_text(
        HIDDEN.replace("check(target", "1 / (target.double(1.0) - 2)\n    check(target"), "utf-8"
    )
    students = [
        Student("甲", {"ex01": SOLUTION.encode()}),
        Student("乙", {"ex01": HALF.replace(b"2 *", b"3 *")}),
    ]
    honest, wrong = Run([course], settings(hidden=(hidden,))).grade(students, silent)
    (note,) = honest["notes"]
    assert "自己出錯（hidden_ex01.py 第 8 行，ZeroDivisionError）" in note and honest["score"] == 5
    assert wrong["notes"] == [] and wrong["sets"][0]["checks"][-1]["status"] == "沒有通過"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def double(x): return （2 * x)", "「（」要改成半形的「(」"),
        ("import os; os._exit(0)", "整個行程結束了"),
        ("import nothing_like\nnothing_like.go()", "nothing_like"),
        ("# 中文".encode("big5"), "UTF-8"),
    ],
)
def test_the_notes_say_why_a_whole_file_is_zero(course, source, words):
    data = source if isinstance(source, bytes) else source.encode()
    (report,) = Run([course], settings()).grade([Student("甲", {"ex01": data})], silent)
    (note,) = report["notes"]
    assert note.startswith("ex01_two.py 載入不了：") and words in note and report["score"] == 0


def test_the_file_of_a_report_has_the_students_name(course, tmp_path):
    run = Run([course], settings(), folder=tmp_path)
    first, second = run._file(Student("王 小明/../x")), run._file(Student("王 小明?../x"))
    assert first.name.startswith("王_小明_x-") and first != second and first.parent == tmp_path / "students"


def marked(word: bytes) -> list[int]:
    """環境變數裡有 ``word`` 的行程：主行程與它開的評分的行程。"""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if word in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found


def test_a_killed_run_is_continued(course, tmp_path):
    """主行程改到一半被 kill -9：什麼也沒有留下，接著改的結果與一次改完的一樣。"""
    code = f"""
    import sys
    from pathlib import Path
    from vae_from_scratch.course.sets import ExerciseSet
    from vae_from_scratch.course.grading.gradebook import Run
    from vae_from_scratch.course.grading.sandbox import Level
    from vae_from_scratch.course.grading.scoring import Settings
    from vae_from_scratch.course.grading.submissions import Student
    if __name__ == "__main__":
        chosen = ExerciseSet(Path({str(course.root)!r}), "ex01_two")
        settings = Settings(Level({int(levels.best())}), b"a secret of the test")
        source = b"import time\\ntime.sleep(0.4)\\n" + {HALF!r}
        students = [Student(str(i), {{"ex01": source}}) for i in range(8)]
        run = Run([chosen], settings, jobs=2, folder=Path({str(tmp_path / "out")!r}), resume=True)
        run.grade(students, lambda done, total, this: print(done, total, this, flush=True))
    """
    script = tmp_path / "run.py"
    script.write_text(textwrap.dedent(code), "utf-8")
    environment = os.environ | {"PYTHONPATH": str(PACKAGE), "GRADE_TEST": tmp_path.name}
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as first:
        assert first.stdout is not None
        while not first.stdout.readline().startswith("3 "):
            pass
        first.kill()
    deadline = time.monotonic() + 30
    while marked(tmp_path.name.encode()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert marked(tmp_path.name.encode()) == [] and leftovers() == {}
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "students").glob("*.json")}
    assert len(kept) >= 3 and not list((tmp_path / "out").rglob("*.tmp"))
    done = subprocess.run(command, capture_output=True, env=environment, text=True, check=True)
    assert done.stdout.splitlines()[0] == f"{len(kept)} 8 0" and done.stdout.splitlines()[-1].startswith(
        "8 8"
    )
    reports = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "out" / "students").glob("*.json")]
    assert [report["score"] for report in reports] == [2] * 8
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
