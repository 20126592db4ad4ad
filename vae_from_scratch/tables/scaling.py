"""數字的欄怎麼變成常態密度好說的數：減平均除以標準差，或照分位數變成標準常態；都可以換回來（第 13 章）。"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

#: 平面用 ``standard``：距離照原來的比例；生成用 ``quantile``：偏斜與尾巴都還原得回來。
SCALINGS = ("standard", "quantile")
MOST_QUANTILES = 1000


@dataclass(frozen=True)
class Scale:
    """一個數字的欄。

    ``low``、``high``、``decimals`` 是訓練資料的範圍與小數位數（None 是不捨入），生成的數不越過它們。

    ``standard``：v = (原值 − ``centre``) / ``spread``；只有一個值的欄 ``spread`` 是 1。
    ``quantile``：``quantiles`` 是等間隔的分位數，v = Φ⁻¹(原值的累積比例)；兩端各留一點，不會是無限大。

    >>> scale = Scale.fit(np.array([10.0, 20.0, 30.0, np.nan]))
    >>> scale.forward(np.array([20.0, 40.0])).round(3)
    array([0.   , 2.449])
    >>> scale.backward(np.array([0.0, 9.0]))  # 超出訓練的範圍，收在邊上
    array([20., 30.])
    """

    low: float
    high: float
    decimals: int | None
    centre: float = 0.0
    spread: float = 1.0
    quantiles: tuple[float, ...] = ()

    @classmethod
    def fit(cls, values: NDArray, scaling: str = "standard") -> Self:
        """由訓練資料 (N,) 學；NaN 是缺失，不算；全部缺失引發 ``ValueError``。"""
        known = values[np.isfinite(values)]
        if not len(known):
            raise ValueError("數字的欄 values 全部缺失，尺度學不出來；請拿掉這一欄。")
        low, high, decimals = float(known.min()), float(known.max()), _decimals(known)
        if scaling == "quantile":
            grid = np.linspace(0, 1, min(MOST_QUANTILES, len(known)) if len(known) > 1 else 2)
            return cls(low, high, decimals, quantiles=tuple(np.quantile(known, grid).tolist()))
        largest = np.abs(known).max() or 1.0  # 先除以最大的，1e200 的平方才不會溢位
        spread = float((known / largest).std() * largest) if high > low else 1.0
        return cls(low, high, decimals, float((known / len(known)).sum()), spread or 1.0)

    def forward(self, values: NDArray) -> NDArray:
        """原值 → 標準化的數；NaN 仍是 NaN。"""
        if not self.quantiles:
            return (values - self.centre) / self.spread
        from scipy.special import ndtri

        knots = np.asarray(self.quantiles)
        ranks = np.linspace(0, 1, len(knots))
        # 同一個值占了好幾個分位數時取中間，所以由兩邊各內插一次再平均。
        below, above = (np.interp(s * values, np.sort(s * knots), ranks[::s]) for s in (1, -1))
        edge = 0.5 / len(knots)
        return np.where(np.isnan(values), np.nan, ndtri(np.clip((below + above) / 2, edge, 1 - edge)))

    def backward(self, numbers: NDArray) -> NDArray:
        """標準化的數 → 原值：收在訓練的範圍裡，四捨五入到訓練資料的小數位數。"""
        if self.quantiles:
            from scipy.special import ndtr

            ranks = np.linspace(0, 1, len(self.quantiles))
            values = np.interp(ndtr(numbers), ranks, self.quantiles)
        else:
            values = self.centre + self.spread * numbers
        rounded = values if self.decimals is None else np.round(values, self.decimals)
        return np.clip(rounded, self.low, self.high)

    def to_dict(self) -> dict[str, Any]:
        """寫進 JSON 的樣子。"""
        return {**self.__dict__, "quantiles": list(self.quantiles)}

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        """``to_dict`` 的反函數。"""
        return cls(**{**document, "quantiles": tuple(document["quantiles"])})


def _decimals(known: NDArray) -> int | None:
    """訓練資料最多幾位小數（到 9 為止）；再多就是算出來的數，不捨入（None）。"""
    largest = float(np.abs(known).max())
    for decimals in range(10):
        if np.abs(np.round(known, decimals) - known).max() <= 1e-12 * largest:
            return decimals
    return None
