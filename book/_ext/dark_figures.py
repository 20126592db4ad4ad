"""深色主題的圖：底是透明的，字與線換成淺色，資料的顏色與色階不動。

圖是 ``<img>`` 裡的 SVG，頁面的樣式進不去；瀏覽器把頁面的明暗（color-scheme）告訴它，所以在每一張圖裡
寫兩套顏色。不告訴它的舊瀏覽器照舊畫成淺色、白底，仍然讀得到。

互動圖在頁面裡，樣式進得去：兩套顏色寫成 ``interactive/palette.css`` 裡的 ``--名字``，建書的時候由這裡產生。
"""

from pathlib import Path

from sphinx.application import Sphinx

from vae_from_scratch.plotting import COLOURS

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
#: 互動圖另外要的顏色：淺色、深色。字對自己的底的對比都超過 4.5（tests/book/test_extensions.py）。
CARD = {
    "ground": ("#ffffff", DARK["#ffffff"]),
    "line": ("#d5d8dc", "#3a414a"),  # 裝飾的線
    "edge": ("#696969", "#6f7882"),  # 卡片、按鈕與欄位的框
    "raised": ("#f3f4f5", "#1f262e"),  # 按鈕與表頭
    "track": ("#e3e5e8", DARK["#e3e5e8"]),  # 長條的槽
    "soft": ("#4a4f55", "#b4bac2"),  # 次要的字
    "hint": ("#5f666d", "#a3a9b1"),
    "link": ("#005a8e", "#7cc0ee"),
    "prior-text": ("#a84900", DARK["#d55e00"]),
    "tint": ("#f1f6fa", "#17242f"),  # 實驗的卡片、拖著檔案的框
    "chosen": ("#e2eff7", "#1b3547"),  # 表裡選中的列
    "shown": ("#e8f1f7", "#1b3547"),
    "unused": ("#f7f8f9", "#181d23"),
    "unused-text": ("#5a6067", "#9aa1a9"),
    "alarm": ("#fbedef", "#2c181d"),
    "nobody": ("#f6dde1", "#43222a"),
    "tip": ("#1b1f24", "#353d47"),
    "tip-text": ("#ffffff", "#f2f4f6"),
    "others": ("#b9bec4", "#4a515a"),  # 別的社區、空白：退到後面
    "undecided": ("#d9d9d9", "#3f464f"),
    # 探索器畫的房子。
    "wall": ("#f3eadb", "#6b6153"),
    "garage": ("#e7e3dc", "#5d5952"),
    "roof": ("#8a5a44", "#94604a"),
    "chimney": ("#b5654a", "#a65c43"),
    "window": ("#cfe4f2", "#9cc3dd"),
    "door": ("#6e7b86", "#4c5761"),
}
#: 換你的表的類別：深色的七種另外挑，兩兩在三種色盲模擬下也分得清（tests/test_plotting.py）。
KINDS = [
    *zip(
        (COLOURS[role].lower() for role in ("q", "p", "good", "noise", "data", "bad")),
        ("#a6d8f7", "#f0803c", "#2f9e6b", "#c586bb", "#1f7ef0", "#e0344f"),
        strict=True,
    ),
    ("#c99700", "#e8c93a"),
]
PALETTE = Path("_static", "interactive", "palette.css")
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


def palette() -> dict[str, tuple[str, str]]:
    """互動圖的每一個名字：淺色、深色。全書的顏色取自 ``COLOURS`` 與 ``DARK``。"""
    ours = {role: colour.lower() for role, colour in COLOURS.items()}
    kinds = {f"kind-{k}": pair for k, pair in enumerate(KINDS, 1)}
    return {role: (colour, DARK.get(colour, colour)) for role, colour in ours.items()} | CARD | kinds


def palette_css() -> str:
    """印在紙上的永遠是淺色的；``.on-paper`` 是深色的卡片裡讀得到淺色的地方（存圖用）。"""
    light, dark = (
        ";".join(f"--{name}:{colours[k]}" for name, colours in palette().items()) for k in range(2)
    )
    return (
        f".interactive,.interactive .on-paper{{color-scheme:light;{light}}}\n"
        f'@media not print{{html[data-theme="dark"] .interactive{{color-scheme:dark;{dark}}}}}\n'
    )


def write_palette(app: Sphinx) -> None:
    """要在寫頁面之前：頁面連到樣式時帶著它內容的檢查碼。"""
    if app.builder.format == "html":
        path = Path(app.outdir, PALETTE)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(palette_css(), encoding="utf-8")


def recolour(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        for figure in sorted(Path(app.outdir, "_images").glob("*.svg")):
            before = figure.read_text(encoding="utf-8")
            after = with_dark(before)
            if after != before:
                figure.write_text(after, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", write_palette)
    app.connect("build-finished", recolour)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
