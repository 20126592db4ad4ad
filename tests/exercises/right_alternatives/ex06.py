"""ex06 的其他正確寫法：檢查不可以挑剔。"""

import math

import numpy as np

from vae_from_scratch.course.answers import right


def log_normal(z, mean, log_var):
    return -0.5 * (math.log(2 * math.pi) + log_var + (z - mean) ** 2 / np.exp(log_var))


@right("kl_single_sample")
def two_log_densities(z, mean, log_var):
    return log_normal(z, mean, log_var).sum(axis=1) - log_normal(z, 0.0, 0.0).sum(axis=1)


@right("kl_single_sample")
def logarithm_of_a_product(z, mean, log_var):
    ratio = np.exp(log_normal(z, mean, log_var) - log_normal(z, 0.0, 0.0))
    return np.log(np.prod(ratio, axis=-1))


@right("kl_single_sample")
def through_the_noise(z, mean, log_var):
    noise = (z - mean) / np.exp(log_var / 2)
    return (np.einsum("nd,nd->n", z, z) - np.einsum("nd,nd->n", noise, noise) - log_var.sum(-1)) / 2


@right("kl_single_sample_variance")
def expanded(mean, log_var):
    s2 = np.exp(log_var)
    return (0.5 * s2**2 - s2 + 0.5 + mean**2 * s2).sum(axis=1)


@right("kl_single_sample_variance")
def from_the_two_coefficients(mean, log_var):
    std = np.exp(log_var / 2)
    square, linear = (std * std - 1) / 2, mean * std
    return np.sum(2 * square**2, axis=-1) + np.sum(linear**2, axis=-1)


@right("kl_single_sample_variance")
def row_by_row(mean, log_var):
    return [
        sum(0.5 * np.expm1(v) ** 2 + m * m * np.exp(v) for m, v in zip(*row, strict=True))
        for row in zip(mean, log_var, strict=True)
    ]


@right("single_sample_gradient")
def from_the_standard_deviation(mean, log_var, noise):
    std = np.exp(log_var / 2)
    z = mean + std * noise
    d_std = z * noise - 1 / std
    return z, d_std * std / 2


@right("single_sample_gradient")
def from_the_variance(mean, log_var, noise):
    variance = np.exp(log_var)
    z = mean + np.sqrt(variance) * noise
    return [z.copy(), variance * 0.5 * (z * noise / np.sqrt(variance) - 1 / variance)]


@right("path_gradient")
def from_the_complete_gradient(mean, log_var, noise):
    """完整的梯度減去直接的路：對 μ 是 ε/σ，對 log σ² 是 (ε² − 1)/2。"""
    std = np.exp(log_var / 2)
    z = mean + std * noise
    return z - noise / std, 0.5 * (z * std * noise - 1) - 0.5 * (noise**2 - 1)


@right("path_gradient")
def from_the_distance_to_the_mean(mean, log_var, noise):
    shift = np.exp(log_var / 2) * noise
    d_z = (mean + shift) - shift / np.exp(log_var)
    return d_z, d_z * shift / 2


@right("k3_estimate")
def ratio_first(z, mean, log_var):
    ratio = np.exp((log_normal(z, 0.0, 0.0) - log_normal(z, mean, log_var)).sum(axis=-1))
    return ratio - 1 - np.log(ratio)


@right("k3_estimate")
def one_estimate_plus_a_correction(z, mean, log_var):
    f = (log_normal(z, mean, log_var) - log_normal(z, 0.0, 0.0)).sum(axis=-1)
    return f + np.exp(-f) - 1


@right("paired_difference")
def by_hand(first, second):
    gaps = [b - a for a, b in zip(first, second, strict=True)]
    mean = sum(gaps) / len(gaps)
    return mean, math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / (len(gaps) - 1) / len(gaps))


@right("paired_difference")
def means_first(first, second):
    covariance = np.cov(first, second)
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    return second.mean() - first.mean(), np.sqrt(variance / len(first))


# ---- 型別與次序：說明答應收什麼，就收什麼 ----------------------------------------


@right("kl_single_sample_variance")
def through_expm1(mean, log_var):
    return np.einsum("nd->n", np.expm1(log_var) ** 2 / 2 + np.exp(log_var) * mean**2)


@right("single_sample_gradient")
def copies_in_a_list(mean, log_var, noise):
    z = mean.copy()
    z += np.exp(log_var / 2) * noise
    return [z, (z * (z - mean) - 1) / 2]


@right("k3_estimate")
def exponential_minus_one(z, mean, log_var):
    log_r = 0.5 * np.sum(((z - mean) * np.exp(-log_var / 2)) ** 2 + log_var - z**2, axis=1)
    return (np.exp(log_r) - 1) - log_r


@right("paired_difference")
def zero_dimensional(first, second):
    d = np.asarray(second) - np.asarray(first)
    return np.array(d.mean()), np.array(np.std(d, ddof=1) / len(d) ** 0.5)
