"""各章的互動圖：念的數字由 NumPy 不用同樣的式子再算一次；種進一個錯，同一個檢查就不通過。"""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import integrate, special, stats
from sklearn.neighbors import KNeighborsRegressor

from tests.browser.inspection import PHONE, inaccessible, opened, overflow, without_javascript
from tests.figure_page import (
    CARD,
    DARK_CARD,
    FAINT,
    LIGHT_CARD,
    PROGRAMS,
    SWITCH,
    drag,
    numbers_said,
    said,
    slider,
    write_page,
)
from tests.housing.test_holes import two_models
from tests.test_interactive import beta_figure, both_ways, covariance_figure, reparameterization
from vae_from_scratch import gaussian
from vae_from_scratch.housing import holes
from vae_from_scratch.housing.cover import cover_figure
from vae_from_scratch.housing.data import load_ames
from vae_from_scratch.interactive import InteractiveFigure

pytestmark = pytest.mark.browser
NUMBER = r"(−?[\d.]+)"


def choose(page: Any, *values: float) -> None:
    """依序把每一支滑桿放到 ``values``。"""
    for index, value in enumerate(values):
        slider(page, index).fill(str(value))


# ── 第 5 章：−ELBO 的兩種拆法 ─────────────────────────────────────────

ELBO_SAID = (
    rf"log p\(x\) {NUMBER} ＝ ELBO {NUMBER} ＋ 差額 {NUMBER}；"
    rf"−ELBO ＝ 重建 {NUMBER} ＋ 對先驗的 KL {NUMBER}。"
)


def elbo_figure() -> InteractiveFigure:
    return InteractiveFigure("elbo", "結論", x=1.0)


def averaged(q: Any, f: Callable[[Any], Any]) -> float:
    """照 q 平均，用數值積分。"""
    reach = 12 * q.std()
    return integrate.quad(lambda z: q.pdf(z) * f(z), q.mean() - reach, q.mean() + reach, epsabs=1e-11)[0]


def elbo_by_quadrature(m: float, std: float, theta: float) -> list[float]:
    """五個數都由積分來，不用配方、也不用 KL 的公式。"""
    q, prior = stats.norm(m, std), stats.norm()

    def log_likelihood(z: Any) -> Any:
        return stats.norm.logpdf(1.0, loc=z + theta)

    def log_ratio(z: Any) -> Any:
        return q.logpdf(z) - prior.logpdf(z)

    evidence = np.log(averaged(prior, lambda z: np.exp(log_likelihood(z))))
    return [
        evidence,
        averaged(q, lambda z: log_likelihood(z) - log_ratio(z)),
        averaged(q, lambda z: log_ratio(z) - log_likelihood(z) + evidence),
        averaged(q, lambda z: -log_likelihood(z)),
        averaged(q, log_ratio),
    ]


STATES = [(0, 1, 0), (0.5, 0.7, 0), (1, 0.5, 1), (2, 1.6, -1), (-1, 0.2, 2.5)]


@pytest.mark.parametrize("state", STATES)
def test_the_two_splits_of_the_elbo_agree_with_quadrature(open_figure, state):
    page = open_figure(elbo_figure())
    choose(page, *state)
    assert np.allclose(numbers_said(page, ELBO_SAID), elbo_by_quadrature(*state), atol=6e-5)


@pytest.mark.parametrize(
    "planted",
    [("(seen - theta) ** 2 / 4", "(seen - theta) ** 2 / 2"), ("- 1 - Math.log(v)", "- 1 + Math.log(v)")],
)
def test_a_wrong_formula_is_caught(open_figure, planted):
    page = open_figure(elbo_figure(), planted=[planted])
    choose(page, *STATES[3])
    assert not np.allclose(numbers_said(page, ELBO_SAID), elbo_by_quadrature(*STATES[3]), atol=6e-5)


def test_alternating_steps_touch_and_never_lower_the_evidence(open_figure):
    """q 換成後驗：差額 0；θ 移到最高點：證據不降。從頭走八輪，走到 θ = x。"""
    page = open_figure(elbo_figure())
    last = -np.inf
    for _ in range(8):
        page.get_by_role("button", name="q 換成後驗").click()
        evidence, elbo, gap, *_ = numbers_said(page, ELBO_SAID)
        assert gap == 0 and elbo == evidence >= last
        assert "下界在這個 θ 碰到 log p(x)" in said(page)
        page.get_by_role("button", name="θ 移到下界的最高點").click()
        assert "剛才這一步（θ 移到下界的最高點）" in said(page)
        last = numbers_said(page, ELBO_SAID)[0]
    assert f"log p(x) −{np.log(2 * np.sqrt(np.pi)):.4f}" in said(page)  # θ = x：密度最高的地方
    drag(page, 0, 40)
    assert "剛才這一步" not in said(page)


