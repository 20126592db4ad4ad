r"""公式在建書時排好：每一頁的每一個公式都排了，TeX 換得回來，樣式與字型不缺；排不出來的說得出是哪一個。"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from sphinx.errors import ExtensionError

from tests.built_book import require_book

INLINE = r'<span class="math notranslate nohighlight">\(\mu&lt;\sigma^2\)</span>'
NUMBERED = (
    '<div class="math notranslate nohighlight" id="equation-eq-a">\n<span class="eqno">(1.1)'
    '<a class="headerlink" href="#equation-eq-a" title="連到這個公式">#</a></span>'
    "\\[\\text{重建誤差}=x\\]</div>"
)
LONG = r"y = a_1x_1+a_2x_2+a_3x_3+a_4x_4+a_5x_5+a_6x_6+a_7x_7+a_8x_8+a_9x_9"
REASONED = r"\begin{aligned} a &= b && \text{（因為）}\end{aligned}"
PAGE = """<html><head>
    <link rel="stylesheet" type="text/css" href="_static/course.css?v=1" />
</head>{}</html>"""
FORMULA = re.compile(r"<mjx-container.*?</mjx-container>", re.S)


@pytest.fixture
def formulas(extension):
    return extension("formulas")


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    """真的用 MathJax 排；一個 Node 的行程，兩三秒，只開一次。"""
    import importlib
    import sys

    from make import ROOT

    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    try:
        module = importlib.import_module("formulas")
    finally:
        sys.path.pop(0)
    texs = [(r"\mu<\sigma^2", False), (r"\text{重建誤差}=x", True), (LONG, True), (REASONED, True),
            (r"\boldsymbol\mu\ell l", False), (r"\left\{x\right\}|a|", False)]  # fmt: skip
    bad = [(r"\frac{1", False), (r"\notacommand", False)]
    answer = module.run_mathjax([*texs, *bad])
    said = [made.get("html") or made["error"] for made in answer["made"]]
    return dict(zip([tex for tex, _ in [*texs, *bad]], said, strict=True)) | {"css": answer["css"]}


def test_a_formula_keeps_its_mathml_and_is_no_stop(drawn):
    html = drawn[r"\mu<\sigma^2"]
    assert "<math><mi>μ</mi><mo>&lt;</mo><msup><mi>σ</mi><mn>2</mn></msup></math>" in html
    assert "<mjx-math aria-hidden=true>" in html and "tabindex" not in html
    assert "重建誤差" in re.sub(r"<math.*</math>", "", drawn[r"\text{重建誤差}=x"])
    assert drawn[r"\text{重建誤差}=x"].startswith("<mjx-container display=true>")


def test_letters_that_look_alike_have_their_own_names(drawn):
    """ℓ 與 l 的字型不同，名字也不同。"""
    names = re.findall(r"class=([\w-]+)", drawn[r"\boldsymbol\mu\ell l"])
    assert len(set(names)) == 3 and "l-I" in names


def test_a_wide_formula_and_a_reasoned_one_have_a_narrow_drawing(drawn):
    assert " class=two>" in drawn[LONG] and drawn[LONG].count("<mjx-math") == 2
    assert ' class="two reasons">' in drawn[REASONED] and drawn[REASONED].count("<math") == 1
    assert "narrow" not in drawn[r"\text{重建誤差}=x"]


def test_every_mark_has_its_rule(drawn, formulas):
    """標記裡的每一個字，樣式裡都有；大括號的規則不會把後面的吃掉。"""
    htmls = [html for tex, html in drawn.items() if html.startswith("<mjx")]
    css = formulas.only_used(drawn["css"], formulas.used_names(htmls))
    assert missing_rules(htmls, css) == set()
    assert missing_rules(htmls, css.replace("mjx-c.c7C", "mjx-c.c7Z")) == {"c7C"}, "少了一條看得出來"
    assert "mjx-c.Q" not in css and "MJXTEX-FR" not in css, "沒有用到的不留"


def missing_rules(htmls: list[str], css: str) -> set[str]:
    used = {name for html in htmls for name in re.findall(r"<mjx-c class=([\w-]+)", html)}
    return {name for name in used if f"mjx-c.{name}::before{{" not in css}


def test_what_cannot_be_typeset_is_named(formulas, drawn, tmp_path):
    assert "Missing close brace" in drawn[r"\frac{1"]
    assert "Undefined control sequence" in drawn[r"\notacommand"]
    with pytest.raises(ExtensionError, match=r"\\notacommand\n    沒有這個命令"):
        formulas.make([(r"\notacommand", False)], tmp_path / "a.json",
                      lambda _: {"css": "", "made": [{"error": "沒有這個命令"}]})  # fmt: skip


@pytest.fixture
def pretend(formulas, monkeypatch) -> list[Any]:
    """不開 Node；記下排了哪些。"""
    asked: list[Any] = []

    def run(missing):
        asked.append(missing)
        inside = "<mjx-math></mjx-math><math></math></mjx-container>"
        made = [f"<mjx-container{' display=true' * display}>{inside}" for _, display in missing]
        return {"css": "mjx-math{color:red}", "made": [{"html": html} for html in made]}

    monkeypatch.setattr(formulas.make, "__defaults__", (run,))
    monkeypatch.setattr(formulas, "letters", lambda css: {})
    return asked


def site_with(folder: Path, body: str) -> Path:
    (folder / "_static").mkdir(parents=True, exist_ok=True)
    (folder / "a.html").write_text(PAGE.format(body), encoding="utf-8")
    previews = {"a.html": ["公式", "", '<div class="math">\\[x\\]</div>']}
    script = f"window.BOOK_PREVIEWS={json.dumps(previews)};\n"
    (folder / "link-previews.js").write_text(script, encoding="utf-8")
    return folder


def test_the_tex_comes_back_and_a_second_build_is_the_same(formulas, pretend, tmp_path):
    """再建一次，沒有重寫的頁先換回 TeX；只排新的，網頁一個位元組也不差。"""
    body = f"<p>{INLINE}{INLINE}</p>{NUMBERED}"
    site = site_with(tmp_path / "html", body)
    formulas.typeset_site(site, tmp_path / "cache")
    first = (site / "a.html").read_text(encoding="utf-8")
    assert sorted(pretend[0]) == [(r"\mu<\sigma^2", False), (r"\text{重建誤差}=x", True), ("x", True)]
    assert first.count("<mjx-container data-tex=") == 3 and r"\(" not in first and "(1.1)<a" in first
    assert first.index("formulas.css?v=") < first.index("course.css")
    assert formulas.restored(first) == PAGE.format(body)
    listed = (site / "link-previews.js").read_text(encoding="utf-8")
    assert "<mjx-container display=true>" in listed and "data-tex" not in listed
    site_with(site, formulas.restored(first).removeprefix(PAGE.partition("{}")[0]).removesuffix("</html>"))
    formulas.typeset_site(site, tmp_path / "cache")
    assert (site / "a.html").read_text(encoding="utf-8") == first and len(pretend) == 1
    site_with(site, body.replace("sigma", "tau"))
    formulas.typeset_site(site, tmp_path / "cache")
    assert pretend[1] == [(r"\mu<\tau^2", False)]


def test_a_change_of_the_typesetter_typesets_again(formulas, pretend, tmp_path, monkeypatch):
    formulas.make([("x", False)], tmp_path / "a.json")
    monkeypatch.setattr(formulas, "key", lambda: "另一版")
    formulas.make([("x", False)], tmp_path / "a.json")
    assert len(pretend) == 2


def test_repeated_styles_become_classes(formulas):
    from collections import Counter

    other = '<mjx-stretchy-h class=x style="width:2em">'
    html = f'<mjx-script style="margin:0;width:1em">a</mjx-script>{other}'
    made, css = formulas.with_classes({("x", False): html}, Counter([("x", False)]))
    assert made == {("x", False): f"<mjx-script class=s0>a</mjx-script>{other}"}
    assert css == "mjx-container .s0{margin:0!important;width:1em!important}\n"


# ── 建好的書 ──────────────────────────────────────────────────────────


def problems_of(html: str) -> list[str]:
    """一頁的公式：沒有排的、沒有 MathML 的、可以停留的、還載入 MathJax 的。"""
    article = html.partition("<article")[2]
    drawn = FORMULA.findall(article)
    found = ["沒有排"] * (len(re.findall(r'class="math\b', article)) - len(drawn))
    found += ["沒有 MathML" for one in drawn if one.count("<math") != 1 or "<math></math>" in one]
    found += ["可以停留" for one in drawn if "tabindex" in one]
    return found + ["載入 MathJax"] * bool(re.search(r"<script[^>]*(?:mathjax|tex-chtml)", html, re.I))


def test_every_formula_of_the_book_is_typeset():
    site = require_book()
    pages = {page.name: page.read_text(encoding="utf-8") for page in site.glob("*.html")}
    assert {name: found for name, html in pages.items() if (found := problems_of(html))} == {}
    assert sum(len(FORMULA.findall(html)) for html in pages.values()) > 3000
    assert not (site / "mathjax").exists()


def test_the_style_and_the_fonts_of_the_book_lack_nothing(extension):
    site, fonts, formulas = require_book(), extension("web_fonts"), extension("formulas")
    css = (site / "_static" / "formulas.css").read_text(encoding="utf-8")
    htmls = [page.read_text(encoding="utf-8") for page in site.glob("*.html")]
    assert missing_rules(htmls, css) == set()
    used = {name for html in htmls for name in re.findall(r"<mjx-[^>]* class=(s\d+)\b", html)}
    assert used and all(f" .{name}{{" in css for name in used)
    folder = site / "_static" / "formulas"
    held = {file: fonts.shipped(folder / f"{file}.woff2") for file in formulas.letters(css)}
    assert len(held) > 8 and {"μ", "σ"} <= held["MathJax_Math-Italic"]
    assert missing_glyphs(css, held) == set()
    assert missing_glyphs(css, held | {"MathJax_Math-Italic": set()}) >= {"MathJax_Math-Italic μ"}


def missing_glyphs(css: str, held: dict[str, set[str]]) -> set[str]:
    """規則指定的字型裡沒有的字；沒有指定的，要有一個字型有。"""
    files = dict(re.findall(r'font-family:(MJX[\w-]+);src:url\("formulas/([\w-]+)\.woff2"\)', css))
    found = set()
    for body in re.findall(r"::before\{([^}]*)\}", css):
        text = re.search(r'content:"([^"]*)"', body)
        named = [files[name] for name in re.findall(r"MJXTEX[\w-]*", body)]
        for letter in re.sub(r"\\([0-9A-F]+) ?", lambda code: chr(int(code[1], 16)), text[1] if text else ""):
            if letter != "\xa0" and not any(letter in held[file] for file in named or held):
                found.add(f"{' '.join(named)} {letter}")
    return found


@pytest.mark.parametrize(
    ("html", "said"),
    [
        (f"<article>{INLINE}", "沒有排"),
        ('<article><i class="math"><mjx-container><mjx-math></mjx-math></mjx-container>', "沒有 MathML"),
        ('<article><i class="math"><mjx-container tabindex=0><math>x</math></mjx-container>', "可以停留"),
        ('<script defer src="mathjax/tex-chtml.js"></script><article>', "載入 MathJax"),
    ],
)  # fmt: skip
def test_a_bad_page_is_found(html, said):
    assert problems_of(html) == [said]
