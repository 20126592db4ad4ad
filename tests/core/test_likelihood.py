"""概似：機率加起來是 1、平均值與抽樣一致、梯度是斜率、損失與只有前向的 Bounds 相同。"""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from tests.core.gradient_check import finite_difference
from tests.core.problems import LIKELIHOODS, evaluate, make_problem, rows_for
from vae_from_scratch.bounds import Bounds
from vae_from_scratch.gradients import KL_FORMS
from vae_from_scratch.likelihood import Bernoulli, Categorical, Gaussian, Mixed

RNG = np.random.default_rng(0)


def test_bernoulli_probabilities_sum_to_one() -> None:
    logits = RNG.normal(0, 3, 4)
    outcomes = np.array(list(product((0.0, 1.0), repeat=4)))
    assert np.exp(Bernoulli().log_prob(outcomes, logits)).sum() == pytest.approx(1, rel=1e-13)


def test_categorical_probabilities_sum_to_one_over_the_observed_variables() -> None:
    likelihood, logits = Categorical((3, 2)), RNG.normal(0, 3, 5)
    outcomes = np.array([[*a, *b] for a in np.eye(3) for b in np.eye(2)])
    assert np.exp(likelihood.log_prob(outcomes, logits)).sum() == pytest.approx(1, rel=1e-13)
    second_missing = np.array([[*a, 0, 0] for a in np.eye(3)])
    assert np.exp(likelihood.log_prob(second_missing, logits)).sum() == pytest.approx(1, rel=1e-13)


@pytest.mark.parametrize("log_var", [-1.0, 0.4])
def test_gaussian_density_is_that_of_scipy(log_var) -> None:
    x, output = RNG.normal(size=(2, 5, 3))
    want = stats.norm(output, np.exp(log_var / 2)).logpdf(x).sum(axis=1)
    np.testing.assert_allclose(Gaussian("learned").log_prob(x, output, np.array([log_var])), want, rtol=1e-12)
    np.testing.assert_allclose(Gaussian(np.exp(log_var)).log_prob(x, output), want, rtol=1e-12)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_gradient_is_the_slope_of_log_prob(name) -> None:
    likelihood, rest = LIKELIHOODS[name], np.full(LIKELIHOODS[name].n_parameters, 0.3)
    x = rows_for(likelihood, 3, RNG)
    output = RNG.normal(size=(3, likelihood.n_outputs(x.shape[1])))

    def total(flat):
        logits = flat[: output.size].reshape(output.shape)
        return float(likelihood.log_prob(x, logits, flat[output.size :]).sum())

    slope = finite_difference(total, np.concatenate([output.ravel(), rest]))
    d_output, d_rest = likelihood.gradient(x, output, rest)
    np.testing.assert_allclose(np.concatenate([d_output.ravel(), d_rest]), slope, atol=1e-9)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_samples_have_the_mean_of_the_model(name) -> None:
    """二十萬次抽樣的平均，離 E[x|z] 不到 5 個標準誤；樣本通過自己的檢查。"""
    likelihood, rest = LIKELIHOODS[name], np.full(LIKELIHOODS[name].n_parameters, 0.3)
    n_outputs = likelihood.n_outputs(rows_for(likelihood, 1, RNG).shape[1])
    output = np.repeat(RNG.normal(0, 2, (1, n_outputs)), 200_000, axis=0)
    drawn = likelihood.sample(output, np.random.default_rng(1), rest)
    likelihood.check(drawn)
    if isinstance(likelihood, Mixed):  # 有值的才有平均；數字在觀察到的列上平均
        check_mixed_sample(likelihood, drawn, output[:1], rest)
        return
    error = drawn.std(axis=0) / np.sqrt(len(drawn)) + 1e-12
    assert (np.abs(drawn.mean(axis=0) - likelihood.mean(output[:1])[0]) < 5 * error).all()
    if name.startswith("gaussian"):
        wanted = np.exp(0.3) if len(rest) else 0.7
        assert drawn.var(axis=0) == pytest.approx(wanted, rel=0.03)


def check_mixed_sample(likelihood: Mixed, drawn, output, log_var) -> None:
    levels, numbers, observed = likelihood.split(drawn)
    mean = likelihood.mean(output)[0]
    error = levels.std(axis=0) / np.sqrt(len(drawn)) + 1e-12
    assert (np.abs(levels.mean(axis=0) - mean[: likelihood.n_levels]) < 5 * error).all()
    for j in range(likelihood.n_numbers):
        known = numbers[observed[:, j] == 1, j]
        wanted, error = mean[likelihood.n_levels + j], 5 * known.std() / np.sqrt(len(known))
        assert known.mean() == pytest.approx(wanted, abs=error)
        assert known.var() == pytest.approx(likelihood.variance(log_var)[j], rel=0.03)
    flags = levels[:, likelihood.n_levels - 2 * len(likelihood.spiked) :][:, 1::2]
    assert np.array_equal(observed[:, list(likelihood.spiked)], flags)  # 旗標是零的沒有值


@pytest.mark.parametrize("kl", KL_FORMS)
@pytest.mark.parametrize("name", LIKELIHOODS)
def test_forward_only_loss_is_the_loss_of_the_engines(name, kl) -> None:
    problem = make_problem(name)
    bounds = Bounds(problem.network, problem.likelihood, problem.network.views(problem.parameters))
    forward = bounds.loss(problem.x, problem.noise, kl, 0.6, 0.2)
    trained = evaluate(problem.engine("numpy", kl, 0.2), problem, 0.6)[0]
    np.testing.assert_allclose(forward.total, trained.total, rtol=1e-13)
    np.testing.assert_allclose(forward.kl_per_unit, trained.kl_per_unit, rtol=1e-12)
    assert trained.kl == pytest.approx(trained.kl_per_unit.sum())
