"""混合的概似：密度與 scipy 相同、特例是別的概似、缺失的不算、極端時有限、線性時到達因素分析的最大概似。"""

from typing import Any

import autograd.numpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.core.gradient_check import assert_same_gradient
from tests.core.linear_gaussian import train
from tests.core.problems import mixed_rows
from vae_from_scratch import VAE
from vae_from_scratch.gradients import ENGINES, make_engine
from vae_from_scratch.likelihood import Categorical, Gaussian, Mixed
from vae_from_scratch.network import Network
from vae_from_scratch.rows import CategoryCodes, MixedRows

RNG = np.random.default_rng(0)
SPIKED = Mixed((3, 2), n_numbers=2, spiked=(1,))


def test_density_is_that_of_scipy() -> None:
    likelihood, log_var = Mixed((3,), 2, floor=0.1), np.array([-1.0, 0.4])
    levels, numbers, logits, means = (
        np.eye(3)[[0, 2]],
        *RNG.normal(size=(1, 2, 2)),
        RNG.normal(size=(2, 3)),
        RNG.normal(size=(2, 2)),
    )
    x = np.hstack([levels, numbers, np.ones((2, 2))])
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    want = np.log((levels * probabilities).sum(axis=1))
    want += stats.norm(means, np.sqrt(0.1 + np.exp(log_var))).logpdf(numbers).sum(axis=1)
    np.testing.assert_allclose(likelihood.log_prob(x, np.hstack([logits, means]), log_var), want, rtol=1e-12)


def test_categories_alone_are_the_categorical_likelihood() -> None:
    codes, output = RNG.integers(-1, 2, (20, 3)), RNG.normal(size=(20, 6))
    x = CategoryCodes(codes, (2, 2, 2)).take(np.arange(20))
    mixed, categorical = Mixed((2, 2, 2), 0), Categorical((2, 2, 2))
    assert np.array_equal(mixed.log_prob(x, output, np.empty(0)), categorical.log_prob(x, output))
    assert np.array_equal(mixed.gradient(x, output, np.empty(0))[0], categorical.gradient(x, output)[0])


def test_one_observed_number_without_a_floor_is_the_learned_gaussian() -> None:
    values, output, log_var = RNG.normal(size=(20, 1)), RNG.normal(size=(20, 1)), np.array([0.3])
    x, mixed = np.hstack([values, np.ones((20, 1))]), Mixed((), 1, floor=0.0)
    gaussian = Gaussian("learned")
    np.testing.assert_allclose(mixed.log_prob(x, output, log_var), gaussian.log_prob(values, output, log_var))
    for got, want in zip(
        mixed.gradient(x, output, log_var), gaussian.gradient(values, output, log_var), strict=True
    ):
        np.testing.assert_allclose(got, want, rtol=1e-13)


def test_a_missing_cell_counts_nothing_whatever_the_decoder_says() -> None:
    x = mixed_rows(SPIKED, 50, RNG)
    missing = x[:, 5:7] * 0 + (x[:, 7:] == 0)
    output, log_var = RNG.normal(size=(50, 7)), np.zeros(2)
    other = output.copy()
    other[:, 5:] += 9 * missing
    assert np.array_equal(SPIKED.log_prob(x, output, log_var), SPIKED.log_prob(x, other, log_var))
    d_output, d_log_var = SPIKED.gradient(x, other, log_var)
    assert (d_output[:, 5:][missing == 1] == 0).all() and np.isfinite(d_log_var).all()
    other[:, 5:] += 9 * (1 - missing)  # 反例：動到看得見的，就不同了
    assert not np.array_equal(SPIKED.log_prob(x, output, log_var), SPIKED.log_prob(x, other, log_var))


def test_cells_add_up_and_a_flag_belongs_to_its_number() -> None:
    """一格一格加起來是整列；尖峰的那一欄是一格：旗標與數字一起。"""
    x, output, log_var = mixed_rows(SPIKED, 50, RNG), RNG.normal(size=(50, 7)), np.array([0.2, -0.4])
    cells, known = SPIKED.cell_log_prob(x, output, log_var), SPIKED.known(x)
    assert cells.shape == known.shape == (50, 3)
    np.testing.assert_allclose(cells.sum(axis=1), SPIKED.log_prob(x, output, log_var), rtol=1e-12)
    assert (cells[~known] == 0).all()
    zero = x[:, 3] == 1
    assert zero.any() and known[zero, 2].all() and (x[zero, 6] == 0).all()


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [(0, 7, 0.5), (0, 5, 3.0), (0, 0, 2.0), (1, 8, 1.0)],
    ids=["觀察到是 0.5", "沒觀察到卻有值", "獨熱是 2", "旗標是零卻有值"],
)
def test_a_row_that_is_coded_wrongly_is_refused(row, column, value) -> None:
    x = MixedRows(np.array([[0, 1], [1, 0]]), (3, 2), np.array([[np.nan, 0.5], [0.3, np.nan]]), (1,)).take(
        np.arange(2)
    )
    assert SPIKED.check(x) is x
    x[row, column] = value
    with pytest.raises(ValueError, match=f"資料 X 的第 {row} 列"):
        SPIKED.check(x)


