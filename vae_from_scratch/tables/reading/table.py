"""一個檔案 → 一張表：認樣子、一段一段讀進每一欄的字典、再一欄一欄判斷種類。"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from ..missing import folded, missing_words
from .cells import is_plain, number_text
from .checks import suggestion
from .column import Rules
from .dates import write_date
from .encoded import Cells, Encoder
from .footer import MOST_ROWS as MOST_FOOTER_ROWS
from .footer import candidates, n_kept
from .judge import interpret
from .kinds import CHOOSABLE, DATE, KIND_NAMES, ColumnKind, parse_kind
from .layout import Layout, check_header, find_layout, shown
from .repairs import Repair
from .size import check_fits
from .sources import Row, Source, find_source

#: 一段幾格：一格一個字串只活到這一段編完。
CHUNK_CELLS = 30_000
#: pandas 與 R 存索引時，第一欄的名字。
INDEX_NAMES = ("", "Unnamed: 0")


@dataclass(frozen=True)
class ReadOptions:
    """怎麼讀。

    ``na``：另外當作缺失的字；``keep_na``：不當作缺失的字。``as_is``：一項修改都不做，只有空白（與 ``na``）
    是缺失。``kinds``：欄 → 種類，使用者說了算，做不到就引發 ``ValueError``。``learnt``：訓練時各欄的種類
    （日期寫成 ``date:寫法``），讀不成的格子當缺失；檔案裡沒有的欄不管。``keep_text``：連原文也留著
    （``Reading.raw``），要寫回檔案的命令用。``memory_limit``：讀進來最多用幾個位元組，預設是這台電腦的一半。
    """

    na: tuple[str, ...] = ()
    keep_na: tuple[str, ...] = ()
    as_is: bool = False
    kinds: Mapping[str, str] = field(default_factory=dict)
    learnt: Mapping[str, str] = field(default_factory=dict)
    keep_text: bool = False
    memory_limit: int | None = None

    @property
    def words(self) -> frozenset[str]:
        """當作缺失的字（``folded`` 過的）。"""
        if self.as_is:
            return frozenset({"", *map(folded, self.na)})
        return missing_words(self.na, self.keep_na)

    @classmethod
    def from_recipe(cls, recipe: Mapping[str, Any]) -> Self:
        """照 ``Reading.recipe`` 再讀另一個檔案：同樣的缺失、同樣的種類。"""
        na, keep_na = tuple(recipe["na"]), tuple(recipe["keep_na"])
        return cls(na, keep_na, recipe["as_is"], learnt=recipe["kinds"])

    def rules(self, name: str, decimal_comma: bool) -> Rules:
        """讀一欄的規矩。"""
        told, _, style = self.learnt.get(name, "").partition(":")
        kind = self.kinds.get(name, "")
        lenient = not kind and told in CHOOSABLE
        kind = kind or (told if lenient else "")
        return Rules(self.words, self.as_is, kind, lenient, style if kind == DATE else "", decimal_comma)


@dataclass(frozen=True, eq=False)
class Reading:
    """讀好的檔案。

    ``table``：數字、等級、日期（1970-01-01 起的天數）是 float64，其餘是 Categorical（水準是文字）；缺失都是
    NaN。
    ``raw``：每一格的原文，缺失的字也在，只有 ``keep_text`` 時才有。``options``：讀的時候用的規矩。
    """

    table: pd.DataFrame
    repairs: list[Repair]
    kinds: dict[str, ColumnKind]
    options: ReadOptions
    raw: pd.DataFrame | None = None

    @property
    def text(self) -> pd.DataFrame | None:
        """原文，讀成缺失的是 NaN；只有 ``keep_text`` 時才有。"""
        return None if self.raw is None else self.raw.where(self.table.notna())

    def as_text(self) -> pd.DataFrame:
        """每一格都是文字的表：數字是標準的寫法（1.0 是 "1"），日期照原來的寫法；缺失是 NaN。"""
        columns = {name: self.column_text(name) for name in self.table.columns}
        return pd.DataFrame(columns, dtype=object)

    def frame(
        self, names: Iterable[str], numbers: Container[str] = (), dates: Container[str] = ()
    ) -> pd.DataFrame:
        """模型看的表：``numbers`` 裡的欄是浮點數，其中 ``dates`` 是 datetime64；其餘是文字的 Categorical。

        ``numbers`` 裡的欄讀不成數字，引發 ``ValueError``。
        """
        return pd.DataFrame({name: self._model_column(name, numbers, dates) for name in names})

    def _model_column(self, name: str, numbers: Container[str], dates: Container[str]) -> pd.Series:
        column = self.table[name]
        if name not in numbers:
            text = isinstance(column.dtype, pd.CategoricalDtype)
            return column if text else self.column_text(name).astype("category")
        if isinstance(column.dtype, pd.CategoricalDtype) and column.notna().any():
            raise ValueError(
                f"「{name}」欄訓練時是數字，這裡卻讀成{KIND_NAMES[self.kinds[name].kind]}"
                f"（例如「{column.dropna().iloc[0]}」）；請改正，或用 --na 把那些字當缺失。"
            )
        values = column.astype(float)
        return pd.to_datetime(values, unit="D") if name in dates else values

    def recipe(self) -> dict[str, Any]:
        """可以寫成 JSON：用 ``ReadOptions.from_recipe`` 讀下一個檔案，同一欄才會讀成同一種東西。"""
        kinds = {name: f"{kind.kind}:{kind.style}".rstrip(":") for name, kind in self.kinds.items()}
        na, keep_na = list(self.options.na), list(self.options.keep_na)
        return {"na": na, "keep_na": keep_na, "as_is": self.options.as_is, "kinds": kinds}

    def column_text(self, name: str) -> pd.Series:
        """一欄的文字（見 ``as_text``）。"""
        column, kind = self.table[name], self.kinds[name]
        if not isinstance(column.dtype, pd.CategoricalDtype):
            levels, codes = np.unique(column.to_numpy(), return_inverse=True)
            write = (lambda value: write_date(value, kind.style)) if kind.kind == DATE else number_text
            texts = [np.nan if np.isnan(value) else write(float(value)) for value in levels]
            return pd.Series(np.array(texts, dtype=object)[codes], index=column.index)
        return column.astype(object)


def read_table(path: str | Path, options: ReadOptions | None = None) -> Reading:
    """讀一個檔案：CSV（各種編碼與分隔）、zip、gz、xlsx、Parquet。

    讀不到、是空的、不是表、欄數不齊、引號不成對、欄名重複、沒有資料、放不進記憶體，都引發 ``ValueError``。
    同一個檔案永遠讀成同樣的位元。
    """
    path, options = Path(path), options or ReadOptions()
    source = find_source(path)
    layout = find_layout(source, options.as_is)
    check_fits(source, layout.separator, options.memory_limit)
    source.confirm()
    options = replace(options, kinds=_checked_kinds(options.kinds, layout.header))
    columns, repairs, n_rows = _encode(source, layout, options)
    if not n_rows:
        blank = any(repair.what == "blank_rows" for repair in repairs)
        found = "表頭以下每一列都是空白" if blank else "只有表頭，沒有任何一列資料"
        raise ValueError(f"{path} {found}；請檢查檔案是否完整。")
    repairs = [*source.notices, *layout.repairs, *repairs]
    if not options.as_is:
        repairs += _drop_unnamed(columns)
    check_header([name for name, _ in columns], path)
    return _interpret(columns, repairs, options, layout.separator == ";")


def _checked_kinds(kinds: Mapping[str, str], header: Sequence[str]) -> dict[str, str]:
    """``--kind`` 的欄在不在、種類認不認得。"""
    for name in kinds:
        if name not in header:
            hint = suggestion(name, list(filter(None, header)))
            raise ValueError(f"引數 --kind 的「{name}」不在檔案裡；{hint}")
    return {name: parse_kind(kind) for name, kind in kinds.items()}


# ---- 一段一段讀 ----------------------------------------


def _encode(
    source: Source, layout: Layout, options: ReadOptions
) -> tuple[list[tuple[str, Cells]], list[Repair], int]:
    """每一欄的名字與格子、整理列時做的修改、列數。"""
    encoders = [Encoder(options.keep_text) for _ in layout.header]
    tidy = _Tidy(source, len(layout.header), options.as_is)
    rows = islice(source.open_rows(layout.separator), layout.skip, None)
    n_chunk, tail = max(1, CHUNK_CELLS // len(layout.header)), list[Row]()
    n_held = 0 if options.as_is else MOST_FOOTER_ROWS
    while chunk := list(islice(rows, n_chunk)):
        held = tail + chunk  # 最後幾列也許是頁尾，先留著
        cut = max(0, len(held) - n_held)
        tail = held[cut:]
        _extend(encoders, tidy(held[:cut]))
    repairs = _extend_without_footer(encoders, tidy, tail)
    columns = [(name, encoder.finish()) for name, encoder in zip(layout.header, encoders, strict=True)]
    return columns, [*tidy.repairs(), *repairs], tidy.n_rows


def _extend(encoders: Sequence[Encoder], rows: list[list[str]]) -> None:
    for encoder, texts in zip(encoders, zip(*rows, strict=True), strict=False):
        encoder.extend(texts)


def _extend_without_footer(encoders: Sequence[Encoder], tidy: "_Tidy", tail: list[Row]) -> list[Repair]:
    """接上檔案的最後幾列；合計與註腳不要。"""
    start = candidates(tail, len(encoders))
    _extend(encoders, tidy(tail[:start]))
    footer = tail[start:]
    cut = n_kept(footer, encoders, tidy.n_rows)
    _extend(encoders, tidy(footer[:cut]))
    dropped = [row for _, row in footer[cut:] if not _is_blank(row)]
    return [Repair("footer", before=shown(dropped[0]), cells=len(dropped))] if dropped else []


class _Tidy:
    """把一段列整理成一樣寬：空白列拿掉，列尾多出的空欄拿掉，其餘欄數不對的引發 ``ValueError``。"""

    def __init__(self, source: Source, width: int, as_is: bool) -> None:
        self.path, self.width, self.as_is = source.path, width, as_is
        #: 活頁簿的列不一定寫到最後一欄，補上空白。
        self.pads = source.separators == ("",)
        self.n_rows = self.n_blank = self.n_trailing = 0

    def __call__(self, chunk: Iterable[Row]) -> list[list[str]]:
        kept = []
        for line, row in chunk:
            if not self.as_is and _is_blank(row):
                self.n_blank += 1
                continue
            kept.append(row if len(row) == self.width else self._fitted(line, row))
        self.n_rows += len(kept)
        return kept

    def _fitted(self, line: int, row: list[str]) -> list[str]:
        if len(row) > self.width and not self.as_is and not "".join(row[self.width :]).strip():
            self.n_trailing += 1
            return row[: self.width]
        if len(row) < self.width and self.pads:
            return row + [""] * (self.width - len(row))
        raise ValueError(
            f"{self.path} 的第 {line} 行有 {len(row)} 欄，表頭卻有 {self.width} 欄；"
            "請檢查那一行的分隔與引號；是頁尾的說明就刪掉，或重新下載。"
        )

    def repairs(self) -> list[Repair]:
        """做過的修改。"""
        counts = {"blank_rows": self.n_blank, "trailing": self.n_trailing}
        return [Repair(what, cells=count) for what, count in counts.items() if count]


def _is_blank(row: list[str]) -> bool:
    """整列沒有字；多半看第一格就知道不是。"""
    return not (row and row[0].strip()) and not "".join(row).strip()


def _drop_unnamed(columns: list[tuple[str, Cells]]) -> list[Repair]:
    """拿掉 pandas 與 R 的索引欄，以及沒有名字又沒有內容的欄。"""
    repairs, blank = [], 0
    for place in reversed(range(len(columns))):
        name, cells = columns[place]
        if not name and cells.numbers is None and not any(text.strip() for text in cells.texts):
            blank += 1
            del columns[place]
    if columns and columns[0][0] in INDEX_NAMES and _is_index(columns[0][1]):
        name, cells = columns.pop(0)
        repairs.append(Repair("index", before=name or "沒有名字的第一欄", cells=len(cells.codes)))
    if blank:
        repairs.append(Repair("blank_columns", cells=blank))
    return repairs


def _is_index(cells: Cells) -> bool:
    """每一列都不同的非負整數。"""
    if cells.numbers is not None:
        values = cells.numbers
        whole = bool((values == np.floor(values)).all() and (values >= 0).all())  # 有 NaN 就不是
        return whole and len(np.unique(values)) == len(values)
    distinct = len(cells.texts) == len(cells.codes)
    return distinct and all(text.isdigit() and is_plain(text) for text in cells.texts)


# ---- 一欄一欄判斷 ----------------------------------------


def _interpret(
    columns: list[tuple[str, Cells]], repairs: list[Repair], options: ReadOptions, decimal_comma: bool
) -> Reading:
    """每一欄的值、種類與修改；讀好一欄就放掉它的原文，記憶體才不會疊起來。"""
    values, kinds, texts = {}, {}, {}
    columns.reverse()
    while columns:
        name, cells = columns.pop()
        found = interpret(name, cells, options.rules(name, decimal_comma))
        values[name], kinds[name] = found.values, found.kind
        repairs = repairs + found.repairs
        if options.keep_text:
            texts[name] = pd.Series(np.array(cells.texts, dtype=object)[cells.codes], dtype=object)
    raw = pd.DataFrame(texts, dtype=object) if options.keep_text else None
    return Reading(pd.DataFrame(values, copy=False), repairs, kinds, options, raw)
