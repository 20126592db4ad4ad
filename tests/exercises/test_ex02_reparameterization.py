"""ex02 的檢查。"""

import math
from functools import partial
from typing import Any

import numpy as np

from vae_from_scratch.course.given import double, square, step, zero
from vae_from_scratch.course.testing import (
    DIFFERENCES,
    FAR,
    LARGE,
    PRINTED,
    RELATIVE,
    SMALL,
    WHOLE,
    check,
    check_draws,
    expectation,
    normal_nodes,
    numerical_gradient,
    points,
)

CHAPTER = "第 2 章"

# 3 列 2 行，不是方陣：轉置或加總錯了方向，形狀就會不同。
VARIANCE = np.array([[4.0, 0.25], [1.0, 9.0], [0.04, 2.25]])
LOG_VAR = np.log(VARIANCE)
STD = np.array([[2.0, 0.5], [1.0, 3.0], [0.2, 1.5]])
MEAN = np.array([[1.0, -2.0], [0.5, 0.0], [3.0, -0.5]])
NOISE = np.array([[0.7, -1.1], [2.0, 0.3], [-0.4, 1.6]])


@points(
    1,
    hint=(
        "log_var 是 log σ²，而 log σ² = 2 log σ。",
        "所以 log σ = log_var / 2；要從 log σ 回到 σ，用哪個函數？",
        "先在 log 裡除，再取 exp；次序反過來會溢位。",
    ),
    chapter=CHAPTER,
)
def test_standard_deviation(target, draw):
    """由 log σ² 得到 σ"""
    wrong = {
        "你算的是變異數 exp(log_var)，標準差還要再開根號": np.exp,
        "你把 log_var 開根號了；要先取 exp 回到 σ²": lambda log_var: np.sqrt(np.abs(log_var)),
        "你把 log_var 的一半直接當成標準差，還沒有取 exp": lambda log_var: log_var / 2,
        "正負號反了：這是 1/σ，也就是 exp(−log_var/2)": lambda log_var: np.exp(-log_var / 2),
        "你除以 2 的是 exp(log_var)；要先除以 2，再取 exp": lambda log_var: np.exp(log_var) / 2,
        "你把 log_var 當成 log σ 了；它是 log σ²": lambda log_var: np.exp(log_var * 2),
    }
    check(target.standard_deviation, {"log_var": math.log(4)}, 2.0, wrong=wrong)  # 說明裡的例子：一個數
    check(target.standard_deviation, {"log_var": LOG_VAR[:, 0]}, STD[:, 0], wrong=wrong)
    check(target.standard_deviation, {"log_var": LOG_VAR}, STD, wrong=wrong)
    std = draw.std(2, 3)
    check(target.standard_deviation, {"log_var": np.log(std * std)}, std, wrong=wrong)
    whole = np.array([-3, 0, 2, 5])
    check(
        target.standard_deviation,
        {"log_var": whole},
        [math.exp(v / 2) for v in whole],
        wrong=wrong,
        only=WHOLE,
    )


@points(
    1,
    hint=(
        "exp(1400) 超出 float64 的範圍，exp(700) 沒有。",
        "除以 2 和取 exp，哪個先做？",
        "先除以 2。開根號與截斷都不需要。",
    ),
    chapter=CHAPTER,
)
def test_standard_deviation__extremes(target, draw):
    """很大與很小的 log σ² 不溢位"""
    wrong = {
        "log_var 很大時溢位：sqrt(exp(log_var)) 先算了太大的 exp": lambda v: np.sqrt(np.exp(v)),
        "結果被截斷（clip）了；不需要截斷，先除以 2 就不會溢位": lambda v: np.exp(np.clip(v, -20, 20) / 2),
        "加了一個小常數；先除以 2 就夠了，不需要 1e-8": lambda v: np.exp(v / 2) + 1e-8,
    }
    for log_std in ([-700, -20, 0, 700], [-draw.whole(300, 700), -draw.whole(12, 40), draw.whole(360, 700)]):
        inputs = {"log_var": 2.0 * np.array(log_std)}
        expected = [math.exp(s) for s in log_std]
        check(target.standard_deviation, inputs, expected, wrong=wrong, tolerance=RELATIVE, only=FAR)
    inputs = {"log_var": np.log([4.0, 0.25])}
    check(target.standard_deviation, inputs, [2.0, 0.5], wrong=wrong)


