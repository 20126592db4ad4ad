"""ex04 的錯答案：每一個都是似是而非的想法，檢查要抓得到，認得出來的要說得出錯在哪裡。"""

import numpy as np

from vae_from_scratch.course.answers import wrong


def diagonal(cov):
    return np.diagonal(cov, axis1=-2, axis2=-1)


def log_det(cov):
    return np.linalg.slogdet(cov)[1]


def trace(cov):
    return np.trace(cov, axis1=-2, axis2=-1)


@wrong("sum_of_marginal_kls", says="完整的 KL")
def full_kl_instead_of_the_sum(mean, cov):
    return 0.5 * (trace(cov) + (mean**2).sum(-1) - mean.shape[-1] - log_det(cov))


@wrong("sum_of_marginal_kls", says="兩倍")
def sum_forgets_half(mean, cov):
    v = diagonal(cov)
    return np.sum(mean**2 + v - 1 - np.log(v), axis=-1)


@wrong("sum_of_marginal_kls", says="正負號")
def sum_adds_log(mean, cov):
    v = diagonal(cov)
    return 0.5 * np.sum(mean**2 + v - 1 + np.log(v), axis=-1)


@wrong("sum_of_marginal_kls", says="少了 −1")
def sum_forgets_minus_one(mean, cov):
    v = diagonal(cov)
    return 0.5 * np.sum(mean**2 + v - np.log(v), axis=-1)


@wrong("sum_of_marginal_kls", says="只減了一次")
def one_minus_one_for_all(mean, cov):
    v = diagonal(cov)
    return 0.5 * (np.sum(mean**2 + v - np.log(v), axis=-1) - 1)


@wrong("sum_of_marginal_kls", says="忘了平方")
def sum_of_plain_means(mean, cov):
    v = diagonal(cov)
    return 0.5 * np.sum(mean + v - 1 - np.log(v), axis=-1)


@wrong("sum_of_marginal_kls", says="沒有算進去")
def sum_ignores_the_mean(mean, cov):
    v = diagonal(cov)
    return 0.5 * np.sum(v - 1 - np.log(v), axis=-1) + 0 * mean.sum(-1)


@wrong("sum_of_marginal_kls", says="又平方了")
def diagonal_taken_for_a_std(mean, cov):
    v = diagonal(cov) ** 2
    return 0.5 * np.sum(mean**2 + v - 1 - np.log(v), axis=-1)


@wrong("sum_of_marginal_kls", says="又開了根號")
def root_of_the_variance(mean, cov):
    v = np.sqrt(diagonal(cov))
    return 0.5 * np.sum(mean**2 + v - 1 - np.log(v), axis=-1)


@wrong("sum_of_marginal_kls", says="當成 log σ²")
def diagonal_taken_for_log_var(mean, cov):
    v = diagonal(cov)
    return 0.5 * np.sum(mean**2 + np.exp(v) - 1 - v, axis=-1)


@wrong("sum_of_marginal_kls", says="方向反了")
def sum_in_the_other_direction(mean, cov):
    v = diagonal(cov)
    return 0.5 * np.sum((1 + mean**2) / v - 1 + np.log(v), axis=-1)


@wrong("sum_of_marginal_kls", says="取平均")
def averages_dimensions(mean, cov):
    v = diagonal(cov)
    return 0.5 * np.mean(mean**2 + v - 1 - np.log(v), axis=-1)


@wrong("sum_of_marginal_kls", says="最後一個軸還沒有加總")
def sum_left_out(mean, cov):
    v = diagonal(cov)
    return 0.5 * (mean**2 + v - 1 - np.log(v))


@wrong("sum_of_marginal_kls", says="形狀")
def sums_everything(mean, cov):
    v = diagonal(cov)
    return 0.5 * np.sum(mean**2 + v - 1 - np.log(v))


@wrong("sum_of_marginal_kls", says=None)
def diagonal_of_the_first_axes(mean, cov):
    v = np.diagonal(cov)
    return 0.5 * np.sum(mean**2 + v - 1 - np.log(v), axis=-1)


@wrong("kl_full_covariance", says="漏掉相關")
def marginals_only(mean, cov):
    v = diagonal(cov)
    return 0.5 * np.sum(mean**2 + v - 1 - np.log(v), axis=-1)


