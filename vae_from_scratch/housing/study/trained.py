"""由研究的結果拿回訓練好的模型，與它當時用的資料（第 12 章）。"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .runs import Result

if TYPE_CHECKING:
    from ...model import VAE
    from ..data import Houses
    from ..schema import OneHotSchema


@dataclass(frozen=True, eq=False)
class Trained:
    """``x`` 是全部房子的獨熱編碼 (N, D)，``held_out`` 標出沒有訓練過的房子。"""

    vae: "VAE"
    schema: "OneHotSchema"
    houses: "Houses"
    x: NDArray
    held_out: NDArray

    @property
    def groups(self) -> tuple[int, ...]:
        return self.schema.groups


def trained(result: Result) -> Trained:
    """不重新訓練：編碼規則照種子重學一次，參數用存下來的。"""
    from .measure import encoded, houses_of, model

    houses = houses_of(result.run.source, result.run.folder)
    held_out = result.arrays["held_out"]
    seen = np.ones(len(houses), bool) if result.run.rows == "all" else ~held_out
    x, schema = encoded(houses, result.run.encoding, seen)
    vae = model(result.run, schema.groups)
    vae.n_features_in_ = x.shape[1]
    vae._make_network(None)
    vae.parameters_, vae.history_ = result.arrays["parameters"], result.history
    return Trained(vae, schema, houses, x, held_out)
