"""搜尋的畫面：從 file:// 與 http 都找得到，鍵盤走得完，落在那一節、打開摺起來的，打開以前不載入索引。"""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.browser.inspection import PHONE, inaccessible, opened, overflow
from tests.browser.local_site import served
from tests.built_book import require_book

pytestmark = pytest.mark.browser
CHAPTER = "05-elbo.html"
OPTION = "#finder-list [role=option]"
SELECTED = f"{OPTION}[aria-selected=true]"
MARKED = """() => [...(CSS.highlights.get("found") ?? [])].map((range) => range.toString())"""
#: 找到的第一個看得見的字，在畫面裡嗎。
IN_VIEW = """() => [...(CSS.highlights.get("found") ?? [])].some((range) => {
  const box = range.getBoundingClientRect();
  return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight;
})"""
#: 假的時鐘，看一次走 step 毫秒；數畫面讓出來以前，一口氣掃了幾節，取最多的一次。
SCANNED = """(step) => {
  const { prototype } = window.BookSearch.Searcher, { match } = prototype, wait = window.setTimeout;
  let clock = 0, turn = new Set();
  window.most = 0;
  Date.now = () => (clock += step);
  window.setTimeout = (work, ...rest) => wait(() => { turn = new Set(); work(); }, ...rest);
  addEventListener("input", () => { turn = new Set(); }, true);
  prototype.match = function (section, ...rest) {
    window.most = Math.max(window.most, turn.add(section).size);
    return match.call(this, section, ...rest);
  };
}"""


@pytest.fixture(scope="module")
def book() -> Path:
    return require_book()


def look_for(page: Any, words: str, key: str = "/") -> None:
    page.keyboard.press(key)
    page.wait_for_selector("dialog.finder[open]")
    page.locator("dialog.finder input").fill(words)
    page.wait_for_function("() => /找/.test(document.querySelector('.finder-status').textContent)")


def titles(page: Any) -> list[str]:
    return page.locator(f"{OPTION} .finder-title").all_inner_texts()


def arrived(page: Any) -> list[str]:
    """等公式排好、找到的字標出來；傳回標了哪些字。"""
    page.wait_for_function("() => CSS.highlights.get('found')?.size > 0")
    return page.evaluate(MARKED)


@pytest.mark.parametrize("key", ["/", "Control+k", "按鈕"])
def test_results_come_while_typing_and_nothing_is_loaded_before(browser, book, key):
    with opened(browser, book / CHAPTER) as (page, noise):
        loaded = "() => [...document.scripts].some((one) => one.src.includes('search-index.js'))"
        assert not page.evaluate(loaded)
        if key == "按鈕":
            page.locator(".search-button__button:visible").first.click()
            page.wait_for_selector("dialog.finder[open]")
            page.keyboard.press("Escape")
        look_for(page, "後驗崩", "/" if key == "按鈕" else key)
        assert page.evaluate(loaded) and "後驗崩塌" in titles(page)
        page.locator("dialog.finder input").press_sequentially("潰")
        page.wait_for_function(
            f"() => document.querySelector('{OPTION} .finder-title')?.innerText === '後驗崩塌'"
        )
        assert noise == []


def test_the_keyboard_goes_to_a_section_of_another_page(browser, book):
    with opened(browser, book / CHAPTER) as (page, _):
        look_for(page, "門檻 崩塌")
        first = page.locator(SELECTED).inner_text()
        page.keyboard.press("ArrowDown")
        assert page.locator(SELECTED).inner_text() != first
        page.keyboard.press("ArrowUp")
        assert page.locator(SELECTED).inner_text() == first
        target = str(page.locator(SELECTED).get_attribute("href")).rpartition("#")[2]
        page.keyboard.press("Enter")
        page.wait_for_url("**/07-kl-weight.html*")
        assert set(arrived(page)) >= {"崩塌", "門檻"}
        page.wait_for_function(IN_VIEW)
        assert page.evaluate("decodeURIComponent(location.hash)") == f"#{target}"
        assert "find=" not in page.url or page.url.startswith("file:")
        page.keyboard.press("Escape")
        assert page.evaluate(MARKED) == []


def test_landing_opens_the_fold_the_words_are_in(browser, book):
    """只在摺起來的習題裡有的字：落地時打開它，看得到。"""
    with opened(browser, book / CHAPTER) as (page, _):
        look_for(page, "習題 7.1")
        assert titles(page)[0].startswith("習題 7.1")
        page.keyboard.press("Enter")
        page.wait_for_url("**/07-kl-weight.html*")
        arrived(page)
        assert page.locator("#ex-07-beta").is_visible()
        page.wait_for_function(IN_VIEW)
    with opened(browser, book / "07-kl-weight.html") as (page, _):
        assert not page.locator("#ex-07-beta").is_visible(), "反例：不是由搜尋來的就摺著"


def test_a_tall_figure_is_shown_from_its_top(browser, book):
    with opened(browser, book / CHAPTER, PHONE) as (page, _):
        look_for(page, "圖 7.3", "Control+k")
        page.keyboard.press("Enter")
        page.wait_for_url("**/07-kl-weight.html*")
        assert arrived(page) == ["圖 7.3"]
        page.wait_for_function(
            "() => Math.abs(document.getElementById('fig-07-slider').getBoundingClientRect().top) < 150"
        )


