"""ex04 的檢查。"""

from typing import Any

import numpy as np

from vae_from_scratch.course.testing import (
    LARGE,
    PRINTED,
    QUADRATURE,
    RELATIVE,
    SMALL,
    Tolerance,
    check,
    expectation,
    normal_nodes,
    points,
)

CHAPTER = "第 4 章"

# 3 列 2 行。變異數都不是 1、相關都不是 0：漏掉相關、忘了換單位，數值就會不同。
COV = np.array([[[4.0, 0.9], [0.9, 0.25]], [[0.5, -0.6], [-0.6, 9.0]], [[0.04, 0.06], [0.06, 2.25]]])
MEAN = np.array([[1.0, 0.5], [-2.0, 0.3], [3.0, -0.5]])
# 2 列 3 維：寫死 d = 2、或 2 × 2 的行列式，這裡就錯。兩維時總相關恰好等於對角的代價，三維不會。
COV3 = np.array(
    [
        [[2.0, 0.9, -0.4], [0.9, 1.5, 0.3], [-0.4, 0.3, 0.5]],
        [[0.6, 0.2, 0.1], [0.2, 0.3, -0.15], [0.1, -0.15, 3.0]],
    ]
)
MEAN3 = np.array([[0.5, -1.0, 2.0], [1.5, 0.2, -0.7]])


def drawn_covariances(draw, rows, d):
    """隨機的共變異數矩陣：標準差避開 1，相關矩陣最小的特徵值不小於 0.4。"""
    factor = draw.normal(rows, d, d)
    gram = factor @ np.swapaxes(factor, -1, -2)
    size = np.sqrt(diagonal(gram))
    correlation = 0.4 * np.eye(d) + 0.6 * gram / (size[:, :, None] * size[:, None, :])
    std = draw.std(rows, d)
    return correlation * std[:, :, None] * std[:, None, :]


def shown_and_drawn(draw):
    """（mean, cov）：兩維的、三維的，與抽出來的各一批。"""
    yield MEAN, COV
    yield MEAN3, COV3
    yield draw.normal(3, 2), drawn_covariances(draw, 3, 2)
    yield draw.normal(1, 3), drawn_covariances(draw, 1, 3)


EXAMPLE = np.array([[[4.0, 0.9], [0.9, 0.25]]])  # 說明裡的例子
UNITS = np.array([1e-12, 1e3, 1e7])[:, None, None]
UNIT = "平常的矩陣都對，換了單位（每個數乘 1e-12 或 1e7）就不對：這個答案與單位無關，不要截斷，也不要加小常數"
NARROW = "平常的矩陣都對，兩欄幾乎一樣（相關係數 ±0.9999 以上）時不對：不要截斷，也不要加小常數或小的對角矩陣"
# 相關係數離 ±1 有 gap 時，det R = 1 − ρ² 只剩 −log₁₀ gap 位以外的位數。
CONDITIONED = Tolerance(1e-7, 0.0)


def nearly_duplicate(draw):
    """兩欄幾乎一樣（或剛好相反），(cov, ρ 的正負, 1 − |ρ|)；ρ 是二進位的分數，減法不產生捨入。"""
    gap, sign = 2.0 ** -draw.whole(20, 23), draw.pick([1, -1])
    rho = sign * (1 - gap)
    return np.array([[[1.0, rho], [rho, 1.0]], [[4.0, 2 * rho], [2 * rho, 1.0]]]), gap


def diagonal(matrices):
    return np.diagonal(matrices, axis1=-2, axis2=-1)


def trace(matrices):
    return diagonal(matrices).sum(axis=-1)


def log_det(matrices):
    return np.linalg.slogdet(matrices)[1]


def square(mean):
    return np.square(mean).sum(axis=-1)


def log_normal(z, mean, cov):
    """d 維的常態對數密度，照定義寫：配對的二次式與行列式。"""
    centred = z - mean
    quadratic = (centred @ np.linalg.inv(cov) * centred).sum(axis=-1)
    return -0.5 * (len(cov) * np.log(2 * np.pi) + np.log(np.linalg.det(cov)) + quadratic)


