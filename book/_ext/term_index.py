"""索引頁：術語表的每一條、``index_entries.txt`` 的名字與符號表的符號，依注音、筆畫與英文字母各排一次。

在哪一節講，由寫好的書找：內文把術語連到術語表的、第一次說出它的英文的、標題裡有它的節，提得最多的一節在
前面，後面是另外兩章。這一頁寫好以後才填，所以標題與編號一定與書裡相同；填過的再填一次結果不變。
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from han_order import HAN, by_sound, by_strokes, spoken, strokes, syllable
from link_previews import described, inline, leaves, numbered, read
from page_tree import Node, Tree
from search_sections import tidy
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

PAGE, GLOSSARY = "term-index.html", "notation.html"
EXTRA = Path(__file__).with_name("index_entries.txt")
#: 教東西的頁以外的。
NOT_TAUGHT = {PAGE, GLOSSARY, "index.html", "api.html", "errata.html"} | {
    "exercises-and-grading.html",
    "teachers-handbook.html",
}
#: 這些節只是再說一次。
REPEATS = {"練習", "小結", "參考文獻"}
MOST, OTHERS = 10, 2  # 提到的次數最多算幾次；另外列幾章
SAID, TITLED = 6, 6  # 第一次說出英文、標題裡有，各抵提到幾次
OPENING = '<div class="term-index" data-unsearched="" data-order="'
PLACEHOLDER = re.compile(rf'({OPENING}(\w+)">).*?(<!--/索引--></div>)', re.DOTALL)
SYMBOL_TITLE = "符號"


@dataclass(frozen=True)
class Place:
    """講它的一節；``chapter`` 是章的號碼或頁的名字。"""

    href: str
    chapter: str
    title: str  # HTML
    plain: str

    def named(self) -> str:
        """主要的一節：「5　下界低了多少？」；頁的標題本來就以它的名字開頭。"""
        name, own = escape(self.chapter), self.title.startswith(escape(self.chapter))
        return self.title if own else f"{name}　{self.title}"

    def said(self) -> str:
        """只看得到號碼的連結，念出來是什麼。"""
        chapter = f"第 {self.chapter} 章" if self.chapter.isdigit() else self.chapter
        return self.plain if self.plain.startswith(chapter) else f"{chapter}：{self.plain}"


@dataclass
class Section:
    """一節自己的：不含裡面的節。"""

    place: Place
    page: str
    text: str
    links: set[str]
    formulas: set[str]


@dataclass
class Entry:
    """一個名字：``home`` 是術語表的那一條，沒有就是空的。"""

    name: str
    english: list[str] = field(default_factory=list)
    home: str = ""
    fixed: str = ""  # 指定的「頁 標題」
    places: list[Place] = field(default_factory=list)


# ── 書裡有什麼 ────────────────────────────────────────────────────────


def glossary(tree: Tree) -> list[Entry]:
    """術語表的每一條；英文在〔〕的前面。"""
    found = []
    for node in tree.article.all():
        if node.tag == "dt" and node.attrs.get("id", "").startswith("term-"):
            english = described(node).text().partition("〔")[0].strip().rstrip("。")
            name = re.sub(r"<[^>]+>", "", inline([node], 99))
            found.append(Entry(name, english.split(", "), f"{GLOSSARY}#{node.attrs['id']}"))
    return found


def extra(text: str) -> Iterator[Entry]:
    """「名字：英文、英文 → 頁 標題」，後兩樣可以沒有；``#`` 之後是註解。"""
    for line in text.splitlines():
        said, _, fixed = line.partition("#")[0].partition(" → ")
        name, _, english = said.strip().partition("：")
        if name:
            yield Entry(name, [one for one in english.split("、") if one], fixed=fixed.strip())


def sections(pages: dict[str, Tree]) -> list[Section]:
    """教東西的每一節，照閱讀的順序。"""
    found = []
    for name, tree in pages.items():
        if name in NOT_TAUGHT:
            continue
        whole = tree.article.first("section")
        heading = whole.heading() if whole else None
        if whole is None or heading is None:
            continue
        chapter = numbered(whole, "section-number") or tidy(plain(heading)).partition("：")[0]
        for node in whole.all():
            title = node.heading() if node.tag == "section" and "id" in node.attrs else None
            if title is not None and tidy(plain(title)) not in REPEATS:
                found.append(section_of(node, title, name, chapter))
    return found


def section_of(node: Node, title: Node, page: str, chapter: str) -> Section:
    anchor = "" if title.tag == "h1" else f"#{node.attrs['id']}"
    own = list(within(node))
    links = {one.attrs["href"] for one in own if one.tag == "a" and one.attrs.get("href")}
    formulas = {compact(one.text()) for one in own if "math" in one.classes}
    text = "".join(child for one in own for child in one.children if isinstance(child, str))
    place = Place(page + anchor, chapter, inline([title], 200), tidy(plain(title)))
    return Section(place, page, text, links, formulas)


