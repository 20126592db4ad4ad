"""概似：解碼器的輸出怎樣變成 log p(x|z)（第 5 章）。

三種概似的介面相同。``output`` 是解碼器最後一層、還沒有套任何函數的值 ``(N, n_outputs)``；
``noise_log_var`` 是概似自己要學的參數 ``(n_parameters,)``，只有 ``Gaussian("learned")`` 有一個。
``gradient`` 的式子寫在 ``log_prob`` 的旁邊，第 8 章逐一推導。
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .gaussian import LOG_2PI

NO_PARAMETERS = np.empty(0)


class Likelihood(Protocol):
    """概似要會的事：對數密度、它的梯度、期望值與抽樣。"""

    @property
    def n_parameters(self) -> int: ...
    def n_outputs(self, n_columns: int) -> int: ...
    def check(self, x: NDArray, name: str = "X") -> None: ...
    def log_prob(self, x: NDArray, output: NDArray, noise_log_var: NDArray = ...) -> NDArray: ...
    def gradient(
        self, x: NDArray, output: NDArray, noise_log_var: NDArray = ...
    ) -> tuple[NDArray, NDArray]: ...
    def mean(self, output: NDArray) -> NDArray: ...
    def sample(self, output: NDArray, rng: np.random.Generator, noise_log_var: NDArray = ...) -> NDArray: ...


def sigmoid(a: NDArray) -> NDArray:
    """1 / (1 + e^(−a))，用 tanh 寫：a 再大也不會溢位。"""
    return 0.5 + 0.5 * np.tanh(0.5 * a)


@dataclass(frozen=True)
class Bernoulli:
    """每一欄是獨立的 0/1 變數，輸出是 logit。"""

    n_parameters = 0

    def n_outputs(self, n_columns: int) -> int:
        return n_columns

    def check(self, x: NDArray, name: str = "X") -> None:
        """資料必須落在 [0, 1]；嚴格說只有 0 與 1 才是機率模型（第 5 章）。"""
        outside = (x < 0) | (x > 1)
        if outside.any():
            row, column = np.argwhere(outside)[0]
            raise ValueError(
                f"資料 {name} 的第 {row} 列第 {column} 欄是 {x[row, column]:g}；伯努利概似"
                "（likelihood=\"bernoulli\"）只接受 0 到 1 的值。"
                "請先做獨熱編碼，或改用 likelihood=\"gaussian\"。"
            )

    def log_prob(self, x: NDArray, output: NDArray, noise_log_var: NDArray = NO_PARAMETERS) -> NDArray:
        r"""log p(x|z) = Σ [x a − log(1 + eᵃ)]，(N, D) → (N,)，單位 nats。

        log(1 + eᵃ) 寫成 max(a, 0) + log1p(e^(−|a|))，a = ±10⁴ 也有限；先減 max(a, 0)，
        猜對的格子（x = 1、a 很大）才不會把 e^(−a) 這麼小的誤差捨入成 0。
        """
        return np.sum(x * output - np.maximum(output, 0) - np.log1p(np.exp(-np.abs(output))), axis=-1)

    def gradient(
        self, x: NDArray, output: NDArray, noise_log_var: NDArray = NO_PARAMETERS
    ) -> tuple[NDArray, NDArray]:
        """∂ log p / ∂a = x − sigmoid(a)，形狀 (N, D)。"""
        return x - sigmoid(output), NO_PARAMETERS

    def mean(self, output: NDArray) -> NDArray:
        """E[x|z] = sigmoid(a)。"""
        return sigmoid(output)

    def sample(
        self, output: NDArray, rng: np.random.Generator, noise_log_var: NDArray = NO_PARAMETERS
    ) -> NDArray:
        return (rng.random(output.shape) < sigmoid(output)).astype(output.dtype)


def checked_groups(groups: Sequence[int]) -> tuple[int, ...]:
    """各變數的水準個數：至少一個變數，每個都是正整數。"""
    sizes = tuple(groups)
    if not sizes or not all(isinstance(size, Integral) and size > 0 for size in sizes):
        raise ValueError(f"引數 groups（各變數的水準個數）是 {groups!r}；請給正整數，例如 (5, 2, 7)。")
    return tuple(int(size) for size in sizes)


@dataclass(frozen=True)
class Categorical:
    """每個類別變數一個 softmax；``groups`` 是各變數的水準個數，依欄的順序。

    某個變數整組為 0 表示缺失，它不進概似（對觀察到的資料求概似，隨機缺失的假設見第 5 章）。
    """

    groups: Sequence[int]
    n_parameters = 0
    starts: NDArray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        groups = checked_groups(self.groups)
        object.__setattr__(self, "groups", groups)
        object.__setattr__(self, "starts", np.cumsum((0, *groups[:-1])))

    def n_outputs(self, n_columns: int) -> int:
        if n_columns != sum(self.groups):
            raise ValueError(
                f"資料 X 有 {n_columns} 欄，引數 groups 的總和卻是 {sum(self.groups)}；"
                "請用同一個編碼規則的 groups。"
            )
        return n_columns

    def check(self, x: NDArray, name: str = "X") -> None:
        """每一組恰有一個 1，或全是 0（缺失）。"""
        not_binary = self._group_sum((x != 0) & (x != 1)) > 0
        bad = not_binary | (self._group_sum(x) > 1)
        if bad.any():
            row, group = np.argwhere(bad)[0]
            raise ValueError(
                f"資料 {name} 的第 {row} 列、第 {group} 個變數是 {self._split(x)[group][row]}；類別概似"
                "（likelihood=\"categorical\"）的每一組只能恰有一個 1，或全是 0（缺失）。請檢查獨熱編碼。"
            )

    def log_prob(self, x: NDArray, output: NDArray, noise_log_var: NDArray = NO_PARAMETERS) -> NDArray:
        """log p(x|z) = Σ_g m_g [a_{g,k} − log Σ_j e^(a_{g,j})]，m_g 是「有觀察到」。單位 nats。"""
        shifted = output - self._spread(np.maximum.reduceat(output, self.starts, axis=-1))
        log_partition = np.log(self._group_sum(np.exp(shifted)))
        return np.sum(x * shifted, axis=-1) - np.sum(self._group_sum(x) * log_partition, axis=-1)

    def gradient(
        self, x: NDArray, output: NDArray, noise_log_var: NDArray = NO_PARAMETERS
    ) -> tuple[NDArray, NDArray]:
        """∂ log p / ∂a = x − m_g softmax_g(a)，形狀 (N, D)。"""
        return x - self._spread(self._group_sum(x)) * self.mean(output), NO_PARAMETERS

    def mean(self, output: NDArray) -> NDArray:
        """E[x|z]：每一組各自的 softmax。"""
        weights = np.exp(output - self._spread(np.maximum.reduceat(output, self.starts, axis=-1)))
        return weights / self._spread(self._group_sum(weights))

    def sample(
        self, output: NDArray, rng: np.random.Generator, noise_log_var: NDArray = NO_PARAMETERS
    ) -> NDArray:
        """Gumbel-max：加上 Gumbel 雜訊後，每一組取最大的那個，機率正好是 softmax。"""
        noisy = output + rng.gumbel(size=output.shape)
        best = np.stack([np.argmax(part, axis=-1) for part in self._split(noisy)], axis=-1)
        x = np.zeros(output.shape, output.dtype)
        np.put_along_axis(x, best + self.starts, 1, axis=-1)
        return x

    def _split(self, values: NDArray) -> list[NDArray]:
        return np.split(values, self.starts[1:], axis=-1)

    def _group_sum(self, values: NDArray) -> NDArray:
        return np.add.reduceat(values, self.starts, axis=-1)

    def _spread(self, per_group: NDArray) -> NDArray:
        return np.repeat(per_group, self.groups, axis=-1)


@dataclass(frozen=True)
class Gaussian:
    """每一欄是常態變數，變異數 ``variance`` 固定，或由資料學出一個共用的值（``"learned"``）。"""

    variance: float | str = 1.0

    def __post_init__(self) -> None:
        if isinstance(self.variance, Real) and 0 < self.variance < np.inf:
            return
        if isinstance(self.variance, str) and self.variance == "learned":
            return
        raise ValueError(f"引數 variance（變異數）是 {self.variance!r}；請給正數，或 \"learned\"。")

    @property
    def n_parameters(self) -> int:
        return int(self.variance == "learned")

    def n_outputs(self, n_columns: int) -> int:
        return n_columns

    def check(self, x: NDArray, name: str = "X") -> None:
        """任何有限的實數都可以。"""

    def log_var(self, noise_log_var: NDArray) -> Any:
        """log s²：固定的，或學出來的那一個。"""
        # 這裡與下面的 float(...)：NumPy 的 float64 純量會把 float32 的計算悄悄升成 float64，Python 的不會。
        return noise_log_var[0] if self.n_parameters else math.log(float(self.variance))

    def log_prob(self, x: NDArray, output: NDArray, noise_log_var: NDArray = NO_PARAMETERS) -> NDArray:
        """log p(x|z) = −½ Σ [log 2π + log s² + (x − a)²/s²]，單位 nats。"""
        log_var = self.log_var(noise_log_var)
        precision = float(np.exp(-log_var))
        return -0.5 * np.sum(LOG_2PI + log_var + (x - output) ** 2 * precision, axis=-1)

    def gradient(
        self, x: NDArray, output: NDArray, noise_log_var: NDArray = NO_PARAMETERS
    ) -> tuple[NDArray, NDArray]:
        """∂/∂a = (x − a)/s²；∂/∂ log s² = ½ Σ [(x − a)²/s² − 1]，後者對列求和。"""
        precision = float(np.exp(-self.log_var(noise_log_var)))
        scaled = (x - output) * precision
        if not self.n_parameters:
            return scaled, NO_PARAMETERS
        return scaled, 0.5 * np.sum(scaled * (x - output) - 1, keepdims=True).reshape(1)

    def mean(self, output: NDArray) -> NDArray:
        """E[x|z] = a。"""
        return output

    def sample(
        self, output: NDArray, rng: np.random.Generator, noise_log_var: NDArray = NO_PARAMETERS
    ) -> NDArray:
        scale = float(np.exp(0.5 * self.log_var(noise_log_var)))
        return output + scale * rng.standard_normal(output.shape).astype(output.dtype)
