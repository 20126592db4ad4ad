"""由研究的結果拿回訓練好的模型，與它當時用的資料（第 12、13 章）。"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from numpy.typing import NDArray

from .runs import Result

if TYPE_CHECKING:
    from ...model import VAE
    from ...tables.schema import OneHotSchema
    from ...tables.table_schema import TableSchema
    from ..data import Houses


@dataclass(frozen=True, eq=False)
class Trained:
    """``x`` 是全部房子編碼以後的列 (N, D)，``held_out`` 標出沒有訓練過的房子。"""

    vae: "VAE"
    schema: "OneHotSchema | TableSchema"
    houses: "Houses"
    x: NDArray
    held_out: NDArray

    @property
    def groups(self) -> tuple[int, ...]:
        """各變數的水準個數。"""
        return self.schema.groups


def trained(result: Result) -> Trained:
    """不重新訓練：編碼規則照種子重學一次，參數用存下來的。"""
    from ...tables.seeds import with_layout
    from .measure import MODELS, houses_of, settings, split_of

    run, data = result.run, split_of(result.run)
    made = with_layout(settings(run, data), data.rows) | {"random_state": run.seed}
    vae = MODELS[run.kind].from_parameters(
        result.arrays["parameters"], data.rows.n_columns, result.history, **made
    )
    return Trained(vae, data.schema, houses_of(run.source, run.folder), data.x.astype(float), data.held_out)
