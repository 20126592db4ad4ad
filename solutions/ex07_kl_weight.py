"""練習 ex07：KL 的權重與崩塌（第 7 章，7 分）

目標：讀懂別人程式裡的 KL 權重、量出哪些單元還活著、在訓練之前算出崩塌的門檻，再寫兩種救法。
做完以後，看到一個「KL 係數」，你能說出它等於多大的 beta、離崩塌有多遠。

怎麼做：把 raise NotImplementedError 換成你的程式，一次一題，寫完就跑
    python -m vae_from_scratch exercises test 7        （或 make exercise N=7）
函式的名字與引數不要改，也不要改動輸入的陣列。只需要 NumPy。

符號：x 是 0/1 的資料 (N, D)，mean 是 μ、log_var 是 log σ²，形狀都是 (N, d)；z 是抽出來的編碼 (N, d)。
beta 是 KL 的權重，重建與 KL 都是「每列對欄、對維度加總」的 nats 時，beta = 1 就是 ELBO。
"""

import numpy as np
from numpy.typing import NDArray


def implied_beta(weight: float, n_columns: int, n_units: int) -> float:
    """重建對欄取平均、KL 對維度取平均，再乘 weight：等於多大的 beta。

    用在哪裡：讀別人的程式。兩項各除以不同的數，權重就被偷偷改了。
    公式：損失 = (1/D)·Σ_c 重建_c + weight·(1/n_units)·Σ_j KL_j；乘上一個正數不影響最小的位置，
          把它化成 Σ_c 重建_c + beta·Σ_j KL_j，請你自己推。KL 若是加總（原文的程式），n_units 給 1。
    形狀：三個引數都是正的純量，傳回純量。
    例子：weight = 0.005、D = 252、KL 加總（n_units = 1），beta = 1.26。
    讀：第 7 章「係數 0.005，是大還是小？」。
    """
    ### BEGIN SOLUTION
    # 整個損失乘 D，重建的係數就變成 1。常見的錯：以為 0.005 就是 beta，把「平均」當成沒有影響的細節。
    return weight * n_columns / n_units
    ### END SOLUTION


def warmup_weight(epoch: int, beta: float, warmup_epochs: int) -> float:
    """KL 暖身：權重由小線性升到 beta。

    用在哪裡：訓練迴圈在每個訓練週期開始時問一次「這次 KL 乘多少」。
    公式：第 1 個週期是 beta/warmup_epochs，每個週期多一樣多，第 warmup_epochs 個剛好是 beta，之後不變。
          warmup_epochs = 0 表示不暖身，一律是 beta。
    形狀：epoch 是 1 起算的整數，傳回純量。
    例子：beta = 4、warmup_epochs = 20，第 5 個週期是 1，第 30 個是 4。
    讀：第 7 章「訓練為什麼停在高原上？」。
    """
    ### BEGIN SOLUTION
    # epoch 從 1 數起：第 1 個週期的權重不是 0，否則整個週期都在訓練一個沒有 KL 的自編碼器。
    # min 保證升到 beta 就停；warmup_epochs = 0 要先分出來，不能除以 0。
    return beta * min(1.0, epoch / warmup_epochs) if warmup_epochs else beta
    ### END SOLUTION


def count_active_units(mean: NDArray, threshold: float) -> int:
    """活躍單元有幾個：平均編碼會不會隨資料改變。

    用在哪裡：訓練之後的第一個檢查。KL 大於 0、散布圖好看，都不能證明單元在用。
    公式：第 j 個單元活躍，若 μ_j 在各列之間的變異數（除以 N）大於 threshold。
    形狀：mean 是 (N, d)，threshold 是正的純量（慣用 0.01）；傳回整數，0 到 d。
    例子：mean 的三列是 (2, 0.5)、(2, −0.5)、(2, 0)，threshold = 0.01：答案是 1。
          第一個單元的平均離 0 很遠，但每列都一樣，解碼器從它認不出任何一列。
    讀：第 7 章「β 越來越大，會發生什麼事？」。
    """
    ### BEGIN SOLUTION
    # 沿列（axis=0）算變異數：同一個單元、不同的房子。沿 axis=1 比的是同一棟房子的各個單元，沒有意義。
    # 用 np.mean(mean**2) 會把「全部偏到 2」的單元當成活的。
    return int(np.sum(np.var(mean, axis=0) > threshold))
    ### END SOLUTION


