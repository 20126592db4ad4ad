"""貼進內文的負數用負號（−），不用連字號（-）：連字號太短，行尾還會斷在它後面。"""

import re

from docutils import nodes
from sphinx.application import Sphinx

HYPHEN = re.compile(r"(?<![\w.])-(?=[\d.])")


def with_minus(text: str) -> str:
    """數字前面的連字號換成負號；指數（1e-12）與詞中間的連字號不動。"""
    return HYPHEN.sub("−", text)


def mend_page(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for pasted in doctree.findall(
        lambda node: "pasted-text" in getattr(node, "attributes", {}).get("classes", ())
    ):
        for text in list(pasted.findall(nodes.Text)):
            text.parent.replace(text, nodes.Text(with_minus(text)))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", mend_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
