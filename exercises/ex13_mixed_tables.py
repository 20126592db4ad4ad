"""練習 ex13：混合的表（第 13 章，3 分）

目標：把數字的欄放進概似：一欄一個學來的變異數、缺失的格子不算、一堆 0 拆成旗標與密度，以及換單位要付多少；
最後治好一個「缺得越多、補得越小」的模型。

怎麼做：把 raise NotImplementedError 換成你的程式，一次一題，寫完就跑
    python -m vae_from_scratch exercises test 13       （或 make exercise N=13）
函式的名字與引數不要改，也不要改動輸入的陣列。只需要 NumPy。

符號：v 是數字的表 (N, D)，缺失是 NaN；mean 是解碼器給的平均 (N, D)；log_var 是每一欄的 log s² (D,)，
不隨列改變。單位是 nats。
"""

import numpy as np
from numpy.typing import NDArray


def normal_log_density(v: NDArray, mean: NDArray, log_var: NDArray) -> NDArray:
    """一列的對數密度：各欄的常態相加，缺失的格子不算。

    用在哪裡：混合的表裡，數字的欄對概似的那一份。
    公式：看得到的格子各加 −½ [log 2π + log s_j² + (v − a)²/s_j²]，a 是 mean；缺失（NaN）的格子是 0。
    形狀：v 與 mean 是 (N, D)，log_var 是 (D,)；傳回 (N,)。log s² 可能小到 −30，也可能大到 30。
    例子：v = [[1, NaN]]、mean = [[0, 5]]、log_var = [log 4, 0]，答案是 [−1.737086]。
    讀：第 13 章「變異數由誰來定？」與「編碼器怎麼知道有一格不知道？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def learned_log_var(v: NDArray, mean: NDArray, floor: float) -> NDArray:
    """每一欄的 log s² 學到最後停在哪裡。

    用在哪裡：mean 固定時，讓概似最大的變異數有封閉形式；訓練完可以拿來核對學到的對不對。
    公式：s² = floor + t，t ≥ 0，而且讓看得到的格子的對數密度總和最大。
          沒有下限時，最好的 s² 是殘差平方的平均；下限怎麼改變它？常數的欄殘差是 0，s² 就停在 floor。
    形狀：v 與 mean 是 (N, D)，每一欄至少有一格看得到；floor 是正的純量；傳回 (D,)。
    例子：v = [[1, 2], [3, NaN]]、mean = [[0, 2], [0, 9]]、floor = 0.01，傳回 [log 5, log 0.01]。
    讀：第 13 章「變異數由誰來定？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def spike_log_density(v: NDArray, flag_logit: NDArray, mean: NDArray, log_var: float) -> NDArray:
    """一堆 0 的一欄：先決定是不是 0，不是 0 才用常態。

    用在哪裡：泳池面積、木造露臺。0 是「沒有」，不是「很小的面積」。
    公式：v = 0 的付 log(1 − π)；v ≠ 0 的付 log π + log N(v; a, s²)。π = sigmoid(flag_logit)。
    形狀：v、flag_logit、mean 都是 (N,)，log_var 是純量，沒有缺失；傳回 (N,)。flag_logit 可能到 ±1000。
    例子：v = [0, 2]、flag_logit = [0, log 3]、mean = [5, 1]、log_var = 0：傳回 [−0.693147, −1.706621]。
    讀：第 13 章「一堆 0 和一點面積，怎麼辦？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def unit_bill(factors: NDArray, seen: NDArray) -> NDArray:
    """換單位以後，每一列的對數密度多了多少。

    用在哪裡：平方公尺換成坪、標準化、取 log 以前，都要先知道 nats 會變多少；兩張表的 nats 才能比。
    公式：第 j 欄的數字全部乘上 c_j（模型的平均與標準差也跟著乘），密度變成原來的幾倍？對數多了多少？
          只有看得到的格子要付。
    形狀：factors 是 (D,)，都大於 0；seen 是布林 (N, D)，看得到的是 True；傳回 (N,)。
    例子：factors = [1/3.3058, 10]、seen = [[True, False], [True, True]]，
          傳回 [1.195679, −1.106907]。
    讀：第 13 章「面積的對數密度，可以加上屋頂的對數機率嗎？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def _broken_column_loss(v: NDArray, mean: NDArray, log_var: NDArray) -> float:
    """別人的損失（壞的，不要改它）：數字的欄，對列平均的負對數密度。"""
    v = np.nan_to_num(v)
    cells = np.log(2 * np.pi) + log_var + np.square(v - mean) * np.exp(-log_var)
    return float(0.5 * np.mean(np.sum(cells, axis=1)))


def mend_column_loss(v: NDArray, mean: NDArray, log_var: NDArray) -> tuple[str, float, NDArray]:
    """找錯：缺得越多的欄，補回來的值越靠近 0，學到的變異數也越大；沒有缺失的欄都正常。

    用在哪裡：_broken_column_loss 不會當掉，損失也會降，只是學到的不是資料。
    公式：病因從這裡選一個，傳回它的字母：
          "a" 變異數沒有下限　"b" 沒有標準化　"c" 缺失的格子被當成 0　"d" 對欄該取平均
          對的損失：看得到的格子的負對數密度，對欄相加、對列平均（除以 N，不是看得到的格數）；
          再傳回它對 mean 的梯度，缺失的格子是 0。
    形狀：v 與 mean 是 (N, D)，log_var 是 (D,)；傳回 (病因的字母, 純量, (N, D))。
    例子：v = [[1, NaN]]、mean = [[0, 5]]、log_var = [log 4, 0]：對的損失是 1.737086，梯度是 [[−0.25, 0]]。
    讀：第 13 章「編碼器怎麼知道有一格不知道？」
    """
    raise NotImplementedError  # 把這一行換成你的程式
