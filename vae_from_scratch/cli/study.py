"""``study``：算完書裡所有的長實驗，存進快取；中斷後再跑，只補還沒算的。"""

import argparse
import os
import sys
import time

from .. import cluster
from ..course.sets import CourseError, course_root
from ..housing import study

SUMMARY = "算完書裡的長實驗（兩核心約 20 分鐘，可中斷、可接續）"
USAGE = "[--only 實驗 …] [--jobs N] [--cluster 位址] [--list]"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """這個命令的引數。"""
    parser.add_argument(
        "--only", nargs="+", choices=tuple(study.EXPERIMENTS), metavar="實驗",
        help=f"只算這些實驗：{'、'.join(study.EXPERIMENTS)}",
    )  # fmt: skip
    parser.add_argument("--jobs", type=_positive, help="同時訓練幾個（預設：處理器的核心數）")
    parser.add_argument("--cluster", metavar="位址", help=cluster.HELP)
    parser.add_argument("--quiet", action="store_true", help="不顯示進度")
    parser.add_argument("--list", action="store_true", help="列出各實驗與完成的情形，不訓練")


def run(args: argparse.Namespace) -> int:
    """補算還沒有的結果；``--list`` 只列出進度。"""
    _check_folder()
    names = args.only or list(study.EXPERIMENTS)
    if args.list:
        return _list(names)
    started = time.monotonic()
    runs = {run.key: run for name in names for run in study.runs_of(name)}
    missing = study.missing_runs(list(runs.values()))
    try:
        with cluster.workers(args.cluster, args.jobs) as workers:
            study.results(list(runs.values()), jobs=workers, verbose=not args.quiet)
    except KeyboardInterrupt:
        done = missing - study.missing_runs(list(runs.values()))
        print(f"\n已中斷；這次算好的 {done} 項已經存下，再執行一次會接著算。", file=sys.stderr)
        return 130
    print(f"研究完成：共 {len(runs)} 項，這次補算 {missing} 項，{time.monotonic() - started:.0f} 秒。")
    print(f"結果在 {study.folder()}")
    return 0


def _check_folder() -> None:
    if os.environ.get("VAE_STUDY_DIR"):
        return
    try:
        course_root()
    except CourseError:
        raise CourseError(
            "study 訓練書裡的實驗，結果放在課程的資料夾；請先 cd 到課程的資料夾，"
            "或以環境變數 VAE_STUDY_DIR 指定放結果的資料夾。自己的資料請用 fit。"
        ) from None


def _list(names: list[str]) -> int:
    for name in names:
        runs = study.runs_of(name)
        summary = next(iter((study.EXPERIMENTS[name].__doc__ or "").splitlines()), "")
        print(f"{name:<14}{len(runs) - study.missing_runs(runs):>4}/{len(runs):<4}{summary}")
    return 0


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} 不是正整數")
    return int(text)
