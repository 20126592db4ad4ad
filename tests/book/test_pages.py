"""建好的網頁：連結都到得了，每張圖都有替代文字，介面沒有英文，結構符合無障礙的要求。"""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from bs4 import BeautifulSoup, Tag

from tests.built_book import pages, require_book

HAN = re.compile(r"[\u4e00-\u9fff]")
EXTERNAL = re.compile(r"^(https?:|mailto:|data:|javascript:)")
#: 介面裡本來就是符號或專有名詞的提示。
NAMES = {"#", "Ctrl+K", "GitHub", "VAE", "en", "zh_TW"}


def parse(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


class Anchors(HTMLParser):
    """只收錨點：不必為每一頁再建一棵樹。"""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(reversed(attrs))
        if anchor := names.get("id") or (names.get("name") if tag == "a" else None):
            self.found.add(anchor)


@cache  # 每一章都連到術語表幾十次
def anchors(page: Path) -> set[str]:
    reader = Anchors()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader.found


def broken_links(page: Path, soup: BeautifulSoup) -> list[str]:
    """指向不存在的檔案或錨點的連結與圖片。"""
    found = []
    targets = [
        str(tag[name]) for tag in soup.find_all(True) for name in ("href", "src") if tag.has_attr(name)
    ]
    for target in dict.fromkeys(targets):
        address, anchor = urldefrag(target)
        if EXTERNAL.match(target):
            continue
        path = (page.parent / unquote(address.split("?")[0])).resolve() if address else page
        if not path.exists():
            found.append(f"{target}：沒有這個檔案")
        elif anchor and path.suffix == ".html" and unquote(anchor) not in anchors(path):
            found.append(f"{target}：沒有這個錨點")
    return found


def images_without_alt(soup: BeautifulSoup) -> list[str]:
    """沒有替代文字，或替代文字只是重複圖說的圖。"""
    found = []
    for image in soup.select("article img, main img"):
        alt = str(image.get("alt") or "").strip()
        figure = image.find_parent("figure")
        caption = figure.select_one(".caption-text") if isinstance(figure, Tag) else None
        if not alt or alt == str(image.get("src")) or (caption and alt == caption.get_text().strip()):
            found.append(str(image)[:120])
    return found


def english_interface(soup: BeautifulSoup) -> list[str]:
    """按鈕、提示與欄位裡只有英文的字；文獻的連結提示是原文、API 的是程式裡的名字，除外。樹只讀不改。"""
    exempt = soup.select(".bibtex-citation, article a.external, script, style")
    left_out = {id(part) for source in exempt for part in (source, *source.descendants)}
    shown = [
        str(tag[name])
        for tag in soup.find_all(True)
        for name in ("title", "aria-label", "placeholder")
        if tag.has_attr(name) and id(tag) not in left_out
    ]
    places = "button, summary, .admonition-title, .prev-next-subtitle"
    places += ", .caption-number, footer, .bd-header, .toctree-l1 > a"
    for tag in soup.select(places):
        if id(tag) not in left_out:
            pieces = (piece.strip() for piece in tag.strings if id(piece) not in left_out)
            shown.append(" ".join(filter(None, pieces)))
    words = (text.strip() for text in shown if not text.startswith("vae_from_scratch."))
    return sorted({text for text in words if re.search("[A-Za-z]{2}", text) and not HAN.search(text)} - NAMES)


def raw_roles(soup: BeautifulSoup) -> list[str]:
    """沒有排成公式、照原樣印出來的 reStructuredText：內文、引用的說明與程式裡都算。"""
    return re.findall(r":(?:math|func|class|mod):`[^`]*`|\.\. math::", soup.get_text())


@pytest.fixture(scope="module", params=pages() or ["index.html"])
def page(request: pytest.FixtureRequest) -> Path:
    return require_book() / request.param


@pytest.fixture(scope="module")
def soup(page: Path) -> BeautifulSoup:
    """一頁只剖析一次，幾個測試共用；只讀不改。"""
    return parse(page)


def test_links_resolve(page, soup):
    assert broken_links(page, soup) == []


def test_figures_have_their_own_alternative_text(soup):
    assert images_without_alt(soup) == []


def test_interface_is_in_chinese(soup):
    assert english_interface(soup) == []


def test_formulas_in_listings_are_formulas(soup):
    assert raw_roles(soup) == []


def test_nothing_is_loaded_from_elsewhere(soup):
    """腳本、樣式、圖片與字型都在書裡；只有讀者自己按的連結才通往外面。"""
    loaded = [
        str(tag.get("src") or tag.get("href"))
        for tag in soup.select("script[src], img[src], link[rel~=stylesheet], link[rel~=preload]")
    ]
    assert [
        address for address in loaded if EXTERNAL.match(address) and not address.startswith("data:")
    ] == []


# ── 檢查本身抓得到錯 ──────────────────────────────────────────────────


def test_broken_links_are_caught(tmp_path):
    page = tmp_path / "a.html"
    (tmp_path / "b.html").write_text('<p id="here"></p>')
    page.write_text(
        '<a href="b.html#here">好</a><a href="b.html#gone">壞</a><a href="c.html">壞</a><img src="no.svg"><a href="https://x.y">外</a>'
    )
    found = [problem.split("：")[0] for problem in broken_links(page, parse(page))]
    assert found == ["b.html#gone", "c.html", "no.svg"]


def test_missing_or_repeated_alt_is_caught():
    page = (
        '<article><img src="a.svg" alt="兩條線"><img src="b.svg"><img src="c.svg" alt="">'
        '<figure><img src="d.svg" alt="圖說"><figcaption><span class="caption-text">圖說</span></figcaption>'
        "</figure></article>"
    )
    found = images_without_alt(BeautifulSoup(page, "html.parser"))
    assert len(found) == 3 and "a.svg" not in "".join(found)


def test_english_interface_is_caught():
    page = '<button title="Copy to clipboard">複製</button><p class="admonition-title">Exercise 1</p>'
    page += '<article><a class="external" title="Original">原文</a></article>'
    soup = BeautifulSoup(page, "html.parser")
    assert english_interface(soup) == ["Copy to clipboard", "Exercise 1"]
    assert str(soup) == page, "別的檢查還要讀這棵樹"


def test_raw_formulas_are_caught():
    good = BeautifulSoup("<p>尺寸 <span class='math'>\\(x^2\\)</span></p>", "html.parser")
    bad = BeautifulSoup("<pre>形狀 :math:`x^2`</pre><p>.. math:: x^2</p>", "html.parser")
    assert raw_roles(good) == [] and len(raw_roles(bad)) == 2
