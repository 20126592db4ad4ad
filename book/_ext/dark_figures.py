"""深色主題的圖：底是透明的，字與線換成淺色，資料的顏色與色階不動。

圖是 ``<img>`` 裡的 SVG，頁面的樣式進不去；瀏覽器把頁面的明暗（color-scheme）告訴它，所以在每一張圖裡
寫兩套顏色。不告訴它的舊瀏覽器照舊畫成淺色、白底，仍然讀得到。
"""

from pathlib import Path

from sphinx.application import Sphinx

#: 淺色的顏色（vae_from_scratch.plotting）在深色主題裡換成什麼；白是頁面的底色。
#: 字與資料的顏色對底的對比都超過 4.5（tests/book/test_extensions.py 驗證）；淡的格線與格子仍然是淡的。
DARK = {
    "#ffffff": "#12161b",
    "#1b1f24": "#e6e8eb",
    "#696969": "#a3a9b1",
    "#e3e5e8": "#33383f",
    "#e8edf2": "#262c33",
    "#c9cdd2": "#4a515a",
    "#c8ccd0": "#4a515a",
    "#0072b2": "#4da6dd",
    "#d55e00": "#f0803c",
    "#0e6b3c": "#3fae76",
    "#9b0a26": "#f0566f",
}
END = "</style>"
MARK = "@media (prefers-color-scheme: dark)"


#: 圖與座標軸的底：白的不畫，頁面的底透上來（摺起來的段落、提示框的底不是同一個顏色）。
CLEAR = '#figure_1>#patch_1>path,[id^="axes_"]>[id^="patch_"]:first-child>path[style*="fill: #ffffff"]'


def rules() -> str:
    """matplotlib 把顏色寫在每一個圖形的 style 裡，照那一段文字選。"""
    swaps = [
        f'[style*="{part}: {light}"]{{{part}:{dark} !important}}'
        for light, dark in DARK.items()
        for part in ("fill", "stroke")
    ]
    return f"{MARK}{{{''.join(swaps)}{CLEAR}{{fill:none !important}}}}"


def with_dark(svg: str) -> str:
    """加上深色的一套；已經有的、不是 matplotlib 畫的，原樣傳回。"""
    if MARK in svg or END not in svg or "matplotlib" not in svg:
        return svg
    return svg.replace(END, rules() + END, 1)


def recolour(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        for figure in sorted(Path(app.outdir, "_images").glob("*.svg")):
            before = figure.read_text(encoding="utf-8")
            after = with_dark(before)
            if after != before:
                figure.write_text(after, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", recolour)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
