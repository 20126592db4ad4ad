"""``bench``：各家寫法並排計時，寫出表與圖。"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .arguments import display_width, integer
from .results import results_folder

if TYPE_CHECKING:
    from ..bench.report import Line

SUMMARY = "效能：本書的引擎與 JAX、TensorFlow、PyTorch、Keras 並排計時（約 5 分鐘）；生成的表與同行比"
ENGINES = ("contestants", "mixed", "study", "rows", "shapes")
#: 整張表的比較要另外裝對手，也久得多，所以要寫明才做。
TABLES = "tables"
#: 網頁的引擎要先編譯（make book），所以也要寫明。
PAGE = "page"
PARTS = (*ENGINES, TABLES, PAGE)
#: 有自己的 machine.txt。
APART = {TABLES, PAGE}
OUT = "runs/bench"
READY = "VAE_BENCH_READY"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """這個命令的引數。"""
    parts = (
        "量哪些：contestants 各家一步的時間，mixed 混合的表，study 整個研究，rows 一百萬列，"
        "shapes 寬度與批次（預設這五樣）；"
        "tables 生成整張表，與 ctgan 的 TVAE、Chow–Liu、高斯 copula 比（約 20 分鐘，對手在選用的 peers）；"
        "page 網頁的實驗室的引擎，與 NumPy 引擎輪流走（約 20 秒，先執行 make book）"
    )
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=list(ENGINES), metavar="部分", help=parts
    )
    parser.add_argument("--only", nargs="+", metavar="名字", help="只要這幾位參賽者；打錯會列出名單")
    parser.add_argument("--epochs", type=integer, metavar="N", help="各走幾個訓練週期（預設 16，至少 12）")
    parser.add_argument("--quick", action="store_true", help="試跑：每樣只做幾下，數字不能引用")
    parser.add_argument("--data", default="ames", choices=("ames", "kaggle"), help="哪一份資料（預設 ames）")
    parser.add_argument("--folder", metavar="DIR", help="Kaggle 檔案所在；與 --data kaggle 一起用")
    parser.add_argument("--out", default=OUT, metavar="DIR", help=f"結果寫到哪裡（預設 {OUT}）")
    parser.add_argument("--force", action="store_true", help="資料夾裡有東西時，換掉同名的檔案；其他檔案不動")


def run(args: argparse.Namespace) -> int:
    """量測，印出並寫下表與圖。"""
    _check(args)
    if READY not in os.environ:
        return _run_in_prepared_process(args)
    with results_folder(args.out, args.force) as folder:
        text = _measure(args, folder)
    print(f"{text}\n\n結果寫在 {args.out}。")
    return 0


def _check(args: argparse.Namespace) -> None:
    from ..bench import contestants, measure

    contestants.chosen(args.only)
    if args.epochs is not None and args.epochs < measure.LEAST_EPOCHS and not args.quick:
        raise ValueError(
            f"引數 --epochs 是 {args.epochs}；少於 {measure.LEAST_EPOCHS} 個訓練週期看不到非正規數"
            "（denormal）的影響，請給多一點，或加上 --quick 試跑。"
        )
    if (args.data == "kaggle") != bool(args.folder):
        raise ValueError(
            "--data kaggle 與 --folder 要一起給；--folder 是放著 train.csv 與 test.csv 的資料夾。"
        )


def _run_in_prepared_process(args: argparse.Namespace) -> int:
    """執行緒的數目與矩陣乘法的核心要在載入 NumPy 以前決定，所以換一個行程。"""
    from ..bench import processes

    if processes.CORE in os.environ:
        core = os.environ[processes.CORE]
        print(f"量測時不採用環境變數 {processes.CORE}={core}：它只限制 NumPy。", flush=True)
    command = [sys.executable, "-m", "vae_from_scratch", "bench", *_as_arguments(args)]
    return subprocess.call(command, env=processes.environment() | {READY: "1"})


def _as_arguments(args: argparse.Namespace) -> list[str]:
    """把解析好的選項寫回命令列的樣子。"""
    written: list[str] = []
    for name in ("parts", "only", "epochs", "data", "folder", "out"):
        value = getattr(args, name)
        if value is not None:
            written += [f"--{name}", *(map(str, value) if isinstance(value, list) else [str(value)])]
    return written + [f"--{name}" for name in ("quick", "force") if getattr(args, name)]


def _measure(args: argparse.Namespace, folder: Path) -> str:
    """量每一部分，寫出 CSV 與圖；傳回整份 Markdown。"""
    from ..bench import report
    from ..files import write_text

    work = {
        "contestants": _contestants, "mixed": _mixed, "study": _study, "rows": _rows, "shapes": _shapes,
        TABLES: _tables, PAGE: _page,
    }  # fmt: skip
    parts = [work[part](args, folder) for part in PARTS if part in args.parts]
    machine = report.machine()
    listed = "\n".join(f"- {line}" for line in machine.splitlines())
    warning = ["> 這是試跑（--quick），數字不能引用。"] if args.quick else []
    text = "\n\n".join(["# 效能", *warning, listed, *parts])
    write_text(folder / report.TABLE, text + "\n")
    if not set(args.parts) <= APART:  # 有自己的一份的，不要換掉引擎的
        write_text(folder / report.MACHINE, machine + "\n")
    return text


def _contestants(args: argparse.Namespace, folder: Path) -> str:
    from ..bench import contestants, measure, problem, report

    epochs, task = _epochs(args), problem.load(args.data, args.folder)
    timings = measure.race(task, contestants.chosen(args.only), epochs, show)
    show("")
    found: Sequence[Line] = report.lines(timings)
    report.write_csv(folder / report.CONTESTANTS_CSV, found)
    report.save_figure(folder / report.FIGURE, found)
    title = (
        f"## 一步的時間\n\n{task.source}，{len(task.x)} 列 {task.x.shape[1]} 欄，float32，"
        f"批次 {task.batch_size}，一條執行緒，一位一個行程，{epochs} 個訓練週期"
        "輪流計時（第一個是暖機，不計）。"
    )
    return f"{title}\n\n{report.contestants_table(found, timings)}"


def _epochs(args: argparse.Namespace) -> int:
    """各走幾個訓練週期。"""
    from ..bench import measure

    return args.epochs or (3 if args.quick else measure.EPOCHS)


def _mixed(args: argparse.Namespace, folder: Path) -> str:
    from ..bench import contestants, measure, problem, report

    task = problem.load()
    timings = measure.race(task, list(contestants.TABLES), _epochs(args), show)
    show("")
    found = report.tables(timings, len(task.x))
    report.write_csv(folder / report.MIXED_CSV, found)
    title = (
        "## 混合的表\n\nAmes 的房子，同樣的隱藏層、批次與訓練迴圈（引擎 numpy，float32），兩種表輪流計時；"
        "時間含展開每一批與 Adam。"
    )
    return f"{title}\n\n{report.mixed_table(found)}"


def _study(args: argparse.Namespace, folder: Path) -> str:
    from ..bench import report, whole_study

    epochs = 2 if args.quick else whole_study.EPOCHS
    studies = whole_study.compare(1 if args.quick else 5, epochs, show)
    show("")
    report.write_csv(folder / report.STUDY_CSV, report.study_runs(studies))
    title = (
        "## 整個研究\n\n一個行程從頭到尾：啟動、讀資料、用八成的房子"
        f"訓練 {epochs} 個訓練週期、每個週期用其餘的驗證一次、算出編碼。"
    )
    return f"{title}\n\n{report.study_table(studies)}"


def _rows(args: argparse.Namespace, folder: Path) -> str:
    from ..bench import report, scale

    many, repeats = (30_000, 1) if args.quick else (scale.MANY, 3)
    found = scale.rows_table(many, repeats, show)
    show("")
    report.write_csv(folder / report.ROWS_CSV, found)
    show("類別與數字並存的列")
    few, most = scale.mixed_steps(many, *((2, 20) if args.quick else ())).values()
    show("")
    mixed = (
        f"類別與數字並存的 44 欄（合成的列，輪流走）：{scale.FEW:,} 列時每列 {few:.1f} 微秒，"
        f"{many:,} 列時 {most:.1f} 微秒，是 {most / few:.2f} 倍（CPU 時間）。"
    )
    table = report.rows_table(found)
    return f"## 列數\n\n由 Ames 重抽的房子，整數代碼，逐批展開。\n\n{table}\n\n{mixed}"


def _shapes(args: argparse.Namespace, folder: Path) -> str:
    from ..bench import problem, report, scale

    task = problem.load(args.data, args.folder)
    found = scale.shape_table(task, repeats=1 if args.quick else 5, progress=show)
    show("")
    report.write_csv(folder / report.SHAPES_CSV, found)
    return f"## 寬度與批次大小\n\n引擎 numpy，每格是每列的微秒。\n\n{report.shapes_table(found)}"


def _tables(args: argparse.Namespace, folder: Path) -> str:
    from ..bench import report, tables, tables_report
    from ..files import write_text

    tasks, seeds = tables.load(args.quick), (0,) if args.quick else tables.SEEDS
    scores = tables.compete(tasks, seeds=seeds, progress=show)
    show("")
    report.write_csv(folder / tables_report.SCORES_CSV, scores)
    write_text(folder / tables_report.MACHINE, tables_report.environment() + "\n")
    names = {task.key: f"{task.name}，{len(task.frame):,} 列 {task.frame.shape[1]} 欄" for task in tasks}
    return tables_report.section(scores, names, len(seeds))


def _page(args: argparse.Namespace, folder: Path) -> str:
    from ..bench import contestants, measure, problem, report, whole_study
    from ..files import write_text

    epochs, task = args.epochs or (3 if args.quick else whole_study.EPOCHS), problem.load()
    timings = measure.race(task, list(contestants.PAGES), epochs, show)
    show("")
    found = report.pages(timings)
    report.write_csv(folder / report.PAGE_CSV, found)
    write_text(folder / report.PAGE_MACHINE, report.page_machine() + "\n")
    title = (
        f"## 網頁的實驗室\n\n{len(task.x)} 棟房子、原來的網路、float32、批次 {task.batch_size}，"
        f"同樣的初始值、次序與雜訊；{epochs} 個訓練週期輪流走，含第一個的暖機。"
    )
    return f"{title}\n\n{report.pages_table(found)}"


def show(message: str) -> None:
    """終端機上只佔一行的進度；不是終端機就不印。"""
    if sys.stderr.isatty():
        blank = " " * max(0, 78 - display_width(message))
        print(f"\r{message}{blank}", end="\r" if not message else "", file=sys.stderr, flush=True)
