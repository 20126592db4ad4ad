"""ex07 的典型錯誤：每一個都要被抓到，並說中症狀。"""

import numpy as np

from vae_from_scratch.course.answers import wrong


@wrong("implied_beta", says="weight 本身不是 beta")
def the_weight_itself(weight, n_columns, n_units):
    return weight


@wrong("implied_beta", says="方向反了")
def divided_by_columns(weight, n_columns, n_units):
    return weight / n_columns / n_units


@wrong("implied_beta", says="也對維度取了平均")
def forgets_the_units(weight, n_columns, n_units):
    return weight * n_columns


@wrong("implied_beta", says="不是乘")
def multiplied_by_units(weight, n_columns, n_units):
    return weight * n_columns * n_units


@wrong("implied_beta", says="顛倒")
def ratio_upside_down(weight, n_columns, n_units):
    return weight * n_units / n_columns


@wrong("implied_beta", says=None)
def always_kaggle(weight, n_columns, n_units):
    return weight * 252


@wrong("warmup_weight", says="從 1 數起")
def starts_at_zero(epoch, beta, warmup_epochs):
    return beta * min(1, (epoch - 1) / warmup_epochs) if warmup_epochs else beta


@wrong("warmup_weight", says="停住")
def never_stops_rising(epoch, beta, warmup_epochs):
    return beta * epoch / warmup_epochs if warmup_epochs else beta


@wrong("warmup_weight", says="少乘 beta")
def the_fraction(epoch, beta, warmup_epochs):
    return min(1.0, epoch / warmup_epochs) if warmup_epochs else 1.0


@wrong("warmup_weight", says="慢了一個")
def one_epoch_late(epoch, beta, warmup_epochs):
    return beta * min(1.0, epoch / (warmup_epochs + 1)) if warmup_epochs else beta


@wrong("warmup_weight", says="線性升高")
def a_step(epoch, beta, warmup_epochs):
    return beta if epoch >= warmup_epochs else 0.0


@wrong("warmup_weight", says="由小到大")
def falls_instead_of_rising(epoch, beta, warmup_epochs):
    return beta * max(0.0, 1 - epoch / warmup_epochs) if warmup_epochs else beta


@wrong("warmup_weight", says="不是平方")
def quadratic(epoch, beta, warmup_epochs):
    return beta * min(1.0, epoch / warmup_epochs) ** 2 if warmup_epochs else beta


@wrong("warmup_weight", says="沒有暖身")
def constant(epoch, beta, warmup_epochs):
    return beta


@wrong("warmup_weight", says=None)
def divides_by_zero(epoch, beta, warmup_epochs):
    return beta * min(1.0, epoch / warmup_epochs)


@wrong("warmup_weight", says="不暖身")
def no_warmup_means_no_penalty(epoch, beta, warmup_epochs):
    return beta * min(1.0, epoch / warmup_epochs) if warmup_epochs else 0.0


@wrong("count_active_units", says="離 0 很遠不算活躍")
def mean_square(mean, threshold):
    return int(np.sum(np.mean(mean**2, axis=0) > threshold))


@wrong("count_active_units", says="標準差")
def standard_deviations(mean, threshold):
    return int(np.sum(np.std(mean, axis=0) > threshold))


@wrong("count_active_units", says="N − 1")
def sample_variance(mean, threshold):
    return int(np.sum(np.var(mean, axis=0, ddof=1) > threshold))


@wrong("count_active_units", says="沿錯了軸")
def across_the_units(mean, threshold):
    return int(np.sum(np.var(mean, axis=1) > threshold))


@wrong("count_active_units", says="不活躍的個數")
def the_collapsed_ones(mean, threshold):
    return int(np.sum(np.var(mean, axis=0) < threshold))


@wrong("count_active_units", says="比例")
def the_share(mean, threshold):
    return float(np.mean(np.var(mean, axis=0) > threshold))


@wrong("count_active_units", says="每個單元要分開看")
def one_variance_for_all(mean, threshold):
    return int(np.var(mean) > threshold)


@wrong("count_active_units", says="threshold")
def threshold_hard_coded(mean, threshold):
    return int(np.sum(np.var(mean, axis=0) > 0.01))


@wrong("count_active_units", says="布林值")
def which_instead_of_how_many(mean, threshold):
    return np.var(mean, axis=0) > threshold


@wrong("free_bits_loss", says="你逐列比")
def row_by_row(reconstruction, kl, beta, free_bits):
    return reconstruction.mean() + beta * np.maximum(kl, free_bits).sum(axis=1).mean()


@wrong("free_bits_loss", says="加總以後才比")
def summed_before_the_maximum(reconstruction, kl, beta, free_bits):
    return reconstruction.mean() + beta * max(kl.sum(axis=1).mean(), free_bits)


