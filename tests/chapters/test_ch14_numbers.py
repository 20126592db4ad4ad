"""第 14 章正文與替代文字裡直接寫出來的數字。"""

import numpy as np
import pytest

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
