"""ex09 的錯答案：每一個都要被抓到；``says`` 是診斷裡該有的字。"""

import numpy as np

from vae_from_scratch.course.answers import wrong


def every_place(theta):
    return np.ndindex(*theta.shape)


def pushed(theta, place, by):
    moved = theta.astype(float)
    moved[place] += by
    return moved


@wrong("numerical_gradient", says="只動了一邊")
def forward_difference(loss, theta, step):
    found = np.zeros(theta.shape)
    for place in every_place(theta):
        found[place] = (loss(pushed(theta, place, step)) - loss(theta)) / step
    return found


@wrong("numerical_gradient", says="相距 2h")
def divides_by_one_step(loss, theta, step):
    found = np.zeros(theta.shape)
    for place in every_place(theta):
        found[place] = (loss(pushed(theta, place, step)) - loss(pushed(theta, place, -step))) / step
    return found


@wrong("numerical_gradient", says="正負號反了")
def the_wrong_way_round(loss, theta, step):
    found = np.zeros(theta.shape)
    for place in every_place(theta):
        found[place] = (loss(pushed(theta, place, -step)) - loss(pushed(theta, place, step))) / (2 * step)
    return found


@wrong("numerical_gradient", says="一起動了")
def moves_everything(loss, theta, step):
    return np.full(theta.shape, (loss(theta + step) - loss(theta - step)) / (2 * step))


@wrong("numerical_gradient", says="改動了輸入")
def moves_the_original(loss, theta, step):
    found = np.zeros(theta.shape)
    for place in every_place(theta):
        theta[place] += step
        up = loss(theta)
        theta[place] -= 2 * step
        found[place] = (up - loss(theta)) / (2 * step)
    return found


@wrong("numerical_gradient", says="沒有放回原位")
def forgets_to_put_back(loss, theta, step):
    moved, found = theta.astype(float), np.zeros(theta.shape)
    for place in every_place(theta):
        moved[place] += step
        up = loss(moved)
        moved[place] -= 2 * step
        found[place] = (up - loss(moved)) / (2 * step)
    return found


@wrong("numerical_gradient", says=None)
def a_step_of_its_own(loss, theta, step):
    found = np.zeros(theta.shape)
    for place in every_place(theta):
        found[place] = (loss(pushed(theta, place, 1e-5)) - loss(pushed(theta, place, -1e-5))) / 2e-5
    return found


@wrong("relative_difference", says="基準是 theirs")
def relative_to_ours(ours, theirs):
    if not np.any(theirs):
        return 0.0 if not np.any(ours) else np.inf
    return np.max(np.abs(ours - theirs)) / np.max(np.abs(ours))


@wrong("relative_difference", says="逐格相除")
def cell_by_cell(ours, theirs):
    return np.max(np.abs(ours - theirs) / np.abs(theirs))


@wrong("relative_difference", says="平均")
def the_average_gap(ours, theirs):
    return np.mean(np.abs(ours - theirs)) / np.max(np.abs(theirs))


@wrong("relative_difference", says="負的差")
def signed_gap(ours, theirs):
    return np.max(ours - theirs) / np.max(np.abs(theirs))


@wrong("relative_difference", says="沒有除以")
def absolute_gap(ours, theirs):
    return np.max(np.abs(ours - theirs))


@wrong("relative_difference", says=None)
def always_adds_a_little(ours, theirs):
    return np.max(np.abs(ours - theirs)) / (np.max(np.abs(theirs)) + 1e-8)


@wrong("relative_difference", says=None)
def zero_over_zero(ours, theirs):
    return np.max(np.abs(ours - theirs)) / np.max(np.abs(theirs))


@wrong("adam_change", says="根號裡面")
def epsilon_inside(first, second, step, learning_rate, epsilon, convention):
    return learning_rate * first / (1 - 0.9**step) / np.sqrt(second / (1 - 0.999**step) + epsilon)


@wrong("adam_change", says="另一種慣例")
def swapped(first, second, step, learning_rate, epsilon, convention):
    scale = np.sqrt(1 - 0.999**step)
    within = epsilon if convention == "paper" else epsilon * scale
    return learning_rate * scale / (1 - 0.9**step) * first / (np.sqrt(second) + within)


@wrong("adam_change", says="都照論文")
def always_the_paper(first, second, step, learning_rate, epsilon, convention):
    return learning_rate * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + epsilon)


@wrong("adam_change", says="沒有修正 m")
def uncorrected_first(first, second, step, learning_rate, epsilon, convention):
    scale = np.sqrt(1 - 0.999**step)
    within = epsilon * scale if convention == "paper" else epsilon
    return learning_rate * scale * first / (np.sqrt(second) + within)


