"""索引：筆畫與注音的次序、每一個字都有讀音、找得到講它的那一節；建好的書裡，每一條都走得到。"""

import re
from html import unescape
from urllib.parse import unquote

import pytest

from tests.built_book import require_book

PAGE = "term-index.html"


@pytest.fixture
def order(extension):
    return extension("han_order")


@pytest.fixture
def module(extension):
    return extension("term_index")


# ── 筆畫 ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("letters", "count"),
    [
        *(("一", 1), ("人", 2), ("不", 4), ("及", 4), ("以", 5), ("行", 6), ("似", 7), ("位", 7), ("信", 9)),
        *(("建", 9), ("草", 10), ("連", 11), ("率", 11), ("著", 12), ("過", 13), ("概", 13), ("蒙", 14)),
        *(("熵", 15), ("機", 16), ("隱", 17), ("類", 19), ("權", 22), ("變", 23), ("觀", 25), ("鑿", 28)),
    ],
)
def test_strokes_are_those_of_taiwan(order, letters, count):
    """Unicode 的資料裡「過」是 11 畫、「連」10 畫、「草」9 畫；這裡照臺灣。"""
    assert order.strokes(letters) == count


def test_a_letter_without_strokes_is_refused(order):
    with pytest.raises(ValueError, match="「过」不是 Big5"):
        order.strokes("过")


def test_names_are_ordered_by_strokes_then_radical(order):
    names = [
        "變異數",
        "邊際概似",
        "一般化",
        "不偏",
        "互資訊",
        "分位數",
        "先驗",
        "列",
        "共變異數",
        "參數",
        "推論",
    ]
    ordered = sorted(names, key=order.by_strokes)
    assert ordered == [
        "一般化",
        "不偏",
        "互資訊",
        "分位數",
        "先驗",
        "共變異數",
        "列",
        "參數",
        "推論",
        "邊際概似",
        "變異數",
    ]
    assert ordered != sorted(names), "反例：字碼的次序不是"


# ── 注音 ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("重參數化技巧", "ㄔㄨㄥˊ ㄘㄢ ㄕㄨˋ ㄏㄨㄚˋ ㄐㄧˋ ㄑㄧㄠˇ"),
        ("重建誤差", "ㄔㄨㄥˊ ㄐㄧㄢˋ ㄨˋ ㄔㄚ"),
        ("重要性加權", "ㄓㄨㄥˋ ㄧㄠˋ ㄒㄧㄥˋ ㄐㄧㄚ ㄑㄩㄢˊ"),
        ("權重", "ㄑㄩㄢˊ ㄓㄨㄥˋ"),
        ("機率", "ㄐㄧ ㄌㄩˋ"),
        ("行列式", "ㄏㄤˊ ㄌㄧㄝˋ ㄕˋ"),
        ("行", "ㄏㄤˊ"),
        ("變異數", "ㄅㄧㄢˋ ㄧˋ ㄕㄨˋ"),
        ("標準差", "ㄅㄧㄠ ㄓㄨㄣˇ ㄔㄚ"),
        ("期望值", "ㄑㄧˊ ㄨㄤˋ ㄓˊ"),
        ("可微分", "ㄎㄜˇ ㄨㄟˊ ㄈㄣ"),
        ("反向傳播", "ㄈㄢˇ ㄒㄧㄤˋ ㄔㄨㄢˊ ㄅㄛˋ"),
        ("檔案", "ㄉㄤˇ ㄢˋ"),
        ("相關係數", "ㄒㄧㄤ ㄍㄨㄢ ㄒㄧˋ ㄕㄨˋ"),
        ("類別", "ㄌㄟˋ ㄅㄧㄝˊ"),
        ("估計量", "ㄍㄨ ㄐㄧˋ ㄌㄧㄤˋ"),
        ("散布圖", "ㄙㄢˋ ㄅㄨˋ ㄊㄨˊ"),
        ("條件 VAE", "ㄊㄧㄠˊ ㄐㄧㄢˋ"),
        ("資料夾", "ㄗ ㄌㄧㄠˋ ㄐㄧㄚˊ"),
        ("主成分分析", "ㄓㄨˇ ㄔㄥˊ ㄈㄣˋ ㄈㄣ ㄒㄧ"),
    ],
)
def test_readings_are_those_of_taiwan(order, name, sound):
    assert order.spoken(name) == sound.split()


