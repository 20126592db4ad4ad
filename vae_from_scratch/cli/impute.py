"""``impute``：由同一列已知的格子，補上缺失的格子。"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import saved_model

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from ..tables.saved import SavedModel

SUMMARY = "用 fit 的模型，補上 CSV 裡缺失的類別，並附上每一格的機率"
USAGE = "檔案.csv --model DIR [--samples N] [--out 檔案] [--force]"
SAMPLES = 100
#: 第幾列、欄、水準、機率、補的是不是它。
CELL_COLUMNS = ("row", "column", "level", "probability", "chosen")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """這個命令的引數。"""
    saved_model.add_arguments(parser, "檔名.imputed.csv；機率寫在旁邊的 .probabilities.csv")
    saved_model.add_samples(parser, SAMPLES)


def run(args: argparse.Namespace) -> int:
    """補上缺失的格子，寫出補好的表與每一格的機率。"""

    import numpy as np

    from ..files import write_csv

    saved_model.check_samples(args)
    path = saved_model.destination(args, saved_model.beside(args.file, "imputed"))
    companion = Path(saved_model.beside(str(path), "probabilities"))
    saved_model.check_free(companion, args.force)
    model, table, frame = saved_model.read(args)
    gaps = frame.isna().to_numpy()
    filled, cells = _fill(model, table, frame, gaps, args.samples, np.random.default_rng(args.seed))
    write_csv(companion, cells)
    write_csv(path, filled)
    saved_model.mention_reading(model)
    _mention_levels(int(table[list(model.variables)].isna().to_numpy().sum() - gaps.sum()))
    print(f"補了 {gaps.sum()} 格（填機率最大的水準），寫在 {path}；每一格各水準的機率在 {companion}。")
    return 0


def _fill(
    model: "SavedModel",
    table: "pd.DataFrame",
    frame: "pd.DataFrame",
    gaps: "NDArray",
    n_samples: int,
    rng: "np.random.Generator",
) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """補好的表，與補上的每一格各水準的機率；``gaps`` (N, V) 以外的格子一個字也不動。"""
    import numpy as np
    import pandas as pd

    rows = np.flatnonzero(gaps.any(axis=1))
    filled, parts = table.copy(), [pd.DataFrame(columns=list(CELL_COLUMNS))]
    answers = model.fill(frame.iloc[rows], n_samples, rng) if len(rows) else []
    for variable, answer in enumerate(answers):
        name, levels, empty = model.variables[variable], model.schema.levels_[variable], gaps[rows, variable]
        place = table.columns.get_loc(name)
        filled.iloc[rows[empty], place] = pd.array(levels, dtype=object)[answer[empty].argmax(axis=1)]
        parts.append(_probabilities(rows[empty], name, levels, answer[empty]))
    cells = pd.concat(parts[1:] or parts)
    return filled, cells.sort_values("row", kind="stable")


def _probabilities(rows: "NDArray", name: str, levels: tuple[str, ...], answer: "NDArray") -> "pd.DataFrame":
    """一個變數補上的格子，一格的每個水準一列；``answer`` (n, K) 是機率。"""
    import numpy as np
    import pandas as pd

    chosen = np.arange(len(levels)) == answer.argmax(axis=1)[:, None]
    values = (
        np.repeat(rows + 1, len(levels)), name, list(levels) * len(rows), answer.ravel(), chosen.ravel() * 1
    )  # fmt: skip
    return pd.DataFrame(dict(zip(CELL_COLUMNS, values, strict=True)))


def _mention_levels(n_cells: int) -> None:
    if n_cells:
        print(
            f"注意：{n_cells} 格的缺失沒有補；模型是用 --missing level 訓練的，"
            "那幾欄的缺失是水準「無」，不是不知道。",
            file=sys.stderr,
        )
