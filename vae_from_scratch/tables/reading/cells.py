"""一格文字怎麼讀：看不見的字元、數字的各種寫法、樓層、代碼。每個函式只看一格，不知道欄與檔案。

這裡的規則只套在一欄「不重複的值」上，一百萬列的欄也只做幾百次。
"""

import math
import re
import unicodedata
from typing import NamedTuple

#: 看不見、複製貼上時混進來的：零寬空格、BOM、連字號的提示、左右方向的記號、控制字元。
_HIDDEN = "".join(
    (
        "\u00ad\u061c\u180e\u200b\u200e\u200f\u2060\ufeff",
        *(chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
        *(chr(code) for code in (*range(1, 9), *range(0x0E, 0x20), 0x7F)),
    )
)
#: 不換行的空白與它的親戚，換成普通的空白；全形空白在字的中間看得見，不動。
_SPACES = "\u00a0\u2007\u202f"
_TO_CLEAN = str.maketrans(dict.fromkeys(_HIDDEN, "") | dict.fromkeys(_SPACES, " "))
#: 兩端去掉的：各種空白，以及只在字與字之間才有意思的連接記號。
_EDGES = " \t\n\r\v\f\x85\u1680\u3000\u2028\u2029\u205f\u200c\u200d"
_EDGES += "".join(map(chr, range(0x2000, 0x200B)))
_MINUS = str.maketrans(dict.fromkeys("\u2212\u2013\u2012\u2010\u2011", "-"))

_CURRENCY = (
    r"NT\$|NTD|TWD|US\$|USD|HK\$|HKD|JPY|EUR|CNY|RMB|GBP|新[台臺]幣|[台臺]幣|美[元金]|日[圓幣]|人民幣|[$¥€£]"
)
#: 整欄都寫著同一個時，去掉它。
_UNITS = (
    r"坪|平方公尺|m2|m\^2|公尺|公里|公分|km|cm|mm|m|公斤|公克|kg|g|歲|年|個月|天|小時|分鐘|分|秒"
    r"|千元|萬元?|億元?|人|戶|間|房|廳|衛"
)
_SIGNED = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
_GROUPED = r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"
_NUMBER = re.compile(
    rf"(?P<minus>-)?(?P<prefix>{_CURRENCY})?\s?(?P<number>{_GROUPED}|{_SIGNED})\s?(?P<suffix>{_CURRENCY}|元整?|圓整?|円|%|{_UNITS})?",
    re.ASCII,
)
#: 數字的前面最多是幣別與正負號；開頭這幾個字沒有數字，就不必往下看。
_MAY_BE = re.compile(r"\D{0,8}\d")
_COMMA_DECIMAL = re.compile(r"[+-]?\d+,\d+|[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?|[+-]?\d+", re.ASCII)
_BRACKETS = re.compile(r"\(([^()+-]+)\)")
#: 電腦自己寫的數字：沒有多餘的 0、整數部分不超過 15 位，換成浮點數再換回來不會變成別的數。
PLAIN = r"-?(?:0|[1-9]\d{0,14})(?:\.\d+)?(?:[eE][+-]?\d{1,2})?"
_PLAIN = re.compile(PLAIN, re.ASCII)
_DIGIT, _NUMERAL = "[一二兩三四五六七八九]", "[〇零一二兩三四五六七八九十百廿卅]"
_CHINESE = re.compile(rf"(?:{_DIGIT}?百零?)?(?:{_DIGIT}?十|廿|卅)?{_DIGIT}?|零|〇")
_STOREY = re.compile(
    rf"(?P<below>地下|B)?第?(?P<number>\d{{1,3}}|{_NUMERAL}+)(?P<unit>層樓|層|樓|F)?", re.ASCII
)


class Number(NamedTuple):
    """讀成的數、動用了哪些規則（名字見 ``repairs.LABELS``）、寫在旁邊的單位（幣別或 %；沒有是空的）。"""

    value: float
    rules: tuple[str, ...]
    unit: str


def clean(text: str) -> str:
    """去掉看不見的字元與兩端的空白；做第二次不會再變。

    >>> clean("\\u3000台北\\u200b ")
    '台北'
    """
    if text.isprintable() and text[:1] != " " and text[-1:] != " ":
        return text  # 要去掉的，除了普通的空白都不是印得出的字元；多半的格子走這裡
    return text.translate(_TO_CLEAN).strip(_EDGES)


def is_plain(text: str) -> bool:
    """是電腦自己寫的數字嗎？``007``、``1,000`` 與 16 位的編號都不是。"""
    return _PLAIN.fullmatch(text) is not None


def read_number(text: str, brackets: bool = False, decimal_comma: bool = False) -> Number | None:
    """一格讀成數字；讀不成是 None，不猜。

    ``brackets``：(1,200) 是負數（會計的寫法）。``decimal_comma``：逗號是小數點（歐洲的寫法）。

    >>> read_number("NT$ 456,300").value, read_number("４５６．３").value, read_number("12.5%").value
    (456300.0, 456.3, 12.5)
    >>> read_number("約30坪") is None
    True
    """
    if is_plain(text):
        return _finite(float(text), (), "")
    if _MAY_BE.match(text) is None:
        return None
    wide, rules = unicodedata.normalize("NFKC", text).translate(_MINUS).strip(), []
    if wide != text:
        rules.append("fullwidth")
    inside = _BRACKETS.fullmatch(wide) if brackets else None
    if inside:
        rules.append("brackets")
        wide = inside[1].strip()
    number = _decimal_comma(wide, rules) if decimal_comma else _decimal_point(wide, rules)
    if number is None:
        return None
    value, unit = number
    return _finite(-value if inside else value, tuple(rules), unit)


def _finite(value: float, rules: tuple[str, ...], unit: str) -> Number | None:
    return Number(value + 0.0, rules, unit) if math.isfinite(value) else None


def _decimal_point(text: str, rules: list[str]) -> tuple[float, str] | None:
    found = _NUMBER.fullmatch(text)
    if found is None or (found["minus"] and found["number"][0] in "+-"):
        return None
    prefix, suffix, number = found["prefix"] or "", found["suffix"] or "", found["number"]
    if prefix and suffix and suffix[0] not in "元圓円":
        return None  # 「NT$ 5%」說不清楚是什麼
    unit = suffix if suffix == "%" or re.fullmatch(_UNITS, suffix) else _currency(prefix or suffix)
    if unit:
        rules.append("percent" if unit == "%" else "currency" if is_currency(unit) else "unit")
    if "," in number:
        rules.append("thousands")
    value = float(number.replace(",", ""))
    return (-value if found["minus"] else value), unit


def is_currency(unit: str) -> bool:
    """``Number.unit`` 是幣別嗎？（不是 %，不是坪、公里這些單位，也不是沒有單位。）"""
    return unit not in ("", "%") and re.fullmatch(_UNITS, unit) is None


def _currency(word: str) -> str:
    """幣別的同義字收成一個；單寫「$」與「元」不知道是哪一國的，當作一樣。"""
    if re.fullmatch(r"NT\$|NTD|TWD|新?[台臺]幣|\$|元整?|圓整?", word):
        return "$"
    return {"US$": "USD", "美元": "USD", "美金": "USD", "€": "EUR", "£": "GBP"}.get(word, word)


def _decimal_comma(text: str, rules: list[str]) -> tuple[float, str] | None:
    if _COMMA_DECIMAL.fullmatch(text) is None:
        return None
    if "," in text or "." in text:
        rules.append("decimal_comma")
    return float(text.replace(".", "").replace(",", ".")), ""


def read_storey(text: str) -> tuple[float, bool] | None:
    """樓層：十二層 → 12，地下一層 → −1，B2 → −2；第二項是有沒有寫「層」「樓」「F」。讀不成是 None。

    >>> read_storey("十二層"), read_storey("地下一層"), read_storey("B2"), read_storey("見其他登記事項")
    ((12.0, True), (-1.0, True), (-2.0, False), None)
    """
    found = _STOREY.fullmatch(unicodedata.normalize("NFKC", text).upper())
    if found is None:
        return None
    number = int(found["number"]) if found["number"].isascii() else read_chinese(found["number"])
    if number is None or not (found["unit"] or found["below"]):
        return None
    return float(-number if found["below"] else number), bool(found["unit"])


def read_chinese(text: str) -> int | None:
    """小於一千的中文數字：二十一 → 21、廿三 → 23、一〇一 → 101；寫得不合規矩是 None。

    >>> read_chinese("二十一"), read_chinese("一百零一"), read_chinese("一〇一"), read_chinese("十十")
    (21, 101, 101, None)
    """
    values = [int(unicodedata.numeric(character)) for character in text]
    if all(value < 10 for value in values) and len(values) > 1:
        return int("".join(map(str, values)))
    if not text or _CHINESE.fullmatch(text) is None:
        return None
    total = digit = 0
    for value in values:
        if value < 10:
            digit = value
        else:
            total += value * (digit or 1) if value in (10, 100) else value
            digit = 0
    return total + digit


def number_text(value: float) -> str:
    """一個數的標準寫法：整數不帶小數點，其餘是讀回來不變的最短寫法。

    >>> number_text(1.0), number_text(456.3), number_text(-0.0)
    ('1', '456.3', '0')
    """
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
