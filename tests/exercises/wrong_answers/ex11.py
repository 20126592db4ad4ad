"""ex11 的錯答案：每一個都是似是而非的想法，檢查要抓得到，認得出來的要說得出錯在哪裡。"""

import numpy as np

from vae_from_scratch.course.answers import wrong


def small_step(parameters, x, noise, rate, kl=1.0, through_z=1.0, decoder=1.0, use_x=True, rows=1.0, sign=-1):
    a, b, c = parameters
    std = np.exp(c / 2)
    z = a * x + std * noise
    residual = b * z - x
    d_z = through_z * (b if decoder else 1.0) * residual
    d_mean = d_z + kl * a * x
    d_log_var = d_z * std * noise / 2 + kl * (std**2 - 1) / 2
    gradient = [np.mean(d_mean * x if use_x else d_mean), np.mean(residual * z), np.mean(d_log_var)]
    return parameters + sign * rate * rows * np.array(gradient)


@wrong("vae_step", says="KL 的梯度沒有加進去")
def step_without_kl(parameters, x, noise, rate, *functions):
    return small_step(parameters, x, noise, rate, kl=0.0)


@wrong("vae_step", says="那一條路斷了")
def encoder_sees_only_the_kl(parameters, x, noise, rate, *functions):
    return small_step(parameters, x, noise, rate, through_z=0.0)


@wrong("vae_step", says="解碼器的 b 漏了")
def forgets_the_decoder_weight(parameters, x, noise, rate, *functions):
    return small_step(parameters, x, noise, rate, decoder=0.0)


@wrong("vae_step", says="還要乘 x")
def forgets_x_in_the_chain_rule(parameters, x, noise, rate, *functions):
    return small_step(parameters, x, noise, rate, use_x=False)


@wrong("vae_step", says="加總")
def sums_over_rows(parameters, x, noise, rate, *functions):
    return small_step(parameters, x, noise, rate, rows=float(len(x)))


@wrong("vae_step", says="方向反了")
def climbs(parameters, x, noise, rate, *functions):
    return small_step(parameters, x, noise, rate, sign=1)


@wrong("vae_step", says="要傳回新的參數")
def returns_the_gradient(parameters, x, noise, rate, *functions):
    return (parameters - small_step(parameters, x, noise, rate)) / rate


@wrong("vae_step", says="沒有改變")
def does_not_move(parameters, x, noise, rate, *functions):
    return parameters.copy()


@wrong("vae_step", says="改動了輸入")
def moves_in_place(parameters, x, noise, rate, *functions):
    parameters -= parameters - small_step(parameters, x, noise, rate)
    return parameters


@wrong("vae_step", says=None)
def doubles_the_kl(parameters, x, noise, rate, *functions):
    return small_step(parameters, x, noise, rate, kl=2.0)


def batches_of(order, size):
    return [np.asarray(order)[start : start + size] for start in range(0, len(order), size)]


def run_epoch(step, parameters, batches):
    losses = []
    for rows in batches:
        parameters, loss = step(parameters, rows)
        losses.append(loss)
    return parameters, losses


@wrong("train_epoch", says="要依列數加權")
def averages_the_batches(step, parameters, order, batch_size):
    parameters, losses = run_epoch(step, parameters, batches_of(order, batch_size))
    return parameters, np.mean(losses)


@wrong("train_epoch", says="丟掉")
def drops_the_last_batch(step, parameters, order, batch_size):
    full = [rows for rows in batches_of(order, batch_size) if len(rows) == batch_size]
    parameters, losses = run_epoch(step, parameters, full)
    return parameters, np.mean(losses)


@wrong("train_epoch", says="沒有照 order")
def ignores_the_order(step, parameters, order, batch_size):
    batches = batches_of(range(len(order)), batch_size)
    parameters, losses = run_epoch(step, parameters, batches)
    return parameters, np.average(losses, weights=[len(rows) for rows in batches])


@wrong("train_epoch", says="只留下最後一批")
def last_loss_only(step, parameters, order, batch_size):
    parameters, losses = run_epoch(step, parameters, batches_of(order, batch_size))
    return parameters, losses[-1]


