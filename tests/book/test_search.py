"""搜尋：一頁切得對、索引每次一樣；書裡的一百多個查詢，要找的都在前三個，胡亂打的找不到。"""

import json
import re
import subprocess
import tempfile
from functools import cache
from gzip import compress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.built_book import require_book
from vae_from_scratch.bench.processes import node

ROOT = Path(__file__).resolve().parents[2]
DRIVER, ENGINE = Path(__file__).with_name("search_driver.cjs"), ROOT / "book/_static/search/engine.js"
TABLE = Path(__file__).with_name("search_queries.txt")
INDEX = "search-index.js"
FIRST = 3
#: 位元組；書多了一章，索引就大一點，但不該多出一倍。
LARGEST, LARGEST_PACKED = 720_000, 280_000


def ask(index: dict[str, Any] | str, queries: list[str]) -> list[dict[str, Any]]:
    """在 Node 裡用這份索引回答。"""
    text = index if isinstance(index, str) else f"window.BOOK_INDEX={json.dumps(index)};"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, INDEX)
        path.write_text(text, encoding="utf-8")
        command = [str(node()), str(DRIVER), str(ENGINE), str(path)]
        done = subprocess.run(
            command, input=json.dumps(queries), capture_output=True, encoding="utf-8", check=True
        )
    return json.loads(done.stdout)


# ── 公式與一頁 ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\mu+\sigma\varepsilon", "μ+σε"),
        (r"\sigma_1^2", "σ₁²"),
        (r"\log\sigma^{2}", "log σ²"),
        (r"D_{\mathrm{KL}}(q\,\|\,p)", "D_KL(q ‖ p)"),
        (r"\frac12\sum_{i=1}^D\lambda_i", "1/2 ∑_(i=1)^Dλ_i"),
        (r"\dfrac{\mathrm{SSE}}{2s^2}", "SSE/2s²"),
        (r"\frac{1}{\sqrt{2\pi s^2}}", "1/(√(2πs²))"),
        (r"\begin{aligned} a &= b \\ &\le c \qquad \text{（平均）} \end{aligned}", "a = b ≤c （平均）"),
        (r"w^\top\{x\}", "wᵀ{x}"),
    ],
)
def test_formulas_become_a_line_of_text(extension, tex, text):
    assert extension("search_formulas").readable(tex) == text


PAGE = Path(__file__).with_name("search_page.html").read_text(encoding="utf-8")


@pytest.fixture
def page(extension):
    return extension("search_sections").Page(PAGE)


def test_a_page_is_cut_into_sections_terms_and_names(page):
    found = [(one.kind, one.level, one.anchor, one.title) for one in page.sections]
    assert found == [
        ("section", 1, "kl", "7 KL 權重"),
        ("section", 2, "id1", "係數 0.005？"),
        ("section", 2, "terms", "術語"),
        ("term", 3, "term-1", "概似"),
        ("term", 3, "term-2", "先驗"),
        ("api", 3, "vae_from_scratch.VAE", "VAE"),
        ("api", 4, "vae_from_scratch.VAE.fit", "VAE.fit"),
    ]


def test_everything_a_reader_can_open_is_in_its_section(page):
    _, section, terms, likelihood, prior, cls, method = page.sections
    for word in (
        "(7.1) β=wD",
        "深入 旁支",
        "摺起來的字",
        "印出 3.14",
        "圖 7.1 看這裡",
        "習題 7.1 （別人的係數）",
        "題目",
    ):
        assert word in section.text
    assert section.code == ["每一維的量", "兩種刻度並排", "kl_per_unit"]
    assert (likelihood.text, prior.text) == ("likelihood〔甲、乙〕。", "prior。")
    assert cls.text == "class VAE(beta=1.0)\n模型。" and method.text == "fit(X)\n訓練。"
    assert terms.text == "最後一段。"
    everything = "".join(one.text + one.title for one in page.sections)
    assert not re.search("不讀|看程式|#", everything)


def test_numbered_things_know_where_they_are(page):
    assert [(one.name, one.anchor, one.section) for one in page.labels] == [
        ("公式 (7.1)", "equation-a", 1),
        ("圖 7.1", "fig-a", 1),
        ("習題 7.1", "ex-a", 1),
    ]
    assert page.aliases == [("甲", "概似"), ("乙", "概似")]


# ── 索引 ──────────────────────────────────────────────────────────────

CHARACTERS = ["# 註解\n后\t後 后\n发\t發 髮\n", "後\t后\n髮\t发\n"]


def test_characters_that_lead_to_each_other_are_one_group(extension):
    found = list(extension("search_index").same_characters(CHARACTERS))
    assert found == ["发發髮", "后後"]


