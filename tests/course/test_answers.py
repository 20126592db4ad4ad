"""每一個錯答案都被抓到，認得出來的說得出是哪一種；每一個合法的寫法都放行。"""

import pytest

from vae_from_scratch.course.answers import Answer, complaint, load_answers
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
    assert complaint(chosen, answer, accepted=False) == ""


@pytest.mark.parametrize(("chosen", "answer"), every("right_alternatives"))
def test_right_alternative_is_accepted(chosen, answer):
    assert complaint(chosen, answer, accepted=True) == ""


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
