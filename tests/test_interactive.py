"""互動圖：Python 交給網頁的資料、只載入到用得到的那一頁，以及在無頭 Chromium 裡真的拖一拖。"""

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.figure_page import drag, said, slider
from vae_from_scratch import gaussian, plotting, stills
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


def test_the_fallback_has_a_picture_with_words_for_those_who_cannot_see_it():
    """同樣的資料畫出同樣的位元組；沒有靜止畫面的名字，就只有一句話。"""
    html = reparameterization()._repr_html_()
    stills.image.cache_clear()
    assert reparameterization()._repr_html_() == html
    found = re.search(r'<img alt="([^"]+)" width="(\d+)" src="data:image/png;base64,', html)
    assert found and stills.STILLS["reparameterization"].alt == found[1] and 300 < int(found[2]) < 400
    assert "<img" not in InteractiveFigure("map", "結論")._repr_html_()


def test_a_figure_may_bring_its_own_still():
    own = stills.Still(lambda ax, data: ax.plot(data["line"]), "一條線")
    html = InteractiveFigure("map", "結論", still=own, line=[0, 1])._repr_html_()
    assert '<img alt="一條線"' in html


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
        html_js_files=["a.js", "interactive/stage.js", "search/engine.js", "previews/card.js"],
        html_css_files=["interactive/x.css", "previews/card.css"],
    )
    extension.keep_off_every_page(None, config)
    assert (config.html_js_files, config.html_css_files) == (["a.js"], [])


def test_a_page_loads_exactly_the_programs_it_uses(extension):
    """d3、stage.js 與 shared.js 排在圖的程式前面；沒有互動圖的頁什麼也不載入。"""
    assert loaded(extension, "<p>沒有</p>") == []
    assert loaded(extension, reparameterization()._repr_html_()) == [
        "interactive/palette.css",
        "interactive/interactive.css",
        "../d3/d3.min.js",
        "interactive/stage.js",
        "interactive/shared.js",
        "interactive/reparameterization.js",
    ]


def test_a_figure_in_several_files_loads_its_style_and_parts_first(extension):
    """探索器的程式分成幾個檔案：樣式與零件在前，自己在最後。"""
    files = extension.files_of("explorer")
    assert files[0] == "explorer.css" and files[-1] == "explorer.js"
    assert {"explorer/decoder.js", "explorer/neighbours.js"} < set(files)
    assert files == [file.removeprefix("interactive/") for file in loaded(extension, MARK)[5:]]


def test_a_figure_that_trains_loads_the_engine_before_itself(extension):
    """編譯好的引擎與它的包裝排在圖的程式前面；不訓練的圖不載入。"""
    files = loaded(extension, '<div data-interactive="lab"></div>')
    assert files[5:7] == extension.ENGINE
    assert not set(extension.ENGINE) & set(loaded(extension, MARK))


def test_a_figure_that_reads_files_loads_the_reader_once(extension):
    """換你的表與實驗室在同一頁：讀檔的程式在圖的前面，共用的零件只載入一次。"""
    both = '<div data-interactive="lab"></div><div data-interactive="own-table"></div>'
    files = loaded(extension, both)
    assert len(files) == len(set(files))
    own = files.index("interactive/own-table.js")
    assert [files.index(file) for file in extension.READER] == sorted(
        files.index(file) for file in extension.READER
    )
    assert all(files.index(file) < own for file in (*extension.READER, "interactive/lab/table/read.js"))
    assert "interactive/lab/plane.js" in files and not set(extension.READER) & set(loaded(extension, MARK))


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


#: 一格一格走過所有的狀態：按一次、再按一次，念的兩個數各是什麼。要讀的時候才重畫。
EVERY_MIRROR = r"""() => {
  let paint = () => {};
  window.requestAnimationFrame = (next) => { paint = next; return 0; };
  const [mu, sigma] = document.querySelectorAll("input[type=range]");
  const mirror = [...document.querySelectorAll("button")].find((b) => b.textContent.startsWith("鏡像"));
  const said = document.querySelector(".interactive-text");
  const read = () => {
    paint();
    return [...said.textContent.matchAll(/D\([qp]‖[qp]\) = ([\d.]+)/g)].map((m) => m[1]);
  };
  const move = (input, value) => { input.value = value; input.dispatchEvent(new Event("input")); };
  const found = [];
  for (let i = 0; i <= 100; i++) for (let j = 0; j <= 42; j++) {
    move(mu, (i - 50) / 20);
    move(sigma, (j + 8) / 20);
    const [m, s, before] = [mu.valueAsNumber, sigma.valueAsNumber, read()];
    mirror.click();
    const once = read();
    mirror.click();
    found.push([m, s, before, once, read()]);
  }
  return found;
}"""
#: 一萬三千次重畫只讀字：畫線的部分拿掉。
WORDS_ONLY = [
    ("    drawDensities(x);\n", ""),
    ('    drawIntegrand(forward, byQ, x, domain, blue, "照 q 平均 q log(q/p)", toPrior);\n', ""),
    ('    drawIntegrand(reverse, byP, x, domain, orange, "照 p 平均 p log(p/q)", fromPrior);\n', ""),
    ('    stage.axis(reverse, x, { at: 162, title: "z", ticks: reverse.width / 60 });\n', ""),
    ("grid.map((z) => normalDensity(z, m, s) * ratio(z))", "[]"),
    ("grid.map((z) => -normalDensity(z, 0, 1) * ratio(z))", "[]"),
]


def mirror_mistakes(found: list[Any]) -> list[Any]:
    """哪些狀態念的不是真值，或按了不對調，或再按不回來。"""
    mistakes = []
    for mean, std, before, once, twice in found:
        truth = np.array(both_ways(mean, std))
        right = np.abs(np.array(before, dtype=float) - truth).max() < 5.1e-5 * max(1, truth.max())
        if not right or once != before[::-1] or twice != before:
            mistakes.append((mean, std, before, once, twice))
    return mistakes


@pytest.mark.browser
def test_the_mirror_is_exact_in_every_state(open_figure):
    """滑桿走得到的 101 × 43 個狀態，每一個都對。"""
    page = open_figure(InteractiveFigure("kl", "結論", mean=1.0, std=2.0), planted=WORDS_ONLY)
    found = page.evaluate(EVERY_MIRROR)
    assert len({(mean, std) for mean, std, *_ in found}) == 101 * 43
    assert mirror_mistakes(found) == []


@pytest.mark.browser
def test_a_mirror_rounded_to_the_grid_is_caught(open_figure):
    """鏡像停在格子上，正是以前的錯：大半的狀態就不對。"""
    planted = [*WORDS_ONLY, ("mu.setExact(mirrored[0]", "mu.set(mirrored[0]")]
    page = open_figure(InteractiveFigure("kl", "結論", mean=1.0, std=2.0), planted=planted)
    assert len(mirror_mistakes(page.evaluate(EVERY_MIRROR))) > 101 * 43 / 2


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