def kl_by_quadrature(q, p):
    """D(q ‖ p)，照定義積分；q、p 是 (平均, 共變異數)。對數比是二次式，一軸三點的高斯求積就是精確的。"""
    mean, cov = q
    nodes, weights = np.array([-(3**0.5), 0.0, 3**0.5]), np.array([1, 4, 1]) / 6
    axes = np.meshgrid(*[nodes] * len(cov), indexing="ij")
    mass = np.prod(np.meshgrid(*[weights] * len(cov), indexing="ij"), axis=0)
    z = mean + np.stack(axes, axis=-1) @ np.linalg.cholesky(cov).T
    return float(np.sum(mass * (log_normal(z, mean, cov) - log_normal(z, *p))))


def prior(d):
    return np.zeros(d), np.eye(d)


def kl_by_one_dimension(mean, variance):
    """一維 D( N(mean, variance) ‖ N(0, 1) )，照定義積分。"""
    std = np.sqrt(variance)
    return expectation(
        lambda z: 0.5 * (z**2 - ((z - mean) / std) ** 2) - np.log(std), float(mean), float(std)
    )


@points(
    1,
    hint=(
        "只用到 Σ 的對角線。怎麼從 (N, d, d) 取出 (N, d) 的對角線？",
        "np.diagonal(cov, axis1=-2, axis2=-1)。",
        "對角線就是各維的變異數；每一維套第 3 章的封閉形式，沿最後一個軸相加。",
    ),
    chapter=CHAPTER,
)
def test_sum_of_marginal_kls(target, draw):
    """各維的 KL 相加，不管相關"""

    def by_dimension(formula):
        return lambda m, c: formula(m, diagonal(c)).sum(axis=-1)

    wrong = {
        "這是完整的 KL，含相關；這一題只用 Σ 的對角線": lambda m, c: (
            0.5 * (trace(c) + square(m) - m.shape[-1] - log_det(c))
        ),
        "你的值是正解的兩倍：前面少了 1/2": by_dimension(lambda m, v: m**2 + v - 1 - np.log(v)),
        "log Σ_ii 的正負號反了": by_dimension(lambda m, v: 0.5 * (m**2 + v - 1 + np.log(v))),
        "少了 −1：每個維度都有一個": by_dimension(lambda m, v: 0.5 * (m**2 + v - np.log(v))),
        "−1 只減了一次；每個維度都有一個": lambda m, c: (
            0.5 * (np.sum(m**2 + diagonal(c) - np.log(diagonal(c)), axis=-1) - 1)
        ),
        "μ 忘了平方": by_dimension(lambda m, v: 0.5 * (m + v - 1 - np.log(v))),
        "½μ² 沒有算進去": by_dimension(lambda m, v: 0.5 * (v - 1 - np.log(v))),
        "Σ_ii 已經是變異數，你又平方了一次": by_dimension(
            lambda m, v: 0.5 * (m**2 + v**2 - 1 - np.log(v**2))
        ),
        "Σ_ii 已經是變異數，你又開了根號": by_dimension(
            lambda m, v: 0.5 * (m**2 + np.sqrt(v) - 1 - np.log(np.sqrt(v)))
        ),
        "你把 Σ_ii 當成 log σ² 了；共變異數矩陣裡是變異數本身": by_dimension(
            lambda m, v: 0.5 * (m**2 + np.exp(v) - 1 - v)
        ),
        "方向反了：你算的是 D(N(0,1)‖N(μ,σ²))": by_dimension(
            lambda m, v: 0.5 * ((1 + m**2) / v - 1 + np.log(v))
        ),
        "你對維度取平均了；要相加": lambda m, c: (
            0.5 * (m**2 + diagonal(c) - 1 - np.log(diagonal(c))).mean(axis=-1)
        ),
    }
    for mean, cov in shown_and_drawn(draw):
        expected = [
            sum(kl_by_one_dimension(m, v) for m, v in zip(row, np.diag(matrix), strict=True))
            for row, matrix in zip(mean, cov, strict=True)
        ]
        inputs = {"mean": mean, "cov": cov}
        check(target.sum_of_marginal_kls, inputs, expected, wrong=wrong, tolerance=QUADRATURE)
    inputs = {"mean": np.array([[1.0, 0.5]]), "cov": EXAMPLE}
    check(target.sum_of_marginal_kls, inputs, [1.75], wrong=wrong, tolerance=QUADRATURE)
    power = draw.whole(12, 20)  # 變異數是 10⁻ᵏ：½(10⁻ᵏ − 1 + k log 10)
    inputs = {"mean": np.zeros((1, 3)), "cov": 10.0**-power * np.eye(3)[None]}
    expected = [1.5 * (10.0**-power - 1 + power * np.log(10))]
    check(target.sum_of_marginal_kls, inputs, expected, wrong=wrong, only=SMALL)


