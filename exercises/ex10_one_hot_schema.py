"""練習 ex10：獨熱編碼的規則（第 10 章，6 分）

目標：把一張文字的表變成 0 與 1 的矩陣，缺失的、沒見過的都有自己的去處，而且明年來的新資料照樣對得齊。
最後算出不看編碼的基準：後面兩章的模型都要先贏過它。

怎麼做：把 raise NotImplementedError 換成你的程式，一次一題，寫完就跑
    python -m vae_from_scratch exercises test 10       （或 make exercise N=10）
函式的名字與引數不要改，也不要改動輸入。只需要 NumPy，不需要 pandas。

符號：column 是一欄文字，一棟房子一個，缺失的是 Python 的 None；levels 是這一欄的水準，照欄的順序。
N 是房子數，D 是獨熱編碼的欄數。
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Column = Sequence[str | None]


def name_absence(column: Column, present: NDArray) -> list[str | None]:
    """把表示「沒有」的缺失寫成「無」，真的缺失留著。

    用在哪裡：編碼之前的第一步。沒有車庫的房子，車庫品質那一格是空的；那不是缺資料，是一個答案。
    公式：缺失，而且別的欄看不出它有（present 是 False）→ "無"；
          缺失，可是別的欄說它有（present 是 True）→ 仍是 None；沒有缺失的照抄，不管 present。
    形狀：column 有 N 個，present 是布林 (N,)；傳回 N 個的串列。
    例子：column = ["TA", None, None]、present = [True, False, True]，傳回 ["TA", "無", None]。
    讀：第 10 章「NA 是沒有，還是不知道？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def learn_levels(column: Column) -> list[str]:
    """從訓練的房子學這一欄有哪些水準。

    用在哪裡：規則只學這一次，之後的資料都照它編碼。
    公式：出現過的文字，不重複，照字典順序（sorted 的順序）。缺失不是水準。
    形狀：column 有 N 個，傳回 K 個的串列。
    例子：["RL", None, "FV", "RL"]，傳回 ["FV", "RL"]。
    讀：第 10 章「新的房子來了，欄對得齊嗎？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def level_codes(column: Column, levels: Sequence[str]) -> NDArray:
    """每一格是第幾個水準（從 0 數起）；缺失是 −1，沒見過的是 −2。

    用在哪裡：獨熱編碼的前一步。缺失與沒見過的在矩陣裡會變成同一個樣子，所以要在這裡分開記。
    公式：levels[k] → k；None → −1；不在 levels 裡的文字 → −2。
    形狀：column 有 N 個，levels 有 K 個；傳回整數 (N,)。
    例子：column = ["RL", None, "A", "FV"]、levels = ["FV", "RL"]，傳回 [1, -1, -2, 0]。
    讀：第 10 章「新的房子來了，欄對得齊嗎？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def one_hot(codes: NDArray, n_levels: int) -> NDArray:
    """一個變數的獨熱編碼：第 k 個水準的那一欄是 1，其餘是 0；負的代碼整列是 0。

    用在哪裡：編碼器吃的就是這些欄。
    公式：x[n, k] = 1 若 codes[n] = k，否則 0。
    形狀：codes 是整數 (N,)，傳回數字（不是布林）的 (N, n_levels)。這一批沒有出現的水準，欄也要在。
    例子：codes = [1, -1, 0]、n_levels = 2，傳回 [[0, 1], [0, 0], [1, 0]]。
    讀：第 10 章「整組是 0，付出什麼代價？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def encode(table: Mapping[str, Column], schema: Mapping[str, Sequence[str]]) -> NDArray:
    """照規則把整張表編碼：變數照 schema 的順序，各組左右接起來。

    用在哪裡：訓練、驗證、明年的新資料，都用同一份 schema 走這一個函式，形狀永遠一樣。
    公式：schema 是「變數 → 水準」。table 裡多的變數不看，次序不同也沒關係；沒見過的水準與缺失都是整組 0。
    形狀：table 的每一欄有 N 個；傳回 (N, D)，D 是 schema 裡水準的總數。
    例子：schema = {"屋頂": ["Gable", "Hip"], "空調": ["N", "Y"]}、
          table = {"空調": ["Y", None], "屋頂": ["Hip", "Dome"]}，傳回 [[0, 1, 0, 1], [0, 0, 0, 0]]。
    讀：第 10 章「新的房子來了，欄對得齊嗎？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def marginal_nats(x: NDArray, groups: Sequence[int]) -> tuple[float, float]:
    """不看編碼，只記住比例，平均一棟房子要幾個 nats：(各欄獨立的伯努利, 一個變數一個類別分布)。

    用在哪裡：第 11、12 章的基準。解碼器完全不理 z，最好也只能做到這樣。
    公式：單位是 nats，對欄（變數）相加、對房子平均；比例就用 x 自己的，不加任何小常數。
          伯努利：第 k 欄的比例是 p_k，每一格付 −log p_k（是 1）或 −log(1−p_k)（是 0）。
          類別分布：比例只在「這個變數有值」的房子上算，有值的付 −log 比例；整組是 0 的那一格不問，付 0。
    形狀：x 是 0 與 1 的 (N, D)，groups 是各變數的水準個數，總和是 D；傳回兩個純量。
    數值：有的欄全是 0，有的全是 1；它們付 0，不能變成 nan（0 log 0 = 0）。
    例子：x = [[1, 0], [1, 0], [0, 1], [0, 0]]、groups = [2]，傳回 (1.255482, 0.4773856)。
    讀：第 10 章「什麼都不學，要付幾個 nats？」
    """

    raise NotImplementedError  # 把這一行換成你的程式
