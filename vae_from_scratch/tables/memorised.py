"""模型有沒有背下訓練的列：一模一樣的列，與最近的鄰居有多近（第 13 章）。

基準都是沒有訓練過的真的列：真的資料本來就有重複、有密的地方。
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .coded import CodedTable, take
from .distances import Gower
from .likeness import Kinds

#: 「很近」的門檻：沒有訓練過的列裡，最近的 5%。
NEAR = 0.05
#: 大表只抽這麼多列來問最近的鄰居、這麼多列當鄰居。
MOST_ASKED, MOST_NEIGHBOURS = 1000, 20_000
#: 只比最靠近真的列的這麼多：背下來的列就在那裡。訓練的列最多分成幾份來比。
CLOSEST, MOST_PARTS = 0.1, 4


@dataclass(frozen=True)
class Memory:
    """背誦的檢查；``copies`` 與 ``natural_copies`` 是生成的、沒有訓練過的列裡，與某個訓練的列一模一樣的比例。

    ``nearer``：生成的列離最近的訓練的列，比沒有訓練過的列最近的 5% 還近的比例；沒有背誦的話約 5%。
    ``nearer_floor`` 是同樣的問題問沒有訓練過的另一半。``preference``：最靠近真的列的一成生成的
    列裡，離訓練的列比離（同樣多）沒有訓練過的列近的比例；沒有背誦的話約一半。``preference_error`` 是
    它的標準誤。
    ``distance`` 與 ``distance_floor`` 是到最近的訓練的列的中位距離。不夠列可以比的是 NaN。
    """

    copies: float
    natural_copies: float
    nearer: float
    nearer_floor: float
    preference: float
    preference_error: float
    distance: float
    distance_floor: float
    n_asked: int
    n_neighbours: int

    @property
    def close(self) -> bool:
        """離訓練的列特別近的，比沒有背誦時會有的多一倍以上；太集中在常見的樣子也會這樣。"""
        return bool(self.nearer > max(2 * NEAR, self.nearer_floor))

    @property
    def suspicious(self) -> bool:
        """一模一樣的列比自然的重複多得多；或特別近，而且偏向訓練的列（多出三個標準誤以上）。

        兩個條件都要：生成的列若離哪一邊都遠，最近的幾列是誰只是碰巧。
        """
        leans = self.preference > 0.5 + 3 * self.preference_error
        return bool((leans and self.close) or self.copies > 0.01 + 2 * self.natural_copies)


def copied(train: pd.DataFrame, frames: Sequence[pd.DataFrame], kinds: Kinds) -> list[float]:
    """每張表裡，與 ``train`` 某一列每一欄都相同（缺失也要一起缺失）的列占多少；用 64 位元的指紋比。

    >>> train, made = pd.DataFrame({"色": ["紅", "藍"]}), pd.DataFrame({"色": ["紅", "綠"]})
    >>> copied(train, [made], Kinds(["色"]))
    [0.5]
    """
    known = _fingerprints(train, kinds)
    return [
        float(np.isin(_fingerprints(frame, kinds), known).mean()) if len(frame) else np.nan
        for frame in frames
    ]


def _fingerprints(frame: pd.DataFrame, kinds: Kinds) -> NDArray:
    """每列一個指紋 (N,)：一欄一欄疊上去，大表也只占一欄的記憶體；型別先統一，同樣的內容才有同樣的指紋。"""
    total = np.zeros(len(frame), dtype=np.uint64)
    for name in kinds.categories:
        total = _stacked(total, frame[name].to_numpy(dtype=object, na_value=np.nan))
    for name in kinds.numbers:
        # + 0.0：−0.0 與 0.0 是同一個數。
        total = _stacked(total, frame[name].to_numpy(dtype=float, na_value=np.nan) + 0.0)
    return total


def _stacked(total: NDArray, values: NDArray) -> NDArray:
    return total * np.uint64(1_000_003) ^ pd.util.hash_array(values)


def nearest_rows(
    train: CodedTable, held_out: CodedTable, generated: CodedTable, rng: np.random.Generator
) -> dict[str, float]:
    """``Memory`` 裡由最近的鄰居算出來的幾項；三批列要用同一套代碼。"""
    train, held_out = _some(train, MOST_NEIGHBOURS, rng), _some(held_out, MOST_ASKED, rng)
    generated = _some(generated, MOST_ASKED, rng)
    reference = Gower(train.codes, train.numbers)
    made, real = (reference.nearest(x.codes, x.numbers)[:, 0] for x in (generated, held_out))
    half = len(real) // 2
    return {
        "nearer": _share_below(made, real),
        "nearer_floor": _share_below(real[half:], real[:half]) if half else np.nan,
        "distance": _median(made),
        "distance_floor": _median(real),
        **_preference(train, held_out, generated, rng),
        "n_asked": len(generated),
        "n_neighbours": len(train),
    }


def _some(table: CodedTable, most: int, rng: np.random.Generator) -> CodedTable:
    """最多 ``most`` 列，次序隨機。"""
    return take(table, rng.permutation(len(table))[:most])


def _share_below(values: NDArray, real: NDArray) -> float:
    """比 ``real`` 的 5% 分位數還小的比例；平手的算一半，距離是離散的（只有類別）時才公平。"""
    if not len(values) or not len(real):
        return np.nan
    threshold = np.quantile(real, NEAR, method="lower")
    below, tied = (values < threshold).mean(), (values == threshold).mean()
    # 真的列裡恰好在門檻上的，只有一部分屬於最近的 5%；同樣的比例用在生成的列。
    real_below, real_tied = (real < threshold).mean(), (real == threshold).mean()
    return float(below + tied * np.clip((NEAR - real_below) / real_tied, 0, 1))


def _preference(
    train: CodedTable, held_out: CodedTable, generated: CodedTable, rng: np.random.Generator
) -> dict[str, float]:
    """最靠近真的列的一成生成的列裡，離訓練的列比較近的比例（平手算一半），與它的標準誤。

    訓練的列分成幾份，每份與沒有訓練過的列一樣多，各比一次再平均：列多的一邊本來就比較近，不能直接比。
    """
    size = min(len(train), len(held_out))
    if not size or not len(generated):
        return {"preference": np.nan, "preference_error": np.nan}
    widths = Gower(train.codes, train.numbers).widths  # 每一邊用同一把尺
    unseen = _distance(take(held_out, np.arange(size)), generated, widths)
    parts = np.array_split(rng.permutation(len(train)), len(train) // size)[:MOST_PARTS]
    n_closest = max(1, round(CLOSEST * len(generated)))
    shares = [
        _closer(_distance(take(train, part[:size]), generated, widths), unseen, n_closest) for part in parts
    ]
    return {"preference": float(np.mean(shares)), "preference_error": float(0.5 / np.sqrt(n_closest))}


def _distance(side: CodedTable, generated: CodedTable, widths: NDArray) -> NDArray:
    return Gower(side.codes, side.numbers, widths).nearest(generated.codes, generated.numbers)[:, 0]


def _closer(seen: NDArray, unseen: NDArray, n_closest: int) -> float:
    closest = np.argsort(np.minimum(seen, unseen), kind="stable")[:n_closest]
    seen, unseen = seen[closest], unseen[closest]
    return float(np.where(seen == unseen, 0.5, seen < unseen).mean())


def _median(values: NDArray) -> float:
    return float(np.median(values)) if len(values) else np.nan


def check_memory(
    train: pd.DataFrame,
    frames: tuple[pd.DataFrame, pd.DataFrame],
    tables: tuple[CodedTable, CodedTable, CodedTable],
    kinds: Kinds,
    rng: np.random.Generator,
) -> Memory:
    """``frames`` 是沒有訓練過的與生成的；``tables`` 是訓練的、沒有訓練過的、生成的，同一套代碼。"""
    natural, copies = copied(train, frames, kinds)
    return Memory(copies=copies, natural_copies=natural, **nearest_rows(*tables, rng))  # type: ignore[arg-type]
