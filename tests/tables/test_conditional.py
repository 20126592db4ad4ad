"""補缺失：VAE 的猜法就是 ``VAE.conditional``；有東西可學才贏過最常見的水準。"""

import numpy as np
import pytest

from vae_from_scratch import VAE
from vae_from_scratch.groups import Groups
from vae_from_scratch.likelihood import Categorical
from vae_from_scratch.tables.conditional import by_vae, filling_accuracy

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


def test_filling_accuracy_beats_the_mode_only_where_there_is_something_to_learn(vae, data):
    rng = np.random.default_rng(0)
    shuffled = np.concatenate([rng.permutation(part) for part in np.split(data, [3, 5], axis=1)], axis=1)
    learnt, mode = filling_accuracy(vae, data, data, GROUPS, rng)
    useless, _ = filling_accuracy(vae, data, shuffled, GROUPS, rng)
    parts = np.split(data, [3, 5], axis=1)
    first = [part[:300, part.mean(axis=0).argmax()].mean() for part in parts]
    assert mode == pytest.approx(np.mean(first)), "手算：最常見的水準占前 300 列幾成"
    assert learnt > mode + 0.1 > useless


def test_columns_without_known_cells_are_left_out_of_the_accuracy(vae, data):
    hidden = Groups(GROUPS).without(data, 1)
    assert 0 < filling_accuracy(vae, data, hidden, GROUPS, np.random.default_rng(0))[0] < 1
    nothing = filling_accuracy(vae, data, 0 * data, GROUPS, np.random.default_rng(0))
    assert np.isnan(nothing).all()
