"""只有一張互動圖的網頁，從 file:// 打開；載入的檔案與建書時相同。"""

import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.built_book import REMEDY, unavailable
from vae_from_scratch.interactive import InteractiveFigure

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ROOT / "book" / "_static" / "interactive"
D3 = ROOT / "_vendor" / "d3" / "d3.min.js"
READER = [PROGRAMS / "reader" / "papa-source.js", ROOT / "_vendor" / "lab" / "papaparse.min.js"]
ENGINE = [ROOT / "_vendor" / "lab" / "engine.wasm.js", PROGRAMS / "engine.js"]
EXTENSIONS = ROOT / "book" / "_ext"
#: 書的頁面由佈景主題的程式寫上明暗；這裡照電腦的設定。關掉 JavaScript 就不寫，和書一樣。
THEME = """document.documentElement.dataset.theme =
  matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";"""
#: 換明暗，像讀者按頁首的按鈕；等畫完。
SWITCH = """(theme) => {
  document.documentElement.dataset.theme = theme;
  return new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
}"""
#: SVG 裡的字（axe 不看）對卡片的底，對比不到 4.5 的。
FAINT = r"""() => {
  const linear = (part) => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).map((part) => linear(Number(part)));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = luminance(getComputedStyle(document.querySelector(".interactive")).backgroundColor);
  return [...document.querySelectorAll(".interactive svg :is(text, tspan)")]
    .filter((e) => e.textContent.trim() && !e.querySelector("tspan") && e.checkVisibility())
    .filter((e) => {
      const [low, high] = [ground, luminance(getComputedStyle(e).fill)].toSorted((a, b) => a - b);
      return (high + 0.05) / (low + 0.05) < 4.5;
    }).map((e) => e.textContent);
}"""
#: 卡片的底與濾鏡。
CARD = """() => {
  const { backgroundColor, filter, colorScheme } = getComputedStyle(document.querySelector(".interactive"));
  return [backgroundColor, filter, colorScheme];
}"""
DARK_CARD = ["rgb(18, 22, 27)", "none", "dark"]
LIGHT_CARD = ["rgb(255, 255, 255)", "none", "light"]
#: 畫布上，這個顏色的像素有幾個。
PIXELS = """(rgb) => {
  const canvas = document.querySelector(".interactive canvas"), { width, height } = canvas;
  const pen = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  pen.drawImage(canvas, 0, 0);
  const { data } = pen.getImageData(0, 0, width, height);
  return d3.range(0, data.length, 4)
    .filter((k) => data[k + 3] === 255 && rgb.every((part, j) => data[k + j] === part)).length;
}"""
#: 「其餘的社區」的灰，淺色與深色。
OTHERS = {"light": [185, 190, 196], "dark": [74, 81, 90]}


def greys(page: Any) -> dict[str, bool]:
    """畫布上有沒有淺色的、深色的灰點。"""
    return {theme: page.evaluate(PIXELS, rgb) > 0 for theme, rgb in OTHERS.items()}


def files_of(name: str) -> list[Path]:
    """一張圖要的檔案，由建書的擴充說了算；要訓練的圖先載入引擎，要讀檔的圖先載入 Papa Parse。"""
    extension = book_extension()
    engine = ENGINE if name in extension.TRAINS else []
    reader = READER if name in extension.READS else []
    return [*engine, *reader, *(PROGRAMS / file for file in extension.files_of(name))]


def common() -> list[Path]:
    """每張圖都要的程式。"""
    return [PROGRAMS.parent / file for file in book_extension().COMMON]


def book_extension(name: str = "interactive_figures") -> Any:
    spec = importlib.util.spec_from_file_location(name, EXTENSIONS / f"{name}.py")
    assert spec and spec.loader
    extension = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(extension)
    return extension


def write_page(path: Path, figure: InteractiveFigure, planted: Sequence[tuple[str, str]] = ()) -> None:
    """``planted`` 是種進圖的程式的錯：幾個（原來的, 改成的），用來證明檢查抓得到。"""
    if not D3.is_file():
        unavailable(f"還沒有 _vendor/d3；{REMEDY}")
    palette = path.with_name("palette.css")
    palette.write_text(book_extension("dark_figures").palette_css(), encoding="utf-8")
    files = [D3, palette, PROGRAMS / "interactive.css", *common(), *files_of(figure.name)]
    if planted:
        files[-1] = planted_in(files[-1], path.with_name("planted.js"), planted)
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>圖</title>'
    head += f"<script>{THEME}</script>"
    head += "".join(tag(file) for file in files)
    body = f"<main><h1>圖</h1>{figure._repr_html_()}</main>"
    path.write_text(f'<!doctype html><html lang="zh-TW">{head}<body>{body}', encoding="utf-8")


def planted_in(program: Path, copy: Path, planted: Sequence[tuple[str, str]]) -> Path:
    text = program.read_text(encoding="utf-8")
    for before, after in planted:
        assert text.count(before) == 1, f"{program.name} 裡的「{before}」不是正好一處"
        text = text.replace(before, after)
    copy.write_text(text, encoding="utf-8")
    return copy


def said(page: Any) -> str:
    """看得見的字；停手之後念的與它相同。"""
    page.clock.run_for(450)  # 停手 250 毫秒之後才念：撥快網頁的時鐘，不必真的等
    text = page.locator(".interactive-text").inner_text()
    assert page.locator(".interactive-spoken").inner_text() == text
    return text


def numbers_said(page: Any, pattern: str) -> list[float]:
    """照 ``pattern`` 的每一組，把念的數讀成數；負號是 −。"""
    found = re.search(pattern, said(page))
    assert found, f"「{said(page)}」裡沒有 {pattern}"
    return [float(group.replace("−", "-")) for group in found.groups()]


def slider(page: Any, index: int = 0) -> Any:
    return page.locator("input[type=range]").nth(index)


def drag(page: Any, handle: int, by: float) -> None:
    box = page.locator(".handle .knob").nth(handle).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=8)
    page.mouse.up()


def tag(file: Path) -> str:
    address = file.as_uri()
    if file.suffix == ".css":
        return f'<link rel="stylesheet" href="{address}">'
    return f'<script defer src="{address}"></script>'
