"""紙上的書：由建好的網頁做成一份攤平的內容，PDF（``book/pdf.py``）與 EPUB（``book/epub.py``）都由它來。

紙上按不開摺頁，也拖不動圖，所以：

- 主線與「深入」都打開；習題與「想一想」留題目，提示與答案移到那一章的最後。
- 畫圖的程式與它印的字不放：那是網頁上「全部加程式」才有的一層，筆記本裡也有。內文引用的程式都在。
- 互動圖放靜止畫面與它的結論。實驗室與探索器整頁都要動手，只放開頭；「複習」記的是讀者的進度，不放。

每一個 ``id`` 前面加上頁名，整本書放進同一頁也不重複。連到沒有放進來的頁的，
知道書的網址就連過去，不知道就只留字。
"""

import copy
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urldefrag

import yaml
from bs4 import BeautifulSoup, NavigableString, Tag

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "book" / "_ext")]

from search_formulas import readable  # noqa: E402

SITE = ROOT / "_build" / "html"
STYLES = ROOT / "book" / "_paper"
TITLE = "從零開始的變分自編碼器"
FRONT, FRONT_TITLE, ANSWERS = "index", "開始之前", "提示與答案"
LEFT_OUT = {"review"}
ONLY_THE_OPENING = {"lab", "explorer"}  # 整頁都要動手
LETTERS = "ABCDEFGHIJ"
#: 紙上沒有用的：選單、按鈕、跳到某處的連結、只給螢幕閱讀器的補充。
USELESS = (
    "script", "style", "link", "a.headerlink", "fieldset.layer-switch", ".report-error", ".index-jump",
    "details.hide", ".visually-hidden", "svg.sd-octicon", ".sd-summary-state-marker", ".backrefs",
    ".reading-map", "button", "template", ".page-files", ".downloads",
)  # fmt: skip
NOT_ADMITTED = re.compile(r"[^\w.-]")  # XML 的 id 不收的字
CONCLUSION = re.compile(r"^.*?它的結論(?:是：|在)")


class Page(NamedTuple):
    """一頁：名字（不含副檔名）、目錄裡的部、標題（只有字）、攤平的內文。"""

    name: str
    part: str
    title: str
    body: Tag


class Entry(NamedTuple):
    """目錄的一項：連到哪裡、只有字的標題、有公式的標題（HTML）。"""

    target: str
    title: str
    html: str


def names(toc: Path = ROOT / "book" / "_toc.yml") -> list[tuple[str, str]]:
    """（頁名, 目錄裡的部），照目錄的順序；首頁沒有部。"""
    told = yaml.safe_load(toc.read_text(encoding="utf-8"))
    pages = [(chapter["file"], part["caption"]) for part in told["parts"] for chapter in part["chapters"]]
    return [(FRONT, ""), *((name, part) for name, part in pages if name not in LEFT_OUT)]


def read(site: Path = SITE) -> list[Page]:
    """整本書，攤平了，連結都指著書裡。"""
    pages = [page(site, name, part) for name, part in names()]
    link(pages, os.environ.get("BOOK_URL", ""))
    return pages


def page(site: Path, name: str, part: str) -> Page:
    soup = BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    article = soup.select_one("article.bd-article")
    if article is None:
        raise ValueError(f"{name}.html 裡沒有內文（article.bd-article）；請重新建書。")
    body = article.find("section")
    assert isinstance(body, Tag)
    flatten(soup, body, name)
    heading = body.find("h1")
    assert isinstance(heading, Tag)
    if name == FRONT:
        heading.string = FRONT_TITLE
    body["class"], body["data-page"] = "page", name
    return Page(name, part, words(heading), body)


# ── 攤平 ──────────────────────────────────────────────────────────────


def flatten(soup: BeautifulSoup, body: Tag, name: str) -> None:
    if name in ONLY_THE_OPENING:
        keep_the_opening(body)
    ask_on_paper(soup, body)
    for tag in body.select(",".join(USELESS)):
        tag.decompose()
    for tag in body.find_all(True, hidden=True):
        tag.decompose()
    for picture in body.find_all("picture"):
        for source in picture.find_all("source"):
            source.decompose()
        picture.unwrap()
    for table in body.find_all("table"):
        del table["border"]
    for figure in body.select(".interactive"):
        stand_still(soup, figure)
    answers = set_aside(soup, body)
    open_folds(soup, body)
    for empty in body.select(".cell, .cell_output"):
        if not empty.get_text(strip=True) and not empty.find(["img", "svg"]):
            empty.decompose()
    if answers is not None:
        body.append(answers)
    prefix_ids(body, name)


