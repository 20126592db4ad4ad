"""``exercises capstone``：讀者自己的 VAE 用真的房子訓練，寫成一頁；開放實驗記進自己的排行榜。"""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..course import leaderboard
from ..course.capstone_facts import COURSE, EXPERIMENTS
from ..course.sets import CourseError
from ..files import check_destination, write_text
from ..progress import duration

if TYPE_CHECKING:
    from ..course import capstone

SUMMARY = "畢業作：你自己的 VAE 用真的房子訓練，畫出潛在平面，寫成一頁"
FOLDER = Path("_build") / "my-vae"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """動作的引數；``--target`` 由 ``exercises`` 加。"""
    parser.add_argument(
        "--experiment", choices=sorted(EXPERIMENTS), metavar="elbo|r2",
        help="開放實驗：照 ex14 檔案裡 EXPERIMENTS 的設定訓練，成績記進你的排行榜",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=int, default=0, metavar="數字",
        help=f"切分、初始值與雜訊的種子，0 到 {len(COURSE) - 1}（預設 0）",
    )  # fmt: skip
    parser.add_argument("--out", metavar="資料夾", help=f"把頁面寫到哪裡（預設 {FOLDER.as_posix()}）")


def run(args: argparse.Namespace, root: Path) -> int:
    """訓練、評斷、寫成一頁；四個條件都過傳回 0。"""
    from ..course import capstone  # 匯入 NumPy，要用到才匯入

    if not 0 <= args.seed < len(COURSE):
        raise CourseError(f"--seed 是 {args.seed}；請給 0 到 {len(COURSE) - 1}，才有課程的成績可以比。")
    page_path = _page_path(args, root)
    recipe = _recipe(args, root)
    print("檢查你在各組寫的函式……", flush=True)
    kit = capstone.gather(root, args.target)
    print(f"用你自己寫的 {len(kit.own)} 個函式，借課程的 {len(kit.borrowed)} 個", end="")
    print(f"：{'、'.join(kit.borrowed)}。" if kit.borrowed else "。")
    work = capstone.run(kit, houses(args.seed), recipe, args.seed, _progress(recipe), args.experiment or "")
    _record(work, root)
    from ..course.capstone_page import page

    write_text(page_path, page(work), make_folder=True)
    _say(work, page_path)
    return int(not work.passed)


def _recipe(args: argparse.Namespace, root: Path) -> "capstone.Recipe":
    from ..course import capstone

    if not args.experiment:
        return capstone.Recipe()
    return capstone.settings_of(root, args.target, args.experiment)


def _page_path(args: argparse.Namespace, root: Path) -> Path:
    """先確認寫得進去，再訓練。"""
    folder = Path(args.out) if args.out else root / FOLDER
    name = f"{args.experiment or 'index'}.html"
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"--out 是檔案 {folder}；請給資料夾。")
    if folder.is_dir():
        check_destination(folder / name, "out")
    return folder / name


def houses(seed: int) -> "capstone.Houses":
    """書裡用的房子與切分：缺失的格子是 None。"""
    from ..course import capstone  # 匯入 NumPy，要用到才匯入
    from ..housing.data import load_ames

    found = load_ames()
    table = found.categories.astype(object).where(found.categories.notna(), None)
    columns = {str(name): tuple(table[name]) for name in table.columns}
    return capstone.Houses(columns, found.log_price, found.held_out(seed=seed))


def _progress(recipe: "capstone.Recipe") -> Callable[[int, float], None]:
    """每個週期說一次走到哪裡、還要多久；不是終端機就每一成印一行。"""
    start, moving = time.monotonic(), sys.stderr.isatty()

    def tell(epoch: int, loss: float) -> None:
        left = (time.monotonic() - start) / epoch * (recipe.epochs - epoch)
        text = f"訓練 {epoch}/{recipe.epochs} 個週期，損失 {loss:.2f} nats，還要{duration(left)}"
        if moving:
            end = "\n" if epoch == recipe.epochs else ""
            print(f"\r\033[K{text}", end=end, file=sys.stderr, flush=True)
        elif epoch * 10 // recipe.epochs > (epoch - 1) * 10 // recipe.epochs:
            print(text, file=sys.stderr, flush=True)
        if epoch == recipe.epochs:
            print("訓練好了，再量一量留下的房子……", file=sys.stderr, flush=True)

    return tell


def _score_and_target(work: "capstone.Work") -> tuple[float, float]:
    """開放實驗的成績，與課程用同一個種子的成績。"""
    course = dict(zip(("elbo", "r2"), COURSE[work.seed], strict=True))
    return work.numbers[work.experiment], course[work.experiment]


def _record(work: "capstone.Work", root: Path) -> None:
    """開放實驗的成績加進排行榜；``work.board`` 是整個排行榜。"""
    from ..course.capstone_page import in_words

    path = root / leaderboard.FILE
    if work.experiment:
        score, target = _score_and_target(work)
        leaderboard.add(path, {
            "experiment": work.experiment, "seed": work.seed, "score": round(score, 4), "target": target,
            "settings": in_words(work.recipe), "parameters": int(work.numbers["parameters"]),
            "own": len(work.own), "when": f"{datetime.now():%Y-%m-%d %H:%M}",
        })  # fmt: skip
    work.board, broken = leaderboard.read(path)
    if broken:
        print(f"注意：排行榜 {leaderboard.FILE.as_posix()} 有 {broken} 行看不懂，跳過了。")


def _say(work: "capstone.Work", page_path: Path) -> None:
    print(f"\n花了 {work.seconds:.0f} 秒。")
    for verdict in work.verdicts:
        print(f"{'✓' if verdict.passed else '✗'} {verdict.name}：{verdict.measured}（要{verdict.line}）")
    if work.experiment:
        best = leaderboard.ranked(work.board, work.experiment)[0]
        mine, other = _score_and_target(work)
        print(f"{EXPERIMENTS[work.experiment]}：這一次 {mine:.3f}，課程的（同一個種子）{other:.3f}，"
              f"{'贏' if mine > other else '輸'} {abs(mine - other):.3f}。")  # fmt: skip
        print(
            f"你的排行榜最好的一次是 {best['score'] - best['target']:+.3f}。"
            "一個種子不下結論：--seed 1 再試一次。"
        )
    print(f"頁面：{page_path}")
