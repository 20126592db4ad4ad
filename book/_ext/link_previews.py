"""連結的預覽：書裡每一個內部連結指到的東西，各寫一小段，指標停在連結上時看得到。

寫成一個檔案 ``link-previews.js``，第一次要用才載入，從 file:// 也讀得到。只寫真的有連結指到的；公式留著
TeX，由看的那一頁排版。文字都由寫好的網頁裁出來，只留下面列出的標籤，別的拆開或丟掉。
"""

import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from page_tree import Node, Tree, target_of
from search_formulas import readable
from search_index import NOT_READ, in_reading_order
from search_sections import FORMULA
from sphinx.application import Sphinx

NAME = "link-previews.js"
KEPT = {"em", "strong", "code", "sub", "sup"}
DROPPED = {"script", "style", "svg", "img", "picture", "button", "fieldset", "input", "template", "noscript"}
DROPPED_CLASSES = {"headerlink", "eqno", "label", "backrefs", "caption-number", "section-number"}
SENTENCE = re.compile(r"[^。！？]*[。！？]+[」』）]*|[^。！？]+$")
END = re.compile(r"[。！？][」』）]*$")
#: 一段最多幾個字；文獻、術語與定理整條都要。
LONGEST, WHOLE, CODE_LINES = 120, 600, 9
SIGNATURE = 60  # 參數再多，就只寫名字

Preview = list[str]  # 種類、標題、內容的 HTML，圖另外有檔案與替代文字


def previews(pages: dict[str, Tree]) -> dict[str, Preview]:
    """``pages`` 是檔名到內文；鍵是「頁#位置」，整頁的沒有「#」。"""
    wanted = {
        target: None
        for name, tree in pages.items()
        for link in tree.links()
        if (target := target_of(link.attrs["href"], name)) and target[0] in pages
    }
    found = {}
    for name, anchor in wanted:
        told = preview(pages[name], anchor)
        if told:
            found[f"{name}#{anchor}" if anchor else name] = told
    return found


def preview(tree: Tree, anchor: str) -> Preview | None:
    """一個位置的預覽；沒有這個位置是 ``None``。"""
    node = tree.ids.get(anchor) if anchor else tree.article.first("section")
    if node is None:
        return None
    if node.tag == "span":  # 標籤寫在標題的前面
        node = next((one for one in node.above() if one.tag == "section"), node)
    classes = node.classes
    if node.tag == "dt":
        return api(node) if "sig" in classes else term(node)
    if "math" in classes:
        return equation(node)
    if node.tag == "figure":
        return figure(node)
    if "citation" in classes:
        return ["文獻", "", inline([one for one in node.elements() if one.tag == "p"], WHOLE)]
    if "literal-block-wrapper" in classes:
        return listing(node)
    if "admonition" in classes:
        return statement(node)
    return section(node, tree.about)


# ── 各種東西 ──────────────────────────────────────────────────────────


def term(node: Node) -> Preview:
    return ["術語", inline([node], WHOLE), inline([described(node)], WHOLE)]


def api(node: Node) -> Preview:
    signature = "".join(plain for _, plain in leaves(node)).strip()
    if len(signature) > SIGNATURE:
        signature = signature.partition("(")[0] + "(…)"
    paragraph = described(node).first("p")
    told = inline([paragraph], LONGEST) if paragraph else ""
    return ["API", f"<code>{escape(signature)}</code>", told]


def described(node: Node) -> Node:
    """``<dt>`` 之後的第一個 ``<dd>``；兩個詞可以共用一段。"""
    siblings = node.parent.elements() if node.parent else []
    return next((one for one in siblings[siblings.index(node) :] if one.tag == "dd"), Node("dd"))


def equation(node: Node) -> Preview:
    number = numbered(node, "eqno")
    tex = "".join(child for child in node.children if isinstance(child, str)).strip()
    return ["公式", f"公式 {number}", f'<div class="math">{escape(tex)}</div>']


def figure(node: Node) -> Preview:
    caption = node.first("figcaption") or Node("figcaption")
    told = ["圖", numbered(node, "caption-number"), inline([caption], LONGEST)]
    image, narrow = node.first("img"), node.first("source")
    if image is None or image.attrs["src"].startswith("data:"):  # 互動圖的靜止畫面太大，不另外抄一份
        return told
    return [*told, narrow.attrs["srcset"] if narrow else image.attrs["src"], image.attrs.get("alt", "")]


