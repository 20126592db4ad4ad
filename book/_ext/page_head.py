"""每一頁的頁首：說明、圖示、分享用的標題與圖；知道網址的時候，另有固定的網址、網站地圖與 404 頁。

書不知道自己會放在哪裡，所以沒有寫死的網址。由環境變數給（發布的工作流程就這樣做），
或寫在 ``_config.yml``；兩邊都沒有，就只寫不需要網址的：

- ``BOOK_URL``（``html: baseurl``）：書的首頁所在的資料夾，例如 ``https://name.github.io/course/``。
- ``BOOK_REPOSITORY``（``repository: url``）：原始檔的倉庫；每一頁的結尾由它連到「回報這一頁的錯」。

說明取自頁面的第一段，整句為止；開頭的 ``description:`` 優先。
"""

import os
import re
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from docutils import nodes
from PIL import Image, ImageDraw, ImageFont
from sphinx.application import Sphinx

LONGEST = 110  # 搜尋結果顯示得完的字數
SHORTEST = 15  # 再短就說不出這一頁講什麼
SENTENCE = re.compile(r"[^。？！]*[。？！]+[」』）]*")
BETWEEN_HAN = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) +(?=[\u3000-\u9fff\uff00-\uffef])")
UNREADABLE = "\0"  # 寫不成一行字的公式
SYMBOLS = {
    r"\mu": "μ", r"\sigma": "σ", r"\beta": "β", r"\varepsilon": "ε", r"\theta": "θ", r"\lambda": "λ",
    r"\times": "×", r"\log": "log ", "-": "−", "^2": "²", "{,}": ",",
}  # fmt: skip
PICTURE, SIZE = "_static/share.png", (1200, 630)  # 分享的連結上的圖
NOT_FOUND = "404"
UNLISTED = {"search", "genindex", NOT_FOUND}  # 搜尋引擎不必收的頁


# ── 網址 ──────────────────────────────────────────────────────────────


def read_addresses(app: Sphinx, config: Any) -> None:
    """環境變數優先於設定；書的網址以斜線結尾。"""
    site = os.environ.get("BOOK_URL") or config.html_baseurl or ""
    config.html_baseurl = site.rstrip("/") + "/" if site else ""
    written = (config.html_theme_options or {}).get("repository_url", "")
    config.repository_address = (os.environ.get("BOOK_REPOSITORY") or written or "").rstrip("/")


def address(site: str, name: str, root: str) -> str:
    """這一頁的固定網址；首頁就是資料夾本身。"""
    return site if name == root else f"{site}{name}.html"


# ── 說明 ──────────────────────────────────────────────────────────────


def description(doctree: nodes.document) -> str:
    """第一個說得出話的段落，取前面的幾個整句。"""
    paragraphs = (node for node in doctree.findall(nodes.paragraph) if isinstance(node.parent, nodes.section))
    found = (first_sentences(readable(paragraph)) for paragraph in paragraphs)
    return next((text for text in found if len(text) >= SHORTEST), "")


def readable(node: nodes.Node) -> str:
    """一段的文字；公式換成一行字，換不成的是 ``UNREADABLE``。"""
    if isinstance(node, nodes.math):
        text = node.astext()
        for symbol, letter in SYMBOLS.items():
            text = text.replace(symbol, letter)
        return UNREADABLE if re.search(r"[\\{}^_]", text) else text
    if isinstance(node, nodes.Text):
        return node.astext()
    return "".join(readable(child) for child in node.children)


def first_sentences(text: str) -> str:
    """不超過 ``LONGEST`` 的幾個整句，到換不成字的公式為止；第一句就太長，在逗號的地方截短。"""
    kept = ""
    for sentence in SENTENCE.findall(BETWEEN_HAN.sub("", re.sub(r"\s+", " ", text.strip()))):
        if UNREADABLE in sentence:
            break
        if len(kept + sentence) > LONGEST:
            return kept or sentence[: LONGEST - 1].rpartition("，")[0] + "…"
        kept += sentence
    return kept


# ── 頁首 ──────────────────────────────────────────────────────────────


def add_head(app: Sphinx, name: str, template: str, context: dict, doctree: nodes.document | None) -> None:
    """``html-page-context``：docutils 已經放進去的留著，另外加上這一頁的。"""
    site, root = app.config.html_baseurl, app.config.root_doc
    listed = name not in UNLISTED
    stated = (app.env.metadata.get(name) or {}).get("description", "")
    about = stated or (description(doctree) if doctree is not None else "")
    title = unescape(re.sub(r"<[^>]+>", "", context.get("title") or ""))
    context["pageurl"] = address(site, name, root) if site and listed else None
    context["metatags"] = context.get("metatags", "") + "\n".join(
        [
            "",
            *icons(context["pathto"]),
            *([] if listed else ['<meta name="robots" content="noindex" />']),
            *([f'<meta name="description" content="{escape(about)}" />'] if about else []),
            *(shared(title, about, context, app.config) if listed else []),
        ]
    )
    if app.config.repository_address and listed:
        context["body"] = context.get("body", "") + report_link(app.config.repository_address, title)


def icons(pathto: Any) -> Iterator[str]:
    """向量的圖示；不認得的瀏覽器用點陣的。"""
    for file, rest in (
        ("icon-32.png", 'rel="icon" type="image/png" sizes="32x32"'),
        ("icon.svg", 'rel="icon" type="image/svg+xml" sizes="any"'),
        ("icon-180.png", 'rel="apple-touch-icon"'),
    ):
        yield f'<link {rest} href="{escape(pathto(f"_static/{file}", 1))}" />'


