"""訓練好的模型給一列資料多少 nats：損失、ELBO，以及更緊的重要性加權下界（第 5、6 章）。"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import gaussian, objective
from .likelihood import Likelihood
from .network import Network, Parameters
from .objective import Loss


@dataclass(frozen=True)
class Bounds:
    """只有前向、沒有梯度的計算；``theta`` 是 ``network.views(...)`` 給的各層矩陣。"""

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
        return objective.loss(self._log_prob(x, z), per_unit, beta, free_bits)

    def elbo(self, x: NDArray, n_samples: int, rng: np.random.Generator) -> NDArray:
        """E_q[log p(x|z)] − KL，前一項用 ``n_samples`` 個樣本平均，每列一個值 (N,)。"""
        mean, log_var = self.network.encode(self.theta, x)
        total = np.zeros(len(x))
        for _ in range(n_samples):
            total += self._log_prob(x, gaussian.reparameterize(mean, log_var, _noise(mean, rng)))
        return total / n_samples - gaussian.kl_to_standard_normal(mean, log_var)

    def log_likelihood(self, x: NDArray, n_samples: int, rng: np.random.Generator) -> NDArray:
        r""":math:`\log\tfrac1K\sum_k p(x|z_k)p(z_k)/q(z_k|x)`，每列一個值 (N,)。

        在對數空間累加，一次只放一個樣本，所以記憶體與 ``n_samples`` 無關。
        """
        mean, log_var = self.network.encode(self.theta, x)
        total = np.full(len(x), -np.inf)
        for _ in range(n_samples):
            noise = _noise(mean, rng)
            z = gaussian.reparameterize(mean, log_var, noise)
            log_ratio = gaussian.kl_from_noise(z, log_var, noise).sum(axis=-1)
            total = np.logaddexp(total, self._log_prob(x, z) - log_ratio)
        return total - np.log(n_samples)

    def _log_prob(self, x: NDArray, z: NDArray) -> NDArray:
        return self.likelihood.log_prob(x, self.network.decode(self.theta, z), self.theta.noise_log_var)


def _noise(mean: NDArray, rng: np.random.Generator) -> NDArray:
    return rng.standard_normal(mean.shape).astype(mean.dtype)
