"""ex03 的錯答案：每一個都是似是而非的想法，檢查要抓得到，認得出來的要說得出錯在哪裡。"""

import numpy as np

from vae_from_scratch.course.answers import wrong


def terms(mean, log_var):
    return np.square(mean) + np.exp(log_var) - 1 - log_var


@wrong("log_ratio", says="減反了")
def prior_minus_encoder(z, mean, log_var):
    return 0.5 * (log_var + (z - mean) ** 2 * np.exp(-log_var) - z**2)


@wrong("log_ratio", says="還要取 log")
def ratio_of_densities(z, mean, log_var):
    std = np.exp(0.5 * log_var)
    return np.exp(-0.5 * ((z - mean) / std) ** 2) / std / np.exp(-0.5 * z**2)


@wrong("log_ratio", says="還要減 log p(z)")
def encoder_only(z, mean, log_var):
    return -0.5 * (np.log(2 * np.pi) + log_var + (z - mean) ** 2 * np.exp(-log_var))


@wrong("log_ratio", says="1/σ 也要取 log")
def forgets_normalizing_constant(z, mean, log_var):
    return 0.5 * (z**2 - (z - mean) ** 2 * np.exp(-log_var))


@wrong("log_ratio", says="1/σ 取 log 是")
def adds_log_std(z, mean, log_var):
    return 0.5 * (z**2 - (z - mean) ** 2 * np.exp(-log_var) + log_var)


@wrong("log_ratio", says="只有它的一半")
def subtracts_log_variance(z, mean, log_var):
    return 0.5 * (z**2 - (z - mean) ** 2 * np.exp(-log_var)) - log_var


@wrong("log_ratio", says="你除的是標準差")
def divides_by_std(z, mean, log_var):
    return 0.5 * (z**2 - (z - mean) ** 2 * np.exp(-0.5 * log_var) - log_var)


@wrong("log_ratio", says="你乘了")
def multiplies_by_variance(z, mean, log_var):
    return 0.5 * (z**2 - (z - mean) ** 2 * np.exp(log_var) - log_var)


@wrong("log_ratio", says="忘了除以")
def not_standardized(z, mean, log_var):
    return 0.5 * (z**2 - (z - mean) ** 2 - log_var)


@wrong("log_ratio", says="1/2")
def forgets_half_everywhere(z, mean, log_var):
    return z**2 - (z - mean) ** 2 * np.exp(-log_var) - log_var


@wrong("log_ratio", says="沒有算進去")
def forgets_prior_square(z, mean, log_var):
    return -0.5 * ((z - mean) ** 2 * np.exp(-log_var) + log_var)


@wrong("log_ratio", says="形狀")
def averages_the_points(z, mean, log_var):
    return np.mean(0.5 * (z**2 - (z - mean) ** 2 * np.exp(-log_var) - log_var))


@wrong("kl_to_standard_normal", says="方向反了")
def wrong_direction(mean, log_var):
    return 0.5 * (log_var + (1 + mean**2) * np.exp(-log_var) - 1).sum(axis=-1)


@wrong("kl_to_standard_normal", says="正解的兩倍")
def forgets_half(mean, log_var):
    return terms(mean, log_var).sum(axis=-1)


@wrong("kl_to_standard_normal", says="不會是負的")
def negative_kl(mean, log_var):
    return 0.5 * (1 + log_var - mean**2 - np.exp(log_var)).sum(axis=-1)


@wrong("kl_to_standard_normal", says="正負號反了")
def plus_log_variance(mean, log_var):
    return 0.5 * (mean**2 + np.exp(log_var) - 1 + log_var).sum(axis=-1)


@wrong("kl_to_standard_normal", says="少了 −1")
def forgets_minus_one(mean, log_var):
    return 0.5 * (mean**2 + np.exp(log_var) - log_var).sum(axis=-1)


@wrong("kl_to_standard_normal", says="寫成 +1")
def plus_one(mean, log_var):
    return 0.5 * (mean**2 + np.exp(log_var) + 1 - log_var).sum(axis=-1)


@wrong("kl_to_standard_normal", says="忘了平方")
def mean_not_squared(mean, log_var):
    return 0.5 * (mean + np.exp(log_var) - 1 - log_var).sum(axis=-1)


