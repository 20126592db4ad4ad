"""誠實的檔案，在學生自己的檢查與 ``grade`` 裡分數相同：解答、合法的另一種寫法、錯的答案，逐項比。"""

import inspect
import re
from pathlib import Path

import pytest

from vae_from_scratch.course import answers
from vae_from_scratch.course.grading import levels
from vae_from_scratch.course.grading.scoring import Course, Settings, draw_for, score_set
from vae_from_scratch.course.outcomes import PASSED
from vae_from_scratch.course.running import Submission, load, load_tests, run_case
from vae_from_scratch.course.sets import all_sets, course_root

ROOT = course_root()
SETS = all_sets(ROOT)
MARKS = "def right(*a, **k): return lambda f: f\nwrong = right\n"
ROUNDS = 2


def variants(chosen, kind: str, number: int) -> str:
    """解答，每個函式換成 ``kind`` 裡的第 ``number`` 種寫法（不夠的就輪回去）。"""
    path = ROOT / "tests" / "exercises" / kind / f"{chosen.name}.py"
    by_function: dict[str, list[str]] = {}
    for answer in answers.load_answers(path):
        by_function.setdefault(answer.replaces, []).append(answer.name)
    text = re.sub(r"^from vae_from_scratch.*$", "", path.read_text("utf-8"), flags=re.MULTILINE)
    swaps = [f"{old} = {new[number % len(new)]}" for old, new in by_function.items()]
    return "\n".join([chosen.solution.read_text("utf-8"), MARKS, text, *swaps, ""])


def in_this_process(chosen, data: bytes, settings: Settings, folder: Path) -> list[str]:
    path = folder / f"{chosen.stem}.py"
    path.write_bytes(data)
    submission, earlier = Submission(path, load(path)), Course(ROOT)
    return [
        run_case(case, test, submission, earlier, None, draw_for(settings, data, case)).status
        for case, test in load_tests(chosen)
    ]


@pytest.mark.parametrize("chosen", SETS, ids=lambda chosen: chosen.name)
def test_both_ways_agree_on_every_check(chosen, tmp_path):
    solution = chosen.solution.read_bytes()
    sources = [
        variants(chosen, kind, number).encode()
        for kind in ("right_alternatives", "wrong_answers")
        for number in range(ROUNDS)
    ]
    sources += [
        solution,
        solution.replace(b"float64", b"float32").replace(b"np.exp(", b"np.exp(np.float32(1) * "),
    ]
    for number, data in enumerate(sources):
        settings = Settings(levels.best(), b"secret %d" % number, seconds=120)  # 看的是分數，不是快慢
        remote = [outcome.status for outcome, _ in score_set(chosen, data, settings)]
        assert remote == in_this_process(chosen, data, settings, tmp_path), number
    assert number >= 5 and {outcome.status for outcome, _ in score_set(chosen, solution, settings)} == {
        PASSED
    }


@pytest.mark.parametrize("chosen", SETS, ids=lambda chosen: chosen.name)
def test_the_drawn_inputs_are_fair(chosen):
    """抽到什麼題目，解答都是滿分：一百個祕密，在這個行程裡試。"""
    submission, earlier = Submission(chosen.solution), Course(ROOT)
    tests = load_tests(chosen)
    tries = 15 if chosen.name in ("ex04", "ex08", "ex11", "ex14") else 100
    for number in range(tries):
        settings = Settings(levels.Level.LIMITS, b"%d" % number)
        for case, test in tests:
            outcome = run_case(case, test, submission, earlier, None, draw_for(settings, b"", case))
            assert outcome.status == PASSED, (number, outcome)


#: 誤差剛好在容許的邊上：有的抽法看得到，有的看不到；各自該抓到它們的那一項，每次都抓到。
ON_THE_EDGE = {"with_epsilon"}


@pytest.mark.parametrize("chosen", SETS, ids=lambda chosen: chosen.name)
def test_a_wrong_answer_gains_nothing_by_luck(chosen):
    """錯的答案得幾分，不看抽到什麼題目：換三個祕密，每一項的結果都相同。"""
    tests, earlier = load_tests(chosen), Course(ROOT)
    lucky = []
    for answer in answers.load_answers(ROOT / "tests" / "exercises" / "wrong_answers" / f"{chosen.name}.py"):
        module = load(chosen.solution)
        setattr(module, answer.replaces, answer.function)
        submission = Submission(chosen.solution, module)
        for case, test in tests:
            if case.function == answer.replaces and answer.name not in ON_THE_EDGE:
                draws = [draw_for(Settings(levels.Level.LIMITS, b"%d" % i), b"", case) for i in range(3)]
                found = {run_case(case, test, submission, earlier, None, draw).status for draw in draws}
                lucky += [(answer.name, case.test)] if len(found) > 1 else []
    assert lucky == []


@pytest.mark.parametrize("chosen", SETS, ids=lambda chosen: chosen.name)
def test_every_check_draws(chosen):
    """每一項檢查都有抽的題目：只背下固定的題目，過不了任何一項。"""
    for _, test in load_tests(chosen):
        assert "draw" in inspect.signature(test).parameters, test.__name__
