"""探索器換平面：FAMD、PCA 與別的種子只有位置，沒有解碼；數字由 NumPy 另外算，看著的房子與路跟著搬。"""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.browser.inspection import overflow
from tests.browser.test_explorer_in_browser import PHONE, faults, position, said, settle
from tests.quick_explorer import quick_model
from vae_from_scratch.housing import explorer
from vae_from_scratch.housing.explorer import unpacked
from vae_from_scratch.housing.price_map import PriceMap

pytestmark = pytest.mark.browser
#: 一棟、一條路、塗年份，FAMD 的平面。
WALKING = "#explorer:plane=famd&a=100&b=2000&t=0.4&house=5&colour=year"


@pytest.fixture(scope="module")
def others():
    model = quick_model()
    return [*explorer.rival_planes(model), explorer.other_seed(quick_model(epochs=1), 1)]


@pytest.fixture(scope="module")
def data(others):
    return explorer.explorer_data(quick_model(), others)


@pytest.fixture(scope="module")
def figure(others):
    return explorer.explorer_figure(quick_model(), {"1": (1.0, 2.0)}, others)


def codes_of(data: dict[str, Any], key: str) -> NDArray:
    document = next(plane for plane in data["planes"] if plane["key"] == key)
    return unpacked(document["mean"]).astype(float)


def map_of(data: dict[str, Any], key: str) -> tuple[PriceMap, NDArray]:
    """那張平面的價格地圖，與留下的房子。"""
    held_out = unpacked(data["houses"]["held_out"]) == 1
    log_price = np.log(np.array(data["houses"]["price"], dtype=float))
    return PriceMap(codes_of(data, key)[~held_out], log_price[~held_out]), held_out


@pytest.mark.parametrize("key", ["famd", "pca", "seed1"])
def test_a_plane_without_a_decoder_says_what_numpy_says(open_figure, figure, data, key):
    """期望房價、R² 與 NumPy 相同；解碼的、有沒有把握、描述與各站都收起來，說出為什麼。"""
    page = open_figure(figure, query=f"#explorer:plane={key}&z=0.5,-0.25")
    (prices, held_out), codes = map_of(data, key), codes_of(data, key)
    text = said(page)
    assert f"期望房價 {np.exp(prices(np.array([[0.5, -0.25]]))[0][0]) / 1e4:.1f} 萬" in text
    assert "解碼" not in text
    log_price = np.log(np.array(data["houses"]["price"], dtype=float))
    error = log_price[held_out] - prices(codes[held_out])[0]
    r2 = 1 - (error**2).mean() / log_price[held_out].var()
    about = page.locator(".explorer .about-plane").inner_text()
    assert f"R² 是 {r2:.2f}" in about
    assert next(plane["note"] for plane in data["planes"] if plane["key"] == key) in about
    for name in (".decoded", ".describe", ".drawings", ".stops", "[aria-label=變了什麼]"):
        assert not page.locator(f".explorer {name}").is_visible()
    assert page.locator(".explorer .prior").count() == (2 if key == "seed1" else 0)


def test_the_house_moves_with_the_plane_and_back(open_figure, figure, data):
    """選了一棟再換平面：把手走到它的新位置；換回來，解碼的都回來了。"""
    page, row = open_figure(figure, query="#explorer:house=5"), data["houses"]["id"].index(5)
    settle(page)
    page.get_by_label("平面", exact=True).select_option("2")
    settle(page)
    assert position(page) == pytest.approx(codes_of(data, "pca")[row].tolist(), abs=0.0051)
    card = page.locator(".explorer .house").inner_text()
    assert "這張平面把它放在" in card and "標準差" not in card and "猜中" not in card
    assert page.locator(".explorer .shown ellipse").count() == 1
    page.get_by_label("平面", exact=True).select_option("0")
    settle(page)
    home = unpacked(data["houses"]["mean"])[row]
    assert position(page) == pytest.approx(home.tolist(), abs=0.0051)
    assert "猜中" in page.locator(".explorer .house").inner_text()
    assert page.locator(".explorer .decoded").is_visible()
    assert not page.locator(".explorer .about-plane").is_visible()


def test_the_way_is_measured_again(open_figure, figure, data):
    """同樣兩棟，換一張平面就換一條路：位置與最近的房子照新的編碼，只剩不必解碼的數字。"""
    page = open_figure(figure, query=WALKING)
    settle(page)
    codes, ids = codes_of(data, "famd"), data["houses"]["id"]
    a, b = ids.index(100), ids.index(2000)
    z = codes[a] + 0.4 * (codes[b] - codes[a])
    assert position(page) == pytest.approx(z.tolist(), abs=0.0051)
    others = (unpacked(data["houses"]["held_out"]) == 0) & ~np.isin(np.arange(len(codes)), [a, b])
    gap = np.linalg.norm(codes[others] - z, axis=1).min()
    words = page.locator(".two-houses .way p").first.inner_text()
    assert f"最近的房子有多遠 {gap:.2f}" in words and "建造年份" not in words
    assert page.locator(".two-houses .strip").count() == 2
    assert page.evaluate("location.hash") == WALKING
    assert "鄰居平均" in page.locator(".explorer .interactive-plots svg").nth(1).text_content()


def test_an_unknown_plane_is_said(open_figure, figure):
    page = open_figure(figure, query="#explorer:plane=umap")
    settle(page)
    assert "plane=umap" in page.locator(".explorer .copied").inner_text()
    assert page.locator(".explorer .decoded").is_visible()


def test_without_other_planes_there_is_nothing_to_choose(open_figure):
    page = open_figure(explorer.explorer_figure(quick_model()))
    assert not page.get_by_label("平面", exact=True).is_visible()


def test_it_fits_a_phone(open_figure, figure):
    page = open_figure(figure, query=WALKING, **PHONE)
    settle(page)
    assert overflow(page) == []


def test_it_is_accessible(browser, tmp_path, figure):
    assert faults(browser, tmp_path / "figure.html", figure, WALKING) == []
