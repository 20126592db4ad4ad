"""ex04 的其他正確寫法：檢查不可以挑剔。"""

import math

import numpy as np

from vae_from_scratch.course.answers import right


@right("sum_of_marginal_kls")
def einsum_diagonal(mean, cov):
    variance = np.einsum("nii->ni", cov)
    return (mean**2 + variance - np.log(variance)).sum(axis=1) / 2 - mean.shape[1] / 2


@right("sum_of_marginal_kls")
def loop_over_dimensions(mean, cov):
    total = np.zeros(len(mean))
    for i in range(mean.shape[1]):
        total += 0.5 * (mean[:, i] ** 2 + cov[:, i, i] - 1 - np.log(cov[:, i, i]))
    return total


@right("sum_of_marginal_kls")
def plain_python(mean, cov):
    return [
        sum(
            0.5 * (m * m + row[i] - 1 - math.log(row[i]))
            for i, (m, row) in enumerate(zip(ms, c, strict=True))
        )
        for ms, c in zip(mean, cov, strict=True)
    ]


@right("kl_full_covariance")
def from_eigenvalues(mean, cov):
    excess = np.linalg.eigvalsh(cov) - 1
    return 0.5 * ((mean**2).sum(axis=-1) + (excess - np.log1p(excess)).sum(axis=-1))


@right("kl_full_covariance")
def from_cholesky(mean, cov):
    factor = np.linalg.cholesky(cov)
    log_det = 2 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    return 0.5 * ((factor**2).sum(axis=(1, 2)) + (mean**2).sum(axis=1) - mean.shape[1] - log_det)


@right("kl_full_covariance")
def row_by_row(mean, cov):
    return np.array(
        [
            0.5 * (np.trace(c) + m @ m - len(m) - np.linalg.slogdet(c).logabsdet)
            for m, c in zip(mean, cov, strict=True)
        ]
    )


@right("kl_full_covariance")
def through_singular_values(mean, cov):
    values = np.linalg.svd(cov, compute_uv=False)
    return 0.5 * (np.sum(values - 1 - np.log(values), axis=-1) + np.einsum("ni,ni->n", mean, mean))


@right("total_correlation")
def correlation_matrix(cov):
    std = np.sqrt(np.einsum("nii->ni", cov))
    return -0.5 * np.linalg.slogdet(cov / (std[:, :, None] * std[:, None, :]))[1]


@right("total_correlation")
def difference_of_two_kls(cov):
    mean = np.zeros(cov.shape[:-1])
    variance = np.einsum("nii->ni", cov)
    whole = 0.5 * (variance.sum(-1) - mean.shape[-1] - np.linalg.slogdet(cov)[1])
    return whole - 0.5 * np.sum(variance - 1 - np.log(variance), axis=-1)


@right("total_correlation")
def chain_of_conditionals(cov):
    """一維一維給定前面的：½ Σ log(Σ_ii / 條件變異數)；Cholesky 的對角線就是條件標準差。"""
    factor = np.linalg.cholesky(cov)
    conditional = np.einsum("nii->ni", factor) ** 2
    return 0.5 * np.log(np.einsum("nii->ni", cov) / conditional).sum(axis=-1)


@right("factorized_fit")
def loop_over_matrices(cov):
    reverse = np.array([1 / np.diag(np.linalg.inv(c)) for c in cov])
    return reverse, np.array([np.diag(c) for c in cov])


@right("factorized_fit")
def by_solving(cov):
    identity = np.broadcast_to(np.eye(cov.shape[-1]), cov.shape)
    precision = np.linalg.solve(cov, identity)
    return [1 / np.einsum("nii->ni", precision), 1.0 * np.einsum("nii->ni", cov)]


@right("factorized_fit")
def ratio_of_determinants(cov):
    d = cov.shape[-1]
    keep = [[j for j in range(d) if j != i] for i in range(d)]
    minors = np.stack([np.linalg.det(cov[:, k][:, :, k]) for k in keep], axis=-1)
    return np.linalg.det(cov)[:, None] / minors, np.diagonal(cov, axis1=1, axis2=2)


@right("linear_posterior")
def sherman_morrison(w, noise_variance, x):
    total = noise_variance + w @ w
    return np.outer(x / total, w), np.eye(len(w)) - np.outer(w, w) / total


@right("linear_posterior")
def by_broadcasting(w, noise_variance, x):
    precision = np.eye(len(w)) + w[:, None] * w / noise_variance
    mean = x[:, None] * np.linalg.solve(precision, w / noise_variance)
    return mean, np.linalg.inv(precision)


@right("linear_posterior")
def conditioning_the_joint(w, noise_variance, x):
    d = len(w)
    joint = np.eye(d + 1)
    joint[:d, d] = joint[d, :d] = w
    joint[d, d] = w @ w + noise_variance
    gain = joint[:d, d] / joint[d, d]
    return [[gain * value for value in x], joint[:d, :d] - np.outer(gain, joint[d, :d])]


@right("cost_of_diagonal")
def kl_of_the_fit(cov):
    precision = np.linalg.inv(cov)
    s2 = 1 / np.einsum("nii->ni", precision)
    quadratic = np.einsum("nii,ni->n", precision, s2)
    return 0.5 * (quadratic - cov.shape[-1] - np.log(s2).sum(axis=-1) + np.linalg.slogdet(cov)[1])


@right("cost_of_diagonal")
def from_the_precision(cov):
    precision = np.linalg.inv(cov)
    return 0.5 * (np.log(np.einsum("nii->ni", precision)).sum(-1) - np.linalg.slogdet(precision)[1])


@right("cost_of_diagonal")
def total_correlation_of_the_precision(cov):
    """同一個公式，把 Λ 當成共變異數：−½ log det 的「相關係數矩陣」。"""
    precision = np.linalg.inv(cov)
    scale = np.sqrt(np.einsum("nii->ni", precision))
    return -0.5 * np.linalg.slogdet(precision / (scale[:, :, None] * scale[:, None, :]))[1]


# ---- 型別與次序：說明答應收什麼，就收什麼 ----------------------------------------


@right("sum_of_marginal_kls")
def diagonal_with_einsum(mean, cov):
    variance = np.einsum("nii->ni", cov).copy()
    return 0.5 * np.einsum("nd,nd->n", mean, mean) + 0.5 * (variance - 1 - np.log(variance)).sum(-1)


@right("kl_full_covariance")
def symmetrized_first(mean, cov):
    c = (cov + np.swapaxes(cov, 1, 2)) / 2
    log_det = np.linalg.slogdet(c).logabsdet
    return [0.5 * (np.trace(a) + m @ m - len(m) - b) for a, m, b in zip(c, mean, log_det, strict=True)]


@right("factorized_fit")
def one_matrix_at_a_time(cov):
    reverse = [1 / np.diag(np.linalg.inv(matrix)) for matrix in cov]
    return np.array(reverse), np.array([np.diag(matrix) for matrix in cov])


@right("linear_posterior")
def solves_for_the_mean(w, noise_variance, x):
    precision = np.identity(w.size) + np.outer(w, w) / noise_variance
    return np.linalg.solve(precision, np.outer(w, x) / noise_variance).T, np.linalg.inv(precision)
