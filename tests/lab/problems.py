"""小而齊全的問題，與真實的房子：Python 的網路與概似，以及引擎要的設定與資料。"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.core.ames import Ames
from vae_from_scratch.gradients import make_engine
from vae_from_scratch.likelihood import Bernoulli, Categorical, Likelihood, Mixed
from vae_from_scratch.network import Network
from vae_from_scratch.objective import Loss
from vae_from_scratch.rows import CategoryCodes, CodedRows, MixedRows

GROUPS = (3, 2, 1, 4, 2)
SPIKED = (1,)
N_NUMBERS = 4
FLOOR = 0.05
LIKELIHOODS = ("bernoulli", "categorical", "mixed", "numbers_only")


class Problem(NamedTuple):
    """float32 的參數、資料與雜訊。"""

    likelihood: Likelihood
    network: Network
    rows: CodedRows
    parameters: NDArray
    noise: NDArray

    @property
    def x(self) -> NDArray:
        return self.rows.take(np.arange(len(self.rows)))

    def settings(self, **others: Any) -> dict[str, Any]:
        """``configure`` 的設定。"""
        mixed = self.likelihood if isinstance(self.likelihood, Mixed) else Mixed(self.rows.groups, 0)
        name = type(self.likelihood).__name__.lower()
        return {
            "likelihood": name,
            "groups": list(mixed.groups),
            "numbers": mixed.n_numbers,
            "spiked": list(mixed.spiked),
            "floor": mixed.floor,
            "hidden": list(self.network.hidden),
            "latent": self.network.latent_dim,
            **others,
        }

    @property
    def data(self) -> dict[str, Any]:
        return data_of(self.rows)

    def by_numpy(
        self, kl: str, free_bits: float, beta: float, dtype: str = "float32"
    ) -> tuple[Loss, NDArray]:
        """NumPy 引擎的損失與梯度。"""
        engine = make_engine("numpy", self.network, self.likelihood, kl, free_bits)
        x, noise = self.x.astype(dtype), self.noise.astype(dtype)
        return engine.loss_and_gradient(self.parameters.astype(dtype), x, noise, beta)


def data_of(rows: Any) -> dict[str, Any]:
    """引擎要的資料：代碼與數字（``CodedRows``），一列接著一列。"""
    numbers = (
        rows.numbers.astype("float32").ravel() if isinstance(rows, MixedRows) else np.empty(0, "float32")
    )
    return {"codes": rows.codes.astype("int16").ravel(), "numbers": numbers, "rows": len(rows)}


def make_problem(
    name: str, n_rows: int = 7, hidden: tuple[int, ...] = (9, 6), latent: int = 3, seed: int = 0
) -> Problem:
    """四分之一的格子缺失；旗標是零的數字沒有值。參數放大，每一項都看得見。"""
    rng = np.random.default_rng(seed)
    codes = np.stack([rng.integers(-size // 3, size, n_rows).clip(-1) for size in GROUPS], axis=1)
    rows, likelihood = _coded(name, codes, GROUPS, rng)
    network = network_for(likelihood, rows.n_columns, hidden, latent)
    return Problem(
        likelihood, network, rows,
        rng.normal(0, 0.5, network.size).astype("float32"),
        rng.standard_normal((n_rows, latent)).astype("float32"),
    )  # fmt: skip


def on_ames(
    ames: Ames, name: str, n_rows: int, hidden: tuple[int, ...] = (200, 100, 50, 20), latent: int = 2
) -> Problem:
    """真實的房子（混合的概似再加亂數的數字），Glorot 初始值。"""
    rng = np.random.default_rng(1)
    rows, likelihood = _coded(name, ames.codes[:n_rows], ames.groups, rng, spiked=())
    network = network_for(likelihood, rows.n_columns, hidden, latent)
    return Problem(
        likelihood, network, rows,
        network.initialize(rng, "float32"), rng.standard_normal((n_rows, latent)).astype("float32"),
    )  # fmt: skip


def network_for(likelihood: Likelihood, n_columns: int, hidden: tuple[int, ...], latent: int) -> Network:
    return Network(n_columns, latent, hidden, likelihood.n_outputs(n_columns), likelihood.n_parameters)


def _coded(
    name: str,
    codes: NDArray,
    groups: tuple[int, ...],
    rng: np.random.Generator,
    spiked: tuple[int, ...] = SPIKED,
) -> tuple[CodedRows, Likelihood]:
    if name in ("bernoulli", "categorical"):
        rows = CategoryCodes(codes, groups, "float32")
        return rows, Bernoulli() if name == "bernoulli" else Categorical(groups)
    numbers = rng.normal(0.5, 1.5, (len(codes), N_NUMBERS)).astype("float32").astype(float)
    numbers[rng.random(numbers.shape) < 0.25] = np.nan
    if name == "numbers_only":
        codes, groups, spiked = codes[:, :0], (), ()
    for j in spiked:
        numbers[codes[:, -1] != 1, j] = np.nan
    likelihood = Mixed(groups, N_NUMBERS, spiked, FLOOR)
    return MixedRows(codes, groups, numbers, spiked, "float32"), likelihood
