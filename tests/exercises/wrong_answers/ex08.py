"""ex08 的錯答案：每一個都是似是而非的想法，檢查要抓得到，認得出來的要說得出錯在哪裡。"""

import numpy as np

from vae_from_scratch.course.answers import wrong


def sigmoid(a):
    return 0.5 + 0.5 * np.tanh(0.5 * a)


def forward(layers, a):
    inputs, outputs = [], []
    for layer in layers:
        inputs.append(a)
        outputs.append(a @ layer[:-1] + layer[-1])
        a = np.maximum(outputs[-1], 0)
    return inputs, outputs


def with_one(a):
    return np.hstack([a, np.ones((len(a), 1))])


def backward(layers, a, d_y, mask=lambda y: y > 0):
    inputs, outputs = forward(layers, a)
    d_layers: list[np.ndarray] = []
    for i in reversed(range(len(layers))):
        d_layers.insert(0, with_one(inputs[i]).T @ d_y)
        d_a = d_y @ layers[i][:-1].T
        d_y = d_a * mask(outputs[i - 1]) if i else d_a
    return d_a, d_layers


# ---- relu_gradient --------------------------------------------------------------------------------------


@wrong("relu_gradient", says="d_a 的正負")
def mask_by_the_gradient(d_a, y):
    return np.where(d_a > 0, d_a, 0)


@wrong("relu_gradient", says="原封不動")
def passes_everything(d_a, y):
    return d_a.copy()


@wrong("relu_gradient", says="y >= 0")
def open_at_zero(d_a, y):
    return d_a * (y >= 0)


@wrong("relu_gradient", says="½")
def half_at_zero(d_a, y):
    return d_a * np.heaviside(y, 0.5)


@wrong("relu_gradient", says="前向")
def forward_instead(d_a, y):
    return np.maximum(y, 0)


@wrong("relu_gradient", says="要乘的是斜率")
def times_the_output(d_a, y):
    return d_a * np.maximum(y, 0)


@wrong("relu_gradient", says="y > 0 才放行")
def mask_reversed(d_a, y):
    return np.where(y > 0, 0, d_a)


@wrong("relu_gradient", says="忘了乘傳回來的")
def slope_only(d_a, y):
    return (y > 0).astype(float)


@wrong("relu_gradient", says="布林值")
def mask_only(d_a, y):
    return y > 0


@wrong("relu_gradient", says="改動了輸入")
def in_place(d_a, y):
    d_a[y <= 0] = 0
    return d_a


@wrong("relu_gradient", says=None)
def leaky(d_a, y):
    return np.where(y > 0, d_a, 0.01 * d_a)


# ---- logit_gradient -------------------------------------------------------------------------------------


@wrong("logit_gradient", says="正負號反了")
def likelihood_instead_of_loss(x, logits):
    return (x - sigmoid(logits)) / len(x)


@wrong("logit_gradient", says="沒有除以 N")
def summed_over_rows(x, logits):
    return sigmoid(logits) - x


@wrong("logit_gradient", says="也沒有除以 N")
def slope_of_the_log_likelihood(x, logits):
    return x - sigmoid(logits)


@wrong("logit_gradient", says="全部的格數")
def mean_over_cells(x, logits):
    return (sigmoid(logits) - x) / x.size


@wrong("logit_gradient", says="欄數 D")
def divides_by_columns(x, logits):
    return (sigmoid(logits) - x) / x.shape[1]


@wrong("logit_gradient", says="不是機率")
def forgets_the_sigmoid(x, logits):
    return (logits - x) / len(x)


@wrong("logit_gradient", says="平方誤差")
def squared_error(x, logits):
    p = sigmoid(logits)
    return (p - x) * p * (1 - p) / len(x)


@wrong("logit_gradient", says="dp/da")
def with_respect_to_p(x, logits):
    p = sigmoid(logits)
    return ((1 - x) / (1 - p) - x / p) / len(x)


@wrong("logit_gradient", says="softmax")
def softmax_over_the_row(x, logits):
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (weights / weights.sum(axis=1, keepdims=True) - x) / len(x)


