"""事實 19–22：重建誤差與 KL 的權重是什麼機率模型。"""

import numpy as np
import pytest
from scipy import integrate, optimize

from tests.core.gradient_check import FINITE_DIFFERENCE, assert_same_gradient, finite_difference
from tests.core.problems import Problem, evaluate, make_problem
from vae_from_scratch import objective
from vae_from_scratch.likelihood import Bernoulli, Categorical, Gaussian
from vae_from_scratch.network import multilayer_perceptron
from vae_from_scratch.optimizer import Adam


def squared_error_and_kl(problem: Problem, parameters: np.ndarray) -> tuple[float, float]:
    """每列的 SSE 與 KL 的平均，直接照定義算。"""
    views, d = problem.network.views(parameters), problem.network.latent_dim
    code = multilayer_perceptron(views.encoder, problem.x)
    mean, log_var = code[:, :d], code[:, d:]
    output = multilayer_perceptron(views.decoder, mean + np.exp(log_var / 2) * problem.noise)
    kl = 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var).sum(axis=1)
    return float(((problem.x - output) ** 2).sum(axis=1).mean()), float(kl.mean())


@pytest.mark.parametrize(
    ("a", "w", "variance"),
    [(1, 1, 1 / 2), (1 / 2, 1, 1), (1 / 10, 0.3, 0.3 * 10 / 2), (1 / 10, 1 / 10, 1 / 2), (1, 2, 1)],
    ids=["SSE+KL", "SSE/2+KL", "mean MSE+0.3KL, D=10", "mean MSE+KL/D", "兩項都少了 ½：SSE+2KL"],
)
def test_fact_19_weighted_squared_error_is_a_gaussian_of_this_variance(a, w, variance) -> None:
    assert variance == pytest.approx(w / (2 * a))
    problem = make_problem("gaussian_fixed", n_rows=3, hidden=(4,), latent_dim=2)
    problem = problem._replace(likelihood=Gaussian(variance))

    def cost(parameters):
        sse, kl = squared_error_and_kl(problem, parameters)
        return a * sse + w * kl

    ours = w * evaluate(problem.engine("numpy"), problem, beta=1.0)[1]
    slope = finite_difference(cost, problem.parameters)
    assert_same_gradient(problem.network, ours, slope, FINITE_DIFFERENCE)


def test_fact_19_best_variance_is_the_mean_squared_error() -> None:
    problem = make_problem("gaussian_learned")
    sse, _ = squared_error_and_kl(problem, problem.parameters[:-1])
    problem.parameters[-1] = np.log(sse / problem.x.shape[1])
    assert abs(evaluate(problem.engine("numpy"), problem)[1][-1]) < 1e-13
    problem.parameters[-1] += 0.1
    assert evaluate(problem.engine("numpy"), problem)[1][-1] > 0.1


def test_fact_20_mean_bce_weights_as_beta() -> None:
    for weight, beta in [(0.002, 0.504), (0.003, 0.756), (0.005, 1.26), (1, 252)]:
        assert objective.beta_from_mean_weight(weight, 252) == pytest.approx(beta, rel=1e-12)


def test_fact_20_with_adam_the_overall_factor_hardly_matters_but_beta_does() -> None:
    problem = make_problem("bernoulli")

    def walk(beta: float, factor: float) -> np.ndarray:
        parameters, adam = problem.parameters.copy(), Adam(problem.network.size)
        engine = problem.engine("numpy")
        for _ in range(100):
            gradient = engine.loss_and_gradient(parameters, problem.x, problem.noise, beta)[1]
            adam.update(parameters, factor * gradient)
        return parameters - problem.parameters

    ours, scaled, other = walk(1.26, 1.0), walk(1.26, 1 / 252), walk(252.0, 1.0)
    by_factor, by_beta = np.linalg.norm(scaled - ours), np.linalg.norm(other - ours)
    assert by_factor < 0.02 * np.linalg.norm(ours) and by_beta > 20 * by_factor


@pytest.mark.parametrize("logit", [-2.0, 0.5, 3.0])
def test_fact_21_cross_entropy_is_a_density_only_on_zero_and_one(logit) -> None:
    def density(x: float) -> float:
        return float(np.exp(Bernoulli().log_prob(np.array([x]), np.array([logit]))))

    assert density(0) + density(1) == pytest.approx(1, rel=1e-14)
    p = 1 / (1 + np.exp(-logit))
    continuous_bernoulli_constant = 2 * np.arctanh(1 - 2 * p) / (1 - 2 * p)
    grey = integrate.quad(density, 0, 1)[0]
    assert grey == pytest.approx(1 / continuous_bernoulli_constant, rel=1e-10)
    assert abs(grey - 1) > 0.4


@pytest.mark.parametrize(
    ("levels", "categorical", "bernoulli"), [(2, 0.693, 1.386), (5, 1.609, 2.502), (25, 3.219, 4.199)]
)
def test_fact_22_independent_bits_pay_more_for_the_same_variable(levels, categorical, bernoulli) -> None:
    x = np.eye(levels)
    softmax = -Categorical((levels,)).log_prob(x, np.zeros((levels, levels))).mean()
    assert softmax == pytest.approx(categorical, abs=5e-4) == pytest.approx(np.log(levels), abs=5e-4)
    best = optimize.minimize_scalar(lambda a: -Bernoulli().log_prob(x, np.full_like(x, a)).mean())
    closed = np.log(levels) + (levels - 1) * np.log(levels / (levels - 1))
    assert best.fun == pytest.approx(closed, rel=1e-10)
    assert closed == pytest.approx(bernoulli, abs=5e-4)