@wrong("train_epoch", says="相加了")
def adds_the_losses(step, parameters, order, batch_size):
    parameters, losses = run_epoch(step, parameters, batches_of(order, batch_size))
    return parameters, sum(losses)


@wrong("train_epoch", says="沒有除以列數")
def forgets_to_divide(step, parameters, order, batch_size):
    batches = batches_of(order, batch_size)
    parameters, losses = run_epoch(step, parameters, batches)
    return parameters, np.dot(losses, [len(rows) for rows in batches])


@wrong("train_epoch", says="一次走完")
def whole_data_at_once(step, parameters, order, batch_size):
    return step(parameters, np.asarray(order))


@wrong("train_epoch", says="接著上一批")
def restarts_from_the_beginning(step, parameters, order, batch_size):
    found = [step(parameters, rows) for rows in batches_of(order, batch_size)]
    sizes = [len(rows) for rows in batches_of(order, batch_size)]
    return found[-1][0], np.average([loss for _, loss in found], weights=sizes)


@wrong("wake_epochs", says="第一次超過門檻")
def first_crossing(kl_per_unit, threshold):
    above = kl_per_unit >= threshold
    return np.where(above.any(axis=0), above.argmax(axis=0) + 1, 0)


@wrong("wake_epochs", says="從 0 數起")
def counts_from_zero(kl_per_unit, threshold):
    asleep = kl_per_unit < threshold
    last = np.max(asleep * np.arange(1, len(asleep) + 1)[:, None], axis=0)
    return np.where(last < len(asleep), last, -1)


@wrong("wake_epochs", says="應該是 0")
def never_is_one_past_the_end(kl_per_unit, threshold):
    asleep = kl_per_unit < threshold
    return np.max(asleep * np.arange(1, len(asleep) + 1)[:, None], axis=0) + 1


@wrong("wake_epochs", says="醒來是下一個")
def last_asleep(kl_per_unit, threshold):
    asleep = kl_per_unit < threshold
    return np.max(asleep * np.arange(1, len(asleep) + 1)[:, None], axis=0)


@wrong("wake_epochs", says="有幾個")
def counts_awake_epochs(kl_per_unit, threshold):
    return (kl_per_unit >= threshold).sum(axis=0)


def distances(codes, queries):
    return np.sum((queries[:, None] - codes[None]) ** 2, axis=-1)


@wrong("knn_predict", says="最遠")
def farthest(codes, values, queries, n_neighbours):
    return values[np.argsort(-distances(codes, queries), axis=1)[:, :n_neighbours]].mean(axis=1)


@wrong("knn_predict", says="第一個維度")
def first_dimension_only(codes, values, queries, n_neighbours):
    return values[np.argsort(distances(codes[:, :1], queries[:, :1]), axis=1)[:, :n_neighbours]].mean(axis=1)


@wrong("knn_predict", says="沒有平方")
def differences_cancel(codes, values, queries, n_neighbours):
    signed = np.sum(codes[None] - queries[:, None], axis=-1)
    return values[np.argsort(signed, axis=1)[:, :n_neighbours]].mean(axis=1)


@wrong("knn_predict", says="加總")
def sums_the_neighbours(codes, values, queries, n_neighbours):
    return values[np.argsort(distances(codes, queries), axis=1)[:, :n_neighbours]].sum(axis=1)


@wrong("knn_predict", says="全部的列")
def everyone_is_a_neighbour(codes, values, queries, n_neighbours):
    return np.full(len(queries), values.mean())


@wrong("knn_predict", says="最近的一個")
def nearest_only(codes, values, queries, n_neighbours):
    return values[np.argmin(distances(codes, queries), axis=1)]


@wrong("knn_predict", says="第 2 到第 k + 1")
def skips_the_nearest(codes, values, queries, n_neighbours):
    return values[np.argsort(distances(codes, queries), axis=1)[:, 1 : n_neighbours + 1]].mean(axis=1)


@wrong("knn_predict", says=None)
def median_of_neighbours(codes, values, queries, n_neighbours):
    return np.median(values[np.argsort(distances(codes, queries), axis=1)[:, :n_neighbours]], axis=1)


