"""哪些欄是類別：每一欄一行報告，留下或不用、為什麼、有幾個水準、最常見的是誰、缺幾格。

自動挑選時，文字欄留下，看起來是數字的不用（是不是代碼，只有使用者知道）；使用者指定的一律照辦，除非做不到。
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from .missing import NONE
from .reading import suggestion

#: 一個變數的水準上限；HistGradientBoosting 的類別欄也只到 255。
MOST_LEVELS = 255
#: 全部變數展開後的欄數上限：MCA 要對這個大小的矩陣做奇異值分解。
MOST_ONE_HOT = 3000
#: 自動挑選時，一個水準平均至少要出現這麼多次；姓名、編號就這樣被排除。
LEAST_REPEATS = 2


@dataclass(frozen=True)
class Choices:
    """命令列指定的欄：``only`` 只用這些（空的是自動挑選），``also`` 另外加上，``drop`` 不用。"""

    only: Sequence[str] = ()
    also: Sequence[str] = ()
    drop: Sequence[str] = ()

    def named(self) -> dict[str, Sequence[str]]:
        """引數的名字與它指定的欄。"""
        return {"--columns": self.only, "--also": self.also, "--drop": self.drop}


@dataclass(frozen=True)
class Column:
    """一欄的報告；``reason`` 是留下或不用的理由。"""

    name: str
    kept: bool
    reason: str
    n_levels: int
    top: str
    top_share: float
    n_missing: int


def inspect(
    table: pd.DataFrame, choices: Choices, target: str | None = None, named: pd.DataFrame | None = None
) -> list[Column]:
    """檔案的每一欄一個 ``Column``；指定的欄有錯，或一欄也沒有留下，引發 ``ValueError``。

    ``named`` 是表示「沒有」的空白已經寫成「無」的同一張表，模型學的是它；不給就是 ``table`` 自己。
    """
    choices = _checked(choices, list(table.columns), target)
    named = table if named is None else named
    columns = [_inspect(table[name], named[name], choices, target) for name in table.columns]
    kept = [column for column in columns if column.kept]
    if not kept:
        raise ValueError(_nothing_kept(columns))
    total = sum(column.n_levels for column in kept)
    if total > MOST_ONE_HOT:
        raise ValueError(
            f"留下的 {len(kept)} 欄共有 {total} 個水準，超過 {MOST_ONE_HOT}；"
            "請用 --columns 只選需要的欄，或用 --drop 拿掉水準最多的幾欄。"
        )
    return columns


def looks_numeric(column: pd.Series) -> bool:
    """每一個有值的格子都讀得成數字。"""
    known = column.dropna()
    return len(known) > 0 and bool(pd.to_numeric(known, errors="coerce").notna().all())


def _checked(choices: Choices, columns: list[str], target: str | None) -> Choices:
    """檔案有沒有這些欄、有沒有寫兩次、有沒有把目標也寫進去。"""
    named = {option: _split(names, columns) for option, names in choices.named().items()}
    for option, names in named.items():
        for name in names:
            if name not in columns:
                raise ValueError(f"引數 {option} 的「{name}」不在檔案裡；{suggestion(name, columns)}")
            if names.count(name) > 1:
                raise ValueError(f"引數 {option} 把「{name}」寫了兩次；一欄只能用一次，請刪掉一個。")
    for option in ("--columns", "--also"):
        if target in named[option]:
            raise ValueError(
                f"「{target}」同時是 --target 與 {option}；模型看過目標，分數就不算數了。"
                f"請從 {option} 拿掉它。"
            )
    if named["--columns"] and (named["--also"] or named["--drop"]):
        raise ValueError("--columns 已經寫明全部要用的欄，不能再加 --also 或 --drop；請擇一。")
    both = [name for name in named["--also"] if name in named["--drop"]]
    if both:
        raise ValueError(f"「{both[0]}」同時寫在 --also 與 --drop；請擇一。")
    return Choices(named["--columns"], named["--also"], named["--drop"])


def _split(names: Sequence[str], columns: list[str]) -> list[str]:
    """「甲,乙」不是欄名，拆開來卻都是，就當作兩欄。"""
    found: list[str] = []
    for name in names:
        parts = [part.strip() for part in name.split(",")]
        found += parts if name not in columns and len(parts) > 1 and set(parts) <= set(columns) else [name]
    return found


def _inspect(column: pd.Series, named_column: pd.Series, choices: Choices, target: str | None) -> Column:
    name, known = str(column.name), column.dropna()
    # 次數相同時照字典順序，同一份檔案永遠得到同一個「最常見」。
    counts = known.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    n_missing = len(column) - len(known)
    n_levels = named_column.nunique()
    named = name in (*choices.only, *choices.also)
    kept, reason = _decide(column, n_levels, choices, name == target, named)
    if kept and NONE in counts.index and named_column.notna().sum() > len(known):
        reason += f"；缺失併入原有的水準「{NONE}」"
    if named and not kept:
        option = "--columns" if choices.only else "--also"
        raise ValueError(f"引數 {option} 的「{name}」不能用：{reason}。請拿掉它，或先改好檔案。")
    top = str(counts.index[0]) if len(counts) else ""
    share = float(counts.iloc[0]) / len(known) if len(counts) else 0.0
    return Column(name, kept, reason, n_levels, top, share, n_missing)


def _decide(
    column: pd.Series, n_levels: int, choices: Choices, is_target: bool, named: bool
) -> tuple[bool, str]:
    if is_target:
        return False, "目標；模型不看它"
    if column.name in choices.drop:
        return False, "--drop 指定不用"
    if choices.only and not named:
        return False, "不在 --columns 裡"
    if not column.notna().any():
        return False, "整欄都是缺失，沒有水準可學"
    if n_levels < 2:
        return False, "只有一個水準，沒有東西可學"
    if looks_numeric(column) and not named:
        return False, "看起來是數字；是代碼的話，用 --also 指定"
    if n_levels > MOST_LEVELS:
        return False, f"有 {n_levels:,} 個水準，上限是 {MOST_LEVELS}；請把少見的併成「其他」，數字請先分組"
    if named:
        return True, "指定的欄"
    if n_levels * LEAST_REPEATS > column.notna().sum():
        return False, "幾乎每一列都不同，像是編號或文字；要用的話，用 --also 指定"
    return True, "文字"


def _nothing_kept(columns: list[Column]) -> str:
    shown = "；".join(f"「{column.name}」{column.reason}" for column in columns[:4])
    more = f"；……其餘 {len(columns) - 4} 欄也不能用" if len(columns) > 4 else ""
    return (
        f"檔案的 {len(columns)} 欄裡，沒有一欄可以當類別變數：{shown}{more}。"
        "請換一個有類別欄的檔案，或用 --also 指定用數字寫的代碼。"
    )
