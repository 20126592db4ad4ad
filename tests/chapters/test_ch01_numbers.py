"""第 1 章正文裡直接寫出來的數字，各用與書頁不同的路重算一次：積分、抽樣、差分、直接讀資料。"""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from vae_from_scratch.housing.data import load_ames

HOUSES = load_ames()


def bill(std: float) -> float:
    """½(σ² − 1 − log σ²)：D(N(0, σ²) ‖ N(0, 1))，照定義積分。"""
    q, p = stats.norm(0, std), stats.norm()
    return integrate.quad(
        lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), -12 * std, 12 * std, points=[0.0]
    )[0]


def slope(f: Callable[[float], float], a: float, h: float) -> float:
    """四階中央差分。"""
    return (8 * (f(a + h) - f(a - h)) - (f(a + 2 * h) - f(a - 2 * h))) / (12 * h)


def test_size_of_the_table():
    """2,930 棟、43 個類別欄、267 個獨熱欄。"""
    assert HOUSES.categories.shape == (2930, 43)
    assert sum(HOUSES.categories[name].nunique() for name in HOUSES.categories) == 267


def test_the_linear_autoencoder_cannot_beat_the_second_eigenvalue():
    """兩欄標準化、相關係數 r：最好的直線留下 1 − r。"""
    raw = HOUSES.details[["GrLivArea", "TotRmsAbvGrd"]].to_numpy()
    x = (raw - raw.mean(axis=0)) / raw.std(axis=0)

    def left_over(angle: float) -> float:
        direction = np.array([math.cos(angle), math.sin(angle)])
        return float(np.mean(np.sum((x - np.outer(x @ direction, direction)) ** 2, axis=1)))

    best = optimize.minimize_scalar(left_over, bounds=(0, math.pi), method="bounded")
    assert best.x == pytest.approx(math.pi / 4, abs=1e-4)
    assert best.fun == pytest.approx(1 - np.corrcoef(x.T)[0, 1])


def neuron(inputs: tuple[float, ...], weights: tuple[float, ...], bias: float) -> float:
    """加權相加、加偏置、負的變 0；不用矩陣。"""
    return max(0.0, sum(w * x for w, x in zip(weights, inputs, strict=True)) + bias)


def test_the_two_layer_example():
    """面積 2、房間數 1：三個神經元得 0.5、0、3，輸出 3；面積 1、房間數 2 的第一個得 0。"""
    layer = [((1, -1), -0.5), ((-1, 1), -0.5), ((1, 1), 0)]
    hidden = [neuron((2, 1), weights, bias) for weights, bias in layer]
    assert hidden == [0.5, 0, 3]
    assert sum(w * h for w, h in zip((2, 4, 1), hidden, strict=True)) - 1 == 3
    assert neuron((1, 2), *layer[0]) == 0 and 1 - 2 - 0.5 == -1.5
    assert all(max(0, x) + max(0, -x) == abs(x) for x in (-1.5, 0, 2))


def test_without_the_bend_two_layers_are_one():
    """反例在後：夾了 ReLU，就不是一次式。"""
    rng = np.random.default_rng(0)
    first, second, shift = rng.normal(size=(2, 3)), rng.normal(size=(3, 1)), rng.normal(size=3)
    x = rng.normal(size=(50, 2))
    one = x @ (first @ second) + shift @ second
    assert np.allclose((x @ first + shift) @ second, one)
    assert not np.allclose(np.maximum(0, x @ first + shift) @ second, one)


@pytest.mark.parametrize(("neurons", "worst"), [(3, 0.29), (10, 0.03)])
def test_more_neurons_follow_the_curve_more_closely(neurons, worst):
    """折線改用「帳篷」函數展開：同樣折點的折線，換一組基底配 sin。"""
    t, knots = np.linspace(-3, 3, 601), np.linspace(-3, 3, neurons + 1)
    tents = np.column_stack([np.interp(t, knots, row) for row in np.eye(neurons + 1)])
    fitted = tents @ np.linalg.solve(tents.T @ tents, tents.T @ np.sin(t))
    assert round(float(np.abs(fitted - np.sin(t)).max()), 2) == worst


