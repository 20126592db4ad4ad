"""怪的分數認不認得出竄改過的列：自己造出怪列，與對手比（第 12、13 章）。

列是類別與數字並存的（``rows.MixedRows`` 就是）：``codes`` (N, V) 與 ``groups``、``numbers`` (N, M)，
``spiked`` 是在 0 有尖峰的數字，``groups`` 的最後幾個變數是它們「零或不是零」的旗標。
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .distances import Gower
from .independent import Independent
from .measures import N_NEIGHBOURS

#: 檢查時最多竄改這麼多列；當鄰居的訓練的列也有上限。
MOST_CHECKED, MOST_NEIGHBOURS = 1000, 20_000
#: 看排在最前面的這麼多。
TOPS = (0.01, 0.05)
#: 對手的名字。
INDEPENDENT, NEIGHBOURS = "只看各欄少不少見", f"與 {N_NEIGHBOURS} 個最近鄰居的平均距離"


class Table(Protocol):
    """類別與數字並存的列；``dataclasses.replace`` 換得了 ``codes`` 與 ``numbers`` 的資料類別。"""

    @property
    def codes(self) -> NDArray: ...
    @property
    def groups(self) -> Sequence[int]: ...
    @property
    def numbers(self) -> NDArray: ...
    @property
    def spiked(self) -> Sequence[int]: ...
    def __len__(self) -> int: ...


@dataclass(frozen=True, eq=False)
class CategoryRows:
    """最簡單的 ``Table``：只有 ``codes`` 與 ``groups`` 也行。"""

    codes: NDArray
    groups: Sequence[int]
    numbers: NDArray = field(default_factory=lambda: np.empty((0, 0)))
    spiked: Sequence[int] = ()

    def __post_init__(self) -> None:
        if not self.numbers.size:
            object.__setattr__(self, "numbers", np.empty((len(self.codes), 0)))

    def __len__(self) -> int:
        return len(self.codes)


T = TypeVar("T", bound=Table)
#: 給幾列一個分數 (N,)：越大越怪。
Scorer = Callable[[Any], NDArray]


def cells(rows: Table) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """一格是哪幾欄：（``codes`` 的欄、``numbers`` 的欄），先類別、後數字；有尖峰的數字與旗標是同一格。

    >>> cells(CategoryRows(np.zeros((1, 2), int), (3, 2), np.zeros((1, 2)), spiked=(1,)))
    [((0,), ()), ((), (0,)), ((1,), (1,))]
    """
    n_variables = len(rows.groups) - len(rows.spiked)
    flags = {number: n_variables + place for place, number in enumerate(rows.spiked)}
    categories = [((variable,), ()) for variable in range(n_variables)]
    numbers = [
        ((flags[number],) if number in flags else (), (number,)) for number in range(rows.numbers.shape[1])
    ]
    return [*categories, *numbers]


def tampered(rows: T, n_cells: int, rng: np.random.Generator) -> T:
    """竄改：每一列隨機挑 ``n_cells`` 格，換成另一個隨機的列的值；格子不夠就全換。傳回新的列。

    每一欄的分布大致不變，只有組合壞了。換到的值可能與原來相同，見 ``changed``。
    """
    codes, numbers, groups = rows.codes.copy(), rows.numbers.copy(), cells(rows)
    donors = rng.integers(len(rows), size=(len(rows), n_cells))
    for row in range(len(rows)):
        for cell, donor in zip(rng.permutation(len(groups))[:n_cells], donors[row], strict=False):
            variables, columns = (list(part) for part in groups[cell])
            codes[row, variables] = rows.codes[donor, variables]
            numbers[row, columns] = rows.numbers[donor, columns]
    return replace(rows, codes=codes, numbers=numbers)  # type: ignore[type-var]


def changed(rows: Table, other: Table) -> NDArray:
    """哪些列真的不同了，布林 (N,)；兩邊都缺失算相同。"""
    gaps = np.isnan(rows.numbers) & np.isnan(other.numbers)
    return (rows.codes != other.codes).any(axis=1) | ((rows.numbers != other.numbers) & ~gaps).any(axis=1)


# ---- 分數 ----------------------------------------


def oddness(log_prob: Callable[[Any], NDArray], independent: Independent) -> Scorer:
    """怪的分數：log p_獨立(x) − log p(x)；``log_prob`` 是模型的，對幾列傳回 (N,)。"""
    return lambda rows: independent.log_prob(rows) - log_prob(rows)


def rivals(train: Table, seed: int = 0) -> dict[str, Scorer]:
    """兩個對手：只看各欄少不少見（−log p_獨立）、離訓練的列多遠（最多 20,000 列，隨機抽）。"""
    independent = Independent.fit(train)
    kept = np.random.default_rng(seed).permutation(len(train))[:MOST_NEIGHBOURS]
    reference = Gower(train.codes[kept], train.numbers[kept])
    return {
        INDEPENDENT: lambda rows: -independent.log_prob(rows),
        NEIGHBOURS: lambda rows: reference.nearest(rows.codes, rows.numbers, N_NEIGHBOURS).mean(axis=1),
    }


# ---- 檢查 ----------------------------------------


def area_under_curve(normal: NDArray, odd: NDArray) -> float:
    """隨機抽一個正常的、一個怪的，怪的分數比較高的機率（ROC 曲線下的面積）；0.5 是瞎猜，平手算一半。"""
    from sklearn.metrics import roc_auc_score

    is_odd = np.repeat([0, 1], [len(normal), len(odd)])
    return float(roc_auc_score(is_odd, np.concatenate([normal, odd])))


def _places(normal: NDArray, odd: NDArray) -> tuple[NDArray, NDArray]:
    """每個怪的高過多少正常的、每個正常的低於多少怪的（平手算一半）；兩者的平均都是 AUC。"""
    low, high = np.sort(normal), np.sort(odd)
    above = (np.searchsorted(low, odd, "left") + np.searchsorted(low, odd, "right")) / (2 * len(low))
    below = np.searchsorted(high, normal, "left") + np.searchsorted(high, normal, "right")
    return above, 1 - below / (2 * len(high))


@dataclass(frozen=True, eq=False)
class Power:
    """竄改的檢查：``untouched`` 是各種分數給原來的列的 (N,)，``found[n]`` 是竄改 n 格之後的。

    ``really[n]`` 是真的變了的列的比例：換到同樣的值，誰也認不出來。第一種分數是要檢查的。
    """

    untouched: Mapping[str, NDArray]
    found: Mapping[int, Mapping[str, NDArray]]
    really: Mapping[int, float]

    @property
    def n_rows(self) -> int:
        """竄改了幾列。"""
        return len(next(iter(self.untouched.values())))

    @property
    def names(self) -> list[str]:
        """各種分數的名字。"""
        return list(self.untouched)

    def auc(self, name: str, n_cells: int) -> float:
        """隨機抽一個原來的、一個竄改的，竄改的分數比較高的機率；瞎猜是 0.5，平手算一半。"""
        return area_under_curve(self.untouched[name], self.found[n_cells][name])

    def difference_error(self, one: str, other: str, n_cells: int) -> float:
        """兩種分數的 AUC 之差的標準誤；同一批列成對地比，所以比各自的小。出處：DeLong et al. (1988)。"""
        places = [_places(self.untouched[name], self.found[n_cells][name]) for name in (one, other)]
        parts = [np.var(a - b, ddof=1) / self.n_rows for a, b in zip(*places, strict=True)]
        return float(np.sqrt(sum(parts)))

    def best_auc(self, n_cells: int) -> float:
        """完美的分數的 AUC：真的變了的都認出來，沒變的各半。"""
        return 0.5 + 0.5 * self.really[n_cells]

    def caught(self, name: str, n_cells: int, top: float) -> float:
        """竄改的列分數比原來的列最高的 ``top`` 還高的比例：查看這麼多原來的列，能找到多少竄改的。"""
        threshold = np.quantile(self.untouched[name], 1 - top, method="higher")
        return float((self.found[n_cells][name] > threshold).mean())

    def curve(self, name: str, n_cells: int) -> tuple[NDArray, NDArray]:
        """ROC 曲線：原來的列被查看的比例、竄改的列被找到的比例。"""
        from sklearn.metrics import roc_curve

        odd = np.repeat([0, 1], self.n_rows)
        values = np.concatenate([self.untouched[name], self.found[n_cells][name]])
        looked, hit, _ = roc_curve(odd, values)
        return looked, hit

    def table(self) -> pd.DataFrame:
        """一列一種分數與一種竄改：AUC，與排在最前面的 1%、5% 找到多少。"""
        return pd.DataFrame(
            [
                {"分數": name, "換掉幾格": n_cells, "AUC": self.auc(name, n_cells)}
                | {f"前 {top:.0%} 找到": self.caught(name, n_cells, top) for top in TOPS}
                | {"最高可能的 AUC": self.best_auc(n_cells)}
                for n_cells in self.found
                for name in self.names
            ]
        )

    def sentences(self) -> list[str]:
        """結論：換幾格認不認得出來、比對手好還是差。"""
        return [self._sentence(n_cells) for n_cells in self.found]

    def _sentence(self, n_cells: int) -> str:
        mine, *others = self.names
        scores = {name: self.auc(name, n_cells) for name in self.names}
        compared = "、".join(f"「{name}」{scores[name]:.3f}" for name in others)
        top = TOPS[-1]
        text = (
            f"留下的 {self.n_rows:,} 列各換掉 {n_cells} 格（真的變了的占 {self.really[n_cells]:.0%}），"
            f"{mine}的 AUC {scores[mine]:.3f}（瞎猜 0.5，最高可能 {self.best_auc(n_cells):.3f}"
            + (f"；{compared}）" if others else "）")
            + f"：查看原來最怪的 {top:.0%}，找得到 {self.caught(mine, n_cells, top):.0%} 的竄改"
        )
        return f"{text}。{self._comparison(n_cells, scores)}"

    def _comparison(self, n_cells: int, scores: Mapping[str, float]) -> str:
        mine, *others = self.names
        best = max(others, key=lambda name: scores[name], default=None)
        # AUC 的標準誤不超過 0.5 / √N；差不到兩個標準誤不下結論。
        if scores[mine] < 0.5 + 1 / np.sqrt(self.n_rows):
            return "認不太出來，排名只能當作隨便看看的起點。"
        if best is None:
            return "認得出一部分。"
        if abs(scores[mine] - scores[best]) <= 2 * self.difference_error(mine, best, n_cells):
            return f"與最好的對手「{best}」分不出高下。"
        return (
            f"比最好的對手「{best}」好。"
            if scores[mine] > scores[best]
            else f"輸給「{best}」；要找怪列，先用它。"
        )


def check_power(
    scorers: Mapping[str, Scorer],
    rows: T,
    changes: Sequence[int] = (1, 3),
    seed: int = 0,
    most: int = MOST_CHECKED,
) -> Power:
    """``scorers`` 的第一個是要檢查的，其餘是對手；``rows`` 是沒有訓練過的列，最多用 ``most`` 列。

    格子不到 ``n`` 個的 ``changes`` 略過（至少留一個）。列不到 20 列、沒有分數，引發 ``ValueError``。
    """
    if len(rows) < 20 or not scorers:
        raise ValueError(
            f"引數 rows 有 {len(rows)} 列、scorers 有 {len(scorers)} 種；至少要 20 列與一種，才看得出高低。"
        )
    rng = np.random.default_rng(seed)
    kept = np.sort(rng.permutation(len(rows))[:most])
    rows = replace(rows, codes=rows.codes[kept], numbers=rows.numbers[kept])  # type: ignore[type-var]
    n_cells = len(cells(rows))
    changes = [n for n in changes if n <= n_cells] or [n_cells]
    versions = {n: tampered(rows, n, rng) for n in changes}
    return Power(
        {name: scorer(rows) for name, scorer in scorers.items()},
        {n: {name: scorer(version) for name, scorer in scorers.items()} for n, version in versions.items()},
        {n: float(changed(rows, version).mean()) for n, version in versions.items()},
    )
