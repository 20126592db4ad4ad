"""手機與寬螢幕上的公式與表格：理由自己一行，太長的換行；表格的標題對齊內容，數字不拆開。"""

import importlib
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.browser.inspection import DESKTOP, PHONE, ROOT, opened, resize
from tests.built_book import REMEDY, pages, require_book, unavailable

pytestmark = pytest.mark.browser
SCRIPT = ROOT / "book" / "_static" / "narrow.js"
#: 上下差這麼多像素以內的，看不出來，axe 也不算可以捲。
SLACK = 12
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
<style>:root { --pst-font-family-base: Course } body { margin: 16px; font-family: Course }
STYLE
mjx-container[display="true"] { overflow-x: auto }</style>
SCRIPT
</head><body><article><div class="math">FORMULA</div></article></body></html>"""
DERIVATION = r"""\begin{split}\begin{aligned}
\log q(z) &= -\tfrac12\log 2\pi-\tfrac12\log\sigma^2-\tfrac{(z-\mu)^2}{2\sigma^2} && \text{（取對數）}\\
\log p(z) &= -\tfrac12\log 2\pi-\tfrac12 z^2 && \text{（代 }\mu=0,\sigma=1\text{）}
\end{aligned}\end{split}"""
ONLY_WIDE = """mjx-math.narrow { display: none !important }
mjx-container > mjx-math:not(.narrow) { display: inline-block !important }"""
LONG = r"y = a_1x_1+a_2x_2+a_3x_3+a_4x_4+a_5x_5+a_6x_6+a_7x_7+a_8x_8+a_9x_9+b_1z_1+b_2z_2"
SHORT = "x = y + 1"
UNBREAKABLE = r"\frac{a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q+r+s+t+u+v+w+x+y+z+A+B+C+D+E+F}{2}"


@cache
def typeset() -> tuple[dict[str, str], str]:
    """每一個公式排好的，與它們的樣式（不帶字型：字的寬度寫在樣式裡）。"""
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    try:
        formulas = importlib.import_module("formulas")
    finally:
        sys.path.pop(0)
    if not formulas.MATHJAX.exists():
        unavailable(f"沒有 MathJax；{REMEDY}")
    texs = [DERIVATION, LONG, UNBREAKABLE, SHORT]
    answer = formulas.run_mathjax([(tex, True) for tex in texs])
    drawn = [made["html"] for made in answer["made"]]
    css = formulas.only_used(answer["css"], formulas.used_names(drawn))
    ours = (formulas.HERE / "base.css").read_text(encoding="utf-8")
    return dict(zip(texs, drawn, strict=True)), re.sub(r"@font-face\{[^}]*\}", "", css) + ours


def page_with(folder: Path, formula: str, script: bool = True) -> Path:
    drawn, css = typeset()
    path = folder / "page.html"
    loaded = f'<script defer src="{SCRIPT.as_uri()}"></script>' * script
    text = PAGE.replace("STYLE", css).replace("SCRIPT", loaded).replace("FORMULA", drawn[formula])
    path.write_text(text, encoding="utf-8")
    return path


def scrolling(page: Any) -> list[bool]:
    return page.evaluate(SCROLLING)


@pytest.mark.parametrize("formula", [DERIVATION, LONG])
def test_a_wide_formula_fits_a_phone(browser: Any, tmp_path: Path, formula: str) -> None:
    with opened(browser, page_with(tmp_path, formula), PHONE) as (page, noise):
        assert scrolling(page) == [False] and noise == []
    with opened(browser, page_with(tmp_path, formula, script=False), PHONE) as (page, _):
        page.add_style_tag(content=ONLY_WIDE)
        assert scrolling(page) == [True]  # 反例：只有寬的就要捲


def test_what_cannot_be_broken_still_scrolls(browser: Any, tmp_path: Path) -> None:
    """要捲的才是停留點：不用滑鼠的讀者也捲得動。"""
    with opened(browser, page_with(tmp_path, UNBREAKABLE), PHONE) as (page, noise):
        assert scrolling(page) == [True] and noise == []
        assert page.locator("mjx-container[tabindex='0']").count() == 1
        resize(page, (1600, 900))
        page.clock.run_for(500)
        assert scrolling(page) == [False] and page.locator("[tabindex]").count() == 0


def test_no_formula_scrolls_up_and_down(browser: Any, tmp_path: Path) -> None:
    with opened(browser, page_with(tmp_path, DERIVATION), DESKTOP) as (page, _):
        tall = page.locator("mjx-container").evaluate("(e) => [e.scrollHeight, e.clientHeight]")
        assert tall[0] <= tall[1] + SLACK
        page.add_style_tag(content="mjx-container > math { height: auto !important; max-height: none }")
        tall = page.locator("mjx-container").evaluate("(e) => [e.scrollHeight, e.clientHeight]")
        assert tall[0] > tall[1] + SLACK  # 反例：MathML 自己比較高


def lines_between(page: Any) -> int:
    """看得見的公式有幾列。"""
    return page.locator("mjx-container mjx-mtr:visible").count()


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
    with opened(browser, page_with(tmp_path, SHORT), PHONE) as (page, _):
        assert page.locator("mjx-container").evaluate("(e) => e.className + e.style.cssText") == ""
        assert page.locator("mjx-math").count() == 1


def test_reasons_have_their_own_line_on_a_phone_without_scripts(browser: Any, tmp_path: Path) -> None:
    with opened(browser, page_with(tmp_path, DERIVATION, script=False), PHONE) as (page, _):
        assert lines_between(page) >= 4


def test_paper_is_wide(browser: Any, tmp_path: Path) -> None:
    with opened(browser, page_with(tmp_path, DERIVATION), PHONE) as (page, _):
        page.emulate_media(media="print")
        assert lines_between(page) == 2 + 1


def test_what_is_read_aloud_is_there_once(browser: Any, tmp_path: Path) -> None:
    """報讀軟體讀到的是 MathML，一份；兩種排法都不讀，也不是停留點。"""
    with opened(browser, page_with(tmp_path, DERIVATION), PHONE) as (page, _):
        tree = page.locator("article").aria_snapshot()
        assert tree.count("math") >= 1 and tree.count("取對數") == 1
        assert page.locator("mjx-container [tabindex], mjx-container[tabindex]").count() == 0


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