def _wrong_full_kl():
    def formula(trace_term=1.0, mean_term=1.0, d_term=1.0, log_term=1.0, factor=0.5):
        return lambda m, c: (
            factor
            * (trace_term * trace(c) + mean_term * square(m) - d_term * m.shape[-1] - log_term * log_det(c))
        )

    def reverse(m, c):
        precision = np.linalg.inv(c)
        return 0.5 * (
            trace(precision) + np.einsum("ni,nij,nj->n", m, precision, m) - m.shape[-1] + log_det(c)
        )

    return {
        "你只用了 Σ 的對角線，漏掉相關；行列式要用整個 Σ": lambda m, c: (
            0.5 * np.sum(m**2 + diagonal(c) - 1 - np.log(diagonal(c)), axis=-1)
        ),
        "方向反了：你算的是 D(N(0,I)‖N(μ,Σ))": reverse,
        "你的 KL 是正解的兩倍：前面少了 1/2": formula(factor=1.0),
        "正負號相反：你算的是 −KL；KL 不會是負的": formula(factor=-0.5),
        "log det Σ 的正負號反了；Σ 越扁，KL 越大": formula(log_term=-1.0),
        "log det Σ 只減了一半（那是 log |det L|）": formula(log_term=0.5),
        "log det Σ 沒有算進去": formula(log_term=0.0),
        "少了 −d：Σ = I、μ = 0 時 KL 應該是 0": formula(d_term=0.0),
        "−d 寫成 +d 了": formula(d_term=-1.0),
        "減的是 1，要減 d：每個維度都有一個": lambda m, c: 0.5 * (trace(c) + square(m) - 1 - log_det(c)),
        "μᵀμ 沒有算進去": formula(mean_term=0.0),
        "tr Σ 沒有算進去": formula(trace_term=0.0),
        "跡只加對角線，你把整個 Σ 都加起來了": lambda m, c: (
            0.5 * (c.sum(axis=(-2, -1)) + square(m) - m.shape[-1] - log_det(c))
        ),
        "μᵀΣ⁻¹μ 是另一個方向的項；這裡是 μᵀμ": lambda m, c: (
            0.5 * (trace(c) + np.einsum("ni,nij,nj->n", m, np.linalg.inv(c), m) - m.shape[-1] - log_det(c))
        ),
        "μᵀΣμ 不對；這裡是 μᵀμ": lambda m, c: (
            0.5 * (trace(c) + np.einsum("ni,nij,nj->n", m, c, m) - m.shape[-1] - log_det(c))
        ),
        "行列式沒有取 log": lambda m, c: 0.5 * (trace(c) + square(m) - m.shape[-1] - np.linalg.det(c)),
        "μ 忘了平方": lambda m, c: 0.5 * (trace(c) + m.sum(axis=-1) - m.shape[-1] - log_det(c)),
        "你對維度取平均了（除以 d）": lambda m, c: formula()(m, c) / m.shape[-1],
        "你對列取平均了；這裡一列一個值": lambda m, c: formula()(m, c).mean(),
    }


