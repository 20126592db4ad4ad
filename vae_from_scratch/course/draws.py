"""抽題目的輸入：讀者自己檢查時每次都一樣；評分時由祕密與學生的檔案決定，抄不到、背不起來，也重現得出來。"""

import math
from collections.abc import Sequence
from hashlib import sha256, shake_256
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Item = TypeVar("Item")


class Draw:
    """由幾段文字或位元組決定的抽題機；同樣的幾段，抽出同樣的題目。

    亂數由雜湊直接得到：換了 NumPy 的版本，同一份檔案的題目也不變；也不必匯入 ``numpy.random``。

    >>> Draw("ex01").between(1, 3, 2).shape
    (2,)
    >>> Draw("ex01").normal() == Draw("ex01").normal() != Draw("ex02").normal()
    True
    """

    def __init__(self, *parts: str | bytes):
        digest = sha256()
        for part in parts:
            data = part.encode() if isinstance(part, str) else part
            digest.update(len(data).to_bytes(8, "big") + data)
        self._key, self._count = digest.digest(), 0

    def uniform(self, *shape: int) -> NDArray:
        """0 到 1（不含）的均勻亂數，53 個位元。"""
        self._count += 1
        raw = shake_256(self._key + self._count.to_bytes(8, "big")).digest(8 * math.prod(shape))
        return np.reshape((np.frombuffer(raw, "<u8") >> 11) * 2.0**-53, shape)

    def noise(self, *shape: int) -> NDArray:
        """標準常態的雜訊，不四捨五入（Box–Muller）。"""
        radius, angle = self.uniform(*shape), self.uniform(*shape)
        return np.sqrt(-2 * np.log1p(-radius)) * np.cos(2 * np.pi * angle)

    def between(self, low: float, high: float, *shape: int, decimals: int = 2) -> Any:
        """均勻地抽，四捨五入到 ``decimals`` 位；不給形狀就是一個 Python 的浮點數。"""
        return _rounded(low + (high - low) * self.uniform(*shape), decimals)

    def normal(self, *shape: int, scale: float = 1.0, decimals: int = 2) -> Any:
        """常態，離 0 至少 0.05：0 分不出許多錯法。"""
        values = scale * self.noise(*shape)
        return _rounded(np.where(values < 0, -1, 1) * np.maximum(np.abs(values), 0.05), decimals)

    def std(self, *shape: int) -> Any:
        """標準差，0.2 到 3，避開 ½、1、2 附近：在那裡 2σ² = σ、σ² = σ、σ²/2 = σ，錯的公式剛好相同。"""
        low, high = np.array([(0.2, 0.44), (0.57, 0.85), (1.2, 1.75), (2.25, 3.0)]).T
        place = (4 * self.uniform(*shape)).astype(int)
        return _rounded(low[place] + (high - low)[place] * self.uniform(*shape), 2)

    def log_var(self, *shape: int) -> Any:
        """``std`` 的 log σ²。"""
        value = 2 * np.log(self.std(*shape))
        return float(value) if value.ndim == 0 else value

    def far(self, *shape: int) -> NDArray:
        """很大與很小的 log σ²，輪流出現：±41 到 ±46，log σ 也超過常見的截斷（±10、±20）。"""
        size = self.between(41, 46, *shape)
        return np.where(np.arange(size.size).reshape(shape) % 2, -size, size)

    def bits(self, *shape: int) -> NDArray:
        """0.0 與 1.0，機會各半。"""
        return (self.uniform(*shape) < 0.5).astype(float)

    def whole(self, low: int, high: int) -> int:
        """low 到 high（都包含）的一個整數。"""
        return low + int((high - low + 1) * self.uniform())

    def order(self, count: int) -> NDArray:
        """0 到 count − 1 的一個排列。"""
        return np.argsort(self.uniform(count))

    def pick(self, items: Sequence[Item]) -> Item:
        """其中一個。"""
        return items[self.whole(0, len(items) - 1)]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """同樣的東西，換一個次序。"""
        return [items[i] for i in self.order(len(items))]


def _rounded(values: Any, decimals: int) -> Any:
    rounded = np.round(values, decimals)
    return float(rounded) if rounded.ndim == 0 else rounded
