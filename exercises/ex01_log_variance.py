"""練習 ex01：對數變異數與常態分布（第 1 章，8 分）

目標：會在 log σ²、σ² 與 σ 之間換算，會算常態分布的機率與密度，會量重建誤差，並親手算出雜訊多罰了多少。
全書的編碼器都輸出 log σ²，之後每一章都會用到這幾個函式。

怎麼做：打開這個檔案，把第一個 raise NotImplementedError 換成一行 return，存檔，在終端機執行
    python -m vae_from_scratch exercises test 1        （或 make exercise N=1）
第一題只要一行，五分鐘內就會看到第一個「通過」。還沒寫的題目顯示「尚未作答」，不影響其他題。
函式的名字與引數不要改，也不要改動輸入的陣列。只需要 NumPy 與 Python 的 math。

符號：mean 是 μ，std 是標準差 σ，log_var 是 log σ²（自然對數）。N 是列數（幾棟房子），D 是欄數，d 是維度。
"""

import math

import numpy as np
from numpy.typing import NDArray


def variance(log_var: NDArray | float) -> NDArray:
    """由 log σ² 算變異數 σ²。

    用在哪裡：編碼器輸出 log σ²，任何實數都合法；要看編碼有多不確定，先換回 σ²。
    公式：σ² = exp(log σ²)
    形狀：與 log_var 相同。
    例子：log_var = [0, log 4]，傳回 [1, 4]。
    讀：第 1 章「編碼器為什麼輸出 log σ²？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def log_variance(std: NDArray | float) -> NDArray:
    """由標準差 σ 算 log σ²。

    用在哪裡：想讓編碼器一開始就說「誤差約 0.1」，要知道該輸出多少。
    公式：log σ² 是 σ² 的自然對數。
    形狀：與 std 相同，std > 0。
    數值：std = 1e-200 也要對，答案約 −921.034；1e-200 的平方存成浮點數是 0。
    例子：std = [1, 2]，傳回 [0, log 4]，也就是 [0, 1.386294]。
    讀：第 1 章「編碼器為什麼輸出 log σ²？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def reconstruction_error(x: NDArray, x_hat: NDArray) -> float:
    """重建誤差：每棟房子各欄的平方差相加，再對房子取平均。

    用在哪裡：自編碼器訓練時要縮小的數字。
    公式：(1/N) Σ_n Σ_j (x_nj − x̂_nj)²。對欄相加，對列平均。
    形狀：x 與 x_hat 都是 (N, D)，傳回一個數。
    例子：x = [[1, 0], [0, 1]]、x_hat = [[0.5, 0], [0, 0]]，傳回 0.625。
    讀：第 1 章「編碼器與解碼器各做什麼？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def interval_probability(mean: float, std: float, low: float, high: float) -> float:
    """z ~ N(μ, σ²) 落在 low 與 high 之間的機率。

    用在哪裡：把「μ = 1、σ = 2」讀成人話：編碼有 68% 的機率在 −1 與 3 之間。
    公式：P(z ≤ t) = ½[1 + erf((t − μ)/(σ√2))]，erf 用 math.erf。區間的機率是兩個這樣的數相減。
    形狀：四個引數都是純量，low < high，傳回一個數。
    例子：mean = 1、std = 2、low = −1、high = 3，傳回 0.682689。
    讀：第 1 章「給一片範圍而不是一個點，會怎樣？」
    """

    raise NotImplementedError  # 把這一行換成你的程式


def normal_log_density(z: NDArray, mean: NDArray, log_var: NDArray) -> NDArray:
    """常態密度的對數 log N(z; μ, σ²)，逐元素。

    用在哪裡：第 3 章的 KL 與第 5 章的損失，都是對數密度的加減。
    公式：密度是 exp(−(z−μ)²/(2σ²)) / √(2πσ²)。先在紙上取對數，再寫成程式。
    形狀：三個引數同形狀，傳回也同形狀（不加總）。
    數值：z 離 μ 60 個標準差時密度存成 0，對數密度仍是有限的（約 −1800.9）；log_var = 1400 時也要有限。
    例子：z = [3]、mean = [1]、log_var = [log 4]，傳回 [−2.112086]。
    讀：第 1 章「給一片範圍而不是一個點，會怎樣？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def noisy_reconstruction_error(x: NDArray, weight: NDArray, mean: NDArray, log_var: NDArray) -> NDArray:
    """解碼器是一次式 D(z) = W z 時，加了雜訊的平均重建誤差 E‖x − W(μ + σ⊙ε)‖²，ε ~ N(0, I)。

    用在哪裡：它說出雜訊怎麼讓解碼器變平緩，也說出為什麼只看重建，σ 會縮到 0。
    公式：把平方展開，對 ε 取平均：E[ε_j] = 0，E[ε_i ε_j] = 0（i ≠ j），E[ε_j²] = 1。請你自己推，不要抽樣。
    形狀：x 是 (N, D)，weight 是 W，形狀 (D, d)，mean 與 log_var 是 (N, d)；傳回 (N,)，一棟一個。
    例子：x = [[1, 2]]、weight = [[1], [3]]、mean = [[0.5]]、log_var = [[log 0.04]]：
          不加雜訊是 0.5² + 0.5² = 0.5，雜訊多罰 0.04 × (1² + 3²) = 0.4，傳回 [0.9]。
    讀：第 1 章「給一片範圍而不是一個點，會怎樣？」
    """
    raise NotImplementedError  # 把這一行換成你的程式
