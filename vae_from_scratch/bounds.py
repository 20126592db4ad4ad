"""訓練好的模型給一列資料多少 nats：損失、ELBO、更緊的重要性加權下界，與缺失的格子（第 8、12 章）。

式子在第 5、6 章；這裡把它們接到第 8 章的網路上。
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import gaussian, objective
from .likelihood import Categorical, Likelihood, Mixed
from .network import Network, Parameters
from .objective import Loss


class Sample(NamedTuple):
    r"""由 q(z|x) 抽的一個 z (N, d)，解碼的 ``output`` (N, n_outputs)，與每列的 log p(x|z)、對數權重 (N,)。

    .. math:: \log w = \log p(x|z) + \log p(z) - \log q(z|x)
    """

    z: NDArray
    output: NDArray
    log_prob: NDArray
    log_weight: NDArray


@dataclass(frozen=True)
class Bounds:
    """只有前向、沒有梯度的計算；x 的形狀是 (N, D)，每列一個值 (N,)，單位 nats。

    ``theta`` 是 ``network.views(...)`` 給的各層矩陣。

    >>> from vae_from_scratch.likelihood import Bernoulli
    >>> network = Network(n_columns=3, latent_dim=1, hidden=(), n_outputs=3)
    >>> bounds = Bounds(network, Bernoulli(), network.views(np.zeros(network.size)))
    >>> x = np.array([[1.0, 0.0, 1.0]])  # 參數全是 0：q 就是先驗，每一欄的機率是 ½
    >>> bounds.elbo(x, 1, np.random.default_rng(0)).round(4)  # 3 log ½
    array([-2.0794])
    """

    network: Network
    likelihood: Likelihood
    theta: Parameters

    def loss(self, x: NDArray, noise: NDArray, kl: str, beta: float, free_bits: float) -> Loss:
        """與梯度引擎相同的損失：x (N, D)、noise (N, d)。"""
        mean, log_var = self.network.encode(self.theta, x)
        z = gaussian.reparameterize(mean, log_var, noise)
        if kl == "closed_form":
            per_unit = gaussian.kl_per_unit(mean, log_var)
        else:
            per_unit = gaussian.kl_from_noise(z, log_var, noise)
        return objective.loss(self.log_prob(x, z), per_unit, beta, free_bits)

    def elbo(self, x: NDArray, n_samples: int, rng: np.random.Generator) -> NDArray:
        """E_q[log p(x|z)] − KL，前一項用 ``n_samples`` 個樣本平均，每列一個值 (N,)。"""
        mean, log_var = self.network.encode(self.theta, x)
        total = np.zeros(len(x))
        for _ in range(n_samples):
            total += self.log_prob(x, gaussian.reparameterize(mean, log_var, _noise(mean, rng)))
        return total / n_samples - gaussian.kl_to_standard_normal(mean, log_var)

    def log_prob(self, x: NDArray, z: NDArray) -> NDArray:
        """log p(x|z)，每列一個值 (N,)。"""
        return self.likelihood.log_prob(x, self.network.decode(self.theta, z), self.theta.noise_log_var)

    # ---- 重要性加權：樣本由 q(z|x) 抽，權重把它換算成先驗乘概似 ----

    def samples(self, x: NDArray, n_samples: int, rng: np.random.Generator) -> Iterator[Sample]:
        """一次給一個樣本，所以記憶體與 ``n_samples`` 無關。"""
        mean, log_var = self.network.encode(self.theta, x)
        for _ in range(n_samples):
            noise = _noise(mean, rng)
            z = gaussian.reparameterize(mean, log_var, noise)
            output = self.network.decode(self.theta, z)
            log_prob = self.likelihood.log_prob(x, output, self.theta.noise_log_var)
            log_ratio = gaussian.kl_from_noise(z, log_var, noise).sum(axis=-1)  # log q(z|x) − log p(z)
            yield Sample(z, output, log_prob, log_prob - log_ratio)

    def defensive_samples(self, x: NDArray, n_samples: int, rng: np.random.Generator) -> Iterator[Sample]:
        r"""輪流由 q(z|x) 與先驗抽；權重的分母是兩者的平均，所以不會大過 2 p(x|z)：

        .. math:: \log w = \log p(x|z) + \log p(z) - \log\tfrac12\bigl[q(z|x) + p(z)\bigr]

        蓋住的格子若訓練時從不缺，q 沒見過這樣的列，常常太窄；有一半的樣本由先驗來，才補得到它漏掉的地方。
        出處：Hesterberg (1995) 的防禦性混合；Veach & Guibas (1995) 的平衡權重。
        """
        mean, log_var = self.network.encode(self.theta, x)
        for turn in range(n_samples):
            noise = _noise(mean, rng)
            z = noise if turn % 2 else gaussian.reparameterize(mean, log_var, noise)
            standardized = (z - mean) * np.exp(-0.5 * log_var)
            log_ratio = gaussian.kl_from_noise(z, log_var, standardized).sum(axis=-1)  # log q − log p
            output = self.network.decode(self.theta, z)
            log_prob = self.likelihood.log_prob(x, output, self.theta.noise_log_var)
            yield Sample(z, output, log_prob, log_prob - np.logaddexp(log_ratio, 0) + np.log(2))

    def log_likelihood(self, x: NDArray, n_samples: int, rng: np.random.Generator) -> NDArray:
        r""":math:`\log\tfrac1K\sum_k w_k`，每列一個值 (N,)；在對數空間累加。"""
        total = np.full(len(x), -np.inf)
        for sample in self.samples(x, n_samples, rng):
            total = np.logaddexp(total, sample.log_weight)
        return total - np.log(n_samples)

    def conditional(self, x: NDArray, n_samples: int, rng: np.random.Generator) -> NDArray:
        r""":math:`\sum_k w_k\,p(\cdot|z_k)\big/\sum_k w_k`，(N, D)；只在類別與混合的概似下成立。

        數字的那幾欄是平均值；一列的排法與解碼器的輸出相同。
        邊抽邊平均：新樣本占到目前為止的權重多少，平均就往它移多少，不必記住每個樣本的答案。
        """
        likelihood = self._by_cell("conditional")
        total, average = np.full(len(x), -np.inf), np.zeros((len(x), self.network.n_outputs))
        # 混合的概似一個數字就能把後驗推得很遠，q 沒見過的缺法常常太窄。
        draw = self.defensive_samples if isinstance(likelihood, Mixed) else self.samples
        for sample in draw(x, n_samples, rng):
            total = np.logaddexp(total, sample.log_weight)
            share = np.exp(sample.log_weight - total)[:, np.newaxis]
            average += share * (likelihood.mean(sample.output) - average)
        return average

    def surprise(self, x: NDArray, n_samples: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        r"""log p(x) (N,) 與 :math:`\log\sum_k w_k - \log\sum_k w_k/p(x_v|z_k)` (N, V)；缺失的格子是 NaN。"""
        likelihood = self._by_cell("surprise")
        total, known = np.full(len(x), -np.inf), likelihood.known(x)
        without = np.full(known.shape, -np.inf)
        for sample in self.samples(x, n_samples, rng):
            cells = likelihood.cell_log_prob(x, sample.output, self.theta.noise_log_var)
            total = np.logaddexp(total, sample.log_weight)
            without = np.logaddexp(without, sample.log_weight[:, np.newaxis] - cells)
        cells = np.where(known, total[:, np.newaxis] - without, np.nan)
        return total - np.log(n_samples), cells

    def resample(
        self, x: NDArray, n: int, n_samples: int, rng: np.random.Generator
    ) -> tuple[NDArray, NDArray]:
        r"""由 :math:`p(z\mid x)` 抽 z (N, n, d)，與每列的有效樣本數（effective sample size）(N,)。

        抽 ``n_samples`` 個樣本（``defensive_samples``），照權重留下 ``n`` 個：新樣本占到目前為止的權重多少，
        每個位置就有多少機會換成它，所以不必記住全部的樣本。
        有效樣本數是 :math:`(\sum_k w_k)^2/\sum_k w_k^2`，在 1 與 K 之間。
        出處：Chao (1982) 的加權水塘抽樣；Kong (1992)。
        """
        total, squares = np.full((2, len(x)), -np.inf)
        kept = np.zeros((len(x), n, self.network.latent_dim))
        for sample in self.defensive_samples(x, n_samples, rng):
            total = np.logaddexp(total, sample.log_weight)
            squares = np.logaddexp(squares, 2 * sample.log_weight)
            share = np.exp(sample.log_weight - total)[:, np.newaxis]
            taken = rng.random((len(x), n)) < share
            kept = np.where(taken[:, :, np.newaxis], sample.z[:, np.newaxis], kept)
        return kept, np.exp(2 * total - squares)

    def _by_cell(self, method: str) -> Categorical | Mixed:
        if not isinstance(self.likelihood, Categorical | Mixed):
            raise ValueError(
                f"方法 {method} 要一個變數一個 softmax（或常態），缺失的變數才拿得掉；"
                f"這個模型的概似（likelihood）是 {self.likelihood!r}。"
                "伯努利的模型請先用 vae.as_categorical(groups)，"
                '別的請改用 likelihood="categorical" 訓練。'
            )
        return self.likelihood


def _noise(mean: NDArray, rng: np.random.Generator) -> NDArray:
    return rng.standard_normal(mean.shape).astype(mean.dtype)
