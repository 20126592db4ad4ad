"""想一想的數字題：答案用 NumPy 重算，列出來的錯誤答案也照它說的錯法重算；錯的都在容許的範圍外。"""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from tests.book.asked import asked

CORRELATED = np.array([[1.0, 0.9], [0.9, 1.0]])
TEN = np.full((10, 10), 0.5) + 0.5 * np.eye(10)


def missed(correlation: np.ndarray) -> float:
    """各維相加漏掉的 nats：-½ log det R。"""
    return float(-0.5 * np.linalg.slogdet(correlation)[1])


def kl_to(covariance: np.ndarray) -> float:
    """D(N(0, I) ‖ N(0, Σ))。"""
    trace = np.trace(np.linalg.inv(covariance))
    return float(0.5 * (trace - len(covariance) + np.linalg.slogdet(covariance)[1]))


def gap(at_posterior: bool) -> float:
    """第 5 章的例子（x = 1，後驗 N(½, ½)）：q 是先驗時的差額，或後驗對先驗的 KL。"""
    mean, variance = 0.5, 0.5
    if at_posterior:
        return 0.5 * (mean**2 + variance - 1 - np.log(variance))
    return 0.5 * ((1 + mean**2) / variance - 1 + np.log(variance))


def shuffled_r2(neighbours: int) -> float:
    """鄰居與這棟無關：猜測的變異數是 σ²/k，R² = 1 − (1 + 1/k)。"""
    return 1 - (1 + 1 / neighbours)


def slope(function: Callable[[float], float], at: float) -> float:
    return (function(at + 1e-6) - function(at - 1e-6)) / 2e-6


def truncation(step: float) -> float:
    """e^x 在 0 的中央差分，離 1 多遠。"""
    return (np.exp(step) - np.exp(-step)) / (2 * step) - 1


def adam(rate: float, gradient: float, corrected: bool = True) -> float:
    first, second = 0.1 * gradient, 0.001 * gradient**2
    if corrected:
        first, second = first / (1 - 0.9), second / (1 - 0.999)
    return rate * first / np.sqrt(second)


def binary(p: float) -> float:
    """一枚硬幣的熵。"""
    return float(-p * np.log(p) - (1 - p) * np.log(1 - p))