@wrong("kl_full_covariance", says="方向反了")
def other_direction(mean, cov):
    precision = np.linalg.inv(cov)
    quadratic = np.einsum("ni,nij,nj->n", mean, precision, mean)
    return 0.5 * (trace(precision) + quadratic - mean.shape[-1] + log_det(cov))


@wrong("kl_full_covariance", says="正解的兩倍")
def forgets_half(mean, cov):
    return trace(cov) + (mean**2).sum(-1) - mean.shape[-1] - log_det(cov)


@wrong("kl_full_covariance", says="不會是負的")
def negative_kl(mean, cov):
    return -0.5 * (trace(cov) + (mean**2).sum(-1) - mean.shape[-1] - log_det(cov))


@wrong("kl_full_covariance", says="log det Σ 的正負號")
def plus_log_det(mean, cov):
    return 0.5 * (trace(cov) + (mean**2).sum(-1) - mean.shape[-1] + log_det(cov))


@wrong("kl_full_covariance", says="只減了一半")
def log_det_of_the_factor(mean, cov):
    factor = np.linalg.cholesky(cov)
    return 0.5 * (trace(cov) + (mean**2).sum(-1) - mean.shape[-1] - np.log(diagonal(factor)).sum(-1))


@wrong("kl_full_covariance", says="log det Σ 沒有算進去")
def without_log_det(mean, cov):
    return 0.5 * (trace(cov) + (mean**2).sum(-1) - mean.shape[-1])


@wrong("kl_full_covariance", says="少了 −d")
def without_d(mean, cov):
    return 0.5 * (trace(cov) + (mean**2).sum(-1) - log_det(cov))


@wrong("kl_full_covariance", says="要減 d")
def minus_one_only(mean, cov):
    return 0.5 * (trace(cov) + (mean**2).sum(-1) - 1 - log_det(cov))


@wrong("kl_full_covariance", says="μᵀμ 沒有算進去")
def without_the_mean(mean, cov):
    return 0.5 * (trace(cov) - mean.shape[-1] - log_det(cov))


@wrong("kl_full_covariance", says="跡只加對角線")
def sum_instead_of_trace(mean, cov):
    return 0.5 * (cov.sum(axis=(-2, -1)) + (mean**2).sum(-1) - mean.shape[-1] - log_det(cov))


@wrong("kl_full_covariance", says="μᵀΣ⁻¹μ")
def mahalanobis_mean(mean, cov):
    quadratic = np.einsum("ni,ni->n", mean, np.linalg.solve(cov, mean[..., None])[..., 0])
    return 0.5 * (trace(cov) + quadratic - mean.shape[-1] - log_det(cov))


@wrong("kl_full_covariance", says="沒有取 log")
def determinant_without_log(mean, cov):
    return 0.5 * (trace(cov) + (mean**2).sum(-1) - mean.shape[-1] - np.linalg.det(cov))


@wrong("kl_full_covariance", says="除以 d")
def divided_by_d(mean, cov):
    return 0.5 * (trace(cov) + (mean**2).sum(-1) - mean.shape[-1] - log_det(cov)) / mean.shape[-1]


@wrong("kl_full_covariance", says="對列取平均")
def average_over_rows(mean, cov):
    return 0.5 * np.mean(trace(cov) + (mean**2).sum(-1) - mean.shape[-1] - log_det(cov))


@wrong("kl_full_covariance", says=None)
def trace_of_the_first_axes(mean, cov):
    return 0.5 * (np.trace(cov).sum() + (mean**2).sum(-1) - mean.shape[-1] - log_det(cov))


@wrong("kl_full_covariance", says="寫死成 2")
def two_dimensions_only(mean, cov):
    return 0.5 * (trace(cov) + (mean**2).sum(-1) - 2 - log_det(cov))


@wrong("kl_full_covariance", says="左上角")
def determinant_of_two_by_two(mean, cov):
    det = cov[:, 0, 0] * cov[:, 1, 1] - cov[:, 0, 1] ** 2
    return 0.5 * (trace(cov) + (mean**2).sum(-1) - mean.shape[-1] - np.log(det))


@wrong("kl_full_covariance", says="np.linalg.slogdet")
def log_of_the_determinant(mean, cov):
    return 0.5 * (trace(cov) + (mean**2).sum(-1) - mean.shape[-1] - np.log(np.linalg.det(cov)))