def test_one_step_and_the_number_of_parameters():
    """0.02 − 0.05 × (−3) = 0.17；編碼器與解碼器合計將近十六萬。"""
    assert round(0.02 - 0.05 * (-3), 2) == 0.17
    widths = [267, 200, 100, 50, 20]
    encoder, decoder = [*widths, 4], [2, *reversed(widths)]
    size = sum((a + 1) * b for wide in (encoder, decoder) for a, b in itertools.pairwise(wide))
    assert 159_000 < size < 160_000


def test_shares_of_the_normal():
    """μ ± σ 約 68%，μ ± 2σ 約 95%；(1, 2) 在 −1 到 3 是 0.6827。"""
    inside = [stats.norm.cdf(k) - stats.norm.cdf(-k) for k in (1, 2)]
    assert [round(p, 2) for p in inside] == [0.68, 0.95]
    draws = 1 + 2 * np.random.default_rng(0).standard_normal(1_000_000)
    assert np.mean((draws > -1) & (draws < 3)) == pytest.approx(0.6827, abs=0.002)


def test_the_steep_decoder_pays_more():
    """σ = 0.03：sin 10z 的平均平方誤差 0.082（公式 0.09），sin z 0.0009。"""
    noise = 0.03 * np.random.default_rng(1).standard_normal(1_000_000)
    assert np.mean(np.sin(10 * noise) ** 2) == pytest.approx(0.082, abs=5e-4)
    assert np.mean(np.sin(noise) ** 2) == pytest.approx(0.0009, abs=1e-5)
    assert round(0.03**2 * 10**2, 6) == 0.09
    assert (1 - math.exp(-2 * 0.09)) / 2 == pytest.approx(0.082, abs=5e-4)


def test_noise_adds_the_squared_slope_and_the_curvature():
    """二次項另有 −σ²(x − D(μ))·D″：把它加進來，誤差只剩 σ⁴。"""
    mean, x = 0.4, 1.3
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    gaps = []
    for std in (0.1, 0.05):
        exact = weights / weights.sum() @ (x - np.sin(2 * (mean + std * nodes))) ** 2
        residual = x - math.sin(2 * mean)
        formula = residual**2 + std**2 * ((2 * math.cos(2 * mean)) ** 2 + residual * 4 * math.sin(2 * mean))
        gaps.append(abs(exact - formula))
    assert gaps[1] < gaps[0] / 12


def test_continuity_is_not_gentleness():
    """sin 100z 連續，相距 0.016 的兩個編碼解出 0 與 1。"""
    assert math.sin(0) == 0
    assert math.sin(100 * 0.016) == pytest.approx(1, abs=1e-3)


def test_rescaling_the_code_changes_no_decoding():
    """編碼乘 10、解碼器先除以 10：輸出一樣，距離差 10 倍。"""
    z = np.random.default_rng(2).normal(size=(5, 2))
    assert np.sin(10 * z / 10) == pytest.approx(np.sin(z))
    assert np.linalg.norm(10 * z[0] - 10 * z[1]) == pytest.approx(10 * np.linalg.norm(z[0] - z[1]))


@pytest.mark.parametrize(
    ("std", "variance", "plain", "soft", "log"),
    [(0.01, -4999.5, -99.99, -0.9949, -0.49995), (10, 0.495, 9.9, 9.8996, 49.5)],
)
def test_gradients_of_the_parametrizations(std, variance, plain, soft, log):
    """費用由積分得到，梯度由差分得到：σ² = a、σ = a、softplus、log σ²。"""

    def by(make_std: Callable[[float], float], a: float, h: float) -> float:
        return slope(lambda t: bill(make_std(t)), a, h)

    relative = 1e-3
    assert by(math.sqrt, std**2, relative * std**2) == pytest.approx(variance, rel=1e-4)
    assert by(float, std, relative * std) == pytest.approx(plain, rel=1e-4)
    a = math.log(math.expm1(std))
    assert by(lambda t: math.log1p(math.exp(t)), a, 1e-3) == pytest.approx(soft, rel=1e-3)
    assert by(lambda t: math.exp(t / 2), 2 * math.log(std), 1e-3) == pytest.approx(log, rel=1e-4)


