"""讀進來以後的小檢查：欄齊不齊、列夠不夠、一欄文字轉成數字；第 10 章的房價也用。"""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

MISSING_MARKS = ("", "NA")
LEAST_ROWS = 20


def require_columns(table: pd.DataFrame, columns: Iterable[str], path: str | Path) -> None:
    """缺欄就引發 ``ValueError``，列出缺了哪些。"""
    absent = [name for name in columns if name not in table.columns]
    if absent:
        shown = "、".join(absent[:5]) + (f"……等 {len(absent)} 欄" if len(absent) > 5 else "")
        raise ValueError(
            f"{path} 缺少必要的欄：{shown}。檔案裡有 {table.shape[1]} 欄，開頭是 "
            f"{'、'.join(table.columns[:3])}。請確認是原始檔案，欄名沒有改過。"
        )


def to_numbers(column: pd.Series, path: str | Path) -> pd.Series:
    """把一欄文字轉成數字，缺失是 NaN；有轉不了的就指出第一個在哪裡。"""
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    bad = (numbers.isna() & column.notna()) | np.isinf(numbers)
    if bad.any():
        row = int(np.argmax(bad))
        raise ValueError(
            f"{path} 的 {column.name} 欄應是數字，第 {row + 1} 列資料卻是「{column.iloc[row]}」；請改正。"
        )
    return numbers


def clean_text(column: pd.Series) -> pd.Series:
    """去掉前後的空白，空字串與 "NA" 算缺失；存成 object，pandas 2 與 3 才有一樣的行為。"""
    stripped = [value.strip() if isinstance(value, str) else np.nan for value in column]
    kept = [np.nan if value in MISSING_MARKS else value for value in stripped]
    return pd.Series(kept, index=column.index, name=column.name, dtype=object)


def check_enough_rows(table: pd.DataFrame, path: str | Path) -> None:
    """太少的列，留下兩成打分數就只剩幾列，什麼也說不準。"""
    if len(table) < LEAST_ROWS:
        raise ValueError(
            f"{path} 只有 {len(table)} 列資料；至少要 {LEAST_ROWS} 列，訓練與驗證才分得開。請給多一點資料。"
        )


def suggestion(name: str, columns: list[str], what: str = "檔案裡的欄") -> str:
    """打錯欄名時的提示：最像的一個，沒有就列出開頭幾個。"""
    lower = {column.lower(): column for column in columns}
    close = get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    if close:
        return f"是不是「{lower[close[0]]}」？"
    more = "……" if len(columns) > 8 else ""
    return f"{what}是 {'、'.join(columns[:8])}{more}。"
