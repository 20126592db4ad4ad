"""互動圖：Python 交給網頁的資料、只載入到用得到的那一頁，以及在無頭 Chromium 裡真的拖一拖。"""

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from vae_from_scratch import gaussian, plotting
from vae_from_scratch.interactive import InteractiveFigure

ROOT = Path(__file__).resolve().parents[1]
NOISE = np.array([-1.5, -0.4, 0.1, 0.9, 1.2, 0.7])


def embedded(figure: InteractiveFigure) -> dict[str, Any]:
    html = figure._repr_html_()
    found = re.search(r'<script type="application/json">(.*?)</script>', html, re.S)
    assert found
    return json.loads(found[1])


# ── Python 這一端 ─────────────────────────────────────────────────────


def test_data_reach_the_page_with_the_course_colours():
    """陣列與數字原樣到達網頁，顏色就是全書的那一套。"""
    data = embedded(InteractiveFigure("map", "結論", noise=NOISE, mean=1.0))
    assert data == {"colours": plotting.COLOURS, "noise": NOISE.tolist(), "mean": 1.0}


def test_fallback_is_shown_without_javascript():
    """沒有 JavaScript（或匯出成 .ipynb 的純文字）時，讀到的是結論。"""
    figure = InteractiveFigure("map", "a < b")
    assert repr(figure) == "a < b"
    assert "a &lt; b" in figure._repr_html_()


def test_closing_tag_inside_the_data_does_not_end_the_script():
    assert embedded(InteractiveFigure("map", "", note="</script><b>"))["note"] == "</script><b>"


@pytest.mark.parametrize("value", [np.nan, [1.0, np.inf]])
def test_numbers_the_page_cannot_read_are_refused(value):
    with pytest.raises(ValueError, match="NaN 或無限大"):
        InteractiveFigure("map", "", value=value)


def test_unknown_type_is_refused():
    with pytest.raises(TypeError, match="set"):
        InteractiveFigure("map", "", value={1})


# ── 只載入到用得到的那一頁 ────────────────────────────────────────────


@pytest.fixture
def extension(monkeypatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    monkeypatch.delitem(sys.modules, "interactive_figures", raising=False)
    return __import__("interactive_figures")


MARK = '<div data-interactive="explorer"></div>'


def loaded(extension, body: str) -> list[str]:
    files: list[str] = []
    app = SimpleNamespace(add_css_file=files.append, add_js_file=lambda file, **_: files.append(file))
    extension.load_where_used(app, "page", "page.html", {"body": body}, None)
    return files


def test_programs_are_taken_off_every_page(extension):
    config = SimpleNamespace(
        html_js_files=["a.js", "interactive/stage.js"], html_css_files=["interactive/x.css"]
    )
    extension.keep_off_every_page(None, config)
    assert (config.html_js_files, config.html_css_files) == (["a.js"], [])


def test_a_page_loads_exactly_the_programs_it_uses(extension):
    """d3 與 stage.js 排在圖的程式前面；沒有互動圖的頁什麼也不載入。"""
    assert loaded(extension, "<p>沒有</p>") == []
    assert loaded(extension, InteractiveFigure("reparameterization", "")._repr_html_()) == [
        "interactive/interactive.css",
        "../d3/d3.min.js",
        "interactive/stage.js",
        "interactive/reparameterization.js",
    ]


def test_a_figure_in_several_files_loads_its_style_and_parts_first(extension):
    """探索器的程式分成幾個檔案：樣式與零件在前，自己在最後。"""
    files = extension.files_of("explorer")
    assert files[0] == "explorer.css" and files[-1] == "explorer.js"
    assert {"explorer/decoder.js", "explorer/neighbours.js"} < set(files)
    assert files == [file.removeprefix("interactive/") for file in loaded(extension, MARK)[3:]]


def test_a_figure_that_trains_loads_the_engine_before_itself(extension):
    """編譯好的引擎與它的包裝排在圖的程式前面；不訓練的圖不載入。"""
    files = loaded(extension, '<div data-interactive="lab"></div>')
    assert files[3:5] == extension.ENGINE
    assert not set(extension.ENGINE) & set(loaded(extension, MARK))


def test_a_missing_program_is_a_warning(extension, monkeypatch):
    """名字打錯會讓建置失敗（-W），不會安靜地少一張圖。"""
    warnings: list[str] = []
    monkeypatch.setattr(extension.logger, "warning", lambda text, *args, **_: warnings.append(text % args))
    loaded(extension, '<div data-interactive="no-such"></div>')
    assert len(warnings) == 1
    assert "no-such" in warnings[0]


# ── 在瀏覽器裡 ────────────────────────────────────────────────────────


def reparameterization() -> InteractiveFigure:
    return InteractiveFigure("reparameterization", "結論", noise=NOISE, mean=1.0, std=2.0)


def said(page) -> str:
    page.clock.run_for(450)  # 停手 250 毫秒之後才換字：撥快網頁的時鐘，不必真的等
    return page.locator(".interactive-text").inner_text()


def expected_text(mean: float, std: float) -> list[str]:
    """同樣的數字由 NumPy 再算一次。"""
    z = mean + std * NOISE
    numbers = [
        f"μ = {mean:.2f}，σ = {std:.2f}",
        f"平均是 {z.mean():.2f}，標準差 {z.std(ddof=1):.2f}",
        f"ε = {NOISE[-1]:.2f} 走到 z = {z[-1]:.2f}",
        f"損失 z² 的平均是 {np.mean(z**2):.2f}（期望值 {mean**2 + std**2:.2f}）",
        f"路徑梯度平均是 {2 * z.mean():.2f}（真值 {2 * mean:.2f}）",
    ]
    return [number.replace("-", "−") for number in numbers]


def slider(page, index: int = 0) -> Any:
    return page.locator("input[type=range]").nth(index)


def drag(page, handle: int, by: float) -> None:
    box = page.locator(".handle .knob").nth(handle).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=8)
    page.mouse.up()


