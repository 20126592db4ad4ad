"""第 14 章正文與替代文字裡直接寫出來的數字。"""

import inspect
from importlib import resources

import numpy as np
import pytest

from vae_from_scratch.model import VAE
from vae_from_scratch.network import Network


def gap(results):
    return np.array([r.metrics["reconstruction"] - r.metrics["marginal_nats"] for r in results])


def test_the_network_has_about_160_thousand_parameters():
    assert Network(267, 2, (200, 100, 50, 20), 267).size == pytest.approx(160_000, rel=0.01)


def test_changing_the_network_does_not_cure_a_full_weight(experiment):
    """w = 1：四種改法、八次訓練，沒有一個單元醒來，重建停在基準；β = 1 降約 14 nats。"""
    cures = experiment("wrong_cures")
    assert len(cures) == 8 and all(r.metrics["active"] == 0 for r in cures)
    assert np.abs(gap(cures)).max() < 1.5
    assert gap([r for r in experiment("beta_sweep") if r.run.model["beta"] == 1.0]).mean() == pytest.approx(
        -14, abs=1
    )


def test_the_best_elbo_is_at_beta_one(experiment):
    """ELBO 在掃過的 β 之中，1 附近最好。"""
    runs = experiment("beta_sweep")
    means = {
        beta: np.mean([r.metrics["elbo"] for r in runs if r.run.model["beta"] == beta])
        for beta in {r.run.model["beta"] for r in runs}
    }
    assert max(means, key=lambda beta: means[beta]) == 1.0


def test_a_wide_run_can_wake_fewer_units_and_end_worse(experiment):
    """九維、種子 2：醒兩個，ELBO −38.25；三維同一個種子是 −36.69。"""
    found = {(r.run.model["latent_dim"], r.run.seed): r.metrics for r in experiment("dimensions")}
    assert [found[9, seed]["active"] for seed in range(3)].count(2) == 1 and found[9, 2]["active"] == 2
    assert round(found[9, 2]["elbo"], 2) == -38.25 and round(found[3, 2]["elbo"], 2) == -36.69


def test_the_command_does_what_the_checklist_automates():
    """五個種子是預設；報告裡有不看編碼的基準、活躍的單元、打亂目標，與另一半真的資料。"""
    from vae_from_scratch.cli.fit import _model_options
    from vae_from_scratch.tables import findings, report

    defaults = {name: value for options in _model_options().values() for name, _, value, *_ in options}
    assert defaults["seeds"] == 5
    words = "".join(inspect.getsource(module) for module in (report, findings))
    words += resources.files("vae_from_scratch.tables").joinpath("report.html.j2").read_text("utf-8")
    assert all(word in words for word in ("不看編碼", "活躍的單元", "打亂目標", "另一半"))


def test_the_capstone_is_judged_by_the_study(experiment):
    """畢業作的界線：暖身的十次訓練，同樣的網路、同樣的設定、同樣的切分。"""
    from vae_from_scratch.course import capstone

    runs = [r for r in experiment("warmup") if r.run.model["warmup_epochs"] == 20]
    assert [r.run.seed for r in runs] == list(range(10))
    found = [(round(float(r.metrics["elbo"]), 4), round(float(r.metrics["r2"]), 4)) for r in runs]
    assert tuple(found) == capstone.COURSE
    recipe, model = capstone.Recipe(), runs[0].run.model
    assert all(
        getattr(recipe, name) == model[name] for name in ("latent_dim", "beta", "warmup_epochs", "epochs")
    )
    assert list(recipe.hidden) == model["hidden"] and runs[0].arrays["parameters"].size == 158_728
    parameters = inspect.signature(VAE).parameters
    assert (recipe.batch_size, recipe.learning_rate) == tuple(
        parameters[name].default for name in ("batch_size", "learning_rate")
    )
