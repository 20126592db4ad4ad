"""不尋常的列：各欄單獨看都普通，湊在一起卻少見；並指出是哪幾格（第 12 章）。

概似由呼叫的人給：一個函式，對幾列傳回 log p(x) 與每一格的 log p(x_v|其餘)（``VAE.surprise`` 就是）。類別的
獨熱矩陣、類別與數字並存的列，用的是同一套排名與格子；竄改的檢查與對手在 ``tampering``。
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..groups import Groups
from ..model import VAE
from ..rows import CodedRows, MixedRows
from .measures import marginal_log_prob
from .tampering import CategoryRows
from .tampering import area_under_curve as area_under_curve
from .tampering import tampered as tampered_rows

if TYPE_CHECKING:
    from .table_vae import TableVAE

#: 排名先用少的樣本看全部的列，再用多的樣本重算前面的一些。
QUICK_SAMPLES, CAREFUL_SAMPLES, CANDIDATES = 20, 400, 50
#: 更大的表只排這麼多列（隨機，同一個種子同樣的列）：逐列打分數比訓練還久。
MOST_RANKED = 20_000
#: 數字的預期：中間九成的區間。
INTERVAL = 0.9


@dataclass(frozen=True, eq=False)
class Scores:
    """每列的分數 (N,)，與每格的 log p(x_v|其餘) (N, C)；單位 nats。

    格子的順序照概似：類別的變數在前，數字在後（零的旗標併進它的數字）；缺失的格子是 NaN。
    """

    log_likelihood: NDArray
    marginal: NDArray
    cells: NDArray

    @property
    def oddness(self) -> NDArray:
        """log p_獨立(x) − log p_VAE(x)：越大，越不像這些欄平常湊在一起的樣子。

        只看 −log p(x) 會把「有一欄很少見」的列排在前面；減去獨立的那一份，留下的是組合的怪。
        """
        return self.marginal - self.log_likelihood

    def take(self, rows: NDArray) -> "Scores":
        """只留這幾列。"""
        return Scores(self.log_likelihood[rows], self.marginal[rows], self.cells[rows])

    def oddest(self, rank: int = 0) -> NDArray:
        """每列第 ``rank`` 意外的格子是第幾個變數 (N,)；沒有這麼多已知的格子是 −1。"""
        order = np.argsort(np.where(np.isnan(self.cells), np.inf, self.cells), axis=1, kind="stable")
        enough = (~np.isnan(self.cells)).sum(axis=1) > rank
        return np.where(enough, order[:, min(rank, order.shape[1] - 1)], -1)


def score(
    vae: VAE, counts: NDArray, x: NDArray, groups: Sequence[int], n_samples: int, rng: np.random.Generator
) -> Scores:
    """``counts`` (D,) 是訓練資料各水準的次數，x (N, D)。"""
    log_likelihood, cells = vae.as_categorical(groups).surprise(x, n_samples, rng)
    return Scores(log_likelihood, marginal_log_prob(counts[None], x, groups), cells)


def oddness(
    vae: VAE, train: NDArray, x: NDArray, groups: Sequence[int], n_samples: int, rng: np.random.Generator
) -> NDArray:
    """``score`` 的怪的分數 (N,)；``train`` 是訓練資料的獨熱矩陣。"""
    return score(vae, train.sum(axis=0), x, groups, n_samples, rng).oddness


def tampered(x: NDArray, groups: Sequence[int], n_variables: int, rng: np.random.Generator) -> NDArray:
    """竄改：每一列隨機挑 ``n_variables`` 個變數，換成另一個隨機的列的值。

    每個變數的比例大致不變，只有組合壞了；用來檢查怪的分數認不認得出來。
    """
    blocks = Groups(groups)
    rows = tampered_rows(CategoryRows(blocks.codes(x), blocks.sizes), n_variables, rng)
    return blocks.one_hot(rows.codes, x.dtype)


@dataclass(frozen=True)
class OddCell:
    """一格：寫了什麼、在其餘的格子之下機率多少、模型預期什麼。"""

    variable: str
    level: str
    probability: float
    expected: str
    expected_probability: float

    @property
    def is_expected(self) -> bool:
        """寫的就是模型預期的。"""
        return self.level == self.expected


@dataclass(frozen=True)
class OddNumber(OddCell):
    """數字的一格：機率是抽到這麼極端的雙尾比例，預期是九成的區間。"""

    @property
    def is_expected(self) -> bool:
        """值在區間裡。"""
        return self.probability >= 1 - INTERVAL


@dataclass(frozen=True)
class OddRow:
    """一列：在檔案裡的位置（由 1 起）、怪的分數（nats）、最意外的幾格。"""

    row: int
    oddness: float
    cells: tuple[OddCell, ...]


def unusual_rows(
    model: "TableVAE",
    frame: pd.DataFrame,
    n_rows: int = 10,
    n_cells: int = 3,
    seed: int = 0,
    write: Callable[[str, Any], str] | None = None,
) -> list[OddRow]:
    """最不尋常的 ``n_rows`` 列，由最怪的排起，各附最多 ``n_cells`` 格與預期不同的。

    ``write`` 同 ``odd_cells`` 的。
    """

    def score(rows: NDArray, n_samples: int) -> Scores:
        return model.scores(frame.iloc[rows], n_samples, seed)

    rows, scores = most_unusual(len(frame), score, n_rows, seed)
    ranks = [
        odd_cells(model, frame.iloc[rows], scores.oddest(rank), CAREFUL_SAMPLES, seed, write)
        for rank in range(n_cells)
    ]
    return [
        OddRow(int(row) + 1, float(oddness), _worth_naming(cells))
        for row, oddness, cells in zip(rows, scores.oddness, zip(*ranks, strict=True), strict=True)
    ]


def most_unusual(
    n_total: int, score: Callable[[NDArray, int], Scores], n_rows: int = 10, seed: int = 0
) -> tuple[NDArray, Scores]:
    """最怪的 ``n_rows`` 列的位置，由最怪的排起，與它們的分數。

    ``score(rows, n_samples)`` 給這幾列（位置 (R,)）的 ``Scores``；先用少的樣本看，再用多的樣本重算前 50 列。
    超過 20,000 列只看 ``ranked_rows`` 的那些。
    """
    seen = ranked_rows(n_total, seed)
    quick = score(seen, QUICK_SAMPLES).oddness
    candidates = seen[np.sort(np.argsort(-quick, kind="stable")[:CANDIDATES])]
    careful = score(candidates, CAREFUL_SAMPLES)
    chosen = np.argsort(-careful.oddness, kind="stable")[:n_rows]
    return candidates[chosen], careful.take(chosen)


def ranked_rows(n_total: int, seed: int = 0, most: int = MOST_RANKED) -> NDArray:
    """排名看哪些列：不超過 ``most`` 列就是全部；超過就隨機抽，由小到大，同一個種子同樣的列。

    >>> ranked_rows(3), ranked_rows(9, most=3)
    (array([0, 1, 2]), array([2, 4, 5]))
    """
    if n_total <= most:
        return np.arange(n_total)
    return np.sort(np.random.default_rng(seed).permutation(n_total)[:most])


def _worth_naming(cells: Sequence["OddCell | None"]) -> tuple["OddCell", ...]:
    """與模型預期不同的格子；都相同，就留最意外的一格。"""
    known = [cell for cell in cells if cell is not None]
    return tuple(cell for cell in known if not cell.is_expected) or tuple(known[:1])


def odd_cells(
    model: "TableVAE",
    frame: pd.DataFrame,
    places: NDArray,
    n_samples: int,
    seed: int = 0,
    write: Callable[[str, Any], str] | None = None,
) -> list[OddCell | None]:
    """每列一格：``model.cell_names`` 的第 ``places[n]`` 欄寫了什麼、多不可能、模型預期什麼；−1 的是 None。

    那一格先蓋住，再由其餘的格子猜。``write(欄, 值)`` 把數字寫成文字，不給就是 ``TableSchema.write``。
    """
    rows = model.coded_rows(frame)
    names = [model.cell_names[place] if place >= 0 else None for place in places]
    answers = model.guess_each(_without(model, rows, places), names, n_samples, seed)
    return [
        None
        if name is None or answer is None
        else _odd_cell(model, name, answer, _written(model, rows, frame, row, name), write)
        for row, (name, answer) in enumerate(zip(names, answers, strict=True))
    ]


def _odd_cell(
    model: "TableVAE", name: str, answer: NDArray, value: Any, write: Callable[[str, Any], str] | None
) -> OddCell:
    if name in model.schema_.scales_:
        return _odd_number(name, answer, value, write or model.schema_.write)
    return _odd_level(model, name, answer, value)


def _without(model: "TableVAE", rows: CodedRows, places: NDArray) -> CodedRows:
    """每一列蓋住一格（連同它的旗標）；−1 的不蓋。"""
    schema, codes = model.schema_, rows.codes.copy()
    names = np.array([*model.cell_names, ""], dtype=object)[places]
    for variable in range(codes.shape[1]):
        codes[names == schema.slot_name("category", variable), variable] = -1
    if not isinstance(rows, MixedRows):
        return replace(rows, codes=codes)
    numbers = rows.numbers.copy()
    for place, column in enumerate(schema.scales_):
        numbers[names == column, place] = np.nan
    return replace(rows, codes=codes, numbers=numbers)


def _written(model: "TableVAE", rows: CodedRows, frame: pd.DataFrame, row: int, name: str) -> Any:
    """那一格寫了什麼：類別是代碼，數字是原值（日期是 datetime64）。"""
    if name in model.schema_.scales_:
        return frame[name].to_numpy()[row]
    return rows.codes[row, model.schema_.category_names.index(name)]


def _odd_level(model: "TableVAE", name: str, probabilities: NDArray, code: int) -> OddCell:
    levels, expected = model.schema_.levels(name), int(probabilities.argmax())
    return OddCell(
        name, levels[code], float(probabilities[code]), levels[expected], float(probabilities[expected])
    )


def _odd_number(name: str, drawn: NDArray, value: Any, write: Callable[[str, Any], str]) -> OddNumber:
    """預期寫成「低 到 高」；抽樣只有 S 個，雙尾比例最小是 1/S。"""
    low, high = np.quantile(drawn, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], method="nearest")
    tail = 2 * min(np.mean(drawn <= value), np.mean(drawn >= value))
    probability = float(min(max(tail, 1 / len(drawn)), 1))
    expected = f"{write(name, low)} 到 {write(name, high)}"
    return OddNumber(name, write(name, value), probability, expected, INTERVAL)
