"""讀者下載的少一點：圖捲到才載入、版面不跳，腳本不擋畫面，用不到的檔案不在網站裡。"""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from make import ROOT
from tests.built_book import require_book

NARROW = '<picture><source media="(max-width: 600px)" srcset="_images/a1-narrow.svg" />{}</picture>'


def svg(width: float, height: float) -> str:
    return f'<?xml?><svg xmlns:xlink="x" width="{width}pt" height="{height}pt" viewBox="0 0 1 1">圖</svg>'


@pytest.fixture
def weight(extension):
    return extension("page_weight")


def test_images_come_when_scrolled_to_and_hold_their_place(weight):
    first, second = '<img alt="甲" src="_images/a1.svg" />', '<img alt="乙" src="../_images/b2.svg" />'
    sizes = {"a1.svg": (600, 300), "a1-narrow.svg": (360, 500), "b2.svg": (400, 200)}
    body = weight.later(NARROW.format(first) + second, sizes)
    assert '_images/a1-narrow.svg" width="360" height="500" />' in body
    assert '_images/a1.svg" width="600" height="300" decoding="async" />' in body, "第一張馬上載入"
    assert '_images/b2.svg" width="400" height="200" decoding="async" loading="lazy" />' in body
    assert weight.later(body, sizes) == body


@pytest.mark.parametrize(
    "image",
    [
        '<img alt="寫在頁面裡的" src="data:image/png;base64,AAAA" width="384">',
        '<img alt="別處的" src="_static/icon.svg" />',
    ],
)
def test_other_images_are_left_alone(weight, image):
    assert weight.later(image, {"icon.svg": (1, 1)}) == image


def test_a_stated_size_is_kept(weight):
    image = '<img alt="甲" src="_images/a1.svg" style="width: 50%;" />'
    assert "height=" not in weight.later(image, {"a1.svg": (600, 300)})


def test_sizes_come_from_both_drawings(weight, tmp_path):
    from vae_from_scratch.narrow_figures import joined

    (tmp_path / "a.svg").write_text(joined(svg(450, 225), svg(270, 375)), encoding="utf-8")
    found = weight.sizes_of({"a.svg": "a1.svg", "c.png": "c3.png"}, tmp_path, {"a1.svg", "c3.png"})
    assert found == {"a1.svg": (600, 300), "a1-narrow.svg": (360, 500)}


def test_scripts_do_not_block_except_the_one_that_must(weight, tmp_path):
    names = ["_static/documentation_options.js", "_static/copybutton.js", "_static/narrow.js", None]
    scripts: list[Any] = [SimpleNamespace(filename=name, attributes={}) for name in names]
    styles: list[Any] = [
        SimpleNamespace(filename=name) for name in ("_static/course.css", "_static/sphinx-thebe.css")
    ]
    context: dict[str, Any] = {"body": "", "script_files": scripts, "css_files": styles}
    app = SimpleNamespace(srcdir=tmp_path, builder=SimpleNamespace(images={}))
    weight.change_page(app, "a", "page.html", context, None)
    assert [bool(script.attributes) for script in scripts] == [False, True, True, False]
    assert [style.filename for style in context["css_files"]] == ["_static/course.css"]


def test_code_keeps_its_words_and_its_coloured_spans(weight):
    words = ('<span class="n">x</span>', '<span class="w"> </span>', '<span class="o">=</span>')
    code = f'<div class="highlight"><pre>{"".join(words)}</pre>'
    assert weight.plain_code(code) == '<div class="highlight"><pre>x <span class="o">=</span></pre>'
    assert weight.plain_code('<em><span class="n">x</span></em>') == '<em><span class="n">x</span></em>'


def coloured(css: str, names: list[str]) -> set[str]:
    """這些字裡，與程式的底色不同的（明、暗兩套各看）。"""
    grounds = dict(re.findall(r"^(.*?)\.highlight \{[^}]*?(?<!-)color: (#\w+)", css, re.M))
    rules = re.findall(r"^(.*?)\.highlight \.([\w]+) \{([^}]*)\}", css, re.M)
    assert len(grounds) >= 2
    return {
        name
        for theme, name, rule in rules
        if name in names and rule.split(";")[0].split("/*")[0].strip() != f"color: {grounds[theme]}"
    }


def test_the_plain_words_have_the_colour_of_the_ground(weight):
    """配色換了，這些字有了自己的顏色，就要留著。"""
    names = re.findall(r"\(\?:([^)]*)\)", weight.PLAIN.pattern)[0].split("|")
    css = (require_book() / "_static" / "pygments.css").read_text(encoding="utf-8")
    assert coloured(css, names) == set()
    assert coloured(css, [*names, "k", "mi"]) == {"k", "mi"}


def test_only_what_a_page_uses_stays(weight, tmp_path):
    icons = "_static/vendor/fontawesome/webfonts/fa-"
    kept = [
        "index.html",
        "404.html",
        "_images/a.svg",
        "_static/course.css",
        "fonts/A.woff2",
        f"{icons}solid-900.woff2",
    ]
    gone = [
        "old.html",
        "_images/old.svg",
        "_static/styles/b.css.map",
        "_static/locales/ja/x.json",
        "fonts/A.ttf",
    ]
    gone += ["_static/scripts/fontawesome.js", f"{icons}brands-400.woff2", "_sources/index.md"]
    for name in kept + gone:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(
            '<img src="_images/a.svg">' if name == "index.html" else "", encoding="utf-8"
        )
    for _ in range(2):
        weight.remove_unused(tmp_path, {"index", "404"})
        left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
        assert left == sorted(kept)


def test_the_theme_still_has_the_scripts_the_template_keeps():
    """換了佈景主題的版本，fontawesome.js 仍然是第一個腳本，樣板才拿得掉它、留得下其餘的。"""
    import pydata_sphinx_theme

    theme = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme"
    text = (theme / "static" / "webpack-macros.html").read_text(encoding="utf-8")
    first, _, rest = re.findall(r"macro head_js_preload.*?endmacro", text, re.S)[0].partition("</script>")
    assert "fontawesome.js" in first and "<script" not in rest and "bootstrap.js" in rest
    ours = (ROOT / "book" / "_templates" / "static" / "webpack-macros.html").read_text(encoding="utf-8")
    macros = re.compile(r"{% macro (\w+)\(\)")
    assert macros.findall(ours) == macros.findall(text)