def shared(title: str, about: str, context: dict, config: Any) -> Iterator[str]:
    """Open Graph：貼出連結時的標題、說明與圖。圖要完整的網址，不知道網址就不寫。"""
    book = context.get("docstitle") or config.project
    told = {"type": "article", "locale": "zh_TW", "site_name": book, "title": title or book}
    if about:
        told["description"] = about
    if context["pageurl"]:
        told["url"] = context["pageurl"]
    if context["pageurl"] and config.share_picture:
        told |= {"image": config.html_baseurl + PICTURE, "image:alt": config.share_picture_alt}
        told |= dict(zip(("image:width", "image:height"), map(str, SIZE), strict=True))
        yield '<meta name="twitter:card" content="summary_large_image" />'
    yield from (
        f'<meta property="og:{name}" content="{escape(content)}" />' for name, content in told.items()
    )


def report_link(repository: str, title: str) -> str:
    """頁面結尾的連結：打開「內文有錯」的表單，頁名已經填好。"""
    query = urlencode({"template": "text-error.yml", "title": f"勘誤：{title}", "page": title})
    href = escape(f"{repository}/issues/new?{query}")
    return f'\n<p class="report-error d-print-none"><a href="{href}">這一頁有錯？在這裡回報</a></p>\n'


# ── 不屬於任何一頁的檔案 ──────────────────────────────────────────────


def not_found(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """``html-collect-pages``：網址打錯時看到的頁。"""
    body = (
        "<h1>找不到這一頁</h1>\n<p>網址可能打錯了，或這一頁換了位置。"
        f'從<a href="{app.config.root_doc}.html">首頁</a>開始，或用<a href="search.html">搜尋</a>找。</p>'
    )
    yield NOT_FOUND, {"title": "找不到這一頁", "body": body}, "page.html"


def rooted(html: str, folder: str) -> str:
    """相對的網址改成由 ``folder`` 算起：404 頁會在任何一層資料夾的網址出現。"""
    html = re.sub(r'(data-content_root=")[^"]*', rf"\g<1>{folder}", html)
    return re.sub(r'((?:href|src|action)=")(?![a-z]+:|/|#|")(?:\./)?', rf"\g<1>{folder}", html)


def sitemap(addresses: list[str]) -> str:
    """沒有日期，同樣的內容建出同樣的檔案。"""
    places = "".join(f"  <url><loc>{escape(one)}</loc></url>\n" for one in addresses)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{space}">\n{places}</urlset>\n'


def draw_picture(app: Sphinx, title: str) -> None:
    """左邊是設定的圖，右邊是書名。"""
    folders = [Path(app.srcdir, folder, "fonts") for folder in app.config.html_extra_path]
    font = next(folder / "NotoSansTC-Bold.ttf" for folder in folders if folder.is_dir())
    picture = Image.new("RGB", SIZE, "#ffffff")
    drawn = Image.open(Path(app.srcdir, app.config.share_picture)).convert("RGB")
    drawn = drawn.crop(app.config.share_picture_crop or (0, 0, *drawn.size))
    height = SIZE[1]
    width = min(height, drawn.width * height // drawn.height)
    picture.paste(drawn.resize((width, height), Image.Resampling.LANCZOS), (0, 0))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((width, 0, *SIZE), fill="#1d2b44")
    write(pen, title, font, (width + 50, SIZE[0] - 50))
    Path(app.outdir, PICTURE).parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(128).save(Path(app.outdir, PICTURE), optimize=True)


def write(pen: ImageDraw.ImageDraw, title: str, font: Path, across: tuple[int, int]) -> None:
    """書名在中央；太長時先在「的」與「：」後面換行，還放不下的一行再照字數分。"""
    left, right = across
    size = 72
    face, fitting = ImageFont.truetype(font, size), (right - left) // size
    parts = [title] if len(title) <= fitting else re.findall(r"[^的：]+[的：]?|[的：]", title)
    lines = [part[at : at + fitting] for part in parts for at in range(0, len(part), fitting)]
    top = (SIZE[1] - 1.5 * size * len(lines)) / 2
    for number, line in enumerate(lines):
        pen.text((left, top + 1.5 * size * number), line, font=face, fill="#ffffff")


def finish(app: Sphinx, error: Exception | None) -> None:
    """``build-finished``：知道網址，才有網站地圖、分享的圖與認得資料夾的 404 頁。"""
    site = app.config.html_baseurl
    if error is not None or app.builder.format != "html" or not site:
        return
    root = app.config.root_doc
    names = sorted(app.env.found_docs - UNLISTED, key=lambda name: (name != root, name))
    Path(app.outdir, "sitemap.xml").write_text(
        sitemap([address(site, name, root) for name in names]), encoding="utf-8"
    )
    page = Path(app.outdir, f"{NOT_FOUND}.html")
    page.write_text(rooted(page.read_text(encoding="utf-8"), urlsplit(site).path or "/"), encoding="utf-8")
    if app.config.share_picture:
        draw_picture(app, app.config.html_title or app.config.project)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("repository_address", "", "html", str)
    app.add_config_value("share_picture", "", "html", str)
    app.add_config_value("share_picture_alt", "", "html", str)
    app.add_config_value("share_picture_crop", None, "html", (list, tuple, type(None)))
    app.connect("config-inited", read_addresses)
    app.connect("html-collect-pages", not_found)
    app.connect("html-page-context", add_head)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
