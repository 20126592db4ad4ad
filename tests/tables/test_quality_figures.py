"""圖上的數字就是表裡的數字；只有一種欄、沒有空白、一對關聯也沒有，都畫得出來，沒有缺字。"""

import io
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.tables.test_quality import KINDS, rows
from tests.tables.test_tampering import knows_the_groups
from tests.tables.test_tampering import rows as mixed_rows
from vae_from_scratch.tables import quality, quality_figures, tampering
from vae_from_scratch.tables.likeness import Kinds


@pytest.fixture(scope="module")
def frames():
    made = rows(600, 2)
    made["長"] += 1.0
    return rows(600, 0), rows(200, 1), made


@pytest.fixture(scope="module")
def checked(frames):
    return quality.check(frames[0], frames[1], frames[2], KINDS, targets=[])


def picture(figure):
    """畫成 PNG；缺字、擠不下的警告都算錯。"""
    contents = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(contents, format="png", dpi=50)
    return contents.getvalue()


def test_the_worst_column_comes_first(frames, checked):
    assert quality_figures.worst_columns(checked)[0] == "長"
    assert "缺" not in quality_figures.worst_columns(checked), "全是缺失，沒有距離"
    figure = quality_figures.marginals(frames[0], frames[2], checked, KINDS)
    distance = checked.columns.set_index("欄").loc["長", "距離"]
    assert (
        figure.axes[0].get_title()
        == f"長\nKS {distance:.2f}（雜訊 {checked.columns.set_index('欄').loc['長', '雜訊']:.2f}）"
    )
    assert picture(figure)


def test_the_bars_and_the_steps_are_shares(frames, checked):
    figure = quality_figures.marginals(frames[0], frames[2], checked, KINDS)
    axes = {ax.get_title().split("\n")[0]: ax for ax in figure.axes if ax.get_title()}
    bars: list[Any] = list(axes["群"].patches)
    heights = [bar.get_height() for bar in bars]
    np.testing.assert_allclose(sorted(heights[:3]), np.sort(frames[0]["群"].value_counts(normalize=True)))
    staircases: list[Any] = list(axes["長"].patches)
    for steps in staircases:
        assert steps.get_data().values.sum() == pytest.approx(1), "兩端以外的收進兩端"


def test_the_scatter_shows_every_pair_twice(checked):
    figure = quality_figures.association_scatter(checked)
    shown = [sum(np.shape(dots.get_offsets())[0] for dots in ax.collections) for ax in figure.axes]
    assert shown == [len(checked.pairs)] * 2 and picture(figure)


def test_the_missing_rates_are_the_table(checked):
    [ax] = quality_figures.missing_rates(checked).axes
    names = [label.get_text() for label in ax.get_yticklabels()]
    real = next(line for line in ax.lines if line.get_label() == quality_figures.REAL)
    assert names[0] == "缺" and set(names) == {"缺", "形", "寬"}
    np.testing.assert_array_equal(real.get_xdata(), checked.columns.set_index("欄").loc[names, "真的缺"])


def test_the_power_curves_end_where_everything_is_looked_at():
    scorers = {"怪的分數": knows_the_groups} | tampering.rivals(mixed_rows(300, 5))
    power = tampering.check_power(scorers, mixed_rows(200, 6))
    figure = quality_figures.power_curves(power)
    assert len(figure.axes) == 2
    for ax in figure.axes:
        curves = [y for line in ax.lines if len(y := np.asarray(line.get_ydata())) == 100]
        assert len(curves) == 1 + len(power.names) and all(curve[-1] == 1 for curve in curves)
    assert picture(figure)


@pytest.mark.parametrize("kinds", [Kinds(["群", "常"]), Kinds([], ["長"]), Kinds([], ["缺"])])
def test_little_to_show_is_shown_all_the_same(frames, kinds):
    found = quality.check(frames[0], frames[1], frames[2], kinds, targets=[])
    for figure in (
        quality_figures.marginals(frames[0], frames[2], found, kinds),
        quality_figures.association_scatter(found),
        quality_figures.missing_rates(found),
    ):
        assert picture(figure)


def test_names_from_a_file_are_not_mathematics(frames):
    def renamed(frame):
        return pd.DataFrame({"a$b$c": frame["群"].replace("甲", "$x_$"), "很長" * 20: frame["長"]})

    kinds = Kinds(["a$b$c"], ["很長" * 20])
    real, unseen, made = (renamed(frame) for frame in frames)
    found = quality.check(real, unseen, made, kinds, targets=[])
    assert picture(quality_figures.marginals(real, made, found, kinds))


def test_the_days_of_a_date_are_written_as_dates():
    rng = np.random.default_rng(0)
    days = pd.DataFrame({"日": 18262 + rng.integers(2000, size=400).astype(float)})
    made, kinds = days + 300, Kinds([], ["日"])
    found = quality.check(days, days.sample(80, random_state=0), made, kinds, targets=[])
    for dates, wanted in ((["日"], "2022"), ([], "1.8萬")):
        figure = quality_figures.marginals(days, made, found, kinds, dates=dates)
        assert picture(figure)
        assert wanted in [label.get_text() for label in figure.axes[0].get_xticklabels()]


def test_shares_are_written_at_even_steps(frames, checked):
    figure = quality_figures.marginals(frames[0], frames[2], checked, KINDS)
    figure.canvas.draw()
    for ax in figure.axes:
        shares = [float(label.get_text().rstrip("%")) for label in ax.get_yticklabels() if label.get_text()]
        np.testing.assert_allclose(np.diff(shares, 2), 0, atol=1e-9)


def test_whole_numbers_have_no_false_gaps():
    for most in (4, 60, 1000):
        values = np.repeat(np.arange(1.0, most + 1), 10)
        counts, _ = np.histogram(values, quality_figures.bin_edges(values))
        assert (counts[:-1] > 0).all() and len(counts) <= quality_figures.N_BINS + 1
        assert np.ptp(counts[1:-2]) == 0, "均勻的整數畫出來也是均勻的"
    assert len(quality_figures.bin_edges(np.array([]))) > 1
