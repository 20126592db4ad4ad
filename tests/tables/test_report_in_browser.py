"""在無頭 Chromium 打開報告：三種寬度、明與暗、印成紙，都不連線、不必左右捲、沒有嚴重的無障礙問題。"""

import pytest

from tests.browser.inspection import AXE, DESKTOP, PHONE, inaccessible, opened, overflow
from vae_from_scratch.tables import report

from .conftest import make_fit, make_table
from .test_report import ATTACK

pytestmark = pytest.mark.browser

TABLET = (820, 1180)
#: 印出來還看不見的、被裁掉的：收起來的內容、超出紙面的表與圖。
PAPER = (680, 1000)  # A4 扣掉邊界，96 dpi
CUT = """() => [
  ...[...document.querySelectorAll("details")]
    .filter((e) => [...e.children].some((part) => !part.checkVisibility()))
    .map((e) => "收著 " + e.querySelector("summary").innerText),
  ...[...document.querySelectorAll("table, img")]
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
    .map((e) => `超出 ${e.tagName} ${Math.round(e.getBoundingClientRect().right)}px`),
]"""


@pytest.fixture(scope="module")
def path(mixed_plan, tmp_path_factory):
    table = make_table(100).rename(columns={"形": f"{ATTACK}{'很長的欄名' * 12}"})
    folder = tmp_path_factory.mktemp("報告")
    fit = make_fit(table, mixed_plan, folder, "價", source="長" * 90 + ".csv")
    (folder / "report.html").write_text(report.render(fit), encoding="utf-8")
    return folder / "report.html"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, TABLET, PHONE])
def test_the_report_opens_quietly(browser, path, size, theme):
    with opened(browser, path, size, theme) as (page, noise):
        assert noise == [] and overflow(page) == []
        page.evaluate(AXE.read_text(encoding="utf-8"))  # 內容安全政策不准加 <script>，直接算一遍
        assert inaccessible(page) == []
        shown = page.evaluate("[...document.images].map((image) => image.naturalWidth > 0)")
        assert shown == [True] * 7
        assert ATTACK in page.inner_text("main"), "名字是文字，沒有執行"


def test_the_page_is_dark_in_the_dark(browser, path):
    colours = []
    for theme in ("light", "dark"):
        with opened(browser, path, DESKTOP, theme) as (page, _):
            colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert colours == ["rgb(255, 255, 255)", "rgb(22, 25, 29)"]


def test_nothing_is_folded_away_or_cut_on_paper(browser, path):
    with opened(browser, path, PAPER) as (page, _):
        assert any(text.startswith("收著") for text in page.evaluate(CUT)), "在螢幕上有收起來的"
        page.emulate_media(media="print")
        assert page.evaluate(CUT) == [], "只靠樣式"
        page.evaluate("document.querySelector('.wide').style.width = '2000px'")
        assert page.evaluate(CUT) != [], "這個檢查認得出超出紙面的表"


def test_browsers_without_the_style_open_the_folds_before_printing(browser, path):
    with opened(browser, path) as (page, _):
        count = "document.querySelectorAll('details:not([open])').length"
        before = page.evaluate(count)
        assert before > 0
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(count) == 0
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.evaluate(count) == before


def test_the_policy_stops_other_scripts_and_connections(browser, path):
    with opened(browser, path) as (page, noise):
        page.evaluate(
            "() => { const other = document.createElement('script'); other.textContent = 'window.ran = true';"
            " document.body.append(other); }"
        )
        assert not page.evaluate("window.ran === true")
        page.evaluate("fetch('https://example.org/').catch(() => 0)")
        assert any("Content Security Policy" in text for text in noise), "瀏覽器說了為什麼"


def test_the_contents_lead_to_every_section(browser, path):
    with opened(browser, path, PHONE) as (page, _):
        for link in page.locator("nav a").all():
            target = str(link.get_attribute("href"))
            assert (
                page.locator(target).count() == 1 and page.locator(target).inner_text() == link.inner_text()
            )


def test_who_wins_is_seen_on_a_phone_without_scrolling(browser, path):
    with opened(browser, path, PHONE) as (page, _):
        for badge in page.locator(".badge").all():
            box = badge.bounding_box()
            assert box and box["x"] >= 0 and box["x"] + box["width"] <= PHONE[0]
