"""首頁的圖：線由各頁自己寫的「先備」來，只往前指；一章的主線用到的章，圖上都接得到。"""

import importlib.util
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.book.main_line import what_is_read
from tests.built_book import require_book

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
SPEC = importlib.util.spec_from_file_location("reading_map", BOOK / "_ext" / "reading_map.py")
assert SPEC and SPEC.loader
reading_map = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(reading_map)
#: 首頁的表，照它的順序。
LISTED = re.findall(r"^\| \[.*?\]\((\S+)\.md\) \|", (BOOK / "index.md").read_text("utf-8"), re.MULTILINE)
PAGES = {name: (BOOK / f"{name}.md").read_text(encoding="utf-8") for name in LISTED}
NEEDS = reading_map.needs_of(PAGES)
NUMBERED = re.compile(r"^(?:.*/)?([\w-]+)\.html#(?:equation-|fig-|thm-|def-|lem-|prop-)")


def used(html: str) -> set[str]:
    """主線上以號碼引用的式子、圖與定理，在哪些頁。"""
    links = (NUMBERED.match(str(link["href"])) for link in what_is_read(html).select("a[href]"))
    return {link[1] for link in links if link}


def test_every_chapter_and_page_to_play_with_is_listed() -> None:
    chapters = sorted(path.stem for path in BOOK.glob("[01][0-9]-*.md"))
    assert [*chapters, "lab", "explorer", "digits", "where"] == LISTED


@pytest.mark.parametrize("name", LISTED)
def test_what_a_page_needs_comes_before_it(name: str) -> None:
    """先備只提前面的章；提到的一章也沒有漏掉。"""
    stated = reading_map.prerequisites(PAGES[name])
    assert all(number < int(name[:2]) for number in stated if name[:2].isdigit())
    assert {int(earlier[:2]) for earlier in NEEDS[name]} == set(stated)
    assert stated or reading_map.NEEDS.search(PAGES[name]), "這一頁沒有寫先備"


@pytest.mark.parametrize("name", LISTED)
def test_what_the_main_line_uses_is_connected(name: str) -> None:
    html = (require_book() / f"{name}.html").read_text(encoding="utf-8")
    assert used(html) - {name} <= reading_map.before(name, NEEDS)


def test_every_line_goes_to_the_next_row_and_none_cross() -> None:
    """線跳過一列，會從別的格子後面穿過去：先備寫得近一點，或改 _ext/reading_map.py 的排法。"""
    drawn = reading_map.direct(NEEDS)
    placed = reading_map.places(drawn)
    lines = [(placed[earlier], placed[name]) for name in drawn for earlier in drawn[name]]
    assert all(end.row == start.row + 1 for start, end in lines)
    assert crossings(lines) == []


def crossings(lines: list) -> list:
    """同一列出發、左右對調的兩條線。"""
    return [
        (one, other)
        for one in lines
        for other in lines
        if one[0].row == other[0].row and one[0].across < other[0].across and one[1].across > other[1].across
    ]


def test_the_built_map_links_to_every_page_and_first_exercise() -> None:
    book = require_book()
    stops = BeautifulSoup((book / "index.html").read_text("utf-8"), "html.parser").select(".reading-map li")
    links = [[str(link["href"]) for link in stop.select("a")] for stop in stops]
    assert [found[0] for found in links] == [f"{name}.html" for name in LISTED]
    for name, found, stop in zip(LISTED, links, stops, strict=True):
        exercise = reading_map.FIRST_EXERCISE.search(PAGES[name])
        assert found[1:] == ([f"{name}.html#{exercise[1]}"] if exercise and "練習" in stop.text else [])
        said = re.search(r"接在第 (.+) 章之後", stop.text)
        earlier = {int(other[:2]) for other in reading_map.direct(NEEDS)[name]}
        assert {int(number) for number in said[1].split("、")} == earlier if said else not earlier


def test_the_built_map_repeats_the_times_of_the_table() -> None:
    page = BeautifulSoup((require_book() / "index.html").read_text("utf-8"), "html.parser")
    shown = [re.findall(r"\d+", minutes.text) for minutes in page.select(".reading-map .minutes")]
    rows = [row.find_all("td")[-1].text for row in page.select("article table tr") if row.find("td")]
    assert shown == [re.findall(r"\d+", row) for row in rows]


# ── 反例 ──────────────────────────────────────────────────────────────

SMALL = {
    "01-a": "**先備**：微積分。**時間**：第 9 章",
    "02-b": "**先備**：第 1 章的式子。可以先跳到第 3 章。**時間**：20",
    "03-c": "**先備**：第 1、2 章；矩陣。",
    "04-d": "**先備**：第 3 章的圖與第 7 章。",
    "where": "沒有寫",
}


def test_only_what_is_stated_as_needed_is_read() -> None:
    assert [reading_map.prerequisites(text) for text in SMALL.values()] == [[], [1], [1, 2], [3, 7], []]
    needs = reading_map.needs_of(SMALL | {"07-e": ""})
    assert needs["04-d"] == {"03-c"}  # 排在後面的不收；建書時會警告
    assert reading_map.before("04-d", needs) == {"01-a", "02-b", "03-c"}
    assert reading_map.direct(needs)["03-c"] == {"02-b"}


def test_an_unconnected_reference_and_crossing_lines_are_noticed() -> None:
    html = (
        '<article><a href="05-elbo.html#equation-eq-05-x">式</a><a href="07-k.html">第 7 章</a>{}</article>'
    )
    folded = '<details><a href="03-kl.html#fig-03-x">圖</a></details>'
    assert used(html.format(folded)) == {"05-elbo"}
    assert used(html.format('<a href="03-kl.html#thm-03-x">定理</a>')) == {"03-kl", "05-elbo"}
    left, right = reading_map.Place(0.25, 0, 2), reading_map.Place(0.75, 0, 2)
    left_below, right_below = left._replace(row=1), right._replace(row=1)
    assert crossings([(left, right_below), (right, left_below)])
    assert not crossings([(left, left_below), (right, right_below)])
