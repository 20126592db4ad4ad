"""兩種表：只有類別的，與類別、數字並存的（第 13 章）；同樣的房子、隱藏層、批次與訓練迴圈，比一列要多久。"""

from dataclasses import replace

from ...likelihood import Likelihood
from ...rows import CategoryCodes, MixedRows, Rows
from ..problem import DTYPE, Problem
from .ours import NumPyEngine


class MixedTable(NumPyEngine):
    """Ames 的 79 欄：43 個類別變數、36 個數字（其中幾個另有「零或不是零」的旗標）。"""

    def _data(self, problem: Problem) -> tuple[Rows, Likelihood]:
        rows = ames_rows(numbers=True)
        return rows, rows.layout


class CategoricalTable(NumPyEngine):
    """只有那 43 個類別變數，一個變數一個 softmax。"""

    def _data(self, problem: Problem) -> tuple[Rows, Likelihood]:
        coded = ames_rows(numbers=False)
        rows = CategoryCodes(coded.codes, coded.groups, DTYPE)
        return rows, rows.layout


def ames_rows(numbers: bool) -> MixedRows:
    """Ames 的代碼與標準化的數字；``numbers`` 為假就只有類別。"""
    from ...housing.data import load_ames
    from ...tables.table_schema import TableSchema

    houses = load_ames()
    table = houses.categories.join(houses.details) if numbers else houses.categories
    return replace(TableSchema().fit_transform(table), dtype=DTYPE)
