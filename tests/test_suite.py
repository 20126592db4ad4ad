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


def unmarked(items) -> list[str]:
    """用到瀏覽器、卻沒有標 ``browser`` 的測試。"""
    opening = (item for item in items if "browser" in getattr(item, "fixturenames", ()))
    return [item.nodeid for item in opening if item.get_closest_marker("browser") is None]


def test_whatever_opens_the_browser_is_marked(request):
    """沒有標的，make test 會去開 Chromium。"""
    assert unmarked(request.session.items) == []
    forgotten = SimpleNamespace(
        nodeid="忘了標", fixturenames=["browser"], get_closest_marker=lambda name: None
    )
    assert unmarked([forgotten]) == ["忘了標"], "反例"


def test_slow_files_come_first_and_stay_together():
    def item(path, slow):
        return SimpleNamespace(path=path, get_closest_marker=lambda name: slow or None)

    items = [item("a", False), item("b", False), item("b", True), item("c", False), item("d", True)]
    pytest_collection_modifyitems(items)
    assert [one.path for one in items] == ["b", "b", "d", "a", "c"]
    items += [item("d", True)]
    pytest_collection_modifyitems(items)
    assert [one.path for one in items] == ["d", "d", "b", "b", "a", "c"], "費時的愈多愈先"


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


SOME_IN_THE_BROWSER = """
import pytest

@pytest.mark.browser
@pytest.mark.parametrize("page", range(3))
def test_page(page):
    assert False, "不該執行"

def test_other():
    pass
"""


@pytest.mark.parametrize("processes", [(), ("-p", "xdist", "-n", "2")], ids=["一個行程", "兩個行程"])
def test_what_needs_the_browser_is_one_line_and_names_the_command(pytester, monkeypatch, processes):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini("[pytest]\nmarkers = browser")
    hooks = "pytest_deselected, pytest_testnodedown, pytest_terminal_summary"
    path = f"import sys; sys.path.insert(0, {str(ROOT)!r})"
    pytester.makeconftest(f"{path}\nfrom tests.conftest import {hooks}")
    pytester.makepyfile(SOME_IN_THE_BROWSER)
    chosen = pytester.runpytest_subprocess("-m", "not browser", *processes)
    assert [line for line in chosen.outlines if "make browser" in line] == [
        "3 項要開瀏覽器，這次沒有執行；執行 make browser"
    ]
    chosen.assert_outcomes(passed=1)
    named = pytester.runpytest_subprocess("-m", "not browser", "-k", "other", *processes)
    assert not any("make browser" in line for line in named.outlines), "用 -k 挑過的不說"
    everything = pytester.runpytest_subprocess(*processes)
    assert not any("make browser" in line for line in everything.outlines), "反例：都選了就不說"
    everything.assert_outcomes(passed=1, failed=3)
