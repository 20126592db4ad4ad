"""ex14 的錯答案：每一個都要被抓到；``says`` 是診斷裡該有的字。"""

import numpy as np

from vae_from_scratch.course.answers import wrong


def glorot(u):
    return np.sqrt(6 / sum(u.shape)) * (2 * u - 1)


def zero_row(weight):
    return np.vstack([weight, np.zeros((1, weight.shape[1]))])


@wrong("initial_layers", says="形狀不對")
def without_biases(uniform):
    return [glorot(u) for u in uniform]


@wrong("initial_layers", says="全是正的")
def only_positive_weights(uniform):
    return [zero_row(np.sqrt(6 / sum(u.shape)) * u) for u in uniform]


@wrong("initial_layers", says="只除以了 n_in")
def he_scale(uniform):
    return [zero_row(np.sqrt(6 / len(u)) * (2 * u - 1)) for u in uniform]


@wrong("initial_layers", says="忘了開根號")
def variance_as_limit(uniform):
    return [zero_row(6 / sum(u.shape) * (2 * u - 1)) for u in uniform]


@wrong("initial_layers", says="全部是 0")
def all_zeros(uniform):
    return [zero_row(0 * u) for u in uniform]


@wrong("initial_layers", says="沒有縮放")
def unscaled(uniform):
    return [zero_row(2 * u - 1) for u in uniform]


@wrong("initial_layers", says="偏置是 1")
def ones_as_biases(uniform):
    return [np.vstack([glorot(u), np.ones((1, u.shape[1]))]) for u in uniform]


@wrong("initial_layers", says=None)
def draws_its_own(uniform):
    rng = np.random.default_rng(0)
    return [zero_row(glorot(rng.random(u.shape))) for u in uniform]


@wrong("initial_layers", says="改動了輸入")
def shifts_in_place(uniform):
    for u in uniform:
        u *= 2
        u -= 1
    return [zero_row(np.sqrt(6 / sum(u.shape)) * u) for u in uniform]


def walk(layers, a):
    for layer in layers[:-1]:
        a = np.maximum(a @ layer[:-1] + layer[-1], 0)
    return a @ layers[-1][:-1] + layers[-1][-1]


@wrong("network", says="最後一層也套了 ReLU")
def rectifies_the_output(layers, a):
    for layer in layers:
        a = np.maximum(a @ layer[:-1] + layer[-1], 0)
    return a


@wrong("network", says="沒有套 ReLU")
def linear_all_the_way(layers, a):
    for layer in layers:
        a = a @ layer[:-1] + layer[-1]
    return a


@wrong("network", says="偏置沒有加")
def forgets_the_bias(layers, a):
    for layer in layers[:-1]:
        a = np.maximum(a @ layer[:-1], 0)
    return a @ layers[-1][:-1]


@wrong("network", says="不是機率")
def gives_probabilities(layers, a):
    return 1 / (1 + np.exp(-walk(layers, a)))


@wrong("network", says="改動了輸入")
def rectifies_the_input(layers, a):
    for layer in layers[:-1]:
        a = a @ layer[:-1] + layer[-1]
        a[a < 0] = 0
    layers[-1] *= 1.0 + 1e-6
    return a @ layers[-1][:-1] + layers[-1][-1]


@wrong("network", says=None)
def leaky(layers, a):
    for layer in layers[:-1]:
        y = a @ layer[:-1] + layer[-1]
        a = np.where(y > 0, y, 0.01 * y)
    return a @ layers[-1][:-1] + layers[-1][-1]


def split(code):
    return np.split(code, 2, axis=1)


@wrong("encode", says="次序反了")
def log_var_first(encoder, x):
    mean, log_var = split(walk(encoder, x))
    return log_var, mean


@wrong("encode", says="一欄隔一欄")
def interleaved(encoder, x):
    code = walk(encoder, x)
    return code[:, ::2], code[:, 1::2]


@wrong("encode", says="不是 σ²")
def variance_instead(encoder, x):
    mean, log_var = split(walk(encoder, x))
    return mean, np.exp(log_var)


@wrong("encode", says="σ；要的是")
def deviation_instead(encoder, x):
    mean, log_var = split(walk(encoder, x))
    return mean, np.exp(log_var / 2)


@wrong("encode", says=None)
def always_two_units(encoder, x):
    code = walk(encoder, x)
    return code[:, :2], code[:, 2:]


def pieces(encoder, decoder, x, noise):
    mean, log_var = split(walk(encoder, x))
    logits = walk(decoder, mean + np.exp(log_var / 2) * noise)
    return np.logaddexp(0, logits) - x * logits, 0.5 * (mean**2 + np.expm1(log_var) - log_var), mean, log_var


@wrong("measure", says="正負號反了")
def log_likelihood_instead(encoder, decoder, x, noise, mine):
    cells, kl, *_ = pieces(encoder, decoder, x, noise)
    return -np.mean(cells.sum(axis=1)), kl.mean(axis=0)


