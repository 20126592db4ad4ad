"""API 頁與各章引用的程式：說明文字是中文，章節的名字也是。

一、說明文字裡「參數、傳回、引發、屬性、例子」各占一行，下面縮排，在程式裡就讀得順；這裡換成 Sphinx 的欄位。
二、``literalinclude`` 引用套件的一個函式時，說明文字排成文章（公式才看得到），程式裡就不再重複；
    名字公開的，後面接到 API 頁。
"""

import ast
import re
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from docutils import nodes
from myst_parser.mocking import MockRSTParser
from sphinx.addnodes import desc_content
from sphinx.application import Sphinx
from sphinx.directives.code import LiteralInclude

import vae_from_scratch

PACKAGE = Path(vae_from_scratch.__file__).resolve().parent
FIELDS = {"參數": "param", "屬性": "ivar", "引發": "raises"}
SECTION = re.compile(r"^(?:訓練後的)?(參數|傳回|引發|屬性|例子)\n((?:[ ]{4}.*\n|\n)+)", re.M)
ITEM = re.compile(r"^(\S[^：\n]*)：", re.M)
FITTED = re.compile(r"(?<![\w`\\])([A-Za-z]\w*)_(?=[：、，。；）（\s]|$)", re.M)
MARKUP = re.compile(r"``[^`]+``|:\w+:`[^`]+`")


def readable(text: str) -> str:
    """照中文的習慣寫的說明文字，換成 reStructuredText 認得的。

    行內的標記緊鄰著字也要認得，所以兩邊加上看不見的間隔；scikit-learn 的屬性以底線結尾（history_），
    不是連結。
    """
    return FITTED.sub(r"\1\\_", MARKUP.sub(r"\\ \g<0>\\ ", text.rstrip() + "\n"))


def to_fields(text: str) -> str:
    """「參數」下面的「名字：說明」換成 ``:param 名字: 說明``，其餘類推；例子是可以執行的程式，保持原樣。"""
    return SECTION.sub(lambda match: _fields(match[1], dedent(match[2]).strip("\n")), text)


def _fields(section: str, body: str) -> str:
    if section == "例子":
        return f".. rubric:: 例子\n\n{body}\n\n"
    if section == "傳回":
        return ":returns: " + indent(body, "   ").lstrip() + "\n"
    pieces = ITEM.split(body)[1:]
    pairs = zip(pieces[::2], pieces[1::2], strict=True)
    lines = [
        f":{FIELDS[section]} {plain(name)}: {one_paragraph(said)}"
        for names, said in pairs
        for name in names.split("、")
    ]
    return "\n".join(lines) + "\n\n"


def plain(name: str) -> str:
    """欄位裡的名字不必再標成程式。"""
    return name.replace("\\ ", "").strip("` ")


def one_paragraph(text: str) -> str:
    """縮排的幾行接成欄位裡的一段。"""
    return "\n   ".join(line.strip() for line in text.strip().splitlines())


def process(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = to_fields(readable("\n".join(lines))).splitlines()


def skip(app: Sphinx, what: str, name: str, obj: Any, skipped: bool, options: Any) -> bool | None:
    """scikit-learn 與 NamedTuple 自動加上的成員，說明是英文的，讀者也用不到。"""
    automatic = re.fullmatch(r"set_\w+_request|_\w+", name) or "Alias for field" in (obj.__doc__ or "")
    return True if automatic else None


def chinese_dash(app: Sphinx, doctree: nodes.document) -> None:
    """Sphinx 在參數的名字與說明之間寫兩個連字號。"""
    for content in doctree.findall(desc_content):
        for text in [text for text in content.findall(nodes.Text) if text.astext() == " -- "]:
            text.parent.replace(text, nodes.Text("："))


def public_name(file: Path, qualified: str) -> str | None:
    """套件裡的一個東西在 API 頁叫什麼；不公開的是 None。"""
    module = ".".join(file.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
    first = qualified.split(".")[0]
    if vae_from_scratch.HOMES.get(module) == module:
        return f"vae_from_scratch.{module}.{qualified}"
    return f"vae_from_scratch.{qualified}" if vae_from_scratch.HOMES.get(first) == module else None


def split(source: str) -> tuple[str, str]:
    """（說明文字，拿掉它的程式）；只有說明文字的函式保持原樣。"""
    found = ast.parse(dedent(source)).body[0]
    assert isinstance(found, ast.FunctionDef | ast.ClassDef)
    text, first = ast.get_docstring(found), found.body[0]
    if text is None or len(found.body) == 1:
        return "", source
    lines = source.splitlines(keepends=True)
    rest = lines[first.end_lineno :]
    while rest and not rest[0].strip():
        rest = rest[1:]
    return text, "".join(lines[: first.lineno - 1] + rest)


class Listing(LiteralInclude):
    """引用套件的一個函式或類別：說明文字在前，程式在後。"""

    def run(self) -> list[nodes.Node]:
        shown = super().run()
        file = Path(self.env.relfn2path(self.arguments[0])[1]).resolve()
        if "pyobject" not in self.options or not file.is_relative_to(PACKAGE):
            return shown
        block = next(block for node in shown for block in node.findall(nodes.literal_block))
        text, code = split(block.astext())
        block.rawsource, block.children = code, []
        block += nodes.Text(code)
        summary = SECTION.sub("", readable(text)).strip()
        return [nodes.container("", *self.parse(summary + self.link(file)), classes=["listing-doc"]), *shown]

    def link(self, file: Path) -> str:
        name = public_name(file, self.options["pyobject"])
        return f"\n\nAPI：\\ :py:obj:`~{name}`" if name else ""

    def parse(self, text: str) -> list[nodes.Node]:
        inner = nodes.document(self.state.document.settings, self.state.document.reporter)
        inner["source"] = self.state.document["source"]
        MockRSTParser().parse(text, inner)
        return inner.children


def setup(app: Sphinx) -> dict[str, bool]:
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", process)
    app.connect("autodoc-skip-member", skip)
    app.connect("doctree-read", chinese_dash)
    app.add_directive("literalinclude", Listing, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