@wrong("free_bits_loss", says="不能互相挪用")
def shared_allowance(reconstruction, kl, beta, free_bits):
    return reconstruction.mean() + beta * max(kl.mean(axis=0).sum(), free_bits * kl.shape[1])


@wrong("free_bits_loss", says="不是算成 0")
def small_ones_are_free(reconstruction, kl, beta, free_bits):
    per_unit = kl.mean(axis=0)
    return reconstruction.mean() + beta * per_unit[per_unit > free_bits].sum()


@wrong("free_bits_loss", says="減掉了 free_bits")
def subtracts_the_allowance(reconstruction, kl, beta, free_bits):
    return reconstruction.mean() + beta * np.maximum(kl.mean(axis=0) - free_bits, 0).sum()


@wrong("free_bits_loss", says="不是 min")
def minimum_for_maximum(reconstruction, kl, beta, free_bits):
    return reconstruction.mean() + beta * np.minimum(kl.mean(axis=0), free_bits).sum()


@wrong("free_bits_loss", says="max 的外面")
def beta_inside(reconstruction, kl, beta, free_bits):
    return reconstruction.mean() + np.maximum(beta * kl.mean(axis=0), free_bits).sum()


@wrong("free_bits_loss", says="忘了乘 beta")
def forgets_beta(reconstruction, kl, beta, free_bits):
    return reconstruction.mean() + np.maximum(kl.mean(axis=0), free_bits).sum()


@wrong("free_bits_loss", says="沒有起作用")
def ignores_the_allowance(reconstruction, kl, beta, free_bits):
    return reconstruction.mean() + beta * kl.sum(axis=1).mean()


@wrong("free_bits_loss", says="不是加總")
def reconstruction_summed(reconstruction, kl, beta, free_bits):
    return reconstruction.sum() + beta * np.maximum(kl.mean(axis=0), free_bits).sum()


@wrong("free_bits_loss", says="不是平均")
def units_averaged(reconstruction, kl, beta, free_bits):
    return reconstruction.mean() + beta * np.maximum(kl.mean(axis=0), free_bits).mean()


@wrong("free_bits_loss", says="要加，不是減")
def reconstruction_with_the_wrong_sign(reconstruction, kl, beta, free_bits):
    return beta * np.maximum(kl.mean(axis=0), free_bits).sum() - reconstruction.mean()


@wrong("free_bits_loss", says="少了重建")
def penalty_only(reconstruction, kl, beta, free_bits):
    return beta * np.maximum(kl.mean(axis=0), free_bits).sum()


@wrong("free_bits_loss", says="沿錯了軸")
def averaged_over_units(reconstruction, kl, beta, free_bits):
    return reconstruction.mean() + beta * np.maximum(kl.mean(axis=1), free_bits).sum()


def standardized(x):
    varying = x[:, x.std(axis=0) > 0]
    return (varying - varying.mean(axis=0)) / varying.std(axis=0)


def descending(matrix):
    return np.linalg.eigvalsh(matrix)[::-1]


@wrong("collapse_thresholds", says="由大到小")
def ascending(x):
    y = standardized(x)
    return np.linalg.eigvalsh(y.T @ y / len(y))


@wrong("collapse_thresholds", says="共變異數矩陣")
def of_the_covariance(x):
    return descending(np.cov(x[:, x.std(axis=0) > 0].T, bias=True))


@wrong("collapse_thresholds", says="N − 1")
def mixed_denominators(x):
    y = standardized(x)
    return descending(y.T @ y / (len(y) - 1))


@wrong("collapse_thresholds", says="除以 N")
def forgets_to_divide(x):
    y = standardized(x)
    return descending(y.T @ y)


@wrong("collapse_thresholds", says="減掉每欄的平均")
def not_centred(x):
    varying = x[:, x.std(axis=0) > 0]
    return descending((varying / varying.std(axis=0)).T @ (varying / varying.std(axis=0)) / len(x))


@wrong("collapse_thresholds", says="你除的是變異數")
def divided_by_the_variance(x):
    varying = x[:, x.std(axis=0) > 0]
    y = (varying - varying.mean(axis=0)) / varying.var(axis=0)
    return descending(y.T @ y / len(x))


@wrong("collapse_thresholds", says="奇異值")
def singular_values(x):
    return np.linalg.svd(standardized(x), compute_uv=False)


@wrong("collapse_thresholds", says="平方根")
def square_roots(x):
    y = standardized(x)
    return np.sqrt(descending(y.T @ y / len(y)))


@wrong("collapse_thresholds", says="各欄的變異數")
def variances_of_the_columns(x):
    return np.sort(x.var(axis=0))[::-1]


