"""不尋常的列：各欄單獨看都普通，湊在一起卻少見；並指出是哪幾格（第 12 章）。"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..groups import Groups
from ..model import VAE
from .conditional import by_vae
from .measures import marginal_log_prob

if TYPE_CHECKING:
    from .saved import SavedModel

#: 排名先用少的樣本看全部的列，再用多的樣本重算前面的一些。
QUICK_SAMPLES, CAREFUL_SAMPLES, CANDIDATES = 20, 400, 50


@dataclass(frozen=True, eq=False)
class Scores:
    """每列的分數 (N,)，與每格的 log p(x_v|其餘) (N, V)；單位 nats。"""

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
    changed, blocks = x.copy(), Groups(groups)
    donors = rng.integers(len(x), size=(len(x), n_variables))
    for row in range(len(x)):
        for variable, donor in zip(rng.permutation(len(blocks))[:n_variables], donors[row], strict=True):
            changed[row, blocks.span(variable)] = x[donor, blocks.span(variable)]
    return changed


def area_under_curve(normal: NDArray, odd: NDArray) -> float:
    """隨機抽一個正常的、一個怪的，怪的分數比較高的機率（ROC 曲線下的面積）；0.5 是瞎猜。"""
    from sklearn.metrics import roc_auc_score

    is_odd = np.repeat([0, 1], [len(normal), len(odd)])
    return float(roc_auc_score(is_odd, np.concatenate([normal, odd])))


def conditionals(
    vae: VAE,
    x: NDArray,
    groups: Sequence[int],
    variables: NDArray,
    n_samples: int,
    rng: np.random.Generator,
) -> list[NDArray]:
    """第 n 列的第 ``variables[n]`` 個變數，由同一列其餘的格子猜：各水準的機率 (K,)；−1 的是空陣列。"""
    reading, found = vae.as_categorical(groups), [np.empty(0)] * len(x)
    for variable in np.unique(variables[variables >= 0]):
        rows = np.flatnonzero(variables == variable)
        answers = by_vae(reading, x[rows], groups, int(variable), n_samples, rng)
        for row, answer in zip(rows, answers, strict=True):
            found[row] = answer
    return found


@dataclass(frozen=True)
class OddCell:
    """一格：寫了什麼、在其餘的格子之下機率多少、模型預期什麼。"""

    variable: str
    level: str
    probability: float
    expected: str
    expected_probability: float


@dataclass(frozen=True)
class OddRow:
    """一列：在檔案裡的位置（由 1 起）、怪的分數（nats）、沒有訓練過嗎、最意外的幾格。"""

    row: int
    oddness: float
    held_out: bool
    cells: tuple[OddCell, ...]


def unusual_rows(
    model: "SavedModel",
    frame: pd.DataFrame,
    held_out: NDArray,
    n_rows: int = 10,
    n_cells: int = 3,
    seed: int = 0,
) -> list[OddRow]:
    """最不尋常的 ``n_rows`` 列，由最怪的排起，各附最多 ``n_cells`` 格與預期不同的。"""
    rng, x = np.random.default_rng(seed), model.schema.encode(frame, dtype="float32")
    quick = model.score(x, QUICK_SAMPLES, rng).oddness
    candidates = np.sort(np.argsort(-quick, kind="stable")[:CANDIDATES])
    careful = model.score(x[candidates], CAREFUL_SAMPLES, rng)
    chosen = np.argsort(-careful.oddness, kind="stable")[:n_rows]
    rows, scores = candidates[chosen], careful.take(chosen)
    ranks = [
        odd_cells(model, frame.iloc[rows], x[rows], scores.oddest(rank), CAREFUL_SAMPLES, rng)
        for rank in range(n_cells)
    ]
    return [
        OddRow(int(row) + 1, float(oddness), bool(held_out[row]), _worth_naming(cells))
        for row, oddness, cells in zip(rows, scores.oddness, zip(*ranks, strict=True), strict=True)
    ]


def _worth_naming(cells: Sequence["OddCell | None"]) -> tuple["OddCell", ...]:
    """與模型預期不同的格子；都相同，就留最意外的一格。"""
    known = [cell for cell in cells if cell is not None]
    return tuple(cell for cell in known if cell.level != cell.expected) or tuple(known[:1])


def odd_cells(
    model: "SavedModel",
    frame: pd.DataFrame,
    x: NDArray,
    variables: NDArray,
    n_samples: int,
    rng: np.random.Generator,
) -> list[OddCell | None]:
    """每列一格：第 ``variables[n]`` 個變數寫了什麼、多不可能、模型預期什麼；−1 的是 None。"""
    schema = model.schema
    codes = schema.codes(frame)
    answers = conditionals(model.vae, x, schema.groups, variables, n_samples, rng)
    return [
        _odd_cell(schema.variables_[v], schema.levels_[v], answer, codes[row, v]) if v >= 0 else None
        for row, (v, answer) in enumerate(zip(variables, answers, strict=True))
    ]


def _odd_cell(variable: str, levels: Sequence[str], probabilities: NDArray, code: int) -> OddCell:
    expected = int(probabilities.argmax())
    return OddCell(
        variable, levels[code], float(probabilities[code]), levels[expected], float(probabilities[expected])
    )
