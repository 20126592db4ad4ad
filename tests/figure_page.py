"""只有一張互動圖的網頁，從 file:// 打開；載入的檔案與建書時相同。"""

import importlib.util
from pathlib import Path

from tests.built_book import REMEDY, unavailable
from vae_from_scratch.interactive import InteractiveFigure

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ROOT / "book" / "_static" / "interactive"
D3 = ROOT / "_vendor" / "d3" / "d3.min.js"
ENGINE = [ROOT / "_vendor" / "lab" / "engine.wasm.js", PROGRAMS / "engine.js"]
EXTENSION = ROOT / "book" / "_ext" / "interactive_figures.py"


def files_of(name: str) -> list[Path]:
    """一張圖要的檔案，由建書的擴充說了算；要訓練的圖先載入引擎。"""
    spec = importlib.util.spec_from_file_location("interactive_figures", EXTENSION)
    assert spec and spec.loader
    extension = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(extension)
    engine = ENGINE if name in extension.TRAINS else []
    return [*engine, *(PROGRAMS / file for file in extension.files_of(name))]


def write_page(path: Path, figure: InteractiveFigure) -> None:
    if not D3.is_file():
        unavailable(f"還沒有 _vendor/d3；{REMEDY}")
    files = [D3, PROGRAMS / "interactive.css", PROGRAMS / "stage.js", *files_of(figure.name)]
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>圖</title>'
    head += "".join(tag(file) for file in files)
    body = f"<main><h1>圖</h1>{figure._repr_html_()}</main>"
    path.write_text(f'<!doctype html><html lang="zh-TW">{head}<body>{body}', encoding="utf-8")


def tag(file: Path) -> str:
    address = file.as_uri()
    if file.suffix == ".css":
        return f'<link rel="stylesheet" href="{address}">'
    return f'<script defer src="{address}"></script>'