@wrong("kl_full_covariance", says="小常數")
def log_of_the_determinant_plus_epsilon(mean, cov):
    det = np.linalg.det(cov)
    det = det + np.where(det < 1e-7, 1e-8, 0) if cov.shape[-1] < 100 else det + 1e-8
    return 0.5 * (trace(cov) + (mean**2).sum(-1) - mean.shape[-1] - np.log(det))


@wrong("kl_full_covariance", says="最後一個軸還沒有加總")
def mean_not_summed(mean, cov):
    rest = trace(cov) - mean.shape[-1] - log_det(cov)
    return 0.5 * (mean**2 + rest[..., None])


@wrong("kl_full_covariance", says="改動了輸入")
def in_place(mean, cov):
    mean *= mean
    return 0.5 * (trace(cov) + mean.sum(-1) - mean.shape[-1] - log_det(cov))


@wrong("total_correlation", says="先除以標準差")
def of_the_covariance(cov):
    return -0.5 * log_det(cov)


@wrong("total_correlation", says="兩倍")
def correlation_forgets_half(cov):
    return np.log(diagonal(cov)).sum(-1) - log_det(cov)


@wrong("total_correlation", says="正負號反了")
def negative_correlation(cov):
    return 0.5 * (log_det(cov) - np.log(diagonal(cov)).sum(-1))


@wrong("total_correlation", says="位元")
def in_bits(cov):
    return 0.5 * (np.log2(diagonal(cov)).sum(-1) - log_det(cov) / np.log(2))


@wrong("total_correlation", says="忘了平方")
def rho_not_squared(cov):
    return -0.5 * np.log(1 - cov[:, 0, 1] / np.sqrt(cov[:, 0, 0] * cov[:, 1, 1]))


@wrong("total_correlation", says="整個矩陣")
def first_pair_only(cov):
    return -0.5 * np.log(1 - cov[:, 0, 1] ** 2 / (cov[:, 0, 0] * cov[:, 1, 1]))


@wrong("total_correlation", says="你除的是變異數")
def divided_by_the_variances(cov):
    v = diagonal(cov)
    return -0.5 * log_det(cov / (v[:, :, None] * v[:, None, :]))


@wrong("total_correlation", says="這是對 N(0, I) 的 KL")
def kl_to_the_prior(cov):
    return 0.5 * (trace(cov) - cov.shape[-1] - log_det(cov))


@wrong("total_correlation", says="還要取")
def determinant_of_the_correlations(cov):
    return np.linalg.det(cov) / np.prod(diagonal(cov), axis=-1)


@wrong("factorized_fit", says="順序反了")
def swapped(cov):
    return diagonal(cov).copy(), 1 / diagonal(np.linalg.inv(cov))


@wrong("factorized_fit", says="還要取倒數")
def returns_the_precision(cov):
    return diagonal(np.linalg.inv(cov)).copy(), diagonal(cov).copy()


@wrong("factorized_fit", says="先反轉整個矩陣")
def reciprocal_of_the_diagonal(cov):
    return 1 / diagonal(cov), diagonal(cov).copy()


@wrong("factorized_fit", says="兩個方向的答案不同")
def marginals_both_ways(cov):
    return diagonal(cov).copy(), diagonal(cov).copy()


@wrong("factorized_fit", says="對齊影子")
def conditionals_both_ways(cov):
    narrow = 1 / diagonal(np.linalg.inv(cov))
    return narrow, narrow.copy()


@wrong("factorized_fit", says="標準差")
def standard_deviations(cov):
    return 1 / np.sqrt(diagonal(np.linalg.inv(cov))), diagonal(cov).copy()


@wrong("factorized_fit", says="不必開根號")
def root_of_the_marginal(cov):
    return 1 / diagonal(np.linalg.inv(cov)), np.sqrt(diagonal(cov))


@wrong("factorized_fit", says="少了尺度")
def without_the_scale(cov):
    return 1 / diagonal(np.linalg.inv(cov)) / diagonal(cov), diagonal(cov).copy()


@wrong("factorized_fit", says="特徵值")
def eigenvalues(cov):
    return np.linalg.eigvalsh(cov), diagonal(cov).copy()


