"""把排好的一頁切成可以搜尋的節：標題、內文、程式裡的名字，以及有編號的圖、表、公式與習題。

讀的是寫好的網頁，所以摺起來的、程式印出來的、自動產生的編號都在裡面，而且與讀者看到的相同。
術語表的每一條與 API 頁的每一個名字，各自也算一節。
"""

import keyword
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from search_formulas import readable

HAN = re.compile(r"[\u3400-\u9fff]")
NAME = re.compile(r"(?<![\w.\\])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
SAID = re.compile(r"#([^\n]*)|\"{3}(.*?)\"{3}|\"([^\"\n]*)\"|'([^'\n]*)'", re.S)
#: 畫圖與 NumPy 的呼叫每一格都有，沒有人來書裡找；小寫的單字多半是參數與變數。
DRAWING = re.compile(r"(?:ax|axes|fig|plt|top|left|right|np|pd)\.")
TELLING = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2}|^[A-Z][a-z]+$|[_.]")
FORMULA = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]", re.S)
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
#: 另外，寫了 ``data-unsearched`` 的（索引：每一個詞都在裡面，找什麼都會找到它）。
SILENT = {"script", "style", "svg", "button", "fieldset", "template", "noscript"}
BLOCK = {
    "p",
    "li",
    "td",
    "th",
    "tr",
    "div",
    "dt",
    "dd",
    "figcaption",
    "caption",
    "pre",
    "summary",
    "option",
    "label",
}
HEADINGS = {f"h{level}": level for level in range(1, 7)}
PROMPTS = {"看程式", "收起程式"}  # 每一格都有，不是內容


@dataclass
class Section:
    """一節：``level`` 是標題的層級，術語與 API 的名字比所在的節深一層。"""

    anchor: str
    level: int
    kind: str = "section"  # section、term（術語）、api（公開的名字）
    title: str = ""
    text: str = ""
    code: list[str] = field(default_factory=list)  # 程式裡的中文與名字，各一次


@dataclass(frozen=True)
class Label:
    """有編號的東西：「圖 7.1」、它的位置、在第幾節；說明在那一節裡以它開頭的一行。"""

    name: str
    anchor: str
    section: int


@dataclass
class _Open:
    """還沒有關上的元素。"""

    tag: str
    classes: frozenset[str]
    anchor: str
    section: "Section | None" = None
    listing: bool = False  # 輸入的程式：只留名字與中文


