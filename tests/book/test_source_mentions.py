"""全書的主線最多提「原文」十次：沒讀過那份筆記的人，不必聽我們和不在場的人爭論；改正寫在勘誤、旁注與深入。"""

from pathlib import Path

from tests.book.main_line import what_is_read
from tests.built_book import require_book

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = sorted(path.stem for path in BOOK.glob("[01][0-9]-*.md"))
MOST = 10
#: 這幾頁一次也不必提。
NEVER = ("13-mixed-tables", "lab", "digits", "where", "index", "explorer")


def mentions(html: str) -> int:
    """主線提到幾次；摺起來的與旁注不算。"""
    article = what_is_read(html)
    for note in article.select("aside.margin, .margin.sidebar"):
        note.decompose()
    return article.get_text().count("原文")


def on_page(name: str) -> int:
    return mentions((require_book() / f"{name}.html").read_text(encoding="utf-8"))


def test_the_main_lines_name_the_source_at_most_ten_times() -> None:
    found = {name: on_page(name) for name in CHAPTERS}
    assert sum(found.values()) <= MOST, found


def test_some_pages_never_name_it() -> None:
    assert {name: on_page(name) for name in NEVER} == dict.fromkeys(NEVER, 0)


def test_what_is_folded_or_in_the_margin_is_not_counted() -> None:
    page = "<article><p>原文說、原文又說</p>{}</article>"
    assert mentions(page.format("")) == 2
    assert mentions(page.format("<details>原文</details><aside class='margin sidebar'>原文</aside>")) == 2
    assert mentions(page.format("<p>原文</p>")) == 3
