"""整本書的 EPUB：``make epub`` 執行這裡，寫出 ``_build/vae-from-scratch-版本.epub``。

內容與 PDF 的相同（``book/paper.py``），一頁一個檔案。公式是 MathML：網頁已經排好就用那裡的，還是 TeX 的話，
由網頁自己的 MathJax 在 Chromium 裡換。圖是網站裡的向量圖。同樣的內容，同樣的位元組。
"""

import base64
import hashlib
import io
import re
import sys
import unicodedata
import zipfile
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from bs4 import BeautifulSoup, Tag

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from book import downloads, paper, pdf, study_archive  # noqa: E402

FOLDER = "EPUB"
XHTML, OPS = "http://www.w3.org/1999/xhtml", "http://www.idpf.org/2007/ops"
TYPES = {
    ".xhtml": "application/xhtml+xml", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png",
    ".jpg": "image/jpeg", ".woff2": "font/woff2",
}  # fmt: skip
#: EPUB 的 MathML 收的屬性；其餘的只是 MathJax 自己要用的。
KEPT = {
    "display", "mathvariant", "stretchy", "fence", "separator", "form", "lspace", "rspace", "minsize",
    "maxsize",
    "symmetric", "largeop", "movablelimits", "accent", "accentunder", "width", "height", "depth", "voffset",
    "linethickness", "columnalign", "rowalign", "columnspacing", "rowspacing", "displaystyle", "scriptlevel",
    "columnlines", "rowlines", "frame", "notation", "side", "open", "close", "mathsize", "alttext",
}  # fmt: skip
#: 閱讀器只認得 mathvariant="normal"，其餘的字體換成 Unicode 裡那一種字：𝔼、𝒩、𝐱。
ALPHABETS = {
    "double-struck": "DOUBLE-STRUCK", "script": "SCRIPT", "-tex-calligraphic": "SCRIPT", "bold": "BOLD",
    "bold-italic": "BOLD ITALIC", "-tex-bold-calligraphic": "BOLD SCRIPT", "bold-script": "BOLD SCRIPT",
    "fraktur": "FRAKTUR", "sans-serif": "SANS-SERIF", "monospace": "MONOSPACE",
}  # fmt: skip
#: 網頁裡的屬性，書裡不要。
NOT_KEPT = re.compile(
    r"^(?:data-.*|role|aria-.*|decoding|loading|align|valign|border|jax|tabindex|cellpadding)$"
)
MATHML = """() => [...document.querySelectorAll(".math")].map((one) =>
  [...one.querySelectorAll("mjx-assistive-mml > math")].map((math) => math.outerHTML))"""
MEDIA = re.compile(r"data:image/(png|jpeg|svg\+xml);base64,(.*)", re.S)
COVER = (1200, 1800)
LETTERS = ("NotoSansTC-Regular", "NotoSansTC-Bold")  # 網站的字型：只有書裡的字


# ── 公式 ──────────────────────────────────────────────────────────────


def write_formulas(pages: list[paper.Page], site: Path) -> None:
    """每一個公式換成 MathML；換不成的引發 ``Problem``。"""
    formulas = [formula for one in pages for formula in one.body.select(".math")]
    if any(formula.find("math") is None for formula in formulas):
        for formula, written in zip(formulas, by_mathjax(pages, site), strict=True):
            number = formula.select_one(".eqno")
            formula.clear()
            for part in [number, *(BeautifulSoup(one, "html.parser") for one in written)]:
                if part is not None:
                    formula.append(part)
    for formula in formulas:
        found = formula.find_all("math")
        if not found or formula.find("merror"):
            raise pdf.Problem(f"這個公式換不成 MathML：{formula.get_text()[:60]}。請重新建書，再執行一次。")
        number = formula.select_one(".eqno")
        parts = [part for part in [number and number.extract(), *(one.extract() for one in found)] if part]
        formula.clear()
        formula.extend(parts)
        for math in found:
            tidy(math)


def by_mathjax(pages: list[paper.Page], site: Path) -> list[list[str]]:
    bodies = "".join(str(one.body) for one in pages)
    html = f'<!doctype html><meta charset="utf-8">{pdf.typesetting(site, pages)}<body>{bodies}</body>'
    with TemporaryDirectory() as folder, pdf.chromium() as browser:
        source = Path(folder, "formulas.html")
        source.write_text(pdf.absolute(re.sub(r"<img\b[^>]*>", "", html), site), encoding="utf-8")
        page = browser.new_page()
        page.set_default_timeout(300_000)
        page.goto(source.as_uri())
        page.evaluate("async () => { await window.MathJax?.startup?.promise; }")
        return page.evaluate(MATHML)


def tidy(math: Tag) -> None:
    """只留 MathML 標準的屬性。"""
    for tag in [math, *math.find_all(True)]:
        variant = str(tag.get("mathvariant", "normal"))
        if variant != "normal":
            tag.string = "".join(in_alphabet(letter, ALPHABETS.get(variant, "")) for letter in tag.get_text())
            del tag["mathvariant"]
        for name in list(tag.attrs):
            if name not in KEPT:
                del tag[name]
    for tag in math.find_all("annotation"):
        tag.decompose()
    math["xmlns"] = "http://www.w3.org/1998/Math/MathML"


