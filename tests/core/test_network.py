"""網路：一條平坦向量的檢視、Glorot 初始值、編碼與解碼就是矩陣乘法。"""

import numpy as np
import pytest

from vae_from_scratch.network import Network

NETWORK = Network(n_columns=7, latent_dim=2, hidden=(5, 3), n_outputs=7, n_noise=1)


def test_shapes_mirror_each_other() -> None:
    assert NETWORK.encoder_shapes == [(8, 5), (6, 3), (4, 4)]
    assert NETWORK.decoder_shapes == [(3, 3), (4, 5), (6, 7)]
    assert NETWORK.size == 40 + 18 + 16 + 9 + 20 + 42 + 1


def test_views_cover_the_vector_once_and_share_its_memory() -> None:
    flat = np.arange(float(NETWORK.size))
    views = NETWORK.views(flat)
    pieces = [*views.encoder, *views.decoder, views.noise_log_var]
    np.testing.assert_array_equal(np.concatenate([piece.ravel() for piece in pieces]), flat)
    assert all(np.shares_memory(piece, flat) for piece in pieces)
    views.decoder[0][:] = -1
    assert (flat == -1).sum() == 9


def test_initial_values_are_glorot_uniform_with_zero_bias() -> None:
    views = NETWORK.views(NETWORK.initialize(np.random.default_rng(0)))
    for layer in views.encoder + views.decoder:
        limit = np.sqrt(6 / (layer.shape[0] - 1 + layer.shape[1]))
        assert 0 < np.abs(layer[:-1]).max() <= limit and not layer[-1].any()
    assert not views.noise_log_var.any()
    single = NETWORK.initialize(np.random.default_rng(0), "float32")
    np.testing.assert_array_equal(single, NETWORK.initialize(np.random.default_rng(0)).astype("float32"))


@pytest.mark.parametrize("hidden", [(), (4,), (5, 3)])
def test_encode_and_decode_are_affine_maps_with_relu_between(hidden) -> None:
    network = Network(6, 2, hidden, 6)
    rng = np.random.default_rng(1)
    theta = network.views(rng.normal(size=network.size))
    x = rng.normal(size=(9, 6))

    def through(layers, a):
        for depth, layer in enumerate(layers):
            a = np.einsum("ni,ij->nj", np.column_stack([a, np.ones(len(a))]), layer)
            a = a if depth == len(layers) - 1 else np.where(a > 0, a, 0)
        return a

    mean, log_var = network.encode(theta, x)
    np.testing.assert_allclose(np.hstack([mean, log_var]), through(theta.encoder, x), atol=1e-12)
    np.testing.assert_allclose(network.decode(theta, mean), through(theta.decoder, mean), atol=1e-12)
