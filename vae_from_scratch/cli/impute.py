"""``impute``：由同一列已知的格子，補上缺失的格子；別的格子一個字也不動。"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import saved_model
from .arguments import clip

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

SUMMARY = "用 fit 的模型，補上檔案裡缺失的格子，附上每一格的機率或區間"
USAGE = "檔案.csv --model DIR [--samples N] [--out 檔案] [--force]"
SAMPLES = 200
LEFT_ALONE = "；原來的字留著，沒有補"


@dataclass(frozen=True)
class Gaps:
    """布林 (N, V)，照模型的欄：要補的格子，與表示「沒有」、不必補的空白。"""

    fill: "NDArray"
    absent: "NDArray"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """這個命令的引數。"""
    out = "檔名.imputed.csv；每一格的機率與區間寫在旁邊的 .probabilities.csv"
    saved_model.add_arguments(parser, out)
    saved_model.add_samples(parser, SAMPLES)


def run(args: argparse.Namespace) -> int:
    """補上缺失的格子，寫出補好的表，與每一格各水準的機率、數字的九成區間。"""

    from ..files import write_csv

    saved_model.check_samples(args)
    path = saved_model.destination(args, saved_model.beside(args.file, "imputed"))
    companion = path.with_name(f"{path.stem}.probabilities.csv")
    saved_model.check_free(companion, args.force)
    opened = saved_model.read(args)
    gaps = _gaps(opened)
    cells = _cells(opened, gaps.fill, args)
    filled = _filled(opened.table, cells)
    write_csv(companion, cells)
    write_csv(path, filled)
    _report(opened, gaps, cells, path, companion)
    return 0


def _gaps(opened: saved_model.Opened) -> Gaps:
    """補的是空白與表示「不知道」的字；寫了別的字（讀不成數字、沒見過的水準）的不補。"""
    opened.model.generator.coded_rows(opened.frame)  # 拿錯了檔案，在這裡就說；沒有格子要補也一樣
    empty = opened.reading.table[list(opened.model.columns)].isna().to_numpy()
    unknown = opened.model.generator.schema_.unknown(opened.frame)
    readable = ~opened.unreadable
    return Gaps(empty & unknown & readable, empty & ~unknown & readable)


def _cells(opened: saved_model.Opened, fill: "NDArray", args: argparse.Namespace) -> "pd.DataFrame":
    """補的每一格可能是什麼；值與區間都已經寫成檔案裡的樣子。"""
    import pandas as pd

    from ..tables.table_vae import CELL_COLUMNS

    parts = opened.model.generator.impute_parts(opened.frame, fill, args.samples, args.seed)
    total = int(fill.any(axis=1).sum())
    shown = saved_model.with_progress(parts, total, lambda part: part["row"].nunique(), "補缺失", args.quiet)
    written = [_written(opened, part) for part in shown]
    return pd.concat(written, ignore_index=True) if written else pd.DataFrame(columns=list(CELL_COLUMNS))


def _written(opened: saved_model.Opened, part: "pd.DataFrame") -> "pd.DataFrame":
    columns = {
        name: [opened.write(*cell) for cell in zip(part["column"], part[name], strict=True)]
        for name in ("value", "low", "high")
    }
    return part.assign(**columns)


def _filled(table: "pd.DataFrame", cells: "pd.DataFrame") -> "pd.DataFrame":
    """補好的表；``cells`` 選中的格子以外，一個字也不動。"""
    filled = table.copy()
    for name, chosen in cells[cells["chosen"] == 1].groupby("column", sort=False):
        texts = filled[name].to_numpy(dtype=object, copy=True)
        texts[chosen["row"].to_numpy(dtype=int) - 1] = chosen["value"].to_numpy(dtype=object)
        filled[name] = texts
    return filled


# ---- 說做了什麼 ----------------------------------------


def _report(
    opened: saved_model.Opened, gaps: Gaps, cells: "pd.DataFrame", path: Path, companion: Path
) -> None:
    saved_model.mention_gaps(opened, LEFT_ALONE)
    _mention_left(opened, gaps)
    saved_model.mention_reading(opened.model)
    saved_model.mention_people(opened.model)
    chosen = cells[cells["chosen"] == 1]
    n_numbers = int(chosen["column"].isin(list(opened.model.plane.schema_.scales_)).sum())
    how = {"類別填最可能的水準": len(chosen) - n_numbers, "數字與日期填平均": n_numbers}
    said = "，".join(f"{count:,} 格{what}" for what, count in how.items() if count)
    print(f"補了 {len(chosen):,} 格{f'（{said}）' if said else ''}，寫在 {path}。")
    print(f"每一格各水準的機率、數字的九成區間，在 {companion}。")


def _mention_left(opened: saved_model.Opened, gaps: Gaps) -> None:
    """沒有補的空白：表示「沒有」的，與模型沒有的欄。"""
    names = opened.model.columns
    absent = {clip(name, 24): int(n) for name, n in zip(names, gaps.absent.sum(axis=0), strict=True) if n}
    if absent:
        told = saved_model.listed(absent, "欄")
        print(f"注意：{sum(absent.values()):,} 格空白的意思是「沒有」，不必補：{told}。", file=sys.stderr)
    others = opened.reading.table.drop(columns=list(names)).isna().sum()
    blank = {clip(str(name), 24): int(n) for name, n in others.items() if n}
    if blank:
        told = saved_model.listed(blank, "欄")
        print(f"注意：模型沒有的欄有 {sum(blank.values()):,} 格缺失，沒有補：{told}。", file=sys.stderr)
