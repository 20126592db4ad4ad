"""全班的摘要：數字由成績單算得出來，名字與訊息不會變成 HTML，相像的抓得到、各自寫的不算。"""

import csv
import json
import os
import random
import re
from itertools import pairwise

import pytest

from tests.course.grading.courses import SOLUTION, small_course
from tests.course.grading.test_formats import check, report
from vae_from_scratch.course.grading import alike, summary
from vae_from_scratch.course.sets import CourseError


def student(name, passed, symptom="你加了 2，不是乘 2"):
    """兩題的成績單；``passed`` 是兩題過了沒有。"""
    checks = [
        check(2 * ok, 2, "通過" if ok else "不對", "" if ok else symptom, function=function)
        for ok, function in zip(passed, ("double", "square"), strict=True)
    ]
    return report(name, checks=checks) | {"run": "同一次", "prints": {}}


CLASS = [student(str(i), passed) for i, passed in enumerate([(1, 1), (1, 1), (1, 0), (0, 0), (0, 0)])]


def test_pass_rates_and_discrimination():
    first, second = summary.questions(CLASS)
    assert (first.submitted, first.passed, second.passed) == (5, 3, 2)
    assert first.discrimination == pytest.approx(2 / 3) and second.discrimination == pytest.approx(2 / 3)


def test_a_question_that_turns_the_wrong_way_is_negative():
    found = summary.correlation([True, True, False, False], [0, 1, 8, 9])
    assert found == pytest.approx(-8 / 65**0.5) and summary.correlation([True] * 5, range(5)) is None


def test_those_who_did_not_hand_in_are_not_counted():
    absent = student("缺", (0, 0), "")
    absent["sets"][0]["submitted"] = False
    assert summary.questions([*CLASS, absent])[0].submitted == 5


def test_named_mistakes_are_counted_once_a_student():
    assert summary.misconceptions(CLASS) == [
        ("ex01", "square", "你加了 2，不是乘 2", 3), ("ex01", "double", "你加了 2，不是乘 2", 2)
    ]  # fmt: skip
    vague = [student("甲", (0, 0), "pathwise：數值不對：3 個值裡有 3 個不對")]
    assert summary.misconceptions(vague) == []
    missing = [student("甲", (0, 0), "ex01_two.py 沒有 square 這個函式")]
    assert summary.misconceptions(missing) == []
    hidden = report(checks=[check(0, 2, "沒有通過", "祕密", hidden=True)])
    assert summary.misconceptions([hidden]) == []


def test_a_file_that_does_not_load_is_one_mistake_not_one_a_function():
    broken = [student(name, (0, 0), "ex01_two.py 載入不了：語法錯誤") for name in "甲乙"]
    assert summary.misconceptions(broken) == [
        ("ex01", summary.WHOLE_FILE, "ex01_two.py 載入不了：語法錯誤", 2)
    ]


def write_reports(folder, reports):
    (folder / "students").mkdir(parents=True)
    for i, one in enumerate(reports):
        (folder / "students" / f"{i}.json").write_text(json.dumps(one), "utf-8")


def test_one_page_and_three_tables(tmp_path):
    evil = student('<script>alert(1)</script>"', (0, 1), "<img src=x onerror=go_away(1)>")
    write_reports(tmp_path, [*CLASS, evil, student("=cmd()", (1, 1))])
    written = summary.write(tmp_path)
    assert [path.name for path in written] == [
        "summary.html",
        "questions.csv",
        "misconceptions.csv",
        "alike.csv",
    ]
    text = (tmp_path / "summary.html").read_text("utf-8")
    assert "<script" not in text and "<img" not in text and "&lt;img" in text and "7 人的成績" in text
    assert not re.search(r">[^<]*_(?!<wbr>)", text.partition("</style>")[2])  # 窄的螢幕在底線後面換行
    assert not re.search(r'(?:src|href)="?http', text) and "隔離：等級 4" in text
    rows = list(csv.reader((tmp_path / "questions.csv").read_text("utf-8-sig").splitlines()))
    assert rows[0] == ["組", "檢查", "分數", "交了的人", "通過的人", "鑑別度"] and rows[1][2:5] == [
        "2",
        "7",
        "4",
    ]


