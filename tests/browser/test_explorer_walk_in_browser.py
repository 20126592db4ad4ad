"""探索器裡由一棟走到另一棟：路上的數字與路旁的房子由 NumPy 另外算；顏色；網址開得回同一個畫面。"""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.browser.inspection import overflow
from tests.browser.test_explorer_in_browser import (
    PHONE,
    amount_words,
    decoded,
    faults,
    layout_of,
    move_to,
    numbers,
    percent,
    position,
    price_map,
    said,
    settle,
)
from tests.quick_explorer import quick_model
from vae_from_scratch.housing import explorer
from vae_from_scratch.housing.explorer import unpacked

pytestmark = pytest.mark.browser
STRETCHES = 8


@pytest.fixture(scope="module")
def data():
    return explorer.explorer_data(quick_model())


@pytest.fixture(scope="module")
def figure():
    stops = {"1": (1.0, 2.3), "2": (-2.0, 1.2), "3": (1.5, -1.0)}
    return explorer.explorer_figure(quick_model(), stops)


@pytest.fixture(scope="module")
def codes(data) -> NDArray:
    return unpacked(data["houses"]["mean"]).astype(float)


def row_of(data: dict[str, Any], number: int) -> int:
    return data["houses"]["id"].index(number)


def far_apart(data: dict[str, Any], codes: NDArray) -> tuple[int, int]:
    """兩棟畫得出來、離得遠的房子的編號。"""
    inside = np.flatnonzero(np.abs(codes).max(axis=1) < 3)
    first = inside[codes[inside, 1].argmin()]
    second = inside[np.linalg.norm(codes[inside] - codes[first], axis=1).argmax()]
    return data["houses"]["id"][first], data["houses"]["id"][second]


def walking(open_figure, figure, a: int, b: int, t: float = 0.0, **options: Any) -> Any:
    page = open_figure(figure, query=f"#explorer:a={a}&b={b}&t={t}", **options)
    settle(page)
    return page


# ── 只有計算的部分 ────────────────────────────────────────────────────

BESIDE = """([a, b, codes, reach, stretches, wrong]) => Explorer.way.beside({
  a, b, reach, stretches, rows: codes.map((_, row) => row),
  encode: (row) => codes[row].map((z) => z + wrong) })"""


def beside(codes: NDArray, a: NDArray, b: NDArray, reach: float) -> list[tuple[int, float, float]]:
    """一段一棟：投影落在兩端之間、離路不超過 reach 的，各段離路最近的。"""
    step = b - a
    t = (codes - a) @ step / (step @ step)
    distance = np.abs((codes - a) @ np.array([-step[1], step[0]])) / np.linalg.norm(step)
    found = []
    for k in range(STRETCHES):
        mine = np.flatnonzero((t > 0) & (t < 1) & (np.floor(t * STRETCHES) == k) & (distance <= reach))
        if len(mine):
            row = mine[distance[mine].argmin()]
            found.append((int(row), float(t[row]), float(distance[row])))
    return found


def test_houses_beside_the_way_equal_numpy(open_figure, figure):
    """隨機的點與路：挑出來的房子、走到哪裡、離路多遠都相同；編碼挪開一點就不同（反向對照）。"""
    page, rng = open_figure(figure), np.random.default_rng(0)
    differ = False
    for _ in range(20):
        codes, (a, b) = rng.normal(size=(60, 2)), rng.normal(size=(2, 2))
        truth = beside(codes, a, b, 0.5)
        ask = [a.tolist(), b.tolist(), codes.tolist(), 0.5, STRETCHES]
        found = page.evaluate(BESIDE, [*ask, 0])
        assert [one["row"] for one in found] == [row for row, _, _ in truth]
        for key, place in (("t", 1), ("distance", 2)):
            assert [one[key] for one in found] == pytest.approx([one[place] for one in truth], abs=1e-9)
        differ |= [one["row"] for one in page.evaluate(BESIDE, [*ask, 0.3])] != [row for row, _, _ in truth]
    assert differ


def test_a_way_of_no_length_has_no_houses(open_figure, figure):
    page = open_figure(figure)
    assert page.evaluate(BESIDE, [[1, 1], [1, 1], [[1, 1], [0, 0]], 0.5, STRETCHES, 0]) == []


@pytest.mark.parametrize(("t", "expected"), [(0, [0.1, 0.2]), (1, [0.7, -0.3]), (0.5, [0.4, -0.05])])
def test_the_ends_of_the_way_are_exact(open_figure, figure, t, expected):
    page = open_figure(figure)
    found = page.evaluate("t => Explorer.way.along([0.1, 0.2], [0.7, -0.3], t)", t)
    assert found == expected if t in (0, 1) else found == pytest.approx(expected)


