"""表的樣子：欄用什麼分開、表頭在哪一行、下面是不是還有第二行表頭。只看開頭幾百列。"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..missing import is_missing
from .cells import clean, read_number
from .repairs import Repair
from .sources import SEPARATORS, Row, Source

SAMPLE = 300
#: 標題最多幾行。
MOST_TITLES = 10


@dataclass(frozen=True)
class Layout:
    """``header`` 是欄名；``skip`` 是資料以前的列數（標題、表頭、第二行表頭）。"""

    separator: str
    header: tuple[str, ...]
    skip: int
    repairs: tuple[Repair, ...]


def find_layout(source: Source, as_is: bool = False) -> Layout:
    """看開頭認出樣子；表頭不對引發 ``ValueError``。``as_is``：第一列就是表頭。"""
    separator, rows = _choose_separator(source)
    if not rows:
        raise ValueError(f"{source.path} 是空的；請檢查檔案是否下載完整。")
    repairs = []
    if separator not in (",", ""):
        repairs.append(Repair("separator", before=SEPARATORS[separator]))
    title = 0 if as_is else _count_titles(rows)
    if not as_is and _is_grouped(rows[title:]):
        title += 1
    if title:
        repairs.append(Repair("title", before=shown(rows[0][1]), cells=title))
    raw, data = rows[title][1], rows[title + 1 :]
    header = raw if as_is else _cleaned_header(raw, repairs)
    skip = title + 1
    if not as_is and data and _is_second_header(header, [row for _, row in data]):
        repairs.append(Repair("second_header", before=shown(data[0][1])))
        skip += 1
    return Layout(separator, tuple(header), skip, tuple(repairs))


def check_header(header: Sequence[str], path: Path) -> None:
    """每一欄有名字、名字不重複；否則引發 ``ValueError``。"""
    if not all(header):
        raise ValueError(f"{path} 的表頭第 {list(header).index('') + 1} 欄沒有名字；請補上欄名。")
    repeated = sorted(name for name, count in Counter(header).items() if count > 1)
    if repeated:
        raise ValueError(f"{path} 的表頭有重複的欄名：{'、'.join(repeated)}；請改成不同的名字。")


# ---- 分隔 ----------------------------------------


def _choose_separator(source: Source) -> tuple[str, list[Row]]:
    """讓最多列有一樣多欄（而且不只一欄）的分隔；平手照逗號、Tab、分號、直線的順序。"""
    best, chosen, problem = (-1.0, 0), None, None
    for separator in source.separators:
        try:
            rows = list(islice(source.open_rows(separator), SAMPLE))
        except ValueError as error:
            problem = problem or error  # 引號照別的分隔也許就成對了
            continue
        score = _regularity([row for _, row in rows])
        if score > best:
            best, chosen = score, (separator, rows)
    if chosen is None or (problem is not None and best[1] < 2):
        raise problem or ValueError(f"{source.path} 是空的；請檢查檔案是否下載完整。")
    return chosen


def _regularity(rows: list[list[str]]) -> tuple[float, int]:
    """(欄數是眾數的列所占的比例，那個欄數)；只有一欄的不算整齊。"""
    if not rows:
        return 0.0, 0
    width, count = max(Counter(map(len, rows)).items(), key=lambda item: (item[1], item[0]))
    return (count / len(rows), width) if width > 1 else (0.0, width)


# ---- 表頭 ----------------------------------------


def _count_titles(rows: list[Row]) -> int:
    """表頭以上有幾行標題：只有一格有字，或欄數不足、連一半的欄都沒有。

    只有兩欄的表，空著一格的也許是少了名字的表頭，不當標題。
    """
    width = max(Counter(len(row) for _, row in rows).items(), key=lambda item: (item[1], item[0]))[0]
    if width < 2:
        return 0
    for position, (_, row) in enumerate(rows[: MOST_TITLES + 1]):
        n_cells = sum(bool(clean(cell)) for cell in row)
        if _is_bare_header(row, rows[position + 1 :]):
            return position
        limit = (width - 1) // 2 if len(row) < width else int(width > 2)
        if n_cells > max(limit, int(len(row) == 1 or _names_separator(row))):
            return position
    return 0


def _is_bare_header(row: list[str], below: list[Row]) -> bool:
    """只寫了一個欄名的表頭：名字不在第一格（標題才在），下一列已經有數字，是資料。"""
    named = [bool(clean(cell)) for cell in row]
    if named[0] or sum(named) != 1 or not below:
        return False
    return len(below[0][1]) == len(row) and any(_is_number(clean(cell)) for cell in below[0][1])


def _names_separator(row: list[str]) -> bool:
    """Excel 認得的第一行：sep=; 只說分隔是什麼。"""
    return row[0].strip().lower() in ("sep=", *(f"sep={mark}" for mark in SEPARATORS))


def _cleaned_header(raw: list[str], repairs: list[Repair]) -> list[str]:
    header = [clean(name) for name in raw]
    changed = [(before, after) for before, after in zip(raw, header, strict=True) if before.strip() != after]
    if changed:
        before, after = changed[0]
        repairs.append(Repair("header", before=visible(before), after=after, cells=len(changed)))
    return header


def _is_second_header(header: list[str], data: list[list[str]]) -> bool:
    """第一列資料其實是另一種語言的表頭嗎？

    整列沒有一格是數字，字也不在下面再出現；而且至少兩欄的其他格子全是數字，或者欄名是中文、這一列全是
    英文，下面卻是數字或中文。
    """
    first, rest = ["" if is_missing(clean(cell)) else clean(cell) for cell in data[0]], data[1:]
    words = [cell for cell in first if cell]
    if len(first) != len(header) or len(rest) < 3 or len(words) * 2 < len(header) or len(header) < 2:
        return False
    if any(_is_number(word) for word in words):
        return False
    below = [[clean(row[place]) for row in rest if len(row) > place] for place in range(len(header))]
    if any(word and word in cells for word, cells in zip(first, below, strict=True)):
        return False
    numeric = sum(_all_numbers(cells) for word, cells in zip(first, below, strict=True) if word)
    return numeric >= 2 or (_is_foreign(header, words) and (numeric == 1 or _mostly_chinese(below)))


def _is_grouped(rows: list[Row]) -> bool:
    """兩層的表頭：上面一層是合併的大標題（有空格），下面一層才是每一欄的名字。"""
    if len(rows) < 2:
        return False
    upper, lower = ([clean(cell) for cell in row] for _, row in rows[:2])
    return not all(upper) and all(lower) and _is_second_header(upper, [row for _, row in rows[1:]])


def _is_foreign(header: list[str], words: list[str]) -> bool:
    return all(word.isascii() for word in words) and not all(name.isascii() for name in header)


def _mostly_chinese(below: list[list[str]]) -> bool:
    chinese = sum(any(not cell.isascii() for cell in cells) for cells in below)
    return chinese * 2 >= len(below)


def _all_numbers(cells: list[str]) -> bool:
    known = [cell for cell in cells if not is_missing(cell)]
    return len(known) >= 3 and all(_is_number(cell) for cell in known)


def _is_number(text: str) -> bool:
    return read_number(text) is not None


def shown(row: Sequence[str]) -> str:
    """一列的字，太長截短；放在修改的那一行裡。"""
    text = "、".join(clean(cell) for cell in row if clean(cell))
    return text if len(text) <= 40 else text[:39] + "…"


def visible(text: str) -> str:
    """看不見的字元寫成 ‹U+200B›，兩端的空白寫成 ␣，才看得到改了什麼。

    >>> visible(" 高雄\\u200b ")
    '␣高雄‹U+200B›␣'
    """
    inner = text.strip(" ")
    start = len(text) - len(text.lstrip(" "))
    shown = "".join(c if c.isprintable() else f"‹U+{ord(c):04X}›" for c in inner)
    return "␣" * start + shown + "␣" * (len(text) - start - len(inner))
