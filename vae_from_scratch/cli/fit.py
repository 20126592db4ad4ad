"""``fit``：在一張表上做同一份研究，寫出模型與一頁報告；``fit ames`` 是房價。"""

import argparse
import os
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import cluster
from . import reading_options
from .arguments import integer, named_as_options, number, one_of, option
from .results import results_folder

if TYPE_CHECKING:
    from ..tables.prepare import Prepared
    from ..tables.result import Fit
    from ..tables.seeds import Plan

SUMMARY = "用自己的資料：類別與數字一起學，用幾個種子訓練，寫出模型與一頁報告；fit ames 是書裡的房價"
USAGE = "檔案.csv|ames [--target 欄] [選項 …]"
#: 沒有寫 --latent-dim 時；只有一欄的表是 1。
LATENT_DIM = 2
#: 沒有寫 --generator-dim、--dims 時；比資料的欄還多的不用。
GENERATOR_DIM, DIMS = 8, (1, 2, 3)
#: 隨套件而來的資料；要用同名的檔案，寫成 ./ames。
AMES = "ames"
LIKELIHOODS = ("mixed", "categorical", "bernoulli")
MISSING = ("auto", "zeros", "level")
MODEL_OPTIONS = ("latent_dim", "beta", "kl", "batch_size", "learning_rate", "engine")
DEFAULTS: dict[str, Any] = {"likelihood": "mixed", "missing": "auto"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """這個命令的引數。"""
    text = f"CSV（Big5、分號、zip 都行）、xlsx、Parquet；或隨套件而來的 {AMES}（房價）、實價登錄（虛構）"
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
        ("columns", "只用這幾欄；不寫就自動挑選，編號、長的文字與水準太多的不用"),
        ("also", "自動挑選之外，再加這幾欄"),
        ("drop", "自動挑選之外，不要這幾欄"),
    ):
        data.add_argument(f"--{name}", nargs="+", action="extend", default=[], metavar="欄", help=text)
    missing = (
        "空白：auto 由資料裡的證據判斷是「沒有」還是「不知道」（預設）；zeros 都是不知道；"
        f"level 類別的空白都是「沒有」，編成水準「無」，生成時寫回空白（{AMES} 照它的資料說明，寫「無」）"
    )
    reading_options.add_arguments(parser)
    option(data, "missing", None, "|".join(MISSING), missing)
    for title, options in _model_options().items():
        group = parser.add_argument_group(title)
        for name, kind, value, metavar, help_text in options:
            option(group, name, value, metavar, help_text, kind)
    output = parser.add_argument_group("輸出")
    option(output, "out", None, "DIR", "結果寫到哪裡（預設 runs/檔名）")
    output.add_argument("--force", action="store_true", help="資料夾裡有東西時，換掉同名的檔案；其他檔案不動")
    output.add_argument("--quiet", action="store_true", help="不顯示進度")


def _model_options() -> dict[str, list[tuple[str, Any, Any, str, str]]]:
    from ..gradients import ENGINES, KL_FORMS

    likelihood = f"概似：類別與數字並存的 mixed（預設）；只用類別的 categorical、bernoulli（{AMES} 的預設）"
    model = [
        ("likelihood", str, None, "|".join(LIKELIHOODS), likelihood),
        ("latent-dim", integer, None, "N", "平面的維度（預設 2）"),
        ("generator-dim", integer, None, "N", "生成的模型的維度（預設 8）；兩個數不夠說完一列"),
        ("dims", _dims, None, "N,N", "有 --target 時，另外比較的維度（預設 1,2,3）；none 不比"),
        ("beta", number, 1.0, "W", "KL 的權重（預設 1，就是 ELBO）"),
        ("kl", str, "closed_form", "|".join(KL_FORMS), "KL 怎麼算（預設 closed_form）"),
    ]
    training = [
        ("seeds", integer, 5, "N", "幾個隨機種子（預設 5）；每個種子重新分割、訓練一次"),
        ("seed", integer, 0, "N", "第一個種子（預設 0）；同一個種子給同樣的位元"),
        ("epochs", integer, None, "N", "訓練週期（epoch）的次數（預設 60，小的表多一些，大的表少一些）"),
        ("warmup-epochs", integer, None, "N", "KL 的權重用幾個週期升到定值（預設三分之一）"),
        ("batch-size", integer, 32, "N", "一個小批次幾列（預設 32）"),
        ("learning-rate", number, 1e-3, "RATE", "Adam 的學習率（預設 0.001）"),
    ]
    machine = [
        ("jobs", integer, None, "N", "同時訓練幾個種子（預設：處理器的核心數）；不影響結果"),
        ("engine", str, "numpy", "|".join(ENGINES), "梯度由誰算（預設 numpy）；三者結果相同"),
        ("cluster", str, None, "位址", cluster.HELP),
    ]
    return {"模型": model, "訓練": training, "由誰來算": machine}


