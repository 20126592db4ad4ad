"""``check`` 說得對嗎：對的放行，錯的先說症狀，已知的錯誤公式說出名字。"""

from pathlib import Path

import numpy as np
import pytest

from vae_from_scratch.course.errors import explain_exception
from vae_from_scratch.course.testing import EXACT, PRINTED, WrongAnswer, check, check_draws, together

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


TWICE = {"兩倍": lambda x: 2 * x}


def together_symptom(function, problems, **options):
    """好幾個輸入放在同一項檢查裡：``problems`` 是（x, 正解, only）。"""
    with pytest.raises(WrongAnswer) as caught, together():
        for x, expected, kind in problems:
            check(function, {"x": np.asarray(x)}, expected, only=kind, **options)
    return caught.value.failure


def test_a_known_formula_is_named_only_when_it_holds_on_every_input():
    problems = [([2.0], [4.0], None), ([3.0], [9.0], None)]  # 正解是平方；2 的平方恰好是 2 的兩倍
    assert together_symptom(lambda x: 2 * x + 1e-3, problems, wrong=TWICE).symptom != "兩倍"
    assert together_symptom(lambda x: 2 * x, problems, wrong=TWICE).symptom == "兩倍"
    lucky = [([2.0], [5.0], None), ([3.0], [9.0], None)]
    assert together_symptom(lambda x: x**2, lucky, wrong=TWICE).symptom != "兩倍"  # 第一個剛好是 4


def test_a_coincidence_of_one_value_is_not_stated_as_a_fact():
    """一個值看不出關係：5 不是無限大的倒數，4 也許不是 2 的平方。"""
    for yours, expected in ((5.0, 0.0), (4.0, 2.0), (-3.0, 3.0), (1.0, 2.0), (0.5, 0.25)):
        said = symptom(lambda x, yours=yours: yours, expected, inputs={"x": 1.0}).symptom
        assert said == "數值不對", said


def test_infinity_is_close_only_to_infinity():
    for tolerance in (EXACT, PRINTED):
        assert not tolerance.accepts(np.array(5.0), np.array(np.inf))
        assert tolerance.accepts(np.array([np.inf, -np.inf]), np.array([np.inf, -np.inf]))


def test_almost_the_right_value_is_not_called_one_time_the_answer():
    said = symptom(lambda x: x * (1 + 1e-6), X).symptom
    assert "1 倍" not in said and "1.0e-06 倍" in said
    assert "只差一點點" in symptom(lambda x: x + 1e-8 * x**2, X).symptom


def test_a_relation_must_hold_on_every_input():
    problems = [(X, 3 * X, None), (X + 1, 3 * X + 3, None)]
    assert together_symptom(lambda x: 1.5 * x, problems).symptom == "每個值都是正解的一半"
    uneven = together_symptom(lambda x: 1.5 * x if x[0, 0] == 1 else x, problems).symptom
    assert uneven.startswith("數值不對：6 個值裡有 6 個不對")


def test_what_is_wrong_only_there_is_said_so():
    far, whole = "很大的 x 不對", "整數不對"
    problems = [(X, X, None), ([300.0], [300.0], far), ([3, 4], [3, 4], whole)]
    assert together_symptom(lambda x: np.minimum(x, 100), problems).symptom == far
    assert together_symptom(lambda x: x / 1 if x.dtype == float else x // 2, problems).symptom == whole
    assert (
        together_symptom(lambda x: np.where(x > 100, np.inf, x), problems).symptom == far + "（得到 無限大）"
    )
    assert together_symptom(lambda x: x + 1, problems).symptom == "差了 1：每個值都比正解多 1"  # 到處都不對


def test_the_first_difference_is_shown_with_its_input():
    failure = symptom(lambda x: np.where(x == 4, 40, x), X, inputs={"x": X})
    assert dict(failure.details)["位置"] == "第一個不同的是 [1, 1]：x = 4；你的 40，正解 4"


def test_the_dtype_is_named_when_it_is_not_float64():
    failure = symptom(lambda x: (x / 3).astype(int), X / 3)
    assert "整數的陣列" in failure.symptom and "dtype int64" in dict(failure.details)["你的"]


def test_what_failed_before_a_crash_is_said_first():
    def crashes_on_the_second(x):
        if x[0] == 3:
            raise IndexError
        return x

    problems = [([2.0], [4.0], None), ([3.0], [9.0], None)]
    assert together_symptom(crashes_on_the_second, problems).symptom == "數值不對"
    with pytest.raises(IndexError), together():
        check(crashes_on_the_second, {"x": np.array([2.0])}, [2.0])
        check(crashes_on_the_second, {"x": np.array([3.0])}, [3.0])
    with pytest.raises(NotImplementedError), together():
        check(lambda x: x, {"x": 2.0}, 3.0)
        raise NotImplementedError


@pytest.mark.parametrize(
    ("value", "change"),
    [
        ([1, 2], lambda value: value.append(3)),
        ([None, "甲"], lambda value: value.reverse()),
        ({"甲": ["乙"]}, lambda value: value.clear()),
        ({"甲": ["乙"]}, lambda value: value["甲"].append("丙")),
        ({"甲": 1, "乙": 2}, lambda value: value.update(甲=value.pop("甲"))),
        (np.array(["甲", None], object), lambda value: value.__setitem__(1, "無")),
    ],
)
def test_a_changed_list_or_dictionary_is_reported(value, change):
    def changes(x):
        change(x)
        return 1.0

    assert "改動了輸入 x" in symptom(changes, 1.0, inputs={"x": value}).symptom
    check(lambda x: 1.0, {"x": value}, 1.0)


def test_a_broadcast_is_not_an_agreement():
    """形狀先比：純量或 (1, 2) 不能靠廣播過關。"""
    assert "形狀" in symptom(lambda x: 1.0, np.ones((3, 2))).symptom
    assert "形狀" in symptom(lambda x: np.ones((1, 2)), np.ones((3, 2))).symptom


def test_a_known_formula_is_named_before_anything_else():
    failure = symptom(lambda x: x + 1, X, wrong={"多加了 1": lambda x: x + 1})
    assert failure.symptom == "多加了 1"
    assert [label for label, _ in failure.details] == ["輸入", "你的", "正解", "位置"]


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
