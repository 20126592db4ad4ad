"""勘誤與補充：二十四條都在，網頁上的號碼就是寫的號碼，每一條有本書的說法與教到它的地方。"""

import re
from pathlib import Path

PAGE = (Path(__file__).resolve().parents[2] / "book" / "errata.md").read_text(encoding="utf-8")
ITEM = re.compile(r"^(\d+)\. (.*?)(?=^\d+\. |^## |\Z)", re.MULTILINE | re.DOTALL)


def items(page: str) -> dict[int, str]:
    return {int(number): text for number, text in ITEM.findall(page)}


def test_the_numbers_run_from_1_to_24() -> None:
    """Markdown 的編號清單只看第一個號碼：跳號的清單，網頁上會和寫的不同。"""
    assert [int(number) for number, _ in ITEM.findall(PAGE)] == list(range(1, 25))


def test_every_item_states_what_is_right_and_where_it_is_taught() -> None:
    for number, text in items(PAGE).items():
        said, _, correction = text.partition("本書：")
        assert said.strip() and correction, number
        assert re.search(r"→ (第 \d+ 章「\{ref\}`ch-\d\d`」|\{doc\}`notation`|全書)", correction), number


def test_a_chapter_number_agrees_with_its_link() -> None:
    pairs = re.findall(r"第 (\d+) 章「\{ref\}`ch-(\d\d)`」", PAGE)
    assert len(pairs) > 20 and all(int(shown) == int(target) for shown, target in pairs)
