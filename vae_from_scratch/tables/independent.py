"""不看編碼的基準：各欄獨立。類別照訓練資料的比例，數字照一個常態（第 7、10 章）。"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..gaussian import LOG_2PI
from ..groups import Groups
from .coded import Coded, CodedTable, Slot, blocks

#: 一個數字也沒看過變化的欄，變異數也不會比這個小；不加次數（``pseudo_count=0``）時才用得到。
LEAST_VARIANCE = 1e-12


@dataclass(frozen=True, eq=False)
class Independent:
    r"""各欄獨立的分布，只加觀察到的格子。

    .. math:: \log p(x) = \sum_v \log p_v(x_v) + \sum_m \log N(x_m; \mu_m, s_m^2)

    ``shares`` 是各變數各水準的機率，``mean``、``variance`` (M,) 是各個數字的。單位是 nats，
    數字以標準差為單位。
    """

    shares: tuple[NDArray, ...]
    mean: NDArray
    variance: NDArray

    @classmethod
    def fit(cls, table: Coded, pseudo_count: float = 0.5) -> "Independent":
        """由訓練的列學。``pseudo_count`` 是每個水準先加的次數；數字的變異數也先加這麼多次「變異數是 1」。

        所以訓練時沒出現的水準、只有一種值的數字，都不會是負無限大；整欄缺失的數字是 N(0, 1)。
        """
        shares = tuple(
            _share(codes, size, pseudo_count) for codes, size in zip(table.codes.T, table.groups, strict=True)
        )
        normals = [_normal(values[~np.isnan(values)], pseudo_count) for values in table.numbers.T]
        mean, variance = np.array(normals).reshape(-1, 2).T
        return cls(shares, mean, variance)

    def cell_log_prob(self, table: Coded) -> tuple[NDArray, NDArray]:
        """每一格的對數機率：類別 (N, V)、數字 (N, M)；缺失的是 0。"""
        with np.errstate(divide="ignore"):
            logs = [np.append(np.log(share), 0.0) for share in self.shares]  # 代碼 −1 取到最後的 0
        parts = [log[codes] for log, codes in zip(logs, table.codes.T, strict=True)]
        categories = np.stack(parts, axis=1) if parts else np.empty((len(table.codes), 0))
        density = -0.5 * (LOG_2PI + np.log(self.variance) + (table.numbers - self.mean) ** 2 / self.variance)
        return categories, np.nan_to_num(density)

    def log_prob(self, table: Coded) -> NDArray:
        """每列的對數機率 (N,)，單位 nats。"""
        cells = (self.cell_log_prob(part) for part in blocks(table))
        return np.concatenate([one.sum(axis=1) + other.sum(axis=1) for one, other in cells])

    def arrays(self) -> dict[str, NDArray]:
        """存進 .npz 的陣列；``from_arrays`` 的反函數。"""
        return {"shares": np.concatenate([*self.shares, []]), "mean": self.mean, "variance": self.variance}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray], groups: Sequence[int]) -> "Independent":
        """由 ``arrays`` 讀回；``groups`` 是各變數的水準個數。"""
        shares = tuple(Groups(groups).split(arrays["shares"]))
        return cls(shares, arrays["mean"], arrays["variance"])

    def sample(self, n: int, rng: np.random.Generator, spiked: Sequence[int] = ()) -> CodedTable:
        """抽 n 列；旗標是零的數字是 NaN。"""
        parts = [rng.choice(len(share), size=n, p=share) for share in self.shares]
        codes = np.stack(parts, axis=1) if parts else np.empty((n, 0), dtype=int)
        numbers = self.mean + np.sqrt(self.variance) * rng.standard_normal((n, len(self.mean)))
        groups = tuple(len(share) for share in self.shares)
        return CodedTable(codes, groups, zeros_hidden(codes, numbers, spiked))

    def fill(self, hidden: Coded, slot: Slot) -> NDArray:
        """蓋住的一欄：每個水準的機率 (N, K)，或平均 (N,)；與其餘的格子無關。"""
        if slot.kind == "category":
            return np.tile(self.shares[slot.position], (len(hidden.codes), 1))
        return np.full(len(hidden.codes), self.mean[slot.position])


def _share(codes: NDArray, size: int, pseudo_count: float) -> NDArray:
    count = np.bincount(codes[codes >= 0], minlength=size) + pseudo_count
    return count / count.sum() if count.sum() else np.full(size, 1 / size)


def _normal(values: NDArray, pseudo_count: float) -> tuple[float, float]:
    """平均與變異數。"""
    if not len(values):
        return 0.0, 1.0
    variance = (len(values) * values.var() + pseudo_count) / (len(values) + pseudo_count)
    return float(values.mean()), max(float(variance), LEAST_VARIANCE)


def zeros_hidden(codes: NDArray, numbers: NDArray, spiked: Sequence[int]) -> NDArray:
    """旗標（``codes`` 的最後幾欄）說是零的，數字就是 NaN；傳回新的陣列。"""
    hidden, flags = numbers.copy(), codes[:, codes.shape[1] - len(spiked) :]
    for flag, number in zip(flags.T, spiked, strict=True):
        hidden[flag == 0, number] = np.nan
    return hidden
