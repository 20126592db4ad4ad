"""教師手冊裡的命令：三十份作答從 zip 到成績單，今天印出來的與書上寫的一樣；隱藏檢查的例子真的能用。"""

import re

import pytest

from tests.course.grading import thirty
from tests.course.test_transcript import same, screens
from vae_from_scratch.cli import main
from vae_from_scratch.course.grading import levels
from vae_from_scratch.course.grading.sandbox import UNTRUSTED
from vae_from_scratch.course.outcomes import PASSED
from vae_from_scratch.course.running import Earlier, Submission, load_tests, run_case
from vae_from_scratch.course.sets import course_root, find_set

ROOT = course_root()
PAGE = (ROOT / "book" / "teachers-handbook.md").read_text("utf-8")
LEVEL = re.compile(r"等級 \d（[^）]*）")


def lines(text):
    return [LEVEL.sub("等級", line) for line in text.splitlines() if line.strip()]


@pytest.mark.slow
def test_thirty_submissions_from_the_zip_to_the_grade_sheet(tmp_path, monkeypatch, capsys):
    if levels.best() < UNTRUSTED:  # 關不緊的電腦上，讀得到解答的檔案就有分數：換成讀不到的
        monkeypatch.setattr(thirty, "THIEF", "raise FileNotFoundError\n")
    thirty.write(tmp_path / "submissions.zip")
    (tmp_path / "secret.txt").write_text("a secret of this term\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    commands = [part for screen in screens(PAGE) for part in screen]
    assert len(commands) == 3
    for command, shown in commands:
        words = command.split()[3:]
        if levels.best() < UNTRUSTED:  # 關不緊的電腦上，命令照樣要能跑，只是不能說 --untrusted
            words = [word for word in words if word != "--untrusted"]
        assert main(words) == 0
        assert same(lines("\n".join(shown)), lines(capsys.readouterr().out)), command
    text = (tmp_path / "runs" / "grade" / "summary.html").read_text("utf-8")
    assert "30 人的成績" in text and "相像" in text


@pytest.fixture
def hidden(tmp_path):
    (code,) = re.findall(r"```python\n(# hidden_ex03\.py\n.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "hidden_ex03.py"
    path.write_text(code, "utf-8")
    return path


def test_the_hidden_check_of_the_page_works(hidden, tmp_path):
    chosen = find_set("3", ROOT)
    ((case, test),) = load_tests(chosen, hidden)
    assert (case.function, case.points.value) == ("kl_to_standard_normal", 2)
    earlier = Earlier(ROOT, "solutions")
    assert run_case(case, test, Submission(chosen.solution), earlier).status == PASSED
    wrong = tmp_path / "wrong.py"
    wrong.write_text(chosen.solution.read_text("utf-8").replace("0.5 *", "1.0 *"), "utf-8")
    assert run_case(case, test, Submission(wrong), earlier).status != PASSED


def test_the_kinds_of_draw_named_in_the_page_exist():
    from vae_from_scratch.course.draws import Draw

    (sentence,) = re.findall(r"`draw` 抽題目：(.*?)等", PAGE)
    assert all(hasattr(Draw, name) for name in re.findall(r"`(\w+)`", sentence))
