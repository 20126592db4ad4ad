"""探索器裡描述一棟房子：網頁裡的編碼器與 NumPy 相同；畫出來的小房子照數字。"""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.browser.inspection import overflow
from tests.browser.test_explorer_in_browser import (
    PHONE,
    UNITS,
    amount_words,
    decoded,
    faults,
    layout_of,
    move_to,
    numbers,
    position,
    price_map,
    settle,
)
from tests.quick_explorer import quick_model
from vae_from_scratch.housing import explorer
from vae_from_scratch.housing.absence import all_columns
from vae_from_scratch.network import multilayer_perceptron

pytestmark = pytest.mark.browser
#: 模型的列是 float32，網頁由原來的數字算；差在第八位。
TOLERANCE = 1e-6
PING = UNITS["平方呎"][0]


@pytest.fixture(scope="module")
def model():
    return quick_model()


@pytest.fixture(scope="module")
def data(model):
    return explorer.explorer_data(model)


@pytest.fixture(scope="module")
def figure(model):
    return explorer.explorer_figure(model)


def encoded(model: Any, x: NDArray) -> NDArray:
    """模型全部的權重，NumPy 用 float64 算：[μ, 標準差] (N, 4)。"""
    layers = model.vae.network_.views(model.vae.parameters_).encoder
    output = multilayer_perceptron([layer.astype(float) for layer in layers], x)
    return np.hstack([output[:, :2], np.exp(0.5 * output[:, 2:])])


# ── 編碼器 ────────────────────────────────────────────────────────────

HALVES = "base64 => [...Explorer.unpack({ dtype: 'float16', shape: [65536], base64 }).values]"


def test_every_half_is_read_right(open_figure, figure):
    """65,536 種位元，扣掉無限大與 NaN，逐一相同。"""
    values = np.arange(65536, dtype=np.uint16).view(np.float16)
    finite = np.isfinite(values)
    document = explorer.packed(np.where(finite, values, 0), "float16")
    found = open_figure(figure).evaluate(HALVES, document["base64"])
    assert np.array_equal(np.array(found)[finite], values[finite].astype(float))


ENCODE = """([rows, columns, nudge]) => {
  const data = JSON.parse(document.querySelector('[data-interactive="explorer"] script').textContent);
  const houses = new Explorer.Houses(data.houses, data.variables);
  const asked = data.variables.filter(({ code }) => data.asked.includes(code));
  const encoder = new Explorer.Encoder(data.encoder, asked);
  encoder.layers.at(-1).values[encoder.layers.at(-1).values.length - 1] += nudge;
  return rows.map((row) => {
    const known = ({ code }) => (columns.includes(code) ? houses.value(row, houses.index.get(code)) : null);
    const values = asked.map(known);
    const { mean, sd } = encoder.encode(values);
    return [...mean, ...sd];
  });
}"""


@pytest.mark.parametrize("known", ["asked", "two", "none"])
def test_encoder_in_the_page_equals_numpy(open_figure, figure, model, known):
    """200 棟，問的幾欄、其中兩欄、一欄也不知道：μ 與標準差都相同；動一個偏置就比得出來（反向對照）。"""
    columns = {"asked": explorer.ASKED, "two": ["GrLivArea", "Neighborhood"], "none": []}[known]
    rows = np.random.default_rng(0).choice(len(model.x), 200, replace=False)
    truth = encoded(model, explorer.only_known(model, columns)[rows])
    page = open_figure(figure)
    found = np.array(page.evaluate(ENCODE, [rows.tolist(), list(columns), 0]))
    assert np.abs(found - truth).max() < TOLERANCE
    nudged = np.array(page.evaluate(ENCODE, [rows.tolist(), list(columns), 0.01]))
    assert np.abs(nudged - truth).max() > TOLERANCE


# ── 描述 ──────────────────────────────────────────────────────────────


def described(model: Any, values: dict[str, Any]) -> NDArray:
    """照編碼規則由一張表編碼：沒有寫的欄是空白。"""
    frame = all_columns(model.houses).iloc[[0]].copy()
    for name in frame.columns:
        frame[name] = frame[name].astype(float) * np.nan if name in model.schema.scales_ else None
    for name, value in values.items():
        frame[name] = value
    return np.asarray(model.schema.transform(frame), dtype=float)


def fill(page: Any, label: str, value: str) -> None:
    control = page.locator(".describe .fields").get_by_label(label)
    if control.evaluate("e => e.tagName") == "SELECT":
        control.select_option(value)
    else:
        control.fill(value)
        control.press("Tab")
    settle(page)