def test_the_guess_is_answered_with_numbers_that_hold(open_figure):
    """先猜：說的四個數就是那兩個狀態的。"""
    page = open_figure(elbo_figure())
    page.get_by_role("button", name="不一定").click()
    before, after = (elbo_by_quadrature(1, np.sqrt(0.5), theta) for theta in (1, 0))
    told = page.locator(".interactive-predict p").inner_text().replace("−", "-")
    assert f"ELBO 由 {before[1]:.2f} 升到 {after[1]:.2f}" in told
    assert f"log p(x) 卻由 {before[0]:.2f} 降到 {after[0]:.2f}" in told
    assert np.allclose(numbers_said(page, ELBO_SAID), after, atol=6e-5)


# ── 第 6 章：一個一個抽 ───────────────────────────────────────────────

SINGLE_SAID = (
    rf"抽了 {NUMBER} 個：對數比的平均是 {NUMBER}（KL 的真值 {NUMBER}），"
    rf"照公式，[\d.]+ 個的平均晃 {NUMBER}（標準差）。"
    rf"單一樣本的變異數，公式 {NUMBER}，這些樣本 {NUMBER}。負的有 {NUMBER} 個"
)
DRAWS = np.random.default_rng(17).standard_normal(400).round(4)


def single_figure() -> InteractiveFigure:
    return InteractiveFigure("single-sample", "結論", noise=DRAWS, mean=1.0, std=2.0, most=2000)


def single_by_densities(mean: float, std: float, n: int) -> list[float]:
    """對數比由兩個密度相減；KL 與變異數由積分來，不用展開的式子。"""
    q, p = stats.norm(mean, std), stats.norm()
    values = q.logpdf(mean + std * DRAWS[:n]) - p.logpdf(mean + std * DRAWS[:n])

    def moment(k: int) -> float:
        return averaged(q, lambda z: (q.logpdf(z) - p.logpdf(z)) ** k)

    variance = moment(2) - moment(1) ** 2
    return [
        n,
        values.mean(),
        moment(1),
        np.sqrt(variance / n),
        variance,
        values.var(ddof=1),
        (values < 0).sum(),
    ]


@pytest.mark.parametrize("state", [(1, 2, 2), (1, 2, 300), (-0.5, 0.5, 40), (2, 0.2, 400)])
def test_the_mean_and_the_variance_agree_with_the_densities(open_figure, state):
    page = open_figure(single_figure())
    choose(page, *state)
    assert np.allclose(numbers_said(page, SINGLE_SAID), single_by_densities(*state), atol=6e-5)


@pytest.mark.parametrize(
    "planted", [("- Math.log(s));", "+ Math.log(s));"), ("0.5 * (v - 1) ** 2", "(v - 1) ** 2")]
)
def test_a_wrong_ratio_or_variance_is_caught(open_figure, planted):
    page = open_figure(single_figure(), planted=[planted])
    choose(page, 1, 2, 300)
    assert not np.allclose(numbers_said(page, SINGLE_SAID), single_by_densities(1, 2, 300), atol=6e-5)


def test_buttons_draw_more_and_the_prior_never_wobbles(open_figure):
    page = open_figure(single_figure())
    assert "抽了 1 個" in said(page) and "一個樣本還量不出來" in said(page)
    for name in ("再抽 1 個", "再抽 10 個", "再抽 100 個"):
        page.get_by_role("button", name=name, exact=True).click()
    assert np.allclose(numbers_said(page, SINGLE_SAID), single_by_densities(1, 2, 112), atol=6e-5)
    page.get_by_role("button", name="完全不晃").click()
    assert "一百個對數比都是 0.00" in page.locator(".interactive-predict p").inner_text()
    assert np.allclose(numbers_said(page, SINGLE_SAID)[1:], 0)


# ── 第 13 章：換單位的帳單 ────────────────────────────────────────────

