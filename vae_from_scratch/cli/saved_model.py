"""``encode``、``score``、``impute``、``generate`` 共用的一段：讀模型與檔案、提醒讀檔時的事、寫出 CSV。"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from . import reading_options
from .arguments import clip, integer, option

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from ..tables.reading import Reading
    from ..tables.saved import SavedModel

#: 訊息裡最多列幾種水準、幾欄。
SHOWN = 5
#: 算得比這麼多秒久，才畫進度。
PATIENCE = 2

Part = TypeVar("Part")


@dataclass(frozen=True)
class Opened:
    """讀好的檔案：``table`` 是每一格的原文，``frame`` 是模型看的那幾欄。"""

    path: str
    model: "SavedModel"
    reading: "Reading"
    frame: "pd.DataFrame"

    @property
    def table(self) -> "pd.DataFrame":
        """每一格的原文，一個字也沒有改。"""
        assert self.reading.raw is not None  # keep_text
        return self.reading.raw

    @cached_property
    def styles(self) -> Mapping[str, str]:
        """數字與日期在這個檔案裡的樣子；看不出來的照訓練的檔案。"""
        from ..tables.written import styles

        return {**self.model.styles, **styles(self.reading, self.model.columns)}

    def write(self, name: str, value: Any) -> str:
        """一格照這個檔案的樣子寫。"""
        return self.model.write(name, value, self.styles)

    @cached_property
    def unreadable(self) -> "NDArray":
        """數字的欄裡寫了字、讀不成數字的格子，布林 (N, V)，照模型的欄。"""
        import numpy as np

        from ..tables.saved import unreadable

        numbers = self.model.plane.schema_.scales_
        columns = [
            unreadable(self.reading, name) if name in numbers else np.zeros(len(self.frame), dtype=bool)
            for name in self.model.columns
        ]
        return np.stack(columns, axis=1)


def add_arguments(parser: argparse.ArgumentParser, out: str, file: bool = True) -> None:
    """``--model``、``--out``、``--force``，以及要處理的檔案。"""
    if file:
        text = "欄名與訓練時相同的檔案（CSV、zip、xlsx、Parquet）；多的欄照樣留著"
        parser.add_argument("file", metavar="檔案.csv", help=text)
        reading_options.add_arguments(parser, kinds=False)
    parser.add_argument("--model", required=True, metavar="DIR", help="fit 寫出的資料夾")
    option(parser, "out", None, "檔案", f"結果寫到哪裡（預設 {out}）")
    parser.add_argument("--force", action="store_true", help="檔案已經存在時換掉它")


def add_samples(parser: argparse.ArgumentParser, default: int) -> None:
    """重要性抽樣的兩個選項。"""
    option(parser, "samples", default, "N", f"每列抽幾個 z（預設 {default}）；多比較準、比較慢", integer)
    option(parser, "seed", 0, "N", "隨機種子（預設 0）；同一個種子給同樣的位元", integer)
    parser.add_argument("--quiet", action="store_true", help="不畫進度")


def check_samples(args: argparse.Namespace) -> None:
    """``--samples`` 與 ``--seed`` 合用嗎？不合用引發 ``ValueError``。"""

    from .. import settings

    settings.check_integer("--samples", args.samples, 1)
    settings.check_integer("--seed", args.seed, 0)


def destination(args: argparse.Namespace, default: str) -> Path:
    """要寫的檔案；已經存在、就是輸入的檔案，或資料夾寫不進去，引發 ``ValueError``。"""
    path = Path(default if args.out is None else args.out)
    check_free(path, args.force)
    source = None if getattr(args, "file", None) is None else _resolved(args.file)
    if source is not None and path.exists() and source.exists() and os.path.samefile(path, source):
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
    bare = Path(path.stem) if path.suffix.lower() in (".gz", ".zip") else path
    return str(path.with_name(f"{bare.stem if bare.suffix else bare.name}.{what}.csv"))


def _resolved(file: str) -> Path:
    """要讀的檔案；隨套件而來的小表（實價登錄）換成它的路徑。"""
    from ..tables.samples import resolve

    return Path(resolve(file))


def read(args: argparse.Namespace) -> Opened:
    """模型與檔案；讀檔的修改與讀不成的格子，在 stderr 各說一行。"""
    from ..tables.reading import read_table
    from ..tables.saved import SavedModel

    model = SavedModel.load(args.model)
    recipe = model.info.get("reading")
    options = reading_options.given(args, recipe, keep_text=True)
    options = replace(options, learnt=model.kinds(options.learnt))
    reading = read_table(_resolved(args.file), options)
    opened = Opened(args.file, model, reading, model.select(reading, args.file))
    _mention_repairs(reading)
    return opened


def _mention_repairs(reading: "Reading") -> None:
    """一行：做了哪幾種修改；fit 說過的，這裡不再一格一格說。"""
    from ..tables.reading.repairs import LABELS

    told = [repair for repair in reading.repairs if repair.what != "unreadable"]
    if told:
        kinds = list(dict.fromkeys(LABELS[repair.what] for repair in told))
        shown = "、".join(kinds[:SHOWN]) + ("……" if len(kinds) > SHOWN else "")
        print(f"讀檔時改了 {len(told)} 項：{shown}（--as-is 一項都不改）。", file=sys.stderr)


def mention_gaps(opened: Opened, then: str = "") -> None:
    """沒見過的水準、讀不成數字的格子，都當作缺失；``then`` 接著說怎麼處理。"""
    unseen = opened.model.plane.schema_.unseen(opened.frame)
    levels = {
        f"{clip(name, 24)}={clip(level, 24)}": count
        for name, found in unseen.items()
        for level, count in found.items()
    }
    _mention("是訓練時沒見過的水準，當作缺失" + then, levels, "種")
    _mention("讀不成數字，當作缺失" + then, _unreadable_cells(opened), "欄")


def _unreadable_cells(opened: Opened) -> dict[str, int]:
    found = {}
    for name, bad in zip(opened.model.columns, opened.unreadable.T, strict=True):
        if bad.any():
            found[f"{clip(name, 24)}={clip(opened.table[name][bad].iloc[0], 24)}"] = int(bad.sum())
    return found


def _mention(what: str, counts: Mapping[str, int], unit: str) -> None:
    """「注意：3 格是……：色=紫（2 格）、……」；沒有就不說。"""
    if counts:
        print(f"注意：{sum(counts.values()):,} 格{what}：{listed(counts, unit)}。", file=sys.stderr)


def listed(counts: Mapping[str, int], unit: str) -> str:
    """「色=紫（2 格）、……」，太多種就只列前面幾種。"""
    shown = "、".join(f"{name}（{count:,} 格）" for name, count in list(counts.items())[:SHOWN])
    return shown + (f"……等 {len(counts)} {unit}" if len(counts) > SHOWN else "")


def mention_reading(model: "SavedModel") -> None:
    """伯努利的模型在這裡有另一種讀法，說一聲。"""
    if model.is_bernoulli:
        print(
            "注意：模型用伯努利概似訓練；這裡把同一組輸出讀成每個變數一個 softmax，"
            "每個變數才恰有一個水準，缺失的格子也才不計分。",
            file=sys.stderr,
        )


def mention_people(model: "SavedModel") -> None:
    """欄名看起來與人有關的提醒。"""
    from ..tables.personal import caution

    said = caution(model.columns)
    if said:
        print(f"注意：{said}", file=sys.stderr)


def with_progress(
    parts: Iterable[Part], total: int, size: Callable[[Part], int], what: str, quiet: bool
) -> Iterable[Part]:
    """一段一段做，久的話在 stderr 畫進度與剩下的時間；``size(段)`` 是這一段有幾列。"""
    from tqdm import tqdm

    with tqdm(total=total, desc=what, unit="列", disable=quiet, delay=PATIENCE) as bar:
        for part in parts:
            yield part
            bar.update(size(part))


def check_names(table: "pd.DataFrame", names: Iterable[str], path: str) -> None:
    """要加的欄名還沒有人用；用了就引發 ``ValueError``，不悄悄換掉。"""
    taken = [name for name in names if name in table.columns]
    if taken:
        raise ValueError(f"{path} 已經有叫做「{taken[0]}」的欄，結果放不進去；請先改掉那一欄的名字。")


def with_columns(table: "pd.DataFrame", added: dict, path: str) -> "pd.DataFrame":
    """原來的欄之後加上新的欄；名字已經有了就引發 ``ValueError``。"""
    import pandas as pd

    check_names(table, added, path)
    return pd.concat([table, pd.DataFrame(added, index=table.index)], axis=1)
