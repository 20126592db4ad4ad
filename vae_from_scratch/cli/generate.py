"""``generate``：由模型抽出新的列；可以指定一部分的格子，或潛在平面的一點。"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from . import saved_model
from .arguments import clip, integer, option

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..tables.saved import SavedModel

SUMMARY = "用 fit 的模型，生成新的列；可以指定一部分的格子"
USAGE = "--model DIR [--rows N] [--given 欄=值 …] [--at z1,z2] [--no-gaps] [--quiet] [--out 檔案] [--force]"
OUT = "generated.csv"
#: 有效樣本數比這個少，就提醒列與列會很像。
FEW_EFFECTIVE = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """這個命令的引數。"""
    # argparse 把「-1,0.5」看成選項；讓它知道這是負數開頭的值，「--at -1,0.5」才寫得出來。
    matcher: Any = re.compile(r"^-[\d.][\d.,eE+-]*$")
    parser._negative_number_matcher = matcher
    saved_model.add_arguments(parser, OUT, file=False)
    option(parser, "rows", 100, "N", "幾列（預設 100）", integer)
    option(parser, "seed", 0, "N", "隨機種子（預設 0）；同一個種子給同樣的位元", integer)
    given = "指定幾格，其餘的照它們生成，例如 --given 鄉鎮市區=大安區 總樓層數=12；不靠重抽，所以不慢"
    parser.add_argument("--given", nargs="+", action="extend", default=[], metavar="欄=值", help=given)
    at = "固定在潛在平面的這一點，例如 --at 1.5,-0.5；用畫平面的模型，不給就由生成的模型抽"
    option(parser, "at", None, "z1,z2", at, _point)
    parser.add_argument("--quiet", action="store_true", help="不畫進度")
    gaps = "每一格都填；不加就照資料的比例留下缺失，一起缺的一起缺"
    parser.add_argument("--no-gaps", action="store_true", help=gaps)


def run(args: argparse.Namespace) -> int:
    """抽出新的列，寫成 CSV；數字與日期照原來的檔案的樣子。"""

    import numpy as np

    from .. import settings
    from ..files import write_csv
    from ..tables.saved import SavedModel

    settings.check_integer("--rows", args.rows, 1)
    settings.check_integer("--seed", args.seed, 0)
    if args.given and args.at is not None:
        raise ValueError("引數 --given 與 --at 不能一起用：--at 已經決定了 z；請拿掉一個。")
    path = saved_model.destination(args, OUT)
    model = SavedModel.load(args.model)
    given, rng = parse_given(model, args.given), np.random.default_rng(args.seed)
    rows, how = _drawn(model, args, given, rng)
    write_csv(path, model.as_written(rows, frozenset(given)))
    saved_model.mention_reading(model)
    saved_model.mention_people(model)
    left = "每一格都填了" if args.no_gaps else "照資料的樣子留下缺失"
    print(f"{args.rows:,} 列寫在 {path}：{how}；每一格照機率抽，不是取最可能的，{left}。")
    return 0


def _drawn(
    model: "SavedModel", args: argparse.Namespace, given: dict[str, Any], rng: "np.random.Generator"
) -> "tuple[pd.DataFrame, str]":
    """生成的列，與一句怎麼抽的。"""
    gaps = not args.no_gaps

    def watch(parts: "Iterator[pd.DataFrame]") -> "Iterable[pd.DataFrame]":
        return saved_model.with_progress(parts, args.rows, len, "生成", args.quiet)

    if args.at is not None:
        return _at(model.plane, args, rng, watch), f"潛在平面的點 ({', '.join(f'{z:g}' for z in args.at)})"
    if not given:
        how = f"z 由先驗抽，{model.generator.latent_dim} 維"
        return model.generator.sample(args.rows, rng, gaps, watch), how
    try:
        rows, effective = model.generator.sample_with(args.rows, given, rng, gaps, watch)
    except ValueError as error:  # 這裡的引數叫做 --given
        raise ValueError(str(error).replace("引數 given", "引數 --given", 1)) from None
    if effective < FEW_EFFECTIVE:
        print(
            f"注意：有效樣本數只有 {effective:.0f}，這樣的列在模型裡很少見，生成的列彼此會很像；"
            "少指定一格，就比較多樣。",
            file=sys.stderr,
        )
    names = "、".join(clip(name, 24) for name in given)
    return rows, f"指定了 {names}，有效樣本數 {effective:,.0f}（共 {_prior_samples():,} 個 z）"


def _prior_samples() -> int:
    from ..tables.table_vae import GIVEN_SAMPLES

    return GIVEN_SAMPLES


def _at(plane: Any, args: argparse.Namespace, rng: "np.random.Generator", watch: Any) -> "pd.DataFrame":
    import numpy as np

    if len(args.at) != plane.latent_dim:
        raise ValueError(
            f"引數 --at 有 {len(args.at)} 個數，模型的潛在平面卻是 {plane.latent_dim} 維；"
            f"請給 {plane.latent_dim} 個用逗號分開的數。"
        )
    z: np.ndarray = np.tile(np.array(args.at), (args.rows, 1))
    return plane.sample_at(z, rng, not args.no_gaps, watch)


def _point(text: str) -> tuple[float, ...]:
    try:
        point = tuple(float(part) for part in text.split(","))
    except ValueError:
        point = ()
    if not point or not all(-1e6 < value < 1e6 for value in point):
        raise argparse.ArgumentTypeError(f"收到「{text}」，請給用逗號分開的數，例如 1.5,-0.5")
    return point


# ---- 指定的格子 ----------------------------------------


def parse_given(model: "SavedModel", words: Sequence[str]) -> dict[str, Any]:
    """「欄=值」→ 欄與值（數字、日期或水準）；欄名裡可以有等號。寫得不對引發 ``ValueError``。"""
    given: dict[str, Any] = {}
    for word in words:
        name, text = _split(model, word)
        value = _value(model, name, text)
        if given.get(name, value) != value:
            raise ValueError(f"引數 --given 給了「{name}」兩個值：{given[name]} 與 {value}；請刪掉一個。")
        given[name] = value
    return given


def _split(model: "SavedModel", word: str) -> tuple[str, str]:
    """在等號切開：左邊是模型的欄的那一個等號；有好幾個，取最長的欄名。"""
    from ..tables.reading import suggestion

    places = [place for place, character in enumerate(word) if character == "="]
    cuts = [(word[:place], word[place + 1 :]) for place in reversed(places)]
    found = next(((name, text) for name, text in cuts if name in model.columns), None)
    if found is None:
        if not cuts or not cuts[-1][0]:
            example = f"--given {model.columns[0]}=值"
            raise ValueError(f"引數 --given 收到「{word}」；請寫成 欄=值，例如 {example}。")
        name = cuts[-1][0]
        hint = suggestion(name, list(model.columns), "模型的欄")
        raise ValueError(f"引數 --given 的「{name}」不是模型的欄；{hint}")
    if not found[1].strip():
        raise ValueError(f"引數 --given 的「{found[0]}」等號後面沒有值；請寫成 {found[0]}=值。")
    return found


def _value(model: "SavedModel", name: str, text: str) -> Any:
    """照欄的種類讀：日期可以寫成檔案裡的樣子，數字可以有千分位，樓層可以寫成十二層。"""
    import pandas as pd

    from ..tables.reading.cells import clean
    from ..tables.written import read_days, read_value

    schema = model.plane.schema_
    if name in schema.dates_:
        days = read_days(text, model.styles.get(name, ""), name)
        return text if days is None else pd.Timestamp(0) + pd.Timedelta(days=days)
    if name in schema.scales_:
        number = read_value(text)
        return text if number is None else number
    return text if text in schema.levels(name) else clean(text)
