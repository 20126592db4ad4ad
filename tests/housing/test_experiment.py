"""一次實驗：規則與模型只看訓練的房子，量到的數字彼此一致，同一個種子同樣的位元。"""

import json

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch import VAE
from vae_from_scratch.housing import artifacts, evaluation, experiment
from vae_from_scratch.housing.schema import OneHotSchema


def train(houses, epochs=3, missing="zeros", seed=0, **settings):
    vae = VAE(epochs=epochs, warmup_epochs=0, hidden=(20,), random_state=seed, **settings)
    return experiment.run(houses, vae, missing, seed)


@pytest.fixture(scope="module")
def trained(ames):
    return train(ames)


@pytest.fixture(scope="module")
def measures(trained):
    return experiment.measure(trained)


def test_the_rule_is_learnt_from_training_houses_only(ames, trained):
    assert trained.held_out.sum() == 586
    again = OneHotSchema().fit(ames.categories[~trained.held_out])
    assert trained.schema.to_json() == again.to_json()
    assert trained.schema.n_columns < 267, "這個種子有水準只在驗證的房子裡；全部一起學就是 267"
    assert trained.unseen == trained.schema.unseen(ames.categories[trained.held_out]) != {}


def test_the_model_does_not_see_the_price(ames, trained):
    """房價全部換掉，參數一個位元都不變。"""
    other = type(ames)(ames.categories, ames.details, ames.log_price[::-1].copy(), ames.source)
    assert np.array_equal(train(other).vae.parameters_, trained.vae.parameters_)


def test_the_seed_decides_every_bit(ames, trained):
    assert np.array_equal(train(ames).vae.parameters_, trained.vae.parameters_)
    assert not np.array_equal(train(ames, seed=1).held_out, trained.held_out)


def test_the_measures_agree_with_each_other_and_with_the_model(trained, measures):
    x, held_out = trained.x, trained.held_out
    elbo = trained.vae.elbo(x[held_out], n_samples=10, rng=np.random.default_rng(1)).mean()
    assert measures.elbo[1] == pytest.approx(elbo, abs=0.2)
    assert measures.kl[1] == pytest.approx(measures.kl_per_unit.sum())
    assert measures.reconstruction[1] == pytest.approx(-measures.elbo[1] - measures.kl[1])
    assert measures.baseline[0] == pytest.approx(evaluation.marginal_nats(x[~held_out], x[~held_out]))
    assert measures.price.mean > measures.price.shuffled_mean


def test_a_softmax_per_variable_takes_its_groups_from_the_rule(ames):
    run = train(ames, missing="level", likelihood="categorical")
    assert run.vae.likelihood_.groups == run.schema.groups
    assert experiment.measure(run).baseline[1] == pytest.approx(31.8, abs=0.3)


def test_a_wrong_missing_rule_is_refused(ames):
    with pytest.raises(ValueError, match="missing"):
        train(ames, missing="mode")


@pytest.mark.parametrize("latent_dim", [1, 2, 7])
def test_every_file_is_written_and_can_be_read_back(tmp_path, ames, latent_dim):
    run = train(ames.take(slice(0, 400)), latent_dim=latent_dim)
    measures = experiment.measure(run)
    artifacts.write(tmp_path, run, measures, {"seed": 0})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(artifacts.FILES)
    mean = VAE.load(tmp_path / "model.npz").transform(
        OneHotSchema.load(tmp_path / "schema.json").encode(run.frame)
    )
    assert np.array_equal(mean, run.vae.transform(run.x))
    history = pd.read_csv(tmp_path / "history.csv")
    assert history["reconstruction"].tolist() == [row["reconstruction"] for row in run.vae.history_]
    assert f"val_kl_unit_{latent_dim}" in history.columns
    codes = pd.read_csv(tmp_path / "codes.csv", index_col="Id")
    np.testing.assert_allclose(codes["mean_1"], mean[:, 0], rtol=1e-12)
    assert codes["held_out"].sum() == run.held_out.sum()
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert summary["measures"]["kl_per_unit"] == measures.kl_per_unit.tolist()
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
