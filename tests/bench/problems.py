"""小題目：幾秒內就能讓每一位參賽者走一遍。"""

import numpy as np

from vae_from_scratch.bench.problem import Problem


def small_problem(n_rows: int = 150, batch_size: int = 32) -> Problem:
    """隨機的獨熱編碼，五個變數；最後一批比較小。"""
    rng = np.random.default_rng(7)
    groups = (3, 5, 2, 7, 4)
    parts = [np.eye(size, dtype="float32")[rng.integers(size, size=n_rows)] for size in groups]
    return Problem(np.hstack(parts), "small", hidden=(16, 8), batch_size=batch_size)