PAID = rf"付屋頂 {NUMBER} ＋ 面積 {NUMBER} ＝ {NUMBER}"
BILL_SAID = rf"甲{PAID}，乙{PAID} nats。甲減乙 {NUMBER}，"
UNITS = [{"name": "平方公尺", "size": 1}, {"name": "坪", "size": 3.3058}, {"name": "公畝", "size": 100}]


def bill_figure() -> InteractiveFigure:
    models = [{"name": "甲", "roof": 0.2, "mean": 120}, {"name": "乙", "roof": 0.5, "mean": 150}]
    return InteractiveFigure("bill", "結論", area=100, spread=40, models=models, units=UNITS)


def bill_by_scipy(size: float, fixed: bool) -> list[float]:
    """把房子與模型都換成新單位，密度交給 SciPy。"""
    paid = []
    for roof, mean in [(0.2, 120), (0.5, 150)]:
        area = -stats.norm(mean / size, 1 if fixed else 40 / size).logpdf(100 / size)
        paid += [-np.log(roof), area, area - np.log(roof)]
    return [*paid, paid[2] - paid[5]]


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit["name"])
def test_the_bill_agrees_with_scipy_in_every_unit(open_figure, unit, fixed):
    page = open_figure(bill_figure())
    page.get_by_role("button", name=unit["name"], exact=True).click()
    page.get_by_label("變異數固定為 1").set_checked(fixed)
    expected = bill_by_scipy(unit["size"], fixed)
    assert np.allclose(numbers_said(page, BILL_SAID), expected, atol=6e-4)
    assert f"{'乙' if expected[-1] > 0 else '甲'}便宜" in said(page)


def test_only_a_fixed_variance_lets_the_unit_choose_the_winner(open_figure):
    """跟著單位走，差處處一樣；固定為 1，平方公尺與公畝的贏家不同。"""
    page = open_figure(bill_figure())
    found = {}
    for fixed in (False, True):
        page.get_by_label("變異數固定為 1").set_checked(fixed)
        for name in ("平方公尺", "公畝"):
            page.get_by_role("button", name=name, exact=True).click()
            found[fixed, name] = numbers_said(page, BILL_SAID)[-1]
    assert found[False, "平方公尺"] == found[False, "公畝"] > 0
    assert found[True, "平方公尺"] < 0 < found[True, "公畝"]
    page.get_by_role("button", name="不變", exact=True).click()
    assert "對，不變：兩張都少了 log 100 ＝ 4.605" in page.locator(".interactive-predict p").inner_text()


@pytest.mark.parametrize(
    "planted",
    [("Math.log(std) + 0.5", "0.5"), ("fixed.checked ? 1 : spread * c;", "fixed.checked ? 1 : spread;")],
)
def test_a_bill_that_forgets_the_unit_is_caught(open_figure, planted):
    page = open_figure(bill_figure(), planted=[planted])
    page.get_by_role("button", name="坪", exact=True).click()
    assert not np.allclose(numbers_said(page, BILL_SAID), bill_by_scipy(3.3058, False), atol=6e-4)


# ── 第 7 章：兩個谷 ───────────────────────────────────────────────────

BITS = np.indices((2, 2, 2)).reshape(3, 8).T
PARITY = BITS @ BITS[1:].T % 2
BASINS_SAID = rf"t = {NUMBER}，s = {NUMBER}，KL {NUMBER}，重建 {NUMBER}，損失減崩塌 {NUMBER} nats"
CODES = np.arange(-7, 8, 2) / np.sqrt(21)
POINTS, MASS = np.polynomial.hermite_e.hermegauss(80)


def basins_figure() -> InteractiveFigure:
    return InteractiveFigure("basins", "結論", rows=PARITY)


def decoded(z: Any, t: float, s: float) -> Any:
    """照 q 加權的平均，一列一個 z。"""
    share = np.exp(-0.5 * ((np.ravel(z)[:, None] - t * CODES) / s) ** 2)
    return np.clip(share @ PARITY / share.sum(axis=1, keepdims=True), 1e-300, 1)


def parity_losses(t: float, s: float) -> tuple[float, float]:
    """KL 由套件，重建由高斯求積：照 q 平均自己那一列的對數機率，不積分熵。"""
    p = decoded(t * CODES[:, None] + s * POINTS, t, s)
    own = np.repeat(PARITY, len(POINTS), axis=0)
    fit = np.log(np.where(own == 1, p, 1 - p) + 1e-300).sum(axis=1).reshape(8, -1)
    kl = gaussian.kl_to_standard_normal(t * CODES[:, None], np.full((8, 1), 2 * np.log(s)))
    return float(kl.mean()), float(-np.mean(fit @ MASS) / MASS.sum())


