"""內文的每一個數字都由程式格或測試負責。"""

from pathlib import Path

import pytest

from tests.book.numbers import all_tests, quoted_numbers, unsupported

BOOK = Path(__file__).resolve().parents[2] / "book"
#: 「練習與評分」裡的數字是終端機印的，由 tests/course/test_transcript.py 重做一次來核對。
PAGES = sorted(path for path in BOOK.glob("*.md") if path.stem != "exercises-and-grading")
PAGE = """平均是 1.3069，標準差是 {glue:text}`c_sd:.2f`。

```{code-cell} ipython3
assert round(x, 4) == 1.3069
```
"""


@pytest.fixture(scope="module")
def tests() -> str:
    return all_tests(BOOK.parent)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_number_in_the_prose_has_a_source(page, tests):
    assert unsupported(page.read_text(encoding="utf-8"), tests) == set()


def test_a_number_in_a_cell_is_supported():
    assert quoted_numbers(PAGE) == {"1.3069"}
    assert unsupported(PAGE, "") == set()


def test_an_invented_number_is_caught():
    assert unsupported(PAGE + "\n另一種做法是 0.4432。\n", "assert x == 0.4431") == {"0.4432"}


@pytest.mark.parametrize(
    ("number", "known"), [("0.44", True), ("0.443", True), ("0.45", False), ("0.4433", False)]
)
def test_a_rounded_number_is_supported_and_its_neighbour_is_not(number, known):
    assert unsupported(f"約 {number}。", "assert kl == 0.44315") == (set() if known else {number})
    assert unsupported("約 10.00。", "assert x == 9.996") == set()


def test_the_first_digits_of_another_number_are_no_support():
    assert unsupported("約 0.44。", "assert kl == 0.4491") == {"0.44"}


def test_a_caption_is_no_source_and_needs_one():
    """圖說與替代文字寫在程式格裡，也要有人負責。"""
    caption = "```{code-cell} ipython3\n---\nalt: 曲線在 0.7358。\n---\nplot(x)\n```\n"
    assert unsupported(caption, "") == {"0.7358"} == unsupported(caption + "最高是 0.7358。", "")
    assert unsupported(caption.replace("plot(x)", "assert y == 0.7358"), "") == set()
