"""書頁同時執行：結果與一頁一頁執行相同，真的同時，重的先做；一頁失敗說得出是哪一頁，其餘的結果還在。"""

import asyncio
import json
import time
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from tests.book.small_book import SmallBook

#: 與別的頁同時在執行才過得去：各自留下記號，等到另一個的記號。
MEET = """
import time
from pathlib import Path

Path({folder!r}, {own!r}).touch()
end = time.monotonic() + {patience}
while not Path({folder!r}, {other!r}).exists():
    assert time.monotonic() < end, "等不到另一頁"
    time.sleep(0.05)
"""
#: 有亂數、有圖、有 glue：凡是書裡會放進快取的。
WORK = """
from vae_from_scratch.gaussian import kl
import random
from IPython.display import Markdown, display

random.seed({seed})
print([random.random() for _ in range(3)], kl({seed}))
display(Markdown("**{seed}**"))
"""


@pytest.fixture
def execution(extension):
    return extension("parallel_execution")


@pytest.mark.slow
def test_the_results_are_those_of_one_page_at_a_time(tmp_path):
    """myst-nb 自己一頁一頁執行，與這裡三頁一起執行：放進快取的、排版出來的都相同。"""
    found = []
    for name, parallel in (("一頁一頁", None), ("一次三頁", 3)):
        book = SmallBook(tmp_path / name, parallel)
        for seed, page in enumerate(("one", "two", "three")):
            book.page(page, WORK.format(seed=seed))
        assert book.build() == {"one", "two", "three"} and book.said == ""
        found.append((book.cached(), book.html()))
    assert found[0] == found[1]
    assert set(found[0][0]) == {"one", "two", "three"} and '"id"' in found[0][0]["one"]
    book.write(
        "book/conf.py", (book.folder / "book" / "conf.py").read_text("utf-8") + "myst_heading_anchors = 1\n"
    )
    assert book.build() == set(), "每一頁都重新閱讀，結果都在快取裡"


@pytest.mark.slow
def test_pages_really_run_at_the_same_time_and_a_failure_is_named(tmp_path):
    book = SmallBook(tmp_path / "書", 2)
    folder = str(tmp_path)
    book.page("one", MEET.format(folder=folder, own="a", other="b", patience=200))
    book.page("two", MEET.format(folder=folder, own="b", other="a", patience=200) + "1 / 0\n")
    assert book.build(fails=True) == {"one", "three"}, "別的頁照樣做完"
    assert "two.md: WARNING: Executing notebook failed: CellExecutionError" in book.said
    assert "ZeroDivisionError" in book.said and "1 / 0" in book.said
    assert "two：這 1 頁沒有執行完" in book.said and "one.md" not in book.said
    assert set(book.cached()) == {"one", "three"}, "失敗的那一頁什麼也沒有存下"
    assert not list((book.caches / "two").rglob("reads.txt"))

    # 改好以後只執行那一頁；有一頁的結果檔只寫了一半，也只補那一頁。
    book.edit("book/two.md", "1 / 0", "")
    assert book.build() == {"two"}
    (written,) = (book.caches / "one").rglob("base.ipynb")
    written.write_text(written.read_text(encoding="utf-8")[:-50], encoding="utf-8")
    book.edit("book/one.md", "# one", "# 一")
    assert book.build() == {"one"}


@pytest.mark.slow
def test_two_pages_that_wait_for_each_other_fail_one_at_a_time(tmp_path):
    """反例：一次一頁，等不到另一頁；上面那個測試量得出有沒有同時。"""
    book = SmallBook(tmp_path / "書", 1)
    book.page("one", MEET.format(folder=str(tmp_path), own="a", other="b", patience=1))
    book.page("two", MEET.format(folder=str(tmp_path), own="b", other="never", patience=1))
    assert book.build(fails=True) == {"three"}
    assert "one、two：這 2 頁沒有執行完" in book.said and book.said.count("等不到另一頁") >= 2


def test_the_heaviest_page_goes_first(execution, monkeypatch, capsys):
    """沒有開始的依序拿：最花時間的先做；已經有結果的不做。"""
    pages = {name: SimpleNamespace(docname=name) for name in ("light", "heavy", "middle")}
    seconds = {"light": 1.0, "heavy": 60.0, "middle": 9.0}
    done: list[str] = []

    async def execute(page, settings):
        done.append(page.docname)

    monkeypatch.setenv(execution.JOBS, "1")
    monkeypatch.setattr(execution, "unexecuted", lambda app, name: pages.get(name))
    monkeypatch.setattr(execution, "expected_seconds", lambda app, name: seconds[name])
    monkeypatch.setattr(execution, "execute", execute)
    config = SimpleNamespace(execution_timeout=300, execution_allow_errors=False)
    execution.execute_pages(
        SimpleNamespace(), SimpleNamespace(mystnb_config=config), ["light", "cached", "heavy", "middle"]
    )
    assert done == ["heavy", "middle", "light"]
    messages = [json.loads(line[3:]) for line in capsys.readouterr().out.splitlines()]
    assert messages[0] == {"executing": seconds, "workers": 1}
    assert [message["end"] for message in messages if "end" in message] == done
    assert messages[-1] == {"executed": True}


def test_the_number_of_pages_follows_the_cores_and_the_reader(execution, monkeypatch):
    for cores, expected in ((1, 1), (2, 2), (64, execution.MOST)):
        monkeypatch.setattr(execution, "cpu_count", lambda cores=cores: cores)
        assert execution.jobs({}) == expected
    assert execution.jobs({execution.JOBS: "7"}) == 7
    for wrong in ("0", "-1", "many"):
        with pytest.raises(execution.ExecutionFailed, match=f"{execution.JOBS} 是 '{wrong}'.*正整數"):
            execution.jobs({execution.JOBS: wrong})


def test_every_kernel_stops_when_the_reader_interrupts(execution, monkeypatch):
    """按了 Ctrl-C：正在執行的每一頁都收到取消，收拾完才中斷。"""
    stopped: list[int] = []

    async def page(number: int) -> None:
        try:
            await asyncio.sleep(600)
        finally:
            stopped.append(number)

    async def pages() -> dict[str, str]:
        await asyncio.gather(page(1), page(2))
        return {}

    class Interrupted(Future):
        def result(self, timeout=None):
            time.sleep(0.2)
            raise KeyboardInterrupt

    monkeypatch.setattr(execution, "Future", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        execution.in_another_thread(pages)
    assert sorted(stopped) == [1, 2]
