"""連結的預覽：指標、鍵盤、手指都看得到，從 file:// 也是；關得掉、移得進去；目標就在畫面上的不必說。"""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.inspection import PHONE, inaccessible, opened, overflow
from tests.built_book import require_book

pytestmark = pytest.mark.browser
CHAPTER = "05-elbo.html"
SHOWN = ".preview-card:not([hidden])"
TERM = 'article p a[href^="notation.html#term-"]:visible'
#: 放到畫面中央，目標不在畫面上。
CENTRE = "(link) => link.scrollIntoView({block: 'center'})"
#: 資料載入了幾次。
LOADED = "() => [...document.scripts].filter((one) => one.src.includes('link-previews.js')).length"


@pytest.fixture(scope="module")
def book() -> Path:
    return require_book()


def link(page: Any, selector: str) -> Any:
    found = page.locator(selector).first
    found.evaluate(CENTRE)
    return found


def passes(page: Any, milliseconds: int = 1000) -> None:
    """讓等待的時間過去；頁面的鐘由測試管。"""
    page.clock.run_for(milliseconds)


def hover(page: Any, selector: str) -> Any:
    """指標停在連結上，等預覽開起來。"""
    found = link(page, selector)
    found.hover()
    page.wait_for_function("() => window.BookPreviews && window.BOOK_PREVIEWS")
    return shown(page)


def shown(page: Any) -> Any:
    page.wait_for_selector(SHOWN)
    return page.locator(SHOWN)


def gone(page: Any) -> None:
    page.wait_for_selector(".preview-card", state="detached")


def test_nothing_is_loaded_before_and_a_term_is_explained(browser, book):
    with opened(browser, book / CHAPTER) as (page, noise):
        assert page.evaluate(LOADED) == 0
        card = hover(page, TERM)
        assert page.evaluate(LOADED) == 1
        assert card.get_attribute("role") == "tooltip" and "術語" in card.inner_text()
        described = page.locator("a[aria-describedby]").get_attribute("aria-describedby")
        assert described == card.get_attribute("id") and noise == []
        assert card.locator("a, button, [tabindex]").count() == 0, "說明裡沒有停留點"
        assert inaccessible(page) == [] and overflow(page) == []


def test_the_pointer_may_enter_the_card_and_leaving_closes_it(browser, book):
    with opened(browser, book / CHAPTER) as (page, _):
        card = hover(page, TERM)
        card.hover()
        passes(page)
        assert card.is_visible()
        page.mouse.move(1, 1)
        gone(page)
        assert page.locator("a[aria-describedby]").count() == 0


def test_escape_closes_without_moving_the_pointer(browser, book):
    with opened(browser, book / CHAPTER) as (page, _):
        hover(page, TERM)
        page.keyboard.press("Escape")
        gone(page)
        box = link(page, TERM).bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2 + 1, box["y"] + box["height"] / 2)
        passes(page)
        assert page.locator(".preview-card").count() == 0, "關掉的，離開以前不再開"


def test_the_keyboard_sees_it_too(browser, book):
    with opened(browser, book / CHAPTER) as (page, _):
        found = link(page, TERM)
        page.keyboard.press("Shift")  # 用鍵盤的讀者
        found.focus()
        assert shown(page).get_attribute("role") == "tooltip"
        page.keyboard.press("Escape")
        gone(page)
        assert found.evaluate("(link) => link === document.activeElement")
        page.keyboard.press("Tab")
        page.keyboard.press("Shift+Tab")
        shown(page)
        found.evaluate("(link) => link.blur()")
        gone(page)


@pytest.mark.parametrize(
    ("href", "kind"),
    [
        ("#fig-05-snr", "圖"),
        ("07-kl-weight.html", "章"),
        ("03-kl-closed-form.html#thm-03-nonnegative", "定理"),
        ("#code-05-loss", "程式"),
        ("api.html#vae_from_scratch.objective.loss", "API"),
    ],
)
def test_other_kinds_are_shown(browser, book, href, kind):
    with opened(browser, book / CHAPTER) as (page, noise):
        plant(page, href)
        card = hover(page, "#there")
        assert card.get_attribute("data-kind") == kind and noise == []
        assert card.locator(".preview-text").inner_text().strip()
        if kind == "圖":
            page.wait_for_function(f"() => document.querySelector('{SHOWN} img').naturalWidth > 0")


def test_a_reference_is_shown_once(browser, book):
    """瀏覽器自己的提示（title）不疊上來，關掉就還回去。"""
    with opened(browser, book / CHAPTER) as (page, _):
        before = page.locator(".bibtex-citation a:visible").first.get_attribute("title")
        assert "文獻" in hover(page, ".bibtex-citation a:visible").inner_text()
        assert before and page.locator("a[aria-describedby]").get_attribute("title") is None
        page.keyboard.press("Escape")
        gone(page)
        assert page.locator(".bibtex-citation a:visible").first.get_attribute("title") == before