@points(
    1,
    hint=(
        "照 z = μ + σε 寫。手上有的是 log_var，σ 怎麼來？",
        "上一題的 standard_deviation 就在同一個檔案裡，可以直接用。",
        "三個陣列形狀相同，逐元素相乘用 *，不是 @。",
    ),
    chapter=CHAPTER,
)
def test_reparameterize(target, draw):
    """雜訊變成 N(μ, σ²) 的樣本"""
    expected: Any = np.array([[2.4, -2.55], [2.5, 0.9], [2.92, 1.9]])  # 手算：例如 1 + 2 × 0.7
    wrong = {
        "你乘的是變異數 σ²；要乘標準差 σ": lambda m, v, e: m + np.exp(v) * e,
        "你乘的是 log_var；要先換成標準差": lambda m, v, e: m + v * e,
        "你乘的是 log_var / 2；還要取 exp 才是標準差": lambda m, v, e: m + v / 2 * e,
        "縮放錯了對象：(μ + ε)σ 連平均值也乘了 σ": lambda m, v, e: (m + e) * np.exp(v / 2),
        "雜訊沒有用到：每次都會得到同一個 z": lambda m, v, e: m + np.exp(v / 2),
        "平均值沒有加上去": lambda m, v, e: np.exp(v / 2) * e,
        "你除以 σ 了；要乘": lambda m, v, e: m + e * np.exp(-v / 2),
        "這是反過來的標準化 (ε − μ)/σ；要的是 μ + σε": lambda m, v, e: (e - m) * np.exp(-v / 2),
    }
    example = {"mean": np.array([[1.0]]), "log_var": np.log([[4.0]]), "noise": np.array([[0.7]])}
    check(target.reparameterize, example, [[2.4]], wrong=wrong)
    check(target.reparameterize, {"mean": MEAN, "log_var": LOG_VAR, "noise": NOISE}, expected, wrong=wrong)
    mean, std, noise = draw.normal(2, 3), draw.std(2, 3), draw.normal(2, 3)
    inputs = {"mean": mean, "log_var": np.log(std * std), "noise": noise}
    check(target.reparameterize, inputs, mean + std * noise, wrong=wrong)
    noise, log_var = draw.normal(4, 1, scale=4), draw.far(4, 1)
    inputs = {"mean": 0 * noise, "log_var": log_var, "noise": noise}
    expected = [[math.exp(v / 2) * e] for v, e in zip(log_var.flat, noise.flat, strict=True)]
    check(target.reparameterize, inputs, expected, wrong=wrong, tolerance=RELATIVE, only=FAR)
    mean, noise = 100 * draw.normal(2, 5), draw.between(3, 6, 2, 5) * draw.pick([1, -1])
    inputs = {"mean": mean, "log_var": np.zeros((2, 5)), "noise": noise}
    check(target.reparameterize, inputs, mean + noise, wrong=wrong, only=LARGE)
    noise = np.random.default_rng(2).standard_normal((20_000, 2))
    inputs = {"mean": np.tile([1.0, -2.0], (20_000, 1)), "log_var": np.tile(LOG_VAR[0], (20_000, 1))}
    check_draws(target.reparameterize, inputs | {"noise": noise}, mean=[1.0, -2.0], variance=VARIANCE[0])


