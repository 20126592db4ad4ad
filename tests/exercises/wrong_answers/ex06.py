"""ex06 的錯答案：每一個都是似是而非的想法，檢查要抓得到，認得出來的要說得出錯在哪裡。"""

import numpy as np

from vae_from_scratch.course.answers import wrong


def sigma(log_var):
    return np.exp(0.5 * np.asarray(log_var))


def log_ratio(z, mean, log_var):
    """每一維的 log q − log p。"""
    return 0.5 * (z**2 - ((z - mean) / sigma(log_var)) ** 2 - log_var)


@wrong("kl_single_sample", says="左右反了")
def p_over_q(z, mean, log_var):
    return -log_ratio(z, mean, log_var).sum(axis=-1)


@wrong("kl_single_sample", says="截成 0")
def never_negative(z, mean, log_var):
    return np.maximum(log_ratio(z, mean, log_var).sum(axis=-1), 0)


@wrong("kl_single_sample", says="每一維負的值")
def never_negative_in_any_dimension(z, mean, log_var):
    return np.maximum(log_ratio(z, mean, log_var), 0).sum(axis=-1)


@wrong("kl_single_sample", says="絕對值")
def absolute_value(z, mean, log_var):
    return np.abs(log_ratio(z, mean, log_var).sum(axis=-1))


@wrong("kl_single_sample", says="封閉形式")
def closed_form(z, mean, log_var):
    return 0.5 * np.sum(mean**2 + np.exp(log_var) - 1 - log_var, axis=-1)


@wrong("kl_single_sample", says="漏了 log σ²")
def without_log_variance(z, mean, log_var):
    return 0.5 * np.sum(z**2 - ((z - mean) / sigma(log_var)) ** 2, axis=-1)


@wrong("kl_single_sample", says="正負號反了")
def log_variance_added(z, mean, log_var):
    return 0.5 * np.sum(z**2 - ((z - mean) / sigma(log_var)) ** 2 + log_var, axis=-1)


@wrong("kl_single_sample", says="你除的是 σ")
def divided_by_the_standard_deviation(z, mean, log_var):
    return 0.5 * np.sum(z**2 - (z - mean) ** 2 / sigma(log_var) - log_var, axis=-1)


@wrong("kl_single_sample", says="先驗沒有用到")
def log_q_alone(z, mean, log_var):
    return -0.5 * np.sum(np.log(2 * np.pi) + log_var + ((z - mean) / sigma(log_var)) ** 2, axis=-1)


@wrong("kl_single_sample", says="先驗的平均")
def prior_around_the_mean(z, mean, log_var):
    return 0.5 * np.sum((z - mean) ** 2 - ((z - mean) / sigma(log_var)) ** 2 - log_var, axis=-1)


@wrong("kl_single_sample", says="取平均")
def averaged_over_dimensions(z, mean, log_var):
    return log_ratio(z, mean, log_var).mean(axis=-1)


@wrong("kl_single_sample", says="要取 log")
def ratio_of_densities(z, mean, log_var):
    return np.exp(log_ratio(z, mean, log_var).sum(axis=-1))


@wrong("kl_single_sample", says="還沒有加總")
def one_value_a_dimension(z, mean, log_var):
    return log_ratio(z, mean, log_var)


@wrong("kl_single_sample_variance", says="Var[ε²] 是 2")
def unit_variance_of_the_square(mean, log_var):
    variance = np.exp(log_var)
    return np.sum(0.25 * (variance - 1) ** 2 + mean**2 * variance, axis=-1)


@wrong("kl_single_sample_variance", says="忘了平方")
def half_not_squared(mean, log_var):
    variance = np.exp(log_var)
    return np.sum((variance - 1) ** 2 + mean**2 * variance, axis=-1)


@wrong("kl_single_sample_variance", says="漏了 μ²σ²")
def without_the_linear_term(mean, log_var):
    return 0.5 * np.sum((np.exp(log_var) - 1) ** 2, axis=-1)


@wrong("kl_single_sample_variance", says="漏了 ε² 那一項")
def without_the_square_term(mean, log_var):
    return np.sum(mean**2 * np.exp(log_var), axis=-1)


@wrong("kl_single_sample_variance", says="不是 2μσ")
def linear_term_doubled(mean, log_var):
    variance = np.exp(log_var)
    return np.sum(0.5 * (variance - 1) ** 2 + 4 * mean**2 * variance, axis=-1)