def run(args: argparse.Namespace) -> int:
    """讀表、訓練每個種子、寫出結果資料夾，印出結論。"""
    _fill_defaults(args)
    plan, jobs = _plan(args), _jobs(args)
    source, prepared = _read(args)
    _check_dims(args, prepared)
    plan = _for_table(plan, prepared)
    out = args.out if args.out is not None else str(Path("runs") / Path(source).stem)
    with cluster.workers(args.cluster, jobs) as workers, results_folder(out, args.force) as folder:
        from ..tables import result
        from ..training import one_thread
        from . import fit_summary

        print(fit_summary.before(prepared), flush=True)
        started = time.perf_counter()
        fit = _train(source, prepared, plan, workers, args.quiet)
        with one_thread():  # 加總的順序固定，核心數不同的電腦才寫出同樣的檔案
            result.write(folder, fit)
    file = "檔案.csv" if args.file == AMES else args.file
    print("\n" + fit_summary.describe(fit, time.perf_counter() - started, file, out))
    return 0


def _train(source: str, prepared: "Prepared", plan: "Plan", workers: Any, quiet: bool) -> "Fit":
    from .. import progress
    from ..tables import finals, result

    frame, target = prepared.frame, prepared.target
    training = finals.run_all(frame, target, plan, workers)
    works = [progress.Work(*work) for work in finals.works(plan, len(frame))]
    n_workers = int(workers or os.cpu_count() or 1)
    found = list(progress.follow(training, works, workers=n_workers, unit="件", quiet=quiet))
    notes = result.Notes(
        prepared.repairs, prepared.verdicts, prepared.recipe, prepared.styles, prepared.warnings
    )
    results, (plane, generator, checked) = found[: plan.n_seeds], found[plan.n_seeds :]
    return result.Fit(
        source, prepared.columns, frame, target, plan, results, plane, generator, checked, notes
    )


def _fill_defaults(args: argparse.Namespace) -> None:
    """沒有寫的選項用這份資料的預設；``ames`` 的目標是對數房價。"""
    defaults = DEFAULTS
    if args.file == AMES:
        from ..housing import preset

        defaults = preset.DEFAULTS | (preset.TARGET if args.target is None else {})
        if args.likelihood == "mixed" and not args.missing:
            args.missing = "level"
    elif args.kaggle is not None:
        raise ValueError(f"引數 --kaggle 只與 {AMES} 一起用；請寫成 fit {AMES} --kaggle 資料夾，或拿掉它。")
    for name, value in defaults.items():
        if not getattr(args, name):
            setattr(args, name, value)


def _read(args: argparse.Namespace) -> "tuple[str, Prepared]":
    """資料的名字，與訓練用的表；有任何不對，訓練以前就說。"""
    from dataclasses import replace

    from ..tables.columns import Choices
    from ..tables.prepare import TargetOptions, prepare
    from ..tables.reading import check_enough_rows, read_table
    from ..tables.samples import NOTES, resolve

    choices = Choices(args.columns, args.also, args.drop)
    wanted = TargetOptions(args.target, args.log_target, args.skip_target_gaps)
    if args.file == AMES:
        from ..housing import preset

        _refuse_reading_options(args)
        return preset.prepared(choices, wanted, args.missing, args.kaggle, args.likelihood == "mixed")
    reading = read_table(resolve(args.file), reading_options.given(args))
    check_enough_rows(reading.table, args.file)
    prepared = prepare(reading, choices, wanted, args.missing, args.likelihood == "mixed")
    if args.file in NOTES:
        prepared = replace(prepared, warnings=[NOTES[args.file], *prepared.warnings])
    return Path(args.file).name, prepared


