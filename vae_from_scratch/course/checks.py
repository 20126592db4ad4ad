"""檢查一個函式的傳回值：先形狀，再有限，再數值；不對時先說症狀。

一項檢查裡有好幾個輸入（``together``）：先全部比完，再決定說什麼。已知的錯誤公式（「你的 KL 是正解的兩倍」）
與倍數要在每一個輸入上都成立才說；只在一個輸入上剛好相同的，不當作事實。說不出名字的，列出第一個不同的值。
"""

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .diagnosis import NEARLY, Pair, distance, explain_shape, explain_values
from .display import digits_that_differ, named, show
from .outcomes import WrongAnswer


@dataclass(frozen=True)
class Tolerance:
    """可以差多少：``|你的 − 正解| <= absolute + relative · |正解|``。"""

    relative: float
    absolute: float

    def accepts(self, yours: NDArray, expected: NDArray) -> bool:
        """形狀要一樣（不廣播），每個元素都要夠近；nan 永遠不對，無限大只等於無限大。"""
        if yours.shape != expected.shape:
            return False
        with np.errstate(invalid="ignore"):
            near = np.abs(yours - expected) <= self.absolute + self.relative * np.abs(expected)
        return bool(np.all((near & np.isfinite(expected)) | (yours == expected)))


EXACT = Tolerance(1e-10, 1e-12)  # 正解由公式或已知數字得到
QUADRATURE = Tolerance(1e-8, 1e-10)  # 正解由數值積分得到
DIFFERENCES = Tolerance(1e-6, 1e-8)  # 正解由有限差分得到
PRINTED = Tolerance(1e-6, 1e-6)  # 正解是說明裡印出來的數字，只有六、七位
RELATIVE = Tolerance(1e-9, 0.0)  # 正解可能極小：只看相對誤差

Expected = Any  # 一個值，或「名字 → 值」（函式傳回好幾個值時，照順序）


@dataclass(frozen=True)
class Seen:
    """比過的一個輸入：函式給的、正解，與這個輸入認得的錯誤公式。"""

    inputs: Mapping[str, Any]
    names: Sequence[str]
    answers: Sequence[NDArray]
    targets: Sequence[NDArray]
    wrong: Mapping[str, Any]
    tolerance: Tolerance
    only: str | None
    lost: str | None
    bad: int | None = field(init=False)  # 第幾個傳回值不對；都對是 None

    def __post_init__(self) -> None:
        pairs = zip(self.answers, self.targets, strict=True)
        wrong = (i for i, (yours, right) in enumerate(pairs) if not self.tolerance.accepts(yours, right))
        object.__setattr__(self, "bad", next(wrong, None))

    def pair(self, i: int) -> Pair:
        """第 ``i`` 個傳回值：你的、正解、怎樣算夠近。"""
        return self.answers[i], self.targets[i], self.tolerance.accepts


_TOGETHER: ContextVar[list[Seen] | None] = ContextVar("together", default=None)


@contextlib.contextmanager
def together() -> Iterator[None]:
    """這裡面的 ``check`` 先記下來，最後一起決定說什麼；中途出錯時，已經不對的先說。"""
    seen: list[Seen] = []
    token = _TOGETHER.set(seen)
    try:
        yield
    except NotImplementedError:
        raise
    except Exception:
        if all(one.bad is None for one in seen):
            raise
    finally:
        _TOGETHER.reset(token)
    _decide(seen)


