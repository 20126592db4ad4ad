"""表格：標題與底下的內容同一邊對齊，數字靠右而且不拆成兩行。

pandas 的標題一律靠右、文字欄靠左，兩者對不上。這裡看每一欄的內容：都是數字的欄標上 ``number``，
其餘的標上 ``words``，標題跟著；樣式在 course.css。Markdown 的表由作者對齊，只把數字標出來。
數字前面的連字號換成負號（−），與內文相同。
"""

import re
from collections.abc import Sequence

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx.application import Sphinx
from typography_zh_tw import with_minus

NUMBER = re.compile(r"[-−+±~≈<>≤≥×()\[\]\d\s.,，、%eE/:–]*\d[-−+±~≈<>≤≥×()\[\]\d\s.,，、%eE/:–]*")
EMPTY = frozenset({"", "-", "—", "–", "NaN", "無"})
LONGEST = 24  # 更長的是一串數字，該換行


def is_number(text: str) -> bool:
    """``0.65 ± 0.02``、``(−0.47, −2.06)`` 都是數字；有文字的不是。"""
    return len(text.strip()) <= LONGEST and NUMBER.fullmatch(text.strip()) is not None


def kind(texts: list[str]) -> str:
    """一欄（不含標題）的種類。"""
    said = [text for text in texts if text.strip() not in EMPTY]
    return "number" if said and all(map(is_number, said)) else "words"


def aligned(html: str) -> str:
    """標上每一欄的種類；跨欄跨列的表，標題與內容對不上號，只標數字。"""
    soup = BeautifulSoup(html, "html.parser")
    for table in soup.find_all("table"):
        rows = [row.find_all(["th", "td"]) for row in table.find_all("tr")]
        if {len(row) for row in rows} == {len(rows[0])} and not table.find(_spans):
            _mark_columns(table, rows)
        else:
            _mark_numbers(table)
        for cell in filter(_is_number_cell, table.find_all(["th", "td"])):
            _use_minus(cell)
    return str(soup)


def _mark_columns(table: Tag, rows: Sequence[Sequence[Tag]]) -> None:
    for row in table.find_all("tr", style=True):
        del row["style"]
    heads = sum(1 for cells in rows if cells[0].find_parent("thead"))
    for column in zip(*rows, strict=True):
        found = kind([cell.get_text() for cell in column[heads:]])
        for cell in column:
            _add_class(cell, found)


def _use_minus(cell: Tag) -> None:
    for text in cell.find_all(string=True):
        text.replace_with(with_minus(text))


def _mark_numbers(table: Tag) -> None:
    for cell in table.find_all("td"):
        if is_number(cell.get_text()):
            _add_class(cell, "number")


def _is_number_cell(cell: Tag) -> bool:
    return is_number(cell.get_text())


def _spans(cell: Tag) -> bool:
    return any(cell.get(name, "1") != "1" for name in ("colspan", "rowspan"))


def _add_class(cell: Tag, name: str) -> None:
    cell["class"] = " ".join(filter(None, [*cell.get_attribute_list("class"), name]))


def mark_page(app: Sphinx, doctree: nodes.document) -> None:
    for raw in doctree.findall(nodes.raw):
        if "html" in raw.get("format", "") and "<table" in raw.astext():
            text = aligned(raw.astext())
            raw.rawsource, raw.children = text, []
            raw += nodes.Text(text)
    for entry in doctree.findall(nodes.entry):
        if is_number(entry.astext()):
            entry["classes"].append("unbroken")
            for text in list(entry.findall(nodes.Text)):
                text.parent.replace(text, nodes.Text(with_minus(text)))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", mark_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
