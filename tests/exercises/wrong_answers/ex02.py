"""ex02 的錯答案：每一個都是似是而非的想法，檢查要抓得到，認得出來的要說得出錯在哪裡。"""

import numpy as np

from vae_from_scratch.course.answers import wrong


def sigma(log_var):
    return np.exp(0.5 * np.asarray(log_var))


@wrong("standard_deviation", says="變異數")
def variance_instead(log_var):
    return np.exp(log_var)


@wrong("standard_deviation", says="還沒有取 exp")
def half_of_log_var(log_var):
    return log_var / 2


@wrong("standard_deviation", says="1/σ")
def sign_of_exponent(log_var):
    return np.exp(-0.5 * log_var)


@wrong("standard_deviation", says="先除以 2")
def halves_after_exp(log_var):
    return np.exp(log_var) / 2


@wrong("standard_deviation", says="它是 log σ²")
def log_var_taken_for_log_std(log_var):
    return np.exp(2 * log_var)


@wrong("standard_deviation", says="開根號")
def root_of_log_var(log_var):
    return np.sqrt(np.abs(log_var))


@wrong("standard_deviation", says="溢位")
def overflows(log_var):
    return np.sqrt(np.exp(log_var))


@wrong("standard_deviation", says="截斷")
def clipped(log_var):
    return np.exp(0.5 * np.clip(log_var, -20, 20))


@wrong("standard_deviation", says="小常數")
def with_epsilon(log_var):
    return np.exp(0.5 * log_var) + 1e-8


@wrong("standard_deviation", says="return")
def forgets_return(log_var):
    np.exp(0.5 * log_var)


@wrong("standard_deviation", says="float64")
def single_precision(log_var):
    return np.exp(0.5 * np.asarray(log_var, dtype=np.float32))


@wrong("standard_deviation", says="改動了輸入")
def in_place(log_var):
    log_var *= 0.5
    return np.exp(log_var)


@wrong("standard_deviation", says="形狀")
def transposed(log_var):
    return np.exp(0.5 * log_var).T


@wrong("standard_deviation", says=None)
def softplus(log_var):
    return np.log1p(np.exp(log_var))


@wrong("reparameterize", says="變異數")
def scales_by_variance(mean, log_var, noise):
    return mean + np.exp(log_var) * noise


@wrong("reparameterize", says="乘的是 log_var；")
def scales_by_log_var(mean, log_var, noise):
    return mean + log_var * noise


@wrong("reparameterize", says="還要取 exp")
def scales_by_half_log_var(mean, log_var, noise):
    return mean + 0.5 * log_var * noise


@wrong("reparameterize", says="連平均值也乘了")
def scales_the_mean_too(mean, log_var, noise):
    return (mean + noise) * sigma(log_var)


@wrong("reparameterize", says="雜訊沒有用到")
def ignores_noise(mean, log_var, noise):
    return mean + sigma(log_var)


@wrong("reparameterize", says="平均值沒有加")
def forgets_mean(mean, log_var, noise):
    return sigma(log_var) * noise


@wrong("reparameterize", says="除以 σ")
def divides_by_std(mean, log_var, noise):
    return mean + noise / sigma(log_var)


@wrong("reparameterize", says="標準化")
def standardizes(mean, log_var, noise):
    return (noise - mean) / sigma(log_var)


@wrong("reparameterize", says=None)
def draws_its_own_noise(mean, log_var, noise):
    return mean + sigma(log_var) * np.random.default_rng(0).standard_normal(mean.shape)


@wrong("reparameterize", says="最後一個軸")
def sums_dimensions(mean, log_var, noise):
    return (mean + sigma(log_var) * noise).sum(axis=-1)


@wrong("reparameterize", says="矩陣相乘的形狀")
def matrix_product(mean, log_var, noise):
    return mean + np.matmul(sigma(log_var), noise)


@wrong("reparameterize", says=None)
def minus(mean, log_var, noise):
    return mean - sigma(log_var) * noise


@wrong("dz_dvariance", says="對 σ 的導數")
def derivative_by_std(noise, variance):
    return noise


@wrong("dz_dvariance", says="對 log σ² 的導數")
def derivative_by_log_var(noise, variance):
    return 0.5 * np.sqrt(variance) * noise


@wrong("dz_dvariance", says="少了 1/2")
def forgets_the_half(noise, variance):
    return noise / np.sqrt(variance)


@wrong("dz_dvariance", says="2σ²")
def divides_by_twice_the_variance(noise, variance):
    return noise / (2 * variance)


@wrong("dz_dvariance", says="忘了乘 ε")
def forgets_noise_in_derivative(noise, variance):
    return 1 / (2 * np.sqrt(variance))


@wrong("dz_dvariance", says="分母")
def std_in_the_numerator(noise, variance):
    return 2 * noise * np.sqrt(variance)


