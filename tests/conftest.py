"""整個測試共用的：房價的資料、建書的擴充、一個瀏覽器（同一個行程裡不能有兩個），沒有執行的各用一行說明。"""

import importlib
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.built_book import REMEDY, needs_book

EXTENSIONS = Path(__file__).resolve().parents[1] / "book" / "_ext"
KAGGLE = Path(__file__).resolve().parents[2] / "shared" / "data" / "kaggle"
ABSENT = "缺書"
LEFT = pytest.StashKey[int]()  # 要開瀏覽器、這次沒有選的有幾項


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """分著跑的行程用參考的算術：在裡面訓練的模型就是書裡的，不必再另開行程。"""
    from vae_from_scratch import arithmetic

    os.environ.update(arithmetic.environment())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """費時的測試愈多的檔案愈先跑：幾個行程分著跑的時候，最後才開始的長檔案會讓別的行程空等。"""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


def pytest_deselected(items: list[pytest.Item]) -> None:
    """記下沒有選的；分著跑的時候，選的是各個行程，說的是主行程。用 -k 挑名字的人知道自己只跑幾項，不說。"""
    config = items[0].config
    if config.getoption("keyword"):
        return
    config.stash[LEFT] = sum(1 for item in items if item.get_closest_marker("browser"))
    getattr(config, "workeroutput", {})["left"] = config.stash[LEFT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[LEFT] = getattr(node, "workeroutput", {}).get("left", 0)


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """缺書的不算在 -ra 逐行列出的略過裡：一次可以有幾百項，理由都一樣。"""
    return (ABSENT, "s", "SKIPPED") if needs_book(report) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if left := terminalreporter.config.stash.get(LEFT, 0):
        terminalreporter.line(f"{left} 項要開瀏覽器，這次沒有執行；執行 make browser")
    if absent := terminalreporter.stats.get(ABSENT):
        terminalreporter.line(f"{len(absent)} 項需要建好的書或研究的結果，這次沒有執行；{REMEDY}")


@pytest.fixture
def extension(monkeypatch):
    """依名字匯入 book/_ext 裡的擴充。"""
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    yield importlib.import_module
    for path in EXTENSIONS.glob("*.py"):
        sys.modules.pop(path.stem, None)


@pytest.fixture(scope="session")
def ames():
    from vae_from_scratch.housing.data import load_ames

    return load_ames()


@pytest.fixture(scope="session")
def kaggle_folder():
    if not (KAGGLE / "train.csv").is_file():
        pytest.skip("Kaggle 的檔案不能隨專案散布，只在有 ../shared/data/kaggle 的機器上測")
    return KAGGLE


@pytest.fixture(scope="session")
def kaggle(kaggle_folder):
    from vae_from_scratch.housing.data import load_kaggle

    return load_kaggle(kaggle_folder)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """無頭的 Chromium；沒有安裝就略過（CI 設 REQUIRE_BOOK=1，略過變成失敗）。"""
    from tests.browser.inspection import chromium

    with chromium() as running:
        yield running


@pytest.fixture
def open_figure(browser, tmp_path) -> Iterator[Any]:
    """打開只有這一張圖的網頁（file://）；有任何錯誤訊息或對外連線就失敗。"""
    from tests.browser.inspection import opened
    from tests.figure_page import write_page

    with ExitStack() as stack:
        complaints: list[list[str]] = []

        def go(figure: Any, width: int = 800, planted: Any = (), **options: Any) -> Any:
            write_page(tmp_path / "figure.html", figure, planted)
            page, noise = stack.enter_context(
                opened(browser, tmp_path / "figure.html", (width, 1000), **options)
            )
            complaints.append(noise)
            page.wait_for_selector(".interactive-text:not(:empty)")
            return page

        yield go
        assert [noise for noise in complaints if noise] == []