@wrong("r_squared", says="相關係數")
def correlation_squared(actual, predicted):
    return np.corrcoef(actual, predicted)[0, 1] ** 2


@wrong("r_squared", says="忘了用 1")
def unexplained_share(actual, predicted):
    return np.sum((actual - predicted) ** 2) / np.sum((actual - actual.mean()) ** 2)


@wrong("r_squared", says="截成 0")
def clipped_at_zero(actual, predicted):
    return max(0.0, 1 - np.sum((actual - predicted) ** 2) / np.sum((actual - actual.mean()) ** 2))


@wrong("r_squared", says="predicted 的平均")
def baseline_from_predictions(actual, predicted):
    return 1 - np.sum((actual - predicted) ** 2) / np.sum((actual - predicted.mean()) ** 2)


@wrong("r_squared", says="忘了減平均")
def denominator_without_mean(actual, predicted):
    return 1 - np.sum((actual - predicted) ** 2) / np.sum(actual**2)


@wrong("r_squared", says="解釋的變異")
def explained_variation(actual, predicted):
    return np.sum((predicted - actual.mean()) ** 2) / np.sum((actual - actual.mean()) ** 2)


def score_of(codes, values, near, far, k):
    guess = values[near][np.argsort(distances(codes[near], codes[far]), axis=1)[:, :k]].mean(axis=1)
    return 1 - np.sum((values[far] - guess) ** 2) / np.sum((values[far] - values[far].mean()) ** 2)


def both(score, values, shuffles):
    return score(values), np.array([score(values[order]) for order in shuffles])


@wrong("price_scores", says="混進了鄰居")
def neighbours_include_the_held_out(codes, values, held_out, n_neighbours, shuffles):
    everyone = np.ones(len(values), bool)
    return both(lambda v: score_of(codes, v, everyone, held_out, n_neighbours), values, shuffles)


@wrong("price_scores", says="全部的房子")
def scored_on_everyone(codes, values, held_out, n_neighbours, shuffles):
    everyone = np.ones(len(values), bool)
    return both(lambda v: score_of(codes, v, ~held_out, everyone, n_neighbours), values, shuffles)


@wrong("price_scores", says="對調")
def roles_swapped(codes, values, held_out, n_neighbours, shuffles):
    return both(lambda v: score_of(codes, v, held_out, ~held_out, n_neighbours), values, shuffles)


@wrong("price_scores", says="取平均了")
def one_baseline_for_all(codes, values, held_out, n_neighbours, shuffles):
    score, shuffled = both(lambda v: score_of(codes, v, ~held_out, held_out, n_neighbours), values, shuffles)
    return score, shuffled.mean()


@wrong("price_scores", says="一起換了位置")
def codes_move_along(codes, values, held_out, n_neighbours, shuffles):
    score = score_of(codes, values, ~held_out, held_out, n_neighbours)
    found = [score_of(codes[o], values[o], ~held_out, held_out, n_neighbours) for o in shuffles]
    return score, np.array(found)


@wrong("price_scores", says="只打亂了鄰居")
def only_neighbours_shuffled(codes, values, held_out, n_neighbours, shuffles):
    score = score_of(codes, values, ~held_out, held_out, n_neighbours)
    rows = [np.where(held_out, values, values[order]) for order in shuffles]
    return score, np.array([score_of(codes, row, ~held_out, held_out, n_neighbours) for row in rows])


@wrong("price_scores", says="排列用反了")
def inverse_permutation(codes, values, held_out, n_neighbours, shuffles):
    score = score_of(codes, values, ~held_out, held_out, n_neighbours)
    rows = [values[np.argsort(order)] for order in shuffles]
    return score, np.array([score_of(codes, row, ~held_out, held_out, n_neighbours) for row in rows])


@wrong("price_scores", says="沒有打亂")
def baseline_not_shuffled(codes, values, held_out, n_neighbours, shuffles):
    score = score_of(codes, values, ~held_out, held_out, n_neighbours)
    return score, np.full(len(shuffles), score)


# ---- 範圍、型別與巧合：平常的數字看不出來 ----------------------------------------


@wrong("vae_step", says=None)
def step_with_clipped_gradients(parameters, x, noise, rate, *functions):
    gradient = (parameters - small_step(parameters, x, noise, rate)) / rate
    return parameters - rate * np.clip(gradient, -5, 5)


