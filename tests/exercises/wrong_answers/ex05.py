"""ex05 的錯答案：每一個都是似是而非的想法，檢查要抓得到，認得出來的要說得出錯在哪裡。"""

import numpy as np

from vae_from_scratch.course.answers import wrong


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def log_softmax(a):
    a = a - a.max(axis=-1, keepdims=True)
    return a - np.log(np.exp(a).sum(axis=-1, keepdims=True))


def each_group(x, logits, groups, transform):
    total, start = np.zeros(len(x)), 0
    for size in groups:
        part = slice(start, start + size)
        total += np.sum(x[:, part] * transform(logits[:, part]), axis=-1)
        start += size
    return total


@wrong("gaussian_log_likelihood", says="少了常數")
def squared_error_only(x, reconstruction, variance):
    return -np.sum((x - reconstruction) ** 2, axis=-1) / (2 * variance)


@wrong("gaussian_log_likelihood", says="前面少了 1/2")
def error_not_halved(x, reconstruction, variance):
    error = np.sum((x - reconstruction) ** 2, axis=-1)
    return -error / variance - 0.5 * x.shape[-1] * np.log(2 * np.pi * variance)


@wrong("gaussian_log_likelihood", says="又平方了")
def variance_taken_for_std(x, reconstruction, variance):
    error = np.sum((x - reconstruction) ** 2, axis=-1)
    return -0.5 * error / variance**2 - 0.5 * x.shape[-1] * np.log(2 * np.pi * variance)


@wrong("gaussian_log_likelihood", says="除的是 s")
def divides_by_std(x, reconstruction, variance):
    error = np.sum((x - reconstruction) ** 2, axis=-1)
    return -0.5 * error / np.sqrt(variance) - 0.5 * x.shape[-1] * np.log(2 * np.pi * variance)


@wrong("gaussian_log_likelihood", says="常數只算了一次")
def one_constant_for_all_columns(x, reconstruction, variance):
    error = np.sum((x - reconstruction) ** 2, axis=-1)
    return -0.5 * (error / variance + np.log(2 * np.pi * variance))


@wrong("gaussian_log_likelihood", says="常數裡少了 s²")
def constant_without_the_variance(x, reconstruction, variance):
    error = np.sum((x - reconstruction) ** 2, axis=-1)
    return -0.5 * (error / variance + x.shape[-1] * np.log(2 * np.pi))


@wrong("gaussian_log_likelihood", says="取平均")
def mean_squared_error(x, reconstruction, variance):
    return -0.5 * (np.mean((x - reconstruction) ** 2, axis=-1) / variance + np.log(2 * np.pi * variance))


@wrong("gaussian_log_likelihood", says="負的對數概似")
def loss_instead_of_likelihood(x, reconstruction, variance):
    error = np.sum((x - reconstruction) ** 2, axis=-1)
    return 0.5 * (error / variance + x.shape[-1] * np.log(2 * np.pi * variance))


@wrong("gaussian_log_likelihood", says="沒有平方")
def errors_that_cancel(x, reconstruction, variance):
    error = np.sum(x - reconstruction, axis=-1)
    return -0.5 * (error / variance + x.shape[-1] * np.log(2 * np.pi * variance))


@wrong("gaussian_log_likelihood", says="沿列（axis=0）")
def summed_over_rows(x, reconstruction, variance):
    terms = (x - reconstruction) ** 2 / variance + np.log(2 * np.pi * variance)
    return -0.5 * terms.sum(axis=0)


@wrong("gaussian_log_likelihood", says="還沒有加總")
def one_value_a_cell(x, reconstruction, variance):
    return -0.5 * ((x - reconstruction) ** 2 / variance + np.log(2 * np.pi * variance))


@wrong("gaussian_log_likelihood", says="形狀")
def mean_over_everything(x, reconstruction, variance):
    return np.mean(-0.5 * ((x - reconstruction) ** 2 / variance + np.log(2 * np.pi * variance)))


@wrong("implied_variance", says="上下顛倒")
def upside_down(sse_weight, kl_weight):
    return 2 * sse_weight / kl_weight


@wrong("implied_variance", says="少了 2")
def forgets_the_two(sse_weight, kl_weight):
    return kl_weight / sse_weight


@wrong("implied_variance", says="放錯邊")
def two_on_the_wrong_side(sse_weight, kl_weight):
    return 2 * kl_weight / sse_weight


@wrong("implied_variance", says="標準差")
def the_standard_deviation(sse_weight, kl_weight):
    return np.sqrt(kl_weight / (2 * sse_weight))


