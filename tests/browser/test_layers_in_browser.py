"""主線、全部、全部加程式：真的在瀏覽器裡切換、記住、用鍵盤、連到摺起來的地方。"""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.inspection import DESKTOP, opened
from tests.built_book import require_book

pytestmark = pytest.mark.browser
CHAPTER = "07-kl-weight.html"
HEIGHT = 9000
OPEN = """() => Object.fromEntries(["deeper", "exercise", "code"].map((layer) => {
  const all = [...document.querySelectorAll("article details.layer, article .cell > details.hide")]
    .filter((e) => (e.dataset.layer ?? "code") === layer);
  return [layer, all.length ? all.filter((e) => e.open).length / all.length : -1];
}))"""
EXPECTED = {
    "main": {"deeper": 0, "exercise": 0, "code": 0},
    "all": {"deeper": 1, "exercise": 1, "code": 0},
    "code": {"deeper": 1, "exercise": 1, "code": 1},
}


@pytest.fixture(scope="module")
def chapter() -> Path:
    return require_book() / CHAPTER


def choose(page: Any, layer: str) -> None:
    page.locator(f'.layer-switch input[value="{layer}"]').check()


@pytest.mark.parametrize("layer", EXPECTED)
def test_the_switch_opens_what_it_says(browser: Any, chapter: Path, layer: str) -> None:
    with opened(browser, chapter) as (page, _):
        choose(page, "code" if layer == "main" else "main")
        choose(page, layer)
        assert page.evaluate(OPEN) == EXPECTED[layer]


def test_the_choice_is_kept_and_a_page_starts_with_the_main_line(browser: Any, chapter: Path) -> None:
    with opened(browser, chapter) as (page, _):
        assert page.evaluate(OPEN) == EXPECTED["main"]
        choose(page, "all")
        page.reload()
        assert page.evaluate(OPEN) == EXPECTED["all"]
        assert page.locator(".layer-switch input:checked").get_attribute("value") == "all"


def test_the_keyboard_moves_the_switch(browser: Any, chapter: Path) -> None:
    with opened(browser, chapter) as (page, _):
        page.locator(".layer-switch input:checked").focus()
        page.keyboard.press("ArrowRight")
        assert page.evaluate(OPEN) == EXPECTED["all"]


def test_a_link_opens_the_fold_it_points_into(browser: Any, chapter: Path) -> None:
    with opened(browser, chapter, query="#ex-07-beta") as (page, _):
        assert page.locator("#ex-07-beta").is_visible()
    with opened(browser, chapter) as (page, _):
        assert not page.locator("#ex-07-beta").is_visible()  # 反例：沒有連過來就是摺著的


def test_paper_shows_what_the_screen_shows(browser: Any, chapter: Path) -> None:
    with opened(browser, chapter) as (page, _):
        choose(page, "all")
        page.emulate_media(media="print")
        assert page.evaluate(OPEN) == EXPECTED["all"]
        assert not page.locator(".layer-switch").is_visible()


@pytest.mark.parametrize("name", sorted(path.stem for path in Path("book").glob("[01][0-9]-*.md")))
def test_the_main_line_is_short_enough(browser: Any, name: str) -> None:
    with opened(browser, require_book() / f"{name}.html", DESKTOP) as (page, _):
        height = page.evaluate("document.querySelector('article').getBoundingClientRect().height")
    assert height <= HEIGHT
