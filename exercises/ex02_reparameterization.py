"""練習 ex02：重參數化與它的梯度（第 2 章，10 分）

目標：把「從 N(μ, σ²) 抽一個 z」改寫成「抽雜訊 ε，再算 z = μ + σε」，並親手算出梯度怎麼穿過這一步。
VAE 的編碼器就是靠這些梯度學習的；第 8 章會用到你在這裡寫的函式。

怎麼做：把 raise NotImplementedError 換成你的程式，一次一題，寫完就跑
    python -m vae_from_scratch exercises test 2        （或 make exercise N=2）
函式的名字與引數不要改，也不要改動輸入的陣列。只需要 NumPy。

符號：mean 是 μ，log_var 是 log σ²，noise 是 ε ~ N(0, 1)，全書都一樣。N 是列數（樣本數），d 是維度。
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def standard_deviation(log_var: NDArray | float) -> NDArray:
    """由對數變異數算標準差 σ。

    用在哪裡：編碼器輸出的是 log σ²（任何實數都合法），重參數化要的是 σ。
    公式：σ = exp(log σ² / 2)
    形狀：與 log_var 相同。log_var 可能很大，1400 也要算得出有限的值（約 1.014e304）。
    例子：log_var = log 4 = 1.3863，σ = 2。
    讀：第 2 章。
    """
    raise NotImplementedError  # 把這一行換成你的程式


def reparameterize(mean: NDArray, log_var: NDArray, noise: NDArray) -> NDArray:
    """把標準常態的雜訊變成 N(μ, σ²) 的樣本。

    用在哪裡：訓練的每一步，編碼器給出 (mean, log_var)，這個函式抽出要交給解碼器的編碼 z。
    公式：z = μ + σ ε
    形狀：三個引數都是 (N, d)，傳回 (N, d)。
    例子：mean = 1、log_var = log 4、noise = 0.7，z = 1 + 2 × 0.7 = 2.4。
    讀：第 2 章。
    """
    raise NotImplementedError  # 把這一行換成你的程式


def dz_dvariance(noise: NDArray, variance: NDArray) -> NDArray:
    """固定 ε，z = μ + σε 對變異數 σ² 的偏導數。

    用在哪裡：說明「固定 ε 之後，抽樣這一步可以微分」。注意自變數是 σ²，不是 σ。
    公式：把 σ 寫成 (σ²)^(1/2)，再用連鎖律。這一題請你自己推。
    形狀：noise 與 variance 同形狀，傳回也同形狀。
    例子：noise = 0.7、variance = 4，答案是 0.175。
    讀：第 2 章。
    """
    raise NotImplementedError  # 把這一行換成你的程式


def gradient_wrt_mean_and_log_var(
    dL_dz: NDArray, log_var: NDArray, noise: NDArray
) -> tuple[NDArray, NDArray]:
    """損失對 z 的梯度，往回傳到 mean 與 log_var。

    用在哪裡：反向傳播經過重參數化這一層時，從解碼器傳回來的 ∂L/∂z 要變成編碼器兩個輸出的梯度。
    公式：∂L/∂μ = ∂L/∂z · ∂z/∂μ，∂L/∂(log σ²) = ∂L/∂z · ∂z/∂(log σ²)。兩個 ∂z/∂… 請你自己推。
    形狀：三個引數都是 (N, d)；傳回 (d_mean, d_log_var)，各是 (N, d)，不加總。
    例子：dL_dz = 3、log_var = log 4、noise = 0.7，傳回 (3, 2.1)。
    讀：第 2 章。
    """
    raise NotImplementedError  # 把這一行換成你的程式


def log_prob_by_change_of_variables(log_var: NDArray, noise: NDArray) -> NDArray:
    """不算 z，只由 ε 得到 z = μ + σε 的對數密度 log N(z; μ, diag σ²)。

    用在哪裡：第 6 章用單一樣本估計 KL 時，要算 log q(z)；手上已經有 ε，不必再把 z 標準化回去。
    公式：一維時 N(z; μ, σ²) = N(ε; 0, 1) / σ（同一小段機率，寬度變成 σ 倍，密度就變成 1/σ）。
          d 維而且各維獨立時，密度相乘，對數相加。
    形狀：log_var 與 noise 是 (N, d)，傳回 (N,)，單位 nats。
    例子：d = 1、log_var = log 4、noise = 0.7，密度是 0.312254 / 2 = 0.156127，對數是 −1.857086。
    讀：第 2 章。
    """
    raise NotImplementedError  # 把這一行換成你的程式


def mean_gradient_estimates(
    f: Callable[[NDArray], NDArray],
    df: Callable[[NDArray], NDArray],
    mean: float,
    log_var: float,
    noise: NDArray,
) -> tuple[NDArray, NDArray]:
    """用兩種方法估計 d/dμ E[f(z)]，z ~ N(μ, σ²)。

    用在哪裡：VAE 用第一種（路徑梯度）。第二種（分數函數，REINFORCE）不用對 f 微分，卻雜訊很大；
    寫完把兩者的變異數印出來，就知道為什麼大家要重參數化。
    公式：路徑梯度    f′(z)，z = μ + σε                     （df 就是 f′）
          分數函數    f(z) · ∂ log N(z; μ, σ²)/∂μ           （後面這個因子請你自己推）
    形狀：mean 與 log_var 是純量，noise 是 (n,)；傳回 (pathwise, score)，各是 (n,)，一個雜訊一個估計，不平均。
    例子：f(z) = z²、df(z) = 2z、mean = 1、log_var = log 4、noise = 0.7：z = 2.4，傳回 (4.8, 2.016)。
    想一想：f 是階梯函數（z > 0 時 1，否則 0）時 f′ 處處是 0，路徑梯度的平均是多少？哪一種才對？
    讀：第 2 章。
    """
    raise NotImplementedError  # 把這一行換成你的程式
