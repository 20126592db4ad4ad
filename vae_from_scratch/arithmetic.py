"""同一個種子、同樣的位元，換一台電腦也一樣：一條執行緒，x86-64 的電腦都用 AVX2 的算術。

指令集或執行緒的數目不同，矩陣相乘時加總的順序就不同，差在最後一位。訓練幾千步之後，這一位會長成看得見的差別，
例如哪幾個種子的第二個單元沒有醒。OpenBLAS 與 NumPy 在載入的那一刻選定指令集，
所以要在啟動行程以前用環境變數指定。
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
AVX2_ONLY = {"OPENBLAS_CORETYPE": "Haswell", "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"}


def available() -> bool:
    """這台電腦做得到參考的算術嗎？（x86-64，2013 年以後、有 AVX2 的處理器。）"""
    core = import_module("numpy._core._multiarray_umath")  # NumPy 沒有公開的名字可以問
    return bool(getattr(core, "__cpu_features__", {}).get("X86_V3"))


def environment() -> dict[str, str]:
    """子行程要設的環境變數；使用者自己設定過的不動。"""
    wanted = ONE_THREAD | AVX2_ONLY if available() else ONE_THREAD
    return {name: value for name, value in wanted.items() if name not in os.environ}


@contextmanager
def reference() -> Iterator[None]:
    """在這個區塊裡啟動的子行程用參考的算術；離開時環境變數恢復原狀。"""
    added = environment()
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