def within(node: Node) -> Iterator[Node]:
    """自己與裡面的元素，不進到裡面的節與程式。"""
    yield node
    for child in node.elements():
        if child.tag not in ("section", "script", "style", "svg"):
            yield from within(child)


def plain(heading: Node) -> str:
    parts = [
        child if isinstance(child, str) else plain(child)
        for child in heading.children
        if isinstance(child, str) or not child.classes & {"headerlink", "section-number"}
    ]
    return "".join(parts)


def compact(tex: str) -> str:
    """公式去掉外框與空白。"""
    return re.sub(r"\s+", "", tex).removeprefix("\\(").removesuffix("\\)")


# ── 在哪一節講 ────────────────────────────────────────────────────────


def entries_of(tree: Tree, text: str) -> list[Entry]:
    """術語表的與另外寫的；另外寫的若是術語表裡的名字，只是指定它在哪一節。"""
    found = {entry.name: entry for entry in glossary(tree)}
    for entry in extra(text):
        found.setdefault(entry.name, entry).fixed = entry.fixed
    return list(found.values())


def locate(entries: list[Entry], taught: list[Section]) -> None:
    """把每一個名字的 ``places`` 填好；長的名字先比，「變異數」不算「共變異數」裡的。"""
    names = sorted((re.escape(entry.name) for entry in entries), key=len, reverse=True)
    mentioned = re.compile("|".join(names))
    counts = [Counter(mentioned.findall(one.text)) for one in taught]
    titles = [Counter(mentioned.findall(one.place.plain)) for one in taught]
    for entry in entries:
        scores = [
            score(entry, one, count[entry.name], bool(title[entry.name]))
            for one, count, title in zip(taught, counts, titles, strict=True)
        ]
        if entry.fixed:
            scores[position(entry, taught)] = 10 * MOST
        entry.places = chosen(scores, taught)


def position(entry: Entry, taught: list[Section]) -> int:
    page, _, title = entry.fixed.partition(" ")
    found = [at for at, one in enumerate(taught) if (one.page, one.place.plain) == (f"{page}.html", title)]
    if not found:
        raise ValueError(f"index_entries.txt 的「{entry.name}」指到書裡沒有的一節「{entry.fixed}」")
    return found[0]


def score(entry: Entry, section: Section, count: int, titled: bool) -> int:
    """這一節有多像在講它；0 是沒有在講。一個字的名字到處都是，要連到術語表的才算。"""
    linked = not entry.home or entry.home in section.links
    titled = titled and (linked or len(entry.name) > 1)
    first = introduces(entry, section.text)
    if not (first or titled or (linked and count)):
        return 0
    return min(count, MOST) + SAID * first + TITLED * titled


def introduces(entry: Entry, text: str) -> bool:
    """第一次說出它的英文：「證據下界（evidence lower bound, ELBO）」。"""
    english = "|".join(re.escape(word) for word in entry.english if word)
    return bool(english and re.search(rf"{re.escape(entry.name)}（[^）]*?(?:{english})", text))


def chosen(scores: list[int], taught: list[Section]) -> list[Place]:
    """分數最高的一節，與另外幾章各一節（照閱讀的順序）。"""
    best: dict[str, int] = {}
    for at in sorted(range(len(taught)), key=lambda at: -scores[at]):
        if scores[at]:
            best.setdefault(taught[at].page, at)
    order = list(best.values())
    return [taught[at].place for at in [*order[:1], *sorted(order[1 : 1 + OTHERS])]]


def symbols(tree: Tree, taught: list[Section]) -> list[str]:
    """符號表的每一列：符號、意思的第一句，第一個用到它的節。"""
    table = next((one for one in tree.article.all() if one.tag == "tbody"), None)
    holder = next((one for one in table.above() if one.tag == "section"), None) if table else None
    rows = [one for one in table.all() if one.tag == "tr"] if table else []
    found = []
    for row in rows:
        cells = [one for one in row.elements() if one.tag == "td"]
        forms = [compact(one.text()) for one in cells[0].all() if "math" in one.classes]
        used = next((one for one in taught if any(uses(one.formulas, form) for form in forms)), None)
        heard = escape("".join(said for _, said in leaves(cells[0])).strip())  # 公式排出來的連結沒有名字
        home = f"{GLOSSARY}#{holder.attrs['id'] if holder else ''}"
        name = f'<a href="{home}" aria-label="符號 {heard}">{inline([cells[0]], 99)}</a>'
        meaning = re.split("[，；：]", inline([cells[-1]], 40))[0]
        found.append(item(name, meaning, [used.place] if used else []))
    return found


