"""判斷一欄是什麼，連同理由；猜錯了，使用者用 ``--kind`` 指定。

除了「一列加一的編號」，判斷只看不重複的值與各有幾格，與列的順序無關。
"""

import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from . import dates
from .cells import is_plain, number_text, read_storey
from .column import CleanColumn, NumberReading, Rules, count_codes
from .encoded import Cells
from .kinds import (
    ALMOST_ALL,
    CATEGORY,
    CODE,
    CONSTANT,
    DATE,
    IDENTIFIER,
    KIND_NAMES,
    LEAST_REPEATS,
    MISSING,
    MOST_LEVELS,
    NUMBER,
    ORDERED,
    TEXT,
    ColumnKind,
    seldom_repeats,
)
from .repairs import Repair

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
    r"編號|序號|流水號|項次|列號|^[Nn][Oo]\.?$|(?:^|[_\s.])id$|^index$|[a-z]I[Dd]$|^[A-Z]{0,6}ID$"
    r"|^row[_ .]?(?:names?|numbers?|id)$|^Unnamed: ?\d+$"
)


@dataclass(frozen=True)
class Interpreted:
    """讀好的一欄：``values`` 是 float64（數字、日期）或 Categorical。"""

    values: pd.Series
    kind: ColumnKind
    repairs: list[Repair]


def interpret(name: str, cells: Cells, rules: Rules) -> Interpreted:
    """一欄的原文 → 值、種類、做過的修改；指定的種類做不到，引發 ``ValueError``。"""
    column = CleanColumn(name, cells, rules)
    if rules.kind:
        return _as_told(column)
    reading = column.as_date() if not rules.as_is else None
    reading = reading or (column.as_storeys() if not rules.as_is else None) or column.as_numbers()
    return _numeric(column, reading) if reading else _textual(column)


# ---- 指定的種類 ----------------------------------------


def _as_told(column: CleanColumn) -> Interpreted:
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


def _told_date(column: CleanColumn) -> NumberReading:
    """訓練時的寫法、認得出的寫法，或讀得成最多值的寫法（訊息才指得出第一個讀不成的）。"""
    column.texts, column.codes = _texts_of(column)
    column.numbers, column.counts = None, count_codes(column.codes, len(column.texts))
    style = column.rules.style or dates.find_style(column.texts, column.name)
    if style is None:
        count = {
            name: sum(dates.read_date(t, name) is not None for t in column.texts) for name in dates.STYLES
        }
        style = max(count, key=lambda name: count[name])
    return column.dated(style)


def _told_number(column: CleanColumn) -> NumberReading:
    """數字或樓層，讀得成的格子多的那一種。"""
    numbers = column.numbered(column.read_numbers())
    storeys = [read_storey(text) for text in column.texts]
    if column.numbers is None and sum(map(bool, storeys)) > np.isfinite(numbers.values).sum():
        return column.storeyed([storey and storey[0] for storey in storeys])
    return numbers


# ---- 讀成數的欄 ----------------------------------------


def _numeric(column: CleanColumn, reading: NumberReading) -> Interpreted:
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


def _date_reason(reading: NumberReading) -> str:
    return "日期，換成 1970-01-01 起的天數" + ("（民國）" if reading.style.startswith("roc") else "")


def _numeric_kind(column: CleanColumn, values: NDArray, facts: ColumnKind) -> tuple[str, str]:
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


def _counts_rows(column: CleanColumn, known: NDArray) -> bool:
    """整欄是 0 或 1 開始、一列加一的整數（寫著「樓」「元」的不是）。"""
    bare = column.numbers is not None or is_plain(column.texts[0])
    return bare and len(known) > FEWEST_COUNTED and known[0] in (0, 1) and bool((np.diff(known) == 1).all())


def _facts(column: CleanColumn, kind: str, reason: str, values: NDArray, style: str) -> ColumnKind:
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


def _textual(column: CleanColumn, reading: NumberReading | None = None) -> Interpreted:
    """類別、代碼、文字的欄：照字典順序的 Categorical。``reading`` 給了就用數字的標準寫法（1.0 是 1）。"""
    texts, codes = _texts_of(column)
    repairs = list(column.repairs)
    if not column.rules.as_is:
        texts, codes, merged = _canonical(column.name, texts, codes)
        repairs += merged
    counts = count_codes(codes, len(texts))
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


def _texts_of(column: CleanColumn) -> tuple[list[str], NDArray]:
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
    cells = sum(int(n) for t, n in zip(texts, count_codes(codes, len(texts)), strict=True) if t in whole)
    merged = np.array([*mapping, -1])[codes]
    return list(places), merged, [Repair("code", name, decimals[0], whole[decimals[0]], cells)]


def _textual_kind(column: CleanColumn, texts: list[str], counts: NDArray) -> tuple[str, str, str]:
    """(種類, 理由, 差一點就是數字時擋路的格子)。"""
    if not texts:
        return MISSING, "整欄都是缺失", ""
    if len(texts) == 1:
        return CONSTANT, "只有一個值，沒有東西可學", ""
    stopped_by, why = _stopped(column)
    if len(texts) * LEAST_REPEATS > column.n_known:
        mean_length = sum(len(t) * int(n) for t, n in zip(texts, counts, strict=True)) / column.n_known
        long = bool(why) or mean_length > LONG_TEXT
        said = seldom_repeats(len(texts), column.n_known, "是文字" if long else "像是編號或名字")
        almost_all = len(texts) >= ALMOST_ALL * column.n_known
        return IDENTIFIER if almost_all and not long else TEXT, f"{why}{said}", stopped_by
    if len(texts) > MOST_LEVELS:
        return TEXT, f"{why}有 {len(texts):,} 種不同的字，超過 {MOST_LEVELS} 個水準", stopped_by
    return CATEGORY, f"{why}文字", stopped_by


def _stopped(column: CleanColumn) -> tuple[str, str]:
    """多半是數字的欄，是哪一格擋住了。"""
    found = column.read_numbers()
    share = column.numeric_share(found)
    if not 0.5 <= share < 1:
        return "", ""
    place = found.index(None)
    text = column.texts[place]
    shown = "99.9% 以上" if share > 0.999 else f"{share:.0%}"
    return text, f"{shown}的格子是數字，可是第 {column.first_row(place)} 列資料是「{text}」；"