@points(
    1,
    hint=(
        "四項：tr Σ、μᵀμ、−d、−log det Σ，前面乘 ½。",
        "np.trace(cov, axis1=-2, axis2=-1) 一次算一疊矩陣的跡。",
        "np.linalg.slogdet(cov) 傳回 (正負號, log |det|)，取第二個。",
    ),
    chapter=CHAPTER,
)
def test_kl_full_covariance(target, draw):
    """兩維、有相關"""
    example = {"mean": np.array([[1.0, 0.5]]), "cov": EXAMPLE}
    check(target.kl_full_covariance, example, [2.580366], wrong=_wrong_full_kl(), tolerance=PRINTED)
    wrong = _wrong_full_kl()
    cov, gap = nearly_duplicate(draw)  # tr = 2 與 5，det = 1 − ρ² 與 4(1 − ρ²)
    narrow = {"mean": np.zeros((2, 2)), "cov": cov}
    log_determinant = np.log(gap * (2 - gap))
    expected: Any = np.array([-log_determinant / 2, (5 - 2 - np.log(4) - log_determinant) / 2])
    check(
        target.kl_full_covariance, narrow, expected, wrong=_wrong_full_kl(), tolerance=RELATIVE, only=NARROW
    )
    away = 50 * draw.normal(2, 2)
    moved = narrow | {"mean": away}
    expected = expected + [sum(m * m for m in row) / 2 for row in away]
    check(target.kl_full_covariance, moved, expected, wrong=wrong, tolerance=RELATIVE, only=LARGE)
    for mean, cov in ((MEAN, COV), (draw.normal(4, 2), drawn_covariances(draw, 4, 2))):
        expected = [kl_by_quadrature(q, prior(2)) for q in zip(mean, cov, strict=True)]
        inputs = {"mean": mean, "cov": cov}
        check(target.kl_full_covariance, inputs, expected, wrong=_wrong_full_kl(), tolerance=QUADRATURE)


@points(
    0.5,
    hint=(
        "上一題對、這題錯，多半是把 2 寫死了。",
        "−d 的 d 要從輸入的形狀來。",
        "mean.shape[-1] 就是 d；行列式用 np.linalg，不要自己寫 ad − bc。",
    ),
    chapter=CHAPTER,
)
def test_kl_full_covariance__three_dimensions(target, draw):
    """三維：d 由輸入的形狀決定"""
    wrong = _wrong_full_kl() | {
        "你把 d 寫死成 2 了": lambda m, c: 0.5 * (trace(c) + square(m) - 2 - log_det(c)),
        "你把列數 N 當成 d 了": lambda m, c: 0.5 * (trace(c) + square(m) - len(m) - log_det(c)),
        "行列式只用了左上角的 2 × 2": lambda m, c: (
            0.5 * (trace(c) + square(m) - m.shape[-1] - log_det(c[..., :2, :2]))
        ),
    }
    for mean, cov in ((MEAN3, COV3), (draw.normal(1, 3), drawn_covariances(draw, 1, 3))):
        expected = [kl_by_quadrature(q, prior(3)) for q in zip(mean, cov, strict=True)]
        inputs = {"mean": mean, "cov": cov}
        check(target.kl_full_covariance, inputs, expected, wrong=wrong, tolerance=QUADRATURE)


@points(
    0.5,
    hint=(
        "200 個 10⁻⁴ 乘起來是 10⁻⁸⁰⁰，浮點數存成 0，log 0 是負無限大。",
        "能不能不算行列式，直接算它的對數？",
        "np.linalg.slogdet(cov)[1]，或特徵值取 log 再相加。",
    ),
    chapter=CHAPTER,
)
def test_kl_full_covariance__many_dimensions(target, draw):
    """200 維：行列式太小或太大，也要有限"""
    wrong = {
        "行列式溢位：np.linalg.det 先變成 0 或無限大，才取 log；改用 np.linalg.slogdet": lambda m, c: (
            0.5 * (trace(c) + square(m) - m.shape[-1] - np.log(np.linalg.det(c)))
        ),
        "行列式加了一個小常數再取 log；改用 np.linalg.slogdet，不需要小常數": lambda m, c: (
            0.5 * (trace(c) + square(m) - m.shape[-1] - np.log(np.linalg.det(c) + 1e-8))
        ),
        "Σ 加了一個小的對角矩陣；這裡不需要": lambda m, c: (
            0.5 * (trace(c) + square(m) - m.shape[-1] - log_det(c + 1e-6 * np.eye(m.shape[-1])))
        ),
        "只用了 Σ 的對角線，漏掉相關": lambda m, c: (
            0.5 * np.sum(m**2 + diagonal(c) - 1 - np.log(diagonal(c)), axis=-1)
        ),
    }
    drawn = (draw.between(0.01, 0.02, decimals=3), float(draw.whole(60, 200)))
    for scales, rho in (((0.01, 100.0), 0.6), (drawn, draw.between(0.3, 0.8))):
        block = np.array([[1.0, rho], [rho, 1.0]])
        cov = np.stack([np.kron(np.eye(100), scale**2 * block) for scale in scales])
        mean = np.tile([0.3, -0.2], (2, 100))
        # 100 個互相獨立的 2 × 2：KL 是 100 倍。
        expected = [100 * kl_by_quadrature((mean[0, :2], scale**2 * block), prior(2)) for scale in scales]
        inputs = {"mean": mean, "cov": cov}
        check(target.kl_full_covariance, inputs, expected, wrong=wrong, tolerance=QUADRATURE)


