"""空白是「沒有」，還是「不知道」？由資料裡的證據一欄一欄判斷（第 10 章的問題，問一般的檔案）。

證據由強到弱：
1. 別的欄決定它：某一欄的某些值一出現，這一欄就空白，別的值就有值（車庫面積是 0 ⇔ 車庫的品質空白）；
2. 與別的欄一起空白：總是同樣的幾列（地下室的五欄）；
3. 空白占一半以上，而且沒有一個水準在說「沒有」。
都沒有，就是「不知道」。判成「沒有」的欄，空白寫成水準「無」；證據說東西其實在的格子，仍是缺失。
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .likeness import Kinds, gaps_together
from .missing import NONE

#: φ 相關到這麼高，才說「決定」與「一起」；空白、決定它的值都至少要有這麼多列。
STRONG, FEWEST_CELLS = 0.8, 5
#: 某個值的列有這麼多是空白，那個值才算在「決定」裡；決定它的欄至少要在這麼多的空白上有值。
ALMOST_ALWAYS, MOSTLY_KNOWN = 0.9, 0.8
#: 碰巧這麼相關的機率，乘上比過的次數，要小於這個數。
CHANCE = 1e-3
#: 單憑空白多，要占這麼多；一起空白的欄占了這麼多欄，就是整列沒填。
LARGE, WHOLE_ROW = 0.5, 0.5
#: 大表只看這麼多列。
MOST_ROWS = 50_000
#: 水準本身就在說「沒有」：一定是的，與可能是的（有沒有的「沒有」，或是非題的「否」）。
SAYS_NONE = frozenset({NONE, "沒有", "none", "nil", "nothing"})
SAYS_NO = SAYS_NONE | {"no", "n", "否", "false", "0"}
#: 水準在說「不知道」：由它決定的空白，也是不知道。
SAYS_UNKNOWN = frozenset(
    {"不詳", "未知", "不明", "不知道", "未填", "拒答", "unknown", "unk", "?", "n/a", "not known"}
)
#: 句子裡一再出現的話。
USE_LEVEL, USE_ZEROS = "請用 --missing level", "請用 --missing zeros"
DOCUMENTED = f"資料的說明若寫明空白就是沒有，{USE_LEVEL}"
#: --missing level 只改類別的欄；數字的空白若是「沒有」，只能不要用補出來的數。
NOT_FILLED = "補出來的數就不要用"
DOCUMENTED_NUMBER = f"資料的說明若寫明空白就是沒有，{NOT_FILLED}"
NO_PATTERN = "，與別的欄看不出關係"


@dataclass(frozen=True)
class Rule:
    """哪些空白是「沒有」，可以存成 JSON，也可以套到新的列。

    ``determinant`` 的值在 ``values`` 裡（都寫成文字），空白是「沒有」；不在裡面，東西其實在，是缺失。那一欄也
    空白，就看 ``partners``：它們全部空白才是「沒有」，沒有 ``partners`` 就是缺失。不寫 ``determinant``
    （或表裡沒有那一欄），只看 ``partners``；連 ``partners`` 也沒有，空白都是「沒有」。
    """

    determinant: str | None = None
    values: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()

    def means_none(self, frame: pd.DataFrame, column: str) -> NDArray:
        """這一欄的哪些空白是「沒有」，布林 (N,)。"""
        gaps = frame[column].isna().to_numpy()
        partners = [name for name in self.partners if name in frame.columns]
        together = frame[partners].isna().all(axis=1).to_numpy() if partners else None
        if self.determinant is None or self.determinant not in frame.columns:
            return gaps if together is None else gaps & together
        texts = as_text(frame[self.determinant])
        determined = np.isin(texts.to_numpy(dtype=object, na_value=""), self.values)
        unknown = texts.isna().to_numpy()
        return gaps & (determined | (unknown & together if together is not None else False))

    def to_dict(self) -> dict[str, Any]:
        """給 JSON 的字典。"""
        return {"determinant": self.determinant, "values": list(self.values), "partners": list(self.partners)}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """由 ``to_dict`` 讀回。"""
        return cls(document["determinant"], tuple(document["values"]), tuple(document["partners"]))


@dataclass(frozen=True)
class Verdict:
    """一欄的判決：``rule`` 是 None 就是「不知道」。

    ``evidence`` 是「決定」「一起」「多」「少」「無」之一；``reason`` 是一句理由；``unless`` 是什麼會改變
    判斷；``n_gaps`` 與 ``n_rows`` 是空白與全部的列；``n_kept`` 是判成「沒有」的欄裡仍是缺失的格子。
    """

    column: str
    kind: str
    n_gaps: int
    n_rows: int
    evidence: str
    reason: str
    unless: str
    rule: Rule | None = None
    n_kept: int = 0

    @property
    def is_level(self) -> bool:
        """空白是「沒有」（一個水準）嗎？"""
        return self.rule is not None

    def sentence(self) -> str:
        """給終端機與報告的一句。"""
        answer = "空白是「沒有」" if self.is_level else "空白是不知道"
        kept = f"（其中 {self.n_kept:,} 格別的欄說東西在，或說不準，仍是缺失）" if self.n_kept else ""
        return f"「{self.column}」{answer}{kept}：{self.reason}。{self.unless}。"


def as_text(column: pd.Series) -> pd.Series:
    """每一格的文字，缺失仍是缺失；整數值的數字不寫小數點，0 與 0.0 才是同一個值。"""
    return column.map(_one_text, na_action="ignore").astype(object)


def _one_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.12g}" if isinstance(value, float | np.floating) else str(value)


def _listed(names: Sequence[str], most: int) -> str:
    return "、".join(names[:most]) + ("……" if len(names) > most else "")


def _already(word: str) -> str:
    return f"；可是水準「{word}」已經在說沒有"


# ---- 判斷 ----------------------------------------


def examine(frame: pd.DataFrame, kinds: Kinds, seed: int = 0) -> list[Verdict]:
    """每一個有空白的欄一個判決，照 ``kinds`` 的順序；``frame`` 可以另有別的欄（例如不進模型的），不看。

    超過 50,000 列只看隨機的 50,000 列（``seed``）；裡面沒有空白的欄就不在結果裡。

    >>> homes = pd.DataFrame({"車庫": ["獨立", "相連", None, None, "獨立", None, None, None] * 5,
    ...                       "車位": [1.0, 2, 0, 0, 1, 0, 0, 0] * 5})
    >>> verdict, = examine(homes, Kinds(["車庫"], ["車位"]))
    >>> verdict.is_level, verdict.rule.determinant, verdict.rule.values
    (True, '車位', ('0',))
    """
    sample = frame[kinds.names]
    if len(sample) > MOST_ROWS:
        sample = sample.iloc[np.sort(np.random.default_rng(seed).permutation(len(sample))[:MOST_ROWS])]
    return _Examination(sample, kinds).verdicts()


def name_gaps(frame: pd.DataFrame, verdicts: Iterable[Verdict]) -> pd.DataFrame:
    """照判決把類別欄的「沒有」寫成「無」；數字的欄不動。傳回新的表，原來的不動。"""
    rules = {verdict.column: verdict.rule for verdict in verdicts if verdict.kind == "類別" and verdict.rule}
    return apply_rules(frame, rules)


def apply_rules(frame: pd.DataFrame, rules: Mapping[str, Rule]) -> pd.DataFrame:
    """照存下來的規則改寫一張新的表；規則由原來的表看，不看改到一半的。"""
    named = frame.copy()
    for column, rule in rules.items():
        cells = frame[column].astype(object)
        named[column] = cells.mask(rule.means_none(frame, column), NONE)
    return named


def absent_numbers(frame: pd.DataFrame, verdicts: Iterable[Verdict]) -> pd.DataFrame:
    """數字的欄裡哪些空白是「沒有」（沒有車庫，就沒有車庫的年份）：布林的表，一欄一個判成「沒有」的數字。"""
    found = {
        verdict.column: verdict.rule.means_none(frame, verdict.column)
        for verdict in verdicts
        if verdict.kind == "數字" and verdict.rule
    }
    return pd.DataFrame(found, index=frame.index, dtype=bool)


@dataclass(frozen=True)
class _Determinant:
    """決定空白的欄：值、φ、那些值的列數、其中空白的列數、別的值的列數、其中空白的列數。"""

    column: str
    values: tuple[str, ...]
    phi: float
    n_inside: int
    gaps_inside: int
    n_outside: int
    gaps_outside: int


class _Examination:
    def __init__(self, frame: pd.DataFrame, kinds: Kinds) -> None:
        self.frame, self.kinds = frame, kinds
        self.missing = frame.isna().to_numpy()
        self.phi = gaps_together(self.missing)
        self.coded = [
            pd.factorize(frame[name].to_numpy(dtype=object, na_value=np.nan)) for name in kinds.names
        ]
        self.numeric = np.array([name in set(kinds.numbers) for name in kinds.names])
        # 每一個有空白的欄，與每一欄各比兩次（值、空白）。
        self.n_compared = max(1, 2 * int(self.missing.any(axis=0).sum()) * len(kinds.names))

    def verdicts(self) -> list[Verdict]:
        return [self.verdict(int(column)) for column in np.flatnonzero(self.missing.any(axis=0))]

    def verdict(self, column: int) -> Verdict:
        gaps = self.missing[:, column]
        n_gaps = int(gaps.sum())
        if n_gaps == len(gaps):
            return self._unknown(column, "無", "整欄都是空白", "有值的列才說得出空白的意思")
        if n_gaps < FEWEST_CELLS:
            return self._unknown(column, "少", f"只有 {n_gaps} 格空白，看不出規律", self._documented(column))
        found = self.determinant(column)
        if found is not None:
            return self._by_determinant(column, found)
        partners = self.partners(column)
        if partners and not self.numeric[column]:
            return self._by_partners(column, partners)
        return self._by_share(column, partners)

    # ---- 證據 ----------------------------------------

    def determinant(self, column: int) -> _Determinant | None:
        """φ 最大的一欄；一樣大時，取先出現的。"""
        others = [other for other in range(len(self.kinds.names)) if other != column]
        found = [found for other in others if (found := self._determined_by(column, other)) is not None]
        return max(found, key=lambda one: one.phi, default=None)

    def _determined_by(self, column: int, other: int) -> _Determinant | None:
        (codes, levels), gaps = self.coded[other], self.missing[:, column]
        known = codes >= 0
        if gaps[known].sum() < MOSTLY_KNOWN * gaps.sum():
            return None
        counts = np.bincount(codes[known], minlength=len(levels))
        empty = np.bincount(codes[known & gaps], minlength=len(levels))
        # 每列都不同的欄（編號）怎麼湊都湊得出來，所以一個值至少要有 5 列。
        chosen = (counts >= FEWEST_CELLS) & (empty >= ALMOST_ALWAYS * counts)
        inside = chosen[codes[known]]
        if not inside.any() or inside.all() or gaps[known].all():
            return None
        phi = float(np.corrcoef(inside, gaps[known])[0, 1])
        n_known, n_gaps = int(known.sum()), int(gaps[known].sum())
        n_inside, gaps_inside = int(inside.sum()), int(empty[chosen].sum())
        if phi < STRONG or not self._beyond_chance(gaps_inside, n_inside, n_gaps, n_known):
            return None
        values = tuple(sorted(as_text(pd.Series(levels[chosen], dtype=object))))
        outside = n_known - n_inside, n_gaps - gaps_inside
        return _Determinant(self.kinds.names[other], values, phi, n_inside, gaps_inside, *outside)

    def partners(self, column: int) -> list[int]:
        """空白幾乎在同樣的列的其他欄。"""
        gaps, found = self.missing[:, column], []
        for other in np.flatnonzero(self.phi[column] >= STRONG):
            sizes = (
                int(mask.sum()) for mask in (gaps & self.missing[:, other], self.missing[:, other], gaps)
            )
            both, theirs, mine = sizes
            if (
                other != column
                and both >= FEWEST_CELLS
                and self._beyond_chance(both, theirs, mine, len(gaps))
            ):
                found.append(int(other))
        return found

    def _beyond_chance(self, both: int, first: int, second: int, n_rows: int) -> bool:
        """兩件事無關時，至少重疊這麼多的機率（超幾何分布），乘上比過的次數仍很小。"""
        from scipy.stats import hypergeom

        return bool(hypergeom.sf(both - 1, n_rows, first, second) * self.n_compared < CHANCE)

    # ---- 判決 ----------------------------------------

    def _by_determinant(self, column: int, found: _Determinant) -> Verdict:
        shown = _listed(found.values, 3)
        reason = (
            f"{found.column} 是 {shown} 的 {found.n_inside:,} 列有 {found.gaps_inside:,} 列空白，"
            f"其餘 {found.n_outside:,} 列有 {found.gaps_outside:,} 列"
        )
        if all(value.strip().lower() in SAYS_UNKNOWN for value in found.values):
            reason += "；那個值本身就是不知道"
            return self._unknown(column, "決定", reason, f"那個值若另有意思，{self._cure(column)}")
        if found.column in self.kinds.numbers and "0" not in found.values:
            reason += "；那些數字不是 0，比較像那時沒有記錄"
            return self._unknown(column, "決定", reason, f"那些數字若表示不適用，{self._cure(column)}")
        partners = [self.kinds.names[other] for other in self.partners(column)]
        rule = Rule(found.column, found.values, tuple(name for name in partners if name != found.column))
        unless = f"若 {found.column} 是 {shown} 只表示沒有去記，空白就是不知道，{USE_ZEROS}"
        return self._level(column, "決定", reason, unless, rule)

    def _by_partners(self, column: int, partners: list[int]) -> Verdict:
        names = [self.kinds.names[other] for other in partners]
        n_gaps = int(self.missing[:, column].sum())
        both = int(self.missing[:, [column, *partners]].all(axis=1).sum())
        reason = f"{n_gaps:,} 格空白裡，{both:,} 格與 {_listed(names, 4)} 同時空白"
        n_columns = len(self.kinds.names)
        if n_columns > 3 and len(names) + 1 > WHOLE_ROW * n_columns:
            reason += "；一半以上的欄一起空白，是整列沒有填"
            return self._unknown(column, "一起", reason, "請刪掉那些列再看一次")
        word = self._level_saying(column, SAYS_NONE)
        if word is not None:
            return self._unknown(column, "一起", reason + _already(word), f"兩者若是同一件事，{USE_LEVEL}")
        unless = f"若那幾欄是同一次沒有問到（同一頁問卷、同一台儀器），空白就是不知道，{USE_ZEROS}"
        return self._level(column, "一起", reason, unless, Rule(partners=tuple(names)))

    def _by_share(self, column: int, partners: list[int]) -> Verdict:
        n_gaps, n_rows = int(self.missing[:, column].sum()), len(self.missing)
        reason, large = f"空白占 {n_gaps / n_rows:.1%}（{n_gaps:,} 格）", n_gaps >= LARGE * n_rows
        if self.numeric[column]:
            reason += "；數字要有別的欄決定得了它，才說是沒有" if large or partners else NO_PATTERN
            return self._unknown(column, "無", reason, "若有一欄說得出那個東西在不在，請留在檔案裡")
        if not large:
            return self._unknown(column, "無", reason + NO_PATTERN, DOCUMENTED)
        word = self._level_saying(column, SAYS_NO)
        if word is not None:
            return self._unknown(column, "無", reason + _already(word), f"兩者若是同一件事，{USE_LEVEL}")
        unless = f"這只是空白多，證據不強；資料的說明若寫的是沒有記錄，{USE_ZEROS}"
        return self._level(column, "多", f"{reason}，沒有一個水準在說沒有", unless, Rule())

    def _level_saying(self, column: int, words: frozenset[str]) -> str | None:
        for level in self.coded[column][1]:
            if _one_text(level).strip().lower() in words:
                return _one_text(level)
        return None

    def _documented(self, column: int) -> str:
        return DOCUMENTED_NUMBER if self.numeric[column] else DOCUMENTED

    def _cure(self, column: int) -> str:
        """空白其實是「沒有」的話，怎麼辦。"""
        return NOT_FILLED if self.numeric[column] else USE_LEVEL

    def _unknown(self, column: int, evidence: str, reason: str, unless: str) -> Verdict:
        return Verdict(*self._facts(column), evidence, reason, unless)

    def _level(self, column: int, evidence: str, reason: str, unless: str, rule: Rule) -> Verdict:
        name = self.kinds.names[column]
        n_none = int(rule.means_none(self.frame, name).sum())
        facts = self._facts(column)
        return Verdict(*facts, evidence, reason, unless, rule, facts[2] - n_none)

    def _facts(self, column: int) -> tuple[str, str, int, int]:
        kind = "數字" if self.numeric[column] else "類別"
        return self.kinds.names[column], kind, int(self.missing[:, column].sum()), len(self.missing)


def summary(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """報告的表：一列一欄。"""
    return pd.DataFrame(
        [
            {
                "欄": one.column,
                "種類": one.kind,
                "空白": one.n_gaps,
                "判斷": "沒有" if one.is_level else "不知道",
                "仍是缺失": one.n_kept if one.is_level else one.n_gaps,
                "理由": one.reason,
                "什麼會改變判斷": one.unless,
            }
            for one in verdicts
        ],
        columns=["欄", "種類", "空白", "判斷", "仍是缺失", "理由", "什麼會改變判斷"],
    )
