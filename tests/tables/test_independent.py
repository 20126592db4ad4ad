"""各欄獨立的基準：與獨熱矩陣的舊算法同一個數字；密度加總是 1；數字是最大概似的常態。"""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from vae_from_scratch.groups import Groups
from vae_from_scratch.tables.coded import CodedTable, Slot, take
from vae_from_scratch.tables.independent import Independent
from vae_from_scratch.tables.measures import marginal_log_prob, marginal_nats


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    codes = np.stack([rng.integers(-1, size, size=400) for size in (3, 2)], axis=1)
    numbers = rng.normal([1, 0], [2, 0.5], size=(400, 2))
    numbers[rng.random((400, 2)) < 0.1] = np.nan
    return CodedTable(codes, (3, 2), numbers)


def test_categories_agree_with_the_one_hot_matrix(table):
    x, only_codes = Groups((3, 2)).one_hot(table.codes), CodedTable(table.codes, (3, 2), table.numbers[:, :0])
    old = marginal_log_prob(x[:300], x[300:], (3, 2))
    new = marginal_log_prob(take(only_codes, slice(300)), take(only_codes, slice(300, None)))
    np.testing.assert_allclose(new, old, rtol=1e-13)


def test_numbers_are_the_normal_density_of_the_known_cells(table):
    only_numbers = CodedTable(table.codes[:, :0], (), table.numbers)
    parts = [norm.logpdf(column, np.nanmean(column), np.nanstd(column)) for column in table.numbers.T]
    expected = np.nan_to_num(parts).sum(axis=0)
    found = marginal_log_prob(only_numbers, only_numbers, pseudo_count=0)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert marginal_nats(only_numbers, only_numbers, pseudo_count=0) == pytest.approx(-expected.mean())


def test_levels_and_numbers_add_up_to_one(table):
    model = Independent.fit(table)

    def density(a, b, number):
        row = CodedTable(np.array([[a, b]]), (3, 2), np.array([[number, np.nan]]))
        return np.exp(model.log_prob(row)[0])

    total = sum(quad(lambda v, a=a, b=b: density(a, b, v), -20, 20)[0] for a in range(3) for b in range(2))
    assert total == pytest.approx(1, abs=1e-6)


def test_what_training_never_saw_costs_a_lot_but_not_infinity():
    train = CodedTable(np.zeros((9, 1), dtype=int), (2,), np.full((9, 2), [[0.0, np.nan]]))
    asked = CodedTable(np.array([[1]]), (2,), np.array([[3.0, 3.0]]))
    categories, numbers = Independent.fit(train).cell_log_prob(asked)
    assert categories[0, 0] == pytest.approx(np.log(0.5 / 10))
    assert -1000 < numbers[0, 0] < -50, "訓練時只有一種值"
    assert numbers[0, 1] == pytest.approx(norm.logpdf(3)), "訓練時整欄缺失：N(0, 1)"


def test_samples_have_the_same_shares_and_keep_zeros_consistent(table):
    flagged = CodedTable(table.codes, (3, 2), table.numbers)
    model = Independent.fit(flagged)
    drawn = model.sample(20_000, np.random.default_rng(1), spiked=(1,))
    np.testing.assert_allclose(np.bincount(drawn.codes[:, 0]) / 20_000, model.shares[0], atol=0.015)
    assert (np.isnan(drawn.numbers[:, 1]) == (drawn.codes[:, 1] == 0)).all()
    assert drawn.numbers[:, 0].std() == pytest.approx(np.sqrt(model.variance[0]), rel=0.03)
    assert model.fill(take(drawn, slice(2)), Slot("number", 0)).tolist() == [model.mean[0]] * 2
