"""表示法：由 Gram 矩陣學的，與 scikit-learn、直接做奇異值分解的是同一組編碼；FAMD 照定義。"""

import tracemalloc

import numpy as np
import pytest
from sklearn.decomposition import PCA

from vae_from_scratch.groups import Groups
from vae_from_scratch.tables import coded
from vae_from_scratch.tables.coded import CodedTable, features
from vae_from_scratch.tables.representations import FITTERS, names_for, represent, represent_sizes

GROUPS = (3, 2, 4)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(400, 2))
    signals = hidden @ rng.normal(size=(2, 3)) + rng.normal(0, 0.5, (400, 3))
    cuts = [np.linspace(-1, 1, size - 1) for size in GROUPS]
    codes = np.stack([np.digitize(*pair) for pair in zip(signals.T, cuts, strict=True)], axis=1)
    codes[rng.random(codes.shape) < 0.05] = -1
    numbers = hidden @ rng.normal(size=(2, 3)) + rng.normal(0, 0.5, (400, 3))
    numbers = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    numbers[rng.random(numbers.shape) < 0.05] = np.nan
    return CodedTable(codes, GROUPS, numbers)


HELD_OUT = np.arange(400) % 5 == 0


def one_hot_of(table):
    return CodedTable(table.codes, table.groups, table.numbers[:, :0])


def up_to_sign(found, expected, scale=1.0):
    signs = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found * signs, scale * expected, atol=1e-8)


def mca_by_svd(train, x, n_components):
    """定義：對標準化的殘差矩陣做奇異值分解（Greenacre, 2017）。"""
    seen = train.any(axis=0)
    proportions = train[:, seen] / train.sum()
    rows, columns = proportions.sum(axis=1), proportions.sum(axis=0)
    expected = np.outer(rows, columns)
    _, _, axes = np.linalg.svd((proportions - expected) / np.sqrt(expected), full_matrices=False)
    profiles = x[:, seen] / x[:, seen].sum(axis=1, keepdims=True)
    return (profiles - columns) / np.sqrt(columns) @ axes[:n_components].T


@pytest.mark.parametrize("n_components", (1, 2, 3))
def test_pca_is_that_of_scikit_learn(table, n_components):
    x = features(table)
    expected = PCA(n_components, svd_solver="full").fit(x[~HELD_OUT]).transform(x)
    up_to_sign(represent("pca", table, HELD_OUT, n_components, 0), expected)


@pytest.mark.parametrize("n_components", (1, 2, 3))
def test_the_standardised_pca_is_that_of_scaled_columns(table, n_components):
    """先標準化每一欄，再用 scikit-learn 的 PCA；沒有標準化的是另一回事。訓練時不變的欄不用。"""
    wider = CodedTable(table.codes, (3, 2, 5), table.numbers)  # 多一個從沒出現過的水準
    x = features(table)
    scaled = (x - x[~HELD_OUT].mean(axis=0)) / x[~HELD_OUT].std(axis=0)
    expected = PCA(n_components, svd_solver="full").fit(scaled[~HELD_OUT]).transform(scaled)
    up_to_sign(represent("pca_standard", wider, HELD_OUT, n_components, 0), expected)
    assert not np.allclose(np.abs(represent("pca", wider, HELD_OUT, n_components, 0)), np.abs(expected))


def test_a_dense_one_hot_matrix_and_its_codes_give_the_same(table):
    plain = one_hot_of(table)
    x = Groups(GROUPS).one_hot(table.codes, "float32")
    for name in ("pca", "mca", "random"):
        dense, codes = represent(name, x, HELD_OUT, 2, 0), represent(name, plain, HELD_OUT, 2, 0)
        np.testing.assert_allclose(dense, codes, atol=1e-12)
    expected = x.astype(float) @ np.random.default_rng(0).standard_normal((9, 2))
    np.testing.assert_allclose(represent("random", x, HELD_OUT, 2, 0), expected, atol=1e-12)


@pytest.mark.parametrize("n_components", (1, 2, 3))
def test_mca_is_the_singular_value_decomposition(table, n_components):
    x = Groups(GROUPS).one_hot(table.codes)
    known = x.any(axis=1)
    expected = mca_by_svd(x[~HELD_OUT & known], x[known], n_components)
    up_to_sign(represent("mca", one_hot_of(table), HELD_OUT, n_components, 0)[known], expected)


