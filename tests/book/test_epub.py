"""做好的 EPUB：epubcheck 沒有話說，公式是 MathML，一章一個檔案；壞的檔案抓得到。"""

import re
import subprocess
import zipfile
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from lxml import etree

from book import epub, paper, pdf
from tests.built_book import need_newer, require_book
from tests.tools import tool

MATHML = "{http://www.w3.org/1998/Math/MathML}"
LIMIT = 6_000_000


def complaints(file: Path) -> list[str]:
    """epubcheck 的錯誤與警告；沒有話說的時候什麼也不印，所以沒有執行成功的也要看得出來。"""
    command = [tool("epubcheck"), str(file)]
    answer = subprocess.run(command, capture_output=True, encoding="utf-8")
    said = answer.stdout + answer.stderr
    found = re.findall(r"^(?:FATAL|ERROR|WARNING).*$", said, re.M)
    assert found or (answer.returncode == 0 and not said.strip()), said[-500:]
    return found


@pytest.fixture(scope="module")
def made() -> Path:
    require_book()
    return need_newer(pdf.target_file().with_suffix(".epub"), "make epub")


@pytest.fixture(scope="module")
def chapters(made: Path) -> dict[str, etree._Element]:
    """每一個檔案；是 XML 才讀得進來。"""
    with zipfile.ZipFile(made) as book:
        pages = [name for name in book.namelist() if name.endswith(".xhtml")]
        return {Path(name).stem: etree.fromstring(book.read(name)) for name in pages}


@pytest.mark.slow
def test_epubcheck_has_nothing_to_say(made):
    assert complaints(made) == []
    assert made.stat().st_size < LIMIT


def test_the_book_is_split_by_chapter_and_every_formula_is_mathml(chapters):
    assert {name for name, _ in paper.names()} | {"cover", "nav"} == set(chapters)
    formulas = sum(len(list(page.iter(f"{MATHML}math"))) for page in chapters.values())
    assert formulas > 2000
    text = "".join("".join(page.itertext()) for page in chapters.values())
    assert not re.search(r"\\[(\[]|\\(?:frac|mathbb|sigma)", re.sub(r"[^\\]*```", "", text))
    lettered = {
        letter for page in chapters.values() for one in page.iter(f"{MATHML}mi") for letter in one.text or ""
    }
    assert {"𝔼", "𝒩"} <= lettered, "字體換成那一種字"


def test_every_link_of_the_book_arrives(chapters):
    known = {name: {one.get("id") for one in page.iter() if one.get("id")} for name, page in chapters.items()}
    lost = []
    for name, page in chapters.items():
        for link in page.iter("{http://www.w3.org/1999/xhtml}a"):
            file, _, target = link.get("href", "").partition("#")
            if not file.startswith("http") and target not in {
                "",
                *known[file.removesuffix(".xhtml") or name],
            }:
                lost.append(f"{name}：{link.get('href')}")
    assert lost == []


def test_the_contents_are_in_chinese_and_by_part(chapters):
    words = ["".join(one.itertext()) for one in chapters["nav"].iter("{http://www.w3.org/1999/xhtml}span")]
    assert words == ["理論", "實作與案例", "動手玩", "附錄"]
    assert all(page.get("lang") == "zh-TW" for page in chapters.values())


# ── 小的一本 ──────────────────────────────────────────────────────────


def small(folder: Path, body: str = '<p id="p1">文</p>') -> Path:
    one = BeautifulSoup(f'<section id="page-a"><h1>甲</h1>{body}</section>', "html.parser")
    pages = [paper.Page("a", "", "甲", one)]
    files = {
        "cover.xhtml": epub.xhtml("封面", '<p><img src="cover.jpg" alt="封面"/></p>').encode(),
        "nav.xhtml": epub.navigation(pages).encode(),
        "a.xhtml": epub.xhtml("甲", str(one)).encode(),
        "book.css": b"body { margin: 0; }",
        "cover.jpg": epub.draw_cover(),
    }
    epub.write(folder / "small.epub", pages, files)
    return folder / "small.epub"


@pytest.fixture(autouse=True)
def without_the_large_fonts(monkeypatch, request):
    """畫封面要 _vendor 的字型；沒有的話用一張白的。"""
    if not (pdf.FONTS / "NotoSansTC-Bold.ttf").exists():
        monkeypatch.setattr(epub, "draw_cover", lambda: b"\xff\xd8\xff\xe0")


def test_the_same_content_gives_the_same_bytes(tmp_path):
    (tmp_path / "b").mkdir()
    assert small(tmp_path).read_bytes() == small(tmp_path / "b").read_bytes()
    with zipfile.ZipFile(tmp_path / "small.epub") as book:
        first = book.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)


@pytest.mark.slow
def test_epubcheck_is_listening(tmp_path):
    """斷的連結與不合格的標記都說得出來。"""
    found = complaints(small(tmp_path, '<p><a href="#gone">文</a></p><blink>文</blink>'))
    assert len(found) == 2 and any("gone" in line or "RSC-012" in line for line in found)
    assert any("blink" in line for line in found)


def test_letters_take_the_form_of_their_alphabet():
    asked = [("E", "DOUBLE-STRUCK"), ("R", "DOUBLE-STRUCK"), ("N", "SCRIPT"), ("L", "SCRIPT"), ("x", "BOLD")]
    asked += [("σ", "BOLD"), ("1", "BOLD"), ("（", "BOLD"), ("x", "")]
    assert "".join(epub.in_alphabet(*pair) for pair in asked) == "𝔼ℝ𝒩ℒ𝐱𝛔𝟏（x"


def test_a_formula_keeps_only_what_mathml_admits():
    letters = '<mi mathvariant="-tex-calligraphic">N</mi><mi class="c" mathvariant="normal">d</mi>'
    math = BeautifulSoup(f'<math data-x="1">{letters}</math>', "html.parser")
    epub.tidy(math.find_all("math")[0])
    assert str(math) == (
        '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>𝒩</mi><mi mathvariant="normal">d</mi></math>'
    )


def test_formulas_already_written_need_no_browser(tmp_path, monkeypatch):
    monkeypatch.setattr(epub, "by_mathjax", lambda pages, site: pytest.fail("不必開瀏覽器"))
    written = '<span class="eqno">(1)</span><mjx-container><math><mi>x</mi></math></mjx-container>'
    body = BeautifulSoup(f'<div class="math" id="e">{written}</div>', "html.parser")
    epub.write_formulas([paper.Page("a", "", "甲", body)], tmp_path)
    assert [tag.name for tag in body.find_all(True)] == ["div", "span", "math", "mi"]


def test_a_formula_that_fails_is_told(tmp_path):
    body = BeautifulSoup('<span class="math"><math><merror>\\oops</merror></math></span>', "html.parser")
    with pytest.raises(pdf.Problem, match="換不成 MathML"):
        epub.write_formulas([paper.Page("a", "", "甲", body)], tmp_path)


def test_pictures_inside_the_page_become_files(tmp_path):
    (tmp_path / "_images").mkdir()
    (tmp_path / "_images" / "a.svg").write_bytes(b"<svg/>")
    body = BeautifulSoup('<img src="_images/a.svg"/><img src="data:image/png;base64,AAEC"/>', "html.parser")
    found = epub.gather_images([paper.Page("a", "", "甲", body)], tmp_path)
    assert list(found.values()) == [b"<svg/>", b"\x00\x01\x02"]
    assert [image["src"] for image in body.find_all("img")] == list(found)
