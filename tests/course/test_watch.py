"""``watch``：改了哪一組就重跑哪一組，停在第一個沒通過的，記得看到第幾步提示。"""

import json
import os

import pytest

from vae_from_scratch.course.running import run_set
from vae_from_scratch.course.sets import ExerciseSet
from vae_from_scratch.course.watch import Watcher

TESTS = '''
from vae_from_scratch.course.testing import check, points


@points(1, hint=["第一步", "第二步"], chapter="第 1 章")
def test_{0}(target):
    """甲"""
    check(target.{0}, {{"x": 2.0}}, 4.0)


@points(1)
def test_{1}(target):
    """乙"""
    check(target.{1}, {{"x": 2.0}}, 8.0)
'''
ANSWER = '"""練習 {0}"""\n\n\ndef {1}(x):\n    {2}\n\n\ndef {3}(x):\n    {4}\n'
TODO = "raise NotImplementedError"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@pytest.fixture
def sets(tmp_path):
    chosen = [ExerciseSet(tmp_path, "ex01_a"), ExerciseSet(tmp_path, "ex02_b")]
    for one, names in zip(chosen, [("square", "cube"), ("pow_two", "pow_three")], strict=True):
        write(one.tests, TESTS.format(*names))
        for path in (one.solution, one.exercise):
            write(path, ANSWER.format(one.name, names[0], TODO, names[1], TODO))
    return chosen


@pytest.fixture
def reran():
    """記下重跑了哪幾組：（名字, 交給 ``Watcher`` 的）。"""
    names = []

    def spy(chosen, target):
        names.append(chosen.name)
        return run_set(chosen, target)

    return names, spy


def answer(chosen, first, second=TODO):
    names = ("square", "cube") if chosen.number == 1 else ("pow_two", "pow_three")
    write(chosen.exercise, ANSWER.format(chosen.name, names[0], first, names[1], second))


def test_only_the_changed_set_is_rerun(sets, reran):
    names, run = reran
    watcher = Watcher(sets, "exercises", run)
    assert watcher.poll() == ["ex01", "ex02"]
    assert watcher.poll() == []
    answer(sets[1], "return x**2")
    assert watcher.poll() == ["ex02"]
    assert names == ["ex01", "ex02", "ex02"]


def test_two_saves_within_the_same_second_are_both_seen(sets):
    watcher = Watcher(sets, "exercises", run_set)
    watcher.poll()
    answer(sets[0], "return x**3")
    watcher.poll()
    assert "square" in watcher.screen() and "✗" in watcher.screen()
    answer(sets[0], "return x**2")
    assert watcher.poll() == ["ex01"]
    assert "總分 1/4" in watcher.screen() and "尚未作答：cube" in watcher.screen()


def test_a_later_set_that_uses_earlier_functions_is_rerun_too(sets, reran):
    write(sets[1].tests, sets[1].tests.read_text("utf-8").replace("(target)", "(target, earlier)"))
    write(
        sets[1].tests,
        sets[1].tests.read_text("utf-8") + '\n\ndef use(earlier):\n    earlier("ex01", "square")\n',
    )
    names, run = reran
    watcher = Watcher(sets, "exercises", run)
    watcher.poll()
    names.clear()
    answer(sets[0], "return x**2")
    watcher.poll()
    assert names == ["ex01", "ex02"]


def test_hints_come_one_step_at_a_time_and_survive_a_restart(sets):
    watcher = Watcher(sets, "exercises", run_set)
    watcher.poll()
    assert "第一步" not in watcher.screen()
    first = watcher.press("h") or ""
    assert "第一步" in first and "第二步" not in first
    second = watcher.press("h") or ""
    assert "第一步" in second and "第二步（見第 1 章）" in second
    assert "沒有更多提示了" in (watcher.press("h") or "")
    again = Watcher(sets, "exercises", run_set)
    again.poll()
    assert "第二步" in again.screen()