def uses(formulas: set[str], form: str) -> bool:
    """單獨一個字母要整個公式就是它，否則到處都是。"""
    return form in formulas or (len(form) > 3 and any(form in one for one in formulas))


# ── 排好寫出來 ────────────────────────────────────────────────────────


def item(name: str, more: str, places: list[Place]) -> str:
    """一條：名字、另一種語言，主要的一節用標題，其餘只寫章。"""
    told = [f'<span class="index-more">{more}</span>'] if more else []
    told += [f'<a class="index-main" href="{escape(one.href)}">{one.named()}</a>' for one in places[:1]]
    for one in places[1:]:
        link = f'<a class="index-also" href="{escape(one.href)}" aria-label="{escape(one.said())}">'
        told.append(f"{link}{escape(one.chapter)}</a>")
    return f'<li><span class="index-name">{name}</span> {" ".join(told)}</li>'


def listed(entry: Entry) -> str:
    name = escape(entry.name)
    linked = f'<a href="{entry.home}">{name}</a>' if entry.home else name
    return item(linked, escape("、".join(entry.english)), entry.places)


def groups(entries: list[Entry], order: Callable, title: Callable) -> dict[str, list[str]]:
    """中文開頭的名字，照 ``order`` 排，照 ``title`` 分組。"""
    found: dict[str, list[str]] = {}
    for entry in sorted((one for one in entries if HAN.match(one.name)), key=order):
        found.setdefault(title(entry.name), []).append(listed(entry))
    return found


def by_letter(entries: list[Entry], first: list[str]) -> dict[str, list[str]]:
    """英文的名字，與本來就用英文的名字；符號在最前面。"""
    named: list[tuple[str, Entry]] = []
    for entry in entries:
        named += [(english, entry) for english in entry.english or [entry.name]]
    found = {SYMBOL_TITLE: first}
    for english, entry in sorted(named, key=lambda one: (one[0].lower(), one[1].name)):
        other = "" if english == entry.name else escape(entry.name)
        linked = f'<a href="{entry.home}">{other}</a>' if entry.home and other else other
        name = (
            f'<a href="{entry.home}">{escape(english)}</a>' if entry.home and not other else escape(english)
        )
        found.setdefault(english[0].upper(), []).append(item(name, linked, entry.places))
    return found


def lists(pages: dict[str, Tree]) -> dict[str, str]:
    """三種次序的 HTML。"""
    taught = sections(pages)
    entries = entries_of(pages[GLOSSARY], EXTRA.read_text(encoding="utf-8"))
    locate(entries, taught)
    sound = groups(entries, lambda one: (by_sound(one.name), by_strokes(one.name)), initial)
    count = groups(entries, lambda one: by_strokes(one.name), lambda name: f"{strokes(name[0])} 畫")
    return {
        "sound": drawn("sound", "注音", sound),
        "strokes": drawn("strokes", "筆畫", count),
        "letter": drawn("letter", "英文字母", by_letter(entries, symbols(pages[GLOSSARY], taught))),
    }


def initial(name: str) -> str:
    return syllable(spoken(name)[0])[0][0]


def drawn(order: str, label: str, found: dict[str, list[str]]) -> str:
    """跳到各組的一排連結，與各組。"""
    jumps = "".join(f'<a href="#{order}-{at}">{title}</a>' for at, title in enumerate(found, 1))
    parts = [f'\n<nav class="index-jump" aria-label="跳到{label}">{jumps}</nav>\n']
    for at, (title, items) in enumerate(found.items(), 1):
        parts.append(f'<h3 id="{order}-{at}">{title}</h3>\n<ul>\n' + "\n".join(items) + "\n</ul>\n")
    return "".join(parts)


def filled(html: str, told: dict[str, str]) -> str:
    return PLACEHOLDER.sub(lambda match: match[1] + told[match[2]] + match[3], html)


class TermIndex(SphinxDirective):
    """``{term-index} sound``：依注音；``strokes`` 依筆畫，``letter`` 依英文字母。"""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        return [nodes.raw("", f'{OPENING}{self.arguments[0]}"><!--/索引--></div>', format="html")]


def fill(app: Sphinx, error: Exception | None) -> None:
    page = Path(app.outdir, PAGE)
    if error is None and app.builder.format == "html" and page.is_file():
        before = page.read_text(encoding="utf-8")
        page.write_text(filled(before, lists(read(app))), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("term-index", TermIndex)
    app.connect("build-finished", fill, priority=850)  # 在改寫網頁的擴充之後、搜尋與預覽之前
    return {"parallel_read_safe": True, "parallel_write_safe": True}