@pytest.mark.browser
def test_text_agrees_with_numpy_at_start_and_after_keys(open_figure):
    """文字替代說的每個數字都與 NumPy 相同；方向鍵在滑桿與把手上都有效。"""
    page = open_figure(reparameterization())
    assert [part for part in expected_text(1.0, 2.0) if part not in said(page)] == []
    slider(page).focus()
    page.keyboard.press("ArrowRight")
    page.locator(".handle").nth(1).focus()
    for key in ("ArrowLeft", "PageDown", "Home"):  # 每按一次都重畫，焦點不能掉
        page.keyboard.press(key)
        page.wait_for_timeout(60)
    assert [part for part in expected_text(1.05, 0.5) if part not in said(page)] == []
    assert page.locator(".handle").nth(1).get_attribute("aria-valuenow") == "0.5"
    page.get_by_role("button", name="回到開始").click()
    assert [part for part in expected_text(1.0, 2.0) if part not in said(page)] == []


@pytest.mark.browser
def test_fixed_noise_retraces_its_path_and_redrawn_noise_does_not(open_figure):
    """同樣的 μ 回到同樣的損失；勾了「每次重抽」就回不去（反向對照）。"""
    page = open_figure(reparameterization())
    start = said(page)
    drag(page, 0, 120)
    moved = said(page)
    assert moved != start
    slider(page).fill("1")
    assert said(page) == start
    page.get_by_label("每次移動都重抽雜訊").check()
    drag(page, 0, 120)
    slider(page).fill("1")
    assert said(page).replace("每次移動都重抽雜訊", "雜訊固定不變") != start


@pytest.mark.browser
def test_dragging_stays_inside_the_range(open_figure):
    """拖出圖外也只到滑桿的兩端。"""
    page = open_figure(reparameterization())
    drag(page, 0, 3000)
    assert "μ = 3.00" in said(page)
    drag(page, 1, -3000)
    assert "σ = 0.50" in said(page)


