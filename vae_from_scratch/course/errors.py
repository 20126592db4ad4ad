"""把例外說成人話：學生的哪一行、發生了什麼、怎麼改。

每一條規則是「例外的種類、Python 或 NumPy 的英文訊息、中文」；評分時例外在另一個行程裡發生，只剩這些文字，
規則仍然適用。同一個行程裡的，還看得到變數的形狀，也猜得出打錯的名字。
"""

import builtins
import linecache
import math
import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any

import numpy as np

from .display import width
from .outcomes import Failure, Unloadable, Unreadable, WrongAnswer
from .syntax import explain_syntax

CHANGED_SIGNATURE = "呼叫你的函式就失敗了：引數的個數或名字與題目不同；def 那一行不要改"
ODD_RETURN = "你的函式傳回的東西不是題目說的樣子，檢查算不下去"
MISSPELT = "；看看是不是打錯字，或忘了先算它"
#: 這些與題目的式子無關，題目的提示幫不上忙。
MECHANICAL = {
    "NameError",
    "AttributeError",
    "ImportError",
    "EOFError",
    "SystemExit",
    "OSError",
    "MemoryError",
}
#: 這些看變數的形狀與型別就知道。
ABOUT_VALUES = {"ValueError", "TypeError", "IndexError", "LinAlgError"}
FORGOT_RETURN = "前面呼叫的函式是不是忘了 return"
AS_ARRAY = "先用 np.asarray 變成陣列"
#: 「把它當成數字用了」的時候，這些型別各是怎麼回事。
MISUSED = {
    "NoneType": f"拿 None 來算：{FORGOT_RETURN}",
    "list": f"串列不能這樣算；{AS_ARRAY}",
    "tuple": f"tuple 不能這樣算；{AS_ARRAY}，或先拆開：a, b = …",
    "str": "拿文字來算；數字不要加引號",
    "function": "把函式本身當成數字用了；少了呼叫的括號 ()",
    "builtin_function_or_method": "把函式本身當成數字用了；少了呼叫的括號 ()",
    "method": "把函式本身當成數字用了；少了呼叫的括號 ()",
    "ufunc": "把函式本身當成數字用了；少了呼叫的括號 ()",
}

#: 數學或別的程式庫裡有、NumPy 不這樣叫的。
NOT_IN_NUMPY = {
    "ln": "自然對數是 np.log",
    "erf": "用 math.erf，一次一個數",
    "sqr": "平方是 np.square，或 x**2",
    "sigmoid": "自己寫：1 / (1 + np.exp(-x))",
}

Words = str | Callable[..., str]


def shapes(*texts: str) -> str:
    """訊息裡的形狀，寫成「(3, 2) 與 (4,)」。"""
    found = re.findall(r"\(([\d, ]*)\)", " ".join(texts))
    sizes = [[size.strip() for size in one.split(",") if size.strip()] for one in found]
    return " 與 ".join(f"({', '.join(one)}{',' * (len(one) == 1)})" for one in sizes)


def _operands(operator: str, *kinds: str) -> str:
    if operator.startswith("^"):
        return "次方要寫 **；^ 在 Python 裡是別的運算"
    known = next((MISUSED[kind] for kind in kinds if kind in MISUSED), "")
    return known or f"{' 與 '.join(kinds)} 不能用 {operator} 算"


def _no_attribute(kind: str, name: str) -> str:
    if kind == "NoneType":
        return f"對 None 取 .{name}：{FORGOT_RETURN}"
    cure = f"；{AS_ARRAY}" if kind in ("list", "tuple", "float", "int") and hasattr(np.ndarray, name) else ""
    return f"{kind} 沒有「{name}」這個屬性或函式{cure}"


def _called(kind: str) -> str:
    what = {"numpy.ndarray": "陣列", "float": "數字", "int": "數字", "numpy.float64": "數字"}.get(kind, kind)
    return f"{what}後面接了括號 ( )，被當成函式呼叫；相乘要寫 *，取一格用 [ ]"


def _not_iterable(kind: str, *rest: str) -> str:
    return MISUSED["NoneType"] if kind == "NoneType" else f"{kind} 只有一個值，不能一個一個取出來"


