"""建好的網站多大：總共 20 MB 以內，一張圖 300 kB 以內，每個字、每個圖示都在附的字型裡；反例都說得出來。"""

import re
import shutil
from html import unescape
from pathlib import Path

import pytest

import make
from tests.built_book import require_book

LIMIT, FIGURE = 20_000_000, 300_000
FULL = ("NotoSansTC-Regular", "NotoSansTC-Bold")


@pytest.fixture
def fonts(extension):
    return extension("web_fonts")


def size_problems(site: Path) -> list[str]:
    # 按了才下載的（PDF、EPUB、筆記本）不是讀任何一頁要的，不算。
    files = [path for path in site.rglob("*") if path.is_file() and site / "downloads" not in path.parents]
    total = sum(path.stat().st_size for path in files)
    found = [f"共 {total / 1e6:.1f} MB"] if total > LIMIT else []
    for path in files:
        name = path.relative_to(site).as_posix()
        if name.startswith("_images/") and path.stat().st_size > FIGURE:
            found.append(f"{name} 有 {path.stat().st_size / 1000:.0f} kB")
        if path.suffix in (".map", ".ttf", ".otf") or "fontawesome.js" in name:
            found.append(f"{name} 用不到")
    used = "".join(page.read_text(encoding="utf-8") for page in site.glob("*.html"))
    found += [f"{path.name} 沒有一頁用到" for path in site.glob("_images/*") if path.name not in used]
    return found


def missing_letters(site: Path, fonts, source: Path) -> set[str]:
    """頁面上有、整套的字型有、附的字型卻沒有的字；整套的字型也沒有的，由系統的字型顯示。"""
    shown = {letter for page in site.glob("*.html") for letter in unescape(page.read_text(encoding="utf-8"))}
    shown = set(filter(fonts.in_range, shown))
    found = set()
    for name in FULL:
        found |= (shown & fonts.shipped(source / f"{name}.ttf")) - fonts.shipped(
            site / "fonts" / f"{name}.woff2"
        )
    return found


def missing_icons(site: Path, fonts) -> set[str]:
    """頁面上的圖示，字型裡沒有的。"""
    html = "".join(page.read_text(encoding="utf-8") for page in site.glob("*.html"))
    classes = re.findall(r'class="([^"]*\b(?:fa-solid|fas)\b[^"]*)"', html)
    used = {name for names in classes for name in fonts.ICON_NAME.findall(names)} - {"solid", "lg"}
    rules = fonts.ICON_RULE.findall(
        (site / "_static/styles/pydata-sphinx-theme.css").read_text(encoding="utf-8")
    )
    codes = {
        name: chr(int(code, 16)) for names, code in rules for name in re.findall(r"\.fa-([\w-]+):", names)
    }
    held = fonts.shipped(site / fonts.ICONS)
    assert used and used <= set(codes)
    return {name for name in used if codes[name] not in held}


def test_the_site_is_small_and_holds_nothing_unused(fonts):
    assert size_problems(require_book()) == []


def test_every_letter_and_icon_of_the_book_is_in_the_fonts_it_ships(fonts):
    site = require_book()
    assert missing_letters(site, fonts, make.VENDOR / "fonts") == set()
    assert missing_icons(site, fonts) == set()
    held = fonts.shipped(site / "fonts" / f"{fonts.SIMPLIFIED}.woff2")
    assert {"变", "码", "器"} <= held and len(held) < 500


def test_a_site_that_is_too_big_is_refused(tmp_path):
    for name in ("_images", "_static", "fonts"):
        (tmp_path / name).mkdir()
    (tmp_path / "index.html").write_text('<img src="_images/a.svg">', encoding="utf-8")
    (tmp_path / "_images" / "a.svg").write_bytes(bytes(FIGURE))
    assert size_problems(tmp_path) == []
    (tmp_path / "_images" / "a.svg").write_bytes(bytes(FIGURE + 1000))
    (tmp_path / "_images" / "b.svg").touch()
    (tmp_path / "_static" / "c.css.map").touch()
    with (tmp_path / "fonts" / "d.ttf").open("wb") as file:
        file.truncate(LIMIT)
    assert sorted(size_problems(tmp_path)) == sorted(
        [
            "共 20.3 MB",
            "_images/a.svg 有 301 kB",
            "_static/c.css.map 用不到",
            "fonts/d.ttf 用不到",
            "b.svg 沒有一頁用到",
        ]
    )


@pytest.fixture
def small_site(tmp_path):
    """一頁的網站；字型取自程式附的那一個，小得多。"""
    site, vendor = tmp_path / "html", tmp_path / "vendor"
    (site / "_static" / "styles").mkdir(parents=True)
    vendor.mkdir()
    own = make.ROOT / "vae_from_scratch" / "fonts"
    (font,) = own.glob("*.ttf")
    for name in (*FULL, "NotoSansSC-Regular"):
        shutil.copy(font, vendor / f"{name}.ttf")
    (site / "index.html").write_text(
        '<i class="fa-solid fa-bars"></i>變分自編碼器與平均<span class="zh-cn">平均</span>', encoding="utf-8"
    )
    (site / "_static" / "styles" / "pydata-sphinx-theme.css").write_text(
        '.fa-bars:before,.fa-navicon:before{content:"\\f0c9"}.fa-list:before{content:"\\f03a"}:root{--pst-icon-bell:"\uf0f3"}'
    )
    return site, vendor


@pytest.fixture
def icon_font():
    import pydata_sphinx_theme

    folder = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
    return folder / "vendor" / "fontawesome" / "webfonts" / "fa-solid-900.ttf"


def test_fonts_hold_the_letters_and_icons_used_and_are_the_same_each_time(
    fonts, small_site, icon_font, tmp_path
):
    site, vendor = small_site
    made = []
    for turn in ("first", "second"):
        fonts.make_fonts(site, vendor, icon_font, tmp_path / turn)
        made.append({path.name: path.read_bytes() for path in sorted(site.rglob("*.woff2"))})
    assert made[0] == made[1] and len(made[0]) == 4
    assert missing_letters(site, fonts, vendor) == missing_icons(site, fonts) == set()
    assert fonts.shipped(site / fonts.ICONS) - set(" ") == {"\uf0c9", "\uf0f3"}
    assert {"平", "均"} == fonts.shipped(site / "fonts" / "NotoSansSC-Regular.woff2") - set(" ")
    (site / "index.html").write_text('<i class="fa-solid fa-list"></i>變數與誤差', encoding="utf-8")
    assert missing_letters(site, fonts, vendor) == set("數誤差"), "頁面多了字，舊的字型裡沒有"
    assert missing_icons(site, fonts) == {"list"}
    fonts.make_fonts(site, vendor, icon_font, tmp_path / "second")
    assert missing_letters(site, fonts, vendor) == missing_icons(site, fonts) == set()
    assert len(list((tmp_path / "second").iterdir())) == 4, "舊的不留"


def test_the_style_keeps_the_rules_of_the_icons_used(fonts, small_site):
    site, _ = small_site
    css = (site / "_static" / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    left = fonts.only_icons(css, fonts.icon_names(site))
    assert "fa-bars" in left and "fa-list" not in left and "--pst-icon-bell" in left
    assert fonts.only_icons(left, fonts.icon_names(site)) == left