def in_alphabet(letter: str, alphabet: str) -> str:
    """``letter`` 在另一種字體裡的字；沒有的照舊。"""
    name = re.sub(r"^(?:LATIN|GREEK) ", "", unicodedata.name(letter, "")).replace(" LETTER", "")
    for wanted in (f"MATHEMATICAL {alphabet} {name}", f"{alphabet} {name}"):
        try:
            return unicodedata.lookup(wanted)
        except KeyError:
            continue
    return letter


# ── 圖與連結 ──────────────────────────────────────────────────────────


def gather_images(pages: list[paper.Page], site: Path) -> dict[str, bytes]:
    """書用到的圖：檔名 → 內容；頁面裡的 ``src`` 改成書裡的位置。"""
    found = dict[str, bytes]()
    for image in (image for one in pages for image in one.body.find_all("img")):
        source = str(image["src"])
        if inline := MEDIA.match(source):
            content = base64.b64decode(inline[2])
            kind = {"svg+xml": "svg", "jpeg": "jpg"}.get(inline[1], inline[1])
            name = f"{hashlib.sha256(content).hexdigest()[:16]}.{kind}"
        else:
            content, name = (site / source).read_bytes(), Path(source).name
        found[f"images/{name}"] = content
        image["src"] = f"images/{name}"
    return found


def point_at_files(pages: list[paper.Page]) -> None:
    """``#名字`` → 那一章的檔案；只留 XHTML 收的屬性。"""
    for one in pages:
        for tag in one.body.find_all(True):
            if tag.name == "a" and (target := tag.get("data-page")) not in (None, one.name):
                tag["href"] = f"{target}.xhtml{tag['href']}"
            if not tag.find_parent("math") and tag.name != "math":
                for name in [name for name in tag.attrs if NOT_KEPT.match(name)]:
                    del tag[name]
                if tag.name == "img":
                    tag.attrs.pop("style", None)


# ── 檔案 ──────────────────────────────────────────────────────────────


def xhtml(title: str, body: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n'
        f'<html xmlns="{XHTML}" xmlns:epub="{OPS}" lang="zh-TW" xml:lang="zh-TW">\n'
        f'<head><meta charset="UTF-8"/><title>{escape(title)}</title>'
        f'<link rel="stylesheet" type="text/css" href="book.css"/></head>\n<body>{body}</body>\n</html>\n'
    )


def navigation(pages: list[paper.Page]) -> str:
    """目錄：部、章、節。"""
    parts = dict[str, list[str]]()
    for one in pages:
        inside = "".join(
            f'<li><a href="{one.name}.xhtml#{entry.target}">{escape(entry.title)}</a></li>'
            for entry in paper.sections(one)
        )
        nested = f"<ol>{inside}</ol>" if inside else ""
        parts.setdefault(one.part, []).append(
            f'<li><a href="{one.name}.xhtml">{escape(one.title)}</a>{nested}</li>'
        )
    listed = "".join(
        "".join(lines) if not part else f"<li><span>{escape(part)}</span><ol>{''.join(lines)}</ol></li>"
        for part, lines in parts.items()
    )
    known = [("cover", "cover", "封面"), ("toc", "nav", "目錄"), ("bodymatter", pages[0].name, "內文")]
    marks = "".join(
        f'<li><a epub:type="{kind}" href="{file}.xhtml">{words}</a></li>' for kind, file, words in known
    )
    return xhtml(
        "目錄",
        f'<nav epub:type="toc" id="toc"><h1>目錄</h1><ol>{listed}</ol></nav>'
        f'<nav epub:type="landmarks" hidden="hidden"><h2>位置</h2><ol>{marks}</ol></nav>',
    )


def package(pages: list[paper.Page], files: dict[str, bytes], identity: str) -> str:
    """``content.opf``：有哪些檔案，照什麼順序讀。"""
    with_math = {f"{one.name}.xhtml" for one in pages if one.body.find("math")}
    items = []
    for name in files:
        says = {"nav.xhtml": "nav", "cover.jpg": "cover-image"}.get(
            name, "mathml" if name in with_math else ""
        )
        extra = f' properties="{says}"' if says else ""
        items.append(f'<item id="{key(name)}" href="{name}" media-type="{TYPES[Path(name).suffix]}"{extra}/>')
    order = ["cover.xhtml", "nav.xhtml", *(f"{one.name}.xhtml" for one in pages)]
    spine = "".join(f'<itemref idref="{key(name)}"/>' for name in order)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" '
        'unique-identifier="book-id" xml:lang="zh-TW">\n'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:identifier id="book-id">urn:uuid:{identity}</dc:identifier>'
        f"<dc:title>{paper.TITLE}</dc:title><dc:language>zh-TW</dc:language>"
        f"<dc:creator>《{paper.TITLE}》的作者</dc:creator>"
        "<dc:rights>文字與圖採 CC BY 4.0 授權，程式採 MIT 授權。</dc:rights>"
        f'<meta property="dcterms:modified">{released()}T00:00:00Z</meta>'
        '<meta property="schema:accessMode">textual</meta><meta property="schema:accessMode">visual</meta>'
        '<meta property="schema:accessibilityFeature">MathML</meta>'
        '<meta property="schema:accessibilityFeature">alternativeText</meta>'
        '<meta property="schema:accessibilityFeature">tableOfContents</meta>'
        '<meta property="schema:accessibilityHazard">none</meta>'
        '<meta property="schema:accessibilitySummary">每張圖有替代文字，公式是 MathML。</meta>'
        '<meta name="cover" content="i-cover-jpg"/></metadata>\n'
        f"<manifest>{''.join(items)}</manifest>\n<spine>{spine}</spine>\n</package>\n"
    )


