"""實驗室在無頭 Chromium 裡：由 file:// 真的訓練，算的與 Node 相同。

畫面不卡，沒有東西送出去，錯了說得出原因；先猜再跑、存檔、手機、鍵盤與報讀軟體都用得了。
"""

import csv
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.browser.inspection import inaccessible, opened, overflow
from tests.figure_page import CARD, DARK_CARD, FAINT, LIGHT_CARD, SWITCH, greys, write_page
from tests.lab.finished import POINTS
from tests.lab.finished import finished as finished_runs
from tests.lab.test_guided_experiments import document, drive
from vae_from_scratch.housing import lab
from vae_from_scratch.plotting import prior_radius

__all__ = ["document"]
pytestmark = pytest.mark.browser
PHONE: dict[str, Any] = {"width": 390, "has_touch": True, "is_mobile": True}
PATIENCE = 60_000  # 毫秒：忙的機器上訓練幾個週期
#: 很快就訓練完的設定。
QUICK = "#lab:hidden=20&epochs=2&warmup=0"
#: 滑桿一格一格走到底（先到另一端），讀出每一格的 β。
WALK = """(step) => {
  const [slider, typed] = ['range', 'text'].map((type) => document.querySelector(`.lab-beta [type=${type}]`));
  const go = (value) => {
    slider.value = value;
    slider.dispatchEvent(new Event('input'));
    return Number(typed.value);
  };
  const seen = [go(step > 0 ? 0 : slider.max)];
  for (let k = 0; k < slider.max; k++) seen.push(go(slider.valueAsNumber + step));
  return seen;
}"""
#: 實驗室上面有一大段字，像書裡的那一頁。
TALL = """addEventListener('DOMContentLoaded', () => {
  document.querySelector('h1').style.marginBottom = '900px';
});"""
#: 這個元素的中間在畫面裡。
IN_VIEW = """(e) => {
  const { top, bottom } = e.getBoundingClientRect();
  return top + bottom > 0 && top + bottom < 2 * innerHeight;
}"""
#: 畫一條 n 個週期、留下的 ELBO 是 −90 的曲線，讀出縱軸的最低的刻度與線尾的字。
LOW_CURVE = """(n) => {
  const root = d3.select(document.body).append("div").attr("class", "interactive");
  let drawn = null;
  const stage = {
    colours: { q: "blue", muted: "grey" }, data: { no_code: { bernoulli: 48.6 } }, axis() {},
    plot: ({ height }) => {
      const svg = root.append("svg");
      return { svg, height, g: svg.append("g") };
    },
  };
  const curves = new Lab.Curves(stage), chart = curves.elbo, plain = chart.draw;
  chart.draw = (given) => { drawn = given; plain.call(chart, given); };
  const loss = { reconstruction: 40, kl: 50, valReconstruction: 40, valKl: 50 };
  const rows = d3.range(1, n + 1).map((epoch) => ({ epoch, ...loss }));
  curves.drawElbo({ rows, settings: { epochs: n } }, null, -48.6, n);
  const text = chart.plot.g.select(".ends").text();
  root.remove();
  return { low: drawn.domain[0], text };
}"""
BLOCKED = """() => {
  window.blocked = [];
  new PerformanceObserver((list) => window.blocked.push(...list.getEntries().map((e) => e.duration)))
    .observe({ type: "longtask" });
}"""


#: 畫布上正好是這個顏色的像素有幾個。
PIXELS = """([r, g, b]) => {
  const canvas = document.querySelector('.lab-left canvas'), { width, height } = canvas;
  const copy = new OffscreenCanvas(width, height).getContext('2d');
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, width, height);
  let count = 0;
  for (let k = 0; k < data.length; k += 4) {
    const same = data[k] === r && data[k + 1] === g && data[k + 2] === b;
    if (same && data[k + 3] === 255) count += 1;
  }
  return count;
}"""
#: 記下每一次畫的橢圓。
ELLIPSES = """{
  const { ellipse } = CanvasRenderingContext2D.prototype;
  window.ellipses = [];
  CanvasRenderingContext2D.prototype.ellipse = function (...given) {
    window.ellipses.push(given);
    ellipse.apply(this, given);
  };
}"""
BLUE, RED = (0, 114, 178), (155, 10, 38)


