"""``python -m vae_from_scratch exercises …``：結束代碼、訊息、備份。"""

import shutil

import pytest

from vae_from_scratch.cli import exercises as command
from vae_from_scratch.cli import main
from vae_from_scratch.course import generate
from vae_from_scratch.course.sets import all_sets, course_root, find_set


@pytest.fixture
def root(tmp_path, monkeypatch):
    """課程的複本，題目剛產生。"""
    for name in ("solutions", "tests/exercises"):
        shutil.copytree(course_root() / name, tmp_path / name)
    monkeypatch.setattr(command, "course_root", lambda: tmp_path)
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
