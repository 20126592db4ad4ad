"""一欄是什麼：類別、數字、等級、日期、代碼、文字……，連同理由；猜錯了，使用者用 ``--kind`` 指定。

除了「一列加一的編號」，判斷只看不重複的值與各有幾格，與列的順序無關。
"""

import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..missing import MISSING_AMONG_NUMBERS, folded, is_missing
from . import dates
from .cells import Number, clean, is_currency, is_plain, number_text, read_number, read_storey
from .encoded import Cells
from .layout import visible
from .repairs import Repair

CATEGORY, NUMBER, ORDERED, DATE, CODE, TEXT = "category", "number", "ordered", "date", "code", "text"
CONSTANT, MISSING, IDENTIFIER = "constant", "missing", "identifier"
#: ``--kind`` 可以指定的種類與它們的中文；後三種只由資料決定。
KIND_NAMES = {
    CATEGORY: "類別", NUMBER: "數字", ORDERED: "等級", DATE: "日期", CODE: "代碼", TEXT: "文字",
    CONSTANT: "常數", MISSING: "全缺", IDENTIFIER: "編號",
}  # fmt: skip
CHOOSABLE = (CATEGORY, NUMBER, ORDERED, DATE, CODE, TEXT)
#: 表裡存成浮點數的種類。
NUMERIC = (NUMBER, ORDERED, DATE)
#: 一個類別變數的水準上限；HistGradientBoosting 的類別欄也只到 255。
MOST_LEVELS = 255
#: 自動挑選時，一個水準平均至少要出現這麼多次；姓名、編號就這樣被排除。
LEAST_REPEATS = 2
#: 等級：不超過這麼多種、範圍不超過這麼寬的整數，例如 1 到 10 分。
MOST_GRADES, WIDEST_GRADES = 12, 20
#: 一列加一的整數，要比這麼多列長才當成列的編號。
FEWEST_COUNTED = 10
#: 零的高峰：這麼多比例的格子恰好是 0，而且是次多的數的這麼多倍；其餘還有這麼多種不同的數，負數不超過
#: 這麼多。鐘點（0、6、12、18 點各四分之一）的 0 不是高峰。
SPIKE_SHARE, SPIKE_TIMES, SPIKE_DISTINCT, SPIKE_NEGATIVE = 0.2, 2, 10, 0.01
#: 平均比這麼長的字是一段話，不是編號。
LONG_TEXT = 20
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d*)\.\d+", re.ASCII)
_CODE_NAME = re.compile(
    r"代碼|代號|郵遞區號|區號|統編|統一編號|電話|手機|傳真|帳號|卡號|類碼|zip|postal|phone|(?:^|[_\s.])code$",
    re.IGNORECASE,
)
_IDENTIFIER_NAME = re.compile(
    r"編號|序號|流水號|項次|^[Nn][Oo]\.?$|(?:^|[_\s.])id$|^index$|[a-z]I[Dd]$|^[A-Z]{0,6}ID$"
)


@dataclass(frozen=True)
class ColumnKind:
    """一欄的種類與理由。

    ``numeric``：有值的格子都讀得成數字（不論種類）。``top`` 是最常見的值，``top_share`` 是它占有值的比例。
    ``zero_share``：恰好是 0 的格子占有值的比例；``spiked``：那是一座值得另外處理的高峰。``style``：日期的寫法
    （``dates.write_date`` 用）。``stopped_by``：差一點就是數字時，第一個讀不成數字的格子。
    """

    name: str
    kind: str
    reason: str
    n_levels: int = 0
    top: str = ""
    top_share: float = 0.0
    n_missing: int = 0
    numeric: bool = False
    zero_share: float = 0.0
    spiked: bool = False
    style: str = ""
    stopped_by: str = ""


def parse_kind(word: str) -> str:
    """種類的中文或英文名字 → 英文名字；不是其中之一引發 ``ValueError``。

    >>> parse_kind("數字"), parse_kind("Code")
    ('number', 'code')
    """
    names = {KIND_NAMES[kind]: kind for kind in CHOOSABLE} | {kind: kind for kind in CHOOSABLE}
    found = names.get(word.strip().lower())
    if found is None:
        accepted = "、".join(f"{KIND_NAMES[kind]}（{kind}）" for kind in CHOOSABLE)
        raise ValueError(f"引數 --kind 的種類「{word}」認不得；可用的是 {accepted}。")
    return found


