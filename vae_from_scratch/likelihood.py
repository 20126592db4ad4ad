"""概似：解碼器的輸出怎樣變成 log p(x|z)（第 5 章）。

四種概似的介面相同。``output`` 是解碼器最後一層、還沒有套任何函數的值 ``(N, n_outputs)``；
``noise_log_var`` 是概似自己要學的參數 ``(n_parameters,)``：``Gaussian("learned")`` 有一個，``Mixed`` 一個
數字一個，別的沒有。``gradient`` 的式子寫在 ``log_prob`` 的旁邊，第 8 章逐一推導。
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .gaussian import LOG_2PI
from .groups import Groups

NO_PARAMETERS = np.empty(0)
#: 超出 [0, 1] 這麼少，是縮放時的捨入：float32 的 1 ulp 是 1.2e-7，縮放時的加減會再放大幾倍。
ROUNDING = 1e-6


class Likelihood(Protocol):
    """概似要會的事：對數密度、它的梯度、期望值與抽樣。"""

    @property
    def n_parameters(self) -> int: ...
    def n_outputs(self, n_columns: int) -> int: ...
    def check(self, x: NDArray, name: str = "X") -> NDArray: ...
    def log_prob(self, x: NDArray, output: NDArray, noise_log_var: NDArray = ...) -> NDArray: ...
    def gradient(
        self, x: NDArray, output: NDArray, noise_log_var: NDArray = ...
    ) -> tuple[NDArray, NDArray]: ...
    def mean(self, output: NDArray) -> NDArray: ...
    def sample(self, output: NDArray, rng: np.random.Generator, noise_log_var: NDArray = ...) -> NDArray: ...


def sigmoid(a: NDArray) -> NDArray:
    """1 / (1 + e^(−a))，用 tanh 寫：a 再大也不會溢位。"""
    return 0.5 + 0.5 * np.tanh(0.5 * a)


def log1p(t: NDArray) -> NDArray:
    """log(1 + t)，t ≥ 0，t 再小也準。

    NumPy 的 float32 版一次只算一個數，比 ``log`` 慢四倍；所以算 log u，u = 1 + t，再補回 u 捨入掉的那一點。
    """
    if t.dtype != np.float32:
        return np.log1p(t)
    u = 1 + t
    return np.log(u) + (t - (u - 1)) / u


@dataclass(frozen=True)
class Bernoulli:
    """每一欄是獨立的 0/1 變數，輸出 a 是 logit：p(x = 1|z) = sigmoid(a)。x 與 a 的形狀都是 (N, D)。

    >>> Bernoulli().log_prob(np.array([[1.0, 0.0]]), np.array([[0.0, -20.0]])).round(4)  # log ½ + log 1
    array([-0.6931])
    """

    n_parameters = 0

    def n_outputs(self, n_columns: int) -> int:
        """解碼器要幾個輸出：一欄一個。"""
        return n_columns

    def check(self, x: NDArray, name: str = "X") -> NDArray:
        """資料必須落在 [0, 1]；嚴格說只有 0 與 1 才是機率模型（第 5 章）。傳回要用的值 (N, D)。

        超出不到 ``ROUNDING`` 的是縮放時的捨入（``MinMaxScaler`` 會給 1.0000000000000002），當作 0 或 1。
        """
        outside = (x < -ROUNDING) | (x > 1 + ROUNDING)
        if outside.any():
            row, column = np.argwhere(outside)[0]
            raise ValueError(
                f"資料 {name} 的第 {row} 列第 {column} 欄是 {x[row, column]:g}；伯努利概似"
                '（likelihood="bernoulli"）只接受 0 到 1 的值。'
                f'{_pixel_hint(x)}請先做獨熱編碼，或改用 likelihood="gaussian"。'
            )
        return np.clip(x, 0, 1) if (x < 0).any() or (x > 1).any() else x

    def log_prob(self, x: NDArray, output: NDArray, noise_log_var: NDArray = NO_PARAMETERS) -> NDArray:
        r"""log p(x|z) = Σ [x a − log(1 + eᵃ)]，(N, D) → (N,)，單位 nats。

        log(1 + eᵃ) 寫成 max(a, 0) + log1p(e^(−|a|))，a = ±10⁴ 也有限；先減 max(a, 0)，
        猜對的格子（x = 1、a 很大）才不會把 e^(−a) 這麼小的誤差捨入成 0。
        """
        positive = np.maximum(output, np.zeros_like(output))  # 與同形狀的 0 比，才用得上 SIMD 指令
        return (x * output - positive - log1p(np.exp(-np.abs(output)))).sum(axis=-1)

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
        """抽 x：每一欄各丟一次，(N, D) → (N, D)。"""
        return (rng.random(output.shape) < sigmoid(output)).astype(output.dtype)


def _pixel_hint(x: NDArray) -> str:
    """全是非負的整數、最大的像影像的亮度（16 階或 256 階），多半是忘了縮放的像素。"""
    if 15 <= x.max() <= 255 and x.min() >= 0 and (x == np.rint(x)).all():
        return "若這是像素，請除以可能的最大值（0 到 255 的影像是 X / 255）；不是像素，"
    return ""


@dataclass(frozen=True)
class Categorical:
    """每個類別變數一個 softmax；``groups`` 是各變數的水準個數，依欄的順序。

    某個變數整組為 0 表示缺失，它不進概似（對觀察到的資料求概似，隨機缺失的假設見第 5 章）。
    x 與輸出 a 的形狀都是 (N, D)，D 是 ``groups`` 的總和。

    >>> x = np.array([[1.0, 0.0, 0.0, 0.0, 0.0]])  # 第一個變數是第 0 個水準，第二個缺失
    >>> Categorical((2, 3)).log_prob(x, np.zeros((1, 5))).round(4)  # log ½
    array([-0.6931])
    """

    groups: Sequence[int]
    n_parameters = 0
    blocks: Groups = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", Groups(self.groups))
        object.__setattr__(self, "groups", self.blocks.sizes)

    @property
    def n_columns(self) -> int:
        """一列的寬度 D。"""
        return self.blocks.total

    def n_outputs(self, n_columns: int) -> int:
        """解碼器要幾個輸出：一個水準一個；欄數與 ``groups`` 不合引發 ``ValueError``。"""
        if n_columns != self.blocks.total:
            raise ValueError(
                f"資料 X 有 {n_columns} 欄，引數 groups 的總和卻是 {self.blocks.total}；"
                "請用同一個編碼規則的 groups。"
            )
        return n_columns

    def check(self, x: NDArray, name: str = "X") -> NDArray:
        """每一組恰有一個 1，或全是 0（缺失）；傳回 x 本身。"""
        not_binary = self.blocks.sum((x != 0) & (x != 1)) > 0
        bad = not_binary | (self.blocks.sum(x) > 1)
        if bad.any():
            row, group = np.argwhere(bad)[0]
            raise ValueError(
                f"資料 {name} 的第 {row} 列、第 {group} 個變數是 {self.blocks.split(x)[group][row]}；類別概似"
                '（likelihood="categorical"）的每一組只能恰有一個 1，或全是 0（缺失）。請檢查獨熱編碼。'
            )
        return x

    def log_prob(self, x: NDArray, output: NDArray, noise_log_var: NDArray = NO_PARAMETERS) -> NDArray:
        """log p(x|z) = Σ_g m_g [a_{g,k} − log Σ_j e^(a_{g,j})]，m_g 是「有觀察到」。單位 nats。"""
        shifted = output - self.blocks.spread(self.blocks.max(output))
        log_partition = np.log(self.blocks.sum(np.exp(shifted)))
        return np.sum(x * shifted, axis=-1) - np.sum(self.blocks.sum(x) * log_partition, axis=-1)

    def known(self, x: NDArray) -> NDArray:
        """哪些格子有值：(N, D) → 布林 (N, V)。"""
        return self.blocks.known(x)

    def cell_log_prob(self, x: NDArray, output: NDArray, noise_log_var: NDArray = NO_PARAMETERS) -> NDArray:
        """每個變數的 log p(x_v|z)，缺失的是 0：(N, D) → (N, V)，單位 nats；加起來就是 ``log_prob``。"""
        shifted = output - self.blocks.spread(self.blocks.max(output))
        log_softmax = shifted - self.blocks.spread(np.log(self.blocks.sum(np.exp(shifted))))
        return self.blocks.sum(x * log_softmax)

    def gradient(
        self, x: NDArray, output: NDArray, noise_log_var: NDArray = NO_PARAMETERS
    ) -> tuple[NDArray, NDArray]:
        """∂ log p / ∂a = x − m_g softmax_g(a)，形狀 (N, D)。"""
        return x - self.blocks.spread(self.blocks.sum(x)) * self.mean(output), NO_PARAMETERS

    def mean(self, output: NDArray) -> NDArray:
        """E[x|z]：每一組各自的 softmax。"""
        weights = np.exp(output - self.blocks.spread(self.blocks.max(output)))
        return weights / self.blocks.spread(self.blocks.sum(weights))

    def sample(
        self, output: NDArray, rng: np.random.Generator, noise_log_var: NDArray = NO_PARAMETERS
    ) -> NDArray:
        """Gumbel-max：加上 Gumbel 雜訊後，每一組取最大的那個，機率正好是 softmax。"""
        noisy = output + rng.gumbel(size=output.shape)
        return self.blocks.one_hot(self.blocks.codes(noisy), output.dtype)


@dataclass(frozen=True)
class Gaussian:
    """每一欄是常態變數，變異數 ``variance`` 固定，或由資料學出一個共用的值（``"learned"``）。

    x 與輸出 a（平均值）的形狀都是 (N, D)。

    >>> Gaussian(0.25).log_prob(np.array([[1.0]]), np.array([[0.5]])).round(4)  # 差一個標準差
    array([-0.7258])
    """

    variance: float | str = 1.0

    def __post_init__(self) -> None:
        if isinstance(self.variance, Real) and 0 < self.variance < np.inf:
            return
        if isinstance(self.variance, str) and self.variance == "learned":
            return
        raise ValueError(f'引數 variance（變異數）是 {self.variance!r}；請給正數，或 "learned"。')

    @property
    def n_parameters(self) -> int:
        """自己要學的參數：學變異數時 1 個，否則 0。"""
        return int(self.variance == "learned")

    def n_outputs(self, n_columns: int) -> int:
        """解碼器要幾個輸出：一欄一個。"""
        return n_columns

    def check(self, x: NDArray, name: str = "X") -> NDArray:
        """任何有限的實數都可以；傳回 x 本身。"""
        return x

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
        """抽 x = a + s ε：(N, D) → (N, D)。"""
        scale = float(np.exp(0.5 * self.log_var(noise_log_var)))
        return output + scale * rng.standard_normal(output.shape).astype(output.dtype)


@dataclass(frozen=True)
class Mixed:
    r"""類別與數字並存：每個類別變數一個 softmax，每個數字一個常態，變異數一欄一個，由資料學出來。

    .. math:: \log p(x|z) = \sum_g m_g \log\operatorname{softmax}(a_g)_{k_g}
       + \sum_j m_j \log N(v_j;\, a_j,\, s_j^2), \qquad s_j^2 = s_0^2 + e^{\ell_j}

    m 是「有觀察到」：缺失的格子不進概似。下限 :math:`s_0^2`（``floor``）不讓常數的欄把變異數學到 0。
    一列 x 是 ``[獨熱 | 數字 | 有沒有觀察到]``，寬 K + 2M：K 是 ``groups`` 的總和，M 是 ``n_numbers``；沒有
    觀察到的數字寫 0，旁邊的 0 告訴編碼器「這裡不知道」。輸出 a 是 ``[logit | 平均值]``，寬 K + M。
    ``noise_log_var`` 是 ℓ (M,)。

    ``spiked`` 是在 0 有尖峰的數字（泳池面積多半是 0）：``groups`` 的最後幾個變數依序是它們的旗標，水準 0
    是「零」，1 是「不是零」；旗標是零的，數字就當作沒有觀察到，常態只管不是零的那些。
    數字的對數密度隨單位而變，所以先標準化，尺度相同才能比。
    出處：Nazábal et al. (2020)，異質資料的 VAE（HI-VAE）。

    >>> likelihood = Mixed((2,), 1, floor=0.0)
    >>> x = np.array([[1.0, 0.0, 0.5, 1.0], [0.0, 1.0, 0.0, 0.0]])  # 第二列的數字缺失
    >>> likelihood.log_prob(x, np.zeros((2, 3)), np.zeros(1)).round(4)  # log ½ + log N(½; 0, 1)；log ½
    array([-1.7371, -0.6931])
    """

    groups: Sequence[int]
    n_numbers: int
    spiked: Sequence[int] = ()
    floor: float = 1e-4
    categorical: Categorical = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "categorical", Categorical(self.groups))
        object.__setattr__(self, "groups", self.categorical.groups)
        object.__setattr__(self, "n_numbers", int(self.n_numbers))
        object.__setattr__(self, "spiked", tuple(int(j) for j in self.spiked))
        flags, numbers = self.groups[len(self.groups) - len(self.spiked) :], range(self.n_numbers)
        if len(set(self.spiked)) < len(self.spiked) or not set(self.spiked) <= set(numbers):
            raise ValueError(
                f"引數 spiked 是 {self.spiked}；請給 0 到 {self.n_numbers - 1} 之間、不重複的位置。"
            )
        if flags != (2,) * len(self.spiked):
            raise ValueError(
                f"引數 spiked 有 {len(self.spiked)} 個，groups 的最後幾個卻是 {flags}；"
                "每個旗標有兩個水準，請補上 2。"
            )
        if not self.groups and not self.n_numbers:
            raise ValueError("引數 groups 與 n_numbers 都是空的；至少要有一個變數。")
        if not isinstance(self.floor, Real) or not 0 <= self.floor < np.inf:
            raise ValueError(
                f"引數 floor（變異數的下限）是 {self.floor!r}；請給 0 以上的有限實數，例如 1e-4。"
            )

    @property
    def blocks(self) -> Groups:
        """類別變數（與旗標）的各塊。"""
        return self.categorical.blocks

    @property
    def n_levels(self) -> int:
        """獨熱的那幾欄 K。"""
        return self.blocks.total

    @property
    def n_columns(self) -> int:
        """一列的寬度 K + 2M。"""
        return self.n_levels + 2 * self.n_numbers

    @property
    def n_parameters(self) -> int:
        """自己要學的參數：一個數字一個 ℓ。"""
        return self.n_numbers

    def n_outputs(self, n_columns: int) -> int:
        """解碼器要幾個輸出：一個水準一個、一個數字一個；欄數不合引發 ``ValueError``。"""
        if n_columns != self.n_columns:
            raise ValueError(
                f"資料 X 有 {n_columns} 欄；{self.n_levels} 個水準與 {self.n_numbers} 個數字要 "
                f"{self.n_columns} 欄（獨熱、數字、有沒有觀察到）。請用同一個編碼規則。"
            )
        return self.n_levels + self.n_numbers

    def split(self, x: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """切成獨熱 (N, K)、數字 (N, M)、有沒有觀察到 (N, M)，都是檢視。"""
        first, second = self.n_levels, self.n_levels + self.n_numbers
        return x[:, :first], x[:, first:second], x[:, second:]

    def variance(self, noise_log_var: NDArray) -> NDArray:
        """每個數字的 s² = s₀² + e^ℓ，(M,)。"""
        return self.floor + np.exp(noise_log_var)

    def at_floor(self, noise_log_var: NDArray) -> NDArray:
        """哪些數字的變異數碰到下限（e^ℓ < s₀²）；布林 (M,)。多半是常數，或 z 說得完的欄。"""
        return np.exp(noise_log_var) < self.floor

    def check(self, x: NDArray, name: str = "X") -> NDArray:
        """獨熱照 ``Categorical``；觀察與否是 0 或 1；沒有觀察到的數字是 0。傳回 x 本身。"""
        levels, numbers, observed = self.split(x)
        self.categorical.check(levels, name)
        wrong = ((observed != 0) & (observed != 1)) | ((observed == 0) & (numbers != 0))
        wrong[:, self.spiked] |= (observed == 1)[:, self.spiked] & (self._flags(levels) != 1)
        if wrong.any():
            row, j = np.argwhere(wrong)[0]
            raise ValueError(
                f"資料 {name} 的第 {row} 列、第 {j} 個數字是 {numbers[row, j]:g}，有沒有觀察到是 "
                f"{observed[row, j]:g}；後者只能是 0 或 1，沒有觀察到的數字要寫 0，旗標是零的不能有值。"
                "請檢查編碼。"
            )
        return x

    def log_prob(self, x: NDArray, output: NDArray, noise_log_var: NDArray = NO_PARAMETERS) -> NDArray:
        """log p(x|z)，(N, K + 2M) → (N,)，單位 nats；數字的尺度是標準化以後的。"""
        logits, _ = self._halves(output)
        numbers = self._number_log_prob(x, output, noise_log_var)
        return self.categorical.log_prob(self.split(x)[0], logits) + numbers.sum(axis=-1)

    def gradient(
        self, x: NDArray, output: NDArray, noise_log_var: NDArray = NO_PARAMETERS
    ) -> tuple[NDArray, NDArray]:
        r"""∂/∂logit 照 ``Categorical``；∂/∂a_j = m_j (v_j − a_j)/s²；ℓ 的那一份對列求和：

        .. math:: \frac{\partial}{\partial \ell_j} =
           \frac{e^{\ell_j}}{2 s_j^2}\sum m_j\Bigl[\frac{(v_j - a_j)^2}{s_j^2} - 1\Bigr]
        """
        (levels, numbers, observed), (logits, means) = self.split(x), self._halves(output)
        d_output, variance = np.empty_like(output), self.variance(noise_log_var)
        d_logits, d_means = self._halves(d_output)
        d_logits[:] = self.categorical.gradient(levels, logits)[0]
        difference = observed * (numbers - means)
        np.divide(difference, variance, out=d_means)
        excess = (d_means * difference - observed).sum(axis=0)
        return d_output, 0.5 * excess * np.exp(noise_log_var) / variance

    def mean(self, output: NDArray) -> NDArray:
        """各水準的機率與數字的平均值：(N, K + M)，與輸出同樣的排法。"""
        logits, means = self._halves(output)
        return np.hstack([self.categorical.mean(logits), means])

    def sample(
        self, output: NDArray, rng: np.random.Generator, noise_log_var: NDArray = NO_PARAMETERS
    ) -> NDArray:
        """抽一列一列的 x，(N, K + 2M)：旗標抽到零的數字沒有值，別的都有。"""
        logits, means = self._halves(output)
        levels = self.categorical.sample(logits, rng)
        scale = np.sqrt(self.variance(noise_log_var)).astype(output.dtype)
        numbers = means + scale * rng.standard_normal(means.shape).astype(output.dtype)
        observed = np.ones_like(numbers)
        observed[:, self.spiked] = self._flags(levels)
        return np.hstack([levels, numbers * observed, observed])

    # ---- 一格一格：類別在前（不含旗標），數字在後（旗標併進它的數字） ----

    def known(self, x: NDArray) -> NDArray:
        """哪些格子有值：布林 (N, V + M)，V 不含旗標；旗標知道是零，那個數字就知道了。"""
        levels, _, observed = self.split(x)
        found = self.categorical.known(levels)
        seen = observed != 0
        seen[:, self.spiked] = found[:, self._n_variables :]
        return np.hstack([found[:, : self._n_variables], seen])

    def cell_log_prob(self, x: NDArray, output: NDArray, noise_log_var: NDArray = NO_PARAMETERS) -> NDArray:
        """每一格的 log p(x_v|z) (N, V + M)，缺失的是 0；加起來就是 ``log_prob``。"""
        levels = self.categorical.cell_log_prob(self.split(x)[0], self._halves(output)[0])
        numbers = self._number_log_prob(x, output, noise_log_var)
        numbers[:, self.spiked] += levels[:, self._n_variables :]
        return np.hstack([levels[:, : self._n_variables], numbers])

    # ---- 內部 ----

    @property
    def _n_variables(self) -> int:
        """旗標以外的類別變數 V。"""
        return len(self.groups) - len(self.spiked)

    def _halves(self, output: NDArray) -> tuple[NDArray, NDArray]:
        return output[:, : self.n_levels], output[:, self.n_levels :]

    def _flags(self, levels: NDArray) -> NDArray:
        """各旗標的「不是零」那一欄 (N, F)：從最後一欄起，每隔一欄一個。"""
        return levels[:, self.n_levels - 2 * len(self.spiked) + 1 :: 2]

    def _number_log_prob(self, x: NDArray, output: NDArray, noise_log_var: NDArray) -> NDArray:
        _, numbers, observed = self.split(x)
        variance = self.variance(noise_log_var)
        squares = (numbers - self._halves(output)[1]) ** 2 / variance
        return -0.5 * observed * (LOG_2PI + np.log(variance) + squares)
