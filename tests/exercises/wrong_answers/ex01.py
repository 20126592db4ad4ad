"""ex01 的錯答案：每一個都是似是而非的想法，檢查要抓得到，認得出來的要說得出錯在哪裡。"""

import math

import numpy as np

from vae_from_scratch.course.answers import wrong


@wrong("variance", says="標準差")
def standard_deviation(log_var):
    return np.exp(0.5 * log_var)


@wrong("variance", says="當成 log σ")
def log_var_as_log_std(log_var):
    return np.exp(log_var) ** 2


@wrong("variance", says="1/σ²")
def precision(log_var):
    return np.exp(-log_var)


@wrong("variance", says="還沒有取 exp")
def identity(log_var):
    return log_var.copy()


@wrong("variance", says="這是 log_var 的平方")
def squared(log_var):
    return log_var**2


@wrong("variance", says="softplus")
def softplus(log_var):
    return np.logaddexp(0, log_var)


@wrong("variance", says="底數不是 2")
def base_two(log_var):
    return 2.0**log_var


@wrong("variance", says="底數不是 10")
def base_ten(log_var):
    return np.power(10.0, log_var)


@wrong("variance", says="少了 1")
def off_by_one(log_var):
    return np.expm1(log_var)


@wrong("variance", says="形狀")
def summed(log_var):
    return np.exp(log_var).sum(axis=-1)


@wrong("variance", says="忘了寫 return")
def forgets_return(log_var):
    np.exp(log_var)


@wrong("log_variance", says="這是 log σ")
def log_std(std):
    return np.log(std)


@wrong("log_variance", says="(log σ)²")
def square_of_the_log(std):
    return np.log(std) ** 2


@wrong("log_variance", says="還要取 log")
def plain_variance(std):
    return std**2


@wrong("log_variance", says="正負號")
def log_precision(std):
    return -2 * np.log(std)


@wrong("log_variance", says="取的是 exp")
def exponential(std):
    return np.exp(2 * std)


@wrong("log_variance", says="底數不是 10")
def common_logarithm(std):
    return np.log10(std**2)


@wrong("log_variance", says="先平方")
def squares_first(std):
    return np.log(std**2)


@wrong("log_variance", says="小常數")
def with_epsilon(std):
    return np.log(std**2 + 1e-8)


@wrong("log_variance", says="截斷")
def clipped(std):
    return 2 * np.log(np.maximum(std, 1e-8))


@wrong("reconstruction_error", says="對欄也取平均")
def mean_of_everything(x, x_hat):
    return ((x - x_hat) ** 2).mean()


@wrong("reconstruction_error", says="對房子也相加")
def sum_of_everything(x, x_hat):
    return ((x - x_hat) ** 2).sum()


@wrong("reconstruction_error", says="軸反了")
def axes_swapped(x, x_hat):
    return ((x - x_hat) ** 2).sum(axis=0).mean()


@wrong("reconstruction_error", says="絕對值")
def absolute_error(x, x_hat):
    return np.abs(x - x_hat).sum(axis=1).mean()


@wrong("reconstruction_error", says="互相抵消")
def not_squared(x, x_hat):
    return (x - x_hat).sum(axis=1).mean()


@wrong("reconstruction_error", says="多開了一次根號")
def norm_not_squared(x, x_hat):
    return np.linalg.norm(x - x_hat, axis=1).mean()


@wrong("reconstruction_error", says="多乘了 1/2")
def half(x, x_hat):
    return 0.5 * ((x - x_hat) ** 2).sum(axis=1).mean()


@wrong("reconstruction_error", says="還要對房子平均")
def one_per_house(x, x_hat):
    return ((x - x_hat) ** 2).sum(axis=1)


@wrong("reconstruction_error", says="兩個平方相減")
def difference_of_squares(x, x_hat):
    return (x**2 - x_hat**2).sum(axis=1).mean()


@wrong("reconstruction_error", says="改動了輸入")
def in_place(x, x_hat):
    x -= x_hat
    return (x**2).sum(axis=1).mean()


def below(t, mean, std):
    return 0.5 * (1 + math.erf((t - mean) / (std * math.sqrt(2))))


@wrong("interval_probability", says="還要減掉")
def up_to_high(mean, std, low, high):
    return below(high, mean, std)


@wrong("interval_probability", says="減反了")
def subtracted_backwards(mean, std, low, high):
    return below(low, mean, std) - below(high, mean, std)


@wrong("interval_probability", says="區間外")
def outside(mean, std, low, high):
    return 1 - (below(high, mean, std) - below(low, mean, std))


@wrong("interval_probability", says="√2")
def forgets_root_two(mean, std, low, high):
    return 0.5 * (math.erf((high - mean) / std) - math.erf((low - mean) / std))