@dataclass(frozen=True)
class Rules:
    """讀一欄的規矩：缺失的字、要不要修、這一欄指定的種類（``""`` 是自己判斷）。

    ``lenient``：種類是訓練時學的，讀不成的格子當缺失，不引發錯誤。``style``：訓練時日期的寫法。
    """

    words: frozenset[str]
    as_is: bool = False
    kind: str = ""
    lenient: bool = False
    style: str = ""
    decimal_comma: bool = False


@dataclass(frozen=True)
class Interpreted:
    """讀好的一欄：``values`` 是 float64（數字、日期）或 Categorical。"""

    values: pd.Series
    kind: ColumnKind
    repairs: list[Repair]


def interpret(name: str, cells: Cells, rules: Rules) -> Interpreted:
    """一欄的原文 → 值、種類、做過的修改；指定的種類做不到，引發 ``ValueError``。"""
    column = _Column(name, cells, rules)
    if rules.kind:
        return _as_told(column)
    reading = column.as_date() if not rules.as_is else None
    reading = reading or (column.as_storeys() if not rules.as_is else None) or column.as_numbers()
    return _numeric(column, reading) if reading else _textual(column)


@dataclass(frozen=True)
class _Reading:
    """不重複的值讀成的數（讀不成是 NaN）。"""

    kind: str
    values: NDArray
    repairs: list[Repair]
    style: str = ""


