"""訓練迴圈：小批次、歷程、暖身、驗證、進度列；普通的自編碼器是它的特例。"""

import numpy as np
import pytest

from vae_from_scratch import VAE
from vae_from_scratch.autoencoder import Autoencoder
from vae_from_scratch.bounds import Bounds
from vae_from_scratch.rows import DenseRows
from vae_from_scratch.training import minibatches

X = np.random.default_rng(0).integers(0, 2, (70, 6)).astype(float)


def vae(**settings) -> VAE:
    return VAE(**{"hidden": (5,), "epochs": 6, "warmup_epochs": 4, "beta": 2.0, **settings})


@pytest.mark.parametrize("batch_size", [1, 32, 70, 1000])
def test_an_epoch_visits_every_row_once_with_fresh_noise(batch_size) -> None:
    rows, rng = DenseRows(np.arange(70.0)[:, None]), np.random.default_rng(1)
    batches = list(minibatches(rows, batch_size, 3, rng, "float32"))
    seen = np.concatenate([x.ravel() for x, _ in batches])
    noise = np.concatenate([epsilon for _, epsilon in batches])
    assert not np.array_equal(seen, np.arange(70)) and np.array_equal(np.sort(seen), np.arange(70))
    assert noise.shape == (70, 3) and noise.dtype == np.float32
    assert max(len(x) for x, _ in batches) == min(batch_size, 70)
    again = np.concatenate([x.ravel() for x, _ in minibatches(rows, batch_size, 3, rng, "float32")])
    assert not np.array_equal(again, seen)


def test_history_is_the_mean_over_rows_not_over_batches() -> None:
    """70 列、每批 32：最後一批只有 6 列，分量也只有 6/70。學習率極小，參數等於沒動。"""
    model = vae(epochs=1, learning_rate=1e-300, kl="closed_form").fit(X)
    mean, log_var = model.encode(X)
    kl = 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var)
    row = model.history_[0]
    np.testing.assert_allclose(row["kl_per_unit"], kl.mean(axis=0), rtol=1e-12)
    assert row["kl"] == pytest.approx(sum(row["kl_per_unit"]))
    assert row["loss"] == pytest.approx(row["reconstruction"] + row["beta"] * row["kl"])


def test_warm_up_is_in_force_during_training() -> None:
    assert [row["beta"] for row in vae().fit(X).history_] == [0.5, 1.0, 1.5, 2.0, 2.0, 2.0]
    constant = vae(warmup_epochs=0).fit(X)
    assert {row["beta"] for row in constant.history_} == {2.0}
    assert not np.array_equal(constant.parameters_, vae().fit(X).parameters_)


@pytest.mark.parametrize("kl", ["closed_form", "single_sample"])
def test_validation_loss_is_that_of_the_final_parameters(kl) -> None:
    """驗證的雜訊每個週期相同，所以最後一列可以由最後的參數重算。"""
    model = vae(kl=kl, free_bits=0.05).fit(X, validation=X[:20])
    seed = int(np.random.default_rng(0).integers(2**63))
    noise = np.random.default_rng(seed).standard_normal((20, 2))
    bounds = Bounds(model.network_, model.likelihood_, model.network_.views(model.parameters_))
    loss = bounds.loss(X[:20], noise, kl, 2.0, 0.05)
    last = model.history_[-1]
    assert last["val_loss"] == pytest.approx(loss.total, rel=1e-13)
    assert last["val_reconstruction"] == pytest.approx(loss.reconstruction, rel=1e-13)
    np.testing.assert_allclose(last["val_kl_per_unit"], loss.kl_per_unit, rtol=1e-12)


def test_training_learns() -> None:
    """六欄其實只由一個硬幣決定：一個潛在維度就能把重建從 6 ln 2 降到 1 以下。"""
    x = np.repeat(X[:, :1], 6, axis=1)
    model = vae(latent_dim=1, epochs=150, beta=1.0, learning_rate=1e-2).fit(x)
    assert model.history_[0]["reconstruction"] > 4 > 1 > model.history_[-1]["reconstruction"]
    untrained = vae(latent_dim=1, learning_rate=1e-300).fit(x)
    assert untrained.history_[-1]["reconstruction"] > 4


def test_progress_bar_shows_epochs_and_is_silent_by_default(capsys) -> None:
    vae().fit(X, validation=X)
    assert capsys.readouterr() == ("", "")
    vae(verbose=True).fit(X, validation=X)
    shown = capsys.readouterr().err
    assert "訓練" in shown and "6/6" in shown and "重建" in shown and "驗證" in shown


def test_plain_autoencoder_trains_without_noise_or_kl() -> None:
    first, second = (
        Autoencoder(beta=beta, hidden=(5,), epochs=3, warmup_epochs=0).fit(X, validation=X)
        for beta in (1.0, 7.0)
    )
    assert first.parameters_.tobytes() == second.parameters_.tobytes()
    assert first.history_[-1]["loss"] == first.history_[-1]["reconstruction"]
    output = first.decode(first.transform(X))
    cross_entropy = -(X * np.log(output) + (1 - X) * np.log(1 - output)).sum(axis=1).mean()
    assert first.history_[-1]["val_reconstruction"] == pytest.approx(cross_entropy, rel=1e-12)
    assert first.history_[-1]["val_loss"] == first.history_[-1]["val_reconstruction"]