@wrong("interval_probability", says="少了 1/2")
def forgets_half(mean, std, low, high):
    return 2 * (below(high, mean, std) - below(low, mean, std))


@wrong("interval_probability", says="除的是變異數")
def divides_by_the_variance(mean, std, low, high):
    return below(high, mean, std**2) - below(low, mean, std**2)


@wrong("interval_probability", says="多開了一次根號")
def std_taken_for_the_variance(mean, std, low, high):
    return below(high, mean, std**0.5) - below(low, mean, std**0.5)


@wrong("interval_probability", says="忘了減平均")
def ignores_the_mean(mean, std, low, high):
    return below(high, 0, std) - below(low, 0, std)


@wrong("interval_probability", says="忘了除以標準差")
def ignores_the_std(mean, std, low, high):
    return below(high, mean, 1) - below(low, mean, 1)


@wrong("interval_probability", says="中點的密度乘寬度")
def density_times_width(mean, std, low, high):
    middle = (low + high) / 2
    density = math.exp(-((middle - mean) ** 2) / (2 * std**2)) / (std * math.sqrt(2 * math.pi))
    return density * (high - low)


@wrong("interval_probability", says=None)
def monte_carlo(mean, std, low, high):
    draws = mean + std * np.random.default_rng(0).standard_normal(10_000)
    return np.mean((draws > low) & (draws < high))


def log_density(z, mean, log_var):
    return -0.5 * (np.log(2 * np.pi) + log_var + ((z - mean) * np.exp(-0.5 * log_var)) ** 2)


@wrong("normal_log_density", says="還要取 log")
def density(z, mean, log_var):
    return np.exp(log_density(z, mean, log_var))


@wrong("normal_log_density", says="正負號反了")
def minus_log_density(z, mean, log_var):
    return -log_density(z, mean, log_var)


@wrong("normal_log_density", says="少了常數")
def without_the_constant(z, mean, log_var):
    return -0.5 * (log_var + (z - mean) ** 2 * np.exp(-log_var))


@wrong("normal_log_density", says="分母的 σ 也要取 log")
def without_log_std(z, mean, log_var):
    return -0.5 * (np.log(2 * np.pi) + (z - mean) ** 2 * np.exp(-log_var))


@wrong("normal_log_density", says="它在分母")
def adds_log_std(z, mean, log_var):
    return -0.5 * (np.log(2 * np.pi) - log_var + (z - mean) ** 2 * np.exp(-log_var))


@wrong("normal_log_density", says="√ 讓它只剩一半")
def subtracts_log_variance(z, mean, log_var):
    return log_density(z, mean, log_var) - 0.5 * log_var


@wrong("normal_log_density", says="前面少了 1/2")
def square_without_half(z, mean, log_var):
    return -0.5 * (np.log(2 * np.pi) + log_var) - (z - mean) ** 2 * np.exp(-log_var)


@wrong("normal_log_density", says="除的是 σ")
def divides_by_the_std(z, mean, log_var):
    return -0.5 * (np.log(2 * np.pi) + log_var + (z - mean) ** 2 * np.exp(-0.5 * log_var))


@wrong("normal_log_density", says="忘了除以 σ²")
def not_standardized(z, mean, log_var):
    return -0.5 * (np.log(2 * np.pi) + log_var + (z - mean) ** 2)


@wrong("normal_log_density", says="不加總")
def summed_over_dimensions(z, mean, log_var):
    return log_density(z, mean, log_var).sum(axis=-1)


