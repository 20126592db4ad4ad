"""``generate``：由模型抽出新的列。"""

import argparse
import re
from typing import Any

from . import saved_model
from .arguments import integer, option

SUMMARY = "用 fit 的模型，生成新的列"
USAGE = "--model DIR [--rows N] [--at z1,z2] [--out 檔案] [--force]"
OUT = "generated.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """這個命令的引數。"""
    # argparse 把「-1,0.5」看成選項；讓它知道這是負數開頭的值，「--at -1,0.5」才寫得出來。
    matcher: Any = re.compile(r"^-[\d.][\d.,eE+-]*$")
    parser._negative_number_matcher = matcher
    saved_model.add_arguments(parser, OUT, file=False)
    option(parser, "rows", 100, "N", "幾列（預設 100）", integer)
    option(parser, "seed", 0, "N", "隨機種子（預設 0）；同一個種子給同樣的位元", integer)
    at = "固定在潛在空間的這一點，例如 --at 1.5,-0.5；不給就由先驗抽"
    option(parser, "at", None, "z1,z2", at, _point)


def run(args: argparse.Namespace) -> int:
    """由先驗（或固定的一點）抽出新的列，寫成 CSV。"""

    import numpy as np

    from .. import settings
    from ..files import write_csv
    from ..tables.saved import SavedModel

    settings.check_integer("--rows", args.rows, 1)
    settings.check_integer("--seed", args.seed, 0)
    path = saved_model.destination(args, OUT)
    model = SavedModel.load(args.model)
    if args.at is not None and len(args.at) != model.vae.latent_dim:
        raise ValueError(
            f"引數 --at 有 {len(args.at)} 個數，模型的潛在空間卻是 {model.vae.latent_dim} 維；"
            f"請給 {model.vae.latent_dim} 個用逗號分開的數。"
        )
    write_csv(path, model.generate(args.rows, np.random.default_rng(args.seed), args.at))
    saved_model.mention_reading(model)
    where = "由先驗抽的" if args.at is None else f"固定的 ({', '.join(f'{z:g}' for z in args.at)})"
    print(f"{args.rows} 列寫在 {path}，z 是{where}；每一格是照機率抽的，不是取最可能的。")
    return 0


def _point(text: str) -> tuple[float, ...]:
    try:
        point = tuple(float(part) for part in text.split(","))
    except ValueError:
        point = ()
    if not point or not all(-1e6 < value < 1e6 for value in point):
        raise argparse.ArgumentTypeError(f"收到「{text}」，請給用逗號分開的數，例如 1.5,-0.5")
    return point