@wrong("dz_dvariance", says="正負號")
def negative_derivative(noise, variance):
    return -noise / (2 * np.sqrt(variance))


@wrong("gradient_wrt_mean_and_log_var", says="兩倍")
def half_lost_in_chain_rule(dL_dz, log_var, noise):
    return dL_dz, dL_dz * sigma(log_var) * noise


@wrong("gradient_wrt_mean_and_log_var", says="忘了乘 ε")
def noise_lost_in_chain_rule(dL_dz, log_var, noise):
    return dL_dz, dL_dz * sigma(log_var) / 2


@wrong("gradient_wrt_mean_and_log_var", says="對變異數 σ² 的梯度")
def gradient_by_variance(dL_dz, log_var, noise):
    return dL_dz, dL_dz * noise / (2 * sigma(log_var))


@wrong("gradient_wrt_mean_and_log_var", says="對標準差 σ 的梯度")
def gradient_by_std(dL_dz, log_var, noise):
    return dL_dz, dL_dz * noise


@wrong("gradient_wrt_mean_and_log_var", says="乘的是變異數")
def gradient_with_variance(dL_dz, log_var, noise):
    return dL_dz, 0.5 * dL_dz * noise * np.exp(log_var)


@wrong("gradient_wrt_mean_and_log_var", says="∂L/∂z")
def local_derivative_only(dL_dz, log_var, noise):
    return dL_dz, 0.5 * sigma(log_var) * noise


@wrong("gradient_wrt_mean_and_log_var", says="d_mean 是 1")
def mean_gradient_is_one(dL_dz, log_var, noise):
    return np.ones_like(dL_dz), 0.5 * dL_dz * sigma(log_var) * noise


@wrong("gradient_wrt_mean_and_log_var", says="多乘了 ε")
def mean_gradient_times_noise(dL_dz, log_var, noise):
    return dL_dz * noise, 0.5 * dL_dz * sigma(log_var) * noise


@wrong("gradient_wrt_mean_and_log_var", says="多乘了 σ")
def mean_gradient_times_std(dL_dz, log_var, noise):
    return dL_dz * sigma(log_var), 0.5 * dL_dz * sigma(log_var) * noise


@wrong("gradient_wrt_mean_and_log_var", says="順序反了")
def swapped(dL_dz, log_var, noise):
    return 0.5 * dL_dz * sigma(log_var) * noise, dL_dz


@wrong("gradient_wrt_mean_and_log_var", says="對列加總")
def summed_over_rows(dL_dz, log_var, noise):
    return dL_dz.sum(axis=0), (0.5 * dL_dz * sigma(log_var) * noise).sum(axis=0)


@wrong("gradient_wrt_mean_and_log_var", says="對列平均")
def averaged_over_rows(dL_dz, log_var, noise):
    return dL_dz.mean(axis=0), (0.5 * dL_dz * sigma(log_var) * noise).mean(axis=0)


@wrong("gradient_wrt_mean_and_log_var", says="要傳回 2 個值")
def only_one_value(dL_dz, log_var, noise):
    return dL_dz


@wrong("gradient_wrt_mean_and_log_var", says="正負號")
def sign_of_log_var_gradient(dL_dz, log_var, noise):
    return dL_dz, -0.5 * dL_dz * sigma(log_var) * noise


@wrong("log_prob_by_change_of_variables", says="忘了除以 σ")
def density_of_the_noise(log_var, noise):
    return -0.5 * np.sum(np.log(2 * np.pi) + noise**2, axis=-1)


@wrong("log_prob_by_change_of_variables", says="正負號反了")
def multiplies_by_std(log_var, noise):
    return -0.5 * np.sum(np.log(2 * np.pi) + noise**2 - log_var, axis=-1)


@wrong("log_prob_by_change_of_variables", says="log_var / 2")
def subtracts_log_var(log_var, noise):
    return -0.5 * np.sum(np.log(2 * np.pi) + noise**2 + 2 * log_var, axis=-1)


@wrong("log_prob_by_change_of_variables", says="少了常數")
def without_constant(log_var, noise):
    return -0.5 * np.sum(noise**2 + log_var, axis=-1)


@wrong("log_prob_by_change_of_variables", says="log 2π 的一半")
def constant_not_halved(log_var, noise):
    return -np.sum(np.log(2 * np.pi) + 0.5 * (noise**2 + log_var), axis=-1)


@wrong("log_prob_by_change_of_variables", says="ε² 前面少了")
def square_not_halved(log_var, noise):
    return -np.sum(0.5 * np.log(2 * np.pi) + noise**2 + 0.5 * log_var, axis=-1)


@wrong("log_prob_by_change_of_variables", says="還要取 log")
def density_itself(log_var, noise):
    return np.prod(np.exp(-0.5 * noise**2) / np.sqrt(2 * np.pi) / sigma(log_var), axis=-1)


