"""首頁的圖在手機與寬螢幕上：格子不疊、字不太小、每一個連結按得到，順序照閱讀的順序。"""

from typing import Any

import pytest

from tests.browser.inspection import DESKTOP, PHONE, opened
from tests.built_book import require_book

pytestmark = pytest.mark.browser
SMALLEST = 9
MEASURED = """() => {
  const map = document.querySelector(".reading-map"), frame = map.getBoundingClientRect();
  const boxes = [...map.querySelectorAll("li")].map((e) => e.getBoundingClientRect());
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
  return {
    overlaps: boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => !apart(a, b))).length,
    outside: boxes.filter((b) => b.left < frame.left - 1 || b.right > frame.right + 1).length,
    smallest: Math.min(
      ...[...map.querySelectorAll("a, .minutes")].map((e) => parseFloat(getComputedStyle(e).fontSize))),
  };
}"""


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_map_is_readable(browser: Any, size: tuple[int, int], theme: str) -> None:
    with opened(browser, require_book() / "index.html", size, theme) as (page, noise):
        found = page.evaluate(MEASURED)
        assert (found["overlaps"], found["outside"], noise) == (0, 0, [])
        assert found["smallest"] >= SMALLEST


def test_boxes_on_top_of_each_other_are_noticed(browser: Any) -> None:
    """反例：格子一寬就疊到旁邊，最邊上的還跑出去。"""
    with opened(browser, require_book() / "index.html", PHONE) as (page, _):
        page.add_style_tag(content=".reading-map li { width: 20rem !important; font-size: 4px !important }")
        found = page.evaluate(MEASURED)
    assert found["overlaps"] > 0 and found["outside"] > 0 and found["smallest"] < SMALLEST


def test_the_keyboard_follows_the_reading_order(browser: Any) -> None:
    with opened(browser, require_book() / "index.html") as (page, _):
        page.locator(".reading-map a").first.focus()
        visited = []
        for _ in range(3):
            visited.append(page.evaluate("document.activeElement.getAttribute('href').split('#')[0]"))
            page.keyboard.press("Tab")
    assert visited == ["01-autoencoder.html", "01-autoencoder.html", "02-reparameterization.html"]