@wrong("kl_to_standard_normal", says="沒有取 exp")
def log_var_as_variance(mean, log_var):
    return 0.5 * (mean**2 + log_var - 1 - log_var).sum(axis=-1)


@wrong("kl_to_standard_normal", says="當成 log σ")
def log_var_as_log_std(mean, log_var):
    return 0.5 * (mean**2 + np.exp(2 * log_var) - 1 - 2 * log_var).sum(axis=-1)


@wrong("kl_to_standard_normal", says="標準差")
def std_instead_of_variance(mean, log_var):
    return 0.5 * (mean**2 + np.exp(0.5 * log_var) - 1 - log_var).sum(axis=-1)


@wrong("kl_to_standard_normal", says="只減了一半")
def log_std_instead_of_log_var(mean, log_var):
    return 0.5 * (mean**2 + np.exp(log_var) - 1 - 0.5 * log_var).sum(axis=-1)


@wrong("kl_to_standard_normal", says="L2")
def squared_distance(mean, log_var):
    return (mean**2 + (np.exp(log_var) - 1) ** 2).sum(axis=-1)


@wrong("kl_to_standard_normal", says="位元")
def in_bits(mean, log_var):
    return 0.5 * terms(mean, log_var).sum(axis=-1) / np.log(2)


@wrong("kl_to_standard_normal", says="三項不見了")
def mean_only(mean, log_var):
    return 0.5 * np.square(mean).sum(axis=-1) + 0 * log_var.sum(axis=-1)


@wrong("kl_to_standard_normal", says="½μ² 不見了")
def variance_only(mean, log_var):
    return 0.5 * (np.expm1(log_var) - log_var).sum(axis=-1) + 0 * mean.sum(axis=-1)


@wrong("kl_to_standard_normal", says="對維度取平均")
def averages_dimensions(mean, log_var):
    return 0.5 * (mean**2 + (np.expm1(log_var) - log_var)).mean(axis=-1)


@wrong("kl_to_standard_normal", says="對列取平均")
def averages_rows(mean, log_var):
    return 0.5 * terms(mean, log_var).sum(axis=-1).mean()


@wrong("kl_to_standard_normal", says="也加起來了")
def sums_rows(mean, log_var):
    return 0.5 * terms(mean, log_var).sum()


@wrong("kl_to_standard_normal", says="axis=0")
def sums_along_rows(mean, log_var):
    return 0.5 * terms(mean, log_var).sum(axis=0)


@wrong("kl_to_standard_normal", says="還沒有加總")
def forgets_sum(mean, log_var):
    return 0.5 * (mean**2 + (np.expm1(log_var) - log_var))


@wrong("kl_to_standard_normal", says="每個維度都有一個")
def one_minus_one_in_all(mean, log_var):
    return 0.5 * (np.sum(mean**2 + np.exp(log_var) - log_var, axis=-1) - 1)


@wrong("kl_to_standard_normal", says="np.expm1")
def cancellation(mean, log_var):
    return 0.5 * (mean**2 + np.exp(log_var) - log_var - 1).sum(axis=-1)


@wrong("kl_to_standard_normal", says="np.expm1")
def cancellation_in_another_order(mean, log_var):
    return 0.5 * (np.exp(log_var) - 1 - log_var + mean**2).sum(axis=-1)


@wrong("kl_to_standard_normal", says="np.expm1")
def expm1_added_to_a_large_number(mean, log_var):
    return 0.5 * ((mean**2 + np.expm1(log_var) + 1) - (1 + log_var)).sum(axis=-1)


@wrong("kl_to_standard_normal", says="np.expm1")
def cancellation_in_the_keras_order(mean, log_var):
    return -0.5 * np.sum(1 + log_var - mean**2 - np.exp(log_var), axis=-1)


@wrong("kl_to_standard_normal", says="小常數")
def with_epsilon(mean, log_var):
    return 0.5 * (mean**2 + (np.expm1(log_var) - log_var + 1e-8)).sum(axis=-1)


@wrong("kl_to_standard_normal", says="無限大")
def log_of_exp(mean, log_var):
    near_zero = np.where(np.abs(log_var) < 0.01, log_var, np.log(np.exp(log_var)))
    return 0.5 * (mean**2 + (np.expm1(log_var) - near_zero)).sum(axis=-1)


