"""檢查用的獨立答案本身對不對：與 SciPy 的積分、與解析的導數比較。"""

import numpy as np
import pytest
from scipy import integrate, stats

from vae_from_scratch.course.oracles import expectation, normal_nodes, numerical_gradient


@pytest.mark.parametrize("f", [np.square, np.cos, lambda z: np.exp(z / 2), lambda z: np.log1p(np.exp(z))])
@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (1.5, 0.3), (-2.0, 2.0)])
def test_expectation_agrees_with_adaptive_quadrature(f, mean, std):
    low, high = mean - 12 * std, mean + 12 * std
    density = stats.norm(mean, std).pdf
    reference, _ = integrate.quad(lambda z: f(z) * density(z), low, high, epsabs=1e-13, points=[mean])
    assert expectation(f, mean, std) == pytest.approx(reference, rel=1e-11, abs=1e-12)


def test_the_nodes_integrate_moments_of_the_standard_normal():
    nodes, weights = normal_nodes()
    moments = [np.sum(weights * nodes**power) for power in range(7)]
    assert moments == pytest.approx([1, 0, 1, 0, 3, 0, 15], abs=1e-12)


def test_the_gradient_agrees_with_the_derivative():
    x = np.array([[0.3, -1.2, 2.0]])
    assert numerical_gradient(lambda v: np.sum(np.sin(v) ** 2), x) == pytest.approx(np.sin(2 * x), abs=1e-11)


def test_the_gradient_of_a_wrong_function_is_different():
    x = np.array([0.3])
    assert numerical_gradient(lambda v: np.sum(v**3), x) != pytest.approx(2 * x, rel=1e-3)
