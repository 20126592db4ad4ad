"""還沒有結果的頁，在 Sphinx 讀它們以前先執行好：同時執行幾頁，看有幾個核心可用；最花時間的先做。

myst-nb 讀到哪一頁才執行哪一頁；jupyter-cache 的 local-parallel 只管一個快取，這裡一頁一個。
所以用 nbclient 的非同步介面：一個行程等好幾個核心（kernel），埠由它統一分配；結果放進 myst-nb 會去找的快取。
每一頁的執行緒數與算術照舊（見 book/build.py），同時做幾頁不影響任何一個數字。
"""

import asyncio
import os
import time
import traceback
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from threading import Thread
from typing import Any, NamedTuple

from execution_cache import READS, Unexecuted, unexecuted
from joblib import cpu_count
from jupyter_cache.base import CacheBundleIn
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from progress import expected_seconds, tell
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util import logging

JOBS = "VAE_BOOK_JOBS"  # 同時執行幾頁
MOST = 4  # 一頁最多用 1 GB 的記憶體，所以核心再多也只開四個
TICK = 5.0  # 每幾秒更新一次預估
logger = logging.getLogger(__name__)


class ExecutionFailed(SphinxError):
    """有的頁執行失敗；錯誤本身已經寫成警告。"""

    category = "執行失敗"


class Settings(NamedTuple):
    """myst-nb 的兩個設定：一格最多幾秒、錯了要不要繼續。"""

    timeout: int
    allow_errors: bool


def jobs(environment: Mapping[str, str] = os.environ) -> int:
    """同時執行幾頁：環境變數說的，否則是可用的核心數（容器與 taskset 的限制也算）。"""
    text = environment.get(JOBS, "")
    if not text:
        return min(cpu_count(), MOST)
    if not text.isdecimal() or int(text) < 1:
        raise ExecutionFailed(f"環境變數 {JOBS} 是 {text!r}；請設成正整數，或不要設，由核心數決定。")
    return int(text)


def execute_pages(app: Sphinx, env: Any, docnames: list[str]) -> None:
    """執行 ``docnames`` 裡還沒有結果的頁；全部做完才往下讀，失敗的一次列出。"""
    pages = [page for name in docnames if (page := unexecuted(app, name)) is not None]
    if not pages:
        return
    seconds = {page.docname: expected_seconds(app, page.docname) for page in pages}
    pages.sort(key=lambda page: (-seconds[page.docname], page.docname))
    at_once = min(jobs(), len(pages))
    tell(executing={page.docname: seconds[page.docname] for page in pages}, workers=at_once)
    config = env.mystnb_config
    settings = Settings(config.execution_timeout, config.execution_allow_errors)
    failures = in_another_thread(lambda: run_all(pages, settings, at_once))
    tell(executed=True)
    report(failures)


def report(failures: dict[str, str]) -> None:
    """每一頁的錯誤各是一個警告，說是哪一頁；有的話就不往下讀。"""
    for docname, text in sorted(failures.items()):
        logger.warning("Executing notebook failed: %s", text, location=docname, type="mystnb", subtype="exec")
    if failures:
        names = "、".join(sorted(failures))
        raise ExecutionFailed(f"{names}：這 {len(failures)} 頁沒有執行完，其餘的頁結果已經存下。")


async def run_all(pages: list[Unexecuted], settings: Settings, at_once: int) -> dict[str, str]:
    """照順序執行，同時 ``at_once`` 頁；傳回失敗的頁與它的錯誤。"""
    failures: dict[str, str] = {}
    waiting = iter(pages)
    ticking = asyncio.create_task(tick())
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(work(waiting, settings, failures))
    finally:
        ticking.cancel()
    return failures


async def work(waiting: Iterator[Unexecuted], settings: Settings, failures: dict[str, str]) -> None:
    """拿下一頁來執行，直到沒有了。"""
    for page in waiting:
        tell(begin=page.docname)
        try:
            await execute(page, settings)
        except Exception as error:
            (page.folder / "reads.txt").unlink(missing_ok=True)
            failures[page.docname] = explanation(error)
        tell(end=page.docname)


async def execute(page: Unexecuted, settings: Settings) -> None:
    """執行一頁；做完才把結果放進快取。"""
    resources = {"metadata": {"path": str(page.path.parent)}}
    # 不在每一格記下時刻，與 myst-nb 一樣；忙的電腦開一個核心也許要超過預設的 60 秒，所以等得和一格一樣久。
    more: dict[str, Any] = {"record_timing": False, "startup_timeout": settings.timeout}
    client = NotebookClient(page.notebook, resources=resources, **settings._asdict(), **more)
    start = time.perf_counter()
    await client.async_execute(env={**os.environ, READS: str(page.folder / "reads.txt")})
    seconds = time.perf_counter() - start
    result = CacheBundleIn(page.notebook, str(page.path), data={"execution_seconds": seconds})
    page.cache.cache_notebook_bundle(result, check_validity=False, overwrite=True)


async def tick() -> None:
    """隔一陣子說一聲，預估的時間才會跟著走。"""
    while True:
        await asyncio.sleep(TICK)
        tell(tick=True)


def explanation(error: Exception) -> str:
    """程式格的錯誤，nbclient 已經寫好是哪一格、錯在哪一行；別的錯誤，附上走過的路。"""
    if isinstance(error, CellExecutionError):
        return f"{type(error).__name__}\n{error}"
    return f"{type(error).__name__}\n{traceback.format_exc()}"


def in_another_thread(make: Callable[[], Coroutine[Any, Any, dict[str, str]]]) -> dict[str, str]:
    """在另一條執行緒等：nbclient 在主執行緒會接走 Ctrl-C，只停一個核心。這裡按了就停全部，再照常中斷。"""
    done: Future[dict[str, str]] = Future()
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:  # Windows 預設的迴圈 zmq 不能用
        loop = runner.get_loop()
        task = loop.create_task(make())

        def run() -> None:
            try:
                done.set_result(loop.run_until_complete(task))
            except BaseException as error:
                done.set_exception(error)

        thread = Thread(target=run)
        thread.start()
        try:
            return done.result()
        finally:
            loop.call_soon_threadsafe(task.cancel)
            thread.join()


def setup(app: Sphinx) -> dict[str, bool]:
    # 在 progress 說完要讀哪幾頁之後。
    app.connect("env-before-read-docs", execute_pages, priority=900)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