@wrong("log_prob_by_change_of_variables", says="取平均")
def mean_over_dimensions(log_var, noise):
    return -0.5 * np.mean(np.log(2 * np.pi) + noise**2 + log_var, axis=-1)


@wrong("log_prob_by_change_of_variables", says="只算了一次")
def one_constant_for_all(log_var, noise):
    return -0.5 * (np.log(2 * np.pi) + np.sum(noise**2 + log_var, axis=-1))


@wrong("log_prob_by_change_of_variables", says="還沒有加總")
def not_summed(log_var, noise):
    return -0.5 * (np.log(2 * np.pi) + noise**2 + log_var)


@wrong("log_prob_by_change_of_variables", says="沿列（axis=0）加總")
def summed_over_axis_0(log_var, noise):
    return -0.5 * np.sum(np.log(2 * np.pi) + noise**2 + log_var, axis=0)


@wrong("log_prob_by_change_of_variables", says="keepdims")
def keeps_the_axis(log_var, noise):
    return -0.5 * np.sum(np.log(2 * np.pi) + noise**2 + log_var, axis=-1, keepdims=True)


@wrong("log_prob_by_change_of_variables", says="形狀")
def total_over_everything(log_var, noise):
    return -0.5 * np.sum(np.log(2 * np.pi) + noise**2 + log_var)