@wrong("logit_gradient", says="指數是 −a")
def sigmoid_upside_down(x, logits):
    return (1 / (1 + np.exp(logits)) - x) / len(x)


@wrong("logit_gradient", says="無限大/無限大")
def overflows(x, logits):
    return (np.exp(logits) / (1 + np.exp(logits)) - x) / len(x)


@wrong("logit_gradient", says="截斷")
def clipped(x, logits):
    return (sigmoid(np.clip(logits, -10, 10)) - x) / len(x)


@wrong("logit_gradient", says=None)
def keeps_away_from_zero(x, logits):
    p = np.clip(sigmoid(logits), 1e-7, 1 - 1e-7)
    return (p - x) / len(x)


# ---- dense_gradient -------------------------------------------------------------------------------------


@wrong("dense_gradient", says="偏置那一列也乘進去")
def whole_layer_transposed(d_y, a, layer):
    return d_y @ layer.T, with_one(a).T @ d_y


@wrong("dense_gradient", says="偏置是最後一列")
def bias_taken_for_the_first_row(d_y, a, layer):
    return d_y @ layer[1:].T, np.vstack([d_y.sum(axis=0), a.T @ d_y])


@wrong("dense_gradient", says="偏置的梯度對列取平均")
def bias_averaged(d_y, a, layer):
    return d_y @ layer[:-1].T, np.vstack([a.T @ d_y, d_y.mean(axis=0)])


@wrong("dense_gradient", says="1/N 已經在 d_y 裡")
def divided_by_n_again(d_y, a, layer):
    return d_y @ layer[:-1].T, with_one(a).T @ d_y / len(a)


@wrong("dense_gradient", says="偏置那一列沒有算")
def bias_left_at_zero(d_y, a, layer):
    d_layer = np.zeros_like(layer)
    d_layer[:-1] = a.T @ d_y
    return d_y @ layer[:-1].T, d_layer


@wrong("dense_gradient", says="偏置那一列是 1")
def bias_is_one(d_y, a, layer):
    return d_y @ layer[:-1].T, np.vstack([a.T @ d_y, np.ones(d_y.shape[1])])


@wrong("dense_gradient", says="少了偏置那一列")
def no_bias_row(d_y, a, layer):
    return d_y @ layer[:-1].T, a.T @ d_y


@wrong("dense_gradient", says="最後一列才是偏置")
def bias_first(d_y, a, layer):
    return d_y @ layer[:-1].T, np.vstack([d_y.sum(axis=0), a.T @ d_y])


@wrong("dense_gradient", says="轉置")
def weight_transposed(d_y, a, layer):
    return d_y @ layer[:-1].T, (with_one(a).T @ d_y).T


@wrong("dense_gradient", says="更新是 Adam 的事")
def returns_the_new_layer(d_y, a, layer):
    return d_y @ layer[:-1].T, layer - with_one(a).T @ d_y


@wrong("dense_gradient", says="要傳回 2 個值")
def three_values(d_y, a, layer):
    return d_y @ layer[:-1].T, a.T @ d_y, d_y.sum(axis=0)


@wrong("dense_gradient", says="return")
def forgets_return(d_y, a, layer):
    d_y @ layer[:-1].T


@wrong("dense_gradient", says=None)
def order_swapped(d_y, a, layer):
    return with_one(a).T @ d_y, d_y @ layer[:-1].T


@wrong("dense_gradient", says="矩陣相乘的形狀")
def forgets_to_transpose(d_y, a, layer):
    return d_y @ layer[:-1], a @ d_y


# ---- perceptron_gradient --------------------------------------------------------------------------------


@wrong("perceptron_gradient", says="沒有經過 ReLU")
def linear_network(layers, a, d_y):
    return backward(layers, a, d_y, mask=np.ones_like)


@wrong("perceptron_gradient", says="y > 0 才放行")
def mask_of_the_wrong_side(layers, a, d_y):
    return backward(layers, a, d_y, mask=lambda y: y < 0)


@wrong("perceptron_gradient", says="最後一層也套了 ReLU")
def relu_at_the_end(layers, a, d_y):
    return backward(layers, a, d_y * (forward(layers, a)[1][-1] > 0))