@wrong("implied_variance", says="沒有用到 KL")
def ignores_the_kl_weight(sse_weight, kl_weight):
    return 1 / (2 * sse_weight)


@wrong("implied_variance", says="還要解出")
def the_precision_instead(sse_weight, kl_weight):
    return sse_weight / kl_weight


@wrong("bernoulli_log_likelihood", says="只算了 x = 1")
def only_the_ones(x, logits):
    return np.sum(x * np.log(sigmoid(logits)), axis=-1)


@wrong("bernoulli_log_likelihood", says="0 與 1 反了")
def heads_and_tails_swapped(x, logits):
    return np.sum((1 - x) * np.log(sigmoid(logits)) + x * np.log(1 - sigmoid(logits)), axis=-1)


@wrong("bernoulli_log_likelihood", says="Keras")
def averaged_over_columns(x, logits):
    return np.mean(x * logits - np.logaddexp(0, logits), axis=-1)


@wrong("bernoulli_log_likelihood", says="差一個負號")
def cross_entropy(x, logits):
    return np.sum(np.logaddexp(0, logits) - x * logits, axis=-1)


@wrong("bernoulli_log_likelihood", says="sigmoid 的正負號反了")
def sigmoid_upside_down(x, logits):
    p = 1 / (1 + np.exp(logits))
    return np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=-1)


@wrong("bernoulli_log_likelihood", says="平方誤差")
def squared_error_of_probabilities(x, logits):
    return -np.sum((x - sigmoid(logits)) ** 2, axis=-1)


@wrong("bernoulli_log_likelihood", says="softmax")
def one_softmax_for_the_row(x, logits):
    return np.sum(x * log_softmax(logits), axis=-1)


@wrong("bernoulli_log_likelihood", says="當成機率")
def logits_taken_for_probabilities(x, logits):
    return np.sum(x * np.log(np.abs(logits)) + (1 - x) * np.log(np.abs(1 - logits)), axis=-1)


@wrong("bernoulli_log_likelihood", says="封頂")
def clipped_probabilities(x, logits):
    p = np.clip(sigmoid(logits), 1e-7, 1 - 1e-7)
    return np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=-1)


@wrong("bernoulli_log_likelihood", says="小常數")
def with_a_small_constant(x, logits):
    p = sigmoid(logits)
    return np.sum(x * np.log(p + 1e-8) + (1 - x) * np.log(1 - p + 1e-8), axis=-1)


@wrong("bernoulli_log_likelihood", says="改從 logits 算")
def logarithm_of_zero(x, logits):
    p = sigmoid(logits)
    return np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=-1)


@wrong("bernoulli_log_likelihood", says="np.logaddexp(0, a)")
def overflowing_exponential(x, logits):
    return np.sum(x * logits - np.log(1 + np.exp(logits)), axis=-1)


@wrong("bernoulli_log_likelihood", says="還沒有加總")
def one_value_a_column(x, logits):
    return x * logits - np.logaddexp(0, logits)


@wrong("categorical_log_likelihood", says="同一個 softmax")
def one_softmax_for_all_variables(x, logits, groups):
    return np.sum(x * log_softmax(logits), axis=-1)


@wrong("categorical_log_likelihood", says="獨立硬幣")
def independent_coins(x, logits, groups):
    return np.sum(x * logits - np.logaddexp(0, logits), axis=-1)


@wrong("categorical_log_likelihood", says="取平均")
def averaged_over_variables(x, logits, groups):
    return each_group(x, logits, groups, log_softmax) / len(groups)


@wrong("categorical_log_likelihood", says="沒有取 log")
def sum_of_probabilities(x, logits, groups):
    return each_group(x, logits, groups, lambda a: np.exp(log_softmax(a)))


@wrong("categorical_log_likelihood", says="還不是對數機率")
def forgets_the_partition(x, logits, groups):
    return np.sum(x * logits, axis=-1)


@wrong("categorical_log_likelihood", says="也扣了 log Σ")
def missing_still_pays_the_partition(x, logits, groups):
    total, start = np.sum(x * logits, axis=-1), 0
    for size in groups:
        total = total - np.log(np.exp(logits[:, start : start + size]).sum(axis=-1))
        start += size
    return total


@wrong("categorical_log_likelihood", says="扣了 log K")
def missing_as_a_uniform_guess(x, logits, groups):
    starts = np.cumsum((0, *groups[:-1]))
    absent = np.add.reduceat(x, starts, axis=-1) == 0
    return each_group(x, logits, groups, log_softmax) - absent @ np.log(np.array(groups, float))


