"""Chow–Liu 樹：由已知的樹抽的資料，學得回樹與熵；密度加總是 1；缺失是精確地加總掉的；錯的邊比較差。"""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import logsumexp
from scipy.stats import norm

from vae_from_scratch.tables import chow_liu
from vae_from_scratch.tables.bins import LEAST_WIDTH, Bins
from vae_from_scratch.tables.chow_liu import ChowLiu
from vae_from_scratch.tables.coded import CodedTable, Slot, hide, take

NO_NUMBERS = np.empty((1, 0))


def categories(codes, groups):
    return CodedTable(codes, groups, np.empty((len(codes), 0)))


def noisy(source, size, rng, keep=0.8):
    """八成照抄（取餘數），兩成亂猜；條件熵算得出來。"""
    return np.where(rng.random(len(source)) < keep, source % size, rng.integers(size, size=len(source)))


@pytest.fixture(scope="module")
def chain():
    """0 → 1 → 2，0 → 3；4 與誰都無關。水準都是 3 個，條件熵都一樣。"""
    rng = np.random.default_rng(0)
    columns = [rng.integers(3, size=20_000)]
    for parent in (0, 1, 0):
        columns.append(noisy(columns[parent], 3, rng))
    return categories(np.stack([*columns, rng.integers(3, size=20_000)], axis=1), (3,) * 5)


def true_entropy():
    right, wrong = 0.8 + 0.2 / 3, 0.2 / 3
    return 2 * np.log(3) - 3 * (right * np.log(right) + 2 * wrong * np.log(wrong))


def test_it_finds_the_tree_and_the_entropy_of_a_known_one(chain):
    train, test = take(chain, slice(15_000)), take(chain, slice(15_000, None))
    tree = ChowLiu.fit(train)
    assert tree.edges == [(0, 1), (0, 3), (1, 2)], "無關的那一欄一條邊也沒有"
    found = -tree.log_prob(test)
    assert found.mean() == pytest.approx(true_entropy(), abs=4 * found.std() / np.sqrt(len(found)))


def test_a_wrong_edge_is_worse_and_no_edge_is_worst(chain):
    train, test = take(chain, slice(15_000)), take(chain, slice(15_000, None))
    right, wrong = ChowLiu.fit(train), ChowLiu.fit(train, edges=[(0, 1), (0, 3), (2, 3)])
    nats = [-one.log_prob(test).mean() for one in (right, wrong, right.unlinked(train))]
    assert nats[0] + 0.1 < nats[1] < nats[2] - 0.1
    assert right.unlinked(train).edges == []


def test_edges_with_a_circle_are_refused(chain):
    with pytest.raises(ValueError, match="有圈"):
        ChowLiu.fit(take(chain, slice(100)), edges=[(0, 1), (1, 2), (0, 2)])


def test_a_number_that_follows_a_category_reaches_the_known_entropy():
    """數字在 [k, k + 1] 均勻：h(x|k) = 0，總共 log 3 nats；拿掉邊，就要付 log 3 更多。"""
    rng = np.random.default_rng(0)
    level = rng.integers(3, size=30_000)
    table = CodedTable(level[:, None], (3,), (level + rng.random(30_000))[:, None])
    train, test = take(table, slice(20_000)), take(table, slice(20_000, None))
    tree = ChowLiu.fit(train)
    assert tree.edges == [(0, 1)]
    assert -tree.log_prob(test).mean() == pytest.approx(np.log(3), abs=0.1)
    assert -tree.unlinked(train).log_prob(test).mean() == pytest.approx(2 * np.log(3), abs=0.1)
    guess = tree.fill(hide(take(test, slice(50)), Slot("number", 0)), Slot("number", 0))
    np.testing.assert_allclose(guess, test.codes[:50, 0] + 0.5, atol=0.1)


# ---- 是不是真的機率，用暴力加總來對 ----------------------------------------


