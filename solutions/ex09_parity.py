"""練習 ex09：兩個程式對照（第 9 章，3 分）

目標：寫出這一章用的工具：梯度檢查、相對差、Adam 的兩種 ε、由三個引擎的數找出是誰在哪一步錯了；
最後治好一個「錯得離譜的格子怎麼練都不動」的損失。

怎麼做：把 raise NotImplementedError 換成你的程式，一次一題，寫完就跑
    python -m vae_from_scratch exercises test 9        （或 make exercise N=9）
函式的名字與引數不要改，也不要改動輸入的陣列。只需要 NumPy。

符號：theta 是參數，loss 是「參數 → 純量」的函式，engine 是算同一件事的不同程式（例如手推的、自動微分的）。
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def numerical_gradient(loss: Callable[[NDArray], float], theta: NDArray, step: float) -> NDArray:
    """中央差分：不用任何推導，量出損失對每一個參數的斜率。

    用在哪裡：檢查手推的梯度。它慢（每個參數要算兩次損失），但是不會和你的推導犯同一個錯。
    公式：第 i 個參數的斜率是 [L(θ + h e_i) − L(θ − h e_i)] / (2h)，h 是 step；一次只動一個參數。
    形狀：theta 可以是任何形狀，傳回同形狀。
    例子：loss 是各元素的三次方的和，theta = [1, 2]、step = 0.1，傳回 [3.01, 12.01]。
    讀：第 9 章「這個檢查，抓得到錯嗎？」；第 8 章也用差分核對梯度。
    """
    ### BEGIN SOLUTION
    gradient = np.empty(theta.shape)
    for place in np.ndindex(*theta.shape):
        # 每次都從原來的 theta 出發；在同一份上加了忘記減回去，後面的斜率就是別的點的。
        up, down = theta.astype(float), theta.astype(float)
        up[place] += step
        down[place] -= step
        gradient[place] = (loss(up) - loss(down)) / (2 * step)
    return gradient
    ### END SOLUTION


def relative_difference(ours: NDArray, theirs: NDArray) -> float:
    """兩個程式的同一塊數，差多少。

    用在哪裡：這一章所有的「相對差」。
    公式：最大的 |ours − theirs|，除以最大的 |theirs|。兩塊全是 0 是 0；只有 theirs 全是 0，是無限大。
    形狀：兩個同形狀的陣列，傳回純量。
    例子：ours = [1, −4.1]、theirs = [1, −4]，答案是 0.025。
    讀：第 9 章「同樣的輸入，輸出差多少？」
    """
    ### BEGIN SOLUTION
    # 分母用整塊最大的，不是逐格的：本來就接近 0 的格子，捨入的雜訊除以它會大得嚇人。
    gap, scale = np.max(np.abs(ours - theirs)), np.max(np.abs(theirs))
    if scale == 0:
        return 0.0 if gap == 0 else np.inf
    return float(gap / scale)
    ### END SOLUTION


def adam_change(
    first: NDArray, second: NDArray, step: int, learning_rate: float, epsilon: float, convention: str
) -> NDArray:
    """Adam 這一步要減掉多少，兩種 ε 的慣例。

    用在哪裡：論文（"paper"）與 Keras（"keras"）的 Adam，梯度小的參數步長差到三十倍；比對之前要講明是哪一種。
    公式：first 與 second 是已經更新、還沒修正的 m 與 v，m̂ = m/(1 − 0.9^t)，v̂ = v/(1 − 0.999^t)。
          "paper"：α m̂ / (√v̂ + ε)
          "keras"：α √(1 − 0.999^t)/(1 − 0.9^t) · m / (√v + ε)
          兩個 ε 各加在哪一個根號之後？修正以前，還是以後？
    形狀：first 與 second 同形狀，step 是 t（第一步是 1）；傳回同形狀。
    例子：first = [1e-7]、second = [1e-15]、step = 1、learning_rate = 1、epsilon = 1e-7：
          "paper" 是 [0.9090909]，"keras" 是 [0.2402531]。
    讀：第 9 章「走幾百步，還一樣嗎？」
    """
    ### BEGIN SOLUTION
    scale = np.sqrt(1 - 0.999**step)
    # 論文的式子上下同乘 √(1 − β₂^t)，就是 Keras 的樣子，只是 ε 也跟著被乘了；差別只在這裡。
    within = epsilon * scale if convention == "paper" else epsilon
    return learning_rate * scale / (1 - 0.9**step) * first / (np.sqrt(second) + within)
    ### END SOLUTION


def odd_one_out(values: NDArray, tolerance: float) -> tuple[int, int]:
    """三個引擎算同樣的幾個數：誰錯了，從哪一個數開始錯？

    用在哪裡：兩個程式不一樣時，只知道有一個錯；第三個說得出是誰。越早不同的那個數，離錯的地方越近。
    公式：兩個數的差是 |a − b| / max(|a|, |b|)（都是 0 時差是 0），超過 tolerance 就是不同。
          從第 0 個數往後，找到第一個「三個引擎不全相同」的：兩個相同、一個不同，傳回（那個引擎, 第幾個數）；
          三個互不相同，或分不出是誰（不是恰好有一對相同），傳回（−1, 第幾個數）；全部相同傳回（−1, −1）。
    形狀：values 是 (3, Q)，一列一個引擎；傳回兩個整數，都從 0 數起。
    例子：values = [[1, 2, 9], [1, 2.5, 9], [1, 2, 7]]、tolerance = 0.01，傳回 (1, 1)。
    讀：第 9 章「兩個程式的數不一樣，是誰錯了？」
    """

    ### BEGIN SOLUTION
    def same(a: float, b: float) -> bool:
        return bool(abs(a - b) <= tolerance * max(abs(a), abs(b)))

    for quantity, column in enumerate(values.T):
        # 拿掉第 k 個，剩下的兩個相同；只有一個 k 是這樣，不同的就是它。
        suspects = [k for k in range(3) if same(*np.delete(column, k))]
        if len(suspects) < 3:
            return (suspects[0], quantity) if len(suspects) == 1 else (-1, quantity)
    return -1, -1
    ### END SOLUTION


def _broken_cross_entropy(x: NDArray, logits: NDArray) -> float:
    """別人的重建誤差（壞的，不要改它）。"""
    p = np.clip(1 / (1 + np.exp(-logits)), 1e-7, 1 - 1e-7)
    return float(-np.mean(np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=1)))


def mend_cross_entropy(x: NDArray, logits: NDArray) -> tuple[str, float, NDArray]:
    """找錯：有一格錯得離譜，損失停在 16.1，訓練一百個週期也不動；三個引擎算出來的都一樣。

    用在哪裡：三個引擎一致，只表示它們相信同一條式子。_broken_cross_entropy 平常看不出毛病，
              logit 到 30 還猜錯的那一格，卻收不到任何梯度。
    公式：病因從這裡選一個，傳回它的字母：
          "a" 對欄加總了，應該平均　"b" 機率被截斷　"c" 少了對列的平均　"d" float32 的位數不夠
          對的損失：−(1/N) Σ_列 Σ_欄 [x log p + (1 − x) log(1 − p)]，p = sigmoid(logit)，由 logit 直接算；
          再傳回它對 logits 的梯度。
    形狀：x 與 logits 是 (N, D)，logits 可能到 ±1000；傳回 (病因的字母, 純量, (N, D))。
    例子：x = [[1, 0]]、logits = [[−30, 0]]：對的損失是 30.693147，梯度是 [[−1, 0.5]]。病因請你自己找。
    讀：第 9 章「框架替你做了哪些決定？」、第 5 章「0 與 1 的欄位該用哪一種誤差？」
    """
    ### BEGIN SOLUTION
    # 截斷以後，p 不再隨 logit 改變，斜率就是 0。由 logit 算的 log(1 + e^a) − x a，錯得越遠罰得越重。
    loss = np.mean(np.sum(np.logaddexp(0, logits) - x * logits, axis=1))
    gradient = (0.5 + 0.5 * np.tanh(0.5 * logits) - x) / len(x)
    return "b", float(loss), gradient
    ### END SOLUTION
