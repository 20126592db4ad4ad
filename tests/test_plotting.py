"""圖樣：中文字型真的用上、顏色分得清、固定的座標軸、同一張圖同樣的位元組。"""

import importlib
import itertools
import subprocess
import sys
import warnings

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font

from vae_from_scratch import plotting
from vae_from_scratch.fonts import __main__ as fonts

# Machado et al. (2009) 的色盲模擬矩陣（嚴重度 1），作用在線性 RGB。
VISION = {
    "一般": np.eye(3),
    "紅色盲": [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
    ],
    "綠色盲": [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881],
    ],
    "藍色盲": [
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900],
    ],
}  # fmt: skip
RGB_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


@pytest.fixture(autouse=True)
def course_style():
    with matplotlib.rc_context():
        plotting.use_course_style()
        yield


def linear_rgb(colour):
    channel = np.array(matplotlib.colors.to_rgb(colour))
    return np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    x, y, z = np.cbrt(np.maximum(RGB_TO_XYZ @ np.clip(rgb, 0, 1) / [0.9505, 1, 1.089], 1e-9))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def smallest_difference(colours):
    return min(
        np.linalg.norm(lab(np.array(matrix) @ linear_rgb(one)) - lab(np.array(matrix) @ linear_rgb(other)))
        for matrix in VISION.values()
        for one, other in itertools.combinations(colours, 2)
    )


def test_colours_are_told_apart_by_every_kind_of_vision():
    assert smallest_difference(plotting.COLOURS.values()) > 14


def test_the_colour_check_catches_red_against_green():
    assert smallest_difference(["#B00000", "#6F6F00"]) < 14


def test_the_kinds_of_a_table_are_told_apart_in_both_themes(monkeypatch):
    """換你的表的七種類別與退到後面的灰；反例：靜止的圖的深色，q 與資料太像。"""
    monkeypatch.syspath_prepend("book/_ext")
    figures = importlib.import_module("dark_figures")
    light, dark = ([pair[k] for pair in (*figures.KINDS, figures.CARD["others"])] for k in range(2))
    assert smallest_difference(light) > 10 and smallest_difference(dark) > 18
    assert smallest_difference([figures.DARK["#0072b2"], plotting.COLOURS["data"]]) < 8


def test_colours_stand_out_on_white():
    for role, colour in plotting.COLOURS.items():
        luminance = linear_rgb(colour) @ RGB_TO_XYZ[1]
        assert 1.05 / (luminance + 0.05) > 3, role


def test_chinese_is_drawn_without_missing_glyphs():
    figure = Figure()
    figure.subplots().set_title("變分自編碼器：證據下界，重參數化 μ ± σ² ≈ −1 ‖q‖p")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FigureCanvasAgg(figure).draw()


def test_missing_glyphs_would_be_noticed():
    figure = Figure()
    figure.subplots().set_title("變分", fontfamily="DejaVu Sans")
    with pytest.warns(UserWarning, match="missing from font"):
        FigureCanvasAgg(figure).draw()


def test_a_system_font_fills_in_what_the_course_font_lacks(monkeypatch):
    monkeypatch.setattr(plotting, "_SYSTEM_FONTS", ("也沒有", "DejaVu Sans Mono", "DejaVu Serif"))
    assert plotting._font_names() == ["Noto Sans TC", "DejaVu Sans Mono"]


def test_the_shipped_font_holds_every_character_of_the_package_and_the_common_ones():
    """改了程式裡的中文，``python -m vae_from_scratch.fonts`` 重新產生字型。"""
    held = set(map(chr, FT2Font(fonts.FONT).get_charmap()))
    needed = {letter for letter in fonts.characters() if ord(letter) >= 0x2E80}
    assert len(needed) > 5401 and needed <= held
    assert "龘" not in held, "反例：罕用字不在裡面"
    assert fonts.FONT.stat().st_size < 2_000_000


