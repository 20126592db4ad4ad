"""練習 ex06：用一個樣本估計 KL（第 6 章，7 分）

目標：寫出原文的第二種損失，算出它晃得多厲害、梯度晃得多厲害，再學會判斷「兩種損失差不多」這句話。
第 8 章的引擎用的就是這裡的兩種梯度。

怎麼做：把 raise NotImplementedError 換成你的程式，一次一題，寫完就跑
    python -m vae_from_scratch exercises test 6        （或 make exercise N=6）
函式的名字與引數不要改，也不要改動輸入的陣列。只需要 NumPy。

符號：mean 是 μ，log_var 是 log σ²，noise 是 ε ~ N(0, 1)，z = μ + σε。q = N(μ, diag σ²)，先驗 p = N(0, I)。
N 是列數，d 是維度。KL 與它的估計都是一列一個值，單位 nats。
"""

import numpy as np
from numpy.typing import NDArray


def kl_single_sample(z: NDArray, mean: NDArray, log_var: NDArray) -> NDArray:
    """用抽到的那一個 z 估計 KL。

    用在哪裡：原文的第二種損失。解碼器已經抽好了 z，就用同一個。
    公式：f(z) = log q(z) − log p(z)，兩個都是常態密度；各維獨立，對數相加。
    形狀：三個引數都是 (N, d)，傳回 (N,)，單位 nats。一次的值可以是負的。
    例子：d = 1、z = 2.4、μ = 1、log_var = log 4，答案是 1.941853。
    讀：第 6 章「一個樣本能代表整個 KL 嗎？」。
    """
    raise NotImplementedError  # 把這一行換成你的程式


def kl_single_sample_variance(mean: NDArray, log_var: NDArray) -> NDArray:
    """單點估計 f(z) 的變異數，z 從 q 抽。

    用在哪裡：決定一個批次要多大、要抽幾個 z，估計才夠穩。
    公式：把 z = μ + σε 代進 f，整理成 aε² + bε + 常數，Var = 2a² + b²；a、b 請你自己推。
          各維獨立，變異數相加。
    形狀：mean 與 log_var 是 (N, d)，傳回 (N,)，單位 nats²。
    例子：d = 1、μ = 1、log_var = log 4，答案是 8.5。
    讀：第 6 章「平均對了，晃得多厲害？」。
    """
    raise NotImplementedError  # 把這一行換成你的程式


def single_sample_gradient(mean: NDArray, log_var: NDArray, noise: NDArray) -> tuple[NDArray, NDArray]:
    """固定 ε，單點估計 f(μ + σε) 對 μ 與 log σ² 的梯度。

    用在哪裡：VAE(kl="single_sample") 的反向傳播。
    公式：先把 f 寫成 z、ε、log σ² 的式子，再對兩個參數微分；注意 z 裡也有 μ 與 σ。請你自己推。
    形狀：三個引數都是 (N, d)；傳回 (d_mean, d_log_var)，各是 (N, d)，不加總。
    例子：μ = 1、log_var = log 4、noise = 0.7，z = 2.4，傳回 (2.4, 1.18)。
    讀：第 6 章「梯度也對嗎？」。
    """
    raise NotImplementedError  # 把這一行換成你的程式


def path_gradient(mean: NDArray, log_var: NDArray, noise: NDArray) -> tuple[NDArray, NDArray]:
    """同一個 f，只留經過 z 的那一條路：log q(z) 裡直接寫著的 μ、σ 當作常數。

    用在哪裡：VAE(kl="path_derivative")。平均與完整的梯度相同，q 等於後驗時整個損失的梯度不再晃。
    公式：∂f/∂z 乘 ∂z/∂μ 與 ∂z/∂log σ²。∂f/∂z 請你自己推：log q(z) 與 log p(z) 都含 z。
    形狀：三個引數都是 (N, d)；傳回 (d_mean, d_log_var)，各是 (N, d)，不加總。
    例子：μ = 1、log_var = log 4、noise = 0.7，傳回 (2.05, 1.435)。
    讀：第 6 章「同一個梯度，能不能安靜一點？」。
    """
    raise NotImplementedError  # 把這一行換成你的程式


def k3_estimate(z: NDArray, mean: NDArray, log_var: NDArray) -> NDArray:
    """另一種單點估計：永遠不是負的，但編碼器窄的時候變異數無限大。

    用在哪裡：讀強化學習的程式會遇到它；算一算就知道為什麼 VAE 不用。
    公式：r = p(z)/q(z)（d 維一起的密度），k3 = r − 1 − log r。
    形狀：三個引數都是 (N, d)，傳回 (N,)，單位 nats。
    例子：d = 1、z = 2.4、μ = 1、log_var = log 4，log r = −1.941853，答案是 1.085291。
    讀：第 6 章「有沒有永遠不是負的單點估計？」。
    """
    raise NotImplementedError  # 把這一行換成你的程式


def paired_difference(first: NDArray, second: NDArray) -> tuple[float, float]:
    """同樣的種子各訓練一次，兩種損失的結果平均差多少，這個差有多準。

    用在哪裡：判斷「兩種損失幾乎等價」。同一個種子有同樣的初始值與批次，相減就抵消了種子的運氣。
    公式：差 = second − first，逐個種子相減；傳回差的平均，以及它的標準誤 = 差的標準差 / √S。
          標準差用 S − 1 當分母（平均也是由這些數估的）。
    形狀：first 與 second 是 (S,)，第 i 個來自同一個種子；傳回兩個純量 (平均, 標準誤)。S 至少是 2。
    例子：first = (1, 2, 4)、second = (1.5, 2, 5)，差是 (0.5, 0, 1)，傳回 (0.5, 0.288675)。
    讀：第 6 章「「兩種損失幾乎等價」是什麼意思？」。
    """
    raise NotImplementedError  # 把這一行換成你的程式