def key(name: str) -> str:
    """清單裡的名字：要以字母開頭。"""
    return "i-" + re.sub(r"[^\w-]", "-", name.rpartition("/")[2])


def released() -> str:
    """這一版的日期，寫在 ``CITATION.cff``。"""
    found = re.search(r"^date-released: [\"']?([\d-]+)", (ROOT / "CITATION.cff").read_text("utf-8"), re.M)
    assert found is not None
    return found[1]


def draw_cover() -> bytes:
    """封面的圖：上面是書名，下面是潛在平面。"""
    from PIL import Image, ImageDraw, ImageFont

    width = COVER[0]
    cover = Image.new("RGB", COVER, "#ffffff")
    drawn = Image.open(ROOT / "book" / "images" / "latent-plane.png").convert("RGB")
    plane = drawn.crop((104, 36, 850, 756))
    size = 1040
    cover.paste(
        plane.resize((size, size * plane.height // plane.width), Image.Resampling.LANCZOS),
        ((width - size) // 2, 690),
    )
    pen = ImageDraw.Draw(cover)
    pen.rectangle((0, 0, width, 610), fill="#1d2b44")
    face = ImageFont.truetype(pdf.FONTS / "NotoSansTC-Bold.ttf", 128)
    for number, line in enumerate(("從零開始的", "變分自編碼器")):
        pen.text((width / 2, 220 + 175 * number), line, font=face, fill="#ffffff", anchor="mm")
    small = ImageFont.truetype(pdf.FONTS / "NotoSansTC-Regular.ttf", 46)
    pen.text((width / 2, 535), "式子推到底，程式從 NumPy 寫起", font=small, fill="#c9d6ea", anchor="mm")
    file = io.BytesIO()
    cover.save(file, "JPEG", quality=88, optimize=True)
    return file.getvalue()


def make(site: Path = paper.SITE, target: Path | None = None) -> Path:
    """做一份 EPUB；``site`` 是建好的網頁。"""
    if not (site / "index.html").exists():
        raise pdf.Problem("書還沒有建好；請先執行 make book（Windows：py -3.13 make.py book）。")
    pages, target = paper.read(site), target or pdf.target_file().with_suffix(".epub")
    menu = navigation(pages)
    write_formulas(pages, site)
    images = gather_images(pages, site)
    point_at_files(pages)
    cover = f'<section class="cover" epub:type="cover"><img src="cover.jpg" alt="{paper.TITLE}"/></section>'
    files = {
        "cover.xhtml": xhtml(paper.TITLE, cover).encode(),
        "nav.xhtml": menu.encode(),
        **{f"{one.name}.xhtml": xhtml(one.title, str(one.body)).encode() for one in pages},
        "book.css": "".join(
            (paper.STYLES / name).read_text("utf-8") for name in ("book.css", "epub.css")
        ).encode(),
        "cover.jpg": draw_cover(),
        **{f"fonts/{name}.woff2": (site / "fonts" / f"{name}.woff2").read_bytes() for name in LETTERS},
        **dict(sorted(images.items())),
    }
    write(target, pages, files)
    return target


def write(target: Path, pages: list[paper.Page], files: dict[str, bytes]) -> None:
    """打包：``mimetype`` 要在最前面，不壓縮。"""
    digest = hashlib.sha256(b"".join(files.values())).hexdigest()
    identity = f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
    container = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<container version="1.0" '
        'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile '
        f'full-path="{FOLDER}/content.opf" media-type="application/oebps-package+xml"/>'
        "</rootfiles></container>\n"
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        first = study_archive.entry("mimetype")
        first.compress_type = zipfile.ZIP_STORED
        archive.writestr(first, "application/epub+zip")
        archive.writestr(study_archive.entry("META-INF/container.xml"), container)
        archive.writestr(study_archive.entry(f"{FOLDER}/content.opf"), package(pages, files, identity))
        for name, content in files.items():
            archive.writestr(study_archive.entry(f"{FOLDER}/{name}"), content)


def main() -> int:
    try:
        file = make()
        downloads.add(file, paper.SITE)
    except pdf.Problem as problem:
        print(f"× {problem}", file=sys.stderr)
        return 1
    print(f"→ {file}（{file.stat().st_size / 1e6:.1f} MB）")
    return 0


if __name__ == "__main__":
    sys.exit(main())
