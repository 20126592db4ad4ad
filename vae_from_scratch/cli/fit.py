"""``fit``：在一張表上做同一份研究，寫出模型與一頁報告；``fit ames`` 是房價。"""

import argparse
import os
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import integer, number, one_of, option
from .results import results_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from ..tables.columns import Column
    from ..tables.seeds import Plan, SeedResult
    from ..tables.target import Target

SUMMARY = "用自己的資料：挑出 CSV 的類別欄，用幾個種子訓練，寫出模型與一頁報告；fit ames 是書裡的房價"
USAGE = "檔案.csv|ames [--target 欄] [選項 …]"
#: 隨套件而來的資料；要用同名的檔案，寫成 ./ames。
AMES = "ames"
LIKELIHOODS = ("categorical", "bernoulli")
MISSING = ("zeros", "level")
MODEL_OPTIONS = ("latent_dim", "beta", "kl", "batch_size", "learning_rate", "engine")
DEFAULTS: dict[str, Any] = {"likelihood": "categorical", "missing": "zeros"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """這個命令的引數。"""
    text = f"UTF-8、逗號分隔、第一列是欄名；空白與 NA 算缺失。或 {AMES}：隨套件而來的房價"
    parser.add_argument("file", metavar="檔案.csv", help=text)
    add_options(parser)


def add_options(parser: argparse.ArgumentParser) -> None:
    """檔案以外的選項；``housing`` 也用。"""
    data = parser.add_argument_group("資料")
    option(data, "kaggle", None, "DIR", f"與 {AMES} 一起用：改用這個資料夾裡 Kaggle 的 train.csv 與 test.csv")
    option(data, "target", None, "欄", "打分數用的欄，模型看不到；數字量 R²，類別量準確率")
    data.add_argument("--log-target", action="store_true", help="目標取對數再打分數，例如價格")
    data.add_argument("--skip-target-gaps", action="store_true", help="目標空白的列照樣訓練，不打分數")
    for name, text in (
        ("columns", "只用這幾欄；不寫就自動挑選文字欄，水準太多的不用"),
        ("also", "自動挑選之外，再加這幾欄，例如用數字寫的代碼"),
        ("drop", "自動挑選之外，不要這幾欄"),
    ):
        data.add_argument(f"--{name}", nargs="+", action="extend", default=[], metavar="欄", help=text)
    missing = "缺失：zeros 整組為 0（預設；categorical 不計分）；level 把表示「沒有」的空白編成水準「無」"
    option(data, "missing", None, "|".join(MISSING), missing)
    model = parser.add_argument_group("模型與訓練")
    for name, kind, value, metavar, text in _model_options():
        option(model, name, value, metavar, text, kind)
    output = parser.add_argument_group("輸出")
    option(output, "out", None, "DIR", "結果寫到哪裡（預設 runs/檔名）")
    output.add_argument("--force", action="store_true", help="資料夾裡有東西時，換掉同名的檔案；其他檔案不動")
    output.add_argument("--quiet", action="store_true", help="不顯示進度")


def _model_options() -> list[tuple[str, Any, Any, str, str]]:
    from ..gradients import ENGINES, KL_FORMS

    likelihood = f"概似：一個變數一個 softmax（預設），或各欄獨立的 bernoulli（{AMES} 的預設）"
    return [
        ("seeds", integer, 5, "N", "幾個隨機種子（預設 5）；每個種子重新分割、訓練一次"),
        ("seed", integer, 0, "N", "第一個種子（預設 0）；同一個種子給同樣的位元"),
        ("likelihood", str, None, "|".join(LIKELIHOODS), likelihood),
        ("latent-dim", integer, 2, "N", "潛在空間的維度（預設 2）"),
        ("beta", number, 1.0, "W", "KL 的權重（預設 1，就是 ELBO）"),
        ("kl", str, "closed_form", "|".join(KL_FORMS), "KL 怎麼算（預設 closed_form）"),
        ("epochs", integer, None, "N", "訓練週期（epoch）的次數（預設 60，小的表多一些，大的表少一些）"),
        ("warmup-epochs", integer, None, "N", "KL 的權重用幾個週期升到定值（預設三分之一）"),
        ("batch-size", integer, 32, "N", "一個小批次幾列（預設 32）"),
        ("learning-rate", number, 1e-3, "RATE", "Adam 的學習率（預設 0.001）"),
        ("engine", str, "numpy", "|".join(ENGINES), "梯度由誰算（預設 numpy）；三者結果相同"),
        ("jobs", integer, None, "N", "同時訓練幾個種子（預設：處理器的核心數）；不影響結果"),
    ]


def run(args: argparse.Namespace) -> int:
    """讀表、訓練每個種子、寫出結果資料夾，印出結論。"""
    _fill_defaults(args)
    plan, jobs = _plan(args), _jobs(args)
    source, table, report, target = _read(args, plan)
    out = args.out if args.out is not None else str(Path("runs") / Path(source).stem)
    with results_folder(out, args.force) as folder:
        from ..tables import result, seeds
        from . import fit_summary

        print(fit_summary.column_report(report, len(table), plan.missing), flush=True)
        started = time.perf_counter()
        frame = table[[column.name for column in report if column.kept]]
        results = list(_progress(seeds.run_all(frame, target, plan, jobs), plan, args.quiet))
        fit = result.Fit(source, report, frame, target, plan, results)
        result.write(folder, fit)
    file = "檔案.csv" if args.file == AMES else args.file
    print("\n" + fit_summary.describe(fit, time.perf_counter() - started, file, out))
    return 0


def _fill_defaults(args: argparse.Namespace) -> None:
    """沒有寫的選項用這份資料的預設；``ames`` 的目標是對數房價。"""
    defaults = DEFAULTS
    if args.file == AMES:
        from ..housing import preset

        defaults = preset.DEFAULTS | (preset.TARGET if args.target is None else {})
    elif args.kaggle is not None:
        raise ValueError(f"引數 --kaggle 只與 {AMES} 一起用；請寫成 fit {AMES} --kaggle 資料夾，或拿掉它。")
    for name, value in defaults.items():
        if not getattr(args, name):
            setattr(args, name, value)


def _read(args: argparse.Namespace, plan: "Plan") -> "tuple[str, pd.DataFrame, list[Column], Target | None]":
    """資料的名字、整張表、各欄的報告與目標；有任何不對，訓練以前就說。"""
    from ..tables import columns, seeds
    from ..tables.target import read_target

    source, table, named = _tables(args)
    target = None
    if args.target is not None:
        target = read_target(table, args.target, log=args.log_target, skip_gaps=args.skip_target_gaps)
    choices = columns.Choices(args.columns, args.also, args.drop)
    report = columns.inspect(table, choices, args.target, named)
    seeds.check_size(table, plan, sum(column.n_levels for column in report if column.kept))
    return source, named, report, target


def _tables(args: argparse.Namespace) -> "tuple[str, pd.DataFrame, pd.DataFrame]":
    """資料的名字、原來的表，以及表示「沒有」的空白寫成「無」的表。"""
    if args.file == AMES:
        from ..housing import preset

        return preset.tables(args.missing, args.kaggle)
    from ..tables.missing import name_blanks
    from ..tables.reading import check_enough_rows, read_table

    table = read_table(args.file)
    check_enough_rows(table, args.file)
    return Path(args.file).name, table, name_blanks(table, args.missing)


def _plan(args: argparse.Namespace) -> "Plan":
    """讀資料以前先檢查設定，打錯字才不必等。"""
    from .. import settings
    from ..model import VAE
    from ..tables.seeds import Plan

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
    model = {name: getattr(args, name) for name in MODEL_OPTIONS}
    names = ("epochs", "warmup_epochs")
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    settings.check(VAE(**model, **given).get_params(deep=False))
    if args.engine == "tensorflow" and find_spec("tensorflow") is None:
        raise ModuleNotFoundError("沒有安裝 TensorFlow", name="tensorflow")  # 不必等到訓練的行程才說
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
