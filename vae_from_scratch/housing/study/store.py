"""研究結果的快取：一次訓練一個檔案，檔名是設定的雜湊值；中斷後再跑，只補還沒算的。"""

import ast
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from ...storage import load_arrays, save_arrays
from .runs import Result, Run

RESULT = "研究結果"
PACKAGE = Path(__file__).resolve().parents[2]
#: 改了這些資料夾裡的檔案，訓練的結果就可能不同；畫圖、練習、命令列不影響。
FOLDERS = (".", "gradients", "housing", "housing/study")
WITHOUT_EFFECT = ("plotting.py", "__main__.py", "store.py", "plan.py")


def results(runs: Sequence[Run], *, jobs: int | None = None, verbose: bool = False) -> list[Result]:
    """依序傳回每一次訓練的結果；已經算過的從快取讀，其餘平行訓練並立刻存檔。"""
    missing = [run for run in dict.fromkeys(map(_hashable, runs)) if not path_of(run.run).exists()]
    for _ in _progress(_train_all([item.run for item in missing], jobs), len(missing), verbose):
        pass
    return [load(run) for run in runs]


def missing_runs(runs: Sequence[Run]) -> int:
    """還沒有結果的有幾次。"""
    return sum(not path_of(run).exists() for run in runs)


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


class _hashable:
    """讓含有字典的設定可以去掉重複。"""

    def __init__(self, run: Run) -> None:
        self.run = run

    def __hash__(self) -> int:
        return hash(self.run.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _hashable) and self.run.key == other.run.key


def _train_all(runs: Sequence[Run], jobs: int | None) -> Iterator[None]:
    from joblib import Parallel, delayed

    if not runs:
        return iter(())
    workers = min(jobs or os.cpu_count() or 1, len(runs))
    parallel = Parallel(n_jobs=workers, return_as="generator_unordered")
    return parallel(delayed(_train_and_save)(run, path_of(run)) for run in runs)


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
    """程式內容的雜湊值；註解與說明文字不算在內，所以改文字不必重新訓練。"""
    files = sorted(path for name in FOLDERS for path in (PACKAGE / name).glob("*.py"))
    digest = hashlib.sha256()
    for file in (path for path in files if path.name not in WITHOUT_EFFECT):
        digest.update(_without_documentation(file.read_text(encoding="utf-8")).encode())
    return digest.hexdigest()[:12]


def _without_documentation(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            node.value.value = ""
    return ast.unparse(tree)
