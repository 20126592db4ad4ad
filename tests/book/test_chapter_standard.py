"""理論各章（1–7）的規格：篇幅、圖、想一想、練習、小結、有說明的參考文獻；每一項都數得出來。"""

import re
from pathlib import Path

import pytest

from tests.book.asked import QUESTION, without_choices
from tests.book.numbers import CELL, HEADER

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = sorted(BOOK.glob("0[1-7]-*.md"))
HAN = re.compile(r"[\u4e00-\u9fff]")
#: 全部的字，連同深入；以及什麼都不打開時的主線。
PROSE_LENGTH, MAIN_LINE = range(2500, 5301), range(1200, 4301)
BLOCK = re.compile(r"^(`{3,}|:{3,})\{(?:math|literalinclude)\}.*?^\1[ ]*$", re.MULTILINE | re.DOTALL)
MARKED = re.compile(r"^(:{3,})\{deeper\}[^\n]*\n\1$.*?^:{3,}\{deeper-end\}\n:{3,}$", re.MULTILINE | re.DOTALL)
DEEPER = re.compile(r"^(:{3,})\{deeper\}[^\n]*\n.*?^\1$", re.MULTILINE | re.DOTALL)
MATH = re.compile(r"\$\$.*?\$\$|\$[^$\n]*\$", re.DOTALL)
PARTS = [r"^# ", r"\{admonition\} 這一章的目標", r"^## .*？$", r"^## 練習$", r"^## 小結$", r"^## 參考文獻$"]


def prose(page: str) -> str:
    """讀者逐字讀的部分：程式、公式與引用的程式不算；想一想的選擇與理由，作答才看得到，也不算。"""
    page = without_choices(page.split("\n---\n", 1)[-1])
    return MATH.sub("", BLOCK.sub("", CELL.sub("", page)))


def main_line(text: str) -> str:
    """拿掉深入：有內容的整塊，或 ``{deeper}`` 與 ``{deeper-end}`` 夾住的。"""
    return DEEPER.sub("", MARKED.sub("", text))


def shortcomings(page: str) -> list[str]:
    """這一章哪裡不合規格；沒有就是空的。"""
    headers = "\n".join(match[2] for match in HEADER.finditer(page))
    questions = [match[3] for match in QUESTION.finditer(page)]
    text = prose(page)
    places = [match.start() if (match := re.search(part, text, re.MULTILINE)) else -1 for part in PARTS]
    checks = {
        f"內文 {len(HAN.findall(text))} 字": len(HAN.findall(text)) in PROSE_LENGTH,
        f"主線 {len(HAN.findall(main_line(text)))} 字": len(HAN.findall(main_line(text))) in MAIN_LINE,
        "頁面自己畫的圖不到三張": len(re.findall(r"^\s+figure:", headers, re.MULTILINE)) >= 3,
        "有不是頁面畫的圖": not re.search(r"!\[|\{figure\}|\{image\}", text),
        "想一想不是二到四題，或答案沒有摺起來": 2 <= len(questions) <= 4
        and all("{dropdown} 答案" in question for question in questions),
        "少了一部分，或順序不對": -1 not in places and places == sorted(places),
        "參考文獻沒有說明": references_are_annotated(page),
    }
    return [what for what, holds in checks.items() if not holds]


def references_are_annotated(page: str) -> bool:
    items = re.findall(r"^- (.*)$", page.partition("## 參考文獻")[2], re.MULTILINE)
    return bool(items) and all("{cite:t}" in item and len(HAN.findall(item)) >= 10 for item in items)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_the_chapter_keeps_the_standard(chapter: Path) -> None:
    assert shortcomings(chapter.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_equation_referred_to_is_numbered(chapter: Path) -> None:
    pages = "\n".join(path.read_text(encoding="utf-8") for path in sorted(BOOK.glob("*.md")))
    labels = set(re.findall(r"^:label: (eq-\S+)$", pages, re.MULTILINE))
    assert set(re.findall(r"\{eq\}`([^`]+)`", chapter.read_text(encoding="utf-8"))) <= labels


# ── 檢查本身抓得到錯 ──────────────────────────────────────────────────

CELL_WITH_A_FIGURE = "```{code-cell} ipython3\n---\nmystnb:\n  figure: {name: fig}\n---\nplot()\n```\n"
ASK = (
    ":::{question} 01-why\n為什麼？\n\n- [x] 對\n- [ ] 錯\n  理由。\n\n```{dropdown} 答案\n因為。\n```\n:::\n"
)
DEEP_CELL = f"\n\n:::{{deeper}} 旁支\n:::\n\n{'字' * 2000}\n\n{CELL_WITH_A_FIGURE}\n:::{{deeper-end}}\n:::\n"
GOOD = f"""---
a: 1
---
# 題目

:::{{admonition}} 這一章的目標
能做。
:::

## 為什麼？

{"字" * 2600}

{CELL_WITH_A_FIGURE * 3}
{ASK * 2}
## 練習

## 小結

## 參考文獻

- {{cite:t}}`a` 說明這一篇與本章的關係。
"""


def test_a_chapter_that_keeps_it_is_accepted() -> None:
    assert shortcomings(GOOD) == []


def test_the_choices_are_not_read_with_the_prose() -> None:
    """題目與答案照算；只有選擇與理由不算，答案裡的清單也算。"""
    assert HAN.findall(prose(ASK)) == list("為什麼答案因為")
    assert HAN.findall(prose(ASK.replace("因為。", "- 因為。"))) == list("為什麼答案因為")
    assert HAN.findall(prose(ASK.replace("- [ ] 錯\n  ", ""))) == list("為什麼理由答案因為")


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("字" * 2600, "字" * 2000, "內文"),
        ("字" * 2600, "字" * 4000 + "\n\n:::{deeper} 旁支\n" + "字" * 1500 + "\n:::\n", "內文"),
        ("字" * 2600, "字" * 4400, "主線"),
        ("字" * 2600, "字" * 900 + DEEP_CELL, "主線"),
        (CELL_WITH_A_FIGURE * 3, CELL_WITH_A_FIGURE * 2, "不到三張"),
        ("字字", "![別人的圖](a.png)", "不是頁面畫的圖"),
        (ASK * 2, ASK, "想一想"),
        (ASK * 2, ASK * 5, "想一想"),
        ("{dropdown} 答案", "{note}", "想一想"),
        ("## 小結\n", "", "少了一部分"),
        ("## 練習\n\n## 小結", "## 小結\n\n## 練習", "順序"),
        (" 說明這一篇與本章的關係。", "", "參考文獻"),
    ],
)
def test_each_shortcoming_is_caught(before: str, after: str, found: str) -> None:
    assert [found in problem for problem in shortcomings(GOOD.replace(before, after, 1))] == [True]
