"""想一想的寫法：名字不重複、每個錯的選擇有理由、答案不總在同一個位置；擴充寫錯會說，收集時連結不斷。"""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.book.asked import BOOK, asked, asked_in, extension

ASKED = asked()
RIGHT = "- [x] 對的\n- [ ] 錯的\n  因為甲。\n- [ ] 也錯\n  因為乙。\n"


@pytest.mark.parametrize("page", sorted(path.stem for path in BOOK.glob("*.md")))
def test_every_question_takes_an_answer(page: str) -> None:
    text = (BOOK / f"{page}.md").read_text(encoding="utf-8")
    assert "{admonition} 想一想" not in text
    assert text.count("{question}") == len(asked_in(page, text))


def test_a_name_is_used_once_and_says_its_page() -> None:
    assert [name for name, times in Counter(one.name for one in ASKED).items() if times > 1] == []
    pages = {path.stem.split("-")[0] for path in BOOK.glob("*.md")}
    assert {one.name.split("-")[0] for one in ASKED} <= pages
    assert all(one.name.startswith(f"{one.page.split('-')[0]}-") for one in ASKED if one.page != "review")


def test_there_are_questions_of_every_kind() -> None:
    assert len(ASKED) >= 80
    assert min(Counter(one.kind for one in ASKED)[kind] for kind in extension().KINDS) >= 2


@pytest.mark.parametrize("one", ASKED, ids=lambda one: one.name)
def test_every_question_is_complete(one) -> None:
    questions = extension()
    assert list(questions.shortcomings(one.kind, one.options.get("key", ""), one.items)) == []
    assert set(one.options) <= {"kind", "key", "within", "unit", "ask"} and one.kind in questions.KINDS


def test_the_right_choice_is_not_always_in_the_same_place() -> None:
    places = Counter(
        [item.right for item in one.items].index(True) for one in ASKED if one.kind in ("choose", "plot")
    )
    assert len(places) >= 3 and max(places.values()) <= 0.6 * places.total()


# ── 檢查本身抓得到錯 ──────────────────────────────────────────────────


def complaints(kind: str, text: str, key: str = "") -> str:
    questions = extension()
    return "".join(questions.shortcomings(kind, key, questions.split(text.splitlines())[1]))


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("choose", RIGHT, ""),
        ("choose", RIGHT.replace("[x]", "[ ]"), "一個對的"),
        ("choose", RIGHT.replace("[ ]", "[x]"), "一個對的"),
        ("choose", RIGHT.replace("  因為乙。\n", ""), "「也錯」沒有理由"),
        ("plot", "- [x] 對的\n- [ ] 錯的\n  因為。\n", "至少兩個錯"),
        ("order", "- 一\n- 二\n  要一。\n- 三\n  要二。\n", ""),
        ("order", "- 一\n- 二\n  要一。\n", "三個步驟"),
        ("order", "- 一\n- 二\n- 三\n  要二。\n", "「二」沒有理由"),
    ],
)
def test_what_is_missing_is_said(kind: str, text: str, found: str) -> None:
    said = complaints(kind, text)
    assert found in said and bool(found) == bool(said)


@pytest.mark.parametrize(("key", "found"), [("0.5", ""), ("-2", ""), ("1/2", "key"), ("", "key")])
def test_a_key_is_a_decimal(key: str, found: str) -> None:
    said = complaints("number", "- 1\n  因為。\n- 2\n  因為。\n", key)
    assert found in said and bool(found) == bool(said)


def test_the_answer_keeps_its_own_list() -> None:
    """答案裡的清單不是選擇；拿走的行留下空行，後面的行號不變。"""
    text = f"題目。\n\n{RIGHT}\n```{{dropdown}} 答案\n- 一\n- 二\n```\n"
    rest, items = extension().split(text.splitlines())
    assert [item.text for item in items] == ["對的", "錯的", "也錯"]
    assert len(rest) == len(text.splitlines()) and rest[-3:] == ["- 一", "- 二", "```"]


def test_steps_are_laid_out_in_another_order_each_build_the_same() -> None:
    shuffled = extension().shuffled
    orders = {name: shuffled(4, name) for name in map(str, range(50))}
    assert all(sorted(order) == [0, 1, 2, 3] != order for order in orders.values())
    assert orders["7"] == shuffled(4, "7")


def test_a_question_can_be_moved_to_another_page() -> None:
    html = (
        '<div id="print"><h1>7. 權重</h1>\n<div><h1>7. 權重<a class="headerlink" href="#id1">#</a></h1>'
        '<!--question 07-a--><div class="question" id="q-07-a"><a href="#equation-b">(7.1)</a>'
        '<a href="notation.html#term-1">詞</a></div><!--/question-->'
    )
    (one,) = extension().collected({"07-kl.html": html})
    assert (one["id"], one["page"], one["title"]) == ("07-a", "07-kl.html", "7. 權重")
    assert re.findall(r'href="([^"]*)"', one["html"]) == ["07-kl.html#equation-b", "notation.html#term-1"]
    assert " id=" not in one["html"]


def test_an_extra_question_is_listed_with_its_chapter() -> None:
    """寫在「複習」的題目，排在名字開頭的那一章。"""
    title = '<h1>{}<a class="headerlink" href="#id1">#</a></h1>'
    ask = "<!--question {}-->題<!--/question-->"
    pages = {
        "01-a.html": title.format("1 甲") + ask.format("01-x"),
        "02-b.html": title.format("2 乙") + ask.format("02-y"),
        "review.html": title.format("複習") + ask.format("01-z"),
    }
    found = extension().collected(pages)
    assert [(one["id"], one["page"], one["title"]) for one in found] == [
        ("01-x", "01-a.html", "1 甲"),
        ("01-z", "review.html", "1 甲"),
        ("02-y", "02-b.html", "2 乙"),
    ]


def test_scripts_are_loaded_only_where_there_are_questions(monkeypatch) -> None:
    loaded: list[str] = []

    class App:
        def add_css_file(self, name: str) -> None:
            loaded.append(name)

        def add_js_file(self, name: str, **_: str) -> None:
            loaded.append(name)

    counts = []
    for body in ("<p>沒有題目</p>", '<form class="question-form">', '<div id="review">'):
        loaded.clear()
        extension().load_where_used(App(), "page", "page.html", {"body": body}, None)
        assert all((Path(BOOK) / "_static" / name).is_file() for name in loaded)
        counts.append(len(loaded))
    assert counts == [0, 3, 4]
