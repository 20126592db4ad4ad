"""同一個種子、同樣的位元，換一台電腦也一樣：一條執行緒，x86-64 的電腦都用 AVX2 的算術（第 8 章）。

指令集或執行緒的數目不同，矩陣相乘時加總的順序就不同，差在最後一位。訓練幾千步之後，這一位會長成看得見的差別，
例如哪幾個種子的第二個單元沒有醒。OpenBLAS 與 NumPy 在載入的那一刻選定指令集，
所以要在啟動行程以前用環境變數指定。
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol

from . import announce

ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
AVX2_CORE = "Haswell"
AVX2_ONLY = {"OPENBLAS_CORETYPE": AVX2_CORE, "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"}


def available() -> bool:
    """這台電腦做得到參考的算術嗎？（x86-64，2013 年以後、有 AVX2 的處理器。）"""
    return bool(_features().get("X86_V3"))


def in_use() -> bool:
    """這個行程現在用的就是參考的算術嗎？（做不到的電腦，換一個行程也一樣，所以也算是。）"""
    if not available():
        return True
    from threadpoolctl import threadpool_info

    cores = {library.get("architecture") for library in threadpool_info() if library["user_api"] == "blas"}
    return cores == {AVX2_CORE} and not _features().get("X86_V4")


def _features() -> dict[str, bool]:
    core = import_module("numpy._core._multiarray_umath")  # NumPy 沒有公開的名字可以問
    return getattr(core, "__cpu_features__", {})


def environment() -> dict[str, str]:
    """子行程要設的環境變數；使用者自己設定過的不動。"""
    wanted = ONE_THREAD | AVX2_ONLY if available() else ONE_THREAD
    return {name: value for name, value in wanted.items() if name not in os.environ}


def settings() -> dict[str, str]:
    """這裡的子行程會看到的設定，連同使用者自己設定的；別的電腦照它設，算術才相同。"""
    wanted = ONE_THREAD | AVX2_ONLY if available() else ONE_THREAD
    return {name: os.environ.get(name, value) for name, value in wanted.items()}


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


class Workers(Protocol):
    """別的電腦上的行程（``cluster`` 模組）；同樣要用參考的算術。"""

    def __int__(self) -> int: ...
    def run(self, function: Callable[..., Any], tasks: Sequence[tuple], in_order: bool) -> Iterator[Any]: ...


def run_in_workers(
    function: Callable[..., Any],
    tasks: Sequence[tuple],
    jobs: "int | Workers | None" = None,
    in_order: bool = True,
) -> Iterator[Any]:
    """每一組引數執行一次 ``function``，``jobs`` 個行程平行，都用參考的算術、一條執行緒；完成一個給一個。

    ``jobs`` 是 None 就與核心數相同，也可以是叢集；``in_order`` 為假時，先完成的先給。
    """
    if jobs is not None and not isinstance(jobs, int):
        yield from jobs.run(function, tasks, in_order)
        return
    from joblib import Parallel, delayed

    workers = min(jobs or os.cpu_count() or 1, len(tasks))
    if workers <= 1 and in_use():
        yield from (with_one_thread(number, function, *task) for number, task in enumerate(tasks))
        return
    # joblib 對 n_jobs=1 不另開行程；要換算術，就開兩個，一次只交一件，同時仍只有一個在算。
    queue = "2*n_jobs" if workers > 1 else 1
    order = "generator" if in_order else "generator_unordered"
    parallel = Parallel(n_jobs=max(workers, 2), pre_dispatch=queue, return_as=order)
    with _new_processes(), reference():
        yield from parallel(
            delayed(with_one_thread)(number, function, *task) for number, task in enumerate(tasks)
        )


def with_one_thread(number: int, function: Callable[..., Any], *arguments: Any) -> Any:
    """做第 ``number`` 件工作。平行的是工作，不是矩陣乘法：加總的順序才固定，行程也不會互相等待。"""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), announce.item(number):
        return function(*arguments)


@contextmanager
def _new_processes() -> Iterator[None]:
    """joblib 會沿用先前的行程，而行程的算術在啟動時就定了：進出這個區塊都換新的。"""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)
    try:
        yield
    finally:
        get_reusable_executor().shutdown(wait=True)
