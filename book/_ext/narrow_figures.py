"""手機用窄的圖：核心把一張圖的寬、窄兩種畫法放在一個 SVG 裡（vae_from_scratch.narrow_figures），這裡分成
兩個檔案，頁面用 ``<picture>`` 讓瀏覽器照視窗的寬度選。從磁碟打開、列印與沒有腳本的時候也一樣。
"""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from vae_from_scratch.narrow_figures import separated

#: 視窗比這個窄，就用窄的圖。
MEDIA = "(max-width: 600px)"
SUFFIX = "-narrow"
IMAGE = re.compile(r'<img\b[^>]*\bsrc="([^"]*_images/([^"/]+))\.svg"[^>]*>')


def with_narrow(body: str, names: set[str]) -> str:
    """``names`` 是有窄的畫法的圖（不含副檔名）；它們的 ``<img>`` 外面加上 ``<picture>``。"""

    def offer(found: re.Match) -> str:
        if found[2] not in names:
            return found[0]
        source = f'<source media="{MEDIA}" srcset="{found[1]}{SUFFIX}.svg" />'
        return f"<picture>{source}{found[0]}</picture>"

    return IMAGE.sub(offer, body)


def offer_narrow(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    body = context.get("body", "")
    used = {found[2] for found in IMAGE.finditer(body)}
    images: dict[str, str] = getattr(app.builder, "images", {})
    names = {
        Path(name).stem
        for source, name in images.items()
        if Path(name).stem in used and has_narrow(Path(app.srcdir, source))
    }
    if names:
        context["body"] = with_narrow(body, names)


def has_narrow(path: Path) -> bool:
    return path.suffix == ".svg" and separated(path.read_text(encoding="utf-8"))[1] is not None


def separate(app: Sphinx, error: Exception | None) -> None:
    """複製過來的圖分成兩個檔案；上一次建書已經分開的不動。"""
    if error is None and app.builder.format == "html":
        for figure in sorted(Path(app.outdir, "_images").glob("*.svg")):
            wide, narrow = separated(figure.read_text(encoding="utf-8"))
            if narrow is not None:
                figure.write_text(wide, encoding="utf-8")
                figure.with_stem(figure.stem + SUFFIX).write_text(narrow, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", offer_narrow)
    app.connect("build-finished", separate, priority=400)  # 在深色（dark_figures）之前
    return {"parallel_read_safe": True, "parallel_write_safe": True}
