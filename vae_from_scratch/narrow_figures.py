"""手機上的圖：同一張圖改排成一欄，字不縮小；書裡的每一張圖都有寬、窄兩種畫法。

寬的圖原樣縮到手機的 342 像素，11 點的字只剩 8 像素。這裡把並排的小圖改成上下排，標題、軸名太長就換行，
圖例太大就移到圖的下面。寫書的人不必另外畫：建書的核心顯示一張圖的時候，窄的一份跟著寬的一起出去
（見 ``drawn_both``），book/_ext/narrow_figures.py 再把它們分成兩個檔案。

* 左右並排的小圖一欄到底，左上角註明它原來在「左」或「右上」，圖說裡的左右才對得上；
* 一張大圖帶著旁邊的小圖（欄寬差一倍以上，例如邊緣的直方圖）是一組，整組一起移；
* 超過 ``MOST_STACKED`` 格的，看的是整體，改成兩欄；
* 不在同一個格線裡的座標軸（自己指定位置的、格線裡還有格線的）不改排，只換大小。
"""

import re
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import BboxBase

#: 窄的圖寬幾英吋。四周裁掉以後約 379 像素，手機上縮成 0.9 倍，11 點的字還有 13 像素。
WIDTH = 4.0
#: 字（包括上下標）至少幾點，在手機上才有 9 像素；摺起來的段落縮排，圖只剩 323 像素寬。
SMALLEST = 8.0
#: 兩軸等長的小圖最高幾英吋；其餘的照原來的高度。
TALLEST_SQUARE = 3.3
#: 小圖超過這麼多，就不一路排到底。
MOST_STACKED = 6
#: 圖例占座標軸的寬或面積超過這個比例，就移到圖的下面。
WIDEST_LEGEND, LARGEST_LEGEND = 0.75, 0.25
#: 示意圖（沒有座標軸，字寫在框裡）變窄幾倍，字就縮小幾倍再乘這個數，才不會超出框；
#: 只有它的上下標可以比 ``SMALLEST`` 小。
DIAGRAM = 1.15
#: 圖裡的字疊在一起時縮小幾倍。
CROWDED = 0.8
#: 超過這麼多點、這麼多頂點的，存成向量就太大。
CROWD = 800
PADDING = 0.02
_OPENING, _CLOSING = '<metadata id="narrow">', "</metadata></svg>"
_TOKENS = re.compile(r"\$(?:\\.|[^$\\])*\$|[A-Za-z0-9.,%/+\-−–'()]+|.", re.S)
_NOT_FIRST = set("，。；：、）」！？ ")


class Cell(NamedTuple):
    """格線裡的一格：在裡面的座標軸（雙軸時不只一個），與它占的列、欄。"""

    axes: "list[Axes]"
    rows: range
    columns: range


# ── 兩種畫法放在一個檔案裡 ────────────────────────────────────────────


def drawn_both(draw: "Callable[..., str | None]") -> "Callable[[Figure], str | None]":
    """``draw(figure, **設定)`` 傳回一張圖的 SVG；這裡畫兩次，窄的放在寬的裡面。

    畫完以後，這張圖就是窄的樣子；Jupyter 顯示完一張圖就關掉它，沒有人再看。
    """

    def draw_both(figure: "Figure") -> str | None:
        lighten(figure)
        wide = draw(figure)
        if not wide:
            return wide
        make_narrow(figure)
        return joined(wide, draw(figure, pad_inches=PADDING) or "")

    return draw_both


def joined(wide: str, narrow: str) -> str:
    """窄的 SVG 放進寬的 SVG 的最後；不會畫出來。"""
    body = wide.rstrip().removesuffix("</svg>")
    return f"{body}{_OPENING}{narrow[narrow.index('<svg') :].strip()}{_CLOSING}\n"


def separated(svg: str) -> tuple[str, str | None]:
    """（寬的 SVG，窄的 SVG）；沒有窄的就是 None。"""
    wide, found, rest = svg.partition(_OPENING)
    if not found:
        return svg, None
    head = wide[: wide.index("<svg")]
    return f"{wide}</svg>\n", f"{head}{rest.rstrip().removesuffix(_CLOSING)}\n"


