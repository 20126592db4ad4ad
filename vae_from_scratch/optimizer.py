"""Adam（第 8 章）：每個參數有自己的步長，由梯度的一階與二階動差決定。"""

from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from numpy.typing import NDArray

CONVENTIONS = ("paper", "keras")
DENORMAL_GUARD = 1e-30
FLUSH_EVERY = 100


@dataclass
class Adam:
    r"""Adam（Kingma & Ba, 2015），就地更新一條平坦的參數向量。

    .. math::

        m &\leftarrow \beta_1 m + (1-\beta_1) g, \qquad v \leftarrow \beta_2 v + (1-\beta_2) g^2 \\
        \theta &\leftarrow \theta - \alpha\,\hat m / (\sqrt{\hat v} + \epsilon)

    ``epsilon_convention="paper"``：ε 加在修正偏誤之後的 :math:`\sqrt{\hat v}`（論文的式子）；
    ``"keras"``：ε 加在修正之前的 :math:`\sqrt{v}`（Keras 與論文第 2 節末的寫法）。前 100 步兩者可差 8%。

    內部存的是 m/(1−β₁) 與 v/(1−β₂)，每一步省下兩趟全長的乘法。

    參數
        size：參數向量的長度；``update`` 的兩個引數都是 (size,)。
        learning_rate、beta1、beta2、epsilon：式子裡的 α、β₁、β₂、ε。
        step：走了幾步；接續訓練時由檢查點帶回來。

    引發
        ValueError：``epsilon_convention`` 不是上面兩個。

    例子
        >>> adam, theta = Adam(size=2, learning_rate=0.1), np.array([1.0, -1.0])
        >>> adam.update(theta, gradient=np.array([3.0, -0.01]))
        >>> theta.round(4)
        array([ 0.9, -0.9])
    """

    size: int
    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7
    epsilon_convention: str = "paper"
    dtype: str = "float64"
    step: int = 0
    first_moment: NDArray = field(init=False, repr=False)
    second_moment: NDArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.epsilon_convention not in CONVENTIONS:
            raise ValueError(
                f"引數 epsilon_convention 是 {self.epsilon_convention!r}；可用的是 {'、'.join(CONVENTIONS)}。"
            )
        self.first_moment = np.zeros(self.size, self.dtype)
        self.second_moment = np.zeros(self.size, self.dtype)

    def update(self, parameters: NDArray, gradient: NDArray) -> None:
        """走一步：``parameters`` (size,) 就地更新，``gradient`` (size,) 被當成暫存區用掉。"""
        self.step += 1
        rate, epsilon = self._scaled_rate_and_epsilon()
        m, v, work = self.first_moment, self.second_moment, gradient
        m *= self.beta1
        m += gradient
        np.square(gradient, out=work)
        v *= self.beta2
        v += work
        np.sqrt(v, out=work)
        work += epsilon
        np.divide(m, work, out=work)
        work *= rate
        parameters -= work
        if self.step % FLUSH_EVERY == 0:
            self.flush_denormals()

    def _scaled_rate_and_epsilon(self) -> tuple[float, float]:
        """把偏誤修正與動差的縮放全收進兩個純量。"""
        correction1, correction2 = 1 - self.beta1**self.step, 1 - self.beta2**self.step
        rate = self.learning_rate * sqrt(correction2) / correction1
        epsilon = self.epsilon * (sqrt(correction2) if self.epsilon_convention == "paper" else 1.0)
        scale = sqrt(1 - self.beta2)
        return rate * (1 - self.beta1) / scale, epsilon / scale

    def flush_denormals(self) -> None:
        """把小到快成為非正規數（denormal）的動差歸零，否則處理器要走慢路，一步可以慢上一倍。

        很少出現的類別，動差每一步乘 0.9；float32 不到一千步就進了非正規數。一百步最多縮小 10⁴·⁶ 倍，
        所以每 ``FLUSH_EVERY`` 步檢查一次就夠。
        """
        for moment in (self.first_moment, self.second_moment):
            moment *= np.abs(moment) >= DENORMAL_GUARD
