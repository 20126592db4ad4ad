"""幾個種子的研究：同一個種子同樣的位元、驗證的列沒有參加訓練、留下的模型有理由。"""

import dataclasses

import numpy as np
import pytest

from vae_from_scratch.autoencoder import Autoencoder
from vae_from_scratch.tables import seeds
from vae_from_scratch.tables.held_out import held_out_rows
from vae_from_scratch.tables.missing import name_blanks
from vae_from_scratch.tables.seeds import Plan
from vae_from_scratch.tables.target import read_target


@pytest.fixture(scope="module")
def frame(table):
    return table[["形", "色", "料"]]


@pytest.fixture(scope="module")
def target(table):
    return read_target(table, "價")


@pytest.fixture(scope="module")
def results(frame, target, plan):
    return list(seeds.run_all(frame, target, plan, jobs=1))


def test_two_processes_give_the_same_bits_as_one(frame, target, plan, results):
    parallel = list(seeds.run_all(frame, target, plan, jobs=2))
    for one, other in zip(results, parallel, strict=True):
        assert np.array_equal(one.vae.parameters_, other.vae.parameters_)
        assert (one.metrics, one.scores) == (other.metrics, other.scores)
    assert not np.array_equal(results[0].vae.parameters_, results[1].vae.parameters_), "種子不同，模型不同"


def test_the_target_and_the_held_out_rows_do_not_reach_the_model(frame, target, plan, results):
    changed = frame.copy()
    changed[results[0].held_out] = "從沒見過"
    shuffled = dataclasses.replace(target, values=target.values[::-1])
    again = seeds.run_seed(changed, shuffled, plan, seed=0)
    assert np.array_equal(again.vae.parameters_, results[0].vae.parameters_)
    assert again.schema.to_json() == results[0].schema.to_json()
    assert again.metrics["unseen_cells"] == 3 * results[0].held_out.sum()
    assert again.metrics["reconstruction"] == pytest.approx(0, abs=1e-6), "沒見過的水準不計分"


def test_a_learnable_table_beats_the_baselines(results):
    for result in results:
        assert result.gain > 0.02 and result.metrics["active"] >= 1
        assert result.scores["vae"] > result.scores["shuffled"] + 0.3
    assert results[0].metrics["gain"] == pytest.approx(
        results[0].metrics["marginal_nats"] - results[0].metrics["reconstruction"] - results[0].metrics["kl"]
    )


def test_independent_columns_do_not_beat_the_baseline(frame, plan):
    """對照組：欄與欄之間打散，就沒有東西可學。"""
    rng = np.random.default_rng(0)
    alone = frame.apply(lambda column: column.to_numpy()[rng.permutation(len(column))])
    assert seeds.run_seed(alone, None, plan, seed=0).gain < 0.02


def test_two_tenths_are_held_out_of_the_known_and_of_the_unknown():
    known = np.arange(100) < 40
    mask = held_out_rows(known, seed=3)
    assert mask[known].sum() == 8 and mask[~known].sum() == 12
    assert not np.array_equal(mask, held_out_rows(known, seed=4))


@pytest.mark.parametrize(
    "rows, epochs", [(20, 200), (600, 134), (3000, 60), (20_000, 60), (40_000, 30), (10**6, 20)]
)
def test_small_tables_train_for_more_epochs_and_large_ones_for_fewer(rows, epochs):
    plan = Plan(model={"latent_dim": 2, "batch_size": 32})
    settings = plan.for_rows(rows)
    assert (settings["epochs"], settings["warmup_epochs"]) == (epochs, epochs // 3)
    chosen = dataclasses.replace(plan, epochs=6, warmup_epochs=0).for_rows(rows)
    assert (chosen["epochs"], chosen["warmup_epochs"]) == (6, 0)


@pytest.mark.parametrize("likelihood, missing", [("bernoulli", "zeros"), ("categorical", "level")])
def test_other_likelihoods_and_missing_rules(frame, plan, likelihood, missing):
    other = dataclasses.replace(plan, likelihood=likelihood, missing=missing, epochs=3)
    result = seeds.run_seed(name_blanks(frame, missing), None, other, seed=0)
    assert np.isfinite(result.metrics["elbo"]) and result.scores == {}
    assert ("無" in result.schema.levels("色")) is (missing == "level")


def test_too_large_a_latent_space_is_refused(plan):
    seeds.check_size(plan, 2)
    with pytest.raises(ValueError, match="--latent-dim 是 2，資料展開後卻只有 1 欄"):
        seeds.check_size(plan, 1)


def test_a_share_outside_zero_and_one_is_refused():
    with pytest.raises(ValueError, match=r"share（驗證的比例）是 1\.5"):
        held_out_rows(np.ones(10, bool), 0, share=1.5)


def test_the_estimator_and_the_settings_are_left_alone(frame, plan):
    """訓練不改別人給的設定；同一份設定用兩次，結果相同。"""
    data, settings = seeds.split(frame, np.ones(len(frame), bool), 0), plan.for_rows(len(frame))
    before = dict(settings)
    one, other = (seeds.train(data, settings, 0).parameters_ for _ in range(2))
    assert settings == before and np.array_equal(one, other)


def test_not_validating_changes_the_history_and_no_bit_of_the_training(frame, plan):
    data, settings = seeds.split(frame, np.ones(len(frame), bool), 0), plan.for_rows(len(frame))
    watched, alone = (seeds.train(data, settings, 0, validate=validate) for validate in (True, False))
    assert watched.parameters_.tobytes() == alone.parameters_.tobytes()
    assert "val_loss" in watched.history_[0] and not any(
        name.startswith("val_") for name in alone.history_[0]
    )


def test_a_plain_autoencoder_is_scored_at_its_codes_with_or_without_validation(frame, plan):
    data, settings = seeds.split(frame, np.ones(len(frame), bool), 0), plan.for_rows(len(frame))
    watched, alone = (seeds.train(data, settings, 0, Autoencoder, validate) for validate in (True, False))
    first, second = (
        seeds.measure(model, data, *model.encode(data.everything))["reconstruction"]
        for model in (watched, alone)
    )
    assert first == second == pytest.approx(watched.history_[-1]["val_reconstruction"], rel=1e-6)
    seen = -watched.score(data.of(data.seen))
    assert abs(seen - first) > 1e-3 * first, "反例：在訓練的列上量，是另一個數"
