"""線性高斯的模型：唯一能把 log p(x)、後驗、最大概似全部寫成封閉形式的 VAE。"""

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from vae_from_scratch import VAE
from vae_from_scratch.gradients import make_engine
from vae_from_scratch.likelihood import Gaussian, Mixed
from vae_from_scratch.network import Network


def sigma_points(x: NDArray, latent_dim: int) -> tuple[NDArray, NDArray]:
    """每列配 2d 個 ε = ±√d eᵢ：平均 0、共變異數 I，所以 ε 的二次式的平均就是期望值，沒有抽樣誤差。"""
    points = np.sqrt(latent_dim) * np.vstack([np.eye(latent_dim), -np.eye(latent_dim)])
    return np.repeat(x, len(points), axis=0), np.tile(points, (len(x), 1))


def train(
    x: NDArray,
    latent_dim: int,
    likelihood: Gaussian | Mixed,
    beta: float = 1.0,
    seed: int = 0,
    engine: str = "numpy",
) -> tuple[Network, NDArray, float]:
    """用我們的損失與梯度、整批資料、L-BFGS 訓練線性的 VAE；傳回網路、參數與最後的 −ELBO。"""
    n_outputs = likelihood.n_outputs(x.shape[1])
    network = Network(x.shape[1], latent_dim, (), n_outputs, likelihood.n_parameters)
    gradients = make_engine(engine, network, likelihood)
    rows, noise = sigma_points(x, latent_dim)
    start = 0.1 * network.initialize(np.random.default_rng(seed))
    network.views(start).decoder[0][-1] = x.mean(axis=0)[:n_outputs]

    whiten = whitening(x)
    current = start.copy()  # 一直用同一條向量，引擎的緩衝區才不必重配

    def through(flat: NDArray, matrix: NDArray) -> NDArray:
        """編碼器的 [W; b] 左乘一個矩陣，其餘不變。"""
        network.views(flat).encoder[0][:] = matrix @ network.views(flat).encoder[0]
        return flat

    def objective(coordinates: NDArray) -> tuple[float, NDArray]:
        current[:] = through(coordinates.copy(), whiten)
        loss, gradient = gradients.loss_and_gradient(current, rows, noise, beta)
        return loss.total, through(gradient.copy(), whiten.T)

    options = {"maxiter": 5000, "ftol": 1e-13, "gtol": 1e-9, "maxcor": 20}
    found = optimize.minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
    return network, through(found.x, whiten), float(found.fun)


def whitening(x: NDArray) -> NDArray:
    """把 [x 1] 換成白化的主成分。只換最佳化走路的座標：獨熱編碼的欄幾乎相依，原座標要走二十倍的步數。"""
    values, vectors = principal_components(x)
    scaled = vectors / np.sqrt(values + 1e-9)
    matrix = np.eye(x.shape[1] + 1)
    matrix[:-1, :-1], matrix[-1, :-1] = scaled, -x.mean(axis=0) @ scaled
    return matrix


def principal_components(x: NDArray) -> tuple[NDArray, NDArray]:
    """樣本共變異數（除以 N）的特徵值與特徵向量，由大到小。"""
    values, vectors = np.linalg.eigh(np.cov(x.T, bias=True))
    return np.maximum(values[::-1], 0), vectors[:, ::-1]


def ppca_log_likelihood(x: NDArray, latent_dim: int) -> tuple[float, float]:
    """機率主成分分析的最大平均 log p(x) 與 s²（Tipping & Bishop 1999）。"""
    eigenvalues = principal_components(x)[0]
    variance = float(eigenvalues[latent_dim:].mean())
    spectrum = np.r_[eigenvalues[:latent_dim], np.full(x.shape[1] - latent_dim, variance)]
    return -0.5 * float(np.sum(np.log(2 * np.pi * spectrum) + 1)), variance


def exact_log_prob(x: NDArray, weight: NDArray, bias: NDArray, variance: float) -> NDArray:
    """log N(x; b, WWᵀ + s²I)，由 scipy 的多變數常態算；weight 是 (d, D)。"""
    cov = weight.T @ weight + variance * np.eye(len(bias))
    return stats.multivariate_normal(bias, cov).logpdf(x)


def fitted_vae(weight: NDArray, bias: NDArray, variance: float, mean: NDArray, log_var: NDArray) -> VAE:
    """參數直接指定的線性 VAE：解碼器 z W + b，編碼器 (x − b) mean，固定的 log σ²。"""
    d, n_columns = weight.shape
    vae = VAE(latent_dim=d, hidden=(), likelihood=Gaussian(variance), epochs=1, warmup_epochs=0)
    vae.fit(np.zeros((2, n_columns)))
    views = vae.network_.views(vae.parameters_)
    vae.parameters_[:] = 0
    views.decoder[0][:-1], views.decoder[0][-1] = weight, bias
    views.encoder[0][:-1, :d], views.encoder[0][-1] = mean, np.r_[-bias @ mean, log_var]
    return vae


def posterior(weight: NDArray, variance: float) -> tuple[NDArray, NDArray]:
    """p(z|x) 的平均值係數 (D, d) 與共變異數 (d, d)。"""
    cov = np.linalg.inv(np.eye(len(weight)) + weight @ weight.T / variance)
    return weight.T @ cov / variance, cov
