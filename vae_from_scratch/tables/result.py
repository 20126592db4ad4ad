"""一次 ``fit`` 的全部結果，與把它寫進資料夾：模型、各欄的報告、每個種子的數字、編碼、怪列、圖與報告。"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from numpy.typing import NDArray

from .. import files, plotting
from . import figures, oddity
from .columns import Column
from .finals import Checked
from .gaps import Verdict
from .saved import SavedModel, code_columns
from .seeds import Plan, SeedResult
from .table_vae import TableVAE
from .target import Target

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .reading import Repair

REPORT = "report.html"
FILES = {
    REPORT: "一頁的報告，用瀏覽器打開",
    "model.npz": "平面的模型",
    "generator.npz": "生成的模型",
    "fit.json": "設定與結果",
    "columns.csv": "各欄的報告",
    "seeds.csv": "每個種子量到的數字",
    "cells.csv": "補一格：每一欄、每一種猜法的分數",
    "quality.csv": "生成的列像不像",
    "history.csv": "訓練紀錄（第一個種子，有驗證）",
    "codes.csv": "每一列的編碼",
    "unusual.csv": "最不尋常的列",
    "latent_plane.png": "潛在平面",
    "curves.png": "訓練曲線",
}


#: 潛在平面最多畫這麼多列（隨機抽，同一張表同樣的列）；一百萬點疊成一片，也畫不完。
MOST_DRAWN = 20_000


@dataclass(frozen=True, eq=False)
class Notes:
    """讀檔與空白的紀錄。

    ``reading`` 是 ``Reading.recipe()``，``styles`` 是數字與日期欄的寫法，``warnings`` 是訓練以前的提醒。
    """

    repairs: "Sequence[Repair]" = ()
    verdicts: Sequence[Verdict] = ()
    reading: Mapping[str, Any] = field(default_factory=dict)
    styles: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class Fit:
    """一次 ``fit`` 的全部：``source`` 是檔名，``frame`` 是留下的欄，``results`` 一個種子一個。

    ``plane``、``generator`` 用全部的列訓練；``checked`` 是沒有看過驗證列的生成模型的檢查。
    """

    source: str
    columns: Sequence[Column]
    frame: pd.DataFrame
    target: Target | None
    plan: Plan
    results: Sequence[SeedResult]
    plane: TableVAE
    generator: TableVAE
    checked: Checked
    notes: Notes = field(default_factory=Notes)

    @property
    def first(self) -> SeedResult:
        """第一個種子；訓練曲線畫它的。"""
        return self.results[0]

    @cached_property
    def seeds(self) -> pd.DataFrame:
        """一列一個種子：量到的數字、目標的分數（score_ 開頭）、補一格的分數（filled_ 開頭）。"""
        return pd.DataFrame(
            [
                {"seed": result.seed}
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
    def dims(self) -> pd.DataFrame:
        """各個維數：一列一個種子、一個維數；主要的維數也在裡面。"""
        main = self.plan.model["latent_dim"]
        rows = [
            {"seed": result.seed} | row
            for result in self.results
            for row in ({"dim": main, "gain": result.gain} | result.scores, *result.dims)
        ]
        return pd.DataFrame(rows).sort_values(["dim", "seed"], ignore_index=True)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """補一格的分數：一列一個種子、一欄、一種猜法。"""
        parts = [result.cells.assign(seed=result.seed) for result in self.results]
        table = pd.concat(parts, ignore_index=True)
        names = [
            self._slot_name(kind, place)
            for kind, place in zip(table["kind"], table.pop("position"), strict=True)
        ]
        return table.assign(column=names)

    def _slot_name(self, kind: str, position: int) -> str:
        return self.plane.schema_.slot_name(kind, position)

    @cached_property
    def codes(self) -> tuple[NDArray, NDArray]:
        """平面的模型給每一列的平均編碼與對數變異數，各 (N, d)。"""
        return self.plane.encode(self.frame)

    @cached_property
    def drawn(self) -> NDArray:
        """潛在平面畫哪些列：位置，由小到大；不超過 ``MOST_DRAWN`` 列就是全部。"""
        return oddity.ranked_rows(len(self.frame), most=MOST_DRAWN)

    @cached_property
    def model(self) -> SavedModel:
        """可以存成資料夾的模型。"""
        info = {
            "source": self.source,
            "target": None if self.target is None else self.target.name,
            "plan": dataclasses.asdict(self.plan),
            "reading": dict(self.notes.reading),
            "styles": dict(self.notes.styles),
            "results": self.seeds.to_dict("records"),
        }
        return SavedModel(self.plane, self.generator, info)

    @cached_property
    def unusual(self) -> list[oddity.OddRow]:
        """最不尋常的幾列；數字與日期照檔案裡的寫法，才找得到那一格。"""
        return oddity.unusual_rows(self.generator, self.frame, write=self.written)

    def written(self, name: str, value: Any) -> str:
        """一格照訓練的檔案的寫法：民國的日期、中文的樓層、千分位；缺失是空的。"""
        return self.model.write(name, value, self.notes.styles)

    @property
    def kl_per_unit(self) -> list[float]:
        """平面的模型各單元的 KL，nats。"""
        from .measures import kl_per_unit

        return kl_per_unit(*self.codes).tolist()

    @property
    def units(self) -> tuple[int, int]:
        """潛在平面的兩軸：KL 最大的兩個單元（由 1 起）。"""
        kl = self.kl_per_unit
        first, second = sorted(sorted(range(len(kl)), key=lambda unit: -kl[unit])[:2])
        return first + 1, second + 1

    @cached_property
    def colouring(self) -> figures.Colouring:
        """點的顏色：目標；沒有目標，就是關聯最強的一欄。"""
        if self.target is not None:
            return figures.by_target(self.target)
        return figures.by_most_associated(self.frame, self.plane)


def write(folder: Path, fit: Fit) -> None:
    """寫出 ``FILES`` 的每一個檔案；``folder`` 必須已經存在。"""
    from .report import render

    fit.model.save(folder)
    for name, table in _tables(fit).items():
        files.write_csv(folder / name, table)
    plotting.save_figure(plane_figure(fit), folder / "latent_plane.png")
    plotting.save_figure(curves_figure(fit), folder / "curves.png")
    files.write_text(folder / REPORT, render(fit))


def plane_figure(fit: Fit) -> "Figure":
    """潛在平面；只有一個單元時是一條線。大表只畫 ``fit.drawn`` 的列，圖上說一聲。"""
    codes, colouring = fit.codes[0][fit.drawn], fit.colouring.take(fit.drawn)
    if fit.plane.latent_dim == 1:
        figure = figures.latent_line(codes, colouring)
    else:
        figure = figures.latent_plane(codes, fit.units, colouring)
    if len(fit.drawn) < len(fit.frame):
        figures.say_sampled(figure, len(fit.drawn), len(fit.frame))
    return figure


def curves_figure(fit: Fit) -> "Figure":
    """第一個種子的訓練曲線。"""
    return figures.curves(fit.first.vae.history_, fit.first.metrics["marginal_nats"])


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
    codes: dict[str, Any] = {"row": range(1, len(fit.frame) + 1)}
    unusual = [
        {"row": row.row, "oddness": row.oddness} | dataclasses.asdict(cell)
        for row in fit.unusual
        for cell in row.cells
    ]
    return {
        "columns.csv": pd.DataFrame([dataclasses.asdict(column) for column in fit.columns]),
        "seeds.csv": fit.seeds,
        "cells.csv": fit.cells,
        "quality.csv": fit.checked.quality.columns,
        "history.csv": pd.DataFrame([unit_columns(row) for row in fit.first.vae.history_]),
        "codes.csv": pd.DataFrame(codes | code_columns(*fit.codes)),
        "unusual.csv": pd.DataFrame(unusual),
    }