@pytest.fixture(scope="module")
def figure(ames):
    return lab.lab_figure(ames, finished_runs(ames.held_out(seed=lab.SPLIT_SEED)))


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


def epoch(page: Any, n: int) -> None:
    """走一個週期，等到第 n 個週期。"""
    press(page, "走一個週期")
    page.wait_for_function(
        "(n) => document.querySelector('.interactive-text').textContent.startsWith(`第 ${n} 個週期`)",
        arg=n,
        timeout=PATIENCE,
    )


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
    epoch(page, 1)
    press(page, "繼續訓練")
    page.wait_for_function(
        "() => document.querySelector('.lab-clock').textContent.includes('約還要')", timeout=PATIENCE
    )
    press(page, "暫停")
    page.get_by_role("button", name="繼續訓練").wait_for(timeout=PATIENCE)


def test_beta_can_be_turned_while_it_trains(open_lab):
    """訓練到一半把 β 拖到最右：不必重來，下一步就生效。"""
    page = open_lab("#lab:hidden=40&epochs=12&warmup=0")
    epoch(page, 1)
    page.get_by_label("β（KL 的權重）").press("End")
    press(page, "繼續訓練")
    finished(page, 12)
    assert "沒有一個單元在用，R² 這時候沒有意義" in said(page)


def test_alive_means_one_thing(open_lab):
    """活著的定義寫在數字旁邊；還沒有訓練不說活不活著；句子的 KL 與右邊的一樣。"""
    page = open_lab()
    assert "變異數大於 0.01" in page.locator(".lab-rule-of-life").inner_text()
    notes = page.locator(".lab-meters .note")
    assert notes.all_inner_texts()[:2] == ["", ""]
    press(page, "訓練")
    finished(page, 2)
    assert set(notes.all_inner_texts()[:2]) <= {"活著", "沒在用"}
    values = [text.split()[0] for text in page.locator(".lab-meters .value").all_inner_texts()[:2]]
    assert f"單元一 {values[0]}、單元二 {values[1]}" in said(page)


def test_a_collapsed_cloud_is_seen_and_told(open_lab):
    """全部縮在原點：平面上寫出來，把手不蓋在上面。"""
    page = open_lab("#lab:hidden=20&epochs=6&warmup=0&beta=300")
    press(page, "訓練")
    finished(page, 6)
    assert "2930 棟都在原點附近" in page.locator(".outside").text_content()
    assert page.locator(".lab-decoded h4").inner_text().startswith("z = (1.00, 1.00)")


def test_a_curve_below_the_axis_is_followed(open_lab):
    """ELBO 遠低於「不看編碼」，縱軸跟著下去，線看得見；短的訓練出了界，線尾說在圖外。"""
    page = open_lab()
    found = page.evaluate(LOW_CURVE, 6)
    assert found["low"] < -89 and "圖外" not in found["text"]
    assert "↓圖外" in page.evaluate(LOW_CURVE, 2)["text"]


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
    page.keyboard.press("ArrowUp")  # 上下沒有意義
    assert page.locator(".lab-decoded h4").inner_text().startswith("z = (1.00) ")
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function(
        "() => document.querySelector('.lab-decoded h4').textContent.startsWith('z = (1.50) ')"
    )


# ── 快慢、橢圓、率與失真 ──────────────────────────────────────────────


def codes(page: Any, path: Path) -> bytes:
    """「編碼（CSV）」存下來的那一份。"""
    with page.expect_download() as download:
        press(page, "編碼（CSV）")
    download.value.save_as(path)
    return path.read_bytes()


def step(page: Any, n: int) -> int:
    """等到這個週期至少走了 n 步；傳回走了幾步。"""
    found = page.wait_for_function(
        """(n) => {
          const [, made] = /的第 (\\d+)／/.exec(document.querySelector('.lab-clock').textContent) ?? [];
          return Number(made) >= n && Number(made);
        }""",
        arg=n,
        timeout=PATIENCE,
    )
    return int(found.json_value())


def paused(page: Any) -> None:
    page.wait_for_function("() => document.querySelector('.play').textContent !== '暫停'", timeout=PATIENCE)
    settle(page)