@wrong("collapse_thresholds", says=None)
def constant_columns_kept(x):
    return descending(np.corrcoef(x.T))


@wrong("collapse_thresholds", says="當成特徵值 0")
def constant_columns_as_zero(x):
    centred = x - x.mean(axis=0)
    std = np.where(x.std(axis=0) > 0, x.std(axis=0), 1)
    return descending((centred / std).T @ (centred / std) / len(x))


def log_densities(z, mean, log_var):
    squares = (z[:, None, :] - mean) ** 2 * np.exp(-log_var)
    return -0.5 * np.sum(np.log(2 * np.pi) + log_var + squares, axis=-1)


def log_prior(z):
    return -0.5 * np.sum(np.log(2 * np.pi) + z**2, axis=-1)


def split(own, aggregate, z):
    return np.mean(own - aggregate), np.mean(aggregate - log_prior(z))


def right_split(z, mean, log_var):
    table = log_densities(z, mean, log_var)
    return split(np.diagonal(table), np.logaddexp.reduce(table, axis=1) - np.log(len(z)), z)


@wrong("split_average_kl", says="少了 1/N")
def sum_of_the_components(z, mean, log_var):
    table = log_densities(z, mean, log_var)
    return split(np.diagonal(table), np.logaddexp.reduce(table, axis=1), z)


@wrong("split_average_kl", says="不是對數密度")
def mean_of_the_logarithms(z, mean, log_var):
    table = log_densities(z, mean, log_var)
    return split(np.diagonal(table), table.mean(axis=1), z)


@wrong("split_average_kl", says="沿錯了軸")
def averaged_over_the_points(z, mean, log_var):
    table = log_densities(z, mean, log_var)
    return split(np.diagonal(table), np.logaddexp.reduce(table, axis=0) - np.log(len(z)), z)


@wrong("split_average_kl", says="對調")
def swapped(z, mean, log_var):
    return right_split(z, mean, log_var)[::-1]


@wrong("split_average_kl", says="互資訊的正負號")
def information_negative(z, mean, log_var):
    information, marginal = right_split(z, mean, log_var)
    return -information, marginal


@wrong("split_average_kl", says="聚合後驗的 KL 正負號")
def marginal_negative(z, mean, log_var):
    information, marginal = right_split(z, mean, log_var)
    return information, -marginal


@wrong("split_average_kl", says="還要減掉互資訊")
def whole_kl_second(z, mean, log_var):
    information, marginal = right_split(z, mean, log_var)
    return information, information + marginal


@wrong("split_average_kl", says="和 q(z) 比")
def whole_kl_first(z, mean, log_var):
    information, marginal = right_split(z, mean, log_var)
    return information + marginal, marginal


@wrong("split_average_kl", says="忘了用 log_var")
def all_components_have_unit_variance(z, mean, log_var):
    return right_split(z, mean, np.zeros_like(log_var))


@wrong("split_average_kl", says="不是加總")
def summed_over_rows(z, mean, log_var):
    return tuple(len(z) * part for part in right_split(z, mean, log_var))


@wrong("split_average_kl", says="log 0")
def densities_before_logarithms(z, mean, log_var):
    density = np.exp(log_densities(z, mean, log_var))
    return split(np.log(np.diagonal(density)), np.log(density.mean(axis=1)), z)


@wrong("split_average_kl", says="要傳回 2 個值")
def only_the_information(z, mean, log_var):
    return right_split(z, mean, log_var)[0]


# ---- 範圍、型別與巧合：平常的數字看不出來 ----------------------------------------


@wrong("implied_beta", says=None)
def beta_bounded(weight, n_columns, n_units):
    return min(weight * n_columns / n_units, 10.0)