@wrong("mean_gradient_estimates", says="用的是 f(z)")
def pathwise_without_derivative(f, df, mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return f(z), f(z) * noise / sigma(log_var)


@wrong("mean_gradient_estimates", says="對 σ 的梯度")
def pathwise_by_std(f, df, mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return df(z) * noise, f(z) * noise / sigma(log_var)


@wrong("mean_gradient_estimates", says="代入的是 μ")
def derivative_at_the_mean(f, df, mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return df(mean + 0 * noise), f(z) * noise / sigma(log_var)


@wrong("mean_gradient_estimates", says="少除以 σ")
def score_is_noise(f, df, mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return df(z), f(z) * noise


@wrong("mean_gradient_estimates", says="多除了一次 σ")
def score_divided_twice(f, df, mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return df(z), f(z) * noise / np.exp(log_var)


@wrong("mean_gradient_estimates", says="正負號")
def negative_score(f, df, mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return df(z), -f(z) * noise / sigma(log_var)


@wrong("mean_gradient_estimates", says="你用的是 f′")
def score_times_derivative(f, df, mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return df(z), df(z) * noise / sigma(log_var)


@wrong("mean_gradient_estimates", says="忘了乘 f(z)")
def score_alone(f, df, mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return df(z), noise / sigma(log_var)


@wrong("mean_gradient_estimates", says="取了平均")
def averaged_estimates(f, df, mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return df(z).mean(), (f(z) * noise / sigma(log_var)).mean()


@wrong("mean_gradient_estimates", says="沒有乘標準差")
def unit_variance(f, df, mean, log_var, noise):
    z = mean + noise
    return df(z), f(z) * noise


@wrong("mean_gradient_estimates", says="順序反了")
def estimates_swapped(f, df, mean, log_var, noise):
    z = mean + sigma(log_var) * noise
    return f(z) * noise / sigma(log_var), df(z)


# ---- 範圍、型別與巧合：平常的數字看不出來 ----------------------------------------


@wrong("standard_deviation", says="截斷")
def std_of_a_log_clipped_at_thirty(log_var):
    return np.exp(np.clip(log_var, -30, 30) / 2)


@wrong("standard_deviation", says=None)
def std_with_a_tiny_floor(log_var):
    return np.maximum(np.exp(log_var / 2), 1e-12)


@wrong("standard_deviation", says=None)
def std_plus_a_tiny_constant(log_var):
    return np.exp(log_var / 2) + 1e-15


@wrong("standard_deviation", says="整數")
def std_into_an_array_like_the_input(log_var):
    result = np.empty_like(log_var)
    result[...] = np.exp(log_var / 2)
    return result


@wrong("standard_deviation", says=None)
def halves_by_floor_division(log_var):
    return np.exp(log_var // 2 if np.asarray(log_var).dtype.kind == "i" else log_var / 2)


@wrong("standard_deviation", says=None)
def std_of_arrays_only(log_var):
    return np.array([np.exp(value / 2) for value in log_var])


@wrong("reparameterize", says="很大或很小")
def samples_with_a_clipped_log(mean, log_var, noise):
    return mean + np.exp(np.clip(log_var, -20, 20) / 2) * noise


@wrong("reparameterize", says=None)
def samples_kept_in_a_box(mean, log_var, noise):
    return np.clip(mean + np.exp(log_var / 2) * noise, -30, 30)


@wrong("reparameterize", says=None)
def samples_with_a_small_constant(mean, log_var, noise):
    return mean + (np.exp(log_var / 2) + 1e-8) * noise


@wrong("reparameterize", says=None)
def noise_clipped_at_two(mean, log_var, noise):
    return mean + np.exp(log_var / 2) * np.clip(noise, -2.5, 2.5)


@wrong("reparameterize", says=None)
def noise_centred(mean, log_var, noise):
    return mean + np.exp(log_var / 2) * (noise - noise.mean(axis=0))


@wrong("reparameterize", says=None)
def one_noise_for_all_dimensions(mean, log_var, noise):
    return mean + np.exp(log_var / 2) * noise[:, :1]


@wrong("reparameterize", says=None)
def absolute_mean(mean, log_var, noise):
    return np.abs(mean) + np.exp(log_var / 2) * noise


@wrong("dz_dvariance", says="很小")
def derivative_with_a_small_constant(noise, variance):
    return noise / (2 * np.sqrt(variance) + 1e-8)


@wrong("dz_dvariance", says="很小")
def derivative_with_the_constant_under_the_root(noise, variance):
    return noise / (2 * np.sqrt(variance + 1e-8))


@wrong("dz_dvariance", says="很小")
def derivative_clipped(noise, variance):
    return np.clip(noise / (2 * np.sqrt(variance)), -100, 100)


@wrong("dz_dvariance", says="很小")
def derivative_with_a_floor(noise, variance):
    return noise / (2 * np.sqrt(np.maximum(variance, 1e-6)))


@wrong("dz_dvariance", says=None)
def derivative_by_a_forward_difference(noise, variance):
    return noise * (np.sqrt(variance + 1e-6) - np.sqrt(variance)) / 1e-6


@wrong("gradient_wrt_mean_and_log_var", says="很大")
def gradients_clipped_at_five(dL_dz, log_var, noise):
    g = np.clip(dL_dz, -5, 5)
    return g, g * np.exp(log_var / 2) * noise / 2


@wrong("gradient_wrt_mean_and_log_var", says="很大")
def log_var_gradient_clipped(dL_dz, log_var, noise):
    return dL_dz, np.clip(dL_dz * np.exp(log_var / 2) * noise / 2, -10, 10)


@wrong("gradient_wrt_mean_and_log_var", says="很大")
def gradient_norm_clipped(dL_dz, log_var, noise):
    g = dL_dz * min(1.0, 100 / np.linalg.norm(dL_dz))
    return g, g * np.exp(log_var / 2) * noise / 2


@wrong("gradient_wrt_mean_and_log_var", says="很大")
def log_var_clipped_on_the_way_back(dL_dz, log_var, noise):
    return dL_dz, dL_dz * np.exp(np.clip(log_var, -10, 10) / 2) * noise / 2


@wrong("gradient_wrt_mean_and_log_var", says=None)
def noise_taken_positive(dL_dz, log_var, noise):
    return dL_dz, dL_dz * np.exp(log_var / 2) * np.abs(noise) / 2


@wrong("log_prob_by_change_of_variables", says="很大或很小")
def prob_of_a_clipped_log(log_var, noise):
    return -0.5 * np.sum(np.log(2 * np.pi) + noise**2 + np.clip(log_var, -20, 20), axis=-1)


@wrong("log_prob_by_change_of_variables", says="很大或很小")
def prob_with_a_small_constant(log_var, noise):
    return -0.5 * np.sum(np.log(2 * np.pi) + noise**2 + np.log(np.exp(log_var) + 1e-8), axis=-1)


@wrong("log_prob_by_change_of_variables", says=None)
def two_dimensions_hard_coded(log_var, noise):
    return -np.log(2 * np.pi) - 0.5 * np.sum(noise**2 + log_var, axis=-1)


@wrong("mean_gradient_estimates", says=None)
def score_clipped(f, df, mean, log_var, noise):
    std = np.exp(log_var / 2)
    z = mean + std * noise
    return df(z), f(z) * np.clip(noise / std, -5, 5)


@wrong("mean_gradient_estimates", says=None)
def score_with_a_small_constant(f, df, mean, log_var, noise):
    std = np.exp(log_var / 2)
    z = mean + std * noise
    return df(z), f(z) * noise / (std + 1e-8)


@wrong("mean_gradient_estimates", says=None)
def score_with_a_baseline(f, df, mean, log_var, noise):
    std = np.exp(log_var / 2)
    z = mean + std * noise
    return df(z), (f(z) - np.mean(f(z))) * noise / std


@wrong("mean_gradient_estimates", says=None)
def knows_only_the_square(f, df, mean, log_var, noise):
    std = np.exp(log_var / 2)
    z = mean + std * noise
    return 2 * z, z**2 * noise / std