def test_mca_ignores_levels_that_training_never_saw(table):
    wider = CodedTable(table.codes + (table.codes >= 0) * [0, 0, 1], (3, 2, 5), table.numbers[:, :0])
    narrow = represent("mca", one_hot_of(table), HELD_OUT, 2, 0)
    up_to_sign(represent("mca", wider, HELD_OUT, 2, 0), narrow)


# ---- FAMD ----------------------------------------


def famd_by_definition(table, held_out, n_components):
    """Pagès (2004)：數字標準化，水準的獨熱編碼減 p、除以 √p，缺失放在平均，再做奇異值分解。"""
    parts = []
    for codes, size in zip(table.codes.T, table.groups, strict=True):
        x = (codes[:, None] == np.arange(size)).astype(float)
        share = x[~held_out & (codes >= 0)].mean(axis=0)
        parts.append(np.where(codes[:, None] >= 0, (x - share) / np.sqrt(share), 0))
    numbers = np.nan_to_num(table.numbers)
    x = np.hstack([*parts, numbers - numbers[~held_out].mean(axis=0)])
    _, _, axes = np.linalg.svd(x[~held_out], full_matrices=False)
    return x @ axes[:n_components].T


@pytest.mark.parametrize("n_components", (1, 2, 3))
def test_famd_is_its_definition(table, n_components):
    expected = famd_by_definition(table, HELD_OUT, n_components)
    up_to_sign(represent("famd", table, HELD_OUT, n_components, 0), expected)


def test_famd_without_the_weights_is_another_thing(table):
    """檢查會失敗：忘了除以 √p，就是 PCA，對不上。"""
    with pytest.raises(AssertionError):
        up_to_sign(represent("pca", table, HELD_OUT, 2, 0), famd_by_definition(table, HELD_OUT, 2))


def test_famd_of_numbers_is_pca_and_of_categories_is_mca(table):
    nobody = np.zeros(400, dtype=bool)
    numbers = CodedTable(table.codes[:, :0], (), table.numbers)
    up_to_sign(represent("famd", numbers, nobody, 2, 0), represent("pca", numbers, nobody, 2, 0))
    complete = CodedTable(np.maximum(table.codes, 0), GROUPS, table.numbers[:, :0])
    found, expected = (represent(name, complete, nobody, 2, 0) for name in ("famd", "mca"))
    up_to_sign(found / np.sqrt(len(GROUPS)), expected)


# ---- 用哪幾種、有多大 ----------------------------------------


def test_the_choice_follows_the_kinds_of_columns(table):
    assert names_for(table) == ("pca", "famd", "random")
    assert names_for(one_hot_of(table)) == ("pca", "mca", "random")
    assert names_for(CodedTable(table.codes[:, :0], (), table.numbers)) == ("pca", "random")


def test_blocks_do_not_change_the_answer(table, monkeypatch):
    whole = {name: represent(name, table, HELD_OUT, 2, 0) for name in FITTERS}
    monkeypatch.setattr(coded, "BLOCK_ROWS", 64)
    monkeypatch.setattr("vae_from_scratch.tables.representations.BLOCK_ROWS", 64)
    for name, expected in whole.items():
        np.testing.assert_allclose(represent(name, table, HELD_OUT, 2, 0), expected, atol=1e-9)


@pytest.mark.parametrize("name", FITTERS)
def test_learning_once_for_several_sizes_gives_the_bits_of_each_alone(table, name):
    x = one_hot_of(table) if name == "mca" else table
    together = represent_sizes(name, x, HELD_OUT, (1, 2, 3), seed=0)
    for size, codes in together.items():
        assert codes.tobytes() == represent(name, x, HELD_OUT, size, seed=0).tobytes()
    if name == "random":  # 反例：抽一次再切，不是同一組數
        assert not np.array_equal(together[3][:, :1], together[1])


def test_more_dimensions_than_columns_are_zeros(table):
    one = CodedTable(table.codes[:, 1:2], (2,), table.numbers[:, :0])
    codes = represent("pca", one, HELD_OUT, 3, 0)
    assert codes.shape == (400, 3) and not codes[:, 2].any()


def test_a_hundred_thousand_rows_need_no_dense_matrix():
    rng = np.random.default_rng(0)
    groups = (15,) * 20
    codes = rng.integers(15, size=(100_000, 20)).astype(np.int16)
    table = CodedTable(codes, groups, rng.normal(size=(100_000, 2)))
    held_out = np.arange(100_000) % 5 == 0
    tracemalloc.start()
    for name in ("mca", "famd"):
        assert represent(name, table, held_out, 2, 0).shape == (100_000, 2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000 * 302 * 8 / 4, "密集的矩陣要 242 MB"
