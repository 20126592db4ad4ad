"""執行結果的快取，一頁一個資料夾，以它依據的一切（見 page_inputs）的雜湊值命名。

myst-nb 只比對頁面自己的程式格；頁面匯入的套件改了，它照樣拿出舊的結果。現在改了一行程式，
只有讀到它的頁重新執行；改回去，原來的資料夾還在，什麼也不必執行。每一頁留最近的幾份。
執行由 parallel_execution 先做好；沒有它，myst-nb 讀到哪一頁就執行哪一頁，結果相同。
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from jupyter_cache import get_cache
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from page_inputs import Page, page_key, page_of, unlisted
from sphinx.application import Sphinx
from sphinx.util import logging

KEPT = 8  # 每一頁留幾個狀態；一個約 1 到 4 MB
READS = "VAE_PAGE_READS"  # 核心把讀過的檔案記在這個檔案裡（見 book/kernel_startup.py）
logger = logging.getLogger(__name__)


def caches(app: Sphinx) -> Path:
    return Path(app.outdir).parent / ".jupyter_cache"


def page(app: Sphinx, docname: str, text: str | None = None) -> Page:
    text = Path(app.env.doc2path(docname)).read_text(encoding="utf-8") if text is None else text
    return page_of(read_myst_markdown_notebook(text)) if is_myst_markdown_notebook(text) else Page("", [])


def cache_of(app: Sphinx, docname: str, read: Page) -> Path:
    """這一頁、這個狀態的資料夾。"""
    return caches(app) / docname.replace("/", "-") / page_key(read, Path(app.srcdir))


class Unexecuted(NamedTuple):
    """還沒有結果的一頁：筆記本、原始檔、結果要放的資料夾與裡面的快取。"""

    docname: str
    notebook: Any
    path: Path
    folder: Path
    cache: Any


def unexecuted(app: Sphinx, docname: str) -> Unexecuted | None:
    """快取裡有完整的結果（或沒有程式格）是 None；上次寫到一半的結果丟掉，當作沒有。"""
    path = Path(app.env.doc2path(docname))
    text = path.read_text(encoding="utf-8")
    read = page(app, docname, text)
    if not read.program:
        return None
    folder, notebook = cache_of(app, docname, read), read_myst_markdown_notebook(text, add_source_map=True)
    cache = open_cache(folder)
    try:
        found = cache.match_cache_notebook(notebook).pk
        cache.get_cache_bundle(found)
    except (KeyError, ValueError):  # 沒有執行過，檔案不見了，或不是完整的 JSON
        return Unexecuted(docname, notebook, path, folder, cache)
    return None


def open_cache(folder: Path) -> Any:
    """這個資料夾的快取；沒有就建立，有就記下剛剛用過。"""
    cache = get_cache(folder)
    cache.change_cache_limit(KEPT)
    os.utime(folder)
    return cache


def outdated_pages(app: Sphinx, env: Any, added: set, changed: set, removed: set) -> set[str]:
    """依據變了的頁；Sphinx 會重讀，myst-nb 會在新的資料夾裡找結果，找不到才執行。"""
    keys = {name: page_key(page(app, name), Path(app.srcdir)) for name in env.found_docs}
    before = getattr(env, "page_keys", {})
    env.page_keys = keys
    return {name for name, key in keys.items() if before.get(name, key) != key}


def choose_cache(app: Sphinx, docname: str, source: list[str]) -> None:
    """讀一頁之前，把 myst-nb 的快取指到這一頁、這個狀態的資料夾。"""
    read = page(app, docname, source[0])
    if not read.program:
        return
    folder = cache_of(app, docname, read)
    open_cache(folder)
    env: Any = app.env
    env.mystnb_config = env.mystnb_config.copy(execution_cache_path=str(folder))
    os.environ[READS] = str(folder / "reads.txt")


def check_reads(app: Sphinx, doctree: Any) -> None:
    """執行時讀了沒有列出的檔案，那個檔案改了，這一頁就會拿出舊的結果：現在就說。"""
    record = Path(os.environ.pop(READS, ""))
    if not record.is_file():
        return
    names = json.loads("[" + ",".join(record.read_text(encoding="utf-8").splitlines()) + "]")
    record.unlink()
    for name in unlisted(names, page(app, app.env.docname), Path(app.srcdir)):
        logger.warning(
            "這一頁執行時讀了 %s，頁面開頭的 reads 卻沒有列出它；列進去，它改了才會重新執行",
            name, location=app.env.docname, type="execution_cache",
        )  # fmt: skip


def drop_old_caches(app: Sphinx, error: Exception | None) -> None:
    """不在書裡的頁、從前版本留下的，以及每一頁最舊的幾份。"""
    pages = {name.replace("/", "-") for name in app.env.found_docs}
    for place in caches(app).glob("*"):
        if place.name not in pages:
            shutil.rmtree(place) if place.is_dir() else place.unlink()
        for folder in sorted(place.glob("*"), key=os.path.getmtime, reverse=True)[KEPT:]:
            shutil.rmtree(folder)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("env-get-outdated", outdated_pages)
    app.connect("source-read", choose_cache)
    app.connect("doctree-read", check_reads)
    app.connect("build-finished", drop_old_caches)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
