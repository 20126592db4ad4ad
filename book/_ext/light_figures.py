"""圖檔變小，畫面不變：matplotlib 的 SVG 每個座標寫六位小數、每個點自己一組樣式、點陣存成 PNG。

座標留到百分之一點（一個像素的七十分之一），字形留到字身的百分之一（十二點的字，差不到十六分之一點）；
長的路徑寫成一步一步的差；同一個樣式的點放在一起；沒有名字也沒有樣式的群組拆掉；字的位置寫成 x 與 y；
沒有用到的深色規則不留；點陣改存不失真的 WebP，縮小三分之一。字的大小、座標軸的框、顏色的寫法都不動：
深色的一套（dark_figures，要先加上）與檢查圖的測試照樣讀得到。每一張都不能超過 ``LIMIT``，超過就是警告。
Sphinx 每建一次就把剛畫好的圖再複製過來，所以做好的留在 ``_build/.light-figures``，名字是依據的雜湊。
"""

import base64
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

from PIL import Image
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)
LIMIT = 300_000  # 位元組
#: 只有 matplotlib 剛畫好的才有；拿掉以後，再建一次就不會再處理。
FRESH = re.compile(r"\s*<metadata>.*?</metadata>", re.S)
COMMENT = re.compile(r"<!--.*?-->", re.S)
BETWEEN_TAGS = re.compile(r">\s+<")
PATH = re.compile(r'\sd="([^"]*)"((?:\stransform="scale\(([\d.]+)\)")?)')
STEP = re.compile(r"([A-Za-z])([^A-Za-z]*)")
PLACE = re.compile(r'\s(x|y)="(-?[\d.]+)"')
SHIFT = re.compile(r"translate\((-?[\d.]+) (-?[\d.]+)\)")
EXPONENT = re.compile(r"\de-?\d")
POINTS = re.compile(r'(?:<g clip-path="(url\([^"]*\))"><use [^>]*/></g>){2,}')
POINT = re.compile(r'<use ([^>]*?)(?: style="([^"]*)")?/>')
#: 底下的圖形會承襲的樣式；不透明度（opacity）不會，整組的與一個個的不同。
INHERITED = re.compile(r"(?:(?:fill|stroke)[-a-z]*: [^;]*(?:; |$))*")
NAMED = re.compile(r'\sid="([^"]*)"')
KEPT_NAMES = re.compile(r"(?:figure|axes|patch|text)_\d+")
GROUP = re.compile(r"<g(?: [^>]*)?/?>|</g>")
PIXELS = re.compile(r"data:image/png;base64,\s*([A-Za-z0-9+/=\s]+)")
GLYPH = 100  # 字形的座標是幾個百分之一的倍數
#: 一個字的位置；``x``、``y`` 與平移是同一件事。
LETTER = re.compile(r'<use xlink:href="(#[^"]*)" transform="translate\((-?[\d.]+) (-?[\d.]+)\)"/>')
#: 深色的一條規則（dark_figures）與它選的顏色。
STYLE = re.compile(r"<style.*?</style>", re.S)
DARK_RULE = re.compile(r'\[style\*="([^"]*)"\]\{[^}]*\}')
SHORT = 6  # 這麼多步以內的路徑不必寫成差


def lightened(svg: str) -> str:
    """變小的 SVG；處理過的、不是 matplotlib 畫的，原樣傳回。"""
    if not FRESH.search(svg) or "matplotlib" not in svg:
        return svg
    svg = COMMENT.sub("", FRESH.sub("", svg[svg.index("<svg") :]))
    svg = BETWEEN_TAGS.sub("><", svg)
    svg = PATH.sub(shorter_path, svg)
    svg = PLACE.sub(lambda found: f' {found[1]}="{number(grid(found[2]))}"', svg)
    svg = SHIFT.sub(lambda found: f"translate({number(grid(found[1]))} {number(grid(found[2]))})", svg)
    svg = POINTS.sub(together, svg)
    svg = LETTER.sub(placed, without_bare_groups(short_names(PIXELS.sub(as_webp, svg))))
    return only_needed_rules(svg)


# ── 座標 ──────────────────────────────────────────────────────────────


def grid(text: str, scale: float = 1.0, step: int = 1) -> int:
    """幾個百分之一（``step`` 的倍數）；差由整數算，一步一步加起來不會走偏。"""
    return step * round(100 / step * scale * float(text))


def number(hundredths: int) -> str:
    text = f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("0.", ".", 1) if re.match(r"-?0\.", text) else text


def shorter_path(found: re.Match[str]) -> str:
    """一條路徑；字形外層的 ``scale`` 乘進座標裡。看不懂的指令就不動。"""
    steps = STEP.findall(found[1])
    if EXPONENT.search(found[1]) or not {command for command, _ in steps} <= set("MLQCz"):
        return found[0]
    scale = float(found[3] or 1)
    fine = GLYPH if found[3] else 1  # 字形的字身是 100
    whole = [(command, [grid(text, scale, fine) for text in rest.split()]) for command, rest in steps]
    texts = relative(whole) if len(steps) > SHORT else absolute(whole)
    return f' d="{"".join(texts)}"'


def absolute(steps: list[tuple[str, list[int]]]) -> Iterator[str]:
    for command, places in steps:
        yield command + joined(places)


