"""``check`` 說得對嗎：對的放行，錯的先說症狀，已知的錯誤公式說出名字。"""

from pathlib import Path

import numpy as np
import pytest

from vae_from_scratch.course.diagnosis import explain_exception
from vae_from_scratch.course.testing import WrongAnswer, check, check_draws

X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]])


def symptom(function, expected, inputs=None, **options):
    with pytest.raises(WrongAnswer) as caught:
        check(function, inputs or {"x": X}, expected, **options)
    return caught.value.failure


@pytest.mark.parametrize("answer", [X**2, (X**2).tolist(), (X**2).astype(np.longdouble)])
def test_right_answers_pass(answer):
    check(lambda x: answer, {"x": X}, X**2)


@pytest.mark.parametrize("answer", [4, 4.0, np.float64(4), np.array(4.0)])
def test_every_kind_of_scalar_passes(answer):
    check(lambda x: answer, {"x": 2.0}, 4.0)


@pytest.mark.parametrize(
    ("function", "expected", "words"),
    [
        (lambda x: None, X, "忘了寫 return"),
        (lambda x: "一", X, "實數的陣列，你的是字串"),
        (lambda x: {"甲": 1}, X, "實數的陣列，你的是 dict"),
        (lambda x: x > 0, X, "布林值"),
        (lambda x: x * 1j, X, "複數"),
        (lambda x: [[1], [1, 2]], X, "實數的陣列"),
        (lambda x: x.T, X, "轉置"),
        (lambda x: x, X.sum(axis=1), "最後一個軸還沒有加總"),
        (lambda x: x.sum(axis=1, keepdims=True), X.sum(axis=1), "keepdims"),
        (lambda x: x.sum(axis=0), X.sum(axis=1), "沿列（axis=0）加總"),
        (lambda x: x.sum(axis=0), X, "列（axis=0）被加總"),
        (lambda x: x.sum(axis=1), X, "最後一個軸被加總"),
        (lambda x: x[:2], X, "形狀不對：要 (3, 2)，你的是 (2, 2)"),
        (lambda x: x[None], X, "多了 1 個軸"),
        (lambda x: np.log(x - 1), X, "無限大"),
        (lambda x: np.sqrt(-x), X, "nan"),
        (lambda x: -x, X, "正負號相反"),
        (lambda x: 2 * x, X, "兩倍"),
        (lambda x: x / 2, X, "一半"),
        (lambda x: x**2, X, "平方"),
        (lambda x: 1 / x, X, "倒數"),
        (lambda x: np.exp(x), X, "少取了一次 log"),
        (lambda x: np.log(x), X, "少取了一次 exp"),
        (lambda x: 0 * x, X, "全是 0"),
        (lambda x: 3 * x, X, "3 倍"),
        (lambda x: x - 0.25, X, "少 0.25"),
        (lambda x: (x / 3).astype(np.float32), X / 3, "float64"),
        (lambda x: np.where(x == 7, 8, x), X, "6 個值裡有 1 個不對"),
    ],
)
def test_the_symptom_comes_first(function, expected, words):
    assert words in symptom(function, expected).symptom


def test_a_changed_signature_is_explained_in_plain_words():
    """讀者改了 def 那一行：Python 的訊息是英文，也沒有讀者的哪一行可以指。"""
    with pytest.raises(TypeError) as caught:
        check(lambda: X, {"x": X}, X)
    failure = explain_exception(caught.value, Path("exercises/ex03.py"))
    assert "引數的個數或名字與題目不同" in failure.symptom and "0 positional" in dict(failure.details)["訊息"]


def test_a_broadcast_is_not_an_agreement():
    """形狀先比：純量或 (1, 2) 不能靠廣播過關。"""
    assert "形狀" in symptom(lambda x: 1.0, np.ones((3, 2))).symptom
    assert "形狀" in symptom(lambda x: np.ones((1, 2)), np.ones((3, 2))).symptom


