"""隨書附上的生成表的比較（``bench/recorded/tables.csv``）：人到齊、沒有人沒量成，而且量得出好壞。

由 ``python -m vae_from_scratch bench --parts tables`` 寫出；重新量測之後，這裡再檢查一次。
"""

import numpy as np
import pytest

from vae_from_scratch.bench import tables, tables_report
from vae_from_scratch.bench.tables import FLOOR


@pytest.fixture(scope="module")
def scores():
    return tables_report.read()


def test_everyone_was_measured_three_times(scores):
    """兩張表、名單上的每一位加上基準，三個種子，沒有一個沒量成；第 13 章這樣寫。"""
    keys = [FLOOR, *(entry.key for entry in tables.ENTRIES)]
    wanted = {(t, k, s) for t in (tables.AMES, tables.DIAMONDS) for k in keys for s in (0, 1, 2)}
    assert {(s.table, s.key, s.seed) for s in scores} == wanted and len(scores) == len(wanted)
    assert not [s.failure for s in scores if s.failure]


def test_the_versions_and_the_date_are_there():
    text = (tables_report.RECORDED / tables_report.MACHINE).read_text(encoding="utf-8")
    assert "日期：20" in text and "ctgan：0." in text and "沒有安裝" not in text.split("ctgan")[1]


@pytest.mark.parametrize("table", [tables.AMES, tables.DIAMONDS])
def test_the_measures_tell_good_from_bad(scores, table):
    """基準比打亂的好：每一種關聯、每一種 TSTR；打亂的分布與基準差不多。"""

    def mean(key: str, name: str) -> float:
        return float(np.mean(tables_report.values(scores, table, key, name)))

    for name in ("cramers_v", "ratio", "spearman"):
        assert mean("shuffled", name) > 2 * mean(FLOOR, name)
    for name in ("accuracy", "r2"):
        assert mean("shuffled", name) < mean(FLOOR, name) - 0.1
    assert mean("shuffled", "ks") < mean(FLOOR, "ks") + 0.02


def test_a_tie_is_nobodys_win(scores):
    """鑽石沒有空白，兩邊的缺失率都一分不差：不算贏，也不算輸。"""
    assert "missing" not in tables_report.better(scores, tables.DIAMONDS, "ours", "tvae")
    assert "missing" in tables_report.better(scores, tables.AMES, "ours", "tvae")