@pytest.mark.parametrize("beta", [0.5, 1.5, 2.0])
def test_the_valley_agrees_with_quadrature_and_is_a_valley(open_figure, beta):
    """KL、重建、損失都對得上；左右各拉一格，最好的 s 也不會更低。"""
    page = open_figure(basins_figure())
    slider(page).fill(str(beta))
    t, s, kl, fit, excess = numbers_said(page, BASINS_SAID)
    assert np.allclose([kl, fit], parity_losses(t, s), atol=2e-3)
    assert np.isclose(excess, fit + beta * kl - 7 * np.log(2), atol=3e-4)
    for beside in (t - 0.05, t + 0.05):
        around = [parity_losses(beside, s * factor) for factor in np.linspace(0.6, 1.6, 21)]
        assert min(fit + beta * kl for kl, fit in around) - 7 * np.log(2) > excess - 1e-3
    shade = page.locator(".cells rect").evaluate_all(
        "(all) => all.map((e) => +e.getAttribute('fill-opacity'))"
    )
    assert np.allclose((np.array(shade) - 0.04) / 0.9, decoded(t * CODES, t, s).ravel(), atol=2e-3)


def test_the_way_up_and_the_way_down_end_in_different_valleys(open_figure):
    """由拉開的編碼往上，過了門檻 1 還留著，後來才掉；往下要到 1 以下才醒。"""
    page = open_figure(basins_figure())
    seen, lower = {}, {}
    for way, path in [("上", (0.8, 1.2, 1.95, 2.05, 2.2, 2.3)), ("下", (2.2, 2.0, 1.2, 1.05, 0.95))]:
        for beta in path:
            slider(page).fill(str(beta))
            seen[way, beta] = "球在帶資訊的谷" in said(page)
            lower[beta] = "帶資訊的比較低" in said(page)
    assert all(seen["上", beta] for beta in (0.8, 1.2, 1.95, 2.05, 2.2)) and not seen["上", 2.3]
    assert not any(seen["下", beta] for beta in (2.2, 2.0, 1.2, 1.05)) and seen["下", 0.95]
    assert lower[1.95] and not lower[2.05]
    page.get_by_role("button", name="由崩塌出發").click()
    assert "站不住" in said(page)  # β < 1：放在坡頂也留不住
    page.get_by_role("button", name="不會", exact=True).click()
    assert "對，不會" in page.locator(".interactive-predict p").inner_text() and "兩個谷都站得住" in said(
        page
    )


@pytest.mark.parametrize(
    "planted",
    [("Math.sqrt(2 * Math.PI) * count)", "Math.sqrt(2 * Math.PI))"), ("s * s - 1) -", "s - 1) -")],
)
def test_a_wrong_landscape_is_caught(open_figure, planted):
    page = open_figure(basins_figure(), planted=[planted])
    slider(page).fill("0.5")
    t, s, kl, fit, _ = numbers_said(page, BASINS_SAID)
    assert not np.allclose([kl, fit], parity_losses(t, s), atol=2e-3)


# ── 第 1 章：解碼的平面 ───────────────────────────────────────────────

NAMES = ("自編碼器", "VAE")
HOLES_SAID = (
    rf"編碼 \({NUMBER}, {NUMBER}\)：最近的房子在 {NUMBER} 外。.*隨機移動 0.1，平均多付 {NUMBER} nats；"
    rf"房子所在的格點，中位數自編碼器 {NUMBER}，VAE {NUMBER}。"
)


@cache
def models() -> dict[str, Any]:
    return two_models()


@cache
def holes_figure() -> InteractiveFigure:
    return holes.holes_figure(models())


def usual(model: Any) -> float:
    """房子所在的格點，抖動多付的中位數。"""
    inside = model.code[(np.abs(model.code) <= holes.LIMIT).all(axis=1)]
    across, up = np.rint((inside.T + holes.LIMIT) / holes.STEP).astype(int)
    return float(np.median(holes.shaken(model).reshape(51, 51)[up, across]))


