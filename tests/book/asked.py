"""書裡的每一題想一想，由原始檔讀出來；測試用的題目也由這裡讀。"""

import importlib
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

BOOK = Path(__file__).resolve().parents[2] / "book"
QUESTION = re.compile(r"^(:{3,})\{question\} (\S+)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
#: 選項、一項選擇與它的理由。
CHOICE = re.compile(r"^(?::\w+: |- ).*\n(?:  .*\n)*", re.MULTILINE)
OPTION = re.compile(r"^:(\w+): (.*)$", re.MULTILINE)


class Asked(NamedTuple):
    """一題：在哪一頁、名字、選項與各項。"""

    page: str
    name: str
    options: dict[str, str]
    items: list[Any]

    @property
    def kind(self) -> str:
        return self.options.get("kind", "choose")


def extension() -> Any:
    """book/_ext/questions.py；不留在匯入的路徑裡。"""
    sys.path.insert(0, str(BOOK / "_ext"))
    try:
        return importlib.import_module("questions")
    finally:
        sys.path.pop(0)


def without_choices(page: str, blank: str = "") -> str:
    """題目與答案留著；作答才看得到的選擇與理由拿掉，或每個字換成 ``blank``。"""

    def told(question: re.Match[str]) -> str:
        ask, fence, answer = question[0].partition("```{dropdown}")
        return (
            CHOICE.sub(lambda found: re.sub(r"[^\n]", blank, found[0]) if blank else "", ask) + fence + answer
        )

    return QUESTION.sub(told, page)


def asked_in(page: str, text: str) -> list[Asked]:
    found = []
    for _, name, body in QUESTION.findall(text):
        head, _, rest = body.partition("\n\n")
        found.append(Asked(page, name, dict(OPTION.findall(head)), extension().split(rest.splitlines())[1]))
    return found


def asked() -> list[Asked]:
    """全書的題目，照頁名的順序。"""
    pages = sorted(BOOK.glob("*.md"))
    return [one for path in pages for one in asked_in(path.stem, path.read_text(encoding="utf-8"))]