# ── 檔案不要太大 ──────────────────────────────────────────────────────


def lighten(figure: "Figure") -> None:
    """上千個點存成向量就要幾百 kB，改存點陣；填色的邊界細到看不出來的，少用幾個頂點。"""
    from matplotlib.collections import PathCollection, PolyCollection
    from matplotlib.lines import Line2D

    figure.draw_without_rendering()  # 座標軸的範圍定了，才知道多細看不出來
    for artist in figure.findobj():
        if isinstance(artist, Line2D) and artist.get_linestyle() == "None":
            artist.set_rasterized(artist.get_rasterized() or np.size(artist.get_xdata()) > CROWD)
        elif isinstance(artist, PathCollection):
            artist.set_rasterized(artist.get_rasterized() or np.size(artist.get_offsets()) // 2 > CROWD)
        elif isinstance(artist, PolyCollection):
            _thin(artist)


def _thin(area: "PolyCollection") -> None:
    """matplotlib 會替折線丟掉看不出差別的頂點（九分之一個像素以內），卻不替填色做；這裡借它的來用。"""
    from matplotlib.path import Path

    if max((np.size(path.vertices) // 2 for path in area.get_paths()), default=0) <= CROWD:
        return
    shown = area.get_transform()
    back = shown.inverted()
    outlines = [Path(shown.transform(path.vertices)).cleaned(simplify=True) for path in area.get_paths()]
    area.set_verts(
        [back.transform(np.asarray(outline.vertices)[outline.codes != Path.STOP]) for outline in outlines]
    )


# ── 改排 ──────────────────────────────────────────────────────────────


def make_narrow(figure: "Figure") -> None:
    """把一張畫好的圖改排成 ``WIDTH`` 英吋寬。直接改 ``figure``。"""
    cells = cells_of(figure)
    if _side_by_side(figure, cells):
        height = _stack(figure, cells)
    else:
        height = figure.get_figheight()
        _shrink_diagrams(figure, DIAGRAM * WIDTH / figure.get_figwidth())
    figure.set_size_inches(WIDTH, height)
    if any(ax.get_aspect() != "auto" for cell in cells for ax in cell.axes):
        figure.set_layout_engine("compressed")
    _enlarge_small_text(figure)
    figure.draw_without_rendering()
    if sum(_wrap(ax.yaxis.label, 1.15 * ax.bbox.height) for ax in figure.axes):  # 每一個都要換，不能中途停
        figure.draw_without_rendering()
    for ax in figure.axes:
        _wrap_across(ax, figure.bbox.width)
        _shrink_crowded_words(ax)
    legends = [ax for ax in figure.axes if ax.get_legend()]
    if legends:
        figure.draw_without_rendering()
    for ax in legends:
        _move_large_legend(ax)


def cells_of(figure: "Figure") -> list[Cell]:
    """同一個格線的每一格，由上到下、由左到右；不只一個格線時，一格也沒有。"""
    found: dict[tuple[int, ...], Cell] = {}
    grids = set()
    for ax in figure.axes:
        place = ax.get_subplotspec()
        if place is None:
            continue
        grids.add(id(place.get_gridspec()))
        rows, columns = place.rowspan, place.colspan
        key = (rows.start, columns.start, rows.stop, columns.stop)
        found.setdefault(key, Cell([], range(rows.start, rows.stop), range(columns.start, columns.stop)))
        found[key].axes.append(ax)
    return [found[key] for key in sorted(found)] if len(grids) == 1 else []


def _side_by_side(figure: "Figure", cells: list[Cell]) -> bool:
    """幾格並排、要改成上下排；不等寬的示意圖是一張圖的兩半（右邊靠左邊的列名），不拆開。"""
    if max((cell.columns.stop for cell in cells), default=1) == 1:
        return False
    widths = _sizes(figure, _grid(cells))[1]
    halves = max(widths) > min(widths) and not any(ax.axison for cell in cells for ax in cell.axes)
    return not halves


def _stack(figure: "Figure", cells: list[Cell]) -> float:
    """並排的改成上下排；傳回整張圖的新高度。"""
    grid = _grid(cells)
    heights, widths = _sizes(figure, grid)
    group = group_size(widths)
    if group > 1:
        new, shape = _in_groups(cells, grid.nrows, group)
    else:
        _complete(cells)
        if len(cells) <= MOST_STACKED:
            _name_places(cells)
        new, shape = _reflowed(cells, 1 if len(cells) <= MOST_STACKED else 2)
    rows = [0.0] * shape[0]
    for cell, place in zip(cells, new, strict=True):
        old = (sum(heights[row] for row in cell.rows), sum(widths[column] for column in cell.columns))
        scale = WIDTH * len(place.columns) / shape[1] / old[1]
        rows[place.rows.start] = max(rows[place.rows.start], _new_height(cell, old[0], scale))
    ratios = widths[:group] if group > 1 else [1.0] * shape[1]
    layout = figure.add_gridspec(*shape, height_ratios=rows, width_ratios=ratios)
    for cell, place in zip(cells, new, strict=True):
        for ax in cell.axes:
            ax.set_subplotspec(layout[place.rows.start, place.columns.start : place.columns.stop])
    return sum(rows)


def _new_height(cell: Cell, height: float, scale: float) -> float:
    if all(ax.get_aspect() == "auto" for ax in cell.axes):
        return height
    return max(height, min(TALLEST_SQUARE, height * scale))


def _grid(cells: list[Cell]) -> Any:
    place = cells[0].axes[0].get_subplotspec()
    assert place is not None
    return place.get_gridspec()


def _sizes(figure: "Figure", grid: Any) -> tuple[list[float], list[float]]:
    """每一列的高、每一欄的寬（英吋）。"""

    def share(ratios: Any, whole: float) -> list[float]:
        return [whole * ratio / sum(ratios) for ratio in ratios]

    width, height = figure.get_size_inches()
    return share(grid.get_height_ratios(), height), share(grid.get_width_ratios(), width)


def group_size(widths: list[float]) -> int:
    """幾欄是一組：寬窄差一倍以上、又一再重複的，是大圖帶著小圖；其餘的一欄一組。"""
    for size in range(2, len(widths)):
        repeats = len(widths) % size == 0 and widths == widths[:size] * (len(widths) // size)
        if repeats and max(widths[:size]) > 2 * min(widths[:size]):
            return size
    return 1


def _in_groups(cells: list[Cell], n_rows: int, group: int) -> tuple[list[Cell], tuple[int, int]]:
    def move(cell: Cell) -> Cell:
        row = cell.columns.start // group * n_rows + cell.rows.start
        column = cell.columns.start % group
        return Cell(cell.axes, range(row, row + 1), range(column, column + 1))

    moved = [move(cell) for cell in cells]
    return moved, (1 + max(cell.rows.start for cell in moved), group)


def _reflowed(cells: list[Cell], columns: int) -> tuple[list[Cell], tuple[int, int]]:
    """照閱讀的順序重新排進 ``columns`` 欄；原來占好幾欄的，占滿一列。"""
    moved, row, column = list[Cell](), 0, 0
    for cell in cells:
        span = columns if len(cell.columns) > 1 else 1
        if column + span > columns:
            row, column = row + 1, 0
        moved.append(Cell(cell.axes, range(row, row + 1), range(column, column + span)))
        column += span
    return moved, (row + 1, columns)


# ── 移開以後，補上原來由鄰居說的 ──────────────────────────────────────


def _complete(cells: list[Cell]) -> None:
    """標題由同一欄最上面的補，軸名由同一列最左邊、同一欄最下面的補；共用的刻度也寫出來。"""
    many_rows = any(cell.rows.start for cell in cells)
    before = [(cell, *_words(cell.axes[0])) for cell in cells]
    for cell, title, across, up in before:
        ax = cell.axes[0]
        row = [other for other in before if other[0].rows == cell.rows]
        column = [other for other in before if other[0].columns == cell.columns]
        if not ax.axison:
            continue
        if not title and many_rows:
            ax.set_title(column[0][1])
        if not up and (many_rows or _joined(ax, row[0][0].axes[0], "y")):
            ax.set_ylabel(row[0][3])
        if not across and _joined(ax, column[-1][0].axes[0], "x"):
            ax.set_xlabel(column[-1][2])
        for name in ("x", "y"):
            if len(_sharing(ax, name)) > 1:
                ax.tick_params(axis=name, **{"labelbottom" if name == "x" else "labelleft": True})


def _words(ax: "Axes") -> tuple[str, str, str]:
    titles = [ax.get_title(loc=place) for place in ("center", "left", "right")]
    return "".join(titles), ax.get_xlabel(), ax.get_ylabel()


def _sharing(ax: "Axes", name: str) -> "list[Axes]":
    groups = ax.get_shared_x_axes() if name == "x" else ax.get_shared_y_axes()
    return groups.get_siblings(ax)


def _joined(ax: "Axes", other: "Axes", name: str) -> bool:
    return any(other is sibling for sibling in _sharing(ax, name))


def _name_places(cells: list[Cell]) -> None:
    """在標題的左邊註明原來的位置。"""
    n_rows, n_columns = (
        max(part) for part in zip(*((c.rows.stop, c.columns.stop) for c in cells), strict=True)
    )
    for cell in cells:
        ax, name = cell.axes[0], place_name(cell, n_rows, n_columns)
        if name and ax.axison:
            own = ax.get_title(loc="left")
            ax.set_title(f"{name}：{own}" if own else name, loc="left", fontsize="small")


def place_name(cell: Cell, n_rows: int, n_columns: int) -> str:
    """「左」「右上」「下」；三欄、三列以內才有名字。"""
    if max(n_rows, n_columns) > 3:
        return ""
    across = {1: "", 2: "左右", 3: "左中右"}[n_columns]
    down = {1: "", 2: "上下", 3: "上中下"}[n_rows]
    one_column, one_row = len(cell.columns) == 1 and across, len(cell.rows) == 1 and down
    name = (across[cell.columns.start] if one_column else "") + (down[cell.rows.start] if one_row else "")
    return {"中中": "正中"}.get(name, name)


# ── 字與圖例 ──────────────────────────────────────────────────────────


def texts_of(figure: "Figure") -> "Iterator[Text]":
    """圖裡看得見的每一段字：標題、軸名、刻度、圖例與標註。"""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        if isinstance(text, Text) and text.get_visible() and text.get_text().strip():
            yield text


def _size(text: "Text") -> float:
    return float(text.get_fontsize())


def smallest_glyph(text: "Text") -> float:
    """這段字裡最小的字幾點；上下標比寫的小。"""
    from matplotlib.mathtext import MathTextParser

    size = _size(text)
    lines = [line for line in text.get_text().split("\n") if line.count("$") >= 2]
    parse = MathTextParser("path").parse
    sizes = [glyph[1] for line in lines for glyph in parse(line, 72, text.get_fontproperties()).glyphs]
    return min([size, *map(float, sizes)])


def _in_diagram(text: "Text") -> bool:
    return text.axes is not None and not text.axes.axison


def _shrink_diagrams(figure: "Figure", scale: float) -> None:
    for text in filter(_in_diagram, texts_of(figure)):
        text.set_fontsize(max(SMALLEST, _size(text) * min(scale, 1.0)))


def _shrink_crowded_words(ax: "Axes") -> None:
    """圖裡的字變窄以後疊在一起，這一格的都縮小一點。"""
    words = [text for text in ax.texts if text.get_visible() and text.get_text().strip()]
    boxes = [text.get_window_extent() for text in words]
    if any(one.overlaps(other) for one, other in combinations(boxes, 2)):
        for text in words:
            smallest = SMALLEST * _size(text) / smallest_glyph(text)
            text.set_fontsize(min(_size(text), max(smallest, CROWDED * _size(text))))


def _enlarge_small_text(figure: "Figure") -> None:
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            labels = [label for label in axis.get_ticklabels() if label.get_text()]
            smallest = min((smallest_glyph(label) for label in labels), default=SMALLEST)
            if smallest < SMALLEST:
                axis.set_tick_params(labelsize=_size(labels[0]) * SMALLEST / smallest)
    for text in texts_of(figure):
        smallest = _size(text) if _in_diagram(text) else smallest_glyph(text)
        if smallest < SMALLEST:
            text.set_fontsize(_size(text) * SMALLEST / smallest)


def _wrap_across(ax: "Axes", width: float) -> None:
    """標題與橫軸的名字：以座標軸的中間為準，兩邊都不超出圖。"""
    middle = (ax.bbox.x0 + ax.bbox.x1) / 2
    room = 2 * min(middle, width - middle)
    tag = ax.get_title(loc="left")
    taken = 2 * _measure(tag, ax.title) if tag and ax.get_title() else 0.0
    _wrap(ax.title, max(min(room, ax.bbox.width - taken), 0.4 * room))
    _wrap(ax.xaxis.label, room)


def _wrap(text: "Text", room: float) -> bool:
    """太長就換行，在字與字之間；公式與英文字不拆開。單位是畫面的像素；傳回有沒有換。"""
    before = text.get_text()
    lines = [wrapped(line, room, lambda words: _measure(words, text)) for line in before.split("\n")]
    text.set_text("\n".join(part for parts in lines for part in parts))
    return text.get_text() != before


def wrapped(line: str, room: float, measure: Callable[[str], float]) -> list[str]:
    """把一行切成放得下的幾行；幾行盡量一樣長。"""
    whole = measure(line)
    if whole <= room:
        return [line]
    even = whole / -(-whole // room)
    tokens, parts = _TOKENS.findall(line), [""]
    for token in tokens:
        longer = measure(parts[-1] + token)
        full = longer > room or (longer - measure(token) / 2 > even and len(parts) * even < whole - 1)
        if parts[-1] and full and token not in _NOT_FIRST:
            parts.append("")
        parts[-1] += token
    return [part.strip() for part in parts if part.strip()]


def _measure(words: str, text: "Text") -> float:
    from matplotlib.textpath import text_to_path

    figure = text.get_figure(root=True)
    assert figure is not None
    is_math = words.count("$") >= 2
    width = text_to_path.get_text_width_height_descent(words, text.get_fontproperties(), is_math)[0]
    return float(width) * figure.dpi / 72


def _covers_data(ax: "Axes", box: "BboxBase") -> bool:
    """這個範圍裡有沒有直條或線上的點。"""
    bars = any(box.overlaps(patch.get_window_extent()) for patch in ax.patches)
    lines = (line.get_transform().transform(line.get_xydata()) for line in ax.lines if line.get_visible())
    return bars or any(box.count_contains(points) for points in lines)


def _move_large_legend(ax: "Axes") -> None:
    from matplotlib.transforms import ScaledTranslation

    figure, legend, frame = ax.get_figure(root=True), ax.get_legend(), ax.bbox
    assert figure is not None and legend is not None
    box = legend.get_window_extent()
    share = box.width / frame.width, box.width * box.height / frame.width / frame.height
    if share[0] > WIDEST_LEGEND or share[1] > LARGEST_LEGEND or _covers_data(ax, box):
        bottom = ax.xaxis.get_tightbbox()
        below = (frame.y0 - (bottom.y0 if bottom else frame.y0)) / figure.dpi
        shift = ScaledTranslation(0, -below - 0.03, figure.dpi_scale_trans)
        legend.set_loc("upper center")
        legend.set_bbox_to_anchor((0.5, 0), transform=ax.transAxes + shift)
