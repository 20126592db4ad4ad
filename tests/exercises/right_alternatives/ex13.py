"""ex13 的其他正確寫法：檢查不可以挑剔。"""

import numpy as np

from vae_from_scratch.course.answers import right


@right("normal_log_density")
def with_nansum(v, mean, log_var):
    std = np.exp(log_var / 2)
    return np.nansum(-(((v - mean) / std) ** 2) / 2 - np.log(std * np.sqrt(2 * np.pi)), axis=1)


@right("normal_log_density")
def row_by_row(v, mean, log_var):
    found = []
    for row, middle in zip(v, mean, strict=True):
        seen = np.flatnonzero(~np.isnan(row))
        z2 = (row[seen] - middle[seen]) ** 2 / np.exp(log_var[seen])
        found.append(-0.5 * (z2.sum() + log_var[seen].sum() + len(seen) * np.log(2 * np.pi)))
    return found


@right("learned_log_var")
def column_by_column(v, mean, floor):
    found = []
    for column, middle in zip(v.T, mean.T, strict=True):
        gaps = (column - middle)[~np.isnan(column)]
        found.append(np.log(max(gaps @ gaps / len(gaps), floor)))
    return found


@right("learned_log_var")
def maximum_of_the_logs(v, mean, floor):
    seen = ~np.isnan(v)
    total = np.where(seen, v - mean, 0) ** 2
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(total.sum(axis=0) / seen.sum(axis=0)), np.log(floor))


@right("spike_log_density")
def cell_by_cell(v, flag_logit, mean, log_var):
    found = []
    for x, a, m in zip(v, flag_logit, mean, strict=True):
        if x == 0:
            found.append(-np.logaddexp(0, a))
        else:
            z = (x - m) / np.exp(0.5 * log_var)
            found.append(a - np.logaddexp(0, a) - 0.5 * z * z - 0.5 * log_var - 0.5 * np.log(2 * np.pi))
    return np.array(found)


@right("unit_bill")
def with_where(factors, seen):
    return np.where(seen, np.log(1 / factors), 0.0).sum(axis=1)


@right("unit_bill")
def as_a_list(factors, seen):
    return [-sum(np.log(c) for c, there in zip(factors, row, strict=True) if there) for row in seen]


@right("mend_column_loss")
def all_in_one(v, mean, log_var):
    gap = mean - v
    loss = np.nansum(np.log(2 * np.pi) + log_var + gap**2 / np.exp(log_var)) / 2 / len(v)
    # 缺失的格子，nansum 把整格（NaN）當成 0，常數也跟著不見
    return ["c", loss, np.nan_to_num(gap / np.exp(log_var)) / v.shape[0]]
