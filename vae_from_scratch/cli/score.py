"""``score``：每一列有多不尋常，是哪一格。"""

import argparse
from typing import TYPE_CHECKING, Any

from . import saved_model

if TYPE_CHECKING:
    from ..tables.oddity import OddCell

SUMMARY = "用 fit 的模型，給 CSV 的每一列打分數：概似、怪不怪、怪在哪一格"
USAGE = "檔案.csv --model DIR [--samples N] [--out 檔案] [--force]"
SAMPLES = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """這個命令的引數。"""
    saved_model.add_arguments(parser, "檔名.scores.csv")
    saved_model.add_samples(parser, SAMPLES)


def run(args: argparse.Namespace) -> int:
    """給每一列打分數，寫出概似、怪的分數與最意外的一格。"""

    import numpy as np

    from ..files import write_csv
    from ..tables.oddity import odd_cells

    saved_model.check_samples(args)
    path = saved_model.destination(args, saved_model.beside(args.file, "scores"))
    model, table, frame = saved_model.read(args)
    rng, x = np.random.default_rng(args.seed), model.schema.encode(frame, dtype="float32")
    scores = model.score(x, args.samples, rng)
    cells = odd_cells(model, frame, x, scores.oddest(), args.samples, rng)
    added = {
        "log_likelihood": scores.log_likelihood,
        "marginal_log_likelihood": scores.marginal,
        "oddness": scores.oddness,
    }
    write_csv(path, saved_model.with_columns(table, added | _cell_columns(cells), args.file))
    saved_model.mention_reading(model)
    print(f"{len(table)} 列的分數寫在 {path}，單位是 nats；oddness 越大，各欄湊在一起越少見。")
    odd = int(scores.oddness.argmax())
    print(f"最不尋常的是第 {odd + 1} 列，oddness {scores.oddness[odd]:.2f}。")
    return 0


def _cell_columns(cells: "list[OddCell | None]") -> dict[str, Any]:
    """最意外的一格：欄、寫了什麼、機率、模型預期什麼；整列缺失的空著。"""
    names = ("variable", "level", "probability", "expected", "expected_probability")
    titles = ("oddest_column", "oddest_value", "oddest_probability", "expected_value", "expected_probability")
    return {
        title: [None if cell is None else getattr(cell, name) for cell in cells]
        for name, title in zip(names, titles, strict=True)
    }
