"""研究結果的快取：一次訓練一個檔案，檔名是設定的雜湊值；中斷後再跑，只補還沒算的。"""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from ... import arithmetic, sources
from ...storage import load_arrays, save_arrays
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
    tasks = [(run, path_of(run)) for run in missing]
    done = arithmetic.run_in_workers(_train_and_save, tasks, jobs, in_order=False) if tasks else iter(())
    for _ in _progress(done, len(missing), verbose):
        pass
    found |= {run.key: load(run) for run in missing}
    return [found[run.key] for run in runs]


def missing_runs(runs: Sequence[Run]) -> int:
    """還沒有結果的有幾次（重複的設定只算一次）。"""
    return sum(not path_of(run).exists() for run in {run.key: run for run in runs}.values())


def path_of(run: Run) -> Path:
    """一次訓練的結果檔。"""
    return folder() / f"{run.key}.npz"


def folder() -> Path:
    """快取的資料夾：環境變數 ``VAE_STUDY_DIR``，否則是專案的 ``_build/study``；再依程式的版本分開。"""
    root = Path(os.environ.get("VAE_STUDY_DIR") or PACKAGE.parent / "_build" / "study")
    return root / _version()


def save(result: Result, path: Path) -> None:
    """寫下一次訓練的結果；寫入是原子的。"""
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"run": asdict(result.run), "metrics": result.metrics, "history": result.history}
    save_arrays(path, RESULT, result.arrays, metadata)


def load(run: Run) -> Result:
    """讀回一次訓練的結果；沒有或壞了引發 ``ValueError``。"""
    arrays, metadata = load_arrays(path_of(run), RESULT)
    return Result(run, metadata["metrics"], metadata["history"], arrays)


def cached(run: Run) -> Result | None:
    """快取裡的結果；還沒算，或檔案壞了，傳回 None。"""
    try:
        return load(run)
    except ValueError:
        return None


def _train_and_save(run: Run, path: Path) -> None:
    from .measure import train

    save(train(run), path)


def _progress(done: Iterator[Any], total: int, verbose: bool) -> Iterator[Any]:
    if not verbose or not total:
        return done
    if not sys.stderr.isatty():
        return _tenths(done, total)
    from tqdm import tqdm

    return iter(tqdm(done, total=total, desc="研究", unit="次"))


def _tenths(done: Iterator[Any], total: int) -> Iterator[Any]:
    """不是終端機（例如寫進紀錄）：每做完一成印一行，沒有歸位字元。"""
    for count, result in enumerate(done, 1):
        if count * 10 // total > (count - 1) * 10 // total:
            print(f"研究：{count}/{total} 項", file=sys.stderr, flush=True)
        yield result


@cache
def _version() -> str:
    """訓練與測量依據的程式的雜湊值；畫圖、練習、命令列與實驗的清單不影響。"""
    return sources.fingerprint(ENTRIES, PACKAGE)
