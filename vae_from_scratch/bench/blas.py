"""NumPy 的矩陣乘法用哪一組核心（kernel）。

OpenBLAS 啟動時看處理器的型號挑核心；太新的型號它不認得，會退回舊的指令集，慢到 1.6 倍。環境變數
``OPENBLAS_CORETYPE`` 可以指定，但要在載入 NumPy 以前設好，所以量測在一個新的行程裡做。
換核心會改變捨入，也就改變位元；所以本套件只在這裡、為了公平地比較而設，平常不動它。
"""

import os
import subprocess
import sys
from pathlib import Path

VARIABLE = "OPENBLAS_CORETYPE"
AVX512 = {"avx512f", "avx512dq", "avx512bw", "avx512vl"}
AVX512_CORE = "SkylakeX"
PROBE = """
import time, numpy as np
a, w, y = np.ones((253, 32), "f").T, np.ones((253, 200), "f"), np.empty((200, 32), "f").T
def seconds():
    started = time.perf_counter()
    np.matmul(a, w, out=y)
    return time.perf_counter() - started
print(min(seconds() for _ in range(2000)))
"""


def environment() -> dict[str, str]:
    """量測用的行程的環境變數：一條執行緒，以及最快的核心。"""
    threads = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    return os.environ | threads | {"TF_CPP_MIN_LOG_LEVEL": "3"} | _fastest_core()


def architecture() -> str:
    """目前這個行程用的核心，例如 SkylakeX、Haswell、neoversev1。"""
    from threadpoolctl import threadpool_info

    found = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return str(found[0].get("architecture") or found[0]["internal_api"]) if found else "不明"


def _fastest_core() -> dict[str, str]:
    """自動挑的核心與 AVX-512 的核心各試一次；使用者自己指定過就照他的。"""
    if VARIABLE in os.environ or not AVX512 <= _cpu_flags():
        return {}
    faster = _probe({VARIABLE: AVX512_CORE}) < 0.9 * _probe({})
    return {VARIABLE: AVX512_CORE} if faster else {}


def _probe(variables: dict[str, str]) -> float:
    command = [sys.executable, "-c", PROBE]
    settings = os.environ | {"OPENBLAS_NUM_THREADS": "1"} | variables
    return float(subprocess.run(command, env=settings, capture_output=True, check=True).stdout)


def _cpu_flags() -> set[str]:
    """Linux 的 /proc/cpuinfo；別的系統沒有，就當作不知道。"""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return next((set(line.split(":", 1)[1].split()) for line in lines if line.startswith("flags")), set())
