"""讀檔案的選項，``fit``、``encode``、``score``、``impute`` 都一樣：缺失的字、種類、要不要修。"""

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .arguments import clip

if TYPE_CHECKING:
    from ..tables.reading import ReadOptions, Repair

#: 印出來的修改最多幾行。
SHOWN = 30


def add_arguments(parser: argparse.ArgumentParser, kinds: bool = True) -> None:
    """讀檔案的選項；``kinds`` 為假時沒有 ``--kind``（用訓練時的種類）。"""
    group = parser.add_argument_group("讀檔")
    missing = "另外當作缺失的字，例如 --na 待查 -999；原有的是 NA、N/A、NULL、nan、?、-、不詳、無資料……"
    group.add_argument("--na", nargs="+", action="extend", default=[], metavar="字", help=missing)
    keep = "不當作缺失的字，例如納米比亞的代碼：--keep-na NA"
    group.add_argument("--keep-na", nargs="+", action="extend", default=[], metavar="字", help=keep)
    as_is = "照原樣讀：不去空白、不認千分位與日期、不略過標題，只有空白算缺失"
    group.add_argument("--as-is", action="store_true", help=as_is)
    if kinds:
        kind = "說一欄是什麼：類別、數字、等級、日期、代碼、文字，例如 --kind 樓層=數字 區碼=代碼"
        group.add_argument("--kind", nargs="+", action="extend", default=[], metavar="欄=種類", help=kind)


def given(
    args: argparse.Namespace, recipe: Mapping[str, Any] | None = None, keep_text: bool = False
) -> "ReadOptions":
    """命令列的選項；``recipe`` 是訓練時的（``Reading.recipe()``），命令列寫了的再加上去。"""
    from dataclasses import replace

    from ..tables.reading import ReadOptions

    options = ReadOptions() if recipe is None else ReadOptions.from_recipe(recipe)
    _check_words((*options.na, *args.na), args.keep_na)
    return replace(
        options,
        keep_text=keep_text,
        na=(*options.na, *args.na),
        keep_na=(*options.keep_na, *args.keep_na),
        as_is=options.as_is or args.as_is,
        kinds=parse_kinds(getattr(args, "kind", [])),
    )


def _check_words(na: Sequence[str], keep_na: Sequence[str]) -> None:
    """``--keep-na`` 的字要本來就當缺失，又不是自己用 ``--na`` 加的。"""
    from ..tables.missing import MISSING_AMONG_NUMBERS, folded, missing_words

    ours = missing_words() | {folded(word) for word in MISSING_AMONG_NUMBERS}
    for word in keep_na:
        if folded(word) in map(folded, na):
            raise ValueError(f"「{word}」同時寫在 --na 與 --keep-na；請擇一。")
        if folded(word) not in ours:
            raise ValueError(f"引數 --keep-na 的「{word}」本來就不當作缺失；請檢查有沒有打錯，或拿掉它。")
        if not folded(word):
            raise ValueError("引數 --keep-na 收到空白；空白的格子一定是缺失，請拿掉它。")


def parse_kinds(words: Sequence[str]) -> dict[str, str]:
    """「欄=種類」→ 欄與種類；欄名裡可以有等號。寫得不對引發 ``ValueError``。"""
    kinds: dict[str, str] = {}
    for word in words:
        name, equals, kind = word.rpartition("=")
        if not equals or not name or not kind:
            raise ValueError(f"引數 --kind 收到「{word}」；請寫成 欄=種類，例如 --kind 樓層=數字。")
        if kinds.get(name, kind) != kind:
            raise ValueError(f"引數 --kind 說「{name}」既是{kinds[name]}又是{kind}；請刪掉一個。")
        kinds[name] = kind
    return kinds


def describe(repairs: "Sequence[Repair]") -> str:
    """做過的修改，一項一行；沒有就是空的。"""
    lines = [f"  {clip(str(repair), 110)}" for repair in repairs]
    if not lines:
        return ""
    more = [f"  ……等 {len(lines)} 項"] if len(lines) > SHOWN else []
    title = f"讀檔時改了 {len(lines)} 項（--as-is 一項都不改）："
    return "\n".join([title, *lines[:SHOWN], *more])
