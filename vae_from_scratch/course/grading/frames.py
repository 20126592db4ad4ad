"""評分的行程與學生的行程之間的訊息：一段 JSON 與一段原始的數字，不用 pickle。

一則訊息是：``開頭 | JSON 有幾個位元組 | 數字有幾個位元組 | 16 個位元組的編號 | JSON | 數字``。
值只有這幾種：None、布林、整數、浮點數、文字、串列、tuple、字典、陣列；函式只傳號碼，其他東西只傳型別的名字。
大小、型別、個數、層數都有上限；讀的人照上限檢查，不合就引發 ``BadFrame``，不猜。
"""

import json
import math
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

MAGIC = b"VAE1"
HEADER = struct.Struct(">4sII16s")
MAX_TEXT, MAX_NUMBERS = 2_000_000, 2_000_000  # 一則訊息裡 JSON 與數字最多幾個位元組
MAX_ANSWER = 700_000  # 由學生那一邊來的數字更少：檢查拿它與別的陣列相乘，太大會用完評分的行程的記憶體
MAX_DEPTH, MAX_NODES, MAX_STRING, MAX_AXES = 8, 120_000, 20_000, 8
DTYPES = ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8")
_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class BadFrame(Exception):
    """訊息不合格式；訊息說是哪裡不合。"""


class Opaque:
    """傳不過來的東西（字典、集合、複數、自訂的類別……）：只知道它的型別叫什麼。"""

    def __init__(self, name: str):
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


# ---- 值 ↔ JSON ----------------------------------------


def pack(value: Any, register: Callable[[Callable[..., Any]], int] | None = None) -> tuple[Any, bytes]:
    """一個值 →（能寫成 JSON 的東西, 數字的位元組）。``register`` 收下函式，傳回它的號碼。"""
    numbers: list[bytes] = []
    return _packed(value, numbers, register, 0), b"".join(numbers)


def _packed(value: Any, numbers: list[bytes], register: Any, depth: int) -> Any:
    if depth == MAX_DEPTH:
        return {"x": "太多層"}
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")[:MAX_STRING]
    if isinstance(value, np.ndarray | np.generic):
        return _packed_array(value, numbers, depth)
    if isinstance(value, int):
        return int(value) if abs(value) < 2**63 else {"x": "int"}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"f": str(float(value))}
    if isinstance(value, list | tuple):
        items = [_packed(item, numbers, register, depth + 1) for item in value]
        return items if isinstance(value, list) else {"t": items}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"d": [[key, _packed(item, numbers, register, depth + 1)] for key, item in value.items()]}
    if callable(value) and register is not None:
        return {"c": register(value)}
    return {"x": type(value).__name__[:80]}


def _packed_array(value: Any, numbers: list[bytes], depth: int) -> Any:
    array = np.asarray(value)
    if array.dtype == np.longdouble:
        array = array.astype(float)
    kind = array.dtype.newbyteorder("<")
    if kind.str in DTYPES:
        numbers.append(np.ascontiguousarray(array, kind).tobytes())
        return {"n" if isinstance(value, np.generic) else "a": [kind.str, list(array.shape)]}
    if array.dtype.kind in "OU" and array.ndim == 1:  # 文字與 None 的一欄
        return {"o": [_packed(item, numbers, None, depth + 1) for item in array.tolist()]}
    if array.dtype.kind == "U" and array.ndim == 0:
        return _packed(str(array), numbers, None, depth)
    return {"x": f"{array.dtype.name} 的陣列"[:80]}


