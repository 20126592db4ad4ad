"""``exercises``：檢查作答、畢業作、拿回題目、由解答產生題目。"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from ..course import generate, report
from ..course.commands import onward, rerun_command
from ..course.outcomes import Case, Outcome
from ..course.sets import CourseError, ExerciseSet, all_sets, course_root, find_set, other_course
from ..course.worker import Worker
from . import capstone

SUMMARY = "練習：檢查作答、畢業作、拿回題目、由解答產生題目"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """動作與各動作的引數。"""
    actions = parser.add_subparsers(title="動作", metavar="動作", required=True)
    test = _action(actions, "test", _test, "檢查作答，說出錯在哪裡，列出分數", "*")
    test.add_argument("-k", dest="function", metavar="函式", help="只檢查這一個函式")
    add_target(test)
    project = actions.add_parser("capstone", help=capstone.SUMMARY, description=capstone.SUMMARY)
    capstone.add_arguments(project)
    add_target(project)
    project.set_defaults(action=_capstone)
    add_target(_action(actions, "list", _list, "列出每一組和目前的分數", "*"))
    _action(actions, "reset", _reset, "拿回一組原本的題目；你的檔案會先備份", 1)
    _action(actions, "build", _build, "（維護者）由 solutions/ 產生 exercises/", "*")
    _action(actions, "check", _check, "（維護者）確認 exercises/ 與 solutions/ 一致", "*")


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    command: Callable[[argparse.Namespace, Path], int],
    text: str,
    count: str | int,
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text, description=text)
    parser.add_argument(
        "sets", nargs=count, metavar="組", help="例如 2 或 ex02" + "；不寫就是全部" * (count == "*")
    )
    parser.set_defaults(action=command)
    return parser


def add_target(parser: argparse.ArgumentParser) -> None:
    """``--target``：檢查哪個資料夾。"""
    parser.add_argument(
        "--target", default="exercises", metavar="資料夾", help="檢查哪裡的檔案（預設 exercises）"
    )


def run(args: argparse.Namespace) -> int:
    """執行選的動作。"""
    return int(args.action(args, course_root()))


def chosen_sets(args: argparse.Namespace, root: Path) -> list[ExerciseSet]:
    """命令列寫的那幾組；沒有寫就是全部。"""
    return [find_set(text, root) for text in args.sets] or all_sets(root)


def checked_target(args: argparse.Namespace, root: Path) -> str:
    """``--target`` 的資料夾；不存在引發 ``CourseError``。"""
    if not (root / args.target).is_dir():
        raise CourseError(f"--target 的資料夾「{args.target}」不存在；預設的 exercises 是你作答的地方。")
    if other := other_course(root):
        print(f"注意：檢查的是 {root} 的作答，不是你現在所在的 {other}。", file=sys.stderr)
        print("　　　要檢查這裡的，用這裡的 .venv，或先在這裡執行 make exercise。", file=sys.stderr)
    return args.target


def _test(args: argparse.Namespace, root: Path) -> int:
    sets, target = chosen_sets(args, root), checked_target(args, root)
    outcomes = _run(sets, target, args.function)
    functions = list(dict.fromkeys(outcome.case.function for outcome in outcomes))
    if args.function not in (None, *functions):
        raise CourseError(f"沒有「{args.function}」這個函式；可以檢查的是 {'、'.join(functions)}。")
    titles = {chosen.name: chosen.title for chosen in sets}
    rerun = rerun_command(target)
    text = report.report(
        outcomes,
        rerun,
        titles,
        where=where(sets, target),
        onward=onward(sets, target, rerun),
        colour=colourful(),
    )
    print(text)
    score, full = report.total(outcomes)
    return int(score < full)


def _run(sets: list[ExerciseSet], target: str, function: str | None = None) -> list[Outcome]:
    with Worker(slow=_still_running) as worker:
        return [outcome for chosen in sets for outcome in worker.run(chosen, target, only=function)]


def _still_running(text: str) -> None:
    if sys.stderr.isatty():
        print(text, file=sys.stderr, flush=True)


def where(sets: list[ExerciseSet], target: str) -> Callable[[Case], str]:
    """一個檢查的作答檔案，例如 ``exercises/ex02_reparameterization.py``。"""
    files = {chosen.name: f"{Path(target).as_posix()}/{chosen.stem}.py" for chosen in sets}
    return lambda case: files[case.set_name]


def colourful() -> bool:
    """要不要用顏色：是終端機，而且沒有設 ``NO_COLOR``。"""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _list(args: argparse.Namespace, root: Path) -> int:
    sets, target = chosen_sets(args, root), checked_target(args, root)
    print("\n".join(report.summary(_run(sets, target), {chosen.name: chosen.title for chosen in sets})))
    return 0


def _capstone(args: argparse.Namespace, root: Path) -> int:
    checked_target(args, root)
    return capstone.run(args, root)


def _reset(args: argparse.Namespace, root: Path) -> int:
    chosen = find_set(args.sets[0], root)
    _say_built(chosen, *generate.build(chosen))
    return 0


def _build(args: argparse.Namespace, root: Path) -> int:
    for chosen in chosen_sets(args, root):
        _say_built(chosen, *generate.build(chosen))
    return 0


def _say_built(chosen: ExerciseSet, changed: bool, saved: Path | None) -> None:
    done = "寫出" if changed else "已經是原本的題目，沒有改變"
    print(f"{chosen.name}：{done} exercises/{chosen.exercise.name}")
    if saved:
        print(f"　　　原來的檔案備份在 {saved.relative_to(chosen.root).as_posix()}")


def _check(args: argparse.Namespace, root: Path) -> int:
    different = {chosen: text for chosen in chosen_sets(args, root) if (text := generate.drift(chosen))}
    for chosen, text in different.items():
        print(f"{chosen.name}：exercises/{chosen.exercise.name} 與解答產生的不同\n{text}")
    if different:
        print("若你正在作答，這是正常的；若改了解答，請執行 python -m vae_from_scratch exercises build。")
    return int(bool(different))
