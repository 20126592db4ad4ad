"""建書的本地擴充：每一個補的缺口都真的補上了，該擋的也真的擋。"""

import importlib
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document
from pybtex.database import parse_string

ROOT = Path(__file__).resolve().parents[2]


# ── 中文 ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "before", "after", "expected"),
    [
        ("一句。\n下一句", "", "", "一句。下一句"),
        ("上半\n下半", "", "", "上半下半"),
        ("有 KL 散度", "", "", "有 KL 散度"),
        ("first line\nsecond", "", "", "first line\nsecond"),
        (" 講過", "）", "", "講過"),
        (" 與 ", "數", "證", "與"),
        (" 與 ", "x", "y", " 與 "),
        ("\n", "間", "下", ""),
        ("）", "4", "", "）"),
    ],
)
def test_spacing_joins_chinese_and_keeps_the_rest(extension, text, before, after, expected):
    assert extension("typography_zh_tw").tidy(text, before, after) == expected


def test_spacing_tells_equal_texts_apart(extension):
    """同樣的字出現兩次，各自看自己的鄰居；公式旁邊的空格留著。"""
    parts = [
        nodes.strong("", "甲"),
        nodes.Text(" 與 "),
        nodes.math("", "x"),
        nodes.Text(" 與 "),
        nodes.strong("", "（乙）"),
    ]
    paragraph = nodes.paragraph("", "", *parts)
    extension("typography_zh_tw").tidy_paragraph(paragraph)
    assert paragraph.astext() == "甲與 x 與（乙）"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-24.1", "−24.1"),
        ("-.5", "−.5"),
        ("（-3%）", "（−3%）"),
        ("1e-12", "1e-12"),
        ("ex-2", "ex-2"),
        ("2-3", "2-3"),
    ],
)
def test_pasted_negative_numbers_get_a_minus_sign(extension, text, expected):
    assert extension("typography_zh_tw").with_minus(text) == expected


def test_only_pasted_text_is_changed(extension):
    module, document = extension("typography_zh_tw"), new_document("page")
    document += nodes.paragraph(
        "", "", nodes.inline("", "-24.1", classes=["pasted-text"]), nodes.literal("", "-24.1")
    )
    module.mend_page(None, document, "page")
    assert [node.astext() for node in document[0].children] == ["−24.1", "-24.1"]


def test_marks_stay_with_the_formula(extension):
    """「設 $x$，」的逗號、「（$y$）」的括號跟著公式；沒有標點的公式不動。"""
    parts = [
        nodes.Text("設"),
        nodes.math("", "x"),
        nodes.Text("，（"),
        nodes.math("", "y"),
        nodes.Text("）。再看 "),
        nodes.math("", "z"),
        nodes.Text(" 吧"),
    ]
    paragraph = nodes.paragraph("", "", *parts)
    extension("typography_zh_tw").bind(paragraph)
    bound = [node.astext() for node in paragraph.findall(nodes.inline)]
    assert bound == ["x，", "（y）。"]
    assert paragraph.astext() == "設x，（y）。再看 z 吧"


BIBLIOGRAPHY = """
@article{a, author={Kullback, S. and Leibler, R.}, title={On X}, journal={J}, volume=1, pages={1--2},
 year=1951}
@misc{b, author={A, B and C, D and E, F}, title={T}, year=2020}
"""


def test_authors_are_joined_in_chinese(extension):
    style = extension("citations_zh_tw").ChineseBibliography()
    entries = parse_string(BIBLIOGRAPHY, "bibtex").entries.values()
    shown = {entry.label: entry.text.render_as("text") for entry in style.format_entries(entries)}
    assert shown["Kullback、Leibler 1951"] == "S. Kullback、R. Leibler. On X. J, 1, 1–2, 1951."
    assert shown["A 等 2020"] == "B A、D C、F E. T. 2020."


# ── 圖與標記 ──────────────────────────────────────────────────────────