@points(
    1,
    hint=(
        "每一維除以自己的標準差，Σ 變成相關係數矩陣 R。tr R 是多少？",
        "tr R = d，所以 ½(tr R − d − log det R) 只剩 −½ log det R。",
        "相關矩陣是共變異數除以兩個標準差；行列式取對數，那些標準差變成什麼？",
    ),
    chapter=CHAPTER,
)
def test_total_correlation(target, draw):
    """各維相加漏掉的部分"""

    def correlation(cov):
        std = np.sqrt(diagonal(cov))
        return cov / (std[..., :, None] * std[..., None, :])

    def first_pair(cov):
        return correlation(cov)[..., 0, 1]

    wrong = {
        "你用的是 Σ，不是相關係數矩陣；總相關與單位無關，要先除以標準差": lambda c: -0.5 * log_det(c),
        "你的值是正解的兩倍：前面少了 1/2": lambda c: -log_det(correlation(c)),
        "正負號反了：det R ≤ 1，−½ log det R 才不是負的": lambda c: 0.5 * log_det(correlation(c)),
        "單位換成了位元；這裡要 nats": lambda c: -0.5 * log_det(correlation(c)) / np.log(2),
        "你傳回的是 det R，還要取 −½ log": lambda c: np.linalg.det(correlation(c)),
        "行列式沒有取 log": lambda c: 0.5 * (1 - np.linalg.det(correlation(c))),
        "ρ 忘了平方：兩維時是 −½ log(1 − ρ²)": lambda c: -0.5 * np.log(1 - first_pair(c)),
        "只算了第一對維度的相關；要整個矩陣": lambda c: -0.5 * np.log(1 - first_pair(c) ** 2),
        "R 的分母是標準差相乘 σ_i σ_j，你除的是變異數": lambda c: (
            -0.5 * (log_det(c) - 2 * np.log(diagonal(c)).sum(axis=-1))
        ),
        "這是對 N(0, I) 的 KL；總相關是對「影子相同、各維獨立」的分布": lambda c: (
            0.5 * (trace(c) - c.shape[-1] - log_det(c))
        ),
        "log Σ_ii 取成平均了；要相加": lambda c: 0.5 * (np.log(diagonal(c)).mean(axis=-1) - log_det(c)),
    }
    for _, cov in shown_and_drawn(draw):
        zero = np.zeros(cov.shape[-1])
        expected: Any = [kl_by_quadrature((zero, matrix), (zero, np.diag(np.diag(matrix)))) for matrix in cov]
        check(target.total_correlation, {"cov": cov}, expected, wrong=wrong, tolerance=QUADRATURE)
    check(target.total_correlation, {"cov": EXAMPLE}, [0.830366], wrong=wrong, tolerance=PRINTED)
    cov, gap = nearly_duplicate(draw)
    expected = np.full(2, -np.log(gap * (2 - gap)) / 2)
    check(target.total_correlation, {"cov": cov}, expected, wrong=wrong, tolerance=CONDITIONED, only=NARROW)
    check(target.total_correlation, {"cov": UNITS * EXAMPLE}, [0.830366] * 3, tolerance=PRINTED, only=UNIT)
    check(target.total_correlation, {"cov": np.full((2, 1, 1), draw.std())}, np.zeros(2))  # 一維：沒有相關


