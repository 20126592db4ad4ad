"""``{study-origin}``：首頁的一段話，說長實驗的結果取自發行的檔案（``STUDY=檔案``），還是在這裡訓練的。

不是程式格：結果的來源不改變任何一個數字，換了來源，用到它的頁只重新閱讀，不重新執行。
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book import study_archive

DIGITS = 12  # 寫出 SHA-256 的前幾位，對照 Releases 的 SHA256SUMS


def sentence(origin: study_archive.Origin) -> str:
    """首頁上的那一句。"""
    trained = origin.total - origin.archived
    if not origin.archived:
        return f"共 {origin.total} 項，都由建這一份書的電腦訓練。"
    said = f"{origin.archived} 項取自發行的檔案（SHA-256 開頭是 {origin.digest[:DIGITS]}）"
    return f"{said}，其餘 {trained} 項由建這一份書的電腦訓練。" if trained else f"{said}，沒有重新訓練。"


class StudyOrigin(SphinxDirective):
    """沒有引數，也沒有內容。"""

    def run(self) -> list[nodes.Node]:
        """一段文字；記下這一頁用到它。"""
        env: Any = self.env
        env.study_origin_pages = getattr(env, "study_origin_pages", set()) | {env.docname}
        env.study_origin = current()
        return [
            nodes.paragraph("", "", nodes.strong("", "長實驗的結果"), nodes.Text(f"：{env.study_origin}"))
        ]


def current() -> str:
    """現在的那一句。"""
    return sentence(study_archive.origin(study_archive.results_of_the_book()))


def outdated(app: Sphinx, env: Any, added: set, changed: set, removed: set) -> set[str]:
    """來源變了，用到它的頁重新閱讀。"""
    pages = getattr(env, "study_origin_pages", set()) & env.found_docs
    return pages if pages and current() != env.study_origin else set()


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("study-origin", StudyOrigin)
    app.connect("env-get-outdated", outdated)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