class Page(HTMLParser):
    """讀一頁：``sections`` 依出現的順序，``labels`` 是裡面有編號的。"""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.sections: list[Section] = []
        self.labels: list[Label] = []
        self.aliases: list[tuple[str, str]] = []  # 術語表引用的大陸用語 → 本書的用語
        self._stack: list[_Open] = []
        self._silent = 0  # 從這一層起不看；0 是都看
        self._inside = False
        self._heading: list[str] | None = None
        self._number: list[str] | None = None
        self._quoted: list[str] | None = None
        self._listing: list[str] = []
        self.feed(html)
        self.close()
        for section in self.sections:
            section.text = tidy(section.text)

    # ── 元素的開始與結束 ──

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = frozenset(given.get("class", "").split())
        if tag == "article":
            self._inside = True
        if tag in VOID or not self._inside:
            if self._inside and tag == "br":
                self._write(" ")
            return
        opened = _Open(tag, classes, given.get("id", ""))
        self._stack.append(opened)
        if self._silent:
            return
        if tag in SILENT or "headerlink" in classes or "data-unsearched" in given:
            self._silent = len(self._stack)
            return
        self._begin(opened)

    def _begin(self, opened: _Open) -> None:
        tag, classes = opened.tag, opened.classes
        if tag in BLOCK:
            self._write("\n")
        if tag in HEADINGS and self._heading is None and self._start_section(HEADINGS[tag]):
            self._heading = []
        elif tag == "dt" and opened.anchor:
            self._start_entry(opened)
        elif tag == "pre" and self._is_listing():
            opened.listing, self._listing = True, []
        elif classes & {"caption-number", "eqno"}:
            self._number = []
        elif "zh-cn" in classes and self._current() is not None:
            self._quoted = []

    def handle_endtag(self, tag: str) -> None:
        if not self._inside or tag in VOID or not any(one.tag == tag for one in self._stack):
            return
        while self._stack:
            closed = self._stack.pop()
            if self._silent:
                self._silent = 0 if len(self._stack) < self._silent else self._silent
            else:
                self._end(closed)
            if closed.tag == tag:
                break
        self._inside = bool(self._stack)

    def _end(self, closed: _Open) -> None:
        if closed.tag in HEADINGS or (closed.tag == "dt" and self._heading is not None and closed.section):
            self._finish_title(closed)
        elif closed.listing:
            self._finish_listing()
        elif closed.classes & {"caption-number", "eqno"}:
            self._finish_number("eqno" in closed.classes)
        elif self._quoted is not None and "zh-cn" in closed.classes:
            self._finish_quoted()
        if closed.tag in BLOCK:
            self._write("\n")

    def handle_data(self, data: str) -> None:
        if not self._inside or self._silent or data.strip() in PROMPTS:
            return
        if any(one.listing for one in self._stack):
            self._listing.append(data)
            return
        for heard in (self._heading, self._number, self._quoted):
            if heard is not None:
                heard.append(data)
        if self._heading is None:
            self._write(data)

    # ── 節 ──

    def _current(self) -> Section | None:
        return next((one.section for one in reversed(self._stack) if one.section), None)

    def _write(self, text: str) -> None:
        section = self._current()
        if section is not None and self._heading is None:
            section.text += text

    def _start_section(self, level: int) -> bool:
        """最近的 <section> 的標題；方塊裡的小標題沒有自己的節，照內文讀。"""
        holders = [one for one in self._stack if one.tag in ("section", "div") and one.anchor]
        holder = holders[-1] if holders else None
        if holder is None or holder.tag != "section" or holder.section is not None:
            return False
        self._add(holder, Section(holder.anchor, level))
        return True

    def _start_entry(self, opened: _Open) -> None:
        """術語的 <dt>，或 API 的名字；它的 <dd> 寫在同一節裡，直到下一個 <dt> 或清單結束。"""
        holder = next((one for one in reversed(self._stack[:-1]) if one.tag == "dl"), None)
        kind = {"glossary": "term", "py": "api"}
        found = [kind[name] for name in (holder.classes if holder else ()) if name in kind]
        if holder is None or not found:
            return
        outer = [one.section for one in self._stack if one.section and one is not holder]
        entry = Section(opened.anchor, (outer[-1].level if outer else 1) + 1, found[0])
        self._add(holder, entry)
        if found[0] == "api":
            entry.title = opened.anchor.removeprefix("vae_from_scratch.")
        else:
            opened.section, self._heading = entry, []

    def _add(self, holder: _Open, section: Section) -> None:
        holder.section = section
        self.sections.append(section)

    def _finish_title(self, closed: _Open) -> None:
        section = self._current() or closed.section
        if self._heading is not None and section is not None:
            section.title = tidy("".join(self._heading)).replace("\n", " ")
        self._heading = None

    # ── 程式、編號、引用的大陸用語 ──

    def _is_listing(self) -> bool:
        """輸入的程式，不是執行的結果。"""
        kinds = {name for one in self._stack for name in one.classes}
        return any(name.startswith("highlight-") for name in kinds) and "cell_output" not in kinds

    def _finish_listing(self) -> None:
        section, source = self._current(), "".join(self._listing)
        self._listing = []
        if section is not None:
            section.code += [one for one in words_of(source) if one not in section.code]

    def _finish_number(self, equation: bool) -> None:
        name, self._number = tidy("".join(self._number or ())), None
        anchor = next((one.anchor for one in reversed(self._stack) if one.anchor), "")
        section = self._current()
        if section is not None and anchor and re.search(r"\d", name):
            name = f"公式 {name}" if equation else name
            self.labels.append(Label(name, anchor, self.sections.index(section)))
            self._write(" ")

    def _finish_quoted(self) -> None:
        section, said = self._current(), "".join(self._quoted or ())
        self._quoted = None
        if section is not None and section.kind == "term":
            self.aliases += [(one.strip(), section.title) for one in re.split("[、，/]", said) if one.strip()]


def words_of(source: str) -> list[str]:
    """程式裡值得搜尋的：註解、說明與字串裡的中文，以及名字（不含保留字與一兩個字母的）。"""
    said = [next(filter(None, match.groups()), "") for match in SAID.finditer(source)]
    chinese = [tidy(one.replace("\\n", " ")).replace("\n", " ") for one in said if len(HAN.findall(one)) > 3]
    names = [one for one in NAME.findall(SAID.sub(" ", source)) if _telling(one)]
    return list(dict.fromkeys([*chinese, *names]))


def _telling(name: str) -> bool:
    return bool(TELLING.search(name)) and not DRAWING.match(name) and not keyword.iskeyword(name)


def tidy(text: str) -> str:
    """公式換成讀得出來的字，空白合成一個；段落之間留一個換行。"""
    text = FORMULA.sub(lambda match: readable(match[1] or match[2]), text)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
