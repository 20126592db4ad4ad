"""把寫好的一頁讀成一棵樹，只留內文（``<article>``）；連結的預覽與索引都從這裡看書裡有什麼。

讀的是讀者看到的網頁，所以自動產生的編號、印出來的數字與摺起來的段落都在。
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Union
from urllib.parse import unquote

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
HEADING = re.compile(r"h[1-6]")
ABOUT = re.compile(r'<meta name="description" content="([^"]*)"')


@dataclass(eq=False)
class Node:
    """一個元素；``children`` 是元素或文字，照出現的順序。"""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    parent: Union["Node", None] = None
    children: list[Union["Node", str]] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attrs.get("class", "").split())

    def all(self) -> Iterator["Node"]:
        """自己與裡面的每一個元素。"""
        yield self
        for child in self.elements():
            yield from child.all()

    def elements(self) -> list["Node"]:
        return [child for child in self.children if isinstance(child, Node)]

    def first(self, *tags: str, of: str = "") -> Union["Node", None]:
        """裡面第一個這種標籤（而且有這個類別）的元素。"""
        return next((one for one in self.all() if one.tag in tags and (not of or of in one.classes)), None)

    def above(self) -> Iterator["Node"]:
        """外面的每一層，由近到遠。"""
        if self.parent is not None:
            yield self.parent
            yield from self.parent.above()

    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)

    def heading(self) -> Union["Node", None]:
        return next((one for one in self.elements() if HEADING.fullmatch(one.tag)), None)


class Tree(HTMLParser):
    """``article`` 是內文；``ids`` 由 id 找元素；``about`` 是頁首寫的說明。"""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.article = Node("article")
        self.ids: dict[str, Node] = {}
        found = ABOUT.search(html)
        self.about = unescape(found[1]) if found else ""
        self._open: list[Node] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "article" and not self._open:
            self._open.append(self.article)
        elif self._open:
            node = Node(tag, {name: value or "" for name, value in attrs}, self._open[-1])
            self._open[-1].children.append(node)
            if "id" in node.attrs:
                self.ids.setdefault(node.attrs["id"], node)
            if tag not in VOID:
                self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """沒有關好的，跟著外面的一起關。"""
        if any(one.tag == tag for one in self._open):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1].children.append(data)

    def links(self) -> Iterator[Node]:
        """內文裡的連結，不含標題旁的「#」、書目裡回到內文的與導覽（nav）。"""
        for node in self.article.all():
            if node.tag != "a" or not node.attrs.get("href") or "headerlink" in node.classes:
                continue
            if node.attrs.get("role") != "doc-backlink" and all(one.tag != "nav" for one in node.above()):
                yield node


def target_of(href: str, page: str) -> tuple[str, str] | None:
    """連結指到哪一頁的哪裡；不在書裡的網頁是 ``None``。"""
    name, _, anchor = href.partition("#")
    if re.match(r"[a-z][a-z+.-]*:|//", name) or (name and not name.endswith(".html")):
        return None
    return name.removeprefix("./") or page, unquote(anchor)
