"""一欄一本字典：讀的時候就把文字換成整數，一百萬列的欄只存一次每個不同的值（第 10 章）。

不同的值太多、又都是數字的欄（價格、面積）改存浮點數；讀不成數字的那幾格另外記著，最後還看得到原來的字。
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cells import PLAIN, clean, is_plain, read_number

#: 不同的值超過這麼多，又幾乎都是數字，就改存浮點數。
MOST_TEXTS = 50_000
LEAST_PLAIN = 0.9
_ALL_PLAIN = re.compile(rf"(?:{PLAIN}\n)+", re.ASCII)


class Texts(dict[str, int]):
    """文字 → 代碼；沒見過的，給下一個。"""

    def __missing__(self, text: str) -> int:
        code = self[text] = len(self)
        return code


@dataclass
class Cells:
    """一欄的原文。``codes`` (N,) 是 ``texts`` 的位置；−1 的格子是數字，在 ``numbers`` (N,) 裡。"""

    texts: list[str]
    codes: NDArray
    numbers: NDArray | None = None


class Encoder:
    """一段一段收進一欄。``keep_text``：每一格的原文都要留著，不改存浮點數。"""

    def __init__(self, keep_text: bool = False) -> None:
        self._texts = Texts()
        self._codes: list[NDArray] = []
        self._numbers: list[NDArray] | None = None
        self._may_spill = not keep_text

    def extend(self, texts: Sequence[str]) -> None:
        """接上這一段的格子。"""
        if self._numbers is not None:
            self._extend_numbers(texts)
            return
        self._codes.append(self._encode(texts))
        if self._may_spill and len(self._texts) > MOST_TEXTS:
            self._spill()

    def has(self, text: str) -> bool:
        """收過這個字嗎？改存浮點數的格子不算。"""
        return text in self._texts

    def largest(self) -> float:
        """收到的數裡最大的；一個數字也沒有是負無限大。"""
        found = [number.value for number in map(read_number, map(clean, self._texts)) if number]
        spilled = [float(np.nanmax(part)) for part in self._numbers or () if not np.isnan(part).all()]
        return max([*found, *spilled], default=-np.inf)

    def finish(self) -> Cells:
        """整欄。"""
        codes = np.concatenate(self._codes) if self._codes else np.empty(0, dtype=np.int8)
        numbers = None if self._numbers is None else np.concatenate(self._numbers)
        return Cells(list(self._texts), codes, numbers)

    def _encode(self, texts: Sequence[str]) -> NDArray:
        codes = np.fromiter(map(self._texts.__getitem__, texts), dtype=np.int32, count=len(texts))
        return codes.astype(_smallest(len(self._texts)))

    def _spill(self) -> None:
        """改存浮點數；不是數字的字多於一成，這一欄就一直是文字。"""
        texts = list(self._texts)
        plain = np.array([is_plain(text) for text in texts])
        self._may_spill = False
        if plain.mean() < LEAST_PLAIN:
            return
        values = np.array([float(text) if ok else np.nan for text, ok in zip(texts, plain, strict=True)])
        self._texts = Texts()
        kept = np.array([-1 if ok else self._texts[text] for text, ok in zip(texts, plain, strict=True)])
        self._numbers = [values[codes] for codes in self._codes]
        self._codes = [kept[codes].astype(_smallest(len(self._texts))) for codes in self._codes]

    def _extend_numbers(self, texts: Sequence[str]) -> None:
        assert self._numbers is not None
        if _ALL_PLAIN.fullmatch("\n".join(texts) + "\n"):
            self._numbers.append(np.fromiter(map(float, texts), dtype=float, count=len(texts)))
            self._codes.append(np.full(len(texts), -1, dtype=np.int8))
            return
        plain = [is_plain(text) for text in texts]
        pairs = list(zip(texts, plain, strict=True))
        self._numbers.append(np.array([float(text) if ok else np.nan for text, ok in pairs]))
        codes = np.array([-1 if ok else self._texts[text] for text, ok in pairs])
        self._codes.append(codes.astype(_smallest(len(self._texts))))


def _smallest(n_codes: int) -> type:
    """裝得下 −1 到 ``n_codes`` − 1 的最小整數。"""
    return np.int8 if n_codes <= 127 else np.int16 if n_codes <= 32767 else np.int32