def house_at(model: Any, a: float, b: float) -> tuple[list[str], bool]:
    """這一點解碼出來的（各欄的字，有沒有矛盾）：直接由模型，不用格子。"""
    chance = special.expit(model.logits(np.array([[a, b]])))[0]
    names, words = model.schema.column_names, []
    for variable in holes.COLUMNS:
        own = [k for k, name in enumerate(names) if name.startswith(f"{variable}=")]
        best = max(own, key=lambda k: chance[k])
        level = holes.LEVELS[variable][names[best].partition("=")[2]]
        unsure = "" if chance[best] > 0.5 else "說不準，最高的是"
        words.append(f"{holes.VARIABLES[variable]}{unsure}{level}（{100 * chance[best]:.0f}%）")
    seen = model.x[~model.held_out][:, chance > 0.5]
    return words, bool((seen.T @ seen == 0).any())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("point", [(0, 0), (-1.3, 0.4), (2.5, -2.5), (0.7, 1.9)])
def test_the_house_at_a_point_is_the_one_python_decodes(open_figure, name, point):
    page, model = open_figure(holes_figure()), models()[name]
    page.get_by_role("button", name=name, exact=True).click()
    choose(page, *point)
    a, b, far, paid, *middles = numbers_said(page, HOLES_SAID)
    assert (a, b) == point
    assert abs(far - np.linalg.norm(model.code - point, axis=1).min()) < 0.016
    cell = int(np.linalg.norm(holes.grid() - point, axis=1).argmin())
    expected = [holes.shaken(model)[cell], *map(usual, models().values())]
    assert np.allclose([paid, *middles], expected, rtol=0.06, atol=0.006)
    words, odd = house_at(model, *point)
    assert [part for part in words if part not in said(page)] == []
    assert ("過半的值沒有矛盾" in said(page)) != odd and ("有矛盾：「" in said(page)) == odd


@pytest.mark.parametrize(
    "planted", [("side * Math.round((b + limit)", "side * Math.round((limit - b)"), ("100 - k", "k")]
)
def test_a_wrong_cell_or_chance_is_caught(open_figure, planted):
    page = open_figure(holes_figure(), planted=[planted])
    choose(page, -1.3, 0.4)
    words, _ = house_at(models()["自編碼器"], -1.3, 0.4)
    assert [part for part in words if part not in said(page)] != []


def test_the_point_moves_both_ways_and_the_guess_is_answered(open_figure):
    """上下鍵走縱的，左右鍵走橫的；滑鼠兩個方向都拖得動；先猜的答案說的百分比由模型來。"""
    page = open_figure(holes_figure())
    page.locator(".handle").focus()
    for key in ("ArrowUp", "ArrowUp", "ArrowLeft", "PageDown"):
        page.keyboard.press(key)
    assert numbers_said(page, HOLES_SAID)[:2] == [-0.1, -0.8]
    drag(page, 0, 60)
    assert numbers_said(page, HOLES_SAID)[0] > 0.5
    page.get_by_role("button", name="說得通的房子").click()
    near = np.linalg.norm(holes.grid(), axis=1) <= 2 + 1e-9
    shares = []
    for model in models().values():
        seen, on = model.x[~model.held_out], (model.logits(holes.grid()[near]) > 0).astype(float)
        shares.append(100 * (np.einsum("nd,nd->n", on @ (seen.T @ seen == 0), on) > 0).mean())
    told = page.locator(".interactive-predict p").inner_text()
    assert f"自編碼器有 {shares[0]:.0f}% 有矛盾，VAE {shares[1]:.0f}%" in told
    a, b, far, *_ = numbers_said(page, HOLES_SAID)
    clear = np.linalg.norm(models()["自編碼器"].code - [a, b], axis=1).min()
    assert abs(far - clear) < 0.016 and np.hypot(a, b) <= 1.5


# ── 首頁：由附近的房子猜房價 ──────────────────────────────────────────

COVER_SAID = (
    rf"編碼 \({NUMBER}, {NUMBER}\)：最近的 15 棟都在 {NUMBER} 以內，由它們猜房價 {NUMBER} 萬美元"
    rf"（最便宜 {NUMBER} 萬美元，最貴 {NUMBER} 萬美元）。最近的一棟在 {NUMBER} 外：{NUMBER} 年蓋"
)


@cache
def scattered() -> np.ndarray:
    """不訓練：位置隨機，存到百分之一。"""
    return np.random.default_rng(0).standard_normal((len(load_ames()), 2)).round(2)


@cache
def front_page() -> InteractiveFigure:
    return cover_figure(scattered(), load_ames())


