"""每次都用新的行程建書，Sphinx 與 myst-nb 卻只載入一次：載入占了建一本三頁的小書的一半時間。"""

import multiprocessing
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HEAVY = ["sphinx.cmd.build", "sphinx.application", "myst_nb.sphinx_ext", "jupyter_cache", "nbclient"]
#: 有 fork 的系統由一個載入過 ``HEAVY`` 的行程分出來；Windows 沒有，每次重新載入，結果相同。
METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def build(folder: Path, settings: Mapping[str, str]) -> tuple[int | None, str]:
    """在 ``folder`` 執行 ``sphinx -q -b html book _build/html``；傳回結束碼與它印在 stderr 的一切。"""
    context: Any = multiprocessing.get_context(METHOD)
    context.set_forkserver_preload(HEAVY)
    said = folder.parent / f"{folder.name}.stderr"
    process = context.Process(target=_sphinx, args=(folder, dict(settings), said))
    process.start()
    process.join()
    return process.exitcode, said.read_text(encoding="utf-8")


def _sphinx(folder: Path, settings: dict[str, str], said: Path) -> None:
    os.environ.update(settings)
    os.chdir(folder)
    for stream, path in ((1, os.devnull), (2, said)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    from sphinx.cmd.build import main

    sys.exit(main(["-q", "-b", "html", "book", "_build/html"]))