def _subscripted(kind: str) -> str:
    if kind in ("function", "builtin_function_or_method", "method", "type", "numpy.ufunc"):
        return "函式後面要用圓括號 ( )，不是 [ ]"
    return f"對 None 取 [ ]：{FORGOT_RETURN}" if kind == "NoneType" else f"{kind} 只有一個值，不能用 [ ] 取"


def _keyword(function: str, name: str) -> str:
    guess = "；是不是 axis？" if name in ("axes", "ax", "dim", "axs") else ""
    return f"{function} 沒有叫「{name}」的引數{guess}"


def _index(index: str, axis: str, size: str) -> str:
    return f"索引 {index} 超出範圍：第 {axis} 軸的長度是 {size}，索引由 0 到 {int(size) - 1}"


def _joined(names: str) -> str:
    return "、".join(re.findall(r"'(\w+)'", names))


# 種類（例外或它父類別的名字）、訊息裡的文字、怎麼說。由上往下，第一條合的。
RULES: tuple[tuple[str, str, Words], ...] = (
    # ---- 名字 ----
    ("NameError", r"variable '(\w+)' (?:where|referenced)", "「{0}」還沒有值就拿來用；先算它，再用它"),
    (
        "NameError",
        r"name '(\w+)' is not defined",
        "用到沒有定義的名稱「{0}」",
    ),
    ("AttributeError", r"module '([\w.]+)' has no attribute '(\w+)'", "{0} 裡沒有「{1}」"),
    ("AttributeError", r"'([\w.]+)' object has no attribute '(\w+)'", _no_attribute),
    ("ImportError", r"cannot import name '(\w+)' from '([\w.]+)'", "{1} 裡沒有「{0}」，匯入不了"),
    ("ImportError", r"No module named '([\w.]+)'", "匯入的模組不存在：{0}；這一組只需要 numpy"),
    ("ImportError", "", "匯入的模組不存在；這一組只需要 numpy"),
    # ---- 形狀 ----
    (
        "ValueError",
        r"operands could not be broadcast together with (?:remapped )?shapes (.*)",
        lambda found: f"兩個陣列的形狀對不起來：{shapes(found)}，不能逐元素相加或相乘",
    ),
    (
        "ValueError",
        r"non-broadcastable output operand with shape (\(.*?\)) doesn't match the broadcast shape (\(.*?\))",
        lambda old, new: f"+= 與 *= 不能改變形狀：原來是 {shapes(old)}，算出來是 {shapes(new)}",
    ),
    (
        "ValueError",
        r"could not broadcast input array from shape (\(.*?\)) into shape (\(.*?\))",
        lambda new, old: f"放不進去：要放的形狀是 {shapes(new)}，位子的形狀是 {shapes(old)}",
    ),
    (
        "ValueError",
        r"matmul: .*\(size (\d+) is different from (\d+)\)",
        "矩陣相乘的形狀對不起來：左邊最後一軸是 {1}，右邊倒數第二軸是 {0}，要相同；逐元素相乘用 *",
    ),
    ("ValueError", r"matmul: .*not have enough dimensions", "@ 的一邊是純量，沒有軸；乘以一個數用 *"),
    (
        "ValueError",
        r"shapes (\(.*?\)) and (\(.*?\)) not aligned",
        lambda one, other: (
            f"矩陣相乘的形狀對不起來：{shapes(one, other)}；左邊最後一軸與右邊倒數第二軸要一樣長"
        ),
    ),
    (
        "ValueError",
        r"cannot reshape array of size (\d+) into shape (\(.*?\))",
        lambda size, shape: f"reshape 不了：陣列有 {size} 個值，放不成 {shapes(shape)}",
    ),
    ("ValueError", r"axes don't match array", "transpose 給的軸數與陣列的不同"),
    (
        "ValueError",
        r"axis (-?\d+) is out of bounds for array of dimension 0",
        "沒有第 {0} 軸：這是純量",
    ),
    (
        "ValueError",
        r"axis (-?\d+) is out of bounds for array of dimension (\d+)",
        "沒有第 {0} 軸：這個陣列只有 {1} 個軸",
    ),
    ("ValueError", r"all the input arrays? dimensions", "要接起來的陣列，除了接的那一軸，其他軸要一樣長"),
    ("ValueError", r"all the input arrays must have same number", "要接起來的陣列，軸數要相同"),
    ("ValueError", r"all input arrays must have the same shape", "np.stack 的每個陣列，形狀要相同"),
    ("ValueError", r"inhomogeneous shape", "各列的長短不一樣，排不成一個陣列"),
    ("ValueError", r"setting an array element with a sequence", "一格裡要放一個數，你放了一整個陣列或串列"),
    (
        "IndexError",
        r"too many indices for array: array is (\d+)-dimensional, but (\d+)",
        "索引太多：陣列只有 {0} 個軸，你給了 {1} 個索引",
    ),
    ("IndexError", r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)", _index),
    ("IndexError", r"invalid index to scalar", "對一個數取 [ ]；它不是陣列"),
    ("IndexError", r"only integers, slices", "索引要是整數、切片（:）、整數陣列或布林陣列"),
    ("IndexError", "", "索引超出範圍；先印出 .shape 或 len(…) 看看"),
    # ---- 型別 ----
    (
        "TypeError",
        r"Cannot cast ufunc '(\w+)' output from dtype\('(\w+)'\) to dtype\('(\w+)'\)",
        "{2} 的陣列放不下 {1} 的結果：+=、*= 不會換型別；寫成 x = x + …，或先用 .astype(float)",
    ),
    (
        "TypeError",
        r"only (?:length-1|size-1|0-dimensional) arrays can be converted",
        "math 的函式、float()、int() 只收一個數，你給了整個陣列；改用 NumPy 的函式，例如 np.exp",
    ),
    (
        "TypeError",
        r"only integer scalar arrays can be converted to a scalar index",
        "這裡要一個整數，你給了陣列；np.concatenate 與 np.stack 要把陣列放進一個串列：[a, b]",
    ),
    (
        "TypeError",
        r"argument \d+ of type (\w+) which has no callable (\w+) method",
        "np.{1} 收到的不是數字的陣列，裡面有 {0}",
    ),
    ("TypeError", r"ufunc 'bitwise_xor' not supported", lambda: _operands("^")),
    ("TypeError", r"ufunc '(\w+)' not supported for the input types", "np.{0} 收到不能算的型別"),
    ("TypeError", r"ufunc '(\w+)' did not contain a loop", "np.{0} 收到不能算的型別（例如文字）"),
    ("TypeError", r"unsupported operand type\(s\) for (.+?): '([\w.]+)' and '([\w.]+)'", _operands),
    ("TypeError", r"bad operand type for unary (.): '([\w.]+)'", _operands),
    ("TypeError", r"can't multiply sequence", MISUSED["list"]),
    (
        "TypeError",
        r"can only concatenate (\w+)",
        lambda kind: MISUSED.get(kind, f"{kind} 不能這樣加"),
    ),
    ("TypeError", r"'([\w.]+)' object is not callable", _called),
    ("TypeError", r"'([\w.]+)' object is not subscriptable", _subscripted),
    ("TypeError", r"cannot unpack non-iterable NoneType", f"拆不開 None：{FORGOT_RETURN}"),
    ("TypeError", r"cannot unpack non-iterable (\S+) object", "右邊只有一個值（{0}），不能拆成好幾個名字"),
    ("TypeError", r"'([\w.]+)' object is not iterable", _not_iterable),
    ("TypeError", r"iteration over a 0-d array", "純量只有一個值，不能一個一個取出來"),
    ("TypeError", r"'(\w+)' object does not support item assignment", "{0} 的內容不能改；做一個新的"),
    (
        "TypeError",
        r"list indices must be integers or slices, not (\w+)",
        f"串列只能用整數取；{AS_ARRAY}",
    ),
    ("TypeError", r"unhashable type: '([\w.]+)'", "{0} 不能當字典的鍵，也不能放進集合；換成 tuple"),
    (
        "TypeError",
        r"'([\w.]+)' object cannot be interpreted as an integer",
        "這裡要整數，你給的是 {0}；/ 的結果一定是小數，整數的除法用 //",
    ),
    ("TypeError", r"must be real number, not (\w+)", "math 的函式只收一個數，你給了 {0}"),
    ("TypeError", r"'(.+)' not supported between instances of '(\w+)' and '(\w+)'", _operands),
    (
        "TypeError",
        r"(\w+)\(\) missing \d+ required (?:positional|keyword-only) arguments?: (.+)",
        lambda function, names: f"呼叫 {function} 時少給了引數 {_joined(names)}",
    ),
    (
        "TypeError",
        r"(\w+)\(\) takes (?:from \d+ to )?(\d+) positional arguments? but (\d+)",
        "{0} 收 {1} 個引數，你給了 {2} 個",
    ),
    ("TypeError", r"(\w+)\(\) takes no arguments", "{0} 不收引數"),
    ("TypeError", r"(\w+)\(\) got (?:an|some) unexpected keyword argument '(\w+)'", _keyword),
    ("TypeError", r"(\w+)\(\) got multiple values for argument '(\w+)'", "呼叫 {0} 時，引數 {1} 給了兩次"),
    ("TypeError", "", "型別不合；看看引數的個數，以及是不是把函式當成數字用"),
    # ---- 數值 ----
    (
        "ValueError",
        r"truth value of an array",
        "把整個陣列當成真假用了（if、and、or、max、min）；逐元素的用 np.where、np.maximum、&",
    ),
    (
        "ValueError",
        r"Integers to negative integer powers",
        "整數的陣列不能取負的次方；先 .astype(float)",
    ),
    (
        "ValueError",
        r"math domain error|expected a \w+ input",
        "math 的函式收到不能算的值，像 log(0)",
    ),
    ("ValueError", r"could not convert string to float: (.*)", "文字 {0} 不能變成數字"),
    ("ValueError", r"too many values to unpack \(expected (\d+)", "等號左邊有 {0} 個名字，右邊的值更多"),
    (
        "ValueError",
        r"not enough values to unpack \(expected (?:at least )?(\d+), got (\d+)",
        "等號左邊有 {0} 個名字，右邊只有 {1} 個值",
    ),
    ("ValueError", r"read-only", "這個陣列只能讀；先用 .copy() 複製一份"),
    ("ValueError", r"einstein sum|einsum|[Oo]perand .*subscripts", "np.einsum 的下標與陣列的軸數不合"),
    ("NotImplementedError", "", "最外層（函式外面）呼叫了還沒寫的函式；先寫好它，或把那一行拿掉"),
    ("ZeroDivisionError", "", "除以 0"),
    ("OverflowError", r"math range error", "math 的函式算出的數太大，超出範圍"),
    ("OverflowError", "", "數字太大，超出範圍"),
    ("KeyError", r"(.*)", "字典裡沒有這個鍵：{0}"),
    # ---- 整個程式 ----
    (
        "MemoryError",
        r"Unable to allocate ([\d.]+ \w+) for an array with shape (\(.*?\))",
        lambda size, shape: f"記憶體不夠：形狀 {shapes(shape)} 的陣列要 {size}；多半是形狀弄錯了",
    ),
    ("MemoryError", "", "記憶體用完了；看看有沒有太大的陣列，或愈來愈長的串列"),
    ("RecursionError", "", "函式一直呼叫自己，停不下來"),
    ("EOFError", "", "程式呼叫了 input()；檢查的時候沒有人輸入，把它拿掉，要用的值由引數給"),
    ("SystemExit", "", "程式呼叫了 exit()；練習裡不需要它"),
    ("OSError", "", "程式讀寫了檔案；練習裡不需要，把那一行拿掉"),
    ("AssertionError", "", "你寫的 assert 不成立"),
)
LINEAR_ALGEBRA = (
    (r"Singular matrix", "矩陣是奇異的（行列式是 0），沒有反矩陣，方程組也沒有唯一的解"),
    (r"must be square", "這個函式只收方陣"),
    (r"not positive definite", "矩陣不是正定的，不能做 Cholesky 分解；共變異數矩陣要對稱，變異數都大於 0"),
    (r"(\d+)-dimensional array given", "要給矩陣（至少兩個軸），你給的有 {0} 個軸"),
    (r"not converge", "沒有收斂；輸入裡是不是有 nan 或無限大"),
    (r"", "線性代數的函式算不下去"),
)