def guessed(point: tuple[float, float]) -> list[float]:
    """scikit-learn 的最近鄰居，不是網頁的距離；房價照萬美元。"""
    houses = load_ames()
    model = KNeighborsRegressor(15).fit(scattered(), houses.log_price)
    (distances,), (rows,) = model.kneighbors([point])
    prices = houses.price[rows] / 1e4
    guess = np.exp(model.predict([point])[0]) / 1e4
    year = houses.details["YearBuilt"].iloc[rows[0]]
    return [*point, distances[-1], guess, prices.min(), prices.max(), distances[0], year]


@pytest.mark.parametrize("point", [(0, 0), (1.25, -0.7), (-3.6, 3.6)])
def test_the_price_near_a_point_is_the_one_of_scikit_learn(open_figure, point):
    page = open_figure(front_page())
    choose(page, *point)
    assert np.allclose(numbers_said(page, COVER_SAID), guessed(point), atol=0.051)
    assert ("這裡的猜測不可靠" in said(page)) == (guessed(point)[2] > 0.5)


@pytest.mark.parametrize(
    "planted", [("slice(0, neighbours)", "slice(9, neighbours)"), ("(y[row] - b) ** 2", "(y[row] + b) ** 2")]
)
def test_other_neighbours_are_caught(open_figure, planted):
    page = open_figure(front_page(), planted=[planted])
    choose(page, 1.25, -0.7)
    assert not np.allclose(numbers_said(page, COVER_SAID), guessed((1.25, -0.7)), atol=0.051)


def test_the_colours_change_and_a_draw_moves_the_point(open_figure):
    page = open_figure(front_page())
    before = said(page)
    paths = page.locator(".houses path")
    assert paths.count() > 30
    page.get_by_role("button", name="不上色").click()
    assert said(page) == before and paths.count() == 1
    page.get_by_role("button", name="顏色：建造年份").click()
    said(page)
    assert paths.count() > 30
    assert page.get_by_role("button", name="顏色：建造年份").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="照先驗抽一點").click()
    assert said(page) != before


# ── 第 2 章：重抽的雜訊 ───────────────────────────────────────────────


def test_redrawn_noise_comes_back_with_the_link_and_hides_the_slope(open_figure):
    """先猜的三個數：固定的由 NumPy，重抽的由念的兩個狀態；換了一批雜訊，連結也帶得回來。"""
    page = open_figure(reparameterization())
    loss = rf"損失 z² 的平均是 {NUMBER}"
    before = numbers_said(page, loss)[0]
    page.get_by_role("button", name="看不出").click()
    after = numbers_said(page, loss)[0]
    told = page.locator(".interactive-predict p").inner_text().replace("−", "-")
    z = [m + 2 * np.array(reparameterization_noise()) for m in (1, 1.05)]
    assert f"雜訊固定的多了 {np.mean(z[1] ** 2) - np.mean(z[0] ** 2):.2f}" in told
    changed = re.search(r"重抽的卻變了 (-?[\d.]+)", told)
    assert changed and abs(float(changed[1]) - (after - before)) < 0.011
    page.get_by_role("button", name="換一批雜訊").click()
    moved = said(page)
    assert numbers_said(page, loss)[0] != after
    page.reload()
    assert said(page) == moved


def reparameterization_noise() -> list[float]:
    return json.loads(reparameterization().data)["noise"]


# ── 每一張都要有的 ────────────────────────────────────────────────────


def kl_figure() -> InteractiveFigure:
    return InteractiveFigure("kl", "結論", mean=1.0, std=1.5)


FIGURES: list[Callable[[], InteractiveFigure]] = [
    elbo_figure,
    single_figure,
    bill_figure,
    basins_figure,
    kl_figure,
    reparameterization,
    covariance_figure,
    beta_figure,
    holes_figure,
    front_page,
]
ELSEWHERE = {"explorer", "lab", "own-table"}  # 大的，各有自己的測試


def test_no_figure_is_forgotten():
    """書裡每一支圖的程式，都在上面的清單裡。"""
    shared = {"stage", "shared", "engine"}
    programs = {path.stem for path in PROGRAMS.glob("*.js")} - shared - ELSEWHERE
    assert programs == {make().name for make in FIGURES}


