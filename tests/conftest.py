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