def _refuse_reading_options(args: argparse.Namespace) -> None:
    """房價的缺失與種類照它的資料說明；寫了也不會用，所以不收。"""
    for name in ("na", "keep_na", "as_is", "kind"):
        if getattr(args, name):
            option = "--" + name.replace("_", "-")
            raise ValueError(
                f"引數 {option} 是讀檔案用的；{AMES} 的讀法照它的資料說明。請拿掉 {option}，或改給檔案。"
            )


def _for_table(plan: "Plan", prepared: "Prepared") -> "Plan":
    """照這張表補上：哪些空白是「沒有」、生成的維數不超過欄數；沒有目標就不比別的維數。"""
    from dataclasses import replace

    from ..tables.seeds import check_size

    latent_dim = plan.model["latent_dim"]
    if latent_dim is None:
        latent_dim = min(LATENT_DIM, prepared.n_columns)
    plan = replace(plan, model={**plan.model, "latent_dim": latent_dim})
    check_size(plan, prepared.n_columns)
    generator_dim = min(plan.generator_dim, prepared.n_columns)
    dims = tuple(d for d in plan.dims if d <= prepared.n_columns) if prepared.target else ()
    return replace(plan, absent=dict(prepared.absent), generator_dim=generator_dim, dims=dims)


def _check_dims(args: argparse.Namespace, prepared: "Prepared") -> None:
    """使用者自己寫的維數才檢查；預設的太大，就用放得下的。"""
    given = {"generator-dim": [args.generator_dim], "dims": args.dims or ()}
    for name, dims in given.items():
        most = max((dim for dim in dims if dim is not None), default=0)
        if most > prepared.n_columns:
            raise ValueError(
                f"引數 --{name} 是 {most}，資料展開後卻只有 {prepared.n_columns} 欄；"
                f"請給 {prepared.n_columns} 以下的整數。"
            )
    if args.dims and prepared.target is None:
        raise ValueError("--dims 比的是各個維數猜目標的分數；請加上 --target 欄名，或拿掉 --dims。")


def _plan(args: argparse.Namespace) -> "Plan":
    """讀資料以前先檢查設定，打錯字才不必等。"""
    from .. import settings
    from ..model import VAE
    from ..tables.seeds import Plan

    if args.likelihood == "gaussian":
        raise ValueError(
            "引數 --likelihood 是 'gaussian'；它把每一欄都當成數字，類別沒有大小與距離。"
            "有數字的表請用 mixed：類別是 softmax，數字是常態。"
        )
    one_of("likelihood", args.likelihood, LIKELIHOODS)
    one_of("missing", args.missing, MISSING)
    more: dict[str, Any] = {
        "generator_dim": GENERATOR_DIM if args.generator_dim is None else args.generator_dim,
        "dims": DIMS if args.dims is None else args.dims,
    }
    for name, least in (("seeds", 1), ("seed", 0)):
        settings.check_integer(f"--{name}", getattr(args, name), least)
    settings.check_integer("--generator-dim", more["generator_dim"], 1)
    if args.log_target and args.target is None:
        raise ValueError("--log-target 要與 --target 一起用；請加上 --target 欄名，或拿掉 --log-target。")
    model = {name: getattr(args, name) for name in MODEL_OPTIONS}
    names = ("epochs", "warmup_epochs")
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    chosen = {name: value for name, value in model.items() if value is not None}
    with named_as_options():
        settings.check(VAE(**chosen, **given).get_params(deep=False))
    if args.engine == "tensorflow" and find_spec("tensorflow") is None:
        raise ModuleNotFoundError("沒有安裝 TensorFlow", name="tensorflow")  # 不必等到訓練的行程才說
    return Plan(args.likelihood, args.missing, args.seeds, args.seed, **given, model=model, **more)


def _jobs(args: argparse.Namespace) -> int | None:
    from .. import settings

    if args.jobs is None:
        return None
    settings.check_integer("--jobs", args.jobs, 1)
    return int(args.jobs)


def _dims(text: str) -> tuple[int, ...]:
    """選項的值：用逗號分開的維數，或 none。"""
    try:
        dims = () if text == "none" else tuple(int(part) for part in text.split(","))
    except ValueError:
        dims = (0,)
    if any(dim < 1 for dim in dims):
        raise argparse.ArgumentTypeError(f"收到「{text}」，請給用逗號分開的正整數，例如 1,2,3，或 none")
    return tuple(sorted(set(dims)))
