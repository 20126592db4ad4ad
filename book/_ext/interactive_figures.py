"""互動圖的程式只載入到用得到的那一頁；Jupyter Book 會把 _static 裡每個 .js 與 .css 加到每一頁。
搜尋的（search/）與預覽的（previews/）用到才載入，想一想的（questions/）有題目的頁才載入，也都不加到每一頁。

頁面裡有 ``<div data-interactive="名字">`` 就載入 d3、明暗兩套顏色（palette.css，dark_figures 產生的）、
共用的 stage.js、shared.js 與 interactive/名字.js；
程式分成幾個檔案的圖，其餘的放在 interactive/名字/，先載入；有自己的樣式就放在 interactive/名字.css。
要在頁面裡訓練的圖（``TRAINS``）另外載入編譯好的引擎 lab/engine.wasm.js 與它的包裝 interactive/engine.js；
要讀讀者的檔案的（``READS``）載入 Papa Parse。用到別張圖的零件，寫在 ``BORROWED``；同一頁只載入一次。
"""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

logger = logging.getLogger(__name__)
FOLDER = Path(__file__).resolve().parents[1] / "_static" / "interactive"
#: 要在頁面裡訓練的圖。
TRAINS = ("lab", "own-table")
#: 要讀讀者的檔案的圖。
READS = ("own-table",)
#: 用到別張圖的零件：先載入（``*.js`` 是整個資料夾）。
BORROWED = {"own-table": ("lab.css", "lab/plane.js", "lab/curves.js", "lab/table/*.js")}
#: 每張圖都要的。
STYLES = ["interactive/palette.css", "interactive/interactive.css"]
COMMON = ["interactive/stage.js", "interactive/shared.js"]
READER = ["interactive/reader/papa-source.js", "../lab/papaparse.min.js"]
ENGINE = ["../lab/engine.wasm.js", "interactive/engine.js"]
#: 用到才載入的，不加到每一頁。
LATER = ("interactive/", "search/", "previews/", "questions/")
USED = re.compile(r'data-interactive="([\w-]+)"')


def keep_off_every_page(app: Sphinx, config: Config) -> None:
    for files in (config.html_js_files, config.html_css_files):
        files[:] = [file for file in files if not str(file).startswith(LATER)]


def files_of(name: str) -> list[str]:
    """一張圖要的程式與樣式，照載入的順序（相對於 interactive/）。"""
    borrowed = [
        path.relative_to(FOLDER).as_posix()
        for pattern in BORROWED.get(name, ())
        for path in sorted(FOLDER.glob(pattern))
    ]
    parts = sorted(path.relative_to(FOLDER).as_posix() for path in (FOLDER / name).glob("*.js"))
    style = [f"{name}.css"] if (FOLDER / f"{name}.css").is_file() else []
    return [*borrowed, *style, *parts, f"{name}.js"]


def load_where_used(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    names = sorted(set(USED.findall(context.get("body", ""))))
    for name in names:
        if not (FOLDER / f"{name}.js").is_file():
            logger.warning("互動圖 %s 沒有程式：找不到 %s", name, FOLDER / f"{name}.js", location=pagename)
    if names:
        add(app, [*STYLES, "../d3/d3.min.js", *COMMON])
    if any(name in TRAINS for name in names):
        add(app, ENGINE)
    if any(name in READS for name in names):
        add(app, READER)
    add(app, list(dict.fromkeys(f"interactive/{file}" for name in names for file in files_of(name))))


def add(app: Sphinx, files: list[str]) -> None:
    for file in files:
        if file.endswith(".css"):
            app.add_css_file(file)
        else:
            app.add_js_file(file, loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", keep_off_every_page, priority=100)  # 要在 Sphinx 整理清單之前
    app.connect("html-page-context", load_where_used)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
