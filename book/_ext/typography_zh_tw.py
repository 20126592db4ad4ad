"""中文排版，由裡往外做三件事，都在頁面的交叉引用解開之後。

一、貼進內文的負數用負號（−），不用連字號（-）：連字號太短，行尾還會斷在它後面。
二、兩個中文字之間、全形標點旁邊都不留空格：Markdown 把段落中的換行當成一個空格，
術語連結、粗體的前後也常有一個。
三、行內公式與緊鄰的標點不拆到兩行：瀏覽器把公式當成一塊，兩邊都可以換行，中文的禁則因此失效。
"""

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx

OPENING, CLOSING = "（「『〔《", "，。、；：？！）」』〕》"
WIDE = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
MARKS = OPENING + CLOSING
EXTRA = re.compile(rf"(?<=[{WIDE}])[ \t\n]+(?=[{WIDE}])|(?<=[{MARKS}])[ \n]+|[ \n]+(?=[{MARKS}])")
HYPHEN = re.compile(r"(?<![\w.])-(?=[\d.])")


# ── 負號 ──────────────────────────────────────────────────────────────


def with_minus(text: str) -> str:
    """數字前面的連字號換成負號；指數（1e-12）與詞中間的連字號不動。"""
    return HYPHEN.sub("−", text)


def mend_minus(doctree: nodes.document) -> None:
    """只看貼上的數字（glue）。"""
    for pasted in doctree.findall(
        lambda node: "pasted-text" in getattr(node, "attributes", {}).get("classes", ())
    ):
        for text in list(pasted.findall(nodes.Text)):
            text.parent.replace(text, nodes.Text(with_minus(text)))


# ── 空白 ──────────────────────────────────────────────────────────────


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


# ── 公式與標點 ────────────────────────────────────────────────────────


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


def mend_page(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    mend_minus(doctree)
    elements = list(doctree.findall(nodes.TextElement))
    for element in elements:
        if isinstance(element, nodes.paragraph | nodes.title | nodes.caption | nodes.term):
            tidy_paragraph(element)
    for element in elements:  # 空白整理好，公式兩邊才真的是標點
        bind(element)


def setup(app: Sphinx) -> dict[str, bool]:
    # 排在別的擴充後面：它們加進來的文字也要整理。
    app.connect("doctree-resolved", mend_page, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
