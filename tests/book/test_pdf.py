"""做好的 PDF：頁數、書籤、連結、字型、缺字與大小；每一種檢查都有一份壞的證明抓得到。"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from bs4 import BeautifulSoup
from pikepdf import Array, Dictionary, Name

from book import paper, pdf
from tests.built_book import need_newer, require_book

LIMIT, FEWEST, MOST = 15_000_000, 250, 400


# ── 檢查 ──────────────────────────────────────────────────────────────


def fonts(page: pikepdf.Page) -> Iterator[tuple[str, pikepdf.Object]]:
    """這一頁（與畫在裡面的圖）用的字型。"""
    waiting, seen = [page.obj.get("/Resources", Dictionary())], 0
    while waiting and seen < 200:
        resources, seen = waiting.pop(), seen + 1
        yield from resources.get("/Font", Dictionary()).items()
        for form in resources.get("/XObject", Dictionary()).values():
            if form.get("/Subtype") == Name.Form and "/Resources" in form:
                waiting.append(form.Resources)


def not_embedded(book: pikepdf.Pdf) -> set[str]:
    """沒有附在檔案裡的字型；Type 3 的字形本來就在裡面。"""
    found = set()
    for page in book.pages:
        for _, font in fonts(page):
            inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
            about = inner.get("/FontDescriptor", Dictionary())
            if font.Subtype != Name.Type3 and not any(f"/FontFile{kind}" in about for kind in ("", 2, 3)):
                found.add(str(font.get("/BaseFont", "？")))
    return found


def missing_glyphs(book: pikepdf.Pdf) -> list[int]:
    """畫出「沒有這個字」（字形 0）的頁。"""
    found = []
    for number, page in enumerate(book.pages, 1):
        wide = {name for name, font in own_fonts(page).items() if font.Subtype == Name.Type0}
        at = ""
        for step in pikepdf.parse_content_stream(page, "Tf Tj TJ"):
            operands, operator = step.operands, step.operator
            if str(operator) == "Tf":
                at = str(operands[0])
            elif at in wide and any(b"\0\0" in codes(part) for part in shown(operands[0])):
                found.append(number)
                break
    return found


def own_fonts(page: pikepdf.Page) -> Any:
    return page.obj.get("/Resources", Dictionary()).get("/Font", Dictionary())


def shown(operand: pikepdf.Object) -> Iterator[bytes]:
    parts = operand if isinstance(operand, Array) else [operand]
    yield from (bytes(part) for part in parts if isinstance(part, pikepdf.String))


def codes(text: bytes) -> set[bytes]:
    return {text[at : at + 2] for at in range(0, len(text), 2)}


def broken_links(book: pikepdf.Pdf) -> list[str]:
    """連到書裡沒有的地方，或這台電腦的檔案。"""
    places, found = book.Root.get("/Dests", Dictionary()), []
    for page in book.pages:
        for link in page.obj.get("/Annots", []):
            address = str(link.get("/A", Dictionary()).get("/URI", ""))
            if "/Dest" in link and isinstance(link.Dest, Name) and link.Dest not in places:
                found.append(str(link.Dest))
            elif address and not re.match(r"https?://|mailto:", address):
                found.append(address)
    return found


def bookmarks(book: pikepdf.Pdf) -> list[tuple[int, str, int]]:
    """每一個書籤的（層，標題，第幾頁）。"""
    at = {page.obj.objgen: number for number, page in enumerate(book.pages, 1)}

    def walk(items, depth) -> Iterator[tuple[int, str, int]]:
        for item in items:
            yield depth, item.title, at[item.destination[0].objgen]
            yield from walk(item.children, depth + 1)

    with book.open_outline() as outline:
        return list(walk(outline.root, 0))


# ── 做好的書 ──────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def book() -> Iterator[pikepdf.Pdf]:
    require_book()
    with pikepdf.open(need_newer(pdf.target_file(), "make pdf")) as opened:
        yield opened


def test_the_book_has_its_pages_and_says_what_it_is(book):
    assert FEWEST <= len(book.pages) <= MOST
    assert pdf.target_file().stat().st_size <= LIMIT
    assert str(book.docinfo["/Title"]) == paper.TITLE and str(book.Root.Lang) == "zh-TW"
    assert "/StructTreeRoot" in book.Root and "/CreationDate" not in book.docinfo
    assert {tuple(round(float(x)) for x in page.mediabox) for page in book.pages} == {(0, 0, 595, 842)}


def test_every_letter_is_drawn_with_an_embedded_font(book):
    assert not_embedded(book) == set()
    assert missing_glyphs(book) == []


def test_every_link_arrives(book):
    assert broken_links(book) == []
    inside = sum("/Dest" in link for page in book.pages for link in page.obj.get("/Annots", []))
    assert inside > 2000


def test_bookmarks_follow_the_book(book):
    found = bookmarks(book)
    parts = [title for depth, title, _ in found if depth == 0]
    assert parts == ["目錄", paper.FRONT_TITLE, "理論", "實作與案例", "動手玩", "附錄"]
    chapters = [page for depth, title, page in found if depth == 1 and re.match(r"\d+ ", title)]
    assert len(set(chapters)) == 14 and [page for *_, page in found] == sorted(page for *_, page in found)


def test_the_contents_tell_the_pages(book):
    """目錄的頁由第二頁到「開始之前」；每一頁都疊上了頁碼。"""
    first = next(page for _, title, page in bookmarks(book) if title == paper.FRONT_TITLE)
    sheets = list(book.pages)[1 : first - 1]
    laid = [sheet.Resources.get("/XObject", Dictionary()).values() for sheet in sheets]
    assert laid and all(any(one.get("/Subtype") == Name.Form for one in drawn) for drawn in laid)


# ── 檢查抓得到 ────────────────────────────────────────────────────────


def one_page(content: bytes = b"", font: Dictionary | None = None, links: tuple[dict[str, Any], ...] = ()):
    made = pikepdf.new()
    page = made.add_blank_page(page_size=(595, 842))
    page.Contents = made.make_stream(content)
    if font is not None:
        page.Resources = Dictionary(Font=Dictionary(F1=font))
    page.obj.Annots = Array([Dictionary(Subtype=Name.Link, **link) for link in links])
    return made


def type0(**about) -> Dictionary:
    return Dictionary(
        Subtype=Name.Type0, BaseFont=Name("/AAAAAA+Book"),
        DescendantFonts=Array([Dictionary(FontDescriptor=Dictionary(**about))]),
    )  # fmt: skip


def test_a_font_left_out_is_caught():
    assert not_embedded(one_page(font=type0())) == {"/AAAAAA+Book"}
    assert not_embedded(one_page(font=type0(FontFile2=Dictionary()))) == set()
    assert not_embedded(one_page(font=Dictionary(Subtype=Name.Type3))) == set()


def test_a_missing_glyph_is_caught():
    font = type0(FontFile2=Dictionary())
    assert missing_glyphs(one_page(b"BT /F1 9 Tf <00120000> Tj ET", font)) == [1]
    assert missing_glyphs(one_page(b"BT /F1 9 Tf [<0012> 3 <0000>] TJ ET", font)) == [1]
    assert missing_glyphs(one_page(b"BT /F1 9 Tf <01000034> Tj ET", font)) == [], "兩個字之間的 00 00 不算"


def test_a_link_that_goes_nowhere_is_caught():
    links = (
        {"Dest": Name("/here")}, {"Dest": Name("/gone")},
        {"A": Dictionary(URI="file:///home/me/book.html")}, {"A": Dictionary(URI="https://e.org/")},
    )  # fmt: skip
    made = one_page(links=links)
    made.Root.Dests = Dictionary(here=Array([made.pages[0].obj, Name.XYZ, 0, 0, 0]))
    assert broken_links(made) == ["/gone", "file:///home/me/book.html"]


# ── 做的過程 ──────────────────────────────────────────────────────────


def test_no_browser_is_told_with_the_cure(monkeypatch):
    monkeypatch.setattr(pdf, "find_browser", lambda: "/nowhere/chromium")
    with (
        pytest.raises(pdf.Problem, match=r"apt install chromium(?s:.*)playwright install chromium"),
        pdf.chromium(),
    ):
        pass


def test_an_unbuilt_book_is_told(tmp_path):
    with pytest.raises(pdf.Problem, match="make book"):
        pdf.make(tmp_path)


def test_page_numbers_sit_at_the_end_of_their_line():
    link = {"/Dest": Name("/page-01"), "/Rect": [60, 700, 290, 712]}
    written = pdf._number(link, {"page-01": (7, 800.0)}, {"page-01"})
    assert ">8</span>" in written and "right: 304.96pt" in written and "font-weight: 700" in written


def test_running_heads_are_written_for_every_chapter():
    body = BeautifulSoup("<p></p>", "html.parser")
    pages = [paper.Page("01-a", "", '甲 "乙"', body), paper.Page("02-b", "", "丙", body)]
    rules = pdf.running_heads(pages)
    assert '@top-right { content: "丙"; }' in rules and "#page-02-b { page: chapter1; }" in rules
    assert 'content: "甲 ”乙”"' in rules, "引號不可以提早結束"


def test_files_of_the_site_are_named_in_full(tmp_path):
    html = (
        '<img src="_images/a.svg"><a href="#節"><a href="https://e.org"><img src="data:image/png;base64,x">'
    )
    changed = pdf.absolute(html, Path(tmp_path))
    assert f'src="{tmp_path.as_uri()}/_images/a.svg"' in changed
    assert 'href="#節"' in changed and 'href="https://e.org"' in changed and 'src="data:' in changed
