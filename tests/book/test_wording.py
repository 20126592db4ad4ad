"""用字：原始檔與建好的網頁都不出現大陸用語與簡體字。"""

from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.book.wording import MAINLAND, ROOT, is_simplified, problems, quoted_sources
from tests.built_book import pages, require_book

TEXT = {
    ".md",
    ".py",
    ".po",
    ".yml",
    ".toml",
    ".js",
    ".cjs",
    ".mjs",
    ".ts",
    ".css",
    ".in",
    ".lock",
    ".bib",
    ".json",
}
FOLDERS = ["book", "exercises", "solutions", "vae_from_scratch", "tests"]
#: 讀者看得到、聽得到的屬性。
ATTRIBUTES = ["alt", "title", "aria-label", "placeholder", "content"]


def sources() -> list[Path]:
    """每一個寫給人看的文字檔；用字檢查自己列了大陸用語，除外。"""
    files = [path for name in FOLDERS for path in (ROOT / name).rglob("*") if path.suffix in TEXT]
    files += [path for path in ROOT.iterdir() if path.suffix in TEXT or path.name == "Makefile"]
    return sorted(path for path in files if not path.is_relative_to(ROOT / "tests" / "book"))


@cache
def quoted() -> list[str]:
    return quoted_sources((ROOT / "book" / "references.bib").read_text(encoding="utf-8"))


def visible(html: str | BeautifulSoup) -> str:
    """網頁上看得到的字，一個元素一行；引用的大陸用語（class="zh-cn"）除外。給的是一棵樹就拿掉那些元素。"""
    soup = html if isinstance(html, BeautifulSoup) else BeautifulSoup(html, "html.parser")
    for hidden in soup.select("script, style, .zh-cn"):
        hidden.decompose()
    attributes = [str(tag[name]) for tag in soup.find_all(True) for name in ATTRIBUTES if tag.has_attr(name)]
    return "\n".join([soup.get_text("\n"), *attributes])


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_sources_use_taiwan_terms(path):
    assert problems(path.read_text(encoding="utf-8"), quoted()) == []


@pytest.mark.parametrize("page", pages() or ["index.html"])
def test_pages_use_taiwan_terms(page):
    html = (require_book() / page).read_text(encoding="utf-8")
    assert problems(visible(html), quoted()) == []


# ── 檢查本身抓得到錯 ──────────────────────────────────────────────────


PLANTED = [
    "計算協方差",
    "最大似然估計",
    "隨機採樣",
    "正態分布",
    "條件概率",
    "處理數據",
    "互信息",
    "默認值",
    "優化器",
    "過擬合",
    "激活函數",
    "通過抽樣得到",
    "成品的質量",
    "變量",
    "神經網絡",
    "打印結果",
    "模型重構",
    "常態分佈",
    "歐式距離",
    "陣列即數組",
]


@pytest.mark.parametrize("line", PLANTED)
def test_a_planted_mainland_term_is_caught(line):
    assert problems(f"前一行沒有問題。\n{line}。"), line


@pytest.mark.parametrize("character", "编码变隐样验这为们个发测训练损误图书机网体优复与")
def test_a_planted_simplified_character_is_caught(character):
    assert is_simplified(character)
    assert problems(f"這一句混進了{character}字。")


@pytest.mark.parametrize(
    "line",
    [
        "共變異數與概似",
        "函數組成",
        "機率質量函數",
        "測試全部通過",
        "通過測試就及格",
        "最佳化演算法",
        "裡外、台北、臺灣、峰值",
        "平方差相加",
    ],
)
def test_taiwan_wording_is_not_rejected(line):
    assert problems(line) == []


def test_every_term_has_a_better_one():
    assert all(better and not problems(better) for better in MAINLAND.values())


def test_only_the_marked_quotation_is_exempt():
    """標了 ``.zh-cn`` 的引用不算錯；同一個詞沒有標就算。"""
    assert problems("variance〔[方差]{.zh-cn}〕是變異數") == []
    assert problems("variance〔方差〕是變異數")


def test_bibliography_titles_are_exempt_only_when_marked():
    marked = "@misc{a,\n  author = {{苏剑林}},\n  title = {变分自编码器（一）},\n  langid = {zh-CN},\n}\n"
    assert problems("见".replace("见", "見") + "变分自编码器（一）", quoted_sources(marked)) == []
    assert quoted_sources(marked.replace("langid", "note")) == []


def test_html_check_reads_attributes_and_skips_marked_elements():
    page = (
        '<p>好<span class="zh-cn">方差</span></p><button title="复制"></button>'
        '<img alt="概率圖"><script>数据</script>'
    )
    found = " ".join(problems(visible(page)))
    assert "复" in found and "概率" in found
    assert "方差" not in found and "数" not in found
