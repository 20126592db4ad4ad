"""整本書的 PDF：``make pdf`` 執行這裡，寫出 ``_build/vae-from-scratch-版本.pdf``。

攤平的內容（``book/paper.py``）放進同一頁，由 Chromium 印：標記與書裡的連結由它做，書籤在這裡加。目錄的頁碼
要印過才知道，另外印一份只有頁碼的，疊上去。字型是書附的 Noto Sans TC 與 matplotlib 附的
DejaVu，每台電腦都一樣。
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from book import downloads, paper, release  # noqa: E402

BUILD = ROOT / "_build"
FONTS = ROOT / "_vendor" / "fonts"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
A4 = (594.96, 841.92)  # 點，Chromium 印出來的
ACROSS = 635  # 版心的寬：A4 減去兩邊的 21 毫米，像素
OLDEST = 131  # 更舊的印不出頁首與頁碼（@page 的邊框）
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]
READY = """async () => {
  await window.MathJax?.startup?.promise;
  for (const image of document.images) image.loading = "eager";
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  await document.fonts.ready;
  return [...document.images].filter((image) => !image.naturalWidth).map((image) => image.src.slice(0, 200));
}"""
#: 太寬的表縮小字；還有比版面寬的，列出來（Chromium 會把整本書縮小，頁碼就疊不準）。
FIT = """() => {
  const across = document.documentElement.clientWidth;
  for (const table of document.querySelectorAll("table")) {
    const room = table.parentElement.clientWidth;
    const size = parseFloat(getComputedStyle(table).fontSize);
    for (let share = 0.97; table.offsetWidth > room && share > 0.6; share -= 0.03) {
      table.style.fontSize = `${share * size}px`;
      if (share < 0.9) table.classList.add("tight");
    }
  }
  return [...document.querySelectorAll("table, pre, img, p, li, dt, mjx-container")]
    .filter((one) => one.getBoundingClientRect().right > across + 1)
    .map((one) => `${one.closest("[data-page]")?.dataset.page}：${one.textContent.trim().slice(0, 40)}`);
}"""


class Problem(Exception):
    """做不成的原因與怎麼辦。"""


# ── 瀏覽器 ────────────────────────────────────────────────────────────


def find_browser() -> str | None:
    """系統裡的 Chromium、Chrome 或 Edge；都沒有是 None，改用 playwright 自己下載的。"""
    windows = [
        Path(folder) / rest
        for folder in (r"C:\Program Files", r"C:\Program Files (x86)")
        for rest in (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")
    ]
    mac = [
        Path(f"/Applications/{name}.app/Contents/MacOS/{name}")
        for name in ("Google Chrome", "Chromium", "Microsoft Edge")
    ]
    named = (shutil.which(name) for name in BROWSERS)
    return next((found for found in named if found), None) or next(
        (str(path) for path in [*mac, *windows] if path.exists()), None
    )


@contextmanager
def chromium() -> Iterator[Any]:
    """無頭的 Chromium；沒有或太舊，引發 ``Problem``。"""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        except Error as error:
            raise Problem(
                "這台電腦沒有可以用的 Chromium。裝一個再執行一次：\n"
                "  Debian 與 Ubuntu：sudo apt install chromium；Windows 與 macOS：Chrome 或 Edge；\n"
                f"  都不行：{sys.executable} -m playwright install chromium\n"
                f"  它說：{str(error).splitlines()[0]}"
            ) from None
        if int(browser.version.split(".")[0]) < OLDEST:
            raise Problem(f"Chromium 是 {browser.version}，印不出頁首與頁碼；請更新到 {OLDEST} 以後的版本。")
        yield browser
        browser.close()


# ── 一頁的整本書 ──────────────────────────────────────────────────────


def fonts() -> str:
    import matplotlib

    dejavu = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    faces = [
        ("Book", 400, FONTS / "NotoSansTC-Regular.ttf"),
        ("Book", 700, FONTS / "NotoSansTC-Bold.ttf"),
        ("Book Simplified", 400, FONTS / "NotoSansSC-Regular.ttf"),
        ("Book Symbols", 400, dejavu / "DejaVuSans.ttf"),
        ("Book Code", 400, dejavu / "DejaVuSansMono.ttf"),
        ("Book Code", 700, dejavu / "DejaVuSansMono-Bold.ttf"),
    ]
    return "\n".join(
        f'@font-face {{ font-family: "{name}"; font-weight: {weight}; src: url("{file.as_uri()}"); }}'
        for name, weight, file in faces
    )


def running_heads(pages: list[paper.Page]) -> str:
    """一章一種頁：左上是書名，右上是章名，下面是頁碼。"""
    rules = ["@page { @bottom-center { content: counter(page); } }"]
    for number, one in enumerate(pages):
        title = one.title.replace("\\", "").replace('"', "”")
        heads = f'@top-left {{ content: "{paper.TITLE}"; }} @top-right {{ content: "{title}"; }}'
        rules.append(
            f"@page chapter{number} {{ {heads} }} #{paper.place(one.name)} {{ page: chapter{number}; }}"
        )
    return "\n".join(rules)


def typesetting(site: Path, pages: list[paper.Page]) -> str:
    """網頁自己排公式要的：樣式與（還沒有先排好時）MathJax 的設定與程式。"""
    found = dict[str, None]()
    for one in pages:
        html = (site / f"{one.name}.html").read_text(encoding="utf-8")
        head = html.partition("</head>")[0]
        parts = re.findall(r"<(?:style|script)\b[^>]*>.*?</(?:style|script)>|<link\b[^>]*>", head, re.S)
        found |= {part: None for part in parts if re.search(r"window\.MathJax|mathjax/|mjx-|formula", part)}
    return "\n".join(found)


def contents(pages: list[paper.Page]) -> str:
    lines, part = list[str](), ""
    for one in pages:
        if one.part != part:
            part = one.part
            lines.append(f'<p class="part">{escape(part)}</p>')
        lines.append(_entry("chapter", paper.Entry(paper.place(one.name), one.title, escape(one.title))))
        lines += [_entry("section", entry) for entry in paper.sections(one)]
    listed = f'<div class="listed">{"".join(lines)}</div>'
    return f'<section class="contents" id="contents"><h2>目錄</h2>{listed}</section>'


def _entry(kind: str, entry: paper.Entry) -> str:
    return (
        f'<a class="{kind}" href="#{entry.target}"><span>{entry.html}</span>'
        '<span class="dots"></span><span class="at"></span></a>'
    )


def cover(site: str) -> str:
    picture = (ROOT / "book" / "images" / "latent-plane.png").as_uri()
    where = f'<br>網頁版，圖可以動手：<a href="{escape(site)}">{escape(site)}</a>' if site else ""
    return (
        f'<section class="cover"><p class="book-title">{paper.TITLE}</p>'
        '<p class="subtitle">式子推到底，程式從 NumPy 寫起，用在真實的房價資料上</p>'
        f'<img src="{picture}" alt="二維潛在平面上的房子，每點一棟，顏色是房價">'
        f'<p class="legal">版本 {release.version()}{where}<br>'
        "主線與「深入」都在這裡；畫圖的程式、互動圖與自動檢查的練習在網頁版與筆記本。<br>"
        "文字與圖採 CC BY 4.0 授權，程式採 MIT 授權。</p></section>"
    )


def document(pages: list[paper.Page], site: Path, address: str) -> str:
    """整本書在同一頁的 HTML。"""
    styles = [(paper.STYLES / name).read_text(encoding="utf-8") for name in ("book.css", "pages.css")]
    css = "\n".join([fonts(), *styles, running_heads(pages)])
    bodies = "\n".join(str(one.body) for one in pages)
    return absolute(
        f'<!doctype html><html lang="zh-TW"><head><meta charset="utf-8"><title>{paper.TITLE}</title>'
        f"{typesetting(site, pages)}<style>{css}</style></head>"
        f"<body>{cover(address)}{contents(pages)}{bodies}</body></html>",
        site,
    )


def absolute(html: str, site: Path) -> str:
    """網站裡的檔案用完整的位置；不用 ``<base>``，那會讓「#節」也變成別的檔案。"""
    folder = site.resolve().as_uri()
    return re.sub(r'\b((?:src|href)=")(?![a-z]+:|#|/)', rf"\g<1>{folder}/", html)