# ── 走在路上 ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("t", [0.0, 0.37, 1.0])
def test_the_numbers_on_the_way_are_what_numpy_says(open_figure, figure, data, codes, t):
    """期望房價、面積、年份、熵，與最近的房子（兩端不算）有多遠。"""
    ids = far_apart(data, codes)
    page = walking(open_figure, figure, *ids, t)
    a, b = (row_of(data, number) for number in ids)
    z = (codes[a] + t * (codes[b] - codes[a]))[None]
    (chances,), (means,) = decoded(data, z)
    named = dict(zip((v["code"] for v in numbers(data)), means, strict=True))
    units = {v["code"]: v["unit"] for v in numbers(data)}
    parts = np.split(chances, np.cumsum(layout_of(data).groups)[:-1])
    nats = -sum(float((p * np.log(np.maximum(p, 1e-300))).sum()) for p in parts)
    others = (unpacked(data["houses"]["held_out"]) == 0) & ~np.isin(np.arange(len(codes)), [a, b])
    gap = np.linalg.norm(codes[others] - z, axis=1).min()
    words = page.locator(".two-houses .way p").first.inner_text()
    for expected in (
        f"走了 {t:.0%}",
        f"期望房價 {np.exp(price_map(data)(z)[0][0]) / 1e4:.1f} 萬",
        f"居住面積 {amount_words(named['GrLivArea'], units['GrLivArea'])}",
        f"建造年份 {amount_words(named['YearBuilt'], '年')}",
        f"說不準（nats） {nats:.1f}",
        f"最近的房子有多遠 {gap:.2f}",
    ):
        assert expected in words
    assert position(page) == pytest.approx(z[0].tolist(), abs=0.0051)
    assert ("外推" in words) == (price_map(data)(z)[2][0] > explorer.FAR)


def test_the_table_lists_the_houses_beside_the_way(open_figure, figure, data, codes):
    """表裡的就是 NumPy 挑的（A 與 B 不算）；按一棟就選它；平面上一棟一個方塊。"""
    ids = far_apart(data, codes)
    page = walking(open_figure, figure, *ids)
    a, b = (row_of(data, number) for number in ids)
    moved = codes.copy()
    moved[[a, b]] = 1e6
    truth = beside(moved, codes[a], codes[b], explorer.FAR)
    rows = page.locator(".two-houses tbody tr")
    assert len(truth) >= 3
    assert rows.count() == len(truth) == page.locator(".explorer .beside rect").count()
    for k, (row, t, distance) in enumerate(truth):
        text = rows.nth(k).inner_text()
        assert text.startswith(f"{data['houses']['id'][row]} 號")
        assert f"{t:.0%}" in text and f"{distance:.2f}" in text
        assert f"{data['houses']['price'][row] / 1e4 + 1e-9:.1f} 萬" in text
    rows.nth(1).locator("button").click()
    settle(page)
    assert f"{data['houses']['id'][truth[1][0]]} 號房子" in page.locator(".explorer .house h4").inner_text()


def test_two_houses_are_chosen_by_the_card_or_by_number(open_figure, figure, data, codes):
    """點一棟，按「當作 A」，另一棟按「當作 B」，從 A 出發；寫錯的編號與同一棟說得出原因；對調與不走了。"""
    page = open_figure(figure)
    for number, name in ((100, "當作 A"), (2000, "當作 B")):
        page.get_by_label("看幾號房子").fill(str(number))
        page.keyboard.press("Enter")
        settle(page)
        page.get_by_role("button", name=name).click()
        settle(page)
    assert position(page) == pytest.approx(codes[row_of(data, 100)].tolist(), abs=0.0051)
    page.get_by_role("button", name="對調").click()
    settle(page)
    assert position(page) == pytest.approx(codes[row_of(data, 2000)].tolist(), abs=0.0051)
    inputs = page.locator(".two-houses .find input")
    assert [one.input_value() for one in inputs.all()] == ["2000", "100"]
    page.locator(".two-houses .find").evaluate("form => form.noValidate = true")
    for value, complaint in (("9999", "請輸入 1 到 2930 的整數"), ("2000", "同一棟")):
        inputs.nth(1).fill(value)
        page.keyboard.press("Enter")
        settle(page)
        assert complaint in page.locator(".two-houses .problem").inner_text()
    page.get_by_role("button", name="不走了").click()
    settle(page)
    assert not page.locator(".two-houses .way").is_visible()
    assert page.locator(".explorer .ends g").count() == 0


def test_the_same_house_cannot_be_both_ends(open_figure, figure):
    page = open_figure(figure, query="#explorer:a=100&b=2000&house=100")
    settle(page)
    page.get_by_role("button", name="當作 B").click()
    settle(page)
    assert [one.input_value() for one in page.locator(".two-houses .find input").all()] == ["", "100"]


