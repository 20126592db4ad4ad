"""ex12 的錯答案：每一個都要被抓到；``says`` 是診斷裡該有的字。"""

import numpy as np

from vae_from_scratch.course.answers import wrong


def pieces(array, groups):
    return np.split(array, np.cumsum(groups)[:-1], axis=1)


def log_sums(logits, groups):
    return sum(np.logaddexp.reduce(part, axis=1) for part in pieces(logits, groups))


def empty(logits):
    return np.logaddexp(0, logits).sum(axis=1)


@wrong("log_valid_probability", says="浪費的 nats")
def wasted_nats(logits, groups):
    return empty(logits) - log_sums(logits, groups)


@wrong("log_valid_probability", says="還沒有取對數")
def plain_probability(logits, groups):
    return np.exp(log_sums(logits, groups) - empty(logits))


@wrong("log_valid_probability", says="少了 Π")
def only_the_sum(logits, groups):
    return log_sums(logits, groups)


@wrong("log_valid_probability", says="全部是 0")
def nothing_at_all(logits, groups):
    return -empty(logits)


@wrong("log_valid_probability", says="當成一個變數")
def one_big_variable(logits, groups):
    return np.logaddexp.reduce(logits, axis=1) - empty(logits)


@wrong("log_valid_probability", says="取了平均")
def averages_the_variables(logits, groups):
    return (log_sums(logits, groups) - empty(logits)) / len(groups)


@wrong("log_valid_probability", says=None)
def overflows(logits, groups):
    total = sum(np.log(np.exp(part).sum(axis=1)) for part in pieces(logits, groups))
    return total - np.log(1 + np.exp(logits)).sum(axis=1)


@wrong("log_valid_probability", says=None)
def clips_the_probability(logits, groups):
    p = np.clip(1 / (1 + np.exp(-logits)), 1e-12, 1 - 1e-12)
    return sum(
        np.log((part / (1 - part)).sum(axis=1)) + np.log1p(-part).sum(axis=1) for part in pieces(p, groups)
    )


def x_log(weights, ratio):
    seen = weights > 0
    return np.sum(weights[seen] * np.log(ratio[seen]))


def information(q):
    average = q.mean(axis=0)
    return x_log(q, q / np.where(average > 0, average, 1)) / len(q)


def from_the_prior(q, prior):
    average = q.mean(axis=0)
    return x_log(average, average / prior)


@wrong("split_kl", says="對調")
def the_other_order(q, prior):
    return from_the_prior(q, prior), information(q)


@wrong("split_kl", says="分母用了先驗")
def information_from_the_prior(q, prior):
    return x_log(q, q / prior) / len(q), from_the_prior(q, prior)


@wrong("split_kl", says="不是平均的分布")
def the_average_twice(q, prior):
    return information(q), x_log(q, q / prior) / len(q)


@wrong("split_kl", says="對列加總")
def information_of_everyone(q, prior):
    return information(q) * len(q), from_the_prior(q, prior)


@wrong("split_kl", says="方向反了")
def towards_the_prior(q, prior):
    average = q.mean(axis=0)
    return information(q), np.sum(prior * np.log(prior / average))


@wrong("split_kl", says="小常數")
def adds_a_little(q, prior):
    average = q.mean(axis=0)
    first = np.sum(q * np.log((q + 1e-8) / (average + 1e-8))) / len(q)
    return first, np.sum(average * np.log((average + 1e-8) / prior))


@wrong("split_kl", says="0 log 0")
def zero_times_log_zero(q, prior):
    average = q.mean(axis=0)
    return np.sum(q * np.log(q / average)) / len(q), np.sum(average * np.log(average / prior))


def shares(log_weight):
    weight = np.exp(log_weight - log_weight.max(axis=0))
    return weight / weight.sum(axis=0)


def bound_of(log_weight):
    return np.logaddexp.reduce(log_weight, axis=0) - np.log(len(log_weight))


@wrong("importance_weights", says="沿錯軸")
def across_the_rows(log_weight):
    weight = np.exp(log_weight)
    return (
        weight / weight.sum(axis=1, keepdims=True),
        bound_of(log_weight),
        1 / (shares(log_weight) ** 2).sum(axis=0),
    )


@wrong("importance_weights", says="不會變緊")
def average_of_the_logs(log_weight):
    return shares(log_weight), log_weight.mean(axis=0), 1 / (shares(log_weight) ** 2).sum(axis=0)


@wrong("importance_weights", says="忘了除以 K")
def sum_without_the_mean(log_weight):
    return (
        shares(log_weight),
        np.logaddexp.reduce(log_weight, axis=0),
        1 / (shares(log_weight) ** 2).sum(axis=0),
    )


