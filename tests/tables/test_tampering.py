"""竄改的檢查：旗標與數字一起動、只有組合壞、分數照定義；對手與完美的分數是兩頭的對照。"""

from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy import stats

from vae_from_scratch.tables import oddity, tampering
from vae_from_scratch.tables.independent import Independent
from vae_from_scratch.tables.personal import caution, personal_columns
from vae_from_scratch.tables.tampering import CategoryRows


@dataclass(frozen=True)
class Rows:
    """與 ``rows.MixedRows`` 同樣的屬性；多一個建構時不給的，``replace`` 也要能用。"""

    codes: np.ndarray
    groups: tuple
    numbers: np.ndarray
    spiked: tuple = ()
    layout: str = field(init=False, default="算出來的")

    def __len__(self):
        return len(self.codes)


def rows(n=800, seed=0):
    """一個類別決定兩個數字；第二個數字在 0 有尖峰，旗標是最後一個變數。"""
    rng = np.random.default_rng(seed)
    group, other = rng.integers(4, size=n), rng.integers(3, size=n)
    zero = rng.random(n) < 0.4
    first = group + 0.3 * rng.normal(size=n)
    second = np.where(zero, np.nan, -group + 0.3 * rng.normal(size=n))
    codes = np.stack([group, other, (~zero).astype(int)], axis=1)
    codes[rng.random(n) < 0.05, 1] = -1
    return Rows(codes, (4, 3, 2), np.stack([first, second], axis=1), spiked=(1,))


# ---- 竄改 ----------------------------------------


def test_the_flag_and_its_number_are_one_cell():
    assert tampering.cells(rows()) == [((0,), ()), ((1,), ()), ((), (0,)), ((2,), (1,))]


@pytest.mark.parametrize("n_cells", [1, 3, 9])
def test_a_tampered_row_stays_legal_and_changes_at_most_so_many_cells(n_cells):
    whole = rows()
    broken = tampering.tampered(whole, n_cells, np.random.default_rng(1))
    flags, gaps = broken.codes[:, 2] == 1, np.isnan(broken.numbers[:, 1])
    assert (flags != gaps).all(), "旗標是零，數字就沒有值"
    moved = (whole.codes[:, :2] != broken.codes[:, :2]).sum(axis=1)
    moved += whole.numbers[:, 0] != broken.numbers[:, 0]
    moved += (whole.codes[:, 2] != broken.codes[:, 2]) | (
        np.nan_to_num(whole.numbers[:, 1]) != np.nan_to_num(broken.numbers[:, 1])
    )
    assert moved.max() == min(n_cells, 4) and (moved > 0).mean() > 0.6
    assert ((moved > 0) == tampering.changed(whole, broken)).all()


def test_the_columns_keep_their_distributions_and_the_pairs_do_not():
    whole = rows(4000)
    broken = tampering.tampered(whole, 3, np.random.default_rng(1))
    assert stats.ks_2samp(whole.numbers[:, 0], broken.numbers[:, 0]).statistic < 0.04
    before, after = (np.corrcoef(x.codes[:, 0], x.numbers[:, 0])[0, 1] for x in (whole, broken))
    assert before > 0.95 and after < 0.5


def test_the_original_is_left_alone():
    whole = rows()
    codes, numbers = whole.codes.copy(), whole.numbers.copy()
    tampering.tampered(whole, 2, np.random.default_rng(0))
    np.testing.assert_array_equal(whole.codes, codes)
    np.testing.assert_array_equal(whole.numbers, numbers)


# ---- 分數 ----------------------------------------


def test_the_independent_columns_by_hand():
    train = CategoryRows(np.array([[0], [0], [1]]), (2,), np.array([[1.0], [3.0], [np.nan]]))
    asked = CategoryRows(np.array([[0], [-1]]), (2,), np.array([[2.5], [np.nan]]))
    expected = np.log(2.5 / 4) + stats.norm(2, 1).logpdf(2.5)
    np.testing.assert_allclose(Independent.fit(train).log_prob(asked), [expected, 0])


def test_constant_and_empty_numbers_have_a_density():
    train = CategoryRows(np.zeros((5, 1), int), (1,), np.array([[1.0, np.nan]] * 5))
    assert np.isfinite(Independent.fit(train).log_prob(train)).all()


def test_the_oddness_is_the_difference():
    train = rows()
    independent = Independent.fit(train)
    score = tampering.oddness(lambda table: np.arange(len(table)), independent)
    np.testing.assert_allclose(score(train), independent.log_prob(train) - np.arange(len(train)))


# ---- 檢查 ----------------------------------------


