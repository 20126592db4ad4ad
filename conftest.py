"""練習的外掛要在最上層的 conftest.py 宣告，``--target`` 才在任何資料夾都認得。"""

import os
import sys

# 讀者跑一組練習只算小陣列；BLAS 開多個執行緒，光是啟動就要多 0.1 秒。要在匯入 NumPy 之前設定。
if any(argument.startswith("--target") for argument in sys.argv):
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

pytest_plugins = ["vae_from_scratch.course.pytest_plugin"]