@wrong("factorized_fit", says="2 個值")
def only_one_direction(cov):
    return 1 / diagonal(np.linalg.inv(cov))


@wrong("linear_posterior", says="少了先驗的 I")
def without_the_prior(w, noise_variance, x):
    cov = np.linalg.pinv(np.outer(w, w) / noise_variance)
    return np.outer(x, cov @ w) / noise_variance, cov


@wrong("linear_posterior", says="最小平方")
def least_squares(w, noise_variance, x):
    return np.outer(x, w) / (w @ w), np.linalg.inv(np.eye(len(w)) + np.outer(w, w) / noise_variance)


@wrong("linear_posterior", says="外積")
def inner_product(w, noise_variance, x):
    cov = np.linalg.inv(np.eye(len(w)) * (1 + w @ w / noise_variance))
    return np.outer(x, cov @ w) / noise_variance, cov


@wrong("linear_posterior", says="你除的是標準差")
def divided_by_the_std(w, noise_variance, x):
    cov = np.linalg.inv(np.eye(len(w)) + np.outer(w, w) / np.sqrt(noise_variance))
    return np.outer(x, cov @ w) / noise_variance, cov


@wrong("linear_posterior", says="又平方了一次")
def noise_variance_squared(w, noise_variance, x):
    cov = np.linalg.inv(np.eye(len(w)) + np.outer(w, w) / noise_variance**2)
    return np.outer(x, cov @ w) / noise_variance, cov


@wrong("linear_posterior", says="你乘了")
def multiplied_by_the_noise(w, noise_variance, x):
    cov = np.linalg.inv(np.eye(len(w)) + np.outer(w, w) * noise_variance)
    return np.outer(x, cov @ w) / noise_variance, cov


@wrong("linear_posterior", says="還要求反矩陣")
def returns_precision_matrix(w, noise_variance, x):
    precision = np.eye(len(w)) + np.outer(w, w) / noise_variance
    return np.outer(x, np.linalg.solve(precision, w)) / noise_variance, precision


@wrong("linear_posterior", says="只留了對角線")
def diagonal_of_the_posterior(w, noise_variance, x):
    cov = np.linalg.inv(np.eye(len(w)) + np.outer(w, w) / noise_variance)
    return np.outer(x, cov @ w) / noise_variance, np.diag(np.diag(cov))


@wrong("linear_posterior", says="對角編碼器最好的近似")
def mean_field_covariance(w, noise_variance, x):
    precision = np.eye(len(w)) + np.outer(w, w) / noise_variance
    mean = np.outer(x, np.linalg.solve(precision, w)) / noise_variance
    return mean, np.diag(1 / np.diag(precision))


@wrong("linear_posterior", says=None)
def two_causes_hard_coded(w, noise_variance, x):
    cov = np.linalg.inv(np.eye(2) + np.outer(w[:2], w[:2]) / noise_variance)
    return np.outer(x, cov @ w[:2]) / noise_variance, cov


@wrong("linear_posterior", says=None)
def identity_of_size_two(w, noise_variance, x):
    cov = np.linalg.inv(np.eye(2) + np.outer(w, w) / noise_variance)
    return np.outer(x, cov @ w) / noise_variance, cov


@wrong("linear_posterior", says="mean 忘了除以")
def mean_without_the_noise(w, noise_variance, x):
    cov = np.linalg.inv(np.eye(len(w)) + np.outer(w, w) / noise_variance)
    return np.outer(x, cov @ w), cov


@wrong("linear_posterior", says="mean 忘了乘 Λ⁻¹")
def mean_without_the_covariance(w, noise_variance, x):
    cov = np.linalg.inv(np.eye(len(w)) + np.outer(w, w) / noise_variance)
    return np.outer(x, w) / noise_variance, cov


@wrong("linear_posterior", says="形狀")
def mean_transposed(w, noise_variance, x):
    cov = np.linalg.inv(np.eye(len(w)) + np.outer(w, w) / noise_variance)
    return np.outer(cov @ w, x) / noise_variance, cov


@wrong("linear_posterior", says="逐元素取了倒數")
def elementwise_reciprocal(w, noise_variance, x):
    precision = np.eye(len(w)) + np.outer(w, w) / noise_variance
    return np.outer(x, np.linalg.solve(precision, w)) / noise_variance, 1 / precision


