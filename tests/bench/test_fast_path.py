"""快的寫法等於課本的寫法：預先配置的緩衝區、[a 1] 的排法、合併的 Adam、逐批展開的代碼。"""

from itertools import pairwise

import numpy as np
import pytest

from vae_from_scratch import gaussian, objective
from vae_from_scratch.gradients import make_engine
from vae_from_scratch.likelihood import Bernoulli, Categorical, Gaussian, Likelihood
from vae_from_scratch.network import Network
from vae_from_scratch.optimizer import FLUSH_EVERY, Adam
from vae_from_scratch.rows import CategoryCodes

GROUPS = (3, 4, 2)
LIKELIHOODS: dict[str, Likelihood] = {
    "bernoulli": Bernoulli(),
    "categorical": Categorical(GROUPS),
    "gaussian": Gaussian("learned"),
}


def one_hot(rng, n_rows):
    return np.hstack([np.eye(size)[rng.integers(size, size=n_rows)] for size in GROUPS])


def plain_loss_and_gradient(network, likelihood, parameters, x, noise, beta):
    """照公式一行一行寫：沒有緩衝區，權重與偏置分開，封閉形式的 KL。"""
    theta, n = network.views(parameters), len(x)
    inputs = plain_forward(theta.encoder, x)
    mean, log_var = np.split(inputs[-1], 2, axis=1)
    sigma = np.exp(log_var / 2)
    z = mean + sigma * noise
    activations = plain_forward(theta.decoder, z)
    log_prob = likelihood.log_prob(x, activations[-1], theta.noise_log_var)
    loss = objective.loss(log_prob, gaussian.kl_per_unit(mean, log_var), beta)

    d_output, d_noise = likelihood.gradient(x, activations[-1], theta.noise_log_var)
    d_z, decoder = plain_backward(theta.decoder, activations, -d_output / n)
    d_mean = d_z + beta / n * mean
    d_log_var = d_z * sigma * noise / 2 + beta / n * (sigma**2 - 1) / 2
    _, encoder = plain_backward(theta.encoder, inputs, np.hstack([d_mean, d_log_var]))
    return loss, np.concatenate([d.ravel() for d in encoder + decoder] + [-d_noise / n])


def plain_forward(layers, a):
    values = [a]
    for i, layer in enumerate(layers):
        y = values[-1] @ layer[:-1] + layer[-1]
        values.append(y if i == len(layers) - 1 else np.where(y > 0, y, 0))
    return values


def plain_backward(layers, values, d_y):
    gradients: list[np.ndarray] = []
    for i in reversed(range(len(layers))):
        gradients.insert(0, np.vstack([values[i].T @ d_y, d_y.sum(axis=0)]))
        d_y = d_y @ layers[i][:-1].T
        if i:
            d_y = d_y * (values[i] > 0)
    return d_y, gradients


