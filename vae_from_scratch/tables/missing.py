"""空白的兩種意思：「沒有」是一個水準，「不知道」是缺失（第 10 章）。

``--missing`` 的規則處處相同。``zeros``：空白都當缺失，編碼成整組 0。``level``：表示「沒有」的空白編成水準
「無」，其餘仍是整組 0。哪些空白表示「沒有」由資料的來源決定：一般的檔案是全部；房價看資料說明
（``housing.absence``）。
"""

import pandas as pd

NONE = "無"
MISSING_RULES = ("zeros", "level")


def check_rule(missing: str) -> None:
    """不是 ``MISSING_RULES`` 之一就引發 ``ValueError``。"""
    if missing not in MISSING_RULES:
        raise ValueError(
            f"引數 missing（缺失的編碼方式）是 {missing!r}；可用的是 {'、'.join(MISSING_RULES)}。"
        )


def name_blanks(frame: pd.DataFrame, missing: str = "level") -> pd.DataFrame:
    """照規則把一般的檔案的空白寫成「無」；傳回新的表，原來的不動。"""
    return frame.fillna(NONE) if missing == "level" else frame