def check(
    function: Callable[..., Any],
    inputs: Mapping[str, Any],
    expected: Expected,
    *,
    wrong: Mapping[str, Any] | None = None,
    tolerance: Tolerance = EXACT,
    only: str | None = None,
    lost: str | None = None,
) -> None:
    """呼叫 ``function(*inputs.values())`` 並與 ``expected`` 比對。

    ``wrong`` 是「症狀 → 已知的錯誤公式」；公式是值，或收同樣引數的函式。多個傳回值時公式傳回 tuple，
    不在意的那一項寫 ``None``。``only`` 是「別的輸入都對、只有這一種不對」時的症狀（很大的 log σ²……）。
    ``lost`` 是「正解很小，而你的只差到捨入為止」時的症狀。
    引發 ``WrongAnswer``，其中先是症狀，再是輸入、你的、正解；在 ``together`` 裡等到全部比完才引發。
    """
    returned = call_untouched(function, inputs)
    names, targets = _parts(expected)
    answers = _split(returned, names, inputs, targets)
    one = Seen(dict(inputs), names, answers, targets, wrong or {}, tolerance, only, lost)
    if one.bad is None:
        _check_precision(answers, names, inputs)
    seen = _TOGETHER.get()
    if seen is None:
        _decide([one])
    else:
        seen.append(one)


def _decide(seen: Sequence[Seen]) -> None:
    """有不對的就引發：症狀由全部的輸入決定，細節是第一個不對的輸入。"""
    failed = [one for one in seen if one.bad is not None]
    if not failed:
        return
    failed.sort(key=lambda one: one.only is not None)  # 平常的輸入先說
    first = _clearest(failed)
    assert first.bad is not None
    alike = [one for one in seen if list(one.inputs) == list(first.inputs)]
    symptom = _known_formula(first, alike) or _lost_digits(failed) or _only_here(failed, seen)
    if symptom is None:
        name = first.names[first.bad]
        symptom = (f"{name}：" if name else "") + (_order(first) or _unknown(first, alike))
    yours, expected, _ = first.pair(first.bad)
    raise WrongAnswer(symptom, *describe_inputs(first.inputs), *_compared(first, yours, expected))


ROUNDING = Tolerance(0.0, 1e-12)  # 差到這裡為止，是捨入誤差，不是公式錯了


def _lost_digits(failed: Sequence[Seen]) -> str | None:
    """不對的都是極小的正解，而且只差到捨入為止：有效位數被減光了。"""
    rounding = all(ROUNDING.accepts(*one.pair(one.bad or 0)[:2]) for one in failed)
    return failed[0].lost if rounding and all(one.lost for one in failed) else None


def _clearest(failed: Sequence[Seen]) -> Seen:
    """第一個不對的；形狀不對而正解只有一個值，看不出沿錯了哪個軸，改說下一個。"""
    first = failed[0]
    yours, expected, _ = first.pair(first.bad or 0)
    if yours.shape == expected.shape or expected.size > 1:
        return first
    return next((one for one in failed if one.targets[one.bad or 0].size > 1), first)


def _only_here(failed: Sequence[Seen], seen: Sequence[Seen]) -> str | None:
    """同樣的函式，平常的輸入都對（或只差一點點），只有這一種不對。"""
    ordinary = [one for one in seen if one.only is None]
    special = [one for one in failed if one.only is not None]
    special.sort(key=lambda one: -distance(one.pair(one.bad or 0)))
    nearly = all(distance(one.pair(one.bad)) < NEARLY for one in ordinary if one.bad is not None)
    if not (special and ordinary and nearly):
        return None
    said, (yours, expected, _) = special[0].only, special[0].pair(special[0].bad or 0)
    if said is None or yours.shape != expected.shape:
        return None
    lost = yours[np.isfinite(expected) & ~np.isfinite(yours)]
    return said + (f"（得到 {'nan' if np.isnan(lost).any() else '無限大'}）" if lost.size else "")


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
                f"你的函式改動了輸入 {name}；請算出新的，不要用 {name} += …、{name}[…] = … 或 {name}.pop()",
                *describe_inputs(inputs),
                ("之後", named(name, given[name])),
            )
    return returned


def _unchanged(before: Any, after: Any) -> bool:
    """陣列、串列、字典（一層一層看進去）的內容沒有變；函式不管。"""
    if isinstance(before, Mapping):
        return list(before) == list(after) and all(_unchanged(before[name], after[name]) for name in before)
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(_unchanged, before, after))
    if isinstance(before, np.ndarray):
        return np.array_equal(before, after, equal_nan=before.dtype.kind in "fc")
    return callable(before) or bool(before == after)


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