@pytest.mark.parametrize("make", FIGURES)
@pytest.mark.parametrize("width", [390, 800])
def test_without_javascript_a_sentence_and_a_picture_carry_the_conclusion(browser, tmp_path, make, width):
    """深色的電腦上也讀得到：卡片是白的，字是深的。"""
    write_page(tmp_path / "figure.html", make())
    with without_javascript(browser, tmp_path / "figure.html", width) as page:
        sentence, picture = page.locator(".interactive-fallback p"), page.locator(".interactive-fallback img")
        assert sentence.is_visible() and sentence.inner_text() == make().fallback
        box, card = picture.bounding_box(), page.locator(".interactive").bounding_box()
        assert box and card
        assert 250 < box["width"] <= card["width"] <= width and box["height"] > 150
        assert picture.evaluate("(e) => e.complete && e.naturalWidth > 500")
        colours = sentence.evaluate(
            "(e) => [getComputedStyle(e).color, getComputedStyle(e.closest('.interactive')).backgroundColor]"
        )
        assert colours == ["rgb(27, 31, 36)", "rgb(255, 255, 255)"]


@pytest.mark.parametrize("make", FIGURES)
def test_a_figure_is_dark_in_the_dark_and_keeps_its_state(open_figure, make):
    """換成深色：卡片是深的、字都讀得到、狀態不動；印出來照樣是白底黑字；換回來和一開始一樣。"""
    page = open_figure(make())
    slider(page).press("ArrowRight")
    told, drawn = said(page), page.locator(".interactive-plots").inner_html()
    assert page.evaluate(CARD) == LIGHT_CARD
    page.evaluate(SWITCH, "dark")
    assert page.evaluate(CARD) == DARK_CARD and page.evaluate(FAINT) == []
    assert said(page) == told
    page.emulate_media(media="print")
    page.evaluate(SWITCH, "dark")
    assert page.evaluate(CARD) == LIGHT_CARD
    page.emulate_media(media="screen")
    page.evaluate(SWITCH, "light")
    assert page.locator(".interactive-plots").inner_html() == drawn and said(page) == told


def test_light_colours_in_the_dark_are_caught(open_figure):
    """以前由程式寫死的淺色：在深色的卡片上讀不到，查得出。"""
    page = open_figure(kl_figure(), theme="dark")
    assert page.evaluate(FAINT) == []
    page.evaluate("document.querySelector('.interactive').style.setProperty('--q', '#0072b2')")
    assert len(page.evaluate(FAINT)) > 2


def test_the_darkest_houses_have_an_edge_only_in_the_dark(open_figure):
    """色階不動；深色的底上看不見的，外面多一圈看得見的。"""
    page = open_figure(front_page())
    said(page)
    colours = "[...document.querySelectorAll('.houses path')].map((path) => path.getAttribute('stroke'))"
    light = page.evaluate(colours)
    page.evaluate(SWITCH, "dark")
    dark = page.evaluate(colours)
    edges = [colour for colour in dark if colour not in light]
    assert [colour for colour in dark if colour in light] == light
    assert 3 < len(edges) < len(light) / 2
    assert page.evaluate("(all) => all.every((colour) => d3.lab(colour).l > 40)", edges)


def test_with_javascript_the_picture_is_gone(open_figure):
    """程式一到，一句話與靜止畫面都拿掉；有 JavaScript 而程式還沒到，圖也不畫，頁面不會跳。"""
    page = open_figure(kl_figure())
    assert page.locator(".interactive-fallback").count() == 0
    page.evaluate(
        "(html) => document.querySelector('.interactive').insertAdjacentHTML('beforeend', html)",
        kl_figure()._repr_html_(),
    )
    assert page.locator(".interactive-fallback p").is_visible()
    assert not page.locator(".interactive-fallback img").is_visible()


def test_a_mirrored_state_beyond_the_slider_comes_back(open_figure):
    """鏡像到滑桿外面的狀態，連結也帶得回來：值不在格子上，也不收進範圍。"""
    page = open_figure(InteractiveFigure("kl", "結論", mean=-2.5, std=0.45))
    page.get_by_role("button", name="鏡像").click()
    mirrored = said(page)
    assert "μ = 5.56，標準差 σ = 2.22" in mirrored
    page.reload()
    assert said(page) == mirrored


def test_another_anchor_is_left_alone(open_figure):
    """網址指著別的地方：沒有動過圖，就不改它。"""
    page = open_figure(kl_figure())
    page.goto(f"{page.url}#fig-03-interactive")
    page.reload()
    said(page)
    assert page.url.endswith("#fig-03-interactive")