@wrong("kl_to_standard_normal", says="截斷")
def clipped(mean, log_var):
    log_var = np.clip(log_var, -20, 20)
    return 0.5 * (mean**2 + (np.expm1(log_var) - log_var)).sum(axis=-1)


@wrong("kl_to_standard_normal", says="float32")
def single_precision(mean, log_var):
    mean, log_var = np.float32(mean), np.float32(log_var)
    return 0.5 * (mean**2 + (np.expm1(log_var) - log_var)).sum(axis=-1)


@wrong("kl_to_standard_normal", says="改動了輸入")
def in_place(mean, log_var):
    mean *= mean
    return 0.5 * (mean + (np.expm1(log_var) - log_var)).sum(axis=-1)


@wrong("kl_to_standard_normal", says="被捨掉或截斷了")
def rounds_small_values_away(mean, log_var):
    value = 0.5 * (mean**2 + (np.expm1(log_var) - log_var)).sum(axis=-1)
    return np.where(value < 1e-6, 0.0, value)


@wrong("kl_from_standard_normal", says="方向反了")
def other_direction(mean, log_var):
    return 0.5 * (mean**2 + np.expm1(log_var) - log_var).sum(axis=-1)


@wrong("kl_from_standard_normal", says="也要除以 σ²")
def mean_keeps_its_unit(mean, log_var):
    return 0.5 * (mean**2 + np.exp(-log_var) - 1 + log_var).sum(axis=-1)


@wrong("kl_from_standard_normal", says="log σ² 這一項是加")
def keeps_sign_of_log(mean, log_var):
    return 0.5 * ((1 + mean**2) * np.exp(-log_var) - 1 - log_var).sum(axis=-1)


@wrong("kl_from_standard_normal", says="(μ/σ)²")
def mean_over_std_not_squared(mean, log_var):
    return 0.5 * (np.exp(-log_var) + mean**2 * np.exp(-0.5 * log_var) - 1 + log_var).sum(axis=-1)


@wrong("kl_from_standard_normal", says="少了 −1")
def reverse_forgets_minus_one(mean, log_var):
    return 0.5 * ((1 + mean**2) * np.exp(-log_var) + log_var).sum(axis=-1)


@wrong("kl_from_standard_normal", says="兩倍")
def reverse_forgets_half(mean, log_var):
    return ((1 + mean**2) * np.exp(-log_var) - 1 + log_var).sum(axis=-1)


@wrong("kl_from_standard_normal", says="不是變號")
def minus_the_other_direction(mean, log_var):
    return -0.5 * (mean**2 + np.expm1(log_var) - log_var).sum(axis=-1)


@wrong("kl_from_standard_normal", says="你除的是 σ")
def reverse_divides_by_std(mean, log_var):
    return 0.5 * ((1 + mean**2) * np.exp(-0.5 * log_var) - 1 + log_var).sum(axis=-1)


@wrong("kl_from_standard_normal", says="取平均")
def reverse_averages(mean, log_var):
    return 0.5 * ((1 + mean**2) * np.exp(-log_var) - 1 + log_var).mean(axis=-1)


@wrong("kl_gradient", says="對 σ 的導數")
def gradient_wrt_std(mean, log_var):
    std = np.exp(0.5 * log_var)
    return mean.copy(), std - 1 / std


@wrong("kl_gradient", says="對 σ² 的導數")
def gradient_wrt_variance(mean, log_var):
    return mean.copy(), 0.5 * (1 - np.exp(-log_var))


@wrong("kl_gradient", says="對 log σ 的導數")
def gradient_wrt_log_std(mean, log_var):
    return mean.copy(), np.expm1(log_var)


@wrong("kl_gradient", says="導數 −1/2")
def forgets_gradient_of_log(mean, log_var):
    return mean.copy(), 0.5 * np.exp(log_var)


@wrong("kl_gradient", says="d_log_var 的正負號")
def gradient_sign(mean, log_var):
    return mean.copy(), -0.5 * np.expm1(log_var)


@wrong("kl_gradient", says="寫成 −v")
def gradient_of_minus_v(mean, log_var):
    return mean.copy(), 0.5 * (np.exp(log_var) - log_var)


@wrong("kl_gradient", says="用到 σ")
def gradient_with_std(mean, log_var):
    return mean.copy(), 0.5 * (np.exp(0.5 * log_var) - 1)