# ---- 極端 ----------------------------------------


@given(
    scale=st.floats(-12, 12).map(lambda power: 10.0**power),
    log_var=st.floats(-60, 60),
    kind=st.sampled_from(["常態", "常數", "整欄缺失", "兩個值"]),
    n_rows=st.integers(1, 5),
)
def test_every_scale_and_every_kind_of_column_gives_finite_numbers(scale, log_var, kind, n_rows) -> None:
    """密度與梯度有限，梯度等於 autograd 對同一個式子求的。"""
    rng = np.random.default_rng(0)
    columns = {
        "常態": scale * rng.normal(size=(n_rows, 1)),
        "常數": np.full((n_rows, 1), scale),
        "整欄缺失": np.full((n_rows, 1), np.nan),
        "兩個值": scale * rng.integers(0, 2, (n_rows, 1)).astype(float),
    }
    rows = MixedRows(rng.integers(-1, 2, (n_rows, 1)), (2,), columns[kind])
    x, output, parameter = np.asarray(rows), scale * rng.normal(size=(n_rows, 3)), np.array([log_var])
    output[:, :2] = rng.normal(size=(n_rows, 2))
    log_prob, found = rows.layout.log_prob(x, output, parameter), rows.layout.gradient(x, output, parameter)
    assert np.isfinite(log_prob).all() and all(np.isfinite(part).all() for part in found)
    engine: Any = make_engine("autograd", Network(4, 1, (), 3, 1), rows.layout)

    def total(output, parameter):
        return autograd.numpy.sum(engine._log_prob(x, output, parameter))

    assert float(total(output, parameter)) == pytest.approx(log_prob.sum(), rel=1e-9)
    for place, part in enumerate(found):
        want = autograd.grad(total, place)(output, parameter)
        np.testing.assert_allclose(part, want, rtol=1e-9, atol=1e-300)


def test_a_variance_that_reaches_its_floor_is_named_and_the_loss_stays_finite() -> None:
    """常數的欄：變異數一路往 0 走，停在下限；另一欄不受影響。"""
    rng = np.random.default_rng(0)
    numbers = np.column_stack([np.zeros(200), rng.normal(size=200)])
    rows = MixedRows(np.zeros((200, 0), int), (), numbers)
    vae = VAE(latent_dim=1, hidden=(4,), likelihood="mixed", epochs=120, learning_rate=0.05).fit(rows)
    log_var = vae.network_.views(vae.parameters_).noise_log_var
    assert isinstance(vae.likelihood_, Mixed)
    assert vae.likelihood_.at_floor(log_var).tolist() == [True, False]
    assert np.isfinite(vae.history_[-1]["loss"])
    assert vae.likelihood_.variance(log_var)[0] >= vae.likelihood_.floor


# ---- 標準答案：因素分析 ----------------------------------------


def factors(n_rows: int = 400) -> np.ndarray:
    """兩個因素、六欄，每一欄的雜訊不同。"""
    rng = np.random.default_rng(3)
    loading = np.array([[1.0, 1, 1, -1, 0, 0], [0, 0, 1, 1, 1, 1]])
    noise = np.array([0.5, 0.7, 1.0, 0.6, 1.2, 0.8])
    return rng.standard_normal((n_rows, 2)) @ loading + noise * rng.standard_normal((n_rows, 6))


def test_the_linear_mixed_vae_reaches_the_maximum_likelihood_of_factor_analysis() -> None:
    from sklearn.decomposition import FactorAnalysis

    x = factors()
    best = FactorAnalysis(2, tol=1e-13, max_iter=20_000, svd_method="lapack").fit(x)
    observed = np.hstack([x, np.ones_like(x)])
    _, parameters, negative_elbo = train(observed, 2, Mixed((), 6, floor=0.0))
    assert -negative_elbo == pytest.approx(best.score(x), abs=1e-6)
    np.testing.assert_allclose(np.exp(parameters[-6:]), best.noise_variance_, rtol=1e-3)


def test_one_variance_for_all_columns_would_be_caught() -> None:
    """反例：共用一個變異數（機率主成分分析）到不了因素分析的最大概似。"""
    from sklearn.decomposition import FactorAnalysis

    x = factors()
    best = FactorAnalysis(2, tol=1e-10, max_iter=5000, svd_method="lapack").fit(x).score(x)
    assert -train(x, 2, Gaussian("learned"))[2] < best - 0.1