def conditional_variance(cov):
    """其他維度都已知時 z_i 的變異數 Σ_ii − Σ_io Σ_oo⁻¹ Σ_oi；不必反轉整個 Σ。"""
    result = []
    for i in range(len(cov)):
        others = [j for j in range(len(cov)) if j != i]
        known = np.linalg.solve(cov[np.ix_(others, others)], cov[others, i])
        result.append(cov[i, i] - cov[i, others] @ known)
    return result


@points(
    1,
    hint=(
        "照 r 平均：D(r‖N(μ,Σ)) 裡與 s_i² 有關的是 ½(Λ_ii s_i² − log s_i²)。",
        "對 s_i² 微分設為 0，得 s_i² = 1/Λ_ii，Λ = Σ⁻¹ 的對角線再取倒數。",
        "照目標平均時，總相關與 r 無關，剩下各維自己的 KL；它什麼時候是 0？",
    ),
    chapter=CHAPTER,
)
def test_factorized_fit(target, draw):
    """兩個方向的最佳獨立近似"""

    def precision(cov):
        return diagonal(np.linalg.inv(cov))

    wrong = {
        "兩個傳回值的順序反了：先 s2_reverse，再 s2_forward": lambda c: (diagonal(c), 1 / precision(c)),
        "s2_reverse 是 Λ_ii，還要取倒數": lambda c: (precision(c), None),
        "s2_reverse 是 1/Σ_ii；先反轉整個矩陣，再取對角線的倒數": lambda c: (1 / diagonal(c), None),
        "s2_reverse 也用了 Σ_ii：兩個方向的答案不同，照 r 平均的比較窄": lambda c: (diagonal(c), None),
        "s2_forward 也用了 1/Λ_ii：照目標平均的要對齊影子": lambda c: (None, 1 / precision(c)),
        "s2_reverse 是標準差；這裡要變異數": lambda c: (1 / np.sqrt(precision(c)), None),
        "s2_forward 是標準差；Σ_ii 已經是變異數，不必開根號": lambda c: (None, np.sqrt(diagonal(c))),
        "s2_forward 取了倒數；Σ_ii 就是影子的變異數": lambda c: (None, 1 / diagonal(c)),
        "s2_reverse 少了尺度：1 − ρ² 還要乘 Σ_ii": lambda c: (1 / precision(c) / diagonal(c), None),
        "s2_reverse 是特徵值；要的是 1/Λ_ii": lambda c: (np.linalg.eigvalsh(c), None),
        "s2_forward 是整列加總；只要對角線": lambda c: (None, c.sum(axis=-1)),
    }
    for _, cov in shown_and_drawn(draw):
        expected = {
            "s2_reverse": [conditional_variance(matrix) for matrix in cov],
            "s2_forward": [np.diag(matrix) for matrix in cov],
        }
        check(target.factorized_fit, {"cov": cov}, expected, wrong=wrong)
    shown = {"s2_reverse": [[0.76, 0.0475]], "s2_forward": [[4.0, 0.25]]}
    check(target.factorized_fit, {"cov": EXAMPLE}, shown, wrong=wrong)
    cov, gap = nearly_duplicate(draw)  # 兩維時 1/Λ_ii = Σ_ii (1 − ρ²)
    expected = {"s2_reverse": diagonal(cov) * gap * (2 - gap), "s2_forward": diagonal(cov)}
    check(target.factorized_fit, {"cov": cov}, expected, wrong=wrong, tolerance=CONDITIONED, only=NARROW)