def test_every_speed_gives_the_same_bits(open_lab, tmp_path):
    """慢、中、最快輪流，與一路最快的，每一棟的 μ 與 σ 逐位相同；快慢在網址裡，不算設定。"""
    page = open_lab()
    press(page, "訓練")
    finished(page, 2)
    usual = codes(page, tmp_path / "usual.csv")
    page = open_lab(QUICK + "&speed=slow")
    press(page, "訓練")
    first, started = step(page, 4), time.monotonic()
    assert step(page, first + 4) - first < 6 * (time.monotonic() - started) + 2  # 一秒 4 步，看得見
    page.get_by_label("速度").select_option("medium")
    assert page.evaluate("location.hash") == "#lab:warmup=0&hidden=20&epochs=2&speed=medium"
    page.wait_for_function("() => document.querySelector('.lab-clock').textContent.startsWith('第 2／2')")
    page.get_by_label("速度").select_option("full")
    finished(page, 2)
    assert codes(page, tmp_path / "slowed.csv") == usual
    assert page.evaluate("location.hash") == "#lab:warmup=0&hidden=20&epochs=2"
    epoch(page, 3)
    assert codes(page, tmp_path / "more.csv") != usual  # 反向對照：多走一個週期就不同


def test_a_slow_run_can_be_paused_at_once(open_lab):
    page = open_lab(QUICK + "&speed=slow")
    press(page, "訓練")
    step(page, 2)
    press(page, "暫停")
    paused(page)
    page.get_by_label("速度").select_option("full")
    press(page, "訓練")
    finished(page, 2)


def test_the_ellipses_are_one_standard_deviation(open_lab, tmp_path):
    """勾了才畫：抽樣的 40 棟，半徑就是編碼的 σ；指著的一棟是紅的，說出 σ；在網址裡。"""
    page = open_lab(QUICK, before=ELLIPSES)
    press(page, "訓練")
    finished(page, 2)
    assert page.evaluate("window.ellipses") == [] and page.evaluate(PIXELS, BLUE) == 0
    page.get_by_label("畫 ±1σ").check()
    settle(page)
    assert page.evaluate("location.hash").endswith("&ellipses=1") and page.evaluate(PIXELS, BLUE) > 50
    drawn = page.evaluate("window.ellipses.splice(0)")
    codes(page, tmp_path / "codes.csv")
    rows = list(csv.DictReader((tmp_path / "codes.csv").open(encoding="utf-8")))
    scale = float(page.locator(".prior").last.get_attribute("r")) / prior_radius(0.95)
    assert len(drawn) == 40
    for k, (_, _, across, up, *_) in enumerate(drawn):
        row = rows[int((k + 0.5) * len(rows) / 40)]
        assert [across / scale, up / scale] == pytest.approx(
            [float(row["sigma_1"]), float(row["sigma_2"])], rel=1e-3
        )
    box = page.locator(".lab-left canvas").bounding_box()
    x, y, *_ = drawn[7]
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.wait_for_function("() => document.querySelector('.lab-tip').textContent.includes('σ 是')")
    settle(page)
    told = page.locator(".lab-tip").inner_text()
    (row,) = [row for row in rows if told.startswith(f"{row['Id']} 號")]
    assert told.endswith(f"σ 是 {float(row['sigma_1']):.2f}、{float(row['sigma_2']):.2f}")
    assert page.evaluate(PIXELS, RED) > 0
    page.get_by_label("畫 ±1σ").uncheck()
    settle(page)
    assert page.evaluate(PIXELS, BLUE) == 0


def test_the_arrow_keys_find_a_house_too(open_lab):
    page = open_lab(QUICK + "&beta=300&ellipses=1")
    press(page, "訓練")
    finished(page, 2)
    page.locator(".handle").focus()
    page.keyboard.press("Home")  # 崩塌：都在原點
    page.wait_for_function("() => document.querySelector('.lab-tip').textContent.includes('σ 是')")