class _Column:
    """清理過的不重複的值，以及各格是哪一個。

    ``texts`` 照第一次出現的順序；``codes`` (N,) 是位置，−1 是缺失，或數字另存在 ``numbers`` 的格子。
    """

    def __init__(self, name: str, cells: Cells, rules: Rules) -> None:
        self.name, self.rules, self.numbers = name, rules, cells.numbers
        self.repairs: list[Repair] = []
        cleaned = cells.texts if rules.as_is else [clean(text) for text in cells.texts]
        counts = _count(cells.codes, len(cells.texts))
        self._say("invisible", [
            (visible(before), after, count)
            for before, after, count in zip(cells.texts, cleaned, counts, strict=True)
            if before != after and after
        ])  # fmt: skip
        longest = max(map(len, rules.words))  # 換成半形只會變長：比最長的字還長的不必比
        missing = [len(text) <= longest and is_missing(text, rules.words) for text in cleaned]
        self._say("missing", [
            (text, "", count)
            for text, gone, count in zip(cleaned, missing, counts, strict=True)
            if gone and text
        ])  # fmt: skip
        known = [None if gone else text for text, gone in zip(cleaned, missing, strict=True)]
        self._index(cells.codes, known)

    def _index(self, codes: NDArray, texts: list[str | None]) -> None:
        """一樣的字合成一個，缺失是 −1。"""
        self._found: list[Number | None] | None = None
        places: dict[str, int] = {}
        mapping = [-1 if text is None else places.setdefault(text, len(places)) for text in texts]
        self.texts = list(places)
        self.codes = np.array([*mapping, -1])[codes].astype(np.int32, copy=False)
        self.counts = _count(self.codes, len(self.texts))
        unseen = codes < 0 if self.numbers is not None else np.zeros(len(codes), dtype=bool)
        self.n_missing = int(((self.codes < 0) & ~unseen).sum())
        self.n_known = len(codes) - self.n_missing

    def forget(self, texts: set[str], what: str) -> None:
        """把這些字也當成缺失。"""
        self._say(what, [(t, "", n) for t, n in zip(self.texts, self.counts, strict=True) if t in texts])
        self._index(self.codes, [None if text in texts else text for text in self.texts])

    def _say(self, what: str, cells: list[tuple[str, str, int]]) -> None:
        """一種修改一行：第一格由什麼變成什麼，一共幾格。"""
        if cells:
            before, after, _ = cells[0]
            total = sum(int(count) for _, _, count in cells)
            if what in ("missing", "unreadable"):
                before = "、".join(dict.fromkeys(before for before, _, _ in cells))
            self.repairs.append(Repair(what, self.name, before, after, total))

    def values(self, per_text: NDArray) -> NDArray:
        """各格的數 (N,)：不重複的值各是 ``per_text``，缺失是 NaN。"""
        values = np.append(per_text, np.nan)[self.codes]
        if self.numbers is None:
            return values
        return np.where(np.isnan(self.numbers), values, self.numbers)

    def first_row(self, code: int) -> int:
        """第一個是這個值的格子在第幾列資料（由 1 起）。"""
        return int(np.argmax(self.codes == code)) + 1

    # ---- 三種讀法 ----------------------------------------

    def as_date(self) -> _Reading | None:
        """日期；認不出寫法是 None。"""
        if self.numbers is not None and not np.isnan(self.numbers).all():
            return None
        style = self.rules.style or dates.find_style(self.texts, self.name)
        if style is None and (broken := dates.find_broken(self.texts, self.counts.tolist(), self.name)):
            bad = {text for text in self.texts if dates.read_date(text, broken) is None}
            self.forget(bad, "unreadable")
            style = broken
        return self.dated(style) if style else None

    def dated(self, style: str) -> _Reading:
        """照一種寫法讀；讀不成的是 NaN。"""
        days = [dates.read_date(text, style) for text in self.texts]
        changed = [
            (text, dates.write_date(day), count)
            for text, day, count in zip(self.texts, days, self.counts, strict=True)
            if day is not None and style != "iso"
        ]
        return _Reading(DATE, _floats(days), self._repairs("date", changed), style)

    def as_storeys(self) -> _Reading | None:
        """樓層；有一格不是樓層，或沒有一格寫著「層」「樓」「F」，是 None。"""
        if self.numbers is not None or not self.texts or read_storey(self.texts[0]) is None:
            return None
        found = [read_storey(text) for text in self.texts]
        if None in found or not any(storey and storey[1] for storey in found):
            return None
        return self.storeyed([storey and storey[0] for storey in found])

    def storeyed(self, storeys: list[float | None]) -> _Reading:
        """讀成的樓層；讀不成的是 NaN。"""
        changed = [
            (text, number_text(storey), count)
            for text, storey, count in zip(self.texts, storeys, self.counts, strict=True)
            if storey is not None
        ]
        return _Reading(NUMBER, _floats(storeys), self._repairs("storey", changed))

    def as_numbers(self) -> _Reading | None:
        """數字；有一格讀不成是 None。數字之間的 None 是缺失。"""
        found = self.read_numbers()
        bad = {text for text, number in zip(self.texts, found, strict=True) if number is None}
        words = {folded(word) for word in MISSING_AMONG_NUMBERS}
        few = 0 < len(bad) < 10 and not self.rules.as_is
        if few and {folded(text) for text in bad} <= words and self.numeric_share(found) > 0.5:
            self.forget(bad, "missing")
            found = [number for number in found if number is not None]
            bad = set()
        return None if bad or not self.n_known else self.numbered(found)

    def numbered(self, found: list[Number | None]) -> _Reading:
        """讀成的數；讀不成的是 NaN。"""
        repairs = []
        for rule in dict.fromkeys(rule for number in found if number for rule in number.rules):
            changed = [
                (text, number_text(number.value), count)
                for text, number, count in zip(self.texts, found, self.counts, strict=True)
                if number and rule in number.rules
            ]
            repairs += self._repairs(rule, changed)
        return _Reading(NUMBER, _floats([number and number.value for number in found]), repairs)

    def read_numbers(self) -> list[Number | None]:
        """每個不重複的值讀成的數；單位不只一種，少的那幾種不算數字。"""
        if self._found is None:
            self._found = self._read_numbers()
        return self._found

    def _read_numbers(self) -> list[Number | None]:
        if self.rules.as_is:
            return [_plainly(text) for text in self.texts]
        found = [read_number(text) for text in self.texts]
        if self.rules.decimal_comma and None in found:
            european = [read_number(text, decimal_comma=True) for text in self.texts]
            found = found if None in european else european
        if None in found and any(found):  # 有不帶括號的數字作伴，括號才是負數
            pairs = zip(self.texts, found, strict=True)
            found = [number or read_number(text, brackets=True) for text, number in pairs]
        return self._same_unit(found)

    def _same_unit(self, found: list[Number | None]) -> list[Number | None]:
        """% 與「坪」這類單位要整欄都是；幣別只能有一種（有的沒寫沒關係）。"""
        cells: dict[str, int] = {}
        for number, count in zip(found, self.counts, strict=True):
            if number:
                cells[number.unit] = cells.get(number.unit, 0) + int(count)
        if self.numbers is not None:
            cells[""] = cells.get("", 0) + int((~np.isnan(self.numbers)).sum())
        usual = max(cells, key=lambda unit: (cells[unit], unit)) if cells else ""
        partner = _only_currency(cells) if not usual else "" if is_currency(usual) else usual
        units = {usual, partner}
        return [number if number and number.unit in units else None for number in found]

    def numeric_share(self, found: list[Number | None]) -> float:
        """有值的格子裡，讀得成數字的比例。"""
        good = sum(int(count) for number, count in zip(found, self.counts, strict=True) if number)
        spilled = 0 if self.numbers is None else int((~np.isnan(self.numbers)).sum())
        return (good + spilled) / self.n_known if self.n_known else 0.0

    def _repairs(self, what: str, changed: list[tuple[str, str, int]]) -> list[Repair]:
        total = sum(int(count) for _, _, count in changed)
        return [Repair(what, self.name, changed[0][0], changed[0][1], total)] if changed else []


