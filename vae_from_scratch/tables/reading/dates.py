"""日期：西元與民國的各種寫法 ↔ 1970-01-01 起的天數。一欄只認一種寫法，認不出來就不當日期。

中華民國元年是西元 1912 年，所以民國年加 1911；月、日與西元相同。
"""

import datetime
import re
from collections.abc import Mapping, Sequence

from .cells import clean

EPOCH = datetime.date(1970, 1, 1).toordinal()
ROC = 1911
#: 只有數字的寫法（20240501、1130501）要有這麼多種不同的值，或欄名像日期，才不會把普通的數字當日期：
#: 一個任意的數，末四碼碰巧是月日的機率不到 4%。
LEAST_DIGIT_DATES = 8
_NAME = re.compile(r"日期|年月|時間|[日月]$|date|day|month|time", re.IGNORECASE)
#: 五、六位的年月（11305、202405）看起來太像普通的數字，一定要欄名說是年月。
_MONTH_NAME = re.compile(r"年月|月份|month", re.IGNORECASE)
#: 連寫的日期裡，沒有這一天的（1130532）不超過這麼多，整欄仍是日期。
LEAST_VALID = 0.9
_TIME = (
    r"(?:[ T]+(?P<half>上午|下午)? ?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d+)?))?"
    r"(?: ?(?P<HALF>[AP]M)|Z|[+-]\d\d:?\d\d)?)?"
)

_ENGLISH = (
    r"(?P<b>(?i:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?))"
)

#: 寫法的名字 → 樣子。順序就是嘗試的順序。
STYLES = {
    "iso": re.compile(rf"(?P<y>\d{{4}})(?P<s>[-/.])(?P<m>\d{{1,2}})(?P=s)(?P<d>\d{{1,2}}){_TIME}", re.ASCII),
    "chinese": re.compile(
        r"(?:西元)?(?P<y>\d{4}) ?年 ?(?P<m>\d{1,2}) ?月 ?(?P<d>\d{1,2}) ?日" + _TIME, re.ASCII
    ),
    "roc": re.compile(
        rf"(?:民國|民)?(?P<y>\d{{2,3}})(?P<s>[-/.])(?P<m>\d{{1,2}})(?P=s)(?P<d>\d{{1,2}}){_TIME}", re.ASCII
    ),
    "roc_chinese": re.compile(
        r"(?:中華)?(?:民國|民)? ?(?P<y>\d{1,3}) ?年 ?(?P<m>\d{1,2}) ?月 ?(?P<d>\d{1,2}) ?日" + _TIME, re.ASCII
    ),
    "month": re.compile(r"(?P<y>\d{4})(?:[-/](?P<m>\d{1,2})| ?年 ?(?P<M>\d{1,2}) ?月)", re.ASCII),
    "roc_month": re.compile(r"(?:民國)?(?P<y>\d{2,3}) ?年 ?(?P<m>\d{1,2}) ?月", re.ASCII),
    "compact": re.compile(r"(?P<y>(?:1[89]|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)", re.ASCII),
    "month_compact": re.compile(r"(?P<y>(?:1[89]|20)\d\d)(?P<m>\d\d)", re.ASCII),
    "roc_month_compact": re.compile(r"(?P<y>[01]?\d\d)(?P<m>\d\d)", re.ASCII),
    "roc_compact": re.compile(r"(?P<y>[01]?\d\d)(?P<m>\d\d)(?P<d>\d\d)", re.ASCII),
    "dmy": re.compile(rf"(?P<d>\d{{1,2}})(?P<s>[-/.])(?P<m>\d{{1,2}})(?P=s)(?P<y>\d{{4}}){_TIME}", re.ASCII),
    "mdy": re.compile(rf"(?P<m>\d{{1,2}})(?P<s>[-/.])(?P<d>\d{{1,2}})(?P=s)(?P<y>\d{{4}}){_TIME}", re.ASCII),
    "english_month": re.compile(rf"{_ENGLISH}\.?[- /]?(?P<y>\d{{4}})", re.ASCII),
    "english_dmy": re.compile(rf"(?P<d>\d{{1,2}})[- /]?{_ENGLISH}\.?,?[- /]?(?P<y>\d{{4}}){_TIME}", re.ASCII),
    "english_mdy": re.compile(rf"{_ENGLISH}\.? (?P<d>\d{{1,2}}),? (?P<y>\d{{4}}){_TIME}", re.ASCII),
}
#: 月份的英文名：前三個字母（全名也認得）→ 第幾個月。
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DIGITS_ONLY = ("compact", "roc_compact", "month_compact", "roc_month_compact")
_WRITTEN = {
    "chinese": "{y:04d}年{m}月{d}日",
    "roc": "{r}/{m:02d}/{d:02d}",
    "roc_chinese": "{r}年{m}月{d}日",
    "month": "{y:04d}-{m:02d}",
    "roc_month": "{r}年{m}月",
    "compact": "{y:04d}{m:02d}{d:02d}",
    "month_compact": "{y:04d}{m:02d}",
    "roc_month_compact": "{r:03d}{m:02d}",
    "roc_compact": "{r:03d}{m:02d}{d:02d}",
    "dmy": "{d:02d}/{m:02d}/{y:04d}",
    "mdy": "{m:02d}/{d:02d}/{y:04d}",
    "english_month": "{b}-{y:04d}",
    "english_dmy": "{d:02d}-{b}-{y:04d}",
    "english_mdy": "{b} {d}, {y:04d}",
}


