"""檢查建好的書之前，先確定書在、而且就是現在這份原始檔建的。

平常沒有建書就略過，最後用一行說有幾項；CI 設 ``REQUIRE_BOOK=1``，略過會變成失敗。
"""

import os
import shutil
from functools import cache
from pathlib import Path

import pytest

import make

HTML = make.INDEX.parent
REMEDY = "先執行 make book"  # 略過的理由以這句話結尾的，不一項一項列


def needs_book(report: pytest.TestReport) -> bool:
    """這一項沒有執行，是因為缺了 make book 會做出來的東西。"""
    return report.skipped and isinstance(report.longrepr, tuple) and report.longrepr[2].endswith(REMEDY)


def unavailable(reason: str) -> None:
    if os.environ.get("REQUIRE_BOOK"):
        pytest.fail(f"REQUIRE_BOOK=1，但是{reason}")
    pytest.skip(reason)


@cache  # 每一頁都問，而每問一次要讀完整本書
def book_key() -> str:
    return make.book_key()


def require_book() -> Path:
    """建好的書的資料夾。"""
    if not make.BUILT.exists():
        unavailable(f"書還沒有建好；{REMEDY}")
    if make.BUILT.read_text() != book_key():
        unavailable(f"書比原始檔舊；{REMEDY}")
    return HTML


def need_newer(file: Path, command: str) -> Path:
    """由建好的書做出來的檔案；沒有，或比書舊，就略過。"""
    if not file.exists() or file.stat().st_mtime < make.BUILT.stat().st_mtime:
        unavailable(f"{file.name} 還沒有做，或比書舊；先執行 {command}")
    return file


def require_chromium() -> str:
    """Chromium 的路徑。"""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        unavailable("這部電腦沒有 Chromium")
    return str(found)


def pages() -> list[str]:
    """書裡的每一頁（收集測試時就要知道，書還沒建時是空的）。"""
    return sorted(path.relative_to(HTML).as_posix() for path in HTML.glob("*.html"))
