"""第 13 章的訓練：房子的 79 欄，類別與數字一起；學變異數、遮罩、旗標與尺度的對照都在這裡。"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...likelihood import NO_PARAMETERS, Mixed
from ...model import VAE
from ...rows import MixedRows
from ...tables import cells, seeds
from ...tables.coded import take
from ...tables.likeness import Kinds, coded, column_distances
from ...tables.seeds import Split
from ...tables.table_schema import TableSchema
from ..absence import all_columns
from ..data import Houses
from .rivals import representation_scores
from .runs import Run

#: 編碼的名字 → 還沒學過的規則，與編碼器看不看得到遮罩。
ENCODINGS: dict[str, tuple[Callable[[], TableSchema], bool]] = {
    "mixed": (TableSchema, True),
    "mixed_quantile": (partial(TableSchema, scaling="quantile"), True),
    "mixed_no_flags": (partial(TableSchema, spike=1.0), True),
    "mixed_no_mask": (TableSchema, False),
}
#: 表示法的對照；「直接用房價學」的是另一種。
REPRESENTATIONS = ("pca", "famd")
BASELINES = "mixed_baselines"
#: 這麼多維是拿來生成與補缺失的，另外量。
GENERATOR = 8
#: 補一格的對照；蓋住幾列、幾欄。
FILLERS, HIDDEN = ("mode", "neighbours", "linear"), (200, 24)


# ---- 概似的對照 ----------------------------------------


@dataclass(frozen=True)
class FixedVariance(Mixed):
    """對照：每個數字的變異數都固定在 ``fixed``，不學。"""

    fixed: float = 1.0

    @property
    def n_parameters(self) -> int:
        """沒有要學的。"""
        return 0

    def variance(self, noise_log_var: NDArray) -> NDArray:
        """(M,)，都是 ``fixed``。"""
        return np.full(self.n_numbers, self.fixed, dtype=noise_log_var.dtype)

    def gradient(
        self, x: NDArray, output: NDArray, noise_log_var: NDArray = NO_PARAMETERS
    ) -> tuple[NDArray, NDArray]:
        """對輸出的梯度照 ``Mixed``；沒有 ℓ 的那一份。"""
        unused = np.zeros(self.n_numbers, dtype=output.dtype)
        return super().gradient(x, output, unused)[0], NO_PARAMETERS


@dataclass(frozen=True)
class Unmasked(Mixed):
    """對照：編碼器看不到遮罩。缺失的數字寫成 −0，遮罩的那幾欄一律是 1；只有概似分得出 −0 與 0。"""

    def split(self, x: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """第三個是由 −0 認出來的「有沒有觀察到」。"""
        levels, numbers, ones = super().split(x)
        missing = (numbers == 0) & np.signbit(numbers)
        return levels, numbers, np.where(missing, 0, 1).astype(ones.dtype)


class UnmaskedRows(MixedRows):
    """展開成 ``Unmasked`` 看的列。"""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "layout", Unmasked(self.groups, self.numbers.shape[1], self.spiked))

    def take(self, index: NDArray) -> NDArray:
        """展開幾列 (len(index), K + 2M)。"""
        x = super().take(index)
        _, numbers, observed = Mixed.split(self.layout, x)
        numbers[:] = np.where(observed == 0, -0.0, numbers + 0.0)  # 加 0.0：真的 0 一律是 +0
        observed[:] = 1
        return x


# ---- 切分、訓練、量 ----------------------------------------


def mixed_split(houses: Houses, encoding: str, seed: int) -> Split:
    """切分與編碼：79 欄，照 ``ENCODINGS`` 的規則。"""
    make, masked = ENCODINGS[encoding]
    data = seeds.split(all_columns(houses), houses.priced, seed, schema=make())
    if masked:
        return data
    rows: Any = data.rows
    unmasked = UnmaskedRows(rows.codes, rows.groups, rows.numbers, rows.spiked, "float32")
    return Split(data.held_out, data.seen, data.schema, unmasked)


def mixed_likelihood(name: Any, rows: Any) -> Mixed:
    """這些列的排法；名字寫成 ["fixed", 0.01] 的是固定變異數的對照。"""
    layout = rows.layout
    if isinstance(name, str):
        return layout
    return FixedVariance(layout.groups, layout.n_numbers, layout.spiked, fixed=float(name[1]))


def mixed_metrics(vae: VAE, houses: Houses, data: Split, mean: NDArray, run: Run) -> dict[str, Any]:
    """猜回來差多少、學到的變異數；八維的另外量生成，照標準化編碼的再量補缺失。"""
    held = data.held_out
    found = _guessed_back(vae, data.x[held], mean[held])
    if run.model["latent_dim"] != GENERATOR:
        return found
    found |= _generation(vae, all_columns(houses), data, run.seed)
    return found | (_filled(vae, data) if run.encoding == "mixed" else {})


def mixed_baselines(houses: Houses, data: Split, seed: int) -> dict[str, float]:
    """同樣的編碼：PCA 與 FAMD 的兩種讀法，以及由全部的欄找 15 個最近的鄰居。"""
    return representation_scores(REPRESENTATIONS, houses, data, seed)


def _guessed_back(vae: VAE, x: NDArray, mean: NDArray) -> dict[str, Any]:
    """由平均編碼解碼：類別一列要幾個 nats、各個數字差幾個標準差，與它們的變異數。"""
    layout: Any = vae.likelihood_
    decoded, (levels, numbers, observed) = vae.decode(mean), layout.split(x)
    chances, guesses = decoded[:, : layout.n_levels], decoded[:, layout.n_levels :]
    squares = observed * (numbers - guesses) ** 2
    noise_log_var = vae.network_.views(vae.parameters_).noise_log_var
    return {
        "category_nats": float(-(levels * np.log(np.maximum(chances, 1e-30))).sum(axis=1).mean()),
        "number_rmse": np.sqrt(squares.sum(axis=0) / np.maximum(observed.sum(axis=0), 1)).tolist(),
        "variance": layout.variance(noise_log_var).tolist(),
    }


def _generation(vae: VAE, table: pd.DataFrame, data: Split, seed: int) -> dict[str, Any]:
    """生成與留下的房子一樣多的列，一欄一欄比分布；雜訊是同樣多的訓練的房子。"""
    schema, rng = data.schema, np.random.default_rng(seed)
    assert isinstance(schema, TableSchema)
    size = int(data.held_out.sum())
    drawn = schema.inverse_transform(vae.sample(size, rng))
    again = table[data.seen].iloc[rng.permutation(int(data.seen.sum()))[:size]]
    kinds = Kinds(schema.category_names, tuple(schema.scales_))
    real, made, other = coded([table[data.held_out], drawn, again], kinds)
    return {
        "columns": kinds.names,
        "distance": column_distances(real, made).tolist(),
        "noise": column_distances(real, other).tolist(),
    }


def _filled(vae: VAE, data: Split) -> dict[str, Any]:
    """蓋住一格再猜；VAE 與對照猜同樣的格子。一欄、一種猜法一項。"""
    train = take(data.coded, data.seen)
    rivals = {name: cells.FILLERS[name](train, data.spiked) for name in FILLERS}
    candidates = {"vae": seeds.by_model(vae, data.spiked)} | rivals
    scores = cells.score_cells(candidates, take(data.coded, data.held_out), data.spiked, HIDDEN)
    return {"cells": scores.astype(object).where(scores.notna(), None).to_dict("list")}
