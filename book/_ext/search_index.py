"""搜尋的索引：建好以後由每一頁切出節，寫成一個打開搜尋才載入的檔案，從 file:// 也讀得到。

檔案裡是每一節的標題與內文，沒有倒排的索引：全書的字不到半 MB，直接掃一遍只要幾毫秒；倒排的索引反而是
內文的兩倍大，或要讀者等它在瀏覽器裡建好。找的規則在 ``_static/search/engine.js``。

簡體的查詢靠 OpenCC 的字表：同一個字的各種字形是一組，兩邊都換成組裡的第一個再比。別的說法（大陸用語、
英文）一部分來自術語表，其餘在 ``search_synonyms.txt``。
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from search_sections import Page
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

NAME = "search-index.js"
HERE = Path(__file__).resolve().parent
SYNONYMS = HERE / "search_synonyms.txt"
TABLES = ("STCharacters.txt", "TSCharacters.txt")
COMMON = 6  # 在這麼多節以上都出現的名字，分不出是哪一節
NOT_READ = {"search", "genindex"}
#: Sphinx 自己的搜尋，這本書不用。
THEIRS = ("searchindex.js", "_static/searchtools.js", "_static/language_data.js")


def index(pages: dict[str, Page], tables: list[str], synonyms: str) -> dict[str, Any]:
    """``pages`` 依閱讀的順序；傳回寫進檔案的內容，同樣的頁面給同樣的位元組。"""
    sections: list[list[Any]] = []
    labels: list[list[Any]] = []
    aliases: dict[tuple[str, str], None] = {}
    seen = Counter(word for page in pages.values() for one in page.sections for word in one.code)
    for at, page in enumerate(pages.values()):
        told = "\n".join(one.text for one in page.sections)  # 程式裡說的，內文也有就不必再記一次
        labels += [[one.name, len(sections) + one.section, one.anchor] for one in page.labels]
        for one, following in zip(page.sections, [*page.sections[1:], None], strict=True):
            if one.kind == "term" and not one.text and following:
                one.text = following.text  # 兩個詞共用一段說明
            code = "\n".join(word for word in one.code if seen[word] <= COMMON and word not in told)
            told += code
            sections.append([at, one.level, one.kind[0], one.anchor, one.title, one.text, code])
        aliases |= dict.fromkeys(page.aliases)
    aliases |= dict.fromkeys(pairs(synonyms))
    said = [text for section in sections for text in section[4:]] + [
        word for pair in aliases for word in pair
    ]
    used = set("".join(said))
    return {
        "pages": list(pages),
        "groups": [group for group in same_characters(tables) if used & set(group)],
        "aliases": [list(pair) for pair in aliases if pair[0] != pair[1]],
        "sections": sections,
        "labels": labels,
    }


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """一行「本書的用語：別的說法、別的說法」，``#`` 之後是註解。"""
    for line in text.splitlines():
        ours, colon, others = line.partition("#")[0].partition("：")
        if colon:
            yield from ((other.strip(), ours.strip()) for other in re.split("、", others) if other.strip())


def same_characters(tables: Iterable[str]) -> Iterator[str]:
    """字表的每一行是「字、它的其他字形」；連得起來的是同一組，組裡依字碼排。"""
    group: dict[str, set[str]] = {}
    lines = [line.split() for table in tables for line in table.splitlines() if line and line[0] != "#"]
    for line in lines:
        alike = [one for one in line if len(one) == 1 and one <= "\uffff"]
        merged = set[str]().union(*(group.get(one, {one}) for one in alike))
        group |= dict.fromkeys(merged, merged)
    seen: set[str] = set()
    for one in sorted(group):
        if one not in seen and len(group[one]) > 1:
            seen |= group[one]
            yield "".join(sorted(group[one]))


def in_reading_order(app: Sphinx) -> list[str]:
    """目錄的順序；不在目錄裡的排在最後。"""
    found: list[str] = []

    def walk(name: str) -> None:
        found.append(name)
        for child in app.env.toctree_includes.get(name, []):
            if child not in found:
                walk(child)

    walk(app.config.root_doc)
    return [*found, *sorted(set(app.env.found_docs) - set(found))]


def use_ours(app: Sphinx) -> None:
    """不建 Sphinx 的索引，也就不必為它切詞。"""
    if isinstance(app.builder, StandaloneHTMLBuilder):
        app.builder.search = False


def search_page(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    yield "search", {}, "search.html"


def write_index(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for name in THEIRS:
        (out / name).unlink(missing_ok=True)
    names = [name for name in in_reading_order(app) if name not in NOT_READ]
    pages = {f"{name}.html": Page((out / f"{name}.html").read_text(encoding="utf-8")) for name in names}
    folder = Path(app.confdir, "..", "_vendor", "opencc")
    tables = [(folder / name).read_text(encoding="utf-8") for name in TABLES]
    found = index(pages, tables, SYNONYMS.read_text(encoding="utf-8"))
    (out / NAME).write_text(script(found), encoding="utf-8", newline="\n")


def script(found: dict[str, Any]) -> str:
    """一行程式：用 <script> 載入，從 file:// 也行。"""
    return f"window.BOOK_INDEX={json.dumps(found, ensure_ascii=False, separators=(',', ':'))};\n"


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", use_ours)
    app.connect("html-collect-pages", search_page)
    app.connect("build-finished", write_index, priority=900)  # 在改寫網頁的擴充之後
    return {"parallel_read_safe": True, "parallel_write_safe": True}
