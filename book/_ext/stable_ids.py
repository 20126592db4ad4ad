"""同樣的原始檔建出同樣的位元組：執行時隨機取的名字，照出現的順序重新編號。

pandas 的 Styler 給每張表一個隨機的 id（樣式表用它選格子）；執行一次就換一個。
"""

import re
from pathlib import Path

import sphinx_exercise
import sphinx_proof
from docutils import nodes
from myst_nb.sphinx_ext import add_global_html_resources
from sphinx.application import Sphinx

RANDOM = re.compile(r"\bT_[0-9a-f]{5,32}(?=_|\b)")


def renumber(texts: list[str]) -> list[str]:
    """``T_1f3a9`` 換成 ``T_table1``；同一張表的每一處換成同一個。"""
    numbers: dict[str, str] = {}

    def stable(match: re.Match) -> str:
        return numbers.setdefault(match[0], f"T_table{len(numbers) + 1}")

    return [RANDOM.sub(stable, text) for text in texts]


def renumber_page(app: Sphinx, doctree: nodes.document) -> None:
    outputs = [raw for raw in doctree.findall(nodes.raw) if "html" in raw.get("format", "")]
    for raw, text in zip(outputs, renumber([raw.astext() for raw in outputs]), strict=True):
        raw.rawsource, raw.children = text, []
        raw += nodes.Text(text)


def copy_styles_first(app: Sphinx) -> None:
    """有的擴充到最後才複製它的樣式檔；先複製，第一次建的頁才與之後的一樣帶著檢查碼。"""
    if app.builder.format == "html":
        Path(app.outdir, "_static").mkdir(parents=True, exist_ok=True)
        add_global_html_resources(app, None)
        for extension in (sphinx_exercise, sphinx_proof):
            extension.copy_asset_files(app, None)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", copy_styles_first)
    app.connect("doctree-read", renumber_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
