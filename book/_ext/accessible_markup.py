"""補正書目與擴充寫死的標記：報讀軟體念得對（axe 會報為嚴重的問題），標點是全形。

在建好之後改寫 HTML：這些標記寫死在程式裡，沒有設定、也沒有樣板可以改（佈景主題的在 book/_templates）。
改過的再改一次結果不變。
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

CORRECTIONS = [
    # 書目宣告成清單，裡面卻沒有清單項目。
    (re.compile(r'<div role="list" class="citation-list">'), '<div class="citation-list">'),
    (re.compile(r'(<div class="citation" id="[^"]*") role="doc-biblioentry"'), r"\1"),
    # 看得見的字（展開這一格）就是它的名字，不要另外取一個不同的。
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    # 同一頁的每一題、每一個證明都叫同一個 id。
    (re.compile(r'(<section(?: class="[^"]*")?) id="(?:exercise|solution|proof)-content"'), r"\1"),
    (re.compile(r'(<div class="proof admonition") id="proof"'), r"\1"),
    # 可見範圍由 Sphinx 說過一次，docutils 與佈景主題各再說一次。
    (re.compile(r'\s*<meta name="viewport" content="width=device-width, initial-scale=1" ?/>'), ""),
    # 定理與習題的名字用全形括號。
    (re.compile(r'(<span class="caption-number">[^<]*?) ?</span> \((.*)\)</p>'), r"\1</span>（\2）</p>"),
]


def correct(html: str) -> str:
    for pattern, replacement in CORRECTIONS:
        html = pattern.sub(replacement, html)
    return html


def correct_pages(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        for page in Path(app.outdir).glob("**/*.html"):
            before = page.read_text(encoding="utf-8")
            after = correct(before)
            if after != before:
                page.write_text(after, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", correct_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
