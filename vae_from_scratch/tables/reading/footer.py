"""檔案最後面的合計與註腳：它們不是資料，略過；說不準的就留著。

先看樣子（``candidates``），再看上面各列同不同意（``n_kept``）：「合計」在那一欄出現過，就是一個水準；數字一個也沒有
上面的大，就不是總和。
"""

import re
from collections.abc import Sequence

from ..missing import is_missing
from .cells import clean, read_number
from .encoded import Encoder
from .sources import Row

#: 只看最後這麼多列；上面至少要有這麼多列資料。
MOST_ROWS, FEWEST_ABOVE = 10, 3
TOTALS = frozenset({"合計", "總計", "小計", "總和", "加總", "總數", "total", "grandtotal", "subtotal", "sum"})
_NOTE = re.compile(
    r"[※＊*]|(?:本表|以上資料|製表|更新(?:日期|時間))"
    r"|[(（]?(?:註|附註|備註|說明|資料來源|來源|資料時間|單位|notes?|sources?)\s*[\d一二三四五]*\s*[)）]?\s*[：:．.、]",
    re.IGNORECASE,
)


def candidates(tail: Sequence[Row], width: int) -> int:
    """``tail``（檔案的最後幾列）由第幾列起，看樣子都是合計、註腳或空白列；沒有就是 ``len(tail)``。

    >>> candidates([(2, ["台北", "3"]), (3, ["合計", "3"]), (4, ["", ""]), (5, ["註：虛構", ""])], 2)
    1
    """
    start = len(tail)
    for place in reversed(range(len(tail))):
        cells = [clean(cell) for cell in tail[place][1]]
        if _is_note(cells, width) or _is_total(cells, width):
            start = place
        elif any(cells):
            break
    return start


def n_kept(footer: Sequence[Row], encoders: Sequence[Encoder], n_above: int) -> int:
    """``candidates`` 找到的列裡，前面幾列其實是資料：上面的 ``n_above`` 列（收在 ``encoders``）不同意。"""
    if n_above < FEWEST_ABOVE:
        return len(footer)
    agreed = [_agrees([clean(cell) for cell in row], encoders) for _, row in footer]
    return max((place + 1 for place, agrees in enumerate(agreed) if not agrees), default=0)


def _agrees(cells: list[str], encoders: Sequence[Encoder]) -> bool:
    first = _first(cells)
    if first is None or _is_note(cells, len(encoders)):
        return True
    if encoders[first].has(cells[first]):
        return False
    numbers = [(read_number(cell), encoder) for cell, encoder in zip(cells, encoders, strict=True)]
    return any(number and number.value >= encoder.largest() for number, encoder in numbers)


def _first(cells: Sequence[str]) -> int | None:
    """第一個有字的格子。"""
    return next((place for place, cell in enumerate(cells) if cell), None)


def _is_note(cells: Sequence[str], width: int) -> bool:
    """一句說明：只有一格有字；欄數不足的，逗號是句子裡的。"""
    first = _first(cells)
    if first is None or not _NOTE.match(cells[first]):
        return False
    return len(cells) < width or sum(map(bool, cells)) == 1


def _is_total(cells: Sequence[str], width: int) -> bool:
    """第一個有字的格子是「合計」之類，其餘都是數字或空白，至少有一個數字。"""
    first = _first(cells)
    if first is None or len(cells) != width:
        return False
    word, rest = re.sub(r"\s|[：:]$", "", cells[first]).casefold(), cells[first + 1 :]
    numbers = [read_number(cell) is not None for cell in rest if not is_missing(cell)]
    return word in TOTALS and bool(numbers) and all(numbers)
