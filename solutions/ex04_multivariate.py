"""練習 ex04：多變數的 KL 與獨立性（第 4 章，7 分）

目標：算出「各維相加」漏掉多少、只准用獨立的維度時最好能多像，以及對角的編碼器要付多少代價。
VAE 假設編碼的各維獨立；寫完這一組，你就量得出這個假設值多少 nats。

怎麼做：把 raise NotImplementedError 換成你的程式，一次一題，寫完就跑
    python -m vae_from_scratch exercises test 4        （或 make exercise N=4）
函式的名字與引數不要改，也不要改動輸入的陣列。只需要 NumPy；np.linalg 的函式可以一次算一疊矩陣。

符號：mean 是 μ，cov 是共變異數矩陣 Σ，Λ = Σ⁻¹。N 是列數，d 是維度；一列一個 Σ，所以 cov 的形狀是 (N, d, d)。
"""

import numpy as np
from numpy.typing import NDArray


def sum_of_marginal_kls(mean: NDArray, cov: NDArray) -> NDArray:
    """不管相關，把各維的 D( N(μ_i, Σ_ii) ‖ N(0, 1) ) 加起來。

    用在哪裡：VAE 的損失用的就是這個算法。Σ 是對角矩陣時它是對的；不是的時候，後面兩題會告訴你差多少。
    公式：第 3 章的 ½(μ² + σ² − 1 − log σ²)，σ_i² 換成 Σ 的對角線 Σ_ii，沿維度相加。
    形狀：mean 是 (N, d)，cov 是 (N, d, d)，傳回 (N,)，單位 nats。
    例子：mean = [[1, 0.5]]、cov = [[[4, 0.9], [0.9, 0.25]]]，傳回 [1.75]。
    讀：第 4 章「兩個維度的 KL，可以直接相加嗎？」
    """
    ### BEGIN SOLUTION
    # np.diagonal 取最後兩個軸的對角線：(N, d, d) → (N, d)。不寫 axis1、axis2，取到的是前兩個軸。
    variance = np.diagonal(cov, axis1=-2, axis2=-1)
    return 0.5 * np.sum(np.square(mean) + variance - 1 - np.log(variance), axis=-1)
    ### END SOLUTION


def kl_full_covariance(mean: NDArray, cov: NDArray) -> NDArray:
    """真正的 D( N(μ, Σ) ‖ N(0, I) )，一列一個值。

    用在哪裡：編碼器若輸出完整的 Σ，損失的第二項就是它；也是檢查上一題漏掉多少的標準答案。
    公式：½( tr Σ + μᵀμ − d − log det Σ )。tr 是對角線的和。
    形狀：mean 是 (N, d)，cov 是 (N, d, d)，傳回 (N,)，單位 nats。
    數值：d = 200 時也要有限，例如 Σ 的對角線是 10⁻⁴，行列式約是 10⁻⁸⁰⁰，存成浮點數是 0。
    例子：mean = [[1, 0.5]]、cov = [[[4, 0.9], [0.9, 0.25]]]，傳回 [2.580366]。
    讀：第 4 章「相關的時候，KL 是多少？」
    """
    ### BEGIN SOLUTION
    # tr Σ + μᵀμ − d 就是 Σ_ii + μ_i² − 1 沿維度相加；d 不必另外寫。
    # slogdet 直接給 log |det|，中途不經過會溢位的行列式；np.log(np.linalg.det(cov)) 在 d 大時是 ±inf。
    variance = np.diagonal(cov, axis1=-2, axis2=-1)
    return 0.5 * (np.sum(variance + np.square(mean) - 1, axis=-1) - np.linalg.slogdet(cov)[1])
    ### END SOLUTION


def total_correlation(cov: NDArray) -> NDArray:
    """常態分布的總相關：N(μ, Σ) 離「各維獨立、影子相同」的分布多遠。

    用在哪裡：它正是「各維相加」漏掉的部分；也用來問聚合後驗的各維是不是各管一件事。
    公式：D( N(μ, Σ) ‖ N(μ, diag Σ) )。每一維各除以自己的標準差，KL 不變，Σ 變成什麼？請你自己推。
    形狀：cov 是 (N, d, d)，傳回 (N,)，單位 nats。
    例子：cov = [[[4, 0.9], [0.9, 0.25]]]（相關係數 0.9），傳回 [0.830366]。
    讀：第 4 章「加總漏掉的是什麼？」
    """
    ### BEGIN SOLUTION
    # −½ log det R，R 是相關係數矩陣；log det R = log det Σ − Σ log Σ_ii，不必真的除。
    variance = np.diagonal(cov, axis1=-2, axis2=-1)
    return 0.5 * (np.sum(np.log(variance), axis=-1) - np.linalg.slogdet(cov)[1])
    ### END SOLUTION


