"""用哪些欄：每一欄一行報告，留下或不用、為什麼、是什麼種類、有幾個水準、最常見的是誰、缺幾格。

概似能不能用數字，由呼叫的人說（``numbers``）。能用：數字、等級、日期、類別與代碼都留下。不能用（類別概似）：
文字欄留下，看起來是數字的不用；是不是代碼，只有使用者知道。使用者指定的一律照辦，除非做不到。
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from .missing import NONE
from .reading.checks import suggestion
from .reading.kinds import (
    CATEGORY,
    CODE,
    IDENTIFIER,
    KIND_NAMES,
    LEAST_REPEATS,
    MOST_LEVELS,
    NUMERIC,
    TEXT,
    ColumnKind,
    seldom_repeats,
)

#: 全部變數展開後的欄數上限：PCA 與 MCA 要對這麼大的 Gram 矩陣求特徵值。
MOST_ONE_HOT = 3000
#: 有值的格子少於這麼多的數字，平均與分布都說不準。
FEW_KNOWN = 30


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
    """一欄的報告；``reason`` 是留下或不用的理由。

    ``kind`` 是種類（``reading.KIND_NAMES`` 的鍵），``zero_share`` 是恰好是 0 的格子占有值的比例，``spiked``：
    那是一座值得另外處理的高峰，``style`` 是日期的寫法。不知道種類（沒有經過 ``read_table``）時，前者是空的。
    """

    name: str
    kept: bool
    reason: str
    n_levels: int
    top: str
    top_share: float
    n_missing: int
    kind: str = ""
    zero_share: float = 0.0
    spiked: bool = False
    style: str = ""

    @property
    def is_number(self) -> bool:
        """模型當它是連續的數嗎？"""
        return self.kind in NUMERIC


def inspect(
    table: pd.DataFrame,
    choices: Choices,
    target: str | None = None,
    named: pd.DataFrame | None = None,
    *,
    kinds: Mapping[str, ColumnKind] | None = None,
    numbers: bool = False,
) -> list[Column]:
    """檔案的每一欄一個 ``Column``；指定的欄有錯，或一欄也沒有留下，引發 ``ValueError``。

    ``named`` 是表示「沒有」的空白已經寫成「無」的同一張表，模型學的是它；不給就是 ``table`` 自己。
    ``kinds``：``read_table`` 認出的種類，不給就由文字看。``numbers``：概似能用數字，要有 ``kinds``。
    """
    if numbers and kinds is None:
        raise ValueError("引數 numbers 是 True，卻沒有 kinds；請給 read_table(檔案).kinds。")
    choices = check_choices(choices, list(table.columns), target)
    named = table if named is None else named
    columns = []
    for name in table.columns:
        kind = _kind_of_text(table[name]) if kinds is None else kinds[str(name)]
        seen = _Seen.look(table[name], named[name], kind, numbers)
        columns.append(_inspect(seen, choices, target))
    kept = [column for column in columns if column.kept]
    if not kept:
        raise ValueError(_nothing_kept(columns, numbers))
    total = sum(column.n_levels for column in kept if not (numbers and column.is_number))
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


def check_choices(choices: Choices, columns: list[str], target: str | None) -> Choices:
    """檔案有沒有這些欄、有沒有寫兩次、有沒有把目標也寫進去；「甲,乙」拆成兩欄。不對就引發 ``ValueError``。"""
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


@dataclass(frozen=True)
class _Seen:
    """一欄裡看到的：``n_levels`` 與 ``joins`` 算的是空白寫成「無」以後（``joins``：併入原有的「無」）。"""

    kind: ColumnKind
    n_levels: int
    n_known: int
    joins: bool
    numbers: bool

    @classmethod
    def look(cls, column: pd.Series, named: pd.Series, kind: ColumnKind, numbers: bool) -> "_Seen":
        n_known = len(column) - kind.n_missing
        filled = int(named.notna().sum()) - n_known
        joins = filled > 0 and bool((column == NONE).any())
        return cls(kind, kind.n_levels + (filled > 0 and not joins), n_known, joins, numbers)

    @property
    def is_number(self) -> bool:
        """概似把它當連續的數。"""
        return self.numbers and self.kind.kind in NUMERIC


def _kind_of_text(column: pd.Series) -> ColumnKind:
    """沒有經過 ``read_table`` 的文字欄。"""
    known = column.dropna()
    # 次數相同時照字典順序，同一份檔案永遠得到同一個「最常見」。
    counts = known.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    top = str(counts.index[0]) if len(counts) else ""
    share = float(counts.iloc[0]) / len(known) if len(counts) else 0.0
    n_missing = len(column) - len(known)
    return ColumnKind(str(column.name), "", "", len(counts), top, share, n_missing, looks_numeric(column))


def _inspect(seen: _Seen, choices: Choices, target: str | None) -> Column:
    kind = seen.kind
    named = kind.name in (*choices.only, *choices.also)
    kept, reason = _decide(seen, choices, kind.name == target, named)
    if kept and seen.joins:
        reason += f"；缺失併入原有的水準「{NONE}」"
    if named and not kept:
        option = "--columns" if choices.only else "--also"
        raise ValueError(f"引數 {option} 的「{kind.name}」不能用：{reason}。請拿掉它，或先改好檔案。")
    shown = kind.kind
    if kept and shown and not seen.is_number and shown != CODE:
        shown = CATEGORY  # 指定的數字、編號，或多了「無」的常數，模型學的是類別
    spiked = kind.spiked and seen.is_number
    return Column(
        kind.name, kept, reason, seen.n_levels if kept else kind.n_levels, kind.top, kind.top_share,
        kind.n_missing, shown, kind.zero_share, spiked, kind.style,
    )  # fmt: skip


def _decide(seen: _Seen, choices: Choices, is_target: bool, named: bool) -> tuple[bool, str]:
    kind = seen.kind
    if is_target:
        return False, "目標；模型不看它"
    if kind.name in choices.drop:
        return False, "--drop 指定不用"
    if choices.only and not named:
        return False, "不在 --columns 裡"
    if not seen.n_known:
        return False, "整欄都是缺失，沒有水準可學"
    if seen.n_levels < 2:
        return False, "只有一個水準，沒有東西可學"
    if seen.is_number:
        few = f"；只有 {seen.n_known} 格有值" if seen.n_known < FEW_KNOWN else ""
        return True, ("指定的欄" if named else kind.reason) + few
    return _decide_category(seen, named)


def _decide_category(seen: _Seen, named: bool) -> tuple[bool, str]:
    kind, n_levels = seen.kind, seen.n_levels
    if not named and not seen.numbers and (kind.numeric or kind.kind in NUMERIC):
        what = "日期" if kind.kind == "date" else "看起來是數字"
        return False, f"{what}；是代碼的話，用 --also 指定"
    if kind.kind == IDENTIFIER and not named:
        usable = "；要用的話，用 --also 指定" if n_levels <= MOST_LEVELS else ""
        return False, kind.reason + usable
    if n_levels > MOST_LEVELS:
        unique = _seldom_repeats(seen) if not named and _is_almost_unique(seen) else ""
        why = f"{kind.reason if kind.stopped_by else unique}；".removeprefix("；")
        cure = "請先分組" if kind.numeric or kind.kind in NUMERIC else "請把少見的併成「其他」"
        with_none = f"連同「{NONE}」" if n_levels > kind.n_levels else ""
        limit = f"{with_none}有 {n_levels:,} 個水準，上限是 {MOST_LEVELS}"
        return False, f"{why}{limit}；要用的話，{cure}"
    if named:
        return True, "指定的欄"
    if _is_almost_unique(seen):
        return False, f"{_seldom_repeats(seen)}；要用的話，用 --also 指定"
    if seen.numbers and kind.kind not in (CATEGORY, CODE, "constant"):
        return False, f"{KIND_NAMES[kind.kind]}：{kind.reason}；要用的話，用 --also 或 --kind 指定"
    if kind.kind == "constant":
        return True, f"只有一個值，加上「{NONE}」是兩個水準"
    return True, kind.reason if kind.kind == CATEGORY or (kind.kind and seen.numbers) else "文字"


def _is_almost_unique(seen: _Seen) -> bool:
    return seen.kind.n_levels * LEAST_REPEATS > seen.n_known  # 空白寫成的「無」不必重複


def _seldom_repeats(seen: _Seen) -> str:
    """幾乎不重複的欄的理由：讀檔時看過長短，就用它的。"""
    kind = seen.kind
    return kind.reason if kind.kind == TEXT else seldom_repeats(kind.n_levels, seen.n_known)


def _nothing_kept(columns: list[Column], numbers: bool) -> str:
    shown = "；".join(f"「{column.name}」{column.reason}" for column in columns[:4])
    more = f"；……其餘 {len(columns) - 4} 欄也不能用" if len(columns) > 4 else ""
    if numbers:
        return (
            f"檔案的 {len(columns)} 欄裡，沒有一欄可以學：{shown}{more}。"
            "請換一個有類別或數字的檔案，或用 --kind 指定種類。"
        )
    return (
        f"檔案的 {len(columns)} 欄裡，沒有一欄可以當類別變數：{shown}{more}。"
        "請換一個有類別欄的檔案，或用 --also 指定用數字寫的代碼。"
    )
