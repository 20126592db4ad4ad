"""紙上的書的內容：摺頁打開、答案在後面、互動圖有結論、連結都指得到；PDF 與 EPUB 由它來。"""

import re

import pytest
from bs4 import BeautifulSoup

from book import paper
from tests.built_book import require_book

QUESTION = """<div class="question admonition" id="q-1"><p class="admonition-title">想一想</p>
<p>哪一個大？</p><details class="sd-dropdown"><summary>答案</summary><div>
<form class="question-form" data-kind="choose" hidden><div class="question-item"><label><input><span>
<span class="visually-hidden">第 1 項：</span>甲</span></label>
<p class="question-reason" hidden>少算了。</p></div>
<div class="question-item" data-right="yes"><label><input><span>乙</span></label>
<p class="question-reason" hidden></p></div></form>
<div class="question-answer"><p>因為乙多一倍。</p></div></div></details></div>"""
EXERCISE = """<details class="layer" data-layer="exercise"><summary>變異數，1 分</summary>
<div class="layer-body">
<div class="exercise admonition" id="ex-1"><p class="admonition-title">
<span class="caption-number">習題 1.1</span>（變異數）</p>
<section><p>寫出來。</p><details><summary>提示一</summary><p>先取對數。</p></details></section></div>
<div class="solution dropdown admonition" id="s-1"><p class="admonition-title">解答</p>
<section><p>就是它。</p></section></div>
</div></details>"""
DEEPER = """<details class="layer" data-layer="deeper"><summary><span>深入</span>　證明</summary>
<div class="layer-body"><p id="here">切線。</p></div></details>"""
CODE = """<div class="cell"><details class="hide"><summary>看程式</summary><pre>draw()</pre></details>
<div class="cell_output"><p>圖</p></div></div>"""
LIVE = """<div class="cell"><div class="interactive"><div class="interactive-fallback">
<p>這裡是一張互動圖，要在書的網頁裡開啟
JavaScript 才看得到。它的結論是：越寬越貴。</p><img alt="兩條線" src="data:image/png;base64,AA=="></div>
<script type="application/json">{}</script></div></div>"""


def article(tmp_path, name: str, body: str):
    html = f'<article class="bd-article"><section id="top"><h1>1 章</h1>{body}</section></article>'
    (tmp_path / f"{name}.html").write_text(html, encoding="utf-8")
    return paper.page(tmp_path, name, "理論")


def test_everything_folded_is_open_except_the_code(tmp_path):
    body = article(tmp_path, "01-a", DEEPER + CODE).body
    assert not body.find("details") and "切線" in body.get_text() and "draw" not in body.get_text()
    assert body.select_one(".fold-title").get_text() == "深入　證明" and "圖" in body.get_text()


def test_answers_wait_at_the_end_with_links_both_ways(tmp_path):
    body = article(tmp_path, "01-a", QUESTION + EXERCISE).body
    answers = body.select_one("section.answers").extract()
    assert [one.get_text().strip() for one in body.select(".choices > li")] == ["甲", "乙"]
    assert body.select_one(".question .admonition-title").get_text() == "想一想 1"
    for words in ("因為乙多一倍", "少算了", "先取對數", "就是它"):
        assert words in answers.get_text() and words not in body.get_text()
    assert "答案是 B。" in answers.get_text() and "A：少算了" in answers.get_text()
    for there, back in (("q-1", "想一想 1"), ("ex-1", "習題 1.1")):
        home = body.select_one(f"#p01-a--{there}")
        entry = answers.select_one(f"#p01-a--{there}-answer")
        assert home.select_one(".to-answer a")["href"] == f"#{there}-answer"
        assert entry.select_one(".answer-title a").get_text() == back
        assert entry.select_one(".answer-title a")["href"] == f"#{there}"