def factorized_fit(cov: NDArray) -> tuple[NDArray, NDArray]:
    """只准用各維獨立的常態去配 N(μ, Σ)，兩個方向各自最好的變異數。

    用在哪裡：對角的編碼器要描述相關的後驗時，用的是第一個；它總是太窄，編碼器因此說得太有把握。
    公式：r = ∏ N(m_i, s_i²)。第一個讓 D( r ‖ N(μ, Σ) ) 最小，第二個讓 D( N(μ, Σ) ‖ r ) 最小。請你自己推。
    形狀：cov 是 (N, d, d)；傳回 (s2_reverse, s2_forward)，各是 (N, d)。
    例子：cov = [[[4, 0.9], [0.9, 0.25]]]，傳回 ([[0.76, 0.0475]], [[4, 0.25]])。
    讀：第 4 章「只准用獨立的維度，最好能多像？」
    """
    ### BEGIN SOLUTION
    # 照 r 平均：Λ_ii s_i² − log s_i² 最小，s_i² = 1/Λ_ii。照目標平均：對齊影子，s_i² = Σ_ii。
    precision = np.linalg.inv(cov)
    reverse = 1 / np.diagonal(precision, axis1=-2, axis2=-1)
    forward = np.diagonal(cov, axis1=-2, axis2=-1)
    return reverse, forward
    ### END SOLUTION


def linear_posterior(w: NDArray, noise_variance: float, x: NDArray) -> tuple[NDArray, NDArray]:
    """線性模型的後驗：先驗 z ~ N(0, I)，資料 x = wᵀz + 雜訊，雜訊 ~ N(0, noise_variance)。

    用在哪裡：最小的「解碼器」。它說明先驗獨立、後驗卻會相關；第 5、7 章再用到這個模型。
    公式：先驗乘資料的密度，取對數是 z 的二次式。二次項給 Λ，配方給平均。請你自己推。
    形狀：w 是 (d,)，noise_variance 是純量，x 是 (N,)；傳回 (mean, cov)，形狀 (N, d) 與 (d, d)。
    例子：w = [1, 1]、noise_variance = 1/9、x = [1]，傳回 [[0.473684, 0.473684]] 與
          [[0.526316, −0.473684], [−0.473684, 0.526316]]。
    讀：第 4 章「真正的後驗為什麼會相關？」
    """
    ### BEGIN SOLUTION
    # Λ = I + w wᵀ/s²（外積，不是內積），平均 = x Λ⁻¹ w/s²。共變異數與 x 無關，所以只有一個。
    precision = np.eye(len(w)) + np.outer(w, w) / noise_variance
    cov = np.linalg.inv(precision)
    return np.outer(x, cov @ w) / noise_variance, cov
    ### END SOLUTION


def cost_of_diagonal(cov: NDArray) -> NDArray:
    """後驗是 N(μ, Σ) 時，最好的對角編碼器還差幾 nats：D( r ‖ N(μ, Σ) ) 的最小值。

    用在哪裡：VAE 的下界至少比 log p(x) 低這麼多，不管訓練得多好。
    公式：把 factorized_fit 的第一個答案代回 KL。許多項會消掉，剩下兩個對數；請你自己推。
    形狀：cov 是 (N, d, d)，傳回 (N,)，單位 nats。
    例子：cov = [[[4, 0.9], [0.9, 0.25]]]，傳回 [0.830366]；d ≥ 3 時通常不等於總相關。
    讀：第 4 章「真正的後驗為什麼會相關？」
    """
    ### BEGIN SOLUTION
    # s_i² = 1/Λ_ii 時 Λ_ii s_i² = 1，加起來與 −d 相消，剩 ½(Σ log Λ_ii + log det Σ)。
    precision = np.linalg.inv(cov)
    log_precision = np.log(np.diagonal(precision, axis1=-2, axis2=-1))
    return 0.5 * (np.sum(log_precision, axis=-1) + np.linalg.slogdet(cov)[1])
    ### END SOLUTION
