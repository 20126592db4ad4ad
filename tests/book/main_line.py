"""一章的主線有多長、指到哪裡：什麼都不打開時，讀者讀到的字、公式與圖，以及要讀多久。"""

import re
from functools import cache
from typing import NamedTuple

from bs4 import BeautifulSoup
from bs4.element import Tag

HAN = re.compile(r"[\u4e00-\u9fff]")
AHEAD = re.compile(r"^(?:.*/)?(\d\d)-[^/#]+\.html#(?:equation-|fig-|thm-)")
CHARACTERS_A_MINUTE, MINUTES_A_FORMULA, MINUTES_A_FIGURE = 300, 1 / 2, 1 / 3
#: 不是讀的：摺起來的、程式與它印的字、章末的連結。
NOT_READ = "details, .cell_input, .solution, pre, script, style, svg, .headerlink, .layer-switch, .page-files"


class MainLine(NamedTuple):
    """主線的字數、獨立一行的公式數、圖數。"""

    characters: int
    formulas: int
    figures: int

    @property
    def minutes(self) -> float:
        """每分鐘 300 字，一個公式半分鐘，一張圖二十秒。"""
        return (
            self.characters / CHARACTERS_A_MINUTE
            + self.formulas * MINUTES_A_FORMULA
            + self.figures * MINUTES_A_FIGURE
        )


def main_line(html: str) -> MainLine:
    """由建好的一頁數出來。"""
    return _counted(html)[0]


def points_ahead(html: str, chapter: int) -> list[str]:
    """主線指到後面的章的式子、圖或定理的連結。"""
    found = ((link, AHEAD.match(link)) for link in _counted(html)[1])
    return [link for link, match in found if match and int(match[1]) > chapter]


@cache  # 一頁要讀幾次，而讀懂一頁的 HTML 要半秒
def _counted(html: str) -> tuple[MainLine, tuple[str, ...]]:
    """一頁的主線，與它的每一個連結。"""
    article = what_is_read(html)
    links = tuple(str(link["href"]) for link in article.select("a[href]"))
    formulas, figures = len(article.select("div.math")), len(article.select("figure, [data-interactive]"))
    for element in article.select(".math"):
        element.decompose()
    return MainLine(len(HAN.findall(article.get_text())), formulas, figures), links


def what_is_read(html: str) -> Tag:
    article = BeautifulSoup(html, "html.parser").select_one("article")
    assert article is not None, "這一頁沒有內文"
    for element in article.select(NOT_READ):
        element.decompose()
    return article
