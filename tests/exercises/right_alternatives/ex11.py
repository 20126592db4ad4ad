"""ex11 的其他正確寫法：檢查不可以挑剔。"""

import numpy as np

from vae_from_scratch.course.answers import right


@right("vae_step")
def by_hand_without_the_helpers(parameters, x, noise, learning_rate, *functions):
    a, b, c = parameters
    std = np.exp(c / 2)
    z = a * x + std * noise
    error = x - b * z
    d_mean = -b * error + a * x
    d_log_var = -b * error * std * noise / 2 + (np.exp(c) - 1) / 2
    step = [np.mean(d_mean * x), -np.mean(error * z), np.mean(d_log_var)]
    return [old - learning_rate * change for old, change in zip(parameters, step, strict=True)]


@right("vae_step")
def row_by_row(parameters, x, noise, learning_rate, reparameterize, through_sample, kl_gradient):
    a, b, c = parameters
    gradients = []
    for x_n, noise_n in zip(x, noise, strict=True):
        mean, log_var = np.array([a * x_n]), np.array([[c]])
        z = reparameterize(mean, log_var, noise_n[None])
        path, kl = through_sample(b * (b * z - x_n), log_var, noise_n[None]), kl_gradient(mean, log_var)
        gradients.append([
            np.sum((path[0] + kl[0]) * x_n), np.sum((b * z - x_n) * z), np.sum(path[1] + kl[1])
        ])  # fmt: skip
    return parameters - learning_rate * np.mean(gradients, axis=0)


@right("train_epoch")
def with_array_split(step, parameters, order, batch_size):
    order = np.asarray(order)
    losses = np.zeros(len(order))
    for rows in np.split(order, np.arange(batch_size, len(order), batch_size)):
        parameters, losses[rows] = step(parameters, rows)
    return parameters, losses.mean()


@right("train_epoch")
def lists_of_rows(step, parameters, order, batch_size):
    rows, total, count = [int(row) for row in order], 0.0, 0
    while rows:
        batch, rows = rows[:batch_size], rows[batch_size:]
        parameters, loss = step(parameters, batch)
        total, count = total + loss * len(batch), count + len(batch)
    return parameters, total / count


@right("wake_epochs")
def unit_by_unit(kl_per_unit, threshold):
    answers = []
    for unit in kl_per_unit.T:
        epoch = len(unit)
        while epoch > 0 and unit[epoch - 1] >= threshold:
            epoch -= 1
        answers.append(epoch + 1 if epoch < len(unit) else 0)
    return answers


@right("wake_epochs")
def by_cumulative_product(kl_per_unit, threshold):
    awake_to_the_end = np.cumprod((kl_per_unit >= threshold)[::-1], axis=0).sum(axis=0)
    return np.where(awake_to_the_end > 0, len(kl_per_unit) - awake_to_the_end + 1, 0)


@right("knn_predict")
def one_query_at_a_time(codes, values, queries, n_neighbours):
    found = []
    for query in queries:
        nearest = np.argpartition(np.linalg.norm(codes - query, axis=1), n_neighbours - 1)[:n_neighbours]
        found.append(np.mean(values[nearest]))
    return found


@right("knn_predict")
def by_expanding_the_square(codes, values, queries, n_neighbours):
    squared = (queries**2).sum(1)[:, None] - 2 * queries @ codes.T + (codes**2).sum(1)
    return np.take(values, squared.argsort(axis=1)[:, :n_neighbours]).sum(axis=1) / n_neighbours


@right("r_squared")
def from_mean_squares(actual, predicted):
    return 1 - np.mean((actual - predicted) ** 2) / np.var(actual)


@right("r_squared")
def as_an_array(actual, predicted):
    y = np.array(actual)
    return np.array((np.var(y) - np.mean((y - predicted) ** 2)) / np.var(y))


@right("price_scores")
def with_row_numbers(codes, values, held_out, n_neighbours, shuffles):
    near, far = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    distance = np.linalg.norm(codes[far][:, None] - codes[near][None], axis=-1)
    nearest = near[np.argsort(distance, axis=1)[:, :n_neighbours]]
    scores = []
    for order in [np.arange(len(values)), *shuffles]:
        y = values[order]
        error = y[far] - y[nearest].mean(axis=1)
        scores.append(1 - np.mean(error**2) / np.var(y[far]))
    return scores[0], scores[1:]


# ---- 型別與次序：說明答應收什麼，就收什麼 ----------------------------------------


@right("vae_step")
def works_on_a_copy(parameters, x, noise, rate, reparameterize, gradient, kl_gradient):
    new = parameters.copy()
    mean, log_var = parameters[0] * x, 0 * x + parameters[2]
    z = reparameterize(mean, log_var, noise)
    d_z = parameters[1] * (parameters[1] * z - x)
    through_z, through_kl = gradient(d_z, log_var, noise), kl_gradient(mean, log_var)
    d_mean, d_log_var = through_z[0] + through_kl[0], through_z[1] + through_kl[1]
    new[0] -= rate * (d_mean * x).mean()
    new[1] -= rate * ((parameters[1] * z - x) * z).mean()
    new[2] -= rate * d_log_var.mean()
    return new


@right("train_epoch")
def starts_from_a_copy(step, parameters, order, batch_size):
    parameters, losses = parameters.copy(), []
    for rows in np.split(order, range(batch_size, len(order), batch_size)):
        parameters, loss = step(parameters, rows)
        losses += [loss] * len(rows)
    return parameters, np.array(losses).mean()


@right("wake_epochs")
def from_the_back(kl_per_unit, threshold):
    awake = np.cumprod((kl_per_unit >= threshold)[::-1], axis=0).sum(axis=0)
    return np.where(awake > 0, len(kl_per_unit) + 1 - awake, 0).astype(float)


@right("knn_predict")
def query_by_query(codes, values, queries, n_neighbours):
    answer = []
    for query in queries:
        gap = np.einsum("nd,nd->n", codes - query, codes - query)
        answer.append(float(np.mean(values[np.argpartition(gap, n_neighbours - 1)[:n_neighbours]])))
    return answer


@right("r_squared")
def zero_dimensional(actual, predicted):
    centred = actual - np.average(actual)
    return np.array(1 - (actual - predicted) @ (actual - predicted) / (centred @ centred))