@pytest.fixture
def alt_warnings(extension, monkeypatch):
    module = extension("figure_alt")
    heard: list[str] = []
    monkeypatch.setattr(
        module, "logger", SimpleNamespace(warning=lambda text, *values, **_: heard.append(text % values))
    )

    def check(*images: nodes.Node) -> list[str]:
        document = nodes.document(None, None)
        document += list(images)
        module.check_alt(None, document, "page")
        return heard

    return check


def test_missing_alt_fails_the_build(alt_warnings):
    """警告就是失敗：建書用 -W。"""
    assert "沒有替代文字" in alt_warnings(nodes.image(uri="a.svg"))[0]


def test_alt_that_repeats_the_caption_fails_the_build(alt_warnings):
    figure = nodes.figure("", nodes.image(uri="a.svg", alt="圖說"), nodes.caption("", "圖說"))
    assert "重複圖說" in alt_warnings(figure)[0]


def test_good_alt_is_silent(alt_warnings):
    assert (
        alt_warnings(nodes.figure("", nodes.image(uri="a.svg", alt="結論"), nodes.caption("", "圖說"))) == []
    )


def test_markup_corrections_are_stable(extension):
    correct = extension("accessible_markup").correct
    once = correct('<div role="list" class="citation-list"><summary aria-label="Toggle hidden content">')
    assert once == '<div class="citation-list"><summary>'
    assert correct(once) == once
    boxes = correct('<section id="exercise-content"><section class="theorem-content" id="proof-content">')
    assert correct('<div class="proof admonition" id="proof">') == '<div class="proof admonition">'
    assert boxes == '<section><section class="theorem-content">', "同一頁只能有一個"
    head = '<meta name="viewport" content="width=device-width, initial-scale=1.0" />'
    assert correct(head + '\n<meta name="viewport" content="width=device-width, initial-scale=1"/>') == head
    named = correct('<p><span class="caption-number">定理 4.1 </span> (KL (總和) 相加)</p>')
    assert named == '<p><span class="caption-number">定理 4.1</span>（KL (總和) 相加）</p>'


