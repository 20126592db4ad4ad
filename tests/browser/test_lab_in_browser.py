"""實驗室在無頭 Chromium 裡：由 file:// 真的訓練，算的與 Node 相同。

畫面不卡，沒有東西送出去，錯了說得出原因；先猜再跑、存檔、手機、鍵盤與報讀軟體都用得了。
"""

import csv
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.browser.inspection import inaccessible, opened, overflow
from tests.figure_page import write_page
from tests.lab.test_guided_experiments import document, drive
from vae_from_scratch.housing import lab

__all__ = ["document"]
pytestmark = pytest.mark.browser
PHONE: dict[str, Any] = {"width": 390, "has_touch": True, "is_mobile": True}
PATIENCE = 60_000  # 毫秒：忙的機器上訓練幾個週期
#: 很快就訓練完的設定。
QUICK = "#lab:hidden=20&epochs=2&warmup=0"
BLOCKED = """() => {
  window.blocked = [];
  new PerformanceObserver((list) => window.blocked.push(...list.getEntries().map((e) => e.duration)))
    .observe({ type: "longtask" });
}"""


@pytest.fixture(scope="module")
def figure(ames):
    return lab.lab_figure(ames)


@pytest.fixture
def open_lab(browser, tmp_path, figure):
    """打開只有實驗室的網頁；離開時，主控台不能有錯誤，也不能有對外的連線。"""
    from contextlib import ExitStack

    with ExitStack() as stack:
        complaints: list[list[str]] = []

        def go(
            query: str = QUICK,
            width: int = 1000,
            theme: str = "light",
            before: str = "",
            ready: str = ".interactive-text",
            **options: Any,
        ) -> Any:
            path = tmp_path / "lab.html"
            write_page(path, figure)
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace("<title>", f"<script>{before}</script><title>"), encoding="utf-8")
            page, noise = stack.enter_context(opened(browser, path, (width, 900), theme, query, **options))
            complaints.append(noise)
            page.wait_for_selector(f"{ready}:not(:empty)", timeout=PATIENCE)
            return page

        go.complaints = complaints  # type: ignore[attr-defined]
        yield go
        assert [noise for noise in complaints if noise] == []


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def finished(page: Any, epochs: int) -> None:
    """等到訓練完第 epochs 個週期。"""
    page.wait_for_function(
        "(n) => document.querySelector('.lab-clock').textContent.startsWith(`第 ${n}／${n} 個週期`)"
        " && document.querySelector('.play').textContent !== '暫停'",
        arg=epochs,
        timeout=PATIENCE,
    )
    settle(page)


def settle(page: Any) -> None:
    page.evaluate("() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")


def said(page: Any) -> str:
    return page.locator(".interactive-text").inner_text()


def spoken(page: Any) -> str:
    return page.locator(".lab-spoken").evaluate("e => e.textContent")


def choose(page: Any, label: str, value: str) -> None:
    page.locator(".lab-more").evaluate("fold => fold.open = true")
    control = page.get_by_label(label, exact=True)
    if control.evaluate("e => e.tagName") == "SELECT":
        control.select_option(value)
    else:
        control.fill(value)
        control.press("Enter")
    settle(page)


# ── 訓練 ──────────────────────────────────────────────────────────────


def test_it_trains_from_disk_and_agrees_with_node(open_lab, document):
    """從 file:// 訓練兩個週期，說出的數字與 Node 裡同樣的程式一樣；再訓練一次還是一樣。"""
    page = open_lab("#lab:hidden=100-50&epochs=2&warmup=0")
    assert "還沒有訓練" in said(page)
    press(page, "訓練")
    finished(page, 2)
    (measured,) = drive(document, 0, "measure")
    text = said(page)
    for value in (measured["elbo"], measured["r2"], *measured["klPerUnit"]):
        assert f"{value:.2f}".replace("-", "−") in text
    assert "訓練完了" in spoken(page)
    press(page, "重來")
    press(page, "訓練")
    finished(page, 2)
    assert said(page) == text


def test_the_page_stays_responsive_while_it_trains(open_lab):
    """訓練時主執行緒不被占住：超過 50 毫秒的工作，合計不到訓練時間的十分之一（機器忙的時候偶爾有一兩個）。"""
    page = open_lab("#lab:hidden=200-100-50-20&epochs=8")
    page.evaluate(BLOCKED)
    started = time.monotonic()
    press(page, "訓練")
    page.locator(".handle").focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(100)
    finished(page, 8)
    spent = 1000 * (time.monotonic() - started)
    blocked = page.evaluate("window.blocked")
    assert sum(blocked) < 0.1 * spent, (blocked, spent)


def test_a_blocked_page_is_noticed(open_lab):
    """反向對照：主執行緒真的卡住，上一個測試看得見。"""
    page = open_lab()
    page.evaluate(BLOCKED)
    page.evaluate("() => setTimeout(() => { for (let k = 0; k < 4e8; k++) window.x = k % 3; }, 10)")
    page.wait_for_function("() => window.blocked.length > 0")


