"""成績單的各種樣子：表對得齊、CSV 不會被當成公式、Gradescope 與 GitHub Classroom 收得下。"""

import base64
import csv
import io
import json

import pytest

from vae_from_scratch.course.display import width
from vae_from_scratch.course.grading import formats


def check(score=2, full=2, status="通過", symptom="", hidden=False, function="double"):
    title = "隱藏的檢查" if hidden else "兩倍"
    return {
        "function": "" if hidden else function, "title": title, "full": full, "score": score,
        "status": status, "symptom": symptom, "hidden": hidden,
    }  # fmt: skip


def report(student="王小明", level=4, submitted=True, notes=(), checks=None):
    checks = checks or [check(), check(0, 3, "不對", "數值不對", function="square"), check(4, 4, hidden=True)]
    part = {
        "name": "ex01", "title": "練習 ex01：兩個函式", "submitted": submitted, "checks": checks,
        "score": sum(c["score"] for c in checks), "full": sum(c["full"] for c in checks),
    }  # fmt: skip
    return {
        "student": student, "score": part["score"], "full": part["full"], "sets": [part],
        "notes": list(notes), "level": {"number": level, "title": "bubblewrap"},
    }  # fmt: skip


def test_the_table_lines_up_and_says_the_level():
    text = formats.table([report(), report("Ann", submitted=False, notes=["ex02：看不懂"])])
    rows = [line for line in text.splitlines() if line and not line.startswith(("─", "注意", "隔離"))]
    assert len({width(row) for row in rows}) == 1 and rows[-1].split() == ["Ann", "—", "6"]
    assert "注意　Ann：ex02：看不懂" in text and text.splitlines()[-1] == "隔離：等級 4（bubblewrap）。"


@pytest.mark.parametrize("level", [1, 2])
def test_a_loose_level_is_said_aloud(level):
    assert "只改信得過的檔案" in formats.table([report(level=level)])


def test_the_details_say_what_is_wrong_but_not_the_hidden_part():
    text = formats.details(
        report(checks=[check(0, 2, "不對", "你加了 2"), check(0, 4, "沒有通過", "", hidden=True)])
    )
    assert "你加了 2" in text and "隱藏的檢查：沒有通過" in text


def test_a_cell_of_the_csv_is_never_a_formula():
    rows = list(
        csv.reader(io.StringIO(formats.as_csv([report("=HYPERLINK(1)", notes=["@x"]), report('a,b"c')])))
    )
    assert rows[0] == ["學生", "ex01", "總分", "滿分", "隔離", "注意"]
    assert rows[1] == ["'=HYPERLINK(1)", "6", "6", "9", "等級 4（bubblewrap）", "'@x"]
    assert rows[2][0] == 'a,b"c'


def test_gradescope_gets_one_test_a_check():
    content = json.loads(formats.gradescope([report()]))
    assert content["score"] == 6 and sum(test["score"] for test in content["tests"]) == 6
    assert [test["visibility"] for test in content["tests"]] == ["visible", "visible", "hidden"]
    assert [test["status"] for test in content["tests"]] == ["passed", "failed", "passed"]
    assert content["tests"][1]["output"] == "數值不對" and "隔離：等級 4" in content["output"]
    assert content["tests"][0]["output"] == content["tests"][2]["output"] == ""
    assert set(content["tests"][0]) == {"name", "score", "max_score", "status", "output", "visibility"}


def test_classroom_gets_base64_of_its_own_json():
    content = json.loads(base64.b64decode(formats.classroom([report()])))
    assert content["version"] == 1 and content["status"] == "fail" and content["max_score"] == 9
    assert [test["status"] for test in content["tests"]] == ["pass", "fail", "pass"]
    assert "等級 4" in content["isolation"]


def test_a_platform_is_told_what_is_not_answered_yet():
    unanswered = report(checks=[check(0, 2, "尚未作答"), check(0, 4, "執行到一半自己出錯", hidden=True)])
    tests = json.loads(formats.gradescope([unanswered]))["tests"]
    assert [test["output"] for test in tests] == ["尚未作答", ""]
    tests = json.loads(base64.b64decode(formats.classroom([unanswered])))["tests"]
    assert [test["message"] for test in tests] == ["尚未作答", ""]


def test_the_reason_of_a_whole_file_is_said_once():
    why = "ex01_two.py 載入不了：第 3 行有語法錯誤"
    broken = report(checks=[check(0, 2, "不對", why), check(0, 3, "不對", why, function="square")])
    assert formats.whole_reason(broken["sets"][0]) == why and formats.details(broken) == ""
    assert formats.whole_reason(report()["sets"][0]) == ""


def test_the_first_report_has_only_zeros():
    nothing = formats.nothing_yet(report())
    content = json.loads(formats.gradescope([nothing]))
    assert content["score"] == 0 == sum(test["score"] for test in content["tests"])
    assert "評分沒有做完" in content["output"] and report()["score"] == 6