def test_clipping_kills_the_gradient():
    """截成 10⁻⁶：費用 6.4，附近的斜率是 0。"""

    def clipped_bill(a: float) -> float:
        return bill(math.sqrt(max(a, 1e-6)))

    assert clipped_bill(-0.3) == pytest.approx(6.4, abs=0.05)
    assert clipped_bill(-0.3 + 1e-3) == clipped_bill(-0.3 - 1e-3)


def descend(
    gradient: Callable[[float], float], a: float, to_std: Callable[[float], float], steps: int
) -> list[float]:
    path = [to_std(a)]
    for _ in range(steps):
        a -= 0.1 * gradient(a)
        path.append(to_std(a))
    return path


def steps_to_one(path: list[float]) -> int:
    return next(step for step, std in enumerate(path) if abs(std - 1) < 0.05)


def test_the_race_back_to_one():
    """從 σ = 0.01：σ² = a 衝到 22，σ = a 衝到 10；softplus 80 步、log σ² 228 步回到 5% 以內。"""
    by_variance = descend(lambda v: 0.5 * (1 - 1 / v), 1e-4, math.sqrt, 400)
    assert by_variance[1] == pytest.approx(22.4, abs=0.1)
    assert by_variance[-1] == pytest.approx(21.9, abs=0.05)
    assert by_variance[1] ** 2 == pytest.approx(500, abs=0.1)
    assert descend(lambda s: s - 1 / s, 0.01, float, 1)[1] == pytest.approx(10.0, abs=0.02)

    def soft(a: float) -> float:
        std = math.log1p(math.exp(a))
        return (std - 1 / std) / (1 + math.exp(-a))

    start = math.log(math.expm1(0.01))
    assert steps_to_one(descend(soft, start, lambda a: math.log1p(math.exp(a)), 400)) == 80
    by_log = descend(lambda a: 0.5 * math.expm1(a), 2 * math.log(0.01), lambda a: math.exp(a / 2), 400)
    assert steps_to_one(by_log) == 228


def test_log_variance_is_helpless_on_the_wide_side():
    """從 σ = 100：一步把 log σ² 從 9.2 推到 −491。"""
    a = 2 * math.log(100)
    assert a == pytest.approx(9.2, abs=0.02)
    assert a - 0.1 * 0.5 * math.expm1(a) == pytest.approx(-491, abs=0.5)


def test_reading_a_log_variance():
    """log σ² = −4.6：σ ≈ 0.100，變異數 0.0101；95% 在 ±0.2。"""
    assert math.exp(-2.3) == pytest.approx(0.100, abs=5e-4)
    assert math.exp(-4.6) == pytest.approx(0.0101, abs=5e-5)
    low, high = stats.norm(0, math.exp(-2.3)).interval(0.95)
    assert (high - low) / 2 == pytest.approx(0.2, abs=0.005)


def test_numbers_of_the_common_mistakes():
    """練習裡「常見錯誤」給的數字：錯的公式在那一點真的得到那個值。"""
    assert [round(math.exp(k * math.log(4)), 4) for k in (1, 0.5, -1)] == [4, 2, 0.25]
    assert [round(v, 4) for v in (2 * math.log(0.1), math.log(0.1), 2 * math.log10(0.1))] == [
        -4.6052,
        -2.3026,
        -2,
    ]
    squares = np.square(np.array([[1, 0], [0, 1]]) - np.array([[0.5, 0], [0, 0]]))
    assert [squares.sum() / 2, squares.mean(), squares.sum()] == [0.625, 0.3125, 1.25]
    assert round(math.erf(1), 4) == 0.8427
    assert round(stats.norm.pdf(1, 1, 2) * 4, 4) == 0.7979
    log_density = stats.norm.logpdf(3, 1, 2)
    assert round(log_density, 4) == -2.1121
    assert round(log_density + 0.5 * math.log(2 * math.pi), 4) == -1.1931
    assert round(log_density + math.log(2), 4) == -1.4189
    assert stats.norm.pdf(0, 0, 0.1) == pytest.approx(3.99, abs=5e-3)
    noisy = 0.5 + 0.04 * (1**2 + 3**2)
    assert [noisy, 0.5 + 0.2 * 10] == pytest.approx([0.9, 2.5])