coins = np.array([np.log(2), np.log(2)])
threshold = np.linalg.eigvalsh(np.ones((2, 2))).max()
#: 名字 → 重算的答案，與「頁面上的錯誤答案 → 照那個錯法重算」。
KEYS: dict[str, tuple[float, dict[float, float]]] = {
    "01-log-variance": (
        np.exp(-4.6 / 2),
        {0.0101: np.exp(-4.6), 0.2: 2 * np.exp(-2.3), -2.3: -4.6 / 2, 9.97: np.exp(2.3)},
    ),
    "04-ten-dimensions": (
        missed(TEN),
        {
            0.144: missed(TEN[:2, :2]),
            6.473: 45 * missed(TEN[:2, :2]),
            4.534: 2 * missed(TEN),
            -2.267: -missed(TEN),
        },
    ),
    "04-correlated-prior": (
        kl_to(CORRELATED),
        {
            0: kl_to(np.diag(np.diag(CORRELATED))),
            0.830: missed(CORRELATED),
            4.263: kl_to(CORRELATED) + missed(CORRELATED),
        },
    ),
    "05-one-coin": (
        -np.log(0.5),
        {1.386: coins.sum(), 0.5: 0.5, 0.347: np.log(2) / 2, 1: -np.log2(0.5)},
    ),
    "05-perfect-posterior": (
        np.log(np.mean(np.full(5, 0.3))) - np.log(0.3),
        {0.403: gap(False), 0.222: gap(True), 1.609: np.log(5)},
    ),
    "07-identical-columns": (
        threshold,
        {1: np.linalg.eigvalsh(np.eye(2)).max(), 0.5: 1 / threshold, 4: threshold**2},
    ),
    "09-mean-crossentropy": (267, {1: 1, 0.003745: 1 / 267, 43: 43}),
    "11-shuffled": (shuffled_r2(15), {0: 0, 0.067: 1 / 15, -1: shuffled_r2(1)}),
    "12-two-coins": (1 - (0.5**2 + 0.5**2), {0.25: 0.5 * 0.5, 0.693: np.log(2), 0: 1 - (1**2 + 0**2)}),
    "12-confidence": (
        np.log(0.95 / 0.4),  # 0.865
        {0.55: 0.95 - 0.4, 0: 0, 0.916: -np.log(0.4), 2.375: 0.95 / 0.4},
    ),
    "13-centimetres": (
        0.9 * np.log(100),  # 4.145
        {4.605: np.log(100), 0.461: 0.1 * np.log(100), 100: 100, 1.8: 0.9 * np.log10(100)},
    ),
    "01-double-sigma": (2 * np.log(2), {0.693: np.log(2), 4: 2.0**2, 2: 2}),
    "02-slope": (
        slope(lambda s: 1 + s**2, 2.0),
        {2: slope(lambda m: m**2 + 4, 1.0), 5: 1 + 2**2, 1: slope(lambda v: 1 + v, 4.0)},
    ),
    "03-shifted": (0.5 * (2**2 + 1 - 1 - np.log(1)), {4: 2**2, 1: 0.5 * 2, 0: 0.5 * (1 - 1 - np.log(1))}),
    "04-correlated": (
        missed(np.array([[1, 0.8], [0.8, 1]])),
        {1.022: -np.log(1 - 0.8**2), 0.223: -np.log(0.8), -0.511: 0.5 * np.log(1 - 0.8**2)},
    ),
    "05-mean-squares": (20 / 2, {0.5: 1 / 2, 20: 20, 0.05: 1 / 20}),
    "06-spread": (0.5 * (1 - 1) ** 2 + 1 * 1, {0: 0.5 * (1 - 1) ** 2, 0.5: 0.5 * 1**2, 1.5: 1 + 0.5 * 1**2}),
    "06-hundred": (1 / np.sqrt(100), {0.01: 1 / 100, 1: 1, 10: np.sqrt(100)}),
    "07-weight": (0.005 * 252, {0.005: 0.005, 252: 252, 50400: 252 / 0.005}),
    "08-difference": (truncation(0.01) / truncation(0.1), {0.1: 0.1, 0.001: 0.1**3, 1: 1}),
    "09-first-step": (adam(0.001, 5.0), {0.005: 0.001 * 5, 0.00316: adam(0.001, 5.0, corrected=False), 5: 5}),
    "10-four-levels": (
        4 * binary(0.25) - np.log(4),
        {1.386: np.log(4), 2.249: 4 * binary(0.25), 0.288: np.log(4 / 3)},
    ),
    "12-exactly-one": (
        sum(
            0.25 ** sum(toss) * 0.75 ** (4 - sum(toss))
            for toss in product((0, 1), repeat=4)
            if sum(toss) == 1
        ),
        {0.105: 0.25 * 0.75**3, 0.316: 0.75**4, 0.25: 0.25},
    ),
    "13-best-variance": (
        float(np.mean(np.square([1, -1, 2, 0]))),
        {2: 6 / 3, 1.25: float(np.var([1, -1, 2, 0])), 1.225: np.sqrt(1.5)},
    ),
    "14-too-strong": (100 * 1, {1: 1, 0.01: 1 / 100, 10: np.sqrt(100)}),
}
NUMBERS = {one.name: one for one in asked() if one.kind == "number"}


def test_every_numeric_question_is_computed_again() -> None:
    assert set(KEYS) == set(NUMBERS)


def printed(value: float, written: str) -> bool:
    """四捨五入到寫出來的那一位。"""
    decimals = len(written.partition(".")[2])
    return abs(value - float(written)) <= 0.5 * 10.0**-decimals + 1e-12


@pytest.mark.parametrize("name", KEYS)
def test_the_key_is_the_computed_value(name: str) -> None:
    key, within = (NUMBERS[name].options[word] for word in ("key", "within"))
    assert printed(KEYS[name][0], key)
    assert abs(KEYS[name][0] - float(key)) <= float(within) / 2 + 1e-9  # 算到底的答案一定收


@pytest.mark.parametrize("name", KEYS)
def test_each_listed_mistake_is_the_mistake_it_says(name: str) -> None:
    one, mistakes = NUMBERS[name], KEYS[name][1]
    assert [float(item.text) for item in one.items] == list(mistakes)
    assert all(printed(mistakes[float(item.text)], item.text) for item in one.items)


@pytest.mark.parametrize("name", KEYS)
def test_at_least_two_mistakes_are_refused(name: str) -> None:
    """錯的離答案比容許的遠一倍以上，捨入也不會變成對的。"""
    key, within = (float(NUMBERS[name].options[word]) for word in ("key", "within"))
    assert len(KEYS[name][1]) >= 2
    assert all(abs(wrong - key) > 2 * within for wrong in KEYS[name][1].values())


def test_a_wrong_key_would_be_noticed() -> None:
    """反例：正負號、少乘 ½、捨入差一位，都過不了。"""
    assert printed(KEYS["10-four-levels"][0], "0.863") and printed(KEYS["12-exactly-one"][0], "0.422")
    assert printed(missed(TEN), "2.267")
    assert not any(printed(missed(TEN), wrong) for wrong in ("2.268", "-2.267", "4.534", "2.27000"))
