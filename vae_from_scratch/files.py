"""寫檔案只有一種寫法：先寫到旁邊的暫存檔，寫完才換上去；中途被中斷，舊檔原封不動（第 8 章）。"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def check_destination(path: str | Path, name: str = "path") -> None:
    """``path`` 寫得進去嗎？長時間的訓練開始以前先問。"""
    folder = Path(path).parent
    if Path(path).is_dir():
        raise ValueError(f"引數 {name} 是資料夾 {path}；請給檔案的路徑，例如 {Path(path) / 'vae.npz'}。")
    if not folder.is_dir():
        raise ValueError(f"引數 {name} 是 {path}，但資料夾 {folder} 不存在；請先建立它，或換一個路徑。")
    if not os.access(folder, os.W_OK):
        raise ValueError(f"引數 {name} 是 {path}，但資料夾 {folder} 不能寫入；請換一個路徑，或檢查權限。")


def write_atomically(path: str | Path, write: Callable[[IO[bytes]], Any]) -> None:
    """``write(檔案)`` 寫內容；寫完、同步到磁碟，才改名成 ``path``。"""
    check_destination(path)
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: str | Path, text: str, make_folder: bool = False) -> None:
    """寫成 UTF-8，換行一律是 LF；``make_folder`` 為真時，資料夾不存在就建立。"""
    if make_folder:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda file: file.write(text.encode()))


def write_csv(path: str | Path, table: "pd.DataFrame") -> None:
    """寫成 UTF-8 的 CSV，不寫索引；開頭有 BOM，中文 Windows 的 Excel 才不會當成 Big5。"""
    text = table.to_csv(index=False, lineterminator="\n")
    write_atomically(path, lambda file: file.write(text.encode("utf-8-sig")))
