"""中文排版的空白：兩個中文字之間、全形標點旁邊都不留空格。

Markdown 把段落中的換行當成一個空格；原始檔裡術語連結、粗體的前後也常有一個。兩邊都是中文時，那就是一個洞。
"""

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx

WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
MARKS = "，。、；：？！（）「」『』〔〕《》"
EXTRA = re.compile(rf"(?<=[{WIDE}])[ \t\n]+(?=[{WIDE}])|(?<=[{MARKS}])[ \n]+|[ \n]+(?=[{MARKS}])")


def tidy(text: str, before: str = "", after: str = "") -> str:
    """去掉 ``text`` 裡多餘的空白；``before``、``after`` 是緊鄰的字元。"""
    joined = EXTRA.sub("", before + text + after)
    return joined[len(before) : len(joined) - len(after)]


def leaves(element: nodes.Element) -> Iterator[tuple[nodes.Element, int]]:
    """每一片葉子的位置（上層、第幾個）；節點自己記的 parent 在交叉引用之後不一定還對。"""
    for position, child in enumerate(element.children):
        if child.children:
            yield from leaves(child)
        elif not isinstance(child, nodes.Invisible):
            yield element, position


def tidy_paragraph(paragraph: nodes.TextElement) -> None:
    """段落裡的公式與程式碼當成一個半形字元，其餘的文字逐段整理。"""
    places = list(leaves(paragraph))
    is_text = [
        isinstance(e[i], nodes.Text) and not isinstance(e, nodes.math | nodes.literal) for e, i in places
    ]
    shown = [e[i].astext() if text else "x" for (e, i), text in zip(places, is_text, strict=True)]
    before = ["", *(piece[-1:].strip() for piece in shown)]
    after = [*(piece[:1].strip() for piece in shown[1:]), ""]
    for k, (element, position) in enumerate(places):
        if is_text[k]:
            element[position] = nodes.Text(tidy(shown[k], before[k], after[k]))


def tidy_page(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for paragraph in list(doctree.findall(nodes.TextElement)):
        if isinstance(paragraph, nodes.paragraph | nodes.title | nodes.caption | nodes.term):
            tidy_paragraph(paragraph)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", tidy_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