@wrong("implied_beta", says=None)
def whole_columns_a_unit(weight, n_columns, n_units):
    return weight * (n_columns // n_units)


@wrong("warmup_weight", says=None)
def whole_epochs(epoch, beta, warmup_epochs):
    return beta * min(1, epoch // warmup_epochs) if warmup_epochs else beta


@wrong("warmup_weight", says=None)
def never_above_one(epoch, beta, warmup_epochs):
    return min(1.0, beta * epoch / warmup_epochs) if warmup_epochs else beta


@wrong("warmup_weight", says=None)
def smooth_rise(epoch, beta, warmup_epochs):
    if not warmup_epochs:
        return beta
    return beta * 0.5 * (1 - np.cos(np.pi * min(1.0, epoch / warmup_epochs)))


@wrong("warmup_weight", says=None)
def starts_again_every_cycle(epoch, beta, warmup_epochs):
    if not warmup_epochs:
        return beta
    return beta * min(1.0, ((epoch - 1) % (4 * warmup_epochs) + 1) / warmup_epochs)


@wrong("count_active_units", says="一樣的單元")
def duplicate_units_counted_once(mean, threshold):
    active = mean[:, np.var(mean, axis=0) > threshold]
    return len(np.unique(np.round(active, 9), axis=1).T)


@wrong("count_active_units", says=None)
def independent_units_only(mean, threshold):
    active = mean[:, np.var(mean, axis=0) > threshold]
    return int(np.linalg.matrix_rank(active - active.mean(axis=0)))


@wrong("count_active_units", says=None)
def half_of_the_range(mean, threshold):
    return int(np.sum((np.ptp(mean, axis=0) / 2) ** 2 > threshold))


@wrong("count_active_units", says=None)
def first_row_against_the_others(mean, threshold):
    return int(np.sum(np.mean((mean - mean[0]) ** 2, axis=0) > threshold))


@wrong("count_active_units", says=None)
def positive_units_only(mean, threshold):
    return int(np.sum((np.var(mean, axis=0) > threshold) & (mean.mean(axis=0) > -0.5)))


@wrong("free_bits_loss", says=None)
def allowance_never_below_a_hundredth(reconstruction, kl, beta, free_bits):
    return reconstruction.mean() + beta * np.maximum(kl.mean(axis=0), max(free_bits, 0.15)).sum()


@wrong("free_bits_loss", says=None)
def reconstruction_never_negative(reconstruction, kl, beta, free_bits):
    return np.maximum(reconstruction, 0).mean() + beta * np.maximum(kl.mean(axis=0), free_bits).sum()


@wrong("free_bits_loss", says=None)
def per_row_when_square(reconstruction, kl, beta, free_bits):
    return reconstruction.mean() + beta * np.maximum(kl.sum(axis=0) / kl.shape[1], free_bits).sum()


@wrong("collapse_thresholds", says=None)
def absolute_correlations(x):
    varying = x[:, x.std(axis=0) > 0]
    return np.linalg.eigvalsh(np.abs(np.atleast_2d(np.corrcoef(varying.T))))[::-1]


@wrong("collapse_thresholds", says="形狀")
def duplicate_columns_dropped(x):
    varying = np.unique(x[:, x.std(axis=0) > 0], axis=1)
    y = (varying - varying.mean(axis=0)) / varying.std(axis=0)
    return np.linalg.eigvalsh(y.T @ y / len(x))[::-1]


@wrong("collapse_thresholds", says=None)
def nearly_constant_columns_dropped(x):
    varying = x[:, x.std(axis=0) > 0.25]
    y = (varying - varying.mean(axis=0)) / varying.std(axis=0)
    return np.linalg.eigvalsh(y.T @ y / len(x))[::-1]


@wrong("collapse_thresholds", says=None)
def only_the_positive_ones(x):
    varying = x[:, x.std(axis=0) > 0]
    y = (varying - varying.mean(axis=0)) / varying.std(axis=0)
    values = np.linalg.eigvalsh(y.T @ y / len(x))[::-1]
    return values[values > 1e-9]


@wrong("collapse_thresholds", says=None)
def std_with_a_small_constant(x):
    varying = x[:, x.std(axis=0) > 0]
    y = (varying - varying.mean(axis=0)) / (varying.std(axis=0) + 1e-8)
    return np.linalg.eigvalsh(y.T @ y / len(x))[::-1]


@wrong("split_average_kl", says="很大或很小")
def components_with_a_small_constant(z, mean, log_var):
    table = -0.5 * np.sum(
        np.log(2 * np.pi) + log_var + (z[:, None, :] - mean) ** 2 / (np.exp(log_var) + 1e-8), axis=-1
    )
    return split(np.diagonal(table), np.logaddexp.reduce(table, axis=1) - np.log(len(z)), z)


@wrong("split_average_kl", says="很大或很小")
def components_of_a_clipped_log(z, mean, log_var):
    return right_split(z, mean, np.clip(log_var, -6, 6))


@wrong("split_average_kl", says=None)
def information_never_negative(z, mean, log_var):
    information, marginal = right_split(z, mean, log_var)
    return max(information, 0.0), max(marginal, 0.0)


@wrong("split_average_kl", says=None)
def own_variance_for_every_component(z, mean, log_var):
    return right_split(z, mean, np.broadcast_to(log_var.mean(axis=0), log_var.shape))


@wrong("split_average_kl", says=None)
def log_with_a_small_constant(z, mean, log_var):
    table = log_densities(z, mean, log_var)
    return split(np.diagonal(table), np.log(np.mean(np.exp(table), axis=1) + 1e-8), z)
