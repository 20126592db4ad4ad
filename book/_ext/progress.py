"""建書的進度：先說這一次要做什麼、各要幾秒，再一件一件說做完了；畫面由 book/build.py 負責。

一頁要執行幾秒，看快取裡上一次的紀錄；沒有就看附在旁邊的 page_seconds.json（要緊的是各頁的比例）。
"""

import json
from pathlib import Path
from typing import Any

from execution_cache import caches
from jupyter_cache import get_cache
from sphinx.application import Sphinx

MARK = "@@ "
READING, WRITING = 0.4, 0.5  # 讀一頁、寫一頁約要的秒數，不含執行
UNKNOWN = 10.0
SECONDS = Path(__file__).with_name("page_seconds.json")


def tell(**message: Any) -> None:
    print(MARK + json.dumps(message, ensure_ascii=False), flush=True)


def plan(app: Sphinx, env: Any, docnames: list[str]) -> None:
    """``docnames`` 是這一次要讀的頁；寫的先當作每一頁都寫。要執行的由 parallel_execution 說。"""
    reading = dict.fromkeys(docnames, READING)
    tell(reading=reading, writing=dict.fromkeys(sorted(env.found_docs), WRITING) if docnames else {})


def expected_seconds(app: Sphinx, docname: str) -> float:
    """這一頁執行約要幾秒：上一次的紀錄，沒有就看附的表。"""
    known = json.loads(SECONDS.read_text(encoding="utf-8"))
    return last_execution(app, docname) or known.get(docname, UNKNOWN)


def last_execution(app: Sphinx, docname: str) -> float | None:
    """最近一次執行的秒數。"""
    folders = (caches(app) / docname.replace("/", "-")).glob("*/global.db")
    records = [record for file in folders for record in get_cache(file.parent).list_cache_records()]
    latest = max(records, key=lambda record: record.created, default=None)
    return latest.data.get("execution_seconds") if latest is not None else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("env-before-read-docs", plan)
    app.connect("source-read", lambda app, name, source: tell(read=name))
    app.connect("env-updated", lambda app, env: tell(read=None))
    app.connect("html-page-context", lambda app, name, *_: tell(write=name))
    app.connect("build-finished", lambda app, error: tell(write=None))
    return {"parallel_read_safe": False, "parallel_write_safe": False}