@wrong("perceptron_gradient", says="次序反了")
def collected_backwards(layers, a, d_y):
    d_a, d_layers = backward(layers, a, d_y)
    return d_a, d_layers[::-1]


@wrong("perceptron_gradient", says="多穿過了一次 ReLU")
def relu_before_the_first_layer(layers, a, d_y):
    d_a, d_layers = backward(layers, a, d_y)
    return d_a * (a > 0), d_layers


@wrong("perceptron_gradient", says=None)
def weights_only_see_the_last_gradient(layers, a, d_y):
    """每一層都用網路輸出的 d_y，沒有一層一層傳回去。"""
    inputs, outputs = forward(layers, a)
    total = [with_one(value).T @ np.resize(d_y, y.shape) for value, y in zip(inputs, outputs, strict=True)]
    return backward(layers, a, d_y)[0], total


@wrong("perceptron_gradient", says=None)
def two_layers_only(layers, a, d_y):
    d_a, d_layers = backward(layers[-2:], a if len(layers) < 3 else forward(layers, a)[0][-2], d_y)
    return d_a, d_layers


@wrong("perceptron_gradient", says="要傳回")
def only_the_layers(layers, a, d_y):
    return backward(layers, a, d_y)[1]


@wrong("perceptron_gradient", says="改動了輸入")
def updates_the_layers(layers, a, d_y):
    d_a, d_layers = backward(layers, a, d_y)
    for layer, step in zip(layers, d_layers, strict=True):
        layer -= 0.1 * step
    return d_a, d_layers


# ---- vae_gradient ---------------------------------------------------------------------------------------


def vae(encoder, decoder, x, noise, beta, sample, sample_gradient, kl_gradient, *, join):
    """正確的走法，只有兩份梯度怎麼合由 ``join(穿過 z, 來自 KL, N)`` 決定。"""
    mean, log_var = np.split(forward(encoder, x)[1][-1], 2, axis=1)
    z = sample(mean, log_var, noise)
    d_logits = (sigmoid(forward(decoder, z)[1][-1]) - x) / len(x)
    d_z, d_decoder = backward(decoder, z, d_logits)
    through_z, from_kl = sample_gradient(d_z, log_var, noise), kl_gradient(mean, log_var)
    return backward(encoder, x, np.hstack(join(through_z, from_kl, beta, len(x))))[1], d_decoder


@wrong("vae_gradient", says="KL 的梯度沒有加進來")
def forgets_the_kl(*given):
    return vae(*given, join=lambda z, kl, beta, n: z)


@wrong("vae_gradient", says="沒有乘 beta")
def forgets_beta(*given):
    return vae(*given, join=lambda z, kl, beta, n: [a + b / n for a, b in zip(z, kl, strict=True)])


@wrong("vae_gradient", says="沒有除以 N")
def kl_summed_over_rows(*given):
    return vae(*given, join=lambda z, kl, beta, n: [a + beta * b for a, b in zip(z, kl, strict=True)])


@wrong("vae_gradient", says="也沒有除以 N")
def kl_neither_weighted_nor_averaged(*given):
    return vae(*given, join=lambda z, kl, beta, n: [a + b for a, b in zip(z, kl, strict=True)])


@wrong("vae_gradient", says="穿過 z 的那一份")
def only_the_kl(*given):
    return vae(*given, join=lambda z, kl, beta, n: [beta / n * b for b in kl])


@wrong("vae_gradient", says="要相加")
def kl_subtracted(*given):
    return vae(*given, join=lambda z, kl, beta, n: [a - beta / n * b for a, b in zip(z, kl, strict=True)])


@wrong("vae_gradient", says="放反了")
def halves_swapped(*given):
    def join(z, kl, beta, n):
        return [a + beta / n * b for a, b in zip(z, kl, strict=True)][::-1]

    return vae(*given, join=join)


@wrong("vae_gradient", says="代入的是 z")
def kl_at_the_sample(encoder, decoder, x, noise, beta, sample, sample_gradient, kl_gradient):
    def at_z(mean, log_var):
        return kl_gradient(sample(mean, log_var, noise), log_var)

    def join(z, kl, beta, n):
        return [a + beta / n * b for a, b in zip(z, kl, strict=True)]

    return vae(encoder, decoder, x, noise, beta, sample, sample_gradient, at_z, join=join)


