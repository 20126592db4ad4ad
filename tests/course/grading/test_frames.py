"""訊息的格式：每一種值原樣來回；不合格式的一律拒絕，不猜、不配置大塊記憶體、不當掉。"""

import json
import math

import numpy as np
import pytest

from vae_from_scratch.course.grading import frames
from vae_from_scratch.course.grading.frames import BadFrame, Opaque


def round_trip(value, **options):
    packed, numbers = frames.pack(value, **options)
    data = frames.dump(bytes(16), {"value": packed}, numbers)
    text, length, number = frames.lengths(data[: frames.HEADER.size])
    assert number == bytes(16) and len(data) == frames.HEADER.size + text + length
    body = data[frames.HEADER.size :]
    return frames.unpack(frames.parse(body[:text])["value"], body[text:])


@pytest.mark.parametrize(
    "value",
    [None, True, False, 0, -7, 2**62, 0.1, 1e-308, -1e308, "", "無", "RL\n\"\\\x00", [], (),
     [1, [2.5, "x"]], (1, (2,)), {"屋頂": ("Flat", None), "空調": ()}],
)  # fmt: skip
def test_plain_values_come_back_as_they_were(value):
    back = round_trip(value)
    assert back == value and type(back) is type(value)


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_infinities_come_back(value):
    assert round_trip([value]) == [value]
    assert math.isnan(round_trip(math.nan))


@pytest.mark.parametrize("kind", ["?", "i1", "u1", "i2", "i4", "i8", "u8", "f2", "f4", "f8", ">f8", ">i4"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (0, 4), (2, 1, 3)])
def test_arrays_come_back_bit_for_bit(kind, shape):
    array = np.asarray(np.random.default_rng(0).normal(size=shape) * 5).astype(kind)
    back = round_trip(array)
    assert isinstance(back, np.ndarray) and back.shape == array.shape
    assert back.dtype == array.dtype.newbyteorder("=") and np.array_equal(back, array)
    back += back.dtype.type(1)  # 收到的是自己的一份，可以改


def test_non_contiguous_arrays_and_scalars():
    array = np.arange(12.0).reshape(3, 4)
    assert np.array_equal(round_trip(array[:, ::-2]), array[:, ::-2])
    assert np.array_equal(round_trip(array.T), array.T)
    back = round_trip(np.float64(0.1))
    assert isinstance(back, np.float64) and back == 0.1
    assert round_trip(np.array(["TA", None], object)).tolist() == ["TA", None]
    assert round_trip(np.array(["TA", "Gd"])).tolist() == ["TA", "Gd"]
    assert round_trip(np.longdouble(2.5)) == 2.5
    nested = frames.unpack({"o": [[1, 2], [3, 4]]}, b"")
    assert nested.shape == (2,) and nested[1] == [3, 4]


@pytest.mark.parametrize("value", [{1, 2}, {1: 2}, 1j, np.ones(2, complex), object(), 2**70, b"x", lambda: 1])
def test_other_things_come_back_as_a_name_only(value):
    assert isinstance(round_trip(value), Opaque)


def test_deep_values_are_cut_and_functions_are_numbers():
    deep: list = []
    for _ in range(50):
        deep = [deep]
    round_trip(deep)
    functions: list = []

    def register(function):
        functions.append(function)
        return len(functions) - 1

    packed, numbers = frames.pack([abs, 1.0, len], register)
    assert frames.unpack(packed, numbers, lambda index: functions[index]) == [abs, 1.0, len]
    with pytest.raises(BadFrame):  # 由學生來的訊息裡不收函式
        frames.unpack(packed, numbers)