def test_the_shipped_font_is_used_where_there_is_no_course_folder(monkeypatch, tmp_path):
    added: list[str] = []
    monkeypatch.setattr(plotting, "_FONT_FOLDERS", (tmp_path, *plotting._FONT_FOLDERS[1:]))
    monkeypatch.setattr(plotting, "_COURSE_FONT", "還沒有登記的名字")
    monkeypatch.setattr(matplotlib.font_manager.fontManager, "addfont", added.append)
    plotting._font_names()
    assert added == [fonts.FONT]


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    def draw(name):
        figure = Figure()
        plotting.latent_plane(figure.subplots(), np.eye(2), [11.0, 12.0])
        plotting.save_figure(figure, tmp_path / name)
        return (tmp_path / name).read_bytes()

    assert draw("a.svg") == draw("b.svg")
    assert b"<text" not in draw("c.svg"), "文字應該存成路徑"
    assert b"<dc:date>" not in draw("d.svg")


def test_a_failed_save_keeps_the_old_file(tmp_path):
    old = tmp_path / "a.png"
    old.write_text("舊的")
    with pytest.raises(ValueError):
        plotting.save_figure(Figure(figsize=(1e6, 1e6)), old)
    assert old.read_text() == "舊的"
    assert list(tmp_path.iterdir()) == [old]


def test_prior_radius_holds_its_share():
    norms = np.linalg.norm(np.random.default_rng(0).standard_normal((200_000, 2)), axis=1)
    for share in (0.5, 0.95):
        assert np.mean(norms < plotting.prior_radius(share)) == pytest.approx(share, abs=0.005)


def test_the_plane_does_not_zoom_in_on_a_collapsed_code():
    ax = Figure().subplots()
    plotting.latent_plane(ax, np.random.default_rng(0).normal(0, 1e-3, (50, 2)), np.full(50, 12.0))
    assert ax.get_xlim() == ax.get_ylim() == (-4, 4)
    assert ax.get_aspect() == 1


def test_points_outside_the_plane_are_counted():
    ax = Figure().subplots()
    plotting.latent_plane(ax, [[0, 0], [5, 0], [0, -9]], [11, 12, 13])
    assert "另有 2 點在圖外" in [text.get_text() for text in ax.texts]


def test_houses_without_a_price_are_grey_and_the_rest_share_one_colour_range():
    ax = Figure().subplots()
    bar = plotting.latent_plane(ax, np.zeros((3, 2)), [11.0, np.nan, 13.0])
    grey, coloured = ax.collections[:2]
    assert [np.shape(dots.get_offsets()) for dots in (grey, coloured)] == [(1, 2), (2, 2)]
    assert coloured.get_clim() == plotting.LOG_PRICE_RANGE
    assert bar is not None and "房價" in bar.ax.get_ylabel()


@pytest.mark.parametrize(
    "mean, price", [(np.zeros((3, 3)), None), (np.zeros(3), None), (np.zeros((3, 2)), [1.0])]
)
def test_wrong_shapes_name_the_argument(mean, price):
    with pytest.raises(ValueError, match=r"引數 (mean|log_price)"):
        plotting.latent_plane(Figure().subplots(), mean, price)


def history(n_epochs, n_units=2, validation=True):
    row = {"reconstruction": 40.0, "kl_per_unit": [1.0] * n_units}
    both = row | ({f"val_{name}": value for name, value in row.items()} if validation else {})
    return [{"epoch": epoch} | both for epoch in range(1, n_epochs + 1)]


@pytest.mark.parametrize("n_epochs, n_units, validation", [(1, 1, False), (3, 2, True), (40, 10, True)])
def test_history_curves_draw_every_unit(n_epochs, n_units, validation):
    left, right = Figure().subplots(1, 2)
    plotting.history_curves(history(n_epochs, n_units, validation), (left, right), baseline=49.4)
    assert len(left.lines) == 2 + validation
    assert len(right.lines) == n_units * (1 + validation)


def test_the_huge_first_epoch_does_not_flatten_the_curve():
    rows = history(30)
    rows[0]["reconstruction"] = 5000.0
    left, right = Figure().subplots(1, 2)
    plotting.history_curves(rows, (left, right), baseline=49.4)
    assert left.get_ylim()[1] < 60


def test_an_empty_history_says_what_to_do():
    with pytest.raises(ValueError, match="history"):
        plotting.history_curves([])


def test_importing_the_module_does_not_import_matplotlib():
    code = "import sys, vae_from_scratch.plotting; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
