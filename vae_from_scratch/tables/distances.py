"""兩列差多少：類別與數字並存時的 Gower 距離，與最近的鄰居（第 12、13 章）。"""

import numpy as np
from numpy.typing import NDArray

#: 一次最多算這麼多對列：一塊（float64，0.5 MB）放得進處理器的快取，比放不下的快好幾倍。
PAIRS_AT_ONCE = 2**16


class Gower:
    r"""參考的列 ``codes`` (T, V) 與 ``numbers`` (T, M)；距離是各欄的平均，在 0 與 1 之間。

    .. math:: d(a, b) = \frac{1}{V+M}\Bigl[\sum_v [a_v \ne b_v]
       + \sum_m \min\bigl(1, |a_m - b_m| / w_m\bigr)\Bigr]

    w 是參考的列由 5% 到 95% 的寬度（一半以上相同的欄寬度可能是 0，就改用全距），所以單位不影響距離，一兩個
    極端的值也不會；另外給 ``widths`` (M,) 就用它。缺失當作自己的一種值：都缺是 0，只缺一邊是
    1。出處：Gower (1971)，缺失的處理除外。

    >>> people = Gower(np.array([[0], [1]]), np.array([[10.0], [20.0]]))
    >>> people.nearest(np.array([[0]]), np.array([[20.0]]), 2).tolist()
    [[0.5, 0.5]]
    """

    def __init__(self, codes: NDArray, numbers: NDArray, widths: NDArray | None = None) -> None:
        if not len(codes) or len(codes) != len(numbers):
            raise ValueError(
                f"引數 codes 有 {len(codes)} 列、numbers 有 {len(numbers)} 列；列數要相同，至少一列。"
            )
        self.codes, self.numbers = codes, numbers
        self.widths = np.array([_width(values) for values in numbers.T]) if widths is None else widths
        # 一欄一塊連續的記憶體；代碼用小的整數，一次比得多。
        small = np.int16 if codes.max(initial=0) < np.iinfo(np.int16).max else np.int32
        self._code_columns, self._number_columns = _columns(codes.astype(small)), _columns(numbers)

    def distances(self, codes: NDArray, numbers: NDArray) -> NDArray:
        """每一列到每個參考的列的距離：(Q, T)。"""
        different = np.zeros((len(codes), len(self.codes)), dtype=np.uint16)
        for mine, reference in zip(codes.T, self._code_columns, strict=True):
            known = np.minimum(mine, np.iinfo(reference.dtype).max)  # 更大的代碼，參考的列裡也沒有
            different += known[:, None].astype(reference.dtype) != reference
        total, scratch = different.astype(np.float32), np.empty(different.shape)
        for mine, reference, width in zip(numbers.T, self._number_columns, self.widths, strict=True):
            total += _number_distances(mine, reference, width, scratch)
        return total / (codes.shape[1] + numbers.shape[1])

    def nearest(self, codes: NDArray, numbers: NDArray, k: int = 1) -> NDArray:
        """最近的 k 個參考的列的距離，由近到遠：(Q, k)；參考的列不到 k 個，就是全部。"""
        k, step = min(k, len(self.codes)), max(1, PAIRS_AT_ONCE // len(self.codes))
        found = [np.empty((0, k), dtype=np.float32)]
        for start in range(0, len(codes), step):
            part = self.distances(codes[start : start + step], numbers[start : start + step])
            found.append(np.sort(np.partition(part, k - 1, axis=1)[:, :k], axis=1))
        return np.concatenate(found)


def _width(values: NDArray) -> float:
    known = values[~np.isnan(values)]
    if not len(known):
        return 1.0
    low, high = np.quantile(known, [0.05, 0.95])
    return float(high - low) or float(np.ptp(known)) or 1.0


def _columns(table: NDArray) -> list[NDArray]:
    return [np.ascontiguousarray(column) for column in table.T]


def _number_distances(mine: NDArray, reference: NDArray, width: float, scratch: NDArray) -> NDArray:
    """一個數字的距離 (Q, T)，float32；``scratch`` 是 (Q, T) 的 float64，反覆使用，不必每一欄要一次記憶體。"""
    np.subtract(mine[:, None], reference, out=scratch)
    np.abs(scratch, out=scratch)
    np.divide(scratch, width, out=scratch)
    apart = np.minimum(scratch, 1, out=scratch).astype(np.float32)
    unknown, gap = np.isnan(mine), np.isnan(reference)
    if unknown.any() or gap.any():
        apart[unknown] = ~gap
        apart[:, gap] = ~unknown[:, None]
    return apart