def test_one_step_one_epoch_pause_and_on(open_lab):
    page = open_lab("#lab:hidden=200-100-50-20&epochs=60")
    press(page, "走一步")
    page.wait_for_function(
        "() => document.querySelector('.interactive-text').textContent.startsWith('第 0 個週期')"
    )
    press(page, "走一個週期")
    page.wait_for_function(
        "() => document.querySelector('.interactive-text').textContent.startsWith('第 1 個週期')",
        timeout=PATIENCE,
    )
    press(page, "繼續訓練")
    page.wait_for_function(
        "() => document.querySelector('.lab-clock').textContent.includes('約還要')", timeout=PATIENCE
    )
    press(page, "暫停")
    page.get_by_role("button", name="繼續訓練").wait_for(timeout=PATIENCE)


def test_beta_can_be_turned_while_it_trains(open_lab):
    """訓練到一半把 β 拖到最右：不必重來，下一步就生效。"""
    page = open_lab("#lab:hidden=40&epochs=12&warmup=0")
    press(page, "走一個週期")
    page.wait_for_function(
        "() => document.querySelector('.interactive-text').textContent.startsWith('第 1 個週期')",
        timeout=PATIENCE,
    )
    page.get_by_label("β（KL 的價錢）").press("End")
    press(page, "繼續訓練")
    finished(page, 12)
    assert "沒有一個單元在用，R² 這時候沒有意義" in said(page)


def test_the_earlier_run_stays_for_comparison(open_lab):
    page = open_lab()
    assert not page.locator(".lab-compared").is_visible()
    press(page, "訓練")
    finished(page, 2)
    choose(page, "潛在維度", "3")
    assert "潛在維度 2 → 3" in page.locator(".lab-stale").inner_text()
    press(page, "重來")
    press(page, "訓練")
    finished(page, 2)
    table = page.locator(".lab-compared").inner_text()
    assert "這一次" in table and "前一次" in table and "潛在維度 2 → 3" in table
    assert page.locator("path.faint").count() == 3
    assert page.get_by_label("看哪兩軸").is_visible()
    assert page.locator(".lab-meters li").count() == 4


def test_one_dimension_is_a_strip(open_lab):
    page = open_lab(QUICK + "&latent=1")
    press(page, "訓練")
    finished(page, 2)
    page.locator(".handle").focus()
    page.keyboard.press("ArrowUp")  # 上下沒有意思
    assert page.locator(".lab-decoded h4").inner_text().startswith("z = (0.00) ")
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function(
        "() => document.querySelector('.lab-decoded h4').textContent.startsWith('z = (0.50) ')"
    )


# ── 錯誤與做不到 ──────────────────────────────────────────────────────


def test_a_diverging_run_says_why(open_lab):
    page = open_lab("#lab:hidden=100-50&learningRate=1&warmup=0&epochs=20&beta=300")
    press(page, "訓練")
    page.wait_for_function(
        "() => document.querySelector('.lab-problem').textContent.includes('不是有限的數')",
        timeout=PATIENCE,
    )
    assert "學習率" in page.locator(".lab-problem").inner_text()


def test_a_setting_that_makes_no_sense_is_explained(open_lab):
    page = open_lab()
    choose(page, "隱藏層", "200-很多")
    assert "「隱藏層」寫的是「200-很多」" in page.locator(".lab-problem").inner_text()
    assert page.get_by_label("隱藏層").get_attribute("aria-invalid") == "true"
    choose(page, "隱藏層", "30")
    assert page.locator(".lab-problem").inner_text() == ""


@pytest.mark.parametrize("before", ["WebAssembly.validate = () => false", "delete globalThis.WebAssembly"])
def test_without_simd_it_says_so(open_lab, before):
    page = open_lab(before=before)
    assert "沒有 WebAssembly 的 SIMD" in said(page) and "圖" in said(page)
    assert page.locator(".lab button").count() == 0


def test_without_the_engine_it_says_so(open_lab):
    """只拿走這一頁：一句話，不是一個按了沒有反應的按鈕。"""
    page = open_lab(
        before="Object.defineProperty(globalThis, 'LAB_ENGINE_WASM', { value: '', writable: false })"
    )
    assert "engine.wasm.js 沒有載入" in said(page)


def test_without_a_worker_it_says_so(open_lab):
    page = open_lab(
        before="globalThis.Worker = class { constructor() { throw new Error('不准'); } }",
        ready=".lab-problem",
    )
    assert "不准網頁開背景的程式" in page.locator(".lab-problem").inner_text()
    assert page.locator(".play").is_disabled()


# ── 先猜再跑 ──────────────────────────────────────────────────────────


