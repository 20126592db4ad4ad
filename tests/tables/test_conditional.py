"""補缺失與意外程度：和對 z 積分的精確值相同；伯努利的模型讀成 softmax。"""

import numpy as np
import pytest

from vae_from_scratch import VAE
from vae_from_scratch.housing.imputation import Column, by_vae
from vae_from_scratch.likelihood import Bernoulli, Categorical
from vae_from_scratch.tables.conditional import as_softmax, cell_log_prob, fill, filling_accuracy, surprise

GROUPS = (3, 2, 2)


def one_hot(codes):
    return np.concatenate(
        [
            np.eye(k)[column] * (column >= 0)[:, None]
            for column, k in zip(np.array(codes).T, GROUPS, strict=True)
        ],
        axis=1,
    )


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    first = rng.integers(3, size=600)
    second = np.where(rng.random(600) < 0.8, first == 2, rng.integers(2, size=600)).astype(int)
    third = np.where(rng.random(600) < 0.8, second, rng.integers(2, size=600))
    return one_hot(np.stack([first, second, third], axis=1))


def trained(data, likelihood):
    settings = {"latent_dim": 1, "hidden": (8,), "epochs": 15, "warmup_epochs": 5, "learning_rate": 1e-2}
    return VAE(**settings, likelihood=likelihood).fit(data)


@pytest.fixture(scope="module")
def vae(data):
    return trained(data, Categorical(GROUPS))


@pytest.fixture(scope="module")
def bernoulli(data):
    return trained(data, "bernoulli")


def on_grid(vae, x):
    """z 的格點上，每一格的 log p(x_v|z)（G, N, V）、softmax（G, D）與先驗的權重（G,）。"""
    z = np.linspace(-8, 8, 2001)[:, None]
    likelihood = Categorical(GROUPS)
    output = vae.network_.decode(vae.network_.views(vae.parameters_), z)
    cells = np.stack([cell_log_prob(x, np.broadcast_to(row, x.shape), likelihood) for row in output])
    prior = np.exp(-0.5 * z[:, 0] ** 2)
    return cells, likelihood.mean(output), prior / prior.sum()


EVERY = one_hot([[a, b, c] for a in range(3) for b in range(2) for c in range(2)])
INCOMPLETE = one_hot([[2, -1, -1], [-1, 0, 1], [-1, -1, -1], [0, -1, 1]])


@pytest.mark.parametrize("name", ["vae", "bernoulli"])
def test_filling_agrees_with_the_integral_over_z(name, request):
    model = request.getfixturevalue(name)
    cells, probabilities, prior = on_grid(model, INCOMPLETE)
    weights = prior[:, None] * np.exp(cells.sum(axis=2))
    exact = (weights / weights.sum(axis=0)).T @ probabilities
    filled = fill(model, INCOMPLETE, GROUPS, 4000, np.random.default_rng(0))
    np.testing.assert_allclose(filled, exact, atol=0.02)
    assert np.ptp(exact[:, 3]) > 0.2, "已知的格子真的改變答案，這個檢查才有意義"


@pytest.mark.parametrize("name", ["vae", "bernoulli"])
def test_the_likelihood_and_the_surprise_agree_with_the_integral_over_z(name, request):
    model = request.getfixturevalue(name)
    cells, _, prior = on_grid(model, EVERY)
    joint = np.log(prior @ np.exp(cells.sum(axis=2)))
    rest = np.log(np.einsum("g,gnv->nv", prior, np.exp(cells.sum(axis=2)[:, :, None] - cells)))
    log_likelihood, log_cells = surprise(model, EVERY, GROUPS, 4000, np.random.default_rng(0))
    np.testing.assert_allclose(log_likelihood, joint, atol=0.03)
    error = np.abs(log_cells - (joint[:, None] - rest))
    assert error.max() < 0.25 and error.mean() < 0.03, "拿掉一格的權重，尾巴比較長"
    assert np.logaddexp.reduce(log_likelihood) == pytest.approx(0, abs=0.02), "全部可能的列，機率加成 1"


def test_missing_cells_are_not_surprising_and_an_empty_row_costs_nothing(vae):
    log_likelihood, cells = surprise(vae, INCOMPLETE, GROUPS, 500, np.random.default_rng(0))
    starts = np.cumsum((0, *GROUPS[:-1]))
    assert np.array_equal(np.isnan(cells), np.add.reduceat(INCOMPLETE, starts, axis=1) == 0)
    assert log_likelihood[2] == pytest.approx(0, abs=0.1)


def test_filling_a_row_is_hiding_each_unknown_column(vae, data):
    """只缺一欄時，與第 12 章一次蓋一欄的做法逐位元相同。"""
    column = Column(GROUPS, 1)
    hidden = column.hide(data[:20])
    one = by_vae(vae, data[:20], column, 50, np.random.default_rng(0))
    assert np.array_equal(fill(vae, hidden, GROUPS, 50, np.random.default_rng(0))[:, column.span], one)


def test_filling_accuracy_beats_the_mode_only_where_there_is_something_to_learn(vae, data):
    rng = np.random.default_rng(0)
    shuffled = np.concatenate([rng.permutation(part) for part in np.split(data, [3, 5], axis=1)], axis=1)
    learnt, mode = filling_accuracy(vae, data, data, GROUPS, rng)
    useless, _ = filling_accuracy(vae, data, shuffled, GROUPS, rng)
    shares = [part.mean(axis=0) for part in np.split(data, [3, 5], axis=1)]
    first = [
        part[:300, share.argmax()].mean()
        for part, share in zip(np.split(data, [3, 5], axis=1), shares, strict=True)
    ]
    assert mode == pytest.approx(np.mean(first)), "手算：最常見的水準占前 300 列幾成"
    assert learnt > mode + 0.1 > useless


def test_columns_without_known_cells_are_left_out_of_the_accuracy(vae, data):
    hidden = Column(GROUPS, 1).hide(data)
    assert 0 < filling_accuracy(vae, data, hidden, GROUPS, np.random.default_rng(0))[0] < 1
    nothing = filling_accuracy(vae, data, 0 * data, GROUPS, np.random.default_rng(0))
    assert np.isnan(nothing).all()


def test_cells_add_up_to_the_likelihood(data):
    output = np.random.default_rng(0).normal(size=data.shape)
    cells = cell_log_prob(data, output, Categorical(GROUPS))
    np.testing.assert_allclose(cells.sum(axis=1), Categorical(GROUPS).log_prob(data, output))


def test_reading_as_softmax_leaves_the_model_alone(bernoulli):
    reading = as_softmax(bernoulli, GROUPS)
    assert isinstance(reading.likelihood_, Categorical) and isinstance(bernoulli.likelihood_, Bernoulli)
