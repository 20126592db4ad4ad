"""書裡的長實驗：一份可以重算的研究，結果存在快取裡（第 7、11、12、13、14 章）。

``python -m vae_from_scratch study`` 算完全部；各頁用 ``table("beta_sweep")`` 取一個實驗的結果。
"""

from typing import TYPE_CHECKING

from .plan import EXPERIMENTS, kaggle_folder, original, runs_of
from .runs import Result, Run
from .store import folder, missing_runs, results
from .trained import Trained, trained

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "EXPERIMENTS", "Result", "Run", "Trained", "experiment", "folder", "kaggle_folder", "missing_runs",
    "original", "results", "runs_of", "table", "trained",
]  # fmt: skip


def experiment(name: str, *, jobs: int | None = None, verbose: bool = False) -> list[Result]:
    """一個實驗的全部結果；快取裡沒有的當場訓練。"""
    return results(runs_of(name), jobs=jobs, verbose=verbose)


def table(name: str, *, jobs: int | None = None) -> "pd.DataFrame":
    """一個實驗的表：一列一次訓練，欄是設定（seed、rows、模型的引數）與量到的數字。"""
    import pandas as pd

    rows = [
        {"kind": result.run.kind, "rows": result.run.rows, "seed": result.run.seed, **result.run.model}
        | result.metrics
        for result in experiment(name, jobs=jobs)
    ]
    return pd.DataFrame(rows)
