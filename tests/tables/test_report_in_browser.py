"""在無頭 Chromium 打開報告：寬螢幕與手機、明與暗，都不連線、不必左右捲、沒有嚴重的無障礙問題。"""

import pytest

from tests.browser.inspection import DESKTOP, PHONE, inaccessible, opened, overflow
from vae_from_scratch.tables import report

from .conftest import make_table
from .test_report import ATTACK, make_fit

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def path(plan, tmp_path_factory):
    table = make_table(100).rename(columns={"形": f"{ATTACK}{'很長的欄名' * 12}"})
    path = tmp_path_factory.mktemp("報告") / "report.html"
    path.write_text(report.render(make_fit(table, plan, "價", source="長" * 90 + ".csv")), encoding="utf-8")
    return path


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_report_opens_quietly(browser, path, size, theme):
    with opened(browser, path, size, theme) as (page, noise):
        assert noise == [] and overflow(page) == []
        assert inaccessible(page) == []
        shown = page.evaluate("[...document.images].map((image) => image.naturalWidth > 0)")
        assert shown == [True, True, True]
        assert ATTACK in page.inner_text("main"), "名字是文字，沒有執行"


def test_the_page_is_dark_in_the_dark(browser, path):
    colours = []
    for theme in ("light", "dark"):
        with opened(browser, path, DESKTOP, theme) as (page, _):
            colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert colours == ["rgb(255, 255, 255)", "rgb(22, 25, 29)"]
