"""樣式、互動圖的程式與網頁的程式庫改了，每一頁都重新排版（不執行），新的檔案才會放進書裡。

Sphinx 只看頁面的原始檔：沒有一頁改過，它就什麼也不寫，舊的樣式留在原地；
而每一頁連到樣式時帶著內容的檢查碼，所以改了的不只是那個檔案。
這個資料夾裡的擴充改了，每一頁都重讀（也不執行）：擴充多半在讀頁面的時候做事。
"""

import hashlib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

EXTENSIONS = Path(__file__).parent


def fingerprint(app: Sphinx) -> str:
    """自己寫的檔案看內容；程式庫與字型有幾十 MB，看大小與時間。"""
    config, source = app.config, Path(app.srcdir)
    ours = [path for folder in config.html_static_path for path in files(source / folder)]
    theirs = [path for folder in config.html_extra_path for path in files(source / folder)]
    told = [(str(path), path.read_bytes()) for path in ours]
    told += [(str(path), repr((path.stat().st_size, path.stat().st_mtime_ns)).encode()) for path in theirs]
    return digest(told)


def digest(told: list[tuple[str, bytes]]) -> str:
    return hashlib.sha256(b"\0".join(name.encode() + b"\0" + content for name, content in told)).hexdigest()


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")


def pages_to_write(app: Sphinx, env: Any) -> set[str]:
    """``env-updated``：檔案與上一次建的時候不同，就是每一頁。"""
    before, env.static_files = getattr(env, "static_files", None), fingerprint(app)
    return set() if before == env.static_files else set(env.found_docs)


def setup(app: Sphinx) -> dict[str, bool]:
    code = digest([(str(path), path.read_bytes()) for path in files(EXTENSIONS)])
    app.add_config_value("extension_files", code, "env", types=[str])
    app.connect("env-updated", pages_to_write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
