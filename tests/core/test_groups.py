"""一塊一塊的水準：切開、求和、攤回去、代碼與獨熱編碼互為反函數；和一格一格的寫法相同。"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vae_from_scratch.groups import Groups
from vae_from_scratch.rows import CategoryCodes

sizes = st.lists(st.integers(1, 6), min_size=1, max_size=6).map(tuple)


def tables(groups, n_rows=7):
    rng = np.random.default_rng(len(groups) + sum(groups))
    codes = np.stack([rng.integers(-1, size, n_rows) for size in groups], axis=1)
    return codes, rng.normal(size=(n_rows, sum(groups)))


@given(sizes)
def test_blocks_are_those_of_a_loop_over_the_columns(groups):
    _, x = tables(groups)
    blocks, end = Groups(groups), 0
    for variable, size in enumerate(groups):
        part = x[:, end : end + size]
        end += size
        assert np.array_equal(x[:, blocks.span(variable)], part)
        assert np.array_equal(blocks.split(x)[variable], part)
        np.testing.assert_allclose(blocks.sum(x)[:, variable], part.sum(axis=1), atol=1e-12)
        assert np.array_equal(blocks.max(x)[:, variable], part.max(axis=1))
        assert (blocks.spread(blocks.max(x))[:, blocks.span(variable)] == part.max(axis=1)[:, None]).all()
    assert end == blocks.total and len(blocks) == len(groups)


@given(sizes)
def test_codes_and_one_hot_are_inverse(groups):
    codes, _ = tables(groups)
    blocks = Groups(groups)
    x = blocks.one_hot(codes, "float32")
    assert x.dtype == "float32" and np.array_equal(blocks.codes(x), codes)
    assert np.array_equal(blocks.known(x), codes >= 0)
    pairs = zip(groups, codes.T, strict=True)
    looped = [np.eye(size)[column] * (column >= 0)[:, None] for size, column in pairs]
    assert np.array_equal(x, np.hstack(looped))
    assert np.array_equal(blocks.one_hot(codes[0]), x[0]), "一列也可以"
    wrong = blocks.one_hot(np.where(codes == 0, -1, codes))
    assert (codes != 0).all() or not np.array_equal(wrong, x), "反例：0 與缺失分得開"


def test_hiding_a_variable_leaves_the_others_and_the_original_alone():
    blocks = Groups((2, 3))
    x = blocks.one_hot(np.array([[1, 0], [0, 2]]))
    before = x.copy()
    assert blocks.codes(blocks.without(x, 1)).tolist() == [[1, -1], [0, -1]]
    assert np.array_equal(x, before)


def test_probabilities_give_the_most_probable_level_and_all_zero_is_unknown():
    x = np.array([[0.2, 0.7, 0, 0], [0.5, 0.5, 1e-9, 0]])
    assert Groups((2, 2)).codes(x).tolist() == [[1, -1], [0, 0]]


@pytest.mark.parametrize("bad", [(2, 0), (2, 2.5), (-1,), ("2",)])
def test_sizes_that_are_not_positive_integers_are_refused(bad):
    with pytest.raises(ValueError, match=r"引數 groups（各變數的水準個數）是 .*請給正整數，例如 \(5, 2, 7\)"):
        Groups(bad)


def test_no_groups_at_all_is_a_table_of_numbers_only():
    blocks = Groups(())
    codes, x = np.empty((4, 0), int), np.empty((4, 0))
    assert len(blocks) == blocks.total == 0 and blocks.split(x) == []
    assert blocks.one_hot(codes).shape == blocks.codes(x).shape == blocks.sum(x).shape == (4, 0)


def test_two_groups_are_equal_when_their_sizes_are():
    assert Groups((2, 3)) == Groups([*np.array([2, 3])]) == Groups(Groups((2, 3)))  # type: ignore[arg-type]
    assert Groups((2, 3)) != Groups((3, 2)) and len({Groups((2, 3)), Groups((2, 3))}) == 1


# ---- CategoryCodes 當作矩陣 ----------------------------------------


def test_codes_behave_like_the_dense_matrix():
    codes, _ = tables((3, 2, 4), 9)
    rows = CategoryCodes(codes, (3, 2, 4))
    dense = Groups((3, 2, 4)).one_hot(codes)
    assert rows.shape == dense.shape and rows.ndim == 2 and len(rows) == 9 and rows.dtype == dense.dtype
    assert np.array_equal(np.asarray(rows), dense) and np.array_equal(np.array(rows, dtype="float32"), dense)
    mask = codes[:, 0] >= 0
    for key in (slice(2, 5), mask, [4, 1], (np.array([4, 1]), ...)):
        part = rows[key]
        assert isinstance(part, CategoryCodes) and np.array_equal(np.asarray(part), dense[key])
    assert np.array_equal(rows[3], dense[3]) and np.array_equal(rows[:, 2:4], dense[:, 2:4])
    assert np.array_equal(np.stack(list(rows)), dense)
    assert not np.array_equal(np.asarray(rows[::-1]), dense), "反例：列的順序算數"


def test_expanding_without_a_copy_is_refused():
    with pytest.raises(ValueError, match="copy=False"):
        np.array(CategoryCodes(np.zeros((2, 1), int), (2,)), copy=False)