# ── 印 ────────────────────────────────────────────────────────────────


def print_book(html: str, pages: list[paper.Page], folder: Path) -> tuple[Path, Path]:
    """印兩次：整本書，以及疊在目錄上的頁碼。"""
    whole, numbers = folder / "whole.pdf", folder / "numbers.pdf"
    settings = {"prefer_css_page_size": True, "print_background": True}
    with chromium() as browser:
        page = browser.new_page(color_scheme="light", viewport={"width": ACROSS, "height": 900})
        page.emulate_media(media="print")
        page.set_default_timeout(300_000)
        open_file(page, html, folder / "book.html")
        if missing := page.evaluate(READY):
            raise Problem(f"這些圖載入不了：{'、'.join(missing)}。請重新建書（make book），再執行一次。")
        if wide := page.evaluate(FIT):
            raise Problem("這些比版面寬：\n  " + "\n  ".join(wide[:5]) + "\n請縮短它們，或讓它們換行。")
        page.pdf(path=whole, tagged=True, **settings)
        open_file(page, page_numbers(whole, pages), folder / "numbers.html")
        page.evaluate(READY)
        page.pdf(path=numbers, **settings)
    return whole, numbers


def open_file(page: Any, html: str, file: Path) -> None:
    file.write_text(html, encoding="utf-8")
    page.goto(file.as_uri())


