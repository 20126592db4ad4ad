"""想一想：在頁面裡作答，頁面回答為什麼；「複習」那一頁把每一題收在一起。

    :::{question} 01-log-variance
    :kind: number
    :key: 0.1003
    :within: 0.002

    題目。

    - 0.0101
      把它當成答案的人，錯在哪裡。

    ```{dropdown} 答案
    完整的答案。
    ```
    :::

``kind`` 有五種，``ask`` 是作答的地方上面那一行。choose（選一個）、line（找出錯的那一行）與 plot（猜圖長
什麼樣子）：一項一個選擇，對的寫 ``- [x]``，錯的寫 ``- [ ]``，縮排的下一行是理由。number：``key`` 是答案，
``within`` 是容許的差，每一項是一個常見的錯誤答案。order：照對的順序寫，理由說明這一步為什麼不能早一點。

沒有腳本時，題目與摺起來的答案照舊；腳本（_static/questions/）把作答的地方放進摺頁裡，頁面不會變高。
"""

import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)
KINDS = ("choose", "line", "plot", "number", "order")
ITEM = re.compile(r"^- (?:\[([ x])\] )?(.*)$")
LIST = "question-list.js"
SCRIPTS = ("questions/rules.js", "questions/page.js")
STYLE = "questions/questions.css"
MARKED = re.compile(r"<!--question (\S+)-->(.*?)<!--/question-->", re.DOTALL)
TITLE = re.compile(r'<h1>([^\n]*?)<a class="headerlink"')
#: 沒有寫 ``ask`` 時，作答的地方上面那一行。
ASKS = {
    "choose": "選一個",
    "line": "哪一行錯了？",
    "plot": "圖會是哪一種？",
    "number": "算出來是多少？",
    "order": "用箭頭排出順序",
}


class Item(NamedTuple):
    """一個選擇、一個常見的錯誤答案，或一個步驟。"""

    text: str
    reason: str
    right: bool
    line: int


class question_form(nodes.General, nodes.Element):
    """作答的地方：``kind``、``key``、``within``、``unit``。"""


class question_item(nodes.General, nodes.Element):
    """一項：第一個子節點是它的字，第二個（可以沒有）是理由。"""


class question_words(nodes.TextElement):
    """一項的字。"""


class question_reason(nodes.TextElement):
    """這一項為什麼不對。"""


def split(content: list[str]) -> tuple[list[str], list[Item]]:
    """題目與答案、各項；項目是最外層的 ``- ``，它後面縮排的行是理由。"""
    rest, items, fence = list[str](), list[Item](), ""
    for at, line in enumerate(content):
        mark = re.match(r"^(`{3,}|:{3,})", line)
        if mark:
            fence = "" if line.strip() == fence else fence or mark[1]
        found = None if fence or mark else ITEM.match(line)
        if found:
            items.append(Item(found[2].strip(), "", found[1] == "x", at))
        elif items and not fence and line.startswith("  "):
            items[-1] = items[-1]._replace(reason=items[-1].reason + line.strip())
        else:
            rest.append(line)
            continue
        rest.append("")
    return rest, items


def shortcomings(kind: str, key: str, items: list[Item]) -> Iterator[str]:
    """這一題哪裡寫得不對。"""
    right = sum(item.right for item in items)
    if kind == "number":
        if not re.fullmatch(r"-?\d+(\.\d+)?", key):
            yield "number 要有 key，寫成小數"
        if len(items) < 2:
            yield "至少要有兩個常見的錯誤答案"
    elif kind == "order":
        if len(items) < 3:
            yield "至少要有三個步驟"
    elif right != 1 or len(items) < 3:
        yield "要有一個對的與至少兩個錯的選擇"
    for item in items:
        if not item.right and not item.reason and not (kind == "order" and item is items[0]):
            yield f"「{item.text}」沒有理由"


def shuffled(count: int, name: str) -> list[int]:
    """步驟擺出來的順序：同一題每次都一樣，也不會正好是對的。"""
    order = list(range(count))
    while order == sorted(order):
        random.Random(name).shuffle(order)
        name += "+"
    return order


