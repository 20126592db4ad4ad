"""讀好的檔案 → 訓練用的表：哪些欄、空白是「沒有」還是「不知道」、目標是什麼；有任何不對，訓練以前就說。"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from . import tallies
from .columns import Choices, Column, check_choices, inspect
from .gaps import Rule, Verdict, apply_rules, examine
from .leaks import find_leaks
from .likeness import Kinds
from .reading import Reading, Repair
from .reading.kinds import DATE, NUMERIC
from .target import Target, read_target
from .written import styles

#: 空白怎麼辦：``auto`` 由資料裡的證據一欄一欄判斷，``zeros`` 都是不知道，``level`` 類別的空白都是「沒有」。
MISSING = ("auto", "zeros", "level")


@dataclass(frozen=True)
class TargetOptions:
    """目標的欄名與讀法；``name`` 是 None 就沒有目標。"""

    name: str | None = None
    log: bool = False
    skip_gaps: bool = False


@dataclass(frozen=True, eq=False)
class Prepared:
    """``frame`` 是留下的欄：數字是浮點數，日期是 datetime64，其餘是類別。``absent`` 是空白表示「沒有」的。

    ``recipe`` 是 ``Reading.recipe()``，``styles`` 是數字與日期欄的寫法，``warnings`` 是目標寫在資料裡的警告。
    """

    columns: Sequence[Column]
    frame: pd.DataFrame
    target: Target | None
    absent: Mapping[str, Rule] = field(default_factory=dict)
    repairs: Sequence[Repair] = ()
    verdicts: Sequence[Verdict] = ()
    recipe: Mapping[str, Any] = field(default_factory=dict)
    styles: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()

    @property
    def n_columns(self) -> int:
        """展開以後大約幾欄：類別一個水準一欄，數字一欄。"""
        return sum(1 if column.is_number else column.n_levels for column in self.columns if column.kept)


def prepare(
    reading: Reading, choices: Choices, wanted: TargetOptions, missing: str = "auto", numbers: bool = True
) -> Prepared:
    """``numbers`` 為假時只用類別的欄（類別與伯努利的概似）。欄、目標有錯，引發 ``ValueError``。"""
    target = None if wanted.name is None else _target(reading, wanted)
    columns, absent, verdicts = _decide(reading, choices, wanted.name, missing, numbers)
    kept = {column.name: column for column in columns if column.kept}
    frame = reading.frame(
        kept,
        [name for name, column in kept.items() if numbers and column.is_number],
        [name for name, column in kept.items() if numbers and column.kind == DATE],
    )
    return Prepared(
        columns,
        frame,
        target,
        {name: rule for name, rule in absent.items() if name in kept},
        reading.repairs,
        [verdict for verdict in verdicts if verdict.column in kept],
        reading.recipe(),
        styles(reading, kept),
        warnings(frame, target),
    )


def warnings(frame: pd.DataFrame, target: Target | None) -> list[str]:
    """檔案像次數表、目標已經寫在資料裡，一項一句。"""
    tally = tallies.caution(frame)
    leaks = [leak.sentence(target.name) for leak in find_leaks(frame, target) if target is not None]
    return [tally, *leaks] if tally else leaks


def _target(reading: Reading, wanted: TargetOptions) -> Target:
    """目標照文字讀：有幾種寫法，才知道是數字還是類別。"""
    table, name = reading.table, str(wanted.name)
    if name in table.columns:
        table = table.assign(**{name: reading.column_text(name)})
    return read_target(table, name, log=wanted.log, skip_gaps=wanted.skip_gaps)


# ---- 哪些欄、哪些空白是「沒有」----------------------------------------


def _decide(
    reading: Reading, choices: Choices, target: str | None, missing: str, numbers: bool
) -> tuple[list[Column], dict[str, Rule], Sequence[Verdict]]:
    """各欄的報告、空白的規則與判決。

    規則只由模型看得到的欄寫成：目標不能決定空白的意思，不用的欄在新的檔案裡也不會編碼。
    """
    table, kinds = reading.table, reading.kinds
    choices = check_choices(choices, list(table.columns), target)
    numeric = {name for name in kinds if numbers and kinds[name].kind in NUMERIC}
    names = _candidates(reading, choices, target, numbers)
    while True:
        verdicts = _examine(table, names, numeric) if missing == "auto" else []
        absent = {verdict.column: verdict.rule for verdict in verdicts if verdict.rule is not None}
        if missing == "level":
            absent = {name: Rule() for name in names if name not in numeric and table[name].isna().any()}
        named = apply_rules(table, {name: rule for name, rule in absent.items() if name not in numeric})
        columns = inspect(table, choices, target, named, kinds=kinds, numbers=numbers)
        kept = {column.name for column in columns if column.kept}
        if all(_needs(rule) <= kept for name, rule in absent.items() if name in kept):
            return columns, absent, verdicts
        names = [name for name in names if name in kept]  # 每一圈至少少一欄


def _examine(table: pd.DataFrame, names: Sequence[str], numeric: Container[str]) -> list[Verdict]:
    if not names:
        return []
    categories = [name for name in names if name not in numeric]
    return examine(table, Kinds(categories, [name for name in names if name in numeric]))


def _candidates(reading: Reading, choices: Choices, target: str | None, numbers: bool) -> list[str]:
    """可能留下的欄：不是目標，沒有說不用，概似也用得上。"""
    named = (*choices.only, *choices.also)
    return [
        name
        for name, kind in reading.kinds.items()
        if name not in (target, *choices.drop)
        and (name in named or not choices.only)
        and (numbers or name in named or kind.kind not in NUMERIC)
    ]


def _needs(rule: Rule) -> set[str]:
    """規則要看的欄。"""
    return {*rule.partners} | ({rule.determinant} if rule.determinant is not None else set())
