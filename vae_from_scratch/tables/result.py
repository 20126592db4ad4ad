"""一次 ``fit`` 的全部結果，與把它寫進資料夾：模型、各欄的報告、每個種子的數字、編碼、怪列、圖與報告。"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from numpy.typing import NDArray

from .. import files, plotting
from . import figures, oddity
from .columns import Column
from .saved import SavedModel
from .seeds import Plan, SeedResult
from .target import Target

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FILES = {
    "report.html": "一頁的報告，用瀏覽器打開",
    "model.npz": "模型",
    "schema.json": "編碼規則",
    "fit.json": "設定、邊際分布與結果",
    "columns.csv": "各欄的報告",
    "seeds.csv": "每個種子量到的數字",
    "history.csv": "訓練紀錄（留下來的模型）",
    "codes.csv": "每一列的編碼",
    "unusual.csv": "最不尋常的列",
    "latent_plane.png": "潛在平面",
    "curves.png": "訓練曲線",
}


@dataclass(frozen=True, eq=False)
class Fit:
    """一次 ``fit`` 的全部：``source`` 是檔名，``frame`` 是留下的類別欄，``results`` 一個種子一個。"""

    source: str
    columns: Sequence[Column]
    frame: pd.DataFrame
    target: Target | None
    plan: Plan
    results: Sequence[SeedResult]

    @cached_property
    def best(self) -> SeedResult:
        """留下來的模型：驗證的 ELBO 比基準（不看編碼）高最多的那個種子。

        各種子驗證的列不同，有的本來就比較難猜；減去同一批列的基準再比，才公平。
        """
        return max(self.results, key=lambda result: result.gain)

    @cached_property
    def seeds(self) -> pd.DataFrame:
        """一列一個種子：量到的數字，與目標的分數（score_ 開頭）。"""
        return pd.DataFrame(
            [
                {"seed": result.seed, "chosen": int(result is self.best)}
                | unit_columns(result.metrics)
                | {f"score_{name}": value for name, value in result.scores.items()}
                for result in self.results
            ]
        )

    @cached_property
    def scores(self) -> pd.DataFrame:
        """目標的分數：一欄一種表示法，一列一個種子；沒有目標就沒有欄。"""
        return pd.DataFrame([result.scores for result in self.results])

    @cached_property
    def codes(self) -> tuple[NDArray, NDArray]:
        """留下來的模型給每一列的平均編碼與對數變異數，各 (N, d)。"""
        return self.model.encode(self.frame)

    @cached_property
    def model(self) -> SavedModel:
        """留下來的模型，可以存成資料夾。"""
        train = self.best.schema.encode(self.frame[~self.best.held_out])
        info = {
            "source": self.source,
            "target": None if self.target is None else self.target.name,
            "plan": dataclasses.asdict(self.plan),
            "chosen_seed": self.best.seed,
            "results": self.seeds.to_dict("records"),
        }
        return SavedModel(self.best.vae, self.best.schema, train.sum(axis=0), info)

    @cached_property
    def unusual(self) -> list[oddity.OddRow]:
        """最不尋常的幾列。"""
        return oddity.unusual_rows(self.model, self.frame, self.best.held_out)

    @property
    def units(self) -> tuple[int, int]:
        """潛在平面的兩軸：驗證的 KL 最大的兩個單元（由 1 起）。"""
        kl = self.best.metrics["kl_per_unit"]
        first, second = sorted(sorted(range(len(kl)), key=lambda unit: -kl[unit])[:2])
        return first + 1, second + 1

    @cached_property
    def colouring(self) -> figures.Colouring:
        """點的顏色：目標；沒有目標，就是關聯最強的一欄。"""
        if self.target is not None:
            return figures.by_target(self.target)
        schema = self.best.schema
        return figures.by_most_associated(self.frame, schema.encode(self.frame), schema)


def write(folder: Path, fit: Fit) -> None:
    """寫出 ``FILES`` 的每一個檔案；``folder`` 必須已經存在。"""
    from .report import render

    fit.model.save(folder)
    for name, table in _tables(fit).items():
        files.write_csv(folder / name, table)
    plotting.save_figure(plane_figure(fit), folder / "latent_plane.png")
    plotting.save_figure(curves_figure(fit), folder / "curves.png")
    files.write_text(folder / "report.html", render(fit))


def plane_figure(fit: Fit) -> "Figure":
    """潛在平面；只有一個單元時是一條線。"""
    if fit.best.vae.latent_dim == 1:
        return figures.latent_line(fit.codes[0], fit.colouring)
    return figures.latent_plane(fit.codes[0], fit.units, fit.colouring)


def curves_figure(fit: Fit) -> "Figure":
    """留下來的模型的訓練曲線。"""
    return figures.curves(fit.best.vae.history_, fit.best.metrics["marginal_nats"])


def code_columns(mean: NDArray, log_var: NDArray) -> dict[str, NDArray]:
    """編碼的欄：mean_1、log_var_1、mean_2……。"""
    columns: dict[str, NDArray] = {}
    for unit in range(mean.shape[1]):
        columns |= {f"mean_{unit + 1}": mean[:, unit], f"log_var_{unit + 1}": log_var[:, unit]}
    return columns


def unit_columns(row: dict[str, Any]) -> dict[str, Any]:
    """每個單元的值攤開成欄：kl_per_unit → kl_unit_1、kl_unit_2……。"""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, list):
            stem = name.removesuffix("_per_unit")
            flat |= {f"{stem}_unit_{unit}": item for unit, item in enumerate(value, 1)}
        else:
            flat[name] = value
    return flat


def _tables(fit: Fit) -> dict[str, pd.DataFrame]:
    codes: dict[str, Any] = {"row": range(1, len(fit.frame) + 1), "held_out": fit.best.held_out.astype(int)}
    unusual = [
        {"row": row.row, "oddness": row.oddness, "held_out": int(row.held_out)} | dataclasses.asdict(cell)
        for row in fit.unusual
        for cell in row.cells
    ]
    return {
        "columns.csv": pd.DataFrame([dataclasses.asdict(column) for column in fit.columns]),
        "seeds.csv": fit.seeds,
        "history.csv": pd.DataFrame([unit_columns(row) for row in fit.best.vae.history_]),
        "codes.csv": pd.DataFrame(codes | code_columns(*fit.codes)),
        "unusual.csv": pd.DataFrame(unusual),
    }