def relative(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize("engine", ["numpy", "autograd"])
@pytest.mark.parametrize("name", LIKELIHOODS)
@pytest.mark.parametrize("hidden", [(), (8, 5)])
def test_engine_equals_the_plain_formulas(engine, name, hidden):
    """每一種概似、有沒有隱藏層：損失與梯度和照公式寫的相差不到 1e-13。"""
    rng, likelihood = np.random.default_rng(1), LIKELIHOODS[name]
    network = Network(sum(GROUPS), 2, hidden, sum(GROUPS), likelihood.n_parameters)
    parameters = network.initialize(rng) + rng.normal(0, 0.1, network.size)
    fast = make_engine(engine, network, likelihood)
    for n_rows in (7, 3, 1, 7):
        x, noise = one_hot(rng, n_rows), rng.standard_normal((n_rows, 2))
        loss, gradient = fast.loss_and_gradient(parameters, x, noise, 0.7)
        expected_loss, expected = plain_loss_and_gradient(network, likelihood, parameters, x, noise, 0.7)
        assert loss.total == pytest.approx(expected_loss.total, rel=1e-13)
        assert relative(gradient, expected) < 1e-13


def test_the_comparison_catches_a_missing_bias_gradient():
    """負對照：少了一個偏置的梯度，上面的比較看得出來。"""
    rng = np.random.default_rng(1)
    network = Network(9, 2, (8, 5), 9)
    parameters = network.initialize(rng)
    x, noise = one_hot(rng, 7), rng.standard_normal((7, 2))
    _, expected = plain_loss_and_gradient(network, Bernoulli(), parameters, x, noise, 0.7)
    wrong = expected.copy()
    network.views(wrong).decoder[1][-1] = 0
    assert relative(wrong, expected) > 1e-3


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_buffers_remember_nothing(dtype):
    """換批次大小、換參數再換回來，位元與全新的引擎相同。"""
    rng = np.random.default_rng(2)
    network = Network(9, 2, (8, 5), 9)
    used = make_engine("numpy", network, Bernoulli())
    for n_rows in (32, 18, 32, 5, 32):
        parameters = network.initialize(rng, dtype)
        x, noise = one_hot(rng, n_rows).astype(dtype), rng.standard_normal((n_rows, 2)).astype(dtype)
        for beta in (1.0, 0.3):
            _, gradient = used.loss_and_gradient(parameters, x, noise, beta)
            _, fresh = make_engine("numpy", network, Bernoulli()).loss_and_gradient(
                parameters, x, noise, beta
            )
            assert gradient.dtype == dtype
            assert gradient.tobytes() == fresh.tobytes()


def test_engine_sees_parameters_changed_in_place():
    """最佳化器就地更新參數，緩衝區裡的檢視要看到新的值。"""
    rng = np.random.default_rng(3)
    network = Network(9, 2, (8,), 9)
    parameters, engine = network.initialize(rng), make_engine("numpy", network, Bernoulli())
    x, noise = one_hot(rng, 4), rng.standard_normal((4, 2))
    engine.loss_and_gradient(parameters, x, noise, 1.0)
    parameters += 0.1
    loss, _ = engine.loss_and_gradient(parameters, x, noise, 1.0)
    expected, _ = plain_loss_and_gradient(network, Bernoulli(), parameters, x, noise, 1.0)
    assert loss.total == pytest.approx(expected.total, rel=1e-13)


def textbook_adam(gradients, convention, beta1=0.9, beta2=0.999, rate=1e-3, epsilon=1e-7):
    """論文的式子，一步一步，沒有重新縮放。"""
    theta, m, v = np.zeros(len(gradients[0])), 0.0, 0.0
    for t, g in enumerate(gradients, 1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        correction = np.sqrt(1 - beta2**t)
        root = (
            np.sqrt(v) / correction + epsilon
            if convention == "paper"
            else (np.sqrt(v) + epsilon) / correction
        )
        theta = theta - rate * m / (1 - beta1**t) / root
    return theta


@pytest.mark.parametrize("convention", ["paper", "keras"])
def test_adam_equals_the_textbook(convention):
    """合併了偏誤修正與縮放的 Adam，300 步之後與論文的式子相差不到 1e-12。"""
    rng = np.random.default_rng(4)
    gradients = rng.standard_normal((300, 20)) * np.logspace(-8, 2, 20)
    optimizer, theta = Adam(20, epsilon_convention=convention), np.zeros(20)
    for g in gradients:
        optimizer.update(theta, g.copy())
    assert relative(theta, textbook_adam(gradients, convention)) < 1e-12


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_fused_adam_gives_the_same_bits(dtype):
    """numba 的迴圈與 NumPy 的十趟，參數與動差逐位元相同（含歸零的那幾步）。"""
    pytest.importorskip("numba", reason="沒有安裝 numba（選用的 fast）")
    from vae_from_scratch.fused_adam import FusedAdam

    rng = np.random.default_rng(5)
    plain, fused = Adam(1001, dtype=dtype), FusedAdam(1001, dtype=dtype)
    one, other = np.ones(1001, dtype), np.ones(1001, dtype)
    for _ in range(2 * FLUSH_EVERY + 1):
        g = (rng.standard_normal(1001) * (rng.random(1001) < 0.3)).astype(dtype)
        plain.update(one, g.copy())
        fused.update(other, g)
    assert one.tobytes() == other.tobytes()
    assert plain.first_moment.tobytes() == fused.first_moment.tobytes()
    assert plain.second_moment.tobytes() == fused.second_moment.tobytes()


def test_moments_never_become_denormal():
    """只在第一步有梯度的參數，動差一路衰減：每 FLUSH_EVERY 步歸零，從不成為非正規數。"""
    optimizer, theta = Adam(3, dtype="float32"), np.zeros(3, "float32")
    tiny = np.finfo(np.float32).tiny
    optimizer.update(theta, np.array([1, 1e-9, 0], "float32"))
    for _ in range(1500):
        optimizer.update(theta, np.zeros(3, "float32"))
        for moment in (optimizer.first_moment, optimizer.second_moment):
            assert not ((moment != 0) & (np.abs(moment) < tiny)).any()
    assert (optimizer.first_moment == 0).all()


def test_codes_expand_to_the_same_matrix():
    """逐批展開的代碼，等於一格一格填的獨熱矩陣；缺失整組為 0。"""
    rng = np.random.default_rng(6)
    codes = np.stack([rng.integers(-1, size, size=50) for size in GROUPS], axis=1).astype(np.int8)
    index = rng.permutation(50)[:17]
    expected = np.zeros((17, sum(GROUPS)))
    for row, chosen in enumerate(index):
        for (start, _), code in zip(pairwise(np.cumsum((0, *GROUPS))), codes[chosen], strict=True):
            if code >= 0:
                expected[row, start + code] = 1
    assert (CategoryCodes(codes, GROUPS).take(index) == expected).all()