def plant(page: Any, href: str) -> None:
    """在內文的最後放一個連結；別的東西都在遠處。"""
    page.evaluate(
        """(href) => document.querySelector("article").insertAdjacentHTML("beforeend",
          `<p><a id="there" href="${href}">連結</a></p>`)""",
        href,
    )


FORMULA = "(holder) => holder.querySelector('mjx-container mjx-math').outerHTML"


def test_a_formula_looks_like_its_target(browser, book):
    """同一頁的公式：排出來的與目標相同，一個標記也不差；別的公式就不同。"""
    with opened(browser, book / CHAPTER) as (page, _):
        plant(page, "#equation-eq-05-elbo")
        drawn = hover(page, "#there").locator(".preview-text").evaluate(FORMULA)
        assert drawn == page.locator("#equation-eq-05-elbo").evaluate(FORMULA)
        assert drawn != page.locator("#equation-eq-05-two-terms").evaluate(FORMULA)


def test_a_formula_of_another_page_is_drawn_even_where_there_is_none(browser, book):
    """沒有公式的頁，這時才載入公式的樣式；從 file:// 也是。"""
    with opened(browser, book / "404.html") as (page, noise):
        assert page.locator("mjx-container, link[href*='formulas.css']").count() == 0
        plant(page, "05-elbo.html#equation-eq-05-elbo")
        formula = hover(page, "#there").locator("mjx-container")
        assert formula.count() == 1 and noise == []
        assert formula.locator("math").count() == 1 and page.locator(f"{SHOWN} [tabindex]").count() == 0
        box = formula.locator("mjx-math").bounding_box()
        assert box and box["width"] > 100 and box["height"] > 15, "樣式到了，字才有大小"


def test_no_card_for_what_is_in_view(browser, book):
    with opened(browser, book / CHAPTER) as (page, _):
        hover(page, TERM)  # 已經載入
        page.mouse.move(1, 1)
        gone(page)
        page.evaluate(
            """() => document.getElementById("equation-eq-05-elbo").insertAdjacentHTML("afterend",
              '<p><a id="near" href="#equation-eq-05-elbo">就在上面</a></p>')"""
        )
        link(page, "#near").hover()
        passes(page)
        assert page.locator(".preview-card").count() == 0
        page.evaluate("document.querySelector('article h1').after(document.getElementById('near'))")
        link(page, "#near").hover()
        shown(page)  # 反例：捲走了就有


def test_navigation_and_headings_are_not_explained(browser, book):
    with opened(browser, book / "index.html") as (page, _):
        link(page, ".reading-map a").hover()
        passes(page)
        assert page.evaluate(LOADED) == 0
    with opened(browser, book / CHAPTER) as (page, _):
        link(page, "h2 a.headerlink").hover(force=True)
        passes(page)
        assert page.evaluate(LOADED) == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_first_tap_shows_and_the_second_goes(browser, book, theme):
    with opened(browser, book / CHAPTER, PHONE, theme=theme, has_touch=True) as (page, noise):
        found = link(page, TERM)
        found.tap()
        card = shown(page)
        assert card.get_attribute("role") == "dialog" and page.url.endswith(CHAPTER)
        go = card.get_by_text("前往")
        box = go.bounding_box()
        assert box and min(box["width"], box["height"]) >= 44
        assert go.get_attribute("href") == found.evaluate("(link) => link.href")
        assert noise == []  # axe 自己會去讀樣式檔，所以先看
        assert inaccessible(page) == [] and overflow(page) == []
        page.keyboard.press("Escape")
        gone(page)
        assert found.evaluate("(link) => link === document.activeElement")
        found.tap()
        shown(page)
        found.tap()
        page.wait_for_url("**/notation.html#term-*")


def test_forced_colours_and_reduced_motion(browser, book):
    options: dict[str, Any] = {"forced_colors": "active", "reduced_motion": "reduce"}
    with opened(browser, book / CHAPTER, **options) as (page, _):
        card = hover(page, TERM)
        assert card.evaluate("(card) => getComputedStyle(card).borderTopWidth") == "2px"
        assert card.evaluate("(card) => getComputedStyle(card).animationName") == "none"


def test_the_card_is_not_printed(browser, book):
    with opened(browser, book / CHAPTER) as (page, _):
        card = hover(page, TERM)
        page.emulate_media(media="print")
        assert not card.is_visible()
        page.emulate_media(media="screen")