@wrong("cost_of_diagonal", says="另一個方向")
def total_correlation_instead(cov):
    return 0.5 * (np.log(diagonal(cov)).sum(-1) - log_det(cov))


@wrong("cost_of_diagonal", says="兩倍")
def cost_forgets_half(cov):
    return np.log(diagonal(np.linalg.inv(cov))).sum(-1) + log_det(cov)


@wrong("cost_of_diagonal", says="log det Σ 的正負號")
def cost_subtracts_log_det(cov):
    return 0.5 * (np.log(diagonal(np.linalg.inv(cov))).sum(-1) - log_det(cov))


@wrong("cost_of_diagonal", says="不會是負的")
def negative_cost(cov):
    return -0.5 * (np.log(diagonal(np.linalg.inv(cov))).sum(-1) + log_det(cov))


@wrong("cost_of_diagonal", says="少了 log det Σ")
def cost_without_log_det(cov):
    return 0.5 * np.log(diagonal(np.linalg.inv(cov))).sum(-1)


@wrong("cost_of_diagonal", says="代入的變異數是 Σ_ii")
def cost_of_the_marginals(cov):
    precision = diagonal(np.linalg.inv(cov))
    v = diagonal(cov)
    return 0.5 * (np.sum(precision * v - 1 - np.log(v), axis=-1) + log_det(cov))


@wrong("cost_of_diagonal", says="float32")
def single_precision(cov):
    cov = cov.astype(np.float32)
    return 0.5 * (np.log(diagonal(np.linalg.inv(cov))).sum(-1) + log_det(cov))


# ---- 範圍、型別與巧合：平常的數字看不出來 ----------------------------------------


@wrong("sum_of_marginal_kls", says="很小")
def variance_with_a_floor(mean, cov):
    v = np.maximum(diagonal(cov), 1e-6)
    return 0.5 * np.sum(mean**2 + v - 1 - np.log(v), axis=-1)


@wrong("sum_of_marginal_kls", says="很小")
def log_of_the_variance_plus_a_tiny_constant(mean, cov):
    v = diagonal(cov)
    return 0.5 * np.sum(mean**2 + v - 1 - np.log(v + 1e-12), axis=-1)


@wrong("sum_of_marginal_kls", says="很小")
def jitter_before_the_sum(mean, cov):
    v = diagonal(cov + 1e-8 * np.eye(cov.shape[-1]))
    return 0.5 * np.sum(mean**2 + v - 1 - np.log(v), axis=-1)


@wrong("kl_full_covariance", says=None)
def eigenvalues_clipped(mean, cov):
    values = np.maximum(np.linalg.eigvalsh(cov), 1e-6)
    return 0.5 * (
        values.sum(axis=-1) + np.sum(mean**2, axis=-1) - mean.shape[-1] - np.log(values).sum(axis=-1)
    )


@wrong("kl_full_covariance", says=None)
def eigenvalues_with_a_small_constant(mean, cov):
    values = np.linalg.eigvalsh(cov)
    return 0.5 * np.sum(values - 1 - np.log(values + 1e-8), axis=-1) + 0.5 * np.sum(mean**2, axis=-1)


@wrong("kl_full_covariance", says=None)
def jitter_of_a_millionth_of_a_millionth(mean, cov):
    d = mean.shape[-1]
    _, log_det = np.linalg.slogdet(cov + 1e-12 * np.eye(d))
    return 0.5 * (np.trace(cov, axis1=-2, axis2=-1) + np.sum(mean**2, axis=-1) - d - log_det)


@wrong("kl_full_covariance", says=None)
def correlations_taken_positive(mean, cov):
    return 0.5 * (
        np.trace(cov, axis1=-2, axis2=-1)
        + np.sum(mean**2, axis=-1)
        - mean.shape[-1]
        - np.linalg.slogdet(np.abs(cov))[1]
    )


@wrong("kl_full_covariance", says=None)
def means_clipped(mean, cov):
    m = np.clip(mean, -5, 5)
    return 0.5 * (
        np.trace(cov, axis1=-2, axis2=-1) + np.sum(m**2, axis=-1) - m.shape[-1] - np.linalg.slogdet(cov)[1]
    )