@pytest.fixture(scope="module")
def mixed():
    rng = np.random.default_rng(1)
    first = rng.integers(2, size=500)
    number = first + rng.normal(0, 0.5, 500)
    third = noisy((number > 0.5).astype(int), 3, rng)
    numbers = np.stack([number, rng.normal(number, 0.3)], axis=1)
    return CodedTable(np.stack([first, third], axis=1), (2, 3), numbers)


def every_state(first=None, third=None):
    pairs = [(a, b) for a in range(2) for b in range(3) if first in (None, a) and third in (None, b)]
    return np.array(pairs)


def row(a, b, u, v):
    return CodedTable(np.array([[a, b]]), (2, 3), np.array([[u, v]]))


def test_the_density_adds_up_to_one(mixed):
    tree = ChowLiu.fit(mixed)
    assert len(tree.edges) == 3
    # 一箱裡的密度積分是 1（下面另外檢查），所以除以它，就是「落在這一箱」的機率。
    total = 0.0
    for a, b in every_state():
        for i, u in enumerate(tree.bins[0].mean):
            for j, v in enumerate(tree.bins[1].mean):
                log_p = tree.log_prob(row(a, b, u, v))[0]
                point = np.array([[u], [v]])
                pairs = list(zip(tree.bins, point, strict=True))
                assert [one.states(value)[0] for one, value in pairs] == [i, j]
                total += np.exp(log_p - sum(one.log_density(value)[0] for one, value in pairs))
    assert total == pytest.approx(1, abs=1e-12)


def test_the_density_of_one_number_integrates_to_the_marginal(mixed):
    tree, edges = ChowLiu.fit(mixed), ChowLiu.fit(mixed).bins[0].edges
    without = np.exp(tree.log_prob(row(1, 2, np.nan, 0.4))[0])
    parts = zip([-30, *edges], [*edges, 30], strict=True)
    whole = sum(quad(lambda u: np.exp(tree.log_prob(row(1, 2, u, 0.4))[0]), *part)[0] for part in parts)
    assert whole == pytest.approx(without, rel=1e-7)


def test_missing_categories_are_summed_out_exactly(mixed):
    tree = ChowLiu.fit(mixed)
    for known in ({"first": 1}, {"third": 2}, {}):
        states = every_state(**known)
        parts = [tree.log_prob(row(a, b, 0.3, 0.2))[0] for a, b in states]
        hidden = row(known.get("first", -1), known.get("third", -1), 0.3, 0.2)
        assert tree.log_prob(hidden)[0] == pytest.approx(logsumexp(parts), abs=1e-12)


def test_conditionals_are_bayes_rule(mixed):
    tree = ChowLiu.fit(mixed)
    for slot, rows in (
        (Slot("category", 0), [row(a, 1, 0.3, np.nan) for a in range(2)]),
        (Slot("category", 1), [row(-1, b, 0.3, 0.1) for b in range(3)]),
    ):
        joint = np.array([tree.log_prob(one)[0] for one in rows])
        found = tree.fill(hide(rows[0], slot), slot)[0]
        np.testing.assert_allclose(found, np.exp(joint - logsumexp(joint)), atol=1e-12)


def test_samples_come_from_the_density(mixed):
    tree = ChowLiu.fit(mixed)
    drawn = tree.sample(20_000, np.random.default_rng(0))
    again = ChowLiu.fit(drawn)
    assert again.edges == tree.edges
    own, copy = -tree.log_prob(drawn), -again.log_prob(drawn)
    assert own.mean() == pytest.approx(copy.mean(), abs=0.15)
    np.testing.assert_allclose(drawn.numbers.mean(axis=0), mixed.numbers.mean(axis=0), atol=0.05)
    assert (drawn.codes >= 0).all() and np.isfinite(drawn.numbers).all()
    same = tree.sample(100, np.random.default_rng(3)), tree.sample(100, np.random.default_rng(3))
    assert np.array_equal(same[0].numbers, same[1].numbers) and np.array_equal(same[0].codes, same[1].codes)


