"""``python -m vae_from_scratch exercises …``：結束代碼、訊息、備份。"""

import shutil
from pathlib import PurePosixPath, PureWindowsPath

import pytest

from vae_from_scratch.cli import exercises as command
from vae_from_scratch.cli import main
from vae_from_scratch.course import commands, generate
from vae_from_scratch.course.sets import all_sets, course_root, find_set


@pytest.fixture
def root(tmp_path, monkeypatch):
    """課程的複本，題目剛產生。"""
    for name in ("solutions", "tests/exercises"):
        shutil.copytree(course_root() / name, tmp_path / name)
    monkeypatch.setattr(command, "course_root", lambda: tmp_path)
    monkeypatch.chdir(tmp_path)
    for chosen in all_sets(tmp_path):
        generate.build(chosen)
    return tmp_path


def run(capsys, *arguments):
    code = main(["exercises", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_testing_an_untouched_set_ends_with_zero_points(root, capsys):
    code, out, _ = run(capsys, "test", "2")
    assert code == 1 and out.splitlines()[-1] == "總分 0/10"


def test_testing_the_solutions_succeeds(root, capsys):
    code, out, _ = run(capsys, "test", "ex02", "--target", "solutions")
    assert code == 0 and out.splitlines()[-1] == "總分 10/10"


def test_one_function_alone_still_counts_out_of_the_whole_set(root, capsys):
    code, out, _ = run(capsys, "test", "2", "-k", "reparameterize", "--target", "solutions")
    assert code == 1 and out.splitlines()[-1] == "總分 1/10" and "沒有跑" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["test", "42"], "沒有「42」這一組練習；現有的是"),
        (["test", "2", "-k", "nothing"], "沒有「nothing」這個函式；可以檢查的是 standard_deviation"),
        (["test", "2", "--target", "nowhere"], "--target 的資料夾「nowhere」不存在"),
        (["reset", "seven"], "沒有「seven」這一組練習"),
    ],
)
def test_bad_input_is_named_with_the_cure(root, capsys, arguments, words):
    code, out, err = run(capsys, *arguments)
    assert code == 2 and words in err and out == ""


def test_reset_keeps_the_learners_file(root, capsys):
    chosen = find_set("ex02", root)
    chosen.exercise.write_text("# 我的作答\n", "utf-8")
    code, out, _ = run(capsys, "reset", "ex02")
    backups = list((root / ".course" / "backup").glob("ex02_*.py"))
    assert code == 0 and [path.read_text("utf-8") for path in backups] == ["# 我的作答\n"]
    assert backups[0].name in out and generate.drift(chosen) == ""
    assert run(capsys, "reset", "2")[1].startswith("ex02：已經是原本的題目")


def test_check_tells_drift_and_build_mends_it(root, capsys):
    assert run(capsys, "check")[0] == 0
    chosen = find_set("ex02", root)
    chosen.exercise.write_text(chosen.exercise.read_text("utf-8").replace("標準差", "標準誤"), "utf-8")
    code, out, _ = run(capsys, "check")
    assert code == 1 and "標準誤" in out and "exercises build" in out
    assert run(capsys, "build")[0] == 0 and run(capsys, "check")[0] == 0


def test_list_gives_one_line_a_set(root, capsys):
    code, out, _ = run(capsys, "list", "2")
    assert code == 0 and out.splitlines() == [
        "  0/10  練習 ex02：重參數化與它的梯度（第 2 章，10 分）",
        "總分 0/10",
    ]


@pytest.mark.parametrize("arguments", [["--help"], ["test", "--help"], ["reset"], ["fly"]])
def test_help_and_usage_errors_end_without_a_traceback(root, capsys, arguments):
    with pytest.raises(SystemExit) as end:
        main(["exercises", *arguments])
    assert end.value.code in (0, 2)
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err and (captured.out or captured.err)


@pytest.mark.parametrize(
    "data",
    [
        "# 我的作答\n".encode("big5"),
        "# 作答".encode("utf-16"),
        b"\xff\0\x80",
        b"\xef\xbb\xbfdef f(:\n",
        b"",
        None,
    ],
)
def test_reset_works_on_any_file_and_keeps_its_bytes(root, capsys, data):
    chosen = find_set("ex02", root)
    chosen.exercise.unlink()
    if data is not None:
        chosen.exercise.write_bytes(data)
    code, _, _ = run(capsys, "reset", "2")
    saved = [path.read_bytes() for path in (root / ".course" / "backup").glob("*")]
    assert code == 0 and saved == ([] if data is None else [data])
    assert generate.drift(chosen) == ""