def test_the_point_moves_on_the_rate_distortion_plane(open_lab, document):
    """點在率（KL）與失真（重建）的地方，和 Node 算的相同；灰點與 β 是書裡的；換了概似就不畫灰點。"""
    page = open_lab("#lab:hidden=100-50&epochs=2&warmup=0&beta=4")
    page.get_by_label("β 的數值").fill("1")
    page.get_by_label("β 的數值").press("Enter")
    press(page, "訓練")
    finished(page, 2)
    (measured,) = drive(document, 0, "measure")
    kl, reconstruction = (f"{measured[name]:.2f}" for name in ("kl", "reconstruction"))
    note = page.locator(".lab-rate-note").inner_text()
    assert note.startswith(
        f"現在：率 {kl}，失真 {reconstruction} nats；第 7 章 β＝1 做完是率 3.56，失真 34.80。"
    )
    assert "隱藏層 100-50（灰點是 200-100-50-20）" in note and "暖身 0（灰點是 20）" in note
    ((first, at_first), *_, (last, at_last)) = placed(page)
    assert (first, last) == ((0, 48.69), (5.43, 34.27))
    across = (at_last[0] - at_first[0]) / (last[0] - first[0])
    up = (at_last[1] - at_first[1]) / (last[1] - first[1])
    head = page.locator(".head circle")
    shown = [float(head.get_attribute(name)) for name in ("cx", "cy")]
    x = at_first[0] + across * (measured["kl"] - first[0])
    y = at_first[1] + up * (measured["reconstruction"] - first[1])
    right, top = (float(page.locator("rect.frame").last.get_attribute(name)) for name in ("width", "y"))
    assert shown == pytest.approx([min(x, at_first[0] + right - 6), max(y, top)], abs=0.5)
    assert page.locator(".now .steps circle").count() == 2
    betas = page.locator(".betas text").evaluate_all("list => list.map((e) => e.textContent)")
    assert sorted(text.removeprefix("β＝") for text in betas) == ["0.25", "1", "20", "4"]
    choose(page, "概似", "categorical")
    press(page, "重來")
    page.wait_for_function("() => !document.querySelector('g.finished circle')")
    assert "第 7 章的訓練這裡不畫" in page.locator(".lab-rate-note").inner_text()


def placed(page: Any) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """灰點：（率、失真）與畫在哪裡，由率小的到大的。"""
    circles = page.locator("g.finished circle").all()
    known = sorted((round(sum(kl), 2), distortion) for _, kl, distortion in POINTS)
    where = [(float(one.get_attribute("cx")), float(one.get_attribute("cy"))) for one in circles]
    return list(zip(known, where, strict=True))


def seconds_an_epoch(page: Any) -> float:
    """由接下來 3 秒走了多少，算一個週期要幾秒。"""
    made, started = progress(page), time.monotonic()
    page.wait_for_timeout(3000)
    return (time.monotonic() - started) / (200 * (progress(page) - made))


def test_a_long_run_says_how_long_it_will_take(open_lab):
    """很慢的網路：由頭幾步量出一個週期要幾秒、一共幾分鐘，說一次也念一次；說的與真的快慢差不到三倍。"""
    page = open_lab("#lab:hidden=512-512-512-512-512-512&batch=16&epochs=200")
    press(page, "訓練")
    page.locator(".lab-wait:not(:empty)").wait_for(timeout=PATIENCE)
    told = page.locator(".lab-wait").inner_text()
    assert "這台電腦訓練這個網路要這麼久" in told and "到第 200 個週期一共約" in told
    assert spoken(page) == told or "一共約" in spoken(page)
    measured = [seconds_an_epoch(page) for _ in range(3)]  # 旁邊忽然忙起來的時候，其中一段不準
    assert any(seconds / 3 < in_seconds(told) < 3 * seconds + 5 for seconds in measured), measured
    press(page, "暫停")
    paused(page)
    assert page.locator(".lab-wait").inner_text() == ""


def in_seconds(told: str) -> float:
    """說的一個週期要幾秒。"""
    ((count, unit),) = re.findall(r"一個週期約 ([\d.]+) (秒|分鐘)", told)
    return float(count) * (60 if unit == "分鐘" else 1)


def progress(page: Any) -> float:
    """做了幾成。"""
    return float(page.locator(".lab-progress i").evaluate("e => parseFloat(e.style.width)")) / 100


def test_a_slowed_run_says_it_is_the_speed(open_lab):
    page = open_lab("#lab:hidden=20&epochs=60&speed=slow")
    press(page, "訓練")
    page.locator(".lab-wait:not(:empty)").wait_for(timeout=PATIENCE)
    assert "「速度」放慢的，結果不變" in page.locator(".lab-wait").inner_text()
    page.get_by_label("速度").select_option("full")
    page.wait_for_function("() => document.querySelector('.lab-wait').textContent === ''", timeout=PATIENCE)