@points(
    1,
    hint=(
        "連鎖律：dz/dσ² = dz/dσ · dσ/dσ²。先寫下 dz/dσ。",
        "把 σ² 叫做 v，σ = v^(1/2)，dσ/dv = (1/2) v^(−1/2)。",
        "對 v^(1/2) 微分，掉下來一個 ½；剩下的次方用 σ 寫，再乘 ε。",
    ),
    chapter=CHAPTER,
)
def test_dz_dvariance(target, draw):
    """z 對變異數的偏導數"""
    wrong = {
        "這是對 σ 的導數；自變數是 σ²，還要乘 dσ/dσ² = 1/(2σ)": lambda e, v: e,
        "這是對 log σ² 的導數 σε/2；這一題的自變數是 σ²": lambda e, v: np.sqrt(v) * e / 2,
        "少了 1/2：(σ²)^(1/2) 微分，次方 1/2 要乘到前面": lambda e, v: e / np.sqrt(v),
        "分母是 2σ，你除的是 2σ²": lambda e, v: e / (2 * v),
        "忘了乘 ε": lambda e, v: 1 / (2 * np.sqrt(v)),
        "σ 應該在分母": lambda e, v: 2 * np.sqrt(v) * e,
    }
    example = {"noise": np.array([0.7]), "variance": np.array([4.0])}
    check(target.dz_dvariance, example, [0.175], wrong=wrong)
    for noise, variance in ((NOISE, VARIANCE), (draw.normal(2, 3), draw.std(2, 3) ** 2)):
        # 每個元素只影響自己的 z，所以 Σz 對 σ² 的梯度，就是逐元素的偏導數。
        expected: Any = numerical_gradient(partial(_sum_of_z, noise), variance, 1e-5)
        inputs = {"noise": noise, "variance": variance}
        check(target.dz_dvariance, inputs, expected, wrong=wrong, tolerance=DIFFERENCES)
    # 換單位：σ 縮成 s 倍，z 也縮成 s 倍，σ² 縮成 s² 倍，所以偏導數是 1/s 倍。
    scale = 10.0 ** -np.array([draw.whole(6, 9), draw.whole(10, 12)])
    inputs = {"noise": NOISE[0], "variance": VARIANCE[0] * scale**2}
    expected = [
        numerical_gradient(partial(_sum_of_z, e), v, v * 1e-3)
        for e, v in zip(NOISE[0], VARIANCE[0], strict=True)
    ]
    check(target.dz_dvariance, inputs, expected / scale, wrong=wrong, tolerance=RELATIVE, only=SMALL)


def _sum_of_z(noise, variance):
    return np.sum(noise * np.sqrt(variance))