@wrong("kl_gradient", says="d_mean 是正解的兩倍")
def twice_the_mean(mean, log_var):
    return 2 * mean, 0.5 * np.expm1(log_var)


@wrong("kl_gradient", says="d_mean 是正解的一半")
def half_the_mean(mean, log_var):
    return mean / 2, 0.5 * np.expm1(log_var)


@wrong("kl_gradient", says="d_mean 的正負號")
def descent_direction(mean, log_var):
    return -mean, 0.5 * np.expm1(log_var)


@wrong("kl_gradient", says="另一個方向")
def mean_gradient_of_the_reverse(mean, log_var):
    return mean * np.exp(-log_var), 0.5 * np.expm1(log_var)


@wrong("kl_gradient", says="L2")
def gradient_of_squared_distance(mean, log_var):
    return 2 * mean, 2 * np.expm1(log_var) * np.exp(log_var)


@wrong("kl_gradient", says="對列平均")
def gradient_of_the_batch_mean(mean, log_var):
    return mean.mean(axis=0), 0.5 * np.expm1(log_var).mean(axis=0)


@wrong("kl_gradient", says="對維度加總")
def gradient_summed(mean, log_var):
    return mean.sum(axis=-1), 0.5 * np.expm1(log_var).sum(axis=-1)


@wrong("kl_gradient", says="順序反了")
def swapped(mean, log_var):
    return 0.5 * np.expm1(log_var), mean.copy()


@wrong("kl_gradient", says="2 個值")
def only_one_gradient(mean, log_var):
    return 0.5 * np.expm1(log_var)


@wrong("best_log_var", says="還要取 log")
def returns_variance(pull):
    return 1 / (1 + 2 * pull)


@wrong("best_log_var", says="標準差")
def returns_std(pull):
    return 1 / np.sqrt(1 + 2 * pull)


@wrong("best_log_var", says="正解的一半")
def returns_log_std(pull):
    return -0.5 * np.log1p(2 * pull)


@wrong("best_log_var", says="正負號")
def returns_log_precision(pull):
    return np.log1p(2 * pull)


@wrong("best_log_var", says="少了 2")
def forgets_the_two(pull):
    return -np.log1p(pull)


@wrong("best_log_var", says="分母")
def two_below(pull):
    return -np.log1p(pull / 2)


@wrong("best_log_var", says="先驗的那個 1")
def forgets_the_prior(pull):
    return -np.log(2 * pull)


@wrong("best_log_var", says="L2")
def balance_of_squared_distance(pull):
    return np.log(1 - pull / 2)


@wrong("best_log_var", says="多乘了 2")
def doubled_pull(pull):
    return -np.log1p(4 * pull)


@wrong("best_log_var", says="np.log1p")
def logarithm_loses_digits(pull):
    return -np.log(1 + 2 * pull)


@wrong("kl_between", says="方向反了")
def between_reversed(mean_q, log_var_q, mean_p, log_var_p):
    ratio = log_var_p - log_var_q
    shift = (mean_p - mean_q) ** 2 * np.exp(-log_var_q)
    return 0.5 * (shift + np.expm1(ratio) - ratio).sum(axis=-1)


@wrong("kl_between", says="你除的是 q 的")
def scaled_by_the_wrong_std(mean_q, log_var_q, mean_p, log_var_p):
    ratio = log_var_q - log_var_p
    shift = (mean_q - mean_p) ** 2 * np.exp(-log_var_q)
    return 0.5 * (shift + np.expm1(ratio) - ratio).sum(axis=-1)


@wrong("kl_between", says="沒有換單位")
def shift_not_scaled(mean_q, log_var_q, mean_p, log_var_p):
    ratio = log_var_q - log_var_p
    return 0.5 * ((mean_q - mean_p) ** 2 + np.expm1(ratio) - ratio).sum(axis=-1)


@wrong("kl_between", says="多除了一次")
def shift_scaled_twice(mean_q, log_var_q, mean_p, log_var_p):
    ratio = log_var_q - log_var_p
    shift = ((mean_q - mean_p) * np.exp(-log_var_p)) ** 2
    return 0.5 * (shift + np.expm1(ratio) - ratio).sum(axis=-1)


@wrong("kl_between", says="相減")
def difference_of_two_kls(mean_q, log_var_q, mean_p, log_var_p):
    return 0.5 * (terms(mean_q, log_var_q) - terms(mean_p, log_var_p)).sum(axis=-1)


