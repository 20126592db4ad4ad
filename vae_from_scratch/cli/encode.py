"""``encode``：每一列換成潛在平面的編碼。"""

import argparse

from . import saved_model

SUMMARY = "用 fit 的模型，把檔案的每一列換成潛在平面的編碼"
USAGE = "檔案.csv --model DIR [--out 檔案] [--force]"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """這個命令的引數。"""
    saved_model.add_arguments(parser, "檔名.codes.csv")


def run(args: argparse.Namespace) -> int:
    """寫出原來的欄，加上各單元的 mean 與 log_var。"""

    from ..files import write_csv
    from ..tables.saved import code_columns

    path = saved_model.destination(args, saved_model.beside(args.file, "codes"))
    opened = saved_model.read(args)
    codes = code_columns(*opened.model.plane.encode(opened.frame))
    write_csv(path, saved_model.with_columns(opened.table, codes, args.file))
    saved_model.mention_gaps(opened)
    print(f"{len(opened.table):,} 列的編碼寫在 {path}：原來的欄之後，加上各單元的 mean 與 log_var。")
    return 0