@points(
    2,
    hint=(
        "z = μ + exp(log_var/2) ε。先分別寫下 ∂z/∂μ 與 ∂z/∂log_var，再各乘上 dL_dz。",
        "exp(log_var/2) 對 log_var 微分，指數裡的 1/2 會掉到前面。",
        "對 log σ² 微分時，指數裡的 ½ 會掉下來。每一列各算各的，不加總。",
    ),
    chapter=CHAPTER,
)
def test_gradient_wrt_mean_and_log_var(target, draw):
    """梯度傳到 μ 與 log σ²"""

    def loss(mean, log_var, noise):
        return np.sum(np.sin(mean + np.sqrt(np.exp(log_var)) * noise))

    wrong = {
        "d_log_var 是正解的兩倍：exp(log_var/2) 微分，1/2 要掉下來": lambda g, v, e: (
            None,
            g * np.exp(v / 2) * e,
        ),
        "d_log_var 忘了乘 ε": lambda g, v, e: (None, g * np.exp(v / 2) / 2),
        "d_log_var 其實是對變異數 σ² 的梯度": lambda g, v, e: (None, g * e * np.exp(-v / 2) / 2),
        "d_log_var 其實是對標準差 σ 的梯度": lambda g, v, e: (None, g * e),
        "d_log_var 乘的是變異數；應該是標準差的一半": lambda g, v, e: (None, g * e * np.exp(v) / 2),
        "只算了 ∂z/∂log σ²，忘了乘傳回來的 ∂L/∂z": lambda g, v, e: (None, np.exp(v / 2) * e / 2),
        "d_mean 是 1：那是 ∂z/∂μ，還要乘 ∂L/∂z": lambda g, v, e: (np.ones_like(g), None),
        "d_mean 多乘了 ε；∂z/∂μ = 1": lambda g, v, e: (g * e, None),
        "d_mean 多乘了 σ；∂z/∂μ = 1": lambda g, v, e: (g * np.exp(v / 2), None),
        "梯度對列加總了；這裡每一列各有自己的 μ 與 log σ²": lambda g, v, e: (g.sum(axis=0), None),
        "梯度對列平均了；平均是損失函數的事": lambda g, v, e: (g.mean(axis=0), None),
    }
    example = {"dL_dz": np.array([[3.0]]), "log_var": np.log([[4.0]]), "noise": np.array([[0.7]])}
    shown = {"d_mean": [[3.0]], "d_log_var": [[2.1]]}
    check(target.gradient_wrt_mean_and_log_var, example, shown, wrong=wrong)
    for mean, std, noise in ((MEAN, STD, NOISE), (draw.normal(2, 3), draw.std(2, 3), draw.normal(2, 3))):
        log_var = np.log(std * std)
        expected = {
            "d_mean": numerical_gradient(partial(loss, log_var=log_var, noise=noise), mean),
            "d_log_var": numerical_gradient(partial(loss, mean, noise=noise), log_var),
        }
        inputs = {"dL_dz": np.cos(mean + std * noise), "log_var": log_var, "noise": noise}
        check(target.gradient_wrt_mean_and_log_var, inputs, expected, wrong=wrong, tolerance=DIFFERENCES)
    # 梯度對 dL_dz 是一次的：dL_dz 大一萬倍，兩個梯度都大一萬倍；σ 大幾倍，d_log_var 也大幾倍。
    bigger = inputs | {"dL_dz": 1e4 * inputs["dL_dz"], "log_var": log_var + math.log(1e12)}
    expected = {"d_mean": 1e4 * expected["d_mean"], "d_log_var": 1e10 * expected["d_log_var"]}
    check(
        target.gradient_wrt_mean_and_log_var, bigger, expected, wrong=wrong, tolerance=DIFFERENCES, only=LARGE
    )


@points(
    1,
    hint=(
        "對 N(ε; 0, 1) / σ 取 log，除法變成減法。",
        "log N(ε; 0, 1) = −(log 2π + ε²)/2，log σ = log_var / 2。",
        "傳回 (N,)：最後要沿 axis=-1 加總，即使 d = 1。",
    ),
    chapter=CHAPTER,
)
def test_log_prob_by_change_of_variables(target, draw):
    """一維：密度除以 σ"""
    example = {"log_var": np.log([[4.0]]), "noise": np.array([[0.7]])}
    wrong = _wrong_log_prob()
    check(target.log_prob_by_change_of_variables, example, [-1.857086], wrong=wrong, tolerance=PRINTED)
    log_var, noise = draw.far(4, 1), draw.normal(4, 1)
    expected = [
        -math.log(2 * math.pi) / 2 - v / 2 - e * e / 2 for v, e in zip(log_var.flat, noise.flat, strict=True)
    ]
    inputs = {"log_var": log_var, "noise": noise}
    check(target.log_prob_by_change_of_variables, inputs, expected, wrong=wrong, only=FAR)
    for std, noise in ((STD[:, :1], NOISE[:, :1]), (draw.std(4, 1), draw.normal(4, 1))):
        _check_log_prob(target, std, noise, _wrong_log_prob())


@points(
    1,
    hint=(
        "各維獨立時密度相乘，取對數之後呢？",
        "對數相加：三項（log 2π、ε²、log σ²）都要沿維度加總。",
        "np.sum(…, axis=-1)，常數 log 2π 也在括號裡，每一維加一次。",
    ),
    chapter=CHAPTER,
)
def test_log_prob_by_change_of_variables__dimensions(target, draw):
    """多維：對數密度沿維度相加"""
    wrong = _wrong_log_prob() | {
        "你對維度取平均了；獨立的密度相乘，對數要相加": lambda v, e: _log_normal(v, e).mean(axis=-1),
        "log 2π 只算了一次；每個維度都有一份": lambda v, e: (
            -0.5 * (np.log(2 * np.pi) + np.sum(e**2 + v, axis=-1))
        ),
    }
    for std, noise in ((STD, NOISE), (draw.std(2, 5), draw.normal(2, 5))):
        _check_log_prob(target, std, noise, wrong)


