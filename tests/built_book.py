"""檢查建好的書之前，先確定書在、而且就是現在這份原始檔建的。

平常沒有建書就略過並說明；CI 設 ``REQUIRE_BOOK=1``，略過會變成失敗。
"""

import os
import shutil
from pathlib import Path

import pytest

import make

HTML = make.INDEX.parent


def unavailable(reason: str) -> None:
    if os.environ.get("REQUIRE_BOOK"):
        pytest.fail(f"REQUIRE_BOOK=1，但是{reason}")
    pytest.skip(reason)


def require_book() -> Path:
    """建好的書的資料夾。"""
    if not make.BUILT.exists():
        unavailable("書還沒有建好；先執行 make book")
    if make.BUILT.read_text() != make.book_key():
        unavailable("書比原始檔舊；先執行 make book")
    return HTML


def require_chromium() -> str:
    """Chromium 的路徑。"""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        unavailable("這部電腦沒有 Chromium")
    return str(found)


def pages() -> list[str]:
    """書裡的每一頁（收集測試時就要知道，書還沒建時是空的）。"""
    return sorted(path.relative_to(HTML).as_posix() for path in HTML.glob("*.html"))