def test_a_known_formula_is_named_before_anything_else():
    failure = symptom(lambda x: x + 1, X, wrong={"多加了 1": lambda x: x + 1})
    assert failure.symptom == "多加了 1"
    assert [label for label, _ in failure.details] == ["輸入", "你的", "正解"]


def test_a_known_formula_may_overflow_or_have_another_shape():
    wrong = {"溢位": lambda x: np.exp(1000 * x), "加總了": lambda x: x.sum()}
    assert symptom(lambda x: np.exp(1000 * x), X, wrong=wrong).symptom == "溢位"
    assert symptom(lambda x: x.sum(), X, wrong=wrong).symptom == "加總了"


def test_a_formula_that_is_not_the_answer_is_not_named():
    assert symptom(lambda x: x + 2, X, wrong={"多加了 1": lambda x: x + 1}).symptom != "多加了 1"


def test_a_changed_input_is_reported_and_the_original_survives():
    def in_place(x):
        x *= 2
        return x

    before = X.copy()
    assert "改動了輸入 x" in symptom(in_place, 2 * X).symptom
    assert np.array_equal(X, before)


def test_single_precision_is_refused_even_when_it_is_close_enough():
    """誤差在容許之內也不收，否則過不過要看抽到什麼題目；輸入就是單精度的不算。"""
    assert "float64" in symptom(lambda x: x.astype(np.float32), X).symptom
    assert "float64" in symptom(lambda x: (x, x.astype(np.float16)), {"甲": X, "乙": X}).symptom
    single = X.astype(np.float32)
    check(lambda x: x, {"x": single}, X)
    check(lambda x: x.astype(int), {"x": X}, X)


def test_several_values():
    expected = {"和": X.sum(), "積": X.prod()}
    check(lambda x: (x.sum(), x.prod()), {"x": X}, expected)
    check(lambda x: [x.sum(), x.prod()], {"x": X}, expected)
    assert "順序反了" in symptom(lambda x: (x.prod(), x.sum()), expected).symptom
    assert "2 個值 (和、積)" in symptom(lambda x: x.sum(), expected).symptom
    assert "2 個值" in symptom(lambda x: (x.sum(),), expected).symptom
    assert symptom(lambda x: (x.sum(), 2 * x.prod()), expected).symptom.startswith("積：")
    assert "return" in symptom(lambda x: None, expected).symptom
    wrong = {"積多了 1": lambda x: (None, x.prod() + 1)}
    assert symptom(lambda x: (x.sum(), x.prod() + 1), expected, wrong=wrong).symptom == "積多了 1"


def test_a_small_difference_is_printed_with_enough_digits():
    failure = symptom(lambda x: x * (1 + 1e-7), X)
    yours, expected = (dict(failure.details)[label] for label in ("你的", "正解"))
    assert yours != expected


def test_near_zero_the_absolute_tolerance_rules():
    check(lambda x: np.array([1e-15]), {"x": X}, [0.0])
    assert symptom(lambda x: np.array([1e-6]), [0.0]).symptom


def test_moments_are_checked_within_five_standard_errors():
    noise = np.random.default_rng(0).standard_normal((50_000, 2))
    check_draws(lambda e: 1 + 2 * e, {"e": noise}, mean=[1.0, 1.0], variance=[4.0, 4.0])
    with pytest.raises(WrongAnswer, match="變異數當成標準差"):
        check_draws(
            lambda e: 1 + 4 * e,
            {"e": noise},
            mean=[1.0, 1.0],
            variance=[4.0, 4.0],
            wrong={"變異數當成標準差": ([1.0, 1.0], [16.0, 16.0])},
        )
    with pytest.raises(WrongAnswer, match="標準誤"):
        check_draws(lambda e: 1.1 + 2 * e, {"e": noise}, mean=[1.0, 1.0], variance=[4.0, 4.0])
    with pytest.raises(WrongAnswer, match="形狀"):
        check_draws(lambda e: e[:, 0], {"e": noise}, mean=[1.0, 1.0], variance=[4.0, 4.0])