# ── 錯誤與做不到 ──────────────────────────────────────────────────────


def test_a_diverging_run_says_why(open_lab):
    page = open_lab("#lab:hidden=100-50&learningRate=1&warmup=0&epochs=20&beta=300")
    press(page, "訓練")
    page.wait_for_function(
        "() => document.querySelector('.lab-problem').textContent.includes('不是有限的數')",
        timeout=PATIENCE,
    )
    problem = page.locator(".lab-problem").inner_text()
    assert "學習率 1 太大" in problem and "尺度" not in problem
    assert "發散" in said(page) and "還沒有訓練" not in said(page)
    assert page.locator(".play").is_disabled()
    choose(page, "學習率", "0.001")
    press(page, "重來")
    press(page, "走一步")
    page.wait_for_function(
        "() => document.querySelector('.interactive-text').textContent.startsWith('第 0 個週期')"
    )


def wrong(page: Any, name: str) -> str:
    """那一欄下面的話。"""
    return page.locator(f"#lab-wrong-{name}").evaluate("e => e.textContent")


def test_a_setting_that_makes_no_sense_is_explained(open_lab):
    """一欄一則，說在那一欄下面；改別的、重來，寫壞的字與它的話都留著，改好了才收回。"""
    page = open_lab()
    choose(page, "隱藏層", "200-很多")
    assert "「隱藏層」寫的是「200-很多」" in wrong(page, "hidden")
    choose(page, "自由位元（nats）", "0.5")
    choose(page, "隨機種子", "3")
    press(page, "重來")
    hidden = page.get_by_label("隱藏層")
    assert "200-很多" in wrong(page, "hidden") and hidden.input_value() == "200-很多"
    assert hidden.get_attribute("aria-invalid") == "true"
    choose(page, "隱藏層", "30")
    assert wrong(page, "hidden") == "" and hidden.get_attribute("aria-invalid") is None
    choose(page, "隨機種子", "99999999999")
    assert "4294967295" in wrong(page, "seed")


def test_full_width_digits_are_digits_and_blanks_are_not_zero(open_lab):
    page = open_lab()
    choose(page, "暖身的週期", "１０")
    assert page.get_by_label("暖身的週期").input_value() == "10"
    choose(page, "暖身的週期", "　 ")
    assert "0 到 200" in wrong(page, "warmup")


def test_every_press_of_the_arrow_key_moves_beta(open_lab):
    """由 0 按 → 到最右，每按一次 β 都變大；1、10、100 都停得到；按 ← 回得到 0。"""
    page = open_lab()
    seen = page.evaluate(WALK, 1)
    assert seen == sorted(set(seen)) and {0, 1, 10, 100, 300} <= set(seen)
    assert page.evaluate(WALK, -1) == seen[::-1]


def test_beta_can_be_typed(open_lab):
    """打得出 12.9；圓鈕跟著走，再按 → 由那裡往上。"""
    page = open_lab()
    page.get_by_label("β 的數值").fill("12.9")
    page.get_by_label("β 的數值").press("Enter")
    assert page.evaluate("location.hash").startswith("#lab:beta=12.9&")
    page.get_by_label("β（KL 的權重）").press("ArrowRight")
    assert float(page.get_by_label("β 的數值").input_value()) == 13.5


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


@pytest.mark.parametrize("options", [{}, PHONE], ids=["桌上", "手機"])
def test_the_plane_then_the_result_come_into_view(open_lab, options):
    """網址帶設定就捲到實驗室；跑實驗時看得到平面，跑完看得到判語。"""
    page = open_lab("#lab:seed=1", before=TALL, **options)
    assert page.locator(".play").evaluate(IN_VIEW)
    run_experiment(page, FAST, "散得更開")
    assert page.locator(".lab-left canvas").evaluate(IN_VIEW)
    page.locator(".lab-guide .results").wait_for(timeout=PATIENCE)
    assert page.locator(".lab-guide .verdict").evaluate(IN_VIEW)


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


def run_experiment(page: Any, title: str, guess: str) -> None:
    """打開一題，猜，按「跑跑看」。"""
    press(page, title)
    page.get_by_label(guess, exact=True).check()
    press(page, "跑跑看")