# ---- 整個模型 ----------------------------------------


@pytest.fixture(scope="module")
def table() -> MixedRows:
    """z 決定一個類別、兩個數字；第二個數字有三成缺失，第三個在 0 有尖峰。"""
    rng = np.random.default_rng(5)
    z = rng.standard_normal(600)
    codes = np.column_stack([np.digitize(z, [-0.5, 0.5]), (z > 0.3).astype(int)])
    numbers = np.column_stack([z, -z, 2 * z]) + 0.3 * rng.standard_normal((600, 3))
    numbers[rng.random(600) < 0.3, 1] = np.nan
    numbers[codes[:, 1] == 0, 2] = np.nan
    return MixedRows(codes, (3, 2), numbers, spiked=(2,))


@pytest.fixture(scope="module")
def vae(table: MixedRows) -> VAE:
    return VAE(latent_dim=1, hidden=(16,), likelihood="mixed", epochs=40, learning_rate=0.01).fit(table)


def test_the_code_finds_z_and_the_bound_beats_independent_columns(vae: VAE, table: MixedRows) -> None:
    code = vae.transform(table)[:, 0]
    assert abs(np.corrcoef(code, table.numbers[:, 0])[0, 1]) > 0.9
    alone = VAE(latent_dim=1, hidden=(16,), likelihood="mixed", epochs=40, beta=50.0, learning_rate=0.01).fit(
        table
    )
    assert vae.score(table) > alone.score(table) + 1


def test_saved_and_loaded_bit_for_bit(vae: VAE, table: MixedRows, tmp_path) -> None:
    vae.save(tmp_path / "model.npz")
    same = VAE.load(tmp_path / "model.npz")
    assert same.likelihood_ == vae.likelihood_ and same.get_params() == vae.get_params()
    assert np.array_equal(same.transform(table), vae.transform(table))


def test_samples_pass_the_check_and_have_zeros_where_the_flag_says(vae: VAE) -> None:
    drawn = vae.sample(500, np.random.default_rng(0))
    assert isinstance(vae.likelihood_, Mixed) and vae.likelihood_.check(drawn) is drawn
    _, numbers, observed = vae.likelihood_.split(drawn)
    assert 0 < (observed[:, 2] == 0).mean() < 1 and (numbers[:, 2][observed[:, 2] == 0] == 0).all()


def test_a_hidden_number_is_guessed_from_the_rest_with_an_interval_that_holds(
    vae: VAE, table: MixedRows
) -> None:
    """蓋住第一個數字：平均值比整欄的平均好得多，九成的區間蓋住九成上下的真值。"""
    truth, hidden = table.numbers[:200, 0], table.numbers[:200].copy()
    hidden[:, 0] = np.nan
    rows = MixedRows(table.codes[:200], table.groups, hidden, table.spiked)
    mean = vae.conditional(rows, 100, np.random.default_rng(0))[:, 5]
    assert np.mean((mean - truth) ** 2) < 0.3 * truth.var()
    z, effective = vae.resample(rows, 200, 200, np.random.default_rng(0))
    drawn = vae.sample_given(z.reshape(-1, 1), np.random.default_rng(1)).reshape(200, 200, -1)[:, :, 5]
    low, high = np.quantile(drawn, [0.05, 0.95], axis=1)
    assert 0.83 < np.mean((low < truth) & (truth < high)) < 0.97
    assert np.median(effective) > 50  # 這一欄訓練時從不缺，蓋住它的列 q 沒見過，權重才不平均


def test_a_surprising_cell_is_found(vae: VAE, table: MixedRows) -> None:
    """把第一個數字換成與其餘矛盾的值：那一格最意外。"""
    numbers = table.numbers[:50].copy()
    numbers[:, 0] = -np.sign(numbers[:, 0]) * 2.5
    changed = MixedRows(table.codes[:50], table.groups, numbers, table.spiked)
    _, cells = vae.surprise(changed, 200, np.random.default_rng(0))
    assert (np.nanargmin(cells, axis=1) == 1).mean() > 0.9  # 格子的順序：一個類別，然後三個數字
    _, usual = vae.surprise(table[np.arange(50)], 200, np.random.default_rng(0))
    assert np.nanmean(usual[:, 1]) > np.nanmean(cells[:, 1]) + 2


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_trains_it(engine, table) -> None:
    settings: dict[str, Any] = {"latent_dim": 1, "hidden": (4,), "likelihood": "mixed", "epochs": 1}
    got, want = (VAE(engine=name, **settings).fit(table[np.arange(64)]) for name in (engine, "numpy"))
    assert_same_gradient(want.network_, got.parameters_, want.parameters_, 1e-9)