def read_date(text: str, style: str) -> float | None:
    """照一種寫法讀成天數，時刻是一天的幾分之幾；讀不成，或沒有這一天，是 None。

    >>> read_date("1130501", "roc_compact") == read_date("2024-05-01", "iso") == 19844.0
    True
    >>> read_date("1 May 2024", "english_dmy") == 19844.0
    True
    >>> read_date("2023-02-29", "iso") is None
    True
    """
    found = STYLES[style].fullmatch(text)
    if found is None:
        return None
    parts = {name: value for name, value in found.groupdict().items() if value is not None}
    year = int(parts["y"]) + (ROC if style.startswith("roc") else 0)
    try:
        day = datetime.date(year, _month(parts), int(parts.get("d", 1)))
    except ValueError:
        return None
    seconds = _seconds(parts)
    return day.toordinal() - EPOCH + seconds / 86400 if seconds < 86400 else None


def _month(parts: Mapping[str, str]) -> int:
    if "b" in parts:
        return MONTHS.index(parts["b"][:3].title()) + 1
    return int(parts.get("m") or parts["M"])


def _seconds(parts: Mapping[str, str]) -> float:
    """這一天過了幾秒；下午的 1 點是 13 點，上午的 12 點是 0 點。"""
    hour, half = int(parts.get("hour", 0)), parts.get("half") or parts.get("HALF")
    if half:
        hour = hour % 12 + (12 if half in ("下午", "PM") else 0)
    return 3600 * hour + 60 * int(parts.get("minute", 0)) + float(parts.get("second", 0))


def write_date(days: float, style: str = "iso") -> str:
    """天數寫回日期，四捨五入到一天（月的寫法到那個月）；天數超出西元 1 到 9999 年，取最近的一天。

    >>> write_date(19844.0), write_date(19844.2, "roc_compact"), write_date(19844, "roc_chinese")
    ('2024-05-01', '1130501', '113年5月1日')
    """
    ordinal = min(max(round(days) + EPOCH, 1), datetime.date.max.toordinal())
    day = datetime.date.fromordinal(ordinal)
    written = _WRITTEN.get(style, "{y:04d}-{m:02d}-{d:02d}")
    month = MONTHS[day.month - 1]
    return written.format(y=day.year, r=max(day.year - ROC, 1), m=day.month, d=day.day, b=month)


def find_style(texts: Sequence[str], name: str) -> str | None:
    """每一個值都讀得成的寫法；一種也沒有，或日與月分不出來，是 None。"""
    if not texts or not any(character.isdigit() for character in texts[0]):
        return None
    fitting = [style for style in STYLES if _fits(texts, style)]
    if {"dmy", "mdy"} <= set(fitting):
        return None  # 5/1/2024 是五月一日還是一月五日，說不準就不猜
    return next((style for style in fitting if _is_plausible(style, len(texts), name)), None)


def find_broken(texts: Sequence[str], counts: Sequence[int], name: str) -> str | None:
    """連寫的寫法（1130501），欄名像日期，讀得成的格子有 ``LEAST_VALID``：其餘是寫錯的日期，整欄不是數字。"""
    if not _NAME.search(clean(name)):
        return None
    for style in ("compact", "roc_compact"):
        good = sum(n for text, n in zip(texts, counts, strict=True) if read_date(text, style) is not None)
        if 0 < LEAST_VALID * sum(counts) <= good:
            return style
    return None


def _is_plausible(style: str, n_texts: int, name: str) -> bool:
    """只有數字的寫法，要欄名像日期，或有夠多種不同的值。"""
    if style not in _DIGITS_ONLY:
        return True
    if "month" in style:
        return bool(_MONTH_NAME.search(clean(name)))
    return bool(_NAME.search(clean(name))) or n_texts >= LEAST_DIGIT_DATES


def _fits(texts: Sequence[str], style: str) -> bool:
    if any(read_date(text, style) is None for text in texts):
        return False
    # 12/5/24 也可能是月日年：民國的年至少有一個三位數，或寫明「民國」，才算數。
    return style != "roc" or any(text[0] == "民" or text[:3].isdigit() for text in texts)