def _check_log_prob(target, std, noise, wrong):
    expected = [
        sum(_log_density_from_cdf(s, e) for s, e in zip(*row, strict=True))
        for row in zip(std, noise, strict=True)
    ]
    inputs = {"log_var": np.log(std * std), "noise": noise}
    check(target.log_prob_by_change_of_variables, inputs, expected, wrong=wrong, tolerance=DIFFERENCES)


def _log_density_from_cdf(std, noise):
    """N(0, std²) 在 std·noise 的對數密度，由分布函數的差分得到，不用密度公式。"""
    density = numerical_gradient(lambda z: 0.5 * math.erf(z / (std * math.sqrt(2))), std * noise, std * 1e-3)
    return math.log(density)


def _log_normal(log_var, noise):
    return -0.5 * (np.log(2 * np.pi) + noise**2 + log_var)


def _wrong_log_prob():
    def formula(constant=1.0, square=1.0, log_std=1.0):
        def value(log_var, noise):
            terms = constant * np.log(2 * np.pi) + square * noise**2 + log_std * log_var
            return -0.5 * terms.sum(axis=-1)

        return value

    return {
        "你傳回的是 ε 的密度，忘了除以 σ（也就是減 log σ）": formula(log_std=0.0),
        "log σ 的正負號反了：密度要除以 σ，不是乘": formula(log_std=-1.0),
        "你減的是 log σ²；要減 log σ = log_var / 2": formula(log_std=2.0),
        "少了常數 −½ log 2π": formula(constant=0.0),
        "常數要用 log 2π 的一半，你減了整個 log 2π": formula(constant=2.0),
        "ε² 前面少了 1/2": formula(square=2.0),
        "你傳回的是密度，還要取 log": lambda v, e: np.exp(_log_normal(v, e).sum(axis=-1)),
    }


@points(
    1,
    hint=(
        "先算 z = μ + σε。路徑梯度是 df(z)，一個雜訊一個值。",
        "log N(z; μ, σ²) = … − (z−μ)²/(2σ²)；把 z 當成固定的數，對 μ 微分。",
        "把 z 固定，對 μ 微分 log 密度，再用 z − μ = σε 換掉；最後乘上 f(z)。",
    ),
    chapter=CHAPTER,
)
def test_mean_gradient_estimates(target, draw):
    """兩種估計量，平均都等於真的梯度"""
    example = {"f": square, "df": double, "mean": 1.0, "log_var": math.log(4), "noise": np.array([0.7])}
    shown = {"pathwise": [4.8], "score": [2.016]}
    check(target.mean_gradient_estimates, example, shown, wrong=_wrong_estimates(2.0))
    for mean, std, noise in ((1.0, 2.0, NOISE[:, 0]), (draw.normal(), draw.std(), draw.normal(5))):
        z = mean + std * noise
        # 分數 ∂log N(z; μ, σ²)/∂μ 用差分求：固定每個 z，移動它自己的 μ。
        score = numerical_gradient(partial(_log_density_of_means, z, std), np.full_like(z, mean))
        log_var = math.log(std * std)
        inputs = {"f": square, "df": double, "mean": mean, "log_var": log_var, "noise": noise}
        check(
            target.mean_gradient_estimates,
            inputs,
            {"pathwise": 2 * z, "score": z**2 * score},
            wrong=_wrong_estimates(std),
            tolerance=DIFFERENCES,
        )
    _check_average(target, mean=3.0, log_var=0.0)
    _check_average(target, mean=draw.normal(), log_var=draw.log_var())


def _log_density_of_means(z, std, means):
    """Σ log N(z; means, std²)，去掉與 means 無關的常數。"""
    return np.sum(-((z - means) ** 2)) / (2 * std**2)


