"""內文的每一個數字都由程式格或測試負責。"""

from pathlib import Path

import pytest

from tests.book.numbers import all_tests, quoted_numbers, unsupported

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = sorted(BOOK.glob("[01]*.md"))
PAGE = """平均是 1.3069，標準差是 {glue:text}`c_sd:.2f`。

```{code-cell} ipython3
assert round(x, 4) == 1.3069
```
"""


@pytest.fixture(scope="module")
def tests() -> str:
    return all_tests(BOOK.parent)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_number_in_the_prose_has_a_source(chapter, tests):
    assert unsupported(chapter.read_text(encoding="utf-8"), tests) == set()


def test_a_number_in_a_cell_is_supported():
    assert quoted_numbers(PAGE) == {"1.3069"}
    assert unsupported(PAGE, "") == set()


def test_an_invented_number_is_caught():
    assert unsupported(PAGE + "\n另一種做法是 0.4432。\n", "assert x == 0.4431") == {"0.4432"}
