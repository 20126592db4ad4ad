"""常態分布：密度、重參數化、KL 散度（第 2、3、4、6 章）。

約定：列在前，``mean``、``log_var``、``z`` 的形狀都是 ``(N, d)``；密度與 KL 對 d 個維度求和，
每列傳回一個值 ``(N,)``，單位是 nats。對數變異數 ``log_var = log σ²`` 可以是任何實數。
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

LOG_2PI = float(np.log(2 * np.pi))


def log_prob(z: ArrayLike, mean: ArrayLike = 0.0, log_var: ArrayLike = 0.0) -> NDArray:
    r"""對角常態分布的對數密度 :math:`\log N(z; \mu, \operatorname{diag}\sigma^2)`。

    .. math:: -\tfrac12\sum_i\Bigl[\log 2\pi + \log\sigma_i^2 + \frac{(z_i-\mu_i)^2}{\sigma_i^2}\Bigr]

    形狀：``z`` 為 (N, d)，傳回 (N,)，單位 nats。預設的參數是標準常態，也就是先驗。

    例子
        >>> gaussian.log_prob([[0.0, 0.0], [1.0, 2.0]]).round(4)
        array([-1.8379, -4.3379])
    """
    z, log_var = np.asarray(z), np.asarray(log_var)
    standardized = (z - mean) * np.exp(-0.5 * log_var)
    return -0.5 * np.sum(LOG_2PI + log_var + standardized**2, axis=-1)


def reparameterize(mean: ArrayLike, log_var: ArrayLike, noise: ArrayLike) -> NDArray:
    r"""重參數化：:math:`z = \mu + \sigma\odot\varepsilon`，其中 :math:`\sigma = e^{\log\sigma^2/2}`。

    ``noise`` 是 :math:`\varepsilon\sim N(0, I)`，由呼叫的人抽好；三個引數的形狀都是 (N, d)。
    出處：Kingma & Welling (2014) 第 2.4 節。

    例子
        >>> gaussian.reparameterize([[1.0, 0.0]], [[0.0, np.log(4.0)]], noise=[[0.5, 0.5]])
        array([[1.5, 1. ]])
    """
    return np.asarray(mean) + np.exp(0.5 * np.asarray(log_var)) * noise


def kl_per_unit(mean: ArrayLike, log_var: ArrayLike) -> NDArray:
    r"""每個維度各自的 :math:`D_{\mathrm{KL}}(N(\mu_i,\sigma_i^2)\,\|\,N(0,1))`，形狀 (N, d)，單位 nats。

    .. math:: \tfrac12\bigl(\mu^2 + (e^{\log\sigma^2}-1) - \log\sigma^2\bigr)

    括號裡用 ``expm1``：log σ² 接近 0 時，先加後減會把有效位數消光。

    例子
        >>> gaussian.kl_per_unit([[1.0, 0.0]], [[0.0, np.log(4.0)]]).round(4)
        array([[0.5   , 0.8069]])
    """
    mean, log_var = np.asarray(mean), np.asarray(log_var)
    return 0.5 * (np.square(mean) + (np.expm1(log_var) - log_var))


def kl_to_standard_normal(mean: ArrayLike, log_var: ArrayLike) -> NDArray:
    r"""KL 散度的封閉形式 :math:`D_{\mathrm{KL}}(N(\mu,\operatorname{diag}\sigma^2)\,\|\,N(0,I_d))`。

    .. math:: \tfrac12\sum_{i=1}^d\bigl(\mu_i^2 + \sigma_i^2 - 1 - \log\sigma_i^2\bigr)

    形狀：(N, d) → (N,)，單位 nats，恆不為負。出處：Kingma & Welling (2014) 附錄 B。

    例子
        >>> gaussian.kl_to_standard_normal([[1.0, 0.0]], [[0.0, np.log(4.0)]]).round(4)
        array([1.3069])
    """
    return kl_per_unit(mean, log_var).sum(axis=-1)


def kl_single_sample(z: ArrayLike, mean: ArrayLike, log_var: ArrayLike) -> NDArray:
    r"""用一個樣本 :math:`z\sim q=N(\mu,\operatorname{diag}\sigma^2)` 估計 KL：:math:`\log q(z) - \log p(z)`。

    不偏，但單一次的值可以是負的。形狀：(N, d) → (N,)，單位 nats。
    每個維度的變異數是 :math:`(\sigma^2-1)^2/2+\mu^2\sigma^2`。

    例子
        >>> z, mean, log_var = [[0.0, 0.0], [3.0, 0.0]], [[1.0, 0.0]], np.log([[4.0, 4.0]])
        >>> gaussian.kl_single_sample(z, mean, log_var).round(4)
        array([-1.5113,  2.6137])
    """
    return log_prob(z, mean, log_var) - log_prob(z)


def kl_from_noise(z: NDArray, log_var: NDArray, noise: NDArray) -> NDArray:
    r"""同一個單點抽樣估計，用 ε 寫：:math:`\tfrac12(z^2-\varepsilon^2-\log\sigma^2)`，每個維度一個值 (N, d)。

    因為 :math:`(z-\mu)/\sigma=\varepsilon`。σ 很小時 z − μ 幾乎沒有有效位數，直接用 ε 才準。

    例子
        >>> mean, log_var, noise = np.array([[1.0]]), np.log([[4.0]]), np.array([[1.0]])
        >>> z = gaussian.reparameterize(mean, log_var, noise)
        >>> gaussian.kl_from_noise(z, log_var, noise).round(4)
        array([[3.3069]])
    """
    return 0.5 * (np.square(z) - np.square(noise) - log_var)


def kl_full_covariance(mean: ArrayLike, cov: ArrayLike) -> NDArray:
    r"""完整共變異數的 :math:`D_{\mathrm{KL}}(N(\mu,\Sigma)\,\|\,N(0,I_d))`。

    .. math:: \tfrac12\bigl(\operatorname{tr}\Sigma + \mu^\top\mu - d - \log\det\Sigma\bigr)

    形狀：``mean`` (..., d)、``cov`` (..., d, d)，傳回 (...)，單位 nats。

    引發
        ValueError：``cov`` 不是有限的對稱正定矩陣，或形狀與 ``mean`` 對不上。

    例子
        >>> cov = np.array([[1.0, 0.8], [0.8, 1.0]])
        >>> float(gaussian.kl_full_covariance([0.0, 0.0], cov).round(4))
        0.5108
    """
    mean, cov = np.asarray(mean, dtype=float), np.asarray(cov, dtype=float)
    if cov.shape[-2:] != 2 * mean.shape[-1:]:
        raise ValueError(
            f"引數 cov（共變異數矩陣）的形狀是 {cov.shape}，與 mean 的 {mean.shape} 對不上；"
            f"最後兩維應是 {2 * mean.shape[-1:]}。"
        )
    # tr Σ 與 log det Σ 都由特徵值來；寫成 (λ−1) − log(1+(λ−1))，Σ 接近 I 時才不會相減到沒有有效位數。
    excess = _positive_eigenvalues(cov) - 1
    return 0.5 * (np.square(mean).sum(axis=-1) + (excess - np.log1p(excess)).sum(axis=-1))


def _positive_eigenvalues(cov: NDArray) -> NDArray:
    asymmetry = np.abs(cov - np.swapaxes(cov, -1, -2)).max(initial=0.0)
    if not asymmetry <= 1e-10 * np.abs(cov).max(initial=0.0):
        raise ValueError(
            f"引數 cov（共變異數矩陣）應是有限而對稱的，最大的不對稱是 {asymmetry:.3g}；"
            "請檢查它是怎麼算的，例如改用 (cov + cov.T) / 2。"
        )
    eigenvalues = np.linalg.eigvalsh(cov)
    if eigenvalues.min() <= 0:
        raise ValueError(
            f"引數 cov（共變異數矩陣）不是正定的，最小的特徵值是 {eigenvalues.min():.3g}；"
            "正定的矩陣每個特徵值都大於 0，請移除完全相關的維度。"
        )
    return eigenvalues