@wrong("categorical_log_likelihood", says="中途溢位")
def exponential_without_the_shift(x, logits, groups):
    return each_group(x, logits, groups, lambda a: a - np.log(np.exp(a).sum(axis=-1, keepdims=True)))


@wrong("categorical_log_likelihood", says="直接算 log softmax")
def logarithm_of_the_softmax(x, logits, groups):
    return each_group(x, logits, groups, lambda a: np.log(np.exp(log_softmax(a))))


@wrong("categorical_log_likelihood", says="每一組各減各的")
def shifted_by_the_row_maximum(x, logits, groups):
    logits = logits - logits.max(axis=-1, keepdims=True)
    return each_group(x, logits, groups, lambda a: a - np.log(np.exp(a).sum(axis=-1, keepdims=True)))


@wrong("categorical_log_likelihood", says=None)
def groups_hard_coded(x, logits, groups):
    return each_group(x, logits, (3, 2), log_softmax)


@wrong("categorical_log_likelihood", says=None)
def chosen_by_argmax(x, logits, groups):
    """整組 0 時 argmax 是 0，把缺失當成第一個水準。"""
    total, start = np.zeros(len(x)), 0
    for size in groups:
        part = slice(start, start + size)
        level = x[:, part].argmax(axis=-1)
        total += log_softmax(logits[:, part])[np.arange(len(x)), level]
        start += size
    return total


@wrong("categorical_log_likelihood", says="差一個負號")
def categorical_cross_entropy(x, logits, groups):
    return -each_group(x, logits, groups, log_softmax)


def kl(mean, log_var):
    return 0.5 * np.sum(mean**2 + np.exp(log_var) - 1 - log_var, axis=-1)


@wrong("elbo", says="減 KL，損失才是加")
def adds_the_kl(log_likelihood, mean, log_var):
    return log_likelihood + kl(mean, log_var)


@wrong("elbo", says="少了 1/2")
def kl_not_halved(log_likelihood, mean, log_var):
    return log_likelihood - 2 * kl(mean, log_var)


@wrong("elbo", says="少了 −1")
def kl_without_minus_one(log_likelihood, mean, log_var):
    return log_likelihood - 0.5 * np.sum(mean**2 + np.exp(log_var) - log_var, axis=-1)


@wrong("elbo", says="標準差")
def kl_with_the_standard_deviation(log_likelihood, mean, log_var):
    return log_likelihood - 0.5 * np.sum(mean**2 + np.exp(0.5 * log_var) - 1 - log_var, axis=-1)


@wrong("elbo", says="左右反了")
def reversed_kl(log_likelihood, mean, log_var):
    return log_likelihood - 0.5 * np.sum((1 + mean**2) * np.exp(-log_var) - 1 + log_var, axis=-1)


@wrong("elbo", says="對維度取了平均")
def kl_averaged_over_dimensions(log_likelihood, mean, log_var):
    return log_likelihood - 0.5 * np.mean(mean**2 + np.exp(log_var) - 1 - log_var, axis=-1)


@wrong("elbo", says="對列取了平均；每一列減")
def kl_averaged_over_rows(log_likelihood, mean, log_var):
    return log_likelihood - kl(mean, log_var).mean()


@wrong("elbo", says="連列一起加總")
def kl_summed_over_everything(log_likelihood, mean, log_var):
    return log_likelihood - 0.5 * np.sum(mean**2 + np.exp(log_var) - 1 - log_var)


@wrong("elbo", says="損失 −ELBO")
def the_loss(log_likelihood, mean, log_var):
    return kl(mean, log_var) - log_likelihood


@wrong("elbo", says="一列一個值")
def batch_mean(log_likelihood, mean, log_var):
    return np.mean(log_likelihood - kl(mean, log_var))


@wrong("elbo", says="沒有減 KL")
def reconstruction_only(log_likelihood, mean, log_var):
    return log_likelihood


@wrong("importance_weighted_bound", says="不會變緊")
def mean_of_logarithms(log_likelihood, log_prior, log_q):
    return np.mean(log_likelihood + log_prior - log_q, axis=0)


@wrong("importance_weighted_bound", says="除以 K")
def forgets_to_divide(log_likelihood, log_prior, log_q):
    return np.log(np.sum(np.exp(log_likelihood + log_prior - log_q), axis=0))


@wrong("importance_weighted_bound", says="log q 的正負號")
def multiplies_by_q(log_likelihood, log_prior, log_q):
    return np.log(np.mean(np.exp(log_likelihood + log_prior + log_q), axis=0))


@wrong("importance_weighted_bound", says="漏了先驗")
def forgets_the_prior(log_likelihood, log_prior, log_q):
    return np.log(np.mean(np.exp(log_likelihood - log_q), axis=0))


