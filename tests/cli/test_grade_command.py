"""``grade``：老師打的命令，印出來的與寫下的；關不緊就拒絕，輸入錯了說怎麼辦。"""

import csv
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.course.grading.courses import SOLUTION, leftovers, small_course
from vae_from_scratch.cli import grade as command
from vae_from_scratch.cli import main
from vae_from_scratch.course.grading import levels
from vae_from_scratch.course.grading.sandbox import Level
from vae_from_scratch.course.sets import CourseError


@pytest.fixture
def course(tmp_path, monkeypatch):
    """小課程與三個學生的資料夾；在那裡執行。"""
    root = tmp_path / "course"
    small_course(root)
    answers = {
        "甲": SOLUTION,
        "乙": "def double(x): return x + 2\ndef square(x): return x * x\n",
        "丙": "import os; os._exit(0)",
    }
    for name, text in answers.items():
        folder = tmp_path / "students" / name
        folder.mkdir(parents=True)
        (folder / "ex01_two.py").write_text(text, "utf-8")
    monkeypatch.setattr(command, "course_root", lambda: root)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def grade(*arguments):
    return main(["grade", *map(str, arguments)])


def test_a_class_from_folder_to_grade_sheet(course, capsys):
    assert grade("students", "--jobs", 2) == 0
    said = capsys.readouterr()
    rows = {line.split()[0]: line.split()[-1] for line in said.out.splitlines() if line.split()}
    assert (rows["甲"], rows["乙"], rows["丙"]) == ("5", "3", "0")
    assert f"隔離：等級 {int(levels.best())}" in said.out and "批改：3/3 人" in said.err
    text = (course / "runs" / "grade" / "grades.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert [row[0] for row in csv.reader(text.decode("utf-8-sig").splitlines())] == ["學生", "丙", "乙", "甲"]
    assert len(list((course / "runs" / "grade" / "students").iterdir())) == 3
    assert len(json.loads((course / "runs" / "grade" / "grades.json").read_text("utf-8"))["students"]) == 3


def test_one_student_is_told_what_is_wrong(course, capsys):
    assert grade("students/乙") == 0
    assert "double　兩倍：你加了 2，不是乘 2" in capsys.readouterr().out


def test_an_old_result_is_not_overwritten_by_accident(course, capsys):
    assert grade("students") == 0
    assert grade("students") == 2 and "--resume" in capsys.readouterr().err
    assert grade("students", "--resume") == 0 and grade("students", "--force") == 0


@pytest.mark.parametrize("form", ["json", "csv", "gradescope", "classroom"])
def test_only_the_format_asked_for_is_on_stdout(course, capsys, form):
    assert grade("students/甲", "--format", form) == 0
    out = capsys.readouterr().out
    if form in ("json", "gradescope"):
        json.loads(out)
    assert out.count("\n") >= 1 and "每個人的成績單" not in out


def test_the_result_file_holds_zeros_until_the_grading_is_done(course, monkeypatch):
    from vae_from_scratch.course.grading import gradebook

    seen = {}

    def stopped(self, students, progress):
        seen["before"] = json.loads((course / "results" / "results.json").read_text("utf-8"))
        raise KeyboardInterrupt

    monkeypatch.setattr(gradebook.Run, "grade", stopped)
    assert grade("students/甲", "--format", "gradescope", "--out", "results/results.json") == 130
    left = json.loads((course / "results" / "results.json").read_text("utf-8"))
    assert left == seen["before"] and left["score"] == 0 and len(left["tests"]) == 2
    monkeypatch.undo()


def test_a_platform_gets_zeros_for_an_empty_submission(course, capsys):
    (course / "submission").mkdir()
    assert grade("submission", "--format", "gradescope") == 0
    content = json.loads(capsys.readouterr().out)
    assert content["score"] == 0 and "沒有找到作答" in content["output"] and len(content["tests"]) == 2
    assert grade("submission") == 2  # 老師自己打的路徑，要說找不到


def test_untrusted_refuses_what_it_cannot_lock_up(course, capsys, monkeypatch):
    monkeypatch.setattr(levels, "works", lambda level: level <= Level.USER)
    assert grade("students", "--untrusted") == 2
    assert "至少要等級 3" in capsys.readouterr().err and not (course / "runs").exists()
    assert grade("students", "--level", 4) == 2 and "做不到" in capsys.readouterr().err
    assert grade("students", "--untrusted", "--level", 1) == 2


def test_the_secret_is_made_once_and_only_for_the_teacher(course):
    assert grade("students/甲") == 0
    file = course / "course" / ".course" / "grade-secret"
    first = file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and len(first) > 32
    assert grade("students/甲", "--force") == 0 and file.read_bytes() == first


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], "找不到 nothing"),
        (["students/甲", "students/乙", "--format", "gradescope"], "只改一個人"),
        (["students", "--format", "gradescope"], "看來有 3 個"),
        (["students", "--format", "classroom", "--out", "x.json"], "看來有 3 個"),
        (["students/甲", "--format", "gradescope", "--out", "students"], "--out 的 students 是一個資料夾"),
        *((["students", "--seconds", text], "--seconds") for text in ("0", "-3", "nan", "inf", "1e9")),
        *((["students", "--jobs", text], "至少要 1 個") for text in ("-1", "0")),
        (["students", "--untrusted", "--level", "1"], "--level 卻指定了 1"),
        (["students", "--secret", "none"], "--secret 的檔案 none 讀不到"),
        (["students", "--hidden", "x.py"], "不存在"),
        (["students", "--hidden", "course/solutions/ex01_two.py"], "沒有用 @points"),
        (["students", "--hidden", "plain.py"], "要有 exNN"),
        (["students", "--secret", "short"], "太短"),
        (["students", "--out", "short"], "是一個檔案"),
        (["students", "--sets", "7"], "沒有「7」這一組"),
        (["students", "--format", "xml"], "xml"),
    ],
)
def test_a_mistake_is_explained(course, capsys, arguments, words):
    (course / "short").write_text("abc", "utf-8")
    (course / "plain.py").write_text("", "utf-8")
    try:
        code = grade(*arguments)
    except SystemExit as error:
        code = error.code
    assert code == 2 and words in capsys.readouterr().err
    assert not (course / "runs").exists()


