"""別人給的檔案 → 一列一列的格子。看內容認檔案，不看副檔名；壓縮檔、活頁簿、Parquet 都變成同樣的列。

每一列附上它在檔案裡的行號。讀不了的，訊息說出檔案、原因、怎麼辦（``ValueError``）。
"""

import codecs
import csv
import datetime
import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from .cells import number_text
from .repairs import Repair

#: 估計大小、認編碼與分隔，只看開頭這麼多。
HEAD_BYTES = 4_000_000
BLOCK = 1 << 20
SEPARATORS = {",": "逗號", "\t": "Tab", ";": "分號", "|": "直線 |"}
TABLES = (".csv", ".tsv", ".txt", ".tab")
#: 常用的中文字，Big5 的首位元組在 A1 到 C6；隨便的位元組碰巧解得開，常用的字不會這麼多。
LEAST_COMMON = 0.8
SAMPLE_LETTERS = 5_000
_NOT_TEXT = {
    b"%PDF": "PDF；請找 CSV 或 Excel 的版本",
    b"\x89PNG": "圖片；請給 CSV 檔案",
    b"\xff\xd8\xff": "圖片；請給 CSV 檔案",
    b"7z\xbc\xaf": "7z 壓縮檔；請先解壓縮",
    b"Rar!": "RAR 壓縮檔；請先解壓縮",
    b"SQLite format": "SQLite 資料庫；請先匯出成 CSV",
}

Row = tuple[int, list[str]]


@dataclass
class Source:
    """一個認出來的檔案。``open_rows(separator)`` 每次從頭給出各列。"""

    path: Path
    open_rows: Callable[[str], Iterator[Row]]
    separators: tuple[str, ...] = tuple(SEPARATORS)
    notices: list[Repair] = field(default_factory=list)
    #: 全部的位元組，用來估計有幾列；活頁簿與 Parquet 已經知道有幾列。
    size: int = 0
    n_rows: int | None = None
    #: 看過整個檔案才知道的事（文字的編碼）；確定放得進記憶體以後才做。
    confirm: Callable[[], None] = lambda: None


def find_source(path: Path, as_is: bool = False) -> Source:
    """認出檔案是什麼；不是表、打不開，引發 ``ValueError``。"""
    if path.is_dir():
        raise ValueError(f"{path} 是資料夾；請給檔案的路徑，例如 {path / '資料.csv'}。")
    if not path.is_file():
        raise ValueError(f"找不到檔案 {path}；請檢查路徑，或先把檔案放進去。")
    return _recognise(path, lambda: open(path, "rb"), path.stat().st_size)


def _recognise(path: Path, open_bytes: Callable[[], IO[bytes]], size: int) -> Source:
    with open_bytes() as file:
        start = file.read(8)
    if start.startswith(b"PK"):
        return _from_zip(path)
    if start.startswith(b"\x1f\x8b"):
        return _from_gzip(path, size)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise ValueError(_old_excel(path))
    if start.startswith(b"PAR1"):
        return _from_parquet(path)
    return _from_text(path, open_bytes, size)


# ---- 文字 ----------------------------------------


def _from_text(path: Path, open_bytes: Callable[[], IO[bytes]], size: int) -> Source:
    """先由開頭認編碼，``confirm`` 再看整個檔案：很大的檔案放不進記憶體時，不必看完才知道。"""
    with open_bytes() as file:
        head = file.read(HEAD_BYTES)
    _check_text(path, head)
    source = Source(path, lambda separator: iter(()), size=size)

    def use(open_part: Callable[[], IO[bytes]]) -> None:
        encoding, notices = _encoding(path, head, open_part)
        source.notices[:] = [said for said in source.notices if said.what != "encoding"] + notices
        source.open_rows = lambda separator: _rows(path, _lines(path, open_bytes, encoding), separator)

    whole = len(head) < HEAD_BYTES
    part = head if whole else head[: head.rindex(b"\n") + 1] if b"\n" in head else head
    use(lambda: io.BytesIO(part))
    source.confirm = (lambda: None) if whole else (lambda: use(open_bytes))
    return source


def _check_text(path: Path, head: bytes) -> None:
    for magic, what in _NOT_TEXT.items():
        if head.startswith(magic):
            raise ValueError(f"{path} 是 {what}。")
    start = head[:200].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise ValueError(f"{path} 是網頁，不是表；多半是下載時存到了說明頁，請重新下載 CSV 檔案。")
    if start.startswith((b"{", b"[{")):
        raise ValueError(f"{path} 是 JSON；請先轉成 CSV，例如用 pandas 的 read_json 與 to_csv。")
    if not head.strip(b"\xef\xbb\xbf \r\n\t\f\v"):
        raise ValueError(f"{path} 是空的；請檢查檔案是否下載完整。")