class Elsewhere(Exception):
    """在另一個行程裡發生的例外：內建的型別、自己的名字、訊息、在學生檔案的第幾行與那一行的字。"""

    def __init__(self, kind: str, name: str, message: str, text: str, line: int):
        super().__init__(message)
        self.kind, self.name, self.message, self.text, self.line = kind, name, message, text, line


class Cells:
    """筆記本：學生的程式在好幾格裡，一格就是一個「檔案」。``number`` 由程式的檔名查出那一格的號碼。"""

    name = "筆記本"

    def __init__(self, answers: Mapping[str, Any], number: Callable[[str], str] = lambda name: ""):
        self._functions = {
            value.__code__.co_filename: name
            for name, value in answers.items()
            if isinstance(value, FunctionType) and value.__module__ == "__main__"
        }
        self._number = number

    def owns(self, filename: str) -> bool:
        """這段程式在筆記本裡嗎？"""
        return filename in self._functions

    def line(self, filename: str, line: int) -> str:
        """例如「定義 reparameterize 的那一格（In [5]）第 2 行」。"""
        number = self._number(filename)
        return f"定義 {self._functions[filename]} 的那一格{f'（{number}）' if number else ''}第 {line} 行"


Place = Path | Cells


@dataclass(frozen=True)
class _Raised:
    """一個例外，不論在哪個行程裡發生；``where`` 空的，就是沒有經過學生的程式。"""

    kinds: tuple[str, ...]
    name: str
    message: str
    where: str = ""
    text: str = ""
    guess: str = ""
    details: tuple[tuple[str, str], ...] = ()


