"""練習的外掛要在最上層的 conftest.py 宣告，``--target`` 才在任何資料夾都認得。"""

import os

# 測試裡的矩陣都很小：多條執行緒只會空轉，啟動多 0.1 秒，兩個行程同時跑還互搶。要在匯入 NumPy 之前設定。
for library in ("OPENBLAS", "OMP"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

pytest_plugins = ["vae_from_scratch.course.pytest_plugin"]
