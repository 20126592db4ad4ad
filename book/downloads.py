"""可以帶走的檔案：放在網站的 ``downloads/``，首頁只列出真的在那裡的。

筆記本由建書時的擴充（``_ext/page_files.py``）放進來；PDF 與 EPUB 由 ``make pdf``、``make epub``，套件與全部的
筆記本由 ``make release``。這裡的檔案讀者按了才下載，不算在網站每一頁要的大小裡。
"""

import re
import shutil
from html import escape
from pathlib import Path

FOLDER = "downloads"
PLACE = re.compile(r"(<!--downloads-->).*?(<!--/downloads-->)", re.S)
#: 檔名的結尾、怎麼稱呼。
KINDS = (
    (".pdf", "PDF"),
    (".epub", "EPUB"),
    ("-notebooks.zip", "全部的筆記本"),
    (".whl", "套件"),
)


def listed(site: Path) -> str:
    """首頁的那一行；一個檔案也沒有就是空的。"""
    found = []
    for ending, name in KINDS:
        for file in sorted((site / FOLDER).glob(f"*{ending}")):
            href = escape(f"{FOLDER}/{file.name}")
            found.append(f'<a href="{href}" download>{name}</a>（{size(file.stat().st_size)}）')
    return f'<p class="downloads" data-unsearched>帶著走：{"、".join(found)}。</p>' if found else ""


def size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 1e5 else f"{max(number / 1e3, 1):.0f} kB"


def refresh(site: Path) -> None:
    """首頁的那一行照現在有的檔案重寫。"""
    home = site / "index.html"
    html = home.read_text(encoding="utf-8")
    changed = PLACE.sub(lambda found: found[1] + listed(site) + found[2], html)
    if changed != html:
        home.write_text(changed, encoding="utf-8")


def add(file: Path, site: Path) -> None:
    """``file`` 放進網站；同一種的舊檔案（以前的版本）拿掉。"""
    folder = site / FOLDER
    folder.mkdir(exist_ok=True)
    for ending, _ in KINDS:
        if file.name.endswith(ending):
            for old in folder.glob(f"*{ending}"):
                old.unlink()
    shutil.copy2(file, folder)
    refresh(site)