@wrong("adam_change", says="沒有修正 v")
def uncorrected_second(first, second, step, learning_rate, epsilon, convention):
    return learning_rate * first / (1 - 0.9**step) / (np.sqrt(second) + epsilon)


@wrong("adam_change", says=None)
def single_precision_constants(first, second, step, learning_rate, epsilon, convention):
    beta = float(np.float32(0.999))
    scale = np.sqrt(1 - beta**step)
    within = epsilon * scale if convention == "paper" else epsilon
    return learning_rate * scale / (1 - 0.9**step) * first / (np.sqrt(second) + within)


def alike(a, b, tolerance):
    return abs(a - b) <= tolerance * max(abs(a), abs(b))


def odd_in(column, tolerance):
    near = [pair for pair in ((0, 1), (0, 2), (1, 2)) if alike(column[pair[0]], column[pair[1]], tolerance)]
    if len(near) == 3:
        return None
    return 3 - sum(near[0]) if len(near) == 1 else -1


@wrong("odd_one_out", says="最後一個不同")
def the_last_difference(values, tolerance):
    found = [(odd_in(column, tolerance), q) for q, column in enumerate(values.T)]
    found = [(who, q) for who, q in found if who is not None]
    return found[-1] if found else (-1, -1)


@wrong("odd_one_out", says="跳過去了")
def skips_the_unclear(values, tolerance):
    for q, column in enumerate(values.T):
        who = odd_in(column, tolerance)
        if who is not None and who >= 0:
            return who, q
    return -1, -1


@wrong("odd_one_out", says="從 1 數起")
def counts_from_one(values, tolerance):
    for q, column in enumerate(values.T):
        who = odd_in(column, tolerance)
        if who is not None:
            return who + 1, q + 1
    return 0, 0


@wrong("odd_one_out", says="次序反了")
def quantity_first(values, tolerance):
    for q, column in enumerate(values.T):
        who = odd_in(column, tolerance)
        if who is not None:
            return q, who
    return -1, -1


@wrong("odd_one_out", says=None)
def absolute_tolerance(values, tolerance):
    for q, column in enumerate(values.T):
        near = [p for p in ((0, 1), (0, 2), (1, 2)) if abs(column[p[0]] - column[p[1]]) <= tolerance]
        if len(near) < 3:
            return (3 - sum(near[0]), q) if len(near) == 1 else (-1, q)
    return -1, -1


@wrong("odd_one_out", says=None)
def zero_over_zero_differs(values, tolerance):
    for q, column in enumerate(values.T):
        with np.errstate(all="ignore"):
            near = [
                p for p in ((0, 1), (0, 2), (1, 2))
                if abs(column[p[0]] - column[p[1]]) / max(abs(column[p[0]]), abs(column[p[1]])) <= tolerance
            ]  # fmt: skip
        if len(near) < 3:
            return (3 - sum(near[0]), q) if len(near) == 1 else (-1, q)
    return -1, -1


def right_loss(x, logits):
    return np.mean(np.sum(np.logaddexp(0, logits) - x * logits, axis=1))


def right_slope(x, logits):
    return (0.5 + 0.5 * np.tanh(0.5 * logits) - x) / len(x)


@wrong("mend_cross_entropy", says="換成 float64")
def blames_the_digits(x, logits):
    return "d", right_loss(x, logits), right_slope(x, logits)


@wrong("mend_cross_entropy", says="還是壞的")
def still_clipped(x, logits):
    p = np.clip(1 / (1 + np.exp(-logits)), 1e-7, 1 - 1e-7)
    return "b", -np.mean(np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=1)), right_slope(x, logits)


@wrong("mend_cross_entropy", says="放寬")
def clipped_a_little_wider(x, logits):
    p = np.clip(1 / (1 + np.exp(-logits)), 1e-15, 1 - 1e-15)
    return "b", -np.mean(np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=1)), right_slope(x, logits)


@wrong("mend_cross_entropy", says="沒有除以 N")
def slope_of_the_sum(x, logits):
    return "b", right_loss(x, logits), right_slope(x, logits) * len(x)


@wrong("mend_cross_entropy", says=None)
def overflows(x, logits):
    return "b", np.mean(np.sum(np.log(1 + np.exp(logits)) - x * logits, axis=1)), right_slope(x, logits)


@wrong("mend_cross_entropy", says=None)
def no_slope_where_it_was_clipped(x, logits):
    inside = np.abs(logits) < 16.1
    return "b", right_loss(x, logits), right_slope(x, logits) * inside
