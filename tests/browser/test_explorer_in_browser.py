"""探索器在無頭 Chromium 裡：算的與 NumPy 相同，滑鼠、觸控、鍵盤都走得動，每一棟房子都看得到。"""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bs4 import BeautifulSoup
from numpy.typing import NDArray
from scipy import integrate, special, stats

from tests.browser.inspection import inaccessible, opened, overflow
from tests.built_book import require_book
from tests.figure_page import CARD, DARK_CARD, SWITCH, greys, write_page
from tests.quick_explorer import quick_model
from vae_from_scratch.housing import explorer
from vae_from_scratch.housing.absence import all_columns
from vae_from_scratch.housing.explorer import packed, unpacked
from vae_from_scratch.housing.price_map import PriceMap
from vae_from_scratch.interactive import InteractiveFigure
from vae_from_scratch.likelihood import Mixed
from vae_from_scratch.network import multilayer_perceptron

pytestmark = pytest.mark.browser
TOLERANCE = 1e-9
PHONE: dict[str, Any] = {"width": 390, "has_touch": True, "is_mobile": True}
#: 隨機的點，加上四個角落、兩軸與很遠的地方。
POINTS = np.vstack(
    [
        np.random.default_rng(0).normal(size=(40, 2)),
        np.random.default_rng(1).uniform(-10, 10, (20, 2)),
        [*itertools.product([-10, 0, 10], repeat=2), (3.5, -3.5), (1e-3, -1e-3)],
    ]
)
#: 網頁自己也用這幾個類別；這裡從網頁裡的資料另外建一份，問它任意的點。
ASK = """([points, nudge]) => {
  const { unpack, Decoder, PriceMap } = Explorer;
  const data = JSON.parse(document.querySelector('[data-interactive="explorer"] script').textContent);
  const decoder = new Decoder(data.layers, data.variables);
  decoder.layers[2].values[7] += nudge;
  const [heldOut, codes] = [unpack(data.houses.held_out).values, unpack(data.houses.mean).values];
  const train = data.houses.id.map((_, row) => row).filter((row) => !heldOut[row]);
  const map = new PriceMap(codes, data.houses.price.map(Math.log), train);
  return points.map((z) => {
    const near = map.nearest(z);
    const { probabilities, means } = decoder.outputs(z);
    return {
      probabilities: probabilities.flatMap((p) => [...p]), means,
      rows: near.map(({ row }) => row), ...map.price(near),
    };
  });
}"""


@pytest.fixture(scope="module")
def model():
    return quick_model()


@pytest.fixture(scope="module")
def data(model):
    return explorer.explorer_data(model)


@pytest.fixture(scope="module")
def figure(model):
    return explorer.explorer_figure(model, {"1": (1.0, 2.3), "2": (-2.0, 1.2)})


def ask(page: Any, points: NDArray, nudge: float = 0.0) -> list[dict[str, Any]]:
    return page.evaluate(ASK, [points.tolist(), nudge])


