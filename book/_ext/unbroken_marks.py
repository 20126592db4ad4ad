"""行內公式與緊鄰的標點不拆到兩行：句讀不放在行首，開引號不放在行尾。

瀏覽器把公式當成一塊，兩邊都可以換行，中文的禁則因此失效；把公式與標點包成不換行的一小段。
"""

from docutils import nodes
from sphinx.application import Sphinx

OPENING, CLOSING = "（「『〔《", "，。、；：？！）」』〕》"


def bind(element: nodes.Element) -> None:
    """每一個公式，連同前一段文字結尾的開引號、後一段文字開頭的句讀，包成不換行的一段。"""
    for position, formula in enumerate(element.children):
        if not isinstance(formula, nodes.math):
            continue
        left, right = text_at(element, position - 1), text_at(element, position + 1)
        before, after = left.rstrip(OPENING), right.lstrip(CLOSING)
        opening, closing = left[len(before) :], right[: len(right) - len(after)]
        if opening:
            element[position - 1] = nodes.Text(before)
        if closing:
            element[position + 1] = nodes.Text(after)
        if opening or closing:
            parts = [nodes.Text(opening), formula, nodes.Text(closing)]
            element[position] = nodes.inline("", "", *parts, classes=["unbroken"])


def text_at(element: nodes.Element, position: int) -> str:
    """第 ``position`` 個孩子的文字；沒有，或不是單純的文字，就是空的。"""
    if 0 <= position < len(element) and isinstance(element[position], nodes.Text):
        return element[position].astext()
    return ""


def bind_page(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for element in list(doctree.findall(nodes.TextElement)):
        bind(element)


def setup(app: Sphinx) -> dict[str, bool]:
    # 在 chinese_spacing 整理空白之後，公式兩邊才真的是標點。
    app.connect("doctree-resolved", bind_page, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
