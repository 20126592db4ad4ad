"""ex13 的錯答案：每一個都要被抓到；``says`` 是診斷裡該有的字。"""

import numpy as np

from vae_from_scratch.course.answers import wrong

LOG_2PI = np.log(2 * np.pi)


def cells_of(v, mean, log_var):
    seen = ~np.isnan(v)
    return np.where(seen, LOG_2PI + log_var + np.where(seen, v - mean, 0) ** 2 * np.exp(-log_var), 0)


@wrong("normal_log_density", says="當成 0")
def missing_as_zero(v, mean, log_var):
    return -0.5 * np.sum(LOG_2PI + log_var + (np.nan_to_num(v) - mean) ** 2 * np.exp(-log_var), axis=1)


@wrong("normal_log_density", says="還在付")
def missing_still_pays_the_constants(v, mean, log_var):
    gap = np.where(np.isnan(v), 0, v - mean)
    return -0.5 * np.sum(LOG_2PI + log_var + gap**2 * np.exp(-log_var), axis=1)


@wrong("normal_log_density", says="少了常數")
def without_the_constant(v, mean, log_var):
    return -0.5 * np.sum(cells_of(v, mean, log_var) - LOG_2PI * ~np.isnan(v), axis=1)


@wrong("normal_log_density", says="少了 ½")
def without_the_half(v, mean, log_var):
    return -np.sum(cells_of(v, mean, log_var), axis=1)


@wrong("normal_log_density", says="不是 s²")
def divides_by_the_deviation(v, mean, log_var):
    gap = np.where(np.isnan(v), 0, v - mean)
    cells = LOG_2PI + log_var + gap**2 * np.exp(-log_var / 2)
    return -0.5 * np.sum(cells * ~np.isnan(v), axis=1)


@wrong("normal_log_density", says="負的對數密度")
def negative_log_density(v, mean, log_var):
    return 0.5 * np.sum(cells_of(v, mean, log_var), axis=1)


@wrong("normal_log_density", says="nan")
def nan_everywhere(v, mean, log_var):
    return -0.5 * np.sum((LOG_2PI + log_var + (v - mean) ** 2 * np.exp(-log_var)) * ~np.isnan(v), axis=1)


@wrong("normal_log_density", says=None)
def adds_a_little_to_the_variance(v, mean, log_var):
    variance = np.exp(log_var) + 1e-8
    gap = np.where(np.isnan(v), 0, v - mean)
    return -0.5 * np.sum((LOG_2PI + np.log(variance) + gap**2 / variance) * ~np.isnan(v), axis=1)


def squares(v, mean):
    return np.nanmean((v - mean) ** 2, axis=0)


@wrong("learned_log_var", says="看得到的格數")
def divides_by_all_the_rows(v, mean, floor):
    return np.log(np.maximum(np.nansum((v - mean) ** 2, axis=0) / len(v), floor))


@wrong("learned_log_var", says="下限加上去了")
def adds_the_floor(v, mean, floor):
    return np.log(squares(v, mean) + floor)


@wrong("learned_log_var", says="沒有下限")
def without_the_floor(v, mean, floor):
    return np.log(squares(v, mean))


@wrong("learned_log_var", says="先平均再平方")
def square_of_the_average(v, mean, floor):
    return np.log(np.maximum(np.nanmean(v - mean, axis=0) ** 2, floor))


@wrong("learned_log_var", says="少乘了 2")
def log_of_the_deviation(v, mean, floor):
    return np.log(np.sqrt(np.maximum(squares(v, mean), floor)))


@wrong("learned_log_var", says="共用了一個")
def one_variance_for_all(v, mean, floor):
    return np.full(v.shape[1], np.log(max(np.nanmean((v - mean) ** 2), floor)))


@wrong("learned_log_var", says="那一欄自己的平均")
def around_the_column_mean(v, mean, floor):
    return np.log(np.maximum(np.nanvar(v, axis=0), floor))