def test_the_slider_walks_and_the_handle_leaves_the_way(open_figure, figure, data, codes):
    """滑桿用鍵盤也走得動；把手拖開就說離開了路，再動滑桿就回來。"""
    page = walking(open_figure, figure, 100, 2000)
    slider = page.get_by_label("A 到 B")
    slider.focus()
    page.keyboard.press("End")
    settle(page)
    assert position(page) == pytest.approx(codes[row_of(data, 2000)].tolist(), abs=0.0051)
    assert slider.get_attribute("aria-valuetext") == "100%"
    move_to(page, (2.0, 2.0))
    words = page.locator(".two-houses .way p").first
    assert "離開了這條路" in words.inner_text()
    slider.focus()
    page.keyboard.press("Home")
    settle(page)
    assert "走了 0%" in words.inner_text()


def test_it_walks_by_itself_and_stops_at_the_end(open_figure, figure):
    """按「走過去」就走到 B，不必再按；中途按「停」就停。"""
    page = walking(open_figure, figure, 100, 2000)
    page.get_by_role("button", name="走過去").click()
    page.clock.run_for(3000)
    stop = page.get_by_role("button", name="停", exact=True)
    assert stop.evaluate("button => (button.click(), button.textContent)") == "走過去", "不等下一次重畫"
    settle(page)
    middle = page.get_by_label("A 到 B").input_value()
    assert 0.2 < float(middle) < 0.8
    page.clock.run_for(2000)
    assert page.get_by_label("A 到 B").input_value() == middle
    page.get_by_role("button", name="走過去").click()
    page.clock.run_for(9000)
    assert page.get_by_label("A 到 B").input_value() == "1"
    assert page.get_by_role("button", name="走過去").is_visible()


def test_with_reduced_motion_it_goes_one_stretch_at_a_time(open_figure, figure):
    page = walking(open_figure, figure, 100, 2000, reduced_motion="reduce")
    for expected in ("13%", "25%", "38%"):
        page.get_by_role("button", name="往前一段").click()
        settle(page)
        assert page.get_by_label("A 到 B").get_attribute("aria-valuetext") == expected
        page.clock.run_for(3000)
        assert page.get_by_label("A 到 B").get_attribute("aria-valuetext") == expected


def test_the_example_walks_between_two_stops(open_figure, figure, data, codes):
    """例子的兩端是離第 2、3 站最近的房子。"""
    page = open_figure(figure)
    page.get_by_role("button", name="例如：第 2 站到第 3 站").click()
    settle(page)
    train = np.flatnonzero(unpacked(data["houses"]["held_out"]) == 0)
    nearest = [train[np.linalg.norm(codes[train] - z, axis=1).argmin()] for z in [(-2.0, 1.2), (1.5, -1.0)]]
    chosen = [int(one.input_value()) for one in page.locator(".two-houses .find input").all()]
    assert chosen == [data["houses"]["id"][row] for row in nearest]


# ── 顏色 ──────────────────────────────────────────────────────────────

INKS = """() => {
  const canvas = document.querySelector(".explorer canvas");
  const pen = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  pen.drawImage(canvas, 0, 0);
  const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data, seen = new Map();
  for (let k = 0; k < pixels.length; k += 4) if (pixels[k + 3] === 255) {
    const colour = pixels.slice(k, k + 3).join(); seen.set(colour, (seen.get(colour) ?? 0) + 1); }
  return Object.fromEntries(seen);
}"""
GREY, WHITE = "185,190,196", "255,255,255"


def test_colour_by_year_and_by_neighbourhood(open_figure, figure, data):
    """換顏色：色階與指標換成年份；一個社區只剩灰與紅，旁邊寫出解碼的機率。"""
    page = open_figure(figure)
    by_price = page.evaluate(INKS)
    page.get_by_label("顏色", exact=True).select_option("year")
    settle(page)
    legend = page.locator(".explorer .interactive-plots svg").nth(1)
    assert "建造年份" in legend.text_content()
    _, (means,) = decoded(data, np.zeros((1, 2)))
    year = dict(zip((v["code"] for v in numbers(data)), means, strict=True))["YearBuilt"]
    assert f"解碼 {amount_words(year, '年')}" in legend.text_content()
    assert page.evaluate(INKS) != by_price
    variable = next(v for v in data["variables"] if v["code"] == "Neighborhood")
    level = variable["levels"].index("NAmes")
    page.get_by_label("顏色", exact=True).select_option(str(level))
    settle(page)
    (chances,), _ = decoded(data, np.zeros((1, 2)))
    v = [one["code"] for one in data["variables"]].index("Neighborhood")
    p = np.split(chances, np.cumsum(layout_of(data).groups)[:-1])[v][level]
    assert "北艾姆斯；其餘的社區是灰色" in legend.text_content()
    assert f"解碼的機率 {percent(p)}" in legend.text_content()
    inks = page.evaluate(INKS)
    common = {ink for ink, n in inks.items() if n > 500}
    assert inks[GREY] > 1000 and len(common) == 3 and {GREY, WHITE} < common  # 白的是留下的房子，圈是空的


