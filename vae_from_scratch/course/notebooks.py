"""把每一章與每一組練習匯出成 .ipynb，在 JupyterLab 與 Colab 打開。

章節由 jupytext 讀 book/ 的 MyST 頁面；練習由 exercises/ 的題目檔切成一個函式一格，最後一格檢查作答。
同樣的檔案匯出同樣的位元組。
"""

import ast
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..files import write_text
from .generate import expected_exercise
from .myst import Translator, first_line, labels
from .sets import CourseError, ExerciseSet, all_sets

if TYPE_CHECKING:
    from nbformat import NotebookNode

SETUP = """\
# 第一次使用，這一格會安裝課程（Python 3.11 到 3.13）；裝過了就略過。
import importlib.util
import subprocess
import sys
from pathlib import Path

REPOSITORY = "{repository}"


def install():
    # 有倉庫的網址就取一份課程的資料夾；沒有，用與筆記本放在一起的套件。
    if REPOSITORY:
        if not Path("course").exists():
            subprocess.run(["git", "clone", "-q", "--depth", "1", REPOSITORY, "course"], check=True)
        sys.path.insert(0, str(Path("course").resolve()))
        wanted = ["-e", "course"]
    else:
        beside = [*Path(".").glob("vae_from_scratch-*.whl"), *Path("..").glob("vae_from_scratch-*.whl")]
        wanted = [str(path) for path in beside[:1]]
    if not wanted:
        raise SystemExit(
            "還沒有安裝課程。在終端機 cd 到課程的資料夾，執行 pip install -e .；"
            "或把書的首頁下載的套件（.whl）放在這本筆記本旁邊，再執行一次。"
        )
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", *wanted{extra}], check=True)
    importlib.invalidate_caches()


if importlib.util.find_spec("vae_from_scratch") is None:
    install()

from vae_from_scratch import plotting

plotting.use_course_style()  # 中文字型與全書的顏色"""
IN_BOOK = """


import os

from vae_from_scratch.course.sets import CourseError, course_root

try:
    os.chdir(course_root() / "book")  # 書頁裡的路徑由 book/ 算起
except CourseError:
    print("這裡只有套件：讀長實驗結果的格子要有課程的資料夾才執行得了。")"""
GLUE_NOTE = """\
*這是書頁匯出的筆記本。內文裡像 `c02_z` 這樣的名字是程式算出的數字：執行之後，印在算出它的那一格下面。
互動圖只有文字說明，要操作請看書的網頁。*"""
CHECK = """\
# 檢查上面的作答：由上往下執行每一格，再執行這一格。
from vae_from_scratch.course.in_notebook import check

check("{name}", globals())"""
HOW = """\
在這本筆記本裡作答：改一格，執行那一格，再執行最後一格看分數。
後面的組若用到前面幾組的函式，這裡一律用課程的版本。"""
_EXTRA = {"09": ', "tensorflow"'}  # 第 9 章另外要的套件
_FOLDED = {"remove-cell", "remove-input", "hide-cell", "hide-input"}
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def export_all(root: Path, folder: Path) -> Iterator[tuple[Path, Path | None]]:
    """匯出全部，逐一傳回（筆記本, 原檔的備份）；讀者改過的檔案先備份，沒有改變的不動。"""
    for name, notebook in all_notebooks(root):
        path = folder / f"{name}.ipynb"
        yield path, _write(path, _text(notebook), root)


def all_texts(root: Path, repository: str = "") -> Iterator[tuple[str, str]]:
    """全部的筆記本：（不含副檔名的檔名, 檔案的內容）。"""
    for name, notebook in all_notebooks(root, repository):
        yield name, _text(notebook)


def all_notebooks(root: Path, repository: str = "") -> Iterator[tuple[str, "NotebookNode"]]:
    """每一章，接著每一組練習：（不含副檔名的檔名, 筆記本）。

    ``repository`` 是原始檔的倉庫；知道的話，第一格由那裡取課程，在 Colab 也裝得起來。
    """
    pages = chapters(root)
    if not pages:
        raise CourseError(f"{root} 裡找不到書頁（book/01-….md）；請先 cd 到課程的資料夾，再執行一次。")
    names = labels(page.read_text("utf-8") for page in [*_front(root), *pages])
    for page in pages:
        yield page.stem, chapter_notebook(page, Translator(page.parent, names), repository)
    for chosen in all_sets(root):
        yield chosen.stem, exercise_notebook(chosen, repository=repository)


def chapters(root: Path) -> list[Path]:
    """書的各章，依編號。"""
    return sorted((root / "book").glob("[0-9][0-9]-*.md"))


