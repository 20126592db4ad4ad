"""內文裡的數字從哪裡來：同一頁的程式格，或某一個測試。兩處都沒有的數字，就沒有人替它負責。"""

import re
from decimal import Decimal
from pathlib import Path

CELL = re.compile(r"^```\{code-cell\}.*?^```\s*$", re.MULTILINE | re.DOTALL)
#: 程式格開頭的 YAML：圖說與替代文字在裡面，是文字，不是算出數字的程式。
HEADER = re.compile(r"(^```\{code-cell\}[^\n]*\n)---\n(.*?)\n---\n", re.MULTILINE | re.DOTALL)
GLUED = re.compile(r"\{glue:[^`]*`[^`]*`")
#: 兩位小數以上才算：「1.5」這種多半是例子裡選的數，不是算出來的。
NUMBER = re.compile(r"(?<![\w.])\d+\.\d{2,}(?![\w.])")
SOURCE = re.compile(r"(?<![\w.])\d+\.?\d*(?![\w.])")


def quoted_numbers(page: str) -> set[str]:
    """內文、圖說與替代文字（程式與 glue 之外）引用的數字。"""
    headers = "\n".join(match[2] for match in HEADER.finditer(page))
    return set(NUMBER.findall(GLUED.sub("", CELL.sub("", page) + headers)))


def unsupported(page: str, tests: str) -> set[str]:
    """同一頁的程式格與 ``tests`` 裡，沒有一個數四捨五入以後等於它的數字。

    只看字串裡有沒有會太鬆：0.44 是 0.4491 的開頭，卻不是它的近似值。
    """
    cells = CELL.findall(HEADER.sub(r"\1", page))
    sources = {Decimal(source) for source in SOURCE.findall("\n".join([*cells, tests]))}
    return {number for number in quoted_numbers(page) if not any(rounds_to(s, number) for s in sources)}


def rounds_to(source: Decimal, number: str) -> bool:
    """差不到最後一位的一半；剛好一半，進位或捨去都算。"""
    decimals = len(number.split(".")[1])
    return abs(source - Decimal(number)) <= Decimal(5).scaleb(-decimals - 1)


def all_tests(root: Path) -> str:
    """全部測試與解答的文字：解答裡的數字由習題的測試與 doctest 負責。"""
    files = [*(root / "tests").rglob("*.py"), *(root / "solutions").glob("*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(files))