def test_the_guesses_about_the_older_figures_hold(open_figure):
    """照 p 的比較大，影子不變：說的數由套件的兩個公式來。"""
    page = open_figure(kl_figure())
    page.get_by_role("button", name="照 p", exact=True).click()
    forward, backward = both_ways(0, 0.5)
    answer = page.locator(".interactive-predict p").inner_text()
    assert f"照 q 平均 {forward:.4f}，照 p 平均 {backward:.4f}" in answer and backward > forward
    page = open_figure(covariance_figure())
    page.get_by_role("button", name="不會", exact=True).click()
    extra = gaussian.kl_full_covariance([0, 0], [[1, 0.9], [0.9, 1]])
    assert f"多出 {extra:.4f} nats" in page.locator(".interactive-predict p").inner_text()


@pytest.mark.parametrize("make", FIGURES)
def test_the_address_brings_the_state_back(open_figure, make):
    """按鍵改了狀態，網址跟著改；重新打開，字與滑桿都一樣；寫壞的值不理。"""
    page = open_figure(make())
    start, address = said(page), page.url
    for index in range(page.locator("input[type=range]").count()):
        slider(page, index).focus()
        page.keyboard.press("ArrowRight")
    moved = said(page)
    assert moved != start and page.url.startswith(f"{address}#{make().name}:")
    page.reload()
    assert said(page) == moved
    page.goto(f"{address}#{make().name}:{'&'.join(f'{key}=1e9' for key in keys(page))}")
    page.reload()
    assert said(page) == start


def keys(page: Any) -> list[str]:
    return [part.partition("=")[0] for part in page.url.rpartition(":")[2].split("&")]


@pytest.mark.parametrize("make", FIGURES)
def test_a_phone_can_use_it(open_figure, make):
    """寬 390：不超出畫面，控制項至少 44 像素高；手指拖得動每個把手。"""
    page = open_figure(make(), width=390, has_touch=True, is_mobile=True)
    assert overflow(page) == []
    for control in page.locator(".interactive button, .interactive input[type=range]").all():
        assert control.bounding_box()["height"] >= 44
    touch = page.context.new_cdp_session(page)
    for index in range(page.locator(".handle").count()):
        page.locator(".handle .knob").nth(index).scroll_into_view_if_needed()
        before = said(page)
        swipe(touch, page.locator(".handle .knob").nth(index).bounding_box())
        assert said(page) != before, f"第 {index} 個把手"


@pytest.mark.parametrize("make", FIGURES)
def test_nothing_serious_for_assistive_technology(browser, tmp_path, make):
    """axe 沒有嚴重的問題；它自己讀不到 file:// 的樣式，那一則訊息不算。"""
    write_page(tmp_path / "figure.html", make())
    with opened(browser, tmp_path / "figure.html", PHONE) as (page, _):
        page.wait_for_selector(".interactive-text:not(:empty)")
        assert inaccessible(page) == []


def swipe(touch: Any, box: dict[str, float]) -> None:
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for kind, at in [("touchStart", x), ("touchMove", x - 15), ("touchMove", x - 30), ("touchEnd", None)]:
        points = [] if at is None else [{"x": at, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


#: 滑桿走一格，一畫完就讀兩種字：電腦再忙，也還沒到念的時候。
MOVED = """() => new Promise((done) => {
  const input = document.querySelector("input[type=range]");
  input.stepUp();
  input.dispatchEvent(new Event("input"));
  requestAnimationFrame(() => done(
    [".interactive-text", ".interactive-spoken"].map((name) => document.querySelector(name).textContent)));
})"""


@pytest.mark.parametrize("make", FIGURES)
def test_the_sentence_changes_while_dragging_and_is_spoken_after(open_figure, make):
    """看得見的字馬上換；念的等停手。"""
    page = open_figure(make())
    start = said(page)
    seen, spoken = page.evaluate(MOVED)
    assert seen != start and spoken == start
    assert said(page) == seen


@pytest.mark.parametrize("make", FIGURES)
def test_high_contrast_keeps_the_card(open_figure, make):
    """高對比模式：卡片與字的顏色不變，外框是系統的。"""
    page = open_figure(make(), forced_colors="active")
    card = page.locator(".interactive")
    style = card.evaluate(
        "(e) => { const s = getComputedStyle(e); return [s.backgroundColor, s.borderTopWidth]; }"
    )
    assert style == ["rgb(255, 255, 255)", "2px"]
