"""``housing``：``fit ames`` 的短名字。"""

import argparse

from . import fit

SUMMARY = "fit ames 的短名字：在房價資料上訓練，看房價在潛在空間裡看不看得出來"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """與 ``fit`` 相同，只是檔案固定是 ``ames``。"""
    parser.set_defaults(file=fit.AMES)
    fit.add_options(parser)


def run(args: argparse.Namespace) -> int:
    """就是 ``fit ames``。"""
    return fit.run(args)