@pytest.mark.browser
def test_touch_drags_the_handle_on_a_phone(open_figure):
    """手機寬 390：手指拖得動 μ，圖不超出畫面，按鈕與滑桿至少 44 像素高。"""
    page = open_figure(reparameterization(), width=390, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator(".handle .knob").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    for kind, at in [("touchStart", x), ("touchMove", x + 30), ("touchMove", x + 60), ("touchEnd", None)]:
        points = [] if at is None else [{"x": at, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert "μ = 1.00" not in said(page)
    for control in page.locator(".interactive button, .interactive input[type=range]").all():
        assert control.bounding_box()["height"] >= 44


# ── 第 3 章的 kl ──────────────────────────────────────────────────────


def two_divergences(page) -> list[str]:
    return re.findall(r"D\([qp]‖[qp]\) = ([\d.]+) nats", said(page))


@pytest.mark.browser
@pytest.mark.parametrize(("mean", "std"), [(1.0, 2.0), (0.35, 1.7), (-2.5, 0.4), (1.85, 0.65)])
def test_the_mirror_swaps_the_two_divergences_exactly(open_figure, mean, std):
    """每個狀態按「鏡像」，兩個數正好對調；再按一次就回來。"""
    page = open_figure(InteractiveFigure("kl", "結論", mean=mean, std=std))
    before, truth = two_divergences(page), [f"{kl:.4f}" for kl in both_ways(mean, std)]
    assert before == truth
    page.get_by_role("button", name="鏡像").click()
    assert two_divergences(page) == before[::-1]
    assert f"μ = {-mean / std:.2f}，標準差 σ = {1 / std:.2f}".replace("-", "−") in said(page)
    page.get_by_role("button", name="鏡像").click()
    assert two_divergences(page) == before


@pytest.mark.browser
def test_a_slider_moved_after_the_mirror_is_back_on_its_grid(open_figure):
    """鏡像之後由鍵盤動滑桿：值回到格子上，不再是算出來的那個。"""
    page = open_figure(InteractiveFigure("kl", "結論", mean=0.35, std=1.7))
    page.get_by_role("button", name="鏡像").click()
    page.locator("input[type=range]").nth(1).focus()
    page.keyboard.press("ArrowRight")
    assert "標準差 σ = 0.65；" in said(page)
    assert two_divergences(page) != [f"{kl:.4f}" for kl in both_ways(0.35, 1.7)][::-1]


def both_ways(mean: float, std: float) -> list[float]:
    """D(q‖p) 與 D(p‖q)：後者直接由兩個常態的公式，不用鏡像。"""
    forward = float(gaussian.kl_to_standard_normal([mean], [2 * np.log(std)]))
    return [forward, 0.5 * (1 / std**2 + mean**2 / std**2 - 1 + 2 * np.log(std))]


# ── 第 4 章的 covariance 與第 7 章的 beta ─────────────────────────────


def covariance_figure() -> InteractiveFigure:
    choices = [
        {"name": "標準", "mean": [0, 0], "variance": [1, 1]},
        {"name": "影子", "mean": [1, 0.5], "variance": [4, 0.25]},
    ]
    noise = np.random.default_rng(0).standard_normal((20, 2))
    return InteractiveFigure("covariance", "結論", noise=noise, rho=0.9, choices=choices)


def expected_prices(mean: list[float], variance: list[float], rho: float) -> list[str]:
    """各維相加、真正的 KL 與差額，由套件的兩個函式算，不用總相關的公式。"""
    off = rho * np.sqrt(np.prod(variance))
    true = gaussian.kl_full_covariance(mean, [[variance[0], off], [off, variance[1]]])
    summed = gaussian.kl_to_standard_normal(mean, np.log(variance))
    return [f"相加是 {summed:.4f} nats", f"真正的 KL 是 {true:.4f} nats", f"是 {true - summed:.4f}。"]


@pytest.mark.browser
def test_covariance_prices_agree_with_the_full_formula(open_figure):
    """起點、方向鍵與換分布之後，念出來的三個數都與套件相同；ρ 改變時各維相加不變。"""
    page = open_figure(covariance_figure())
    assert [part for part in expected_prices([0, 0], [1, 1], 0.9) if part not in said(page)] == []
    page.locator(".handle").focus()
    for key in ("PageDown", "ArrowLeft"):
        page.keyboard.press(key)
    assert [part for part in expected_prices([0, 0], [1, 1], 0.845) if part not in said(page)] == []
    page.get_by_role("button", name="影子").click()
    assert [part for part in expected_prices([1, 0.5], [4, 0.25], 0.845) if part not in said(page)] == []
    assert expected_prices([1, 0.5], [4, 0.25], 0.9)[0] == expected_prices([1, 0.5], [4, 0.25], 0.845)[0]


def beta_figure() -> InteractiveFigure:
    codes = np.random.default_rng(0).standard_normal((12, 2))
    scores = {"reconstruction": 40.0, "r2": 0.5, "r2_shuffled": -0.1}
    runs = [
        scores | {"beta": beta, "active": active, "kl": [0.9 * active, 0.4], "codes": codes * active}
        for beta, active in [(0.5, 2), (1.0, 2), (6.0, 1), (20.0, 0)]
    ]
    price = np.linspace(11, 13, 12)
    return InteractiveFigure("beta", "結論", runs=runs, log_price=price, price_range=plotting.LOG_PRICE_RANGE)


@pytest.mark.browser
def test_beta_slider_tells_what_is_alive(open_figure):
    """由鍵盤走過每個 β：念得出活著幾個單元，崩塌時提醒 R² 沒有意義；手機也不超出畫面。"""
    page = open_figure(beta_figure(), width=390, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert "β = 1：兩個單元都活著。兩個單元的 KL 是 1.800 與 0.400" in said(page)
    slider(page).focus()
    for key, state in [
        ("ArrowRight", "β = 6：只剩一個單元"),
        ("End", "β = 20：全部崩塌"),
        ("Home", "β = 0.5："),
    ]:
        page.keyboard.press(key)
        text = said(page)
        assert state in text
        assert ("R² 沒有意義" in text) == (key == "End")
    assert slider(page).get_attribute("aria-valuetext") == "β = 0.5"
    assert page.locator("circle").count() >= 12
