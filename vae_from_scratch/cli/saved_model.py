"""``encode``、``score``、``impute``、``generate`` 共用的一段：讀模型與檔案、提醒沒見過的水準、寫出 CSV。"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .arguments import clip, integer, option

if TYPE_CHECKING:
    import pandas as pd

    from ..tables.saved import SavedModel

SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser, out: str, file: bool = True) -> None:
    """``--model``、``--out``、``--force``，以及要處理的檔案。"""
    if file:
        parser.add_argument("file", metavar="檔案.csv", help="欄名與訓練時相同的 CSV；多的欄照樣留著")
    parser.add_argument("--model", required=True, metavar="DIR", help="fit 寫出的資料夾")
    option(parser, "out", None, "檔案", f"結果寫到哪裡（預設 {out}）")
    parser.add_argument("--force", action="store_true", help="檔案已經存在時換掉它")


def add_samples(parser: argparse.ArgumentParser, default: int) -> None:
    """重要性抽樣的兩個選項。"""
    option(parser, "samples", default, "N", f"每列抽幾個 z（預設 {default}）；多比較準、比較慢", integer)
    option(parser, "seed", 0, "N", "隨機種子（預設 0）；同一個種子給同樣的位元", integer)


def check_samples(args: argparse.Namespace) -> None:
    """``--samples`` 與 ``--seed`` 合用嗎？不合用引發 ``ValueError``。"""

    from .. import settings

    settings.check_integer("--samples", args.samples, 1)
    settings.check_integer("--seed", args.seed, 0)


def destination(args: argparse.Namespace, default: str) -> Path:
    """要寫的檔案；已經存在、就是輸入的檔案，或資料夾寫不進去，引發 ``ValueError``。"""
    path = Path(default if args.out is None else args.out)
    check_free(path, args.force)
    source = getattr(args, "file", None)
    if source is not None and path.exists() and os.path.samefile(path, source):
        raise ValueError(f"引數 --out 的 {path} 就是輸入的檔案；請換一個名字，原來的資料才不會不見。")
    return path


def check_free(path: Path, force: bool) -> None:
    """``path`` 寫得進去，而且還沒有檔案（或 ``force``）；否則引發 ``ValueError``。"""

    from ..files import check_destination

    check_destination(path, "--out")
    if path.exists() and not force:
        raise ValueError(f"引數 --out 的檔案 {path} 已經存在，沒有覆寫；請換一個名字，或加上 --force。")


def beside(file: str, what: str) -> str:
    """輸入檔案旁邊的預設檔名：資料.csv → 資料.codes.csv。"""
    path = Path(file)
    return str(path.with_name(f"{path.stem}.{what}.csv"))


def read(args: argparse.Namespace) -> "tuple[SavedModel, pd.DataFrame, pd.DataFrame]":
    """模型、整個檔案、模型要的那幾欄；沒見過的水準當成缺失，在 stderr 說一聲。"""
    from ..tables.reading import read_table
    from ..tables.saved import SavedModel

    model = SavedModel.load(args.model)
    table = read_table(args.file)
    frame = model.select(table, args.file)
    _mention_unseen(model.schema.unseen(frame))
    return model, table, frame


def _mention_unseen(unseen: dict[str, dict[str, int]]) -> None:
    if not unseen:
        return
    counts = {(name, level): count for name, levels in unseen.items() for level, count in levels.items()}
    cells = [f"{clip(name, 24)}={clip(level, 24)}（{count} 格）" for (name, level), count in counts.items()]
    shown, total = "、".join(cells[:SHOWN]), sum(counts.values())
    more = f"……等 {len(cells)} 種" if len(cells) > SHOWN else ""
    print(f"注意：{total} 格是訓練時沒見過的水準，當作缺失：{shown}{more}。", file=sys.stderr)


def mention_reading(model: "SavedModel") -> None:
    """伯努利的模型在這裡有另一種讀法，說一聲。"""
    if not model.is_categorical:
        print(
            "注意：模型用伯努利概似訓練；這裡把同一組輸出讀成每個變數一個 softmax，"
            "每個變數才恰有一個水準，缺失的格子也才不計分。",
            file=sys.stderr,
        )


def with_columns(table: "pd.DataFrame", added: dict, path: str) -> "pd.DataFrame":
    """原來的欄之後加上新的欄；名字已經有了就引發 ``ValueError``，不悄悄換掉。"""
    import pandas as pd

    taken = [name for name in added if name in table.columns]
    if taken:
        raise ValueError(f"{path} 已經有叫做「{taken[0]}」的欄，結果放不進去；請先改掉那一欄的名字。")
    return pd.concat([table, pd.DataFrame(added, index=table.index)], axis=1)