@wrong("measure", says="對列加總了")
def sums_over_the_rows(encoder, decoder, x, noise, mine):
    cells, kl, *_ = pieces(encoder, decoder, x, noise)
    return np.sum(cells), kl.sum(axis=0)


@wrong("measure", says="對欄也取平均了")
def averages_the_columns(encoder, decoder, x, noise, mine):
    cells, kl, *_ = pieces(encoder, decoder, x, noise)
    return np.mean(cells), kl.mean(axis=0)


@wrong("measure", says="沒有用雜訊")
def decodes_the_mean(encoder, decoder, x, noise, mine):
    cells, kl, *_ = pieces(encoder, decoder, x, 0 * noise)
    return np.mean(cells.sum(axis=1)), kl.mean(axis=0)


@wrong("measure", says="變異數 σ²")
def multiplies_by_the_variance(encoder, decoder, x, noise, mine):
    mean, log_var = split(walk(encoder, x))
    logits = walk(decoder, mean + np.exp(log_var) * noise)
    cells = np.logaddexp(0, logits) - x * logits
    return np.mean(cells.sum(axis=1)), pieces(encoder, decoder, x, noise)[1].mean(axis=0)


@wrong("measure", says="把 KL 也加進去了")
def the_whole_loss(encoder, decoder, x, noise, mine):
    cells, kl, *_ = pieces(encoder, decoder, x, noise)
    return np.mean(cells.sum(axis=1) + kl.sum(axis=1)), kl.mean(axis=0)


@wrong("measure", says="各單元加起來了")
def one_kl_for_all(encoder, decoder, x, noise, mine):
    cells, kl, *_ = pieces(encoder, decoder, x, noise)
    return np.mean(cells.sum(axis=1)), np.mean(kl.sum(axis=1))


@wrong("measure", says="還沒有對列平均")
def kl_of_every_row(encoder, decoder, x, noise, mine):
    cells, kl, *_ = pieces(encoder, decoder, x, noise)
    return np.mean(cells.sum(axis=1)), kl


@wrong("measure", says="先把編碼平均")
def kl_of_the_average_code(encoder, decoder, x, noise, mine):
    cells, _, mean, log_var = pieces(encoder, decoder, x, noise)
    mean, log_var = mean.mean(axis=0), log_var.mean(axis=0)
    return np.mean(cells.sum(axis=1)), 0.5 * (mean**2 + np.expm1(log_var) - log_var)


@wrong("measure", says="兩倍")
def kl_without_the_half(encoder, decoder, x, noise, mine):
    cells, kl, *_ = pieces(encoder, decoder, x, noise)
    return np.mean(cells.sum(axis=1)), 2 * kl.mean(axis=0)


def step_with(state, x, noise, beta, rate, mine, *, t=1, layer=0, keep=True, fresh=False):
    encoder, decoder, first, second, step = state
    names = ("reparameterize", "gradient_wrt_mean_and_log_var", "kl_gradient")
    slopes = mine["vae_gradient"](encoder, decoder, x, noise, beta, *[mine[name] for name in names])
    new = []
    for k, (theta, g) in enumerate(zip([*encoder, *decoder], [*slopes[0], *slopes[1]], strict=True)):
        m, v = (0 * theta, 0 * theta) if fresh else (first[k], second[k])
        new.append(mine["adam_step"](theta, g, m, v, step + t + layer * k, rate))
    layers, m, v = (list(column) for column in zip(*new, strict=True))
    size = len(encoder)
    return layers[:size], layers[size:], m if keep else first, v if keep else second, step + 1


@wrong("train_step", says="一律用 1")
def ignores_beta(state, x, noise, beta, learning_rate, mine):
    return step_with(state, x, noise, 1.0, learning_rate, mine)


@wrong("train_step", says="KL 沒有加進去")
def without_the_kl(state, x, noise, beta, learning_rate, mine):
    return step_with(state, x, noise, 0.0, learning_rate, mine)


@wrong("train_step", says="步數多了 1")
def counts_one_too_many(state, x, noise, beta, learning_rate, mine):
    return step_with(state, x, noise, beta, learning_rate, mine, t=2)


@wrong("train_step", says="一層加了一次")
def counts_every_layer(state, x, noise, beta, learning_rate, mine):
    return step_with(state, x, noise, beta, learning_rate, mine, layer=1)


@wrong("train_step", says="沒有更新")
def forgets_the_moments(state, x, noise, beta, learning_rate, mine):
    return step_with(state, x, noise, beta, learning_rate, mine, keep=False)


@wrong("train_step", says="從 0 的 m 與 v")
def restarts_the_moments(state, x, noise, beta, learning_rate, mine):
    return step_with(state, x, noise, beta, learning_rate, mine, fresh=True)


@wrong("train_step", says="方向反了")
def climbs_up(state, x, noise, beta, learning_rate, mine):
    flipped = {
        **mine,
        "vae_gradient": lambda *given: [[-g for g in part] for part in mine["vae_gradient"](*given)],
    }
    return step_with(state, x, noise, beta, learning_rate, flipped)


