"""書頁的 MyST 語法 → Jupyter 與 Colab 看得懂的 Markdown。

只翻譯本書用到的指令與角色；遇到不認得的指令就停下來，不會讓讀者看到一段沒有翻譯的原始碼。
"""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from .sets import CourseError

_FENCE = re.compile(r"^(`{3,}|:{3,})(?:\{([\w:-]+)\}\s*(.*)|.*)$")
_ITEM = re.compile(r"^- (?:\[([ x])\] )?(.*)$")
_OPTION = re.compile(r"^:([\w-]+):\s*(.*)$")
_ROLE = re.compile(r"\{([a-z]+(?::[a-z]+)?)\}`([^`]+)`")
_LABEL = re.compile(r"(?:\bname|^:label|^:name):\s*((eq|fig|code|thm)-\d\d-[\w-]+)", re.MULTILINE)
_HEADING = re.compile(r"^\(([\w-]+)\)=\n#+ (.*)$", re.MULTILINE)
_KINDS = {"eq": "公式 ({})", "fig": "圖 {}", "code": "程式 {}", "thm": "定理 {}"}
_SPACE = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")  # 角色兩旁的空格，換成字之後是多的
_SOLUTION_MARKS = ("### BEGIN SOLUTION", "### END SOLUTION")


def labels(pages: Iterable[str]) -> dict[str, str]:
    """每個標籤怎麼稱呼，例如 ``fig-02-noise`` → 「圖 2」；與書上相同，全書連續編號，所以要給所有的頁。"""
    names: dict[str, str] = {}
    counts = Counter[str]()
    for page in pages:
        names.update(dict(_HEADING.findall(page)))
        for label, kind in _LABEL.findall(page):
            counts[kind] += 1
            names[label] = _KINDS[kind].format(counts[kind])
    return names


@dataclass(frozen=True)
class Directive:
    """一個指令：名字、同一行的引數、``:選項:``、內容的每一行。"""

    kind: str
    argument: str
    options: Mapping[str, str]
    body: list[str]


@dataclass(frozen=True)
class Translator:
    """把一頁翻成普通的 Markdown。``folder`` 是書頁所在的資料夾，``names`` 由 ``labels`` 得到。"""

    folder: Path
    names: Mapping[str, str]

    def page(self, text: str) -> str:
        """整頁 MyST 的文字換成筆記本讀得懂的 Markdown。"""
        return "\n".join(self.lines(text.splitlines())) + "\n"

    def lines(self, lines: list[str]) -> list[str]:
        """一行一行換；圍欄裡的另外處理。"""
        result, position = [], 0
        while position < len(lines):
            fence = _FENCE.match(lines[position])
            if fence is None:
                result += self._prose(lines[position])
                position += 1
                continue
            end = _closing(lines, position, fence[1])
            result += self._block(fence, lines[position : end + 1])
            position = end + 1
        return result

    def roles(self, text: str) -> str:
        """``{numref}`fig-02-noise``` → 「圖 2」，其餘的角色也換成看得懂的字。"""
        plain, count = _ROLE.subn(lambda role: self._role(role[1], role[2]), text)
        return _SPACE.sub("", plain) if count else plain

    def _prose(self, line: str) -> list[str]:
        return [] if re.fullmatch(r"\([\w-]+\)=", line) else [self.roles(line)]

    def _role(self, kind: str, text: str) -> str:
        shown, _, target = text.removesuffix(">").rpartition("<")
        if kind == "glue:text":  # 值要執行之後才有；留下名字，執行時那一格會印出「名字 = 值」
            return f"`{text.partition(':')[0]}`"
        if kind.startswith("cite:"):
            return f"[{text}]"
        if kind.startswith("py:"):  # 波浪號：只顯示最後一段
            return f"`{text.rpartition('.')[2] if text.startswith('~') else text}`"
        return shown.strip() or self.names.get(target, target)

    def _block(self, fence: re.Match[str], lines: list[str]) -> list[str]:
        kind = fence[2]
        if kind in (None, "code-cell"):
            return lines
        options, body = _options(lines[1:-1])
        if kind not in _TRANSLATIONS:
            raise CourseError(f"不會把 MyST 的指令「{kind}」翻成筆記本；請在 course/myst.py 加上它的譯法。")
        directive = Directive(kind, self.roles(fence[3]), options, body)
        return ["", *_TRANSLATIONS[kind](self, directive), ""]


def _closing(lines: list[str], start: int, fence: str) -> int:
    """開頭的圍欄在哪一行結束。"""
    closing = re.compile(rf"{re.escape(fence)}{fence[0]}*\s*")
    for number in range(start + 1, len(lines)):
        if closing.fullmatch(lines[number]):
            return number
    raise CourseError(f"第 {start + 1} 行的「{lines[start]}」沒有結束的 {fence}；請補上。")