def _encoding(path: Path, head: bytes, open_bytes: Callable[[], IO[bytes]]) -> tuple[str, list[Repair]]:
    """UTF-8（有沒有 BOM 都好）、UTF-16、cp950（Big5）；都不是就引發 ``ValueError``。"""
    utf_16 = _utf_16(head)
    if utf_16:
        return utf_16, [Repair("encoding", before="UTF-16", after="UTF-8")]
    if b"\0" in head:
        raise ValueError(f"{path} 不是文字檔；請給 CSV，或在試算表裡另存成「CSV UTF-8」。")
    if _letters(open_bytes, "utf-8") is not None:
        return "utf-8-sig", []
    for encoding in ("cp950", "big5hkscs"):
        if _reads_as_chinese(_letters(open_bytes, encoding), encoding):
            return encoding, [Repair("encoding", before=f"Big5（{encoding}）", after="UTF-8")]
    raise ValueError(
        f"{path} 不是 UTF-8，也不像 Big5 的文字檔（可能是別種編碼，或根本不是 CSV）；"
        "請在試算表裡另存成「CSV UTF-8」。"
    )


def _utf_16(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = head[:2000]
    evens, odds = sample[::2].count(0), sample[1::2].count(0)
    if max(evens, odds) > len(sample) // 8 and min(evens, odds) == 0:
        return "utf-16-be" if evens else "utf-16-le"  # 沒有 BOM：英數與標點的另一個位元組是 0
    return ""


def _letters(open_bytes: Callable[[], IO[bytes]], encoding: str) -> str | None:
    """整個檔案都解得開，就是開頭幾千個不是 ASCII 的字；解不開是 None。編碼的問題常在很後面才出現。"""
    decoder, found = codecs.getincrementaldecoder(encoding)(), ""
    try:
        with open_bytes() as file:
            while block := file.read(BLOCK):
                text = decoder.decode(block)
                if len(found) < SAMPLE_LETTERS and not text.isascii():
                    found += "".join(islice((c for c in text if c > "\x7f"), SAMPLE_LETTERS))
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return found


def _reads_as_chinese(letters: str | None, encoding: str) -> bool:
    if not letters:
        return False
    common = sum(0xA1 <= letter.encode(encoding)[0] <= 0xC6 for letter in letters)
    return common >= LEAST_COMMON * len(letters)


def _lines(path: Path, open_bytes: Callable[[], IO[bytes]], encoding: str) -> Iterator[str]:
    with open_bytes() as file:
        text = io.TextIOWrapper(file, encoding, newline="")
        try:
            for line in text:
                if "\0" in line:
                    raise ValueError(f"{path} 不是文字檔；請給 CSV，或在試算表裡另存成「CSV UTF-8」。")
                yield line
        except (UnicodeDecodeError, UnicodeError):
            raise ValueError(f"{path} 的文字編碼壞了；請重新下載，或另存成「CSV UTF-8」。") from None
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile):
            raise ValueError(f"{path} 的壓縮檔壞了或不完整；請重新下載。") from None


def _rows(path: Path, lines: Iterator[str], separator: str) -> Iterator[Row]:
    """引號照 CSV 的規矩；沒有成對就說從哪一行開始。"""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    start = 1
    try:
        for row in reader:
            if row:
                yield start, row
            start = reader.line_num + 1
    except csv.Error:
        raise ValueError(f"{path} 的第 {start} 行引號沒有成對；請改正那一行，或重新下載。") from None


# ---- 壓縮檔 ----------------------------------------


def _from_gzip(path: Path, size: int) -> Source:
    def open_bytes() -> IO[bytes]:
        return gzip.open(path, "rb")  # type: ignore[return-value]

    try:
        source = _recognise_inside(path, open_bytes, max(size, _gzip_size(path)))
    except (OSError, EOFError, zlib.error):
        raise ValueError(f"{path} 的壓縮檔壞了或不完整；請重新下載。") from None
    source.notices.insert(0, Repair("container", before="gzip"))
    return source


def _gzip_size(path: Path) -> int:
    """gzip 的最後四個位元組：原來有多大（除以 4 GB 的餘數）。"""
    with open(path, "rb") as file:
        file.seek(-4, 2)
        return int.from_bytes(file.read(4), "little")


def _recognise_inside(path: Path, open_bytes: Callable[[], IO[bytes]], size: int) -> Source:
    with open_bytes() as file:
        if file.read(4).startswith((b"PK", b"\x1f\x8b", b"PAR1", b"\xd0\xcf")):
            raise ValueError(f"{path} 裡面又是一個壓縮檔或活頁簿；請先解壓縮，再給裡面的檔案。")
    return _from_text(path, open_bytes, size)


