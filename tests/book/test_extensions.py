"""建書的本地擴充：每一個補的缺口都真的補上了，該擋的也真的擋。"""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document
from pybtex.database import parse_string

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def extension(monkeypatch):
    """依名字匯入 book/_ext 裡的擴充。"""
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    yield importlib.import_module
    for path in (ROOT / "book" / "_ext").glob("*.py"):
        sys.modules.pop(path.stem, None)


# ── 執行快取 ──────────────────────────────────────────────────────────


@pytest.fixture
def project(tmp_path):
    (tmp_path / "vae_from_scratch" / "housing").mkdir(parents=True)
    (tmp_path / "vae_from_scratch" / "housing" / "data.py").write_text("x = 1")
    (tmp_path / "requirements.lock").write_text("numpy==2.4.6")
    (tmp_path / "README.md").write_text("一")
    return tmp_path


@pytest.mark.parametrize("name", ["vae_from_scratch/housing/data.py", "requirements.lock"])
def test_cache_key_follows_the_package_and_the_lock(extension, project, name):
    key = extension("execution_cache").package_key
    before = key(project)
    (project / name).write_text("改了")
    assert key(project) != before


def test_cache_key_ignores_other_files(extension, project):
    key = extension("execution_cache").package_key
    before = key(project)
    (project / "README.md").write_text("二")
    assert key(project) == before


def test_cache_key_follows_the_readers_own_files(extension, project, tmp_path_factory, monkeypatch):
    """第 9 章：make bench 以後再建書，換成自己的圖；第 11 章：給了 Kaggle 的檔案，換成原文的資料。"""
    key, kaggle = extension("execution_cache").package_key, tmp_path_factory.mktemp("kaggle")
    keys = [key(project)]
    (project / "runs" / "bench").mkdir(parents=True)
    (project / "runs" / "bench" / "contestants.csv").write_text("一")
    keys.append(key(project))
    (kaggle / "train.csv").write_text("二")
    monkeypatch.setenv("VAE_KAGGLE_DIR", str(kaggle))
    keys.append(key(project))
    (kaggle / "train.csv").write_text("三")
    keys.append(key(project))
    assert len(set(keys)) == 4
    monkeypatch.delenv("VAE_KAGGLE_DIR")
    assert key(project) == keys[1]


def test_every_page_is_outdated_when_the_package_changes(extension):
    outdated = extension("execution_cache").outdated_pages
    env = SimpleNamespace(found_docs={"index", "02"})
    first, second = (
        SimpleNamespace(config=SimpleNamespace(nb_execution_cache_path=f"cache/{k}")) for k in "ab"
    )
    assert outdated(first, env, set(), set(), set()) == set()
    assert outdated(first, env, set(), set(), set()) == set()
    assert outdated(second, env, set(), set(), set()) == {"index", "02"}


# ── 中文 ──────────────────────────────────────────────────────────────


def test_search_cuts_han_text_into_characters_and_pairs(extension):
    assert extension("search_zh_tw").pieces("潛在 ELBO_1") == ["潛", "在", "潛在", "elbo_1"]


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
    assert extension("chinese_spacing").tidy(text, before, after) == expected


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
    extension("chinese_spacing").tidy_paragraph(paragraph)
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
    assert extension("minus_sign").with_minus(text) == expected


def test_only_pasted_text_is_changed(extension):
    module, document = extension("minus_sign"), new_document("page")
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
    extension("unbroken_marks").bind(paragraph)
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
    once = correct(
        '<button class="btn search-button-field" aria-label="搜尋">搜</button><nav aria-label="Main">'
    )
    assert once == '<button class="btn search-button-field">搜</button><nav aria-label="全書目錄">'
    assert correct(once) == once
    named = correct('<p><span class="caption-number">定理 4.1 </span> (KL (總和) 相加)</p>')
    assert named == '<p><span class="caption-number">定理 4.1</span>（KL (總和) 相加）</p>'
