"""練習 ex08：全連接層、反向傳播與 Adam（第 8 章，13 分）

目標：不靠自動微分，親手把損失的梯度從輸出一層一層傳回每一個權重，再用 Adam 走一步。
寫完這一組，加上你在 ex02 與 ex03 寫的函式，就有了訓練一個 VAE 的全部零件。
第 11 組用 ex02 與 ex03 的函式走一步、再寫訓練迴圈；那裡的網路小到能用手算，不必用到這一組。

怎麼做：把 raise NotImplementedError 換成你的程式，一次一題，寫完就跑
    python -m vae_from_scratch exercises test 8        （或 make exercise N=8）
函式的名字與引數不要改，也不要改動輸入的陣列。只需要 NumPy。

符號：d_y 是 ∂L/∂y，形狀與 y 相同。一層的參數 layer 是一個矩陣 [W; b]：上面 n_in 列是權重 W，
最後一列是偏置 b，形狀 (n_in + 1, n_out)。一個網路是好幾層排成的 list。
N 是列數，D 是欄數，d 是潛在維度。
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Pair = tuple[NDArray, NDArray]


def _forward(layers: list[NDArray], a: NDArray) -> tuple[list[NDArray], list[NDArray]]:
    """前向（已經寫好，可以直接用）：y = a W + b，隱藏層再套 ReLU，當下一層的輸入。

    傳回 (inputs, outputs)：inputs[i] 是第 i 層的輸入，outputs[i] 是它的 y（還沒套 ReLU）；
    outputs[-1] 就是網路的輸出。
    """
    inputs, outputs = [], []
    for layer in layers:
        inputs.append(a)
        outputs.append(a @ layer[:-1] + layer[-1])
        a = np.maximum(outputs[-1], 0)
    return inputs, outputs


def relu_gradient(d_a: NDArray, y: NDArray) -> NDArray:
    """梯度往回穿過 ReLU：a = max(y, 0)。

    用在哪裡：網路的每一個隱藏層。反向傳播走到 a，要知道 y 該收到多少。
    公式：∂L/∂y = ∂L/∂a · ∂a/∂y。y 大於 0 與小於 0 時，∂a/∂y 各是多少？剛好是 0 時本書取 0。
    形狀：d_a 與 y 都是 (N, n)，傳回 (N, n)。
    例子：d_a = [3, 3]、y = [−1, 2]，傳回 [0, 3]。
    讀：第 8 章「③ ReLU」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def logit_gradient(x: NDArray, logits: NDArray) -> NDArray:
    """重建損失對 logit 的梯度，反向傳播的起點。

    用在哪裡：解碼器最後一層輸出 logit a，機率是 sigmoid(a)。損失是負的對數概似，對列取平均：
              L = −(1/N) Σ_列 Σ_欄 [x log p + (1 − x) log(1 − p)]，p = sigmoid(a)。
    公式：請你自己推 ∂L/∂a；答案短得出奇。
    形狀：x 與 logits 都是 (N, D)，傳回 (N, D)。
    數值：logits = ±10000 時也要得到有限而正確的值。
    例子：x = [[1, 0]]、logits = [[0, log 3]]，傳回 [[−0.5, 0.75]]。
    讀：第 8 章「① 伯努利的 logit」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def dense_gradient(d_y: NDArray, a: NDArray, layer: NDArray) -> Pair:
    """梯度往回穿過全連接層 y = a W + b，layer = [W; b]。

    用在哪裡：網路的每一層。輸入的梯度往前一層送，參數的梯度交給 Adam。
    公式：請你自己推。W 的每一格、b 的每一格被每一列共用；a 的每一格影響每一個輸出。
    形狀：d_y (N, n_out)、a (N, n_in)、layer (n_in + 1, n_out)；
          傳回 (d_a, d_layer)，形狀各與 a、layer 相同。
    例子：a = [[1, 2], [3, −1]]、d_y = [[2], [−1]]、layer = [[0.5], [−1], [0.2]]，
          傳回 d_a = [[1, −2], [−0.5, 1]]、d_layer = [[−1], [5], [1]]。
    讀：第 8 章「② 全連接層」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def perceptron_gradient(layers: list[NDArray], a: NDArray, d_y: NDArray) -> tuple[NDArray, list[NDArray]]:
    """梯度往回穿過整個網路：好幾個全連接層，中間隔著 ReLU，最後一層不套。

    用在哪裡：編碼器與解碼器都是這樣的網路。
    公式：先用 _forward 走一遍，再從最後一層走回第一層，每一層用你寫的 dense_gradient 與 relu_gradient。
    形狀：layers 是 list，a 是 (N, n_in)，d_y 是損失對網路輸出的梯度 (N, n_out)；
          傳回 (d_a, d_layers)：d_a 與 a 同形狀，d_layers 是 list，次序與 layers 相同。
    例子：layers = [[[1], [0]], [[2], [0]]]（兩層都是 1 進 1 出）、a = [[3], [−3]]、d_y = [[1], [1]]：
          傳回 d_a = [[2], [0]]、d_layers = [[[6], [2]], [[3], [2]]]。
    讀：第 8 章「往回走，每一層要回答什麼？」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def vae_gradient(
    encoder: list[NDArray],
    decoder: list[NDArray],
    x: NDArray,
    noise: NDArray,
    beta: float,
    sample: Callable[[NDArray, NDArray, NDArray], NDArray],
    sample_gradient: Callable[[NDArray, NDArray, NDArray], Pair],
    kl_gradient: Callable[[NDArray, NDArray], Pair],
) -> tuple[list[NDArray], list[NDArray]]:
    """整個 VAE 的梯度：損失 L = 平均[−log p(x|z) + β KL] 對編碼器與解碼器每一個參數的偏導數。

    用在哪裡：訓練的每一步。這一題把前面幾題，以及你在 ex02、ex03 寫的三個函式接起來：
              sample(mean, log_var, noise) → z
                  ex02 的 reparameterize
              sample_gradient(d_z, log_var, noise) → (d_mean, d_log_var)
                  ex02 的 gradient_wrt_mean_and_log_var
              kl_gradient(mean, log_var) → (d_mean, d_log_var)
                  ex03 的 kl_gradient：每一列自己的 KL，不含 β，也不含 1/N
    公式：x →（編碼器）→ 前 d 欄是 mean、後 d 欄是 log_var → z →（解碼器）→ logits。
          再照第 8 章的圖 1 走回來。mean 與 log_var 走兩條路影響損失，兩份梯度怎麼合？
    形狀：x (N, D)，noise (N, d)；傳回 (d_encoder, d_decoder)，兩個 list，各與 encoder、decoder 同形狀。
    例子：D = d = 1，encoder = [[[0, 0], [1, 0]]]（mean 恆為 1、log_var 恆為 0）、decoder = [[[2], [0]]]、
          x = [[1]]、noise = [[0]]、beta = 0.5：z = 1、logits = 2，
          傳回 d_encoder = [[[0.261594, 0], [0.261594, 0]]]、d_decoder = [[[−0.119203], [−0.119203]]]。
    讀：第 8 章「合起來」
    """
    raise NotImplementedError  # 把這一行換成你的程式


def adam_step(
    theta: NDArray,
    gradient: NDArray,
    first: NDArray,
    second: NDArray,
    step: int,
    learning_rate: float = 1e-3,
) -> tuple[NDArray, NDArray, NDArray]:
    """Adam 的一步，β₁ = 0.9、β₂ = 0.999、ε = 1e-7。

    用在哪裡：有了梯度之後更新參數。theta 可以是任何形狀的陣列，每一格各走各的。
    公式：m ← β₁ m + (1 − β₁) g，v ← β₂ v + (1 − β₂) g²；各除以 1 − β^t 修正偏誤；
          θ ← θ − α m̂ / (√v̂ + ε)。ε 加在修正過、開過根號的 v̂ 之後。
    形狀：theta、gradient、first（m）、second（v）形狀相同；step 是 t，第一步 t = 1，那時 m 與 v 全是 0。
          傳回 (theta, first, second)：三個新的陣列，first 與 second 是還沒修正的 m 與 v，留給下一步。
    例子：theta = [1]、gradient = [4]、first = second = [0]、step = 1、learning_rate = 0.1，
          傳回 ([0.9], [0.4], [0.016])。
    讀：第 8 章「Adam 的兩個平均」
    """
    raise NotImplementedError  # 把這一行換成你的程式