@wrong("vae_gradient", says=None)
def decodes_the_mean(encoder, decoder, x, noise, beta, sample, sample_gradient, kl_gradient):
    """前向沒有加雜訊，只在反向用了它。"""

    def join(z, kl, beta, n):
        return [a + beta / n * b for a, b in zip(z, kl, strict=True)]

    def no_noise(mean, log_var, noise):
        return mean

    return vae(encoder, decoder, x, noise, beta, no_noise, sample_gradient, kl_gradient, join=join)


@wrong("vae_gradient", says=None)
def draws_its_own_noise(encoder, decoder, x, noise, beta, *functions):
    def join(z, kl, beta, n):
        return [a + beta / n * b for a, b in zip(z, kl, strict=True)]

    fresh = np.random.default_rng(0).standard_normal(noise.shape)
    return vae(encoder, decoder, x, fresh, beta, *functions, join=join)


@wrong("vae_gradient", says="要傳回 2 個值")
def one_long_list(*given):
    d_encoder, d_decoder = vae(*given, join=lambda z, kl, beta, n: z)
    return d_encoder + d_decoder


@wrong("vae_gradient", says=None)
def beta_on_everything(encoder, decoder, x, noise, beta, *functions):
    def join(z, kl, beta, n):
        return [beta * (a + b / n) for a, b in zip(z, kl, strict=True)]

    return vae(encoder, decoder, x, noise, beta, *functions, join=join)


# ---- adam_step ------------------------------------------------------------------------------------------


def adam(theta, g, m, v, step, rate, *, correct=(True, True), sign=-1.0, root=np.sqrt, beta=(0.9, 0.999)):
    m, v = beta[0] * m + (1 - beta[0]) * g, beta[1] * v + (1 - beta[1]) * g**2
    m_hat = m / (1 - beta[0] ** step) if correct[0] else m
    v_hat = v / (1 - beta[1] ** step) if correct[1] else v
    return theta + sign * rate * m_hat / (root(v_hat) + 1e-7), m, v


@wrong("adam_step", says="沒有修正偏誤")
def uncorrected(*given):
    return adam(*given, correct=(False, False))


@wrong("adam_step", says="只修正了 m")
def corrects_only_the_first(*given):
    return adam(*given, correct=(True, False))


@wrong("adam_step", says="只修正了 v")
def corrects_only_the_second(*given):
    return adam(*given, correct=(False, True))


@wrong("adam_step", says="要減")
def climbs(*given):
    return adam(*given, sign=1.0)


@wrong("adam_step", says="忘了開根號")
def no_square_root(*given):
    return adam(*given, root=lambda v: v)


@wrong("adam_step", says="對調")
def betas_swapped(*given):
    return adam(*given, beta=(0.999, 0.9))


@wrong("adam_step", says="步數差一")
def counts_from_zero(theta, g, m, v, step, rate):
    _, m, v = adam(theta, g, m, v, step, rate)
    moved = theta - rate * (m / (1 - 0.9 ** (step + 1))) / (np.sqrt(v / (1 - 0.999 ** (step + 1))) + 1e-7)
    return moved, m, v


@wrong("adam_step", says="沒修正的")
def keeps_the_corrected(theta, g, m, v, step, rate):
    theta, m, v = adam(theta, g, m, v, step, rate)
    return theta, m / (1 - 0.9**step), v / (1 - 0.999**step)


@wrong("adam_step", says="係數放反了")
def weights_reversed(theta, g, m, v, step, rate):
    m, v = 0.1 * m + 0.9 * g, 0.001 * v + 0.999 * g**2
    return theta - rate * m / (1 - 0.9**step) / (np.sqrt(v / (1 - 0.999**step)) + 1e-7), m, v


@wrong("adam_step", says="不是平均過的")
def no_momentum(theta, g, m, v, step, rate):
    _, m, v = adam(theta, g, m, v, step, rate)
    return theta - rate * g / (np.sqrt(v / (1 - 0.999**step)) + 1e-7), m, v