def test_predict_run_compare(open_lab):
    """沒有猜就不能跑；跑完說出這一次的數字、對不對，和哪一章；猜的記得住。"""
    page = open_lab("")
    press(page, "1 係數寫 1")
    assert page.get_by_role("button", name="跑跑看").is_disabled()
    page.get_by_label("散得更開").check()
    press(page, "跑跑看")
    page.locator(".lab-guide .results").wait_for(timeout=PATIENCE)
    result = page.locator(".lab-guide .results").inner_text()
    assert "你猜「散得更開」，這一次是「全部縮成一點」" in result
    assert re.search(r"ELBO −48\.\d\d nats", result)
    assert page.locator(".lab-guide a").get_attribute("href") == "07-kl-weight.html"
    assert "全部縮成一點" in spoken(page)
    assert "experiment=collapse" in page.evaluate("location.hash")
    page.reload()
    page.get_by_label("散得更開").wait_for()
    assert page.get_by_label("散得更開").is_checked()


def test_without_storage_it_still_works(open_lab):
    page = open_lab(
        QUICK, before="Object.defineProperty(window, 'localStorage', { get() { throw new Error('不准'); } })"
    )
    press(page, "1 係數寫 1")
    page.get_by_label("全部縮成一點").check()
    assert page.get_by_role("button", name="跑跑看").is_enabled()
    page.evaluate("Object.defineProperty(window, 'localStorage', { value: { clear() {} } })")


def test_every_chapter_named_exists(open_lab):
    page = open_lab()
    for address in page.evaluate("Lab.EXPERIMENTS.map(({ chapter }) => chapter[0])"):
        assert (Path("book") / address.replace(".html", ".md")).is_file()


# ── 帶走 ──────────────────────────────────────────────────────────────


def test_the_address_holds_the_settings(open_lab):
    page = open_lab("#lab:beta=4&latent=3&hidden=30-10&seed=5&warmup=abc")
    assert page.get_by_label("隨機種子").input_value() == "5"
    assert "暖身「abc」" in page.locator(".lab-problem").inner_text()
    choose(page, "批次", "64")
    assert page.evaluate("location.hash") == "#lab:beta=4&latent=3&hidden=30-10&batch=64&seed=5"


def test_codes_and_picture_can_be_saved(open_lab, tmp_path, ames):
    page = open_lab()
    press(page, "訓練")
    finished(page, 2)
    with page.expect_download() as download:
        press(page, "編碼（CSV）")
    download.value.save_as(tmp_path / "codes.csv")
    rows = list(csv.DictReader((tmp_path / "codes.csv").open(encoding="utf-8")))
    assert len(rows) == len(ames) and set(rows[0]) >= {"Id", "SalePrice", "mu_1", "mu_2", "sigma_2"}
    assert [int(row["held_out"]) for row in rows] == ames.held_out(seed=0).astype(int).tolist()
    with page.expect_download() as download:
        press(page, "存圖（PNG）")
    download.value.save_as(tmp_path / "plane.png")
    assert (tmp_path / "plane.png").read_bytes().startswith(b"\x89PNG")


def test_colours_by_price_year_and_neighbourhood(open_lab):
    page = open_lab()
    colours = page.get_by_label("顏色", exact=True)
    assert "房價（萬美元" in page.locator(".lab-left svg .unit").text_content()
    colours.select_option("year")
    page.wait_for_function(
        "() => document.querySelector('.lab-left svg .unit').textContent.startsWith('建造年份')"
    )
    colours.select_option(label="北艾姆斯（443 棟）")
    page.wait_for_function(
        "() => document.querySelector('.lab-left svg .unit').textContent.startsWith('北艾姆斯')"
    )


# ── 誰都用得了 ────────────────────────────────────────────────────────


@pytest.mark.parametrize("width", [390, 820, 1280])
def test_it_fits_every_width(open_lab, width):
    page = open_lab(width=width)
    press(page, "2 門檻在哪裡")
    page.locator(".lab-more").evaluate("fold => fold.open = true")
    assert overflow(page) == []


def test_fingers_can_press_everything_on_a_phone(open_lab):
    page = open_lab(**PHONE)
    press(page, "3 醒來的抽籤")
    page.locator(".lab-more").evaluate("fold => fold.open = true")
    for control in page.locator(
        ".lab :is(button, select, input[type=range], input[type=text], summary)"
    ).all():
        if control.is_visible():
            assert control.bounding_box()["height"] >= 43.5, control.evaluate("e => e.outerHTML")
    for label in page.locator(".lab fieldset label").all():
        assert label.bounding_box()["height"] >= 43.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible(open_lab, theme):
    """訓練過、看過實驗的結果之後，axe 也沒有嚴重的問題。"""
    page = open_lab(theme=theme)
    press(page, "訓練")
    finished(page, 2)
    press(page, "1 係數寫 1")
    page.get_by_label("全部縮成一點").check()
    press(page, "跑跑看")
    page.locator(".lab-guide .results").wait_for(timeout=PATIENCE)
    page.locator(".lab-more").evaluate("fold => fold.open = true")
    settle(page)
    assert open_lab.complaints == [[]]
    assert inaccessible(page) == []
    open_lab.complaints.clear()  # axe 自己會再讀一次樣式檔，那是它的雜音


def test_nothing_moves_by_itself(open_lab):
    page = open_lab(reduced_motion="reduce")
    press(page, "訓練")
    finished(page, 2)
    assert page.evaluate("document.getAnimations().length") == 0
