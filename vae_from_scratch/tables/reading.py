"""讀使用者的 CSV：房價那一套讀法，再加上別人的檔案常見的幾種錯（資料夾、Excel、UTF-16、列數太少）。"""

from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from ..housing.csvfile import read_text_table

EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
LEAST_ROWS = 20


def read_table(path: str | Path) -> pd.DataFrame:
    """讀成一張文字的表（缺失是 NaN）；讀不了就引發 ``ValueError``，說出原因與怎麼辦。"""
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} 是資料夾；請給 CSV 檔案的路徑，例如 {path / '資料.csv'}。")
    if path.is_file():
        _check_kind(path)
    return read_text_table(path)


def _check_kind(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(4)
    if start in EXCEL:
        raise ValueError(
            f"{path} 是 Excel 活頁簿，只是名字像 CSV；請用試算表打開，另存成「CSV UTF-8（逗號分隔）」。"
        )
    if start.startswith(UTF_16):
        raise ValueError(f"{path} 是 UTF-16 編碼；這裡要 UTF-8，請在試算表裡另存成「CSV UTF-8」。")


def check_enough_rows(table: pd.DataFrame, path: str | Path) -> None:
    """太少的列，留下兩成打分數就只剩幾列，什麼也說不準。"""
    if len(table) < LEAST_ROWS:
        raise ValueError(
            f"{path} 只有 {len(table)} 列資料；至少要 {LEAST_ROWS} 列，訓練與驗證才分得開。請給多一點資料。"
        )


def suggestion(name: str, columns: list[str]) -> str:
    """打錯欄名時的提示：最像的一個，沒有就列出開頭幾個。"""
    lower = {column.lower(): column for column in columns}
    close = get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    if close:
        return f"是不是「{lower[close[0]]}」？"
    more = "……" if len(columns) > 8 else ""
    return f"檔案裡的欄是 {'、'.join(columns[:8])}{more}。"
