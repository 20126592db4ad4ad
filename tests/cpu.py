"""CPU 時間的預算用比值寫：與同一台電腦、同一刻匯入 NumPy 的 Python 相比，機器快慢、忙不忙都約掉。"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NUMPY = ("-c", "import numpy")
TRIES = 8


def children() -> float:
    """到現在為止，結束了的子行程一共用了幾 CPU 秒。"""
    resource = pytest.importorskip("resource", reason="Windows 量不到子行程的 CPU 時間")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return float(used.ru_utime + used.ru_stime)


def seconds(*arguments: str) -> float:
    """``python …`` 整個命令的 CPU 秒，連同啟動。"""
    before = children()
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *arguments], capture_output=True, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr.decode()
    return children() - before


def times_numpy(measure: Callable[[], float], limit: float, tries: int = TRIES) -> float:
    """``measure`` 的 CPU 秒是匯入 NumPy 的幾倍：兩者輪流量，各取最快的；低於 ``limit`` 就不再試。"""
    ours, numpy = [], []
    for _ in range(tries):
        ours.append(measure())
        numpy.append(seconds(*NUMPY))
        if min(ours) < limit * min(numpy):
            break
    return min(ours) / min(numpy)
