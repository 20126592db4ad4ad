"""ex01 的其他正確寫法：檢查不可以挑剔。"""

import math
from statistics import NormalDist

import numpy as np

from vae_from_scratch.course.answers import right


@right("variance")
def power_of_e(log_var):
    return math.e**log_var


@right("variance")
def square_of_the_std(log_var):
    return np.exp(log_var / 2) ** 2


@right("variance")
def element_by_element(log_var):
    return np.vectorize(math.exp)(log_var)


@right("log_variance")
def sum_of_two_logs(std):
    return np.log(std) + np.log(std)


@right("log_variance")
def minus_the_log_of_the_reciprocal(std):
    return -2 * np.log(1 / std)


@right("log_variance")
def with_python_logarithms(std):
    return np.array([2 * math.log(s) for s in np.ravel(std)]).reshape(np.shape(std))


@right("reconstruction_error")
def total_over_rows(x, x_hat):
    return float(((x - x_hat) ** 2).sum() / len(x))


@right("reconstruction_error")
def squared_norms(x, x_hat):
    return np.mean(np.linalg.norm(x_hat - x, axis=1) ** 2)


@right("reconstruction_error")
def mean_times_columns(x, x_hat):
    return np.mean((x - x_hat) ** 2) * x.shape[1]


@right("reconstruction_error")
def loops(x, x_hat):
    return sum(
        sum((a - b) ** 2 for a, b in zip(p, q, strict=True)) for p, q in zip(x, x_hat, strict=True)
    ) / len(x)


@right("interval_probability")
def difference_of_two_probabilities(mean, std, low, high):
    def below(t):
        return 0.5 * (1 + math.erf((t - mean) / (std * 2**0.5)))

    return below(high) - below(low)


@right("interval_probability")
def with_erfc(mean, std, low, high):
    scale = std * math.sqrt(2)
    return 0.5 * (math.erfc((low - mean) / scale) - math.erfc((high - mean) / scale))


@right("interval_probability")
def standard_library(mean, std, low, high):
    normal = NormalDist(mean, std)
    return normal.cdf(high) - normal.cdf(low)


@right("normal_log_density")
def three_terms(z, mean, log_var):
    return -0.5 * math.log(2 * math.pi) - 0.5 * log_var - 0.5 * (z - mean) ** 2 / np.exp(log_var)


@right("normal_log_density")
def through_log_std(z, mean, log_var):
    log_std = log_var / 2
    return -math.log(math.sqrt(2 * math.pi)) - log_std - ((z - mean) / np.exp(log_std)) ** 2 / 2


@right("normal_log_density")
def plain_python(z, mean, log_var):
    flat = zip(np.ravel(z), np.ravel(mean), np.ravel(log_var), strict=True)
    values = [-0.5 * (math.log(2 * math.pi) + v + (a - m) ** 2 * math.exp(-v)) for a, m, v in flat]
    return np.reshape(values, np.shape(z))


@right("noisy_reconstruction_error")
def with_einsum(x, weight, mean, log_var):
    residual = x - np.einsum("nd,cd->nc", mean, weight)
    return np.einsum("nc,nc->n", residual, residual) + np.einsum(
        "nd,cd,cd->n", np.exp(log_var), weight, weight
    )


@right("noisy_reconstruction_error")
def expanded_square(x, weight, mean, log_var):
    rebuilt = mean @ weight.T
    second_moment = (rebuilt**2 + np.exp(log_var) @ (weight**2).T).sum(axis=1)
    return (x**2).sum(axis=1) - 2 * (x * rebuilt).sum(axis=1) + second_moment


@right("noisy_reconstruction_error")
def trace_of_the_covariance(x, weight, mean, log_var):
    errors = []
    for row, m, v in zip(x, mean, log_var, strict=True):
        errors.append(np.sum((row - weight @ m) ** 2) + np.trace(weight @ np.diag(np.exp(v)) @ weight.T))
    return np.array(errors)


# ---- 型別與次序：說明答應收什麼，就收什麼 ----------------------------------------


@right("variance")
def zero_dimensional(log_var):
    return np.asarray(np.exp(log_var))


@right("variance")
def square_of_the_root(log_var):
    return np.square(np.exp(np.divide(log_var, 2)))


@right("log_variance")
def sum_of_two_logarithms(std):
    return np.log(std) + np.log(std)


@right("reconstruction_error")
def sums_with_einsum(x, x_hat):
    gap = x - x_hat
    return np.einsum("nj,nj->", gap, gap) / len(x)


@right("reconstruction_error")
def zero_dimensional_error(x, x_hat):
    return np.array(np.sum((x_hat - x) ** 2) / x.shape[0])


@right("normal_log_density")
def works_on_a_copy(z, mean, log_var):
    answer = z.copy()
    answer -= mean
    answer *= np.exp(-log_var / 2)
    answer **= 2
    answer += log_var + math.log(2 * math.pi)
    return -answer / 2


@right("noisy_reconstruction_error")
def noise_with_einsum(x, weight, mean, log_var):
    gap = x - np.einsum("nj,kj->nk", mean, weight)
    return np.einsum("nk,nk->n", gap, gap) + np.einsum("nj,kj,kj->n", np.exp(log_var), weight, weight)
