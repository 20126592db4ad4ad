"""研究結果的快取：一次訓練一個檔案，檔名是設定的雜湊值；中斷後再跑，只補還沒算的。"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ... import arithmetic, sources
from ...storage import load_arrays, save_arrays
from .runs import Result, Run

if TYPE_CHECKING:
    from ...arithmetic import Workers
    from ...progress import Work

RESULT = "研究結果"
PACKAGE = Path(__file__).resolve().parents[2]
#: 引擎是依名字匯入的，順著匯入找不到，所以另外寫明。
ENTRIES = (
    PACKAGE / "housing" / "study" / "measure.py",
    PACKAGE / "gradients" / "hand_derived.py",
    PACKAGE / "arithmetic.py",
)
#: 一個訓練週期的列數，與訓練以外的份量（只用來估計還要多久）：由量過的時間換算，一秒兩萬二千（週期 × 列）。
ROWS = {"split": 2_344, "all": 2_930}
OTHER_WORK = {
    "vae": 3_000, "autoencoder": 3_000, "ridge": 5_000, "boosting": 20_000, "logistic": 120_000,
    "rivals": 12_000, "rivals level": 75_000, "mixed_baselines": 15_000, "tsne": 600_000,
    "bernoulli 2": 50_000, "bernoulli 8": 20_000, "categorical 2": 120_000, "categorical 8": 85_000,
    "mixed 8": 150_000,
}  # fmt: skip


def results(
    runs: Sequence[Run], *, jobs: "int | Workers | None" = None, verbose: bool = False
) -> list[Result]:
    """依序傳回每一次訓練的結果；已經算過的從快取讀，其餘平行訓練，完成一次就存檔。

    ``jobs`` 是這台電腦的行程數（None 是核心數），或叢集；檔案都由這個行程寫，叢集不必有共用的磁碟。
    """
    unique = {run.key: run for run in runs}
    found = {key: result for key, run in unique.items() if (result := cached(run)) is not None}
    missing = [run for key, run in unique.items() if key not in found]
    for result in _trained(missing, jobs, verbose):
        save(result, path_of(result.run))
    found |= {run.key: load(run) for run in missing}
    return [found[run.key] for run in runs]


def _trained(runs: list[Run], jobs: "int | Workers | None", verbose: bool) -> Iterator[Result]:
    from ... import progress

    if not runs:
        return iter(())
    done = arithmetic.run_in_workers(_train, [(run,) for run in runs], jobs, in_order=False)
    workers = int(jobs or os.cpu_count() or 1)
    works = [work_of(run) for run in runs]
    return progress.follow(done, works, workers=workers, label="研究", unit="項", quiet=not verbose)


def work_of(run: Run) -> "Work":
    """一次訓練的份量，用來估計還要多久。先找這種編碼、這個維數的，沒有再找這一種的。"""
    from ...progress import Work

    size = run.model.get("latent_dim")
    detailed = {
        "level": f"{run.model.get('likelihood', run.kind)} {size or 'level'}",
        "mixed": f"mixed {size}",
    }
    name = detailed.get(run.encoding, "") if run.kind in ("vae", "rivals") else ""
    rest = OTHER_WORK.get(name) or OTHER_WORK.get(run.kind.removesuffix("+numbers"), 2_000)
    return Work(run.model.get("epochs", 0), ROWS[run.rows], rest)


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


def _train(run: Run) -> Result:
    from .measure import train

    return train(run)


@cache
def _version() -> str:
    """訓練與測量依據的程式的雜湊值；畫圖、練習、命令列與實驗的清單不影響。"""
    return sources.fingerprint(ENTRIES, PACKAGE)
