"""粗體：`**` 貼著標點或角色時，Markdown 不認它，網頁上就留下星號。"""

from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

from tests.book.numbers import CELL

BOOK = Path(__file__).resolve().parents[2] / "book"
READER = MarkdownIt().use(dollarmath_plugin).use(myst_role_plugin)


def raw_asterisks(page: str) -> list[str]:
    """沒有變成粗體的 ``**``，連同前後的字；頁面開頭的設定與程式格不算。"""
    texts = [
        child.content
        for block in READER.parse(CELL.sub("", page.split("\n---\n", 1)[-1]))
        for child in block.children or []
        if child.type == "text"
    ]
    return [text for text in texts if "**" in text]


@pytest.mark.parametrize("page", sorted(BOOK.glob("*.md")), ids=lambda path: path.stem)
def test_no_page_shows_raw_asterisks(page: Path) -> None:
    assert raw_asterisks(page.read_text(encoding="utf-8")) == []


def test_the_check_finds_them() -> None:
    assert raw_asterisks("只是**{term}`軸`轉了**。") != []
    assert raw_asterisks("只是 {term}`軸` **轉了**。") == []
