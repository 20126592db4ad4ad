"""極端的數值：每個式子都有限，而且和八十位精確算術一致。"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.core import exact
from vae_from_scratch import gaussian
from vae_from_scratch.likelihood import Bernoulli, Categorical, Gaussian, sigmoid

EPSILON = float(np.finfo(float).eps)
log_vars = st.just(0.0) | st.floats(1e-20, 80) | st.floats(-80, -1e-20)  # 再接近 0，八十位也不夠
means = st.floats(-1e3, 1e3)
logits = st.floats(-1e4, 1e4)


def close(got: float, want, scale: float) -> None:
    """誤差在各項大小的幾個捨入單位以內。"""
    assert np.isfinite(got)
    assert abs(float(exact.number(got) - want)) <= 8 * EPSILON * scale + 1e-75


@given(means, log_vars)
def test_kl(mean, log_var) -> None:
    scale = mean**2 + abs(np.expm1(log_var)) + abs(log_var)
    got = float(gaussian.kl_to_standard_normal(np.array([[mean]]), np.array([[log_var]]))[0])
    close(got, exact.kl(exact.number(mean), exact.number(log_var)), scale)
    assert got >= 0


@given(means, means, log_vars)
def test_log_prob(z, mean, log_var) -> None:
    scale = 1 + abs(log_var) * (1 + (z - mean) ** 2 * np.exp(-log_var)) + (z - mean) ** 2 * np.exp(-log_var)
    got = float(gaussian.log_prob(np.array([z]), np.array([mean]), np.array([log_var])))
    close(got, exact.normal_log_prob(*map(exact.number, (z, mean, log_var))), scale)


@given(log_vars, st.floats(-6, 6), means)
def test_kl_from_noise_keeps_the_noise_when_sigma_vanishes(log_var, noise, mean) -> None:
    z = float(gaussian.reparameterize(mean, log_var, noise))
    got = float(gaussian.kl_from_noise(np.array(z), np.array(log_var), np.array(noise)))
    terms = (exact.number(z) ** 2, exact.number(noise) ** 2, exact.number(log_var))
    close(got, (terms[0] - terms[1] - terms[2]) / 2, float(sum(map(abs, terms))))


@given(st.integers(0, 1), logits)
def test_bernoulli(x, logit) -> None:
    a = exact.number(logit)
    want = x * a - exact.softplus(a)
    got = float(Bernoulli().log_prob(np.array([float(x)]), np.array([logit])))
    close(got, want, float(abs(want)))  # 連 e^(−36) 這麼小的損失都有完整的有效位數
    slope = Bernoulli().gradient(np.array([float(x)]), np.array([logit]))[0][0]
    close(slope, x - 1 / (1 + (-a).exp()), 1.0)


@given(arrays(float, 5, elements=logits), st.integers(0, 4))
def test_categorical(values, level) -> None:
    x = (np.arange(5) == level).astype(float)
    exact_values = [exact.number(v) for v in values]
    log_partition = exact.log_sum_exp(exact_values)
    got = float(Categorical((5,)).log_prob(x, values))
    close(got, exact_values[level] - log_partition, float(np.abs(values).max()) + 1)
    softmax = [float((v - log_partition).exp()) for v in exact_values]
    np.testing.assert_allclose(Categorical((5,)).gradient(x, values)[0], x - softmax, atol=1e-11)


@given(st.floats(-80, 80), means, means)
def test_gaussian_likelihood(log_var, x, output) -> None:
    learned = np.array([log_var])
    precision = np.exp(-log_var)
    got = float(Gaussian("learned").log_prob(np.array([x]), np.array([output]), learned))
    scale = (1 + abs(log_var)) * (1 + (x - output) ** 2 * precision)
    close(got, exact.normal_log_prob(*map(exact.number, (x, output, log_var))), scale)


@given(arrays(float, (3, 4), elements=st.floats(-1e4, 1e4)), arrays(float, (3, 4), elements=log_vars))
def test_float32_and_float64_tell_the_same_story(mean, log_var) -> None:
    """float32 的輸入給 float32 的輸出，誤差是 float32 的捨入。"""
    single = gaussian.kl_to_standard_normal(mean.astype("f4"), log_var.astype("f4"))
    assert single.dtype == np.float32
    same = (values.astype("f4").astype(float) for values in (mean, log_var))
    double = gaussian.kl_to_standard_normal(*same)
    np.testing.assert_allclose(single, double, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("likelihood", [Bernoulli(), Categorical((2, 2)), Gaussian(0.5)])
def test_float32_stays_float32(likelihood) -> None:
    """固定變異數是 NumPy 的 float64 純量時，曾經把整個計算悄悄升成 float64。"""
    x = np.eye(4, dtype="f4")[[0, 1]]
    output = np.ones((2, 4), "f4")
    rng = np.random.default_rng(0)
    results = [likelihood.log_prob(x, output), *likelihood.gradient(x, output)[:1], likelihood.mean(output)]
    assert {result.dtype for result in [*results, likelihood.sample(output, rng)]} == {np.dtype("float32")}


@given(arrays(float, 20, elements=logits))
def test_sigmoid_is_a_probability(values) -> None:
    assert ((sigmoid(values) >= 0) & (sigmoid(values) <= 1)).all()
    np.testing.assert_allclose(sigmoid(values) + sigmoid(-values), 1, rtol=1e-15)


def test_subtraction_would_have_failed() -> None:
    """反例：教科書的寫法 log(σ(a)) 與 exp(log σ²) − 1 − log σ²，同樣的檢查抓得到。"""
    with pytest.raises(AssertionError):
        close(0.5 * (np.exp(1e-8) - 1 - 1e-8), exact.kl(exact.number(0), exact.number(1e-8)), 1e-16)
    with np.errstate(divide="ignore"), pytest.raises(AssertionError):
        close(np.log(1 - 1 / (1 + np.exp(-40.0))), -exact.softplus(exact.number(40)), 40)
