"""讀 matplotlib 畫的 SVG：每一段字最小幾點，每一個座標軸的框在哪裡。

文字存成路徑，字的大小在外層的 ``scale`` 裡：字型以 100 點存放，``scale(0.11)`` 就是 11 點；上下標再乘內層的。
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

SCALE = re.compile(r"scale\(([\d.]+)")
NUMBER = re.compile(r"-?[\d.]+")
RECTANGLE = re.compile(r"\s*M[^A-Za-z]+(?:L[^A-Za-z]+){3,4}z?\s*")
#: 字（示意圖的上下標除外）在手機上至少幾個像素；示意圖的上下標見 narrow_figures.DIAGRAM。
SMALLEST, SMALLEST_SCRIPT_IN_DIAGRAM = 9.0, 6.0
#: 左右並排的小圖，每一格至少幾個像素寬；比 ``NOT_A_PANEL`` 窄的是色條。
NARROWEST, NOT_A_PANEL = 300.0, 40.0
Frame = tuple[float, float, float, float]


class Drawing(NamedTuple):
    """一張圖：寬幾點；每個字（幾點，是不是示意圖裡的上下標）；座標軸的框（左、右、上、下，點）。"""

    width: float
    glyphs: list[tuple[float, bool]]
    frames: list[Frame]


def read(path: Path) -> Drawing:
    root = ElementTree.parse(path).getroot()
    frames = {axes: frame for axes in _axes(root) if (frame := _frame(axes))}
    glyphs = list(_glyphs(root, set(_axes(root)) - set(frames)))
    return Drawing(float(root.attrib["width"].removesuffix("pt")), glyphs, list(frames.values()))


def _axes(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [node for node in root.iter() if re.fullmatch(r"axes_\d+", node.get("id", ""))]


def _frame(axes: ElementTree.Element) -> Frame | None:
    """座標軸的底是它的第一個圖形：沒有邊的長方形；沒有畫底的（示意圖）是 None。"""
    path = axes.find("./*[1]/*[1]")
    if path is None or not RECTANGLE.fullmatch(path.get("d", "")) or "stroke" in path.get("style", ""):
        return None
    numbers = [float(number) for number in NUMBER.findall(path.get("d", ""))]
    across, down = numbers[::2], numbers[1::2]
    return min(across), max(across), min(down), max(down)


def _glyphs(
    node: ElementTree.Element,
    diagrams: set[ElementTree.Element],
    scale: float = 1.0,
    in_text: bool = False,
    in_diagram: bool = False,
) -> Iterator[tuple[float, bool]]:
    in_text = in_text or node.get("id", "").startswith("text_")
    in_diagram = in_diagram or node in diagrams
    found = SCALE.search(node.get("transform", "")) if in_text else None
    ratio = float(found[1]) if found else 1.0
    if in_text and node.tag.endswith("}use"):
        yield 100 * scale * ratio, in_diagram and ratio < 1
    for child in node if not node.tag.endswith("}defs") else ():
        yield from _glyphs(child, diagrams, scale * ratio, in_text, in_diagram)


def problems(drawing: Drawing, shown: float) -> list[str]:
    """顯示成 ``shown`` 像素寬時，太小的字與太窄的小圖。"""
    pixels = shown / drawing.width
    found = []
    for script, least in ((False, SMALLEST), (True, SMALLEST_SCRIPT_IN_DIAGRAM)):
        sizes = [size * pixels for size, is_script in drawing.glyphs if is_script == script]
        if sizes and min(sizes) < least:
            found.append(f"最小的字只有 {min(sizes):.1f} 像素")
    for frame in drawing.frames:
        width = (frame[1] - frame[0]) * pixels
        if NOT_A_PANEL < width < NARROWEST and any(_beside(frame, other, pixels) for other in drawing.frames):
            found.append(f"並排的小圖只有 {width:.0f} 像素寬")
    return found


def _beside(frame: Frame, other: Frame, pixels: float) -> bool:
    apart = other[0] >= frame[1] or other[1] <= frame[0]
    level = min(frame[3], other[3]) - max(frame[2], other[2]) > 0.3 * (frame[3] - frame[2])
    return apart and level and (other[1] - other[0]) * pixels > NOT_A_PANEL
