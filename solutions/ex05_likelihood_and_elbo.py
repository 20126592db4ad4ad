"""練習 ex05：概似與證據下界（第 5 章，10 分）

目標：把「資料是怎麼量到的」寫成對數概似，再和 KL 湊成證據下界（ELBO），最後用好幾個樣本把下界收緊。
這就是 VAE 的損失函數；第 7 章調它的權重，第 8 章對它求梯度，第 12 章用類別概似重做房價。

怎麼做：把 raise NotImplementedError 換成你的程式，一次一題，寫完就跑
    python -m vae_from_scratch exercises test 5        （或 make exercise N=5）
函式的名字與引數不要改，也不要改動輸入的陣列。只需要 NumPy。

符號：x 是資料 (N, D)，logits 是解碼器還沒有套任何函數的輸出，mean 是 μ，log_var 是 log σ²。
N 是列數，D 是欄數，d 是編碼的維度，K 是每一列抽幾個 z。對數概似與下界都是一列一個值，單位 nats。
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def gaussian_log_likelihood(x: NDArray, reconstruction: NDArray, variance: float) -> NDArray:
    """常態概似：每一欄是重建值加上變異數 s² 的雜訊。

    用在哪裡：連續的欄（面積、屋齡）。平方誤差就是它去掉常數，再乘 −2s²。
    公式：log p(x|z) = Σ_j log N(x_j; x̂_j, s²)。展開成平方誤差加常數，請你自己推；常數裡也有 s²。
    形狀：x 與 reconstruction 是 (N, D)，variance 是正的純量 s²；傳回 (N,)，單位 nats。
    例子：x = (1, 2)、x̂ = (0.5, 2.5)、s² = 0.5，答案是 −0.5 − log π = −1.644730。
    讀：第 5 章「平方誤差該占多重？」。
    """
    ### BEGIN SOLUTION
    # 常數 ½ log(2πs²) 每一欄都有一份。s² 固定時它不影響訓練，比較不同的 s²、或學 s² 時就不能省：
    # 少了它，s² 越大損失越小，永遠學不到有限的值。
    return -0.5 * np.sum((x - reconstruction) ** 2 / variance + np.log(2 * np.pi * variance), axis=-1)
    ### END SOLUTION


def implied_variance(sse_weight: float, kl_weight: float) -> float:
    """損失寫成 a·SSE + w·KL，等於假設雜訊的變異數是多少。

    用在哪裡：讀別人的程式。損失裡的 1/2、平均、係數，都在偷偷決定 s²。
    公式：除以 w 不影響最小的位置；和 −ELBO = SSE/(2s²) + KL + 常數對照，請你自己推。
    形狀：兩個引數都是正的純量，傳回純量。
    例子：SSE + KL（a = 1、w = 1），s² = 0.5。
    讀：第 5 章「平方誤差該占多重？」。
    """
    ### BEGIN SOLUTION
    # a/w = 1/(2s²)。方向值得想一下：KL 的權重越大，等於說雜訊越大、資料越不可信。
    return kl_weight / (2 * sse_weight)
    ### END SOLUTION


def bernoulli_log_likelihood(x: NDArray, logits: NDArray) -> NDArray:
    """伯努利概似：每一欄是一枚獨立的硬幣，正面的機率是 sigmoid(logit)。

    用在哪裡：原文的程式用的概似。獨熱編碼的每一欄都是 0 或 1。
    公式：π = 1 / (1 + e^(−a))，log p(x|z) = Σ_j [x_j log π_j + (1 − x_j) log(1 − π_j)]。
          整理成 a 的式子，再算，才不會碰到 log 0。
    形狀：x 與 logits 是 (N, D)，x 只有 0 與 1；傳回 (N,)，單位 nats。logits 可能到 ±1000，答案要有限而且準。
    例子：x = (1, 0)、logits = (2, −1)，答案是 −0.4401897。
    讀：第 5 章「0 與 1 的欄位該用哪一種誤差？」。
    """
    ### BEGIN SOLUTION
    # x a − log(1 + e^a)。logaddexp(0, a) 就是 log(e^0 + e^a)，它先把大的那個提出來，所以不會溢位。
    # 先算 π 再取 log，a = −800 時 π 已經是 0。把 π 夾在 1e-7 與 1 − 1e-7 之間，損失就封頂在 16.1，
    # 錯得再離譜也沒有梯度。
    return np.sum(x * logits - np.logaddexp(0, logits), axis=-1)
    ### END SOLUTION


def categorical_log_likelihood(x: NDArray, logits: NDArray, groups: Sequence[int]) -> NDArray:
    """類別概似：每個類別變數一個 softmax，缺失的變數不算。

    用在哪裡：房價的 43 個類別變數。一個變數恰有一個水準，用 K 枚獨立的硬幣會浪費機率。
    公式：對每個變數，有觀察到就加上 a_k − log Σ_j e^(a_j)（k 是觀察到的水準，j 走遍這個變數的各欄）；
          整組都是 0 表示缺失，什麼也不加。
    形狀：x 與 logits 是 (N, D)；groups 是各變數的欄數，依序排列，總和是 D。傳回 (N,)，單位 nats。
          logits 可能到 ±1000，答案要有限。
    例子：groups = (3, 2)、logits = (2, 0.5, −1, 0.3, 0.3)、x = (1, 0, 0, 0, 0)：第二個變數缺失，
          答案是 −0.2413113。
    讀：第 5 章「0 與 1 的欄位該用哪一種誤差？」與「有一格沒填，怎麼辦？」。
    """
    ### BEGIN SOLUTION
    log_probabilities = []
    for scores in np.split(logits, np.cumsum(groups)[:-1], axis=-1):
        # 先減去這一組最大的 logit：softmax 不變，而 exp 的引數都不超過 0。
        shifted = scores - scores.max(axis=-1, keepdims=True)
        log_probabilities.append(shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True)))
    # 乘上獨熱的 x 再加總：觀察到的水準被挑出來，整組 0 的缺失自然是 0，log Σ 也一起被遮掉。
    return np.sum(x * np.concatenate(log_probabilities, axis=-1), axis=-1)
    ### END SOLUTION


def elbo(log_likelihood: NDArray, mean: NDArray, log_var: NDArray) -> NDArray:
    """證據下界：重建的對數概似，減去 q(z|x) 對先驗 N(0, I) 的 KL。

    用在哪裡：訓練把它的負值當作損失。log_likelihood 是用一個抽出來的 z 算的，所以這是 ELBO 的單一樣本估計。
    公式：ELBO = log p(x|z) − D_KL(N(μ, diag σ²) ‖ N(0, I))，KL 用封閉形式（第 3 章）。
    形狀：log_likelihood 是 (N,)，mean 與 log_var 是 (N, d)；傳回 (N,)，不對列平均。
    例子：log_likelihood = −1.293939、μ = 0.5、σ² = 0.5（d = 1），答案是 −1.515513。
    讀：第 5 章「積不出來，能不能先算一個下界？」。
    """
    ### BEGIN SOLUTION
    # 減，不是加：損失是 −ELBO，那時才變成「重建誤差加 KL」。KL 對維度加總，對列不動。
    kl = 0.5 * np.sum(mean**2 + np.expm1(log_var) - log_var, axis=-1)
    return log_likelihood - kl
    ### END SOLUTION


def importance_weighted_bound(log_likelihood: NDArray, log_prior: NDArray, log_q: NDArray) -> NDArray:
    """重要性加權下界：K 個樣本先平均權重，再取對數。

    用在哪裡：量一個訓練好的模型有多好（VAE.log_likelihood）。K = 1 是 ELBO 的單一樣本估計，
              K 越大越接近 log p(x)。
    公式：log w_k = log p(x|z_k) + log p(z_k) − log q(z_k|x)，答案是 log[(1/K) Σ_k w_k]。
    形狀：三個引數都是 (K, N)，傳回 (N,)，單位 nats。log w 常在 −1000 左右，exp 會變成 0，答案仍要有限而且準。
    例子：K = 2、log w = (0, log 3)，答案是 log 2 = 0.693147。
    讀：第 5 章「下界還能更緊嗎？」。
    """
    ### BEGIN SOLUTION
    # 提出最大的那一個：log Σ e^a = m + log Σ e^(a−m)。先取對數再平均，得到的是 K 個 ELBO 的平均，不會變緊。
    log_weight = log_likelihood + log_prior - log_q
    largest = log_weight.max(axis=0)
    return largest + np.log(np.mean(np.exp(log_weight - largest), axis=0))
    ### END SOLUTION
