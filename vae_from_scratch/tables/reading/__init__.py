"""讀別人給的檔案，每個命令都用這一層：認編碼與表頭，把格子的各種寫法讀成數字與類別，每一項修改說一行。

``pandas.read_csv`` 會猜型別，也會把 "None"、"null" 當成缺失，版本不同欄數就不同；少了欄位的列則悄悄補上
缺失。這裡每一列的欄數都要對，每一項猜測都看得見，``--as-is`` 一項也不做（第 10 章）。

    reading = read_table("實價.csv")
    reading.table      # DataFrame：數字與日期是 float64，其餘是 Categorical，缺失是 NaN
    reading.repairs    # 做了哪些修改，print 就是一行
    reading.kinds      # 欄名 → ColumnKind：種類、理由、水準、缺失、零的高峰
"""

from .checks import LEAST_ROWS, check_enough_rows, clean_text, require_columns, suggestion, to_numbers
from .dates import read_date, write_date
from .kinds import CHOOSABLE, KIND_NAMES, ColumnKind, parse_kind
from .repairs import Repair
from .table import Reading, ReadOptions, read_table

__all__ = [
    "CHOOSABLE", "KIND_NAMES", "LEAST_ROWS", "ColumnKind", "ReadOptions", "Reading", "Repair",
    "check_enough_rows", "clean_text", "parse_kind", "read_date", "read_table", "require_columns",
    "suggestion", "to_numbers", "write_date",
]  # fmt: skip