def test_a_result_on_the_same_page_needs_no_reload(browser, book):
    with opened(browser, book / CHAPTER) as (page, _):
        page.evaluate("window.stays = true")
        look_for(page, "下界還能更緊嗎")
        page.keyboard.press("Enter")
        arrived(page)
        assert page.evaluate("window.stays") and not page.locator("dialog.finder").is_visible()
        page.wait_for_function(IN_VIEW)


def test_escape_closes_and_gives_the_focus_back(browser, book):
    with opened(browser, book / CHAPTER) as (page, _):
        page.locator(".layer-switch input").first.focus()
        look_for(page, "概似", "Control+k")
        page.keyboard.press("Escape")
        assert not page.locator("dialog.finder").is_visible()
        assert page.evaluate("document.activeElement.closest('.layer-switch') !== null")


def test_a_slash_in_a_field_is_a_slash(browser, book):
    with opened(browser, book / "search.html") as (page, _):
        page.locator("#finder-page input").fill("")
        page.keyboard.type("1/2")
        assert page.locator("#finder-page input").input_value() == "1/2"
        assert page.locator("dialog.finder[open]").count() == 0


def test_nothing_found_is_said_in_words(browser, book):
    with opened(browser, book / CHAPTER) as (page, _):
        look_for(page, "量子色動力學")
        assert "找不到" in page.locator(".finder-status").inner_text() and titles(page) == []
        assert page.locator("dialog.finder input").get_attribute("aria-expanded") == "false"


def test_the_search_page_answers_the_address(browser, book):
    with opened(browser, book / "search.html", query="?q=得分函數") as (page, noise):
        page.wait_for_selector("#finder-page [role=option]")
        assert "分數函數" in page.locator("#finder-page [role=option]").first.inner_text()
        assert page.locator("#finder-page mark").count() > 0
        assert noise == []  # axe 自己會去讀樣式檔，所以先看
        assert inaccessible(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_open_dialog_is_accessible_and_fits_a_phone(browser, book, theme):
    with opened(browser, book / CHAPTER, PHONE, theme=theme) as (page, _):
        look_for(page, "KL 散度")
        assert inaccessible(page) == [] and overflow(page) == []
        box = page.locator(".finder-close").bounding_box()
        assert box and min(box["width"], box["height"]) >= 44


def test_what_a_screen_reader_hears(browser, book):
    with opened(browser, book / CHAPTER) as (page, _):
        look_for(page, "互資訊")
        tree = page.locator("dialog.finder").aria_snapshot()
        assert 'dialog "搜尋這本書"' in tree and 'combobox "搜尋這本書"' in tree
        assert 'listbox "找到的節"' in tree and "[selected]" in tree and "status: 找到" in tree
        chosen = page.locator(SELECTED).get_attribute("id")
        assert page.locator("dialog.finder input").get_attribute("aria-activedescendant") == chosen


def test_forced_colours_show_what_is_chosen_and_found(browser, book):
    with opened(browser, book / CHAPTER, forced_colors="active") as (page, _):
        look_for(page, "互資訊")
        assert (
            page.evaluate(f"getComputedStyle(document.querySelector('{SELECTED}')).outlineStyle") == "solid"
        )
        mark = "getComputedStyle(document.querySelector('.finder mark')).backgroundColor"
        plain = "getComputedStyle(document.querySelector('.finder-excerpt')).backgroundColor"
        assert page.evaluate(mark) != page.evaluate(plain)


def most_sections_in_one_go(page: Any, step: int) -> int:
    """一節要 ``step`` 毫秒的電腦（0：時鐘不走），打字時一口氣最多掃幾節。"""
    look_for(page, "先開一次")
    page.evaluate(SCANNED, step)
    page.locator("dialog.finder input").press_sequentially("潛在空間與房價的 KL 散度 log_var")
    page.wait_for_function("() => /找/.test(document.querySelector('.finder-status').textContent)")
    return page.evaluate("window.most")


@pytest.mark.parametrize(("step", "most"), [(1, 12), (4, 3), (100, 1)])
def test_the_page_moves_while_it_searches(browser, book, step, most):
    """打字時畫面不停：掃 12 毫秒就讓出來，不等整次搜尋做完；慢的電腦一節一讓。"""
    with opened(browser, book / CHAPTER) as (page, _):
        assert 0 < most_sections_in_one_go(page, step) <= most


def test_a_search_that_never_yields_would_be_seen(browser, book):
    """反向對照：時鐘不走，就永遠不到該讓的時候，一口氣掃完全書。"""
    with opened(browser, book / CHAPTER) as (page, _):
        assert most_sections_in_one_go(page, 0) > 100


def test_a_server_answers_the_same(browser, book):
    with served(book) as address, opened(browser, book / CHAPTER) as (page, _):
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address + CHAPTER)
        page.wait_for_load_state("load")
        assert not any("search-index" in url or "search/engine" in url for url in asked)
        look_for(page, "得分函數")
        assert any("search-index" in url for url in asked)
        page.keyboard.press("Enter")
        page.wait_for_url("**/02-reparameterization.html*")
        assert "分數函數" in arrived(page)
        assert "find=" not in page.url and page.url.startswith(address)


def test_a_missing_index_is_said_not_hidden(browser, book, tmp_path):
    shutil.copy(book / CHAPTER, tmp_path)
    (tmp_path / "_static").symlink_to((book / "_static").resolve())
    with opened(browser, tmp_path / CHAPTER) as (page, _):
        page.keyboard.press("/")
        page.wait_for_selector("dialog.finder[open]")
        page.locator("dialog.finder input").fill("概似")
        page.wait_for_function("() => /載入不了/.test(document.querySelector('.finder-status').textContent)")
