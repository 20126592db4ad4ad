"""ex02 的其他正確寫法：檢查不可以挑剔。"""

import math

import numpy as np

from vae_from_scratch.course.answers import right


@right("standard_deviation")
def power_of_e(log_var):
    return np.e ** (np.asarray(log_var) / 2)


@right("standard_deviation")
def square_root_after_halving(log_var):
    return np.exp(log_var / 4) ** 2


@right("standard_deviation")
def element_by_element(log_var):
    return np.vectorize(lambda value: math.exp(value / 2))(log_var)


@right("standard_deviation")
def nested_lists(log_var):
    return np.exp(0.5 * log_var).tolist()


@right("reparameterize")
def loop_over_rows(mean, log_var, noise):
    rows = [m + np.exp(v / 2) * e for m, v, e in zip(mean, log_var, noise, strict=True)]
    return np.array(rows)


@right("reparameterize")
def square_root_of_variance(mean, log_var, noise):
    return mean + np.sqrt(np.exp(log_var)) * noise


@right("reparameterize")
def diagonal_matrices(mean, log_var, noise):
    return mean + np.einsum("nij,nj->ni", np.exp(0.5 * log_var)[:, :, None] * np.eye(log_var.shape[1]), noise)


@right("dz_dvariance")
def powers(noise, variance):
    return 0.5 * noise * variance**-0.5


@right("dz_dvariance")
def two_steps(noise, variance):
    std = np.sqrt(variance)
    return noise * (std / (2 * variance))


@right("gradient_wrt_mean_and_log_var")
def through_the_sample(dL_dz, log_var, noise):
    shift = np.exp(log_var / 2) * noise  # z − μ
    return dL_dz * np.ones_like(shift), dL_dz * shift / 2


@right("gradient_wrt_mean_and_log_var")
def through_the_variance(dL_dz, log_var, noise):
    variance = np.exp(log_var)
    return [dL_dz, dL_dz * noise / (2 * np.sqrt(variance)) * variance]


@right("log_prob_by_change_of_variables")
def logarithm_of_the_density(log_var, noise):
    density = np.exp(-0.5 * noise**2) / np.sqrt(2 * np.pi) / np.exp(log_var / 2)
    return np.log(np.prod(density, axis=1))


@right("log_prob_by_change_of_variables")
def three_terms(log_var, noise):
    d = noise.shape[-1]
    return -d / 2 * math.log(2 * math.pi) - (noise**2).sum(-1) / 2 - log_var.sum(-1) / 2


@right("mean_gradient_estimates")
def score_from_z(f, df, mean, log_var, noise):
    variance = math.exp(log_var)
    z = mean + math.sqrt(variance) * noise
    return df(z), f(z) * (z - mean) / variance


@right("mean_gradient_estimates")
def one_noise_at_a_time(f, df, mean, log_var, noise):
    std = math.exp(log_var / 2)
    z = [mean + std * e for e in noise]
    return (
        np.array([float(df(np.array(point))) for point in z]),
        np.array([float(f(np.array(point))) * e / std for point, e in zip(z, noise, strict=True)]),
    )


# ---- 型別與次序：說明答應收什麼，就收什麼 ----------------------------------------


@right("standard_deviation")
def zero_dimensional(log_var):
    return np.asarray(np.exp(np.asarray(log_var) / 2))


@right("standard_deviation")
def in_two_quarters(log_var):
    return np.exp(np.multiply(log_var, 0.25)) ** 2


@right("reparameterize")
def works_on_a_copy(mean, log_var, noise):
    z = noise.copy()
    z *= np.exp(log_var / 2)
    z += mean
    return z


@right("gradient_wrt_mean_and_log_var")
def returns_a_copy_in_a_list(dL_dz, log_var, noise):
    return [dL_dz.copy(), dL_dz * (np.exp(0.5 * log_var) * (0.5 * noise))]


@right("mean_gradient_estimates")
def works_with_arrays_of_zero_dimensions(f, df, mean, log_var, noise):
    std = np.exp(np.asarray(log_var) / 2)
    z = np.asarray(mean) + std * noise
    return np.array(df(z)), np.array(f(z)) * (z - mean) / std**2
