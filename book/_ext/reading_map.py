"""哪一章要先讀哪幾章：首頁的圖由首頁的表與各頁自己寫的「先備」畫出來，另外沒有一份要人記得改的清單。

``{reading-map}`` 包住一張表，每一列是「連結、問題、時間」。每一頁的 ``**先備**`` 提到第幾章，線就由那裡
接過來；經過別章已經到得了的，不另外畫。格子是真的連結，線只是背景：鍵盤、螢幕閱讀器與窄的螢幕用的是同一份。
"""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)
NEEDS = re.compile(r"\*\*先備\*\*：([^。]*)")
CHAPTERS = re.compile(r"第 (\d+(?:、\d+)*) 章")
FIRST_EXERCISE = re.compile(r"^:label: (ex-\d\d-\S+)$", re.MULTILINE)
MINUTES = re.compile(r"(\d+)(?:＋(\d+))?$")

Needs = Mapping[str, set[str]]


class Place(NamedTuple):
    """格子的位置：由左邊算的比例、第幾列、那一列有幾格。"""

    across: float
    row: int
    beside: int


class reading_map(nodes.General, nodes.Element):
    """整張圖：``lines`` 是線的兩端。"""


class reading_stop(nodes.TextElement):
    """一格：``place`` 是它的位置。"""


def prerequisites(page: str) -> list[int]:
    """這一頁的「先備」第一句提到第幾章；後面的句子是建議，不是先備。"""
    stated = NEEDS.search(page)
    words = stated[1] if stated else ""
    return [int(number) for found in CHAPTERS.findall(words) for number in found.split("、")]


def needs_of(pages: Mapping[str, str]) -> dict[str, set[str]]:
    """每一頁要先讀的頁；``pages`` 是頁名到原始檔，照閱讀的順序。排在後面的不能是先備，不收。"""
    numbered = {int(name[:2]): name for name in pages if name[:2].isdigit()}
    order = list(pages)
    return {
        name: {
            numbered[number]
            for number in prerequisites(text)
            if number in numbered and order.index(numbered[number]) < order.index(name)
        }
        for name, text in pages.items()
    }


def before(name: str, needs: Needs) -> set[str]:
    """讀這一頁以前要讀的每一頁，直接的與間接的。"""
    return needs[name].union(*(before(earlier, needs) for earlier in needs[name]))


def direct(needs: Needs) -> dict[str, set[str]]:
    """拿掉經過別頁已經到得了的。"""
    return {
        name: earlier.difference(*(before(other, needs) for other in earlier))
        for name, earlier in needs.items()
    }


def places(needs: Needs) -> dict[str, Place]:
    """由上往下排：先備在上一列以上；同一列照先備的位置由左到右，線才不會交叉。"""
    rows: dict[int, list[str]] = {}
    for name in needs:
        rows.setdefault(_depth(name, needs), []).append(name)
    found: dict[str, Place] = {}
    for row, names in sorted(rows.items()):
        across = {name: _middle([found[earlier].across for earlier in needs[name]]) for name in names}
        for at, name in enumerate(sorted(names, key=across.__getitem__)):
            found[name] = Place((at + 0.5) / len(names), row, len(names))
    return {name: found[name] for name in needs}


def _depth(name: str, needs: Needs) -> int:
    return 1 + max((_depth(earlier, needs) for earlier in needs[name]), default=-1)


def _middle(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.5


class ReadingMap(SphinxDirective):
    """``{reading-map}``：內容是那張表；圖放在表的前面。"""

    has_content = True

    def run(self) -> list[nodes.Node]:
        holder = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, holder)
        rows = [row for row in holder.findall(nodes.row) if any(row.findall(pending_xref))]
        links = {next(row.findall(pending_xref))["reftarget"]: row for row in rows}
        pages = {name: self._source(name) for name in links}
        needs = needs_of(pages)
        for name, text in pages.items():
            if len(needs[name]) < len(set(prerequisites(text))):
                what = "「先備」提到了後面的章，或這張表裡沒有的章"
                logger.warning(what, location=name, type="reading_map")
        return [_drawn(links, pages, direct(needs)), *holder.children]

    def _source(self, name: str) -> str:
        path = Path(self.env.doc2path(name))
        self.env.note_dependency(str(path))
        return path.read_text(encoding="utf-8")


def _drawn(links: Mapping[str, nodes.row], pages: Mapping[str, str], needs: Needs) -> reading_map:
    placed = places(needs)
    lines = [(placed[earlier], placed[name]) for name in needs for earlier in sorted(needs[name])]
    drawn = reading_map("", lines=lines, rows=1 + max(place.row for place in placed.values()))
    for name, row in links.items():
        stop = reading_stop("", "", place=placed[name])
        stop += deepcopy(next(row.findall(pending_xref)))
        stop += _times(row.astext(), pages[name])
        if needs[name]:
            earlier = "、".join(str(int(other[:2])) for other in sorted(needs[name]))
            stop += nodes.inline("", f"（接在第 {earlier} 章之後）", classes=["visually-hidden"])
        drawn += stop
    return drawn


def _times(row: str, page: str) -> nodes.inline:
    """主線幾分鐘；有練習的，連到第一題。"""
    stated = MINUTES.search(row)
    times = nodes.inline("", "", classes=["minutes"])
    if stated:
        times += nodes.inline("", f"{stated[1]} 分")
    exercise = FIRST_EXERCISE.search(page)
    if stated and stated[2] and exercise:
        words = nodes.inline("", f"練習 {stated[2]} 分")
        times += pending_xref(
            "", words, refdomain="std", reftype="ref", reftarget=exercise[1], refexplicit=True, refwarn=True
        )
    return times


def visit_map(self: nodes.NodeVisitor, node: reading_map) -> None:
    paths = "".join(_path(*line) for line in node["lines"])
    self.body.append(
        f'<nav class="reading-map" aria-label="哪一章要先讀哪幾章" style="--rows: {node["rows"]}">\n'
        f'<svg viewBox="0 0 100 {node["rows"]}" preserveAspectRatio="none" aria-hidden="true">{paths}</svg>\n'
        "<ol>\n"
    )


def _path(start: Place, end: Place) -> str:
    """由上面一格的中央彎到下面一格的中央；兩頭藏在格子後面。"""
    x, y, to_x, to_y = 100 * start.across, start.row + 0.5, 100 * end.across, end.row + 0.5
    middle = (y + to_y) / 2
    return f'<path d="M{x:g} {y} C{x:g} {middle} {to_x:g} {middle} {to_x:g} {to_y}"/>'


def depart_map(self: nodes.NodeVisitor, node: reading_map) -> None:
    self.body.append("</ol>\n</nav>\n")


def visit_stop(self: nodes.NodeVisitor, node: reading_stop) -> None:
    across, row, beside = node["place"]
    self.body.append(f'<li style="--across: {across:.4g}; --row: {row}; --beside: {beside}">')


def depart_stop(self: nodes.NodeVisitor, node: reading_stop) -> None:
    self.body.append("</li>\n")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(reading_map, html=(visit_map, depart_map))
    app.add_node(reading_stop, html=(visit_stop, depart_stop))
    app.add_directive("reading-map", ReadingMap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
