"""讀別人給的 CSV：整張表都當文字讀，讀不了就說清楚為什麼、怎麼辦（第 10 章）。

pandas 的 ``read_csv`` 會猜型別，也會把 "None"、"null" 當成缺失，版本不同欄數就不同；少了欄位的列則悄悄補上
缺失。這裡只有空白與 "NA" 算缺失，每一列的欄數都要對，數字由用到的人自己轉換。
"""

import csv
import io
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

MISSING_MARKS = ("", "NA")
OTHER_SEPARATORS = (";", "\t", "|")
EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
LEAST_ROWS = 20


def read_table(path: str | Path) -> pd.DataFrame:
    """讀成一張文字的表（缺失是 NaN，前後的空白去掉）；表頭不得重複，至少要有一列資料。

    讀不到、是空的、是別種檔案、不是 UTF-8、不是逗號分隔、有一列的欄數不對，都引發 ``ValueError``。
    """
    path = Path(path)
    header, rows = _parse(_read_text(path), path)
    _check_header(header, path)
    if not rows:
        raise ValueError(f"{path} 只有表頭，沒有任何一列資料；請檢查檔案是否完整。")
    return pd.DataFrame(rows, columns=header, dtype=object).apply(clean_text)


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


def suggestion(name: str, columns: list[str]) -> str:
    """打錯欄名時的提示：最像的一個，沒有就列出開頭幾個。"""
    lower = {column.lower(): column for column in columns}
    close = get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    if close:
        return f"是不是「{lower[close[0]]}」？"
    more = "……" if len(columns) > 8 else ""
    return f"檔案裡的欄是 {'、'.join(columns[:8])}{more}。"


def _read_text(path: Path) -> str:
    if path.is_dir():
        raise ValueError(f"{path} 是資料夾；請給 CSV 檔案的路徑，例如 {path / '資料.csv'}。")
    if not path.is_file():
        raise ValueError(f"找不到檔案 {path}；請檢查路徑，或先把檔案放進去。")
    contents = path.read_bytes()
    if contents.startswith(EXCEL):
        raise ValueError(
            f"{path} 是 Excel 活頁簿，只是名字像 CSV；請用試算表打開，另存成「CSV UTF-8（逗號分隔）」。"
        )
    if contents.startswith(UTF_16):
        raise ValueError(f"{path} 是 UTF-16 編碼；這裡要 UTF-8，請在試算表裡另存成「CSV UTF-8」。")
    try:
        text = contents.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(
            f"{path} 不是 UTF-8 編碼的文字檔（可能是 Big5，或根本不是 CSV）；"
            "請在試算表裡另存成「CSV UTF-8」。"
        ) from None
    if "\0" in text:
        raise ValueError(f"{path} 不是文字檔；請在試算表裡另存成「CSV UTF-8」。")
    if not text.strip():
        raise ValueError(f"{path} 是空的；請檢查檔案是否下載完整。")
    return text


def _parse(text: str, path: Path) -> tuple[list[str], list[list[str]]]:
    """表頭與資料列；空行略過，每一列的欄數都要與表頭相同。"""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    rows = []
    try:
        for row in reader:
            if not header:
                header = [name.strip() for name in row]
            elif row:
                if len(row) != len(header):
                    raise ValueError(
                        f"{path} 的第 {reader.line_num} 行有 {len(row)} 欄，表頭卻有 {len(header)} 欄；"
                        "請檢查那一行的逗號與引號，或重新下載。"
                    )
                rows.append(row)
    except csv.Error:
        raise ValueError(f"{path} 的第 {reader.line_num} 行引號沒有成對；請改正，或重新下載。") from None
    return header, rows


def _check_header(header: list[str], path: Path) -> None:
    if len(header) == 1 and any(mark in header[0] for mark in OTHER_SEPARATORS):
        raise ValueError(f"{path} 的欄不是用逗號分開的；請在試算表裡另存成逗號分隔的「CSV UTF-8」。")
    if not all(header):
        raise ValueError(f"{path} 的表頭第 {header.index('') + 1} 欄沒有名字；請補上欄名。")
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise ValueError(f"{path} 的表頭有重複的欄名：{'、'.join(repeated)}；請改成不同的名字。")