TEMPLATES = sorted((ROOT / "book" / "_templates").glob("*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_name_things_in_chinese_and_once(path):
    """樣板裡的名字是中文；看得見的字就是名字的按鈕，不另外取一個。"""
    markup = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)
    named = re.findall(r'(?:title|aria-label)="([^"{]+)"', markup)
    assert all(not name.isascii() for name in named)
    if path.name == "search-button-field.html":
        assert "aria-label" not in markup


def test_every_template_still_replaces_one_of_the_theme():
    """佈景主題換了版本、樣板改名，這裡的就不再有作用。"""
    themes = [importlib.import_module(name) for name in ("sphinx_book_theme", "pydata_sphinx_theme")]
    folders = [Path(str(theme.__file__)).parent for theme in themes]
    theirs = {file.name for folder in folders for file in folder.glob("theme/**/*.html")}
    assert {path.name for path in TEMPLATES} <= theirs


# ── API ───────────────────────────────────────────────────────────────

DOCSTRING = """\
兩件事``x``緊鄰著字。

參數
    mean、log_var：平均值與對數變異數，
        形狀 (N, d)。
    ``noise``：雜訊。

傳回
    (N,)。

訓練後的屬性
    history_：歷程。

例子
    >>> 1 + 1
    2
"""
FIELDS = """\
兩件事\\ ``x``\\ 緊鄰著字。

:param mean: 平均值與對數變異數，
   形狀 (N, d)。
:param log_var: 平均值與對數變異數，
   形狀 (N, d)。
:param noise: 雜訊。

:returns: (N,)。
:ivar history\\_: 歷程。

.. rubric:: 例子

>>> 1 + 1
2
"""


def test_chinese_sections_become_fields(extension):
    api = extension("api_zh_tw")
    fields = api.to_fields(api.readable(DOCSTRING))
    assert re.sub(r"\n{3,}", "\n\n", fields).strip() == FIELDS.strip()


def test_a_listing_shows_its_docstring_once(extension):
    text, code = extension("api_zh_tw").split('def f(x):\n    """說明。"""\n\n    return x  # 註解\n')
    assert (text, code) == ("說明。", "def f(x):\n    return x  # 註解\n")


def test_a_listing_knows_its_public_name(extension):
    api = extension("api_zh_tw")
    name = api.public_name
    assert name(api.PACKAGE / "gaussian.py", "log_prob") == "vae_from_scratch.gaussian.log_prob"
    assert name(api.PACKAGE / "network.py", "Network.views") == "vae_from_scratch.Network.views"
    assert name(api.PACKAGE / "network.py", "dense") is None
    assert name(api.PACKAGE / "gradients" / "layers.py", "Dense") is None


# ── 同樣的位元組 ──────────────────────────────────────────────────────


def test_random_names_of_tables_are_numbered(extension):
    """兩次執行的 id 不同，編號之後相同；樣式表與格子裡的仍是同一個。"""
    renumber = extension("stable_ids").renumber
    first = ['<style>#T_1f3a9 {}</style><table id="T_1f3a9"><td id="T_1f3a9_row0">', '<table id="T_00abc">']
    second = [text.replace("1f3a9", "77b20").replace("00abc", "90fed") for text in first]
    assert renumber(first) == renumber(second)
    assert renumber(first)[0].count("T_table1") == 3 and renumber(first)[1] == '<table id="T_table2">'


# ── 兩層的內文 ────────────────────────────────────────────────────────


def cell(*outputs, **attributes):
    parts = [nodes.container(nb_element="cell_code_source")]
    parts += [nodes.container("", *outputs, nb_element="cell_code_output")] if outputs else []
    return nodes.container("", *parts, nb_element="cell_code", **attributes)


def test_code_is_folded_unless_it_belongs_to_the_main_line(extension):
    document = new_document("page")
    shown = cell(cell_metadata={"tags": ["main-line-code"]})
    document += [cell(nodes.image()), cell(hide_mode="output"), shown]
    extension("layers").fold_code(document, "看", "收")
    assert [node.get("hide_mode") for node in document.children] == ["input", "output", None]


def test_what_is_only_printed_is_folded_with_its_code(extension):
    document, printed = new_document("page"), nodes.literal_block(classes=["output", "stream"])
    document += [cell(printed), cell(printed.deepcopy(), nodes.image()), cell()]
    document += nodes.container("", nodes.container("", nodes.raw()), nb_element="cell_code")  # 程式已經拿掉
    document += cell(printed.deepcopy(), cell_metadata={"tags": ["main-line"]})
    extension("layers").fold_code(document, "看", "收")
    assert [node["hide_mode"] for node in document.children] == ["all", "input", "all", "input", "input"]


def test_an_exercise_is_folded_with_its_solution(extension):
    layers = extension("layers")
    document = new_document("page")
    first = layers.exercise_node("", nodes.title("", "習題"), nodes.subtitle("", "(數一數，2 分)"))
    others = [
        layers.solution_node(),
        layers.exercise_node("", nodes.title("", "第二題")),
        nodes.paragraph("", "後面"),
    ]
    document += [first, *others]
    layers.fold_exercises(document)
    folded, second, after = document.children
    assert [type(node).__name__ for node in folded.children] == [
        "fold_title",
        "exercise_node",
        "solution_node",
    ]
    assert (folded[0].astext(), second[0].astext(), after.astext()) == ("數一數，2 分", "第二題", "後面")


def test_only_the_references_section_is_folded(extension):
    layers, document = extension("layers"), new_document("page")
    for name in ("小結", "參考文獻"):
        document += nodes.section(
            "", nodes.title("", name), nodes.paragraph("", "一"), nodes.paragraph("", "二")
        )
    layers.fold_references(document)
    kept, folded = document.children
    assert len(kept.children) == 3
    assert len(folded.children) == 2 and folded[1].astext().endswith("一\n\n二")


def test_the_switch_appears_only_where_something_is_folded(extension):
    layers = extension("layers")
    config = SimpleNamespace(nb_code_prompt_show="看", nb_code_prompt_hide="收")
    switches = []
    for body in (nodes.paragraph("", "文"), layers.fold("", layers.fold_title("", "深入"), layer="deeper")):
        document = new_document("page")
        document += nodes.section("", nodes.title("", "章"), body)
        layers.fold_page(SimpleNamespace(config=config), document)
        switches.append(len(list(document.findall(nodes.raw))))
    assert switches == [0, 1]


def marked(layers, *between):
    start = layers.fold("", layers.fold_title("", "深入"), layer="deeper", unfinished=True)
    section = nodes.section("", nodes.title("", "節"), nodes.paragraph("", "前"), start, *between)
    section += nodes.paragraph("", "後")
    document = new_document("page")
    document += section
    layers.fold_marked(document)
    return section


def test_what_stands_between_the_marks_is_folded(extension):
    layers = extension("layers")
    section = marked(layers, nodes.paragraph("", "甲"), cell(), layers.fold_end())
    assert [node.astext() for node in section.children] == ["節", "前", "深入\n\n甲\n\n", "後"]
    assert not section[2]["unfinished"]


def test_a_mark_without_its_partner_is_reported(extension, monkeypatch):
    layers, said = extension("layers"), []
    monkeypatch.setattr(layers.logger, "warning", lambda text, **_: said.append(text))
    marked(layers, nodes.paragraph("", "甲"))
    marked(layers, layers.fold_end(), layers.fold_end())
    assert len(said) == 2 and "要有 {deeper-end}" in said[0] and "前面沒有 {deeper}" in said[1]


# ── 表格與圖 ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["0.65 ± 0.02", "−5%", "(-0.47, -2.06)", "1,460", "1e-12", "[0.1, 0.3]"])
def test_numbers_are_told_from_words(extension, text):
    cells = extension("table_cells")
    assert cells.is_number(text)
    assert not cells.is_number(f"約 {text}") and not cells.is_number(", ".join([text] * 20))
    assert not cells.is_number("—")


TABLE = """<table><thead><tr style="text-align: right;"><th>方法</th><th>R²</th></tr></thead>
<tbody><tr><td>VAE</td><td>0.65 ± 0.02</td></tr><tr><td>PCA</td><td>—</td></tr></tbody></table>"""


def test_heads_stand_over_their_cells(extension):
    html = extension("table_cells").aligned(TABLE)
    assert "style" not in html
    assert re.findall(r'<t[hd] class="(\w+)">', html) == ["words", "number"] * 3


def test_a_table_with_spans_only_marks_numbers(extension):
    html = extension("table_cells").aligned(TABLE.replace("<th>R²", '<th colspan="1" rowspan="2">R²'))
    assert re.findall(r'class="(\w+)">([^<]*)', html) == [("number", "0.65 ± 0.02")]


def test_a_number_in_a_table_has_a_minus_and_a_word_keeps_its_hyphen(extension):
    table = TABLE.replace("0.65", "<b>-0.65</b>").replace("VAE", "k-NN").replace("—", "(-0.5, -1e-12)")
    html = extension("table_cells").aligned(table)
    cells = re.findall(r"<td[^>]*>(.*?)</td>", html)
    assert cells == ["k-NN", "<b>−0.65</b> ± 0.02", "PCA", "(−0.5, −1e-12)"]


SVG = '<svg><dc:title>matplotlib</dc:title><style>*{}</style><path style="fill: #1b1f24"/></svg>'


def test_a_figure_gets_its_dark_colours_once(extension):
    figures = extension("dark_figures")
    dark = figures.with_dark(SVG)
    assert '[style*="fill: #1b1f24"]{fill:#e6e8eb !important}' in dark
    assert figures.with_dark(dark) == dark
    assert figures.with_dark("<svg></svg>") == "<svg></svg>"


def test_the_ground_of_a_dark_figure_is_clear(extension):
    """底透明，只在深色的時候；舊的瀏覽器不說明暗，還是白底黑字。"""
    figures = extension("dark_figures")
    light, dark = figures.with_dark(SVG).split(figures.MARK)
    assert "fill:none" not in light
    assert figures.CLEAR + "{fill:none !important}" in dark


LOOK = Path("book/_static/look.css").read_text(encoding="utf-8")


def palette(theme: str) -> dict[str, str]:
    """look.css 裡一套主題的顏色；寫成 var(--名字) 的換成那個顏色。"""
    (rules,) = re.findall(rf'html\[data-theme="{theme}"\] \{{([^}}]*)\}}', LOOK)
    found: dict[str, str] = dict(re.findall(r"(--[\w-]+): ([^;]+);", rules))
    return {name: found.get(value[4:-1], value) for name, value in found.items()}


def test_the_dark_ground_is_the_colour_of_the_page(extension):
    """字後面墊的底與頁面同色：佈景換了顏色，這裡要跟著換。"""
    assert extension("dark_figures").DARK["#ffffff"] == palette("dark")["--pst-color-background"]


@pytest.mark.parametrize(("theme", "page"), [("light", "#ffffff"), ("dark", "#12161b")])
def test_the_words_of_the_look_have_enough_contrast(theme, page):
    """內文、連結與章的號碼，在頁面與兩種框的底上。反例：框裡的細線是裝飾，對比本來就不夠。"""
    colours = palette(theme)
    grounds = [page, colours["--look-tint"], colours["--look-wash"]]
    for name in ("--pst-color-text-base", "--pst-color-primary", "--look-q", "--look-p"):
        assert min(contrast(colours[name], ground) for ground in grounds) > 4.5, name
    assert contrast(colours["--look-line"], page) < 4.5


BOTH = "<?xml?><svg>寬</svg>", "<?xml?><svg>窄</svg>"


def test_a_picture_offers_its_narrow_drawing(extension):
    narrow = extension("narrow_figures")
    image = '<a href="x"><img alt="結論" src="../_images/a1.svg" /></a>'
    body = narrow.with_narrow(image + image.replace("a1", "b2"), {"a1"})
    assert (
        f'<picture><source media="{narrow.MEDIA}" srcset="../_images/a1-narrow.svg" /><img alt="結論"' in body
    )
    assert body.count("<picture>") == 1 and body.count("</picture>") == 1


def test_the_two_drawings_become_two_files_once(extension, tmp_path):
    from vae_from_scratch.narrow_figures import joined

    narrow = extension("narrow_figures")
    (tmp_path / "_images").mkdir()
    figure = tmp_path / "_images" / "a1.svg"
    figure.write_text(joined(*BOTH), encoding="utf-8")
    app = SimpleNamespace(outdir=tmp_path, srcdir=tmp_path, builder=SimpleNamespace(format="html"))
    app.builder.images = {"_images/a1.svg": "a1.svg"}
    context = {"body": '<img src="_images/a1.svg" />'}
    narrow.offer_narrow(app, "page", "page.html", context, None)
    assert "<picture>" in context["body"]
    for _ in range(2):
        narrow.separate(app, None)
        assert figure.read_text(encoding="utf-8").strip() == BOTH[0]
        assert (tmp_path / "_images" / "a1-narrow.svg").read_text(encoding="utf-8").strip() == BOTH[1]
    context = {"body": '<img src="_images/a1.svg" />'}
    narrow.offer_narrow(app, "page", "page.html", context, None)
    assert "<picture>" not in context["body"], "沒有窄的畫法，就不說有"


def contrast(first, second):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_dark_figures_have_enough_contrast(extension):
    """字與資料的每一種顏色；沒有換的也在深色的底上。反例：原來的墨色看不見。"""
    from vae_from_scratch.plotting import COLOURS

    dark = extension("dark_figures").DARK
    for colour in COLOURS.values():
        assert contrast(dark.get(colour.lower(), colour), dark["#ffffff"]) > 4.5
    assert contrast(COLOURS["ink"], dark["#ffffff"]) < 1.5


#: 互動圖的字、字底下的底。
ON_GROUND = ("ink", "muted", "soft", "hint", "link", "prior-text", "q", "good", "bad")
WORDS = [
    *((word, "ground") for word in ON_GROUND),
    *(("ink", ground) for ground in ("raised", "tint", "chosen", "shown", "unused")),
    *((word, "tint") for word in ("soft", "link", "good", "bad")),
    ("unused-text", "unused"),
    ("bad", "alarm"),
    ("tip-text", "tip"),
    ("ground", "q"),  # 藍底的按鈕
    ("ground", "ink"),  # 選著的實驗
]


@pytest.mark.parametrize("theme", [0, 1])
def test_the_words_of_a_live_figure_have_enough_contrast(extension, theme):
    """淺色、深色；按鈕與欄位的框對底超過 3。反例：裝飾的線不到。"""
    colours = {name: pair[theme] for name, pair in extension("dark_figures").palette().items()}
    assert [pair for pair in WORDS if contrast(*(colours[name] for name in pair)) < 4.5] == []
    on_ground = {role: contrast(colours[role], colours["ground"]) for role in ("p", "data", "noise")}
    assert min(on_ground.values()) > (3, 4.5)[theme], "圖裡的線也用這三個顏色，淺色的超過 3"
    assert contrast(colours["edge"], colours["ground"]) > 3 > contrast(colours["line"], colours["ground"])


def test_the_palette_of_live_figures_is_the_one_of_the_course(extension):
    """全書的顏色只有一個家：淺色是 COLOURS，深色是靜止的圖的那一套；列印永遠是淺色。"""
    from vae_from_scratch.plotting import COLOURS

    figures = extension("dark_figures")
    for role, colour in COLOURS.items():
        assert figures.palette()[role] == (colour.lower(), figures.DARK.get(colour.lower(), colour.lower()))
    light, dark = figures.palette_css().splitlines()
    assert "--q:#0072b2" in light and "--q:#4da6dd" in dark and dark.startswith("@media not print")


INTERACTIVE = Path("book/_static/interactive")


def names_and_fixed(text: str) -> tuple[set[str], list[str]]:
    """用了哪些 --名字，寫死了哪些顏色。"""
    fixed = re.findall(r"#[0-9A-Fa-f]{3}(?:[0-9A-Fa-f]{3})?\b", text)
    return set(re.findall(r"var\(--([a-z-]+)\)", text)), fixed


def test_every_colour_of_a_live_figure_is_in_the_palette(extension):
    """樣式裡沒有寫死的顏色，名字都在那一套裡，那一套裡沒有多的。反例：以前的寫法。"""
    styles = "".join(path.read_text(encoding="utf-8") for path in sorted(INTERACTIVE.glob("*.css")))
    programs = "".join(path.read_text(encoding="utf-8") for path in sorted(INTERACTIVE.rglob("*.js")))
    (used, fixed), (named, _) = names_and_fixed(styles), names_and_fixed(programs)
    palette = extension("dark_figures").palette().keys()
    assert fixed == []
    assert (used | named) - palette == {"pst-font-family-base"}
    assert extension("dark_figures").CARD.keys() <= used | named
    assert names_and_fixed("a { color: #4A4F55; fill: var(--gone) }") == ({"gone"}, ["#4A4F55"])