def test_the_index_is_the_same_every_time(extension, page):
    module = extension("search_index")
    make = lambda: module.script(module.index({"07.html": page}, CHARACTERS, "概似：丙、丁  # 註解\n"))  # noqa: E731
    assert make() == make() and make().startswith("window.BOOK_INDEX={")
    found = json.loads(make().removeprefix("window.BOOK_INDEX=").removesuffix(";\n"))
    assert found["aliases"] == [["甲", "概似"], ["乙", "概似"], ["丙", "概似"], ["丁", "概似"]]
    assert found["pages"] == ["07.html"] and found["labels"][1] == ["圖 7.1", 1, "fig-a"]
    assert found["groups"] == ["后後"], "這一頁有「後」，沒有「發」"


def test_pages_are_in_the_order_of_the_contents(extension):
    env = SimpleNamespace(
        toctree_includes={"index": ["a", "b"], "a": ["c"]}, found_docs={"index", "a", "b", "c", "lost"}
    )
    app = SimpleNamespace(env=env, config=SimpleNamespace(root_doc="index"))
    assert extension("search_index").in_reading_order(app) == ["index", "a", "c", "b", "lost"]


def test_every_synonym_leads_to_a_word_of_the_book(extension):
    """右邊的說法都指向書裡真的有的詞；指到沒有的，讀者還是找不到。"""
    module = extension("search_index")
    book = built()
    text = "\n".join("\n".join(section[4:]) for section in book["sections"]).lower()
    ours = {ours for _, ours in module.pairs(module.SYNONYMS.read_text(encoding="utf-8"))}
    assert {one for one in ours if one.lower() not in text} == set()


# ── 找的規則：一份小的索引 ────────────────────────────────────────────


def small(*sections: tuple[str, str], **more: Any) -> dict[str, Any]:
    rows = [[0, 2, "s", f"s{at}", title, text, ""] for at, (title, text) in enumerate(sections)]
    return {"pages": ["a.html"], "groups": [], "aliases": [], "labels": [], "sections": rows, **more}


def titles(index: dict[str, Any], query: str) -> list[str]:
    return [one["title"] for one in ask(index, [query])[0]["found"]]


def test_titles_come_before_text_and_all_words_before_some():
    index = small(("甲", "崩塌 崩塌 崩塌，門檻"), ("崩塌", "沒有別的"), ("乙", "門檻"))
    assert titles(index, "崩塌") == ["崩塌", "甲"]
    assert titles(index, "崩塌 門檻")[0] == "甲"


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("係數 0.005", "0.005", True), ("係數 10.005", "0.005", False), ("係數 0.0051", "0.005", False),
        ("有 DenseLayer 類別", "layer", True), ("multilayer", "layer", False), ("有 log_var", "var", True),
        ("log_var", "logvar", True), ("Müller 的書", "muller", True), ("muller", "Müller", True),
        ("Kingma 的書", "Kigma", True), ("Kingma 的書", "Kgmia", False), ("μ 與 σ", "mu sigma", True),
        ("μ 與 σ", "nu", False), ("σ² 很小", "sigma^2", True), ("ＫＬ散度", "KL 散度", True),
        ("∑ 是和", "∑", True),
        ("後驗崩塌", "驗崩", True), ("重參數化技巧", "重參數技巧", True), ("重要", "參數", False),
    ],
)  # fmt: skip
def test_what_counts_as_the_same(text, query, found):
    assert bool(titles(small(("節", text)), query)) is found


def test_numbers_lead_to_the_thing_itself():
    index = small(("節", "圖 7.3 拖動\n圖 7.31 別的"), labels=[["圖 7.3", 0, "fig"], ["圖 7.31", 0, "other"]])
    answers = ask(index, ["圖 7.3", "fig 7.3", "（7.3）", "圖 7.4", "表 7.3"])
    assert [[one["anchor"] for one in answer["found"]] for answer in answers] == [
        ["fig"],
        ["fig"],
        ["fig"],
        [],
        [],
    ]
    assert answers[0]["found"][0]["excerpt"] == [["圖 7.3", True], [" 拖動", False]]


def test_excerpts_mark_the_words_in_the_original_writing():
    found = ask(small(("節", "前面的話。這裡有ＫＬ散度與 σ²。後面")), ["kl 散度", "sigma2"])
    assert ["ＫＬ", True] in found[0]["found"][0]["excerpt"] and ["散度", True] in found[0]["found"][0][
        "excerpt"
    ]
    assert ["σ²", True] in found[1]["found"][0]["excerpt"] and found[1]["found"][0]["surfaces"] == ["σ²"]


def test_a_long_scan_lets_the_page_move():
    """掃的中途讓出畫面：節很多的時候，一次查詢不佔住主執行緒。"""
    index = small(*[(f"節 {n}", "潛在空間的一段話。" * 400) for n in range(600)])
    assert ask(index, ["潛在 空間 KL 散度 怎麼算"])[0]["pauses"] > 0