@wrong("normal_log_density", says="密度已經變成 0")
def log_of_the_density(z, mean, log_var):
    variance = np.exp(log_var)
    return np.log(np.exp(-((z - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance))


@wrong("normal_log_density", says="直接用")
def log_of_exp(z, mean, log_var):
    variance = np.exp(log_var)
    return -0.5 * (np.log(2 * np.pi) + np.log(variance) + (z - mean) ** 2 / variance)


@wrong("normal_log_density", says="截斷")
def clipped_log_var(z, mean, log_var):
    return log_density(z, mean, np.clip(log_var, -20, 20))


@wrong("normal_log_density", says="float32")
def single_precision(z, mean, log_var):
    return np.float32(log_density(np.float32(z), np.float32(mean), np.float32(log_var)))


def at_the_mean(x, weight, mean):
    return ((x - mean @ weight.T) ** 2).sum(axis=-1)


@wrong("noisy_reconstruction_error", says="σ = 0")
def without_the_noise(x, weight, mean, log_var):
    return at_the_mean(x, weight, mean)


@wrong("noisy_reconstruction_error", says="不見了")
def only_the_noise(x, weight, mean, log_var):
    return np.exp(log_var) @ (weight**2).sum(axis=0)


@wrong("noisy_reconstruction_error", says="你乘的是 σ")
def multiplies_by_the_std(x, weight, mean, log_var):
    return at_the_mean(x, weight, mean) + np.exp(0.5 * log_var) @ (weight**2).sum(axis=0)


@wrong("noisy_reconstruction_error", says="沒有取 exp")
def multiplies_by_log_var(x, weight, mean, log_var):
    return at_the_mean(x, weight, mean) + log_var @ (weight**2).sum(axis=0)


@wrong("noisy_reconstruction_error", says="讓誤差變大")
def subtracts_the_noise(x, weight, mean, log_var):
    return at_the_mean(x, weight, mean) - np.exp(log_var) @ (weight**2).sum(axis=0)


@wrong("noisy_reconstruction_error", says="忘了平方")
def slope_not_squared(x, weight, mean, log_var):
    return at_the_mean(x, weight, mean) + np.exp(log_var) @ weight.sum(axis=0)


@wrong("noisy_reconstruction_error", says="各自平方")
def every_noise_is_one(x, weight, mean, log_var):
    shift = np.exp(0.5 * log_var) @ weight.T
    return at_the_mean(x, weight, mean) + (shift**2).sum(axis=-1)


@wrong("noisy_reconstruction_error", says="W 沒有用到")
def ignores_the_slope(x, weight, mean, log_var):
    return at_the_mean(x, weight, mean) + np.exp(log_var).sum(axis=-1)


@wrong("noisy_reconstruction_error", says="對欄平均")
def averages_columns(x, weight, mean, log_var):
    noise = np.exp(log_var) @ (weight**2).sum(axis=0)
    return (at_the_mean(x, weight, mean) + noise) / x.shape[1]


@wrong("noisy_reconstruction_error", says="一棟一個值")
def averages_houses(x, weight, mean, log_var):
    return np.mean(at_the_mean(x, weight, mean) + np.exp(log_var) @ (weight**2).sum(axis=0))


@wrong("noisy_reconstruction_error", says=None)
def one_draw(x, weight, mean, log_var):
    noise = np.random.default_rng(0).standard_normal(mean.shape)
    return at_the_mean(x, weight, mean + np.exp(0.5 * log_var) * noise)


@wrong("noisy_reconstruction_error", says="程式執行到一半出錯")
def weight_not_transposed(x, weight, mean, log_var):
    return ((x - mean @ weight) ** 2).sum(axis=-1)


# ---- 範圍、型別與巧合：平常的數字看不出來 ----------------------------------------


@wrong("variance", says="很大或很小")
def variance_of_a_clipped_log(log_var):
    return np.exp(np.clip(log_var, -20, 20))


@wrong("variance", says="很大或很小")
def variance_clipped_above(log_var):
    return np.exp(np.minimum(log_var, 10))


@wrong("variance", says="很大或很小")
def variance_with_a_floor(log_var):
    return np.maximum(np.exp(log_var), 1e-6)


@wrong("variance", says="很大或很小")
def variance_plus_a_small_constant(log_var):
    return np.exp(log_var) + 1e-8


@wrong("variance", says=None)
def variance_in_single_precision(log_var):
    return np.exp(np.asarray(log_var, np.float32)).astype(float)


@wrong("variance", says="整數")
def variance_into_an_array_like_the_input(log_var):
    result = np.empty_like(log_var)
    result[...] = np.exp(log_var)
    return result


@wrong("variance", says=None)
def variance_of_arrays_only(log_var):
    return np.array([np.exp(value) for value in log_var])


@wrong("variance", says=None)
def variance_by_a_series(log_var):
    v = np.asarray(log_var, float)
    return sum(v**k / math.factorial(k) for k in range(12))


@wrong("log_variance", says="截斷")
def log_variance_with_a_tiny_floor(std):
    return 2 * np.log(np.maximum(std, 1e-100))


@wrong("log_variance", says=None)
def log_variance_with_a_tiny_constant(std):
    return 2 * np.log(std + 1e-12)


@wrong("log_variance", says=None)
def log_variance_bounded(std):
    return np.clip(2 * np.log(std), -600, 600)


@wrong("log_variance", says="整數")
def log_variance_into_an_array_like_the_input(std):
    result = np.zeros_like(std)
    result[...] = 2 * np.log(std)
    return result


@wrong("reconstruction_error", says=None)
def divided_by_the_number_of_columns(x, x_hat):
    return np.sum((x - x_hat) ** 2) / x.shape[1]


@wrong("reconstruction_error", says=None)
def three_columns_hard_coded(x, x_hat):
    return 3 * np.mean((x - x_hat) ** 2)


@wrong("reconstruction_error", says="很大的數")
def large_errors_clipped(x, x_hat):
    return np.mean(np.sum(np.minimum((x - x_hat) ** 2, 25.0), axis=-1))


@wrong("reconstruction_error", says="很大的數")
def huber(x, x_hat):
    gap = np.abs(x - x_hat)
    return np.mean(np.sum(np.where(gap < 6, gap**2, 12 * gap - 36), axis=-1))


@wrong("reconstruction_error", says=None)
def error_in_single_precision(x, x_hat):
    gap = x.astype(np.float32) - x_hat.astype(np.float32)
    return float(np.mean(np.sum(np.square(gap), axis=-1)))


@wrong("reconstruction_error", says=None)
def duplicate_rows_counted_once(x, x_hat):
    return np.mean(np.unique(np.sum((x - x_hat) ** 2, axis=-1)))


@wrong("reconstruction_error", says=None)
def bessel_for_houses(x, x_hat):
    return np.sum((x - x_hat) ** 2) / max(len(x) - 1, 1)


@wrong("interval_probability", says=None)
def symmetric_interval(mean, std, low, high):
    return math.erf((high - mean) / (std * math.sqrt(2)))


@wrong("interval_probability", says=None)
def mean_taken_positive(mean, std, low, high):
    return below(high, abs(mean), std) - below(low, abs(mean), std)


@wrong("interval_probability", says=None)
def std_plus_a_small_constant(mean, std, low, high):
    return below(high, mean, std + 1e-8) - below(low, mean, std + 1e-8)


@wrong("interval_probability", says=None)
def std_with_a_floor(mean, std, low, high):
    return below(high, mean, max(std, 0.1)) - below(low, mean, max(std, 0.1))


@wrong("interval_probability", says=None)
def a_few_trapezoids(mean, std, low, high):
    t = np.linspace(low, high, 101)
    density = np.exp(-(((t - mean) / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi))
    return float(np.sum((density[1:] + density[:-1]) / 2) * (t[1] - t[0]))


@wrong("interval_probability", says=None)
def approximate_erf(mean, std, low, high):
    def erf(t):
        return math.tanh(
            math.sqrt(math.pi) * math.log(2) * t * (1 + 0.0447 * t * t) / math.log(2) * 2 / math.pi
        )

    return 0.5 * (erf((high - mean) / (std * math.sqrt(2))) - erf((low - mean) / (std * math.sqrt(2))))


@wrong("normal_log_density", says="截斷")
def log_var_clipped_at_thirty(z, mean, log_var):
    v = np.clip(log_var, -30, 30)
    return -0.5 * (np.log(2 * np.pi) + v + (z - mean) ** 2 * np.exp(-v))


@wrong("normal_log_density", says=None)
def clipped_only_below(z, mean, log_var):
    v = np.maximum(log_var, -20)
    return -0.5 * (np.log(2 * np.pi) + v + (z - mean) ** 2 * np.exp(-v))


@wrong("normal_log_density", says=None)
def variance_plus_a_tiny_constant(z, mean, log_var):
    s2 = np.exp(log_var) + 1e-12
    return -0.5 * (np.log(2 * np.pi) + log_var + (z - mean) ** 2 / s2)


@wrong("normal_log_density", says=None)
def never_below_a_thousand(z, mean, log_var):
    return np.maximum(-0.5 * (np.log(2 * np.pi) + log_var + (z - mean) ** 2 * np.exp(-log_var)), -600.0)


@wrong("normal_log_density", says="單精度")
def density_in_single_precision(z, mean, log_var):
    z, mean, log_var = (np.asarray(value, np.float32) for value in (z, mean, log_var))
    return (-0.5 * (np.log(2 * np.pi) + log_var + (z - mean) ** 2 * np.exp(-log_var))).astype(float)


@wrong("noisy_reconstruction_error", says="很大或很小")
def noise_clipped(x, weight, mean, log_var):
    return at_the_mean(x, weight, mean) + np.exp(np.clip(log_var, -10, 10)) @ np.sum(weight**2, axis=0)


@wrong("noisy_reconstruction_error", says="很大或很小")
def noise_plus_a_small_constant(x, weight, mean, log_var):
    return at_the_mean(x, weight, mean) + (np.exp(log_var) + 1e-8) @ np.sum(weight**2, axis=0)


@wrong("noisy_reconstruction_error", says=None)
def all_slopes_for_every_dimension(x, weight, mean, log_var):
    return at_the_mean(x, weight, mean) + np.exp(log_var).mean(axis=-1) * np.sum(weight**2)


@wrong("noisy_reconstruction_error", says=None)
def first_row_noise_for_all(x, weight, mean, log_var):
    return at_the_mean(x, weight, mean) + np.exp(log_var[0]) @ np.sum(weight**2, axis=0)
