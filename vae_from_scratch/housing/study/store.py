"""研究結果的快取：一次訓練一個檔案，檔名是設定的雜湊值；中斷後再跑，只補還沒算的。"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from ... import arithmetic
from ...storage import load_arrays, save_arrays
from . import sources
from .runs import Result, Run

RESULT = "研究結果"
PACKAGE = Path(__file__).resolve().parents[2]
#: 引擎是依名字匯入的，順著匯入找不到，所以另外寫明。
ENTRIES = (
    PACKAGE / "housing" / "study" / "measure.py",
    PACKAGE / "gradients" / "hand_derived.py",
    PACKAGE / "arithmetic.py",
)


def results(runs: Sequence[Run], *, jobs: int | None = None, verbose: bool = False) -> list[Result]:
    """依序傳回每一次訓練的結果；已經算過的從快取讀，其餘平行訓練並立刻存檔。"""
    unique = {run.key: run for run in runs}
    found = {key: result for key, run in unique.items() if (result := cached(run)) is not None}
    missing = [run for key, run in unique.items() if key not in found]
    for _ in _progress(_train_all(missing, jobs), len(missing), verbose):
        pass
    found |= {run.key: load(run) for run in missing}
    return [found[run.key] for run in runs]


def missing_runs(runs: Sequence[Run]) -> int:
    """還沒有結果的有幾次（重複的設定只算一次）。"""
    return sum(not path_of(run).exists() for run in {run.key: run for run in runs}.values())


def path_of(run: Run) -> Path:
    return folder() / f"{run.key}.npz"


def folder() -> Path:
    """快取的資料夾：環境變數 ``VAE_STUDY_DIR``，否則是專案的 ``_build/study``；再依程式的版本分開。"""
    root = Path(os.environ.get("VAE_STUDY_DIR") or PACKAGE.parent / "_build" / "study")
    return root / _version()


def save(result: Result, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"run": asdict(result.run), "metrics": result.metrics, "history": result.history}
    save_arrays(path, RESULT, result.arrays, metadata)


def load(run: Run) -> Result:
    arrays, metadata = load_arrays(path_of(run), RESULT)
    return Result(run, metadata["metrics"], metadata["history"], arrays)


def cached(run: Run) -> Result | None:
    """快取裡的結果；還沒算，或檔案壞了，傳回 None。"""
    try:
        return load(run)
    except ValueError:
        return None


def _train_all(runs: Sequence[Run], jobs: int | None) -> Iterator[None]:
    from joblib import Parallel, delayed

    if not runs:
        return
    workers = min(jobs or os.cpu_count() or 1, len(runs))
    # joblib 對 n_jobs=1 不另開行程，算術就不是參考的那一套；開兩個，一次只交一件，同時仍只訓練一個。
    queue = "2*n_jobs" if workers > 1 else 1
    parallel = Parallel(n_jobs=max(workers, 2), pre_dispatch=queue, return_as="generator_unordered")
    with _new_processes(), arithmetic.reference():
        yield from parallel(delayed(_train_and_save)(run, path_of(run)) for run in runs)


@contextmanager
def _new_processes() -> Iterator[None]:
    """joblib 會沿用先前的行程，而行程的算術在啟動時就定了：進出這個區塊都換新的。"""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)
    try:
        yield
    finally:
        get_reusable_executor().shutdown(wait=True)


def _train_and_save(run: Run, path: Path) -> None:
    """一個行程只用一條執行緒：平行的是訓練，不是矩陣乘法，而且加總的順序才固定。"""
    from threadpoolctl import threadpool_limits

    from .measure import train

    with threadpool_limits(1):
        save(train(run), path)


def _progress(done: Iterator[Any], total: int, verbose: bool) -> Iterator[Any]:
    if not verbose or not total:
        return done
    from tqdm import tqdm

    return iter(tqdm(done, total=total, desc="研究", unit="次"))


@cache
def _version() -> str:
    """訓練與測量依據的程式的雜湊值；畫圖、練習、命令列與實驗的清單不影響。"""
    return sources.fingerprint(ENTRIES, PACKAGE)
