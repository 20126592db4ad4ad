"""整體的對照：線性高斯的 VAE 用我們的損失訓練，到達機率主成分分析的最大概似。"""

import numpy as np
import pytest
from scipy import linalg

from tests.core.ames import Ames
from tests.core.linear_gaussian import exact_log_prob, ppca_log_likelihood, principal_components, train
from vae_from_scratch.likelihood import Gaussian

LATENT = 2
NATS_PER_HOUSE = 1e-6


@pytest.fixture(scope="module")
def trained(ames: Ames):
    return train(ames.x, LATENT, Gaussian("learned"))


@pytest.mark.slow
def test_reaches_the_maximum_likelihood_of_probabilistic_pca(trained, ames: Ames) -> None:
    best, variance = ppca_log_likelihood(ames.x, LATENT)
    _, parameters, negative_elbo = trained
    assert abs(-negative_elbo - best) < NATS_PER_HOUSE
    assert np.exp(parameters[-1]) == pytest.approx(variance, rel=1e-4)


@pytest.mark.slow
def test_decoder_spans_the_principal_subspace(trained, ames: Ames) -> None:
    network, parameters, _ = trained
    decoder = network.views(parameters).decoder[0]
    components = principal_components(ames.x)[1][:, :LATENT]
    assert linalg.subspace_angles(decoder[:-1].T, components).max() < 1e-3
    np.testing.assert_allclose(decoder[-1], ames.x.mean(axis=0), atol=1e-3)


@pytest.mark.slow
def test_elbo_is_the_exact_log_likelihood_there(trained, ames: Ames) -> None:
    """編碼器也學對了：下界與 scipy 算的 log p(x) 之間沒有縫。"""
    network, parameters, negative_elbo = trained
    decoder, variance = network.views(parameters).decoder[0], float(np.exp(parameters[-1]))
    log_p = exact_log_prob(ames.x, decoder[:-1], decoder[-1], variance).mean()
    assert abs(-negative_elbo - log_p) < NATS_PER_HOUSE


def test_closed_form_is_the_likelihood_of_the_closed_form_model(ames: Ames) -> None:
    """對照本身的對照：把最大概似的 W、s² 代進 scipy 的多變數常態，得到同一個數；動一下就變小。"""
    best, variance = ppca_log_likelihood(ames.x, LATENT)
    values, vectors = principal_components(ames.x)
    weight = (vectors[:, :LATENT] * np.sqrt(values[:LATENT] - variance)).T
    center = ames.x.mean(axis=0)
    assert exact_log_prob(ames.x, weight, center, variance).mean() == pytest.approx(best, abs=1e-9)
    assert exact_log_prob(ames.x, 1.05 * weight, center, variance).mean() < best - NATS_PER_HOUSE
    assert exact_log_prob(ames.x, weight[::-1] * [[1], [0]], center, variance).mean() < best - 0.1


def test_one_dimension_too_few_would_be_caught(ames: Ames) -> None:
    """反例：只有一個潛在維度，離最大概似就差一大截，檢查會失敗。"""
    best = ppca_log_likelihood(ames.x, LATENT)[0]
    assert ppca_log_likelihood(ames.x, LATENT - 1)[0] < best - 1