@wrong("importance_weighted_bound", says="漏了 log q")
def forgets_q(log_likelihood, log_prior, log_q):
    return np.log(np.mean(np.exp(log_likelihood + log_prior), axis=0))


@wrong("importance_weighted_bound", says="漏了重建")
def forgets_the_reconstruction(log_likelihood, log_prior, log_q):
    return np.log(np.mean(np.exp(log_prior - log_q), axis=0))


@wrong("importance_weighted_bound", says="先減去每一列最大")
def underflows(log_likelihood, log_prior, log_q):
    return np.log(np.mean(np.exp(log_likelihood + log_prior - log_q), axis=0))


@wrong("importance_weighted_bound", says="忘了加回來")
def shift_not_added_back(log_likelihood, log_prior, log_q):
    log_weight = log_likelihood + log_prior - log_q
    return np.log(np.mean(np.exp(log_weight - log_weight.max(axis=0)), axis=0))


@wrong("importance_weighted_bound", says="減自己的")
def shifted_by_the_overall_maximum(log_likelihood, log_prior, log_q):
    log_weight = log_likelihood + log_prior - log_q
    largest = log_weight.max()
    return largest + np.log(np.mean(np.exp(log_weight - largest), axis=0))


@wrong("importance_weighted_bound", says="最大的權重")
def the_largest_weight(log_likelihood, log_prior, log_q):
    return np.max(log_likelihood + log_prior - log_q, axis=0)


@wrong("importance_weighted_bound", says="沿錯了軸")
def averaged_over_rows(log_likelihood, log_prior, log_q):
    log_weight = log_likelihood + log_prior - log_q
    return np.log(np.mean(np.exp(log_weight), axis=-1))


# ---- 範圍、型別與巧合：平常的數字看不出來 ----------------------------------------


@wrong("gaussian_log_likelihood", says="很小")
def variance_plus_a_small_constant(x, reconstruction, variance):
    s2 = variance + 1e-8
    return -0.5 * np.sum((x - reconstruction) ** 2 / s2 + np.log(2 * np.pi * s2), axis=-1)


@wrong("gaussian_log_likelihood", says="很小")
def variance_with_a_floor(x, reconstruction, variance):
    s2 = max(variance, 1e-3)
    return -0.5 * np.sum((x - reconstruction) ** 2 / s2 + np.log(2 * np.pi * s2), axis=-1)


@wrong("gaussian_log_likelihood", says=None)
def errors_clipped(x, reconstruction, variance):
    gap = np.clip(x - reconstruction, -5, 5)
    return -0.5 * np.sum(gap**2 / variance + np.log(2 * np.pi * variance), axis=-1)


@wrong("gaussian_log_likelihood", says=None)
def columns_counted_from_the_rows(x, reconstruction, variance):
    squared = np.sum((x - reconstruction) ** 2, axis=-1) / variance
    return -0.5 * (squared + x.shape[0] * np.log(2 * np.pi * variance))


@wrong("gaussian_log_likelihood", says="整數")
def error_into_an_array_like_x(x, reconstruction, variance):
    gap = np.empty_like(x)
    gap[...] = x - reconstruction
    return -0.5 * np.sum(gap**2 / variance + np.log(2 * np.pi * variance), axis=-1)


@wrong("implied_variance", says=None)
def implied_clipped(sse_weight, kl_weight):
    return min(max(kl_weight / (2 * sse_weight), 1e-3), 100.0)


@wrong("implied_variance", says=None)
def rounded_to_six_places(sse_weight, kl_weight):
    return round(kl_weight / (2 * sse_weight), 6)


@wrong("bernoulli_log_likelihood", says="截斷")
def logits_clipped_at_thirty(x, logits):
    a = np.clip(logits, -30, 30)
    return np.sum(x * a - np.logaddexp(0, a), axis=-1)


@wrong("bernoulli_log_likelihood", says=None)
def logits_clipped_at_fifteen(x, logits):
    a = np.clip(logits, -15, 15)
    return np.sum(x * a - np.logaddexp(0, a), axis=-1)


@wrong("bernoulli_log_likelihood", says=None)
def softplus_cut_at_fifteen(x, logits):
    softplus = np.where(logits > 15, logits, np.log1p(np.exp(np.minimum(logits, 15))))
    return np.sum(x * logits - softplus, axis=-1)


@wrong("bernoulli_log_likelihood", says="單精度")
def coins_in_single_precision(x, logits):
    a = logits.astype(np.float32)
    return np.sum(x * logits - np.logaddexp(np.float32(0), a), axis=-1).astype(float)


