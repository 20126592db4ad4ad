"""難纏的表：只有類別、只有數字、一種值、訓練時整欄缺失、沒見過的水準、二十列；每一種對照都給得出有限的數。"""

import tracemalloc

import numpy as np
import pytest

from vae_from_scratch.tables.baselines import supervised
from vae_from_scratch.tables.cells import fillers, score_cells, summary
from vae_from_scratch.tables.chow_liu import ChowLiu
from vae_from_scratch.tables.coded import CodedTable, known_rows, take
from vae_from_scratch.tables.independent import Independent
from vae_from_scratch.tables.measures import marginal_nats
from vae_from_scratch.tables.representations import names_for, represent
from vae_from_scratch.tables.single_column import best_column, with_and_without


def ordinary(n_rows=100, seed=0):
    rng = np.random.default_rng(seed)
    group = rng.integers(2, size=n_rows)
    codes = np.stack([group, (group + (rng.random(n_rows) < 0.2)) % 2 + 1], axis=1)
    return CodedTable(codes, (2, 3), group[:, None] + rng.normal(0, 0.5, (n_rows, 2)))


def with_codes(table, column):
    return CodedTable(np.column_stack([table.codes, column]), (*table.groups, 3), table.numbers)


def with_numbers(table, column):
    return CodedTable(table.codes, table.groups, np.column_stack([table.numbers, column]))


def cases():
    table = ordinary()
    held_out, n = np.arange(100) % 5 == 0, 100
    empty_row = CodedTable(table.codes.copy(), table.groups, table.numbers.copy())
    empty_row.codes[[0, 1]], empty_row.numbers[[0, 1]] = -1, np.nan
    return {
        "只有類別": CodedTable(table.codes, (2, 3), table.numbers[:, :0]),
        "只有數字": CodedTable(table.codes[:, :0], (), table.numbers),
        "一個水準": CodedTable(np.zeros((n, 1), dtype=int), (1,), table.numbers),
        "一種水準的值": with_codes(table, np.ones(n, dtype=int)),
        "一種數字": with_numbers(table, np.zeros(n)),
        "訓練時整欄缺失的類別": with_codes(table, np.where(held_out, 1, -1)),
        "訓練時整欄缺失的數字": with_numbers(table, np.where(held_out, 1.0, np.nan)),
        "整欄缺失": with_numbers(with_codes(table, np.full(n, -1)), np.full(n, np.nan)),
        "沒見過的水準": with_codes(table, np.where(held_out, -1, np.arange(n) % 2)),
        "訓練時沒有的水準": with_codes(table, np.where(held_out, 2, np.arange(n) % 2)),
        "整列缺失": empty_row,
        "很大的數": with_numbers(table, np.where(np.arange(n) == 7, 1e9, 0.0) + np.arange(n)),
        "二十列": ordinary(20),
    }


CASES = cases()


@pytest.fixture(params=list(CASES))
def split(request):
    table = CASES[request.param]
    held_out = np.arange(len(table.codes)) % 5 == 0
    return table, held_out


def test_nats_and_samples(split):
    table, held_out = split
    train, test = take(table, ~held_out), take(table, held_out)
    assert np.isfinite(marginal_nats(train, test))
    for model in (Independent.fit(train), ChowLiu.fit(train), ChowLiu.fit(train).unlinked(train)):
        log_prob = model.log_prob(test)
        assert log_prob.shape == (held_out.sum(),) and np.isfinite(log_prob).all()
        np.testing.assert_allclose(log_prob[~known_rows(test)], 0, atol=1e-9, err_msg="整列缺失：什麼也沒說")
        drawn = model.sample(30, np.random.default_rng(0))
        assert drawn.codes.shape == (30, len(table.groups)) and (drawn.codes < table.groups).all()
        assert drawn.numbers.shape == (30, table.numbers.shape[1]) and np.isfinite(drawn.numbers).all()


def test_representations(split):
    table, held_out = split
    for name in names_for(table):
        for n_components in (1, 2, 3):
            codes = represent(name, table, held_out, n_components, 0)
            assert codes.shape == (len(held_out), n_components) and np.isfinite(codes).all()


def test_targets(split):
    table, held_out = split
    values = np.where(np.arange(len(held_out)) % 11 == 3, np.nan, np.arange(len(held_out)) % 2 + 0.0)
    codes = represent("random", table, held_out, 2, 0)
    for classes in (False, True):
        slot = best_column(table, values, held_out, classes)
        assert np.isfinite(with_and_without(table, slot, codes, values, held_out, 0, classes)).all()
        if len(held_out) > 20:
            for name in ("neighbours", "boosting", "logistic" if classes else "ridge"):
                assert np.isfinite(supervised(name, table, values, held_out, 0, classes))


def test_cells(split):
    table, held_out = split
    scores = score_cells(fillers(take(table, ~held_out)), take(table, held_out))
    for kind, columns in (("category", ["accuracy", "nats"]), ("number", ["rmse"])):
        assert np.isfinite(scores.loc[scores["kind"] == kind, columns].to_numpy(dtype=float)).all()
    assert summary(scores).shape == (4, 3)


def test_wrong_shapes_are_refused():
    table = ordinary()
    for bad in ((table.codes, (2,), table.numbers), (table.codes, (2, 3), table.numbers[:5])):
        with pytest.raises(ValueError, match="numbers"):
            CodedTable(*bad)


def test_a_hundred_thousand_rows_need_no_dense_matrix():
    rng = np.random.default_rng(0)
    codes = rng.integers(15, size=(100_000, 20)).astype(np.int16)
    table = CodedTable(codes, (15,) * 20, rng.normal(size=(100_000, 2)))
    held_out = np.arange(100_000) % 5 == 0
    train, test = take(table, ~held_out), take(table, held_out)
    tracemalloc.start()
    assert np.isfinite(ChowLiu.fit(train).log_prob(test)).all()
    assert np.isfinite(Independent.fit(train).log_prob(test)).all()
    best_column(table, table.numbers[:, 0], held_out)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000 * 302 * 8 / 4, "密集的矩陣要 242 MB"
