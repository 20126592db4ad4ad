"""ex08 的其他正確寫法：檢查不可以挑剔。"""

import numpy as np

from vae_from_scratch.course.answers import right


def forward(layers, a):
    inputs, outputs = [], []
    for layer in layers:
        inputs.append(a)
        outputs.append(a @ layer[:-1] + layer[-1])
        a = np.maximum(outputs[-1], 0)
    return inputs, outputs


@right("relu_gradient")
def where(d_a, y):
    return np.where(y > 0, d_a, 0)


@right("relu_gradient")
def copy_and_clear(d_a, y):
    d_y = d_a.copy()
    d_y[y <= 0] = 0
    return d_y


@right("relu_gradient")
def by_the_sign(d_a, y):
    return d_a * np.maximum(np.sign(y), 0)


@right("logit_gradient")
def plain_sigmoid(x, logits):
    return (1 / (1 + np.exp(-logits)) - x) / x.shape[0]


@right("logit_gradient")
def two_branches(x, logits):
    small = np.exp(-np.abs(logits))
    p = np.where(logits >= 0, 1, small) / (1 + small)
    return np.subtract(p, x) / len(logits)


@right("logit_gradient")
def from_log_sum_exp(x, logits):
    """p = e^(a − log(1 + e^a))。"""
    return (np.exp(logits - np.logaddexp(0, logits)) - x) / len(x)


@right("dense_gradient")
def column_of_ones(d_y, a, layer):
    a_and_one = np.column_stack([a, np.ones(len(a))])
    return d_y @ layer[:-1].T, a_and_one.T @ d_y


@right("dense_gradient")
def row_by_row(d_y, a, layer):
    d_layer = np.zeros_like(layer)
    for d_row, row in zip(d_y, a, strict=True):
        d_layer[:-1] += np.outer(row, d_row)
        d_layer[-1] += d_row
    return [(d_y @ layer.T)[:, :-1], d_layer]


@right("dense_gradient")
def einsum(d_y, a, layer):
    weight = np.einsum("nj,nk->jk", a, d_y)
    return np.einsum("nk,jk->nj", d_y, layer[:-1]), np.r_[weight, [d_y.sum(0)]]


@right("perceptron_gradient")
def recursive(layers, a, d_y):
    """第一層之後還有一個短一層的網路。"""
    y = a @ layers[0][:-1] + layers[0][-1]
    rest = []
    if len(layers) > 1:
        d_hidden, rest = recursive(layers[1:], np.maximum(y, 0), d_y)
        d_y = d_hidden * (y > 0)
    d_layer = np.vstack([a.T @ d_y, d_y.sum(axis=0)])
    return d_y @ layers[0][:-1].T, [d_layer, *rest]


@right("perceptron_gradient")
def mask_from_the_activation(layers, a, d_y):
    """隱藏層的輸出 a > 0 與 y > 0 是同一件事；層的梯度用 tuple 傳回。"""
    inputs, d_layers = forward(layers, a)[0], []
    for i in range(len(layers) - 1, -1, -1):
        d_layers.append(np.vstack([inputs[i].T @ d_y, d_y.sum(axis=0)]))
        d_y = d_y @ layers[i][:-1].T
        if i:
            d_y = d_y * (inputs[i] > 0)
    return d_y, tuple(reversed(d_layers))


def vae_of(backward):
    def gradient(encoder, decoder, x, noise, beta, sample, sample_gradient, kl_gradient):
        mean, log_var = np.hsplit(forward(encoder, x)[1][-1], 2)
        z = sample(mean, log_var, noise)
        logits = forward(decoder, z)[1][-1]
        d_z, d_decoder = backward(decoder, z, 1 / (1 + np.exp(-logits)) - x)
        d_mean, d_log_var = sample_gradient(d_z, log_var, noise)
        kl_mean, kl_log_var = kl_gradient(mean, log_var)
        d_code = np.concatenate([d_mean + beta * kl_mean, d_log_var + beta * kl_log_var], axis=1)
        d_encoder = backward(encoder, x, d_code)[1]
        return [g / len(x) for g in d_encoder], [g / len(x) for g in d_decoder]

    return gradient


@right("vae_gradient")
def average_at_the_very_end(*given):
    """先算總和的梯度，最後才一起除以 N。"""
    return vae_of(recursive)(*given)


@right("vae_gradient")
def one_backward_call_for_each_path(encoder, decoder, x, noise, beta, sample, sample_gradient, kl_gradient):
    """兩條路各走一趟編碼器，再把權重的梯度相加：連鎖律是線性的。"""
    d = noise.shape[1]
    code = forward(encoder, x)[1][-1]
    mean, log_var = code[:, :d], code[:, d:]
    z = sample(mean, log_var, noise)
    d_logits = (0.5 + 0.5 * np.tanh(forward(decoder, z)[1][-1] / 2) - x) / len(x)
    d_z, d_decoder = recursive(decoder, z, d_logits)
    first = recursive(encoder, x, np.hstack(sample_gradient(d_z, log_var, noise)))[1]
    second = recursive(encoder, x, beta / len(x) * np.hstack(kl_gradient(mean, log_var)))[1]
    return [a + b for a, b in zip(first, second, strict=True)], d_decoder


@right("adam_step")
def corrections_in_the_rate(theta, gradient, first, second, step, learning_rate=1e-3):
    """把兩個修正收進學習率與 ε，和套件的寫法一樣。"""
    first = first + 0.1 * (gradient - first)
    second = second + 0.001 * (gradient * gradient - second)
    root = np.sqrt(1 - 0.999**step)
    rate = learning_rate * root / (1 - 0.9**step)
    return theta - rate * first / (np.sqrt(second) + 1e-7 * root), first, second


@right("adam_step")
def one_number_at_a_time(theta, gradient, first, second, step, learning_rate=1e-3):
    def one(t, g, m, v):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        return t - learning_rate * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)) ** 0.5 + 1e-7), m, v

    return tuple(np.vectorize(one)(theta, gradient, first, second))


# ---- 型別與次序：說明答應收什麼，就收什麼 ----------------------------------------


@right("relu_gradient")
def on_a_copy(d_a, y):
    d_y = d_a.copy()
    d_y[y <= 0] = 0
    return d_y


@right("logit_gradient")
def with_two_branches(x, logits):
    small = np.exp(-np.abs(logits))
    return (np.where(logits >= 0, 1, small) / (1 + small) - x) / x.shape[0]


@right("dense_gradient")
def with_einsum(d_y, a, layer):
    d_layer = np.empty(layer.shape)
    d_layer[:-1], d_layer[-1] = np.einsum("ni,no->io", a, d_y), np.einsum("no->o", d_y)
    return np.einsum("no,io->ni", d_y, layer[:-1]), d_layer


@right("adam_step")
def copies_first(theta, gradient, first, second, step, learning_rate=1e-3):
    theta, first, second = theta.copy(), first.copy(), second.copy()
    first *= 0.9
    first += 0.1 * gradient
    second *= 0.999
    second += 0.001 * gradient**2
    theta -= learning_rate * (first / (1 - 0.9**step)) / ((second / (1 - 0.999**step)) ** 0.5 + 1e-7)
    return theta, first, second