@wrong("kl_single_sample_variance", says="放了 σ")
def standard_deviation_for_variance(mean, log_var):
    std = sigma(log_var)
    return np.sum(0.5 * (std - 1) ** 2 + mean**2 * std, axis=-1)


@wrong("kl_single_sample_variance", says="這是標準差")
def the_standard_deviation(mean, log_var):
    variance = np.exp(log_var)
    return np.sqrt(np.sum(0.5 * (variance - 1) ** 2 + mean**2 * variance, axis=-1))


@wrong("kl_single_sample_variance", says="變異數相加")
def variance_averaged_over_dimensions(mean, log_var):
    variance = np.exp(log_var)
    return np.mean(0.5 * (variance - 1) ** 2 + mean**2 * variance, axis=-1)


@wrong("kl_single_sample_variance", says="這是 KL")
def the_kl_itself(mean, log_var):
    return 0.5 * np.sum(mean**2 + np.exp(log_var) - 1 - log_var, axis=-1)


def path(mean, log_var, noise):
    return mean + sigma(log_var) * noise - noise / sigma(log_var)


@wrong("single_sample_gradient", says="這是封閉形式的梯度")
def closed_form_gradient(mean, log_var, noise):
    return mean, 0.5 * np.expm1(log_var)


@wrong("single_sample_gradient", says="只走路徑")
def path_instead(mean, log_var, noise):
    g = path(mean, log_var, noise)
    return g, 0.5 * g * sigma(log_var) * noise


