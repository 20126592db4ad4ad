"""想一想與複習：真的在瀏覽器裡作答、用鍵盤、沒有腳本、印出來；儲存壞掉也能用。"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.book.asked import asked
from tests.browser.inspection import DESKTOP, PHONE, inaccessible, opened, overflow, without_javascript
from tests.built_book import require_book

pytestmark = pytest.mark.browser
CHOOSE, NUMBER, ORDER, PLOT = "03-reversed", "01-log-variance", "09-friend", "11-one-unit"
PAGES = {one.name: f"{one.page}.html" for one in asked()}
RIGHT = {
    one.name: [item.right for item in one.items].index(True)
    for one in asked()
    if one.kind in ("choose", "plot", "line")
}
#: 打開一題：它的摺頁，以及外面的每一層。
OPEN = """(name) => {
  const question = document.getElementById(`q-${name}`);
  question.querySelector("details").open = true;
  for (let at = question; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
}"""
#: 存不下的瀏覽器。
FULL = """() => {
  Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""
SAID = "(name) => document.querySelector(`#q-${name} .question-says`).innerText"


@pytest.fixture(scope="module")
def book() -> Path:
    return require_book()


def ask(page: Any, name: str) -> Any:
    page.evaluate(OPEN, name)
    return page.locator(f"#q-{name}")


def check(question: Any) -> str:
    question.locator("button[type=submit]").click()
    return question.locator(".question-says").inner_text()


def stored(page: Any) -> dict[str, Any]:
    return json.loads(page.evaluate("localStorage.getItem('reader') ?? '{}'"))


def put(page: Any, answers: dict[str, Any]) -> None:
    text = json.dumps({"version": 1, "answers": answers, "pages": {}})
    page.evaluate("(text) => localStorage.setItem('reader', text)", text)


def today(page: Any) -> int:
    return page.evaluate("BookRules.day(new Date())")


# ── 作答 ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", [CHOOSE, PLOT])
def test_each_wrong_choice_gets_its_own_reason(browser: Any, book: Path, name: str) -> None:
    with opened(browser, book / PAGES[name]) as (page, noise):
        question = ask(page, name)
        said = {}
        for radio in question.locator("input[type=radio]").all():
            radio.check()
            said[radio.get_attribute("value")] = check(question)
        right = said.pop(str(RIGHT[name]))
        assert right == "對。" and question.locator(".question-answer").is_visible()
        assert all(one.startswith("不對。") and len(one) > 10 for one in said.values())
        assert len(set(said.values())) == len(said)
        assert noise == []


@pytest.mark.parametrize("written", ["0.1", "1/10", "10 %", "０．１００３", ".1"])
def test_equal_numbers_are_accepted(browser: Any, book: Path, written: str) -> None:
    with opened(browser, book / PAGES[NUMBER]) as (page, _):
        question = ask(page, NUMBER)
        question.locator(".question-number").fill(written)
        assert check(question) == "對。"


def test_wrong_numbers_are_refused_with_their_reason(browser: Any, book: Path) -> None:
    with opened(browser, book / PAGES[NUMBER]) as (page, _):
        question = ask(page, NUMBER)
        said = []
        for written in ("0.0101", "-2.3", "5", "五", ""):
            question.locator(".question-number").fill(written)
            said.append(check(question))
        assert "變異數" in said[0] and "正負" not in said[0]
        assert "負的" in said[1] and "比答案大" in said[2]
        assert "數字" in said[3] and "先寫" in said[4]
        assert not question.locator(".question-answer").is_visible()
        assert stored(page)["answers"][NUMBER]["missed"] == today(page)


def test_steps_are_ordered_with_the_keyboard(browser: Any, book: Path) -> None:
    with opened(browser, book / PAGES[ORDER]) as (page, _):
        question = ask(page, ORDER)
        assert "太早" in check(question)
        for step in range(4):  # 把第 step 步一路往上搬到它的位置
            item = question.locator(f'.question-item[data-at="{step}"]')
            item.locator("button").first.focus()
            while [one.get_attribute("data-at") for one in question.locator(".question-item").all()].index(
                str(step)
            ) > step:
                page.keyboard.press("Enter")
                assert page.evaluate("document.activeElement.closest('.question-item').dataset.at") == str(
                    step
                )
        assert check(question) == "對。"


def test_the_whole_question_works_from_the_keyboard(browser: Any, book: Path) -> None:
    with opened(browser, book / PAGES[CHOOSE]) as (page, _):
        page.evaluate(OPEN, CHOOSE)
        fold = page.locator(f"#q-{CHOOSE} details")
        fold.evaluate("(e) => { e.open = false; }")
        fold.locator("summary").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        for _ in range(RIGHT[CHOOSE]):
            page.keyboard.press("ArrowDown")
        if RIGHT[CHOOSE] == 0:
            page.keyboard.press("Space")
        page.keyboard.press("Enter")
        assert page.evaluate(SAID, CHOOSE) == "對。"


def test_the_answer_can_be_seen_without_answering(browser: Any, book: Path) -> None:
    """看了答案的，當作還不會。"""
    with opened(browser, book / PAGES[CHOOSE]) as (page, _):
        question = ask(page, CHOOSE)
        assert "先選" in check(question) and not stored(page).get("answers")
        question.locator(".question-show").click()
        assert question.locator(".question-answer").is_visible()
        assert stored(page)["answers"][CHOOSE]["due"] == today(page) + 1


def test_a_screen_reader_hears_the_group_and_the_verdict(browser: Any, book: Path) -> None:
    with opened(browser, book / PAGES[CHOOSE]) as (page, _):
        question = ask(page, CHOOSE)
        assert question.get_by_role("group", name="選一個").count() == 1
        assert question.get_by_role("radio").count() == 4
        question.get_by_role("radio").nth(RIGHT[CHOOSE]).check()
        check(question)
        assert question.get_by_role("status").inner_text() == "對。"


# ── 沒有腳本、紙、大小 ────────────────────────────────────────────────


def test_without_javascript_the_answer_is_folded_as_before(browser: Any, book: Path) -> None:
    with without_javascript(browser, book / PAGES[NUMBER], 1280) as page:
        question = page.locator(f"#q-{NUMBER}")
        fold = question.locator("details")
        assert fold.locator("summary").inner_text().strip() == "答案"
        fold.locator("summary").click()
        assert fold.locator(".question-answer").is_visible()
        assert not fold.locator("form").is_visible()


def test_paper_follows_the_readers_switch(browser: Any, book: Path) -> None:
    with opened(browser, book / PAGES[NUMBER]) as (page, _):
        question = page.locator(f"#q-{NUMBER}")
        answer, form = question.locator(".question-answer"), question.locator("form")
        page.emulate_media(media="print")
        assert (
            question.is_visible() and not answer.is_visible() and not question.locator("summary").is_visible()
        )
        page.emulate_media(media="screen")
        page.locator('.layer-switch input[value="all"]').check()
        page.emulate_media(media="print")
        answer.wait_for(state="visible")
        assert not form.is_visible()
        page.emulate_media(media="screen")
        page.wait_for_function("(name) => !document.querySelector(`#q-${name} details`).open", arg=NUMBER)
        assert not answer.is_visible()


@pytest.mark.parametrize(
    ("name", "size", "theme"), [(CHOOSE, DESKTOP, "light"), (ORDER, PHONE, "dark"), (NUMBER, PHONE, "light")]
)
def test_an_open_question_has_no_serious_problem(
    browser: Any, book: Path, name: str, size: Any, theme: str
) -> None:
    with opened(browser, book / PAGES[name], size, theme) as (page, noise):
        check(ask(page, name))
        ask(page, name).locator(".question-show").click()
        assert noise == [] and overflow(page) == []
        assert inaccessible(page) == []


# ── 複習 ──────────────────────────────────────────────────────────────


def test_every_question_of_the_book_is_collected(browser: Any, book: Path) -> None:
    with opened(browser, book / "review.html") as (page, noise):
        assert sorted(page.evaluate("BOOK_QUESTIONS.map((one) => one.id)")) == sorted(PAGES)
        assert f"全部 {len(PAGES)} 題，答過 0 題" in page.locator(".review-counts").inner_text()
        assert noise == []


def test_what_is_due_comes_back_and_moves_on(browser: Any, book: Path) -> None:
    """兩題到期、一題還沒；答對的隔三天，答錯的隔天，沒到期的不問。"""
    with opened(browser, book / "review.html") as (page, noise):
        now = today(page)
        late = {"step": 0, "due": now, "seen": now - 1}
        put(page, {CHOOSE: {**late, "due": now - 1}, PLOT: late, NUMBER: {**late, "due": now + 2}})
        page.reload()
        assert "今天到期 2 題" in page.locator(".review-counts").inner_text()
        page.get_by_role("button", name="複習到期的 2 題").click()
        for name, wanted in ((CHOOSE, 0), (PLOT, 1)):
            question = page.locator(".review-card .question")
            assert question.locator("form").get_attribute("data-question") == name
            choice = (RIGHT[name] + wanted) % question.locator("input").count()
            question.locator("input").nth(choice).check()
            assert check(question).startswith("不對" if wanted else "對")
            page.get_by_role("button", name="下一題").click()
        assert "問完了" in page.locator(".review-card").inner_text()
        answers = stored(page)["answers"]
        assert [answers[name]["due"] - now for name in (CHOOSE, PLOT, NUMBER)] == [3, 1, 2]
        assert noise == []


def test_new_ones_can_be_done_while_others_are_due(browser: Any, book: Path) -> None:
    """「先做還沒答過的」問的是沒答過的，不是到期的；反過來也是。"""
    with opened(browser, book / "review.html") as (page, _):
        put(page, {CHOOSE: {"step": 0, "due": today(page), "seen": today(page) - 1}})
        page.reload()
        asked = page.locator(".review-card form")
        page.get_by_role("button", name="先做還沒答過的").click()
        assert asked.get_attribute("data-question") != CHOOSE
        page.get_by_role("button", name="複習到期的 1 題").click()
        assert asked.get_attribute("data-question") == CHOOSE


def test_what_is_not_due_is_not_asked(browser: Any, book: Path) -> None:
    """明天到期的今天不問；同一份紀錄，日子到了才問。"""
    with opened(browser, book / "review.html") as (page, _):
        now = today(page)
        for due, said in ((now + 1, "今天到期 0 題。下一題明天到期。"), (now, "今天到期 1 題。")):
            put(page, {CHOOSE: {"step": 0, "due": due, "seen": now - 1}})
            page.reload()
            assert page.locator(".review-counts").inner_text().endswith(said)


def test_a_record_is_exported_erased_and_imported(browser: Any, book: Path, tmp_path: Path) -> None:
    with opened(browser, book / "review.html") as (page, _):
        put(page, {CHOOSE: {"step": 2, "due": 30000, "seen": 20000}})
        page.reload()
        with page.expect_download() as download:
            page.get_by_role("button", name="匯出紀錄").click()
        file = tmp_path / "reading.json"
        download.value.save_as(file)
        erase = page.locator(".review button").filter(has_text="清掉")
        erase.click()
        assert CHOOSE in stored(page)["answers"]  # 按一次還不會清
        page.evaluate("scrollTo(0, 300)")
        page.clock.run_for(600)  # 捲動停了以後才記
        erase.click()
        page.clock.run_for(600)
        assert stored(page) == {}
        page.locator(".review input[type=file]").set_input_files(file)
        page.locator(".review-told", has_text="匯入好了").wait_for()
        assert stored(page)["answers"] == json.loads(file.read_text(encoding="utf-8"))["answers"]
        (tmp_path / "bad.json").write_text("[]", encoding="utf-8")
        page.locator(".review input[type=file]").set_input_files(tmp_path / "bad.json")
        page.locator(".review-told", has_text="沒有匯入").wait_for()
        assert CHOOSE in stored(page)["answers"]


def test_a_browser_that_stores_nothing_still_answers(browser: Any, book: Path) -> None:
    with opened(browser, book / PAGES[CHOOSE]) as (page, noise):
        page.evaluate(FULL)
        question = ask(page, CHOOSE)
        question.locator("input").nth(RIGHT[CHOOSE]).check()
        assert check(question) == "對。" and noise == []
        assert page.evaluate("Object.keys(BookMemory.read().answers)") == [CHOOSE]


def test_a_broken_record_is_told(browser: Any, book: Path) -> None:
    with opened(browser, book / "review.html") as (page, noise):
        page.evaluate("localStorage.setItem('reader', '{')")
        page.reload()
        assert "讀不出來" in page.locator(".review-problem").inner_text() and noise == []


@pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_the_review_page_has_no_serious_problem(browser: Any, book: Path, size: Any, theme: str) -> None:
    with opened(browser, book / "review.html", size, theme) as (page, noise):
        page.locator(".review-start button").first.click()
        page.locator(".review-card .question").wait_for()
        assert noise == [] and overflow(page) == []
        assert inaccessible(page) == []


# ── 讀到哪裡 ──────────────────────────────────────────────────────────


def test_reading_is_marked_and_offered_elsewhere(browser: Any, book: Path) -> None:
    chapter, next_chapter = "05-elbo.html", "06-single-sample.html"
    with opened(browser, book / chapter) as (page, noise):
        assert page.locator(".reading-mark, .continue-reading").count() == 0
        page.evaluate("scrollTo({ top: document.body.scrollHeight / 2, behavior: 'instant' })")
        mark = page.locator(".bd-sidebar-primary .current .reading-mark")
        mark.wait_for(state="attached")
        assert "%" in str(mark.text_content())
        page.goto((book / "08-from-scratch.html").as_uri())
        link = page.locator(".continue-reading a")
        assert "ELBO" in link.inner_text() and f"{chapter}#" in str(link.get_attribute("href"))
        page.evaluate("BookMemory.update((state) => { state.pages['05-elbo.html'].far = 1; })")
        page.reload()
        assert next_chapter in str(link.get_attribute("href"))  # 讀完了，接著的是下一章
        assert "✓" in str(page.locator(f'.bd-sidebar-primary a[href="{chapter}"]').text_content())
        assert noise == []