def knows_the_groups(table):
    """照著資料怎麼造的打分數：離自己那一群的中心多遠。"""
    group = table.codes[:, 0]
    return np.abs(table.numbers[:, 0] - group) + np.nan_to_num(np.abs(table.numbers[:, 1] + group))


@pytest.fixture(scope="module")
def power():
    scorers = {"知道答案": knows_the_groups, "瞎猜": lambda table: np.zeros(len(table))}
    return tampering.check_power(scorers | tampering.rivals(rows(1500, 5)), rows(800, 6))


def test_whoever_knows_finds_them_and_a_guess_does_not(power):
    table = power.table().set_index(["分數", "換掉幾格"])["AUC"]
    assert table["知道答案", 3] > 0.85 and table["知道答案", 3] > table["知道答案", 1] > 0.6
    assert table["瞎猜", 1] == table["瞎猜", 3] == 0.5
    assert 0.4 < table[tampering.INDEPENDENT, 3] < 0.6, "各欄的分布沒有變"
    assert table[tampering.NEIGHBOURS, 3] > 0.7
    for n_cells in (1, 3):
        assert all(power.auc(name, n_cells) <= power.best_auc(n_cells) + 0.03 for name in power.names)


def test_the_share_caught_by_hand():
    untouched = np.arange(100.0)
    found = np.array([98.5, 99.5] * 50)
    power = tampering.Power({"a": untouched}, {1: {"a": found}}, {1: 1.0})
    assert power.caught("a", 1, 0.01) == 0.5 and power.caught("a", 1, 0.05) == 1
    looked, hit = power.curve("a", 1)
    assert hit[looked <= 0.01].max() == 1 and looked[-1] == hit[-1] == 1


def test_the_sentences_follow_the_numbers(power):
    one, three = power.sentences()
    assert three.endswith("好。") and "比最好的對手" in three and "換掉 3 格" in three and "最高可能" in one
    worse = tampering.Power(
        {name: power.untouched[name] for name in ("瞎猜", "知道答案")},
        {3: {name: power.found[3][name] for name in ("瞎猜", "知道答案")}},
        {3: power.really[3]},
    )
    assert "認不太出來" in worse.sentences()[0]
    second = tampering.Power(
        {name: power.untouched[name] for name in (tampering.NEIGHBOURS, "知道答案")},
        {3: {name: power.found[3][name] for name in (tampering.NEIGHBOURS, "知道答案")}},
        {3: power.really[3]},
    )
    assert "輸給「知道答案」" in second.sentences()[0]


def test_the_check_is_capped_and_repeatable():
    scorers = {"知道答案": knows_the_groups}
    one, other = (tampering.check_power(scorers, rows(), seed=3, most=200) for _ in range(2))
    assert one.n_rows == 200
    np.testing.assert_array_equal(one.found[3]["知道答案"], other.found[3]["知道答案"])


def test_too_few_cells_and_rows():
    narrow = CategoryRows(np.random.default_rng(0).integers(2, size=(40, 1)), (2,))
    power = tampering.check_power({"零": lambda table: np.zeros(len(table))}, narrow, changes=(3,))
    assert list(power.found) == [1], "只有一格，就換一格"
    with pytest.raises(ValueError, match="至少要 20 列"):
        tampering.check_power({}, narrow)


# ---- 排名 ----------------------------------------


def test_only_a_sample_of_a_large_table_is_ranked(monkeypatch):
    truth = np.random.default_rng(0).normal(size=500)
    asked = []

    def score(rows, n_samples):
        asked.append((len(rows), n_samples))
        return oddity.Scores(-truth[rows], np.zeros(len(rows)), np.zeros((len(rows), 2)))

    best, scores = oddity.most_unusual(500, score, n_rows=4)
    assert best.tolist() == np.argsort(-truth)[:4].tolist() and (scores.oddness == truth[best]).all()
    assert asked == [(500, oddity.QUICK_SAMPLES), (oddity.CANDIDATES, oddity.CAREFUL_SAMPLES)]
    few = oddity.ranked_rows(500, seed=1, most=100)
    assert (
        len(set(few)) == 100 and (np.diff(few) > 0).all() and (few == oddity.ranked_rows(500, 1, 100)).all()
    )


# ---- 與人有關的欄 ----------------------------------------


@pytest.mark.parametrize(
    "name",
    ["性別", "申請人年齡", "sex", "Gender", "AGE", "age_2", "HouseholdIncome", "race", "native-religion"],
)
def test_columns_about_people_are_recognised(name):
    assert personal_columns([name]) == [name] and name in (caution([name]) or "")


@pytest.mark.parametrize(
    "name", ["GarageArea", "屋齡", "Acreage", "trace", "Essex", "Message", "面積", "percentage"]
)
def test_other_columns_are_not(name):
    assert personal_columns([name]) == [] and caution([name]) is None