def listing(node: Node) -> Preview:
    caption = node.first("div", of="code-block-caption") or Node("div")
    source = node.first("pre") or Node("pre")
    lines = source.text().strip("\n").split("\n")
    shown = "\n".join(lines[:CODE_LINES]) + ("\n…" if len(lines) > CODE_LINES else "")
    name = f"{numbered(node, 'caption-number')}　{inline([caption], LONGEST)}"
    return ["程式", name, f"<pre>{escape(shown)}</pre>"]


def statement(node: Node) -> Preview:
    """定理說完整，習題說第一段。"""
    title = node.first("p", of="admonition-title") or Node("p")
    kind = "習題" if "exercise" in node.classes else "定理"
    name = f"{numbered(node, 'caption-number')}{inline([title], LONGEST)}"
    inside = node.first("section") or node
    return [kind, name, paragraph_of(inside) if kind == "習題" else inline([inside], WHOLE)]


def section(node: Node, about: str) -> Preview:
    """一節：標題與開頭的句子；一章用頁首的說明，那是為了單獨讀而寫的。"""
    heading = node.heading()
    number = numbered(node, "section-number")
    name = f"{number}　" if number else ""
    title = name + (inline([heading], LONGEST) if heading else "")
    whole = heading is not None and heading.tag == "h1"
    return [
        "章" if whole and number else "頁" if whole else "節",
        title,
        escape(about) if whole else paragraph_of(node),
    ]


def paragraph_of(node: Node) -> str:
    """第一段；一開頭就是圖、清單或程式的，用裡面的第一段。"""
    inside = [one for child in node.elements() if child.tag != "section" for one in child.all()]
    paragraphs = [one for one in inside if one.tag == "p" and "admonition-title" not in one.classes]
    own = [one for one in paragraphs if one.parent is node]
    return next((told for one in [*own, *paragraphs] if (told := inline([one], LONGEST))), "")


def numbered(node: Node, of: str) -> str:
    holder = next((one for one in node.all() if of in one.classes), None)
    return "".join(c for c in holder.children if isinstance(c, str)).strip() if holder else ""


# ── 裁成一小段 ────────────────────────────────────────────────────────


def inline(nodes: list[Node], limit: int) -> str:
    """不超過 ``limit`` 字的幾個整句，至少一句。標籤只留 ``KEPT``、公式與大陸用語。"""
    kept: list[str] = []
    length = stop = 0
    for html, plain in (piece for node in nodes for piece in leaves(node)):
        length += len(plain.strip())
        if length > limit and stop:
            return tidy(kept[:stop])
        kept.append(html)
        stop = len(kept) if END.search(plain) else stop
    return tidy(kept)


def tidy(pieces: list[str]) -> str:
    return re.sub(r"\s+", " ", "".join(pieces)).strip()


def leaves(node: Node, before: str = "", after: str = "") -> Iterator[tuple[str, str]]:
    """一句或一個公式一份：HTML 與讀得出來的字。"""
    for child in node.children:
        if isinstance(child, str):
            yield from ((f"{before}{escape(one)}{after}", one) for one in SENTENCE.findall(child))
        elif child.tag in DROPPED or child.classes & DROPPED_CLASSES:
            continue
        elif "math" in child.classes:
            tex = child.text().strip()
            yield f'{before}<span class="math">{escape(tex)}</span>{after}', FORMULA.sub(_read, tex)
        elif child.tag in KEPT:
            yield from leaves(child, f"{before}<{child.tag}>", f"</{child.tag}>{after}")
        elif "zh-cn" in child.classes:
            yield from leaves(child, f'{before}<span class="zh-cn">', f"</span>{after}")
        else:
            yield from leaves(child, before, after)


def _read(match: re.Match) -> str:
    return readable(match[1] or match[2])


# ── 寫出來 ────────────────────────────────────────────────────────────


def script(found: dict[str, Preview]) -> str:
    return f"window.BOOK_PREVIEWS={json.dumps(found, ensure_ascii=False, separators=(',', ':'))};\n"


def read(app: Sphinx) -> dict[str, Tree]:
    """書裡的每一頁，照閱讀的順序。"""
    names = [name for name in in_reading_order(app) if name not in NOT_READ]
    out = Path(app.outdir)
    return {f"{name}.html": Tree((out / f"{name}.html").read_text(encoding="utf-8")) for name in names}


def write_previews(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        Path(app.outdir, NAME).write_text(script(previews(read(app))), encoding="utf-8", newline="\n")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", write_previews, priority=900)  # 在改寫網頁的擴充之後
    return {"parallel_read_safe": True, "parallel_write_safe": True}