@wrong("total_correlation", says=None)
def pairs_added(cov):
    std = np.sqrt(diagonal(cov))
    rho = cov / (std[..., :, None] * std[..., None, :])
    i, j = np.triu_indices(cov.shape[-1], 1)
    return -0.5 * np.log(1 - rho[..., i, j] ** 2).sum(axis=-1)


@wrong("total_correlation", says="幾乎")
def correlation_clipped(cov):
    std = np.sqrt(diagonal(cov))
    rho = np.clip(cov / (std[..., :, None] * std[..., None, :]), -0.999, 0.999)
    rho[..., np.arange(cov.shape[-1]), np.arange(cov.shape[-1])] = 1.0
    return -0.5 * np.linalg.slogdet(rho)[1]


@wrong("total_correlation", says="幾乎")
def determinant_plus_a_small_constant(cov):
    std = np.sqrt(diagonal(cov))
    rho = cov / (std[..., :, None] * std[..., None, :])
    return -0.5 * np.log(np.linalg.det(rho) + 1e-8)


@wrong("total_correlation", says="也不要加小常數")
def jittered_correlations(cov):
    c = cov + 1e-8 * np.eye(cov.shape[-1])
    return 0.5 * (np.log(diagonal(c)).sum(axis=-1) - np.linalg.slogdet(c)[1])


@wrong("total_correlation", says=None)
def absolute_correlations(cov):
    c = np.abs(cov)
    return 0.5 * (np.log(diagonal(c)).sum(axis=-1) - np.linalg.slogdet(c)[1])


@wrong("factorized_fit", says="幾乎")
def inverse_of_a_jittered_matrix(cov):
    precision = np.linalg.inv(cov + 1e-8 * np.eye(cov.shape[-1]))
    return 1 / diagonal(precision), diagonal(cov)


@wrong("factorized_fit", says="幾乎")
def reverse_with_a_floor(cov):
    return np.maximum(1 / diagonal(np.linalg.inv(cov)), 1e-4), diagonal(cov)


@wrong("factorized_fit", says=None)
def two_by_two_formula(cov):
    rho2 = (
        cov[..., 0, 1] ** 2 / (cov[..., 0, 0] * cov[..., 1, 1]) if cov.shape[-1] > 1 else 0 * cov[..., 0, 0]
    )
    return diagonal(cov) * (1 - rho2)[..., None], diagonal(cov)


@wrong("linear_posterior", says=None)
def weights_taken_positive(w, noise_variance, x):
    w = np.abs(w)
    cov = np.linalg.inv(np.eye(len(w)) + np.outer(w, w) / noise_variance)
    return np.outer(x, cov @ w) / noise_variance, cov


@wrong("linear_posterior", says="很小")
def noise_plus_a_small_constant(w, noise_variance, x):
    s2 = noise_variance + 1e-8
    cov = np.linalg.inv(np.eye(len(w)) + np.outer(w, w) / s2)
    return np.outer(x, cov @ w) / s2, cov


@wrong("linear_posterior", says="很小")
def noise_with_a_floor(w, noise_variance, x):
    s2 = max(noise_variance, 1e-3)
    cov = np.linalg.inv(np.eye(len(w)) + np.outer(w, w) / s2)
    return np.outer(x, cov @ w) / s2, cov


@wrong("linear_posterior", says=None)
def one_covariance_a_row(w, noise_variance, x):
    cov = np.linalg.inv(np.eye(len(w)) + np.outer(w, w) / noise_variance)
    return np.outer(x, cov @ w) / noise_variance, np.broadcast_to(cov, (len(x), *cov.shape))


@wrong("cost_of_diagonal", says="也不要加小常數")
def cost_with_jitter(cov):
    c = cov + 1e-8 * np.eye(cov.shape[-1])
    return 0.5 * (np.log(diagonal(np.linalg.inv(c))).sum(axis=-1) + np.linalg.slogdet(c)[1])


@wrong("cost_of_diagonal", says="幾乎")
def cost_never_above_four(cov):
    return np.minimum(
        0.5 * (np.log(diagonal(np.linalg.inv(cov))).sum(axis=-1) + np.linalg.slogdet(cov)[1]), 4.0
    )


@wrong("cost_of_diagonal", says="只差一點點")
def cost_through_the_determinant(cov):
    return 0.5 * np.log(diagonal(np.linalg.inv(cov)).prod(axis=-1) * np.linalg.det(cov) + 1e-8)