def _only_currency(cells: dict[str, int]) -> str:
    """沒有單位的格子最多時，作伴的幣別只有一種才算數。"""
    currencies = [unit for unit in cells if is_currency(unit)]
    return currencies[0] if len(currencies) == 1 else ""


def _plainly(text: str) -> Number | None:
    """--as-is 時，只有 pandas 也認得的數字才是數字。"""
    number = read_number(text)
    return number if number and not number.rules else None


def _count(codes: NDArray, n: int) -> NDArray:
    return np.bincount(codes[codes >= 0], minlength=n)


def _floats(values: list) -> NDArray:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


# ---- 指定的種類 ----------------------------------------


def _as_told(column: _Column) -> Interpreted:
    """照 ``--kind`` 或訓練時的種類讀。"""
    kind, told = column.rules.kind, "訓練時的種類" if column.rules.lenient else "--kind 指定"
    if kind in (CATEGORY, CODE, TEXT):
        found = _textual(column, column.as_numbers() if kind != TEXT else None)
        return replace(found, kind=replace(found.kind, kind=kind, reason=told))
    reading = _told_date(column) if kind == DATE else _told_number(column)
    bad = [text for text, value in zip(column.texts, reading.values, strict=True) if np.isnan(value)]
    if bad and not column.rules.lenient:
        row = column.first_row(column.texts.index(bad[0]))
        raise ValueError(
            f"引數 --kind 說「{column.name}」是{KIND_NAMES[kind]}，第 {row} 列資料卻是「{bad[0]}」；"
            f"請改正那一格、用 --na 把它當缺失，或換一個種類。"
        )
    repairs = [*column.repairs, *reading.repairs]
    if bad:
        cells = sum(int(n) for t, n in zip(column.texts, column.counts, strict=True) if t in set(bad))
        repairs.append(Repair("unreadable", column.name, bad[0], "", cells))
    values = column.values(reading.values)
    facts = _facts(column, kind, told, values, reading.style)
    return Interpreted(pd.Series(values, name=column.name), facts, repairs)


def _told_date(column: _Column) -> _Reading:
    """訓練時的寫法、認得出的寫法，或讀得成最多值的寫法（訊息才指得出第一個讀不成的）。"""
    column.texts, column.codes = _texts_of(column)
    column.numbers, column.counts = None, _count(column.codes, len(column.texts))
    style = column.rules.style or dates.find_style(column.texts, column.name)
    if style is None:
        count = {
            name: sum(dates.read_date(t, name) is not None for t in column.texts) for name in dates.STYLES
        }
        style = max(count, key=lambda name: count[name])
    return column.dated(style)


def _told_number(column: _Column) -> _Reading:
    """數字或樓層，讀得成的格子多的那一種。"""
    numbers = column.numbered(column.read_numbers())
    storeys = [read_storey(text) for text in column.texts]
    if column.numbers is None and sum(map(bool, storeys)) > np.isfinite(numbers.values).sum():
        return column.storeyed([storey and storey[0] for storey in storeys])
    return numbers


# ---- 讀成數的欄 ----------------------------------------


