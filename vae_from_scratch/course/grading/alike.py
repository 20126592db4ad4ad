"""兩份作答有多像：題目與公開的解答裡沒有的那些字，有多少是共有的。

每份檔案切成字（連註解），連續 ``GRAM`` 個字是一段，取雜湊；題目與解答裡也有的段拿掉，剩下的才是自己寫的。
兩人的相似度是共有的段除以較少的那一方的段數。三個人以上都有的段不算：那是這一題自然的寫法。
這只是相像的程度，不是誰抄誰；要不要問、怎麼問，由老師決定。
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from ..sets import ExerciseSet

GRAM = 10
LEAST_SHARED = 15  # 共有的段少於這個數，看不出什麼
LEAST_ALIKE = 0.5
COMMON = 3
MOST_PRINTS = 4_000
_TOKEN = re.compile(r"[A-Za-z_]\w*|\d+\.?\d*(?:e-?\d+)?|[^\s\w]|[^\W\x00-\x7f]+", re.ASCII)


class Pair(NamedTuple):
    """兩個學生在一組裡相像的程度：0 到 1，與共有幾段。"""

    first: str
    second: str
    set_name: str
    alike: float
    shared: int


def prints(text: str, chosen: ExerciseSet) -> list[int]:
    """自己寫的部分的指紋：排好、不重複的雜湊。"""
    given = _grams(chosen.solution.read_text("utf-8")) | _grams(chosen.exercise.read_text("utf-8"))
    return sorted(_grams(text) - given)[:MOST_PRINTS]


def _grams(text: str) -> set[int]:
    tokens = _TOKEN.findall(text)
    return {_hash(" ".join(tokens[i : i + GRAM])) for i in range(len(tokens) - GRAM + 1)}


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).digest(), "big")


def pairs(students: Mapping[str, Mapping[str, Sequence[int]]]) -> list[Pair]:
    """相像的兩兩，最像的在前；``students`` 是 學生 → 組 → 指紋。"""
    found = []
    for set_name in sorted({name for sets in students.values() for name in sets}):
        own = {student: set(sets[set_name]) for student, sets in students.items() if set_name in sets}
        counts = Counter(gram for grams in own.values() for gram in grams)
        rare = {name: {gram for gram in grams if counts[gram] < COMMON} for name, grams in own.items()}
        for first, second in combinations(own, 2):
            kept = own if own[first] == own[second] else rare  # 三個人交同一個檔案，也要看得到
            shared = len(kept[first] & kept[second])
            alike = shared / max(1, min(len(kept[first]), len(kept[second])))
            if shared >= LEAST_SHARED and alike >= LEAST_ALIKE:
                found.append(Pair(first, second, set_name, alike, shared))
    return sorted(found, key=lambda pair: (-pair.alike, -pair.shared))