def explain_exception(error: BaseException, place: Place) -> Failure:
    """一個例外對讀者來說是什麼：答案不對、語法錯誤、或執行到第幾行出錯。"""
    if isinstance(error, Unloadable) and error.__cause__:
        failure = explain_exception(error.__cause__, place)
        return replace(failure, symptom=f"{place.name} 載入不了：{failure.symptom}", whole_file=True)
    if isinstance(error, WrongAnswer):
        return error.failure
    if isinstance(error, Unreadable):
        return Failure(str(error))
    if isinstance(error, Elsewhere):
        return _explain_elsewhere(error)
    if isinstance(error, SyntaxError):
        return explain_syntax(type(error), error.msg, error.lineno or 0, error.text or "", error.offset)
    return _explain(_here(error, place), error)


def _explain_elsewhere(error: Elsewhere) -> Failure:
    found = getattr(builtins, error.kind, None)
    kind = found if isinstance(found, type) and issubclass(found, BaseException) else Exception
    if issubclass(kind, SyntaxError):
        return explain_syntax(kind, error.message, error.line, error.text)
    where = f"第 {error.line} 行" if error.line else ""
    kinds = (error.name, *(base.__name__ for base in kind.__mro__))
    return _explain(_Raised(kinds, error.name, error.message, where, error.text), error)


