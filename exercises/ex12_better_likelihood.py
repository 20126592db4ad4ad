"""練習 ex12：更好的概似與應用（第 12 章，3 分）

目標：算出獨立的硬幣浪費了多少機率，把平均的 KL 拆成兩份，用重要性權重補一格缺失；
最後治好一個「生成的房子有兩種地基」的模型。

怎麼做：把 raise NotImplementedError 換成你的程式，一次一題，寫完就跑
    python -m vae_from_scratch exercises test 12       （或 make exercise N=12）
函式的名字與引數不要改，也不要改動輸入的陣列。只需要 NumPy。

符號：logits 是解碼器的輸出 (N, D)；groups 是各變數的水準個數，依欄的順序，總和是 D。
K 是每一列抽幾個 z，單位都是 nats。
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def log_valid_probability(logits: NDArray, groups: Sequence[int]) -> NDArray:
    """一欄一枚硬幣時，每一列的每個變數都恰好出現一個 1 的機率，取對數。

    用在哪裡：這就是伯努利概似浪費掉的 nats（變號）。softmax 把它省下來。
    公式：一個變數合法的機率是 Σ_j e^(a_j) Π_j (1 − p_j)，p = sigmoid(a)；各變數獨立，所以機率相乘。
          log(1 − p) 怎麼由 a 直接算？
    形狀：logits 是 (N, D)，傳回 (N,)。logits 可能到 ±1000，答案要有限而且準。
    例子：一個變數三個水準，機率 0.6、0.3、0.1（logits 是 log 1.5、log 3/7、log 1/9）：合法的機率是 0.514，
          傳回 [−0.665532]。
    讀：第 12 章「一棟房子可以有兩種地基嗎？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def split_kl(q: NDArray, prior: NDArray) -> tuple[float, float]:
    """平均的 KL 拆成兩份：編碼說出了多少，與全部的編碼合起來離先驗多遠。

    用在哪裡：編碼只有 M 種（離散）時，第 7 章的拆法不必抽樣，兩份都算得出確切的值，加起來就是平均的 KL。
    公式：q̄ = 各列的平均。互資訊是 (1/N) Σ_n Σ_m q_nm log(q_nm / q̄_m)；
          聚合後驗的 KL 是 Σ_m q̄_m log(q̄_m / p_m)。機率是 0 的那一項是 0（0 log 0 = 0），不加小常數。
    形狀：q 是 (N, M)，每一列的和是 1，可以有 0；prior 是 (M,)，都大於 0；傳回兩個純量。
    例子：q = [[1, 0], [0, 1]]、prior = [0.75, 0.25]：傳回 (0.693147, 0.143841)。
    讀：第 7 章「每一棟都像先驗，是好事嗎？」、第 12 章「缺了一欄，補得回來嗎？」
    """

    raise NotImplementedError  # 把這一行換成你的程式


def importance_weights(log_weight: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """K 個 z 的重要性權重：正規化以後的、下界、有效的個數。

    用在哪裡：比較模型要用的下界 L_K，與補缺失時每個 z 的份量。有效的個數太小，表示其實只有一個 z 在說話。
    公式：log_weight 是 log p(x|z_k) + log p(z_k) − log q(z_k|x)。正規化的權重 w̃_k = w_k / Σ_k w_k；
          下界是 log[(1/K) Σ_k w_k]；有效的個數是 1 / Σ_k w̃_k²。
    形狀：log_weight 是 (K, N)，常在 −1000 左右；傳回 (w̃ (K, N), 下界 (N,), 有效的個數 (N,))。
    例子：log_weight = [[0], [log 3]]：傳回 ([[0.25], [0.75]], [0.693147], [1.6])。
    讀：第 12 章「換成一個變數一個 softmax，省了多少？」；第 5 章有推導。
    """
    raise NotImplementedError  # 把這一行換成你的程式


def impute(log_ratio: NDArray, cell_log_likelihood: NDArray, hidden: int, probabilities: NDArray) -> NDArray:
    """補一格：由看得到的各欄，猜蓋住的那個變數是每一個水準的機率。

    用在哪裡：一個模型就能補任何一欄的缺失，不必另外訓練。
    公式：p(缺的|看得到的) ≈ Σ_k w̃_k p(缺的|z_k)。log w_k = log p(z_k) − log q(z_k) + Σ_v log p(x_v|z_k)，
          只加看得到的變數；蓋住的那一個（第 hidden 個）不可以加進去，它的值本來就不知道。
    形狀：log_ratio 是 (K, N)，就是 log p(z_k) − log q(z_k)；cell_log_likelihood 是 (K, N, V)，一個變數一格；
          hidden 是第幾個變數；probabilities 是 (K, N, L)，各 z 解碼出的機率。傳回 (N, L)，每一列的和是 1。
    例子：K = 2、N = 1、V = 2、hidden = 1，log_ratio 都是 0，
          cell_log_likelihood = [[[0, −9]], [[log 3, −1]]]、
          probabilities = [[[1, 0]], [[0, 1]]]：權重是 0.25 與 0.75，傳回 [[0.25, 0.75]]。
    讀：第 12 章「缺了一欄，補得回來嗎？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def _broken_sample(logits: NDArray, uniform: NDArray, groups: Sequence[int]) -> NDArray:
    """別人的生成（壞的，不要改它）：每一欄各擲一枚硬幣。"""
    return (uniform < 1 / (1 + np.exp(-logits))).astype(float)


def mend_sample(logits: NDArray, uniform: NDArray, groups: Sequence[int]) -> tuple[str, NDArray]:
    """找錯：生成的房子有的同時有兩種地基，有的一種也沒有；訓練多久都一樣。

    用在哪裡：模型用 softmax 訓練過，生成時卻用了 _broken_sample。
    公式：病因從這裡選一個，傳回它的字母：
          "a" 訓練不夠　"b" 沒有照機率抽，取了最大　"c" 一欄一枚硬幣，各欄不知道彼此　"d" 先驗的 z 抽得太遠
          對的生成：一個變數一個 softmax，照機率抽出恰好一個水準。每一組只用那一組第一欄的 uniform 當 u：
          水準依欄的順序排，選第一個「累積機率大於 u」的水準。
    形狀：logits 與 uniform 是 (N, D)，uniform 在 0（含）到 1（不含）之間；
          傳回 (病因的字母, 0 與 1 的 (N, D))。
    例子：groups = [3]，softmax 是 0.2、0.5、0.3，u = 0.6：累積是 0.2、0.7、1，選第二個，傳回 [[0, 1, 0]]。
    讀：第 12 章「生成的房子像真的嗎？」
    """
    raise NotImplementedError  # 把這一行換成你的程式
