"""執行結果的快取要看得見套件與讀者的檔案：``vae_from_scratch``、鎖定的版本、讀者的量測或資料一改，每一頁都重新執行。

myst-nb 只比對頁面自己的程式格；頁面匯入的套件改了，它照樣拿出舊的結果。這裡把快取的資料夾
以這些內容的雜湊命名：內容不同，資料夾就不同。
"""

import hashlib
import os
import shutil
from pathlib import Path

from sphinx.application import Sphinx

SUFFIXES = {".py", ".json", ".csv", ".npz"}


def package_key(root: Path) -> str:
    """套件原始碼、套件資料、鎖定檔與讀者的檔案的雜湊（前 16 個十六進位數字）。"""
    files = sorted(p for p in (root / "vae_from_scratch").rglob("*") if p.suffix in SUFFIXES)
    digest = hashlib.sha256()
    for path in [*files, root / "requirements.lock"]:
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes() if path.exists() else b"")
    for path in reader_files(root):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def reader_files(root: Path) -> list[Path]:
    """讀者自己的輸入，頁面有它們就畫它們：``make bench`` 的結果（第 9 章）與 Kaggle 的檔案（第 11 章）。"""
    kaggle = os.environ.get("VAE_KAGGLE_DIR")
    folders = [root / "runs" / "bench"] + ([Path(kaggle)] if kaggle else [])
    return [path for folder in folders for path in sorted(folder.glob("*")) if path.is_file()]


def choose_cache(app: Sphinx, config) -> None:
    key = package_key(Path(app.srcdir).parent)
    config.nb_execution_cache_path = str(Path(app.outdir).parent / ".jupyter_cache" / key)


def outdated_pages(app: Sphinx, env, added, changed, removed) -> set[str]:
    """快取換了資料夾，就回報每一頁都過期；Sphinx 會重讀，myst-nb 會重新執行。"""
    key = Path(app.config.nb_execution_cache_path).name
    stale = getattr(env, "package_key", key) != key
    env.package_key = key
    return set(env.found_docs) if stale else set()


def drop_old_caches(app: Sphinx, error: Exception | None) -> None:
    current = Path(app.config.nb_execution_cache_path)
    if error is None and current.parent.is_dir():
        for folder in current.parent.iterdir():
            if folder.is_dir() and folder != current:
                shutil.rmtree(folder, ignore_errors=True)


def setup(app: Sphinx) -> dict[str, bool]:
    # myst-nb 在 config-inited（預設優先序 500）讀取路徑，所以要排在它前面。
    app.connect("config-inited", choose_cache, priority=100)
    app.connect("env-get-outdated", outdated_pages)
    app.connect("build-finished", drop_old_caches)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