@wrong("importance_weights", says="要取倒數")
def sum_of_squares(log_weight):
    return shares(log_weight), bound_of(log_weight), (shares(log_weight) ** 2).sum(axis=0)


@wrong("importance_weights", says="最大的一個")
def the_largest(log_weight):
    return shares(log_weight), log_weight.max(axis=0), 1 / (shares(log_weight) ** 2).sum(axis=0)


@wrong("importance_weights", says=None)
def one_maximum_for_all(log_weight):
    weight = np.exp(log_weight - log_weight.max() - 700)
    normalized = weight / weight.sum(axis=0)
    return normalized, bound_of(log_weight), 1 / (normalized**2).sum(axis=0)


@wrong("importance_weights", says="先變成 0")
def underflows(log_weight):
    weight = np.exp(log_weight)
    return weight / weight.sum(axis=0), np.log(weight.mean(axis=0)), 1 / (shares(log_weight) ** 2).sum(axis=0)


def filled(log_weight, probabilities):
    return np.sum(shares(log_weight)[:, :, None] * probabilities, axis=0)


@wrong("impute", says="偷看答案")
def peeks(log_ratio, cell_log_likelihood, hidden, probabilities):
    return filled(log_ratio + cell_log_likelihood.sum(axis=2), probabilities)


@wrong("impute", says="只用了蓋住的")
def only_the_hidden(log_ratio, cell_log_likelihood, hidden, probabilities):
    return filled(log_ratio + cell_log_likelihood[:, :, hidden], probabilities)


@wrong("impute", says="沒有加")
def without_the_ratio(log_ratio, cell_log_likelihood, hidden, probabilities):
    return filled(np.delete(cell_log_likelihood, hidden, axis=2).sum(axis=2), probabilities)


@wrong("impute", says="正負號反了")
def the_ratio_upside_down(log_ratio, cell_log_likelihood, hidden, probabilities):
    return filled(np.delete(cell_log_likelihood, hidden, axis=2).sum(axis=2) - log_ratio, probabilities)


@wrong("impute", says="直接平均")
def unweighted(log_ratio, cell_log_likelihood, hidden, probabilities):
    return probabilities.mean(axis=0)


@wrong("impute", says="最大的那個 z")
def the_best_code_only(log_ratio, cell_log_likelihood, hidden, probabilities):
    weight = log_ratio + np.delete(cell_log_likelihood, hidden, axis=2).sum(axis=2)
    return probabilities[weight.argmax(axis=0), np.arange(weight.shape[1])]


@wrong("impute", says="對數機率")
def geometric_mixture(log_ratio, cell_log_likelihood, hidden, probabilities):
    weight = shares(log_ratio + np.delete(cell_log_likelihood, hidden, axis=2).sum(axis=2))
    return np.exp(np.sum(weight[:, :, None] * np.log(probabilities), axis=0))


def drawn(logits, uniform, groups, first=None, backwards=False):
    made, start = np.zeros(logits.shape), 0
    for size in groups:
        part = logits[:, start : start + size]
        part = part[:, ::-1] if backwards else part
        chance = np.cumsum(np.exp(part - part.max(axis=1, keepdims=True)), axis=1)
        u = uniform[:, [start if first is None else first]]
        level = (chance <= u * chance[:, -1:]).sum(axis=1)
        made[np.arange(len(made)), start + (size - 1 - level if backwards else level)] = 1
        start += size
    return made


@wrong("mend_sample", says="訓練多久都一樣")
def blames_the_training(logits, uniform, groups):
    return "a", drawn(logits, uniform, groups)


@wrong("mend_sample", says="恰好一個水準")
def blames_the_argmax(logits, uniform, groups):
    return "b", drawn(logits, uniform, groups)


@wrong("mend_sample", says="一欄一枚硬幣")
def coins_again(logits, uniform, groups):
    return "c", (uniform < 1 / (1 + np.exp(-logits))).astype(float)


@wrong("mend_sample", says="最大的水準")
def always_the_likeliest(logits, uniform, groups):
    return "c", np.hstack([np.eye(part.shape[1])[part.argmax(axis=1)] for part in pieces(logits, groups)])


@wrong("mend_sample", says="由後往前")
def from_the_last_level(logits, uniform, groups):
    return "c", drawn(logits, uniform, groups, backwards=True)


@wrong("mend_sample", says="自己的第一欄")
def one_uniform_for_all(logits, uniform, groups):
    return "c", drawn(logits, uniform, groups, first=0)


@wrong("mend_sample", says="當成一個變數")
def one_level_for_the_row(logits, uniform, groups):
    return "c", drawn(logits, uniform, (logits.shape[1],))
