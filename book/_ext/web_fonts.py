"""網頁附的字型：由 _vendor 的整套字型取出這本書用得到的字，存成 woff2；圖示的字型只留用到的幾個。

書的字 = 每一頁與自己寫的腳本裡的字。讀者自己的檔案可以有任何字：不在裡面的，由讀者系統的字型顯示
（``--pst-font-family-base`` 後面的幾種）。同樣的字、同樣的版本，做出同樣的檔案；沒有變就不重做。
"""

import hashlib
import logging
import re
import subprocess
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from typing import Any

import fontTools
from fontTools import subset as cutting
from fontTools.ttLib import TTFont, woff2
from sphinx.application import Sphinx

from vae_from_scratch.bench.processes import node

logging.getLogger("fontTools").setLevel(logging.WARNING)  # 它的流水帳會淹沒別的錯誤
#: 與 course.css 的 unicode-range 相同：中日韓的字與全形的標點。
RANGES = ((0x2026, 0x2026), (0x2E80, 0x9FFF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF))
TRADITIONAL = ("NotoSansTC-Regular", "NotoSansTC-Bold")
SIMPLIFIED = "NotoSansSC-Regular"
#: 大陸用語與文獻：course.css 用簡體字型的地方。
MARKED = re.compile(r'<(span|div)[^>]*class="[^"]*(?:zh-cn|citation)[^"]*".*?</\1>', re.S)
ICONS = "_static/vendor/fontawesome/webfonts/fa-solid-900.woff2"
ICON_NAME = re.compile(r"\bfa-([a-z][a-z-]*)")
ICON_RULE = re.compile(r"((?:\.fa-[\w-]+:before,?)+)\{content:\"\\([0-9a-f]+)\"\}")
CODE = re.compile(r"\\([ef][0-9a-f]{3})\b")


def in_range(letter: str) -> bool:
    return any(first <= ord(letter) <= last for first, last in RANGES)


def texts(site: Path) -> Iterable[str]:
    """每一頁，與自己寫的腳本；搜尋的索引裡的簡繁對照只用來比對，不顯示。"""
    for page in sorted(site.rglob("*.html")):
        yield unescape(page.read_text(encoding="utf-8"))
    for script in sorted([*site.glob("_static/*.js"), *site.glob("_static/interactive/**/*.js"),
                          *site.glob("_static/search/*.js")]):  # fmt: skip
        yield script.read_text(encoding="utf-8")


def characters(site: Path) -> tuple[set[str], set[str]]:
    """（整本書的字，用簡體字型的字）。"""
    everything, simplified = set[str](), set[str]()
    for text in texts(site):
        everything |= set(text)
        simplified |= {letter for found in MARKED.finditer(text) for letter in found[0]}
    return set(filter(in_range, everything)), set(filter(in_range, simplified))


def icon_names(site: Path) -> set[str]:
    """頁面與腳本裡的圖示。"""
    scripts = site.glob("_static/scripts/*-theme.js")
    written = [script.read_text(encoding="utf-8") for script in scripts]
    return {name for text in [*texts(site), *written] for name in ICON_NAME.findall(text)}


def icons(site: Path) -> set[str]:
    """用到的圖示：有名字的，以及樣式自己放的。"""
    styles = "".join(path.read_text(encoding="utf-8") for path in sorted(site.glob("_static/styles/*.css")))
    rest = ICON_RULE.sub("", styles)
    own = {letter for letter in rest if "\ue000" <= letter <= "\uf8ff"}
    used = only_icons(styles, icon_names(site))
    return own | {
        chr(int(code, 16)) for code in [*(c for _, c in ICON_RULE.findall(used)), *CODE.findall(rest)]
    }


def only_icons(css: str, used: set[str]) -> str:
    """佈景主題的樣式有兩千個圖示的代號，只留用到的。"""

    def kept(found: re.Match[str]) -> str:
        return found[0] if used & set(re.findall(r"\.fa-([\w-]+):before", found[1])) else ""

    return ICON_RULE.sub(kept, css)


