"""內文裡的數字從哪裡來：同一頁的程式格，或某一個測試。兩處都沒有的數字，就沒有人替它負責。"""

import re
from pathlib import Path

CELL = re.compile(r"^```\{code-cell\}.*?^```\s*$", re.MULTILINE | re.DOTALL)
GLUED = re.compile(r"\{glue:[^`]*`[^`]*`")
#: 兩位小數以上才算：「1.5」這種多半是例子裡選的數，不是算出來的。
NUMBER = re.compile(r"(?<![\w.])\d+\.\d{2,}(?![\w.])")


def quoted_numbers(page: str) -> set[str]:
    """內文（程式格與 glue 之外）引用的數字。"""
    return set(NUMBER.findall(GLUED.sub("", CELL.sub("", page))))


def unsupported(page: str, tests: str) -> set[str]:
    """在同一頁的程式格與 ``tests`` 裡都找不到的數字。"""
    cells = "\n".join(CELL.findall(page))
    return {number for number in quoted_numbers(page) if number not in cells and number not in tests}


def all_tests(root: Path) -> str:
    """全部測試與解答的文字：解答裡的數字由習題的測試與 doctest 負責。"""
    files = [*(root / "tests").rglob("*.py"), *(root / "solutions").glob("*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(files))