GOOD = "from vae_from_scratch.course.testing import check, points\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\ndef test_a(:\n", "hidden_ex01.py 第 2 行有語法錯誤"),
        ("# 中文\n".encode("big5"), "編碼不是 UTF-8"),
        ("\nimport nothing_like_this\n", "hidden_ex01.py 第 2 行載入不了（ModuleNotFoundError"),
        ("@points(2)\ndef test_double(target): pass\n", "第 1 行載入不了（NameError"),
        (
            GOOD + '@points("two")\ndef test_double(target): pass\n',
            "第 2 行的 test_double：@points 的第一個引數",
        ),
        (GOOD + "@points(2)\ndef test_double(taget): pass\n", "不認得引數 taget"),
        (GOOD + "@points(2)\ndef test_double(target):\n    1 / 0\n", "第 4 行，ZeroDivisionError"),
        (
            GOOD + "@points(2)\ndef test_double(target):\n    check(target.double, {'x': 1.0}, 3.0)\n",
            "解答在這一項",
        ),
        (GOOD + "@points(2)\ndef test_triple(target):\n    target.triple(1.0)\n", "沒有 triple"),
    ],
)
def test_a_broken_hidden_check_is_explained_before_grading(course, capsys, text, words):
    (course / "hidden_ex01.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert grade("students", "--hidden", "hidden_ex01.py") == 2
    said = capsys.readouterr().err
    assert words in said and "--hidden" in said and "hidden_ex01.py" in said and "Traceback" not in said
    assert not (course / "runs").exists()


def test_a_hidden_check_of_a_set_not_graded_is_refused(course, capsys):
    for name in ("solutions/ex02_more.py", "tests/exercises/test_ex02_more.py"):
        (course / "course" / name).write_text(
            (course / "course" / name.replace("ex02_more", "ex01_two")).read_text()
        )
    (course / "hidden_ex02.py").write_text(GOOD, "utf-8")
    assert grade("students", "--sets", 1, "--hidden", "hidden_ex02.py") == 2
    assert "把 ex02 加進 --sets" in capsys.readouterr().err


def test_the_folders_of_one_student_need_a_word(course, capsys):
    assert grade("students", "--format", "gradescope", "--one") == 0
    assert json.loads(capsys.readouterr().out)["tests"]


def test_regrading_fewer_students_warns_and_leaves_no_phantoms(course, capsys):
    assert grade("students") == 0
    assert grade("students/甲", "--resume") == 0
    assert "2 份成績單不是這一次的 1 個人的，留著" in capsys.readouterr().err
    assert grade("summary") == 0 and "3 人的成績" in (course / "runs/grade/summary.html").read_text("utf-8")
    assert grade("students/甲", "--force") == 0
    assert "移到 runs/grade/previous" in capsys.readouterr().err.replace(os.sep, "/")
    assert len(list((course / "runs" / "grade" / "previous").iterdir())) == 2
    assert grade("summary") == 0 and "1 人的成績" in (course / "runs/grade/summary.html").read_text("utf-8")


def test_a_machine_that_fails_gives_the_platform_no_zero(course, capsys, monkeypatch):
    from vae_from_scratch.course.grading import gradebook

    def failed(self, students, progress):
        assert (course / "results.json").exists()
        raise CourseError("這台電腦的問題")

    monkeypatch.setattr(gradebook.Run, "grade", failed)
    assert grade("students/甲", "--format", "gradescope", "--out", "results.json") == 2
    assert "這台電腦的問題" in capsys.readouterr().err and not (course / "results.json").exists()


def test_the_pack_takes_the_sets_and_the_time(course, monkeypatch):
    from vae_from_scratch.course.grading import pack

    given = {}
    monkeypatch.setattr(pack, "pack", lambda *arguments, **named: given.update(named))
    assert grade("pack", "gradescope", "--sets", 1, "--seconds", 30) == 0
    assert (given["sets"], given["seconds"]) == (["ex01"], 30.0)
    assert grade("pack", "gradescope") == 0 and (given["sets"], given["seconds"]) == ([], None)


def test_the_help_shows_an_example_of_each(course, capsys):
    with pytest.raises(SystemExit):
        grade("--help")
    said = "".join(capsys.readouterr().out.split())
    assert "gradesummaryruns/grade" in said and "gradepackgradescope--sets12" in said


def test_an_interrupted_run_says_how_to_go_on(course):
    """Ctrl-C：馬上停，改完的留著，什麼行程也沒有留下。"""
    slow = "import time\ntime.sleep(2)\n" + SOLUTION
    for number in range(8):
        folder = course / "many" / str(number)
        folder.mkdir(parents=True)
        (folder / "ex01_two.py").write_text(slow if number else SOLUTION, "utf-8")
    code = (
        "import signal, sys; from pathlib import Path; from vae_from_scratch.cli import grade, main\n"
        f"grade.course_root = lambda: Path({str(course / 'course')!r})\n"
        "if __name__ == '__main__':\n"
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # 在背景執行的殼層叫子行程不理它
        "    sys.exit(main(sys.argv[1:]))\n"
    )
    (course / "run.py").write_text(code, "utf-8")
    environment = os.environ | {"PYTHONPATH": str(Path(command.__file__).parents[2])}
    words = [sys.executable, "run.py", "grade", "many", "--jobs", "2"]
    with subprocess.Popen(words, cwd=course, env=environment, stderr=subprocess.PIPE, text=True) as started:
        assert started.stderr is not None
        assert "批改：1/8 人" in started.stderr.readline()
        started.send_signal(signal.SIGINT)
        said = started.stderr.read()
    assert started.returncode == 130 and "--resume" in said
    assert 1 <= len(list((course / "runs" / "grade" / "students").iterdir())) < 8 and leftovers() == {}


def test_the_environment_of_the_teacher_stays_outside(course, capsys, monkeypatch):
    monkeypatch.setenv("TEACHERS_TOKEN", "secret")
    text = "import os\ndef double(x): return 2 * x if 'TEACHERS_TOKEN' in os.environ else 0 * x\n"
    (course / "students" / "甲" / "ex01_two.py").write_text(text, "utf-8")
    assert grade("students/甲", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["students"][0]["score"] == 0 and "TEACHERS_TOKEN" in os.environ