def posterior_by_quadrature(w, noise_variance, x, every=20):
    """後驗的平均 (N, d) 與共變異數 (d, d)：先驗照求積點抽，用資料的密度加權，再算前兩次的平均。"""
    nodes, weights = normal_nodes(every=every)
    z = np.stack(np.meshgrid(*[nodes] * len(w), indexing="ij"), axis=-1).reshape(-1, len(w))
    mass = np.prod(np.meshgrid(*[weights] * len(w), indexing="ij"), axis=0).ravel()
    mass = mass * np.exp(-((x[:, None] - z @ w) ** 2) / (2 * noise_variance))
    mass /= mass.sum(axis=1, keepdims=True)
    mean = mass @ z
    second = (mass[0] * z.T) @ z  # 共變異數與 x 無關，第一個 x 的就夠
    return mean, second - np.outer(mean[0], mean[0])


@points(
    1,
    hint=(
        "−2 log p(z|x) = zᵀz + (x − wᵀz)²/s² + 常數。展開，把 zᵀ(…)z 收在一起。",
        "(wᵀz)² = zᵀ(w wᵀ)z，所以 Λ = I + w wᵀ/s²；w wᵀ 是外積 np.outer(w, w)。",
        "二次項給精確度，一次項配方給平均；一個 x 一列。",
    ),
    chapter=CHAPTER,
)
def test_linear_posterior(target, draw):
    """兩個獨立的原因，看到總和之後"""

    def solution(w, s2, x, identity=1.0, outer=np.outer):
        cov = np.linalg.pinv(identity * np.eye(len(w)) + outer(w, w) / s2)
        return np.outer(x, cov @ w) / s2, cov

    wrong = {
        "mean 與 cov 都少了先驗的 I：先驗也說了一份": lambda w, s2, x: solution(w, s2, x, identity=0.0),
        "mean 是最小平方的解，沒有用到先驗": lambda w, s2, x: (np.outer(x, w) / (w @ w), None),
        "w wᵀ 是外積（d × d），你用了內積": lambda w, s2, x: solution(
            w, s2, x, outer=lambda a, b: (a @ b) * np.eye(len(a))
        ),
        "你除的是標準差；w wᵀ 要除以變異數 noise_variance": lambda w, s2, x: (
            None,
            solution(w, np.sqrt(s2), x)[1],
        ),
        "noise_variance 已經是變異數，你又平方了一次": lambda w, s2, x: (None, solution(w, s2**2, x)[1]),
        "w wᵀ 要除以 noise_variance，你乘了": lambda w, s2, x: (None, solution(w, 1 / s2, x)[1]),
        "cov 傳回的是 Λ，還要求反矩陣": lambda w, s2, x: (None, np.linalg.inv(solution(w, s2, x)[1])),
        "cov 只留了對角線；後驗是相關的": lambda w, s2, x: (None, np.diag(np.diag(solution(w, s2, x)[1]))),
        "cov 是對角編碼器最好的近似，不是後驗本身": lambda w, s2, x: (
            None,
            np.diag(1 / (1 + w**2 / s2)),
        ),
        "cov 逐元素取了倒數；反矩陣是 np.linalg.inv": lambda w, s2, x: (
            None,
            1 / (np.eye(len(w)) + np.outer(w, w) / s2),
        ),
        "mean 忘了除以 noise_variance": lambda w, s2, x: (solution(w, s2, x)[0] * s2, None),
        "mean 忘了乘 Λ⁻¹": lambda w, s2, x: (np.outer(x, w) / s2, None),
        "mean 忘了乘 x": lambda w, s2, x: (solution(w, s2, np.ones_like(x))[0], None),
    }
    example = {"w": np.array([1.0, 1.0]), "noise_variance": 1 / 9, "x": np.array([1.0])}
    printed = {"mean": [[9 / 19, 9 / 19]], "cov": [[10 / 19, -9 / 19], [-9 / 19, 10 / 19]]}
    check(target.linear_posterior, example, printed, wrong=wrong)
    # 一個原因：後驗是 N(wx/(w² + s²), s²/(w² + s²))；雜訊很小時，小常數看得出來。
    weight, x = draw.normal(), 30 * draw.normal(3)
    for s2, kind in ((draw.between(0.3, 2), None), (1e-9 * draw.between(1, 5), SMALL)):
        inputs = {"w": np.array([weight]), "noise_variance": s2, "x": x}
        total = weight * weight + s2
        expected: Any = {"mean": [[weight * value / total] for value in x], "cov": [[s2 / total]]}
        tolerance = RELATIVE if kind is None else Tolerance(1e-5, 0.0)  # 1 − w²/(w² + s²) 只剩七位
        check(target.linear_posterior, inputs, expected, wrong=wrong, tolerance=tolerance, only=kind)
    # 第二題是三個原因：把 2 寫死的，這裡就錯。雜訊大，後驗寬，粗的格點也準到捨入誤差。
    two, three = np.array([1.0, 1.5]), np.array([1.0, 1.5, -0.5])
    shown, drawn = np.array([1.0, -0.4, 2.0]), (draw.normal(2), draw.between(0.4, 3), draw.normal(4), 20)
    for w, noise_variance, x, every in ((two, 0.25, shown, 20), (three, 4.0, shown, 50), drawn):
        mean, cov = posterior_by_quadrature(w, noise_variance, x, every)
        inputs = {"w": w, "noise_variance": noise_variance, "x": x}
        expected = {"mean": mean, "cov": cov}
        check(target.linear_posterior, inputs, expected, wrong=wrong, tolerance=QUADRATURE)


