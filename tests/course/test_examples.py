"""說明裡的每一個例子，本身就是一個檢查：讀者的函式過不了自己說明裡的例子，就拿不到分。"""

from typing import Any, cast

import numpy as np
import pytest

from tests.course.test_sets import EXAMPLES
from vae_from_scratch.course.outcomes import PASSED
from vae_from_scratch.course.running import Submission, load, load_tests, run_set
from vae_from_scratch.course.sets import course_root, find_set

ROOT = course_root()
PRICES = {
    "codes": np.array([[0.0], [1.0], [2.0], [0.1], [1.9]]),
    "values": np.array([1.0, 2.0, 3.0, 1.0, 3.0]),
    "held_out": np.array([False, False, False, True, True]),
    "n_neighbours": 1,
    "shuffles": np.array([[3, 4, 2, 0, 1]]),
}
EVERY = [*EXAMPLES, ("ex11", "price_scores", tuple(PRICES.values()), (1.0, [-1.0]))]
NAMES = ("ex01", "ex02", "ex03", "ex04", "ex05", "ex06", "ex07", "ex08", "ex10", "ex11")


class Recorder:
    """解答的模組，記下每個函式收到的引數。"""

    def __init__(self, module):
        self.module, self.given = module, {}

    def __getattr__(self, name):
        function = getattr(self.module, name)

        def record(*arguments):
            self.given.setdefault(name, []).append(flat(arguments))
            return function(*arguments)

        return record


def flat(value):
    """數字、文字、None 攤平成一串；函式不看。"""
    if isinstance(value, dict):
        return [item for name in sorted(value) for item in [name, *flat(value[name])]]
    if isinstance(value, np.ndarray):
        return flat(value.tolist())
    if isinstance(value, list | tuple):
        return [item for one in value for item in flat(one)]
    return [] if callable(value) else [value]


def same(one, other):
    return len(one) == len(other) and all(
        a == b or (isinstance(a, float) and isinstance(b, int | float) and abs(a - b) < 1e-9)
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_example_of_a_docstring_is_checked(name):
    chosen = find_set(name, ROOT)
    recorder = Recorder(load(chosen.solution))
    outcomes = run_set(chosen, Submission(chosen.solution, cast(Any, recorder)))
    assert {outcome.status for outcome in outcomes} == {PASSED}
    shown = [(function, flat(inputs)) for set_name, function, inputs, _ in EVERY if set_name == name]
    assert {function for function, _ in shown} == {case.function for case, _ in load_tests(chosen)}
    missing = [
        function
        for function, inputs in shown
        if not any(same(inputs, given) for given in recorder.given[function])
    ]
    assert missing == []


def test_the_example_of_the_prices_is_right():
    score, shuffled = load(find_set("ex11", ROOT).solution).price_scores(*PRICES.values())
    assert score == 1.0 and shuffled.tolist() == [-1.0]


def test_an_example_that_is_not_checked_is_noticed():
    assert not same(flat((np.array([1.0]), [2])), flat((np.array([1.0]), [3])))
    assert same(flat(({"乙": ["丙", None], "甲": 1.0},)), flat(({"甲": 1, "乙": ("丙", None)},)))