def free_bits_loss(reconstruction: NDArray, kl: NDArray, beta: float, free_bits: float) -> float:
    """自由位元：每個單元的 KL 在 free_bits 以下不受罰。

    用在哪裡：讓單元在還沒學會東西以前，不被 KL 壓回 0。
    公式：mean_n 重建_n + beta·Σ_j max(free_bits, mean_n KL_nj)。
          先對列平均，再和 free_bits 比，最後對單元加總。
    形狀：reconstruction 是 (N,)，是重建誤差（負的對數概似）；kl 是 (N, d)；傳回純量，單位 nats。
    例子：reconstruction = (10, 12)、kl = ((0, 2), (0.4, 1))、beta = 2、free_bits = 0.5：
          各單元的平均 KL 是 0.2 與 1.5，答案是 11 + 2·(0.5 + 1.5) = 15。
    讀：第 7 章「訓練為什麼停在高原上？」。
    """
    ### BEGIN SOLUTION
    # max 的次序就是這個方法的內容：逐列取 max，等於要每一棟房子、每個單元都付足額，本來可以一多一少；
    # 加總以後才取 max，一個單元就能把全部的額度用完，別的照樣崩塌。
    per_unit = np.maximum(kl.mean(axis=0), free_bits)
    return float(reconstruction.mean() + beta * per_unit.sum())
    ### END SOLUTION


def collapse_thresholds(x: NDArray) -> NDArray:
    """崩塌站不站得住，訓練之前就能算：0/1 欄位的相關矩陣的特徵值，由大到小。

    用在哪裡：beta 小於第一個值，崩塌站不住，單元會自己長出來；大於它，從崩塌點一小步一小步走不出去。
          這是附近的事：遠處可能還有更低的解（七欄同位元的例子，特徵值全是 1，beta = 1.5 仍有）。
    公式：R_cc' = Cov(x_c, x_c') / [sd(x_c)·sd(x_c')]，傳回 R 的特徵值。整欄都一樣的欄沒有相關係數，先拿掉。
    形狀：x 是 (N, D)，只有 0 與 1；傳回 (D',)，D' 是會變的欄數。
    例子：x 的四列是 (0, 0)、(1, 1)、(1, 1)、(0, 0)：兩欄完全相關，答案是 (2, 0)。
    讀：第 7 章「欄位是 0 與 1，門檻在哪裡？」。
    """
    ### BEGIN SOLUTION
    # 先標準化每一欄，相關矩陣就是 yᵀy/N。用共變異數矩陣會差很多：那裡每一欄的變異數是 p(1−p) ≤ 1/4，
    # 而推導裡 p(1−p) 正好是解碼器要付的曲率，除掉它才是門檻。
    varying = x[:, x.std(axis=0) > 0]
    y = (varying - varying.mean(axis=0)) / varying.std(axis=0)
    return np.linalg.eigvalsh(y.T @ y / len(x))[::-1]  # eigvalsh 由小到大
    ### END SOLUTION


def split_average_kl(z: NDArray, mean: NDArray, log_var: NDArray) -> tuple[float, float]:
    """平均 KL 拆成兩塊：編碼帶了多少資訊，全部的編碼合起來離先驗多遠。

    用在哪裡：KL 是 2 nats，是「說得出是哪一棟」的 2，還是「整批偏離先驗」的 2？兩者的救法不同。
    公式：q(z) = (1/N)·Σ_m N(z; μ_m, diag σ²_m)，z_n 是從第 n 列的 q 抽出來的一個點。
          互資訊的估計是 mean_n [log q(z_n|x_n) − log q(z_n)]；
          聚合後驗的 KL 的估計是 mean_n [log q(z_n) − log p(z_n)]，p = N(0, I)。
    形狀：三個引數都是 (N, d)；傳回兩個純量（互資訊, 聚合後驗的 KL），單位 nats。d 到兩千也要有限。
    例子：d = 1、z = mean = (1, −1)、log_var = (0, 0)：q(z_n) 都是 [φ(0) + φ(2)]/2，
          答案是 (0.5662192, −0.0662192)；相加是 ½，剛好是兩列 log q(z_n|x_n) − log p(z_n) 的平均。
    讀：第 7 章「每一棟都像先驗，是好事嗎？」。
    """
    ### BEGIN SOLUTION
    # log_density[n, m] = log N(z_n; μ_m, σ²_m)：z_n 對每一個成分都要算，所以多一個軸；對角線是自己的那一個。
    # 平均的是密度，不是對數密度；logaddexp 先提出最大的一項，維度多的時候才不會得到 log 0。
    standardized = (z[:, None, :] - mean) * np.exp(-0.5 * log_var)
    log_density = -0.5 * np.sum(np.log(2 * np.pi) + log_var + standardized**2, axis=-1)
    own = np.diagonal(log_density)
    log_aggregate = np.logaddexp.reduce(log_density, axis=1) - np.log(len(z))
    log_prior = -0.5 * np.sum(np.log(2 * np.pi) + z**2, axis=-1)
    return float(np.mean(own - log_aggregate)), float(np.mean(log_aggregate - log_prior))
    ### END SOLUTION
