"""整個測試共用的一個瀏覽器：同一個行程裡不能有兩個 Playwright。"""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """無頭的 Chromium；沒有安裝就略過（CI 設 REQUIRE_BOOK=1，略過變成失敗）。"""
    from tests.browser.inspection import chromium

    with chromium() as running:
        yield running


@pytest.fixture
def open_figure(browser, tmp_path) -> Iterator[Any]:
    """打開只有這一張圖的網頁（file://）；有任何錯誤訊息或對外連線就失敗。"""
    from tests.figure_page import listen, write_page

    complaints: list[str] = []

    def go(figure: Any, width: int = 800, **options: Any) -> Any:
        write_page(tmp_path / "figure.html", figure)
        page = browser.new_page(viewport={"width": width, "height": 1000}, **options)
        listen(page, complaints)
        page.goto((tmp_path / "figure.html").as_uri())
        page.wait_for_selector(".interactive-text:not(:empty)")
        return page

    yield go
    assert complaints == []
