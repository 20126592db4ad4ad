"""頁首：每一頁有自己的說明、圖示與分享用的標題；知道網址才有的東西，不知道時一樣也沒有。"""

import os
import re
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from PIL import Image

import make
from tests.book import forked_sphinx
from tests.book.test_pages import broken_links
from tests.built_book import HTML, pages, require_book

EXT = make.ROOT / "book" / "_ext"
SITE = "https://someone.example/course/"
REPOSITORY = "https://code.example/someone/course"
TOLD = {"BOOK_URL": SITE.rstrip("/"), "BOOK_REPOSITORY": REPOSITORY}


@pytest.fixture
def head(extension):
    return extension("page_head")


# ── 說明 ──────────────────────────────────────────────────────────────


def document(*paragraphs: list[nodes.Node]) -> nodes.document:
    page, section = new_document("page"), nodes.section(ids=["top"])
    section += nodes.title("", "標題")
    section += [nodes.paragraph("", "", *parts) for parts in paragraphs]
    page += section
    return page


def test_the_description_is_whole_sentences_of_the_first_paragraph(head):
    first = "編碼器看了一棟房子，給出兩個數字。" * 4 + "如果只看重建誤差，編碼器會學到什麼？" * 4
    found = head.description(document([nodes.Text(first)]))
    assert first.startswith(found) and found.endswith("？") and 60 < len(found) <= head.LONGEST


def test_formulas_in_the_description_are_words_or_left_out(head):
    parts = [
        nodes.Text("編碼器給出 "),
        nodes.math("", r"\mu"),
        nodes.Text(" 與 "),
        nodes.math("", r"\sigma^2"),
        nodes.Text("，兩個數字一起說出位置。訓練看的是 "),
        nodes.math("", r"\mathbb E_q[\log p]"),
        nodes.Text("。後面還有。"),
    ]
    assert head.description(document(parts)) == "編碼器給出 μ 與 σ²，兩個數字一起說出位置。"


def test_a_paragraph_that_says_nothing_is_passed_over(head):
    page = document(
        [nodes.Text("第一號長這樣：")], [nodes.Text("編碼器只吃數字，這裡卻是文字，要先換成數字。")]
    )
    assert head.description(page) == "編碼器只吃數字，這裡卻是文字，要先換成數字。"


def test_links_and_broken_lines_leave_no_spaces(head):
    """連結的兩邊、原始檔換行的地方；英文與數字兩邊的空格留著。沒有句點的半句不要。"""
    parts = [
        nodes.Text("程式交給 "),
        nodes.inline("", "解碼器"),
        nodes.Text(" 重建。\n它給出 2 個 VAE 的數字。長這樣："),
    ]
    assert head.description(document(parts)) == "程式交給解碼器重建。它給出 2 個 VAE 的數字。"


def test_a_long_sentence_is_cut_at_a_comma(head):
    cut = head.first_sentences("這一句很長，" * 40 + "。")
    assert cut.endswith("很長…") and len(cut) <= head.LONGEST


# ── 404 頁與網址 ──────────────────────────────────────────────────────


def test_the_page_for_wrong_addresses_works_at_any_depth(head):
    html = (
        '<html data-content_root="./"><a href="index.html">a</a><a href="#main">b</a><script src="./x.js">'
        '<a href="https://x.y/">c</a><form action="search.html"><a href="/z">d</a><a href="mailto:x">e</a>'
    )
    assert head.rooted(html, "/course/") == (
        '<html data-content_root="/course/"><a href="/course/index.html">a</a><a href="#main">b</a>'
        '<script src="/course/x.js"><a href="https://x.y/">c</a><form action="/course/search.html">'
        '<a href="/z">d</a><a href="mailto:x">e</a>'
    )


@pytest.mark.parametrize(
    ("environment", "written", "expected"),
    [
        ({}, ("", ""), ("", "")),
        (TOLD, ("", ""), (SITE, REPOSITORY)),
        ({}, (SITE, REPOSITORY + "/"), (SITE, REPOSITORY)),
        (TOLD, ("https://old.example", "https://old.example"), (SITE, REPOSITORY)),
    ],
)
def test_the_addresses_come_from_the_environment_or_the_settings(
    head, monkeypatch, environment, written, expected
):
    for name in TOLD:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config = SimpleNamespace(html_baseurl=written[0], html_theme_options={"repository_url": written[1]})
    head.read_addresses(None, config)
    assert (config.html_baseurl, config.repository_address) == expected


# ── 建一本兩頁的書 ────────────────────────────────────────────────────

CONF = f"""
import sys
sys.path.insert(0, {str(EXT)!r})
extensions = ['myst_parser', 'accessible_markup', 'page_head']
html_theme, language, html_title, root_doc = 'sphinx_book_theme', 'zh_TW', '一本小書', 'index'
html_static_path, html_extra_path = ['_static'], ['extra']
share_picture, share_picture_alt = 'plane.png', '一張圖'
"""
INDEX = """\
# 首頁 & <目錄>

把一棟房子的資料交給電腦，要它放到平面上。

```{toctree}
other
```
"""
OTHER = """\
---
description: 另外寫的說明，引號也可以："甲"。
---
# 另一頁

這一段不會用到，因為開頭另外寫了。
"""


