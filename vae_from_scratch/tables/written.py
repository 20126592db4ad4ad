"""數字與日期寫回檔案裡的樣子：民國的日期、中文的樓層、千分位、百分比；讀檔的反方向（第 10 章）。

一欄只有一種樣子，寫成一段文字，可以存進 JSON：日期是 ``dates.STYLES`` 的名字，後面可以接分隔與「不補零」
（``iso|/|1`` 是 2024/5/1）；樓層是 ``storey|層|中``；其餘的數字是 ``percent``、``thousands``、
``decimal_comma`` 用加號連起來，都沒有就是空的。補的格子若與同一欄別的格子不同樣子，下一次讀檔，整欄就讀不
成數字了。
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .reading import read_date, write_date
from .reading.cells import clean, read_number, read_storey
from .reading.dates import STYLES, find_style

if TYPE_CHECKING:
    from .reading import Reading

#: 寫回去時也要照樣的修改；別的（全形、幣別、括號）混著寫也讀得成，不必照樣。
KEPT = ("percent", "thousands", "decimal_comma")
#: 可以換分隔、月日可以不補零的日期寫法。
_SEPARATED = ("iso", "roc", "dmy", "mdy")
_UNIT = re.compile(r"(層樓|層|樓|F)$", re.IGNORECASE)
_DIGITS = "零一二三四五六七八九"


def styles(reading: "Reading", names: Iterable[str]) -> dict[str, str]:
    """``names`` 裡數字與日期的欄各是什麼樣子；普通的數字（空的）不列。"""
    found = {name: style_of(reading, name) for name in names}
    return {name: style for name, style in found.items() if style}


def style_of(reading: "Reading", name: str) -> str:
    """一欄的樣子；不是數字、不是日期，或沒有特別的寫法，是空的。"""
    repairs = {repair.what: repair.before for repair in reading.repairs if repair.column == name}
    if reading.kinds[name].style:
        texts = _examples(reading, name) or [repairs.get("date", "")]
        return _date_style(reading.kinds[name].style, texts)
    if "storey" in repairs:
        return _storey_style([*_examples(reading, name), repairs["storey"]])
    return "+".join(what for what in KEPT if what in repairs)


def _examples(reading: "Reading", name: str) -> list[str]:
    """讀成值的格子，不重複的原文；讀的時候沒有留原文就是空的。"""
    if reading.raw is None:
        return []
    known = reading.table[name].notna()
    return [clean(text) for text in reading.raw[name][known].unique()]


def _date_style(style: str, texts: list[str]) -> str:
    found = re.search(r"\d([-/.])\d", next(iter(texts), ""))
    if style not in _SEPARATED or found is None:
        return style
    bare = any(re.search(r"(?<!\d)\d(?!\d)", text.split(" ")[0]) for text in texts)
    return f"{style}|{found[1]}" + ("|1" if bare else "")


def _storey_style(texts: list[str]) -> str:
    units = [found[1] for text in texts if (found := _UNIT.search(text))]
    unit = max(units, key=units.count, default="層")
    wide = [unicodedata.normalize("NFKC", text) for text in texts]
    return f"storey|{unit}|" + ("數" if any(re.search(r"\d", text) for text in wide) else "中")


# ---- 寫 ----------------------------------------


def write_days(days: float, style: str) -> str:
    """1970-01-01 起的天數，照樣子寫。

    >>> write_days(19844, "iso|/|1"), write_days(19844, "roc|/"), write_days(19844, "roc_compact")
    ('2024/5/1', '113/05/01', '1130501')
    """
    name, separator, bare = (*style.split("|"), "", "")[:3]
    text = write_date(days, name or "iso")
    if separator:
        text = re.sub("[-/]", separator, text)
    return re.sub(r"(?<!\d)0(?=\d(?!\d))", "", text) if bare else text


def write_number(text: str, style: str) -> str:
    """普通寫法的數（``1234.5``），照樣子寫。

    >>> write_number("12", "storey|層|中"), write_number("-1", "storey|F|數"), write_number("12.5", "percent")
    ('十二層', 'B1', '12.5%')
    >>> write_number("1234.5", "thousands"), write_number("12.5", "decimal_comma"), write_number("12.5", "")
    ('1,234.5', '12,5', '12.5')
    """
    if style.startswith("storey"):
        return _write_storey(round(float(text)), *style.split("|")[1:])
    kept = style.split("+")
    if "thousands" in kept:
        whole, point, rest = text.partition(".")
        text = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", whole) + point + rest
    if "decimal_comma" in kept:
        text = text.replace(".", ",")
    return text + "%" * ("percent" in kept)


def _write_storey(floor: int, unit: str, numerals: str) -> str:
    number = str(abs(floor)) if numerals == "數" else chinese_number(abs(floor))
    if floor >= 0:
        return number + unit
    return f"B{number}" if unit.upper() == "F" else f"地下{number}{unit}"


def chinese_number(number: int) -> str:
    """0 到 999 的中文數字；再大就是阿拉伯數字。

    >>> [chinese_number(number) for number in (0, 7, 10, 12, 20, 101, 110)]
    ['零', '七', '十', '十二', '二十', '一百零一', '一百一十']
    """
    if not 0 < number < 1000:
        return _DIGITS[0] if number == 0 else str(number)
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    head = _DIGITS[hundreds] + "百" + "零" * (tens == 0 < ones) if hundreds else ""
    middle = ("" if tens == 1 and not hundreds else _DIGITS[tens]) + "十" if tens else ""
    return head + middle + (_DIGITS[ones] if ones else "")


# ---- 讀一格 ----------------------------------------


def read_days(text: str, style: str, name: str = "") -> float | None:
    """一格日期 → 天數：先照欄的樣子，再試別的寫法；讀不成是 None。

    >>> read_days("1130501", "roc_compact") == read_days("2024-05-01", "roc_compact") == 19844.0
    True
    """
    learnt, cleaned = style.partition("|")[0], clean(text)
    for candidate in (learnt, find_style([cleaned], name or "日期")):
        if candidate in STYLES and (days := read_date(cleaned, candidate)) is not None:
            return days
    return None


def read_value(text: str) -> float | None:
    """一格數字或樓層；讀不成是 None。

    >>> read_value("１,２３４"), read_value("十二層"), read_value("約 3")
    (1234.0, 12.0, None)
    """
    number = read_number(clean(text))
    if number is not None:
        return number.value
    storey = read_storey(clean(text))
    return None if storey is None else storey[0]
