"""介面文字：專案自己的翻譯目錄排在佈景主題之前，寫死在腳本裡的字在建好之後替換。

pydata 佈景主題對 zh_TW 會退回簡體；sphinx-exercise、sphinx-proof 沒有繁體翻譯。
"""

import gettext
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import translators
from sphinx.util.i18n import CatalogRepository

HERE = Path(__file__).resolve().parent
LOCALES = HERE.parent / "_locales"

# 檔案 → 寫死的字串與它的中文。
HARD_CODED = {
    "_static/copybutton.js": {
        "'Copy',": "'複製',",
        "'Copy to clipboard'": "'複製到剪貼簿'",
        "'Copied!'": "'已複製'",
        "'Failed to copy'": "'無法複製'",
    },
    "_static/togglebutton.js": {'aria-label="Toggle hidden content"': 'aria-label="按一下展開或收合"'},
}


def load_catalogs(app: Sphinx, config) -> None:
    """編譯 ``*.po``，並把每一份放到同名目錄的最前面。"""
    repository = CatalogRepository(app.srcdir, [str(LOCALES)], config.language, "utf-8")
    for catalog in repository.catalogs:
        if catalog.is_outdated():
            catalog.write_mo(config.language)
        ours = gettext.translation(catalog.domain, LOCALES, [config.language])
        theirs = translators.get(("general", catalog.domain))
        if theirs is not None:
            ours.add_fallback(theirs)
        translators["general", catalog.domain] = ours


def replace_proof_word(app: Sphinx, doctree: nodes.document) -> None:
    """sphinx-proof 把「Proof. 」直接寫進證明的第一段。"""
    for box in doctree.findall(nodes.admonition):
        first = next(box.findall(nodes.Text), None)
        if "proof" in box["classes"] and first is not None and first.startswith("Proof. "):
            first.parent.replace(first, nodes.Text("證明：" + first.removeprefix("Proof. ")))


def replace_hard_coded(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    for name, words in HARD_CODED.items():
        path = Path(app.outdir, name)
        text = path.read_text(encoding="utf-8")
        for english, chinese in words.items():
            text = text.replace(english, chinese)
        path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", load_catalogs, priority=100)
    app.connect("doctree-read", replace_proof_word)
    app.connect("build-finished", replace_hard_coded)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