def _numeric(column: _Column, reading: _Reading) -> Interpreted:
    """數字的欄：真的是數字，還是用數字寫的代碼、編號、兩種值的類別？"""
    values = column.values(reading.values)
    facts = _facts(column, reading.kind, "", values, reading.style)
    if facts.n_levels == 1:
        kind, reason = CONSTANT, "只有一個值，沒有東西可學"
    elif reading.kind == DATE:
        kind, reason = DATE, _date_reason(reading)
    else:
        kind, reason = _numeric_kind(column, values, facts)
    if kind in (CATEGORY, CODE, IDENTIFIER):
        found = _textual(column, reading)
        return replace(found, kind=replace(found.kind, kind=kind, reason=reason))
    facts = replace(facts, kind=kind, reason=reason, spiked=facts.spiked and kind == NUMBER)
    repairs = [*column.repairs, *reading.repairs]
    return Interpreted(pd.Series(values, name=column.name), facts, repairs)


def _date_reason(reading: _Reading) -> str:
    return "日期，換成 1970-01-01 起的天數" + ("（民國）" if reading.style.startswith("roc") else "")


def _numeric_kind(column: _Column, values: NDArray, facts: ColumnKind) -> tuple[str, str]:
    padded = next((text for text in column.texts if re.fullmatch(r"0\d+", text, re.ASCII)), None)
    if padded is not None:
        return CODE, f"開頭有 0（{padded}），是代碼"
    if any(re.fullmatch(r"\d{16,}", text, re.ASCII) for text in column.texts):
        return IDENTIFIER, "16 位以上的數字，是編號"
    known = values[~np.isnan(values)]
    whole = bool((known == np.round(known)).all())
    if whole and _IDENTIFIER_NAME.search(column.name) and facts.n_levels == len(known) > 1:
        return IDENTIFIER, "欄名像編號，每一列都不同"
    if whole and (_CODE_NAME.search(column.name) or _IDENTIFIER_NAME.search(column.name)):
        return CODE, "欄名像代碼，數字的大小沒有意思"
    if _counts_rows(column, known):
        return IDENTIFIER, "由上到下一列加一，是列的編號"
    if facts.n_levels == 2:
        return CATEGORY, "只有兩種值，當類別"
    if whole and facts.n_levels <= MOST_GRADES and known.max() - known.min() <= WIDEST_GRADES:
        return ORDERED, f"{facts.n_levels} 種整數，有大小，仍當數字"
    digits = 1 if facts.zero_share > 0.99 else 0
    spike = f"；{facts.zero_share:.{digits}%} 恰好是 0" if facts.spiked else ""
    return NUMBER, f"數字{spike}"


def _counts_rows(column: _Column, known: NDArray) -> bool:
    """整欄是 0 或 1 開始、一列加一的整數（寫著「樓」「元」的不是）。"""
    bare = column.numbers is not None or is_plain(column.texts[0])
    return bare and len(known) > FEWEST_COUNTED and known[0] in (0, 1) and bool((np.diff(known) == 1).all())


def _facts(column: _Column, kind: str, reason: str, values: NDArray, style: str) -> ColumnKind:
    known = values[~np.isnan(values)]
    levels, counts = np.unique(known, return_counts=True)
    if not len(levels):
        return ColumnKind(column.name, MISSING, "整欄都是缺失", n_missing=len(values))
    place = int(np.argmax(counts))  # 一樣多時是最小的數：與列的順序無關
    top = dates.write_date(levels[place], style) if kind == DATE else number_text(float(levels[place]))
    zeros = float((known == 0).mean()) if kind != DATE else 0.0
    spiked = kind != DATE and _is_spiked(levels, counts / len(known))
    share, n_missing = float(counts[place]) / len(known), len(values) - len(known)
    return ColumnKind(
        column.name, kind, reason, len(levels), top, share, n_missing,
        numeric=kind != DATE, zero_share=zeros, spiked=spiked, style=style,
    )  # fmt: skip


def _is_spiked(levels: NDArray, shares: NDArray) -> bool:
    """0 占 ``SPIKE_SHARE`` 以上，遠多於別的數；別的數有很多種，幾乎沒有負數。"""
    zero, others = shares[levels == 0].sum(), shares[levels != 0]
    if len(others) < SPIKE_DISTINCT or zero < SPIKE_SHARE:
        return False
    return bool(zero >= SPIKE_TIMES * others.max() and shares[levels < 0].sum() <= SPIKE_NEGATIVE)


# ---- 當文字的欄 ----------------------------------------