# ── 整本書 ────────────────────────────────────────────────────────────


def table() -> dict[str, list[str]]:
    lines = [
        line.partition("⇒") for line in TABLE.read_text(encoding="utf-8").splitlines() if line[:1] != "#"
    ]
    split = {query.strip(): expected.strip() for query, arrow, expected in lines if arrow}
    return {query: expected.split("／") if expected else [] for query, expected in split.items()}


QUERIES = table()
WANTED = {query: expected for query, expected in QUERIES.items() if expected}
NONSENSE = [query for query, expected in QUERIES.items() if not expected]


@cache
def script() -> str:
    return (require_book() / INDEX).read_text(encoding="utf-8")


def built() -> dict[str, Any]:
    return json.loads(script().removeprefix("window.BOOK_INDEX=").removesuffix(";\n"))


@cache
def answers() -> dict[str, list[str]]:
    return names(ask(script(), list(QUERIES)))


def names(answered: list[dict[str, Any]]) -> dict[str, list[str]]:
    """查詢 → 找到的「頁｜標題」，有編號的是「頁｜圖 7.3」。"""
    return {
        one["query"]: [
            f"{hit['page'].removesuffix('.html')}｜{hit['label'] or hit['title']}" for hit in one["found"]
        ]
        for one in answered
    }


def missed(found: dict[str, list[str]]) -> list[str]:
    return [query for query, expected in WANTED.items() if not set(expected) & set(found[query][:FIRST])]


def test_there_are_enough_queries():
    assert len(WANTED) >= 120 and len(NONSENSE) >= 10


@pytest.mark.parametrize("query", WANTED)
def test_what_is_looked_for_is_among_the_first_three(query):
    assert set(WANTED[query]) & set(answers()[query][:FIRST]), answers()[query][:6]


@pytest.mark.parametrize("query", NONSENSE)
def test_nonsense_finds_nothing(query):
    assert answers()[query] == []


def test_the_table_names_sections_that_exist():
    """標題改了、表沒有改：說出是哪一個，不必猜是不是排序壞了。"""
    index = built()
    there = {f"{index['pages'][one[0]].removesuffix('.html')}｜{one[4]}" for one in index["sections"]}
    pages = [index["pages"][one[0]].removesuffix(".html") for one in index["sections"]]
    there |= {f"{pages[section]}｜{name}" for name, section, _ in index["labels"]}
    assert {one for expected in WANTED.values() for one in expected} - there == set()


def test_every_section_of_the_index_is_in_its_page():
    """每一筆都連到頁面上真的有的位置。"""
    html = {name: (require_book() / name).read_text(encoding="utf-8") for name in built()["pages"]}
    index = built()
    anchors = [(index["pages"][one[0]], one[3]) for one in index["sections"]]
    anchors += [
        (index["pages"][index["sections"][section][0]], anchor) for _, section, anchor in index["labels"]
    ]
    assert [one for one in anchors if f'id="{one[1]}"' not in html[one[0]]] == []


def test_the_index_is_small_and_on_no_page():
    """打開搜尋才載入；Sphinx 自己的索引不在書裡，也沒有一頁載入它。"""
    assert len(script().encode()) <= LARGEST and len(compress(script().encode(), mtime=0)) <= LARGEST_PACKED
    pages = list(require_book().glob("*.html"))
    loaded = re.compile(r"<script[^>]+(?:searchindex|searchtools|search-index|search/engine)")
    assert [path.name for path in pages if loaded.search(path.read_text(encoding="utf-8"))] == []
    assert not (require_book() / "searchindex.js").exists()


@pytest.mark.parametrize(
    ("part", "queries"),
    [
        ("groups", ["训练不起来", "下界还能更紧吗", "图 7.3"]),
        ("aliases", ["得分函數", "閉式解", "未見類別", "異常偵測"]),
        ("labels", ["圖 7.3", "式 (2.4)", "練習 3.2", "ex03"]),
    ],
)
def test_a_part_left_out_of_the_index_is_noticed(part, queries):
    """埋下的錯：索引少了字形、別的說法或編號，表裡的查詢就找不到。"""
    index = built()
    found = names(ask(index | {part: []}, list(WANTED)))
    assert set(queries) <= set(missed(found))


@pytest.mark.parametrize("column", [4, 5], ids=["標題", "內文"])
def test_sections_that_got_their_neighbours_words_are_noticed(column):
    """埋下的錯：每一節拿到前一節的標題，或前一節的內文。"""
    index = built()
    rows = index["sections"]
    moved = [[*row[:column], rows[at - 1][column], *row[column + 1 :]] for at, row in enumerate(rows)]
    assert len(missed(names(ask(index | {"sections": moved}, list(WANTED))))) > 10