class SmallBook:
    def __init__(self, folder: Path) -> None:
        self.folder, self.html = folder, folder / "_build" / "html"
        book = folder / "book"
        (book / "extra" / "fonts").mkdir(parents=True)
        shutil.copytree(
            EXT.parent / "_static", book / "_static", ignore=shutil.ignore_patterns("interactive")
        )
        shutil.copy(make.VENDOR / "fonts" / "NotoSansTC-Bold.ttf", book / "extra" / "fonts")
        shutil.copy(EXT.parent / "images" / "latent-plane.png", book / "plane.png")
        for name, text in {
            "conf.py": CONF,
            "index.md": INDEX,
            "other.md": OTHER,
        }.items():
            (book / name).write_text(text, encoding="utf-8")

    def build(self, **addresses: str) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in TOLD}
        code, said = forked_sphinx.build(self.folder, {**kept, **dict.fromkeys(TOLD, ""), **addresses})
        assert code == 0 and said == "", said

    def page(self, name: str) -> BeautifulSoup:
        return BeautifulSoup((self.html / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def told(soup: BeautifulSoup) -> dict[str, str]:
    """頁首說的：名字 → 內容。"""
    said = {
        str(tag.get("name") or tag.get("property")): str(tag["content"])
        for tag in soup.select("meta[content]")
    }
    links = {str(rel): str(tag["href"]) for tag in soup.select("head link[href]") for rel in tag["rel"]}
    return said | {"canonical": links.get("canonical", "")}


@pytest.mark.slow
def test_addresses_appear_when_they_are_known_and_only_then(tmp_path):
    """先不知道網址，再告訴它：每一頁都重新寫過；圖、網站地圖與 404 頁都在該在的地方。"""
    book = SmallBook(tmp_path / "書 一")
    book.build()
    assert not (book.html / "sitemap.xml").exists() and not (book.html / "_static" / "share.png").exists()
    for name in ("index", "other", "404", "search"):
        text = (book.html / f"{name}.html").read_text(encoding="utf-8")
        assert "og:image" not in text and "canonical" not in text and "report-error" not in text
        assert head_problems(book.page(name), name, book.html) == []
    assert broken_links(book.html / "404.html", book.page("404")) == []

    book.build(**TOLD)
    index, other = told(book.page("index")), told(book.page("other"))
    assert index["canonical"] == index["og:url"] == SITE and other["canonical"] == f"{SITE}other.html"
    assert index["description"] == "把一棟房子的資料交給電腦，要它放到平面上。"
    assert index["og:title"] == "首頁 & <目錄>" and other["description"] == '另外寫的說明，引號也可以："甲"。'
    picture = book.html / index["og:image"].removeprefix(SITE)
    assert Image.open(picture).size == (1200, 630) and picture.stat().st_size < 300_000
    tree = ElementTree.parse(book.html / "sitemap.xml").getroot()
    assert [place.text for place in tree.iter() if place.tag.endswith("loc")] == [SITE, f"{SITE}other.html"]
    (report,) = [str(link["href"]) for link in book.page("other").select("article .report-error a")]
    assert (
        report.startswith(f"{REPOSITORY}/issues/new?template=text-error.yml&") and "page=%E5%8F%A6" in report
    )
    lost = book.page("404")
    assert told(lost)["robots"] == "noindex" and told(lost)["canonical"] == ""
    places = [str(tag.get("href") or tag.get("src")) for tag in lost.select("[href], script[src]")]
    inside = [place.split("?")[0] for place in places if place.startswith("/")]
    assert len(inside) > 10 and all(
        (book.html / place.removeprefix("/course/")).is_file() for place in inside
    )


# ── 建好的書 ──────────────────────────────────────────────────────────


def head_problems(soup: BeautifulSoup, name: str, folder: Path) -> list[str]:
    """可見範圍一次、id 不重複、圖示都在、收進目錄的頁有說明與標題。"""
    found = [
        f"重複的 id：{one}"
        for one, times in Counter(str(tag["id"]) for tag in soup.select("[id]")).items()
        if times > 1
    ]
    if len(soup.select("meta[name=viewport]")) != 1:
        found.append("可見範圍（viewport）要剛好一次")
    icons = [str(tag["href"]) for tag in soup.select("link[rel=icon], link[rel=apple-touch-icon]")]
    if len(icons) != 3 or not all((folder / icon).is_file() for icon in icons):
        found.append(f"圖示不在：{icons}")
    if name in ("search", "genindex", "404"):
        return found + ([] if soup.select("meta[name=robots][content=noindex]") else ["搜尋引擎不必收這一頁"])
    said = told(soup)
    if not 15 <= len(said.get("description", "")) <= 110:
        found.append(f"說明太短或太長：{said.get('description')!r}")
    if "og:title" not in said or said.get("og:description") != said.get("description"):
        found.append("分享用的標題或說明不對")
    return found


@pytest.mark.parametrize("name", [name.removesuffix(".html") for name in pages()] or ["還沒建書"])
def test_every_page_introduces_itself(name):
    folder = require_book()
    soup = BeautifulSoup((folder / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    assert head_problems(soup, name, folder) == []


def test_no_two_pages_have_the_same_description():
    require_book()
    texts = [path.read_text(encoding="utf-8") for path in HTML.glob("*.html")]
    found = [
        line for text in texts for line in re.findall(r'<meta name="description" content="([^"]+)"', text)
    ]
    assert len(found) > 20 and len(set(found)) == len(found)


def test_a_page_that_does_not_introduce_itself_is_caught(tmp_path):
    poor = '<meta name="viewport" content="a"><meta name="viewport" content="a"><p id="x"></p><p id="x"></p>'
    found = head_problems(BeautifulSoup(poor, "html.parser"), "index", tmp_path)
    assert [problem.split("：")[0] for problem in found] == [
        "重複的 id", "可見範圍（viewport）要剛好一次", "圖示不在", "說明太短或太長", "分享用的標題或說明不對",
    ]  # fmt: skip


def test_the_icon_is_small_and_has_its_sizes():
    folder = EXT.parent / "_static"
    assert (folder / "icon.svg").stat().st_size < 1000
    for size in (32, 180):
        file = folder / f"icon-{size}.png"
        assert Image.open(file).size == (size, size) and file.stat().st_size < 8000