class Question(SphinxDirective):
    """``{question} 名字``：名字在全書只有一個，讀者的紀錄用它，題目改了字也不換。"""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Callable[[str], str]] | None] = {
        "kind": lambda given: directives.choice(given, KINDS),
        "key": directives.unchanged,
        "within": directives.unchanged,
        "unit": directives.unchanged,
        "ask": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        name, kind, key = self.arguments[0], self.options.get("kind", "choose"), self.options.get("key", "")
        rest, items = split(list(self.content))
        for what in shortcomings(kind, key, items):
            logger.warning("想一想 %s：%s", name, what, location=self.get_location(), type="questions")
        box = nodes.admonition("", nodes.title("", "想一想"), classes=["admonition-", "question"])
        box["ids"] = [f"q-{name}"]
        self.state.nested_parse(StringList(rest, self.content.source(0)), self.content_offset, box)
        self._put_form(box, self._form(name, kind, items))
        return [_comment(f"question {name}"), box, _comment("/question")]

    def _form(self, name: str, kind: str, items: list[Item]) -> question_form:
        told = {key: self.options.get(key, "") for key in ("key", "within", "unit")}
        told["ask"] = self.options.get("ask", ASKS[kind])
        form = question_form("", kind=kind, question=name, **told)
        order = shuffled(len(items), name) if kind == "order" else range(len(items))
        form += [self._item(items[at], at, kind, name) for at in order]
        return form

    def _item(self, item: Item, at: int, kind: str, name: str) -> question_item:
        node = question_item("", at=at, right=item.right, kind=kind, question=name, value=item.text)
        for build, text in ((question_words, item.text), (question_reason, item.reason)):
            words, _ = self.state.inline_text(text, self.lineno + item.line)
            node += build(text, "", *words, kind=kind)
        return node

    def _put_form(self, box: nodes.admonition, form: question_form) -> None:
        """作答的地方放進「答案」的摺頁，在答案的前面。"""
        folds = [node for node in box.children if node.get("design_component") == "dropdown"]
        if len(folds) != 1:
            what = "想一想要有一個 {dropdown} 答案"
            logger.warning(what, location=self.get_location(), type="questions")
            return
        fold = folds[0]
        answer = nodes.container("", *fold.children[1:], classes=["question-answer"])
        fold[1:] = [form, answer]


def _comment(text: str) -> nodes.raw:
    return nodes.raw("", f"<!--{text}-->", format="html")


class Review(SphinxDirective):
    """``{review}``：複習的地方，由腳本畫；題目在建好書以後才收集。"""

    def run(self) -> list[nodes.Node]:
        place = f'<div id="review" class="review"></div>\n<script defer src="{LIST}"></script>\n'
        without = "<noscript><p>複習要開 JavaScript。題目也在各章的「想一想」與這一頁的下面。</p></noscript>"
        return [nodes.raw("", place + without, format="html")]


# ── 排成網頁 ──────────────────────────────────────────────────────────


def visit_form(self: Any, node: question_form) -> None:
    data = " ".join(f'data-{key}="{self.attval(node[key])}"' for key in ("kind", "key", "within", "unit"))
    self.body.append(f'<form class="question-form" data-question="{node["question"]}" {data} hidden>\n')
    self.body.append(f"<fieldset>\n<legend>{self.attval(node['ask'])}</legend>\n")
    if node["kind"] == "number":
        unit = f" {self.attval(node['unit'])}" if node["unit"] else ""
        written = 'type="text" inputmode="text" autocomplete="off" spellcheck="false"'
        self.body.append(f'<label>我的答案 <input {written} class="question-number">{unit}</label>\n')
    self.body.append("<ol>\n" if node["kind"] == "order" else "")


def depart_form(self: Any, node: question_form) -> None:
    self.body.append("</ol>\n" if node["kind"] == "order" else "")
    self.body.append(
        '</fieldset>\n<div class="question-buttons"><button type="submit">對答案</button> '
        '<button type="button" class="question-show">看答案</button></div>\n'
        '<div class="question-says" role="status"></div>\n</form>\n'
    )


def visit_item(self: Any, node: question_item) -> None:
    if node["kind"] == "order":
        self.body.append(f'<li class="question-item" data-at="{node["at"]}">')
    elif node["kind"] == "number":
        self.body.append(f'<div class="question-item" data-value="{self.attval(node["value"])}" hidden>')
    else:
        right = ' data-right="yes"' if node["right"] else ""
        self.body.append(f'<div class="question-item"{right}>')


def depart_item(self: Any, node: question_item) -> None:
    self.body.append("</li>\n" if node["kind"] == "order" else "</div>\n")


def visit_words(self: Any, node: question_words) -> None:
    if node["kind"] == "number":
        raise nodes.SkipNode
    if node["kind"] == "order":
        self.body.append('<span class="question-step">')
    else:
        item = node.parent
        radio = f'<input type="radio" name="q-{item["question"]}" value="{item["at"]}">'
        number = f'<span class="visually-hidden">第 {item["at"] + 1} 項：</span>'  # 只有公式的選項也有名字
        self.body.append(f"<label>{radio}<span>{number}")


def depart_words(self: Any, node: question_words) -> None:
    self.body.append("</span>" if node["kind"] == "order" else "</span></label>")


def visit_reason(self: Any, node: question_reason) -> None:
    self.body.append('<p class="question-reason" hidden>')


def depart_reason(self: Any, node: question_reason) -> None:
    self.body.append("</p>")


# ── 載入與收集 ────────────────────────────────────────────────────────


def load_where_used(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    body = context.get("body", "")
    reviews = 'id="review"' in body
    if reviews or "question-form" in body:
        app.add_css_file(STYLE)
        for script in (*SCRIPTS, *(["questions/review.js"] if reviews else [])):
            app.add_js_file(script, loading_method="defer", priority=850)  # 在每一頁都有的 memory.js 之後


def title_of(page: str, html: str) -> str:
    found = TITLE.search(html)
    return re.sub(r"<[^>]+>", "", found[1]).strip() if found else page


def collected(pages: dict[str, str]) -> list[dict[str, str]]:
    """``pages`` 是檔名到網頁，照閱讀的順序；每一題排在它名字開頭的那一章，不管它寫在哪一頁。"""
    homes = {re.split(r"[-.]", page)[0]: page for page in pages}
    found = []
    for page, html in pages.items():
        for name, part in MARKED.findall(html):
            home = homes.get(name.split("-")[0], page)
            about = {"home": home, "title": title_of(home, pages[home])}
            found.append({"id": name, "page": page, **about, "html": _moved(page, part).strip()})
    order = list(pages)
    return sorted(found, key=lambda one: order.index(one["home"]))


def _moved(page: str, part: str) -> str:
    """連到同一頁的連結補上頁名，``id`` 拿掉，才能放到別頁。"""
    part = re.sub(r'href="#', f'href="{page}#', part)
    return re.sub(r'(<[^>]*?) id="[^"]*"', r"\1", part)


def write_list(app: Sphinx, error: Exception | None) -> None:
    """``build-finished``：照目錄的順序，把每一題寫進一個檔案；從 file:// 也讀得到。"""
    if error is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    names = [f"{name}.html" for name in reading_order(app)]
    pages = {name: (out / name).read_text(encoding="utf-8") for name in names}
    text = json.dumps(collected(pages), ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    (out / LIST).write_text(f"window.BOOK_QUESTIONS={text};\n", encoding="utf-8", newline="\n")


def reading_order(app: Sphinx) -> list[str]:
    found, root = list[str](), app.config.root_doc
    waiting = [root]
    while waiting:
        name = waiting.pop(0)
        found.append(name)
        waiting = [one for one in app.env.toctree_includes.get(name, []) if one not in found] + waiting
    return found


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(question_form, html=(visit_form, depart_form))
    app.add_node(question_item, html=(visit_item, depart_item))
    app.add_node(question_words, html=(visit_words, depart_words))
    app.add_node(question_reason, html=(visit_reason, depart_reason))
    app.add_directive("question", Question)
    app.add_directive("review", Review)
    app.connect("html-page-context", load_where_used)
    app.connect("build-finished", write_list, priority=890)  # 在改寫網頁的擴充之後
    return {"parallel_read_safe": True, "parallel_write_safe": True}