@wrong("vae_step", says=None)
def step_of_a_clipped_log(parameters, x, noise, rate, *functions):
    a, b, c = parameters
    moved = small_step(np.array([a, b, np.clip(c, -4, 4)]), x, noise, rate)
    return moved + np.array([0, 0, c - np.clip(c, -4, 4)])


@wrong("vae_step", says=None)
def step_with_a_small_constant(parameters, x, noise, rate, *functions):
    moved = small_step(parameters, x, noise, rate)
    return moved / (1 + 1e-6)


@wrong("vae_step", says=None)
def weight_decay(parameters, x, noise, rate, *functions):
    return small_step(parameters, x, noise, rate) - rate * 1e-4 * parameters


@wrong("train_epoch", says=None)
def steps_twice_a_batch(step, parameters, order, batch_size):
    total = 0.0
    for rows in batches_of(order, batch_size):
        _, loss = step(parameters, rows)
        parameters, _ = step(step(parameters, rows)[0], rows)
        total += loss * len(rows)
    return parameters, total / len(order)


@wrong("train_epoch", says=None)
def losses_of_the_first_parameters(step, parameters, order, batch_size):
    start, total = parameters, 0.0
    for rows in batches_of(order, batch_size):
        total += step(start, rows)[1] * len(rows)
        parameters = step(parameters, rows)[0]
    return parameters, total / len(order)


@wrong("train_epoch", says=None)
def losses_after_the_step(step, parameters, order, batch_size):
    total = 0.0
    for rows in batches_of(order, batch_size):
        parameters = step(parameters, rows)[0]
        total += step(parameters, rows)[1] * len(rows)
    return parameters, total / len(order)


@wrong("train_epoch", says="改動了輸入 order")
def sorts_the_order(step, parameters, order, batch_size):
    batches = batches_of(order.copy(), batch_size)
    parameters, losses = run_epoch(step, parameters, batches)
    order.sort()
    return parameters, np.average(losses, weights=[len(rows) for rows in batches])


