"""練習 ex11：訓練、潛在空間與房價（第 11 章，7 分）

目標：把前面各章的零件裝成一個會訓練的 VAE，再寫出判斷「潛在空間說得出多少房價」要用的每一把尺，
連同它們的基準。第 11 章的每個數字都由這些尺量出來。

怎麼做：把 raise NotImplementedError 換成你的程式，一次一題，寫完就跑
    python -m vae_from_scratch exercises test 11       （或 make exercise N=11）
函式的名字與引數不要改，也不要改動輸入的陣列。只需要 NumPy。

符號：codes 是每棟房子的編碼 (N, d)，values 是要猜的數（對數房價）(N,)，held_out 是留下來打分數的房子。
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Gradients = tuple[NDArray, NDArray]


def vae_step(
    parameters: NDArray,
    x: NDArray,
    noise: NDArray,
    learning_rate: float,
    reparameterize: Callable[[NDArray, NDArray, NDArray], NDArray],
    gradient_wrt_mean_and_log_var: Callable[[NDArray, NDArray, NDArray], Gradients],
    kl_gradient: Callable[[NDArray, NDArray], Gradients],
) -> NDArray:
    """一個最小的 VAE 走一步梯度下降，傳回新的參數。

    用在哪裡：這就是第 8 章訓練的一步，只是網路小到能用手算：編碼器 μ = a x、log σ² = c，解碼器 x̂ = b z，
    概似是 N(x̂, 1)。最後三個引數是你在 ex02、ex03 寫的函式，由檢查傳進來；直接呼叫它們。
    公式：一列的損失是 ½(x − bz)² + KL，z = μ + σε；整批的損失是各列的平均。
          新的參數 = 舊的 − learning_rate × 損失的梯度。四段梯度怎麼接，請你自己推。
    形狀：parameters 是 [a, b, c] (3,)；x 與 noise 是 (N, 1)；傳回 (3,)。
    例子：parameters = [0.5, 1, 0]、x = 2、noise = 0.4、learning_rate = 0.1：z = 1.4，
          傳回 [0.42, 1.084, 0.012]。
    讀：第 11 章；各段梯度見第 2、3、8 章。
    """
    raise NotImplementedError  # 把這一行換成你的程式


def train_epoch(
    step: Callable[[NDArray, NDArray], tuple[NDArray, float]],
    parameters: NDArray,
    order: NDArray,
    batch_size: int,
) -> tuple[NDArray, float]:
    """走完一個訓練週期：照 order 一批一批取列，每一批走一步。

    用在哪裡：訓練迴圈的骨架。歷程裡每個訓練週期的損失，就是這個函式的第二個傳回值。
    公式：每一批呼叫 parameters, loss = step(parameters, rows)；rows 是這一批的列號，依 order 的順序，
          最後一批可以比較短，但不能丟掉。整個週期的損失是各批的平均損失「依列數加權」的平均。
    形狀：order 是 (N,) 的排列；傳回 (新的參數, 純量)。
    例子：order = [2, 0, 1]、batch_size = 2：先走 [2, 0]，再走 [1]。兩批的損失是 3 與 6，整個週期是 4。
    讀：第 11 章（訓練迴圈見第 8 章）。
    """
    raise NotImplementedError  # 把這一行換成你的程式


def wake_epochs(kl_per_unit: NDArray, threshold: float) -> NDArray:
    """每個單元從第幾個訓練週期起醒著：從那時起，KL 一直不低於門檻。

    用在哪裡：第 11 章比較有沒有暖身時，要數「第二個單元何時醒來」。
    公式：最後一個 KL < threshold 的週期，再加 1；等於門檻算醒著。從來沒有低於門檻的是 1。
    注意：訓練剛開始，編碼器是亂的，KL 很大，接著掉到 0。第一次超過門檻不算醒。
    形狀：kl_per_unit 是 (訓練週期數, d)，第 0 列是第 1 個訓練週期；傳回 (d,)，到最後都沒醒的是 0。
    例子：一個單元的 KL 依序是 2.0、0.1、0.4、0.5，門檻 0.3，答案是 3。
    讀：第 11 章。
    """
    raise NotImplementedError  # 把這一行換成你的程式


def knn_predict(codes: NDArray, values: NDArray, queries: NDArray, n_neighbours: int) -> NDArray:
    """用最近的幾個鄰居的平均，猜每個 queries 的值。

    用在哪裡：潛在空間說得出多少房價，就看鄰居的房價猜得準不準。
    公式：對每一列 query，在 codes 裡找歐氏距離最近的 n_neighbours 列，傳回它們 values 的平均。
    形狀：codes (N, d)、values (N,)、queries (M, d)；傳回 (M,)。檢查裡沒有等距的鄰居。
    例子：codes = [[0], [1], [5]]、values = [10, 20, 60]、query = [[0.4]]、n_neighbours = 2，答案是 15。
    讀：第 11 章。
    """
    raise NotImplementedError  # 把這一行換成你的程式


def r_squared(actual: NDArray, predicted: NDArray) -> float:
    """決定係數 R²：猜測比「每個都猜平均」好多少。

    用在哪裡：第 11 章所有的 R²。
    公式：1 − Σ(y − ŷ)² / Σ(y − ȳ)²，ȳ 是 actual 的平均。比猜平均還差時是負的，不要截成 0。
    形狀：兩個 (N,)，傳回純量。
    例子：actual = [1, 2, 3]、predicted = [1, 2, 2]，答案是 0.5。
    讀：第 11 章。
    """
    raise NotImplementedError  # 把這一行換成你的程式


def price_scores(
    codes: NDArray, values: NDArray, held_out: NDArray, n_neighbours: int, shuffles: NDArray
) -> tuple[float, NDArray]:
    """留下的房子上的 R²，與打亂房價之後的 R²（基準）。

    用在哪裡：第 11 章的表。沒有基準的 R² 不算結果。
    公式：鄰居只能是沒有留下的房子，分數只在留下的房子上算。基準：shuffles 的每一列是 N 個位置的排列，
          把整個 values 換成 values[排列]，其餘照舊，再算一次。
    形狀：codes (N, d)、values (N,)、held_out 布林 (N,)、shuffles (P, N)；傳回 (R², 打亂之後的 R² (P,))。
    例子：codes = [[0], [1], [2], [0.1], [1.9]]、values = [1, 2, 3, 1, 3]、最後兩棟留下、n_neighbours = 1：
          R² = 1；打亂成 [3, 4, 2, 0, 1]（values 變成 [1, 3, 3, 1, 2]）之後是 −1。
    讀：第 11 章。
    """

    raise NotImplementedError  # 把這一行換成你的程式
