"""``study``：算完書裡所有的長實驗，存進快取；中斷後再跑，只補還沒算的。"""

import argparse
import time

from ..housing import study

SUMMARY = "算完書裡的長實驗（兩核心約 6 分鐘，可中斷、可接續）"
USAGE = "[--only 實驗 …] [--jobs N] [--list]"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only", nargs="+", choices=tuple(study.EXPERIMENTS), metavar="實驗",
        help=f"只算這些實驗：{'、'.join(study.EXPERIMENTS)}",
    )  # fmt: skip
    parser.add_argument("--jobs", type=_positive, help="同時訓練幾個（預設：處理器的核心數）")
    parser.add_argument("--list", action="store_true", help="列出各實驗與完成的情形，不訓練")


def run(args: argparse.Namespace) -> int:
    names = args.only or list(study.EXPERIMENTS)
    if args.list:
        return _list(names)
    started = time.monotonic()
    runs = [run for name in names for run in study.runs_of(name)]
    trained = study.missing_runs(runs)
    study.results(runs, jobs=args.jobs, verbose=True)
    print(f"研究完成：共 {len(runs)} 次訓練，這次補算 {trained} 次，{time.monotonic() - started:.0f} 秒。")
    print(f"結果在 {study.folder()}")
    return 0


def _list(names: list[str]) -> int:
    for name in names:
        runs = study.runs_of(name)
        summary = (study.EXPERIMENTS[name].__doc__ or "").splitlines()[0]
        print(f"{name:<14}{len(runs) - study.missing_runs(runs):>4}/{len(runs):<4}{summary}")
    return 0


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} 不是正整數")
    return int(text)