@wrong("train_epoch", says=None)
def full_batches_weigh_the_same(step, parameters, order, batch_size):
    total = 0.0
    for rows in batches_of(order, batch_size):
        parameters, loss = step(parameters, rows)
        total += loss * batch_size
    return parameters, total / (batch_size * -(-len(order) // batch_size))


@wrong("wake_epochs", says="又睡著")
def first_time_after_the_first_sleep(kl_per_unit, threshold):
    answer = []
    for unit in kl_per_unit.T:
        asleep = np.flatnonzero(unit < threshold)
        later = np.flatnonzero(
            (unit >= threshold) & (np.arange(len(unit)) > (asleep[0] if len(asleep) else -1))
        )
        answer.append(later[0] + 1 if len(later) else 0)
    return np.array(answer)


@wrong("wake_epochs", says=None)
def awake_only_above_the_threshold(kl_per_unit, threshold):
    asleep = kl_per_unit <= threshold
    last = np.max(asleep * np.arange(1, len(asleep) + 1)[:, None], axis=0)
    return np.where(last < len(asleep), last + 1, 0)


@wrong("wake_epochs", says=None)
def forgives_one_short_sleep(kl_per_unit, threshold):
    smooth = np.array(
        [
            [
                max(unit[t], min(unit[max(t - 1, 0)], unit[min(t + 1, len(unit) - 1)]))
                for unit in kl_per_unit.T
            ]
            for t in range(len(kl_per_unit))
        ]
    )
    asleep = smooth < threshold
    last = np.max(asleep * np.arange(1, len(asleep) + 1)[:, None], axis=0)
    return np.where(last < len(asleep), last + 1, 0)


@wrong("wake_epochs", says=None)
def longest_time_awake(kl_per_unit, threshold):
    answer = []
    for unit in kl_per_unit.T:
        best, length, start = (0, 0), 0, 0
        for t, value in enumerate(unit, 1):
            length, start = (length + 1, start or t) if value >= threshold else (0, 0)
            best = max(best, (length, -start))
        answer.append(-best[1])
    return np.array(answer)


@wrong("knn_predict", says="整數")
def neighbours_into_an_array_like_the_values(codes, values, queries, n_neighbours):
    answer = np.zeros(len(queries), dtype=values.dtype)
    for i, near in enumerate(np.argsort(distances(codes, queries), axis=1)[:, :n_neighbours]):
        answer[i] = values[near].mean()
    return answer


@wrong("knn_predict", says=None)
def city_block_distance(codes, values, queries, n_neighbours):
    gap = np.abs(queries[:, None, :] - codes[None, :, :]).sum(axis=-1)
    return values[np.argsort(gap, axis=1)[:, :n_neighbours]].mean(axis=1)


@wrong("knn_predict", says=None)
def largest_coordinate_distance(codes, values, queries, n_neighbours):
    gap = np.abs(queries[:, None, :] - codes[None, :, :]).max(axis=-1)
    return values[np.argsort(gap, axis=1)[:, :n_neighbours]].mean(axis=1)


@wrong("knn_predict", says=None)
def standardized_codes(codes, values, queries, n_neighbours):
    size = codes.std(axis=0)
    near = np.argsort(distances(codes / size, queries / size), axis=1)[:, :n_neighbours]
    return values[near].mean(axis=1)


@wrong("knn_predict", says=None)
def nearest_weigh_more(codes, values, queries, n_neighbours):
    gap = distances(codes, queries)
    near = np.argsort(gap, axis=1)[:, :n_neighbours]
    weight = 1 / (np.take_along_axis(gap, near, axis=1) + 1e-8)
    return (weight * values[near]).sum(axis=1) / weight.sum(axis=1)


@wrong("knn_predict", says=None)
def equal_values_counted_once(codes, values, queries, n_neighbours):
    near = np.argsort(distances(codes, queries), axis=1)[:, :n_neighbours]
    return np.array([np.unique(values[row]).mean() for row in near])


@wrong("r_squared", says=None)
def adjusted(actual, predicted):
    ratio = np.sum((actual - predicted) ** 2) / np.sum((actual - actual.mean()) ** 2)
    return 1 - ratio * (len(actual) - 1) / (len(actual) - 2)


@wrong("r_squared", says=None)
def never_below_minus_one(actual, predicted):
    return max(-1.0, 1 - np.sum((actual - predicted) ** 2) / np.sum((actual - actual.mean()) ** 2))


@wrong("r_squared", says=None)
def denominator_with_a_small_constant(actual, predicted):
    return 1 - np.sum((actual - predicted) ** 2) / (np.sum((actual - actual.mean()) ** 2) + 1e-8)


@wrong("r_squared", says=None)
def median_as_the_baseline(actual, predicted):
    return 1 - np.sum((actual - predicted) ** 2) / np.sum((actual - np.median(actual)) ** 2)


@wrong("price_scores", says="改動了輸入 values")
def shuffles_the_values_in_place(codes, values, held_out, n_neighbours, shuffles):
    first = score_of(codes, values, ~held_out, held_out, n_neighbours)
    kept, rest = values.copy(), []
    for order in shuffles:
        values[:] = kept[order]
        rest.append(score_of(codes, values, ~held_out, held_out, n_neighbours))
    return first, np.array(rest)


@wrong("price_scores", says=None)
def shuffles_add_up(codes, values, held_out, n_neighbours, shuffles):
    first, rest = score_of(codes, values, ~held_out, held_out, n_neighbours), []
    for order in shuffles:
        values = values[order]
        rest.append(score_of(codes, values, ~held_out, held_out, n_neighbours))
    return first, np.array(rest)


@wrong("price_scores", says=None)
def baseline_never_negative(codes, values, held_out, n_neighbours, shuffles):
    def score(v):
        return score_of(codes, v, ~held_out, held_out, n_neighbours)

    return score(values), np.array([max(0.0, score(values[order])) for order in shuffles])


@wrong("price_scores", says=None)
def one_neighbour_for_the_baseline(codes, values, held_out, n_neighbours, shuffles):
    def score(v, k):
        return score_of(codes, v, ~held_out, held_out, k)

    return score(values, n_neighbours), np.array([score(values[order], 1) for order in shuffles])