@wrong("kl_between", says="p 的參數沒有用到")
def ignores_the_prior(mean_q, log_var_q, mean_p, log_var_p):
    return 0.5 * terms(mean_q, log_var_q).sum(axis=-1)


@wrong("kl_between", says="p 的變異數沒有用到")
def ignores_the_prior_variance(mean_q, log_var_q, mean_p, log_var_p):
    return 0.5 * terms(mean_q - mean_p, log_var_q).sum(axis=-1)


@wrong("kl_between", says="把變異數相減了")
def subtracts_variances(mean_q, log_var_q, mean_p, log_var_p):
    shift = (mean_q - mean_p) ** 2 * np.exp(-log_var_p)
    spread = np.exp(log_var_q) - np.exp(log_var_p)
    return 0.5 * (shift + spread - (log_var_q - log_var_p)).sum(axis=-1)


@wrong("kl_between", says="nan")
def ratio_of_underflowed_variances(mean_q, log_var_q, mean_p, log_var_p):
    ratio = np.exp(log_var_q) / np.exp(log_var_p)
    return 0.5 * ((mean_q - mean_p) ** 2 / np.exp(log_var_p) + ratio - 1 - np.log(ratio)).sum(axis=-1)


@wrong("kl_between", says="nan")
def product_of_underflow_and_overflow(mean_q, log_var_q, mean_p, log_var_p):
    precision = np.exp(-log_var_p)
    quadratic = ((mean_q - mean_p) ** 2 + np.exp(log_var_q)) * precision
    return 0.5 * (quadratic - 1 - (log_var_q - log_var_p)).sum(axis=-1)


@wrong("kl_between", says="np.expm1")
def between_loses_digits(mean_q, log_var_q, mean_p, log_var_p):
    ratio = log_var_q - log_var_p
    shift = ((mean_q - mean_p) * np.exp(-0.5 * log_var_p)) ** 2
    return 0.5 * (shift + np.exp(ratio) - 1 - ratio).sum(axis=-1)


# ---- 範圍、型別與巧合：平常的數字看不出來 ----------------------------------------


@wrong("log_ratio", says="很大或很小")
def ratio_of_a_clipped_log(z, mean, log_var):
    v = np.clip(log_var, -20, 20)
    return 0.5 * (z**2 - (z - mean) ** 2 * np.exp(-v) - v)


@wrong("log_ratio", says="很大或很小")
def ratio_with_a_small_constant(z, mean, log_var):
    return 0.5 * (z**2 - (z - mean) ** 2 / (np.exp(log_var) + 1e-8) - log_var)


@wrong("log_ratio", says="很大或很小")
def ratio_never_beyond_fifty(z, mean, log_var):
    return np.clip(0.5 * (z**2 - (z - mean) ** 2 * np.exp(-log_var) - log_var), -50, 50)


@wrong("log_ratio", says=None)
def ratio_of_arrays_only(z, mean, log_var):
    return np.array(
        [0.5 * (a**2 - (a - m) ** 2 / np.exp(v) - v) for a, m, v in zip(z, mean, log_var, strict=True)]
    )


@wrong("kl_to_standard_normal", says="很大")
def kl_clipped_above(mean, log_var):
    v = np.minimum(log_var, 10)
    return 0.5 * (mean**2 + np.expm1(v) - v).sum(axis=-1)


@wrong("kl_to_standard_normal", says="很大")
def kl_clipped_at_twenty_above(mean, log_var):
    return 0.5 * (mean**2 + np.expm1(np.clip(log_var, None, 20)) - log_var).sum(axis=-1)


@wrong("kl_to_standard_normal", says="很大")
def kl_never_above_a_thousand(mean, log_var):
    return np.minimum(0.5 * (mean**2 + np.expm1(log_var) - log_var).sum(axis=-1), 1000.0)


@wrong("kl_to_standard_normal", says=None)
def kl_with_free_bits(mean, log_var):
    return np.maximum(0.5 * (mean**2 + np.expm1(log_var) - log_var), 1e-6).sum(axis=-1)


@wrong("kl_to_standard_normal", says=None)
def mean_clipped(mean, log_var):
    return 0.5 * (np.clip(mean, -10, 10) ** 2 + np.expm1(log_var) - log_var).sum(axis=-1)