class _Reader:
    """把 JSON 換回值：數字依序從 ``numbers`` 拿，最後要剛好拿完。"""

    def __init__(self, numbers: bytes, function: Callable[[int], Any] | None):
        self.numbers, self.position, self.nodes, self.function = numbers, 0, 0, function

    def value(self, packed: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise BadFrame("太多層或太多個值")
        if packed is None or isinstance(packed, bool | float):
            return packed
        if isinstance(packed, int):
            return packed if abs(packed) < 2**63 else _refuse("整數太大")
        if isinstance(packed, str):
            return _string(packed)
        if isinstance(packed, list):
            return [self.value(item, depth + 1) for item in packed]
        if isinstance(packed, dict) and len(packed) == 1:
            ((tag, content),) = packed.items()
            return self.tagged(tag, content, depth)
        raise BadFrame("看不懂的值")

    def tagged(self, tag: str, content: Any, depth: int) -> Any:
        if tag == "f" and isinstance(content, str) and content in _SPECIAL:
            return _SPECIAL[content]
        if tag in ("a", "n") and isinstance(content, list) and len(content) == 2:
            array = self.array(*content)
            return array if tag == "a" else array[()]
        if tag == "x" and isinstance(content, str):
            return Opaque(_string(content)[:80])
        if tag == "c" and type(content) is int and self.function is not None:
            return self.function(content)
        if tag in ("t", "o") and isinstance(content, list):
            items = [self.value(item, depth + 1) for item in content]
            return tuple(items) if tag == "t" else _objects(items)
        if tag == "d" and isinstance(content, list):
            return dict(self.pair(item, depth) for item in content)
        raise BadFrame("看不懂的值")

    def pair(self, item: Any, depth: int) -> tuple[str, Any]:
        if not (isinstance(item, list) and len(item) == 2 and isinstance(item[0], str)):
            raise BadFrame("字典的一項要是「名字, 值」")
        return _string(item[0]), self.value(item[1], depth + 1)

    def array(self, kind: Any, shape: Any) -> np.ndarray:
        if kind not in DTYPES or not isinstance(shape, list) or len(shape) > MAX_AXES:
            raise BadFrame("陣列的型別或軸數不對")
        if not all(type(size) is int and 0 <= size < 2**31 for size in shape):
            raise BadFrame("陣列的形狀不對")
        length = math.prod(shape) * np.dtype(kind).itemsize
        if length > len(self.numbers) - self.position:
            raise BadFrame("陣列比送來的數字長")
        raw = self.numbers[self.position : self.position + length]
        self.position += length
        try:
            array = np.frombuffer(raw, np.dtype(kind)).reshape(shape).copy()
        except (ValueError, OverflowError):  # 有一軸是 0，別的軸是天文數字
            raise BadFrame("陣列的形狀不對") from None
        # 布林的位元組只能是 0 與 1；別的值會讓 NumPy 的比較行為未定義。
        return array.view("u1").astype(bool).reshape(shape) if kind == "|b1" and length else array


def _objects(items: list[Any]) -> np.ndarray:
    array = np.empty(len(items), object)
    for place, item in enumerate(items):  # 整批指定的話，一串串列會被當成二維
        array[place] = item
    return array


def _string(text: str) -> str:
    if len(text) > MAX_STRING:
        raise BadFrame("文字太長")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadFrame("文字裡有落單的代理字元") from None
    return text


def _refuse(reason: str) -> Any:
    raise BadFrame(reason)


def unpack(packed: Any, numbers: bytes, function: Callable[[int], Any] | None = None) -> Any:
    """``pack`` 的反運算；``function`` 由號碼給出函式，沒有它就不收函式。"""
    reader = _Reader(numbers, function)
    value = reader.value(packed)
    if reader.position != len(numbers):
        raise BadFrame("有沒有人認領的數字")
    return value


# ---- 一則訊息 ----------------------------------------


def dump(number: bytes, content: Any, numbers: bytes = b"", most: int = MAX_NUMBERS) -> bytes:
    """一則訊息的位元組；太大引發 ``BadFrame``。"""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    if len(text) > MAX_TEXT or len(numbers) > most:
        raise BadFrame("訊息太大")
    return HEADER.pack(MAGIC, len(text), len(numbers), number) + text + numbers


def lengths(header: bytes, most: int = MAX_NUMBERS) -> tuple[int, int, bytes]:
    """開頭 →（JSON 的長度, 數字的長度, 編號）；在配置記憶體以前就檢查上限，數字最多 ``most`` 個位元組。"""
    magic, text, numbers, number = HEADER.unpack(header)
    if magic != MAGIC:
        raise BadFrame("開頭不對")
    if text > MAX_TEXT or numbers > most:
        raise BadFrame("訊息太大")
    return text, numbers, number


def parse(text: bytes) -> dict[str, Any]:
    """JSON 的位元組 → 字典；重複的名字、NaN、不是字典的都不收。"""
    try:
        content = json.loads(
            text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=lambda name: _refuse(name)
        )
    except BadFrame:
        raise
    except (ValueError, RecursionError, MemoryError) as error:
        raise BadFrame(f"不是 JSON：{type(error).__name__}") from None
    if not isinstance(content, dict):
        raise BadFrame("要是一個字典")
    return content


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise BadFrame("同一個名字出現兩次")
    return content
