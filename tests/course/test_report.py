"""讀者看到的文字：順序、欄寬、總分。"""

import re
from dataclasses import replace

import pytest
from wcwidth import wcswidth

from vae_from_scratch.course import report
from vae_from_scratch.course.commands import rerun_command
from vae_from_scratch.course.display import pad, paint, show, width
from vae_from_scratch.course.outcomes import (
    NOT_RUN,
    PASSED,
    UNANSWERED,
    WRONG,
    Failure,
    Outcome,
    Points,
    make_case,
)


def outcome(test, title, status, value=2, failure=None):
    return Outcome(make_case("ex02", test, title, Points(value, ("先看式子",), "第 2 章")), status, failure)


FAILURE = Failure("你的 KL 是正解的兩倍", (("輸入", "x = 1"), ("你的", "2"), ("正解", "1")))
OUTCOMES = [
    outcome("test_f", "標準差", PASSED),
    outcome("test_f__large", "σ² 很大", UNANSWERED, 1),
    outcome("test_long_name", "KL 散度（nats）", WRONG, 3, FAILURE),
    outcome("test_g", "跳過", NOT_RUN, 4),
]


def whole_report(outcomes=OUTCOMES):
    return report.report(outcomes, rerun_command("exercises"), {"ex02": "練習"}, where=lambda case: "檔案")


@pytest.mark.parametrize(
    "text", ["", "abc", "標準差 σ²", "（全形）「引號」，", "✓ ✗ · ─ ░ █", "ε ≥ −½ μ′ ∂", "é"]
)
def test_widths_agree_with_wcwidth(text):
    assert width(text) == wcswidth(text)
    assert wcswidth(pad(text, 40)) == 40


def test_the_columns_of_the_table_line_up():
    before_scores = [re.split(r"\d/\d  ", line) for line in report.table(OUTCOMES, {})]
    widths = [wcswidth(parts[0]) for parts in before_scores if len(parts) == 2]
    assert len(widths) == 4 and len(set(widths)) == 1


def test_the_last_line_is_the_total():
    assert whole_report().splitlines()[-1] == "總分 2/10"


def test_a_failure_is_told_in_order():
    text = whole_report()
    order = ["你的 KL 是正解的兩倍", "輸入  x", "你的  2", "正解  1", "提示", "第 2 章", "重跑", "總分"]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert "-m vae_from_scratch exercises test 2 -k long_name" in text


def test_only_the_first_failure_of_a_function_is_told():
    twice = [
        outcome("test_f", "甲", WRONG, failure=FAILURE),
        outcome("test_f__b", "乙", WRONG, failure=FAILURE),
    ]
    assert whole_report(twice).count(FAILURE.symptom) == 1


def test_a_note_on_a_passed_case_is_said_once():
    noted = [replace(outcome("test_f", "甲", PASSED), notes=("用了課程的版本",))] * 2
    assert whole_report(noted).count("注意：用了課程的版本") == 1


def test_without_failures_the_next_exercise_is_named():
    assert "下一題：打開 檔案，寫 f，" in whole_report(OUTCOMES[:2])
    assert "下一題" not in whole_report(OUTCOMES[:1])


def test_colours_do_not_change_the_text():
    painted = report.report(OUTCOMES, rerun_command("exercises"), {}, where=lambda case: "", colour=True)
    plain = report.report(OUTCOMES, rerun_command("exercises"), {}, where=lambda case: "")
    assert painted != plain and re.sub(r"\033\[\d+m", "", painted) == plain
    assert paint("字", "red", False) == "字"


def test_values_are_shown_briefly():
    def square(z):
        """z ↦ z²"""

    assert show(1.23456789) == "1.235"
    assert show([1.0, 2.5]) == "[1, 2.5]　形狀 (2,)"
    assert show(square) == "z ↦ z²"
    assert "..." in show([0.5] * 100)