def rebuilding(result) -> tuple[float, float]:
    """留下的房子不抖動的 nats，與抖動 0.1 多付的；與書頁不同的路：縮放用特徵分解，雜訊用另一份。"""
    from vae_from_scratch.network import Network
    from vae_from_scratch.tables.schema import OneHotSchema

    held_out = result.arrays["held_out"].astype(bool)
    table = HOUSES.categories
    schema = OneHotSchema().fit(table[~held_out])
    x = schema.encode(table[held_out])
    network = Network(x.shape[1], 2, tuple(result.run.model["hidden"]), x.shape[1])
    theta = network.views(result.arrays["parameters"].astype(float))
    mean = result.arrays["mean"].astype(float)
    value, vector = np.linalg.eigh(np.cov(mean[~held_out].T))
    noise = np.random.default_rng(5).standard_normal((4, *mean[held_out].shape)) * np.sqrt(value) @ vector.T

    def cost(z):
        logits = network.decode(theta, z)
        return float(np.mean(np.sum(np.logaddexp(0, logits) - x * logits, axis=1)))

    still = cost(mean[held_out])
    return still, float(np.mean([cost(mean[held_out] + 0.1 * one) for one in noise])) - still


def kept_apart(result) -> float:
    return rebuilding(result)[1]


def test_the_plain_autoencoder_already_pays_more_when_nothing_moves(experiment):
    """同一個種子相減，十個都是正的，平均 0.54；各自的標準差（0.6 以上）看不出來。"""
    plain = [r for r in experiment("autoencoder") if r.run.kind == "autoencoder"]
    both = [r for r in experiment("warmup") if r.run.model["warmup_epochs"] == 20]
    costs = [{r.run.seed: rebuilding(r)[0] for r in runs} for runs in (plain, both)]
    assert costs[0].keys() == costs[1].keys() and len(costs[0]) == 10
    gaps = [costs[0][seed] - costs[1][seed] for seed in costs[0]]
    assert min(gaps) > 0 and round(float(np.mean(gaps)), 2) == pytest.approx(0.54, abs=0.02)
    assert min(np.std(list(cost.values()), ddof=1) for cost in costs) > np.mean(gaps)


def test_smoothness_needs_the_noise_and_the_penalty(experiment):
    """五個種子：兩樣都沒有 2.3、只加雜訊 1.8、只加 KL 1.3、兩樣都加 0.5；只加雜訊的 σ 不到散布的千分之一。"""
    groups = {
        "neither": [r for r in experiment("autoencoder") if r.run.seed < 5],
        "noise": [r for r in experiment("ablation") if r.run.kind == "vae"],
        "penalty": [r for r in experiment("ablation") if r.run.kind == "penalty_only"],
        "both": [r for r in experiment("warmup") if r.run.seed < 5 and r.run.model["warmup_epochs"] == 20],
    }
    assert {len(found) for found in groups.values()} == {5}
    shaken = {name: np.array([kept_apart(result) for result in found]) for name, found in groups.items()}
    means = {name: values.mean() for name, values in shaken.items()}
    assert means == pytest.approx({"neither": 2.3, "noise": 1.8, "penalty": 1.3, "both": 0.5}, abs=0.15)
    assert (shaken["noise"] > 2 * shaken["both"]).all() and (shaken["penalty"] > 1.5 * shaken["both"]).all()
    width = [np.exp(r.arrays["log_var"] / 2).mean() / r.arrays["mean"].std() for r in groups["noise"]]
    assert max(width) < 1e-3
    kept = [np.exp(r.arrays["log_var"] / 2).mean() / r.arrays["mean"].std() for r in groups["both"]]
    assert min(kept) > 0.1
