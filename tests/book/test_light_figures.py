"""圖檔變小而畫面不變：每一點的位置、字的大小、深色的一套都還在；太大的圖會被說出來。"""

import base64
import io
import re
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from tests.browser.drawings import problems, read
from vae_from_scratch import plotting

COMMAND = re.compile(r"([MLHVQCZmlhvqcz])|(-?\.?\d+\.?\d*)")
LETTERS = r"<g [^>]*scale\([^>]*>(?:<defs>.*?</defs>|<use [^>]*/>|<path [^>]*/>|\s)*</g>"
COUNTS = {"m": 2, "l": 2, "h": 1, "v": 1, "q": 4, "c": 6, "z": 0}


def points(path: str) -> list[tuple[float, float]]:
    """路徑經過的點（連同控制點）：照 SVG 的規則讀，不管寫成位置還是差。"""
    tokens = [found[1] or found[2] for found in COMMAND.finditer(path)]
    here, start, found, command, at = (0.0, 0.0), (0.0, 0.0), list[tuple[float, float]](), "", 0
    while at < len(tokens):
        if tokens[at].isalpha():
            command, at = tokens[at], at + 1
        kind = command.lower()
        if kind == "z":
            here = start
            continue
        numbers = [float(token) for token in tokens[at : at + COUNTS[kind]]]
        at += COUNTS[kind]
        base = here if command.islower() else (0.0, 0.0)
        if kind in "hv":
            numbers = [base[0] + numbers[0], here[1]] if kind == "h" else [here[0], base[1] + numbers[0]]
            pairs = [(numbers[0], numbers[1])]
        else:
            pairs = [(base[0] + x, base[1] + y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
        found += pairs
        here = pairs[-1]
        start = here if kind == "m" else start
    return found


def drawing() -> str:
    """書的核心畫的樣子：曲線、散布的點、字、公式與點陣。"""
    from IPython.core.pylabtools import print_figure

    rng = np.random.default_rng(0)
    with matplotlib.rc_context():
        plotting.use_course_style()
        figure = Figure(figsize=(6.4, 3))
        left, right = figure.subplots(1, 2)
        t = np.linspace(0, 6, 200)
        left.plot(t, np.sin(t), label="一條線 $\\mu^2$")
        left.legend()
        right.scatter(*rng.normal(size=(2, 300)), c="#0072b2", alpha=0.5)
        right.imshow(rng.random((40, 40)), extent=(-1, 1, -1, 1), cmap="viridis")
        return str(print_figure(figure, "svg"))


@pytest.fixture(scope="module")
def before() -> str:
    return drawing()


@pytest.fixture
def light(extension):
    return extension("light_figures")


def paths(svg: str) -> list[tuple[str, float]]:
    """每一條路徑與它的 ``scale``（只有字形有）。"""
    found = []
    for node in ElementTree.fromstring(svg.encode()).iter():
        if node.tag.endswith("}path"):
            scale = re.search(r"^scale\(([\d.]+)", node.get("transform", ""))
            found.append((node.get("d", ""), float(scale[1]) if scale else 1.0))
    return found


def farthest(before: str, after: str) -> float:
    """兩張圖對應的點最多差多遠（字形是字身 100 分之幾）。"""
    apart = [0.0]
    for (old, scale), (new, one) in zip(paths(before), paths(after), strict=True):
        first, second = points(old), points(new)
        assert len(first) == len(second) and (one == 1.0 or not first)
        apart += [
            max(abs(scale * x - u), abs(scale * y - v)) for (x, y), (u, v) in zip(first, second, strict=True)
        ]
    return max(apart)


def without_letters(svg: str) -> str:
    """字形的路徑都在 ``<defs>`` 裡，有名字而沒有樣式。"""
    return re.sub(r'<path id="[^"]*" d="[^"]*"(?: transform="[^"]*")?/>', "", svg)


def test_every_point_stays_where_it_was(light, before):
    after = light.lightened(before)
    assert len(after) < 0.7 * len(before)
    assert farthest(before, after) <= 0.5001  # 字形的一格的一半
    assert farthest(without_letters(before), without_letters(after)) <= 0.0051  # 資料與框
    moved = re.sub(r' d="m(-?[\d.]+)', lambda found: f' d="m{float(found[1]) + 2:.2f}', after, count=1)
    assert farthest(before, moved) > 1, "走偏的路徑看得出來"


def test_a_long_path_does_not_drift(light):
    """一步一步的差由整數算：一萬步以後仍在原位。"""
    steps = np.cumsum(np.random.default_rng(1).normal(size=(10_000, 2)), 0)
    path = "M 0 0 " + " ".join(f"L {x:.6f} {y:.6f}" for x, y in steps)
    (found,) = light.PATH.finditer(f'<path d="{path}"/>')
    after = points(light.shorter_path(found)[4:-1])
    np.testing.assert_allclose(after[1:], steps, atol=0.0051)


def test_text_frames_and_colours_are_read_as_before(light, before, extension, tmp_path):
    """檢查圖的測試讀到同樣的字與框；深色的一套先加上，處理以後，這張圖用到的都還在。"""
    dark = extension("dark_figures")
    coloured = dark.with_dark(before)
    after = light.lightened(coloured)
    rules = light.DARK_RULE.findall(after)
    assert dark.with_dark(after) == after
    assert "fill: #ffffff" in rules and "stroke: #9b0a26" not in rules
    drawn = light.STYLE.sub("", after)
    assert [rule for rule in light.DARK_RULE.findall(coloured) if rule in drawn] == rules
    for name, svg in (("old.svg", before), ("new.svg", after)):
        (tmp_path / name).write_text(svg, encoding="utf-8")
    old, new = read(tmp_path / "old.svg"), read(tmp_path / "new.svg")
    assert new.glyphs == old.glyphs
    np.testing.assert_allclose(new.frames, old.frames, atol=0.01)
    assert problems(new, 300) == problems(old, 300) != []


def test_points_of_one_style_share_it_and_keep_their_places(light, before):
    after = light.lightened(before)
    places = [
        re.findall(r'<use [^>]*? x="([^"]*)" y="([^"]*)"', re.sub(LETTERS, "", svg, flags=re.S))
        for svg in (before, after)
    ]
    assert len(places[0]) == len(places[1])
    old, new = (np.sort(np.array(found, float), axis=0) for found in places)
    np.testing.assert_allclose(new, old, atol=0.0051)
    solid = '<use x="1" y="2" style="fill: #0072b2; opacity: 0.5"/>'
    apart = "".join(f'<g clip-path="url(#c)">{solid}</g>' for _ in range(2))
    (found,) = light.POINTS.finditer(apart)
    assert light.together(found).count("opacity") == 2, "整組的透明與一個個的不同，不合在一起"


def test_letters_keep_their_places(light):
    """平移寫成 x 與 y；另有縮放的（上下標）不動。"""
    shifts = ("#a", "83.3 0"), ("#b", "0 -4")
    letters = "".join(f'<use xlink:href="{name}" transform="translate({at})"/>' for name, at in shifts)
    small = '<use xlink:href="#c" transform="translate(3 4) scale(0.7)"/>'
    after = light.LETTER.sub(light.placed, letters + small)
    assert after == f'<use xlink:href="#a" x="83.3"/><use xlink:href="#b" y="-4"/>{small}'


def test_pixels_are_the_same(light, before):
    after = light.lightened(before)
    old, new = (
        [
            np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA"))
            for data in re.findall(r"data:image/\w+;base64,\s*([^\"]+)", svg)
        ]
        for svg in (before, after)
    )
    assert len(old) == len(new) == 1
    np.testing.assert_array_equal(new[0], old[0])


def test_it_is_done_once_and_always_the_same(light, before):
    after = light.lightened(before)
    assert light.lightened(after) == after == light.lightened(before)
    assert light.lightened("<svg>別人畫的</svg>") == "<svg>別人畫的</svg>"


def test_a_figure_that_is_still_too_big_is_named(light, tmp_path: Path):
    said: list[str] = []
    kept = tmp_path / "kept"
    (tmp_path / "a.svg").write_text("<svg>" + "x" * 299_000 + "</svg>", encoding="utf-8")
    light.lighten(tmp_path, kept, said.append)
    assert said == []
    (tmp_path / "b.png").write_bytes(bytes(301_000))
    light.lighten(tmp_path, kept, said.append)
    assert said == ["圖 b.png 有 301 kB，超過 300 kB"]


def test_a_figure_copied_again_is_not_worked_out_again(light, before, tmp_path: Path, monkeypatch):
    """Sphinx 每次都複製剛畫好的；內容一樣就拿做好的，不一樣就重做，不用的丟掉。"""
    site, kept, worked = tmp_path / "site", tmp_path / "kept", []
    site.mkdir()
    right = light.lightened

    def counted(svg: str) -> str:
        worked.append(svg)
        return right(svg)

    monkeypatch.setattr(light, "lightened", counted)
    for text in (before, before, before.replace("</svg>", "<g/></svg>")):
        (site / "a.svg").write_text(text, encoding="utf-8")
        light.lighten(site, kept, lambda text: None)
        assert (site / "a.svg").read_text(encoding="utf-8") == right(text)
    assert len(worked) == 2 and len(list(kept.iterdir())) == 1
