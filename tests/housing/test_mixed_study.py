"""第 13 章的對照：固定的變異數、看不到遮罩的編碼器，只差那一件事。"""

from typing import Any

import numpy as np
import pytest

from tests.core.problems import mixed_rows
from vae_from_scratch import VAE
from vae_from_scratch.housing.absence import all_columns
from vae_from_scratch.housing.data import load_ames
from vae_from_scratch.housing.study import mixed
from vae_from_scratch.likelihood import Mixed
from vae_from_scratch.rows import MixedRows

RNG = np.random.default_rng(0)
LAYOUT: dict[str, Any] = {"groups": (3, 2), "n_numbers": 2, "spiked": (1,)}


def test_a_fixed_variance_is_the_learned_one_held_at_that_value() -> None:
    """ℓ = log(0.5 − 下限) 時兩者相同；少掉的只有 ℓ 的梯度。"""
    fixed, learned = mixed.FixedVariance(**LAYOUT, fixed=0.5), Mixed(**LAYOUT)
    x, output, log_var = mixed_rows(learned, 40, RNG), RNG.normal(size=(40, 7)), np.log(np.full(2, 0.4999))
    np.testing.assert_allclose(fixed.log_prob(x, output), learned.log_prob(x, output, log_var), rtol=1e-12)
    (d_fixed, none), (d_learned, _) = fixed.gradient(x, output), learned.gradient(x, output, log_var)
    assert none.size == 0
    # FixedVariance 的變異數是 0.5，Mixed 的是 0.5：對輸出的梯度也相同
    np.testing.assert_allclose(d_fixed, d_learned, rtol=1e-12)
    assert not np.allclose(
        mixed.FixedVariance(**LAYOUT, fixed=1.0).log_prob(x, output), fixed.log_prob(x, output)
    )


@pytest.fixture(scope="module")
def rows() -> MixedRows:
    numbers = RNG.normal(size=(60, 2)).round(1)  # 捨入以後有真的 0
    numbers[0, 0], numbers[1, 0], numbers[2, 0] = 0.0, -0.0, np.nan
    numbers[RNG.random((60, 2)) < 0.3] = np.nan
    numbers[:3, 0] = 0.0, -0.0, np.nan
    return MixedRows(RNG.integers(-1, 3, (60, 1)), (3,), numbers)


def test_without_the_mask_only_the_input_changes(rows: MixedRows) -> None:
    """概似一樣；輸入的差別只有遮罩那幾欄，缺失的數字乘上任何權重都是 0。"""
    bare = mixed.UnmaskedRows(rows.codes, rows.groups, rows.numbers)
    x, hidden, output = np.asarray(rows), np.asarray(bare), RNG.normal(size=(60, 5))
    log_var = np.zeros(2)
    np.testing.assert_array_equal(
        bare.layout.log_prob(hidden, output, log_var), rows.layout.log_prob(x, output, log_var)
    )
    for got, want in zip(
        bare.layout.gradient(hidden, output, log_var), rows.layout.gradient(x, output, log_var), strict=True
    ):
        np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(hidden[:, :5], x[:, :5])
    assert (hidden[:, 5:] == 1).all() and not (x[:, 5:] == 1).all()
    assert bare.layout.check(hidden) is hidden


def test_a_missing_number_looks_like_a_real_zero_to_the_unmasked_encoder(rows: MixedRows) -> None:
    bare = mixed.UnmaskedRows(rows.codes[:3] * 0, rows.groups, np.array([[0.0, 1], [-0.0, 1], [np.nan, 1]]))
    model = VAE(latent_dim=1, hidden=(4,), likelihood=bare.layout, epochs=2).fit(np.asarray(bare))
    means = model.transform(np.asarray(bare))
    assert means[0] == means[1] == means[2]
    masked = MixedRows(bare.codes, bare.groups, bare.numbers)
    model = VAE(latent_dim=1, hidden=(4,), likelihood="mixed", epochs=2).fit(masked)
    means = model.transform(masked)
    assert means[0] == means[1] != means[2]  # 反例：有遮罩就分得出來


def test_every_column_is_used_and_the_code_of_the_type_is_a_category() -> None:
    table = all_columns(load_ames())
    assert table.shape == (2930, 79) and table["MSSubClass"].map(type).eq(str).all()
    schema = mixed.ENCODINGS["mixed"][0]().fit(table)
    assert "MSSubClass" in schema.category_names and not schema.dropped_
    assert len(schema.scales_) == 35 and len(schema.spiked_) == 12
    assert not mixed.ENCODINGS["mixed_no_flags"][0]().fit(table).spiked_
