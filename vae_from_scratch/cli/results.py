"""結果的資料夾：先寫在旁邊的暫存資料夾，全部寫完才換上去；中途失敗，原來的東西原封不動。"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


@contextmanager
def results_folder(out: str | Path, force: bool = False) -> Iterator[Path]:
    """給出一個暫存資料夾；區塊順利結束時改名成 ``out``，出錯就刪掉暫存的。

    ``out`` 已經有東西就引發 ``ValueError``；``force`` 則把同名的檔案換成新的，其他檔案不動。
    """
    out = Path(out)
    _check(out, force)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.{uuid4().hex[:8]}.partial")
    partial.mkdir()
    try:
        yield partial
        _check(out, force)  # 訓練的這段時間裡，別人可能放了東西進去
        _publish(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _check(out: Path, force: bool) -> None:
    if not out.name:
        raise ValueError(f"引數 --out 是 {str(out)!r}；請給一個新資料夾的名字，例如 runs/housing。")
    if out.exists() and not out.is_dir():
        raise ValueError(f"引數 --out 的 {out} 是一個檔案；請換一個資料夾的名字。")
    if out.is_dir() and any(out.iterdir()) and not force:
        raise ValueError(
            f"引數 --out 的資料夾 {out} 裡已經有東西，沒有覆寫；請換一個名字，"
            "或加上 --force 換掉同名的檔案（其他檔案不動）。"
        )


def _publish(partial: Path, out: Path) -> None:
    if not out.exists():
        partial.rename(out)
        return
    for source in sorted(partial.iterdir()):
        os.replace(source, out / source.name)