def _front(root: Path) -> list[Path]:
    """首頁也有圖，編號由它開始。"""
    return [page for page in [root / "book" / "index.md"] if page.exists()]


# ── 章節 ──────────────────────────────────────────────────────────────


def chapter_notebook(page: Path, translator: Translator, repository: str = "") -> "NotebookNode":
    """一章的筆記本：安裝與說明、書頁的每一格、每張圖的圖說。"""
    try:
        import jupytext
    except ModuleNotFoundError:
        raise CourseError(
            "匯出筆記本需要 jupytext；請執行 pip install jupytext，或用 make notebooks。"
        ) from None
    read = jupytext.reads(translator.page(page.read_text("utf-8")), fmt="md:myst")
    setup = SETUP.format(extra=_EXTRA.get(page.stem[:2], ""), repository=repository) + IN_BOOK
    cells = [_code(setup), _markdown(GLUE_NOTE)]
    for cell in read.cells:
        cells += _chapter_cells(cell, translator)
    return _notebook(cells)


def _chapter_cells(cell: "NotebookNode", translator: Translator) -> list["NotebookNode"]:
    if cell.cell_type != "code":
        return [_markdown(re.sub(r"\n{3,}", "\n\n", cell.source.strip("\n")))]
    source = cell.source.replace(
        "from myst_nb import glue", "from vae_from_scratch.course.in_notebook import glue"
    )
    hidden = bool(_FOLDED & set(cell.metadata.get("tags", [])))
    figure = cell.metadata.get("mystnb", {}).get("figure")
    return [_code(source, hidden=hidden), *([_caption(figure, translator)] if figure else [])]


def _caption(figure: dict[str, str], translator: Translator) -> "NotebookNode":
    name = translator.names.get(figure.get("name", ""), "圖")
    return _markdown(f"**{name}**　{translator.roles(figure.get('caption', ''))}")


# ── 練習 ──────────────────────────────────────────────────────────────


def exercise_notebook(
    chosen: ExerciseSet, source: str | None = None, *, repository: str = ""
) -> "NotebookNode":
    """一組練習的筆記本；``source`` 預設是還沒作答的題目。"""
    source = expected_exercise(chosen) if source is None else source
    introduction, *parts = split(source)
    cells = [_code(SETUP.format(extra="", repository=repository)), _markdown(_introduction(introduction))]
    return _notebook([*cells, *map(_code, parts), _code(CHECK.format(name=chosen.name))])


def split(source: str) -> list[str]:
    """題目檔 → 檔案的說明、匯入與常數，再來一個函式一段。"""
    tree, lines = ast.parse(source), source.splitlines()
    parts, start = [ast.get_docstring(tree) or ""], tree.body[0].end_lineno or 0
    for node in tree.body[1:]:
        if isinstance(node, ast.FunctionDef):
            parts += [
                _joined(lines[start : first_line(node) - 1]),
                _joined(lines[first_line(node) - 1 : node.end_lineno]),
            ]
            start = node.end_lineno or start
    return [part for part in [*parts, _joined(lines[start:])] if part]


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")


def _introduction(text: str) -> str:
    """檔案的說明 → Markdown：第一行是標題，其餘每一行照原來的斷行。"""
    title, _, rest = text.partition("\n")
    lines = [f"{line.strip()}  " if line.strip() else "" for line in rest.strip().splitlines()]
    return "\n".join([f"# {title}", "", *lines, "", HOW])


# ── 檔案 ──────────────────────────────────────────────────────────────


def _code(source: str, hidden: bool = False) -> "NotebookNode":
    from nbformat.v4 import new_code_cell

    return new_code_cell(source, metadata={"jupyter": {"source_hidden": True}} if hidden else {})


def _markdown(source: str) -> "NotebookNode":
    from nbformat.v4 import new_markdown_cell

    return new_markdown_cell(source)


def _notebook(cells: list["NotebookNode"]) -> "NotebookNode":
    from nbformat.v4 import new_notebook

    for number, cell in enumerate(cells):
        cell.id = f"cell-{number:03d}"  # 預設是亂數，每次匯出都會不同
    return new_notebook(cells=cells, metadata=_METADATA)


def _text(notebook: "NotebookNode") -> str:
    import nbformat

    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def _write(path: Path, text: str, root: Path) -> Path | None:
    """寫檔；原來的內容不同就先備份到 ``.course/backup/``。"""
    if path.exists() and path.read_text("utf-8") == text:
        return None
    saved = None
    if path.exists():
        stamp = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        saved = root / ".course" / "backup" / f"{path.stem}-{stamp}.ipynb"
        write_text(saved, path.read_text("utf-8"), make_folder=True)
    write_text(path, text, make_folder=True)
    return saved
