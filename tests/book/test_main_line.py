"""每一章的主線二十五分鐘讀得完，章首與首頁寫的時間就是數出來的，也不必翻到後面的章。"""

import re
from math import ceil
from pathlib import Path

import pytest

from tests.book.main_line import MainLine, main_line, points_ahead
from tests.built_book import require_book

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = sorted(path.stem for path in BOOK.glob("[01][0-9]-*.md"))
#: 不是章、可是一樣寫著主線要多久的頁。
PAGES = [*CHAPTERS, "digits", "where"]
LONGEST = 25
STATED = re.compile(r"主線約 (\d+) 分鐘")


@pytest.mark.parametrize("chapter", PAGES)
def test_the_main_line_is_read_in_time(chapter: str) -> None:
    line = measured(chapter)
    assert line.minutes <= LONGEST, line


@pytest.mark.parametrize("chapter", PAGES)
def test_the_stated_time_is_the_counted_one(chapter: str) -> None:
    """進位到五分鐘的倍數。"""
    stated = STATED.search((BOOK / f"{chapter}.md").read_text(encoding="utf-8"))
    assert stated and int(stated[1]) == in_fives(measured(chapter).minutes)


@pytest.mark.parametrize("chapter", PAGES)
def test_the_front_page_repeats_it(chapter: str) -> None:
    row = next(
        line for line in (BOOK / "index.md").read_text("utf-8").splitlines() if f"({chapter}.md)" in line
    )
    stated = STATED.search((BOOK / f"{chapter}.md").read_text(encoding="utf-8"))
    assert stated and re.search(rf"\| {stated[1]}(＋\d+)? \|$", row), row


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_main_line_needs_no_later_chapter(chapter: str) -> None:
    """「第 7 章」只是指路，可以；後面的章的式子、圖與定理，讀者還沒看過。"""
    html = (require_book() / f"{chapter}.html").read_text(encoding="utf-8")
    assert points_ahead(html, int(chapter[:2])) == []


def measured(chapter: str) -> MainLine:
    return main_line((require_book() / f"{chapter}.html").read_text(encoding="utf-8"))


def in_fives(minutes: float) -> int:
    return 5 * ceil(minutes / 5)


# ── 數的方法本身 ──────────────────────────────────────────────────────

PAGE = """<article><h1>一章</h1><p>讀得到的字 <span class="math">x</span></p>
<details class="layer"><p>摺起來的字</p><div class="math">y</div><figure></figure></details>
<div class="cell"><div class="cell_input">程式</div><figure><figcaption>圖說</figcaption></figure></div>
<div class="math">z</div></article>"""


def test_only_what_is_open_is_counted() -> None:
    assert main_line(PAGE) == MainLine(characters=9, formulas=1, figures=1)
    assert main_line(PAGE).minutes == pytest.approx(9 / 300 + 1 / 2 + 1 / 3)


def test_what_is_unfolded_counts() -> None:
    """反例：同樣的內容不摺，就變長。"""
    assert main_line(PAGE.replace("details", "div")) == MainLine(characters=14, formulas=2, figures=2)


AHEAD = """<article><a href="#equation-eq-05-elbo">這一章</a> <a href="03-kl.html#fig-03-tug">前面的章</a>
<a href="07-kl-weight.html">第 7 章</a> <a href="07-kl-weight.html#ex-07-beta">習題</a>
<details class="layer"><a href="07-kl-weight.html#thm-07-bernoulli">深入</a></details>LATER</article>"""


@pytest.mark.parametrize("anchor", ["equation-eq-07-beta", "fig-07-sweep", "thm-07-bernoulli"])
def test_pointing_ahead_is_noticed(anchor: str) -> None:
    later = f"07-kl-weight.html#{anchor}"
    assert points_ahead(AHEAD.replace("LATER", ""), 5) == []
    assert points_ahead(AHEAD.replace("LATER", f'<a href="{later}">後面的章</a>'), 5) == [later]
    assert points_ahead(AHEAD.replace("LATER", f'<a href="{later}">同一章</a>'), 7) == []
