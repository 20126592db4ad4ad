"""留下來的兩個模型，用全部的列訓練：平面的（兩維，看得見）與生成的（維數多，說得完一列）；還有它們的檢查。

檢查用的模型沒有看過驗證的列：生成的列像不像、有沒有背下來，怪的分數認不認得出竄改，都在那裡量（第 13 章）。
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .. import arithmetic
from ..rows import CategoryCodes, CodedRows, MixedRows
from . import quality, tampering
from .held_out import HELD_OUT, held_out_rows
from .likeness import Kinds
from .seeds import Plan, SeedResult, run_seed
from .table_vae import TableVAE

if TYPE_CHECKING:
    from .target import Target

PLANE, GENERATOR, CHECK = "plane", "generator", "check"
#: 三件工作，可以同時做。
PARTS = (PLANE, GENERATOR, CHECK)
#: 檢查時生成幾列：與真的一樣多，最多這麼多；少於這個數的表也生成這麼多。
FEWEST_GENERATED, MOST_GENERATED = 200, 10_000
#: 竄改的檢查至少要這麼多驗證的列，每列抽幾個 z。
LEAST_CHECKED, POWER_SAMPLES = 20, 50
ODDNESS = "怪的分數"


@dataclass(frozen=True, eq=False)
class Checked:
    """沒有看過驗證的列的生成模型，量到的：生成的列的品質，怪的分數的檢定力（驗證的列太少，就是 None）。

    ``generated`` 是它生成的列。
    """

    quality: quality.Quality
    power: tampering.Power | None
    generated: pd.DataFrame


def run_all(frame: pd.DataFrame, target: "Target | None", plan: Plan, jobs: Any) -> Iterator[Any]:
    """依序給出每個種子的 ``SeedResult``，再給 ``PARTS`` 的兩個模型與檢查；結果與 ``jobs`` 無關。"""
    tasks = [(frame, target, plan, what) for what in (*plan.seeds, *PARTS)]
    yield from arithmetic.run_in_workers(run_one, tasks, jobs)


def run_one(
    frame: pd.DataFrame, target: "Target | None", plan: Plan, what: int | str
) -> SeedResult | TableVAE | Checked:
    """一件工作：一個種子（整數），或 ``PARTS`` 之一。"""
    with warnings.catch_warnings():
        # 水準很多、列很少時 scikit-learn 用英文問這是不是迴歸；這裡知道是類別，不必讓使用者看到。
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        if isinstance(what, int):
            return run_seed(frame, target, plan, what)
        return run_part(frame, target, plan, what)


def works(plan: Plan, n_rows: int) -> list[tuple[int, int]]:
    """每一件工作的（訓練週期、每週期幾列），估計還要多久用。"""
    epochs, training = plan.for_rows(n_rows)["epochs"], round(n_rows * (1 - HELD_OUT))
    each_seed = (epochs * (1 + len(plan.other_dims())), training)
    return [each_seed] * plan.n_seeds + [(epochs, n_rows), (epochs, n_rows), (epochs, training)]


def run_part(frame: pd.DataFrame, target: "Target | None", plan: Plan, part: str) -> TableVAE | Checked:
    """一件工作。"""
    with np.errstate(all="ignore"):  # 發散時訓練迴圈會說清楚
        if part == PLANE:
            return table_vae(plan, len(frame), plan.model["latent_dim"]).fit(frame)
        generator = table_vae(plan, len(frame), plan.generator_dim, "quantile")
        return generator.fit(frame) if part == GENERATOR else check(generator, frame, target, plan.seed)


def table_vae(plan: Plan, n_rows: int, latent_dim: int, scaling: str = "standard") -> TableVAE:
    """照設定建立、還沒訓練的模型。"""
    chosen = {**plan.for_rows(n_rows), "latent_dim": latent_dim}
    return TableVAE(absent=plan.absent, scaling=scaling, random_state=plan.seed, **chosen)


def check(model: TableVAE, frame: pd.DataFrame, target: "Target | None", seed: int) -> Checked:
    """只用訓練的列訓練 ``model``，再檢查它生成的列與怪的分數。"""
    known = np.ones(len(frame), dtype=bool) if target is None else target.known
    held_out = held_out_rows(known, seed)
    model.fit(frame[~held_out])
    n = min(max(len(frame), FEWEST_GENERATED), MOST_GENERATED)
    generated = model.sample(n, np.random.default_rng(seed))
    kept = list(model.schema_.columns_)
    train, test = (rows[kept].reset_index(drop=True) for rows in (frame[~held_out], frame[held_out]))
    found = quality.check(plain(train), plain(test), plain(generated), kinds(model), seed=seed)
    power = check_power(model, train, test, seed) if len(test) >= LEAST_CHECKED else None
    return Checked(found, power, generated)


def check_power(model: TableVAE, train: pd.DataFrame, held_out: pd.DataFrame, seed: int) -> tampering.Power:
    """怪的分數認不認得出竄改：與兩個不用模型的對手比同樣的列。"""

    def oddness(rows: Any) -> NDArray:
        found = model.vae_reading.log_likelihood(
            as_rows(model, rows), POWER_SAMPLES, np.random.default_rng(0)
        )
        return model.independent_.log_prob(rows) - found

    seen, unseen = (as_table(model.coded_rows(rows)) for rows in (train, held_out))
    return tampering.check_power({ODDNESS: oddness} | tampering.rivals(seen, seed), unseen, seed=seed)


def as_table(rows: CodedRows) -> Any:
    """竄改的檢查用的樣子：有數字的就是它自己。"""
    return rows if isinstance(rows, MixedRows) else tampering.CategoryRows(rows.codes, rows.groups)


def as_rows(model: TableVAE, rows: Any) -> CodedRows:
    """換回模型看的列。"""
    return rows if model.likelihood == "mixed" else CategoryCodes(rows.codes, rows.groups)


def kinds(model: TableVAE) -> Kinds:
    """模型的欄裡，哪些是類別、哪些是數字。"""
    return Kinds(model.schema_.category_names, tuple(model.schema_.scales_))


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """日期換成天數，其餘照舊：比分布時只有類別與數字。"""
    dates = {name for name in frame.columns if frame[name].dtype.kind == "M"}
    days = {name: (frame[name] - pd.Timestamp(0)) / pd.Timedelta(days=1) for name in dates}
    return frame.assign(**days)
