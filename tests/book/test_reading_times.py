"""首頁的時間表：每一頁的主線與練習，和那一頁自己寫的一樣。"""

import re
from pathlib import Path

BOOK = Path(__file__).resolve().parents[2] / "book"
ROW = re.compile(r"^\| \[.*?\]\((\S+)\.md\) \|.*\| (\d+)(?:＋(\d+))? \|$", re.MULTILINE)
STATED = re.compile(r"(?:主線約 (\d+) 分鐘，全部約 \d+|(?:邊走邊讀|：)約 (\d+)) 分鐘(?:，練習約 (\d+) 分鐘)?")


def listed(page: str) -> dict[str, tuple[str, str]]:
    return {name: (reading, practice) for name, reading, practice in ROW.findall(page)}


def stated(page: str) -> tuple[str, str]:
    found = STATED.search(page)
    assert found, "這一頁沒有寫要讀多久"
    return found[1] or found[2], found[3] or ""


def test_the_front_page_repeats_what_each_chapter_says() -> None:
    times = listed((BOOK / "index.md").read_text(encoding="utf-8"))
    chapters = sorted(BOOK.glob("[0-9][0-9]-*.md"))
    assert len(chapters) == 14
    pages = [*chapters, *(BOOK / f"{name}.md" for name in ("lab", "explorer", "digits", "where"))]
    assert times == {path.stem: stated(path.read_text(encoding="utf-8")) for path in pages}


def test_a_wrong_row_is_noticed() -> None:
    assert listed("| [5 ELBO](05-elbo.md) | 憑什麼？ | 75＋60 |") == {"05-elbo": ("75", "60")}
    assert stated("**時間**：主線約 15 分鐘，全部約 80 分鐘。") == ("15", "")
    assert stated("**時間**：邊走邊讀約 20 分鐘。") == stated("**時間**：約 20 分鐘。") == ("20", "")
    assert stated("主線約 25 分鐘，全部約 75 分鐘，練習約 60 分鐘") == ("25", "60")
