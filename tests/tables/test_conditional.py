"""補缺失：VAE 的猜法就是 ``VAE.conditional``；有東西可學才贏過最常見的水準。"""

import numpy as np
import pytest

from vae_from_scratch import VAE
from vae_from_scratch.groups import Groups
from vae_from_scratch.likelihood import Categorical
from vae_from_scratch.tables.conditional import by_logistic_regression, by_mode, by_vae, score

GROUPS = (3, 2, 2)
one_hot = Groups(GROUPS).one_hot


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    first = rng.integers(3, size=600)
    second = np.where(rng.random(600) < 0.8, first == 2, rng.integers(2, size=600)).astype(int)
    third = np.where(rng.random(600) < 0.8, second, rng.integers(2, size=600))
    return one_hot(np.stack([first, second, third], axis=1))


@pytest.fixture(scope="module")
def vae(data):
    small = VAE(latent_dim=1, hidden=(8,), epochs=15, warmup_epochs=5, learning_rate=1e-2)
    return small.set_params(likelihood=Categorical(GROUPS)).fit(data)


def test_one_column_is_one_slice_of_the_whole_row(vae, data):
    whole = vae.conditional(Groups(GROUPS).without(data[:20], 1), 50, np.random.default_rng(0))
    assert np.array_equal(by_vae(vae, data[:20], GROUPS, 1, 50, np.random.default_rng(0)), whole[:, 3:5])


def accuracies(vae, train, x):
    """三種猜法猜對的比例，各變數平均。"""
    rng, levels = np.random.default_rng(0), Groups(GROUPS).codes(x)
    answers = {
        "vae": [by_vae(vae, x, GROUPS, v, 10, rng) for v in range(3)],
        "mode": [by_mode(train, x, GROUPS, v) for v in range(3)],
        "logistic": [by_logistic_regression(train, x, GROUPS, v) for v in range(3)],
    }
    return {
        name: np.mean([score(p, levels[:, v])[0] for v, p in enumerate(ps)]) for name, ps in answers.items()
    }


def test_filling_beats_the_mode_only_where_there_is_something_to_learn(vae, data):
    rng, parts = np.random.default_rng(0), np.split(data, [3, 5], axis=1)
    shuffled = np.concatenate([rng.permutation(part) for part in parts], axis=1)
    learnt, useless = accuracies(vae, data, data[:300]), accuracies(vae, data, shuffled[:300])
    by_hand = np.mean([part[:300, part.mean(axis=0).argmax()].mean() for part in parts])
    assert learnt["mode"] == pytest.approx(by_hand), "手算：最常見的水準占前 300 列幾成"
    for name in ("vae", "logistic"):
        assert learnt[name] > learnt["mode"] + 0.1 > useless[name]


def test_missing_cells_are_left_out_of_the_score():
    probabilities, levels = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]]), np.array([0, 0, -1])
    assert score(probabilities, levels) == (0.5, pytest.approx(-np.log(0.9 * 0.2) / 2))