def test_a_letter_without_a_reading_is_refused(order):
    with pytest.raises(ValueError, match="「鑿井」的「鑿」沒有讀音"):
        order.spoken("鑿井")


def test_sounds_are_ordered_as_in_a_dictionary(order):
    before, after = (
        "ㄅ ㄅㄚ ㄅㄧㄠ ㄅㄧㄢˋ ㄅㄨˋ ㄆㄧ ㄇㄥˊ ㄓㄥˋ",
        "ㄔㄤˊ ㄔㄥˊ ㄕ ㄕˊ ㄕˇ ㄕˋ ㄢˋ ㄧ ㄨˋ ㄩˋ",
    )
    sounds = f"{before} {after}".split()
    assert sorted(["ㄩˋ", *sounds[:-1]], key=order.syllable) == sounds
    assert sorted(sounds) != sounds, "反例：ˇ 的字碼在 ˊ 的前面"
    assert order.syllable("˙ㄗ") > order.syllable("ㄗˋ"), "輕聲最後"


def test_the_table_gives_every_letter_one_reading(order):
    lines = [line.split() for line in order.READINGS.read_text(encoding="utf-8").splitlines()]
    letters = "".join(
        line[1] for line in lines if line and order.BOPOMOFO.search(line[0]) and line[0][0] != "#"
    )
    assert len(letters) > 200 and len(set(letters)) == len(letters)
    for _, words in [order.readings()]:
        assert all(len(order.HAN.findall(word)) == len(sounds) for word, sounds in words.items())


# ── 找講它的那一節 ────────────────────────────────────────────────────

GLOSSARY = """<article><section id="signs"><h2>符號</h2><table><tbody>
<tr><td><span class="math">\\(\\mu\\)</span></td><td></td><td></td><td>平均，全書通用</td></tr>
</tbody></table></section><dl class="glossary">
<dt id="term-0">變異數<a class="headerlink" href="#term-0">#</a></dt><dd><p>variance〔方差〕。說明。</p></dd>
<dt id="term-1">共變異數</dt><dd><p>covariance〔协方差〕。說明。</p></dd>
<dt id="term-2">行</dt><dd><p>column〔列〕。說明。</p></dd></dl></article>"""
CHAPTER = """<article><section id="one"><h1><span class="section-number">4 </span>多變數</h1><p>開場。</p>
<section id="id1"><h2>變異數呢？<a class="headerlink" href="#id1">#</a></h2><p>只說一次變異數。</p></section>
<section id="id2"><h2>影子一樣嗎？</h2><p>共變異數（covariance）。行不通。</p>
<p>共變異數、共變異數，<span class="math">\\(\\mu\\)</span>。</p></section>
<section id="id3"><h2>不關它的事</h2><p>變異數、變異數、變異數，沒有連結。</p></section>
<section id="id4"><h2>練習</h2><p>共變異數（covariance）共變異數
<a href="notation.html#term-0">變異數</a></p></section></section></article>"""
LATER = """<article><section id="two"><h1>看得見的例子：數字</h1><p>開場。</p>
<section id="a"><h2>別的</h2><p>又提到<a href="notation.html#term-0">變異數</a>。</p></section>
</section></article>"""


@pytest.fixture
def entries(module):
    return read(module, "")


def read(module, extra: str) -> dict:
    pages = {
        "04.html": module.Tree(CHAPTER),
        "digits.html": module.Tree(LATER),
        "notation.html": module.Tree(GLOSSARY),
    }
    found = module.entries_of(pages["notation.html"], extra)
    module.locate(found, module.sections(pages))
    return {entry.name: [place.href for place in entry.places] for entry in found}


def test_the_section_that_teaches_it_comes_first(entries):
    assert entries["變異數"] == ["04.html#id1", "digits.html#a"], "標題裡有的；沒有連結、只是提到的不算"
    assert entries["共變異數"] == ["04.html#id2"], "說出英文的；練習不算"
    assert entries["行"] == [], "「行不通」不是行"


def test_other_names_and_chosen_sections_come_from_the_file(module):
    text = "# 註解\n影子：shadow、silhouette\n變異數 → 04 不關它的事\n"
    found = read(module, text)
    assert found["影子"] == ["04.html#id2"]
    assert found["變異數"] == ["04.html#id3", "digits.html#a"]
    with pytest.raises(ValueError, match="「影子」指到書裡沒有的一節「04 沒有」"):
        read(module, "影子 → 04 沒有\n")