def test_the_newest_report_of_each_student_counts(tmp_path):
    """重新改過的人用新的那一份，即使那一次的設定不同；同一個人不會算兩次。"""
    write_reports(tmp_path, [*CLASS, student("3", (1, 1)) | {"run": "下一次"}])
    for i in range(6):
        os.utime(tmp_path / "students" / f"{i}.json", (i, i))
    reports, notices = summary.read(tmp_path)
    assert [(one["student"], one["score"]) for one in reports] == [
        ("0", 4),
        ("1", 4),
        ("2", 2),
        ("3", 4),
        ("4", 0),
    ]
    assert len(notices) == 1 and "2 次設定不同的評分" in notices[0]


def test_other_checks_are_left_out_by_name(tmp_path):
    other = report("另考的", checks=[check(2, 2)]) | {"run": "同一次"}
    write_reports(tmp_path, [*CLASS, other])
    said: list[str] = []
    summary.write(tmp_path, said.append)
    assert len(said) == 1 and "1 人" in said[0] and "另考的" in said[0]
    text = (tmp_path / "summary.html").read_text("utf-8")
    assert "5 人的成績" in text and "另考的" in text


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"student": "A"}', b"\xff"])
def test_a_damaged_report_is_named(tmp_path, text):
    write_reports(tmp_path, CLASS)
    (tmp_path / "students" / "壞的.json").write_bytes(text)
    with pytest.raises(CourseError, match=r"壞的\.json 不是完整的成績單"):
        summary.read(tmp_path)


def test_a_report_without_a_field_is_named(tmp_path):
    broken = json.loads(json.dumps(CLASS[0]))
    del broken["sets"][0]["checks"][1]["status"]
    write_reports(tmp_path, [*CLASS, broken])
    with pytest.raises(CourseError, match=r"5\.json"):
        summary.read(tmp_path)


def test_nothing_to_summarise(tmp_path):
    with pytest.raises(CourseError, match="請先執行 grade"):
        summary.write(tmp_path)


def test_the_distribution_counts_everybody_once():
    drawn = summary.histogram([0, 9, 10, 50, 99, 100, 100], 100)
    counts = [int(text) for text in re.findall(r"分：(\d+) 人", drawn)]
    assert counts == [2, 1, 0, 0, 0, 1, 0, 0, 0, 3]


@pytest.mark.parametrize(
    ("full", "counts"),
    [(28, [1, 0, 1, 0, 0, 0, 0, 0, 0, 1]), (5, [1, 0, 0, 0, 1]), (8, [1, 0, 0, 0, 0, 0, 1, 1])],
)
def test_the_bins_are_whole_points(full, counts):
    """0 分、6 分與滿分各一個人：每一格從整數分起，最後一格包含滿分。"""
    drawn = summary.histogram([0, min(6, full), full] if full > 5 else [0, full], full)
    assert [int(text) for text in re.findall(r"分：(\d+) 人", drawn)] == counts
    edges = re.findall(r"<title>([\d.]+)–([\d.]+) 分", drawn)
    assert all(low == high for (_, high), (low, _) in pairwise(edges)) and edges[-1][1] == str(full)
    assert not [edge for pair in edges for edge in pair if "." in edge]


# ---- 相像 ----------------------------------------

WORDS = [f"word{i}" for i in range(400)]


def essay(seed, length=150):
    chosen = random.Random(seed)
    body = "\n".join("    " + " + ".join(chosen.choices(WORDS, k=5)) for _ in range(length // 5))
    return f"{SOLUTION}\n\ndef extra():\n{body}\n"


@pytest.fixture
def course(tmp_path):
    return small_course(tmp_path)


def pairs_of(course, **texts):
    return alike.pairs({name: {"ex01": alike.prints(text, course)} for name, text in texts.items()})


def test_a_copy_is_found_and_own_work_is_not(course):
    found = pairs_of(course, 甲=essay(1), 乙=essay(1).replace("word7", "other"), 丙=essay(2), 丁=essay(3))
    assert [(pair.first, pair.second) for pair in found] == [("甲", "乙")] and 0.5 < found[0].alike < 1


def test_the_public_solution_and_the_template_are_nobodys_own(course):
    assert alike.prints(SOLUTION, course) == [] == alike.prints(course.exercise.read_text("utf-8"), course)
    assert pairs_of(course, 甲=SOLUTION, 乙=SOLUTION) == []


def test_what_everybody_writes_does_not_count_but_one_file_handed_in_by_three_does(course):
    shared = essay(1)
    own = {
        name: shared + essay(seed).replace(SOLUTION, "") for name, seed in (("甲", 2), ("乙", 3), ("丙", 4))
    }
    assert pairs_of(course, **own) == []
    assert len(pairs_of(course, 甲=shared, 乙=shared, 丙=shared)) == 3