def _known_formula(first: Seen, alike: Sequence[Seen]) -> str | None:
    """在每一個輸入上都與你的相同的錯誤公式；只與第一個輸入相同的是巧合。

    平常的輸入就不對時，極端的輸入（有 ``only`` 的）不作數：那裡同一個公式的兩種寫法，捨入也差很多。
    """
    others = [one for one in alike if one is not first and (first.only or not one.only)]
    for symptom, formula in first.wrong.items():
        if not _matches(first, formula, strict=True):
            continue
        general = formula if callable(formula) else None
        formulas = [
            (one, one.wrong.get(symptom, general if one.names == first.names else None)) for one in others
        ]
        if all(_matches(one, known, strict=False) for one, known in formulas if known is not None):
            return symptom
    return None


def _matches(one: Seen, formula: Any, *, strict: bool) -> bool:
    """錯誤公式給的就是你的；``strict`` 為假時，公式算不出來或溢位的地方不作數。"""
    try:
        with np.errstate(all="ignore"):
            values = formula(*copy.deepcopy(list(one.inputs.values()))) if callable(formula) else formula
    except Exception:
        if strict:
            raise
        return True
    candidates = values if len(one.targets) > 1 else (values,)
    return all(
        candidate is None or _same_values(answer, np.asarray(candidate, float), one.tolerance, strict)
        for answer, candidate in zip(one.answers, candidates, strict=True)
    )


def _same_values(yours: NDArray, candidate: NDArray, tolerance: Tolerance, strict: bool) -> bool:
    """與錯誤公式相同；錯誤公式可能溢位，所以無限大與 nan 也要對得上。"""
    if yours.shape != candidate.shape:
        return False
    finite = np.isfinite(candidate) & (strict | np.isfinite(yours))
    others = not strict or np.array_equal(yours[~finite], candidate[~finite], equal_nan=True)
    return others and tolerance.accepts(yours[finite], candidate[finite])


def _order(one: Seen) -> str | None:
    if len(one.targets) > 1 and all(map(one.tolerance.accepts, one.answers, reversed(one.targets))):
        return "傳回的順序反了"
    return None


def _unknown(first: Seen, alike: Sequence[Seen]) -> str:
    assert first.bad is not None
    yours, expected, _ = first.pair(first.bad)
    if yours.shape != expected.shape:
        given = [value.shape for value in first.inputs.values() if isinstance(value, np.ndarray)]
        return explain_shape(yours.shape, expected.shape, given)
    return explain_values(
        [
            first.pair(first.bad),
            *(one.pair(first.bad) for one in alike if one is not first and one.names == first.names),
        ]
    )


def _compared(first: Seen, yours: NDArray, expected: NDArray) -> list[tuple[str, str]]:
    digits = digits_that_differ(yours, expected)
    name = first.names[first.bad or 0]
    kind = f"　dtype {yours.dtype}" if yours.dtype != float and yours.ndim else ""
    rows = [("你的", named(name, yours, digits) + kind), ("正解", named(name, expected, digits))]
    if yours.shape == expected.shape and yours.size > 1:
        rows.append(("位置", _first_difference(first, yours, expected, digits)))
    return rows


def _first_difference(first: Seen, yours: NDArray, expected: NDArray, digits: int) -> str:
    """第一個不同的值在哪裡，那裡的輸入、你的、正解。"""
    places = np.ndindex(expected.shape)
    place = next(at for at in places if not first.tolerance.accepts(yours[at], expected[at]))
    index = ", ".join(str(i) for i in place)
    given = [
        f"{name} = {show(value[place])}"
        for name, value in first.inputs.items()
        if isinstance(value, np.ndarray) and value.shape == expected.shape and value.dtype.kind in "fiub"
    ]
    where = f"第一個不同的是 [{index}]：{'、'.join(given)}{'；' if given else ''}"
    return f"{where}你的 {show(yours[place], digits)}，正解 {show(expected[place], digits)}"