class NodeBrotli:
    """fontTools 壓縮 woff2 要的 brotli：環境裡固定版本的 Node 就有，不另外安裝。"""

    MODE_FONT, MODE_TEXT = "FONT", "TEXT"

    @staticmethod
    def compress(data: bytes, mode: str = "FONT") -> bytes:
        settings = (
            f"{{params: {{[c.BROTLI_PARAM_MODE]: c.BROTLI_MODE_{mode}, [c.BROTLI_PARAM_QUALITY]: 11}}}}"
        )
        return piped(f"z.brotliCompressSync(data, {settings})", data)

    @staticmethod
    def decompress(data: bytes) -> bytes:
        return piped("z.brotliDecompressSync(data)", data)


def piped(expression: str, data: bytes) -> bytes:
    program = (
        "const z = require('zlib'), c = z.constants, data = require('fs').readFileSync(0);"
        f"process.stdout.write({expression});"
    )
    return subprocess.run([str(node()), "-e", program], input=data, capture_output=True, check=True).stdout


def use_node_brotli() -> None:
    tool: Any = woff2
    tool.brotli, tool.haveBrotli = NodeBrotli, True


def shipped(file: Path) -> set[str]:
    """一個字型檔有哪些字。"""
    use_node_brotli()
    with TTFont(file) as font:
        return set(map(chr, font.getBestCmap()))


def subset(source: Path, target: Path, letters: set[str]) -> None:
    """由 ``source`` 取出 ``letters``，存成 woff2；沒有的字略過。"""
    use_node_brotli()
    options = cutting.Options(flavor="woff2", hinting=False, recalc_timestamp=False)
    options.layout_features = ["*"]
    options.drop_tables += ["FFTM"]  # 編輯字型的軟體的紀錄
    font = cutting.load_font(str(source), options)
    cutter = cutting.Subsetter(options)
    cutter.populate(text="".join(sorted(letters)))
    cutter.subset(font)
    target.parent.mkdir(parents=True, exist_ok=True)
    cutting.save_font(font, str(target), options)


def jobs(site: Path, vendor: Path, theme: Path) -> list[tuple[Path, Path, set[str]]]:
    """（整套的字型，網站裡的檔案，要的字）。"""
    everything, simplified = characters(site)
    chinese = [(name, everything) for name in TRADITIONAL] + [(SIMPLIFIED, simplified)]
    return [
        *((vendor / f"{name}.ttf", site / "fonts" / f"{name}.woff2", letters) for name, letters in chinese),
        (theme, site / ICONS, icons(site)),
    ]


def key(source: Path, letters: set[str]) -> str:
    told = f"{fontTools.version} {source.stat().st_size} {''.join(sorted(letters))}"
    return hashlib.sha256(told.encode() + Path(__file__).read_bytes()).hexdigest()


def make_fonts(site: Path, vendor: Path, theme: Path, cache: Path) -> None:
    """做好的放在 ``cache``，名字是依據的雜湊；字沒有變就拿現成的。"""
    cache.mkdir(parents=True, exist_ok=True)
    wanted = set()
    for source, target, letters in jobs(site, vendor, theme):
        kept = cache / f"{target.stem}-{key(source, letters)}.woff2"
        if not kept.exists():
            subset(source, kept, letters)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(kept.read_bytes())
        wanted.add(kept)
    for old in set(cache.iterdir()) - wanted:
        old.unlink()


def finish(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    import pydata_sphinx_theme

    folders = [Path(app.srcdir, folder, "fonts") for folder in app.config.html_extra_path]
    vendor = next((folder for folder in folders if folder.is_dir()), None)
    package = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
    theme = (package / ICONS.removeprefix("_static/")).with_suffix(".ttf")
    if vendor is not None:
        site = Path(app.outdir)
        make_fonts(site, vendor, theme, site.parent / ".web-fonts")
        for style in site.glob("_static/styles/*.css"):
            css = style.read_text(encoding="utf-8")
            style.write_text(only_icons(css, icon_names(site)), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", finish, priority=960)  # 頁面、索引與題目都寫好以後
    return {"parallel_read_safe": True, "parallel_write_safe": True}