def answer(page: Any) -> str:
    return page.locator(".describe > p").last.inner_text()


def test_a_described_house_lands_where_numpy_says(open_figure, figure, data, model):
    """寫三欄（面積是坪）：編碼、標準差、期望房價都是 NumPy 算的；把手走得到；清掉就沒有了。"""
    page = open_figure(figure)
    assert page.locator(".explorer .described ellipse").count() == 0
    for label, value in (("建造年份", "1995"), ("居住面積", "60"), ("社區", "NoRidge")):
        fill(page, label, value)
    x = described(model, {"YearBuilt": 1995.0, "GrLivArea": 60 * PING, "Neighborhood": "NoRidge"})
    assert (x != 0).sum() == 5
    (code,) = encoded(model, x)
    point = lambda z: "({:.2f}, {:.2f})".format(*z).replace("-", "−")  # noqa: E731
    price = np.exp(price_map(data)(code[None, :2])[0][0]) / 1e4
    text = answer(page)
    assert f"知道 3 欄，76 欄不知道：編碼在 {point(code[:2])}，標準差 {point(code[2:])}" in text
    assert f"期望房價 {price:.1f} 萬" in text and "⚠" not in text
    assert page.locator(".explorer .described ellipse").count() == 3
    page.get_by_role("button", name="把手走到那裡").click()
    settle(page)
    assert position(page) == pytest.approx(code[:2].tolist(), abs=0.0051)
    page.get_by_role("button", name="清掉描述").click()
    settle(page)
    assert page.locator(".explorer .described ellipse").count() == 0
    assert "知道" not in answer(page).split("，")[0]


def test_a_number_beyond_the_training_range_is_said(open_figure, figure):
    page = open_figure(figure)
    fill(page, "建造年份", "2030")
    assert "⚠ 建造年份超出訓練的範圍" in answer(page)
    fill(page, "建造年份", "1872")
    assert "⚠" not in answer(page)


@pytest.mark.parametrize("wrong", ["很大", "-3", "1e9"])
def test_what_cannot_be_read_is_said_and_not_used(open_figure, figure, wrong):
    page = open_figure(figure)
    fill(page, "建造年份", "1990")
    before = answer(page)
    fill(page, "居住面積", wrong)
    problem = page.locator(".describe .problem").inner_text()
    assert f"「居住面積」寫的是「{wrong}」" in problem and "請給 0 到 100 萬的數" in problem
    assert answer(page) == before
    fill(page, "居住面積", "40")
    assert page.locator(".describe .problem").inner_text() == ""
    assert "知道 2 欄" in answer(page)


def test_the_chosen_house_is_copied(open_figure, figure, data, model):
    """照選中的房子寫：問的幾欄都是它自己的；編碼就是只知道這幾欄的編碼（面積寫到 0.1 坪）。"""
    page, row = open_figure(figure, query="#explorer:house=5"), data["houses"]["id"].index(5)
    settle(page)
    page.get_by_role("button", name="照選中的房子寫").click()
    settle(page)
    (code,) = encoded(model, explorer.only_known(model)[[row]])
    assert f"知道 {len(explorer.ASKED)} 欄" in answer(page)
    shown = [float(part.replace("−", "-")) for part in answer(page).split("(")[1].split(")")[0].split(",")]
    assert shown == pytest.approx(code[:2].tolist(), abs=0.02)


def test_the_description_is_in_the_address(open_figure, figure):
    address = "#explorer:YearBuilt=1995&GrLivArea=60&Neighborhood=NoRidge"
    page = open_figure(figure, query=address)
    settle(page)
    assert "知道 3 欄" in answer(page)
    assert page.evaluate("location.hash") == address
    assert page.locator(".describe").get_by_label("社區").input_value() == "NoRidge"
    page = open_figure(figure, query="#explorer:YearBuilt=old&Neighborhood=Mars&PoolArea=3")
    settle(page)
    for words in ("YearBuilt=old", "Neighborhood=Mars", "PoolArea=3"):
        assert words in page.locator(".explorer .copied").inner_text()


# ── 畫出來的房子 ──────────────────────────────────────────────────────

SHAPE = "found => Explorer.drawing.shape(found)"
PLAIN = {
    "ground": 1000, "upper": 0, "cars": 2, "detached": False, "roof": "Gable", "fireplaces": 0,
}  # fmt: skip


