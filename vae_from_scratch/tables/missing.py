"""空白的兩種意思：「沒有」是一個水準，「不知道」是缺失（第 10 章）；以及哪些字就是空白。

``--missing`` 的規則處處相同。``zeros``：空白都當缺失，編碼成整組 0。``level``：表示「沒有」的空白編成水準
「無」，其餘仍是整組 0。哪些空白表示「沒有」由資料的來源決定：一般的檔案是全部；房價看資料說明
（``housing.absence``）。
"""

import unicodedata
from collections.abc import Iterable

import pandas as pd

NONE = "無"
MISSING_RULES = ("zeros", "level")
#: 別人的檔案裡表示「不知道」的字，不分大小寫與全形半形；--na 再加，--keep-na 拿掉。
#: 「無」「None」「其他」「unknown」不在裡面：它們常是真正的水準（沒有電梯、沒有外牆飾面）。
MISSING_WORDS = (
    "", "NA", "N/A", "#N/A", "#N/A N/A", "<NA>", "NULL", "(null)", "nan", "-nan", "NaT", "?", "??",
    "-", "--", "---", "—", "——", ".", "…", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!",
    "不詳", "不明", "未知", "未填", "未填寫", "未提供", "無資料", "查無資料", "缺", "缺值", "缺失", "遺漏",
    "遺漏值",
)  # fmt: skip
#: 只在其他格子都是數字的欄裡算缺失：那裡不會有叫做 None 的水準。
MISSING_AMONG_NUMBERS = ("None",)


def check_rule(missing: str) -> None:
    """不是 ``MISSING_RULES`` 之一就引發 ``ValueError``。"""
    if missing not in MISSING_RULES:
        raise ValueError(
            f"引數 missing（缺失的編碼方式）是 {missing!r}；可用的是 {'、'.join(MISSING_RULES)}。"
        )


def name_blanks(frame: pd.DataFrame, missing: str = "level") -> pd.DataFrame:
    """照規則把一般的檔案的空白寫成「無」；傳回新的表，原來的不動。"""
    return frame.fillna(NONE) if missing == "level" else frame


def folded(word: str) -> str:
    """比較缺失的字用的樣子：半形、小寫。

    >>> folded("Ｎ／Ａ")
    'n/a'
    """
    return unicodedata.normalize("NFKC", word).casefold().strip()


def missing_words(also: Iterable[str] = (), keep: Iterable[str] = ()) -> frozenset[str]:
    """這一次用的缺失的字（``folded`` 過的）；空白一定是缺失。

    >>> words = missing_words(also=["待查"], keep=["NA"])
    >>> "待查" in words, "na" in words, "" in words
    (True, False, True)
    """
    kept = {folded(word) for word in keep}
    return frozenset({folded(word) for word in (*MISSING_WORDS, *also)} - kept | {""})


_DEFAULT = missing_words()


def is_missing(text: str, words: frozenset[str] = _DEFAULT) -> bool:
    """這一格是空白，或是表示「不知道」的字嗎？"""
    return folded(text) in words