def test_the_page_is_filled_the_same_every_time(module):
    holder = '<div class="term-index" data-unsearched="" data-order="sound"><!--/索引--></div>'
    html = f"<p>前</p>{holder}<p>後</p>"
    once = module.filled(html, {"sound": "甲"})
    assert once == html.replace("<!--", "甲<!--") and module.filled(once, {"sound": "乙"}) == html.replace(
        "<!--", "乙<!--"
    )


def test_symbols_lead_to_where_they_are_first_used(module):
    pages = {"04.html": module.Tree(CHAPTER), "notation.html": module.Tree(GLOSSARY)}
    [row] = module.symbols(pages["notation.html"], module.sections(pages))
    assert 'href="notation.html#signs" aria-label="符號 μ"' in row
    assert "平均</span>" in row and 'href="04.html#id2"' in row


def test_the_lists_are_not_searched(extension):
    """每一個詞都在索引裡；搜尋若讀它，找什麼都會找到這一頁。"""
    html = (
        '<article><section id="a"><h1>索引</h1><p>說明</p>'
        '<div data-unsearched=""><h3 id="b">ㄅ</h3><ul><li>變異數</li></ul></div>'
        "<p>最後</p></section></article>"
    )
    page = extension("search_sections").Page(html)
    assert [(one.title, one.text) for one in page.sections] == [("索引", "說明\n最後")]
    assert len(extension("search_sections").Page(html.replace(" data-unsearched", " data-x")).sections) == 1
    assert (
        "變異數"
        in extension("search_sections").Page(html.replace("data-unsearched", "data-x")).sections[0].text
    )


# ── 建好的書 ──────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def lists() -> dict[str, str]:
    html = (require_book() / PAGE).read_text(encoding="utf-8")
    return dict(re.findall(r'data-order="(\w+)">(.*?)<!--/索引-->', html, re.DOTALL))


def names(listed: str) -> list[str]:
    found = re.findall(r'<span class="index-name">(.*?)</span> ', listed)
    return [unescape(re.sub(r"<[^>]+>", "", one)) for one in found]


def unresolved(html: str) -> list[str]:
    """指不到的連結。"""
    folder, missing = require_book(), []
    for href in set(re.findall(r'href="([^"]+)"', html)):
        name, _, anchor = unescape(href).partition("#")
        page = folder / (name or PAGE)
        there = page.is_file() and (
            not anchor or f'id="{unquote(anchor)}"' in page.read_text(encoding="utf-8")
        )
        missing += [] if there else [href]
    return missing


def test_every_link_of_the_index_leads_somewhere(lists):
    assert set(lists) == {"sound", "strokes", "letter"}
    assert unresolved("".join(lists.values())) == []
    assert unresolved('<a href="05-elbo.html#none">') == ["05-elbo.html#none"], "反例"


def test_every_term_is_in_every_order(lists, order):
    glossary = (require_book() / "notation.html").read_text(encoding="utf-8")
    terms = {unescape(one) for one in re.findall(r'<dt id="term-\d+">([^<]+)<', glossary)}
    chinese = {one for one in terms if order.HAN.match(one)}
    assert len(terms) > 120
    assert chinese <= set(names(lists["sound"])) == set(names(lists["strokes"]))
    assert all(one in lists["letter"] for one in ("variance", "ELBO", "VAE", "UMAP", "變異數"))


def test_the_lists_are_in_order(lists, order):
    for key, by in (
        ("strokes", order.by_strokes),
        ("sound", lambda one: (order.by_sound(one), order.by_strokes(one))),
    ):
        found = names(lists[key])
        assert found == sorted(found, key=by) != sorted(found)
    titles = re.findall(r"<h3[^>]*>([^<]+)</h3>", lists["strokes"])
    assert titles == sorted(titles, key=lambda one: int(one.split()[0]))
    letters = re.findall(r"<h3[^>]*>([^<]+)</h3>", lists["letter"])
    assert letters[0] == "符號" and letters[1:] == sorted(letters[1:])


def test_most_names_say_where_they_are_taught(lists):
    items = re.findall(r"<li>.*?</li>", lists["sound"], re.DOTALL)
    taught = [one for one in items if "index-main" in one]
    assert len(taught) > 0.75 * len(items)
    assert any("重參數化" in one and 'href="02-reparameterization.html' in one for one in taught)