def _wrong_estimates(std):
    return {
        "兩個估計都取了平均；這裡要一個雜訊一個值": lambda f, df, m, v, e: (
            df(m + std * e).mean(),
            (f(m + std * e) * e / std).mean(),
        ),
        "路徑梯度要用 f′(z)，你用的是 f(z)": lambda f, df, m, v, e: (f(m + std * e), None),
        "路徑梯度多乘了 ε（那是對 σ 的梯度）": lambda f, df, m, v, e: (df(m + std * e) * e, None),
        "路徑梯度代入的是 μ，不是 z = μ + σε": lambda f, df, m, v, e: (df(m + 0 * e), None),
        "抽 z 的時候沒有乘標準差": lambda f, df, m, v, e: (df(m + e), None),
        "抽 z 的時候乘了變異數": lambda f, df, m, v, e: (df(m + np.exp(v) * e), None),
        "分數函數用的是 ε，少除以 σ": lambda f, df, m, v, e: (None, f(m + std * e) * e),
        "分數函數多除了一次 σ：(z−μ)/σ² = ε/σ": lambda f, df, m, v, e: (None, f(m + std * e) * e / std**2),
        "分數函數的正負號反了：對 μ 微分，(z−μ) 裡的負號會抵消": lambda f, df, m, v, e: (
            None,
            -f(m + std * e) * e / std,
        ),
        "分數函數的估計是 f 乘上分數，你用的是 f′": lambda f, df, m, v, e: (None, df(m + std * e) * e / std),
        "分數 (z−μ)/σ² 有了，忘了乘 f(z)": lambda f, df, m, v, e: (None, e / std),
    }


@points(
    1,
    hint=(
        "這裡的 f 是階梯函數，f′ 處處是 0，但移動 μ 確實改變 E[f(z)] = P(z > 0)。",
        "路徑梯度只看得到 f′，平均是 0（錯的）；分數函數只用 f 的值。",
        "第二個傳回值裡不該有 df。",
    ),
    chapter=CHAPTER,
)
def test_mean_gradient_estimates__step_function(target, draw):
    """f 是階梯函數時，分數函數仍然正確"""
    drawn_std = draw.std()
    drawn_mean = drawn_std * draw.between(-0.8, 0.8)  # 0 附近要有夠多的點，樣本變異數才接近常態
    for mean, std, seed in ((0.5, 2.0, 7), (drawn_mean, drawn_std, draw.whole(0, 2**31))):
        _check_steps(target, mean, std, np.random.default_rng(seed).standard_normal(20_000))


def _check_steps(target, mean, std, noise):
    density_at_zero = math.exp(-((mean / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi))  # d P(z>0)/dμ
    inputs = {"f": step, "df": zero, "mean": mean, "log_var": math.log(std**2), "noise": noise}

    def moment(power, centre=0.0):
        return expectation(lambda z: ((z > 0) * (z - mean) / std**2 - centre) ** power, mean, std)

    variance, fourth = moment(2, density_at_zero), moment(4, density_at_zero)
    check_draws(
        lambda *given: np.stack(target.mean_gradient_estimates(*given), axis=-1),
        inputs,
        mean=[0.0, density_at_zero],
        variance=[0.0, variance],
        kurtosis=fourth / variance**2,
        wrong={"兩個估計都是 0：分數函數裡不該出現 f′": ([0.0, 0.0], [0.0, 0.0])},
    )


def _check_average(target, mean, log_var):
    """把求積點當雜訊，加權平均就是期望值：沒有抽樣誤差。z² 的期望值 μ² + σ²，對 μ 的導數是 2μ。"""
    nodes, weights = normal_nodes()
    inputs = {"f": square, "df": double, "mean": mean, "log_var": log_var, "noise": nodes}
    check(
        lambda *given: tuple(
            np.sum(weights * estimate) for estimate in target.mean_gradient_estimates(*given)
        ),
        inputs,
        {"pathwise 的平均": 2 * mean, "score 的平均": 2 * mean},
    )