@wrong("adam_step", says="Keras")
def keras_epsilon(theta, g, m, v, step, rate):
    _, m, v = adam(theta, g, m, v, step, rate)
    alpha = rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    return theta - alpha * m / (np.sqrt(v) + 1e-7), m, v


@wrong("adam_step", says="根號裡面")
def epsilon_inside_the_root(theta, g, m, v, step, rate):
    _, m, v = adam(theta, g, m, v, step, rate)
    return theta - rate * (m / (1 - 0.9**step)) / np.sqrt(v / (1 - 0.999**step) + 1e-7), m, v


@wrong("adam_step", says="1e-8")
def another_epsilon(theta, g, m, v, step, rate):
    _, m, v = adam(theta, g, m, v, step, rate)
    return theta - rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8), m, v


@wrong("adam_step", says="沒有加 ε")
def no_epsilon(theta, g, m, v, step, rate):
    _, m, v = adam(theta, g, m, v, step, rate)
    return theta - rate * (m / (1 - 0.9**step)) / np.sqrt(v / (1 - 0.999**step)), m, v


@wrong("adam_step", says="|g|")
def absolute_values(theta, g, m, v, step, rate):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * np.abs(g)
    return theta - rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-7), m, v


@wrong("adam_step", says="改動了輸入")
def updates_in_place(theta, g, m, v, step, rate):
    theta_new, m_new, v_new = adam(theta, g, m, v, step, rate)
    m[...], v[...], theta[...] = m_new, v_new, theta_new
    return theta, m, v


@wrong("adam_step", says="要傳回 3 個值")
def only_theta(*given):
    return adam(*given)[0]


@wrong("adam_step", says=None)
def plain_descent(theta, g, m, v, step, rate):
    return theta - rate * g, m, v


@wrong("adam_step", says=None)
def learning_rate_fixed(theta, g, m, v, step, rate):
    return adam(theta, g, m, v, step, 1e-3)


# ---- 範圍、型別與巧合：平常的數字看不出來 ----------------------------------------


@wrong("relu_gradient", says="很小的 y")
def open_above_a_small_constant(d_a, y):
    return d_a * (y > 1e-6)


@wrong("relu_gradient", says="很大")
def relu_gradient_clipped(d_a, y):
    return np.clip(d_a, -5, 5) * (y > 0)


@wrong("relu_gradient", says="很大")
def capped_at_six(d_a, y):
    return d_a * ((y > 0) & (y < 6))


@wrong("relu_gradient", says=None)
def slope_by_division(d_a, y):
    return d_a * np.maximum(y, 0) / (np.abs(y) + 1e-8)


@wrong("logit_gradient", says=None)
def logits_clipped_at_fifteen(x, logits):
    return (sigmoid(np.clip(logits, -15, 15)) - x) / len(x)


@wrong("logit_gradient", says=None)
def hard_sigmoid_beyond_ten(x, logits):
    p = np.where(np.abs(logits) > 10, logits > 0, sigmoid(logits))
    return (p - x) / len(x)


@wrong("logit_gradient", says=None)
def gradient_norm_clipped(x, logits):
    g = (sigmoid(logits) - x) / len(x)
    return g * min(1.0, 0.3 / max(float(np.linalg.norm(g)), 1e-12))


@wrong("logit_gradient", says=None)
def columns_when_square(x, logits):
    return (sigmoid(logits) - x) / max(x.shape)


@wrong("logit_gradient", says="整數")
def gradient_into_an_array_like_x(x, logits):
    g = np.empty_like(x)
    g[...] = (sigmoid(logits) - x) / len(x)
    return g


@wrong("dense_gradient", says="很大")
def dense_gradient_clipped(d_y, a, layer):
    return np.clip(d_y @ layer[:-1].T, -10, 10), np.clip(with_one(a).T @ d_y, -10, 10)


@wrong("dense_gradient", says=None)
def weight_decay_added(d_y, a, layer):
    return d_y @ layer[:-1].T, with_one(a).T @ d_y + 1e-4 * layer


@wrong("dense_gradient", says=None)
def only_active_rows(d_y, a, layer):
    return d_y @ layer[:-1].T, with_one(np.maximum(a, 0)).T @ d_y


