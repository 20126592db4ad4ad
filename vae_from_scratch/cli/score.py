"""``score``：每一列有多不尋常，是哪一格。"""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from . import saved_model
from .arguments import clip

if TYPE_CHECKING:
    import pandas as pd

    from ..tables.oddity import OddCell, Scores

SUMMARY = "用 fit 的模型，給檔案的每一列打分數：概似、怪不怪、怪在哪一格"
USAGE = "檔案.csv --model DIR [--samples N] [--out 檔案] [--force]"
SAMPLES = 200
#: 一段裡最怪的這麼多列，預期用 ``--samples`` 個 z 算；其餘的列只用這麼多個，粗略一些。
CAREFUL_ROWS, QUICK_SAMPLES = 50, 50
#: 一次算幾列；再大的檔案，記憶體也只多了結果那幾欄。
ROWS_AT_ONCE = 2000
LIKELIHOODS = ("log_likelihood", "marginal_log_likelihood", "oddness")
CELL_TITLES = (
    "oddest_column", "oddest_value", "oddest_probability", "expected_value", "expected_probability",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """這個命令的引數。"""
    saved_model.add_arguments(parser, "檔名.scores.csv")
    saved_model.add_samples(parser, SAMPLES)


def run(args: argparse.Namespace) -> int:
    """給每一列打分數，寫出概似、怪的分數與最意外的一格。"""

    import pandas as pd

    from ..files import write_csv

    saved_model.check_samples(args)
    path = saved_model.destination(args, saved_model.beside(args.file, "scores"))
    opened = saved_model.read(args)
    saved_model.check_names(opened.table, (*LIKELIHOODS, *CELL_TITLES), args.file)
    parts = _parts(opened, args.samples, args.seed)
    scores = pd.concat(
        saved_model.with_progress(parts, len(opened.frame), len, "打分數", args.quiet), ignore_index=True
    )
    write_csv(path, pd.concat([opened.table, scores], axis=1))
    saved_model.mention_gaps(opened)
    saved_model.mention_reading(opened.model)
    saved_model.mention_people(opened.model)
    print(f"{len(scores):,} 列的分數寫在 {path}，單位是 nats；oddness 越大，各欄湊在一起越少見。")
    print(_oddest(scores))
    return 0


def _parts(opened: saved_model.Opened, n_samples: int, seed: int) -> "Iterator[pd.DataFrame]":
    """一段一段的分數；哪一格怪，由生成的模型（說得完一列的那一個）說。"""
    import pandas as pd

    model = opened.model.generator
    for start in range(0, len(opened.frame), ROWS_AT_ONCE):
        frame = opened.frame.iloc[start : start + ROWS_AT_ONCE]
        scores = model.scores(frame, n_samples, seed)
        totals = (scores.log_likelihood, scores.marginal, scores.oddness)
        cells = _cells(opened, frame, scores, n_samples, seed)
        columns = dict(zip(LIKELIHOODS, totals, strict=True)) | _cell_columns(cells)
        columns["oddest_value"] = [_as_in_file(opened, start + row, cell) for row, cell in enumerate(cells)]
        yield pd.DataFrame(columns)


def _cells(
    opened: saved_model.Opened, frame: "pd.DataFrame", scores: "Scores", n_samples: int, seed: int
) -> "list[OddCell | None]":
    """每列最意外的一格；最怪的 ``CAREFUL_ROWS`` 列算得仔細。"""
    import numpy as np

    from ..tables.oddity import odd_cells

    order, places = np.argsort(-scores.oddness, kind="stable"), scores.oddest()
    found: list[OddCell | None] = [None] * len(frame)
    for rows, size in (
        (order[:CAREFUL_ROWS], n_samples),
        (order[CAREFUL_ROWS:], min(n_samples, QUICK_SAMPLES)),
    ):
        if len(rows):
            part = odd_cells(opened.model.generator, frame.iloc[rows], places[rows], size, seed, opened.write)
            for row, cell in zip(rows, part, strict=True):
                found[row] = cell
    return found


def _cell_columns(cells: "list[OddCell | None]") -> dict[str, Any]:
    """最意外的一格：欄、寫了什麼、機率、模型預期什麼；整列缺失的空著。"""
    names = ("variable", "level", "probability", "expected", "expected_probability")
    return {
        title: [None if cell is None else getattr(cell, name) for cell in cells]
        for name, title in zip(names, CELL_TITLES, strict=True)
    }


def _as_in_file(opened: saved_model.Opened, row: int, cell: "OddCell | None") -> str | None:
    """那一格的字：數字照檔案裡寫的，類別是水準（表示「沒有」的空白是「無」）。"""
    if cell is None:
        return None
    number = cell.variable in opened.model.plane.schema_.scales_
    return str(opened.table[cell.variable].iloc[row]) if number else cell.level


def _oddest(scores: "pd.DataFrame") -> str:
    """最怪的一列，一句話。"""
    place = int(scores["oddness"].argmax())
    row = scores.iloc[place]
    said = f"最不尋常的是第 {place + 1:,} 列，oddness {row['oddness']:.2f}"
    if row["oddest_column"] is None:
        return said + "。"
    cell = f"最意外的一格是「{clip(row['oddest_column'], 24)}」"
    written, expected = (clip(row[name], 40) for name in ("oddest_value", "expected_value"))
    return f"{said}；{cell}：寫的是 {written}，預期 {expected}。"
