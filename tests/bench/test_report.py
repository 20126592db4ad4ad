"""表與圖：寫出去讀得回來，圖上的數字就是表裡的數字。"""

import numpy as np
import pytest

from tests.bench.test_measure import timing
from vae_from_scratch.bench import report
from vae_from_scratch.bench.contestants import BOUND, CATEGORICAL, MIXED
from vae_from_scratch.bench.scale import Cell, Rows
from vae_from_scratch.bench.whole_study import Study


@pytest.fixture
def found():
    wall = [1.0] + [0.01] * 15
    racers = {"numpy": 1.5, "jax_scan": 1.25, BOUND: 1.0, "torch_eager": 4.0}
    return report.lines([timing(key, [factor * t for t in wall]) for key, factor in racers.items()])


def test_lines_are_sorted_and_divided(found):
    """下限最前，其餘由快到慢；比值對下限、對 JAX。"""
    assert [line.key for line in found] == [BOUND, "jax_scan", "numpy", "torch_eager"]
    numpy = found[2]
    assert (numpy.to_bound, numpy.to_jax) == (pytest.approx(1.5), pytest.approx(1.2))


def test_without_jax_the_ratio_is_unknown():
    line = report.lines([timing(BOUND, [1.0, 1.0]), timing("numpy", [2.0, 2.0])])[1]
    assert np.isnan(line.to_jax)
    assert report.contestants_table([line]).endswith("| — |")


def test_csv_round_trip(found, tmp_path):
    """CSV 讀回來與寫出去的相同（六位有效數字）。"""
    report.write_csv(tmp_path / report.CONTESTANTS_CSV, found)
    again = report.read_lines(tmp_path)
    assert [line.key for line in again] == [line.key for line in found]
    assert [line.to_bound for line in again] == pytest.approx([line.to_bound for line in found], rel=1e-5)
    assert again[1].epochs == 16


def test_mixed_table_is_per_row_and_divided_by_the_categorical_one(tmp_path):
    """每列的微秒由一個訓練週期的時間除以列數；比值對同一輪裡只有類別的；CSV 讀回來相同。"""
    wall = [1.0] + [0.01] * 15
    timings = [timing(CATEGORICAL, wall), timing(MIXED, [1.2 * t for t in wall])]
    categorical, mixed = report.tables(timings, n_rows=1000)
    assert (categorical.microseconds_per_row, mixed.microseconds_per_row) == pytest.approx((10, 12))
    assert (categorical.to_categorical, mixed.to_categorical) == pytest.approx((1, 1.2))
    assert "| 12.00 | 12.00–12.00 | 1.20 |" in report.mixed_table([categorical, mixed])
    report.write_csv(tmp_path / report.MIXED_CSV, [categorical, mixed])
    assert report.read_tables(tmp_path)[1].to_categorical == pytest.approx(1.2)


def test_a_table_that_was_not_measured_is_named():
    """有一種表沒有量成：說出是哪一種、為什麼，不拿空的數字充數。"""
    failed = timing(MIXED, [])
    failed.failure = "當掉了"
    with pytest.raises(RuntimeError, match=r"mixed.*當掉了"):
        report.tables([timing(CATEGORICAL, [1.0, 1.0]), failed], n_rows=1000)


def test_figure_shows_every_racer(found, tmp_path):
    """每位參賽者一點，位置是中位數；名字由下而上是由慢到快。"""
    from matplotlib.figure import Figure

    ax = Figure().add_subplot()
    report.draw(ax, found)
    dots = [float(np.ravel(line.get_xdata())[0]) for line in ax.lines if line.get_marker() == "o"]
    assert sorted(dots) == pytest.approx(sorted(line.median for line in found[1:]))
    assert [label.get_text() for label in ax.get_yticklabels()] == [line.name for line in reversed(found[1:])]
    report.save_figure(tmp_path / report.FIGURE, found)
    assert (tmp_path / report.FIGURE).read_text(encoding="utf-8").startswith("<?xml")


def test_other_tables():
    """整個研究、列數、寬度與批次，各一個表；比值算對。"""
    studies = {"ours": Study("ours", [2.0, 4.0, 3.0], 38.0), "keras": Study("keras", [30.0], 38.0)}
    assert "| 3.0 | 2.0–4.0 | 10.00 |" in report.study_table(studies)
    rows = [Rows(3000, 16.0, 150.0, 40.0), Rows(1_000_000, 17.6, 320.0, 33.0)]
    assert "| 1,000,000 | 17.60 | 1.100 | 320 |" in report.rows_table(rows)
    cells = [Cell((4, 2), 8, 3.0), Cell((4, 2), 32, 1.5)]
    assert "| 4-2 | 3.0 | 1.5 |" in report.shapes_table(cells)
