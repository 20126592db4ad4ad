"""每一個錯答案都被抓到，認得出來的說得出是哪一種；每一個合法的寫法都放行。"""

from typing import Any

import pytest

from vae_from_scratch.course.answers import Answer, complaint, complaint_about, load_answers, outcomes_with
from vae_from_scratch.course.outcomes import PASSED
from vae_from_scratch.course.sets import all_sets, course_root, find_set

ROOT = course_root()
FOLDER = ROOT / "tests" / "exercises"
SETS = all_sets(ROOT)


def every(kind):
    return [
        pytest.param(chosen, answer, id=f"{chosen.name}-{answer.name}")
        for chosen in SETS
        for answer in load_answers(FOLDER / kind / f"{chosen.name}.py")
    ]


@pytest.mark.parametrize(("chosen", "answer"), every("wrong_answers"))
def test_wrong_answer_is_caught(chosen, answer):
    assert complaint_about(outcomes_of_wrong(chosen, answer), answer, accepted=False) == ""


OUTCOMES: dict[Any, Any] = {}  # 同一個行程裡，一個錯答案只檢查一次


def outcomes_of_wrong(chosen, answer):
    key = chosen.name, answer.name
    if key not in OUTCOMES:
        OUTCOMES[key] = outcomes_with(chosen, answer)
    return OUTCOMES[key]


@pytest.mark.parametrize(("chosen", "answer"), every("right_alternatives"))
def test_right_alternative_is_accepted(chosen, answer):
    assert complaint(chosen, answer, accepted=True) == ""


NAMED = 0.7  # 讀者看到的第一句話就說得出錯在哪裡的，至少這麼多


def test_the_first_message_names_the_mistake():
    """每個錯答案的第一句話裡有 ``says``；認不出來的（``says=None``）算沒有說出來。"""
    named = total = 0
    for chosen in SETS:
        for answer in load_answers(FOLDER / "wrong_answers" / f"{chosen.name}.py"):
            first = first_message(chosen, answer)
            total += 1
            named += answer.says is not None and answer.says in first
    assert total >= 250 and named >= NAMED * total, (named, total)


def first_message(chosen, answer):
    outcomes = [outcome for outcome in outcomes_of_wrong(chosen, answer) if outcome.status != PASSED]
    return outcomes[0].failure.symptom if outcomes and outcomes[0].failure else ""


def test_there_are_enough_different_answers():
    """同一個函式的寫法不重複：不同名字而程式一樣的，只算一個。"""
    for kind, least in (("wrong_answers", 250), ("right_alternatives", 120)):
        codes = {
            (
                chosen.name,
                answer.replaces,
                answer.function.__code__.co_code,
                answer.function.__code__.co_consts,
            )
            for chosen in SETS
            for answer in load_answers(FOLDER / kind / f"{chosen.name}.py")
        }
        assert len(codes) >= least, (kind, len(codes))


@pytest.mark.parametrize("chosen", SETS, ids=lambda chosen: chosen.name)
def test_every_set_has_enough_of_both(chosen):
    """12 個錯的與 4 個對的以上；名字不重複（同名的後一個會蓋掉前一個）。"""
    for kind, mark, least in (("wrong_answers", "@wrong(", 12), ("right_alternatives", "@right(", 4)):
        file = FOLDER / kind / f"{chosen.name}.py"
        answers = load_answers(file)
        assert len(answers) >= least
        assert len(answers) == file.read_text("utf-8").count(mark)


class TestTheFrameworkItself:
    """對照組：框架自己分得出好壞。"""

    chosen = find_set("ex02", ROOT)

    def complaint(self, function, *, says=None, accepted=False):
        return complaint(self.chosen, Answer("standard_deviation", says, function), accepted=accepted)

    def test_a_right_answer_among_the_wrong_ones_is_reported(self):
        import numpy as np

        assert "全部通過" in self.complaint(lambda log_var: np.exp(log_var / 2))

    def test_a_wrong_answer_among_the_right_ones_is_reported(self):
        assert "合法的寫法被說成" in self.complaint(lambda log_var: log_var, accepted=True)

    def test_an_unfinished_answer_is_not_accepted(self):
        def unfinished(log_var):
            raise NotImplementedError

        assert "尚未作答" in self.complaint(unfinished, accepted=True)

    def test_a_wrong_diagnosis_is_reported(self):
        assert "診斷說的是" in self.complaint(lambda log_var: log_var, says="不會出現的話")

    def test_a_misspelt_function_is_reported(self):
        with pytest.raises(LookupError, match="no_such_function"):
            complaint(self.chosen, Answer("no_such_function", None, lambda: None), accepted=False)
