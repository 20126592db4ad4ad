"""每一章的筆記本：建書時匯出到網站的 ``downloads/notebooks``，標題下面的連結下載它，或在 Colab 打開。

由 ``file://`` 也下載得到。Colab 只打開得了 GitHub 上的筆記本：發布的工作流程把它們放在倉庫的 ``notebooks``
分支，所以知道倉庫的網址（``page_head.py`` 的 ``BOOK_REPOSITORY``）、而且它在 GitHub，才有「Colab」。
首頁可以帶走的檔案（``book/downloads.py``）在這裡重新列出。
"""

import sys
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from book import downloads
from vae_from_scratch.course import notebooks

FOLDER = f"{downloads.FOLDER}/notebooks"
BRANCH = "notebooks"  # publish.yml 放筆記本的分支
COLAB = "https://colab.research.google.com/github"


def sources(app: Sphinx) -> dict[str, str]:
    """頁名 → 那一章的練習的檔名（沒有是空的）。"""
    root = Path(app.srcdir).parent
    exercises = {path.stem[2:4]: path.stem for path in (root / "exercises").glob("ex[0-9][0-9]_*.py")}
    return {page.stem: exercises.get(page.stem[:2], "") for page in notebooks.chapters(root)}


def colab(repository: str, name: str) -> str:
    """在 Colab 打開的網址；不知道倉庫、或不在 GitHub，是空的。"""
    place = urlsplit(repository)
    known = place.hostname == "github.com"
    return f"{COLAB}{place.path.rstrip('/')}/blob/{BRANCH}/{name}.ipynb" if known else ""


def links(name: str, exercise: str, repository: str) -> str:
    found = [_link(f"{FOLDER}/{name}.ipynb", "筆記本", "下載這一章的筆記本（.ipynb）", "download")]
    if exercise:
        found.append(
            _link(f"{FOLDER}/{exercise}.ipynb", "練習", "下載這一組練習的筆記本（.ipynb）", "download")
        )
    if address := colab(repository, name):
        found.append(_link(address, "Colab", "在 Colab 打開這一章的筆記本", 'rel="noopener"'))
    return f'<div class="page-files d-print-none" data-unsearched>{" ".join(found)}</div>'


def _link(href: str, words: str, title: str, more: str) -> str:
    return f'<a href="{escape(href)}" title="{title}" {more}>{words}</a>'


def add_links(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    exercises = sources(app)
    if pagename in exercises and "body" in context:
        line = links(pagename, exercises[pagename], app.config.repository_address)
        context["body"] = context["body"].replace("</h1>", f"</h1>{line}", 1)


def export(app: Sphinx, error: Exception | None) -> None:
    """``build-finished``：只留現在有的筆記本。"""
    if error is not None or app.builder.format != "html":
        return
    site, root = Path(app.outdir), Path(app.srcdir).parent
    if notebooks.chapters(root):
        folder = site / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        made = {
            folder / f"{name}.ipynb": text
            for name, text in notebooks.all_texts(root, app.config.repository_address)
        }
        for old in set(folder.glob("*.ipynb")) - set(made):
            old.unlink()
        for path, text in made.items():
            path.write_text(text, encoding="utf-8")
    if (site / "index.html").exists():
        downloads.refresh(site)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", add_links, priority=960)  # 標題、說明與預覽都讀過原來的以後
    app.connect("build-finished", export, priority=970)  # 網站的檔案都寫好、清過以後
    return {"parallel_read_safe": True, "parallel_write_safe": True}
