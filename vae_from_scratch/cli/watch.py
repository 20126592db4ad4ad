"""``watch``：存檔就重跑，按鍵看提示與下一題。"""

import argparse

from ..course.sets import course_root
from .exercises import add_target, checked_target, chosen_sets, colourful

SUMMARY = "練習：存檔就重跑，按鍵看提示與下一題"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """這個命令的引數。"""
    parser.add_argument("sets", nargs="*", metavar="組", help="例如 2 或 ex02；不寫就是全部")
    add_target(parser)


def run(args: argparse.Namespace) -> int:
    """看著作答的檔案，直到使用者離開。"""

    from ..course.watch import watch

    root = course_root()
    return watch(chosen_sets(args, root), checked_target(args, root), colour=colourful())