def solve(root, *numbers):
    for number in numbers:
        chosen = find_set(str(number), root)
        shutil.copy(chosen.solution, chosen.exercise)


def test_full_marks_name_the_next_set_across_the_gap(root, capsys):
    """號碼不連續，已經寫完的也不再說：下一組是往後第一個還有題目沒寫的。"""
    numbers = [chosen.number for chosen in all_sets(root)]
    later = numbers[numbers.index(8) + 1 :]
    solve(root, 8)
    out = run(capsys, "test", "8")[1]
    assert f"滿分。下一組是練習 ex{later[0]:02d}" in out and f"exercises test {later[0]}\n" in out
    solve(root, *later)
    assert "滿分。下一組是練習 ex01" in run(capsys, "test", "8")[1]
    solve(root, *numbers)
    assert "其餘各組也都寫了" in run(capsys, "test", "8")[1]


def test_a_set_not_yet_full_does_not_lead_on(root, capsys):
    assert "下一組" not in run(capsys, "test", "8")[1]


def test_one_function_that_passes_says_how_to_see_the_set(root, capsys):
    solve(root, 2)
    out = run(capsys, "test", "2", "-k", "reparameterize")[1]
    assert out.startswith("reparameterize 通過了。看整組還有哪幾題：\n") and "exercises test 2\n" in out


def test_another_course_around_is_said(root, tmp_path_factory, capsys, monkeypatch):
    """複製了兩份課程，在一份裡執行，檢查的卻是另一份。"""
    other = tmp_path_factory.mktemp("另一份")
    for name in ("solutions", "tests/exercises", "exercises"):
        (other / name).mkdir(parents=True)
    monkeypatch.chdir(other / "exercises")
    assert f"檢查的是 {root} 的作答，不是你現在所在的 {other}" in run(capsys, "list", "2")[2]
    monkeypatch.chdir(root / "exercises")
    assert run(capsys, "list", "2")[2] == ""


HERE, WINDOWS = PurePosixPath("/home/我/course"), PureWindowsPath(r"C:\課程 資料\course")
BIN, SCRIPTS = HERE / ".venv/bin/python", WINDOWS / r".venv\Scripts\python.exe"


@pytest.mark.parametrize(
    ("executable", "here", "on_path", "shown"),
    [
        (BIN, HERE, None, ".venv/bin/python"),
        (BIN, HERE, str(BIN), "python"),
        (BIN, HERE, "/usr/bin/python", ".venv/bin/python"),
        (BIN, HERE / "book", None, "/home/我/course/.venv/bin/python"),
        (PurePosixPath("/a b/python"), HERE, None, "'/a b/python'"),
        (SCRIPTS, WINDOWS, None, r".venv\Scripts\python.exe"),
        (SCRIPTS, WINDOWS, str(SCRIPTS).upper(), "python"),
        (SCRIPTS, WINDOWS / "book", None, f'"{SCRIPTS}"'),
    ],
)
def test_the_python_of_the_printed_command(executable, here, on_path, shown):
    assert commands.typed(executable, here, on_path) == shown


@pytest.mark.parametrize(
    ("by", "one", "whole"),
    [
        ("make", 'make exercise N=2 ARGS="-k f"', "make exercise N=2"),
        ("py -3.13 make.py", "py -3.13 make.py exercise 2 -k f", "py -3.13 make.py exercise 2"),
    ],
)
def test_the_printed_command_is_how_it_was_run(monkeypatch, by, one, whole):
    monkeypatch.setenv(commands.BY_MAKE, by)
    rerun = commands.rerun_command("exercises")
    assert (rerun("ex02", "f"), rerun("ex02", "")) == (one, whole)
    assert "--target mine" in commands.rerun_command("mine")("ex02", "f")


def test_the_printed_command_works_when_copied(root, capsys):
    """照印出來的再打一次：只跑那一個函式。"""
    solve(root, 2)
    chosen = find_set("2", root)
    text = chosen.exercise.read_text("utf-8").replace("return mean + ", "return mean - ", 1)
    chosen.exercise.write_text(text, "utf-8")
    line = next(line for line in run(capsys, "test", "2")[1].splitlines() if "重跑" in line)
    words = line.split("重跑  ")[1].split()
    assert words[1:4] == ["-m", "vae_from_scratch", "exercises"]
    code, out, _ = run(capsys, *words[4:])
    assert code == 1 and "✗ reparameterize" in out and "沒有跑" in out
