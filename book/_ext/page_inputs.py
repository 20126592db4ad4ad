"""一頁的執行結果依據什麼：它自己的程式格以外，凡是會改變結果的，都算進一個雜湊值。

一、程式格匯入的套件原始檔（一路跟到底，註解與說明文字不算），以及與它們同一個資料夾的資料檔。
二、這一頁讀的檔案，寫在頁面開頭的 ``reads:``（相對於 book/ 的樣式）；是程式的，連它匯入的也算。
    少寫了，建書時會警告。
三、鎖定的版本、這台電腦的算術設定，以及讀者自己的 Kaggle 檔案（用得到的頁才算）。
"""

import ast
import hashlib
import os
from collections.abc import Iterable, Iterator
from functools import cache
from glob import glob
from pathlib import Path
from typing import Any, NamedTuple

from vae_from_scratch import arithmetic, sources

DATA = {".json", ".csv", ".npz", ".txt", ".j2"}
KAGGLE = "VAE_KAGGLE_DIR"
SETTINGS = sorted({*arithmetic.ONE_THREAD, *arithmetic.AVX2_ONLY, "PYTHONOPTIMIZE"})


class Page(NamedTuple):
    """一頁裡與執行有關的：程式格接起來的程式，與開頭寫的 ``reads``。"""

    program: str
    reads: list[str]


def page_of(notebook: Any) -> Page:
    """由 nbformat 的筆記本取出；沒有程式格的頁，程式是空的。"""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return Page("\n".join(map(_python, cells)), list(notebook.metadata.get("reads", [])))


def page_key(page: Page, book: Path) -> str:
    """依據的一切的雜湊值（前 16 個十六進位數字）；``book`` 是書的資料夾，套件在它的旁邊。"""
    code, others = inputs_of(page, book)
    digest = hashlib.sha256()
    for path in sorted(code):
        digest.update(_name(path, book).encode() + _meaning(path, path.stat().st_mtime_ns))
    for path in sorted(others):
        digest.update(_name(path, book).encode() + path.read_bytes())
    for name in SETTINGS:
        digest.update(f"{name}={os.environ.get(name)}".encode())
    return digest.hexdigest()[:16]


def inputs_of(page: Page, book: Path) -> tuple[set[Path], set[Path]]:
    """（看意思的程式，看內容的檔案）；讀的檔案若是程式，它匯入的也算。"""
    reads = set(_matches(page.reads, book))
    programs = [page.program, *(path.read_text(encoding="utf-8") for path in reads if path.suffix == ".py")]
    package = book.parent / "vae_from_scratch"
    code = set[Path]().union(*(sources.files_behind(program, package) for program in programs))
    others = reads | set(_data_beside(code)) | set(_kaggle(page, code))
    lock = book.parent / "requirements.lock"
    return code, others | ({lock} if page.program and lock.is_file() else set())


def unlisted(read: Iterable[str], page: Page, book: Path) -> list[str]:
    """執行時讀了專案裡的哪些檔案，卻不在依據裡；相對於專案的路徑。"""
    code, others = inputs_of(page, book)
    paths = {_source(Path(name)) for name in read}
    return sorted(_name(path, book) for path in paths - code - others if path.is_file())


def _python(cell: str) -> str:
    """有 IPython 的魔術指令或寫錯的格讀不出匯入，當成空的；寫錯的，執行時核心會說錯在哪裡。"""
    try:
        ast.parse(cell)
    except SyntaxError:
        return "pass"
    return cell


def _matches(patterns: list[str], book: Path) -> Iterator[Path]:
    for pattern in patterns:
        for name in glob(str(book / pattern), recursive=True):
            if os.path.isfile(name) and "__pycache__" not in name:
                yield Path(os.path.normpath(name))


def _data_beside(code: set[Path]) -> Iterator[Path]:
    """套件附的資料，屬於離它最近的、有程式的那個資料夾。"""
    for folder in {path.parent for path in code}:
        for place in (folder, *(path for path in folder.iterdir() if path.is_dir())):
            if place == folder or not any(place.glob("*.py")):
                yield from (path for path in place.glob("*") if path.suffix in DATA)


def _kaggle(page: Page, code: set[Path]) -> Iterator[Path]:
    folder = os.environ.get(KAGGLE)
    if folder and any(KAGGLE in sources.module(path).words for path in code):
        yield from (path for path in Path(folder).glob("*") if path.is_file())


def _source(path: Path) -> Path:
    """編譯過的 ``__pycache__/x.cpython-311.pyc`` 換回 ``x.py``。"""
    if path.parent.name != "__pycache__":
        return path
    return path.parents[1] / f"{path.name.split('.')[0]}.py"


def _name(path: Path, book: Path) -> str:
    return path.relative_to(book.parent).as_posix() if path.is_relative_to(book.parent) else path.name


@cache
def _meaning(path: Path, _modified: int) -> bytes:
    return sources.without_documentation(path.read_text(encoding="utf-8")).encode()