def _from_zip(path: Path) -> Source:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not _is_hidden(member)]
    except (zipfile.BadZipFile, OSError):
        raise ValueError(f"{path} 是 zip 壓縮檔或 Excel 活頁簿，可是壞了或不完整；請重新下載。") from None
    names = [member.filename for member in members]
    if "[Content_Types].xml" in names:
        return _from_excel(path, names)
    if "content.xml" in names:
        raise ValueError(f"{path} 是 OpenDocument 試算表；請打開它，另存成 .xlsx 或「CSV UTF-8」。")
    member = _only_table(path, members)
    if member.flag_bits & 1:
        raise ValueError(f"{path} 的 zip 有密碼；請先用密碼解壓縮，再給裡面的檔案。")

    def open_bytes() -> IO[bytes]:
        return zipfile.ZipFile(path).open(member)

    try:
        source = _recognise_inside(path, open_bytes, member.file_size)
    except (zipfile.BadZipFile, NotImplementedError, OSError, zlib.error):
        raise ValueError(f"{path} 的壓縮檔壞了，或用了少見的壓縮方式；請先解壓縮，再給裡面的檔案。") from None
    source.notices.insert(0, Repair("container", before="zip", after=member.filename))
    return source


def _is_hidden(member: zipfile.ZipInfo) -> bool:
    name = member.filename.rpartition("/")[2]
    return member.is_dir() or name.startswith(".") or member.filename.startswith("__MACOSX/")


def _only_table(path: Path, members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """zip 裡唯一的表；好幾個檔案時，只有一個是 .csv 之類的就用它。"""
    tables = [member for member in members if member.filename.lower().endswith(TABLES)]
    chosen = tables or members
    if len(chosen) == 1:
        return chosen[0]
    if not chosen:
        raise ValueError(f"{path} 是空的 zip 壓縮檔，裡面沒有檔案；請重新下載。")
    shown = "、".join(member.filename for member in chosen[:4]) + ("……" if len(chosen) > 4 else "")
    raise ValueError(f"{path} 的 zip 裡有 {len(chosen)} 個檔案：{shown}；請先解壓縮，再給其中一個。")


# ---- Excel 與 Parquet ----------------------------------------


def _from_excel(path: Path, names: list[str]) -> Source:
    if not any(name.startswith("xl/") for name in names):
        raise ValueError(f"{path} 是 Office 的檔案，但不是活頁簿；請給 .xlsx 或 CSV。")
    if "xl/workbook.bin" in names:
        raise ValueError(f"{path} 是 .xlsb 活頁簿；請在 Excel 裡另存成 .xlsx 或「CSV UTF-8」。")
    try:
        from openpyxl import load_workbook
    except ModuleNotFoundError:
        raise ValueError(
            f"{path} 是 Excel 活頁簿，要安裝 openpyxl 才讀得了：請執行 pip install openpyxl，"
            "或在試算表裡另存成「CSV UTF-8」。"
        ) from None
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # 壞的活頁簿，openpyxl 可以引發任何一種例外
        what = type(error).__name__
        raise ValueError(f"{path} 的 Excel 活頁簿壞了（{what}）；請重新存檔或下載。") from None
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
    if not sheets:
        raise ValueError(f"{path} 的活頁簿裡沒有工作表；請給有資料的檔案。")
    notices, n_rows = [], sheets[0].max_row
    sheets[0].reset_dimensions()  # 有的程式寫錯了範圍，照它讀會少欄
    if len(sheets) > 1:
        notices.append(Repair("sheet", before="、".join(s.title for s in sheets[:5]), after=sheets[0].title))

    def rows(separator: str) -> Iterator[Row]:
        for number, row in enumerate(sheets[0].iter_rows(values_only=True), 1):
            yield number, [_cell_text(value) for value in row]

    return Source(path, rows, separators=("",), notices=notices, n_rows=n_rows)


def _from_parquet(path: Path) -> Source:
    try:
        from pyarrow import ArrowException, parquet
    except ModuleNotFoundError:
        raise ValueError(
            f"{path} 是 Parquet 檔，要安裝 pyarrow 才讀得了：請執行 pip install pyarrow，或先轉成 CSV。"
        ) from None
    try:
        file = parquet.ParquetFile(path)
    except (ArrowException, OSError):
        raise ValueError(f"{path} 的 Parquet 檔壞了或不完整；請重新下載。") from None

    def rows(separator: str) -> Iterator[Row]:
        yield 1, list(file.schema_arrow.names)
        number = 1
        for batch in file.iter_batches(batch_size=20_000):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                number += 1
                yield number, [_cell_text(value) for value in row]

    return Source(path, rows, separators=("",), n_rows=file.metadata.num_rows)


def _cell_text(value: Any) -> str:
    """活頁簿與 Parquet 的格子有型別；換成 CSV 裡會寫的字。"""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return number_text(float(value)) if abs(value) < 1e15 else str(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ") if value.time() != datetime.time() else value.date().isoformat()
    return str(value)


def _old_excel(path: Path) -> str:
    with open(path, "rb") as file:
        encrypted = "EncryptedPackage".encode("utf-16-le") in file.read()
    if encrypted:
        return f"{path} 是有密碼的 Excel 活頁簿；請在 Excel 裡移除密碼，另存一份再給。"
    return f"{path} 是舊的 Excel 格式（.xls）；請在試算表裡另存成 .xlsx 或「CSV UTF-8」。"