def _options(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    options: dict[str, str] = {}
    for number, line in enumerate(lines):
        option = _OPTION.match(line)
        if option is None:
            return options, lines[number:]
        options[option[1]] = option[2]
    return options, []


# ── 各種指令 ──────────────────────────────────────────────────────────


def _math(translator: Translator, block: Directive) -> list[str]:
    name = translator.names.get(block.options.get("label", ""), "")
    number = re.sub(r"\D", "", name)
    body = [line for line in block.body if line.strip()]
    return ["$$", *body, *([rf"\tag{{{number}}}"] if number else []), "$$"]


def _titled(label: str) -> Callable[[Translator, Directive], list[str]]:
    """粗體的標題，下面是內容；``label`` 裡的 {} 換成引數。"""

    def translate(translator: Translator, block: Directive) -> list[str]:
        name = translator.names.get(block.options.get("label", ""), "")
        title = label.format(argument=block.argument, name=name).strip()
        return [f"**{title}**", "", *translator.lines(block.body)]

    return translate


def _folded(translator: Translator, block: Directive) -> list[str]:
    title = "解答" if block.kind == "solution" else block.argument
    return [f"<details><summary>{title}</summary>", "", *translator.lines(block.body), "", "</details>"]


def _quoted(translator: Translator, block: Directive) -> list[str]:
    code = quoted_code(translator.folder / block.argument, block.options)
    name = translator.names.get(block.options.get("name", ""), "")
    caption = translator.roles(block.options.get("caption", ""))
    title = [f"**{name}**　{caption}", ""] if name or caption else []
    return [*title, f"```{block.options.get('language', 'python')}", code, "```"]


def _elsewhere(translator: Translator, block: Directive) -> list[str]:
    return ["方括號裡是文獻的代號；完整的書目在書裡這一章的最後。"]


def _end_of_deeper(translator: Translator, block: Directive) -> list[str]:
    return ["*（深入到這裡）*"]


def _glued(translator: Translator, block: Directive) -> list[str]:
    return [f"（`{block.argument}` 那張表，由前面的程式格印出。）"]


def _asked(translator: Translator, block: Directive) -> list[str]:
    """想一想：題目與選項（不說哪一個對），答案摺起來，先寫對的是哪一個。數字題的常見錯誤、選項的理由只在網頁裡。"""
    opening = next(n for n, line in enumerate(block.body) if line.startswith("```{dropdown}"))
    asked, answer = block.body[:opening], block.body[opening:]
    items = [item for line in asked if (item := _ITEM.match(line))]
    stem = [line for line in asked if not _ITEM.match(line) and not line.startswith("  ")]
    kind, words = block.options["kind"], [item[2] for item in items]
    shown = [] if kind == "number" else sorted(words) if kind == "order" else words
    right = words if kind == "order" else [item[2] for item in items if item[1] == "x"]
    key = [f"{block.options['key']} {block.options.get('unit', '')}".strip()] if kind == "number" else right
    told = [answer[0], f"**{'　→　'.join(key)}**", "", *answer[1:]]
    return ["**想一想**", "", *translator.lines([*stem, *(f"- {one}" for one in shown), "", *told])]


_TRANSLATIONS: dict[str, Callable[[Translator, Directive], list[str]]] = {
    "math": _math,
    "admonition": _titled("{argument}"),
    "exercise": _titled("練習：{argument}"),
    "question": _asked,
    "review": lambda translator, block: ["間隔幾天再問，要在網頁裡做；題目在下面。"],
    "prf:theorem": _titled("{name}　{argument}"),
    "prf:proof": _titled("證明"),
    "margin": _titled("{argument}"),
    "deeper": _titled("深入：{argument}"),  # 裡面常有程式格，筆記本摺不起來，所以前後各寫一句
    "deeper-end": _end_of_deeper,
    "glue:": _glued,
    "dropdown": _folded,
    "solution": _folded,
    "literalinclude": _quoted,
    "bibliography": _elsewhere,
}


def quoted_code(path: Path, options: Mapping[str, str]) -> str:
    """``literalinclude`` 引用的那一段：``pyobject`` 選函式或類別，``start-after`` 從某一行之後開始。"""
    unknown = set(options) - {"language", "class", "caption", "name", "pyobject", "start-after", "dedent"}
    if unknown:
        raise CourseError(f"不會處理 literalinclude 的選項 {'、'.join(sorted(unknown))}（{path.name}）。")
    lines = path.read_text("utf-8").splitlines()
    if "pyobject" in options:
        lines = _object_lines(lines, options["pyobject"], path)
    if "start-after" in options:
        start = next((i for i, line in enumerate(lines) if options["start-after"] in line), None)
        if start is None:
            raise CourseError(f"{path.name} 裡找不到「{options['start-after']}」（start-after）。")
        lines = lines[start + 1 :]
    return dedent("\n".join(line for line in lines if line.strip() not in _SOLUTION_MARKS))


def _object_lines(lines: list[str], name: str, path: Path) -> list[str]:
    body: list[ast.stmt] = ast.parse("\n".join(lines)).body
    node: ast.stmt | None = None
    for part in name.split("."):
        node = next((item for item in body if getattr(item, "name", None) == part), None)
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            raise CourseError(f"{path.name} 裡沒有 {name} 這個函式或類別（literalinclude 的 pyobject）。")
        body = node.body
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    return lines[first_line(node) - 1 : node.end_lineno]


def first_line(node: ast.stmt) -> int:
    """這個定義從哪一行開始，連同它的裝飾器。"""
    return min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))])
