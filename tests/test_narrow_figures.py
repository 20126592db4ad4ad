"""窄的圖：並排的改成上下排，鄰居說的話補齊，字夠大，太長的換行；同一張圖同樣的位元組。"""

import io
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from IPython.core.formatters import SVGFormatter
from matplotlib.figure import Figure
from matplotlib.image import imread

from vae_from_scratch import narrow_figures, plotting


@pytest.fixture(autouse=True)
def course_style():
    with matplotlib.rc_context():
        plotting.use_course_style()
        yield


def svg(figure, **settings):
    """書的核心畫一張圖的方式。"""
    from IPython.core.pylabtools import print_figure

    return print_figure(figure, fmt="svg", metadata={"Date": None}, **settings)


def side_by_side():
    figure = Figure(figsize=(6.4, 3.2))
    left, right = figure.subplots(1, 2, sharey=True)
    left.set(ylabel="損失", title="每次重抽", xlabel="$\\mu$")
    right.set(title="固定一個雜訊", xlabel="$\\mu$")
    for ax in (left, right):
        ax.plot([0, 1], [0, 1])
    return figure, left, right


def test_two_panels_are_stacked_and_say_where_they_were():
    figure, left, right = side_by_side()
    narrow_figures.make_narrow(figure)
    assert figure.get_figwidth() == narrow_figures.WIDTH
    assert left.get_position().y0 > right.get_position().y1
    assert [ax.get_title(loc="left") for ax in (left, right)] == ["左", "右"]
    assert right.get_ylabel() == "損失", "原來由左邊的那一格說"
    assert any(label.get_visible() and label.get_text() for label in right.get_yticklabels())


def test_a_grid_keeps_the_words_of_its_first_row_and_column():
    figure = Figure(figsize=(6.4, 5))
    axes = figure.subplots(2, 2, sharex=True)
    for ax, title in zip(axes[0], ("重建", "KL"), strict=True):
        ax.set_title(title)
    for ax, name in zip(axes[:, 0], ("沒有暖身", "暖身"), strict=True):
        ax.set_ylabel(name)
    for ax in axes[1]:
        ax.set_xlabel("週期")
    narrow_figures.make_narrow(figure)
    assert axes[1, 1].get_title() == "KL" and axes[1, 1].get_ylabel() == "暖身"
    assert axes[0, 0].get_xlabel() == "週期"
    assert axes[0, 1].get_title(loc="left") == "右上"
    heights = [ax.get_position().y0 for ax in axes.flat]
    assert heights == sorted(heights, reverse=True)


def test_a_panel_with_its_margins_moves_as_one():
    figure = Figure(figsize=(6.4, 3.6))
    axes = figure.subplots(2, 4, width_ratios=[3, 1, 3, 1], height_ratios=[1, 3])
    narrow_figures.make_narrow(figure)
    assert axes[1, 0].get_position().y0 > axes[0, 2].get_position().y1
    assert axes[1, 1].get_position().x0 > axes[1, 0].get_position().x1
    assert axes[1, 1].get_position().y0 == pytest.approx(axes[1, 0].get_position().y0)


def test_many_small_panels_become_two_columns():
    figure = Figure(figsize=(6.8, 7.2))
    axes = figure.subplots(3, 3)
    narrow_figures.make_narrow(figure)
    assert len({round(ax.get_position().x0, 2) for ax in axes.flat}) == 2


def test_two_halves_of_one_diagram_stay_together():
    for widths, stacked in (([1.1, 1.3], False), ([1, 1], True)):
        figure = Figure(figsize=(6, 3))
        left, right = figure.subplots(1, 2, width_ratios=widths)
        for ax in (left, right):
            ax.axis("off")
        narrow_figures.make_narrow(figure)
        assert (left.get_position().y0 > right.get_position().y1) == stacked


@pytest.mark.parametrize(
    ("widths", "expected"), [([3, 1, 3, 1], 2), ([1, 1.4], 1), ([1, 1, 1, 1], 1), ([3, 1], 1), ([3, 1, 1], 1)]
)
def test_only_repeated_large_and_small_columns_belong_together(widths, expected):
    assert narrow_figures.group_size(widths) == expected


def test_a_shared_colour_bar_follows():
    figure = Figure(figsize=(6.4, 3))
    axes = figure.subplots(1, 2)
    bar = figure.colorbar(axes[0].imshow(np.eye(3)), ax=axes)
    narrow_figures.make_narrow(figure)
    figure.draw_without_rendering()
    assert axes[0].get_position().y0 > axes[1].get_position().y1
    assert bar.ax.get_position().x0 > axes[0].get_position().x1


def test_no_glyph_is_smaller_than_it_may_be():
    figure, left, _ = side_by_side()
    left.text(0, 0, "$x_1$", fontsize=9)
    left.text(0, 1, "小字", fontsize=5)
    left.tick_params(labelsize=5)
    before = min(map(narrow_figures.smallest_glyph, narrow_figures.texts_of(figure)))
    narrow_figures.make_narrow(figure)
    figure.draw_without_rendering()
    after = min(map(narrow_figures.smallest_glyph, narrow_figures.texts_of(figure)))
    assert before < narrow_figures.SMALLEST <= after + 1e-9


def test_words_in_boxes_shrink_with_their_boxes_but_stay_readable():
    figure = Figure(figsize=(6.4, 3))
    ax = figure.subplots()
    ax.axis("off")
    texts = [ax.text(0.5, 0.5, "$\\log\\sigma^2$", fontsize=size) for size in (13, 8)]
    narrow_figures.make_narrow(figure)
    sizes = [float(text.get_fontsize()) for text in texts]
    assert 9 < sizes[0] < 10 and sizes[1] == narrow_figures.SMALLEST