@wrong("kl_to_standard_normal", says="整數")
def kl_into_an_array_like_the_mean(mean, log_var):
    kl = np.zeros_like(mean)
    kl[...] = 0.5 * (mean**2 + np.expm1(log_var) - log_var)
    return kl.sum(axis=-1)


@wrong("kl_from_standard_normal", says="很大或很小")
def reverse_of_a_clipped_log(mean, log_var):
    v = np.clip(log_var, -10, 10)
    return 0.5 * (v + (1 + mean**2) * np.exp(-v) - 1).sum(axis=-1)


@wrong("kl_from_standard_normal", says="很大或很小")
def reverse_with_a_small_constant(mean, log_var):
    return 0.5 * (log_var + (1 + mean**2) / (np.exp(log_var) + 1e-12) - 1).sum(axis=-1)


@wrong("kl_from_standard_normal", says="很大或很小")
def reverse_with_the_log_of_exp(mean, log_var):
    s2 = np.exp(log_var)
    return 0.5 * (np.log(s2 + 1e-8) + (1 + mean**2) / s2 - 1).sum(axis=-1)


@wrong("kl_gradient", says="很大")
def kl_gradient_clipped(mean, log_var):
    return mean, np.clip(0.5 * np.expm1(log_var), -5, 5)


@wrong("kl_gradient", says="很大")
def kl_gradient_of_a_clipped_log(mean, log_var):
    return mean, 0.5 * np.expm1(np.clip(log_var, -10, 10))


@wrong("kl_gradient", says="很大")
def mean_gradient_clipped(mean, log_var):
    return np.clip(mean, -10, 10), 0.5 * np.expm1(log_var)


@wrong("kl_gradient", says="很大")
def stops_where_it_is_clipped(mean, log_var):
    return mean, 0.5 * np.expm1(log_var) * (np.abs(log_var) < 10)


@wrong("kl_gradient", says="整數")
def gradient_into_an_array_like_the_input(mean, log_var):
    d_log_var = np.zeros_like(log_var)
    d_log_var[...] = 0.5 * np.expm1(log_var)
    return mean, d_log_var


@wrong("best_log_var", says="很大")
def pull_clipped(pull):
    return -np.log1p(2 * np.minimum(pull, 1e4))


@wrong("best_log_var", says="很大")
def log_var_never_below_ten(pull):
    return np.maximum(-np.log1p(2 * pull), -10.0)


@wrong("best_log_var", says=None)
def variance_with_a_small_constant(pull):
    return np.log(1 / (1 + 2 * pull) + 1e-8)


@wrong("best_log_var", says=None)
def series_for_small_pulls(pull):
    return np.where(np.asarray(pull) < 1e-3, -2.0 * pull, -np.log1p(2 * pull))


@wrong("best_log_var", says=None)
def balance_of_arrays_only(pull):
    return np.array([-np.log1p(2 * a) for a in pull])


@wrong("kl_between", says="很大或很小")
def between_with_a_clipped_difference(mean_q, log_var_q, mean_p, log_var_p):
    gap = np.clip(log_var_q - log_var_p, -10, 10)
    return 0.5 * ((mean_q - mean_p) ** 2 * np.exp(-log_var_p) + np.expm1(gap) - gap).sum(axis=-1)


@wrong("kl_between", says="很大或很小")
def between_with_a_small_constant(mean_q, log_var_q, mean_p, log_var_p):
    gap = log_var_q - log_var_p
    return 0.5 * ((mean_q - mean_p) ** 2 / (np.exp(log_var_p) + 1e-8) + np.expm1(gap) - gap).sum(axis=-1)


@wrong("kl_between", says="很大或很小")
def prior_clipped(mean_q, log_var_q, mean_p, log_var_p):
    gap = log_var_q - log_var_p
    return 0.5 * ((mean_q - mean_p) ** 2 * np.exp(-np.maximum(log_var_p, -20)) + np.expm1(gap) - gap).sum(
        axis=-1
    )


@wrong("kl_between", says=None)
def means_taken_positive(mean_q, log_var_q, mean_p, log_var_p):
    gap, shift = log_var_q - log_var_p, np.abs(mean_q) - np.abs(mean_p)
    return 0.5 * (shift**2 * np.exp(-log_var_p) + np.expm1(gap) - gap).sum(axis=-1)