def test_zeros_of_a_spike_stay_zeros_in_the_sample():
    rng = np.random.default_rng(0)
    flag = rng.integers(2, size=1000)
    numbers = np.stack([np.where(flag, rng.normal(size=1000), np.nan), rng.normal(size=1000)], axis=1)
    codes = np.stack([rng.integers(3, size=1000), flag], axis=1)
    tree = ChowLiu.fit(CodedTable(codes, (3, 2), numbers), spiked=(0,))
    drawn = tree.sample(500, rng)
    assert (np.isnan(drawn.numbers[:, 0]) == (drawn.codes[:, 1] == 0)).all()
    assert np.isfinite(drawn.numbers[:, 1]).all()


# ---- 箱 ----------------------------------------

VALUES = {
    "常態": np.random.default_rng(0).normal(size=1000),
    "歪的": np.random.default_rng(0).lognormal(sigma=2, size=1000),
    "十二個月": np.random.default_rng(0).integers(1, 13, size=1000).astype(float),
    "兩種值": np.repeat([0.0, 1.0], [900, 100]),
    "一種值": np.zeros(50),
    "一列": np.array([0.3]),
    "沒有值": np.full(5, np.nan),
    "幾乎同一個值": np.repeat(1.0, 1000) + 1e-9 * np.arange(1000),
}


@pytest.mark.parametrize("name", VALUES)
def test_every_bin_integrates_to_one(name):
    bins = Bins.fit(VALUES[name])
    far = np.array([bins.mean[0] - 40 * bins.scale[0], bins.mean[-1] + 40 * bins.scale[-1]])
    stops = np.concatenate([far[:1], bins.edges, far[1:]])
    for state, part in enumerate(pairwise(stops)):
        inside = np.linspace(*part, 200_001)
        middle = (inside[1:] + inside[:-1]) / 2
        assert (bins.states(middle) == state).all()
        assert np.exp(bins.log_density(middle)).sum() * (inside[1] - inside[0]) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("name", VALUES)
def test_samples_of_a_bin_stay_in_it_and_have_its_mean(name):
    bins = Bins.fit(VALUES[name])
    states = np.repeat(np.arange(len(bins)), 4000)
    drawn = bins.sample(states, np.random.default_rng(0))
    assert (bins.states(drawn) == states).all()
    means = drawn.reshape(len(bins), -1).mean(axis=1)
    np.testing.assert_allclose(means, bins.mean, atol=0.08 * bins.scale.max())


def test_a_lattice_gets_one_bin_a_value_and_no_reward_for_being_a_lattice():
    """十二個月各占一箱、寬是 1：−log p 就是 log 12，不會因為值重複就要多高有多高。"""
    months = VALUES["十二個月"]
    bins = Bins.fit(months, n_bins=12)
    assert bins.edges.tolist() == [month + 0.5 for month in range(1, 12)]
    assert bins.log_density(np.array([5.0, 6.0])).tolist() == [0, 0]
    assert np.diff(Bins.fit(VALUES["幾乎同一個值"]).edges, prepend=-1).min() >= LEAST_WIDTH


def test_a_bin_may_not_be_sharper_than_the_model_may():
    """最窄的箱與混合的概似的下限（s = 0.01）熵一樣。"""
    assert np.log(LEAST_WIDTH) == pytest.approx(norm(scale=0.01).entropy())


def test_a_thinned_table_learns_nearly_the_same(chain, monkeypatch):
    whole = ChowLiu.fit(chain)
    monkeypatch.setattr(chow_liu, "MOST_LEARNT", 5000)
    thinned = ChowLiu.fit(chain)
    assert thinned.edges == whole.edges and not np.array_equal(thinned.tables[1], whole.tables[1])
    np.testing.assert_allclose(thinned.tables[1], whole.tables[1], atol=0.03)
