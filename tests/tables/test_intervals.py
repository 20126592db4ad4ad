"""重疊的切分：校正過的區間蓋得住真值，獨立的公式蓋不住；壞的輸入說得出是哪一個。"""

import numpy as np
import pytest
from scipy import stats

from vae_from_scratch.tables.intervals import half_width, same_side_by_luck, split_error

N_ROWS, N_SPLITS, N_SAMPLES = 100, 10, 1500


@pytest.fixture(scope="module")
def repeated_splits():
    """1500 份資料，每份 100 列，重切十次：兩種猜法的誤差的差，在留下的 20 列上平均。

    每列的差是標準常態，所以真值是 0；兩次切分留下的列有五分之一相同，正是校正的式子假設的相關。
    """
    rng = np.random.default_rng(0)
    y = rng.standard_normal((N_SAMPLES, N_ROWS))
    splits = [rng.permuted(y, axis=1)[:, :20].mean(axis=1) for _ in range(N_SPLITS)]
    return np.stack(splits, axis=1), 0.0


def naive_half_width(scores):
    """獨立的樣本的公式：t · s / √k。"""
    return stats.t.ppf(0.975, len(scores) - 1) * np.std(scores, ddof=1) / np.sqrt(len(scores))


def coverage(differences, truth, width):
    return np.mean([abs(scores.mean() - truth) <= width(scores) for scores in differences])


def test_the_corrected_interval_covers_and_the_naive_one_does_not(repeated_splits):
    """第 11 章：沒有校正的只有四分之三左右的機會蓋住真值，校正過的是九成五左右。"""
    differences, truth = repeated_splits
    assert coverage(differences, truth, half_width) == pytest.approx(0.95, abs=0.02)
    assert coverage(differences, truth, naive_half_width) == pytest.approx(0.75, abs=0.03)


def test_it_is_1_87_times_the_naive_one_for_ten_splits_of_a_fifth():
    scores = np.random.default_rng(1).standard_normal(10)
    assert half_width(scores) / naive_half_width(scores) == pytest.approx(np.sqrt(0.35 / 0.1))
    assert np.sqrt(0.35 / 0.1) == pytest.approx(1.87, abs=0.005)
    assert split_error(scores) == pytest.approx(np.sqrt((0.1 + 586 / 2344) * scores.var(ddof=1)))


def test_more_splits_do_not_make_more_houses():
    """切分再多，標準誤也不會低於 √(n₂/n₁) s。"""
    scores = np.tile([-1.0, 1.0], 5000)
    assert split_error(scores) > 0.5 * scores.std()


def test_overlapping_splits_win_by_luck_more_often(repeated_splits):
    """重切的分數同號的比例合公式，遠高於把切分當成獨立的 2·0.5ⁿ。"""
    differences, _ = repeated_splits
    for n in (2, 3, 5):
        signs = differences[:, :n] > 0
        found = np.mean(signs.all(axis=1) | ~signs.any(axis=1))
        assert found == pytest.approx(same_side_by_luck(n), abs=4 * np.sqrt(0.25 / N_SAMPLES))
        assert same_side_by_luck(n) > 2 * 0.5**n
    assert found > 2 * 0.5**5 + 0.04
    assert same_side_by_luck(5, held_out=1e-9) == pytest.approx(2 * 0.5**5, abs=1e-6)
    assert same_side_by_luck(2) == pytest.approx(0.5 + np.arcsin(0.2) / np.pi)


@pytest.mark.parametrize(
    ("scores", "held_out", "named"),
    [([1.0], 0.2, "scores"), ([[1.0, 2.0]], 0.2, "scores"), ([1.0, 2.0], 1.0, "held_out")],
)
def test_a_wrong_input_is_named(scores, held_out, named):
    with pytest.raises(ValueError, match=f"引數 {named}"):
        split_error(scores, held_out)