def test_after_a_diagnosis_the_key_gives_the_second_hint_at_once(sets):
    answer(sets[0], "return x")
    watcher = Watcher(sets, "exercises", run_set)
    watcher.poll()
    assert "第一步" in watcher.screen() and "第二步" not in watcher.screen()
    assert "第二步" in (watcher.press("h") or "")


def test_next_goes_round_and_skips_what_is_finished(sets):
    answer(sets[0], "return x**2")
    watcher = Watcher(sets, "exercises", run_set)
    watcher.poll()
    seen = [watcher.current]
    for _ in range(3):
        watcher.press("n")
        seen.append(watcher.current)
    assert seen == ["ex01.cube", "ex02.pow_two", "ex02.pow_three", "ex01.cube"]


def test_list_shows_every_case_and_quit_ends(sets):
    watcher = Watcher(sets, "exercises", run_set)
    watcher.poll()
    text = watcher.press("l") or ""
    assert text.count("尚未作答") == 4 and "總分 0/4" in text
    assert watcher.press("q") is None
    assert watcher.press("?") == watcher.screen()


def test_finishing_everything_is_said(sets):
    for chosen in sets:
        answer(chosen, "return x**2", "return x**3")
    watcher = Watcher(sets, "exercises", run_set)
    watcher.poll()
    assert "全部通過" in watcher.screen() and "總分 4/4" in watcher.screen()


def test_a_file_that_vanishes_while_being_saved_is_waited_for(sets):
    watcher = Watcher(sets, "exercises", run_set)
    watcher.poll()
    sets[0].exercise.unlink()
    assert watcher.poll() == []
    answer(sets[0], "return x**2")
    assert watcher.poll() == ["ex01"]


@pytest.mark.parametrize("state", ["", "{", "[]", '{"current": 1}', '{"current": "x", "hints": {"a": "b"}}'])
def test_a_broken_state_file_is_forgotten(sets, state):
    write(sets[0].root / ".course" / "watch.json", state)
    watcher = Watcher(sets, "exercises", run_set)
    watcher.poll()
    assert watcher.current == "ex01.square"
    watcher.press("n")
    assert json.loads((sets[0].root / ".course" / "watch.json").read_text("utf-8"))["current"] == "ex01.cube"


def test_the_screen_follows_the_file_just_saved(sets):
    watcher = Watcher(sets, "exercises", run_set)
    watcher.poll()
    assert watcher.current == "ex01.square"
    answer(sets[1], "return x", "return x**3")
    watcher.poll()
    assert watcher.current == "ex02.pow_two" and "✗ pow_two" in watcher.screen()
    answer(sets[0], TODO, "return x")
    watcher.poll()
    assert watcher.current == "ex01.cube"  # 錯的先看，還沒寫的在後
    answer(sets[1], "return x**2", "return x**3")
    watcher.poll()
    assert watcher.current == "ex01.square"  # 存的那一組全對了，從那裡往下找
    assert "ex02 全部通過。" in watcher.screen()
    answer(sets[0], TODO, TODO)
    watcher.poll()
    assert "全部通過" not in watcher.screen()


def test_of_two_files_saved_together_the_later_one_is_followed(sets):
    watcher = Watcher(sets, "exercises", run_set)
    watcher.poll()
    for chosen, when in ((sets[1], 1_000_000_000), (sets[0], 900_000_000)):
        answer(chosen, "return x")
        os.utime(chosen.exercise, (when, when))
    watcher.poll()
    assert watcher.current == "ex02.pow_two"


def test_it_says_that_it_is_running(sets):
    said: list[str] = []
    watcher = Watcher(sets, "exercises", run_set, say=said.append)
    watcher.poll()
    assert said == ["正在檢查 ex01 …", "正在檢查 ex02 …"]
    watcher.poll()
    assert len(said) == 2


def test_a_file_in_big5_is_told_and_watched_on(sets):
    sets[0].exercise.write_bytes("# 中文\n".encode("big5"))
    watcher = Watcher(sets, "exercises", run_set)
    watcher.poll()
    assert "看起來是 Big5" in watcher.screen()
    answer(sets[0], "return x**2")
    assert watcher.poll() == ["ex01"]