def keep_the_opening(body: Tag) -> None:
    """第一張互動圖的那一節，只留開頭兩段與圖；那張圖沒有靜止畫面，另外留後面的第一張圖。"""
    section = next(one for one in body.find_all("section", recursive=False) if one.select_one(".interactive"))
    cell = section.select_one(".cell:has(.interactive)")
    assert isinstance(cell, Tag)
    later = [one for one in body.select(".cell:has(img)") if not one.select_one(".interactive")]
    kept = [*section.find_all(["h2"], recursive=False), *section.find_all("p", recursive=False)[:2], cell]
    kept += [] if cell.find("img") else later[:1]
    for one in kept:
        one.extract()
    for one in body.find_all("section", recursive=False):
        if one is not section:
            one.decompose()
    section.clear()
    section.extend(kept)


def stand_still(soup: BeautifulSoup, figure: Tag) -> None:
    """互動圖 → 靜止畫面，與一句結論。"""
    still = figure.select_one(".interactive-fallback")
    assert isinstance(still, Tag)
    told, picture = still.find("p"), still.find("img")
    assert isinstance(told, Tag)
    words = " ".join(told.get_text().split())
    note = soup.new_tag("p", attrs={"class": "still-note"})
    note.string = "這是互動圖的靜止畫面，要動手請開網頁。" + (
        "結論" + CONCLUSION.sub(lambda found: "：" if found[0].endswith("：") else "在", words)
        if CONCLUSION.match(words)
        else words
    )
    figure.replace_with(*([picture.extract()] if isinstance(picture, Tag) else []), note)


def ask_on_paper(soup: BeautifulSoup, body: Tag) -> None:
    """網頁上作答的表單 → 題目下面的選項，與答案裡每個錯的選擇的理由。"""
    for form in body.select("form.question-form"):
        items = form.select(".question-item")
        question, answer = (
            form.find_parent(class_="question"),
            form.find_next_sibling(class_="question-answer"),
        )
        if form["data-kind"] == "number" or not items or question is None or answer is None:
            form.decompose()
            continue
        choices = soup.new_tag("ol", attrs={"class": "choices"})
        reasons = soup.new_tag("ul", attrs={"class": "reasons"})
        right = []
        for letter, item in zip(LETTERS, items, strict=False):
            words, reason = item.select_one("label > span"), item.select_one(".question-reason")
            if words is None:
                continue
            for hidden in words.select(".visually-hidden"):
                hidden.decompose()
            one = soup.new_tag("li")
            one.extend([tag.extract() for tag in list(words.contents)])
            choices.append(one)
            right += [letter] if item.get("data-right") else []
            if reason is not None and reason.get_text(strip=True):
                why = soup.new_tag("li")
                why.extend(
                    [NavigableString(f"{letter}：")] + [tag.extract() for tag in list(reason.contents)]
                )
                reasons.append(why)
        place = question.find("details")
        assert isinstance(place, Tag)
        place.insert_before(choices)
        if right:
            says = soup.new_tag("p", attrs={"class": "right"})
            says.string = f"答案是 {'、'.join(right)}。"
            answer.insert(0, says)
        if reasons.contents:
            answer.append(reasons)
        form.decompose()


def set_aside(soup: BeautifulSoup, body: Tag) -> Tag | None:
    """提示、答案與解答移到最後一節；原來的地方留一個連結，那裡也連得回來。沒有的話是 None。"""
    section = soup.new_tag("section", id="answers", attrs={"class": "answers"})
    heading = soup.new_tag("h2")
    heading.string = ANSWERS
    section.append(heading)
    asked = 0
    for box in body.select(".question, .exercise"):
        title = box.select_one(".admonition-title")
        assert isinstance(title, Tag)
        if "question" in box["class"]:
            asked += 1
            title.string = f"想一想 {asked}"
        solution = box.find_next_sibling() if "exercise" in box["class"] else None
        parts = list(box.select("details"))
        if solution is not None and "solution" in str(solution.get("class")):
            parts.append(solution)
        if not parts:
            continue
        number = title.select_one(".caption-number")
        place = f"{box['id']}-answer"
        entry = soup.new_tag("div", id=place, attrs={"class": "answer"})
        entry.append(_line(soup, "answer-title", (number or title).get_text().strip(), f"#{box['id']}"))
        for part in parts:
            entry.append(_answer(soup, part.extract()))
        section.append(entry)
        box.append(_line(soup, "to-answer", "提示與解答" if solution else "答案", f"#{place}"))
    return section if len(section.contents) > 1 else None


