"""讀者下載的少一點：圖捲到才載入，佈景主題的腳本不擋第一次畫面，用不到的檔案不留在網站裡。

- 圖有寬與高（載入前後版面不跳）、``decoding="async"``；每一頁第一張以外的 ``loading="lazy"``。
- 程式裡與底色同色的字不必各自包一層 ``<span>``。
- 佈景主題的 .map、各國的翻譯、整套的圖示字型、原始檔的副本，以及以前建的、現在沒有一頁用到的圖，都刪掉。
"""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from vae_from_scratch.narrow_figures import separated

#: 不擋畫面的：除了這個，別的腳本的設定要用它。
BLOCKING = ("documentation_options.js",)
#: 頁面用不到的（相對於網站）。
UNUSED = (
    "_sources",
    "_static/locales",
    "_static/images",
    "_static/scripts/fontawesome.js*",
    "_static/vendor/fontawesome/webfonts/fa-*.ttf",
    "_static/vendor/fontawesome/webfonts/fa-[!s]*",
    "_static/sphinx-thebe.*",
    "_static/*webpack-macros.html",
    "_static/**/*.map",
    "fonts/*.ttf",
    "opencc/*Characters.txt",
)
IMAGE = re.compile(r"<(img|source)\b([^>]*?)\s*/?>")
FILE = re.compile(r'\b(?:src|srcset)="[^"]*_images/([^"/]+)"')
SIZE = re.compile(r'<svg[^>]*?\swidth="([\d.]+)pt"\sheight="([\d.]+)pt"')
PIXELS = 4 / 3  # 一點
#: 程式裡這些顏色與底下的字相同（tests/book/test_page_weight.py 對照樣式）。
PLAIN = re.compile(r'<span class="(?:n|nn|p|w|x)">([^<]*)</span>')
HIGHLIGHT = re.compile(r'<div class="highlight">.*?</pre>', re.S)
Sizes = dict[str, tuple[int, int]]


# ── 每一頁 ────────────────────────────────────────────────────────────


def later(body: str, sizes: Sizes) -> str:
    """``sizes``：檔名 → 寬與高（像素）。已經說了大小的（寫在頁面裡的）不動大小。"""
    first = True

    def change(found: re.Match[str]) -> str:
        nonlocal first
        tag, rest = found[1], found[2]
        named = FILE.search(rest)
        if named is None:
            return found[0]
        size = sizes.get(named[1])
        if size and not re.search(r"\b(?:width|height|style)=", rest):
            rest += f' width="{size[0]}" height="{size[1]}"'
        if tag == "img" and "decoding=" not in rest:
            rest += ' decoding="async"' + ("" if first else ' loading="lazy"')
            first = False
        return f"<{tag}{rest} />"

    return IMAGE.sub(change, body)


def svg_size(svg: str) -> tuple[int, int] | None:
    found = SIZE.search(svg)
    return (round(float(found[1]) * PIXELS), round(float(found[2]) * PIXELS)) if found else None


def sizes_of(images: dict[str, str], source: Path, used: set[str]) -> Sizes:
    """這一頁的圖各多大；窄的畫法也在原來的檔案裡。"""
    sizes: Sizes = {}
    for path, name in images.items():
        if name in used and name.endswith(".svg"):
            wide, narrow = separated((source / path).read_text(encoding="utf-8"))
            for file, svg in ((name, wide), (name.replace(".svg", "-narrow.svg"), narrow)):
                if svg and (size := svg_size(svg)):
                    sizes[file] = size
    return sizes


def plain_code(body: str) -> str:
    return HIGHLIGHT.sub(lambda found: PLAIN.sub(r"\1", found[0]), body)


def change_page(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    for script in context.get("script_files", []):
        if script.filename and not str(script.filename).endswith(BLOCKING):
            script.attributes.setdefault("defer", "defer")
    styles = context.get("css_files", [])
    context["css_files"] = [style for style in styles if "thebe" not in str(style.filename)]
    body = context.get("body", "")
    used = {name for rest in IMAGE.findall(body) for name in FILE.findall(rest[1])}
    images: dict[str, str] = getattr(app.builder, "images", {})
    context["body"] = plain_code(later(body, sizes_of(images, Path(app.srcdir), used)))


# ── 整個網站 ──────────────────────────────────────────────────────────


def stale_images(site: Path) -> Iterable[Path]:
    """沒有一頁用到的圖。"""
    used = {
        name for page in site.rglob("*.html")
        for name in re.findall(r'_images/([^"&\s)]+)', page.read_text(encoding="utf-8"))
    }  # fmt: skip
    return [path for path in site.glob("_images/*") if path.name not in used]


def stale_pages(site: Path, names: set[str]) -> Iterable[Path]:
    """``names`` 以外的頁：改了名字、拿掉的。"""
    return [page for page in site.glob("*.html") if page.stem not in names]


def remove_unused(site: Path, names: set[str]) -> None:
    for page in stale_pages(site, names):
        page.unlink()
    found = [path for pattern in UNUSED for path in site.glob(pattern)]
    for path in [*found, *stale_images(site)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def finish(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        remove_unused(Path(app.outdir), {*app.env.found_docs, "genindex", "search", "404"})


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", change_page, priority=950)  # 圖已經有窄的（narrow_figures）
    app.connect("build-finished", finish, priority=550)  # 別的步驟不必再看這些檔案
    return {"parallel_read_safe": True, "parallel_write_safe": True}
