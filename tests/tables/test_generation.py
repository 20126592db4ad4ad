"""第 12 章的工具：合法、比例、關聯、價格地圖、補缺失、怪房子、平滑；對的分得出來，錯的也分得出來。"""

import numpy as np
import pytest
from scipy import stats

from vae_from_scratch import VAE
from vae_from_scratch.groups import Groups
from vae_from_scratch.housing.price_map import PriceMap
from vae_from_scratch.likelihood import Bernoulli, Categorical
from vae_from_scratch.tables import conditional, generation, oddity
from vae_from_scratch.tables.measures import marginal_log_prob

GROUPS = (3, 2)


def one_hot(codes, groups=GROUPS):
    """代碼 (N, V) → 獨熱矩陣；−1 是整組 0。"""
    return Groups(groups).one_hot(np.array(codes))


@pytest.fixture(scope="module")
def pairs():
    """兩個變數：第二個由第一個決定，只有一成例外。"""
    rng = np.random.default_rng(0)
    first = rng.integers(3, size=3000)
    second = np.where(rng.random(3000) < 0.9, first == 2, rng.integers(2, size=3000)).astype(int)
    return one_hot(np.stack([first, second], axis=1))


@pytest.fixture(scope="module")
def trained(pairs):
    model = VAE(
        latent_dim=1, hidden=(16,), likelihood=Categorical(GROUPS), epochs=40, warmup_epochs=5, random_state=0
    )
    return model.fit(pairs[:2000])


# ---- 合法、比例、關聯 ----------------------------------------


def test_a_row_is_valid_only_with_exactly_one_level_per_variable():
    x = np.array([[1, 0, 0, 1, 0], [1, 1, 0, 1, 0], [0, 0, 0, 0, 1], [0, 0, 1, 0, 1]], float)
    assert generation.valid_groups(x, GROUPS).tolist() == [
        [True, True],
        [False, True],
        [False, True],
        [True, True],
    ]
    assert generation.valid_share(x, GROUPS) == 0.5


def test_total_variation_by_hand():
    x, y = one_hot([[0, 0], [0, 1], [1, 0], [2, 0]]), one_hot([[0, 0], [1, 0], [1, 1], [1, 1]])
    np.testing.assert_allclose(generation.total_variation(x, y, GROUPS), [0.5, 0.25])
    assert (generation.total_variation(x, x, GROUPS) == 0).all()


def test_invalid_cells_do_not_count_in_the_shares():
    x = np.concatenate([one_hot([[0, 0], [1, 1]]), [[1, 1, 0, 0, 0]]])
    assert [share.tolist() for share in generation.marginals(x, GROUPS)] == [[0.5, 0.5, 0], [0.5, 0.5]]


def test_cramers_v_agrees_with_scipy_and_knows_its_extremes(pairs):
    table = pairs[:, :3].T @ pairs[:, 3:]
    expected = stats.contingency.association(table.astype(int), method="cramer")
    v = generation.cramers_v(pairs, GROUPS)
    assert v[0, 1] == v[1, 0] == pytest.approx(expected)
    assert v[0, 0] == pytest.approx(1), "自己決定自己"
    rng = np.random.default_rng(1)
    alone = one_hot(np.stack([rng.integers(3, size=5000), rng.integers(2, size=5000)], axis=1))
    assert generation.cramers_v(alone, GROUPS)[0, 1] < 0.05


def test_a_constant_variable_has_no_association():
    assert np.isnan(generation.cramers_v(one_hot([[0, 1], [1, 1], [2, 1]]), GROUPS)[0, 1])


def test_the_upper_triangle_has_one_value_per_pair():
    assert generation.upper_triangle(np.arange(9).reshape(3, 3)).tolist() == [1, 2, 5]


def test_halves_do_not_overlap():
    one, other = generation.random_halves(11, np.random.default_rng(0))
    assert len(one) == len(other) == 5 and not set(one) & set(other)


def test_the_bernoulli_is_a_softmax_times_the_probability_of_being_valid():
    """第 12 章的恆等式，每一棟、每一組 logit 都成立。"""
    rng = np.random.default_rng(3)
    logits, x = (
        rng.normal(size=(20, 5)),
        one_hot(np.stack([rng.integers(3, size=20), rng.integers(2, size=20)], 1)),
    )
    every = [one_hot([[a, b]])[0] for a in range(3) for b in range(2)]
    valid = np.sum([np.exp(Bernoulli().log_prob(np.tile(row, (20, 1)), logits)) for row in every], axis=0)
    together = Categorical(GROUPS).log_prob(x, logits) + np.log(valid)
    np.testing.assert_allclose(Bernoulli().log_prob(x, logits), together)


def test_generated_rows_keep_shares_and_most_of_the_association(trained, pairs):
    made = trained.sample(3000, np.random.default_rng(1)).astype(float)
    assert generation.valid_share(made, GROUPS) == 1
    assert generation.total_variation(made, pairs, GROUPS).max() < 0.06
    assert generation.cramers_v(made, GROUPS)[0, 1] > 0.6 * generation.cramers_v(pairs, GROUPS)[0, 1]


