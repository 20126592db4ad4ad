"""把「不對」說成人話：形狀差在哪裡、數值與正解有什麼關係、程式為什麼停下來。"""

import builtins
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .outcomes import Failure, Unloadable, WrongAnswer

Accepts = Callable[[NDArray, NDArray], bool]

# 正解 e 與常見的錯：乘錯常數、正負號、少了或多了一次函數。
RELATIONS: dict[str, Callable[[NDArray], NDArray]] = {
    "正負號相反": lambda e: -e,
    "每個值都是正解的兩倍": lambda e: 2 * e,
    "每個值都是正解的一半": lambda e: e / 2,
    "你的值是正解的平方": np.square,
    "你的值是正解的平方根": np.sqrt,
    "你的值是正解的倒數": lambda e: 1 / e,
    "你的值是 exp(正解)，少取了一次 log": np.exp,
    "你的值是 log(正解)，少取了一次 exp": np.log,
    "你的值全是 0": np.zeros_like,
}


def explain_shape(
    yours: tuple[int, ...], expected: tuple[Any, ...], given: Iterable[tuple[int, ...]] = ()
) -> str:
    """形狀不對時的症狀。``given`` 是各輸入的形狀，用來看出沿錯了哪個軸。"""
    said = f"形狀不對：要 {_shape(expected)}，你的是 {_shape(yours)}"
    if yours == expected[::-1] and len(yours) > 1:
        return f"{said}，列與行對調了（轉置）"
    if yours == (*expected, 1):
        return f"{said}，最後多了一個長度 1 的軸：還沒有沿它加總，或用了 keepdims"
    if len(yours) == len(expected) + 1 and yours[:-1] == expected:
        return f"{said}，最後一個軸還沒有加總"
    if any(yours == shape[1:] and expected == shape[:-1] for shape in given if len(shape) > 1):
        return f"{said}，沿列（axis=0）加總了；要沿最後一個軸（axis=-1）"
    if yours == expected[1:] and len(expected) > 1:
        return f"{said}，列（axis=0）被加總或平均掉了"
    if yours == expected[:-1]:
        return f"{said}，最後一個軸被加總或平均掉了"
    if len(yours) > len(expected):
        return f"{said}，多了 {len(yours) - len(expected)} 個軸"
    return said


def _shape(shape: tuple[Any, ...]) -> str:
    return "純量 ()" if shape == () else f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"


def explain_values(yours: NDArray, expected: NDArray, accepts: Accepts) -> str:
    """形狀對而數值不對時的症狀。"""
    if not np.isfinite(yours).all():
        return _explain_non_finite(yours)
    if yours.dtype in (np.float32, np.float16) and np.allclose(yours, expected, rtol=1e-5, atol=1e-6):
        return f"數值只準到 {yours.dtype}；請用 float64 計算"
    for text, relation in RELATIONS.items():
        with np.errstate(all="ignore"):
            if accepts(yours, relation(expected)):
                return text
    return _constant_offset(yours, expected, accepts) or _how_many(yours, expected, accepts)


def _explain_non_finite(yours: NDArray) -> str:
    names = [name for name, found in (("nan", np.isnan(yours)), ("無限大", np.isinf(yours))) if found.any()]
    count = int((~np.isfinite(yours)).sum())
    return f"結果裡有 {' 與 '.join(names)}（{yours.size} 個值裡的 {count} 個）：中途溢位，或算了 0/0、log(0)"


def _constant_offset(yours: NDArray, expected: NDArray, accepts: Accepts) -> str | None:
    if expected.size < 3 or np.ptp(expected) == 0:
        return None
    with np.errstate(all="ignore"):
        ratio, offset = np.median(yours / expected), np.median(yours - expected)
    if np.isfinite(ratio) and accepts(yours, ratio * expected):
        return f"每個值都是正解的 {ratio:.4g} 倍"
    if accepts(yours, expected + offset):
        return f"每個值都比正解{'多' if offset > 0 else '少'} {abs(offset):.4g}"
    return None


def _how_many(yours: NDArray, expected: NDArray, accepts: Accepts) -> str:
    if expected.ndim == 0:
        return "數值不對"
    right = sum(accepts(a, b) for a, b in zip(yours.ravel(), expected.ravel(), strict=True))
    return f"數值不對：{expected.size} 個值裡有 {expected.size - right} 個不對"


