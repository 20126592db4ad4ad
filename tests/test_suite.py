"""測試本身：幾個行程收集到同樣的編號，費時的先跑，缺書的用一行說明。"""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import built_book
from tests.conftest import pytest_collection_modifyitems

pytest_plugins = ["pytester"]
ROOT = Path(__file__).resolve().parents[1]
SET = """
import pytest

@pytest.mark.parametrize("word", {"甲", "乙", "丙", "丁", "戊", "己", "庚", "辛"})
def test_word(word):
    pass
"""


def collected(seed: int, *arguments: str | Path) -> list[str]:
    """另一個行程收集到的編號；雜湊的種子不同，集合的順序就不同。"""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    environment = os.environ | {"PYTHONHASHSEED": str(seed)}
    done = subprocess.run(
        [*command, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in done.stdout.splitlines() if "::" in line]


@pytest.mark.slow
def test_another_process_collects_the_same_ids(request):
    """xdist 把同一份名單分給幾個行程：編號裡不能有記憶體位址，順序不能由雜湊決定。"""
    here = [item.nodeid for item in request.session.items]
    there = collected(1, *request.config.args)
    chosen = set(here)  # 用 -k 挑過的話，只比挑到的
    assert [name for name in there if name in chosen] == here


def test_an_order_that_depends_on_the_hash_is_caught(tmp_path):
    (tmp_path / "test_set.py").write_text(SET, "utf-8")
    one, other = (collected(seed, tmp_path) for seed in (1, 2))
    assert set(one) == set(other) and len(one) == 8 and one != other


def test_slow_files_come_first_and_stay_together():
    def item(path, slow):
        return SimpleNamespace(path=path, get_closest_marker=lambda name: slow or None)

    items = [item("a", False), item("b", False), item("b", True), item("c", False), item("d", True)]
    pytest_collection_modifyitems(items)
    assert [one.path for one in items] == ["b", "b", "d", "a", "c"]


ABSENT = """
import pytest
from tests.built_book import REMEDY, unavailable

@pytest.mark.parametrize("page", range(3))
def test_page(page):
    unavailable(f"第 {page} 頁還沒有建好；{REMEDY}")

def test_other():
    pytest.skip("別的理由")
"""


@pytest.fixture
def absent(pytester, monkeypatch):
    """三項缺書、一項因為別的理由略過；傳回執行它們的函式。"""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("REQUIRE_BOOK", raising=False)
    pytester.makeconftest("from tests.conftest import pytest_report_teststatus, pytest_terminal_summary")
    pytester.makepyfile(ABSENT)
    return lambda: pytester.runpytest_inprocess("-ra", "-p", "no:cacheprovider")


def test_what_needs_the_book_is_one_line(absent):
    lines = absent().outlines
    assert [line for line in lines if built_book.REMEDY in line] == [
        "3 項需要建好的書或研究的結果，這次沒有執行；先執行 make book"
    ]
    (skipped,) = (line for line in lines if line.startswith("SKIPPED"))
    assert skipped.endswith(": 別的理由")
    assert "1 skipped, 3 缺書" in lines[-1]


def test_in_ci_an_absent_book_is_a_failure(absent, monkeypatch):
    monkeypatch.setenv("REQUIRE_BOOK", "1")
    absent().assert_outcomes(failed=3, skipped=1)
