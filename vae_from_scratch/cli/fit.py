"""``fit``：在使用者自己的 CSV 上做同一份研究，寫出模型與一頁報告。"""

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import integer, number, one_of, option
from .results import results_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from ..tables.columns import Column
    from ..tables.study import Plan, SeedResult
    from ..tables.target import Target

SUMMARY = "用自己的資料：挑出 CSV 的類別欄，用幾個種子訓練，寫出模型與一頁報告"
USAGE = "檔案.csv [--target 欄] [選項 …]"
LIKELIHOODS = ("categorical", "bernoulli")
MISSING = ("zeros", "level")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="檔案.csv", help="UTF-8、逗號分隔、第一列是欄名；空白與 NA 算缺失")
    data = parser.add_argument_group("資料")
    option(data, "target", None, "欄", "打分數用的欄，模型看不到；數字量 R²，類別量準確率")
    data.add_argument("--log-target", action="store_true", help="目標取對數再打分數，例如價格")
    data.add_argument("--skip-target-gaps", action="store_true", help="目標空白的列照樣訓練，不打分數")
    for name, text in (
        ("columns", "只用這幾欄；不寫就自動挑選文字欄，水準太多的不用"),
        ("also", "自動挑選之外，再加這幾欄，例如用數字寫的代碼"),
        ("drop", "自動挑選之外，不要這幾欄"),
    ):
        data.add_argument(f"--{name}", nargs="+", action="extend", default=[], metavar="欄", help=text)
    missing = "缺失：zeros 整組為 0（預設；categorical 不計分），level 編成水準「無」"
    option(data, "missing", "zeros", "|".join(MISSING), missing)
    model = parser.add_argument_group("模型與訓練")
    for name, kind, value, metavar, text in _model_options():
        option(model, name, value, metavar, text, kind)
    output = parser.add_argument_group("輸出")
    option(output, "out", None, "DIR", "結果寫到哪裡（預設 runs/檔名）")
    output.add_argument("--force", action="store_true", help="資料夾裡有東西時，換掉同名的檔案；其他檔案不動")
    output.add_argument("--quiet", action="store_true", help="不顯示進度")


def _model_options() -> list[tuple[str, Any, Any, str, str]]:
    likelihood = "概似：一個變數一個 softmax（預設），或各欄獨立的 bernoulli"
    return [
        ("seeds", integer, 5, "N", "幾個隨機種子（預設 5）；每個種子重新分割、訓練一次"),
        ("seed", integer, 0, "N", "第一個種子（預設 0）；同一個種子給同樣的位元"),
        ("likelihood", str, "categorical", "|".join(LIKELIHOODS), likelihood),
        ("latent-dim", integer, 2, "N", "潛在空間的維度（預設 2）"),
        ("beta", number, 1.0, "W", "KL 的權重（預設 1，就是 ELBO）"),
        ("epochs", integer, None, "N", "訓練週期（epoch）的次數（預設 60，小的表多一些，大的表少一些）"),
        ("warmup-epochs", integer, None, "N", "KL 的權重用幾個週期升到定值（預設三分之一）"),
        ("batch-size", integer, 32, "N", "一個小批次幾列（預設 32）"),
        ("learning-rate", number, 1e-3, "RATE", "Adam 的學習率（預設 0.001）"),
        ("jobs", integer, None, "N", "同時訓練幾個種子（預設：處理器的核心數）；不影響結果"),
    ]


def run(args: argparse.Namespace) -> int:
    plan, jobs = _plan(args), _jobs(args)
    table, report, target = _read(args, plan)
    out = args.out if args.out is not None else str(Path("runs") / Path(args.file).stem)
    with results_folder(out, args.force) as folder:
        from ..tables import outputs, study
        from . import fit_summary

        print(fit_summary.column_report(report, len(table), plan.missing), flush=True)
        started = time.perf_counter()
        frame = table[[column.name for column in report if column.kept]]
        results = list(_progress(study.run_all(frame, target, plan, jobs), plan, args.quiet))
        fit = outputs.Fit(Path(args.file).name, report, frame, target, plan, results)
        outputs.write(folder, fit)
    print("\n" + fit_summary.describe(fit, time.perf_counter() - started, args.file, out))
    return 0


def _read(args: argparse.Namespace, plan: "Plan") -> "tuple[pd.DataFrame, list[Column], Target | None]":
    """整張表、各欄的報告與目標；有任何不對，訓練以前就說。"""
    from ..tables import columns, study
    from ..tables.reading import check_enough_rows, read_table
    from ..tables.target import read_target

    table = read_table(args.file)
    check_enough_rows(table, args.file)
    target = None
    if args.target is not None:
        target = read_target(table, args.target, log=args.log_target, skip_gaps=args.skip_target_gaps)
    choices = columns.Choices(args.columns, args.also, args.drop)
    report = columns.inspect(table, choices, args.target, plan.missing)
    study.check_size(table, plan, sum(column.n_levels for column in report if column.kept))
    return table, report, target


def _plan(args: argparse.Namespace) -> "Plan":
    """讀資料以前先檢查設定，打錯字才不必等。"""
    from .. import settings
    from ..model import VAE

    if args.likelihood == "gaussian":
        raise ValueError(
            "引數 --likelihood 是 'gaussian'；高斯概似是給連續的數用的，類別沒有大小與距離，"
            f"請用 {'、'.join(LIKELIHOODS)}。"
        )
    one_of("likelihood", args.likelihood, LIKELIHOODS)
    one_of("missing", args.missing, MISSING)
    settings.check_integer("--seeds", args.seeds, 1)
    settings.check_integer("--seed", args.seed, 0)
    if args.log_target and args.target is None:
        raise ValueError("--log-target 要與 --target 一起用；請加上 --target 欄名，或拿掉 --log-target。")
    model = {name: getattr(args, name) for name in ("latent_dim", "beta", "batch_size", "learning_rate")}
    names = ("epochs", "warmup_epochs")
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    settings.check(VAE(**model, **given).get_params(deep=False))

    from ..tables.study import Plan

    return Plan(args.likelihood, args.missing, args.seeds, args.seed, **given, model=model)


def _jobs(args: argparse.Namespace) -> int:
    from .. import settings

    if args.jobs is None:
        return os.cpu_count() or 1
    settings.check_integer("--jobs", args.jobs, 1)
    return int(args.jobs)


def _progress(results: Any, plan: "Plan", quiet: bool) -> "Sequence[SeedResult]":
    from tqdm import tqdm

    return tqdm(results, total=plan.n_seeds, desc="訓練", unit="個種子", disable=quiet)