@wrong("single_sample_gradient", says="漏了 −½")
def log_variance_not_differentiated(mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return z, 0.5 * z * sigma(log_var) * noise


@wrong("single_sample_gradient", says="正解的兩倍")
def chain_rule_without_the_half(mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return z, z * sigma(log_var) * noise - 1


@wrong("single_sample_gradient", says="對標準差 σ 的梯度")
def gradient_for_std(mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return z, z * noise - 1 / sigma(log_var)


@wrong("single_sample_gradient", says="對變異數 σ² 的梯度")
def gradient_for_variance(mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return z, 0.5 * (z * noise / sigma(log_var) - np.exp(-log_var))


@wrong("single_sample_gradient", says="另一半")
def half_of_z(mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return z / 2, 0.5 * (z * sigma(log_var) * noise - 1)


@wrong("single_sample_gradient", says="ε 固定")
def density_differentiated_at_a_fixed_point(mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return z + noise / sigma(log_var), 0.5 * (z * sigma(log_var) * noise - 1)


@wrong("single_sample_gradient", says="順序反了")
def returned_in_the_other_order(mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return 0.5 * (z * sigma(log_var) * noise - 1), z


@wrong("single_sample_gradient", says="對列平均")
def averaged_over_rows(mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return z.mean(axis=0), 0.5 * (z * sigma(log_var) * noise - 1).mean(axis=0)


@wrong("path_gradient", says="這是完整的梯度")
def complete_instead(mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return z, 0.5 * (z * sigma(log_var) * noise - 1)


@wrong("path_gradient", says="正負號反了")
def score_added(mean, log_var, noise):
    g = mean + sigma(log_var) * noise + noise / sigma(log_var)
    return g, 0.5 * g * sigma(log_var) * noise


@wrong("path_gradient", says="多除了一次 σ")
def divided_by_the_variance(mean, log_var, noise):
    g = mean + sigma(log_var) * noise - noise / np.exp(log_var)
    return g, 0.5 * g * sigma(log_var) * noise


@wrong("path_gradient", says="忘了除以 σ")
def noise_not_divided(mean, log_var, noise):
    g = mean + sigma(log_var) * noise - noise
    return g, 0.5 * g * sigma(log_var) * noise


@wrong("path_gradient", says="漏了先驗")
def without_the_prior(mean, log_var, noise):
    g = -noise / sigma(log_var)
    return g, 0.5 * g * sigma(log_var) * noise


@wrong("path_gradient", says="多了 −½")
def direct_part_kept_for_log_variance(mean, log_var, noise):
    g = path(mean, log_var, noise)
    return g, 0.5 * (g * sigma(log_var) * noise - 1)


@wrong("path_gradient", says="對標準差 σ 的梯度")
def path_for_std(mean, log_var, noise):
    g = path(mean, log_var, noise)
    return g, g * noise


@wrong("path_gradient", says="這是封閉形式的梯度")
def average_instead_of_sample(mean, log_var, noise):
    return mean, 0.5 * np.expm1(log_var)


@wrong("path_gradient", says="形狀")
def summed_over_dimensions(mean, log_var, noise):
    g = path(mean, log_var, noise)
    return g.sum(axis=-1), (0.5 * g * sigma(log_var) * noise).sum(axis=-1)


def k3(log_r):
    return np.exp(log_r) - 1 - log_r


@wrong("k3_estimate", says="上下顛倒")
def ratio_upside_down(z, mean, log_var):
    return k3(log_ratio(z, mean, log_var).sum(axis=-1))


@wrong("k3_estimate", says="逐維算")
def dimension_by_dimension(z, mean, log_var):
    return k3(-log_ratio(z, mean, log_var)).sum(axis=-1)


@wrong("k3_estimate", says="少了 −1")
def without_minus_one(z, mean, log_var):
    log_r = -log_ratio(z, mean, log_var).sum(axis=-1)
    return np.exp(log_r) - log_r


@wrong("k3_estimate", says="log r 的正負號")
def logarithm_added(z, mean, log_var):
    log_r = -log_ratio(z, mean, log_var).sum(axis=-1)
    return np.exp(log_r) - 1 + log_r


@wrong("k3_estimate", says="只是 −log r")
def k1_instead(z, mean, log_var):
    return log_ratio(z, mean, log_var).sum(axis=-1)


@wrong("k3_estimate", says="k2")
def k2_instead(z, mean, log_var):
    return 0.5 * log_ratio(z, mean, log_var).sum(axis=-1) ** 2


@wrong("k3_estimate", says="不是 KL")
def without_the_logarithm(z, mean, log_var):
    return np.expm1(-log_ratio(z, mean, log_var).sum(axis=-1))


@wrong("paired_difference", says="方向反了")
def first_minus_second(first, second):
    difference = first - second
    return difference.mean(), difference.std(ddof=1) / np.sqrt(len(difference))


@wrong("paired_difference", says="ddof=1")
def population_standard_deviation(first, second):
    difference = second - first
    return difference.mean(), difference.std() / np.sqrt(len(difference))


@wrong("paired_difference", says="還要除以 √S")
def spread_instead_of_error(first, second):
    difference = second - first
    return difference.mean(), difference.std(ddof=1)


@wrong("paired_difference", says="沒有配對")
def unpaired(first, second):
    error = np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / len(first))
    return second.mean() - first.mean(), error


@wrong("paired_difference", says="除以了 S")
def divided_by_the_count(first, second):
    difference = second - first
    return difference.mean(), difference.std(ddof=1) / len(difference)


@wrong("paired_difference", says="開根號")
def variance_instead_of_error(first, second):
    difference = second - first
    return difference.mean(), difference.var(ddof=1) / len(difference)


@wrong("paired_difference", says="標準差的差")
def difference_of_spreads(first, second):
    error = abs(second.std(ddof=1) - first.std(ddof=1)) / np.sqrt(len(first))
    return second.mean() - first.mean(), error


@wrong("paired_difference", says="2 個值")
def only_the_mean(first, second):
    return (second - first).mean()


# ---- 範圍、型別與巧合：平常的數字看不出來 ----------------------------------------


@wrong("kl_single_sample", says="很大或很小")
def sample_of_a_clipped_log(z, mean, log_var):
    v = np.clip(log_var, -10, 10)
    return 0.5 * np.sum(z**2 - (z - mean) ** 2 * np.exp(-v) - v, axis=-1)


@wrong("kl_single_sample", says="很大或很小")
def sample_with_a_small_constant(z, mean, log_var):
    return 0.5 * np.sum(z**2 - (z - mean) ** 2 / (np.exp(log_var) + 1e-8) - log_var, axis=-1)


@wrong("kl_single_sample", says=None)
def sample_clipped_at_twenty(z, mean, log_var):
    standardized = (z - mean) * np.exp(-0.5 * log_var)
    return np.clip(0.5 * np.sum(z**2 - standardized**2 - log_var, axis=-1), -20, 20)


@wrong("kl_single_sample_variance", says="很大或很小")
def variance_of_a_clipped_log(mean, log_var):
    s2 = np.exp(np.clip(log_var, -20, 10))
    return np.sum(0.5 * (s2 - 1) ** 2 + mean**2 * s2, axis=-1)


@wrong("kl_single_sample_variance", says="很大或很小")
def variance_with_a_small_constant(mean, log_var):
    s2 = np.exp(log_var) + 1e-8
    return np.sum(0.5 * (s2 - 1) ** 2 + mean**2 * s2, axis=-1)


@wrong("kl_single_sample_variance", says="很大或很小")
def variance_bounded(mean, log_var):
    s2 = np.exp(log_var)
    return np.minimum(np.sum(0.5 * (s2 - 1) ** 2 + mean**2 * s2, axis=-1), 1e6)


@wrong("single_sample_gradient", says=None)
def complete_gradient_clipped(mean, log_var, noise):
    shift = np.exp(0.5 * log_var) * noise
    z = mean + shift
    return np.clip(z, -5, 5), np.clip(0.5 * (z * shift - 1), -5, 5)


@wrong("single_sample_gradient", says="很大")
def complete_gradient_of_a_clipped_log(mean, log_var, noise):
    shift = np.exp(0.5 * np.clip(log_var, -10, 10)) * noise
    z = mean + shift
    return z, 0.5 * (z * shift - 1)


@wrong("single_sample_gradient", says=None)
def noise_always_positive(mean, log_var, noise):
    shift = np.exp(0.5 * log_var) * np.abs(noise)
    z = mean + shift
    return z, 0.5 * (z * shift - 1)


@wrong("path_gradient", says="很大")
def path_with_a_small_constant(mean, log_var, noise):
    std = np.exp(0.5 * log_var)
    d_z = mean + std * noise - noise / (std + 1e-8)
    return d_z, d_z * 0.5 * std * noise


@wrong("path_gradient", says="很大")
def path_clipped(mean, log_var, noise):
    std = np.exp(0.5 * log_var)
    d_z = np.clip(mean + std * noise - noise / std, -100, 100)
    return d_z, d_z * 0.5 * std * noise


@wrong("path_gradient", says="很大")
def path_of_a_clipped_log(mean, log_var, noise):
    std = np.exp(0.5 * np.clip(log_var, -10, 10))
    d_z = mean + std * noise - noise / std
    return d_z, d_z * 0.5 * std * noise


@wrong("k3_estimate", says=None)
def log_ratio_clipped(z, mean, log_var):
    standardized = (z - mean) * np.exp(-0.5 * log_var)
    log_r = np.clip(-0.5 * np.sum(z**2 - standardized**2 - log_var, axis=-1), -10, 10)
    return np.exp(log_r) - 1 - log_r


@wrong("k3_estimate", says=None)
def k3_bounded(z, mean, log_var):
    standardized = (z - mean) * np.exp(-0.5 * log_var)
    log_r = -0.5 * np.sum(z**2 - standardized**2 - log_var, axis=-1)
    return np.minimum(np.exp(log_r) - 1 - log_r, 1e3)


@wrong("k3_estimate", says=None)
def k3_by_a_series(z, mean, log_var):
    standardized = (z - mean) * np.exp(-0.5 * log_var)
    log_r = -0.5 * np.sum(z**2 - standardized**2 - log_var, axis=-1)
    return log_r**2 / 2 + log_r**3 / 6 + log_r**4 / 24


@wrong("paired_difference", says=None)
def absolute_differences(first, second):
    d = np.abs(second - first)
    return d.mean(), d.std(ddof=1) / np.sqrt(len(d))


@wrong("paired_difference", says=None)
def duplicates_dropped(first, second):
    d = np.unique(second - first)
    return d.mean(), d.std(ddof=1) / np.sqrt(len(d))


@wrong("paired_difference", says="相差很小")
def squares_of_large_numbers(first, second):
    n, d = len(first), second - first
    spread = np.sum(first**2) + np.sum(second**2) - 2 * np.sum(first * second) - n * d.mean() ** 2
    return d.mean(), np.sqrt(max(spread, 0) / (n - 1) / n)


@wrong("paired_difference", says=None)
def error_with_a_small_constant(first, second):
    d = second - first
    return d.mean(), np.sqrt(d.var(ddof=1) + 1e-8) / np.sqrt(len(d))


@wrong("paired_difference", says=None)
def sorted_before_pairing(first, second):
    d = np.sort(second) - np.sort(first)
    return d.mean(), d.std(ddof=1) / np.sqrt(len(d))
