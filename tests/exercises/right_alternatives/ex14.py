"""ex14 的其他正確寫法：檢查不可以挑剔。"""

import numpy as np

from vae_from_scratch.course.answers import right


@right("initial_layers")
def from_the_left_end(uniform):
    layers = []
    for u in uniform:
        n_in, n_out = u.shape
        r = (6 / (n_in + n_out)) ** 0.5
        layer = np.zeros((n_in + 1, n_out))
        layer[:n_in] = -r + 2 * r * u
        layers.append(layer)
    return layers


@right("initial_layers")
def as_a_tuple(uniform):
    return tuple(np.pad((u - 0.5) * np.sqrt(24 / sum(u.shape)), ((0, 1), (0, 0))) for u in uniform)


@right("network")
def with_a_column_of_ones(layers, a):
    for number, layer in enumerate(layers):
        a = np.hstack([a, np.ones((len(a), 1))]) @ layer
        if number + 1 < len(layers):
            a = a * (a > 0)
    return a


@right("network")
def last_layer_first(layers, a):
    *hidden, last = layers
    for layer in hidden:
        a = np.where((y := np.dot(a, layer[:-1]) + layer[-1:]) > 0, y, 0)
    return np.dot(a, last[:-1]) + last[-1:]


@right("encode")
def with_numpy_split(encoder, x):
    a = x
    for layer in encoder[:-1]:
        a = np.maximum(a @ layer[:-1] + layer[-1], 0)
    return np.split(a @ encoder[-1][:-1] + encoder[-1][-1], 2, axis=-1)


def code_of(encoder, x):
    a = x
    for layer in encoder[:-1]:
        a = np.maximum(a @ layer[:-1] + layer[-1], 0)
    return np.split(a @ encoder[-1][:-1] + encoder[-1][-1], 2, axis=1)


@right("measure")
def with_the_closed_form(encoder, decoder, x, noise, mine):
    mean, log_var = code_of(encoder, x)
    z = mean + np.exp(log_var / 2) * noise
    for layer in decoder[:-1]:
        z = np.maximum(z @ layer[:-1] + layer[-1], 0)
    logits = z @ decoder[-1][:-1] + decoder[-1][-1]
    cost = np.logaddexp(0, np.where(x == 1, -logits, logits)).sum(axis=1)
    return cost.mean(), list((0.5 * (mean**2 + np.expm1(log_var) - log_var)).mean(axis=0))


@right("measure")
def units_as_rows(encoder, decoder, x, noise, mine):
    mean, log_var = code_of(encoder, x)
    z = mine["reparameterize"](mean, log_var, noise)
    for layer in decoder[:-1]:
        z = np.maximum(z @ layer[:-1] + layer[-1], 0)
    scores = mine["bernoulli_log_likelihood"](x, z @ decoder[-1][:-1] + decoder[-1][-1])
    kl = [
        mine["kl_to_standard_normal"](m[:, None], v[:, None]) for m, v in zip(mean.T, log_var.T, strict=True)
    ]
    return np.sum(scores) / -len(x), np.mean(kl, axis=1)


@right("train_step")
def layer_by_layer(state, x, noise, beta, learning_rate, mine):
    encoder, decoder, first, second, step = state
    d_encoder, d_decoder = mine["vae_gradient"](
        encoder, decoder, x, noise, beta,
        mine["reparameterize"], mine["gradient_wrt_mean_and_log_var"], mine["kl_gradient"],
    )  # fmt: skip
    new_first, new_second = [], []
    new_encoder: list[np.ndarray] = []
    new_decoder: list[np.ndarray] = []
    for k, layer in enumerate([*encoder, *decoder]):
        inside = k < len(encoder)
        slope = d_encoder[k] if inside else d_decoder[k - len(encoder)]
        moved, m, v = mine["adam_step"](layer, slope, first[k], second[k], step + 1, learning_rate)
        (new_encoder if inside else new_decoder).append(moved)
        new_first.append(m)
        new_second.append(v)
    return [new_encoder, new_decoder, new_first, new_second, step + 1]


def one_move(state, x, noise, beta, learning_rate, mine):
    return layer_by_layer(state, x, noise, beta, learning_rate, mine)


@right("train")
def without_the_helper(state, x, orders, noise, beta, warmup_epochs, batch_size, learning_rate, mine, watch):
    for epoch, (order, eps) in enumerate(zip(orders, noise, strict=True), 1):
        weight, losses = mine["warmup_weight"](epoch, beta, warmup_epochs), np.zeros(len(order))
        for rows in np.split(order, range(batch_size, len(order), batch_size)):
            cost, kl = with_the_closed_form(state[0], state[1], x[rows], eps[rows], mine)
            losses[rows] = cost + weight * sum(kl)
            state = one_move(state, x[rows], eps[rows], weight, learning_rate, mine)
        watch(epoch, state, losses.mean())
    return state


@right("train")
def keeps_the_best_of_nothing(state, x, orders, noise, beta, warmup, batch, rate, mine, watch):
    weights = [mine["warmup_weight"](epoch, beta, warmup) for epoch in range(1, len(orders) + 1)]

    def step_at(number):
        def step(now, rows):
            cost, kl = units_as_rows(now[0], now[1], x[rows], noise[number][rows], mine)
            new = one_move(now, x[rows], noise[number][rows], weights[number], rate, mine)
            return new, cost + weights[number] * kl.sum()

        return step

    for number, order in enumerate(orders):
        state, loss = mine["train_epoch"](step_at(number), state, order, batch)
        watch(number + 1, state, loss)
    return state


@right("mend_loss")
def scales_the_broken_one(cost, kl, beta):
    n, d = cost.shape
    return ["a", d * (np.mean(cost) + beta / d * np.sum(kl) / n), np.array(d * beta)]