@wrong("train_step", says="step")
def forgets_to_count(state, x, noise, beta, learning_rate, mine):
    return (*step_with(state, x, noise, beta, learning_rate, mine)[:4], state[4])


@wrong("train_step", says="改動了輸入")
def updates_in_place(state, x, noise, beta, learning_rate, mine):
    new = step_with(state, x, noise, beta, learning_rate, mine)
    for old, layer in zip([*state[0], *state[1]], [*new[0], *new[1]], strict=True):
        old[...] = layer
    return (state[0], state[1], *new[2:])


@wrong("train_step", says="要傳回新的狀態")
def only_the_layers(state, x, noise, beta, learning_rate, mine):
    return step_with(state, x, noise, beta, learning_rate, mine)[:2]


def loop(
    state, x, orders, noise, beta, warmup_epochs, batch_size, rate, mine, watch, *,
    weight_of=None, order_of=lambda orders, e: orders[e - 1], eps_of=lambda noise, e: noise[e - 1],
    rows_of=lambda eps, rows: eps[rows], after=False, scaled=True, restart=False, told=True, last=True,
):  # fmt: skip
    weight_of = weight_of or (lambda e: mine["warmup_weight"](e, beta, warmup_epochs))
    start = state
    for epoch in range(1, len(orders) + 1):
        weight, eps, total, order = weight_of(epoch), eps_of(noise, epoch), 0.0, order_of(orders, epoch)
        for at in range(0, len(order), batch_size):
            rows = order[at : at + batch_size]
            new = step_with(state, x[rows], rows_of(eps, rows), weight, rate, mine)
            judged = new if after else state
            cells, kl, *_ = pieces(judged[0], judged[1], x[rows], rows_of(eps, rows))
            loss = np.mean(cells.sum(axis=1)) + (weight if scaled else 1.0) * np.mean(kl.sum(axis=1))
            total, state = total + loss * len(rows), new
        state = (*state[:4], 0) if restart else state
        if told:
            watch(epoch, state, total / len(order))
    return state if last else start


@wrong("train", says="沒有暖身")
def no_warmup(*given):
    return loop(*given, weight_of=lambda e: given[4])


@wrong("train", says="從 0 數起")
def warmup_from_zero(*given):
    return loop(*given, weight_of=lambda e: given[8]["warmup_weight"](e - 1, given[4], given[5]))


@wrong("train", says="第一個排列")
def the_same_order(*given):
    return loop(*given, order_of=lambda orders, e: orders[0])


@wrong("train", says="第一份雜訊")
def the_same_noise(*given):
    return loop(*given, eps_of=lambda noise, e: noise[0])


@wrong("train", says="照批次的位置")
def noise_by_position(*given):
    return loop(*given, rows_of=lambda eps, rows: eps[: len(rows)])


@wrong("train", says="走完這一步才量")
def measures_afterwards(*given):
    return loop(*given, after=True)


@wrong("train", says="沒有乘這個週期的權重")
def unweighted_loss(*given):
    return loop(*given, scaled=False)


@wrong("train", says="歸零")
def counts_from_zero_every_epoch(*given):
    return loop(*given, restart=True)


@wrong("train", says=None)
def never_tells(*given):
    return loop(*given, told=False)


@wrong("train", says=None)
def returns_the_start(*given):
    return loop(*given, last=False)


@wrong("train", says="None")
def returns_nothing(*given):
    loop(*given)


@wrong("mend_loss", says="更容易醒")
def blames_the_average_over_units(cost, kl, beta):
    return "b", float(np.mean(cost.sum(axis=1)) + beta * np.mean(kl.sum(axis=1))), beta * cost.shape[1]


@wrong("mend_loss", says="還是壞的損失")
def leaves_it_broken(cost, kl, beta):
    return "a", np.mean(cost) + beta * np.mean(kl.sum(axis=1)), beta * cost.shape[1]


@wrong("mend_loss", says="方向反了")
def divides_the_beta(cost, kl, beta):
    return "a", np.mean(cost.sum(axis=1)) + beta * np.mean(kl.sum(axis=1)), beta / cost.shape[1]


@wrong("mend_loss", says="不是列數")
def counts_the_rows(cost, kl, beta):
    return "a", np.mean(cost.sum(axis=1)) + beta * np.mean(kl.sum(axis=1)), beta * len(cost)


@wrong("mend_loss", says="從說明裡的字母選一個")
def says_it_in_words(cost, kl, beta):
    return "重建取了平均", np.mean(cost.sum(axis=1)) + beta * np.mean(kl.sum(axis=1)), beta * cost.shape[1]


@wrong("mend_loss", says="要傳回 3 個值")
def only_the_loss(cost, kl, beta):
    return np.mean(cost.sum(axis=1)) + beta * np.mean(kl.sum(axis=1))
