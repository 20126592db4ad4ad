"""練習 ex14：你的 VAE（第 14 章，6 分）

目標：把你在第 2、3、5、7、8、10、11 組寫的函式組裝成一個完整的 VAE，用真的房子訓練。
這一組只寫組裝：初始值、前向、量損失、走一步、訓練迴圈；最後治好一個別人的 VAE。梯度、KL、概似、Adam 都用
你自己以前寫的。

怎麼做：把 raise NotImplementedError 換成你的程式，一次一題，寫完就跑
    python -m vae_from_scratch exercises test 14       （或 make exercise N=14）
全部通過以後，用真的房子訓練（大約十幾秒到一分鐘），看你的潛在平面：
    python -m vae_from_scratch exercises capstone
函式的名字與引數不要改，也不要改動輸入的陣列。只需要 NumPy。

符號：一層的參數是一個矩陣 [W; b]，最後一列是偏置，形狀 (n_in + 1, n_out)；一個網路是好幾層排成的 list。
N 是列數，D 是欄數，d 是潛在維度。引數 mine 是一個字典，裝著你以前寫的函式，用名字拿：
    mine["reparameterize"](mean, log_var, noise)                         ex02
    mine["gradient_wrt_mean_and_log_var"]                                ex02
    mine["kl_to_standard_normal"](mean, log_var)、mine["kl_gradient"]    ex03
    mine["bernoulli_log_likelihood"](x, logits)                          ex05
    mine["warmup_weight"](epoch, beta, warmup_epochs)                    ex07
    mine["vae_gradient"]、mine["adam_step"]                              ex08
    mine["train_epoch"](step, parameters, order, batch_size)             ex11
這一組的檢查給的是課程的版本，前幾組的錯不會帶過來；capstone 給的是你自己的，還沒通過檢查的才用課程的代替，
並且說出是哪幾個。
訓練的狀態 state 是一個 tuple：(encoder, decoder, first, second, step)。first 與 second 是 Adam 的 m 與 v，
各是一個 list，先是編碼器的每一層，再是解碼器的每一層；step 是已經走了幾步，一開始是 0。
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Layers = list[NDArray]
State = tuple[Layers, Layers, Layers, Layers, int]
Mine = Mapping[str, Callable[..., Any]]
Walked = tuple[State, float]

#: 開放實驗的設定，隨你改（這裡不計分）。執行 exercises capstone --experiment elbo 或 r2，成績記在你自己的
#: 排行榜。elbo 的參數不可以比課程的多；r2 看過的列不可以比課程的多（epochs 不超過 60）。
EXPERIMENTS = {
    "elbo": {"hidden": [200, 100, 50, 20], "latent_dim": 2, "beta": 1.0, "warmup_epochs": 20,
             "epochs": 60, "batch_size": 32, "learning_rate": 1e-3},
    "r2": {"hidden": [200, 100, 50, 20], "latent_dim": 2, "beta": 1.0, "warmup_epochs": 20,
           "epochs": 60, "batch_size": 32, "learning_rate": 1e-3},
}  # fmt: skip


def initial_layers(uniform: list[NDArray]) -> Layers:
    """一個網路的初始參數：Glorot 均勻初始值，偏置是 0。

    用在哪裡：訓練開始以前，編碼器與解碼器各呼叫一次。全部設成 0 的網路，每個隱藏單元都一樣，學不會不同的事。
    公式：權重均勻分布在 −r 到 r 之間，r = √(6/(n_in + n_out))；手上的亂數 u 在 0 到 1 之間，怎麼換？
    形狀：uniform 一層一個 (n_in, n_out)；傳回 list，一層一個 (n_in + 1, n_out)，最後一列是偏置。
    例子：uniform = [[[0.5, 1], [0, 0.75]]]（一層，2 進 2 出）：r = 1.224745，
          傳回 [[[0, 1.224745], [−1.224745, 0.612372], [0, 0]]]。
    讀：第 8 章「十六萬個參數放在哪裡？」
    """
    ### BEGIN SOLUTION
    layers = []
    for u in uniform:
        limit = np.sqrt(6 / sum(u.shape))  # n_in + n_out
        # 2u − 1 把 0 到 1 換成 −1 到 1；偏置接在最後一列。
        layers.append(np.vstack([limit * (2 * u - 1), np.zeros((1, u.shape[1]))]))
    return layers
    ### END SOLUTION


def network(layers: Layers, a: NDArray) -> NDArray:
    """網路的輸出：每一層是 y = a W + b，兩層之間套 ReLU，最後一層不套。

    用在哪裡：編碼器由 x 算出 (μ, log σ²)，解碼器由 z 算出 logit，都是它。
    公式：y = a W + b，a = max(y, 0)；layer 的最後一列是 b。
    形狀：a 是 (N, n_in)，傳回 (N, n_out)，n_out 是最後一層的。
    例子：layers = [[[1], [0]], [[2], [−1]]]（兩層都是 1 進 1 出）、a = [[3], [−3]]，傳回 [[5], [−1]]。
    讀：第 8 章「七章的式子，合起來要寫幾樣東西？」
    """
    ### BEGIN SOLUTION
    for layer in layers[:-1]:
        a = np.maximum(a @ layer[:-1] + layer[-1], 0)
    # 最後一層不套 ReLU：μ、log σ² 與 logit 都可以是負的。
    return a @ layers[-1][:-1] + layers[-1][-1]
    ### END SOLUTION


def encode(encoder: Layers, x: NDArray) -> tuple[NDArray, NDArray]:
    """每一列的編碼：q(z|x) 的 μ 與 log σ²。

    用在哪裡：量損失要它；訓練完，潛在平面上的每一點就是 μ。
    公式：編碼器的輸出有 2d 欄，前 d 欄是 μ，後 d 欄是 log σ²。
    形狀：x 是 (N, D)；傳回 (mean, log_var)，各是 (N, d)。
    例子：encoder = [[[1, 0, 2, 0], [0, 0, 0, 1]]]（一層，D = 1、d = 2）、x = [[3]]，
          傳回 ([[3, 0]], [[6, 1]])。
    讀：第 8 章「合起來」
    """
    ### BEGIN SOLUTION
    code = network(encoder, x)
    half = code.shape[1] // 2
    return code[:, :half], code[:, half:]
    ### END SOLUTION


def measure(
    encoder: Layers, decoder: Layers, x: NDArray, noise: NDArray, mine: Mine
) -> tuple[float, NDArray]:
    """量一次：平均的重建誤差，與每個單元平均的 KL。

    用在哪裡：訓練時的損失是 重建 + β × KL 的總和；判斷有沒有崩塌，要看每一個單元自己的 KL。
    公式：x →（編碼器）→ μ、log σ² → z →（解碼器）→ logit；重建誤差是 −log p(x|z)，對列取平均。
          每個單元的 KL 對列取平均，不對單元加總。mine["kl_to_standard_normal"] 會把各維加起來，
          怎麼用它得到一個單元的？
    形狀：x 是 (N, D)，noise 是 (N, d)；傳回 (純量, (d,))，單位 nats。
    例子：encoder = [[[0, 0], [1, 0]]]（μ 恆為 1、log σ² 恆為 0）、decoder = [[[2], [0]]]、x = [[1]]、
          noise = [[0]]：logit = 2，傳回 (0.126928, [0.5])。
    讀：第 14 章「訓練不起來，先看哪三個數字？」
    """
    ### BEGIN SOLUTION
    mean, log_var = encode(encoder, x)
    z = mine["reparameterize"](mean, log_var, noise)
    log_likelihood = mine["bernoulli_log_likelihood"](x, network(decoder, z))
    # 一次只交一欄 (N, 1) 給它，「各維加起來」就只有這一維。
    kl = [
        np.mean(mine["kl_to_standard_normal"](mean[:, j : j + 1], log_var[:, j : j + 1]))
        for j in range(mean.shape[1])
    ]
    return -float(np.mean(log_likelihood)), np.array(kl)
    ### END SOLUTION


def train_step(
    state: State, x: NDArray, noise: NDArray, beta: float, learning_rate: float, mine: Mine
) -> State:
    """走一步：算梯度，每一層用 Adam 更新，傳回新的狀態。

    用在哪裡：訓練迴圈的每一批。
    公式：mine["vae_gradient"](encoder, decoder, x, noise, beta, 三個函式) 傳回 (d_encoder, d_decoder)；
          三個函式依序是 reparameterize、gradient_wrt_mean_and_log_var、kl_gradient。
          mine["adam_step"](theta, gradient, first, second, step, learning_rate) 傳回 (theta, first, second)，
          第一步的 step 是 1。
    形狀：x 是 (N, D)，noise 是 (N, d)；傳回新的 (encoder, decoder, first, second, step)，形狀與 state 相同。
    例子：encoder = [[[0, 0], [1, 0]]]、decoder = [[[2], [0]]]、first 與 second 都是 0、step = 0，
          x = [[1]]、noise = [[0]]、beta = 0.5、learning_rate = 0.1：每一格走 0.1 或不走，
          新的 encoder = [[[−0.1, 0], [0.9, 0]]]、decoder = [[[2.1], [0.1]]]、step = 1。
    讀：第 8 章「有了梯度，一步要走多遠？」
    """
    ### BEGIN SOLUTION
    encoder, decoder, first, second, step = state
    functions = [mine[name] for name in ("reparameterize", "gradient_wrt_mean_and_log_var", "kl_gradient")]
    d_encoder, d_decoder = mine["vae_gradient"](encoder, decoder, x, noise, beta, *functions)
    layers, slopes = [*encoder, *decoder], [*d_encoder, *d_decoder]
    first, second = list(first), list(second)  # 新的 list：舊的狀態留給呼叫的人
    for k in range(len(layers)):
        # 修正從第 1 步數起；整批的每一層都用同一個步數。
        layers[k], first[k], second[k] = mine["adam_step"](
            layers[k], slopes[k], first[k], second[k], step + 1, learning_rate
        )
    return layers[: len(encoder)], layers[len(encoder) :], first, second, step + 1
    ### END SOLUTION


def train(
    state: State,
    x: NDArray,
    orders: Sequence[NDArray],
    noise: Sequence[NDArray],
    beta: float,
    warmup_epochs: int,
    batch_size: int,
    learning_rate: float,
    mine: Mine,
    watch: Callable[[int, State, float], None],
) -> State:
    """訓練迴圈：一個週期一個週期走，KL 的權重照暖身的規則。

    用在哪裡：exercises capstone 就是用它訓練真的房子。
    公式：第 e 個週期（從 1 數起）的權重是 mine["warmup_weight"](e, beta, warmup_epochs)；
          用 mine["train_epoch"] 照 orders[e − 1] 走完，第 rows 列用的雜訊是 noise[e − 1][rows]；
          一批的損失是走這一步以前的 重建 + 權重 × KL 的總和（用你寫的 measure，同樣的列與雜訊）；
          每個週期走完，呼叫 watch(e, 新的 state, 這個週期的損失)。
    形狀：x 是 (N, D)；orders 有 E 個排列，各是 (N,)；noise 有 E 個，各是 (N, d)；傳回最後的 state。
    例子：N = 3、batch_size = 2、E = 2：一共走 4 步，watch 被呼叫兩次，最後的 state[4] 比開始時多 4。
    讀：第 8 章「訓練迴圈要記住哪些事？」、第 7 章「訓練為什麼停在高原上？」
    """

    ### BEGIN SOLUTION
    def walker(weight: float, eps: NDArray) -> Callable[[State, NDArray], Walked]:
        def walk(state: State, rows: NDArray) -> Walked:
            # 損失在走這一步以前量；雜訊照列號拿，同一列不論落在哪一批，雜訊都一樣。
            reconstruction, kl = measure(state[0], state[1], x[rows], eps[rows], mine)
            loss = reconstruction + weight * float(np.sum(kl))
            return train_step(state, x[rows], eps[rows], weight, learning_rate, mine), loss

        return walk

    for epoch, order in enumerate(orders, 1):
        walk = walker(mine["warmup_weight"](epoch, beta, warmup_epochs), noise[epoch - 1])
        state, loss = mine["train_epoch"](walk, state, order, batch_size)
        watch(epoch, state, loss)
    return state
    ### END SOLUTION


def _broken_loss(cost: NDArray, kl: NDArray, beta: float) -> float:
    """別人的損失（壞的，不要改它）：cost 是每一格的重建誤差 (N, D)，kl 是 (N, d)。"""
    return float(np.mean(cost) + beta * np.mean(np.sum(kl, axis=1)))


def mend_loss(cost: NDArray, kl: NDArray, beta: float) -> tuple[str, float, float]:
    """找錯：潛在平面的點全擠在中央，改網路的深度與學習率都沒有用。

    用在哪裡：有人用 _broken_loss 訓練，beta = 1，一個單元也沒有醒，重建和不看編碼一樣。
              找出病因，說出它等於多大的 β，再寫出對的損失。
    公式：病因從這裡選一個，傳回它的字母：
          "a" 重建對欄取了平均　"b" KL 對單元取了平均　"c" KL 少了 ½　"d" 暖身太久
          對的損失：重建對欄加總、KL 對單元加總，都對列平均，KL 乘 beta。
    形狀：cost 是 (N, D)，kl 是 (N, d)；傳回 (病因的字母, 對的損失, _broken_loss 其實是多大的 β)。
    例子：cost = [[1, 2, 3], [2, 2, 2]]、kl = [[0.5, 0.5], [1, 0]]、beta = 1：
          對的損失是 7，_broken_loss 等於 β = 3。病因請你自己找。
    讀：第 14 章「哪一種症狀，是什麼病？」、第 7 章「係數 0.005，是大還是小？」
    """
    ### BEGIN SOLUTION
    # 整個損失乘 D，重建就變回加總，KL 的係數跟著變成 D 倍：267 欄就是 β = 267，遠在崩塌的門檻之上。
    loss = np.mean(np.sum(cost, axis=1)) + beta * np.mean(np.sum(kl, axis=1))
    return "a", float(loss), beta * cost.shape[1]
    ### END SOLUTION
