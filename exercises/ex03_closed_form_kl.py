"""練習 ex03：KL 散度的封閉形式（第 3 章，10 分）

目標：親手寫出 VAE 損失裡的 KL，從單點的對數比，到封閉形式、梯度，再到任意兩個常態分布。
第 8 章訓練 VAE 時，損失與反向傳播都會用到你在這裡寫的函式。

怎麼做：把 raise NotImplementedError 換成你的程式，一次一題，寫完就跑
    python -m vae_from_scratch exercises test 3        （或 make exercise N=3）
函式的名字與引數不要改，也不要改動輸入的陣列。只需要 NumPy。

符號：mean 是 μ，log_var 是 log σ²。KL 寫成 D(q‖p)，左邊的 q 是「照誰平均」；對數都是自然對數，單位是 nats。
N 是列數，d 是維度；各維獨立，所以 d 維的 KL 是各維相加（第 4 章證明）。
"""

import numpy as np
from numpy.typing import NDArray


def log_ratio(z: NDArray | float, mean: NDArray | float, log_var: NDArray | float) -> NDArray:
    """單一個點的對數比 log q(z) − log p(z)，其中 q = N(μ, σ²)，p = N(0, 1)。

    用在哪裡：KL 是它的平均；第 6 章直接拿一個點的對數比當作 KL 的估計。
    公式：常態密度是 exp(−(z−μ)²/(2σ²)) / √(2πσ²)。取對數、相減，哪些項會消掉？
    形狀：三個引數同形狀（或是純量），逐元素計算，傳回也同形狀。
    例子：z = 3、mean = 1、log_var = log 4，答案是 3.306853；z = 0 時是 −0.818147，可以是負的。
    讀：第 3 章「兩種說法差多遠，照誰的機率平均？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def kl_to_standard_normal(mean: NDArray, log_var: NDArray) -> NDArray:
    """VAE 的 KL：D( N(μ, diag σ²) ‖ N(0, I) )，一列一個值。

    用在哪裡：損失的第二項。每一筆資料有自己的 μ 與 σ²，也就有自己的 KL。
    公式：一維時是上一題對 z ~ N(μ, σ²) 的平均（請你自己推）；d 維時把各維加起來。
    形狀：兩個引數是 (N, d)，傳回 (N,)。
    數值：log_var 接近 0 時也要準，例如 mean = 0、log_var = 1e-8，答案是 2.5e-17，不是 0，更不是負的；
          log_var = −1400 也要算得出來（d = 1、mean = 0 時是 699.5）。
    例子：mean = [[1, 0]]、log_var = [[log 4, 0]]，傳回 [1.306853]。
    讀：第 3 章「不積分，能直接算嗎？」與「電腦算得準嗎？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def kl_from_standard_normal(mean: NDArray, log_var: NDArray) -> NDArray:
    """另一個方向：D( N(0, I) ‖ N(μ, diag σ²) )，這次照先驗平均。

    用在哪裡：VAE 不用它。寫一次，就會知道兩個方向差多少，也不會再把引數的順序弄反。
    公式：請你自己推。可以重新平均一次，也可以換單位：令 u = (z − μ)/σ，兩個分布各變成什麼？
    形狀：兩個引數是 (N, d)，傳回 (N,)。
    例子：mean = [[1, 0]]、log_var = [[log 4, 0]]，傳回 [0.443147]。
    讀：第 3 章「換單位，答案會變嗎？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def kl_gradient(mean: NDArray, log_var: NDArray) -> tuple[NDArray, NDArray]:
    """D( N(μ, diag σ²) ‖ N(0, I) ) 對 mean 與 log_var 的梯度。

    用在哪裡：反向傳播時，KL 拉編碼器的兩個輸出，用的就是這兩個數。
    公式：∂KL/∂μ 與 ∂KL/∂(log σ²)。注意第二個的自變數是 log σ²，不是 σ，也不是 σ²。
    形狀：兩個引數是 (N, d)；傳回 (d_mean, d_log_var)，各是 (N, d)，不加總。
    例子：mean = [[1]]、log_var = [[log 9]]，傳回 ([[1]], [[4]])。
    讀：第 3 章「KL 把編碼往哪裡拉？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def best_log_var(pull: NDArray | float) -> NDArray:
    """重建與 KL 拔河，停在哪個 log σ²？

    用在哪裡：說明編碼器的 σ 為什麼不會縮到 0，以及重建越重要、σ 越小。
    公式：讓 pull · σ² + D( N(0, σ²) ‖ N(0, 1) ) 最小的 log σ²，pull ≥ 0。對 σ² 微分、設為 0，再取對數。
    形狀：pull 是純量或陣列，傳回同形狀。
    數值：pull = 1e-12 時答案約是 −2e-12，要有 10 位以上的有效數字。
    例子：pull = 4，σ² = 1/9，答案是 −2.197225；pull = 0，答案是 0（沒有人拉，就停在先驗）。
    讀：第 3 章「KL 把編碼往哪裡拉？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def kl_between(mean_q: NDArray, log_var_q: NDArray, mean_p: NDArray, log_var_p: NDArray) -> NDArray:
    """任意兩個對角常態之間的 KL：D( N(μ_q, diag σ_q²) ‖ N(μ_p, diag σ_p²) )。

    用在哪裡：先驗不是 N(0, I) 的 VAE（例如階層式的潛在變數）要算的就是它。
    公式：不必從頭積分。找一個換單位的辦法 u = (z − ?)/?，把 p 變成 N(0, I)；q 變成什麼？換單位不改變 KL。
    形狀：四個引數都是 (N, d)，傳回 (N,)。
    數值：兩個 log_var 都是 −1400 時，σ² 小到存成 0，但比例還在，答案仍要對。
    例子：d = 1，q = N(1, 4)、p = N(3, 1)，傳回 2.806853；兩邊相同時是 0。
    讀：第 3 章「換單位，答案會變嗎？」
    """
    raise NotImplementedError  # 把這一行換成你的程式
