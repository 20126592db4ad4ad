"""一欄清理過的不重複的值，與把它們讀成數的三種讀法：日期、樓層、數字。"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..missing import MISSING_AMONG_NUMBERS, folded, is_missing
from . import dates
from .cells import Number, clean, is_currency, number_text, read_number, read_storey
from .encoded import Cells
from .kinds import DATE, NUMBER
from .layout import visible
from .repairs import Repair


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
class NumberReading:
    """不重複的值讀成的數（讀不成是 NaN）。"""

    kind: str
    values: NDArray
    repairs: list[Repair]
    style: str = ""


class CleanColumn:
    """清理過的不重複的值，以及各格是哪一個。

    ``texts`` 照第一次出現的順序；``codes`` (N,) 是位置，−1 是缺失，或數字另存在 ``numbers`` 的格子。
    """

    def __init__(self, name: str, cells: Cells, rules: Rules) -> None:
        self.name, self.rules, self.numbers = name, rules, cells.numbers
        self.repairs: list[Repair] = []
        cleaned = cells.texts if rules.as_is else [clean(text) for text in cells.texts]
        counts = count_codes(cells.codes, len(cells.texts))
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
        self.counts = count_codes(self.codes, len(self.texts))
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

    def as_date(self) -> NumberReading | None:
        """日期；認不出寫法是 None。"""
        if self.numbers is not None and not np.isnan(self.numbers).all():
            return None
        style = self.rules.style or dates.find_style(self.texts, self.name)
        if style is None and (broken := dates.find_broken(self.texts, self.counts.tolist(), self.name)):
            bad = {text for text in self.texts if dates.read_date(text, broken) is None}
            self.forget(bad, "unreadable")
            style = broken
        return self.dated(style) if style else None

    def dated(self, style: str) -> NumberReading:
        """照一種寫法讀；讀不成的是 NaN。"""
        days = [dates.read_date(text, style) for text in self.texts]
        changed = [
            (text, dates.write_date(day), count)
            for text, day, count in zip(self.texts, days, self.counts, strict=True)
            if day is not None and style != "iso"
        ]
        return NumberReading(DATE, _floats(days), self._repairs("date", changed), style)

    def as_storeys(self) -> NumberReading | None:
        """樓層；有一格不是樓層，或沒有一格寫著「層」「樓」「F」，是 None。"""
        if self.numbers is not None or not self.texts or read_storey(self.texts[0]) is None:
            return None
        found = [read_storey(text) for text in self.texts]
        if None in found or not any(storey and storey[1] for storey in found):
            return None
        return self.storeyed([storey and storey[0] for storey in found])

    def storeyed(self, storeys: list[float | None]) -> NumberReading:
        """讀成的樓層；讀不成的是 NaN。"""
        changed = [
            (text, number_text(storey), count)
            for text, storey, count in zip(self.texts, storeys, self.counts, strict=True)
            if storey is not None
        ]
        return NumberReading(NUMBER, _floats(storeys), self._repairs("storey", changed))

    def as_numbers(self) -> NumberReading | None:
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

    def numbered(self, found: list[Number | None]) -> NumberReading:
        """讀成的數；讀不成的是 NaN。"""
        repairs = []
        for rule in dict.fromkeys(rule for number in found if number for rule in number.rules):
            changed = [
                (text, number_text(number.value), count)
                for text, number, count in zip(self.texts, found, self.counts, strict=True)
                if number and rule in number.rules
            ]
            repairs += self._repairs(rule, changed)
        return NumberReading(NUMBER, _floats([number and number.value for number in found]), repairs)

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


def count_codes(codes: NDArray, n: int) -> NDArray:
    """每個代碼（0 到 n − 1）各有幾格；−1（缺失）不算。"""
    return np.bincount(codes[codes >= 0], minlength=n)


def _floats(values: list) -> NDArray:
    return np.array([np.nan if value is None else value for value in values], dtype=float)