CHANGED_SIGNATURE = "呼叫你的函式就失敗了：引數的個數或名字與題目不同；def 那一行不要改"
# 例外的種類 → 一句白話。比對時照順序，子類別在前。
EXCEPTIONS: tuple[tuple[type[BaseException], str], ...] = (
    (NameError, "用到沒有定義的名稱；看看是不是打錯字，或忘了先算它"),
    (AttributeError, "用到不存在的屬性或函式；看看是不是打錯字"),
    (IndexError, "索引超出範圍；先印出 .shape 看看"),
    (ZeroDivisionError, "除以 0"),
    (OverflowError, "數字太大，超出範圍"),
    (RecursionError, "函式一直呼叫自己，停不下來"),
    (ImportError, "匯入的模組不存在；這一組只需要 numpy"),
    (TypeError, "型別不合；看看引數的個數，以及是不是把函式當成數字用"),
    (SystemExit, "程式呼叫了 exit()；練習裡不需要它"),
)


class Elsewhere(Exception):
    """在另一個行程裡發生的例外：內建的型別、自己的名字、訊息、在學生檔案的第幾行與那一行的字。"""

    def __init__(self, kind: str, name: str, message: str, text: str, line: int):
        super().__init__(message)
        self.kind, self.name, self.message, self.text, self.line = kind, name, message, text, line


def _explain_elsewhere(error: Elsewhere) -> Failure:
    """與同一個行程裡的說法相同；沒有經過學生的檔案，就是呼叫的方式不對。"""
    found = getattr(builtins, error.kind, None)
    kind = found if isinstance(found, type) and issubclass(found, BaseException) else Exception
    if issubclass(kind, SyntaxError):
        what = "縮排不對" if issubclass(kind, IndentationError) else "有語法錯誤"
        return Failure(
            f"第 {error.line} 行{what}",
            (("出錯", f"第 {error.line} 行　{error.text}"), ("訊息", error.message)),
        )
    message = f"{error.name}: {error.message}".strip(": ")
    if not error.line and kind is TypeError:
        return Failure(CHANGED_SIGNATURE, (("訊息", message),))
    if not error.line:
        return Failure(message)
    words = next((text for known, text in EXCEPTIONS if issubclass(kind, known)), error.name)
    words = _broken_shapes(error.message) or words if issubclass(kind, ValueError) else words
    place = f"第 {error.line} 行　{error.text}"
    return Failure(f"程式執行到一半出錯：{words}", (("出錯", place), ("訊息", message)))


def explain_exception(error: BaseException, file: Path) -> Failure:
    """一個例外對讀者來說是什麼：答案不對、語法錯誤、或執行到第幾行出錯。"""
    if isinstance(error, Unloadable) and error.__cause__:
        failure = explain_exception(error.__cause__, file)
        return replace(failure, symptom=f"{file.name} 載入不了：{failure.symptom}", whole_file=True)
    if isinstance(error, WrongAnswer):
        return error.failure
    if isinstance(error, Elsewhere):
        return _explain_elsewhere(error)
    if isinstance(error, SyntaxError):
        return _explain_syntax(error, file)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == file]
    message = f"{type(error).__name__}: {error}".strip(": ")
    if not frames and isinstance(error, TypeError):
        return Failure(CHANGED_SIGNATURE, (("訊息", message),))
    if not frames:
        return Failure(str(error) or message) if isinstance(error, AssertionError) else Failure(message)
    place = f"第 {frames[-1].lineno} 行　{frames[-1].line}"
    notes = tuple(("輸入", note) for note in getattr(error, "__notes__", ()))
    return Failure(
        f"程式執行到一半出錯：{_in_plain_words(error)}", (("出錯", place), ("訊息", message), *notes)
    )


def _in_plain_words(error: BaseException) -> str:
    if isinstance(error, ValueError) and (words := _broken_shapes(str(error))):
        return words
    return next((text for kind, text in EXCEPTIONS if isinstance(error, kind)), type(error).__name__)


def _broken_shapes(message: str) -> str:
    if "broadcast" in message:
        return "兩個陣列的形狀對不起來，不能逐元素相加或相乘"
    if "matmul" in message:
        return "矩陣相乘的形狀對不起來；逐元素相乘用 *，矩陣乘法用 @"
    return ""


def _explain_syntax(error: SyntaxError, file: Path) -> Failure:
    kind = "縮排不對" if isinstance(error, IndentationError) else "有語法錯誤"
    line = (error.text or "").strip()
    return Failure(
        f"第 {error.lineno} 行{kind}",
        (("出錯", f"第 {error.lineno} 行　{line}"), ("訊息", error.msg)),
    )