@points(
    1,
    hint=(
        "D(r‖N(μ,Σ)) = ½(Σ Λ_ii s_i² − d − Σ log s_i² + log det Σ)，代入 s_i² = 1/Λ_ii。",
        "Λ_ii s_i² = 1，d 個加起來與 −d 相消；−log s_i² = log Λ_ii。",
        "代入最好的 s_i²，跡那一項剛好抵掉 −d；剩下哪兩個對數？",
    ),
    chapter=CHAPTER,
)
def test_cost_of_diagonal(target, draw):
    """最好的對角編碼器還差多少"""

    def log_precision(cov):
        return np.log(diagonal(np.linalg.inv(cov))).sum(axis=-1)

    wrong = {
        "這是另一個方向的答案（總相關）；兩維時恰好相同，三維就不同": lambda c: (
            0.5 * (np.log(diagonal(c)).sum(axis=-1) - log_det(c))
        ),
        "你的值是正解的兩倍：前面少了 1/2": lambda c: log_precision(c) + log_det(c),
        "log det Σ 的正負號反了": lambda c: 0.5 * (log_precision(c) - log_det(c)),
        "正負號相反：KL 不會是負的": lambda c: -0.5 * (log_precision(c) + log_det(c)),
        "少了 log det Σ": lambda c: 0.5 * log_precision(c),
        "少了 Σ log Λ_ii": lambda c: 0.5 * log_det(c),
        "代入的變異數是 Σ_ii（影子）；最好的是 1/Λ_ii": lambda c: (
            0.5
            * (
                np.einsum("nii,nii->n", np.linalg.inv(c), c)
                - c.shape[-1]
                - np.log(diagonal(c)).sum(axis=-1)
                + log_det(c)
            )
        ),
        "單位換成了位元；這裡要 nats": lambda c: 0.5 * (log_precision(c) + log_det(c)) / np.log(2),
        "log Λ_ii 取成平均了；要相加": lambda c: 0.5 * (log_precision(c) / c.shape[-1] + log_det(c)),
    }
    for _, cov in shown_and_drawn(draw):
        zero = np.zeros(cov.shape[-1])
        fits = [(zero, np.diag(conditional_variance(matrix))) for matrix in cov]
        expected: Any = [kl_by_quadrature(fit, (zero, matrix)) for fit, matrix in zip(fits, cov, strict=True)]
        check(target.cost_of_diagonal, {"cov": cov}, expected, wrong=wrong, tolerance=QUADRATURE)
    check(target.cost_of_diagonal, {"cov": EXAMPLE}, [0.830366], wrong=wrong, tolerance=PRINTED)
    cov, gap = nearly_duplicate(draw)  # 兩維時與總相關相同
    expected = np.full(2, -np.log(gap * (2 - gap)) / 2)
    check(target.cost_of_diagonal, {"cov": cov}, expected, wrong=wrong, tolerance=CONDITIONED, only=NARROW)
    check(target.cost_of_diagonal, {"cov": UNITS * EXAMPLE}, [0.830366] * 3, tolerance=PRINTED, only=UNIT)