@wrong("bernoulli_log_likelihood", says=None)
def tiny_constant_in_the_logarithm(x, logits):
    p = sigmoid(logits)
    return np.sum(x * np.log(p + 1e-15) + (1 - x) * np.log(1 - p + 1e-15), axis=-1)


@wrong("categorical_log_likelihood", says=None)
def softmax_with_a_tiny_constant(x, logits, groups):
    return each_group(x, logits, groups, lambda a: np.log(np.exp(log_softmax(a)) + 1e-12))


@wrong("categorical_log_likelihood", says=None)
def category_logits_clipped(x, logits, groups):
    return each_group(x, np.clip(logits, -30, 30), groups, log_softmax)


@wrong("categorical_log_likelihood", says=None)
def shifted_by_the_mean(x, logits, groups):
    def by_group(a):
        shifted = a - a.mean(axis=-1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))

    return each_group(x, logits, groups, by_group)


@wrong("categorical_log_likelihood", says=None)
def every_group_like_the_first(x, logits, groups):
    size = groups[0]
    if logits.shape[-1] % size:
        return each_group(x, logits, groups, lambda a: a)
    return each_group(x, logits, [size] * (logits.shape[-1] // size), log_softmax)


@wrong("categorical_log_likelihood", says="改動了輸入 logits")
def shifts_the_logits_in_place(x, logits, groups):
    start = 0
    for size in groups:
        logits[:, start : start + size] -= logits[:, start : start + size].max(axis=-1, keepdims=True)
        start += size
    return each_group(x, logits, groups, log_softmax)


@wrong("categorical_log_likelihood", says="沒有「pop」")
def uses_the_groups_up(x, logits, groups):
    total, start = 0.0, 0
    while groups:
        size = groups.pop(0)
        part = slice(start, start + size)
        total = total + np.sum(x[:, part] * log_softmax(logits[:, part]), axis=-1)
        start += size
    return total


@wrong("categorical_log_likelihood", says=None)
def missing_anywhere_means_missing(x, logits, groups):
    each = each_group(x, logits, groups, log_softmax)
    return np.where(x.sum(axis=-1) < len(groups), 0.0, each)


@wrong("elbo", says="很大或很小")
def elbo_of_a_clipped_log(log_likelihood, mean, log_var):
    v = np.clip(log_var, -10, 10)
    return log_likelihood - 0.5 * np.sum(mean**2 + np.exp(v) - 1 - v, axis=-1)


@wrong("elbo", says="很大或很小")
def elbo_with_a_small_constant(log_likelihood, mean, log_var):
    s2 = np.exp(log_var)
    return log_likelihood - 0.5 * np.sum(mean**2 + s2 - 1 - np.log(s2 + 1e-8), axis=-1)


@wrong("elbo", says=None)
def likelihood_clipped(log_likelihood, mean, log_var):
    kl = 0.5 * np.sum(mean**2 + np.expm1(log_var) - log_var, axis=-1)
    return np.maximum(log_likelihood, -100) - kl


@wrong("elbo", says=None)
def never_positive(log_likelihood, mean, log_var):
    return np.minimum(log_likelihood - 0.5 * np.sum(mean**2 + np.expm1(log_var) - log_var, axis=-1), 0)


@wrong("elbo", says=None)
def free_bits_in_the_bound(log_likelihood, mean, log_var):
    kl = np.maximum(0.5 * (mean**2 + np.expm1(log_var) - log_var), 0.05)
    return log_likelihood - kl.sum(axis=-1)


@wrong("importance_weighted_bound", says=None)
def weights_with_a_small_constant(log_likelihood, log_prior, log_q):
    a = log_likelihood + log_prior - log_q
    m = a.max(axis=0)
    return m + np.log(np.mean(np.exp(a - m), axis=0) + 1e-8)


@wrong("importance_weighted_bound", says=None)
def weights_clipped(log_likelihood, log_prior, log_q):
    a = np.clip(log_likelihood + log_prior - log_q, -500, 500)
    return np.logaddexp.reduce(a, axis=0) - np.log(len(a))


@wrong("importance_weighted_bound", says=None)
def divided_by_the_rows(log_likelihood, log_prior, log_q):
    a = log_likelihood + log_prior - log_q
    return np.logaddexp.reduce(a, axis=0) - np.log(a.shape[1])


@wrong("importance_weighted_bound", says="改動了輸入")
def accumulates_in_place(log_likelihood, log_prior, log_q):
    log_likelihood += log_prior
    log_likelihood -= log_q
    return np.logaddexp.reduce(log_likelihood, axis=0) - np.log(len(log_likelihood))
