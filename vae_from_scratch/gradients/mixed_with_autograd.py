"""混合概似的自動微分引擎：只把 ``with_autograd`` 的對數密度換成類別與數字並存的那一個（第 13 章）。"""

import autograd.numpy as np

from . import with_autograd


class Engine(with_autograd.Engine):
    """autograd 引擎，概似是 ``likelihood.Mixed``。"""

    def _log_prob(self, x, a, noise_log_var):
        groups, m = self.likelihood.groups, self.likelihood.n_numbers
        k = sum(groups)
        v, observed, s2 = x[:, k : k + m], x[:, k + m :], self.likelihood.floor + np.exp(noise_log_var)
        normal = -observed * (np.square(v - a[:, k:]) / s2 + np.log(2 * np.pi * s2)) / 2
        if not groups:
            return normal
        return np.hstack([x[:, :k] * with_autograd._log_softmax(a[:, :k], groups), normal])