def _explain(raised: _Raised, error: BaseException) -> Failure:
    message = f"{raised.name}: {raised.message}".removesuffix(": None").strip(": ")
    if raised.where:
        place = ("出錯", f"{raised.where}　{raised.text}")
        guess = raised.guess or MISSPELT * ("NameError" in raised.kinds)
        words = f"程式執行到一半出錯：{in_plain_words(raised.kinds, raised.message)}{guess}"
        useful = not MECHANICAL & set(raised.kinds)
        return Failure(words, (place, ("訊息", message), *raised.details), hint=useful)
    if "TypeError" in raised.kinds and "argument" in raised.message:
        return Failure(CHANGED_SIGNATURE, (("訊息", message),))
    if isinstance(error, AssertionError):
        return Failure(str(error) or message)
    if {"TypeError", "AttributeError", "IndexError", "ValueError"} & set(raised.kinds):
        return Failure(ODD_RETURN, (("訊息", message), *raised.details))
    return Failure(in_plain_words(raised.kinds, raised.message), (("訊息", message),))


def in_plain_words(kinds: Iterable[str], message: str) -> str:
    """例外的種類與英文訊息 → 一句中文；認不得的，就是例外的名字。"""
    kinds = tuple(kinds)
    rules = RULES
    if "LinAlgError" in kinds:
        rules = tuple(("LinAlgError", pattern, words) for pattern, words in LINEAR_ALGEBRA)
    for kind, pattern, words in rules:
        if kind in kinds and (found := re.search(pattern, message, re.DOTALL)):
            return words.format(*found.groups()) if isinstance(words, str) else words(*found.groups())
    return kinds[0]