def test_an_interactive_figure_keeps_its_picture_and_says_its_conclusion(tmp_path):
    body = article(tmp_path, "01-a", LIVE).body
    assert body.find("img")["alt"] == "兩條線" and not body.find("script")
    said = body.select_one(".still-note").get_text()
    assert said == "這是互動圖的靜止畫面，要動手請開網頁。結論：越寬越貴。"


def test_a_hands_on_page_keeps_only_its_opening(tmp_path):
    later = '<div class="cell"><figure><img alt="後面的圖" src="a.svg"></figure></div>'
    opening = f"<section><h2>一</h2><p>甲</p><p>乙</p><p>怎麼按</p>{LIVE}<p>丙</p></section>"
    rest = f"{opening}<section>{later}</section>"
    body = article(tmp_path, "lab", rest).body
    assert all(words in body.get_text() for words in ("一", "甲", "乙", "越寬越貴"))
    assert not any(words in body.get_text() for words in ("怎麼按", "丙"))
    assert [image["alt"] for image in body.find_all("img")] == ["兩條線"]
    body = article(tmp_path, "lab", re.sub(r"<img alt=.兩條線[^>]*>", "", rest)).body
    assert [image["alt"] for image in body.find_all("img")] == ["後面的圖"]


def test_links_stay_inside_the_book_when_they_can(tmp_path):
    targets = ["02-b.html#here", "02-b.html", "#x", "02-b.html#gone", "review.html#q", "https://e.org/"]
    links = "".join(f'<a href="{to}">{to}</a>' for to in targets)
    pages = [article(tmp_path, "01-a", f'<p id="x">{links}</p>'), article(tmp_path, "02-b", DEEPER)]
    paper.link(pages, "")
    assert [tag["href"] for tag in pages[0].body.select("a")] == [
        "#p02-b--here", "#page-02-b", "#p01-a--x", "#page-02-b", "https://e.org/",
    ]  # fmt: skip
    one = article(tmp_path, "01-a", links)
    paper.link([one, pages[1]], "https://書.example/a")
    assert one.body.select("a")[4]["href"] == "https://書.example/a/review.html#q"


def test_names_are_unique_and_admitted_by_xml(tmp_path):
    one = article(tmp_path, "01-a", '<p id="3 b/c"></p><p id="x"></p><p id="x"></p>')
    names = [str(tag["id"]) for tag in one.body.find_all(id=True)]
    assert len(names) == len(set(names)) and all(re.fullmatch(r"[a-z][\w.-]*", name) for name in names)


def test_formulas_in_titles_become_words():
    tex = '<h2>為什麼是 <span class="math">\\(\\log\\sigma^2\\)</span>？</h2>'
    written = '<h2><span class="math"><b data-tex="\\sigma">1<math><mi>σ</mi></math></b></span></h2>'
    assert paper.words(BeautifulSoup(tex, "html.parser")) == "為什麼是 log σ²？"
    assert paper.words(BeautifulSoup(written, "html.parser")) == "σ"


def test_a_page_without_text_is_refused(tmp_path):
    (tmp_path / "a.html").write_text("<p>沒有內文</p>", encoding="utf-8")
    with pytest.raises(ValueError, match="重新建書"):
        paper.page(tmp_path, "a", "")


def test_the_contents_follow_the_book():
    found = [name for name, _ in paper.names()]
    assert found[0] == "index" and found[1].startswith("01-") and "review" not in found
    assert {"理論", "附錄"} <= {part for _, part in paper.names()}


@pytest.mark.slow
def test_the_whole_book_is_flat_and_linked():
    pages = paper.read(require_book())
    known = {str(tag["id"]) for one in pages for tag in [one.body, *one.body.find_all(id=True)]}
    lost = [
        str(tag["href"]) for one in pages for tag in one.body.select("a[href^='#']")
        if str(tag["href"])[1:] not in known
    ]  # fmt: skip
    left = [tag.name for one in pages for tag in one.body.select("details, script, button, form, picture")]
    assert (lost, left) == ([], [])
    assert all(image.get("alt") for one in pages for image in one.body.find_all("img"))