def test_words_that_run_into_each_other_shrink_a_little():
    def drawn(second):
        figure = Figure(figsize=(6.4, 3))
        ax = figure.subplots()
        texts = [ax.text(x, 0.5, "對先驗的 KL", fontsize=11) for x in (0.1, second)]
        narrow_figures.make_narrow(figure)
        return [text.get_fontsize() for text in texts]

    assert drawn(0.3) == pytest.approx([8.8, 8.8])
    assert drawn(0.7) == [11, 11], "沒有疊在一起就不縮"


def test_a_long_title_is_wrapped_inside_the_figure():
    figure = Figure(figsize=(6.4, 3))
    ax = figure.subplots()
    ax.set_title(
        "重建誤差一路升到虛線，兩個單元的 $\\mathrm{KL}$ 先後落到 0，而 $R^2$ 幾乎不動，崩塌以後才亂掉"
    )
    narrow_figures.make_narrow(figure)
    figure.draw_without_rendering()
    box = ax.title.get_window_extent()
    assert "\n" in ax.get_title()
    assert box.x0 >= 0 and box.x1 <= figure.bbox.width


def test_wrapping_keeps_formulas_whole_and_punctuation_behind():
    line = "一二三四，$a b c d$五六七八ELBO九"
    lines = narrow_figures.wrapped(line, 10, len)
    assert "".join(lines) == line
    assert max(map(len, lines)) <= 11
    assert any("$a b c d$" in part for part in lines) and any("ELBO" in part for part in lines)
    assert not any(part.startswith("，") for part in lines)
    assert narrow_figures.wrapped("短", 10, len) == ["短"]


def test_a_large_legend_moves_below_the_axes():
    figure = Figure(figsize=(6.4, 3))
    ax = figure.subplots()
    for name in ("很長很長很長很長很長的一條線", "另一條很長很長很長很長很長的線"):
        ax.plot([0, 1], [0, 1], label=name)
    legend = ax.legend()
    narrow_figures.make_narrow(figure)
    figure.draw_without_rendering()
    axis = ax.xaxis.get_tightbbox()
    assert axis is not None
    assert legend.get_window_extent().y1 <= axis.y0 + 1


@pytest.mark.parametrize("covers", [True, False])
def test_a_legend_over_the_data_moves_below_the_axes(covers):
    figure = Figure(figsize=(6.4, 3))
    ax = figure.subplots()
    ax.barh([0, 1], [1.0, 1.0 if covers else 0.2], label="熵")
    legend = ax.legend(loc="upper right")
    narrow_figures.make_narrow(figure)
    figure.draw_without_rendering()
    assert (legend.get_window_extent().y1 < ax.bbox.y0) == covers


def test_both_drawings_travel_in_one_file_and_come_apart():
    figure, *_ = side_by_side()
    wide = svg(figure)
    both = narrow_figures.drawn_both(svg)(figure)
    assert both is not None
    first, second = narrow_figures.separated(both)
    assert second is not None
    assert first.split() == wide.split()
    assert second.startswith("<?xml") and second.count("<svg") == 1 and second.rstrip().endswith("</svg>")
    assert narrow_figures.separated(wide) == (wide, None)


def test_the_same_figure_gives_the_same_two_drawings():
    draw = narrow_figures.drawn_both(svg)
    assert draw(side_by_side()[0]) == draw(side_by_side()[0])


def test_a_figure_with_nothing_on_it_stays_nothing():
    assert narrow_figures.drawn_both(svg)(Figure()) is None


def test_crowds_are_stored_as_pixels_and_few_points_are_not():
    figure = Figure()
    ax = figure.subplots()
    many, few = (ax.scatter(*np.zeros((2, n))) for n in (2000, 50))
    (line,) = ax.plot(np.zeros(2000), ".")
    narrow_figures.lighten(figure)
    assert many.get_rasterized() and line.get_rasterized() and not few.get_rasterized()


def test_a_thinned_area_looks_the_same():
    def drawn(thin):
        figure = Figure(figsize=(4, 3))
        x = np.linspace(-4, 4, 4001)
        figure.subplots().fill_between(x, np.exp(-(x**2)), where=np.abs(x) < 3, alpha=0.4)
        if thin:
            narrow_figures.lighten(figure)
        picture = io.BytesIO()
        figure.savefig(picture, dpi=144)
        picture.seek(0)
        return imread(picture), len(svg(figure))

    (before, large), (after, small) = drawn(False), drawn(True)
    assert small < large / 3
    assert np.abs(before - after).max() < 0.1
    assert np.abs(before - after).mean() < 1e-4


def formatter_after(monkeypatch, **environment):
    """讀者的筆記本、書的核心，各用哪一個方式畫圖。"""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    formatter = SVGFormatter()
    shell = SimpleNamespace(display_formatter=SimpleNamespace(formatters={"image/svg+xml": formatter}))
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    monkeypatch.setattr(
        "matplotlib_inline.backend_inline.set_matplotlib_formats",
        lambda *_, **__: formatter.for_type(Figure, svg),
    )
    plotting._use_svg_in_jupyter()
    return formatter.lookup_by_type(Figure)


def test_only_the_kernel_of_the_book_draws_both(monkeypatch):
    monkeypatch.delenv("VAE_NARROW_FIGURES", raising=False)
    assert formatter_after(monkeypatch) is svg
    drawn = formatter_after(monkeypatch, VAE_NARROW_FIGURES="1")(side_by_side()[0])
    assert narrow_figures.separated(drawn)[1] is not None