def _here(error: BaseException, place: Place) -> _Raised:
    """同一個行程裡的例外：找到學生的最後一行，看看那一行的變數，猜猜打錯的名字。"""
    kinds = tuple(base.__name__ for base in type(error).__mro__)
    raised = _Raised(kinds, type(error).__name__, str(error))
    notes = tuple(("輸入", note) for note in getattr(error, "__notes__", ()))
    found = _last_frame(error, place)
    if not found:
        return replace(raised, details=notes)
    frame, line = found
    name = frame.f_code.co_filename
    linecache.checkcache(name)
    text = linecache.getline(name, line).strip()
    where = place.line(name, line) if isinstance(place, Cells) else f"第 {line} 行"
    variables = _variables(frame, text) if ABOUT_VALUES & set(kinds) else ()
    return replace(
        raised, where=where, text=text, guess=_guess(error, frame, text), details=variables + notes
    )


def _last_frame(error: BaseException, place: Place) -> tuple[FrameType, int] | None:
    frames = traceback.walk_tb(error.__traceback__)
    found = [(frame, line) for frame, line in frames if _owns(place, frame.f_code.co_filename)]
    outermost = isinstance(error, NotImplementedError) and found and found[0][0].f_code.co_name == "<module>"
    return found[0 if outermost else -1] if found else None


def raised_in(error: BaseException, place: Place) -> str:
    """例外在學生的哪一個函式裡發生；沒有經過學生的程式是空的。"""
    found = _last_frame(error, place)
    return found[0].f_code.co_name if found else ""


def _owns(place: Place, filename: str) -> bool:
    return place.owns(filename) if isinstance(place, Cells) else Path(filename) == place


def _guess(error: BaseException, frame: FrameType, text: str) -> str:
    """打錯的名字最像哪一個；``text`` 是出錯的那一行，看得出是不是當作函式呼叫。"""
    name = getattr(error, "name", None)
    if not isinstance(name, str):
        return ""
    if isinstance(error, AttributeError):
        if error.obj is np and name in NOT_IN_NUMPY:
            return f"；{NOT_IN_NUMPY[name]}"
        return _closest(name, dir(error.obj))
    if isinstance(error, ImportError):
        return _closest(name, ("numpy", "math", "scipy"))
    if not isinstance(error, NameError):
        return ""
    if name in ("np", "math"):
        return f"；檔案開頭的 import {'numpy as np' if name == 'np' else name} 還在嗎？"
    for prefix, module in (("np", np), ("math", math)):
        found = getattr(module, name, None)
        if isinstance(found, float) or (callable(found) and re.search(rf"\b{name}\s*\(", text)):
            return f"；要寫成 {prefix}.{name}"
    own = [one for one in (*frame.f_locals, *frame.f_globals) if not one.startswith("__")]
    close = _closest(name, own)
    if close or not re.search(rf"\b{name}\s*\(", text):
        return close
    return _closest(name, dir(builtins)) or _closest(name, dir(np), "np.")


def _closest(name: str, names: Iterable[str], prefix: str = "") -> str:
    close = get_close_matches(name, [one for one in names if one != name], n=1, cutoff=0.6)
    return f"；是不是 {prefix}{close[0]}？" if close else ""


def _variables(frame: FrameType, text: str) -> tuple[tuple[str, str], ...]:
    """出錯那一行的變數各是什麼：陣列的形狀與 dtype，其餘的型別。"""
    names = dict.fromkeys(re.findall(r"(?<![\w.\"'])[^\W\d]\w*", text))
    found = {name: frame.f_locals[name] for name in names if name in frame.f_locals}
    lines = [(name, kind) for name, value in found.items() if (kind := _kind(value))][:6]
    columns = max((width(name) for name, _ in lines), default=0)
    rows = [f"{name}{' ' * (columns - width(name))}  {kind}" for name, kind in lines]
    return (("變數", "\n".join(rows)),) if rows else ()


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"形狀 {value.shape}，{value.dtype}"
    if isinstance(value, list | tuple | dict | str):
        return f"{type(value).__name__}，長度 {len(value)}"
    if value is None or isinstance(value, bool | int | float | np.generic):
        return "None" if value is None else f"{type(value).__name__}，{value}"
    return ""