def _line(soup: BeautifulSoup, kind: str, words: str, href: str) -> Tag:
    line, anchor = soup.new_tag("p", attrs={"class": kind}), soup.new_tag("a", href=href)
    anchor.string = words
    line.append(anchor)
    return line


def _answer(soup: BeautifulSoup, part: Tag) -> Tag:
    """一段提示或答案：標題一行，接著內容。"""
    summary = part.find("summary") or part.select_one(".admonition-title")
    assert isinstance(summary, Tag)
    head = soup.new_tag("p", attrs={"class": "answer-part"})
    head.string = summary.get_text().strip()
    summary.decompose()
    part.name, part["class"] = "div", "answer-body"
    part.insert(0, head)
    return part


def open_folds(soup: BeautifulSoup, body: Tag) -> None:
    """剩下的摺頁打開：深入有標題，習題的標題與裡面的相同，不重複。"""
    for fold in body.find_all("details"):
        summary = fold.find("summary")
        assert isinstance(summary, Tag)
        if fold.get("data-layer") == "exercise":
            summary.decompose()
        else:
            summary.name, summary["class"] = "p", "fold-title"
        fold.name, fold["class"] = "div", f"fold fold-{fold.get('data-layer', 'more')}"
        del fold["data-layer"]


# ── 名字與連結 ────────────────────────────────────────────────────────


def anchor(name: str, target: str) -> str:
    return f"{name}--{NOT_ADMITTED.sub('-', target)}" if target else place(name)


def place(name: str) -> str:
    """一頁的開頭。"""
    return f"page-{name}"


def prefix_ids(body: Tag, name: str) -> None:
    """章名以數字開頭，XML 的 id 不可以，所以前面再加一個字。"""
    seen = set()
    for tag in body.find_all(id=True):
        new = f"p{anchor(name, str(tag['id']))}"
        if new in seen:
            del tag["id"]
        else:
            tag["id"] = new
            seen.add(new)
    first = body.get("id")
    body["id"] = place(name)
    if first:  # 章的標題自己的錨點也留著
        heading = body.find("h1")
        assert isinstance(heading, Tag)
        heading["id"] = f"p{anchor(name, str(first))}"
    for tag in body.find_all(True):
        for attribute in ("aria-describedby", "aria-labelledby", "for", "headers", "name"):
            if tag.has_attr(attribute) and tag.name != "meta":
                del tag[attribute]


def link(pages: list[Page], site: str) -> None:
    """書裡的連結指到加了頁名的 id；指的東西沒有放進來，就指那一頁的開頭。"""
    known = {one.name: {str(tag["id"]) for tag in one.body.find_all(id=True)} for one in pages}
    for one in pages:
        for tag in one.body.find_all("a"):
            href = tag.get("href")
            if href is None or re.match(r"[a-z]+:", str(href)):
                continue
            file, target = urldefrag(str(href))
            name = file.removesuffix(".html") if file else one.name
            new = f"p{anchor(name, unquote(target))}" if target else place(name)
            if name in known:
                tag["href"] = f"#{new if new in known[name] else place(name)}"
                tag["data-page"] = name
            elif site:
                tag["href"] = site.rstrip("/") + "/" + str(href)
            else:
                tag.unwrap()


def sections(one: Page) -> Iterator[Entry]:
    """這一頁的節。"""
    for heading in one.body.find_all("h2"):
        if heading.parent is not None and heading.parent.get("id"):
            yield Entry(str(heading.parent["id"]), words(heading), inner(heading))


def words(heading: Tag) -> str:
    """標題的字；公式寫成一行字。"""
    one = copy.copy(heading)
    for formula in one.select(".math"):
        drawn = formula.select_one("[data-tex]")  # 建書時排好的，TeX 留在這裡
        tex = str(drawn["data-tex"]) if drawn else formula.get_text().strip()
        formula.replace_with(readable(tex.removeprefix(r"\(").removesuffix(r"\)")))
    return " ".join(one.get_text().split())


def inner(heading: Tag) -> str:
    """標題裡面的 HTML，沒有連結，也沒有重複的名字。"""
    one = copy.copy(heading)
    for tag in one.find_all("a"):
        tag.unwrap()
    for tag in one.find_all(id=True):
        del tag["id"]
    return one.decode_contents()
