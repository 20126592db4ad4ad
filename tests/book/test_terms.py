"""各章裡，術語第一次出現就連到術語表。"""

from pathlib import Path

import pytest

from tests.book.terms import ROOT, terms, unlinked, with_links

BOOK = ROOT / "book"
CHAPTERS = sorted(BOOK.glob("[01][0-9]-*.md"))
WANTED = terms((BOOK / "notation.md").read_text(encoding="utf-8"))
PAGE = """# 先驗是什麼？

{term}`先驗`是看資料以前的假設，後驗是之後的；`樣本` 與 $變異數$ 不算。

```{code-cell} ipython3
# 梯度
```
"""


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_the_first_use_of_a_term_is_linked(chapter: Path) -> None:
    missing = unlinked(chapter.read_text(encoding="utf-8"), WANTED)
    assert [term for _, term in missing] == []


def test_the_glossary_is_read() -> None:
    assert len(WANTED) > 80 and {"變分自編碼器", "KL 散度", "重參數化"} <= set(WANTED)


def test_an_unlinked_term_is_caught_and_the_fix_mends_it() -> None:
    missing = unlinked(PAGE, WANTED)
    assert [term for _, term in missing] == ["後驗"]
    mended = with_links(PAGE, missing)
    assert "，{term}`後驗`是之後的" in mended and unlinked(mended, WANTED) == []


CHOICES = "- [x] 先驗\n- [ ] 錯\n  後驗。\n"
ASK = f":::{{question}} 01-a\n\n題目？\n\n{CHOICES}\n```{{dropdown}} 答案\n答案。\n```\n:::\n"


def test_a_choice_is_no_place_for_a_link() -> None:
    """選擇旁邊是按鈕；題目裡的照樣要連。"""
    assert unlinked(ASK, WANTED) == []
    assert [term for _, term in unlinked(ASK.replace("題目", "先驗"), WANTED)] == ["先驗"]


def test_a_link_that_comes_too_late_is_caught() -> None:
    assert [term for _, term in unlinked("先驗在前，{term}`先驗` 在後。", WANTED)] == ["先驗"]
    assert unlinked("{term}`前面的說法 <先驗>` 先，先驗在後。", WANTED) == []


def test_part_of_a_longer_word_is_not_the_term() -> None:
    assert [term for _, term in unlinked("重建誤差很大，特徵向量轉了。", WANTED)] == ["重建誤差"]