def notice(page: Any) -> str:
    return page.locator(".lab-notice").inner_text()


def stopped(page: Any, title: str) -> None:
    page.wait_for_function(
        "(title) => document.querySelector('.lab-notice').textContent.startsWith(`實驗「${title}」停了`)"
        " && document.querySelector('.play').textContent !== '暫停'",
        arg=title,
        timeout=PATIENCE,
    )


SLOW, FAST = "3 醒來的抽籤", "1 係數寫 1"


def test_results_never_hang_on_another_experiment(open_lab):
    """跑到一半換題或收起來：這一題停下來、說一聲，結果不掛到別題。"""
    page = open_lab("")
    run_experiment(page, SLOW, "暖身的早")
    press(page, FAST)
    stopped(page, "醒來的抽籤")
    page.wait_for_timeout(300)
    assert page.locator(".lab-guide .results").count() == 0
    page.get_by_label("全部縮成一點").check()
    press(page, "跑跑看")
    page.locator(".lab-guide .results").wait_for(timeout=PATIENCE)
    press(page, SLOW)
    assert page.locator(".lab-guide .results").count() == 0
    press(page, "跑跑看")
    press(page, SLOW)
    stopped(page, "醒來的抽籤")
    press(page, FAST)
    assert "猜對了" in page.locator(".lab-guide .results").inner_text()


def test_pausing_an_experiment_says_it_does_not_count(open_lab):
    page = open_lab("")
    run_experiment(page, SLOW, "暖身的早")
    press(page, "暫停")
    stopped(page, "醒來的抽籤")
    assert "你按了「暫停」" in notice(page) and "從頭再跑才有結果" in notice(page)
    press(page, "跑跑看")
    assert notice(page) == ""
    page.get_by_label("β（KL 的權重）").press("End")
    stopped(page, "醒來的抽籤")
    assert "你改了「β」" in notice(page)


def test_after_an_experiment_the_settings_can_come_back(open_lab):
    """實驗換掉的設定說得出來，按一下換回；猜測改得了，也清得掉；「回到預設」就是預設。"""
    page = open_lab("#lab:beta=3&seed=2")
    run_experiment(page, FAST, "全部縮成一點")
    page.locator(".lab-guide .results").wait_for(timeout=PATIENCE)
    assert "實驗用的設定還留著：β 264，暖身 0，隱藏層 100-50" in page.locator(".lab-guide").inner_text()
    press(page, "換回跑以前的設定")
    assert page.evaluate("location.hash") == "#lab:beta=3&seed=2&experiment=collapse"
    assert "實驗用的設定" not in page.locator(".lab-guide").inner_text()
    page.get_by_label("散得更開").check()
    assert page.get_by_role("button", name=FAST).evaluate("e => e.classList.contains('done')")
    press(page, "清掉九題的猜測")
    assert page.locator(".lab-guide :checked").count() == 0
    page.reload()
    page.get_by_label("散得更開").wait_for()
    assert page.locator(".lab-guide :checked").count() == 0
    press(page, "回到預設")
    assert page.evaluate("location.hash") == "#lab:experiment=collapse"


# ── 帶走 ──────────────────────────────────────────────────────────────


def test_the_address_holds_the_settings(open_lab):
    page = open_lab("#lab:beta=4&latent=3&hidden=30-10&seed=5&warmup=abc")
    assert page.get_by_label("隨機種子").input_value() == "5"
    assert "暖身「abc」" in page.locator(".lab-problem").inner_text()
    choose(page, "批次", "64")
    assert page.evaluate("location.hash") == "#lab:beta=4&latent=3&hidden=30-10&batch=64&seed=5"


def test_what_changed_midway_is_told_and_the_address_does_it_again(open_lab):
    """途中改的 β、再訓練下去的週期都在網址裡：另一台電腦照做，數字一樣；與前一次比也說得出來。"""
    page = open_lab()
    epoch(page, 1)
    press(page, "走一步")
    page.get_by_label("β 的數值").fill("17")
    page.get_by_label("β 的數值").press("Enter")
    press(page, "繼續訓練")
    finished(page, 2)
    press(page, "再訓練下去")
    finished(page, 4)
    address, text = page.evaluate("location.hash"), said(page)
    assert address == "#lab:warmup=0&hidden=20&epochs=4&then=75~beta~17"
    press(page, "重來")
    press(page, "訓練")
    finished(page, 4)
    compared = page.locator(".lab-compared").inner_text()
    assert "β 1 → 17。" in compared and "前一次途中改過：第 2 個週期途中 β 1 → 17。" in compared
    assert said(page) != text
    again = open_lab(address)
    press(again, "訓練")
    finished(again, 4)
    assert said(again) == text and again.evaluate("location.hash") == address
    assert again.get_by_label("β 的數值").input_value() == "17"