def numbers(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [variable for variable in data["variables"] if "levels" not in variable]


def layout_of(data: dict[str, Any]) -> Mixed:
    groups = [len(variable["levels"]) for variable in data["variables"] if "levels" in variable]
    spiked = [j for j, variable in enumerate(numbers(data)) if variable["shares"]]
    return Mixed([*groups, *[2] * len(spiked)], len(numbers(data)), spiked)


def decoded(data: dict[str, Any], z: NDArray) -> tuple[NDArray, NDArray]:
    """同樣的權重，NumPy 用 float64 算：水準的機率，與數字的平均值（資料的單位）。"""
    layers, layout = [unpacked(layer).astype(np.float64) for layer in data["layers"]], layout_of(data)
    found = layout.mean(multilayer_perceptron(layers, z))
    centre, spread = (np.array([variable[key] for variable in numbers(data)]) for key in ("centre", "spread"))
    return found[:, : layout.n_levels], centre + spread * found[:, layout.n_levels :]


def largest_difference(answers: list[dict[str, Any]], truth: tuple[NDArray, NDArray]) -> float:
    """機率差多少；數字用相對於 1 與自己之中大的那個。"""
    chances, means = (np.array([answer[key] for answer in answers]) for key in ("probabilities", "means"))
    relative = np.abs(means - truth[1]) / np.maximum(1, np.abs(truth[1]))
    return float(max(np.abs(chances - truth[0]).max(), relative.max()))


def neighbours(data: dict[str, Any], z: NDArray) -> tuple[list[int], bool]:
    """最近 15 棟訓練過的房子（一樣遠的，編號小的在前），以及第 15 與第 16 是不是一樣遠。"""
    codes = unpacked(data["houses"]["mean"]).astype(np.float64)
    train = np.flatnonzero(unpacked(data["houses"]["held_out"]) == 0)
    distance = np.sqrt(((codes[train] - z) ** 2).sum(axis=1))
    order = np.argsort(distance, kind="stable")
    return train[order[:15]].tolist(), bool(distance[order[14]] == distance[order[15]])


def price_map(data: dict[str, Any]) -> PriceMap:
    train = unpacked(data["houses"]["held_out"]) == 0
    log_price = np.log(np.array(data["houses"]["price"], dtype=float))
    return PriceMap(unpacked(data["houses"]["mean"]).astype(np.float64)[train], log_price[train])


def move_to(page: Any, z: tuple[float, float]) -> None:
    page.locator(".explorer .sliders").evaluate("fold => fold.open = true")
    for k, value in enumerate(z):
        page.locator(".explorer input[type=range]").nth(k).fill(str(value))
    page.locator(".explorer .sliders").evaluate("fold => fold.open = false")
    settle(page)


def settle(page: Any) -> None:
    """停手之後的文字（250 毫秒）與下一次重畫：撥快網頁的時鐘，不必真的等。"""
    page.clock.run_for(450)


def said(page: Any) -> str:
    settle(page)
    return page.locator(".interactive-text").inner_text()


def position(page: Any) -> list[float]:
    sliders = page.locator(".explorer input[type=range]")
    return [float(sliders.nth(k).input_value()) for k in (0, 1)]


def centre(page: Any, selector: str) -> tuple[float, float]:
    box = page.locator(selector).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def pixel(page: Any, z: tuple[float, float] | NDArray) -> tuple[float, float]:
    """平面上一點在畫面的位置：由把手走到兩點的位置內插，不問程式的比例尺。"""
    places = []
    for corner in [(-3, -3), (3, 3)]:
        move_to(page, corner)
        places.append(centre(page, ".explorer .handle .knob"))
    (x0, y0), (x1, y1) = places
    return float(x0 + (z[0] + 3) / 6 * (x1 - x0)), float(y0 + (z[1] + 3) / 6 * (y1 - y0))


# ── 算得對 ────────────────────────────────────────────────────────────


def test_decoder_in_the_page_equals_numpy(open_figure, figure, data):
    """隨機與很遠的點，機率與數字都與 float64 的 NumPy 差不到 1e-9；動一個權重就比得出來（反向對照）。"""
    page, truth = open_figure(figure), decoded(data, POINTS)
    assert truth[0].shape[1] == 319 and truth[1].shape[1] == 35
    assert largest_difference(ask(page, POINTS), truth) < TOLERANCE
    assert largest_difference(ask(page, POINTS, nudge=1e-4), truth) > TOLERANCE


TOTAL_VARIATION = """([variable, pairs]) => {
  const field = Explorer.fieldOf(variable);
  return pairs.map(([before, after]) => field.moved(before, after));
}"""


def test_how_much_a_number_moved_is_the_total_variation_distance(open_figure, figure):
    """兩個「0 的一點加上一個常態」的總變異距離：與一格一格加起來的積分相同。"""
    variable = {
        "s": 2.0,
        "low": 0,
        "high": 9,
        "middle": [1, 8],
        "centre": 4,
        "shares": [0.5, 0.5],
        "unit": "間",
    }
    sides = [
        {"mean": mean, "chance": chance} for mean in (1.0, 4.0, 30.0) for chance in (1e-9, 0.3, 0.9, 1.0)
    ]
    pairs = list(itertools.product(sides, sides))
    found = open_figure(figure).evaluate(TOTAL_VARIATION, [variable, pairs])
    x = np.linspace(-30, 60, 90_001)

    def density(side):
        return side["chance"] * stats.norm(side["mean"], variable["s"]).pdf(x)

    truth = [
        0.5 * (abs(p["chance"] - q["chance"]) + integrate.trapezoid(np.abs(density(p) - density(q)), x))
        for p, q in pairs
    ]
    assert found == pytest.approx(truth, abs=1e-6)
    assert max(found) <= 1 and np.ptp(found) > 0.99


def test_the_cumulative_normal_in_the_page_equals_scipy(open_figure, figure):
    x = np.linspace(-9, 9, 181)
    found = open_figure(figure).evaluate("x => x.map(Explorer.normalCdf)", x.tolist())
    assert found == pytest.approx(special.ndtr(x).tolist(), abs=1e-11)


def test_price_and_neighbours_equal_the_price_map(open_figure, figure, data):
    """期望房價、標準差與最遠的距離和 PriceMap 相同；鄰居逐棟相同。"""
    answers = ask(open_figure(figure), POINTS)
    expected = [neighbours(data, z) for z in POINTS]
    assert [answer["rows"] for answer in answers] == [rows for rows, _ in expected]
    clear = np.array([not tied for _, tied in expected])  # 第 15 與第 16 一樣遠時，兩邊可以各選一棟
    assert clear.mean() > 0.8
    found = np.array([[answer[key] for key in ("mean", "sd", "reach")] for answer in answers])
    truth = np.stack(price_map(data)(POINTS), axis=1)
    assert found[clear] == pytest.approx(truth[clear], abs=TOLERANCE)
    assert found[:, 2] == pytest.approx(truth[:, 2], abs=TOLERANCE)


@pytest.mark.parametrize("z", [(0.0, 0.0), (1.25, -0.4), (-3.5, 3.5)])
def test_what_is_shown_is_what_numpy_says(open_figure, figure, data, z):
    """畫面上的字：期望房價與範圍、79 欄各自最可能的水準或平均值，與機率或學到的標準差。"""
    page = open_figure(figure)
    move_to(page, z)
    (mean,), (sd,), (reach,) = price_map(data)(np.array([z]))
    prices = [f"{np.exp(mean + k * sd) / 1e4:.1f} 萬" for k in (-1, 0, 1)]
    text = said(page)
    assert f"期望房價 {prices[1]}美元（一個標準差：{prices[0]}到 {prices[2]}）" in text
    assert page.locator(".explorer .warning").is_visible() == (reach > explorer.FAR)
    assert shown_rows(page) == expected_rows(data, np.array([z]))


def shown_rows(page: Any) -> dict[str, list[str]]:
    return dict(page.evaluate(ROWS))


def expected_rows(data: dict[str, Any], z: NDArray) -> dict[str, list[str]]:
    """每一欄的兩段字，由 NumPy 的解碼另外寫一次。"""
    (chances,), (means,) = decoded(data, z)
    parts = iter(np.split(chances, np.cumsum(layout_of(data).groups)[:-1]))
    found = {}
    for variable in data["variables"]:
        if "levels" in variable:
            p = next(parts)
            found[variable["name"]] = [variable["labels"][p.argmax()], percent(p.max())]
    for variable, mean in zip(numbers(data), means, strict=True):
        none = next(parts)[0] if variable["shares"] else 0.0
        if none > 0.5:
            found[variable["name"]] = ["沒有", percent(none)]
            continue
        beyond = "" if variable["low"] <= np.rint(mean) <= variable["high"] else " ⚠"
        amount, spread = amount_words(mean, variable["unit"]), spread_words(variable["s"], variable["unit"])
        found[variable["name"]] = [amount + beyond, spread]
    return found


#: 一坪、一公尺各是資料的幾個單位；坪是 400/121 平方公尺，1 呎是 0.3048 公尺。
UNITS = {"平方呎": (400 / 121 / 0.3048**2, "坪", 1), "呎": (1 / 0.3048, "公尺", 1)}


def amount_words(value: float, unit: str) -> str:
    size, name, digits = UNITS.get(unit, (1, unit, 0))
    text = f"{value / size + 0.0:.{digits}f}" if unit == "年" else f"{value / size:,.{digits}f}"
    return f"{re.sub('^-(?=[0.]+$)', '', text)} {name}".replace("-", "−")


def spread_words(s: float, unit: str) -> str:
    size = s / UNITS.get(unit, (1,))[0]
    return f"± {size:,.{1 if size < 10 else 0}f}"


def test_beyond_the_houses_a_number_says_it_extrapolates(open_figure, figure, data):
    """走到數字超出訓練範圍的地方，那一列有 ⚠，展開來說出訓練的範圍；範圍裡的沒有。"""
    page = open_figure(figure)
    corners = np.array(list(itertools.product([-4, 4], repeat=2)), dtype=float)
    beyond = np.array(
        [
            (np.rint(mean) < v["low"]) | (np.rint(mean) > v["high"])
            for v, mean in zip(numbers(data), decoded(data, corners)[1].T, strict=True)
        ]
    )
    unspiked = np.array([v["shares"] is None for v in numbers(data)])
    j, corner = np.argwhere(beyond & unspiked[:, None])[0]
    move_to(page, tuple(corners[corner]))
    row = page.locator(".explorer .decoded li.beyond", has_text=numbers(data)[j]["name"]).first
    page.locator(".explorer .themes details").evaluate_all("all => all.forEach((one) => (one.open = true))")
    row.locator("button").click()
    settle(page)
    assert "⚠" in row.locator(".value").inner_text()
    assert "超出訓練的範圍" in row.locator(".levels").inner_text()
    move_to(page, (0, 0))
    assert page.locator(".explorer .decoded li.beyond").count() == 0


ROWS = """() => [...document.querySelectorAll(".explorer .decoded li > button")].map((b) => {
  const text = (name) => b.querySelector(name).textContent;
  return [text(".name"), [(b.querySelector(".value")).textContent, text(".share")]];
})"""


def percent(share: float) -> str:
    return ">\u00a099%" if share > 0.995 else f"{100 * share:.0f}%"


# ── 走得動 ────────────────────────────────────────────────────────────


def test_arrow_keys_move_the_point_and_the_text(open_figure, figure):
    """方向鍵走一小步，加 Shift 走十步，焦點不掉；念出來的位置與期望房價跟著變；走不出平面。"""
    page = open_figure(figure)
    handle = page.locator(".explorer .handle")
    before = handle.get_attribute("aria-valuetext")
    handle.focus()
    for key, expected in [
        ("ArrowRight", [0.05, 0]),
        ("Shift+ArrowUp", [0.05, 0.5]),
        ("ArrowLeft", [0, 0.5]),
        ("Shift+ArrowDown", [0, 0]),
        ("ArrowDown", [0, -0.05]),
    ]:
        page.keyboard.press(key)
        page.wait_for_timeout(60)
        assert position(page) == pytest.approx(expected)
    after = handle.get_attribute("aria-valuetext")
    assert "(0.00, −0.05)" in after and "期望房價" in after and after != before
    for _ in range(10):
        page.keyboard.press("Shift+ArrowRight")
        page.wait_for_timeout(30)
    assert position(page)[0] == explorer.LIMIT
    page.keyboard.press("Home")
    page.wait_for_timeout(60)
    assert position(page) == [0, 0]


def test_the_mouse_drags_the_handle_and_a_click_jumps(open_figure, figure):
    page = open_figure(figure)
    target = pixel(page, (1.5, -1.0))
    move_to(page, (0, 0))
    page.mouse.move(*centre(page, ".explorer .handle .knob"))
    page.mouse.down()
    page.mouse.move(*target, steps=6)
    page.mouse.up()
    settle(page)
    assert position(page) == pytest.approx([1.5, -1.0], abs=0.05)
    page.mouse.click(*pixel(page, (-3.2, 3.2)))
    settle(page)
    assert position(page) == pytest.approx([-3.2, 3.2], abs=0.05)


def touch(page: Any, start: tuple[float, float], by: tuple[float, float]) -> None:
    """手指按住、分幾步移動、放開。"""
    session = page.context.new_cdp_session(page)
    path = [(start[0] + by[0] * t / 6, start[1] + by[1] * t / 6) for t in range(7)]
    for kind, point in [("touchStart", path[0]), *(("touchMove", p) for p in path[1:]), ("touchEnd", None)]:
        points = [] if point is None else [{"x": point[0], "y": point[1]}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.wait_for_timeout(30)
    settle(page)


def test_a_finger_drags_the_handle_but_scrolls_the_page_elsewhere(open_figure, figure):
    """手指在把手上是拖，頁面不動；在平面別的地方是捲頁，把手不動。"""
    page = open_figure(figure, **PHONE)
    touch(page, centre(page, ".explorer .handle .knob"), (60, -90))
    moved = position(page)
    assert moved[0] > 0.5 and moved[1] > 0.5
    assert page.evaluate("scrollY") == 0
    x, y = centre(page, ".explorer .interactive-plots svg")
    touch(page, (x - 100, y + 100), (0, -150))
    assert position(page) == moved
    assert page.evaluate("scrollY") > 50


def test_it_fits_a_phone(open_figure, figure):
    page = open_figure(figure, **PHONE)
    assert overflow(page) == []
    for button in page.locator(
        ".explorer .interactive-controls button, .explorer :is(.find, .stops) button"
    ).all():
        if button.is_visible():
            assert button.bounding_box()["height"] >= 44


# ── 看得到每一棟 ──────────────────────────────────────────────────────


def house_alone(data: dict[str, Any]) -> int:
    """離別的房子最遠的一棟：滑鼠指著它，不會指到別棟。"""
    codes = unpacked(data["houses"]["mean"]).astype(float)
    inside = np.flatnonzero(np.abs(codes).max(axis=1) < 3)
    distance = np.linalg.norm(codes[inside][:, None] - codes[None], axis=2)
    distance[np.arange(len(inside)), inside] = np.inf
    return int(inside[distance.min(axis=1).argmax()])


def test_hovering_previews_a_house_and_leaving_hides_it(open_figure, figure, data, model):
    """滑鼠指著：編號、價格、社區，與平面上的編碼；把手不動。"""
    page, row = open_figure(figure), house_alone(data)
    place = pixel(page, unpacked(data["houses"]["mean"])[row])
    move_to(page, (-3.4, -3.4))
    page.mouse.move(*place)
    settle(page)
    tip = page.locator(".explorer-tip").inner_text()
    assert f"{data['houses']['id'][row]} 號" in tip
    assert f"{model.houses.price[row] / 1e4:.1f} 萬" in tip
    assert page.locator(".explorer .preview ellipse").count() == 3
    assert position(page) == [-3.4, -3.4]
    page.mouse.move(2, 2)
    settle(page)
    assert not page.locator(".explorer-tip").is_visible()
    assert page.locator(".explorer .preview ellipse").count() == 0


def test_tapping_a_house_shows_it(open_figure, figure, data):
    """手指點一下：走到那裡，並選出那一棟。"""
    page, row = open_figure(figure, **PHONE), house_alone(data)
    place = pixel(page, unpacked(data["houses"]["mean"])[row])
    move_to(page, (-3.4, -3.4))
    page.touchscreen.tap(*place)
    settle(page)
    assert f"{data['houses']['id'][row]} 號房子" in page.locator(".explorer .house h4").inner_text()
    assert position(page) == pytest.approx(unpacked(data["houses"]["mean"])[row].tolist(), abs=0.06)


def test_the_card_says_what_numpy_says(open_figure, figure, data, model):
    """用鍵盤輸入編號：編碼、標準差、猜中幾欄，以及不算它自己的期望房價；每一欄標出真正的值。"""
    page, row = open_figure(figure), int(np.flatnonzero(model.held_out)[3])
    page.get_by_label("看幾號房子").fill(str(data["houses"]["id"][row]))
    page.keyboard.press("Enter")
    settle(page)
    card = page.locator(".explorer .house").inner_text()
    mean, log_var = (unpacked(data["houses"][key])[row].astype(float) for key in ("mean", "log_var"))
    sd = np.exp(0.5 * log_var)
    assert f"({mean[0]:.2f}, {mean[1]:.2f})，標準差 ({sd[0]:.2f}, {sd[1]:.2f})".replace("-", "−") in card
    known, right = verdicts(data, model, row)
    category = np.array(["levels" in variable for variable in data["variables"]])
    assert f"{known[category].sum()} 個類別猜中 {right[category].sum()} 個" in card
    assert f"{known[~category].sum()} 個數字有 {right[~category].sum()} 個在一個標準差之內" in card
    assert (
        f"期望房價是 {np.exp(price_map(data)(mean[None])[0][0]) / 1e4:.1f} 萬" in card
    )  # 留下的房子不是鄰居
    assert "模型沒有看過" in card
    own = page.locator(".explorer .own").all_inner_texts()
    assert len(own) == 79
    page.get_by_role("button", name="把手走到它的編碼").click()
    settle(page)
    assert position(page) == pytest.approx(mean.tolist(), abs=0.0051)  # 滑桿只到 0.01
    marks = np.where(known, np.where(right, "✓", "✗"), "？").tolist()
    names = [variable["name"] for variable in data["variables"]]
    assert dict(page.evaluate(MARKS)) == dict(zip(names, marks, strict=True))
    at = f"{np.exp(price_map(data)(mean[None])[0][0]) / 1e4:.1f} 萬美元"
    assert f"期望房價 {at}" in said(page)  # 把手卻正好在編碼上，與卡片同一個價格
    page.get_by_role("button", name="不看這棟").click()
    settle(page)
    assert not page.locator(".explorer .own").first.is_visible()


MARKS = """() => [...document.querySelectorAll(".explorer .decoded li:has(> .own)")].map((row) =>
  [row.querySelector(".name").textContent, row.querySelector(".own").textContent[0]])"""


def verdicts(data: dict[str, Any], model: Any, row: int) -> tuple[NDArray, NDArray]:
    """一棟房子的 79 欄知不知道、解碼它自己的編碼對不對；由資料的表與 NumPy 的解碼算。"""
    mean = unpacked(data["houses"]["mean"])[[row]].astype(float)
    (chances,), (means,) = decoded(data, mean)
    parts = iter(np.split(chances, np.cumsum(layout_of(data).groups)[:-1]))
    table = all_columns(model.houses).iloc[row]
    known, right = [], []
    for variable in data["variables"]:
        value = table[variable["code"]]
        if "levels" in variable:
            known.append(value in variable["levels"])
            right.append(known[-1] and variable["levels"][next(parts).argmax()] == value)
            continue
        known.append(value == value)
        guess = means[len(known) - 1 - (len(table) - len(means))]
        none = variable["shares"] is not None and next(parts)[0] > 0.5
        empty = variable["shares"] is not None and value == 0
        right.append(known[-1] and (none == empty if none or empty else abs(value - guess) <= variable["s"]))
    return np.array(known), np.array(right, dtype=bool)


def test_a_trained_house_is_not_its_own_neighbour(open_figure, figure, data, model):
    """訓練過的房子，期望房價不算它自己，否則是偷看答案。"""
    page, row = open_figure(figure), int(np.flatnonzero(~model.held_out)[5])
    page.get_by_label("看幾號房子").fill(str(data["houses"]["id"][row]))
    page.get_by_role("button", name="找出來").click()
    settle(page)
    codes = unpacked(data["houses"]["mean"]).astype(float)
    others = np.flatnonzero(~model.held_out & (np.arange(len(codes)) != row))
    order = np.argsort(np.sqrt(((codes[others] - codes[row]) ** 2).sum(axis=1)), kind="stable")[:15]
    expected = np.exp(np.log(np.array(data["houses"]["price"], dtype=float))[others[order]].mean())
    assert f"期望房價是 {expected / 1e4:.1f} 萬" in page.locator(".explorer .house").inner_text()


def test_a_house_beyond_the_plane_is_said_to_be(open_figure, data):
    """編碼在 ±4 之外：卡片說畫不出來；走到它的編碼，解碼用原來的 z，把手停在平面的邊上。"""
    mean = unpacked(data["houses"]["mean"]).copy()
    mean[0] = (6, 1)
    moved = {**data, "houses": data["houses"] | {"mean": packed(mean, "float32")}}
    page = open_figure(InteractiveFigure("explorer", "結論", stops=[], **moved))
    page.get_by_label("看幾號房子").fill(str(data["houses"]["id"][0]))
    page.get_by_role("button", name="找出來").click()
    page.get_by_role("button", name="把手走到它的編碼").click()
    assert "z = (6.00, 1.00)" in said(page)
    assert "在平面 ±4 之外，畫不出來" in page.locator(".explorer .house").inner_text()
    assert page.locator(".explorer .handle").get_attribute("aria-valuenow") == "4"
    frame = page.locator(".explorer .interactive-plots svg").first.bounding_box()
    assert centre(page, ".explorer .handle .knob")[0] <= frame["x"] + frame["width"]
    assert shown_rows(page) == expected_rows(moved, mean[:1].astype(float))


def test_an_unknown_number_is_explained(open_figure, figure):
    page = open_figure(figure)
    page.locator(".explorer .house .find").evaluate("form => form.noValidate = true")
    page.get_by_label("看幾號房子").fill("9999")
    page.get_by_role("button", name="找出來").click()
    settle(page)
    assert "請輸入 1 到 2930 的整數" in page.locator(".explorer .house .problem").inner_text()


def test_tab_reaches_the_nearest_houses(open_figure, figure, data):
    """焦點走到最近的房子就預覽它，Enter 選它。"""
    page = open_figure(figure)
    first = neighbours(data, np.zeros(2))[0][0]
    button = page.locator(".explorer tbody button").first
    assert button.inner_text() == f"{data['houses']['id'][first]} 號"
    button.focus()
    settle(page)
    assert page.locator(".explorer-tip").is_visible()
    page.keyboard.press("Enter")
    settle(page)
    assert f"{data['houses']['id'][first]} 號房子" in page.locator(".explorer .house h4").inner_text()


# ── 其餘的字 ──────────────────────────────────────────────────────────


def test_a_row_opens_to_all_its_levels(open_figure, figure, data):
    page = open_figure(figure)
    row = page.locator(".explorer .decoded li", has_text="中央空調").first
    row.locator("button").click()
    settle(page)
    assert row.locator("button").get_attribute("aria-expanded") == "true"
    assert sorted(row.locator(".levels code").all_inner_texts()) == ["N", "Y"]
    row.locator("button").click()
    settle(page)
    assert not row.locator(".levels").is_visible()


def test_changes_are_counted_from_the_remembered_point(open_figure, figure):
    page = open_figure(figure)
    move_to(page, (2.0, 2.0))
    changes = page.locator(".explorer .changes")
    away = changes.inner_text()
    assert "→" in away
    page.get_by_role("button", name="記住這一點").click()
    settle(page)
    assert changes.inner_text().startswith("還沒有動")
    page.get_by_role("button", name="回到原點").click()
    settle(page)
    assert position(page) == [0, 0]
    assert changes.inner_text().startswith("還沒有動")


def test_a_stop_is_one_press_away(open_figure, figure):
    """內文的一站：按一下就到，報讀軟體念得出要去哪裡。"""
    page = open_figure(figure)
    page.get_by_role("button", name="2（走到 (−2.00, 1.20)）").click()
    settle(page)
    assert position(page) == [-2, 1.2]
    assert "z = (−2.00, 1.20)" in said(page)


def test_nothing_moves_by_itself(open_figure, figure):
    """沒有動畫與轉場，要求減少動態效果（prefers-reduced-motion）的讀者看到的也一樣。"""
    page = open_figure(figure, reduced_motion="reduce")
    move_to(page, (1, 1))
    assert page.evaluate("document.getAnimations().length") == 0


def faults(browser: Any, path: Path, figure: Any, query: str = "", theme: str = "light") -> list[str]:
    """這個畫面的無障礙問題；axe 自己會再讀一次樣式檔，那是它的雜音，所以先看有沒有錯誤訊息。"""
    write_page(path, figure)
    with opened(browser, path, theme=theme, query=query) as (page, noise):
        settle(page)
        assert noise == []
        return inaccessible(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible(browser, tmp_path, figure, theme):
    """走遠了、選了一棟、打開一列之後，axe 也沒有嚴重的問題。"""
    write_page(tmp_path / "figure.html", figure)
    with opened(browser, tmp_path / "figure.html", theme=theme) as (page, noise):
        move_to(page, (3.5, -3.5))
        page.get_by_label("看幾號房子").fill("1")
        page.keyboard.press("Enter")
        page.locator(".explorer .decoded li button").first.click()
        settle(page)
        assert noise == []  # axe 自己會再讀一次樣式檔，那是它的雜音
        assert inaccessible(page) == []


@pytest.mark.parametrize("watched", [True, False])
def test_the_theme_changes_and_the_place_stays(browser, tmp_path, figure, watched):
    """換明暗：畫布照新的顏色重畫，把手不動。沒有聽到換了，就還是舊的。"""
    path = tmp_path / "figure.html"
    write_page(path, figure)
    if not watched:
        deaf = "<script>window.MutationObserver = class { observe() {} };</script><title>"
        path.write_text(path.read_text(encoding="utf-8").replace("<title>", deaf), encoding="utf-8")
    with opened(browser, path) as (page, noise):
        move_to(page, (1.5, -0.5))
        page.get_by_label("顏色", exact=True).select_option(index=2)
        settle(page)
        handle = page.locator(".handle").get_attribute("transform")
        assert greys(page) == {"light": True, "dark": False}
        page.evaluate(SWITCH, "dark")
        assert page.evaluate(CARD) == DARK_CARD
        assert page.locator(".handle").get_attribute("transform") == handle
        assert greys(page) == {"light": not watched, "dark": watched}
        assert noise == []


# ── 書裡的那一頁 ──────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def book_page() -> Path:
    return require_book() / "explorer.html"


def test_the_page_of_the_book_decodes_its_own_weights(browser, book_page):
    """書裡訓練好的權重，在網頁裡解碼也與 NumPy 相同；沒有錯誤訊息與對外的連線。"""
    html = BeautifulSoup(book_page.read_text(encoding="utf-8"), "html.parser")
    script = html.select_one('[data-interactive="explorer"] script')
    assert script is not None
    data = json.loads(script.get_text())
    with opened(browser, book_page) as (page, noise):
        assert largest_difference(ask(page, POINTS), decoded(data, POINTS)) < TOLERANCE
        answers = ask(page, POINTS)
        assert [answer["reach"] for answer in answers] == pytest.approx(
            price_map(data)(POINTS)[2].tolist(), abs=TOLERANCE
        )
        assert noise == []


@pytest.mark.parametrize("width", [320, 768, 1000, 1199, 1200, 1920])
def test_the_page_of_the_book_fits_every_width(browser, book_page, width):
    with opened(browser, book_page, (width, 900)) as (page, _):
        assert overflow(page) == []


def test_the_text_and_the_explorer_agree_at_every_stop(browser, book_page):
    """內文說的期望房價與熵，按下那一站的按鈕，探索器說的也一樣。"""
    with opened(browser, book_page) as (page, _):
        items = page.locator("#explorer ol > li").all_inner_texts()
        buttons = page.locator(".explorer .stops button").all()
        assert len(items) == len(buttons) == 6
        for item, button in zip(items, buttons, strict=True):
            button.click()
            shown = said(page) + page.locator(".explorer [aria-label=解碼器有多少把握]").inner_text()
            shown += page.locator(".explorer .decoded").evaluate("e => e.textContent")
            quoted = re.findall(r"期望房價 ([\d.]+ 萬)|([\d.]+ 坪)|解碼出來是 (\d+ 年)", item)
            quoted += re.findall(r"說不準的\D+([\d.]+ nats)()()", item)
            assert quoted
            assert [words for found in quoted for words in found if words not in shown] == []


def test_the_map_stays_while_the_text_scrolls(browser, book_page):
    """寬的畫面上，捲到右邊的字，平面還在眼前。"""
    with opened(browser, book_page, (1280, 900)) as (page, _):
        page.locator(".explorer").evaluate("e => scrollTo(0, e.getBoundingClientRect().top + scrollY + 700)")
        top = page.locator(".explorer .interactive-plots svg").first.evaluate(
            "e => e.getBoundingClientRect().top"
        )
        assert 0 < top < 100