def spike_with(v, zero, other, mean, log_var):
    normal = -0.5 * (LOG_2PI + log_var + (v - mean) ** 2 * np.exp(-log_var))
    return np.where(v == 0, zero, other + normal)


@wrong("spike_log_density", says="旗標反了")
def flag_upside_down(v, flag_logit, mean, log_var):
    return spike_with(v, -np.logaddexp(0, -flag_logit), -np.logaddexp(0, flag_logit), mean, log_var)


@wrong("spike_log_density", says="也付了常態")
def zeros_pay_the_density_too(v, flag_logit, mean, log_var):
    normal = -0.5 * (LOG_2PI + log_var + (v - mean) ** 2 * np.exp(-log_var))
    return np.where(v == 0, -np.logaddexp(0, flag_logit), -np.logaddexp(0, -flag_logit)) + normal


@wrong("spike_log_density", says="旗標沒有算")
def density_without_the_flag(v, flag_logit, mean, log_var):
    return spike_with(v, -np.logaddexp(0, flag_logit), 0, mean, log_var)


@wrong("spike_log_density", says="log(1 − π) 少了")
def zeros_are_free(v, flag_logit, mean, log_var):
    return spike_with(v, 0.0, -np.logaddexp(0, -flag_logit), mean, log_var)


@wrong("spike_log_density", says="log 0")
def probability_first(v, flag_logit, mean, log_var):
    p = 1 / (1 + np.exp(-flag_logit))
    return spike_with(v, np.log(1 - p), np.log(p), mean, log_var)


@wrong("spike_log_density", says=None)
def clipped_probability(v, flag_logit, mean, log_var):
    p = np.clip(1 / (1 + np.exp(-flag_logit)), 1e-7, 1 - 1e-7)
    return spike_with(v, np.log(1 - p), np.log(p), mean, log_var)


@wrong("unit_bill", says="正負號反了")
def the_wrong_sign(factors, seen):
    return seen @ np.log(factors)


@wrong("unit_bill", says="缺失的格子也付了")
def everyone_pays(factors, seen):
    return np.full(len(seen), -np.sum(np.log(factors)))


@wrong("unit_bill", says="弄反了")
def the_missing_pay(factors, seen):
    return -((~seen) @ np.log(factors))


@wrong("unit_bill", says="還沒有取對數")
def a_ratio_of_densities(factors, seen):
    return np.prod(np.where(seen, 1 / factors, 1), axis=1)


@wrong("unit_bill", says="變異數的倍數")
def twice_the_bill(factors, seen):
    return -2 * (seen @ np.log(factors))


def right_parts(v, mean, log_var):
    loss = 0.5 * np.mean(np.sum(cells_of(v, mean, log_var), axis=1))
    return loss, np.where(np.isnan(v), 0, mean - np.nan_to_num(v)) * np.exp(-log_var) / len(v)


@wrong("mend_column_loss", says="縮到 0")
def blames_the_floor(v, mean, log_var):
    return "a", *right_parts(v, mean, log_var)


@wrong("mend_column_loss", says="還是壞的")
def leaves_it_broken(v, mean, log_var):
    cells = LOG_2PI + log_var + (np.nan_to_num(v) - mean) ** 2 * np.exp(-log_var)
    return "c", 0.5 * np.mean(np.sum(cells, axis=1)), right_parts(v, mean, log_var)[1]


@wrong("mend_column_loss", says="看得到的格數")
def per_seen_cell(v, mean, log_var):
    loss, gradient = right_parts(v, mean, log_var)
    return "c", loss * len(v) / np.sum(~np.isnan(v)), gradient


@wrong("mend_column_loss", says="還有梯度")
def the_missing_still_pull(v, mean, log_var):
    gradient = (mean - np.nan_to_num(v)) * np.exp(-log_var) / len(v)
    return "c", right_parts(v, mean, log_var)[0], gradient


@wrong("mend_column_loss", says="沒有除以 N")
def gradient_of_the_sum(v, mean, log_var):
    loss, gradient = right_parts(v, mean, log_var)
    return "c", loss, gradient * len(v)