def test_the_address_is_the_run_not_what_waits(open_lab):
    page = open_lab()
    epoch(page, 1)
    choose(page, "潛在維度", "3")
    assert "latent" not in page.evaluate("location.hash")
    press(page, "重來")
    assert "latent=3" in page.evaluate("location.hash")


def test_a_new_address_in_the_same_tab_counts(open_lab):
    """貼上網址、按上一頁，設定與實驗都跟著換；別的錨點不算；看不懂的都說出來。"""
    page = open_lab()
    press(page, "訓練")
    page.evaluate("location.hash = '#lab:beta=7&latent=3&experiment=free&foo=1'")
    page.get_by_text("照網址換了設定").first.wait_for()
    assert page.get_by_label("β 的數值").input_value() == "7"
    assert page.locator(".lab-card").is_visible() and "foo「1」" in page.locator(".lab-problem").inner_text()
    page.evaluate("location.hash = '#somewhere'")
    page.wait_for_timeout(100)
    assert page.get_by_label("β 的數值").input_value() == "7"
    page.evaluate("location.hash = '#lab:experiment=nope'")
    page.wait_for_function("() => document.querySelector('.lab-beta [type=text]').value === '1'")
    assert not page.locator(".lab-card").is_visible()
    assert "實驗「nope」" in page.locator(".lab-problem").inner_text()


def test_fewer_epochs_than_trained_are_refused_aloud(open_lab):
    page = open_lab()
    press(page, "訓練")
    finished(page, 2)
    press(page, "再訓練下去")
    finished(page, 4)
    assert page.get_by_label("訓練到第幾個週期").input_value() == "4"
    choose(page, "訓練到第幾個週期", "1")
    assert "已經訓練到第 4 個週期，不能改成 1" in notice(page)
    assert page.get_by_label("訓練到第幾個週期").input_value() == "4"


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
    assert download.value.suggested_filename == "codes-beta1-z2-seed0-epoch2.csv"
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


@pytest.mark.parametrize("before", ["", "window.MutationObserver = class { observe() {} };"])
def test_the_theme_changes_and_the_training_stays(open_lab, tmp_path, before):
    """換明暗：畫布照新的顏色重畫，訓練到哪裡、選的顏色都在；存的圖與列印仍然是淺色。沒有聽到換了，就還是舊的。"""
    page = open_lab(before=before)
    epoch(page, 1)
    page.get_by_label("顏色", exact=True).select_option(label="北艾姆斯（443 棟）")
    settle(page)
    told = said(page)
    assert greys(page) == {"light": True, "dark": False} and page.evaluate(CARD) == LIGHT_CARD
    page.evaluate(SWITCH, "dark")
    assert page.evaluate(CARD) == DARK_CARD and page.evaluate(FAINT) == []
    assert said(page) == told and "北艾姆斯" in page.locator(".lab-left svg .unit").text_content()
    if before:
        assert greys(page) == {"light": True, "dark": False}, "反例"
        return
    assert greys(page) == {"light": False, "dark": True}
    with page.expect_download() as download:
        press(page, "存圖（PNG）")
    download.value.save_as(tmp_path / "plane.png")
    assert colours_of(tmp_path / "plane.png") >= {(255, 255, 255), (185, 190, 196), (27, 31, 36)}
    assert not colours_of(tmp_path / "plane.png") & {(18, 22, 27), (74, 81, 90)}
    page.emulate_media(media="print")
    settle(page)
    assert greys(page) == {"light": True, "dark": False} and page.evaluate(CARD) == LIGHT_CARD


def colours_of(path: Path) -> set[tuple[int, ...]]:
    with Image.open(path) as picture:
        return set(map(tuple, np.asarray(picture.convert("RGB")).reshape(-1, 3).tolist()))


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
