"""檢查一個函式的傳回值：先形狀，再有限，再數值；不對時先說症狀。

順序很重要：先認得出已知的錯誤公式（「你的 KL 是正解的兩倍」），再談哪個元素差多少。
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .diagnosis import explain_shape, explain_values
from .display import digits_that_differ, named, show
from .outcomes import WrongAnswer


@dataclass(frozen=True)
class Tolerance:
    """可以差多少：``|你的 − 正解| <= absolute + relative · |正解|``。"""

    relative: float
    absolute: float

    def accepts(self, yours: NDArray, expected: NDArray) -> bool:
        """形狀要一樣（不廣播），每個元素都要夠近；nan 永遠不對。"""
        if yours.shape != expected.shape:
            return False
        with np.errstate(invalid="ignore"):
            near = np.abs(yours - expected) <= self.absolute + self.relative * np.abs(expected)
        return bool(np.all(near | (yours == expected)))


EXACT = Tolerance(1e-10, 1e-12)  # 正解由公式或已知數字得到
QUADRATURE = Tolerance(1e-8, 1e-10)  # 正解由數值積分得到
DIFFERENCES = Tolerance(1e-6, 1e-8)  # 正解由有限差分得到

Expected = Any  # 一個值，或「名字 → 值」（函式傳回好幾個值時，照順序）


def check(
    function: Callable[..., Any],
    inputs: Mapping[str, Any],
    expected: Expected,
    *,
    wrong: Mapping[str, Any] | None = None,
    tolerance: Tolerance = EXACT,
) -> None:
    """呼叫 ``function(*inputs.values())`` 並與 ``expected`` 比對。

    ``wrong`` 是「症狀 → 已知的錯誤公式」；公式是值，或收同樣引數的函式。多個傳回值時公式傳回 tuple，
    不在意的那一項寫 ``None``。引發 ``WrongAnswer``，其中先是症狀，再是輸入、你的、正解。
    """
    returned = call_untouched(function, inputs)
    names, targets = _parts(expected)
    answers = _split(returned, names, inputs, targets)
    pairs = list(zip(answers, targets, strict=True))
    if all(tolerance.accepts(yours, right) for yours, right in pairs):
        _check_precision(answers, names, inputs)
        return
    bad = next(i for i, (yours, right) in enumerate(pairs) if not tolerance.accepts(yours, right))
    symptom = _known_formula(answers, targets, wrong or {}, inputs, tolerance)
    if symptom is None:
        symptom = f"{names[bad]}：" if names[bad] else ""
        symptom += _order(answers, targets, tolerance) or _unknown(*pairs[bad], inputs, tolerance)
    raise WrongAnswer(symptom, *describe_inputs(inputs), *_compared(names[bad], *pairs[bad], tolerance))


def _check_precision(answers: Sequence[NDArray], names: Sequence[str], inputs: Mapping[str, Any]) -> None:
    """輸入是 float64，答案卻只有單精度：誤差剛好在容許的邊上，對不對要看抽到什麼題目，所以一律不收。"""
    low = (np.float32, np.float16)
    if any(getattr(value, "dtype", None) in low for value in inputs.values()):
        return
    for yours, name in zip(answers, names, strict=True):
        if yours.dtype in low:
            symptom = f"數值只準到 {yours.dtype}；請用 float64 計算"
            raise WrongAnswer(symptom, *describe_inputs(inputs), ("你的", named(name, yours)))


def check_draws(
    function: Callable[..., Any],
    inputs: Mapping[str, Any],
    *,
    mean: Any,
    variance: Any,
    kurtosis: float = 3.0,
    wrong: Mapping[str, Any] | None = None,
    sigmas: float = 5.0,
) -> None:
    """傳回值的第 0 軸是一次次的抽樣：樣本平均與樣本變異數都要在理論值的 ``sigmas`` 個標準誤之內。

    ``kurtosis`` 是理論的峰度（常態是 3），決定樣本變異數的標準誤。``wrong`` 是
    「症狀 → (平均, 變異數)」。種子由呼叫的人固定；不要求抽到同樣的點。
    """
    draws = _as_numbers(call_untouched(function, inputs), "傳回值", inputs)
    mean, variance = np.asarray(mean, float), np.asarray(variance, float)
    if draws.shape[1:] != mean.shape or draws.ndim == 0:
        raise WrongAnswer(
            explain_shape(draws.shape, ("n", *mean.shape)),
            *describe_inputs(inputs),
            ("你的", f"形狀 {draws.shape}"),
        )
    observed = np.stack([draws.mean(axis=0), draws.var(axis=0)])

    def near(moments: tuple[Any, Any]) -> bool:
        theory = np.array(moments, float)
        errors = np.sqrt(np.stack([theory[1], np.square(theory[1]) * (kurtosis - 1)]) / len(draws))
        return bool(np.all(np.abs(observed - theory) <= sigmas * errors + 1e-12))

    if near((mean, variance)):
        return
    known = next((text for text, moments in (wrong or {}).items() if near(moments)), None)
    raise WrongAnswer(
        known or f"抽出來的 {len(draws)} 個值，平均或變異數離理論值超過 {sigmas:g} 個標準誤",
        *describe_inputs(inputs),
        ("你的", f"{named('平均', observed[0])}\n{named('變異數', observed[1])}"),
        ("正解", f"{named('平均', mean)}\n{named('變異數', variance)}"),
    )


def call_untouched(function: Callable[..., Any], inputs: Mapping[str, Any]) -> Any:
    """用輸入的複本呼叫，並確認函式沒有改動它們。"""
    given = copy.deepcopy(dict(inputs))
    try:
        with np.errstate(all="ignore"):
            returned = function(*given.values())
    except NotImplementedError:
        raise
    except Exception as error:
        error.add_note("\n".join(text for _, text in describe_inputs(inputs)))
        raise
    for name, value in inputs.items():
        if not _unchanged(value, given[name]):
            raise WrongAnswer(
                f"你的函式改動了輸入 {name}；請算出新的陣列，不要用 {name} += … 或 {name}[…] = …",
                *describe_inputs(inputs),
                ("之後", named(name, given[name])),
            )
    return returned


def _unchanged(before: Any, after: Any) -> bool:
    """陣列（或一串陣列）的內容沒有變；別的東西不管。"""
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(_unchanged, before, after))
    return not isinstance(before, np.ndarray) or np.array_equal(before, after, equal_nan=True)


def describe_inputs(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """失敗訊息裡「輸入」那一段：一個引數一行。"""
    return [("輸入", "\n".join(named(name, value) for name, value in inputs.items()))]


def _parts(expected: Expected) -> tuple[list[str], list[NDArray]]:
    if isinstance(expected, Mapping):
        return list(expected), [np.asarray(value, float) for value in expected.values()]
    return [""], [np.asarray(expected, float)]


def _split(
    returned: Any, names: Sequence[str], inputs: Mapping[str, Any], targets: Sequence[NDArray]
) -> list[NDArray]:
    if len(names) == 1:
        return [_as_numbers(returned, names[0] or "傳回值", inputs)]
    wanted = f"({'、'.join(names)})"
    if returned is not None and not (isinstance(returned, tuple | list) and len(returned) == len(names)):
        what = f"{len(returned)} 個" if isinstance(returned, tuple | list) else "一個"
        raise WrongAnswer(
            f"這個函式要傳回 {len(names)} 個值 {wanted}，你傳回{what}；寫成 return a, b",
            *describe_inputs(inputs),
            ("你的", show(returned)),
            ("正解", "\n".join(named(name, right) for name, right in zip(names, targets, strict=True))),
        )
    values = [None] * len(names) if returned is None else returned
    return [_as_numbers(value, name, inputs) for value, name in zip(values, names, strict=True)]


def _as_numbers(value: Any, name: str, inputs: Mapping[str, Any]) -> NDArray:
    if value is None:
        raise WrongAnswer(f"{name}是 None：函式沒有傳回東西，是不是忘了寫 return", *describe_inputs(inputs))
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "fiu":
        kind = {"b": "布林值", "c": "複數", "U": "字串"}.get(array.dtype.kind, f" {type(value).__name__}")
        raise WrongAnswer(
            f"{name}應該是實數的陣列，你的是{kind}", *describe_inputs(inputs), ("你的", repr(value)[:200])
        )
    return array


def _known_formula(
    answers: Sequence[NDArray],
    targets: Sequence[NDArray],
    wrong: Mapping[str, Any],
    inputs: Mapping[str, Any],
    tolerance: Tolerance,
) -> str | None:
    for symptom, formula in wrong.items():
        with np.errstate(all="ignore"):
            values = formula(*copy.deepcopy(list(inputs.values()))) if callable(formula) else formula
        candidates = values if len(targets) > 1 else (values,)
        if all(
            candidate is None or _same_values(answer, np.asarray(candidate, float), tolerance)
            for answer, candidate in zip(answers, candidates, strict=True)
        ):
            return symptom
    return None


def _same_values(yours: NDArray, candidate: NDArray, tolerance: Tolerance) -> bool:
    """與錯誤公式相同；錯誤公式可能溢位，所以無限大與 nan 也要對得上。"""
    if yours.shape != candidate.shape:
        return False
    finite = np.isfinite(candidate)
    others = np.array_equal(yours[~finite], candidate[~finite], equal_nan=True)
    return others and tolerance.accepts(yours[finite], candidate[finite])


def _order(answers: Sequence[NDArray], targets: Sequence[NDArray], tolerance: Tolerance) -> str | None:
    if len(targets) > 1 and all(map(tolerance.accepts, answers, reversed(targets))):
        return "傳回的順序反了"
    return None


def _unknown(yours: NDArray, expected: NDArray, inputs: Mapping[str, Any], tolerance: Tolerance) -> str:
    if yours.shape != expected.shape:
        given = [value.shape for value in inputs.values() if isinstance(value, np.ndarray)]
        return explain_shape(yours.shape, expected.shape, given)
    return explain_values(yours, expected, tolerance.accepts)


def _compared(name: str, yours: NDArray, expected: NDArray, tolerance: Tolerance) -> list[tuple[str, str]]:
    digits = digits_that_differ(yours, expected)
    rows = [("你的", named(name, yours, digits)), ("正解", named(name, expected, digits))]
    if yours.shape == expected.shape and yours.size > 8:
        rows.append(("位置", _worst(yours, expected, digits)))
    return rows


def _worst(yours: NDArray, expected: NDArray, digits: int) -> str:
    with np.errstate(invalid="ignore"):
        distance = np.nan_to_num(np.abs(yours - expected), nan=np.inf)
    place = np.unravel_index(int(np.argmax(distance)), expected.shape)
    index = ", ".join(str(i) for i in place)
    return f"差最多的是 [{index}]：你的 {show(yours[place], digits)}，正解 {show(expected[place], digits)}"