def _textual(column: _Column, reading: _Reading | None = None) -> Interpreted:
    """類別、代碼、文字的欄：照字典順序的 Categorical。``reading`` 給了就用數字的標準寫法（1.0 是 1）。"""
    texts, codes = _texts_of(column)
    repairs = list(column.repairs)
    if not column.rules.as_is:
        texts, codes, merged = _canonical(column.name, texts, codes)
        repairs += merged
    counts = _count(codes, len(texts))
    kind, reason, stopped_by = _textual_kind(column, texts, counts)
    order = sorted(range(len(texts)), key=texts.__getitem__)
    ranks = np.empty(len(texts) + 1, dtype=np.int32)
    ranks[order], ranks[-1] = np.arange(len(texts)), -1
    categories = pd.Index([texts[place] for place in order], dtype=object)
    values = pd.Series(pd.Categorical.from_codes(ranks[codes], categories=categories), name=column.name)
    top = min(range(len(texts)), key=lambda place: (-counts[place], texts[place]), default=None)
    facts = ColumnKind(
        column.name, kind, reason, len(texts), "" if top is None else texts[top],
        0.0 if top is None else float(counts[top]) / column.n_known, column.n_missing,
        numeric=reading is not None, stopped_by=stopped_by,
    )  # fmt: skip
    return Interpreted(values, facts, repairs)


def _texts_of(column: _Column) -> tuple[list[str], NDArray]:
    """把另存的數字寫回文字。"""
    if column.numbers is None:
        return column.texts, column.codes
    levels, places = np.unique(column.numbers, return_inverse=True)
    levels = levels[~np.isnan(levels)]
    texts = [*column.texts, *(number_text(float(value)) for value in levels)]
    codes = np.where(np.isnan(column.numbers), column.codes, places + len(column.texts))
    return texts, codes.astype(np.int32)


def _canonical(name: str, texts: list[str], codes: NDArray) -> tuple[list[str], NDArray, list[Repair]]:
    """整數寫成的小數（1.0）改回整數（1）；欄裡有真的小數（1.5）就都不動。"""
    dotted = [text for text in texts if "." in text and text[-1].isdigit()]
    decimals = [text for text in dotted if _DECIMAL.fullmatch(text)]
    if not decimals or any(text.rpartition(".")[2].strip("0") for text in decimals):
        return texts, codes, []
    whole = {text: text.partition(".")[0] for text in decimals}
    places: dict[str, int] = {}
    mapping = [places.setdefault(whole.get(text, text), len(places)) for text in texts]
    cells = sum(int(n) for t, n in zip(texts, _count(codes, len(texts)), strict=True) if t in whole)
    merged = np.array([*mapping, -1])[codes]
    return list(places), merged, [Repair("code", name, decimals[0], whole[decimals[0]], cells)]


def _textual_kind(column: _Column, texts: list[str], counts: NDArray) -> tuple[str, str, str]:
    """(種類, 理由, 差一點就是數字時擋路的格子)。"""
    if not texts:
        return MISSING, "整欄都是缺失", ""
    if len(texts) == 1:
        return CONSTANT, "只有一個值，沒有東西可學", ""
    stopped_by, why = _stopped(column)
    if len(texts) * LEAST_REPEATS > column.n_known:
        mean_length = sum(len(t) * int(n) for t, n in zip(texts, counts, strict=True)) / column.n_known
        if why or mean_length > LONG_TEXT:
            return TEXT, f"{why}幾乎每一列都是不同的文字", stopped_by
        return IDENTIFIER, "幾乎每一列都不同，像是編號或名字", stopped_by
    if len(texts) > MOST_LEVELS:
        return TEXT, f"{why}有 {len(texts):,} 種不同的字，超過 {MOST_LEVELS} 個水準", stopped_by
    return CATEGORY, f"{why}文字", stopped_by


def _stopped(column: _Column) -> tuple[str, str]:
    """多半是數字的欄，是哪一格擋住了。"""
    found = column.read_numbers()
    share = column.numeric_share(found)
    if not 0.5 <= share < 1:
        return "", ""
    place = found.index(None)
    text = column.texts[place]
    shown = "99.9% 以上" if share > 0.999 else f"{share:.0%}"
    return text, f"{shown}的格子是數字，可是第 {column.first_row(place)} 列資料是「{text}」；"
