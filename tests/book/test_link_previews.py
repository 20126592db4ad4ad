"""連結的預覽：每一種東西裁得對；建好的書裡，每一個內部的連結都有一段，檔案夠小，不載入到每一頁。"""

import gzip
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.built_book import require_book

NAME = "link-previews.js"
#: 位元組，壓縮以後的：下載的是壓縮過的，排好的公式重複得多。
LARGEST = 100_000

TARGETS = Path(__file__).with_name("preview_page.html").read_text(encoding="utf-8")
PLACES = [
    "ch-07",
    "kl",
    "id1",
    "eq",
    "fig",
    "live",
    "thm",
    "ex",
    "code",
    "term-1",
    "term-2",
    "vae.f",
    "vae.g",
    "ref",
]
LINKS = ["", *(f"#{place}" for place in PLACES)]


@pytest.fixture
def module(extension):
    return extension("link_previews")


def told(module, text: str = "", links: list[str] | None = None) -> dict[str, list[str]]:
    """另一頁連到這一頁的每一個位置。"""
    hrefs = [f"07.html{one}" for one in LINKS] if links is None else links
    linking = "<article>" + "".join(f'<a href="{href}">連結</a>' for href in hrefs) + "</article>"
    pages = {"a.html": module.Tree(linking), "07.html": module.Tree(TARGETS.replace("LONG", text))}
    return {key.removeprefix("07.html"): value for key, value in module.previews(pages).items()}


def test_every_kind_of_target_is_told_in_its_own_way(module):
    assert told(module) == {
        "": ["章", "7　KL 權重", "開頭的話 &amp; 說明。"],
        "#ch-07": ["章", "7　KL 權重", "開頭的話 &amp; 說明。"],
        "#kl": ["章", "7　KL 權重", "開頭的話 &amp; 說明。"],
        "#id1": ["節", "係數", '第一句連結。第二句有 <span class="math">\\(\\mu&lt;1\\)</span>，比較長。'],
        "#eq": ["公式", "公式 (7.1)", '<div class="math">\\[\\beta=wD\\]</div>'],
        "#fig": ["圖", "圖 7.1", "看這裡。", "_images/a-narrow.svg", "替代"],
        "#live": ["圖", "圖 7.2", "拖。"],
        "#thm": ["定理", "定理 7.1（名字）", '那麼<span class="math">\\[a=b\\]</span>'],
        "#ex": ["習題", "習題 7.1（丙）", "題目。"],
        "#code": ["程式", "程式 7.1　損失", "<pre>" + "".join(f"{n}\n" for n in range(1, 10)) + "…</pre>"],
        "#term-1": ["術語", "平均值", 'mean〔<span class="zh-cn">均值</span>〕。<em>算術</em>平均。'],
        "#term-2": ["術語", "平均數", 'mean〔<span class="zh-cn">均值</span>〕。<em>算術</em>平均。'],
        "#vae.f": ["API", "<code>f(x)</code>", "做一件事。"],
        "#vae.g": ["API", "<code>g(…)</code>", "做。"],
        "#ref": ["文獻", "", "某甲. <em>書</em>, 2001."],
    }


def test_a_long_paragraph_stops_at_a_sentence(module):
    assert told(module, "字" * 200 + "。")["#id1"][2].endswith("，比較長。")
    only = told(module, "字" * 200)["#id1"][2]
    assert only.endswith("，比較長。") and "字" not in only
    said = f"<h2>甲</h2><p>{'字' * 200}。第二句。</p>"
    tree = module.Tree(f"<article><section id='a'>{said}</section></article>")
    assert module.preview(tree, "a") == ["節", "甲", "字" * 200 + "。"], "第一句再長也說完"


def test_a_section_that_begins_with_a_list_is_told_by_it(module):
    inside = (
        "<h2>甲</h2><ul><li><p>第一項。</p></li></ul><section id='b'><h3>乙</h3><p>乙的話。</p></section>"
    )
    tree = module.Tree(f"<article><section id='a'>{inside}</section></article>")
    assert module.preview(tree, "a") == ["節", "甲", "第一項。"]
    later = module.Tree(
        "<article><section id='a'><h2>甲</h2><ul><li><p>一。</p></li></ul><p>內文。</p></section></article>"
    )
    assert module.preview(later, "a") == ["節", "甲", "內文。"], "有自己的段落就用它"


def test_only_links_of_the_book_are_told(module):
    nowhere = ["https://example.org/07.html", "mailto:a@b.c", "lib.zip", "07.html#none", "none.html"]
    assert told(module, links=nowhere) == {"#eq": told(module)["#eq"]}, "只有頁面自己的連結"


def test_the_file_is_the_same_every_time(module):
    assert module.script(told(module)) == module.script(told(module))
    assert module.script({}) == "window.BOOK_PREVIEWS={};\n"


# ── 建好的書 ──────────────────────────────────────────────────────────

LINK = re.compile(r"<a\b([^>]*)>")
HREF = re.compile(r'\bhref="([^"]+)"')


def internal(html: str, page: str) -> set[str]:
    """內文裡連到書裡的每一個位置；另外用規則式找，不經過建書用的那棵樹。"""
    article = html.partition('<article class="bd-article">')[2].rpartition("</article>")[0]
    article = re.sub(r"<nav\b.*?</nav>", "", article, flags=re.DOTALL)  # 導覽的一按就走，不必預覽
    found = set()
    for given in LINK.findall(article):
        href = HREF.search(given)
        if not href or "headerlink" in given or "doc-backlink" in given or "://" in href[1]:
            continue
        name, _, anchor = href[1].partition("#")
        name = name or page
        if name.endswith(".html") and not name.startswith("genindex"):
            found.add(f"{name}#{unquote(anchor)}" if anchor else name)
    return found


def uncovered(pages: dict[str, str], previews: dict[str, list[str]]) -> set[str]:
    return {one for name, html in pages.items() for one in internal(html, name)} - set(previews)


@pytest.fixture(scope="module")
def book() -> tuple[dict[str, str], dict[str, list[str]]]:
    folder = require_book()
    text = (folder / NAME).read_text(encoding="utf-8")
    pages = {one.name: one.read_text(encoding="utf-8") for one in sorted(folder.glob("*.html"))}
    written = {name: html for name, html in pages.items() if name not in ("genindex.html", "404.html")}
    return written, json.loads(text.removeprefix("window.BOOK_PREVIEWS=").removesuffix(";\n"))


def test_every_internal_link_of_the_book_has_a_preview(book):
    pages, previews = book
    assert len(previews) > 350 and uncovered(pages, previews) == set()


def test_a_missing_preview_is_noticed(book):
    pages, previews = book
    left = dict(previews)
    left.pop("notation.html#term-26")
    assert uncovered(pages, left) == {"notation.html#term-26"}


def test_every_preview_says_something_and_shows_a_picture_that_exists(book):
    _, previews = book
    folder = require_book()
    for key, (kind, title, text, *picture) in previews.items():
        assert text and (title or kind == "文獻"), key
        words = re.sub(r"<mjx-container.*?</mjx-container>", "", title + text)
        assert not re.search(r"<(?!/?(?:em|strong|code|sub|sup|pre|span|div)\b)", words), key
        assert not picture or (folder / picture[0]).is_file(), key


def test_the_file_is_small_and_loaded_by_no_page(book):
    pages, _ = book
    assert len(gzip.compress((require_book() / NAME).read_bytes())) <= LARGEST
    loaded = re.compile(r"<(?:script|link)[^>]+(?:link-previews|previews/card)")
    assert [name for name, html in pages.items() if loaded.search(html)] == []