def test_the_shape_follows_the_numbers(open_figure, figure):
    """樓層、寬度、車庫、屋頂、煙囪各自跟著自己的數字，別的不動。"""
    page = open_figure(figure)
    shape = lambda **changes: page.evaluate(SHAPE, PLAIN | changes)  # noqa: E731
    plain = shape()
    assert plain["storeys"] == 1 and plain["upperWidth"] == 0 and plain["gap"] == 0 and not plain["chimney"]
    assert shape(upper=400)["storeys"] == 1.5 and shape(upper=900)["storeys"] == 2
    assert shape(upper=400)["upperWidth"] == pytest.approx(0.4 * plain["width"])
    assert shape(ground=4000)["width"] == pytest.approx(2 * plain["width"])
    assert shape(cars=0)["garage"] == 0 and shape(cars=3)["garage"] == pytest.approx(1.5 * plain["garage"])
    assert shape(detached=True)["gap"] > 0 and shape(detached=True, cars=0)["gap"] == 0
    assert shape(roof="Flat")["pitch"] == 0 < shape(roof="Hip")["pitch"] < plain["pitch"]
    assert shape(fireplaces=1)["chimney"]
    assert shape(ground=0, cars=0)["width"] == 0  # 解碼成負的面積，當作 0


def test_the_drawing_says_what_was_decoded(open_figure, figure, data):
    """圖的說明就是解碼的數字：一樓、二樓、車庫；一輛一扇門；走遠了也不會畫出框外。"""
    page = open_figure(figure)
    for z in [(0.0, 0.0), (1.0, 2.2), (-4.0, 4.0), (4.0, -4.0), (-4.0, -4.0), (4.0, 4.0)]:
        move_to(page, z)
        (chances,), (means,) = decoded(data, np.array([z]))
        names = [v["code"] for v in numbers(data)]
        flags = np.split(chances, np.cumsum(layout_of(data).groups)[:-1])[44:]
        spiked = [v["code"] for v in numbers(data) if v["shares"]]
        amounts = dict(zip(names, np.maximum(means, 0), strict=True))
        for name, flag in zip(spiked, flags, strict=True):
            amounts[name] *= flag[1] >= 0.5
        first = page.locator(".drawings figure").first
        text, cars = first.locator("figcaption").inner_text(), int(np.floor(amounts["GarageCars"] + 0.5))
        assert f"一樓 {amount_words(amounts['1stFlrSF'], '平方呎')}" in text
        upper = amounts["2ndFlrSF"]
        assert ("沒有二樓" if upper == 0 else f"二樓 {amount_words(upper, '平方呎')}") in text
        assert ("沒有車庫" if cars == 0 else f"車庫 {cars} 輛") in text
        assert first.locator("svg").get_attribute("aria-label") == text
        assert first.locator("rect.door").count() == 1 + cars
        frame = first.locator("svg").bounding_box()
        for shape in first.locator("svg :is(rect, path)").all():
            box = shape.bounding_box()
            assert box["x"] >= frame["x"] - 1 and box["y"] >= frame["y"] - 1
            assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1


def test_the_chosen_house_is_drawn_beside_it(open_figure, figure, data, model):
    """選一棟，旁邊用同樣的畫法畫真的那一棟；不看了就收起來。"""
    page, row = open_figure(figure, query="#explorer:house=5"), data["houses"]["id"].index(5)
    settle(page)
    own, mine = page.locator(".drawings figure").nth(1), model.houses.details.iloc[row]
    text = own.locator("figcaption").inner_text()
    assert text.startswith("真的 5 號")
    assert amount_words(mine["1stFlrSF"], "平方呎") in text and f"車庫 {mine['GarageCars']:.0f} 輛" in text
    page.get_by_role("button", name="不看這棟").click()
    settle(page)
    assert not own.is_visible()


# ── 手機、報讀軟體 ────────────────────────────────────────────────────


def test_the_fields_fit_a_phone(open_figure, figure):
    page = open_figure(figure, query="#explorer:YearBuilt=1995&house=5", **PHONE)
    assert overflow(page) == []
    for control in page.locator(".describe :is(input, select, button)").all():
        if control.is_visible():
            assert control.bounding_box()["height"] >= 44


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_fields_are_accessible(browser, tmp_path, figure, theme):
    query = "#explorer:YearBuilt=1995&GrLivArea=60&house=5"
    assert faults(browser, tmp_path / "figure.html", figure, query, theme) == []
