"""手機與寬螢幕上的公式與表格：理由自己一行，太長的換行；表格的標題對齊內容，數字不拆開。"""

import html
from pathlib import Path
from typing import Any

import pytest

from tests.browser.inspection import DESKTOP, PHONE, ROOT, opened, resize
from tests.built_book import REMEDY, pages, require_book, unavailable

pytestmark = pytest.mark.browser
SCRIPT = ROOT / "book" / "_static" / "narrow.js"
MATHJAX = ROOT / "_vendor" / "mathjax" / "tex-chtml.js"
#: 手機上要捲動的公式最多占這個比例；寬螢幕上一個也沒有。
MOST = 0.1
#: 每一個顯示的公式要不要捲動；摺起來的先打開，等它排好。
SCROLLING = """async () => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
  return [...document.querySelectorAll('article mjx-container[display="true"]')]
    .map((e) => e.scrollWidth > e.clientWidth + 1);
}"""
PAGE = """<!doctype html><html lang="zh-TW"><head><meta charset="utf-8"><title>頁</title>
<meta name="viewport" content="width=device-width">
<style>body { margin: 16px; font-family: Course }
mjx-container[display="true"] { display: block; overflow-x: auto }</style>
<script>window.MathJax = {chtml: {mtextInheritFont: true}}</script>
SCRIPTS
</head><body><article><div class="math">\\[FORMULA\\]</div></article></body></html>"""
DERIVATION = r"""\begin{split}\begin{aligned}
\log q(z) &= -\tfrac12\log 2\pi-\tfrac12\log\sigma^2-\tfrac{(z-\mu)^2}{2\sigma^2} && \text{（取對數）}\\
\log p(z) &= -\tfrac12\log 2\pi-\tfrac12 z^2 && \text{（代 }\mu=0,\sigma=1\text{）}
\end{aligned}\end{split}"""
LONG = r"y = a_1x_1+a_2x_2+a_3x_3+a_4x_4+a_5x_5+a_6x_6+a_7x_7+a_8x_8+a_9x_9+b_1z_1+b_2z_2"
UNBREAKABLE = r"\frac{a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q+r+s+t+u+v+w+x+y+z+A+B+C+D+E+F}{2}"


def page_with(folder: Path, formula: str, script: bool = True) -> Path:
    if not MATHJAX.exists():
        unavailable(f"沒有 MathJax；{REMEDY}")
    scripts = "".join(
        f'<script defer src="{path.as_uri()}"></script>' for path in [SCRIPT] * script + [MATHJAX]
    )
    path = folder / "page.html"
    text = PAGE.replace("SCRIPTS", scripts).replace("FORMULA", html.escape(formula))
    path.write_text(text, encoding="utf-8")
    return path


def scrolling(page: Any) -> list[bool]:
    return page.evaluate(SCROLLING)


@pytest.mark.parametrize("formula", [DERIVATION, LONG])
def test_a_wide_formula_fits_a_phone(browser: Any, tmp_path: Path, formula: str) -> None:
    with opened(browser, page_with(tmp_path, formula), PHONE) as (page, noise):
        assert scrolling(page) == [False] and noise == []
    with opened(browser, page_with(tmp_path, formula, script=False), PHONE) as (page, _):
        assert scrolling(page) == [True]  # 反例：沒有改排就要捲


def test_what_cannot_be_broken_still_scrolls(browser: Any, tmp_path: Path) -> None:
    with opened(browser, page_with(tmp_path, UNBREAKABLE), PHONE) as (page, noise):
        assert scrolling(page) == [True] and noise == []


def lines_between(page: Any) -> int:
    """公式有幾列。"""
    return page.locator("mjx-container mjx-mtr").count()


def test_each_reason_has_its_own_line_only_where_it_is_narrow(browser: Any, tmp_path: Path) -> None:
    with opened(browser, page_with(tmp_path, DERIVATION), DESKTOP) as (page, _):
        assert lines_between(page) == 2 + 1  # 外層的 split 也算一列
        resize(page, PHONE)
        page.clock.run_for(500)
        assert lines_between(page) >= 4 and scrolling(page) == [False]
        resize(page, DESKTOP)
        page.clock.run_for(500)
        assert lines_between(page) == 2 + 1


def test_a_formula_that_fits_is_left_alone(browser: Any, tmp_path: Path) -> None:
    with opened(browser, page_with(tmp_path, "x = y + 1"), PHONE) as (page, _):
        assert page.evaluate("[...MathJax.startup.document.math][0].math") == "x = y + 1"


def test_chinese_keeps_the_font_of_the_page(browser: Any, tmp_path: Path) -> None:
    """重排的公式裡，理由仍用頁面的字型；沒有系統中文字型的電腦才不會是空白。"""
    with opened(browser, page_with(tmp_path, DERIVATION), PHONE) as (page, _):
        fonts = page.evaluate(
            "[...document.querySelectorAll('mjx-utext')].map((e) => getComputedStyle(e).fontFamily)"
        )
    assert fonts and all("Course" in font for font in fonts)


def share(seen: list[bool]) -> float:
    return sum(seen) / len(seen)


def test_at_most_a_tenth_of_the_book_scrolls_on_a_phone_and_nothing_is_cut_when_wide(browser: Any) -> None:
    book = require_book()
    on_phone, wide = [], []
    for name in pages():
        with opened(browser, book / name, PHONE) as (page, _):
            on_phone += scrolling(page)
        with opened(browser, book / name, DESKTOP) as (page, _):
            wide += scrolling(page)
    assert len(on_phone) > 100
    assert share(on_phone) <= MOST
    assert not any(wide)
