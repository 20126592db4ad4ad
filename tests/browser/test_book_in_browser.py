"""在無頭 Chromium 裡從 file:// 打開建好的書，每一頁都看一遍。"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from tests.book.test_pages import english_interface
from tests.book.test_wording import quoted, visible
from tests.book.wording import problems
from tests.browser.inspection import (
    DESKTOP,
    PHONE,
    SETTLED,
    inaccessible,
    opened,
    overflow,
    resize,
    unrendered_formulas,
)
from tests.built_book import pages, require_book

pytestmark = pytest.mark.browser
PAGES = pages() or ["index.html"]


@pytest.fixture(scope="session")
def book() -> Path:
    return require_book()


@pytest.fixture(scope="module", params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return request.param


@dataclass(frozen=True)
class Seen:
    """一頁在手機與寬螢幕上的樣子。"""

    noise: list[str]
    unrendered: list[str]
    overflow: list[str]
    overflow_on_phone: list[str]
    drawn: str
    inaccessible: dict[str, list[str]]


@pytest.fixture(scope="module")
def seen(book: Path, browser: Any, page: str) -> Seen:
    """只打開一次，幾個測試要看的都記下來：先是手機，再拉寬；axe 也是一段腳本，所以最後才放進去。"""
    with opened(browser, book / page, PHONE) as (shown, noise):
        on_phone = overflow(shown)
        resize(shown, DESKTOP)
        wide = (unrendered_formulas(shown), overflow(shown), on_phone, shown.content())
        found = Seen(list(noise), *wide, {"light": inaccessible(shown)})
        shown.emulate_media(color_scheme="dark")
        shown.evaluate(SETTLED)
        found.inaccessible["dark"] = inaccessible(shown)
    return found


def test_page_opens_quietly_with_every_formula(seen):
    """沒有主控台錯誤、沒有對外連線、沒有剩下的 TeX 原始碼，寬螢幕也不必左右捲。"""
    assert seen.noise == []
    assert seen.unrendered == []
    assert seen.overflow == []


def test_interface_drawn_by_scripts_is_in_traditional_chinese(seen):
    """腳本跑完之後的畫面：沒有簡體字，按鈕與提示沒有只有英文的。"""
    soup = BeautifulSoup(seen.drawn, "html.parser")
    assert english_interface(soup) == []
    assert problems(visible(soup), quoted()) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_page_is_accessible(seen, theme):
    assert seen.inaccessible[theme] == []


def test_page_fits_a_phone(seen):
    assert seen.overflow_on_phone == []


# ── 檢查本身抓得到錯 ──────────────────────────────────────────────────


SHELL = """<!doctype html>
<html lang="zh-TW">
<head><meta charset="utf-8"><title>頁</title><meta name="viewport" content="width=device-width"></head>
<body><main><h1>頁</h1><article>BODY</article></main></body>
</html>"""


def page_with(folder: Path, body: str) -> Path:
    path = folder / "page.html"
    path.write_text(SHELL.replace("BODY", body), encoding="utf-8")
    return path


def test_a_good_page_has_no_problem(browser, tmp_path):
    """對照組：下面每一種毛病都來自那一頁多出來的東西。"""
    with opened(browser, page_with(tmp_path, "<p>好的一頁。</p>"), PHONE) as (shown, noise):
        assert (noise, unrendered_formulas(shown), overflow(shown), inaccessible(shown)) == (
            [],
            [],
            [],
            [],
        )


@pytest.mark.parametrize(
    "body",
    [
        "<script>throw new Error('壞了')</script>",
        "<script>console.error('壞了')</script>",
        '<img src="nothing.png" alt="缺了的圖">',
        '<img src="http://127.0.0.1:9/x.png" alt="外面的圖">',
    ],
)
def test_errors_and_outside_requests_are_caught(browser, tmp_path, body):
    with opened(browser, page_with(tmp_path, body)) as (shown, noise):
        shown.wait_for_timeout(200)
        assert noise


@pytest.mark.parametrize(
    "body", ['<div class="math">\\[x^2\\]</div>', "<p>剩下 \\(x\\) 沒畫</p>", "<p>$$x$$</p>"]
)
def test_unrendered_formula_is_caught(browser, tmp_path, body):
    with opened(browser, page_with(tmp_path, body)) as (shown, _):
        assert unrendered_formulas(shown)


def test_overflow_is_caught(browser, tmp_path):
    with opened(browser, page_with(tmp_path, '<div style="width:600px">太寬</div>'), PHONE) as (shown, _):
        assert overflow(shown)
        resize(shown, DESKTOP)
        assert overflow(shown) == []
        resize(shown, PHONE)
        assert overflow(shown)


def test_nothing_of_a_page_is_left_for_the_next(browser, tmp_path):
    """同一個分頁：記下的主題、上一頁的主控台、滑鼠與列印的樣子都不帶到下一頁。"""
    loud = "<script>localStorage.mode = 'dark'; console.error('上一頁的')</script>"
    with opened(browser, page_with(tmp_path, loud), theme="dark") as (shown, noise):
        shown.mouse.move(50, 50)
        shown.emulate_media(media="print")
        assert noise == ["上一頁的"]
    hover = "<style>main:hover { color: red }</style>好"
    with opened(browser, page_with(tmp_path, hover)) as (shown, noise):
        assert noise == [] and shown.evaluate("localStorage.length") == 0
        assert shown.evaluate("getComputedStyle(document.querySelector('main')).color") == "rgb(0, 0, 0)"
        assert not shown.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        assert shown.evaluate("matchMedia('screen').matches")


@pytest.mark.parametrize(
    "body", ['<img src="data:," >', '<p style="color:#bbb">太淡的字</p>', "<button></button>"]
)
def test_inaccessible_page_is_caught(browser, tmp_path, body):
    with opened(browser, page_with(tmp_path, body)) as (shown, _):
        assert inaccessible(shown)


FADING = """<p id="fading" style="color:#bbb;transition:color 1s">換主題時，顏色慢慢變深的字</p>
<script>addEventListener("load", () => {
  fading.getBoundingClientRect();
  fading.style.color = "#000";
})</script>"""


def test_colours_are_judged_after_the_transitions_of_loading(browser, tmp_path):
    """顏色還在變的時候去量，結果要看機器快慢；所以等轉場走完，量讀者停下來看到的顏色。"""
    with opened(browser, page_with(tmp_path, FADING)) as (shown, _):
        assert inaccessible(shown) == []
        assert shown.evaluate("getComputedStyle(fading).color") == "rgb(0, 0, 0)"


THEMED = """<p id="themed" style="color:#bbb;transition:color 1s">亮的時候太淡，暗的時候由腳本加深的字</p>
<script>matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  themed.style.color = "#000";
})</script>"""


def test_colours_are_judged_after_the_script_has_changed_the_theme(browser, tmp_path):
    """網頁的腳本在下一次重畫才知道換了主題：等它換完，不量換到一半的顏色。"""
    with opened(browser, page_with(tmp_path, THEMED)) as (shown, _):
        shown.emulate_media(color_scheme="dark")
        shown.evaluate(SETTLED)
        assert shown.evaluate("getComputedStyle(themed).color") == "rgb(0, 0, 0)"
