"""ex07 的其他正確寫法：檢查不可以挑剔。"""

import numpy as np

from vae_from_scratch.course.answers import right


@right("implied_beta")
def ratio_of_the_two_averages(weight, n_columns, n_units):
    reconstruction_factor, kl_factor = 1 / n_columns, weight / n_units
    return np.array(kl_factor / reconstruction_factor)


@right("warmup_weight")
def with_a_branch(epoch, beta, warmup_epochs):
    return beta if epoch >= warmup_epochs else beta / warmup_epochs * epoch


@right("warmup_weight")
def interpolated(epoch, beta, warmup_epochs):
    return np.interp(epoch, [0, warmup_epochs], [0, beta]) if warmup_epochs > 0 else float(beta)


@right("count_active_units")
def unit_by_unit(mean, threshold):
    return sum(1 for unit in mean.T if np.mean((unit - unit.mean()) ** 2) > threshold)


@right("count_active_units")
def mean_of_squares_minus_square(mean, threshold):
    return np.count_nonzero((mean**2).mean(axis=0) - mean.mean(axis=0) ** 2 > threshold)


@right("free_bits_loss")
def penalty_as_an_excess(reconstruction, kl, beta, free_bits):
    per_unit = kl.mean(axis=0)
    return np.mean(reconstruction) + beta * np.sum(per_unit + np.clip(free_bits - per_unit, 0, None))


@right("free_bits_loss")
def with_a_loop(reconstruction, kl, beta, free_bits):
    penalty = sum(max(free_bits, float(unit.mean())) for unit in kl.T)
    return np.array(sum(reconstruction) / len(reconstruction) + beta * penalty)


@right("collapse_thresholds")
def from_numpy_correlations(x):
    varying = x[:, np.ptp(x, axis=0) > 0]
    return np.sort(np.linalg.eigvalsh(np.corrcoef(varying, rowvar=False)))[::-1]


@right("collapse_thresholds")
def from_singular_values(x):
    p = x.mean(axis=0)
    keep = (p > 0) & (p < 1)
    y = (x[:, keep] - p[keep]) / np.sqrt(p[keep] * (1 - p[keep]))
    return np.linalg.svd(y, compute_uv=False) ** 2 / len(x)


@right("split_average_kl")
def one_row_at_a_time(z, mean, log_var):
    information, marginal = [], []
    for row, point in enumerate(z):
        squares = (point - mean) ** 2 / np.exp(log_var)
        log_density = -0.5 * (squares + log_var + np.log(2 * np.pi)).sum(axis=1)
        largest = log_density.max()
        log_aggregate = largest + np.log(np.mean(np.exp(log_density - largest)))
        information.append(log_density[row] - log_aggregate)
        marginal.append(log_aggregate + 0.5 * (point @ point + len(point) * np.log(2 * np.pi)))
    return np.mean(information), np.mean(marginal)


@right("split_average_kl")
def without_the_constants(z, mean, log_var):
    """½ log 2π 在兩個差裡都抵消。"""
    table = -0.5 * (log_var + (z[:, np.newaxis] - mean[np.newaxis]) ** 2 / np.exp(log_var)).sum(-1)
    log_aggregate = np.logaddexp.reduce(table, axis=-1) - np.log(z.shape[0])
    return [
        float((np.diag(table) - log_aggregate).mean()),
        float((log_aggregate + 0.5 * (z**2).sum(1)).mean()),
    ]


# ---- 型別與次序：說明答應收什麼，就收什麼 ----------------------------------------


@right("implied_beta")
def zero_dimensional(weight, n_columns, n_units):
    return np.array(n_columns / n_units * weight)


@right("warmup_weight")
def with_clip(epoch, beta, warmup_epochs):
    return np.asarray(beta * np.clip(epoch / warmup_epochs, 0, 1)) if warmup_epochs > 0 else np.asarray(beta)


@right("count_active_units")
def a_numpy_integer(mean, threshold):
    centred = mean - mean.mean(axis=0)
    return np.count_nonzero(np.einsum("nd,nd->d", centred, centred) / len(mean) > threshold)


@right("free_bits_loss")
def one_unit_at_a_time(reconstruction, kl, beta, free_bits):
    return np.mean(reconstruction) + sum(beta * max(free_bits, unit.mean()) for unit in kl.T)


@right("collapse_thresholds")
def sorted_downwards(x):
    keep = np.ptp(x, axis=0) > 0
    y = x[:, keep] - x[:, keep].mean(axis=0)
    y = y / np.sqrt(np.mean(y**2, axis=0))
    return np.sort(np.linalg.svd(y / np.sqrt(len(x)), compute_uv=False) ** 2)[::-1][: keep.sum()]


@right("split_average_kl")
def a_list_of_numbers(z, mean, log_var):
    def density(a, m, v):
        return -0.5 * np.sum(np.log(2 * np.pi) + v + (a - m) ** 2 * np.exp(-v))

    table = np.array([[density(a, m, v) for m, v in zip(mean, log_var, strict=True)] for a in z])
    largest = table.max(axis=1)
    aggregate = largest + np.log(np.exp(table - largest[:, None]).mean(axis=1))
    prior = -0.5 * np.sum(np.log(2 * np.pi) + z**2, axis=1)
    return [(np.trace(table) - aggregate.sum()) / len(z), np.array((aggregate - prior).mean())]