# ---- 價格地圖 ----------------------------------------


def test_the_price_map_averages_the_nearest_and_says_how_far_they_are():
    codes, price = np.array([[0.0], [1.0], [2.0], [10.0]]), np.array([1.0, 2.0, 6.0, 100.0])
    mean, spread, far = PriceMap(codes, price, n_neighbours=2)(np.array([[0.1], [9.0]]))
    np.testing.assert_allclose(mean, [1.5, 53.0])
    np.testing.assert_allclose(spread, [np.std([1, 2], ddof=1), np.std([6, 100], ddof=1)])
    np.testing.assert_allclose(far, [0.9, 7.0])


# ---- 補缺失 ----------------------------------------


def test_the_hidden_value_cannot_leak(trained, pairs):
    """換掉被蓋住的那一欄，三種方法的答案一個位元都不變。"""
    rng = np.random.default_rng
    changed = pairs[2000:].copy()
    changed[:, 3:] = changed[:, [4, 3]]

    def answers(rows):
        return [
            conditional.by_vae(trained, rows, GROUPS, 1, 5, rng(0)),
            conditional.by_logistic_regression(pairs[:2000], rows, GROUPS, 1),
            conditional.by_mode(pairs[:2000], rows, GROUPS, 1),
        ]

    for one, other in zip(answers(pairs[2000:]), answers(changed), strict=True):
        assert np.array_equal(one, other)


def test_the_vae_and_the_regression_beat_the_mode_when_there_is_something_to_learn(trained, pairs):
    held = pairs[2000:]
    levels = Groups(GROUPS).codes(held)[:, 1]
    by = {
        "vae": conditional.by_vae(trained, held, GROUPS, 1, 20, np.random.default_rng(0)),
        "logistic": conditional.by_logistic_regression(pairs[:2000], held, GROUPS, 1),
        "mode": conditional.by_mode(pairs[:2000], held, GROUPS, 1),
    }
    scores = {name: conditional.score(answer, levels) for name, answer in by.items()}
    for answer in by.values():
        np.testing.assert_allclose(answer.sum(axis=1), 1, rtol=1e-5)
    assert scores["vae"][0] > scores["mode"][0] + 0.1 and scores["logistic"][0] > scores["mode"][0] + 0.1
    assert scores["vae"][1] < scores["mode"][1]


def test_the_score_skips_true_gaps():
    accuracy, nats = conditional.score(np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]]), np.array([0, 0, -1]))
    assert accuracy == 0.5 and nats == pytest.approx(-(np.log(0.9) + np.log(0.2)) / 2)


# ---- 怪房子 ----------------------------------------


def test_marginal_log_prob_by_hand():
    train = one_hot([[0, 0], [0, 1], [1, 1], [2, 1]])
    expected = np.log(2.5 / 5.5) + np.log(1.5 / 5)
    assert marginal_log_prob(train, one_hot([[0, 0]]), GROUPS)[0] == pytest.approx(expected)


def test_tampering_keeps_rows_valid_and_shares_alike(pairs):
    changed = oddity.tampered(pairs, GROUPS, 1, np.random.default_rng(0))
    assert generation.valid_share(changed, GROUPS) == 1
    assert ((changed != pairs).reshape(len(pairs), -1).any(axis=1)).mean() > 0.2
    assert generation.total_variation(changed, pairs, GROUPS).max() < 0.03
    assert generation.cramers_v(changed, GROUPS)[0, 1] < 0.8 * generation.cramers_v(pairs, GROUPS)[0, 1]


def test_a_broken_combination_scores_higher_than_an_ordinary_one(trained, pairs):
    rng, groups = np.random.default_rng(0), GROUPS
    usual, broken = one_hot([[2, 1], [0, 0]]), one_hot([[2, 0], [0, 1]])
    odd = [oddity.oddness(trained, pairs, x, groups, 200, rng) for x in (usual, broken)]
    assert odd[0].max() < odd[1].min()


def test_area_under_curve_by_hand():
    assert oddity.area_under_curve(np.array([1.0, 2.0]), np.array([3.0, 4.0])) == 1
    assert oddity.area_under_curve(np.array([3.0, 4.0]), np.array([1.0, 2.0])) == 0
    assert oddity.area_under_curve(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 0.5


# ---- 平滑 ----------------------------------------


def test_standing_still_changes_nothing_and_the_steps_cover_the_whole_way(trained):
    start, end = np.array([[-2.0], [0.3]]), np.array([[2.0], [0.3]])
    changes = generation.changes_along_lines(trained, start, end, GROUPS, n_steps=40)
    assert changes.shape == (2, 40)
    np.testing.assert_allclose(changes[1], 0, atol=1e-15)  # 同樣的列在矩陣乘法裡的位置不同，最後一位可以不同
    whole = generation.changes_along_lines(trained, start, end, GROUPS, n_steps=1)
    assert changes[0].sum() >= whole[0, 0] - 1e-6, "三角不等式：繞路不會比較短"
    assert (changes <= len(GROUPS)).all()