# ── 網址 ──────────────────────────────────────────────────────────────

STATES = [
    "#explorer:z=1.25%2C-0.4&house=5&colour=NAmes",
    "#explorer:z=-2%2C3&from=1%2C1",
    "#explorer:a=100&b=2000&t=0.4&colour=year",
    "#explorer:a=100&z=0.5%2C0.5",
]


@pytest.mark.parametrize("address", STATES)
def test_a_link_reproduces_the_view(open_figure, figure, address):
    """打開寫好的網址，畫面照著擺，網址不變；同一個網址打開兩次，字字相同。"""
    page = open_figure(figure, query=address)
    settle(page)
    assert page.evaluate("location.hash") == address
    views = [view(page)]
    page.evaluate("location.hash = ''")
    page.evaluate("h => { location.hash = h }", address)
    page.wait_for_timeout(100)
    settle(page)
    views.append(view(page))
    assert views[0] == views[1]


def view(page: Any) -> str:
    return said(page) + page.locator(".explorer-side").evaluate("e => e.innerText")


def test_what_the_reader_does_is_in_the_address(open_figure, figure):
    """走到一點、選一棟、換顏色，網址就寫著；回到原點、不看了、換回來，網址就空了。"""
    page = open_figure(figure)
    assert page.evaluate("location.hash") == ""
    move_to(page, (1.25, -0.4))
    page.get_by_label("看幾號房子").fill("5")
    page.keyboard.press("Enter")
    page.get_by_label("顏色", exact=True).select_option("year")
    settle(page)
    assert page.evaluate("location.hash") == "#explorer:z=1.25%2C-0.4&house=5&colour=year"
    page.get_by_role("button", name="回到原點").click()
    page.get_by_label("顏色", exact=True).select_option("price")
    settle(page)
    assert page.evaluate("location.hash") == ""


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("#explorer:z=1&house=9999&colour=Mars", ["z=1", "house=9999", "colour=Mars"]),
        ("#explorer:z=NaN,0&t=2&constructor=1", ["z=NaN,0", "t=2", "constructor=1"]),
    ],
)
def test_what_is_wrong_in_the_address_is_said(open_figure, figure, address, shown):
    page = open_figure(figure, query=address)
    settle(page)
    assert position(page) == [0, 0]
    for words in shown:
        assert words in page.locator(".explorer .copied").inner_text()


def test_another_anchor_is_left_alone(open_figure, figure):
    page = open_figure(figure, query="#fig-explorer")
    settle(page)
    assert page.evaluate("location.hash") == "#fig-explorer"
    assert position(page) == [0, 0]


def test_the_link_is_copied_or_written_out(open_figure, figure):
    """不准寫剪貼簿的瀏覽器，把連結寫出來。"""
    page = open_figure(figure)
    move_to(page, (1.0, 1.0))
    page.evaluate("""() => Object.defineProperty(navigator, "clipboard", {
      value: { writeText: async (text) => { window.copied = text; } } })""")
    page.get_by_role("button", name="複製連結").click()
    page.wait_for_function("() => document.querySelector('.copied').textContent !== ''")
    assert page.evaluate("window.copied") == page.url and page.url.endswith("#explorer:z=1%2C1")
    page.evaluate("() => { navigator.clipboard.writeText = async () => { throw new Error('不准'); }; }")
    page.get_by_role("button", name="複製連結").click()
    page.wait_for_function(
        "() => document.querySelector('.explorer .copied').textContent.includes('#explorer')"
    )


# ── 手機、報讀軟體 ────────────────────────────────────────────────────


def test_the_way_fits_a_phone(open_figure, figure):
    page = walking(open_figure, figure, 100, 2000, 0.5, **PHONE)
    assert overflow(page) == []
    buttons = ".two-houses :is(.find, .interactive-controls) button, .looks :is(button, select)"
    for button in page.locator(buttons).all():
        if button.is_visible():
            assert button.bounding_box()["height"] >= 44


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_way_is_accessible(browser, tmp_path, figure, theme):
    assert faults(browser, tmp_path / "figure.html", figure, "#explorer:a=100&b=2000&t=0.5", theme) == []