def page_numbers(whole: Path, pages: list[paper.Page]) -> str:
    """目錄每一項的頁碼，各放在那一個連結的右下角。"""
    import pikepdf

    places = destinations(whole)
    chapters = {paper.place(one.name) for one in pages}
    first = min(places[name][0] for name in chapters)
    sheets = list[str]()
    with pikepdf.open(whole) as pdf:
        for sheet in list(pdf.pages)[:first]:
            links = [link for link in sheet.obj.get("/Annots", []) if link.get("/Dest") is not None]
            sheets.append("".join(_number(link, places, chapters) for link in links))
    body = "".join(f'<div class="sheet">{sheet}</div>' for sheet in sheets)
    style = (
        f"{fonts()} @page {{ size: A4; margin: 0 }} body {{ margin: 0; font: 8.6pt/1 Book }} "
        ".sheet { position: relative; height: 297mm; overflow: hidden; break-after: page } "
        ".sheet:last-child { break-after: auto } span { position: absolute }"
    )
    return f'<!doctype html><meta charset="utf-8"><style>{style}</style><body>{body}</body>'


def _number(link: Any, places: dict[str, tuple[int, float]], chapters: set[str]) -> str:
    target = str(link["/Dest"]).removeprefix("/")
    _, bottom, right, _ = (float(number) for number in link["/Rect"])
    weight = 700 if target in chapters else 400
    place = f"right: {A4[0] - right:.2f}pt; bottom: {bottom + 2.6:.2f}pt; font-weight: {weight}"
    return f'<span style="{place}">{places[target][0] + 1}</span>'


def destinations(file: Path) -> dict[str, tuple[int, float]]:
    """PDF 裡每一個名字在第幾頁（由 0 算起）、多高。"""
    import pikepdf

    with pikepdf.open(file) as pdf:
        at = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        named: Any = pdf.Root.get("/Dests", {})
        return {
            str(name).removeprefix("/"): (at[place[0].objgen], float(place[3]))
            for name, place in named.items()
        }


def bind(whole: Path, numbers: Path, pages: list[paper.Page], target: Path) -> None:
    """疊上目錄的頁碼，加上書籤與書名；同樣的內容，同樣的位元組。"""
    import pikepdf

    places = destinations(whole)
    with pikepdf.open(whole) as pdf, pikepdf.open(numbers) as only_numbers:
        for page, over in zip(pdf.pages, only_numbers.pages, strict=False):
            page.add_overlay(over, pikepdf.Rectangle(page.mediabox))
        with pdf.open_outline() as outline:
            outline.root.extend(bookmarks(pages, places))
        pdf.Root.Lang = pikepdf.String("zh-TW")
        pdf.Root.PageMode = pikepdf.Name.UseOutlines
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        del pdf.docinfo
        pdf.docinfo["/Title"] = paper.TITLE
        target.parent.mkdir(parents=True, exist_ok=True)
        pdf.save(
            target,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
            recompress_flate=True,
            deterministic_id=True,
        )


def bookmarks(pages: list[paper.Page], places: dict[str, tuple[int, float]]) -> list[Any]:
    """部、章、節三層。"""
    items = [_bookmark("目錄", (1, A4[1]))]  # 封面的下一頁
    part, under = "", items
    for one in pages:
        chapter = _bookmark(one.title, places[paper.place(one.name)])
        chapter.children.extend(_bookmark(entry.title, places[entry.target]) for entry in paper.sections(one))
        if one.part != part:
            part = one.part
            items.append(_bookmark(part, places[paper.place(one.name)]))
            under = items[-1].children
        under.append(chapter)
    return items


def _bookmark(title: str, at: tuple[int, float]) -> Any:
    import pikepdf

    return pikepdf.OutlineItem(title, at[0], pikepdf.PageLocation.XYZ, top=at[1])


def target_file() -> Path:
    return BUILD / f"{release.NAME}-{release.version()}.pdf"


def make(site: Path = paper.SITE, target: Path | None = None, address: str | None = None) -> Path:
    """做一份 PDF；``site`` 是建好的網頁。"""
    if not (site / "index.html").exists():
        raise Problem("書還沒有建好；請先執行 make book（Windows：py -3.13 make.py book）。")
    pages, target = paper.read(site), target or target_file()
    with TemporaryDirectory() as folder:
        html = document(pages, site, os.environ.get("BOOK_URL", "") if address is None else address)
        bind(*print_book(html, pages, Path(folder)), pages, target)
    return target


def main() -> int:
    import pikepdf

    try:
        file = make()
        downloads.add(file, paper.SITE)
    except Problem as problem:
        print(f"× {problem}", file=sys.stderr)
        return 1
    with pikepdf.open(file) as pdf:
        print(f"→ {file}（{len(pdf.pages)} 頁，{file.stat().st_size / 1e6:.1f} MB）")
    return 0


if __name__ == "__main__":
    sys.exit(main())
