"""TensorFlow 載入與啟動時的紀錄：十幾行英文，由 C++ 直接印到 stderr，會把要看的訊息淹沒（第 9 章）。"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silent_stderr() -> Iterator[None]:
    """區塊裡寫到 stderr 的都丟掉；例外照常往外傳。

    不用 ``TF_ENABLE_ONEDNN_OPTS=0``：它關得掉那幾行，卻也換了 TensorFlow 算矩陣的方法，比速度就不公平。
    """
    if sys.stderr is None:  # pythonw 沒有 stderr
        yield
        return
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
