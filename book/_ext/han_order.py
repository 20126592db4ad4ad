"""中文的兩種次序：筆畫與注音。

筆畫不另外抄一張表：Big5 的常用字（A440–C67E）就是照筆畫、再照部首排的，臺灣的筆畫，所以字碼落在哪一段
就是幾畫，同一段裡字碼的次序就是部首的次序。注音照 ``bopomofo.txt``，讀音隨詞改變的以整個詞為準。
"""

import bisect
import re
from functools import cache
from pathlib import Path

READINGS = Path(__file__).with_name("bopomofo.txt")
HAN = re.compile(r"[\u3400-\u9fff]")
BOPOMOFO = re.compile(r"[\u3105-\u3129]")
#: 一畫、二畫……二十八畫在 Big5 從哪裡開始。
STARTS = [
    *(0xA440, 0xA442, 0xA454, 0xA4A1, 0xA4FE, 0xA5E0, 0xA6EA, 0xA8C3, 0xAB45, 0xADBC),
    *(0xB0AE, 0xB3C3, 0xB6C3, 0xB9AC, 0xBBF5, 0xBEA7, 0xC075, 0xC24F, 0xC35F, 0xC455),
    *(0xC4D7, 0xC56B, 0xC5C8, 0xC5F1, 0xC655, 0xC665, 0xC66C, 0xC676),
]
LAST = 0xC67E
#: 不在常用字裡的字。
RARE = {"熵": 15}
#: 一聲不標；輕聲的點在最前面。
TONES = {"": 1, "ˊ": 2, "ˇ": 3, "ˋ": 4, "˙": 5}

Syllable = tuple[str, int]


def strokes(letter: str) -> int:
    """幾畫；不認得的引發 ``ValueError``。"""
    code = _big5(letter)
    if letter in RARE:
        return RARE[letter]
    if not STARTS[0] <= code <= LAST:
        raise ValueError(f"「{letter}」不是 Big5 的常用字，筆畫要另外寫在 han_order.py 的 RARE")
    return bisect.bisect(STARTS, code)


def by_strokes(name: str) -> list[tuple[int, int]]:
    """排序用：一個字一個字比，先比筆畫，再比部首。"""
    return [(strokes(letter), _big5(letter)) for letter in HAN.findall(name)]


def _big5(letter: str) -> int:
    return int.from_bytes(letter.encode("big5", errors="ignore"), "big")


@cache
def readings() -> tuple[dict[str, str], dict[str, list[str]]]:
    """每一個字的讀音，與讀音特別的詞。"""
    letters: dict[str, str] = {}
    words: dict[str, list[str]] = {}
    for line in READINGS.read_text(encoding="utf-8").splitlines():
        first, *rest = line.partition("#")[0].split() or [""]
        if BOPOMOFO.search(first):
            letters |= dict.fromkeys(rest[0], first)
        elif first:
            words[first] = rest
    return letters, words


def spoken(name: str) -> list[str]:
    """名字裡每一個中文字的注音；詞從最長的比起，整個名字才算的詞（「行」）只有一個字。"""
    letters, words = readings()
    if name in words:
        return words[name]
    found: list[str] = []
    at = 0
    while at < len(name):
        longer = (word for word in words if len(word) > 1 and name.startswith(word, at))
        word = max(longer, key=len, default="")
        if word:
            found += words[word]
        elif HAN.match(name[at]):
            if name[at] not in letters:
                raise ValueError(f"「{name}」的「{name[at]}」沒有讀音，請加進 bopomofo.txt")
            found.append(letters[name[at]])
        at += len(word) or 1
    return found


def syllable(sound: str) -> Syllable:
    """排序用：先比聲母、介音與韻母（ㄅㄆㄇ……的次序），再比聲調；聲調的字碼不照一二三四。"""
    spelled = "".join(BOPOMOFO.findall(sound))
    mark = BOPOMOFO.sub("", sound)
    return spelled, TONES[mark]


def by_sound(name: str) -> list[Syllable]:
    return [syllable(sound) for sound in spoken(name)]
