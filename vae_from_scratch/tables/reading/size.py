"""這張表放得進記憶體嗎？看檔案的大小與開頭的列就估得出來，不必讀完才知道。"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from .cells import is_plain
from .sources import Source

#: 小於這麼多位元組、這麼多列的檔案不必估。
SMALL = 64_000_000
FEW_ROWS = 200_000
SAMPLE_ROWS = 5_000
#: 讀的時候比最後多用的倍數：一段一段的整數要接起來，一欄一欄地換成最後的樣子。
PEAK = 1.5
#: 一個不同的值在字典裡要的位元組（字串的表頭、字典的位置），不含字本身。
PER_TEXT = 150
#: 認不出這台電腦有多少記憶體時的上限。
UNKNOWN_MEMORY = 4_000_000_000


@dataclass(frozen=True)
class Estimate:
    """估計的列數、欄數與讀進來要的位元組。"""

    n_rows: int
    n_columns: int
    memory: int


def check_fits(source: Source, separator: str, limit: int | None = None) -> None:
    """放不進去就引發 ``ValueError``：說出有多大、上限多少、怎麼辦。``limit`` 的預設是記憶體的一半。"""
    if source.size < SMALL and (source.n_rows or 0) < FEW_ROWS:
        return
    whose = "" if limit else "（這台電腦記憶體的一半）"
    limit = limit or available_memory() // 2
    found = estimate(source, separator)
    if found.memory > limit:
        raise ValueError(
            f"{source.path} 大約有 {found.n_rows:,} 列、{found.n_columns} 欄，"
            f"讀進來約要 {_gigabytes(found.memory)}，超過上限 {_gigabytes(limit)}{whose}；"
            "請先抽樣一部分的列，或刪掉用不到的欄再試。"
        )


def estimate(source: Source, separator: str) -> Estimate:
    """由開頭的列估計整個檔案。"""
    rows = [row for _, row in islice(source.open_rows(separator), SAMPLE_ROWS)]
    n_bytes = sum(len(cell.encode()) + 1 for row in rows for cell in row) / len(rows)
    n_rows = source.n_rows or max(len(rows), int(source.size / n_bytes))
    width = max(map(len, rows))
    columns = [[row[place] for row in rows[1:] if len(row) > place] for place in range(width)]
    per_row = sum(_bytes_per_cell(column) for column in columns)
    return Estimate(n_rows, width, int(n_rows * per_row * PEAK))


def _bytes_per_cell(cells: Sequence[str]) -> float:
    """數字 12 個位元組（浮點數與代碼）；水準少的是代碼；幾乎都不同的文字，每一格都要存。"""
    distinct = len(set(cells)) / max(1, len(cells))
    if sum(map(is_plain, cells)) > 0.9 * len(cells):
        return 12
    if distinct < 0.2:
        return 4
    return 4 + distinct * (PER_TEXT + sum(map(len, cells)) / len(cells))


def available_memory() -> int:
    """這台電腦的記憶體，位元組；問不到就當作 8 GB。"""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows 沒有 sysconf
        return 2 * UNKNOWN_MEMORY


def _gigabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB"