@wrong("dense_gradient", says="單精度")
def dense_in_single_precision(d_y, a, layer):
    d_y, a, layer = (value.astype(np.float32) for value in (d_y, a, layer))
    return (d_y @ layer[:-1].T).astype(float), (with_one(a).T @ d_y).astype(float)


@wrong("perceptron_gradient", says="改動了輸入 layers")
def takes_the_layers_apart(layers, a, d_y):
    d_a, d_layers = backward(list(layers), a, d_y)
    while layers:
        layers.pop()
    return d_a, d_layers


@wrong("perceptron_gradient", says="改動了輸入 layers")
def reverses_the_list(layers, a, d_y):
    answer = backward(list(layers), a, d_y)
    layers.reverse()
    return answer


@wrong("perceptron_gradient", says=None)
def gradient_clipped_between_layers(layers, a, d_y):
    return backward(layers, a, np.clip(d_y, -1, 1))


@wrong("perceptron_gradient", says=None)
def leaky_slope(layers, a, d_y):
    return backward(layers, a, d_y, mask=lambda y: np.where(y > 0, 1.0, 1e-3))


def right_vae(*given):
    return vae(*given, join=lambda z, kl, beta, n: [z[0] + beta / n * kl[0], z[1] + beta / n * kl[1]])


@wrong("vae_gradient", says=None)
def log_var_clipped_in_the_network(encoder, decoder, x, noise, beta, sample, sample_gradient, kl_gradient):
    def clipped_sample(mean, log_var, noise):
        return sample(mean, np.clip(log_var, -1, 1), noise)

    return right_vae(encoder, decoder, x, noise, beta, clipped_sample, sample_gradient, kl_gradient)


@wrong("vae_gradient", says="改動了輸入")
def subtracts_the_gradient_in_place(*given):
    d_encoder, d_decoder = right_vae(*given)
    for layer, step in zip(given[0], d_encoder, strict=True):
        layer -= 0.1 * step
    return d_encoder, d_decoder


@wrong("vae_gradient", says=None)
def beta_never_above_one(encoder, decoder, x, noise, beta, *functions):
    return right_vae(encoder, decoder, x, noise, min(beta, 1.0), *functions)


@wrong("vae_gradient", says=None)
def its_own_kl(encoder, decoder, x, noise, beta, sample, sample_gradient, kl_gradient):
    def clipped(mean, log_var):
        return mean, 0.5 * np.expm1(np.clip(log_var, -0.5, 0.5))

    return right_vae(encoder, decoder, x, noise, beta, sample, sample_gradient, clipped)


@wrong("adam_step", says="很後面的步數")
def corrects_the_first_ten_steps(theta, g, m, v, step, rate=1e-3):
    return adam(theta, g, m, v, min(step, 10), rate)


@wrong("adam_step", says="很後面的步數")
def stops_correcting_after_a_hundred(theta, g, m, v, step, rate=1e-3):
    return adam(theta, g, m, v, step if step <= 100 else 10**9, rate)


@wrong("adam_step", says=None)
def rate_decays(theta, g, m, v, step, rate=1e-3):
    return adam(theta, g, m, v, step, rate / np.sqrt(step))


@wrong("adam_step", says=None)
def gradient_clipped_first(theta, g, m, v, step, rate=1e-3):
    return adam(theta, np.clip(g, -10, 10), m, v, step, rate)


@wrong("adam_step", says=None)
def weight_decay(theta, g, m, v, step, rate=1e-3):
    new, m, v = adam(theta, g, m, v, step, rate)
    return new - rate * 1e-4 * theta, m, v


@wrong("adam_step", says=None)
def largest_second_moment(theta, g, m, v, step, rate=1e-3):
    _, first, second = adam(theta, g, m, v, step, rate)
    corrected = np.maximum(v, second) / (1 - 0.999**step)
    return theta - rate * first / (1 - 0.9**step) / (np.sqrt(corrected) + 1e-7), first, second


@wrong("adam_step", says="預設")
def another_default_rate(theta, g, m, v, step, rate=1e-2):
    return adam(theta, g, m, v, step, rate)