def relative(steps: list[tuple[str, list[int]]]) -> Iterator[str]:
    """每一步寫成與上一點的差；水平、垂直的線只寫一個數，同樣的指令不重複寫。"""
    here, start, before = (0, 0), (0, 0), ""
    for command, places in steps:
        if command == "z":
            here, before = start, "z"
            yield "z"
            continue
        moved = [place - here[at % 2] for at, place in enumerate(places)]
        short, moved = straight(command, moved)
        here = (places[-2], places[-1])
        start = here if command == "M" else start
        text = joined(moved)
        again = short == before and short != "m"
        yield ("" if text.startswith("-") else " ") + text if again else short + text
        before = short


def straight(command: str, moved: list[int]) -> tuple[str, list[int]]:
    if command == "L" and moved[1] == 0:
        return "h", moved[:1]
    if command == "L" and moved[0] == 0:
        return "v", moved[1:]
    return command.lower(), moved


def joined(places: list[int]) -> str:
    """數字之間留空格；負號自己就是分隔。"""
    return " ".join(map(number, places)).replace(" -", "-")


# ── 點、名字與點陣 ────────────────────────────────────────────────────


def together(found: re.Match[str]) -> str:
    """同一個框裡的點放在一組；相鄰而樣式相同的，樣式只寫一次。"""
    frames = re.findall(r'<g clip-path="([^"]*)">(<use [^>]*/>)</g>', found[0])
    return "".join(
        f'<g clip-path="{frame}">{"".join(same_style([use for _, use in group]))}</g>'
        for frame, group in groupby(frames, key=lambda pair: pair[0])
    )


def same_style(uses: list[str]) -> Iterator[str]:
    points = [(found[1].strip(), found[2] or "") for use in uses if (found := POINT.fullmatch(use))]
    for style, group in groupby(points, key=lambda point: point[1]):
        places = [place for place, _ in group]
        if len(places) > 1 and style and INHERITED.fullmatch(style):
            yield f'<g style="{style}">{"".join(f"<use {place}/>" for place in places)}</g>'
        else:
            yield from (f"<use {place}{f' style={style!r}' if style else ''}/>" for place in places)


def placed(found: re.Match[str]) -> str:
    across = f' x="{found[2]}"' if found[2] != "0" else ""
    down = f' y="{found[3]}"' if found[3] != "0" else ""
    return f'<use xlink:href="{found[1]}"{across}{down}/>'


def only_needed_rules(svg: str) -> str:
    drawn = STYLE.sub("", svg)
    return DARK_RULE.sub(lambda rule: rule[0] if rule[1] in drawn else "", svg)


def short_names(svg: str) -> str:
    """被引用的名字換成短的；沒有人引用、也不是座標軸或字的，不寫。"""
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))
    names = [name for name in NAMED.findall(svg) if name in used]
    short = {name: letters(at) for at, name in enumerate(dict.fromkeys(names))}

    def named(found: re.Match[str]) -> str:
        kept = short.get(found[1]) or (found[1] if KEPT_NAMES.fullmatch(found[1]) else "")
        return f' id="{kept}"' if kept else ""

    svg = NAMED.sub(named, svg)
    return re.sub(r'((?:href="|url\()#)([^")]+)', lambda found: found[1] + short.get(found[2], found[2]), svg)


def without_bare_groups(svg: str) -> str:
    """沒有屬性的 ``<g>`` 與它的結尾都拿掉。"""
    opened: list[bool] = []

    def kept(found: re.Match[str]) -> str:
        if found[0] == "</g>":
            return "" if opened.pop() else found[0]
        if not found[0].endswith("/>"):
            opened.append(found[0] == "<g>")
        return "" if found[0] in ("<g>", "<g/>") else found[0]

    return GROUP.sub(kept, svg)


def letters(at: int) -> str:
    return (letters(at // 26 - 1) if at >= 26 else "") + chr(97 + at % 26)


def as_webp(found: re.Match[str]) -> str:
    """看得見的像素一個也不變；沒有比較小就留著 PNG。"""
    png = base64.b64decode(found[1])
    drawn = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        opaque = image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255)
        pixels = image.convert("RGB") if opaque else image
        pixels.save(drawn, "WEBP", lossless=True, quality=80, method=4)  # 再用力慢十倍，只小 2%
    kind, data = ("webp", drawn.getvalue()) if len(drawn.getvalue()) < len(png) else ("png", png)
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


# ── 建書 ──────────────────────────────────────────────────────────────


def lighten(folder: Path, cache: Path, warn: Callable[[str], None]) -> None:
    """資料夾裡的每一張圖；``warn`` 說出還是太大的。``cache`` 只留這一次用到的。"""
    cache.mkdir(parents=True, exist_ok=True)
    code, wanted = Path(__file__).read_bytes(), set()
    for figure in sorted(folder.glob("*.svg")):
        before = figure.read_bytes()
        wanted.add(kept := cache / f"{hashlib.sha256(code + before).hexdigest()[:16]}.svg")
        if not kept.exists():
            kept.with_suffix(".part").write_text(lightened(before.decode("utf-8")), encoding="utf-8")
            kept.with_suffix(".part").replace(kept)
        if (after := kept.read_bytes()) != before:
            figure.write_bytes(after)
    for old in set(cache.iterdir()) - wanted:
        old.unlink()
    for figure in sorted(path for path in folder.glob("*") if path.stat().st_size > LIMIT):
        warn(f"圖 {figure.name} 有 {figure.stat().st_size / 1000:.0f} kB，超過 {LIMIT // 1000} kB")


def finish(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        site = Path(app.outdir)
        kept = site.parent / ".light-figures"
        lighten(site / "_images", kept, lambda text: logger.warning(text, type="light_figures"))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", finish, priority=600)  # 在深色（dark_figures）之後
    return {"parallel_read_safe": True, "parallel_write_safe": True}