#: 送來的 JSON 與數字 → 都要拒絕。
HOSTILE_VALUES = {
    "看不懂的標籤": ({"z": 1}, b""),
    "兩個標籤": ({"a": ["<f8", [1]], "t": []}, bytes(8)),
    "空的字典": ({}, b""),
    "數字不夠": ({"a": ["<f8", [2]]}, bytes(8)),
    "數字太多": ({"a": ["<f8", [1]]}, bytes(16)),
    "沒有人認領": (1.0, bytes(8)),
    "物件的型別": ({"a": ["|O", [1]]}, bytes(8)),
    "複數": ({"a": ["<c16", [1]]}, bytes(16)),
    "結構": ({"a": ["V8", [1]]}, bytes(8)),
    "型別是串列": ({"a": [["<f8"], [1]]}, bytes(8)),
    "形狀是數字": ({"a": ["<f8", 1]}, bytes(8)),
    "負的形狀": ({"a": ["<f8", [-1]]}, bytes(8)),
    "小數的形狀": ({"a": ["<f8", [1.0]]}, bytes(8)),
    "布林的形狀": ({"a": ["<f8", [True]]}, bytes(8)),
    "大得配置不起來": ({"a": ["<f8", [2**30, 2**30]]}, b""),
    "零乘以天文數字": ({"a": ["<f8", [0, 2**31 - 1, 2**31 - 1, 2**31 - 1]]}, b"") ,
    "九個軸": ({"a": ["<f8", [1] * 9]}, bytes(8)),
    "少一段": ({"a": ["<f8"]}, b""),
    "大整數": (2**63, b""),
    "特別的浮點數": ({"f": "Infinity"}, b""),
    "浮點數的名字是串列": ({"f": ["nan"]}, b""),
    "函式": ({"c": 0}, b""),
    "字典的一項不成對": ({"d": [["x"]]}, b""),
    "字典的鍵不是文字": ({"d": [[1, 2]]}, b""),
    "字典不是串列": ({"d": {"x": 1}}, b""),
    "太深": ([[[[[[[[[[1]]]]]]]]]], b""),
    "太多": ([0] * (frames.MAX_NODES + 1), b""),
    "文字太長": ("x" * (frames.MAX_STRING + 1), b""),
    "落單的代理字元": ("\ud800", b""),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_VALUES)
def test_a_hostile_value_is_refused(name):
    packed, numbers = HOSTILE_VALUES[name]
    with pytest.raises(BadFrame):
        frames.unpack(packed, numbers)


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[1]", b"1", b'"x"', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1,"a":2}',
     b"\xff\xfe",
     b'{"a":' + b"9" * 5000 + b"}", b"[" * 100_000,
     b'{"a":' * 5_000 + b"1" + b"}" * 5_000, b"{}x", b"\xef\xbb\xbf{}"],
    ids=lambda text: text[:12].decode("latin-1"),
)  # fmt: skip
def test_hostile_json_is_refused(text):
    with pytest.raises(BadFrame):
        frames.parse(text)


@pytest.mark.parametrize(
    "header",
    [(b"EVIL", 1, 1), (frames.MAGIC, frames.MAX_TEXT + 1, 0), (frames.MAGIC, 0, frames.MAX_NUMBERS + 1),
     (frames.MAGIC, 2**32 - 1, 2**32 - 1)],
)  # fmt: skip
def test_a_hostile_header_is_refused_before_anything_is_read(header):
    with pytest.raises(BadFrame):
        frames.lengths(frames.HEADER.pack(*header, bytes(16)))


def test_a_boolean_array_holds_only_zeros_and_ones():
    back = frames.unpack({"a": ["|b1", [3]]}, bytes([0, 2, 255]))
    assert back.view("u1").tolist() == [0, 1, 1]


def test_what_is_too_large_is_not_sent():
    with pytest.raises(BadFrame):
        frames.dump(bytes(16), {}, bytes(frames.MAX_NUMBERS + 1))
    with pytest.raises(BadFrame):
        frames.dump(bytes(16), {"x": "長" * frames.MAX_TEXT})
    assert json.loads(frames.dump(bytes(16), {"x": 1})[frames.HEADER.size :]) == {"x": 1}
